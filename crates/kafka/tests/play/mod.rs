//! A stage for a producer client: brokers that answer only what the play says, and time that moves only when it is
//! told to.

use highwater_kafka::checks::Checks;
use highwater_kafka::message::{ClusterMetadata, Message, ProduceResult, Request, Response};
use highwater_kafka::metadata::{InitialCluster, PartitionState};
use highwater_kafka::node::{Connection, Context, Effect, Input, Out, Timer};
use highwater_kafka::producer::{Contents, Producer, Source};
use highwater_kafka::store::{ProducerId, Store};
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::presets::Preset;
use highwater_model::settings::Acks;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, Layout, NodeId, PartitionId, Setup};
use std::collections::VecDeque;

/// Three brokers and six partitions; records of 500 bytes with keys of 8. Partition p is led by broker p % 3 + 1.
pub fn setup(change: impl FnOnce(&mut Setup)) -> Setup {
    let mut setup = Preset::Defaults.setup();
    change(&mut setup);
    setup
}

/// What a broker answers.
#[derive(Clone, Copy, Debug)]
pub enum Answer {
    /// Written.
    Ok,
    /// Not written, or not known.
    Error(Error),
    /// Not here; with the leader and its epoch.
    Moved { leader: u8, epoch: i32 },
}

/// How many records the application put into each open batch.
#[derive(Default)]
struct Tally {
    open: Vec<u32>,
    next: u64,
}

impl Source for Tally {
    fn settle(&mut self, partition: PartitionId, _now: Instant) -> (u32, Duration) {
        (self.open[partition.index()], Duration::ZERO)
    }

    fn close(&mut self, partition: PartitionId) -> Contents {
        let count = std::mem::take(&mut self.open[partition.index()]);
        let first = self.next;
        self.next += u64::from(count);
        Contents {
            stream: partition,
            first,
            count,
            first_arrival: Instant::ZERO,
            arrival_span: Duration::ZERO,
            send_span: Duration::ZERO,
        }
    }
}

/// A producer on its stage.
pub struct Play {
    producer: Producer,
    tally: Tally,
    setup: Setup,
    layout: Layout,
    store: Store,
    dice: Dice,
    out: Out,
    now: Instant,
    timers: Vec<(Instant, Timer)>,
    /// Requests without an answer, by broker, and since when.
    waiting: Vec<VecDeque<Request>>,
    /// Brokers that do not answer a connection attempt.
    unreachable: BrokerSet,
    /// Produce requests as words, since they were last asked about.
    sent: Vec<String>,
    sequences: Vec<String>,
    asked: Vec<Request>,
    told: Vec<Entry>,
}

impl Play {
    /// A client that has been at work for a while, its connections open.
    pub fn new(setup: Setup) -> Self {
        let leader = |partition: u16| BrokerId(partition as u8 % 3 + 1);
        let cluster = InitialCluster {
            brokers: InitialCluster::place(&setup, &setup.layout()).brokers,
            partitions: (0..setup.topic.partitions)
                .map(|n| PartitionState {
                    leader_epoch: 0,
                    ..PartitionState::healthy([leader(n)].into_iter().collect())
                })
                .collect(),
        };
        let producer = Producer::steady(1, &setup, &cluster);
        let mut play = Self::with(producer, setup);
        play.act(|producer, _, context| producer.open_connections(context));
        play
    }

    /// A client that has just been started.
    pub fn restarted(setup: Setup) -> Self {
        let producer = Producer::new(1, &setup);
        let mut play = Self::with(producer, setup);
        play.act(|_, _, _| ());
        play
    }

    fn with(producer: Producer, setup: Setup) -> Self {
        let layout = setup.layout();
        let partitions = usize::from(setup.topic.partitions);
        Self {
            producer,
            tally: Tally { open: vec![0; partitions], next: 0 },
            store: Store::new(setup.topic.partitions),
            dice: Seed(5).dice(Stream::Node(NodeId::Producer(1))),
            setup,
            layout,
            out: Out::default(),
            now: Instant::ZERO,
            timers: Vec::new(),
            waiting: vec![VecDeque::new(); 4],
            unreachable: BrokerSet::EMPTY,
            sent: Vec::new(),
            sequences: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
        }
    }

    fn quietly<R>(&mut self, act: impl FnOnce(&mut Producer, &mut Tally, &mut Context) -> R) -> R {
        let mut context = Context {
            now: self.now,
            wall: self.now,
            setup: &self.setup,
            layout: &self.layout,
            store: &mut self.store,
            dice: &mut self.dice,
            checks: Checks::default(),
            out: &mut self.out,
        };
        act(&mut self.producer, &mut self.tally, &mut context)
    }

    /// Does something with the client, and gives its sender a turn.
    fn act<R>(&mut self, act: impl FnOnce(&mut Producer, &mut Tally, &mut Context) -> R) -> R {
        let result = self.quietly(act);
        self.quietly(|producer, tally, context| producer.run(tally, context));
        self.perform();
        result
    }

    fn perform(&mut self) {
        self.told.append(&mut self.out.told);
        for effect in std::mem::take(&mut self.out.effects) {
            match effect {
                Effect::Open(connection) => self.open(connection),
                Effect::Close(connection) => self.waiting[broker_of(connection)].clear(),
                Effect::Send { connection, message: Message::Request(request), .. } => {
                    self.note(connection, &request);
                    let silent = matches!(&request, Request::Produce(produce) if produce.acks == Acks::None);
                    if !silent {
                        self.waiting[broker_of(connection)].push_back(request);
                    }
                }
                Effect::Timer { at, timer, .. } => self.timers.push((at, timer)),
                other => panic!("a producer does not say {other:?}"),
            }
        }
    }

    fn open(&mut self, connection: Connection) {
        let input = if self.unreachable.contains(BrokerId(broker_of(connection) as u8)) {
            Input::Lost(connection)
        } else {
            Input::Opened(connection)
        };
        self.act(|producer, tally, context| producer.on(input, tally, context));
    }

    fn note(&mut self, connection: Connection, request: &Request) {
        if let Request::Produce(produce) = request {
            let batches: Vec<String> =
                produce.batches.iter().map(|batch| format!("p{} x{}", batch.partition.0, batch.count)).collect();
            self.sent.push(format!("{}: {}", connection.server, batches.join(" ")));
            for sequence in produce.batches.iter().filter_map(|batch| batch.sequence) {
                self.sequences.push(format!("{}/{}:{}", sequence.producer_id, sequence.epoch, sequence.first));
            }
        }
        self.asked.push(request.clone());
    }

    /// Puts records into the partition's batch.
    pub fn send(&mut self, partition: u16, count: u32) {
        if self.tally.open[usize::from(partition)] == 0 {
            assert!(self.try_open(partition), "there is memory");
        }
        self.tally.open[usize::from(partition)] += count;
        self.act(|_, _, _| ());
    }

    /// Puts records into a new batch, whether or not the last one is full.
    pub fn send_in_new_batch(&mut self, partition: u16, count: u32) {
        if self.tally.open[usize::from(partition)] != 0 {
            self.quietly(|producer, tally, context| {
                let contents = tally.close(PartitionId(partition));
                producer.close(PartitionId(partition), contents, context);
            });
        }
        self.send(partition, count);
    }

    /// Sends one record into a new batch; does it fit into memory?
    pub fn try_send(&mut self, partition: u16) -> bool {
        let opened = self.try_open(partition);
        self.tally.open[usize::from(partition)] += u32::from(opened);
        self.act(|_, _, _| ());
        opened
    }

    fn try_open(&mut self, partition: u16) -> bool {
        self.quietly(|producer, _, context| {
            producer.reserve(context.setup) && {
                producer.open(PartitionId(partition), context);
                true
            }
        })
    }

    /// Puts records into several partitions' batches before the sender has a turn.
    pub fn send_all(&mut self, records: &[(u16, u32)]) {
        for (partition, count) in records {
            assert!(self.try_open(*partition), "there is memory");
            self.tally.open[usize::from(*partition)] += count;
        }
        self.act(|_, _, _| ());
    }

    /// Lets time pass.
    pub fn run_until(&mut self, ms: u64) {
        let until = Instant::from_millis(ms);
        while let Some(index) = (0..self.timers.len()).min_by_key(|index| self.timers[*index].0) {
            if until < self.timers[index].0 {
                break;
            }
            let (at, timer) = self.timers.remove(index);
            self.now = at;
            self.act(|producer, tally, context| producer.on(Input::Timer(timer), tally, context));
        }
        self.now = until;
    }

    pub fn now_ms(&self) -> u64 {
        self.now.as_millis()
    }

    /// Answers the oldest request of a broker.
    pub fn answer(&mut self, broker: u8, answer: Answer) {
        assert!(self.answer_if_any(broker, answer), "b{broker} has something to answer");
    }

    /// Answers the oldest request of a broker at that time, before any timer of the moment.
    pub fn answer_at(&mut self, broker: u8, answer: Answer, ms: u64) {
        self.now = Instant::from_millis(ms);
        self.answer(broker, answer);
    }

    /// Answers all requests of a broker, those too that come with the answers.
    pub fn answer_all(&mut self, broker: u8, answer: Answer) {
        while self.answer_if_any(broker, answer) {}
    }

    /// Answers the oldest request of a broker, if there is one.
    fn answer_if_any(&mut self, broker: u8, answer: Answer) -> bool {
        let Some(request) = self.waiting[usize::from(broker)].pop_front() else { return false };
        let response = match request {
            Request::Produce(produce) => {
                let result = |(index, batch): (usize, &highwater_kafka::message::ProducedBatch)| ProduceResult {
                    partition: batch.partition,
                    send: batch.send,
                    result: match answer {
                        Answer::Ok => Ok(index as u64),
                        Answer::Error(error) => Err(error),
                        Answer::Moved { .. } => Err(Error::NotLeaderOrFollower),
                    },
                    leader_hint: match answer {
                        Answer::Moved { leader, epoch } => Some((BrokerId(leader), epoch)),
                        Answer::Ok | Answer::Error(_) => None,
                    },
                };
                Response::Produce(Box::new(produce.batches.iter().enumerate().map(result).collect()))
            }
            Request::Metadata => self.metadata(|partition| Some(partition as u8 % 3 + 1), 0),
            Request::InitProducerId(_) => Response::InitProducerId(Ok(ProducerId { id: 77, epoch: 0 })),
            other => panic!("a producer does not ask {other:?}"),
        };
        self.respond(broker, response);
        true
    }

    fn metadata(&self, leader: impl Fn(u16) -> Option<u8>, epoch: i32) -> Response {
        let partitions =
            (0..self.setup.topic.partitions).map(|partition| (leader(partition).map(BrokerId), epoch)).collect();
        Response::Metadata(Box::new(ClusterMetadata { brokers: (1..=3).map(BrokerId).collect(), partitions }))
    }

    fn respond(&mut self, broker: u8, response: Response) {
        let connection = connection_to(broker);
        let message = Message::Response(response);
        self.act(|producer, tally, context| producer.on(Input::Message(connection, message), tally, context));
    }

    /// Answers the one metadata request that waits, wherever it waits.
    pub fn answer_metadata(&mut self, leader: impl Fn(u16) -> Option<u8>, epoch: i32) {
        let broker = self.waits_at(|request| matches!(request, Request::Metadata));
        let response = self.metadata(leader, epoch);
        self.respond(broker, response);
    }

    /// The client learns that b2 leads the partition now, in another epoch.
    pub fn moves_to_b2(&mut self, partition: u16) {
        self.lose(3);
        self.run_until(self.now_ms() + 5);
        self.answer_metadata(|of| Some(if of == partition { 2 } else { of as u8 % 3 + 1 }), 1);
    }

    fn waits_at(&mut self, is: impl Fn(&Request) -> bool) -> u8 {
        let broker = (1..=3).find(|broker| self.waiting[*broker].front().is_some_and(&is)).expect("such a request");
        self.waiting[broker].pop_front();
        broker as u8
    }

    /// A broker's connection is gone.
    pub fn lose(&mut self, broker: u8) {
        self.waiting[usize::from(broker)].clear();
        let connection = connection_to(broker);
        self.act(|producer, tally, context| producer.on(Input::Lost(connection), tally, context));
    }

    /// A broker refuses connections from now on, and breaks the one there is.
    pub fn unreachable(&mut self, broker: u8) {
        self.unreachable = self.unreachable.with(BrokerId(broker));
        self.lose(broker);
    }

    /// A broker accepts connections again.
    pub fn reachable(&mut self, broker: u8) {
        self.unreachable = self.unreachable.without(BrokerId(broker));
    }

    /// The process dies.
    pub fn crash(&mut self) {
        self.quietly(|producer, tally, context| producer.crash(tally, context));
        self.told.append(&mut self.out.told);
    }

    /// Produce requests since this was last asked.
    pub fn produced(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }

    /// Sequences of all batches sent, as `id/epoch:first`.
    pub fn sequences(&self) -> Vec<String> {
        self.sequences.clone()
    }

    /// Was there such a request since this was last asked?
    pub fn asked(&mut self, is: impl Fn(&Request) -> bool) -> bool {
        std::mem::take(&mut self.asked).iter().any(is)
    }

    /// Entries told so far of some kind.
    pub fn count(&self, is: impl Fn(&Entry) -> bool) -> usize {
        self.told.iter().filter(|entry| is(entry)).count()
    }

    /// Batches reported as sent.
    pub fn acked(&self) -> usize {
        self.count(|entry| matches!(entry, Entry::Acked { .. }))
    }

    /// Errors of the batches reported as failed.
    pub fn failed(&self) -> Vec<Error> {
        let error = |entry: &Entry| match entry {
            Entry::Failed { error, .. } => Some(*error),
            _ => None,
        };
        self.told.iter().filter_map(error).collect()
    }
}

fn connection_to(broker: u8) -> Connection {
    Connection {
        client: NodeId::Producer(1),
        server: NodeId::Broker(BrokerId(broker)),
        channel: highwater_kafka::node::Channel::Client,
    }
}

fn broker_of(connection: Connection) -> usize {
    match connection.server {
        NodeId::Broker(broker) => usize::from(broker.0),
        other => panic!("{other} is no broker"),
    }
}
