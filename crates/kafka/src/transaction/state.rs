//! One transactional id: which request is allowed in which state, and what the state becomes.
//! After Kafka's `TransactionMetadata` and the decisions of its `TransactionCoordinator`.

use crate::message::{EndTxnRequest, InitProducerIdRequest};
use crate::store::{ProducerId, TransactionRecord, TransactionVersion};
use highwater_model::trace::{Error, TransactionResult, TransactionState};
use highwater_model::{Duration, Instant, PartitionId, TransactionalId};
use smallvec::SmallVec;

/// The epoch of a producer id that nobody was told yet.
const NO_EPOCH: i16 = -1;

/// The last epoch that a producer gets: one more is kept for fencing it.
const LAST_EPOCH: i16 = i16::MAX - 1;

/// A change that is being written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// To this state. A completion is pending from the decision on, while markers are written.
    To(TransactionState),
    /// The producer is to be fenced: its open transaction is aborted.
    Fence,
}

/// A transactional id as its coordinator knows it.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    pub record: TransactionRecord,
    pub pending: Option<Pending>,
    /// The epoch was raised to fence the producer, but that could not be written down.
    failed_fence: bool,
}

/// What EndTxn comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was done before: the answer got lost.
    Known(ProducerId),
    /// This is to be written down.
    Decided(TransactionRecord),
}

/// Are the epochs of a producer id used up?
const fn is_exhausted(epoch: i16) -> bool {
    LAST_EPOCH <= epoch
}

/// The decision for a result, and the state when it is carried out.
const fn states(result: TransactionResult) -> (TransactionState, TransactionState) {
    match result {
        TransactionResult::Commit => (TransactionState::PrepareCommit, TransactionState::CompleteCommit),
        TransactionResult::Abort => (TransactionState::PrepareAbort, TransactionState::CompleteAbort),
    }
}

impl Transaction {
    /// A transactional id that was never heard of.
    pub fn new(id: TransactionalId, producer_id: u32, timeout: Duration) -> Self {
        Self::known(TransactionRecord {
            id,
            producer: ProducerId { id: producer_id, epoch: NO_EPOCH },
            previous_id: None,
            next_id: None,
            last_epoch: None,
            timeout,
            state: TransactionState::Empty,
            partitions: SmallVec::new(),
            started: None,
            version: TransactionVersion::V1,
        })
    }

    /// As the log has it.
    pub const fn known(record: TransactionRecord) -> Self {
        Self { record, pending: None, failed_fence: false }
    }

    /// What was being written down is written: it counts.
    pub fn complete(&mut self, record: TransactionRecord) {
        self.record = record;
        self.pending = None;
    }

    /// It could not be written down; `fence`: that a producer is fenced.
    pub fn give_up(&mut self, fence: bool) {
        self.pending = None;
        self.failed_fence |= fence;
    }

    /// The result that is being carried out.
    pub const fn deciding(&self) -> Option<TransactionResult> {
        match self.record.state {
            TransactionState::PrepareCommit => Some(TransactionResult::Commit),
            TransactionState::PrepareAbort => Some(TransactionResult::Abort),
            _ => None,
        }
    }

    /// Has the transaction been open for longer than its timeout? Measured by the wall clock, which may have
    /// been set back since it began.
    pub fn is_overdue(&self, wall: Instant) -> bool {
        let due = |started: Instant| started + self.record.timeout < wall;
        self.pending.is_none() && self.record.state == TransactionState::Ongoing && self.record.started.is_some_and(due)
    }

    /// InitProducerId where no transaction is open: what to write down. `rotate` gives another producer id,
    /// where the epochs of this one are used up.
    pub fn init(
        &self,
        request: &InitProducerIdRequest,
        rotate: impl FnOnce() -> u32,
    ) -> Result<TransactionRecord, Error> {
        let ProducerId { id, epoch } = self.record.producer;
        let expected = request.current.map(|current| current.epoch);
        let next = TransactionRecord {
            state: TransactionState::Empty,
            partitions: SmallVec::new(),
            started: None,
            timeout: request.timeout,
            previous_id: Some(id),
            next_id: None,
            version: TransactionVersion::V1,
            ..self.record.clone()
        };
        if is_exhausted(epoch) && expected.is_none_or(|expected| expected == epoch) {
            let producer = ProducerId { id: rotate(), epoch: 0 };
            return Ok(TransactionRecord { producer, last_epoch: expected, ..next });
        }
        let (epoch, last_epoch) = match expected {
            None => (epoch + 1, None),
            Some(expected) if epoch == NO_EPOCH || expected == epoch => (epoch + 1, Some(epoch)),
            // The answer to the request that raised the epoch was lost.
            Some(expected) if Some(expected) == self.record.last_epoch => (epoch, self.record.last_epoch),
            Some(_) => return Err(Error::ProducerFenced),
        };
        Ok(TransactionRecord { producer: ProducerId { id, epoch }, last_epoch, ..next })
    }

    /// May a producer that says it has this id and epoch be given the next?
    pub fn knows(&self, current: ProducerId) -> bool {
        self.record.producer.epoch == NO_EPOCH
            || current.id == self.record.producer.id
            || Some(current.id) == self.record.previous_id && is_exhausted(current.epoch)
    }

    /// Is the request of the producer that has the transactional id now?
    pub fn check_producer(&self, producer: ProducerId) -> Result<(), Error> {
        if producer.id != self.record.producer.id {
            Err(Error::InvalidProducerIdMapping)
        } else if producer.epoch != self.record.producer.epoch {
            Err(Error::ProducerFenced)
        } else {
            Ok(())
        }
    }

    /// More partitions: what to write down, or nothing where all are in already.
    pub fn add(
        &self,
        producer: ProducerId,
        partitions: &[PartitionId],
        wall: Instant,
    ) -> Result<Option<TransactionRecord>, Error> {
        self.check_producer(producer)?;
        if self.pending.is_some() || self.deciding().is_some() {
            return Err(Error::ConcurrentTransactions);
        }
        let is_ongoing = self.record.state == TransactionState::Ongoing;
        let mut next = TransactionRecord { state: TransactionState::Ongoing, ..self.record.clone() };
        if !is_ongoing {
            next.started = Some(wall);
        }
        for partition in partitions {
            if !next.partitions.contains(partition) {
                next.partitions.push(*partition);
            }
        }
        Ok((!is_ongoing || next.partitions.len() != self.record.partitions.len()).then_some(next))
    }

    /// Is the partition in the open transaction?
    pub fn verify(&self, producer: ProducerId, partition: PartitionId) -> Result<(), Error> {
        if self.record.partitions.contains(&partition) {
            self.verify_producer(producer)
        } else {
            self.verify_producer(producer)?;
            Err(Error::TransactionAbortable)
        }
    }

    fn verify_producer(&self, producer: ProducerId) -> Result<(), Error> {
        self.check_producer(producer)?;
        if self.deciding().is_some() { Err(Error::ConcurrentTransactions) } else { Ok(()) }
    }

    /// The producer is fenced by the next epoch, of which nobody is told, and its transaction aborted.
    /// `version` is the cluster's.
    pub fn fence(&mut self, version: TransactionVersion) -> TransactionRecord {
        let ProducerId { id, epoch } = self.record.producer;
        let epoch = if self.failed_fence { epoch } else { epoch.saturating_add(1) };
        self.record.producer = ProducerId { id, epoch };
        self.record.last_epoch = None;
        self.prepare(TransactionResult::Abort, version, None)
    }

    /// EndTxn. `rotate` gives another producer id, where the epochs of this one are used up.
    pub fn end(&self, request: &EndTxnRequest, rotate: impl FnOnce() -> u32) -> Result<Ending, Error> {
        let (asked, own) = (request.transaction.producer, self.record.producer);
        let by_version = self.record.version == TransactionVersion::V2;
        let after_rotation = by_version
            && self.record.previous_id == Some(asked.id)
            && asked.epoch == LAST_EPOCH
            && own.epoch == 0
            && asked.id != own.id;
        let after_bump = by_version && i32::from(own.epoch) == i32::from(asked.epoch) + 1;
        if asked.id != own.id && !after_rotation {
            return Err(Error::InvalidProducerIdMapping);
        }
        let is_repeated = after_rotation || after_bump;
        let valid = match self.record.state {
            TransactionState::PrepareCommit | TransactionState::PrepareAbort if by_version => is_repeated,
            TransactionState::CompleteCommit | TransactionState::CompleteAbort if by_version => {
                is_repeated || asked.epoch == own.epoch
            }
            _ => asked.epoch == own.epoch,
        };
        if !valid {
            return Err(Error::ProducerFenced);
        }
        if self.pending.is_some() {
            return Err(Error::ConcurrentTransactions);
        }
        self.end_in_state(request, by_version && !is_repeated, rotate)
    }

    fn end_in_state(
        &self,
        request: &EndTxnRequest,
        is_new: bool,
        rotate: impl FnOnce() -> u32,
    ) -> Result<Ending, Error> {
        let (decision, done) = states(request.result);
        let is_v2 = request.version == TransactionVersion::V2;
        // With the second protocol a client may abort a transaction of which the coordinator never heard.
        let aborts_nothing = is_v2 && request.result == TransactionResult::Abort;
        match self.record.state {
            TransactionState::Ongoing => (),
            TransactionState::Empty if aborts_nothing => (),
            TransactionState::CompleteCommit | TransactionState::CompleteAbort if is_new && aborts_nothing => (),
            state if state == done && !is_new => return Ok(Ending::Known(self.record.producer)),
            state if state == decision => return Err(Error::ConcurrentTransactions),
            _ => return Err(Error::InvalidTxnState),
        }
        let next_id = (is_v2 && is_exhausted(self.record.producer.epoch)).then(rotate);
        Ok(Ending::Decided(self.prepare(request.result, request.version, next_id)))
    }

    fn prepare(
        &self,
        result: TransactionResult,
        version: TransactionVersion,
        next_id: Option<u32>,
    ) -> TransactionRecord {
        let mut next = TransactionRecord { state: states(result).0, version, ..self.record.clone() };
        if version == TransactionVersion::V2 {
            let epoch = self.record.producer.epoch;
            next.producer.epoch = epoch.saturating_add(1);
            next.last_epoch = Some(epoch);
            next.next_id = next_id;
        }
        next
    }

    /// All markers are written: the last thing to write down.
    pub fn completion(&self) -> TransactionRecord {
        let state = match self.record.state {
            TransactionState::PrepareCommit => TransactionState::CompleteCommit,
            _ => TransactionState::CompleteAbort,
        };
        let mut next = TransactionRecord { state, partitions: SmallVec::new(), ..self.record.clone() };
        if self.record.version == TransactionVersion::V2 {
            let ProducerId { id, epoch } = self.record.producer;
            next.previous_id = Some(id);
            next.last_epoch = Some(epoch);
            next.next_id = None;
            if let Some(id) = self.record.next_id {
                next.producer = ProducerId { id, epoch: 0 };
            }
        }
        next
    }
}
