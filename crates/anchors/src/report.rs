//! What an anchor comes to: within its tolerance, or missed by which factor.

use crate::file::{About, Bound, Check, Tests};
use highwater_figures::Value;

/// How a figure stands to what was published.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// Near enough: a number in its mean over the seeds, a condition under every seed.
    Within {
        /// The figure's name.
        name: String,
        /// What was computed, over the seeds.
        computed: String,
    },
    /// Not.
    Missed {
        /// The figure's name.
        name: String,
        /// What was computed, over the seeds.
        computed: String,
        /// How many times too large, or, below 1, too small; none for a condition.
        factor: Option<f64>,
    },
    /// It has no value.
    Failed {
        /// The figure's name.
        name: String,
        /// Why.
        why: String,
    },
}

impl Finding {
    /// Is it near enough?
    pub fn is_within(&self) -> bool {
        matches!(self, Finding::Within { .. })
    }
}

/// A figure's values under the seeds.
pub struct Outcome<'a> {
    check: &'a Check,
    values: Vec<Value>,
    failed: Option<String>,
}

impl<'a> Outcome<'a> {
    pub(crate) fn of(check: &'a Check) -> Self {
        Self { check, values: Vec::new(), failed: None }
    }

    pub(crate) fn add(&mut self, value: Result<Value, String>) {
        match value {
            Ok(value) => self.values.push(value),
            Err(why) => self.failed = Some(why),
        }
    }

    pub(crate) fn finding(self) -> Finding {
        let name = self.check.name.clone();
        if let Some(why) = self.failed {
            return Finding::Failed { name, why };
        }
        match self.check.bound {
            Bound::Holds => {
                let holds = self.values.iter().filter(|value| **value == Value::Flag(true)).count();
                let computed = format!("holds in {holds} of {}", self.values.len());
                match holds == self.values.len() {
                    true => Finding::Within { name, computed },
                    false => Finding::Missed { name, computed, factor: None },
                }
            }
            Bound::Within(low, high) => {
                let numbers: Option<Vec<f64>> = self.values.iter().map(Value::number).collect();
                match numbers {
                    Some(numbers) if !numbers.is_empty() => judge(name, &numbers, (low, high)),
                    _ => Finding::Failed { name, why: "a run gave no number".to_owned() },
                }
            }
        }
    }
}

fn judge(name: String, numbers: &[f64], (low, high): (f64, f64)) -> Finding {
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let computed = if least == most { short(least) } else { format!("{}..{}", short(least), short(most)) };
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    let beyond = |bound: f64| (bound != 0.0).then(|| mean / bound);
    if high < mean {
        Finding::Missed { name, computed, factor: beyond(high) }
    } else if mean < low {
        Finding::Missed { name, computed, factor: beyond(low) }
    } else {
        Finding::Within { name, computed }
    }
}

/// Three digits that matter.
fn short(number: f64) -> String {
    let size = number.abs();
    match size {
        _ if number.fract() == 0.0 && size < 1e15 => format!("{number:.0}"),
        _ if size < 1e-3 => format!("{number:.2e}"),
        _ if size < 0.1 => format!("{number:.4}"),
        _ if size < 10.0 => format!("{number:.3}"),
        _ => format!("{number:.1}"),
    }
}

/// What an anchor comes to.
#[derive(Clone, Debug)]
pub struct Report {
    /// What it is about.
    pub about: About,
    /// Of each figure; none where the model cannot express it.
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn of(about: &About) -> Self {
        Self { about: about.clone(), findings: Vec::new() }
    }

    /// Is every figure near enough? None where there is nothing to compare.
    pub fn is_within(&self) -> Option<bool> {
        (!self.findings.is_empty()).then(|| self.findings.iter().all(Finding::is_within))
    }
}

/// How many anchors are near enough, of those that test the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// What they test.
    pub tests: Tests,
    /// Near enough.
    pub within: u32,
    /// Compared.
    pub compared: u32,
    /// Those that the model cannot express.
    pub absent: u32,
}

/// The shares of all that can be passed; inputs cannot.
pub fn shares(reports: &[Report]) -> Vec<Share> {
    let share = |tests: Tests| {
        let mut share = Share { tests, within: 0, compared: 0, absent: 0 };
        for report in reports.iter().filter(|report| report.about.tests == tests) {
            match report.is_within() {
                Some(within) => {
                    share.compared += 1;
                    share.within += u32::from(within);
                }
                None => share.absent += 1,
            }
        }
        share
    };
    Tests::ALL.into_iter().filter(|tests| *tests != Tests::Input).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_over_the_seeds_counts_and_a_miss_has_a_factor() {
        let of = |numbers: &[f64]| judge("ratio".to_owned(), numbers, (0.4, 0.8));
        assert!(of(&[0.5, 0.9]).is_within());
        assert!(matches!(of(&[1.5, 1.7]), Finding::Missed { factor: Some(factor), .. } if factor == 2.0));
        assert!(matches!(of(&[0.1]), Finding::Missed { factor: Some(factor), .. } if factor == 0.25));
    }
}
