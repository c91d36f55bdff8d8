//! The stage on which a case is played: its world and its time, the judges that listen, what strikes it; the nodes that
//! the case plays; and what it expects to see.

mod ears;
mod expectations;
mod scripted;

pub use ears::Ears;
pub use scripted::ANSWER;

use crate::case::Case;
use crate::expect::{Expectation, Look};
use expectations::Watch;
use highwater_figures::Mark;
use highwater_kafka::checks::Checks;
use highwater_kafka::message::FetchPartition;
use highwater_kafka::metadata::PartitionState;
use highwater_kafka::node::Connection;
use highwater_model::inspect::Value;
use highwater_model::trace::{Api, Entry, Level, Phase};
use highwater_model::{Duration, Fault, FaultKind, Instant, Layout, NodeId, PartitionId, Scenario, SettingId, Target};
use highwater_sim::load::Load;
use highwater_sim::rules::{Rule, RuleId};
use highwater_sim::{Advance, Copying, World};
use scripted::{Asked, Pending, Responder};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An expectation that did not hold, or a step that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its line in the file.
    pub line: u32,
    /// What was expected, as it is written.
    pub expected: String,
    /// What was seen instead.
    pub seen: String,
    /// When.
    pub at: Instant,
}

/// What a search does to a run.
#[derive(Clone, Debug)]
pub enum Disturbance {
    /// A fault strikes.
    Fault(Fault),
    /// Packets are held, under a name.
    Hold(String, Rule),
    /// They go on their way.
    Release(String),
}

/// The stage.
pub struct Stage {
    /// The world.
    pub world: World,
    /// Who listens.
    pub ears: Ears,
    layout: Layout,
    scripted: Vec<NodeId>,
    open: BTreeSet<Connection>,
    pending: Vec<Pending>,
    answers: BTreeMap<String, Value>,
    heard: BTreeMap<(NodeId, Api), Vec<Value>>,
    /// What fetches on a connection ask for without naming it again.
    fetch_sessions: BTreeMap<Connection, Vec<FetchPartition>>,
    unanswered: Vec<Asked>,
    responders: Vec<Responder>,
    /// Calls that have not returned: of which client, and the answer's name.
    calls: Vec<(NodeId, String)>,
    rules: Vec<(String, RuleId)>,
    watches: Vec<Watch>,
    failures: Vec<Failure>,
    disturbances: VecDeque<(Instant, Disturbance)>,
    finished: bool,
    /// More events than this are not handled.
    events_max: u64,
    /// The moments that steps have named.
    marks: Vec<Mark>,
    /// What steps have kept for figures.
    kept: Vec<(String, Value)>,
    /// Records that scripted producers have made.
    pub made_records: u64,
}

impl Stage {
    /// The stage of a case, before its first event.
    pub fn of(case: &Case, checks: Checks) -> Self {
        Self::under(case, &case.scenario, checks)
    }

    /// The stage of a case under another seed.
    pub fn under(case: &Case, scenario: &Scenario, checks: Checks) -> Self {
        let mut world = World::started_from(scenario, &case.start.state).with_checks(checks);
        world.tell(if case.names_packets { Level::Full } else { Level::Check });
        for node in &case.start.scripted {
            world.script(*node);
        }
        let mut stage = Self {
            world,
            ears: Ears::of(scenario),
            layout: scenario.setup.layout(),
            scripted: case.start.scripted.clone(),
            open: BTreeSet::new(),
            pending: Vec::new(),
            answers: BTreeMap::new(),
            heard: BTreeMap::new(),
            fetch_sessions: BTreeMap::new(),
            unanswered: Vec::new(),
            responders: Vec::new(),
            calls: Vec::new(),
            rules: Vec::new(),
            watches: Vec::new(),
            failures: Vec::new(),
            disturbances: VecDeque::new(),
            finished: false,
            events_max: u64::MAX,
            marks: Vec::new(),
            kept: Vec::new(),
            made_records: 0,
        };
        stage.run_until(Instant(1)); // the beginning itself
        for node in &case.start.down {
            let (kind, target) = (FaultKind::ProcessCrash, target_of(*node));
            stage.strike(Fault { at: Instant::ZERO, kind, target, duration: None });
        }
        stage
    }

    /// How partitions are numbered.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// The end of the step that was just done, after so many entries had been told, is a moment with a name.
    pub fn mark(&mut self, name: &str, told_before: usize) {
        let node = self.ears.tape[told_before..].iter().find_map(|(_, entry)| match *entry {
            Entry::Fault { phase: Phase::Strikes, node, .. } => Some(node),
            _ => None,
        });
        self.marks.push(Mark { name: name.to_owned(), at: self.now(), node });
    }

    /// Keeps what is seen now for figures; what there is not, is none.
    pub fn keep(&mut self, looks: &[(String, Look)]) {
        for (name, look) in looks {
            let seen = self.look(look).unwrap_or(Value::None);
            self.kept.push((name.clone(), seen));
        }
    }

    /// What steps have kept for figures.
    pub fn kept(&self) -> &[(String, Value)] {
        &self.kept
    }

    /// The moments that steps have named.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The first failure so far.
    pub fn first_failure(&self) -> Option<&Failure> {
        self.failures.first()
    }

    /// The sources offer another load from now on.
    pub fn offer(&mut self, load: Load) {
        self.world.offer(load, &mut self.ears);
    }

    /// From now on an application copies.
    pub fn copy(&mut self, copying: Copying) {
        self.world.begin_copying(copying, &mut self.ears);
    }

    /// What failed.
    pub fn into_failures(self) -> (Vec<Failure>, World, Ears) {
        (self.failures, self.world, self.ears)
    }

    // --- time ---

    /// These disturb the run, in order of time.
    pub fn disturb(&mut self, schedule: Vec<(Instant, Disturbance)>) {
        self.disturbances = schedule.into();
    }

    fn disturb_now(&mut self, disturbance: Disturbance) {
        match disturbance {
            Disturbance::Fault(fault) => self.strike(fault),
            Disturbance::Hold(name, rule) => self.add_rule(&name, rule),
            Disturbance::Release(name) => self.release(Some(&name)),
        }
    }

    /// A run of more events than this goes in circles: time stands still then.
    pub fn bound(&mut self, events_max: u64) {
        self.events_max = events_max;
    }

    /// Did it have more events than it may?
    pub fn is_exhausted(&self) -> bool {
        self.events_max <= self.world.events()
    }

    /// Handles one event, if there is one before `until`.
    fn step(&mut self, until: Instant) -> Advance {
        if self.is_exhausted() {
            return Advance::Reached;
        }
        if let Some((at, _)) = self.disturbances.front().filter(|(at, _)| *at < until) {
            let advance = self.world.advance(*at, 1, &mut self.ears);
            if advance == Advance::Reached {
                let (_, disturbance) = self.disturbances.pop_front().expect("it is at the front");
                self.disturb_now(disturbance);
            }
            self.listen();
            self.look_after_watches();
            return Advance::Spent;
        }
        let advance = self.world.advance(until, 1, &mut self.ears);
        if advance == Advance::Spent {
            self.listen();
            self.look_after_watches();
        }
        advance
    }

    /// Time goes on to this moment.
    pub fn run_until(&mut self, until: Instant) {
        while self.step(until) == Advance::Spent {}
    }

    /// Time goes on until all of these hold at once.
    pub fn run_until_holds(&mut self, expectations: &[Expectation], within: Duration) -> Result<(), String> {
        let deadline = self.now() + within;
        loop {
            let Some((failed, seen)) =
                expectations.iter().find_map(|own| self.judge(own).err().map(|seen| (own, seen)))
            else {
                return Ok(());
            };
            if self.step(deadline) == Advance::Reached {
                return Err(format!("`{failed}` did not come to hold in time; in the end {seen}"));
            }
        }
    }

    /// The run is over.
    pub fn finish(&mut self) {
        if !self.finished {
            self.finished = true;
            self.run_until(Instant(self.world.scenario().duration.0));
            self.world.finish(&mut self.ears);
            self.ears.invariants.finish(self.world.now());
        }
    }

    // --- faults, settings, rules ---

    /// A fault strikes now.
    pub fn strike(&mut self, fault: Fault) {
        self.world.strike_now(fault, &mut self.ears);
        let up = |node: NodeId, world: &World| {
            let state = world.inspect(&[&node.to_string(), "state"]);
            state.is_none_or(|state| state != Value::from("crashed") && state != Value::from("powered off"))
        };
        self.open.retain(|connection| up(connection.client, &self.world));
    }

    /// A fault is undone now; false where there is none.
    pub fn heal(&mut self, kind: FaultKind, target: Target) -> bool {
        self.world.heal_now(kind, target, &mut self.ears)
    }

    /// A setting has another value from now on.
    pub fn set(&mut self, setting: SettingId, value: i64) {
        self.world.set(setting, value);
    }

    /// The active controller writes a partition's state as it is dictated; false where none is active.
    pub fn dictate(&mut self, partition: PartitionId, change: impl FnOnce(&mut PartitionState)) -> bool {
        self.world.dictate(partition, change, &mut self.ears)
    }

    /// A rule on packets, under a name.
    pub fn add_rule(&mut self, name: &str, rule: Rule) {
        let id = self.world.rules().add(rule);
        self.rules.push((name.to_owned(), id));
    }

    /// Rules of this name, or all, end; what they hold goes on its way.
    pub fn release(&mut self, name: Option<&str>) {
        let ends = |own: &str| name.is_none_or(|name| name == own);
        let (ending, staying) = std::mem::take(&mut self.rules).into_iter().partition(|(own, _)| ends(own));
        self.rules = staying;
        let ending: Vec<(String, RuleId)> = ending;
        for (_, id) in ending {
            self.world.rules().remove(id);
            self.world.release(Some(id));
        }
        for responder in &self.responders {
            if let (true, Some(id)) = (ends(responder.name.as_deref().unwrap_or_default()), responder.rule) {
                self.world.rules().remove(id);
            }
        }
        self.responders.retain(|responder| !ends(responder.name.as_deref().unwrap_or_default()));
    }
}

/// The node as the target of a fault.
fn target_of(node: NodeId) -> Target {
    match node {
        NodeId::Broker(broker) => Target::Broker(broker),
        NodeId::Controller(controller) => Target::Controller(controller),
        NodeId::Producer(n) => Target::Producer(n),
        NodeId::Consumer(n) => Target::Consumer(n),
    }
}
