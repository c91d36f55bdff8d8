//! One number for a whole run: equal runs have equal fingerprints on every platform.

use std::hash::Hasher;

/// A 64-bit hash that gives the same number everywhere: unlike the standard hashers it treats `usize` (and so an
/// enum's discriminant) as 64 bits on every platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of nothing yet.
    pub const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn mix(&mut self, word: u64) {
        let folded = u128::from(self.0 ^ word) * 0xa076_1d64_78bd_642f_u128;
        self.0 = (folded as u64) ^ ((folded >> 64) as u64) ^ word.rotate_left(32);
    }
}

impl Default for Fingerprint {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, number: u8) {
        self.mix(u64::from(number));
    }
    fn write_u16(&mut self, number: u16) {
        self.mix(u64::from(number));
    }
    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }
    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }
    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }
    fn write_isize(&mut self, number: isize) {
        self.mix(number as i64 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::Hash;

    #[test]
    fn order_and_value_both_count() {
        let of = |words: &[u64]| {
            let mut fingerprint = Fingerprint::new();
            words.hash(&mut fingerprint);
            fingerprint.finish()
        };
        assert_ne!(of(&[1, 2]), of(&[2, 1]));
        assert_ne!(of(&[1]), of(&[1, 0]));
        assert_eq!(of(&[7, 9]), of(&[7, 9]));
    }
}
