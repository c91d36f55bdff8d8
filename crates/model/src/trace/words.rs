//! The closed sets of words that entries are told in: errors, requests, states and causes.

use serde::{Deserialize, Serialize};
use std::fmt;

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
