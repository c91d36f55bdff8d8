//! What a leader remembers of producers: their last five batches, and their transactions. It is a function of
//! the log, so a new leader reads it from its own log and knows exactly as much as the log has kept. Only the guards of
//! verifications under way are not in the log.

use super::stability::Stability;
use crate::checks::{Check, Checks};
use crate::log::Log;
use crate::store::{Body, Marker, NO_SEQUENCE, ProducerId, Scope, Sequence, Store};
use highwater_model::PartitionId;
use highwater_model::trace::Error;
use smallvec::SmallVec;

/// Batches remembered of each producer.
const REMEMBERED: usize = 5;

/// All producers of a partition.
#[derive(Clone, Debug, Default)]
pub(super) struct ProducerStates {
    states: Vec<ProducerState>,
    verifying: Vec<Verifying>,
    guards: u32,
    pub stability: Stability,
}

/// What a follower has read in its log of producers, as far as it has read it.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadAlong {
    pub states: ProducerStates,
    read_to: u64,
}

/// Bytes that are read along at a time.
const READ_ALONG_BYTES: u32 = 1 << 28;

impl ReadAlong {
    /// Reads on to the end of the log.
    pub fn advance(&mut self, log: &Log, partition: PartitionId, high_watermark: u64, store: &Store) {
        self.read_to = self.read_to.max(log.start());
        while self.read_to < log.end() {
            let read = log.read(self.read_to, log.end(), READ_ALONG_BYTES, store);
            for place in read.runs.iter().flat_map(|(first, end)| *first..*end) {
                let batch = store.batch(partition, place);
                if let Some(sequence) = batch.sequence {
                    self.states.appended(sequence, batch.count, batch.base, batch.body, high_watermark);
                }
                self.read_to = batch.end();
            }
        }
    }
}

/// One producer.
#[derive(Clone, Debug)]
pub(super) struct ProducerState {
    producer_id: u32,
    pub epoch: i16,
    pub batches: SmallVec<[Remembered; REMEMBERED]>,
    /// Of the coordinator that wrote the last marker.
    pub coordinator_epoch: i32,
}

/// A verification under way or done, until the producer's next append.
#[derive(Clone, Copy, Debug)]
struct Verifying {
    producer_id: u32,
    epoch: i16,
    /// The lowest sequence number that has been here: nothing later may be appended before it.
    lowest: i32,
    guard: Guard,
}

/// Shows that a verification was begun after the last marker; a stale answer has another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guard(u32);

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
    /// What the log knows, while everything below the high watermark is committed.
    pub fn of_log(log: &Log, partition: PartitionId, high_watermark: u64, store: &Store) -> Self {
        let mut states = Self::default();
        for place in log.places() {
            let batch = store.batch(partition, place);
            if let Some(sequence) = batch.sequence {
                states.appended(sequence, batch.count, batch.base, batch.body, high_watermark);
            }
        }
        states.stability.committed(high_watermark);
        states.stability.moved(high_watermark);
        states
    }

    /// One producer's, if anything is remembered of it.
    pub fn of(&self, producer_id: u32) -> Option<&ProducerState> {
        self.states.iter().find(|state| state.producer_id == producer_id)
    }

    /// A transactional batch wants to be appended: where the producer's transaction is not open here, somebody has to
    /// verify it first; gives what the append must show then.
    pub fn begin_verification(&mut self, sequence: Sequence) -> Option<Guard> {
        if self.stability.is_ongoing(sequence.producer_id) {
            return None;
        }
        if let Some(known) = self.verifying.iter_mut().find(|known| known.producer_id == sequence.producer_id) {
            if known.epoch < sequence.epoch {
                (known.epoch, known.lowest) = (sequence.epoch, sequence.first);
            } else if known.epoch == sequence.epoch {
                known.lowest = known.lowest.min(sequence.first);
            }
            return Some(known.guard);
        }
        self.guards += 1;
        let guard = Guard(self.guards);
        let Sequence { producer_id, epoch, first: lowest, .. } = sequence;
        self.verifying.push(Verifying { producer_id, epoch, lowest, guard });
        Some(guard)
    }

    /// Is a transactional batch part of a transaction that the coordinator knows? One that was sent again and
    /// is in the log already needs no proof.
    pub fn is_verified(&self, sequence: Sequence, guard: Option<Guard>) -> bool {
        self.stability.is_ongoing(sequence.producer_id)
            || guard.is_some()
                && self
                    .verifying
                    .iter()
                    .any(|known| known.producer_id == sequence.producer_id && Some(known.guard) == guard)
    }

    /// May a marker of this coordinator end the producer's transaction here?
    pub fn judge_marker(&self, producer: ProducerId, coordinator_epoch: i32, checks: Checks) -> Result<(), Error> {
        let Some(state) = self.states.iter().find(|state| state.producer_id == producer.id) else { return Ok(()) };
        if producer.epoch < state.epoch && checks.on(Check::ProducerEpoch) {
            return Err(Error::InvalidProducerEpoch);
        }
        if coordinator_epoch < state.coordinator_epoch && checks.on(Check::CoordinatorEpoch) {
            return Err(Error::TransactionCoordinatorFenced);
        }
        Ok(())
    }

    /// Before 2.4 a producer was forgotten with the last of its records (KIP-360).
    pub fn forget_below(&mut self, log_start: u64) {
        let reaches = |last: &Remembered| {
            let more = (i64::from(last.last) - i64::from(last.first)).rem_euclid(i64::from(i32::MAX) + 1);
            log_start <= last.base + more as u64
        };
        let keeps = |state: &ProducerState| state.batches.last().is_some_and(reaches);
        self.states.retain(keeps);
    }

    /// What a batch with this sequence is.
    pub fn judge(&self, sequence: Sequence, count: u32, checks: Checks) -> Sequenced {
        let verifying = self.verifying.iter().find(|known| known.producer_id == sequence.producer_id);
        let Some(state) = self.states.iter().find(|state| state.producer_id == sequence.producer_id) else {
            return match verifying {
                Some(known) if known.lowest < sequence.first && checks.on(Check::SequenceGap) => {
                    Sequenced::Refused(Error::OutOfOrderSequenceNumber)
                }
                _ => Sequenced::Next,
            };
        };
        if sequence.first == NO_SEQUENCE {
            let fenced = sequence.epoch < state.epoch && checks.on(Check::ProducerEpoch);
            return if fenced { Sequenced::Refused(Error::InvalidProducerEpoch) } else { Sequenced::Next };
        }
        let last = sequence_after(sequence.first, count - 1);
        let window = if checks.on(Check::DuplicateWindow) { REMEMBERED } else { 1 };
        let remembered = &state.batches[state.batches.len().saturating_sub(window)..];
        let known = remembered.iter().find(|batch| batch.first == sequence.first && batch.last == last);
        if let (true, Some(batch), true) = (state.epoch == sequence.epoch, known, checks.on(Check::DuplicateSequence)) {
            return Sequenced::Duplicate(batch.base);
        }
        if sequence.epoch < state.epoch && checks.on(Check::ProducerEpoch) {
            return Sequenced::Refused(Error::InvalidProducerEpoch);
        }
        let expected = match state.batches.last() {
            Some(batch) if sequence.epoch == state.epoch => sequence_after(batch.last, 1),
            _ => 0,
        };
        let is_late = verifying.is_some_and(|known| known.lowest < sequence.first);
        if (sequence.first != expected || is_late) && checks.on(Check::SequenceGap) {
            return Sequenced::Refused(Error::OutOfOrderSequenceNumber);
        }
        let is_plain = sequence.scope == Scope::Session && self.stability.is_ongoing(sequence.producer_id);
        if is_plain && checks.on(Check::PlainWriteInTransaction) {
            return Sequenced::Refused(Error::InvalidTxnState);
        }
        Sequenced::Next
    }

    /// A batch was appended.
    pub fn appended(&mut self, sequence: Sequence, count: u32, base: u64, body: Body, high_watermark: u64) {
        let state = self.state_mut(sequence.producer());
        if let Body::Marker(Marker { coordinator_epoch, result }) = body {
            state.coordinator_epoch = coordinator_epoch;
            self.stability.complete(sequence.producer_id, base, result);
        } else if sequence.first != NO_SEQUENCE {
            let last = sequence_after(sequence.first, count - 1);
            if state.batches.len() == REMEMBERED {
                state.batches.remove(0);
            }
            state.batches.push(Remembered { first: sequence.first, last, base });
        }
        if sequence.scope == Scope::Session {
            return;
        }
        self.verifying.retain(|known| known.producer_id != sequence.producer_id);
        if !matches!(body, Body::Marker(_)) && !self.stability.is_ongoing(sequence.producer_id) {
            self.stability.begin(sequence.producer_id, base, high_watermark);
        }
    }

    /// What is known of a producer; with another epoch it begins anew.
    fn state_mut(&mut self, producer: ProducerId) -> &mut ProducerState {
        let ProducerId { id: producer_id, epoch } = producer;
        let at = self.states.iter().position(|state| state.producer_id == producer_id).unwrap_or_else(|| {
            self.states.push(ProducerState { producer_id, epoch, batches: SmallVec::new(), coordinator_epoch: -1 });
            self.states.len() - 1
        });
        let state = &mut self.states[at];
        if state.epoch != epoch {
            state.epoch = epoch;
            state.batches.clear();
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::trace::TransactionResult;

    fn sequence(epoch: i16, first: i32) -> Sequence {
        Sequence { producer_id: 1, epoch, first, scope: Scope::Session }
    }

    fn transactional(epoch: i16, first: i32) -> Sequence {
        Sequence { scope: Scope::Transaction, ..sequence(epoch, first) }
    }

    fn append(states: &mut ProducerStates, sequence: Sequence, base: u64) {
        states.appended(sequence, 1, base, Body::Foreign, 0);
    }

    fn mark(states: &mut ProducerStates, epoch: i16, coordinator_epoch: i32, base: u64) {
        let body = Body::Marker(Marker { coordinator_epoch, result: TransactionResult::Abort });
        states.appended(Sequence::of_coordinator(ProducerId { id: 1, epoch }), 1, base, body, 0);
    }

    #[test]
    fn r_642_r_643_sequences_are_judged() {
        let mut states = ProducerStates::default();
        let judge = |states: &ProducerStates, epoch, first| states.judge(sequence(epoch, first), 1, Checks::default());
        assert_eq!(judge(&states, 0, 40), Sequenced::Next, "an unknown producer may begin anywhere");
        for first in 0..7 {
            append(&mut states, sequence(0, first), 100 + first as u64);
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
        append(&mut states, sequence(1, 0), 200);
        assert_eq!(judge(&states, 0, 7), Sequenced::Refused(Error::InvalidProducerEpoch));
    }

    /// P-TXN-11.
    #[test]
    fn r_643_after_a_marker_of_a_newer_epoch_sequences_begin_with_zero() {
        let mut states = ProducerStates::default();
        let judge =
            |states: &ProducerStates, epoch, first| states.judge(transactional(epoch, first), 1, Checks::default());
        append(&mut states, transactional(0, 0), 0);
        append(&mut states, transactional(0, 1), 1);
        mark(&mut states, 1, 0, 2);
        assert_eq!(judge(&states, 1, 2), Sequenced::Refused(Error::OutOfOrderSequenceNumber));
        assert_eq!(judge(&states, 2, 2), Sequenced::Refused(Error::OutOfOrderSequenceNumber));
        assert_eq!(judge(&states, 0, 2), Sequenced::Refused(Error::InvalidProducerEpoch));
        assert_eq!(judge(&states, 1, 0), Sequenced::Next);
    }

    /// P-TXN-09.
    #[test]
    fn r_666_a_marker_of_an_older_coordinator_or_producer_is_refused() {
        let mut states = ProducerStates::default();
        append(&mut states, transactional(3, 0), 0);
        mark(&mut states, 3, 1, 10);
        append(&mut states, transactional(3, 1), 11);
        mark(&mut states, 3, 2, 16);
        let judge =
            |epoch, coordinator| states.judge_marker(ProducerId { id: 1, epoch }, coordinator, Checks::default());
        assert_eq!(judge(3, 1), Err(Error::TransactionCoordinatorFenced));
        assert_eq!(judge(2, 2), Err(Error::InvalidProducerEpoch));
        assert_eq!(judge(3, 2), Ok(()));
    }

    #[cfg(feature = "mutants")]
    #[test]
    fn without_their_checks_old_epochs_old_coordinators_and_plain_batches_get_in() {
        let mut states = ProducerStates::default();
        append(&mut states, transactional(1, 0), 0);
        mark(&mut states, 1, 5, 1);
        append(&mut states, transactional(1, 1), 2);
        let all = Checks::default();
        let old_epoch = |checks| states.judge_marker(ProducerId { id: 1, epoch: 0 }, 5, checks);
        assert_eq!(old_epoch(all), Err(Error::InvalidProducerEpoch));
        assert_eq!(old_epoch(all.without(Check::ProducerEpoch)), Ok(()));
        let old_coordinator = |checks| states.judge_marker(ProducerId { id: 1, epoch: 1 }, 4, checks);
        assert_eq!(old_coordinator(all), Err(Error::TransactionCoordinatorFenced));
        assert_eq!(old_coordinator(all.without(Check::CoordinatorEpoch)), Ok(()));
        let plain = |checks| states.judge(sequence(1, 2), 1, checks);
        assert_eq!(plain(all), Sequenced::Refused(Error::InvalidTxnState));
        assert_eq!(plain(all.without(Check::PlainWriteInTransaction)), Sequenced::Next);
    }

    /// P-TXN-10.
    #[test]
    fn a_plain_batch_in_an_open_transaction_is_refused() {
        let mut states = ProducerStates::default();
        append(&mut states, transactional(0, 0), 0);
        let plain = states.judge(sequence(0, 1), 1, Checks::default());
        assert_eq!(plain, Sequenced::Refused(Error::InvalidTxnState));
    }

    #[test]
    fn r_665_a_marker_voids_the_guards_that_were_given_out_before_it() {
        let mut states = ProducerStates::default();
        let guard = states.begin_verification(transactional(0, 0));
        assert_eq!(states.begin_verification(transactional(0, 1)), guard, "one verification at a time");
        assert!(states.is_verified(transactional(0, 0), guard));
        assert_eq!(
            states.judge(transactional(0, 1), 1, Checks::default()),
            Sequenced::Refused(Error::OutOfOrderSequenceNumber),
            "an earlier batch has been here"
        );
        mark(&mut states, 0, 0, 0);
        assert!(!states.is_verified(transactional(0, 0), guard));
        let next = states.begin_verification(transactional(0, 0));
        assert_ne!(next, guard);
        append(&mut states, transactional(0, 0), 1);
        assert_eq!(states.begin_verification(transactional(0, 1)), None, "the transaction is open");
    }

    #[test]
    fn r_643_sequences_wrap_to_zero() {
        assert_eq!(sequence_after(i32::MAX, 1), 0);
        assert_eq!(sequence_after(i32::MAX - 1, 1), i32::MAX);
        assert_eq!(sequence_after(5, 3), 8);
    }
}
