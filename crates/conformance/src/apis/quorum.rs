//! Requests among controllers: Kafka's Raft.

use super::{Make, Reply, error};
use crate::sheet::Fields;
use highwater_kafka::message::{
    FetchMetadataRequest, FetchMetadataResponse, QuorumEpoch, Request, Response, VoteAnswer, VoteRequest,
};
use highwater_model::inspect::Value;
use highwater_model::trace::Api;
use highwater_model::{ControllerId, NodeId};

fn controller(from: NodeId) -> Result<ControllerId, String> {
    match from {
        NodeId::Controller(controller) => Ok(controller),
        _ => Err(format!("{from} is no controller: this request comes from one")),
    }
}

/// A candidate asks for a vote, or whether it would get one.
pub(super) fn vote(fields: &Fields) -> Option<Make> {
    let epoch = fields.need("epoch", fields.number("epoch"));
    let last_epoch = fields.need("last_epoch", fields.number("last_epoch"));
    let log_end = fields.need("log_end", fields.number("log_end"));
    let pre_vote = fields.flag("pre_vote").unwrap_or(false);
    let (epoch, log) = (epoch?, (last_epoch?, log_end?));
    Some(Box::new(move |_, from| Ok(Request::Vote(VoteRequest { candidate: controller(from)?, epoch, log, pre_vote }))))
}

/// A leader announces itself, or resigns.
pub(super) fn epoch(fields: &Fields, request: fn(QuorumEpoch) -> Request) -> Option<Make> {
    let epoch = fields.need("epoch", fields.number("epoch"))?;
    Some(Box::new(move |_, from| Ok(request(QuorumEpoch { leader: controller(from)?, epoch }))))
}

/// A voter (a controller) or an observer (a broker) reads the metadata log.
pub(super) fn fetch_metadata(fields: &Fields) -> Option<Make> {
    let epoch = fields.need("epoch", fields.number("epoch"));
    let offset = fields.need("offset", fields.number("offset"));
    let last_epoch = fields.number("last_epoch");
    let (epoch, offset) = (epoch?, offset?);
    Some(Box::new(move |_, from| {
        let voter = controller(from).ok();
        let last_epoch = last_epoch.unwrap_or(epoch);
        Ok(Request::FetchMetadata(FetchMetadataRequest { voter, epoch, offset, last_epoch }))
    }))
}

/// How these requests are answered in a controller's name.
pub(super) fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    match api {
        Api::Vote => {
            let (granted, epoch) = (fields.flag("granted").unwrap_or(true), fields.number("epoch"));
            Some(Reply::by(move |request| {
                let Request::Vote(request) = request else { return None };
                let (epoch, pre_vote) = (epoch.unwrap_or(request.epoch), request.pre_vote);
                Some(Response::Vote(VoteAnswer { epoch, leader: None, granted, pre_vote }))
            }))
        }
        Api::BeginQuorumEpoch | Api::EndQuorumEpoch => {
            let epoch = fields.number("epoch");
            Some(Reply::by(move |request| {
                let (Request::BeginQuorumEpoch(asked) | Request::EndQuorumEpoch(asked)) = request else { return None };
                Some(Response::QuorumEpoch(epoch.unwrap_or(asked.epoch)))
            }))
        }
        Api::FetchMetadata => {
            let (refused, epoch, high_watermark) =
                (error(fields, "error"), fields.number("epoch"), fields.number("high_watermark").unwrap_or(0));
            Some(Reply::by(move |request| {
                let Request::FetchMetadata(request) = request else { return None };
                Some(Response::FetchMetadata(Box::new(FetchMetadataResponse {
                    epoch: epoch.unwrap_or(request.epoch),
                    leader: None,
                    error: refused,
                    diverging: None,
                    offset: request.offset,
                    records: Vec::new(),
                    high_watermark,
                })))
            }))
        }
        _ => None,
    }
}

/// What such a request asks.
pub(super) fn request_fields(request: &Request) -> Option<Value> {
    Some(match request {
        Request::Vote(request) => Value::fields([
            ("epoch", request.epoch.into()),
            ("last_epoch", request.log.0.into()),
            ("log_end", request.log.1.into()),
            ("pre_vote", request.pre_vote.into()),
        ]),
        Request::BeginQuorumEpoch(request) | Request::EndQuorumEpoch(request) => {
            Value::fields([("epoch", request.epoch.into())])
        }
        Request::FetchMetadata(request) => Value::fields([
            ("epoch", request.epoch.into()),
            ("offset", request.offset.into()),
            ("last_epoch", request.last_epoch.into()),
        ]),
        _ => return None,
    })
}

/// What such an answer says.
pub(super) fn response_fields(response: &Response) -> Option<Value> {
    Some(match response {
        Response::Vote(answer) => Value::fields([
            ("epoch", answer.epoch.into()),
            ("leader", answer.leader.into()),
            ("granted", answer.granted.into()),
        ]),
        Response::QuorumEpoch(epoch) => Value::fields([("epoch", (*epoch).into())]),
        Response::FetchMetadata(response) => {
            let (epoch, end) = response.diverging.unzip();
            let diverging = epoch.zip(end).map(|(epoch, end)| Value::list([i64::from(epoch), end as i64]));
            Value::fields([
                ("error", response.error.into()),
                ("epoch", response.epoch.into()),
                ("leader", response.leader.into()),
                ("records", response.records.len().into()),
                ("high_watermark", response.high_watermark.into()),
                ("diverging", diverging.unwrap_or(Value::None)),
            ])
        }
        _ => return None,
    })
}
