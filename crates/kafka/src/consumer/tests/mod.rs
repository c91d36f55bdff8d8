//! The consumer client, rule by rule.

mod groups;
mod play;
mod reading;
