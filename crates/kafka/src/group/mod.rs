//! The group coordinator: the part of a broker that keeps the consumer group, while the broker leads the group's
//! partition of `__consumer_offsets`. Requests in, actions out; what it knows it first writes to that
//! partition, so that the next leader knows it too.

pub mod assignors;
mod classic;
mod inspect;
mod modern;
mod offsets;
#[cfg(test)]
mod tests;
mod transactions;

use crate::checks::Check;
use crate::message::{
    InstanceId, JoinError, MemberRef, MemberTerms, OffsetCommitRequest, Request, Response, Subscription,
};
use crate::node::{Alarm, Connection, Context};
use crate::store::{
    Body, ClassicMemberRecord, ClassicRecord, CommittedOffset, ConsumerMemberRecord, GroupRecord, Sequence, Store,
};
use assignors::{Assignment, Assignor, Moves, Subscriber, assign, offered};
use classic::Group;
use highwater_model::settings::{GroupProtocol, InstanceIds};
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{Duration, Instant, Layout, PartitionId, Setup};
pub use inspect::{CLASSIC_MEMBER, COMMITTED, GROUP_FIELDS, MODERN_MEMBER};
pub use modern::Plan;
use modern::{Change, ModernGroup};
use offsets::Offset;
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

/// The group as a run finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The generation, or the group epoch, in which all members are.
    pub generation: i32,
    /// The consumers that are members, and what each owns. A member's id is its consumer's number.
    pub members: Vec<(u8, Vec<PartitionId>)>,
    /// What is committed.
    pub offsets: Vec<CommittedOffset>,
    /// The group.instance.id of each consumer, by its number; the first is that of consumer 1.
    pub instances: Vec<Option<InstanceId>>,
}

impl Beginning {
    /// The middle of normal life: every consumer is a member of generation 1, and offset 0 is committed everywhere.
    pub fn steady(setup: &Setup, layout: &Layout) -> Self {
        let consumers = 1..=setup.workload.consumers;
        let instances = consumers.clone().map(|number| instance(setup, number)).collect();
        let offsets = layout.data().take(usize::from(setup.first_partitions())).map(|partition| CommittedOffset {
            partition,
            offset: 0,
            leader_epoch: -1,
        });
        let mut beginning = Self { generation: 1, members: Vec::new(), offsets: offsets.collect(), instances };
        beginning.take_in(&consumers.collect::<Vec<_>>(), setup);
        beginning
    }

    /// These consumers are the members, and have what their assignor gives them.
    pub fn take_in(&mut self, consumers: &[u8], setup: &Setup) {
        let subscriber = |number: &u8| Subscriber {
            member: u32::from(*number),
            instance: self.instance(*number),
            owned: Vec::new(),
            generation: -1,
        };
        let members: Vec<_> = consumers.iter().map(subscriber).collect();
        let partitions = setup.first_partitions();
        let assignment = match setup.consumer.group_protocol {
            _ if members.is_empty() => Assignment::new(),
            GroupProtocol::Classic => {
                let assignor: Assignor = offered(setup.consumer.partition_assignment_strategy)[0];
                assign(assignor, &members, partitions, Moves::InTwoSteps)
            }
            GroupProtocol::Consumer => {
                assignors::assign_remotely(setup.consumer.group_remote_assignor, &members, partitions)
            }
        };
        let of = |number: u8| assignment.iter().find(|(id, _)| *id == u32::from(number));
        let owned = |number: u8| of(number).map(|(_, partitions)| partitions.clone()).unwrap_or_default();
        self.members = consumers.iter().map(|number| (*number, owned(*number))).collect();
    }

    /// A consumer's group.instance.id.
    pub fn instance(&self, consumer: u8) -> Option<InstanceId> {
        self.instances.get(usize::from(consumer) - 1).copied().flatten()
    }

    /// What a consumer owns; none where it is no member.
    pub fn owned(&self, consumer: u8) -> Option<&[PartitionId]> {
        self.members.iter().find(|(number, _)| *number == consumer).map(|(_, owned)| owned.as_slice())
    }

    /// What the group's partition holds then. The world appends these batches to all replicas, and
    /// [`Coordinator::load`]s the leader from them.
    pub fn log(&self, setup: &Setup, store: &mut Store) -> Vec<Append> {
        let mut log = Vec::new();
        if !self.members.is_empty() {
            let group = match setup.consumer.group_protocol {
                GroupProtocol::Classic => self.classic(setup),
                GroupProtocol::Consumer => ModernGroup::begin(self, member_terms(setup), setup.first_partitions()),
            };
            log.push(Append::group(group, store));
        }
        if !self.offsets.is_empty() {
            log.push(Append::offsets(self.offsets.clone(), store));
        }
        log
    }

    fn classic(&self, setup: &Setup) -> GroupRecord {
        let assignors = offered(setup.consumer.partition_assignment_strategy);
        let member = |(consumer, owned): &(u8, Vec<PartitionId>)| ClassicMemberRecord {
            id: u32::from(*consumer),
            instance: self.instance(*consumer),
            consumer: *consumer,
            session: Duration::from_millis(u64::from(setup.consumer.session_timeout_ms)),
            rebalance: Duration::from_millis(u64::from(setup.consumer.max_poll_interval_ms)),
            subscription: Subscription { assignors: assignors.clone(), owned: Vec::new(), generation: -1 },
            assignment: owned.clone(),
        };
        let members = self.members.iter().map(member).collect();
        GroupRecord::Classic(ClassicRecord { generation: self.generation, assignor: Some(assignors[0]), members })
    }
}

/// A consumer's group.instance.id, if its settings give it one.
fn instance(setup: &Setup, consumer: u8) -> Option<InstanceId> {
    match setup.consumer.group_instance_id {
        InstanceIds::None => None,
        InstanceIds::Own => Some(InstanceId(consumer)),
    }
}

/// What a member of the new protocol tells once.
pub fn member_terms(setup: &Setup) -> MemberTerms {
    MemberTerms {
        rebalance_timeout: Duration::from_millis(u64::from(setup.consumer.max_poll_interval_ms)),
        assignor: setup.consumer.group_remote_assignor,
    }
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
        let (records, bytes) = match &group {
            GroupRecord::Classic(record) => (1, record.members.len() as u32 * MEMBER_BYTES),
            GroupRecord::Consumer(record) => (1, record.members.len() as u32 * MEMBER_BYTES),
            GroupRecord::OffsetsExpired(partitions) => {
                (partitions.len() as u32, partitions.len() as u32 * OFFSET_BYTES)
            }
        };
        Self { body: Body::Group(store.put_group(group)), records, bytes: BATCH_BYTES + bytes, writer: None }
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
    /// Partitions of the group's topic, as the broker has read.
    topic_partitions: u16,
}

/// What a coordinator knows while it coordinates.
#[derive(Clone, Debug)]
struct Loaded {
    partition: PartitionId,
    /// It answers only after it has read its log.
    ready_at: Instant,
    topic_partitions: u16,
    /// The group, as one of the classic protocol; empty while it is one of the new protocol.
    group: Group,
    /// The group, as one of the new protocol.
    modern: Option<Box<ModernGroup>>,
    /// What that was like before the request at hand changed it.
    modern_before: Option<ModernGroup>,
    /// By data partition.
    offsets: Vec<Option<Offset>>,
    /// Offsets that wait for the end of a transaction.
    open: OpenOffsets,
    /// When committed offsets are next looked through for expired ones.
    expire_at: Instant,
    /// Appends under way, oldest first.
    pending: Vec<(Ticket, Pending)>,
    /// What happened in changes that were appended and whose request timed out: told once something behind them is
    /// committed, for then they are too.
    untold: Vec<Entry>,
}

/// What follows when an append is done.
#[derive(Clone, Debug)]
enum Pending {
    /// A commit: the store's number of it, who asked, and whom to tell.
    Commit { commit: u32, consumer: u8, connection: Option<Connection> },
    /// The assignment of this generation.
    Assignment { generation: i32, assignments: Assignment },
    /// A static member came back with a new id.
    Returned { member: u32 },
    /// The group became empty.
    Emptied,
    /// A commit inside a transaction.
    TransactionCommit { commit: u32, producer_id: u32, consumer: u8, connection: Option<Connection> },
    /// A change of a group of the new protocol.
    Change(Box<Change>),
    /// Committed offsets expired.
    Expired { partitions: Vec<PartitionId> },
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
        Self { timer_kind, alarm: Alarm::OFF, next_ticket: 0, loaded: None, topic_partitions: 0 }
    }

    /// The group's topic has so many partitions, as the broker has read. A group of the new protocol that has assigned
    /// fewer assigns again at its next heartbeat (`requestMetadataRefresh`).
    pub fn topic_has(&mut self, partitions: u16) {
        self.topic_partitions = partitions;
        if let Some(loaded) = &mut self.loaded {
            loaded.topic_partitions = partitions;
        }
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
        let mut group = None;
        let mut open = OpenOffsets::default();
        for place in batches.filter(|_| context.checks.on(Check::LoadGroup)) {
            let batch = context.store.batch(partition, place);
            bytes += u64::from(batch.bytes);
            if let Some(writer) = batch.sequence {
                for offset in open.read(writer, batch.body, context.store) {
                    let place = offset.partition.index();
                    offsets[place] = Some(Offset::read(offset, batch.appended, context.checks));
                }
                continue;
            }
            match batch.body {
                Body::Offsets(commit) => {
                    for offset in context.store.commit(commit) {
                        offsets[offset.partition.index()] = Some(Offset::read(*offset, batch.appended, context.checks));
                    }
                }
                Body::Group(record) => match context.store.group(record) {
                    GroupRecord::OffsetsExpired(expired) => {
                        expired.iter().for_each(|partition| offsets[partition.index()] = None);
                    }
                    GroupRecord::Classic(_) | GroupRecord::Consumer(_) => group = Some((record, batch.appended)),
                },
                Body::Send(_) | Body::Foreign | Body::Marker(_) | Body::Transaction(_) => (),
            }
        }
        let disk = u64::from(context.setup.environment.disk_mb_per_s) * 1_000_000;
        let ready_at = context.now + Duration::of_bytes(bytes, disk);
        let mut loaded = Loaded {
            partition,
            ready_at,
            topic_partitions: self.topic_partitions,
            group: Group::empty(0, Instant::ZERO),
            modern: None,
            modern_before: None,
            offsets,
            open,
            expire_at: context.now + offsets::check_interval(context.setup),
            pending: Vec::new(),
            untold: Vec::new(),
        };
        match group.map(|(record, written)| (context.store.group(record), written)) {
            Some((GroupRecord::Classic(record), written)) => loaded.group = Group::read(record, written, ready_at),
            Some((GroupRecord::Consumer(record), _)) => {
                loaded.modern = Some(Box::new(ModernGroup::read(record, ready_at, context.setup)));
            }
            Some((GroupRecord::OffsetsExpired(_), _)) | None => (),
        }
        loaded.tell_offsets(context);
        if let Some(modern) = &loaded.modern {
            modern.tell_all(context);
        }
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
            let gone = Error::NotCoordinator;
            match pending {
                Pending::Commit { connection, .. } => work.reply(connection, Response::OffsetCommit(Err(gone))),
                Pending::TransactionCommit { connection, .. } => {
                    work.reply(connection, Response::TxnOffsetCommit(Err(gone)));
                }
                Pending::Change(change) => {
                    work.reply(change.connection, Response::ConsumerGroupHeartbeat(Err(gone)));
                }
                _ => (), // those who wait for the others are in the group's own lists
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
        self.with_loaded(context, |loaded, work| {
            if let Err(error) = loaded.check_protocol(&request) {
                return work.reply(Some(connection), refusal(request.api(), error));
            }
            match request {
                Request::JoinGroup(join) => loaded.join(connection, *join, work),
                Request::SyncGroup(sync) => loaded.sync(connection, *sync, work),
                Request::Heartbeat(member) => {
                    let answer = loaded.group.heartbeat(member, work.context.now, work.context.checks);
                    work.reply(Some(connection), Response::Heartbeat(answer));
                }
                Request::LeaveGroup(member) => loaded.leave(connection, member, work),
                Request::ConsumerGroupHeartbeat(beat) => loaded.consumer_heartbeat(connection, *beat, work),
                Request::OffsetCommit(commit) => loaded.commit(connection, *commit, work),
                Request::TxnOffsetCommit(commit) => loaded.commit_in_transaction(connection, &commit, work),
                Request::OffsetFetch(fetch) => {
                    let answer = loaded.committed_offsets(&fetch, work.context.setup);
                    work.reply(Some(connection), Response::OffsetFetch(answer));
                }
                other => unreachable!("{:?} is not a request for a group coordinator", other.api()),
            }
        })
    }

    /// The next assignment of a group of the new protocol is this, whatever its assignor says.
    pub fn plan(&mut self, plan: Plan) {
        if let Some(group) = self.loaded.as_mut().and_then(|loaded| loaded.modern.as_mut()) {
            group.plan(plan);
        }
    }

    /// The generation, or the group epoch.
    pub fn generation(&self) -> Option<i32> {
        self.loaded.as_deref().map(Loaded::generation)
    }

    /// The members of a group of the new protocol.
    pub fn modern_members(&self) -> impl Iterator<Item = &ConsumerMemberRecord> {
        self.loaded.iter().filter_map(|loaded| loaded.modern.as_deref()).flat_map(ModernGroup::members)
    }

    /// What became of an append: it is committed, or why it is not.
    pub fn appended(&mut self, ticket: Ticket, result: Result<u64, Error>, context: &mut Context) -> Actions {
        self.with_loaded(context, |loaded, work| {
            let Some(place) = loaded.pending.iter().position(|(pending, _)| *pending == ticket) else {
                return; // of an earlier leadership
            };
            let (_, pending) = loaded.pending.remove(place);
            if result.is_ok() {
                loaded.untold.drain(..).for_each(|entry| work.context.out.tell(entry));
            }
            match pending {
                Pending::Commit { commit, consumer, connection } => {
                    loaded.committed(commit, consumer, connection, result, work);
                }
                Pending::Assignment { generation, assignments } => {
                    loaded.assigned(generation, assignments, result, work);
                }
                Pending::Returned { member } => loaded.returned(member, result, work),
                Pending::Emptied => (),
                Pending::TransactionCommit { commit, producer_id, consumer, connection } => {
                    loaded.committed_in_transaction(commit, (producer_id, consumer), connection, result, work);
                }
                Pending::Change(change) => loaded.changed(*change, result, work),
                Pending::Expired { partitions } => loaded.expired(&partitions, result, work.context),
            }
        })
    }

    /// The coordinator's timer fired.
    pub fn on_timer(&mut self, context: &mut Context) -> Actions {
        if !self.alarm.fired(context.now, self.timer_kind, 0, context.out) {
            return Actions::new();
        }
        self.with_loaded(context, |loaded, work| {
            loaded.expire(work);
            loaded.expire_modern(work);
            loaded.expire_offsets(work);
        })
    }

    /// A connection is gone: whoever waited on it still counts, but can no longer be told. The next connection of the
    /// same name is another one.
    pub fn on_lost(&mut self, connection: Connection) {
        let Some(loaded) = &mut self.loaded else { return };
        for (_, pending) in &mut loaded.pending {
            let waiting = match pending {
                Pending::Commit { connection, .. } | Pending::TransactionCommit { connection, .. } => connection,
                Pending::Change(change) => &mut change.connection,
                _ => continue,
            };
            if *waiting == Some(connection) {
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
            && let due = loaded.next_deadline()
            && due < self.alarm.due()
        {
            self.alarm.set(due, self.timer_kind, 0, context.out);
        }
    }
}

impl Loaded {
    /// Does the request go with the group's protocol? An empty group takes up the protocol of who joins. (Kafka also
    /// changes that of a group with members, one by one.)
    fn check_protocol(&mut self, request: &Request) -> Result<(), Error> {
        let Some(modern) = self.modern.as_deref() else { return Ok(()) };
        match request {
            Request::JoinGroup(_) if modern.is_empty() => {
                self.modern = None;
                Ok(())
            }
            Request::JoinGroup(_) => Err(Error::InconsistentGroupProtocol),
            Request::SyncGroup(_) | Request::Heartbeat(_) | Request::LeaveGroup(_) => Err(Error::UnknownMemberId),
            _ => Ok(()),
        }
    }

    fn generation(&self) -> i32 {
        self.modern.as_deref().map_or_else(|| self.group.generation(), ModernGroup::epoch)
    }

    fn next_deadline(&self) -> Instant {
        let modern = self.modern.as_deref().map_or(Instant::NEVER, ModernGroup::next_deadline);
        self.group.next_deadline().min(modern).min(self.next_expiry())
    }

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
        Api::ConsumerGroupHeartbeat => Response::ConsumerGroupHeartbeat(Err(error)),
        other => unreachable!("{other:?} is not a request for a group coordinator"),
    }
}
