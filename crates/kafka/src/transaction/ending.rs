//! How a transaction ends: what was decided is carried out by markers in all its partitions, and then it is over
//!

use super::state::Pending;
use super::writing::Then;
use super::{Action, Actions, Asker, Coordinator, Loaded};
use crate::node::Context;
use crate::store::{ProducerId, TransactionRecord, TransactionVersion};
use highwater_model::trace::{Error, TransactionResult};
use highwater_model::{PartitionId, TransactionalId};

/// How a transaction ends: what its markers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whose transaction.
    pub id: TransactionalId,
    /// Which coordinator decided: its partition of `__transaction_state`, and its leader epoch.
    pub coordinator: (PartitionId, i32),
    /// With which producer id and epoch.
    pub producer: ProducerId,
    /// What it decided.
    pub result: TransactionResult,
}

/// What became of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is written, or nobody needs it any more.
    Settled,
    /// It must be written again.
    Again,
}

impl Coordinator {
    /// An open transaction is aborted with another epoch, so that who wrote it can write no more.
    pub(super) fn fence(&mut self, id: TransactionalId, asker: Asker, actions: &mut Actions, context: &mut Context) {
        let version = TransactionVersion::of(context.setup);
        let Ok(transaction) = self.known(id, context) else { return };
        let next = transaction.fence(version);
        transaction.pending = Some(Pending::Fence);
        self.write(next, Then::Fenced(asker), actions, context);
    }

    /// A decision is written down: markers go to all partitions of the transaction.
    pub(super) fn carry_out(&mut self, id: TransactionalId, actions: &mut Actions, context: &mut Context) {
        let Ok(loaded) = self.loaded_for(id, context) else { return };
        let coordinator = (loaded.partition, loaded.epoch);
        let Some(transaction) = loaded.find(id) else { return };
        let Some(result) = transaction.deciding() else { return };
        let TransactionRecord { producer, ref partitions, .. } = transaction.record;
        let completed = transaction.completion().state;
        if partitions.is_empty() {
            return self.finish(id, actions, context);
        }
        let partitions = partitions.clone();
        transaction.pending = Some(Pending::To(completed));
        let decision = Decision { id, coordinator, producer, result };
        actions.push(Action::Mark { decision, partitions });
    }

    pub(super) fn finish(&mut self, id: TransactionalId, actions: &mut Actions, context: &mut Context) {
        let Ok(transaction) = self.known(id, context) else { return };
        let next = transaction.completion();
        self.write(next, Then::Completed, actions, context);
    }

    /// What became of a marker in a partition.
    pub fn marked(
        &mut self,
        decision: &Decision,
        partition: PartitionId,
        result: Result<(), Error>,
        actions: &mut Actions,
        context: &mut Context,
    ) -> Marked {
        let coordinator = decision.coordinator;
        let is_current = |loaded: &&mut Loaded| (loaded.partition, loaded.epoch) == coordinator;
        let Some(transaction) = self.loaded.iter_mut().find(is_current).and_then(|loaded| loaded.find(decision.id))
        else {
            return Marked::Settled; // no longer the coordinator: the next one goes on
        };
        if transaction.record.producer != decision.producer || transaction.deciding() != Some(decision.result) {
            return Marked::Settled;
        }
        match result {
            Err(Error::InvalidProducerEpoch | Error::TransactionCoordinatorFenced) => return Marked::Settled,
            Err(_) => return Marked::Again,
            Ok(()) => transaction.record.partitions.retain(|left| *left != partition),
        }
        if transaction.record.partitions.is_empty() {
            self.finish(decision.id, actions, context);
        }
        Marked::Settled
    }
}
