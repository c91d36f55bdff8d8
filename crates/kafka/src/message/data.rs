//! Reading and writing partitions: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, Metadata.

use crate::store::{Sequence, TransactionVersion};
use highwater_model::settings::{Acks, Isolation};
use highwater_model::trace::Error;
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, PartitionId, TransactionalId};
use smallvec::SmallVec;

/// Append these batches.
#[derive(Clone, Debug)]
pub struct ProduceRequest {
    /// What the client waits for.
    pub acks: Acks,
    /// How long the broker may wait for replication (the client's request.timeout.ms).
    pub timeout: Duration,
    /// One batch a partition.
    pub batches: SmallVec<[ProducedBatch; 4]>,
    /// The transaction that the batches are part of.
    pub transaction: Option<(TransactionalId, TransactionVersion)>,
}

/// A batch to append.
#[derive(Clone, Copy, Debug)]
pub struct ProducedBatch {
    /// Where.
    pub partition: PartitionId,
    /// The producer's name for it.
    pub send: u32,
    /// Records.
    pub count: u32,
    /// Bytes, compressed.
    pub bytes: u32,
    /// Sequence, with idempotence.
    pub sequence: Option<Sequence>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug)]
pub struct ProduceResult {
    /// Where.
    pub partition: PartitionId,
    /// The producer's name for it.
    pub send: u32,
    /// Offset of its first record, or why not.
    pub result: Result<u64, Error>,
    /// Who leads instead, and in which epoch, where the broker knows.
    pub leader_hint: Option<(BrokerId, i32)>,
}

/// Read batches. Requests of one connection form a fetch session: partitions stay in it until forgotten, and a request
/// names those that are new or changed.
#[derive(Clone, Debug)]
pub struct FetchRequest {
    /// The follower and its broker epoch (none while it is not registered); none for a consumer.
    pub replica: Option<(BrokerId, Option<u64>)>,
    /// The rack that a consumer tells (KIP-392).
    pub rack: Option<u8>,
    /// Longest wait.
    pub wait_max: Duration,
    /// Bytes to wait for.
    pub bytes_min: u32,
    /// Bytes of the response at most (a first batch is always whole).
    pub bytes_max: u32,
    /// Bytes of a partition at most.
    pub partition_bytes_max: u32,
    /// Which records a consumer wants.
    pub isolation: Isolation,
    /// New or changed partitions.
    pub partitions: SmallVec<[FetchPartition; 4]>,
    /// Partitions no longer wanted.
    pub forget: SmallVec<[PartitionId; 4]>,
}

/// Where to read in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// Which.
    pub partition: PartitionId,
    /// The first offset wanted; for a follower its log end.
    pub offset: u64,
    /// The leader epoch that the reader knows; none if it knows none.
    pub leader_epoch: Option<i32>,
    /// A follower's latest epoch in its log.
    pub last_fetched_epoch: Option<i32>,
}

/// What was read.
#[derive(Clone, Debug)]
pub struct FetchResponse {
    /// Partitions with data, an error, or a new high watermark.
    pub partitions: SmallVec<[FetchedPartition; 2]>,
}

/// A partition's part of a fetch response.
#[derive(Clone, Debug)]
pub struct FetchedPartition {
    /// Which.
    pub partition: PartitionId,
    /// The offset that was asked for.
    pub offset: u64,
    /// Why there is no data.
    pub error: Option<Error>,
    /// Runs of batches of the partition's history, each from the first (included) to the second (excluded).
    pub batches: SmallVec<[(u32, u32); 1]>,
    /// Their bytes.
    pub bytes: u32,
    /// The leader's high watermark.
    pub high_watermark: u64,
    /// The leader's log start.
    pub log_start: u64,
    /// Where the follower's log divides from the leader's: (epoch, end offset).
    pub diverging: Option<(i32, u64)>,
    /// The leader's last stable offset.
    pub last_stable: u64,
    /// For read_committed: the aborted transactions among what was read, in the order in which they ended.
    pub aborted: Vec<AbortedTransaction>,
    /// Whom a consumer is to read from instead of the leader (KIP-392).
    pub preferred: Option<BrokerId>,
}

/// A producer's records from this offset on, up to its next marker, were aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// The producer id.
    pub producer_id: u32,
    /// The transaction's first offset.
    pub first: u64,
}

/// The first or the next offset of partitions.
#[derive(Clone, Debug)]
pub struct ListOffsetsRequest {
    /// Which partitions, and the leader epoch that the client knows.
    pub partitions: SmallVec<[(PartitionId, Option<i32>); 4]>,
    /// Which offset.
    pub at: ListAt,
    /// Below which end.
    pub isolation: Isolation,
    /// Asked by a follower: the log end instead of the high watermark.
    pub replica: bool,
}

/// Which offset ListOffsets wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListAt {
    /// The first.
    Earliest,
    /// The next to be written.
    Latest,
    /// The first record that was appended at this moment of the run or later.
    Time(Instant),
}

/// An offset of a partition: (offset, its leader epoch), or why not.
#[derive(Clone, Copy, Debug)]
pub struct ListedOffset {
    /// Which.
    pub partition: PartitionId,
    /// The offset and the leader epoch there; none where no record is that young.
    pub result: Result<Option<(u64, i32)>, Error>,
}

/// Where does this epoch end?
#[derive(Clone, Copy, Debug)]
pub struct EpochQuery {
    /// Which partition.
    pub partition: PartitionId,
    /// The leader epoch that the client knows.
    pub leader_epoch: Option<i32>,
    /// The epoch asked about.
    pub epoch: i32,
}

/// It ends there.
#[derive(Clone, Copy, Debug)]
pub struct EpochAnswer {
    /// Which partition.
    pub partition: PartitionId,
    /// The largest epoch not above the one asked about, and its end offset; `Ok(None)` is undefined.
    pub result: Result<Option<(i32, u64)>, Error>,
}

/// Who leads what, as one broker knows it.
#[derive(Clone, Debug)]
pub struct ClusterMetadata {
    /// Brokers that are not fenced.
    pub brokers: BrokerSet,
    /// For each partition of the scenario's topic: its leader (if it is alive) and leader epoch.
    pub partitions: Vec<(Option<BrokerId>, i32)>,
}
