//! Connections between nodes, and the packets on them: what the network makes of what a node sends, opens and closes.

use super::{Event, World};
use crate::network::{Arrival, CONNECT_RETRY, CONNECT_TIMEOUT, End, Retransmit};
use crate::rules::{ToCatch, Verdict};
use highwater_kafka::message::{Message, Request};
use highwater_kafka::node::{Connection, Input};
use highwater_kernel::Class;
use highwater_model::settings::Acks;
use highwater_model::trace::{Entry, Level, Observer};
use highwater_model::{Duration, Instant, NodeId};

impl World {
    pub(super) fn send(
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
        let is_answered = is_answered(&message);
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
        let ahead = if is_answered { self.state.network.expect_answer(wire) } else { 0 };
        if response {
            self.state.network.note_answer(wire);
            self.state.rules.note_answer(connection);
        }
        let way = (wire, to, self.state.network.packet(packet).generation);
        let behind = self.state.rules.behind(way);
        let (rule, verdict) = behind.unwrap_or_else(|| self.state.rules.judge(from, receiver, api, response));
        match verdict {
            Verdict::Hold => return self.state.rules.hold(rule, packet, way),
            Verdict::Drop => {
                self.state.rules.note_drop(rule, way);
                return self.dropped(packet, observer);
            }
            Verdict::Catch | Verdict::Overhear => {
                let keeps = verdict == Verdict::Catch;
                self.state.rules.catch_on_arrival(ToCatch { rule, packet, connection, ahead, keeps });
            }
            Verdict::Pass | Verdict::Delay(_) => (),
        }
        let mut arrives = arrives;
        if let Verdict::Delay(delay) = verdict {
            arrives += delay;
            self.state.network.hold_up(wire, to, arrives);
        }
        self.state.queue.push(arrives, Class::Network, Event::Arrive { packet });
    }

    fn dropped(&mut self, packet: u32, observer: &mut impl Observer) {
        let name = self.state.network.drop_packet(packet);
        if self.level == Level::Full {
            self.told(Entry::Dropped { packet: name }, observer);
        }
    }

    pub(super) fn arrive(&mut self, packet: u32, observer: &mut impl Observer) {
        let (now, number) = (self.state.now, packet);
        let (wire, to) = (self.state.network.packet(packet).wire, self.state.network.packet(packet).to);
        match self.state.network.arrive(packet, now) {
            Arrival::Here(packet) => {
                if self.level == Level::Full {
                    self.told(Entry::Received { packet: packet.number }, observer);
                }
                let connection = self.state.network.wire_of(wire).connection;
                let receiver = self.state.network.wire_of(wire).node(to);
                let told = Some((wire, to, Some(packet.generation)));
                if let Some(caught) = self.state.rules.catches(number)
                    && self.catch(caught, &packet.message, told)
                {
                    return;
                }
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
                let receiver = self.state.network.numbering.of(self.state.network.wire_of(wire).node(to));
                // A process that was killed has its sockets until it is gone: they take what comes, and are silent.
                if self.state.processes[usize::from(receiver)].gone_at <= self.state.now {
                    self.reset(wire, to.other(), packet.generation);
                }
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

    pub(super) fn retransmit(&mut self, wire: u32, to: End, observer: &mut impl Observer) {
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
    pub(super) fn open(&mut self, connection: Connection) {
        let wire = self.state.network.wire(connection);
        let generation = self.state.network.begin(wire);
        let at = self.state.now + self.state.network.latency(connection.client, connection.server);
        let asked_ms = self.state.now.as_millis() as u32;
        self.state.queue.push(at, Class::Network, Event::Connect { wire, generation, asked_ms });
    }

    /// The request for a connection reaches the server's machine, or does not.
    pub(super) fn connect(&mut self, wire: u32, generation: u32, asked_ms: u32, observer: &mut impl Observer) {
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
        self.state.rules.forget(connection);
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

    /// The handshake's last answer would be here by now.
    pub(super) fn opened(&mut self, wire: u32, generation: u32, observer: &mut impl Observer) {
        let connection = self.state.network.wire_of(wire).connection;
        if self.state.network.established(wire, generation) {
            let told = Some((wire, End::Client, Some(generation)));
            self.input_to(connection.client, Input::Opened(connection), told, observer);
        } else if self.state.network.is_wanted(wire, generation) {
            // The server ended in the middle of it. Its machine says so; or nobody does.
            let reaches = self.state.network.reaches(connection);
            let at = if reaches { self.state.now } else { self.state.now + CONNECT_TIMEOUT };
            self.state.queue.push(at, Class::Network, Event::Refused { wire, generation });
        }
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

    pub(super) fn close(&mut self, wire: u32, end: End) {
        self.close_after(wire, end, Duration::ZERO);
    }

    /// An end is gone; its machine says so only then.
    pub(super) fn close_after(&mut self, wire: u32, end: End, after: Duration) {
        if let Some((generation, at)) = self.state.network.close(wire, end, self.state.now) {
            let at = at + after;
            let end = end.other();
            self.state.queue.push(at, Class::Network, Event::Lost { wire, end, generation });
        }
    }

    pub(super) fn lose(&mut self, wire: u32, end: End, generation: u32, observer: &mut impl Observer) {
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
}

/// Is it a request that its receiver answers?
fn is_answered(message: &Message) -> bool {
    match message {
        Message::Request(Request::Produce(produce)) => produce.acks != Acks::None,
        Message::Request(_) => true,
        Message::Response(_) => false,
    }
}
