//! A set of partitions, iterated in order.

use highwater_model::PartitionId;

const WORDS: usize = 8;

/// A set of partitions; their ids are below 512, which the settings' ranges keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PartitionSet([u64; WORDS]);

impl PartitionSet {
    /// Adds one.
    #[inline]
    pub fn insert(&mut self, partition: PartitionId) {
        self.0[usize::from(partition.0) >> 6] |= 1 << (partition.0 & 63);
    }

    /// Takes one out.
    #[inline]
    pub fn remove(&mut self, partition: PartitionId) {
        self.0[usize::from(partition.0) >> 6] &= !(1 << (partition.0 & 63));
    }

    /// Is it in?
    pub fn contains(&self, partition: PartitionId) -> bool {
        self.0[usize::from(partition.0) >> 6] & (1 << (partition.0 & 63)) != 0
    }

    /// Is it nobody?
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = PartitionId> {
        self.0.into_iter().enumerate().flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                if word == 0 {
                    return None;
                }
                let bit = word.trailing_zeros();
                word &= word - 1;
                Some(PartitionId(index as u16 * 64 + bit as u16))
            })
        })
    }
}
