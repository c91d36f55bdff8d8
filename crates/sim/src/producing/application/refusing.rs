//! Records that are not sent: `send()` fails for them, or they waited in the source for too long.

use super::{Application, InHand, Next, State};
use highwater_kafka::node::Context;
use highwater_kafka::producer::Producer;
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Instant};

/// How often records that waited too long are taken out of the source.
pub(super) const SWEEP: Duration = Duration::from_millis(100);

/// What arrived before this has waited for too long.
pub(super) fn oldest_kept(context: &Context) -> Instant {
    context.now - Duration::from_millis(u64::from(context.setup.workload.source_queue_ms))
}

impl Application {
    pub(super) fn reject(&mut self, record: InHand, error: Error, context: &mut Context) {
        let stream = &mut self.streams[record.stream as usize];
        stream.untold = record.number + 1;
        let (producer, stream) = (self.number, stream.id);
        context.out.tell(Entry::Rejected { producer, stream, first: record.number, count: 1, error });
    }

    /// Every record is too large for the client: `send()` fails at once.
    pub(super) fn reject_all(&mut self, context: &mut Context) {
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
    pub(super) fn refuse(
        &mut self,
        index: usize,
        until: Instant,
        client: Option<&mut Producer>,
        context: &mut Context,
    ) {
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
}
