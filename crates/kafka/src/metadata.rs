//! Cluster metadata: what the controllers' replicated log says, record by record, and the image that a reader of that
//! log has. Every broker and every controller has an image of its own, as old as what it has read.

use highwater_model::trace::{ChangeCause, Election};
use highwater_model::{BrokerId, BrokerSet, ControllerId, PartitionId};
use smallvec::SmallVec;

/// Replicas of a partition, in order of preference.
pub type Replicas = SmallVec<[BrokerId; 4]>;

/// What the controller holds of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// In order of preference.
    pub replicas: Replicas,
    /// In-sync replicas.
    pub isr: BrokerSet,
    /// Eligible leader replicas.
    pub elr: BrokerSet,
    /// The last known leader, while ISR and ELR are empty.
    pub last_known: Option<BrokerId>,
    /// The leader.
    pub leader: Option<BrokerId>,
    /// Grows with each leader.
    pub leader_epoch: i32,
    /// Grows with each change.
    pub partition_epoch: i32,
    /// Elected uncleanly and not yet confirmed by its leader.
    pub recovering: bool,
}

/// What the controller holds of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokerState {
    /// The broker epoch: offset of its registration in the metadata log.
    pub epoch: u64,
    /// Which process it is.
    pub incarnation: u32,
    /// Out of service?
    pub fenced: bool,
    /// On its way out?
    pub shutting_down: bool,
}

/// A record of the metadata log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataRecord {
    /// A broker registered; it is fenced.
    Registered {
        /// Which.
        broker: BrokerId,
        /// Its epoch.
        epoch: u64,
        /// Which process.
        incarnation: u32,
        /// Did it show a clean stop?
        clean: bool,
    },
    /// A broker was fenced.
    Fenced(BrokerId),
    /// A broker was unfenced.
    Unfenced(BrokerId),
    /// A broker asked to stop.
    ShuttingDown(BrokerId),
    /// A partition changed.
    Partition {
        /// Which.
        partition: PartitionId,
        /// Its new state.
        state: PartitionState,
        /// How its leader was found.
        election: Election,
        /// Why.
        cause: ChangeCause,
    },
    /// A controller became leader of the quorum.
    LeaderChange(ControllerId),
    /// Nothing; it shows that the quorum lives.
    NoOp,
}

/// What a reader of the metadata log knows, up to an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Exclusive end of what was read.
    pub offset: u64,
    /// By broker id (index 0 is unused).
    brokers: Vec<Option<BrokerState>>,
    /// By partition.
    partitions: Vec<Option<PartitionState>>,
}

impl Image {
    /// Of an empty log.
    pub fn new(brokers: u8, partitions: u16) -> Self {
        Self {
            offset: 0,
            brokers: vec![None; usize::from(brokers) + 1],
            partitions: vec![None; usize::from(partitions)],
        }
    }

    /// Applies the next record of the log.
    pub fn apply(&mut self, record: &MetadataRecord) {
        self.offset += 1;
        match record {
            MetadataRecord::Registered { broker, epoch, incarnation, clean: _ } => {
                self.brokers[usize::from(broker.0)] = Some(BrokerState {
                    epoch: *epoch,
                    incarnation: *incarnation,
                    fenced: true,
                    shutting_down: false,
                });
            }
            MetadataRecord::Fenced(broker) => self.with_broker(*broker, |state| state.fenced = true),
            MetadataRecord::Unfenced(broker) => self.with_broker(*broker, |state| state.fenced = false),
            MetadataRecord::ShuttingDown(broker) => self.with_broker(*broker, |state| state.shutting_down = true),
            MetadataRecord::Partition { partition, state, .. } => {
                self.partitions[partition.index()] = Some(state.clone());
            }
            MetadataRecord::LeaderChange(_) | MetadataRecord::NoOp => (),
        }
    }

    fn with_broker(&mut self, broker: BrokerId, change: impl FnOnce(&mut BrokerState)) {
        if let Some(state) = &mut self.brokers[usize::from(broker.0)] {
            change(state);
        }
    }

    /// A broker, if it ever registered.
    pub fn broker(&self, broker: BrokerId) -> Option<&BrokerState> {
        self.brokers[usize::from(broker.0)].as_ref()
    }

    /// A partition, if it exists.
    pub fn partition(&self, partition: PartitionId) -> Option<&PartitionState> {
        self.partitions[partition.index()].as_ref()
    }

    /// All partitions, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionId, &PartitionState)> {
        self.partitions.iter().enumerate().filter_map(|(index, state)| Some((PartitionId(index as u16), state.as_ref()?)))
    }

    /// All registered brokers, in order.
    pub fn brokers(&self) -> impl Iterator<Item = (BrokerId, &BrokerState)> {
        self.brokers.iter().enumerate().filter_map(|(index, state)| Some((BrokerId(index as u8), state.as_ref()?)))
    }

    /// May the broker lead and be in an ISR: registered, not fenced, not shutting down?
    pub fn is_active(&self, broker: BrokerId) -> bool {
        self.broker(broker).is_some_and(|state| !state.fenced && !state.shutting_down)
    }
}
