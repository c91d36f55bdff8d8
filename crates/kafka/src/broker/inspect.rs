//! A look into a broker, field by field.

use super::Broker;
use super::producers::{ProducerState, ProducerStates};
use super::replica::{Follower, Leader, Replica, Role};
use crate::inspect::{broker_named, epochs_text, log_text, record};
use crate::store::{Store, TransactionRecord};
use highwater_model::inspect::Value;
use highwater_model::{BrokerSet, Layout, PartitionId, TransactionalId, inspection};

inspection! {
    /// A broker's own fields.
    BROKER_OWN, fn own_field(broker: &Broker) {
        "epoch" => broker.control.epoch(),
        "parked_produces" => broker.parked.len(),
        "dirty_bytes" => broker.dirty_bytes(),
        "offline_directories" => Value::set(broker.offline_directories().iter()),
    }
}

inspection! {
    /// A replica's fields, whatever its role.
    REPLICA, fn replica_field(replica: &Replica, partition: PartitionId, store: &Store) {
        "role" => match &replica.role {
            Role::Idle => "none",
            Role::Follower(_) => "follower",
            Role::Leader(_) => "leader",
            Role::Offline => "offline",
        },
        "follows" => match &replica.role {
            Role::Follower(leader) => *leader,
            Role::Idle | Role::Leader(_) | Role::Offline => None,
        },
        "leader_epoch" => replica.leader_epoch,
        "partition_epoch" => replica.partition_epoch,
        "replicas" => Value::list(replica.replicas.iter().copied()),
        "directory" => replica.dir,
        "log" => log_text(&replica.log, partition, store),
        "log_start" => replica.log.start(),
        "log_end" => replica.log.end(),
        "high_watermark" => replica.high_watermark,
        "last_stable_offset" => replica.last_stable(),
        "high_watermark_checkpoint" => replica.checkpointed_high_watermark,
        "epoch_cache" => epochs_text(replica.log.epochs()),
        "latest_epoch" => replica.log.latest_epoch(),
        "flushed" => replica.log.durable(),
        "recovery_point" => replica.log.recovery_point(),
        "active_segment" => replica.log.active_segment(),
        "segments" => replica.log.segment_count(),
    }
}

inspection! {
    /// What a leader knows; `none` on a replica that does not lead.
    LEADER, fn leader_field(leader: &Leader) {
        "isr" => leader.isr,
        "maximal_isr" => leader.maximal_isr(),
        "pending_isr" => leader.proposed.map(|proposed| proposed.isr),
        "first_unstable_offset" => leader.producers.stability.first_unstable(),
        "epoch_start" => leader.epoch_start,
        "waiting_produces" => leader.waiting.len(),
        "recovering" => leader.recovering,
    }
}

inspection! {
    /// What a leader knows of a follower.
    FOLLOWER, fn follower_field(follower: &Follower) {
        "log_end" => follower.end,
        "last_fetch_leader_end" => follower.last_fetch_leader_end,
        "broker_epoch" => follower.broker_epoch,
    }
}

inspection! {
    /// What a replica remembers of an idempotent producer.
    PRODUCER, fn producer_field(producer: &ProducerState) {
        "epoch" => producer.epoch,
        "coordinator_epoch" => producer.coordinator_epoch,
        "last_sequence" => producer.batches.last().map(|batch| batch.last),
        "last_offset" => producer.batches.last().map(|batch| batch.base + u64::from(batch.records()) - 1),
        "batches" => Value::list(producer.batches.iter().map(|b| Value::list([i64::from(b.first), i64::from(b.last)]))),
    }
}

impl Broker {
    /// A field of its state, by its path.
    pub fn inspect(&self, path: &[&str], layout: &Layout, store: &Store) -> Option<Value> {
        match *path {
            ["transaction", id, field] => self.inspect_transaction(id, field, layout),
            ["metadata", ref rest @ ..] => self.image.inspect(rest, layout),
            [field] => own_field(field, self),
            [name, ref rest @ ..] => {
                let partition = layout.by_short_name(name)?;
                match &self.replicas[partition.index()] {
                    Some(replica) => inspect_replica(replica, partition, rest, store),
                    None => Some(Value::None),
                }
            }
            [] => None,
        }
    }
}

fn inspect_replica(replica: &Replica, partition: PartitionId, path: &[&str], store: &Store) -> Option<Value> {
    match *path {
        ["out_of_sync"] => Some(out_of_sync(replica).into()),
        [field] => match (replica_field(field, replica, partition, store), replica.leader()) {
            (Some(value), _) => Some(value),
            (None, Some(leader)) => leader_field(field, leader),
            (None, None) => LEADER.contains(&field).then_some(Value::None),
        },
        ["record", offset, field] => record(&replica.log, partition, offset.parse().ok()?, field, store),
        ["follower", name, field] => {
            let broker = broker_named(name)?;
            match replica.leader().and_then(|leader| leader.followers.iter().find(|f| f.broker == broker)) {
                Some(follower) => follower_field(field, follower),
                None => FOLLOWER.contains(&field).then_some(Value::None),
            }
        }
        ["producer", id, field] => {
            let states = match replica.leader() {
                Some(leader) => leader.producers.clone(),
                None => ProducerStates::of_log(&replica.log, partition, replica.high_watermark, store),
            };
            if field == "transaction_start" {
                return Some(states.stability.start_of(id.parse().ok()?).into());
            }
            match states.of(id.parse().ok()?) {
                Some(state) => producer_field(field, state),
                None => PRODUCER.contains(&field).then_some(Value::None),
            }
        }
        _ => None,
    }
}

inspection! {
    /// What a coordinator knows of a transactional id; `none` where the broker does not coordinate it.
    TRANSACTION, fn transaction_field(record: &TransactionRecord, layout: &Layout) {
        "state" => record.state.to_string(),
        "producer_id" => record.producer.id,
        "producer_epoch" => record.producer.epoch,
        "last_epoch" => record.last_epoch,
        "partitions" => Value::list(record.partitions.iter().map(|partition| layout.short_name(*partition))),
        "timeout" => record.timeout,
    }
}

impl Broker {
    fn inspect_transaction(&self, id: &str, field: &str, layout: &Layout) -> Option<Value> {
        let id = TransactionalId(id.strip_prefix("producer-")?.parse().ok()?);
        match self.transactions.coordinator.transaction(id) {
            Some(record) => transaction_field(field, record, layout),
            None => TRANSACTION.contains(&field).then_some(Value::None),
        }
    }
}

/// Members of the ISR that a proposal leaves out.
fn out_of_sync(replica: &Replica) -> Option<BrokerSet> {
    let leader = replica.leader()?;
    Some(leader.proposed.map_or(BrokerSet::EMPTY, |proposed| leader.isr.minus(proposed.isr)))
}
