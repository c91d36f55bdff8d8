//! What old releases of Kafka did, and what later ones mended: each bug shows with its switch off and is gone with it
//! on, in the same run.
#![cfg(not(target_arch = "wasm32"))]

use highwater_experiments::swarm;
use highwater_model::settings::Acks;
use highwater_model::trace::{Api, ChangeCause, Entry, Error};
use highwater_model::view::ReplicaFrame;
use highwater_model::{BrokerId, Cut, Fault, FaultKind, Instant, NodeId, Profile, Scenario, SettingId, Setup, Target};
use highwater_oracle::Invariants;
use highwater_oracle::report::Category;
use highwater_sim::World;
use highwater_sim::rules::{Rule, Verdict};
use highwater_sim::start::StartReplica;
use highwater_tests::play::{Play, fault, passing, scenario};
use highwater_tests::small::{ONE, P, THREE, TWO, holds, replica, small, start, until};
use highwater_tests::tape::{Tape, count_between};

/// Today's, with these switches turned.
fn with_switches(acks: Acks, records_per_second: u32, off: &[SettingId]) -> Setup {
    let mut setup = small(Profile::CURRENT, acks, records_per_second);
    for switch in off {
        let turned = 1 - switch.get(&setup);
        switch.set(&mut setup, turned);
    }
    setup
}

fn drop_fetches(from: BrokerId, to: BrokerId) -> Rule {
    Rule {
        from: Some(NodeId::Broker(from)),
        to: Some(NodeId::Broker(to)),
        api: Some(Api::FetchFollower),
        response: Some(true),
        times: None,
        verdict: Verdict::Drop,
    }
}

// --- KIP-101 ---

/// The leader dies; broker 2 leads, and broker 3 follows it. Before broker 3 has fetched anything, broker 2 dies too.
fn two_leaders_die(off: &[SettingId]) -> u64 {
    let mut play = scenario(with_switches(Acks::All, 100, off), 40);
    play.faults = vec![
        fault(3_000, FaultKind::ProcessCrash, Target::Broker(ONE)),
        fault(16_000, FaultKind::ProcessCrash, Target::Broker(TWO)),
    ];
    let mut world = World::started_from(&play, &start(&play.setup, 0, &[ONE, TWO, THREE], &[]));
    world.rules().add(drop_fetches(TWO, THREE));
    Play::in_world(play, world).count(Category::Lost)
}

/// S-01, P-TLA-01: broker 3 knew that all but the last records were committed, and cut those.
#[test]
fn r_412_kip_101_loss_truncation_to_the_high_watermark_loses_acknowledged_records() {
    assert!(two_leaders_die(&[SettingId::EpochTrunc]) > 0);
    assert_eq!(two_leaders_die(&[]), 0);
    assert_eq!(two_leaders_die(&[SettingId::TruncOnFetch]), 0, "asked before it fetches, it cuts nothing either");
    assert_eq!(two_leaders_die(&[SettingId::EpochTruncIter]), 0, "one round is enough here");
}

/// Broker 1 had not flushed record 1 when it lost power, and writes others in its place; broker 2 had.
fn both_lose_power(off: &[SettingId]) -> (ReplicaFrame, ReplicaFrame) {
    let mut setup = with_switches(Acks::All, 2, off);
    setup.topic.replication_factor = 2;
    setup.cluster.eligible_leader_replicas_version = 0;
    setup.environment.server_start_ms = 100;
    let mut start = start(&setup, 0, &[ONE, TWO], &[(0, 1, 0), (1, 1, 0)]);
    start.replicas = vec![
        StartReplica { flushed: 1, ..holds(ONE, &[0, 1], 2) },
        StartReplica { flushed: 2, ..holds(TWO, &[0, 1], 2) },
    ];
    let mut play = scenario(setup, 60);
    play.faults = vec![
        passing(50, FaultKind::PowerLoss, Target::Broker(TWO), 40_000),
        passing(15_000, FaultKind::PowerLoss, Target::Broker(ONE), 1_000),
    ];
    let mut world = World::started_from(&play, &start);
    until(&mut world, 60_000, &mut Tape::default());
    (replica(&world, ONE), replica(&world, TWO))
}

/// S-02, P-TLA-02. Record 1 is lost either way: no replica that may lead has it on disk.
#[test]
fn r_412_kip_101_divergence_two_logs_differ_for_ever_after_a_power_loss_of_both() {
    let (leader, follower) = both_lose_power(&[SettingId::EpochTrunc]);
    assert!(10 < leader.end && leader.end == follower.end, "both go on");
    assert_eq!(follower.agrees, 1, "and differ from the record on that one of them had not flushed");
    let (leader, follower) = both_lose_power(&[]);
    assert!(10 < leader.end);
    assert_eq!(follower.agrees, leader.end);
}

// --- KIP-279 ---

/// Broker 1 led epoch 1 and appended 0 and 1, of which broker 2 has only 0; broker 2 led epoch 2 and appended its own 1;
/// broker 1 leads epoch 3 without having followed, and has appended 2.
fn fast_failovers(off: &[SettingId]) -> (ReplicaFrame, u64) {
    let mut setup = with_switches(Acks::All, 1, off);
    setup.topic.replication_factor = 2;
    let mut start = start(&setup, 3, &[ONE, TWO], &[(0, 1, 1), (1, 1, 1), (1, 1, 2), (2, 1, 3)]);
    start.replicas = vec![holds(ONE, &[0, 1, 3], 1), holds(TWO, &[0, 2], 1)];
    let play = scenario(setup, 5);
    let mut world = World::started_from(&play, &start);
    let mut invariants = Invariants::new(&play).by_todays_promises();
    until(&mut world, 5_000, &mut invariants);
    (replica(&world, TWO), invariants.count())
}

/// S-03, P-TLA-11.
#[test]
fn r_406_kip_279_fork_one_round_of_questions_leaves_a_fork_after_fast_failovers() {
    let (follower, violations) = fast_failovers(&[SettingId::EpochTruncIter]);
    assert_eq!(follower.agrees, 1, "the leader's next epoch begins at its own end, 2: it cuts nothing");
    assert!(3 <= follower.end && 0 < violations);
    for off in [&[][..], &[SettingId::TruncOnFetch]] {
        let (follower, _) = fast_failovers(off);
        assert!(3 <= follower.end);
        assert_eq!(follower.agrees, follower.end, "{off:?}");
    }
}

// --- KIP-320 ---

/// Broker 3 hears nothing of the controllers while leadership goes from broker 1 to broker 2 and back. Its log has
/// records of the first epoch that the others have replaced.
fn follower_of_an_old_epoch(off: &[SettingId]) -> (ReplicaFrame, u64, usize) {
    let mut setup = with_switches(Acks::Leader, 50, off);
    setup.cluster.leader_imbalance_check_interval_seconds = 4;
    setup.environment.server_start_ms = 100;
    let mut play = scenario(setup, 35);
    play.faults = vec![passing(3_000, FaultKind::ProcessCrash, Target::Broker(ONE), 9_500)];
    let mut world = World::started_from(&play, &start(&play.setup, 0, &[ONE, TWO, THREE], &[]));
    let mut observer = (Tape::default(), Invariants::new(&play).by_todays_promises());
    until(&mut world, 2_500, &mut observer);
    let metadata =
        Rule { api: Some(Api::FetchMetadata), from: None, verdict: Verdict::Hold, ..drop_fetches(ONE, THREE) };
    world.rules().add(metadata);
    world.rules().add(drop_fetches(ONE, TWO)); // broker 2 lacks what broker 3 has of the end of epoch 0
    until(&mut world, 3_100, &mut observer);
    world.rules().clear();
    world.rules().add(metadata);
    until(&mut world, 35_000, &mut observer);
    let leader = replica(&world, ONE).high_watermark;
    let fenced =
        observer.0.times(|entry| matches!(entry, Entry::RequestFailed { error: Error::FencedLeaderEpoch, .. }));
    (replica(&world, THREE), leader, fenced.len())
}

/// S-04.
#[test]
fn r_303_kip_320_a_follower_of_an_old_epoch_is_counted_where_fetches_carry_no_epoch() {
    let before_2_1 = [SettingId::EpochFenceFetch, SettingId::TruncOnFetch];
    let (follower, high_watermark, fenced) = follower_of_an_old_epoch(&before_2_1);
    assert!(follower.agrees < high_watermark, "{} records agree, {high_watermark} count as committed", follower.agrees);
    assert_eq!(fenced, 0);
    let (follower, high_watermark, fenced) = follower_of_an_old_epoch(&[]);
    assert!(high_watermark <= follower.agrees, "{high_watermark} counts as committed, {} agree", follower.agrees);
    assert!(0 < fenced);
}

// --- KAFKA-19522, KIP-966: the last replica standing ---

/// Broker 3 and then broker 2 are cut off from the others; broker 1, alone in the ISR, loses power and what it had not
/// flushed, and comes back.
fn last_replica_standing(elr: u8) -> Play {
    let mut setup = small(Profile::CURRENT, Acks::All, 100);
    setup.topic.min_insync_replicas = 2;
    setup.cluster.eligible_leader_replicas_version = elr;
    setup.cluster.replica_lag_time_max_ms = 2_000;
    setup.environment.server_start_ms = 100;
    let cut = |broker, at_ms, ms| -> Fault {
        passing(at_ms, FaultKind::Cut { with: Target::Broker(ONE), cut: Cut::BothWays }, Target::Broker(broker), ms)
    };
    let mut play = scenario(setup, 60);
    play.faults = vec![
        cut(THREE, 3_000, 17_000),
        cut(TWO, 8_000, 12_000),
        passing(15_000, FaultKind::PowerLoss, Target::Broker(ONE), 1_000),
    ];
    let world = World::started_from(&play, &start(&play.setup, 0, &[ONE, TWO, THREE], &[]));
    Play::in_world(play, world)
}

/// S-33, P-TLA-08, P-TLA-09.
#[test]
fn r_513_the_last_replica_standing_loses_what_others_had_without_elr() {
    let without = last_replica_standing(0);
    assert!(100 < without.count(Category::Lost), "the only member of the ISR comes back empty, and leads");
    let with = last_replica_standing(1);
    assert_eq!(with.count(Category::Lost), 0, "broker 2 was eligible, and led at once");
    assert_eq!(with.invariants.violations(), []);
}

// --- KIP-537 ---

/// How often the ISR of the partition changed, and whether leadership moved, when a broker stands still for 8 s.
fn stands_still(profile: Profile, target: Target, ms: u64) -> (usize, bool) {
    let mut play = scenario(small(profile, Acks::All, 100), 40);
    play.faults = vec![passing(5_000, FaultKind::Pause, target, ms)];
    let tape = Tape::of(&play);
    let of_p = |entry: &Entry| matches!(entry, Entry::PartitionChanged { partition: P, cause, .. } if *cause != ChangeCause::Created);
    let moved = |entry: &Entry| matches!(entry, Entry::PartitionChanged { partition: P, leader_epoch, .. } if *leader_epoch != 0);
    (tape.times(of_p).len(), !tape.times(moved).is_empty())
}

/// S-95: a session of 6 s and a lag of 10 s against 18 s and 30 s.
#[test]
fn r_571_isr_flapping_a_pause_of_8_s_is_a_death_before_2_5_and_nothing_since() {
    let (changes, _) = stands_still(Profile::Tdg2_4, Target::FollowerOfBusiest(1), 8_000);
    assert!(2 <= changes, "out of the ISR and in again");
    assert_eq!(stands_still(Profile::Tdg2_5, Target::FollowerOfBusiest(1), 8_000), (0, false));
    assert!(stands_still(Profile::Tdg2_4, Target::LeaderOfBusiest, 8_000).1);
    assert!(!stands_still(Profile::Tdg2_5, Target::LeaderOfBusiest, 8_000).1);
    assert!(stands_still(Profile::CURRENT, Target::LeaderOfBusiest, 12_000).1, "9 s with KRaft");
}

// --- ZooKeeper ---

/// From the leader's death to the next leader, and from the controller's death to the next controller.
fn failovers(profile: Profile) -> (f64, f64) {
    let mut setup = small(profile, Acks::All, 50);
    setup.cluster.controllers = 3;
    let mut play = scenario(setup, 60);
    play.faults = vec![
        fault(2_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest),
        fault(30_000, FaultKind::ProcessCrash, Target::ActiveController),
    ];
    let tape = Tape::of(&play);
    let led = |entry: &Entry| matches!(entry, Entry::Leads { partition: P, leader_epoch, .. } if *leader_epoch != 0);
    let elected = |entry: &Entry| matches!(entry, Entry::ControllerElected { .. });
    let after = |from, is: &dyn Fn(&Entry) -> bool| tape.first_from(from, is).expect("it comes") - from;
    (after(2.0, &led), after(30.0, &elected))
}

/// 8.6: derived timings.
#[test]
fn r_572_with_zookeeper_a_dead_leader_and_a_dead_controller_are_missed_for_a_session() {
    let (leader, controller) = failovers(Profile::Tdg2_4);
    assert!((3.9..6.5).contains(&leader) && (3.5..7.5).contains(&controller), "{leader} {controller}");
    let (leader, controller) = failovers(Profile::Tdg2_5);
    assert!((11.9..18.5).contains(&leader) && (15.0..20.5).contains(&controller), "{leader} {controller}");
    let (leader, controller) = failovers(Profile::KRaft3_9);
    assert!((6.9..9.5).contains(&leader) && (1.5..5.0).contains(&controller), "{leader} {controller}");
}

/// When the ISR of the partition shrank, with the controller dead and a follower cut off from its leader.
fn shrinks_without_controller(profile: Profile) -> Option<f64> {
    let mut setup = small(profile, Acks::All, 50);
    setup.cluster.controllers = 3;
    setup.cluster.replica_lag_time_max_ms = 1_000;
    let cut = FaultKind::Cut { with: Target::LeaderOfBusiest, cut: Cut::BothWays };
    let mut play = scenario(setup, 14);
    play.faults = vec![
        fault(2_000, FaultKind::ProcessCrash, Target::ActiveController),
        fault(7_000, cut, Target::FollowerOfBusiest(1)),
    ];
    let tape = Tape::of(&play);
    let shrunk = |entry: &Entry| matches!(entry, Entry::IsrCommitted { partition: P, isr, .. } if isr.len() == 2);
    tape.first_from(7.0, shrunk)
}

#[test]
fn r_319_a_leader_that_writes_its_isr_itself_needs_no_controller() {
    assert!(shrinks_without_controller(Profile::Tdg2_5).is_some(), "18 s without a controller");
    assert_eq!(shrinks_without_controller(Profile::Zk3), None, "since 2.7 it asks the controller");
}

// --- Lab fact 23: E30, E31, E32 ---

fn both_followers_die(profile: Profile, acks: Acks, retries: i32, seconds: u64) -> Scenario {
    let mut setup = small(profile, acks, 100);
    setup.topic.min_insync_replicas = 2;
    setup.producer.retries = retries;
    let mut play = scenario(setup, seconds);
    play.faults = vec![
        fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
        fault(15_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
    ];
    play
}

/// LAB-E31-01, LAB-E32-01, LAB-E30-09.
#[test]
fn r_216_below_min_isr_acks_1_is_readable_at_once_until_3_6_and_not_since() {
    let read = |profile| {
        let tape = Tape::of(&both_followers_die(profile, Acks::Leader, i32::MAX, 40));
        count_between(&tape.times(|entry| matches!(entry, Entry::Polled { .. })), 25.0, 40.0)
    };
    assert!(read(Profile::KRaft3_6) > 100);
    assert_eq!(read(Profile::KRaft3_9), 0);
    assert_eq!(read(Profile::CURRENT), 0);
}

/// LAB-E31-02, LAB-E32-02, LAB-E30-10.
#[test]
fn r_111_a_request_that_waits_when_the_isr_falls_below_min_isr_is_told_so_until_3_6_and_waits_since() {
    let failures = |profile| Tape::of(&both_followers_die(profile, Acks::All, 0, 30)).failures();
    assert!(failures(Profile::KRaft3_6).contains(&Error::NotEnoughReplicasAfterAppend));
    assert_eq!(failures(Profile::KRaft3_9), []);
    assert_eq!(failures(Profile::CURRENT), []);
}

/// LAB-E31-04, LAB-E32-04, LAB-E30-12.
#[test]
fn r_105_min_isr_above_the_replication_factor_refuses_all_until_3_6_and_counts_as_it_since() {
    let acked = |profile| {
        let mut setup = small(profile, Acks::All, 100);
        setup.topic.replication_factor = 2;
        setup.topic.min_insync_replicas = 3;
        Play::of(scenario(setup, 5)).count(Category::Acked)
    };
    assert_eq!(acked(Profile::KRaft3_6), 0);
    assert!(acked(Profile::KRaft3_9) > 400);
}

// --- All of them ---

/// Every release runs, calm and under faults, and keeps what it promises.
#[test]
fn every_release_keeps_its_promises() {
    for profile in Profile::ALL {
        for seed in 1..=6 {
            let mut setup = small(profile, if seed % 2 == 0 { Acks::All } else { Acks::Leader }, 50);
            setup.cluster.controllers = 3;
            setup.cluster.replica_lag_time_max_ms = 3_000;
            setup.environment.server_start_ms = 500;
            let mut play = Scenario { seed, ..scenario(setup, 60) };
            play.faults = vec![
                passing(4_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 3_000 + 2_000 * seed),
                passing(9_000 + 700 * seed, FaultKind::Pause, Target::FollowerOfBusiest(1), 7_000),
                passing(22_000, FaultKind::Restart, Target::LeaderOfBusiest, 500),
                passing(30_000, FaultKind::ProcessCrash, Target::ActiveController, 5_000),
                passing(34_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 2_000),
            ];
            let play = Play::of(play);
            assert_eq!(play.invariants.violations(), [], "{} under seed {seed}", profile.name());
            assert!(500 < play.count(Category::Acked), "{} under seed {seed}", profile.name());
        }
    }
}

/// Small clusters under scripts dense with faults, in every release.
#[test]
fn no_release_breaks_its_promises_under_random_faults() {
    for (number, profile) in (0..12).flat_map(|number| Profile::ALL.map(|profile| (number, profile))) {
        let mut play = swarm::scenario(number);
        play.setup = play.setup.in_profile(profile);
        if play.check().is_empty() {
            let violations = Play::of(play).invariants.violations().to_vec();
            assert_eq!(violations, [], "random scenario {number} in {}", profile.name());
        }
    }
}

/// The judge of a run is not told more than the trace.
#[test]
fn a_release_is_judged_by_its_own_promises_or_by_todays() {
    let mut setup = with_switches(Acks::Leader, 100, &[SettingId::HwMinIsrGate]);
    setup.topic.min_insync_replicas = 2;
    let mut play = scenario(setup, 30);
    play.faults = vec![
        fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
        fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
    ];
    let mut observer = (Invariants::new(&play), Invariants::new(&play).by_todays_promises());
    let mut world = World::new(&play);
    world.advance(Instant(play.duration.0), u64::MAX, &mut observer);
    assert_eq!(observer.0.violations(), []);
    let broken: Vec<u8> = observer.1.violations().iter().map(|violation| violation.invariant.number()).collect();
    assert!(broken.contains(&21), "{broken:?}");
}
