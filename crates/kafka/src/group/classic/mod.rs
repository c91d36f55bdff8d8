//! The classic group protocol: members join, their leader assigns, all sync; heartbeats keep them in.
//! Static members keep their place over a restart. After Kafka's `ClassicGroup` and `GroupMetadataManager`.

mod joining;
mod leaving;
mod rebalance;

use super::assignors::Assignor;
use super::{Connection, Error, JoinError, MemberRef, Response, Work};
use crate::checks::{Check, Checks};
use crate::message::{InstanceId, JoinGroupRequest, Subscription};
use crate::store::{ClassicMemberRecord, ClassicRecord, GroupRecord};
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
