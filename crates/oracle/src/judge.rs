//! The judge: mirrors logs, the controller's view, producers and consumers from the trace, and knows at any time what
//! became of every record. Works on batches and ranges; a record costs nothing of its own.

use crate::cluster::{BROKER_SLOTS, Cluster};
use crate::consumption::Consumption;
use crate::coverage::Part;
use crate::histogram::Histogram;
use crate::log::{self, Batch, Log};
use crate::report::{Availability, Latency};
use crate::sends::{Place, Sends, Status, Unsent};
use crate::transactions::{Told, Transactions};
use crate::watch::Watch;
use highwater_model::settings::Isolation;
use highwater_model::trace::{Content, Election, Entry, NodeState, Observer, RecordId, Slice};
use highwater_model::{BrokerId, Duration, Instant, NodeId, PartitionId, Scenario};

/// With acks=0 a record is acked before it reaches the leader. If it is in no log this long after, it never will be.
const ON_ITS_WAY: Duration = Duration::from_secs(1);

/// Acked records lost in one moment; negative where records came back, because a replica that has them returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loss {
    pub at: Instant,
    pub partition: PartitionId,
    pub records: i64,
}

/// Counts that grow with the trace.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub closed: u64,
    pub refused: u64,
    pub rejected: u64,
    pub waiting: u64,
    pub unclean_elections: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies {
    produce_calm: Histogram,
    pub produce: Histogram,
    end_to_end_calm: Histogram,
    pub end_to_end: Histogram,
}

/// Keeps the ledger of a run. Feed it the whole trace, from the beginning.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(crate) cluster: Cluster,
    pub(crate) sends: Sends,
    /// Of each data partition.
    pub(crate) histories: Vec<Vec<Batch>>,
    /// Of each data partition and broker.
    logs: Vec<Log>,
    /// Of each data partition: the highest high watermark of its leaders, as far as later leaders had it.
    pub(crate) committed_up_to: Vec<u64>,
    pub(crate) consumption: Vec<Consumption>,
    pub(crate) totals: Totals,
    pub(crate) transactions: Transactions,
    pub(crate) isolation: Isolation,
    lost: Vec<u64>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) watch: Watch,
    pub(crate) latencies: Latencies,
    calm_until: Instant,
    pub(crate) now: Instant,
}

impl Judge {
    /// A judge for a run of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let cluster = Cluster::new(scenario);
        let partitions = usize::from(scenario.setup.topic.partitions);
        Self {
            watch: Watch::new(&cluster),
            cluster,
            sends: Sends::new(scenario),
            histories: vec![Vec::new(); partitions],
            logs: vec![Log::default(); partitions * BROKER_SLOTS],
            committed_up_to: vec![0; partitions],
            consumption: vec![Consumption::default(); partitions],
            totals: Totals::default(),
            transactions: Transactions::default(),
            isolation: scenario.setup.consumer.isolation_level,
            lost: vec![0; partitions],
            losses: Vec::new(),
            latencies: Latencies::default(),
            calm_until: scenario.faults.iter().map(|fault| fault.at).min().unwrap_or(Instant::NEVER),
            now: Instant::ZERO,
        }
    }

    /// When the topic could not be used, up to `until`.
    pub fn availability(&self, until: Instant) -> Availability {
        self.watch.report(until)
    }

    /// The latencies so far.
    pub fn latency(&self) -> Latency {
        Latency {
            produce_calm: self.latencies.produce_calm.quantiles(),
            produce: self.latencies.produce.quantiles(),
            end_to_end_calm: self.latencies.end_to_end_calm.quantiles(),
            end_to_end: self.latencies.end_to_end.quantiles(),
        }
    }

    /// Elections of data partitions that were not clean: of the last known leader, or of any replica.
    pub fn unclean_elections(&self) -> u32 {
        self.totals.unclean_elections
    }

    pub(crate) fn log(&self, partition: PartitionId, broker: BrokerId) -> &Log {
        &self.logs[partition.index() * BROKER_SLOTS + usize::from(broker.0)]
    }

    /// Is the copy in a log that decides what is in its partition?
    pub(crate) fn is_held(&self, copy: Place) -> bool {
        let history = &self.histories[copy.partition.index()];
        match self.cluster.view(copy.partition).leader {
            Some(leader) => self.log(copy.partition, leader).holds(history, copy.batch),
            None => {
                let electable = self.cluster.view(copy.partition).authority();
                electable.iter().any(|broker| self.log(copy.partition, broker).holds(history, copy.batch))
            }
        }
    }

    /// How many copies of a send's records are in the logs that decide.
    pub(crate) fn held_copies(&self, send: u32) -> u32 {
        if self.sends.is_single(send) {
            return u32::from(self.sends.get(send).first_copy().is_some_and(|copy| self.is_held(copy)));
        }
        let mut held = 0;
        self.sends.each_copy(send, |copy| held += u32::from(self.is_held(copy)));
        held
    }

    /// The first copy of a send's records in any history.
    pub(crate) fn first_written(&self, send: u32) -> Option<Place> {
        let mut first = None;
        self.sends.each_copy(send, |copy| first = first.or(Some(copy)));
        first
    }

    /// Of an acked send of which no copy is held: is it lost, rather than still on its way to a leader?
    pub(crate) fn is_gone(&self, send: u32, resolved: Option<Instant>) -> bool {
        self.first_written(send).is_some() || resolved.is_some_and(|resolved| ON_ITS_WAY <= self.now.since(resolved))
    }

    fn close(&mut self, at: Instant, send: u32, id: RecordId, count: u32, arrival: (Instant, Duration)) {
        self.sends.close(send, id, count, arrival);
        self.totals.closed += u64::from(count);
        if let Some(partition) = self.sends.get(send).partition() {
            self.watch.begin_waiting(at, partition);
        }
    }

    fn split(&mut self, at: Instant, send: u32, of: u32, skip: u32, count: u32) {
        let whole = self.sends.get(of);
        if let Some(partition) = whole.partition() {
            if whole.status() == Status::Open {
                self.watch.gave_up(at, partition);
            }
            self.watch.begin_waiting(at, partition);
        }
        self.sends.split(send, of, skip, count);
    }

    fn attempted(&mut self, at: Instant, send: u32, partition: PartitionId) {
        if self.sends.get(send).partition().is_none() {
            self.sends.address(send, partition);
            self.watch.begin_waiting(at, partition);
        }
    }

    fn acked(&mut self, at: Instant, send: u32) {
        self.sends.resolve(send, Status::Acked, at);
        let place = *self.sends.get(send);
        let (arrived, span) = (place.first_arrival(), place.arrival_span());
        self.latencies.produce.add_ramp(arrived, span, place.count(), at);
        if at < self.calm_until {
            self.latencies.produce_calm.add_ramp(arrived, span, place.count(), at);
        }
        let Some(partition) = place.partition() else { return };
        self.watch.acked(at, partition);
        if place.first_copy().is_some() && self.held_copies(send) == 0 {
            self.note_loss(at, partition, i64::from(place.count()));
        }
    }

    fn failed(&mut self, at: Instant, send: u32) {
        self.sends.resolve(send, Status::Failed, at);
        if let Some(partition) = self.sends.get(send).partition() {
            self.watch.gave_up(at, partition);
        }
    }

    fn appended(&mut self, at: Instant, broker: BrokerId, copy: Place, appended: Batch) {
        let history = &mut self.histories[copy.partition.index()];
        log::place(history, copy.batch, appended);
        self.logs[copy.partition.index() * BROKER_SLOTS + usize::from(broker.0)].append(history, copy.batch);
        let Content::Send(send) = appended.content else { return };
        if self.sends.get(send).status() == Status::Acked {
            // Acked before it was written, as with acks=0; or a copy more.
            let lost_before = self.first_written(send).is_some() && self.held_copies(send) == 0;
            self.sends.written(send, copy);
            let lost = self.held_copies(send) == 0;
            let partition = self.first_written(send).map_or(copy.partition, |first| first.partition);
            self.note_loss(at, partition, i64::from(appended.count) * (i64::from(lost) - i64::from(lost_before)));
        } else {
            self.sends.written(send, copy);
        }
    }

    fn replicated(
        &mut self,
        at: Instant,
        broker: BrokerId,
        partition: PartitionId,
        batches: std::ops::RangeInclusive<u32>,
    ) {
        let history = &self.histories[partition.index()];
        let log = &mut self.logs[partition.index() * BROKER_SLOTS + usize::from(broker.0)];
        for batch in batches {
            log.append(history, batch);
        }
        // A broker that does not know yet that it was elected may still take what it fetched before.
        if self.lost[partition.index()] != 0 && self.cluster.view(partition).authority().contains(broker) {
            self.recount(at, partition);
        }
    }

    fn cut(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, to: u64) {
        let history = &self.histories[partition.index()];
        self.logs[partition.index() * BROKER_SLOTS + usize::from(broker.0)].cut(history, to);
        if self.cluster.view(partition).authority().contains(broker) {
            self.recount(at, partition);
        }
    }

    /// Counts a partition's lost records anew, after the logs that decide have changed.
    fn recount(&mut self, at: Instant, partition: PartitionId) {
        let mut lost = 0;
        for (batch, written) in self.histories[partition.index()].iter().enumerate() {
            let Content::Send(send) = written.content else { continue };
            let here = Some(Place { partition, batch: batch as u32 });
            if self.first_written(send) == here
                && self.sends.get(send).status() == Status::Acked
                && self.held_copies(send) == 0
            {
                lost += u64::from(written.count);
            }
        }
        let change = lost as i64 - self.lost[partition.index()] as i64;
        self.note_loss(at, partition, change);
    }

    fn note_loss(&mut self, at: Instant, partition: PartitionId, records: i64) {
        if records == 0 {
            return;
        }
        self.lost[partition.index()] = self.lost[partition.index()].wrapping_add_signed(records);
        match self.losses.last_mut() {
            Some(last) if last.at == at && last.partition == partition => last.records += records,
            _ => self.losses.push(Loss { at, partition, records }),
        }
    }

    fn partition_changed(&mut self, at: Instant, entry: &Entry, partition: PartitionId, election: Election) {
        let before = self.cluster.view(partition).authority();
        let change = self.cluster.observe(entry);
        if !self.cluster.is_data(partition) {
            return;
        }
        self.watch.look(at, &self.cluster, change);
        self.totals.unclean_elections += u32::from(matches!(election, Election::LastKnown | Election::Unclean));
        let view = self.cluster.view(partition);
        if let Some(leader) = view.leader
            && election != Election::Unchanged
        {
            let end = self.log(partition, leader).end();
            let committed = &mut self.committed_up_to[partition.index()];
            *committed = end.min(*committed);
        }
        if self.cluster.view(partition).authority() != before {
            self.recount(at, partition);
        }
    }

    fn processed(&mut self, at: Instant, consumer: u8, records: Slice) {
        let batch = self.histories[records.partition.index()][records.batch as usize];
        let part = Part::of_slice(&records, batch.count);
        let Content::Send(send) = batch.content else { return };
        let send = self.sends.get(send);
        let (latencies, calm_until) = (&mut self.latencies, self.calm_until);
        self.consumption[records.partition.index()].process(consumer, part, |from, to| {
            let (arrived, span) = send.arrivals(from, to);
            latencies.end_to_end.add_ramp(arrived, span, to - from, at);
            if at < calm_until {
                latencies.end_to_end_calm.add_ramp(arrived, span, to - from, at);
            }
        });
    }

    fn node(&mut self, at: Instant, entry: &Entry, node: NodeId, state: NodeState) {
        let change = self.cluster.observe(entry);
        self.watch.look(at, &self.cluster, change);
        let lives = matches!(state, NodeState::Running | NodeState::Paused | NodeState::Stopping);
        if let NodeId::Consumer(consumer) = node
            && !lives
        {
            self.consumption.iter_mut().for_each(|partition| partition.forget(consumer));
        }
    }

    fn producer(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, stream, first, count, first_arrival, arrival_span } => {
                let id = RecordId { producer, stream, number: first };
                self.close(at, send, id, count, (first_arrival, arrival_span));
            }
            Entry::Attempted { send, partition, .. } => self.attempted(at, send, partition),
            Entry::Acked { send, .. } => self.acked(at, send),
            Entry::Failed { send, .. } => self.failed(at, send),
            Entry::Split { send, of, skip, count } => self.split(at, send, of, skip, count),
            Entry::Refused { producer, stream, first, count } => {
                self.totals.refused += count;
                self.sends.stream_mut(producer, stream).refused.push(Unsent { first, count, at });
            }
            Entry::Rejected { producer, stream, first, count, .. } => {
                let count = u64::from(count);
                self.totals.rejected += count;
                self.sends.stream_mut(producer, stream).rejected.push(Unsent { first, count, at });
            }
            Entry::SourceEnded { producer, stream, offered, waiting } => {
                self.totals.waiting += waiting;
                self.sends.stream_mut(producer, stream).ended = Some((offered, waiting));
            }
            _ => (),
        }
    }
}

impl Observer for Judge {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.now = at;
        match *entry {
            Entry::Appended { broker, partition, batch, base, count, leader_epoch, content }
                if self.cluster.is_data(partition) =>
            {
                self.appended(at, broker, Place { partition, batch }, Batch { base, count, leader_epoch, content });
            }
            Entry::Replicated { broker, partition, first, last, .. } if self.cluster.is_data(partition) => {
                self.replicated(at, broker, partition, first..=last);
            }
            Entry::HighWatermark { broker, partition, to, .. } if self.cluster.is_data(partition) => {
                if self.cluster.view(partition).leader == Some(broker) {
                    let committed = &mut self.committed_up_to[partition.index()];
                    *committed = to.max(*committed);
                }
            }
            Entry::Truncated { broker, partition, to, .. } | Entry::LostUnflushed { broker, partition, to, .. }
                if self.cluster.is_data(partition) =>
            {
                self.cut(at, broker, partition, to);
            }
            Entry::LogStart { broker, partition, to } if self.cluster.is_data(partition) => {
                self.logs[partition.index() * BROKER_SLOTS + usize::from(broker.0)].start_at(to);
            }
            Entry::LogRemoved { broker, partition } if self.cluster.is_data(partition) => {
                self.logs[partition.index() * BROKER_SLOTS + usize::from(broker.0)] = Log::default();
            }
            Entry::TransactionBatch { partition, batch, producer_id, .. } if self.cluster.is_data(partition) => {
                let Batch { base, count, content, .. } = self.histories[partition.index()][batch as usize];
                let told = Told { batch, base, count, content };
                self.transactions.appended(partition, told, producer_id, |_| true);
                self.transactions.settle(partition, |_| true);
            }
            Entry::Polled { consumer, records } => {
                let count = self.histories[records.partition.index()][records.batch as usize].count;
                self.consumption[records.partition.index()].poll(consumer, Part::of_slice(&records, count));
            }
            Entry::Processed { consumer, records } => self.processed(at, consumer, records),
            Entry::OffsetCommitted { partition, offset, .. } => {
                self.consumption[partition.index()].committed = offset;
            }
            Entry::PartitionChanged { partition, election, .. } => {
                self.partition_changed(at, entry, partition, election);
            }
            Entry::Node { node, state } => self.node(at, entry, node, state),
            Entry::Leads { .. } | Entry::Reassigned { .. } | Entry::Configured { .. } => {
                let change = self.cluster.observe(entry);
                self.watch.look(at, &self.cluster, change);
            }
            _ => self.producer(at, entry),
        }
    }
}
