//! The controllers among themselves, and whoever reads their metadata log (Raft).

use crate::metadata::MetadataRecord;
use highwater_model::ControllerId;
use highwater_model::trace::Error;

/// A candidate asks for a vote.
#[derive(Clone, Copy, Debug)]
pub struct VoteRequest {
    /// The candidate.
    pub candidate: ControllerId,
    /// The epoch it stands in (or, for a pre-vote, is in).
    pub epoch: i32,
    /// Its last epoch and log end.
    pub log: (i32, u64),
    /// Only: would you (KIP-996)?
    pub pre_vote: bool,
}

/// The vote.
#[derive(Clone, Copy, Debug)]
pub struct VoteAnswer {
    /// The voter's epoch.
    pub epoch: i32,
    /// The leader it knows.
    pub leader: Option<ControllerId>,
    /// Granted?
    pub granted: bool,
    /// Was it a pre-vote?
    pub pre_vote: bool,
}

/// A leader and its epoch.
#[derive(Clone, Copy, Debug)]
pub struct QuorumEpoch {
    /// The leader.
    pub leader: ControllerId,
    /// Its epoch.
    pub epoch: i32,
}

/// Read the metadata log.
#[derive(Clone, Copy, Debug)]
pub struct FetchMetadataRequest {
    /// The voter that reads, and so acknowledges; none for a broker, an observer.
    pub voter: Option<ControllerId>,
    /// The epoch it knows.
    pub epoch: i32,
    /// Where it reads.
    pub offset: u64,
    /// The epoch of its last record.
    pub last_epoch: i32,
}

/// What was read of the metadata log.
#[derive(Clone, Debug)]
pub struct FetchMetadataResponse {
    /// The epoch of who answers.
    pub epoch: i32,
    /// The leader it knows.
    pub leader: Option<ControllerId>,
    /// Why there is nothing.
    pub error: Option<Error>,
    /// Where the reader's log divides from the leader's: (epoch, end offset).
    pub diverging: Option<(i32, u64)>,
    /// The offset of the first record.
    pub offset: u64,
    /// Records, each with its epoch. Observers get committed ones only.
    pub records: Vec<(i32, MetadataRecord)>,
    /// Everything below is committed.
    pub high_watermark: u64,
}
