//! Groups of consumers and their committed offsets, in the classic protocol and in that of KIP-848.

use crate::group::assignors::{Assignor, Offered, Subscriber};
use crate::store::CommittedOffset;
use highwater_model::settings::RemoteAssignor;
use highwater_model::trace::Error;
use highwater_model::{Duration, PartitionId};
use smallvec::SmallVec;

/// A `group.instance.id`: by its number, that of the consumer that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u8);

/// Become a member of the group.
#[derive(Clone, Debug)]
pub struct JoinGroupRequest {
    /// The member id, if the coordinator gave one.
    pub member: Option<u32>,
    /// group.instance.id, of a static member.
    pub instance: Option<InstanceId>,
    /// Which consumer process asks (its name, for the trace).
    pub consumer: u8,
    /// session.timeout.ms.
    pub session_timeout: Duration,
    /// max.poll.interval.ms.
    pub rebalance_timeout: Duration,
    /// What its leader may go by.
    pub subscription: Subscription,
}

/// What a member of a classic group tells the one that assigns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The assignors that it knows, the most liked first.
    pub assignors: Offered,
    /// The partitions that it holds.
    pub owned: Vec<PartitionId>,
    /// Since which generation; -1 without one.
    pub generation: i32,
}

/// Joining failed.
#[derive(Clone, Copy, Debug)]
pub struct JoinError {
    /// Why.
    pub error: Error,
    /// The member id to join with, where that is asked for.
    pub member: Option<u32>,
}

/// The group after a join.
#[derive(Clone, Debug)]
pub struct JoinedGroup {
    /// The member's id.
    pub member: u32,
    /// The group's generation.
    pub generation: i32,
    /// The assignor that all members know.
    pub assignor: Assignor,
    /// All members, told to the one that has to assign: the leader, unless it is a static member that came back.
    pub members: Vec<Subscriber>,
}

/// A member's part in the assignment.
#[derive(Clone, Debug)]
pub struct SyncGroupRequest {
    /// Who.
    pub member: MemberRef,
    /// From the leader: everybody's partitions.
    pub assignments: Vec<(u32, Vec<PartitionId>)>,
}

/// A member and the generation, or the member epoch, that it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberRef {
    /// Its id.
    pub member: u32,
    /// The generation or member epoch; -1 without one.
    pub generation: i32,
    /// Its group.instance.id.
    pub instance: Option<InstanceId>,
}

/// Commit offsets.
#[derive(Clone, Debug)]
pub struct OffsetCommitRequest {
    /// By whom; by nobody's member where partitions are assigned by hand, or by an operator.
    pub member: Option<MemberRef>,
    /// Which.
    pub offsets: SmallVec<[CommittedOffset; 2]>,
}

/// Read committed offsets.
#[derive(Clone, Debug)]
pub struct OffsetFetchRequest {
    /// By whom, in the new protocol.
    pub member: Option<MemberRef>,
    /// Of which partitions.
    pub partitions: SmallVec<[PartitionId; 4]>,
}

/// A member epoch with which a member joins.
pub const JOIN_EPOCH: i32 = 0;
/// A member epoch with which a member leaves.
pub const LEAVE_EPOCH: i32 = -1;
/// A member epoch with which a static member leaves for a while.
pub const LEAVE_STATIC_EPOCH: i32 = -2;

/// A member of the new protocol lives (KIP-848). Kafka leaves out what has not changed since the last heartbeat.
#[derive(Clone, Debug)]
pub struct ConsumerGroupHeartbeatRequest {
    /// Its id, which it made up itself.
    pub member: u32,
    /// Its member epoch, or one of the epochs with which it joins or leaves.
    pub epoch: i32,
    /// Its group.instance.id.
    pub instance: Option<InstanceId>,
    /// Which consumer process asks (its name, for the trace).
    pub consumer: u8,
    /// What does not change, told when it joins, and again after an error.
    pub terms: Option<MemberTerms>,
    /// The partitions that it holds, when they have changed since the last heartbeat.
    pub owned: Option<Vec<PartitionId>>,
}

/// What a member of the new protocol tells once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberTerms {
    /// max.poll.interval.ms.
    pub rebalance_timeout: Duration,
    /// group.remote.assignor.
    pub assignor: RemoteAssignor,
}

/// What a coordinator answers a member of the new protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupHeartbeatAnswer {
    /// Its member epoch from now on.
    pub epoch: i32,
    /// How often to send heartbeats.
    pub interval: Duration,
    /// The partitions that it should have, where that is news.
    pub assignment: Option<Vec<PartitionId>>,
}
