//! What a client knows of the cluster, and when it asks again.

use super::backoff::Backoff;
use crate::message::ClusterMetadata;
use crate::metadata::{InitialCluster, PartitionState};
use highwater_kernel::Dice;
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, PartitionId};

/// A partition as the client knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KnownPartition {
    pub leader: Option<BrokerId>,
    /// The highest leader epoch ever heard of; none before the first answer.
    pub epoch: Option<i32>,
}

/// A client's metadata cache.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// Where it may ask: the brokers of the last answer, at first the bootstrap servers.
    pub brokers: BrokerSet,
    partitions: Vec<KnownPartition>,
    /// How many of them it knows: the first so many.
    known: u16,
    /// Partitions by their leader's id.
    led: Vec<Vec<PartitionId>>,
    wanted: bool,
    /// Is a request on its way?
    pub asking: bool,
    /// Failures since the last answer.
    failures: u32,
    /// Answers since the last one that brought something new.
    stale_answers: u32,
    allowed_from: Instant,
    expires: Instant,
}

impl Metadata {
    /// Of a client that knows nothing but its bootstrap servers.
    pub fn bootstrap(brokers: u8, partitions: u16) -> Self {
        Self {
            brokers: (1..=brokers).map(BrokerId).collect(),
            partitions: vec![KnownPartition { leader: None, epoch: None }; usize::from(partitions)],
            known: 0,
            led: vec![Vec::new(); usize::from(brokers) + 1],
            wanted: true,
            asking: false,
            failures: 0,
            stale_answers: 0,
            allowed_from: Instant::ZERO,
            expires: Instant::ZERO,
        }
    }

    /// Takes the cluster as known, as a client that has been at work for a while does.
    pub fn assume(&mut self, cluster: &InitialCluster, max_age: Duration) {
        let alive = cluster.brokers.iter().enumerate().filter(|(_, broker)| !broker.fenced);
        self.brokers = alive.map(|(index, _)| BrokerId(index as u8 + 1)).collect();
        let exists = |(_, state): &(&mut KnownPartition, &PartitionState)| !state.replicas.is_empty();
        for (known, state) in self.partitions.iter_mut().zip(&cluster.partitions).filter(exists) {
            *known = KnownPartition { leader: state.leader, epoch: Some(state.leader_epoch) };
        }
        self.index_leaders();
        self.wanted = false;
        self.expires = Instant::ZERO + max_age;
    }

    /// Partitions of the topic, as far as the client has learned; 0 before the first answer.
    pub const fn count(&self) -> u16 {
        self.known
    }

    pub fn partition(&self, partition: PartitionId) -> KnownPartition {
        self.partitions[partition.index()]
    }

    /// The partitions that the broker leads, in order.
    pub fn led_by(&self, broker: BrokerId) -> &[PartitionId] {
        &self.led[usize::from(broker.0)]
    }

    /// Asks for new metadata as soon as that is allowed.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// When a request is due; never while one is on its way.
    pub fn due(&self) -> Instant {
        if self.asking {
            return Instant::NEVER;
        }
        let from = if self.wanted { Instant::ZERO } else { self.expires };
        from.max(self.allowed_from)
    }

    /// A request failed, or could not be sent.
    pub fn failed(&mut self, now: Instant, backoff: Backoff, dice: &mut Dice) {
        self.asking = false;
        self.failures += 1;
        self.stale_answers = 0;
        self.allowed_from = now + backoff.pause(self.failures - 1, dice);
    }

    /// An answer arrived. Leaders of an older epoch than the one known are not believed.
    pub fn learn(
        &mut self,
        answer: &ClusterMetadata,
        now: Instant,
        max_age: Duration,
        backoff: Backoff,
        dice: &mut Dice,
    ) {
        self.asking = false;
        self.wanted = false;
        self.failures = 0;
        self.stale_answers += 1;
        self.expires = now + max_age;
        if !answer.brokers.is_empty() {
            self.brokers = answer.brokers;
        }
        // A broker that has not heard of a partition yet answers with a negative epoch.
        let heard_of = |(_, (_, epoch)): &(&mut KnownPartition, &(Option<BrokerId>, i32))| 0 <= *epoch;
        for (known, (leader, epoch)) in self.partitions.iter_mut().zip(&answer.partitions).filter(heard_of) {
            if known.epoch.is_none_or(|known| known < *epoch) {
                self.stale_answers = 0;
            }
            if known.epoch.is_none_or(|known| known <= *epoch) {
                *known = KnownPartition { leader: *leader, epoch: Some(*epoch) };
            }
        }
        self.index_leaders();
        self.allowed_from = now + backoff.pause(self.stale_answers.saturating_sub(1), dice);
    }

    /// A broker said who leads instead of it.
    pub fn take_hint(&mut self, partition: PartitionId, leader: BrokerId, epoch: i32) {
        let known = &mut self.partitions[partition.index()];
        if known.epoch.is_none_or(|known| known < epoch) {
            *known = KnownPartition { leader: Some(leader), epoch: Some(epoch) };
            self.index_leaders();
        }
    }

    fn index_leaders(&mut self) {
        for led in &mut self.led {
            led.clear();
        }
        for (index, partition) in self.partitions.iter().enumerate() {
            if let Some(leader) = partition.leader {
                self.led[usize::from(leader.0)].push(PartitionId(index as u16));
            }
        }
        self.known = self.partitions.iter().take_while(|partition| partition.epoch.is_some()).count() as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Seed, Stream};

    const BACKOFF: Backoff = Backoff::new(100, 1_000);
    const AGE: Duration = Duration::from_secs(300);

    fn answer(leader: u8, epoch: i32) -> ClusterMetadata {
        ClusterMetadata {
            brokers: [BrokerId(1), BrokerId(2)].into_iter().collect(),
            partitions: vec![(Some(BrokerId(leader)), epoch)],
        }
    }

    #[test]
    fn r_552_an_older_leader_epoch_is_not_believed() {
        let mut dice = Seed(1).dice(Stream::Search(0));
        let mut metadata = Metadata::bootstrap(2, 1);
        metadata.learn(&answer(2, 7), Instant::ZERO, AGE, BACKOFF, &mut dice);
        metadata.learn(&answer(1, 6), Instant::ZERO, AGE, BACKOFF, &mut dice);
        assert_eq!(metadata.partition(PartitionId(0)).leader, Some(BrokerId(2)));
        metadata.take_hint(PartitionId(0), BrokerId(1), 7);
        assert_eq!(metadata.led_by(BrokerId(2)), [PartitionId(0)]);
        metadata.take_hint(PartitionId(0), BrokerId(1), 8);
        assert_eq!(metadata.led_by(BrokerId(1)), [PartitionId(0)]);
    }

    #[test]
    fn r_551_metadata_is_asked_for_again_with_age_or_need_but_not_at_once() {
        let mut dice = Seed(1).dice(Stream::Search(0));
        let mut metadata = Metadata::bootstrap(2, 1);
        assert_eq!(metadata.due(), Instant::ZERO);
        metadata.learn(&answer(2, 7), Instant::ZERO, AGE, BACKOFF, &mut dice);
        assert_eq!(metadata.due(), Instant::from_millis(300_000));
        metadata.want();
        assert!((80..=120).contains(&metadata.due().as_millis()));
        // Answers that bring nothing new make the next one wait longer.
        for _ in 0..5 {
            metadata.learn(&answer(2, 7), Instant::ZERO, AGE, BACKOFF, &mut dice);
        }
        metadata.want();
        assert!((800..=1_000).contains(&metadata.due().as_millis()), "{:?}", metadata.due());
        metadata.asking = true;
        assert_eq!(metadata.due(), Instant::NEVER);
    }
}
