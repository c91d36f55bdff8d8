//! The kinds of entry, each with what it tells.

use super::{
    Api, ChangeCause, Election, Error, Level, MemberState, NodeState, Phase, ResetCause, TransactionResult,
    TransactionState, TransactionStep,
};
use crate::admin::ConfigScope;
use crate::ids::{BrokerId, BrokerSet, ControllerId, NodeId, PartitionId, TransactionalId};
use crate::settings::SettingId;
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

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
