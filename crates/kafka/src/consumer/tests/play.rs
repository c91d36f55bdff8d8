//! A consumer client before a small scripted cluster: brokers that serve what a test puts into their logs, and a real
//! group coordinator whose appends are committed at once.

use crate::consumer::{Consumer, Poll, WAKE};
use crate::group::assignors::offered;
use crate::group::{Action, Actions, Beginning, Coordinator, group_partition};
use crate::message::{
    ClusterMetadata, EpochAnswer, FetchPartition, FetchResponse, FetchedPartition, JoinGroupRequest, ListAt,
    ListedOffset, Message, Request, Response, Subscription,
};
use crate::metadata::InitialCluster;
use crate::node::{Channel, Connection, Context, Effect, Input};
use crate::stage::Stage;
use crate::store::{Batch, Body, CommittedOffset};
use highwater_kernel::Queue;
use highwater_model::presets::Preset;
use highwater_model::trace::{Entry, Error, Slice};
use highwater_model::{BrokerId, BrokerSet, Duration, NodeId, PartitionId, Setup};
use smallvec::SmallVec;

/// One way.
const LATENCY: Duration = Duration::from_millis(1);
const COORDINATOR_TIMER: u16 = 9;

#[derive(Clone, Debug)]
enum Event {
    Client(Input),
    Broker(Connection, Request),
    /// A long poll ends.
    Expire(BrokerId, u32),
    CoordinatorTimer,
}

/// A consumer's fetch session at a broker.
#[derive(Clone, Debug, Default)]
struct Session {
    partitions: Vec<FetchPartition>,
    /// A fetch that waits for data, and its number.
    parked: Option<u32>,
    fetches: u32,
}

/// The play: a consumer with an application that polls, a cluster, and time.
pub(super) struct Play {
    pub(super) stage: Stage,
    pub(super) consumer: Consumer,
    /// Does the application poll, again and again?
    pub(super) polls: bool,
    /// What each `poll()` returned.
    pub(super) returned: Vec<Vec<Slice>>,
    pub(super) failed: Option<Error>,
    /// All that was told.
    pub(super) told: Vec<Entry>,
    /// All requests that reached a broker.
    pub(super) asked: Vec<(Connection, Request)>,
    /// What metadata says of each partition.
    pub(super) leaders: Vec<(Option<BrokerId>, i32)>,
    /// Each partition's log: places in its history.
    logs: Vec<Vec<u32>>,
    pub(super) log_start: u64,
    pub(super) down: BrokerSet,
    /// Brokers that hear and never answer.
    pub(super) mute: BrokerSet,
    pub(super) coordinator_at: BrokerId,
    pub(super) coordinator: Coordinator,
    sessions: Vec<Session>,
    open: Vec<Connection>,
    /// Connections whose request is being served, and the requests behind them.
    busy: Vec<Connection>,
    behind: Vec<(Connection, Request)>,
    queue: Queue<Event>,
}

impl Play {
    /// One consumer in the middle of normal life that owns both partitions of the topic.
    pub(super) fn steady(change: impl FnOnce(&mut Setup)) -> Self {
        let mut play = Self::set(change);
        let cluster = InitialCluster::place(&play.stage.setup, &play.stage.layout);
        let beginning = Beginning::steady(&play.stage.setup, &play.stage.layout);
        play.consumer = Consumer::member(1, &play.stage.setup, &play.stage.layout, &cluster, &beginning);
        for append in beginning.log(&play.stage.setup, &mut play.stage.store) {
            play.append_group(append.records, append.body);
        }
        play.load_coordinator();
        play.begin();
        play
    }

    /// One consumer that has just started, and a group without members that committed these offsets.
    pub(super) fn fresh(offsets: &[CommittedOffset], change: impl FnOnce(&mut Setup)) -> Self {
        let mut play = Self::set(change);
        play.stage.setup.cluster.group_initial_rebalance_delay_ms = 0;
        if !offsets.is_empty() {
            let body = Body::Offsets(play.stage.store.put_commit(offsets.to_vec()));
            play.append_group(offsets.len() as u32, body);
        }
        play.load_coordinator();
        play
    }

    fn set(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Preset::Defaults.setup();
        setup.topic.partitions = 2;
        setup.workload.consumers = 1;
        change(&mut setup);
        let layout = setup.layout();
        let cluster = InitialCluster::place(&setup, &layout);
        let leader = |partition: PartitionId| {
            let state = &cluster.partitions[partition.index()];
            (state.leader, state.leader_epoch)
        };
        Self {
            consumer: Consumer::new(1, None, &setup),
            polls: true,
            returned: Vec::new(),
            failed: None,
            told: Vec::new(),
            asked: Vec::new(),
            leaders: layout.data().map(leader).collect(),
            logs: vec![Vec::new(); usize::from(layout.data_partitions + layout.offsets_partitions)],
            log_start: 0,
            down: BrokerSet::EMPTY,
            mute: BrokerSet::EMPTY,
            coordinator_at: cluster.partitions[group_partition(&layout).index()].leader.expect("the cluster is whole"),
            coordinator: Coordinator::new(COORDINATOR_TIMER),
            sessions: vec![Session::default(); usize::from(setup.cluster.brokers) + 1],
            open: Vec::new(),
            busy: Vec::new(),
            behind: Vec::new(),
            queue: Queue::new(),
            stage: Stage::of(setup),
        }
    }

    /// The process begins.
    pub(super) fn begin(&mut self) {
        self.with(|consumer, _, context| consumer.start(context));
        self.poll();
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Consumer, &mut Coordinator, &mut Context) -> T) -> T {
        let mut context = self.stage.context();
        let result = work(&mut self.consumer, &mut self.coordinator, &mut context);
        self.told.append(&mut self.stage.out.told);
        for effect in std::mem::take(&mut self.stage.out.effects) {
            self.act(effect);
        }
        result
    }

    /// Another consumer joins the group, and assigns nothing itself: it is told what it gets.
    pub(super) fn newcomer(&mut self) {
        let connection = Connection {
            client: NodeId::Consumer(2),
            server: NodeId::Broker(self.coordinator_at),
            channel: Channel::Coordinator,
        };
        let forever = Duration::from_secs(600);
        let assignors = offered(self.stage.setup.consumer.partition_assignment_strategy);
        let mut join = Box::new(JoinGroupRequest {
            member: None,
            instance: None,
            consumer: 2,
            session_timeout: forever,
            rebalance_timeout: forever,
            subscription: Subscription { assignors, owned: Vec::new(), generation: -1 },
        });
        let given = self.with(|_, coordinator, context| {
            coordinator.on_request(connection, Request::JoinGroup(join.clone()), context)
        });
        let [Action::Reply { response: Response::JoinGroup(Err(refused)), .. }] = given[..] else { panic!() };
        join.member = refused.member;
        let actions =
            self.with(|_, coordinator, context| coordinator.on_request(connection, Request::JoinGroup(join), context));
        assert!(actions.is_empty(), "it waits for the others");
    }

    /// Calls the client as an application would, outside `poll()`.
    pub(super) fn call<T>(&mut self, work: impl FnOnce(&mut Consumer, &mut Context) -> T) -> T {
        self.with(|consumer, _, context| work(consumer, context))
    }

    /// The application's loop: what it is given is processed at once.
    pub(super) fn poll(&mut self) {
        while self.polls {
            let mut records = Vec::new();
            match self.with(|consumer, _, context| consumer.poll(&mut records, context)) {
                Poll::Records => self.returned.push(records),
                Poll::Waiting => return,
                Poll::Failed(error) => {
                    self.failed = Some(error);
                    self.polls = false;
                }
            }
        }
    }

    /// One call of `poll()` that is known to return records; then the application is busy.
    pub(super) fn poll_once(&mut self) -> Vec<Slice> {
        let mut records = Vec::new();
        let poll = self.with(|consumer, _, context| consumer.poll(&mut records, context));
        assert_eq!(poll, Poll::Records);
        records
    }

    fn act(&mut self, effect: Effect) {
        match effect {
            Effect::Open(connection) => {
                let input = if self.down.contains(broker_of(connection)) {
                    Input::Lost(connection)
                } else {
                    self.open.push(connection);
                    Input::Opened(connection)
                };
                self.push(LATENCY + LATENCY, Event::Client(input));
            }
            Effect::Close(connection) => self.forget(connection),
            Effect::Send { connection, message, .. } => {
                let Message::Request(request) = message else { panic!("a consumer sends requests") };
                assert!(self.open.contains(&connection), "it sends on open connections only");
                self.push(LATENCY, Event::Broker(connection, request));
            }
            Effect::Timer { at, timer, .. } => {
                let event = if timer.kind == COORDINATOR_TIMER {
                    Event::CoordinatorTimer
                } else {
                    assert_eq!(timer.kind, WAKE);
                    Event::Client(Input::Timer(timer))
                };
                self.push(at.since(self.stage.now), event);
            }
            Effect::Exit(_) => panic!("a client does not end its process"),
        }
    }

    fn push(&mut self, after: Duration, event: Event) {
        self.queue.push(self.stage.now + after, highwater_kernel::Class::Network, event);
    }

    fn forget(&mut self, connection: Connection) {
        self.open.retain(|open| *open != connection);
        self.busy.retain(|busy| *busy != connection);
        self.behind.retain(|(of, _)| *of != connection);
        if connection.channel == Channel::Client {
            self.sessions[usize::from(broker_of(connection).0)] = Session::default();
        } else {
            self.coordinator.on_lost(connection);
        }
    }

    /// A broker's process is killed: its connections are reset.
    pub(super) fn crash(&mut self, broker: BrokerId) {
        self.down = self.down.with(broker);
        let gone: Vec<_> = self.open.iter().copied().filter(|connection| broker_of(*connection) == broker).collect();
        for connection in gone {
            self.forget(connection);
            self.push(LATENCY, Event::Client(Input::Lost(connection)));
        }
    }

    /// Time passes.
    pub(super) fn run(&mut self, ms: u64) {
        let end = self.stage.now + Duration::from_millis(ms);
        while let Some((at, event)) = self.queue.pop_before(end) {
            self.stage.now = at;
            match event {
                Event::Client(input) => self.tell_client(input),
                Event::Broker(connection, request) => self.serve(connection, request),
                Event::Expire(broker, number) => {
                    if self.sessions[usize::from(broker.0)].parked == Some(number) {
                        self.answer_fetch(broker);
                    }
                }
                Event::CoordinatorTimer => {
                    let actions = self.with(|_, coordinator, context| coordinator.on_timer(context));
                    self.settle(actions);
                }
            }
        }
        self.stage.now = end;
    }

    fn tell_client(&mut self, input: Input) {
        if let Input::Message(connection, _) | Input::Opened(connection) = &input
            && !self.open.contains(connection)
        {
            return; // closed meanwhile
        }
        self.with(|consumer, _, context| consumer.on(input, context));
        self.poll();
    }

    /// Another leader, in the next epoch; metadata says so at once.
    pub(super) fn lead(&mut self, partition: u16, broker: u8) {
        let (leader, epoch) = &mut self.leaders[usize::from(partition)];
        (*leader, *epoch) = (Some(BrokerId(broker)), *epoch + 1);
    }

    /// A leader's log gets a batch of `count` records, in the leader's epoch.
    pub(super) fn produce(&mut self, partition: u16, count: u32) {
        let partition = PartitionId(partition);
        let (leader, leader_epoch) = self.leaders[partition.index()];
        let base = self.end(partition);
        let body = Body::Foreign;
        let appended = self.stage.now;
        let batch = Batch { base, appended, count, bytes: count * 100, leader_epoch, sequence: None, body };
        self.logs[partition.index()].push(self.stage.store.append(partition, batch));
        if let Some(leader) = leader
            && self.sessions[usize::from(leader.0)].parked.is_some()
        {
            self.answer_fetch(leader);
        }
    }

    /// The log is cut to its first `batches`.
    pub(super) fn truncate(&mut self, partition: u16, batches: usize) {
        self.logs[usize::from(partition)].truncate(batches);
    }

    fn end(&self, partition: PartitionId) -> u64 {
        let last = self.logs[partition.index()].last();
        last.map_or(0, |place| self.stage.store.batch(partition, *place).end())
    }

    fn append_group(&mut self, count: u32, body: Body) {
        let partition = group_partition(&self.stage.layout);
        let base = self.end(partition);
        let batch = Batch { base, appended: self.stage.now, count, bytes: 100, leader_epoch: 0, sequence: None, body };
        self.logs[partition.index()].push(self.stage.store.append(partition, batch));
    }

    pub(super) fn load_coordinator(&mut self) {
        let partition = group_partition(&self.stage.layout);
        let log = self.logs[partition.index()].clone();
        self.coordinator = Coordinator::new(COORDINATOR_TIMER);
        self.with(|_, coordinator, context| coordinator.load(partition, log.into_iter(), context));
    }

    pub(super) fn reply(&mut self, connection: Connection, response: Response) {
        if connection.client == NodeId::Consumer(1) && !self.mute.contains(broker_of(connection)) {
            let input = Input::Message(connection, Message::Response(response));
            self.push(LATENCY, Event::Client(input));
        }
        self.busy.retain(|busy| *busy != connection);
        if let Some(next) = self.behind.iter().position(|(of, _)| *of == connection) {
            let (_, request) = self.behind.remove(next);
            self.serve(connection, request);
        }
    }

    pub(super) fn settle(&mut self, actions: Actions) {
        for action in actions {
            match action {
                Action::Reply { connection, response } => self.reply(connection, response),
                Action::Append { append, ticket, .. } => {
                    self.append_group(append.records, append.body);
                    let done = self.with(|_, coordinator, context| coordinator.appended(ticket, Ok(0), context));
                    self.settle(done);
                }
            }
        }
    }

    fn serve(&mut self, connection: Connection, request: Request) {
        if !self.open.contains(&connection) {
            return;
        }
        if self.busy.contains(&connection) {
            return self.behind.push((connection, request));
        }
        self.busy.push(connection);
        self.asked.push((connection, request.clone()));
        let broker = broker_of(connection);
        let response = match request {
            Request::Metadata => {
                let all = (1..=self.stage.setup.cluster.brokers).map(BrokerId).collect::<BrokerSet>();
                let partitions = self.leaders.clone();
                Response::Metadata(Box::new(ClusterMetadata { brokers: all.minus(self.down), partitions }))
            }
            Request::FindCoordinator => Response::FindCoordinator(Ok(self.coordinator_at)),
            Request::Fetch(fetch) => {
                let session = &mut self.sessions[usize::from(broker.0)];
                session.partitions.retain(|known| {
                    !fetch.forget.contains(&known.partition)
                        && fetch.partitions.iter().all(|new| new.partition != known.partition)
                });
                session.partitions.extend(fetch.partitions.iter().copied());
                session.fetches += 1;
                session.parked = Some(session.fetches);
                if self.is_readable(broker) {
                    return self.answer_fetch(broker);
                }
                let number = self.sessions[usize::from(broker.0)].fetches;
                return self.push(fetch.wait_max, Event::Expire(broker, number));
            }
            Request::ListOffsets(request) => {
                let list = |(partition, _): &(PartitionId, Option<i32>)| {
                    let offset = if request.at == ListAt::Earliest { self.log_start } else { self.end(*partition) };
                    ListedOffset {
                        partition: *partition,
                        result: Ok(Some((offset, self.leaders[partition.index()].1))),
                    }
                };
                Response::ListOffsets(Box::new(request.partitions.iter().map(list).collect()))
            }
            Request::OffsetForLeaderEpoch(queries) => {
                let answers = queries.iter().map(|query| EpochAnswer {
                    partition: query.partition,
                    result: Ok(self.epoch_end(query.partition, query.epoch)),
                });
                Response::OffsetForLeaderEpoch(Box::new(answers.collect()))
            }
            group if broker == self.coordinator_at => {
                let actions = self.with(|_, coordinator, context| coordinator.on_request(connection, group, context));
                return self.settle(actions);
            }
            group => {
                let mut elsewhere = Coordinator::new(COORDINATOR_TIMER);
                let actions = self.with(|_, _, context| elsewhere.on_request(connection, group, context));
                return self.settle(actions);
            }
        };
        self.reply(connection, response);
    }

    /// The largest epoch of the log that is not above, and where it ends.
    fn epoch_end(&self, partition: PartitionId, epoch: i32) -> Option<(i32, u64)> {
        let mut batches = self.logs[partition.index()].iter().map(|place| *self.stage.store.batch(partition, *place));
        let own = batches.rfind(|batch| batch.leader_epoch <= epoch)?;
        Some((own.leader_epoch, own.end()))
    }

    fn fetched(&self, broker: BrokerId, wanted: &FetchPartition) -> FetchedPartition {
        let (partition, offset) = (wanted.partition, wanted.offset);
        let (leader, epoch) = self.leaders[partition.index()];
        let end = self.end(partition);
        let error = match wanted.leader_epoch {
            _ if leader != Some(broker) => Some(Error::NotLeaderOrFollower),
            Some(known) if known < epoch => Some(Error::FencedLeaderEpoch),
            Some(known) if epoch < known => Some(Error::UnknownLeaderEpoch),
            _ if offset < self.log_start || end < offset => Some(Error::OffsetOutOfRange),
            _ => None,
        };
        let mut batches = SmallVec::new();
        let mut bytes = 0;
        if error.is_none() {
            for place in &self.logs[partition.index()] {
                let batch = self.stage.store.batch(partition, *place);
                if offset < batch.end() {
                    batches.push((*place, *place + 1));
                    bytes += batch.bytes;
                }
            }
        }
        FetchedPartition {
            partition,
            offset,
            error,
            batches,
            bytes,
            high_watermark: end,
            log_start: self.log_start,
            diverging: None,
            last_stable: 0,
            aborted: Vec::new(),
            preferred: None,
        }
    }

    fn is_readable(&self, broker: BrokerId) -> bool {
        let session = &self.sessions[usize::from(broker.0)];
        session.partitions.iter().any(|wanted| {
            let fetched = self.fetched(broker, wanted);
            fetched.error.is_some() || !fetched.batches.is_empty()
        })
    }

    fn answer_fetch(&mut self, broker: BrokerId) {
        let wanted = self.sessions[usize::from(broker.0)].partitions.clone();
        let partitions = wanted.iter().map(|wanted| self.fetched(broker, wanted));
        let response = FetchResponse {
            partitions: partitions.filter(|one| one.error.is_some() || !one.batches.is_empty()).collect(),
        };
        self.sessions[usize::from(broker.0)].parked = None;
        let client = NodeId::Consumer(1);
        let connection = Connection { client, server: NodeId::Broker(broker), channel: Channel::Client };
        self.reply(connection, Response::Fetch(Box::new(response)));
    }

    // --- what tests look at ---

    /// Offsets that were returned of a partition, first and exclusive end of each slice.
    pub(super) fn read(&self, partition: u16) -> Vec<(u64, u64)> {
        let partition = PartitionId(partition);
        let of = |slice: &&Slice| slice.partition == partition;
        self.returned
            .iter()
            .flatten()
            .filter(of)
            .map(|slice| {
                let base = self.stage.store.batch(partition, slice.batch).base + u64::from(slice.skip);
                (base, base + u64::from(slice.count))
            })
            .collect()
    }

    /// The group's committed offset of a partition, as the log has it.
    pub(super) fn committed(&self, partition: u16) -> Option<CommittedOffset> {
        let group = group_partition(&self.stage.layout);
        let commits =
            self.logs[group.index()].iter().filter_map(|place| match self.stage.store.batch(group, *place).body {
                Body::Offsets(commit) => Some(self.stage.store.commit(commit)),
                _ => None,
            });
        commits.flatten().copied().rfind(|offset| offset.partition == PartitionId(partition))
    }

    pub(super) fn position(&self, partition: u16) -> Option<u64> {
        self.consumer.owned().find(|owned| owned.partition == PartitionId(partition)).map(|owned| owned.position)
    }

    pub(super) fn count_asked(&self, which: impl Fn(&Request) -> bool) -> usize {
        self.asked.iter().filter(|(_, request)| which(request)).count()
    }
}

pub(super) fn broker_of(connection: Connection) -> BrokerId {
    let NodeId::Broker(broker) = connection.server else { panic!("consumers talk to brokers") };
    broker
}
