//! Requests to controllers: AlterPartition, registration, heartbeats.

use super::data::registered;
use super::{Make, Reply, error};
use crate::sheet::Fields;
use highwater_kafka::message::{
    AlterPartitionRequest, AssignReplicasToDirsRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest,
    HeartbeatAnswer, IsrProposal, Request, Response,
};
use highwater_kafka::metadata::{DirectorySet, PartitionState};
use highwater_model::inspect::Value;
use highwater_model::trace::Api;
use highwater_model::{BrokerId, BrokerSet, Layout, NodeId};

fn broker(from: NodeId) -> Result<BrokerId, String> {
    match from {
        NodeId::Broker(broker) => Ok(broker),
        _ => Err(format!("{from} is no broker: this request comes from one")),
    }
}

/// Log directories by their numbers, from 1.
fn directories(numbers: Vec<u64>) -> DirectorySet {
    let real = numbers.into_iter().filter(|number| (1..=8).contains(number));
    real.fold(DirectorySet::EMPTY, |set, number| set.with(number as u8))
}

/// A leader proposes another ISR.
pub(super) fn alter_partition(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let leader_epoch = fields.need("leader_epoch", fields.number("leader_epoch"));
    let partition_epoch = fields.need("partition_epoch", fields.number("partition_epoch"));
    let isr = fields.need("isr", fields.broker_list("isr"));
    let broker_epoch = fields.number("broker_epoch");
    let isr_epochs = fields.number_list("isr_epochs");
    let recovering = fields.flag("recovering").unwrap_or(false);
    let (partition, leader_epoch, partition_epoch, isr) = (partition?, leader_epoch?, partition_epoch?, isr?);
    if isr_epochs.as_ref().is_some_and(|epochs| epochs.len() != isr.len()) {
        fields.problem("`isr_epochs` has an epoch for each member of `isr`, in the same order".to_owned());
        return None;
    }
    Some(Box::new(move |stage, from| {
        let broker = broker(from)?;
        let epoch = |(place, member): (usize, &BrokerId)| {
            let known = || registered(stage, *member);
            (*member, isr_epochs.as_ref().map_or_else(known, |epochs| Some(epochs[place])))
        };
        let isr = isr.iter().enumerate().map(epoch).collect();
        let proposal = IsrProposal { partition, leader_epoch, partition_epoch, isr, recovering };
        let broker_epoch = broker_epoch.or_else(|| registered(stage, broker)).unwrap_or(0);
        let request = AlterPartitionRequest { broker, broker_epoch, partitions: vec![proposal] };
        Ok(Request::AlterPartition(Box::new(request)))
    }))
}

/// A broker wants to be known.
pub(super) fn broker_registration(fields: &Fields) -> Option<Make> {
    let incarnation = fields.number("incarnation").unwrap_or(2);
    let previous_epoch = fields.number_or_none("previous_epoch").flatten();
    let online = fields.number_list("online_directories").map(directories);
    Some(Box::new(move |stage, from| {
        let broker = broker(from)?;
        let all = DirectorySet::first(stage.world.scenario().setup.cluster.log_dirs);
        let online = online.unwrap_or(all);
        Ok(Request::BrokerRegistration(BrokerRegistrationRequest { broker, incarnation, previous_epoch, online }))
    }))
}

/// A broker lives, wants to be unfenced, or to stop.
pub(super) fn broker_heartbeat(fields: &Fields) -> Option<Make> {
    let epoch = fields.number("broker_epoch");
    let metadata_offset = fields.number("metadata_offset");
    let want_fence = fields.flag("want_fence").unwrap_or(false);
    let want_shutdown = fields.flag("want_shutdown").unwrap_or(false);
    let offline = fields.number_list("offline_directories").map_or(DirectorySet::EMPTY, directories);
    Some(Box::new(move |stage, from| {
        let broker = broker(from)?;
        let known = match stage.world.inspect(&["c", "offset"]) {
            Some(Value::Number(offset)) => offset as u64,
            _ => 0,
        };
        Ok(Request::BrokerHeartbeat(BrokerHeartbeatRequest {
            broker,
            epoch: epoch.or_else(|| registered(stage, broker)).unwrap_or(0),
            metadata_offset: metadata_offset.unwrap_or(known),
            want_fence,
            want_shutdown,
            offline,
        }))
    }))
}

/// A broker says in which log directory its replica is.
pub(super) fn assign_replicas_to_dirs(fields: &Fields) -> Option<Make> {
    let partition = fields.need("partition", fields.partition("partition"));
    let directory = fields.need("directory", fields.number("directory"));
    let broker_epoch = fields.number("broker_epoch");
    let (partition, directory) = (partition?, directory?);
    Some(Box::new(move |stage, from| {
        let broker = broker(from)?;
        let broker_epoch = broker_epoch.or_else(|| registered(stage, broker)).unwrap_or(0);
        let replicas = vec![(partition, directory)];
        let request = AssignReplicasToDirsRequest { broker, broker_epoch, replicas };
        Ok(Request::AssignReplicasToDirs(Box::new(request)))
    }))
}

/// How these requests are answered in a controller's name.
pub(super) fn reply(api: Api, fields: &Fields) -> Option<Reply> {
    let refused = error(fields, "error");
    match api {
        Api::AlterPartition => {
            let request_refused = error(fields, "request_error");
            let isr = fields.brokers("isr");
            let leader = fields.broker_or_none("leader");
            let leader_epoch = fields.number("leader_epoch");
            let partition_epoch = fields.number("partition_epoch");
            Some(Reply::by(move |request| {
                let Request::AlterPartition(request) = request else { return None };
                let of = |proposal: &IsrProposal| {
                    let proposed: BrokerSet = proposal.isr.iter().map(|(member, _)| *member).collect();
                    let state = PartitionState {
                        isr: isr.unwrap_or(proposed),
                        leader: leader.unwrap_or(Some(request.broker)),
                        leader_epoch: leader_epoch.unwrap_or(proposal.leader_epoch),
                        partition_epoch: partition_epoch.unwrap_or(proposal.partition_epoch + 1),
                        ..PartitionState::healthy(proposed.iter().collect())
                    };
                    (proposal.partition, refused.map_or(Ok(state), Err))
                };
                let answers = Box::new(request.partitions.iter().map(of).collect());
                Some(Response::AlterPartition(request_refused.map_or(Ok(answers), Err)))
            }))
        }
        Api::BrokerRegistration => {
            let epoch = fields.number("broker_epoch").unwrap_or(1);
            Some(Reply::by(move |_| Some(Response::BrokerRegistration(refused.map_or(Ok(epoch), Err)))))
        }
        Api::BrokerHeartbeat => {
            let answer = HeartbeatAnswer {
                caught_up: fields.flag("caught_up").unwrap_or(true),
                fenced: fields.flag("fenced").unwrap_or(false),
                should_shutdown: fields.flag("should_shutdown").unwrap_or(false),
            };
            Some(Reply::by(move |_| Some(Response::BrokerHeartbeat(refused.map_or(Ok(answer), Err)))))
        }
        Api::AssignReplicasToDirs => {
            Some(Reply::by(move |_| Some(Response::AssignReplicasToDirs(refused.map_or(Ok(()), Err)))))
        }
        _ => None,
    }
}

/// What such a request asks; of several partitions, the first.
pub(super) fn request_fields(request: &Request, layout: &Layout) -> Option<Value> {
    Some(match request {
        Request::AlterPartition(request) => {
            let proposal = request.partitions.first()?;
            Value::fields([
                ("partition", layout.short_name(proposal.partition).into()),
                ("leader_epoch", proposal.leader_epoch.into()),
                ("partition_epoch", proposal.partition_epoch.into()),
                ("isr", Value::set(proposal.isr.iter().map(|(member, _)| *member))),
                ("isr_epochs", Value::list(proposal.isr.iter().map(|(_, epoch)| *epoch))),
                ("broker_epoch", request.broker_epoch.into()),
                ("recovering", proposal.recovering.into()),
                ("partitions", request.partitions.len().into()),
            ])
        }
        Request::AssignReplicasToDirs(request) => {
            let (partition, directory) = request.replicas.first()?;
            Value::fields([
                ("partition", layout.short_name(*partition).into()),
                ("directory", (*directory).into()),
                ("broker_epoch", request.broker_epoch.into()),
                ("partitions", request.replicas.len().into()),
            ])
        }
        Request::BrokerRegistration(request) => Value::fields([
            ("incarnation", request.incarnation.into()),
            ("previous_epoch", request.previous_epoch.into()),
            ("online_directories", Value::set(request.online.iter())),
        ]),
        Request::BrokerHeartbeat(request) => Value::fields([
            ("broker_epoch", request.epoch.into()),
            ("metadata_offset", request.metadata_offset.into()),
            ("want_fence", request.want_fence.into()),
            ("want_shutdown", request.want_shutdown.into()),
            ("offline_directories", Value::set(request.offline.iter())),
        ]),
        _ => return None,
    })
}

/// What such an answer says; of several partitions, the first.
pub(super) fn response_fields(response: &Response, _: &Layout) -> Option<Value> {
    Some(match response {
        Response::AlterPartition(Err(error)) => {
            Value::fields([("error", Value::None), ("request_error", (*error).into())])
        }
        Response::AlterPartition(Ok(partitions)) => {
            let (_, result) = partitions.first()?;
            let state = result.as_ref().ok();
            Value::fields([
                ("request_error", Value::None),
                ("error", result.as_ref().err().copied().into()),
                ("leader", state.and_then(|state| state.leader).into()),
                ("leader_epoch", state.map(|state| state.leader_epoch).into()),
                ("partition_epoch", state.map(|state| state.partition_epoch).into()),
                ("isr", state.map(|state| state.isr).into()),
            ])
        }
        Response::AssignReplicasToDirs(result) => Value::fields([("error", result.err().into())]),
        Response::BrokerRegistration(result) => {
            Value::fields([("error", result.err().into()), ("broker_epoch", result.ok().into())])
        }
        Response::BrokerHeartbeat(result) => Value::fields([
            ("error", result.err().into()),
            ("caught_up", result.ok().map(|answer| answer.caught_up).into()),
            ("fenced", result.ok().map(|answer| answer.fenced).into()),
            ("should_shutdown", result.ok().map(|answer| answer.should_shutdown).into()),
        ]),
        _ => return None,
    })
}
