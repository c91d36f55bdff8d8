//! The state in which a run starts: normal life, or whatever a test or a scenario gives.

use crate::world::World;
use highwater_kafka::group::{self, Beginning};
use highwater_kafka::metadata::InitialCluster;
use highwater_kafka::store::{Batch, Body, Sequence};
use highwater_model::trace::Entry;
use highwater_model::{BrokerId, Instant, NodeId, PartitionId, Setup};

/// Where a run starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartState {
    /// Brokers and partitions as the controllers know them.
    pub cluster: InitialCluster,
    /// Batches that leaders have appended to data partitions, in order.
    pub batches: Vec<StartBatch>,
    /// What replicas have of them. A replica that is not named has an empty log.
    pub replicas: Vec<StartReplica>,
    /// The consumer group.
    pub group: Beginning,
    /// Producers and consumers whose application does nothing by itself: see [`World::call`].
    pub by_hand: Vec<NodeId>,
}

/// A batch in a partition's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartBatch {
    /// Which partition.
    pub partition: PartitionId,
    /// Offset of its first record.
    pub base: u64,
    /// Records.
    pub count: u32,
    /// Bytes.
    pub bytes: u32,
    /// The epoch of the leader that appended it.
    pub leader_epoch: i32,
    /// Its producer, and the sequence of its first record.
    pub sequence: Option<Sequence>,
}

/// What a replica has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartReplica {
    /// Where.
    pub broker: BrokerId,
    /// Which partition.
    pub partition: PartitionId,
    /// Its batches, as places among the partition's batches, in the order of their offsets.
    pub batches: Vec<u32>,
    /// Its high watermark.
    pub high_watermark: u64,
    /// Everything below is on disk.
    pub flushed: u64,
    /// Its epoch cache, (epoch, start offset), where it is not that of its batches.
    pub epoch_cache: Option<Vec<(i32, u64)>>,
}

impl StartState {
    /// Normal life: all well, nothing written yet.
    pub fn steady(setup: &Setup) -> Self {
        let layout = setup.layout();
        Self {
            cluster: InitialCluster::place(setup, &layout),
            batches: Vec::new(),
            replicas: Vec::new(),
            group: Beginning::steady(setup, &layout),
            by_hand: Vec::new(),
        }
    }
}

impl World {
    /// Puts the start state's batches into the logs, and the group's own first records.
    pub(crate) fn give_logs(&mut self, start: &StartState) {
        let mut told = Vec::new();
        for batch in &start.batches {
            let stored = Batch {
                base: batch.base,
                appended: Instant::ZERO,
                count: batch.count,
                bytes: batch.bytes,
                leader_epoch: batch.leader_epoch,
                sequence: batch.sequence,
                body: Body::Foreign,
            };
            self.store.append(batch.partition, stored);
        }
        for replica in &start.replicas {
            self.give_log(replica, &mut told);
        }
        self.give_group_log(start, &mut told);
        self.give_transaction_logs(start, &mut told);
        self.say_before_beginning(told);
    }

    fn give_group_log(&mut self, start: &StartState, told: &mut Vec<Entry>) {
        let partition = group::group_partition(&self.layout);
        let mut base = 0;
        let mut batches = Vec::new();
        for append in start.group.log(&self.scenario.setup, &mut self.store) {
            let batch = Batch {
                base,
                appended: Instant::ZERO,
                count: append.records,
                bytes: append.bytes,
                leader_epoch: 0,
                sequence: None,
                body: append.body,
            };
            base = batch.end();
            batches.push(self.store.append(partition, batch));
        }
        let state = &start.cluster.partitions[partition.index()];
        for broker in state.replicas.clone() {
            let replica = StartReplica {
                broker,
                partition,
                batches: batches.clone(),
                high_watermark: base,
                flushed: base,
                epoch_cache: None,
            };
            self.give_log(&replica, told);
        }
    }

    pub(crate) fn give_log(&mut self, replica: &StartReplica, told: &mut Vec<Entry>) {
        let StartReplica { broker, partition, .. } = *replica;
        let node = &mut self.state.brokers[usize::from(broker.0) - 1];
        let segment_bytes_max = u64::from(self.scenario.setup.topic.segment_bytes);
        let ends = (replica.high_watermark, replica.flushed);
        node.give_log(partition, &replica.batches, ends, segment_bytes_max, &self.store);
        if let Some(epochs) = &replica.epoch_cache {
            node.give_epoch_cache(partition, epochs);
        }
        for place in &replica.batches {
            let batch = self.store.batch(partition, *place);
            let told_before = told.iter().any(
                |entry| matches!(entry, Entry::Appended { partition: p, batch, .. } if *p == partition && batch == place),
            );
            told.push(if told_before {
                Entry::Replicated { broker, partition, first: *place, last: *place, end: batch.end() }
            } else {
                Entry::Appended {
                    broker,
                    partition,
                    batch: *place,
                    base: batch.base,
                    count: batch.count,
                    leader_epoch: batch.leader_epoch,
                    content: batch.body.content(),
                }
            });
        }
        if replica.high_watermark != 0 {
            told.push(Entry::HighWatermark { broker, partition, to: replica.high_watermark, leading: false });
        }
        if replica.flushed != 0 {
            told.push(Entry::Flushed { broker, partition, to: replica.flushed, fsync: true });
        }
    }
}
