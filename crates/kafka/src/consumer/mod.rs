//! The consumer client, after the Java client with the classic group protocol: `poll()`, commits, `close()`. The
//! application owns it, hands it its node's inputs, and calls it as it would call Kafka's: where the Java client
//! blocks, this one says [`Poll::Waiting`] and is asked again after the next input.

pub mod calls;
mod commits;
mod coordinator;
mod fetcher;
mod handover;
mod inspect;
mod leaders;
mod membership;
mod modern;
mod network;
mod positions;
#[cfg(test)]
mod tests;

pub use inspect::{CONSUMER, POSITION};

use crate::group::{Beginning, group_partition};
use crate::message::{ClusterMetadata, InstanceId, Message, Request, Response};
use crate::metadata::InitialCluster;
use crate::node::{Alarm, Channel, Connection, Context, Input, Timer};
use commits::{CommitKind, Offsets, SyncCommit};
use fetcher::Fetcher;
use highwater_model::trace::{Api, Entry, Error, Slice};
use highwater_model::view::OwnedFrame;
use highwater_model::{BrokerId, Duration, Instant, Layout, NodeId, PartitionId, Setup};
use leaders::Leaders;
use membership::{Group, Membership, State, poll_interval};
use network::{Links, Pending};
pub use positions::Trouble;
use positions::{Owned, Place};
use smallvec::SmallVec;

/// The kind of the client's one timer; the application's own timers are of other kinds.
pub const WAKE: u16 = 0;

/// How long one `poll()` of the application waits: what most applications pass. It shows only where `poll()` looks in
/// vain for the coordinator: then it returns what was fetched only when this is over.
const POLL_TIMEOUT: Duration = Duration::from_millis(100);

/// How long `close()` tries (the Java client's default).
const CLOSE_TIMEOUT: Duration = Duration::from_millis(30_000);

/// What a request is for.
#[derive(Clone, Debug)]
enum Purpose {
    Fetch,
    Metadata,
    FindCoordinator,
    Offsets,
    Epochs,
    Join,
    Sync,
    Heartbeat { generation: i32 },
    ModernHeartbeat,
    Leave,
    OffsetFetch { generation: i32 },
    Commit { kind: CommitKind, offsets: Offsets, generation: i32 },
}

/// What `poll()` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// It returned records.
    Records,
    /// It waits; call it again after the next input.
    Waiting,
    /// It threw an exception, which no further call will heal.
    Failed(Error),
}

/// Where the consumer's partitions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// `subscribe()`: from its group.
    Group,
    /// `assign()`: from the application.
    ByHand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// In use.
    No,
    /// Commits.
    Commits,
    /// Leaves the group.
    Leaves { until: Instant },
    /// Done.
    Closed,
}

/// A consumer client.
#[derive(Clone, Debug)]
pub struct Consumer {
    number: u8,
    links: Links<Purpose>,
    leaders: Leaders,
    source: Source,
    group: Membership,
    /// By partition.
    owned: Vec<Owned>,
    /// Is a partition without a valid position among them?
    unsettled: bool,
    fetcher: Fetcher,
    /// Partitions whose committed offsets were asked for.
    asked_committed: SmallVec<[PartitionId; 4]>,
    auto_commit_at: Instant,
    sync: Option<SyncCommit>,
    sync_serial: u32,
    sync_result: Option<Result<(), Error>>,
    async_commit: Option<Result<(), Error>>,
    /// Is the application inside `poll()`?
    polling: bool,
    /// Until when the present call of `poll()` looks for the coordinator.
    poll_until: Instant,
    failure: Option<Error>,
    /// Does a partition have a trouble that `poll()` throws?
    troubled: bool,
    closing: Closing,
    request_timeout: Duration,
    wake: Alarm,
}

impl Consumer {
    /// A client that has just been started: it knows its bootstrap servers, and is no member.
    pub fn new(number: u8, instance: Option<InstanceId>, setup: &Setup) -> Self {
        let brokers = setup.cluster.brokers;
        Self {
            number,
            links: Links::new(NodeId::Consumer(number), brokers),
            leaders: Leaders::unknown(brokers, setup.topic.partitions),
            source: Source::Group,
            group: Membership::outside(instance, setup.consumer.group_protocol),
            owned: Vec::new(),
            unsettled: false,
            fetcher: Fetcher::default(),
            asked_committed: SmallVec::new(),
            auto_commit_at: Instant::NEVER,
            sync: None,
            sync_serial: 0,
            sync_result: None,
            async_commit: None,
            polling: false,
            poll_until: Instant::ZERO,
            failure: None,
            troubled: false,
            closing: Closing::No,
            request_timeout: Duration::from_millis(u64::from(setup.consumer.request_timeout_ms)),
            wake: Alarm::OFF,
        }
    }

    /// A client in the middle of normal life: it knows the cluster, is a member (its id is its number), owns what the
    /// group's beginning says, and has read up to what is committed.
    pub fn member(number: u8, setup: &Setup, layout: &Layout, cluster: &InitialCluster, beginning: &Beginning) -> Self {
        let known = ClusterMetadata {
            brokers: (1..=setup.cluster.brokers)
                .map(BrokerId)
                .filter(|broker| !cluster.brokers[usize::from(broker.0) - 1].fenced)
                .collect(),
            partitions: layout
                .data()
                .map(|partition| &cluster.partitions[partition.index()])
                .map(|state| (state.leader, if state.replicas.is_empty() { -1 } else { state.leader_epoch }))
                .collect(),
        };
        let leaders = Leaders::known(setup.cluster.brokers, &known);
        let partitions = beginning.owned(number).unwrap_or_default();
        let owned = |partition: &PartitionId| {
            let leader = leaders.leader(*partition);
            match beginning.offsets.iter().find(|offset| offset.partition == *partition) {
                Some(committed) => Owned::steady(*committed, leader),
                None => Owned::new(*partition, leader),
            }
        };
        let owned: Vec<Owned> = partitions.iter().map(owned).collect();
        let coordinator = cluster.partitions[group_partition(layout).index()].leader;
        let leads = beginning.members.first().is_some_and(|(leader, _)| *leader == number);
        let mut outside = Self::new(number, beginning.instance(number), setup);
        outside.group.assigned_of = leads.then(|| leaders.count());
        Self {
            unsettled: owned.iter().any(|owned| owned.place != Place::Fetching),
            owned,
            group: outside.group.steady(u32::from(number), (partitions.to_vec(), beginning.generation), coordinator),
            fetcher: Fetcher::due_at(known.brokers),
            leaders,
            ..outside
        }
    }

    /// The process begins. In the middle of normal life its periodic doings are somewhere in their intervals.
    pub fn start(&mut self, context: &mut Context) {
        if self.group.modern.is_some() {
            self.start_modern(context);
        }
        if self.group.state == State::Stable {
            self.start_beating(context);
            let interval = self.auto_commit_interval(context.setup);
            self.auto_commit_at = context.now + context.dice.duration(Duration(1), interval.max(Duration(1)));
            let max_age = metadata_max_age(context.setup);
            self.leaders.expire_at(context.now + context.dice.duration(Duration(1), max_age.max(Duration(1))));
        }
        self.maintain_metadata(context);
    }

    /// An input that is the client's: all but the application's own timers and `Start`.
    pub fn on(&mut self, input: Input, context: &mut Context) {
        match input {
            Input::Opened(connection) => self.links.opened(connection, context),
            Input::Lost(connection) => {
                let failed = self.links.lost(connection, context);
                self.connection_gone(connection, failed, Error::NetworkException, context);
            }
            Input::Message(connection, Message::Response(response)) => self.answered_by(connection, response, context),
            Input::Timer(Timer { kind: WAKE, key: _ }) => self.woken(context),
            Input::Start | Input::Timer(_) | Input::Message(_, Message::Request(_)) => {
                unreachable!("a consumer client is started by start(), has one timer, and serves nobody")
            }
        }
        self.maintain_metadata(context);
        self.drive_sync(context);
        self.drive_close(context);
    }

    /// `poll()`: commits automatically where it is time, takes part in rebalances, and hands out at most
    /// max.poll.records of what was fetched, appended to `records`.
    pub fn poll(&mut self, records: &mut Vec<Slice>, context: &mut Context) -> Poll {
        if let Some(error) = self.failure.or_else(|| self.throw_trouble()) {
            return Poll::Failed(error);
        }
        let is_over = self.polling && self.poll_until <= context.now;
        if is_over || !self.polling {
            self.poll_until = context.now + POLL_TIMEOUT;
        }
        self.polling = true;
        match self.poll_group(context) {
            Group::Joining => return Poll::Waiting,
            Group::NoCoordinator if !is_over => {
                self.wake_at(self.poll_until, context);
                return Poll::Waiting;
            }
            Group::NoCoordinator | Group::Reading => (),
            Group::Ready => {
                self.maybe_auto_commit(context);
                self.update_positions(context);
            }
        }
        let before = records.len();
        self.collect(records, context);
        self.send_fetches(context);
        if let Some(error) = self.failure.or_else(|| self.throw_trouble()) {
            return Poll::Failed(error);
        }
        if records.len() == before {
            return Poll::Waiting;
        }
        self.polling = false;
        self.group.poll_by = context.now + poll_interval(context.setup);
        self.wake_at(self.group.poll_by, context);
        Poll::Records
    }

    /// `close()`: commits automatically where that is on, leaves the group, for 30 s at most. Done when
    /// [`Consumer::is_closed`].
    pub fn close(&mut self, context: &mut Context) {
        self.polling = false;
        self.sync = None;
        self.closing = Closing::Commits;
        if context.setup.consumer.enable_auto_commit {
            self.commit_within(CLOSE_TIMEOUT, context);
        } else {
            self.sync_result = Some(Ok(()));
        }
        self.drive_close(context);
    }

    /// Is `close()` done?
    pub fn is_closed(&self) -> bool {
        self.closing == Closing::Closed
    }

    fn drive_close(&mut self, context: &mut Context) {
        match self.closing {
            Closing::Commits if self.sync_result.take().is_some() => {
                self.closing = if self.send_leave(context) {
                    let until = context.now + self.request_timeout.min(CLOSE_TIMEOUT);
                    self.wake_at(until, context);
                    Closing::Leaves { until }
                } else {
                    Closing::Closed
                };
            }
            Closing::Leaves { until } if until <= context.now => self.closing = Closing::Closed,
            _ => (),
        }
    }

    /// Is it a member of the group, with an assignment?
    pub fn is_member(&self) -> bool {
        self.group.state == State::Stable
    }

    /// The generation it knows; -1 without one.
    pub fn generation(&self) -> i32 {
        self.group.generation
    }

    /// The partitions it owns.
    pub fn owned(&self) -> impl Iterator<Item = OwnedFrame> {
        self.owned.iter().map(|owned| OwnedFrame {
            partition: owned.partition,
            position: owned.position,
            committed: owned.committed,
        })
    }

    /// What `poll()` throws for a partition, as long as the application does not seek.
    fn trouble(&self) -> Option<Error> {
        let thrown = || self.owned.iter().find_map(|owned| owned.trouble);
        if self.troubled { thrown() } else { None }.map(Trouble::error)
    }

    /// The same, when it is thrown: a position that was truncated away is asked about again only after request.timeout.ms,
    /// so that is thrown once; the others come again with the next answer.
    fn throw_trouble(&mut self) -> Option<Error> {
        let thrown = self.trouble()?;
        let comes_again = |owned: &Owned| owned.trouble.is_some_and(Trouble::comes_again);
        self.troubled = self.owned.iter().any(comes_again);
        Some(thrown)
    }

    /// The application can do nothing about this.
    fn fail(&mut self, error: Error) {
        self.failure = Some(error);
    }

    fn request(
        &mut self,
        broker: BrokerId,
        channel: Channel,
        request: Request,
        purpose: Purpose,
        context: &mut Context,
    ) {
        self.request_within(self.request_timeout, (broker, channel), request, purpose, context);
    }

    fn request_within(
        &mut self,
        timeout: Duration,
        to: (BrokerId, Channel),
        request: Request,
        purpose: Purpose,
        context: &mut Context,
    ) {
        let deadline = self.links.send(to, request, purpose, timeout, context);
        self.wake_at(deadline, context);
    }

    fn wake_at(&mut self, at: Instant, context: &mut Context) {
        if context.now < at {
            self.wake.set_earlier(at, WAKE, 0, context.out);
        }
    }

    /// The timer: whatever has come to its end, and when to look again. What `poll()` waits for, `poll()` itself sets:
    /// the application calls it after each input.
    fn woken(&mut self, context: &mut Context) {
        if !self.wake.fired(context.now, WAKE, 0, context.out) {
            return;
        }
        while let Some(connection) = self.links.timed_out(context.now) {
            let failed = self.links.close(connection, context);
            self.connection_gone(connection, failed, Error::RequestTimedOut, context);
        }
        self.beat(context);
        self.beat_modern(context);
        self.drive_sync(context);
        let closing = if let Closing::Leaves { until } = self.closing { until } else { Instant::NEVER };
        let sync = self.sync.as_ref().map_or(Instant::NEVER, SyncCommit::next_due);
        let positions = self.owned.iter().map(|owned| owned.retry_at).filter(|at| context.now < *at).min();
        let times = [
            closing,
            sync,
            positions.unwrap_or(Instant::NEVER),
            self.links.next_due(context.now),
            self.leaders.next_due(),
        ];
        for at in times.into_iter().chain(self.group.times()) {
            self.wake_at(at, context);
        }
    }

    fn least_loaded(&mut self, context: &mut Context) -> Option<BrokerId> {
        let mut pick = self.links.least_loaded(self.leaders.brokers().iter(), context.now, context.dice);
        if pick.is_none() {
            self.leaders.rebootstrap();
            pick = self.links.least_loaded(self.leaders.brokers().iter(), context.now, context.dice);
        }
        if pick.is_none() {
            let due = self.links.next_due(context.now);
            self.wake_at(due, context);
        }
        pick
    }

    fn maintain_metadata(&mut self, context: &mut Context) {
        if !self.leaders.is_due(context.now) {
            self.wake_at(self.leaders.next_due(), context);
        } else if let Some(broker) = self.least_loaded(context) {
            self.leaders.asking();
            self.request(broker, Channel::Client, Request::Metadata, Purpose::Metadata, context);
        }
    }

    fn answered_by(&mut self, connection: Connection, response: Response, context: &mut Context) {
        let NodeId::Broker(broker) = connection.server else { unreachable!("consumers talk to brokers") };
        let Some(Pending { purpose, api, .. }) = self.links.answered(connection) else { return };
        if let Some(error) = error_of(&response) {
            self.tell_failed(broker, api, error, context);
        }
        match (purpose, response) {
            (Purpose::Fetch, Response::Fetch(response)) => self.fetched(broker, *response, context),
            (Purpose::Metadata, Response::Metadata(cluster)) => self.learned(&cluster, context),
            (Purpose::FindCoordinator, Response::FindCoordinator(found)) => {
                self.coordinator_found(found, context);
                self.beat(context);
                self.beat_modern(context);
            }
            (Purpose::Offsets, Response::ListOffsets(answers)) => self.offsets_listed(broker, &answers, context),
            (Purpose::Epochs, Response::OffsetForLeaderEpoch(answers)) => self.epochs_ended(broker, &answers, context),
            (Purpose::Join, Response::JoinGroup(result)) => self.joined(result, context),
            (Purpose::Sync, Response::SyncGroup(result)) => self.synced(result.map(|partitions| *partitions), context),
            (Purpose::Heartbeat { generation }, Response::Heartbeat(result)) => {
                self.heartbeat_answered(generation, result, context);
            }
            (Purpose::ModernHeartbeat, Response::ConsumerGroupHeartbeat(result)) => {
                self.modern_answered(result, context);
            }
            (Purpose::Leave, Response::LeaveGroup(_) | Response::ConsumerGroupHeartbeat(_)) => self.left(),
            (Purpose::OffsetFetch { generation }, Response::OffsetFetch(result)) => {
                self.committed_answered(generation, result, context);
            }
            (Purpose::Commit { kind, offsets, generation }, Response::OffsetCommit(result)) => {
                self.commit_answered(kind, &offsets, generation, result, context);
            }
            (purpose, response) => unreachable!("{:?} does not answer {purpose:?}", response.api()),
        }
    }

    fn learned(&mut self, cluster: &ClusterMetadata, context: &mut Context) {
        self.leaders.update(cluster, context.now, metadata_max_age(context.setup), context.dice);
        self.follow_leaders(&context.setup.version);
        self.see_growth();
    }

    fn left(&mut self) {
        if matches!(self.closing, Closing::Leaves { .. }) {
            self.closing = Closing::Closed;
        }
    }

    fn connection_gone(
        &mut self,
        connection: Connection,
        failed: Vec<Pending<Purpose>>,
        error: Error,
        context: &mut Context,
    ) {
        let NodeId::Broker(broker) = connection.server else { unreachable!("consumers talk to brokers") };
        self.leaders.want();
        if connection.channel == Channel::Coordinator {
            self.coordinator_lost(broker);
        } else {
            self.session_lost(broker);
        }
        self.fail_requests(broker, failed, error, context);
        let due = self.links.next_due(context.now);
        self.wake_at(due, context);
    }

    /// These requests will never be answered.
    fn fail_requests(&mut self, broker: BrokerId, failed: Vec<Pending<Purpose>>, error: Error, context: &mut Context) {
        for Pending { purpose, api, .. } in failed {
            self.tell_failed(broker, api, error, context);
            match purpose {
                Purpose::Fetch => (), // asked again as soon as the broker can be reached, or another leads
                Purpose::Metadata => self.leaders.failed(context.now, context.dice),
                Purpose::FindCoordinator => self.coordinator_found(Err(error), context),
                Purpose::Offsets | Purpose::Epochs => self.positions_failed(broker, context),
                Purpose::Join | Purpose::Sync => self.join_interrupted(context),
                Purpose::Heartbeat { generation } => self.heartbeat_answered(generation, Err(error), context),
                Purpose::ModernHeartbeat => self.modern_answered(Err(error), context),
                Purpose::Leave => self.left(),
                Purpose::OffsetFetch { generation } => self.committed_answered(generation, Err(error), context),
                Purpose::Commit { kind, .. } => self.commit_ended(kind, Err(error), context),
            }
        }
    }

    fn tell_failed(&self, broker: BrokerId, api: Api, error: Error, context: &mut Context) {
        let node = NodeId::Consumer(self.number);
        context.out.tell(Entry::RequestFailed { node, api, server: NodeId::Broker(broker), error });
    }
}

fn metadata_max_age(setup: &Setup) -> Duration {
    Duration::from_millis(u64::from(setup.consumer.metadata_max_age_ms))
}

/// The error of a whole response; errors of single partitions are told where they are dealt with.
fn error_of(response: &Response) -> Option<Error> {
    match response {
        Response::FindCoordinator(Err(error))
        | Response::SyncGroup(Err(error))
        | Response::Heartbeat(Err(error))
        | Response::LeaveGroup(Err(error))
        | Response::OffsetCommit(Err(error))
        | Response::OffsetFetch(Err(error))
        | Response::ConsumerGroupHeartbeat(Err(error)) => Some(*error),
        Response::JoinGroup(Err(failed)) if failed.error != Error::MemberIdRequired => Some(failed.error),
        _ => None,
    }
}
