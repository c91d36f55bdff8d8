//! Raft: elections, pre-vote, check quorum, commit, repair (R-541..R-546).

use super::super::Controller;
use super::super::quorum::Role;
use super::network::{Network, controller};
use crate::message::{FetchMetadataRequest, Message, Request};
use crate::metadata::MetadataRecord;
use crate::node::{Channel, Connection, Input};
use highwater_kernel::{Seed, Stream};
use highwater_model::presets::Preset;
use highwater_model::trace::{Entry, NodeState};
use highwater_model::{ControllerId, Setup};
use std::collections::BTreeMap;

fn setup() -> Setup {
    Preset::Payments.setup()
}

fn elected(entry: &Entry) -> bool {
    matches!(entry, Entry::ControllerElected { .. })
}

fn resigned(entry: &Entry) -> bool {
    matches!(entry, Entry::ControllerResigned { .. })
}

/// The logs that all running controllers hold, as far as the shortest goes, are the same.
fn assert_logs_agree(network: &Network) {
    let ends = network.controllers.iter().map(|controller| controller.disk.log.end());
    let shortest = ends.min().unwrap();
    let logs: Vec<_> = network.controllers.iter().map(|controller| controller.disk.log.range(0, shortest)).collect();
    assert!(logs.iter().all(|log| *log == logs[0]), "logs divide");
}

#[test]
fn r_541_in_normal_life_nobody_stands() {
    let mut network = Network::new(&setup(), 1);
    let begin = network.controllers[0].disk.log.end();
    network.run_until(60_000);
    assert_eq!(network.active(), [1]);
    assert_eq!(network.controllers.iter().map(|controller| controller.disk.epoch).collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(network.told.len(), 1, "only the steady start's election is told: {:?}", network.told);
    let written = network.controllers[0].disk.log.end() - begin;
    assert!((115..=120).contains(&written), "two NoOp records a second: {written}");
    assert!(network.controllers.iter().all(|controller| begin + 115 <= controller.disk.flushed));
    assert_logs_agree(&network);
}

#[test]
fn r_546_a_committed_record_reaches_brokers_within_linger_and_two_round_trips() {
    let mut network = Network::new(&setup(), 1);
    network.run_until(10_020);
    let image = network.controllers[0].image();
    assert!(network.brokers.iter().all(|broker| image.offset <= broker.image.offset + 1));
}

/// The fetch timeout less the age of the last fetch, then votes; lab fact 11 saw 2 to 3.4 s.
#[test]
fn r_542_failover_takes_one_and_a_half_to_four_seconds() {
    let mut shortest = u64::MAX;
    for seed in 0..40 {
        let mut network = Network::new(&setup(), seed);
        let at = 10_000 + seed * 13;
        network.run_until(at);
        network.crash(1);
        network.run_until(at + 6_000);
        let after = network.when(at, elected).expect("a successor") - at;
        assert!((1_400..=4_000).contains(&after), "seed {seed}: {after} ms");
        assert_eq!(network.active().len(), 1);
        shortest = shortest.min(after);
    }
    assert!(shortest < 2_500, "a failover without a split vote takes little more than the fetch timeout");
}

#[test]
fn r_542_a_leader_that_stops_in_order_hands_over_at_once() {
    let mut network = Network::new(&setup(), 3);
    network.run_until(10_000);
    network.stop(1);
    network.run_until(10_500);
    let after = network.when(10_000, elected).expect("a successor") - 10_000;
    assert!(after < 300, "{after} ms");
    assert_eq!(network.controllers[0].state(), NodeState::Stopped);
    assert!(network.when(9_999, resigned).is_some());
}

#[test]
fn p_tla_12_a_voter_that_is_cut_off_does_not_disturb_the_leader() {
    let mut network = Network::new(&setup(), 5);
    network.run_until(10_000);
    network.isolate_controller(3);
    network.run_until(40_000);
    assert_eq!(network.controllers[2].disk.epoch, 1, "no new epoch without a pre-vote's majority");
    network.heal();
    network.run_until(60_000);
    assert_eq!(network.active(), [1]);
    assert_eq!(network.told.iter().filter(|(_, entry)| elected(entry)).count(), 1);
    assert_logs_agree(&network);
    let ends: Vec<u64> = network.controllers.iter().map(|controller| controller.disk.log.end()).collect();
    assert!(ends[0] <= ends[2] + 1, "it has caught up: {ends:?}");
}

#[test]
fn p_tla_13_a_leader_without_a_majority_resigns_and_commits_nothing_meanwhile() {
    for seed in 0..10 {
        let mut network = Network::new(&setup(), seed);
        network.run_until(10_000);
        network.isolate_controller(1);
        let committed = network.controllers[0].high_watermark;
        network.propose(1, 0, &[1, 2]);
        network.run_until(20_000);
        let resigned = network.when(10_000, resigned).expect("it resigns");
        assert!((12_400..=13_600).contains(&resigned), "1.5 fetch timeouts: {resigned}");
        assert_eq!(network.controllers[0].high_watermark, committed);
        assert_eq!(network.active().len(), 1);
        assert_ne!(network.active(), [1]);
        assert_eq!(network.broker(1).altered, [Err(highwater_model::trace::Error::NotController)], "R-545");
        assert_eq!(network.when(10_000, |entry| matches!(entry, Entry::PartitionChanged { .. })), None);
        network.heal();
        network.run_until(40_000);
        assert_logs_agree(&network);
        assert_eq!(network.controllers[0].disk.log.last_epoch(), network.controllers[1].disk.log.last_epoch());
    }
}

#[test]
fn r_545_without_a_majority_nothing_is_decided() {
    let mut network = Network::new(&setup(), 2);
    network.run_until(10_000);
    network.crash(2);
    network.crash(3);
    network.crash_broker(2);
    network.run_until(40_000);
    assert!(network.active().is_empty());
    assert_eq!(network.when(10_000, |entry| matches!(entry, Entry::Fenced { .. })), None);
    network.start(2);
    network.run_until(70_000);
    assert_eq!(network.active().len(), 1);
    assert!(network.when(40_000, |entry| matches!(entry, Entry::Fenced { .. })).is_some());
}

#[test]
fn r_541_the_log_and_the_vote_survive_the_end_of_all_controllers() {
    let mut network = Network::new(&setup(), 9);
    network.run_until(10_000);
    network.propose(1, 0, &[1, 3]);
    network.run_until(11_000);
    (1..=3).for_each(|n| network.crash(n));
    (1..=3).for_each(|n| network.start(n));
    network.run_until(30_000);
    let active = network.active();
    assert_eq!(active.len(), 1);
    let image = network.controllers[usize::from(active[0]) - 1].image();
    let state = image.partition(highwater_model::PartitionId(0)).expect("it was created before the run");
    assert_eq!(state.isr.to_string(), "[b1 b3]");
    assert!(network.controllers.iter().all(|controller| controller.disk.epoch > 1));
    assert_told_once(&network);
}

/// INV-38: the trace holds each change of a partition once, in order, and one election an epoch.
fn assert_told_once(network: &Network) {
    let mut epochs: BTreeMap<_, i32> = BTreeMap::new();
    let mut elections = 0;
    for (at, entry) in &network.told {
        match entry {
            Entry::PartitionChanged { partition, partition_epoch, .. } => {
                let last = epochs.insert(*partition, *partition_epoch).unwrap_or(0);
                assert_eq!(*partition_epoch, last + 1, "{at:?} {entry:?}");
            }
            Entry::ControllerElected { epoch, .. } => {
                assert!(elections < *epoch, "{at:?} {entry:?}");
                elections = *epoch;
            }
            _ => (),
        }
    }
}

/// Random crashes and cuts of controllers and brokers; then all is healed, and one leader and one log must come of it.
#[test]
fn inv_38_under_random_faults_each_record_is_told_once_and_the_quorum_heals() {
    for seed in 0..40 {
        let mut network = Network::new(&setup(), seed);
        let mut dice = Seed(seed).dice(Stream::Search(1));
        let mut now = 5_000;
        for _ in 0..30 {
            now += dice.within(0, 3_000);
            network.run_until(now);
            let n = dice.within(1, 3) as u8;
            match dice.within(0, 11) {
                0..=2 => network.crash(n),
                3..=5 if !network.controllers[usize::from(n) - 1].accepts() => network.start(n),
                6 => network.cut(controller(n), controller(n % 3 + 1)),
                7 => network.heal(),
                8 => network.crash_broker(n),
                9 => network.pause(n),
                10 => network.resume(n),
                _ if !network.broker(n).up => network.start_broker(n),
                _ => (),
            }
            let leads = |controller: &&Controller| controller.is_active();
            let mut epochs: Vec<i32> = network.controllers.iter().filter(leads).map(|c| c.disk.epoch).collect();
            epochs.dedup();
            assert_eq!(epochs.len(), network.active().len(), "seed {seed}: two leaders of one epoch");
        }
        network.heal();
        for n in 1..=3 {
            network.resume(n);
            if !network.controllers[usize::from(n) - 1].accepts() {
                network.start(n);
            }
            if !network.broker(n).up {
                network.start_broker(n);
            }
        }
        network.run_until(now + 60_000);
        assert_eq!(network.active().len(), 1, "seed {seed}");
        assert_logs_agree(&network);
        assert_told_once(&network);
        let image = network.controllers[usize::from(network.active()[0]) - 1].image().clone();
        assert_eq!(image.brokers().filter(|(broker, _)| image.is_active(*broker)).count(), 3, "seed {seed}");
        assert!(image.partitions().all(|(_, state)| state.leader.is_some()), "seed {seed}");
    }
}

/// Raft's figure 8: records of an older epoch that a majority holds may still be replaced, until a record of the
/// leader's own epoch is on a majority.
#[test]
fn r_541_a_leader_commits_only_through_records_of_its_own_epoch() {
    let mut network = Network::new(&setup(), 1);
    network.run_until(1_000);
    let leader = &mut network.controllers[0];
    let committed = leader.high_watermark;
    leader.disk.log.push(1, MetadataRecord::NoOp);
    leader.disk.epoch = 2;
    let held = leader.disk.log.end();
    leader.role = Role::leading_since(held, 3);
    leader.disk.log.push(2, MetadataRecord::LeaderChange(leader.id));
    leader.disk.flushed = held + 1;
    let mut fetch = |offset, last_epoch| {
        let connection = Connection { client: controller(2), server: controller(1), channel: Channel::Metadata };
        let request = FetchMetadataRequest { voter: Some(ControllerId(2)), epoch: 2, offset, last_epoch };
        let message = Message::Request(Request::FetchMetadata(request));
        network.with(ControllerId(1), |leader, context| leader.on(Input::Message(connection, message), context));
        network.controllers[0].high_watermark
    };
    assert_eq!(fetch(held, 1), committed, "a majority has it, but of an older epoch");
    assert_eq!(fetch(held + 1, 2), held + 1);
}

#[test]
fn p_tla_13_a_leader_that_was_paused_finds_itself_deposed() {
    let mut network = Network::new(&setup(), 11);
    network.run_until(10_000);
    network.pause(1);
    network.run_until(25_000);
    let successor = network.active().into_iter().find(|n| *n != 1).expect("another leads");
    network.resume(1);
    network.run_until(26_000);
    assert_eq!(network.active(), [successor]);
    network.run_until(40_000);
    assert_eq!(network.active(), [successor]);
    assert_logs_agree(&network);
}

#[test]
fn one_controller_needs_nobody_and_five_survive_two() {
    let mut alone = setup();
    alone.cluster.controllers = 1;
    let mut network = Network::new(&alone, 1);
    network.run_until(20_000);
    assert_eq!(network.active(), [1]);
    network.crash(1);
    network.start(1);
    network.run_until(30_000);
    assert_eq!(network.active(), [1]);

    let mut five = setup();
    five.cluster.controllers = 5;
    let mut network = Network::new(&five, 1);
    network.run_until(10_000);
    network.crash(1);
    network.crash(2);
    network.run_until(20_000);
    assert_eq!(network.active().len(), 1);
}
