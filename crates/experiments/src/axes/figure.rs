//! What is measured on each axis, in which unit, and which direction is the better one.

use serde::{Deserialize, Serialize};

/// One of the five axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// Do acknowledged records stay, once and in order?
    Reliability,
    /// Can it be written to and read from?
    Availability,
    /// How much can it carry?
    Throughput,
    /// How long does a record take?
    Latency,
    /// What does it cost to run?
    Cost,
}

impl Axis {
    /// All axes, in the order in which they are shown.
    pub const ALL: [Axis; 5] = [Axis::Reliability, Axis::Availability, Axis::Throughput, Axis::Latency, Axis::Cost];

    /// The figure that stands for the axis where there is room for one.
    pub const fn headline(self) -> Figure {
        match self {
            Axis::Reliability => Figure::AnyLossAYear,
            Axis::Availability => Figure::NotInTimeMinutesAYear,
            Axis::Throughput => Figure::SustainedRecordsPerSecond,
            Axis::Latency => Figure::EndToEndP99,
            Axis::Cost => Figure::DollarsPerMillion,
        }
    }
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureUnit {
    /// Records of a million acknowledged ones.
    PerMillion,
    /// A probability, 0 to 1.
    Probability,
    /// Records.
    Records,
    /// A share, 0 to 1.
    Share,
    /// Minutes.
    Minutes,
    /// Records a second.
    RecordsPerSecond,
    /// Megabytes (10^6 bytes of keys and values) a second.
    MegabytesPerSecond,
    /// Microseconds.
    Micros,
    /// US dollars.
    Dollars,
}

/// Which direction is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Less,
    /// More is better.
    More,
}

macro_rules! figures {
    ($( $(#[$doc:meta])* $id:ident = $name:literal, $axis:ident, $unit:ident, $better:ident; )*) => {
        /// A figure of an axis.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Figure { $( $(#[$doc])* $id, )* }

        impl Figure {
            /// All figures, by axis.
            pub const ALL: &'static [Figure] = &[$( Figure::$id, )*];

            /// Its name in files and in the terminal.
            pub const fn name(self) -> &'static str { match self { $( Figure::$id => $name, )* } }

            /// The axis that it belongs to.
            pub const fn axis(self) -> Axis { match self { $( Figure::$id => Axis::$axis, )* } }

            /// What it counts.
            pub const fn unit(self) -> FigureUnit { match self { $( Figure::$id => FigureUnit::$unit, )* } }

            /// Which direction is the better one.
            pub const fn better(self) -> Better { match self { $( Figure::$id => Better::$better, )* } }
        }
    };
}

figures! {
    /// Chance that within a year of the failure mix at least one acknowledged record is lost, or is never processed.
    AnyLossAYear = "any-loss-a-year", Reliability, Probability, Less;
    /// Acknowledged records that are lost in a year of the failure mix.
    LostAYear = "lost-a-year", Reliability, Records, Less;
    /// The same, of a million acknowledged records.
    LostPerMillion = "lost-per-million", Reliability, PerMillion, Less;
    /// Surplus copies in the log, of a million acknowledged records.
    DuplicatedPerMillion = "duplicated-per-million", Reliability, PerMillion, Less;
    /// Records behind a later one of their stream, of a million acknowledged records.
    ReorderedPerMillion = "reordered-per-million", Reliability, PerMillion, Less;
    /// Records that the group passed over, of a million acknowledged records.
    NeverProcessedPerMillion = "never-processed-per-million", Reliability, PerMillion, Less;
    /// Records that were processed more than once, of a million acknowledged records.
    ProcessedTwicePerMillion = "processed-twice-per-million", Reliability, PerMillion, Less;

    /// Minutes of a year's offered load that were not acknowledged within the deadline.
    NotInTimeMinutesAYear = "not-in-time-minutes-a-year", Availability, Minutes, Less;
    /// Share of the offered records that were acknowledged within the deadline, over a year of the failure mix.
    AckedInTime = "acked-in-time", Availability, Share, More;
    /// Minutes of a year in which at least one partition was not writable.
    UnwritableMinutesAYear = "unwritable-minutes-a-year", Availability, Minutes, Less;
    /// Minutes of a year in which at least one partition was not readable.
    UnreadableMinutesAYear = "unreadable-minutes-a-year", Availability, Minutes, Less;

    /// The highest load that producers, brokers and consumers sustain without a growing queue.
    SustainedRecordsPerSecond = "sustained-records-per-second", Throughput, RecordsPerSecond, More;
    /// The same, in bytes of keys and values.
    SustainedMegabytesPerSecond = "sustained-megabytes-per-second", Throughput, MegabytesPerSecond, More;

    /// From a record's arrival until it is acknowledged, at the workload's load without a failure: the median.
    ProduceP50 = "produce-p50", Latency, Micros, Less;
    /// The same: 99 of 100 are below.
    ProduceP99 = "produce-p99", Latency, Micros, Less;
    /// The same: 999 of 1000 are below.
    ProduceP999 = "produce-p999", Latency, Micros, Less;
    /// From a record's arrival until it is processed, without a failure: the median.
    EndToEndP50 = "end-to-end-p50", Latency, Micros, Less;
    /// The same: 99 of 100 are below.
    EndToEndP99 = "end-to-end-p99", Latency, Micros, Less;
    /// The same: 999 of 1000 are below.
    EndToEndP999 = "end-to-end-p999", Latency, Micros, Less;
    /// Until it is acknowledged, in a minute in which the busiest partition's leader is killed: 99 of 100 are below.
    ProduceP99Crash = "produce-p99-crash", Latency, Micros, Less;
    /// Until it is processed, in the same minute: 99 of 100 are below.
    EndToEndP99Crash = "end-to-end-p99-crash", Latency, Micros, Less;

    /// Brokers, storage and traffic between zones, a month.
    DollarsAMonth = "dollars-a-month", Cost, Dollars, Less;
    /// The same, for a million records.
    DollarsPerMillion = "dollars-per-million", Cost, Dollars, Less;
}

/// A figure as runs gave it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best guess, in the figure's unit.
    pub value: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
    /// Runs behind it.
    pub runs: u32,
}
