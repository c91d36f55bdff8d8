//! Short plays of one broker: what it is told, what it answers.

mod acks;
#[cfg(feature = "mutants")]
mod mutants;
mod play;
mod replication;
