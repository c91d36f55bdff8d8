//! Do simulated figures agree with measured ones?
//!
//! A real cluster was measured a few times on a loaded machine, so a measured range is a sample and not a bound, and what
//! counts as agreement depends on what sets the figure: see [`Kind`].

use crate::value::Value;
use std::collections::BTreeSet;
use std::fmt;

/// What sets a figure, and so how near is near enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// True or false, who leads, which errors, zero or not: must be equal.
    Fact,
    /// Which of several outcomes comes is chance: some run comes out as one that was measured.
    Chance,
    /// A time that Kafka's own timers set: the ranges overlap when the measured one is widened by half a second or 15 %.
    Timer,
    /// Measured alone on a quiet machine: as a timer, by 15 % only.
    Measure,
    /// A count that depends on load and moment: the ranges overlap within a factor of three.
    Count,
    /// Only its order among the cases of a series is known.
    Order,
}

impl Kind {
    /// All kinds, facts first.
    pub const ALL: [Kind; 6] = [Kind::Fact, Kind::Chance, Kind::Timer, Kind::Measure, Kind::Count, Kind::Order];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Fact => "fact",
            Kind::Chance => "chance",
            Kind::Timer => "timer",
            Kind::Measure => "measure",
            Kind::Count => "count",
            Kind::Order => "order",
        }
    }

    /// The kind of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A measured range, widened by what does not matter.
    fn widened(self, (low, high): (f64, f64)) -> (f64, f64) {
        const SHARE: f64 = 0.15;
        const HALF_A_SECOND_MS: f64 = 500.0;
        const FACTOR: f64 = 3.0;
        let by = |bound: f64| match self {
            Kind::Timer => (bound.abs() * SHARE).max(HALF_A_SECOND_MS),
            Kind::Measure => bound.abs() * SHARE,
            Kind::Fact | Kind::Chance | Kind::Count | Kind::Order => 0.0,
        };
        match self {
            Kind::Count => (low / FACTOR, high * FACTOR),
            _ => (low - by(low), high + by(high)),
        }
    }
}

/// What was measured of a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// The smallest and the largest number.
    Range(f64, f64),
    /// The values seen; every run had one of them.
    Values(Vec<Value>),
    /// The members seen over all runs, where the figure is a set.
    Union(BTreeSet<String>),
    /// Nothing yet: `cargo xtask lab` writes it.
    Unknown,
}

/// A kind of figure that cannot be compared with what is said to have been measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasuredProblem {
    /// A range that ends before it begins.
    Backwards,
    /// A timer, a measure or a count needs a range.
    NeedsRange(Kind),
}

impl fmt::Display for MeasuredProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backwards => f.write_str("the range ends before it begins"),
            Self::NeedsRange(kind) => write!(f, "a {} needs a range of numbers", kind.name()),
        }
    }
}

impl Measured {
    /// What is wrong with it as a figure of a kind.
    pub fn check(&self, kind: Kind) -> Option<MeasuredProblem> {
        match (kind, self) {
            (_, Measured::Range(low, high)) if high < low => Some(MeasuredProblem::Backwards),
            (Kind::Fact | Kind::Chance, _) | (_, Measured::Range(..) | Measured::Unknown) => None,
            _ => Some(MeasuredProblem::NeedsRange(kind)),
        }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
        match self {
            Measured::Range(low, high) if low == high => Value::Number(*low).fmt(f),
            Measured::Range(low, high) => write!(f, "{}..{}", Value::Number(*low), Value::Number(*high)),
            Measured::Values(values) => f.write_str(&joined(values)),
            Measured::Union(members) => Value::Set(members.clone()).fmt(f),
            Measured::Unknown => f.write_str("-"),
        }
    }
}

/// A figure's values in the simulated runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples(Vec<Value>);

impl Samples {
    /// One more run.
    pub fn add(&mut self, value: Value) {
        self.0.push(value);
    }

    /// The smallest and the largest number, if every run has a number.
    pub fn range(&self) -> Option<(f64, f64)> {
        let numbers: Option<Vec<f64>> = self.0.iter().map(Value::number).collect();
        let numbers = numbers.filter(|numbers| !numbers.is_empty())?;
        let bound = |pick: fn(f64, f64) -> f64| numbers.iter().copied().reduce(pick);
        Some((bound(f64::min)?, bound(f64::max)?))
    }

    /// What was measured, where these are runs of a real cluster.
    pub fn measured(&self) -> Measured {
        let are_sets = self.0.iter().any(|value| matches!(value, Value::Set(_)));
        let are_numbers = self.0.iter().all(|value| matches!(value, Value::Number(_)));
        match self.range() {
            _ if are_sets => Measured::Union(self.union()),
            Some((low, high)) if are_numbers => Measured::Range(low, high),
            _ => Measured::Values(self.different()),
        }
    }

    /// The number in the middle.
    pub fn median(&self) -> Option<f64> {
        let mut numbers: Vec<f64> = self.0.iter().filter_map(Value::number).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    }

    /// The different values.
    fn different(&self) -> Vec<Value> {
        let mut different: Vec<Value> = Vec::new();
        for value in &self.0 {
            if !different.contains(value) {
                different.push(value.clone());
            }
        }
        different
    }

    /// The members over all runs.
    fn union(&self) -> BTreeSet<String> {
        self.0.iter().cloned().flat_map(Value::into_set).collect()
    }
}

impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.measured().fmt(f)
    }
}

/// Whether a figure agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Agrees,
    /// It does not.
    Differs,
    /// It is not known by itself: an order, or nothing was measured.
    Open,
}

impl Measured {
    /// Do the runs agree with what was measured?
    pub fn judge(&self, kind: Kind, samples: &Samples) -> Verdict {
        let agrees = match (kind, self) {
            (Kind::Order, _) | (_, Measured::Unknown) => return Verdict::Open,
            (Kind::Fact, Measured::Range(low, high)) => {
                samples.range().is_some_and(|(least, most)| *low <= least && most <= *high)
            }
            (_, Measured::Range(low, high)) => {
                let (low, high) = kind.widened((*low, *high));
                samples.range().is_some_and(|(least, most)| least <= high && low <= most)
            }
            (Kind::Chance, Measured::Values(values)) => samples.0.iter().any(|value| values.contains(value)),
            (_, Measured::Values(values)) => {
                !samples.0.is_empty() && samples.0.iter().all(|value| values.contains(value))
            }
            (_, Measured::Union(members)) => *members == samples.union(),
        };
        if agrees { Verdict::Agrees } else { Verdict::Differs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(values: &[f64]) -> Samples {
        Samples(values.iter().map(|number| Value::Number(*number)).collect())
    }

    #[track_caller]
    fn check(kind: Kind, measured: (f64, f64), simulated: &[f64], verdict: Verdict) {
        assert_eq!(Measured::Range(measured.0, measured.1).judge(kind, &samples(simulated)), verdict);
    }

    #[test]
    fn a_timer_may_be_half_a_second_off_or_fifteen_percent() {
        check(Kind::Timer, (7_200.0, 9_100.0), &[8_000.0, 8_500.0], Verdict::Agrees);
        check(Kind::Timer, (1_000.0, 2_000.0), &[2_499.0], Verdict::Agrees);
        check(Kind::Timer, (1_000.0, 2_000.0), &[2_501.0], Verdict::Differs);
        check(Kind::Timer, (30_000.0, 40_000.0), &[45_999.0], Verdict::Agrees);
        check(Kind::Timer, (30_000.0, 40_000.0), &[46_001.0], Verdict::Differs);
        check(Kind::Timer, (30_000.0, 40_000.0), &[20_000.0, 25_501.0], Verdict::Agrees);
    }

    #[test]
    fn what_was_measured_in_quiet_may_be_fifteen_percent_off() {
        check(Kind::Measure, (2.0, 4.0), &[4.5], Verdict::Agrees);
        check(Kind::Measure, (2.0, 4.0), &[4.7], Verdict::Differs);
    }

    #[test]
    fn a_count_may_be_a_third_or_threefold_and_nothing_stays_nothing() {
        check(Kind::Count, (20.0, 840.0), &[7.0], Verdict::Agrees);
        check(Kind::Count, (20.0, 840.0), &[6.0], Verdict::Differs);
        check(Kind::Count, (20.0, 840.0), &[2_521.0, 3_000.0], Verdict::Differs);
        check(Kind::Count, (0.0, 0.0), &[0.0, 1.0], Verdict::Agrees);
        check(Kind::Count, (0.0, 0.0), &[1.0, 2.0], Verdict::Differs);
    }

    #[test]
    fn a_fact_holds_in_every_run() {
        check(Kind::Fact, (0.0, 0.0), &[0.0, 0.0], Verdict::Agrees);
        check(Kind::Fact, (0.0, 0.0), &[0.0, 1.0], Verdict::Differs);
        let seen = Measured::Values(vec![Value::word("old leader"), Value::word("second follower")]);
        let one = Samples(vec![Value::word("second follower"); 3]);
        assert_eq!(seen.judge(Kind::Fact, &one), Verdict::Agrees);
        let other = Samples(vec![Value::word("second follower"), Value::word("first follower")]);
        assert_eq!(seen.judge(Kind::Fact, &other), Verdict::Differs);
        assert_eq!(seen.judge(Kind::Chance, &other), Verdict::Agrees, "where it is chance, one run will do");
        let none = Samples(vec![Value::word("first follower"); 3]);
        assert_eq!(seen.judge(Kind::Chance, &none), Verdict::Differs);
        let never = Measured::Values(vec![Value::None]);
        assert_eq!(never.judge(Kind::Fact, &Samples(vec![Value::None])), Verdict::Agrees);
        assert_eq!(never.judge(Kind::Fact, &samples(&[3.0])), Verdict::Differs);
    }

    #[test]
    fn sets_are_compared_over_all_runs() {
        let set = |members: &[&str]| members.iter().map(|member| (*member).to_owned()).collect::<BTreeSet<_>>();
        let measured = Measured::Union(set(&["NotEnoughReplicasException", "TimeoutException"]));
        let runs = [set(&["NotEnoughReplicasException"]), set(&["TimeoutException"])].map(Value::Set);
        assert_eq!(measured.judge(Kind::Fact, &Samples(runs.to_vec())), Verdict::Agrees);
        let none = Samples(vec![Value::Set(BTreeSet::new())]);
        assert_eq!(measured.judge(Kind::Fact, &none), Verdict::Differs);
        assert_eq!(Measured::Union(BTreeSet::new()).judge(Kind::Fact, &none), Verdict::Agrees);
    }

    #[test]
    fn a_figure_without_a_number_is_no_time() {
        let runs = Samples(vec![Value::Number(7.0), Value::None]);
        assert_eq!(Measured::Range(5.0, 8.0).judge(Kind::Timer, &runs), Verdict::Differs);
        assert_eq!(Measured::Unknown.judge(Kind::Timer, &runs), Verdict::Open);
        assert_eq!(Measured::Range(5.0, 8.0).judge(Kind::Order, &runs), Verdict::Open);
    }

    #[test]
    fn a_kind_needs_what_it_can_be_compared_with() {
        assert_eq!(Measured::Range(5.0, 4.0).check(Kind::Count), Some(MeasuredProblem::Backwards));
        assert_eq!(Measured::Values(Vec::new()).check(Kind::Timer), Some(MeasuredProblem::NeedsRange(Kind::Timer)));
        assert_eq!(Measured::Unknown.check(Kind::Timer), None);
    }
}
