//! Commits: which are taken, when they count, and when they end.

use super::{Append, Connection, Context, Error, Loaded, OffsetCommitRequest, Pending, Response, Work};
use crate::checks::{Check, Checks};
use crate::message::MemberRef;
use crate::store::{Body, CommittedOffset, GroupRecord};
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, NodeId, PartitionId, Setup};

/// A committed offset, and since when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    pub(super) committed: CommittedOffset,
    at: Instant,
}

impl Offset {
    /// Of a batch that was appended at that time. (KAFKA-8069: a coordinator that misread the time let offsets expire as
    /// soon as it had loaded them.)
    pub(super) fn read(committed: CommittedOffset, appended: Instant, checks: Checks) -> Self {
        Self { committed, at: if checks.on(Check::OffsetExpiry) { appended } else { Instant::ZERO } }
    }
}

/// offsets.retention.check.interval.ms.
pub(super) fn check_interval(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.cluster.offsets_retention_check_interval_ms))
}

impl Loaded {
    /// Commits of the present generation or member epoch are appended, and answered when they are committed (R-717,
    ///
    pub(super) fn commit(&mut self, connection: Connection, request: OffsetCommitRequest, work: &mut Work) {
        let checked = self.check_commit(request.member, work.context);
        if let Err(error) = checked
            && work.context.checks.on(Check::CommitGeneration)
        {
            return work.reply(Some(connection), Response::OffsetCommit(Err(error)));
        }
        let append = Append::offsets(request.offsets.to_vec(), work.context.store);
        let Body::Offsets(commit) = append.body else { unreachable!("offsets were stored") };
        let NodeId::Consumer(consumer) = connection.client else { unreachable!("only consumers commit") };
        self.append(append, Pending::Commit { commit, consumer, connection: Some(connection) }, work);
    }

    pub(super) fn check_commit(&mut self, member: Option<MemberRef>, context: &Context) -> Result<(), Error> {
        match self.modern.as_deref() {
            Some(modern) => modern.check_request(member),
            None => self.group.check_commit(member, context.now, context.checks),
        }
    }

    /// A commit is in the log, or not. One that timed out or fell short of replicas after the append is in the log all
    /// the same and counts from now on for this leader: only a leader change can take it back, and that drops this
    /// memory.
    pub(super) fn committed(
        &mut self,
        commit: u32,
        consumer: u8,
        connection: Option<Connection>,
        result: Result<u64, Error>,
        work: &mut Work,
    ) {
        let written = match result {
            Ok(_) => true,
            Err(error) => matches!(error, Error::RequestTimedOut | Error::NotEnoughReplicasAfterAppend),
        };
        if written {
            for place in 0..work.context.store.commit(commit).len() {
                let offset = work.context.store.commit(commit)[place];
                self.apply(offset, consumer, work.context);
            }
        }
        let answer = result.map(drop).map_err(as_coordinator_error);
        work.reply(connection, Response::OffsetCommit(answer));
    }

    pub(super) fn apply(&mut self, offset: CommittedOffset, consumer: u8, context: &mut Context) {
        let slot = &mut self.offsets[offset.partition.index()];
        if slot.is_none_or(|before| before.committed.offset != offset.offset) {
            context.out.tell(Entry::OffsetCommitted { consumer, partition: offset.partition, offset: offset.offset });
        }
        *slot = Some(Offset { committed: offset, at: context.now });
    }

    fn owner(&self, partition: PartitionId) -> Option<u8> {
        self.modern.as_deref().map_or_else(|| self.group.owner(partition), |modern| modern.owner(partition))
    }

    /// After a failover the group's offsets are what the new leader's log says: told for each owned partition.
    pub(super) fn tell_offsets(&self, context: &mut Context) {
        for offset in self.offsets.iter().flatten() {
            let CommittedOffset { partition, offset, .. } = offset.committed;
            if let Some(consumer) = self.owner(partition) {
                context.out.tell(Entry::OffsetCommitted { consumer, partition, offset });
            }
        }
    }

    /// Offsets can expire only while nobody is a member: looking through them earlier is in vain.
    pub(super) fn next_expiry(&self) -> Instant {
        let empty = self.group.is_empty() && self.modern.as_deref().is_none_or(|modern| modern.is_empty());
        if empty && self.offsets.iter().any(Option::is_some) { self.expire_at } else { Instant::NEVER }
    }

    /// Deletes the offsets of a group that has been without members for offsets.retention.minutes. For the
    /// classic protocol that is since its last member went, for the new one since each commit.
    pub(super) fn expire_offsets(&mut self, work: &mut Work) {
        let now = work.context.now;
        if now < self.next_expiry() {
            return;
        }
        self.expire_at = now + check_interval(work.context.setup);
        let retention = Duration::from_secs(60).times(u64::from(work.context.setup.cluster.offsets_retention_minutes));
        let since = |offset: &Offset| match (&self.modern, work.context.checks.on(Check::OffsetExpiry)) {
            (None, true) => self.group.emptied_at,
            (Some(_), _) | (None, false) => offset.at,
        };
        let expired = self.offsets.iter().flatten().filter(|offset| since(offset) + retention <= now);
        let partitions: Vec<_> = expired.map(|offset| offset.committed.partition).collect();
        if !partitions.is_empty() {
            let append = Append::group(GroupRecord::OffsetsExpired(partitions.clone()), work.context.store);
            self.append(append, Pending::Expired { partitions }, work);
        }
    }

    /// The deletion is written down, or is tried again later.
    pub(super) fn expired(&mut self, partitions: &[PartitionId], result: Result<u64, Error>, context: &mut Context) {
        if result.is_ok() {
            for partition in partitions {
                self.offsets[partition.index()] = None;
                context.out.tell(Entry::OffsetExpired { partition: *partition });
            }
        }
    }
}

/// How a failed append is told to a group member.
pub(super) const fn as_coordinator_error(error: Error) -> Error {
    match error {
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        _ => Error::CoordinatorNotAvailable,
    }
}
