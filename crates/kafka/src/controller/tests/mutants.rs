//! What each of the controllers' checks is for: without it, the thing that it prevents happens (P-TLA-07).

use super::decisions::{Play, min_isr};
use super::network::Network;
use crate::checks::{Check, Checks};
use highwater_model::PartitionId;
use highwater_model::presets::Preset;

fn without(check: Check) -> Play {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    play.checks = Checks::default().without(check);
    play
}

#[test]
fn elect_from_isr() {
    let mut play = without(Check::ElectFromIsr);
    play.shrink(0, &[1]);
    play.fence(1);
    assert_eq!(play.partition(0), "b2 isr [] elr [b1]");
}

#[test]
fn alter_partition_epochs_and_members() {
    let stale = |check| {
        let mut play = without(check);
        let mut proposal = play.proposal(0, &[1]);
        if check == Check::AlterPartitionEpoch {
            play.shrink(0, &[1, 3]);
        } else {
            proposal.leader_epoch -= 1;
        }
        play.alter(1, proposal)
    };
    assert_eq!(stale(Check::AlterPartitionEpoch), Ok("[b1]".to_owned()));
    assert_eq!(stale(Check::AlterLeaderEpoch), Ok("[b1]".to_owned()));
    let mut play = without(Check::AlterEligible);
    play.fence(2);
    assert_eq!(play.alter(1, play.proposal(0, &[1, 2, 3])), Ok("[b1 b2 b3]".to_owned()));
}

#[test]
fn registration() {
    let mut play = without(Check::UncleanRegistration);
    play.shrink(0, &[1]);
    play.fence(1);
    play.register(1, false);
    assert_eq!(play.partition(0), "none isr [] elr [b1]", "it lost its log, and may lead");
    let mut play = without(Check::DuplicateRegistration);
    play.register(1, false);
    assert_eq!(play.beat(2, false).map(|answer| answer.fenced), Ok(false));
}

#[test]
fn quorum_commit() {
    let mut network = Network::new(&Preset::Payments.setup(), 1);
    network.checks = Checks::default().without(Check::QuorumCommit);
    network.run_until(10_000);
    network.isolate_controller(1);
    network.propose(1, 0, &[1, 2]);
    network.run_until(11_000);
    assert_eq!(network.broker(1).altered, [Ok(vec!["p1 [b1 b2]".to_owned()])], "answered, and then forgotten");
    network.run_until(20_000);
    network.heal();
    network.run_until(40_000);
    let image = network.controllers[0].image();
    assert_eq!(image.partition(PartitionId(0)).unwrap().isr.len(), 3);
}

#[test]
fn vote_once() {
    let loses = |checks: Checks| {
        (0..10).any(|seed| {
            let mut network = Network::new(&Preset::Payments.setup(), seed);
            network.checks = checks;
            network.run_until(10_000);
            network.isolate_controller(3);
            network.run_until(20_000);
            network.propose(1, 0, &[1, 2]);
            network.run_until(20_100);
            assert_eq!(network.broker(1).altered, [Ok(vec!["p1 [b1 b2]".to_owned()])]);
            network.crash(1);
            network.crash(2);
            network.heal();
            network.run_until(32_000);
            network.start(2);
            network.run_until(44_000);
            let leader = network.active()[0];
            let image = network.controllers[usize::from(leader) - 1].image();
            image.partition(PartitionId(0)).unwrap().isr.len() != 2
        })
    };
    assert!(!loses(Checks::default()));
    assert!(loses(Checks::default().without(Check::VoteOnce)), "a voter with a short log is elected");
}
