//! Who and what: nodes, partitions, sets of brokers, and how a scenario's topics are numbered.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A broker; the first is 1, as `node.id` usually is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BrokerId(pub u8);

/// A KRaft controller; the first is 1 and is shown as `c1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ControllerId(pub u8);

/// Any process of a scenario. Producers and consumers count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeId {
    /// A broker.
    Broker(BrokerId),
    /// A KRaft controller.
    Controller(ControllerId),
    /// A producer application.
    Producer(u8),
    /// A consumer application, a member of the one group.
    Consumer(u8),
}

impl NodeId {
    /// Is this a broker or a controller?
    pub const fn is_server(self) -> bool {
        matches!(self, NodeId::Broker(_) | NodeId::Controller(_))
    }
}

impl fmt::Display for BrokerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.0)
    }
}

impl fmt::Display for ControllerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NodeId::Broker(broker) => broker.fmt(f),
            NodeId::Controller(controller) => controller.fmt(f),
            NodeId::Producer(n) => write!(f, "producer-{n}"),
            NodeId::Consumer(n) => write!(f, "consumer-{n}"),
        }
    }
}

/// The most brokers a scenario may have.
pub const BROKERS_MAX: u8 = 15;

/// A set of brokers, such as an ISR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BrokerSet(u16);

impl BrokerSet {
    /// Nobody.
    pub const EMPTY: Self = Self(0);

    /// The set of one broker.
    pub const fn only(broker: BrokerId) -> Self {
        Self(1 << broker.0)
    }

    /// Is the broker a member?
    pub const fn contains(self, broker: BrokerId) -> bool {
        self.0 & (1 << broker.0) != 0
    }

    /// This set and the broker.
    #[must_use]
    pub const fn with(self, broker: BrokerId) -> Self {
        Self(self.0 | 1 << broker.0)
    }

    /// This set without the broker.
    #[must_use]
    pub const fn without(self, broker: BrokerId) -> Self {
        Self(self.0 & !(1 << broker.0))
    }

    /// The members of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members of this set that are not in the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members of both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Are all members of this set in the other?
    pub const fn is_subset(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many members.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Is it nobody?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in order of their ids.
    pub fn iter(self) -> impl Iterator<Item = BrokerId> {
        (0..=BROKERS_MAX).map(BrokerId).filter(move |broker| self.contains(*broker))
    }
}

impl FromIterator<BrokerId> for BrokerSet {
    fn from_iter<I: IntoIterator<Item = BrokerId>>(brokers: I) -> Self {
        brokers.into_iter().fold(Self::EMPTY, BrokerSet::with)
    }
}

impl fmt::Display for BrokerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, broker) in self.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            broker.fmt(f)?;
        }
        f.write_str("]")
    }
}

/// A partition of any topic, numbered densely: first those of the scenario's topic, then `__consumer_offsets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionId(pub u16);

impl PartitionId {
    /// As an index into arrays over all partitions.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A transactional id: who a producer is over all its processes. Producer applications have those of their own
/// numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransactionalId(pub u16);

impl fmt::Display for TransactionalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "producer-{}", self.0)
    }
}

/// How a scenario's partitions are numbered, and what they are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The name of the scenario's topic.
    pub topic: String,
    /// Partitions of the scenario's topic.
    pub data_partitions: u16,
    /// Partitions of `__consumer_offsets`.
    pub offsets_partitions: u16,
    /// Partitions of `__transaction_state`; none where nobody uses transactions.
    pub transaction_partitions: u16,
}

/// What a partition belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The scenario's topic.
    Data,
    /// `__consumer_offsets`.
    Offsets,
    /// `__transaction_state`.
    Transactions,
}

impl Layout {
    /// How many partitions all topics have.
    pub const fn count(&self) -> u16 {
        self.data_partitions + self.offsets_partitions + self.transaction_partitions
    }

    /// All partitions of all topics.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.count()).map(PartitionId)
    }

    /// Which topic a partition belongs to.
    pub const fn topic_of(&self, partition: PartitionId) -> Topic {
        if partition.0 < self.data_partitions {
            Topic::Data
        } else if partition.0 < self.data_partitions + self.offsets_partitions {
            Topic::Offsets
        } else {
            Topic::Transactions
        }
    }

    /// The partitions of the scenario's topic.
    pub fn data(&self) -> impl Iterator<Item = PartitionId> + use<> {
        (0..self.data_partitions).map(PartitionId)
    }

    /// Does the partition hold the scenario's records (and not those of a coordinator)?
    pub const fn is_data(&self, partition: PartitionId) -> bool {
        partition.0 < self.data_partitions
    }

    /// A topic's first partition.
    pub const fn first_of(&self, topic: Topic) -> PartitionId {
        match topic {
            Topic::Data => PartitionId(0),
            Topic::Offsets => PartitionId(self.data_partitions),
            Topic::Transactions => PartitionId(self.data_partitions + self.offsets_partitions),
        }
    }

    /// The n-th partition of `__consumer_offsets`.
    pub const fn offsets_partition(&self, n: u16) -> PartitionId {
        PartitionId(self.data_partitions + n)
    }

    /// The partition of `__transaction_state` that a transactional id belongs to: its name's `String.hashCode`, modulo
    /// the partitions. None where nobody uses transactions.
    pub fn transaction_partition(&self, id: TransactionalId) -> Option<PartitionId> {
        let hash = java_hash(&id.to_string()) & i32::MAX.cast_unsigned(); // Utils.abs
        let n = hash.checked_rem(u32::from(self.transaction_partitions))?;
        Some(PartitionId(self.data_partitions + self.offsets_partitions + n as u16))
    }

    /// The partition's name as Kafka writes it, such as `payments-0`.
    pub fn name(&self, partition: PartitionId) -> String {
        let offsets = self.data_partitions;
        match self.topic_of(partition) {
            Topic::Data => format!("{}-{}", self.topic, partition.0),
            Topic::Offsets => format!("__consumer_offsets-{}", partition.0 - offsets),
            Topic::Transactions => {
                format!("__transaction_state-{}", partition.0 - offsets - self.offsets_partitions)
            }
        }
    }

    /// The partition's short name in conformance cases: `t-0` of the scenario's topic, whatever that is called, else as
    /// Kafka writes it.
    pub fn short_name(&self, partition: PartitionId) -> String {
        if self.is_data(partition) { format!("t-{}", partition.0) } else { self.name(partition) }
    }

    /// The partition of a short name, if there is one.
    pub fn by_short_name(&self, name: &str) -> Option<PartitionId> {
        let (topic, number) = name.rsplit_once('-')?;
        let number: u16 = number.parse().ok()?;
        match topic {
            "t" if number < self.data_partitions => Some(PartitionId(number)),
            "__consumer_offsets" if number < self.offsets_partitions => Some(self.offsets_partition(number)),
            "__transaction_state" if number < self.transaction_partitions => {
                Some(PartitionId(self.first_of(Topic::Transactions).0 + number))
            }
            _ => None,
        }
    }
}

/// Java's `String.hashCode`, by which coordinators are found.
pub fn java_hash(text: &str) -> u32 {
    text.bytes().fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)))
}
