//! A consumer joins: it becomes a member, or a member joins again and brings news; a static one takes its old place
//!

use super::{Arrivals, Group, Member, State, Waiting};
use crate::group::assignors::{Assignor, Subscriber};
use crate::group::offsets::as_coordinator_error;
use crate::group::{Append, Connection, Error, JoinError, Loaded, Pending, Response, Work};
use crate::message::{JoinGroupRequest, JoinedGroup};

/// What the leader does with what it is told at the end of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// It assigns.
    Assign,
    /// Nothing: the assignment stands (KIP-814).
    Skip,
}

fn refused(error: Error, member: Option<u32>) -> Response {
    Response::JoinGroup(Err(JoinError { error, member }))
}

impl Group {
    /// What a member is told when it has joined; its leader alone learns of the others, if it has to assign.
    pub(super) fn joined(&self, id: u32, task: Task) -> Response {
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
}

impl Loaded {
    /// A consumer wants to be a member.
    pub(in crate::group) fn join(&mut self, connection: Connection, request: JoinGroupRequest, work: &mut Work) {
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
    pub(in crate::group) fn returned(&mut self, id: u32, result: Result<u64, Error>, work: &mut Work) {
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
}
