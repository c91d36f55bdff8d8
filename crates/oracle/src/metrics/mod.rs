//! Kafka's metrics by the names under which JMX shows them, as a run's trace moves them. Rates are given as the count
//! behind them (JMX's `Count`, the clients' `-total`).

mod catalogue;
mod observe;
#[cfg(test)]
mod tests;

pub use catalogue::{Kind, Metric, Owner};

use crate::cluster::{BROKER_SLOTS, Cluster};
use highwater_model::{BrokerId, BrokerSet, Instant, NodeId, PartitionId, Scenario};
use std::collections::BTreeMap;

/// A metric's value in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which.
    pub metric: Metric,
    /// Of which process; none: of the cluster, as the active controller has it.
    pub of: Option<NodeId>,
    /// Its value now.
    pub value: u64,
    /// The largest value that it had.
    pub peak: u64,
    /// When it first had that.
    pub peak_at: Instant,
}

/// A value over time.
#[derive(Clone, Copy, Debug)]
struct Series {
    value: u64,
    peak: u64,
    peak_at: Instant,
}

/// What a broker believes about a partition that it leads.
#[derive(Clone, Copy, Debug)]
struct Leadership {
    isr: BrokerSet,
    /// Its own proposal, while it is on its way.
    proposed: Option<BrokerSet>,
}

/// A producer's batch.
#[derive(Clone, Copy, Debug, Default)]
struct Send {
    producer: u8,
    records: u32,
}

/// Keeps metrics. Feed it the whole trace, from the beginning.
#[derive(Clone, Debug)]
pub struct Metrics {
    cluster: Cluster,
    /// Of each partition and broker.
    leaderships: Vec<[Option<Leadership>; BROKER_SLOTS]>,
    /// Of each partition: its batches' offsets, base and count.
    batches: Vec<Vec<(u64, u32)>>,
    /// Of each partition: the highest high watermark of a leader.
    high_watermarks: Vec<u64>,
    fenced: BrokerSet,
    sends: Vec<Send>,
    /// Of each consumer and partition that it owns: the records between it and the high watermark.
    lags: BTreeMap<(u8, PartitionId), u64>,
    series: BTreeMap<(Metric, Option<NodeId>), Series>,
    now: Instant,
}

impl Metrics {
    /// The metrics of a run of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let cluster = Cluster::new(scenario);
        let partitions = cluster.all().count();
        let mut metrics = Self {
            leaderships: vec![[None; BROKER_SLOTS]; partitions],
            batches: vec![Vec::new(); partitions],
            high_watermarks: vec![0; partitions],
            cluster,
            fenced: BrokerSet::EMPTY,
            sends: Vec::new(),
            lags: BTreeMap::new(),
            series: BTreeMap::new(),
            now: Instant::ZERO,
        };
        for node in scenario.setup.nodes() {
            for metric in Metric::ALL.iter().copied().filter(|metric| metric.owner().is(node)) {
                metrics.set(metric, Some(node), 0);
            }
        }
        for metric in Metric::ALL.iter().copied().filter(|metric| metric.owner() == Owner::Cluster) {
            metrics.set(metric, None, 0);
        }
        metrics.set(Metric::ActiveBrokerCount, None, u64::from(scenario.setup.cluster.brokers));
        metrics
    }

    /// All metrics, by name, then by process.
    pub fn readings(&self) -> impl Iterator<Item = Reading> + '_ {
        self.series.iter().map(|((metric, of), series)| Reading {
            metric: *metric,
            of: *of,
            value: series.value,
            peak: series.peak,
            peak_at: series.peak_at,
        })
    }

    /// One metric; none where that process does not have it.
    pub fn reading(&self, metric: Metric, of: Option<NodeId>) -> Option<Reading> {
        self.readings().find(|reading| reading.metric == metric && reading.of == of)
    }

    fn set(&mut self, metric: Metric, of: Option<NodeId>, value: u64) {
        let now = self.now;
        let series = self.series.entry((metric, of)).or_insert(Series { value, peak: value, peak_at: now });
        series.value = value;
        if series.peak < value {
            (series.peak, series.peak_at) = (value, now);
        }
    }

    fn add(&mut self, metric: Metric, of: Option<NodeId>, count: u64) {
        let before = self.series.get(&(metric, of)).map_or(0, |series| series.value);
        self.set(metric, of, before + count);
    }

    /// The gauges of a broker about what it leads.
    fn look_at_broker(&mut self, broker: BrokerId) {
        let slot = usize::from(broker.0);
        let (mut leads, mut under_replicated, mut under_min, mut at_min) = (0, 0, 0, 0);
        for partition in self.cluster.all() {
            let Some(leadership) = self.leaderships[partition.index()][slot] else { continue };
            let (isr, min) = (leadership.isr.len(), self.cluster.min_isr(partition));
            leads += 1;
            under_replicated += u64::from(isr < self.cluster.replication_factor(partition));
            under_min += u64::from(isr < min);
            at_min += u64::from(isr == min);
        }
        let of = Some(NodeId::Broker(broker));
        self.set(Metric::LeaderCount, of, leads);
        self.set(Metric::UnderReplicatedPartitions, of, under_replicated);
        self.set(Metric::UnderMinIsrPartitionCount, of, under_min);
        self.set(Metric::AtMinIsrPartitionCount, of, at_min);
    }

    /// The gauges of the controller.
    fn look_at_cluster(&mut self, brokers: u8) {
        let leaderless = |partition: &PartitionId| {
            let view = self.cluster.view(*partition);
            view.leader.is_none() && view.leader_epoch != -1
        };
        let offline = self.cluster.all().filter(leaderless).count() as u64;
        let fenced = u64::from(self.fenced.len());
        self.set(Metric::OfflinePartitionsCount, None, offline);
        self.set(Metric::FencedBrokerCount, None, fenced);
        self.set(Metric::ActiveBrokerCount, None, u64::from(brokers) - fenced);
    }
}
