//! What the chapter says about acks, min ISR, elections, crashes and commits, as runs: none of it is written down
//! anywhere as a rule, it comes out of the mechanism.

use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, CommitPolicy, OffsetReset, Processing, SendResult};
use highwater_model::trace::{Election, Entry, Error};
use highwater_model::{BrokerId, FaultKind, Instant, PartitionId, Scenario, Setup, Target};
use highwater_oracle::report::Category;
use highwater_sim::World;
use highwater_tests::play::{Play, fault, passing, scenario};
use highwater_tests::tape::Tape;

const P: PartitionId = PartitionId(0);

/// Three brokers, one partition of three replicas, 500 records a second of one producer, one consumer.
fn small(acks: Acks, min_isr: u8) -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.cluster.offsets_topic_num_partitions = 3;
    setup.topic.partitions = 1;
    setup.topic.min_insync_replicas = min_isr;
    setup.producer.acks = acks;
    setup.producer.enable_idempotence = acks == Acks::All;
    setup.consumer.auto_offset_reset = OffsetReset::Earliest;
    setup.workload.producers = 1;
    setup.workload.consumers = 1;
    setup.workload.records_per_second = 500;
    setup
}

fn tape(scenario: &Scenario) -> Tape {
    Tape::of(scenario)
}

#[test]
fn acks_1_loses_acked_records_when_the_leader_crashes_before_the_fetch() {
    // A slow follower link makes the gap between the leader's answer and the followers' fetch wide enough to hit.
    let mut play = scenario(small(Acks::Leader, 1), 40);
    play.faults = vec![
        passing(3_900, FaultKind::SlowLink { delay_ms: 100 }, Target::FollowerOfBusiest(1), 6_000),
        passing(3_900, FaultKind::SlowLink { delay_ms: 100 }, Target::FollowerOfBusiest(2), 6_000),
        fault(4_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest),
    ];
    let lost = Play::of(play).count(Category::Lost);
    assert!(lost > 0, "acked by the leader alone, and nowhere else");
}

#[test]
fn acks_all_does_not_lose_when_the_leader_crashes_before_the_fetch() {
    let mut play = scenario(small(Acks::All, 2), 40);
    play.faults = vec![
        passing(3_900, FaultKind::SlowLink { delay_ms: 100 }, Target::FollowerOfBusiest(1), 6_000),
        passing(3_900, FaultKind::SlowLink { delay_ms: 100 }, Target::FollowerOfBusiest(2), 6_000),
        fault(4_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest),
    ];
    let play = Play::of(play);
    assert_eq!(play.count(Category::Lost), 0);
    assert!(play.count(Category::Acked) > 10_000, "it goes on after the election");
}

#[test]
fn two_of_three_brokers_down_not_enough_replicas_and_committed_records_still_readable() {
    let mut play = scenario(small(Acks::All, 2), 60);
    play.setup.producer.request_timeout_ms = 2_000;
    // A slow consumer, so that it has something left to read.
    play.setup.workload.processing_time_us = 8_000;
    play.faults = vec![
        fault(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
        fault(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
    ];
    let tape = tape(&play);
    let refused = tape.times(|entry| matches!(entry, Entry::Retried { error: Error::NotEnoughReplicas, .. }));
    assert!(!refused.is_empty(), "acks=all is refused below min.insync.replicas");
    let fenced = tape.times(|entry| matches!(entry, Entry::Fenced { .. }));
    assert_eq!(fenced.len(), 2);
    let last_ack = tape.times(|entry| matches!(entry, Entry::Acked { .. })).pop().expect("acked before");
    assert!(last_ack < fenced[1] + 0.5, "nothing is acked with one replica in sync: {last_ack}");
    let read_after = tape.times(|entry| matches!(entry, Entry::Polled { .. })).into_iter().filter(|at| *at > fenced[1]);
    assert!(read_after.count() > 0, "committed records are read on");
}

#[test]
fn acks_1_below_min_isr_is_accepted_and_not_readable_until_a_follower_is_back() {
    let mut play = scenario(small(Acks::Leader, 2), 60);
    play.faults = vec![
        passing(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1), 26_000),
        fault(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
    ];
    let tape = tape(&play);
    let below = 14.0;
    let back = tape.times(
        |entry| matches!(entry, Entry::PartitionChanged { partition, isr, .. } if *partition == P && isr.len() == 2),
    );
    let back = *back.last().expect("the follower comes back");
    assert!(back > 30.0);
    let acked = tape.times(|entry| matches!(entry, Entry::Acked { .. }));
    assert!(acked.iter().any(|at| below < *at && *at < back), "acks=1 is accepted below min ISR");
    let readable =
        tape.times(|entry| matches!(entry, Entry::HighWatermark { partition, leading: true, .. } if *partition == P));
    assert!(!readable.iter().any(|at| below < *at && *at < back), "the high watermark stands still");
    assert!(readable.iter().any(|at| back < *at), "and moves on when a follower is back");
}

/// Both followers leave the ISR (their machines are cut from the leader's for longer than the lag), then the leader,
/// the ISR's last member, dies; the followers are reachable again.
fn last_member_dies(unclean: bool, kind: FaultKind) -> Scenario {
    let mut play = scenario(small(Acks::All, 1), 90);
    play.setup.topic.unclean_leader_election_enable = unclean;
    play.setup.cluster.replica_lag_time_max_ms = 5_000;
    let leader = Target::Broker(BrokerId(1));
    let cut = |with| FaultKind::Cut { with, cut: highwater_model::Cut::BothWays };
    play.faults = vec![
        passing(3_000, cut(Target::Broker(BrokerId(2))), leader, 20_000),
        passing(3_000, cut(Target::Broker(BrokerId(3))), leader, 20_000),
        passing(22_900, kind, leader, 30_000),
    ];
    let play_leader = World::new(&play);
    assert_eq!(play_leader.frame().partitions[0].leader, Some(BrokerId(1)), "the script names the leader");
    play
}

fn elections(tape: &Tape) -> Vec<(f64, Election)> {
    let of = |(at, entry): &(Instant, Entry)| match entry {
        Entry::PartitionChanged { partition, election, .. } if *partition == P => Some((at.as_secs_f64(), *election)),
        _ => None,
    };
    tape.0.iter().filter_map(of).collect()
}

#[test]
fn last_isr_member_dies_at_min_isr_1_with_unclean_election_on_available_and_lossy() {
    let play = last_member_dies(true, FaultKind::ProcessCrash);
    let tape = tape(&play);
    assert!(elections(&tape).iter().any(|(_, election)| *election == Election::Unclean));
    let acked = tape.times(|entry| matches!(entry, Entry::Acked { .. }));
    assert!(acked.iter().any(|at| 33.0 < *at && *at < 50.0), "writes go on while the last member is away");
    assert!(Play::of(play).count(Category::Lost) > 1_000, "what only the last member had is gone");
}

#[test]
fn last_isr_member_dies_with_unclean_election_off_offline_until_it_returns_whole_after_a_process_crash() {
    let play = last_member_dies(false, FaultKind::ProcessCrash);
    let tape = tape(&play);
    let acked = tape.times(|entry| matches!(entry, Entry::Acked { .. }));
    assert!(!acked.iter().any(|at| 24.0 < *at && *at < 52.9), "offline until the last member returns");
    assert!(acked.iter().any(|at| 60.0 < *at), "then it goes on");
    assert_eq!(Play::of(play).count(Category::Lost), 0, "a process crash keeps the page cache");
}

#[test]
fn last_isr_member_dies_with_unclean_election_off_lossy_after_a_power_loss_by_the_last_known_leader() {
    let play = last_member_dies(false, FaultKind::PowerLoss);
    let tape = tape(&play);
    let unclean: Vec<_> = elections(&tape).into_iter().filter(|(_, e)| *e == Election::LastKnown).collect();
    assert_eq!(unclean.len(), 1, "the last known leader is elected, and logged as unclean, with unclean election off");
    let play = Play::of(play);
    assert_eq!(play.judge.unclean_elections(), 1);
    assert!(play.count(Category::Lost) > 0, "its own log is the one that lost data");
}

#[test]
fn a_process_crash_of_all_brokers_loses_no_acks_all_record() {
    let mut play = scenario(small(Acks::All, 2), 60);
    play.faults = vec![passing(8_000, FaultKind::ProcessCrash, Target::AllBrokers, 3_000)];
    let play = Play::of(play);
    assert_eq!(play.count(Category::Lost), 0);
    assert!(play.count(Category::Acked) > 15_000, "the cluster is back");
}

#[test]
fn a_power_loss_of_all_brokers_loses_the_unflushed() {
    let mut play = scenario(small(Acks::All, 2), 60);
    play.faults = vec![passing(8_000, FaultKind::PowerLoss, Target::AllBrokers, 3_000)];
    let lost = Play::of(play.clone()).count(Category::Lost);
    assert!(lost > 3_000, "nothing was flushed in 8 s: {lost}");
    play.setup.topic.flush_messages = 1;
    assert_eq!(Play::of(play).count(Category::Lost), 0, "fsync before each acknowledgement keeps all");
}

/// A consumer that crashes soon after an automatic commit, and is started again.
fn consumer_crash(processing: Processing) -> Scenario {
    let mut play = scenario(small(Acks::All, 2), 90);
    play.setup.workload.processing = processing;
    play.setup.workload.workers = 2;
    play.setup.workload.processing_time_us = 1_500;
    if processing == Processing::WorkerPool {
        play.setup.workload.processing_time_us = 5_000; // the pool falls behind
    }
    play.setup.consumer.session_timeout_ms = 6_000;
    play.setup.consumer.heartbeat_interval_ms = 1_000;
    play.faults = vec![passing(8_200, FaultKind::ProcessCrash, Target::Consumer(1), 2_000)];
    play
}

#[test]
fn in_loop_auto_commit_repeats_and_loses_nothing() {
    let play = Play::of(consumer_crash(Processing::InLoop));
    assert_eq!(play.count(Category::NeverProcessed), 0);
    assert!(play.count(Category::ProcessedTwice) > 0);
}

#[test]
fn a_worker_pool_with_auto_commit_loses() {
    let play = Play::of(consumer_crash(Processing::WorkerPool));
    assert!(play.count(Category::NeverProcessed) > 100, "committed while still queued, and gone with the process");
}

/// The leader's answers get lost for a while: appended, and never acknowledged.
fn lost_answers(idempotence: bool) -> Scenario {
    let mut play = scenario(small(Acks::All, 2), 40);
    play.setup.producer.enable_idempotence = idempotence;
    play.setup.producer.request_timeout_ms = 2_000;
    let cut = FaultKind::Cut { with: Target::Producer(1), cut: highwater_model::Cut::Outbound };
    play.faults = vec![passing(5_000, cut, Target::LeaderOfBusiest, 4_000)];
    play
}

#[test]
fn a_retry_without_idempotence_duplicates() {
    let play = Play::of(lost_answers(false));
    assert!(play.count(Category::Duplicated) > 0);
    assert_eq!(play.count(Category::Lost), 0);
}

#[test]
fn a_retry_with_idempotence_does_not_duplicate() {
    let play = Play::of(lost_answers(true));
    assert_eq!((play.count(Category::Duplicated), play.count(Category::Reordered)), (0, 0));
}

/// The leader stands still for 15 s: another is elected, and when it goes on it does not know that yet.
fn zombie(acks: Acks) -> Scenario {
    let mut play = scenario(small(acks, 1), 60);
    play.setup.producer.linger_ms = 0;
    play.faults = vec![passing(5_000, FaultKind::Pause, Target::LeaderOfBusiest, 15_000)];
    play
}

#[test]
fn a_leader_paused_for_15_s_truncates_its_acks_1_writes() {
    let play = Play::of(zombie(Acks::Leader));
    let tape = tape(&play.scenario);
    let truncated = tape.times(|entry| matches!(entry, Entry::Truncated { partition, .. } if *partition == P));
    assert_eq!(truncated.len(), 1);
    assert!(play.count(Category::Lost) > 0, "acknowledged by the zombie, and cut");
}

#[test]
fn a_leader_paused_for_15_s_does_not_acknowledge_acks_all_writes() {
    let play = Play::of(zombie(Acks::All));
    assert_eq!(play.count(Category::Lost), 0);
    assert_eq!(play.count(Category::Duplicated), 0);
}

#[test]
fn an_acks_all_write_waits_for_the_whole_isr_not_for_min_isr() {
    let mut play = scenario(small(Acks::All, 2), 30);
    play.faults = vec![passing(5_000, FaultKind::Pause, Target::FollowerOfBusiest(1), 6_000)];
    let tape = tape(&play);
    let acked = tape.times(|entry| matches!(entry, Entry::Acked { .. }));
    let stalled = acked.iter().filter(|at| 5.2 < **at && **at < 11.0).count();
    assert_eq!(stalled, 0, "two of three have it, min ISR is 2, and nobody is told so");
    assert!(acked.iter().any(|at| 11.0 < *at && *at < 11.5), "it goes on when the third has it");
}

#[test]
fn send_and_forget_sees_no_failure_that_the_ledger_sees() {
    let mut play = scenario(small(Acks::All, 2), 40);
    play.setup.producer.send_result = SendResult::Ignore;
    play.setup.producer.delivery_timeout_ms = 6_000;
    play.setup.producer.request_timeout_ms = 2_000;
    play.setup.consumer.enable_auto_commit = false;
    play.setup.consumer.commit_policy = CommitPolicy::SyncAfter;
    play.faults = vec![
        fault(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1)),
        fault(4_000, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2)),
    ];
    let play = Play::of(play);
    assert!(play.count(Category::Failed) > 0);
}

#[test]
fn two_slow_links_of_one_node_add_up_and_end_one_by_one() {
    let mut play = scenario(small(Acks::All, 2), 14);
    let slow = |delay_ms| FaultKind::SlowLink { delay_ms };
    play.faults = vec![
        passing(2_000, slow(20), Target::Producer(1), 8_000),
        passing(4_000, slow(40), Target::Producer(1), 4_000),
    ];
    let tape = tape(&play);
    let mut sent = std::collections::BTreeMap::new();
    let mut took = Vec::new();
    for (at, entry) in &tape.0 {
        match *entry {
            Entry::Attempted { send, .. } => drop(sent.insert(send, *at)),
            Entry::Acked { send, .. } => took.push((sent[&send].as_secs_f64(), at.since(sent[&send]).as_secs_f64())),
            _ => (),
        }
    }
    for (from, to, at_least) in
        [(0.5, 1.5, 0.0), (2.5, 3.5, 0.040), (4.5, 7.5, 0.120), (8.5, 9.5, 0.040), (10.5, 13.0, 0.0)]
    {
        let round_trips: Vec<f64> =
            took.iter().filter(|(at, _)| from < *at && *at < to).map(|(_, took)| *took).collect();
        let shortest = round_trips.iter().copied().fold(f64::INFINITY, f64::min);
        assert!(at_least <= shortest && shortest < at_least + 0.020, "from {from} s: {shortest} s");
    }
}

#[test]
fn a_node_that_is_paused_twice_goes_on_when_both_pauses_are_over() {
    let mut play = scenario(small(Acks::All, 2), 20);
    play.setup.consumer.session_timeout_ms = 45_000;
    play.faults = vec![
        passing(3_000, FaultKind::Pause, Target::Consumer(1), 4_000),
        passing(5_000, FaultKind::Pause, Target::Consumer(1), 6_000),
    ];
    let polls = tape(&play).times(|entry| matches!(entry, Entry::Polled { .. }));
    assert!(polls.iter().any(|at| *at < 3.0) && polls.iter().any(|at| 11.0 < *at));
    assert!(!polls.iter().any(|at| 3.0 < *at && *at < 11.0), "{polls:?}");
}
