//! Fetching: one request in flight a broker, ahead of what `poll()` returns. After Kafka's `AbstractFetch` and
//! `FetchCollector` as of 4.1: a broker is not asked while data of one of its partitions still waits to be returned,
//! so that its fetch session keeps all its partitions (KAFKA-17182).

use super::positions::{Flow, Owned, Place, is_stale_metadata};
use super::{Consumer, Purpose};
use crate::checks::{Check, Checks};
use crate::message::{AbortedTransaction, FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Request};
use crate::node::{Channel, Context};
use crate::store::{Batch, Body, Scope};
use highwater_model::trace::{Api, Entry, Error, ResetCause, Slice, TransactionResult};
use highwater_model::{BrokerId, BrokerSet, Duration, NodeId, PartitionId};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// After an error a partition rests this long. The Java client asks again at once, thousands of times a second; the
/// pause changes no outcome and keeps those from being the run's main work.
const ERROR_PAUSE: Duration = Duration::from_millis(10);

/// What was fetched of a partition and not yet returned.
#[derive(Clone, Debug)]
struct Completed {
    partition: PartitionId,
    /// Runs of batches in the partition's history.
    runs: SmallVec<[(u32, u32); 1]>,
    /// Which run comes next.
    run: u32,
    /// Aborted transactions that begin further on, in the order of their first offsets.
    aborted: Vec<AbortedTransaction>,
    /// Producers whose records are void up to their next marker.
    void: SmallVec<[u32; 2]>,
}

impl Completed {
    /// The batch that comes next.
    fn batch(&self) -> u32 {
        self.runs[self.run as usize].0
    }

    /// Is the batch none of the application's business: a marker, or, for read_committed, records of an aborted
    /// transaction?
    fn skips(&mut self, batch: &Batch, checks: Checks) -> bool {
        let Some(writer) = batch.sequence else { return false };
        while self.aborted.first().is_some_and(|aborted| aborted.first < batch.end()) {
            self.void.push(self.aborted.remove(0).producer_id);
        }
        if let Body::Marker(marker) = batch.body {
            if marker.result == TransactionResult::Abort {
                self.void.retain(|producer| *producer != writer.producer_id);
            }
            return true;
        }
        writer.scope == Scope::Transaction && self.void.contains(&writer.producer_id) && checks.on(Check::SkipAborted)
    }

    /// Goes on to the next batch; false when there is none.
    fn advance(&mut self) -> bool {
        let (next, end) = &mut self.runs[self.run as usize];
        *next += 1;
        if next == end {
            self.run += 1;
        }
        (self.run as usize) < self.runs.len()
    }
}

/// The consumer's fetches.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    completed: VecDeque<Completed>,
    /// Brokers that may be worth a fetch.
    pub(super) due: BrokerSet,
    in_flight: BrokerSet,
    /// Partitions given up that are still in a broker's session.
    forget: SmallVec<[(BrokerId, PartitionId); 4]>,
}

impl Fetcher {
    /// Nothing fetched yet; these brokers may be worth a fetch.
    pub(super) fn due_at(due: BrokerSet) -> Self {
        Self { due, ..Self::default() }
    }

    /// What was fetched of this partition is no longer wanted.
    pub(super) fn drop_buffered(&mut self, owned: &mut Owned) {
        if 0 < owned.buffered {
            self.completed.retain(|completed| completed.partition != owned.partition);
            owned.buffered = 0;
        }
    }

    /// Gives up a partition.
    pub(super) fn release(&mut self, owned: &mut Owned, checks: Checks) {
        if checks.on(Check::DropRevoked) {
            self.drop_buffered(owned);
        }
        if let Some((broker, ..)) = owned.session.take() {
            self.forget.push((broker, owned.partition));
        }
    }
}

/// What a broker can be asked for now.
enum Plan {
    /// Nothing, until something changes.
    Nothing,
    /// Nothing yet: a partition rests after an error.
    Later,
    /// The session's news; the partitions that did not change are in it already.
    Fetch { partitions: SmallVec<[FetchPartition; 4]>, forget: SmallVec<[PartitionId; 4]> },
}

impl Consumer {
    /// Asks every broker that leads partitions of which nothing waits to be returned.
    pub(super) fn send_fetches(&mut self, context: &mut Context) {
        let due = self.fetcher.due.minus(self.fetcher.in_flight);
        if due.is_empty() {
            return;
        }
        for broker in due.iter() {
            if !self.links.is_available(broker, Channel::Client, context.now) {
                continue;
            }
            match self.plan_fetch(broker, context) {
                Plan::Later => (),
                Plan::Nothing => self.fetcher.due = self.fetcher.due.without(broker),
                Plan::Fetch { partitions, forget } => self.send_fetch(broker, partitions, forget, context),
            }
        }
    }

    fn plan_fetch(&mut self, broker: BrokerId, context: &Context) -> Plan {
        let leads = |owned: &Owned| owned.source(context.now) == Some(broker);
        if self.owned.iter().any(|owned| leads(owned) && 0 < owned.buffered && owned.flow != Flow::Paused) {
            return Plan::Nothing; // it becomes due again when that is returned
        }
        let fenced = context.setup.version.epoch_fence_fetch;
        let mut partitions = SmallVec::new();
        let mut forget = SmallVec::new();
        let mut wanted = false;
        let mut resting = false;
        let mut expired = BrokerSet::EMPTY;
        for owned in &mut self.owned {
            if owned.preferred.take_if(|(_, until)| *until <= context.now).is_some() {
                expired = expired.union(owned.leader.broker.into_iter().collect());
            }
            let fetchable = leads(owned) && owned.is_fetchable();
            resting |= fetchable && context.now < owned.retry_at;
            let in_session = owned.session.is_some_and(|(of, ..)| of == broker);
            if fetchable && owned.retry_at <= context.now {
                wanted = true;
                let session = Some((broker, owned.position, owned.leader.epoch));
                if owned.session != session {
                    owned.session = session;
                    partitions.push(FetchPartition {
                        partition: owned.partition,
                        offset: owned.position,
                        leader_epoch: owned.leader.epoch.filter(|_| fenced),
                        last_fetched_epoch: None,
                    });
                }
            } else if in_session {
                owned.session = None;
                forget.push(owned.partition);
            }
        }
        self.fetcher.due = self.fetcher.due.union(expired);
        if !wanted {
            for partition in forget {
                self.fetcher.forget.push((broker, partition));
            }
            return if resting { Plan::Later } else { Plan::Nothing };
        }
        self.fetcher.forget.retain(|(of, partition)| {
            let drop = *of == broker && !partitions.iter().any(|new: &FetchPartition| new.partition == *partition);
            if drop {
                forget.push(*partition);
            }
            *of != broker
        });
        Plan::Fetch { partitions, forget }
    }

    fn send_fetch(
        &mut self,
        broker: BrokerId,
        partitions: SmallVec<[FetchPartition; 4]>,
        forget: SmallVec<[PartitionId; 4]>,
        context: &mut Context,
    ) {
        let settings = &context.setup.consumer;
        let request = FetchRequest {
            replica: None,
            // Who reads from a follower must be told when that one knows less than the leader (KIP-320).
            rack: (settings.client_rack && context.setup.version.epoch_fence_fetch)
                .then(|| context.setup.rack(NodeId::Consumer(self.number))),
            wait_max: Duration::from_millis(u64::from(settings.fetch_max_wait_ms)),
            bytes_min: settings.fetch_min_bytes,
            bytes_max: settings.fetch_max_bytes,
            partition_bytes_max: settings.max_partition_fetch_bytes,
            isolation: settings.isolation_level,
            partitions,
            forget,
        };
        self.fetcher.due = self.fetcher.due.without(broker);
        self.fetcher.in_flight = self.fetcher.in_flight.with(broker);
        self.request(broker, Channel::Client, Request::Fetch(Box::new(request)), Purpose::Fetch, context);
    }

    /// A fetch was answered.
    pub(super) fn fetched(&mut self, broker: BrokerId, response: FetchResponse, context: &mut Context) {
        self.fetcher.in_flight = self.fetcher.in_flight.without(broker);
        self.fetcher.due = self.fetcher.due.with(broker);
        for fetched in response.partitions {
            let Some(owned) = self.owned_mut(fetched.partition) else { continue };
            let reads = owned.place == Place::Fetching && owned.flow != Flow::GivenUp;
            let here = owned.position == fetched.offset || !context.checks.on(Check::FetchAtPosition);
            let expected = reads && here;
            if !expected || owned.session.is_none_or(|(of, ..)| of != broker) {
                continue; // of an earlier position
            }
            if let Some(replica) = fetched.preferred {
                let max_age = Duration::from_millis(u64::from(context.setup.consumer.metadata_max_age_ms));
                owned.preferred = Some((replica, context.now + max_age));
                self.turn_to(fetched.partition, broker, replica);
            } else if let Some(error) = fetched.error {
                owned.session = None;
                self.fetch_failed(broker, fetched.partition, error, context);
            } else if !fetched.batches.is_empty() {
                owned.buffered += 1;
                let FetchedPartition { partition, batches: runs, mut aborted, .. } = fetched;
                aborted.sort_unstable_by_key(|aborted| aborted.first);
                let void = SmallVec::new();
                self.fetcher.completed.push_back(Completed { partition, runs, run: 0, aborted, void });
            }
        }
    }

    /// A partition is read from another broker from now on.
    fn turn_to(&mut self, partition: PartitionId, from: BrokerId, to: BrokerId) {
        if let Some(owned) = self.owned_mut(partition) {
            owned.session = None;
        }
        self.fetcher.forget.push((from, partition));
        self.fetcher.due = self.fetcher.due.with(to);
    }

    /// A preferred replica that did not serve is no longer preferred: back to the leader. Since KAFKA-14379 also where
    /// it only showed that the metadata is stale. True where there was one.
    fn forget_preferred(&mut self, partition: PartitionId, error: Error, context: &Context) -> bool {
        let Some(owned) = self.owned_mut(partition) else { return false };
        let stale = is_stale_metadata(error) && context.setup.version.preferred_cleared;
        if error != Error::OffsetOutOfRange && !stale {
            return false;
        }
        let leader = owned.leader.broker;
        let cleared = owned.preferred.take().is_some();
        if cleared {
            self.fetcher.due = self.fetcher.due.union(leader.into_iter().collect());
        }
        cleared
    }

    ///
    fn fetch_failed(&mut self, broker: BrokerId, partition: PartitionId, error: Error, context: &mut Context) {
        self.fetcher.forget.push((broker, partition));
        self.tell_failed(broker, Api::FetchConsumer, error, context);
        if is_stale_metadata(error) {
            self.leaders.want();
        }
        let cleared = self.forget_preferred(partition, error, context);
        let Some(owned) = self.owned_mut(partition) else { return };
        if error == Error::OffsetOutOfRange && !cleared {
            let from = Some(owned.position);
            return self.reset(partition, from, ResetCause::OutOfRange, context);
        }
        let retry_at = context.now + ERROR_PAUSE;
        owned.retry_at = retry_at;
        self.wake_at(retry_at, context);
    }

    /// The connection to a broker, and with it the fetch session there, is gone.
    pub(super) fn session_lost(&mut self, broker: BrokerId) {
        for owned in self.owned.iter_mut().filter(|owned| owned.session.is_some_and(|(of, ..)| of == broker)) {
            owned.session = None;
            // Not to be reached: back to the leader (handleFetchFailure).
            if owned.preferred.take_if(|(replica, _)| *replica == broker).is_some() {
                self.fetcher.due = self.fetcher.due.union(owned.leader.broker.into_iter().collect());
            }
        }
        self.fetcher.forget.retain(|(of, _)| *of != broker);
        self.fetcher.in_flight = self.fetcher.in_flight.without(broker);
        self.fetcher.due = self.fetcher.due.with(broker);
    }

    /// The next of what was fetched to be handed out, and its partition's place: what is paused waits.
    fn next_completed(&self) -> Option<(usize, usize)> {
        self.fetcher.completed.iter().enumerate().find_map(|(number, completed)| {
            let place = self.owned.binary_search_by_key(&completed.partition, |owned| owned.partition);
            let place = place.expect("what is given up is dropped");
            (self.owned[place].flow == Flow::Reads).then_some((number, place))
        })
    }

    /// Hands out what was fetched, at most max.poll.records, and moves the positions past it. A partition's
    /// data is handed out to its end before the next one's.
    pub(super) fn collect(&mut self, records: &mut Vec<Slice>, context: &mut Context) {
        let mut remaining = context.setup.consumer.max_poll_records;
        while 0 < remaining
            && let Some((number, place)) = self.next_completed()
        {
            let completed = &mut self.fetcher.completed[number];
            let partition = completed.partition;
            let owned = &mut self.owned[place];
            let more = loop {
                let batch_number = completed.batch();
                let batch = context.store.batch(partition, batch_number);
                if completed.skips(batch, context.checks) {
                    (owned.position, owned.position_epoch) = (batch.end(), batch.leader_epoch);
                    if completed.advance() {
                        continue;
                    }
                    break false;
                }
                let skip = owned.position.saturating_sub(batch.base) as u32;
                let count = remaining.min(batch.count - skip);
                let slice = Slice { partition, batch: batch_number, skip, count };
                context.out.tell(Entry::Polled { consumer: self.number, records: slice });
                records.push(slice);
                remaining -= count;
                owned.position = batch.base + u64::from(skip + count);
                owned.position_epoch = batch.leader_epoch;
                if skip + count < batch.count {
                    break true;
                }
                let more = completed.advance();
                if !more || remaining == 0 {
                    break more;
                }
            };
            if !more {
                self.fetcher.completed.remove(number);
                owned.buffered -= 1;
                self.fetcher.due = self.fetcher.due.union(owned.source(context.now).into_iter().collect());
            }
        }
    }
}
