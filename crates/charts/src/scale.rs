//! Where a number lies along an axis. Axes of quantities begin at zero. Where the numbers span too much for that, the axis
//! is logarithmic; as no such axis reaches zero, zero and all that is too small get a strip of their own below a visible
//! break.

use crate::svg::steps;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ReversibleRanged};
use std::ops::Range;

/// A logarithmic axis is drawn when the largest number is so many times the smallest one above zero.
const SPAN_LINEAR: f64 = 60.0;
/// So many powers of ten are told apart at most; what is smaller shares the strip with zero.
const POWERS_MAX: i32 = 12;
/// The part of a logarithmic axis that zero and all that is too small get.
const STRIP: f64 = 0.14;
/// Numbers beyond it are drawn at the axis' end: pixels would overflow.
const LARGEST: f64 = 1e30;
/// Numbers below it are zero.
const SMALLEST: f64 = 1e-30;

/// An axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal distances are equal differences.
    Linear {
        /// Where the axis begins.
        low: f64,
        /// Where it ends.
        high: f64,
    },
    /// Equal distances are equal ratios.
    Log {
        /// The smallest number that has its own place.
        low: f64,
        /// Where the axis ends.
        high: f64,
        /// What is below `low`.
        foot: Foot,
    },
    /// So many places of equal width; the first has the number 0.
    Slots(u32),
}

/// What is below the smallest number of a logarithmic axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foot {
    /// Nothing.
    None,
    /// A strip that begins at zero.
    Zero,
}

impl Scale {
    /// The axis that shows all these quantities. Numbers that are none are left out.
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let numbers: Vec<f64> =
            numbers.into_iter().filter(|number| number.is_finite()).map(|number| number.min(LARGEST)).collect();
        let most = numbers.iter().copied().fold(0.0, f64::max);
        let least = numbers.iter().copied().fold(0.0, f64::min).max(-LARGEST);
        let positive = numbers.iter().copied().filter(|number| SMALLEST <= *number);
        let smallest = positive.fold(f64::INFINITY, f64::min);
        if least < 0.0 || most < SMALLEST || most / smallest < SPAN_LINEAR {
            return Self::linear(least, most);
        }
        let floor = smallest.max(most / power(POWERS_MAX));
        let low = round_down(floor);
        let foot = if numbers.iter().any(|number| *number < low) { Foot::Zero } else { Foot::None };
        Scale::Log { low, high: round_up(most).max(10.0 * low), foot }
    }

    /// An axis of equal differences, to a round number beyond the last.
    fn linear(least: f64, most: f64) -> Self {
        if most - least < SMALLEST {
            return Scale::Linear { low: 0.0, high: 1.0 };
        }
        let step = step(most - least, 4);
        let low = (least / step).floor() * step;
        Scale::Linear { low, high: ((most / step - 1e-9).ceil() * step).max(low + step) }
    }

    /// Where on the axis a number lies: 0 at its beginning, 1 at its end. What lies beyond is drawn at the end.
    pub fn share(&self, number: f64) -> f64 {
        let share = match *self {
            Scale::Linear { low, high } => (number - low) / (high - low),
            Scale::Log { low, high, foot } => {
                let strip = strip(foot);
                if number < low {
                    strip * (number.max(0.0) / low)
                } else {
                    strip + (1.0 - strip) * (number / low).log10() / (high / low).log10()
                }
            }
            Scale::Slots(count) => (number + 0.5) / f64::from(count.max(1)),
        };
        if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) }
    }

    /// The number that lies there.
    pub fn number(&self, share: f64) -> f64 {
        match *self {
            Scale::Linear { low, high } => low + share * (high - low),
            Scale::Log { low, high, foot } => {
                let strip = strip(foot);
                if share < strip {
                    low * share / strip
                } else {
                    low * (high / low).powf((share - strip) / (1.0 - strip))
                }
            }
            Scale::Slots(count) => share * f64::from(count) - 0.5,
        }
    }

    /// Round numbers of the axis, about so many at most.
    pub fn ticks(&self, count: u32) -> Vec<f64> {
        match *self {
            Scale::Linear { low, high } => linear_ticks(low, high, count),
            Scale::Log { low, high, foot } => {
                let zero = (foot == Foot::Zero).then_some(0.0);
                zero.into_iter().chain(log_ticks(low, high, count)).collect()
            }
            Scale::Slots(count) => (0..count).map(f64::from).collect(),
        }
    }

    /// Where the strip of a logarithmic axis ends, if it has one: the break is drawn below.
    pub fn strip(&self) -> Option<f64> {
        match self {
            Scale::Log { foot: Foot::Zero, .. } => Some(STRIP),
            _ => None,
        }
    }
}

fn strip(foot: Foot) -> f64 {
    match foot {
        Foot::None => 0.0,
        Foot::Zero => STRIP,
    }
}

fn linear_ticks(low: f64, high: f64, count: u32) -> Vec<f64> {
    let step = step(high - low, count);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|n| n as f64 * step).collect()
}

/// Powers of ten; where there are fewer than three of them, their doubles and fives too.
fn log_ticks(low: f64, high: f64, count: u32) -> Vec<f64> {
    let (first, last) = ((low.log10() - 1e-9).ceil() as i32, (high.log10() + 1e-9).floor() as i32);
    if last - first < 2 {
        let fine = (first - 1..=last).flat_map(|n| [1.0, 2.0, 5.0].map(|digit| digit * power(n)));
        let all: Vec<f64> = fine.filter(|tick| 0.999 * low <= *tick && *tick <= 1.001 * high).collect();
        let every = all.len().div_ceil(count.max(2) as usize);
        return all.into_iter().step_by(every).collect();
    }
    let every = ((last - first) as u32).div_ceil(count.max(2) - 1).max(1);
    (first..=last).rev().step_by(every as usize).map(power).collect::<Vec<_>>().into_iter().rev().collect()
}

fn power(n: i32) -> f64 {
    10.0_f64.powi(n)
}

/// The smallest step of 1, 2 or 5 powers of ten of which at most `count` fit into the length.
fn step(length: f64, count: u32) -> f64 {
    let wanted = length / f64::from(count.max(1));
    let base = power(wanted.log10().floor() as i32);
    let digits = [1.0, 2.0, 5.0, 10.0].into_iter().find(|digit| wanted <= digit * base * (1.0 + 1e-9));
    digits.unwrap_or(10.0) * base
}

fn round_down(number: f64) -> f64 {
    let base = power(number.log10().floor() as i32);
    let digit = [5.0, 2.0, 1.0].into_iter().find(|digit| digit * base <= number * (1.0 + 1e-9));
    digit.unwrap_or(1.0) * base
}

fn round_up(number: f64) -> f64 {
    let base = power(number.log10().floor() as i32);
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| number <= digit * base * (1.0 + 1e-9));
    digit.unwrap_or(10.0) * base
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, number: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.share(*number) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.max_num_points() as u32)
    }

    fn range(&self) -> Range<f64> {
        self.number(0.0)..self.number(1.0)
    }
}

impl ReversibleRanged for Scale {
    fn unmap(&self, at: i32, (from, to): (i32, i32)) -> Option<f64> {
        let length = f64::from(to - from);
        (to != from).then(|| self.number((f64::from(at - from) / length).clamp(0.0, 1.0)))
    }
}

/// A stretch of the page in plotters' pixels.
pub(crate) fn stretch(from_px: f64, to_px: f64) -> Range<i32> {
    steps(from_px)..steps(to_px)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HARD: [&[f64]; 9] = [
        &[],
        &[0.0, 0.0],
        &[7.0],
        &[f64::NAN, f64::INFINITY, 3.0],
        &[0.0, 1e-9, 1e9],
        &[f64::MIN_POSITIVE, f64::MAX],
        &[-5.0, 5.0],
        &[0.999, 0.9999],
        &[1.0, 61.0],
    ];

    #[test]
    fn a_quantity_begins_at_zero_unless_it_spans_too_much() {
        assert_eq!(Scale::of([300.0, 870.0]), Scale::Linear { low: 0.0, high: 1_000.0 });
        assert_eq!(Scale::of([3.0, 4_000.0]), Scale::Log { low: 2.0, high: 5_000.0, foot: Foot::None });
        assert_eq!(Scale::of([0.0, 3.0, 4_000.0]), Scale::Log { low: 2.0, high: 5_000.0, foot: Foot::Zero });
    }

    #[test]
    fn zero_lies_below_the_break_of_a_logarithmic_axis_and_the_rest_above() {
        let scale = Scale::of([0.0, 10.0, 1e6]);
        assert_eq!(scale.share(0.0), 0.0);
        assert_eq!(scale.share(10.0), scale.strip().expect("zero is shown"));
        assert_eq!(scale.share(1e6), 1.0);
        assert_eq!(scale.ticks(3)[0], 0.0);
    }

    #[test]
    fn every_place_on_an_axis_is_a_number_and_every_number_has_a_place() {
        for numbers in HARD {
            let scale = Scale::of(numbers.iter().copied());
            for hundredths in 0..=100 {
                let share = f64::from(hundredths) / 100.0;
                let number = scale.number(share);
                assert!(number.is_finite(), "{numbers:?}: {share}");
                assert!((scale.share(number) - share).abs() < 1e-6, "{numbers:?}: {share}");
            }
            for number in numbers.iter().copied().chain([f64::NAN, f64::NEG_INFINITY]) {
                assert!((0.0..=1.0).contains(&scale.share(number)), "{numbers:?}: {number}");
            }
        }
    }

    #[test]
    fn a_larger_number_never_lies_below_a_smaller_one() {
        for numbers in HARD {
            let scale = Scale::of(numbers.iter().copied());
            let shares = (-60..60).map(|tenth| scale.share(power(tenth / 3)));
            let all: Vec<f64> = shares.collect();
            assert!(all.is_sorted(), "{numbers:?}");
        }
    }

    #[test]
    fn ticks_are_few_ascending_and_on_the_axis() {
        for numbers in HARD {
            let scale = Scale::of(numbers.iter().copied());
            for count in 2..8 {
                let ticks = scale.ticks(count);
                assert!(2 <= ticks.len() && ticks.len() <= count as usize + 2, "{numbers:?}: {ticks:?}");
                assert!(ticks.is_sorted(), "{ticks:?}");
                assert!(ticks.iter().all(|tick| (scale.number(scale.share(*tick)) - tick).abs() <= 1e-6 * tick.abs()));
            }
        }
    }
}
