//! After the storm: does everything come right? What is demanded when faults are over: all brokers serve, the ISR is
//! full and agrees, every client works.

use highwater_model::settings::OffsetReset;
use highwater_model::trace::{Entry, NodeState, Observer};
use highwater_model::view::{Frame, PartitionFrame};
use highwater_model::{Instant, NodeId, PartitionId, Scenario};
use std::fmt;

/// Something that did not come right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    /// Which demand was not met.
    pub demand: Demand,
    /// By whom or where, in words.
    pub what: String,
}

/// What is demanded of a healed cluster and its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// Every broker runs and is not fenced.
    BrokersServe,
    /// One controller is active, in the eyes of all.
    OneController,
    /// Every controller has the log that there was a while ago.
    ControllersFollow,
    /// Every partition is led, by one.
    Led,
    /// Every replica is in the ISR.
    IsrFull,
    /// Replicas hold the same records up to the high watermark.
    ReplicasAgree,
    /// Every producer gets answers.
    ProducersWork,
    /// Every partition has a consumer, and only one.
    PartitionsOwned,
    /// Consumers have read what there was a while ago, or read on.
    ConsumersRead,
}

impl Demand {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Demand::BrokersServe => "every broker serves",
            Demand::OneController => "one controller is active",
            Demand::ControllersFollow => "every controller follows the quorum",
            Demand::Led => "every partition is led",
            Demand::IsrFull => "every replica is in sync",
            Demand::ReplicasAgree => "replicas agree up to the high watermark",
            Demand::ProducersWork => "every producer gets answers",
            Demand::PartitionsOwned => "every partition has one consumer",
            Demand::ConsumersRead => "consumers read on",
        }
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// Have the logs kept what was committed?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// All of it.
    Whole,
    /// Perhaps not. A transaction whose marker, or whose coordinator's record, is gone stays open for ever; nobody reads
    /// past it, and its producer waits (CONCURRENT_TRANSACTIONS).
    Gaps,
    /// Perhaps not, and the release is one whose replicas may differ for ever after (KIP-101, KIP-279).
    Forks,
}

/// Which producers got an answer lately.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// By send: its producer.
    senders: Vec<u8>,
    /// By producer, from 1: its last answer of success.
    answered: Vec<Instant>,
}

impl Pulse {
    /// Of a run of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let producers = usize::from(scenario.setup.workload.producers);
        Self { senders: Vec::new(), answered: vec![Instant::ZERO; producers + 1] }
    }

    fn of(&mut self, send: u32, producer: u8) {
        let index = send as usize;
        if self.senders.len() <= index {
            self.senders.resize(index + 1, 0);
        }
        self.senders[index] = producer;
    }
}

impl Observer for Pulse {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, .. } => self.of(send, producer),
            Entry::Split { send, of, .. } => self.of(send, self.senders[of as usize]),
            Entry::Acked { send, .. } => self.answered[usize::from(self.senders[send as usize])] = at,
            _ => (),
        }
    }
}

/// What is wrong at the end of a calm. `before` is the stage some time earlier: what was there then must have been read
/// by now.
pub fn demands_not_met(scenario: &Scenario, memory: Memory, before: &Frame, now: &Frame, pulse: &Pulse) -> Vec<Stuck> {
    let mut stuck = Vec::new();
    let mut demand = |demand: Demand, holds: bool, what: &dyn Fn() -> String| {
        if !holds {
            stuck.push(Stuck { demand, what: what() });
        }
    };
    for broker in &now.brokers {
        let serves = broker.state == NodeState::Running && !broker.fenced;
        demand(Demand::BrokersServe, serves, &|| {
            let fenced = if broker.fenced { ", fenced" } else { "" };
            format!("{} is {}{fenced}", NodeId::Broker(broker.broker), broker.state)
        });
    }
    let active = now.controllers.iter().filter(|controller| controller.active).count();
    demand(Demand::OneController, active == 1, &|| format!("{active} controllers are active"));
    let written = before.controllers.iter().filter(|controller| controller.active).map(|active| active.log_end).max();
    for controller in &now.controllers {
        demand(Demand::ControllersFollow, written <= Some(controller.log_end), &|| {
            let (id, has) = (NodeId::Controller(controller.controller), controller.log_end);
            format!("{id} has {has} metadata records, at {:.3} s there were {written:?}", before.at.as_secs_f64())
        });
    }
    for partition in &now.partitions {
        judge_partition(partition, memory, &mut demand);
    }
    let hangs = scenario.setup.producer.transactional_id && memory != Memory::Whole;
    if !hangs {
        judge_producers(scenario, before, now, pulse, &mut demand);
        judge_consumers(scenario, before, now, &mut demand);
    }
    stuck
}

fn judge_partition(
    partition: &PartitionFrame,
    memory: Memory,
    demand: &mut impl FnMut(Demand, bool, &dyn Fn() -> String),
) {
    let name = partition.partition.0;
    let leads = partition.replicas.iter().filter(|replica| replica.leading).count();
    demand(Demand::Led, partition.leader.is_some() && leads == 1, &|| {
        format!("partition {name}: leader {:?}, {leads} believe to lead", partition.leader)
    });
    let in_sync = partition.replicas.iter().all(|replica| partition.isr.contains(replica.broker));
    demand(Demand::IsrFull, in_sync, &|| {
        format!("partition {name}: ISR {:?} of {} replicas", partition.isr, partition.replicas.len())
    });
    let leader = partition.replicas.iter().find(|replica| Some(replica.broker) == partition.leader);
    let Some(leader) = leader else { return };
    for replica in partition.replicas.iter().filter(|_| memory != Memory::Forks) {
        let agrees = leader.high_watermark <= replica.agrees;
        demand(Demand::ReplicasAgree, agrees, &|| {
            let (own, theirs) = (replica.agrees, leader.high_watermark);
            format!("partition {name}: {} agrees to {own}, the high watermark is {theirs}", replica.broker)
        });
    }
}

fn judge_producers(
    scenario: &Scenario,
    before: &Frame,
    now: &Frame,
    pulse: &Pulse,
    demand: &mut impl FnMut(Demand, bool, &dyn Fn() -> String),
) {
    // The slowest has a few records in that time; with very few there may be none by chance.
    let window_ms = now.at.since(before.at).as_millis();
    let each = u64::from(scenario.setup.workload.records_per_second) * window_ms
        / 1_000
        / u64::from(scenario.setup.workload.producers);
    for (index, producer) in now.producers.iter().enumerate() {
        let answered = pulse.answered[index + 1];
        let works = producer.state == NodeState::Running && (each < 20 || before.at <= answered);
        demand(Demand::ProducersWork, works, &|| {
            let (n, last) = (index + 1, answered.as_secs_f64());
            format!("producer {n} is {}, its last answer came at {last:.3} s", producer.state)
        });
    }
}

/// The furthest position of any consumer.
fn position_in(frame: &Frame, partition: PartitionId) -> Option<u64> {
    let owned = frame.consumers.iter().flat_map(|consumer| &consumer.owned);
    owned.filter(|owned| owned.partition == partition).map(|owned| owned.position).max()
}

fn judge_consumers(
    scenario: &Scenario,
    before: &Frame,
    now: &Frame,
    demand: &mut impl FnMut(Demand, bool, &dyn Fn() -> String),
) {
    // Without a reset policy an application ends where there is nothing to go on from, again and again.
    if scenario.setup.consumer.auto_offset_reset == OffsetReset::None {
        return;
    }
    let owners = |partition: PartitionId| {
        let owned = now.consumers.iter().flat_map(|consumer| &consumer.owned);
        owned.filter(move |owned| owned.partition == partition)
    };
    for partition in before.partitions.iter().filter(|frame| scenario.setup.layout().is_data(frame.partition)) {
        let name = partition.partition.0;
        let count = owners(partition.partition).count();
        demand(Demand::PartitionsOwned, count == 1, &|| format!("partition {name} has {count} consumers"));
        let leader = partition.replicas.iter().find(|replica| Some(replica.broker) == partition.leader);
        let (Some(leader), Some(owner)) = (leader, owners(partition.partition).next()) else { continue };
        let was = position_in(before, partition.partition);
        // An application may be slower than its load: then it must at least go on.
        let reads = leader.high_watermark <= owner.position || was.is_none_or(|was| was < owner.position);
        demand(Demand::ConsumersRead, reads, &|| {
            let (read, there) = (owner.position, leader.high_watermark);
            format!("partition {name}: read to {read}, at {:.3} s there was {there}", before.at.as_secs_f64())
        });
    }
}
