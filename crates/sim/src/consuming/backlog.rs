//! Records that wait to be processed, and stretches of processing.

use highwater_model::trace::Slice;
use highwater_model::{Duration, Instant};
use std::collections::VecDeque;

/// Records are processed in stretches of about this length, each one event: fine enough for every figure, and no event
/// a record where a million a second come.
pub(super) const STRETCH: Duration = Duration::from_millis(10);

/// Records in the order in which they were handed out.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    slices: VecDeque<Slice>,
    records: u64,
}

impl Backlog {
    /// How many there are.
    pub(super) fn records(&self) -> u64 {
        self.records
    }

    /// Puts records at the end.
    pub(super) fn push(&mut self, slice: Slice) {
        self.records += u64::from(slice.count);
        self.slices.push_back(slice);
    }

    /// Puts records back to the front.
    pub(super) fn push_front(&mut self, slice: Slice) {
        self.records += u64::from(slice.count);
        self.slices.push_front(slice);
    }

    /// Takes the first `records`, piece by piece.
    pub(super) fn take(&mut self, mut records: u64, mut each: impl FnMut(Slice)) {
        while 0 < records
            && let Some(piece) = self.take_piece(records)
        {
            records -= u64::from(piece.count);
            each(piece);
        }
    }

    /// Takes at most `records` of the first slice.
    pub(super) fn take_piece(&mut self, records: u64) -> Option<Slice> {
        let first = self.slices.front_mut()?;
        let count = records.min(u64::from(first.count)) as u32;
        let piece = Slice { count, ..*first };
        if count == first.count {
            self.slices.pop_front();
        } else {
            first.skip += count;
            first.count -= count;
        }
        self.records -= u64::from(count);
        Some(piece)
    }
}

/// A stretch of processing: one thread, one record after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    begins: Instant,
    /// How many records it covers.
    pub(super) records: u64,
    /// Of one record.
    cost: Duration,
}

impl Step {
    /// As many of the waiting records as a stretch holds, and at least one.
    pub(super) fn of(waiting: u64, cost: Duration, now: Instant) -> Self {
        let most = STRETCH.0.checked_div(cost.0).unwrap_or(u64::MAX).max(1);
        Self { begins: now, records: waiting.min(most), cost }
    }

    /// When all its records are processed.
    pub(super) fn ends(&self) -> Instant {
        self.begins + self.cost.times(self.records)
    }

    /// How many of them are processed by then.
    pub(super) fn done_by(&self, now: Instant) -> u64 {
        let spent = now.since(self.begins);
        spent.0.checked_div(self.cost.0).unwrap_or(self.records).min(self.records)
    }
}
