//! What `__transaction_state` holds when a run begins in the middle of normal life.

use crate::start::{StartReplica, StartState};
use crate::world::World;
use highwater_kafka::store::{Batch, Body};
use highwater_kafka::transaction::{record_bytes, steady_record};
use highwater_model::Instant;
use highwater_model::trace::Entry;

impl World {
    /// Every producer with a transactional id has initialized it, and its coordinator's log says so.
    pub(crate) fn give_transaction_logs(&mut self, start: &StartState, told: &mut Vec<Entry>) {
        for producer in 1..=self.scenario.setup.workload.producers {
            let record = steady_record(producer, &self.scenario.setup);
            let Some(partition) = self.layout.transaction_partition(record.id) else { return };
            let bytes = record_bytes(&record);
            let base = self.store.history(partition).last().map_or(0, Batch::end);
            let body = Body::Transaction(self.store.put_transaction(record));
            let batch = Batch { base, appended: Instant::ZERO, count: 1, bytes, leader_epoch: 0, sequence: None, body };
            let place = self.store.append(partition, batch);
            let end = batch.end();
            for broker in start.cluster.partitions[partition.index()].replicas.clone() {
                let batches = vec![place];
                let replica =
                    StartReplica { broker, partition, batches, high_watermark: end, flushed: end, epoch_cache: None };
                self.give_log(&replica, told);
            }
        }
    }
}
