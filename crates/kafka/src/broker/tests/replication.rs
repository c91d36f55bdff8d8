//! High watermark, lag, and the ISR.

use super::play::{Play, led, members, set, setup};
use crate::message::FetchPartition;
use highwater_model::settings::Acks;
use highwater_model::trace::Error;

/// Broker 1 leads ten records of epoch 0 in epoch 1.
fn leading_ten(isr: &[u8]) -> Play {
    Play::new(setup(), led(1, 1, isr), &[(10, 0)])
}

#[test]
fn r_201_the_high_watermark_is_the_least_log_end_of_the_isr() {
    let mut play = leading_ten(&[1, 2, 3]);
    play.fetch(2, 10);
    assert_eq!(play.high_watermark(), 0, "broker 3 has not fetched in this leadership");
    play.fetch(3, 4);
    assert_eq!(play.high_watermark(), 4);
    play.fetch(3, 10);
    assert_eq!(play.high_watermark(), 10);
}

#[test]
fn r_202_below_min_isr_the_high_watermark_stands_still_until_the_controller_agrees() {
    let mut setup = setup();
    setup.topic.min_insync_replicas = 3;
    let mut play = Play::new(setup, led(1, 1, &[1, 2]), &[(10, 0)]);
    play.fetch(2, 10);
    play.fetch(3, 10);
    assert_eq!(play.isrs(), (set(&[1, 2]), set(&[1, 2, 3])));
    assert_eq!(play.high_watermark(), 0, "the committed ISR counts for the gate");
    play.decide(Ok(led(1, 2, &[1, 2, 3])));
    assert_eq!(play.high_watermark(), 10);
}

#[test]
fn r_203_a_follower_that_is_nearly_in_sync_is_waited_for() {
    let mut play = leading_ten(&[1]);
    play.fetch(2, 9);
    play.fetch(2, 10);
    play.decide(Err(Error::IneligibleReplica));
    assert_eq!(play.high_watermark(), 10);
    play.produce(Acks::Leader, 1);
    assert_eq!((play.isrs().0, play.high_watermark()), (set(&[1]), 10), "broker 2 is outside the ISR, and caught up");
    play.wait(150);
    play.produce(Acks::Leader, 1);
    assert_eq!(play.high_watermark(), 12, "it lags: nobody waits for it");
}

#[test]
fn r_205_the_leader_learns_what_a_follower_has_from_its_next_fetch() {
    let mut play = leading_ten(&[1, 2]);
    assert!(play.fetch(2, 0).is_some_and(|fetched| fetched.bytes > 0));
    assert_eq!(play.high_watermark(), 0, "it was sent ten records");
    play.fetch(2, 10);
    assert_eq!(play.high_watermark(), 10, "it asks for the eleventh");
}

#[test]
fn r_206_an_answer_carries_the_high_watermark_from_before_its_fetch() {
    let mut play = leading_ten(&[1, 2]);
    let carried = |play: &mut Play| play.fetch(2, 10).map(|fetched| fetched.high_watermark);
    assert_eq!((carried(&mut play), play.high_watermark()), (Some(0), 10));
    assert_eq!(carried(&mut play), Some(10));
    assert_eq!(carried(&mut play), None, "that is no news any more");
}

#[test]
fn r_206_a_parked_fetch_is_answered_with_the_high_watermark_of_then() {
    let mut play = leading_ten(&[1, 2, 3]);
    play.fetch(2, 10);
    let at = play.at(10);
    play.fetch_and_wait(2, play.epoch_of(2), at, 50);
    assert!(play.fetched(2).is_none());
    play.fetch(3, 10);
    play.wait(60);
    assert!(play.fetched(2).is_some_and(|fetched| fetched.high_watermark == 10));
}

/// Twenty records, followers lag after 100 ms, broker 3 has everything.
fn leading_twenty() -> Play {
    let mut play = Play::new(setup(), led(1, 1, &[1, 2, 3]), &[(20, 0)]);
    play.fetch(3, 20);
    play
}

#[test]
fn r_306_a_follower_that_is_stuck_leaves_the_isr() {
    let mut play = leading_twenty();
    play.fetch(2, 19);
    assert_eq!(play.proposals(), []);
    play.wait(155);
    let proposals = play.proposals();
    assert_eq!(proposals.iter().map(members).collect::<Vec<_>>(), [set(&[1, 3])], "close is not caught up");
}

#[test]
fn r_306_a_follower_that_never_fetches_leaves_the_isr() {
    let mut play = leading_twenty();
    play.wait(155);
    assert_eq!(play.proposals().iter().map(members).collect::<Vec<_>>(), [set(&[1, 3])]);
}

#[test]
fn r_306_a_follower_that_always_lags_a_little_leaves_the_isr() {
    let mut play = leading_twenty();
    play.fetch(2, 18);
    play.wait(75);
    play.fetch(2, 19);
    assert_eq!(play.proposals(), []);
    play.wait(75);
    assert_eq!(
        play.proposals().iter().map(members).collect::<Vec<_>>(),
        [set(&[1, 3])],
        "it fetched 75 ms ago, and was not caught up for 150"
    );
}

#[test]
fn r_306_a_follower_with_everything_is_in_sync_however_long_it_is_silent() {
    let mut play = leading_twenty();
    play.fetch(2, 20);
    play.wait(1_000);
    assert_eq!(play.proposals(), []);
}

#[test]
fn r_307_a_shrink_counts_when_the_controller_agrees() {
    let mut play = leading_ten(&[1, 2, 3]);
    play.fetch(2, 10);
    play.wait(40);
    assert_eq!(play.proposals(), [], "nobody lags yet");
    play.wait(115);
    assert_eq!(play.proposals().iter().map(members).collect::<Vec<_>>(), [set(&[1, 2])]);
    assert_eq!((play.isrs(), play.high_watermark()), ((set(&[1, 2, 3]), set(&[1, 2, 3])), 0));
    play.wait(300);
    assert_eq!(play.proposals(), [], "one proposal at a time");
    play.decide(Ok(led(1, 2, &[1, 2])));
    assert_eq!((play.isrs(), play.high_watermark()), ((set(&[1, 2]), set(&[1, 2])), 10));
}

#[test]
fn r_308_a_follower_joins_from_the_high_watermark_on_and_the_maximal_isr_grows_first() {
    let mut play = leading_ten(&[1]);
    assert_eq!(play.high_watermark(), 10);
    play.fetch(2, 3);
    assert_eq!(play.proposals(), []);
    play.fetch(2, 10);
    assert_eq!(play.proposals().iter().map(members).collect::<Vec<_>>(), [set(&[1, 2])]);
    assert_eq!(play.isrs(), (set(&[1]), set(&[1, 2])));
    play.fetch(3, 10);
    assert_eq!(play.proposals(), [], "one proposal at a time");
    play.decide(Ok(led(1, 2, &[1, 2])));
    assert_eq!(play.isrs(), (set(&[1, 2]), set(&[1, 2])));
    play.fetch(3, 10);
    assert_eq!(play.proposals().iter().map(members).collect::<Vec<_>>(), [set(&[1, 2, 3])]);
}

#[test]
fn r_308_a_follower_joins_only_from_the_start_of_the_leaders_epoch_on() {
    // Broker 3 holds the high watermark at 1; the epoch begins at 5.
    let mut play = Play::new(setup(), led(1, 1, &[1, 3]), &[(1, 0), (4, 0)]);
    play.fetch(3, 1);
    play.produce(Acks::Leader, 2);
    play.fetch(2, 1);
    assert_eq!(
        (play.high_watermark(), play.proposals()),
        (1, vec![]),
        "it has what is committed, and that is not enough"
    );
    play.fetch(2, 5);
    assert_eq!(play.proposals().iter().map(members).collect::<Vec<_>>(), [set(&[1, 2, 3])]);
}

#[test]
fn r_303_a_fetch_of_an_earlier_process_is_refused_and_changes_nothing() {
    let mut play = leading_ten(&[1, 2]);
    play.fetch(2, 4);
    let at = play.at(10);
    let stale = play.epoch_of(2).map(|epoch| epoch - 1);
    play.fetch_and_wait(2, stale, at, 0);
    assert_eq!(play.fetched(2).and_then(|fetched| fetched.error), Some(Error::NotLeaderOrFollower));
    assert_eq!(play.high_watermark(), 4);
}

#[test]
fn r_303_a_fetch_in_another_epoch_is_refused() {
    let mut play = leading_ten(&[1, 2]);
    for (leader_epoch, error) in [(0, Error::FencedLeaderEpoch), (2, Error::UnknownLeaderEpoch)] {
        let at = FetchPartition { leader_epoch: Some(leader_epoch), ..play.at(10) };
        play.fetch_and_wait(2, play.epoch_of(2), at, 0);
        assert_eq!(play.fetched(2).and_then(|fetched| fetched.error), Some(error));
    }
    assert_eq!(play.high_watermark(), 0);
}

#[test]
fn r_311_what_the_leader_makes_of_the_controllers_errors() {
    let expanding = || {
        let mut play = leading_ten(&[1]);
        play.fetch(2, 10);
        assert_eq!(play.proposals().len(), 1);
        play
    };
    for error in [
        Error::InvalidUpdateVersion,
        Error::NewLeaderElected,
        Error::UnknownTopicOrPartition,
        Error::FencedLeaderEpoch,
        Error::InvalidRequest,
    ] {
        let mut play = expanding();
        play.decide(Err(error));
        play.wait(60);
        assert_eq!(play.proposals(), [], "{error} is not tried again");
        assert_eq!(play.isrs(), (set(&[1]), set(&[1, 2])), "{error}: only newer metadata settles it");
        play.metadata(&led(1, 2, &[1]));
        assert_eq!(play.isrs(), (set(&[1]), set(&[1])), "{error}");
    }
    let mut play = expanding();
    play.decide(Err(Error::IneligibleReplica));
    assert_eq!(play.isrs(), (set(&[1]), set(&[1])), "the old ISR counts again");
    let mut play = expanding();
    play.decide(Err(Error::NotController));
    play.wait(60);
    assert_eq!(
        play.proposals().iter().map(members).collect::<Vec<_>>(),
        [set(&[1, 2])],
        "anything else is tried again"
    );
    assert_eq!(play.isrs(), (set(&[1]), set(&[1, 2])));
}
