//! The new group protocol (KIP-848, R-737): members send heartbeats, the coordinator assigns, and each member is led to
//! its target by itself. A partition is given to a member only when nobody else holds it. After Kafka's `ConsumerGroup`,
//! `CurrentAssignmentBuilder` and `GroupMetadataManager`.

use super::assignors::{Assignment, Subscriber, assign_remotely};
use super::offsets::as_coordinator_error;
use super::{Append, Beginning, Connection, Error, Loaded, MemberRef, Pending, Response, Work};
use crate::checks::{Check, Checks};
use crate::message::{
    ConsumerGroupHeartbeatAnswer, ConsumerGroupHeartbeatRequest, InstanceId, JOIN_EPOCH, LEAVE_STATIC_EPOCH,
    MemberTerms,
};
use crate::node::Context;
use crate::store::{ConsumerGroupRecord, ConsumerMemberRecord, GroupRecord};
use highwater_model::trace::{Entry, MemberState};
use highwater_model::{Duration, Instant, PartitionId, Setup};

/// The group, as its coordinator knows it.
#[derive(Clone, Debug)]
pub(super) struct ModernGroup {
    /// Grows with each change of its members.
    epoch: i32,
    /// The group epoch for which the targets were assigned.
    assignment_epoch: i32,
    /// Partitions of its topic, when that was last looked at.
    topic_partitions: u16,
    /// In the order in which they came.
    members: Vec<Member>,
    /// An assignor's next answer, decided by hand.
    planned: Option<Plan>,
}

/// A change of the group that is being written down.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// Who waits for it, and for what.
    pub(super) connection: Option<Connection>,
    response: Response,
    /// What has changed, told when it is written down.
    told: Vec<Entry>,
    /// What to go back to if it cannot be.
    before: ModernGroup,
}

/// After a write that failed, what is due is tried again in so much time.
const WRITE_RETRY: Duration = Duration::from_millis(500);

/// Who is to get what, by consumer.
pub type Plan = Vec<(u8, Vec<PartitionId>)>;

#[derive(Clone, Debug)]
struct Member {
    /// What is written down of it.
    record: ConsumerMemberRecord,
    /// Silent until then, it is removed.
    session_until: Instant,
    /// By then it must have given up what it was told to.
    revoked_by: Instant,
}

impl ConsumerMemberRecord {
    fn holds(&self, partition: PartitionId) -> bool {
        self.assigned.contains(&partition) || self.revoking.contains(&partition)
    }

    /// Is the epoch of a heartbeat good? The epoch before is, as long as the member holds nothing that it should not:
    /// the answer with the new one may have been lost.
    fn check_epoch(&self, epoch: i32, owned: Option<&[PartitionId]>) -> Result<(), Error> {
        let subset = owned.is_some_and(|owned| owned.iter().all(|partition| self.assigned.contains(partition)));
        let good = epoch == self.epoch || epoch < self.epoch && epoch == self.previous_epoch && subset;
        if good { Ok(()) } else { Err(Error::FencedMemberEpoch) }
    }

    /// Does it still hold something that it was told to give up, as far as it says?
    fn holds_back(&self, owned: Option<&[PartitionId]>, revoking: &[PartitionId]) -> bool {
        owned.is_none_or(|owned| owned.iter().any(|partition| revoking.contains(partition)))
    }
}

fn session_timeout(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.cluster.group_consumer_session_timeout_ms))
}

impl ModernGroup {
    /// A group without members.
    pub(super) const fn new(topic_partitions: u16) -> Self {
        Self { epoch: 0, assignment_epoch: 0, topic_partitions, members: Vec::new(), planned: None }
    }

    /// The group that a log's last record of it describes; all sessions begin anew, and so does the time to give up
    /// partitions.
    pub(super) fn read(record: &ConsumerGroupRecord, now: Instant, setup: &Setup) -> Self {
        let member = |member: &ConsumerMemberRecord| Member {
            record: member.clone(),
            session_until: now + session_timeout(setup),
            revoked_by: match member.state {
                MemberState::UnrevokedPartitions => now + member.terms.rebalance_timeout,
                MemberState::Stable | MemberState::UnreleasedPartitions => Instant::NEVER,
            },
        };
        let members = record.members.iter().map(member).collect();
        let ConsumerGroupRecord { epoch, assignment_epoch, topic_partitions, .. } = *record;
        Self { epoch, assignment_epoch, topic_partitions, members, planned: None }
    }

    fn record(&self) -> GroupRecord {
        GroupRecord::Consumer(ConsumerGroupRecord {
            epoch: self.epoch,
            assignment_epoch: self.assignment_epoch,
            topic_partitions: self.topic_partitions,
            members: self.members().cloned().collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn epoch(&self) -> i32 {
        self.epoch
    }

    /// The assignor's next answer is this.
    pub(super) fn plan(&mut self, plan: Plan) {
        self.planned = Some(plan);
    }

    fn member(&self, id: u32) -> Option<&ConsumerMemberRecord> {
        self.members().find(|member| member.id == id)
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.members.iter().position(|member| member.record.id == id)
    }

    fn holder(&self, instance: InstanceId) -> Option<usize> {
        self.members.iter().position(|member| member.record.instance == Some(instance))
    }

    /// The consumer that holds the partition.
    pub(super) fn owner(&self, partition: PartitionId) -> Option<u8> {
        self.members().find(|member| member.holds(partition)).map(|member| member.consumer)
    }

    /// The nearest time at which something ends.
    pub(super) fn next_deadline(&self) -> Instant {
        let ends = self.members.iter().flat_map(|member| [member.session_until, member.revoked_by]);
        ends.min().unwrap_or(Instant::NEVER)
    }

    /// May this member, or somebody who is none, read or commit? Who is no member may while there are none.
    pub(super) fn check_request(&self, member: Option<MemberRef>) -> Result<(), Error> {
        if self.members.is_empty() && member.is_none_or(|member| member.generation < 0) {
            return Ok(());
        }
        let member = member.ok_or(Error::UnknownMemberId)?;
        let found = self.member(member.member).ok_or(Error::UnknownMemberId)?;
        if found.epoch == member.generation { Ok(()) } else { Err(Error::StaleMemberEpoch) }
    }

    /// The member of a heartbeat; who joins is made a member, or takes the place of the static member that left.
    fn find_or_add(&mut self, request: &ConsumerGroupHeartbeatRequest, checks: Checks) -> Result<usize, Error> {
        let held = request.instance.map(|instance| self.holder(instance));
        match (held, self.place(request.member)) {
            (Some(None), None) | (None, None) if request.epoch == JOIN_EPOCH => {
                let terms = request.terms.ok_or(Error::InvalidRequest)?;
                let record = ConsumerMemberRecord {
                    id: request.member,
                    instance: request.instance,
                    consumer: request.consumer,
                    terms,
                    epoch: 0,
                    previous_epoch: 0,
                    state: MemberState::Stable,
                    assigned: Vec::new(),
                    revoking: Vec::new(),
                    target: Vec::new(),
                };
                self.members.push(Member { record, session_until: Instant::NEVER, revoked_by: Instant::NEVER });
                self.epoch += 1;
                Ok(self.members.len() - 1)
            }
            (Some(Some(holder)), _) if request.epoch == JOIN_EPOCH => {
                let member = &mut self.members[holder].record;
                if member.epoch != LEAVE_STATIC_EPOCH && checks.on(Check::InstanceFence) {
                    return Err(Error::UnreleasedInstanceId);
                }
                (member.id, member.consumer) = (request.member, request.consumer);
                (member.epoch, member.previous_epoch) = (0, 0);
                Ok(holder)
            }
            (Some(Some(holder)), _) if self.members[holder].record.id != request.member => Err(Error::FencedInstanceId),
            (Some(None), _) | (_, None) => Err(Error::UnknownMemberId),
            // Who joins again with its id has lost what it held.
            (_, Some(place)) if request.epoch == JOIN_EPOCH => Ok(place),
            (_, Some(place)) => {
                self.members[place].record.check_epoch(request.epoch, request.owned.as_deref())?;
                Ok(place)
            }
        }
    }

    /// What everybody should have, for the present group epoch.
    fn assign_targets(&mut self, partitions: u16) {
        let assignor = self.members().next().map(|member| member.terms.assignor);
        let Some(assignor) = assignor else { return };
        let assignment: Assignment = match self.planned.take() {
            Some(plan) => {
                let id = |consumer| self.members().find(|member| member.consumer == consumer);
                plan.into_iter().filter_map(|(consumer, given)| Some((id(consumer)?.id, given))).collect()
            }
            None => {
                let subscriber = |member: &ConsumerMemberRecord| Subscriber {
                    member: member.id,
                    instance: member.instance,
                    owned: member.target.clone(),
                    generation: member.epoch,
                };
                let members: Vec<_> = self.members().map(subscriber).collect();
                assign_remotely(assignor, &members, partitions)
            }
        };
        for (id, target) in assignment {
            let place = self.place(id).expect("assignors give to members only");
            self.members[place].record.target = target;
        }
        self.assignment_epoch = self.epoch;
    }

    /// Leads a member a step on towards its target (`CurrentAssignmentBuilder`).
    fn reconcile(&mut self, place: usize, owned: Option<&[PartitionId]>, now: Instant, checks: Checks) {
        let member = &self.members[place].record;
        let from = match member.state {
            MemberState::Stable if member.epoch == self.assignment_epoch => return,
            MemberState::Stable | MemberState::UnreleasedPartitions => member.epoch,
            MemberState::UnrevokedPartitions => {
                if member.holds_back(owned, &member.revoking) {
                    return;
                }
                member.epoch + 1
            }
        };
        let is_free = |partition: &PartitionId| {
            !checks.on(Check::PartitionReleased) || !self.members().any(|member| member.holds(*partition))
        };
        let (kept, revoking): (Vec<_>, Vec<_>) =
            member.assigned.iter().copied().partition(|partition| member.target.contains(partition));
        let missing = member.target.iter().copied().filter(|partition| !kept.contains(partition));
        let (granted, unreleased): (Vec<_>, Vec<_>) = missing.partition(is_free);
        let gives_up = !revoking.is_empty() && member.holds_back(owned, &revoking);
        let assignment_epoch = self.assignment_epoch;
        let Member { record: member, revoked_by, .. } = &mut self.members[place];
        member.assigned = kept;
        member.revoking.clear();
        let (epoch, state) = if gives_up {
            member.revoking = revoking;
            (from, MemberState::UnrevokedPartitions)
        } else {
            member.assigned.extend(granted);
            member.assigned.sort_unstable();
            let waits = !unreleased.is_empty();
            (assignment_epoch, if waits { MemberState::UnreleasedPartitions } else { MemberState::Stable })
        };
        member.previous_epoch = std::mem::replace(&mut member.epoch, epoch);
        member.state = state;
        *revoked_by = match state {
            MemberState::UnrevokedPartitions => now + member.terms.rebalance_timeout,
            MemberState::Stable | MemberState::UnreleasedPartitions => Instant::NEVER,
        };
    }

    fn remove(&mut self, place: usize) {
        self.members.remove(place);
        self.epoch += 1;
    }

    /// The group as a run finds it.
    pub(super) fn begin(beginning: &Beginning, terms: MemberTerms, topic_partitions: u16) -> GroupRecord {
        let member = |(consumer, owned): &(u8, Vec<PartitionId>)| ConsumerMemberRecord {
            id: u32::from(*consumer),
            instance: beginning.instance(*consumer),
            consumer: *consumer,
            terms,
            epoch: beginning.generation,
            previous_epoch: beginning.generation - 1,
            state: MemberState::Stable,
            assigned: owned.clone(),
            revoking: Vec::new(),
            target: owned.clone(),
        };
        let members = beginning.members.iter().map(member).collect();
        let epoch = beginning.generation;
        GroupRecord::Consumer(ConsumerGroupRecord { epoch, assignment_epoch: epoch, topic_partitions, members })
    }

    /// Tells who holds what: a new coordinator has read it in its log.
    pub(super) fn tell_all(&self, context: &mut Context) {
        for member in self.members() {
            let (consumer, epoch) = (member.consumer, member.epoch);
            for partition in member.assigned.iter().chain(&member.revoking) {
                context.out.tell(Entry::Granted { consumer, partition: *partition, epoch });
            }
        }
    }

    /// What has changed since `before`, as the trace tells it: epochs and states, and who holds what.
    fn changes(&self, before: &Self) -> Vec<Entry> {
        let mut told = Vec::new();
        for old in before.members() {
            let now = self.member(old.id);
            let held = old.assigned.iter().chain(&old.revoking);
            for partition in held.filter(|partition| now.is_none_or(|member| !member.holds(**partition))) {
                told.push(Entry::Released { consumer: old.consumer, partition: *partition });
            }
        }
        for member in self.members() {
            let old = before.member(member.id);
            let (consumer, epoch, state) = (member.consumer, member.epoch, member.state);
            if old.is_none_or(|old| (old.epoch, old.state) != (epoch, state)) {
                told.push(Entry::MemberMoved { consumer, epoch, state });
            }
            for partition in member.assigned.iter().filter(|partition| old.is_none_or(|old| !old.holds(**partition))) {
                told.push(Entry::Granted { consumer, partition: *partition, epoch });
            }
        }
        told
    }

    /// A change could not be written down: what is due is tried again after a while (`CoordinatorTimer`).
    fn postpone(&mut self, now: Instant) {
        let again = now + WRITE_RETRY;
        for member in &mut self.members {
            member.session_until = member.session_until.max(again);
            member.revoked_by = member.revoked_by.max(again);
        }
    }

    /// Kafka's name of its state.
    pub(super) fn state_name(&self) -> &'static str {
        if self.members.is_empty() {
            "Empty"
        } else if self.assignment_epoch < self.epoch {
            "Assigning"
        } else if self
            .members()
            .any(|member| member.state != MemberState::Stable || member.epoch != self.assignment_epoch)
        {
            "Reconciling"
        } else {
            "Stable"
        }
    }

    /// What is written down of each member, for whoever looks on.
    pub(super) fn members(&self) -> impl Iterator<Item = &ConsumerMemberRecord> {
        self.members.iter().map(|member| &member.record)
    }
}

impl Loaded {
    /// A heartbeat of the new protocol: joins, lives, or leaves.
    pub(super) fn consumer_heartbeat(
        &mut self,
        connection: Connection,
        request: ConsumerGroupHeartbeatRequest,
        work: &mut Work,
    ) {
        match self.beat(&request, work) {
            Ok(answer) => {
                let response = Response::ConsumerGroupHeartbeat(Ok(Box::new(answer)));
                self.answer_when_written(connection, response, work);
            }
            Err(error) => work.reply(Some(connection), Response::ConsumerGroupHeartbeat(Err(error))),
        }
        self.modern_before = None;
    }

    /// The group changes; what it was like before is kept for the case that the change cannot be written down.
    fn change(&mut self) -> Result<&mut ModernGroup, Error> {
        let group = self.modern.as_deref_mut().ok_or(Error::GroupIdNotFound)?;
        if self.modern_before.is_none() {
            self.modern_before = Some(group.clone());
        }
        Ok(group)
    }

    fn beat(
        &mut self,
        request: &ConsumerGroupHeartbeatRequest,
        work: &mut Work,
    ) -> Result<ConsumerGroupHeartbeatAnswer, Error> {
        let setup = work.context.setup;
        let (now, checks) = (work.context.now, work.context.checks);
        let interval = Duration::from_millis(u64::from(setup.cluster.group_consumer_heartbeat_interval_ms));
        if self.modern.is_none() && request.epoch == JOIN_EPOCH && self.group.is_empty() {
            self.modern = Some(Box::new(ModernGroup::new(self.topic_partitions)));
        }
        if request.epoch < JOIN_EPOCH {
            self.leave_modern(request)?;
            return Ok(ConsumerGroupHeartbeatAnswer { epoch: request.epoch, interval, assignment: None });
        }
        let partitions = self.topic_partitions;
        let has_changed = |group: &ModernGroup| group.topic_partitions != partitions;
        let idle = self.modern.as_deref().is_some_and(|group| group.is_settled(request) && !has_changed(group));
        let group = if idle { self.modern.as_deref_mut().expect("it is there") } else { self.change()? };
        let place = group.find_or_add(request, checks)?;
        let before = group.members[place].record.assigned.clone();
        if let Some(terms) = request.terms {
            group.members[place].record.terms = terms;
        }
        if has_changed(group) {
            group.topic_partitions = partitions;
            group.epoch += 1;
        }
        if group.assignment_epoch < group.epoch {
            group.assign_targets(partitions);
        }
        group.reconcile(place, request.owned.as_deref(), now, checks);
        group.members[place].session_until = now + session_timeout(setup);
        let member = &group.members[place].record;
        let full = request.epoch == JOIN_EPOCH || request.terms.is_some() && request.owned.is_some();
        let assignment = (full || member.assigned != before).then(|| member.assigned.clone());
        Ok(ConsumerGroupHeartbeatAnswer { epoch: member.epoch, interval, assignment })
    }

    fn leave_modern(&mut self, request: &ConsumerGroupHeartbeatRequest) -> Result<(), Error> {
        let group = self.change()?;
        let place = match request.instance {
            None => group.place(request.member).ok_or(Error::UnknownMemberId)?,
            Some(instance) => {
                let holder = group.holder(instance).ok_or(Error::UnknownMemberId)?;
                if group.members[holder].record.id != request.member {
                    return Err(Error::FencedInstanceId);
                }
                holder
            }
        };
        if request.instance.is_some() && request.epoch == LEAVE_STATIC_EPOCH {
            let member = &mut group.members[place].record;
            member.epoch = LEAVE_STATIC_EPOCH;
            member.revoking.clear();
        } else {
            group.remove(place);
        }
        Ok(())
    }

    /// Writes down what has changed, if anything has, and answers when that is done.
    fn answer_when_written(&mut self, connection: Connection, response: Response, work: &mut Work) {
        let (Some(before), Some(group)) = (self.modern_before.take(), &self.modern) else {
            return work.reply(Some(connection), response);
        };
        if before.record() == group.record() {
            return work.reply(Some(connection), response);
        }
        let told = group.changes(&before);
        let append = Append::group(group.record(), work.context.store);
        self.append(
            append,
            Pending::Change(Box::new(Change { connection: Some(connection), response, told, before })),
            work,
        );
    }

    /// A change is committed; or it was appended, and whether it counts will be seen; or it could not be written down, and
    /// has not happened.
    pub(super) fn changed(&mut self, change: Change, result: Result<u64, Error>, work: &mut Work) {
        let Change { connection, response, told, before } = change;
        match result {
            Ok(_) => {
                told.into_iter().for_each(|entry| work.context.out.tell(entry));
                work.reply(connection, response);
            }
            Err(error) => {
                if matches!(error, Error::RequestTimedOut | Error::NotEnoughReplicasAfterAppend) {
                    self.untold.extend(told);
                } else {
                    let mut group = before;
                    group.postpone(work.context.now);
                    self.modern = Some(Box::new(group));
                }
                work.reply(connection, Response::ConsumerGroupHeartbeat(Err(as_coordinator_error(error))));
            }
        }
    }

    /// Members whose session is over, or who did not give up in time what they were told to, are removed.
    pub(super) fn expire_modern(&mut self, work: &mut Work) {
        let now = work.context.now;
        let is_over = |member: &Member| member.session_until <= now || member.revoked_by <= now;
        let Some(group) = self.modern.as_deref_mut().filter(|group| group.members.iter().any(is_over)) else { return };
        let before = group.clone();
        while let Some(place) = group.members.iter().position(is_over) {
            group.remove(place);
        }
        let told = group.changes(&before);
        let append = Append::group(group.record(), work.context.store);
        let response = Response::ConsumerGroupHeartbeat(Err(Error::UnknownMemberId));
        self.append(append, Pending::Change(Box::new(Change { connection: None, response, told, before })), work);
    }
}

impl ModernGroup {
    /// Does this heartbeat change nothing that is written down? Most do not.
    fn is_settled(&self, request: &ConsumerGroupHeartbeatRequest) -> bool {
        let settled = |member: &ConsumerMemberRecord| {
            member.epoch == request.epoch
                && member.epoch == self.assignment_epoch
                && member.state == MemberState::Stable
                && request.terms.is_none_or(|terms| terms == member.terms)
        };
        self.epoch == self.assignment_epoch && self.member(request.member).is_some_and(settled)
    }
}
