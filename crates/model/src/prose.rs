//! What a run tells, as prose: one line an entry, for the terminal and for goldens.
//!
//! ```text
//!    2.104 s  b1  leads payments-0  epoch 4  from 1024  hw 1020
//! ```

use crate::fault::Fault;
use crate::ids::{BrokerSet, Layout, NodeId, PartitionId};
use crate::scenario::Scenario;
use crate::time::Instant;
use crate::trace::{Content, Entry, Phase, RecordId, Slice, UNKEYED};
use std::fmt::Display;

/// Writes entries of one scenario's run.
#[derive(Clone, Debug)]
pub struct Prose {
    layout: Layout,
    faults: Vec<Fault>,
}

impl Prose {
    /// For runs of this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        Self { layout: scenario.setup.layout(), faults: scenario.faults.clone() }
    }

    /// The entry as a line: when, who, what.
    pub fn line(&self, at: Instant, entry: &Entry) -> String {
        let ms = at.as_millis();
        format!("{:>4}.{:03} s  {}", ms / 1_000, ms % 1_000, self.sentence(entry))
    }

    /// The entry without its time: who, what.
    pub fn sentence(&self, entry: &Entry) -> String {
        use Entry::*;
        match *entry {
            Fault { .. } | Node { .. } => self.process(entry),
            ControllerElected { .. }
            | ControllerResigned { .. }
            | Registered { .. }
            | Fenced { .. }
            | Unfenced { .. }
            | PartitionChanged { .. }
            | MetadataApplied { .. } => self.quorum(entry),
            Leads { .. }
            | Follows { .. }
            | Appended { .. }
            | Replicated { .. }
            | HighWatermark { .. }
            | Truncated { .. }
            | LostUnflushed { .. }
            | Flushed { .. }
            | LogStart { .. } => self.replica(entry),
            IsrProposed { .. } | IsrCommitted { .. } | IsrRejected { .. } => self.isr(entry),
            Refused { .. }
            | Rejected { .. }
            | Closed { .. }
            | Split { .. }
            | Attempted { .. }
            | Retried { .. }
            | Acked { .. }
            | Failed { .. }
            | SourceEnded { .. } => self.producer(entry),
            Polled { .. }
            | Processed { .. }
            | OffsetCommitted { .. }
            | CommitFailed { .. }
            | PositionReset { .. }
            | Assigned { .. }
            | Revoked { .. }
            | RebalanceStarted { .. }
            | RebalanceCompleted { .. } => self.consumer(entry),
            MemberMoved { .. } | Granted { .. } | Released { .. } | OffsetExpired { .. } => self.coordinator(entry),
            RequestFailed { .. } | Sent { .. } | Received { .. } | Dropped { .. } => self.request(entry),
            Administered { .. }
            | Reassigned { .. }
            | Configured { .. }
            | DirectoryFailed { .. }
            | LogRemoved { .. } => self.administration(entry),
            TransactionBatch { .. }
            | LastStableOffset { .. }
            | TransactionChanged { .. }
            | Transaction { .. }
            | TransactionFailed { .. } => self.transaction(entry),
        }
    }

    fn process(&self, entry: &Entry) -> String {
        match *entry {
            Entry::Fault { fault, phase, node } => {
                let kind = self.faults.get(usize::from(fault)).map(|fault| format!("  {}", fault.kind));
                let verb = match phase {
                    Phase::Strikes => "struck by",
                    Phase::Ends => "freed of",
                };
                said(node, format!("{verb} fault {}{}", u32::from(fault) + 1, kind.unwrap_or_default()))
            }
            Entry::Node { node, state } => said(node, state),
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn quorum(&self, entry: &Entry) -> String {
        match *entry {
            Entry::ControllerElected { controller, epoch } => said(controller, format!("is elected  epoch {epoch}")),
            Entry::ControllerResigned { controller, epoch } => said(controller, format!("resigns  epoch {epoch}")),
            Entry::Registered { broker, epoch, clean } => {
                let stop = if clean { "a clean stop" } else { "an unclean stop" };
                said(broker, format!("is registered  broker epoch {epoch}  after {stop}"))
            }
            Entry::Fenced { broker } => said(broker, "is fenced"),
            Entry::Unfenced { broker } => said(broker, "is unfenced"),
            Entry::PartitionChanged {
                partition,
                leader,
                leader_epoch,
                partition_epoch,
                isr,
                elr,
                last_known,
                election,
                cause,
            } => {
                let leader = leader.map_or_else(|| "no leader".to_owned(), |leader| format!("leader {leader}"));
                let elr = if elr.is_empty() { String::new() } else { format!("  elr {elr}") };
                let last_known = last_known.map(|broker| format!("  last known leader {broker}")).unwrap_or_default();
                let name = self.layout.name(partition);
                let epochs = format!("epoch {leader_epoch}  partition epoch {partition_epoch}");
                said(name, format!("{leader}  {epochs}  isr {isr}{elr}{last_known}  election {election}  by {cause}"))
            }
            Entry::MetadataApplied { broker, offset } => said(broker, format!("applies metadata up to {offset}")),
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn replica(&self, entry: &Entry) -> String {
        match *entry {
            Entry::Leads { broker, partition, leader_epoch, start, high_watermark } => {
                self.at(broker, "leads", partition, format!("epoch {leader_epoch}  from {start}  hw {high_watermark}"))
            }
            Entry::Follows { broker, partition, leader_epoch, leader } => {
                let leader = leader.map_or_else(|| "nobody".to_owned(), |leader| leader.to_string());
                self.at(broker, "follows", partition, format!("epoch {leader_epoch}  leader {leader}"))
            }
            Entry::Appended { broker, partition, batch, base, count, leader_epoch, content } => {
                let offsets = offsets(base, base + u64::from(count));
                let content = match content {
                    Content::Send(send) => format!("send {send}"),
                    Content::Offsets => "committed offsets".to_owned(),
                    Content::GroupMetadata => "group metadata".to_owned(),
                    Content::Foreign => "foreign records".to_owned(),
                    Content::Marker(result) => format!("marker {result}"),
                    Content::Transaction => "transaction state".to_owned(),
                };
                let text = format!("batch {batch}  {offsets}  epoch {leader_epoch}  {content}");
                self.at(broker, "appends", partition, text)
            }
            Entry::Replicated { broker, partition, first, last, end } => {
                let batches = if first == last { format!("batch {first}") } else { format!("batches {first}..{last}") };
                self.at(broker, "replicates", partition, format!("{batches}  log end {end}"))
            }
            Entry::HighWatermark { broker, partition, to, leading } => {
                let role = if leading { "leader" } else { "follower" };
                self.at(broker, "moves hw", partition, format!("to {to}  as {role}"))
            }
            Entry::Truncated { broker, partition, from, to } => {
                self.at(broker, "truncates", partition, format!("from {from} to {to}"))
            }
            Entry::LostUnflushed { broker, partition, from, to } => {
                self.at(broker, "loses unflushed", partition, format!("from {from} to {to}"))
            }
            Entry::Flushed { broker, partition, to, fsync } => self.at(
                broker,
                "flushes",
                partition,
                format!("to {to}  by {}", if fsync { "fsync" } else { "write-back" }),
            ),
            Entry::LogStart { broker, partition, to } => self.at(broker, "deletes", partition, format!("below {to}")),
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn isr(&self, entry: &Entry) -> String {
        match *entry {
            Entry::IsrProposed { broker, partition, isr, maximal } => {
                self.at(broker, "proposes isr", partition, format!("{isr}  maximal {maximal}"))
            }
            Entry::IsrCommitted { broker, partition, isr, partition_epoch } => {
                self.at(broker, "learns isr", partition, format!("{isr}  partition epoch {partition_epoch}"))
            }
            Entry::IsrRejected { broker, partition, error } => self.at(broker, "is refused isr", partition, error),
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn producer(&self, entry: &Entry) -> String {
        match *entry {
            Entry::Refused { producer, stream, first, count } => {
                let records = self.records(RecordId { producer, stream, number: first }, count);
                said(NodeId::Producer(producer), format!("has no room in its source for {records}"))
            }
            Entry::Rejected { producer, stream, first, count, error } => {
                let records = self.records(RecordId { producer, stream, number: first }, u64::from(count));
                said(NodeId::Producer(producer), format!("cannot send {records}  {error}"))
            }
            Entry::Closed { send, producer, stream, first, count, first_arrival, arrival_span } => {
                let records = self.records(RecordId { producer, stream, number: first }, u64::from(count));
                let (from, to) = (first_arrival.as_secs_f64(), (first_arrival + arrival_span).as_secs_f64());
                let arrived = format!("arrived {from:.3}..{to:.3} s");
                said(NodeId::Producer(producer), format!("closes send {send}  {records}  {arrived}"))
            }
            Entry::Split { send, of, skip, count } => {
                let records = range("", u64::from(skip), u64::from(skip) + u64::from(count));
                said(format!("send {of}"), format!("is split: its records {records} go on as send {send}"))
            }
            Entry::Attempted { send, broker, partition, attempt } => {
                let name = self.layout.name(partition);
                said(format!("send {send}"), format!("goes to {broker}  {name}  attempt {attempt}"))
            }
            Entry::Retried { send, error } => said(format!("send {send}"), format!("will be sent again  {error}")),
            Entry::Acked { send, offset } => {
                let offset = offset.map(|offset| format!("  offset {offset}")).unwrap_or_default();
                said(format!("send {send}"), format!("is acked{offset}"))
            }
            Entry::Failed { send, error } => said(format!("send {send}"), format!("fails  {error}")),
            Entry::SourceEnded { producer, stream, offered, waiting } => {
                let stream = self.stream(stream);
                let text = format!("source of {stream} ends  {offered} offered  {waiting} waiting");
                said(NodeId::Producer(producer), text)
            }
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn consumer(&self, entry: &Entry) -> String {
        let who = |consumer| NodeId::Consumer(consumer);
        match *entry {
            Entry::Polled { consumer, records } => said(who(consumer), format!("polls {}", self.slice(records))),
            Entry::Processed { consumer, records } => said(who(consumer), format!("processes {}", self.slice(records))),
            Entry::OffsetCommitted { consumer, partition, offset } => {
                self.at(who(consumer), "commits", partition, format!("offset {offset}"))
            }
            Entry::CommitFailed { consumer, error } => said(who(consumer), format!("cannot commit  {error}")),
            Entry::PositionReset { consumer, partition, from, to, cause } => {
                let from = from.map(|from| format!("from {from} ")).unwrap_or_default();
                self.at(who(consumer), "is set", partition, format!("{from}to {to}  {cause}"))
            }
            Entry::Assigned { consumer, partition, generation } => {
                self.at(who(consumer), "owns", partition, format!("generation {generation}"))
            }
            Entry::Revoked { consumer, partition } => {
                said(who(consumer), format!("gives up {}", self.layout.name(partition)))
            }
            Entry::RebalanceStarted { generation } => {
                said("group", format!("rebalances  generation {generation} ends"))
            }
            Entry::RebalanceCompleted { generation, members } => {
                said("group", format!("is balanced  generation {generation}  members {members}"))
            }
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn coordinator(&self, entry: &Entry) -> String {
        let who = |consumer| NodeId::Consumer(consumer);
        match *entry {
            Entry::MemberMoved { consumer, epoch, state } => {
                said(who(consumer), format!("is at member epoch {epoch}  {state}"))
            }
            Entry::Granted { consumer, partition, epoch } => {
                self.at(who(consumer), "is given", partition, format!("member epoch {epoch}"))
            }
            Entry::Released { consumer, partition } => {
                said(who(consumer), format!("has released {}", self.layout.name(partition)))
            }
            Entry::OffsetExpired { partition } => {
                said("group", format!("forgets the committed offset of {}", self.layout.name(partition)))
            }
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn request(&self, entry: &Entry) -> String {
        match *entry {
            Entry::RequestFailed { node, api, server, error } => {
                said(node, format!("is refused {api} by {server}  {error}"))
            }
            Entry::Sent { packet, from, to, api, response, bytes } => {
                let direction = if response { "response" } else { "request" };
                said(from, format!("sends {api} {direction} to {to}  packet {packet}  {bytes} B"))
            }
            Entry::Received { packet } => said(format!("packet {packet}"), "arrives"),
            Entry::Dropped { packet } => said(format!("packet {packet}"), "is lost"),
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn administration(&self, entry: &Entry) -> String {
        match *entry {
            Entry::Administered { fault, error } => {
                let kind = self.faults.get(usize::from(fault)).map(|fault| format!("  {}", fault.kind));
                let outcome = error.map_or_else(|| "is done".to_owned(), |error| format!("is refused  {error}"));
                said(format!("request {}", u32::from(fault) + 1), outcome + &kind.unwrap_or_default())
            }
            Entry::Reassigned { partition, replicas, adding, removing } => {
                let part = |name: &str, brokers: BrokerSet| {
                    if brokers.is_empty() { String::new() } else { format!("  {name} {brokers}") }
                };
                let moves = part("adding", adding) + &part("removing", removing);
                said(self.layout.name(partition), format!("replicas {replicas}{moves}"))
            }
            Entry::Configured { scope, setting, value } => {
                let value = value.map_or_else(|| "no value".to_owned(), |value| setting.write(value));
                said(scope, format!("has {} {value}", setting.name()))
            }
            Entry::DirectoryFailed { broker, dir } => said(broker, format!("loses log directory {dir}")),
            Entry::LogRemoved { broker, partition } => {
                said(broker, format!("deletes its log of {}", self.layout.name(partition)))
            }
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn transaction(&self, entry: &Entry) -> String {
        match *entry {
            Entry::TransactionBatch { partition, batch, producer_id, epoch } => {
                let text = format!("batch {batch}  in a transaction of producer id {producer_id}  epoch {epoch}");
                said(self.layout.name(partition), text)
            }
            Entry::LastStableOffset { broker, partition, to } => {
                self.at(broker, "moves lso", partition, format!("to {to}"))
            }
            Entry::TransactionChanged { id, broker, state, producer_id, epoch } => {
                said(broker, format!("writes down {id}  {state}  producer id {producer_id}  epoch {epoch}"))
            }
            Entry::Transaction { producer, step } => said(NodeId::Producer(producer), step),
            Entry::TransactionFailed { producer, error } => {
                said(NodeId::Producer(producer), format!("has an error in its transaction  {error}"))
            }
            _ => unreachable!("sentence() sorts the entries"),
        }
    }

    fn at(&self, who: impl Display, does: &str, partition: PartitionId, how: impl Display) -> String {
        said(who, format!("{does} {}  {how}", self.layout.name(partition)))
    }

    /// What a stream's records are for: their partition's name.
    pub fn stream(&self, stream: PartitionId) -> String {
        if stream == UNKEYED { "records without key".to_owned() } else { self.layout.name(stream) }
    }

    /// Records next to each other in a stream: `payments-0 r17..r19`.
    fn records(&self, first: RecordId, count: u64) -> String {
        format!("{} {}", self.stream(first.stream), range("r", first.number, first.number + count))
    }

    fn slice(&self, Slice { partition, batch, skip, count }: Slice) -> String {
        let records = range("", u64::from(skip), u64::from(skip) + u64::from(count));
        format!("{}  batch {batch}  records {records}", self.layout.name(partition))
    }
}

fn said(who: impl Display, what: impl Display) -> String {
    format!("{who}  {what}")
}

fn offsets(from: u64, to: u64) -> String {
    let word = if to - from == 1 { "offset" } else { "offsets" };
    format!("{word} {}", range("", from, to))
}

/// `17..19` for 17, 18 and 19; `17` for one alone.
fn range(prefix: &str, from: u64, to: u64) -> String {
    if to <= from + 1 { format!("{prefix}{from}") } else { format!("{prefix}{from}..{prefix}{}", to - 1) }
}
