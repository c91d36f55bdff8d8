//! TCP: connections over the links. Messages of one direction of a connection arrive in order. Where nothing gets
//! through, data is sent again and again (with TCP's doubling pause) until somebody gives up; a process that died on a
//! live machine is a reset.

use super::{Network, Packet};
use highwater_kafka::message::Message;
use highwater_kafka::node::{Channel, Connection};
use highwater_kernel::math;
use highwater_model::trace::Api;
use highwater_model::{Duration, Instant, NodeId};
use std::collections::VecDeque;

/// First pause before TCP sends unacknowledged data again, beside the round trip (Linux: TCP_RTO_MIN bounds the part of
/// the timeout that is for the round trip's variance).
const RETRANSMIT_MIN: Duration = Duration::from_millis(200);
/// The longest such pause.
const RETRANSMIT_MAX: Duration = Duration::from_secs(120);
/// How often TCP tries before it resets the connection (Linux: tcp_retries2).
const RETRANSMITS_MAX: u32 = 15;
/// How long a client waits for a connection (socket.connection.setup.timeout.ms).
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// First pause before TCP asks again for a connection.
pub(crate) const CONNECT_RETRY: Duration = Duration::from_secs(1);
/// Payload of a TCP segment.
const SEGMENT_BYTES: f64 = 1_460.0;
/// Kinds of connections that two nodes may have.
pub(super) const CHANNELS: usize = 9;

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Server,
}

impl End {
    pub const fn other(self) -> Self {
        match self {
            End::Client => End::Server,
            End::Server => End::Client,
        }
    }
}

/// A connection between two nodes. Each time it is opened it has another generation; an end that is gone has none.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub connection: Connection,
    generations: u32,
    client: Option<u32>,
    server: Option<u32>,
    /// What the nodes at the ends take it for: a paused node has not heard yet of what its machine knows.
    taken_for: [Option<u32>; 2],
    /// The newest generation that each node knows to be over; what is still told of it is not heard.
    over: [u32; 2],
    /// To the server, to the client.
    directions: [Direction; 2],
    /// Requests sent on it whose answers have not been sent.
    unanswered: u32,
}

/// One direction of a connection.
#[derive(Clone, Debug, Default)]
struct Direction {
    /// Nothing arrives before what was sent earlier.
    last_arrival: Instant,
    /// With loss: until when the congestion window is used up.
    busy_until: Instant,
    /// Packets that do not get through, oldest first.
    stalled: VecDeque<u32>,
    /// They go on their way and are there then; what was sent after them waits for that.
    flushed_at: Instant,
    retransmits: u32,
}

impl Wire {
    fn end(&self, end: End) -> Option<u32> {
        match end {
            End::Client => self.client,
            End::Server => self.server,
        }
    }

    fn end_mut(&mut self, end: End) -> &mut Option<u32> {
        match end {
            End::Client => &mut self.client,
            End::Server => &mut self.server,
        }
    }

    pub fn node(&self, end: End) -> NodeId {
        match end {
            End::Client => self.connection.client,
            End::Server => self.connection.server,
        }
    }
}

/// What became of a packet that should arrive.
pub(crate) enum Arrival {
    /// It is there.
    Here(Packet),
    /// It does not get through for now: try this wire's direction again then.
    Stalled { retry_at: Instant },
    /// It waits behind others that do not get through.
    Behind,
    /// It comes right after others that get through only then.
    Later { at: Instant },
    /// The receiving end is gone: the sender's end is reset.
    Reset(Packet),
    /// The connection it belonged to is gone.
    Gone(u32),
}

/// What sending stalled data again came to.
pub(crate) enum Retransmit {
    /// It gets through.
    Go { packets: VecDeque<u32>, arrive_at: Instant },
    /// Not yet.
    Later(Instant),
    /// The connection is reset.
    GivesUp,
    /// There is nothing to send.
    Nothing,
}

impl Network {
    /// The number of a connection's wire; made at first use.
    pub fn wire(&mut self, connection: Connection) -> u32 {
        let client = usize::from(self.numbering.of(connection.client));
        let server = usize::from(self.numbering.of(connection.server));
        let servers = usize::from(self.numbering.servers());
        let channel = match connection.channel {
            Channel::Client => 0,
            Channel::Coordinator => 1,
            Channel::Replication => 2,
            Channel::Control => 3,
            Channel::Isr => 4,
            Channel::Metadata => 5,
            Channel::Quorum => 6,
            Channel::Verification => 7,
            Channel::Markers => 8,
        };
        let place = &mut self.places[(client * servers + server) * CHANNELS + channel];
        if *place == 0 {
            let directions = [Direction::default(), Direction::default()];
            self.wires.push(Wire {
                connection,
                generations: 0,
                client: None,
                server: None,
                taken_for: [None; 2],
                over: [0; 2],
                directions,
                unanswered: 0,
            });
            *place = self.wires.len() as u16;
        }
        u32::from(*place) - 1
    }

    pub fn wire_of(&self, wire: u32) -> &Wire {
        &self.wires[wire as usize]
    }

    /// Nothing arrives in this direction before this moment.
    pub fn hold_up(&mut self, wire: u32, to: End, until: Instant) {
        let direction = &mut self.wires[wire as usize].directions[to as usize ^ 1];
        direction.last_arrival = direction.last_arrival.max(until);
    }

    /// Sends a message, if the sender's end is there; gives the packet and when it arrives.
    pub fn send(
        &mut self,
        wire: u32,
        to: End,
        message: Message,
        bytes: u32,
        depart: Instant,
        now: Instant,
    ) -> Option<(u32, Instant)> {
        let from = to.other();
        let generation = self.wires[wire as usize].end(from)?;
        if self.wires[wire as usize].taken_for[from as usize] != Some(generation) {
            return None; // it speaks on a connection that is gone
        }
        let (sender, receiver) = (self.wires[wire as usize].node(from), self.wires[wire as usize].node(to));
        let mut arrives = self.carry(sender, receiver, bytes, depart, now);
        arrives = self.delay_by_loss(wire, to, bytes, arrives);
        let direction = &mut self.wires[wire as usize].directions[to as usize ^ 1];
        arrives = arrives.max(direction.last_arrival + Duration(1));
        direction.last_arrival = arrives;
        let number = self.next_number;
        self.next_number = self.next_number.wrapping_add(1);
        let api = match (&message, self.wires[wire as usize].connection.channel) {
            (Message::Response(_), Channel::Replication) if message.api() == Api::FetchConsumer => Api::FetchFollower,
            _ => message.api(),
        };
        let packet = Packet { wire, to, generation, message, number, api, sent: now, arrives };
        Some((self.put(packet), arrives))
    }

    /// Loss under TCP: a lower goodput (Padhye's curve), and, where the last segment is lost, a retransmission timeout.
    fn delay_by_loss(&mut self, wire: u32, to: End, bytes: u32, arrives: Instant) -> Instant {
        let (from, receiver) = (self.wires[wire as usize].node(to.other()), self.wires[wire as usize].node(to));
        let lost = self.machine(from).loss_per_mille.max(self.machine(receiver).loss_per_mille);
        if lost == 0 || lost == 1_000 {
            return arrives;
        }
        let loss = f64::from(lost) / 1_000.0;
        let round_trip = (self.latency(from, receiver) + self.latency(receiver, from)).as_secs_f64();
        let timeout = RETRANSMIT_MIN.as_secs_f64().max(round_trip);
        let windows = round_trip * math::sqrt(2.0 * loss / 3.0);
        let timeouts = timeout * (3.0 * math::sqrt(3.0 * loss / 8.0)).min(1.0) * loss * (1.0 + 32.0 * loss * loss);
        let goodput = SEGMENT_BYTES / (windows + timeouts);
        let number = usize::from(self.numbering.of(from));
        let direction = &mut self.wires[wire as usize].directions[to as usize ^ 1];
        let transfer = Duration((f64::from(bytes) / goodput * 1e9) as u64);
        direction.busy_until = direction.busy_until.max(arrives) + transfer;
        let mut done = direction.busy_until;
        let mut pause = Duration((timeout * 1e9) as u64);
        while self.dice[number].chance(u64::from(lost), 1_000) {
            done += pause;
            pause = pause.times(2);
            if RETRANSMIT_MAX < pause {
                break;
            }
        }
        done
    }

    /// How long TCP waits for an acknowledgement at first. What it has seen of the round trip is what is usual.
    fn retransmission_timeout(&self, from: NodeId, to: NodeId) -> Duration {
        RETRANSMIT_MIN + self.usual_latency(from, to) + self.usual_latency(to, from)
    }

    /// A packet should arrive now.
    pub fn arrive(&mut self, place: u32, now: Instant) -> Arrival {
        let packet = self.packet(place);
        let (wire, to, generation) = (packet.wire as usize, packet.to, packet.generation);
        let from = to.other();
        let (sender, receiver) = (self.wires[wire].node(from), self.wires[wire].node(to));
        if self.wires[wire].end(from) != Some(generation) && self.wires[wire].end(to) != Some(generation) {
            return Arrival::Gone(self.take(place).number);
        }
        if !self.wires[wire].directions[to as usize ^ 1].stalled.is_empty() {
            self.wires[wire].directions[to as usize ^ 1].stalled.push_back(place);
            return Arrival::Behind;
        }
        let flushed_at = self.wires[wire].directions[to as usize ^ 1].flushed_at;
        if now < flushed_at {
            return Arrival::Later { at: flushed_at };
        }
        if self.is_blocked(sender, receiver) {
            let direction = &mut self.wires[wire].directions[to as usize ^ 1];
            direction.stalled.push_back(place);
            direction.retransmits = 0;
            return Arrival::Stalled { retry_at: now + self.retransmission_timeout(sender, receiver) };
        }
        if self.wires[wire].end(to) != Some(generation) {
            return Arrival::Reset(self.take(place));
        }
        Arrival::Here(self.take(place))
    }

    /// TCP sends stalled data again: the packets that go on their way now, or when to try next, or that it gives up.
    pub fn retransmit(&mut self, wire: u32, to: End, now: Instant) -> Retransmit {
        let (sender, receiver) = (self.wires[wire as usize].node(to.other()), self.wires[wire as usize].node(to));
        let blocked = self.is_blocked(sender, receiver);
        let timeout = self.retransmission_timeout(sender, receiver);
        let direction = &mut self.wires[wire as usize].directions[to as usize ^ 1];
        if direction.stalled.is_empty() {
            return Retransmit::Nothing;
        }
        if blocked {
            direction.retransmits += 1;
            if RETRANSMITS_MAX <= direction.retransmits {
                return Retransmit::GivesUp;
            }
            let pause = timeout.times(1 << direction.retransmits).0.min(RETRANSMIT_MAX.0);
            return Retransmit::Later(now + Duration(pause));
        }
        let stalled = std::mem::take(&mut direction.stalled);
        let at = now + self.latency(sender, receiver);
        let direction = &mut self.wires[wire as usize].directions[to as usize ^ 1];
        direction.last_arrival = at.max(direction.last_arrival + Duration(1));
        direction.flushed_at = direction.last_arrival;
        Retransmit::Go { packets: stalled, arrive_at: direction.last_arrival }
    }

    /// A node hears of its connection: what it says from now on is said on this one. False where it knows that this
    /// one is over, and so must not hear of it.
    pub fn take_for(&mut self, wire: u32, end: End, generation: Option<u32>) -> bool {
        let wire = &mut self.wires[wire as usize];
        if generation.is_some_and(|generation| generation <= wire.over[end as usize]) {
            return false;
        }
        wire.taken_for[end as usize] = generation;
        true
    }

    /// A node says that its connection is over.
    pub fn give_up(&mut self, wire: u32, end: End) {
        let wire = &mut self.wires[wire as usize];
        let known = wire.taken_for[end as usize].take().max(wire.end(end));
        wire.over[end as usize] = wire.over[end as usize].max(known.unwrap_or(0));
    }

    /// A client asks for a connection: its generation.
    pub fn begin(&mut self, wire: u32) -> u32 {
        let wire = &mut self.wires[wire as usize];
        wire.generations += 1;
        wire.generations
    }

    /// Would a request for a connection get there, and its answer back?
    pub fn reaches(&self, connection: Connection) -> bool {
        !self.is_blocked(connection.client, connection.server) && !self.is_blocked(connection.server, connection.client)
    }

    /// A request that will be answered is sent; gives how many answers come before its own.
    pub fn expect_answer(&mut self, wire: u32) -> u32 {
        let unanswered = &mut self.wires[wire as usize].unanswered;
        *unanswered += 1;
        *unanswered - 1
    }

    /// An answer is sent.
    pub fn note_answer(&mut self, wire: u32) {
        let unanswered = &mut self.wires[wire as usize].unanswered;
        *unanswered = unanswered.saturating_sub(1);
    }

    /// The server takes the connection; true where it had an old one of the same kind, which it now knows to be lost.
    pub fn accept(&mut self, wire: u32, generation: u32) -> bool {
        let wire = &mut self.wires[wire as usize];
        wire.unanswered = 0;
        for direction in &mut wire.directions {
            // What the connection before it still had to transfer keeps nobody waiting.
            direction.last_arrival = Instant::ZERO;
            direction.busy_until = Instant::ZERO;
            direction.flushed_at = Instant::ZERO;
        }
        wire.server.replace(generation).is_some()
    }

    /// The connection is open at the client too, if it is still wanted and the server has not closed it since.
    pub fn established(&mut self, wire: u32, generation: u32) -> bool {
        let wire = &mut self.wires[wire as usize];
        if wire.generations != generation || wire.server != Some(generation) {
            return false;
        }
        wire.client = Some(generation);
        true
    }

    /// Is the client still asking for this one?
    pub fn is_wanted(&self, wire: u32, generation: u32) -> bool {
        self.wires[wire as usize].generations == generation
    }

    /// An end closes, or dies. Gives when the other end hears of it; nothing, where it has none or silence lies between.
    pub fn close(&mut self, wire: u32, end: End, now: Instant) -> Option<(u32, Instant)> {
        let generation = self.wires[wire as usize].end_mut(end).take();
        if end == End::Client {
            // Also a connection that is only being opened is wanted no more.
            self.wires[wire as usize].generations += 1;
        }
        let generation = generation?;
        let (own, other) = (self.wires[wire as usize].node(end), self.wires[wire as usize].node(end.other()));
        if self.wires[wire as usize].end(end.other()) != Some(generation) || self.is_blocked(own, other) {
            return None;
        }
        let at = now + self.latency(own, other);
        let direction = &self.wires[wire as usize].directions[end.other() as usize ^ 1];
        Some((generation, at.max(direction.last_arrival)))
    }

    /// An end is gone with its machine's power: nobody hears anything.
    pub fn lose_silently(&mut self, wire: u32, end: End) {
        *self.wires[wire as usize].end_mut(end) = None;
        if end == End::Client {
            self.wires[wire as usize].generations += 1;
        }
    }

    /// An end hears that the connection is lost; false where it is gone already.
    pub fn lose(&mut self, wire: u32, end: End, generation: u32) -> bool {
        let known = self.wires[wire as usize].end_mut(end);
        if *known != Some(generation) {
            return false;
        }
        *known = None;
        true
    }

    /// Drops what is stalled towards an end; for a connection that is over.
    pub fn drop_stalled(&mut self, wire: u32, to: End) -> Vec<u32> {
        let stalled = std::mem::take(&mut self.wires[wire as usize].directions[to as usize ^ 1].stalled);
        stalled.into_iter().map(|place| self.drop_packet(place)).collect()
    }

    /// The generation that an end knows.
    pub fn generation(&self, wire: u32, end: End) -> Option<u32> {
        self.wires[wire as usize].end(end)
    }

    /// The wires at which a node has an end, and which end.
    pub fn wires_of(&self, node: NodeId) -> Vec<(u32, End)> {
        let ends = |(wire, entry): (usize, &Wire)| {
            let client = (entry.connection.client == node).then_some((wire as u32, End::Client));
            let server = (entry.connection.server == node).then_some((wire as u32, End::Server));
            client.into_iter().chain(server)
        };
        self.wires.iter().enumerate().flat_map(ends).collect()
    }
}
