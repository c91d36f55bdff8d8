//! The world: it drives the nodes' state machines through virtual time. It takes the next event, hands it to a node,
//! does what the node says, and tells the observer what happened.

mod connections;
mod process;

use crate::consuming::ConsumerProcess;
use crate::copying::Copier;
use crate::faults::Struck;
use crate::network::{End, Network};
use crate::producing::{ProducerProcess, Shares};
use crate::rules::Rules;
use crate::start::StartState;
use highwater_kafka::broker::Broker;
use highwater_kafka::checks::Checks;
use highwater_kafka::controller::Controller;
use highwater_kafka::node::{Context, Effect, Input, Out, Timer, TimerClass};
use highwater_kafka::store::{Mark, Store};
use highwater_kernel::{Class, Fingerprint, Queue, Seed, Stream};
use highwater_model::trace::{Entry, Level, Observer};
use highwater_model::{Duration, Instant, Layout, NodeId, PartitionId, Scenario};
pub(crate) use process::{Held, Process, Stop};
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
    /// Applications that read, write and commit in one transaction.
    pub copiers: Vec<Copier>,
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
        let process = |number| Process::new(seed.dice(Stream::Node(numbering.node(number))));
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
                    .map(|n| ConsumerProcess::begin(n, setup, &layout, start))
                    .collect(),
                struck: Vec::new(),
                copiers: Vec::new(),
                rules: Rules::default(),
                events: 0,
                fingerprint: Fingerprint::new(),
                now: Instant::ZERO,
                prologue: cluster.prologue(),
            },
            store: Store::new(layout.count()),
            scenario: scenario.clone(),
            layout,
            level: Level::Check,
            checks: Checks::default(),
            out: Out::default(),
        };
        for node in &start.by_hand {
            if let NodeId::Producer(n) = node {
                world.state.producers[usize::from(*n) - 1].take_by_hand();
            }
        }
        world.give_logs(start);
        world.schedule_begin();
        world
    }

    fn schedule_begin(&mut self) {
        for node in 0..self.state.network.numbering.len() {
            self.state.queue.push(Instant::ZERO, Class::Timer, Event::Start { node, life: 0 });
        }
        for index in 0..self.scenario.faults.len() {
            self.schedule_fault(index as u16);
        }
    }

    fn schedule_fault(&mut self, index: u16) {
        let fault = self.scenario.faults[usize::from(index)];
        self.state.queue.push(fault.at, Class::Fault, Event::Fault { fault: index, ends: false });
        if let Some(duration) = fault.duration {
            let ends_at = fault.at + duration;
            self.state.queue.push(ends_at, Class::Fault, Event::Fault { fault: index, ends: true });
        }
        self.state.struck.push(Struck::default());
    }

    /// A fault more, now or later: as if the scenario had had it from the beginning. A world that goes back to an earlier
    /// moment knows nothing of it any more.
    pub fn add_fault(&mut self, fault: highwater_model::Fault) {
        assert!(self.state.now <= fault.at, "the past is over");
        self.scenario.faults.push(fault);
        self.schedule_fault(self.scenario.faults.len() as u16 - 1);
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
        // Faults that were added later have not been.
        self.scenario.faults.truncate(self.state.struck.len());
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
            if !self.state.copiers.is_empty() {
                self.copy(observer);
            }
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

    pub(crate) fn told(&mut self, entry: Entry, observer: &mut impl Observer) {
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
            Event::Opened { wire, generation } => self.opened(wire, generation, observer),
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
            held.push_back(Held::Input(input, told));
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

    pub(crate) fn act(&mut self, number: u16, effect: Effect, observer: &mut impl Observer) {
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
                self.exit_process(node, state, observer);
            }
        }
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
