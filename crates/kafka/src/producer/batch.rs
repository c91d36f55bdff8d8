//! Batches of the accumulator, and where they are kept.

use crate::store::Sequence;
use highwater_model::{Duration, Instant, PartitionId};

/// The records of a batch that takes no more: what the application put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The stream that its records come from.
    pub stream: PartitionId,
    /// Number of the first record in its stream.
    pub first: u64,
    /// Records.
    pub count: u32,
    /// When the first record arrived in the source.
    pub first_arrival: Instant,
    /// From the first record's arrival to the last's.
    pub arrival_span: Duration,
    /// From the first record's `send()` to the last's: what its timestamps span.
    pub send_span: Duration,
}

/// A batch whose records are fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Closed {
    /// Its name in the trace and on the wire.
    pub send: u32,
    pub count: u32,
    /// Compressed, header included.
    pub bytes: u32,
    /// From its first record's timestamp to its last's.
    pub span: Duration,
}

/// A batch of records for one partition.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub partition: PartitionId,
    /// Its records; none while the application still adds to it.
    pub closed: Option<Closed>,
    /// When it was opened: delivery.timeout.ms counts from here.
    pub created: Instant,
    /// When it was opened or last put back: linger counts from here.
    pub waits_from: Instant,
    /// Attempts that failed.
    pub attempts: u32,
    /// Before this it is not sent again.
    pub backoff_until: Instant,
    /// The leader epoch that its sender knew last.
    pub leader_epoch: Option<i32>,
    /// Attempts that had failed when that epoch became known.
    pub attempts_at_leader_change: u32,
    /// Bytes of buffer.memory that it holds; a part of a split batch holds none.
    pub reserved_bytes: u32,
    /// With idempotence, from its first drain on.
    pub sequence: Option<Sequence>,
    /// Did an epoch bump give it another sequence than it was first sent with?
    pub sequence_reset: bool,
}

impl Batch {
    /// Is it a part of a batch that was split? Those were never given memory of their own.
    pub fn is_part(&self) -> bool {
        self.reserved_bytes == 0
    }

    pub fn new(partition: PartitionId, created: Instant, reserved_bytes: u32) -> Self {
        Self {
            partition,
            closed: None,
            created,
            waits_from: created,
            attempts: 0,
            backoff_until: Instant::ZERO,
            leader_epoch: None,
            attempts_at_leader_change: 0,
            reserved_bytes,
            sequence: None,
            sequence_reset: false,
        }
    }

    /// What it holds; it is closed.
    pub fn contents(&self) -> Closed {
        self.closed.expect("a batch is closed before it is sent or given up")
    }

    /// Notes the leader epoch that the client knows now.
    pub fn see_leader_epoch(&mut self, epoch: i32) {
        if self.leader_epoch.is_none_or(|known| known < epoch) {
            self.leader_epoch = Some(epoch);
            self.attempts_at_leader_change = self.attempts;
        }
    }

    /// Is it being retried, and has the leader changed since the attempt that failed? Then it does not wait.
    pub const fn leader_changed(&self) -> bool {
        1 <= self.attempts && self.attempts == self.attempts_at_leader_change
    }

    /// Before when it must not be sent.
    pub const fn held_until(&self) -> Instant {
        if self.leader_changed() { Instant::ZERO } else { self.backoff_until }
    }
}

/// Names a batch as long as it lives, and nothing afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRef {
    slot: u32,
    generation: u32,
}

/// All batches that are not yet done.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    slots: Vec<(u32, Option<Batch>)>,
    free: Vec<u32>,
}

impl Batches {
    pub fn put(&mut self, batch: Batch) -> BatchRef {
        match self.free.pop() {
            Some(slot) => {
                let (generation, place) = &mut self.slots[slot as usize];
                *place = Some(batch);
                BatchRef { slot, generation: *generation }
            }
            None => {
                self.slots.push((0, Some(batch)));
                BatchRef { slot: self.slots.len() as u32 - 1, generation: 0 }
            }
        }
    }

    pub fn take(&mut self, batch: BatchRef) -> Batch {
        let (generation, place) = &mut self.slots[batch.slot as usize];
        assert_eq!(*generation, batch.generation, "a batch is done once");
        *generation = generation.wrapping_add(1);
        self.free.push(batch.slot);
        place.take().expect("a batch that lives is there")
    }

    pub fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }

    pub fn lives(&self, batch: BatchRef) -> bool {
        self.slots[batch.slot as usize].0 == batch.generation
    }

    pub fn get(&self, batch: BatchRef) -> &Batch {
        let (generation, place) = &self.slots[batch.slot as usize];
        debug_assert_eq!(*generation, batch.generation);
        place.as_ref().expect("a batch that lives is there")
    }

    pub fn get_mut(&mut self, batch: BatchRef) -> &mut Batch {
        let (generation, place) = &mut self.slots[batch.slot as usize];
        debug_assert_eq!(*generation, batch.generation);
        place.as_mut().expect("a batch that lives is there")
    }
}
