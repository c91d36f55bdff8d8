//! Producing applications by hand: a client that does nothing but what it is called for, one call after the other. A call
//! lasts as long as Kafka's would block, but for the time that `max.block.ms` would end it at.

use super::application::{Application, State};
use crate::consuming::Returned;
use highwater_kafka::node::Context;
use highwater_kafka::producer::{ConsumedOffsets, OffsetsSent, Producer, TransactionPhase};
use highwater_model::trace::{Error, TransactionResult, TransactionStep};
use highwater_model::{Duration, Instant, PartitionId};

/// A call of a producer client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProducerCall {
    /// `initTransactions()`.
    InitTransactions,
    /// `beginTransaction()`.
    BeginTransaction,
    /// `send()` of so many records: for a partition, or without a key.
    Send(Option<PartitionId>, u32),
    /// `sendOffsetsToTransaction()`.
    SendOffsets(ConsumedOffsets),
    /// `commitTransaction()` or `abortTransaction()`.
    End(TransactionResult),
    /// `flush()`.
    Flush,
}

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waits {
    /// All records that arrive up to then are in batches.
    Sent(Instant),
    /// The client is initialized.
    Initialized,
    /// The group's coordinator has the offsets.
    Offsets,
    /// The transaction has ended.
    Ended,
    /// All batches are done.
    Flushed,
}

/// What is called, and what the last call came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    waits: Option<Waits>,
    returned: Option<Returned>,
}

impl Hand {
    /// When a call may return by itself.
    pub fn due(&self) -> Instant {
        match self.waits {
            Some(Waits::Sent(at)) => at,
            _ => Instant::NEVER,
        }
    }

    fn throw(&mut self, exception: Option<String>) {
        self.waits = None;
        self.returned = Some(Returned { exception, records: Vec::new() });
    }
}

/// What a call throws at once in an error state (`TransactionManager#maybeFailWithError`).
fn in_error_state(error: Error) -> String {
    match error {
        Error::ProducerFenced | Error::InvalidProducerEpoch => error.exception(),
        _ => "KafkaException".to_owned(),
    }
}

/// What a call throws that waited for the group's coordinator.
fn offsets_exception(error: Error) -> String {
    match error {
        Error::UnknownMemberId | Error::IllegalGeneration | Error::StaleMemberEpoch => {
            "CommitFailedException".to_owned()
        }
        other => other.exception(),
    }
}

impl Application {
    /// The client is called; false where the application is no process, has not returned from the call before, or has no
    /// such records.
    pub(super) fn call(&mut self, call: ProducerCall, client: &mut Producer, context: &mut Context) -> bool {
        if !self.is_up() || self.hand.as_deref().is_none_or(|hand| hand.waits.is_some()) {
            return false;
        }
        let begun = match self.refusal(&call, client.transaction()) {
            Some(exception) => Err(Some(exception)),
            None => match call {
                ProducerCall::Send(partition, records) => {
                    if !self.put(partition, records, context) {
                        return false;
                    }
                    Ok(Waits::Sent(context.now + Duration(u64::from(records))))
                }
                call => self.begin_call(call, client, context),
            },
        };
        if let Some(hand) = self.hand.as_deref_mut() {
            hand.returned = None;
            match begun {
                Ok(waits) => hand.waits = Some(waits),
                Err(exception) => hand.throw(exception),
            }
        }
        true
    }

    /// What the call throws in this phase, before it does anything.
    fn refusal(&self, call: &ProducerCall, phase: Option<TransactionPhase>) -> Option<String> {
        let illegal = Some("IllegalStateException".to_owned());
        match (call, phase) {
            (ProducerCall::Flush, _) | (ProducerCall::Send(..), None) => None,
            (_, None) => illegal,
            (ProducerCall::InitTransactions, Some(TransactionPhase::Initializing | TransactionPhase::Ready)) => None,
            (ProducerCall::BeginTransaction, Some(TransactionPhase::Ready)) => None,
            (
                ProducerCall::Send(..) | ProducerCall::SendOffsets(_) | ProducerCall::End(_),
                Some(TransactionPhase::Open),
            ) => None,
            (ProducerCall::End(TransactionResult::Abort), Some(TransactionPhase::Abortable(_))) => None,
            (_, Some(TransactionPhase::Abortable(error) | TransactionPhase::Fatal(error))) => {
                Some(in_error_state(error))
            }
            _ => illegal,
        }
    }

    /// Begins a call that is allowed: what it waits for, or that it has returned.
    fn begin_call(
        &mut self,
        call: ProducerCall,
        client: &mut Producer,
        context: &mut Context,
    ) -> Result<Waits, Option<String>> {
        match call {
            ProducerCall::InitTransactions => Ok(Waits::Initialized),
            ProducerCall::BeginTransaction => {
                client.begin_transaction();
                self.tell_step(TransactionStep::Begun, context);
                Err(None)
            }
            ProducerCall::SendOffsets(consumed) if consumed.offsets.is_empty() => Err(None),
            ProducerCall::SendOffsets(consumed) => {
                client.send_offsets(consumed);
                Ok(Waits::Offsets)
            }
            ProducerCall::End(result) => {
                self.end(result, client, context);
                Ok(Waits::Ended)
            }
            ProducerCall::Flush => {
                client.flush();
                Ok(Waits::Flushed)
            }
            ProducerCall::Send(..) => unreachable!("records were put into the source"),
        }
    }

    /// What the last call came to, when it has returned.
    pub(super) fn returned(&self) -> Option<&Returned> {
        self.hand.as_deref()?.returned.as_ref()
    }

    /// The process is gone, and nobody waits any more.
    pub(super) fn forget_call(&mut self) {
        if let Some(hand) = self.hand.as_deref_mut() {
            *hand = Hand::default();
        }
    }

    /// Could the call that waits return?
    pub(super) fn can_return(&self, client: &Producer) -> bool {
        let Some(waits) = self.hand.as_deref().and_then(|hand| hand.waits) else { return false };
        match waits {
            Waits::Sent(_) => false, // the application's own alarm says when
            Waits::Offsets => client.offsets_sent() != OffsetsSent::Pending,
            Waits::Flushed => client.is_done(),
            Waits::Initialized | Waits::Ended => {
                !matches!(client.transaction(), Some(TransactionPhase::Initializing | TransactionPhase::Ending(_)))
            }
        }
    }

    /// Goes on with the call that has not returned.
    pub(super) fn go_on_with_call(&mut self, client: &mut Producer, context: &mut Context) {
        let Some(waits) = self.hand.as_deref().and_then(|hand| hand.waits) else { return };
        let exception = match waits {
            Waits::Sent(last) if context.now < last || !self.has_sent(last, context.now) => return,
            Waits::Sent(_) => None,
            _ if !self.can_return(client) => return,
            Waits::Flushed => {
                client.stop_flushing();
                None
            }
            Waits::Offsets => match client.offsets_sent() {
                OffsetsSent::Failed(error) => Some(offsets_exception(error)),
                OffsetsSent::Never | OffsetsSent::Pending | OffsetsSent::Done => None,
            },
            Waits::Initialized | Waits::Ended => self.ended_by_hand(client, context),
        };
        if let Some(hand) = self.hand.as_deref_mut() {
            hand.throw(exception);
        }
    }

    fn ended_by_hand(&mut self, client: &Producer, context: &mut Context) -> Option<String> {
        let failed = client.transaction().and_then(TransactionPhase::error);
        if let State::Ending = self.state {
            if failed.is_none() {
                self.transaction_ended(context);
            }
            self.start(context.now);
        }
        failed.map(Error::exception)
    }
}
