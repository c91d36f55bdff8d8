//! Short plays of one broker: what it is told, what it answers.

mod acks;
mod play;
mod replication;
