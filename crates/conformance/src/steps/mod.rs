//! Steps: what a case does. A step is a word and a function that reads its fields and gives what is to be done; a new
//! word is a line in the table of its area.

mod cluster;
mod configure;
mod consumers;
mod load;
mod producers;
mod rules;
mod time;

use crate::apis;
use crate::expect::Expectation;
use crate::sheet::Fields;
use crate::stage::Stage;

/// What a step does; or why it cannot be done.
pub type Act = Box<dyn Fn(&mut Stage) -> Result<(), String>>;

/// Reads the expectations of a field.
pub type Lines<'a> = &'a dyn Fn(&'static str) -> Vec<Expectation>;

/// A word of the language.
#[derive(Clone, Copy)]
pub struct Step {
    /// The word behind `do =`.
    pub word: &'static str,
    /// Reads its fields. None where they do not make a step; the fields know why.
    pub read: fn(&Fields, Lines) -> Option<Act>,
}

/// All steps, area by area.
const AREAS: [&[Step]; 8] = [
    time::STEPS,
    configure::STEPS,
    load::STEPS,
    producers::STEPS,
    consumers::STEPS,
    cluster::STEPS,
    rules::STEPS,
    apis::STEPS,
];

/// The step of this word.
pub fn by_word(word: &str) -> Option<Step> {
    AREAS.iter().copied().flatten().copied().find(|step| step.word == word)
}

/// All steps.
pub fn all() -> impl Iterator<Item = &'static Step> {
    AREAS.iter().copied().flatten()
}

/// All words.
pub fn words() -> Vec<&'static str> {
    AREAS.iter().copied().flatten().map(|step| step.word).collect()
}
