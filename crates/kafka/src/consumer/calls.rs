//! What an application can call beside `poll()`, commits and `close()`: `subscribe()`, `assign()`, `seek()`, `pause()`,
//! `resume()`, `position()`; and what its exceptions are called.

use super::commits::Offsets;
use super::membership::poll_interval;
use super::positions::{Flow, Owned, Place};
use super::{CommitKind, Consumer, Source};
use crate::node::Context;
use crate::store::CommittedOffset;
use highwater_model::trace::{Error, ResetCause};
use highwater_model::{Duration, PartitionId};

impl Consumer {
    /// `assign()`: the application says which partitions; its group keeps only the offsets.
    pub fn assign(&mut self, partitions: &[PartitionId], context: &mut Context) {
        self.source = Source::ByHand;
        let mut wanted = partitions.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let (kept, gone): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.owned).into_iter().partition(|owned| wanted.contains(&owned.partition));
        for mut owned in gone {
            self.fetcher.release(&mut owned, context.checks);
        }
        self.owned = kept;
        for partition in wanted {
            if let Err(place) = self.owned.binary_search_by_key(&partition, |owned| owned.partition) {
                self.owned.insert(place, Owned::new(partition, self.leaders.leader(partition)));
            }
        }
        self.auto_commit_at = context.now + self.auto_commit_interval(context.setup);
        self.settle();
    }

    /// Did the application assign partitions?
    pub fn is_assigned(&self) -> bool {
        self.source == Source::ByHand && !self.owned.is_empty()
    }

    /// Has the application neither subscribed nor assigned partitions? Then `poll()` throws.
    pub fn has_nothing_to_poll(&self) -> bool {
        self.source == Source::ByHand && self.owned.is_empty()
    }

    /// `subscribe()`: from the next `poll()` on the client is a member of its group.
    pub fn subscribe(&mut self, context: &mut Context) {
        if self.source == Source::ByHand {
            self.source = Source::Group;
            self.revoke_all(context);
        }
    }

    /// `poll()` has returned, with or without records: the time to the next one counts.
    pub fn leave_poll(&mut self, context: &mut Context) {
        self.polling = false;
        self.group.poll_by = context.now + poll_interval(context.setup);
        self.wake_at(self.group.poll_by, context);
    }

    /// `seekToBeginning()` or `seekToEnd()`: the leader is asked at the next `poll()`. False where the partition is not
    /// assigned.
    pub fn seek_to(&mut self, partition: PartitionId, end: End) -> bool {
        let Some(place) = self.place_of(partition) else { return false };
        let owned = &mut self.owned[place];
        let from = (owned.place == Place::Fetching).then_some(owned.position);
        self.fetcher.drop_buffered(owned);
        (owned.trouble, owned.asked) = (None, None);
        owned.place = Place::AwaitReset { from, cause: ResetCause::Sought, to: Some(end) };
        self.settled_trouble();
        true
    }

    /// `seek()` of all partitions to their committed offsets, which are asked for at the next `poll()`: what an application
    /// does whose transaction was aborted.
    pub fn seek_to_committed(&mut self) {
        for owned in &mut self.owned {
            self.fetcher.drop_buffered(owned);
            (owned.place, owned.asked, owned.trouble) = (Place::Initializing, None, None);
        }
        self.settled_trouble();
    }

    /// What became of the last `commitAsync()`, when its callback has been called.
    pub fn async_commit(&self) -> Option<Result<(), Error>> {
        self.async_commit
    }

    /// `seek()`; false where the partition is not assigned, for which Kafka throws. What is on its way from the old
    /// position is dropped.
    pub fn seek(&mut self, partition: PartitionId, offset: u64, context: &mut Context) -> bool {
        let Some(place) = self.place_of(partition) else { return false };
        let owned = &mut self.owned[place];
        let from = (owned.place == Place::Fetching).then_some(owned.position);
        self.fetcher.drop_buffered(owned);
        owned.trouble = None;
        owned.seek(offset, -1, &context.setup.version);
        self.tell_reset(partition, from, offset, ResetCause::Sought, context);
        self.settled_trouble();
        true
    }

    /// `pause()` or `resume()`: the member stays a member; false where the partition is not assigned.
    pub fn set_paused(&mut self, partition: PartitionId, pause: Pause) -> bool {
        let Some(place) = self.place_of(partition) else { return false };
        let owned = &mut self.owned[place];
        owned.flow = match (owned.flow, pause) {
            (Flow::GivenUp, _) => Flow::GivenUp,
            (Flow::Reads | Flow::Paused, Pause::Paused) => Flow::Paused,
            (Flow::Reads | Flow::Paused, Pause::Resumed) => Flow::Reads,
        };
        self.settle();
        true
    }

    /// `commitSync()` of given offsets.
    pub fn commit_offsets_sync(&mut self, offsets: &[CommittedOffset], context: &mut Context) {
        let limit = Duration::from_millis(u64::from(context.setup.consumer.default_api_timeout_ms));
        self.commit_offsets_within(Offsets::from_slice(offsets), limit, context);
    }

    /// `commitAsync()` of given offsets.
    pub fn commit_offsets_async(&mut self, offsets: &[CommittedOffset], context: &mut Context) {
        self.ensure_coordinator(context);
        self.send_commit(CommitKind::Async, Offsets::from_slice(offsets), context);
    }

    /// `position()`, where it is known.
    pub fn position(&self, partition: PartitionId) -> Option<u64> {
        let owned = &self.owned[self.place_of(partition)?];
        matches!(owned.place, Place::Fetching | Place::AwaitValidation).then_some(owned.position)
    }

    fn place_of(&self, partition: PartitionId) -> Option<usize> {
        self.owned.binary_search_by_key(&partition, |owned| owned.partition).ok()
    }

    fn settled_trouble(&mut self) {
        self.troubled = self.owned.iter().any(|owned| owned.trouble.is_some());
        self.settle();
    }
}

/// `pause()` or `resume()`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Not read from now on.
    Paused,
    /// Read again.
    Resumed,
}

/// Does the application tell the producer as which member it has read (`groupMetadata()`)?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupMetadata {
    /// It does: a member that is none any more commits nothing (KIP-447).
    Given,
    /// It gives the group's name alone.
    Absent,
}

/// An end of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its first record.
    Beginning,
    /// The next record to be written.
    End,
}

/// The Java client's exception for a `poll()` that failed.
pub const fn poll_exception(error: Error) -> &'static str {
    match error {
        Error::OffsetOutOfRange => "OffsetOutOfRangeException",
        Error::FencedInstanceId => "FencedInstanceIdException",
        Error::UnreleasedInstanceId => "UnreleasedInstanceIdException",
        Error::InconsistentGroupProtocol => "InconsistentGroupProtocolException",
        Error::GroupIdNotFound => "GroupIdNotFoundException",
        other => other.name(),
    }
}

/// The Java client's exception for a commit that failed.
pub const fn commit_exception(error: Error, waits: CommitWaits) -> &'static str {
    match (error, waits) {
        (Error::UnknownMemberId | Error::IllegalGeneration | Error::StaleMemberEpoch, _) => "CommitFailedException",
        (Error::RebalanceInProgress, _) => "RebalanceInProgressException",
        (Error::FencedInstanceId, _) => "FencedInstanceIdException",
        (_, CommitWaits::Sync) => "TimeoutException",
        (_, CommitWaits::Async) => "RetriableCommitFailedException",
    }
}

/// Does the application wait for a commit?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitWaits {
    /// `commitSync()`.
    Sync,
    /// `commitAsync()`.
    Async,
}
