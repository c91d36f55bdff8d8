//! Idempotence on the client's side: producer id and epoch, sequence numbers of each partition, which
//! batches wait for an answer, and what to do when the broker reports a gap.

use super::batch::{BatchRef, Batches};
use crate::checks::{Check, Checks};
use crate::store::{ProducerId, Scope, Sequence};
use highwater_model::PartitionId;
use smallvec::SmallVec;

/// The sequence number `count` records later: it wraps from `i32::MAX` to 0.
pub(super) const fn advance(sequence: i32, count: u32) -> i32 {
    ((sequence as u32).wrapping_add(count) & 0x7fff_ffff) as i32
}

/// Does `first` come before `second`, where the two are less than half the numbers apart?
pub(super) const fn is_before(first: i32, second: i32) -> bool {
    let distance = (second as u32).wrapping_sub(first as u32) & 0x7fff_ffff;
    distance != 0 && distance < 0x4000_0000
}

/// One partition's numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionSequences {
    /// Under which producer id they count; none before the first batch.
    producer: Option<ProducerId>,
    /// The next batch's.
    pub next: i32,
    /// The last record known to be in the log.
    pub last_acked: Option<i32>,
    /// Batches that have numbers and no final answer, in the order of their numbers: on the wire or waiting to be sent
    /// again.
    pub unanswered: SmallVec<[BatchRef; 5]>,
    /// After an expired batch whose fate is unknown: the number that follows it.
    pub unresolved: Option<i32>,
}

impl PartitionSequences {
    fn follows_last_acked(&self, sequence: i32) -> bool {
        sequence == self.last_acked.map_or(0, |last| advance(last, 1))
    }

    /// Everything without an answer gets new numbers, from 0.
    fn restart(&mut self, producer: ProducerId, scope: Scope, batches: &mut Batches) {
        let mut next = 0;
        for batch in &self.unanswered {
            let batch = batches.get_mut(*batch);
            batch.sequence = Some(Sequence { producer_id: producer.id, epoch: producer.epoch, first: next, scope });
            batch.sequence_reset = true;
            next = advance(next, batch.contents().count);
        }
        self.producer = Some(producer);
        self.next = next;
        self.last_acked = None;
    }
}

/// The numbers of an idempotent producer.
#[derive(Clone, Debug)]
pub(super) struct Sequences {
    /// None before `InitProducerId` was answered.
    pub producer: Option<ProducerId>,
    partitions: Vec<PartitionSequences>,
    /// Partitions that ask for another epoch.
    bump_for: SmallVec<[PartitionId; 4]>,
    any_unresolved: bool,
    scope: Scope,
}

impl Sequences {
    pub fn new(partitions: u16, scope: Scope) -> Self {
        Self {
            scope,
            producer: None,
            partitions: vec![PartitionSequences::default(); usize::from(partitions)],
            bump_for: SmallVec::new(),
            any_unresolved: false,
        }
    }

    /// A partition's numbers.
    pub fn of(&self, partition: PartitionId) -> &PartitionSequences {
        &self.partitions[partition.index()]
    }

    /// May the partition's first batch be sent now?
    pub fn allows(
        &self,
        partition: PartitionId,
        sequence: Option<Sequence>,
        batches: &Batches,
        checks: Checks,
    ) -> bool {
        let of = &self.partitions[partition.index()];
        let Some(sequence) = sequence else {
            // A new batch waits while older ones of another epoch, or of unknown fate, are about.
            let one_epoch = of.producer == self.producer || of.unanswered.is_empty();
            return one_epoch && (of.unresolved.is_none() || !checks.on(Check::ResolveSequences));
        };
        // A batch that is sent again is the first without an answer, or waits until it is.
        let first = of.unanswered.first().and_then(|first| batches.get(*first).sequence);
        first.is_none_or(|first| first.first == sequence.first) || !checks.on(Check::RetryAlone)
    }

    /// Gives a batch that is sent for the first time its numbers.
    pub fn assign(&mut self, partition: PartitionId, batch: BatchRef, batches: &mut Batches) {
        let producer = self.producer.expect("nothing is sent before the producer has an id");
        let of = &mut self.partitions[partition.index()];
        if of.producer != Some(producer) {
            of.restart(producer, self.scope, batches);
        }
        let assigned = batches.get_mut(batch);
        let (producer_id, epoch, scope) = (producer.id, producer.epoch, self.scope);
        assigned.sequence = Some(Sequence { producer_id, epoch, first: of.next, scope });
        of.next = advance(of.next, assigned.contents().count);
        of.unanswered.push(batch);
    }

    /// The parts of a split batch take its place.
    pub fn split(&mut self, partition: PartitionId, whole: BatchRef, parts: &[BatchRef]) {
        let unanswered = &mut self.partitions[partition.index()].unanswered;
        let place = unanswered.iter().position(|batch| *batch == whole).expect("a sent batch waits for its answer");
        unanswered.remove(place);
        unanswered.insert_many(place, parts.iter().copied());
    }

    /// A batch that ended with this number is in the log; it may be long given up here.
    pub fn acked(&mut self, partition: PartitionId, last: i32) {
        let of = &mut self.partitions[partition.index()];
        if of.last_acked.is_none_or(|acked| is_before(acked, last)) {
            of.last_acked = Some(last);
        }
    }

    /// No answer is expected for it any more.
    pub fn answered(&mut self, partition: PartitionId, batch: BatchRef) {
        self.partitions[partition.index()].unanswered.retain(|waiting| *waiting != batch);
    }

    /// A batch failed for good: its numbers may be missing in the log, so the epoch changes.
    pub fn bump(&mut self, partition: PartitionId) {
        if !self.bump_for.contains(&partition) {
            self.bump_for.push(partition);
        }
    }

    /// The broker reports a gap: is an earlier batch still on its way, or is the gap real? Then another epoch is asked
    /// for. Either way the batch is sent again.
    pub fn gap(&mut self, partition: PartitionId, first: i32, sequence_reset: bool) {
        let of = &self.partitions[partition.index()];
        let real = match of.unresolved {
            None => !sequence_reset && of.follows_last_acked(first),
            Some(after_unresolved) => first == after_unresolved,
        };
        if real {
            self.bump(partition);
        }
    }

    /// The partition's numbers begin at 0 again, in the same epoch.
    pub fn start_over(&mut self, partition: PartitionId, batches: &mut Batches) {
        let of = &mut self.partitions[partition.index()];
        if let Some(producer) = of.producer {
            of.restart(producer, self.scope, batches);
        }
    }

    /// A batch that had been sent more than once expired: nobody knows whether it is in the log.
    pub fn unresolved(&mut self, partition: PartitionId, after: i32) {
        let of = &mut self.partitions[partition.index()];
        let later = of.unresolved.is_none_or(|known| is_before(known, after));
        if later {
            of.unresolved = Some(after);
        }
        self.any_unresolved = true;
    }

    /// The producer has another id or epoch, and no batch without an answer: all numbers begin with 0.
    pub fn begin_with(&mut self, producer: ProducerId) {
        self.producer = Some(producer);
        self.bump_for.clear();
        self.any_unresolved = false;
        self.partitions.fill_with(PartitionSequences::default);
    }

    /// In a transaction an epoch is not raised in the middle: a real gap is an error of the transaction. Is an earlier
    /// batch still on its way, so that this one may be sent again?
    pub fn waits_for_earlier(&self, partition: PartitionId, first: i32, sequence_reset: bool) -> bool {
        let of = &self.partitions[partition.index()];
        of.unresolved.is_none() && (sequence_reset || !of.follows_last_acked(first))
    }

    /// A batch of the transaction failed for good: those after it take its numbers (`adjustSequencesDueToFailedBatch`).
    pub fn close_gap(&mut self, partition: PartitionId, failed: Sequence, count: u32, batches: &mut Batches) {
        let of = &mut self.partitions[partition.index()];
        if of.producer != Some(failed.producer()) {
            return;
        }
        let back = |sequence: i32| ((sequence as u32).wrapping_sub(count) & 0x7fff_ffff) as i32;
        of.next = back(of.next);
        for batch in &of.unanswered {
            let later = batches.get_mut(*batch);
            if let Some(sequence) = later.sequence.as_mut().filter(|later| is_before(failed.first, later.first)) {
                sequence.first = back(sequence.first);
                later.sequence_reset = true;
            }
        }
    }

    /// Looks whether unknown fates of a transaction's batches have become known; true where numbers may be missing in
    /// the log.
    pub fn resolve_in_transaction(&mut self) -> bool {
        if self.any_unresolved {
            self.resolve();
        }
        !std::mem::take(&mut self.bump_for).is_empty()
    }

    /// Looks whether unknown fates have become known, and begins another epoch where one is asked for.
    pub fn settle(&mut self, batches: &mut Batches, checks: Checks) {
        if self.any_unresolved {
            self.resolve();
        }
        if self.bump_for.is_empty() || !checks.on(Check::BumpEpoch) {
            return;
        }
        // The last epoch of an id is followed by another id.
        self.producer = self
            .producer
            .and_then(|producer| Some(ProducerId { id: producer.id, epoch: producer.epoch.checked_add(1)? }));
        let Some(producer) = self.producer else {
            self.bump_for.clear();
            return;
        };
        for partition in std::mem::take(&mut self.bump_for) {
            let of = &mut self.partitions[partition.index()];
            of.restart(producer, self.scope, batches);
            of.unresolved = None;
        }
    }

    fn resolve(&mut self) {
        self.any_unresolved = false;
        for index in 0..self.partitions.len() {
            let of = &mut self.partitions[index];
            if of.unresolved.is_none() {
                continue;
            }
            if !of.unanswered.is_empty() {
                self.any_unresolved = true;
                continue;
            }
            of.unresolved = None;
            if !of.follows_last_acked(of.next) {
                self.bump(PartitionId(index as u16));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_643_sequence_numbers_wrap_to_zero() {
        assert_eq!(advance(i32::MAX, 1), 0);
        assert_eq!(advance(i32::MAX, 100), 99);
        assert!(is_before(i32::MAX, 0));
        assert!(!is_before(0, i32::MAX));
        assert!(!is_before(5, 5));
    }
}
