//! Commits and membership.

use super::play::Play;
use crate::message::Request;
use highwater_model::settings::CommitPolicy;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, BrokerSet};

fn commits(play: &Play) -> usize {
    play.count_asked(|request| matches!(request, Request::OffsetCommit(_)))
}

fn manual(setup: &mut highwater_model::Setup) {
    setup.consumer.enable_auto_commit = false;
}

#[test]
fn r_711_auto_commit_commits_previous_polls_inside_poll() {
    let mut play = Play::steady(|setup| setup.consumer.max_poll_records = 4);
    play.run(10);
    play.produce(0, 4);
    play.run(5_100);
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(4));

    // What was returned and is still in hand is not committed as long as there is no next poll.
    play.polls = false;
    play.produce(0, 4);
    play.run(1_000);
    play.poll_once();
    play.run(20_000);
    assert_eq!(play.position(0), Some(8));
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(4), "no poll, no auto-commit");
    play.polls = true;
    play.poll();
    play.run(100);
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(8));
}

#[test]
fn r_711_close_commits_and_leaves() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    play.polls = false;
    play.call(|consumer, context| consumer.close(context));
    play.run(100);
    assert!(play.consumer.is_closed());
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(4));
    assert_eq!(play.count_asked(|request| matches!(request, Request::LeaveGroup(_))), 1);
}

#[test]
fn close_gives_up_after_its_time() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    play.crash(play.coordinator_at);
    play.polls = false;
    play.call(|consumer, context| consumer.close(context));
    play.run(29_000);
    assert!(!play.consumer.is_closed());
    play.run(1_500);
    assert!(play.consumer.is_closed());
}

#[test]
fn r_705_a_commit_carries_the_epoch_of_the_last_record() {
    let mut play = Play::steady(manual);
    play.lead(0, 1);
    play.lead(0, 1);
    play.produce(0, 4);
    play.run(3_000);
    play.call(|consumer, context| consumer.commit_sync(context));
    play.run(10);
    let committed = play.committed(0).unwrap();
    assert_eq!((committed.offset, committed.leader_epoch), (4, play.leaders[0].1));
}

#[test]
fn r_714_commit_sync_waits_through_a_failover_of_the_coordinator() {
    let mut play = Play::steady(manual);
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    play.polls = false;
    let old = play.coordinator_at;
    play.crash(old);
    play.call(|consumer, context| consumer.commit_sync(context));
    play.run(5_000);
    assert_eq!(play.consumer.take_commit(), None, "it goes on trying");
    play.coordinator_at = (1..=3).map(BrokerId).find(|broker| *broker != old).unwrap();
    play.load_coordinator();
    play.run(3_000);
    assert_eq!(play.consumer.take_commit(), Some(Ok(())));
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(4));
}

#[test]
fn r_714_commit_sync_gives_up_after_the_api_timeout() {
    let mut play = Play::steady(|setup| {
        manual(setup);
        setup.consumer.default_api_timeout_ms = 2_000;
    });
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    play.polls = false;
    play.mute = BrokerSet::only(play.coordinator_at);
    play.call(|consumer, context| consumer.commit_sync(context));
    play.run(1_990);
    assert_eq!(play.consumer.take_commit(), None);
    play.run(20);
    assert_eq!(play.consumer.take_commit(), Some(Err(Error::RequestTimedOut)));
    assert!(play.told.contains(&Entry::CommitFailed { consumer: 1, error: Error::RequestTimedOut }));
}

#[test]
fn r_715_commit_async_is_tried_once() {
    let mut play = Play::steady(|setup| {
        manual(setup);
        setup.consumer.commit_policy = CommitPolicy::AsyncAfter;
    });
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    let elsewhere = (1..=3).map(BrokerId).find(|broker| *broker != play.coordinator_at).unwrap();
    play.coordinator_at = elsewhere; // the old one answers NOT_COORDINATOR from now on
    play.call(|consumer, context| consumer.commit_async(context));
    play.run(5_000);
    assert_eq!(commits(&play), 1);
    assert!(play.told.contains(&Entry::CommitFailed { consumer: 1, error: Error::NotCoordinator }));
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(0));
}

#[test]
fn r_731_heartbeats_go_on_while_the_application_processes() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.polls = false;
    play.produce(0, 4);
    play.run(10);
    play.poll_once();
    play.run(60_000);
    let beats = play.count_asked(|request| matches!(request, Request::Heartbeat(_)));
    assert!((19..=21).contains(&beats), "every 3 s: {beats}");
    assert!(play.consumer.is_member());
}

#[test]
fn r_731_s_74_a_member_that_does_not_poll_leaves() {
    let mut play = Play::steady(|setup| setup.consumer.max_poll_interval_ms = 10_000);
    play.run(10);
    play.polls = false;
    play.produce(0, 4);
    play.run(10);
    play.poll_once();
    play.run(9_500);
    assert!(play.consumer.is_member());
    play.run(1_000);
    assert!(!play.consumer.is_member());
    assert_eq!(play.count_asked(|request| matches!(request, Request::LeaveGroup(_))), 1);

    // The commit after processing fails, and the next poll joins anew: the records come again.
    play.call(|consumer, context| consumer.commit_sync(context));
    assert_eq!(play.consumer.take_commit(), Some(Err(Error::UnknownMemberId)), "CommitFailedException");
    play.polls = true;
    play.poll();
    play.run(10_000);
    assert!(play.consumer.is_member());
    assert_eq!(play.read(0), [(0, 4)], "uncommitted, and so read again");
}

#[test]
fn a_member_that_waits_in_poll_does_not_leave() {
    let mut play = Play::steady(|setup| setup.consumer.max_poll_interval_ms = 10_000);
    play.run(60_000);
    assert_eq!(play.count_asked(|request| matches!(request, Request::LeaveGroup(_))), 0);
}

#[test]
fn r_733_r_734_a_rebalance_commits_revokes_and_starts_from_the_committed_offset() {
    let mut play = Play::steady(|setup| setup.consumer.auto_commit_interval_ms = 600_000);
    play.run(10);
    play.produce(0, 4);
    play.run(10);
    play.newcomer();
    play.run(8_000);
    assert_eq!(play.committed(0).map(|offset| offset.offset), Some(4), "auto-commit before giving up (R-711)");
    assert!(play.told.contains(&Entry::Revoked { consumer: 1, partition: highwater_model::PartitionId(0) }));
    assert_eq!(play.consumer.generation(), 2);
    assert_eq!(play.consumer.owned().count(), 1, "the newcomer has the other partition");
    assert_eq!(play.read(0), [(0, 4)], "nothing is read twice");
}

#[test]
fn a_fresh_consumer_finds_its_way_into_the_group() {
    let mut play = Play::fresh(&[], |_| ());
    play.begin();
    play.run(1_000);
    assert!(play.consumer.is_member());
    assert_eq!(play.consumer.owned().count(), 2);
    assert!(play.told.contains(&Entry::RebalanceCompleted { generation: 1, members: 1 }));
}

#[test]
fn lab_fact_18_a_running_member_reads_on_without_its_coordinator() {
    // Partition leaders live; the coordinator's broker leads neither partition.
    let mut play = Play::steady(|setup| setup.cluster.brokers = 4);
    let free = (1..=4).map(BrokerId).find(|broker| play.leaders.iter().all(|(leader, _)| *leader != Some(*broker)));
    play.coordinator_at = free.unwrap();
    play.run(20_000); // it finds the coordinator there
    play.crash(play.coordinator_at);
    play.run(3_000);
    play.produce(0, 4);
    play.run(1_500);
    assert_eq!(play.read(0), [(0, 4)]);
    assert!(play.consumer.is_member(), "it keeps its assignment");
}
