//! Requests of transactions: to coordinators, and the markers that coordinators send.

use super::{Make, Reply, error};
use crate::sheet::Fields;
use highwater_kafka::message::{
    AddPartitions, AddPurpose, AddedPartitions, EndTxnRequest, InitProducerIdRequest, MemberRef, Request, Response,
    TransactionRef, TxnMarker, TxnOffsetCommitRequest,
};
use highwater_kafka::store::{CommittedOffset, ProducerId, TransactionVersion};
use highwater_model::inspect::Value;
use highwater_model::trace::{Api, Error, TransactionResult};
use highwater_model::{Duration, Layout, NodeId, PartitionId, TransactionalId};
use smallvec::{SmallVec, smallvec};

fn id(fields: &Fields) -> Option<TransactionalId> {
    fields.word("transactional_id", "producer-1, producer-2, and so on", |word| {
        word.strip_prefix("producer-")?.parse().ok().map(TransactionalId)
    })
}

fn producer(fields: &Fields) -> Option<ProducerId> {
    let id = fields.number("producer_id");
    let epoch = fields.number("producer_epoch").unwrap_or(0);
    id.map(|id| ProducerId { id, epoch })
}

fn version(fields: &Fields) -> TransactionVersion {
    match fields.number("transaction_version") {
        Some(1) => TransactionVersion::V1,
        Some(2) | None => TransactionVersion::V2,
        Some(_) => {
            fields.problem("`transaction_version` is 1 or 2".to_owned());
            TransactionVersion::V2
        }
    }
}

fn result(fields: &Fields) -> Option<TransactionResult> {
    fields.word("result", "COMMIT, ABORT", |word| {
        TransactionResult::ALL.iter().copied().find(|result| result.name() == word)
    })
}

fn transaction(fields: &Fields) -> Option<TransactionRef> {
    let id = fields.need("transactional_id", id(fields));
    let producer = fields.need("producer_id", producer(fields));
    Some(TransactionRef { id: id?, producer: producer? })
}

fn partitions(fields: &Fields) -> Option<SmallVec<[PartitionId; 4]>> {
    match fields.partition_list("partitions") {
        Some(partitions) => Some(partitions.into_iter().collect()),
        None => fields.need("partition", fields.partition("partition")).map(|partition| smallvec![partition]),
    }
}

/// What a Produce says of its transaction: nothing where it names no transactional id.
pub(super) fn reference_of_produce(fields: &Fields) -> Option<(TransactionalId, TransactionVersion)> {
    let version = version(fields);
    id(fields).map(|id| (id, version))
}

/// A producer id, for a transactional id or without.
pub(super) fn init_producer_id(fields: &Fields) -> Option<Make> {
    let timeout = fields.time("timeout").unwrap_or(Duration::from_secs(60));
    let request = InitProducerIdRequest { transactional_id: id(fields), timeout, current: producer(fields) };
    Some(Box::new(move |_, _| Ok(Request::InitProducerId(request))))
}

/// Who coordinates the group, or a transactional id.
pub(super) fn find_coordinator(fields: &Fields) -> Option<Make> {
    let id = id(fields);
    Some(Box::new(move |_, _| Ok(id.map_or(Request::FindCoordinator, Request::FindTransactionCoordinator))))
}

/// Partitions for a transaction.
pub(super) fn add_partitions(fields: &Fields) -> Option<Make> {
    let transaction = transaction(fields);
    let partitions = partitions(fields);
    let verify = fields.flag("verify_only").unwrap_or(false);
    let purpose = if verify { AddPurpose::Verify } else { AddPurpose::Add };
    let add = AddPartitions { transaction: transaction?, partitions: partitions?, purpose };
    Some(Box::new(move |_, _| Ok(Request::AddPartitionsToTxn(Box::new(add.clone())))))
}

/// The group's offsets for a transaction.
pub(super) fn add_offsets(fields: &Fields) -> Option<Make> {
    let transaction = transaction(fields)?;
    Some(Box::new(move |_, _| Ok(Request::AddOffsetsToTxn(transaction))))
}

/// An offset that is committed as part of a transaction.
pub(super) fn offset_commit(fields: &Fields) -> Option<Make> {
    let transaction = transaction(fields);
    let partition = fields.need("partition", fields.partition("partition"));
    let offset = fields.need("offset", fields.number("offset"));
    let leader_epoch = fields.number("leader_epoch").unwrap_or(-1);
    let (member, generation) = (fields.number("member"), fields.number("generation").unwrap_or(-1));
    let version = version(fields);
    let request = TxnOffsetCommitRequest {
        transaction: transaction?,
        member: member.map(|member| MemberRef { member, generation, instance: None }),
        consumer: 0,
        offsets: smallvec![CommittedOffset { partition: partition?, offset: offset?, leader_epoch }],
        version,
    };
    Some(Box::new(move |_, _| Ok(Request::TxnOffsetCommit(Box::new(request.clone())))))
}

/// Commit or abort.
pub(super) fn end(fields: &Fields) -> Option<Make> {
    let transaction = transaction(fields);
    let result = fields.need("result", result(fields));
    let version = version(fields);
    let request = EndTxnRequest { transaction: transaction?, result: result?, version };
    Some(Box::new(move |_, _| Ok(Request::EndTxn(request))))
}

/// A coordinator's marker.
pub(super) fn write_markers(fields: &Fields) -> Option<Make> {
    let producer = fields.need("producer_id", producer(fields));
    let result = fields.need("result", result(fields));
    let coordinator_epoch = fields.number("coordinator_epoch").unwrap_or(0);
    let partitions = partitions(fields);
    let marker = TxnMarker { producer: producer?, coordinator_epoch, result: result?, partitions: partitions? };
    Some(Box::new(move |_, from| {
        if !matches!(from, NodeId::Broker(_)) {
            return Err(format!("{from} is no broker: WriteTxnMarkers comes from one"));
        }
        Ok(Request::WriteTxnMarkers(Box::new(smallvec![marker.clone()])))
    }))
}

/// How these requests are answered in a node's name.
pub(super) fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    let error = error(fields, "error");
    let coordinator = fields.broker_or_none("coordinator").flatten();
    let producer = producer(fields);
    let plain = error.map_or(Ok(()), Err);
    match api {
        Api::InitProducerId | Api::EndTxn => Some(Reply::by(move |request| {
            let given = |own: ProducerId| error.map_or(Ok(producer.unwrap_or(own)), Err);
            match request {
                Request::InitProducerId(request) => {
                    let own = request.current.unwrap_or(ProducerId { id: 1, epoch: -1 });
                    let next = ProducerId { epoch: own.epoch + 1, ..own };
                    Some(Response::InitProducerId(given(next)))
                }
                Request::EndTxn(request) => {
                    let own = request.transaction.producer;
                    let bump = i16::from(request.version == TransactionVersion::V2);
                    Some(Response::EndTxn(given(ProducerId { epoch: own.epoch + bump, ..own })))
                }
                _ => None,
            }
        })),
        Api::FindCoordinator => Some(Reply::by(move |request| {
            let is_find = matches!(request, Request::FindCoordinator | Request::FindTransactionCoordinator(_));
            let found = error.map_or_else(|| coordinator.ok_or(Error::CoordinatorNotAvailable), Err);
            is_find.then_some(Response::FindCoordinator(found))
        })),
        Api::AddPartitionsToTxn => Some(Reply::by(move |request| {
            let Request::AddPartitionsToTxn(add) = request else { return None };
            let added = add.partitions.iter().map(|partition| (*partition, plain)).collect();
            Some(Response::AddPartitionsToTxn(Box::new(added)))
        })),
        Api::AddOffsetsToTxn => Some(Reply::by(move |_| Some(Response::AddOffsetsToTxn(plain)))),
        Api::TxnOffsetCommit => Some(Reply::by(move |_| Some(Response::TxnOffsetCommit(plain)))),
        Api::WriteTxnMarkers => Some(Reply::by(move |request| {
            let Request::WriteTxnMarkers(markers) = request else { return None };
            let of = |marker: &TxnMarker| -> AddedPartitions {
                marker.partitions.iter().map(|partition| (*partition, plain)).collect()
            };
            Some(Response::WriteTxnMarkers(Box::new(markers.iter().map(of).collect())))
        })),
        _ => None,
    }
}

fn of_transaction(transaction: TransactionRef) -> [(&'static str, Value); 3] {
    [
        ("transactional_id", transaction.id.to_string().into()),
        ("producer_id", transaction.producer.id.into()),
        ("producer_epoch", transaction.producer.epoch.into()),
    ]
}

/// What such a request asks.
pub(super) fn request_fields(request: &Request, layout: &Layout) -> Option<Value> {
    let names = |partitions: &[PartitionId]| {
        Value::List(partitions.iter().map(|partition| layout.short_name(*partition).into()).collect())
    };
    Some(match request {
        Request::InitProducerId(request) => Value::fields([
            ("transactional_id", request.transactional_id.map(|id| id.to_string()).into()),
            ("producer_id", request.current.map(|current| current.id).into()),
            ("producer_epoch", request.current.map(|current| current.epoch).into()),
        ]),
        Request::FindTransactionCoordinator(id) => Value::fields([("transactional_id", id.to_string().into())]),
        Request::AddPartitionsToTxn(add) => {
            let verifies = ("verify_only", (add.purpose == AddPurpose::Verify).into());
            let partitions = ("partitions", names(&add.partitions));
            let [id, producer, epoch] = of_transaction(add.transaction);
            Value::fields([id, producer, epoch, partitions, verifies])
        }
        Request::AddOffsetsToTxn(transaction) => Value::fields(of_transaction(*transaction)),
        Request::TxnOffsetCommit(request) => Value::fields(of_transaction(request.transaction)),
        Request::EndTxn(request) => {
            let result = ("result", request.result.to_string().into());
            let [id, producer, epoch] = of_transaction(request.transaction);
            Value::fields([id, producer, epoch, result])
        }
        Request::WriteTxnMarkers(markers) => {
            let marker = markers.first()?;
            Value::fields([
                ("producer_id", marker.producer.id.into()),
                ("producer_epoch", marker.producer.epoch.into()),
                ("coordinator_epoch", marker.coordinator_epoch.into()),
                ("result", marker.result.to_string().into()),
                ("partitions", names(&marker.partitions)),
            ])
        }
        _ => return None,
    })
}

/// What such an answer says; of several partitions, the first error.
pub(super) fn response_fields(response: &Response, _: &Layout) -> Option<Value> {
    let error = |error: Option<Error>| Value::fields([("error", error.into())]);
    let first_error = |added: &AddedPartitions| added.iter().find_map(|(_, result)| result.err());
    Some(match response {
        Response::InitProducerId(result) | Response::EndTxn(result) => Value::fields([
            ("error", result.err().into()),
            ("producer_id", result.ok().map(|producer| producer.id).into()),
            ("producer_epoch", result.ok().map(|producer| producer.epoch).into()),
        ]),
        Response::AddPartitionsToTxn(added) => error(first_error(added)),
        Response::AddOffsetsToTxn(result) | Response::TxnOffsetCommit(result) => error(result.err()),
        Response::WriteTxnMarkers(results) => error(results.iter().find_map(first_error)),
        _ => return None,
    })
}
