//! The logs of replicas, mirrored from the trace as extents over their partition's history: a few numbers a replica
//! however long its log.

use highwater_model::trace::Content;

/// A batch of a partition's history.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    /// Offset of its first record.
    pub base: u64,
    /// Records.
    pub count: u32,
    /// Epoch of the leader that appended it.
    pub leader_epoch: i32,
    /// What it holds.
    pub content: Content,
}

impl Batch {
    /// The offset after its last record.
    pub fn end(&self) -> u64 {
        self.base + u64::from(self.count)
    }
}

/// Puts a batch at its place in a history. Batches of the state a run starts from are told replica by replica, so one
/// may be told before an earlier one.
pub(crate) fn place(history: &mut Vec<Batch>, batch: u32, appended: Batch) {
    let index = batch as usize;
    if history.len() <= index {
        let untold = Batch { base: 0, count: 0, leader_epoch: -1, content: Content::Foreign };
        history.resize(index + 1, untold);
    }
    assert_eq!(history[index].leader_epoch, -1, "a batch is appended once, then replicated");
    history[index] = appended;
}

/// Batches next to each other in the history and in a log: `first` up to `end`, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    first: u32,
    end: u32,
}

/// One replica's log. Batches of a log stand in the history in the same order: who appends at an offset already has
/// everything below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    extents: Vec<Extent>,
    start: u64,
    end: u64,
}

/// Did a batch continue the log?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It begins at the log's end.
    Continues,
    /// It begins elsewhere.
    Leaps,
}

impl Log {
    /// The offset after the last record.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The first offset that retention has left.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Appends a batch of the history; one that does not begin at the log's end is left out.
    pub fn append(&mut self, history: &[Batch], batch: u32) -> Fit {
        let added = &history[batch as usize];
        if added.base != self.end {
            return Fit::Leaps;
        }
        self.end = added.end();
        match self.extents.last_mut() {
            Some(last) if last.end == batch => last.end += 1,
            _ => self.extents.push(Extent { first: batch, end: batch + 1 }),
        }
        Fit::Continues
    }

    /// Cuts the log at an offset: batches that reach beyond it go.
    pub fn cut(&mut self, history: &[Batch], to: u64) {
        while let Some(last) = self.extents.last_mut() {
            while last.first < last.end && to < history[last.end as usize - 1].end() {
                last.end -= 1;
            }
            if last.first < last.end {
                break;
            }
            self.extents.pop();
        }
        self.end = self.extents.last().map_or(to.min(self.end), |last| history[last.end as usize - 1].end());
        self.start = self.start.min(self.end);
    }

    /// Moves the log's start. What it leaves behind stays known: retention is no loss. A start beyond the end empties
    /// the log; one before the old start is that of a log which begins anew.
    pub fn start_at(&mut self, to: u64) {
        if self.end < to || to < self.start {
            self.extents.clear();
            self.end = to;
        }
        self.start = to;
    }

    /// Is the batch in the log, or was it until retention deleted it?
    pub fn holds(&self, history: &[Batch], batch: u32) -> bool {
        if let Some(last) = self.extents.last()
            && last.first <= batch
        {
            return batch < last.end;
        }
        let after = self.extents.partition_point(|extent| extent.end <= batch);
        self.extents.get(after).is_some_and(|extent| extent.first <= batch)
            || history[batch as usize].end() <= self.start
    }

    /// Is the batch in the log now?
    pub fn has(&self, history: &[Batch], batch: u32) -> bool {
        self.start < history[batch as usize].end() && self.holds(history, batch)
    }

    /// Its batches, in the order of their offsets.
    pub fn batches(&self) -> impl Iterator<Item = u32> + '_ {
        self.extents.iter().flat_map(|extent| extent.first..extent.end)
    }

    /// Its batches from the last to the first.
    pub fn batches_backwards(&self) -> impl Iterator<Item = u32> + '_ {
        self.extents.iter().rev().flat_map(|extent| (extent.first..extent.end).rev())
    }

    /// Its batches from the one that holds `offset` on.
    pub fn batches_from<'a>(&'a self, history: &'a [Batch], offset: u64) -> impl Iterator<Item = u32> + 'a {
        let from = self.extents.partition_point(|extent| history[extent.end as usize - 1].end() <= offset);
        self.extents[from..].iter().flat_map(move |extent| {
            let inside = &history[extent.first as usize..extent.end as usize];
            extent.first + ended_by(inside, offset) as u32..extent.end
        })
    }

    /// The first offset below `below` at which the two logs hold different records, where both hold one.
    pub fn divergence(&self, other: &Log, history: &[Batch], below: u64) -> Option<u64> {
        let below = below.min(self.end).min(other.end);
        // Nearly always the logs begin with the same long extent: then they agree as far as both extents reach.
        if let (Some(mine), Some(theirs)) = (self.extents.first(), other.extents.first())
            && mine.first == theirs.first
            && below <= history[mine.end.min(theirs.end) as usize - 1].end()
        {
            return None;
        }
        let from = self.start.max(other.start);
        let mut mine = self.clipped(history, from, below);
        let mut theirs = other.clipped(history, from, below);
        loop {
            match (mine.next(), theirs.next()) {
                (Some(a), Some(b)) if a == b => (),
                (Some(a), Some(b)) if a.first == b.first => {
                    return Some(history[a.end.min(b.end) as usize - 1].end()).filter(|offset| *offset < below);
                }
                (Some(a), Some(_)) => return Some(history[a.first as usize].base.max(from)),
                _ => return None,
            }
        }
    }

    /// Its extents between two offsets, cut to the batches that reach into that range.
    fn clipped<'a>(&'a self, history: &'a [Batch], from: u64, below: u64) -> impl Iterator<Item = Extent> + 'a {
        let skip = self.extents.partition_point(|extent| history[extent.end as usize - 1].end() <= from);
        self.extents[skip..].iter().map_while(move |extent| {
            let (mut first, mut end) = (extent.first, extent.end);
            if history[first as usize].base < from {
                let inside = &history[first as usize..end as usize];
                first += inside.partition_point(|batch| batch.end() <= from) as u32;
            }
            if below < history[end as usize - 1].end() {
                let inside = &history[first as usize..end as usize];
                end = first + inside.partition_point(|batch| batch.base < below) as u32;
            }
            (first < end).then_some(Extent { first, end })
        })
    }
}

/// How many of these batches, which are in order, end by an offset. It is mostly asked about the last few.
fn ended_by(batches: &[Batch], offset: u64) -> usize {
    let tail = batches.iter().rev().take(8).take_while(|batch| offset < batch.end()).count();
    if tail < 8 { batches.len() - tail } else { batches.partition_point(|batch| batch.end() <= offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten batches of two records that a leader appended in epoch 0, and from offset 10 on five of a zombie's.
    fn history() -> Vec<Batch> {
        let batch = |base, leader_epoch| Batch { base, count: 2, leader_epoch, content: Content::Foreign };
        (0..10).map(|n| batch(2 * n, 0)).chain((5..10).map(|n| batch(2 * n, 1))).collect()
    }

    fn log(batches: impl IntoIterator<Item = u32>) -> Log {
        let (history, mut log) = (history(), Log::default());
        for batch in batches {
            assert_eq!(log.append(&history, batch), Fit::Continues);
        }
        log
    }

    #[test]
    fn a_log_is_a_few_extents_however_long() {
        assert_eq!(log(0..10).extents, [Extent { first: 0, end: 10 }]);
        assert_eq!(log((0..5).chain(10..15)).extents, [Extent { first: 0, end: 5 }, Extent { first: 10, end: 15 }]);
        assert_eq!(log(0..3).clone().append(&history(), 5), Fit::Leaps);
    }

    #[test]
    fn a_cut_takes_whole_batches_from_the_end() {
        let (history, mut log) = (history(), log((0..5).chain(10..15)));
        log.cut(&history, 13);
        assert_eq!((log.end(), log.holds(&history, 10), log.holds(&history, 11)), (12, true, false));
        log.cut(&history, 6);
        assert_eq!((log.end(), log.holds(&history, 2), log.holds(&history, 10)), (6, true, false));
    }

    #[test]
    fn divergence_is_the_first_offset_with_other_records() {
        let (history, ours, theirs) = (history(), log(0..10), log((0..5).chain(10..15)));
        assert_eq!(ours.divergence(&theirs, &history, 20), Some(10));
        assert_eq!(theirs.divergence(&ours, &history, 11), Some(10));
        assert_eq!(ours.divergence(&theirs, &history, 10), None);
        assert_eq!(ours.divergence(&log(0..7), &history, 20), None);
    }

    #[test]
    fn logs_may_differ_before_a_common_batch() {
        let history = history();
        // Both end with batch 12, at offset 14: only one has batch 11 before it.
        let mut odd = log((0..7).chain([12]));
        assert_eq!(odd.divergence(&log((0..5).chain(10..13)), &history, 20), Some(10));
        odd.start_at(14);
        assert_eq!(odd.divergence(&log((0..5).chain(10..13)), &history, 20), None);
    }

    #[test]
    fn batches_can_be_walked_from_an_offset() {
        let (history, log) = (history(), log((0..5).chain(10..15)));
        let from = |offset| log.batches_from(&history, offset).collect::<Vec<u32>>();
        assert_eq!(from(17), [13, 14]);
        assert_eq!(from(8), [4, 10, 11, 12, 13, 14]);
        assert_eq!(from(20), [0; 0]);
    }
}
