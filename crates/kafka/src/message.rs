//! Requests and responses, with the fields that decide something. Sizes on the wire are those of the batches plus a
//! plain figure for the rest.

use crate::group::assignors::{Assignor, Offered, Subscriber};
use crate::metadata::{DirectorySet, MetadataRecord, PartitionState};
use crate::store::{CommittedOffset, ProducerId, Sequence, TransactionVersion};
use highwater_model::settings::{Acks, Isolation, RemoteAssignor};
use highwater_model::trace::{Api, Error, TransactionResult};
use highwater_model::{
    AdminAction, BrokerId, BrokerSet, ControllerId, Duration, Instant, PartitionId, TransactionalId,
};
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

/// What the controller made of each proposal.
pub type AlteredPartitions = Vec<(PartitionId, Result<PartitionState, Error>)>;

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

/// Kafka's request for an administrator's wish.
pub const fn administered(action: AdminAction) -> Api {
    match action {
        AdminAction::Reassign { .. } | AdminAction::CancelReassignment { .. } => Api::AlterPartitionReassignments,
        AdminAction::ElectLeaders { .. } => Api::ElectLeaders,
        AdminAction::SetConfig { .. } => Api::IncrementalAlterConfigs,
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
