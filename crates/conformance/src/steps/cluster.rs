//! Steps on the cluster's own state: what the controllers hold of a partition, what a broker's disk holds.

use super::{Act, Lines, Step};
use crate::sheet::Fields;
use highwater_model::NodeId;

pub(super) const STEPS: &[Step] =
    &[Step { word: "change_partition", read: change_partition }, Step { word: "corrupt", read: corrupt }];

/// The active controller writes a partition's state as it is dictated: brokers learn of it as of any decision.
fn change_partition(fields: &Fields, _: Lines) -> Option<Act> {
    let partition = fields.need("partition", fields.partition("partition"));
    let leader = fields.broker_or_none("leader");
    let (isr, elr, replicas) = (fields.brokers("isr"), fields.brokers("elr"), fields.broker_list("replicas"));
    let last_known = fields.broker_or_none("last_known");
    let leader_epoch = fields.number::<i32>("leader_epoch");
    let partition_epoch = fields.number::<i32>("partition_epoch");
    let recovering = fields.flag("recovering");
    let partition = partition?;
    Some(Box::new(move |stage| {
        let written = stage.dictate(partition, |state| {
            let next_epoch = state.leader_epoch + i32::from(leader.is_some());
            state.leader_epoch = leader_epoch.unwrap_or(next_epoch);
            state.partition_epoch = partition_epoch.unwrap_or(state.partition_epoch + 1);
            state.leader = leader.unwrap_or(state.leader);
            state.isr = isr.unwrap_or(state.isr);
            state.elr = elr.unwrap_or(state.elr);
            state.last_known = last_known.unwrap_or(state.last_known);
            state.recovering = recovering.unwrap_or(state.recovering);
            if let Some(replicas) = &replicas {
                state.replicas = replicas.iter().copied().collect();
            }
        });
        if written { Ok(()) } else { Err("no controller is active".to_owned()) }
    }))
}

/// A replica's file holds garbage from an offset on.
fn corrupt(fields: &Fields, _: Lines) -> Option<Act> {
    let node = fields.need("node", fields.node("node"));
    let partition = fields.need("partition", fields.partition("partition"));
    let offset = fields.need("offset", fields.number("offset"));
    let (node, partition, offset) = (node?, partition?, offset?);
    let NodeId::Broker(broker) = node else {
        fields.problem(format!("{node} keeps no log of a partition"));
        return None;
    };
    Some(Box::new(move |stage| {
        stage.world.corrupt(broker, partition, offset);
        Ok(())
    }))
}
