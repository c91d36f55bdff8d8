//! The engine of virtual time: ordered events, named dice, the one door for floating-point functions, fingerprints.

pub mod dice;
pub mod fingerprint;
pub mod math;
pub mod queue;

pub use dice::{Dice, LogNormal, Seed, Stream};
pub use fingerprint::Fingerprint;
pub use queue::{Class, Queue};
