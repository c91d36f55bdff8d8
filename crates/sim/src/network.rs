//! The network: machines with a card each, links between them, and packets on their way. A cut link or a machine
//! without power is silence. What TCP makes of that is in [`tcp`].

mod numbering;
mod tcp;
mod traffic;

pub(crate) use numbering::Numbering;
pub(crate) use tcp::{Arrival, CONNECT_RETRY, CONNECT_TIMEOUT, End, Retransmit};

use highwater_kafka::message::Message;
use highwater_kernel::{Dice, LogNormal, Seed, Stream};
use highwater_model::trace::Api;
use highwater_model::{Duration, Instant, NodeId, Setup};
use std::sync::Arc;
use tcp::{CHANNELS, Wire};
pub use traffic::{Leg, Traffic};

/// Spread of a link's random delay: sigma of its log-normal law.
const JITTER_SIGMA: f64 = 0.6;

/// A packet on its way.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub wire: u32,
    pub to: End,
    pub generation: u32,
    pub message: Message,
    /// The packet's name in the trace.
    pub number: u32,
    pub api: Api,
    pub sent: Instant,
    pub arrives: Instant,
}

/// A machine's place in the network.
#[derive(Clone, Debug)]
struct Machine {
    rack: u8,
    /// Its card is busy sending, receiving, until then.
    sending_until: Instant,
    receiving_until: Instant,
    /// Faults: added delay, and lost packets of a thousand.
    delay: Duration,
    loss_per_mille: u16,
    /// Has it power?
    powered: bool,
    /// Bytes that its card sent and received.
    sent: u64,
    received: u64,
}

/// The network.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub numbering: Numbering,
    machines: Vec<Machine>,
    /// How many cuts there are from one node to another.
    cuts: Vec<u8>,
    wires: Vec<Wire>,
    /// (client, server, channel) to the wire's number plus one.
    places: Vec<u16>,
    packets: Vec<Option<Packet>>,
    free: Vec<u32>,
    next_number: u32,
    dice: Vec<Dice>,
    same_rack: Duration,
    cross_rack: Duration,
    jitter: Duration,
    jitter_law: Arc<LogNormal>,
    bytes_per_second: u64,
    traffic: Traffic,
}

impl Network {
    pub fn new(setup: &Setup, seed: Seed) -> Self {
        let numbering = Numbering::new(setup);
        let nodes = numbering.len();
        let environment = &setup.environment;
        let machine = |number| Machine {
            rack: setup.rack(numbering.node(number)),
            sending_until: Instant::ZERO,
            receiving_until: Instant::ZERO,
            delay: Duration::ZERO,
            loss_per_mille: 0,
            powered: true,
            sent: 0,
            received: 0,
        };
        let dice = |number| {
            let node = numbering.node(number);
            seed.dice(Stream::Link(node, node))
        };
        Self {
            machines: (0..nodes).map(machine).collect(),
            cuts: vec![0; usize::from(nodes) * usize::from(nodes)],
            wires: Vec::new(),
            places: vec![0; usize::from(nodes) * usize::from(numbering.servers()) * CHANNELS],
            packets: Vec::new(),
            free: Vec::new(),
            next_number: 0,
            dice: (0..nodes).map(dice).collect(),
            same_rack: Duration::from_micros(u64::from(environment.latency_same_rack_us)),
            cross_rack: Duration::from_micros(u64::from(environment.latency_cross_rack_us)),
            jitter: Duration::from_micros(u64::from(environment.latency_jitter_us)),
            jitter_law: Arc::new(LogNormal::new(JITTER_SIGMA)),
            bytes_per_second: u64::from(environment.network_mb_per_s) * 1_000_000,
            traffic: Traffic::default(),
            numbering,
        }
    }

    fn machine(&self, node: NodeId) -> &Machine {
        &self.machines[usize::from(self.numbering.of(node))]
    }

    fn machine_mut(&mut self, node: NodeId) -> &mut Machine {
        let number = self.numbering.of(node);
        &mut self.machines[usize::from(number)]
    }

    /// Does nothing pass from one node to the other?
    fn is_blocked(&self, from: NodeId, to: NodeId) -> bool {
        let nodes = usize::from(self.numbering.len());
        let (from, to) = (usize::from(self.numbering.of(from)), usize::from(self.numbering.of(to)));
        let (sender, receiver) = (&self.machines[from], &self.machines[to]);
        self.cuts[from * nodes + to] != 0
            || !receiver.powered
            || sender.loss_per_mille == 1_000
            || receiver.loss_per_mille == 1_000
    }

    /// One-way time between two nodes, without its random part.
    fn fixed_latency(&self, from: NodeId, to: NodeId) -> Duration {
        let (sender, receiver) = (self.machine(from), self.machine(to));
        let base = if sender.rack == receiver.rack { self.same_rack } else { self.cross_rack };
        base + sender.delay + receiver.delay
    }

    /// One-way time between two nodes, as it mostly is.
    fn usual_latency(&self, from: NodeId, to: NodeId) -> Duration {
        self.fixed_latency(from, to) + self.jitter
    }

    /// One-way time between two nodes, with its random part.
    pub fn latency(&mut self, from: NodeId, to: NodeId) -> Duration {
        let fixed = self.fixed_latency(from, to);
        if self.jitter == Duration::ZERO {
            return fixed;
        }
        let number = usize::from(self.numbering.of(from));
        fixed + self.jitter_law.draw(self.jitter, &mut self.dice[number])
    }

    /// When the last byte is through both cards and the link. A card does one byte at a time; what waits for its
    /// sender's CPU does not hold up others.
    fn carry(&mut self, from: NodeId, to: NodeId, bytes: u32, depart: Instant, now: Instant) -> Instant {
        let time = Duration::of_bytes(u64::from(bytes), self.bytes_per_second);
        let sender = self.machine_mut(from);
        sender.sending_until = sender.sending_until.max(now) + time;
        sender.sent += u64::from(bytes);
        let from_rack = sender.rack;
        let sent = sender.sending_until.max(depart + time);
        let arrives = sent + self.latency(from, to);
        let receiver = self.machine_mut(to);
        receiver.receiving_until = receiver.receiving_until.max(now) + time;
        receiver.received += u64::from(bytes);
        let (arrives, crosses) = (arrives.max(receiver.receiving_until), from_rack != receiver.rack);
        self.traffic.count(from, to, crosses, bytes);
        arrives
    }

    fn put(&mut self, packet: Packet) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.packets[place as usize] = Some(packet);
                place
            }
            None => {
                self.packets.push(Some(packet));
                self.packets.len() as u32 - 1
            }
        }
    }

    pub fn packet(&self, place: u32) -> &Packet {
        self.packets[place as usize].as_ref().expect("a packet is looked at while it is on its way")
    }

    fn take(&mut self, place: u32) -> Packet {
        self.free.push(place);
        self.packets[place as usize].take().expect("a packet arrives once")
    }

    /// Drops a packet; gives its name.
    pub fn drop_packet(&mut self, place: u32) -> u32 {
        self.take(place).number
    }

    /// All packets on their way.
    pub fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.packets.iter().flatten()
    }

    /// Nothing passes from one node to another, or does so again.
    pub fn cut(&mut self, from: NodeId, to: NodeId, cut: bool) {
        let nodes = usize::from(self.numbering.len());
        let (from, to) = (usize::from(self.numbering.of(from)), usize::from(self.numbering.of(to)));
        let count = &mut self.cuts[from * nodes + to];
        *count = if cut { count.saturating_add(1) } else { count.saturating_sub(1) };
    }

    /// What was carried so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Bytes that a node's card sent and received.
    pub fn card(&self, node: NodeId) -> (u64, u64) {
        let machine = self.machine(node);
        (machine.sent, machine.received)
    }

    /// A machine has power, or none.
    pub fn power(&mut self, node: NodeId, powered: bool) {
        self.machine_mut(node).powered = powered;
    }

    /// Packets from and to a node take this much longer.
    pub fn set_delay(&mut self, node: NodeId, delay: Duration) {
        self.machine_mut(node).delay = delay;
    }

    /// Packets of a thousand that are lost from and to a node.
    pub fn set_loss(&mut self, node: NodeId, per_mille: u16) {
        self.machine_mut(node).loss_per_mille = per_mille;
    }
}
