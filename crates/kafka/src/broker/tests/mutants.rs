//! What each check of the broker is for: the same play with it and without it.

use super::play::{Play, led, led_elsewhere, members, numbered, set, setup};
use crate::checks::{Check, Checks};
use crate::message::FetchPartition;
use highwater_model::settings::Acks;
use highwater_model::trace::Error;

/// How a play ends with a check, and without it.
fn with_and_without<T>(check: Check, play: impl Fn(Checks) -> T) -> (T, T) {
    (play(Checks::default()), play(Checks::default().without(check)))
}

/// Broker 1 leads ten records of epoch 0 in epoch 1.
fn leading_ten(min_isr: u8, isr: &[u8], checks: Checks) -> Play {
    let mut setup = setup();
    setup.topic.min_insync_replicas = min_isr;
    Play::new(setup, led(1, 1, isr), &[(10, 0)]).with_checks(checks)
}

#[test]
fn min_isr_before_append_keeps_out_what_cannot_be_committed() {
    let end = with_and_without(Check::MinIsrBeforeAppend, |checks| {
        let mut play = leading_ten(2, &[1], checks);
        play.produce(Acks::All, 1);
        play.end()
    });
    assert_eq!(end, (10, 11));
}

#[test]
fn acks_all_waits_for_the_isr() {
    let answers = with_and_without(Check::AcksAllWaits, |checks| {
        let mut play = leading_ten(1, &[1, 2], checks);
        play.produce(Acks::All, 1);
        play.produced()
    });
    assert_eq!(answers, (vec![], vec![Ok(10)]));
}

#[test]
fn the_gate_holds_the_high_watermark_below_min_isr() {
    let high_watermark = with_and_without(Check::HighWatermarkGate, |checks| {
        let mut play = leading_ten(3, &[1, 2], checks);
        play.fetch(2, 10);
        play.high_watermark()
    });
    assert_eq!(high_watermark, (0, 10));
}

#[test]
fn the_maximal_isr_counts_whom_the_controller_may_have_added() {
    let high_watermark = with_and_without(Check::MaximalIsr, |checks| {
        let mut play = leading_ten(1, &[1], checks);
        play.fetch(2, 10);
        play.produce(Acks::Leader, 1);
        play.wait(150);
        play.produce(Acks::Leader, 1);
        play.high_watermark()
    });
    assert_eq!(high_watermark, (10, 12));
}

#[test]
fn a_follower_that_is_nearly_in_sync_is_waited_for() {
    let high_watermark = with_and_without(Check::WaitForCaughtUp, |checks| {
        let mut play = leading_ten(1, &[1], checks);
        play.fetch(2, 10);
        play.decide(Err(Error::IneligibleReplica));
        play.produce(Acks::Leader, 1);
        play.high_watermark()
    });
    assert_eq!(high_watermark, (10, 11));
}

#[test]
fn followers_join_from_the_high_watermark_on() {
    let proposed = with_and_without(Check::ExpandFromHighWatermark, |checks| {
        let mut play = Play::new(setup(), led(1, 1, &[1]), &[(3, 0)]).with_checks(checks);
        play.produce(Acks::Leader, 7);
        play.fetch(2, 3);
        play.proposals().iter().map(members).collect::<Vec<_>>()
    });
    assert_eq!(proposed, (vec![], vec![set(&[1, 2])]));
}

#[test]
fn followers_join_from_the_start_of_the_epoch_on() {
    let proposed = with_and_without(Check::ExpandFromEpochStart, |checks| {
        let mut play = leading_ten(1, &[1, 3], checks);
        play.fetch(3, 1);
        play.fetch(2, 1);
        play.proposals().iter().map(members).collect::<Vec<_>>()
    });
    assert_eq!(proposed, (vec![], vec![set(&[1, 2, 3])]));
}

#[test]
fn followers_count_from_their_first_fetch_in_this_leadership() {
    let high_watermark = with_and_without(Check::ForgetFollowers, |checks| {
        let mut play = leading_ten(1, &[1, 2, 3], checks);
        play.fetch(2, 10);
        play.fetch(3, 4);
        play.metadata(&led_elsewhere(2, 2));
        play.metadata(&led(3, 3, &[1, 2]));
        play.high_watermark()
    });
    assert_eq!(high_watermark, (4, 10), "broker 2 may have been cut since");
}

#[test]
fn a_fetch_in_another_epoch_or_of_another_process_is_refused() {
    let errors = with_and_without(Check::FetchEpoch, |checks| {
        let mut play = leading_ten(1, &[1, 2], checks);
        let at = FetchPartition { leader_epoch: Some(0), ..play.at(5) };
        play.fetch_and_wait(2, play.epoch_of(2), at, 0);
        play.fetched(2).and_then(|fetched| fetched.error)
    });
    assert_eq!(errors, (Some(Error::FencedLeaderEpoch), None));
    let errors = with_and_without(Check::FetchBrokerEpoch, |checks| {
        let mut play = leading_ten(1, &[1, 2], checks);
        let at = play.at(5);
        play.fetch_and_wait(2, play.epoch_of(2).map(|epoch| epoch - 1), at, 0);
        play.fetched(2).and_then(|fetched| fetched.error)
    });
    assert_eq!(errors, (Some(Error::NotLeaderOrFollower), None));
}

#[test]
fn a_follower_is_told_where_its_log_divides() {
    let answers = with_and_without(Check::Divergence, |checks| {
        let mut play = leading_ten(1, &[1, 2], checks);
        let at = FetchPartition { last_fetched_epoch: Some(0), ..play.at(12) };
        play.fetch_and_wait(2, play.epoch_of(2), at, 0);
        play.fetched(2).map(|fetched| (fetched.diverging, fetched.error))
    });
    assert_eq!(answers, (Some((Some((0, 10)), None)), Some((None, Some(Error::OffsetOutOfRange)))));
}

#[test]
fn sequences_show_repetitions_and_gaps() {
    let send = |checks, first| {
        let mut play = leading_ten(1, &[1], checks);
        play.produce_by(1, Acks::Leader, numbered(0, 1));
        play.produce_by(1, Acks::Leader, numbered(first, 1));
        play.produced()[1]
    };
    let repeated = with_and_without(Check::DuplicateSequence, |checks| send(checks, 0));
    assert_eq!(repeated, (Ok(10), Err(Error::OutOfOrderSequenceNumber)));
    let gap = with_and_without(Check::SequenceGap, |checks| send(checks, 5));
    assert_eq!(gap, (Err(Error::OutOfOrderSequenceNumber), Ok(11)));
}
