//! The client's connections: opened when first needed, with a growing pause after each failure; requests wait for the
//! connection, answers come in the order of requests, and an answer that does not come closes the connection.

use crate::message::{Message, Request};
use crate::node::{Channel, Connection, Context, Effect};
use highwater_kernel::Dice;
use highwater_model::trace::Api;
use highwater_model::{BrokerId, Duration, Instant, NodeId};
use std::collections::VecDeque;

/// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(1_000));

/// `retry.backoff.ms` and `retry.backoff.max.ms` of a consumer.
pub(super) const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(1_000));

/// Kafka's exponential back-off: doubles with each attempt up to a bound, plus or minus a fifth (`EXP_BACKOFF`).
pub(super) fn backoff((first, longest): (Duration, Duration), attempts: u32, dice: &mut Dice) -> Duration {
    let plain = Duration(first.0 << attempts.min(16)).min(longest);
    Duration(plain.0 / 1_000 * dice.within(800, 1_200)).min(longest)
}

/// A request without an answer, of purpose `P`.
#[derive(Clone, Debug)]
pub(super) struct Pending<P> {
    pub(super) purpose: P,
    pub(super) api: Api,
    deadline: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Opening,
    Open,
}

#[derive(Clone, Debug)]
struct Link<P> {
    state: State,
    /// Failures since it was last open.
    failures: u32,
    /// Not opened again before.
    retry_at: Instant,
    /// Sent, oldest first.
    in_flight: VecDeque<Pending<P>>,
    /// To be sent when it is open.
    queue: Vec<(Pending<P>, Request)>,
}

/// All connections of a client, whose requests have purposes `P`.
#[derive(Clone, Debug)]
pub(super) struct Links<P> {
    client: NodeId,
    /// By broker, first those of [`Channel::Client`], then those of [`Channel::Coordinator`].
    links: Vec<Link<P>>,
}

impl<P> Links<P> {
    /// None open yet.
    pub(super) fn new(client: NodeId, brokers: u8) -> Self {
        let closed = || Link {
            state: State::Closed,
            failures: 0,
            retry_at: Instant::ZERO,
            in_flight: VecDeque::new(),
            queue: Vec::new(),
        };
        Self { client, links: std::iter::repeat_with(closed).take(2 * (usize::from(brokers) + 1)).collect() }
    }

    fn place(&self, broker: BrokerId, channel: Channel) -> usize {
        let second_half = if channel == Channel::Coordinator { self.links.len() / 2 } else { 0 };
        second_half + usize::from(broker.0)
    }

    fn connection(&self, place: usize) -> Connection {
        let half = self.links.len() / 2;
        let channel = if place < half { Channel::Client } else { Channel::Coordinator };
        Connection { client: self.client, server: NodeId::Broker(BrokerId((place % half) as u8)), channel }
    }

    fn of(&mut self, connection: Connection) -> &mut Link<P> {
        let NodeId::Broker(broker) = connection.server else { unreachable!("consumers talk to brokers") };
        let place = self.place(broker, connection.channel);
        &mut self.links[place]
    }

    /// Is it open, or may it be opened?
    pub(super) fn is_available(&self, broker: BrokerId, channel: Channel, now: Instant) -> bool {
        let link = &self.links[self.place(broker, channel)];
        link.state != State::Closed || link.retry_at <= now
    }

    /// Sends, or opens the connection first. The caller has seen that it is available. Gives the request's deadline.
    pub(super) fn send(
        &mut self,
        (broker, channel): (BrokerId, Channel),
        request: Request,
        purpose: P,
        timeout: Duration,
        context: &mut Context,
    ) -> Instant {
        let place = self.place(broker, channel);
        let connection = self.connection(place);
        let link = &mut self.links[place];
        let deadline = context.now + timeout;
        let pending = Pending { purpose, api: request.api(), deadline };
        match link.state {
            State::Open => {
                link.in_flight.push_back(pending);
                context.out.send(connection, Message::Request(request));
            }
            State::Opening => link.queue.push((pending, request)),
            State::Closed => {
                link.state = State::Opening;
                link.queue.push((pending, request));
                context.out.effects.push(Effect::Open(connection));
            }
        }
        deadline
    }

    /// It is open: what waited is sent.
    pub(super) fn opened(&mut self, connection: Connection, context: &mut Context) {
        let link = self.of(connection);
        link.state = State::Open;
        link.failures = 0;
        for (pending, request) in link.queue.drain(..) {
            link.in_flight.push_back(pending);
            context.out.send(connection, Message::Request(request));
        }
    }

    /// It is gone: no answer comes to these any more.
    pub(super) fn lost(&mut self, connection: Connection, context: &mut Context) -> Vec<Pending<P>> {
        let link = self.of(connection);
        link.state = State::Closed;
        link.retry_at = context.now + backoff(RECONNECT, link.failures, context.dice);
        link.failures += 1;
        link.in_flight.drain(..).chain(link.queue.drain(..).map(|(pending, _)| pending)).collect()
    }

    /// The request that this answer is for.
    pub(super) fn answered(&mut self, connection: Connection) -> Option<Pending<P>> {
        self.of(connection).in_flight.pop_front()
    }

    /// Closes a connection from this side; its requests fail like those of a lost one.
    pub(super) fn close(&mut self, connection: Connection, context: &mut Context) -> Vec<Pending<P>> {
        if self.of(connection).state == State::Closed {
            return Vec::new();
        }
        context.out.effects.push(Effect::Close(connection));
        self.lost(connection, context)
    }

    /// The coordinator's connection.
    pub(super) fn coordinator(&self, broker: BrokerId) -> Connection {
        self.connection(self.place(broker, Channel::Coordinator))
    }

    /// A connection with a request that has waited too long for its answer.
    pub(super) fn timed_out(&self, now: Instant) -> Option<Connection> {
        let place = self.links.iter().position(|link| link.deadline() <= now)?;
        Some(self.connection(place))
    }

    /// The next time at which a request has waited too long, or a connection may be opened again.
    pub(super) fn next_due(&self, now: Instant) -> Instant {
        let retries = self.links.iter().map(|link| link.retry_at).filter(|at| now < *at);
        let deadlines = self.links.iter().map(Link::deadline);
        retries.chain(deadlines).min().unwrap_or(Instant::NEVER)
    }

    /// The node that has the least to do (`leastLoadedNode`): an open connection without requests, else the open one
    /// with the fewest, else one that is being opened, else one that may be. Ties are broken by chance.
    pub(super) fn least_loaded(
        &self,
        brokers: impl Iterator<Item = BrokerId>,
        now: Instant,
        dice: &mut Dice,
    ) -> Option<BrokerId> {
        let mut best: Option<(u64, BrokerId)> = None;
        for broker in brokers.filter(|broker| self.is_available(*broker, Channel::Client, now)) {
            let link = &self.links[self.place(broker, Channel::Client)];
            let load = match link.state {
                State::Open => link.in_flight.len() as u64,
                State::Opening => 1 << 20,
                State::Closed => 1 << 21,
            };
            let rank = load << 32 | dice.bits() >> 32;
            if best.is_none_or(|(least, _)| rank < least) {
                best = Some((rank, broker));
            }
        }
        best.map(|(_, broker)| broker)
    }
}

impl<P> Link<P> {
    fn deadline(&self) -> Instant {
        let sent = self.in_flight.iter().map(|pending| pending.deadline);
        sent.chain(self.queue.iter().map(|(pending, _)| pending.deadline)).min().unwrap_or(Instant::NEVER)
    }
}
