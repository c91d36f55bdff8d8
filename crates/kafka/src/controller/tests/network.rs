//! A network for plays: controllers joined by links of fixed latency, and brokers that do no more than live.

use super::super::Controller;
use crate::checks::Checks;
use crate::message::{
    AlterPartitionRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest, FetchMetadataRequest, IsrProposal,
    Message, Request, Response,
};
use crate::metadata::{DirectorySet, Image, InitialCluster};
use crate::node::{Channel, Connection, Context, Effect, Input, Out};
use crate::store::Store;
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, ControllerId, Duration, Instant, Layout, NodeId, PartitionId, Setup};
use std::collections::{BTreeMap, BTreeSet};

/// One way.
const LATENCY: Duration = Duration::from_micros(500);
/// How often a broker looks whether it has something to send.
const TICK: Duration = Duration::from_millis(20);
/// A broker that gets no answer asks again.
const PATIENCE: Duration = Duration::from_millis(2_000);

enum Event {
    /// To a controller's process of that life.
    Input(ControllerId, u32, Input),
    /// To a broker.
    Answer(BrokerId, u32, Response),
    Tick(BrokerId),
}

/// A broker that registers, beats, and reads the metadata log.
pub struct TestBroker {
    pub id: BrokerId,
    pub image: Image,
    pub epoch: Option<u64>,
    pub previous_epoch: Option<u64>,
    pub up: bool,
    pub stopping: bool,
    pub registration_errors: Vec<Error>,
    pub altered: Vec<Result<Vec<String>, Error>>,
    life: u32,
    guess: ControllerId,
    fetching: Option<Instant>,
    beating: Option<Instant>,
    next_beat: Instant,
}

pub struct Network {
    pub setup: Setup,
    pub layout: Layout,
    pub controllers: Vec<Controller>,
    pub brokers: Vec<TestBroker>,
    pub now: Instant,
    pub told: Vec<(Instant, Entry)>,
    pub checks: Checks,
    lives: Vec<u32>,
    /// What paused controllers will be told when they go on.
    held: Vec<Option<Vec<Input>>>,
    queue: BTreeMap<(Instant, u64), Event>,
    next: u64,
    connections: BTreeSet<Connection>,
    cuts: Vec<(NodeId, NodeId)>,
    dice: Vec<Dice>,
    store: Store,
    out: Out,
}

pub fn controller(n: u8) -> NodeId {
    NodeId::Controller(ControllerId(n))
}

pub fn broker(n: u8) -> NodeId {
    NodeId::Broker(BrokerId(n))
}

impl Network {
    /// In the middle of normal life.
    pub fn new(setup: &Setup, seed: u64) -> Self {
        let layout = setup.layout();
        let initial = InitialCluster::place(setup, &layout);
        let ids = (1..=setup.cluster.controllers).map(ControllerId);
        let mut network = Self {
            controllers: ids.clone().map(|id| Controller::steady(id, setup, &layout, &initial)).collect(),
            brokers: (1..=setup.cluster.brokers).map(|n| TestBroker::new(BrokerId(n), &initial, seed)).collect(),
            now: Instant::ZERO,
            told: Vec::new(),
            checks: Checks::default(),
            lives: vec![0; ids.len()],
            held: vec![None; ids.len()],
            queue: BTreeMap::new(),
            next: 0,
            connections: BTreeSet::new(),
            cuts: Vec::new(),
            dice: ids.clone().map(|id| Seed(seed).dice(Stream::Node(NodeId::Controller(id)))).collect(),
            store: Store::new(layout.data_partitions + layout.offsets_partitions),
            out: Out::default(),
            setup: setup.clone(),
            layout,
        };
        for id in ids {
            network.push(Instant::ZERO, Event::Input(id, 0, Input::Start));
        }
        for n in 1..=setup.cluster.brokers {
            network.push(Instant::ZERO, Event::Tick(BrokerId(n)));
        }
        network
    }

    pub fn run_until(&mut self, ms: u64) {
        let end = Instant::from_millis(ms);
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= end) {
            let ((at, _), event) = entry.remove_entry();
            self.now = at;
            self.happen(event);
        }
        self.now = end;
    }

    pub fn crash(&mut self, n: u8) {
        self.controllers[usize::from(n) - 1].crash();
        self.lives[usize::from(n) - 1] += 1;
        self.held[usize::from(n) - 1] = None;
        self.drop_connections(controller(n));
    }

    /// Its process stands still: what it would be told is held.
    pub fn pause(&mut self, n: u8) {
        self.held[usize::from(n) - 1].get_or_insert_default();
    }

    /// It goes on, with all that was held, in order.
    pub fn resume(&mut self, n: u8) {
        for input in self.held[usize::from(n) - 1].take().into_iter().flatten() {
            self.with(ControllerId(n), |controller, context| controller.on(input, context));
        }
    }

    pub fn start(&mut self, n: u8) {
        let id = ControllerId(n);
        self.push(self.now, Event::Input(id, self.lives[usize::from(n) - 1], Input::Start));
    }

    pub fn stop(&mut self, n: u8) {
        self.with(ControllerId(n), |controller, context| controller.stop(context));
    }

    /// Nothing passes between the two, either way; nobody is told.
    pub fn cut(&mut self, a: NodeId, b: NodeId) {
        self.cuts.push((a, b));
    }

    pub fn isolate_controller(&mut self, n: u8) {
        for peer in (1..=self.setup.cluster.controllers).filter(|peer| *peer != n) {
            self.cut(controller(n), controller(peer));
        }
    }

    pub fn heal(&mut self) {
        self.cuts.clear();
    }

    pub fn crash_broker(&mut self, n: u8) {
        let broker = self.broker(n);
        broker.up = false;
        broker.life += 1;
        broker.previous_epoch = None;
    }

    /// A new process of the broker; `previous_epoch` says whether the last one stopped cleanly.
    pub fn start_broker(&mut self, n: u8) {
        let now = self.now;
        let broker = self.broker(n);
        broker.up = true;
        broker.stopping = false;
        broker.life += 1;
        broker.epoch = None;
        (broker.fetching, broker.beating, broker.next_beat) = (None, None, now);
    }

    pub fn stop_broker(&mut self, n: u8) {
        let now = self.now;
        let broker = self.broker(n);
        broker.stopping = true;
        broker.next_beat = now;
    }

    /// The broker proposes this ISR to the controller that it takes for the active one, with the epochs that it knows.
    pub fn propose(&mut self, n: u8, partition: u16, isr: &[u8]) {
        let partition = PartitionId(partition);
        let broker = self.broker(n);
        let state = broker.image.partition(partition).expect("the partition exists").clone();
        let member = |n: &u8| (BrokerId(*n), broker.image.broker(BrokerId(*n)).map(|state| state.epoch));
        let proposal = IsrProposal {
            partition,
            leader_epoch: state.leader_epoch,
            partition_epoch: state.partition_epoch,
            isr: isr.iter().map(member).collect(),
            recovering: false,
        };
        let request = AlterPartitionRequest {
            broker: BrokerId(n),
            broker_epoch: broker.epoch.expect("registered"),
            partitions: vec![proposal],
        };
        self.ask(BrokerId(n), Channel::Isr, Request::AlterPartition(Box::new(request)));
    }

    pub fn broker(&mut self, n: u8) -> &mut TestBroker {
        &mut self.brokers[usize::from(n) - 1]
    }

    /// Who believes to be active.
    pub fn active(&self) -> Vec<u8> {
        let active = self.controllers.iter().filter(|controller| controller.is_active());
        active.map(|controller| controller.id.0).collect()
    }

    /// When the first entry of this kind after `from_ms` was told, in milliseconds.
    pub fn when(&self, from_ms: u64, wanted: impl Fn(&Entry) -> bool) -> Option<u64> {
        let from = Instant::from_millis(from_ms);
        self.told.iter().find(|(at, entry)| from < *at && wanted(entry)).map(|(at, _)| at.as_millis())
    }

    fn push(&mut self, at: Instant, event: Event) {
        self.next += 1;
        self.queue.insert((at, self.next), event);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Input(id, life, input) if life == self.lives[usize::from(id.0) - 1] => {
                match &mut self.held[usize::from(id.0) - 1] {
                    Some(held) => held.push(input),
                    None => self.with(id, |controller, context| controller.on(input, context)),
                }
            }
            Event::Answer(id, life, response) => {
                let (now, controllers) = (self.now, self.setup.cluster.controllers);
                let broker = self.broker(id.0);
                if broker.up && broker.life == life {
                    broker.answered(response, controllers, now);
                }
            }
            Event::Tick(id) => {
                self.tick(id);
                self.push(self.now + TICK, Event::Tick(id));
            }
            Event::Input(..) => (),
        }
    }

    pub fn with(&mut self, id: ControllerId, act: impl FnOnce(&mut Controller, &mut Context)) {
        let index = usize::from(id.0) - 1;
        let mut out = std::mem::take(&mut self.out);
        let mut context = Context {
            now: self.now,
            wall: self.now,
            setup: &self.setup,
            layout: &self.layout,
            store: &mut self.store,
            dice: &mut self.dice[index],
            checks: self.checks,
            out: &mut out,
        };
        act(&mut self.controllers[index], &mut context);
        let now = self.now;
        self.told.extend(out.told.drain(..).map(|entry| (now, entry)));
        for effect in out.effects.drain(..) {
            self.apply(id, effect);
        }
        self.out = out;
    }

    fn apply(&mut self, of: ControllerId, effect: Effect) {
        match effect {
            Effect::Timer { at, timer, .. } => {
                self.push(at, Event::Input(of, self.lives[usize::from(of.0) - 1], Input::Timer(timer)));
            }
            Effect::Open(connection) => self.open(connection),
            Effect::Close(connection) => {
                self.connections.remove(&connection);
                if self.passes(connection) {
                    self.tell_end(connection.server, Input::Lost(connection), LATENCY);
                }
            }
            Effect::Send { connection, message, after, .. } => {
                let to = if connection.client == controller(of.0) { connection.server } else { connection.client };
                if !self.passes(connection) {
                    return;
                }
                match (to, message) {
                    (NodeId::Broker(id), Message::Response(response)) => {
                        let life = self.broker(id.0).life;
                        self.push(self.now + LATENCY + after, Event::Answer(id, life, response));
                    }
                    (to, message) if self.connections.contains(&connection) => {
                        self.tell_end(to, Input::Message(connection, message), LATENCY + after);
                    }
                    _ => (),
                }
            }
            Effect::Exit(_) => {
                self.lives[usize::from(of.0) - 1] += 1;
                self.drop_connections(controller(of.0));
            }
        }
    }

    fn open(&mut self, connection: Connection) {
        let up = match connection.server {
            NodeId::Controller(id) => self.controllers[usize::from(id.0) - 1].accepts(),
            _ => false,
        };
        if !self.passes(connection) {
            self.tell_end(connection.client, Input::Lost(connection), Duration::from_secs(10));
        } else if up {
            self.connections.insert(connection);
            self.tell_end(connection.client, Input::Opened(connection), LATENCY.times(2));
        } else {
            self.tell_end(connection.client, Input::Lost(connection), LATENCY.times(2));
        }
    }

    fn drop_connections(&mut self, gone: NodeId) {
        let lost = |connection: &Connection| connection.client == gone || connection.server == gone;
        let dropped: Vec<Connection> = self.connections.iter().copied().filter(lost).collect();
        for connection in dropped {
            self.connections.remove(&connection);
            let other = if connection.client == gone { connection.server } else { connection.client };
            if self.passes(connection) {
                self.tell_end(other, Input::Lost(connection), LATENCY);
            }
        }
    }

    fn tell_end(&mut self, to: NodeId, input: Input, after: Duration) {
        if let NodeId::Controller(id) = to {
            self.push(self.now + after, Event::Input(id, self.lives[usize::from(id.0) - 1], input));
        }
    }

    fn passes(&self, connection: Connection) -> bool {
        let (a, b) = (connection.client, connection.server);
        !self.cuts.iter().any(|cut| *cut == (a, b) || *cut == (b, a))
    }

    /// A broker's request, to the controller it believes in.
    fn ask(&mut self, id: BrokerId, channel: Channel, request: Request) {
        let to = self.broker(id.0).guess;
        let connection = Connection { client: NodeId::Broker(id), server: NodeId::Controller(to), channel };
        if self.passes(connection) {
            self.tell_end(connection.server, Input::Message(connection, Message::Request(request)), LATENCY);
        }
    }

    fn tick(&mut self, id: BrokerId) {
        let (now, controllers) = (self.now, self.setup.cluster.controllers);
        let broker = self.broker(id.0);
        if !broker.up {
            return;
        }
        if broker.fetching.is_some_and(|since| since + PATIENCE < now) {
            broker.fetching = None;
            broker.guess = ControllerId(broker.guess.0 % controllers + 1);
        }
        if broker.beating.is_some_and(|since| since + PATIENCE < now) {
            broker.beating = None;
        }
        let fetch = broker.fetch(now);
        let beat = broker.beat(now);
        if let Some(request) = fetch {
            self.ask(id, Channel::Metadata, request);
        }
        if let Some(request) = beat {
            self.ask(id, Channel::Control, request);
        }
    }
}

impl TestBroker {
    fn new(id: BrokerId, initial: &InitialCluster, seed: u64) -> Self {
        let phase = Seed(seed).dice(Stream::Node(NodeId::Broker(id))).within(0, 1_999);
        Self {
            id,
            image: initial.image(),
            epoch: Some(initial.broker_epoch(id)),
            previous_epoch: None,
            up: true,
            stopping: false,
            registration_errors: Vec::new(),
            altered: Vec::new(),
            life: 0,
            guess: ControllerId(1),
            fetching: None,
            beating: None,
            next_beat: Instant::from_millis(phase),
        }
    }

    fn fetch(&mut self, now: Instant) -> Option<Request> {
        if self.fetching.is_some() {
            return None;
        }
        self.fetching = Some(now);
        Some(Request::FetchMetadata(FetchMetadataRequest {
            voter: None,
            epoch: 0,
            offset: self.image.offset,
            last_epoch: 0,
        }))
    }

    fn beat(&mut self, now: Instant) -> Option<Request> {
        if self.beating.is_some() || now < self.next_beat {
            return None;
        }
        self.beating = Some(now);
        Some(match self.epoch {
            None => Request::BrokerRegistration(BrokerRegistrationRequest {
                broker: self.id,
                incarnation: self.life + 1,
                previous_epoch: self.previous_epoch,
                online: DirectorySet::first(1),
            }),
            Some(epoch) => Request::BrokerHeartbeat(BrokerHeartbeatRequest {
                broker: self.id,
                epoch,
                metadata_offset: self.image.offset,
                want_fence: false,
                want_shutdown: self.stopping,
                offline: DirectorySet::EMPTY,
            }),
        })
    }

    fn answered(&mut self, response: Response, controllers: u8, now: Instant) {
        match response {
            Response::FetchMetadata(response) => {
                self.fetching = None;
                match response.leader {
                    Some(leader) => self.guess = leader,
                    None => self.guess = ControllerId(self.guess.0 % controllers + 1),
                }
                if response.error.is_none() && response.offset == self.image.offset {
                    response.records.iter().for_each(|(_, record)| self.image.apply(record));
                }
            }
            Response::BrokerRegistration(result) => {
                self.beating = None;
                self.next_beat = now + Duration::from_millis(100);
                match result {
                    Ok(epoch) => self.epoch = Some(epoch),
                    Err(error) => self.registration_errors.push(error),
                }
            }
            Response::BrokerHeartbeat(result) => {
                self.beating = None;
                let pause = match result {
                    Ok(answer) if self.stopping && answer.should_shutdown => {
                        self.up = false;
                        self.life += 1;
                        self.previous_epoch = self.epoch;
                        return;
                    }
                    Ok(_) if self.stopping => 50,
                    Ok(answer) if answer.fenced => 100,
                    Ok(_) => 2_000,
                    Err(_) => 100,
                };
                self.next_beat = now + Duration::from_millis(pause);
            }
            Response::AlterPartition(result) => self.altered.push(result.map(|partitions| {
                let outcome = |result: Result<crate::metadata::PartitionState, Error>| match result {
                    Ok(state) => format!("p{} {}", state.partition_epoch, state.isr),
                    Err(error) => error.name().to_owned(),
                };
                partitions.into_iter().map(|(_, result)| outcome(result)).collect()
            })),
            _ => (),
        }
    }
}
