//! Commits: which are taken, and when they count.

use super::{Append, Connection, Context, Error, Loaded, OffsetCommitRequest, Pending, Response, Work};
use crate::checks::Check;
use crate::store::{Body, CommittedOffset};
use highwater_model::NodeId;
use highwater_model::trace::Entry;

impl Loaded {
    /// Commits of the present generation are appended, and answered when they are committed.
    pub(super) fn commit(&mut self, connection: Connection, request: OffsetCommitRequest, work: &mut Work) {
        let checked = self.group.check_commit(request.member, work.context.now);
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
        if slot.is_none_or(|before| before.offset != offset.offset) {
            context.out.tell(Entry::OffsetCommitted { consumer, partition: offset.partition, offset: offset.offset });
        }
        *slot = Some(offset);
    }

    /// After a failover the group's offsets are what the new leader's log says: told for each owned partition.
    pub(super) fn tell_offsets(&self, context: &mut Context) {
        for offset in self.offsets.iter().flatten() {
            if let Some(consumer) = self.group.owner(offset.partition) {
                context.out.tell(Entry::OffsetCommitted {
                    consumer,
                    partition: offset.partition,
                    offset: offset.offset,
                });
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
