//! Kafka's protocol as state machines: brokers, controllers, producer, consumer, coordinator. Input in, effects out: a
//! node never acts, it says what should happen, and the world does it.

pub mod batch_bytes;
pub mod broker;
pub mod checks;
pub mod configs;
pub mod consumer;
pub mod controller;
pub mod group;
pub mod inspect;
pub mod log;
pub mod message;
pub mod metadata;
pub mod murmur2;
pub mod node;
pub mod placement;
pub mod producer;
#[cfg(test)]
mod stage;
pub mod store;
pub mod transaction;
