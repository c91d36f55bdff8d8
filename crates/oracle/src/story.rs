//! Tells the story of one record: what happened to it, to the brokers that held it and to the partition it was sent to.

use crate::judge::Judge;
use crate::report::{Category, Step, Story};
use highwater_model::trace::{Content, Election, Entry, NodeState, Observer, Phase, RecordId, Slice};
use highwater_model::{BrokerId, BrokerSet, Instant, NodeId, PartitionId};

/// Steps that a story has at most; a record whose story is longer keeps the first ones and the last.
const STEPS_MAX: usize = 200;

/// A copy of the record in its partition's history.
#[derive(Clone, Copy, Debug)]
struct Written {
    partition: PartitionId,
    batch: u32,
    base: u64,
    /// Offset after the batch.
    end: u64,
    /// The record's place in the batch.
    index: u32,
    /// Brokers whose log has it.
    holders: BrokerSet,
    /// Did a leader's high watermark pass it?
    committed: bool,
}

/// A send that carries the record.
#[derive(Clone, Copy, Debug)]
struct Carrier {
    send: u32,
    /// The record's place in the send.
    index: u32,
}

/// Collects the steps of one record's story. Feed it the whole trace, a second time; or, to save time, the trace from
/// a moment before the record arrived.
#[derive(Clone, Debug)]
pub struct Storyteller {
    record: RecordId,
    arrived: Option<Instant>,
    carriers: Vec<Carrier>,
    copies: Vec<Written>,
    /// The partition it goes to, once known.
    partition: Option<PartitionId>,
    /// The state each partition is in, and since when, until the story begins.
    views: Vec<Option<(Instant, Entry)>>,
    leader: Option<BrokerId>,
    /// Consumers that were handed the record.
    readers: Vec<u8>,
    /// Transactions that the record was written in: of which producer id, in which partition.
    transactions: Vec<(PartitionId, u32)>,
    /// The last marker that was appended.
    marker: Option<Entry>,
    steps: Vec<(Instant, Entry)>,
}

impl Storyteller {
    /// A storyteller for a record.
    pub fn new(record: RecordId) -> Self {
        Self {
            record,
            arrived: None,
            carriers: Vec::new(),
            copies: Vec::new(),
            partition: None,
            views: Vec::new(),
            leader: None,
            readers: Vec::new(),
            transactions: Vec::new(),
            marker: None,
            steps: Vec::new(),
        }
    }

    /// The story, with the categories that the judge of the same run has put the record into; none where the run has
    /// no such record.
    pub fn story(&self, judge: &Judge) -> Option<Story> {
        let categories = judge.categories(self.record);
        if self.steps.is_empty() && categories.is_empty() {
            return None;
        }
        let steps = self.steps.iter().enumerate();
        let mut steps: Vec<Step> = steps
            .map(|(index, (at, entry))| Step { at: *at, entry: *entry, decisive: self.is_decisive(index, &categories) })
            .collect();
        if STEPS_MAX < steps.len() {
            steps.drain(STEPS_MAX / 2..steps.len() - STEPS_MAX / 2);
        }
        Some(Story { record: self.record, arrived: self.arrived, categories, steps })
    }

    fn tell(&mut self, at: Instant, entry: &Entry) {
        self.steps.push((at, *entry));
    }

    fn carries(&self, send: u32) -> bool {
        self.carriers.iter().any(|carrier| carrier.send == send)
    }

    fn is_mine(&self, producer: u8, stream: PartitionId, first: u64, count: u64) -> bool {
        (producer, stream) == (self.record.producer, self.record.stream)
            && first <= self.record.number
            && self.record.number < first + count
    }

    /// The record's partition is known: the story begins with the state that the partition is in.
    fn goes_to(&mut self, partition: PartitionId) {
        if self.partition.is_some() {
            return;
        }
        self.partition = Some(partition);
        if let Some((at, view)) = self.views.get(partition.index()).copied().flatten() {
            self.steps.insert(0, (at, view));
            if let Entry::PartitionChanged { leader, .. } = view {
                self.leader = leader;
            }
        }
        self.views.clear();
    }

    fn producer(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, stream, first, count, first_arrival, arrival_span }
                if self.is_mine(producer, stream, first, u64::from(count)) =>
            {
                let index = (self.record.number - first) as u32;
                let step = arrival_span.0 / u64::from(count.max(2) - 1);
                let arrived = Instant(first_arrival.0 + step * u64::from(index));
                self.arrived = self.arrived.or(Some(arrived));
                self.carriers.push(Carrier { send, index });
                self.tell(at, entry);
                if stream != highwater_model::trace::UNKEYED {
                    self.goes_to(stream);
                }
            }
            Entry::Refused { producer, stream, first, count } if self.is_mine(producer, stream, first, count) => {
                self.tell(at, entry);
            }
            Entry::Rejected { producer, stream, first, count, .. }
                if self.is_mine(producer, stream, first, u64::from(count)) =>
            {
                self.tell(at, entry);
            }
            Entry::SourceEnded { producer, stream, offered, waiting }
                if self.is_mine(producer, stream, offered - waiting, waiting) =>
            {
                self.tell(at, entry);
            }
            Entry::Split { send, of, skip, count } => {
                let whole = self.carriers.iter().find(|carrier| carrier.send == of).copied();
                if let Some(whole) = whole.filter(|whole| skip <= whole.index && whole.index < skip + count) {
                    self.carriers.push(Carrier { send, index: whole.index - skip });
                    self.tell(at, entry);
                }
            }
            Entry::Attempted { send, partition, .. } if self.carries(send) => {
                self.tell(at, entry);
                self.goes_to(partition);
            }
            Entry::Retried { send, .. } | Entry::Acked { send, .. } | Entry::Failed { send, .. }
                if self.carries(send) =>
            {
                self.tell(at, entry);
            }
            _ => (),
        }
    }

    fn appended(&mut self, at: Instant, entry: &Entry) {
        if let Entry::Appended { content: Content::Marker(_), .. } = entry {
            self.marker = Some(*entry);
        }
        let Entry::Appended { broker, partition, batch, base, count, content: Content::Send(send), .. } = *entry else {
            return;
        };
        let Some(carrier) = self.carriers.iter().find(|carrier| carrier.send == send) else { return };
        let holders = BrokerSet::only(broker);
        let end = base + u64::from(count);
        self.copies.push(Written { partition, batch, base, end, index: carrier.index, holders, committed: false });
        self.tell(at, entry);
    }

    /// The record's batch is part of a transaction; or a marker ends that transaction.
    fn transaction(&mut self, at: Instant, partition: PartitionId, batch: u32, producer_id: u32) {
        let transaction = (partition, producer_id);
        if self.copies.iter().any(|copy| copy.partition == partition && copy.batch == batch) {
            self.transactions.push(transaction);
        } else if let Some(marker @ Entry::Appended { partition: of, batch: place, .. }) = self.marker
            && (of, place) == (partition, batch)
            && self.transactions.contains(&transaction)
        {
            self.transactions.retain(|open| *open != transaction);
            self.tell(at, &marker);
        }
    }

    fn replicas(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Appended { .. } => self.appended(at, entry),
            Entry::Replicated { broker, partition, first, last, .. } => {
                let got =
                    |copy: &&mut Written| copy.partition == partition && first <= copy.batch && copy.batch <= last;
                if let Some(copy) = self.copies.iter_mut().find(got) {
                    copy.holders = copy.holders.with(broker);
                    self.tell(at, entry);
                }
            }
            Entry::HighWatermark { broker, partition, to, leading: true } => {
                let passed = |copy: &&mut Written| {
                    copy.partition == partition && !copy.committed && copy.end <= to && copy.holders.contains(broker)
                };
                if let Some(copy) = self.copies.iter_mut().find(passed) {
                    copy.committed = true;
                    self.tell(at, entry);
                }
            }
            Entry::Truncated { broker, partition, to, .. } | Entry::LostUnflushed { broker, partition, to, .. } => {
                let cut =
                    |copy: &&mut Written| copy.partition == partition && copy.holders.contains(broker) && to < copy.end;
                let mut lost = false;
                for copy in self.copies.iter_mut().filter(cut) {
                    copy.holders = copy.holders.without(broker);
                    lost = true;
                }
                if lost {
                    self.tell(at, entry);
                }
            }
            _ => (),
        }
    }

    fn consumer(&mut self, at: Instant, entry: &Entry) {
        let reads = |copies: &[Written], records: &Slice| {
            copies.iter().any(|copy| {
                copy.partition == records.partition
                    && copy.batch == records.batch
                    && records.skip <= copy.index
                    && copy.index < records.skip + records.count
            })
        };
        match *entry {
            Entry::Polled { consumer, records } if reads(&self.copies, &records) => {
                self.readers.push(consumer);
                self.tell(at, entry);
            }
            Entry::Processed { records, .. } if reads(&self.copies, &records) => self.tell(at, entry),
            Entry::OffsetCommitted { partition, offset, .. } if self.passes(partition, offset) => self.tell(at, entry),
            Entry::PositionReset { partition, to, .. } => {
                // It reads the record again, or passes over it.
                let read = !self.readers.is_empty();
                let ahead = |copy: &Written| copy.partition == partition && to <= copy.base + u64::from(copy.index);
                let behind = |copy: &Written| copy.partition == partition && copy.base + u64::from(copy.index) < to;
                if self.copies.iter().any(|copy| if read { ahead(copy) } else { behind(copy) }) {
                    self.tell(at, entry);
                }
            }
            _ => (),
        }
    }

    /// Does a committed offset pass the record, for the first time since it was told?
    fn passes(&self, partition: PartitionId, offset: u64) -> bool {
        let copy = self.copies.iter().find(|copy| copy.partition == partition);
        let passed = |offset: u64| copy.is_some_and(|copy| copy.base + u64::from(copy.index) < offset);
        let before = self.steps.iter().rev().find_map(|(_, step)| match step {
            Entry::OffsetCommitted { offset, .. } => Some(*offset),
            _ => None,
        });
        passed(offset) && !before.is_some_and(passed)
    }

    /// Brokers that matter to the record: those that hold it, and its partition's leader.
    fn brokers(&self) -> BrokerSet {
        let holders = self.copies.iter().fold(BrokerSet::EMPTY, |all, copy| all.union(copy.holders));
        self.leader.map_or(holders, |leader| holders.with(leader))
    }

    fn concerns(&self, node: NodeId) -> bool {
        match node {
            NodeId::Broker(broker) => self.partition.is_some() && self.brokers().contains(broker),
            NodeId::Controller(_) => false,
            NodeId::Producer(producer) => producer == self.record.producer && !self.is_resolved(),
            NodeId::Consumer(consumer) => self.readers.contains(&consumer) && !self.is_processed(),
        }
    }

    fn is_resolved(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Entry::Acked { .. } | Entry::Failed { .. }))
    }

    fn is_processed(&self) -> bool {
        self.steps.iter().any(|(_, step)| matches!(step, Entry::Processed { .. }))
    }

    fn cluster(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::PartitionChanged { partition, leader, .. } => match self.partition {
                Some(mine) if mine == partition => {
                    if self.matters(leader) {
                        self.tell(at, entry);
                    }
                    self.leader = leader;
                }
                Some(_) => (),
                None => {
                    if self.views.len() <= partition.index() {
                        self.views.resize(partition.index() + 1, None);
                    }
                    self.views[partition.index()] = Some((at, *entry));
                }
            },
            Entry::Node { node, .. } if self.concerns(node) => self.tell(at, entry),
            Entry::Fault { node, phase: Phase::Strikes, .. } if self.concerns(node) => self.tell(at, entry),
            _ => (),
        }
    }

    /// Does a change of the partition matter to the record? While it is not safe every one does, later only those to a
    /// leader that does not have it, or to none.
    fn matters(&self, leader: Option<BrokerId>) -> bool {
        let safe = self.copies.iter().any(|copy| copy.committed) && self.is_resolved();
        let has_it = leader.is_some_and(|leader| self.copies.iter().any(|copy| copy.holders.contains(leader)));
        let new = leader != self.leader;
        !safe || new && !has_it
    }

    /// Is a step one without which the record would not be in one of its categories?
    fn is_decisive(&self, index: usize, categories: &[Category]) -> bool {
        let (_, entry) = &self.steps[index];
        let is = |category: Category| categories.contains(&category);
        let earlier = |kind: fn(&Entry) -> bool| self.steps[..index].iter().any(|(_, step)| kind(step));
        match entry {
            Entry::Acked { .. } => is(Category::Lost),
            Entry::Node { state, .. } => is_down(*state) && (is(Category::Lost) || is(Category::NeverProcessed)),
            Entry::PartitionChanged { election, .. } => {
                is(Category::Lost) && earlier(is_append) && !matches!(election, Election::Unchanged)
            }
            Entry::Truncated { .. } | Entry::LostUnflushed { .. } => {
                is(Category::Lost) || is(Category::EffectWithoutRecord)
            }
            Entry::Appended { content: Content::Marker(_), .. } => is(Category::Aborted),
            Entry::Appended { .. } => is(Category::Duplicated) && earlier(is_append) || is(Category::FailedButWritten),
            Entry::Retried { .. } => is(Category::Duplicated) || is(Category::Reordered),
            Entry::Failed { .. } => is(Category::Failed) || is(Category::FailedButWritten),
            Entry::Refused { .. } | Entry::Rejected { .. } => true,
            Entry::PositionReset { .. } => is(Category::ProcessedTwice) || is(Category::NeverProcessed),
            Entry::OffsetCommitted { .. } => is(Category::NeverProcessed),
            Entry::Processed { .. } => {
                is(Category::ProcessedTwice) && earlier(is_processing) || is(Category::EffectWithoutRecord)
            }
            _ => false,
        }
    }
}

fn is_append(entry: &Entry) -> bool {
    matches!(entry, Entry::Appended { content: Content::Send(_), .. })
}

fn is_processing(entry: &Entry) -> bool {
    matches!(entry, Entry::Processed { .. })
}

fn is_down(state: NodeState) -> bool {
    matches!(state, NodeState::Crashed | NodeState::PoweredOff | NodeState::Halted | NodeState::Paused)
}

impl Observer for Storyteller {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Appended { .. }
            | Entry::Replicated { .. }
            | Entry::HighWatermark { .. }
            | Entry::Truncated { .. }
            | Entry::LostUnflushed { .. } => self.replicas(at, entry),
            Entry::Polled { .. }
            | Entry::Processed { .. }
            | Entry::OffsetCommitted { .. }
            | Entry::PositionReset { .. } => self.consumer(at, entry),
            Entry::PartitionChanged { .. } | Entry::Node { .. } | Entry::Fault { .. } => self.cluster(at, entry),
            Entry::TransactionBatch { partition, batch, producer_id, .. } => {
                self.transaction(at, *partition, *batch, *producer_id);
            }
            _ => self.producer(at, entry),
        }
    }
}
