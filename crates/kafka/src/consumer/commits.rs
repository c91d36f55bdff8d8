//! Commits: automatic, synchronous, asynchronous. After Kafka's `ConsumerCoordinator`.

use super::calls::GroupMetadata;
use super::membership::{Keep, State};
use super::network::{RETRY, backoff};
use super::positions::{Owned, Place};
use super::{Consumer, Purpose, Source};
use crate::message::{MemberRef, OffsetCommitRequest, OffsetFetchRequest, Request};
use crate::node::{Channel, Context};
use crate::producer::ConsumedOffsets;
use crate::store::CommittedOffset;
use highwater_model::settings::CommitPolicy;
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Instant, PartitionId, Setup};
use smallvec::SmallVec;

/// The offsets of a commit.
pub(super) type Offsets = SmallVec<[CommittedOffset; 2]>;

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommitKind {
    /// The application, which waits: its so-many-th such call.
    Sync(u32),
    /// The application, which does not wait.
    Async,
    /// `poll()`.
    Auto,
    /// The rebalance, before the partitions are given up.
    Revoke,
}

/// A `commitSync()` under way.
#[derive(Clone, Debug)]
pub(super) struct SyncCommit {
    offsets: Offsets,
    attempts: u32,
    in_flight: bool,
    retry_at: Instant,
    until: Instant,
}

impl SyncCommit {
    pub(super) fn next_due(&self) -> Instant {
        if self.in_flight { self.until } else { self.until.min(self.retry_at) }
    }
}

/// Is a commit that failed like this worth another attempt?
pub(super) const fn is_retriable(error: Error) -> bool {
    matches!(
        error,
        Error::CoordinatorLoadInProgress
            | Error::CoordinatorNotAvailable
            | Error::NotCoordinator
            | Error::RequestTimedOut
            | Error::NetworkException
            | Error::UnknownTopicOrPartition
    )
}

impl Consumer {
    pub(super) fn auto_commit_interval(&self, setup: &Setup) -> Duration {
        Duration::from_millis(u64::from(setup.consumer.auto_commit_interval_ms))
    }

    /// Are positions committed before partitions are given up? By auto-commit, or by an application that commits
    /// asynchronously and so, as it should, synchronously in `onPartitionsRevoked`. One that commits
    /// synchronously has nothing left to commit then.
    pub(super) fn commits_on_revoke(&self, setup: &Setup) -> bool {
        setup.consumer.enable_auto_commit || setup.consumer.commit_policy == CommitPolicy::AsyncAfter
    }

    /// Inside `poll()`, before fetching: the positions that previous polls have reached.
    pub(super) fn maybe_auto_commit(&mut self, context: &mut Context) {
        if !context.setup.consumer.enable_auto_commit {
            return;
        }
        if self.auto_commit_at <= context.now {
            self.auto_commit_at = context.now + self.auto_commit_interval(context.setup);
            let offsets = self.consumed();
            if !offsets.is_empty() {
                self.send_commit(CommitKind::Auto, offsets, context);
            }
        }
        self.wake_at(self.auto_commit_at, context);
    }

    /// `commitAsync()`: one attempt.
    pub fn commit_async(&mut self, context: &mut Context) {
        let offsets = self.consumed();
        if !offsets.is_empty() {
            self.ensure_coordinator(context);
            self.send_commit(CommitKind::Async, offsets, context);
        }
    }

    /// `commitSync()`: its outcome comes from [`Consumer::take_commit`], after default.api.timeout.ms at the latest
    ///
    pub fn commit_sync(&mut self, context: &mut Context) {
        let limit = Duration::from_millis(u64::from(context.setup.consumer.default_api_timeout_ms));
        self.commit_within(limit, context);
    }

    pub(super) fn commit_within(&mut self, limit: Duration, context: &mut Context) {
        let offsets = self.consumed();
        self.commit_offsets_within(offsets, limit, context);
    }

    /// The same of given offsets.
    pub(super) fn commit_offsets_within(&mut self, offsets: Offsets, limit: Duration, context: &mut Context) {
        self.sync_result = None;
        if offsets.is_empty() {
            self.sync_result = Some(Ok(()));
            return;
        }
        let until = context.now + limit;
        self.sync_serial += 1;
        self.sync = Some(SyncCommit { offsets, attempts: 0, in_flight: false, retry_at: context.now, until });
        self.wake_at(until, context);
        self.drive_sync(context);
    }

    /// The outcome of the last `commitSync()`, when it is there.
    pub fn take_commit(&mut self) -> Option<Result<(), Error>> {
        self.sync_result.take()
    }

    /// Goes on with a `commitSync()` that is under way.
    pub(super) fn drive_sync(&mut self, context: &mut Context) {
        let Some(sync) = &self.sync else { return };
        if sync.until <= context.now {
            self.end_sync(Err(Error::RequestTimedOut), context);
        } else if !sync.in_flight && sync.retry_at <= context.now && self.ensure_coordinator(context) {
            let sync = self.sync.as_mut().expect("looking for the coordinator ends no commit");
            sync.in_flight = true;
            let offsets = sync.offsets.clone();
            self.send_commit(CommitKind::Sync(self.sync_serial), offsets, context);
        }
    }

    fn end_sync(&mut self, result: Result<(), Error>, context: &mut Context) {
        self.sync = None;
        self.sync_result = Some(result);
        if let Err(error) = result {
            context.out.tell(Entry::CommitFailed { consumer: self.number, error });
        }
    }

    /// Sends a commit, or fails it at once where it cannot be sent.
    pub(super) fn send_commit(&mut self, kind: CommitKind, offsets: Offsets, context: &mut Context) {
        let coordinator = self.coordinator(context).ok_or(Error::CoordinatorNotAvailable);
        let member = self.committer();
        match coordinator.and_then(|coordinator| Ok((coordinator, member?))) {
            Ok((coordinator, member)) => {
                let request = OffsetCommitRequest { member, offsets: offsets.clone() };
                let generation = member.map_or(-1, |member| member.generation);
                let purpose = Purpose::Commit { kind, offsets, generation };
                let request = Request::OffsetCommit(Box::new(request));
                self.request(coordinator, Channel::Coordinator, request, purpose, context);
            }
            Err(error) => self.commit_ended(kind, Err(error), context),
        }
    }

    /// In whose name it commits: nobody's where partitions are assigned by hand.
    /// What `sendOffsetsToTransaction()` is given: the positions that were reached, and as which member.
    pub fn to_send_in_transaction(&self, metadata: GroupMetadata) -> ConsumedOffsets {
        let is_given = metadata == GroupMetadata::Given && self.source == Source::Group;
        let member = is_given.then(|| self.group.reference());
        ConsumedOffsets { member, consumer: self.number, offsets: self.consumed().into_iter().collect() }
    }

    fn committer(&self) -> Result<Option<MemberRef>, Error> {
        if self.source == Source::ByHand {
            return Ok(None);
        }
        let absent = match self.group.state {
            State::PreparingRebalance | State::CompletingRebalance => Error::RebalanceInProgress,
            State::Unjoined | State::Stable => Error::UnknownMemberId, // CommitFailedException
        };
        self.group.part().map(Some).ok_or(absent)
    }

    /// The coordinator answered a commit.
    pub(super) fn commit_answered(
        &mut self,
        kind: CommitKind,
        offsets: &[CommittedOffset],
        generation: i32,
        result: Result<(), Error>,
        context: &mut Context,
    ) {
        match result {
            Ok(()) => {
                for offset in offsets {
                    if let Some(owned) = self.owned_mut(offset.partition) {
                        owned.committed = Some(offset.offset);
                    }
                }
            }
            Err(Error::RebalanceInProgress) => self.request_rejoin(),
            Err(Error::UnknownMemberId | Error::IllegalGeneration) if self.group.modern.is_some() => (),
            Err(Error::UnknownMemberId) if generation == self.group.generation => self.reset_member(Keep::Nothing),
            Err(Error::IllegalGeneration) if generation == self.group.generation => self.reset_member(Keep::MemberId),
            Err(Error::CoordinatorNotAvailable | Error::NotCoordinator | Error::RequestTimedOut) => {
                self.forget_coordinator(context);
            }
            Err(_) => (),
        }
        self.commit_ended(kind, result, context);
    }

    /// A commit's attempt has ended.
    pub(super) fn commit_ended(&mut self, kind: CommitKind, result: Result<(), Error>, context: &mut Context) {
        match kind {
            CommitKind::Sync(serial) if serial == self.sync_serial && self.sync.is_some() => match result {
                Err(error) if is_retriable(error) || self.has_newer_epoch(error) => self.retry_sync(context),
                _ => self.end_sync(result, context),
            },
            CommitKind::Sync(_) => (), // given up since
            CommitKind::Revoke => {
                self.tell_commit_failed(result, context);
                if self.group.handover.is_some() {
                    self.handover_committed(result, context);
                } else {
                    self.revoke_committed(result, context);
                }
            }
            CommitKind::Async => {
                self.async_commit = Some(result);
                self.tell_commit_failed(result, context);
            }
            CommitKind::Auto => {
                self.tell_commit_failed(result, context);
                if result.is_err_and(is_retriable) {
                    self.auto_commit_at = context.now + RETRY.0;
                    self.wake_at(self.auto_commit_at, context);
                }
            }
        }
    }

    fn tell_commit_failed(&self, result: Result<(), Error>, context: &mut Context) {
        if let Err(error) = result {
            context.out.tell(Entry::CommitFailed { consumer: self.number, error });
        }
    }

    fn retry_sync(&mut self, context: &mut Context) {
        let Some(sync) = &mut self.sync else { return };
        let retry_at = context.now + backoff(RETRY, sync.attempts, context.dice);
        sync.in_flight = false;
        sync.attempts += 1;
        sync.retry_at = retry_at;
        self.wake_at(retry_at, context);
    }

    /// Asks for the committed offsets of new partitions.
    pub(super) fn fetch_committed(&mut self, context: &mut Context) {
        if !self.asked_committed.is_empty() {
            return;
        }
        let is_new = |owned: &&Owned| owned.place == Place::Initializing && owned.trouble.is_none();
        let new = self.owned.iter().filter(is_new).filter(|owned| owned.retry_at <= context.now);
        let partitions: SmallVec<[PartitionId; 4]> = new.map(|owned| owned.partition).collect();
        if partitions.is_empty() {
            return;
        }
        let Some(coordinator) = self.coordinator(context) else { return };
        self.asked_committed = partitions.clone();
        let purpose = Purpose::OffsetFetch { generation: self.group.generation };
        let member = self.group.part().filter(|_| self.group.modern.is_some() && self.source == Source::Group);
        let request = Request::OffsetFetch(Box::new(OffsetFetchRequest { member, partitions }));
        self.request(coordinator, Channel::Coordinator, request, purpose, context);
    }

    /// The coordinator told the committed offsets, or did not.
    pub(super) fn committed_answered(
        &mut self,
        generation: i32,
        result: Result<Box<SmallVec<[Option<CommittedOffset>; 4]>>, Error>,
        context: &mut Context,
    ) {
        let partitions = std::mem::take(&mut self.asked_committed);
        if generation != self.group.generation {
            return; // of an earlier assignment
        }
        match result {
            Ok(offsets) => self.committed_fetched(&partitions, &offsets, context),
            Err(error) => {
                if matches!(error, Error::NotCoordinator | Error::CoordinatorNotAvailable) {
                    self.forget_coordinator(context);
                }
                let retry_at = context.now + RETRY.0;
                for owned in &mut self.owned {
                    owned.retry_at = retry_at;
                }
                self.wake_at(retry_at, context);
            }
        }
    }
}
