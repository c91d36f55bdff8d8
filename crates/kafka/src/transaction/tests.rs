//! The coordinator alone: requests in, actions out.

use super::*;
use crate::message::{AddPartitions, AddPurpose, EndTxnRequest, InitProducerIdRequest, TransactionRef};
use crate::node::Effect;
use crate::stage::Stage;
use crate::store::{Batch, TransactionVersion};
use highwater_model::NodeId;
use highwater_model::presets::Preset;
use highwater_model::trace::{TransactionResult, TransactionState};

const ID: TransactionalId = TransactionalId(1);
const TIMER: u16 = 9;
const P0: PartitionId = PartitionId(0);
const P1: PartitionId = PartitionId(1);
const WALL: u64 = 1_000_000_000_000_000;

/// A coordinator, its log (which commits at once, unless told otherwise), and the time.
struct Play {
    coordinator: Coordinator,
    ids: ProducerIds,
    stage: Stage,
    /// How far the wall clock was set, in milliseconds.
    wall_ms: i64,
    /// What becomes of appends.
    appends: Result<u64, Error>,
    answers: Vec<Response>,
    marks: Vec<(Decision, PartitionId)>,
    log: Vec<u32>,
    timers: Vec<Instant>,
}

impl Play {
    fn new(tv2: bool) -> Self {
        let mut setup = Preset::Defaults.setup();
        setup.producer.transactional_id = true;
        setup.version.tv2 = tv2;
        let mut play = Self {
            coordinator: Coordinator::new(BrokerId(1), TIMER),
            ids: ProducerIds::of(BrokerId(1), 1),
            stage: Stage::of(setup),
            wall_ms: 0,
            appends: Ok(0),
            answers: Vec::new(),
            marks: Vec::new(),
            log: Vec::new(),
            timers: Vec::new(),
        };
        play.load(0);
        play
    }

    /// The broker leads the partition in this epoch.
    fn load(&mut self, epoch: i32) {
        let (partition, log) = (self.partition(), self.log.clone());
        self.with(|coordinator, _, context| {
            let actions = coordinator.unload(partition);
            coordinator.load(partition, epoch, log.into_iter(), context);
            actions
        });
        self.wait(1);
    }

    fn partition(&self) -> PartitionId {
        self.stage.layout.transaction_partition(ID).expect("there are transactions")
    }

    fn with(&mut self, work: impl FnOnce(&mut Coordinator, &mut ProducerIds, &mut Context) -> Actions) {
        let mut context = self.stage.context();
        context.wall = Instant(WALL + context.now.0).max(Instant::ZERO)
            + Duration::from_millis(self.wall_ms.max(0).unsigned_abs());
        if self.wall_ms < 0 {
            context.wall = Instant(context.wall.0 - self.wall_ms.unsigned_abs() * 1_000_000);
        }
        let actions = work(&mut self.coordinator, &mut self.ids, &mut context);
        self.act(actions);
    }

    fn act(&mut self, actions: Actions) {
        for action in actions {
            match action {
                Action::Reply { response, .. } => self.answers.push(response),
                Action::Append { partition, body, bytes, ticket, .. } => {
                    let result = self.appends;
                    if result.is_ok() {
                        let base = self.stage.store.history(partition).last().map_or(0, Batch::end);
                        let appended = self.stage.now;
                        let batch = Batch { base, appended, count: 1, bytes, leader_epoch: 0, sequence: None, body };
                        self.log.push(self.stage.store.append(partition, batch));
                    }
                    self.with(|coordinator, _, context| coordinator.appended(ticket, result, context));
                }
                Action::Mark { decision, partitions } => {
                    self.marks.extend(partitions.into_iter().map(|partition| (decision, partition)));
                }
            }
        }
    }

    /// Lets time pass; the coordinator's timer fires when it asked for it.
    fn wait(&mut self, ms: u64) {
        let end = self.stage.now + Duration::from_millis(ms);
        loop {
            self.timers.extend(self.stage.out.effects.drain(..).filter_map(|effect| match effect {
                Effect::Timer { at, .. } => Some(at),
                _ => None,
            }));
            let Some(next) = self.timers.iter().copied().min().filter(|at| *at <= end) else { break };
            self.timers.retain(|at| *at != next);
            self.stage.now = next;
            self.with(|coordinator, _, context| coordinator.on_timer(context));
        }
        self.stage.now = end;
    }

    fn ask(&mut self, request: &Request) -> Option<Response> {
        let connection = Connection {
            client: NodeId::Producer(1),
            server: NodeId::Broker(BrokerId(1)),
            channel: crate::node::Channel::Client,
        };
        self.answers.clear();
        self.with(|coordinator, ids, context| {
            coordinator.on_request(Asker::Connection(connection), request, ids, context)
        });
        self.answers.pop()
    }

    fn init(&mut self, current: Option<ProducerId>) -> Result<ProducerId, Error> {
        let timeout = Duration::from_millis(60_000);
        let request = InitProducerIdRequest { transactional_id: Some(ID), timeout, current };
        match self.ask(&Request::InitProducerId(request)) {
            Some(Response::InitProducerId(result)) => result,
            other => panic!("InitProducerId is answered, not {other:?}"),
        }
    }

    fn ask_partition(
        &mut self,
        producer: ProducerId,
        partition: PartitionId,
        purpose: AddPurpose,
    ) -> Result<(), Error> {
        let transaction = TransactionRef { id: ID, producer };
        let add = AddPartitions { transaction, partitions: smallvec::smallvec![partition], purpose };
        match self.ask(&Request::AddPartitionsToTxn(Box::new(add))) {
            Some(Response::AddPartitionsToTxn(added)) => added[0].1,
            other => panic!("AddPartitionsToTxn is answered, not {other:?}"),
        }
    }

    fn add(&mut self, producer: ProducerId, partition: PartitionId) -> Result<(), Error> {
        self.ask_partition(producer, partition, AddPurpose::Add)
    }

    fn end(&mut self, producer: ProducerId, result: TransactionResult) -> Result<ProducerId, Error> {
        let version = TransactionVersion::of(&self.stage.setup);
        let request = EndTxnRequest { transaction: TransactionRef { id: ID, producer }, result, version };
        match self.ask(&Request::EndTxn(request)) {
            Some(Response::EndTxn(result)) => result,
            other => panic!("EndTxn is answered, not {other:?}"),
        }
    }

    /// All markers are written.
    fn write_markers(&mut self) {
        for (decision, partition) in std::mem::take(&mut self.marks) {
            self.with(|coordinator, _, context| {
                let mut actions = Actions::new();
                let marked = coordinator.marked(&decision, partition, Ok(()), &mut actions, context);
                assert_eq!(marked, Marked::Settled);
                actions
            });
        }
    }

    fn state(&self) -> (TransactionState, i16) {
        let record = self.coordinator.transaction(ID).expect("it is known");
        (record.state, record.producer.epoch)
    }
}

fn next(producer: ProducerId) -> ProducerId {
    ProducerId { epoch: producer.epoch + 1, ..producer }
}

/// P-TXN-01.
#[test]
fn r_663_a_new_process_fences_the_one_before_it() {
    let mut play = Play::new(false);
    let first = play.init(None).unwrap();
    let second = play.init(None).unwrap();
    assert_eq!(second, next(first));
    assert_eq!(play.init(Some(first)), Err(Error::ProducerFenced));
    assert_eq!(play.add(first, P0), Err(Error::ProducerFenced));
    assert_eq!(play.add(second, P0), Ok(()));
}

/// P-TXN-02.
#[test]
fn r_663_a_lost_answer_can_be_asked_for_again() {
    let mut play = Play::new(false);
    let first = play.init(None).unwrap();
    let bumped = play.init(Some(first)).unwrap();
    assert_eq!(bumped, next(first));
    assert_eq!(play.init(Some(first)), Ok(bumped), "the same request once more");
}

/// P-TXN-03.
#[test]
fn r_663_an_open_transaction_is_aborted_before_the_next_process_begins() {
    let mut play = Play::new(false);
    let first = play.init(None).unwrap();
    play.add(first, P0).unwrap();
    assert_eq!(play.init(None), Err(Error::ConcurrentTransactions));
    assert_eq!(play.state(), (TransactionState::PrepareAbort, first.epoch + 1));
    assert_eq!(play.init(None), Err(Error::ConcurrentTransactions), "markers are being written");
    play.write_markers();
    assert_eq!(play.state(), (TransactionState::CompleteAbort, first.epoch + 1));
    assert_eq!(play.init(None), Ok(ProducerId { epoch: first.epoch + 2, ..first }));
}

#[cfg(feature = "mutants")]
#[test]
fn without_fencing_a_new_process_takes_over_an_open_transaction() {
    let mut play = Play::new(false);
    let first = play.init(None).unwrap();
    play.add(first, P0).unwrap();
    play.stage.leave_out(crate::checks::Check::FenceOnInit);
    assert_eq!(play.init(None), Ok(next(first)));
    assert!(play.marks.is_empty(), "nobody ends what was written");
}

/// P-TXN-04 and P-JEP-04.
#[test]
fn r_667_a_transaction_that_takes_too_long_is_aborted_and_its_producer_fenced() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    play.wait(59_900);
    assert_eq!(play.state().0, TransactionState::Ongoing);
    play.wait(10_200);
    assert_eq!(play.state(), (TransactionState::PrepareAbort, producer.epoch + 1));
    play.write_markers();
    assert_eq!(play.end(producer, TransactionResult::Commit), Err(Error::ProducerFenced));
}

/// P-TXN-08.
#[test]
fn r_664_partitions_are_not_added_to_a_transaction_that_is_being_ended() {
    for result in [TransactionResult::Commit, TransactionResult::Abort] {
        let mut play = Play::new(false);
        let producer = play.init(None).unwrap();
        play.add(producer, P0).unwrap();
        play.end(producer, result).unwrap();
        assert_eq!(play.add(producer, P1), Err(Error::ConcurrentTransactions));
        play.write_markers();
        assert_eq!(play.add(producer, P1), Ok(()));
    }
}

#[test]
fn r_666_the_client_is_answered_before_the_markers_are_written() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    play.add(producer, P1).unwrap();
    assert_eq!(play.end(producer, TransactionResult::Commit), Ok(producer));
    assert_eq!(play.marks.len(), 2);
    assert_eq!(play.end(producer, TransactionResult::Commit), Err(Error::ConcurrentTransactions));
    play.write_markers();
    assert_eq!(play.state().0, TransactionState::CompleteCommit);
    assert_eq!(play.end(producer, TransactionResult::Commit), Ok(producer), "a repeated request");
    assert_eq!(play.end(producer, TransactionResult::Abort), Err(Error::InvalidTxnState));
}

#[test]
fn r_664_with_the_second_protocol_each_transaction_has_its_own_epoch() {
    let mut play = Play::new(true);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    let second = play.end(producer, TransactionResult::Commit).unwrap();
    assert_eq!(second, next(producer));
    assert_eq!(play.end(producer, TransactionResult::Commit), Err(Error::ConcurrentTransactions));
    assert_eq!(play.marks[0].0.producer, second, "markers have the new epoch");
    play.write_markers();
    assert_eq!(play.end(producer, TransactionResult::Commit), Ok(second), "its answer was lost");
    assert_eq!(play.add(producer, P0), Err(Error::ProducerFenced));
    assert_eq!(play.end(second, TransactionResult::Abort), Ok(next(second)), "nothing was written");
}

#[test]
fn r_664_used_up_epochs_give_another_producer_id() {
    let mut play = Play::new(true);
    let mut producer = play.init(None).unwrap();
    for _ in 0..40_000 {
        play.add(producer, P0).unwrap();
        let ended = play.end(producer, TransactionResult::Commit).unwrap();
        play.write_markers();
        if ended.id != producer.id {
            assert_eq!((producer.epoch, ended.epoch), (i16::MAX - 1, 0));
            assert_eq!(play.end(producer, TransactionResult::Commit), Ok(ended), "its answer was lost");
            return;
        }
        producer = ended;
    }
    panic!("the epochs never end");
}

#[test]
fn r_665_a_partition_is_verified_while_its_transaction_is_open() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    let verify = |play: &mut Play, producer, partition| play.ask_partition(producer, partition, AddPurpose::Verify);
    assert_eq!(verify(&mut play, producer, P0), Ok(()));
    assert_eq!(verify(&mut play, producer, P1), Err(Error::TransactionAbortable));
    assert_eq!(verify(&mut play, next(producer), P0), Err(Error::ProducerFenced));
    play.end(producer, TransactionResult::Abort).unwrap();
    assert_eq!(verify(&mut play, producer, P0), Err(Error::ConcurrentTransactions));
    play.write_markers();
    assert_eq!(verify(&mut play, producer, P0), Err(Error::TransactionAbortable));
}

#[test]
fn r_661_what_cannot_be_written_down_did_not_happen() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.appends = Err(Error::NotEnoughReplicas);
    assert_eq!(play.add(producer, P0), Err(Error::CoordinatorNotAvailable));
    play.appends = Err(Error::NotLeaderOrFollower);
    assert_eq!(play.add(producer, P0), Err(Error::NotCoordinator));
    assert_eq!(play.state().0, TransactionState::Empty);
    play.appends = Ok(0);
    assert_eq!(play.add(producer, P0), Ok(()));
}

#[test]
fn r_661_a_new_coordinator_goes_on_with_what_was_decided() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    play.end(producer, TransactionResult::Commit).unwrap();
    play.marks.clear();
    play.load(7);
    assert_eq!(play.marks.len(), 1);
    assert_eq!(play.marks[0].0.coordinator.1, 7, "markers have the new coordinator's epoch");
    play.write_markers();
    assert_eq!(play.state().0, TransactionState::CompleteCommit);
}

/// P-INC-07: KAFKA-8803.
#[test]
fn a_clock_that_is_set_back_does_not_keep_a_transaction_open() {
    let mut play = Play::new(false);
    let producer = play.init(None).unwrap();
    play.add(producer, P0).unwrap();
    play.wall_ms = -30_000;
    assert_eq!(play.add(producer, P1), Ok(()));
    play.wait(101_000);
    assert_eq!(play.state().0, TransactionState::PrepareAbort);
}

#[test]
fn r_603_a_timeout_longer_than_the_brokers_is_refused() {
    let mut play = Play::new(false);
    play.stage.setup.cluster.transaction_max_timeout_ms = 59_999;
    assert_eq!(play.init(None), Err(Error::InvalidTransactionTimeout));
}
