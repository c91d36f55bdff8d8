//! A broker alone: the test plays its followers, its clients and the controller.

use super::super::Broker;
use crate::message::{
    FetchPartition, FetchRequest, FetchedPartition, IsrProposal, Message, ProduceRequest, ProducedBatch, Request,
    Response,
};
use crate::metadata::{InitialCluster, PartitionState};
use crate::node::{Channel, Connection, Context, Effect, Input, Timer};
use crate::stage::Stage;
use crate::store::{Batch, Body, Scope, Sequence};
use highwater_model::presets::Preset;
use highwater_model::settings::{Acks, Isolation};
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, BrokerSet, ControllerId, Duration, Instant, NodeId, PartitionId, Setup};

pub const P: PartitionId = PartitionId(0);

/// How far the broker's wall clock is from the time since the start.
const WALL: u64 = 1_000_000_000_000;

/// A partition of the topic led by broker 1 in this epoch, with three replicas and this ISR.
pub fn led(leader_epoch: i32, partition_epoch: i32, isr: &[u8]) -> PartitionState {
    PartitionState {
        leader: Some(BrokerId(1)),
        leader_epoch,
        partition_epoch,
        isr: isr.iter().map(|n| BrokerId(*n)).collect(),
        ..PartitionState::healthy((1..=3).map(BrokerId).collect())
    }
}

/// The same, led by broker 2.
pub fn led_elsewhere(leader_epoch: i32, partition_epoch: i32) -> PartitionState {
    PartitionState { leader: Some(BrokerId(2)), ..led(leader_epoch, partition_epoch, &[1, 2, 3]) }
}

/// Three replicas, min.insync.replicas 1, followers lag after 100 ms.
pub fn setup() -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.cluster.offsets_topic_num_partitions = 1;
    setup.cluster.replica_lag_time_max_ms = 100;
    setup.topic.partitions = 1;
    setup.workload.producers = 2;
    setup
}

/// Broker 1, and all that it said.
pub struct Play {
    pub broker: Broker,
    pub stage: Stage,
    timers: Vec<(Instant, Timer)>,
    opened: Vec<Connection>,
    /// Messages that were not looked at yet.
    sent: Vec<(Connection, Message)>,
    /// Connections that it closed.
    pub closed: Vec<Connection>,
    /// All that it told.
    pub told: Vec<Entry>,
}

impl Play {
    /// A broker in the middle of normal life, whose partition 0 has this state, and a log of these batches: (records,
    /// leader epoch).
    pub fn new(setup: Setup, state: PartitionState, batches: &[(u32, i32)]) -> Self {
        let mut stage = Stage::of(setup);
        let mut initial = InitialCluster::place(&stage.setup, &stage.layout);
        initial.partitions[P.index()] = state;
        let mut broker = Broker::steady(BrokerId(1), &stage.setup, &stage.layout, &initial);
        let (mut base, mut places) = (0, Vec::new());
        for (count, leader_epoch) in batches.iter().copied() {
            let appended = Instant::ZERO;
            let bytes = 100 * count;
            let batch = Batch { base, appended, count, bytes, leader_epoch, sequence: None, body: Body::Foreign };
            base = batch.end();
            places.push(stage.store.append(P, batch));
        }
        broker.give_log(P, &places, (0, 0), u64::MAX, &stage.store);
        let mut play = Self {
            broker,
            stage,
            timers: Vec::new(),
            opened: Vec::new(),
            sent: Vec::new(),
            closed: Vec::new(),
            told: Vec::new(),
        };
        play.give(Input::Start);
        play
    }

    /// With these checks on or off from now on.
    #[cfg(feature = "mutants")]
    pub fn with_checks(mut self, checks: crate::checks::Checks) -> Self {
        self.stage.checks = checks;
        self
    }

    fn with(&mut self, work: impl FnOnce(&mut Broker, &mut Context)) {
        let mut context = self.stage.context();
        context.wall = Instant(context.now.0 + WALL);
        work(&mut self.broker, &mut context);
        self.told.append(&mut self.stage.out.told);
        for effect in std::mem::take(&mut self.stage.out.effects) {
            match effect {
                Effect::Open(connection) => self.opened.push(connection),
                Effect::Close(connection) => self.closed.push(connection),
                Effect::Send { connection, message, .. } => self.sent.push((connection, message)),
                Effect::Timer { at, timer, .. } => self.timers.push((at, timer)),
                Effect::Exit(state) => panic!("it is not asked to stop, and yet is {state}"),
            }
        }
    }

    /// Tells it something; every connection that it wants is opened.
    pub fn give(&mut self, input: Input) {
        self.with(|broker, context| broker.on(input, context));
        while let Some(connection) = self.opened.pop() {
            self.with(|broker, context| broker.on(Input::Opened(connection), context));
        }
    }

    /// Lets time pass, with all timers on the way.
    pub fn wait(&mut self, ms: u64) {
        let end = self.stage.now + Duration::from_millis(ms);
        while let Some(index) = (0..self.timers.len()).min_by_key(|index| (self.timers[*index].0, *index))
            && self.timers[index].0 <= end
        {
            let (at, timer) = self.timers.remove(index);
            self.stage.now = self.stage.now.max(at);
            self.give(Input::Timer(timer));
        }
        self.stage.now = end;
    }

    /// It reads in the metadata log that the partition changed.
    pub fn metadata(&mut self, state: &PartitionState) {
        self.with(|broker, context| {
            broker.take_role(P, state, context);
            broker.flush_wakes(context);
        });
        self.wait(1);
    }

    /// Producer `n` sends a batch.
    pub fn produce_by(&mut self, n: u8, acks: Acks, batch: ProducedBatch) {
        let batches = smallvec::smallvec![batch];
        let request = ProduceRequest { acks, timeout: Duration::from_secs(1), batches, transaction: None };
        self.request(producer(n), Request::Produce(Box::new(request)));
    }

    /// Producer 1 sends so many records, without sequence.
    pub fn produce(&mut self, acks: Acks, count: u32) {
        self.produce_by(1, acks, batch(count));
    }

    fn request(&mut self, connection: Connection, request: Request) {
        self.give(Input::Message(connection, Message::Request(request)));
        self.wait(1);
    }

    /// Follower `n` fetches from this offset on, and waits so long for an answer.
    pub fn fetch_and_wait(&mut self, n: u8, broker_epoch: Option<u64>, at: FetchPartition, wait_ms: u64) {
        let request = FetchRequest {
            replica: Some((BrokerId(n), broker_epoch)),
            rack: None,
            wait_max: Duration::from_millis(wait_ms),
            bytes_min: 1,
            bytes_max: u32::MAX,
            partition_bytes_max: u32::MAX,
            isolation: Isolation::ReadUncommitted,
            partitions: smallvec::smallvec![at],
            forget: smallvec::smallvec![],
        };
        self.request(follower(n), Request::Fetch(Box::new(request)));
    }

    /// Follower `n` fetches from this offset on, and is answered at once; none where there is nothing new for it.
    pub fn fetch(&mut self, n: u8, offset: u64) -> Option<FetchedPartition> {
        let at = self.at(offset);
        self.fetch_and_wait(n, self.epoch_of(n), at, 0);
        self.fetched(n)
    }

    /// A place to fetch from, in the leader's epoch.
    pub fn at(&self, offset: u64) -> FetchPartition {
        let leader_epoch = self.broker.replica(P).map(|replica| replica.leader_epoch);
        FetchPartition { partition: P, offset, leader_epoch, last_fetched_epoch: None }
    }

    /// The broker epoch of `n`.
    pub fn epoch_of(&self, n: u8) -> Option<u64> {
        self.broker.image().broker(BrokerId(n)).map(|broker| broker.epoch)
    }

    /// What follower `n` was answered of the partition.
    pub fn fetched(&mut self, n: u8) -> Option<FetchedPartition> {
        let answers = self.take(|connection, message| match message {
            Message::Response(Response::Fetch(response)) if *connection == follower(n) => Some(response.clone()),
            _ => None,
        });
        answers.into_iter().next_back()?.partitions.into_iter().next()
    }

    /// What producer `n` was answered, in order.
    pub fn produced_by(&mut self, n: u8) -> Vec<Result<u64, Error>> {
        self.take(|connection, message| match message {
            Message::Response(Response::Produce(results)) if *connection == producer(n) => Some(results[0].result),
            _ => None,
        })
    }

    /// What producer 1 was answered, in order.
    pub fn produced(&mut self) -> Vec<Result<u64, Error>> {
        self.produced_by(1)
    }

    /// The ISR changes of the partition that it proposed.
    pub fn proposals(&mut self) -> Vec<IsrProposal> {
        let requests = self.take(|_, message| match message {
            Message::Request(Request::AlterPartition(request)) => Some(request.partitions.clone()),
            _ => None,
        });
        requests.into_iter().flatten().filter(|proposal| proposal.partition == P).collect()
    }

    fn take<T>(&mut self, of: impl Fn(&Connection, &Message) -> Option<T>) -> Vec<T> {
        let mut taken = Vec::new();
        self.sent.retain(|(connection, message)| {
            let found = of(connection, message);
            let keep = found.is_none();
            taken.extend(found);
            keep
        });
        taken
    }

    /// The controller answers the proposal in flight.
    pub fn decide(&mut self, result: Result<PartitionState, Error>) {
        let controller = NodeId::Controller(ControllerId(1));
        let connection = Connection { client: self.broker.node(), server: controller, channel: Channel::Isr };
        let response = Response::AlterPartition(Ok(Box::new(vec![(P, result)])));
        self.give(Input::Message(connection, Message::Response(response)));
        self.wait(1);
    }

    /// Its high watermark.
    pub fn high_watermark(&self) -> u64 {
        self.broker.replica(P).expect("it has a replica").high_watermark
    }

    /// Its log end.
    pub fn end(&self) -> u64 {
        self.broker.replica(P).expect("it has a replica").log.end()
    }

    /// Its committed and its maximal ISR.
    pub fn isrs(&self) -> (BrokerSet, BrokerSet) {
        let leader = self.broker.replicas[P.index()].as_ref().and_then(|replica| replica.leader()).expect("it leads");
        (leader.isr, leader.maximal_isr())
    }
}

/// A batch of so many records, without sequence.
pub fn batch(count: u32) -> ProducedBatch {
    ProducedBatch { partition: P, send: 0, count, bytes: 100 * count, sequence: None }
}

/// A batch of producer id 7.
pub fn numbered(first: i32, count: u32) -> ProducedBatch {
    ProducedBatch {
        sequence: Some(Sequence { producer_id: 7, epoch: 0, first, scope: Scope::Session }),
        ..batch(count)
    }
}

/// These brokers.
pub fn set(of: &[u8]) -> BrokerSet {
    of.iter().map(|n| BrokerId(*n)).collect()
}

/// The members that a proposal names.
pub fn members(proposal: &IsrProposal) -> BrokerSet {
    proposal.isr.iter().map(|(broker, _)| *broker).collect()
}

/// Producer `n`'s connection.
pub fn producer(n: u8) -> Connection {
    Connection { client: NodeId::Producer(n), server: NodeId::Broker(BrokerId(1)), channel: Channel::Client }
}

fn follower(n: u8) -> Connection {
    let client = NodeId::Broker(BrokerId(n));
    Connection { client, server: NodeId::Broker(BrokerId(1)), channel: Channel::Replication }
}
