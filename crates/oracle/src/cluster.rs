//! The controller's committed view and the state of every process, as the trace tells them; what a partition is good
//! for at a moment follows from these.

use highwater_model::settings::Acks;
use highwater_model::trace::{ChangeCause, Election, Entry, NodeState};
use highwater_model::{BrokerId, BrokerSet, NodeId, PartitionId, Scenario};

/// Array places for one entry a broker, whose ids begin with 1.
pub(crate) const BROKER_SLOTS: usize = highwater_model::ids::BROKERS_MAX as usize + 1;

/// The controller's view of a partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PartitionView {
    pub leader: Option<BrokerId>,
    pub leader_epoch: i32,
    pub partition_epoch: i32,
    pub isr: BrokerSet,
    pub elr: BrokerSet,
    pub last_known: Option<BrokerId>,
    /// Has the leader taken over, or does it not know yet that it leads?
    pub led: bool,
}

impl PartitionView {
    const UNKNOWN: Self = Self {
        leader: None,
        leader_epoch: -1,
        partition_epoch: -1,
        isr: BrokerSet::EMPTY,
        elr: BrokerSet::EMPTY,
        last_known: None,
        led: false,
    };

    /// The replicas whose logs decide what is in the partition: the leader's, or where there is none, those that can
    /// still be elected without an election that forgets records.
    pub fn authority(&self) -> BrokerSet {
        match (self.leader, self.last_known) {
            (Some(leader), _) => BrokerSet::only(leader),
            (None, Some(last_known)) => self.isr.union(self.elr).with(last_known),
            (None, None) => self.isr.union(self.elr),
        }
    }
}

/// What an entry changed about a [`Cluster`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing that partitions depend on.
    Nothing,
    /// One partition.
    Partition(PartitionId),
    /// A broker's process, and with it all its partitions.
    Broker(BrokerId),
}

/// The cluster as far as it decides what its partitions are good for.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    partitions: Vec<PartitionView>,
    brokers: [NodeState; BROKER_SLOTS],
    acks: Acks,
    data_partitions: u16,
    /// Effective min ISR of the topic, then of `__consumer_offsets`.
    min_isr: [u32; 2],
    replication_factor: [u32; 2],
}

impl Cluster {
    pub fn new(scenario: &Scenario) -> Self {
        let setup = &scenario.setup;
        let layout = setup.layout();
        let replication_factor =
            [setup.topic.replication_factor, setup.cluster.offsets_topic_replication_factor].map(u32::from);
        let min_isr = [setup.topic.min_insync_replicas, setup.cluster.offsets_min_insync_replicas].map(u32::from);
        let capped = |of: usize| min_isr[of].min(replication_factor[of]);
        Self {
            partitions: layout.partitions().map(|_| PartitionView::UNKNOWN).collect(),
            brokers: [NodeState::Running; BROKER_SLOTS],
            acks: setup.producer.acks,
            data_partitions: layout.data_partitions,
            min_isr: if setup.version.eff_min_isr { [capped(0), capped(1)] } else { min_isr },
            replication_factor,
        }
    }

    /// Takes an entry in.
    pub fn observe(&mut self, entry: &Entry) -> Change {
        match *entry {
            Entry::Node { node: NodeId::Broker(broker), state } => {
                self.brokers[usize::from(broker.0)] = state;
                Change::Broker(broker)
            }
            Entry::PartitionChanged {
                partition,
                leader,
                leader_epoch,
                partition_epoch,
                isr,
                elr,
                last_known,
                cause,
                election,
            } => {
                let view = &mut self.partitions[partition.index()];
                let created = cause == ChangeCause::Created || view.leader_epoch == -1;
                let led = created || view.led && election == Election::Unchanged && view.leader_epoch == leader_epoch;
                *view = PartitionView { leader, leader_epoch, partition_epoch, isr, elr, last_known, led };
                Change::Partition(partition)
            }
            Entry::Leads { broker, partition, leader_epoch, .. } => {
                let view = &mut self.partitions[partition.index()];
                if view.leader == Some(broker) && view.leader_epoch == leader_epoch {
                    view.led = true;
                }
                Change::Partition(partition)
            }
            _ => Change::Nothing,
        }
    }

    /// The controller's view of a partition.
    pub fn view(&self, partition: PartitionId) -> &PartitionView {
        &self.partitions[partition.index()]
    }

    /// Partitions of the scenario's topic.
    pub fn data(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.data_partitions).map(PartitionId)
    }

    /// Does the partition hold the scenario's records?
    pub fn is_data(&self, partition: PartitionId) -> bool {
        partition.0 < self.data_partitions
    }

    /// All partitions.
    pub fn all(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.partitions.len() as u16).map(PartitionId)
    }

    /// The effective min ISR of the partition's topic.
    pub fn min_isr(&self, partition: PartitionId) -> u32 {
        self.min_isr[usize::from(!self.is_data(partition))]
    }

    /// Replicas of a partition of its topic.
    pub fn replication_factor(&self, partition: PartitionId) -> u32 {
        self.replication_factor[usize::from(!self.is_data(partition))]
    }

    /// Does the broker's process serve requests?
    pub fn serves(&self, broker: BrokerId) -> bool {
        matches!(self.brokers[usize::from(broker.0)], NodeState::Running | NodeState::Stopping)
    }

    /// Can the partition be read: does its leader live, and know that it leads?
    pub fn readable(&self, partition: PartitionId) -> bool {
        let view = self.view(partition);
        view.led && view.leader.is_some_and(|leader| self.serves(leader))
    }

    /// Can the producers' acks be had? With acks=all that needs an ISR large enough, and all of it alive, since a dead
    /// member holds the high watermark back.
    pub fn writable(&self, partition: PartitionId) -> bool {
        let view = self.view(partition);
        self.readable(partition)
            && (self.acks != Acks::All
                || self.min_isr(partition) <= view.isr.len() && view.isr.iter().all(|member| self.serves(member)))
    }
}
