//! Which share of the load each partition gets: the keys' weights, and where their hashes send them.

use highwater_kafka::murmur2::partition_of_key;
use highwater_kernel::math;
use highwater_model::{PartitionId, Setup};

/// Each partition's share of the records.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    of_partition: Vec<f64>,
}

impl Shares {
    /// Of a set-up: key number k (from 1) has the weight k to the power of minus the skew, Zipf's law, and goes where
    /// murmur2 of its bytes sends it. Without keys every partition gets the same.
    pub fn of(setup: &Setup) -> Self {
        Self::over(setup, setup.first_partitions())
    }

    /// The same of a client that knows of so many partitions; those that it does not know get nothing.
    pub fn over(setup: &Setup, partitions: u16) -> Self {
        let keys = setup.workload.keys;
        let all = usize::from(setup.topic.partitions);
        if keys == 0 {
            let mut of_partition = vec![1.0 / f64::from(partitions); usize::from(partitions)];
            of_partition.resize(all, 0.0);
            return Self { of_partition };
        }
        let skew = f64::from(setup.workload.key_skew) / 100.0;
        let mut bytes = vec![0; setup.workload.key_bytes as usize];
        let mut weights = vec![0.0; all];
        let mut total = 0.0;
        for key in 1..=keys {
            let weight = if skew == 0.0 { 1.0 } else { math::pow(f64::from(key), -skew) };
            write_key(key, &mut bytes);
            weights[partition_of_key(&bytes, partitions).index()] += weight;
            total += weight;
        }
        for weight in &mut weights {
            *weight /= total;
        }
        Self { of_partition: weights }
    }

    /// One partition's share of all records.
    pub fn share(&self, partition: PartitionId) -> f64 {
        self.of_partition[partition.index()]
    }

    /// The partition with the largest share; of equals the first.
    pub fn busiest(&self) -> PartitionId {
        let mut busiest = 0;
        for (index, share) in self.of_partition.iter().enumerate() {
            if self.of_partition[busiest] < *share {
                busiest = index;
            }
        }
        PartitionId(busiest as u16)
    }
}

/// A key's bytes: its number, big-endian, as Kafka's LongSerializer writes it; longer keys have zeros before it.
fn write_key(key: u32, bytes: &mut [u8]) {
    for (place, byte) in key.to_be_bytes().into_iter().rev().enumerate() {
        if let Some(at) = bytes.len().checked_sub(place + 1) {
            bytes[at] = byte;
        }
    }
}

/// The partition with the largest share of the load; of equals the first.
pub fn busiest_partition(setup: &Setup) -> PartitionId {
    Shares::of(setup).busiest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;

    #[test]
    fn shares_sum_to_one_and_skewed_keys_make_one_partition_the_busiest() {
        let mut setup = Preset::Payments.setup();
        let shares = Shares::of(&setup);
        let sum: f64 = (0..12).map(|n| shares.share(PartitionId(n))).sum();
        assert!((sum - 1.0).abs() < 1e-9);
        let busiest = busiest_partition(&setup);
        assert!((0..12).all(|n| shares.share(PartitionId(n)) <= shares.share(busiest)));
        assert!(1.2 / 12.0 < shares.share(busiest));

        setup.workload.key_skew = 0;
        let even = Shares::of(&setup);
        assert!(even.share(even.busiest()) < 1.05 / 12.0);

        setup.workload.keys = 0;
        assert_eq!(busiest_partition(&setup), PartitionId(0));
    }

    #[test]
    fn a_keys_bytes_are_its_number() {
        let mut bytes = [0; 8];
        write_key(0x0102, &mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 0, 1, 2]);
        let mut bytes = [0; 1];
        write_key(0x0102, &mut bytes);
        assert_eq!(bytes, [2]);
    }
}
