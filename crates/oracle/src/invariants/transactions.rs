//! Invariants of transactions: INV-31 to 33.

use super::partition::Marks;
use super::{Invariant, Invariants};
use crate::transactions::{Fate, Told};
use highwater_model::settings::Isolation;
use highwater_model::trace::{Content, Entry, Slice, TransactionState};
use highwater_model::{BrokerId, Instant, PartitionId, Topic};

impl Invariants {
    pub(super) fn transactions(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::TransactionBatch { partition, batch, producer_id, epoch } => {
                self.transaction_batch(at, partition, batch, producer_id, epoch);
            }
            Entry::LastStableOffset { broker, partition, to } => self.last_stable(at, broker, partition, to),
            Entry::TransactionChanged { state, producer_id, epoch, .. } => {
                let over = matches!(
                    state,
                    TransactionState::Empty | TransactionState::CompleteCommit | TransactionState::CompleteAbort
                );
                if over {
                    let live = self.live_epochs.entry(producer_id).or_insert(epoch);
                    *live = epoch.max(*live);
                }
            }
            _ => (),
        }
    }

    /// INV-32: once the coordinator is done with an epoch, nobody writes with it any more.
    fn transaction_batch(&mut self, at: Instant, partition: PartitionId, batch: u32, producer_id: u32, epoch: i16) {
        let placed = self.partitions[partition.index()].history[batch as usize];
        let told = Told { batch, base: placed.base, count: placed.count, content: placed.content };
        // It was appended just now, so one log has it.
        let state = &self.partitions[partition.index()];
        let log = state.holder_of(batch);
        let holds = |other: u32| log.is_some_and(|log| log.has(&state.history, other));
        self.decided.appended(partition, told, producer_id, holds);
        let live = self.live_epochs.get(&producer_id).copied().unwrap_or(epoch);
        let is_live = live <= epoch || matches!(placed.content, Content::Marker(_)) || !self.promises.verified;
        // A deposed leader knows no better. A coordinator that forgot the epoch hands it out again.
        let state = &self.partitions[partition.index()];
        let counts = self
            .legitimate_leader(partition)
            .is_some_and(|leader| state.replica(leader).log.has(&state.history, batch));
        let holds = is_live || !counts || !self.is_safe(partition) || !self.remembers(Topic::Transactions);
        self.check(holds, Invariant::OneLiveEpoch, at, || {
            let partition = partition.0;
            format!("p{partition}: producer id {producer_id} writes with epoch {epoch}, but {live} is its epoch")
        });
    }

    /// INV-33.
    fn last_stable(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, to: u64) {
        let state = &mut self.partitions[partition.index()];
        let before = state.last_stable.insert(broker, to).unwrap_or(0);
        state.stable_to = state.stable_to.max(to);
        let (history, log) = (&state.history, &state.replica(broker).log);
        let high_watermark = state.replica(broker).high_watermark;
        self.decided.settle(partition, |marker| state.marks[marker as usize].has(Marks::COMMITTED));
        // A transaction whose marker is not committed is as good as open.
        let counts = |marker: u32| log.holds(history, marker) && history[marker as usize].base < high_watermark;
        let first = self.decided.first_undecided(partition, |batch| log.has(history, batch), counts);
        let holds = before <= to && to <= high_watermark && first.is_none_or(|first| to <= first);
        self.check(holds, Invariant::LastStableOffsetHolds, at, || {
            format!(
                "{broker} of p{}: last stable offset from {before} to {to}, high watermark {high_watermark}, first open \
                 {first:?}",
                partition.0
            )
        });
    }

    /// A broker leads anew: its last stable offset begins anew too.
    pub(super) fn forget_last_stable(&mut self, broker: BrokerId, partition: PartitionId) {
        self.partitions[partition.index()].last_stable.remove(&broker);
    }

    /// INV-31: a read_committed reader gets no record of a transaction that is aborted, or not decided yet.
    pub(super) fn polled_in_transaction(&mut self, at: Instant, consumer: u8, records: Slice) {
        if self.promises.isolation != Isolation::ReadCommitted {
            return;
        }
        let Some(fate) = self.decided.fate(records.partition, records.batch) else { return };
        let state = &self.partitions[records.partition.index()];
        let is_stable = state.history[records.batch as usize].end() <= state.stable_to;
        let fine = fate == Fate::Committed && is_stable || !self.is_safe(records.partition);
        self.check(fine, Invariant::TransactionsAtomic, at, || {
            let (partition, batch) = (records.partition.0, records.batch);
            format!("consumer {consumer} gets batch {batch} of p{partition}, whose transaction is {fate:?}")
        });
    }

    /// Is the batch one that readers pass over: a marker, or void for them?
    pub(super) fn is_passed_over(&self, partition: PartitionId, batch: u32) -> bool {
        match self.decided.fate(partition, batch) {
            Some(Fate::Marker) => true,
            Some(Fate::Aborted) => self.promises.isolation == Isolation::ReadCommitted,
            Some(Fate::Open | Fate::Committed) | None => false,
        }
    }

    /// A reader's position moves on over what it passes over.
    pub(super) fn position_past(&self, partition: PartitionId, position: u64) -> u64 {
        let state = &self.partitions[partition.index()];
        let mut reached = position;
        for batch in state.committed.batches_from(&state.history, position) {
            if !self.is_passed_over(partition, batch) {
                break;
            }
            reached = state.history[batch as usize].end();
        }
        reached
    }
}
