//! What producing applications do, by hand.

use super::{Act, Lines, Step};
use crate::groups::offsets;
use crate::sheet::Fields;
use crate::stage::{ANSWER, Stage};
use highwater_kafka::consumer::calls::GroupMetadata;
use highwater_kafka::producer::ConsumedOffsets;
use highwater_kafka::store::CommittedOffset;
use highwater_model::trace::TransactionResult;
use highwater_model::{Duration, NodeId};
use highwater_sim::{Copying, ProducerCall};

pub(super) const STEPS: &[Step] = &[Step { word: "send", read: send }, Step { word: "copy", read: copy }];

const METHODS: &str = "init_transactions, begin_transaction, send, send_offsets, commit_transaction, abort_transaction, \
                       flush";

/// The client of a producer by hand is called.
pub(super) fn call(fields: &Fields, _: Lines) -> Option<Act> {
    let producer = fields.need("producer", fields.node("producer"));
    let method = fields.need("method", fields.word("method", METHODS, |word| Some(word.to_owned())));
    let (partition, records) = (fields.partition("partition"), fields.number::<u32>("records").unwrap_or(1));
    let (consumer, metadata) = (fields.node("consumer"), metadata(fields));
    let offsets = offsets(fields, "offsets");
    let name = fields.text("name").unwrap_or_else(|| ANSWER.to_owned());
    let waits = fields.flag("wait").unwrap_or(true);
    let call = match method?.as_str() {
        "init_transactions" => ProducerCall::InitTransactions,
        "begin_transaction" => ProducerCall::BeginTransaction,
        "send" => ProducerCall::Send(partition, records),
        "send_offsets" => ProducerCall::SendOffsets(ConsumedOffsets::default()), // what is there when it is called
        "commit_transaction" => ProducerCall::End(TransactionResult::Commit),
        "abort_transaction" => ProducerCall::End(TransactionResult::Abort),
        "flush" => ProducerCall::Flush,
        other => {
            fields.problem(format!("a producer has no `{other}`; it has {METHODS}"));
            return None;
        }
    };
    let NodeId::Producer(producer) = producer? else {
        fields.problem("`producer` is one such as \"producer-1\"".to_owned());
        return None;
    };
    Some(Box::new(move |stage| {
        let call = match &call {
            ProducerCall::SendOffsets(_) => {
                ProducerCall::SendOffsets(consumed(stage, consumer, metadata, offsets.as_deref())?)
            }
            other => other.clone(),
        };
        stage.call_producer(producer, call, &name, waits)
    }))
}

/// Does the application give the consumer's group metadata?
fn metadata(fields: &Fields) -> GroupMetadata {
    if fields.flag("metadata").unwrap_or(true) { GroupMetadata::Given } else { GroupMetadata::Absent }
}

/// Offsets for a transaction: those that are said, or the consumer's positions; and as which member.
fn consumed(
    stage: &Stage,
    consumer: Option<NodeId>,
    metadata: GroupMetadata,
    offsets: Option<&[CommittedOffset]>,
) -> Result<ConsumedOffsets, String> {
    let mut consumed = match consumer {
        Some(NodeId::Consumer(consumer)) => {
            stage.world.consumed(consumer, metadata).ok_or(format!("consumer-{consumer} has no client"))?
        }
        _ => ConsumedOffsets::default(),
    };
    if let Some(offsets) = offsets {
        consumed.offsets = offsets.iter().copied().collect();
    }
    Ok(consumed)
}

/// From now on an application copies: it reads, writes, and commits both in one transaction.
fn copy(fields: &Fields, _: Lines) -> Option<Act> {
    let (consumer, producer) = (fields.node("consumer"), fields.node("producer"));
    let metadata = metadata(fields);
    let from = fields.partition_list("from").unwrap_or_default();
    let to = fields.partition_list("to").unwrap_or_default();
    if to.is_empty() {
        fields.problem("`to` are the partitions that are written to, such as [\"t-1\"]".to_owned());
        return None;
    }
    let (Some(NodeId::Consumer(consumer)), Some(NodeId::Producer(producer))) = (consumer, producer) else {
        fields.problem("`copy` needs a `consumer` that reads and a `producer` that writes".to_owned());
        return None;
    };
    let copying = Copying { consumer, producer, from, to, metadata };
    Some(Box::new(move |stage| {
        stage.copy(copying.clone());
        Ok(())
    }))
}

/// The application of a producer sends records.
fn send(fields: &Fields, _: Lines) -> Option<Act> {
    let from = fields.need("from", fields.node("from"));
    let records = fields.number::<u32>("records").unwrap_or(1);
    let partition = fields.partition("partition");
    let from = from?;
    let NodeId::Producer(producer) = from else {
        fields.problem(format!("{from} is no producer"));
        return None;
    };
    Some(Box::new(move |stage| {
        if stage.world.put_records(producer, partition, records, &mut stage.ears) {
            // They come a nanosecond apart: what is expected right after the step finds all of them sent.
            stage.run_until(stage.now() + Duration(u64::from(records) + 1));
            return Ok(());
        }
        let keyless = stage.world.scenario().setup.workload.keys == 0;
        Err(match (keyless, partition) {
            (true, Some(_)) => "records without a key (workload.keys is 0) have no partition of their own".to_owned(),
            (false, None) => "records with a key need a `partition`".to_owned(),
            _ => format!("{from} sends by itself: its load must be silence, workload.records.per.second = 0"),
        })
    }))
}
