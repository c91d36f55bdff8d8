//! `send()` of a record for which there is no open batch: it blocks on metadata and on buffer memory, and opens a batch
//!

use super::batches::OpenBatch;
use super::refusing::oldest_kept;
use super::{Application, InHand, Keying, State};
use crate::producing::arrivals::Taken;
use highwater_kafka::node::Context;
use highwater_kafka::producer::{Producer, TransactionPhase};
use highwater_model::settings::SendResult;
use highwater_model::trace::Error;
use highwater_model::{Duration, Instant};

impl Application {
    /// Takes the record that opens a batch.
    pub(super) fn take_record(&mut self, index: usize, client: &mut Producer, context: &mut Context) {
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
        if !client.knows(record.partition) {
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
        if self.transacting.is_some() && self.hand.is_none() {
            self.begin_transaction(client, context);
        }
        let room = client.room(context.setup);
        let batch = client.open(partition, context);
        let InHand { stream, number, arrival, .. } = record;
        let first = Taken { first: number, count: 1, first_arrival: arrival, last_arrival: arrival };
        self.streams[stream as usize].open = Some(OpenBatch::of(partition, first, context.now, room));
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
    pub(super) fn try_again(&mut self, record: InHand, until: Instant, client: &mut Producer, context: &mut Context) {
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
}
