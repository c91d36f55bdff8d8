//! Invariants of the controller's decisions and of who leads: INV-01, 02, 12, 14 to 18, 20, 37, 38.

use super::partition::Tenure;
use super::{Invariant, Invariants};
use crate::cluster::PartitionView;
use highwater_model::trace::{ChangeCause, Election, Entry, Error};
use highwater_model::{BrokerId, BrokerSet, Instant, PartitionId};

impl Invariants {
    pub(super) fn leadership(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Fenced { broker } => {
                self.fenced = self.fenced.with(broker);
                self.unsettled = Some(at);
            }
            Entry::Unfenced { broker } => {
                self.fenced = self.fenced.without(broker);
                // Whom the controller fences from now on, it takes out of the ISR.
                for partition in &mut self.partitions {
                    partition.reinstated = partition.reinstated.without(broker);
                }
            }
            Entry::Registered { broker, clean, .. } => {
                self.fenced = self.fenced.with(broker);
                if !clean {
                    for partition in &mut self.partitions {
                        let lost = partition.lossy.intersection(BrokerSet::only(broker));
                        partition.returned = partition.returned.union(lost);
                    }
                }
                self.unsettled = Some(at);
            }
            Entry::PartitionChanged { partition, election, cause, .. } => {
                let before = *self.cluster.view(partition);
                self.cluster.observe(entry);
                self.partition_changed(at, partition, &before, election, cause);
            }
            Entry::Reassigned { partition, replicas, .. } => {
                self.cluster.observe(entry);
                self.partitions[partition.index()].assigned = replicas;
            }
            Entry::Configured { .. } => {
                self.cluster.observe(entry);
            }
            Entry::Leads { broker, partition, leader_epoch, start, high_watermark } => {
                self.cluster.observe(entry);
                self.forget_last_stable(broker, partition);
                if self.group_log == Some(partition) {
                    self.forget_holders();
                }
                self.leads(at, broker, partition, leader_epoch, start, high_watermark);
            }
            Entry::Follows { broker, partition, .. } => {
                self.partitions[partition.index()].replica_mut(broker).tenure = None;
            }
            Entry::IsrProposed { broker, partition, isr, maximal } => {
                self.isr_proposed(at, broker, partition, isr, maximal);
            }
            Entry::IsrCommitted { broker, partition, isr, .. } => {
                if let Some(tenure) = &mut self.partitions[partition.index()].replica_mut(broker).tenure {
                    (tenure.isr, tenure.maximal) = (Some(isr), Some(isr));
                }
                self.check_maximal(at, partition);
            }
            // Only this answer rolls the proposal back; after others the leader waits for new metadata.
            Entry::IsrRejected { broker, partition, error: Error::IneligibleReplica } => {
                if let Some(tenure) = &mut self.partitions[partition.index()].replica_mut(broker).tenure {
                    tenure.maximal = tenure.isr;
                }
                self.check_maximal(at, partition);
            }
            Entry::MetadataApplied { broker, offset } => {
                let before = std::mem::replace(&mut self.metadata[usize::from(broker.0)], offset);
                self.check(before <= offset, Invariant::MetadataGrows, at, || {
                    format!("{broker} had applied metadata to {before} and is now at {offset}")
                });
            }
            _ => (),
        }
    }

    fn partition_changed(
        &mut self,
        at: Instant,
        partition: PartitionId,
        before: &PartitionView,
        election: Election,
        cause: ChangeCause,
    ) {
        let view = *self.cluster.view(partition);
        self.unsettled = Some(at);
        if before.leader_epoch == -1 {
            self.created(partition, &view, cause);
        } else {
            self.check_epochs(at, partition, before, &view);
        }
        self.check_members(at, partition, &view);
        let joined = view.isr.minus(before.isr);
        if let (Some(leader), Election::LastKnown | Election::Unclean) = (view.leader, election) {
            self.partitions[partition.index()].give_up(leader);
        }
        if before.leader_epoch != -1 {
            self.reinstated(partition, &view, joined, cause);
            self.joins(at, partition, joined);
        }
        self.check_maximal(at, partition);
        self.check_leader_kept(at, partition);
        self.check_committed_everywhere(at, partition);
    }

    /// Whoever leads after such a change, or may, need not have what was committed.
    fn reinstated(&mut self, partition: PartitionId, view: &PartitionView, joined: BrokerSet, cause: ChangeCause) {
        let state = &mut self.partitions[partition.index()];
        state.reinstated = state.reinstated.intersection(view.isr);
        if cause == ChangeCause::Requested && view.leader.is_none_or(|leader| joined.contains(leader)) {
            state.reinstated = state.reinstated.union(joined.intersection(self.fenced));
            joined.iter().for_each(|member| state.give_up(member));
        }
    }

    /// INV-20. A member whose machine lost power after it was proposed, and that has not returned yet, is another matter:
    /// it is down, and its return will exclude it.
    fn joins(&mut self, at: Instant, partition: PartitionId, joined: BrokerSet) {
        let is_safe = self.is_safe(partition);
        let committed = self.partitions[partition.index()].committed.end();
        for member in joined.iter() {
            let state = &mut self.partitions[partition.index()];
            let end = state.replica(member).log.end();
            let down = state.lossy.minus(state.returned).contains(member);
            if committed <= end {
                (state.lossy, state.returned) = (state.lossy.without(member), state.returned.without(member));
            }
            self.check(committed <= end || down || !is_safe, Invariant::JoinsIsrComplete, at, || {
                format!("{member} joins the ISR of p{} with log end {end}, committed is {committed}", partition.0)
            });
        }
    }

    /// The first thing told of a partition is how it is: its replicas, and a leader that knows its role.
    fn created(&mut self, partition: PartitionId, view: &PartitionView, cause: ChangeCause) {
        let members = view.isr.union(view.elr);
        let complete = cause == ChangeCause::Created && members.len() == self.cluster.replicas(partition);
        let state = &mut self.partitions[partition.index()];
        if complete {
            state.assigned = members;
        }
        if let Some(leader) = view.leader {
            let (epoch, isr) = (view.leader_epoch, Some(view.isr));
            let replica = state.replica_mut(leader);
            replica.tenure = Some(Tenure { epoch, isr, maximal: isr, visible_to: replica.high_watermark });
            let end = replica.log.end();
            state.epochs.insert(epoch, (leader, end));
        }
    }

    fn check_epochs(&mut self, at: Instant, partition: PartitionId, before: &PartitionView, view: &PartitionView) {
        let new_leader_epoch = before.leader_epoch < view.leader_epoch;
        let holds = before.leader_epoch <= view.leader_epoch
            && before.partition_epoch <= view.partition_epoch
            && (!new_leader_epoch || before.partition_epoch < view.partition_epoch)
            && (new_leader_epoch || before.leader == view.leader);
        self.check(holds, Invariant::EpochsGrow, at, || {
            let epochs = |view: &PartitionView| (view.leader, view.leader_epoch, view.partition_epoch);
            format!("p{}: leader and epochs went from {:?} to {:?}", partition.0, epochs(before), epochs(view))
        });
    }

    /// INV-16 and INV-17.
    fn check_members(&mut self, at: Instant, partition: PartitionId, view: &PartitionView) {
        let (isr, elr, assigned) = (view.isr, view.elr, self.partitions[partition.index()].assigned);
        let within = isr.union(elr).len() <= self.cluster.replicas(partition)
            && (assigned.is_empty() || isr.union(elr).is_subset(assigned));
        let apart = isr.intersection(elr).is_empty();
        let needed = elr.is_empty() || isr.len() < self.cluster.min_isr(partition);
        self.check(within && apart && needed, Invariant::IsrAndElrApart, at, || {
            format!("p{}: isr {isr}, elr {elr}, replicas {assigned}", partition.0)
        });
        let leads_within = view.leader.is_none_or(|leader| isr.contains(leader));
        let peopled = self.promises.elr || !isr.is_empty();
        self.check(leads_within && peopled, Invariant::LeaderInIsr, at, || {
            format!("p{}: leader {:?}, isr {isr}", partition.0, view.leader)
        });
    }

    fn leads(
        &mut self,
        at: Instant,
        broker: BrokerId,
        partition: PartitionId,
        epoch: i32,
        start: u64,
        high_watermark: u64,
    ) {
        let state = &mut self.partitions[partition.index()];
        let end = state.replica(broker).log.end();
        let other = state.epochs.get(&epoch).filter(|(leader, _)| *leader != broker).copied();
        state.epochs.entry(epoch).or_insert((broker, end));
        let replica = state.replica_mut(broker);
        let visible_to = replica.tenure.as_ref().map_or(0, |tenure| tenure.visible_to);
        replica.high_watermark = high_watermark;
        replica.tenure = Some(Tenure { epoch, isr: None, maximal: None, visible_to });
        state.reveal(broker, high_watermark);
        self.check(other.is_none(), Invariant::OneLeaderAnEpoch, at, || {
            format!("{broker} leads p{} in epoch {epoch}, and so did {:?}", partition.0, other.map(|other| other.0))
        });
        self.check(start == end, Invariant::OffsetsContiguous, at, || {
            format!("{broker} begins to lead p{} at {start}, its log ends at {end}", partition.0)
        });
        self.check(high_watermark <= end, Invariant::OffsetsInOrder, at, || {
            format!("{broker} begins to lead p{} with high watermark {high_watermark}, log end {end}", partition.0)
        });
        if self.legitimate_leader(partition) == Some(broker) {
            self.takes_over(at, broker, partition);
        }
        self.check_leader_kept(at, partition);
        self.check_committed_everywhere(at, partition);
    }

    /// INV-12, where the leader is one who must have all; else what it does not have is given up. (Somebody who is down
    /// may be elected, and nothing is lost by it until he leads.)
    fn takes_over(&mut self, at: Instant, leader: BrokerId, partition: PartitionId) {
        if !self.promises.sound || !self.absorbs_lossy_restarts(partition) {
            self.partitions[partition.index()].give_up(leader);
        }
        let state = &self.partitions[partition.index()];
        let (end, committed) = (state.replica(leader).log.end(), state.committed.end());
        self.check(committed <= end, Invariant::HighWatermarkKept, at, || {
            format!("{leader} leads p{} with log end {end}, committed is {committed}", partition.0)
        });
    }

    fn isr_proposed(
        &mut self,
        at: Instant,
        broker: BrokerId,
        partition: PartitionId,
        isr: BrokerSet,
        maximal: BrokerSet,
    ) {
        let Some(tenure) = &mut self.partitions[partition.index()].replica_mut(broker).tenure else { return };
        tenure.maximal = Some(maximal);
        if let Some(counts) = tenure.isr {
            self.check(maximal == counts.union(isr), Invariant::MaximalIsrIsExact, at, || {
                format!("{broker} proposes {isr} for p{}: isr {counts}, maximal {maximal}", partition.0)
            });
        }
        self.check_maximal(at, partition);
    }

    /// INV-14.
    fn check_maximal(&mut self, at: Instant, partition: PartitionId) {
        let Some(leader) = self.legitimate_leader(partition).filter(|_| self.promises.decided_isr) else { return };
        let view = self.cluster.view(partition);
        let tenure = self.partitions[partition.index()].replica(leader).tenure.as_ref();
        let Some((isr, maximal)) = tenure.and_then(|tenure| tenure.isr.zip(tenure.maximal)) else { return };
        let enough = self.cluster.min_isr(partition) <= isr.len();
        let needed = if enough { view.isr.union(view.elr) } else { view.isr };
        self.check(needed.is_subset(maximal), Invariant::MaximalIsrIsSuperset, at, || {
            format!("{leader} leads p{} with maximal isr {maximal}, the controller has {needed}", partition.0)
        });
    }

    /// Checks what one decision of the controller must have brought about when all of it is told: INV-18, INV-37.
    pub(super) fn settle(&mut self, now: Instant) {
        let Some(at) = self.unsettled.take_if(|moment| *moment < now) else { return };
        for partition in self.cluster.all() {
            let view = *self.cluster.view(partition);
            let fenced = view.isr.intersection(self.fenced).minus(self.partitions[partition.index()].reinstated);
            let sole = !self.promises.elr && view.isr.len() == 1;
            let allowed = sole || !self.promises.unfenced_isr;
            self.check(fenced.is_empty() || allowed, Invariant::NoFencedInIsr, at, || {
                format!("p{}: isr {}, fenced {fenced}", partition.0, view.isr)
            });
            if self.promises.strict && self.is_safe(partition) {
                self.check_excluded(at, partition, &view);
            }
        }
    }

    fn check_excluded(&mut self, at: Instant, partition: PartitionId, view: &PartitionView) {
        let state = &self.partitions[partition.index()];
        let members = view.leader.map_or(view.isr.union(view.elr), |leader| view.isr.union(view.elr).with(leader));
        let incomplete = |broker: &BrokerId| state.replica(*broker).log.end() < state.committed.end();
        let wrong: BrokerSet = members.intersection(state.returned).iter().filter(incomplete).collect();
        self.check(wrong.is_empty(), Invariant::LossyReplicaExcluded, at, || {
            format!(
                "p{}: {wrong} lost records and is still leader or in isr {} or elr {}",
                partition.0, view.isr, view.elr
            )
        });
    }
}
