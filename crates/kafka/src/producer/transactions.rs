//! Transactions on the client's side, after the Java client's TransactionManager: one request at
//! a time to the coordinator, in the order of their urgency, and nothing else is sent meanwhile; errors after which the
//! transaction can only be aborted, and errors after which the producer is of no more use.

use super::connections::Asked;
use super::offsets::GroupOffsets;
use super::sequences::Sequences;
use super::{Producer, Source, retry_backoff};
use crate::message::{
    AddPartitions, AddPurpose, EndTxnRequest, InitProducerIdRequest, Message, Request, Response, TransactionRef,
};
use crate::node::Context;
use crate::store::{ProducerId, Scope, TransactionVersion};
use highwater_model::trace::{Api, Entry, Error, TransactionResult};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Setup, TransactionalId};
use smallvec::SmallVec;

/// While the last transaction of the id is not complete, the first partition of the next is added again this soon.
const ADD_PARTITIONS_RETRY: Duration = Duration::from_millis(20);

/// Where the client is with its transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionPhase {
    /// It waits for a producer id: `initTransactions()`, or another epoch after an abort.
    Initializing,
    /// No transaction is open.
    Ready,
    /// One is open.
    Open,
    /// `commitTransaction()` or `abortTransaction()` waits.
    Ending(TransactionResult),
    /// The transaction can only be aborted.
    Abortable(Error),
    /// The producer can only be closed.
    Fatal(Error),
}

impl TransactionPhase {
    /// What went wrong.
    pub const fn error(self) -> Option<Error> {
        match self {
            Self::Abortable(error) | Self::Fatal(error) => Some(error),
            Self::Initializing | Self::Ready | Self::Open | Self::Ending(_) => None,
        }
    }
}

/// A request to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    FindCoordinator,
    FindGroupCoordinator,
    Init,
    AddPartitions(SmallVec<[PartitionId; 4]>),
    /// The group's partition becomes part of the transaction, before offsets are committed in it.
    AddOffsets,
    /// The offsets that [`Transactions::offsets`] holds.
    CommitOffsets,
    End(TransactionResult),
    /// Another epoch, after the transaction was aborted.
    Bump,
}

impl Step {
    /// Does it look for a coordinator? Then any broker is asked.
    const fn finds(&self) -> bool {
        matches!(self, Self::FindCoordinator | Self::FindGroupCoordinator)
    }

    /// The more urgent first (`TransactionManager.Priority`); of equals the older.
    const fn rank(&self) -> u8 {
        match self {
            Self::FindCoordinator | Self::FindGroupCoordinator => 0,
            Self::Init => 1,
            Self::AddPartitions(_) | Self::AddOffsets | Self::CommitOffsets => 2,
            Self::End(_) => 3,
            Self::Bump => 4,
        }
    }
}

/// A producer's transactions.
#[derive(Clone, Debug)]
pub(super) struct Transactions {
    id: TransactionalId,
    pub(super) version: TransactionVersion,
    timeout: Duration,
    phase: TransactionPhase,
    coordinator: Option<BrokerId>,
    /// Offsets that are committed in it, and the group they belong to.
    pub(super) offsets: GroupOffsets,
    raises: Raises,
    /// Partitions that the open transaction may write to.
    partitions: SmallVec<[PartitionId; 8]>,
    /// Partitions that are to be added to it.
    new: SmallVec<[PartitionId; 4]>,
    /// Does the coordinator know of the transaction?
    pub(super) started: bool,
    /// Does the producer need another epoch when the transaction is aborted?
    needs_bump: bool,
    queue: Vec<Step>,
    in_flight: Option<Step>,
    /// The sender sleeps before it tries a request again, and sends nothing meanwhile.
    sleeps_until: Instant,
}

/// Who raises the epoch of a producer whose batch failed, so that it can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Raises {
    /// Nobody: the producer is lost (before KIP-360).
    Nobody,
    /// The client asks for it, when the transaction has been aborted.
    Client,
    /// The coordinator, at the end of every transaction (KIP-890).
    Coordinator,
}

impl Raises {
    fn of(setup: &Setup) -> Self {
        match TransactionVersion::of(setup) {
            TransactionVersion::V2 => Raises::Coordinator,
            TransactionVersion::V1 if setup.version.producer_state_kept => Raises::Client,
            TransactionVersion::V1 => Raises::Nobody,
        }
    }
}

/// What the sender does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It sends batches.
    Produce,
    /// It waits for an answer, a connection, or the end of a pause.
    Wait,
}

impl Transactions {
    /// Of producer `number`, which has not called `initTransactions()` yet.
    pub fn new(number: u8, setup: &Setup) -> Self {
        Self {
            id: TransactionalId(u16::from(number)),
            version: TransactionVersion::of(setup),
            raises: Raises::of(setup),
            timeout: Duration::from_millis(u64::from(setup.producer.transaction_timeout_ms)),
            phase: TransactionPhase::Initializing,
            coordinator: None,
            offsets: GroupOffsets::default(),
            partitions: SmallVec::new(),
            new: SmallVec::new(),
            started: false,
            needs_bump: false,
            queue: vec![Step::Init],
            in_flight: None,
            sleeps_until: Instant::ZERO,
        }
    }

    /// In the middle of normal life: it is initialized, and knows its coordinator.
    pub fn steady(&mut self, coordinator: Option<BrokerId>) {
        self.phase = TransactionPhase::Ready;
        self.queue.clear();
        self.coordinator = coordinator;
    }

    /// What a produce request says about its transaction.
    pub const fn reference(&self) -> (TransactionalId, TransactionVersion) {
        (self.id, self.version)
    }

    pub const fn phase(&self) -> TransactionPhase {
        self.phase
    }

    /// Is everything sent at once, because the transaction ends?
    pub const fn is_ending(&self) -> bool {
        matches!(self.phase, TransactionPhase::Ending(_))
    }

    /// May a batch be sent to the partition?
    pub fn allows(&self, partition: PartitionId) -> bool {
        !matches!(self.phase, TransactionPhase::Fatal(_)) && self.partitions.contains(&partition)
    }

    /// A record goes to the partition (`maybeAddPartition`).
    pub fn add(&mut self, partition: PartitionId) {
        debug_assert_eq!(self.phase, TransactionPhase::Open, "records are sent in an open transaction");
        if self.partitions.contains(&partition) || self.new.contains(&partition) || self.is_pending(partition) {
            return;
        }
        match self.version {
            TransactionVersion::V1 => self.new.push(partition),
            TransactionVersion::V2 => {
                self.partitions.push(partition);
                self.started = true;
            }
        }
    }

    /// Is it in a request to the coordinator that is queued or not answered (`isPartitionPendingAdd`)?
    fn is_pending(&self, partition: PartitionId) -> bool {
        let adds = |step: &Step| matches!(step, Step::AddPartitions(partitions) if partitions.contains(&partition));
        self.queue.iter().chain(&self.in_flight).any(adds)
    }

    fn begin(&mut self) {
        debug_assert_eq!(self.phase, TransactionPhase::Ready, "a transaction begins where none is open");
        self.phase = TransactionPhase::Open;
    }

    fn end(&mut self, result: TransactionResult) {
        if result == TransactionResult::Abort {
            self.new.clear();
        } else {
            self.queue_new_partitions();
        }
        let no_id = self.phase == TransactionPhase::Abortable(Error::InvalidProducerIdMapping);
        self.phase = TransactionPhase::Ending(result);
        if !no_id {
            self.enqueue(Step::End(result));
        }
        if no_id || self.needs_bump {
            self.enqueue(Step::Bump);
        }
    }

    fn queue_new_partitions(&mut self) {
        if !self.new.is_empty() {
            let new = std::mem::take(&mut self.new);
            self.enqueue(Step::AddPartitions(new));
        }
    }

    pub(super) fn enqueue(&mut self, step: Step) {
        let at = self.queue.iter().rposition(|queued| queued.rank() <= step.rank()).map_or(0, |at| at + 1);
        self.queue.insert(at, step);
    }

    fn complete(&mut self) {
        self.phase = if self.needs_bump { TransactionPhase::Initializing } else { TransactionPhase::Ready };
        (self.started, self.needs_bump) = (false, false);
        self.partitions.clear();
        self.new.clear();
    }

    /// The transaction can only be aborted now; while it is being aborted, nothing changes.
    fn abortable(&mut self, error: Error) -> Option<Error> {
        match self.phase {
            TransactionPhase::Ending(TransactionResult::Abort) | TransactionPhase::Fatal(_) => return None,
            TransactionPhase::Abortable(_) => return None,
            _ => self.phase = TransactionPhase::Abortable(error),
        }
        // What was to be sent is no more: the transaction is not committed (P-TXN-12).
        self.queue.retain(Step::finds);
        self.offsets.fail(error);
        Some(error)
    }

    fn fatal(&mut self, error: Error) -> Option<Error> {
        self.phase = TransactionPhase::Fatal(error);
        self.queue.clear();
        self.offsets.fail(error);
        Some(error)
    }

    /// With the second protocol the end of a transaction raises the epoch anyway.
    fn want_bump(&mut self) {
        self.needs_bump |= self.raises == Raises::Client;
    }

    /// Numbers may be missing in the log: the transaction can only be aborted, and what follows needs another epoch
    /// . Kafka's sender finds out before the application's thread gets to `abortTransaction()`; here the
    /// application may have been quicker, and the epoch is asked for behind its abort.
    fn numbers_missing(&mut self) -> Option<Error> {
        if matches!(self.phase, TransactionPhase::Fatal(_)) {
            return None;
        }
        if self.raises == Raises::Nobody {
            return self.fatal(Error::OutOfOrderSequenceNumber);
        }
        let asked = self.needs_bump;
        self.want_bump();
        if !asked && self.needs_bump && self.is_ending() {
            self.enqueue(Step::Bump);
        }
        self.abortable(Error::OutOfOrderSequenceNumber)
    }

    /// A batch failed for good (`maybeTransitionToErrorState`).
    fn batch_failed(&mut self, error: Error) -> Option<Error> {
        if error == Error::ProducerFenced {
            return self.fatal(error);
        }
        if !self.is_ending() {
            self.want_bump();
        }
        self.abortable(error)
    }

    /// A request was refused: tried again, or the transaction, or the producer, is lost. Gives the error that the
    /// application is told.
    fn refused(&mut self, step: Step, error: Error, backoff: Duration, now: Instant) -> Option<Error> {
        match error {
            Error::NotCoordinator | Error::CoordinatorNotAvailable | Error::NetworkException if !step.finds() => {
                self.look_up(&step);
                self.retry(step, backoff, now);
                None
            }
            Error::RequestTimedOut if step == Step::CommitOffsets => {
                self.look_up(&step);
                self.retry(step, backoff, now);
                None
            }
            Error::ConcurrentTransactions if matches!(step, Step::AddPartitions(_)) && self.partitions.is_empty() => {
                self.retry(step, ADD_PARTITIONS_RETRY.min(backoff), now);
                None
            }
            Error::NotCoordinator
            | Error::CoordinatorNotAvailable
            | Error::NetworkException
            | Error::RequestTimedOut
            | Error::ConcurrentTransactions
            | Error::CoordinatorLoadInProgress => {
                self.retry(step, backoff, now);
                None
            }
            Error::InvalidProducerEpoch | Error::ProducerFenced => self.fatal(Error::ProducerFenced),
            Error::InvalidProducerIdMapping
                if step != Step::Init && step != Step::Bump && self.raises != Raises::Nobody =>
            {
                self.want_bump();
                self.abortable(error)
            }
            Error::TransactionAbortable => self.abortable(error),
            // The consumer whose offsets they are is no member, or not of this generation (CommitFailedException).
            Error::UnknownMemberId | Error::IllegalGeneration | Error::FencedInstanceId | Error::StaleMemberEpoch
                if step == Step::CommitOffsets =>
            {
                self.abortable(error)
            }
            other => self.fatal(other),
        }
    }

    fn retry(&mut self, step: Step, backoff: Duration, now: Instant) {
        self.enqueue(step);
        self.sleeps_until = now + backoff;
    }

    /// The coordinator that the step goes to is looked for.
    fn look_up(&mut self, step: &Step) {
        let finds = if *step == Step::CommitOffsets {
            self.offsets.coordinator = None;
            Step::FindGroupCoordinator
        } else {
            self.coordinator = None;
            Step::FindCoordinator
        };
        if !self.queue.contains(&finds) {
            self.enqueue(finds);
        }
    }

    /// Whom the step goes to, where that is known.
    fn coordinator_of(&self, step: &Step) -> Option<BrokerId> {
        if *step == Step::CommitOffsets { self.offsets.coordinator } else { self.coordinator }
    }
}

impl Producer {
    /// Where the client is with its transaction; none where it has no transactional id.
    pub fn transaction(&self) -> Option<TransactionPhase> {
        self.transactions.as_deref().map(Transactions::phase)
    }

    /// `beginTransaction()`.
    pub fn begin_transaction(&mut self) {
        self.manager().begin();
    }

    /// `commitTransaction()` or `abortTransaction()`: done when [`Producer::transaction`] is `Ready` again, or failed.
    pub fn end_transaction(&mut self, result: TransactionResult) {
        self.manager().end(result);
    }

    /// Does `commitTransaction()` or `abortTransaction()` wait?
    pub fn is_ending_transaction(&self) -> bool {
        self.transactions.as_deref().is_some_and(Transactions::is_ending)
    }

    /// The application closes a producer that is of no more use and makes a new one, which begins with
    /// `initTransactions()`: everything that is not done has failed. (The connections are taken over.)
    pub fn start_over(&mut self, error: Error, source: &mut impl Source, context: &mut Context) {
        self.fail_all(error, source, context);
        let partitions = context.setup.topic.partitions;
        self.sequences = Some(Sequences::new(partitions, Scope::Transaction));
        self.transactions = Some(Box::new(Transactions::new(self.number, context.setup)));
    }

    pub(super) fn manager(&mut self) -> &mut Transactions {
        self.transactions.as_deref_mut().expect("the producer has a transactional id")
    }

    /// The sender's turn begins with its transaction: a request to the coordinator goes before all batches, and nothing
    /// else is sent until it is answered.
    pub(super) fn run_transaction(&mut self, source: &mut impl Source, context: &mut Context) -> Turn {
        if self.transactions.is_none() {
            return Turn::Produce;
        }
        self.resolve_in_transaction(context);
        let manager = self.manager();
        if matches!(manager.phase, TransactionPhase::Fatal(_)) || manager.in_flight.is_some() {
            return Turn::Wait;
        }
        let aborts = matches!(
            manager.phase,
            TransactionPhase::Abortable(_) | TransactionPhase::Ending(TransactionResult::Abort)
        );
        manager.queue_new_partitions();
        if aborts {
            self.abort_undrained(source, context);
        }
        let has_incomplete = !self.accumulator.batches.is_empty();
        let manager = self.manager();
        let Some(next) = manager.queue.first() else { return Turn::Produce };
        if has_incomplete && matches!(next, Step::End(_)) {
            return Turn::Produce;
        }
        if matches!(next, Step::End(_)) && !manager.started {
            manager.queue.remove(0);
            manager.complete();
            return Turn::Wait;
        }
        if context.now < manager.sleeps_until {
            return Turn::Wait;
        }
        self.send_step(context);
        Turn::Wait
    }

    /// Sends the first request of the queue, to the coordinator or, where that is to be found, to any broker.
    fn send_step(&mut self, context: &mut Context) {
        let in_flight_max = context.setup.producer.max_in_flight_requests_per_connection;
        let Some(next) = self.manager().queue.first().cloned() else { return };
        let finds = next.finds();
        let target = if finds {
            self.connections.least_loaded(self.metadata.brokers, in_flight_max, context.now, context.dice)
        } else {
            self.manager().coordinator_of(&next)
        };
        let Some(broker) = target else {
            if !finds {
                self.manager().look_up(&next);
                self.send_step(context);
            }
            return;
        };
        if self.connections.can_send(broker, in_flight_max) {
            let step = self.manager().queue.remove(0);
            let request = self.request_of(&step);
            self.manager().in_flight = Some(step);
            context.out.send(self.connections.to(broker), Message::Request(request));
            self.expect(broker, Asked::Transaction, context);
        } else if self.connections.can_open(broker, context.now) {
            self.open_connection(broker, context);
        } else if !finds && self.connections.retry_at(broker).is_some() {
            // The coordinator cannot be reached: perhaps there is another one by now.
            let pause = retry_backoff(context.setup).pause(0, context.dice);
            let manager = self.manager();
            manager.look_up(&next);
            manager.sleeps_until = context.now + pause;
        }
    }

    fn request_of(&mut self, step: &Step) -> Request {
        let producer = self.sequences.as_ref().and_then(|sequences| sequences.producer);
        let manager = self.manager();
        let (id, version, timeout) = (manager.id, manager.version, manager.timeout);
        let init =
            |current| Request::InitProducerId(InitProducerIdRequest { transactional_id: Some(id), timeout, current });
        let transaction =
            || TransactionRef { id, producer: producer.expect("a transaction is open only after initTransactions()") };
        match step {
            Step::FindCoordinator => Request::FindTransactionCoordinator(id),
            Step::FindGroupCoordinator => Request::FindCoordinator,
            Step::AddOffsets => Request::AddOffsetsToTxn(transaction()),
            Step::CommitOffsets => {
                Request::TxnOffsetCommit(Box::new(self.manager().offsets.request(transaction(), version)))
            }
            Step::Init => init(None),
            Step::Bump => init(producer),
            Step::AddPartitions(partitions) => Request::AddPartitionsToTxn(Box::new(AddPartitions {
                transaction: transaction(),
                partitions: partitions.clone(),
                purpose: AddPurpose::Add,
            })),
            Step::End(result) => {
                Request::EndTxn(EndTxnRequest { transaction: transaction(), result: *result, version })
            }
        }
    }

    /// The request in flight is answered.
    pub(super) fn transaction_answered(&mut self, broker: BrokerId, response: Response, context: &mut Context) {
        let Some(step) = self.manager().in_flight.take() else { return };
        let refused = match (&step, response) {
            (Step::FindCoordinator, Response::FindCoordinator(Ok(found))) => {
                self.manager().coordinator = Some(found);
                None
            }
            (Step::FindGroupCoordinator, Response::FindCoordinator(Ok(found))) => {
                self.manager().offsets.coordinator = Some(found);
                None
            }
            (Step::AddOffsets, Response::AddOffsetsToTxn(Ok(()))) => {
                let manager = self.manager();
                manager.started = true;
                manager.enqueue(Step::CommitOffsets);
                None
            }
            (Step::CommitOffsets, Response::TxnOffsetCommit(Ok(()))) => {
                self.manager().offsets.sent();
                None
            }
            (Step::Init | Step::Bump, Response::InitProducerId(Ok(producer))) => {
                self.take_producer_id(producer);
                self.manager().phase = TransactionPhase::Ready;
                None
            }
            (Step::AddPartitions(partitions), Response::AddPartitionsToTxn(added)) => {
                match added.iter().find_map(|(_, result)| result.err()) {
                    None => {
                        let manager = self.manager();
                        manager.partitions.extend(partitions.iter().copied());
                        manager.started = true;
                        None
                    }
                    refused => refused,
                }
            }
            (Step::End(_), Response::EndTxn(Ok(producer))) => {
                let manager = self.manager();
                manager.complete();
                if manager.version == TransactionVersion::V2 {
                    self.take_producer_id(producer);
                }
                None
            }
            (_, Response::FindCoordinator(Err(error)))
            | (_, Response::InitProducerId(Err(error)))
            | (_, Response::AddOffsetsToTxn(Err(error)))
            | (_, Response::TxnOffsetCommit(Err(error)))
            | (_, Response::EndTxn(Err(error))) => Some(error),
            (step, response) => unreachable!("answers come in order: {step:?}, {:?}", response.api()),
        };
        if let Some(error) = refused {
            self.tell_failed(broker, step_api(&step), error, context);
            self.step_refused(step, error, context);
        }
    }

    /// The connection is gone with the answer to the request in flight.
    pub(super) fn transaction_lost(&mut self, broker: BrokerId, error: Error, context: &mut Context) {
        if let Some(step) = self.manager().in_flight.take() {
            self.tell_failed(broker, step_api(&step), error, context);
            self.step_refused(step, Error::NetworkException, context);
        }
    }

    fn step_refused(&mut self, step: Step, error: Error, context: &mut Context) {
        let pause = Duration::from_millis(u64::from(context.setup.producer.retry_backoff_ms));
        let told = self.manager().refused(step, error, pause, context.now);
        self.tell_transaction_error(told, context);
    }

    fn take_producer_id(&mut self, producer: ProducerId) {
        if let Some(sequences) = &mut self.sequences {
            sequences.begin_with(producer);
        }
    }

    /// A batch of the transaction failed for good: the transaction is not committed.
    pub(super) fn batch_failed_in_transaction(&mut self, error: Error, context: &mut Context) {
        if let Some(manager) = self.transactions.as_deref_mut() {
            let told = manager.batch_failed(error);
            self.tell_transaction_error(told, context);
        }
    }

    fn tell_transaction_error(&self, error: Option<Error>, context: &mut Context) {
        if let Some(error) = error {
            context.out.tell(Entry::TransactionFailed { producer: self.number, error });
        }
    }

    /// Numbers that may be missing in the log: the transaction can only be aborted.
    fn resolve_in_transaction(&mut self, context: &mut Context) {
        let Some(sequences) = &mut self.sequences else { return };
        if sequences.resolve_in_transaction() {
            let told = self.manager().numbers_missing();
            self.tell_transaction_error(told, context);
        }
    }

    /// Batches that were never sent fail with their transaction (`abortUndrainedBatches`).
    fn abort_undrained(&mut self, source: &mut impl Source, context: &mut Context) {
        for index in 0..self.accumulator.queues.len() {
            let undrained: SmallVec<[_; 4]> = self.accumulator.queues[index]
                .batches
                .iter()
                .copied()
                .filter(|batch| self.accumulator.batches.get(*batch).sequence.is_none())
                .collect();
            for batch in undrained {
                self.close_if_open(batch, source, context);
                self.accumulator.queues[index].batches.retain(|queued| *queued != batch);
                let send = self.accumulator.release(batch).contents().send;
                context.out.tell(Entry::Failed { send, error: Error::TransactionAborted });
            }
        }
    }

    /// When the sender has to look at its transaction again by itself.
    pub(super) fn transaction_due(&self, now: Instant) -> Instant {
        let Some(manager) = self.transactions.as_deref() else { return Instant::NEVER };
        if manager.in_flight.is_some() || manager.queue.is_empty() {
            return Instant::NEVER;
        }
        let next = manager.queue.first().and_then(|next| manager.coordinator_of(next));
        let coordinator = next.and_then(|broker| self.connections.retry_at(broker));
        let any = self.metadata.brokers.iter().filter_map(|broker| self.connections.retry_at(broker)).min();
        let times = [Some(manager.sleeps_until), coordinator, any];
        times.into_iter().flatten().filter(|at| now < *at).min().unwrap_or(Instant::NEVER)
    }
}

const fn step_api(step: &Step) -> Api {
    match step {
        Step::FindCoordinator | Step::FindGroupCoordinator => Api::FindCoordinator,
        Step::AddOffsets => Api::AddOffsetsToTxn,
        Step::CommitOffsets => Api::TxnOffsetCommit,
        Step::Init | Step::Bump => Api::InitProducerId,
        Step::AddPartitions(_) => Api::AddPartitionsToTxn,
        Step::End(_) => Api::EndTxn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;

    #[test]
    fn r_664_a_partition_whose_request_is_under_way_is_not_added_again() {
        let mut setup = Preset::Defaults.setup();
        setup.version.tv2 = false;
        let mut transactions = Transactions::new(1, &setup);
        transactions.steady(None);
        transactions.begin();
        let adds = |transactions: &Transactions| transactions.queue.len();
        transactions.add(PartitionId(3));
        transactions.queue_new_partitions();
        transactions.add(PartitionId(3));
        transactions.queue_new_partitions();
        assert_eq!(adds(&transactions), 1, "it is queued already");
        transactions.in_flight = Some(transactions.queue.remove(0));
        transactions.add(PartitionId(3));
        transactions.add(PartitionId(4));
        transactions.queue_new_partitions();
        assert_eq!(transactions.queue, [Step::AddPartitions(SmallVec::from_slice(&[PartitionId(4)]))]);
    }
}
