//! The open batches: which records go into them. Those are counted when a batch closes; only the first that no longer
//! fits is looked for.

use super::{Application, Keying, Next};
use crate::producing::arrivals::Taken;
use highwater_kafka::batch_bytes::Room;
use highwater_kafka::node::Context;
use highwater_kafka::producer::{Contents, Producer, Source};
use highwater_model::{Duration, Instant, PartitionId};

/// How far ahead the end of a batch is looked for, beyond linger: what is drawn that early hears of a load burst late.
const HORIZON: Duration = Duration::from_millis(50);
const LINGER_SEEN_MAX_MS: u32 = 150;

/// A batch that the application adds to.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenBatch {
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
    /// With its first record.
    pub(super) const fn of(partition: PartitionId, first: Taken, opened: Instant, room: Room) -> Self {
        Self { partition, opened, records: first, room, limit: 1 }
    }

    /// From the first record's `send()` to that of a record that arrived then.
    fn send_span(&self, arrival: Instant) -> Duration {
        arrival.since(self.opened)
    }
}

impl Application {
    /// The stream has no open batch: its next record opens one.
    pub(super) fn find_next(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        stream.next = Next::Opens;
        self.next_at[index] = stream.arrivals.next_at();
    }

    /// Looks for the record that no longer fits into the open batch, as far ahead as the batch is likely to live.
    pub(super) fn look_ahead(&mut self, index: usize, context: &Context) {
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
    pub(super) fn count(&mut self, index: usize, until: Instant) {
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
    pub(super) fn close_open(&mut self, index: usize, client: &mut Producer, context: &mut Context) {
        if let Some(open) = self.streams[index].open {
            let contents = self.close(open.partition);
            client.close(open.partition, contents, context);
        }
    }

    fn index_of(&self, partition: PartitionId) -> usize {
        match self.keying {
            Keying::ByKey => partition.index(),
            Keying::Sticky { .. } => 0,
        }
    }
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
