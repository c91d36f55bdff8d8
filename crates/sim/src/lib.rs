//! The world: network, disks, CPU, applications, faults, the loop.

pub mod consuming;
mod faults;
mod network;
pub mod producing;
pub mod rules;
pub mod start;
mod view;
mod world;

pub use world::{Advance, Checkpoint, World};
