//! How much of the machines a run has used so far: what the narrowest place is, and what the network carried.

use crate::network::Traffic;
use crate::world::World;
use highwater_model::{Duration, NodeId};

/// Used since the run began. Where there are several machines of a kind, the one that is used most counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What the network carried.
    pub traffic: Traffic,
    /// Bytes of the busiest direction of a broker's network card.
    pub broker_card: u64,
    /// Bytes of the busiest direction of a client's network card.
    pub client_card: u64,
    /// Time of a broker's request handler threads, all of them together.
    pub handlers: Duration,
    /// Time of a broker's disk.
    pub disk: Duration,
    /// Bytes that leaders appended to the data partitions.
    pub appended: u64,
}

impl World {
    /// What has been used so far.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage { traffic: self.state.network.traffic(), ..Usage::default() };
        for node in self.scenario.setup.nodes() {
            let (sent, received) = self.state.network.card(node);
            let card = match node {
                NodeId::Broker(_) => &mut usage.broker_card,
                NodeId::Producer(_) | NodeId::Consumer(_) => &mut usage.client_card,
                NodeId::Controller(_) => continue,
            };
            *card = sent.max(received).max(*card);
        }
        for partition in self.layout.data() {
            let batches = self.store.history(partition).iter();
            usage.appended += batches.map(|batch| u64::from(batch.bytes)).sum::<u64>();
        }
        for broker in &self.state.brokers {
            usage.handlers = usage.handlers.max(broker.handlers_worked());
            usage.disk = usage.disk.max(broker.disk_worked());
        }
        usage
    }
}
