//! A small cluster for plays that are set up to the point: three brokers, one controller, one partition that broker 1
//! leads, one producer, one consumer.

use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, OffsetReset};
use highwater_model::trace::Observer;
use highwater_model::view::ReplicaFrame;
use highwater_model::{BrokerId, Instant, PartitionId, Profile, Setup};
use highwater_sim::World;
use highwater_sim::start::{StartBatch, StartReplica, StartState};

/// The partition.
pub const P: PartitionId = PartitionId(0);
/// Its leader.
pub const ONE: BrokerId = BrokerId(1);
/// A follower.
pub const TWO: BrokerId = BrokerId(2);
/// The other follower.
pub const THREE: BrokerId = BrokerId(3);

/// Its settings, in a release.
pub fn small(profile: Profile, acks: Acks, records_per_second: u32) -> Setup {
    let mut setup = Preset::Defaults.setup_in(profile);
    setup.cluster.controllers = 1;
    setup.cluster.offsets_topic_num_partitions = 1;
    setup.topic.partitions = 1;
    setup.producer.acks = acks;
    setup.producer.linger_ms = 0;
    setup.producer.enable_idempotence = false;
    setup.consumer.auto_offset_reset = OffsetReset::Earliest;
    setup.workload.producers = 1;
    setup.workload.consumers = 1;
    setup.workload.records_per_second = records_per_second;
    setup
}

/// A start state whose partition has these batches, (base, count, leader epoch), and these brokers in its ISR.
pub fn start(setup: &Setup, leader_epoch: i32, isr: &[BrokerId], batches: &[(u64, u32, i32)]) -> StartState {
    let mut start = StartState::steady(setup);
    let state = &mut start.cluster.partitions[P.index()];
    state.replicas = (1..=setup.topic.replication_factor).map(BrokerId).collect();
    state.leader = Some(ONE);
    state.leader_epoch = leader_epoch;
    state.isr = isr.iter().copied().collect();
    let batch = |(base, count, leader_epoch): &(u64, u32, i32)| StartBatch {
        partition: P,
        base: *base,
        count: *count,
        bytes: 100 * count,
        leader_epoch: *leader_epoch,
        sequence: None,
    };
    start.batches = batches.iter().map(batch).collect();
    start
}

/// What a broker has of these batches to start with; none of it is flushed.
pub fn holds(broker: BrokerId, batches: &[u32], high_watermark: u64) -> StartReplica {
    StartReplica { broker, partition: P, batches: batches.to_vec(), high_watermark, flushed: 0, epoch_cache: None }
}

/// The world goes on until then.
pub fn until(world: &mut World, ms: u64, observer: &mut impl Observer) {
    world.advance(Instant::from_millis(ms), u64::MAX, observer);
}

/// A broker's replica of the partition, as it is now.
pub fn replica(world: &World, broker: BrokerId) -> ReplicaFrame {
    let partitions = world.frame().partitions;
    let partition = partitions.into_iter().find(|partition| partition.partition == P).expect("it is shown");
    partition.replicas.into_iter().find(|replica| replica.broker == broker).expect("it has a replica")
}
