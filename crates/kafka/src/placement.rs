//! Where new replicas are put: Kafka's StripedReplicaPlacer, which goes round the racks, and round the brokers of each
//! rack, so that replicas of a partition share no rack while there are racks left, and leaders are spread evenly.

use crate::metadata::Replicas;
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::BrokerId;

/// The brokers of one rack, and where the next partition begins among them.
struct Rack {
    brokers: Vec<BrokerId>,
    offset: usize,
    taken: usize,
}

impl Rack {
    fn next(&mut self) -> Option<BrokerId> {
        if self.taken == self.brokers.len() {
            return None;
        }
        self.taken += 1;
        Some(self.brokers[(self.taken - 1 + self.offset) % self.brokers.len()])
    }

    fn begin_partition(&mut self) {
        self.offset = (self.offset + 1) % self.brokers.len();
        self.taken = 0;
    }
}

/// Places the partitions of one topic, one after another.
pub struct Placer {
    racks: Vec<Rack>,
    brokers: usize,
    /// Partitions since the last shuffle.
    placed: usize,
    /// The rack of the next partition's first replica.
    first: usize,
    dice: Dice,
}

impl Placer {
    /// Over these racks, none of them empty. The first partition's leader is the first broker of the first rack:
    /// Kafka draws that, but then no two pictures of a small cluster would look alike.
    pub fn new(racks: Vec<Vec<BrokerId>>) -> Self {
        let brokers = racks.iter().map(Vec::len).sum();
        let racks = racks.into_iter().map(|brokers| Rack { brokers, offset: 0, taken: 0 }).collect();
        Self { racks, brokers, placed: 0, first: 0, dice: Seed(0).dice(Stream::Search(0)) }
    }

    /// The replicas of the next partition, the preferred leader first.
    pub fn place(&mut self, replication_factor: u8) -> Replicas {
        assert!(usize::from(replication_factor) <= self.brokers, "a broker holds one replica of a partition");
        if self.placed == self.brokers && 1 < self.brokers {
            self.shuffle();
        } else if self.placed > 0 {
            self.racks.iter_mut().for_each(Rack::begin_partition);
        }
        let mut replicas = Replicas::new();
        let mut rack = self.first;
        // A rack that has no broker left is passed over; as many brokers as replicas are there, so this ends.
        while replicas.len() < usize::from(replication_factor) {
            replicas.extend(self.racks[rack].next());
            rack = (rack + 1) % self.racks.len();
        }
        self.placed += 1;
        self.first = (self.first + 1) % self.racks.len();
        replicas
    }

    /// After as many partitions as brokers the same assignments would come again: the brokers of each rack, and the
    /// racks, are shuffled, so that which brokers share partitions varies.
    fn shuffle(&mut self) {
        let Self { racks, dice, .. } = self;
        shuffle(racks, dice);
        for rack in racks {
            shuffle(&mut rack.brokers, dice);
            rack.taken = 0;
        }
        self.placed = 0;
    }
}

fn shuffle<T>(items: &mut [T], dice: &mut Dice) {
    for last in (1..items.len()).rev() {
        items.swap(last, dice.within(0, last as u64) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn racks(sizes: &[u8]) -> Vec<Vec<BrokerId>> {
        let mut next = 0;
        sizes
            .iter()
            .map(|size| {
                (0..*size)
                    .map(|_| {
                        next += 1;
                        BrokerId(next)
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn the_first_round_of_three_brokers_is_regular() {
        let mut placer = Placer::new(racks(&[1, 1, 1]));
        let placed: Vec<Vec<u8>> = (0..3).map(|_| placer.place(3).iter().map(|broker| broker.0).collect()).collect();
        assert_eq!(placed, [[1, 2, 3], [2, 3, 1], [3, 1, 2]]);
    }

    #[test]
    fn every_round_gives_each_broker_one_leadership() {
        for sizes in [&[1, 1, 1][..], &[2, 2, 2], &[4, 4, 4], &[5]] {
            let brokers: u8 = sizes.iter().sum();
            let mut placer = Placer::new(racks(sizes));
            for _ in 0..20 {
                let mut leaders: Vec<u8> = (0..brokers).map(|_| placer.place(1)[0].0).collect();
                leaders.sort_unstable();
                assert_eq!(leaders, (1..=brokers).collect::<Vec<u8>>(), "racks {sizes:?}");
            }
        }
    }

    /// Lab fact 21: with racks a, a, b, two replicas never share a rack; three are accepted, and share one.
    #[test]
    fn replicas_share_a_rack_only_when_there_are_too_few() {
        let mut placer = Placer::new(racks(&[2, 1]));
        for _ in 0..30 {
            let replicas = placer.place(2);
            assert_eq!(replicas.iter().filter(|broker| broker.0 <= 2).count(), 1);
        }
        let mut placer = Placer::new(racks(&[2, 1]));
        for _ in 0..30 {
            let mut replicas: Vec<u8> = placer.place(3).iter().map(|broker| broker.0).collect();
            replicas.sort_unstable();
            assert_eq!(replicas, [1, 2, 3]);
        }
    }
}
