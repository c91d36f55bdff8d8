//! The situations of the chapter, one click each: a comparison in which both lanes differ in what the situation is about.

use highwater_model::fault::{Cut, Fault, FaultKind, Target};
use highwater_model::presets::{Preset, first_visit};
use highwater_model::scenario::{Comparison, LaneId, Lanes, PlacedFault, Setup};
use highwater_model::settings::{Acks, Processing};
use highwater_model::{BrokerId, Duration, Instant};

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// Payments and clicks through the same leader crash (the first visit).
    TwoCases,
    /// A leader crash with acks=all and acks=1.
    AcksAllOrOne,
    /// An acks=all write waits for the whole ISR, not for min ISR.
    SlowFollower,
    /// A leader that stood still for 15 s goes on writing.
    ZombieLeader,
    /// One broker dies with three replicas and with one.
    OneReplica,
    /// A controlled stop and a crash.
    StopOrCrash,
    /// Two of three brokers are down, with min ISR 2 and 1.
    TwoBrokersDown,
    /// Below min ISR with acks=all and acks=1.
    BelowMinIsr,
    /// The last in-sync replica dies, unclean election off and on.
    UncleanElection,
    /// A follower is cut off, with a long and a short lag limit.
    FollowerCut,
    /// GC pauses under new and old limits.
    GcPauses,
    /// A rack fails, replicas spread over racks or not.
    RackOutage,
    /// All brokers: process crash and power loss.
    AllCrashOrPower,
    /// Power loss of all, flushing left to the system and done for each record.
    FlushOrNot,
    /// The active controller dies, with three controllers and one.
    ControllerCrash,
    /// Acknowledgements are lost, with and without idempotence.
    LostAcks,
    /// A consumer dies with auto-commit: processing in the loop and in a pool.
    LoopOrPool,
}

impl Situation {
    /// All of them, in the order of the chapter.
    pub const ALL: [Situation; 17] = [
        Situation::TwoCases,
        Situation::AcksAllOrOne,
        Situation::SlowFollower,
        Situation::ZombieLeader,
        Situation::OneReplica,
        Situation::StopOrCrash,
        Situation::TwoBrokersDown,
        Situation::BelowMinIsr,
        Situation::UncleanElection,
        Situation::FollowerCut,
        Situation::GcPauses,
        Situation::RackOutage,
        Situation::AllCrashOrPower,
        Situation::FlushOrNot,
        Situation::ControllerCrash,
        Situation::LostAcks,
        Situation::LoopOrPool,
    ];

    /// The situation that a comparison still is, unchanged.
    pub fn of(comparison: &Comparison) -> Option<Self> {
        Self::ALL.into_iter().find(|situation| situation.comparison() == *comparison)
    }

    /// The section of the chapter that it belongs to.
    pub const fn section(self) -> Section {
        match self {
            Situation::TwoCases | Situation::AcksAllOrOne => Section::Guarantees,
            Situation::SlowFollower | Situation::ZombieLeader | Situation::ControllerCrash => Section::Replication,
            Situation::OneReplica
            | Situation::StopOrCrash
            | Situation::TwoBrokersDown
            | Situation::BelowMinIsr
            | Situation::UncleanElection
            | Situation::FollowerCut
            | Situation::GcPauses
            | Situation::RackOutage
            | Situation::AllCrashOrPower
            | Situation::FlushOrNot => Section::Brokers,
            Situation::LostAcks => Section::Producers,
            Situation::LoopOrPool => Section::Consumers,
        }
    }

    /// What it loads.
    pub fn comparison(self) -> Comparison {
        match self {
            Situation::TwoCases => first_visit(),
            Situation::AcksAllOrOne => acks_all_or_one(),
            Situation::SlowFollower => slow_follower(),
            Situation::ZombieLeader => zombie_leader(),
            Situation::OneReplica => one_replica(),
            Situation::StopOrCrash => stop_or_crash(),
            Situation::TwoBrokersDown => two_brokers_down(),
            Situation::BelowMinIsr => below_min_isr(),
            Situation::UncleanElection => unclean_election(),
            Situation::FollowerCut => follower_cut(),
            Situation::GcPauses => gc_pauses(),
            Situation::RackOutage => rack_outage(),
            Situation::AllCrashOrPower => all_crash_or_power(),
            Situation::FlushOrNot => flush_or_not(),
            Situation::ControllerCrash => controller_crash(),
            Situation::LostAcks => lost_acks(),
            Situation::LoopOrPool => loop_or_pool(),
        }
    }
}

/// A section of the chapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// 7.1
    Guarantees,
    /// 7.2
    Replication,
    /// 7.3
    Brokers,
    /// 7.4
    Producers,
    /// 7.5
    Consumers,
}

impl Section {
    /// All, in order.
    pub const ALL: [Section; 5] =
        [Section::Guarantees, Section::Replication, Section::Brokers, Section::Producers, Section::Consumers];
}

/// Two lanes of Kafka's defaults with min ISR 2; `change` sets both and what differs.
fn lanes(change: impl FnOnce(&mut Setup, &mut Setup)) -> Comparison {
    let mut base = Preset::Defaults.setup();
    base.topic.min_insync_replicas = 2;
    let (mut a, mut b) = (base.clone(), base);
    change(&mut a, &mut b);
    Comparison { lanes: [a, b], faults: Vec::new(), seed: 7, duration: Duration::from_secs(60) }
}

/// The comparison with one fault more.
fn with(mut comparison: Comparison, at_s: u64, kind: FaultKind, target: Target, for_s: u64) -> Comparison {
    let fault =
        Fault { at: Instant::from_millis(at_s * 1_000), kind, target, duration: Some(Duration::from_secs(for_s)) };
    comparison.faults.push(PlacedFault { lanes: Lanes::Both, fault });
    comparison
}

/// The comparison whose last two faults strike one lane each.
fn one_each(mut comparison: Comparison) -> Comparison {
    for (placed, lane) in comparison.faults.iter_mut().rev().zip([LaneId::B, LaneId::A]) {
        placed.lanes = Lanes::Only(lane);
    }
    comparison
}

fn acks_one(setup: &mut Setup) {
    setup.producer.acks = Acks::Leader;
    setup.producer.enable_idempotence = false;
}

fn acks_all_or_one() -> Comparison {
    let lanes = lanes(|a, b| {
        for setup in [&mut *a, &mut *b] {
            setup.workload.records_per_second = 20_000;
        }
        acks_one(b);
    });
    with(lanes, 10, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 25)
}

fn slow_follower() -> Comparison {
    let lanes = lanes(|_, b| acks_one(b));
    with(lanes, 15, FaultKind::SlowLink { delay_ms: 200 }, Target::FollowerOfBusiest(1), 30)
}

fn zombie_leader() -> Comparison {
    with(lanes(|_, b| acks_one(b)), 10, FaultKind::Pause, Target::LeaderOfBusiest, 15)
}

fn one_replica() -> Comparison {
    let lanes = lanes(|_, b| {
        b.topic.replication_factor = 1;
        b.topic.min_insync_replicas = 1;
    });
    with(lanes, 10, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 25)
}

fn stop_or_crash() -> Comparison {
    let stopped = with(lanes(|_, _| ()), 10, FaultKind::ControlledStop, Target::LeaderOfBusiest, 25);
    one_each(with(stopped, 10, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 25))
}

fn two_down(lanes: Comparison) -> Comparison {
    let one = with(lanes, 10, FaultKind::ProcessCrash, Target::Broker(BrokerId(1)), 40);
    with(one, 15, FaultKind::ProcessCrash, Target::Broker(BrokerId(2)), 25)
}

fn two_brokers_down() -> Comparison {
    two_down(lanes(|_, b| b.topic.min_insync_replicas = 1))
}

fn below_min_isr() -> Comparison {
    two_down(lanes(|_, b| acks_one(b)))
}

/// Both followers go first, so that for a while the leader writes alone; then it goes, and a follower comes back.
fn unclean_election() -> Comparison {
    let mut lanes = lanes(|a, b| {
        for setup in [&mut *a, &mut *b] {
            setup.topic.min_insync_replicas = 1;
        }
        b.topic.unclean_leader_election_enable = true;
    });
    lanes.duration = Duration::from_secs(90);
    let first = with(lanes, 8, FaultKind::ProcessCrash, Target::FollowerOfBusiest(1), 24);
    let second = with(first, 9, FaultKind::ProcessCrash, Target::FollowerOfBusiest(2), 60);
    with(second, 25, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 40)
}

fn follower_cut() -> Comparison {
    let lanes = lanes(|_, b| b.cluster.replica_lag_time_max_ms = 5_000);
    let cut = FaultKind::Cut { with: Target::LeaderOfBusiest, cut: Cut::BothWays };
    with(lanes, 10, cut, Target::FollowerOfBusiest(1), 40)
}

/// The old limits are those of ZooKeeper before Kafka 2.5: session 6 s, lag 10 s; then 18 s and 30 s.
fn gc_pauses() -> Comparison {
    let lanes = lanes(|a, b| {
        a.cluster.broker_session_timeout_ms = 18_000;
        b.cluster.broker_session_timeout_ms = 6_000;
        b.cluster.replica_lag_time_max_ms = 10_000;
    });
    let once = with(lanes, 8, FaultKind::Pause, Target::FollowerOfBusiest(1), 12);
    with(once, 32, FaultKind::Pause, Target::FollowerOfBusiest(1), 12)
}

fn rack_outage() -> Comparison {
    let lanes = lanes(|a, b| {
        for setup in [&mut *a, &mut *b] {
            setup.cluster.brokers = 6;
            setup.topic.partitions = 12;
        }
        b.cluster.rack_aware = false;
    });
    with(lanes, 10, FaultKind::PowerLoss, Target::Rack(1), 25)
}

fn all_crash_or_power() -> Comparison {
    let crashed = with(lanes(|_, _| ()), 20, FaultKind::ProcessCrash, Target::AllBrokers, 5);
    one_each(with(crashed, 20, FaultKind::PowerLoss, Target::AllBrokers, 5))
}

fn flush_or_not() -> Comparison {
    let lanes = lanes(|_, b| b.topic.flush_messages = 1);
    with(lanes, 20, FaultKind::PowerLoss, Target::AllBrokers, 5)
}

/// With one controller nobody can elect another leader while it is away.
fn controller_crash() -> Comparison {
    let lanes = lanes(|_, b| b.cluster.controllers = 1);
    let controller = with(lanes, 10, FaultKind::ProcessCrash, Target::ActiveController, 30);
    with(controller, 12, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 40)
}

/// What the brokers answer does not arrive, so the producer sends again what is already written.
fn lost_acks() -> Comparison {
    let lanes = lanes(|a, b| {
        for setup in [&mut *a, &mut *b] {
            setup.producer.request_timeout_ms = 3_000;
        }
        b.producer.enable_idempotence = false;
    });
    let cut = FaultKind::Cut { with: Target::AllBrokers, cut: Cut::Inbound };
    with(lanes, 10, cut, Target::Producer(1), 8)
}

/// The consumer falls behind before it dies, so that a pool holds records whose offsets are already committed.
fn loop_or_pool() -> Comparison {
    let lanes = lanes(|a, b| {
        for setup in [&mut *a, &mut *b] {
            setup.workload.records_per_second = 300;
            setup.workload.processing_time_us = 5_000;
            setup.workload.workers = 1;
            setup.consumer.session_timeout_ms = 6_000;
            setup.consumer.heartbeat_interval_ms = 2_000;
        }
        b.workload.processing = Processing::WorkerPool;
    });
    let slow = with(lanes, 12, FaultKind::ClientSlow { factor: 5 }, Target::Consumer(1), 20);
    with(slow, 25, FaultKind::ProcessCrash, Target::Consumer(1), 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_situation_can_be_run_in_both_lanes() {
        for situation in Situation::ALL {
            for lane in LaneId::ALL {
                let problems = situation.comparison().scenario(lane).check();
                assert_eq!(problems, [], "{situation:?}, lane {lane:?}");
            }
        }
    }

    #[test]
    fn the_lanes_of_a_situation_differ() {
        for situation in Situation::ALL {
            let comparison = situation.comparison();
            assert_ne!(comparison.scenario(LaneId::A), comparison.scenario(LaneId::B), "{situation:?}");
        }
    }

    #[test]
    fn a_situation_is_recognised_until_something_is_changed() {
        for situation in Situation::ALL {
            let mut comparison = situation.comparison();
            assert_eq!(Situation::of(&comparison), Some(situation));
            comparison.seed += 1;
            assert_eq!(Situation::of(&comparison), None);
        }
    }

    #[test]
    fn every_section_has_a_situation() {
        for section in Section::ALL {
            assert!(Situation::ALL.iter().any(|situation| situation.section() == section), "{section:?}");
        }
    }
}
