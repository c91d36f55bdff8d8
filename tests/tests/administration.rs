//! What administrators do while a cluster works, and log directories that fail: as runs, judged.

use highwater_model::admin::{AdminAction, ConfigScope, ElectionKind, ReplicaList};
use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, OffsetReset};
use highwater_model::trace::{Entry, Error, NodeState};
use highwater_model::{BrokerId, Fault, FaultKind, NodeId, PartitionId, Scenario, SettingId, Setup, Target};
use highwater_oracle::report::Category;
use highwater_tests::play::{Play, fault, passing, scenario};
use highwater_tests::tape::Tape;

const P: PartitionId = PartitionId(0);

/// Four brokers; acks=all with idempotence, 500 records a second.
fn cluster(partitions: u16, min_isr: u8) -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.cluster.brokers = 4;
    setup.cluster.offsets_topic_num_partitions = 3;
    setup.topic.partitions = partitions;
    setup.topic.min_insync_replicas = min_isr;
    setup.producer.acks = Acks::All;
    setup.consumer.auto_offset_reset = OffsetReset::Earliest;
    setup.workload.producers = 1;
    setup.workload.consumers = 1;
    setup.workload.records_per_second = 500;
    setup
}

fn asks(at_ms: u64, action: AdminAction) -> Fault {
    fault(at_ms, FaultKind::Admin(action), Target::ActiveController)
}

fn reassign(at_ms: u64, partition: u16, replicas: &[u8]) -> Fault {
    let replicas = ReplicaList::of(replicas.iter().copied().map(BrokerId)).expect("a short list");
    asks(at_ms, AdminAction::Reassign { partition: PartitionId(partition), replicas })
}

fn answers(tape: &Tape) -> Vec<Option<Error>> {
    let answer = |(_, entry): &(_, Entry)| match entry {
        Entry::Administered { error, .. } => Some(*error),
        _ => None,
    };
    tape.0.iter().filter_map(answer).collect()
}

fn leader_at_end(scenario: &Scenario) -> BrokerId {
    let state = Play::of(scenario.clone()).world.best_image().partition(P).cloned();
    state.and_then(|state| state.leader).expect("somebody leads")
}

fn judged(scenario: &Scenario) -> Play {
    let play = Play::of(scenario.clone());
    assert_eq!(play.invariants.violations(), []);
    play
}

#[test]
fn p_sys_08_all_assignments_are_shuffled_under_load_and_nothing_is_lost_or_duplicated() {
    for bounce in [false, true] {
        let mut scenario = scenario(cluster(4, 3), 60);
        scenario.faults = vec![
            reassign(5_000, 0, &[4, 2, 3]),
            reassign(5_000, 1, &[1, 3, 4]),
            reassign(5_000, 2, &[2, 4, 1]),
            reassign(5_000, 3, &[3, 4, 2]),
        ];
        if bounce {
            let stop = FaultKind::ControlledStop;
            scenario.faults.push(passing(5_050, stop, Target::Broker(BrokerId(4)), 8_000));
            scenario.faults.push(passing(25_000, stop, Target::Broker(BrokerId(2)), 8_000));
        }
        let play = judged(&scenario);
        for (partition, wanted) in [(0, [4, 2, 3]), (1, [1, 3, 4]), (2, [2, 4, 1]), (3, [3, 4, 2])] {
            let state = play.world.best_image().partition(PartitionId(partition)).expect("it exists");
            let replicas: Vec<u8> = state.replicas.iter().map(|broker| broker.0).collect();
            assert_eq!(replicas, wanted, "bounce {bounce}");
            assert!(state.adding.is_empty() && state.removing.is_empty());
        }
        assert_eq!((play.count(Category::Lost), play.count(Category::Duplicated)), (0, 0));
        assert!(play.count(Category::Acked) > 25_000);
    }
}

#[test]
fn r_534_a_leader_that_is_reassigned_away_deletes_its_log_when_it_reads_so() {
    let mut scenario = scenario(cluster(1, 2), 20);
    let before = leader_at_end(&scenario);
    let rest: Vec<u8> = (1..=4).filter(|n| *n != before.0).collect();
    scenario.faults = vec![reassign(5_000, 0, &rest)];
    let tape = Tape::of(&scenario);
    assert_eq!(answers(&tape), [None]);
    let removed = |(_, entry): &(_, Entry)| *entry == Entry::LogRemoved { broker: before, partition: P };
    assert_eq!(tape.0.iter().filter(|entry| removed(entry)).count(), 1);
    assert_eq!(judged(&scenario).count(Category::Lost), 0);
}

#[test]
fn r_533_a_preferred_election_that_is_asked_for_moves_the_leader_back() {
    let mut scenario = scenario(cluster(1, 2), 40);
    let leader = leader_at_end(&scenario);
    let elect = AdminAction::ElectLeaders { election: ElectionKind::Preferred, partition: None };
    scenario.faults = vec![
        passing(2_000, FaultKind::ControlledStop, Target::Broker(leader), 3_000),
        asks(20_000, elect),
        asks(25_000, AdminAction::ElectLeaders { election: ElectionKind::Preferred, partition: Some(P) }),
    ];
    let tape = Tape::of(&scenario);
    assert_eq!(answers(&tape), [None, Some(Error::ElectionNotNeeded)]);
    assert_eq!(leader_at_end(&scenario), leader);
}

#[test]
fn a_dynamic_min_isr_stops_acks_all_when_brokers_have_read_it() {
    let mut scenario = scenario(cluster(1, 1), 30);
    let set = AdminAction::SetConfig { scope: ConfigScope::Topic, setting: SettingId::MinIsr, value: Some(3) };
    scenario.faults = vec![
        fault(2_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
        Fault { duration: Some(highwater_model::Duration::from_secs(5)), ..asks(15_000, set) },
    ];
    let tape = Tape::of(&scenario);
    let refusals: Vec<u64> = tape
        .0
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::Retried { error: Error::NotEnoughReplicas, .. }))
        .map(|(at, _)| at.as_millis())
        .collect();
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(|at| (15_000..20_300).contains(at)), "{refusals:?}");
    assert_eq!(judged(&scenario).count(Category::Lost), 0);
}

#[test]
fn p_sys_07_one_log_directory_fails_and_its_broker_lives() {
    let mut setup = cluster(2, 1);
    setup.cluster.brokers = 3;
    setup.cluster.log_dirs = 2;
    let mut scenario = scenario(setup, 40);
    let broker = BrokerId(2);
    scenario.faults = vec![fault(5_000, FaultKind::FailedDirectory { dir: 2 }, Target::Broker(broker))];
    let play = judged(&scenario);
    let tape = Tape::of(&scenario);
    let failed = |(_, entry): &(_, Entry)| *entry == Entry::DirectoryFailed { broker, dir: 2 };
    assert!(tape.0.iter().any(failed));
    let down = |(_, entry): &(_, Entry)| matches!(entry, Entry::Node { node: NodeId::Broker(_), state } if *state != NodeState::Running);
    assert!(!tape.0.iter().any(down), "no broker stops");
    let (mut inside, mut outside) = (0, 0);
    for partition in [PartitionId(0), PartitionId(1)] {
        let state = play.world.best_image().partition(partition).expect("it exists");
        let in_failed = state.directories.of(broker) == Some(2);
        assert_eq!(state.isr.contains(broker), !in_failed);
        assert!(!in_failed || state.leader != Some(broker));
        if in_failed { inside += 1 } else { outside += 1 }
    }
    assert_eq!((inside, outside), (1, 1));
    assert_eq!(play.count(Category::Lost), 0);
}

#[test]
fn r_452_the_last_directory_takes_the_broker_with_it_and_r_454_only_a_start_brings_it_back() {
    let mut setup = cluster(2, 1);
    setup.cluster.brokers = 3;
    setup.cluster.log_dirs = 2;
    let mut scenario = scenario(setup, 60);
    let broker = BrokerId(2);
    let target = Target::Broker(broker);
    scenario.faults = vec![
        passing(5_000, FaultKind::FailedDirectory { dir: 1 }, target, 20_000),
        passing(8_000, FaultKind::FailedDirectory { dir: 2 }, target, 17_000),
    ];
    let play = judged(&scenario);
    let tape = Tape::of(&scenario);
    let halted =
        |(_, entry): &(_, Entry)| *entry == Entry::Node { node: NodeId::Broker(broker), state: NodeState::Halted };
    assert!(tape.0.iter().any(halted));
    for partition in [PartitionId(0), PartitionId(1)] {
        assert!(
            play.world.best_image().partition(partition).expect("it exists").isr.contains(broker),
            "its disks work again"
        );
    }
    assert_eq!(play.count(Category::Lost), 0);
}

#[test]
fn r_218_deleted_records_are_gone_from_every_replica_and_never_above_the_high_watermark() {
    let mut scenario = scenario(cluster(1, 2), 20);
    let delete = |before| AdminAction::DeleteRecords { partition: P, before };
    scenario.faults = vec![asks(10_000, delete(1_000)), asks(11_000, delete(u64::MAX))];
    let tape = Tape::of(&scenario);
    assert_eq!(answers(&tape), [None, Some(Error::OffsetOutOfRange)]);
    let moved = |(_, entry): &(_, Entry)| matches!(entry, Entry::LogStart { partition: P, to: 1_000, .. });
    assert_eq!(tape.0.iter().filter(|entry| moved(entry)).count(), 3, "the leader and both followers");
    judged(&scenario);
}
