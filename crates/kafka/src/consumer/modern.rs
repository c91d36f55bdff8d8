//! The consumer as a member of a group of the new protocol: it sends heartbeats in the background, is told what
//! it should have, and says when it has done so. After Kafka's `ConsumerMembershipManager` and
//! `ConsumerHeartbeatRequestManager`.

use super::membership::{Group, State, poll_interval};
use super::network::{RETRY, backoff};
use super::positions::Flow;
use super::{Consumer, Purpose, Source};
use crate::group::member_terms;
use crate::message::{
    ConsumerGroupHeartbeatAnswer, ConsumerGroupHeartbeatRequest, JOIN_EPOCH, LEAVE_EPOCH, LEAVE_STATIC_EPOCH, Request,
};
use crate::node::{Channel, Context};
use highwater_model::settings::CommitPolicy;
use highwater_model::trace::Error;
use highwater_model::{Duration, Instant, PartitionId, Setup};

/// What only a member of the new protocol has.
#[derive(Clone, Debug)]
pub(super) struct Modern {
    role: Role,
    /// What it was told to own and has not yet done anything about.
    target: Option<Vec<PartitionId>>,
    /// What the next heartbeat says.
    next: Says,
    heartbeat_at: Instant,
    interval: Duration,
    in_flight: bool,
    failures: u32,
}

/// What a member is to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// It joins with its next heartbeat.
    Joins,
    /// It is a member.
    Member,
    /// It has left because `poll()` was not called in time, or was removed; the next `poll()` takes its partitions away
    /// (`onPartitionsLost`) and joins again.
    Stale,
    /// It is out for good: an error that no retry heals, or `close()`.
    Out,
}

/// What a heartbeat says beside the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing has changed.
    Nothing,
    /// What it owns now.
    Owned,
    /// All there is to say.
    Everything,
}

impl Modern {
    /// Of a process that has just started.
    pub(super) const fn outside() -> Self {
        Self {
            role: Role::Joins,
            target: None,
            next: Says::Everything,
            heartbeat_at: Instant::ZERO,
            interval: Duration::ZERO,
            in_flight: false,
            failures: 0,
        }
    }

    /// When it has something to do.
    pub(super) fn next_due(&self, poll_by: Instant) -> Instant {
        match self.role {
            Role::Joins | Role::Member if self.in_flight => poll_by,
            Role::Joins | Role::Member => self.heartbeat_at.min(poll_by),
            Role::Stale | Role::Out => Instant::NEVER,
        }
    }
}

/// Does a new assignment wait for the application's `poll()`? Where something must be committed first it does.
fn needs_poll(setup: &Setup) -> bool {
    setup.consumer.enable_auto_commit || setup.consumer.commit_policy == CommitPolicy::AsyncAfter
}

impl Consumer {
    /// In the middle of normal life a member's heartbeat is somewhere in its interval.
    pub(super) fn start_modern(&mut self, context: &mut Context) {
        let steady = self.group.state == State::Stable;
        if self.group.member.is_none() {
            self.group.member = Some((context.dice.bits() >> 32) as u32); // a UUID
        }
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        if steady {
            let interval = u64::from(context.setup.cluster.group_consumer_heartbeat_interval_ms);
            modern.role = Role::Member;
            modern.next = Says::Nothing;
            modern.interval = Duration::from_millis(interval);
            modern.heartbeat_at = context.now + context.dice.duration(Duration(1), modern.interval);
        }
        self.group.poll_by = context.now + poll_interval(context.setup);
        let due = self.modern_due();
        self.wake_at(due, context);
    }

    fn modern_due(&self) -> Instant {
        self.group.modern.as_deref().map_or(Instant::NEVER, |modern| modern.next_due(self.group.poll_by))
    }

    /// The group's part of `poll()`: it waits for nothing but the application's callbacks.
    pub(super) fn poll_modern(&mut self, context: &mut Context) -> Group {
        let Some(modern) = self.group.modern.as_deref_mut() else { return Group::Ready };
        if modern.role == Role::Stale {
            modern.role = Role::Joins;
            modern.heartbeat_at = context.now;
            self.revoke_all(context);
        }
        self.group.poll_by = context.now + poll_interval(context.setup);
        self.beat_modern(context);
        self.reconcile(context);
        if self.hand_over(context) {
            return Group::Joining;
        }
        if self.group.coordinator.is_some() { Group::Ready } else { Group::Reading }
    }

    /// Takes up the assignment that it was told last, unless it is busy with the one before.
    fn reconcile(&mut self, context: &mut Context) {
        if self.group.handover.is_some() {
            return;
        }
        let Some(target) = self.group.modern.as_deref_mut().and_then(|modern| modern.target.take()) else { return };
        self.begin_handover(target, context);
    }

    /// It owns what it was told to: the coordinator hears of it at once.
    pub(super) fn acknowledge(&mut self, context: &mut Context) {
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        if modern.next == Says::Nothing {
            modern.next = Says::Owned;
        }
        modern.heartbeat_at = context.now;
        self.beat_modern(context);
    }

    /// The background thread: it goes on while the application processes.
    pub(super) fn beat_modern(&mut self, context: &mut Context) {
        let now = context.now;
        if self.polling {
            self.group.poll_by = now + poll_interval(context.setup);
        }
        let idle = self.group.poll_by <= now;
        let Some(modern) = self.group.modern.as_deref() else { return };
        if self.source == Source::ByHand {
            return; // who is assigned partitions is no member
        }
        if matches!(modern.role, Role::Stale | Role::Out) || !self.ensure_coordinator(context) {
            return;
        }
        if idle && self.group.modern.as_deref().is_some_and(|modern| modern.role == Role::Member) {
            return self.leave_stale(context);
        }
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        if modern.in_flight || now < modern.heartbeat_at {
            let due = self.modern_due();
            return self.wake_at(due, context);
        }
        modern.in_flight = true;
        modern.heartbeat_at = now + modern.interval;
        let says = std::mem::replace(&mut modern.next, Says::Nothing);
        let epoch = if modern.role == Role::Joins { JOIN_EPOCH } else { self.group.generation };
        self.send_heartbeat(epoch, says, Purpose::ModernHeartbeat, context);
    }

    fn send_heartbeat(&mut self, epoch: i32, says: Says, purpose: Purpose, context: &mut Context) {
        let Some(coordinator) = self.coordinator(context) else { return };
        let owned = self.owned.iter().map(|owned| owned.partition);
        let request = ConsumerGroupHeartbeatRequest {
            member: self.group.member.unwrap_or_default(),
            epoch,
            instance: self.group.instance,
            consumer: self.number,
            terms: (says == Says::Everything).then(|| member_terms(context.setup)),
            owned: (says != Says::Nothing).then(|| owned.collect()),
        };
        let request = Request::ConsumerGroupHeartbeat(Box::new(request));
        self.request(coordinator, Channel::Coordinator, request, purpose, context);
    }

    /// max.poll.interval.ms is over: the member leaves.
    fn leave_stale(&mut self, context: &mut Context) {
        let epoch = if self.group.instance.is_some() { LEAVE_STATIC_EPOCH } else { LEAVE_EPOCH };
        self.send_heartbeat(epoch, Says::Nothing, Purpose::Leave, context);
        self.drop_out(Role::Stale, context);
    }

    /// `close()`: false when there is nobody to tell.
    pub(super) fn leave_modern(&mut self, context: &mut Context) -> bool {
        if self.group.modern.as_deref().is_none_or(|modern| modern.role != Role::Member) {
            return false;
        }
        let epoch = if self.group.instance.is_some() { LEAVE_STATIC_EPOCH } else { LEAVE_EPOCH };
        self.send_heartbeat(epoch, Says::Nothing, Purpose::Leave, context);
        self.drop_out(Role::Out, context);
        true
    }

    /// It is no member any more; what it owned is lost, is read no further, and goes without a commit.
    fn drop_out(&mut self, role: Role, context: &mut Context) {
        self.group.state = State::Unjoined;
        self.group.generation = -1;
        self.group.handover = None;
        for owned in &mut self.owned {
            self.fetcher.drop_buffered(owned);
            owned.flow = Flow::GivenUp;
        }
        if let Some(modern) = self.group.modern.as_deref_mut() {
            modern.role = role;
            modern.target = None;
            modern.next = Says::Everything;
        }
        if role == Role::Out {
            self.revoke_all(context);
        }
    }

    /// The coordinator answered a heartbeat, or nobody did.
    pub(super) fn modern_answered(
        &mut self,
        result: Result<Box<ConsumerGroupHeartbeatAnswer>, Error>,
        context: &mut Context,
    ) {
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        modern.in_flight = false;
        if matches!(modern.role, Role::Stale | Role::Out) {
            return; // it has left since
        }
        match result {
            Ok(answer) => self.modern_told(*answer, context),
            Err(error) => self.modern_refused(error, context),
        }
        let due = self.modern_due();
        self.wake_at(due, context);
    }

    fn modern_told(&mut self, answer: ConsumerGroupHeartbeatAnswer, context: &mut Context) {
        self.group.state = State::Stable;
        self.group.rejoin = false;
        self.group.generation = answer.epoch;
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        if modern.role == Role::Joins {
            self.auto_commit_at =
                context.now + Duration::from_millis(u64::from(context.setup.consumer.auto_commit_interval_ms));
        }
        modern.role = Role::Member;
        modern.failures = 0;
        if modern.interval != answer.interval {
            modern.heartbeat_at = modern.heartbeat_at + answer.interval - modern.interval;
            modern.interval = answer.interval;
        }
        let owns = |target: &[PartitionId]| self.owned.iter().map(|owned| owned.partition).eq(target.iter().copied());
        if let Some(target) = answer.assignment.filter(|target| !owns(target)) {
            modern.target = Some(target);
            if !needs_poll(context.setup) {
                self.reconcile(context);
            }
        }
    }

    fn modern_refused(&mut self, error: Error, context: &mut Context) {
        let Some(modern) = self.group.modern.as_deref_mut() else { return };
        modern.next = Says::Everything;
        match error {
            Error::FencedMemberEpoch | Error::UnknownMemberId => self.drop_out(Role::Stale, context),
            Error::NotCoordinator | Error::CoordinatorNotAvailable => {
                modern.heartbeat_at = context.now; // as soon as the coordinator is found
                self.forget_coordinator(context);
            }
            Error::CoordinatorLoadInProgress | Error::NetworkException | Error::RequestTimedOut => {
                modern.heartbeat_at = context.now + backoff(RETRY, modern.failures, context.dice);
                modern.failures += 1;
            }
            other => {
                self.drop_out(Role::Out, context);
                self.fail(other);
            }
        }
    }

    /// Is it a member whose epoch is newer than that of a commit which was refused for it? Then the commit is tried again.
    pub(super) fn has_newer_epoch(&self, error: Error) -> bool {
        error == Error::StaleMemberEpoch && 0 < self.group.generation
    }
}
