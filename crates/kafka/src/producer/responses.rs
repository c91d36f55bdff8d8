//! What becomes of batches: answers, errors and their retries, lost connections, requests that time out
//! batches that are too large.

use super::batch::{Batch, BatchRef, Closed};
use super::connections::{Asked, Flying};
use super::sequences::advance;
use super::{Producer, REQUEST, retry_backoff};
use crate::batch_bytes::Room;
use crate::checks::Check;
use crate::message::{ClusterMetadata, Message, ProduceResult, Response};
use crate::node::{Context, Effect};
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{BrokerId, Duration, NodeId, PartitionId};
use smallvec::SmallVec;

/// May an attempt that failed so be repeated?
const fn is_retriable(error: Error) -> bool {
    matches!(
        error,
        Error::NotEnoughReplicas
            | Error::NotEnoughReplicasAfterAppend
            | Error::NotLeaderOrFollower
            | Error::FencedLeaderEpoch
            | Error::UnknownLeaderEpoch
            | Error::LeaderNotAvailable
            | Error::UnknownTopicOrPartition
            | Error::RequestTimedOut
            | Error::NetworkException
            | Error::KafkaStorageError
            | Error::ConcurrentTransactions
    )
}

/// Does it show that the client's metadata is old?
const fn is_metadata_invalid(error: Error) -> bool {
    matches!(
        error,
        Error::NotLeaderOrFollower
            | Error::FencedLeaderEpoch
            | Error::LeaderNotAvailable
            | Error::UnknownTopicOrPartition
            | Error::NetworkException
            | Error::KafkaStorageError
    )
}

impl Producer {
    /// An answer to the oldest request on the connection.
    pub(super) fn answer(&mut self, broker: BrokerId, message: Message, context: &mut Context) {
        let Message::Response(response) = message else { unreachable!("brokers send a producer no requests") };
        let timeout = Duration::from_millis(u64::from(context.setup.producer.request_timeout_ms));
        let link = self.connections.link(broker);
        let pending = link.pending.pop_front().expect("an answer belongs to a request");
        match link.pending.front() {
            Some(next) => link.timeout.set(next.sent + timeout, REQUEST, u32::from(broker.0), context.out),
            None => link.timeout.clear(),
        }
        match (pending.asked, response) {
            (Asked::Produce(flying), Response::Produce(results)) => {
                self.produced(broker, &flying, &results, context);
            }
            (Asked::Metadata, Response::Metadata(answer)) => self.learn(&answer, context),
            (Asked::Transaction, response) => self.transaction_answered(broker, response, context),
            (Asked::ProducerId, Response::InitProducerId(result)) => {
                if let (Some(sequences), Ok(producer)) = (&mut self.sequences, result) {
                    sequences.producer = Some(producer);
                }
            }
            (asked, response) => unreachable!("answers come in order: {asked:?}, {response:?}"),
        }
    }

    fn learn(&mut self, answer: &ClusterMetadata, context: &mut Context) {
        let max_age = Duration::from_millis(u64::from(context.setup.producer.metadata_max_age_ms));
        self.metadata.learn(answer, context.now, max_age, retry_backoff(context.setup), context.dice);
        self.see_leader_epochs();
    }

    /// Retries do not wait once their partition has another leader.
    fn see_leader_epochs(&mut self) {
        for (index, queue) in self.accumulator.queues.iter().enumerate() {
            if let Some(epoch) = self.metadata.partition(PartitionId(index as u16)).epoch {
                for batch in &queue.batches {
                    self.accumulator.batches.get_mut(*batch).see_leader_epoch(epoch);
                }
            }
        }
    }

    fn produced(&mut self, broker: BrokerId, flying: &[Flying], results: &[ProduceResult], context: &mut Context) {
        let mut failed = None;
        for result in results {
            let flying = flying.iter().find(|flying| flying.partition == result.partition);
            let flying = flying.expect("a broker answers for the partitions that were sent");
            if let Err(error) = result.result {
                if failed.is_none() {
                    failed = Some(error);
                    self.tell_failed(broker, Api::Produce, error, context);
                }
                self.failed_attempt(flying, error, context);
            } else if let Ok(offset) = result.result {
                self.acked(flying, offset, context);
            }
            self.accumulator.queues[flying.partition.index()].muted = false;
        }
        let hints = results.iter().filter_map(|result| Some((result.partition, result.leader_hint?)));
        let mut hinted = false;
        for (partition, (leader, epoch)) in hints {
            self.metadata.take_hint(partition, leader, epoch);
            hinted = true;
        }
        if hinted {
            self.see_leader_epochs();
        }
    }

    fn acked(&mut self, flying: &Flying, offset: u64, context: &mut Context) {
        let Flying { partition, batch, count, sequence } = *flying;
        let lives = self.is_pending(batch);
        // An expired batch that is in the log after all still tells which numbers are.
        let sequence = if lives { self.accumulator.batches.get(batch).sequence } else { sequence };
        if let (Some(sequences), Some(sequence)) = (&mut self.sequences, sequence) {
            sequences.acked(partition, advance(sequence.first, count - 1));
        }
        if lives {
            let send = self.finish(partition, batch).contents().send;
            context.out.tell(Entry::Acked { send, offset: Some(offset) });
        }
    }

    /// An attempt failed: again, in parts, or not at all.
    fn failed_attempt(&mut self, flying: &Flying, error: Error, context: &mut Context) {
        let Flying { partition, batch, count, .. } = *flying;
        if is_metadata_invalid(error) {
            self.metadata.want();
        }
        if !self.is_pending(batch) {
            return;
        }
        let delivery = Duration::from_millis(u64::from(context.setup.producer.delivery_timeout_ms));
        if error == Error::MessageTooLarge && 1 < count {
            self.split(partition, batch, context);
        } else if self.accumulator.batches.get(batch).created + delivery <= context.now {
            self.fail(partition, batch, Error::DeliveryTimedOut, context);
        } else if self.can_retry(partition, batch, error, context) {
            self.put_back(partition, batch, error, context);
        } else {
            self.fail(partition, batch, error, context);
        }
    }

    fn can_retry(&mut self, partition: PartitionId, batch: BatchRef, error: Error, context: &Context) -> bool {
        let Batch { attempts, sequence, sequence_reset, .. } = *self.accumulator.batches.get(batch);
        if i64::from(context.setup.producer.retries) <= i64::from(attempts) {
            return false;
        }
        match (&mut self.sequences, sequence, error) {
            (Some(sequences), Some(sequence), Error::OutOfOrderSequenceNumber) if self.transactions.is_some() => {
                sequences.waits_for_earlier(partition, sequence.first, sequence_reset)
            }
            (Some(sequences), Some(sequence), Error::OutOfOrderSequenceNumber) => {
                sequences.gap(partition, sequence.first, sequence_reset);
                true
            }
            // The leader has forgotten us, with our deleted records: we count from 0 again (before 2.4, R-646).
            (Some(sequences), Some(_), Error::UnknownProducerId) => {
                if !sequence_reset {
                    sequences.start_over(partition, &mut self.accumulator.batches);
                }
                true
            }
            _ => is_retriable(error),
        }
    }

    /// Back into the queue, after a pause.
    fn put_back(&mut self, partition: PartitionId, batch: BatchRef, error: Error, context: &mut Context) {
        self.accumulator.landed(partition, batch);
        let failures = self.accumulator.batches.get(batch).attempts;
        let pause = retry_backoff(context.setup).pause(failures, context.dice);
        let epoch = self.metadata.partition(partition).epoch;
        let retried = self.accumulator.batches.get_mut(batch);
        retried.attempts += 1;
        if let Some(epoch) = epoch {
            retried.see_leader_epoch(epoch);
        }
        retried.waits_from = context.now;
        retried.backoff_until = context.now + pause;
        context.out.tell(Entry::Retried { send: retried.contents().send, error });
        if context.checks.on(Check::RetryInOrder) {
            self.accumulator.put_back_in_order(batch);
        } else {
            self.accumulator.put_back_last(batch);
        }
    }

    /// The producer gives the batch up: its records may be in the log all the same.
    pub(super) fn fail(&mut self, partition: PartitionId, batch: BatchRef, error: Error, context: &mut Context) {
        let failed = self.finish(partition, batch);
        context.out.tell(Entry::Failed { send: failed.contents().send, error });
        self.batch_failed_in_transaction(error, context);
        let (Some(sequences), Some(sequence)) = (&mut self.sequences, failed.sequence) else { return };
        if error == Error::DeliveryTimedOut {
            if 1 <= failed.attempts {
                sequences.unresolved(partition, advance(sequence.first, failed.contents().count));
            }
        } else if i64::from(failed.attempts) < i64::from(context.setup.producer.retries)
            || error == Error::OutOfOrderSequenceNumber
        {
            // Its numbers will not come: the epoch changes. After the last retry nobody knows, so they stay.
            if self.transactions.is_some() {
                let count = failed.contents().count;
                sequences.close_gap(partition, sequence, count, &mut self.accumulator.batches);
            } else {
                sequences.bump(partition);
            }
        }
    }

    /// The batch is done, one way or the other.
    pub(super) fn finish(&mut self, partition: PartitionId, batch: BatchRef) -> Batch {
        self.accumulator.landed(partition, batch);
        if let Some(sequences) = &mut self.sequences {
            sequences.answered(partition, batch);
        }
        self.accumulator.release(batch)
    }

    /// The broker takes no batch of this size: its records go on in batches of batch.size, or, where it is a part of a
    /// split batch already, of half its size, reckoned as if they did not compress. This costs no attempt, and the clock goes on.
    fn split(&mut self, partition: PartitionId, whole: BatchRef, context: &mut Context) {
        self.expected_ratio = self.expected_ratio.max(1_000).max(self.compression.ratio_percent * 10);
        let batch = self.accumulator.batches.get(whole);
        let (is_part, Batch { created, sequence, .. }) = (batch.is_part(), batch.clone());
        let Closed { send: of, count, span, bytes, .. } = batch.contents();
        let mut room: Room = self.room(context.setup);
        if is_part && context.checks.on(Check::SplitInHalves) {
            room.limit_bytes = self.shape.single_bytes_max().max(bytes / 2);
        }
        let mut parts: SmallVec<[BatchRef; 8]> = SmallVec::new();
        let mut skip = 0;
        while skip < count {
            let part_count = room.records(span.as_millis()).min(count - skip);
            let part_span = Duration(span.0 / u64::from(count) * u64::from(part_count));
            let send = context.store.next_send();
            context.out.tell(Entry::Split { send, of, skip, count: part_count });
            let plain = self.shape.plain_bytes(part_count, part_span.as_millis());
            let mut part = Batch::new(partition, created, 0);
            part.closed =
                Some(Closed { send, count: part_count, bytes: self.compression.batch_bytes(plain), span: part_span });
            part.sequence = sequence.map(|mut sequence| {
                sequence.first = advance(sequence.first, skip);
                sequence
            });
            parts.push(self.accumulator.batches.put(part));
            skip += part_count;
        }
        self.accumulator.landed(partition, whole);
        if let Some(sequences) = &mut self.sequences {
            sequences.split(partition, whole, &parts);
        }
        self.accumulator.release(whole);
        for part in parts.iter().rev() {
            self.accumulator.put_back_in_order(*part);
        }
    }

    /// The connection is gone, and with it the answers to all that was asked on it.
    pub(super) fn lose(&mut self, broker: BrokerId, error: Error, context: &mut Context) {
        let backoff = retry_backoff(context.setup);
        if self.metadata.due() <= context.now {
            self.metadata.failed(context.now, backoff, context.dice);
        }
        self.metadata.want();
        for pending in self.connections.lost(broker, context.now, context.dice) {
            match pending.asked {
                Asked::Produce(flying) => {
                    self.tell_failed(broker, Api::Produce, error, context);
                    for flying in &flying {
                        self.failed_attempt(flying, error, context);
                        self.accumulator.queues[flying.partition.index()].muted = false;
                    }
                }
                Asked::Metadata => {
                    self.tell_failed(broker, Api::Metadata, error, context);
                    self.metadata.failed(context.now, backoff, context.dice);
                }
                Asked::ProducerId => {
                    self.tell_failed(broker, Api::InitProducerId, error, context);
                    self.producer_id_failed(context);
                }
                Asked::Transaction => self.transaction_lost(broker, error, context),
            }
        }
    }

    /// The oldest request may be too old: then the connection is closed, and all that waits on it fails.
    pub(super) fn time_out(&mut self, broker: BrokerId, context: &mut Context) {
        let link = self.connections.link(broker);
        if link.timeout.fired(context.now, REQUEST, u32::from(broker.0), context.out) {
            context.out.effects.push(Effect::Close(self.connections.to(broker)));
            self.lose(broker, Error::RequestTimedOut, context);
        }
    }

    pub(super) fn tell_failed(&self, broker: BrokerId, api: Api, error: Error, context: &mut Context) {
        let (node, server) = (NodeId::Producer(self.number), NodeId::Broker(broker));
        context.out.tell(Entry::RequestFailed { node, api, server, error });
    }
}
