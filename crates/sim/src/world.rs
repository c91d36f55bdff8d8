//! The world: it drives the nodes' state machines through virtual time. It takes the next event, hands it to a node,
//! does what the node says, and tells the observer what happened.

use crate::consuming::ConsumerProcess;
use crate::faults::Struck;
use crate::network::{Arrival, CONNECT_RETRY, CONNECT_TIMEOUT, End, Network, Retransmit};
use crate::producing::{ProducerProcess, Shares};
use crate::rules::Rules;
use crate::start::StartState;
use highwater_kafka::broker::Broker;
use highwater_kafka::checks::Checks;
use highwater_kafka::controller::Controller;
use highwater_kafka::message::Message;
use highwater_kafka::node::{Connection, Context, Effect, Input, Out, Timer, TimerClass};
use highwater_kafka::store::{Mark, Store};
use highwater_kernel::{Class, Dice, Fingerprint, Queue, Seed, Stream};
use highwater_model::trace::{Entry, Level, NodeState, Observer};
use highwater_model::{Duration, Instant, Layout, NodeId, PartitionId, Scenario};
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A process begins; the first of a run, or again.
    Start { node: u16, life: u16 },
    /// A packet arrives.
    Arrive { packet: u32 },
    /// TCP sends a direction's stalled data again.
    Retransmit { wire: u32, to: End },
    /// A client's request for a connection reaches the server.
    Connect { wire: u32, generation: u32, asked_ms: u32 },
    /// A connection is open at its client.
    Opened { wire: u32, generation: u32 },
    /// A client's wish for a connection fails.
    Refused { wire: u32, generation: u32 },
    /// An end hears that its connection is lost.
    Lost { wire: u32, end: End, generation: u32 },
    /// A node's timer is due.
    Timer { node: u16, life: u16, timer: Timer },
    /// A fault strikes or ends.
    Fault { fault: u16, ends: bool },
}

/// Where a run got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advance {
    /// All events before the moment asked for are handled.
    Reached,
    /// So many events were handled, and there are more.
    Spent,
}

/// Which connection an input is about: its wire, the node's end of it, and the generation that the node takes it for
/// from then on.
pub(crate) type Told = Option<(u32, End, Option<u32>)>;

/// A node's process and machine, as the world keeps them.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub state: NodeState,
    /// Counts its lives: timers of an earlier one are nothing.
    pub life: u16,
    /// While it is paused: what it would have been told.
    pub held: Option<VecDeque<(Input, Told)>>,
    /// Played by a script: what it was told, for the script to read.
    pub scripted: Option<Vec<Input>>,
    dice: Dice,
    /// How far its wall clock is off, in nanoseconds.
    pub clock_offset: i64,
    /// Its state before it was paused.
    pub before_pause: NodeState,
}

impl Process {
    /// Is there a process (running, starting, paused)?
    pub fn is_up(&self) -> bool {
        !matches!(self.state, NodeState::Stopped | NodeState::Crashed | NodeState::PoweredOff | NodeState::Halted)
    }
}

/// All that a run is at a moment, but for the bytes of the logs.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub queue: Queue<Event>,
    pub network: Network,
    pub processes: Vec<Process>,
    pub brokers: Vec<Broker>,
    pub controllers: Vec<Controller>,
    pub producers: Vec<ProducerProcess>,
    pub consumers: Vec<ConsumerProcess>,
    pub struck: Vec<Struck>,
    pub rules: Rules,
    events: u64,
    fingerprint: Fingerprint,
    now: Instant,
    /// What was told before the first event: the state that the run starts in.
    prologue: Vec<Entry>,
}

/// A run.
pub struct World {
    pub(crate) scenario: Scenario,
    pub(crate) layout: Layout,
    busiest: PartitionId,
    pub(crate) state: State,
    pub(crate) store: Store,
    level: Level,
    checks: Checks,
    pub(crate) out: Out,
}

/// A moment of a run to which its world can go back.
#[derive(Clone)]
pub struct Checkpoint {
    state: State,
    mark: Mark,
}

impl Checkpoint {
    /// When it was.
    pub fn at(&self) -> Instant {
        self.state.now
    }

    /// Events handled by then.
    pub fn events(&self) -> u64 {
        self.state.events
    }
}

impl World {
    /// A run of a scenario, which must be without problems, from the middle of normal life.
    pub fn new(scenario: &Scenario) -> Self {
        Self::started_from(scenario, &StartState::steady(&scenario.setup))
    }

    /// A run that starts in a given state.
    pub fn started_from(scenario: &Scenario, start: &StartState) -> Self {
        let setup = &scenario.setup;
        let layout = setup.layout();
        let seed = Seed(scenario.seed);
        let network = Network::new(setup, seed);
        let numbering = network.numbering.clone();
        let process = |number| Process {
            state: NodeState::Running,
            life: 0,
            held: None,
            scripted: None,
            dice: seed.dice(Stream::Node(numbering.node(number))),
            clock_offset: 0,
            before_pause: NodeState::Running,
        };
        let cluster = &start.cluster;
        let brokers = (1..=setup.cluster.brokers).map(highwater_model::BrokerId);
        let controllers = (1..=setup.cluster.controllers).map(highwater_model::ControllerId);
        let shares = Shares::of(setup);
        let mut world = Self {
            busiest: shares.busiest(),
            state: State {
                queue: Queue::new(),
                processes: (0..numbering.len()).map(process).collect(),
                network,
                brokers: brokers.map(|id| Broker::steady(id, setup, &layout, cluster)).collect(),
                controllers: controllers.map(|id| Controller::steady(id, setup, &layout, cluster)).collect(),
                producers: (1..=setup.workload.producers)
                    .map(|n| ProducerProcess::steady(n, setup, &shares, cluster, seed))
                    .collect(),
                consumers: (1..=setup.workload.consumers)
                    .map(|n| ConsumerProcess::steady(n, setup, &layout, cluster))
                    .collect(),
                struck: Vec::new(),
                rules: Rules::default(),
                events: 0,
                fingerprint: Fingerprint::new(),
                now: Instant::ZERO,
                prologue: cluster.prologue(),
            },
            store: Store::new(layout.data_partitions + layout.offsets_partitions),
            scenario: scenario.clone(),
            layout,
            level: Level::Check,
            checks: Checks::default(),
            out: Out::default(),
        };
        world.give_logs(start);
        world.schedule_begin();
        world
    }

    fn schedule_begin(&mut self) {
        for node in 0..self.state.network.numbering.len() {
            self.state.queue.push(Instant::ZERO, Class::Timer, Event::Start { node, life: 0 });
        }
        for (index, fault) in self.scenario.faults.iter().enumerate() {
            let fault_index = index as u16;
            self.state.queue.push(fault.at, Class::Fault, Event::Fault { fault: fault_index, ends: false });
            if let Some(duration) = fault.duration {
                let ends_at = fault.at + duration;
                self.state.queue.push(ends_at, Class::Fault, Event::Fault { fault: fault_index, ends: true });
            }
            self.state.struck.push(Struck::default());
        }
    }

    /// Adds to what is told before the first event.
    pub(crate) fn say_before_beginning(&mut self, told: Vec<Entry>) {
        self.state.prologue.extend(told);
    }

    /// Runs with these checks on or off.
    #[must_use]
    pub fn with_checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.state.now
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.state.events
    }

    /// Equal for equal runs, on every platform.
    pub fn fingerprint(&self) -> u64 {
        self.state.fingerprint.finish()
    }

    /// The partition with the largest share of the load.
    pub fn busiest(&self) -> PartitionId {
        self.busiest
    }

    /// How much the run tells from now on. The fingerprint is of the check level, whatever is told.
    pub fn tell(&mut self, level: Level) {
        self.level = level;
    }

    /// This moment, to come back to.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { state: self.state.clone(), mark: self.store.mark() }
    }

    /// Goes back (or forth) to a moment of this run.
    pub fn restore(&mut self, checkpoint: &Checkpoint) {
        self.state.clone_from(&checkpoint.state);
        self.store.wind(&checkpoint.mark);
    }

    /// Goes to a moment of this run, and leaves the present one in its place: whoever looks at several moments in turns
    /// loses none of them.
    pub fn exchange(&mut self, checkpoint: &mut Checkpoint) {
        std::mem::swap(&mut self.state, &mut checkpoint.state);
        let present = self.store.mark();
        self.store.wind(&checkpoint.mark);
        checkpoint.mark = present;
    }

    /// Handles events up to a moment, `events_max` at most.
    pub fn advance(&mut self, until: Instant, events_max: u64, observer: &mut impl Observer) -> Advance {
        for entry in std::mem::take(&mut self.state.prologue) {
            self.told(entry, observer);
        }
        for _ in 0..events_max {
            let Some((at, event)) = self.state.queue.pop_before(until) else {
                self.state.now = self.state.now.max(until.min(Instant(self.scenario.duration.0)));
                return Advance::Reached;
            };
            self.state.now = at;
            self.state.events += 1;
            self.handle(event, observer);
        }
        Advance::Spent
    }

    /// The run is over: every source says what it had offered.
    pub fn finish(&mut self, observer: &mut impl Observer) {
        for index in 0..self.state.producers.len() {
            let number = self.state.network.numbering.of(NodeId::Producer(index as u8 + 1));
            self.with_context(number, |nodes, context| nodes.producers[index].finish(context));
            self.settle(number, observer);
        }
    }

    fn told(&mut self, entry: Entry, observer: &mut impl Observer) {
        if entry.level() == Level::Check {
            self.state.fingerprint.write_u64(self.state.now.0);
            entry.hash(&mut self.state.fingerprint);
        }
        observer.observe(self.state.now, &entry);
    }

    fn handle(&mut self, event: Event, observer: &mut impl Observer) {
        match event {
            Event::Start { node, life } if self.is_alive(node, life) => self.input(node, Input::Start, None, observer),
            Event::Timer { node, life, timer } if self.is_alive(node, life) => {
                self.input(node, Input::Timer(timer), None, observer);
            }
            Event::Start { .. } | Event::Timer { .. } => (),
            Event::Arrive { packet } => self.arrive(packet, observer),
            Event::Retransmit { wire, to } => self.retransmit(wire, to, observer),
            Event::Connect { wire, generation, asked_ms } => self.connect(wire, generation, asked_ms, observer),
            Event::Opened { wire, generation } => {
                if self.state.network.established(wire, generation) {
                    let connection = self.state.network.wire_of(wire).connection;
                    let told = Some((wire, End::Client, Some(generation)));
                    self.input_to(connection.client, Input::Opened(connection), told, observer);
                }
            }
            Event::Refused { wire, generation } => {
                if self.state.network.is_wanted(wire, generation) {
                    let connection = self.state.network.wire_of(wire).connection;
                    let told = Some((wire, End::Client, None));
                    self.input_to(connection.client, Input::Lost(connection), told, observer);
                }
            }
            Event::Lost { wire, end, generation } => self.lose(wire, end, generation, observer),
            Event::Fault { fault, ends } => self.fault(fault, ends, observer),
        }
    }

    fn is_alive(&self, node: u16, life: u16) -> bool {
        let process = &self.state.processes[usize::from(node)];
        process.life == life && process.is_up()
    }

    pub(crate) fn input_to(&mut self, node: NodeId, input: Input, told: Told, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.input(number, input, told, observer);
    }

    /// Hands an input to a node: now, or, while it is paused, later; or to the script that plays it.
    fn input(&mut self, number: u16, input: Input, told: Told, observer: &mut impl Observer) {
        let process = &mut self.state.processes[usize::from(number)];
        if !process.is_up() {
            return;
        }
        if let Some(held) = &mut process.held {
            held.push_back((input, told));
            return;
        }
        if let Some((wire, end, generation)) = told
            && !self.state.network.take_for(wire, end, generation)
        {
            return;
        }
        if let Some(heard) = &mut process.scripted {
            heard.push(input);
            return;
        }
        let node = self.state.network.numbering.node(number);
        self.with_context(number, |state, context| match node {
            NodeId::Broker(broker) => state.brokers[usize::from(broker.0) - 1].on(input, context),
            NodeId::Controller(controller) => state.controllers[usize::from(controller.0) - 1].on(input, context),
            NodeId::Producer(n) => state.producers[usize::from(n) - 1].on(input, context),
            NodeId::Consumer(n) => state.consumers[usize::from(n) - 1].on(input, context),
        });
        self.settle(number, observer);
    }

    /// Lets a node work with all that it may look at.
    pub(crate) fn with_context(&mut self, number: u16, work: impl FnOnce(&mut Nodes, &mut Context)) {
        let State { processes, brokers, controllers, producers, consumers, now, .. } = &mut self.state;
        let process = &mut processes[usize::from(number)];
        let wall = now.0.saturating_add(WALL_CLOCK_START.0).saturating_add_signed(process.clock_offset);
        let mut context = Context {
            now: *now,
            wall: Instant(wall),
            setup: &self.scenario.setup,
            layout: &self.layout,
            store: &mut self.store,
            dice: &mut process.dice,
            checks: self.checks,
            out: &mut self.out,
        };
        work(&mut Nodes { brokers, controllers, producers, consumers }, &mut context);
    }

    /// Tells what happened, and does what the node said.
    pub(crate) fn settle(&mut self, number: u16, observer: &mut impl Observer) {
        let mut told = std::mem::take(&mut self.out.told);
        for entry in told.drain(..) {
            if let Entry::Node { node, state } = entry {
                self.state.processes[usize::from(self.state.network.numbering.of(node))].state = state;
            }
            self.told(entry, observer);
        }
        self.out.told = told;
        let mut effects = std::mem::take(&mut self.out.effects);
        for effect in effects.drain(..) {
            self.act(number, effect, observer);
        }
        // An effect may have led to others (a process that ends); their buffer is empty again by now.
        self.out.effects = effects;
    }

    fn act(&mut self, number: u16, effect: Effect, observer: &mut impl Observer) {
        match effect {
            Effect::Send { connection, message, bytes, after } => {
                self.send(number, connection, message, bytes, after, observer);
            }
            Effect::Timer { at, timer, class } => {
                let class = match class {
                    TimerClass::Protocol => Class::Timer,
                    TimerClass::Application => Class::Application,
                };
                let life = self.state.processes[usize::from(number)].life;
                let at = at.max(self.state.now);
                self.state.queue.push(at, class, Event::Timer { node: number, life, timer });
            }
            Effect::Open(connection) => self.open(connection),
            Effect::Close(connection) => {
                let node = self.state.network.numbering.node(number);
                let wire = self.state.network.wire(connection);
                let end = if connection.client == node { End::Client } else { End::Server };
                self.state.network.give_up(wire, end);
                self.close(wire, end);
            }
            Effect::Exit(state) => {
                let node = self.state.network.numbering.node(number);
                self.end_process(node, state, observer);
            }
        }
    }

    fn send(
        &mut self,
        number: u16,
        connection: Connection,
        message: Message,
        bytes: u32,
        after: Duration,
        observer: &mut impl Observer,
    ) {
        let now = self.state.now;
        let wire = self.state.network.wire(connection);
        let to = if matches!(message, Message::Request(_)) { End::Server } else { End::Client };
        let response = to == End::Client;
        let Some((packet, arrives)) = self.state.network.send(wire, to, message, bytes, now + after, now) else {
            return; // its connection is gone
        };
        let sent = self.state.network.packet(packet);
        let (from, receiver) = (self.state.network.numbering.node(number), self.state.network.wire_of(wire).node(to));
        let (api, name) = (sent.api, sent.number);
        if self.level == Level::Full {
            let entry = Entry::Sent { packet: name, from, to: receiver, api, response, bytes };
            self.told(entry, observer);
        }
        match self.state.rules.judge(from, receiver, api, response) {
            crate::rules::Verdict::Pass => {
                self.state.queue.push(arrives, Class::Network, Event::Arrive { packet });
            }
            crate::rules::Verdict::Delay(delay) => {
                self.state.queue.push(arrives + delay, Class::Network, Event::Arrive { packet });
            }
            crate::rules::Verdict::Hold => self.state.rules.hold(packet),
            crate::rules::Verdict::Drop => self.dropped(packet, observer),
        }
    }

    fn dropped(&mut self, packet: u32, observer: &mut impl Observer) {
        let name = self.state.network.drop_packet(packet);
        if self.level == Level::Full {
            self.told(Entry::Dropped { packet: name }, observer);
        }
    }

    fn arrive(&mut self, packet: u32, observer: &mut impl Observer) {
        let now = self.state.now;
        let (wire, to) = (self.state.network.packet(packet).wire, self.state.network.packet(packet).to);
        match self.state.network.arrive(packet, now) {
            Arrival::Here(packet) => {
                if self.level == Level::Full {
                    self.told(Entry::Received { packet: packet.number }, observer);
                }
                let connection = self.state.network.wire_of(wire).connection;
                let receiver = self.state.network.wire_of(wire).node(to);
                let told = Some((wire, to, Some(packet.generation)));
                self.input_to(receiver, Input::Message(connection, packet.message), told, observer);
            }
            Arrival::Stalled { retry_at } => {
                self.state.queue.push(retry_at, Class::Network, Event::Retransmit { wire, to });
            }
            Arrival::Later { at } => self.state.queue.push(at, Class::Network, Event::Arrive { packet }),
            Arrival::Behind => (),
            Arrival::Reset(packet) => {
                if self.level == Level::Full {
                    self.told(Entry::Dropped { packet: packet.number }, observer);
                }
                self.reset(wire, to.other(), packet.generation);
            }
            Arrival::Gone(name) => {
                if self.level == Level::Full {
                    self.told(Entry::Dropped { packet: name }, observer);
                }
            }
        }
    }

    /// An end is told, by the other machine, that the connection is no more.
    fn reset(&mut self, wire: u32, end: End, generation: u32) {
        let connection = self.state.network.wire_of(wire).connection;
        let (from, to) = match end {
            End::Client => (connection.server, connection.client),
            End::Server => (connection.client, connection.server),
        };
        let at = self.state.now + self.state.network.latency(from, to);
        self.state.queue.push(at, Class::Network, Event::Lost { wire, end, generation });
    }

    fn retransmit(&mut self, wire: u32, to: End, observer: &mut impl Observer) {
        match self.state.network.retransmit(wire, to, self.state.now) {
            Retransmit::Go { packets, arrive_at } => {
                for packet in packets {
                    self.state.queue.push(arrive_at, Class::Network, Event::Arrive { packet });
                }
            }
            Retransmit::Later(at) => self.state.queue.push(at, Class::Network, Event::Retransmit { wire, to }),
            Retransmit::GivesUp => {
                for end in [End::Client, End::Server] {
                    if let Some(generation) = self.state.network.generation(wire, end) {
                        self.lose(wire, end, generation, observer);
                    }
                }
            }
            Retransmit::Nothing => (),
        }
    }

    /// A client asks for a connection.
    fn open(&mut self, connection: Connection) {
        let wire = self.state.network.wire(connection);
        let generation = self.state.network.begin(wire);
        let at = self.state.now + self.state.network.latency(connection.client, connection.server);
        let asked_ms = self.state.now.as_millis() as u32;
        self.state.queue.push(at, Class::Network, Event::Connect { wire, generation, asked_ms });
    }

    /// The request for a connection reaches the server's machine, or does not.
    fn connect(&mut self, wire: u32, generation: u32, asked_ms: u32, observer: &mut impl Observer) {
        if !self.state.network.is_wanted(wire, generation) {
            return;
        }
        let connection = self.state.network.wire_of(wire).connection;
        let now = self.state.now;
        if !self.state.network.reaches(connection) {
            let asked = Instant::from_millis(u64::from(asked_ms));
            let (retry, deadline) = (now + CONNECT_RETRY.max(now.since(asked)), asked + CONNECT_TIMEOUT);
            if retry < deadline {
                self.state.queue.push(retry, Class::Network, Event::Connect { wire, generation, asked_ms });
            } else {
                self.state.queue.push(deadline.max(now), Class::Network, Event::Refused { wire, generation });
            }
            return;
        }
        let back = self.state.network.latency(connection.server, connection.client);
        if !self.accepts(connection.server) {
            self.state.queue.push(now + back, Class::Network, Event::Refused { wire, generation });
            return;
        }
        if self.state.network.accept(wire, generation) {
            for packet in self.state.network.drop_stalled(wire, End::Server) {
                self.drop_named(packet, observer);
            }
            self.input_to(connection.server, Input::Lost(connection), Some((wire, End::Server, None)), observer);
        }
        // The handshake's answer, then ApiVersions there and back.
        let there = self.state.network.latency(connection.client, connection.server);
        let again = self.state.network.latency(connection.server, connection.client);
        let at = now + back + there + again;
        self.state.queue.push(at, Class::Network, Event::Opened { wire, generation });
    }

    fn drop_named(&mut self, packet: u32, observer: &mut impl Observer) {
        if self.level == Level::Full {
            self.told(Entry::Dropped { packet }, observer);
        }
    }

    fn accepts(&self, server: NodeId) -> bool {
        let number = self.state.network.numbering.of(server);
        let process = &self.state.processes[usize::from(number)];
        if !process.is_up() {
            return false;
        }
        match server {
            _ if process.scripted.is_some() => true,
            NodeId::Broker(broker) => self.state.brokers[usize::from(broker.0) - 1].accepts(),
            NodeId::Controller(controller) => self.state.controllers[usize::from(controller.0) - 1].accepts(),
            NodeId::Producer(_) | NodeId::Consumer(_) => false,
        }
    }

    fn close(&mut self, wire: u32, end: End) {
        if let Some((generation, at)) = self.state.network.close(wire, end, self.state.now) {
            let end = end.other();
            self.state.queue.push(at, Class::Network, Event::Lost { wire, end, generation });
        }
    }

    fn lose(&mut self, wire: u32, end: End, generation: u32, observer: &mut impl Observer) {
        if !self.state.network.lose(wire, end, generation) {
            return;
        }
        for packet in self.state.network.drop_stalled(wire, end.other()) {
            self.drop_named(packet, observer);
        }
        let connection = self.state.network.wire_of(wire).connection;
        let node = self.state.network.wire_of(wire).node(end);
        self.input_to(node, Input::Lost(connection), Some((wire, end, None)), observer);
    }

    /// A node's process is gone: its connections with it (the other ends hear of it, if its machine lives), its memory,
    /// and its timers.
    pub(crate) fn end_process(&mut self, node: NodeId, state: NodeState, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &mut self.state.processes[usize::from(number)];
        if !process.is_up() {
            return;
        }
        process.life = process.life.wrapping_add(1);
        process.held = None;
        let loses_power = state == NodeState::PoweredOff;
        if loses_power {
            self.state.network.power(node, false);
        }
        self.told(Entry::Node { node, state }, observer);
        for (wire, end) in self.state.network.wires_of(node) {
            if loses_power {
                self.state.network.lose_silently(wire, end);
            } else {
                self.close(wire, end);
            }
        }
        self.with_context(number, |nodes, context| nodes.ended(node, loses_power, context));
        let said = std::mem::take(&mut self.out.told);
        for entry in said {
            self.told(entry, observer);
        }
        self.out.effects.clear();
        self.state.processes[usize::from(number)].state = state;
    }

    /// A process that is down is started.
    pub(crate) fn start_process(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.state.network.power(node, true);
        let process = &mut self.state.processes[usize::from(number)];
        if process.is_up() {
            return;
        }
        process.life = process.life.wrapping_add(1);
        process.state = NodeState::Starting;
        let life = process.life;
        // Servers say themselves how long their start takes; clients are there when they are there.
        let delay = if node.is_server() { 0 } else { self.scenario.setup.environment.client_start_ms };
        if !node.is_server() {
            self.told(Entry::Node { node, state: NodeState::Starting }, observer);
        }
        let at = self.state.now + Duration::from_millis(u64::from(delay));
        self.state.queue.push(at, Class::Timer, Event::Start { node: number, life });
    }

    /// Lets a paused process run again: it finds all that happened meanwhile at once, in order.
    pub(crate) fn resume(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let Some(held) = self.state.processes[usize::from(number)].held.take() else { return };
        for (input, told) in held {
            self.input(number, input, told, observer);
        }
    }

    /// Plays a node by script from now on: its inputs are kept for [`World::heard`].
    pub fn script(&mut self, node: NodeId) {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].scripted = Some(Vec::new());
    }

    /// What a scripted node was told since it was last asked.
    pub fn heard(&mut self, node: NodeId) -> Vec<Input> {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].scripted.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A scripted node says this.
    pub fn say(&mut self, node: NodeId, effect: Effect, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.act(number, effect, observer);
    }

    /// The packets that a rule holds go on their way.
    pub fn release(&mut self) {
        for packet in self.state.rules.release() {
            self.state.queue.push(self.state.now, Class::Network, Event::Arrive { packet });
        }
    }

    /// Rules on single packets, for tests.
    pub fn rules(&mut self) -> &mut Rules {
        &mut self.state.rules
    }
}

/// A node's wall clock at the beginning of a run: far enough from zero that it can be set back.
const WALL_CLOCK_START: Duration = Duration::from_secs(1_000_000);

/// The nodes, apart from what the world keeps of them.
pub(crate) struct Nodes<'a> {
    pub brokers: &'a mut Vec<Broker>,
    pub controllers: &'a mut Vec<Controller>,
    pub producers: &'a mut Vec<ProducerProcess>,
    pub consumers: &'a mut Vec<ConsumerProcess>,
}

impl Nodes<'_> {
    /// A process has ended: its node forgets what memory held.
    fn ended(&mut self, node: NodeId, loses_power: bool, context: &mut Context) {
        match node {
            NodeId::Broker(broker) => {
                let broker = &mut self.brokers[usize::from(broker.0) - 1];
                if loses_power {
                    broker.lose_power(context);
                }
                broker.ended(context.setup);
            }
            NodeId::Controller(controller) => self.controllers[usize::from(controller.0) - 1].crash(),
            NodeId::Producer(n) => self.producers[usize::from(n) - 1].crash(context),
            NodeId::Consumer(n) => self.consumers[usize::from(n) - 1].crash(context),
        }
    }
}
