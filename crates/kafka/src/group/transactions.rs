//! Offsets that are committed as part of a transaction: they count when the transaction's marker is committed
//! in the group's partition, and not before.

use super::{Append, Connection, Context, Coordinator, Error, Loaded, Pending, Response, Work};
use crate::message::{OffsetFetchRequest, TxnOffsetCommitRequest};
use crate::store::{Body, CommittedOffset, Marker, ProducerId, Sequence, Store};
use highwater_model::settings::Isolation;
use highwater_model::trace::TransactionResult;
use highwater_model::{PartitionId, Setup};
use smallvec::SmallVec;

/// Offsets of open transactions: of which producer, committed by which consumer.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenOffsets(Vec<(u32, u8, CommittedOffset)>);

impl OpenOffsets {
    /// A commit in a transaction is in the log.
    pub fn put(&mut self, producer_id: u32, consumer: u8, offsets: &[CommittedOffset]) {
        for offset in offsets {
            self.0.retain(|(id, _, known)| (*id, known.partition) != (producer_id, offset.partition));
            self.0.push((producer_id, consumer, *offset));
        }
    }

    /// The producer's transaction is over: gives its offsets.
    pub fn end(&mut self, producer_id: u32) -> Vec<(u8, CommittedOffset)> {
        let ended = self.0.iter().filter(|(id, ..)| *id == producer_id);
        let ended = ended.map(|(_, consumer, offset)| (*consumer, *offset)).collect();
        self.0.retain(|(id, ..)| *id != producer_id);
        ended
    }

    /// May an open transaction still change the partition's committed offset?
    pub fn is_unstable(&self, partition: PartitionId) -> bool {
        self.0.iter().any(|(.., offset)| offset.partition == partition)
    }

    /// The log, read again: what a batch of a transaction says. Gives the offsets that count with it.
    pub fn read(&mut self, writer: Sequence, body: Body, store: &Store) -> Vec<CommittedOffset> {
        match body {
            Body::Offsets(commit) => self.put(writer.producer_id, 0, store.commit(commit)),
            Body::Marker(Marker { result, .. }) => {
                let ended = self.end(writer.producer_id);
                if result == TransactionResult::Commit {
                    return ended.into_iter().map(|(_, offset)| offset).collect();
                }
            }
            Body::Send(_) | Body::Group(_) | Body::Foreign | Body::Transaction(_) => (),
        }
        Vec::new()
    }
}

impl Coordinator {
    /// A marker of the producer's transaction is committed in the group's partition.
    pub fn transaction_ended(&mut self, producer: ProducerId, result: TransactionResult, context: &mut Context) {
        let Some(loaded) = &mut self.loaded else { return };
        for (consumer, offset) in loaded.open.end(producer.id) {
            if result == TransactionResult::Commit {
                loaded.apply(offset, consumer, context);
            }
        }
    }
}

impl Loaded {
    /// The committed offsets of these partitions, unless a transaction may still change one: who reads committed records
    /// only asks again then. (Kafka's request says which readers those are; here all have one isolation level.)
    pub(super) fn committed_offsets(
        &self,
        request: &OffsetFetchRequest,
        setup: &Setup,
    ) -> Result<Box<SmallVec<[Option<CommittedOffset>; 4]>>, Error> {
        if let (Some(modern), Some(_)) = (self.modern.as_deref(), request.member) {
            modern.check_request(request.member)?; // a member of the new protocol must be up to date to be told
        }
        let partitions = &request.partitions;
        let requires_stable = setup.consumer.isolation_level == Isolation::ReadCommitted;
        if requires_stable && partitions.iter().any(|partition| self.open.is_unstable(*partition)) {
            return Err(Error::UnstableOffsetCommit);
        }
        let of = |partition: &PartitionId| self.offsets[partition.index()].map(|offset| offset.committed);
        Ok(Box::new(partitions.iter().map(of).collect()))
    }

    /// A commit inside a transaction: checked as any other where it names a member, and written as part of the
    /// transaction.
    pub(super) fn commit_in_transaction(
        &mut self,
        connection: Connection,
        request: &TxnOffsetCommitRequest,
        work: &mut Work,
    ) {
        let checked = match request.member {
            // Whether a rebalance waits for its assignment does not matter here (`ClassicGroup#validateOffsetCommit`).
            Some(_) => match self.check_commit(request.member, work.context) {
                Err(Error::RebalanceInProgress) => Ok(()),
                checked => checked,
            },
            None => Ok(()),
        };
        if let Err(error) = checked {
            return work.reply(Some(connection), Response::TxnOffsetCommit(Err(error)));
        }
        let append = Append::offsets(request.offsets.to_vec(), work.context.store);
        let Body::Offsets(commit) = append.body else { unreachable!("offsets were stored") };
        let producer = request.transaction.producer;
        let append = Append { writer: Some(Sequence::of_coordinator(producer)), ..append };
        let (producer_id, consumer) = (producer.id, request.consumer);
        let pending = Pending::TransactionCommit { commit, producer_id, consumer, connection: Some(connection) };
        self.append(append, pending, work);
    }

    /// Such a commit is in the log, or not.
    pub(super) fn committed_in_transaction(
        &mut self,
        commit: u32,
        (producer_id, consumer): (u32, u8),
        connection: Option<Connection>,
        result: Result<u64, Error>,
        work: &mut Work,
    ) {
        if result.is_ok() {
            self.open.put(producer_id, consumer, work.context.store.commit(commit));
        }
        let answer = result.map(drop).map_err(super::offsets::as_coordinator_error);
        work.reply(connection, Response::TxnOffsetCommit(answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(offset: u64) -> CommittedOffset {
        CommittedOffset { partition: PartitionId(0), offset, leader_epoch: 0 }
    }

    #[test]
    fn r_669_offsets_of_a_transaction_wait_for_its_marker() {
        let mut open = OpenOffsets::default();
        open.put(7, 1, &[offset(10)]);
        open.put(7, 1, &[offset(20)]);
        assert!(open.is_unstable(PartitionId(0)));
        assert!(!open.is_unstable(PartitionId(1)));
        assert_eq!(open.end(7), [(1, offset(20))]);
        assert!(!open.is_unstable(PartitionId(0)));
    }
}
