//! Applications by hand: a client that does nothing but what it is called for, one call after the other. A call lasts
//! as long as Kafka's would block.

use super::{ConsumerProcess, Kind};
use highwater_kafka::consumer::Poll;
use highwater_kafka::consumer::calls::{CommitWaits, End, GroupMetadata, Pause, commit_exception, poll_exception};
use highwater_kafka::node::Context;
use highwater_kafka::producer::ConsumedOffsets;
use highwater_kafka::store::CommittedOffset;
use highwater_model::trace::Slice;
use highwater_model::{Duration, Instant, PartitionId};

/// A call of a consumer client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// `poll()`, which waits so long for records.
    Poll(Duration),
    /// `subscribe()`: from the next poll on a member of the group.
    Subscribe,
    /// `assign()`.
    Assign(Vec<PartitionId>),
    /// `seek()`, also to offsets that there cannot be.
    Seek(PartitionId, i64),
    /// `seekToBeginning()` or `seekToEnd()`.
    SeekTo(PartitionId, End),
    /// `pause()` or `resume()`.
    Flow(PartitionId, Pause),
    /// `commitSync()`, of given offsets or of all positions.
    CommitSync(Option<Vec<CommittedOffset>>),
    /// `commitAsync()`, of given offsets or of all positions.
    CommitAsync(Option<Vec<CommittedOffset>>),
    /// What an application does after it aborted a transaction: `seek()` to what is committed of all its partitions.
    SeekToCommitted,
    /// `close()`.
    Close,
}

/// What a call came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// The exception that it threw.
    pub exception: Option<String>,
    /// The records that it returned.
    pub records: Vec<Slice>,
}

/// What is called, and what the last call came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    call: Option<(Call, Instant)>,
    returned: Option<Returned>,
}

/// A call about a partition that is not assigned throws.
fn is_assigned(is_assigned: bool) -> Result<(), &'static str> {
    if is_assigned { Ok(()) } else { Err("IllegalStateException") }
}

impl ConsumerProcess {
    /// Calls the client; false where there is none, or where it is not called by hand.
    pub fn call(&mut self, call: Call, context: &mut Context) -> bool {
        let (Some(hand), Some(client)) = (&mut self.hand, &mut self.client) else { return false };
        hand.returned = None;
        let mut until = Instant::NEVER;
        let illegal = || Some(Err("IllegalStateException"));
        let done = match &call {
            Call::Poll(_) if client.has_nothing_to_poll() => illegal(),
            Call::Poll(timeout) => {
                until = context.now + *timeout;
                context.out.application_timer(until, Kind::CallEnds as u16, 0);
                None
            }
            // Subscribing and assigning exclude each other.
            Call::Subscribe if client.is_assigned() => illegal(),
            Call::Subscribe => {
                client.subscribe(context);
                Some(Ok(()))
            }
            Call::Assign(partitions) => {
                client.assign(partitions, context);
                Some(Ok(()))
            }
            Call::Seek(partition, offset) => Some(match u64::try_from(*offset) {
                Ok(offset) => is_assigned(client.seek(*partition, offset, context)),
                Err(_) => Err("IllegalArgumentException"),
            }),
            Call::SeekTo(partition, end) => Some(is_assigned(client.seek_to(*partition, *end))),
            Call::Flow(partition, pause) => Some(is_assigned(client.set_paused(*partition, *pause))),
            Call::SeekToCommitted => {
                client.seek_to_committed();
                Some(Ok(()))
            }
            Call::CommitSync(offsets) => {
                match offsets {
                    Some(offsets) => client.commit_offsets_sync(offsets, context),
                    None => client.commit_sync(context),
                }
                None
            }
            Call::CommitAsync(offsets) => {
                match offsets {
                    Some(offsets) => client.commit_offsets_async(offsets, context),
                    None => client.commit_async(context),
                }
                Some(Ok(()))
            }
            Call::Close => {
                client.close(context);
                None
            }
        };
        match done {
            Some(returns) => {
                let exception = returns.err().map(str::to_owned);
                hand.returned = Some(Returned { exception, records: Vec::new() });
            }
            None => hand.call = Some((call, until)),
        }
        self.run(context);
        true
    }

    /// What `sendOffsetsToTransaction()` is given: its positions, and as which member it has read.
    pub fn to_send_in_transaction(&self, metadata: GroupMetadata) -> Option<ConsumedOffsets> {
        self.client.as_ref().map(|client| client.to_send_in_transaction(metadata))
    }

    /// What the last call came to, when it has returned.
    pub fn returned(&self) -> Option<&Returned> {
        self.hand.as_ref()?.returned.as_ref()
    }

    /// Goes on with the call that has not returned.
    pub(super) fn run_call(&mut self, context: &mut Context) {
        let (Some(hand), Some(client)) = (&mut self.hand, &mut self.client) else { return };
        let Some((call, until)) = &hand.call else { return };
        let exception = match call {
            Call::Poll(_) => match client.poll(&mut self.polled, context) {
                Poll::Waiting if context.now < *until => return,
                Poll::Records | Poll::Waiting => None,
                Poll::Failed(error) => Some(poll_exception(error)),
            },
            Call::CommitSync(_) => match client.take_commit() {
                None => return,
                Some(result) => result.err().map(|error| commit_exception(error, CommitWaits::Sync)),
            },
            Call::Close => {
                if !client.is_closed() {
                    return;
                }
                None
            }
            other => unreachable!("{other:?} returns at once"),
        };
        client.leave_poll(context);
        hand.call = None;
        let exception = exception.map(str::to_owned);
        hand.returned = Some(Returned { exception, records: std::mem::take(&mut self.polled) });
    }
}
