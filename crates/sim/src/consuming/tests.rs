//! Consuming applications in a whole world: what each pattern keeps, repeats and loses.

use super::backlog::{Backlog, STRETCH, Step};
use super::pool::Pool;
use crate::World;
use highwater_model::fault::{Fault, FaultKind, Target};
use highwater_model::presets::Preset;
use highwater_model::settings::{CommitPolicy, OffsetReset, Processing};
use highwater_model::trace::{Entry, Error, NodeState, Observer, Slice};
use highwater_model::{Duration, Instant, NodeId, PartitionId, Scenario, Setup};
use std::ops::Range;

/// What happened to the records of a run, by partition and offset.
#[derive(Default)]
struct Log {
    told: Vec<(Instant, Entry)>,
    /// By partition, by batch: the offset of its first record.
    bases: Vec<Vec<u64>>,
    /// By partition, by offset: how often it was processed.
    processed: Vec<Vec<u32>>,
    committed: Vec<u64>,
    /// By partition, by offset: the consumer it was last handed to, and in which of its lives.
    holders: Vec<Vec<(u8, u8)>>,
    /// How often each consumer's process has ended.
    ends: Vec<u8>,
}

impl Observer for Log {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Appended { partition, batch, base, .. } => {
                let bases = at_index(&mut self.bases, partition.index());
                assert_eq!(bases.len() as u32, batch);
                bases.push(base);
            }
            Entry::Polled { consumer, records } => {
                let holder = (consumer, *at_index(&mut self.ends, usize::from(consumer)));
                let offsets = self.offsets(records);
                let holders = at_index(&mut self.holders, records.partition.index());
                offsets.for_each(|offset| *at_index(holders, offset as usize) = holder);
            }
            Entry::Processed { records, .. } => {
                let offsets = self.offsets(records);
                let counts = at_index(&mut self.processed, records.partition.index());
                offsets.for_each(|offset| *at_index(counts, offset as usize) += 1);
            }
            Entry::Node { node: NodeId::Consumer(consumer), state: NodeState::Crashed | NodeState::Stopped } => {
                *at_index(&mut self.ends, usize::from(consumer)) += 1;
            }
            Entry::OffsetCommitted { partition, offset, .. } => {
                *at_index(&mut self.committed, partition.index()) = offset;
            }
            _ => (),
        }
        if !matches!(entry, Entry::HighWatermark { .. } | Entry::Polled { .. } | Entry::Processed { .. }) {
            self.told.push((at, *entry));
        }
    }
}

fn at_index<T: Default>(items: &mut Vec<T>, index: usize) -> &mut T {
    if items.len() <= index {
        items.resize_with(index + 1, T::default);
    }
    &mut items[index]
}

impl Log {
    fn offsets(&self, Slice { partition, batch, skip, count }: Slice) -> Range<u64> {
        let first = self.bases[partition.index()][batch as usize] + u64::from(skip);
        first..first + u64::from(count)
    }

    /// Records below the committed offsets that nobody processed, and that no living process has in hand.
    fn lost(&self) -> u64 {
        let is_lost = |partition: usize, offset: usize| {
            let nobody =
                self.processed.get(partition).and_then(|counts| counts.get(offset)).is_none_or(|count| *count == 0);
            let holder = self.holders.get(partition).and_then(|holders| holders.get(offset));
            nobody && holder.is_none_or(|(consumer, life)| self.ends[usize::from(*consumer)] != *life)
        };
        let committed = self.committed.iter().enumerate();
        committed
            .map(|(partition, to)| (0..*to as usize).filter(|offset| is_lost(partition, *offset)).count() as u64)
            .sum()
    }

    /// Times that a record was processed once more.
    fn repeated(&self) -> u64 {
        self.processed.iter().flatten().map(|count| u64::from(count.saturating_sub(1))).sum()
    }

    fn processed(&self) -> u64 {
        self.processed.iter().flatten().filter(|count| 0 < **count).count() as u64
    }

    fn count(&self, which: impl Fn(&Entry) -> bool) -> usize {
        self.told.iter().filter(|(_, entry)| which(entry)).count()
    }
}

/// Three consumers, six partitions, 1 000 records a second.
fn setup(change: impl FnOnce(&mut Setup)) -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.consumer.auto_offset_reset = OffsetReset::Earliest;
    setup.consumer.session_timeout_ms = 6_000;
    setup.consumer.heartbeat_interval_ms = 1_000;
    setup.environment.client_start_ms = 1_000;
    change(&mut setup);
    setup
}

fn run(setup: Setup, seconds: u64, faults: Vec<Fault>) -> Log {
    let scenario = Scenario { setup, faults, seed: 7, duration: Duration::from_secs(seconds) };
    assert_eq!(scenario.check(), []);
    let mut world = World::new(&scenario);
    let mut log = Log::default();
    world.advance(Instant::ZERO + scenario.duration, u64::MAX, &mut log);
    log
}

fn crash(at_ms: u64, duration: Option<Duration>) -> Fault {
    Fault { at: Instant::from_millis(at_ms), kind: FaultKind::ProcessCrash, target: Target::Consumer(1), duration }
}

fn manual(policy: CommitPolicy) -> impl FnOnce(&mut Setup) {
    move |setup| {
        setup.consumer.enable_auto_commit = false;
        setup.consumer.commit_policy = policy;
    }
}

#[test]
fn in_calm_weather_every_record_is_processed_once() {
    for change in [
        Box::new(|_: &mut Setup| ()) as Box<dyn FnOnce(&mut Setup)>,
        Box::new(manual(CommitPolicy::SyncAfter)),
        Box::new(manual(CommitPolicy::SyncBefore)),
        Box::new(manual(CommitPolicy::AsyncAfter)),
        Box::new(|setup| setup.workload.processing = Processing::WorkerPool),
    ] {
        let log = run(setup(change), 15, Vec::new());
        assert_eq!((log.lost(), log.repeated()), (0, 0));
        assert!((14_000..15_500).contains(&log.processed()), "{}", log.processed());
        assert!(log.committed.iter().sum::<u64>() > 8_000, "{:?}", log.committed);
        assert_eq!(log.count(|entry| matches!(entry, Entry::RequestFailed { .. })), 0);
    }
}

#[test]
fn s_71_auto_commit_in_the_loop_repeats_up_to_an_interval_and_loses_nothing() {
    let log = run(setup(|_| ()), 40, vec![crash(14_000, Some(Duration::from_secs(1)))]);
    assert_eq!(log.lost(), 0);
    // A third of 1 000 records a second, for at most 5 s and the poll in hand.
    assert!(0 < log.repeated() && log.repeated() < 334 * 5 + 500, "{}", log.repeated());
    assert!(39_000 < log.processed(), "others and the new process go on: {}", log.processed());
}

#[test]
fn s_70_auto_commit_with_a_worker_pool_loses_what_is_queued() {
    let pool = |setup: &mut Setup| {
        setup.workload.processing = Processing::WorkerPool;
        setup.workload.processing_time_us = 40_000; // 200 a second with 8 workers, and 333 come
    };
    let log = run(setup(pool), 40, vec![crash(20_000, None)]);
    assert!(500 < log.lost(), "{}", log.lost());
}

#[test]
fn s_72_a_pool_loses_its_queue_even_when_the_consumer_closes_in_order() {
    let pool = |setup: &mut Setup| {
        setup.workload.processing = Processing::WorkerPool;
        setup.workload.processing_time_us = 40_000;
    };
    let stop = Fault { kind: FaultKind::ControlledStop, ..crash(20_000, None) };
    let log = run(setup(pool), 30, vec![stop]);
    assert!(500 < log.lost(), "{}", log.lost());
}

#[test]
fn s_73_commit_before_processing_loses_at_most_a_poll_and_repeats_nothing() {
    let before = |setup: &mut Setup| {
        manual(CommitPolicy::SyncBefore)(setup);
        setup.consumer.max_poll_records = 50;
        setup.workload.processing_time_us = 2_000; // most of the time it has a poll in hand
    };
    let log = run(setup(before), 40, vec![crash(14_000, Some(Duration::from_secs(1)))]);
    assert!(0 < log.lost() && log.lost() <= 50, "{}", log.lost());
    assert_eq!(log.repeated(), 0);
}

#[test]
fn r_716_a_commit_a_record_repeats_at_most_one() {
    let one = |setup: &mut Setup| {
        manual(CommitPolicy::SyncAfter)(setup);
        setup.consumer.max_poll_records = 1;
        setup.workload.records_per_second = 300;
    };
    let log = run(setup(one), 40, vec![crash(14_000, Some(Duration::from_secs(1)))]);
    assert_eq!(log.lost(), 0);
    assert!(log.repeated() <= 1, "{}", log.repeated());
    assert!(11_000 < log.processed(), "{}", log.processed());
}

#[test]
fn r_716_asynchronous_commits_lose_nothing() {
    let log = run(setup(manual(CommitPolicy::AsyncAfter)), 40, vec![crash(14_000, Some(Duration::from_secs(1)))]);
    assert_eq!(log.lost(), 0);
    assert!(log.repeated() <= 500, "{}", log.repeated());
}

#[test]
fn a_crash_in_the_middle_of_a_poll_has_processed_a_part_of_it() {
    let slow = |setup: &mut Setup| setup.workload.processing_time_us = 2_000;
    let log = run(setup(slow), 14, vec![crash(12_005, None)]);
    let by_one = |entry: &Entry| matches!(entry, Entry::CommitFailed { consumer: 1, .. });
    assert_eq!(log.count(by_one), 0);
    assert!((11_500..14_000).contains(&log.processed()), "{}", log.processed());
}

#[test]
fn r_732_a_crash_is_noticed_when_the_session_ends_a_stop_at_once() {
    let rebalanced_at = |fault: Fault| {
        let log = run(setup(|_| ()), 30, vec![fault]);
        let started = log.told.iter().find(|(_, entry)| matches!(entry, Entry::RebalanceStarted { .. }));
        started.map(|(at, _)| at.as_millis()).expect("its partitions are given to others")
    };
    let noticed = rebalanced_at(crash(10_000, None));
    assert!((15_000..=16_100).contains(&noticed), "session.timeout.ms after its last heartbeat: {noticed}");
    let noticed = rebalanced_at(Fault { kind: FaultKind::ControlledStop, ..crash(10_000, None) });
    assert!((10_000..10_200).contains(&noticed), "{noticed}");
}

#[test]
fn s_74_a_poll_that_takes_too_long_costs_the_membership() {
    let slow = |setup: &mut Setup| {
        manual(CommitPolicy::SyncAfter)(setup);
        setup.consumer.max_poll_interval_ms = 4_000;
    };
    let fault = Fault {
        kind: FaultKind::ClientSlow { factor: 200 }, // 500 records of 100 ms each
        ..crash(8_000, Some(Duration::from_secs(20)))
    };
    let log = run(setup(slow), 45, vec![fault]);
    let failed = |entry: &Entry| {
        matches!(entry, Entry::CommitFailed { consumer: 1, error: Error::UnknownMemberId | Error::IllegalGeneration })
    };
    assert!(0 < log.count(failed), "CommitFailedException");
    assert!(0 < log.repeated(), "what it processed, others processed too");
    assert_eq!(log.lost(), 0);
}

#[test]
fn s_81_a_paused_member_processes_what_others_have_taken_over() {
    let slow = |setup: &mut Setup| {
        manual(CommitPolicy::SyncAfter)(setup);
        setup.workload.processing_time_us = 2_000;
    };
    let pause = Fault { kind: FaultKind::Pause, ..crash(10_000, Some(Duration::from_secs(12))) };
    let log = run(setup(slow), 40, vec![pause]);
    assert_eq!(log.lost(), 0);
    assert!(0 < log.repeated());
    let refused = |entry: &Entry| matches!(entry, Entry::CommitFailed { consumer: 1, .. });
    assert!(0 < log.count(refused), "its commit is refused (R-719)");
}

#[test]
fn r_739_members_keep_their_generation_when_the_coordinator_moves() {
    let fault = Fault { target: Target::GroupCoordinator, ..crash(10_000, Some(Duration::from_secs(15))) };
    let log = run(setup(manual(CommitPolicy::SyncAfter)), 40, vec![fault]);
    assert_eq!(log.lost(), 0);
    assert_eq!(log.count(|entry| matches!(entry, Entry::RebalanceStarted { .. })), 0);
    assert!(0 < log.count(|entry| matches!(entry, Entry::RequestFailed { error: Error::NetworkException, .. })));
    // commitSync() waits for the next leader of the offsets partition: the broker's session, and finding it (the lab's
    // E28-07 measured 11.3 to 12.7 s).
    let commits = log.told.iter().filter(|(_, entry)| matches!(entry, Entry::OffsetCommitted { .. }));
    let after = commits.map(|(at, _)| at.as_millis()).filter(|at| 10_100 < *at).collect::<Vec<_>>();
    assert!((17_000..23_500).contains(&after[0]), "{}", after[0]);
    assert!(39_000 < *after.last().unwrap(), "commits go on at the new coordinator");
}

#[test]
fn a_backlog_gives_out_what_it_was_given_piece_by_piece() {
    let slice = |batch, skip, count| Slice { partition: PartitionId(0), batch, skip, count };
    let mut backlog = Backlog::default();
    backlog.push(slice(4, 10, 5));
    backlog.push(slice(5, 0, 3));
    let mut pieces = Vec::new();
    backlog.take(6, |piece| pieces.push(piece));
    assert_eq!(pieces, [slice(4, 10, 5), slice(5, 0, 1)]);
    assert_eq!(backlog.records(), 2);
    assert_eq!(backlog.take_piece(9), Some(slice(5, 1, 2)));
    assert_eq!(backlog.take_piece(9), None);
}

#[test]
fn a_step_knows_how_far_it_is() {
    let step = Step::of(1_000, Duration::from_millis(2), Instant::ZERO);
    assert_eq!((step.records, step.ends()), (5, Instant::ZERO + STRETCH));
    assert_eq!(step.done_by(Instant::from_millis(5)), 2);
    assert_eq!(step.done_by(Instant::from_millis(50)), 5);
    let long = Step::of(1_000, Duration::from_secs(1), Instant::ZERO);
    assert_eq!(long.records, 1, "one record, however long it takes");
}

#[test]
fn a_pool_shares_out_and_gives_back_what_it_has_not_done() {
    let mut backlog = Backlog::default();
    backlog.push(Slice { partition: PartitionId(0), batch: 0, skip: 0, count: 8 });
    let mut pool = Pool::default();
    let cost = Duration::from_millis(1);
    let mut ends = Vec::new();
    while let Some((worker, end)) = pool.begin(&mut backlog, 2, cost, Instant::ZERO) {
        ends.push((worker, end.as_millis()));
    }
    assert_eq!(ends, [(0, 4), (1, 2)], "a half, and a half of the rest");
    assert_eq!(backlog.records(), 2);
    assert_eq!(pool.finish(0, Instant::from_millis(1)), None, "not done yet");
    let mut processed = 0;
    let rest = pool.halt(Instant::from_millis(2), |slice| processed += slice.count);
    assert_eq!((processed, rest.len(), rest[0].count), (4, 1, 2));
}
