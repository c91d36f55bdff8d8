//! A rebalance: all members join, which begins a generation; its leader assigns, and all are told what they got
//!

use super::joining::Task;
use super::{Arrivals, FirstRebalance, Group, Member, State, Waiting};
use crate::checks::Check;
use crate::group::assignors::{Assignment, Assignor};
use crate::group::offsets::as_coordinator_error;
use crate::group::{Append, Connection, Error, Loaded, Pending, Response, Work};
use crate::message::SyncGroupRequest;
use crate::store::GroupRecord;
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, PartitionId};

impl Group {
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

    /// The assignor that most members like best of those that all know (`selectProtocol`).
    pub(super) fn select_assignor(&self) -> Option<Assignor> {
        let known = |assignor: &Assignor| self.members.iter().all(|member| member.offers(*assignor));
        let liked = |member: &Member| member.subscription.assignors.iter().copied().find(known);
        let votes = |assignor: Assignor| self.members.iter().filter(|member| liked(member) == Some(assignor)).count();
        Assignor::ALL.into_iter().rev().filter(known).max_by_key(|assignor| votes(*assignor))
    }

    /// The group for the log with this assignment, which counts once it is written down.
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

impl Loaded {
    pub(super) fn rebalance_or_complete(&mut self, work: &mut Work) {
        if matches!(self.group.state, State::Preparing { .. }) {
            self.complete_if_joined(work);
        } else {
            self.prepare(work);
        }
    }

    pub(super) fn complete_if_joined(&mut self, work: &mut Work) {
        if matches!(self.group.state, State::Preparing { first: None, .. }) && self.group.has_all_joined() {
            self.complete_join(work);
        }
    }

    /// Begins a rebalance.
    pub(super) fn prepare(&mut self, work: &mut Work) {
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

    pub(super) fn join_time_is_over(&mut self, first: Option<FirstRebalance>, work: &mut Work) {
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
    pub(in crate::group) fn sync(&mut self, connection: Connection, request: SyncGroupRequest, work: &mut Work) {
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
    pub(in crate::group) fn assigned(
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
}
