//! Invariants that a run must keep, checked at every entry of its trace and only as far as the entry touches them. Each
//! is asserted only while the conditions hold under which Kafka promises it.
//!
//! - *safe*: no election of the partition forgot records (unclean, last known leader), and lossy restarts were no more
//!   than its replication absorbs: fewer than the effective min ISR at a time with eligible leader replicas on; without
//!   them, not of the whole ISR.
//! - *strict*: safe, eligible leader replicas are on, and the high watermark stands still below min ISR.
//!
//! Old releases promise less: before 2.1 nothing that is *safe*.
//!
//! Not asserted: INV-39 (Kafka keeps only the last known leader).

mod clients;
mod consumers;
mod leadership;
mod partition;
mod replicas;
#[cfg(test)]
mod tests;
mod transactions;

use crate::cluster::{BROKER_SLOTS, Cluster};
use crate::transactions::Transactions;
use clients::SendState;
use highwater_model::settings::{Acks, CommitPolicy, Isolation, Processing};
use highwater_model::trace::{Entry, NodeState, Observer};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, NodeId, PartitionId, Scenario, Topic};
use partition::Partition;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

macro_rules! invariants {
    ($($(#[$doc:meta])* $name:ident = $number:literal),* $(,)?) => {
        /// An invariant of Kafka's replication and of its clients.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Invariant { $($(#[$doc])* $name),* }

        impl Invariant {
            /// All that are checked.
            pub const ALL: &'static [Invariant] = &[$(Invariant::$name),*];

            /// Its number.
            pub const fn number(self) -> u8 { match self { $(Invariant::$name => $number),* } }
        }
    };
}

invariants! {
    /// INV-01: at most one broker leads a partition in an epoch.
    OneLeaderAnEpoch = 1,
    /// INV-02: the controller's epochs never fall; a new leader means a new leader epoch and a new partition epoch.
    EpochsGrow = 2,
    /// INV-03 (safe): every committed record is in the log of the legitimate leader and of each running ISR member.
    CommittedKept = 3,
    /// INV-04: what acks=all reported as sent was committed.
    AckedIsCommitted = 4,
    /// INV-05 (safe): what acks=all reported as sent is in the legitimate leader's log.
    AckedKept = 5,
    /// INV-06 (strict): running eligible leader replicas have every committed record.
    EligibleComplete = 6,
    /// INV-07 (safe): who believes to lead agrees with its own ISR on all below its high watermark.
    LeaderAgreesWithIsr = 7,
    /// INV-08 (safe): below both high watermarks two logs hold the same records.
    LogsMatch = 8,
    /// INV-09: one offset in one leader epoch is one batch.
    OneBatchAnOffsetAndEpoch = 9,
    /// INV-10: log start, high watermark and log end lie in this order.
    OffsetsInOrder = 10,
    /// INV-11: a leader's high watermark never falls while it leads.
    LeaderHighWatermarkGrows = 11,
    /// INV-12 (safe): the highest high watermark never falls: a new leader's log reaches it.
    HighWatermarkKept = 12,
    /// INV-13: a follower's high watermark lies within its log.
    FollowerHighWatermarkInLog = 13,
    /// INV-14: the legitimate leader's maximal ISR has every member of the controller's.
    MaximalIsrIsSuperset = 14,
    /// INV-15: the maximal ISR is the ISR and what is proposed, no less.
    MaximalIsrIsExact = 15,
    /// INV-16: ISR and ELR are of the partition's replicas, apart from each other, and there is an ELR only below min ISR.
    IsrAndElrApart = 16,
    /// INV-17: the leader is in the ISR; the ISR is empty only where eligible leader replicas are on.
    LeaderInIsr = 17,
    /// INV-18: no fenced broker is in an ISR, but for a sole member without eligible leader replicas.
    NoFencedInIsr = 18,
    /// INV-19: every ISR member's log reaches the legitimate leader's high watermark.
    IsrReachesHighWatermark = 19,
    /// INV-20 (safe): nobody joins an ISR with a log that ends below what is committed.
    JoinsIsrComplete = 20,
    /// INV-21: the high watermark stands still below min ISR.
    FrozenBelowMinIsr = 21,
    /// INV-22: a consumer gets only what is below a leader's high watermark.
    ReadsCommitted = 22,
    /// INV-23 (safe): what was read stays in the log.
    ReadStays = 23,
    /// INV-24: offsets of a log have neither gaps nor overlaps.
    OffsetsContiguous = 24,
    /// INV-25: with idempotence, a stream's batches are in the log in the order of their sequences (until one of them
    /// is split; so are INV-27 and, but for one request at a time, INV-26).
    SequencesInOrder = 25,
    /// INV-26: acked records of a stream are in the log in the order they were sent, where the settings promise it.
    AckedInOrder = 26,
    /// INV-27: with idempotence, a send is in a log once.
    NoDuplicates = 27,
    /// INV-28: a send is in the log no more often than it was attempted.
    CopiesWithinAttempts = 28,
    /// INV-29: every send completes once, within delivery.timeout.ms.
    CompletesOnce = 29,
    /// INV-30: with acks=1 and acks=all, an acked send was in some leader's log.
    AckedWasWritten = 30,
    /// INV-31: a read_committed reader gets a transaction's records only when it is committed.
    TransactionsAtomic = 31,
    /// INV-32: one epoch of a transactional id can write.
    OneLiveEpoch = 32,
    /// INV-33: a leader's last stable offset never falls, and never passes an open transaction.
    LastStableOffsetHolds = 33,
    /// INV-34: nobody commits an offset beyond its position.
    CommitsWithinPosition = 34,
    /// INV-35 (safe, of `__consumer_offsets`): in one generation a partition has one owner; a coordinator of the new
    /// protocol gives it to one member.
    OneOwnerAGeneration = 35,
    /// INV-36 (safe): where the application processes before it commits, all below the committed offset was processed.
    AtLeastOnce = 36,
    /// INV-37 (strict): after a lossy restart a replica neither leads nor is in ISR or ELR until it has all again.
    LossyReplicaExcluded = 37,
    /// INV-38: a broker's metadata grows while its process runs.
    MetadataGrows = 38,
    /// INV-40 (safe): some replica has each record that acks=all reported as sent.
    AckedSomewhere = 40,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INV-{:02}", self.number())
    }
}

/// An invariant that a run broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Instant,
    /// What was found, in a sentence.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>11.6} s  {}  {}", self.at.as_secs_f64(), self.invariant, self.what)
    }
}

/// Violations that are kept; those after them are only counted.
const VIOLATIONS_MAX: usize = 100;

/// The settings that decide what is promised.
#[derive(Clone, Copy, Debug)]
struct Promises {
    acks: Acks,
    /// Does the release keep what is committed, as long as elections are clean?
    sound: bool,
    /// Does it, when replicas that have lost records come back at once?
    knows_processes: bool,
    elr: bool,
    strict: bool,
    /// Does the high watermark stand still below min ISR?
    gated: bool,
    /// Does the controller decide about ISRs?
    decided_isr: bool,
    /// Are fenced brokers kept out of ISRs?
    unfenced_isr: bool,
    idempotent: bool,
    acked_in_order: bool,
    /// One request is in flight at a time.
    one_at_a_time: bool,
    at_least_once: bool,
    complete_within: Duration,
    isolation: Isolation,
    transactional: bool,
    /// Do brokers ask whether a transaction is open?
    verified: bool,
}

/// A sender notices a deadline this late at most: it looks at its batches when it wakes.
const SENDER_ITERATION: Duration = Duration::from_secs(1);

impl Promises {
    fn of(scenario: &Scenario) -> Self {
        let (producer, consumer) = (&scenario.setup.producer, &scenario.setup.consumer);
        let acked_in_order =
            producer.enable_idempotence || producer.max_in_flight_requests_per_connection == 1 || producer.retries == 0;
        // A retried batch may stand before an older one, which the client then does not look at.
        let timeouts = if acked_in_order { 1 } else { 2 };
        let commits_after = consumer.enable_auto_commit
            || matches!(consumer.commit_policy, CommitPolicy::SyncAfter | CommitPolicy::AsyncAfter);
        let (version, elr) = (&scenario.setup.version, scenario.setup.keeps_elr());
        Self {
            acks: producer.acks,
            sound: version.epoch_trunc
                && version.epoch_trunc_iter
                && version.trunc_every_epoch
                && version.epoch_fence_fetch
                && version.expand_from_epoch_start,
            knows_processes: version.isr_broker_epoch,
            elr,
            strict: elr && version.hw_min_isr_gate && version.isr_broker_epoch && version.alter_partition,
            gated: version.hw_min_isr_gate,
            decided_isr: version.alter_partition,
            unfenced_isr: version.isr_fenced_check && version.alter_partition && !(elr && version.lkl_bug),
            idempotent: producer.enable_idempotence,
            acked_in_order,
            one_at_a_time: producer.max_in_flight_requests_per_connection == 1,
            at_least_once: commits_after && scenario.setup.workload.processing == Processing::InLoop,
            isolation: consumer.isolation_level,
            transactional: producer.transactional_id,
            verified: scenario.setup.version.txn_verify,
            complete_within: Duration::from_millis(u64::from(producer.delivery_timeout_ms)).times(timeouts)
                + SENDER_ITERATION,
        }
    }
}

/// Checks invariants. Feed it the whole trace, from the beginning.
#[derive(Clone, Debug)]
pub struct Invariants {
    promises: Promises,
    cluster: Cluster,
    partitions: Vec<Partition>,
    fenced: BrokerSet,
    /// Where each broker's metadata ends.
    metadata: [u64; BROKER_SLOTS],
    sends: Vec<SendState>,
    /// Producers that a fault struck or that went down: their sends may be late, or never complete.
    disturbed_producers: Vec<u8>,
    /// Streams (producer and stream) of which a batch was split. A leader that knows nothing of a producer takes any
    /// first number: where the batch before it was too large, its parts come late, with the numbers of another epoch.
    /// Without idempotence they are sent again, retries or not, while others may be on their way.
    split: BTreeSet<(u8, PartitionId)>,
    /// The furthest position of each consumer in each partition.
    positions: BTreeMap<(u8, PartitionId), u64>,
    /// What became of transactions.
    decided: Transactions,
    /// The lowest epoch with which a producer id may write.
    live_epochs: BTreeMap<u32, i16>,
    /// The partition in which the group is written down.
    group_log: Option<PartitionId>,
    /// Changes that the controller made at this moment and that are checked when it has passed: one decision is told
    /// by several entries.
    unsettled: Option<Instant>,
    violations: Vec<Violation>,
    count: u64,
}

impl Invariants {
    /// Invariants of a run of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let cluster = Cluster::new(scenario);
        Self {
            promises: Promises::of(scenario),
            partitions: cluster.all().map(|_| Partition::default()).collect(),
            cluster,
            fenced: BrokerSet::EMPTY,
            metadata: [0; BROKER_SLOTS],
            sends: Vec::new(),
            disturbed_producers: Vec::new(),
            split: BTreeSet::new(),
            positions: BTreeMap::new(),
            decided: Transactions::default(),
            live_epochs: BTreeMap::new(),
            group_log: None,
            unsettled: None,
            violations: Vec::new(),
            count: 0,
        }
    }

    /// An old release judged by what today's promises: what it breaks is what later releases have mended.
    #[must_use]
    pub fn by_todays_promises(mut self) -> Self {
        self.promises = Promises {
            sound: true,
            knows_processes: true,
            strict: self.promises.elr,
            gated: true,
            decided_isr: true,
            unfenced_isr: true,
            ..self.promises
        };
        self
    }

    /// The violations so far; of very many, the first.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Does the release bring replicas whose logs have forked in line again, whatever happened?
    pub fn heals_forks(&self) -> bool {
        self.promises.sound
    }

    /// Could any log have forgotten what was committed? Then transactions may hang for ever: markers are gone, or
    /// coordinators know no more what they decided.
    pub fn may_have_forgotten(&self) -> bool {
        !self.cluster.all().all(|partition| self.is_safe(partition))
    }

    /// How many violations there were so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The run has ended: checks what should have happened by now.
    pub fn finish(&mut self, until: Instant) {
        self.settle(until + Duration(1));
        self.check_deadlines(until);
    }

    fn violate(&mut self, invariant: Invariant, at: Instant, what: impl FnOnce() -> String) {
        self.count += 1;
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(Violation { invariant, at, what: what() });
        }
    }

    /// Checks a claim; `what` says what was found instead.
    fn check(&mut self, holds: bool, invariant: Invariant, at: Instant, what: impl FnOnce() -> String) {
        if !holds {
            self.violate(invariant, at, what);
        }
    }

    /// The leader in the controller's eyes, if it knows that it is.
    fn legitimate_leader(&self, partition: PartitionId) -> Option<BrokerId> {
        let view = self.cluster.view(partition);
        let leader = view.leader?;
        let tenure = self.partitions[partition.index()].replica(leader).tenure.as_ref()?;
        (tenure.epoch == view.leader_epoch).then_some(leader)
    }

    /// Does the partition's history allow no loss?
    fn is_safe(&self, partition: PartitionId) -> bool {
        let state = &self.partitions[partition.index()];
        self.promises.sound && !state.forgot && self.absorbs_lossy_restarts(partition)
    }

    /// Do coordinators, who write down in this topic what they know, forget nothing of it?
    fn remembers(&self, topic: Topic) -> bool {
        let mut logs = self.cluster.all().filter(|&partition| self.cluster.topic_of(partition) == topic);
        logs.all(|partition| self.is_safe(partition))
    }

    /// Are the replicas that lost records few enough?
    fn absorbs_lossy_restarts(&self, partition: PartitionId) -> bool {
        let lossy = self.partitions[partition.index()].lossy;
        let isr = self.cluster.view(partition).isr;
        if self.promises.strict {
            lossy.len() < self.cluster.min_isr_known(partition).max(1)
        } else {
            lossy.is_empty() || self.promises.knows_processes && !isr.is_subset(lossy)
        }
    }

    fn node(&mut self, entry: &Entry, node: NodeId, state: NodeState) {
        self.cluster.observe(entry);
        let lives = matches!(state, NodeState::Running | NodeState::Paused | NodeState::Stopping);
        match node {
            NodeId::Broker(broker) if !lives => {
                self.metadata[usize::from(broker.0)] = 0;
                self.partitions.iter_mut().for_each(|partition| partition.process_ended(broker));
            }
            NodeId::Producer(producer) if state != NodeState::Running => self.disturb(producer),
            _ => (),
        }
    }

    fn disturb(&mut self, producer: u8) {
        if !self.disturbed_producers.contains(&producer) {
            self.disturbed_producers.push(producer);
        }
    }
}

impl Observer for Invariants {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        if self.unsettled.is_some_and(|moment| moment < at) {
            self.settle(at);
        }
        match *entry {
            Entry::Node { node, state } => self.node(entry, node, state),
            Entry::Fault { node: NodeId::Producer(producer), .. } => self.disturb(producer),
            Entry::Fenced { .. }
            | Entry::Unfenced { .. }
            | Entry::Registered { .. }
            | Entry::PartitionChanged { .. }
            | Entry::Reassigned { .. }
            | Entry::Configured { .. }
            | Entry::Leads { .. }
            | Entry::Follows { .. }
            | Entry::IsrProposed { .. }
            | Entry::IsrCommitted { .. }
            | Entry::IsrRejected { .. }
            | Entry::MetadataApplied { .. } => self.leadership(at, entry),
            Entry::Appended { .. }
            | Entry::Replicated { .. }
            | Entry::HighWatermark { .. }
            | Entry::Truncated { .. }
            | Entry::LostUnflushed { .. }
            | Entry::LogStart { .. }
            | Entry::LogRemoved { .. } => self.replicas(at, entry),
            Entry::Closed { .. }
            | Entry::Split { .. }
            | Entry::Attempted { .. }
            | Entry::Acked { .. }
            | Entry::Failed { .. } => self.producers(at, entry),
            Entry::Polled { .. }
            | Entry::Processed { .. }
            | Entry::OffsetCommitted { .. }
            | Entry::PositionReset { .. }
            | Entry::Assigned { .. }
            | Entry::Granted { .. }
            | Entry::Released { .. }
            | Entry::OffsetExpired { .. } => self.consumers(at, entry),
            Entry::TransactionBatch { .. } | Entry::LastStableOffset { .. } | Entry::TransactionChanged { .. } => {
                self.transactions(at, entry);
            }
            _ => (),
        }
    }
}
