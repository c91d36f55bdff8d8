//! What the stage shows of a moment: a snapshot in the model's own words, made by the simulation for the page.

use crate::ids::{BrokerId, BrokerSet, ControllerId, NodeId, PartitionId};
use crate::time::Instant;
use crate::trace::{Api, NodeState};
use serde::{Deserialize, Serialize};

/// A moment of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// When.
    pub at: Instant,
    /// Events handled up to then.
    pub events: u64,
    /// The brokers, by id.
    pub brokers: Vec<BrokerFrame>,
    /// The controllers, by id.
    pub controllers: Vec<ControllerFrame>,
    /// The producers, in order.
    pub producers: Vec<ProducerFrame>,
    /// The consumers, in order.
    pub consumers: Vec<ConsumerFrame>,
    /// The topic's partitions, then the group's partition of `__consumer_offsets`.
    pub partitions: Vec<PartitionFrame>,
    /// Packets on their way; at most [`PACKETS_MAX`], the latest sent.
    pub packets: Vec<PacketFrame>,
}

/// Packets that a frame shows at most.
pub const PACKETS_MAX: usize = 200;

/// A broker at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerFrame {
    /// Which.
    pub broker: BrokerId,
    /// Its rack, from 1.
    pub rack: u8,
    /// Its process.
    pub state: NodeState,
    /// Does the active controller hold it for fenced?
    pub fenced: bool,
    /// Partitions it believes to lead.
    pub leads: u16,
    /// Requests in its queue or in a handler.
    pub requests: u32,
    /// acks=all requests that wait for replication.
    pub parked_produces: u32,
    /// Bytes in its page cache that are not on disk.
    pub dirty_bytes: u64,
}

/// A controller at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControllerFrame {
    /// Which.
    pub controller: ControllerId,
    /// Its rack, from 1.
    pub rack: u8,
    /// Its process.
    pub state: NodeState,
    /// Does it believe to be the active one?
    pub active: bool,
    /// The quorum's epoch that it knows.
    pub epoch: i32,
    /// End of its metadata log.
    pub log_end: u64,
}

/// A producer at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProducerFrame {
    /// Its process.
    pub state: NodeState,
    /// Its rack, from 1.
    pub rack: u8,
    /// Records that wait in the source, before `send()`.
    pub queued_records: u64,
    /// Is the application blocked in `send()`?
    pub blocked: bool,
    /// Bytes of buffer.memory in use.
    pub buffer_bytes: u64,
    /// Requests without an answer.
    pub in_flight: u32,
}

/// A consumer at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsumerFrame {
    /// Its process.
    pub state: NodeState,
    /// Its rack, from 1.
    pub rack: u8,
    /// Is it a member of the group, with an assignment?
    pub member: bool,
    /// The generation it knows.
    pub generation: i32,
    /// Each partition it owns.
    pub owned: Vec<OwnedFrame>,
    /// Records handed out and not yet processed.
    pub unprocessed: u64,
}

/// A consumer's partition at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedFrame {
    /// Which.
    pub partition: PartitionId,
    /// The next record that `poll()` returns.
    pub position: u64,
    /// The group's committed offset, as the consumer knows it.
    pub committed: Option<u64>,
}

/// A partition at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionFrame {
    /// Which.
    pub partition: PartitionId,
    /// The controller's leader.
    pub leader: Option<BrokerId>,
    /// The controller's leader epoch.
    pub leader_epoch: i32,
    /// The controller's ISR.
    pub isr: BrokerSet,
    /// The controller's ELR.
    pub elr: BrokerSet,
    /// Its replicas, in order of preference.
    pub replicas: Vec<ReplicaFrame>,
}

/// A replica at a moment; of a broker that is down: what its disk holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaFrame {
    /// Where.
    pub broker: BrokerId,
    /// Does this broker believe to lead?
    pub leading: bool,
    /// In which epoch it last led or followed.
    pub leader_epoch: i32,
    /// First offset.
    pub start: u64,
    /// Log end.
    pub end: u64,
    /// High watermark, as this replica knows it.
    pub high_watermark: u64,
    /// Everything below is on disk.
    pub flushed: u64,
    /// The epochs of its log's tail: (epoch, start offset), oldest first, at most 8.
    pub epochs: Vec<(i32, u64)>,
    /// Up to which offset its log equals the current leader's.
    pub agrees: u64,
}

/// A packet on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketFrame {
    /// Its number.
    pub packet: u32,
    /// From whom.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// Which request or response.
    pub api: Api,
    /// Request or response?
    pub response: bool,
    /// When it was sent.
    pub sent: Instant,
    /// When it arrives, if nothing happens to it.
    pub arrives: Instant,
}
