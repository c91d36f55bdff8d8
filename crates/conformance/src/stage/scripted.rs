//! The nodes that a case plays: what they ask, are asked and answer; and the clients that it calls.

use super::Stage;
use crate::apis::{self, Answered, Reply, Sent};
use crate::groups;
use highwater_kafka::message::{FetchPartition, Message, Request, Response};
use highwater_kafka::node::{Connection, Effect, Input};
use highwater_model::inspect::Value;
use highwater_model::settings::Acks;
use highwater_model::trace::{Api, Entry};
use highwater_model::{Duration, NodeId};
use highwater_sim::rules::{Caught, Rule, RuleId};
use highwater_sim::{Advance, Call, ProducerCall};
use std::collections::BTreeSet;

/// How long a step waits for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name of an answer that is given none.
pub const ANSWER: &str = "answer";

/// A request without an answer.
pub(super) struct Pending {
    connection: Connection,
    name: String,
    sent: Option<Sent>,
}

/// A request that waits to be answered by the case.
pub(super) struct Asked {
    connection: Connection,
    request: Request,
    /// The rule that caught it; none where its receiver is scripted.
    rule: Option<RuleId>,
}

/// Answers requests to a node in its name.
pub(super) struct Responder {
    pub(super) name: Option<String>,
    to: NodeId,
    from: Option<NodeId>,
    api: Api,
    /// The world's rule that catches them; none where the node is scripted.
    pub(super) rule: Option<RuleId>,
    /// How many it still answers; none: all.
    left: Option<u32>,
    after: Duration,
    reply: Reply,
}

impl Stage {
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
        let called = self.world.call(consumer, call, &mut self.ears);
        self.called(NodeId::Consumer(consumer), called, name, waits)
    }

    /// The same of a producer.
    pub fn call_producer(&mut self, producer: u8, call: ProducerCall, name: &str, waits: bool) -> Result<(), String> {
        let called = self.world.call_producer(producer, call, &mut self.ears);
        self.called(NodeId::Producer(producer), called, name, waits)
    }

    fn called(&mut self, client: NodeId, is_called: bool, name: &str, waits: bool) -> Result<(), String> {
        if !is_called {
            let why = "is not played by hand (name it in `by_hand` of [start]), is down, or has not returned from another call";
            return Err(format!("{client} {why}"));
        }
        self.answers.insert(name.to_owned(), unanswered());
        self.calls.push((client, name.to_owned()));
        self.listen();
        let deadline = self.now() + PATIENCE.times(5);
        while waits && self.calls.iter().any(|(other, own)| *other == client && own == name) {
            if self.step(deadline) == Advance::Reached {
                return Err(format!("the call of {client} does not return"));
            }
        }
        Ok(())
    }

    /// Takes in what calls came to.
    fn take_returned(&mut self) {
        for (client, name) in std::mem::take(&mut self.calls) {
            let Some(returned) = self.world.returned(client) else {
                self.calls.push((client, name));
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
    pub(super) fn listen(&mut self) {
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
}

fn unanswered() -> Value {
    Value::fields([("answered", false.into())])
}
