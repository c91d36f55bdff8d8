//! The classic group protocol: members join, their leader assigns, all sync; heartbeats keep them in.
//! After Kafka's `ClassicGroup` and `GroupMetadataManager`.

use super::offsets::as_coordinator_error;
use super::{Append, Connection, Error, JoinError, Loaded, MemberRef, Pending, Response, Work};
use crate::message::{JoinGroupRequest, JoinedGroup, SyncGroupRequest};
use crate::store::GroupRecord;
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, PartitionId, Setup};

/// The group, as its coordinator knows it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    state: State,
    generation: i32,
    /// The member that assigns.
    leader: Option<u32>,
    members: Vec<Member>,
    /// Ids that were given out and have not joined yet, and until when they may.
    promised: Vec<(u32, Instant)>,
    /// By when all members of the generation must have synced.
    sync_until: Instant,
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
    consumer: u8,
    session: Duration,
    rebalance: Duration,
    /// Silent until then, it is removed.
    deadline: Instant,
    join: Waiting,
    sync: Waiting,
    /// Has it asked for its assignment in this generation?
    synced: bool,
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
}

impl Group {
    /// The group that a log's last record of it describes; all sessions begin anew.
    pub(super) fn read(record: Option<&GroupRecord>, now: Instant, setup: &Setup) -> Self {
        let session = Duration::from_millis(u64::from(setup.consumer.session_timeout_ms));
        let rebalance = Duration::from_millis(u64::from(setup.consumer.max_poll_interval_ms));
        let members: Vec<Member> = record
            .iter()
            .flat_map(|record| &record.members)
            .map(|(id, consumer, assignment)| Member {
                id: *id,
                consumer: *consumer,
                session,
                rebalance,
                deadline: now + session,
                join: Waiting::No,
                sync: Waiting::No,
                synced: true,
                assignment: assignment.clone(),
            })
            .collect();
        Self {
            state: if members.is_empty() { State::Empty } else { State::Stable },
            generation: record.map_or(0, |record| record.generation),
            leader: members.first().map(|member| member.id),
            members,
            promised: Vec::new(),
            sync_until: Instant::NEVER,
        }
    }

    fn member(&self, id: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    fn member_mut(&mut self, id: u32) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    /// The member, if it exists and knows the present generation.
    fn check(&mut self, member: MemberRef) -> Result<&mut Member, Error> {
        let generation = self.generation;
        let found = self.member_mut(member.member).ok_or(Error::UnknownMemberId)?;
        if member.generation == generation { Ok(found) } else { Err(Error::IllegalGeneration) }
    }

    /// A member lives; it learns of a rebalance.
    pub(super) fn heartbeat(&mut self, member: MemberRef, now: Instant) -> Result<(), Error> {
        self.check(member)?.touch(now);
        if matches!(self.state, State::Preparing { .. }) { Err(Error::RebalanceInProgress) } else { Ok(()) }
    }

    /// May the member commit? While a rebalance is prepared it still may: it commits what it gives up.
    pub(super) fn check_commit(&mut self, member: MemberRef, now: Instant) -> Result<(), Error> {
        let completing = self.state == State::Completing;
        let found = self.check(member)?;
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

    fn has_all_joined(&self) -> bool {
        self.promised.is_empty() && self.members.iter().all(|member| member.join != Waiting::No)
    }

    /// What a member is told when it has joined; its leader alone learns of the others.
    fn joined(&self, id: u32) -> Response {
        let members =
            if self.leader == Some(id) { self.members.iter().map(|member| member.id).collect() } else { Vec::new() };
        Response::JoinGroup(Ok(Box::new(JoinedGroup { member: id, generation: self.generation, members })))
    }

    /// For the log: the leader first, so that who reads it knows the leader.
    fn record(&self, assignments: &[(u32, Vec<PartitionId>)]) -> GroupRecord {
        let assignment =
            |id: u32| assignments.iter().find(|(member, _)| *member == id).map(|(_, partitions)| partitions.clone());
        let mut members: Vec<_> = self
            .members
            .iter()
            .map(|member| (member.id, member.consumer, assignment(member.id).unwrap_or_default()))
            .collect();
        if let Some(place) = members.iter().position(|(id, ..)| Some(*id) == self.leader) {
            members.swap(0, place);
        }
        GroupRecord { generation: self.generation, members }
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

impl Loaded {
    /// A consumer wants to be a member; first it must come back with the id it is given (KIP-394).
    pub(super) fn join(&mut self, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
        let refuse = |error, member| Response::JoinGroup(Err(JoinError { error, member }));
        let Some(id) = request.member else {
            let id = self.new_id(work);
            self.group.promised.push((id, work.context.now + request.session_timeout));
            return work.reply(Some(connection), refuse(Error::MemberIdRequired, Some(id)));
        };
        if let Some(place) = self.group.promised.iter().position(|(promised, _)| *promised == id) {
            self.group.promised.remove(place);
            return self.add(id, connection, request, work);
        }
        let rejoins = match self.group.state {
            State::Preparing { .. } => true,
            State::Stable => self.group.leader == Some(id),
            State::Completing | State::Empty => false,
        };
        let Some(member) = self.group.member_mut(id) else {
            return work.reply(Some(connection), refuse(Error::UnknownMemberId, None));
        };
        if rejoins {
            member.join = Waiting::On(Some(connection));
            (member.session, member.rebalance) = (request.session_timeout, request.rebalance_timeout);
            self.rebalance_or_complete(work);
        } else {
            // It missed the answer: the generation stands, and it may ask for its assignment.
            let answer = self.group.joined(id);
            work.reply(Some(connection), answer);
        }
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
            consumer: request.consumer,
            session: request.session_timeout,
            rebalance: request.rebalance_timeout,
            deadline: work.context.now + request.session_timeout,
            join: Waiting::On(Some(connection)),
            sync: Waiting::No,
            synced: false,
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
        group.members.retain(|member| member.join != Waiting::No);
        group.generation += 1;
        if group.leader.is_none_or(|leader| group.member(leader).is_none()) {
            group.leader = group.members.first().map(|member| member.id);
        }
        if group.members.is_empty() {
            group.state = State::Empty;
            work.context.out.tell(Entry::RebalanceCompleted { generation: group.generation, members: 0 });
            let append = Append::group(group.record(&[]), work.context.store);
            return self.append(append, Pending::Emptied, work);
        }
        group.state = State::Completing;
        group.sync_until = now + group.rebalance_timeout();
        for place in 0..group.members.len() {
            let answer = group.joined(group.members[place].id);
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
        let checked = self.group.check(request.member).and_then(|member| match state {
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
                let record = self.group.record(&request.assignments);
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

    /// A member leaves in order.
    pub(super) fn leave(&mut self, connection: Connection, member: MemberRef, work: &mut Work) {
        let promised = self.group.promised.len();
        self.group.promised.retain(|(id, _)| *id != member.member);
        let answer = if self.group.promised.len() < promised {
            self.complete_if_joined(work);
            Ok(())
        } else if self.group.member(member.member).is_some() {
            self.remove(member.member, work);
            Ok(())
        } else {
            Err(Error::UnknownMemberId)
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
        let silent = |member: &Member| !member.is_waiting() && member.deadline <= now;
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
