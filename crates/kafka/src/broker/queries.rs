//! Requests that only look: offsets, ends of epochs, metadata, producer ids, the coordinator.

use super::Broker;
use super::requests::Served;
use crate::checks::Check;
use crate::group::group_partition;
use crate::message::{ClusterMetadata, EpochAnswer, EpochQuery, ListAt, ListOffsetsRequest, ListedOffset, Response};
use crate::node::Context;
use crate::store::ProducerId;
use highwater_model::settings::Isolation;
use highwater_model::trace::Error;
use highwater_model::{Duration, PartitionId, TransactionalId};
use smallvec::SmallVec;

impl Broker {
    /// The first or the next offset.
    pub(super) fn serve_list_offsets(&self, request: &ListOffsetsRequest, context: &Context) -> Served {
        let listed = |(partition, epoch): &(PartitionId, Option<i32>)| ListedOffset {
            partition: *partition,
            result: self.list_offset(*partition, *epoch, request, context),
        };
        let listed = request.partitions.iter().map(listed).collect();
        Served::Answer(Response::ListOffsets(Box::new(listed)), Duration::ZERO)
    }

    fn list_offset(
        &self,
        partition: PartitionId,
        epoch: Option<i32>,
        request: &ListOffsetsRequest,
        context: &Context,
    ) -> Result<Option<(u64, i32)>, Error> {
        let replica = self.readable(partition, epoch, context)?;
        let start = replica.leader().map_or(0, |leader| leader.epoch_start);
        let visible = match request.isolation {
            _ if request.replica => replica.log.end(),
            Isolation::ReadUncommitted => replica.high_watermark,
            Isolation::ReadCommitted => replica.last_stable(),
        };
        let knows_end =
            request.replica || start <= replica.high_watermark || !context.checks.on(Check::OffsetNotAvailable);
        let offset = match request.at {
            ListAt::Earliest => replica.log.start(),
            ListAt::Latest if knows_end => visible,
            ListAt::Time(at) => {
                match replica.log.appended_since(at, context.store).filter(|offset| *offset < visible) {
                    Some(offset) => offset,
                    None if knows_end => return Ok(None),
                    None => return Err(Error::OffsetNotAvailable),
                }
            }
            ListAt::Latest => return Err(Error::OffsetNotAvailable),
        };
        Ok(Some((offset, replica.log.epoch_at(offset).unwrap_or(replica.leader_epoch))))
    }

    /// Where epochs end, for consumers that check their position.
    pub(super) fn serve_epoch_ends(&self, queries: &[EpochQuery], context: &Context) -> Served {
        let answers: SmallVec<[EpochAnswer; 4]> = queries
            .iter()
            .map(|query| EpochAnswer {
                partition: query.partition,
                result: self
                    .readable(query.partition, query.leader_epoch, context)
                    .map(|replica| replica.log.end_of_epoch(query.epoch)),
            })
            .collect();
        Served::Answer(Response::OffsetForLeaderEpoch(Box::new(answers)), Duration::ZERO)
    }

    /// Who leads what, as this broker's image has it, stale or not.
    pub(super) fn serve_metadata(&self, context: &Context) -> Served {
        let alive = |broker| self.image.broker(broker).is_some_and(|state| !state.fenced);
        let brokers = self.image.brokers().filter(|(_, state)| !state.fenced).map(|(broker, _)| broker).collect();
        let of = |partition| match self.image.partition(partition) {
            Some(state) => (state.leader.filter(|leader| alive(*leader)), state.leader_epoch),
            None => (None, -1),
        };
        let partitions = context.layout.data().map(of).collect();
        Served::Answer(Response::Metadata(Box::new(ClusterMetadata { brokers, partitions })), Duration::ZERO)
    }

    /// A producer id that no other process of any broker hands out.
    pub(super) fn serve_init_producer_id(&mut self) -> Served {
        let producer = ProducerId { id: self.transactions.ids.next(), epoch: 0 };
        Served::Answer(Response::InitProducerId(Ok(producer)), Duration::ZERO)
    }

    /// The leader of the group's partition of `__consumer_offsets`.
    pub(super) fn serve_find_coordinator(&self, context: &Context) -> Served {
        let state = self.image.partition(group_partition(context.layout));
        let leader = state.and_then(|state| state.leader);
        let alive = leader.filter(|leader| self.image.broker(*leader).is_some_and(|broker| !broker.fenced));
        Served::Answer(Response::FindCoordinator(alive.ok_or(Error::CoordinatorNotAvailable)), Duration::ZERO)
    }

    /// The leader of the transactional id's partition of `__transaction_state`.
    pub(super) fn serve_find_transaction_coordinator(&self, id: TransactionalId, context: &Context) -> Served {
        let found = self.transaction_coordinator(id, context).ok_or(Error::CoordinatorNotAvailable);
        Served::Answer(Response::FindCoordinator(found), Duration::ZERO)
    }
}
