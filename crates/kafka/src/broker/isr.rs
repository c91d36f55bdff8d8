//! ISR changes: a leader proposes, the controller decides (AlterPartition, R-307 to R-312).

use super::replica::{Proposed, Replica};
use super::{Broker, Kind};
use crate::message::{AlterPartitionRequest, AlteredPartitions, IsrProposal, Message, Request};
use crate::node::{Context, Effect};
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{BrokerSet, Duration, NodeId, PartitionId};

/// Pause before AlterPartition is sent again after a failure.
const RETRY: Duration = Duration::from_millis(50);

/// Proposals that wait or are on their way. One request is in flight at a time; a partition is in it, or waits, once.
#[derive(Clone, Debug, Default)]
pub(super) struct IsrChanges {
    waiting: Vec<PartitionId>,
    in_flight: Vec<PartitionId>,
}

impl Broker {
    /// Every half lag time a leader drops followers that lag.
    pub(super) fn check_isrs(&mut self, context: &mut Context) {
        let lag_max = Duration::from_millis(context.setup.cluster.replica_lag_time_max_ms);
        for partition in context.layout.partitions() {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            let Some(leader) = replica.leader().filter(|leader| leader.proposed.is_none()) else { continue };
            let end = replica.log.end();
            let lags = |follower: &&super::replica::Follower| {
                leader.isr.contains(follower.broker) && !follower.is_caught_up(end, context.wall, lag_max)
            };
            let out: BrokerSet = leader.followers.iter().filter(lags).map(|follower| follower.broker).collect();
            if !out.is_empty() {
                let isr = leader.isr;
                self.propose_isr(partition, isr.minus(out), isr, context);
            }
        }
        let next = context.now + Duration(lag_max.0 / 2);
        context.out.timer(next, Kind::IsrCheck as u16, 0);
    }

    /// Proposes another ISR; until it is settled the maximal ISR is this one and the old one together.
    pub(super) fn propose_isr(
        &mut self,
        partition: PartitionId,
        isr: BrokerSet,
        old: BrokerSet,
        context: &mut Context,
    ) {
        let Some(leader) = self.replicas[partition.index()].as_mut().and_then(Replica::leader_mut) else { return };
        let maximal = isr.union(old);
        leader.proposed = Some(Proposed { isr, maximal, waits_for_metadata: false });
        context.out.tell(Entry::IsrProposed { broker: self.id, partition, isr, maximal });
        self.isr_changes.waiting.push(partition);
        self.send_isr_changes(context);
    }

    /// Sends all proposals that wait, if none is in flight and the controller can be reached.
    pub(super) fn send_isr_changes(&mut self, context: &mut Context) {
        let changes = &mut self.isr_changes;
        if !changes.in_flight.is_empty() || changes.waiting.is_empty() {
            return;
        }
        let Some(broker_epoch) = self.control.epoch() else { return };
        let Some(connection) = self.control.isr_connection(self.id, context) else { return };
        let waiting = std::mem::take(&mut self.isr_changes.waiting);
        let proposals: Vec<IsrProposal> = waiting.iter().filter_map(|partition| self.proposal(*partition)).collect();
        if proposals.is_empty() {
            return;
        }
        self.isr_changes.in_flight = proposals.iter().map(|proposal| proposal.partition).collect();
        self.control.await_isr(context);
        let request = AlterPartitionRequest { broker: self.id, broker_epoch, partitions: proposals };
        context.out.send(connection, Message::Request(Request::AlterPartition(Box::new(request))));
    }

    fn proposal(&self, partition: PartitionId) -> Option<IsrProposal> {
        let replica = self.replicas[partition.index()].as_ref()?;
        let proposed = replica.leader()?.proposed.filter(|proposed| !proposed.waits_for_metadata)?;
        Some(IsrProposal {
            partition,
            leader_epoch: replica.leader_epoch,
            partition_epoch: replica.partition_epoch,
            isr: self.with_epochs(partition, proposed.isr),
            // A leader that was elected uncleanly has recovered with its first ISR change.
            recovering: false,
        })
    }

    /// The connection was lost, or the request as a whole was refused: everything in flight waits again.
    pub(super) fn isr_changes_failed(&mut self, error: Error, controller: NodeId, context: &mut Context) {
        let changes = &mut self.isr_changes;
        if changes.in_flight.is_empty() {
            return;
        }
        let node = NodeId::Broker(self.id);
        context.out.tell(Entry::RequestFailed { node, api: Api::AlterPartition, server: controller, error });
        changes.waiting.append(&mut changes.in_flight);
        self.control.isr_answered();
        context.out.timer(context.now + RETRY, Kind::IsrRetry as u16, 0);
    }

    /// The controller decided.
    pub(super) fn isr_changes_decided(&mut self, altered: AlteredPartitions, context: &mut Context) {
        self.isr_changes.in_flight.clear();
        self.control.isr_answered();
        for (partition, result) in altered {
            match result {
                Ok(state) => self.isr_accepted(partition, &state, context),
                Err(error) => self.isr_refused(partition, error, context),
            }
        }
        self.send_isr_changes(context);
    }

    fn isr_accepted(&mut self, partition: PartitionId, state: &crate::metadata::PartitionState, context: &mut Context) {
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        if replica.leader_epoch != state.leader_epoch || state.partition_epoch < replica.partition_epoch {
            return; // newer metadata was here before the answer
        }
        let same = replica.partition_epoch == state.partition_epoch;
        replica.partition_epoch = state.partition_epoch;
        let full = state.isr.len() == replica.replicas.len() as u32;
        let Some(leader) = replica.leader_mut() else { return };
        if same && leader.proposed.is_none() && leader.isr == state.isr {
            return; // the metadata log told the same already
        }
        leader.isr = state.isr;
        leader.proposed = None;
        leader.recovering = state.recovering;
        self.note_incomplete(partition, full);
        let partition_epoch = state.partition_epoch;
        context.out.tell(Entry::IsrCommitted { broker: self.id, partition, isr: state.isr, partition_epoch });
        self.advance_high_watermark(partition, context);
        self.complete_committed(partition, context);
    }

    fn isr_refused(&mut self, partition: PartitionId, error: Error, context: &mut Context) {
        context.out.tell(Entry::IsrRejected { broker: self.id, partition, error });
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let partition_epoch = replica.partition_epoch;
        let Some(leader) = replica.leader_mut() else { return };
        // What the leader writes itself is written or not: after a failure the old ISR stands.
        let stands = error == Error::IneligibleReplica || !context.setup.version.alter_partition;
        match error {
            _ if stands => {
                leader.proposed = None;
                let isr = leader.isr;
                context.out.tell(Entry::IsrCommitted { broker: self.id, partition, isr, partition_epoch });
                self.advance_high_watermark(partition, context);
            }
            Error::UnknownTopicOrPartition
            | Error::FencedLeaderEpoch
            | Error::InvalidUpdateVersion
            | Error::InvalidRequest
            | Error::NewLeaderElected => {
                if let Some(proposed) = &mut leader.proposed {
                    proposed.waits_for_metadata = true;
                }
            }
            _ => {
                self.isr_changes.waiting.push(partition);
                context.out.timer(context.now + RETRY, Kind::IsrRetry as u16, 0);
            }
        }
    }

    /// Keeps the set of partitions whose ISR lacks a replica.
    pub(super) fn note_incomplete(&mut self, partition: PartitionId, full: bool) {
        if full {
            self.incomplete.remove(partition);
        } else {
            self.incomplete.insert(partition);
        }
    }

    /// The process is gone: nothing is proposed any more.
    pub(super) fn forget_isr_changes(&mut self) {
        self.isr_changes = IsrChanges::default();
        self.incomplete = super::PartitionSet::default();
    }

    /// Is no proposal waiting or on its way?
    pub(super) fn isr_changes_idle(&self) -> bool {
        self.isr_changes.in_flight.is_empty() && self.isr_changes.waiting.is_empty()
    }

    /// Closes a connection that it opened itself.
    pub(super) fn close(connection: crate::node::Connection, context: &mut Context) {
        context.out.effects.push(Effect::Close(connection));
    }
}
