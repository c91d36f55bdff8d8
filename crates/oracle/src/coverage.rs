//! Sets of records of one partition's history, as intervals: consumers read in order, so there are few.

use highwater_model::trace::Slice;

/// A stretch of one batch's records: from the `from`-th up to the `to`-th, exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub batch: u32,
    pub from: u32,
    pub to: u32,
    /// Records of the whole batch.
    pub of: u32,
}

impl Part {
    /// The records of a slice, whose batch has `of` records.
    pub fn of_slice(slice: &Slice, of: u32) -> Self {
        Self { batch: slice.batch, from: slice.skip, to: slice.skip + slice.count, of }
    }

    /// All records of a batch.
    pub fn whole(batch: u32, of: u32) -> Self {
        Self { batch, from: 0, to: of, of }
    }

    /// As numbers in which the end of one batch is the beginning of the next.
    fn keys(self) -> (u64, u64) {
        let key = |record: u32| {
            if record == self.of {
                (u64::from(self.batch) + 1) << 32
            } else {
                u64::from(self.batch) << 32 | u64::from(record)
            }
        };
        (key(self.from), key(self.to))
    }

    /// The record at a key that lies in this batch.
    fn record(self, key: u64) -> u32 {
        if key >> 32 == u64::from(self.batch) { key as u32 } else { self.of }
    }
}

/// A set of records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage {
    /// Sorted, apart from each other.
    spans: Vec<(u64, u64)>,
}

impl Coverage {
    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Adds records; tells those that were in the set before.
    pub fn add(&mut self, part: Part, mut again: impl FnMut(u32, u32)) {
        let (from, to) = part.keys();
        match self.spans.last_mut() {
            Some(last) if last.1 == from => {
                last.1 = to;
                return;
            }
            Some(last) if from < last.1 => (),
            _ => {
                self.spans.push((from, to));
                return;
            }
        }
        let first = self.spans.partition_point(|span| span.1 < from);
        let (mut start, mut end, mut after) = (from, to, first);
        while let Some(span) = self.spans.get(after)
            && span.0 <= to
        {
            let (low, high) = (span.0.max(from), span.1.min(to));
            if low < high {
                again(part.record(low), part.record(high));
            }
            (start, end, after) = (start.min(span.0), end.max(span.1), after + 1);
        }
        if first == after {
            self.spans.insert(first, (start, end));
        } else {
            self.spans[first] = (start, end);
            self.spans.drain(first + 1..after);
        }
    }

    /// Takes records out.
    pub fn remove(&mut self, part: Part) {
        let (from, to) = part.keys();
        let first = self.spans.partition_point(|span| span.1 <= from);
        let Some(span) = self.spans.get(first).copied() else { return };
        if span.0 <= from && to <= span.1 {
            match (span.0 < from, to < span.1) {
                (false, true) => self.spans[first].0 = to,
                (true, false) => self.spans[first].1 = from,
                (false, false) => drop(self.spans.remove(first)),
                (true, true) => {
                    self.spans[first].1 = from;
                    self.spans.insert(first + 1, (to, span.1));
                }
            }
            return;
        }
        let after = self.spans.partition_point(|span| span.0 < to);
        let removed: Vec<(u64, u64)> = self.spans.drain(first..after).collect();
        let left = removed.first().filter(|span| span.0 < from).map(|span| (span.0, from));
        let right = removed.last().filter(|span| to < span.1).map(|span| (to, span.1));
        self.spans.splice(first..first, left.into_iter().chain(right));
    }

    /// The records of the part that are in the set, as ranges within the batch.
    pub fn within(&self, part: Part) -> impl Iterator<Item = (u32, u32)> + '_ {
        let (from, to) = part.keys();
        let first = self.spans.partition_point(|span| span.1 <= from);
        self.spans[first..]
            .iter()
            .take_while(move |span| span.0 < to)
            .map(move |span| (part.record(span.0.max(from)), part.record(span.1.min(to))))
    }

    /// Are all records of the part in the set?
    pub fn contains(&self, part: Part) -> bool {
        self.within(part).next() == Some((part.from, part.to)) || part.from == part.to
    }
}

/// Sorted ranges without overlap; what is left of `whole` when `taken`, which is sorted too, is taken out.
pub(crate) fn complement(whole: (u32, u32), taken: &[(u32, u32)], left: &mut Vec<(u32, u32)>) {
    let mut from = whole.0;
    for &(start, end) in taken {
        if from < start.min(whole.1) {
            left.push((from, start.min(whole.1)));
        }
        from = from.max(end);
    }
    if from < whole.1 {
        left.push((from, whole.1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(batch: u32, from: u32, to: u32) -> Part {
        Part { batch, from, to, of: 10 }
    }

    fn within(set: &Coverage, part: Part) -> Vec<(u32, u32)> {
        set.within(part).collect()
    }

    #[test]
    fn neighbours_join_even_over_the_end_of_a_batch() {
        let mut set = Coverage::default();
        set.add(part(0, 0, 10), |_, _| panic!("nothing was there"));
        set.add(part(1, 5, 10), |_, _| panic!("nothing was there"));
        set.add(part(1, 0, 5), |_, _| panic!("nothing was there"));
        assert_eq!(set.spans.len(), 1);
        assert!(set.contains(part(1, 2, 8)) && !set.contains(part(2, 0, 1)));
    }

    #[test]
    fn what_was_there_before_is_told() {
        let mut set = Coverage::default();
        set.add(part(0, 2, 4), |_, _| ());
        set.add(part(0, 6, 10), |_, _| ());
        let mut again = Vec::new();
        set.add(part(0, 0, 8), |from, to| again.push((from, to)));
        assert_eq!(again, [(2, 4), (6, 8)]);
        assert_eq!(within(&set, part(0, 0, 10)), [(0, 10)]);
    }

    #[test]
    fn what_is_taken_out_leaves_the_rest() {
        let mut set = Coverage::default();
        set.add(part(0, 0, 10), |_, _| ());
        set.remove(part(0, 3, 5));
        assert_eq!(within(&set, part(0, 0, 10)), [(0, 3), (5, 10)]);
        set.remove(part(0, 2, 6));
        assert_eq!(within(&set, part(0, 0, 10)), [(0, 2), (6, 10)]);
        set.remove(part(0, 0, 10));
        assert!(set.is_empty());
    }

    #[test]
    fn the_complement_is_what_is_not_taken() {
        let mut left = Vec::new();
        complement((0, 8), &[(1, 3), (2, 4), (6, 20)], &mut left);
        assert_eq!(left, [(0, 1), (4, 6)]);
    }
}
