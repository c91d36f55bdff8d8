//! The producing application: one thread that takes records from its source in the order of their arrival and calls
//! `send()`.
//!
//! Only records that change something are events: the one that opens a batch, and the one that no longer fits. All
//! others are counted when their batch closes. What `send()` blocks on (metadata, buffer memory; R-611) or the
//! application waits for (a result) holds up the whole source: the records behind wait, whatever their partition, and
//! those that wait too long are refused.
//!
//! What the application does with results: it ignores them, or waits for each before the next `send()`, or learns of
//! failures in a callback. It never sends a failed record again by itself: the client has retried for
//! delivery.timeout.ms, the outcome is unknown, and a careful application leaves that to whoever reconciles.

mod batches;
mod load;
mod refusing;
mod sending;

use super::arrivals::{Arrivals, chunk_max};
use super::clock::SourceClock;
use super::hand::Hand;
use super::shares::Shares;
use super::transacting::Transacting;
use batches::OpenBatch;
use highwater_kafka::batch_bytes::{Compression, RecordShape, Room};
use highwater_kafka::node::{Alarm, Context};
use highwater_kafka::producer::{BatchRef, Producer, StickyPartitioner};
use highwater_kernel::{Dice, Seed, Stream as DiceStream};
use highwater_model::trace::{Entry, Error, UNKEYED};
use highwater_model::{Duration, Instant, PartitionId, Setup};
pub use load::Offered;
use refusing::SWEEP;

/// What happens when the application comes to a stream's next moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// A record arrives that opens a batch.
    Opens,
    /// A record arrives for which the open batch has no room.
    Overflows,
    /// That record was not found so far ahead; it is looked for again.
    LookAgain,
}

/// The records of one (producer, partition), or without keys of one producer.
#[derive(Clone, Debug)]
struct Stream {
    id: PartitionId,
    arrivals: Arrivals,
    /// Of the application's records.
    share: f64,
    open: Option<OpenBatch>,
    next: Next,
    /// The first record of which the trace does not know what became of it.
    untold: u64,
}

/// A record that was taken from the source and is in `send()`.
#[derive(Clone, Copy, Debug)]
pub(super) struct InHand {
    stream: u32,
    number: u64,
    arrival: Instant,
    /// Known once the topic's metadata is.
    partition: Option<PartitionId>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// It takes records as they come.
    Sending,
    /// `send()` blocks, at most `until`; then it fails with the error.
    Blocked { record: InHand, until: Instant, error: Error },
    /// It waits for the result of its last `send()`.
    Waiting(BatchRef),
    /// It waits for `initTransactions()`, `commitTransaction()` or `abortTransaction()`.
    Ending,
    /// It takes no more records, and waits for the client to close.
    Closing,
    /// There is no process.
    Down,
}

/// How records find their partition.
#[derive(Clone, Debug)]
enum Keying {
    /// By their key: a stream is a partition.
    ByKey,
    /// By the built-in partitioner: there is one stream.
    Sticky { partitioner: StickyPartitioner, dice: Dice },
}

/// A producing application and its source.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) number: u8,
    streams: Vec<Stream>,
    /// When each stream's next moment is, in the source's time.
    next_at: Vec<Instant>,
    keying: Keying,
    /// Partitions that its client knew of when it last looked.
    partitions: u16,
    clock: SourceClock,
    pub(super) state: State,
    pub(super) transacting: Option<Transacting>,
    /// Where it does nothing by itself: what its client is called for.
    pub(super) hand: Option<Box<Hand>>,
    pub alarm: Alarm,
    swept: Instant,
    /// Records a second, all streams together.
    usual_rate: f64,
    rate_percent: u32,
    /// What it was told to offer instead of its usual load.
    offered: Option<Offered>,
    slowness: u32,
    /// CPU time of one `send()`, compression included.
    send_cpu: Duration,
    /// Is a record larger than the client takes?
    too_large: bool,
    /// The room of a batch last asked about, and how many records fit if all have one timestamp.
    fits: Option<(Room, u32)>,
}

/// CPU time of a producing application for one record: `send()`, and its compression.
pub fn send_cpu(setup: &Setup) -> Duration {
    let compression_ps =
        Compression::of(setup).cpu_ps_per_byte() * u64::from(RecordShape::of(setup).record_bytes(0, 0));
    Duration(u64::from(setup.environment.send_cpu_ns) + compression_ps / 1_000)
}

impl Application {
    pub fn new(number: u8, setup: &Setup, shares: &Shares, seed: Seed) -> Self {
        let rate = f64::from(setup.workload.records_per_second) / f64::from(setup.workload.producers);
        let chunk_max = chunk_max(f64::from(setup.workload.records_per_second));
        let stream = |id: PartitionId, share: f64| Stream {
            id,
            arrivals: Arrivals::new(seed.dice(DiceStream::Arrivals(number, id.0)), rate * share, chunk_max),
            share,
            open: None,
            next: Next::Opens,
            untold: 0,
        };
        let mut streams: Vec<Stream> = match setup.workload.keys {
            0 => vec![stream(UNKEYED, 1.0)],
            _ => (0..setup.topic.partitions).map(PartitionId).map(|id| stream(id, shares.share(id))).collect(),
        };
        let keying = match setup.workload.keys {
            0 => Keying::Sticky {
                partitioner: StickyPartitioner::default(),
                dice: seed.dice(DiceStream::Partitioner(number)),
            },
            _ => Keying::ByKey,
        };
        let shape = RecordShape::of(setup);
        let single = shape.single_bytes_max();
        let next_at = streams.iter_mut().map(|stream| stream.arrivals.next_at()).collect();
        let mut application = Self {
            number,
            streams,
            next_at,
            keying,
            partitions: setup.first_partitions(),
            clock: SourceClock::new(0.0),
            state: State::Sending,
            transacting: Transacting::of(setup),
            hand: None,
            alarm: Alarm::OFF,
            swept: Instant::ZERO,
            usual_rate: rate,
            rate_percent: 100,
            offered: None,
            slowness: 1,
            send_cpu: send_cpu(setup),
            too_large: setup.producer.max_request_size < single || setup.producer.buffer_memory < u64::from(single),
            fits: None,
        };
        application.reckon_load(Instant::ZERO);
        application
    }

    /// The process did not run for a while, if it missed its own alarm; its records waited.
    pub fn notice_pause(&mut self, now: Instant) {
        if self.alarm.due() < now {
            self.clock.skip(self.alarm.due(), now);
        }
    }

    /// The process begins to take records.
    pub(super) fn start(&mut self, now: Instant) {
        self.state = State::Sending;
        self.clock.go_on(now);
    }

    /// The process is asked to stop: it takes no more records; a `send()` that blocks is broken off.
    pub fn stop(&mut self, client: &mut Producer, context: &mut Context) {
        self.give_up_record(Error::ClientCrashed, context);
        self.commit_before_closing(client, context);
        self.stand_still(context.now);
        self.state = State::Closing;
    }

    /// A `send()` that blocks is broken off.
    pub(super) fn give_up_record(&mut self, error: Error, context: &mut Context) {
        if let State::Blocked { record, .. } = self.state {
            self.reject(record, error, context);
            self.find_next(record.stream as usize);
        }
    }

    /// It takes no records for now.
    pub(super) fn stand_still(&mut self, now: Instant) {
        self.clock.stop(self.clock.reached(now));
    }

    /// Does it only wait for its client to close?
    pub const fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    /// The process dies, after its client closed what was open; the source goes on.
    pub fn crash(&mut self, context: &mut Context) {
        self.give_up_record(Error::ClientCrashed, context);
        self.stand_still(context.now);
        self.transacting = Transacting::of(context.setup);
        self.alarm = Alarm::OFF;
        self.forget_call();
        self.state = State::Down;
    }

    /// Could it go on, after the sender had its turn?
    pub fn can_go_on(&self, client: &Producer, setup: &Setup) -> bool {
        if self.is_transaction_due(client) {
            return true;
        }
        match self.state {
            State::Blocked { error: Error::BufferExhausted, .. } => client.has_memory(setup),
            State::Waiting(batch) => !client.is_pending(batch),
            State::Blocked { .. } | State::Sending | State::Ending | State::Closing | State::Down => false,
        }
    }

    /// Does everything that the application does by now.
    pub fn advance(&mut self, client: &mut Producer, context: &mut Context) {
        self.look_at_topic(client, context);
        match self.state {
            State::Blocked { record, until, .. } => self.try_again(record, until, client, context),
            State::Waiting(batch) if !client.is_pending(batch) => self.start(context.now),
            State::Waiting(_) | State::Sending | State::Ending | State::Closing | State::Down => (),
        }
        if self.hand.is_some() {
            self.go_on_with_call(client, context);
        } else if self.transacting.is_some() {
            self.go_on_with_transaction(client, context);
        }
        if self.too_large {
            self.reject_all(context);
        }
        while let State::Sending = self.state {
            let next = self.earliest();
            if context.now < self.clock.when(self.next_at[next]) {
                break;
            }
            self.step(next, client, context);
        }
        self.refuse_old(Some(client), context);
    }

    /// The stream whose next moment comes first.
    fn earliest(&self) -> usize {
        let mut earliest = 0;
        for (index, at) in self.next_at.iter().enumerate() {
            if *at < self.next_at[earliest] {
                earliest = index;
            }
        }
        earliest
    }

    fn step(&mut self, index: usize, client: &mut Producer, context: &mut Context) {
        match self.streams[index].next {
            Next::Opens => self.take_record(index, client, context),
            Next::Overflows => {
                let at = self.next_at[index];
                self.count(index, at);
                self.close_open(index, client, context);
            }
            Next::LookAgain => {
                let reached = self.clock.reached(context.now);
                self.count(index, reached);
                self.look_ahead(index, context);
            }
        }
    }

    /// Sets the alarm to what the application does next.
    pub fn set_alarm(&mut self, kind: u16, context: &mut Context) {
        let mut next = match self.state {
            State::Sending => self.clock.when(self.next_at[self.earliest()]),
            State::Blocked { until, .. } => until,
            State::Waiting(_) | State::Ending | State::Closing | State::Down => Instant::NEVER,
        };
        if let State::Sending = self.state {
            next = next.min(self.ends_at());
            next = next.min(self.hand.as_deref().map_or(Instant::NEVER, Hand::due));
        }
        if self.clock.is_behind(context.now) {
            let kept = Duration::from_millis(u64::from(context.setup.workload.source_queue_ms));
            next = next.min((self.clock.reached(context.now) + kept).max(self.swept + SWEEP));
        }
        match next {
            Instant::NEVER => self.alarm.clear(),
            next => self.alarm.set(next.max(context.now), kind, 0, context.out),
        }
    }

    /// The run ends: tells what each stream offered.
    pub fn finish(&mut self, context: &mut Context) {
        for stream in &mut self.streams {
            let offered = stream.arrivals.next_number() + stream.arrivals.count_until(context.now);
            let waiting = offered - stream.untold;
            context.out.tell(Entry::SourceEnded { producer: self.number, stream: stream.id, offered, waiting });
        }
    }

    /// Is it blocked in `send()`?
    pub const fn is_blocked(&self) -> bool {
        matches!(self.state, State::Blocked { .. })
    }

    /// Is there a process?
    pub const fn is_up(&self) -> bool {
        !matches!(self.state, State::Down)
    }

    /// Records that have arrived and were not sent.
    pub fn queued(&self, now: Instant) -> u64 {
        let reached = self.clock.reached(now);
        let of = |stream: &Stream| {
            stream.arrivals.estimate_until(now).saturating_sub(stream.arrivals.estimate_until(reached))
        };
        self.streams.iter().map(of).sum::<u64>() + u64::from(self.is_blocked())
    }
}
