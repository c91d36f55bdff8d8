//! How the trace moves metrics.

use super::{Leadership, Metric, Metrics, Send};
use highwater_model::trace::{Api, Election, Entry, Error, NodeState, Observer, Slice};
use highwater_model::{BrokerId, BrokerSet, Instant, NodeId, PartitionId};

/// Does a produce request that ends so count as failed? What was parked never does.
const fn counts_as_failed(error: Error) -> bool {
    matches!(error, Error::NotEnoughReplicas | Error::OutOfOrderSequenceNumber | Error::InvalidProducerEpoch)
}

impl Observer for Metrics {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.now = at;
        self.cluster.observe(entry);
        match *entry {
            Entry::Node { .. }
            | Entry::Fenced { .. }
            | Entry::Unfenced { .. }
            | Entry::ControllerElected { .. }
            | Entry::ControllerResigned { .. } => self.process(entry),
            Entry::PartitionChanged { election, .. } => {
                if matches!(election, Election::Eligible | Election::LastKnown | Election::Unclean) {
                    self.add(Metric::UncleanLeaderElectionsPerSec, None, 1);
                }
                self.look_at_cluster(self.brokers());
            }
            Entry::Leads { .. }
            | Entry::Follows { .. }
            | Entry::IsrProposed { .. }
            | Entry::IsrCommitted { .. }
            | Entry::IsrRejected { .. } => self.leadership(entry),
            Entry::Appended { .. } | Entry::HighWatermark { .. } | Entry::Flushed { .. } => self.log(entry),
            Entry::RequestFailed { api, server: NodeId::Broker(broker), error, .. } => {
                self.refused(api, broker, error);
            }
            Entry::Polled { .. } | Entry::OffsetCommitted { .. } | Entry::Assigned { .. } | Entry::Revoked { .. } => {
                self.consumer(entry)
            }
            _ => self.producer(entry),
        }
    }
}

impl Metrics {
    fn brokers(&self) -> u8 {
        self.series.keys().filter(|(metric, _)| *metric == Metric::LeaderCount).count() as u8
    }

    fn process(&mut self, entry: &Entry) {
        match *entry {
            Entry::Fenced { broker } => self.fenced = self.fenced.with(broker),
            Entry::Unfenced { broker } => self.fenced = self.fenced.without(broker),
            Entry::ControllerElected { controller, .. } => {
                self.set(Metric::ActiveControllerCount, Some(NodeId::Controller(controller)), 1);
            }
            Entry::ControllerResigned { controller, .. }
            | Entry::Node {
                node: NodeId::Controller(controller),
                state: NodeState::Crashed | NodeState::PoweredOff | NodeState::Stopped | NodeState::Halted,
            } => self.set(Metric::ActiveControllerCount, Some(NodeId::Controller(controller)), 0),
            Entry::Node {
                node: NodeId::Broker(broker),
                state: NodeState::Crashed | NodeState::PoweredOff | NodeState::Stopped | NodeState::Halted,
            } => {
                for of_partition in &mut self.leaderships {
                    of_partition[usize::from(broker.0)] = None;
                }
                self.look_at_broker(broker);
            }
            _ => (),
        }
        self.look_at_cluster(self.brokers());
    }

    fn leadership(&mut self, entry: &Entry) {
        let (broker, partition) = match *entry {
            Entry::Leads { broker, partition, .. }
            | Entry::Follows { broker, partition, .. }
            | Entry::IsrProposed { broker, partition, .. }
            | Entry::IsrCommitted { broker, partition, .. }
            | Entry::IsrRejected { broker, partition, .. } => (broker, partition),
            _ => return,
        };
        let of = Some(NodeId::Broker(broker));
        let isr_at_controller = self.cluster.view(partition).isr;
        let leadership = &mut self.leaderships[partition.index()][usize::from(broker.0)];
        match *entry {
            Entry::Leads { .. } => *leadership = Some(Leadership { isr: isr_at_controller, proposed: None }),
            Entry::Follows { .. } => *leadership = None,
            Entry::IsrProposed { isr, .. } => {
                if let Some(leadership) = leadership {
                    leadership.proposed = Some(isr);
                }
                return;
            }
            Entry::IsrCommitted { isr, .. } => {
                let Some(leadership) = leadership else { return };
                let before = std::mem::replace(leadership, Leadership { isr, proposed: None });
                self.count_update(of, before, isr);
            }
            _ => self.add(Metric::FailedIsrUpdatesPerSec, of, 1),
        }
        self.look_at_broker(broker);
    }

    /// A leader heard of an ISR: does it count as its own shrinking or growing?
    fn count_update(&mut self, of: Option<NodeId>, before: Leadership, isr: BrokerSet) {
        if before.proposed != Some(isr) {
            return;
        }
        if isr.len() < before.isr.len() {
            self.add(Metric::IsrShrinksPerSec, of, 1);
        } else if before.isr.len() < isr.len() {
            self.add(Metric::IsrExpandsPerSec, of, 1);
        }
    }

    fn log(&mut self, entry: &Entry) {
        match *entry {
            Entry::Appended { broker, partition, batch, base, count, .. } => {
                let batches = &mut self.batches[partition.index()];
                batches.resize(batches.len().max(batch as usize + 1), (0, 0));
                batches[batch as usize] = (base, count);
                self.add(Metric::MessagesInPerSec, Some(NodeId::Broker(broker)), u64::from(count));
            }
            Entry::HighWatermark { partition, to, leading: true, .. } => self.high_watermarks[partition.index()] = to,
            Entry::Flushed { broker, fsync: true, .. } => {
                self.add(Metric::LogFlushRateAndTimeMs, Some(NodeId::Broker(broker)), 1);
            }
            _ => (),
        }
    }

    fn refused(&mut self, api: Api, broker: BrokerId, error: Error) {
        if error == Error::NetworkException {
            return; // the broker answered nothing
        }
        let of = Some(NodeId::Broker(broker));
        self.add(Metric::ErrorsPerSec, of, 1);
        if api == Api::Produce && counts_as_failed(error) {
            self.add(Metric::FailedProduceRequestsPerSec, of, 1);
        }
    }

    fn send_of(&self, send: u32) -> Send {
        self.sends.get(send as usize).copied().unwrap_or_default()
    }

    fn name_send(&mut self, send: u32, named: Send) {
        self.sends.resize(self.sends.len().max(send as usize + 1), Send::default());
        self.sends[send as usize] = named;
    }

    fn add_records(&mut self, metric: Metric, send: u32) {
        let Send { producer, records } = self.send_of(send);
        self.add(metric, Some(NodeId::Producer(producer)), u64::from(records));
    }

    fn producer(&mut self, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, count, .. } => self.name_send(send, Send { producer, records: count }),
            Entry::Split { send, of, count, .. } => {
                let producer = self.send_of(of).producer;
                self.name_send(send, Send { producer, records: count });
                self.add(Metric::BatchSplitTotal, Some(NodeId::Producer(producer)), 1);
            }
            Entry::Attempted { send, .. } => self.add_records(Metric::RecordSendTotal, send),
            Entry::Retried { send, .. } => self.add_records(Metric::RecordRetryTotal, send),
            Entry::Failed { error: Error::ClientCrashed, .. } => (), // nobody is left to count
            Entry::Failed { send, .. } => self.add_records(Metric::RecordErrorTotal, send),
            Entry::Rejected { producer, count, error, .. } => {
                let of = Some(NodeId::Producer(producer));
                self.add(Metric::RecordErrorTotal, of, u64::from(count));
                if error == Error::BufferExhausted {
                    self.add(Metric::BufferExhaustedTotal, of, u64::from(count));
                }
            }
            _ => (),
        }
    }

    fn consumer(&mut self, entry: &Entry) {
        match *entry {
            Entry::Polled { consumer, records } => self.polled(consumer, records),
            Entry::OffsetCommitted { consumer, .. } => {
                self.add(Metric::CommitTotal, Some(NodeId::Consumer(consumer)), 1);
            }
            Entry::Assigned { consumer, partition, .. } => {
                self.lags.insert((consumer, partition), 0);
                self.look_at_consumer(consumer);
            }
            Entry::Revoked { consumer, partition } => {
                self.lags.remove(&(consumer, partition));
                self.look_at_consumer(consumer);
            }
            _ => (),
        }
    }

    fn polled(&mut self, consumer: u8, records: Slice) {
        let Slice { partition, batch, skip, count } = records;
        self.add(Metric::RecordsConsumedTotal, Some(NodeId::Consumer(consumer)), u64::from(count));
        let base = self.base(partition, batch);
        let position = base + u64::from(skip) + u64::from(count);
        let lag = self.high_watermarks[partition.index()].saturating_sub(position);
        self.lags.insert((consumer, partition), lag);
        self.look_at_consumer(consumer);
    }

    fn base(&self, partition: PartitionId, batch: u32) -> u64 {
        self.batches[partition.index()].get(batch as usize).map_or(0, |(base, _)| *base)
    }

    fn look_at_consumer(&mut self, consumer: u8) {
        let own = || self.lags.range((consumer, PartitionId(0))..=(consumer, PartitionId(u16::MAX)));
        let (assigned, lag) = (own().count() as u64, own().map(|(_, lag)| *lag).max().unwrap_or(0));
        let of = Some(NodeId::Consumer(consumer));
        self.set(Metric::AssignedPartitions, of, assigned);
        self.set(Metric::RecordsLagMax, of, lag);
    }
}
