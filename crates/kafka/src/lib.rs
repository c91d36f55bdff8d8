//! Kafka's protocol as state machines: input in, effects out.
