//! Plays of the controllers: on a small network with brokers that register, beat and read the metadata log.

mod administration;
mod decisions;
mod membership;
#[cfg(feature = "mutants")]
mod mutants;
mod network;
mod quorum;
