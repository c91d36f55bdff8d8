//! Static members.

use super::*;
use crate::message::JoinedGroup;

fn static_members(consumers: u8) -> Play {
    let mut play = Play::new(consumers);
    play.stage.setup.consumer.group_instance_id = InstanceIds::Own;
    play.begin();
    play
}

fn told(replies: &[(u8, Response)]) -> &JoinedGroup {
    let [(_, Response::JoinGroup(Ok(joined)))] = replies else { panic!("{replies:?}") };
    joined
}

fn reference(member: u32, instance: u8) -> MemberRef {
    MemberRef { member, generation: 1, instance: Some(InstanceId(instance)) }
}

#[test]
fn r_736_a_static_member_that_comes_back_is_no_rebalance() {
    for returns in [1, 2] {
        let mut play = static_members(2);
        let replies = play.join_as(returns, None, Some(returns));
        let joined = told(&replies).clone();
        assert_eq!(joined.generation, 1, "the generation stands");
        assert!(joined.members.is_empty(), "and its leader does not assign anew");
        let replies = play.sync(returns, reference(joined.member, returns), Vec::new());
        let [(_, Response::SyncGroup(Ok(partitions)))] = &replies[..] else { panic!("{replies:?}") };
        assert_eq!(partitions[0].0, u16::from(returns - 1) * 2, "it has what it had");
        assert!(!play.told.iter().any(|entry| matches!(entry, Entry::RebalanceStarted { .. })));
    }
}

#[test]
fn r_736_the_process_before_is_fenced() {
    let mut play = static_members(2);
    play.join_as(1, None, Some(1));
    let old = reference(1, 1);
    let replies = play.ask_all(1, Request::Heartbeat(old));
    assert!(matches!(replies[..], [(1, Response::Heartbeat(Err(Error::FencedInstanceId)))]), "{replies:?}");
    let replies = play.sync(1, old, Vec::new());
    assert!(matches!(replies[..], [(1, Response::SyncGroup(Err(Error::FencedInstanceId)))]), "{replies:?}");
    let replies = play.join_as(1, Some(1), Some(1));
    let [(1, Response::JoinGroup(Err(refused)))] = replies[..] else { panic!("{replies:?}") };
    assert_eq!(refused.error, Error::FencedInstanceId);
    let offsets = [CommittedOffset { partition: PartitionId(0), offset: 7, leader_epoch: 0 }].into_iter().collect();
    let replies = play.ask_all(1, Request::OffsetCommit(Box::new(OffsetCommitRequest { member: Some(old), offsets })));
    assert!(matches!(replies[..], [(1, Response::OffsetCommit(Err(Error::FencedInstanceId)))]), "{replies:?}");
    assert_eq!(play.committed(), Some(0));
}

#[cfg(feature = "mutants")]
#[test]
fn without_the_instance_fence_a_zombie_with_the_id_is_only_unknown() {
    let mut play = static_members(2);
    play.stage.leave_out(crate::checks::Check::InstanceFence);
    play.join_as(1, None, Some(1));
    let replies = play.ask_all(1, Request::Heartbeat(reference(1, 1)));
    assert!(matches!(replies[..], [(1, Response::Heartbeat(Err(Error::UnknownMemberId)))]), "it would join again");
}

#[test]
fn r_736_a_static_member_needs_no_id_given_first_and_may_be_late() {
    let mut play = static_members(2);
    // A third joins: both others have to join again. One of them does not come.
    assert!(play.join_as(3, None, Some(3)).is_empty());
    assert!(play.join_as(1, Some(1), Some(1)).is_empty());
    let mut replies = Vec::new();
    for _ in 0..16 {
        let _ = play.ask_all(2, Request::Heartbeat(reference(2, 2)));
        replies.extend(play.wait(20_000));
    }
    assert_eq!(joined(&replies), [(1, 2, 3), (3, 2, 0)], "its place is kept, and it is assigned partitions");
}

#[test]
fn r_736_a_session_that_ends_does_rebalance() {
    let mut play = static_members(2);
    for _ in 0..4 {
        play.wait(11_000);
        play.ask_all(1, Request::Heartbeat(reference(1, 1)));
    }
    play.wait(2_000);
    let replies = play.ask_all(1, Request::Heartbeat(reference(1, 1)));
    assert!(matches!(replies[..], [(1, Response::Heartbeat(Err(Error::RebalanceInProgress)))]));
}

#[test]
fn members_agree_on_an_assignor_that_all_know() {
    let mut play = Play::steady(2); // range and cooperative-sticky
    play.stage.setup.consumer.partition_assignment_strategy = highwater_model::settings::AssignmentStrategy::RoundRobin;
    let replies = play.join(3, None);
    let [(3, Response::JoinGroup(Err(refused)))] = replies[..] else { panic!("{replies:?}") };
    assert_eq!(refused.error, Error::InconsistentGroupProtocol);
    play.stage.setup.consumer.partition_assignment_strategy =
        highwater_model::settings::AssignmentStrategy::CooperativeSticky;
    play.enter(3);
    play.stage.setup.consumer.partition_assignment_strategy =
        highwater_model::settings::AssignmentStrategy::RangeOrCooperative;
    play.join(1, Some(1));
    let replies = play.join(2, Some(2));
    let leader = replies.iter().find_map(|(_, response)| match response {
        Response::JoinGroup(Ok(joined)) if !joined.members.is_empty() => Some(joined.assignor),
        _ => None,
    });
    assert_eq!(leader, Some(Assignor::CooperativeSticky), "range is not known to all");
}
