//! The metadata log of one controller: records with their epochs. It is kept in pieces that checkpoints share, so that
//! a copy of a world does not copy the whole log.

use crate::metadata::MetadataRecord;
use std::sync::Arc;

/// A record and the epoch of the leader that wrote it.
pub(super) type LogEntry = (i32, MetadataRecord);

/// Records of one piece.
const PIECE: u64 = 64;

/// The log.
#[derive(Clone, Debug, Default)]
pub(super) struct MetadataLog {
    /// All but the last are full.
    pieces: Vec<Arc<Vec<LogEntry>>>,
    /// Exclusive.
    end: u64,
    /// Each epoch in the log and the offset of its first record.
    epochs: Vec<(i32, u64)>,
}

impl MetadataLog {
    /// The offset of the next record.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// The epoch of the last record; 0 of an empty log.
    pub fn last_epoch(&self) -> i32 {
        self.epochs.last().map_or(0, |(epoch, _)| *epoch)
    }

    /// Appends a record.
    pub fn push(&mut self, epoch: i32, record: MetadataRecord) {
        assert!(self.last_epoch() <= epoch, "epochs never go back in a log");
        if self.epochs.is_empty() || self.last_epoch() < epoch {
            self.epochs.push((epoch, self.end));
        }
        if self.end.is_multiple_of(PIECE) {
            self.pieces.push(Arc::new(Vec::with_capacity(PIECE as usize)));
        }
        let piece = self.pieces.last_mut().expect("the last piece has room");
        Arc::make_mut(piece).push((epoch, record));
        self.end += 1;
    }

    /// Forgets everything from this offset on.
    pub fn truncate(&mut self, end: u64) {
        if self.end <= end {
            return;
        }
        self.end = end;
        self.pieces.truncate(end.div_ceil(PIECE) as usize);
        if !end.is_multiple_of(PIECE) {
            let piece = self.pieces.last_mut().expect("the cut goes through a piece");
            Arc::make_mut(piece).truncate((end % PIECE) as usize);
        }
        self.epochs.retain(|(_, start)| *start < end);
    }

    /// The record at an offset.
    pub fn get(&self, offset: u64) -> &LogEntry {
        &self.pieces[(offset / PIECE) as usize][(offset % PIECE) as usize]
    }

    /// Copies of the records from one offset (included) to another (excluded).
    pub fn range(&self, from: u64, to: u64) -> Vec<LogEntry> {
        (from..to).map(|offset| self.get(offset).clone()).collect()
    }

    /// The largest epoch in the log that is not above this one, and its end offset; (0, 0) if there is none.
    pub fn end_of_epoch(&self, epoch: i32) -> (i32, u64) {
        let later = self.epochs.partition_point(|(known, _)| *known <= epoch);
        let end = self.epochs.get(later).map_or(self.end, |(_, start)| *start);
        if later == 0 { (0, 0) } else { (self.epochs[later - 1].0, end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(epochs: &[(i32, u64)]) -> MetadataLog {
        let mut log = MetadataLog::default();
        for (epoch, count) in epochs {
            (0..*count).for_each(|_| log.push(*epoch, MetadataRecord::NoOp));
        }
        log
    }

    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let log = log(&[(1, 70), (4, 3)]);
        assert_eq!(log.end_of_epoch(0), (0, 0));
        assert_eq!(log.end_of_epoch(1), (1, 70));
        assert_eq!(log.end_of_epoch(3), (1, 70));
        assert_eq!(log.end_of_epoch(9), (4, 73));
    }

    #[test]
    fn truncation_forgets_records_and_epochs_and_leaves_copies_alone() {
        for cut in [0, 1, 63, 64, 65, 70, 128, 140] {
            let mut log = log(&[(1, 70), (4, 70)]);
            let copy = log.clone();
            log.truncate(cut);
            assert_eq!(log.end(), cut);
            assert_eq!(
                log.last_epoch(),
                if cut == 0 {
                    0
                } else if cut <= 70 {
                    1
                } else {
                    4
                }
            );
            log.push(5, MetadataRecord::NoOp);
            assert_eq!(log.range(0, cut), copy.range(0, cut));
            assert_eq!(log.get(cut).0, 5);
            assert_eq!(copy.end(), 140);
        }
    }
}
