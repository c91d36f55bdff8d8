//! `[start]`: the state in which a case begins. What is not said is as in normal life: all brokers registered and
//! unfenced, replicas placed and led as Kafka places them, nothing written.

use crate::groups;
use crate::sheet::{CaseProblem, Fields, Item, Table};
use highwater_kafka::store::{Scope, Sequence};
use highwater_model::{BrokerId, BrokerSet, Layout, NodeId, PartitionId, Scenario};
use highwater_sim::start::{StartBatch, StartReplica, StartState};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a record in a log that a case gives.
const RECORD_BYTES: u32 = 100;

/// Where a case begins.
#[derive(Clone, Debug)]
pub struct Start {
    /// The cluster and its logs.
    pub state: StartState,
    /// Nodes that the case plays itself.
    pub scripted: Vec<NodeId>,
    /// Nodes whose process is not there.
    pub down: Vec<NodeId>,
}

/// Records of one epoch, one after the other: batches of a log as a case writes them, `e3:2-7`, or `e3:2-7/1` in batches
/// of one record, or `e3:2-7(9,0,5)` of producer 9 in its epoch 0 from sequence 5 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    epoch: i32,
    first: u64,
    end: u64,
    batch: u32,
    /// Its producer, and the sequence of its first record.
    sequence: Option<Sequence>,
}

/// What a case says of a replica.
#[derive(Clone, Debug, Default)]
struct Replica {
    log: Vec<Range>,
    high_watermark: Option<u64>,
    flushed: Option<u64>,
    epoch_cache: Option<Vec<(i32, u64)>>,
    directory: Option<u8>,
}

/// Reads `[start]`.
pub fn read(table: Option<&Table>, scenario: &Scenario, problems: &mut Vec<CaseProblem>) -> Start {
    let layout = scenario.setup.layout();
    let nodes = scenario.setup.nodes();
    let mut start = Start { state: StartState::steady(&scenario.setup), scripted: Vec::new(), down: Vec::new() };
    let Some(table) = table else { return start };
    let mut own = Table { line: table.line, fields: Vec::new() };
    for (name, line, item) in &table.fields {
        let Item::Table(inner) = item else {
            own.fields.push((name.clone(), *line, item.clone()));
            continue;
        };
        let fields = Fields::of(inner, &layout, &nodes);
        if let Some(partition) = layout.by_short_name(name) {
            read_partition(partition, inner, (&layout, &nodes), &mut start, problems);
        } else if name == "group" {
            groups::read_group(inner, (&scenario.setup, &layout, &nodes), &mut start, problems);
        } else if let Some(consumer) = groups::consumer_named(&fields, name) {
            groups::read_consumer(consumer, inner, (&layout, &nodes), &mut start, problems);
        } else if let Some(broker) = fields.broker_of(name) {
            read_broker(broker, &fields, &mut start);
            problems.extend(fields.finish("a broker's start"));
        } else {
            let text = format!(
                "`start.{name}` is no partition such as `t-0`, no broker or consumer of this case, and not `group`"
            );
            problems.push(CaseProblem { line: Some(*line), text });
        }
    }
    let fields = Fields::of(&own, &layout, &nodes);
    start.scripted = fields.node_list("script").unwrap_or_default();
    start.down.extend(fields.node_list("down").unwrap_or_default());
    start.state.by_hand = fields.node_list("by_hand").unwrap_or_default();
    if start.state.by_hand.iter().any(|node| node.is_server()) {
        fields.problem("`by_hand` are producers and consumers".to_owned());
    }
    problems.extend(fields.finish("[start]"));
    start
}

fn read_broker(broker: BrokerId, fields: &Fields, start: &mut Start) {
    let state = &mut start.state.cluster.brokers[usize::from(broker.0) - 1];
    state.epoch = fields.number("epoch").unwrap_or(state.epoch);
    state.fenced = fields.flag("fenced").unwrap_or(state.fenced);
}

fn read_partition(
    partition: PartitionId,
    table: &Table,
    (layout, nodes): (&Layout, &[NodeId]),
    start: &mut Start,
    problems: &mut Vec<CaseProblem>,
) {
    let mut own = Table { line: table.line, fields: Vec::new() };
    let mut tables: Vec<(&str, &Table)> = Vec::new();
    for (name, line, item) in &table.fields {
        match item {
            Item::Table(inner) => tables.push((name, inner)),
            _ => own.fields.push((name.clone(), *line, item.clone())),
        }
    }
    let fields = Fields::of(&own, layout, nodes);
    let state = &mut start.state.cluster.partitions[partition.index()];
    if let Some(replicas) = fields.broker_list("replicas") {
        state.replicas = replicas.into_iter().collect();
        state.isr = state.replicas.iter().copied().collect();
    }
    state.isr = fields.brokers("isr").unwrap_or(state.isr);
    let first = state.replicas.iter().copied().find(|broker| state.isr.contains(*broker));
    state.leader = fields.broker_or_none("leader").unwrap_or(first);
    state.leader_epoch = fields.number("leader_epoch").unwrap_or(state.leader_epoch);
    state.partition_epoch = fields.number("partition_epoch").unwrap_or(state.partition_epoch);
    state.elr = fields.brokers("elr").unwrap_or(state.elr);
    state.last_known = fields.broker_or_none("last_known").unwrap_or(state.last_known);
    state.recovering = fields.flag("recovering").unwrap_or(state.recovering);
    state.adding = fields.brokers("adding").unwrap_or(state.adding);
    state.removing = fields.brokers("removing").unwrap_or(state.removing);
    let replicas: BrokerSet = state.replicas.iter().copied().collect();
    let leader = state.leader.map_or(BrokerSet::EMPTY, BrokerSet::only);
    for (name, brokers) in [("leader", leader), ("isr", state.isr), ("elr", state.elr)] {
        if !brokers.is_subset(replicas) {
            fields
                .problem(format!("`{name}` names {}, which has no replica of this partition", brokers.minus(replicas)));
        }
    }
    let record_bytes = fields.number("record_bytes").unwrap_or(RECORD_BYTES);
    let common = read_replica(&fields, Replica::default());
    let mut replicas: BTreeMap<BrokerId, Replica> =
        state.replicas.iter().map(|broker| (*broker, common.clone())).collect();
    for (name, inner) in tables {
        let inner = Fields::of(inner, layout, nodes);
        match inner.broker_of(name).filter(|broker| replicas.contains_key(broker)) {
            Some(broker) => {
                replicas.insert(broker, read_replica(&inner, common.clone()));
                problems.extend(inner.finish("a replica's start"));
            }
            None => {
                let text = format!("`{name}` has no replica of this partition; its `replicas` are those that have");
                problems.push(CaseProblem { line: Some(inner.line()), text });
            }
        }
    }
    problems.extend(fields.finish("a partition's start"));
    let state = &mut start.state.cluster.partitions[partition.index()];
    for (broker, dir) in replicas.iter().filter_map(|(broker, replica)| Some((broker, replica.directory?))) {
        state.directories = state.directories.with(*broker, dir);
    }
    if let Err(text) = give(partition, &replicas, record_bytes, &mut start.state) {
        problems.push(CaseProblem { line: Some(table.line), text });
    }
}

fn read_replica(fields: &Fields, common: Replica) -> Replica {
    Replica {
        log: fields
            .word("log", "\"empty\", or epochs and ranges such as \"e0:0-1 e3:2-7\"", ranges)
            .unwrap_or(common.log),
        high_watermark: fields.number("high_watermark").or(common.high_watermark),
        flushed: fields.number("flushed").or(common.flushed),
        epoch_cache: fields
            .word("epoch_cache", "\"empty\", or epochs and their starts such as \"e0@0 e3@2\"", epochs)
            .or(common.epoch_cache),
        directory: fields.number("directory").or(common.directory),
    }
}

fn ranges(text: &str) -> Option<Vec<Range>> {
    if text == "empty" {
        return Some(Vec::new());
    }
    let mut ranges: Vec<Range> = Vec::new();
    for part in text.split_whitespace() {
        let (epoch, offsets) = part.strip_prefix('e')?.split_once(':')?;
        let (offsets, sequence) = match offsets.split_once('(') {
            Some((offsets, of)) => (offsets, Some(sequence_of(of.strip_suffix(')')?)?)),
            None => (offsets, None),
        };
        let (offsets, batch) = match offsets.split_once('/') {
            Some((offsets, batch)) => (offsets, Some(batch.parse().ok().filter(|batch| 0 < *batch)?)),
            None => (offsets, None),
        };
        let (first, last) = offsets.split_once('-').unwrap_or((offsets, offsets));
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        let (epoch, end) = (epoch.parse().ok()?, last.checked_add(1)?);
        let count = u32::try_from(end.checked_sub(first)?).ok()?;
        if count == 0 || ranges.last().is_some_and(|before| before.end != first || epoch < before.epoch) {
            return None;
        }
        ranges.push(Range { epoch, first, end, batch: batch.unwrap_or(count), sequence });
    }
    Some(ranges)
}

/// `9,0,5`: producer id, producer epoch, first sequence; `9,0,5,t` in a transaction.
fn sequence_of(text: &str) -> Option<Sequence> {
    let mut parts = text.split(',').map(str::trim);
    let (producer_id, epoch, first) = (parts.next()?, parts.next()?, parts.next()?);
    let scope = match parts.next() {
        None => Scope::Session,
        Some("t") => Scope::Transaction,
        Some(_) => return None,
    };
    let (producer_id, epoch, first) = (producer_id.parse().ok()?, epoch.parse().ok()?, first.parse().ok()?);
    let sequence = Sequence { producer_id, epoch, first, scope };
    parts.next().is_none().then_some(sequence)
}

fn epochs(text: &str) -> Option<Vec<(i32, u64)>> {
    if text == "empty" {
        return Some(Vec::new());
    }
    let epoch = |part: &str| {
        let (epoch, start) = part.strip_prefix('e')?.split_once('@')?;
        Some((epoch.parse().ok()?, start.parse().ok()?))
    };
    text.split_whitespace().map(epoch).collect()
}

/// Turns what is said of the replicas into batches of one history: records of one epoch at one offset are the same
/// wherever they are, and batches end wherever some replica's range ends.
fn give(
    partition: PartitionId,
    replicas: &BTreeMap<BrokerId, Replica>,
    record_bytes: u32,
    state: &mut StartState,
) -> Result<(), String> {
    let ranges = || replicas.values().flat_map(|replica| replica.log.iter().copied());
    let mut cuts: BTreeMap<i32, BTreeSet<u64>> = BTreeMap::new();
    for range in ranges() {
        let of_epoch = cuts.entry(range.epoch).or_default();
        of_epoch.extend((range.first..range.end).step_by(range.batch as usize));
        of_epoch.insert(range.end);
    }
    let mut places: BTreeMap<(i32, u64), (u32, u64)> = BTreeMap::new();
    let batches_before = state.batches.iter().filter(|batch| batch.partition == partition).count() as u32;
    for (epoch, cuts) in &cuts {
        for (base, end) in cuts.iter().zip(cuts.iter().skip(1)) {
            if !ranges().any(|range| range.epoch == *epoch && range.first <= *base && *end <= range.end) {
                continue; // between two ranges
            }
            let holds = |range: &Range| range.epoch == *epoch && range.first <= *base && *base < range.end;
            let written = ranges().filter(holds).find_map(|range| Some((range, range.sequence?)));
            let sequence = written
                .map(|(range, sequence)| Sequence { first: sequence.nth((base - range.first) as u32), ..sequence });
            let count = (end - base) as u32;
            let (bytes, leader_epoch) = (count.saturating_mul(record_bytes), *epoch);
            places.insert((*epoch, *base), (batches_before + places.len() as u32, *end));
            state.batches.push(StartBatch { partition, base: *base, count, bytes, leader_epoch, sequence });
        }
    }
    for (broker, replica) in replicas {
        let mut batches = Vec::new();
        for range in &replica.log {
            let own = places.range((range.epoch, range.first)..(range.epoch, range.end));
            batches.extend(own.map(|(_, (place, _))| *place));
        }
        let end = replica.log.last().map_or(0, |range| range.end);
        let high_watermark = replica.high_watermark.unwrap_or(0);
        if end < high_watermark {
            return Err(format!("{broker}: the high watermark {high_watermark} lies beyond the log's end {end}"));
        }
        state.replicas.push(StartReplica {
            broker: *broker,
            partition,
            batches,
            high_watermark,
            flushed: replica.flushed.unwrap_or(end),
            epoch_cache: replica.epoch_cache.clone(),
        });
    }
    Ok(())
}

/// The names that `[start]` and its tables take, for the document that lists them.
pub fn words(layout: &Layout, nodes: &[NodeId]) -> Vec<&'static str> {
    let nothing = Table::default();
    let fields = Fields::of(&nothing, layout, nodes);
    read_replica(&fields, Replica::default());
    let mut words = fields.asked();
    words.extend([
        "script",
        "by_hand",
        "down",
        "epoch",
        "fenced",
        "replicas",
        "isr",
        "leader",
        "leader_epoch",
        "partition_epoch",
        "elr",
        "last_known",
        "recovering",
        "adding",
        "removing",
        "record_bytes",
    ]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_epochs_and_ranges() {
        let read = ranges("e0:0-1 e3:2-7/2 e7:8").expect("it is one");
        let of = |range: &Range| (range.epoch, range.first, range.end, range.batch);
        assert_eq!(read.iter().map(of).collect::<Vec<_>>(), [(0, 0, 2, 2), (3, 2, 8, 2), (7, 8, 9, 1)]);
        assert_eq!(ranges("empty"), Some(Vec::new()));
        for text in ["e0:0-1 e3:3-4", "e3:0-1 e0:2-3", "0:0-1", "e0:1-0", "e0:0-1/0", "e0:"] {
            assert_eq!(ranges(text), None, "{text}");
        }
    }
}
