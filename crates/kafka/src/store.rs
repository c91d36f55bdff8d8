//! The bytes of all logs. Batches live here once, in the order in which leaders appended them; a replica's log is
//! extents of this. What is stored is never changed, so a checkpoint remembers lengths. Going back keeps what was stored
//! later: the same run stores the same again, and may go forth to a later checkpoint without running there.

use crate::group::assignors::Assignor;
use crate::message::{InstanceId, MemberTerms, Subscription};
use highwater_model::trace::{Content, MemberState, TransactionResult, TransactionState};
use highwater_model::{Duration, Instant, PartitionId, Setup, TransactionalId};
use smallvec::SmallVec;

/// A record batch, as some leader once appended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Offset of its first record.
    pub base: u64,
    /// When the leader appended it.
    pub appended: Instant,
    /// Records.
    pub count: u32,
    /// Bytes in the log and on the wire.
    pub bytes: u32,
    /// The leader's epoch.
    pub leader_epoch: i32,
    /// The producer's id and epoch, and the first record's sequence number; none without idempotence.
    pub sequence: Option<Sequence>,
    /// What it holds.
    pub body: Body,
}

impl Batch {
    /// The offset after its last record.
    pub const fn end(&self) -> u64 {
        self.base + self.count as u64
    }
}

/// A producer id with its epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProducerId {
    /// The id.
    pub id: u32,
    /// The epoch.
    pub epoch: i16,
}

/// Who wrote a batch, and as which of its batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The producer id.
    pub producer_id: u32,
    /// The producer epoch.
    pub epoch: i16,
    /// Sequence number of the first record; wraps to 0 after i32::MAX.
    pub first: i32,
    /// Is the batch part of a transaction?
    pub scope: Scope,
}

/// In which context an idempotent producer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Its session.
    Session,
    /// A transaction.
    Transaction,
}

impl Scope {
    /// In which the producers of this set-up write.
    pub const fn of(setup: &Setup) -> Self {
        if setup.producer.transactional_id { Self::Transaction } else { Self::Session }
    }
}

/// The sequence number of what a coordinator writes for a producer: none.
pub const NO_SEQUENCE: i32 = -1;

impl Sequence {
    /// Of what a coordinator writes in a producer's transaction: it has no number.
    pub const fn of_coordinator(producer: ProducerId) -> Self {
        Self { producer_id: producer.id, epoch: producer.epoch, first: NO_SEQUENCE, scope: Scope::Transaction }
    }

    /// The producer.
    pub const fn producer(self) -> ProducerId {
        ProducerId { id: self.producer_id, epoch: self.epoch }
    }
}

impl Sequence {
    /// The sequence number of the batch's n-th record, from 0; it wraps.
    pub const fn nth(self, n: u32) -> i32 {
        ((self.first as i64 + n as i64) % (i32::MAX as i64 + 1)) as i32
    }
}

/// What a batch holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The records of this send.
    Send(u32),
    /// Committed offsets: which of [`Store::commits`].
    Offsets(u32),
    /// A group's members: which of [`Store::groups`].
    Group(u32),
    /// Records of no stream.
    Foreign,
    /// A transaction ends here.
    Marker(Marker),
    /// A transactional id's state: which of [`Store::transaction`].
    Transaction(u32),
}

/// A control record that ends a producer's transaction in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marker {
    /// The leader epoch of the coordinator that decided.
    pub coordinator_epoch: i32,
    /// What it decided.
    pub result: TransactionResult,
}

impl Body {
    /// As the trace names it.
    pub const fn content(self) -> Content {
        match self {
            Body::Send(send) => Content::Send(send),
            Body::Offsets(_) => Content::Offsets,
            Body::Group(_) => Content::GroupMetadata,
            Body::Foreign => Content::Foreign,
            Body::Marker(marker) => Content::Marker(marker.result),
            Body::Transaction(_) => Content::Transaction,
        }
    }
}

/// A committed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommittedOffset {
    /// Of which partition.
    pub partition: PartitionId,
    /// The next offset to read.
    pub offset: u64,
    /// Leader epoch of the last record consumed; -1 without one.
    pub leader_epoch: i32,
}

/// What a coordinator wrote down beside commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupRecord {
    /// A group of the classic protocol.
    Classic(ClassicRecord),
    /// A group of the new protocol (KIP-848); Kafka writes a record for each part of it.
    Consumer(ConsumerGroupRecord),
    /// The committed offsets of these partitions are deleted.
    OffsetsExpired(Vec<PartitionId>),
}

/// A group of the classic protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicRecord {
    /// The generation.
    pub generation: i32,
    /// The assignor in use; none while it is empty.
    pub assignor: Option<Assignor>,
    /// Its members, their leader first.
    pub members: Vec<ClassicMemberRecord>,
}

/// A member of a classic group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassicMemberRecord {
    /// Its id.
    pub id: u32,
    /// Its group.instance.id.
    pub instance: Option<InstanceId>,
    /// The consumer behind it.
    pub consumer: u8,
    /// session.timeout.ms.
    pub session: Duration,
    /// max.poll.interval.ms.
    pub rebalance: Duration,
    /// What it last told.
    pub subscription: Subscription,
    /// Its partitions.
    pub assignment: Vec<PartitionId>,
}

/// A group of the new protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerGroupRecord {
    /// The group epoch.
    pub epoch: i32,
    /// The epoch of the target assignment.
    pub assignment_epoch: i32,
    /// Partitions of its topic, when that was last looked at.
    pub topic_partitions: u16,
    /// Its members.
    pub members: Vec<ConsumerMemberRecord>,
}

/// A member of a group of the new protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerMemberRecord {
    /// Its id.
    pub id: u32,
    /// Its group.instance.id.
    pub instance: Option<InstanceId>,
    /// The consumer behind it.
    pub consumer: u8,
    /// What it told when it joined.
    pub terms: MemberTerms,
    /// Its member epoch.
    pub epoch: i32,
    /// The one before.
    pub previous_epoch: i32,
    /// Where it is on its way.
    pub state: MemberState,
    /// What it may hold.
    pub assigned: Vec<PartitionId>,
    /// What it was told to give up, and has not said that it did.
    pub revoking: Vec<PartitionId>,
    /// What it should have in the end.
    pub target: Vec<PartitionId>,
}

/// What the transaction coordinator keeps of a transactional id, and writes down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionRecord {
    /// Whose.
    pub id: TransactionalId,
    /// The producer id and epoch.
    pub producer: ProducerId,
    /// The producer id before.
    pub previous_id: Option<u32>,
    /// The producer id that the next transaction gets, where the epochs of this one are used up.
    pub next_id: Option<u32>,
    /// The epoch before; none where it is not to be accepted any more.
    pub last_epoch: Option<i16>,
    /// transaction.timeout.ms.
    pub timeout: Duration,
    /// Where the transaction is.
    pub state: TransactionState,
    /// The partitions that it has written to.
    pub partitions: SmallVec<[PartitionId; 4]>,
    /// When it began, by the coordinator's wall clock.
    pub started: Option<Instant>,
    /// Which protocol the client spoke when the state was entered.
    pub version: TransactionVersion,
}

/// Which transaction protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionVersion {
    /// Partitions are added by the client; the epoch stays from one transaction to the next.
    V1,
    /// Partitions are added by their leaders; each transaction has its own epoch (KIP-890).
    V2,
}

impl TransactionVersion {
    /// What the clients of this cluster speak.
    pub const fn of(setup: &Setup) -> Self {
        if setup.version.tv2 { Self::V2 } else { Self::V1 }
    }
}

/// Things put one behind the other and never changed, of which those at the end may lie in the future.
#[derive(Clone, Debug)]
struct Tape<T> {
    items: Vec<T>,
    /// What is put next gets this place; behind it lies what was put before going back.
    next: u32,
}

impl<T: Clone + PartialEq> Tape<T> {
    const fn new() -> Self {
        Self { items: Vec::new(), next: 0 }
    }

    fn put(&mut self, item: T) -> u32 {
        let place = self.next;
        if self.items.get(place as usize) != Some(&item) {
            // The end of the tape, or a run that has taken another turn: its old future is void.
            self.items.truncate(place as usize);
            self.items.push(item);
        }
        self.next += 1;
        place
    }

    fn present(&self) -> &[T] {
        &self.items[..self.next as usize]
    }

    fn wind(&mut self, next: u32) {
        assert!(next as usize <= self.items.len(), "a mark belongs to the run that it was made in");
        self.next = next;
    }
}

/// All batches of all partitions, and what those of `__consumer_offsets` hold.
#[derive(Clone, Debug)]
pub struct Store {
    histories: Vec<Tape<Batch>>,
    commits: Tape<Vec<CommittedOffset>>,
    groups: Tape<GroupRecord>,
    transactions: Tape<TransactionRecord>,
    next_send: u32,
    metadata_told: (i32, u64),
}

/// How much a store held at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    histories: Vec<u32>,
    commits: u32,
    groups: u32,
    transactions: u32,
    next_send: u32,
    metadata_told: (i32, u64),
}

impl Store {
    /// An empty store for so many partitions.
    pub fn new(partitions: u16) -> Self {
        Self {
            histories: vec![Tape::new(); usize::from(partitions)],
            commits: Tape::new(),
            groups: Tape::new(),
            transactions: Tape::new(),
            next_send: 0,
            metadata_told: (0, 0),
        }
    }

    /// Appends to a partition's history; gives the batch's place in it.
    pub fn append(&mut self, partition: PartitionId, batch: Batch) -> u32 {
        self.histories[partition.index()].put(batch)
    }

    /// A batch of a partition's history.
    #[inline]
    pub fn batch(&self, partition: PartitionId, batch: u32) -> &Batch {
        &self.histories[partition.index()].items[batch as usize]
    }

    /// A partition's whole history.
    #[inline]
    pub fn history(&self, partition: PartitionId) -> &[Batch] {
        self.histories[partition.index()].present()
    }

    /// Stores the offsets of one commit; gives the number for [`Body::Offsets`].
    pub fn put_commit(&mut self, offsets: Vec<CommittedOffset>) -> u32 {
        self.commits.put(offsets)
    }

    /// The offsets of one commit.
    pub fn commit(&self, commit: u32) -> &[CommittedOffset] {
        &self.commits.items[commit as usize]
    }

    /// Stores a group's metadata; gives the number for [`Body::Group`].
    pub fn put_group(&mut self, group: GroupRecord) -> u32 {
        self.groups.put(group)
    }

    /// A group's metadata.
    pub fn group(&self, group: u32) -> &GroupRecord {
        &self.groups.items[group as usize]
    }

    /// Stores a transactional id's state; gives the number for [`Body::Transaction`].
    pub fn put_transaction(&mut self, transaction: TransactionRecord) -> u32 {
        self.transactions.put(transaction)
    }

    /// A transactional id's state.
    pub fn transaction(&self, transaction: u32) -> &TransactionRecord {
        &self.transactions.items[transaction as usize]
    }

    /// A name for a producer's batch that no other has.
    pub fn next_send(&mut self) -> u32 {
        self.next_send += 1;
        self.next_send - 1
    }

    /// Has nobody told yet that this record of the metadata log is committed? From now on somebody has. The next
    /// controller commits again what the last one committed just before it died; a run tells of it once (INV-38).
    pub fn is_news(&mut self, epoch: i32, offset: u64) -> bool {
        let record = (epoch, offset + 1);
        let news = self.metadata_told < record;
        if news {
            self.metadata_told = record;
        }
        news
    }

    /// How much it holds now.
    pub fn mark(&self) -> Mark {
        Mark {
            histories: self.histories.iter().map(|history| history.next).collect(),
            commits: self.commits.next,
            groups: self.groups.next,
            transactions: self.transactions.next,
            next_send: self.next_send,
            metadata_told: self.metadata_told,
        }
    }

    /// Goes back, or forth, to what it held then. The mark is one of this run.
    pub fn wind(&mut self, mark: &Mark) {
        for (history, next) in self.histories.iter_mut().zip(&mark.histories) {
            history.wind(*next);
        }
        self.commits.wind(mark.commits);
        self.groups.wind(mark.groups);
        self.transactions.wind(mark.transactions);
        self.next_send = mark.next_send;
        self.metadata_told = mark.metadata_told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(base: u64) -> Batch {
        let appended = Instant::ZERO;
        Batch { base, appended, count: 1, bytes: 100, leader_epoch: 0, sequence: None, body: Body::Foreign }
    }

    const P0: PartitionId = PartitionId(0);

    #[test]
    fn a_run_that_went_back_may_go_forth_again() {
        let mut store = Store::new(1);
        store.append(P0, batch(0));
        let early = store.mark();
        store.append(P0, batch(1));
        let late = store.mark();
        store.wind(&early);
        assert_eq!(store.history(P0), [batch(0)]);
        store.append(P0, batch(1));
        store.wind(&early);
        store.wind(&late);
        assert_eq!(store.history(P0), [batch(0), batch(1)]);
    }

    #[test]
    fn another_turn_makes_the_old_future_void() {
        let mut store = Store::new(1);
        let early = store.mark();
        store.append(P0, batch(0));
        store.append(P0, batch(1));
        store.wind(&early);
        store.append(P0, batch(7));
        assert_eq!(store.history(P0), [batch(7)]);
    }
}
