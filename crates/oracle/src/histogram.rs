//! Latencies of records that come in batches. The records of a batch arrive one after another and are done together,
//! so their latencies form a ramp; a ramp costs two places in the histogram, however wide it is.

use crate::report::{LatencyCounts, Quantiles};
use highwater_model::{Duration, Instant};

/// Steps a doubling: a step is 3.1 % wide, so its middle is at most 1.6 % off.
const STEPS_BITS: u32 = 5;
/// Latencies below this, in microseconds, have a step each.
const EXACT: u64 = 2 << STEPS_BITS;
/// Enough for 2^35 microseconds, nine hours.
const STEPS: usize = (EXACT + (35 - 6) * (1 << STEPS_BITS)) as usize;

/// A distribution of latencies.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    steps: Vec<Step>,
    /// Steps in use: all others are empty.
    used: (usize, usize),
    count: u64,
    sum_us: f64,
    max_us: u64,
}

/// What begins or ends in a step. A ramp is a density (records a microsecond) from its shortest latency to its
/// longest: `density` is the sum of what begins minus what ends here, `moment` the same weighted with the latency.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    points: f64,
    density: f64,
    moment: f64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { steps: vec![Step::default(); STEPS], used: (STEPS, 0), count: 0, sum_us: 0.0, max_us: 0 }
    }
}

pub(crate) fn step_of(us: u64) -> usize {
    if us < EXACT {
        return us as usize;
    }
    let doubling = us.ilog2() - STEPS_BITS;
    let step = (u64::from(doubling) << STEPS_BITS) + (us >> doubling);
    (step as usize).min(STEPS - 1)
}

/// The smallest latency of a step.
pub(crate) fn floor_of(step: usize) -> u64 {
    let step = step as u64;
    if step < EXACT {
        return step;
    }
    let doubling = (step >> STEPS_BITS) - 1;
    (step - (doubling << STEPS_BITS)) << doubling
}

impl Histogram {
    /// `count` records that arrived evenly over `span` from `first_arrival` on, all done at `done`.
    pub fn add_ramp(&mut self, first_arrival: Instant, span: Duration, count: u32, done: Instant) {
        if count == 0 {
            return;
        }
        let longest = done.since(first_arrival).0 / 1_000;
        let shortest = done.since(first_arrival + span).0 / 1_000;
        self.count += u64::from(count);
        self.max_us = self.max_us.max(longest);
        self.sum_us += f64::from(count) * (longest + shortest) as f64 / 2.0;
        let (low, high) = (step_of(shortest), step_of(longest));
        self.used = (self.used.0.min(low), self.used.1.max(high + 1));
        if low == high {
            self.steps[low].points += f64::from(count);
            return;
        }
        let density = f64::from(count) / (longest - shortest) as f64;
        let (begins, ends) = (shortest as f64, longest as f64);
        self.steps[low].density += density;
        self.steps[low].moment += density * begins;
        self.steps[high].density -= density;
        self.steps[high].moment -= density * ends;
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        if self.used.0 < self.used.1 {
            self.steps[self.used.0..self.used.1].fill(Step::default());
        }
        (self.used, self.count, self.sum_us, self.max_us) = ((STEPS, 0), 0, 0.0, 0);
    }

    /// Records measured.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whole records by step. A ramp's fractions are rounded so that the sum is exact.
    pub fn counts(&self) -> LatencyCounts {
        let mut steps = Vec::new();
        if self.count != 0 {
            let (mut cursor, mut before) = (Cursor::new(self), 0);
            for step in self.used.0..self.used.1 {
                let last = step + 1 == self.used.1;
                let below = if last { self.count } else { (cursor.below_end() + 0.5).max(0.0) as u64 };
                let below = below.clamp(before, self.count);
                if before < below {
                    steps.push((step as u16, below - before));
                }
                before = below;
                cursor.next();
            }
        }
        LatencyCounts::of(steps)
    }

    /// Its quantiles.
    pub fn quantiles(&self) -> Quantiles {
        if self.count == 0 {
            return Quantiles::default();
        }
        let mut cursor = Cursor::new(self);
        Quantiles {
            count: self.count,
            mean_us: (self.sum_us / self.count as f64) as u64,
            p50_us: cursor.latency_at(0.5),
            p99_us: cursor.latency_at(0.99),
            p999_us: cursor.latency_at(0.999),
            max_us: self.max_us,
        }
    }
}

/// Walks a histogram upwards, for shares asked for in rising order.
struct Cursor<'a> {
    histogram: &'a Histogram,
    step: usize,
    points: f64,
    density: f64,
    moment: f64,
}

impl<'a> Cursor<'a> {
    fn new(histogram: &'a Histogram) -> Self {
        Self { histogram, step: histogram.used.0, points: 0.0, density: 0.0, moment: 0.0 }
    }

    /// Records below the end of the current step, the step included.
    fn below_end(&self) -> f64 {
        let step = self.histogram.steps[self.step];
        let end = floor_of(self.step + 1) as f64;
        self.points + step.points + (self.density + step.density) * end - (self.moment + step.moment)
    }

    fn next(&mut self) {
        let step = self.histogram.steps[self.step];
        self.points += step.points;
        self.density += step.density;
        self.moment += step.moment;
        self.step += 1;
    }

    /// The latency below which `share` of the records lie: the middle of the step that reaches it.
    fn latency_at(&mut self, share: f64) -> u64 {
        // Sums of fractions: a thousandth of a record decides nothing.
        let wanted = share * self.histogram.count as f64 - 1e-3;
        while self.step + 1 < self.histogram.used.1 && self.below_end() < wanted {
            self.next();
        }
        let (low, high) = (floor_of(self.step), floor_of(self.step + 1));
        ((low + high) / 2).min(self.histogram.max_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_at_most_a_thirty_second_wide() {
        for us in [0, 1, 63, 64, 65, 100, 1_000, 123_456, 3_600_000_000] {
            let (low, high) = (floor_of(step_of(us)), floor_of(step_of(us) + 1));
            assert!(low <= us && us < high, "{us} lies in {low}..{high}");
            assert!(us < EXACT || (high - low) * 32 <= low, "{low}..{high} is too wide");
        }
    }

    #[test]
    fn a_ramp_has_the_quantiles_of_its_records() {
        let mut histogram = Histogram::default();
        // Latencies from 10 ms to 110 ms, evenly.
        histogram.add_ramp(Instant::ZERO, Duration::from_millis(100), 1_000, Instant::from_millis(110));
        let quantiles = histogram.quantiles();
        let near = |have: u64, want: u64| have.abs_diff(want) * 100 <= want * 3;
        assert!(near(quantiles.p50_us, 60_000), "{quantiles:?}");
        assert!(near(quantiles.p99_us, 109_000), "{quantiles:?}");
        assert_eq!((quantiles.mean_us, quantiles.max_us, quantiles.count), (60_000, 110_000, 1_000));
    }

    #[test]
    fn whole_records_by_step_have_the_same_quantiles_and_add_up() {
        let mut histogram = Histogram::default();
        histogram.add_ramp(Instant::ZERO, Duration::from_millis(100), 1_000, Instant::from_millis(110));
        histogram.add_ramp(Instant::ZERO, Duration::ZERO, 7, Instant::from_millis(2));
        let mut counts = histogram.counts();
        assert_eq!(counts.count(), 1_007);
        let Quantiles { p50_us, p99_us, p999_us, .. } = histogram.quantiles();
        let quantiles = [0.5, 0.99, 0.999].map(|share| counts.quantile_us(share).unwrap());
        for (counted, reckoned) in quantiles.into_iter().zip([p50_us, p99_us, p999_us]) {
            assert!(counted.abs_diff(reckoned) * 31 <= reckoned, "{counted} {reckoned}");
        }
        counts.add(&histogram.counts());
        assert_eq!((counts.count(), counts.quantile_us(0.5).unwrap()), (2_014, quantiles[0]));
    }

    #[test]
    fn many_ramps_and_points_add_up() {
        let mut histogram = Histogram::default();
        for batch in 0..1_000_u64 {
            let arrived = Instant::from_millis(batch);
            histogram.add_ramp(arrived, Duration::ZERO, 99, arrived + Duration::from_millis(2));
            histogram.add_ramp(arrived, Duration::from_millis(10), 1, arrived + Duration::from_millis(1_010));
        }
        let quantiles = histogram.quantiles();
        assert!((1_960..=2_040).contains(&quantiles.p50_us), "{quantiles:?}");
        assert!((970_000..=1_030_000).contains(&quantiles.p999_us), "{quantiles:?}");
        histogram.clear();
        assert_eq!(histogram.quantiles(), Quantiles::default());
    }
}
