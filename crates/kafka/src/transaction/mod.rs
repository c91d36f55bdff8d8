//! The transaction coordinator: the part of a broker that keeps transactional ids, while the broker leads their
//! partitions of `__transaction_state`. Requests in, actions out. Whatever it decides it first writes to that
//! partition, so that the next leader knows it too and goes on with it.

mod ending;
mod producer_ids;
mod requests;
mod state;
#[cfg(test)]
mod tests;
mod writing;

pub use ending::{Decision, Marked};
pub use producer_ids::ProducerIds;
pub use writing::record_bytes;

use crate::message::{Request, Response};
use crate::node::{Alarm, Connection, Context};
use crate::store::{Body, ProducerId, TransactionRecord};
use highwater_model::trace::Error;
use highwater_model::{BrokerId, Duration, Instant, PartitionId, Setup, TransactionalId};
use smallvec::SmallVec;
use state::Transaction;
use writing::{Writing, refuse};

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
