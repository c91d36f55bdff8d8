//! Invariants of producers: INV-04, 25 to 30.

use super::partition::{AckedSend, Marks};
use super::{Invariant, Invariants};
use highwater_model::settings::Acks;
use highwater_model::trace::Entry;
use highwater_model::{BrokerId, Instant, PartitionId, Topic};

/// How far a send is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Unknown,
    Open,
    Acked,
    Failed,
    /// Split into others.
    Split,
}

/// A send as the invariants see it.
#[derive(Clone, Debug)]
pub(super) struct SendState {
    producer: u8,
    stream: PartitionId,
    first: u64,
    count: u32,
    closed: Instant,
    stage: Stage,
    attempts: u32,
    /// Where it was appended.
    copies: Vec<(PartitionId, u32)>,
}

impl SendState {
    const UNKNOWN: Self = Self {
        producer: 0,
        stream: PartitionId(0),
        first: 0,
        count: 0,
        closed: Instant::ZERO,
        stage: Stage::Unknown,
        attempts: 0,
        copies: Vec::new(),
    };

    fn end(&self) -> u64 {
        self.first + u64::from(self.count)
    }

    fn key(&self) -> (u8, PartitionId) {
        (self.producer, self.stream)
    }
}

impl Invariants {
    fn send_mut(&mut self, send: u32) -> &mut SendState {
        let index = send as usize;
        if self.sends.len() <= index {
            self.sends.resize(index + 1, SendState::UNKNOWN);
        }
        &mut self.sends[index]
    }

    pub(super) fn producers(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Closed { send, producer, stream, first, count, .. } => {
                let state = self.send_mut(send);
                (state.producer, state.stream, state.first, state.count) = (producer, stream, first, count);
                (state.closed, state.stage) = (at, Stage::Open);
            }
            Entry::Split { send, of, skip, count } => {
                let stream = self.send_mut(of).key();
                self.split.insert(stream);
                let whole = self.send_mut(of);
                whole.stage = Stage::Split;
                let part = SendState {
                    first: whole.first + u64::from(skip),
                    count,
                    stage: Stage::Open,
                    attempts: 0,
                    copies: Vec::new(),
                    ..whole.clone()
                };
                *self.send_mut(send) = part;
            }
            Entry::Attempted { send, .. } => self.send_mut(send).attempts += 1,
            Entry::Acked { send, offset } => {
                self.completed(at, send, Stage::Acked);
                self.acked(at, send, offset);
            }
            Entry::Failed { send, .. } => self.completed(at, send, Stage::Failed),
            _ => (),
        }
    }

    /// INV-29.
    fn completed(&mut self, at: Instant, send: u32, stage: Stage) {
        let state = self.send_mut(send);
        let (before, closed, producer) = (state.stage, state.closed, state.producer);
        state.stage = stage;
        let in_time = at.since(closed) <= self.promises.complete_within || self.disturbed_producers.contains(&producer);
        self.check(before == Stage::Open && in_time, Invariant::CompletesOnce, at, || {
            format!("send {send} is {stage:?}, was {before:?} since {:.3} s", closed.as_secs_f64())
        });
    }

    /// INV-29 for sends that never completed.
    pub(super) fn check_deadlines(&mut self, until: Instant) {
        let late = |state: &SendState| {
            state.stage == Stage::Open
                && self.promises.complete_within < until.since(state.closed)
                && !self.disturbed_producers.contains(&state.producer)
        };
        let late: Vec<usize> = (0..self.sends.len()).filter(|send| late(&self.sends[*send])).collect();
        for send in late {
            self.violate(Invariant::CompletesOnce, until, || format!("send {send} never completed"));
        }
    }

    fn acked(&mut self, at: Instant, send: u32, offset: Option<u64>) {
        let copies = self.send_mut(send).copies.clone();
        if self.promises.acks == Acks::None {
            return;
        }
        // A coordinator that forgot an epoch hands it out again, and a leader takes what comes with it for what it has.
        let forgot = self.promises.transactional && !self.remembers(Topic::Transactions);
        self.check(!copies.is_empty() || forgot, Invariant::AckedWasWritten, at, || {
            format!("send {send} is acked and in no log")
        });
        if self.promises.acks == Acks::All {
            self.acked_all(at, send, offset, &copies);
        }
        if let (true, Some(offset)) = (self.promises.acked_in_order, offset) {
            self.acked_in_order(at, send, offset);
        }
    }

    /// INV-04. Where a zombie may commit alone, and somebody else was elected uncleanly, it does not hold.
    fn acked_all(&mut self, at: Instant, send: u32, offset: Option<u64>, copies: &[(PartitionId, u32)]) {
        let mut committed = false;
        for &(partition, batch) in copies {
            let state = &mut self.partitions[partition.index()];
            let alone = self.cluster.min_isr(partition) <= 1 && state.forgot;
            let here = offset.is_none_or(|offset| state.history[batch as usize].base == offset);
            if here && (alone || state.marks[batch as usize].has(Marks::COMMITTED)) {
                committed = true;
                if !alone {
                    state.marks[batch as usize].set(Marks::ACKED_ALL);
                }
            }
        }
        self.check(committed || copies.is_empty(), Invariant::AckedIsCommitted, at, || {
            format!("send {send} is acked at offset {offset:?}, copies {copies:?}, none of them committed")
        });
    }

    /// INV-26, among records that the legitimate leader's log still holds.
    fn acked_in_order(&mut self, at: Instant, send: u32, offset: u64) {
        let sent = self.sends[send as usize].clone();
        let told = |(partition, batch): &&(PartitionId, u32)| {
            self.partitions[partition.index()].history[*batch as usize].base == offset
        };
        let Some(&(partition, batch)) = sent.copies.iter().find(told) else { return };
        let acked = AckedSend { first: sent.first, offset, batch };
        let leader = self.legitimate_leader(partition);
        let state = &mut self.partitions[partition.index()];
        let last = *state.last_acked.entry(sent.key()).or_insert(acked);
        if last.first < acked.first {
            state.last_acked.insert(sent.key(), acked);
        }
        let held = leader.is_some_and(|leader| state.copies_in_log(leader, &[last.batch, acked.batch]) == 2);
        let in_order = last.first.cmp(&acked.first) == last.offset.cmp(&acked.offset);
        let split = self.split.contains(&sent.key()) && !self.promises.one_at_a_time;
        let exempt = !held || !self.is_safe(partition) || split;
        self.check(in_order || exempt, Invariant::AckedInOrder, at, || {
            format!(
                "p{}: record {} is acked at {}, record {} at {}",
                partition.0, last.first, last.offset, sent.first, offset
            )
        });
    }

    /// A leader appended a send: INV-25, 27, 28.
    pub(super) fn send_appended(
        &mut self,
        at: Instant,
        broker: BrokerId,
        partition: PartitionId,
        batch: u32,
        send: u32,
    ) {
        let state = self.send_mut(send);
        state.copies.push((partition, batch));
        let sent = state.clone();
        let here: Vec<u32> = sent.copies.iter().filter(|copy| copy.0 == partition).map(|copy| copy.1).collect();
        let in_log = self.partitions[partition.index()].copies_in_log(broker, &here);
        self.check(in_log <= sent.attempts, Invariant::CopiesWithinAttempts, at, || {
            format!("send {send} is {in_log} times in p{} of {broker} after {} attempts", partition.0, sent.attempts)
        });
        if !self.promises.idempotent || self.split.contains(&sent.key()) {
            return;
        }
        self.check(in_log == 1, Invariant::NoDuplicates, at, || {
            format!("send {send} is {in_log} times in p{} of {broker}", partition.0)
        });
        // Where records were forgotten, the producer goes on in a new epoch, and what it retries comes late.
        let before = self.previous_of_stream(broker, partition, batch, &sent);
        if let Some(before) = before.filter(|_| self.is_safe(partition)) {
            let earlier = &self.sends[before as usize];
            let exempt = earlier.stage == Stage::Failed || sent.stage == Stage::Failed;
            let (earlier_end, first) = (earlier.end(), sent.first);
            self.check(exempt || earlier_end <= first, Invariant::SequencesInOrder, at, || {
                format!("p{} of {broker}: record {first} follows the records up to {earlier_end}", partition.0)
            });
        }
        self.partitions[partition.index()].last_of_stream.insert(sent.key(), batch);
    }

    /// The send of the same stream that stands before `batch` in the broker's log.
    fn previous_of_stream(
        &self,
        broker: BrokerId,
        partition: PartitionId,
        batch: u32,
        sent: &SendState,
    ) -> Option<u32> {
        let state = &self.partitions[partition.index()];
        let last = *state.last_of_stream.get(&sent.key())?;
        let log = &state.replica(broker).log;
        if log.holds(&state.history, last) {
            return state.send_of(last);
        }
        let earlier = log.batches_backwards().filter(|other| *other != batch).filter_map(|other| state.send_of(other));
        earlier.into_iter().find(|send| self.sends[*send as usize].key() == sent.key())
    }
}
