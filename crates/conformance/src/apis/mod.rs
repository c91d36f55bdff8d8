//! Raw requests: how a case writes them, how it sees requests and answers, and how it answers in a node's name. Each
//! area's module has its requests in these four ways.

mod control;
mod data;
mod groups;
mod quorum;
mod transactions;

use crate::sheet::Fields;
use crate::stage::{ANSWER, Stage};
use crate::steps::{Act, Step};
use highwater_kafka::message::{Request, Response};
use highwater_kafka::node::{Channel, Connection};
use highwater_model::inspect::Value;
use highwater_model::settings::Acks;
use highwater_model::trace::{Api, Error};
use highwater_model::{BrokerId, Layout, NodeId, PartitionId};
use std::rc::Rc;

/// Raw requests, by Kafka's own names.
pub const STEPS: &[Step] = &[
    Step { word: "Produce", read: |fields, _| ask(fields, data::produce(fields)) },
    Step { word: "Fetch", read: |fields, _| ask(fields, data::fetch(fields)) },
    Step { word: "ListOffsets", read: |fields, _| ask(fields, data::list_offsets(fields)) },
    Step { word: "OffsetForLeaderEpoch", read: |fields, _| ask(fields, data::offset_for_leader_epoch(fields)) },
    Step { word: "Metadata", read: |fields, _| ask(fields, data::plain(Request::Metadata)) },
    Step { word: "InitProducerId", read: |fields, _| ask(fields, transactions::init_producer_id(fields)) },
    Step { word: "FindCoordinator", read: |fields, _| ask(fields, transactions::find_coordinator(fields)) },
    Step { word: "AddPartitionsToTxn", read: |fields, _| ask(fields, transactions::add_partitions(fields)) },
    Step { word: "AddOffsetsToTxn", read: |fields, _| ask(fields, transactions::add_offsets(fields)) },
    Step { word: "TxnOffsetCommit", read: |fields, _| ask(fields, transactions::offset_commit(fields)) },
    Step { word: "EndTxn", read: |fields, _| ask(fields, transactions::end(fields)) },
    Step { word: "WriteTxnMarkers", read: |fields, _| ask(fields, transactions::write_markers(fields)) },
    Step { word: "JoinGroup", read: |fields, _| ask(fields, groups::join_group(fields)) },
    Step { word: "SyncGroup", read: |fields, _| ask(fields, groups::sync_group(fields)) },
    Step { word: "Heartbeat", read: |fields, _| ask(fields, groups::of_member(fields, Request::Heartbeat)) },
    Step { word: "LeaveGroup", read: |fields, _| ask(fields, groups::of_member(fields, Request::LeaveGroup)) },
    Step { word: "OffsetCommit", read: |fields, _| ask(fields, groups::offset_commit(fields)) },
    Step { word: "OffsetFetch", read: |fields, _| ask(fields, groups::offset_fetch(fields)) },
    Step { word: "ConsumerGroupHeartbeat", read: |fields, _| ask(fields, groups::consumer_group_heartbeat(fields)) },
    Step { word: "AlterPartition", read: |fields, _| ask(fields, control::alter_partition(fields)) },
    Step { word: "BrokerRegistration", read: |fields, _| ask(fields, control::broker_registration(fields)) },
    Step { word: "BrokerHeartbeat", read: |fields, _| ask(fields, control::broker_heartbeat(fields)) },
    Step { word: "AssignReplicasToDirs", read: |fields, _| ask(fields, control::assign_replicas_to_dirs(fields)) },
    Step { word: "Vote", read: |fields, _| ask(fields, quorum::vote(fields)) },
    Step { word: "BeginQuorumEpoch", read: |fields, _| ask(fields, quorum::epoch(fields, Request::BeginQuorumEpoch)) },
    Step { word: "EndQuorumEpoch", read: |fields, _| ask(fields, quorum::epoch(fields, Request::EndQuorumEpoch)) },
    Step { word: "FetchMetadata", read: |fields, _| ask(fields, quorum::fetch_metadata(fields)) },
];

/// Makes a request at the moment when it is sent, by whom and to whom.
pub type Make = Box<dyn Fn(&mut Stage, NodeId) -> Result<Request, String>>;

/// The step that sends a request from a scripted node, and waits for the answer.
fn ask(fields: &Fields, make: Option<Make>) -> Option<Act> {
    let from = fields.need("from", fields.node("from"));
    let to = fields.need("to", fields.node("to"));
    let name = fields.text("name").unwrap_or_else(|| ANSWER.to_owned());
    let waits = fields.flag("wait").unwrap_or(true);
    let (from, to, make) = (from?, to?, make?);
    if !to.is_server() {
        fields.problem(format!("{to} answers no requests: ask a broker or a controller"));
        return None;
    }
    Some(Box::new(move |stage| {
        if !stage.is_scripted(from) {
            return Err(format!("{from} is not scripted: name it in `script` of [start]"));
        }
        let request = make(stage, from)?;
        let connection = Connection { client: from, server: to, channel: channel(from, to, &request) };
        stage.ask(connection, request, &name, waits)
    }))
}

/// On which of its connections a node sends a request.
fn channel(from: NodeId, to: NodeId, request: &Request) -> Channel {
    match (from, to, request) {
        (_, _, Request::FetchMetadata(_)) => Channel::Metadata,
        (NodeId::Controller(_), _, _) => Channel::Quorum,
        (_, _, Request::WriteTxnMarkers(_)) => Channel::Markers,
        (NodeId::Broker(_), _, Request::AddPartitionsToTxn(_)) => Channel::Verification,
        (NodeId::Broker(_), NodeId::Broker(_), _) => Channel::Replication,
        (_, _, Request::AlterPartition(_) | Request::AssignReplicasToDirs(_)) => Channel::Isr,
        (NodeId::Broker(_), _, _) => Channel::Control,
        (
            NodeId::Consumer(_),
            _,
            Request::JoinGroup(_)
            | Request::SyncGroup(_)
            | Request::Heartbeat(_)
            | Request::LeaveGroup(_)
            | Request::OffsetCommit(_)
            | Request::OffsetFetch(_)
            | Request::ConsumerGroupHeartbeat(_),
        ) => Channel::Coordinator,
        _ => Channel::Client,
    }
}

/// How a request is answered in a node's name.
#[derive(Clone)]
pub struct Reply(Rc<dyn Fn(&Request) -> Answered>);

/// What becomes of a request that is answered in a node's name.
pub enum Answered {
    /// This answer.
    Response(Response),
    /// Its connection is closed.
    Disconnected,
    /// Nothing: it is of another kind than was expected.
    Nothing,
}

impl Reply {
    /// What becomes of this request.
    pub fn to(&self, request: &Request) -> Answered {
        (self.0)(request)
    }

    /// Answers as this function says.
    fn by(make: impl Fn(&Request) -> Option<Response> + 'static) -> Self {
        Self(Rc::new(move |request| make(request).map_or(Answered::Nothing, Answered::Response)))
    }
}

/// Reads how requests of this kind are answered.
pub fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    if fields.flag("disconnect") == Some(true) {
        return Some(Reply(Rc::new(|_| Answered::Disconnected)));
    }
    let reply = data::reply(api, fields)
        .or_else(|| control::reply(api, fields))
        .or_else(|| quorum::reply(api, fields))
        .or_else(|| transactions::reply(api, fields))
        .or_else(|| groups::reply(api, fields));
    if reply.is_none() {
        fields.problem(format!("{api} cannot be answered in a node's name"));
    }
    reply
}

/// The error that a step names; none where it names none or `none`.
fn error(fields: &Fields, name: &'static str) -> Option<Error> {
    let find = |text: &str| match text {
        "none" => Some(None),
        _ => Error::ALL.iter().copied().find(|error| error.name() == text).map(Some),
    };
    fields.word(name, "Kafka's errors, such as NOT_LEADER_OR_FOLLOWER, or none", find).flatten()
}

/// A batch that a scripted producer sends.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// Its name in the trace.
    pub send: u32,
    /// To whom.
    pub broker: BrokerId,
    /// Where it belongs.
    pub partition: PartitionId,
    /// What the producer waits for.
    pub acks: Acks,
}

/// The batch of a request that is sent to this node, if it has one.
pub fn sent(request: &Request, to: NodeId) -> Option<Sent> {
    let (Request::Produce(request), NodeId::Broker(broker)) = (request, to) else { return None };
    let batch = request.batches.first()?;
    Some(Sent { send: batch.send, broker, partition: batch.partition, acks: request.acks })
}

/// What a request asks, field by field.
pub fn request_fields(request: &Request, layout: &Layout) -> Value {
    data::request_fields(request, layout)
        .or_else(|| control::request_fields(request, layout))
        .or_else(|| quorum::request_fields(request))
        .or_else(|| transactions::request_fields(request, layout))
        .or_else(|| groups::request_fields(request, layout))
        .unwrap_or(Value::Fields(Vec::new()))
}

/// What an answer says, field by field.
pub fn response_fields(response: &Response, layout: &Layout) -> Value {
    data::response_fields(response, layout)
        .or_else(|| control::response_fields(response, layout))
        .or_else(|| quorum::response_fields(response))
        .or_else(|| transactions::response_fields(response, layout))
        .or_else(|| groups::response_fields(response, layout))
        .unwrap_or(Value::Fields(Vec::new()))
}
