//! A producer's connections: one to each broker that it needs, with the requests that wait for an answer on it.

use super::backoff::Backoff;
use super::batch::BatchRef;
use crate::node::{Alarm, Channel, Connection};
use crate::store::Sequence;
use highwater_kernel::Dice;
use highwater_model::{BrokerId, BrokerSet, Instant, NodeId, PartitionId};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`, at Kafka's defaults.
const RECONNECT: Backoff = Backoff::new(50, 1_000);

/// A batch on the wire, as its request remembers it: the batch itself may be given up before the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flying {
    pub partition: PartitionId,
    pub batch: BatchRef,
    pub count: u32,
    pub sequence: Option<Sequence>,
}

/// What an answer is expected to.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Produce(SmallVec<[Flying; 4]>),
    Metadata,
    ProducerId,
    /// The request of the transaction that is on its way.
    Transaction,
}

/// A request without an answer.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub asked: Asked,
    pub sent: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Opening,
    Open,
}

/// The connection to one broker.
#[derive(Clone, Debug)]
pub(super) struct Link {
    state: State,
    /// Failures since it was last open.
    failures: u32,
    retry_at: Instant,
    tried_at: Instant,
    pub pending: VecDeque<Pending>,
    pub timeout: Alarm,
    /// Where among the broker's partitions draining begins.
    pub drain_from: u16,
}

/// All connections, by broker.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    client: NodeId,
    links: Vec<Link>,
}

impl Connections {
    pub fn new(client: NodeId, brokers: u8) -> Self {
        let link = Link {
            state: State::Closed,
            failures: 0,
            retry_at: Instant::ZERO,
            tried_at: Instant::ZERO,
            pending: VecDeque::new(),
            timeout: Alarm::OFF,
            drain_from: 0,
        };
        Self { client, links: vec![link; usize::from(brokers)] }
    }

    pub const fn to(&self, broker: BrokerId) -> Connection {
        Connection { client: self.client, server: NodeId::Broker(broker), channel: Channel::Client }
    }

    pub fn link(&mut self, broker: BrokerId) -> &mut Link {
        &mut self.links[usize::from(broker.0) - 1]
    }

    fn get(&self, broker: BrokerId) -> &Link {
        &self.links[usize::from(broker.0) - 1]
    }

    /// Requests without an answer.
    pub fn pending(&self) -> u32 {
        self.links.iter().map(|link| link.pending.len() as u32).sum()
    }

    /// Can another request be sent?
    pub fn can_send(&self, broker: BrokerId, in_flight_max: u32) -> bool {
        let link = self.get(broker);
        link.state == State::Open && (link.pending.len() as u32) < in_flight_max
    }

    /// Is a new connection called for, and not too soon after the last failure?
    pub fn can_open(&self, broker: BrokerId, now: Instant) -> bool {
        let link = self.get(broker);
        link.state == State::Closed && link.retry_at <= now
    }

    /// When it may be opened again, where that lies ahead.
    pub fn retry_at(&self, broker: BrokerId) -> Option<Instant> {
        let link = self.get(broker);
        (link.state == State::Closed).then_some(link.retry_at)
    }

    pub fn is_any_opening(&self) -> bool {
        self.links.iter().any(|link| link.state == State::Opening)
    }

    pub fn opening(&mut self, broker: BrokerId, now: Instant) {
        let link = self.link(broker);
        link.state = State::Opening;
        link.tried_at = now;
    }

    pub fn opened(&mut self, broker: BrokerId) {
        let link = self.link(broker);
        link.state = State::Open;
        link.failures = 0;
    }

    /// It is gone; gives the requests that will have no answer.
    pub fn lost(&mut self, broker: BrokerId, now: Instant, dice: &mut Dice) -> VecDeque<Pending> {
        let link = self.link(broker);
        link.state = State::Closed;
        link.retry_at = now + RECONNECT.pause(link.failures, dice);
        link.failures += 1;
        link.timeout.clear();
        std::mem::take(&mut link.pending)
    }

    /// The broker to ask something that any broker can answer: an open connection with few requests waiting, else one
    /// that is opening, else one that could be opened, the longest untried first.
    pub fn least_loaded(
        &self,
        among: BrokerSet,
        in_flight_max: u32,
        now: Instant,
        dice: &mut Dice,
    ) -> Option<BrokerId> {
        let offset = dice.within(0, u64::from(among.len().max(1)) - 1) as usize;
        let rank = |broker: BrokerId| {
            let link = self.get(broker);
            match link.state {
                State::Open if (link.pending.len() as u32) < in_flight_max => Some((0, link.pending.len() as u64)),
                State::Opening => Some((1, 0)),
                State::Closed if link.retry_at <= now => Some((2, link.tried_at.0)),
                State::Open | State::Closed => None,
            }
        };
        let rotated = among.iter().skip(offset).chain(among.iter().take(offset));
        rotated
            .filter_map(|broker| Some((rank(broker)?, broker)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, broker)| broker)
    }
}
