//! The inputs by which a play is set up to the point: a start state, rules on single packets, a scripted node, and
//! protocol checks switched off by name.

use highwater_kafka::checks::{Check, Checks};
use highwater_kafka::message::{
    FetchPartition, FetchRequest, FetchResponse, Message, ProduceRequest, ProduceResult, Request, Response,
};
use highwater_kafka::node::{Channel, Connection, Effect, Input};
use highwater_model::settings::{Acks, Isolation};
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{BrokerId, BrokerSet, Duration, FaultKind, Instant, NodeId, Profile, Scenario, Setup, Target};
use highwater_oracle::report::Category;
use highwater_sim::World;
use highwater_sim::rules::{Rule, Verdict};
use highwater_sim::start::StartState;
use highwater_tests::play::{Play, fault, passing, scenario};
use highwater_tests::small::{ONE, P, THREE, TWO, holds, replica, small, start, until};
use highwater_tests::tape::{Tape, count_between};

/// Today's settings, where one of two followers may fail.
fn today(acks: Acks, records_per_second: u32) -> Setup {
    let mut setup = small(Profile::CURRENT, acks, records_per_second);
    setup.topic.min_insync_replicas = 2;
    setup
}

fn to_broker(broker: BrokerId, api: Api, verdict: Verdict) -> Rule {
    Rule { from: None, to: Some(NodeId::Broker(broker)), api: Some(api), response: Some(true), times: None, verdict }
}

fn from_broker(broker: BrokerId, api: Api, verdict: Verdict) -> Rule {
    Rule { from: Some(NodeId::Broker(broker)), to: None, api: Some(api), response: Some(false), times: None, verdict }
}

fn is_ack(entry: &Entry) -> bool {
    matches!(entry, Entry::Acked { .. })
}

// --- A start state ---

#[test]
fn a_follower_that_starts_ahead_in_the_leaders_epoch_truncates_to_the_leaders_end() {
    // The leader's epoch 1 ends at 2; the follower has four records of that epoch.
    let setup = today(Acks::All, 1);
    let mut start = start(&setup, 1, &[ONE, TWO, THREE], &[(0, 2, 1), (2, 2, 1)]);
    start.replicas = vec![holds(ONE, &[0], 0), holds(TWO, &[0, 1], 0), holds(THREE, &[0], 0)];
    let play = scenario(setup, 1);
    let mut world = World::started_from(&play, &start);
    let mut tape = Tape::default();
    until(&mut world, 500, &mut tape);
    let cuts: Vec<_> =
        tape.0.iter().filter(|(_, entry)| matches!(entry, Entry::Truncated { partition: P, .. })).collect();
    assert!(
        matches!(cuts[..], [(_, Entry::Truncated { broker: TWO, from: 4, to: 2, .. })]),
        "not to the high watermark, and no reset: {cuts:?}"
    );
    let refused = tape.times(|entry| matches!(entry, Entry::RequestFailed { error: Error::OffsetOutOfRange, .. }));
    assert_eq!(refused, []);
    assert_eq!(replica(&world, TWO).agrees, replica(&world, ONE).end, "then it follows");
}

// --- A scripted node ---

/// A world whose broker 2 is played by the test, with its connection to broker 1 open.
fn with_scripted_follower(play: &Scenario, start: &StartState, tape: &mut Tape) -> World {
    let mut world = World::started_from(play, start);
    world.script(NodeId::Broker(TWO));
    world.say(NodeId::Broker(TWO), Effect::Open(REPLICATION), tape);
    until(&mut world, 50, tape);
    let heard = world.heard(NodeId::Broker(TWO));
    assert!(heard.iter().any(|input| matches!(input, Input::Opened(REPLICATION))), "{heard:?}");
    world
}

const REPLICATION: Connection =
    Connection { client: NodeId::Broker(TWO), server: NodeId::Broker(ONE), channel: Channel::Replication };

/// The scripted broker 2 fetches, and hears the answer.
fn fetch(world: &mut World, leader_epoch: i32, last_fetched_epoch: i32, offset: u64, tape: &mut Tape) -> FetchResponse {
    let at = FetchPartition {
        partition: P,
        offset,
        leader_epoch: Some(leader_epoch),
        last_fetched_epoch: Some(last_fetched_epoch),
    };
    let request = FetchRequest {
        replica: Some((TWO, None)),
        rack: None,
        wait_max: Duration::ZERO,
        bytes_min: 1,
        bytes_max: u32::MAX,
        partition_bytes_max: u32::MAX,
        isolation: Isolation::ReadUncommitted,
        partitions: [at].into_iter().collect(),
        forget: Default::default(),
    };
    let message = Message::Request(Request::Fetch(Box::new(request)));
    let bytes = message.bytes();
    let after = Duration::ZERO;
    world.say(NodeId::Broker(TWO), Effect::Send { connection: REPLICATION, message, bytes, after }, tape);
    let now = world.now().as_millis();
    until(world, now + 20, tape);
    let answer = world.heard(NodeId::Broker(TWO)).into_iter().find_map(|input| match input {
        Input::Message(REPLICATION, Message::Response(Response::Fetch(response))) => Some(*response),
        _ => None,
    });
    answer.expect("the leader answers at once")
}

#[test]
fn a_scripted_follower_is_told_where_its_log_divides_from_the_leaders() {
    let mut setup = today(Acks::All, 1);
    setup.topic.replication_factor = 2;
    setup.topic.min_insync_replicas = 1;
    let batches = [(0, 2, 0), (2, 6, 3), (8, 5, 4), (13, 1, 7), (14, 3, 9)];
    let mut start = start(&setup, 10, &[ONE], &batches);
    start.replicas = vec![holds(ONE, &[0, 1, 2, 3, 4], 0)];
    let play = scenario(setup, 5);
    let mut tape = Tape::default();
    // (last fetched epoch, fetch offset): where the logs divide.
    let table = [
        ((2, 5), Some((0, 2))),
        ((0, 4), Some((0, 2))),
        ((6, 6), Some((4, 13))),
        ((5, 9), Some((4, 13))),
        ((10, 18), Some((10, 17))),
        ((0, 2), None),
        ((7, 14), None),
        ((9, 17), None),
        ((10, 17), None),
    ];
    for ((last_fetched_epoch, offset), divides) in table {
        let mut world = with_scripted_follower(&play, &start, &mut tape);
        let response = fetch(&mut world, 10, last_fetched_epoch, offset, &mut tape);
        let at = response.partitions.first();
        assert_eq!(at.and_then(|fetched| fetched.diverging), divides, "({last_fetched_epoch}, {offset})");
        assert_eq!(at.and_then(|fetched| fetched.error), None, "({last_fetched_epoch}, {offset})");
        assert!(divides.is_none() || at.is_some_and(|fetched| fetched.bytes == 0), "without data");
    }
    let mut world = with_scripted_follower(&play, &start, &mut tape);
    let response = fetch(&mut world, 10, 11, 5, &mut tape);
    assert_eq!(response.partitions[0].error, Some(Error::OffsetOutOfRange), "an epoch that the leader never had");
}

#[test]
fn a_scripted_follower_joins_at_the_leaders_end_and_counts_before_the_controller_agrees() {
    let mut setup = today(Acks::All, 1);
    setup.topic.replication_factor = 2;
    setup.topic.min_insync_replicas = 1;
    let mut start = start(&setup, 5, &[ONE], &[(0, 10, 4)]);
    start.replicas = vec![holds(ONE, &[0], 10)];
    let play = scenario(setup, 5);
    let mut tape = Tape::default();
    let mut world = with_scripted_follower(&play, &start, &mut tape);
    world.rules().add(to_broker(ONE, Api::AlterPartition, Verdict::Hold));
    world.rules().add(to_broker(ONE, Api::FetchMetadata, Verdict::Hold));
    let proposals = |tape: &Tape| {
        let of = |(_, entry): &(Instant, Entry)| match entry {
            Entry::IsrProposed { partition: P, isr, maximal, .. } => Some((*isr, *maximal)),
            _ => None,
        };
        tape.0.iter().filter_map(of).collect::<Vec<_>>()
    };
    let committed = |tape: &Tape| {
        let of = |(_, entry): &(Instant, Entry)| match entry {
            Entry::IsrCommitted { broker: ONE, partition: P, isr, .. } => Some(*isr),
            _ => None,
        };
        tape.0.iter().filter_map(of).next_back()
    };
    fetch(&mut world, 5, 4, 3, &mut tape);
    assert_eq!(proposals(&tape), [], "at 3 of 10 it is not in sync");
    fetch(&mut world, 5, 4, 10, &mut tape);
    let both: BrokerSet = [ONE, TWO].into_iter().collect();
    assert_eq!(proposals(&tape), [(both, both)], "one request");
    assert_eq!(committed(&tape), Some(BrokerSet::only(ONE)), "the controller has not answered");
    world.rules().clear();
    world.release(None);
    let now = world.now().as_millis();
    until(&mut world, now + 50, &mut tape);
    assert_eq!(committed(&tape), Some(both));
}

/// Broker 1, played by the test, refuses the first of two requests in flight and takes the second.
fn order_in_the_scripted_leaders_log(in_flight: u32, idempotence: bool) -> Vec<u32> {
    let mut setup = today(Acks::All, 100);
    setup.producer.max_in_flight_requests_per_connection = in_flight;
    setup.producer.enable_idempotence = idempotence;
    let play = scenario(setup, 8);
    let mut world = World::new(&play);
    let leader = world.frame().partitions[0].leader.expect("it is led");
    let mut tape = Tape::default();
    world.script(NodeId::Broker(leader));
    let mut log = Vec::new();
    let mut waiting: Vec<(Connection, Box<ProduceRequest>)> = Vec::new();
    for ms in (10..3_000).step_by(10) {
        until(&mut world, ms, &mut tape);
        for input in world.heard(NodeId::Broker(leader)) {
            if let Input::Message(connection, Message::Request(Request::Produce(request))) = input {
                waiting.push((connection, request));
            }
        }
        // As many as may be in flight are let come before the first answer.
        let first_round = log.is_empty() && !tape.retries().contains(&Error::NotEnoughReplicas);
        if first_round && waiting.len() < in_flight.min(2) as usize {
            continue;
        }
        for (index, (connection, request)) in std::mem::take(&mut waiting).into_iter().enumerate() {
            let refused = first_round && index == 0;
            let answer = |batch: &highwater_kafka::message::ProducedBatch| {
                let result = if refused { Err(Error::NotEnoughReplicas) } else { Ok(log.len() as u64) };
                ProduceResult { partition: batch.partition, send: batch.send, result, leader_hint: None }
            };
            let results = request.batches.iter().map(answer).collect();
            if !refused {
                log.extend(request.batches.iter().map(|batch| batch.send));
            }
            let message = Message::Response(Response::Produce(Box::new(results)));
            let bytes = message.bytes();
            let after = Duration::ZERO;
            world.say(NodeId::Broker(leader), Effect::Send { connection, message, bytes, after }, &mut tape);
        }
    }
    log
}

#[test]
fn a_refusal_between_two_requests_in_flight_reorders_them() {
    let log = order_in_the_scripted_leaders_log(5, false);
    assert!(!log.is_sorted(), "the second is in the log when the first is sent again: {log:?}");
    assert!(order_in_the_scripted_leaders_log(1, false).is_sorted(), "with one in flight there is no second");
}

// --- Rules on packets ---

#[test]
fn an_answer_that_is_dropped_duplicates_without_idempotence_and_not_with_it() {
    for (idempotence, duplicated) in [(false, 1), (true, 0)] {
        let mut setup = today(Acks::All, 100);
        setup.producer.enable_idempotence = idempotence;
        setup.producer.max_in_flight_requests_per_connection = 1;
        setup.producer.request_timeout_ms = 1_000;
        setup.producer.batch_size = 0; // each record its own batch
        let play = scenario(setup, 10);
        let answer = Rule {
            from: None,
            to: Some(NodeId::Producer(1)),
            api: Some(Api::Produce),
            response: Some(true),
            times: Some(1),
            verdict: Verdict::Drop,
        };
        let mut world = World::new(&play);
        let mut judge = highwater_oracle::Judge::new(&play);
        world.advance(Instant::from_millis(3_000), u64::MAX, &mut judge);
        world.rules().add(answer);
        world.advance(Instant(play.duration.0), u64::MAX, &mut judge);
        world.finish(&mut judge);
        assert_eq!(judge.ledger().count(Category::Duplicated), duplicated, "idempotence {idempotence}");
        assert_eq!(judge.ledger().count(Category::Lost), 0);
    }
}

#[test]
fn packets_that_are_held_hold_up_acks_all_until_they_are_released() {
    let play = scenario(today(Acks::All, 100), 10);
    let mut world = World::new(&play);
    let follower = world.frame().partitions[0].replicas.iter().map(|r| r.broker).nth(1).expect("three replicas");
    let mut tape = Tape::default();
    until(&mut world, 2_000, &mut tape);
    world.rules().add(to_broker(follower, Api::FetchFollower, Verdict::Hold));
    until(&mut world, 5_000, &mut tape);
    assert!(1 <= world.rules().held());
    world.rules().clear();
    world.release(None);
    assert_eq!(world.rules().held(), 0);
    until(&mut world, 8_000, &mut tape);
    let acks = tape.times(is_ack);
    assert!(count_between(&acks, 1.0, 2.0) > 50);
    assert_eq!(count_between(&acks, 2.1, 5.0), 0, "it is in the ISR, and is told nothing");
    assert!(count_between(&acks, 5.0, 5.5) > 0);
    assert_eq!(tape.failures(), []);
}

#[test]
fn packets_that_are_delayed_delay_acks_all_by_as_much() {
    let first_ack = |delay_ms: u64| {
        let play = scenario(today(Acks::All, 100), 10);
        let mut world = World::new(&play);
        let follower = world.frame().partitions[0].replicas.iter().map(|r| r.broker).nth(1).expect("three replicas");
        let mut tape = Tape::default();
        until(&mut world, 2_000, &mut tape);
        let delay = Verdict::Delay(Duration::from_millis(delay_ms));
        world.rules().add(to_broker(follower, Api::FetchFollower, delay));
        until(&mut world, 6_000, &mut tape);
        tape.first_from(2.1, is_ack).expect("it goes on, later")
    };
    let (plain, delayed) = (first_ack(0), first_ack(700));
    assert!((0.5..1.6).contains(&(delayed - plain)), "{delayed} after {plain}");
}

// --- Checks switched off by name ---

fn without(name: &str) -> Checks {
    Checks::default().without(Check::by_name(name).expect("there is a check of this name"))
}

#[test]
fn every_check_has_a_name_of_its_own() {
    for check in Check::ALL {
        assert_eq!(Check::by_name(check.name()), Some(*check));
        assert!(!without(check.name()).on(*check));
        assert!(Check::ALL.iter().filter(|other| *other != check).all(|other| without(check.name()).on(*other)));
    }
}

/// The controller takes broker 3 into the ISR, and the leader does not hear of that. Broker 3 stops fetching, then the
/// two others die: broker 3 leads.
fn accepted_expansion_that_the_leader_does_not_hear_of(checks: Checks) -> (u64, usize) {
    let mut setup = today(Acks::All, 100);
    setup.cluster.replica_lag_time_max_ms = 1_000;
    // What waits for broker 3 when it stops is sent again; that append finds it lagging.
    setup.producer.request_timeout_ms = 1_500;
    setup.topic.min_insync_replicas = 1;
    let start = start(&setup, 0, &[ONE, TWO], &[]);
    let mut play = scenario(setup, 40);
    play.faults = vec![
        fault(6_000, FaultKind::ProcessCrash, Target::Broker(ONE)),
        fault(6_000, FaultKind::ProcessCrash, Target::Broker(TWO)),
    ];
    let mut world = World::started_from(&play, &start).with_checks(checks);
    let mut observer = (highwater_oracle::Judge::new(&play), Tape::default());
    world.rules().add(to_broker(ONE, Api::AlterPartition, Verdict::Hold));
    world.rules().add(to_broker(ONE, Api::FetchMetadata, Verdict::Hold));
    world.advance(Instant::from_millis(1_000), u64::MAX, &mut observer);
    let partition = &world.frame().partitions[0];
    assert!(partition.isr.contains(THREE), "the controller has taken it in");
    world.rules().add(from_broker(THREE, Api::FetchFollower, Verdict::Drop));
    world.advance(Instant(play.duration.0), u64::MAX, &mut observer);
    world.finish(&mut observer);
    let acks = count_between(&observer.1.times(is_ack), 1.1, 6.0);
    (observer.0.ledger().count(Category::Lost), acks)
}

#[test]
fn without_the_maximal_isr_an_accepted_expansion_loses_acknowledged_records() {
    assert_eq!(
        accepted_expansion_that_the_leader_does_not_hear_of(Checks::default()),
        (0, 0),
        "nothing is acknowledged that broker 3 lacks"
    );
    let (lost, acked) = accepted_expansion_that_the_leader_does_not_hear_of(without("maximal-isr"));
    assert!(acked > 100 && lost > 100, "{acked} acknowledged without broker 3, {lost} lost");
}

/// The leader dies while its followers are slow to fetch.
fn slow_followers(acks: Acks, checks: Checks) -> Play {
    let slow = FaultKind::SlowLink { delay_ms: 100 };
    let mut play = scenario(today(acks, 500), 30);
    play.faults = vec![
        passing(3_900, slow, Target::FollowerOfBusiest(1), 6_000),
        passing(3_900, slow, Target::FollowerOfBusiest(2), 6_000),
        fault(4_500, FaultKind::ProcessCrash, Target::LeaderOfBusiest),
    ];
    let world = World::new(&play).with_checks(checks);
    Play::in_world(play, world)
}

#[test]
fn acks_all_that_does_not_wait_loses_like_acks_1() {
    assert_eq!(slow_followers(Acks::All, Checks::default()).count(Category::Lost), 0);
    assert!(slow_followers(Acks::All, without("acks-all-waits")).count(Category::Lost) > 0);
}

#[test]
fn consumers_that_read_beyond_the_high_watermark_act_on_records_that_are_lost() {
    let sound = slow_followers(Acks::Leader, Checks::default());
    assert!(sound.count(Category::Lost) > 0);
    assert_eq!(sound.count(Category::EffectWithoutRecord), 0, "what is lost was never read");
    let mutant = slow_followers(Acks::Leader, without("read-below-high-watermark"));
    assert!(mutant.count(Category::EffectWithoutRecord) > 0);
}

#[test]
fn without_the_gate_acks_1_is_readable_below_min_isr() {
    let read_alone = |checks| {
        let mut play = scenario(today(Acks::Leader, 100), 30);
        play.faults = vec![
            fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
            fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
        ];
        let tape = Tape::in_world(&play, World::new(&play).with_checks(checks));
        let polled = tape.times(|entry| matches!(entry, Entry::Polled { .. }));
        count_between(&polled, 14.0, 30.0)
    };
    assert_eq!(read_alone(Checks::default()), 0);
    assert!(read_alone(without("high-watermark-gate")) > 100);
}
