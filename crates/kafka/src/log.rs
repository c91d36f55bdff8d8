//! A replica's log: extents of a partition's history, the leader-epoch cache, segments, and what of it is on disk.

use crate::store::Store;
use highwater_model::{Instant, PartitionId};
use smallvec::SmallVec;

/// Batches `first` to `end` (excluded) of the partition's history, next to each other in this log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    first: u32,
    end: u32,
}

/// A segment: its first offset and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    base: u64,
    bytes: u64,
}

/// A replica's log of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    partition: PartitionId,
    extents: SmallVec<[Extent; 2]>,
    segments: SmallVec<[Segment; 1]>,
    start: u64,
    end: u64,
    epochs: SmallVec<[(i32, u64); 4]>,
    /// Highest offset that Kafka itself has synced, and its last checkpoint.
    recovery_point: u64,
    checkpointed_recovery_point: u64,
    /// Everything below is on stable storage, by fsync or by the kernel's write-back.
    durable: u64,
    /// Since when the file has had dirty pages.
    dirty_since: Option<Instant>,
    dirty_bytes: u64,
    /// From here on the disk holds garbage; recovery cuts it off.
    corrupt_from: Option<u64>,
}

/// Runs of batches, and their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// From the first (included) to the second (excluded), as places in the history.
    pub runs: SmallVec<[(u32, u32); 1]>,
    /// Bytes of all of them.
    pub bytes: u32,
}

impl Log {
    /// An empty log.
    pub fn new(partition: PartitionId) -> Self {
        Self {
            partition,
            extents: SmallVec::new(),
            segments: smallvec::smallvec![Segment { base: 0, bytes: 0 }],
            start: 0,
            end: 0,
            epochs: SmallVec::new(),
            recovery_point: 0,
            checkpointed_recovery_point: 0,
            durable: 0,
            dirty_since: None,
            dirty_bytes: 0,
            corrupt_from: None,
        }
    }

    /// Whose log it is.
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// The first offset.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The next offset to be written (LEO).
    #[inline]
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Everything below is on stable storage.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Bytes that are not on stable storage.
    pub fn dirty_bytes(&self) -> u64 {
        self.dirty_bytes
    }

    /// Since when there have been any.
    pub fn dirty_since(&self) -> Option<Instant> {
        self.dirty_since
    }

    /// Highest offset that Kafka itself has synced.
    pub fn recovery_point(&self) -> u64 {
        self.recovery_point
    }

    /// The epoch cache: (epoch, start offset), oldest first.
    pub fn epochs(&self) -> &[(i32, u64)] {
        &self.epochs
    }

    /// The latest epoch in the cache.
    pub fn latest_epoch(&self) -> Option<i32> {
        self.epochs.last().map(|(epoch, _)| *epoch)
    }

    /// Appends the next batch of the history. True where it filled the active segment, so that a new one begins.
    pub fn append(&mut self, place: u32, store: &Store, segment_bytes_max: u64, now: Instant) -> bool {
        let batch = store.batch(self.partition, place);
        debug_assert!(self.end <= batch.base, "a log grows at its end");
        match self.extents.last_mut() {
            Some(extent) if extent.end == place => extent.end += 1,
            _ => self.extents.push(Extent { first: place, end: place + 1 }),
        }
        if self.latest_epoch() != Some(batch.leader_epoch) {
            self.assign_epoch(batch.leader_epoch, batch.base);
        }
        let bytes = u64::from(batch.bytes);
        let active = self.segments.last_mut().expect("a log has an active segment");
        let rolled = active.bytes != 0 && segment_bytes_max < active.bytes + bytes;
        if rolled {
            self.segments.push(Segment { base: batch.base, bytes });
        } else {
            active.bytes += bytes;
        }
        self.end = batch.end();
        self.dirty_bytes += bytes;
        self.dirty_since.get_or_insert(now);
        rolled
    }

    /// Adds an epoch that begins at this offset; entries at or after it, in epoch or offset, go.
    pub fn assign_epoch(&mut self, epoch: i32, start: u64) {
        if self.epochs.last().is_some_and(|(last, _)| *last == epoch) {
            return;
        }
        while self.epochs.last().is_some_and(|(last, at)| epoch <= *last || start <= *at) {
            self.epochs.pop();
        }
        self.epochs.push((epoch, start));
    }

    /// The epoch cache is another, whatever the batches say: for a run that starts in a given state.
    pub fn replace_epochs(&mut self, epochs: &[(i32, u64)]) {
        self.epochs = epochs.iter().copied().collect();
    }

    /// Where an epoch ends in this log: the largest epoch not above it, and its end offset.
    pub fn end_of_epoch(&self, epoch: i32) -> Option<(i32, u64)> {
        let (latest, _) = *self.epochs.last()?;
        if epoch < 0 {
            return None; // no epoch is not one that is older than all
        }
        if epoch == latest {
            return Some((epoch, self.end));
        }
        let later = self.epochs.iter().position(|(cached, _)| epoch < *cached)?;
        let end = self.epochs[later].1;
        match later.checked_sub(1) {
            Some(before) => Some((self.epochs[before].0, end)),
            None => Some((epoch, end)),
        }
    }

    /// The epoch of the record at this offset, as far as the cache knows.
    pub fn epoch_at(&self, offset: u64) -> Option<i32> {
        self.epochs.iter().rev().find(|(_, start)| *start <= offset).map(|(epoch, _)| *epoch)
    }

    /// The first offset of the first batch that was appended at this moment or later.
    pub fn appended_since(&self, at: Instant, store: &Store) -> Option<u64> {
        let batches = self.places().map(|place| store.batch(self.partition, place));
        batches.into_iter().find(|batch| at <= batch.appended).map(|batch| batch.base.max(self.start))
    }

    /// The batches from the one that holds `from` up to those that end at or below `bound`, `bytes_max` at most (but
    /// the first whole).
    pub fn read(&self, from: u64, bound: u64, bytes_max: u32, store: &Store) -> Read {
        let mut read = Read::default();
        let Some((mut index, mut place)) = self.find(from, store) else { return read };
        let history = store.history(self.partition);
        loop {
            let extent = self.extents[index];
            let first = place;
            while place < extent.end {
                let batch = &history[place as usize];
                let fits = read.bytes == 0 || read.bytes + batch.bytes <= bytes_max;
                if bound < batch.end() || !fits {
                    break;
                }
                read.bytes += batch.bytes;
                place += 1;
            }
            if first < place {
                read.runs.push((first, place));
            }
            if place < extent.end || index + 1 == self.extents.len() {
                return read;
            }
            index += 1;
            place = self.extents[index].first;
        }
    }

    /// The extent and the batch that hold this offset (or the first after it).
    fn find(&self, offset: u64, store: &Store) -> Option<(usize, u32)> {
        if self.end <= offset {
            return None;
        }
        let history = store.history(self.partition);
        let index = self.extents.iter().rposition(|extent| history[extent.first as usize].base <= offset).unwrap_or(0);
        let extent = self.extents[index];
        let last = extent.end - 1;
        if history[last as usize].base <= offset {
            return Some((index, last)); // the tail, where most readers are
        }
        let batches = &history[extent.first as usize..extent.end as usize];
        let before = batches.partition_point(|batch| batch.end() <= offset) as u32;
        Some((index, extent.first + before))
    }

    /// All its batches, oldest first, as places in the history.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.extents.iter().flat_map(|extent| extent.first..extent.end)
    }

    /// Up to which offset this log and another hold the same batches. (In old releases a fork can lie below batches
    /// that both hold again.)
    pub fn common_end(&self, other: &Log, store: &Store) -> u64 {
        let history = store.history(self.partition);
        let mut common = self.start.max(other.start);
        let (mut mine, mut theirs) = (self.find(common, store), other.find(common, store));
        while let (Some((index, place)), Some((their_index, their_place))) = (mine, theirs)
            && place == their_place
        {
            let end = self.extents[index].end.min(other.extents[their_index].end);
            common = history[end as usize - 1].end();
            (mine, theirs) = (self.place_from(index, end), other.place_from(their_index, end));
        }
        common.min(self.end).min(other.end)
    }

    /// The place from this one of an extent on, there or at the beginning of the next.
    fn place_from(&self, index: usize, place: u32) -> Option<(usize, u32)> {
        if place < self.extents[index].end {
            return Some((index, place));
        }
        self.extents.get(index + 1).map(|extent| (index + 1, extent.first))
    }

    /// Cuts everything from this offset on, at the border of a batch. The recovery point goes down with it.
    pub fn truncate(&mut self, to: u64, store: &Store) {
        let history = store.history(self.partition);
        while let Some(extent) = self.extents.last_mut() {
            let batches = &history[extent.first as usize..extent.end as usize];
            let kept = batches.partition_point(|batch| batch.end() <= to) as u32;
            extent.end = extent.first + kept;
            if kept != 0 {
                break;
            }
            self.extents.pop();
        }
        self.end = match self.extents.last() {
            Some(extent) => history[extent.end as usize - 1].end().max(self.start),
            None => to.min(self.end).max(self.start),
        };
        while self.epochs.last().is_some_and(|(_, start)| self.end <= *start) {
            self.epochs.pop();
        }
        while 1 < self.segments.len() && self.segments.last().is_some_and(|segment| self.end <= segment.base) {
            self.segments.pop();
        }
        let base = self.segments.last().map_or(0, |segment| segment.base);
        let bytes = self.bytes_from(base, store);
        self.segments.last_mut().expect("a log has an active segment").bytes = bytes;
        self.recovery_point = self.recovery_point.min(self.end);
        self.checkpointed_recovery_point = self.checkpointed_recovery_point.min(self.end);
        self.durable = self.durable.min(self.end);
        self.dirty_bytes = self.bytes_from(self.durable, store);
        if self.dirty_bytes == 0 {
            self.dirty_since = None;
        }
    }

    /// Drops everything; the log goes on at this offset.
    pub fn restart_at(&mut self, offset: u64) {
        *self = Self { start: offset, end: offset, durable: offset, ..Self::new(self.partition) };
        self.recovery_point = offset;
        self.segments[0].base = offset;
    }

    /// Bytes of the batches from this offset on.
    pub fn bytes_from(&self, offset: u64, store: &Store) -> u64 {
        let history = store.history(self.partition);
        let batches = self.places().rev().map(|place| &history[place as usize]);
        batches.take_while(|batch| offset < batch.end()).map(|batch| u64::from(batch.bytes)).sum()
    }

    /// Everything below `to` is on stable storage now; `fsync`: by Kafka's own doing.
    pub fn flushed(&mut self, to: u64, fsync: bool, store: &Store) {
        let to = to.min(self.end);
        if fsync {
            self.recovery_point = self.recovery_point.max(to);
        }
        if self.durable < to {
            self.durable = to;
            self.dirty_bytes = self.bytes_from(to, store);
        }
        if self.durable == self.end {
            self.dirty_since = None;
        }
    }

    /// Writes the recovery point's checkpoint.
    pub fn checkpoint_recovery_point(&mut self) {
        self.checkpointed_recovery_point = self.recovery_point;
    }

    /// After an unclean stop: the log is as the disk has it, its recovery point as last checkpointed. Gives the
    /// bytes that recovery scans: the segments at or above the recovery point.
    pub fn recover(&mut self, store: &Store) -> u64 {
        self.recovery_point = self.checkpointed_recovery_point.min(self.end);
        let from = self.segments.iter().rfind(|segment| segment.base <= self.recovery_point).map_or(0, |s| s.base);
        let scanned = self.bytes_from(from, store);
        if let Some(garbage) = self.corrupt_from.take_if(|garbage| from <= *garbage) {
            self.truncate(garbage, store);
        }
        self.rebuild_epochs(from, store);
        scanned
    }

    /// Recovery enters the epochs of the batches that it scans, where the cache lacks them (P-LOG-11).
    fn rebuild_epochs(&mut self, from: u64, store: &Store) {
        while self.epochs.last().is_some_and(|(_, start)| self.end <= *start) {
            self.epochs.pop();
        }
        let scanned: SmallVec<[(i32, u64); 4]> = self
            .places()
            .map(|place| store.batch(self.partition, place))
            .filter(|batch| from <= batch.base)
            .map(|batch| (batch.leader_epoch, batch.base))
            .collect();
        for (epoch, base) in scanned {
            if self.latest_epoch().is_none_or(|latest| latest < epoch) {
                self.assign_epoch(epoch, base);
            }
        }
    }

    /// The disk holds garbage from this offset on (a torn or damaged write); what lies below is whole.
    pub fn corrupt(&mut self, from: u64) {
        self.corrupt_from = Some(from.min(self.end));
    }

    /// After recovery the scanned log is trusted: its recovery point is its end, as after any load.
    pub fn recovered(&mut self) {
        self.checkpointed_recovery_point = self.recovery_point;
    }

    /// How many segments it has.
    pub fn segment_count(&self) -> u32 {
        self.segments.len() as u32
    }

    /// The first offset of the active segment.
    pub fn active_segment(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.base)
    }

    /// Retention by size: deletes whole segments from the front while the rest keeps `bytes`, never at or above the
    /// high watermark (P-LOG-12). True where the start moved.
    pub fn retain(&mut self, bytes: u64, high_watermark: u64, store: &Store) -> bool {
        let mut total: u64 = self.segments.iter().map(|segment| segment.bytes).sum();
        let before = self.start;
        while 1 < self.segments.len() && self.segments[1].base <= high_watermark {
            let first = self.segments[0].bytes;
            if total - first < bytes {
                break;
            }
            total -= first;
            self.segments.remove(0);
            self.advance_start(self.segments[0].base, store);
        }
        before < self.start
    }

    /// Retention by time: deletes whole segments from the front whose youngest record was appended before `cutoff`, never
    /// the active one, nor at or above the high watermark. True where the start moved.
    pub fn retain_since(&mut self, cutoff: Instant, high_watermark: u64, store: &Store) -> bool {
        let before = self.start;
        while 1 < self.segments.len() && self.segments[1].base <= high_watermark {
            let next = self.segments[1].base;
            let history = store.history(self.partition);
            let batches = self.places().map(|place| &history[place as usize]);
            let youngest = batches.take_while(|batch| batch.base < next).last();
            if youngest.is_none_or(|batch| cutoff <= batch.appended) {
                break;
            }
            self.segments.remove(0);
            self.advance_start(self.segments[0].base, store);
        }
        before < self.start
    }

    /// Moves the first offset.
    pub fn advance_start(&mut self, to: u64, store: &Store) {
        if to <= self.start {
            return;
        }
        self.start = to.min(self.end);
        let history = store.history(self.partition);
        while let Some(extent) = self.extents.first_mut() {
            let batches = &history[extent.first as usize..extent.end as usize];
            extent.first += batches.partition_point(|batch| batch.end() <= self.start) as u32;
            if extent.first < extent.end {
                break;
            }
            self.extents.remove(0);
        }
        while 1 < self.epochs.len() && self.epochs[1].1 <= self.start {
            self.epochs.remove(0);
        }
        if let Some(first) = self.epochs.first_mut() {
            first.1 = first.1.max(self.start);
        }
        self.durable = self.durable.max(self.start);
        self.recovery_point = self.recovery_point.max(self.start);
        while 1 < self.segments.len() && self.segments[1].base <= self.start {
            self.segments.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Batch, Body};

    const P: PartitionId = PartitionId(0);

    fn batch(base: u64, count: u32, epoch: i32) -> Batch {
        let bytes = 100 * count;
        Batch { base, appended: Instant::ZERO, count, bytes, leader_epoch: epoch, sequence: None, body: Body::Foreign }
    }

    /// A log of these (epoch, records) batches, one after the other.
    fn log_of(store: &mut Store, batches: &[(i32, u32)]) -> Log {
        let mut log = Log::new(P);
        for (epoch, count) in batches {
            let place = store.append(P, batch(log.end(), *count, *epoch));
            log.append(place, store, u64::MAX, Instant::ZERO);
        }
        log
    }

    #[test]
    fn r_403_end_of_epoch_has_gaps() {
        let mut log = Log::new(P);
        for (epoch, start) in [(0, 10), (2, 13), (4, 17)] {
            log.assign_epoch(epoch, start);
        }
        log.end = 20;
        assert_eq!(log.end_of_epoch(1), Some((0, 13)));
        assert_eq!(log.end_of_epoch(2), Some((2, 17)));
        assert_eq!(log.end_of_epoch(3), Some((2, 17)));
        assert_eq!(log.end_of_epoch(4), Some((4, 20)));
        assert_eq!(log.end_of_epoch(5), None);
        assert_eq!(log.end_of_epoch(-1), None, "UNDEFINED_EPOCH has no end");
        assert_eq!(Log::new(P).end_of_epoch(3), None);
    }

    #[test]
    fn r_404_truncation_trims_the_epoch_cache() {
        let mut store = Store::new(1);
        let mut log = log_of(&mut store, &[(0, 2), (3, 2), (4, 2)]);
        log.truncate(4, &store);
        assert_eq!(log.epochs(), [(0, 0), (3, 2)]);
        assert_eq!(log.end(), 4);
        log.assign_epoch(7, 4);
        log.truncate(4, &store);
        assert_eq!(log.epochs(), [(0, 0), (3, 2)], "an epoch without records goes too");
    }

    #[test]
    fn reading_stops_at_the_bound_and_crosses_extents() {
        let mut store = Store::new(1);
        let mut log = log_of(&mut store, &[(0, 5), (0, 5)]);
        store.append(P, batch(10, 3, 1)); // another leader's
        let place = store.append(P, batch(10, 4, 2));
        log.append(place, &store, u64::MAX, Instant::ZERO);
        assert_eq!(log.read(0, 14, u32::MAX, &store).runs.as_slice(), [(0, 2), (3, 4)]);
        assert_eq!(log.read(7, 10, u32::MAX, &store).runs.as_slice(), [(1, 2)]);
        assert_eq!(log.read(12, 14, u32::MAX, &store).runs.as_slice(), [(3, 4)]);
        assert_eq!(log.read(14, 14, u32::MAX, &store).runs.len(), 0);
        assert_eq!(log.read(0, 14, 1, &store).runs.as_slice(), [(0, 1)], "the first batch is always whole");
    }

    #[test]
    fn logs_agree_up_to_their_fork_whatever_comes_after_it() {
        let mut store = Store::new(1);
        let (mut ours, mut theirs) = (log_of(&mut store, &[(0, 5), (0, 5)]), Log::new(P));
        theirs.append(0, &store, u64::MAX, Instant::ZERO);
        assert_eq!(ours.common_end(&theirs, &store), 5);
        let odd = store.append(P, batch(5, 5, 1));
        theirs.append(odd, &store, u64::MAX, Instant::ZERO);
        let shared = store.append(P, batch(10, 5, 2));
        for log in [&mut ours, &mut theirs] {
            log.append(shared, &store, u64::MAX, Instant::ZERO);
        }
        assert_eq!((ours.common_end(&theirs, &store), theirs.common_end(&ours, &store)), (5, 5));
        assert_eq!(ours.common_end(&ours.clone(), &store), 15);
    }

    #[test]
    fn r_425_truncation_lowers_what_is_durable() {
        let mut store = Store::new(1);
        let mut log = log_of(&mut store, &[(0, 5), (0, 5), (0, 5)]);
        assert_eq!(log.dirty_bytes(), 1_500);
        log.flushed(10, true, &store);
        assert_eq!((log.durable(), log.recovery_point(), log.dirty_bytes()), (10, 10, 500));
        log.truncate(5, &store);
        assert_eq!((log.end(), log.durable(), log.recovery_point(), log.dirty_bytes()), (5, 5, 5, 0));
    }

    #[test]
    fn p_log_12_retention_stays_below_the_high_watermark() {
        let mut store = Store::new(1);
        let mut log = Log::new(P);
        for _ in 0..10 {
            let place = store.append(P, batch(log.end(), 10, 0));
            log.append(place, &store, 2_000, Instant::ZERO);
        }
        assert!(!log.retain(0, 15, &store), "the first segment ends above the high watermark");
        assert!(log.retain(0, 45, &store));
        assert_eq!(log.start(), 40);
        assert!(log.retain(2_000, 100, &store));
        assert_eq!((log.start(), log.end()), (80, 100));
        assert_eq!(log.read(80, 100, u32::MAX, &store).bytes, 2_000);
    }

    #[test]
    fn p_log_12_retention_by_time_looks_at_the_youngest_record_of_a_segment() {
        let mut store = Store::new(1);
        let mut log = Log::new(P);
        for second in 0..10 {
            let appended = Instant::from_millis(1_000 * second);
            let place = store.append(P, Batch { appended, ..batch(log.end(), 10, 0) });
            log.append(place, &store, 2_000, appended);
        }
        assert!(!log.retain_since(Instant::from_millis(1_000), 100, &store), "its second batch is younger");
        assert!(log.retain_since(Instant::from_millis(3_500), 100, &store));
        assert_eq!(log.start(), 40);
        assert!(!log.retain_since(Instant::from_millis(60_000), 55, &store), "the next ends above the high watermark");
        assert!(log.retain_since(Instant::from_millis(60_000), 100, &store));
        assert_eq!((log.start(), log.end()), (80, 100), "the active segment stays");
    }
}
