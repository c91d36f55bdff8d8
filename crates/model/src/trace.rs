//! What a run tells: one entry per thing that happened. Judges, timeline, stories and fingerprints all read this and
//! nothing else; no judge looks into a node.
//!
//! A batch in a log is named by its partition and its place in that partition's history (`batch`): the order in which
//! leaders ever appended, over all epochs. Followers append the same batches, so two replicas that hold the same
//! `batch` at an offset hold the same bytes. The records of a batch are named by the `send` they came from: a
//! [`Entry::Closed`] says which records of which stream that is.
//!
//! A *stream* is one producer's records for one partition (with keys), or one producer's records (without keys, in
//! which case `stream` is [`UNKEYED`]); a record is its stream and its number in it, from 0.

mod entry;
mod exceptions;
mod observer;
mod words;

pub use entry::{Content, Entry, Slice};
pub use observer::{Level, Observer};
pub use words::{
    Api, ChangeCause, Election, Error, MemberState, NodeState, Phase, ResetCause, TransactionResult, TransactionState,
    TransactionStep,
};

use crate::ids::PartitionId;
use serde::{Deserialize, Serialize};

/// The stream of a producer whose records have no key.
pub const UNKEYED: PartitionId = PartitionId(u16::MAX);

/// One record of the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordId {
    /// The producer, from 1.
    pub producer: u8,
    /// The stream.
    pub stream: PartitionId,
    /// Which of the stream's records, from 0.
    pub number: u64,
}
