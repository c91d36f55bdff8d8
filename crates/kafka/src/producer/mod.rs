//! The producer client, after Kafka's Java client: `send()` puts records into batches of an accumulator, a sender
//! drains them to the partitions' leaders, answers complete them or bring them back.
//!
//! The client counts batches, not records: the application keeps the tally of what it put into an open batch, and the
//! client asks for it ([`Source`]) when the batch is about to leave. So a batch costs the same whether it holds one
//! record or a thousand.

mod accumulator;
mod backoff;
mod batch;
mod connections;
mod inspect;
mod metadata;
mod offsets;
mod partitioner;
mod responses;
mod sender;
mod sequences;
mod transactions;

pub use backoff::Backoff;
pub use batch::{BatchRef, Contents};
pub use inspect::{PRODUCER, QUEUE, SEQUENCES};
pub use offsets::{ConsumedOffsets, OffsetsSent};
pub use partitioner::{PartitionLoad, StickyPartitioner};
pub use transactions::TransactionPhase;

use crate::batch_bytes::{Compression, RecordShape, Room};
use crate::metadata::InitialCluster;
use crate::node::{Alarm, Connection, Context, Effect, Input};
use crate::store::{ProducerId, Scope};
use accumulator::Accumulator;
use batch::Batch;
use connections::Connections;
use highwater_model::settings::Codec;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, Duration, Instant, NodeId, PartitionId, Setup};
use metadata::Metadata;
use sequences::Sequences;
use transactions::Transactions;

/// The application's tally of its open batches.
pub trait Source {
    /// Counts what it has put into the partition's open batch by now: records, and the time from the first's `send()`
    /// to the last's.
    fn settle(&mut self, partition: PartitionId, now: Instant) -> (u32, Duration);

    /// The open batch takes no more: what `settle` counted is its contents.
    fn close(&mut self, partition: PartitionId) -> Contents;
}

/// The sender has something to do.
const SENDER: u16 = 1;
/// A batch may have reached delivery.timeout.ms.
const DELIVERY: u16 = 2;
/// A request may have reached request.timeout.ms; the key is the broker.
const REQUEST: u16 = 3;

/// A producer client.
#[derive(Clone, Debug)]
pub struct Producer {
    number: u8,
    accumulator: Accumulator,
    metadata: Metadata,
    connections: Connections,
    /// With `enable.idempotence`.
    sequences: Option<Sequences>,
    /// With a `transactional.id`.
    transactions: Option<Box<Transactions>>,
    /// Before this no producer id is asked for again.
    producer_id_retry_at: Instant,
    sender: Alarm,
    /// Until then the sender's thread is at work on a request.
    busy_until: Instant,
    delivery: Alarm,
    shape: RecordShape,
    compression: Compression,
    /// The compression ratio that the client expects, in thousandths; after a split it is careful for a while.
    expected_ratio: u32,
}

impl Producer {
    /// A client that has just been constructed: it knows its bootstrap servers, and asks for the rest.
    pub fn new(number: u8, setup: &Setup) -> Self {
        let partitions = setup.topic.partitions;
        let compression = Compression::of(setup);
        Self {
            number,
            accumulator: Accumulator::new(partitions, setup.producer.buffer_memory),
            metadata: Metadata::bootstrap(setup.cluster.brokers, partitions),
            connections: Connections::new(NodeId::Producer(number), setup.cluster.brokers),
            sequences: setup.producer.enable_idempotence.then(|| Sequences::new(partitions, Scope::of(setup))),
            transactions: setup.producer.transactional_id.then(|| Box::new(Transactions::new(number, setup))),
            producer_id_retry_at: Instant::ZERO,
            sender: Alarm::OFF,
            busy_until: Instant::ZERO,
            delivery: Alarm::OFF,
            shape: RecordShape::of(setup),
            compression,
            expected_ratio: compression.ratio_percent * 10,
        }
    }

    /// A client that has been at work for a while: it knows the cluster and has the producer id `number`.
    pub fn steady(number: u8, setup: &Setup, cluster: &InitialCluster) -> Self {
        let mut producer = Self::new(number, setup);
        producer.metadata.assume(cluster, Duration::from_millis(u64::from(setup.producer.metadata_max_age_ms)));
        if let Some(sequences) = &mut producer.sequences {
            sequences.producer = Some(ProducerId { id: u32::from(number), epoch: 0 });
        }
        if let Some(transactions) = &mut producer.transactions {
            let (id, _) = transactions.reference();
            let partition = setup.layout().transaction_partition(id);
            transactions.steady(partition.and_then(|partition| cluster.partitions[partition.index()].leader));
        }
        producer
    }

    /// Opens connections to all known brokers, as a client that has been at work for a while has them.
    pub fn open_connections(&mut self, context: &mut Context) {
        for broker in self.metadata.brokers.iter() {
            self.open_connection(broker, context);
        }
    }

    /// Handles an input; the sender's turn ([`Producer::run`]) comes after it.
    pub fn on(&mut self, input: Input, source: &mut impl Source, context: &mut Context) {
        // What is due by now has expired before an answer of the same moment is looked at.
        if self.delivery.due() <= context.now {
            self.expire(source, context);
        }
        match input {
            Input::Start => (),
            Input::Opened(connection) => self.connections.opened(broker_of(connection)),
            Input::Lost(connection) => self.lose(broker_of(connection), Error::NetworkException, context),
            Input::Message(connection, message) => self.answer(broker_of(connection), message, context),
            Input::Timer(timer) => match timer.kind {
                SENDER => {
                    self.sender.fired(context.now, SENDER, 0, context.out);
                }
                DELIVERY => {
                    if self.delivery.fired(context.now, DELIVERY, 0, context.out) {
                        self.expire(source, context);
                    }
                }
                REQUEST => self.time_out(BrokerId(timer.key as u8), context),
                other => unreachable!("a producer has no timer {other}"),
            },
        }
    }

    /// Does it know the topic, and this partition of it where one is named? If not, it asks.
    pub fn knows(&mut self, partition: Option<PartitionId>) -> bool {
        let known = partition.map_or(0, |partition| partition.0) < self.metadata.count();
        if !known {
            self.metadata.want();
        }
        known
    }

    /// Partitions of the topic, as far as it knows: it learns of new ones when it next asks.
    pub const fn partitions(&self) -> u16 {
        self.metadata.count()
    }

    /// Takes buffer memory for a new batch; where there is none, `send()` waits and everything is sent at once (R-611,
    ///
    pub fn reserve(&mut self, setup: &Setup) -> bool {
        let bytes = self.batch_buffer_bytes(setup);
        self.accumulator.reserve(bytes)
    }

    /// Is there memory for a new batch?
    pub fn has_memory(&self, setup: &Setup) -> bool {
        self.accumulator.has_room(self.batch_buffer_bytes(setup))
    }

    /// `send()` waits for memory no longer.
    pub fn stop_waiting(&mut self) {
        self.accumulator.exhausted = false;
    }

    /// `close()`: nothing is added any more, and nothing lingers.
    pub const fn close_after_sending(&mut self) {
        self.accumulator.closing = true;
    }

    /// `flush()`: nothing lingers until it returns, which it does when [`Producer::is_done`].
    pub const fn flush(&mut self) {
        self.accumulator.flushing = true;
    }

    /// `flush()` has returned.
    pub const fn stop_flushing(&mut self) {
        self.accumulator.flushing = false;
    }

    /// Is no batch without a final answer?
    pub fn is_done(&self) -> bool {
        self.accumulator.batches.is_empty()
    }

    /// Opens a batch with the memory that was reserved; delivery.timeout.ms begins.
    pub fn open(&mut self, partition: PartitionId, context: &mut Context) -> BatchRef {
        debug_assert!(self.accumulator.open_batch(partition).is_none(), "a partition has one open batch");
        let reserved = self.batch_buffer_bytes(context.setup);
        let expires = context.now + Duration::from_millis(u64::from(context.setup.producer.delivery_timeout_ms));
        self.delivery.set_earlier(expires, DELIVERY, 0, context.out);
        if let Some(transactions) = &mut self.transactions {
            transactions.add(partition);
        }
        self.accumulator.open(Batch::new(partition, context.now, reserved))
    }

    /// The application's open batch is full, or its next record does not belong into it.
    pub fn close(&mut self, partition: PartitionId, contents: Contents, context: &mut Context) {
        let batch = self.accumulator.open_batch(partition).expect("only an open batch is closed");
        self.close_batch(batch, contents, context);
    }

    /// Is the batch still without a final answer?
    pub fn is_pending(&self, batch: BatchRef) -> bool {
        self.accumulator.batches.lives(batch)
    }

    /// How many records a new batch takes.
    pub fn room(&self, setup: &Setup) -> Room {
        Room {
            shape: self.shape,
            codec: self.compression.codec,
            expected_ratio: self.expected_ratio,
            limit_bytes: self.batch_buffer_bytes(setup),
        }
    }

    /// What the built-in partitioner sees.
    pub fn loads(&self) -> impl Iterator<Item = PartitionLoad> + Clone + '_ {
        self.accumulator.queues.iter().take(usize::from(self.metadata.count())).enumerate().map(|(index, queue)| {
            let partition = PartitionId(index as u16);
            PartitionLoad {
                partition,
                queued: queue.batches.len() as u32,
                available: self.metadata.partition(partition).leader.is_some(),
                used: queue.used,
            }
        })
    }

    /// Bytes of buffer.memory in use.
    pub fn buffer_bytes(&self) -> u64 {
        self.accumulator.used_bytes()
    }

    /// Requests without an answer.
    pub fn in_flight(&self) -> u32 {
        self.connections.pending()
    }

    /// The process dies: everything that is not done is lost with it.
    pub fn crash(&mut self, source: &mut impl Source, context: &mut Context) {
        self.fail_all(Error::ClientCrashed, source, context);
    }

    /// Everything that is not done has failed.
    fn fail_all(&mut self, error: Error, source: &mut impl Source, context: &mut Context) {
        for index in 0..self.accumulator.queues.len() {
            let queue = std::mem::take(&mut self.accumulator.queues[index]);
            for batch in queue.in_flight.into_iter().chain(queue.batches) {
                self.close_if_open(batch, source, context);
                let send = self.accumulator.release(batch).contents().send;
                context.out.tell(Entry::Failed { send, error });
            }
        }
    }

    /// A batch's share of buffer.memory.
    fn batch_buffer_bytes(&self, setup: &Setup) -> u32 {
        setup.producer.batch_size.max(self.shape.single_bytes_max())
    }

    fn close_if_open(&mut self, batch: BatchRef, source: &mut impl Source, context: &mut Context) {
        let Batch { partition, ref closed, .. } = *self.accumulator.batches.get(batch);
        if closed.is_none() {
            source.settle(partition, context.now);
            let contents = source.close(partition);
            self.close_batch(batch, contents, context);
        }
    }

    /// The batch's records are fixed from now on, and it has a name.
    fn close_batch(&mut self, batch: BatchRef, contents: Contents, context: &mut Context) {
        let send = context.store.next_send();
        let Contents { stream, first, count, first_arrival, arrival_span, send_span } = contents;
        context.out.tell(Entry::Closed {
            send,
            producer: self.number,
            stream,
            first,
            count,
            first_arrival,
            arrival_span,
        });
        let bytes = self.compression.batch_bytes(self.shape.plain_bytes(count, send_span.as_millis()));
        self.accumulator.batches.get_mut(batch).closed = Some(batch::Closed { send, count, bytes, span: send_span });
        // The client's estimate comes back to what it sees by half a percent a batch.
        let seen = self.compression.ratio_percent * 10;
        if self.compression.codec != Codec::None && seen < self.expected_ratio {
            self.expected_ratio = seen.max(self.expected_ratio - 5);
        }
    }

    fn open_connection(&mut self, broker: BrokerId, context: &mut Context) {
        self.connections.opening(broker, context.now);
        context.out.effects.push(Effect::Open(self.connections.to(broker)));
    }
}

fn broker_of(connection: Connection) -> BrokerId {
    match connection.server {
        NodeId::Broker(broker) => broker,
        other => unreachable!("a producer talks to brokers, not to {other}"),
    }
}

fn retry_backoff(setup: &Setup) -> Backoff {
    let first = setup.producer.retry_backoff_ms;
    Backoff::new(first, if setup.version.exp_backoff { setup.producer.retry_backoff_max_ms } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Seed, Stream};
    use highwater_model::Profile;
    use highwater_model::presets::Preset;

    #[test]
    fn r_623_without_exp_backoff_a_retry_always_waits_for_the_first_pause() {
        let mut dice = Seed(1).dice(Stream::Search(0));
        let mut pauses = |profile| {
            let backoff = retry_backoff(&Preset::Defaults.setup_in(profile));
            [0, 3, 9].map(|failures| backoff.pause(failures, &mut dice).as_millis())
        };
        assert_eq!(pauses(Profile::KRaft3_6), [100, 100, 100]);
        let [_, fourth, last] = pauses(Profile::KRaft3_9);
        assert!(600 < fourth && 799 < last);
    }
}
