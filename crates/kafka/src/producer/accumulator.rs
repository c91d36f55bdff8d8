//! The accumulator: one queue of batches a partition, and the memory that they share.

use super::batch::{Batch, BatchRef, Batches};
use super::sequences::is_before;
use highwater_model::{Duration, Instant, PartitionId};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A partition's batches.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionQueue {
    /// To be sent, in this order; only the last may be open.
    pub batches: VecDeque<BatchRef>,
    /// On the wire, oldest first.
    pub in_flight: SmallVec<[BatchRef; 5]>,
    /// May nothing be sent until the batch in flight is answered?
    pub muted: bool,
    /// Has a batch ever been opened for it?
    pub used: bool,
}

/// When a queue's first batch may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// There is nothing to send, or an answer has to come first.
    No,
    /// At this time, or as soon as memory runs short if `held_until` is over.
    At {
        /// The end of linger, or of a pause.
        due: Instant,
        /// The end of a pause after a failure.
        held_until: Instant,
    },
}

/// All queues, and buffer.memory.
#[derive(Clone, Debug)]
pub(super) struct Accumulator {
    pub batches: Batches,
    pub queues: Vec<PartitionQueue>,
    available_bytes: u64,
    total_bytes: u64,
    /// Does `send()` wait for memory? Then everything is sent at once.
    pub exhausted: bool,
    /// Is the client being closed? Then too.
    pub closing: bool,
    /// `flush()` waits: nothing lingers.
    pub flushing: bool,
}

impl Accumulator {
    pub fn new(partitions: u16, total_bytes: u64) -> Self {
        Self {
            batches: Batches::default(),
            queues: vec![PartitionQueue::default(); usize::from(partitions)],
            available_bytes: total_bytes,
            total_bytes,
            exhausted: false,
            closing: false,
            flushing: false,
        }
    }

    /// Bytes of buffer.memory in use.
    pub const fn used_bytes(&self) -> u64 {
        self.total_bytes - self.available_bytes
    }

    /// Is there so much memory?
    pub const fn has_room(&self, bytes: u32) -> bool {
        bytes as u64 <= self.available_bytes
    }

    /// Takes memory for a batch, or notes that `send()` waits for it.
    pub fn reserve(&mut self, bytes: u32) -> bool {
        self.exhausted = !self.has_room(bytes);
        if !self.exhausted {
            self.available_bytes -= u64::from(bytes);
        }
        !self.exhausted
    }

    /// Opens a batch at the end of the partition's queue.
    pub fn open(&mut self, batch: Batch) -> BatchRef {
        let queue = &mut self.queues[batch.partition.index()];
        queue.used = true;
        let batch = self.batches.put(batch);
        queue.batches.push_back(batch);
        batch
    }

    /// The partition's open batch.
    pub fn open_batch(&self, partition: PartitionId) -> Option<BatchRef> {
        let last = *self.queues[partition.index()].batches.back()?;
        self.batches.get(last).closed.is_none().then_some(last)
    }

    /// The batch is done: its memory is free.
    pub fn release(&mut self, batch: BatchRef) -> Batch {
        let batch = self.batches.take(batch);
        self.available_bytes += u64::from(batch.reserved_bytes);
        assert!(self.available_bytes <= self.total_bytes, "no more memory is given back than was taken");
        batch
    }

    /// It is no longer on the wire.
    pub fn landed(&mut self, partition: PartitionId, batch: BatchRef) {
        self.queues[partition.index()].in_flight.retain(|flying| *flying != batch);
    }

    /// When the partition's first batch may go.
    pub fn ready(&self, partition: PartitionId, linger: Duration) -> Ready {
        let queue = &self.queues[partition.index()];
        let Some(first) = queue.batches.front() else { return Ready::No };
        if queue.muted {
            return Ready::No;
        }
        let first = self.batches.get(*first);
        let held_until = first.held_until();
        let full = first.closed.is_some() || 1 < queue.batches.len();
        let lingers_until = if full { Instant::ZERO } else { first.waits_from + linger };
        Ready::At { due: lingers_until.max(held_until), held_until }
    }

    /// Puts a failed batch in front of all that were never sent; with sequences, in their order.
    pub fn put_back_in_order(&mut self, batch: BatchRef) {
        let Batch { partition, sequence, .. } = *self.batches.get(batch);
        let queue = &mut self.queues[partition.index()].batches;
        let place = match sequence {
            None => 0,
            Some(own) => queue
                .iter()
                .take_while(|queued| {
                    self.batches.get(**queued).sequence.is_some_and(|other| is_before(other.first, own.first))
                })
                .count(),
        };
        queue.insert(place, batch);
    }

    /// Puts a failed batch behind all that are closed: the protocol without R-624.
    pub fn put_back_last(&mut self, batch: BatchRef) {
        let partition = self.batches.get(batch).partition;
        let open = u32::from(self.open_batch(partition).is_some());
        let queue = &mut self.queues[partition.index()].batches;
        queue.insert(queue.len() - open as usize, batch);
    }
}
