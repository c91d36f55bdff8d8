//! Partitions that change hands while a member keeps the rest: in the second half of a cooperative rebalance,
//! and whenever the new protocol's coordinator says so.

use super::commits::is_retriable;
use super::network::RETRY;
use super::positions::Flow;
use super::{CommitKind, Consumer};
use crate::node::Context;
use highwater_model::settings::CommitPolicy;
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Instant, PartitionId, Setup};

/// A new assignment that has partitions in it, or not in it, that the member has to do something about first.
#[derive(Clone, Debug)]
pub(super) struct Handover {
    /// What the member is to own in the end.
    target: Vec<PartitionId>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Automatic: what was consumed is committed, until this time at most.
    Commits { until: Instant },
    /// That failed, and is tried again.
    Retries { until: Instant, at: Instant },
    /// The application is in `onPartitionsRevoked`, where it commits.
    Revokes,
}

impl Handover {
    /// When it has something to do.
    pub(super) fn next_due(&self) -> Instant {
        match self.stage {
            Stage::Commits { until } => until,
            Stage::Retries { at, .. } => at,
            Stage::Revokes => Instant::NEVER,
        }
    }
}

/// Does the application commit in `onPartitionsRevoked`? One that commits asynchronously does, as it should.
fn commits_in_callback(setup: &Setup) -> bool {
    !setup.consumer.enable_auto_commit && setup.consumer.commit_policy == CommitPolicy::AsyncAfter
}

impl Consumer {
    /// A new assignment: what is no longer in it is given up, what is new in it is taken on.
    pub(super) fn begin_handover(&mut self, target: Vec<PartitionId>, context: &mut Context) {
        let gives_up = self.owned.iter().any(|owned| !target.contains(&owned.partition));
        if !gives_up {
            return self.own_target(&target, context);
        }
        let modern = self.group.modern.is_some();
        let stage = if modern && context.setup.consumer.enable_auto_commit {
            // What goes is not read any further, so that the commit is the last word on it. The cooperative protocol
            // has committed before it joined, and read on since: what it read then is read twice.
            for owned in self.owned.iter_mut().filter(|owned| !target.contains(&owned.partition)) {
                self.fetcher.drop_buffered(owned);
                owned.flow = Flow::GivenUp;
            }
            let until = context.now + Duration::from_millis(u64::from(context.setup.consumer.max_poll_interval_ms));
            Stage::Retries { until, at: context.now }
        } else {
            Stage::Revokes
        };
        self.group.handover = Some(Box::new(Handover { target, stage }));
        if stage == Stage::Revokes {
            self.enter_callback(context);
        }
        self.hand_over(context);
    }

    fn enter_callback(&mut self, context: &mut Context) {
        if commits_in_callback(context.setup) {
            self.commit_sync(context);
        } else {
            self.sync_result = Some(Ok(()));
        }
    }

    /// Goes on with it; true while `poll()` cannot go on because the application is in a callback.
    pub(super) fn hand_over(&mut self, context: &mut Context) -> bool {
        let Some(handover) = self.group.handover.as_deref_mut() else { return false };
        match handover.stage {
            Stage::Commits { until } if context.now < until => false,
            Stage::Retries { at, .. } if context.now < at => false,
            Stage::Retries { until, .. } if context.now < until => {
                handover.stage = Stage::Commits { until };
                self.wake_at(until, context);
                let offsets = self.consumed();
                if offsets.is_empty() {
                    self.handover_committed(Ok(()), context);
                } else {
                    self.send_commit(CommitKind::Revoke, offsets, context);
                }
                false
            }
            Stage::Commits { .. } | Stage::Retries { .. } => {
                self.finish_handover(context);
                false
            }
            Stage::Revokes => {
                if self.sync_result.take().is_none() {
                    return true;
                }
                self.finish_handover(context);
                false
            }
        }
    }

    /// The automatic commit ended.
    pub(super) fn handover_committed(&mut self, result: Result<(), Error>, context: &mut Context) {
        let Some(handover) = self.group.handover.as_deref_mut() else { return };
        let Stage::Commits { until } = handover.stage else { return };
        let again = |error| is_retriable(error) || error == Error::StaleMemberEpoch;
        if result.is_err_and(again) {
            let at = context.now + RETRY.0;
            handover.stage = Stage::Retries { until, at };
            self.wake_at(at, context);
        } else {
            self.finish_handover(context);
        }
    }

    fn finish_handover(&mut self, context: &mut Context) {
        let Some(handover) = self.group.handover.take() else { return };
        let (kept, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.owned).into_iter().partition(|owned| handover.target.contains(&owned.partition));
        self.owned = kept;
        for mut owned in gone {
            self.fetcher.release(&mut owned, context.checks);
            context.out.tell(Entry::Revoked { consumer: self.number, partition: owned.partition });
        }
        self.own_target(&handover.target, context);
        if self.group.modern.is_none() {
            self.request_rejoin(); // what it gave up can go to another now
        }
    }

    fn own_target(&mut self, target: &[PartitionId], context: &mut Context) {
        self.own(target, context);
        if self.group.modern.is_some() {
            self.acknowledge(context);
        }
    }
}
