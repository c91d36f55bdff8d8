//! When a figure counts as low, medium or high: the words of the chapter's table (claim 1.19). The bounds were written
//! down with their reasons before the first figure was computed; `docs/table.md` has the reasons.

use super::figure::{Axis, Better, Figure};
use serde::{Deserialize, Serialize};

/// A word of the chapter's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Little of it: little reliability, little latency, little cost.
    Low,
    /// Between the two.
    Medium,
    /// Much of it.
    High,
}

/// The bounds between the three words on one axis, in the unit of the figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// What is looked at.
    pub figure: Figure,
    /// Between low and medium.
    pub low_medium: f64,
    /// Between medium and high.
    pub medium_high: f64,
}

impl Threshold {
    /// The word for a value. Where the figure counts what there should be less of although the axis is a virtue (losses,
    /// minutes of standstill), the bounds descend. A value on a bound belongs to the higher word.
    pub fn class(&self, value: f64) -> Class {
        let reaches = |bound: f64| if self.descends() { value <= bound } else { bound <= value };
        match (reaches(self.low_medium), reaches(self.medium_high)) {
            (_, true) => Class::High,
            (true, false) => Class::Medium,
            (false, false) => Class::Low,
        }
    }

    /// Does a smaller value mean more of the axis?
    fn descends(&self) -> bool {
        let axis_is_virtue = matches!(self.figure.axis(), Axis::Reliability | Axis::Availability | Axis::Throughput);
        axis_is_virtue && self.figure.better() == Better::Less
    }
}

/// The bounds on all axes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// By axis, in the order of [`Axis::ALL`].
    pub axes: [Threshold; Axis::ALL.len()],
}

impl Thresholds {
    /// The bounds that hold unless a reader moves them.
    pub const STATED: Thresholds = Thresholds {
        axes: [
            Threshold { figure: Figure::AnyLossAYear, low_medium: 0.5, medium_high: 0.01 },
            Threshold { figure: Figure::NotInTimeMinutesAYear, low_medium: 526.0, medium_high: 52.6 },
            Threshold { figure: Figure::SustainedRecordsPerSecond, low_medium: 10_000.0, medium_high: 100_000.0 },
            Threshold { figure: Figure::EndToEndP99, low_medium: 10_000.0, medium_high: 100_000.0 },
            Threshold { figure: Figure::DollarsPerMillion, low_medium: 0.04, medium_high: 0.40 },
        ],
    };

    /// The bounds on one axis.
    pub fn of(&self, axis: Axis) -> Threshold {
        self.axes[axis as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_losses_are_more_reliability_and_fewer_microseconds_less_latency() {
        let of = |axis| Thresholds::STATED.of(axis);
        let reliability = [0.9, 0.5, 0.02, 0.01, 0.0].map(|value| of(Axis::Reliability).class(value));
        assert_eq!(reliability, [Class::Low, Class::Medium, Class::Medium, Class::High, Class::High]);
        let latency = [9_999.0, 10_000.0, 100_000.0].map(|value| of(Axis::Latency).class(value));
        assert_eq!(latency, [Class::Low, Class::Medium, Class::High]);
    }

    #[test]
    fn every_bound_is_for_a_figure_of_its_axis() {
        for axis in Axis::ALL {
            assert_eq!(Thresholds::STATED.of(axis).figure.axis(), axis);
            assert_eq!(axis.headline().axis(), axis);
        }
    }
}
