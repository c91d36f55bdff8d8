//! The built-in partitioner for records without a key: it stays on a partition for a batch's worth of bytes,
//! then turns to one whose queue is short.

use highwater_kernel::Dice;
use highwater_model::PartitionId;

/// What the partitioner sees of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionLoad {
    /// Which.
    pub partition: PartitionId,
    /// Batches in its queue.
    pub queued: u32,
    /// Has it a leader?
    pub available: bool,
    /// Has it ever had a batch?
    pub used: bool,
}

/// Sticks to a partition.
#[derive(Clone, Debug, Default)]
pub struct StickyPartitioner {
    current: Option<PartitionId>,
    produced_bytes: u64,
}

impl StickyPartitioner {
    /// Where the next record goes, which opens a batch: the current partition, until it had `batch_size` bytes.
    ///
    /// Kafka's client looks at this after each record as well, but moves on only where the last batch is full, so at
    /// the same moments.
    pub fn partition(
        &mut self,
        batch_size: u32,
        loads: impl Iterator<Item = PartitionLoad> + Clone,
        dice: &mut Dice,
    ) -> PartitionId {
        match self.current {
            Some(current) if self.produced_bytes < u64::from(batch_size.max(1)) => current,
            _ => {
                let next = choose(loads, dice);
                self.current = Some(next);
                self.produced_bytes = 0;
                next
            }
        }
    }

    /// A batch for the current partition took so many bytes.
    pub fn produced(&mut self, bytes: u32) {
        self.produced_bytes += u64::from(bytes);
    }
}

/// Weighs partitions by how much shorter their queue is than the longest, once all have been used; before, and where
/// all queues are equal, any available one will do.
fn choose(loads: impl Iterator<Item = PartitionLoad> + Clone, dice: &mut Dice) -> PartitionId {
    let available = || loads.clone().filter(|load| load.available);
    let longest = available().map(|load| load.queued).max().unwrap_or(0);
    let shortest = available().map(|load| load.queued).min().unwrap_or(0);
    let all_used = loads.clone().all(|load| load.used);
    let weight = |load: &PartitionLoad| match all_used && shortest < longest {
        true => u64::from(longest + 1 - load.queued),
        false => 1,
    };
    let total: u64 = available().map(|load| weight(&load)).sum();
    if total == 0 {
        let any = dice.within(0, loads.clone().count() as u64 - 1);
        return loads.map(|load| load.partition).nth(any as usize).expect("a topic has partitions");
    }
    let mut left = dice.within(1, total);
    for load in available() {
        let weight = weight(&load);
        if left <= weight {
            return load.partition;
        }
        left -= weight;
    }
    unreachable!("the weights sum to the total")
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Seed, Stream};

    fn loads(queued: &[u32]) -> Vec<PartitionLoad> {
        let load = |(n, queued): (usize, &u32)| PartitionLoad {
            partition: PartitionId(n as u16),
            queued: *queued,
            available: true,
            used: true,
        };
        queued.iter().enumerate().map(load).collect()
    }

    #[test]
    fn r_614_stays_until_a_batch_was_produced() {
        let mut sticky = StickyPartitioner::default();
        let mut dice = Seed(1).dice(Stream::Partitioner(1));
        let loads = loads(&[0; 50]);
        let mut next = |sticky: &mut StickyPartitioner| sticky.partition(1_000, loads.iter().copied(), &mut dice);
        let first = next(&mut sticky);
        sticky.produced(999);
        assert_eq!(next(&mut sticky), first);
        sticky.produced(1);
        assert_ne!(next(&mut sticky), first);
    }

    #[test]
    fn r_614_short_queues_are_chosen_more_often() {
        let mut dice = Seed(1).dice(Stream::Partitioner(1));
        let loads = loads(&[1, 7, 2]);
        let mut chosen = [0; 3];
        for _ in 0..14_000 {
            chosen[choose(loads.iter().copied(), &mut dice).index()] += 1;
        }
        for (have, want) in chosen.into_iter().zip([7_000_i32, 1_000, 6_000]) {
            assert!((have - want).abs() < want / 10, "{chosen:?}");
        }
    }

    #[test]
    fn r_614_partitions_without_a_leader_are_passed_over() {
        let mut dice = Seed(1).dice(Stream::Partitioner(1));
        let mut loads = loads(&[0, 0, 0]);
        loads[1].available = false;
        assert!((0..100).all(|_| choose(loads.iter().copied(), &mut dice) != PartitionId(1)));
    }
}
