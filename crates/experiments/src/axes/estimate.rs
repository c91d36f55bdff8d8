//! Intervals. Every figure is a guess from few runs; how far off it may be is part of it.
//!
//! - A share of runs in which something happened: the exact interval of Clopper and Pearson, beyond a hundred runs
//!   Wilson's; both have an upper end even where nothing happened.
//! - A mean: Student's interval; where hardly any run showed the thing, the share's upper end times the largest size that
//!   it may have.
//! - A sum of such parts, each with a weight: the distances of the ends from the guesses add up as squares (MOVER,
//!   Zou and Donner 2008), so that the interval may be as lopsided as its parts.

use highwater_kernel::math::{exp, pow, sqrt};

/// A guess and its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The standard normal value of a two-sided 95 % interval.
const Z: f64 = 1.959_964;

/// What is left out on each side.
const TAIL: f64 = 0.025;

/// Up to so many runs a share's interval is reckoned exactly.
const EXACT_RUNS: u32 = 100;

/// Student's two-sided 95 % value by degrees of freedom, from 1; beyond, the normal value is near enough.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

impl Interval {
    /// Of what is known exactly.
    pub const fn exact(value: f64) -> Self {
        Self { value, low: value, high: value }
    }

    /// The share of runs in which it happened. Without any run it may be anything.
    pub fn share(hits: u32, runs: u32) -> Self {
        if runs == 0 {
            return Self { value: 0.0, low: 0.0, high: 1.0 };
        }
        if runs <= EXACT_RUNS {
            return Self::exact_share(hits, runs);
        }
        let (hits, runs) = (f64::from(hits), f64::from(runs));
        let (share, z2) = (hits / runs, Z * Z);
        let middle = (share + z2 / (2.0 * runs)) / (1.0 + z2 / runs);
        let half = Z / (1.0 + z2 / runs) * sqrt(share * (1.0 - share) / runs + z2 / (4.0 * runs * runs));
        Self { value: share, low: (middle - half).max(0.0).min(share), high: (middle + half).min(1.0).max(share) }
    }

    /// Clopper and Pearson's: the chances under which so many hits, or more extreme ones, have 2.5 % on either side.
    fn exact_share(hits: u32, runs: u32) -> Self {
        let chance_where = |hits: u32, at_most: f64| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..40 {
                let middle = (low + high) / 2.0;
                if at_most < at_most_so_many(hits, runs, middle) { low = middle } else { high = middle }
            }
            (low + high) / 2.0
        };
        let low = if hits == 0 { 0.0 } else { chance_where(hits - 1, 1.0 - TAIL) };
        let high = if hits == runs { 1.0 } else { chance_where(hits, TAIL) };
        Self { value: f64::from(hits) / f64::from(runs), low, high }
    }

    /// The mean of what can only be 0 or more; none of it is larger than `largest`, as far as anybody knows.
    pub fn mean(values: &[f64], largest: f64) -> Self {
        let runs = values.len() as u32;
        let hits = values.iter().filter(|value| 0.0 < **value).count() as u32;
        let value = if runs == 0 { 0.0 } else { values.iter().sum::<f64>() / f64::from(runs) };
        if hits < 2 {
            return Self { value, low: 0.0, high: (Self::share(hits, runs).high * largest).max(value) };
        }
        let squares: f64 = values.iter().map(|each| (each - value) * (each - value)).sum();
        let half = student(runs - 1) * sqrt(squares / f64::from(runs - 1) / f64::from(runs));
        Self { value, low: (value - half).max(0.0), high: value + half }
    }

    /// Around a value that is known from all measurements together, as far as single ones scatter.
    pub fn around(value: f64, singles: &[f64]) -> Self {
        let n = singles.len() as u32;
        if n < 2 {
            return Self::exact(value);
        }
        let mean = singles.iter().sum::<f64>() / f64::from(n);
        let squares: f64 = singles.iter().map(|each| (each - mean) * (each - mean)).sum();
        let half = student(n - 1) * sqrt(squares / f64::from(n - 1) / f64::from(n));
        Self { value, low: (value.min(mean) - half).max(0.0), high: value.max(mean) + half }
    }

    /// The weighted sum of independent parts.
    pub fn sum(parts: impl IntoIterator<Item = (f64, Interval)>) -> Self {
        let (mut value, mut below, mut above) = (0.0, 0.0, 0.0);
        for (weight, part) in parts {
            value += weight * part.value;
            let (down, up) = (weight * (part.value - part.low), weight * (part.high - part.value));
            below += down * down;
            above += up * up;
        }
        Self { value, low: (value - sqrt(below)).max(0.0), high: value + sqrt(above) }
    }

    /// The same, each end taken through a function that rises.
    pub fn map(self, rising: impl Fn(f64) -> f64) -> Self {
        Self { value: rising(self.value), low: rising(self.low), high: rising(self.high) }
    }

    /// The same, each end taken through a function that falls.
    pub fn flip(self, falling: impl Fn(f64) -> f64) -> Self {
        Self { value: falling(self.value), low: falling(self.high), high: falling(self.low) }
    }

    /// Chance that at least one of so many like parts shows what one shows with this chance, if they are independent.
    pub fn of_any(self, parts: u32) -> Self {
        if parts == 1 { self } else { self.map(|share| 1.0 - pow(1.0 - share, f64::from(parts))) }
    }

    /// Chance of at least one event where so many are expected.
    pub fn chance_of_any(self) -> Self {
        self.map(|expected| 1.0 - exp(-expected))
    }
}

/// The chance of at most so many hits in so many runs.
fn at_most_so_many(hits: u32, runs: u32, chance: f64) -> f64 {
    let mut term = pow(1.0 - chance, f64::from(runs));
    let mut sum = term;
    for hit in 1..=hits {
        term *= f64::from(runs + 1 - hit) / f64::from(hit) * chance / (1.0 - chance);
        sum += term;
    }
    sum
}

fn student(freedom: u32) -> f64 {
    STUDENT.get(freedom as usize - 1).copied().unwrap_or(Z + 2.4 / f64::from(freedom))
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Dice, Seed, Stream};

    /// A failure mix whose truth is known: rates, chances of loss, and mean losses (exponential), by stratum.
    const TRUTH: [(f64, f64, f64); 4] = [(6.0, 0.02, 40.0), (3.0, 0.3, 200.0), (0.5, 0.9, 5_000.0), (12.0, 0.0, 0.0)];

    /// The share of so many trials whose interval holds the truth.
    fn coverage(runs: u32, truth: f64, estimate: impl Fn(&mut Dice, u32) -> Interval) -> f64 {
        let mut dice = Seed(5).dice(Stream::Search(u64::from(runs)));
        let trials = 2_000;
        let holds = |interval: Interval| interval.low <= truth && truth <= interval.high;
        let held = (0..trials).filter(|_| holds(estimate(&mut dice, runs))).count();
        held as f64 / f64::from(trials)
    }

    fn any_loss(dice: &mut Dice, runs: u32) -> Interval {
        let parts = TRUTH.map(|(rate, chance, _)| {
            let hits = (0..runs).filter(|_| dice.unit() < chance).count() as u32;
            (rate, Interval::share(hits, runs))
        });
        Interval::sum(parts).chance_of_any()
    }

    fn lost(dice: &mut Dice, runs: u32) -> Interval {
        let drawn = TRUTH.map(|(rate, chance, mean)| {
            let mut draw = || if dice.unit() < chance { dice.exponential(mean) } else { 0.0 };
            (rate, (0..runs).map(|_| draw()).collect::<Vec<f64>>())
        });
        let largest = drawn.iter().flat_map(|(_, values)| values).copied().fold(1_000.0, f64::max);
        Interval::sum(drawn.iter().map(|(rate, values)| (*rate, Interval::mean(values, largest))))
    }

    #[test]
    fn intervals_of_the_chance_of_loss_hold_the_closed_form() {
        let expected: f64 = TRUTH.iter().map(|(rate, chance, _)| rate * chance).sum();
        for runs in [1, 3, 10, 30, 100, 1_000] {
            let covered = coverage(runs, 1.0 - exp(-expected), any_loss);
            assert!(0.93 <= covered, "{runs} runs of each incident: {covered}");
        }
    }

    #[test]
    fn intervals_of_the_expected_loss_hold_the_closed_form() {
        let expected: f64 = TRUTH.iter().map(|(rate, chance, mean)| rate * chance * mean).sum();
        for runs in [3, 10, 30, 100, 1_000] {
            let covered = coverage(runs, expected, lost);
            assert!(0.93 <= covered, "{runs} runs of each incident: {covered}");
        }
    }

    #[test]
    fn nothing_seen_is_not_nothing() {
        let none = Interval::share(0, 10);
        assert_eq!((none.value, none.low), (0.0, 0.0));
        assert!(0.2 < none.high && none.high < 0.35, "{none:?}");
    }
}
