//! Judges a trace: the ledger of every record, availability, latencies, causes, invariants. It sees what a run tells
//! and nothing else; it shares no code with what it judges.

mod cluster;
mod consumption;
mod coverage;
mod fates;
mod happenings;
mod histogram;
pub mod invariants;
mod judge;
#[cfg(test)]
mod judge_tests;
mod latency_counts;
mod log;
pub mod metrics;
mod open_sends;
#[cfg(test)]
mod play;
mod punctual;
mod recorder;
#[cfg(test)]
mod recorder_tests;
pub mod report;
mod sends;
pub mod sightings;
mod story;
#[cfg(test)]
mod story_tests;
mod summary;
mod transactions;
mod watch;

pub use invariants::Invariants;
pub use judge::Judge;
pub use metrics::Metrics;
pub use recorder::Recorder;
pub use story::Storyteller;
pub use summary::{RunState, summary};
