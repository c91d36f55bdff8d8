//! Transactions in a broker: produce requests wait until the coordinator knows of their transaction, markers are
//! written and sent, and the coordinator that the broker may host does its work.

use super::lines::{Line, LineKind};
use super::produce::{NewBatch, Waiter};
use super::producers::Guard;
use super::requests::Served;
use super::{Broker, Kind};
use crate::checks::Check;
use crate::group::group_partition;
use crate::message::{
    AddPartitions, AddPurpose, AddedPartitions, ProduceRequest, Request, Response, TransactionRef, TxnMarker,
    TxnOffsetCommitRequest,
};
use crate::node::{Alarm, Connection, Context};
use crate::store::{Body, Marker, Scope, Sequence, TransactionVersion};
use crate::transaction::{Action, Actions, Asker, Coordinator, Decision, Marked, ProducerIds};
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Topic, TransactionalId};
use smallvec::SmallVec;

/// Bytes of a batch with one control record.
const MARKER_BYTES: u32 = 78;
/// Brokers wait for each other this long (request.timeout.ms of brokers).
pub(super) const BROKER_REQUEST_TIMEOUT: Duration = Duration::from_millis(30_000);
/// A marker that could not be written is written again after this.
const MARKER_RETRY: Duration = Duration::from_millis(100);

/// What a broker does for transactions.
#[derive(Clone, Debug)]
pub(super) struct Transactions {
    pub coordinator: Coordinator,
    pub ids: ProducerIds,
    /// Requests that wait for a verification, by ticket.
    held: Vec<Option<Held>>,
    /// Requests for markers whose appends are not all committed, by ticket.
    marking: Vec<Option<Marking>>,
    /// Connections to the brokers that coordinate, or lead partitions with markers to be written.
    pub(super) verify_lines: Vec<Line<Question>>,
    pub(super) marker_lines: Vec<Line<(Decision, PartitionId)>>,
    /// Markers that wait for another try.
    again: Vec<(Decision, PartitionId)>,
    again_alarm: Alarm,
}

/// A request that waits for the coordinator's answer.
#[derive(Clone, Debug)]
struct Held {
    inbound: u16,
    generation: u32,
    work: HeldWork,
    guards: SmallVec<[(PartitionId, Guard); 4]>,
}

/// What is appended once the coordinator knows of the transaction.
#[derive(Clone, Debug)]
enum HeldWork {
    Produce(Box<ProduceRequest>),
    /// To the group's partition, by the group's coordinator.
    Offsets(Box<TxnOffsetCommitRequest>),
}

/// What a coordinator is asked for a held request.
#[derive(Clone, Debug)]
pub(super) struct Question {
    ticket: u32,
    add: AddPartitions,
}

/// What the coordinator says about the partitions of a produce request: the guard to append with, or why not.
pub(super) type Verdicts = SmallVec<[(PartitionId, Result<Guard, Error>); 4]>;

/// A request for markers in work.
#[derive(Clone, Debug)]
struct Marking {
    origin: Origin,
    results: Vec<AddedPartitions>,
    markers: SmallVec<[TxnMarker; 1]>,
    /// Appends that are not committed, and one while the request is still being read.
    outstanding: u32,
}

#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Another broker, on this connection of this generation.
    Connection(u16, u32),
    /// The coordinator of this broker.
    Own(Decision),
}

impl Transactions {
    pub fn new(broker: BrokerId, brokers: u8, incarnation: u32) -> Self {
        let all = || (0..=brokers).map(BrokerId);
        Self {
            coordinator: Coordinator::new(broker, Kind::Transactions as u16),
            ids: ProducerIds::of(broker, incarnation),
            held: Vec::new(),
            marking: Vec::new(),
            verify_lines: all().map(|to| Line::new(LineKind::Verify, broker, to)).collect(),
            marker_lines: all().map(|to| Line::new(LineKind::Mark, broker, to)).collect(),
            again: Vec::new(),
            again_alarm: Alarm::OFF,
        }
    }
}

/// Puts something into the first free place; gives its number.
fn put<T>(places: &mut Vec<Option<T>>, item: T) -> u32 {
    let free = places.iter().position(Option::is_none);
    let at = free.unwrap_or_else(|| {
        places.push(None);
        places.len() - 1
    });
    places[at] = Some(item);
    at as u32
}

/// How a client is told that its transaction could not be verified. Clients of the first protocol know
/// NOT_ENOUGH_REPLICAS as something to try again; those of the second know that the last transaction may not be over.
const fn as_produce_error(error: Error, version: TransactionVersion) -> Error {
    match (error, version) {
        (Error::ConcurrentTransactions, TransactionVersion::V2) => Error::ConcurrentTransactions,
        (
            Error::ConcurrentTransactions
            | Error::NetworkException
            | Error::CoordinatorLoadInProgress
            | Error::CoordinatorNotAvailable
            | Error::NotCoordinator,
            _,
        ) => Error::NotEnoughReplicas,
        (Error::ProducerFenced, _) => Error::InvalidProducerEpoch,
        (Error::TransactionAbortable, TransactionVersion::V1) => Error::InvalidTxnState,
        (other, _) => other,
    }
}

/// The same for offsets that are committed in a transaction; then the group's coordinator has its own words for it.
const fn as_offsets_error(error: Error, version: TransactionVersion) -> Error {
    match (error, version) {
        (Error::NetworkException, _) => Error::CoordinatorLoadInProgress,
        (Error::ProducerFenced, _) => Error::InvalidProducerEpoch,
        (Error::TransactionAbortable, TransactionVersion::V1) => Error::InvalidTxnState,
        (other, _) => other,
    }
}

// --- the leader's side: verification ---

impl Broker {
    /// A produce request of a transaction: where the transaction is not open in a partition yet, the coordinator is
    /// asked first, and told of the partition where the client leaves that to the leader.
    pub(super) fn serve_transactional(
        &mut self,
        inbound: u16,
        generation: u32,
        request: Box<ProduceRequest>,
        (id, version): (TransactionalId, TransactionVersion),
        context: &mut Context,
    ) -> Served {
        let asks = version == TransactionVersion::V2 || context.setup.version.txn_verify;
        let mut guards = SmallVec::new();
        let mut producer = None;
        for batch in request.batches.iter().filter(|_| asks) {
            let Some(sequence) = batch.sequence.filter(|sequence| sequence.scope == Scope::Transaction) else {
                continue;
            };
            let leader = self.replicas[batch.partition.index()].as_mut().and_then(|replica| replica.leader_mut());
            if let Some(guard) = leader.and_then(|leader| leader.producers.begin_verification(sequence)) {
                producer = Some(sequence.producer());
                guards.push((batch.partition, guard));
            }
        }
        let Some(producer) = producer else {
            return self.append_request(inbound, generation, &request, &Verdicts::new(), context);
        };
        let held = Held { inbound, generation, work: HeldWork::Produce(request), guards };
        self.hold_for(held, TransactionRef { id, producer }, version, context)
    }

    /// Offsets that are committed in a transaction: the same holds for the group's partition.
    pub(super) fn serve_transactional_offsets(
        &mut self,
        inbound: u16,
        generation: u32,
        request: Box<TxnOffsetCommitRequest>,
        context: &mut Context,
    ) -> Served {
        let asks = request.version == TransactionVersion::V2 || context.setup.version.txn_verify;
        let partition = group_partition(context.layout);
        let sequence = Sequence::of_coordinator(request.transaction.producer);
        let leader = self.replicas[partition.index()].as_mut().and_then(|replica| replica.leader_mut());
        let guard = leader.filter(|_| asks).and_then(|leader| leader.producers.begin_verification(sequence));
        let Some(guard) = guard else {
            return self.serve_group(inbound, Request::TxnOffsetCommit(request), context);
        };
        let (transaction, version) = (request.transaction, request.version);
        let guards = smallvec::smallvec![(partition, guard)];
        let held = Held { inbound, generation, work: HeldWork::Offsets(request), guards };
        self.hold_for(held, transaction, version, context)
    }

    /// A request waits until the coordinator has added its partitions, or has looked for them.
    fn hold_for(
        &mut self,
        held: Held,
        transaction: TransactionRef,
        version: TransactionVersion,
        context: &mut Context,
    ) -> Served {
        let partitions = held.guards.iter().map(|(partition, _)| *partition).collect();
        let purpose = if version == TransactionVersion::V2 { AddPurpose::Add } else { AddPurpose::Verify };
        let add = AddPartitions { transaction, partitions, purpose };
        let ticket = put(&mut self.transactions.held, held);
        self.ask_coordinator(Question { ticket, add }, context);
        Served::Parked(Duration::ZERO)
    }

    fn ask_coordinator(&mut self, question: Question, context: &mut Context) {
        match self.transaction_coordinator(question.add.transaction.id, context) {
            Some(broker) if broker == self.id => {
                let Question { ticket, add } = question;
                let request = Request::AddPartitionsToTxn(Box::new(add));
                self.coordinate(Asker::Own(ticket), &request, context);
            }
            Some(broker) => {
                self.transactions.verify_lines[usize::from(broker.0)].queue.push_back(question);
                self.send_questions(broker, context);
            }
            None => self.verified_all(question.ticket, Error::CoordinatorNotAvailable, context),
        }
    }

    /// The leader of the transactional id's partition of `__transaction_state`, as this broker's image has it.
    pub(super) fn transaction_coordinator(&self, id: TransactionalId, context: &Context) -> Option<BrokerId> {
        let partition = context.layout.transaction_partition(id)?;
        let leader = self.image.partition(partition)?.leader?;
        self.image.broker(leader).is_some_and(|broker| !broker.fenced).then_some(leader)
    }

    /// Sends the next question to a coordinator: one is on its way at a time.
    pub(super) fn send_questions(&mut self, to: BrokerId, context: &mut Context) {
        let line = &mut self.transactions.verify_lines[usize::from(to.0)];
        if !line.is_idle(context) {
            return;
        }
        if let Some(question) = line.queue.pop_front() {
            let request = Request::AddPartitionsToTxn(Box::new(question.add.clone()));
            line.in_flight.push(question);
            line.send(request, context);
        }
    }

    /// The coordinator answered a question.
    pub(super) fn question_answered(&mut self, from: BrokerId, answers: &AddedPartitions, context: &mut Context) {
        for question in self.transactions.verify_lines[usize::from(from.0)].answered() {
            self.verified(question.ticket, answers, context);
        }
        self.send_questions(from, context);
    }

    /// Nobody answered.
    pub(super) fn questions_failed(&mut self, to: BrokerId, context: &mut Context) {
        for question in self.transactions.verify_lines[usize::from(to.0)].failed() {
            self.verified_all(question.ticket, Error::NetworkException, context);
        }
        self.send_questions(to, context);
    }

    fn verified_all(&mut self, ticket: u32, error: Error, context: &mut Context) {
        let Some(held) = &self.transactions.held[ticket as usize] else { return };
        let answers = held.guards.iter().map(|(partition, _)| (*partition, Err(error))).collect();
        self.verified(ticket, &answers, context);
    }

    /// A held request goes on.
    fn verified(&mut self, ticket: u32, answers: &AddedPartitions, context: &mut Context) {
        let Some(held) = self.transactions.held[ticket as usize].take() else { return };
        let Held { inbound, generation, work, guards } = held;
        let request = match work {
            HeldWork::Produce(request) => request,
            // Whoever has gone meanwhile asks again on another connection.
            HeldWork::Offsets(_) if self.requests.generation(inbound) != generation => return,
            HeldWork::Offsets(request) => return self.verified_offsets(inbound, request, answers, context),
        };
        if self.is_disk_hung() {
            return self.serve_later(inbound, generation, Request::Produce(request), context);
        }
        let version = request.transaction.map_or(TransactionVersion::V1, |(_, version)| version);
        let verdict = |(partition, guard): (PartitionId, Guard)| {
            let answer = answers.iter().find(|(answered, _)| *answered == partition);
            let result = answer.map_or(Err(Error::InvalidTxnState), |(_, result)| *result);
            (partition, result.map(|()| guard).map_err(|error| as_produce_error(error, version)))
        };
        let verdicts = guards.into_iter().map(verdict).collect();
        if let Served::Answer(response, after) = self.append_request(inbound, generation, &request, &verdicts, context)
        {
            self.answer(inbound, generation, response, after, context);
        }
    }

    fn verified_offsets(
        &mut self,
        inbound: u16,
        request: Box<TxnOffsetCommitRequest>,
        answers: &AddedPartitions,
        context: &mut Context,
    ) {
        match answers.first().map_or(Err(Error::InvalidTxnState), |(_, result)| *result) {
            Ok(()) => {
                self.serve_group(inbound, Request::TxnOffsetCommit(request), context);
            }
            Err(error) => {
                let error = as_offsets_error(error, request.version);
                let connection = self.requests.connection(inbound, self.node());
                self.reply(connection, Response::TxnOffsetCommit(Err(error)), Duration::ZERO, context);
            }
        }
    }

    /// May a transactional batch be appended?
    pub(super) fn check_verified(
        &self,
        partition: PartitionId,
        sequence: Sequence,
        guard: Option<Guard>,
        context: &Context,
    ) -> Result<(), Error> {
        let is_needed = sequence.scope == Scope::Transaction
            && context.setup.version.txn_verify
            && context.checks.on(Check::TransactionVerified);
        let leader = self.replicas[partition.index()].as_ref().and_then(|replica| replica.leader());
        let is_verified = leader.is_some_and(|leader| leader.producers.is_verified(sequence, guard));
        if is_needed && !is_verified { Err(Error::InvalidTxnState) } else { Ok(()) }
    }
}

// --- the leader's side: markers ---

impl Broker {
    /// Another broker's coordinator ends transactions in partitions that this one leads.
    pub(super) fn serve_markers(
        &mut self,
        inbound: u16,
        generation: u32,
        markers: SmallVec<[TxnMarker; 1]>,
        context: &mut Context,
    ) -> Served {
        self.write_markers(Origin::Connection(inbound, generation), markers, context);
        Served::Parked(Duration::ZERO)
    }

    fn write_markers(&mut self, origin: Origin, markers: SmallVec<[TxnMarker; 1]>, context: &mut Context) {
        let open = |marker: &TxnMarker| marker.partitions.iter().map(|partition| (*partition, Ok(()))).collect();
        let results = markers.iter().map(open).collect();
        let marking = Marking { origin, results, markers: markers.clone(), outstanding: 1 };
        let ticket = put(&mut self.transactions.marking, marking);
        let deadline = context.now + BROKER_REQUEST_TIMEOUT;
        for (number, marker) in markers.iter().enumerate() {
            for (place, partition) in marker.partitions.iter().enumerate() {
                self.marking(ticket).outstanding += 1;
                let slot = (number as u16, place as u16);
                let who = Waiter::Marker { ticket, slot };
                match self.check_marker(*partition, marker, context) {
                    Ok(()) => {
                        let body =
                            Body::Marker(Marker { coordinator_epoch: marker.coordinator_epoch, result: marker.result });
                        let sequence = Some(Sequence::of_coordinator(marker.producer));
                        let new = NewBatch { count: 1, bytes: MARKER_BYTES, sequence, body };
                        self.append_internal(*partition, new, who, deadline, context);
                    }
                    Err(error) => self.marker_written(ticket, slot, Err(error), Duration::ZERO, context),
                }
            }
        }
        self.marker_settled(ticket, Duration::ZERO, context);
    }

    fn marking(&mut self, ticket: u32) -> &mut Marking {
        self.transactions.marking[ticket as usize].as_mut().expect("it is in work")
    }

    fn check_marker(&self, partition: PartitionId, marker: &TxnMarker, context: &Context) -> Result<(), Error> {
        let replica = self.replicas[partition.index()].as_ref().ok_or(Error::NotLeaderOrFollower)?;
        let leader = replica.leader().ok_or(Error::NotLeaderOrFollower)?;
        leader.producers.judge_marker(marker.producer, marker.coordinator_epoch, context.checks)
    }

    /// A marker is committed, or is not.
    pub(super) fn marker_written(
        &mut self,
        ticket: u32,
        (number, place): (u16, u16),
        result: Result<(), Error>,
        after: Duration,
        context: &mut Context,
    ) {
        let marking = self.marking(ticket);
        let slot = &mut marking.results[usize::from(number)][usize::from(place)];
        slot.1 = result;
        let partition = slot.0;
        let TxnMarker { producer, result: outcome, .. } = marking.markers[usize::from(number)];
        if result.is_ok() && context.layout.topic_of(partition) == Topic::Offsets {
            self.group_transaction_ended(producer, outcome, context);
        }
        self.marker_settled(ticket, after, context);
    }

    fn marker_settled(&mut self, ticket: u32, after: Duration, context: &mut Context) {
        let marking = self.marking(ticket);
        marking.outstanding -= 1;
        if marking.outstanding != 0 {
            return;
        }
        let Marking { origin, results, .. } =
            self.transactions.marking[ticket as usize].take().expect("it was in work");
        match origin {
            Origin::Connection(inbound, generation) => {
                self.answer(inbound, generation, Response::WriteTxnMarkers(Box::new(results)), after, context);
            }
            Origin::Own(decision) => {
                for (partition, result) in &results[0] {
                    self.marked(decision, *partition, *result, context);
                }
            }
        }
    }
}

// --- the coordinator's side ---

impl Broker {
    /// A request for the coordinator; it answers now or later.
    pub(super) fn serve_coordinator(&mut self, inbound: u16, request: &Request, context: &mut Context) -> Served {
        let connection = self.requests.connection(inbound, self.node());
        self.coordinate(Asker::Connection(connection), request, context);
        Served::Parked(Duration::ZERO)
    }

    fn coordinate(&mut self, asker: Asker, request: &Request, context: &mut Context) {
        let Transactions { coordinator, ids, .. } = &mut self.transactions;
        let actions = coordinator.on_request(asker, request, ids, context);
        self.act_for_transactions(actions, Duration::ZERO, context);
    }

    /// Does what the coordinator wants, its replies `after` a time.
    fn act_for_transactions(&mut self, actions: Actions, after: Duration, context: &mut Context) {
        for action in actions {
            match action {
                Action::Reply { asker: Asker::Connection(connection), response } => {
                    self.reply(connection, response, after, context);
                }
                Action::Reply { asker: Asker::Own(ticket), response: Response::AddPartitionsToTxn(answers) } => {
                    self.verified(ticket, &answers, context);
                }
                Action::Reply { .. } => (),
                Action::Append { partition, body, bytes, timeout, ticket } => {
                    let new = NewBatch { count: 1, bytes, sequence: None, body };
                    let who = Waiter::Transactions(ticket);
                    self.append_internal(partition, new, who, context.now + timeout, context);
                }
                Action::Mark { decision, partitions } => {
                    for partition in partitions {
                        self.mark(decision, partition, context);
                    }
                }
            }
        }
    }

    /// An append of the coordinator's is committed, or is not.
    pub(super) fn transaction_written(
        &mut self,
        ticket: u32,
        result: Result<u64, Error>,
        after: Duration,
        context: &mut Context,
    ) {
        let actions = self.transactions.coordinator.appended(ticket, result, context);
        self.act_for_transactions(actions, after, context);
    }

    pub(super) fn transaction_timer(&mut self, context: &mut Context) {
        let actions = self.transactions.coordinator.on_timer(context);
        self.act_for_transactions(actions, Duration::ZERO, context);
    }

    /// A marker goes to the partition's leader; where there is none, it waits.
    fn mark(&mut self, decision: Decision, partition: PartitionId, context: &mut Context) {
        let leader = self.image.partition(partition).and_then(|state| state.leader);
        let alive = |leader: &BrokerId| self.image.broker(*leader).is_some_and(|broker| !broker.fenced);
        match leader.filter(alive) {
            Some(leader) if leader == self.id => {
                let markers = smallvec::smallvec![as_marker(&decision, smallvec::smallvec![partition])];
                self.write_markers(Origin::Own(decision), markers, context);
            }
            Some(leader) => {
                self.transactions.marker_lines[usize::from(leader.0)].queue.push_back((decision, partition));
                self.send_markers(leader, context);
            }
            None => self.mark_later(decision, partition, context),
        }
    }

    fn mark_later(&mut self, decision: Decision, partition: PartitionId, context: &mut Context) {
        let Transactions { again, again_alarm, .. } = &mut self.transactions;
        again.push((decision, partition));
        again_alarm.set_earlier(context.now + MARKER_RETRY, Kind::MarkerRetry as u16, 0, context.out);
    }

    /// Markers that could not be written are tried again, as long as this broker is their coordinator.
    pub(super) fn marker_retry(&mut self, context: &mut Context) {
        if !self.transactions.again_alarm.fired(context.now, Kind::MarkerRetry as u16, 0, context.out) {
            return;
        }
        for (decision, partition) in std::mem::take(&mut self.transactions.again) {
            if self.transactions.coordinator.coordinates(decision.coordinator) {
                self.mark(decision, partition, context);
            }
        }
    }

    /// Sends all markers that wait for a broker in one request: one is on its way at a time.
    pub(super) fn send_markers(&mut self, to: BrokerId, context: &mut Context) {
        let Transactions { coordinator, marker_lines, .. } = &mut self.transactions;
        let line = &mut marker_lines[usize::from(to.0)];
        line.queue.retain(|(decision, _)| coordinator.coordinates(decision.coordinator));
        if !line.is_idle(context) || line.queue.is_empty() {
            return;
        }
        let mut markers: SmallVec<[TxnMarker; 1]> = SmallVec::new();
        let mut decisions: SmallVec<[Decision; 2]> = SmallVec::new();
        for (decision, partition) in line.queue.drain(..) {
            match decisions.iter().position(|known| *known == decision) {
                Some(at) => markers[at].partitions.push(partition),
                None => {
                    decisions.push(decision);
                    markers.push(as_marker(&decision, smallvec::smallvec![partition]));
                }
            }
            line.in_flight.push((decision, partition));
        }
        line.send(Request::WriteTxnMarkers(Box::new(markers)), context);
    }

    /// A leader says what became of the markers it was sent.
    pub(super) fn markers_answered(&mut self, from: BrokerId, results: &[AddedPartitions], context: &mut Context) {
        let sent = self.transactions.marker_lines[usize::from(from.0)].answered();
        let mut decisions: SmallVec<[Decision; 2]> = SmallVec::new();
        for (decision, partition) in sent {
            let known = decisions.iter().position(|known| *known == decision);
            let at = known.unwrap_or_else(|| {
                decisions.push(decision);
                decisions.len() - 1
            });
            let result = results[at].iter().find(|(marked, _)| *marked == partition);
            self.marked(decision, partition, result.map_or(Err(Error::NetworkException), |found| found.1), context);
        }
        self.send_markers(from, context);
    }

    /// Nobody answered: all that was sent, and all that waits, is sent to whoever leads then.
    pub(super) fn markers_failed(&mut self, to: BrokerId, context: &mut Context) {
        let line = &mut self.transactions.marker_lines[usize::from(to.0)];
        let mut failed = line.failed();
        failed.extend(line.queue.drain(..));
        for (decision, partition) in failed {
            self.mark_later(decision, partition, context);
        }
    }

    fn marked(&mut self, decision: Decision, partition: PartitionId, result: Result<(), Error>, context: &mut Context) {
        let mut actions = Actions::new();
        let marked = self.transactions.coordinator.marked(&decision, partition, result, &mut actions, context);
        if marked == Marked::Again {
            self.mark_later(decision, partition, context);
        }
        self.act_for_transactions(actions, Duration::ZERO, context);
    }

    /// This broker leads a partition in another epoch than before: if it is one of `__transaction_state`, the
    /// coordinator reads its log.
    pub(super) fn transactions_elected(&mut self, partition: PartitionId, context: &mut Context) {
        if context.layout.topic_of(partition) != Topic::Transactions {
            return;
        }
        self.transactions_resigned(partition, context);
        let Some(replica) = &self.replicas[partition.index()] else { return };
        self.transactions.coordinator.load(partition, replica.leader_epoch, replica.log.places(), context);
    }

    /// This broker leads a partition no more.
    pub(super) fn transactions_resigned(&mut self, partition: PartitionId, context: &mut Context) {
        if context.layout.topic_of(partition) == Topic::Transactions {
            let actions = self.transactions.coordinator.unload(partition);
            self.act_for_transactions(actions, Duration::ZERO, context);
        }
    }

    /// The process begins anew.
    pub(super) fn forget_transactions(&mut self, brokers: u8) {
        self.transactions = Transactions::new(self.id, brokers, self.lifecycle.incarnation());
    }

    pub(super) fn transactions_connection_lost(&mut self, connection: Connection) {
        self.transactions.coordinator.on_lost(connection);
    }
}

fn as_marker(decision: &Decision, partitions: SmallVec<[PartitionId; 4]>) -> TxnMarker {
    let Decision { producer, coordinator: (_, coordinator_epoch), result, .. } = *decision;
    TxnMarker { producer, coordinator_epoch, result, partitions }
}

// --- what is stable ---

impl Broker {
    /// The last stable offset may have moved: read_committed readers that wait for it are woken.
    pub(super) fn stabilize(&mut self, partition: PartitionId, context: &mut Context) {
        let Some(replica) = self.replicas[partition.index()].as_mut() else { return };
        let (high_watermark, leads) = (replica.high_watermark, replica.leader().is_some());
        if let Some(along) = &mut replica.read_along {
            along.advance(&replica.log, partition, high_watermark, context.store);
        }
        let Some(stability) = replica.stability_mut() else { return };
        stability.committed(if context.checks.on(Check::MarkerCommitted) { high_watermark } else { u64::MAX });
        if let Some((from, to)) = stability.moved(high_watermark) {
            if leads {
                context.out.tell(Entry::LastStableOffset { broker: self.id, partition, to });
            }
            self.stable_up_to(partition, from, to, context);
        }
    }
}

/// When a line looks again after it failed.
pub(super) fn line_retry(now: Instant) -> Instant {
    now + MARKER_RETRY
}
