//! Positions and fetches.

use super::play::{Play, broker_of};
use crate::message::Request;
use crate::store::CommittedOffset;
use highwater_model::PartitionId;
use highwater_model::settings::OffsetReset;
use highwater_model::trace::{Entry, Error, ResetCause};

fn committed(offset: u64, leader_epoch: i32) -> Vec<CommittedOffset> {
    [0, 1].map(|partition| CommittedOffset { partition: PartitionId(partition), offset, leader_epoch }).to_vec()
}

fn reset_of(play: &Play, partition: u16) -> Option<(Option<u64>, u64, ResetCause)> {
    play.told.iter().rev().find_map(|entry| match entry {
        Entry::PositionReset { partition: of, from, to, cause, .. } if of.0 == partition => Some((*from, *to, *cause)),
        _ => None,
    })
}

#[test]
fn r_701_the_position_moves_when_records_are_returned() {
    let mut play = Play::steady(|setup| setup.consumer.max_poll_records = 4);
    play.polls = false;
    play.run(10);
    play.produce(0, 10);
    play.run(600);
    assert_eq!(play.position(0), Some(0), "fetched, but not returned");
    let records = play.poll_once();
    assert_eq!(records.iter().map(|slice| slice.count).sum::<u32>(), 4);
    assert_eq!(play.position(0), Some(4));
}

#[test]
fn r_702_poll_slices_what_one_fetch_brought() {
    let mut play = Play::steady(|setup| setup.consumer.max_poll_records = 4);
    play.run(10);
    let before = play.count_asked(|request| matches!(request, Request::Fetch(_)));
    play.produce(0, 10);
    play.run(3);
    assert_eq!(play.read(0), [(0, 4), (4, 8), (8, 10)]);
    let after = play.count_asked(|request| matches!(request, Request::Fetch(_)));
    assert_eq!(after, before + 1, "and asks for more once all is returned");
}

#[test]
fn r_702_a_fetch_session_is_told_only_what_changed() {
    let mut play = Play::steady(|setup| setup.cluster.brokers = 3);
    play.lead(1, 1);
    play.lead(0, 1);
    play.run(1_000);
    play.produce(0, 5);
    play.asked.clear();
    play.run(100);
    let Some((_, Request::Fetch(fetch))) = play.asked.last() else { panic!("it fetches on") };
    let told: Vec<_> = fetch.partitions.iter().map(|partition| (partition.partition.0, partition.offset)).collect();
    assert_eq!(told, [(0, 5)], "partition 1 is in the session as it was");
}

#[test]
fn r_703_a_fresh_member_starts_at_the_committed_offset() {
    let mut play = Play::fresh(&committed(5, 0), |_| ());
    play.produce(0, 10);
    play.produce(1, 10);
    play.begin();
    play.run(1_000);
    assert_eq!(play.read(0), [(5, 10)]);
    assert_eq!(reset_of(&play, 0), Some((None, 5, ResetCause::Committed)));
}

#[test]
fn r_703_without_a_committed_offset_the_policy_decides() {
    let read = |policy| {
        let mut play = Play::fresh(&[], |setup| setup.consumer.auto_offset_reset = policy);
        play.produce(0, 10);
        play.begin();
        play.run(1_000);
        play.produce(0, 1);
        play.run(1_000);
        (play.read(0), reset_of(&play, 0), play.failed)
    };
    let reset = |to| Some((None, to, ResetCause::NoOffset));
    assert_eq!(read(OffsetReset::Earliest), (vec![(0, 10), (10, 11)], reset(0), None));
    assert_eq!(read(OffsetReset::Latest), (vec![(10, 11)], reset(10), None));
    assert_eq!(read(OffsetReset::None), (vec![], None, Some(Error::NoOffsetForPartition)));
}

#[test]
fn r_704_a_position_that_retention_overtook_is_reset() {
    let mut play = Play::steady(|setup| setup.consumer.auto_offset_reset = OffsetReset::Earliest);
    play.polls = false;
    play.log_start = 6;
    play.produce(0, 6);
    play.produce(0, 4);
    play.polls = true;
    play.run(1_500);
    assert_eq!(reset_of(&play, 0), Some((Some(0), 6, ResetCause::OutOfRange)));
    assert_eq!(play.read(0), [(6, 10)]);
}

#[test]
fn r_705_a_new_leader_with_a_shorter_log_moves_the_position_back() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.produce(0, 10);
    play.run(10);
    play.produce(0, 5);
    play.run(10);
    assert_eq!(play.position(0), Some(15));
    // An unclean election: the new leader never had the last batch, and writes another in its place.
    play.truncate(0, 1);
    play.lead(0, 2);
    play.produce(0, 3);
    play.run(2_000);
    assert_eq!(reset_of(&play, 0), Some((Some(15), 10, ResetCause::Truncated)));
    assert_eq!(play.read(0).last(), Some(&(10, 13)), "the new history is read from where it divides");
}

#[test]
fn r_705_a_new_leader_with_the_same_log_changes_nothing() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.produce(0, 10);
    play.run(10);
    play.lead(0, 2);
    play.run(2_000);
    play.produce(0, 1);
    play.run(2_000);
    assert_eq!(play.read(0), [(0, 10), (10, 11)]);
    assert_eq!(reset_of(&play, 0), None);
    assert_eq!(play.count_asked(|request| matches!(request, Request::OffsetForLeaderEpoch(_))), 1);
}

#[test]
fn s_78_a_committed_offset_beyond_the_log_is_found_by_its_epoch() {
    // The log is 10 long; offset 30 of epoch 0 was committed before it was cut (lab fact 13).
    let run = |policy| {
        let mut play = Play::fresh(&committed(30, 0), |setup| setup.consumer.auto_offset_reset = policy);
        play.produce(0, 10);
        play.begin();
        play.run(1_000);
        (reset_of(&play, 0), play.failed)
    };
    let truncated = Some((Some(30), 10, ResetCause::Truncated));
    assert_eq!(run(OffsetReset::Latest), (truncated, None), "the policy does not apply");
    assert_eq!(run(OffsetReset::Earliest), (truncated, None));
    assert_eq!(run(OffsetReset::None).1, Some(Error::LogTruncation));
}

#[test]
fn s_78_a_committed_offset_without_an_epoch_is_out_of_range() {
    let mut play = Play::fresh(&committed(30, -1), |_| ());
    play.produce(0, 10);
    play.begin();
    play.run(1_000);
    assert_eq!(reset_of(&play, 0), Some((Some(30), 10, ResetCause::OutOfRange)), "latest");
}

#[test]
fn r_706_a_moved_leader_is_found_by_metadata_and_the_position_stays() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    play.produce(0, 10);
    play.run(10);
    let old = play.leaders[0].0.unwrap();
    let new = if old.0 == 1 { 2 } else { 1 };
    play.lead(0, new);
    play.produce(0, 5);
    play.run(2_000);
    assert_eq!(play.read(0), [(0, 10), (10, 15)]);
    let refused = Entry::RequestFailed {
        node: highwater_model::NodeId::Consumer(1),
        api: highwater_model::trace::Api::FetchConsumer,
        server: highwater_model::NodeId::Broker(old),
        error: Error::NotLeaderOrFollower,
    };
    assert!(play.told.contains(&refused));
    let Some((connection, _)) = play.asked.iter().rev().find(|(_, request)| matches!(request, Request::Fetch(fetch) if fetch.partitions.iter().any(|partition| partition.partition.0 == 0)))
    else {
        panic!("it fetches partition 0")
    };
    assert_eq!(broker_of(*connection).0, new);
}

#[test]
fn r_552_older_metadata_is_ignored() {
    let mut play = Play::steady(|setup| setup.consumer.metadata_max_age_ms = 100);
    play.leaders[0] = (Some(highwater_model::BrokerId(2)), 7);
    play.run(2_000);
    play.leaders[0] = (Some(highwater_model::BrokerId(3)), 5);
    play.asked.clear();
    play.run(2_000);
    let fetches_3 = play.asked.iter().any(|(connection, request)| {
        matches!(request, Request::Fetch(fetch) if fetch.partitions.iter().any(|partition| partition.partition.0 == 0))
            && broker_of(*connection).0 == 3
    });
    assert!(!fetches_3, "the leader of epoch 5 is history");
}

#[test]
fn r_113_a_silent_broker_is_given_up_after_the_request_timeout() {
    let mut play = Play::steady(|setup| {
        setup.consumer.request_timeout_ms = 3_000;
    });
    play.run(10);
    let leader = play.leaders[0].0.unwrap();
    play.mute = highwater_model::BrokerSet::only(leader);
    play.run(4_000);
    let timed_out = |entry: &Entry| matches!(entry, Entry::RequestFailed { error: Error::RequestTimedOut, .. });
    assert!(play.told.iter().any(timed_out));
    play.mute = highwater_model::BrokerSet::EMPTY;
    play.produce(0, 5);
    play.run(4_000);
    assert_eq!(play.read(0), [(0, 5)]);
}

#[test]
fn reconnecting_pauses_grow() {
    let mut play = Play::steady(|_| ());
    play.run(10);
    let leader = play.leaders[0].0.unwrap();
    play.crash(leader);
    play.told.clear();
    play.run(10_000);
    let lost = play.told.iter().filter(|entry| matches!(entry, Entry::RequestFailed { .. })).count();
    assert!((8..60).contains(&lost), "about one attempt a second once the pause has grown: {lost}");
}
