//! Applications that copy: they read from some partitions and write to others, and commit what they wrote together with
//! how far they had read, in one transaction. After `TransactionalMessageCopier` of Kafka's system tests: a
//! process with a consumer and a producer, here those of two nodes that are played by hand.
//!
//! A transaction that failed is aborted, and read again from what is committed. A producer that was fenced ends the work;
//! a process that is started again takes it up from what is committed.

use crate::consuming::{Call, Returned};
use crate::producing::ProducerCall;
use crate::world::World;
use highwater_kafka::consumer::calls::GroupMetadata;
use highwater_model::trace::{Entry, NodeState, Observer, Slice, TransactionResult};
use highwater_model::{Duration, NodeId, PartitionId};
use std::collections::VecDeque;

/// How long the application's `poll()` waits.
const POLL: Duration = Duration::from_millis(200);

/// What is copied, by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    /// The consumer that reads.
    pub consumer: u8,
    /// The producer that writes.
    pub producer: u8,
    /// What is read; without any the consumer subscribes, as a member of its group.
    pub from: Vec<PartitionId>,
    /// Where it is written to: what was read of the n-th partition goes to the n-th of these, and from the first again.
    pub to: Vec<PartitionId>,
    /// Does the producer learn as which member was read?
    pub metadata: GroupMetadata,
}

/// Such an application.
#[derive(Clone, Debug)]
pub(crate) struct Copier {
    copying: Copying,
    /// The lives of the two processes in which it is at work.
    lives: (u16, u16),
    at: At,
}

/// Where it is.
#[derive(Clone, Debug)]
enum At {
    /// A process is not up, or has just started.
    Begins,
    /// In `initTransactions()`.
    Initializes,
    /// In `poll()`.
    Polls,
    /// In `send()`; these are to follow.
    Sends(VecDeque<(PartitionId, u32)>),
    /// In `sendOffsetsToTransaction()`.
    SendsOffsets,
    /// In `commitTransaction()`.
    Commits,
    /// In `abortTransaction()`.
    Aborts,
    /// It ended with an exception; a supervisor may start its processes again.
    Ended,
}

impl World {
    /// From now on an application copies. Both clients must be played by hand.
    pub fn begin_copying(&mut self, copying: Copying, observer: &mut impl Observer) {
        self.state.copiers.push(Copier { copying, lives: (0, 0), at: At::Begins });
        self.copy(observer);
    }

    /// Applications that copy go on with what they can.
    pub(crate) fn copy(&mut self, observer: &mut impl Observer) {
        for index in 0..self.state.copiers.len() {
            while self.copier_goes_on(index, observer) {}
        }
    }

    /// One step of an application; false where it waits.
    fn copier_goes_on(&mut self, index: usize, observer: &mut impl Observer) -> bool {
        let Copier { copying: Copying { consumer, producer, .. }, lives, .. } = self.state.copiers[index];
        let now_lives = (self.life(NodeId::Consumer(consumer)), self.life(NodeId::Producer(producer)));
        let (Some(reads), Some(writes)) = now_lives else { return false };
        if lives != (reads, writes) {
            let copier = &mut self.state.copiers[index];
            (copier.lives, copier.at) = ((reads, writes), At::Begins);
        }
        let at = self.state.copiers[index].at.clone();
        let next = match at {
            At::Begins => self.produce_call(producer, ProducerCall::InitTransactions, At::Initializes, observer),
            At::Ended => None,
            At::Initializes => match self.came_to(NodeId::Producer(producer)) {
                None => None,
                Some(Returned { exception: Some(_), .. }) => Some(At::Ended),
                Some(_) => self.begin_reading(index, observer),
            },
            At::Polls => self.polled(index, observer),
            At::Sends(_) | At::SendsOffsets | At::Commits | At::Aborts => {
                let returned = self.came_to(NodeId::Producer(producer));
                returned.and_then(|returned| self.produced(index, at, returned.exception.as_deref(), observer))
            }
        };
        let goes_on = next.is_some();
        if let Some(next) = next {
            self.state.copiers[index].at = next;
        }
        goes_on
    }

    /// Which life of the process it is; none where it is not up and at work.
    fn life(&self, node: NodeId) -> Option<u16> {
        let process = &self.state.processes[usize::from(self.state.network.numbering.of(node))];
        (process.state == NodeState::Running && process.held.is_none()).then_some(process.life + 1)
    }

    fn came_to(&self, client: NodeId) -> Option<Returned> {
        self.returned(client).cloned()
    }

    /// The producer is called; none where it cannot be.
    fn produce_call(&mut self, producer: u8, call: ProducerCall, then: At, observer: &mut impl Observer) -> Option<At> {
        self.call_producer(producer, call, observer).then_some(then)
    }

    fn begin_reading(&mut self, index: usize, observer: &mut impl Observer) -> Option<At> {
        let Copying { consumer, from, .. } = self.state.copiers[index].copying.clone();
        let begins = if from.is_empty() { Call::Subscribe } else { Call::Assign(from) };
        self.call(consumer, begins, observer).then_some(())?;
        self.poll_again(index, observer)
    }

    fn poll_again(&mut self, index: usize, observer: &mut impl Observer) -> Option<At> {
        let consumer = self.state.copiers[index].copying.consumer;
        self.call(consumer, Call::Poll(POLL), observer).then_some(At::Polls)
    }

    /// `poll()` may have returned: then a transaction begins for its records.
    fn polled(&mut self, index: usize, observer: &mut impl Observer) -> Option<At> {
        let Copying { consumer, producer, .. } = self.state.copiers[index].copying;
        let Returned { exception, records } = self.came_to(NodeId::Consumer(consumer))?;
        if exception.is_some() {
            return Some(At::Ended);
        }
        if records.is_empty() {
            return self.poll_again(index, observer);
        }
        let sends = self.copies_of(index, &records);
        self.call_producer(producer, ProducerCall::BeginTransaction, observer).then_some(At::Sends(sends))
    }

    /// What the last poll returned is written, and is about to be committed: processed, as far as the application goes.
    fn tell_copied(&mut self, consumer: u8, observer: &mut impl Observer) {
        let copied = self.came_to(NodeId::Consumer(consumer)).map(|returned| returned.records).unwrap_or_default();
        for records in copied {
            self.told(Entry::Processed { consumer, records }, observer);
        }
    }

    /// How many records go where.
    fn copies_of(&self, index: usize, records: &[Slice]) -> VecDeque<(PartitionId, u32)> {
        let Copying { from, to, .. } = &self.state.copiers[index].copying;
        let mut sends: VecDeque<(PartitionId, u32)> = VecDeque::new();
        for slice in records {
            let place = from.iter().position(|partition| *partition == slice.partition);
            let place = place.unwrap_or_else(|| slice.partition.index()) % to.len();
            match sends.iter_mut().find(|(partition, _)| *partition == to[place]) {
                Some((_, count)) => *count += slice.count,
                None => sends.push_back((to[place], slice.count)),
            }
        }
        sends
    }

    /// A call of the producer has returned.
    fn produced(&mut self, index: usize, at: At, thrown: Option<&str>, observer: &mut impl Observer) -> Option<At> {
        let Copying { consumer, producer, metadata, .. } = self.state.copiers[index].copying;
        match (at, thrown) {
            (_, Some("ProducerFencedException" | "InvalidProducerEpochException")) | (At::Aborts, Some(_)) => {
                Some(At::Ended)
            }
            (At::Aborts, None) => {
                self.call(consumer, Call::SeekToCommitted, observer).then_some(())?;
                self.poll_again(index, observer)
            }
            (_, Some(_)) => {
                let abort = ProducerCall::End(TransactionResult::Abort);
                self.produce_call(producer, abort, At::Aborts, observer)
            }
            (At::Sends(mut left), None) => match left.pop_front() {
                Some((to, count)) => {
                    let send = ProducerCall::Send(Some(to), count);
                    self.produce_call(producer, send, At::Sends(left), observer)
                }
                None => {
                    let consumed = self.consumed(consumer, metadata)?;
                    self.produce_call(producer, ProducerCall::SendOffsets(consumed), At::SendsOffsets, observer)
                }
            },
            (At::SendsOffsets, None) => {
                self.tell_copied(consumer, observer);
                let commit = ProducerCall::End(TransactionResult::Commit);
                self.produce_call(producer, commit, At::Commits, observer)
            }
            (At::Commits, None) => self.poll_again(index, observer),
            (At::Begins | At::Initializes | At::Polls | At::Ended, None) => unreachable!("the producer was not called"),
        }
    }
}
