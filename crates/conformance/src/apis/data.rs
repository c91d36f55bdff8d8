//! Requests on data partitions: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch; and the small ones of every client.

use super::{Make, Reply, error, transactions};
use crate::sheet::{Fields, time_of};
use highwater_kafka::message::{
    AbortedTransaction, EpochAnswer, EpochQuery, FetchPartition, FetchRequest, FetchResponse, FetchedPartition, ListAt,
    ListOffsetsRequest, ListedOffset, ProduceRequest, ProduceResult, ProducedBatch, Request, Response,
};
use highwater_kafka::store::{Scope, Sequence};
use highwater_model::inspect::Value;
use highwater_model::settings::{Acks, Isolation};
use highwater_model::trace::Api;
use highwater_model::{BrokerId, Duration, Instant, Layout, NodeId};
use smallvec::{SmallVec, smallvec};

/// Bytes of a record of a raw request.
const RECORD_BYTES: u32 = 100;

/// A request without fields.
pub(super) fn plain(request: Request) -> Option<Make> {
    Some(Box::new(move |_, _| Ok(request.clone())))
}

/// A batch of new records of a scripted producer, or one that it sends again.
pub(super) fn produce(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let acks = fields.word("acks", "all, 1, 0", |word| match word {
        "all" => Some(Acks::All),
        "1" => Some(Acks::Leader),
        "0" => Some(Acks::None),
        _ => None,
    });
    let count: u32 = fields.number("records").unwrap_or(1);
    let bytes = fields.number("bytes").unwrap_or(count * RECORD_BYTES);
    let timeout = fields.time("timeout").unwrap_or(Duration::from_secs(30));
    let (id, epoch) = (fields.number("producer_id"), fields.number("producer_epoch").unwrap_or(0));
    let first = fields.number("sequence");
    let transaction = transactions::reference_of_produce(fields);
    let in_transaction = fields.flag("transactional").unwrap_or(transaction.is_some());
    let scope = if in_transaction { Scope::Transaction } else { Scope::Session };
    let sequence = match (id, first) {
        (Some(producer_id), Some(first)) => Some(Sequence { producer_id, epoch, first, scope }),
        (None, None) => None,
        _ => {
            fields.problem("`producer_id` and `sequence` belong together".to_owned());
            None
        }
    };
    let (partition, acks) = (partition?, acks.unwrap_or(Acks::All));
    Some(Box::new(move |stage, from| {
        let NodeId::Producer(producer) = from else {
            return Err(format!("{from} is no producer: Produce comes from one"));
        };
        let record = stage.made_records;
        stage.made_records += u64::from(count);
        let send = stage.world.new_send(producer, record, count, &mut stage.ears);
        let batch = ProducedBatch { partition, send, count, bytes, sequence };
        Ok(Request::Produce(Box::new(ProduceRequest { acks, timeout, batches: smallvec![batch], transaction })))
    }))
}

/// A fetch of a follower or a consumer, of one partition, outside any session.
pub(super) fn fetch(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let offset = fields.need("offset", fields.number("offset"));
    let leader_epoch = fields.number_or_none("leader_epoch").flatten();
    let last_fetched_epoch = fields.number_or_none("last_fetched_epoch").flatten();
    let broker_epoch = fields.number_or_none::<u64>("broker_epoch");
    let wait_max = fields.time("max_wait").unwrap_or(Duration::ZERO);
    let bytes_min = fields.number("min_bytes").unwrap_or(1);
    let bytes_max = fields.number("max_bytes").unwrap_or(u32::MAX);
    let isolation = isolation(fields);
    let rack = fields.number("rack");
    let (partition, offset) = (partition?, offset?);
    let at = FetchPartition { partition, offset, leader_epoch, last_fetched_epoch };
    Some(Box::new(move |stage, from| {
        let replica = match from {
            NodeId::Broker(broker) => Some((broker, broker_epoch.unwrap_or_else(|| registered(stage, broker)))),
            _ => None,
        };
        Ok(Request::Fetch(Box::new(FetchRequest {
            replica,
            rack,
            wait_max,
            bytes_min,
            bytes_max,
            partition_bytes_max: bytes_max,
            isolation,
            partitions: smallvec![at],
            // A request outside any session: what the connection asked for before is forgotten.
            forget: stage.layout().partitions().collect(),
        })))
    }))
}

fn isolation(fields: &Fields) -> Isolation {
    let isolation = fields.word("isolation", "read_uncommitted, read_committed", |word| match word {
        "read_uncommitted" => Some(Isolation::ReadUncommitted),
        "read_committed" => Some(Isolation::ReadCommitted),
        _ => None,
    });
    isolation.unwrap_or(Isolation::ReadUncommitted)
}

/// A broker's epoch, as the controllers know it.
pub(super) fn registered(stage: &crate::stage::Stage, broker: BrokerId) -> Option<u64> {
    match stage.world.inspect(&["c", &broker.to_string(), "epoch"]) {
        Some(Value::Number(epoch)) => u64::try_from(epoch).ok(),
        _ => None,
    }
}

/// The first or the next offset.
pub(super) fn list_offsets(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let leader_epoch = fields.number_or_none("leader_epoch").flatten();
    let at = fields.word("timestamp", "earliest, latest, or a moment of the run such as 150 ms", |word| match word {
        "earliest" => Some(ListAt::Earliest),
        "latest" => Some(ListAt::Latest),
        _ => time_of(word).map(|time| ListAt::Time(Instant(time.0))),
    });
    let isolation = isolation(fields);
    let (partition, at) = (partition?, fields.need("timestamp", at)?);
    Some(Box::new(move |_, from| {
        let replica = matches!(from, NodeId::Broker(_));
        let partitions = smallvec![(partition, leader_epoch)];
        Ok(Request::ListOffsets(Box::new(ListOffsetsRequest { partitions, at, isolation, replica })))
    }))
}

/// Where an epoch ends.
pub(super) fn offset_for_leader_epoch(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let epoch = fields.need("epoch", fields.number("epoch"));
    let leader_epoch = fields.number_or_none("leader_epoch").flatten();
    let query = EpochQuery { partition: partition?, leader_epoch, epoch: epoch? };
    Some(Box::new(move |_, _| Ok(Request::OffsetForLeaderEpoch(Box::new(smallvec![query])))))
}

/// How these requests are answered in a node's name.
pub(super) fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    let error = error(fields, "error");
    match api {
        Api::Produce => {
            let offset: u64 = fields.number("offset").unwrap_or(0);
            let leader_epoch = fields.number("leader_epoch");
            let leader_hint = fields.broker_or_none("leader").flatten().zip(leader_epoch);
            Some(Reply::by(move |request| {
                let Request::Produce(request) = request else { return None };
                let result = error.map_or(Ok(offset), Err);
                let of = |batch: &ProducedBatch| ProduceResult {
                    partition: batch.partition,
                    send: batch.send,
                    result,
                    leader_hint,
                };
                Some(Response::Produce(Box::new(request.batches.iter().map(of).collect())))
            }))
        }
        Api::FetchFollower | Api::FetchConsumer => {
            let high_watermark = fields.number("high_watermark").unwrap_or(0);
            let log_start = fields.number("log_start").unwrap_or(0);
            let (epoch, end) = (fields.number("diverging_epoch"), fields.number("diverging_end"));
            let preferred = fields.broker_or_none("preferred_replica").flatten();
            Some(Reply::by(move |request| {
                let Request::Fetch(request) = request else { return None };
                let of = |at: &FetchPartition| FetchedPartition {
                    partition: at.partition,
                    offset: at.offset,
                    error,
                    batches: SmallVec::new(),
                    bytes: 0,
                    high_watermark,
                    log_start,
                    diverging: epoch.zip(end),
                    last_stable: high_watermark,
                    aborted: Vec::new(),
                    preferred,
                };
                Some(Response::Fetch(Box::new(FetchResponse {
                    partitions: request.partitions.iter().map(of).collect(),
                })))
            }))
        }
        Api::ListOffsets => {
            let (offset, epoch) = (fields.number("offset").unwrap_or(0), fields.number("leader_epoch").unwrap_or(0));
            Some(Reply::by(move |request| {
                let Request::ListOffsets(request) = request else { return None };
                let of = |(partition, _): &(_, _)| ListedOffset {
                    partition: *partition,
                    result: error.map_or(Ok(Some((offset, epoch))), Err),
                };
                Some(Response::ListOffsets(Box::new(request.partitions.iter().map(of).collect())))
            }))
        }
        Api::OffsetForLeaderEpoch => {
            let (epoch, end) = (fields.number("epoch"), fields.number("end_offset"));
            Some(Reply::by(move |request| {
                let Request::OffsetForLeaderEpoch(queries) = request else { return None };
                let of = |query: &EpochQuery| EpochAnswer {
                    partition: query.partition,
                    result: error.map_or(Ok(epoch.zip(end)), Err),
                };
                Some(Response::OffsetForLeaderEpoch(Box::new(queries.iter().map(of).collect())))
            }))
        }
        _ => None,
    }
}

/// What such a request asks; of several partitions, the first.
pub(super) fn request_fields(request: &Request, layout: &Layout) -> Option<Value> {
    let name = |partition| Value::from(layout.short_name(partition));
    Some(match request {
        Request::Produce(request) => {
            let batch = request.batches.first()?;
            Value::fields([
                ("partition", name(batch.partition)),
                ("acks", request.acks.to_string().into()),
                ("records", batch.count.into()),
                ("bytes", batch.bytes.into()),
                ("send", batch.send.into()),
                ("producer_id", batch.sequence.map(|sequence| sequence.producer_id).into()),
                ("producer_epoch", batch.sequence.map(|sequence| sequence.epoch).into()),
                ("sequence", batch.sequence.map(|sequence| sequence.first).into()),
                ("batches", request.batches.len().into()),
            ])
        }
        Request::Fetch(request) => {
            let at = request.partitions.first();
            Value::fields([
                ("partition", at.map(|at| name(at.partition)).into()),
                ("offset", at.map(|at| at.offset).into()),
                ("leader_epoch", at.and_then(|at| at.leader_epoch).into()),
                ("last_fetched_epoch", at.and_then(|at| at.last_fetched_epoch).into()),
                ("broker_epoch", request.replica.and_then(|(_, epoch)| epoch).into()),
                ("isolation", request.isolation.to_string().into()),
                ("rack", request.rack.into()),
            ])
        }
        Request::ListOffsets(request) => {
            let (partition, leader_epoch) = request.partitions.first()?;
            let at = match request.at {
                ListAt::Earliest => Value::from("earliest"),
                ListAt::Latest => Value::from("latest"),
                ListAt::Time(at) => Value::from(at),
            };
            Value::fields([
                ("partition", name(*partition)),
                ("leader_epoch", (*leader_epoch).into()),
                ("timestamp", at),
            ])
        }
        Request::OffsetForLeaderEpoch(queries) => {
            let query = queries.first()?;
            Value::fields([
                ("partition", name(query.partition)),
                ("leader_epoch", query.leader_epoch.into()),
                ("epoch", query.epoch.into()),
            ])
        }
        _ => return None,
    })
}

/// What such an answer says; of several partitions, the first.
pub(super) fn response_fields(response: &Response, _: &Layout) -> Option<Value> {
    Some(match response {
        Response::Produce(results) => {
            let result = results.first()?;
            Value::fields([
                ("error", result.result.err().into()),
                ("offset", result.result.ok().into()),
                ("leader", result.leader_hint.map(|(leader, _)| leader).into()),
                ("leader_epoch", result.leader_hint.map(|(_, epoch)| epoch).into()),
            ])
        }
        Response::Fetch(response) => {
            let aborted = |fetched: &FetchedPartition| -> Vec<Value> {
                let pair = |aborted: &AbortedTransaction| Value::list([u64::from(aborted.producer_id), aborted.first]);
                fetched.aborted.iter().map(pair).collect()
            };
            let fetched = response.partitions.first();
            let batches =
                |fetched: &FetchedPartition| fetched.batches.iter().map(|(first, end)| end - first).sum::<u32>();
            Value::fields([
                ("error", fetched.and_then(|fetched| fetched.error).into()),
                ("bytes", fetched.map_or(0, |fetched| fetched.bytes).into()),
                ("batches", fetched.map_or(0, batches).into()),
                ("high_watermark", fetched.map(|fetched| fetched.high_watermark).into()),
                ("last_stable_offset", fetched.map(|fetched| fetched.last_stable).into()),
                ("aborted", Value::List(fetched.into_iter().flat_map(aborted).collect())),
                ("log_start", fetched.map(|fetched| fetched.log_start).into()),
                ("diverging", fetched.and_then(|fetched| fetched.diverging).into()),
                ("preferred_replica", fetched.and_then(|fetched| fetched.preferred).into()),
            ])
        }
        Response::ListOffsets(listed) => {
            let result = listed.first()?.result;
            Value::fields([
                ("error", result.err().into()),
                ("offset", result.ok().flatten().map(|(offset, _)| offset).into()),
                ("leader_epoch", result.ok().flatten().map(|(_, epoch)| epoch).into()),
            ])
        }
        Response::OffsetForLeaderEpoch(answers) => {
            let result = answers.first()?.result;
            Value::fields([
                ("error", result.err().into()),
                ("epoch", result.ok().flatten().map(|(epoch, _)| epoch).into()),
                ("end_offset", result.ok().flatten().map(|(_, end)| end).into()),
            ])
        }
        Response::Metadata(metadata) => {
            let leaders = metadata.partitions.iter().map(|(leader, _)| Value::from(*leader));
            Value::fields([
                ("brokers", metadata.brokers.into()),
                ("leaders", Value::List(leaders.collect())),
                ("leader_epochs", Value::list(metadata.partitions.iter().map(|(_, epoch)| *epoch))),
            ])
        }
        Response::FindCoordinator(result) => {
            Value::fields([("error", result.err().into()), ("coordinator", result.ok().into())])
        }
        _ => return None,
    })
}
