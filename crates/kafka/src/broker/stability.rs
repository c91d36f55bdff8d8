//! Which records of a partition are decided: open transactions, transactions whose marker is not
//! committed yet, and the index of aborted ones.

use crate::message::AbortedTransaction;
use crate::store::Store;
use highwater_model::trace::TransactionResult;

/// A transaction that has records in the partition, and no marker yet.
#[derive(Clone, Copy, Debug)]
struct Ongoing {
    first: u64,
    producer_id: u32,
}

/// A transaction whose marker is not below the high watermark yet.
#[derive(Clone, Copy, Debug)]
struct Unreplicated {
    first: u64,
    marker: u64,
}

/// An entry of the index of aborted transactions.
#[derive(Clone, Copy, Debug)]
struct Aborted {
    producer_id: u32,
    first: u64,
    /// Its marker's offset.
    last: u64,
    /// The first offset that was still undecided after it.
    last_stable: u64,
}

/// What is undecided in a partition, and what was decided to be void.
#[derive(Clone, Debug, Default)]
pub(super) struct Stability {
    /// In the order of their first offsets.
    ongoing: Vec<Ongoing>,
    unreplicated: Vec<Unreplicated>,
    aborted: Vec<Aborted>,
    /// The last stable offset that was told last; none where there never was a transaction.
    told: Option<u64>,
}

impl Stability {
    /// Has there ever been a transaction in this partition?
    #[inline]
    pub const fn is_used(&self) -> bool {
        self.told.is_some()
    }

    /// Is the producer in the middle of a transaction?
    pub fn is_ongoing(&self, producer_id: u32) -> bool {
        self.start_of(producer_id).is_some()
    }

    /// Where the producer's transaction begins, if one is open.
    pub fn start_of(&self, producer_id: u32) -> Option<u64> {
        self.ongoing.iter().find(|ongoing| ongoing.producer_id == producer_id).map(|ongoing| ongoing.first)
    }

    /// A producer's transaction begins here.
    pub fn begin(&mut self, producer_id: u32, first: u64, high_watermark: u64) {
        self.ongoing.push(Ongoing { first, producer_id });
        self.told.get_or_insert(high_watermark);
    }

    /// A marker ends the producer's transaction, if it has one here (a marker without data changes nothing).
    pub fn complete(&mut self, producer_id: u32, marker: u64, result: TransactionResult) {
        let Some(at) = self.ongoing.iter().position(|ongoing| ongoing.producer_id == producer_id) else { return };
        let first = self.ongoing.remove(at).first;
        self.unreplicated.push(Unreplicated { first, marker });
        if result == TransactionResult::Abort {
            let last_stable = self.ongoing.first().map_or(marker + 1, |ongoing| ongoing.first);
            self.aborted.push(Aborted { producer_id, first, last: marker, last_stable });
        }
    }

    /// Markers below the high watermark are decided for good.
    pub fn committed(&mut self, high_watermark: u64) {
        self.unreplicated.retain(|unreplicated| high_watermark <= unreplicated.marker);
    }

    /// The first offset of which nobody knows yet whether it counts: of an open transaction, or of one whose marker is
    /// not committed.
    pub fn first_unstable(&self) -> Option<u64> {
        let ongoing = self.ongoing.first().map(|ongoing| ongoing.first);
        let unreplicated = self.unreplicated.iter().map(|unreplicated| unreplicated.first).min();
        ongoing.into_iter().chain(unreplicated).min()
    }

    /// The last stable offset.
    #[inline]
    pub fn last_stable(&self, high_watermark: u64) -> u64 {
        if self.is_used() {
            self.first_unstable().map_or(high_watermark, |first| first.min(high_watermark))
        } else {
            high_watermark
        }
    }

    /// The last stable offset, and what it was, where it has moved since it was last told.
    pub fn moved(&mut self, high_watermark: u64) -> Option<(u64, u64)> {
        let before = self.told?;
        let to = self.last_stable(high_watermark);
        self.told = Some(to);
        (before != to).then_some((before, to))
    }

    /// The aborted transactions that reach into these offsets. The search ends with the first entry that knows
    /// all before `end` to be decided.
    pub fn aborted(&self, from: u64, end: u64) -> Vec<AbortedTransaction> {
        let mut found = Vec::new();
        for aborted in &self.aborted {
            if from <= aborted.last && aborted.first < end {
                found.push(AbortedTransaction { producer_id: aborted.producer_id, first: aborted.first });
            }
            if end <= aborted.last_stable {
                break;
            }
        }
        found
    }
}

/// The end of what was read: the offset after the last batch of these runs.
pub(super) fn end_of(runs: &[(u32, u32)], partition: highwater_model::PartitionId, store: &Store) -> Option<u64> {
    let (_, end) = runs.last()?;
    Some(store.batch(partition, end - 1).end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const P1: u32 = 1;
    const P2: u32 = 2;

    /// P-TXN-05: P1 writes 0..5, somebody 5..8, P2 8..10, P1 10..14, somebody 14..16, P1 16..26.
    #[test]
    fn r_214_the_last_stable_offset_waits_for_markers_to_be_committed() {
        let mut stability = Stability::default();
        stability.begin(P1, 0, 0);
        stability.begin(P2, 8, 0);
        assert_eq!(stability.last_stable(26), 0);
        stability.complete(P1, 26, TransactionResult::Commit);
        stability.committed(26);
        assert_eq!(stability.last_stable(26), 0);
        stability.committed(27);
        assert_eq!(stability.last_stable(27), 8);
        stability.complete(P2, 27, TransactionResult::Abort);
        assert_eq!(stability.last_stable(27), 8);
        stability.committed(28);
        assert_eq!(stability.last_stable(28), 28);
    }

    #[test]
    fn r_215_aborted_transactions_are_found_by_the_offsets_they_span() {
        let mut stability = Stability::default();
        stability.begin(P2, 2, 0);
        stability.complete(P2, 5, TransactionResult::Abort);
        stability.begin(P1, 6, 0);
        stability.begin(P2, 7, 0);
        stability.complete(P1, 9, TransactionResult::Abort);
        stability.complete(P2, 10, TransactionResult::Commit);
        let found = |from, end| -> Vec<(u32, u64)> {
            stability.aborted(from, end).iter().map(|aborted| (aborted.producer_id, aborted.first)).collect()
        };
        assert_eq!(found(0, 11), [(P2, 2), (P1, 6)]);
        assert_eq!(found(0, 6), [(P2, 2)]);
        assert_eq!(found(6, 11), [(P1, 6)]);
        assert_eq!(found(0, 2), []);
    }

    #[test]
    fn a_marker_without_data_decides_nothing() {
        let mut stability = Stability::default();
        stability.complete(P1, 0, TransactionResult::Abort);
        assert_eq!(stability.first_unstable(), None);
        assert!(stability.aborted(0, 10).is_empty());
        assert!(!stability.is_used());
    }
}
