//! Cluster metadata: what the controllers' replicated log says, record by record, and the image that a reader of that
//! log has. Every broker and every controller has an image of its own, as old as what it has read.

use crate::configs::{Configs, Override};
use crate::placement::Placer;
use highwater_model::settings::VersionSettings;
use highwater_model::trace::{ChangeCause, Election, Entry};
use highwater_model::{BrokerId, BrokerSet, ControllerId, Layout, NodeId, PartitionId, Setup, Topic};
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
    /// Replicas that a reassignment adds.
    pub adding: BrokerSet,
    /// Replicas that a reassignment takes away.
    pub removing: BrokerSet,
    /// In which log directory of each broker its replica is, as far as the brokers have said.
    pub directories: Directories,
}

/// A log directory for each broker: four bits a broker, 0 where none is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Directories(u64);

impl Directories {
    /// The broker's directory, from 1; none where it has not said.
    pub const fn of(self, broker: BrokerId) -> Option<u8> {
        match (self.0 >> (4 * broker.0) & 15) as u8 {
            0 => None,
            dir => Some(dir),
        }
    }

    /// With this directory for the broker; 0 takes it away.
    #[must_use]
    pub const fn with(self, broker: BrokerId, dir: u8) -> Self {
        let place = 4 * broker.0;
        Self(self.0 & !(15 << place) | (dir as u64 & 15) << place)
    }
}

/// Log directories of one broker, one bit each; directory 1 is bit 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DirectorySet(u8);

impl DirectorySet {
    /// None.
    pub const EMPTY: Self = Self(0);

    /// Directories 1 to `count`.
    pub const fn first(count: u8) -> Self {
        Self(((1_u16 << count) - 1) as u8)
    }

    /// Is the directory in it?
    pub const fn contains(self, dir: u8) -> bool {
        self.0 & 1 << (dir - 1) != 0
    }

    /// With this directory too.
    #[must_use]
    pub const fn with(self, dir: u8) -> Self {
        Self(self.0 | 1 << (dir - 1))
    }

    /// Without those of another set.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Has it none?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its directories, in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (1..=8).filter(move |dir| self.contains(*dir))
    }
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
    /// Log directories that work, as far as the controller knows.
    pub online: DirectorySet,
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
        /// Its log directories that work.
        online: DirectorySet,
    },
    /// Some of a broker's log directories failed.
    DirectoriesOffline {
        /// Whose.
        broker: BrokerId,
        /// What still works.
        online: DirectorySet,
    },
    /// A dynamic value was set or taken away.
    Config(Override),
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
    /// Dynamic configuration.
    pub configs: Configs,
}

impl Image {
    /// Of an empty log.
    pub fn new(brokers: u8, partitions: u16) -> Self {
        Self {
            offset: 0,
            brokers: vec![None; usize::from(brokers) + 1],
            partitions: vec![None; usize::from(partitions)],
            configs: Configs::default(),
        }
    }

    /// Applies the next record of the log.
    pub fn apply(&mut self, record: &MetadataRecord) {
        self.offset += 1;
        match record {
            MetadataRecord::Registered { broker, epoch, incarnation, online, clean: _ } => {
                let (epoch, incarnation, online) = (*epoch, *incarnation, *online);
                self.brokers[usize::from(broker.0)] =
                    Some(BrokerState { epoch, incarnation, fenced: true, shutting_down: false, online });
            }
            MetadataRecord::DirectoriesOffline { broker, online } => {
                self.with_broker(*broker, |state| state.online = *online);
            }
            MetadataRecord::Config(change) => self.configs.set(*change),
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
        self.brokers.get(usize::from(broker.0))?.as_ref()
    }

    /// A partition, if it exists.
    pub fn partition(&self, partition: PartitionId) -> Option<&PartitionState> {
        self.partitions.get(partition.index())?.as_ref()
    }

    /// All partitions, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionId, &PartitionState)> {
        self.partitions
            .iter()
            .enumerate()
            .filter_map(|(index, state)| Some((PartitionId(index as u16), state.as_ref()?)))
    }

    /// All registered brokers, in order.
    pub fn brokers(&self) -> impl Iterator<Item = (BrokerId, &BrokerState)> {
        self.brokers.iter().enumerate().filter_map(|(index, state)| Some((BrokerId(index as u8), state.as_ref()?)))
    }

    /// May the broker lead and be in an ISR: registered, not fenced, not shutting down?
    pub fn is_active(&self, broker: BrokerId) -> bool {
        self.broker(broker).is_some_and(|state| !state.fenced && !state.shutting_down)
    }

    /// May the broker be in an ISR? ZooKeeper knows only who is alive; before 3.3 nobody asked.
    pub fn may_be_in_isr(&self, broker: BrokerId, version: &VersionSettings) -> bool {
        match self.broker(broker) {
            Some(_) if !version.isr_fenced_check => true,
            Some(state) => !state.fenced && (!state.shutting_down || !version.kraft),
            None => false,
        }
    }

    /// Is the broker's replica of this partition in a directory that works, as far as is known?
    pub fn is_within_reach(&self, state: &PartitionState, broker: BrokerId) -> bool {
        match (state.directories.of(broker), self.broker(broker)) {
            (Some(dir), Some(broker)) => broker.online.contains(dir),
            _ => true,
        }
    }
}

/// The cluster as a run finds it: brokers registered, partitions created. It is the start of the metadata log of every
/// controller, and what every broker has read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitialCluster {
    /// By broker: the first is broker 1. `shutting_down` is not kept.
    pub brokers: Vec<BrokerState>,
    /// By partition. Those that are to be created have no replicas yet.
    pub partitions: Vec<PartitionState>,
}

impl InitialCluster {
    /// A healthy cluster: every broker's first process is registered and unfenced, replicas are placed as Kafka places
    /// them, preferred replicas lead, and ISRs are full.
    pub fn place(setup: &Setup, layout: &Layout) -> Self {
        let cluster = &setup.cluster;
        let all = (1..=cluster.brokers).map(BrokerId);
        let by_rack = by_rack(setup, all.clone());
        let mut placers = [(); 3].map(|()| Placer::new(by_rack.clone()));
        let first = setup.first_partitions();
        let partitions = layout.partitions().map(|partition| {
            let topic = layout.topic_of(partition);
            let exists = topic != Topic::Data || partition.0 < first;
            let replicas =
                if exists { placers[topic as usize].place(setup.replication_factor(topic)) } else { Replicas::new() };
            PartitionState::healthy(replicas)
        });
        let mut partitions: Vec<PartitionState> = partitions.collect();
        let dirs = cluster.log_dirs;
        spread_over_directories(&mut partitions, dirs);
        Self { partitions, brokers: all.map(|broker| BrokerState::first(broker, dirs)).collect() }
    }

    /// The partitions that exist, in order.
    pub fn partitions(&self) -> impl Iterator<Item = (PartitionId, &PartitionState)> {
        let all = self.partitions.iter().enumerate().map(|(index, state)| (PartitionId(index as u16), state));
        all.filter(|(_, state)| !state.replicas.is_empty())
    }

    /// A broker's epoch.
    pub fn broker_epoch(&self, broker: BrokerId) -> u64 {
        self.brokers[usize::from(broker.0) - 1].epoch
    }

    /// A broker's incarnation.
    pub fn broker_incarnation(&self, broker: BrokerId) -> u32 {
        self.brokers[usize::from(broker.0) - 1].incarnation
    }

    /// The metadata log that says all this; its first record is the election of the first controller.
    pub fn records(&self) -> Vec<MetadataRecord> {
        let mut records = vec![MetadataRecord::LeaderChange(ControllerId(1))];
        let brokers = || self.brokers.iter().enumerate().map(|(index, state)| (BrokerId(index as u8 + 1), state));
        records.extend(brokers().map(|(broker, state)| MetadataRecord::Registered {
            broker,
            epoch: state.epoch,
            incarnation: state.incarnation,
            clean: true,
            online: state.online,
        }));
        records
            .extend(brokers().filter(|(_, state)| !state.fenced).map(|(broker, _)| MetadataRecord::Unfenced(broker)));
        records.extend(self.partitions().map(|(partition, state)| MetadataRecord::Partition {
            partition,
            state: state.clone(),
            election: Election::Clean,
            cause: ChangeCause::Created,
        }));
        records
    }

    /// What a run tells of all this before it begins.
    pub fn prologue(&self) -> Vec<Entry> {
        let mut told = Vec::new();
        for (index, state) in self.brokers.iter().enumerate() {
            let broker = BrokerId(index as u8 + 1);
            told.push(Entry::Registered { broker, epoch: state.epoch, clean: true });
            told.push(if state.fenced { Entry::Fenced { broker } } else { Entry::Unfenced { broker } });
        }
        told.extend(
            self.partitions().map(|(partition, state)| state.changed(partition, Election::Clean, ChangeCause::Created)),
        );
        told
    }

    /// What a reader knows who has read all of that log.
    pub fn image(&self) -> Image {
        let mut image = Image::new(self.brokers.len() as u8, self.partitions.len() as u16);
        for record in self.records() {
            image.apply(&record);
        }
        image
    }
}

/// These brokers by rack, for a [`Placer`].
pub(crate) fn by_rack(setup: &Setup, brokers: impl Iterator<Item = BrokerId> + Clone) -> Vec<Vec<BrokerId>> {
    let racks = if setup.cluster.rack_aware { setup.cluster.racks } else { 1 };
    let of_rack = |rack| {
        let is_there = |broker: &BrokerId| racks == 1 || setup.rack(NodeId::Broker(*broker)) == rack;
        brokers.clone().filter(is_there).collect()
    };
    (1..=racks).map(of_rack).filter(|brokers: &Vec<BrokerId>| !brokers.is_empty()).collect()
}

/// Each broker puts its replicas, one after another, where it has the fewest (LogManager.nextLogDir).
fn spread_over_directories(partitions: &mut [PartitionState], dirs: u8) {
    let mut held = [0_u16; 16];
    for state in partitions {
        for broker in state.replicas.clone() {
            let next = &mut held[usize::from(broker.0)];
            state.directories = state.directories.with(broker, (*next % u16::from(dirs)) as u8 + 1);
            *next += 1;
        }
    }
}

impl BrokerState {
    /// A broker's first process, unfenced: its registration follows the election of the first controller in the log.
    fn first(broker: BrokerId, dirs: u8) -> Self {
        let online = DirectorySet::first(dirs);
        Self { epoch: u64::from(broker.0), incarnation: 1, fenced: false, shutting_down: false, online }
    }
}

impl PartitionState {
    /// The change to this state, as the trace tells it.
    pub fn changed(&self, partition: PartitionId, election: Election, cause: ChangeCause) -> Entry {
        Entry::PartitionChanged {
            partition,
            leader: self.leader,
            leader_epoch: self.leader_epoch,
            partition_epoch: self.partition_epoch,
            isr: self.isr,
            elr: self.elr,
            last_known: self.last_known,
            election,
            cause,
        }
    }

    /// A new partition: the preferred replica leads, and all are in sync.
    pub fn healthy(replicas: Replicas) -> Self {
        Self {
            isr: replicas.iter().copied().collect(),
            elr: BrokerSet::EMPTY,
            last_known: None,
            leader: replicas.first().copied(),
            leader_epoch: 0,
            partition_epoch: 0,
            recovering: false,
            replicas,
            adding: BrokerSet::EMPTY,
            removing: BrokerSet::EMPTY,
            directories: Directories::default(),
        }
    }

    /// The change of the assignment from another state to this one, as the trace tells it; none where it is the same.
    pub fn reassigned(&self, partition: PartitionId, before: Option<&Self>) -> Option<Entry> {
        let same = |before: &Self| {
            (&before.replicas, before.adding, before.removing) == (&self.replicas, self.adding, self.removing)
        };
        if before.is_none_or(same) {
            return None;
        }
        let (adding, removing) = (self.adding, self.removing);
        Some(Entry::Reassigned { partition, replicas: self.replicas.iter().copied().collect(), adding, removing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;

    #[test]
    fn a_healthy_cluster_has_full_isrs_and_broker_epochs_at_their_registrations() {
        for preset in Preset::ALL {
            let (setup, layout) = (preset.setup(), preset.setup().layout());
            let initial = InitialCluster::place(&setup, &layout);
            let image = initial.image();
            assert_eq!(image.offset, initial.records().len() as u64);
            for (broker, state) in image.brokers() {
                let record = &initial.records()[state.epoch as usize];
                assert!(
                    matches!(record, MetadataRecord::Registered { broker: registered, .. } if *registered == broker)
                );
                assert!(image.is_active(broker));
            }
            for (partition, state) in image.partitions() {
                let factor = setup.replication_factor(layout.topic_of(partition));
                assert_eq!(state.isr.len(), u32::from(factor));
                assert_eq!(state.leader, Some(state.replicas[0]));
            }
        }
    }
}
