//! What the client knows of the cluster, where newer leader epochs are never forgotten for older ones.

use super::network::{RETRY, backoff};
use crate::message::ClusterMetadata;
use highwater_kernel::Dice;
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, PartitionId};

/// A partition's leader, as the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leader {
    /// None while the client waits for newer metadata.
    pub(super) broker: Option<BrokerId>,
    /// The highest leader epoch seen; none before the first metadata.
    pub(super) epoch: Option<i32>,
}

/// The client's metadata, and when it is asked for again.
#[derive(Clone, Debug)]
pub(super) struct Leaders {
    all: BrokerSet,
    live: BrokerSet,
    partitions: Vec<Leader>,
    wanted: bool,
    asked: bool,
    allowed_at: Instant,
    expires_at: Instant,
    /// Answers that failed or brought nothing new, one after another.
    fruitless: u32,
}

impl Leaders {
    /// Of a client that has only its bootstrap servers: all brokers.
    pub(super) fn unknown(brokers: u8, partitions: u16) -> Self {
        let all = (1..=brokers).map(BrokerId).collect();
        Self {
            all,
            live: all,
            partitions: vec![Leader { broker: None, epoch: None }; usize::from(partitions)],
            wanted: true,
            asked: false,
            allowed_at: Instant::ZERO,
            expires_at: Instant::NEVER,
            fruitless: 0,
        }
    }

    /// Of a client that has run for a while.
    pub(super) fn known(brokers: u8, cluster: &ClusterMetadata) -> Self {
        let mut leaders = Self::unknown(brokers, cluster.partitions.len() as u16);
        leaders.learn(cluster);
        leaders.wanted = false;
        leaders
    }

    pub(super) fn leader(&self, partition: PartitionId) -> Leader {
        self.partitions[partition.index()]
    }

    /// Partitions of the topic, as far as it knows.
    pub(super) fn count(&self) -> u16 {
        self.partitions.iter().take_while(|leader| leader.epoch.is_some()).count() as u16
    }

    /// Brokers that may be asked: the live ones, as far as known.
    pub(super) fn brokers(&self) -> BrokerSet {
        self.live
    }

    /// None of the known brokers can be reached: back to the bootstrap servers.
    pub(super) fn rebootstrap(&mut self) {
        self.live = self.all;
    }

    /// Is stale from this time on.
    pub(super) fn expire_at(&mut self, at: Instant) {
        self.expires_at = at;
    }

    /// Asks for metadata soon.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// Somebody committed or read an offset of this epoch: older metadata is stale (`updateLastSeenEpochIfNewer`).
    pub(super) fn saw_epoch(&mut self, partition: PartitionId, epoch: i32) {
        let leader = &mut self.partitions[partition.index()];
        if leader.epoch.is_none_or(|known| known < epoch) {
            *leader = Leader { broker: None, epoch: Some(epoch) };
            self.wanted = true;
        }
    }

    /// Should it be asked for now?
    pub(super) fn is_due(&self, now: Instant) -> bool {
        !self.asked && (self.expires_at <= now || self.wanted && self.allowed_at <= now)
    }

    /// The next time at which it should be asked for.
    pub(super) fn next_due(&self) -> Instant {
        match (self.asked, self.wanted) {
            (true, _) => Instant::NEVER,
            (false, true) => self.allowed_at.min(self.expires_at),
            (false, false) => self.expires_at,
        }
    }

    pub(super) fn asking(&mut self) {
        self.asked = true;
    }

    /// No answer came.
    pub(super) fn failed(&mut self, now: Instant, dice: &mut Dice) {
        self.asked = false;
        self.wanted = true;
        self.pause(now, dice);
    }

    /// An answer came.
    pub(super) fn update(&mut self, cluster: &ClusterMetadata, now: Instant, max_age: Duration, dice: &mut Dice) {
        self.asked = false;
        self.wanted = false;
        self.expires_at = now + max_age;
        if self.learn(cluster) {
            self.fruitless = 0;
        }
        self.pause(now, dice);
    }

    fn pause(&mut self, now: Instant, dice: &mut Dice) {
        self.allowed_at = now + backoff(RETRY, self.fruitless, dice);
        self.fruitless += 1;
    }

    fn learn(&mut self, cluster: &ClusterMetadata) -> bool {
        self.live = cluster.brokers;
        let mut news = false;
        // Who does not know the topic at all is asked again, or somebody else is (UNKNOWN_TOPIC_OR_PARTITION).
        self.wanted |= cluster.partitions.first().is_some_and(|(_, epoch)| *epoch < 0);
        // A broker that has not heard of a partition yet answers with a negative epoch.
        let heard_of = |(_, (_, epoch)): &(&mut Leader, &(Option<BrokerId>, i32))| 0 <= *epoch;
        for (known, (broker, epoch)) in self.partitions.iter_mut().zip(&cluster.partitions).filter(heard_of) {
            if known.epoch.is_some_and(|known| *epoch < known) {
                continue; // older than what was seen
            }
            news |= known.epoch != Some(*epoch);
            *known = Leader { broker: *broker, epoch: Some(*epoch) };
            self.wanted |= broker.is_none(); // LEADER_NOT_AVAILABLE asks again
        }
        news
    }
}
