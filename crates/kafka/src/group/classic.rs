//! The classic group protocol: members join, their leader assigns, all sync; heartbeats keep them in.
//! Static members keep their place over a restart. After Kafka's `ClassicGroup` and `GroupMetadataManager`.

use super::assignors::{Assignment, Assignor, Subscriber};
use super::offsets::as_coordinator_error;
use super::{Append, Connection, Error, JoinError, Loaded, MemberRef, Pending, Response, Work};
use crate::checks::{Check, Checks};
use crate::message::{InstanceId, JoinGroupRequest, JoinedGroup, Subscription, SyncGroupRequest};
use crate::store::{ClassicMemberRecord, ClassicRecord, GroupRecord};
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, PartitionId};

/// The group, as its coordinator knows it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    state: State,
    generation: i32,
    /// The assignor in use (`protocolName`); none while the group is empty.
    assignor: Option<Assignor>,
    /// The member that assigns.
    leader: Option<u32>,
    members: Vec<Member>,
    /// Ids that were given out and have not joined yet, and until when they may.
    promised: Vec<(u32, Instant)>,
    /// By when all members of the generation must have synced.
    sync_until: Instant,
    /// Since when nobody is a member, if nobody is.
    pub(super) emptied_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody is a member.
    Empty,
    /// Waits for the members to join (PreparingRebalance).
    Preparing { until: Instant, first: Option<FirstRebalance> },
    /// Waits for the leader's assignment (CompletingRebalance).
    Completing,
    /// Everybody has an assignment.
    Stable,
}

/// An empty group waits a while for more members, as long as they keep arriving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FirstRebalance {
    remaining: Duration,
    arrivals: Arrivals,
}

/// Did members arrive since the wait was last prolonged?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrivals {
    None,
    Some,
}

#[derive(Clone, Debug)]
struct Member {
    id: u32,
    instance: Option<InstanceId>,
    consumer: u8,
    session: Duration,
    rebalance: Duration,
    /// Silent until then, it is removed.
    deadline: Instant,
    join: Waiting,
    sync: Waiting,
    /// Has it asked for its assignment in this generation?
    synced: bool,
    subscription: Subscription,
    assignment: Vec<PartitionId>,
}

/// A request that is answered later, and where, if the connection still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    No,
    On(Option<Connection>),
}

impl Waiting {
    fn take(&mut self) -> Option<Connection> {
        match std::mem::replace(self, Waiting::No) {
            Waiting::On(connection) => connection,
            Waiting::No => None,
        }
    }

    fn lose(&mut self, connection: Connection) {
        if *self == Waiting::On(Some(connection)) {
            *self = Waiting::On(None);
        }
    }
}

impl Member {
    fn is_waiting(&self) -> bool {
        self.join != Waiting::No || self.sync != Waiting::No
    }

    fn touch(&mut self, now: Instant) {
        self.deadline = now + self.session;
    }

    fn take_terms(&mut self, request: JoinGroupRequest) {
        (self.session, self.rebalance) = (request.session_timeout, request.rebalance_timeout);
        self.subscription = request.subscription;
    }

    fn offers(&self, assignor: Assignor) -> bool {
        self.subscription.assignors.contains(&assignor)
    }
}

impl Group {
    /// A group without members, of this generation.
    pub(super) const fn empty(generation: i32, since: Instant) -> Self {
        Self {
            state: State::Empty,
            generation,
            assignor: None,
            leader: None,
            members: Vec::new(),
            promised: Vec::new(),
            sync_until: Instant::NEVER,
            emptied_at: since,
        }
    }

    /// The group that a log's last record of it describes, written at that time; all sessions begin anew.
    pub(super) fn read(record: &ClassicRecord, written: Instant, now: Instant) -> Self {
        let member = |member: &ClassicMemberRecord| Member {
            id: member.id,
            instance: member.instance,
            consumer: member.consumer,
            session: member.session,
            rebalance: member.rebalance,
            deadline: now + member.session,
            join: Waiting::No,
            sync: Waiting::No,
            synced: true,
            subscription: member.subscription.clone(),
            assignment: member.assignment.clone(),
        };
        let members: Vec<Member> = record.members.iter().map(member).collect();
        Self {
            state: if members.is_empty() { State::Empty } else { State::Stable },
            assignor: record.assignor,
            leader: members.first().map(|member| member.id),
            members,
            ..Self::empty(record.generation, written)
        }
    }

    /// Is nobody a member, nor about to be?
    pub(super) fn is_empty(&self) -> bool {
        self.state == State::Empty
    }

    pub(super) fn generation(&self) -> i32 {
        self.generation
    }

    /// Kafka's name of its state.
    pub(super) fn state_name(&self) -> &'static str {
        match self.state {
            State::Empty => "Empty",
            State::Preparing { .. } => "PreparingRebalance",
            State::Completing => "CompletingRebalance",
            State::Stable => "Stable",
        }
    }

    /// Its members, for whoever looks on.
    pub(super) fn members(&self) -> impl Iterator<Item = ClassicMember<'_>> {
        self.members.iter().map(|member| ClassicMember {
            id: member.id,
            consumer: member.consumer,
            joined: member.join != Waiting::No,
            assigned: &member.assignment,
        })
    }

    fn member(&self, id: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    fn member_mut(&mut self, id: u32) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    /// Who has this group.instance.id now?
    fn holder(&self, instance: InstanceId) -> Option<u32> {
        self.members.iter().find(|member| member.instance == Some(instance)).map(|member| member.id)
    }

    /// Is it this member? A static member is fenced by another process with its instance id.
    fn check_member(&self, id: u32, instance: Option<InstanceId>, checks: Checks) -> Result<(), Error> {
        if let Some(instance) = instance
            && checks.on(Check::InstanceFence)
        {
            let holder = self.holder(instance).ok_or(Error::UnknownMemberId)?;
            if holder != id {
                return Err(Error::FencedInstanceId);
            }
        }
        if self.member(id).is_some() { Ok(()) } else { Err(Error::UnknownMemberId) }
    }

    /// The member, if it exists and knows the present generation.
    fn check(&mut self, member: MemberRef, checks: Checks) -> Result<&mut Member, Error> {
        self.check_member(member.member, member.instance, checks)?;
        if member.generation != self.generation {
            return Err(Error::IllegalGeneration);
        }
        Ok(self.member_mut(member.member).expect("it was just found"))
    }

    /// A member lives; it learns of a rebalance.
    pub(super) fn heartbeat(&mut self, member: MemberRef, now: Instant, checks: Checks) -> Result<(), Error> {
        self.check(member, checks)?.touch(now);
        if matches!(self.state, State::Preparing { .. }) { Err(Error::RebalanceInProgress) } else { Ok(()) }
    }

    /// May this member, or somebody who is none, commit? While a rebalance is prepared a member still may: it
    /// commits what it gives up. Who is no member may while there are none.
    pub(super) fn check_commit(
        &mut self,
        member: Option<MemberRef>,
        now: Instant,
        checks: Checks,
    ) -> Result<(), Error> {
        if self.state == State::Empty && member.is_none_or(|member| member.generation < 0) {
            return Ok(());
        }
        let completing = self.state == State::Completing;
        let found = self.check(member.ok_or(Error::UnknownMemberId)?, checks)?;
        if completing {
            return Err(Error::RebalanceInProgress);
        }
        found.touch(now);
        Ok(())
    }

    /// The consumer that owns the partition.
    pub(super) fn owner(&self, partition: PartitionId) -> Option<u8> {
        let owns = |member: &&Member| member.assignment.contains(&partition);
        self.members.iter().find(owns).map(|member| member.consumer)
    }

    /// The nearest time at which something ends. A member whose request waits here has shown that it lives.
    pub(super) fn next_deadline(&self) -> Instant {
        let sessions = self.members.iter().filter(|member| !member.is_waiting()).map(|member| member.deadline);
        let promises = self.promised.iter().map(|(_, until)| *until);
        let until = if let State::Preparing { until, .. } = self.state { until } else { Instant::NEVER };
        sessions.chain(promises).fold(until.min(self.sync_until), Instant::min)
    }

    /// Nobody hears on this connection any more.
    pub(super) fn on_lost(&mut self, connection: Connection) {
        for member in &mut self.members {
            member.join.lose(connection);
            member.sync.lose(connection);
        }
    }

    /// Sends away whoever waits.
    pub(super) fn dismiss(&mut self, error: Error, work: &mut Work) {
        for member in &mut self.members {
            work.reply(member.join.take(), Response::JoinGroup(Err(JoinError { error, member: None })));
            work.reply(member.sync.take(), Response::SyncGroup(Err(error)));
        }
    }

    fn rebalance_timeout(&self) -> Duration {
        self.members.iter().map(|member| member.rebalance).max().unwrap_or(Duration::ZERO)
    }

    /// Sees to it that the leader is somebody who has joined; false if nobody has.
    fn elect_joined_leader(&mut self) -> bool {
        let joined = |member: &&Member| member.join != Waiting::No;
        let leader = self.leader.and_then(|leader| self.member(leader)).filter(joined);
        self.leader = leader.or_else(|| self.members.iter().find(joined)).map(|member| member.id);
        self.leader.is_some()
    }

    fn has_all_joined(&self) -> bool {
        self.promised.is_empty() && self.members.iter().all(|member| member.join != Waiting::No)
    }

    /// What a member is told when it has joined; its leader alone learns of the others, if it has to assign.
    fn joined(&self, id: u32, task: Task) -> Response {
        let assigns = task == Task::Assign && self.leader == Some(id);
        let subscriber = |member: &Member| Subscriber {
            member: member.id,
            instance: member.instance,
            owned: member.subscription.owned.clone(),
            generation: member.subscription.generation,
        };
        let members = if assigns { self.members.iter().map(subscriber).collect() } else { Vec::new() };
        let assignor = self.assignor.expect("a group with members has an assignor");
        Response::JoinGroup(Ok(Box::new(JoinedGroup { member: id, generation: self.generation, assignor, members })))
    }

    /// May a member with these assignors join: do all members know one of them?
    fn supports(&self, offered: &[Assignor]) -> bool {
        let known = |assignor: &Assignor| self.members.iter().all(|member| member.offers(*assignor));
        offered.iter().any(known)
    }

    /// The assignor that most members like best of those that all know (`selectProtocol`).
    fn select_assignor(&self) -> Option<Assignor> {
        let known = |assignor: &Assignor| self.members.iter().all(|member| member.offers(*assignor));
        let liked = |member: &Member| member.subscription.assignors.iter().copied().find(known);
        let votes = |assignor: Assignor| self.members.iter().filter(|member| liked(member) == Some(assignor)).count();
        Assignor::ALL.into_iter().rev().filter(known).max_by_key(|assignor| votes(*assignor))
    }

    /// For the log: the leader first, so that who reads it knows the leader.
    fn record(&self) -> GroupRecord {
        let member = |member: &Member| ClassicMemberRecord {
            id: member.id,
            instance: member.instance,
            consumer: member.consumer,
            session: member.session,
            rebalance: member.rebalance,
            subscription: member.subscription.clone(),
            assignment: member.assignment.clone(),
        };
        let mut members: Vec<_> = self.members.iter().map(member).collect();
        if let Some(place) = members.iter().position(|member| Some(member.id) == self.leader) {
            members.swap(0, place);
        }
        GroupRecord::Classic(ClassicRecord { generation: self.generation, assignor: self.assignor, members })
    }

    /// The same with this assignment, which counts once it is written down.
    fn record_of(&self, assignments: &Assignment) -> GroupRecord {
        let GroupRecord::Classic(mut record) = self.record() else { unreachable!("this is a classic group") };
        for member in &mut record.members {
            let place = assignments.iter().position(|(id, _)| *id == member.id);
            member.assignment = place.map(|place| assignments[place].1.clone()).unwrap_or_default();
        }
        GroupRecord::Classic(record)
    }

    /// Answers all that wait for their assignment.
    fn answer_syncs(&mut self, error: Option<Error>, work: &mut Work) {
        for member in &mut self.members {
            if member.sync != Waiting::No {
                member.touch(work.context.now);
                let answer = error.map_or_else(|| Ok(Box::new(member.assignment.clone())), Err);
                work.reply(member.sync.take(), Response::SyncGroup(answer));
            }
        }
    }
}

/// A member of a classic group, as its coordinator knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClassicMember<'a> {
    pub(super) id: u32,
    pub(super) consumer: u8,
    /// Does its JoinGroup wait here?
    pub(super) joined: bool,
    pub(super) assigned: &'a [PartitionId],
}

/// What the leader does with what it is told at the end of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// It assigns.
    Assign,
    /// Nothing: the assignment stands (KIP-814).
    Skip,
}

fn refused(error: Error, member: Option<u32>) -> Response {
    Response::JoinGroup(Err(JoinError { error, member }))
}

impl Loaded {
    /// A consumer wants to be a member.
    pub(super) fn join(&mut self, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
        if !self.group.supports(&request.subscription.assignors) {
            return work.reply(Some(connection), refused(Error::InconsistentGroupProtocol, None));
        }
        match (request.member, request.instance) {
            (Some(id), _) => self.join_again(id, connection, request, work),
            (None, Some(instance)) => match self.group.holder(instance) {
                Some(old) => self.replace(old, connection, request, work),
                None => {
                    let id = self.new_id(work);
                    self.add(id, connection, request, work);
                }
            },
            (None, None) => {
                // It must come back with the id that it is given (KIP-394).
                let id = self.new_id(work);
                self.group.promised.push((id, work.context.now + request.session_timeout));
                work.reply(Some(connection), refused(Error::MemberIdRequired, Some(id)));
            }
        }
    }

    fn join_again(&mut self, id: u32, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
        if let Some(place) = self.group.promised.iter().position(|(promised, _)| *promised == id) {
            self.group.promised.remove(place);
            return self.add(id, connection, request, work);
        }
        if let Err(error) = self.group.check_member(id, request.instance, work.context.checks) {
            return work.reply(Some(connection), refused(error, None));
        }
        let state = self.group.state;
        let leads = self.group.leader == Some(id);
        let member = self.group.member_mut(id).expect("it was just found");
        let news = member.subscription != request.subscription;
        let rejoins = match state {
            State::Preparing { .. } => true,
            State::Completing => news,
            State::Stable => news || leads,
            State::Empty => unreachable!("an empty group has no members"),
        };
        if rejoins {
            member.join = Waiting::On(Some(connection));
            member.take_terms(request);
            self.rebalance_or_complete(work);
        } else {
            // It missed the answer: the generation stands, and it may ask for its assignment.
            let task = if state == State::Completing { Task::Assign } else { Task::Skip };
            let answer = self.group.joined(id, task);
            work.reply(Some(connection), answer);
        }
    }

    /// A static member is back in another process, or another process has its id: the new one takes its place, and the
    /// old one is fenced. While the group is stable that is no rebalance.
    fn replace(&mut self, old: u32, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
        let id = self.new_id(work);
        let group = &mut self.group;
        let member = group.member_mut(old).expect("it holds the instance id");
        let fenced = Error::FencedInstanceId;
        work.reply(member.join.take(), refused(fenced, None));
        work.reply(member.sync.take(), Response::SyncGroup(Err(fenced)));
        member.id = id;
        member.consumer = request.consumer;
        member.join = Waiting::On(Some(connection));
        member.take_terms(request);
        member.touch(work.context.now);
        if group.leader == Some(old) {
            group.leader = Some(id);
        }
        match group.state {
            State::Stable if group.select_assignor() == group.assignor => {
                let append = Append::group(group.record(), work.context.store);
                self.append(append, Pending::Returned { member: id }, work);
            }
            // Its leader may assign to the old id by now, so all join again.
            State::Stable | State::Completing => self.prepare(work),
            State::Preparing { .. } => self.complete_if_joined(work),
            State::Empty => unreachable!("an empty group has no members"),
        }
    }

    /// The new id of a static member that came back is written down, or could not be.
    pub(super) fn returned(&mut self, id: u32, result: Result<u64, Error>, work: &mut Work) {
        let stable = self.group.state == State::Stable;
        let Some(member) = self.group.member_mut(id).filter(|_| stable) else { return };
        let connection = member.join.take();
        let answer = match result {
            Ok(_) => self.group.joined(id, Task::Skip),
            Err(error) => refused(as_coordinator_error(error), None),
        };
        work.reply(connection, answer);
    }

    fn new_id(&self, work: &mut Work) -> u32 {
        // Kafka's ids hold a UUID: unique over all coordinators, and in no order.
        loop {
            let id = (work.context.dice.bits() >> 32) as u32;
            if self.group.member(id).is_none() && self.group.promised.iter().all(|(promised, _)| *promised != id) {
                return id;
            }
        }
    }

    fn add(&mut self, id: u32, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
        self.group.members.push(Member {
            id,
            instance: request.instance,
            consumer: request.consumer,
            session: request.session_timeout,
            rebalance: request.rebalance_timeout,
            deadline: work.context.now + request.session_timeout,
            join: Waiting::On(Some(connection)),
            sync: Waiting::No,
            synced: false,
            subscription: request.subscription,
            assignment: Vec::new(),
        });
        if let State::Preparing { first: Some(first), .. } = &mut self.group.state {
            first.arrivals = Arrivals::Some;
        }
        self.rebalance_or_complete(work);
    }

    fn rebalance_or_complete(&mut self, work: &mut Work) {
        if matches!(self.group.state, State::Preparing { .. }) {
            self.complete_if_joined(work);
        } else {
            self.prepare(work);
        }
    }

    fn complete_if_joined(&mut self, work: &mut Work) {
        if matches!(self.group.state, State::Preparing { first: None, .. }) && self.group.has_all_joined() {
            self.complete_join(work);
        }
    }

    /// Begins a rebalance.
    fn prepare(&mut self, work: &mut Work) {
        let group = &mut self.group;
        if group.state == State::Completing {
            for member in &mut group.members {
                member.assignment.clear();
            }
            group.answer_syncs(Some(Error::RebalanceInProgress), work);
        }
        group.sync_until = Instant::NEVER;
        work.context.out.tell(Entry::RebalanceStarted { generation: group.generation });
        let timeout = group.rebalance_timeout();
        if group.state == State::Empty {
            let delay = Duration::from_millis(u64::from(work.context.setup.cluster.group_initial_rebalance_delay_ms));
            let first = FirstRebalance { remaining: timeout - delay, arrivals: Arrivals::None };
            group.state = State::Preparing { until: work.context.now + delay, first: Some(first) };
        } else {
            group.state = State::Preparing { until: work.context.now + timeout, first: None };
            self.complete_if_joined(work);
        }
    }

    /// Everybody has joined, or has had the time to: the next generation begins.
    fn complete_join(&mut self, work: &mut Work) {
        let now = work.context.now;
        let group = &mut self.group;
        // A static member that is late keeps its place until its session ends.
        group.members.retain(|member| member.join != Waiting::No || member.instance.is_some());
        if !group.elect_joined_leader() && !group.members.is_empty() {
            group.state = State::Preparing { until: now + group.rebalance_timeout(), first: None };
            return;
        }
        if work.context.checks.on(Check::BumpGeneration) {
            group.generation += 1;
        }
        group.assignor = group.select_assignor();
        if group.members.is_empty() {
            group.assignor = None;
            group.state = State::Empty;
            group.emptied_at = now;
            work.context.out.tell(Entry::RebalanceCompleted { generation: group.generation, members: 0 });
            let append = Append::group(group.record(), work.context.store);
            return self.append(append, Pending::Emptied, work);
        }
        group.state = State::Completing;
        group.sync_until = now + group.rebalance_timeout();
        for place in 0..group.members.len() {
            let answer = group.joined(group.members[place].id, Task::Assign);
            let member = &mut group.members[place];
            member.touch(now);
            member.synced = false;
            let connection = member.join.take();
            work.reply(connection, answer);
        }
    }

    /// A member asks for its assignment; the leader brings everybody's, which is written down before it counts.
    pub(super) fn sync(&mut self, connection: Connection, request: SyncGroupRequest, work: &mut Work) {
        let state = self.group.state;
        let checked = self.group.check(request.member, work.context.checks).and_then(|member| match state {
            State::Preparing { .. } => Err(Error::RebalanceInProgress),
            _ => Ok(member),
        });
        let member = match checked {
            Ok(member) => member,
            Err(error) => return work.reply(Some(connection), Response::SyncGroup(Err(error))),
        };
        member.synced = true;
        if state == State::Stable {
            member.touch(work.context.now);
            work.reply(Some(connection), Response::SyncGroup(Ok(Box::new(member.assignment.clone()))));
        } else {
            member.sync = Waiting::On(Some(connection));
            if self.group.leader == Some(request.member.member) {
                let record = self.group.record_of(&request.assignments);
                let append = Append::group(record, work.context.store);
                let generation = self.group.generation;
                self.append(append, Pending::Assignment { generation, assignments: request.assignments }, work);
            }
        }
        if self.group.members.iter().all(|member| member.synced) {
            self.group.sync_until = Instant::NEVER;
        }
    }

    /// The assignment is written down, or could not be.
    pub(super) fn assigned(
        &mut self,
        generation: i32,
        mut assignments: Vec<(u32, Vec<PartitionId>)>,
        result: Result<u64, Error>,
        work: &mut Work,
    ) {
        if self.group.state != State::Completing || self.group.generation != generation {
            return; // another rebalance has begun since
        }
        if let Err(error) = result {
            self.group.answer_syncs(Some(as_coordinator_error(error)), work);
            return self.prepare(work);
        }
        for member in &mut self.group.members {
            let place = assignments.iter().position(|(id, _)| *id == member.id);
            member.assignment = place.map(|place| std::mem::take(&mut assignments[place].1)).unwrap_or_default();
        }
        self.group.state = State::Stable;
        self.group.answer_syncs(None, work);
        let members = self.group.members.len() as u8;
        work.context.out.tell(Entry::RebalanceCompleted { generation, members });
    }

    /// A member leaves in order; a static one only when an operator says so, by its instance id.
    pub(super) fn leave(&mut self, connection: Connection, member: MemberRef, work: &mut Work) {
        let promised = self.group.promised.len();
        self.group.promised.retain(|(id, _)| *id != member.member);
        let answer = if self.group.promised.len() < promised {
            self.complete_if_joined(work);
            Ok(())
        } else {
            let checked = self.group.check_member(member.member, member.instance, work.context.checks);
            if checked.is_ok() {
                self.remove(member.member, work);
            }
            checked
        };
        work.reply(Some(connection), Response::LeaveGroup(answer));
    }

    fn remove(&mut self, id: u32, work: &mut Work) {
        let Some(place) = self.group.members.iter().position(|member| member.id == id) else { return };
        let mut member = self.group.members.remove(place);
        let gone = JoinError { error: Error::UnknownMemberId, member: None };
        work.reply(member.join.take(), Response::JoinGroup(Err(gone)));
        self.rebalance_or_complete(work);
    }

    /// Whatever has come to its end.
    pub(super) fn expire(&mut self, work: &mut Work) {
        let now = work.context.now;
        self.group.promised.retain(|(_, until)| now < *until);
        self.complete_if_joined(work);
        let expels = work.context.checks.on(Check::ExpelSilent);
        let silent = |member: &Member| expels && !member.is_waiting() && member.deadline <= now;
        while let Some(id) = self.group.members.iter().find(|member| silent(member)).map(|member| member.id) {
            self.remove(id, work);
        }
        if let State::Preparing { until, first } = self.group.state
            && until <= now
        {
            self.join_time_is_over(first, work);
        }
        if self.group.sync_until <= now {
            self.group.members.retain(|member| member.synced);
            self.prepare(work);
        }
    }

    fn join_time_is_over(&mut self, first: Option<FirstRebalance>, work: &mut Work) {
        if let Some(first) = first
            && first.arrivals == Arrivals::Some
            && first.remaining != Duration::ZERO
        {
            let delay = Duration::from_millis(u64::from(work.context.setup.cluster.group_initial_rebalance_delay_ms));
            let wait = delay.min(first.remaining);
            let first = FirstRebalance { remaining: first.remaining - delay, arrivals: Arrivals::None };
            self.group.state = State::Preparing { until: work.context.now + wait, first: Some(first) };
        } else {
            self.complete_join(work);
        }
    }
}
