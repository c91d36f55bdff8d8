//! The world: network, disks, CPU, applications, faults, the loop.

pub mod administration;
mod consuming;
mod faults;
pub mod inspect;
pub mod load;
mod network;
pub mod producing;
pub mod rules;
pub mod script;
pub mod start;
mod transactions;
mod view;
mod world;

pub use consuming::{Call, Returned};
pub use highwater_kafka::checks::{Check, Checks};
pub use world::{Advance, Checkpoint, World};
