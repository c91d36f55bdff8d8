//! What a leader remembers of idempotent producers: their last five batches. It is a function of the log, so a
//! new leader reads it from its own log and knows exactly as much as the log has kept.

use crate::checks::{Check, Checks};
use crate::log::Log;
use crate::store::{Sequence, Store};
use highwater_model::PartitionId;
use highwater_model::trace::Error;
use smallvec::SmallVec;

/// Batches remembered of each producer.
const REMEMBERED: usize = 5;

/// All producers of a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct ProducerStates(Vec<ProducerState>);

/// One producer.
#[derive(Clone, Debug)]
pub(super) struct ProducerState {
    producer_id: u32,
    pub epoch: i16,
    pub batches: SmallVec<[Remembered; REMEMBERED]>,
}

/// A batch of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered {
    pub first: i32,
    pub last: i32,
    pub base: u64,
}

impl Remembered {
    /// How many records it holds.
    pub fn records(self) -> u32 {
        ((i64::from(self.last) - i64::from(self.first)).rem_euclid(i64::from(i32::MAX) + 1)) as u32 + 1
    }
}

/// What a sequence number says about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequenced {
    /// It is the next one.
    Next,
    /// It is in the log already, at this offset.
    Duplicate(u64),
    /// It cannot be appended.
    Refused(Error),
}

/// The sequence number `by` places on; after i32::MAX comes 0.
pub(crate) fn sequence_after(first: i32, by: u32) -> i32 {
    ((i64::from(first) + i64::from(by)) % (i64::from(i32::MAX) + 1)) as i32
}

impl ProducerStates {
    /// What the log knows.
    pub fn of_log(log: &Log, partition: PartitionId, store: &Store) -> Self {
        let mut states = Self::default();
        for place in log.places() {
            let batch = store.batch(partition, place);
            if let Some(sequence) = batch.sequence {
                states.appended(sequence, batch.count, batch.base);
            }
        }
        states
    }

    /// One producer's, if anything is remembered of it.
    pub fn of(&self, producer_id: u32) -> Option<&ProducerState> {
        self.0.iter().find(|state| state.producer_id == producer_id)
    }

    /// Before 2.4 a producer was forgotten with the last of its records (KIP-360).
    pub fn forget_below(&mut self, log_start: u64) {
        let reaches = |last: &Remembered| {
            let more = (i64::from(last.last) - i64::from(last.first)).rem_euclid(i64::from(i32::MAX) + 1);
            log_start <= last.base + more as u64
        };
        let keeps = |state: &ProducerState| state.batches.last().is_some_and(reaches);
        self.0.retain(keeps);
    }

    /// What a batch with this sequence is.
    pub fn judge(&self, sequence: Sequence, count: u32, checks: Checks) -> Sequenced {
        let Some(state) = self.0.iter().find(|state| state.producer_id == sequence.producer_id) else {
            return Sequenced::Next;
        };
        let last = sequence_after(sequence.first, count - 1);
        let known = state.batches.iter().find(|batch| batch.first == sequence.first && batch.last == last);
        if let (true, Some(batch), true) = (state.epoch == sequence.epoch, known, checks.on(Check::DuplicateSequence)) {
            return Sequenced::Duplicate(batch.base);
        }
        if sequence.epoch < state.epoch {
            return Sequenced::Refused(Error::InvalidProducerEpoch);
        }
        let expected = match state.batches.last() {
            Some(batch) if sequence.epoch == state.epoch => sequence_after(batch.last, 1),
            _ => 0,
        };
        if sequence.first == expected || !checks.on(Check::SequenceGap) {
            Sequenced::Next
        } else {
            Sequenced::Refused(Error::OutOfOrderSequenceNumber)
        }
    }

    /// A batch was appended.
    pub fn appended(&mut self, sequence: Sequence, count: u32, base: u64) {
        let last = sequence_after(sequence.first, count - 1);
        let batch = Remembered { first: sequence.first, last, base };
        match self.0.iter_mut().find(|state| state.producer_id == sequence.producer_id) {
            Some(state) if state.epoch == sequence.epoch => {
                if state.batches.len() == REMEMBERED {
                    state.batches.remove(0);
                }
                state.batches.push(batch);
            }
            Some(state) => {
                state.epoch = sequence.epoch;
                state.batches = SmallVec::from_slice(&[batch]);
            }
            None => self.0.push(ProducerState {
                producer_id: sequence.producer_id,
                epoch: sequence.epoch,
                batches: SmallVec::from_slice(&[batch]),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(epoch: i16, first: i32) -> Sequence {
        Sequence { producer_id: 1, epoch, first }
    }

    #[test]
    fn r_642_r_643_sequences_are_judged() {
        let mut states = ProducerStates::default();
        let judge = |states: &ProducerStates, epoch, first| states.judge(sequence(epoch, first), 1, Checks::default());
        assert_eq!(judge(&states, 0, 40), Sequenced::Next, "an unknown producer may begin anywhere");
        for first in 0..7 {
            states.appended(sequence(0, first), 1, 100 + first as u64);
        }
        assert_eq!(judge(&states, 0, 6), Sequenced::Duplicate(106));
        assert_eq!(judge(&states, 0, 2), Sequenced::Duplicate(102));
        assert_eq!(
            judge(&states, 0, 1),
            Sequenced::Refused(Error::OutOfOrderSequenceNumber),
            "older than five batches"
        );
        assert_eq!(judge(&states, 0, 7), Sequenced::Next);
        assert_eq!(judge(&states, 0, 8), Sequenced::Refused(Error::OutOfOrderSequenceNumber));
        assert_eq!(judge(&states, 1, 7), Sequenced::Refused(Error::OutOfOrderSequenceNumber));
        assert_eq!(judge(&states, 1, 0), Sequenced::Next);
        states.appended(sequence(1, 0), 1, 200);
        assert_eq!(judge(&states, 0, 7), Sequenced::Refused(Error::InvalidProducerEpoch));
    }

    #[test]
    fn r_643_sequences_wrap_to_zero() {
        assert_eq!(sequence_after(i32::MAX, 1), 0);
        assert_eq!(sequence_after(i32::MAX - 1, 1), i32::MAX);
        assert_eq!(sequence_after(5, 3), 8);
    }
}
