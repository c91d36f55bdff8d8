//! Plays: small traces written by hand, on the first partition of three brokers, for the judges' tests.

use highwater_model::presets::Preset;
use highwater_model::trace::{ChangeCause, Content, Election, Entry, Error, NodeState, Observer, ResetCause, Slice};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, NodeId, PartitionId, Scenario};

/// The partition of all plays.
pub(crate) const P0: PartitionId = PartitionId(0);
pub(crate) const B1: BrokerId = BrokerId(1);
pub(crate) const B2: BrokerId = BrokerId(2);
pub(crate) const B3: BrokerId = BrokerId(3);

/// A set of brokers.
pub(crate) fn set<const N: usize>(brokers: [BrokerId; N]) -> BrokerSet {
    brokers.into_iter().collect()
}

/// Kafka's defaults on one partition, without faults.
pub(crate) fn scenario() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    setup.topic.partitions = 1;
    setup.workload.producers = 2;
    setup.workload.consumers = 2;
    setup.cluster.offsets_topic_num_partitions = 1;
    Scenario { setup, faults: Vec::new(), seed: 0, duration: Duration::from_secs(60) }
}

/// A trace in the making. Each entry comes a millisecond after the one before.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub now: Instant,
    trace: Vec<(Instant, Entry)>,
    epoch: i32,
    partition_epoch: i32,
    isr: BrokerSet,
    /// Base and count of each batch of the history.
    history: Vec<(u64, u32)>,
    ends: [u64; 4],
}

impl Play {
    /// Broker 1 leads, all three are in sync.
    pub fn new() -> Self {
        let mut play = Self {
            now: Instant::ZERO,
            trace: Vec::new(),
            epoch: 0,
            partition_epoch: 0,
            isr: set([B1, B2, B3]),
            history: Vec::new(),
            ends: [0; 4],
        };
        play.changes(Some(B1), play.isr, BrokerSet::EMPTY, Election::Clean, ChangeCause::Created);
        play
    }

    /// Shows the whole trace to an observer.
    pub fn show<O: Observer>(&self, mut observer: O) -> O {
        self.trace.iter().for_each(|(at, entry)| observer.observe(*at, entry));
        observer
    }

    /// Shows the trace from a moment on.
    pub fn show_from<O: Observer>(&self, from: Instant, mut observer: O) {
        self.trace.iter().filter(|(at, _)| from <= *at).for_each(|(at, entry)| observer.observe(*at, entry));
    }

    /// Tells an entry.
    pub fn tell(&mut self, entry: Entry) -> &mut Self {
        self.now += Duration::from_millis(1);
        self.trace.push((self.now, entry));
        self
    }

    /// What comes next happens at the moment of what came last.
    pub fn at_once(&mut self) -> &mut Self {
        self.now = Instant(self.now.0 - 1_000_000);
        self
    }

    /// Lets time pass.
    pub fn wait(&mut self, ms: u64) -> &mut Self {
        self.now += Duration::from_millis(ms);
        self
    }

    fn changes(
        &mut self,
        leader: Option<BrokerId>,
        isr: BrokerSet,
        elr: BrokerSet,
        election: Election,
        cause: ChangeCause,
    ) -> &mut Self {
        self.isr = isr;
        self.partition_epoch += 1;
        let (leader_epoch, partition_epoch) = (self.epoch, self.partition_epoch);
        let last_known = if leader.is_none() && isr.is_empty() { Some(B1) } else { None };
        self.tell(Entry::PartitionChanged {
            partition: P0,
            leader,
            leader_epoch,
            partition_epoch,
            isr,
            elr,
            last_known,
            election,
            cause,
        })
    }

    /// The controller changes only the ISR (and the ELR).
    pub fn isr(&mut self, leader: BrokerId, isr: BrokerSet, elr: BrokerSet) -> &mut Self {
        self.changes(Some(leader), isr, elr, Election::Unchanged, ChangeCause::AlterPartition)
    }

    /// The controller finds another leader, in a new epoch; the leader does not know yet.
    pub fn elects(
        &mut self,
        leader: Option<BrokerId>,
        isr: BrokerSet,
        elr: BrokerSet,
        election: Election,
    ) -> &mut Self {
        self.epoch += 1;
        self.changes(leader, isr, elr, election, ChangeCause::Fenced)
    }

    /// The broker learns that it leads in the current epoch.
    pub fn leads(&mut self, broker: BrokerId, high_watermark: u64) -> &mut Self {
        let (leader_epoch, start) = (self.epoch, self.end(broker));
        self.tell(Entry::Leads { broker, partition: P0, leader_epoch, start, high_watermark });
        let (isr, partition_epoch) = (self.isr, self.partition_epoch);
        self.tell(Entry::IsrCommitted { broker, partition: P0, isr, partition_epoch })
    }

    /// Election and takeover in one.
    pub fn fails_over(
        &mut self,
        leader: BrokerId,
        isr: BrokerSet,
        election: Election,
        high_watermark: u64,
    ) -> &mut Self {
        self.elects(Some(leader), isr, BrokerSet::EMPTY, election).leads(leader, high_watermark)
    }

    /// Producer 1 closes a batch of its stream for the partition, and sends it to broker 1.
    pub fn sends(&mut self, send: u32, first: u64, count: u32) -> &mut Self {
        let (first_arrival, arrival_span) = (self.now, Duration::ZERO);
        let closed = Entry::Closed { send, producer: 1, stream: P0, first, count, first_arrival, arrival_span };
        self.tell(closed).attempts(send, 1)
    }

    pub fn attempts(&mut self, send: u32, attempt: u32) -> &mut Self {
        self.tell(Entry::Attempted { send, broker: B1, partition: P0, attempt })
    }

    pub fn acks(&mut self, send: u32, offset: u64) -> &mut Self {
        self.tell(Entry::Acked { send, offset: Some(offset) })
    }

    pub fn fails(&mut self, send: u32) -> &mut Self {
        self.tell(Entry::Failed { send, error: Error::DeliveryTimedOut })
    }

    /// A leader appends a send, in the current epoch.
    pub fn appends(&mut self, broker: BrokerId, send: u32, count: u32) -> &mut Self {
        let epoch = self.epoch;
        self.appends_in(broker, send, count, epoch)
    }

    /// A leader, or one who thinks so, appends a send.
    pub fn appends_in(&mut self, broker: BrokerId, send: u32, count: u32, leader_epoch: i32) -> &mut Self {
        let (base, batch) = (self.end(broker), self.history.len() as u32);
        self.history.push((base, count));
        self.ends[usize::from(broker.0)] = base + u64::from(count);
        let content = Content::Send(send);
        self.tell(Entry::Appended { broker, partition: P0, batch, base, count, leader_epoch, content })
    }

    /// Followers append a batch.
    pub fn replicates<const N: usize>(&mut self, brokers: [BrokerId; N], batch: u32) -> &mut Self {
        for broker in brokers {
            let (base, count) = self.history[batch as usize];
            let end = base + u64::from(count);
            self.ends[usize::from(broker.0)] = end;
            self.tell(Entry::Replicated { broker, partition: P0, first: batch, last: batch, end });
        }
        self
    }

    /// A leader's high watermark moves.
    pub fn commits(&mut self, broker: BrokerId, to: u64) -> &mut Self {
        self.tell(Entry::HighWatermark { broker, partition: P0, to, leading: true })
    }

    /// A follower's high watermark moves.
    pub fn hears(&mut self, broker: BrokerId, to: u64) -> &mut Self {
        self.tell(Entry::HighWatermark { broker, partition: P0, to, leading: false })
    }

    /// A record of its own send, written everywhere, committed and acked.
    pub fn writes(&mut self, send: u32, first: u64, count: u32) -> &mut Self {
        let batch = self.history.len() as u32;
        self.sends(send, first, count).appends(B1, send, count).replicates([B2, B3], batch);
        let end = self.end(B1);
        self.commits(B1, end).acks(send, end - u64::from(count))
    }

    pub fn truncates(&mut self, broker: BrokerId, to: u64) -> &mut Self {
        let from = std::mem::replace(&mut self.ends[usize::from(broker.0)], to);
        self.tell(Entry::Truncated { broker, partition: P0, from, to })
    }

    /// A machine loses power, and all records from `to` on.
    pub fn loses_power(&mut self, broker: BrokerId, to: u64) -> &mut Self {
        self.node(broker, NodeState::PoweredOff);
        let from = std::mem::replace(&mut self.ends[usize::from(broker.0)], to);
        self.tell(Entry::LostUnflushed { broker, partition: P0, from, to })
    }

    pub fn node(&mut self, broker: BrokerId, state: NodeState) -> &mut Self {
        self.tell(Entry::Node { node: NodeId::Broker(broker), state })
    }

    /// A consumer takes the partition over, at an offset.
    pub fn starts_at(&mut self, consumer: u8, to: u64) -> &mut Self {
        self.tell(Entry::PositionReset { consumer, partition: P0, from: None, to, cause: ResetCause::Committed })
    }

    pub fn polls(&mut self, consumer: u8, batch: u32, skip: u32, count: u32) -> &mut Self {
        let records = Slice { partition: P0, batch, skip, count };
        self.tell(Entry::Polled { consumer, records })
    }

    pub fn processes(&mut self, consumer: u8, batch: u32, skip: u32, count: u32) -> &mut Self {
        let records = Slice { partition: P0, batch, skip, count };
        self.tell(Entry::Processed { consumer, records })
    }

    /// The group's committed offset moves.
    pub fn commits_offset(&mut self, consumer: u8, offset: u64) -> &mut Self {
        self.tell(Entry::OffsetCommitted { consumer, partition: P0, offset })
    }

    /// The log end of a broker.
    pub fn end(&self, broker: BrokerId) -> u64 {
        self.ends[usize::from(broker.0)]
    }
}
