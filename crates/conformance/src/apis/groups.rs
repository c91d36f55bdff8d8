//! Requests to a group coordinator: joining, syncing, heartbeats of both protocols, leaving, commits.

use super::{Make, Reply, error};
use crate::groups::{assignments, offsets, partition_of};
use crate::sheet::Fields;
use highwater_kafka::group::assignors::{Assignor, Offered, offered};
use highwater_kafka::message::{
    ConsumerGroupHeartbeatAnswer, ConsumerGroupHeartbeatRequest, InstanceId, JOIN_EPOCH, JoinError, JoinGroupRequest,
    JoinedGroup, MemberRef, MemberTerms, OffsetCommitRequest, OffsetFetchRequest, Request, Response, Subscription,
    SyncGroupRequest,
};
use highwater_kafka::store::CommittedOffset;
use highwater_model::inspect::Value;
use highwater_model::settings::RemoteAssignor;
use highwater_model::trace::Api;
use highwater_model::{Duration, Layout, NodeId, PartitionId};
use smallvec::SmallVec;

const ASSIGNORS: &str = "range, roundrobin, sticky, cooperative-sticky";

fn assignor_named(word: &str) -> Option<Assignor> {
    Some(match word {
        "range" => Assignor::Range,
        "roundrobin" => Assignor::RoundRobin,
        "sticky" => Assignor::Sticky,
        "cooperative-sticky" => Assignor::CooperativeSticky,
        _ => return None,
    })
}

const fn assignor_name(assignor: Assignor) -> &'static str {
    match assignor {
        Assignor::Range => "range",
        Assignor::RoundRobin => "roundrobin",
        Assignor::Sticky => "sticky",
        Assignor::CooperativeSticky => "cooperative-sticky",
    }
}

fn consumer_of(from: NodeId) -> Result<u8, String> {
    match from {
        NodeId::Consumer(consumer) => Ok(consumer),
        other => Err(format!("{other} is no consumer: requests to a group's coordinator come from one")),
    }
}

/// Partitions of a field, where it is there.
fn partitions(fields: &Fields, name: &'static str) -> Option<Vec<PartitionId>> {
    let texts = fields.texts(name)?;
    texts.iter().map(|text| partition_of(fields, text)).collect()
}

/// Who asks: `member`, `generation`, `instance`.
fn member(fields: &Fields) -> Option<MemberRef> {
    let member = fields.number_or_none("member").flatten();
    let generation = fields.number("generation").unwrap_or(-1);
    let instance = fields.number("instance").map(InstanceId);
    member.map(|member| MemberRef { member, generation, instance })
}

/// A consumer becomes a member.
pub(super) fn join_group(fields: &Fields) -> Option<Make> {
    let member = fields.number_or_none("member").flatten();
    let instance = fields.number("instance").map(InstanceId);
    let (session, rebalance) = (fields.time("session_timeout"), fields.time("rebalance_timeout"));
    let named: Option<Option<Offered>> =
        fields.texts("assignors").map(|texts| texts.iter().map(|text| assignor_named(text)).collect());
    if named == Some(None) {
        fields.problem(format!("`assignors` are of {ASSIGNORS}"));
    }
    let owned = partitions(fields, "owned").unwrap_or_default();
    let generation = fields.number("owned_generation").unwrap_or(-1);
    Some(Box::new(move |stage, from| {
        let consumer = &stage.world.scenario().setup.consumer;
        let millis = |ms: u32| Duration::from_millis(u64::from(ms));
        let assignors = named.clone().flatten().unwrap_or_else(|| offered(consumer.partition_assignment_strategy));
        Ok(Request::JoinGroup(Box::new(JoinGroupRequest {
            member,
            instance,
            consumer: consumer_of(from)?,
            session_timeout: session.unwrap_or(millis(consumer.session_timeout_ms)),
            rebalance_timeout: rebalance.unwrap_or(millis(consumer.max_poll_interval_ms)),
            subscription: Subscription { assignors, owned: owned.clone(), generation },
        })))
    }))
}

/// A member wants its assignment, or the leader brings everybody's.
pub(super) fn sync_group(fields: &Fields) -> Option<Make> {
    let member = fields.need("member", member(fields));
    let assignments = assignments(fields, "assignments", |text| text.trim().parse().ok());
    let request = SyncGroupRequest { member: member?, assignments: assignments.unwrap_or_default() };
    Some(Box::new(move |_, _| Ok(Request::SyncGroup(Box::new(request.clone())))))
}

/// A member of a classic group lives, or leaves.
pub(super) fn of_member(fields: &Fields, request: fn(MemberRef) -> Request) -> Option<Make> {
    let member = fields.need("member", member(fields))?;
    Some(Box::new(move |_, _| Ok(request(member))))
}

/// Offsets are committed.
pub(super) fn offset_commit(fields: &Fields) -> Option<Make> {
    let member = member(fields);
    let offsets = fields.need("offsets", offsets(fields, "offsets"))?;
    let offsets: SmallVec<[CommittedOffset; 2]> = offsets.into_iter().collect();
    let request = OffsetCommitRequest { member, offsets };
    Some(Box::new(move |_, from| {
        consumer_of(from)?;
        Ok(Request::OffsetCommit(Box::new(request.clone())))
    }))
}

/// Committed offsets are read.
pub(super) fn offset_fetch(fields: &Fields) -> Option<Make> {
    let member = member(fields);
    let partitions = fields.need("partitions", partitions(fields, "partitions"))?;
    let request = OffsetFetchRequest { member, partitions: partitions.into_iter().collect() };
    Some(Box::new(move |_, _| Ok(Request::OffsetFetch(Box::new(request.clone())))))
}

/// A member of the new protocol joins, lives or leaves.
pub(super) fn consumer_group_heartbeat(fields: &Fields) -> Option<Make> {
    let member = fields.need("member", fields.number("member"));
    let epoch = fields.need("epoch", fields.number("epoch"));
    let instance = fields.number("instance").map(InstanceId);
    let rebalance = fields.time("rebalance_timeout");
    let assignor = fields.word("assignor", "uniform, range", |word| match word {
        "uniform" => Some(RemoteAssignor::Uniform),
        "range" => Some(RemoteAssignor::Range),
        _ => None,
    });
    let owned = partitions(fields, "owned");
    let (member, epoch) = (member?, epoch?);
    Some(Box::new(move |stage, from| {
        let consumer = &stage.world.scenario().setup.consumer;
        let timeout = Duration::from_millis(u64::from(consumer.max_poll_interval_ms));
        let terms = MemberTerms {
            rebalance_timeout: rebalance.unwrap_or(timeout),
            assignor: assignor.unwrap_or(consumer.group_remote_assignor),
        };
        let full = epoch == JOIN_EPOCH || rebalance.is_some() || assignor.is_some();
        Ok(Request::ConsumerGroupHeartbeat(Box::new(ConsumerGroupHeartbeatRequest {
            member,
            epoch,
            instance,
            consumer: consumer_of(from)?,
            terms: full.then_some(terms),
            owned: owned.clone().or_else(|| (epoch == JOIN_EPOCH).then(Vec::new)),
        })))
    }))
}

/// How these requests are answered in a node's name.
pub(super) fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    let error = error(fields, "error");
    match api {
        Api::JoinGroup => join_reply(error, fields),
        Api::SyncGroup => {
            let assignment = partitions(fields, "assignment").unwrap_or_default();
            Some(Reply::by(move |_| {
                Some(Response::SyncGroup(error.map_or_else(|| Ok(Box::new(assignment.clone())), Err)))
            }))
        }
        Api::Heartbeat => Some(Reply::by(move |_| Some(Response::Heartbeat(error.map_or(Ok(()), Err))))),
        Api::LeaveGroup => Some(Reply::by(move |_| Some(Response::LeaveGroup(error.map_or(Ok(()), Err))))),
        Api::OffsetCommit => Some(Reply::by(move |_| Some(Response::OffsetCommit(error.map_or(Ok(()), Err))))),
        Api::OffsetFetch => {
            let known = offsets(fields, "offsets").unwrap_or_default();
            Some(Reply::by(move |request| {
                let Request::OffsetFetch(request) = request else { return None };
                let of = |asked: &PartitionId| known.iter().copied().find(|offset| offset.partition == *asked);
                let found = || Ok(Box::new(request.partitions.iter().map(of).collect()));
                Some(Response::OffsetFetch(error.map_or_else(found, Err)))
            }))
        }
        Api::ConsumerGroupHeartbeat => {
            let epoch: Option<i32> = fields.number("member_epoch");
            let interval = fields.time("interval").unwrap_or(Duration::from_secs(5));
            let assignment = partitions(fields, "assignment");
            Some(Reply::by(move |request| {
                let Request::ConsumerGroupHeartbeat(request) = request else { return None };
                let epoch = epoch.unwrap_or(request.epoch);
                let answer = ConsumerGroupHeartbeatAnswer { epoch, interval, assignment: assignment.clone() };
                Some(Response::ConsumerGroupHeartbeat(error.map_or_else(|| Ok(Box::new(answer)), Err)))
            }))
        }
        _ => None,
    }
}

fn join_reply(error: Option<highwater_model::trace::Error>, fields: &Fields) -> Option<Reply> {
    let member: Option<u32> = fields.number("member_id");
    let generation: i32 = fields.number("generation").unwrap_or(1);
    let assignor = fields.word("assignor", ASSIGNORS, assignor_named).unwrap_or(Assignor::Range);
    Some(Reply::by(move |request| {
        let Request::JoinGroup(request) = request else { return None };
        Some(Response::JoinGroup(match error {
            Some(error) => Err(JoinError { error, member }),
            None => Ok(Box::new(JoinedGroup {
                member: member.or(request.member).unwrap_or(1),
                generation,
                assignor,
                members: Vec::new(),
            })),
        }))
    }))
}

fn names(partitions: &[PartitionId], layout: &Layout) -> Value {
    Value::set(partitions.iter().map(|partition| layout.short_name(*partition)))
}

fn member_fields(member: MemberRef) -> Value {
    Value::fields([
        ("member", member.member.into()),
        ("generation", member.generation.into()),
        ("instance", member.instance.map(|instance| instance.0).into()),
    ])
}

fn offsets_field(offsets: &[CommittedOffset], layout: &Layout) -> Value {
    let one = |offset: &CommittedOffset| {
        let fields = [("offset", offset.offset.into()), ("leader_epoch", offset.leader_epoch.into())];
        (layout.short_name(offset.partition), Value::fields(fields))
    };
    Value::Fields(offsets.iter().map(one).collect())
}

/// What such a request asks.
pub(super) fn request_fields(request: &Request, layout: &Layout) -> Option<Value> {
    Some(match request {
        Request::JoinGroup(request) => Value::fields([
            ("member", request.member.into()),
            ("instance", request.instance.map(|instance| instance.0).into()),
            ("session_timeout", request.session_timeout.into()),
            ("rebalance_timeout", request.rebalance_timeout.into()),
            ("assignors", Value::list(request.subscription.assignors.iter().map(|own| assignor_name(*own)))),
            ("owned", names(&request.subscription.owned, layout)),
            ("owned_generation", request.subscription.generation.into()),
        ]),
        Request::SyncGroup(request) => {
            let mut value = member_fields(request.member);
            if let Value::Fields(fields) = &mut value {
                fields.push(("assignments".to_owned(), request.assignments.len().into()));
            }
            value
        }
        Request::Heartbeat(member) | Request::LeaveGroup(member) => member_fields(*member),
        Request::OffsetCommit(request) => {
            let mut value = request.member.map_or_else(|| Value::fields([("member", Value::None)]), member_fields);
            if let Value::Fields(fields) = &mut value {
                fields.push(("offsets".to_owned(), offsets_field(&request.offsets, layout)));
            }
            value
        }
        Request::OffsetFetch(request) => Value::fields([
            ("member", request.member.map(|member| member.member).into()),
            ("generation", request.member.map(|member| member.generation).into()),
            ("partitions", names(&request.partitions, layout)),
        ]),
        Request::ConsumerGroupHeartbeat(request) => Value::fields([
            ("member", request.member.into()),
            ("epoch", request.epoch.into()),
            ("instance", request.instance.map(|instance| instance.0).into()),
            ("full", (request.terms.is_some() && request.owned.is_some()).into()),
            ("owned", request.owned.as_deref().map_or(Value::None, |owned| names(owned, layout))),
        ]),
        _ => return None,
    })
}

/// What such an answer says.
pub(super) fn response_fields(response: &Response, layout: &Layout) -> Option<Value> {
    Some(match response {
        Response::JoinGroup(Ok(joined)) => Value::fields([
            ("error", Value::None),
            ("member_id", joined.member.into()),
            ("generation", joined.generation.into()),
            ("assignor", assignor_name(joined.assignor).into()),
            ("members", Value::list(joined.members.iter().map(|member| member.member))),
        ]),
        Response::JoinGroup(Err(failed)) => {
            Value::fields([("error", failed.error.into()), ("member_id", failed.member.into())])
        }
        Response::SyncGroup(result) => Value::fields([
            ("error", result.as_ref().err().copied().into()),
            ("assignment", result.as_ref().map_or(Value::None, |own| names(own, layout))),
        ]),
        Response::Heartbeat(result) | Response::LeaveGroup(result) | Response::OffsetCommit(result) => {
            Value::fields([("error", result.err().into())])
        }
        Response::OffsetFetch(result) => {
            let known: Vec<_> = result.iter().flat_map(|found| found.iter().flatten().copied()).collect();
            Value::fields([
                ("error", result.as_ref().err().copied().into()),
                ("offsets", offsets_field(&known, layout)),
            ])
        }
        Response::ConsumerGroupHeartbeat(result) => {
            let answer = result.as_ref().ok();
            let given = answer.and_then(|answer| answer.assignment.as_deref());
            Value::fields([
                ("error", result.as_ref().err().copied().into()),
                ("member_epoch", answer.map(|answer| answer.epoch).into()),
                ("interval", answer.map(|answer| answer.interval).into()),
                ("assignment", given.map_or(Value::None, |given| names(given, layout))),
            ])
        }
        _ => return None,
    })
}
