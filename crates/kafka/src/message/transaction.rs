//! Producer ids and transactions.

use super::MemberRef;
use crate::store::{CommittedOffset, ProducerId, TransactionVersion};
use highwater_model::trace::{Error, TransactionResult};
use highwater_model::{Duration, PartitionId, TransactionalId};
use smallvec::SmallVec;

/// Get a producer id.
#[derive(Clone, Copy, Debug)]
pub struct InitProducerIdRequest {
    /// Whose; none for a producer without transactions.
    pub transactional_id: Option<TransactionalId>,
    /// transaction.timeout.ms.
    pub timeout: Duration,
    /// What it has, where it wants the next epoch of it.
    pub current: Option<ProducerId>,
}

/// A transaction, and as whom a producer speaks of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionRef {
    /// The transactional id.
    pub id: TransactionalId,
    /// The producer id and epoch.
    pub producer: ProducerId,
}

/// Partitions for a transaction (Kafka sends several transactions in one request; this is one).
#[derive(Clone, Debug)]
pub struct AddPartitions {
    /// Which transaction.
    pub transaction: TransactionRef,
    /// The partitions.
    pub partitions: SmallVec<[PartitionId; 4]>,
    /// To be added, or only looked for?
    pub purpose: AddPurpose,
}

/// What AddPartitionsToTxn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddPurpose {
    /// They become part of the transaction.
    Add,
    /// Are they part of it?
    Verify,
}

/// What became of each partition.
pub type AddedPartitions = SmallVec<[(PartitionId, Result<(), Error>); 4]>;

/// Commit offsets as part of a transaction.
#[derive(Clone, Debug)]
pub struct TxnOffsetCommitRequest {
    /// Which transaction.
    pub transaction: TransactionRef,
    /// The consumer whose offsets they are; none where the application does not say.
    pub member: Option<MemberRef>,
    /// Which consumer process that is (its name, for the trace).
    pub consumer: u8,
    /// Which offsets.
    pub offsets: SmallVec<[CommittedOffset; 2]>,
    /// Which protocol the client speaks.
    pub version: TransactionVersion,
}

/// Commit or abort.
#[derive(Clone, Copy, Debug)]
pub struct EndTxnRequest {
    /// Which transaction.
    pub transaction: TransactionRef,
    /// How it ends.
    pub result: TransactionResult,
    /// Which protocol the client speaks.
    pub version: TransactionVersion,
}

/// A coordinator ends a transaction in these partitions.
#[derive(Clone, Debug)]
pub struct TxnMarker {
    /// Whose transaction.
    pub producer: ProducerId,
    /// The coordinator's leader epoch.
    pub coordinator_epoch: i32,
    /// How it ends.
    pub result: TransactionResult,
    /// Where.
    pub partitions: SmallVec<[PartitionId; 4]>,
}
