//! A scenario is one cluster with its clients, faults and seed: everything a run depends on. A comparison is two of
//! them, lanes A and B, and what they share.

use crate::fault::{Cut, Fault, FaultKind, Target};
use crate::ids::{Layout, NodeId, PartitionId, Topic};
use crate::presets::Preset;
use crate::profile::Profile;
use crate::settings::{
    Acks, ClusterSettings, ConsumerSettings, EnvironmentSettings, ProducerSettings, SettingId, TopicSettings,
    VersionSettings, WorkloadSettings,
};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// The settings of one lane: everything but faults, seed and duration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Setup {
    /// The preset it started from; links and files say only what differs from it.
    pub preset: Preset,
    /// The release it is of: what the preset's switches and defaults are.
    pub profile: Profile,
    /// Brokers and controllers.
    pub cluster: ClusterSettings,
    /// The topic.
    pub topic: TopicSettings,
    /// The producers.
    pub producer: ProducerSettings,
    /// The consumers.
    pub consumer: ConsumerSettings,
    /// Load and applications.
    pub workload: WorkloadSettings,
    /// Machines and network.
    pub environment: EnvironmentSettings,
    /// What the release does.
    pub version: VersionSettings,
}

impl Setup {
    /// What it would be without any change: its preset, in its release.
    pub const fn base(&self) -> Setup {
        self.preset.setup_in(self.profile)
    }

    /// The settings whose value differs from the preset's.
    pub fn changed(&self) -> impl Iterator<Item = SettingId> + '_ {
        let preset = self.base();
        SettingId::ALL.iter().copied().filter(move |setting| setting.get(self) != setting.get(&preset))
    }

    /// Partitions of the scenario's topic that exist when the run begins.
    pub fn first_partitions(&self) -> u16 {
        match self.topic.initial_partitions {
            0 => self.topic.partitions,
            some => some.min(self.topic.partitions),
        }
    }

    /// How its partitions are numbered and named.
    pub fn layout(&self) -> Layout {
        Layout {
            topic: self.preset.topic().to_owned(),
            data_partitions: self.topic.partitions,
            offsets_partitions: self.cluster.offsets_topic_num_partitions,
            transaction_partitions: if self.producer.transactional_id {
                self.cluster.transaction_state_log_num_partitions
            } else {
                0
            },
        }
    }

    /// `min.insync.replicas` of a topic.
    pub const fn min_insync_replicas(&self, topic: Topic) -> u8 {
        match topic {
            Topic::Data => self.topic.min_insync_replicas,
            Topic::Offsets => self.cluster.offsets_min_insync_replicas,
            Topic::Transactions => self.cluster.transaction_state_log_min_isr,
        }
    }

    /// Replicas of a topic's partitions.
    pub const fn replication_factor(&self, topic: Topic) -> u8 {
        match topic {
            Topic::Data => self.topic.replication_factor,
            Topic::Offsets => self.cluster.offsets_topic_replication_factor,
            Topic::Transactions => self.cluster.transaction_state_log_replication_factor,
        }
    }

    /// The rack (from 1) of a node: each kind is dealt round-robin over the racks.
    pub fn rack(&self, node: NodeId) -> u8 {
        let number = match node {
            NodeId::Broker(broker) => broker.0,
            NodeId::Controller(controller) => controller.0,
            NodeId::Producer(n) | NodeId::Consumer(n) => n,
        };
        (number - 1) % self.cluster.racks + 1
    }

    /// Every process of the set-up, in a fixed order.
    pub fn nodes(&self) -> Vec<NodeId> {
        let brokers = (1..=self.cluster.brokers).map(|n| NodeId::Broker(crate::BrokerId(n)));
        let controllers = (1..=self.cluster.controllers).map(|n| NodeId::Controller(crate::ControllerId(n)));
        let producers = (1..=self.workload.producers).map(NodeId::Producer);
        let consumers = (1..=self.workload.consumers).map(NodeId::Consumer);
        brokers.chain(controllers).chain(producers).chain(consumers).collect()
    }
}

/// One cluster with its clients, faults and seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// Settings.
    pub setup: Setup,
    /// Faults, in any order.
    pub faults: Vec<Fault>,
    /// Seed of all dice.
    pub seed: u64,
    /// How long the run is observed.
    pub duration: Duration,
}

/// A lane of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LaneId {
    /// The first, on the left.
    A,
    /// The second, on the right.
    B,
}

impl LaneId {
    /// Both lanes.
    pub const ALL: [LaneId; 2] = [LaneId::A, LaneId::B];

    /// 0 or 1.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Which lanes a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lanes {
    /// Both.
    Both,
    /// One of them.
    Only(LaneId),
}

impl Lanes {
    /// Is the lane among them?
    pub fn include(self, lane: LaneId) -> bool {
        match self {
            Lanes::Both => true,
            Lanes::Only(only) => only == lane,
        }
    }
}

/// A fault of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedFault {
    /// Whom it strikes.
    pub lanes: Lanes,
    /// The fault.
    pub fault: Fault,
}

/// Two lanes, and what they share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Settings of A and B.
    pub lanes: [Setup; 2],
    /// Faults of both or either.
    pub faults: Vec<PlacedFault>,
    /// Seed of all dice, in both lanes.
    pub seed: u64,
    /// How long the runs are observed.
    pub duration: Duration,
}

impl Comparison {
    /// The releases it is about: one where both lanes are of the same.
    pub fn releases(&self) -> String {
        let [a, b] = LaneId::ALL.map(|lane| self.lanes[lane.index()].profile);
        if a == b { a.name().to_owned() } else { format!("{} / {}", a.name(), b.name()) }
    }

    /// The scenario of one lane.
    pub fn scenario(&self, lane: LaneId) -> Scenario {
        Scenario {
            setup: self.lanes[lane.index()].clone(),
            faults: self.faults.iter().filter(|placed| placed.lanes.include(lane)).map(|placed| placed.fault).collect(),
            seed: self.seed,
            duration: self.duration,
        }
    }
}

/// The longest run, in seconds.
pub const DURATION_MAX: Duration = Duration::from_secs(3_600);

/// The most faults of a scenario.
pub const FAULTS_MAX: usize = 200;

/// The most records that a run may offer: what a browser's memory holds.
pub const RECORDS_MAX: u64 = 400_000_000;

/// Something that makes a scenario impossible, with the field, the value and the bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// A setting is outside its range.
    OutOfRange {
        /// The setting.
        setting: SettingId,
        /// Its value.
        value: i64,
        /// The smallest and the largest.
        range: (i64, i64),
    },
    /// There are fewer brokers than replicas.
    TooFewBrokers {
        /// Which setting asks for the replicas.
        setting: SettingId,
        /// Brokers there are.
        have: u8,
        /// Brokers needed.
        need: u8,
    },
    /// Kafka refuses `enable.idempotence` with these: ConfigException.
    IdempotenceNeeds {
        /// The setting that conflicts.
        setting: SettingId,
        /// Its value.
        value: i64,
    },
    /// A `transactional.id` needs `enable.idempotence`: ConfigException.
    TransactionsNeedIdempotence,
    /// `delivery.timeout.ms` must be at least `linger.ms` + `request.timeout.ms`: ConfigException.
    DeliveryTimeoutTooShort {
        /// delivery.timeout.ms.
        have_ms: u32,
        /// The sum.
        need_ms: u64,
    },
    /// One setting must not be larger than another.
    LargerThan {
        /// The setting.
        setting: SettingId,
        /// Its value.
        value: i64,
        /// The other setting, its bound.
        bound: SettingId,
        /// The bound's value.
        limit: i64,
    },
    /// A run is too long, or has no length.
    Duration {
        /// Its length.
        have: Duration,
        /// The bound.
        max: Duration,
    },
    /// Load times duration is more than a browser can hold.
    TooManyRecords {
        /// Records offered.
        have: u64,
        /// The bound.
        max: u64,
    },
    /// Too many faults.
    TooManyFaults {
        /// How many.
        have: usize,
        /// The bound.
        max: usize,
    },
    /// A fault strikes after the run has ended.
    FaultTooLate {
        /// Which fault, from 0.
        fault: usize,
        /// When.
        at: Instant,
        /// The end of the run.
        end: Duration,
    },
    /// A fault's target does not exist in the set-up.
    NoSuchTarget {
        /// Which fault, from 0.
        fault: usize,
        /// The target.
        target: Target,
    },
    /// A fault of this kind does nothing to a target of that kind.
    WrongTarget {
        /// Which fault, from 0.
        fault: usize,
    },
    /// A fault's number is outside its range.
    FaultOutOfRange {
        /// Which fault, from 0.
        fault: usize,
        /// Its number.
        value: i64,
        /// The smallest and the largest.
        range: (i64, i64),
    },
}

impl Scenario {
    /// Everything that is impossible about it; a scenario without problems can be run.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = self.setup.check();
        if self.duration == Duration::ZERO || DURATION_MAX < self.duration {
            problems.push(Problem::Duration { have: self.duration, max: DURATION_MAX });
        }
        let records =
            u64::from(self.setup.workload.records_per_second).saturating_mul(self.duration.as_millis()) / 1_000;
        if RECORDS_MAX < records {
            problems.push(Problem::TooManyRecords { have: records, max: RECORDS_MAX });
        }
        if FAULTS_MAX < self.faults.len() {
            problems.push(Problem::TooManyFaults { have: self.faults.len(), max: FAULTS_MAX });
        }
        for (index, fault) in self.faults.iter().enumerate() {
            check_fault(index, fault, self, &mut problems);
        }
        problems
    }
}

impl Setup {
    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for setting in SettingId::ALL.iter().copied() {
            let (value, range) = (setting.get(self), setting.range());
            if value < range.0 || range.1 < value {
                problems.push(Problem::OutOfRange { setting, value, range });
            }
        }
        let brokers = self.cluster.brokers;
        let mut factors = vec![SettingId::ReplicationFactor, SettingId::OffsetsReplicationFactor];
        factors.extend(self.producer.transactional_id.then_some(SettingId::TransactionReplicationFactor));
        for setting in factors {
            let need = setting.get(self) as u8;
            if brokers < need {
                problems.push(Problem::TooFewBrokers { setting, have: brokers, need });
            }
        }
        self.check_producer(&mut problems);
        self.check_order(SettingId::BrokerHeartbeatInterval, SettingId::BrokerSessionTimeout, &mut problems);
        self.check_order(SettingId::HeartbeatInterval, SettingId::SessionTimeout, &mut problems);
        self.check_order(SettingId::BatchSize, SettingId::BufferMemory, &mut problems);
        problems
    }

    /// Kafka's own rules for a producer's configuration, with every value taken as given explicitly.
    fn check_producer(&self, problems: &mut Vec<Problem>) {
        let producer = &self.producer;
        if producer.enable_idempotence {
            if producer.acks != Acks::All {
                problems.push(Problem::IdempotenceNeeds { setting: SettingId::Acks, value: producer.acks as i64 });
            }
            if producer.retries == 0 {
                problems.push(Problem::IdempotenceNeeds { setting: SettingId::Retries, value: 0 });
            }
            let in_flight = producer.max_in_flight_requests_per_connection;
            if 5 < in_flight {
                problems
                    .push(Problem::IdempotenceNeeds { setting: SettingId::MaxInFlight, value: i64::from(in_flight) });
            }
        }
        if producer.transactional_id && !producer.enable_idempotence {
            problems.push(Problem::TransactionsNeedIdempotence);
        }
        let need_ms = u64::from(producer.linger_ms) + u64::from(producer.request_timeout_ms);
        if u64::from(producer.delivery_timeout_ms) < need_ms {
            problems.push(Problem::DeliveryTimeoutTooShort { have_ms: producer.delivery_timeout_ms, need_ms });
        }
    }

    fn check_order(&self, setting: SettingId, bound: SettingId, problems: &mut Vec<Problem>) {
        let (value, limit) = (setting.get(self), bound.get(self));
        if limit < value {
            problems.push(Problem::LargerThan { setting, value, bound, limit });
        }
    }

    /// Does the target exist?
    pub fn has(&self, target: Target) -> bool {
        let within = |n: u8, max: u8| 1 <= n && n <= max;
        let partition = |partition: PartitionId| self.layout().is_data(partition);
        match target {
            Target::Broker(broker) => within(broker.0, self.cluster.brokers),
            Target::Controller(controller) => within(controller.0, self.cluster.controllers),
            Target::Producer(n) => within(n, self.workload.producers),
            Target::Consumer(n) => within(n, self.workload.consumers),
            Target::Rack(n) => within(n, self.cluster.racks),
            Target::LeaderOf(of) => partition(of),
            Target::FollowerOf(of, n) => partition(of) && within(n, self.topic.replication_factor - 1),
            Target::FollowerOfBusiest(n) => within(n, self.topic.replication_factor - 1),
            Target::LeaderOfBusiest
            | Target::ActiveController
            | Target::GroupCoordinator
            | Target::AllBrokers
            | Target::AllControllers
            | Target::AllProducers
            | Target::AllConsumers => true,
        }
    }
}

/// What kinds of process a target can resolve to.
struct Reach {
    brokers: bool,
    clients: bool,
}

fn reach(target: Target) -> Reach {
    match target {
        Target::Producer(_) | Target::Consumer(_) | Target::AllProducers | Target::AllConsumers => {
            Reach { brokers: false, clients: true }
        }
        Target::Controller(_) | Target::ActiveController | Target::AllControllers => {
            Reach { brokers: false, clients: false }
        }
        Target::Rack(_) => Reach { brokers: true, clients: true },
        _ => Reach { brokers: true, clients: false },
    }
}

fn check_fault(index: usize, fault: &Fault, scenario: &Scenario, problems: &mut Vec<Problem>) {
    if scenario.duration.0 <= fault.at.0 {
        problems.push(Problem::FaultTooLate { fault: index, at: fault.at, end: scenario.duration });
    }
    let mut targets = vec![fault.target];
    if let FaultKind::Cut { with, cut: _ } = fault.kind {
        targets.push(with);
    }
    for target in targets {
        if !scenario.setup.has(target) {
            problems.push(Problem::NoSuchTarget { fault: index, target });
        }
    }
    let reach = reach(fault.target);
    let fits = match fault.kind {
        FaultKind::SlowDisk { .. } | FaultKind::FullDisk | FaultKind::HungDisk => reach.brokers,
        FaultKind::ClientSlow { .. } => reach.clients,
        FaultKind::LoadBurst { .. } => matches!(fault.target, Target::AllProducers | Target::Producer(_)),
        FaultKind::FailedDirectory { .. } | FaultKind::FullDirectory { .. } => reach.brokers,
        FaultKind::Admin(_) => fault.target == Target::ActiveController,
        FaultKind::Cut { with, cut } => {
            with != fault.target || cut == Cut::BothWays && fault.target == Target::AllBrokers
        }
        _ => true,
    };
    if !fits {
        problems.push(Problem::WrongTarget { fault: index });
    }
    let number = match fault.kind {
        FaultKind::SlowLink { delay_ms } => Some((i64::from(delay_ms), (1, 60_000))),
        FaultKind::PacketLoss { per_mille } => Some((i64::from(per_mille), (1, 1_000))),
        FaultKind::SlowDisk { factor } | FaultKind::ClientSlow { factor } => Some((i64::from(factor), (2, 100_000))),
        FaultKind::LoadBurst { percent } => Some((i64::from(percent), (1, 10_000))),
        FaultKind::ClockStep { by_ms } => Some((by_ms, (-86_400_000, 86_400_000))),
        FaultKind::FailedDirectory { dir } | FaultKind::FullDirectory { dir } => {
            Some((i64::from(dir), (1, i64::from(scenario.setup.cluster.log_dirs))))
        }
        _ => None,
    };
    if let Some((value, range)) = number
        && (value < range.0 || range.1 < value)
    {
        problems.push(Problem::FaultOutOfRange { fault: index, value, range });
    }
}
