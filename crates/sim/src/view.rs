//! The stage at a moment: what the page draws, read off the nodes.

use crate::world::World;
use highwater_kafka::broker::Broker;
use highwater_kafka::group::group_partition;
use highwater_model::trace::NodeState;
use highwater_model::view::{
    BrokerFrame, ControllerFrame, Frame, PACKETS_MAX, PacketFrame, PartitionFrame, ReplicaFrame,
};
use highwater_model::{BrokerId, ControllerId, NodeId, PartitionId};

/// Epochs of a log's tail that a frame shows.
const EPOCHS_MAX: usize = 8;

impl World {
    /// The stage as it is now.
    pub fn frame(&self) -> Frame {
        let now = self.now();
        let partitions = self.layout.data().chain([group_partition(&self.layout)]);
        let mut frame = Frame {
            at: now,
            events: self.events(),
            brokers: self.state.brokers.iter().enumerate().map(|(index, broker)| self.broker(index, broker)).collect(),
            controllers: (0..self.state.controllers.len()).map(|index| self.controller(index)).collect(),
            producers: self.state.producers.iter().map(|producer| producer.frame(now)).collect(),
            consumers: self.state.consumers.iter().map(|consumer| consumer.frame(now)).collect(),
            partitions: partitions.filter_map(|partition| self.partition(partition)).collect(),
            packets: self.packets(),
        };
        // A process does not know that it is paused, or that its machine is gone.
        for (index, producer) in frame.producers.iter_mut().enumerate() {
            producer.state = self.process_state(NodeId::Producer(index as u8 + 1));
        }
        for (index, consumer) in frame.consumers.iter_mut().enumerate() {
            consumer.state = self.process_state(NodeId::Consumer(index as u8 + 1));
        }
        frame
    }

    fn process_state(&self, node: NodeId) -> NodeState {
        self.state.processes[usize::from(self.state.network.numbering.of(node))].state
    }

    fn broker(&self, index: usize, broker: &Broker) -> BrokerFrame {
        let id = BrokerId(index as u8 + 1);
        let node = NodeId::Broker(id);
        let replicas = self.layout.partitions().filter_map(|partition| broker.replica(partition));
        BrokerFrame {
            broker: id,
            rack: self.scenario.setup.rack(node),
            state: self.process_state(node),
            fenced: self.best_image().broker(id).is_none_or(|state| state.fenced),
            leads: replicas.filter(|replica| replica.leading).count() as u16,
            requests: broker.requests_waiting(self.now()),
            parked_produces: broker.parked_produces(),
            dirty_bytes: broker.dirty_bytes(),
        }
    }

    fn controller(&self, index: usize) -> ControllerFrame {
        let id = ControllerId(index as u8 + 1);
        let node = NodeId::Controller(id);
        let (active, epoch, log_end) = self.state.controllers[index].frame_state();
        let rack = self.scenario.setup.rack(node);
        ControllerFrame { controller: id, rack, state: self.process_state(node), active, epoch, log_end }
    }

    fn partition(&self, partition: PartitionId) -> Option<PartitionFrame> {
        let state = self.best_image().partition(partition)?;
        let replicas = state.replicas.iter().filter_map(|broker| self.replica(partition, *broker, state.leader));
        Some(PartitionFrame {
            partition,
            leader: state.leader,
            leader_epoch: state.leader_epoch,
            isr: state.isr,
            elr: state.elr,
            replicas: replicas.collect(),
        })
    }

    fn replica(&self, partition: PartitionId, broker: BrokerId, leader: Option<BrokerId>) -> Option<ReplicaFrame> {
        let of = |broker: BrokerId| self.state.brokers[usize::from(broker.0) - 1].replica(partition);
        let replica = of(broker)?;
        let epochs = replica.log.epochs();
        let agrees = match leader.and_then(of) {
            Some(leader) => replica.log.common_end(leader.log, &self.store),
            None => replica.log.end(),
        };
        Some(ReplicaFrame {
            broker,
            leading: replica.leading,
            leader_epoch: replica.leader_epoch,
            start: replica.log.start(),
            end: replica.log.end(),
            high_watermark: replica.high_watermark,
            flushed: replica.log.durable(),
            epochs: epochs[epochs.len().saturating_sub(EPOCHS_MAX)..].to_vec(),
            agrees,
        })
    }

    fn packets(&self) -> Vec<PacketFrame> {
        let mut packets: Vec<PacketFrame> = self
            .state
            .network
            .packets()
            .map(|packet| {
                let wire = self.state.network.wire_of(packet.wire);
                PacketFrame {
                    packet: packet.number,
                    from: wire.node(packet.to.other()),
                    to: wire.node(packet.to),
                    api: packet.api,
                    response: packet.to == crate::network::End::Client,
                    sent: packet.sent,
                    arrives: packet.arrives,
                }
            })
            .collect();
        packets.sort_unstable_by_key(|packet| (packet.sent, packet.packet));
        packets.split_off(packets.len().saturating_sub(PACKETS_MAX))
    }
}
