//! What became of the batches that belong to transactions, as the trace tells it: open until a marker of their producer
//! is appended behind them, then committed or aborted. It knows no coordinator.

use highwater_model::PartitionId;
use highwater_model::trace::{Content, TransactionResult};
use std::collections::BTreeMap;

/// How far a batch of a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No marker has ended its transaction.
    Open,
    /// Its transaction was committed.
    Committed,
    /// Its transaction was aborted.
    Aborted,
    /// It is a marker.
    Marker,
}

/// A batch as its append was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub batch: u32,
    pub base: u64,
    pub count: u32,
    pub content: Content,
}

/// The batches of open transactions, in the order of their appends: partition, producer, batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenTransactions(Vec<(PartitionId, u32, Told)>);

impl OpenTransactions {
    /// A batch of a producer's transaction was appended: where it is a marker, gives the result, and the batches that
    /// it decides about.
    pub fn appended(
        &mut self,
        partition: PartitionId,
        told: Told,
        producer_id: u32,
    ) -> Option<(TransactionResult, Vec<Told>)> {
        let Content::Marker(result) = told.content else {
            self.0.push((partition, producer_id, told));
            return None;
        };
        let is_ended = |open: &(PartitionId, u32, Told)| (open.0, open.1) == (partition, producer_id);
        let ended = self.0.iter().filter(|open| is_ended(open)).map(|open| open.2).collect();
        self.0.retain(|open| !is_ended(open));
        Some((result, ended))
    }
}

/// A batch of a transaction, and the markers behind it.
#[derive(Clone, Debug)]
struct Undecided {
    partition: PartitionId,
    producer_id: u32,
    batch: u32,
    base: u64,
    /// More than one where logs fork: a marker decides about its own log.
    markers: Vec<u32>,
}

/// The batches of all transactions, and what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    /// In the order of their appends.
    undecided: Vec<Undecided>,
    fates: BTreeMap<(PartitionId, u32), Fate>,
}

impl Transactions {
    /// A batch of a producer's transaction was appended to a log; `has` says what else is in it.
    pub fn appended(&mut self, partition: PartitionId, told: Told, producer_id: u32, has: impl Fn(u32) -> bool) {
        let Content::Marker(result) = told.content else {
            let (batch, base) = (told.batch, told.base);
            self.undecided.push(Undecided { partition, producer_id, batch, base, markers: Vec::new() });
            self.fates.insert((partition, batch), Fate::Open);
            return;
        };
        self.fates.insert((partition, told.batch), Fate::Marker);
        let fate = match result {
            TransactionResult::Commit => Fate::Committed,
            TransactionResult::Abort => Fate::Aborted,
        };
        for open in &mut self.undecided {
            let is_theirs = (open.partition, open.producer_id) == (partition, producer_id);
            if is_theirs && has(open.batch) && !open.markers.iter().any(|marker| has(*marker)) {
                open.markers.push(told.batch);
                self.fates.insert((partition, open.batch), fate);
            }
        }
    }

    /// Batches are decided for good where `settles` says so of a marker behind them.
    pub fn settle(&mut self, partition: PartitionId, settles: impl Fn(u32) -> bool) {
        let is_settled =
            |batch: &Undecided| batch.partition == partition && batch.markers.iter().any(|marker| settles(*marker));
        self.undecided.retain(|batch| !is_settled(batch));
    }

    /// The first offset of a log that is not decided: `has` says which batches are in the log, `counts` which markers.
    pub fn first_undecided(
        &self,
        partition: PartitionId,
        has: impl Fn(u32) -> bool,
        counts: impl Fn(u32) -> bool,
    ) -> Option<u64> {
        let here = self.undecided.iter().filter(|batch| batch.partition == partition && has(batch.batch));
        here.filter(|batch| !batch.markers.iter().any(|marker| counts(*marker))).map(|batch| batch.base).min()
    }

    /// The fate of a batch, where it belongs to a transaction.
    pub fn fate(&self, partition: PartitionId, batch: u32) -> Option<Fate> {
        self.fates.get(&(partition, batch)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: PartitionId = PartitionId(0);

    fn told(batch: u32, content: Content) -> Told {
        Told { batch, base: u64::from(batch) * 10, count: 10, content }
    }

    #[test]
    fn a_marker_decides_about_its_own_producers_batches() {
        let mut transactions = Transactions::default();
        let open = |transactions: &Transactions| transactions.first_undecided(P, |_| true, |_| true);
        transactions.appended(P, told(0, Content::Send(0)), 1, |_| true);
        transactions.appended(P, told(1, Content::Send(1)), 2, |_| true);
        assert_eq!(open(&transactions), Some(0));
        transactions.appended(P, told(2, Content::Marker(TransactionResult::Abort)), 1, |_| true);
        assert_eq!(transactions.fate(P, 0), Some(Fate::Aborted));
        assert_eq!(transactions.fate(P, 1), Some(Fate::Open));
        assert_eq!(transactions.fate(P, 2), Some(Fate::Marker));
        assert_eq!(transactions.fate(P, 3), None);
        assert_eq!(open(&transactions), Some(10));
        assert_eq!(transactions.first_undecided(P, |batch| batch != 1, |_| true), None);
        assert_eq!(transactions.first_undecided(P, |_| true, |_| false), Some(0), "the marker is not committed");
        transactions.appended(P, told(3, Content::Marker(TransactionResult::Commit)), 2, |_| true);
        assert_eq!(transactions.fate(P, 1), Some(Fate::Committed));
    }

    #[test]
    fn a_deposed_leaders_marker_decides_nothing_in_the_next_ones_log() {
        let mut transactions = Transactions::default();
        transactions.appended(P, told(0, Content::Send(0)), 1, |_| true);
        let deposed = told(1, Content::Marker(TransactionResult::Commit));
        transactions.appended(P, deposed, 1, |batch| batch == 0);
        let mine = |batch: u32| batch != 1;
        assert_eq!(transactions.first_undecided(P, mine, mine), Some(0));
        transactions.appended(P, told(2, Content::Marker(TransactionResult::Abort)), 1, |batch| batch == 0);
        assert_eq!(transactions.first_undecided(P, mine, mine), None);
        assert_eq!(transactions.fate(P, 0), Some(Fate::Aborted));
    }

    #[test]
    fn the_next_transactions_marker_changes_nothing_of_the_last() {
        let mut transactions = Transactions::default();
        transactions.appended(P, told(0, Content::Send(0)), 1, |_| true);
        transactions.appended(P, told(1, Content::Marker(TransactionResult::Commit)), 1, |_| true);
        transactions.appended(P, told(2, Content::Marker(TransactionResult::Abort)), 1, |_| true);
        assert_eq!(transactions.fate(P, 0), Some(Fate::Committed));
    }
}
