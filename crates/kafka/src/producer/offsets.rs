//! `sendOffsetsToTransaction()`: a group's offsets are committed in the producer's transaction, so that what was read and
//! what was written count together or not at all.

use super::Producer;
use super::transactions::Step;
use crate::message::{MemberRef, TransactionRef, TxnOffsetCommitRequest};
use crate::store::{CommittedOffset, TransactionVersion};
use highwater_model::BrokerId;
use highwater_model::trace::Error;
use smallvec::SmallVec;

/// Offsets to be committed in a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsumedOffsets {
    /// As which member of the group; none where the application gives no group metadata.
    pub member: Option<MemberRef>,
    /// Which consumer process has read so far (its name, for the trace).
    pub consumer: u8,
    /// The offsets.
    pub offsets: SmallVec<[CommittedOffset; 2]>,
}

/// What became of the last `sendOffsetsToTransaction()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffsetsSent {
    /// It was never called.
    #[default]
    Never,
    /// It waits.
    Pending,
    /// The group's coordinator has them.
    Done,
    /// It threw.
    Failed(Error),
}

/// The offsets of a producer's transaction.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupOffsets {
    /// The group's coordinator, where it is known.
    pub coordinator: Option<BrokerId>,
    consumed: ConsumedOffsets,
    sent: OffsetsSent,
}

impl GroupOffsets {
    /// What is asked of the group's coordinator.
    pub fn request(&self, transaction: TransactionRef, version: TransactionVersion) -> TxnOffsetCommitRequest {
        let ConsumedOffsets { member, consumer, offsets } = self.consumed.clone();
        TxnOffsetCommitRequest { transaction, member, consumer, offsets, version }
    }

    /// The group's coordinator has them.
    pub const fn sent(&mut self) {
        self.sent = OffsetsSent::Done;
    }

    /// The transaction, or the producer, is lost.
    pub fn fail(&mut self, error: Error) {
        if self.sent == OffsetsSent::Pending {
            self.sent = OffsetsSent::Failed(error);
        }
    }
}

impl Producer {
    /// `sendOffsetsToTransaction()`, in an open transaction; what becomes of it says [`Producer::offsets_sent`]. With the
    /// second protocol the group's broker adds its partition to the transaction by itself.
    pub fn send_offsets(&mut self, consumed: ConsumedOffsets) {
        let manager = self.manager();
        manager.offsets.consumed = consumed;
        manager.offsets.sent = OffsetsSent::Pending;
        match manager.version {
            TransactionVersion::V1 => manager.enqueue(Step::AddOffsets),
            TransactionVersion::V2 => {
                manager.started = true;
                manager.enqueue(Step::CommitOffsets);
            }
        }
    }

    /// What became of the last `sendOffsetsToTransaction()`.
    pub fn offsets_sent(&self) -> OffsetsSent {
        self.transactions.as_deref().map_or(OffsetsSent::Never, |manager| manager.offsets.sent)
    }
}
