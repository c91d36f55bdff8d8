//! The consumer as a member of a classic group: joining, syncing, heartbeats. After Kafka's
//! `AbstractCoordinator` and `ConsumerCoordinator`.

use super::handover::Handover;
use super::modern::Modern;
use super::network::{RETRY, backoff};
use super::positions::{Owned, Place};
use super::{CommitKind, Consumer, Purpose, Source};
use crate::checks::Check;
use crate::group::assignors::{Moves, Rebalance, assign, offered, rebalance};
use crate::message::{
    InstanceId, JoinError, JoinGroupRequest, JoinedGroup, MemberRef, Request, Subscription, SyncGroupRequest,
};
use crate::node::{Channel, Context};
use highwater_model::settings::{AssignmentStrategy, GroupProtocol};
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Setup};

/// Where a member is (`MemberState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unjoined,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
}

/// What comes before joining (`onJoinPrepare`): positions are committed, partitions are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prepare {
    /// To be done before the next join.
    Needed,
    /// The commit is under way, and given up at this time.
    Committing { until: Instant },
    /// The commit failed and is tried again.
    Retrying { until: Instant, at: Instant },
    /// The commit is done or given up.
    Committed,
    /// All is given up.
    Done,
}

/// How much longer than the rebalance timeout a client waits for JoinGroup.
const JOIN_GRACE: Duration = Duration::from_millis(5_000);

/// The consumer's part in the group.
#[derive(Clone, Debug)]
pub(super) struct Membership {
    pub(super) coordinator: Option<BrokerId>,
    pub(super) finding: bool,
    pub(super) find_at: Instant,
    pub(super) find_attempts: u32,
    pub(super) state: State,
    pub(super) member: Option<u32>,
    /// group.instance.id of a static member.
    pub(super) instance: Option<InstanceId>,
    /// The generation, or the member epoch; -1 without one.
    pub(super) generation: i32,
    /// Of how many partitions it has assigned, where it leads a classic group.
    pub(super) assigned_of: Option<u16>,
    /// What a sticky assignor remembers of the last assignment, and its generation.
    remembered: (Vec<PartitionId>, i32),
    /// Must it join (again)?
    pub(super) rejoin: bool,
    pub(super) prepare: Prepare,
    joining: bool,
    join_at: Instant,
    heartbeat_at: Instant,
    heartbeat_failures: u32,
    /// Without an answer to a heartbeat by then, the coordinator is given up.
    pub(super) session_until: Instant,
    /// Without a poll by then, the member leaves.
    pub(super) poll_by: Instant,
    /// Partitions that change hands.
    pub(super) handover: Option<Box<Handover>>,
    /// What only a member of the new protocol has.
    pub(super) modern: Option<Box<Modern>>,
}

pub(super) fn session_timeout(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.consumer.session_timeout_ms))
}

fn heartbeat_interval(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.consumer.heartbeat_interval_ms))
}

/// max.poll.interval.ms, which is also the rebalance timeout.
pub(super) fn poll_interval(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.consumer.max_poll_interval_ms))
}

impl Membership {
    /// Of a process that has just started.
    pub(super) fn outside(instance: Option<InstanceId>, protocol: GroupProtocol) -> Self {
        Self {
            instance,
            assigned_of: None,
            remembered: (Vec::new(), -1),
            handover: None,
            modern: match protocol {
                GroupProtocol::Classic => None,
                GroupProtocol::Consumer => Some(Box::new(Modern::outside())),
            },
            coordinator: None,
            finding: false,
            find_at: Instant::ZERO,
            find_attempts: 0,
            state: State::Unjoined,
            member: None,
            generation: -1,
            rejoin: true,
            prepare: Prepare::Needed,
            joining: false,
            join_at: Instant::ZERO,
            heartbeat_at: Instant::NEVER,
            heartbeat_failures: 0,
            session_until: Instant::NEVER,
            poll_by: Instant::NEVER,
        }
    }

    /// In the middle of normal life: a member since a generation, which gave it these partitions.
    pub(super) fn steady(self, member: u32, assigned: (Vec<PartitionId>, i32), coordinator: Option<BrokerId>) -> Self {
        Self {
            coordinator,
            state: State::Stable,
            member: Some(member),
            generation: assigned.1,
            remembered: assigned,
            rejoin: false,
            ..self
        }
    }

    /// Its name and generation, while it has a part in the group (`generationIfStable`). A member of the new protocol
    /// always has a name; once it has left, no epoch goes with it.
    pub(super) fn part(&self) -> Option<MemberRef> {
        let member = self.member.filter(|_| self.state == State::Stable || self.modern.is_some())?;
        Some(MemberRef { member, generation: self.generation, instance: self.instance })
    }

    /// As whom it speaks of itself: the last generation that it was of, be it over or not.
    pub(super) fn reference(&self) -> MemberRef {
        let member = self.member.unwrap_or_default();
        MemberRef { member, generation: self.generation, instance: self.instance }
    }

    /// Heartbeats go out while the member waits for its assignment or has it.
    pub(super) fn is_beating(&self) -> bool {
        self.modern.is_none() && matches!(self.state, State::CompletingRebalance | State::Stable)
    }

    /// When it has something to do.
    pub(super) fn times(&self) -> impl Iterator<Item = Instant> + use<> {
        let (heartbeat, session, poll) = if self.is_beating() {
            (self.heartbeat_at, self.session_until, self.poll_by)
        } else {
            (Instant::NEVER, Instant::NEVER, Instant::NEVER)
        };
        let prepare = match self.prepare {
            Prepare::Committing { until } => until,
            Prepare::Retrying { at, .. } => at,
            Prepare::Needed | Prepare::Committed | Prepare::Done => Instant::NEVER,
        };
        let handover = self.handover.as_deref().map_or(Instant::NEVER, Handover::next_due);
        let modern = self.modern.as_deref().map_or(Instant::NEVER, |modern| modern.next_due(self.poll_by));
        [heartbeat, session, poll, prepare, self.find_at, self.join_at, handover, modern].into_iter()
    }

    /// Does a member that joins again keep its partitions meanwhile?
    pub(super) fn keeps_partitions(&self, setup: &Setup) -> bool {
        rebalance(setup.consumer.partition_assignment_strategy) == Rebalance::Cooperative && 0 <= self.generation
    }
}

/// May `poll()` go on?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The coordinator is not known: `poll()` looks for it until its timeout, and then returns what is there.
    NoCoordinator,
    /// The member joins; it owns nothing.
    Joining,
    /// The member joins, and meanwhile goes on with what it has.
    Reading,
    /// It has its partitions.
    Ready,
}

impl Consumer {
    /// The run begins in the middle of normal life: timers are somewhere in their intervals.
    pub(super) fn start_beating(&mut self, context: &mut Context) {
        let interval = heartbeat_interval(context.setup);
        let group = &mut self.group;
        group.heartbeat_at = context.now + context.dice.duration(Duration(1), interval);
        group.session_until = context.now + session_timeout(context.setup);
        group.poll_by = context.now + poll_interval(context.setup);
        for at in group.times() {
            self.wake_at(at, context);
        }
    }

    /// The group's part of `poll()`.
    pub(super) fn poll_group(&mut self, context: &mut Context) -> Group {
        if self.source == Source::ByHand {
            self.ensure_coordinator(context);
            return Group::Ready;
        }
        if self.group.modern.is_some() {
            return self.poll_modern(context);
        }
        let keeps = self.group.keeps_partitions(context.setup);
        if !self.ensure_coordinator(context) {
            return if self.group.rejoin && !keeps { Group::Joining } else { Group::NoCoordinator };
        }
        if self.hand_over(context) {
            return Group::Joining; // in onPartitionsRevoked
        }
        if self.group.rejoin || self.group.joining {
            self.join_if_needed(context);
        }
        match (self.group.rejoin, self.group.keeps_partitions(context.setup)) {
            (false, _) => Group::Ready,
            (true, false) => Group::Joining,
            (true, true) => Group::Reading,
        }
    }

    /// The topic has other partitions than when it assigned them: the group's leader wants all to join again
    /// (`rejoinNeededOrPending`). Of the new protocol the coordinator sees to that.
    pub(super) fn see_growth(&mut self) {
        let group = &mut self.group;
        if group.state == State::Stable && group.assigned_of.is_some_and(|of| of != self.leaders.count()) {
            group.rejoin = true;
        }
    }

    fn join_if_needed(&mut self, context: &mut Context) {
        if self.group.joining || context.now < self.group.join_at {
            return;
        }
        if !self.prepare_to_join(context) {
            return;
        }
        let Some(coordinator) = self.coordinator(context) else { return };
        let request = JoinGroupRequest {
            member: self.group.member,
            instance: self.group.instance,
            consumer: self.number,
            session_timeout: session_timeout(context.setup),
            rebalance_timeout: poll_interval(context.setup),
            subscription: self.subscription(context.setup),
        };
        self.group.state = State::PreparingRebalance;
        self.group.joining = true;
        let timeout = self.request_timeout.max(request.rebalance_timeout + JOIN_GRACE);
        self.request_within(
            timeout,
            (coordinator, Channel::Coordinator),
            Request::JoinGroup(Box::new(request)),
            Purpose::Join,
            context,
        );
    }

    /// What whoever assigns may go by. The eager sticky assignor remembers what was given up before joining.
    fn subscription(&self, setup: &Setup) -> Subscription {
        let strategy = setup.consumer.partition_assignment_strategy;
        let assignors = offered(strategy);
        if strategy == AssignmentStrategy::Sticky {
            let (owned, generation) = self.group.remembered.clone();
            return Subscription { assignors, owned, generation };
        }
        let owned = self.owned.iter().map(|owned| owned.partition).collect();
        Subscription { assignors, owned, generation: self.group.generation }
    }

    /// Commits what was consumed and gives all partitions up; true when that is done. A member that has lost its
    /// generation has nothing to commit any more (`onPartitionsLost`, R-735).
    fn prepare_to_join(&mut self, context: &mut Context) -> bool {
        let now = context.now;
        let until = match self.group.prepare {
            Prepare::Done => return true,
            Prepare::Committing { until } if now < until => return false,
            Prepare::Retrying { at, .. } if now < at => return false,
            Prepare::Needed => now + poll_interval(context.setup),
            Prepare::Retrying { until, .. } => until,
            Prepare::Committing { .. } | Prepare::Committed => now,
        };
        let keeps = self.group.keeps_partitions(context.setup);
        // Nothing is revoked yet where partitions are kept, so only auto-commit has its turn.
        let commits = self.commits_on_revoke(context.setup) && (!keeps || context.setup.consumer.enable_auto_commit);
        if now < until && commits && self.group.part().is_some() {
            let offsets = self.consumed();
            if !offsets.is_empty() {
                self.group.prepare = Prepare::Committing { until };
                self.wake_at(until, context);
                self.send_commit(CommitKind::Revoke, offsets, context);
                if self.group.prepare != Prepare::Committed {
                    return false;
                }
            }
        }
        if !keeps {
            self.revoke_all(context);
        }
        self.group.prepare = Prepare::Done;
        true
    }

    pub(super) fn revoke_all(&mut self, context: &mut Context) {
        for mut owned in std::mem::take(&mut self.owned) {
            self.fetcher.release(&mut owned, context.checks);
            context.out.tell(Entry::Revoked { consumer: self.number, partition: owned.partition });
        }
        self.unsettled = false;
    }

    /// The commit before joining ended.
    pub(super) fn revoke_committed(&mut self, result: Result<(), Error>, context: &mut Context) {
        let Prepare::Committing { until } = self.group.prepare else { return };
        let retries = result.is_err_and(super::commits::is_retriable);
        self.group.prepare = if retries {
            let at = context.now + RETRY.0;
            self.wake_at(at, context);
            Prepare::Retrying { until, at }
        } else {
            Prepare::Committed
        };
    }

    pub(super) fn joined(&mut self, result: Result<Box<JoinedGroup>, JoinError>, context: &mut Context) {
        self.group.joining = false;
        let joined = match result {
            Ok(joined) => joined,
            Err(JoinError { error: Error::MemberIdRequired, member }) => {
                self.group.member = member;
                return self.join_if_needed(context);
            }
            Err(JoinError { error, .. }) => return self.join_failed(error, context),
        };
        self.group.state = State::CompletingRebalance;
        self.group.member = Some(joined.member);
        self.group.generation = joined.generation;
        self.group.heartbeat_at = context.now + heartbeat_interval(context.setup);
        self.group.session_until = context.now + session_timeout(context.setup);
        self.group.poll_by = context.now + poll_interval(context.setup);
        for at in self.group.times() {
            self.wake_at(at, context);
        }
        let moves = if context.checks.on(Check::MoveInTwoSteps) { Moves::InTwoSteps } else { Moves::AtOnce };
        let partitions = self.leaders.count();
        let assigns = !joined.members.is_empty();
        self.group.assigned_of = assigns.then_some(partitions);
        let assignments =
            if assigns { assign(joined.assignor, &joined.members, partitions, moves) } else { Vec::new() };
        let Some(coordinator) = self.coordinator(context) else { return };
        let sync = SyncGroupRequest { member: self.group.reference(), assignments };
        self.group.joining = true;
        let request = Request::SyncGroup(Box::new(sync));
        self.request(coordinator, Channel::Coordinator, request, Purpose::Sync, context);
    }

    pub(super) fn synced(&mut self, result: Result<Vec<PartitionId>, Error>, context: &mut Context) {
        self.group.joining = false;
        let mut partitions = match result {
            Ok(partitions) if self.group.state == State::CompletingRebalance => partitions,
            Ok(_) => return self.join_failed(Error::IllegalGeneration, context),
            Err(error) => return self.join_failed(error, context),
        };
        self.group.state = State::Stable;
        self.group.rejoin = false;
        self.group.prepare = Prepare::Needed;
        self.auto_commit_at = context.now + self.auto_commit_interval(context.setup);
        partitions.sort_unstable();
        self.group.remembered = (partitions.clone(), self.group.generation);
        if !self.owned.is_empty() {
            return self.begin_handover(partitions, context);
        }
        self.own(&partitions, context);
    }

    /// The member owns these partitions, and no others; those that it had it goes on with.
    pub(super) fn own(&mut self, partitions: &[PartitionId], context: &mut Context) {
        let generation = self.group.generation;
        let mut before = std::mem::take(&mut self.owned).into_iter().peekable();
        for &partition in partitions {
            context.out.tell(Entry::Assigned { consumer: self.number, partition, generation });
            let kept = before.next_if(|owned| owned.partition == partition);
            self.owned.push(kept.unwrap_or_else(|| Owned::new(partition, self.leaders.leader(partition))));
        }
        assert!(before.peek().is_none(), "what is no longer assigned has been given up");
        self.unsettled = self.owned.iter().any(|owned| owned.place != Place::Fetching);
    }

    /// JoinGroup or SyncGroup failed: again, at once or after a pause.
    fn join_failed(&mut self, error: Error, context: &mut Context) {
        self.group.rejoin = true;
        match error {
            Error::UnknownMemberId => self.reset_member(Keep::Nothing),
            Error::IllegalGeneration => self.reset_member(Keep::MemberId),
            Error::RebalanceInProgress => (),
            Error::FencedInstanceId | Error::InconsistentGroupProtocol => {
                self.reset_member(Keep::Nothing);
                self.fail(error);
            }
            Error::NotCoordinator | Error::CoordinatorNotAvailable => {
                self.forget_coordinator(context);
                self.pause_joining(context);
            }
            _ => self.pause_joining(context),
        }
    }

    /// The connection was lost with a JoinGroup or SyncGroup.
    pub(super) fn join_interrupted(&mut self, context: &mut Context) {
        self.group.joining = false;
        self.group.rejoin = true;
        self.pause_joining(context);
    }

    fn pause_joining(&mut self, context: &mut Context) {
        self.group.join_at = context.now + RETRY.0;
        self.wake_at(self.group.join_at, context);
    }

    /// The generation is lost, and with it the partitions: they are given up at the next `poll()`, without a commit.
    pub(super) fn reset_member(&mut self, keep: Keep) {
        let group = &mut self.group;
        group.state = State::Unjoined;
        group.generation = -1;
        group.rejoin = true;
        group.prepare = Prepare::Needed;
        group.handover = None;
        if keep == Keep::Nothing {
            group.member = None;
        }
    }

    pub(super) fn request_rejoin(&mut self) {
        self.group.rejoin = true;
    }

    /// The heartbeat thread: it goes on while the application processes.
    pub(super) fn beat(&mut self, context: &mut Context) {
        let now = context.now;
        if !self.group.is_beating() {
            return;
        }
        if !self.ensure_coordinator(context) {
            return;
        }
        if self.group.session_until <= now {
            return self.forget_coordinator(context);
        }
        if self.polling {
            self.group.poll_by = now + poll_interval(context.setup);
        } else if self.group.poll_by <= now {
            return self.leave_idle(context);
        }
        if self.group.heartbeat_at <= now {
            self.group.heartbeat_at = now + heartbeat_interval(context.setup);
            let request = Request::Heartbeat(self.group.reference());
            let purpose = Purpose::Heartbeat { generation: self.group.generation };
            let Some(coordinator) = self.coordinator(context) else { return };
            self.request(coordinator, Channel::Coordinator, request, purpose, context);
        }
    }

    /// max.poll.interval.ms is over: the member leaves, whatever the application does; a static one falls silent
    ///
    fn leave_idle(&mut self, context: &mut Context) {
        if self.group.instance.is_none()
            && let Some(coordinator) = self.coordinator(context)
        {
            let request = Request::LeaveGroup(self.group.reference());
            self.request(coordinator, Channel::Coordinator, request, Purpose::Leave, context);
        }
        self.reset_member(Keep::Nothing);
    }

    pub(super) fn heartbeat_answered(&mut self, generation: i32, result: Result<(), Error>, context: &mut Context) {
        let now = context.now;
        let Err(error) = result else {
            self.group.heartbeat_failures = 0;
            self.group.session_until = now + session_timeout(context.setup);
            return;
        };
        match error {
            Error::RebalanceInProgress => {
                self.group.session_until = now + session_timeout(context.setup);
                if self.group.state == State::Stable {
                    self.group.rejoin = true;
                }
                return;
            }
            Error::UnknownMemberId | Error::IllegalGeneration if self.group.generation == generation => {
                let keep = if error == Error::IllegalGeneration { Keep::MemberId } else { Keep::Nothing };
                self.reset_member(keep);
            }
            Error::FencedInstanceId if self.group.generation == generation => {
                self.reset_member(Keep::Nothing);
                return self.fail(error); // another process is this member now
            }
            Error::NotCoordinator | Error::CoordinatorNotAvailable => self.forget_coordinator(context),
            _ => (),
        }
        let pause = backoff(RETRY, self.group.heartbeat_failures, context.dice);
        self.group.heartbeat_failures += 1;
        self.group.heartbeat_at = now + pause;
        self.wake_at(self.group.heartbeat_at, context);
    }

    /// `LeaveGroup` at close; false when there is nobody to tell. A static member leaves nothing.
    pub(super) fn send_leave(&mut self, context: &mut Context) -> bool {
        let Some(coordinator) = self.coordinator(context) else { return false };
        if self.group.member.is_none() {
            return false;
        }
        if self.group.modern.is_some() {
            return self.leave_modern(context);
        }
        if self.group.instance.is_some() {
            return false;
        }
        let request = Request::LeaveGroup(self.group.reference());
        self.request(coordinator, Channel::Coordinator, request, Purpose::Leave, context);
        self.group.state = State::Unjoined;
        true
    }
}

/// What a member that lost its generation still has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Its id may still be good.
    MemberId,
    /// Nothing: it joins as a new member.
    Nothing,
}
