//! What each setting does to the five axes: the shape of its computed curve, and why it has that shape. Small set-ups and
//! few seeds: shapes, not sizes.
#![cfg(not(target_arch = "wasm32"))]

use highwater_experiments::axes::{
    DEADLINE, FailureMix, Figure, Findings, Incident, PointResult, Prices, ProbeRun, Question, Rate, Study, Task,
    Variation,
};
use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, CommitPolicy, Isolation, Scalar, UNLIMITED};
use highwater_model::{Duration, SettingId, Setup};
use highwater_oracle::report::LatencyCounts;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The highest load.
    Saturation,
    /// An incident, which lasts so long.
    Incident(Incident, Duration),
}

/// A setting's curve.
struct Curve {
    points: Vec<PointResult>,
    /// Of each point: from arrival to the end of processing, since an incident.
    after: Vec<LatencyCounts>,
}

impl Curve {
    fn of(setup: Setup, setting: SettingId, values: &[i64], looks: &[Look]) -> Self {
        Self::within(setup, setting, values, looks, DEADLINE)
    }

    /// The same, where records have so much time to be acknowledged.
    fn within(setup: Setup, setting: SettingId, values: &[i64], looks: &[Look], deadline: Duration) -> Self {
        let rates: Vec<Rate> = looks
            .iter()
            .filter_map(|look| match *look {
                Look::Incident(incident, lasts) => Some(Rate { incident, a_year: 10.0, lasts }),
                Look::Saturation => None,
            })
            .collect();
        // Each incident once at one moment, and then at four more, beside the rounds for all else.
        let rounds = 4 + 2 * rates.len() as u32;
        let vary = vec![Variation { setting, values: values.to_vec() }];
        let question = Question { lanes: vec![setup], vary, seed: 1, mix: FailureMix { rates }, deadline };
        let mut study = Study::new(question);
        let mut after = vec![LatencyCounts::default(); values.len()];
        for number in 0..rounds * study.round_len() {
            let Some(probe) = study.probe(number) else { panic!("a value of {} cannot be run", setting.name()) };
            let wanted = match probe.task {
                // What a year brings is told beside normal life.
                Task::Calm | Task::Incidents(_) => true,
                Task::Saturation => looks.contains(&Look::Saturation),
                Task::Guarantee => false,
            };
            if wanted {
                let sample = ProbeRun::new(probe).finish();
                if let Findings::Incidents(found) = &sample.findings {
                    found.iter().for_each(|one| after[usize::from(sample.point)].add(&one.end_to_end));
                }
                study.take(sample);
            }
        }
        Self { points: study.results(&Prices::STATED).points, after }
    }

    fn figure(&self, figure: Figure) -> Vec<f64> {
        let value = |point: &PointResult| {
            let known = point.figure(figure).unwrap_or_else(|| panic!("{} is not known", figure.name()));
            known.value
        };
        self.points.iter().map(value).collect()
    }

    fn bill(&self, part: impl Fn(&highwater_experiments::axes::Bill) -> f64) -> Vec<f64> {
        self.points.iter().map(|point| part(point.bill.as_ref().expect("a calm stretch was run"))).collect()
    }
}

#[track_caller]
fn rises(curve: &[f64]) {
    assert!(curve.windows(2).all(|pair| pair[0] < pair[1]), "it should rise: {curve:?}");
}

#[track_caller]
fn falls(curve: &[f64]) {
    assert!(curve.windows(2).all(|pair| pair[1] < pair[0]), "it should fall: {curve:?}");
}

const SECOND: Duration = Duration::from_secs(1);

/// Long enough for a dead leader's session, and for its successor.
const AN_ELECTION: Duration = Duration::from_secs(14);

/// Three brokers in three zones, three partitions, one producer and two consumers, 200 records a second.
fn small() -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.topic.partitions = 3;
    setup.workload.producers = 1;
    setup.workload.consumers = 2;
    setup.workload.records_per_second = 200;
    setup.workload.record_bytes = 200;
    setup.workload.processing_time_us = 100;
    setup
}

/// The same with zones 20 ms apart, so that at any moment some records are on their way.
fn far_apart() -> Setup {
    let mut setup = small();
    setup.environment.latency_cross_rack_us = 20_000;
    setup.workload.records_per_second = 400;
    setup
}

/// The same with readers that are never the bound.
fn quick_readers(mut setup: Setup) -> Setup {
    setup.workload.processing_time_us = 0;
    setup.consumer.max_poll_records = 100_000;
    setup
}

/// With one acknowledgement, and without sequence numbers.
fn leader_acks(mut setup: Setup) -> Setup {
    setup.producer.acks = Acks::Leader;
    setup.producer.enable_idempotence = false;
    setup
}

#[test]
fn acks_buys_loss_with_latency() {
    // acks=0 loses what is on its way to a machine that is gone, acks=1 what its followers had not fetched, acks=all
    // nothing; each waits for one journey more than the one before.
    let looks = [Look::Incident(Incident::HostLoss, SECOND.times(30))];
    let curve = Curve::of(far_apart(), SettingId::Acks, &[0, 1, 2], &looks);
    let lost = curve.figure(Figure::LostAYear);
    falls(&lost);
    assert_eq!(lost[2], 0.0);
    rises(&curve.figure(Figure::ProduceP50));
}

#[test]
fn min_insync_replicas_stops_writes_where_so_many_are_not_there() {
    // With 3 of 3 one machine that is gone stops all writes, for as long as it is gone; with 2 two of them do; with 1
    // writes go on with any.
    let looks = [Incident::HostLoss, Incident::Burst].map(|incident| Look::Incident(incident, SECOND.times(7_200)));
    let curve = Curve::of(small(), SettingId::MinIsr, &[1, 2, 3], &looks);
    rises(&curve.figure(Figure::NotInTimeMinutesAYear));
}

#[test]
fn replication_factor_buys_loss_and_outage_with_money() {
    // The only copy is lost with its machine's page cache, and nobody can read until the machine is back; each copy
    // more costs its storage and its way between zones.
    let looks = [Look::Incident(Incident::HostLoss, SECOND.times(30))];
    let curve = Curve::of(small(), SettingId::ReplicationFactor, &[1, 2, 3], &looks);
    let lost = curve.figure(Figure::LostAYear);
    assert!(0.0 < lost[0] && lost[1..] == [0.0, 0.0], "{lost:?}");
    let unreadable = curve.figure(Figure::UnreadableMinutesAYear);
    assert!(unreadable[1] < unreadable[0], "{unreadable:?}");
    rises(&curve.figure(Figure::DollarsAMonth));
}

#[test]
fn unclean_leader_election_never_loses_less_nor_stands_longer() {
    // It matters only where a replica outside the ISR lives while none inside does: two machines that go one after the
    // other, of two replicas.
    let mut setup = small();
    setup.topic.replication_factor = 2;
    let looks = [Look::Incident(Incident::Burst, SECOND.times(60))];
    let curve = Curve::of(setup, SettingId::UncleanElection, &[0, 1], &looks);
    let lost = curve.figure(Figure::LostAYear);
    assert!(lost[0] <= lost[1], "{lost:?}");
    let unwritable = curve.figure(Figure::UnwritableMinutesAYear);
    assert!(unwritable[1] <= 1.001 * unwritable[0], "{unwritable:?}");
}

#[test]
fn linger_buys_fewer_bytes_with_latency_and_carries_more() {
    // A batch waits for more records: fewer requests and batches around the same records, each of which waits.
    let mut setup = small();
    setup.workload.records_per_second = 600;
    let curve = Curve::of(setup, SettingId::Linger, &[0, 20, 100], &[Look::Saturation]);
    rises(&curve.figure(Figure::ProduceP50));
    falls(&curve.bill(|bill| bill.producers));
    let sustained = curve.figure(Figure::SustainedRecordsPerSecond);
    assert!(sustained[0] <= sustained[2] * 1.05, "{sustained:?}");
}

#[test]
fn batch_size_carries_more_until_something_else_is_the_bound() {
    // So many batches are on their way in a round trip: the larger, the more records.
    let mut setup = leader_acks(far_apart());
    setup.workload.record_bytes = 100;
    let curve = Curve::of(setup, SettingId::BatchSize, &[200, 1_000, 10_000], &[Look::Saturation]);
    rises(&curve.figure(Figure::SustainedRecordsPerSecond));
}

#[test]
fn compression_saves_bytes_and_gzip_takes_the_cpu() {
    // Every codec makes the same bytes here; gzip takes five times the CPU of the others: 10 us a KB, more than a core
    // for 120 MB a second, so that its records queue.
    let mut setup = quick_readers(leader_acks(small()));
    setup.topic.partitions = 6;
    setup.workload.record_bytes = 1_000;
    setup.workload.records_per_second = 120_000;
    let (none, gzip, snappy) = (0, 1, 2);
    let curve = Curve::of(setup, SettingId::Compression, &[none, gzip, snappy], &[]);
    let storage = curve.bill(|bill| bill.storage);
    assert!(storage[2] < 0.7 * storage[0], "{storage:?}");
    let delay = curve.figure(Figure::ProduceP50);
    assert!(delay[2] < 100_000.0 && 200_000.0 < delay[1], "{delay:?}");
}

#[test]
fn more_requests_in_flight_carry_more_over_a_long_way() {
    // A request more is on its way while another is answered.
    let mut setup = quick_readers(leader_acks(small()));
    setup.environment.latency_cross_rack_us = 2_000;
    let curve = Curve::of(setup, SettingId::MaxInFlight, &[1, 2, 5], &[Look::Saturation]);
    let sustained = curve.figure(Figure::SustainedRecordsPerSecond);
    assert!(1.3 * sustained[0] < sustained[1] && sustained[1] <= 1.05 * sustained[2], "{sustained:?}");
}

#[test]
fn idempotence_ends_duplicates() {
    // What was written and not acknowledged when the leader died is sent again; its sequence says that it is there.
    let looks = [Look::Incident(Incident::ProcessCrash, SECOND.times(20))];
    let curve = Curve::of(far_apart(), SettingId::Idempotence, &[0, 1], &looks);
    let twice = curve.figure(Figure::DuplicatedPerMillion);
    assert!(0.0 < twice[0] && twice[1] == 0.0, "{twice:?}");
}

#[test]
fn retries_save_what_was_on_its_way() {
    // Without a retry everything that was in flight to the dead leader has failed.
    let looks = [Look::Incident(Incident::ProcessCrash, SECOND.times(20))];
    let setup = leader_acks(far_apart());
    let values = [0, i64::from(i32::MAX)];
    let curve = Curve::within(setup, SettingId::Retries, &values, &looks, AN_ELECTION);
    falls(&curve.figure(Figure::NotInTimeMinutesAYear));
}

#[test]
fn delivery_timeout_longer_than_an_election_saves_everything() {
    // A dead leader is replaced after its session: who waits longer than that fails nothing, and longer still gains
    // nothing.
    let looks = [Look::Incident(Incident::ProcessCrash, SECOND.times(20))];
    let values = [2_000, 40_000, 120_000];
    let curve = Curve::within(small(), SettingId::DeliveryTimeout, &values, &looks, AN_ELECTION);
    let late = curve.figure(Figure::NotInTimeMinutesAYear);
    assert!(10.0 * late[1] < late[0] && late[2] <= late[1], "{late:?}");
}

#[test]
fn flush_messages_buys_power_loss_with_latency() {
    // What every replica has only in its page cache is gone with the power of all; an fsync is paid by every record.
    let looks = [Look::Incident(Incident::PowerLoss, SECOND.times(20))];
    let curve = Curve::of(small(), SettingId::FlushMessages, &[1, UNLIMITED], &looks);
    let lost = curve.figure(Figure::LostAYear);
    assert!(lost[0] == 0.0 && 0.0 < lost[1], "{lost:?}");
    falls(&curve.figure(Figure::ProduceP50));
}

#[test]
fn a_short_replica_lag_time_lets_acks_all_go_on_without_a_follower() {
    // A follower that stands still keeps acks=all waiting until it leaves the ISR: by its lag, or, where that is
    // allowed to be long, by its session of 9 s.
    let looks = [Look::Incident(Incident::Pause, SECOND.times(12))];
    let curve = Curve::of(small(), SettingId::ReplicaLagTimeMax, &[1_000, 30_000, 60_000], &looks);
    let late = curve.figure(Figure::NotInTimeMinutesAYear);
    assert!(late[0] < 0.8 * late[1], "{late:?}");
    assert!((late[2] / late[1] - 1.0).abs() < 0.2, "beyond the session it does not matter: {late:?}");
}

#[test]
fn racks_buy_a_zone_with_traffic() {
    // Two replicas of four brokers in two zones: without racks some partitions have both in one zone.
    let mut setup = small();
    setup.cluster.brokers = 4;
    setup.cluster.racks = 2;
    setup.topic.partitions = 12;
    setup.topic.replication_factor = 2;
    let looks = [Look::Incident(Incident::ZoneOutage, SECOND.times(3_600))];
    let curve = Curve::of(setup, SettingId::RackAware, &[0, 1], &looks);
    falls(&curve.figure(Figure::UnreadableMinutesAYear));
    rises(&curve.bill(|bill| bill.replication));
}

#[test]
fn a_long_auto_commit_interval_processes_more_twice() {
    // After a crash the group goes on from the last commit.
    let looks = [Look::Incident(Incident::ConsumerCrash, SECOND.times(5))];
    let curve = Curve::of(small(), SettingId::AutoCommitInterval, &[500, 5_000, 20_000], &looks);
    rises(&curve.figure(Figure::ProcessedTwicePerMillion));
}

/// Consumers that are nearly always in the middle of a poll's records, and commit by themselves.
fn busy_consumers() -> Setup {
    let mut setup = small();
    setup.consumer.enable_auto_commit = false;
    setup.consumer.commit_policy = CommitPolicy::SyncAfter;
    setup.workload.processing_time_us = 7_000;
    setup
}

#[test]
fn a_commit_before_processing_loses_and_one_after_repeats() {
    let looks = [Look::Incident(Incident::ConsumerCrash, SECOND.times(5))];
    let policies = [CommitPolicy::SyncAfter, CommitPolicy::SyncBefore, CommitPolicy::Never].map(Scalar::to_number);
    let curve = Curve::of(busy_consumers(), SettingId::CommitPolicy, &policies, &looks);
    let never = curve.figure(Figure::NeverProcessedPerMillion);
    assert!(never[0] == 0.0 && 0.0 < never[1] && never[2] == 0.0, "{never:?}");
    let twice = curve.figure(Figure::ProcessedTwicePerMillion);
    assert!(twice[1] <= twice[0] && twice[0] < twice[2], "{twice:?}");
}

#[test]
fn max_poll_records_buys_commits_with_repetition() {
    // A synchronous commit is paid once a poll, and what a poll returned is repeated after a crash.
    let looks = [Look::Saturation, Look::Incident(Incident::ConsumerCrash, SECOND.times(5))];
    let mut setup = busy_consumers();
    setup.workload.processing_time_us = 500;
    setup.workload.records_per_second = 400;
    let curve = Curve::of(setup, SettingId::MaxPollRecords, &[1, 20, 500], &looks);
    let sustained = curve.figure(Figure::SustainedRecordsPerSecond);
    assert!(1.5 * sustained[0] < sustained[1] && sustained[1] <= 1.05 * sustained[2], "{sustained:?}");
    let twice = curve.figure(Figure::ProcessedTwicePerMillion);
    assert!(twice[0] <= twice[2], "{twice:?}");
}

#[test]
fn fetch_min_bytes_waits_for_them() {
    let curve = Curve::of(small(), SettingId::FetchMinBytes, &[1, 5_000, 1_000_000], &[]);
    rises(&curve.figure(Figure::EndToEndP50));
}

/// Transactions of 200 ms, of the first protocol.
fn transactional() -> Setup {
    let mut setup = small();
    setup.version.tv2 = false;
    setup.producer.transactional_id = true;
    setup.producer.transaction_commit_interval_ms = 200;
    setup.consumer.isolation_level = Isolation::ReadCommitted;
    setup
}

#[test]
fn read_committed_waits_for_the_end_of_transactions() {
    // Half a transaction on average, and its commit.
    let values = [Isolation::ReadUncommitted, Isolation::ReadCommitted].map(Scalar::to_number);
    let curve = Curve::of(transactional(), SettingId::Isolation, &values, &[]);
    let delay = curve.figure(Figure::EndToEndP50);
    assert!(delay[0] + 50_000.0 < delay[1], "{delay:?}");
}

#[test]
fn long_transactions_buy_throughput_with_latency() {
    // A commit is paid once a transaction; readers wait for it.
    let curve = Curve::of(transactional(), SettingId::TransactionCommitInterval, &[50, 200, 1_000], &[]);
    rises(&curve.figure(Figure::EndToEndP50));
    let mut setup = quick_readers(transactional());
    setup.consumer.isolation_level = Isolation::ReadUncommitted;
    let curve = Curve::of(setup, SettingId::TransactionCommitInterval, &[10, 100], &[Look::Saturation]);
    rises(&curve.figure(Figure::SustainedRecordsPerSecond));
}

#[test]
fn a_long_session_timeout_leaves_partitions_alone_for_longer() {
    // A consumer that died is missed only when its session ends; until then nobody reads its partitions.
    let looks = [Look::Incident(Incident::ConsumerCrash, SECOND.times(60))];
    let curve = Curve::of(small(), SettingId::SessionTimeout, &[6_000, 20_000, 45_000], &looks);
    let delay: Vec<f64> =
        curve.after.iter().map(|counts| counts.quantile_us(0.99).expect("records were processed") as f64).collect();
    rises(&delay);
}
