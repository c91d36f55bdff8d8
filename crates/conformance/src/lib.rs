//! The conformance language: a case is a scenario's file with a start in the middle of things, steps that steer single
//! messages, and expectations of any field of any node, answer, ledger or trace. docs/conformance.md teaches it.

pub mod agree;
mod apis;
pub mod case;
mod entries;
pub mod expect;
mod figures;
mod groups;
pub mod kinds;
pub mod measured;
pub mod mutants;
pub mod play;
pub mod search;
pub mod sheet;
mod stage;
mod start;
mod steps;
pub mod vocabulary;

pub use case::{Case, read};
pub use play::{Outcome, Verdict, play};
