//! The stage on which a case is played: its world, the judges that listen, the nodes that are scripted, and what was
//! asked and answered.

use crate::apis::{self, Answered, Reply, Sent};
use crate::case::Case;
use crate::entries;
use crate::expect::{Entries, Expectation, Look, Of, Right};
use crate::figures;
use crate::groups;
use highwater_figures::Mark;
use highwater_kafka::checks::Checks;
use highwater_kafka::message::{FetchPartition, Message, Request, Response};
use highwater_kafka::metadata::PartitionState;
use highwater_kafka::node::{Connection, Effect, Input};
use highwater_model::inspect::Value;
use highwater_model::settings::Acks;
use highwater_model::trace::{Api, Entry, Level, Observer, Phase};
use highwater_model::{Duration, Fault, FaultKind, Instant, Layout, NodeId, PartitionId, Scenario, SettingId, Target};
use highwater_oracle::{Invariants, Judge, Metrics};
use highwater_sim::Call;
use highwater_sim::load::Load;
use highwater_sim::rules::{Caught, Rule, RuleId};
use highwater_sim::{Advance, World};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem::Discriminant;

/// How long a step waits for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who listens to the run.
pub struct Ears {
    /// The judge of its records.
    pub judge: Judge,
    /// The judge of the protocol.
    pub invariants: Invariants,
    /// Kafka's metrics.
    pub metrics: Metrics,
    /// All that was told.
    pub tape: Vec<(Instant, Entry)>,
    /// Where on the tape the entries of each kind are.
    kinds: Vec<(Discriminant<Entry>, String, Vec<u32>)>,
}

impl Ears {
    /// Where on the tape the entries of a kind are.
    fn places(&self, kind: &str) -> &[u32] {
        self.kinds.iter().find(|(_, name, _)| name == kind).map_or(&[], |(.., places)| places)
    }
}

impl Observer for Ears {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.judge.observe(at, entry);
        self.invariants.observe(at, entry);
        self.metrics.observe(at, entry);
        let place = self.tape.len() as u32;
        self.tape.push((at, *entry));
        let kind = std::mem::discriminant(entry);
        match self.kinds.iter_mut().find(|(own, ..)| *own == kind) {
            Some((.., places)) => places.push(place),
            None => self.kinds.push((kind, entries::kind(entry), vec![place])),
        }
    }
}

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

/// A request without an answer.
struct Pending {
    connection: Connection,
    name: String,
    sent: Option<Sent>,
}

/// A request that waits to be answered by the case.
struct Asked {
    connection: Connection,
    request: Request,
    /// The rule that caught it; none where its receiver is scripted.
    rule: Option<RuleId>,
}

/// Answers requests to a node in its name.
struct Responder {
    name: Option<String>,
    to: NodeId,
    from: Option<NodeId>,
    api: Api,
    /// The world's rule that catches them; none where the node is scripted.
    rule: Option<RuleId>,
    /// How many it still answers; none: all.
    left: Option<u32>,
    after: Duration,
    reply: Reply,
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

/// What must hold (or must not) at every step.
struct Watch {
    expectation: Expectation,
    holds: bool,
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
    /// Calls that have not returned: of which consumer, and the answer's name.
    calls: Vec<(u8, String)>,
    rules: Vec<(String, RuleId)>,
    watches: Vec<Watch>,
    failures: Vec<Failure>,
    disturbances: VecDeque<(Instant, Disturbance)>,
    finished: bool,
    /// The moments that steps have named.
    marks: Vec<Mark>,
    /// Records that scripted producers have made.
    pub made_records: u64,
}

/// The name of an answer that is given none.
pub const ANSWER: &str = "answer";

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
        let ears = Ears {
            judge: Judge::new(scenario),
            invariants: Invariants::new(scenario),
            metrics: Metrics::new(scenario),
            tape: Vec::new(),
            kinds: Vec::new(),
        };
        let mut stage = Self {
            world,
            ears,
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
            marks: Vec::new(),
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

    /// Handles one event, if there is one before `until`.
    fn step(&mut self, until: Instant) -> Advance {
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

    // --- scripted nodes ---

    /// Is the node played by the case?
    pub fn is_scripted(&self, node: NodeId) -> bool {
        self.scripted.contains(&node)
    }

    /// A scripted node asks; the answer is kept under the name. Does the step wait for it?
    pub fn ask(&mut self, connection: Connection, request: Request, name: &str, waits: bool) -> Result<(), String> {
        self.connect(connection)?;
        self.answers.insert(name.to_owned(), unanswered());
        let sent = apis::sent(&request, connection.server);
        let expects_answer = self.tell_attempt(sent);
        self.send(connection.client, connection, Message::Request(request));
        if expects_answer {
            self.pending.push(Pending { connection, name: name.to_owned(), sent });
        }
        if waits {
            let deadline = self.now() + PATIENCE;
            while self.pending.iter().any(|pending| pending.connection == connection && pending.name == name) {
                if self.step(deadline) == Advance::Reached {
                    return Err(format!("{} did not answer within a minute", connection.server));
                }
            }
        }
        Ok(())
    }

    /// Keeps what came of something under a name, as an answer.
    pub fn note_answer(&mut self, name: &str, value: Value) {
        self.answers.insert(name.to_owned(), value);
    }

    /// The client of a consumer by hand is called. Does the step wait until the call returns?
    pub fn call(&mut self, consumer: u8, call: Call, name: &str, waits: bool) -> Result<(), String> {
        let node = NodeId::Consumer(consumer);
        if !self.world.call(consumer, call, &mut self.ears) {
            return Err(format!("{node} is not played by hand (name it in `by_hand` of [start]), or is down"));
        }
        self.answers.insert(name.to_owned(), unanswered());
        self.calls.push((consumer, name.to_owned()));
        self.listen();
        let deadline = self.now() + PATIENCE.times(5);
        while waits && self.calls.iter().any(|(other, own)| *other == consumer && own == name) {
            if self.step(deadline) == Advance::Reached {
                return Err(format!("the call of {node} does not return"));
            }
        }
        Ok(())
    }

    /// Takes in what calls came to.
    fn take_returned(&mut self) {
        for (consumer, name) in std::mem::take(&mut self.calls) {
            let Some(returned) = self.world.returned(consumer) else {
                self.calls.push((consumer, name));
                continue;
            };
            let mut value = groups::returned(returned, &self.world, &self.layout);
            if let Value::Fields(fields) = &mut value {
                fields.push(("answered".to_owned(), true.into()));
                fields.push(("at".to_owned(), self.now().into()));
            }
            self.answers.insert(name, value);
        }
    }

    fn connect(&mut self, connection: Connection) -> Result<(), String> {
        if self.open.contains(&connection) {
            return Ok(());
        }
        self.world.say(connection.client, Effect::Open(connection), &mut self.ears);
        let deadline = self.now() + PATIENCE;
        while !self.open.contains(&connection) {
            if self.step(deadline) == Advance::Reached {
                return Err(format!("{} has no connection to {}", connection.client, connection.server));
            }
        }
        Ok(())
    }

    fn send(&mut self, node: NodeId, connection: Connection, message: Message) {
        self.send_after(Duration::ZERO, node, connection, message);
    }

    fn send_after(&mut self, after: Duration, node: NodeId, connection: Connection, message: Message) {
        let bytes = message.bytes();
        let effect = Effect::Send { connection, message, bytes, after };
        self.world.say(node, effect, &mut self.ears);
    }

    /// Requests to a node are answered in its name: those that wait, and those that come.
    pub fn answer(&mut self, name: Option<&str>, (to, api): (NodeId, Api), rule: Rule, after: Duration, reply: Reply) {
        let caught_by = if self.is_scripted(to) { None } else { Some(self.world.rules().add(rule)) };
        let (name, from, left) = (name.map(str::to_owned), rule.from, rule.times);
        self.responders.push(Responder { name, to, from, api, rule: caught_by, left, after, reply });
        self.answer_waiting();
    }

    /// Takes in what scripted nodes were told, and what was caught.
    fn listen(&mut self) {
        if !self.calls.is_empty() {
            self.take_returned();
        }
        for Caught { rule, connection, request, kept } in self.world.rules().take_caught() {
            let request = self.hear(connection, request);
            if kept {
                self.requested(connection, request, Some(rule));
            }
        }
        for index in 0..self.scripted.len() {
            for input in self.world.heard(self.scripted[index]) {
                match input {
                    Input::Opened(connection) => {
                        self.open.insert(connection);
                    }
                    Input::Lost(connection) => self.lost(connection),
                    Input::Message(connection, Message::Request(request)) => {
                        let request = self.hear(connection, request);
                        self.requested(connection, request, None);
                    }
                    Input::Message(connection, Message::Response(response)) => self.answered(connection, &response),
                    Input::Start | Input::Timer(_) => (),
                }
            }
        }
    }

    /// Notes a request, with all that it asks for: a fetch also for what its session had before.
    fn hear(&mut self, connection: Connection, mut request: Request) -> Request {
        if let Request::Fetch(fetch) = &mut request {
            let session = self.fetch_sessions.entry(connection).or_default();
            let again = |at: &FetchPartition| fetch.partitions.iter().any(|new| new.partition == at.partition);
            session.retain(|at| !fetch.forget.contains(&at.partition) && !again(at));
            session.extend(fetch.partitions.iter().copied());
            fetch.partitions = session.iter().copied().collect();
        }
        let api = Message::Request(request.clone()).api();
        let mut value = apis::request_fields(&request, &self.layout);
        if let Value::Fields(fields) = &mut value {
            fields.push(("from".to_owned(), connection.client.into()));
            fields.push(("at".to_owned(), self.now().into()));
        }
        self.heard.entry((connection.server, api)).or_default().push(value);
        request
    }

    /// A request for a node that is scripted, or that a rule caught: it waits for its turn.
    fn requested(&mut self, connection: Connection, request: Request, rule: Option<RuleId>) {
        let is_answered = !matches!(&request, Request::Produce(produce) if produce.acks == Acks::None);
        if is_answered {
            self.unanswered.push(Asked { connection, request, rule });
            self.answer_waiting();
        }
    }

    /// Answers what waits, of each connection the oldest first: a client takes answers in the order of its requests.
    fn answer_waiting(&mut self) {
        let mut behind = BTreeSet::new();
        let mut place = 0;
        while let Some(asked) = self.unanswered.get(place) {
            let connection = asked.connection;
            if !behind.contains(&connection)
                && let Some((after, answered)) = self.reply_to(place)
            {
                self.unanswered.remove(place);
                match answered {
                    Answered::Response(response) => {
                        self.send_after(after, connection.server, connection, Message::Response(response));
                    }
                    Answered::Disconnected => {
                        self.world.say(connection.server, Effect::Close(connection), &mut self.ears);
                        self.unanswered.retain(|asked| asked.connection != connection);
                    }
                    Answered::Nothing => (),
                }
                continue;
            }
            behind.insert(connection);
            place += 1;
        }
    }

    /// What the first responder makes of a request that waits. A scripted broker tells of its own who leads what.
    fn reply_to(&mut self, place: usize) -> Option<(Duration, Answered)> {
        let Asked { connection, request, rule } = &self.unanswered[place];
        let api = Message::Request(request.clone()).api();
        let fits = |own: &&mut Responder| {
            own.to == connection.server
                && own.rule == *rule
                && own.api == api
                && own.from.is_none_or(|from| from == connection.client)
                && own.left != Some(0)
        };
        if let Some(responder) = self.responders.iter_mut().find(fits) {
            if let Some(left) = &mut responder.left {
                *left -= 1;
            }
            return Some((responder.after, responder.reply.to(request)));
        }
        let tells = matches!((connection.server, request), (NodeId::Broker(_), Request::Metadata));
        tells.then(|| (Duration::ZERO, Answered::Response(self.world.metadata_answer())))
    }

    /// A scripted producer tells of a batch that it sends. True where an answer is expected.
    fn tell_attempt(&mut self, sent: Option<Sent>) -> bool {
        let Some(Sent { send, broker, partition, acks }) = sent else { return true };
        self.world.tell_of(Entry::Attempted { send, broker, partition, attempt: 1 }, &mut self.ears);
        if acks == Acks::None {
            self.world.tell_of(Entry::Acked { send, offset: None }, &mut self.ears);
        }
        acks != Acks::None
    }

    fn answered(&mut self, connection: Connection, response: &Response) {
        let Some(place) = self.pending.iter().position(|pending| pending.connection == connection) else { return };
        let Pending { name, sent, .. } = self.pending.remove(place);
        if let (Some(Sent { send, .. }), Response::Produce(results)) = (sent, response) {
            for result in results.iter().map(|result| result.result) {
                let entry = match result {
                    Ok(offset) => Entry::Acked { send, offset: Some(offset) },
                    Err(error) => Entry::Retried { send, error },
                };
                self.world.tell_of(entry, &mut self.ears);
            }
        }
        let mut value = apis::response_fields(response, &self.layout);
        if let Value::Fields(fields) = &mut value {
            fields.push(("answered".to_owned(), true.into()));
            fields.push(("at".to_owned(), self.now().into()));
        }
        self.answers.insert(name, value);
    }

    fn lost(&mut self, connection: Connection) {
        self.open.remove(&connection);
        self.fetch_sessions.remove(&connection);
        let (gone, rest) =
            std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.connection == connection);
        self.pending = rest;
        let gone: Vec<Pending> = gone;
        for pending in gone {
            let value = Value::fields([("answered", false.into()), ("lost", true.into())]);
            self.answers.insert(pending.name, value);
        }
        self.unanswered.retain(|asked| asked.connection != connection);
    }

    // --- expectations ---

    /// These must hold now; what does not is noted.
    pub fn expect(&mut self, expectations: &[Expectation]) {
        for expectation in expectations {
            if let Err(seen) = self.judge(expectation) {
                self.fail(expectation.line, expectation.text.clone(), seen);
            }
        }
    }

    /// Notes a failure of this moment.
    pub fn fail(&mut self, line: u32, expected: String, seen: String) {
        let at = self.now();
        self.failures.push(Failure { line, expected, seen, at });
    }

    /// These must hold, or must never hold, at every step from now on.
    pub fn watch(&mut self, expectations: &[Expectation], holds: bool) {
        self.watches.extend(expectations.iter().cloned().map(|expectation| Watch { expectation, holds }));
        self.look_after_watches();
    }

    fn look_after_watches(&mut self) {
        if self.watches.is_empty() {
            return;
        }
        for watch in std::mem::take(&mut self.watches) {
            let Expectation { line, ref text, .. } = watch.expectation;
            match self.judge(&watch.expectation) {
                Err(seen) if watch.holds => self.fail(line, format!("always {text}"), seen),
                Ok(seen) if !watch.holds => self.fail(line, format!("never {text}"), seen),
                _ => self.watches.push(watch),
            }
        }
    }

    /// Does it hold? With what is seen, in either case.
    fn judge(&self, expectation: &Expectation) -> Result<String, String> {
        let seen = self.look(&expectation.left)?;
        let (expected, other) = match &expectation.right {
            Right::Value(value) => (value.clone(), None),
            Right::Look(look) => {
                let value = self.look(look)?;
                (value.clone(), Some(value))
            }
        };
        let told = match other {
            None => format!("it is {seen}"),
            Some(other) => format!("it is {seen}, the other {other}"),
        };
        if expectation.op.holds(&seen, &expected) { Ok(told) } else { Err(told) }
    }

    /// What is there to see.
    fn look(&self, look: &Look) -> Result<Value, String> {
        match look {
            Look::At(path) => self.look_at(path),
            Look::Minus(left, right) => {
                let (left, right) = (self.look(left)?, self.look(right)?);
                left.minus(&right).ok_or_else(|| format!("{right} cannot be taken from {left}"))
            }
            Look::Trace(of, entries, rest) => {
                let found = self.entries(entries);
                let value = match of {
                    Of::Count => Value::from(found.len()),
                    Of::First => found.first().cloned().unwrap_or(Value::None),
                    Of::Last => found.last().cloned().unwrap_or(Value::None),
                    Of::All => Value::List(found),
                };
                walk(value, rest)
            }
        }
    }

    fn look_at(&self, path: &[String]) -> Result<Value, String> {
        let (root, rest) = path.split_first().expect("a path has a root");
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        match root.as_str() {
            "now" => Ok(self.now().into()),
            "heard" => self.look_heard(rest),
            _ if self.answers.contains_key(root) => walk(self.answers[root].clone(), rest),
            _ => {
                // The longest beginning that names a field; what is left leads into its value.
                let found = (1..=names.len()).rev().find_map(|end| Some((end, self.look_up(&names[..end])?)));
                let (end, value) = found.ok_or_else(|| format!("there is no `{}`", path.join(".")))?;
                walk(value, &path[end..])
            }
        }
    }

    fn look_up(&self, names: &[&str]) -> Option<Value> {
        let Ears { judge, invariants, metrics, .. } = &self.ears;
        figures::look(names, self.now(), judge, invariants, metrics).or_else(|| self.world.inspect(names))
    }

    /// `heard.b1.Produce.count`, `heard.b1.Produce.0.sequence`.
    fn look_heard(&self, path: &[String]) -> Result<Value, String> {
        let [node, api, rest @ ..] = path else {
            return Err("`heard` is followed by a node and a request, as in heard.b1.Produce.count".to_owned());
        };
        let node = highwater_sim::inspect::node_named(node).ok_or_else(|| format!("there is no node `{node}`"))?;
        let api =
            Api::ALL.iter().find(|own| own.name() == api).ok_or_else(|| format!("there is no request `{api}`"))?;
        walk(Value::List(self.heard.get(&(node, *api)).cloned().unwrap_or_default()), rest)
    }

    fn entries(&self, wanted: &Entries) -> Vec<Value> {
        let is = |value: &Value| wanted.filters.iter().all(|(name, other)| value.field(name).as_ref() == Some(other));
        let tape = &self.ears.tape;
        let places = self.ears.places(&wanted.kind);
        let from = places.partition_point(|place| tape[*place as usize].0 < wanted.since);
        let to = places.partition_point(|place| tape[*place as usize].0 < wanted.until);
        let of_kind = places.get(from..to).unwrap_or_default().iter().map(|place| &tape[*place as usize]);
        let values = of_kind.map(|(at, entry)| {
            let mut value = entries::fields(entry, &self.layout);
            if let Value::Fields(fields) = &mut value {
                fields.push(("at".to_owned(), (*at).into()));
            }
            value
        });
        values.filter(is).collect()
    }
}

fn unanswered() -> Value {
    Value::fields([("answered", false.into())])
}

/// A field of a field.
fn walk(value: Value, path: &[String]) -> Result<Value, String> {
    let mut at = value;
    for name in path {
        at = at.field(name).ok_or_else(|| format!("there is no `{name}` in {at}"))?;
    }
    Ok(at)
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
