//! The group coordinator: the part of a broker that keeps the consumer group, while the broker leads the group's
//! partition of `__consumer_offsets`. Requests in, actions out; what it knows it first writes to that
//! partition, so that the next leader knows it too.

mod membership;
mod offsets;
#[cfg(test)]
mod tests;
mod transactions;

use crate::message::{JoinError, MemberRef, OffsetCommitRequest, Request, Response};
use crate::node::{Alarm, Connection, Context};
use crate::store::{Body, CommittedOffset, GroupRecord, Sequence, Store};
use highwater_model::trace::{Api, Error};
use highwater_model::{Duration, Instant, Layout, PartitionId, Setup};
use membership::Group;
use smallvec::SmallVec;
use transactions::OpenOffsets;

/// The one group of a scenario.
pub const GROUP: &str = "app";

/// The group's partition of `__consumer_offsets`: the group id's `String.hashCode`, modulo the partitions.
pub fn group_partition(layout: &Layout) -> PartitionId {
    let hash = GROUP.bytes().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(byte)));
    let positive = hash & i32::MAX; // Utils.abs
    layout.offsets_partition((positive as u32 % u32::from(layout.offsets_partitions)) as u16)
}

/// What the group's partition holds when a run begins in the middle of normal life: every consumer a member of
/// generation 1, and offset 0 committed for every partition. The lead appends a batch of each to all replicas, and
/// [`Coordinator::load`]s the leader from them.
pub fn steady_log(setup: &Setup, layout: &Layout, store: &mut Store) -> [Append; 2] {
    let ids: Vec<u32> = (1..=u32::from(setup.workload.consumers)).collect();
    let assignment = range_assignment(&ids, layout.data_partitions);
    let members = assignment.into_iter().map(|(id, partitions)| (id, id as u8, partitions)).collect();
    let group = GroupRecord { generation: 1, members };
    let offsets: Vec<_> =
        layout.data().map(|partition| CommittedOffset { partition, offset: 0, leader_epoch: -1 }).collect();
    [Append::group(group, store), Append::offsets(offsets, store)]
}

/// The range assignor on one topic: members in the order of their ids get runs of partitions, the first ones one more
/// where it does not come out even.
pub fn range_assignment(members: &[u32], partitions: u16) -> Vec<(u32, Vec<PartitionId>)> {
    let mut sorted = members.to_vec();
    sorted.sort_unstable();
    let count = sorted.len() as u16;
    let mut next = 0;
    let assign = |(place, id): (usize, u32)| {
        let share = partitions / count + u16::from((place as u16) < partitions % count);
        let run = (next..next + share).map(PartitionId).collect();
        next += share;
        (id, run)
    };
    sorted.into_iter().enumerate().map(assign).collect()
}

/// Names an append until it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub u32);

/// A batch for the group's partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Append {
    /// What it holds.
    pub body: Body,
    /// Records.
    pub records: u32,
    /// Bytes in the log.
    pub bytes: u32,
    /// The producer in whose transaction it is written.
    pub writer: Option<Sequence>,
}

/// A batch's own header (format 2).
const BATCH_BYTES: u32 = 61;
/// A committed offset: key (group, topic, partition) and value (offset, epoch, metadata, timestamp).
const OFFSET_BYTES: u32 = 70;
/// A member inside the group's record: ids, host, timeouts, subscription, assignment.
const MEMBER_BYTES: u32 = 200;

impl Append {
    fn offsets(offsets: Vec<CommittedOffset>, store: &mut Store) -> Self {
        let records = offsets.len() as u32;
        let body = Body::Offsets(store.put_commit(offsets));
        Self { body, records, bytes: BATCH_BYTES + records * OFFSET_BYTES, writer: None }
    }

    fn group(group: GroupRecord, store: &mut Store) -> Self {
        let bytes = BATCH_BYTES + group.members.len() as u32 * MEMBER_BYTES;
        Self { body: Body::Group(store.put_group(group)), records: 1, bytes, writer: None }
    }
}

/// What the broker is asked to do.
#[derive(Clone, Debug)]
pub enum Action {
    /// Answer the request that waits on this connection.
    Reply {
        /// Where.
        connection: Connection,
        /// What.
        response: Response,
    },
    /// Append this batch to the group's partition with acks=all, and then say [`Coordinator::appended`].
    Append {
        /// The group's partition.
        partition: PartitionId,
        /// The batch.
        append: Append,
        /// Its name.
        ticket: Ticket,
    },
}

/// What the broker is asked to do, in that order.
pub type Actions = SmallVec<[Action; 2]>;

/// The coordinator of a broker. It uses one timer of the broker, whose kind it is told.
#[derive(Clone, Debug)]
pub struct Coordinator {
    timer_kind: u16,
    alarm: Alarm,
    next_ticket: u32,
    loaded: Option<Box<Loaded>>,
}

/// What a coordinator knows while it coordinates.
#[derive(Clone, Debug)]
struct Loaded {
    partition: PartitionId,
    /// It answers only after it has read its log.
    ready_at: Instant,
    group: Group,
    /// By data partition.
    offsets: Vec<Option<CommittedOffset>>,
    /// Offsets that wait for the end of a transaction.
    open: OpenOffsets,
    /// Appends under way, oldest first.
    pending: Vec<(Ticket, Pending)>,
}

/// What follows when an append is done.
#[derive(Clone, Debug)]
enum Pending {
    /// A commit: the store's number of it, who asked, and whom to tell.
    Commit { commit: u32, consumer: u8, connection: Option<Connection> },
    /// The assignment of this generation.
    Assignment { generation: i32, assignments: Vec<(u32, Vec<PartitionId>)> },
    /// The group became empty.
    Emptied,
    /// A commit inside a transaction.
    TransactionCommit { commit: u32, producer_id: u32, consumer: u8, connection: Option<Connection> },
}

/// What a request's handler works with.
struct Work<'a, 'c> {
    context: &'a mut Context<'c>,
    actions: Actions,
    next_ticket: &'a mut u32,
}

impl Work<'_, '_> {
    fn reply(&mut self, connection: Option<Connection>, response: Response) {
        if let Some(connection) = connection {
            self.actions.push(Action::Reply { connection, response });
        }
    }
}

impl Coordinator {
    /// Of a broker that leads nothing yet; `timer_kind` is a timer kind of the broker that is the coordinator's alone.
    pub const fn new(timer_kind: u16) -> Self {
        Self { timer_kind, alarm: Alarm::OFF, next_ticket: 0, loaded: None }
    }

    /// Does it coordinate the group?
    pub const fn is_coordinating(&self) -> bool {
        self.loaded.is_some()
    }

    /// The broker leads this partition from now on; `batches` are its log's, as places in the partition's history
    /// . Of partitions other than the group's it takes no notice. Reading takes as long as the disk needs for
    /// the bytes; requests that come before are answered COORDINATOR_LOAD_IN_PROGRESS.
    pub fn load(&mut self, partition: PartitionId, batches: impl Iterator<Item = u32>, context: &mut Context) {
        if partition != group_partition(context.layout) || self.loaded.is_some() {
            return;
        }
        let mut offsets = vec![None; usize::from(context.layout.data_partitions)];
        let mut bytes = 0;
        let mut record = None;
        let mut open = OpenOffsets::default();
        for place in batches {
            let batch = context.store.batch(partition, place);
            bytes += u64::from(batch.bytes);
            if let Some(writer) = batch.sequence {
                for offset in open.read(writer, batch.body, context.store) {
                    offsets[offset.partition.index()] = Some(offset);
                }
                continue;
            }
            match batch.body {
                Body::Offsets(commit) => {
                    for offset in context.store.commit(commit) {
                        offsets[offset.partition.index()] = Some(*offset);
                    }
                }
                Body::Group(group) => record = Some(group),
                Body::Send(_) | Body::Foreign | Body::Marker(_) | Body::Transaction(_) => (),
            }
        }
        let disk = u64::from(context.setup.environment.disk_mb_per_s) * 1_000_000;
        let ready_at = context.now + Duration::of_bytes(bytes, disk);
        let group = Group::read(record.map(|record| context.store.group(record)), ready_at, context.setup);
        let loaded = Loaded { partition, ready_at, group, offsets, open, pending: Vec::new() };
        loaded.tell_offsets(context);
        self.loaded = Some(Box::new(loaded));
        self.set_alarm(context);
    }

    /// The broker no longer leads this partition: whoever waits is sent away.
    pub fn unload(&mut self, partition: PartitionId, context: &mut Context) -> Actions {
        if self.loaded.as_ref().is_none_or(|loaded| loaded.partition != partition) {
            return Actions::new();
        }
        let mut loaded = self.loaded.take().expect("it was there");
        self.alarm.clear();
        let mut work = Work { context, actions: Actions::new(), next_ticket: &mut self.next_ticket };
        for (_, pending) in loaded.pending.drain(..) {
            match pending {
                Pending::Commit { connection, .. } => {
                    work.reply(connection, Response::OffsetCommit(Err(Error::NotCoordinator)));
                }
                Pending::TransactionCommit { connection, .. } => {
                    work.reply(connection, Response::TxnOffsetCommit(Err(Error::NotCoordinator)));
                }
                Pending::Assignment { .. } | Pending::Emptied => (),
            }
        }
        loaded.group.dismiss(Error::NotCoordinator, &mut work);
        work.actions
    }

    /// A request on a connection. Its answer is among the actions now, or later.
    pub fn on_request(&mut self, connection: Connection, request: Request, context: &mut Context) -> Actions {
        let error = match &self.loaded {
            None => Some(Error::NotCoordinator),
            Some(loaded) if context.now < loaded.ready_at => Some(Error::CoordinatorLoadInProgress),
            Some(_) => None,
        };
        if let Some(error) = error {
            let response = refusal(request.api(), error);
            return Actions::from_iter([Action::Reply { connection, response }]);
        }
        self.with_loaded(context, |loaded, work| match request {
            Request::JoinGroup(join) => loaded.join(connection, join, work),
            Request::SyncGroup(sync) => loaded.sync(connection, *sync, work),
            Request::Heartbeat(member) => {
                let answer = loaded.group.heartbeat(member, work.context.now);
                work.reply(Some(connection), Response::Heartbeat(answer));
            }
            Request::LeaveGroup(member) => loaded.leave(connection, member, work),
            Request::OffsetCommit(commit) => loaded.commit(connection, *commit, work),
            Request::TxnOffsetCommit(commit) => loaded.commit_in_transaction(connection, &commit, work),
            Request::OffsetFetch(partitions) => {
                let answer = loaded.committed_offsets(&partitions, work.context.setup);
                work.reply(Some(connection), Response::OffsetFetch(answer));
            }
            other => unreachable!("{:?} is not a request for a group coordinator", other.api()),
        })
    }

    /// What became of an append: it is committed, or why it is not.
    pub fn appended(&mut self, ticket: Ticket, result: Result<u64, Error>, context: &mut Context) -> Actions {
        self.with_loaded(context, |loaded, work| {
            let Some(place) = loaded.pending.iter().position(|(pending, _)| *pending == ticket) else {
                return; // of an earlier leadership
            };
            let (_, pending) = loaded.pending.remove(place);
            match pending {
                Pending::Commit { commit, consumer, connection } => {
                    loaded.committed(commit, consumer, connection, result, work);
                }
                Pending::Assignment { generation, assignments } => {
                    loaded.assigned(generation, assignments, result, work);
                }
                Pending::Emptied => (),
                Pending::TransactionCommit { commit, producer_id, consumer, connection } => {
                    loaded.committed_in_transaction(commit, (producer_id, consumer), connection, result, work);
                }
            }
        })
    }

    /// The coordinator's timer fired.
    pub fn on_timer(&mut self, context: &mut Context) -> Actions {
        if !self.alarm.fired(context.now, self.timer_kind, 0, context.out) {
            return Actions::new();
        }
        self.with_loaded(context, Loaded::expire)
    }

    /// A connection is gone: whoever waited on it still counts, but can no longer be told. The next connection of the
    /// same name is another one.
    pub fn on_lost(&mut self, connection: Connection) {
        let Some(loaded) = &mut self.loaded else { return };
        for (_, pending) in &mut loaded.pending {
            if let Pending::Commit { connection: waiting, .. } | Pending::TransactionCommit { connection: waiting, .. } =
                pending
                && *waiting == Some(connection)
            {
                *waiting = None;
            }
        }
        loaded.group.on_lost(connection);
    }

    fn with_loaded(&mut self, context: &mut Context, handle: impl FnOnce(&mut Loaded, &mut Work)) -> Actions {
        let Some(loaded) = &mut self.loaded else { return Actions::new() };
        let mut work = Work { context, actions: Actions::new(), next_ticket: &mut self.next_ticket };
        handle(loaded, &mut work);
        let actions = work.actions;
        self.set_alarm(context);
        actions
    }

    /// Members' sessions are only ever prolonged, so the alarm set for the nearest deadline is never too late; it is
    /// moved where something nearer comes up.
    fn set_alarm(&mut self, context: &mut Context) {
        if let Some(loaded) = &self.loaded
            && let due = loaded.group.next_deadline()
            && due < self.alarm.due()
        {
            self.alarm.set(due, self.timer_kind, 0, context.out);
        }
    }
}

impl Loaded {
    fn append(&mut self, append: Append, pending: Pending, work: &mut Work) {
        let ticket = Ticket(*work.next_ticket);
        *work.next_ticket += 1;
        self.pending.push((ticket, pending));
        work.actions.push(Action::Append { partition: self.partition, append, ticket });
    }
}

/// How a request that cannot be served is answered. A heartbeat while the log is read is simply welcome, as in Kafka:
/// members keep their assignment over a failover.
fn refusal(api: Api, error: Error) -> Response {
    match api {
        Api::JoinGroup => Response::JoinGroup(Err(JoinError { error, member: None })),
        Api::SyncGroup => Response::SyncGroup(Err(error)),
        Api::Heartbeat if error == Error::CoordinatorLoadInProgress => Response::Heartbeat(Ok(())),
        Api::Heartbeat => Response::Heartbeat(Err(error)),
        Api::LeaveGroup => Response::LeaveGroup(Err(error)),
        Api::OffsetCommit => Response::OffsetCommit(Err(error)),
        Api::TxnOffsetCommit => Response::TxnOffsetCommit(Err(error)),
        Api::OffsetFetch => Response::OffsetFetch(Err(error)),
        other => unreachable!("{other:?} is not a request for a group coordinator"),
    }
}
