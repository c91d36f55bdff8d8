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

use crate::admin::ConfigScope;
use crate::ids::{BrokerId, BrokerSet, ControllerId, NodeId, PartitionId, TransactionalId};
use crate::settings::SettingId;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};
use std::fmt;

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

/// Who listens to a run.
pub trait Observer {
    /// Called for each entry, in the order in which things happen.
    fn observe(&mut self, at: Instant, entry: &Entry);
}

/// Listens to nothing.
impl Observer for () {
    fn observe(&mut self, _at: Instant, _entry: &Entry) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.0.observe(at, entry);
        self.1.observe(at, entry);
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        (**self).observe(at, entry);
    }
}

/// How much a run tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All that judges need: every change of a log, a high watermark, an ISR, a client's outcome.
    Check,
    /// Also each packet.
    Full,
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// Its name.
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $word),* } }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.name()) }
        }
    )* };
}

named! {
    /// Kafka's error codes, as brokers and clients name them; and the client-side exceptions a producer reports.
    Error {
        /// Fewer in-sync replicas than min.insync.replicas; not written.
        NotEnoughReplicas = "NOT_ENOUGH_REPLICAS",
        /// Written, but the ISR fell below min.insync.replicas before it was committed.
        NotEnoughReplicasAfterAppend = "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        /// The broker does not lead the partition.
        NotLeaderOrFollower = "NOT_LEADER_OR_FOLLOWER",
        /// The request's leader epoch is old.
        FencedLeaderEpoch = "FENCED_LEADER_EPOCH",
        /// The request's leader epoch is newer than the broker's.
        UnknownLeaderEpoch = "UNKNOWN_LEADER_EPOCH",
        /// No leader is known.
        LeaderNotAvailable = "LEADER_NOT_AVAILABLE",
        /// The broker does not know the partition.
        UnknownTopicOrPartition = "UNKNOWN_TOPIC_OR_PARTITION",
        /// The broker gave up waiting for replication.
        RequestTimedOut = "REQUEST_TIMED_OUT",
        /// The connection was lost.
        NetworkException = "NETWORK_EXCEPTION",
        /// The log directory is offline.
        KafkaStorageError = "KAFKA_STORAGE_ERROR",
        /// The batch is larger than max.message.bytes.
        MessageTooLarge = "MESSAGE_TOO_LARGE",
        /// A sequence gap.
        OutOfOrderSequenceNumber = "OUT_OF_ORDER_SEQUENCE_NUMBER",
        /// An old producer epoch.
        InvalidProducerEpoch = "INVALID_PRODUCER_EPOCH",
        /// The offset is not in the log.
        OffsetOutOfRange = "OFFSET_OUT_OF_RANGE",
        /// A new leader does not yet know its high watermark.
        OffsetNotAvailable = "OFFSET_NOT_AVAILABLE",
        /// The broker does not coordinate the group.
        NotCoordinator = "NOT_COORDINATOR",
        /// The coordinator cannot write.
        CoordinatorNotAvailable = "COORDINATOR_NOT_AVAILABLE",
        /// The coordinator is still reading its log.
        CoordinatorLoadInProgress = "COORDINATOR_LOAD_IN_PROGRESS",
        /// The group does not know the member.
        UnknownMemberId = "UNKNOWN_MEMBER_ID",
        /// The member's generation is old.
        IllegalGeneration = "ILLEGAL_GENERATION",
        /// The group is rebalancing.
        RebalanceInProgress = "REBALANCE_IN_PROGRESS",
        /// The member must join again with the id it was given.
        MemberIdRequired = "MEMBER_ID_REQUIRED",
        /// Another process with this id is still registered.
        DuplicateBrokerRegistration = "DUPLICATE_BROKER_REGISTRATION",
        /// The broker has registered again since.
        StaleBrokerEpoch = "STALE_BROKER_EPOCH",
        /// The controller is not active.
        NotController = "NOT_CONTROLLER",
        /// The broker has forgotten the producer, whose records were deleted; before 2.4 only.
        UnknownProducerId = "UNKNOWN_PRODUCER_ID",
        /// The partition's epoch is old.
        InvalidUpdateVersion = "INVALID_UPDATE_VERSION",
        /// The request makes no sense to the controller.
        InvalidRequest = "INVALID_REQUEST",
        /// A proposed ISR member may not be in the ISR.
        IneligibleReplica = "INELIGIBLE_REPLICA",
        /// The proposal led to another leader.
        NewLeaderElected = "NEW_LEADER_ELECTED",
        /// Raft: the leader does not know the epoch, or is another.
        NotRaftLeader = "NOT_LEADER_OF_QUORUM",
        /// Client: delivery.timeout.ms has passed (TimeoutException).
        DeliveryTimedOut = "TimeoutException",
        /// Client: buffer.memory was full for max.block.ms (BufferExhaustedException).
        BufferExhausted = "BufferExhaustedException",
        /// Client: no metadata for max.block.ms (TimeoutException).
        MetadataTimedOut = "TimeoutException (metadata)",
        /// Client: the record is larger than max.request.size (RecordTooLargeException).
        RecordTooLarge = "RecordTooLargeException",
        /// Client: the process died with the record in memory.
        ClientCrashed = "client crashed",
        /// There is no reassignment to cancel.
        NoReassignmentInProgress = "NO_REASSIGNMENT_IN_PROGRESS",
        /// Replicas that nobody can have.
        InvalidReplicaAssignment = "INVALID_REPLICA_ASSIGNMENT",
        /// The leader that was wanted leads.
        ElectionNotNeeded = "ELECTION_NOT_NEEDED",
        /// The preferred replica is not in sync, or not alive.
        PreferredLeaderNotAvailable = "PREFERRED_LEADER_NOT_AVAILABLE",
        /// No replica is alive.
        EligibleLeadersNotAvailable = "ELIGIBLE_LEADERS_NOT_AVAILABLE",
        /// Not more partitions than there are.
        InvalidPartitions = "INVALID_PARTITIONS",
        /// Too few brokers live for so many replicas.
        InvalidReplicationFactor = "INVALID_REPLICATION_FACTOR",
        /// A value that the setting cannot have, or a setting that cannot change.
        InvalidConfig = "INVALID_CONFIG",
        /// Something went wrong that has no name.
        UnknownServerError = "UNKNOWN_SERVER_ERROR",
        /// A newer producer has the transactional id.
        ProducerFenced = "PRODUCER_FENCED",
        /// The transaction is in no state for this.
        InvalidTxnState = "INVALID_TXN_STATE",
        /// The last transaction is not complete yet.
        ConcurrentTransactions = "CONCURRENT_TRANSACTIONS",
        /// The transactional id has another producer id.
        InvalidProducerIdMapping = "INVALID_PRODUCER_ID_MAPPING",
        /// The transaction can only be aborted.
        TransactionAbortable = "TRANSACTION_ABORTABLE",
        /// A newer transaction coordinator has written a marker.
        TransactionCoordinatorFenced = "TRANSACTION_COORDINATOR_FENCED",
        /// transaction.timeout.ms is larger than transaction.max.timeout.ms.
        InvalidTransactionTimeout = "INVALID_TRANSACTION_TIMEOUT",
        /// A transaction may still change the committed offset.
        UnstableOffsetCommit = "UNSTABLE_OFFSET_COMMIT",
        /// Client: the application aborted the transaction before the batch was sent (TransactionAbortedException).
        TransactionAborted = "TransactionAbortedException",
        /// Another process has joined with this group.instance.id.
        FencedInstanceId = "FENCED_INSTANCE_ID",
        /// The process that has this group.instance.id has not left.
        UnreleasedInstanceId = "UNRELEASED_INSTANCE_ID",
        /// The member's assignors, or its protocol, do not go with the group's.
        InconsistentGroupProtocol = "INCONSISTENT_GROUP_PROTOCOL",
        /// The member's epoch is not the one the coordinator knows; it gives up everything and joins anew.
        FencedMemberEpoch = "FENCED_MEMBER_EPOCH",
        /// A request with an old member epoch.
        StaleMemberEpoch = "STALE_MEMBER_EPOCH",
        /// There is no such group, or none of this protocol.
        GroupIdNotFound = "GROUP_ID_NOT_FOUND",
        /// Client: no committed offset, and auto.offset.reset is none (NoOffsetForPartitionException).
        NoOffsetForPartition = "NoOffsetForPartitionException",
        /// Client: the log was truncated below the position, and auto.offset.reset is none (LogTruncationException).
        LogTruncation = "LogTruncationException",
    }

    /// Which kind of request or response a packet is.
    Api {
        /// Produce.
        Produce = "Produce",
        /// Fetch, by a consumer.
        FetchConsumer = "FetchConsumer",
        /// Fetch, by a follower.
        FetchFollower = "FetchFollower",
        /// ListOffsets.
        ListOffsets = "ListOffsets",
        /// OffsetForLeaderEpoch.
        OffsetForLeaderEpoch = "OffsetForLeaderEpoch",
        /// Metadata.
        Metadata = "Metadata",
        /// InitProducerId.
        InitProducerId = "InitProducerId",
        /// FindCoordinator.
        FindCoordinator = "FindCoordinator",
        /// JoinGroup.
        JoinGroup = "JoinGroup",
        /// SyncGroup.
        SyncGroup = "SyncGroup",
        /// Heartbeat.
        Heartbeat = "Heartbeat",
        /// LeaveGroup.
        LeaveGroup = "LeaveGroup",
        /// OffsetCommit.
        OffsetCommit = "OffsetCommit",
        /// OffsetFetch.
        OffsetFetch = "OffsetFetch",
        /// BrokerRegistration.
        BrokerRegistration = "BrokerRegistration",
        /// BrokerHeartbeat.
        BrokerHeartbeat = "BrokerHeartbeat",
        /// AlterPartition.
        AlterPartition = "AlterPartition",
        /// Raft: Vote (and pre-vote).
        Vote = "Vote",
        /// Raft: BeginQuorumEpoch.
        BeginQuorumEpoch = "BeginQuorumEpoch",
        /// Raft: EndQuorumEpoch.
        EndQuorumEpoch = "EndQuorumEpoch",
        /// Raft: Fetch of the metadata log.
        FetchMetadata = "FetchMetadata",
        /// AlterPartitionReassignments.
        AlterPartitionReassignments = "AlterPartitionReassignments",
        /// ElectLeaders.
        ElectLeaders = "ElectLeaders",
        /// CreatePartitions.
        CreatePartitions = "CreatePartitions",
        /// IncrementalAlterConfigs.
        IncrementalAlterConfigs = "IncrementalAlterConfigs",
        /// DeleteRecords.
        DeleteRecords = "DeleteRecords",
        /// AssignReplicasToDirs.
        AssignReplicasToDirs = "AssignReplicasToDirs",
        /// AddPartitionsToTxn, or its verification by a broker.
        AddPartitionsToTxn = "AddPartitionsToTxn",
        /// AddOffsetsToTxn.
        AddOffsetsToTxn = "AddOffsetsToTxn",
        /// TxnOffsetCommit.
        TxnOffsetCommit = "TxnOffsetCommit",
        /// EndTxn.
        EndTxn = "EndTxn",
        /// WriteTxnMarkers.
        WriteTxnMarkers = "WriteTxnMarkers",
        /// ConsumerGroupHeartbeat (KIP-848).
        ConsumerGroupHeartbeat = "ConsumerGroupHeartbeat",
    }

    /// Why a process went down, or what state it is in now.
    NodeState {
        /// Running and taking part.
        Running = "running",
        /// Its process starts.
        Starting = "starting",
        /// It scans its logs after an unclean stop.
        Recovering = "recovering",
        /// Waits to be registered and unfenced.
        Registering = "registering",
        /// Stops in order.
        Stopping = "stopping",
        /// Stopped in order.
        Stopped = "stopped",
        /// Its process was killed.
        Crashed = "crashed",
        /// Its machine lost power.
        PoweredOff = "powered off",
        /// Its process stands still.
        Paused = "paused",
        /// It halted: its only log directory failed.
        Halted = "halted",
    }

    /// Why the controller changed a partition.
    ChangeCause {
        /// The partition was created.
        Created = "created",
        /// Its leader proposed another ISR.
        AlterPartition = "alter partition",
        /// A broker's session ended.
        Fenced = "broker fenced",
        /// A broker came back.
        Unfenced = "broker unfenced",
        /// A broker is shutting down.
        Shutdown = "controlled shutdown",
        /// A broker registered again after an unclean stop.
        UncleanRegistration = "unclean registration",
        /// Leadership goes back to the preferred replica.
        Preferred = "preferred leader",
        /// A leaderless partition was tried again.
        UncleanSweep = "unclean election",
        /// Asked for by an operator or a test.
        Requested = "requested",
        /// A log directory of a broker failed.
        DirectoryOffline = "log directory offline",
    }

    /// How a leader was found.
    Election {
        /// The leader did not change.
        Unchanged = "unchanged",
        /// From the ISR.
        Clean = "clean",
        /// From the ELR.
        Eligible = "eligible leader replica",
        /// The last known leader, whatever its log (logged as unclean).
        LastKnown = "last known leader",
        /// Any live replica.
        Unclean = "unclean",
        /// There is nobody.
        Leaderless = "no leader",
    }

    /// Why a consumer's position moved other than by reading.
    ResetCause {
        /// It starts from a committed offset.
        Committed = "committed offset",
        /// It had no committed offset; auto.offset.reset decided.
        NoOffset = "no committed offset",
        /// Its position was not in the log; auto.offset.reset decided.
        OutOfRange = "offset out of range",
        /// Its log was truncated below its position; it goes on where the logs divide.
        Truncated = "log truncated",
        /// The application sought.
        Sought = "seek",
    }

    /// Where a member of a group of the new protocol is on its way to its target assignment (KIP-848).
    MemberState {
        /// It has what it should have.
        Stable = "STABLE",
        /// It is told to give partitions up, and has not yet said that it has.
        UnrevokedPartitions = "UNREVOKED_PARTITIONS",
        /// It waits for partitions that others still hold.
        UnreleasedPartitions = "UNRELEASED_PARTITIONS",
    }

    /// How a transaction ends.
    TransactionResult {
        /// Its records become visible.
        Commit = "COMMIT",
        /// Its records are skipped by read_committed readers.
        Abort = "ABORT",
    }

    /// What the coordinator has written down about a transactional id.
    TransactionState {
        /// No transaction yet.
        Empty = "Empty",
        /// Partitions were added.
        Ongoing = "Ongoing",
        /// It is decided: commit. Markers are being written.
        PrepareCommit = "PrepareCommit",
        /// It is decided: abort. Markers are being written.
        PrepareAbort = "PrepareAbort",
        /// All markers are written.
        CompleteCommit = "CompleteCommit",
        /// All markers are written.
        CompleteAbort = "CompleteAbort",
    }

    /// What a producing application does with its transaction.
    TransactionStep {
        /// `beginTransaction()`.
        Begun = "begins a transaction",
        /// `commitTransaction()` is called.
        Committing = "commits its transaction",
        /// `commitTransaction()` returned.
        Committed = "has committed its transaction",
        /// `abortTransaction()` is called.
        Aborting = "aborts its transaction",
        /// `abortTransaction()` returned.
        Aborted = "has aborted its transaction",
    }
}

/// Whether a fault begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Phase {
    /// It strikes.
    Strikes,
    /// It is undone.
    Ends,
}

/// What a batch in a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Content {
    /// The records of this send.
    Send(u32),
    /// Committed offsets of a group.
    Offsets,
    /// A group's members and assignment.
    GroupMetadata,
    /// Records of no stream, given as a start state or by a test.
    Foreign,
    /// A control marker: a transaction ends here.
    Marker(TransactionResult),
    /// What the coordinator knows of a transactional id.
    Transaction,
}

/// Records of one batch: `count` from the `skip`-th (from 0) of batch `batch` in the partition's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slice {
    /// The partition.
    pub partition: PartitionId,
    /// The batch in its history.
    pub batch: u32,
    /// Records left out at the batch's start.
    pub skip: u32,
    /// How many records.
    pub count: u32,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Entry {
    // --- faults and processes ---
    /// A fault strikes or ends; `node` is whom its target resolved to, one entry a node.
    Fault {
        /// Which of the scenario's faults, from 0.
        fault: u16,
        /// Strikes or ends.
        phase: Phase,
        /// Whom.
        node: NodeId,
    },
    /// A process changed its state.
    Node {
        /// Which.
        node: NodeId,
        /// Into which state.
        state: NodeState,
    },

    // --- the controller quorum and what it decided; told when committed ---
    /// A controller became active.
    ControllerElected {
        /// Which.
        controller: ControllerId,
        /// The quorum's epoch.
        epoch: i32,
    },
    /// A controller gave up, or lost, its leadership.
    ControllerResigned {
        /// Which.
        controller: ControllerId,
        /// The epoch it led.
        epoch: i32,
    },
    /// A broker's registration was accepted.
    Registered {
        /// Which broker.
        broker: BrokerId,
        /// Its new broker epoch.
        epoch: u64,
        /// Did it show that its last stop was clean?
        clean: bool,
    },
    /// A broker was fenced: it may lead nothing and be in no ISR.
    Fenced {
        /// Which.
        broker: BrokerId,
    },
    /// A broker was unfenced.
    Unfenced {
        /// Which.
        broker: BrokerId,
    },
    /// The controller changed a partition.
    PartitionChanged {
        /// Which.
        partition: PartitionId,
        /// Its leader now.
        leader: Option<BrokerId>,
        /// Grows with each leader.
        leader_epoch: i32,
        /// Grows with each change.
        partition_epoch: i32,
        /// In-sync replicas now.
        isr: BrokerSet,
        /// Eligible leader replicas now.
        elr: BrokerSet,
        /// The last known leader, where there is none now.
        last_known: Option<BrokerId>,
        /// How the leader was found.
        election: Election,
        /// What it was done for.
        cause: ChangeCause,
    },
    /// A broker applied the metadata log up to this offset.
    MetadataApplied {
        /// Which broker.
        broker: BrokerId,
        /// Exclusive end offset.
        offset: u64,
    },

    // --- replicas ---
    /// A broker begins to lead a partition in an epoch.
    Leads {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// In this epoch.
        leader_epoch: i32,
        /// Its log end at that moment: the epoch's start offset.
        start: u64,
        /// Its high watermark at that moment.
        high_watermark: u64,
    },
    /// A broker begins to follow a leader (or nobody) in an epoch.
    Follows {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// In this epoch.
        leader_epoch: i32,
        /// Whom.
        leader: Option<BrokerId>,
    },
    /// A leader appended a batch: `batch` is new in the partition's history.
    Appended {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// Its place in the partition's history.
        batch: u32,
        /// Offset of its first record.
        base: u64,
        /// Records.
        count: u32,
        /// The leader's epoch.
        leader_epoch: i32,
        /// What it holds.
        content: Content,
    },
    /// A follower appended batches of the partition's history, `first` to `last`, both included.
    Replicated {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// First batch.
        first: u32,
        /// Last batch.
        last: u32,
        /// Its log end now.
        end: u64,
    },
    /// A replica's high watermark moved (on a follower it may move back).
    HighWatermark {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// To this offset, exclusive.
        to: u64,
        /// Is the broker its leader?
        leading: bool,
    },
    /// A replica cut its log to agree with its leader.
    Truncated {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// Its log end before.
        from: u64,
        /// Its log end now.
        to: u64,
    },
    /// A power loss took what was not yet on disk.
    LostUnflushed {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// Its log end before.
        from: u64,
        /// Its log end now.
        to: u64,
    },
    /// Everything below `to` is on disk.
    Flushed {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// Exclusive end.
        to: u64,
        /// By fsync (Kafka's own doing) rather than by the kernel's write-back?
        fsync: bool,
    },
    /// Retention moved the log's start.
    LogStart {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// The first offset still there.
        to: u64,
    },
    /// A leader proposes another ISR to the controller.
    IsrProposed {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// The proposal.
        isr: BrokerSet,
        /// The maximal ISR from now on.
        maximal: BrokerSet,
    },
    /// A leader learned which ISR counts now: its proposal's fate, or new metadata.
    IsrCommitted {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// The committed (and, from now on, maximal) ISR.
        isr: BrokerSet,
        /// The partition epoch it belongs to.
        partition_epoch: i32,
    },
    /// A leader's proposal was refused.
    IsrRejected {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// Why.
        error: Error,
    },

    // --- producers ---
    /// The source's queue was full: the application was never given these records.
    Refused {
        /// Which producer, from 1.
        producer: u8,
        /// The stream.
        stream: PartitionId,
        /// First record's number.
        first: u64,
        /// How many.
        count: u64,
    },
    /// `send()` failed for these records before they entered a batch.
    Rejected {
        /// Which producer, from 1.
        producer: u8,
        /// The stream.
        stream: PartitionId,
        /// First record's number.
        first: u64,
        /// How many.
        count: u32,
        /// Why.
        error: Error,
    },
    /// A batch of a producer is complete: its records are known. Told before anything else about this send.
    Closed {
        /// The batch's name from now on.
        send: u32,
        /// Which producer, from 1.
        producer: u8,
        /// The stream its records come from.
        stream: PartitionId,
        /// First record's number.
        first: u64,
        /// How many records.
        count: u32,
        /// When the first record arrived in the source.
        first_arrival: Instant,
        /// From the first record's arrival to the last's.
        arrival_span: Duration,
    },
    /// A batch that was too large was split: `count` records of `of`, the first `skip` left out, go on as `send`.
    Split {
        /// The new name.
        send: u32,
        /// The batch it was part of.
        of: u32,
        /// Records left out.
        skip: u32,
        /// How many records.
        count: u32,
    },
    /// A batch was handed to the connection.
    Attempted {
        /// Which.
        send: u32,
        /// To which broker.
        broker: BrokerId,
        /// For which partition.
        partition: PartitionId,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// An attempt failed; the batch will be sent again.
    Retried {
        /// Which.
        send: u32,
        /// Why.
        error: Error,
    },
    /// The producer reports the batch as sent.
    Acked {
        /// Which.
        send: u32,
        /// Offset of its first record; none with acks=0.
        offset: Option<u64>,
    },
    /// The producer reports the batch as failed (or died with it). Its records may be in the log all the same.
    Failed {
        /// Which.
        send: u32,
        /// Why.
        error: Error,
    },
    /// The run ended: what a stream's source had offered by then. Told once a stream.
    SourceEnded {
        /// Which producer, from 1.
        producer: u8,
        /// The stream.
        stream: PartitionId,
        /// Records that arrived in the source, refused ones included.
        offered: u64,
        /// Of those, the last so many were never in a closed batch: they wait in the source or in an open batch.
        waiting: u64,
    },

    // --- consumers ---
    /// `poll()` handed these records to the application.
    Polled {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which records.
        records: Slice,
    },
    /// The application processed these records: the side effect took place.
    Processed {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which records.
        records: Slice,
    },
    /// The group's committed offset moved.
    OffsetCommitted {
        /// Which consumer committed, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
        /// The next offset to read.
        offset: u64,
    },
    /// A commit failed.
    CommitFailed {
        /// Which consumer, from 1.
        consumer: u8,
        /// Why.
        error: Error,
    },
    /// A consumer's position was set other than by reading.
    PositionReset {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
        /// Where it was, if anywhere.
        from: Option<u64>,
        /// Where it reads next.
        to: u64,
        /// Why.
        cause: ResetCause,
    },
    /// A consumer owns a partition from now on.
    Assigned {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
        /// The group's generation.
        generation: i32,
    },
    /// A consumer gave a partition up, or lost it.
    Revoked {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
    },
    /// The coordinator began a rebalance.
    RebalanceStarted {
        /// The generation that ends.
        generation: i32,
    },
    /// The coordinator has an assignment for everybody.
    RebalanceCompleted {
        /// The generation that begins.
        generation: i32,
        /// Its members.
        members: u8,
    },

    // --- requests ---
    /// A client or a broker was answered with an error, or lost the connection.
    RequestFailed {
        /// Who asked.
        node: NodeId,
        /// What.
        api: Api,
        /// Of whom.
        server: NodeId,
        /// The answer.
        error: Error,
    },
    /// A packet was handed to the network ([`Level::Full`]).
    Sent {
        /// The packet's number.
        packet: u32,
        /// By whom.
        from: NodeId,
        /// For whom.
        to: NodeId,
        /// Which request or response.
        api: Api,
        /// Request or response?
        response: bool,
        /// Its bytes.
        bytes: u32,
    },
    /// A packet arrived ([`Level::Full`]).
    Received {
        /// The packet's number.
        packet: u32,
    },
    /// A packet was lost with its connection, or dropped by a rule ([`Level::Full`]).
    Dropped {
        /// The packet's number.
        packet: u32,
    },

    // --- administration ---
    /// What an administrator asked for is decided.
    Administered {
        /// Which of the scenario's faults, from 0.
        fault: u16,
        /// Why it was refused; none: it was done, or begun.
        error: Option<Error>,
    },
    /// A partition's replicas are others from the next [`Entry::PartitionChanged`] on.
    Reassigned {
        /// Which partition.
        partition: PartitionId,
        /// All replicas, those to come and those to go included.
        replicas: BrokerSet,
        /// To come.
        adding: BrokerSet,
        /// To go.
        removing: BrokerSet,
    },
    /// A dynamic value was set or taken away. Brokers act on it when they have read it.
    Configured {
        /// Of what.
        scope: ConfigScope,
        /// Which setting.
        setting: SettingId,
        /// Its value; none: taken away.
        value: Option<i64>,
    },
    /// A log directory went offline: its replicas are out of reach until the broker starts again.
    DirectoryFailed {
        /// Whose.
        broker: BrokerId,
        /// Which, from 1.
        dir: u8,
    },
    /// A replica is not the broker's any more: its log is deleted.
    LogRemoved {
        /// Whose.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
    },

    // --- groups of the new protocol (KIP-848), and committed offsets that end ---
    /// The coordinator moved a member to an epoch or a state.
    MemberMoved {
        /// Which consumer, from 1.
        consumer: u8,
        /// Its member epoch now.
        epoch: i32,
        /// Its state now.
        state: MemberState,
    },
    /// The coordinator gave a member a partition: nobody else holds it.
    Granted {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
        /// The member's epoch.
        epoch: i32,
    },
    /// A member holds a partition no more: it gave it back, left, or was removed.
    Released {
        /// Which consumer, from 1.
        consumer: u8,
        /// Which partition.
        partition: PartitionId,
    },
    /// A committed offset was deleted, offsets.retention.minutes after the group became empty.
    OffsetExpired {
        /// Of which partition.
        partition: PartitionId,
    },

    // --- transactions ---
    /// The batch that was appended just now belongs to a producer's transaction: its records, or the marker that ends
    /// it.
    TransactionBatch {
        /// Which partition.
        partition: PartitionId,
        /// Its place in the partition's history.
        batch: u32,
        /// The producer id.
        producer_id: u32,
        /// The producer epoch.
        epoch: i16,
    },
    /// A leader's last stable offset moved: read_committed readers see what is below. Told while it is, or was, another
    /// than the high watermark.
    LastStableOffset {
        /// Which broker.
        broker: BrokerId,
        /// Which partition.
        partition: PartitionId,
        /// To this offset, exclusive.
        to: u64,
    },
    /// The transaction coordinator's log has a new state of a transactional id, and it counts from now on.
    TransactionChanged {
        /// Whose.
        id: TransactionalId,
        /// The coordinator.
        broker: BrokerId,
        /// The state.
        state: TransactionState,
        /// The producer id.
        producer_id: u32,
        /// The producer epoch.
        epoch: i16,
    },
    /// A producing application goes on with its transaction.
    Transaction {
        /// Which producer, from 1.
        producer: u8,
        /// What it does.
        step: TransactionStep,
    },
    /// A producer's transaction failed: it must be aborted, or, where the producer was fenced, the producer closed.
    TransactionFailed {
        /// Which producer, from 1.
        producer: u8,
        /// Why.
        error: Error,
    },
}

impl Entry {
    /// From which level on it is told.
    pub const fn level(&self) -> Level {
        match self {
            Entry::Sent { .. } | Entry::Received { .. } | Entry::Dropped { .. } => Level::Full,
            _ => Level::Check,
        }
    }
}
