//! Pauses between attempts: exponential, with jitter.

use highwater_kernel::Dice;
use highwater_model::Duration;

/// How long to wait before trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    first: Duration,
    max: Duration,
}

impl Backoff {
    /// From `first_ms`, doubled with each failure, to `max_ms`; where the first is not below the largest, it is always
    /// the largest, without jitter.
    pub const fn new(first_ms: u32, max_ms: u32) -> Self {
        Self { first: Duration::from_millis(first_ms as u64), max: Duration::from_millis(max_ms as u64) }
    }

    /// The pause after so many failures before the last one: `first` times 2 to that power, with a fifth of jitter
    /// either way, and never more than the largest.
    pub fn pause(self, failures_before: u32, dice: &mut Dice) -> Duration {
        if self.max <= self.first {
            return self.max;
        }
        let doubled = self.first.times(1 << failures_before.min(32)).min(self.max);
        let jittered = dice.within(doubled.0 - doubled.0 / 5, doubled.0 + doubled.0 / 5);
        Duration(jittered).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Seed, Stream};

    #[test]
    fn r_623_pauses_double_with_a_fifth_of_jitter_up_to_the_largest() {
        let backoff = Backoff::new(100, 1_000);
        let mut dice = Seed(1).dice(Stream::Search(0));
        for (failures, low, high) in [(0, 80, 120), (1, 160, 240), (2, 320, 480), (3, 640, 960), (4, 800, 1_000)] {
            let pauses: Vec<u64> = (0..200).map(|_| backoff.pause(failures, &mut dice).as_millis()).collect();
            assert!(pauses.iter().all(|pause| low <= *pause && *pause <= high), "{failures}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause < low + (high - low) / 4));
        }
        assert_eq!(Backoff::new(5_000, 1_000).pause(0, &mut dice).as_millis(), 1_000);
    }
}
