//! The world: network, disks, CPU, applications, faults, the loop.

pub mod administration;
mod consuming;
mod copying;
mod faults;
pub mod inspect;
pub mod load;
mod network;
pub mod producing;
pub mod rules;
pub mod script;
pub mod start;
mod transactions;
mod usage;
mod view;
mod world;

pub use consuming::{Call, Returned};
pub use copying::Copying;
pub use highwater_kafka::checks::{Check, Checks};
pub use network::{Leg, Traffic};
pub use producing::ProducerCall;
pub use usage::Usage;
pub use world::{Advance, Checkpoint, World};
