//! What can go wrong, and what an administrator does: faults with a time, a target and, where it fits, a duration.

use crate::admin::AdminAction;
use crate::ids::{BrokerId, ControllerId, PartitionId};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// One thing that goes wrong (or is done on purpose) in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// When it strikes.
    pub at: Instant,
    /// What happens.
    pub kind: FaultKind,
    /// To whom; resolved at that moment where it is symbolic.
    pub target: Target,
    /// After which time it is undone: the process is started again, the link is healed. Without one it lasts to the
    /// end of the run.
    pub duration: Option<Duration>,
}

/// What happens to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultKind {
    /// kill -9: memory is lost, the page cache survives.
    ProcessCrash,
    /// SIGTERM: controlled shutdown, logs flushed.
    ControlledStop,
    /// The machine loses power: what was not flushed is lost. Peers see silence, not a closed connection.
    PowerLoss,
    /// A process that is down is started.
    Restart,
    /// The process stands still (GC, SIGSTOP): sockets stay open, timers do not run.
    Pause,
    /// Packets between the target and `with` are dropped.
    Cut {
        /// The other end.
        with: Target,
        /// Which direction.
        cut: Cut,
    },
    /// Packets between the target and everybody take this much longer, each way.
    SlowLink {
        /// Added one-way delay, in milliseconds.
        delay_ms: u32,
    },
    /// This share of the target's packets is lost, each way, under TCP.
    PacketLoss {
        /// Lost packets of a thousand, 1 to 1000.
        per_mille: u16,
    },
    /// The disk does everything this many times slower.
    SlowDisk {
        /// How many times slower, at least 2.
        factor: u32,
    },
    /// Writes fail: the log directory goes offline, and with it the broker.
    FullDisk,
    /// Reads and writes do not return.
    HungDisk,
    /// A consumer processes, or a producer sends, this many times slower.
    ClientSlow {
        /// How many times slower, at least 2.
        factor: u32,
    },
    /// The offered load is this many hundredths of its usual rate.
    LoadBurst {
        /// 300 means three times the load.
        percent: u32,
    },
    /// The node's wall clock jumps.
    ClockStep {
        /// Milliseconds, forward or back.
        by_ms: i64,
    },
    /// Every read and write of one log directory fails, until it ends; the broker takes the directory back with its next
    /// start.
    FailedDirectory {
        /// Which, from 1.
        dir: u8,
    },
    /// One log directory has no room: its next write fails, and with it the directory.
    FullDirectory {
        /// Which, from 1.
        dir: u8,
    },
    /// Nothing goes wrong: an administrator asks for something, of whoever is the active controller then. At its end a
    /// reassignment under way is cancelled, a dynamic value taken away.
    Admin(AdminAction),
}

/// A cut's direction, seen from the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cut {
    /// Nothing passes.
    BothWays,
    /// What the target sends does not arrive.
    Outbound,
    /// What is sent to the target does not arrive.
    Inbound,
}

/// Who is struck. A symbolic target is resolved when the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A broker by id.
    Broker(BrokerId),
    /// A controller by id.
    Controller(ControllerId),
    /// A producer, counted from 1.
    Producer(u8),
    /// A consumer, counted from 1.
    Consumer(u8),
    /// Everything in a rack (zone), counted from 1: brokers, controllers and clients.
    Rack(u8),
    /// The broker that leads the partition.
    LeaderOf(PartitionId),
    /// The n-th follower (from 1) of the partition, in the order of its replicas.
    FollowerOf(PartitionId, u8),
    /// The broker that leads the partition with the largest share of the load.
    LeaderOfBusiest,
    /// The n-th follower (from 1) of that partition.
    FollowerOfBusiest(u8),
    /// The active controller.
    ActiveController,
    /// The broker that coordinates the consumer group.
    GroupCoordinator,
    /// All brokers.
    AllBrokers,
    /// All controllers.
    AllControllers,
    /// All producers.
    AllProducers,
    /// All consumers.
    AllConsumers,
}
