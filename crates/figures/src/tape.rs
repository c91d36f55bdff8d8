//! A run on tape: what it told, with what is known about each send and each batch, to ask figures of.

use crate::entries::{field_of, kind_of};
use crate::value::Value;
use highwater_model::trace::{Content, Entry, Observer, RecordId, UNKEYED};
use highwater_model::{Duration, Instant, Layout, NodeId, PartitionId};
use std::collections::BTreeMap;

/// A moment of a run that has a name: a step of its script, or the beginning or the end of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its name.
    pub name: String,
    /// When it was.
    pub at: Instant,
    /// Whom it was done to, where that is one node.
    pub node: Option<NodeId>,
}

/// What a run told.
#[derive(Clone, Debug)]
pub struct Tape {
    layout: Layout,
    entries: Vec<(Instant, Entry)>,
    /// Where the entries of each kind are.
    kinds: BTreeMap<&'static str, Vec<u32>>,
    sends: Vec<Send>,
    /// Of each partition's history.
    batches: Vec<Vec<Batch>>,
    marks: Vec<Mark>,
    /// Values that a case has kept, by name.
    kept: Vec<(String, Value)>,
    now: Instant,
}

/// What is known about a send.
#[derive(Clone, Copy, Debug)]
struct Send {
    producer: u8,
    stream: PartitionId,
    first: u64,
    count: u32,
    arrived: Instant,
    span: Duration,
    /// When its batch was complete.
    closed: Instant,
    partition: Option<PartitionId>,
}

/// A batch of a partition's history.
#[derive(Clone, Copy, Debug)]
struct Batch {
    base: u64,
    content: Content,
}

/// An entry on the tape.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    tape: &'a Tape,
    pub at: Instant,
    pub entry: &'a Entry,
}

impl Observer for Tape {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.now = at;
        self.learn(entry);
        let place = self.entries.len() as u32;
        self.kinds.entry(kind_of(entry)).or_default().push(place);
        self.entries.push((at, *entry));
    }
}

impl Default for Send {
    fn default() -> Self {
        Send {
            producer: 0,
            stream: UNKEYED,
            first: 0,
            count: 0,
            arrived: Instant::ZERO,
            span: Duration::ZERO,
            closed: Instant::ZERO,
            partition: None,
        }
    }
}

impl Tape {
    /// An empty one, for a run with these partitions.
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            entries: Vec::new(),
            kinds: BTreeMap::new(),
            sends: Vec::new(),
            batches: Vec::new(),
            marks: Vec::new(),
            kept: Vec::new(),
            now: Instant::ZERO,
        }
    }

    /// A partition as it is written: `t-0`.
    pub(crate) fn partition_name(&self, partition: u16) -> Value {
        if partition == UNKEYED.0 { Value::None } else { Value::word(self.layout.short_name(PartitionId(partition))) }
    }

    /// Names a moment.
    pub fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Keeps a value that was seen on the way.
    pub fn keep(&mut self, name: String, value: Value) {
        self.kept.push((name, value));
    }

    /// The value that was kept under this name; the last one, if there are several.
    pub fn find_kept(&self, name: &str) -> Option<&Value> {
        self.kept.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The moment of this name; the last one, if the name was given again.
    pub fn find_mark(&self, name: &str) -> Option<&Mark> {
        self.marks.iter().rev().find(|mark| mark.name == name)
    }

    /// Up to when it was told.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The entries of a kind, in order; none where the run told nothing of that kind (or there is no such kind).
    pub(crate) fn of_kind(&self, kind: &str) -> impl DoubleEndedIterator<Item = Told<'_>> {
        let places = self.kinds.get(kind).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| {
            let (at, entry) = &self.entries[*place as usize];
            Told { tape: self, at: *at, entry }
        })
    }

    /// Learns what entries that follow will only name.
    fn learn(&mut self, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, stream, first, count, first_arrival, arrival_span } => {
                let partition = self.send(send).partition;
                let (arrived, span, closed) = (first_arrival, arrival_span, self.now);
                *self.send(send) = Send { producer, stream, first, count, arrived, span, closed, partition };
            }
            Entry::Attempted { send, partition, .. } => self.send(send).partition = Some(partition),
            Entry::Split { send, of, skip, count } => {
                let whole = *self.send(of);
                let first = whole.first + u64::from(skip);
                *self.send(send) = Send { first, count, ..whole };
            }
            Entry::Appended { partition, batch, base, content, .. } => {
                let history = partition.index();
                if self.batches.len() <= history {
                    self.batches.resize(history + 1, Vec::new());
                }
                let history = &mut self.batches[history];
                history.truncate(batch as usize);
                history.resize(batch as usize, Batch { base, content: Content::Foreign });
                history.push(Batch { base, content });
            }
            _ => (),
        }
    }

    fn send(&mut self, send: u32) -> &mut Send {
        let place = send as usize;
        if self.sends.len() <= place {
            self.sends.resize(place + 1, Send::default());
        }
        &mut self.sends[place]
    }
}

/// A number of milliseconds.
pub(crate) fn millis(at: Instant) -> f64 {
    at.0 as f64 / 1e6
}

impl Told<'_> {
    /// A field: one of the entry's own, or one that follows from what was told before.
    pub fn field(&self, name: &str) -> Option<Value> {
        match name {
            "at" => return Some(Value::Number(millis(self.at))),
            "isr_size" | "elr_size" => return self.size(name),
            "exception" => return self.exception(),
            _ => (),
        }
        let value = field_of(self.entry, name).or_else(|| self.derived(name))?;
        Some(match (name, &value) {
            ("partition" | "stream", Value::Number(number)) => self.tape.partition_name(*number as u16),
            _ => value,
        })
    }

    /// The size of a set among the entry's own fields: `isr_size` of `isr`.
    fn size(&self, name: &str) -> Option<Value> {
        match field_of(self.entry, name.strip_suffix("_size")?)? {
            Value::Set(members) => Some(Value::Number(members.len() as f64)),
            _ => None,
        }
    }

    /// The class of the exception that a Java application would be given.
    fn exception(&self) -> Option<Value> {
        let (Entry::Failed { error, .. } | Entry::Rejected { error, .. } | Entry::CommitFailed { error, .. }) =
            self.entry
        else {
            return None;
        };
        Some(Value::word(error.exception()))
    }

    /// What is known of the send, or of the batch of a slice.
    fn derived(&self, name: &str) -> Option<Value> {
        if let ("records", Some(count)) = (name, field_of(self.entry, "count")) {
            return Some(count);
        }
        if let ("offset", Some((batch, skip))) = (name, self.slice()) {
            return Some(Value::Number((batch.base + u64::from(skip)) as f64));
        }
        let send = self.send()?;
        Some(match name {
            "producer" => Value::Number(f64::from(send.producer)),
            "partition" => send.partition.map_or(Value::None, |partition| Value::Number(f64::from(partition.0))),
            "records" => Value::Number(f64::from(send.count)),
            "first" => Value::Number(send.first as f64),
            "arrived" => Value::Number(millis(send.arrived)),
            "age" => Value::Number(millis(self.at) - millis(send.arrived)),
            "in_client" => Value::Number(millis(self.at) - millis(send.closed)),
            _ => return None,
        })
    }

    /// The records that the entry is about: the first, and how many.
    pub fn records(&self) -> Option<(RecordId, u64)> {
        let Send { producer, stream, first, count, .. } = *self.send()?;
        let of_slice = match *self.entry {
            Entry::Polled { records, .. } | Entry::Processed { records, .. } => Some((records.skip, records.count)),
            _ => None,
        };
        let (skip, count) = of_slice.unwrap_or((0, count));
        Some((RecordId { producer, stream, number: first + u64::from(skip) }, u64::from(count)))
    }

    /// The send that the entry is about.
    fn send(&self) -> Option<&Send> {
        let send = match *self.entry {
            Entry::Acked { send, .. }
            | Entry::Failed { send, .. }
            | Entry::Retried { send, .. }
            | Entry::Attempted { send, .. }
            | Entry::Closed { send, .. }
            | Entry::Split { send, .. }
            | Entry::Appended { content: Content::Send(send), .. } => send,
            Entry::Polled { .. } | Entry::Processed { .. } => match self.slice()?.0.content {
                Content::Send(send) => send,
                _ => return None,
            },
            _ => return None,
        };
        self.tape.sends.get(send as usize)
    }

    /// The batch of which a consumer was handed records, and how many of its records were left out.
    fn slice(&self) -> Option<(Batch, u32)> {
        let (Entry::Polled { records, .. } | Entry::Processed { records, .. }) = self.entry else { return None };
        let batch = self.tape.batches.get(records.partition.index())?.get(records.batch as usize)?;
        Some((*batch, records.skip))
    }

    /// From each record's arrival in its source until the entry, in milliseconds, in the order of the records.
    pub fn latencies(&self) -> Vec<f64> {
        let Some(send) = self.send() else { return Vec::new() };
        let (skip, count) = match *self.entry {
            Entry::Polled { records, .. } | Entry::Processed { records, .. } => (records.skip, records.count),
            _ => (0, send.count),
        };
        // A batch's records arrived evenly between its first and its last.
        let step = send.span.0 as f64 / f64::from(send.count.max(2) - 1) / 1e6;
        let since_first = millis(self.at) - millis(send.arrived);
        (skip..skip + count).map(|place| since_first - step * f64::from(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_knows_its_send() {
        let layout = Layout {
            topic: "records".to_owned(),
            data_partitions: 2,
            offsets_partitions: 1,
            transaction_partitions: 0,
        };
        let mut tape = Tape::new(layout);
        let closed = Entry::Closed {
            send: 4,
            producer: 2,
            stream: PartitionId(1),
            first: 10,
            count: 3,
            first_arrival: Instant::from_millis(100),
            arrival_span: Duration::from_millis(20),
        };
        tape.observe(Instant::from_millis(120), &closed);
        let partition = PartitionId(1);
        let attempted = Entry::Attempted { send: 4, broker: highwater_model::BrokerId(1), partition, attempt: 1 };
        tape.observe(Instant::from_millis(120), &attempted);
        tape.observe(Instant::from_millis(130), &Entry::Acked { send: 4, offset: Some(7) });
        let acked = tape.of_kind("Acked").next().expect("it was told");
        assert_eq!(acked.field("partition"), Some(Value::word("t-1")));
        assert_eq!(acked.field("producer"), Some(Value::Number(2.0)));
        assert_eq!(acked.field("records"), Some(Value::Number(3.0)));
        assert_eq!(acked.field("offset"), Some(Value::Number(7.0)));
        assert_eq!(acked.field("broker"), None, "an acknowledgement does not say who sent it");
        assert_eq!(acked.latencies(), [30.0, 20.0, 10.0]);
    }
}
