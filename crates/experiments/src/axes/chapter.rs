//! The chapter's table: three kinds of use, five axes, a word in each of the fifteen cells; and the question whose answer
//! computes the words. Page and terminal ask the same question, so they get the same figures.

use super::figure::Axis;
use super::mix::FailureMix;
use super::question::{DEADLINE, Question};
use super::thresholds::Class;
use highwater_model::presets::Preset;

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
