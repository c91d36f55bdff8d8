//! Writing down: a state of a transactional id counts, and is answered, when its record is committed.

use super::state::Pending;
use super::{Action, Actions, Asker, Coordinator, Loaded, reply};
use crate::message::Response;
use crate::node::{Connection, Context};
use crate::store::{Body, ProducerId, TransactionRecord};
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, PartitionId, TransactionalId};
use smallvec::SmallVec;

/// A completion that could not be written is written again after this.
const COMPLETION_RETRY: Duration = Duration::from_millis(100);
/// A record of a transactional id: batch header, key, and value without its partitions.
const RECORD_BYTES: u32 = 61 + 90;
/// A partition in such a record.
const PARTITION_BYTES: u32 = 8;

/// Bytes of a transactional id's record in the log.
pub fn record_bytes(record: &TransactionRecord) -> u32 {
    RECORD_BYTES + record.partitions.len() as u32 * PARTITION_BYTES
}

/// What is being written down, and what follows.
#[derive(Clone, Debug)]
pub(super) struct Writing {
    ticket: u32,
    pub(super) partition: PartitionId,
    coordinator_epoch: i32,
    next: TransactionRecord,
    pub(super) then: Then,
}

#[derive(Clone, Debug)]
pub(super) enum Then {
    /// InitProducerId is answered.
    Initialized(Asker),
    /// AddPartitionsToTxn is answered: for these partitions.
    Added(Asker, SmallVec<[PartitionId; 4]>),
    /// AddOffsetsToTxn is answered.
    OffsetsAdded(Asker),
    /// EndTxn is answered, and markers are written.
    Ended(Asker),
    /// The producer is fenced, and markers are written: InitProducerId has to be tried again.
    Fenced(Asker),
    /// The transaction is over.
    Completed,
}

impl Coordinator {
    /// Writes down the next state of a transactional id; it counts when it is committed.
    pub(super) fn write(&mut self, next: TransactionRecord, then: Then, actions: &mut Actions, context: &mut Context) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let Ok(loaded) = self.loaded_for(next.id, context) else { return };
        let (partition, coordinator_epoch) = (loaded.partition, loaded.epoch);
        let transaction = loaded.find(next.id).expect("what is written is known");
        transaction.pending.get_or_insert(Pending::To(next.state));
        let (bytes, timeout) = (record_bytes(&next), next.timeout);
        let body = Body::Transaction(context.store.put_transaction(next.clone()));
        self.writing.push(Writing { ticket, partition, coordinator_epoch, next, then });
        actions.push(Action::Append { partition, body, bytes, timeout, ticket });
    }

    /// What became of an append: it is committed, or why it is not.
    pub fn appended(&mut self, ticket: u32, result: Result<u64, Error>, context: &mut Context) -> Actions {
        let mut actions = Actions::new();
        let Some(at) = self.writing.iter().position(|writing| writing.ticket == ticket) else { return actions };
        let Writing { partition, coordinator_epoch, next, then, .. } = self.writing.remove(at);
        let id = next.id;
        let is_current = |loaded: &&mut Loaded| loaded.partition == partition && loaded.epoch == coordinator_epoch;
        let transaction = self.loaded.iter_mut().find(is_current).and_then(|loaded| loaded.find(id));
        match (result.map_err(as_coordinator_error), transaction) {
            (Ok(_), Some(transaction)) => {
                transaction.complete(next);
                let TransactionRecord { state, producer: ProducerId { id: producer_id, epoch }, .. } =
                    transaction.record;
                let broker = self.broker;
                context.out.tell(Entry::TransactionChanged { id, broker, state, producer_id, epoch });
                self.written(id, then, &mut actions, context);
            }
            (Ok(_), None) => refuse(&then, Error::NotCoordinator, &mut actions),
            (Err(error), transaction) => {
                let completes = matches!(then, Then::Completed);
                if completes && error == Error::CoordinatorNotAvailable {
                    self.unfinished.push((id, context.now + COMPLETION_RETRY));
                } else if let Some(transaction) = transaction {
                    transaction.give_up(matches!(then, Then::Fenced(_)));
                }
                refuse(&then, error, &mut actions);
            }
        }
        self.set_alarm(context);
        actions
    }

    /// A state counts: whoever asked for it is told, and markers follow a decision.
    fn written(&mut self, id: TransactionalId, then: Then, actions: &mut Actions, context: &mut Context) {
        let Ok(transaction) = self.known(id, context) else { return };
        let producer = transaction.record.producer;
        match then {
            Then::Initialized(asker) => reply(actions, asker, Response::InitProducerId(Ok(producer))),
            Then::Added(asker, partitions) => {
                let added = partitions.into_iter().map(|partition| (partition, Ok(()))).collect();
                reply(actions, asker, Response::AddPartitionsToTxn(Box::new(added)));
            }
            Then::OffsetsAdded(asker) => reply(actions, asker, Response::AddOffsetsToTxn(Ok(()))),
            Then::Ended(asker) => {
                let next = transaction.completion().producer;
                reply(actions, asker, Response::EndTxn(Ok(next)));
                self.carry_out(id, actions, context);
            }
            Then::Fenced(asker) => {
                reply(actions, asker, Response::InitProducerId(Err(Error::ConcurrentTransactions)));
                self.carry_out(id, actions, context);
            }
            Then::Completed => (),
        }
    }

    /// A connection is gone: what was asked on it still counts, but nobody can be told.
    pub fn on_lost(&mut self, connection: Connection) {
        for writing in &mut self.writing {
            match &mut writing.then {
                Then::Initialized(asker)
                | Then::Added(asker, _)
                | Then::OffsetsAdded(asker)
                | Then::Ended(asker)
                | Then::Fenced(asker)
                    if *asker == Asker::Connection(connection) =>
                {
                    *asker = Asker::Nobody;
                }
                _ => (),
            }
        }
    }
}

/// Tells whoever waits for a state that it will not come.
pub(super) fn refuse(then: &Then, error: Error, actions: &mut Actions) {
    match then {
        Then::Initialized(asker) | Then::Fenced(asker) => {
            reply(actions, *asker, Response::InitProducerId(Err(error)));
        }
        Then::Added(asker, partitions) => {
            let refused = partitions.iter().map(|partition| (*partition, Err(error))).collect();
            reply(actions, *asker, Response::AddPartitionsToTxn(Box::new(refused)));
        }
        Then::OffsetsAdded(asker) => reply(actions, *asker, Response::AddOffsetsToTxn(Err(error))),
        Then::Ended(asker) => reply(actions, *asker, Response::EndTxn(Err(error))),
        Then::Completed => (),
    }
}

/// How a failed append is told to a client.
const fn as_coordinator_error(error: Error) -> Error {
    match error {
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        _ => Error::CoordinatorNotAvailable,
    }
}
