//! Rebalances in whole worlds: each assignor and protocol, what it costs and what it repeats.

use highwater_model::presets::Preset;
use highwater_model::settings::{AssignmentStrategy, GroupProtocol, InstanceIds, OffsetReset, RemoteAssignor};
use highwater_model::trace::{Entry, Error};
use highwater_model::{FaultKind, Scenario, Setup, Target};
use highwater_oracle::report::Category;
use highwater_tests::play::{Play, fault, passing, scenario};
use highwater_tests::tape::Tape;

/// Three brokers, six partitions, three consumers that process 0.2 ms a record, 600 records a second.
fn setup(change: impl FnOnce(&mut Setup)) -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.cluster.offsets_topic_num_partitions = 3;
    setup.cluster.group_initial_rebalance_delay_ms = 0;
    setup.cluster.group_consumer_session_timeout_ms = 10_000;
    setup.consumer.auto_offset_reset = OffsetReset::Earliest;
    setup.consumer.session_timeout_ms = 10_000;
    setup.workload.records_per_second = 600;
    setup.workload.producers = 1;
    setup.workload.processing_time_us = 200;
    setup.environment.client_start_ms = 1_000;
    change(&mut setup);
    setup
}

fn classic(strategy: AssignmentStrategy) -> Setup {
    setup(|setup| setup.consumer.partition_assignment_strategy = strategy)
}

fn modern(assignor: RemoteAssignor) -> Setup {
    setup(|setup| {
        setup.consumer.group_protocol = GroupProtocol::Consumer;
        setup.consumer.group_remote_assignor = assignor;
    })
}

fn every_way() -> Vec<Setup> {
    let classic = [
        AssignmentStrategy::RangeOrCooperative,
        AssignmentStrategy::Range,
        AssignmentStrategy::RoundRobin,
        AssignmentStrategy::Sticky,
        AssignmentStrategy::CooperativeSticky,
    ]
    .map(classic);
    classic.into_iter().chain([RemoteAssignor::Uniform, RemoteAssignor::Range].map(modern)).collect()
}

/// Consumer 3 stops in order at 5 s and comes back at 15 s.
fn away_for_a_while(setup: Setup, kind: FaultKind) -> Scenario {
    let mut play = scenario(setup, 40);
    play.faults = vec![passing(5_000, kind, Target::Consumer(3), 10_000)];
    play
}

/// Who owns what at the end.
fn owners(tape: &Tape) -> Vec<Option<u8>> {
    let mut owners = vec![None; 6];
    for (_, entry) in &tape.0 {
        match *entry {
            Entry::Assigned { consumer, partition, .. } => owners[partition.index()] = Some(consumer),
            Entry::Revoked { consumer, partition } if owners[partition.index()] == Some(consumer) => {
                owners[partition.index()] = None;
            }
            _ => (),
        }
    }
    owners
}

fn repeated(scenario: Scenario) -> u64 {
    let play = Play::of(scenario);
    assert_eq!(play.invariants.violations(), []);
    assert_eq!(play.count(Category::NeverProcessed), 0);
    play.count(Category::ProcessedTwice)
}

#[test]
fn p_sys_06_every_partition_is_owned_once_after_a_member_went_and_came() {
    for setup in every_way() {
        let name = format!("{:?} {:?}", setup.consumer.group_protocol, setup.consumer.partition_assignment_strategy);
        let tape = Tape::of(&away_for_a_while(setup, FaultKind::ControlledStop));
        let owners = owners(&tape);
        for consumer in 1..=3 {
            let owned = owners.iter().filter(|owner| **owner == Some(consumer)).count();
            assert_eq!(owned, 2, "{name}: {owners:?}");
        }
    }
}

#[test]
fn lab_fact_15_cooperative_rebalancing_with_auto_commit_repeats_on_a_clean_join() {
    // Members that were rebalanced together send their heartbeats together: what lies between the commit of one and the
    // join of the last is short, and takes a busy topic to show.
    let newcomer = |mut setup: Setup| {
        setup.workload.records_per_second = 12_000;
        setup.workload.processing_time_us = 20;
        repeated(away_for_a_while(setup, FaultKind::ControlledStop))
    };
    assert_eq!(newcomer(classic(AssignmentStrategy::Range)), 0);
    assert_eq!(newcomer(modern(RemoteAssignor::Uniform)), 0);
    assert!(0 < newcomer(classic(AssignmentStrategy::CooperativeSticky)), "read on after the commit before joining");
}

#[test]
fn r_734_a_cooperative_rebalance_keeps_what_does_not_move() {
    let given_up = |setup| {
        let tape = Tape::of(&away_for_a_while(setup, FaultKind::ControlledStop));
        // The survivors' own partitions, when the third comes back.
        tape.times(|entry| matches!(entry, Entry::Revoked { consumer: 1 | 2, .. }))
            .iter()
            .filter(|at| **at > 16.0)
            .count()
    };
    assert_eq!(given_up(classic(AssignmentStrategy::Range)), 6, "all at once");
    assert_eq!(given_up(classic(AssignmentStrategy::CooperativeSticky)), 2, "only what moves");
    assert_eq!(given_up(modern(RemoteAssignor::Uniform)), 2);
}

#[test]
fn r_736_s_80_a_static_member_is_missed_by_nobody_for_a_session() {
    let rebalances = |members, protocol| {
        let setup = setup(|setup| {
            setup.consumer.group_instance_id = members;
            setup.consumer.group_protocol = protocol;
            setup.consumer.session_timeout_ms = 30_000;
            setup.cluster.group_consumer_session_timeout_ms = 30_000;
        });
        let tape = Tape::of(&away_for_a_while(setup, FaultKind::ControlledStop));
        if members == InstanceIds::Own {
            assert_eq!(owners(&tape).iter().flatten().count(), 2, "the third has what it had");
        }
        tape.times(|entry| matches!(entry, Entry::Revoked { consumer: 1 | 2, .. })).len()
    };
    for protocol in [GroupProtocol::Classic, GroupProtocol::Consumer] {
        assert_eq!(rebalances(InstanceIds::Own, protocol), 0, "p_sys_05: {protocol}");
        assert!(0 < rebalances(InstanceIds::None, protocol), "{protocol}");
    }
}

#[test]
fn lab_e28_a_killed_static_member_of_the_new_protocol_cannot_come_back_before_its_session_ends() {
    let mut setup = modern(RemoteAssignor::Uniform);
    setup.consumer.group_instance_id = InstanceIds::Own;
    setup.cluster.group_consumer_session_timeout_ms = 30_000;
    let tape = Tape::of(&away_for_a_while(setup, FaultKind::ProcessCrash));
    let refused = |entry: &Entry| matches!(entry, Entry::RequestFailed { error: Error::UnreleasedInstanceId, .. });
    assert!(!tape.times(refused).is_empty());
}

#[test]
fn r_732_a_killed_member_is_replaced_when_its_session_ends() {
    for setup in every_way() {
        let mut play = scenario(setup, 40);
        play.faults = vec![fault(5_000, FaultKind::ProcessCrash, Target::Consumer(3))];
        let tape = Tape::of(&play);
        let taken = tape.first_from(5.0, |entry| matches!(entry, Entry::Assigned { consumer: 1 | 2, .. }));
        let taken = taken.expect("somebody takes over");
        assert!((9.0..26.0).contains(&taken), "{taken}");
        assert!(owners(&tape).iter().all(|owner| matches!(owner, Some(1 | 2))), "{:?}", owners(&tape));
    }
}

#[test]
fn p_sys_03_a_coordinator_that_moves_rebalances_nobody() {
    for setup in every_way() {
        let mut play = scenario(setup, 60);
        play.setup.environment.server_start_ms = 1_000;
        play.faults = (0..4)
            .map(|round| passing(5_000 + round * 12_000, FaultKind::ControlledStop, Target::GroupCoordinator, 3_000))
            .collect();
        let tape = Tape::of(&play);
        assert_eq!(tape.times(|entry| matches!(entry, Entry::Revoked { .. })).len(), 0);
        assert_eq!(tape.times(|entry| matches!(entry, Entry::RebalanceStarted { .. })).len(), 0);
        assert_eq!(repeated(play), 0);
    }
}

#[test]
fn r_731_s_74_a_slow_member_of_the_new_protocol_leaves_and_its_commit_fails() {
    let mut setup = modern(RemoteAssignor::Uniform);
    setup.consumer.enable_auto_commit = false;
    setup.consumer.max_poll_interval_ms = 2_000;
    let mut play = scenario(setup, 40);
    play.faults = vec![passing(5_000, FaultKind::ClientSlow { factor: 10_000 }, Target::Consumer(1), 8_000)];
    let tape = Tape::of(&play);
    let left = tape.first_from(5.0, |entry| matches!(entry, Entry::Revoked { consumer: 1, .. }));
    assert!(left.is_some_and(|left| (6.0..9.0).contains(&left)), "{left:?}");
    let failed = |entry: &Entry| matches!(entry, Entry::CommitFailed { consumer: 1, error: Error::UnknownMemberId });
    assert!(!tape.times(failed).is_empty(), "CommitFailedException");
    assert!(owners(&tape).contains(&Some(1)), "it joins again at its next poll");
}

#[test]
fn r_718_offsets_that_expired_are_read_from_the_reset_policy() {
    let mut setup = setup(|setup| {
        setup.workload.consumers = 1;
        setup.consumer.auto_offset_reset = OffsetReset::Latest;
        setup.cluster.offsets_retention_minutes = 1;
        setup.cluster.offsets_retention_check_interval_ms = 5_000;
    });
    setup.workload.records_per_second = 50;
    let mut play = scenario(setup, 110);
    play.faults = vec![passing(5_000, FaultKind::ControlledStop, Target::Consumer(1), 80_000)];
    let tape = Tape::of(&play);
    assert_eq!(tape.times(|entry| matches!(entry, Entry::OffsetExpired { .. })).len(), 6);
    assert!(0 < Play::of(play).count(Category::NeverProcessed), "latest skips what came meanwhile");
}
