//! What producers and brokers ask of the coordinator: each request is refused, is answered at once, or makes a state
//! that is written down first.

use super::state::Ending;
use super::writing::Then;
use super::{Actions, Asker, Coordinator, ProducerIds, reply};
use crate::checks::Check;
use crate::group::group_partition;
use crate::message::{
    AddPartitions, AddPurpose, AddedPartitions, EndTxnRequest, InitProducerIdRequest, Response, TransactionRef,
};
use crate::node::Context;
use highwater_model::trace::{Error, TransactionState};
use highwater_model::{Duration, PartitionId};

impl Coordinator {
    ///
    pub(super) fn init(
        &mut self,
        asker: Asker,
        request: &InitProducerIdRequest,
        ids: &mut ProducerIds,
        actions: &mut Actions,
        context: &mut Context,
    ) {
        let id = request.transactional_id.expect("only those with a transactional id have a coordinator");
        let max = Duration::from_millis(u64::from(context.setup.cluster.transaction_max_timeout_ms));
        let found = if max < request.timeout {
            Err(Error::InvalidTransactionTimeout)
        } else {
            self.loaded_for(id, context).map(|loaded| loaded.find_or_create(id, request.timeout, ids))
        };
        let transaction = match found {
            Ok(transaction) => transaction,
            Err(error) => return reply(actions, asker, Response::InitProducerId(Err(error))),
        };
        let refused = if transaction.pending.is_some() || transaction.deciding().is_some() {
            Some(Error::ConcurrentTransactions)
        } else if request.current.is_some_and(|current| !transaction.knows(current)) {
            Some(Error::ProducerFenced)
        } else {
            None
        };
        if let Some(error) = refused {
            return reply(actions, asker, Response::InitProducerId(Err(error)));
        }
        if transaction.record.state == TransactionState::Ongoing && context.checks.on(Check::FenceOnInit) {
            return self.fence(id, asker, actions, context);
        }
        match transaction.init(request, || ids.next()) {
            Ok(next) => self.write(next, Then::Initialized(asker), actions, context),
            Err(error) => reply(actions, asker, Response::InitProducerId(Err(error))),
        }
    }

    pub(super) fn add_partitions(
        &mut self,
        asker: Asker,
        add: &AddPartitions,
        actions: &mut Actions,
        context: &mut Context,
    ) {
        let TransactionRef { id, producer } = add.transaction;
        let wall = context.wall;
        let all = |result: Result<(), Error>| -> AddedPartitions {
            add.partitions.iter().map(|partition| (*partition, result)).collect()
        };
        let answer = match self.known(id, context) {
            Err(error) => all(Err(error)),
            Ok(transaction) if add.purpose == AddPurpose::Verify => {
                let verify = |partition: &PartitionId| (*partition, transaction.verify(producer, *partition));
                add.partitions.iter().map(verify).collect()
            }
            Ok(transaction) => match transaction.add(producer, &add.partitions, wall) {
                Ok(Some(next)) => {
                    let then = Then::Added(asker, add.partitions.clone());
                    return self.write(next, then, actions, context);
                }
                Ok(None) => all(Ok(())),
                Err(error) => all(Err(error)),
            },
        };
        reply(actions, asker, Response::AddPartitionsToTxn(Box::new(answer)));
    }

    /// The group's partition of `__consumer_offsets` becomes part of the transaction.
    pub(super) fn add_offsets(
        &mut self,
        asker: Asker,
        transaction: TransactionRef,
        actions: &mut Actions,
        context: &mut Context,
    ) {
        let (wall, partition) = (context.wall, group_partition(context.layout));
        let added =
            self.known(transaction.id, context).and_then(|known| known.add(transaction.producer, &[partition], wall));
        match added {
            Ok(Some(next)) => self.write(next, Then::OffsetsAdded(asker), actions, context),
            Ok(None) => reply(actions, asker, Response::AddOffsetsToTxn(Ok(()))),
            Err(error) => reply(actions, asker, Response::AddOffsetsToTxn(Err(error))),
        }
    }

    ///
    pub(super) fn end(
        &mut self,
        asker: Asker,
        request: &EndTxnRequest,
        ids: &mut ProducerIds,
        actions: &mut Actions,
        context: &mut Context,
    ) {
        let ending = self.known(request.transaction.id, context).and_then(|known| known.end(request, || ids.next()));
        match ending {
            Ok(Ending::Decided(next)) => self.write(next, Then::Ended(asker), actions, context),
            Ok(Ending::Known(producer)) => reply(actions, asker, Response::EndTxn(Ok(producer))),
            Err(error) => reply(actions, asker, Response::EndTxn(Err(error))),
        }
    }
}
