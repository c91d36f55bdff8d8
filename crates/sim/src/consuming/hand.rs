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
    /// `seek()`.
    Seek(PartitionId, u64),
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

impl ConsumerProcess {
    /// Calls the client; false where there is none, or where it is not called by hand.
    pub fn call(&mut self, call: Call, context: &mut Context) -> bool {
        let (Some(hand), Some(client)) = (&mut self.hand, &mut self.client) else { return false };
        hand.returned = None;
        let mut until = Instant::NEVER;
        let done = match &call {
            Call::Poll(timeout) => {
                until = context.now + *timeout;
                context.out.application_timer(until, Kind::CallEnds as u16, 0);
                None
            }
            Call::Subscribe => {
                client.subscribe(context);
                Some(true)
            }
            Call::Assign(partitions) => {
                client.assign(partitions, context);
                Some(true)
            }
            Call::Seek(partition, offset) => Some(client.seek(*partition, *offset, context)),
            Call::SeekTo(partition, end) => Some(client.seek_to(*partition, *end)),
            Call::Flow(partition, pause) => Some(client.set_paused(*partition, *pause)),
            Call::SeekToCommitted => {
                client.seek_to_committed();
                Some(true)
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
                Some(true)
            }
            Call::Close => {
                client.close(context);
                None
            }
        };
        match done {
            Some(good) => {
                let exception = (!good).then(|| "IllegalStateException".to_owned()); // no current assignment for the partition
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
