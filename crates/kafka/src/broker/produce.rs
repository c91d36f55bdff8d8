//! Produce: append on the leader, acks, and the requests that wait for replication.

use super::producers::{Guard, Sequenced};
use super::replica::Replica;
use super::requests::Served;
use super::transactions::Verdicts;
use super::{Broker, Kind};
use crate::checks::Check;
use crate::message::{ProduceRequest, ProduceResult, ProducedBatch, Request, Response};
use crate::metadata::{Image, PartitionState, Replicas};
use crate::node::{Alarm, Context};
use crate::store::{Batch, Body, Scope, Sequence};
use highwater_model::settings::Acks;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, SettingId};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The fewest in-sync replicas with which acks=all is served: the setting, since 3.7 capped at the replicas there are
///
fn effective_min_isr(
    image: &Image,
    partition: PartitionId,
    replicas: &Replicas,
    own: BrokerId,
    context: &Context,
) -> u32 {
    let min = image.configs.min_isr(context.setup, context.layout.topic_of(partition), Some(own));
    if context.setup.version.eff_min_isr { min.min(replicas.len() as u32) } else { min }
}

/// A batch to append, whoever wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewBatch {
    pub count: u32,
    pub bytes: u32,
    pub sequence: Option<Sequence>,
    pub body: Body,
}

/// Where an append landed.
#[derive(Clone, Copy, Debug)]
struct Landed {
    base: u64,
    /// What must be committed before acks=all is answered.
    required: u64,
    /// When the append, and its fsync if it needs one, is done.
    done: Instant,
}

/// acks=all requests and the coordinator's appends that wait for the high watermark.
#[derive(Clone, Debug, Default)]
pub(super) struct Parked {
    entries: Vec<Option<Waiting>>,
    free: Vec<u32>,
    /// (deadline, ticket, age), in order of the deadline where timeouts are equal.
    deadlines: VecDeque<(Instant, u32, u32)>,
    alarm: Alarm,
    age: u32,
}

#[derive(Clone, Debug)]
struct Waiting {
    who: Waiter,
    results: SmallVec<[ProduceResult; 4]>,
    /// Which of the results still wait.
    left: SmallVec<[PartitionId; 4]>,
    /// Not before: the leader's own append is done.
    done: Instant,
    age: u32,
}

/// Who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiter {
    /// A producer, on this inbound connection of this generation.
    Connection(u16, u32),
    /// The group coordinator, for this ticket of its own.
    Coordinator(u32),
    /// The transaction coordinator, for this ticket of its own.
    Transactions(u32),
    /// A request for markers in work: its ticket, and which marker and which of its partitions it is.
    Marker { ticket: u32, slot: (u16, u16) },
}

impl Parked {
    pub fn len(&self) -> u32 {
        (self.entries.len() - self.free.len()) as u32
    }

    fn park(&mut self, mut waiting: Waiting, deadline: Instant, context: &mut Context) -> u32 {
        self.age = self.age.wrapping_add(1);
        waiting.age = self.age;
        let ticket = match self.free.pop() {
            Some(ticket) => {
                self.entries[ticket as usize] = Some(waiting);
                ticket
            }
            None => {
                self.entries.push(Some(waiting));
                self.entries.len() as u32 - 1
            }
        };
        while self.deadlines.front().is_some_and(|(_, ticket, age)| !self.is_waiting(*ticket, *age)) {
            self.deadlines.pop_front();
        }
        // Deadlines come in order but for clients of different timeouts; those are put where they belong.
        let at = self.deadlines.iter().rposition(|(other, ..)| *other <= deadline).map_or(0, |at| at + 1);
        self.deadlines.insert(at, (deadline, ticket, self.age));
        self.alarm.set_earlier(deadline, Kind::ProduceWait as u16, 0, context.out);
        ticket
    }

    fn is_waiting(&self, ticket: u32, age: u32) -> bool {
        self.entries[ticket as usize].as_ref().is_some_and(|waiting| waiting.age == age)
    }
}

impl Broker {
    /// Serves a produce request.
    pub(super) fn serve_produce(
        &mut self,
        inbound: u16,
        generation: u32,
        request: Box<ProduceRequest>,
        context: &mut Context,
    ) -> Served {
        if self.is_disk_hung() {
            return Served::Stuck(Request::Produce(request));
        }
        match request.transaction {
            None => self.append_request(inbound, generation, &request, &Verdicts::new(), context),
            Some(transaction) => self.serve_transactional(inbound, generation, request, transaction, context),
        }
    }

    /// Appends the batches of a request, as far as they are not refused already.
    pub(super) fn append_request(
        &mut self,
        inbound: u16,
        generation: u32,
        request: &ProduceRequest,
        verdicts: &Verdicts,
        context: &mut Context,
    ) -> Served {
        let mut results: SmallVec<[ProduceResult; 4]> = SmallVec::new();
        let mut waits: SmallVec<[(PartitionId, u64); 4]> = SmallVec::new();
        let mut done = context.now;
        for batch in &request.batches {
            let verdict = verdicts.iter().find(|(partition, _)| *partition == batch.partition);
            let result = match verdict {
                Some((_, Err(error))) => Err(*error),
                Some((_, Ok(guard))) => self.append_produced(request.acks, batch, Some(*guard), context),
                None => self.append_produced(request.acks, batch, None, context),
            };
            if let Ok(landed) = result {
                done = done.max(landed.done);
                waits.push((batch.partition, landed.required));
            }
            let leader_hint = self.leader_hint(batch.partition, result.is_err(), context);
            let result = result.map(|landed| landed.base);
            results.push(ProduceResult { partition: batch.partition, send: batch.send, result, leader_hint });
        }
        let busy = done.since(context.now);
        match request.acks {
            Acks::None if results.iter().any(|result| result.result.is_err()) => Served::Closed(busy),
            Acks::None => Served::Silent(busy),
            Acks::All if !waits.is_empty() && context.checks.on(Check::AcksAllWaits) => {
                let deadline = context.now + request.timeout;
                self.park(Waiter::Connection(inbound, generation), results, &waits, done, deadline, context);
                Served::Parked(busy)
            }
            _ => Served::Answer(Response::Produce(Box::new(results)), busy),
        }
    }

    /// The leader that this broker knows of, for a client that asked the wrong one.
    fn leader_hint(&self, partition: PartitionId, failed: bool, context: &Context) -> Option<(BrokerId, i32)> {
        let told = failed && context.setup.version.leader_hint;
        let state = self.image.partition(partition).filter(|_| told)?;
        state.leader.filter(|leader| *leader != self.id).map(|leader| (leader, state.leader_epoch))
    }

    /// The checks before an append, in Kafka's order, then the append.
    fn append_produced(
        &mut self,
        acks: Acks,
        batch: &ProducedBatch,
        guard: Option<Guard>,
        context: &mut Context,
    ) -> Result<Landed, Error> {
        let partition = batch.partition;
        let Some(replica) = &mut self.replicas[partition.index()] else {
            let known = self.image.partition(partition).is_some();
            return Err(if known { Error::NotLeaderOrFollower } else { Error::UnknownTopicOrPartition });
        };
        let min = effective_min_isr(&self.image, partition, &replica.replicas, self.id, context);
        let leader = replica.leading_mut()?;
        if acks == Acks::All && leader.isr.len() < min && context.checks.on(Check::MinIsrBeforeAppend) {
            return Err(Error::NotEnoughReplicas);
        }
        let bytes_max = self.image.configs.topic(context.setup, SettingId::MaxMessageBytes, self.id);
        if bytes_max < i64::from(batch.bytes) {
            return Err(Error::MessageTooLarge);
        }
        if let Some(sequence) = batch.sequence {
            let forgets = !context.setup.version.producer_state_kept;
            if forgets && sequence.first != 0 && leader.producers.of(sequence.producer_id).is_none() {
                return Err(Error::UnknownProducerId);
            }
            let judged = leader.producers.judge(sequence, batch.count, context.checks);
            if let Sequenced::Duplicate(base) = judged {
                let required = base + u64::from(batch.count);
                return Ok(Landed { base, required, done: context.now });
            }
            if sequence.scope == Scope::Transaction {
                self.check_verified(partition, sequence, guard, context)?;
            }
            if let Sequenced::Refused(error) = judged {
                return Err(error);
            }
        }
        let new =
            NewBatch { count: batch.count, bytes: batch.bytes, sequence: batch.sequence, body: Body::Send(batch.send) };
        self.append_leading(partition, new, context)
    }

    /// Appends to a log that this broker leads.
    fn append_leading(
        &mut self,
        partition: PartitionId,
        new: NewBatch,
        context: &mut Context,
    ) -> Result<Landed, Error> {
        if !self.takes_writes(partition, context) {
            return Err(Error::KafkaStorageError);
        }
        let replica = self.replicas[partition.index()].as_mut().expect("a leader has a replica");
        let base = replica.log.end();
        catch_up_idle_followers(replica, base, &self.follower_fetches);
        let batch = Batch {
            base,
            appended: context.now,
            count: new.count,
            bytes: new.bytes,
            leader_epoch: replica.leader_epoch,
            sequence: new.sequence,
            body: new.body,
        };
        let place = context.store.append(partition, batch);
        context.out.tell(Entry::Appended {
            broker: self.id,
            partition,
            batch: place,
            base,
            count: new.count,
            leader_epoch: batch.leader_epoch,
            content: new.body.content(),
        });
        if let Some(sequence) = new.sequence {
            let high_watermark = replica.high_watermark;
            if let Some(leader) = replica.leader_mut() {
                leader.producers.appended(sequence, new.count, base, new.body, high_watermark);
            }
            if sequence.scope == Scope::Transaction {
                let (batch, producer_id, epoch) = (place, sequence.producer_id, sequence.epoch);
                context.out.tell(Entry::TransactionBatch { partition, batch, producer_id, epoch });
            }
        }
        let done = self.written(partition, place, context);
        self.wakes.appended(partition, new.bytes);
        self.advance_high_watermark(partition, context);
        Ok(Landed { base, required: batch.end(), done })
    }

    /// A coordinator appends to a partition that this broker leads, with acks=all; what became of it is told by
    /// [`Broker::appended_internal`].
    pub(super) fn append_internal(
        &mut self,
        partition: PartitionId,
        new: NewBatch,
        who: Waiter,
        deadline: Instant,
        context: &mut Context,
    ) {
        match self.append_checked(partition, new, context) {
            Ok(landed) => {
                let results = smallvec::smallvec![ProduceResult {
                    partition,
                    send: 0,
                    result: Ok(landed.base),
                    leader_hint: None
                }];
                self.park(who, results, &[(partition, landed.required)], landed.done, deadline, context);
            }
            Err(error) => self.appended_internal(who, Err(error), Duration::ZERO, context),
        }
    }

    fn append_checked(
        &mut self,
        partition: PartitionId,
        new: NewBatch,
        context: &mut Context,
    ) -> Result<Landed, Error> {
        let replica = self.replicas[partition.index()].as_ref().ok_or(Error::NotLeaderOrFollower)?;
        let leader = replica.leading()?;
        let min = effective_min_isr(&self.image, partition, &replica.replicas, self.id, context);
        if leader.isr.len() < min && context.checks.on(Check::MinIsrBeforeAppend) {
            return Err(Error::NotEnoughReplicas);
        }
        self.append_leading(partition, new, context)
    }

    /// An append of a coordinator's is committed, or is not.
    fn appended_internal(&mut self, who: Waiter, result: Result<u64, Error>, after: Duration, context: &mut Context) {
        match who {
            Waiter::Connection(..) => unreachable!("a client's append is answered"),
            Waiter::Coordinator(own) => self.group_appended(own, result, after, context),
            Waiter::Transactions(own) => self.transaction_written(own, result, after, context),
            Waiter::Marker { ticket, slot } => self.marker_written(ticket, slot, result.map(drop), after, context),
        }
    }

    fn park(
        &mut self,
        who: Waiter,
        results: SmallVec<[ProduceResult; 4]>,
        waits: &[(PartitionId, u64)],
        done: Instant,
        deadline: Instant,
        context: &mut Context,
    ) {
        let left = waits.iter().map(|(partition, _)| *partition).collect();
        let ticket = self.parked.park(Waiting { who, results, left, done, age: 0 }, deadline, context);
        for (partition, required) in waits {
            let replica = self.replicas[partition.index()].as_mut().expect("it was appended there");
            let committed = *required <= replica.high_watermark;
            let leader = replica.leader_mut().expect("it was appended there");
            // Requests are appended, and so parked, in order of their offsets; only a duplicate looks back.
            let at = leader.waiting.iter().rposition(|(other, _)| other <= required).map_or(0, |at| at + 1);
            leader.waiting.insert(at, (*required, ticket));
            if committed {
                self.complete_committed(*partition, context);
            }
        }
    }

    /// Completes what waits for offsets that are now committed.
    pub(super) fn complete_committed(&mut self, partition: PartitionId, context: &mut Context) {
        loop {
            let Some(replica) = &mut self.replicas[partition.index()] else { return };
            let min = effective_min_isr(&self.image, partition, &replica.replicas, self.id, context);
            let high_watermark = replica.high_watermark;
            let Some(leader) = replica.leader_mut() else { return };
            let enough = min <= leader.maximal_isr().len();
            match leader.waiting.front() {
                Some((required, ticket)) if *required <= high_watermark => {
                    let ticket = *ticket;
                    leader.waiting.pop_front();
                    let error = (!enough).then_some(Error::NotEnoughReplicasAfterAppend);
                    self.settle(ticket, partition, error, context);
                }
                _ => return,
            }
        }
    }

    /// This broker stopped leading: what waits there is answered at once.
    pub(super) fn fail_waiting(
        &mut self,
        partition: PartitionId,
        tickets: VecDeque<(u64, u32)>,
        error: Error,
        context: &mut Context,
    ) {
        for (_, ticket) in tickets {
            self.settle(ticket, partition, Some(error), context);
        }
    }

    /// One partition of a waiting request is decided; the answer goes out with the last.
    fn settle(&mut self, ticket: u32, partition: PartitionId, error: Option<Error>, context: &mut Context) {
        let Some(waiting) = &mut self.parked.entries[ticket as usize] else { return };
        waiting.left.retain(|left| *left != partition);
        if let (Some(error), Some(result)) = (error, waiting.results.iter_mut().find(|r| r.partition == partition)) {
            result.result = Err(error);
        }
        if waiting.left.is_empty() {
            self.answer_parked(ticket, context);
        }
    }

    fn answer_parked(&mut self, ticket: u32, context: &mut Context) {
        let Some(mut waiting) = self.parked.entries[ticket as usize].take() else { return };
        self.parked.free.push(ticket);
        let after = waiting.done.since(context.now);
        match waiting.who {
            Waiter::Connection(inbound, generation) => {
                for result in &mut waiting.results {
                    result.leader_hint = self.leader_hint(result.partition, result.result.is_err(), context);
                }
                self.answer(inbound, generation, Response::Produce(Box::new(waiting.results)), after, context);
            }
            who => self.appended_internal(who, waiting.results[0].result, after, context),
        }
    }

    /// The oldest waiting requests have waited long enough: REQUEST_TIMED_OUT for what is not committed.
    pub(super) fn produce_wait_over(&mut self, context: &mut Context) {
        if !self.parked.alarm.fired(context.now, Kind::ProduceWait as u16, 0, context.out) {
            return;
        }
        while let Some((deadline, ticket, age)) = self.parked.deadlines.front().copied() {
            if !self.parked.is_waiting(ticket, age) {
                self.parked.deadlines.pop_front();
                continue;
            }
            if context.now < deadline {
                self.parked.alarm.set(deadline, Kind::ProduceWait as u16, 0, context.out);
                return;
            }
            self.parked.deadlines.pop_front();
            self.time_out(ticket, context);
        }
    }

    fn time_out(&mut self, ticket: u32, context: &mut Context) {
        let waiting = self.parked.entries[ticket as usize].as_mut().expect("it waits");
        let left = std::mem::take(&mut waiting.left);
        for result in &mut waiting.results {
            if left.contains(&result.partition) {
                result.result = Err(Error::RequestTimedOut);
            }
        }
        for partition in left {
            if let Some(leader) = self.replicas[partition.index()].as_mut().and_then(Replica::leader_mut) {
                leader.waiting.retain(|(_, other)| *other != ticket);
            }
        }
        self.answer_parked(ticket, context);
    }

    /// Moves the high watermark as far as it may go.
    pub(super) fn advance_high_watermark(&mut self, partition: PartitionId, context: &mut Context) {
        let lag_max = Duration::from_millis(context.setup.cluster.replica_lag_time_max_ms);
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let min = effective_min_isr(&self.image, partition, &replica.replicas, self.id, context);
        let (end, before) = (replica.log.end(), replica.high_watermark);
        if before == end {
            return;
        }
        let Some(leader) = replica.leader() else { return };
        let version = &context.setup.version;
        if leader.isr.len() < min && version.hw_min_isr_gate && context.checks.on(Check::HighWatermarkGate) {
            return;
        }
        let (image, checks) = (&self.image, context.checks);
        let candidate = leader.high_watermark_candidate(end, context.wall, lag_max, image, version, checks);
        if candidate <= before {
            return;
        }
        replica.high_watermark = candidate;
        context.out.tell(Entry::HighWatermark { broker: self.id, partition, to: candidate, leading: true });
        let is_transactional = replica.leader().is_some_and(|leader| leader.producers.stability.is_used());
        self.committed(partition, before, candidate, context);
        if is_transactional {
            self.stabilize(partition, context);
        }
        self.complete_committed(partition, context);
    }

    /// The state of a partition that this broker applies next is newer than what a leader proposed: it is settled.
    pub(super) fn is_settled_by(replica: &Replica, state: &PartitionState) -> bool {
        replica.partition_epoch <= state.partition_epoch
    }
}

/// Followers that had everything before this append were caught up when their session last fetched, though a fetch
/// does not name idle partitions.
fn catch_up_idle_followers(replica: &mut Replica, end: u64, fetches: &[Instant]) {
    let Some(leader) = replica.leader_mut() else { return };
    for follower in &mut leader.followers {
        let fetched = fetches[usize::from(follower.broker.0)];
        if follower.end == Some(end) && follower.last_fetch < fetched {
            let epoch = follower.broker_epoch;
            follower.fetched(end, end, fetched, epoch);
        }
    }
}
