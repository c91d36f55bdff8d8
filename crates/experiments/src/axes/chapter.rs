//! The chapter's table: three kinds of use, five axes, a word in each of the fifteen cells; and the question whose answer
//! computes the words. Page and terminal ask the same question, so they get the same figures.

use super::figure::{Axis, Estimate};
use super::mix::{FailureMix, Incident};
use super::question::{DEADLINE, Question};
use super::results::{PointResult, Results};
use super::sample::Bottleneck;
use super::thresholds::{Class, Thresholds};
use highwater_model::presets::Preset;
use serde::{Deserialize, Serialize};

/// A row of the chapter's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChapterRow {
    /// The kind of use.
    pub preset: Preset,
    /// The chapter's words, in the order of [`Axis::ALL`].
    pub words: [Class; Axis::ALL.len()],
}

/// The chapter's table, as `docs/table.md` quotes it.
pub const CHAPTER: [ChapterRow; 3] = [
    ChapterRow { preset: Preset::Clickstream, words: [Class::Low, Class::High, Class::High, Class::Low, Class::Low] },
    ChapterRow {
        preset: Preset::Activity,
        words: [Class::Medium, Class::High, Class::High, Class::Medium, Class::Medium],
    },
    ChapterRow { preset: Preset::Payments, words: [Class::High, Class::Medium, Class::Low, Class::High, Class::High] },
];

/// The seed of all runs behind the table.
const SEED: u64 = 1;

/// What is asked for the table: its rows are the lanes.
pub fn chapter_question() -> Question {
    Question {
        lanes: CHAPTER.map(|row| row.preset.setup()).to_vec(),
        vary: Vec::new(),
        seed: SEED,
        mix: FailureMix::stated(),
        deadline: DEADLINE,
    }
}

/// Rounds after which the table is read, in the page and in the terminal.
pub const CHAPTER_ROUNDS: u32 = 80;

/// A cell of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its row.
    pub kind: Preset,
    /// Its column.
    pub axis: Axis,
    /// The figure.
    pub estimate: Estimate,
    /// The word for the figure.
    pub class: Class,
    /// The words for the ends of its interval: other words are not ruled out yet.
    pub classes: [Class; 2],
    /// The chapter's word.
    pub chapter: Class,
    /// What the figure is mostly made of.
    pub because: Because,
}

/// What a figure is mostly made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Because {
    /// This incident has the largest part of it: so much, 0 to 1.
    Incident(Incident, f64),
    /// Nothing that was seen adds to it.
    Nothing,
    /// This is the narrowest place.
    Bottleneck(Bottleneck),
    /// Waiting for consumers to come around to a record: they process and commit those before it.
    Consuming,
    /// Batches wait for more records: `linger.ms`.
    Linger,
    /// The way through the cluster, and waiting for replicas.
    RoundTrips,
    /// Of the bill, machines, which are paid for whether busy or not: so much, 0 to 1.
    Machines(f64),
    /// Storage and traffic, which grow with the records: so much, 0 to 1.
    Bytes(f64),
}

impl Cell {
    /// Is the computed word the chapter's?
    pub fn agrees(&self) -> bool {
        self.class == self.chapter
    }
}

/// The cells that are known so far, row by row, from the results of [`chapter_question`].
pub fn cells(results: &Results, thresholds: &Thresholds) -> Vec<Cell> {
    let rows = results.points.iter().zip(CHAPTER);
    let row = |(point, ChapterRow { preset: kind, words }): (&PointResult, ChapterRow)| {
        let cell = move |(axis, chapter): (Axis, Class)| {
            let threshold = thresholds.of(axis);
            let estimate = point.figure(threshold.figure)?;
            let class = |value| threshold.class(value);
            let classes = [class(estimate.low), class(estimate.high)];
            let because = because(axis, kind, point);
            Some(Cell { kind, axis, estimate, class: class(estimate.value), classes, chapter, because })
        };
        Axis::ALL.into_iter().zip(words).filter_map(cell).collect::<Vec<Cell>>()
    };
    rows.flat_map(row).collect()
}

fn because(axis: Axis, kind: Preset, point: &PointResult) -> Because {
    match axis {
        Axis::Reliability => largest_part(point.incidents.iter().map(|of| (of.incident, of.a_year * of.harm.value))),
        Axis::Availability => {
            largest_part(point.incidents.iter().map(|of| (of.incident, of.a_year * of.late_seconds.value)))
        }
        Axis::Throughput => point.bottleneck.map_or(Because::Nothing, Because::Bottleneck),
        Axis::Latency => {
            let linger_us = u64::from(kind.setup().producer.linger_ms) * 1_000;
            let [produce, all] = [&point.produce, &point.end_to_end].map(|of| of.quantile_us(0.99).unwrap_or(0));
            match (2 * produce < all, produce < 2 * linger_us) {
                (true, _) => Because::Consuming,
                (false, true) => Because::Linger,
                (false, false) => Because::RoundTrips,
            }
        }
        Axis::Cost => point.bill.map_or(Because::Nothing, |bill| {
            let machines = bill.machines / bill.total();
            if 0.5 < machines { Because::Machines(machines) } else { Because::Bytes(1.0 - machines) }
        }),
    }
}

fn largest_part(parts: impl Iterator<Item = (Incident, f64)>) -> Because {
    let parts: Vec<(Incident, f64)> = parts.collect();
    let sum: f64 = parts.iter().map(|part| part.1).sum();
    match parts.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((incident, part)) if 0.0 < part => Because::Incident(incident, part / sum),
        _ => Because::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_can_be_run() {
        let question = chapter_question();
        assert_eq!(question.points(), 1);
        for lane in 0..CHAPTER.len() {
            assert_eq!(question.setup(lane, 0).problems, []);
        }
    }

    #[test]
    fn the_words_are_those_of_the_document() {
        let document = include_str!("../../../../docs/table.md");
        let word = |class: &Class| format!("{class:?}").to_lowercase();
        let names = ["click tracking", "user activity", "payments"];
        for (row, name) in CHAPTER.iter().zip(names) {
            let words: Vec<String> = row.words.iter().map(word).collect();
            let line = format!("| {name} | {} |", words.join(" | "));
            assert!(document.contains(&line), "{line}");
        }
    }
}
