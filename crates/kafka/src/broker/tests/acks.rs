//! Produce: the order of the checks, what each acks waits for, and one request of a connection at a time.

use super::play::{Play, batch, led, led_elsewhere, numbered, producer, setup};
use highwater_model::settings::Acks;
use highwater_model::trace::Error;

/// min.insync.replicas 2.
fn with_min_isr_2(isr: &[u8]) -> Play {
    let mut setup = setup();
    setup.topic.min_insync_replicas = 2;
    Play::new(setup, led(0, 0, isr), &[])
}

#[test]
fn r_102_one_request_of_a_connection_is_served_at_a_time() {
    let mut play = Play::new(setup(), led(0, 0, &[1, 2]), &[]);
    for _ in 0..5 {
        play.produce(Acks::All, 1);
    }
    assert_eq!(play.end(), 1, "the first waits for its follower, and four wait behind it");
    play.produce_by(2, Acks::Leader, batch(10));
    assert_eq!(play.end(), 11, "another connection does not wait");
    play.fetch(2, 0);
    assert_eq!(play.produced(), []);
    play.fetch(2, 11);
    assert_eq!(play.produced(), [Ok(0)]);
    assert_eq!(play.end(), 12, "its answer lets the next in");
}

#[test]
fn r_103_the_first_check_that_fails_names_the_error() {
    let mut setup = setup();
    setup.topic.min_insync_replicas = 2;
    setup.topic.max_message_bytes = 1_000;
    let mut play = Play::new(setup, led_elsewhere(0, 0), &[]);
    let mut bad = numbered(0, 1);
    play.produce_by(1, Acks::All, numbered(5, 11));
    assert_eq!(play.produced(), [Err(Error::NotLeaderOrFollower)]);
    play.metadata(&led(1, 1, &[1]));
    play.produce_by(1, Acks::Leader, bad);
    assert_eq!(play.produced(), [Ok(0)]);
    bad = numbered(5, 11); // a gap, and too large
    play.produce_by(1, Acks::All, bad);
    assert_eq!(play.produced(), [Err(Error::NotEnoughReplicas)]);
    play.metadata(&led(1, 2, &[1, 2]));
    play.produce_by(1, Acks::All, bad);
    assert_eq!(play.produced(), [Err(Error::MessageTooLarge)]);
    bad.bytes = 900;
    play.produce_by(1, Acks::All, bad);
    assert_eq!(play.produced(), [Err(Error::OutOfOrderSequenceNumber)]);
    assert_eq!(play.end(), 1, "nothing of it was appended");
}

#[test]
fn r_103_below_min_isr_acks_all_is_refused_and_acks_1_accepted() {
    let mut play = with_min_isr_2(&[1]);
    play.produce(Acks::All, 1);
    assert_eq!((play.produced(), play.end()), (vec![Err(Error::NotEnoughReplicas)], 0));
    play.produce(Acks::Leader, 1);
    assert_eq!((play.produced(), play.end(), play.high_watermark()), (vec![Ok(0)], 1, 0));
}

#[test]
fn r_104_a_retry_of_a_committed_batch_meets_min_isr_before_its_sequence() {
    let mut play = with_min_isr_2(&[1, 2]);
    play.produce_by(1, Acks::All, numbered(0, 1));
    play.fetch(2, 1);
    assert_eq!(play.produced(), [Ok(0)]);
    play.metadata(&led(0, 1, &[1]));
    play.produce_by(1, Acks::All, numbered(0, 1));
    assert_eq!(play.produced(), [Err(Error::NotEnoughReplicas)]);
    play.metadata(&led(0, 2, &[1, 2]));
    play.produce_by(1, Acks::All, numbered(0, 1));
    assert_eq!((play.produced(), play.end()), (vec![Ok(0)], 1), "now it is a duplicate, and in the log once");
}

#[test]
fn r_105_min_isr_is_capped_at_the_replicas_there_are() {
    let mut setup = setup();
    setup.topic.min_insync_replicas = 5;
    let mut play = Play::new(setup, led(0, 0, &[1, 2, 3]), &[]);
    play.produce(Acks::All, 1);
    play.fetch(2, 1);
    play.fetch(3, 1);
    assert_eq!(play.produced(), [Ok(0)]);
}

#[test]
fn r_106_acks_0_has_no_answer_and_an_error_closes_the_connection() {
    let mut play = Play::new(setup(), led(0, 0, &[1]), &[]);
    play.produce(Acks::None, 1);
    assert_eq!((play.produced(), play.closed.len(), play.end()), (vec![], 0, 1));
    play.metadata(&led_elsewhere(1, 1));
    play.closed.clear();
    play.produce(Acks::None, 1);
    assert_eq!(play.produced(), []);
    assert!(play.closed.contains(&producer(1)));
}

#[test]
fn r_107_acks_1_is_answered_when_the_leader_has_it() {
    let mut play = Play::new(setup(), led(0, 0, &[1, 2, 3]), &[]);
    play.produce(Acks::Leader, 3);
    assert_eq!((play.produced(), play.high_watermark()), (vec![Ok(0)], 0));
}

#[test]
fn r_108_acks_all_is_answered_when_the_whole_isr_has_it() {
    let mut play = with_min_isr_2(&[1, 2, 3]);
    play.produce(Acks::All, 3);
    play.fetch(2, 3);
    assert_eq!(play.produced(), [], "min.insync.replicas have it, and that is not the question");
    play.fetch(3, 3);
    assert_eq!(play.produced(), [Ok(0)]);
}

#[test]
fn r_108_what_waits_too_long_times_out_and_stays_in_the_log() {
    let mut play = Play::new(setup(), led(0, 0, &[1, 2]), &[]);
    play.produce(Acks::All, 3);
    play.wait(990);
    assert_eq!(play.produced(), []);
    play.wait(20);
    assert_eq!((play.produced(), play.end()), (vec![Err(Error::RequestTimedOut)], 3));
    play.fetch(2, 3);
    assert_eq!((play.high_watermark(), play.produced()), (3, vec![]), "committed all the same, and nobody is told");
}

#[test]
fn r_111_what_waits_while_the_isr_falls_below_min_only_times_out() {
    let mut play = with_min_isr_2(&[1, 2]);
    play.produce(Acks::All, 1);
    play.metadata(&led(0, 1, &[1]));
    assert_eq!((play.produced(), play.high_watermark()), (vec![], 0), "the high watermark stands still");
    play.wait(1_000);
    assert_eq!(play.produced(), [Err(Error::RequestTimedOut)]);
}

#[test]
fn r_318_a_leader_that_is_none_any_more_answers_what_waits() {
    let mut play = Play::new(setup(), led(0, 0, &[1, 2]), &[]);
    play.produce(Acks::All, 1);
    play.fetch(3, 1);
    let at = play.at(1);
    play.fetch_and_wait(3, play.epoch_of(3), at, 10_000);
    assert!(play.fetched(3).is_none(), "it waits for data");
    play.metadata(&led_elsewhere(1, 1));
    assert_eq!(play.produced(), [Err(Error::NotLeaderOrFollower)]);
    assert!(play.fetched(3).is_some_and(|fetched| fetched.error.is_some()), "the parked fetch too");
}
