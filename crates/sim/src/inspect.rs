//! A look into any node of the world, field by field.

use crate::world::{Process, World};
use highwater_kafka::broker::Broker;
use highwater_kafka::inspect::broker_named;
use highwater_model::inspect::Value;
use highwater_model::{ControllerId, NodeId, inspection};

inspection! {
    /// What the world knows of a process.
    PROCESS, fn process_field(process: &Process) {
        "state" => process.state,
    }
}

/// A node by its name: `b2`, `c1`, `producer-1`, `consumer-3`.
pub fn node_named(name: &str) -> Option<NodeId> {
    let number = |prefix| name.strip_prefix(prefix).and_then(|number: &str| number.parse().ok());
    broker_named(name)
        .map(NodeId::Broker)
        .or_else(|| number("c").map(|id| NodeId::Controller(ControllerId(id))))
        .or_else(|| number("producer-").map(NodeId::Producer))
        .or_else(|| number("consumer-").map(NodeId::Consumer))
}

impl World {
    /// A field of a node, by its path: the node's name, or `c` for the active controller, and what leads to the field.
    /// None where there is no such node or field.
    pub fn inspect(&self, path: &[&str]) -> Option<Value> {
        let (name, rest) = path.split_first()?;
        if *name == "c" {
            return match rest {
                ["active"] => Some(self.active_controller().into()),
                _ => self.best_image().inspect(rest, &self.layout),
            };
        }
        if *name == "group" {
            return self.inspect_group(rest);
        }
        let node = node_named(name).filter(|node| self.scenario.setup.nodes().contains(node))?;
        let process = &self.state.processes[usize::from(self.state.network.numbering.of(node))];
        if let [field] = rest
            && let Some(value) = process_field(field, process)
        {
            return Some(value);
        }
        match node {
            NodeId::Broker(id) => self.state.brokers[usize::from(id.0) - 1].inspect(rest, &self.layout, &self.store),
            NodeId::Controller(id) => self.state.controllers[usize::from(id.0) - 1].inspect(rest, &self.layout),
            NodeId::Producer(n) => self.state.producers[usize::from(n) - 1].inspect(rest, &self.layout),
            NodeId::Consumer(n) => self.state.consumers[usize::from(n) - 1].inspect(rest, &self.layout),
        }
    }

    /// The group is what its coordinator knows of it.
    fn inspect_group(&self, path: &[&str]) -> Option<Value> {
        let coordinates = |broker: &&Broker| broker.coordinator().is_coordinating();
        let broker = self.state.brokers.iter().find(coordinates);
        match path {
            ["coordinator"] => Some(broker.map(Broker::id).into()),
            _ => broker.or(self.state.brokers.first())?.coordinator().inspect(path, &self.layout),
        }
    }
}
