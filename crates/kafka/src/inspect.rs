//! A look into what the nodes know, field by field: for tests and conformance cases. The nodes' own doors are beside
//! them (`broker/inspect.rs` and its like); here is what several of them have. A new field is a line in a table.

use crate::log::Log;
use crate::metadata::{BrokerState, Image, PartitionState};
use crate::store::{Batch, Store};
use highwater_model::admin::ConfigScope;
use highwater_model::inspect::Value;
use highwater_model::{BrokerId, Layout, PartitionId, SettingId, inspection};

inspection! {
    /// What metadata says of a partition.
    PARTITION, fn partition_field(state: &PartitionState) {
        "replicas" => Value::list(state.replicas.iter().copied()),
        "isr" => state.isr,
        "elr" => state.elr,
        "last_known" => state.last_known,
        "leader" => state.leader,
        "leader_epoch" => state.leader_epoch,
        "partition_epoch" => state.partition_epoch,
        "recovering" => state.recovering,
        "adding" => state.adding,
        "removing" => state.removing,
        "directories" => Value::list(state.replicas.iter().map(|broker| state.directories.of(*broker))),
    }
}

inspection! {
    /// What metadata says of a broker.
    BROKER, fn broker_field(state: &BrokerState) {
        "epoch" => state.epoch,
        "incarnation" => state.incarnation,
        "fenced" => state.fenced,
        "shutting_down" => state.shutting_down,
        "online_directories" => Value::set(state.online.iter()),
    }
}

inspection! {
    /// What a batch of a log says of each of its records.
    RECORD, fn record_field(batch: &Batch, offset: u64) {
        "base" => batch.base,
        "batch_records" => batch.count,
        "batch_bytes" => batch.bytes,
        "leader_epoch" => batch.leader_epoch,
        "producer" => batch.sequence.map(|sequence| sequence.producer_id),
        "producer_epoch" => batch.sequence.map(|sequence| sequence.epoch),
        "sequence" => batch.sequence.map(|sequence| sequence.nth((offset - batch.base) as u32)),
        "appended" => batch.appended,
    }
}

/// A broker by its name, such as `b2`.
pub fn broker_named(name: &str) -> Option<BrokerId> {
    name.strip_prefix('b')?.parse().ok().map(BrokerId)
}

/// Whose dynamic value: `topic`, `cluster`, `b2`.
fn scope_named(name: &str) -> Option<ConfigScope> {
    match name {
        "topic" => Some(ConfigScope::Topic),
        "cluster" => Some(ConfigScope::Cluster),
        broker => broker_named(broker).map(ConfigScope::Broker),
    }
}

impl Image {
    /// A field: `offset`, `PARTITION.FIELD`, `BROKER.FIELD`, `config.SCOPE.SETTING`.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        match *path {
            ["offset"] => Some(self.offset.into()),
            ["config", scope, ref setting @ ..] => {
                let setting = SettingId::by_name(&setting.join("."))?;
                let value = self.configs.get(scope_named(scope)?, setting);
                Some(value.map_or(Value::None, |value| Value::read(&setting.write(value))))
            }
            [name, field] => match layout.by_short_name(name) {
                Some(partition) => partition_field(field, self.partition(partition)?),
                None => {
                    let known = self.brokers().find(|(id, _)| Some(*id) == broker_named(name));
                    broker_field(field, known?.1)
                }
            },
            _ => None,
        }
    }
}

/// The log as epochs and ranges: `e0:0-1 e3:2-7`.
pub fn log_text(log: &Log, partition: PartitionId, store: &Store) -> String {
    let mut ranges: Vec<(i32, u64, u64)> = Vec::new();
    for place in log.places() {
        let batch = store.batch(partition, place);
        let base = batch.base.max(log.start());
        match ranges.last_mut() {
            Some((epoch, _, end)) if *epoch == batch.leader_epoch && *end == base => *end = batch.end(),
            _ => ranges.push((batch.leader_epoch, base, batch.end())),
        }
    }
    let text = |(epoch, base, end): &(i32, u64, u64)| match end - base {
        1 => format!("e{epoch}:{base}"),
        _ => format!("e{epoch}:{base}-{}", end - 1),
    };
    if ranges.is_empty() { "empty".to_owned() } else { ranges.iter().map(text).collect::<Vec<_>>().join(" ") }
}

/// The epoch cache: `e0@0 e3@2`.
pub fn epochs_text(epochs: &[(i32, u64)]) -> String {
    let text = |(epoch, start): &(i32, u64)| format!("e{epoch}@{start}");
    if epochs.is_empty() { "empty".to_owned() } else { epochs.iter().map(text).collect::<Vec<_>>().join(" ") }
}

/// A record of a log, by its offset; none where the log does not have it.
pub fn record(log: &Log, partition: PartitionId, offset: u64, field: &str, store: &Store) -> Option<Value> {
    let holds = |batch: &&Batch| (batch.base..batch.end()).contains(&offset);
    match log.places().map(|place| store.batch(partition, place)).find(holds) {
        Some(batch) if log.start() <= offset => record_field(field, batch, offset),
        _ => RECORD.contains(&field).then_some(Value::None),
    }
}
