//! What the active controller makes of administrators' requests and of log directories, event by event.

use super::decisions::{Play, min_isr};
use crate::message::AssignReplicasToDirsRequest;
use crate::metadata::DirectorySet;
use highwater_model::admin::{ConfigScope, ElectionKind, ReplicaList};
use highwater_model::trace::Error;
use highwater_model::{AdminAction, BrokerId, PartitionId, SettingId, Setup};

const P0: PartitionId = PartitionId(0);

fn ask(play: &mut Play, action: AdminAction) -> Result<(), Error> {
    play.act(|cluster, rules, _| cluster.administer(action, rules))
}

fn reassign(play: &mut Play, replicas: &[u8]) -> Result<(), Error> {
    let replicas = ReplicaList::of(replicas.iter().copied().map(BrokerId)).expect("a short list");
    ask(play, AdminAction::Reassign { partition: P0, replicas })
}

fn elect(play: &mut Play, election: ElectionKind) -> Result<(), Error> {
    ask(play, AdminAction::ElectLeaders { election, partition: Some(P0) })
}

fn set(play: &mut Play, scope: ConfigScope, setting: SettingId, value: Option<i64>) -> Result<(), Error> {
    ask(play, AdminAction::SetConfig { scope, setting, value })
}

/// Replicas, those that come and go, and both epochs.
fn assignment(play: &Play) -> String {
    let state = play.image.partition(P0).expect("it exists");
    let replicas: Vec<u8> = state.replicas.iter().map(|broker| broker.0).collect();
    let (adding, removing) = (state.adding, state.removing);
    format!("{replicas:?} +{adding} -{removing} e{} p{}", state.leader_epoch, state.partition_epoch)
}

#[test]
fn p_tla_14_a_reassignment_waits_for_its_new_replica_and_ends_with_an_epoch() {
    let mut play = Play::new(min_isr(2), 4, &[&[1, 2, 3]]);
    play.shrink(0, &[1, 2]);
    assert_eq!(reassign(&mut play, &[1, 2, 4]), Ok(()));
    assert_eq!(assignment(&play), "[1, 2, 4, 3] +[b4] -[b3] e0 p2");
    assert_eq!(play.partition(0), "b1 isr [b1 b2] elr []");
    play.shrink(0, &[1, 2, 4]);
    assert_eq!(assignment(&play), "[1, 2, 4] +[] -[] e1 p3");
    assert_eq!(play.partition(0), "b1 isr [b1 b2 b4] elr []");
}

#[test]
fn r_534_a_leader_that_goes_hears_of_its_successor() {
    let mut play = Play::new(min_isr(1), 4, &[&[1, 2, 3]]);
    reassign(&mut play, &[4, 2, 3]).expect("all live");
    let proposal = play.proposal(0, &[1, 2, 3, 4]);
    assert_eq!(play.alter(1, proposal), Err(Error::NewLeaderElected));
    assert_eq!(play.partition(0), "b4 isr [b2 b3 b4] elr []");
    assert_eq!(assignment(&play), "[4, 2, 3] +[] -[] e1 p2");
}

#[test]
fn r_534_another_order_of_the_same_replicas_is_complete_at_once() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    reassign(&mut play, &[2, 1, 3]).expect("nobody moves");
    assert_eq!(assignment(&play), "[2, 1, 3] +[] -[] e0 p1");
    assert_eq!(elect(&mut play, ElectionKind::Preferred), Ok(()));
    assert_eq!(play.partition(0), "b2 isr [b1 b2 b3] elr []");
}

#[test]
fn r_534_fewer_replicas_are_complete_at_once_and_begin_an_epoch() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    reassign(&mut play, &[2]).expect("it is in sync");
    assert_eq!(assignment(&play), "[2] +[] -[] e1 p1");
    assert_eq!(play.partition(0), "b2 isr [b2] elr []");
}

#[test]
fn r_534_a_cancelled_reassignment_gives_the_old_replicas_back() {
    let mut play = Play::new(min_isr(1), 4, &[&[1, 2, 3]]);
    assert_eq!(ask(&mut play, AdminAction::CancelReassignment { partition: P0 }), Err(Error::NoReassignmentInProgress));
    reassign(&mut play, &[4, 2]).expect("all live");
    assert_eq!(assignment(&play), "[4, 2, 1, 3] +[b4] -[b1 b3] e0 p1");
    play.fence(1);
    assert_eq!(ask(&mut play, AdminAction::CancelReassignment { partition: P0 }), Ok(()));
    assert_eq!(assignment(&play), "[2, 1, 3] +[] -[] e2 p3", "its replica on broker 4 goes, so a new epoch begins");
}

#[test]
fn r_534_impossible_replicas_are_refused() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    for replicas in [&[][..], &[1, 1], &[1, 9]] {
        assert_eq!(reassign(&mut play, replicas), Err(Error::InvalidReplicaAssignment), "{replicas:?}");
    }
    let nowhere = AdminAction::CancelReassignment { partition: PartitionId(1) };
    assert_eq!(ask(&mut play, nowhere), Err(Error::NoReassignmentInProgress), "that of the offsets topic is there");
}

#[test]
fn p_ctrl_03_a_preferred_election_that_is_asked_for_never_becomes_unclean() {
    let change = |setup: &mut Setup| {
        setup.cluster.eligible_leader_replicas_version = 0;
        setup.topic.unclean_leader_election_enable = false;
    };
    let mut play = Play::new(change, 3, &[&[1, 2, 3]]);
    play.shrink(0, &[1]);
    play.fence(1);
    let unclean = SettingId::UncleanElection;
    set(&mut play, ConfigScope::Topic, unclean, Some(1)).expect("it is dynamic");
    assert_eq!(play.partition(0), "none isr [b1] elr []");
    assert_eq!(elect(&mut play, ElectionKind::Preferred), Err(Error::PreferredLeaderNotAvailable));
    assert_eq!(play.partition(0), "none isr [b1] elr []");
}

#[test]
fn r_514_an_unclean_election_that_is_asked_for_needs_no_permission() {
    let mut play = Play::new(|setup| setup.cluster.eligible_leader_replicas_version = 0, 3, &[&[1, 2, 3]]);
    assert_eq!(elect(&mut play, ElectionKind::Unclean), Err(Error::ElectionNotNeeded));
    play.shrink(0, &[1]);
    play.fence(1);
    assert_eq!(elect(&mut play, ElectionKind::Unclean), Ok(()));
    assert_eq!(play.partition(0), "b2 isr [b2] elr []");
    play.fence(2);
    play.fence(3);
    assert_eq!(elect(&mut play, ElectionKind::Unclean), Err(Error::EligibleLeadersNotAvailable));
}

#[test]
fn p_ctrl_02_a_dynamic_value_counts_with_the_next_sweep() {
    let unclean = SettingId::UncleanElection;
    for scope in [ConfigScope::Topic, ConfigScope::Cluster] {
        let without_elr = |setup: &mut Setup| setup.cluster.eligible_leader_replicas_version = 0;
        let mut play = Play::new(without_elr, 3, &[&[1, 2, 3]]);
        for n in [1, 2, 3] {
            play.fence(n);
        }
        play.unfence(2);
        set(&mut play, scope, unclean, Some(1)).expect("it is dynamic");
        assert_eq!(play.partition(0), "none isr [b3] elr []");
        play.act(|cluster, rules, _| cluster.elect_uncleanly(rules));
        assert_eq!(play.partition(0), "b2 isr [b2] elr []");
    }
}

#[test]
fn r_523_another_min_isr_empties_the_elr() {
    let mut play = Play::new(min_isr(2), 3, &[&[1, 2, 3]]);
    play.shrink(0, &[1]);
    assert_eq!(play.partition(0), "b1 isr [b1] elr [b2 b3]");
    set(&mut play, ConfigScope::Topic, SettingId::MinIsr, Some(3)).expect("it is dynamic");
    assert_eq!(play.partition(0), "b1 isr [b1] elr []");
}

#[test]
fn r_524_with_elr_no_broker_has_a_min_isr_of_its_own() {
    let own = ConfigScope::Broker(BrokerId(1));
    let mut play = Play::new(min_isr(2), 3, &[&[1, 2, 3]]);
    assert_eq!(set(&mut play, own, SettingId::MinIsr, Some(1)), Err(Error::InvalidConfig));
    assert_eq!(set(&mut play, own, SettingId::RetentionBytes, Some(1)), Ok(()));
    assert_eq!(set(&mut play, own, SettingId::Acks, Some(1)), Err(Error::InvalidConfig), "that is no broker's");
    assert_eq!(set(&mut play, ConfigScope::Topic, SettingId::MinIsr, Some(99)), Err(Error::InvalidConfig));
}

fn two_directories(setup: &mut Setup) {
    setup.cluster.log_dirs = 2;
    setup.topic.min_insync_replicas = 1;
}

fn assign(play: &mut Play, broker: u8, dir: u8) -> Result<(), Error> {
    let broker = BrokerId(broker);
    let broker_epoch = play.image.broker(broker).expect("it is known").epoch;
    let request = AssignReplicasToDirsRequest { broker, broker_epoch, replicas: vec![(P0, dir)] };
    play.act(|cluster, rules, _| cluster.assign_directories(&request, rules))
}

#[test]
fn r_453_a_failed_directory_takes_its_replicas_out_and_leaves_the_broker() {
    let mut play = Play::new(two_directories, 3, &[&[1, 2, 3], &[1, 2, 3]]);
    assign(&mut play, 1, 2).expect("its epoch is right");
    play.offline[1] = DirectorySet::EMPTY.with(2);
    let answer = play.beat(1, false).expect("it lives");
    assert!(!answer.fenced);
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr []");
    assert_eq!(play.partition(1), "b1 isr [b1 b2 b3] elr []");
    assert_eq!(elect(&mut play, ElectionKind::Preferred), Err(Error::PreferredLeaderNotAvailable));
}

#[test]
fn r_453_a_replica_that_turns_out_to_be_in_a_failed_directory_leaves_the_isr() {
    let mut play = Play::new(two_directories, 3, &[&[1, 2, 3]]);
    play.offline[1] = DirectorySet::EMPTY.with(2);
    play.beat(1, false).expect("it lives");
    assert_eq!(play.partition(0), "b1 isr [b1 b2 b3] elr []", "nobody has said where its replica is");
    assign(&mut play, 1, 2).expect("its epoch is right");
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr []");
}

#[test]
fn p_inc_06_directories_of_an_earlier_process_are_refused() {
    let mut play = Play::new(two_directories, 3, &[&[1, 2, 3]]);
    let replicas = vec![(P0, 1)];
    let stale = AssignReplicasToDirsRequest { broker: BrokerId(1), broker_epoch: 77, replicas };
    let answer = play.act(|cluster, rules, _| cluster.assign_directories(&stale, rules));
    assert_eq!(answer, Err(Error::StaleBrokerEpoch));
}
