//! murmur2, as Kafka's clients hash a record's key to find its partition.

use highwater_model::PartitionId;

const SEED: u32 = 0x9747_b28c;
const M: u32 = 0x5bd1_e995;

/// The 32-bit murmur2 hash of these bytes.
pub fn murmur2(bytes: &[u8]) -> u32 {
    let mut hash = SEED ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("chunks of four bytes")).wrapping_mul(M);
        k = (k ^ k >> 24).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

/// The partition of a topic that a record with this key goes to. An empty key is hashed like any other.
pub fn partition_of_key(key: &[u8], partitions: u16) -> PartitionId {
    let positive = murmur2(key) & 0x7fff_ffff;
    PartitionId((positive % u32::from(partitions)) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys with their hash (signed) and their partition of 1, 3, 6, 12 and 100, as Kafka 4.3.1's client computes them.
    const VECTORS: &str = include_str!("../tests/vectors/murmur2.txt");

    #[test]
    fn r_614_keys_go_where_kafkas_client_sends_them() {
        for line in VECTORS.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split(' ');
            let hex = fields.next().expect("a key").trim_matches('"');
            let key: Vec<u8> =
                (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex")).collect();
            let mut number = || fields.next().expect("a number").parse::<i32>().expect("a number");
            assert_eq!(murmur2(&key) as i32, number(), "{line}");
            for partitions in [1, 3, 6, 12, 100] {
                assert_eq!(i32::from(partition_of_key(&key, partitions).0), number(), "{line}");
            }
        }
    }
}
