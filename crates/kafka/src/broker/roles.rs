//! Roles: a broker becomes leader or follower of a partition when it reads so in the metadata log, not before.

use super::Broker;
use super::producers::ProducerStates;
use super::replica::{Leader, Replica, Role};
use crate::checks::Check;
use crate::metadata::PartitionState;
use crate::node::Context;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, PartitionId};

impl Broker {
    /// Takes the role that the metadata gives it in every partition; for a process that begins.
    pub(super) fn take_roles(&mut self, context: &mut Context) {
        let states: Vec<_> = self.image.partitions().map(|(partition, state)| (partition, state.clone())).collect();
        self.count_partitions(context);
        for (partition, state) in states {
            self.take_role(partition, &state, context);
        }
    }

    /// The group's coordinator learns how many partitions the topic has.
    pub(super) fn count_partitions(&mut self, context: &Context) {
        let exists = |partition: &PartitionId| self.image.partition(*partition).is_some();
        let count = context.layout.data().take_while(exists).count() as u16;
        self.group.topic_has(count);
    }

    /// A partition changed in the metadata.
    pub(super) fn take_role(&mut self, partition: PartitionId, state: &PartitionState, context: &mut Context) {
        if !state.replicas.contains(&self.id) {
            self.drop_replica(partition, state, context);
            return;
        }
        if self.replicas[partition.index()].is_none() {
            self.place_replica(partition, state);
        }
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        if matches!(replica.role, Role::Offline) {
            return; // until the process starts again
        }
        if context.checks.on(Check::StaleMetadata) && !Self::is_settled_by(replica, state) {
            return;
        }
        replica.replicas = state.replicas.clone();
        // A process that does not serve yet cannot lead: what it reads of its own leadership is of the process before
        // it, and ends when that one's session does.
        if state.leader == Some(self.id) && self.lifecycle.serves() {
            self.lead(partition, state, context);
        } else {
            self.follow(partition, state, context);
        }
    }

    fn lead(&mut self, partition: PartitionId, state: &PartitionState, context: &mut Context) {
        let own = self.id;
        let replica = self.replicas[partition.index()].as_mut().expect("it was just made");
        let new_epoch = replica.leader_epoch < state.leader_epoch;
        // Metadata of the partition epoch that the leader has built its next proposal on settles nothing. (Kafka clears
        // the proposal here, and for a moment does not count a follower that the controller may add: against INV-14.)
        let news = replica.partition_epoch < state.partition_epoch;
        let led = replica.leader().is_some();
        let end = replica.log.end();
        if !led {
            let reads = context.checks.on(Check::ProducersOfLog);
            let producers = if reads {
                ProducerStates::of_log(&replica.log, partition, replica.high_watermark, context.store)
            } else {
                ProducerStates::default()
            };
            let mut leader = Leader::new(&replica.replicas, own, state.isr, end, state.recovering);
            leader.producers = producers;
            for former in replica.former_followers.drain(..) {
                if let Some(follower) = leader.follower(former.broker) {
                    *follower = former;
                }
            }
            replica.role = Role::Leader(Box::new(leader));
            replica.read_along = None;
        }
        let assigned = replica.replicas.clone();
        let forget = !led && context.checks.on(Check::ForgetFollowers);
        replica.leader_epoch = state.leader_epoch;
        replica.partition_epoch = state.partition_epoch;
        replica.followed = None;
        let high_watermark = replica.high_watermark;
        if (new_epoch || !led) && context.checks.on(Check::AssignEpoch) {
            replica.log.assign_epoch(state.leader_epoch, end);
        }
        let leader = replica.leader_mut().expect("it leads now");
        if leader.followers.len() + 1 != assigned.len() || led && new_epoch {
            leader.assign(&assigned, own);
        }
        let settled = leader.proposed.is_some() && (news || new_epoch);
        let changed = leader.isr != state.isr || settled || !led;
        leader.isr = state.isr;
        if settled {
            leader.proposed = None;
        }
        leader.recovering = state.recovering;
        if new_epoch || !led {
            leader.epoch_start = end;
            leader.reset_followers(context.wall, forget);
            let (broker, leader_epoch) = (own, state.leader_epoch);
            context.out.tell(Entry::Leads { broker, partition, leader_epoch, start: end, high_watermark });
            self.stop_fetching(partition, context);
            self.wake_readers(partition);
        }
        if changed {
            let (isr, partition_epoch) = (state.isr, state.partition_epoch);
            context.out.tell(Entry::IsrCommitted { broker: own, partition, isr, partition_epoch });
        }
        self.note_incomplete(partition, state.isr.len() == state.replicas.len() as u32);
        self.advance_high_watermark(partition, context);
        self.complete_committed(partition, context);
        if !led {
            self.group_elected(partition, context);
        }
        if new_epoch || !led {
            self.transactions_elected(partition, context);
        }
    }

    fn follow(&mut self, partition: PartitionId, state: &PartitionState, context: &mut Context) {
        let replica = self.replicas[partition.index()].as_mut().expect("it was just made");
        let new_epoch = replica.leader_epoch < state.leader_epoch;
        let alive = |leader: &BrokerId| self.image.broker(*leader).is_some_and(|broker| !broker.fenced);
        let leader = state.leader.filter(|leader| *leader != self.id).filter(alive);
        replica.partition_epoch = state.partition_epoch;
        let before = std::mem::replace(&mut replica.role, Role::Follower(leader));
        let same = matches!(&before, Role::Follower(old) if *old == leader);
        if same && !new_epoch {
            return; // only its ISR changed
        }
        replica.leader_epoch = state.leader_epoch;
        if let (Role::Leader(old), false) = (&before, context.checks.on(Check::ForgetFollowers)) {
            replica.former_followers = old.followers.to_vec();
        }
        let (broker, leader_epoch) = (self.id, state.leader_epoch);
        context.out.tell(Entry::Follows { broker, partition, leader_epoch, leader: state.leader });
        let unfinished = leader.is_some_and(|leader| self.fetcher(leader).truncating.contains(partition));
        self.stop_fetching(partition, context);
        if let Role::Leader(old) = before {
            self.note_incomplete(partition, true);
            self.wake_readers(partition);
            self.fail_waiting(partition, old.waiting, Error::NotLeaderOrFollower, context);
            self.group_resigned(partition, context);
            self.transactions_resigned(partition, context);
        }
        if let Some(leader) = leader {
            self.follow_log_of(partition, leader, unfinished, context);
        }
    }

    /// Brings its log in line with the leader's, and fetches. Before KAFKA-7164 was fixed, a leader that is the one it
    /// followed before was taken to have the log that it had before.
    fn follow_log_of(&mut self, partition: PartitionId, leader: BrokerId, unfinished: bool, context: &mut Context) {
        let replica = self.replicas[partition.index()].as_mut().expect("it follows with a replica");
        let before = replica.followed.replace(leader);
        if before != Some(leader) || unfinished || context.setup.version.trunc_every_epoch {
            self.reconcile(partition, leader, context);
        }
        self.start_fetching(partition, leader, context);
    }

    /// The replica gives its role up: nobody reads from it or waits for it any more.
    pub(super) fn end_role(&mut self, partition: PartitionId, role: Role, error: Error, context: &mut Context) {
        self.stop_fetching(partition, context);
        self.wake_readers(partition);
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        if let Role::Leader(old) = std::mem::replace(&mut replica.role, role) {
            self.note_incomplete(partition, true);
            self.fail_waiting(partition, old.waiting, error, context);
            self.group_resigned(partition, context);
        }
    }

    /// The partition has no replica here any more: its log is deleted.
    fn drop_replica(&mut self, partition: PartitionId, state: &PartitionState, context: &mut Context) {
        let stale = |replica: &Replica| context.checks.on(Check::StaleMetadata) && !Self::is_settled_by(replica, state);
        if self.replicas[partition.index()].as_ref().is_none_or(stale) {
            return;
        }
        self.end_role(partition, Role::Idle, Error::NotLeaderOrFollower, context);
        self.replicas[partition.index()] = None;
        context.out.tell(Entry::LogRemoved { broker: self.id, partition });
    }

    /// A broker came back or went: partitions that it leads are followed again, or no more.
    pub(super) fn leader_liveness_changed(&mut self, broker: BrokerId, context: &mut Context) {
        let led = |state: &PartitionState| state.leader == Some(broker) && state.replicas.contains(&self.id);
        let partitions: Vec<_> =
            self.image.partitions().filter(|(_, state)| led(state)).map(|(p, state)| (p, state.clone())).collect();
        for (partition, state) in partitions {
            if broker != self.id {
                self.take_role(partition, &state, context);
            }
        }
    }
}
