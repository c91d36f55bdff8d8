//! Anchors: figures that others published of Kafka clusters, and how near the model comes to them. An anchor is a
//! scenario's file (so it opens in the page too) with sections more: what was published and how near is near enough
//! (`[anchor]`, `[[check]]`), how its runs differ (`[[variant]]`), and figures of a run (`[let]`).

mod file;
mod laws;
mod model;
mod report;
mod run;

pub use file::{About, Anchor, Bound, Check, Tests, Variant, read};
pub use report::{Finding, Outcome, Report, Share, shares};
pub use run::check_all;
