//! What brokers tell the active controller: who they are, that they live, which ISRs and which log directories.

use crate::metadata::{DirectorySet, PartitionState};
use highwater_model::trace::Error;
use highwater_model::{BrokerId, PartitionId};
use smallvec::SmallVec;

/// A broker wants to be known.
#[derive(Clone, Copy, Debug)]
pub struct BrokerRegistrationRequest {
    /// Which.
    pub broker: BrokerId,
    /// Which process of it.
    pub incarnation: u32,
    /// The broker epoch of its last clean stop.
    pub previous_epoch: Option<u64>,
    /// Its log directories that work.
    pub online: DirectorySet,
}

/// A broker lives.
#[derive(Clone, Copy, Debug)]
pub struct BrokerHeartbeatRequest {
    /// Which.
    pub broker: BrokerId,
    /// Its broker epoch.
    pub epoch: u64,
    /// How far it has read the metadata log (exclusive end).
    pub metadata_offset: u64,
    /// Does it want to stay fenced (not ready yet)?
    pub want_fence: bool,
    /// Does it want to stop?
    pub want_shutdown: bool,
    /// Log directories that have failed.
    pub offline: DirectorySet,
}

/// What the controller thinks of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatAnswer {
    /// Has it read its own registration?
    pub caught_up: bool,
    /// Is it fenced?
    pub fenced: bool,
    /// May it stop now?
    pub should_shutdown: bool,
}

/// A leader proposes other ISRs.
#[derive(Clone, Debug)]
pub struct AlterPartitionRequest {
    /// The leader.
    pub broker: BrokerId,
    /// Its broker epoch.
    pub broker_epoch: u64,
    /// What it proposes.
    pub partitions: Vec<IsrProposal>,
}

/// Another ISR for a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IsrProposal {
    /// Which.
    pub partition: PartitionId,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// The partition epoch that the proposal builds on.
    pub partition_epoch: i32,
    /// The members, each with its broker epoch (none: not known).
    pub isr: SmallVec<[(BrokerId, Option<u64>); 4]>,
    /// Still recovering from an unclean election?
    pub recovering: bool,
}

/// What the controller made of each proposal.
pub type AlteredPartitions = Vec<(PartitionId, Result<PartitionState, Error>)>;

/// A broker says in which log directory its replicas are.
#[derive(Clone, Debug)]
pub struct AssignReplicasToDirsRequest {
    /// Which.
    pub broker: BrokerId,
    /// Its broker epoch.
    pub broker_epoch: u64,
    /// Partitions, and the directory of its replica, from 1.
    pub replicas: Vec<(PartitionId, u8)>,
}
