//! The sender's turn: who is ready, what is drained to whom, and when to look again.

use super::accumulator::{Accumulator, Ready};
use super::batch::{BatchRef, Closed};
use super::connections::{Asked, Flying, Pending};
use super::transactions::Turn;
use super::{Producer, REQUEST, SENDER, Source, retry_backoff};
use crate::checks::{Check, Checks};
use crate::message::{InitProducerIdRequest, Message, ProduceRequest, ProducedBatch, Request};
use crate::node::Context;
use highwater_model::settings::Acks;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, PartitionId};
use smallvec::SmallVec;

/// Asks for a producer id of epoch 0.
const INIT_PRODUCER_ID: Request =
    Request::InitProducerId(InitProducerIdRequest { transactional_id: None, timeout: Duration::ZERO, current: None });

type Drained = SmallVec<[BatchRef; 4]>;

/// Who can be sent to now, and when to look again.
struct Readiness {
    brokers: BrokerSet,
    next: Instant,
}

impl Producer {
    /// The sender's turn, after everything that may have changed something: sends whatever may be sent.
    pub fn run(&mut self, source: &mut impl Source, context: &mut Context) {
        if let (Some(sequences), None) = (&mut self.sequences, &self.transactions) {
            sequences.settle(&mut self.accumulator.batches, context.checks);
        }
        let turn = self.run_transaction(source, context);
        let mut readiness = self.readiness(context);
        self.ask_metadata(context);
        if turn == Turn::Produce && self.has_producer_id(context) {
            while self.busy_until <= context.now && self.send_to_ready(readiness.brokers, source, context) {
                readiness = self.readiness(context);
            }
        }
        self.ask_again(readiness, context);
    }

    /// Which brokers have a batch to be sent. A partition without a leader makes the client ask who it is.
    fn readiness(&mut self, context: &Context) -> Readiness {
        let linger = Duration::from_millis(u64::from(context.setup.producer.linger_ms));
        let mut readiness = Readiness { brokers: BrokerSet::EMPTY, next: Instant::NEVER };
        for index in 0..self.accumulator.queues.len() {
            let partition = PartitionId(index as u16);
            let Ready::At { due, held_until } = self.accumulator.ready(partition, linger) else { continue };
            let Some(leader) = self.metadata.partition(partition).leader else {
                self.metadata.want();
                continue;
            };
            let ends = self.transactions.as_ref().is_some_and(|transactions| transactions.is_ending());
            let Accumulator { exhausted, closing, flushing, .. } = self.accumulator;
            let at_once = exhausted || closing || flushing || ends;
            let due = if at_once { held_until } else { due };
            if due <= context.now {
                readiness.brokers = readiness.brokers.with(leader);
            } else {
                readiness.next = readiness.next.min(due);
            }
        }
        readiness
    }

    /// One request to each broker that is ready; was anything sent?
    fn send_to_ready(&mut self, ready: BrokerSet, source: &mut impl Source, context: &mut Context) -> bool {
        // Metadata that is due goes first.
        let waits_for_metadata = self.metadata.due() <= context.now;
        let in_flight_max = context.setup.producer.max_in_flight_requests_per_connection;
        let mut sent = false;
        for broker in ready.iter() {
            if !waits_for_metadata && self.connections.can_send(broker, in_flight_max) {
                let drained = self.drain(broker, source, context);
                if !drained.is_empty() {
                    self.send_produce(broker, &drained, context);
                    sent = true;
                }
            } else if self.connections.can_open(broker, context.now) {
                self.open_connection(broker, context);
            }
        }
        sent
    }

    /// The first batch of each partition that the broker leads, up to max.request.size; where to begin rotates
    ///
    fn drain(&mut self, broker: BrokerId, source: &mut impl Source, context: &mut Context) -> Drained {
        let mut drained = Drained::new();
        let mut bytes = 0;
        let led = self.metadata.led_by(broker).len() as u16;
        let start = self.connections.link(broker).drain_from % led.max(1);
        for step in 0..led {
            let at = (start + step) % led;
            self.connections.link(broker).drain_from = at;
            let partition = self.metadata.led_by(broker)[usize::from(at)];
            let Some(first) = self.first_to_drain(partition, context.now) else { continue };
            let over = !drained.is_empty() && self.is_too_much(first, bytes, source, context);
            let belongs = self.transactions.as_ref().is_none_or(|transactions| transactions.allows(partition));
            if over || !belongs || !self.is_allowed(partition, first, context.checks) {
                break;
            }
            bytes += self.take_first(partition, first, source, context);
            drained.push(first);
        }
        drained
    }

    fn first_to_drain(&mut self, partition: PartitionId, now: Instant) -> Option<BatchRef> {
        let queue = &self.accumulator.queues[partition.index()];
        let first = *queue.batches.front()?;
        let ready = !queue.muted && self.accumulator.batches.get(first).held_until() <= now;
        ready.then_some(first)
    }

    /// Would the batch make a request of so many bytes larger than max.request.size?
    fn is_too_much(&self, batch: BatchRef, bytes: u32, source: &mut impl Source, context: &Context) -> bool {
        let left = context.setup.producer.max_request_size.saturating_sub(bytes);
        let queued = self.accumulator.batches.get(batch);
        match queued.closed {
            Some(closed) => left < closed.bytes,
            // An open batch is no larger than its buffer.
            None if queued.reserved_bytes <= left => false,
            None => {
                let (count, span) = source.settle(queued.partition, context.now);
                left < self.room(context.setup).estimated_bytes(count, span.as_millis())
            }
        }
    }

    fn is_allowed(&self, partition: PartitionId, batch: BatchRef, checks: Checks) -> bool {
        let sequence = self.accumulator.batches.get(batch).sequence;
        self.sequences
            .as_ref()
            .is_none_or(|sequences| sequences.allows(partition, sequence, &self.accumulator.batches, checks))
    }

    /// Takes the partition's first batch out of its queue; gives its bytes.
    fn take_first(
        &mut self,
        partition: PartitionId,
        first: BatchRef,
        source: &mut impl Source,
        context: &mut Context,
    ) -> u32 {
        self.close_if_open(first, source, context);
        let queue = &mut self.accumulator.queues[partition.index()];
        queue.batches.pop_front();
        let in_order = context.setup.producer.max_in_flight_requests_per_connection == 1;
        queue.muted = in_order && context.checks.on(Check::Mute);
        if let Some(epoch) = self.metadata.partition(partition).epoch {
            self.accumulator.batches.get_mut(first).see_leader_epoch(epoch);
        }
        if let Some(sequences) = &mut self.sequences
            && (self.accumulator.batches.get(first).sequence.is_none() || !context.checks.on(Check::SequenceKept))
        {
            sequences.assign(partition, first, &mut self.accumulator.batches);
        }
        self.accumulator.batches.get(first).contents().bytes
    }

    fn send_produce(&mut self, broker: BrokerId, drained: &[BatchRef], context: &mut Context) {
        let producer = &context.setup.producer;
        let mut batches = SmallVec::new();
        let mut flying: SmallVec<[Flying; 4]> = SmallVec::new();
        for batch in drained {
            let drained = self.accumulator.batches.get(*batch);
            let (Closed { send, count, bytes, .. }, partition) = (drained.contents(), drained.partition);
            let sequence = drained.sequence;
            let attempt = drained.attempts + 1;
            context.out.tell(Entry::Attempted { send, broker, partition, attempt });
            batches.push(ProducedBatch { partition, send, count, bytes, sequence });
            flying.push(Flying { partition, batch: *batch, count, sequence });
        }
        let timeout = Duration::from_millis(u64::from(producer.request_timeout_ms));
        let transaction = self.transactions.as_ref().map(|transactions| transactions.reference());
        let request = ProduceRequest { acks: producer.acks, timeout, batches, transaction };
        let connection = self.connections.to(broker);
        // One request after the other leaves the thread.
        let cpu = Duration::from_micros(u64::from(context.setup.environment.request_send_cpu_us));
        self.busy_until = self.busy_until.max(context.now) + cpu;
        let after = self.busy_until.since(context.now);
        context.out.send_after(after, connection, Message::Request(Request::Produce(Box::new(request))));
        match producer.acks {
            Acks::None => self.complete_at_once(&flying, context),
            Acks::Leader | Acks::All => {
                for flying in &flying {
                    self.accumulator.queues[flying.partition.index()].in_flight.push(flying.batch);
                }
                self.expect(broker, Asked::Produce(flying), context);
            }
        }
    }

    /// With acks=0 handing the bytes to the socket is success.
    fn complete_at_once(&mut self, sent: &[Flying], context: &mut Context) {
        for flying in sent {
            let send = self.finish(flying.partition, flying.batch).contents().send;
            context.out.tell(Entry::Acked { send, offset: None });
            self.accumulator.queues[flying.partition.index()].muted = false;
        }
    }

    /// An answer is expected within request.timeout.ms.
    pub(super) fn expect(&mut self, broker: BrokerId, asked: Asked, context: &mut Context) {
        let timeout = Duration::from_millis(u64::from(context.setup.producer.request_timeout_ms));
        let link = self.connections.link(broker);
        if link.pending.is_empty() {
            link.timeout.set(context.now + timeout, REQUEST, u32::from(broker.0), context.out);
        }
        link.pending.push_back(Pending { asked, sent: context.now });
    }

    /// Asks for metadata if that is due.
    fn ask_metadata(&mut self, context: &mut Context) {
        if context.now < self.metadata.due() {
            return;
        }
        let in_flight_max = context.setup.producer.max_in_flight_requests_per_connection;
        let brokers = self.metadata.brokers;
        let Some(broker) = self.connections.least_loaded(brokers, in_flight_max, context.now, context.dice) else {
            return;
        };
        if self.connections.can_send(broker, in_flight_max) {
            self.metadata.asking = true;
            context.out.send(self.connections.to(broker), Message::Request(Request::Metadata));
            self.expect(broker, Asked::Metadata, context);
        } else if !self.connections.is_any_opening() && self.connections.can_open(broker, context.now) {
            self.open_connection(broker, context);
        }
    }

    /// Without idempotence none is needed; with it nothing is sent before there is one.
    fn has_producer_id(&mut self, context: &mut Context) -> bool {
        let Some(sequences) = &self.sequences else { return true };
        if sequences.producer.is_some() || self.transactions.is_some() {
            return sequences.producer.is_some();
        }
        let now = context.now;
        if self.producer_id_retry_at <= now {
            let in_flight_max = context.setup.producer.max_in_flight_requests_per_connection;
            match self.connections.least_loaded(self.metadata.brokers, in_flight_max, now, context.dice) {
                Some(broker) if self.connections.can_send(broker, in_flight_max) => {
                    self.producer_id_retry_at = Instant::NEVER;
                    context.out.send(self.connections.to(broker), Message::Request(INIT_PRODUCER_ID));
                    self.expect(broker, Asked::ProducerId, context);
                }
                Some(broker) if self.connections.can_open(broker, now) => self.open_connection(broker, context),
                _ => (),
            }
        }
        false
    }

    /// The request for a producer id failed.
    pub(super) fn producer_id_failed(&mut self, context: &mut Context) {
        self.producer_id_retry_at = context.now + retry_backoff(context.setup).pause(0, context.dice);
        self.metadata.want();
    }

    /// Sets the sender's alarm: linger or a pause ends, a connection may be tried again, metadata is due. Whatever
    /// waits for an answer is looked at when the answer comes.
    fn ask_again(&mut self, readiness: Readiness, context: &mut Context) {
        let mut next = readiness.next;
        let metadata_due = self.metadata.due();
        let waits_for_any = metadata_due <= context.now
            || self.sequences.as_ref().is_some_and(|sequences| sequences.producer.is_none());
        let wanted = if waits_for_any { readiness.brokers.union(self.metadata.brokers) } else { readiness.brokers };
        for broker in wanted.iter() {
            if let Some(retry_at) = self.connections.retry_at(broker)
                && context.now < retry_at
            {
                next = next.min(retry_at);
            }
        }
        for at in [metadata_due, self.producer_id_retry_at, self.transaction_due(context.now)] {
            if context.now < at {
                next = next.min(at);
            }
        }
        if context.now < self.busy_until && !readiness.brokers.is_empty() {
            next = next.min(self.busy_until);
        }
        match next {
            Instant::NEVER => self.sender.clear(),
            next => self.sender.set(next, SENDER, 0, context.out),
        }
    }

    /// Fails what has reached delivery.timeout.ms, queued or on the wire.
    pub(super) fn expire(&mut self, source: &mut impl Source, context: &mut Context) {
        if !context.checks.on(Check::DeliveryTimeout) {
            return;
        }
        let timeout = Duration::from_millis(u64::from(context.setup.producer.delivery_timeout_ms));
        let mut next = Instant::NEVER;
        for index in 0..self.accumulator.queues.len() {
            loop {
                let queue = &self.accumulator.queues[index];
                let expires = |batch: &BatchRef| self.accumulator.batches.get(*batch).created + timeout;
                let flying = queue.in_flight.first().map(|batch| (expires(batch), *batch));
                let queued = queue.batches.front().map(|batch| (expires(batch), *batch));
                let first = [flying, queued].into_iter().flatten().min_by_key(|(at, _)| *at);
                match first {
                    Some((at, batch)) if at <= context.now => self.expire_batch(batch, source, context),
                    Some((at, _)) => {
                        next = next.min(at);
                        break;
                    }
                    None => break,
                }
            }
        }
        self.delivery.clear();
        if next != Instant::NEVER {
            self.delivery.set(next, super::DELIVERY, 0, context.out);
        }
    }

    fn expire_batch(&mut self, batch: BatchRef, source: &mut impl Source, context: &mut Context) {
        self.close_if_open(batch, source, context);
        let partition = self.accumulator.batches.get(batch).partition;
        let queue = &mut self.accumulator.queues[partition.index()].batches;
        if queue.front() == Some(&batch) {
            queue.pop_front();
        }
        self.fail(partition, batch, Error::DeliveryTimedOut, context);
    }
}
