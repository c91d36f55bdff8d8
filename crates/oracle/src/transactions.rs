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

    /// The first offset of an open transaction, among the batches that `holds` knows.
    pub fn first(&self, partition: PartitionId, holds: impl Fn(u32) -> bool) -> Option<u64> {
        let here = self.0.iter().filter(|(of, _, told)| *of == partition && holds(told.batch));
        here.map(|(.., told)| told.base).min()
    }
}

/// The batches of all transactions, and what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transactions {
    pub open: OpenTransactions,
    fates: BTreeMap<(PartitionId, u32), Fate>,
}

impl Transactions {
    /// A batch of a producer's transaction was appended. Of a transaction that ends with it, gives the first offset.
    pub fn appended(&mut self, partition: PartitionId, told: Told, producer_id: u32) -> Option<u64> {
        let Some((result, ended)) = self.open.appended(partition, told, producer_id) else {
            self.fates.insert((partition, told.batch), Fate::Open);
            return None;
        };
        let first = ended.iter().map(|told| told.base).min();
        self.fates.insert((partition, told.batch), Fate::Marker);
        let fate = match result {
            TransactionResult::Commit => Fate::Committed,
            TransactionResult::Abort => Fate::Aborted,
        };
        for decided in ended {
            self.fates.insert((partition, decided.batch), fate);
        }
        first
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
        transactions.appended(P, told(0, Content::Send(0)), 1);
        transactions.appended(P, told(1, Content::Send(1)), 2);
        assert_eq!(transactions.open.first(P, |_| true), Some(0));
        transactions.appended(P, told(2, Content::Marker(TransactionResult::Abort)), 1);
        assert_eq!(transactions.fate(P, 0), Some(Fate::Aborted));
        assert_eq!(transactions.fate(P, 1), Some(Fate::Open));
        assert_eq!(transactions.fate(P, 2), Some(Fate::Marker));
        assert_eq!(transactions.fate(P, 3), None);
        assert_eq!(transactions.open.first(P, |_| true), Some(10));
        assert_eq!(transactions.open.first(P, |batch| batch != 1), None);
        transactions.appended(P, told(3, Content::Marker(TransactionResult::Commit)), 2);
        assert_eq!(transactions.fate(P, 1), Some(Fate::Committed));
    }
}
