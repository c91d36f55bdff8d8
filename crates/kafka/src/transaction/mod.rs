//! The transaction coordinator: the part of a broker that keeps transactional ids, while the broker leads their
//! partitions of `__transaction_state`. Requests in, actions out. Whatever it decides it first writes to that
//! partition, so that the next leader knows it too and goes on with it.

mod state;
#[cfg(test)]
mod tests;

use crate::checks::Check;
use crate::group::group_partition;
use crate::message::{
    AddPartitions, AddPurpose, AddedPartitions, EndTxnRequest, InitProducerIdRequest, Request, Response, TransactionRef,
};
use crate::node::{Alarm, Connection, Context};
use crate::store::{Body, ProducerId, TransactionRecord, TransactionVersion};
use highwater_model::trace::{Entry, Error, TransactionResult, TransactionState};
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Setup, TransactionalId};
use smallvec::SmallVec;
use state::{Ending, Pending, Transaction};

/// Producer ids in a broker's block: the controller hands them out by the thousand.
const PRODUCER_ID_BLOCK: u32 = 1_000;
/// A completion that could not be written is written again after this.
const COMPLETION_RETRY: Duration = Duration::from_millis(100);
/// A record of a transactional id: batch header, key, and value without its partitions.
const RECORD_BYTES: u32 = 61 + 90;
/// A partition in such a record.
const PARTITION_BYTES: u32 = 8;

/// The producer ids that a broker's process hands out, to any kind of producer.
#[derive(Clone, Copy, Debug)]
pub struct ProducerIds {
    block: u32,
    handed_out: u32,
}

impl ProducerIds {
    /// Of a broker's n-th process: no other of any broker hands out the same.
    pub const fn of(broker: BrokerId, incarnation: u32) -> Self {
        Self { block: broker.0 as u32 + 16 * incarnation, handed_out: 0 }
    }

    /// The next one.
    pub const fn next(&mut self) -> u32 {
        let id = self.block * PRODUCER_ID_BLOCK + self.handed_out % PRODUCER_ID_BLOCK;
        self.handed_out += 1;
        id
    }
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A client or another broker.
    Connection(Connection),
    /// The same broker, for a produce request of this ticket.
    Own(u32),
    /// Nobody: the coordinator acts by itself, or who asked is gone.
    Nobody,
}

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

/// What the broker is asked to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Answer.
    Reply {
        /// Whom.
        asker: Asker,
        /// What.
        response: Response,
    },
    /// Append this batch to a partition of `__transaction_state` with acks=all, and then say
    /// [`Coordinator::appended`].
    Append {
        /// Which partition.
        partition: PartitionId,
        /// What.
        body: Body,
        /// How large it is.
        bytes: u32,
        /// How long it may take.
        timeout: Duration,
        /// Its name.
        ticket: u32,
    },
    /// Write a marker into each of these partitions, again and again until it is written; say [`Coordinator::marked`]
    /// of each.
    Mark {
        /// What the markers say.
        decision: Decision,
        /// Where.
        partitions: SmallVec<[PartitionId; 4]>,
    },
}

/// What the broker is asked to do, in that order.
pub type Actions = SmallVec<[Action; 2]>;

/// What became of a marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is written, or nobody needs it any more.
    Settled,
    /// It must be written again.
    Again,
}

/// What is being written down, and what follows.
#[derive(Clone, Debug)]
struct Writing {
    ticket: u32,
    partition: PartitionId,
    coordinator_epoch: i32,
    next: TransactionRecord,
    then: Then,
}

#[derive(Clone, Debug)]
enum Then {
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

/// A partition of `__transaction_state` that the broker leads.
#[derive(Clone, Debug)]
struct Loaded {
    partition: PartitionId,
    /// Its leader epoch: the coordinator epoch of all its markers.
    epoch: i32,
    /// Its log is read; before, requests are answered COORDINATOR_LOAD_IN_PROGRESS.
    ready_at: Instant,
    /// Has it gone on with what its predecessor had decided?
    resumed: bool,
    /// In the order of their first appearance.
    transactions: Vec<Transaction>,
}

/// The coordinator of a broker. It uses one timer of the broker, whose kind it is told.
#[derive(Clone, Debug)]
pub struct Coordinator {
    broker: BrokerId,
    timer_kind: u16,
    alarm: Alarm,
    /// When transactions that take too long are looked for next.
    scan_at: Instant,
    loaded: Vec<Loaded>,
    writing: Vec<Writing>,
    next_ticket: u32,
    /// Transactions whose completion could not be written, and when it is tried again.
    unfinished: Vec<(TransactionalId, Instant)>,
}

/// What the log of `__transaction_state` holds when a run begins in the middle of normal life: every producer has
/// initialized its transactional id, with the producer id of its number and epoch 0.
pub fn steady_record(producer: u8, setup: &Setup) -> TransactionRecord {
    let id = TransactionalId(u16::from(producer));
    let timeout = Duration::from_millis(u64::from(setup.producer.transaction_timeout_ms));
    let record = Transaction::new(id, u32::from(producer), timeout).record;
    TransactionRecord { producer: ProducerId { id: u32::from(producer), epoch: 0 }, ..record }
}

/// Bytes of a transactional id's record in the log.
pub fn record_bytes(record: &TransactionRecord) -> u32 {
    RECORD_BYTES + record.partitions.len() as u32 * PARTITION_BYTES
}

impl Coordinator {
    /// Of a broker that leads nothing yet; `timer_kind` is a timer kind of the broker that is the coordinator's alone.
    pub const fn new(broker: BrokerId, timer_kind: u16) -> Self {
        Self {
            broker,
            timer_kind,
            alarm: Alarm::OFF,
            scan_at: Instant::NEVER,
            loaded: Vec::new(),
            writing: Vec::new(),
            next_ticket: 0,
            unfinished: Vec::new(),
        }
    }

    /// What it knows of a transactional id; for the stage and for tests.
    pub fn transaction(&self, id: TransactionalId) -> Option<&TransactionRecord> {
        let known = self.loaded.iter().flat_map(|loaded| &loaded.transactions);
        known.map(|transaction| &transaction.record).find(|record| record.id == id)
    }

    /// The broker leads this partition in this epoch from now on; `batches` are its log's, as places in the
    /// partition's history.
    pub fn load(
        &mut self,
        partition: PartitionId,
        epoch: i32,
        batches: impl Iterator<Item = u32>,
        context: &mut Context,
    ) {
        let mut transactions: Vec<Transaction> = Vec::new();
        let mut bytes = 0;
        for place in batches {
            let batch = context.store.batch(partition, place);
            bytes += u64::from(batch.bytes);
            let Body::Transaction(number) = batch.body else { continue };
            // Which epoch came before is not written down.
            let record = TransactionRecord { last_epoch: None, ..context.store.transaction(number).clone() };
            match transactions.iter_mut().find(|known| known.record.id == record.id) {
                Some(known) => known.complete(record),
                None => transactions.push(Transaction::known(record)),
            }
        }
        let disk = u64::from(context.setup.environment.disk_mb_per_s) * 1_000_000;
        let ready_at = context.now + Duration::of_bytes(bytes, disk);
        self.loaded.push(Loaded { partition, epoch, ready_at, resumed: false, transactions });
        if self.scan_at == Instant::NEVER {
            self.scan_at = context.now + scan_interval(context.setup);
        }
        self.set_alarm(context);
    }

    /// The broker no longer leads this partition: whoever waits is sent away.
    pub fn unload(&mut self, partition: PartitionId) -> Actions {
        let mut actions = Actions::new();
        self.loaded.retain(|loaded| loaded.partition != partition);
        self.writing.retain(|writing| {
            if writing.partition == partition {
                refuse(&writing.then, Error::NotCoordinator, &mut actions);
            }
            writing.partition != partition
        });
        actions
    }

    /// Is the broker the coordinator of this partition, in this epoch?
    pub fn coordinates(&self, (partition, epoch): (PartitionId, i32)) -> bool {
        self.loaded.iter().any(|loaded| loaded.partition == partition && loaded.epoch == epoch)
    }

    /// A request. Its answer is among the actions now, or later.
    pub fn on_request(
        &mut self,
        asker: Asker,
        request: &Request,
        ids: &mut ProducerIds,
        context: &mut Context,
    ) -> Actions {
        let mut actions = Actions::new();
        match request {
            Request::InitProducerId(init) => self.init(asker, init, ids, &mut actions, context),
            Request::AddPartitionsToTxn(add) => self.add_partitions(asker, add, &mut actions, context),
            Request::AddOffsetsToTxn(transaction) => self.add_offsets(asker, *transaction, &mut actions, context),
            Request::EndTxn(end) => self.end(asker, end, ids, &mut actions, context),
            other => unreachable!("{:?} is not a request for a transaction coordinator", other.api()),
        }
        self.set_alarm(context);
        actions
    }

    ///
    fn init(
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

    fn add_partitions(&mut self, asker: Asker, add: &AddPartitions, actions: &mut Actions, context: &mut Context) {
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
    fn add_offsets(&mut self, asker: Asker, transaction: TransactionRef, actions: &mut Actions, context: &mut Context) {
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
    fn end(
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

    /// An open transaction is aborted with another epoch, so that who wrote it can write no more.
    fn fence(&mut self, id: TransactionalId, asker: Asker, actions: &mut Actions, context: &mut Context) {
        let version = TransactionVersion::of(context.setup);
        let Ok(transaction) = self.known(id, context) else { return };
        let next = transaction.fence(version);
        transaction.pending = Some(Pending::Fence);
        self.write(next, Then::Fenced(asker), actions, context);
    }

    /// Writes down the next state of a transactional id; it counts when it is committed.
    fn write(&mut self, next: TransactionRecord, then: Then, actions: &mut Actions, context: &mut Context) {
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

    /// A decision is written down: markers go to all partitions of the transaction.
    fn carry_out(&mut self, id: TransactionalId, actions: &mut Actions, context: &mut Context) {
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

    fn finish(&mut self, id: TransactionalId, actions: &mut Actions, context: &mut Context) {
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

    /// The coordinator's timer fired: logs have been read, transactions take too long, completions are tried again.
    pub fn on_timer(&mut self, context: &mut Context) -> Actions {
        let mut actions = Actions::new();
        if !self.alarm.fired(context.now, self.timer_kind, 0, context.out) {
            return actions;
        }
        self.resume(&mut actions, context);
        let due = |(_, at): &(TransactionalId, Instant)| *at <= context.now;
        let unfinished: SmallVec<[TransactionalId; 2]> =
            self.unfinished.iter().filter(|entry| due(entry)).map(|(id, _)| *id).collect();
        self.unfinished.retain(|entry| !due(entry));
        for id in unfinished {
            self.finish(id, &mut actions, context);
        }
        if self.scan_at <= context.now {
            self.scan_at = context.now + scan_interval(context.setup);
            let all = self.loaded.iter().flat_map(|loaded| &loaded.transactions);
            let overdue = all.filter(|transaction| transaction.is_overdue(context.wall));
            let overdue: SmallVec<[TransactionalId; 4]> = overdue.map(|transaction| transaction.record.id).collect();
            for id in overdue {
                self.fence(id, Asker::Nobody, &mut actions, context);
            }
        }
        self.set_alarm(context);
        actions
    }

    /// A new coordinator goes on with what the one before it had decided.
    fn resume(&mut self, actions: &mut Actions, context: &mut Context) {
        let mut decided: SmallVec<[TransactionalId; 4]> = SmallVec::new();
        for loaded in self.loaded.iter_mut().filter(|loaded| !loaded.resumed && loaded.ready_at <= context.now) {
            loaded.resumed = true;
            let deciding = loaded.transactions.iter().filter(|transaction| transaction.deciding().is_some());
            decided.extend(deciding.map(|transaction| transaction.record.id));
        }
        for id in decided {
            self.carry_out(id, actions, context);
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

    fn loaded_for(&mut self, id: TransactionalId, context: &Context) -> Result<&mut Loaded, Error> {
        let partition = context.layout.transaction_partition(id);
        let loaded = self.loaded.iter_mut().find(|loaded| Some(loaded.partition) == partition);
        match loaded {
            None => Err(Error::NotCoordinator),
            Some(loaded) if context.now < loaded.ready_at => Err(Error::CoordinatorLoadInProgress),
            Some(loaded) => Ok(loaded),
        }
    }

    fn known(&mut self, id: TransactionalId, context: &Context) -> Result<&mut Transaction, Error> {
        self.loaded_for(id, context)?.find(id).ok_or(Error::InvalidProducerIdMapping)
    }

    fn set_alarm(&mut self, context: &mut Context) {
        let resumes = self.loaded.iter().filter(|loaded| !loaded.resumed).map(|loaded| loaded.ready_at);
        let unfinished = self.unfinished.iter().map(|(_, at)| *at);
        let due = resumes.chain(unfinished).chain([self.scan_at]).min().unwrap_or(Instant::NEVER);
        if due < self.alarm.due() {
            self.alarm.set(due, self.timer_kind, 0, context.out);
        }
    }
}

impl Loaded {
    fn find(&mut self, id: TransactionalId) -> Option<&mut Transaction> {
        self.transactions.iter_mut().find(|transaction| transaction.record.id == id)
    }

    fn find_or_create(&mut self, id: TransactionalId, timeout: Duration, ids: &mut ProducerIds) -> &mut Transaction {
        let known = self.transactions.iter().position(|transaction| transaction.record.id == id);
        let at = known.unwrap_or_else(|| {
            self.transactions.push(Transaction::new(id, ids.next(), timeout));
            self.transactions.len() - 1
        });
        &mut self.transactions[at]
    }
}

fn scan_interval(setup: &Setup) -> Duration {
    let interval = setup.cluster.transaction_abort_timed_out_transaction_cleanup_interval_ms;
    Duration::from_millis(u64::from(interval))
}

fn reply(actions: &mut Actions, asker: Asker, response: Response) {
    if asker != Asker::Nobody {
        actions.push(Action::Reply { asker, response });
    }
}

/// Tells whoever waits for a state that it will not come.
fn refuse(then: &Then, error: Error, actions: &mut Actions) {
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
