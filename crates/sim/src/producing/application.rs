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

use super::arrivals::{Arrivals, Taken, chunk_max};
use super::clock::SourceClock;
use super::shares::Shares;
use super::transacting::Transacting;
use highwater_kafka::batch_bytes::{Compression, RecordShape, Room};
use highwater_kafka::node::{Alarm, Context};
use highwater_kafka::producer::{BatchRef, Contents, Producer, Source, StickyPartitioner, TransactionPhase};
use highwater_kernel::{Dice, Seed, Stream as DiceStream};
use highwater_model::settings::SendResult;
use highwater_model::trace::{Entry, Error, UNKEYED};
use highwater_model::{Duration, Instant, PartitionId, Setup};

/// How far ahead the end of a batch is looked for, beyond linger: what is drawn that early hears of a load burst late.
const HORIZON: Duration = Duration::from_millis(50);
const LINGER_SEEN_MAX_MS: u32 = 150;
/// How often records that waited too long are taken out of the source.
const SWEEP: Duration = Duration::from_millis(100);

/// A batch that the application adds to.
#[derive(Clone, Copy, Debug)]
struct OpenBatch {
    partition: PartitionId,
    /// When it was opened, by the `send()` of its first record.
    opened: Instant,
    /// What was counted so far.
    records: Taken,
    room: Room,
    /// Records that it takes at most.
    limit: u32,
}

impl OpenBatch {
    /// From the first record's `send()` to that of a record that arrived then.
    fn send_span(&self, arrival: Instant) -> Duration {
        arrival.since(self.opened)
    }
}

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
    /// Records a second, at the usual load.
    usual_rate: f64,
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
    clock: SourceClock,
    pub(super) state: State,
    pub(super) transacting: Option<Transacting>,
    pub alarm: Alarm,
    swept: Instant,
    rate_percent: u32,
    slowness: u32,
    /// CPU time of one `send()`, compression included.
    send_cpu: Duration,
    /// Is a record larger than the client takes?
    too_large: bool,
    /// The room of a batch last asked about, and how many records fit if all have one timestamp.
    fits: Option<(Room, u32)>,
}

impl Application {
    pub fn new(number: u8, setup: &Setup, shares: &Shares, seed: Seed) -> Self {
        let rate = f64::from(setup.workload.records_per_second) / f64::from(setup.workload.producers);
        let chunk_max = chunk_max(f64::from(setup.workload.records_per_second));
        let stream = |id: PartitionId, share: f64| Stream {
            id,
            arrivals: Arrivals::new(seed.dice(DiceStream::Arrivals(number, id.0)), rate * share, chunk_max),
            usual_rate: rate * share,
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
        let compression_ps = Compression::of(setup).cpu_ps_per_byte() * u64::from(shape.record_bytes(0, 0));
        let single = shape.single_bytes_max();
        let next_at = streams.iter_mut().map(|stream| stream.arrivals.next_at()).collect();
        let mut application = Self {
            number,
            streams,
            next_at,
            keying,
            clock: SourceClock::new(0.0),
            state: State::Sending,
            transacting: Transacting::of(setup),
            alarm: Alarm::OFF,
            swept: Instant::ZERO,
            rate_percent: 100,
            slowness: 1,
            send_cpu: Duration(u64::from(setup.environment.send_cpu_ns) + compression_ps / 1_000),
            too_large: setup.producer.max_request_size < single || setup.producer.buffer_memory < u64::from(single),
            fits: None,
        };
        application.reckon_load(Instant::ZERO);
        application
    }

    /// `send()` takes so many times its usual CPU time.
    pub fn set_slowness(&mut self, factor: u32, now: Instant) {
        self.slowness = factor;
        self.reckon_load(now);
    }

    /// The source offers so many hundredths of its usual rate.
    pub fn set_rate_percent(&mut self, percent: u32, now: Instant) {
        self.rate_percent = percent;
        for stream in &mut self.streams {
            stream.arrivals.set_rate(stream.usual_rate * f64::from(percent) / 100.0);
        }
        self.reckon_load(now);
    }

    /// From now on the source offers another load: so many records a second, and where it is limited only so many
    /// records, shared among its streams as usual.
    pub fn offer(&mut self, records_per_second: f64, records: Option<u64>, context: &Context) {
        let now = context.now;
        let usual: f64 = self.streams.iter().map(|stream| stream.usual_rate).sum();
        let (mut share_before, mut given) = (0.0, 0);
        for index in 0..self.streams.len() {
            let stream = &mut self.streams[index];
            let share = stream.usual_rate / usual;
            share_before += share;
            // Rounded so that the streams' records add up.
            let up_to = records.map(|records| (records as f64 * share_before + 0.5) as u64);
            stream.arrivals.begin_anew(records_per_second * share, up_to.map(|up_to| up_to - given), now);
            given = up_to.unwrap_or(given);
            match (self.state, self.streams[index].open) {
                // Nothing is added while the application waits for a result.
                (State::Waiting(_), _) => (),
                (_, Some(_)) => self.look_ahead(index, context),
                (_, None) => self.find_next(index),
            }
        }
    }

    /// The application has these records now, beside its load, which must be silence: of the stream of this partition, or
    /// of the one stream of records without a key. False where there is no such stream, or no silence.
    pub fn put(&mut self, partition: Option<PartitionId>, count: u32, context: &Context) -> bool {
        let id = partition.unwrap_or(UNKEYED);
        let Some(index) = self.streams.iter().position(|stream| stream.id == id) else { return false };
        let is_put = self.streams[index].arrivals.put(count, context.now);
        match (self.state, self.streams[index].open) {
            // Nothing is added while the application waits for a result.
            (State::Waiting(_), _) => (),
            (_, Some(_)) => self.look_ahead(index, context),
            (_, None) => self.find_next(index),
        }
        is_put
    }

    fn reckon_load(&mut self, now: Instant) {
        let usual: f64 = self.streams.iter().map(|stream| stream.usual_rate).sum();
        let rate = usual * f64::from(self.rate_percent) / 100.0;
        let cpu = self.send_cpu.times(u64::from(self.slowness)).as_secs_f64();
        self.clock.set_load(rate * cpu, now);
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
        match self.state {
            State::Blocked { record, until, .. } => self.try_again(record, until, client, context),
            State::Waiting(batch) if !client.is_pending(batch) => self.start(context.now),
            State::Waiting(_) | State::Sending | State::Ending | State::Closing | State::Down => (),
        }
        if self.transacting.is_some() {
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

    /// Takes the record that opens a batch.
    fn take_record(&mut self, index: usize, client: &mut Producer, context: &mut Context) {
        let arrival = self.next_at[index];
        let stream = &mut self.streams[index];
        let taken = stream.arrivals.take(arrival, 1).expect("the stream's next record has arrived");
        let partition = match self.keying {
            Keying::ByKey => Some(stream.id),
            Keying::Sticky { .. } => None,
        };
        self.clock.stop(arrival);
        let record = InHand { stream: index as u32, number: taken.first, arrival, partition };
        let until = context.now + Duration::from_millis(u64::from(context.setup.producer.max_block_ms));
        self.send(record, until, client, context);
    }

    /// `send()` of a record for which there is no open batch.
    fn send(&mut self, mut record: InHand, until: Instant, client: &mut Producer, context: &mut Context) {
        if !client.knows_topic() {
            self.state = State::Blocked { record, until, error: Error::MetadataTimedOut };
            return;
        }
        // The transaction may have failed while `send()` blocked: then it throws that error.
        if let Some(error) = client.transaction().and_then(TransactionPhase::error) {
            client.stop_waiting();
            self.reject(record, error, context);
            self.start(context.now);
            self.find_next(record.stream as usize);
            return;
        }
        let partition = match (record.partition, &mut self.keying) {
            (Some(partition), _) => partition,
            (None, Keying::Sticky { partitioner, dice }) => {
                partitioner.partition(context.setup.producer.batch_size, client.loads(), dice)
            }
            (None, Keying::ByKey) => unreachable!("a key says which partition"),
        };
        record.partition = Some(partition);
        if !client.reserve(context.setup) {
            self.state = State::Blocked { record, until, error: Error::BufferExhausted };
            return;
        }
        if self.transacting.is_some() {
            self.begin_transaction(client, context);
        }
        let room = client.room(context.setup);
        let batch = client.open(partition, context);
        let InHand { stream, number, arrival, .. } = record;
        let records = Taken { first: number, count: 1, first_arrival: arrival, last_arrival: arrival };
        let open = OpenBatch { partition, opened: context.now, records, room, limit: 1 };
        self.streams[stream as usize].open = Some(open);
        if context.setup.producer.send_result == SendResult::Wait {
            // Nothing is added while the application waits.
            self.next_at[stream as usize] = Instant::NEVER;
            self.state = State::Waiting(batch);
        } else {
            self.start(context.now);
            self.look_ahead(stream as usize, context);
        }
    }

    /// `send()` still blocks, or no longer, or has blocked for max.block.ms.
    fn try_again(&mut self, record: InHand, until: Instant, client: &mut Producer, context: &mut Context) {
        self.send(record, until, client, context);
        if let State::Blocked { record, error, .. } = self.state {
            if context.now < until {
                return;
            }
            client.stop_waiting();
            self.reject(record, error, context);
            self.start(context.now);
            self.find_next(record.stream as usize);
        }
        // What was behind this record was not yet refused, so that a stream's fates are told in its order.
        let old = oldest_kept(context);
        self.refuse(record.stream as usize, old, Some(client), context);
    }

    fn reject(&mut self, record: InHand, error: Error, context: &mut Context) {
        let stream = &mut self.streams[record.stream as usize];
        stream.untold = record.number + 1;
        let (producer, stream) = (self.number, stream.id);
        context.out.tell(Entry::Rejected { producer, stream, first: record.number, count: 1, error });
    }

    /// Every record is too large for the client: `send()` fails at once.
    fn reject_all(&mut self, context: &mut Context) {
        let reached = self.clock.reached(context.now);
        for (index, stream) in self.streams.iter_mut().enumerate() {
            if let Some(taken) = stream.arrivals.take(reached, u64::from(u32::MAX)) {
                stream.untold = taken.first + taken.count;
                context.out.tell(Entry::Rejected {
                    producer: self.number,
                    stream: stream.id,
                    first: taken.first,
                    count: taken.count as u32,
                    error: Error::RecordTooLarge,
                });
            }
            self.next_at[index] = reached + SWEEP;
            stream.next = Next::LookAgain;
        }
    }

    /// The stream has no open batch: its next record opens one.
    fn find_next(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        stream.next = Next::Opens;
        self.next_at[index] = stream.arrivals.next_at();
    }

    /// Looks for the record that no longer fits into the open batch, as far ahead as the batch is likely to live.
    fn look_ahead(&mut self, index: usize, context: &Context) {
        let linger = context.setup.producer.linger_ms.min(LINGER_SEEN_MAX_MS);
        let bound = self.clock.reached(context.now) + Duration::from_millis(u64::from(linger)) + HORIZON;
        let Some(open) = &mut self.streams[index].open else { return };
        let room = open.room;
        let mut limit = match self.fits {
            Some((known, records)) if known == room => records,
            _ => room.records(0),
        };
        self.fits = Some((room, limit));
        let counted = open.records.count as u32;
        let stream = &mut self.streams[index];
        loop {
            let Some(at) = stream.arrivals.nth_at(limit.max(counted) - counted + 1, bound) else {
                stream.next = Next::LookAgain;
                self.next_at[index] = bound;
                break;
            };
            // The longer a batch's records take to come, the more bytes their timestamps need.
            let span = stream.open.as_ref().map_or(Duration::ZERO, |open| open.send_span(at));
            let records = room.records_near(limit, span.as_millis()).max(counted);
            if limit <= records {
                stream.next = Next::Overflows;
                self.next_at[index] = at;
                break;
            }
            limit = records;
        }
        if let Some(open) = &mut stream.open {
            open.limit = limit.max(counted);
        }
    }

    /// Counts the records that went into the stream's open batch by then.
    fn count(&mut self, index: usize, until: Instant) {
        let stream = &mut self.streams[index];
        let Some(open) = &mut stream.open else { return };
        let left = u64::from(open.limit) - open.records.count;
        if let Some(taken) = stream.arrivals.take(until, left) {
            debug_assert_eq!(taken.first, open.records.first + open.records.count);
            open.records.count += taken.count;
            open.records.last_arrival = taken.last_arrival;
        }
    }

    /// Closes the stream's open batch, if it has one.
    fn close_open(&mut self, index: usize, client: &mut Producer, context: &mut Context) {
        if let Some(open) = self.streams[index].open {
            let contents = self.close(open.partition);
            client.close(open.partition, contents, context);
        }
    }

    /// Takes records that waited for longer than the source keeps them out of it, from time to time.
    pub fn refuse_old(&mut self, mut client: Option<&mut Producer>, context: &mut Context) {
        let reached = self.clock.reached(context.now);
        let old = oldest_kept(context);
        if old < reached || context.now < self.swept + SWEEP || self.too_large {
            return;
        }
        self.swept = context.now;
        let in_hand = match self.state {
            State::Blocked { record, .. } => Some(record.stream as usize),
            State::Sending | State::Waiting(_) | State::Ending | State::Closing | State::Down => None,
        };
        for index in 0..self.streams.len() {
            if Some(index) != in_hand {
                self.count(index, reached);
                self.refuse(index, old, client.as_deref_mut(), context);
            }
        }
        self.clock.pass_over(old, context.now);
    }

    /// Refuses the stream's records that arrived by `until`. A batch holds consecutive records, so one that is open
    /// closes.
    fn refuse(&mut self, index: usize, until: Instant, client: Option<&mut Producer>, context: &mut Context) {
        let Some(taken) = self.streams[index].arrivals.take(until, u64::MAX) else { return };
        if let Some(client) = client {
            self.close_open(index, client, context);
        }
        let stream = &mut self.streams[index];
        stream.untold = taken.first + taken.count;
        let (producer, stream) = (self.number, stream.id);
        context.out.tell(Entry::Refused { producer, stream, first: taken.first, count: taken.count });
        self.find_next(index);
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

    fn index_of(&self, partition: PartitionId) -> usize {
        match self.keying {
            Keying::ByKey => partition.index(),
            Keying::Sticky { .. } => 0,
        }
    }
}

/// What arrived before this has waited for too long.
fn oldest_kept(context: &Context) -> Instant {
    context.now - Duration::from_millis(u64::from(context.setup.workload.source_queue_ms))
}

impl Source for Application {
    fn settle(&mut self, partition: PartitionId, now: Instant) -> (u32, Duration) {
        let index = self.index_of(partition);
        let reached = self.clock.reached(now);
        self.count(index, reached);
        let open = self.streams[index].open.as_ref().expect("the client asks about open batches");
        debug_assert_eq!(open.partition, partition);
        (open.records.count as u32, open.send_span(open.records.last_arrival))
    }

    fn close(&mut self, partition: PartitionId) -> Contents {
        let index = self.index_of(partition);
        let stream = &mut self.streams[index];
        let open = stream.open.take().expect("only an open batch is closed");
        debug_assert_eq!(open.partition, partition);
        let Taken { first, count, first_arrival, last_arrival } = open.records;
        stream.untold = first + count;
        let send_span = open.send_span(last_arrival);
        if let Keying::Sticky { partitioner, .. } = &mut self.keying {
            partitioner.produced(open.room.estimated_bytes(count as u32, send_span.as_millis()));
        }
        let stream = stream.id;
        self.find_next(index);
        let arrival_span = last_arrival.since(first_arrival);
        Contents { stream, first, count: count as u32, first_arrival, arrival_span, send_span }
    }
}
