//! How a case writes what consumers and their group have: partitions, committed offsets, assignments; and where the
//! group starts.

use crate::sheet::{CaseProblem, Fields, Table};
use crate::start::Start;
use highwater_kafka::message::InstanceId;
use highwater_kafka::store::CommittedOffset;
use highwater_model::inspect::Value;
use highwater_model::{Layout, NodeId, PartitionId, Setup};
use highwater_sim::Returned;
use highwater_sim::World;
use std::collections::BTreeMap;

/// A partition by its name.
pub fn partition_of(fields: &Fields, text: &str) -> Option<PartitionId> {
    let partition = fields.layout.by_short_name(text.trim());
    if partition.is_none() {
        fields.problem(format!("`{text}` is no partition; one is `t-0`"));
    }
    partition
}

/// Committed offsets: `t-0@5`, or with the leader epoch of the record before `t-0@5@e3`.
pub fn offsets(fields: &Fields, name: &'static str) -> Option<Vec<CommittedOffset>> {
    let read = |text: &String| {
        let mut parts = text.split('@');
        let partition = partition_of(fields, parts.next()?)?;
        let offset = parts.next().and_then(|offset| offset.trim().parse().ok());
        let leader_epoch = match parts.next() {
            None => Some(-1),
            Some(epoch) => epoch.trim().strip_prefix('e').and_then(|epoch| epoch.parse().ok()),
        };
        if offset.is_none() || leader_epoch.is_none() || parts.next().is_some() {
            fields.problem(format!("`{text}` is no committed offset; one is `t-0@5`, or `t-0@5@e3`"));
        }
        Some(CommittedOffset { partition, offset: offset?, leader_epoch: leader_epoch? })
    };
    fields.texts(name)?.iter().map(read).collect()
}

/// Who has what: `consumer-1: t-0 t-1`, with whatever `key` reads before the colon.
pub fn assignments<K>(
    fields: &Fields,
    name: &'static str,
    key: impl Fn(&str) -> Option<K>,
) -> Option<Vec<(K, Vec<PartitionId>)>> {
    let read = |text: &String| {
        let (own, partitions) = text.split_once(':').unwrap_or((text, ""));
        let own = key(own.trim());
        if own.is_none() {
            fields.problem(format!("`{text}` is no assignment; `{name}` are such as `consumer-1: t-0 t-1`"));
        }
        let partitions: Option<_> = partitions.split_whitespace().map(|text| partition_of(fields, text)).collect();
        Some((own?, partitions?))
    };
    fields.texts(name)?.iter().map(read).collect()
}

/// A consumer by its name.
pub fn consumer_named(fields: &Fields, text: &str) -> Option<u8> {
    match highwater_sim::inspect::node_named(text) {
        Some(node @ NodeId::Consumer(consumer)) if fields.nodes.contains(&node) => Some(consumer),
        _ => None,
    }
}

/// Reads `[start.group]`.
pub fn read_group(
    table: &Table,
    (setup, layout, nodes): (&Setup, &Layout, &[NodeId]),
    start: &mut Start,
    problems: &mut Vec<CaseProblem>,
) {
    let fields = Fields::of(table, layout, nodes);
    let group = &mut start.state.group;
    group.generation = fields.number("generation").unwrap_or(group.generation);
    if let Some(members) = fields.node_list("members") {
        let consumer = |node: &NodeId| if let NodeId::Consumer(n) = node { Some(*n) } else { None };
        let consumers: Vec<u8> = members.iter().filter_map(consumer).collect();
        group.take_in(&consumers, setup);
    }
    if let Some(assignment) = assignments(&fields, "assignment", |text| consumer_named(&fields, text)) {
        group.members = assignment;
        for (_, partitions) in &mut group.members {
            partitions.sort_unstable();
        }
    }
    if let Some(offsets) = offsets(&fields, "offsets") {
        group.offsets = offsets;
    }
    problems.extend(fields.finish("the group's start"));
}

/// Reads `[start.consumer-1]`.
pub fn read_consumer(
    consumer: u8,
    table: &Table,
    (layout, nodes): (&Layout, &[NodeId]),
    start: &mut Start,
    problems: &mut Vec<CaseProblem>,
) {
    let fields = Fields::of(table, layout, nodes);
    if let Some(instance) = fields.number_or_none::<u8>("instance") {
        start.state.group.instances[usize::from(consumer) - 1] = instance.map(InstanceId);
    }
    problems.extend(fields.finish("a consumer's start"));
}

/// What a call came to, field by field.
pub fn returned(returned: &Returned, world: &World, layout: &Layout) -> Value {
    let mut read: BTreeMap<PartitionId, (u64, u64)> = BTreeMap::new();
    for records in &returned.records {
        let (first, next) = world.offsets_of(*records);
        read.entry(records.partition).and_modify(|(_, end)| *end = next).or_insert((first, next));
    }
    let records: u32 = returned.records.iter().map(|records| records.count).sum();
    let mut fields =
        vec![("error".to_owned(), returned.exception.clone().into()), ("records".to_owned(), records.into())];
    fields.extend(read.into_iter().map(|(partition, (first, next))| {
        (layout.short_name(partition), Value::fields([("first", first.into()), ("next", next.into())]))
    }));
    Value::Fields(fields)
}

/// The names that these sections take, for the document that lists them.
pub const WORDS: [&str; 6] = ["group", "generation", "members", "assignment", "offsets", "instance"];
