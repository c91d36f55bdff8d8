//! All nodes by number, for tables.

use highwater_model::{BrokerId, ControllerId, NodeId, Setup};

/// All nodes by number: brokers, controllers, producers, consumers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Numbering {
    brokers: u16,
    controllers: u16,
    producers: u16,
    consumers: u16,
}

impl Numbering {
    pub fn new(setup: &Setup) -> Self {
        Self {
            brokers: u16::from(setup.cluster.brokers),
            controllers: u16::from(setup.cluster.controllers),
            producers: u16::from(setup.workload.producers),
            consumers: u16::from(setup.workload.consumers),
        }
    }

    pub fn len(&self) -> u16 {
        self.brokers + self.controllers + self.producers + self.consumers
    }

    /// Brokers and controllers.
    pub fn servers(&self) -> u16 {
        self.brokers + self.controllers
    }

    #[inline]
    pub fn of(&self, node: NodeId) -> u16 {
        match node {
            NodeId::Broker(broker) => u16::from(broker.0) - 1,
            NodeId::Controller(controller) => self.brokers + u16::from(controller.0) - 1,
            NodeId::Producer(n) => self.servers() + u16::from(n) - 1,
            NodeId::Consumer(n) => self.servers() + self.producers + u16::from(n) - 1,
        }
    }

    pub fn node(&self, number: u16) -> NodeId {
        if number < self.brokers {
            return NodeId::Broker(BrokerId(number as u8 + 1));
        }
        if number < self.servers() {
            return NodeId::Controller(ControllerId((number - self.brokers) as u8 + 1));
        }
        let client = number - self.servers();
        if client < self.producers {
            return NodeId::Producer(client as u8 + 1);
        }
        NodeId::Consumer((client - self.producers) as u8 + 1)
    }
}
