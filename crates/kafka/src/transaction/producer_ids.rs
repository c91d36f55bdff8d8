//! Producer ids: each broker hands out those of blocks of its own, to any kind of producer.

use highwater_model::BrokerId;

/// Producer ids in a broker's block: the controller hands them out by the thousand.
const PRODUCER_ID_BLOCK: u32 = 1_000;

/// The producer ids that a broker's process hands out, to any kind of producer.
#[derive(Clone, Copy, Debug)]
pub struct ProducerIds {
    block: u32,
    handed_out: u32,
}

impl ProducerIds {
    /// Of a broker's n-th process: no other of any broker hands out the same.
    pub const fn of(broker: BrokerId, incarnation: u32) -> Self {
        Self { block: broker.0 as u32 + 16 * incarnation, handed_out: 0 }
    }

    /// The next one.
    pub const fn next(&mut self) -> u32 {
        let id = self.block * PRODUCER_ID_BLOCK + self.handed_out % PRODUCER_ID_BLOCK;
        self.handed_out += 1;
        id
    }
}
