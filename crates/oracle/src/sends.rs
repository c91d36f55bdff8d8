//! What the producers did with their records: every batch that a producer closed, by stream, with its fate and its
//! copies in the partitions' histories. 40 bytes a batch.

use highwater_model::trace::{RecordId, UNKEYED};
use highwater_model::{Duration, Instant, PartitionId, Scenario};
use std::collections::BTreeMap;

/// How far a send is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// No such send was closed yet.
    Unknown,
    /// Neither acked nor failed.
    Open,
    /// Reported as sent.
    Acked,
    /// Reported as failed.
    Failed,
    /// Split: its records go on in other sends.
    Split,
}

/// How often a send was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copies {
    /// Once at most.
    One,
    /// More often: the others are in [`Sends::copies`].
    Several,
}

/// No partition yet.
const NOWHERE: u16 = u16::MAX;
/// In no history yet.
const UNWRITTEN: u32 = u32::MAX;

/// A batch that a producer closed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Send {
    first: u64,
    first_arrival: Instant,
    arrival_span_us: u32,
    resolved_after_us: u32,
    count: u32,
    batch: u32,
    partition: u16,
    stream: u16,
    status: Status,
    copies: Copies,
}

impl Send {
    const UNKNOWN: Self = Self {
        first: 0,
        first_arrival: Instant::ZERO,
        arrival_span_us: 0,
        resolved_after_us: 0,
        count: 0,
        batch: UNWRITTEN,
        partition: NOWHERE,
        stream: 0,
        status: Status::Unknown,
        copies: Copies::One,
    };

    /// First record's number in its stream.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Records.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// When its first record arrived.
    pub fn first_arrival(&self) -> Instant {
        self.first_arrival
    }

    /// From the first record's arrival to the last's.
    pub fn arrival_span(&self) -> Duration {
        Duration::from_micros(u64::from(self.arrival_span_us))
    }

    /// When the `record`-th of its records arrived: they arrive evenly.
    pub fn arrival(&self, record: u32) -> Instant {
        let steps = u64::from(self.count.max(2) - 1);
        self.first_arrival + Duration(self.arrival_span().0 / steps * u64::from(record))
    }

    /// Arrival of the first of the records `from..to`, and the time from there to the last of them.
    pub fn arrivals(&self, from: u32, to: u32) -> (Instant, Duration) {
        let first = self.arrival(from);
        (first, self.arrival(to.max(from + 1) - 1).since(first))
    }

    /// When it was acked or failed.
    pub fn resolved(&self) -> Option<Instant> {
        matches!(self.status, Status::Acked | Status::Failed)
            .then(|| self.first_arrival + Duration::from_micros(u64::from(self.resolved_after_us)))
    }

    /// How far it is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Where it was sent, as far as known.
    pub fn partition(&self) -> Option<PartitionId> {
        (self.partition != NOWHERE).then_some(PartitionId(self.partition))
    }

    /// Its first copy.
    pub fn first_copy(&self) -> Option<Place> {
        (self.batch != UNWRITTEN).then_some(Place { partition: PartitionId(self.partition), batch: self.batch })
    }

    /// Its stream, as an index into [`Sends::streams`].
    pub fn stream(&self) -> usize {
        usize::from(self.stream)
    }

    /// Do its records count here? Those of a split send count in its parts.
    pub fn is_whole(&self) -> bool {
        matches!(self.status, Status::Open | Status::Acked | Status::Failed)
    }
}

/// A place in a partition's history: one copy of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub partition: PartitionId,
    pub batch: u32,
}

/// Records that never entered a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unsent {
    pub first: u64,
    pub count: u64,
    pub at: Instant,
}

/// A stream: one producer's records for one partition, or without keys.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub producer: u8,
    pub stream: PartitionId,
    /// Its sends, in the order of their closing.
    pub sends: Vec<u32>,
    /// Refused by the full source queue.
    pub refused: Vec<Unsent>,
    /// `send()` failed.
    pub rejected: Vec<Unsent>,
    /// When the run ended: offered by the source, and of those never in a closed batch.
    pub ended: Option<(u64, u64)>,
}

impl Stream {
    /// The n-th record's name.
    pub fn record(&self, number: u64) -> RecordId {
        RecordId { producer: self.producer, stream: self.stream, number }
    }
}

/// All sends of a run.
#[derive(Clone, Debug)]
pub(crate) struct Sends {
    sends: Vec<Send>,
    streams: Vec<Stream>,
    streams_per_producer: usize,
    /// Copies after the first, of sends that have more than one.
    copies: BTreeMap<u32, Vec<Place>>,
}

impl Sends {
    pub fn new(scenario: &Scenario) -> Self {
        let partitions = scenario.setup.topic.partitions;
        let streams = (1..=scenario.setup.workload.producers).flat_map(|producer| {
            (0..partitions).map(PartitionId).chain([UNKEYED]).map(move |stream| Stream {
                producer,
                stream,
                sends: Vec::new(),
                refused: Vec::new(),
                rejected: Vec::new(),
                ended: None,
            })
        });
        Self {
            sends: Vec::new(),
            streams: streams.collect(),
            streams_per_producer: usize::from(partitions) + 1,
            copies: BTreeMap::new(),
        }
    }

    fn stream_index(&self, producer: u8, stream: PartitionId) -> usize {
        let within = if stream == UNKEYED { self.streams_per_producer - 1 } else { stream.index() };
        (usize::from(producer) - 1) * self.streams_per_producer + within
    }

    /// The stream of this name, if the scenario has it.
    pub fn find_stream(&self, producer: u8, stream: PartitionId) -> Option<&Stream> {
        let known = stream == UNKEYED || stream.index() + 1 < self.streams_per_producer;
        (0 < producer && known).then(|| self.streams.get(self.stream_index(producer, stream))).flatten()
    }

    /// The stream of this name.
    pub fn stream_mut(&mut self, producer: u8, stream: PartitionId) -> &mut Stream {
        let index = self.stream_index(producer, stream);
        &mut self.streams[index]
    }

    /// All streams.
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// A send.
    pub fn get(&self, send: u32) -> &Send {
        &self.sends[send as usize]
    }

    /// How many sends there are, split ones included.
    pub fn len(&self) -> u32 {
        self.sends.len() as u32
    }

    fn place(&mut self, send: u32) -> &mut Send {
        let index = send as usize;
        if self.sends.len() <= index {
            self.sends.resize(index + 1, Send::UNKNOWN);
        }
        &mut self.sends[index]
    }

    /// A producer closed a batch.
    pub fn close(&mut self, send: u32, id: RecordId, count: u32, arrival: (Instant, Duration)) {
        let stream = self.stream_index(id.producer, id.stream);
        let partition = if id.stream == UNKEYED { NOWHERE } else { id.stream.0 };
        let place = self.place(send);
        place.first = id.number;
        place.count = count;
        (place.first_arrival, place.arrival_span_us) = (arrival.0, in_micros(arrival.1));
        (place.partition, place.stream, place.status) = (partition, stream as u16, Status::Open);
        self.streams[stream].sends.push(send);
    }

    /// A part of a send goes on as a send of its own.
    pub fn split(&mut self, send: u32, of: u32, skip: u32, count: u32) {
        let whole = *self.get(of);
        let (first_arrival, span) = whole.arrivals(skip, skip + count);
        self.place(of).status = Status::Split;
        let part = Send {
            first: whole.first + u64::from(skip),
            count,
            first_arrival,
            arrival_span_us: in_micros(span),
            status: Status::Open,
            batch: UNWRITTEN,
            copies: Copies::One,
            ..whole
        };
        *self.place(send) = part;
        self.streams[usize::from(whole.stream)].sends.push(send);
    }

    /// A send goes to a partition.
    pub fn address(&mut self, send: u32, partition: PartitionId) {
        let place = self.place(send);
        if place.batch == UNWRITTEN {
            place.partition = partition.0;
        }
    }

    /// A leader appended a send.
    pub fn written(&mut self, send: u32, copy: Place) {
        let place = self.place(send);
        if place.batch == UNWRITTEN {
            (place.partition, place.batch) = (copy.partition.0, copy.batch);
        } else {
            place.copies = Copies::Several;
            self.copies.entry(send).or_default().push(copy);
        }
    }

    /// The producer reports the outcome.
    pub fn resolve(&mut self, send: u32, status: Status, at: Instant) {
        let place = self.place(send);
        place.status = status;
        place.resolved_after_us = in_micros(at.since(place.first_arrival));
    }

    /// Calls `each` for every copy of a send's records.
    pub fn each_copy(&self, send: u32, mut each: impl FnMut(Place)) {
        let place = self.get(send);
        place.first_copy().into_iter().for_each(&mut each);
        if place.copies == Copies::Several {
            self.copies[&send].iter().copied().for_each(each);
        }
    }

    /// Is there at most one copy of the send's records?
    pub fn is_single(&self, send: u32) -> bool {
        self.get(send).copies == Copies::One
    }
}

fn in_micros(span: Duration) -> u32 {
    u32::try_from(span.0 / 1_000).unwrap_or(u32::MAX)
}
