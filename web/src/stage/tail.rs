//! The tails of a partition's logs, side by side over one range of offsets: which part of the log is worth showing, in
//! which steps, and what each stretch of a replica's log is.

use highwater_model::trace::Entry;
use highwater_model::view::{PartitionFrame, ReplicaFrame};
use highwater_model::{BrokerId, Instant, PartitionId};
use highwater_oracle::report::Happening;

/// Cells that stay free at the right, for what comes.
const AHEAD: u64 = 3;

/// The range of offsets that is shown, and its grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// First offset.
    pub low: u64,
    /// Records of a cell.
    pub unit: u64,
    /// Cells.
    pub cells: u64,
}

impl Scale {
    /// The range that shows what sets the replicas of a partition apart. `before` is the scale of the frame before,
    /// whose unit is kept while it does, so that the cells do not jump.
    pub fn new(partition: &PartitionFrame, cells: u64, before: Option<Scale>) -> Self {
        let cells = cells.max(8);
        let end = partition.replicas.iter().map(|replica| replica.end).max().unwrap_or(0);
        let in_sync = partition.replicas.iter().filter(|replica| partition.isr.contains(replica.broker));
        let lowest = in_sync.map(|replica| replica.end.min(replica.high_watermark)).min().unwrap_or(end);
        let spread = end - lowest.min(end);
        // The differences take at most half of the cells.
        let needed = round_up(spread.div_ceil(cells / 2).max(1));
        let unit = match before {
            Some(before) if needed <= before.unit && before.unit <= needed.saturating_mul(20) => before.unit,
            _ => needed,
        };
        let last = end / unit + AHEAD;
        Self { low: last.saturating_sub(cells - 1) * unit, unit, cells }
    }

    /// The offset after the last.
    pub const fn high(self) -> u64 {
        self.low + self.unit * self.cells
    }

    /// Where an offset lies, from 0 at the left to 1 at the right; cut to that.
    pub fn share(self, offset: u64) -> f64 {
        let clamped = offset.clamp(self.low, self.high());
        (clamped - self.low) as f64 / (self.unit * self.cells) as f64
    }
}

/// The next 1, 2 or 5 of a power of ten.
fn round_up(value: u64) -> u64 {
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if value <= step {
                return step;
            }
        }
        power *= 10;
    }
}

/// What a stretch of a replica's log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Below the partition's high watermark: Kafka's promise.
    Committed,
    /// In the log, and not promised.
    Appended,
    /// In this log, and not in the leader's.
    Diverging,
}

/// A stretch of a replica's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First offset.
    pub from: u64,
    /// The offset after the last.
    pub to: u64,
    /// What it is.
    pub kind: Kind,
}

/// What was cut from a replica's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ghost {
    /// On which broker.
    pub broker: BrokerId,
    /// First offset that went.
    pub from: u64,
    /// The offset after the last that went.
    pub to: u64,
    /// When.
    pub at: Instant,
}

/// A replica's tail.
#[derive(Clone, Debug, PartialEq)]
pub struct Tail {
    /// Its stretches, in order.
    pub segments: Vec<Segment>,
    /// Its high watermark.
    pub high_watermark: u64,
    /// Everything below is on its disk.
    pub flushed: u64,
    /// Epochs that begin in the range: (epoch, offset).
    pub epochs: Vec<(i32, u64)>,
    /// What was cut from it and would lie in the range.
    pub ghosts: Vec<(u64, u64)>,
    /// Records that the longest log has and this one has not.
    pub behind: u64,
    /// Records that only this log has.
    pub diverging: u64,
}

/// The offset below which everything is committed: the leader's high watermark, or the highest that any replica knows.
pub fn committed(partition: &PartitionFrame) -> u64 {
    let of_leader = partition.replicas.iter().find(|replica| Some(replica.broker) == partition.leader);
    let known = partition.replicas.iter().map(|replica| replica.high_watermark).max().unwrap_or(0);
    of_leader.map_or(known, |leader| leader.high_watermark)
}

/// The tail of one replica.
pub fn tail(partition: &PartitionFrame, replica: &ReplicaFrame, scale: Scale, ghosts: &[Ghost]) -> Tail {
    let agrees = if partition.leader.is_some() { replica.agrees.min(replica.end) } else { replica.end };
    let committed = committed(partition).min(agrees);
    let bounds = [(replica.start, committed, Kind::Committed), (committed.max(replica.start), agrees, Kind::Appended)];
    let bounds = bounds.into_iter().chain([(agrees.max(replica.start), replica.end, Kind::Diverging)]);
    let cut = |offset: u64| offset.clamp(scale.low, scale.high());
    let segments = bounds.map(|(from, to, kind)| Segment { from: cut(from), to: cut(to), kind });
    let longest = partition.replicas.iter().map(|other| other.end).max().unwrap_or(0);
    let own = ghosts.iter().filter(|ghost| ghost.broker == replica.broker);
    let shown = own.map(|ghost| (cut(ghost.from), cut(ghost.to)));
    Tail {
        segments: segments.filter(|segment| segment.from < segment.to).collect(),
        high_watermark: replica.high_watermark,
        flushed: replica.flushed,
        epochs: replica
            .epochs
            .iter()
            .copied()
            .filter(|(_, start)| scale.low < *start && *start < scale.high())
            .collect(),
        ghosts: shown.filter(|(from, to)| from < to).collect(),
        behind: longest - replica.end,
        diverging: replica.end - agrees,
    }
}

/// What the partition's replicas lost up to a moment.
pub fn ghosts(happenings: &[Happening], partition: PartitionId, until: Instant) -> Vec<Ghost> {
    let so_far = happenings.iter().filter(|happening| happening.at <= until);
    so_far
        .filter_map(|happening| match happening.entry {
            Entry::Truncated { broker, partition: of, from, to }
            | Entry::LostUnflushed { broker, partition: of, from, to }
                if of == partition =>
            {
                Some(Ghost { broker, from: to, to: from, at: happening.at })
            }
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixture;

    #[test]
    fn a_quiet_partition_shows_single_records() {
        let partition = fixture::partition(&[(1, 1_000, 1_000), (2, 1_000, 1_000), (3, 999, 999)]);
        let scale = Scale::new(&partition, 24, None);
        assert_eq!(scale.unit, 1);
        assert!(scale.low <= 1_000 - 12 && 1_000 < scale.high());
    }

    #[test]
    fn a_busy_partition_shows_as_many_records_a_cell_as_it_takes() {
        let partition = fixture::partition(&[(1, 50_000, 44_000), (2, 45_000, 44_000), (3, 44_000, 44_000)]);
        let scale = Scale::new(&partition, 24, None);
        assert_eq!(scale.unit, 500);
        assert!(scale.low <= 44_000);
    }

    #[test]
    fn the_unit_stays_while_it_suffices() {
        let busy = fixture::partition(&[(1, 50_000, 44_000), (2, 44_000, 44_000)]);
        let calm = fixture::partition(&[(1, 50_700, 50_100), (2, 50_100, 50_100)]);
        let first = Scale::new(&busy, 24, None);
        assert_eq!(Scale::new(&calm, 24, Some(first)).unit, first.unit);
        assert_eq!(Scale::new(&calm, 24, None).unit, 50);
    }

    #[test]
    fn a_replica_that_fell_far_behind_does_not_flatten_the_others() {
        let mut partition = fixture::partition(&[(1, 900_000, 899_990), (2, 899_990, 899_990), (3, 10, 10)]);
        partition.isr = partition.isr.without(BrokerId(3));
        let scale = Scale::new(&partition, 24, None);
        assert_eq!(scale.unit, 1);
        let behind = tail(&partition, &partition.replicas[2], scale, &[]);
        assert!(behind.segments.is_empty());
        assert_eq!(behind.behind, 899_990);
    }

    #[test]
    fn what_the_leader_does_not_have_is_diverging() {
        let mut partition = fixture::partition(&[(1, 104, 101), (2, 101, 101)]);
        partition.leader = Some(BrokerId(2));
        partition.replicas[0].agrees = 101;
        let scale = Scale::new(&partition, 24, None);
        let tail = tail(&partition, &partition.replicas[0], scale, &[]);
        assert_eq!(tail.segments.last(), Some(&Segment { from: 101, to: 104, kind: Kind::Diverging }));
        assert_eq!(tail.diverging, 3);
    }

    #[test]
    fn without_a_leader_nothing_diverges() {
        let mut partition = fixture::partition(&[(1, 104, 101), (2, 101, 101)]);
        partition.leader = None;
        partition.replicas[0].agrees = 0;
        let scale = Scale::new(&partition, 24, None);
        assert_eq!(tail(&partition, &partition.replicas[0], scale, &[]).diverging, 0);
    }

    #[test]
    fn what_was_cut_stays_as_a_ghost_from_then_on() {
        let (broker, partition) = (BrokerId(1), PartitionId(0));
        let cut = Entry::Truncated { broker, partition, from: 104, to: 101 };
        let other = Entry::Truncated { broker, partition: PartitionId(1), from: 9, to: 3 };
        let at = Instant::from_millis(5);
        let happenings = [Happening { at, entry: other }, Happening { at, entry: cut }];
        assert_eq!(ghosts(&happenings, partition, Instant::from_millis(4)), []);
        assert_eq!(ghosts(&happenings, partition, at), [Ghost { broker, from: 101, to: 104, at }]);
    }
}
