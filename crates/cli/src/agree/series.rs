//! Figures of which only the order among the cases of a series is known.

use highwater_figures::{Measured, Samples};
use std::collections::BTreeMap;

/// The cases of each series.
#[derive(Default)]
pub struct Series(BTreeMap<String, Vec<Member>>);

/// A case in a series: the measured range, and the simulated median.
struct Member {
    measured: (f64, f64),
    simulated: f64,
}

impl Series {
    /// One more case of a series.
    pub fn add(&mut self, name: &str, measured: &Measured, samples: &Samples) {
        if let (Measured::Range(low, high), Some(simulated)) = (measured, samples.median()) {
            self.0.entry(name.to_owned()).or_default().push(Member { measured: (*low, *high), simulated });
        }
    }

    /// Of each series: the pairs of cases whose measured ranges do not touch, and how many of them come in the same
    /// order when simulated.
    pub fn judged(&self) -> Vec<(&str, u64, u64)> {
        self.0.iter().map(|(name, members)| (name.as_str(), members)).map(judged).collect()
    }
}

fn judged<'a>((name, members): (&'a str, &Vec<Member>)) -> (&'a str, u64, u64) {
    let (mut agreeing, mut all) = (0, 0);
    for (place, a) in members.iter().enumerate() {
        for b in &members[place + 1..] {
            let (low, high) = if a.measured.1 < b.measured.0 { (a, b) } else { (b, a) };
            if low.measured.1 < high.measured.0 {
                all += 1;
                agreeing += u64::from(low.simulated < high.simulated);
            }
        }
    }
    (name, agreeing, all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_figures::Value;

    #[test]
    fn only_pairs_that_were_clearly_apart_are_judged() {
        let mut series = Series::default();
        for (low, high, simulated) in [(1.0, 2.0, 10.0), (1.5, 3.0, 5.0), (4.0, 5.0, 20.0), (6.0, 7.0, 15.0)] {
            let mut samples = Samples::default();
            samples.add(Value::Number(simulated));
            series.add("latency", &Measured::Range(low, high), &samples);
        }
        // The first two overlap. Of the five others, all but the last pair come in the measured order.
        assert_eq!(series.judged(), [("latency", 4, 5)]);
    }
}
