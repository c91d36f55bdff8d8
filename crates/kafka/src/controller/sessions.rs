//! When each broker was last heard of. Only the active controller knows this, and only in memory: after a failover
//! every broker has a fresh session. After Kafka's BrokerHeartbeatManager.

use highwater_model::{BrokerId, Duration, Instant};

/// What the active controller knows of a broker beside the metadata log.
#[derive(Clone, Copy, Debug)]
struct Session {
    /// Last contact; none while the broker is fenced: then it has no session.
    contact: Option<Instant>,
    /// How far it has read the metadata log (exclusive).
    metadata_offset: u64,
    /// While it shuts down: how far all others must have read before it may stop.
    shutdown_offset: Option<u64>,
}

/// All brokers' sessions.
#[derive(Clone, Debug)]
pub(super) struct Sessions {
    /// By broker id; index 0 is unused.
    sessions: Vec<Session>,
    timeout: Duration,
}

impl Sessions {
    /// Nobody has been heard of.
    pub fn new(brokers: u8, timeout: Duration) -> Self {
        let session = Session { contact: None, metadata_offset: 0, shutdown_offset: None };
        Self { sessions: vec![session; usize::from(brokers) + 1], timeout }
    }

    /// An unfenced broker was heard of.
    pub fn touch(&mut self, broker: BrokerId, now: Instant, metadata_offset: u64) {
        let session = self.of(broker);
        session.contact = Some(now);
        session.metadata_offset = metadata_offset;
    }

    /// The broker is fenced: it has no session, and its shutdown is over.
    pub fn end(&mut self, broker: BrokerId) {
        let session = self.of(broker);
        session.contact = None;
        session.shutdown_offset = None;
    }

    /// The broker is shutting down; all others must have read the metadata log up to there before it may stop.
    pub fn shut_down(&mut self, broker: BrokerId, offset: u64) {
        self.of(broker).shutdown_offset.get_or_insert(offset);
    }

    /// Does the broker have a session?
    pub fn is_valid(&self, broker: BrokerId, now: Instant) -> bool {
        self.sessions[usize::from(broker.0)].contact.is_some_and(|contact| now <= contact + self.timeout)
    }

    /// The broker heard of least recently, and when its session ends.
    fn oldest(&self) -> Option<(BrokerId, Instant)> {
        let heard = |(index, session): (usize, &Session)| Some((BrokerId(index as u8), session.contact?));
        let oldest = self.sessions.iter().enumerate().filter_map(heard).min_by_key(|(_, contact)| *contact)?;
        Some((oldest.0, oldest.1 + self.timeout))
    }

    /// The one broker to fence now, if any: one an event, the oldest contact first.
    pub fn stale(&self, now: Instant) -> Option<BrokerId> {
        self.oldest().filter(|(_, end)| *end < now).map(|(broker, _)| broker)
    }

    /// When somebody's session may have ended.
    pub fn next_check(&self) -> Instant {
        self.oldest().map_or(Instant::NEVER, |(_, end)| end + Duration(1))
    }

    /// Have all brokers that take part read what moved this one's leaderships away?
    pub fn may_stop(&self, broker: BrokerId) -> bool {
        let takes_part = |session: &&Session| session.contact.is_some() && session.shutdown_offset.is_none();
        let lowest = self.sessions.iter().filter(takes_part).map(|session| session.metadata_offset).min();
        let needed = self.sessions[usize::from(broker.0)].shutdown_offset.unwrap_or(0);
        needed <= lowest.unwrap_or(u64::MAX)
    }

    fn of(&mut self, broker: BrokerId) -> &mut Session {
        &mut self.sessions[usize::from(broker.0)]
    }
}
