//! The application's transactions: it begins one with the first record after the last ended, and ends it an interval
//! later: it commits, or, every so many transactions, aborts. A transaction that failed it aborts, and goes on with the
//! next. Where its producer was fenced it closes it and begins anew with another, as a supervised application would.

use super::application::{Application, State};
use highwater_kafka::node::Context;
use highwater_kafka::producer::{Producer, TransactionPhase};
use highwater_model::trace::{Entry, TransactionResult, TransactionStep};
use highwater_model::{Duration, Instant, Setup};

/// An application's transactions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transacting {
    interval: Duration,
    /// It aborts the last of so many; 0: none.
    abort_every: u32,
    /// When the open one is to be ended; never, where none is open.
    ends_at: Instant,
    ended: u32,
    /// How the one that is being ended ends.
    ending: Option<TransactionResult>,
}

impl Transacting {
    /// None where producers have no transactional id.
    pub fn of(setup: &Setup) -> Option<Self> {
        let producer = &setup.producer;
        producer.transactional_id.then(|| Self {
            interval: Duration::from_millis(u64::from(producer.transaction_commit_interval_ms)),
            abort_every: producer.transaction_abort_every,
            ends_at: Instant::NEVER,
            ended: 0,
            ending: None,
        })
    }

    /// When the open transaction is to be ended.
    pub const fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// How the open transaction ends.
    fn next_result(&mut self) -> TransactionResult {
        self.ended += 1;
        let aborts = self.abort_every != 0 && self.ended.is_multiple_of(self.abort_every);
        if aborts { TransactionResult::Abort } else { TransactionResult::Commit }
    }
}

impl Application {
    /// A record is about to be sent: it needs an open transaction.
    pub(super) fn begin_transaction(&mut self, client: &mut Producer, context: &mut Context) {
        if client.transaction() != Some(TransactionPhase::Ready) {
            return;
        }
        client.begin_transaction();
        if let Some(transacting) = &mut self.transacting {
            transacting.ends_at = context.now + transacting.interval;
        }
        self.tell_step(TransactionStep::Begun, context);
    }

    /// Could the application go on with its transaction?
    pub(super) fn is_transaction_due(&self, client: &Producer) -> bool {
        if self.hand.is_some() {
            return self.can_return(client);
        }
        match (client.transaction(), self.state) {
            (None, _) | (_, State::Down | State::Closing) => false,
            (Some(TransactionPhase::Fatal(_)), _) => true,
            (Some(TransactionPhase::Abortable(_)), state) => !matches!(state, State::Blocked { .. }),
            (Some(phase), State::Ending) => phase == TransactionPhase::Ready,
            (Some(_), State::Sending | State::Waiting(_) | State::Blocked { .. }) => false,
        }
    }

    /// Goes on with the transaction, as far as that can be done by now.
    pub(super) fn go_on_with_transaction(&mut self, client: &mut Producer, context: &mut Context) {
        let Some(phase) = client.transaction() else { return };
        match (self.state, phase) {
            (State::Down | State::Closing, _) => (),
            (_, TransactionPhase::Fatal(error)) => {
                self.give_up_record(error, context);
                client.start_over(error, self, context);
                self.wait_for_transaction(context);
            }
            (State::Blocked { .. }, _) => (),
            (_, TransactionPhase::Abortable(_)) => self.end(TransactionResult::Abort, client, context),
            (State::Ending, TransactionPhase::Ready) => {
                self.transaction_ended(context);
                self.start(context.now);
            }
            // After a crash: nothing is sent before `initTransactions()` returns.
            (State::Sending, TransactionPhase::Initializing) => self.wait_for_transaction(context),
            (State::Sending, TransactionPhase::Open) if self.ends_at() <= context.now => {
                let result = self.transacting.as_mut().map_or(TransactionResult::Commit, Transacting::next_result);
                self.end(result, client, context);
            }
            _ => (),
        }
    }

    /// The process is asked to stop: what is open is committed first. `close()` alone aborts it.
    pub(super) fn commit_before_closing(&mut self, client: &mut Producer, context: &mut Context) {
        if client.transaction() == Some(TransactionPhase::Open) {
            let result = if self.hand.is_some() { TransactionResult::Abort } else { TransactionResult::Commit };
            self.end(result, client, context);
        }
    }

    /// When the transaction that is open has to be ended.
    pub(super) fn ends_at(&self) -> Instant {
        self.transacting.map_or(Instant::NEVER, |transacting| transacting.ends_at())
    }

    pub(super) fn end(&mut self, result: TransactionResult, client: &mut Producer, context: &mut Context) {
        client.end_transaction(result);
        let step = match result {
            TransactionResult::Commit => TransactionStep::Committing,
            TransactionResult::Abort => TransactionStep::Aborting,
        };
        self.tell_step(step, context);
        self.wait_for_transaction(context);
        if let Some(transacting) = &mut self.transacting {
            transacting.ending = Some(result);
        }
    }

    fn wait_for_transaction(&mut self, context: &Context) {
        if let Some(transacting) = &mut self.transacting {
            (transacting.ends_at, transacting.ending) = (Instant::NEVER, None);
        }
        self.stand_still(context.now);
        self.state = State::Ending;
    }

    pub(super) fn transaction_ended(&mut self, context: &mut Context) {
        match self.transacting.as_mut().and_then(|transacting| transacting.ending.take()) {
            Some(TransactionResult::Commit) => self.tell_step(TransactionStep::Committed, context),
            Some(TransactionResult::Abort) => self.tell_step(TransactionStep::Aborted, context),
            None => (), // `initTransactions()` returned
        }
    }

    pub(super) fn tell_step(&self, step: TransactionStep, context: &mut Context) {
        context.out.tell(Entry::Transaction { producer: self.number, step });
    }
}
