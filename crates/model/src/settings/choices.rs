//! The settings that are a choice: their words, and what each of them means.

use super::Scalar;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl Scalar for $name {
            const WORDS: &'static [&'static str] = &[$($word),*];
            fn to_number(self) -> i64 { self as i64 }
            fn from_number(number: i64) -> Self {
                const ALL: &[$name] = &[$($name::$variant),*];
                ALL[usize::try_from(number).expect("a choice is checked against its words")]
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(Self::WORDS[*self as usize])
            }
        }
    )* };
}

words! {
    /// What a producer waits for before it calls a record sent.
    Acks {
        /// Nothing: success when the bytes are handed to the socket.
        None = "0",
        /// The leader's page cache.
        Leader = "1",
        /// Every in-sync replica.
        All = "all",
    }
    /// The codec of `compression.type`.
    Codec {
        /// No compression.
        None = "none",
        /// gzip.
        Gzip = "gzip",
        /// snappy.
        Snappy = "snappy",
        /// lz4.
        Lz4 = "lz4",
        /// zstd.
        Zstd = "zstd",
    }
    /// What the producing application does with the result of `send()`.
    SendResult {
        /// Sends and never looks at the outcome.
        Ignore = "ignore",
        /// Waits for each record's future before the next.
        Wait = "wait",
        /// Learns of failures in a callback, and leaves those records to whoever reconciles.
        Callback = "callback",
    }
    /// Where a consumer starts without a committed offset.
    OffsetReset {
        /// At the end: what was produced before is skipped.
        Latest = "latest",
        /// At the beginning.
        Earliest = "earliest",
        /// Nowhere: an exception to the application.
        None = "none",
        /// At the first record not older than a duration (KIP-1106).
        ByDuration = "by_duration",
    }
    /// `group.protocol`: who assigns partitions, and how a rebalance goes.
    GroupProtocol {
        /// The members' leader assigns, and all members join again.
        Classic = "classic",
        /// The coordinator assigns, and partitions move one by one (KIP-848, R-737).
        Consumer = "consumer",
    }
    /// `partition.assignment.strategy`: the assignors that a member of a classic group offers.
    AssignmentStrategy {
        /// Kafka's default: range, and eager, because range is; cooperative once range is gone.
        RangeOrCooperative = "range,cooperative-sticky",
        /// Runs of neighbouring partitions.
        Range = "range",
        /// One by one in turn.
        RoundRobin = "roundrobin",
        /// Balanced, with as much as possible where it was; eager.
        Sticky = "sticky",
        /// Balanced, with as much as possible where it was; cooperative.
        CooperativeSticky = "cooperative-sticky",
    }
    /// `group.remote.assignor`: how a coordinator of the new protocol assigns.
    RemoteAssignor {
        /// Balanced, with as much as possible where it was.
        Uniform = "uniform",
        /// Runs of neighbouring partitions.
        Range = "range",
    }
    /// Do the consumers have a `group.instance.id`?
    InstanceIds {
        /// No: every process is a new member.
        None = "none",
        /// Each its own: a process that comes back is the member that it was.
        Own = "own",
    }
    /// `isolation.level`.
    Isolation {
        /// All records below the high watermark.
        ReadUncommitted = "read_uncommitted",
        /// Only below the last stable offset.
        ReadCommitted = "read_committed",
    }
    /// How the consuming application commits when `enable.auto.commit` is off.
    CommitPolicy {
        /// `commitSync()` after all records of a poll are processed.
        SyncAfter = "sync-after",
        /// `commitSync()` before the records of a poll are processed.
        SyncBefore = "sync-before",
        /// `commitAsync()` after all records of a poll are processed.
        AsyncAfter = "async-after",
        /// Never.
        Never = "never",
    }
    /// Where the consuming application processes records.
    Processing {
        /// In the poll loop: the next `poll()` comes when all are done.
        InLoop = "in-loop",
        /// Handed to a pool of worker threads; `poll()` goes on at once.
        WorkerPool = "worker-pool",
    }
    /// Which replica consumers read from (`replica.selector.class`, KIP-392).
    ReplicaSelector {
        /// The leader (Kafka's default: no class).
        Leader = "leader",
        /// A replica in the consumer's rack, if one is in sync (`RackAwareReplicaSelector`).
        RackAware = "rack-aware",
    }
}
