//! What the judges report: the ledger of every record, spans, latencies, the timeline, lists and stories. Values
//! only; the page, the terminal and the tests read them.

pub use crate::latency_counts::LatencyCounts;
use highwater_model::trace::{Entry, RecordId};
use highwater_model::{BrokerId, BrokerSet, Instant, PartitionId, SettingId};
use serde::{Deserialize, Serialize};

/// What became of a run's records. Counts of records; a record can be in several categories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    counts: [u64; Category::ALL.len()],
}

impl Ledger {
    /// How many records are in the category.
    pub fn count(&self, category: Category) -> u64 {
        self.counts[category as usize]
    }

    /// Sets a count; for the judge that keeps the ledger.
    pub(crate) fn set(&mut self, category: Category, count: u64) {
        self.counts[category as usize] = count;
    }
}

/// A category of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Category {
    /// Arrived in a source.
    Offered,
    /// The source's queue was full: never given to the producer.
    Refused,
    /// Accepted by `send()` into a batch that was closed.
    Sent,
    /// Reported as sent.
    Acked,
    /// Reported as failed, and in no final log.
    Failed,
    /// Reported as failed, and in a final log all the same.
    FailedButWritten,
    /// Neither reported as sent nor as failed when the run ended.
    Unresolved,
    /// Below the high watermark of the final leader's log.
    Committed,
    /// Handed to the application by `poll()` at least once.
    Polled,
    /// Processed at least once.
    Processed,
    /// Acked, and in no log from which a leader can still be elected (without unclean election).
    Lost,
    /// In the final log more than once: the surplus copies.
    Duplicated,
    /// In the final log, its first copy behind a record of the same stream that was sent later.
    Reordered,
    /// Processed more than once.
    ProcessedTwice,
    /// Committed to the log, below the group's committed offset, never processed, and in the hands of no consumer that lives.
    NeverProcessed,
    /// Processed, and then lost from the log: a side effect without a record.
    EffectWithoutRecord,
    /// Written in a transaction that was aborted: only read_uncommitted readers see them.
    Aborted,
}

impl Category {
    /// All categories, in the order in which they are shown.
    pub const ALL: [Category; 17] = [
        Category::Offered,
        Category::Refused,
        Category::Sent,
        Category::Acked,
        Category::Failed,
        Category::FailedButWritten,
        Category::Unresolved,
        Category::Committed,
        Category::Polled,
        Category::Processed,
        Category::Lost,
        Category::Duplicated,
        Category::Reordered,
        Category::ProcessedTwice,
        Category::NeverProcessed,
        Category::EffectWithoutRecord,
        Category::Aborted,
    ];
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// From here.
    pub from: Instant,
    /// Up to here, exclusive.
    pub to: Instant,
}

/// When the topic could not be used. A partition is writable while its producers' settings can succeed: it has a live,
/// reachable leader, and with acks=all in-sync replicas enough, all of them fetching; readable while its leader lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Spans in which at least one partition was not writable.
    pub unwritable: Vec<Span>,
    /// Spans in which at least one partition was not readable.
    pub unreadable: Vec<Span>,
    /// The longest time between two acknowledgements of one partition's records while records waited for it: what a
    /// client feels. With it the partition.
    pub longest_ack_gap: Option<(PartitionId, Span)>,
}

/// A distribution of latencies, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Records measured.
    pub count: u64,
    /// Mean.
    pub mean_us: u64,
    /// Median.
    pub p50_us: u64,
    /// 99 of 100 are below.
    pub p99_us: u64,
    /// 999 of 1000 are below.
    pub p999_us: u64,
    /// The largest.
    pub max_us: u64,
}

/// Latencies of a run, from a record's arrival in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Until the producer reports it as sent; of records reported before the first fault.
    pub produce_calm: Quantiles,
    /// The same, for the whole run.
    pub produce: Quantiles,
    /// Until it is processed; of records processed before the first fault.
    pub end_to_end_calm: Quantiles,
    /// The same, for the whole run.
    pub end_to_end: Quantiles,
}

/// Records that arrived in some stretch of time, and how many of them were acked soon enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Punctuality {
    /// Records that arrived, as far as they are known: in batches, refused, or rejected.
    pub arrived: u64,
    /// Of those, acked within the deadline.
    pub in_time: u64,
}

/// Something worth a mark on the timeline, or a stop when stepping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// When.
    pub at: Instant,
    /// What: faults, process states, elections, ISR changes, truncations, losses, resets, rebalances.
    pub entry: Entry,
}

/// Rows over time: `columns` equal steps from `from` to `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Start of the first column.
    pub from: Instant,
    /// End of the last column.
    pub to: Instant,
    /// The partition that the rows of one partition show.
    pub focus: PartitionId,
    /// One entry a column.
    pub columns: Vec<Column>,
    /// The happenings of the stretch, in order; where there are too many, those that matter more.
    pub happenings: Vec<Happening>,
}

/// One step of a timeline. States are those at the step's end, minima over the step where it says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Data partitions that were writable throughout.
    pub writable: u16,
    /// Data partitions that were readable throughout.
    pub readable: u16,
    /// Smallest ISR of any data partition.
    pub isr_min: u8,
    /// Sum of all data partitions' ISR sizes.
    pub isr_sum: u32,
    /// The focus partition's leader.
    pub leader: Option<BrokerId>,
    /// Its leader epoch.
    pub leader_epoch: i32,
    /// Its ISR.
    pub isr: BrokerSet,
    /// Its high watermark (its leader's).
    pub high_watermark: u64,
    /// Its log end (its leader's).
    pub log_end: u64,
    /// Records that arrived in the sources (and entered batches).
    pub arrived: u64,
    /// Records reported as sent.
    pub acked: u64,
    /// Records handed out by `poll()`.
    pub polled: u64,
    /// Produce latency of the records acked in this step: median, p99, maximum, in microseconds; 0 without any.
    pub latency_p50_us: u32,
    /// p99.
    pub latency_p99_us: u32,
    /// Maximum.
    pub latency_max_us: u32,
    /// Records below the high watermark that the group has not been handed yet, over all data partitions.
    pub lag: u64,
    /// Requests that failed.
    pub errors: u32,
    /// Acked records that were lost in this step (their last electable copy went).
    pub lost: u64,
}

/// Everything about a run that the page shows without asking further.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Equal for equal runs, on every platform; 0 until the run is finished.
    pub fingerprint: u64,
    /// Events handled.
    pub events: u64,
    /// How far the run is.
    pub until: Instant,
    /// Is it finished? Until then all figures are those so far.
    pub finished: bool,
    /// The records.
    pub ledger: Ledger,
    /// When the topic could not be used.
    pub availability: Availability,
    /// Latencies.
    pub latency: Latency,
    /// Elections that were not clean (last known leader, unclean).
    pub unclean_elections: u32,
    /// The partition with the largest share of the load.
    pub busiest: PartitionId,
    /// The whole run, coarse.
    pub timeline: Timeline,
}

/// Records next to each other in one stream that share a fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRange {
    /// The first record.
    pub first: RecordId,
    /// How many.
    pub count: u64,
    /// The partition they were sent to, where they were.
    pub partition: Option<PartitionId>,
    /// Offset of the first, where it was ever in a log.
    pub offset: Option<u64>,
    /// When the first arrived.
    pub arrived: Option<Instant>,
    /// When they were reported as sent or failed.
    pub resolved: Option<Instant>,
}

/// One step of a record's story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// What happened; it concerns the record, or decided about it.
    pub entry: Entry,
    /// Is this one of the steps without which the record would have had another fate?
    pub decisive: bool,
}

/// The story of one record: the chain of happenings from its arrival to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// Which record.
    pub record: RecordId,
    /// When it arrived in the source.
    pub arrived: Option<Instant>,
    /// The categories it belongs to.
    pub categories: Vec<Category>,
    /// What happened.
    pub steps: Vec<Step>,
}

/// What another value of one setting would have done to a record, under the same seed and faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterfactual {
    /// The setting that is changed, alone.
    pub setting: SettingId,
    /// Its value in the run.
    pub from: i64,
    /// Its value in the other run.
    pub to: i64,
    /// Is the record kept in the other run?
    pub keeps: bool,
    /// Acked records that the other run loses.
    pub lost: u64,
}
