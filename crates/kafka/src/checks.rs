//! Protocol checks that can be switched off by name, to see what each is for (P-TLA-07): a mutant is the protocol with
//! one check removed. Compiled in only with the feature `mutants`; without it every check is on and costs nothing.

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),* $(,)?) => {
        /// A check of the protocol.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check { $($(#[$doc])* $variant),* }

        impl Check {
            /// All checks.
            pub const ALL: &'static [Check] = &[$(Check::$variant),*];

            /// The name by which it is switched off.
            pub const fn name(self) -> &'static str { match self { $(Check::$variant => $word),* } }

            /// The check of this name.
            pub fn by_name(name: &str) -> Option<Self> { Self::ALL.iter().copied().find(|check| check.name() == name) }
        }
    };
}

checks! {
    /// The high watermark waits for the maximal ISR, not only the committed one.
    MaximalIsr = "maximal-isr",
    /// The high watermark stands still below min.insync.replicas.
    HighWatermarkGate = "high-watermark-gate",
    /// The high watermark waits for an eligible follower that is nearly in sync.
    WaitForCaughtUp = "wait-for-caught-up",
    /// acks=all is refused below min.insync.replicas.
    MinIsrBeforeAppend = "min-isr-before-append",
    /// acks=all waits for the high watermark.
    AcksAllWaits = "acks-all-waits",
    /// A follower joins the ISR only from the high watermark on.
    ExpandFromHighWatermark = "expand-from-high-watermark",
    /// A follower joins the ISR only from the leader epoch's start offset on.
    ExpandFromEpochStart = "expand-from-epoch-start",
    /// A follower counts only after it fetched in this leadership.
    ForgetFollowers = "forget-followers",
    /// A fetch with another leader epoch is refused.
    FetchEpoch = "fetch-epoch",
    /// A fetch with a stale broker epoch is refused.
    FetchBrokerEpoch = "fetch-broker-epoch",
    /// A fetch that diverges is answered with where the logs divide.
    Divergence = "divergence",
    /// A consumer reads below the high watermark only.
    ReadBelowHighWatermark = "read-below-high-watermark",
    /// A new leader hides the end of its log until it knows its high watermark.
    OffsetNotAvailable = "offset-not-available",
    /// A broker ignores partition metadata older than its own.
    StaleMetadata = "stale-metadata",
    /// Sequence numbers: a repeated batch is recognised.
    DuplicateSequence = "duplicate-sequence",
    /// Sequence numbers: a gap is refused.
    SequenceGap = "sequence-gap",
    /// AlterPartition: the caller's leader epoch must be the controller's.
    AlterLeaderEpoch = "alter-leader-epoch",
    /// AlterPartition: the caller's partition epoch must be the controller's.
    AlterPartitionEpoch = "alter-partition-epoch",
    /// AlterPartition: fenced or stale members are refused.
    AlterEligible = "alter-eligible",
    /// Only members of the ISR (or the ELR) are elected.
    ElectFromIsr = "elect-from-isr",
    /// An unclean registration leaves ISR and ELR.
    UncleanRegistration = "unclean-registration",
    /// A broker with a live session cannot be registered again.
    DuplicateRegistration = "duplicate-registration",
    /// Metadata records count only when a majority of controllers has them.
    QuorumCommit = "quorum-commit",
    /// A voter grants one vote an epoch, and only to a log as long as its own.
    VoteOnce = "vote-once",
    /// A commit from an old generation is refused.
    CommitGeneration = "commit-generation",
    /// A partition is muted while a batch is in flight where only one may be.
    Mute = "mute",
    /// A retried batch goes back in front of later ones.
    RetryInOrder = "retry-in-order",
    /// With sequences a retried batch waits until it is the first without an answer.
    RetryAlone = "retry-alone",
    /// Nothing new is sent while the fate of an expired batch is unknown.
    ResolveSequences = "resolve-sequences",
    /// A follower's high watermark lies within its log.
    ClampHighWatermark = "clamp-high-watermark",
    /// Truncation takes the high watermark down with the log.
    TruncateHighWatermark = "truncate-high-watermark",
    /// A process begins with its checkpointed high watermark, not with its log end.
    CheckpointedHighWatermark = "checkpointed-high-watermark",
    /// A follower appends only what continues its log.
    AppendAtEnd = "append-at-end",
    /// A follower that is told where the logs divide cuts its own there.
    TruncateDivergence = "truncate-divergence",
    /// A new leader notes where its epoch begins.
    AssignEpoch = "assign-epoch",
    /// A follower gives up on a leader that does not answer.
    FetchOverdue = "fetch-overdue",
    /// A leader gives up on a controller that does not answer.
    IsrOverdue = "isr-overdue",
    /// An error that answers an older fetch ends nothing.
    FencedAnswerOfNow = "fenced-answer-of-now",
    /// A follower outside the ISR is proposed when it has caught up.
    ProposeExpansion = "propose-expansion",
    /// A leader reads what it knows of producers from its log.
    ProducersOfLog = "producers-of-log",
    /// The last five batches of a producer are remembered, not only the last.
    DuplicateWindow = "duplicate-window",
    /// Eligible leader replicas are kept only below min.insync.replicas.
    ElrBelowMinIsr = "elr-below-min-isr",
    /// A new leader means a new leader epoch.
    LeaderEpochBump = "leader-epoch-bump",
    /// A changed partition has a new partition epoch.
    PartitionEpochBump = "partition-epoch-bump",
    /// A leader from outside the ISR is its only member.
    UncleanAlone = "unclean-alone",
    /// A fenced broker leaves all ISRs.
    FenceLeavesIsr = "fence-leaves-isr",
    /// A broker that is silent for its session is fenced.
    FenceSilent = "fence-silent",
    /// A vote goes to a log as long as the voter's own.
    VoteForLongLog = "vote-for-long-log",
    /// Controllers cut off what divides from the quorum leader's log.
    QuorumDivergence = "quorum-divergence",
    /// delivery.timeout.ms ends every send.
    DeliveryTimeout = "delivery-timeout",
    /// A batch keeps its sequence when it is sent again.
    SequenceKept = "sequence-kept",
    /// After a batch has failed, sequences begin anew in another epoch.
    BumpEpoch = "bump-epoch",
    /// A part of a split batch is split in halves.
    SplitInHalves = "split-in-halves",
    /// What was fetched of a partition is dropped when it is given up.
    DropRevoked = "drop-revoked",
    /// What was fetched for another position is not taken.
    FetchAtPosition = "fetch-at-position",
    /// A member that is silent for its session is expelled.
    ExpelSilent = "expel-silent",
    /// Each rebalance has a generation of its own.
    BumpGeneration = "bump-generation",
    /// A new coordinator reads the group from its log.
    LoadGroup = "load-group",
    /// A transactional batch is appended only where the coordinator knows the transaction.
    TransactionVerified = "transaction-verified",
    /// A producer writes nothing else while its transaction is open.
    PlainWriteInTransaction = "plain-write-in-transaction",
    /// A marker of an older coordinator is refused.
    CoordinatorEpoch = "coordinator-epoch",
    /// A batch or a marker of an older producer epoch is refused.
    ProducerEpoch = "producer-epoch",
    /// read_committed readers get only what is below the last stable offset.
    ReadBelowLastStable = "read-below-last-stable",
    /// A transaction is decided only when its marker is committed.
    MarkerCommitted = "marker-committed",
    /// read_committed readers skip aborted records.
    SkipAborted = "skip-aborted",
    /// A new process of a transactional id aborts what the one before it left open.
    FenceOnInit = "fence-on-init",
    /// A static member is fenced by the next process with its instance id.
    InstanceFence = "instance-fence",
    /// The new protocol gives a partition to a member only when nobody else holds it.
    PartitionReleased = "partition-released",
    /// A cooperative assignor gives what moves to nobody before its owner has given it up.
    MoveInTwoSteps = "move-in-two-steps",
    /// Committed offsets outlive their group for offsets.retention.minutes, whoever coordinates.
    OffsetExpiry = "offset-expiry",
}

/// Which checks are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    #[cfg(feature = "mutants")]
    off: u128,
}

impl Checks {
    /// Is the check on?
    #[inline]
    pub const fn on(self, check: Check) -> bool {
        #[cfg(feature = "mutants")]
        {
            self.off & (1 << check as u128) == 0
        }
        #[cfg(not(feature = "mutants"))]
        {
            let _ = check;
            true
        }
    }

    /// All checks but this one.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub const fn without(self, check: Check) -> Self {
        Self { off: self.off | 1 << check as u128 }
    }
}
