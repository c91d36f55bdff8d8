//! What would be lost if a broker died *now*, read off a run in which nobody dies: records that it has acknowledged and
//! not yet given to its heir. One calm run says for every moment what a thousand runs with a crash would say for a
//! thousand.
//!
//! A partition's heir is the first other replica in the order of its replicas, whom a clean election takes. What is on
//! the wire when a broker dies still arrives: so a record is exposed from when its acknowledgement leaves (with acks=0:
//! from when it is handed to the connection) until it leaves for the heir. The trace tells when both arrive; the usual
//! time on the wire is taken off.

use highwater_model::settings::Acks;
use highwater_model::trace::{Content, Entry, Observer};
use highwater_model::{BrokerId, Duration, Instant, NodeId, PartitionId, Setup};
use highwater_sim::World;
use std::ops::Range;

/// Watches a run without elections.
#[derive(Clone, Debug, Default)]
pub(super) struct Exposure {
    /// By data partition; none watched means that nothing is.
    partitions: Vec<Watched>,
    /// By send.
    sends: Vec<Sent>,
    /// What was exposed and is not any more.
    past: Vec<Exposed>,
    /// Time on the wire, inside a rack and from one to another.
    wire: [Duration; 2],
    /// By producer, from 1, and by broker, from 1.
    producer_racks: Vec<u8>,
    broker_racks: Vec<u8>,
    acks: Option<Acks>,
}

#[derive(Clone, Debug)]
struct Watched {
    leader: BrokerId,
    heir: BrokerId,
    /// Sends that were acknowledged or appended and are not with the heir, in the order of their offsets.
    waiting: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    partition: PartitionId,
    producer: u8,
    records: u32,
    /// The offset behind it in the leader's log, once it is there.
    end: Option<u64>,
    /// When its acknowledgement left.
    acked: Option<Instant>,
    /// When it left for the heir.
    safe: Option<Instant>,
}

/// Records that only a leader had for a while.
#[derive(Clone, Debug)]
struct Exposed {
    broker: BrokerId,
    records: u32,
    during: Range<Instant>,
}

const NOWHERE: PartitionId = PartitionId(u16::MAX);

impl Sent {
    const UNKNOWN: Self = Self { partition: NOWHERE, producer: 1, records: 0, end: None, acked: None, safe: None };
}

impl Exposure {
    /// A watch over a world as it is, at its beginning.
    pub fn of(world: &World) -> Self {
        let (setup, image) = (&world.scenario().setup, world.best_image());
        let watched = |partition| {
            let state = image.partition(partition)?;
            let leader = state.leader?;
            let heir = state.replicas.iter().copied().find(|replica| *replica != leader)?;
            Some(Watched { leader, heir, waiting: Vec::new() })
        };
        let partitions: Option<Vec<Watched>> = setup.layout().data().map(watched).collect();
        let environment = &setup.environment;
        let wire = [environment.latency_same_rack_us, environment.latency_cross_rack_us]
            .map(|micros| Duration::from_micros(u64::from(micros + environment.latency_jitter_us)));
        Self {
            partitions: partitions.unwrap_or_default(),
            wire,
            producer_racks: racks(setup, setup.workload.producers, NodeId::Producer),
            broker_racks: racks(setup, setup.cluster.brokers, |n| NodeId::Broker(BrokerId(n))),
            acks: Some(setup.producer.acks),
            ..Self::default()
        }
    }

    /// Is there anything to watch? Without a second replica there is no heir.
    pub fn is_watching(&self) -> bool {
        !self.partitions.is_empty()
    }

    /// Records that would have been lost if the broker had died at that moment. What leaves for its heir later than the
    /// watch has seen counts as lost.
    pub fn records_at(&self, broker: BrokerId, at: Instant) -> u64 {
        let here = |exposed: &&Exposed| exposed.broker == broker && exposed.during.contains(&at);
        let past: u64 = self.past.iter().filter(here).map(|exposed| u64::from(exposed.records)).sum();
        let led = self.partitions.iter().filter(|watched| watched.leader == broker);
        let waiting = led.flat_map(|watched| &watched.waiting).map(|send| self.sends[*send as usize]);
        let acked = waiting.filter(|sent| sent.acked.is_some_and(|acked| acked <= at));
        past + acked.map(|sent| u64::from(sent.records)).sum::<u64>()
    }

    /// A moment at which a broker had something exposed, the longest such stretch's middle.
    pub fn worst_moment(&self, from: Instant) -> Option<Instant> {
        let late = self.past.iter().filter(|exposed| from <= exposed.during.start);
        let longest = late.max_by_key(|exposed| exposed.during.end.since(exposed.during.start))?;
        let Range { start, end } = longest.during;
        Some(start + Duration(end.since(start).0 / 2))
    }

    /// In this stretch: time with something exposed, and records times microseconds; all brokers together. What was
    /// exposed before it is forgotten.
    pub fn take(&mut self, stretch: Range<Instant>) -> (Duration, u64) {
        let (mut time, mut record_ns) = (Duration::ZERO, 0);
        self.past.sort_by_key(|exposed| (exposed.broker, exposed.during.start));
        let (mut broker, mut covered) = (None, Instant::ZERO);
        for exposed in &self.past {
            let (start, end) = (exposed.during.start.max(stretch.start), exposed.during.end.min(stretch.end));
            if broker != Some(exposed.broker) {
                (broker, covered) = (Some(exposed.broker), Instant::ZERO);
            }
            time += end.since(start.max(covered));
            covered = covered.max(end);
            record_ns += u128::from(exposed.records) * u128::from(end.since(start).0);
        }
        self.past.retain(|exposed| stretch.end < exposed.during.end);
        (time, (record_ns / 1_000) as u64)
    }

    fn sent(&mut self, send: u32) -> &mut Sent {
        let index = send as usize;
        if self.sends.len() <= index {
            self.sends.resize(index + 1, Sent::UNKNOWN);
        }
        &mut self.sends[index]
    }

    fn wire_between(&self, rack: u8, other: u8) -> Duration {
        self.wire[usize::from(rack != other)]
    }

    fn acked(&mut self, at: Instant, send: u32) {
        let sent = *self.sent(send);
        let Some(watched) = self.partitions.get(sent.partition.index()) else { return };
        let leader = self.broker_racks[usize::from(watched.leader.0)];
        let way = match self.acks {
            Some(Acks::None) => Duration::ZERO,
            _ => self.wire_between(leader, self.producer_racks[usize::from(sent.producer)]),
        };
        self.sent(send).acked = Some(Instant(at.0.saturating_sub(way.0)));
        if sent.end.is_none() {
            self.partitions[sent.partition.index()].waiting.push(send); // acks=0: the leader has yet to see it
        }
        self.look(send);
    }

    fn appended(&mut self, send: u32, partition: PartitionId, end: u64) {
        let sent = self.sent(send);
        let is_new = sent.end.is_none() && sent.acked.is_none();
        (sent.partition, sent.end) = (partition, Some(end));
        if is_new && let Some(watched) = self.partitions.get_mut(partition.index()) {
            watched.waiting.push(send);
        }
    }

    fn replicated(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, end: u64) {
        let watched = &mut self.partitions[partition.index()];
        if watched.heir != broker {
            return;
        }
        let mut waiting = std::mem::take(&mut watched.waiting);
        let (leader, heir) = (watched.leader, watched.heir);
        let racks = [leader, heir].map(|broker| self.broker_racks[usize::from(broker.0)]);
        let left = Instant(at.0.saturating_sub(self.wire_between(racks[0], racks[1]).0));
        waiting.retain(|send| {
            let has = self.sends[*send as usize].end.is_some_and(|sent_end| sent_end <= end);
            if has {
                self.sends[*send as usize].safe = Some(left);
                self.look(*send);
            }
            !has
        });
        self.partitions[partition.index()].waiting = waiting;
    }

    /// Notes what was exposed, once it is known from when and until when.
    fn look(&mut self, send: u32) {
        let Sent { partition, records, acked: Some(acked), safe: Some(safe), .. } = self.sends[send as usize] else {
            return;
        };
        if acked < safe {
            let broker = self.partitions[partition.index()].leader;
            self.past.push(Exposed { broker, records, during: acked..safe });
        }
    }
}

/// The racks of so many nodes of a kind; the place 0 is nobody's.
fn racks(setup: &Setup, count: u8, node: impl Fn(u8) -> NodeId) -> Vec<u8> {
    std::iter::once(0).chain((1..=count).map(|n| setup.rack(node(n)))).collect()
}

impl Observer for Exposure {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        if self.partitions.is_empty() {
            return;
        }
        match *entry {
            Entry::Closed { send, producer, count, .. } => {
                let sent = self.sent(send);
                (sent.producer, sent.records) = (producer, count);
            }
            Entry::Attempted { send, partition, .. } => self.sent(send).partition = partition,
            Entry::Appended { partition, base, count, content: Content::Send(send), .. } => {
                self.appended(send, partition, base + u64::from(count));
            }
            Entry::Replicated { broker, partition, end, .. } if partition.index() < self.partitions.len() => {
                self.replicated(at, broker, partition, end);
            }
            Entry::Acked { send, .. } => self.acked(at, send),
            _ => (),
        }
    }
}
