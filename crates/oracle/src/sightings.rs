//! Interesting states that a run got into. A search over random runs that never sees one of them says nothing about it:
//! a *sometimes* check, the counterpart of the invariants' *always*.

use crate::cluster::{BROKER_SLOTS, Cluster};
use highwater_model::settings::Acks;
use highwater_model::trace::{ChangeCause, Content, Election, Entry, Error, NodeState, Observer, ResetCause};
use highwater_model::{BrokerId, Duration, Instant, NodeId, PartitionId, Scenario};
use std::fmt;

macro_rules! sightings {
    ($($(#[$doc:meta])* $name:ident = $words:literal),* $(,)?) => {
        /// A state that is worth getting into.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Sighting { $($(#[$doc])* $name),* }

        impl Sighting {
            /// All of them.
            pub const ALL: &'static [Sighting] = &[$(Sighting::$name),*];

            /// In words.
            pub const fn words(self) -> &'static str { match self { $(Sighting::$name => $words),* } }
        }

        impl fmt::Display for Sighting {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.words()) }
        }
    };
}

sightings! {
    /// A replica outside ISR and ELR was elected.
    UncleanElection = "unclean election",
    /// A member of the ELR was elected.
    EligibleElection = "eligible leader replica elected",
    /// The last known leader was elected.
    LastKnownElection = "last known leader elected",
    /// A partition had no leader.
    Leaderless = "partition without a leader",
    /// An ISR fell below min.insync.replicas.
    BelowMinIsr = "ISR below min.insync.replicas",
    /// A broker came back that had not stopped cleanly.
    UncleanRegistration = "unclean registration",
    /// A power loss took records.
    LostUnflushed = "unflushed records lost",
    /// A replica cut off records that a producer had been told are sent.
    AckedTruncated = "acknowledged records truncated",
    /// A replica cut its log more than once to agree with one leader.
    ForkHealedInRounds = "fork of epochs healed in several rounds",
    /// A broker that was no longer the leader appended.
    ZombieAppended = "append by a deposed leader",
    /// A proposal of an ISR was refused.
    ProposalRefused = "ISR proposal refused",
    /// A deposed leader's request was refused for its epoch.
    FencedEpoch = "fetch fenced by its epoch",
    /// A new leader did not know its high watermark yet.
    OffsetNotAvailable = "offset not available yet",
    /// A broker waited for the session before its own to end.
    RegistrationWaited = "registration waited for the old session",
    /// Leadership moved by a controlled shutdown.
    ShutdownMoved = "leader moved by a controlled shutdown",
    /// Leadership went back to the preferred replica.
    PreferredElection = "preferred leader elected",
    /// A controller gave up its leadership: no majority, or a newer one.
    QuorumLost = "quorum leader resigned",
    /// Another controller became active.
    ControllerMoved = "controller failover",
    /// acks=all was refused below min.insync.replicas.
    NotEnoughReplicas = "not enough replicas",
    /// A batch was in the log when it was sent again, and was answered.
    DuplicateAnswered = "duplicate sequence answered",
    /// A batch arrived before the one it follows.
    OutOfOrderSequence = "out of order sequence refused",
    /// Records were reported as failed after delivery.timeout.ms.
    DeliveryTimeout = "delivery timeout",
    /// Records reported as failed were in the log.
    FailedYetWritten = "failed send in the log",
    /// send() found no room in buffer.memory.
    BufferExhausted = "buffer exhausted",
    /// An offset was committed while the group was being rebalanced.
    CommitDuringRebalance = "commit during a rebalance",
    /// A commit was refused because of a rebalance, or came from a generation before it.
    CommitRefused = "commit refused for its generation",
    /// A member was expelled and learned it by its commit.
    CommitByStranger = "commit of an expelled member",
    /// A consumer's position was beyond the log and was reset.
    PositionOutOfRange = "position out of range",
    /// A consumer noticed that its log had been cut.
    PositionTruncated = "consumer noticed a truncation",
    /// A consumer read an offset again after somebody else had.
    ReadTwice = "records handed out twice",
}

/// A set of sightings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighted(u64);

impl Sighted {
    /// Was it seen?
    pub const fn has(self, sighting: Sighting) -> bool {
        self.0 & 1 << sighting as u64 != 0
    }

    /// What either saw.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What was never seen.
    pub fn missing(self) -> impl Iterator<Item = Sighting> {
        Sighting::ALL.iter().copied().filter(move |sighting| !self.has(*sighting))
    }

    fn add(&mut self, sighting: Sighting) {
        self.0 |= 1 << sighting as u64;
    }
}

/// What the lookout keeps of a batch that a producer sends.
#[derive(Clone, Copy, Debug, Default)]
struct Send {
    partition: Option<PartitionId>,
    written: bool,
    /// Was it sent again after it had been written?
    repeated: bool,
}

/// Looks out for interesting states. Feed it the whole trace, from the beginning.
#[derive(Clone, Debug)]
pub struct Lookout {
    cluster: Cluster,
    sighted: Sighted,
    sends: Vec<Send>,
    acks: Acks,
    idempotent: bool,
    /// By partition: the end of what producers were told is sent.
    acked_ends: Vec<u64>,
    /// By partition: how far records were handed out.
    polled_batches: Vec<u32>,
    /// Who cut its log since it last began to follow.
    truncated: Vec<(BrokerId, PartitionId)>,
    controllers_elected: u32,
    /// Since when a broker has asked to be registered.
    registering: [Option<Instant>; BROKER_SLOTS],
    rebalancing: bool,
}

/// A registration that nothing hinders takes less.
const REGISTRATION: Duration = Duration::from_secs(1);

impl Lookout {
    /// For a run of this scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let cluster = Cluster::new(scenario);
        let partitions = cluster.all().count();
        Self {
            cluster,
            sighted: Sighted::default(),
            sends: Vec::new(),
            acks: scenario.setup.producer.acks,
            idempotent: scenario.setup.producer.enable_idempotence,
            acked_ends: vec![0; partitions],
            polled_batches: vec![0; partitions],
            truncated: Vec::new(),
            controllers_elected: 0,
            registering: [None; BROKER_SLOTS],
            rebalancing: false,
        }
    }

    /// What was seen so far.
    pub fn sighted(&self) -> Sighted {
        self.sighted
    }

    fn send(&mut self, send: u32) -> &mut Send {
        let index = send as usize;
        if self.sends.len() <= index {
            self.sends.resize(index + 1, Send::default());
        }
        &mut self.sends[index]
    }

    fn sight_if(&mut self, condition: bool, sighting: Sighting) {
        if condition {
            self.sighted.add(sighting);
        }
    }

    fn elected(&mut self, election: Election, cause: ChangeCause) {
        let found = match election {
            Election::Unclean => Some(Sighting::UncleanElection),
            Election::Eligible => Some(Sighting::EligibleElection),
            Election::LastKnown => Some(Sighting::LastKnownElection),
            Election::Leaderless => Some(Sighting::Leaderless),
            Election::Clean if cause == ChangeCause::Shutdown => Some(Sighting::ShutdownMoved),
            Election::Clean if cause == ChangeCause::Preferred => Some(Sighting::PreferredElection),
            Election::Clean | Election::Unchanged => None,
        };
        if let Some(found) = found {
            self.sighted.add(found);
        }
    }

    fn truncation(&mut self, broker: BrokerId, partition: PartitionId, to: u64) {
        self.sight_if(to < self.acked_ends[partition.index()], Sighting::AckedTruncated);
        let again = self.truncated.contains(&(broker, partition));
        self.sight_if(again, Sighting::ForkHealedInRounds);
        if !again {
            self.truncated.push((broker, partition));
        }
    }

    fn acked(&mut self, send: u32, offset: Option<u64>) {
        let (idempotent, Send { partition, repeated, .. }) = (self.idempotent, *self.send(send));
        self.sight_if(repeated && idempotent, Sighting::DuplicateAnswered);
        if let (Some(offset), Some(partition)) = (offset, partition)
            && self.acks != Acks::None
        {
            let end = &mut self.acked_ends[partition.index()];
            *end = (*end).max(offset + 1);
        }
    }

    fn failed(&mut self, send: u32, error: Error) {
        let written = self.send(send).written;
        self.sight_if(written, Sighting::FailedYetWritten);
        self.sight_if(error == Error::DeliveryTimedOut, Sighting::DeliveryTimeout);
        self.sight_if(error == Error::NotEnoughReplicas, Sighting::NotEnoughReplicas);
    }

    fn commit_failed(&mut self, error: Error) {
        let stale = matches!(error, Error::RebalanceInProgress | Error::IllegalGeneration);
        self.sight_if(stale, Sighting::CommitRefused);
        self.sight_if(error == Error::UnknownMemberId, Sighting::CommitByStranger);
    }

    fn request_failed(&mut self, error: Error) {
        let epoch = matches!(error, Error::FencedLeaderEpoch | Error::UnknownLeaderEpoch);
        self.sight_if(epoch, Sighting::FencedEpoch);
        self.sight_if(error == Error::OffsetNotAvailable, Sighting::OffsetNotAvailable);
    }

    fn registered(&mut self, at: Instant, broker: BrokerId, clean: bool) {
        self.sight_if(!clean, Sighting::UncleanRegistration);
        let since = self.registering[usize::from(broker.0)];
        let waited = since.is_some_and(|since| REGISTRATION < at.since(since));
        self.sight_if(waited, Sighting::RegistrationWaited);
    }

    /// What clients do and are told.
    fn clients(&mut self, entry: &Entry) {
        match *entry {
            Entry::Attempted { send, partition, .. } => {
                let send = self.send(send);
                send.repeated |= send.written;
                send.partition = Some(partition);
            }
            Entry::Retried { error, .. } => {
                self.sight_if(error == Error::NotEnoughReplicas, Sighting::NotEnoughReplicas);
                self.sight_if(error == Error::OutOfOrderSequenceNumber, Sighting::OutOfOrderSequence);
            }
            Entry::Rejected { error, .. } => {
                self.sight_if(error == Error::BufferExhausted, Sighting::BufferExhausted);
            }
            Entry::Acked { send, offset } => self.acked(send, offset),
            Entry::Failed { send, error } => self.failed(send, error),
            Entry::RebalanceStarted { .. } => self.rebalancing = true,
            Entry::RebalanceCompleted { .. } => self.rebalancing = false,
            Entry::OffsetCommitted { .. } => self.sight_if(self.rebalancing, Sighting::CommitDuringRebalance),
            Entry::CommitFailed { error, .. } => self.commit_failed(error),
            Entry::PositionReset { cause, .. } => {
                self.sight_if(cause == ResetCause::OutOfRange, Sighting::PositionOutOfRange);
                self.sight_if(cause == ResetCause::Truncated, Sighting::PositionTruncated);
            }
            Entry::Polled { records, .. } => {
                let furthest = &mut self.polled_batches[records.partition.index()];
                let again = records.batch < *furthest;
                *furthest = (*furthest).max(records.batch);
                self.sight_if(again, Sighting::ReadTwice);
            }
            Entry::RequestFailed { error, .. } => self.request_failed(error),
            _ => (),
        }
    }
}

impl Observer for Lookout {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::PartitionChanged { partition, isr, election, cause, .. } => {
                self.elected(election, cause);
                let below = isr.len() < self.cluster.min_isr(partition);
                self.sight_if(below, Sighting::BelowMinIsr);
            }
            Entry::Registered { broker, clean, .. } => self.registered(at, broker, clean),
            Entry::Node { node: NodeId::Broker(broker), state } => {
                self.registering[usize::from(broker.0)] = (state == NodeState::Registering).then_some(at);
            }
            Entry::ControllerElected { .. } => {
                self.controllers_elected += 1;
                // The first is the one that the run begins with.
                self.sight_if(1 < self.controllers_elected, Sighting::ControllerMoved);
            }
            Entry::ControllerResigned { .. } => self.sighted.add(Sighting::QuorumLost),
            Entry::LostUnflushed { from, to, .. } => self.sight_if(to < from, Sighting::LostUnflushed),
            Entry::Truncated { broker, partition, from, to } if to < from => self.truncation(broker, partition, to),
            Entry::Follows { broker, partition, .. } => self.truncated.retain(|pair| *pair != (broker, partition)),
            Entry::Appended { partition, leader_epoch, content, .. } => {
                self.sight_if(leader_epoch < self.cluster.view(partition).leader_epoch, Sighting::ZombieAppended);
                if let Content::Send(send) = content {
                    self.send(send).written = true;
                }
            }
            Entry::IsrRejected { .. } => self.sighted.add(Sighting::ProposalRefused),
            _ => self.clients(entry),
        }
        self.cluster.observe(entry);
    }
}
