//! Requests and responses, with the fields that decide something. Sizes on the wire are those of the batches plus a
//! plain figure for the rest.

mod control;
mod data;
mod group;
mod quorum;
mod transaction;

pub use control::{
    AlterPartitionRequest, AlteredPartitions, AssignReplicasToDirsRequest, BrokerHeartbeatRequest,
    BrokerRegistrationRequest, HeartbeatAnswer, IsrProposal,
};
pub use data::{
    AbortedTransaction, ClusterMetadata, EpochAnswer, EpochQuery, FetchPartition, FetchRequest, FetchResponse,
    FetchedPartition, ListAt, ListOffsetsRequest, ListedOffset, ProduceRequest, ProduceResult, ProducedBatch,
};
pub use group::{
    ConsumerGroupHeartbeatAnswer, ConsumerGroupHeartbeatRequest, InstanceId, JOIN_EPOCH, JoinError, JoinGroupRequest,
    JoinedGroup, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, MemberRef, MemberTerms, OffsetCommitRequest, OffsetFetchRequest,
    Subscription, SyncGroupRequest,
};
pub use quorum::{FetchMetadataRequest, FetchMetadataResponse, QuorumEpoch, VoteAnswer, VoteRequest};
pub use transaction::{
    AddPartitions, AddPurpose, AddedPartitions, EndTxnRequest, InitProducerIdRequest, TransactionRef, TxnMarker,
    TxnOffsetCommitRequest,
};

use crate::store::{CommittedOffset, ProducerId};
use highwater_model::trace::{Api, Error};
use highwater_model::{AdminAction, BrokerId, PartitionId, TransactionalId};
use smallvec::SmallVec;

/// A message on a connection. Answers come in the order of the requests.
#[derive(Clone, Debug)]
pub enum Message {
    /// From the client of the connection.
    Request(Request),
    /// From its server.
    Response(Response),
}

/// A request.
#[derive(Clone, Debug)]
pub enum Request {
    /// Append batches.
    Produce(Box<ProduceRequest>),
    /// Read batches.
    Fetch(Box<FetchRequest>),
    /// The first or next offset of partitions.
    ListOffsets(Box<ListOffsetsRequest>),
    /// Where an epoch ends.
    OffsetForLeaderEpoch(Box<SmallVec<[EpochQuery; 4]>>),
    /// Who leads what.
    Metadata,
    /// A producer id.
    InitProducerId(InitProducerIdRequest),
    /// Who coordinates the group.
    FindCoordinator,
    /// Who coordinates this transactional id.
    FindTransactionCoordinator(TransactionalId),
    /// Add partitions to a transaction, or verify that they are in it.
    AddPartitionsToTxn(Box<AddPartitions>),
    /// Add the group's committed offsets to a transaction.
    AddOffsetsToTxn(TransactionRef),
    /// Commit offsets as part of a transaction.
    TxnOffsetCommit(Box<TxnOffsetCommitRequest>),
    /// Commit or abort.
    EndTxn(EndTxnRequest),
    /// A coordinator ends transactions in partitions.
    WriteTxnMarkers(Box<SmallVec<[TxnMarker; 1]>>),
    /// Become a member.
    JoinGroup(Box<JoinGroupRequest>),
    /// The leader's assignment, or a member's wish for its own.
    SyncGroup(Box<SyncGroupRequest>),
    /// A member lives.
    Heartbeat(MemberRef),
    /// A member leaves.
    LeaveGroup(MemberRef),
    /// Commit offsets.
    OffsetCommit(Box<OffsetCommitRequest>),
    /// The group's committed offsets of some partitions.
    OffsetFetch(Box<OffsetFetchRequest>),
    /// A member of the new protocol lives, joins or leaves (KIP-848).
    ConsumerGroupHeartbeat(Box<ConsumerGroupHeartbeatRequest>),
    /// A broker wants to be known.
    BrokerRegistration(BrokerRegistrationRequest),
    /// A broker lives.
    BrokerHeartbeat(BrokerHeartbeatRequest),
    /// A leader proposes other ISRs.
    AlterPartition(Box<AlterPartitionRequest>),
    /// An administrator asks for something.
    Administer(AdminAction),
    /// A broker says where its replicas are.
    AssignReplicasToDirs(Box<AssignReplicasToDirsRequest>),
    /// Raft: a candidate asks for a vote.
    Vote(VoteRequest),
    /// Raft: a leader announces itself.
    BeginQuorumEpoch(QuorumEpoch),
    /// Raft: a leader resigns.
    EndQuorumEpoch(QuorumEpoch),
    /// Raft: read the metadata log.
    FetchMetadata(FetchMetadataRequest),
}

/// An answer.
#[derive(Clone, Debug)]
pub enum Response {
    /// To Produce.
    Produce(Box<SmallVec<[ProduceResult; 4]>>),
    /// To Fetch.
    Fetch(Box<FetchResponse>),
    /// To ListOffsets.
    ListOffsets(Box<SmallVec<[ListedOffset; 4]>>),
    /// To OffsetForLeaderEpoch.
    OffsetForLeaderEpoch(Box<SmallVec<[EpochAnswer; 4]>>),
    /// To Metadata.
    Metadata(Box<ClusterMetadata>),
    /// To InitProducerId.
    InitProducerId(Result<ProducerId, Error>),
    /// To AddPartitionsToTxn: for each partition.
    AddPartitionsToTxn(Box<AddedPartitions>),
    /// To AddOffsetsToTxn.
    AddOffsetsToTxn(Result<(), Error>),
    /// To TxnOffsetCommit.
    TxnOffsetCommit(Result<(), Error>),
    /// To EndTxn: with which producer id and epoch to go on.
    EndTxn(Result<ProducerId, Error>),
    /// To WriteTxnMarkers: for each marker, in that order, and each of its partitions.
    WriteTxnMarkers(Box<Vec<AddedPartitions>>),
    /// To FindCoordinator.
    FindCoordinator(Result<BrokerId, Error>),
    /// To JoinGroup.
    JoinGroup(Result<Box<JoinedGroup>, JoinError>),
    /// To SyncGroup: the member's partitions.
    SyncGroup(Result<Box<Vec<PartitionId>>, Error>),
    /// To Heartbeat.
    Heartbeat(Result<(), Error>),
    /// To LeaveGroup.
    LeaveGroup(Result<(), Error>),
    /// To OffsetCommit.
    OffsetCommit(Result<(), Error>),
    /// To OffsetFetch: a committed offset for each partition asked for, in that order.
    OffsetFetch(Result<Box<SmallVec<[Option<CommittedOffset>; 4]>>, Error>),
    /// To ConsumerGroupHeartbeat.
    ConsumerGroupHeartbeat(Result<Box<ConsumerGroupHeartbeatAnswer>, Error>),
    /// To BrokerRegistration: the broker epoch.
    BrokerRegistration(Result<u64, Error>),
    /// To BrokerHeartbeat.
    BrokerHeartbeat(Result<HeartbeatAnswer, Error>),
    /// To AlterPartition.
    AlterPartition(Result<Box<AlteredPartitions>, Error>),
    /// To Administer.
    Administer(Api, Result<(), Error>),
    /// To AssignReplicasToDirs.
    AssignReplicasToDirs(Result<(), Error>),
    /// To Vote.
    Vote(VoteAnswer),
    /// To BeginQuorumEpoch and EndQuorumEpoch: the epoch the voter knows.
    QuorumEpoch(i32),
    /// To FetchMetadata.
    FetchMetadata(Box<FetchMetadataResponse>),
}

/// Kafka's request for an administrator's wish.
pub const fn administered(action: AdminAction) -> Api {
    match action {
        AdminAction::Reassign { .. } | AdminAction::CancelReassignment { .. } => Api::AlterPartitionReassignments,
        AdminAction::ElectLeaders { .. } => Api::ElectLeaders,
        AdminAction::SetConfig { .. } => Api::IncrementalAlterConfigs,
        AdminAction::CreatePartitions { .. } => Api::CreatePartitions,
        AdminAction::DeleteRecords { .. } => Api::DeleteRecords,
    }
}

/// Bytes of a request's or response's frame and headers.
const FRAME_BYTES: u32 = 64;
/// Bytes that name a partition and its fields.
const PARTITION_BYTES: u32 = 40;

impl Message {
    /// Which kind it is.
    pub fn api(&self) -> Api {
        match self {
            Message::Request(request) => request.api(),
            Message::Response(response) => response.api(),
        }
    }

    /// Its size on the wire.
    pub fn bytes(&self) -> u32 {
        let body = match self {
            Message::Request(Request::Produce(request)) => {
                request.batches.iter().map(|batch| batch.bytes + PARTITION_BYTES).sum()
            }
            Message::Request(Request::Fetch(request)) => request.partitions.len() as u32 * PARTITION_BYTES,
            Message::Response(Response::Produce(results)) => results.len() as u32 * PARTITION_BYTES,
            Message::Response(Response::Fetch(response)) => {
                response.partitions.iter().map(|partition| partition.bytes + PARTITION_BYTES).sum()
            }
            Message::Response(Response::Metadata(metadata)) => metadata.partitions.len() as u32 * PARTITION_BYTES,
            Message::Response(Response::FetchMetadata(response)) => response.records.len() as u32 * PARTITION_BYTES,
            _ => PARTITION_BYTES,
        };
        FRAME_BYTES + body
    }
}

impl Request {
    /// Which kind it is.
    pub fn api(&self) -> Api {
        match self {
            Request::Produce(_) => Api::Produce,
            Request::Fetch(request) if request.replica.is_some() => Api::FetchFollower,
            Request::Fetch(_) => Api::FetchConsumer,
            Request::ListOffsets(_) => Api::ListOffsets,
            Request::OffsetForLeaderEpoch(_) => Api::OffsetForLeaderEpoch,
            Request::Metadata => Api::Metadata,
            Request::InitProducerId(_) => Api::InitProducerId,
            Request::FindCoordinator | Request::FindTransactionCoordinator(_) => Api::FindCoordinator,
            Request::AddPartitionsToTxn(_) => Api::AddPartitionsToTxn,
            Request::AddOffsetsToTxn(_) => Api::AddOffsetsToTxn,
            Request::TxnOffsetCommit(_) => Api::TxnOffsetCommit,
            Request::EndTxn(_) => Api::EndTxn,
            Request::WriteTxnMarkers(_) => Api::WriteTxnMarkers,
            Request::JoinGroup(_) => Api::JoinGroup,
            Request::SyncGroup(_) => Api::SyncGroup,
            Request::Heartbeat(_) => Api::Heartbeat,
            Request::LeaveGroup(_) => Api::LeaveGroup,
            Request::OffsetCommit(_) => Api::OffsetCommit,
            Request::OffsetFetch(_) => Api::OffsetFetch,
            Request::ConsumerGroupHeartbeat(_) => Api::ConsumerGroupHeartbeat,
            Request::BrokerRegistration(_) => Api::BrokerRegistration,
            Request::BrokerHeartbeat(_) => Api::BrokerHeartbeat,
            Request::AlterPartition(_) => Api::AlterPartition,
            Request::Administer(action) => administered(*action),
            Request::AssignReplicasToDirs(_) => Api::AssignReplicasToDirs,
            Request::Vote(_) => Api::Vote,
            Request::BeginQuorumEpoch(_) => Api::BeginQuorumEpoch,
            Request::EndQuorumEpoch(_) => Api::EndQuorumEpoch,
            Request::FetchMetadata(_) => Api::FetchMetadata,
        }
    }
}

impl Response {
    /// Which kind it is. A fetch response does not say for whom it is: it counts as a consumer's; the connection's
    /// channel tells a follower's.
    pub fn api(&self) -> Api {
        match self {
            Response::Produce(_) => Api::Produce,
            Response::Fetch(_) => Api::FetchConsumer,
            Response::ListOffsets(_) => Api::ListOffsets,
            Response::OffsetForLeaderEpoch(_) => Api::OffsetForLeaderEpoch,
            Response::Metadata(_) => Api::Metadata,
            Response::InitProducerId(_) => Api::InitProducerId,
            Response::AddPartitionsToTxn(_) => Api::AddPartitionsToTxn,
            Response::AddOffsetsToTxn(_) => Api::AddOffsetsToTxn,
            Response::TxnOffsetCommit(_) => Api::TxnOffsetCommit,
            Response::EndTxn(_) => Api::EndTxn,
            Response::WriteTxnMarkers(_) => Api::WriteTxnMarkers,
            Response::FindCoordinator(_) => Api::FindCoordinator,
            Response::JoinGroup(_) => Api::JoinGroup,
            Response::SyncGroup(_) => Api::SyncGroup,
            Response::Heartbeat(_) => Api::Heartbeat,
            Response::LeaveGroup(_) => Api::LeaveGroup,
            Response::OffsetCommit(_) => Api::OffsetCommit,
            Response::OffsetFetch(_) => Api::OffsetFetch,
            Response::ConsumerGroupHeartbeat(_) => Api::ConsumerGroupHeartbeat,
            Response::BrokerRegistration(_) => Api::BrokerRegistration,
            Response::BrokerHeartbeat(_) => Api::BrokerHeartbeat,
            Response::AlterPartition(_) => Api::AlterPartition,
            Response::Administer(api, _) => *api,
            Response::AssignReplicasToDirs(_) => Api::AssignReplicasToDirs,
            Response::Vote(_) => Api::Vote,
            Response::QuorumEpoch(_) => Api::BeginQuorumEpoch,
            Response::FetchMetadata(_) => Api::FetchMetadata,
        }
    }
}
