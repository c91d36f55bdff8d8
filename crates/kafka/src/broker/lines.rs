//! Connections that a broker opens to other brokers for transactions: one for the questions of verification, one for
//! markers, each with one request on its way at a time, as Kafka's AddPartitionsToTxnManager and
//! TransactionMarkerChannelManager have them.

use super::transactions::{BROKER_REQUEST_TIMEOUT, line_retry};
use super::{Broker, Kind};
use crate::message::{Message, Request, Response};
use crate::node::{Alarm, Channel, Connection, Context, Effect};
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, NodeId};
use std::collections::VecDeque;

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineKind {
    /// Questions to a coordinator.
    Verify,
    /// Markers for a leader.
    Mark,
}

impl LineKind {
    const fn channel(self) -> Channel {
        match self {
            LineKind::Verify => Channel::Verification,
            LineKind::Mark => Channel::Markers,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Opening,
    Open,
    /// Closed, and it rests before it is opened again.
    Resting,
}

/// A line to one broker, with what waits for it.
#[derive(Clone, Debug)]
pub(super) struct Line<T> {
    kind: LineKind,
    own: BrokerId,
    to: BrokerId,
    state: State,
    pub queue: VecDeque<T>,
    pub in_flight: Vec<T>,
    /// While a request is on its way: when it is overdue. While it rests: until when.
    alarm: Alarm,
}

impl<T> Line<T> {
    pub fn new(kind: LineKind, own: BrokerId, to: BrokerId) -> Self {
        let (queue, in_flight) = (VecDeque::new(), Vec::new());
        Self { kind, own, to, state: State::Closed, queue, in_flight, alarm: Alarm::OFF }
    }

    fn connection(&self) -> Connection {
        let (client, server) = (NodeId::Broker(self.own), NodeId::Broker(self.to));
        Connection { client, server, channel: self.kind.channel() }
    }

    fn key(&self) -> u32 {
        2 * u32::from(self.to.0) + u32::from(self.kind == LineKind::Mark)
    }

    /// Can something be sent now? A line that is closed is opened where something waits.
    pub fn is_idle(&mut self, context: &mut Context) -> bool {
        if self.state == State::Closed && !self.queue.is_empty() {
            self.state = State::Opening;
            context.out.effects.push(Effect::Open(self.connection()));
        }
        self.state == State::Open && self.in_flight.is_empty()
    }

    /// Sends what was put into `in_flight`.
    pub fn send(&mut self, request: Request, context: &mut Context) {
        self.alarm.set(context.now + BROKER_REQUEST_TIMEOUT, Kind::Line as u16, self.key(), context.out);
        context.out.send(self.connection(), Message::Request(request));
    }

    /// An answer is here; gives what it answers.
    pub fn answered(&mut self) -> Vec<T> {
        self.alarm.clear();
        std::mem::take(&mut self.in_flight)
    }

    /// The connection is gone; gives what was sent and has no answer.
    pub fn failed(&mut self) -> Vec<T> {
        std::mem::take(&mut self.in_flight)
    }

    fn rest(&mut self, context: &mut Context) {
        self.state = State::Resting;
        self.alarm.set(line_retry(context.now), Kind::Line as u16, self.key(), context.out);
    }
}

impl Broker {
    pub(super) fn line_opened(&mut self, connection: Connection, context: &mut Context) {
        let NodeId::Broker(to) = connection.server else { unreachable!("lines lead to brokers") };
        if connection.channel == Channel::Verification {
            self.transactions.verify_lines[usize::from(to.0)].state = State::Open;
            self.send_questions(to, context);
        } else {
            self.transactions.marker_lines[usize::from(to.0)].state = State::Open;
            self.send_markers(to, context);
        }
    }

    pub(super) fn line_lost(&mut self, connection: Connection, error: Error, context: &mut Context) {
        let NodeId::Broker(to) = connection.server else { unreachable!("lines lead to brokers") };
        let at = usize::from(to.0);
        let (node, server) = (self.node(), connection.server);
        if connection.channel == Channel::Verification {
            let line = &mut self.transactions.verify_lines[at];
            line.rest(context);
            if !line.in_flight.is_empty() {
                let api = highwater_model::trace::Api::AddPartitionsToTxn;
                context.out.tell(Entry::RequestFailed { node, api, server, error });
            }
            // What waits for a connection that cannot be had is not left waiting either.
            let waiting: Vec<_> = line.queue.drain(..).collect();
            line.in_flight.extend(waiting);
            self.questions_failed(to, context);
        } else {
            let line = &mut self.transactions.marker_lines[at];
            line.rest(context);
            if !line.in_flight.is_empty() {
                let api = highwater_model::trace::Api::WriteTxnMarkers;
                context.out.tell(Entry::RequestFailed { node, api, server, error });
            }
            self.markers_failed(to, context);
        }
    }

    pub(super) fn line_answered(&mut self, connection: Connection, response: Response, context: &mut Context) {
        let NodeId::Broker(from) = connection.server else { unreachable!("lines lead to brokers") };
        match response {
            Response::AddPartitionsToTxn(answers) => self.question_answered(from, &answers, context),
            Response::WriteTxnMarkers(results) => self.markers_answered(from, &results, context),
            other => unreachable!("nothing on a line is answered with {:?}", other.api()),
        }
    }

    /// A request on a line is overdue, or a line has rested.
    pub(super) fn line_due(&mut self, key: u32, context: &mut Context) {
        let to = BrokerId((key / 2) as u8);
        let at = usize::from(to.0);
        let Transactions { verify_lines, marker_lines, .. } = &mut self.transactions;
        let (alarm, state, connection) = if key.is_multiple_of(2) {
            let line = &mut verify_lines[at];
            let connection = line.connection();
            (&mut line.alarm, &mut line.state, connection)
        } else {
            let line = &mut marker_lines[at];
            let connection = line.connection();
            (&mut line.alarm, &mut line.state, connection)
        };
        if !alarm.fired(context.now, Kind::Line as u16, key, context.out) {
            return;
        }
        if *state == State::Resting {
            *state = State::Closed;
            if key.is_multiple_of(2) {
                self.send_questions(to, context);
            } else {
                self.send_markers(to, context);
            }
        } else {
            Self::close(connection, context);
            self.line_lost(connection, Error::RequestTimedOut, context);
        }
    }
}

use super::transactions::Transactions;
