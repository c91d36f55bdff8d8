//! Moments of a run made by hand, for tests.

use highwater_model::trace::NodeState;
use highwater_model::view::{
    BrokerFrame, ConsumerFrame, ControllerFrame, Frame, OwnedFrame, PartitionFrame, ProducerFrame, ReplicaFrame,
};
use highwater_model::{BrokerId, ControllerId, Instant, PartitionId};

/// Partition 0, whose first replica leads, with replicas (broker, log end, high watermark), all in sync.
pub fn partition(replicas: &[(u8, u64, u64)]) -> PartitionFrame {
    let leader = BrokerId(replicas[0].0);
    let replica = |&(broker, end, high_watermark): &(u8, u64, u64)| ReplicaFrame {
        broker: BrokerId(broker),
        leading: BrokerId(broker) == leader,
        leader_epoch: 4,
        start: 0,
        end,
        high_watermark,
        flushed: 0,
        epochs: vec![(4, 0)],
        agrees: end,
    };
    PartitionFrame {
        partition: PartitionId(0),
        leader: Some(leader),
        leader_epoch: 4,
        isr: replicas.iter().map(|(broker, ..)| BrokerId(*broker)).collect(),
        elr: Default::default(),
        replicas: replicas.iter().map(replica).collect(),
    }
}

/// Three brokers, a controller each, a producer and a consumer, and these partitions.
pub fn frame(partitions: Vec<PartitionFrame>) -> Frame {
    let broker = |n: u8| BrokerFrame {
        broker: BrokerId(n),
        rack: n,
        state: NodeState::Running,
        fenced: false,
        leads: u16::from(n == 1),
        requests: 0,
        parked_produces: 0,
        dirty_bytes: 0,
    };
    let controller = |n: u8| ControllerFrame {
        controller: ControllerId(n),
        rack: n,
        state: NodeState::Running,
        active: n == 1,
        epoch: 2,
        log_end: 40,
    };
    Frame {
        at: Instant::from_millis(12_000),
        events: 1,
        brokers: (1..=3).map(broker).collect(),
        controllers: (1..=3).map(controller).collect(),
        producers: vec![ProducerFrame {
            state: NodeState::Running,
            rack: 1,
            queued_records: 12,
            blocked: true,
            buffer_bytes: 16_777_216,
            in_flight: 1,
        }],
        consumers: vec![ConsumerFrame {
            state: NodeState::Running,
            rack: 1,
            member: true,
            generation: 3,
            owned: vec![OwnedFrame { partition: PartitionId(0), position: 95, committed: Some(90) }],
            unprocessed: 5,
        }],
        partitions,
        packets: Vec::new(),
    }
}
