//! Sentences in English.

use super::{broker_or, set_or};
use crate::i18n::{numbers, stage};
use highwater_model::trace::{ChangeCause, Content, Election, Entry, Error, Phase, ResetCause};
use highwater_model::{Layout, NodeId};
use highwater_oracle::report::Category;

pub(super) fn sentence(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Fault { .. } | Entry::Node { .. } => process(entry),
        Entry::ControllerElected { .. }
        | Entry::ControllerResigned { .. }
        | Entry::Registered { .. }
        | Entry::Fenced { .. }
        | Entry::Unfenced { .. }
        | Entry::PartitionChanged { .. }
        | Entry::MetadataApplied { .. } => controller(entry, layout),
        Entry::Leads { .. }
        | Entry::Follows { .. }
        | Entry::Appended { .. }
        | Entry::Replicated { .. }
        | Entry::HighWatermark { .. }
        | Entry::Truncated { .. }
        | Entry::LostUnflushed { .. }
        | Entry::Flushed { .. }
        | Entry::LogStart { .. }
        | Entry::IsrProposed { .. }
        | Entry::IsrCommitted { .. }
        | Entry::IsrRejected { .. } => replica(entry, layout),
        Entry::Refused { .. }
        | Entry::Rejected { .. }
        | Entry::Closed { .. }
        | Entry::Split { .. }
        | Entry::Attempted { .. }
        | Entry::Retried { .. }
        | Entry::Acked { .. }
        | Entry::Failed { .. }
        | Entry::SourceEnded { .. } => producer(entry, layout),
        Entry::Polled { .. }
        | Entry::Processed { .. }
        | Entry::OffsetCommitted { .. }
        | Entry::CommitFailed { .. }
        | Entry::PositionReset { .. }
        | Entry::Assigned { .. }
        | Entry::Revoked { .. }
        | Entry::RebalanceStarted { .. }
        | Entry::RebalanceCompleted { .. } => consumer(entry, layout),
        Entry::TransactionBatch { .. }
        | Entry::LastStableOffset { .. }
        | Entry::TransactionChanged { .. }
        | Entry::Transaction { .. }
        | Entry::TransactionFailed { .. } => transaction(entry, layout),
        Entry::MemberMoved { .. } | Entry::Granted { .. } | Entry::Released { .. } | Entry::OffsetExpired { .. } => {
            coordinator(entry, layout)
        }
        Entry::RequestFailed { .. } | Entry::Sent { .. } | Entry::Received { .. } | Entry::Dropped { .. } => {
            message(entry)
        }
        Entry::Administered { .. }
        | Entry::Reassigned { .. }
        | Entry::Configured { .. }
        | Entry::DirectoryFailed { .. }
        | Entry::LogRemoved { .. } => administration(entry, layout),
    }
}

fn node(node: NodeId) -> String {
    match node {
        NodeId::Broker(broker) => format!("Broker {}", broker.0),
        NodeId::Controller(controller) => format!("Controller {}", controller.0),
        NodeId::Producer(n) => format!("Producer {n}"),
        NodeId::Consumer(n) => format!("Consumer {n}"),
    }
}

fn records(n: impl Into<u64>) -> String {
    match n.into() {
        1 => "1 record".to_owned(),
        n => format!("{} records", numbers::count(n)),
    }
}

fn process(entry: &Entry) -> String {
    match *entry {
        Entry::Fault { fault, phase: Phase::Strikes, node: whom } => {
            format!("Fault {} strikes {}.", fault + 1, node(whom).to_lowercase())
        }
        Entry::Fault { fault, phase: Phase::Ends, node: whom } => {
            format!("Fault {} ends for {}.", fault + 1, node(whom).to_lowercase())
        }
        Entry::Node { node: whom, state } => format!("{}: {}.", node(whom), (stage::EN.state)(state)),
        _ => unreachable!("told elsewhere"),
    }
}

fn controller(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::ControllerElected { controller, epoch } => {
            format!("Controller {} becomes active in epoch {epoch}.", controller.0)
        }
        Entry::ControllerResigned { controller, epoch } => {
            format!("Controller {} is no longer active (epoch {epoch}).", controller.0)
        }
        Entry::Registered { broker, epoch, clean } => {
            let stop = if clean { "a clean stop" } else { "an unclean stop" };
            format!("The controller registers broker {} after {stop} (broker epoch {epoch}).", broker.0)
        }
        Entry::Fenced { broker } => format!("The controller fences broker {}: it may lead nothing.", broker.0),
        Entry::Unfenced { broker } => format!("The controller unfences broker {}.", broker.0),
        Entry::PartitionChanged { partition, leader, leader_epoch, isr, elr, election, cause, .. } => {
            let name = layout.name(partition);
            let why = change_cause(cause);
            let isr = set_or(isr, "empty");
            let eligible = if elr.is_empty() { String::new() } else { format!(", ELR {elr}") };
            match election {
                Election::Unchanged => {
                    format!("{name}: ISR is now {isr}{eligible}, leader {} ({why}).", broker_or(leader, "none"))
                }
                Election::Leaderless => format!("{name} has no leader any more: ISR {isr}{eligible} ({why})."),
                _ => format!(
                    "{name} is led by {} from now on, epoch {leader_epoch}, ISR {isr}{eligible} ({} election, {why}).",
                    broker_or(leader, "none"),
                    self::election(election)
                ),
            }
        }
        Entry::MetadataApplied { broker, offset } => {
            format!("Broker {} knows the metadata up to {}.", broker.0, numbers::count(offset))
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn administration(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Administered { fault, error: None } => format!("Request {} is done.", fault + 1),
        Entry::Administered { fault, error: Some(error) } => format!("Request {} is refused: {error}.", fault + 1),
        Entry::Reassigned { partition, replicas, adding, removing } => {
            let name = layout.name(partition);
            if adding.is_empty() && removing.is_empty() {
                return format!("{name} has the replicas {}.", set_or(replicas, "nobody"));
            }
            let (adding, removing) = (set_or(adding, "nobody"), set_or(removing, "nobody"));
            format!("{name} is being reassigned: {adding} to come, {removing} to go.")
        }
        Entry::Configured { scope, setting, value: Some(value) } => {
            format!("{} is now {} ({scope}).", setting.name(), setting.write(value))
        }
        Entry::Configured { scope, setting, value: None } => {
            format!("{} has no value of its own any more ({scope}).", setting.name())
        }
        Entry::DirectoryFailed { broker, dir } => {
            format!("Broker {} loses log directory {dir}; its other directories go on.", broker.0)
        }
        Entry::LogRemoved { broker, partition } => {
            format!("Broker {} has no replica of {} any more.", broker.0, layout.name(partition))
        }
        _ => unreachable!("sentence() sorts the entries"),
    }
}

const fn change_cause(cause: ChangeCause) -> &'static str {
    match cause {
        ChangeCause::Created => "partition created",
        ChangeCause::AlterPartition => "its leader asked for it",
        ChangeCause::Fenced => "a broker was fenced",
        ChangeCause::Unfenced => "a broker came back",
        ChangeCause::Shutdown => "a broker shuts down in order",
        ChangeCause::UncleanRegistration => "a broker came back from an unclean stop",
        ChangeCause::Preferred => "back to the preferred leader",
        ChangeCause::UncleanSweep => "unclean election is allowed",
        ChangeCause::Requested => "asked for",
        ChangeCause::DirectoryOffline => "a log directory failed",
    }
}

const fn election(election: Election) -> &'static str {
    match election {
        Election::Unchanged => "no",
        Election::Clean => "clean",
        Election::Eligible => "ELR",
        Election::LastKnown => "last known leader, unclean",
        Election::Unclean => "unclean",
        Election::Leaderless => "failed",
    }
}

fn replica(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Leads { broker, partition, leader_epoch, start, .. } => {
            let (name, start) = (layout.name(partition), numbers::count(start));
            format!("Broker {} begins to lead {name} in epoch {leader_epoch}, log end {start}.", broker.0)
        }
        Entry::Follows { broker, partition, leader_epoch, leader } => {
            let (name, leader) = (layout.name(partition), broker_or(leader, "nobody"));
            format!("Broker {} follows {leader} for {name} in epoch {leader_epoch}.", broker.0)
        }
        Entry::Appended { broker, partition, base, count, leader_epoch, content, .. } => {
            let what = match content {
                Content::Send(_) | Content::Foreign => records(count),
                Content::Marker(result) => format!("a transaction marker ({result})"),
                Content::Transaction => "the state of a transaction".to_owned(),
                Content::Offsets => "committed offsets".to_owned(),
                Content::GroupMetadata => "the group's members".to_owned(),
            };
            let (name, base) = (layout.name(partition), numbers::count(base));
            format!("Broker {} appends {what} to {name} at offset {base}, epoch {leader_epoch}.", broker.0)
        }
        Entry::Replicated { broker, partition, end, .. } => {
            let (name, end) = (layout.name(partition), numbers::count(end));
            format!("Broker {} has copied {name} up to offset {end}.", broker.0)
        }
        Entry::HighWatermark { broker, partition, to, leading } => {
            let who = if leading { "Leader" } else { "Follower" };
            let (name, to) = (layout.name(partition), numbers::count(to));
            format!("{who} {broker} moves the high watermark of {name} to {to}.")
        }
        Entry::Truncated { broker, partition, from, to } => {
            let (name, cut) = (layout.name(partition), records(from - to));
            let to = numbers::count(to);
            format!("Broker {} truncates its log of {name} to {to}, as its leader has it: {cut} gone.", broker.0)
        }
        Entry::LostUnflushed { broker, partition, from, to } => {
            let (name, cut) = (layout.name(partition), records(from - to));
            format!("The power loss takes what broker {} had not flushed of {name}: {cut}.", broker.0)
        }
        Entry::Flushed { broker, partition, to, fsync } => {
            let how = if fsync { "fsync" } else { "write-back" };
            format!("{} is on broker {}'s disk up to {} ({how}).", layout.name(partition), broker.0, numbers::count(to))
        }
        Entry::LogStart { broker, partition, to } => {
            format!("Retention: {} begins at {} on broker {}.", layout.name(partition), numbers::count(to), broker.0)
        }
        Entry::IsrProposed { broker, partition, isr, .. } => {
            format!("Leader {broker} proposes ISR {isr} for {}.", layout.name(partition))
        }
        Entry::IsrCommitted { broker, partition, isr, .. } => {
            format!("Leader {broker} learns that {} has ISR {isr}.", layout.name(partition))
        }
        Entry::IsrRejected { broker, partition, error } => {
            format!("The ISR that leader {broker} proposed for {} is refused: {error}.", layout.name(partition))
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn producer(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Refused { producer, count, .. } => {
            format!("The queue before producer {producer} is full: {} refused.", records(count))
        }
        Entry::Rejected { producer, count, error, .. } => {
            format!("send() of producer {producer} fails for {}: {error}.", records(count))
        }
        Entry::Closed { producer, count, .. } => {
            format!("Producer {producer} closes the batch: {}.", records(count))
        }
        Entry::Split { count, .. } => {
            format!("The batch was too large and is split: {} go on together.", records(count))
        }
        Entry::Attempted { broker, partition, attempt, .. } => {
            format!("Sent to broker {} for {}, attempt {attempt}.", broker.0, layout.name(partition))
        }
        Entry::Retried { error, .. } => format!("The attempt fails with {error}; it will be sent again."),
        Entry::Acked { offset: Some(offset), .. } => {
            format!("The producer is told that it is written, at offset {}.", numbers::count(offset))
        }
        Entry::Acked { offset: None, .. } => "The producer counts it as sent without asking (acks=0).".to_owned(),
        Entry::Failed { error, .. } => format!("The producer is told that it failed: {error}."),
        Entry::SourceEnded { producer, offered, waiting, .. } => format!(
            "The run ends: producer {producer} was offered {}, {} still wait.",
            records(offered),
            numbers::count(waiting)
        ),
        _ => unreachable!("told elsewhere"),
    }
}

fn consumer(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Polled { consumer, records: slice } => {
            format!("poll() hands it to consumer {consumer}, with {} of its batch.", records(slice.count))
        }
        Entry::Processed { consumer, .. } => {
            format!("Consumer {consumer} has processed it: the side effect took place.")
        }
        Entry::OffsetCommitted { consumer, partition, offset } => {
            let (name, offset) = (layout.name(partition), numbers::count(offset));
            format!("Consumer {consumer} commits offset {offset} for {name}.")
        }
        Entry::CommitFailed { consumer, error } => format!("A commit of consumer {consumer} fails: {error}."),
        Entry::PositionReset { consumer, partition, to, cause, .. } => {
            let (name, to) = (layout.name(partition), numbers::count(to));
            format!("Consumer {consumer} goes on reading {name} at {to} ({}).", reset_cause(cause))
        }
        Entry::Assigned { consumer, partition, generation } => {
            format!("Consumer {consumer} gets {} (generation {generation}).", layout.name(partition))
        }
        Entry::Revoked { consumer, partition } => format!("Consumer {consumer} gives up {}.", layout.name(partition)),
        Entry::RebalanceStarted { generation } => format!("The group rebalances: generation {generation} ends."),
        Entry::RebalanceCompleted { generation, members } => {
            format!("The group is balanced: generation {generation}, {members} members.")
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn coordinator(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::MemberMoved { consumer, epoch, state } => {
            format!("The coordinator has consumer {consumer} at member epoch {epoch} ({state}).")
        }
        Entry::Granted { consumer, partition, epoch } => {
            let name = layout.name(partition);
            format!("The coordinator gives {name} to consumer {consumer} (member epoch {epoch}).")
        }
        Entry::Released { consumer, partition } => {
            format!("Consumer {consumer} has released {}: another member may get it.", layout.name(partition))
        }
        Entry::OffsetExpired { partition } => {
            format!("The committed offset of {} expires: the group was empty for too long.", layout.name(partition))
        }
        _ => unreachable!("told elsewhere"),
    }
}

const fn reset_cause(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::Committed => "from the committed offset",
        ResetCause::NoOffset => "no committed offset: auto.offset.reset",
        ResetCause::OutOfRange => "offset out of range: auto.offset.reset",
        ResetCause::Truncated => "its log was truncated",
        ResetCause::Sought => "the application sought",
    }
}

fn transaction(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::TransactionBatch { partition, producer_id, epoch, .. } => format!(
            "{}: it belongs to a transaction of producer id {producer_id}, epoch {epoch}.",
            layout.name(partition)
        ),
        Entry::LastStableOffset { broker, partition, to } => format!(
            "Broker {}: everything in {} below offset {} is decided; read_committed readers see it.",
            broker.0,
            layout.name(partition),
            numbers::count(to)
        ),
        Entry::TransactionChanged { id, broker, state, epoch, .. } => {
            format!("Broker {} writes down the transaction of {id}: {state}, epoch {epoch}.", broker.0)
        }
        Entry::Transaction { producer, step } => format!("Producer {producer} {step}."),
        Entry::TransactionFailed { producer, error: Error::ProducerFenced } => {
            format!("Producer {producer} is fenced: another epoch of its transactional id counts now.")
        }
        Entry::TransactionFailed { producer, error } => {
            format!("The transaction of producer {producer} can only be aborted: {error}.")
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn message(entry: &Entry) -> String {
    match *entry {
        Entry::RequestFailed { node: who, api, server, error } => {
            format!("{}: {api} to {} fails with {error}.", node(who), node(server).to_lowercase())
        }
        Entry::Sent { from, to, api, response, bytes, .. } => {
            let kind = if response { "response" } else { "request" };
            format!("{api} {kind} leaves {from} for {to}, {}.", numbers::bytes(bytes.into()))
        }
        Entry::Received { packet } => format!("Packet {packet} arrives."),
        Entry::Dropped { packet } => format!("Packet {packet} is lost."),
        _ => unreachable!("told elsewhere"),
    }
}

pub(super) const fn category(category: Category) -> &'static str {
    match category {
        Category::Offered => "offered",
        Category::Refused => "refused",
        Category::Sent => "sent",
        Category::Acked => "acked",
        Category::Failed => "failed",
        Category::FailedButWritten => "failed, yet written",
        Category::Unresolved => "unknown to the client",
        Category::Committed => "committed",
        Category::Polled => "visible",
        Category::Processed => "processed",
        Category::Lost => "lost",
        Category::Duplicated => "duplicated",
        Category::Reordered => "out of order",
        Category::ProcessedTwice => "processed twice",
        Category::NeverProcessed => "never processed",
        Category::EffectWithoutRecord => "effect without record",
        Category::Aborted => "aborted",
    }
}

pub(super) const fn category_sentence(category: Category) -> &'static str {
    match category {
        Category::Offered => "Arrived in the sources.",
        Category::Refused => "The source's queue was full: never given to the producer.",
        Category::Sent => "Accepted by send() and put into a batch.",
        Category::Acked => "Reported to the application as written.",
        Category::Failed => "Reported as failed, and in no log.",
        Category::FailedButWritten => "Reported as failed, and in the log all the same.",
        Category::Unresolved => "Neither reported as written nor as failed when the run ended.",
        Category::Committed => "Below the high watermark of the final leader's log.",
        Category::Polled => "Handed to a consumer by poll() at least once.",
        Category::Processed => "Processed at least once.",
        Category::Lost => "Reported as written, and in no log from which a leader can still be elected.",
        Category::Duplicated => "In the final log more than once.",
        Category::Reordered => "In the final log before a record that was sent earlier.",
        Category::ProcessedTwice => "Processed more than once.",
        Category::NeverProcessed => "Committed, behind the group's committed offset, and never processed.",
        Category::EffectWithoutRecord => "Processed, and then lost from the log.",
        Category::Aborted => "Written in a transaction that was aborted: only read_uncommitted readers see them.",
    }
}
