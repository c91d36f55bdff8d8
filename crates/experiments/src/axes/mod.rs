//! The five axes on which configurations are compared, the figures of each, and when a figure counts as low, medium or
//! high. Every figure comes from runs and carries its interval.
//!
//! ```text
//! Question ──► Study ── probe(number) ──► Probe ──► ProbeRun (a worker, a thread) ──► Sample
//!                │  ◄───────────────────── take ─────────────────────────────────────────┘
//!                └── results(prices) ──► Results: figures with intervals, point by point
//! ```

#[cfg(test)]
mod bias;
mod calm;
mod chapter;
mod estimate;
mod exposure;
mod figure;
mod guarantee;
mod incidents;
mod mix;
mod prices;
mod probe;
mod question;
mod results;
mod sample;
mod saturation;
mod share;
mod study;
mod thresholds;

pub use chapter::{Because, CHAPTER, CHAPTER_ROUNDS, Cell, ChapterRow, cells, chapter_question};
pub use figure::{Axis, Better, Estimate, Figure, FigureUnit};
pub use mix::{FailureMix, Grade, Incident, Per, Rate, Source, Strike, stands};
pub use prices::{Bill, Prices};
pub use probe::{Incidents, Probe, ProbeRun, Task};
pub use question::{DEADLINE, POINTS_MAX, PointSetup, Question, VALUES_MAX, Variation, values};
pub use results::{IncidentResult, PointResult, Results};
pub use sample::{Aftermath, Bottleneck, Calm, Findings, Guarantee, Part, Sample, Saturation, Tolerance};
pub use share::Share;
pub use study::Study;
pub use thresholds::{Class, Threshold, Thresholds};
