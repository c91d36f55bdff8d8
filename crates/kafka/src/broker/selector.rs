//! Consumers that read from followers (KIP-392): which replica a leader sends them to, and how a follower serves them.

use super::Broker;
use super::replica::{Follower, Replica, Role};
use crate::checks::Check;
use crate::node::Context;
use highwater_model::settings::ReplicaSelector;
use highwater_model::trace::Error;
use highwater_model::{BrokerId, NodeId, PartitionId};

/// Is the replica within reach, and in the epoch that the reader knows?
pub(super) fn check_epoch(replica: &Replica, epoch: Option<i32>, context: &Context) -> Result<(), Error> {
    if matches!(replica.role, Role::Offline) {
        return Err(Error::KafkaStorageError);
    }
    match epoch.filter(|_| context.checks.on(Check::FetchEpoch)) {
        Some(epoch) if epoch < replica.leader_epoch => Err(Error::FencedLeaderEpoch),
        Some(epoch) if replica.leader_epoch < epoch => Err(Error::UnknownLeaderEpoch),
        _ => Ok(()),
    }
}

impl Broker {
    /// The replica that serves a consumer. A follower does, up to its own high watermark, where the request is one of
    /// those that know of it: they name an epoch or a rack.
    pub(super) fn readable_by_consumer(
        &self,
        partition: PartitionId,
        epoch: Option<i32>,
        rack: Option<u8>,
        context: &Context,
    ) -> Result<&Replica, Error> {
        let follows = |replica: &&Replica| matches!(replica.role, Role::Follower(_));
        match self.replicas[partition.index()].as_ref().filter(follows) {
            Some(replica) if epoch.is_some() || rack.is_some() => {
                check_epoch(replica, epoch, context).map(|()| replica)
            }
            _ => self.readable(partition, epoch, context),
        }
    }

    /// Whom a consumer of this rack should read from instead of this leader: an in-sync replica in its rack that has the
    /// offset, the one with the most records. After RackAwareReplicaSelector.
    pub(super) fn preferred_replica(
        &self,
        replica: &Replica,
        offset: u64,
        rack: u8,
        context: &Context,
    ) -> Option<BrokerId> {
        let setup = context.setup;
        let leader = replica.leader()?;
        if setup.cluster.replica_selector != ReplicaSelector::RackAware || !setup.cluster.rack_aware {
            return None;
        }
        let near = |broker: BrokerId| setup.rack(NodeId::Broker(broker)) == rack;
        if near(self.id) {
            return None;
        }
        let fits = |follower: &&Follower| {
            let broker = follower.broker;
            let alive = self.image.broker(broker).is_some_and(|state| !state.fenced);
            near(broker) && alive && leader.isr.contains(broker) && follower.end.is_some_and(|end| offset <= end)
        };
        let best = leader.followers.iter().filter(fits).max_by_key(|f| (f.end, f.last_caught_up, f.broker))?;
        Some(best.broker)
    }

    /// A follower's high watermark moved: consumers that read here may go on.
    pub(super) fn committed_at_follower(&mut self, partition: PartitionId, from: u64, to: u64, context: &mut Context) {
        if from < to && context.setup.cluster.replica_selector == ReplicaSelector::RackAware {
            self.committed(partition, from, to, context);
            self.stabilize(partition, context);
        }
    }
}
