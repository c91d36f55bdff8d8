//! The controller's committed view and the state of every process, as the trace tells them; what a partition is good
//! for at a moment follows from these.

use highwater_model::admin::ConfigScope;
use highwater_model::settings::Acks;
use highwater_model::trace::{ChangeCause, Election, Entry, NodeState};
use highwater_model::{BrokerId, BrokerSet, Layout, NodeId, PartitionId, Scenario, SettingId, Topic};

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
    /// All partitions.
    Everything,
}

/// The cluster as far as it decides what its partitions are good for.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    partitions: Vec<PartitionView>,
    brokers: [NodeState; BROKER_SLOTS],
    acks: Acks,
    layout: Layout,
    /// Min ISR by topic.
    min_isr: [MinIsr; 3],
    replicas: Vec<Assigned>,
    /// Does a topic need no more in-sync replicas than it has replicas?
    caps: bool,
}

/// How many replicas a partition has.
#[derive(Clone, Copy, Debug)]
struct Assigned {
    all: u32,
    /// Without those that a reassignment adds.
    factor: u32,
    /// The fewest there ever were: brokers may not have heard of more.
    least: u32,
}

/// `min.insync.replicas` of a topic, and what administrators made of it.
#[derive(Clone, Copy, Debug)]
struct MinIsr {
    /// As the scenario has it.
    said: u32,
    /// Did the scenario give it to the topic itself?
    is_own: bool,
    topic: Option<u32>,
    cluster: Option<u32>,
    /// What brokers may not have heard of yet is not asked of them: the least value that was ever in force.
    least: u32,
}

impl MinIsr {
    fn of(said: u8, is_own: bool) -> Self {
        let said = u32::from(said);
        Self { said, is_own, topic: None, cluster: None, least: said }
    }

    /// A topic's own value is the strongest, then the cluster's.
    fn value(&self) -> u32 {
        let cluster = self.cluster.filter(|_| !self.is_own);
        self.topic.or(cluster).unwrap_or(self.said)
    }
}

impl Cluster {
    pub fn new(scenario: &Scenario) -> Self {
        let setup = &scenario.setup;
        let layout = setup.layout();
        let min_isr = i64::from(setup.topic.min_insync_replicas);
        let factor = |partition| u32::from(setup.replication_factor(layout.topic_of(partition)));
        let min_isr_of = |topic, is_own| MinIsr::of(setup.min_insync_replicas(topic), is_own);
        Self {
            partitions: layout.partitions().map(|_| PartitionView::UNKNOWN).collect(),
            brokers: [NodeState::Running; BROKER_SLOTS],
            acks: setup.producer.acks,
            caps: setup.version.eff_min_isr,
            min_isr: [
                min_isr_of(Topic::Data, min_isr != SettingId::MinIsr.default_value()),
                min_isr_of(Topic::Offsets, false),
                min_isr_of(Topic::Transactions, true),
            ],
            replicas: layout.partitions().map(factor).map(|n| Assigned { all: n, factor: n, least: n }).collect(),
            layout,
        }
    }

    fn configured(&mut self, scope: ConfigScope, value: Option<i64>) {
        let value = value.map(|value| value as u32);
        // `__transaction_state` was created with a value of its own.
        for (index, min_isr) in self.min_isr.iter_mut().take(2).enumerate() {
            match scope {
                ConfigScope::Topic if index == 0 => min_isr.topic = value,
                ConfigScope::Cluster => min_isr.cluster = value,
                ConfigScope::Topic => (),
                ConfigScope::Broker(_) => min_isr.least = min_isr.least.min(value.unwrap_or(min_isr.least)),
            }
            min_isr.least = min_isr.least.min(min_isr.value());
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
            Entry::Reassigned { partition, replicas, adding, .. } => {
                let (all, factor) = (replicas.len(), replicas.minus(adding).len());
                let least = self.replicas[partition.index()].least.min(all);
                self.replicas[partition.index()] = Assigned { all, factor, least };
                Change::Nothing // the partition's change follows
            }
            Entry::Configured { scope, setting: SettingId::MinIsr, value } => {
                self.configured(scope, value);
                Change::Everything
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
        self.layout.data()
    }

    /// Does the partition hold the scenario's records?
    pub fn is_data(&self, partition: PartitionId) -> bool {
        self.layout.is_data(partition)
    }

    /// All partitions.
    pub fn all(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.partitions.len() as u16).map(PartitionId)
    }

    pub fn topic_of(&self, partition: PartitionId) -> Topic {
        self.layout.topic_of(partition)
    }

    /// The effective min ISR of the partition's topic.
    pub fn min_isr(&self, partition: PartitionId) -> u32 {
        self.capped(self.min_isr[self.layout.topic_of(partition) as usize].value(), self.replicas(partition))
    }

    /// The effective min ISR that every broker has heard of.
    pub fn min_isr_known(&self, partition: PartitionId) -> u32 {
        let least = self.min_isr[self.layout.topic_of(partition) as usize].least;
        self.capped(least, self.replicas[partition.index()].least)
    }

    fn capped(&self, min_isr: u32, replicas: u32) -> u32 {
        if self.caps { min_isr.min(replicas) } else { min_isr }
    }

    /// Replicas of a partition, those that come and go included.
    pub fn replicas(&self, partition: PartitionId) -> u32 {
        self.replicas[partition.index()].all
    }

    /// How many replicas a partition is to have; those that a reassignment adds do not count yet.
    pub fn replication_factor(&self, partition: PartitionId) -> u32 {
        self.replicas[partition.index()].factor
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
