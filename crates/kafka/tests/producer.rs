//! The producer client, played by script: what it sends, when, and what it reports.

mod play;

use highwater_kafka::message::Request;
use highwater_model::settings::{Acks, Codec};
use highwater_model::trace::{Entry, Error};
use play::{Answer, Play, setup};

const NOTHING: [&str; 0] = [];

#[test]
fn r_615_a_batch_is_sent_when_it_has_lingered() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 10));
    play.send(0, 3);
    play.run_until(9);
    assert_eq!(play.produced(), NOTHING);
    play.run_until(10);
    assert_eq!(play.produced(), ["b1: p0 x3"]);
}

#[test]
fn r_615_a_batch_that_is_followed_by_another_does_not_linger() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 10));
    play.send(0, 3);
    play.send_in_new_batch(0, 1);
    play.run_until(1);
    assert_eq!(play.produced(), ["b1: p0 x3"]);
}

#[test]
fn r_615_when_memory_runs_out_nothing_lingers() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 60_000;
        setup.producer.delivery_timeout_ms = 120_000;
        setup.producer.buffer_memory = 2 * 16_384;
    }));
    play.send(0, 1);
    play.send(1, 1);
    play.run_until(1);
    assert_eq!(play.produced(), NOTHING);
    assert!(!play.try_send(2));
    assert_eq!(play.produced(), ["b1: p0 x1", "b2: p1 x1"]);
    play.answer(1, Answer::Ok);
    assert!(play.try_send(2), "the memory of a completed batch is free again (R-613)");
}

#[test]
fn r_616_a_ready_broker_gets_one_batch_of_each_of_its_partitions() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 10));
    play.send(0, 1); // led by b1, as p3 is
    play.run_until(5);
    play.send(3, 2);
    play.send(1, 1); // led by b2, not ready at 10 ms
    play.run_until(10);
    assert_eq!(play.produced(), ["b1: p0 x1 p3 x2"]);
    play.run_until(15);
    assert_eq!(play.produced(), ["b2: p1 x1"]);
}

#[test]
fn r_616_a_request_is_not_larger_than_max_request_size_and_draining_rotates() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.max_in_flight_requests_per_connection = 1;
        setup.producer.max_request_size = 9_000;
    }));
    play.run_until(1);
    play.send_all(&[(0, 10), (3, 10)]); // 5 kB each
    assert_eq!(play.produced(), ["b1: p0 x10"]);
    play.send_in_new_batch(0, 1);
    play.answer(1, Answer::Ok);
    assert_eq!(play.produced(), ["b1: p3 x10 p0 x1"], "it begins where it stopped");
}

#[test]
fn r_617_with_one_request_in_flight_a_partition_waits_for_its_answer() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.max_in_flight_requests_per_connection = 1;
        setup.producer.delivery_timeout_ms = 1_500;
        setup.producer.request_timeout_ms = 1_000;
    }));
    play.send(0, 1);
    play.run_until(750);
    play.send_in_new_batch(0, 2);
    play.run_until(900);
    assert_eq!(play.produced(), ["b1: p0 x1"]);
    play.answer(1, Answer::Ok);
    assert_eq!(play.produced(), ["b1: p0 x2"]);
}

#[test]
fn r_617_a_muted_partition_waits_even_where_its_leader_has_moved() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.max_in_flight_requests_per_connection = 1;
        setup.producer.linger_ms = 0;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.moves_to_b2(0);
    play.send_in_new_batch(0, 2);
    play.run_until(100);
    assert_eq!(play.produced(), ["b1: p0 x1"]);
    play.answer(1, Answer::Ok);
    assert_eq!(play.produced(), ["b2: p0 x2"]);
}

#[test]
fn r_621_a_batch_expires_in_the_queue_and_on_the_wire() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.delivery_timeout_ms = 1_500;
        setup.producer.request_timeout_ms = 1_495;
    }));
    play.send(0, 1);
    play.run_until(50);
    assert_eq!(play.produced(), ["b1: p0 x1"]);
    play.unreachable(2);
    play.send(1, 2);
    play.run_until(1_499);
    assert_eq!(play.failed(), [], "nothing expires early");
    play.run_until(1_500);
    assert_eq!(play.failed(), [Error::DeliveryTimedOut]);
    play.run_until(1_550);
    assert_eq!(play.failed(), [Error::DeliveryTimedOut; 2]);
}

#[test]
fn s_52_an_expired_batch_may_be_written_and_its_late_answer_changes_nothing() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.delivery_timeout_ms = 1_500;
        setup.producer.request_timeout_ms = 1_500;
        setup.producer.linger_ms = 0;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.answer_at(1, Answer::Ok, 1_501);
    assert_eq!(play.failed(), [Error::DeliveryTimedOut], "expiry is looked at before the answer");
    assert_eq!(play.acked(), 0);
}

#[test]
fn r_622_retries_end_and_the_last_error_is_reported() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.retries = 1;
        setup.producer.enable_idempotence = false;
    }));
    play.send(0, 1);
    play.run_until(20);
    play.answer(1, Answer::Error(Error::NotEnoughReplicas));
    play.run_until(200);
    play.answer(1, Answer::Error(Error::NotEnoughReplicas));
    assert_eq!(play.count(|entry| matches!(entry, Entry::Retried { .. })), 1);
    assert_eq!(play.failed(), [Error::NotEnoughReplicas]);
}

#[test]
fn r_115_an_error_that_cannot_be_retried_fails_the_batch() {
    let mut play = Play::new(setup(|setup| setup.producer.enable_idempotence = false));
    play.send(0, 1);
    play.run_until(20);
    play.answer(1, Answer::Error(Error::MessageTooLarge));
    assert_eq!(play.failed(), [Error::MessageTooLarge]);
}

#[test]
fn r_623_retries_wait_longer_each_time() {
    let mut play = Play::new(setup(|_| ()));
    play.send(0, 1);
    play.run_until(20);
    let mut now = 20;
    for (low, high) in [(80, 120), (160, 240), (320, 480), (640, 960), (800, 1_000)] {
        play.produced();
        play.answer(1, Answer::Error(Error::NotEnoughReplicas));
        play.run_until(now + low - 1);
        assert_eq!(play.produced(), NOTHING);
        play.run_until(now + high + 1);
        assert_eq!(play.produced(), ["b1: p0 x1"]);
        now = play.now_ms();
    }
}

#[test]
fn r_553_a_leader_hint_redirects_at_once() {
    let mut play = Play::new(setup(|_| ()));
    play.send(0, 1);
    play.run_until(20);
    assert_eq!(play.produced(), ["b1: p0 x1"]);
    play.answer(1, Answer::Moved { leader: 2, epoch: 1 });
    assert_eq!(play.produced(), ["b2: p0 x1"], "another leader epoch skips the pause");
    play.answer(2, Answer::Moved { leader: 2, epoch: 1 });
    play.run_until(20 + 100);
    assert_eq!(play.produced(), NOTHING, "the same leader epoch again: it waits");
    play.run_until(20 + 242);
    assert_eq!(play.produced(), ["b2: p0 x1"]);
}

#[test]
fn r_553_a_leader_that_moved_before_the_attempt_failed_skips_the_pause_as_well() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(1);
    play.send(0, 1);
    play.moves_to_b2(0);
    play.produced();
    play.lose(1);
    assert_eq!(play.produced(), ["b2: p0 x1"]);
}

#[test]
fn r_624_a_retried_batch_goes_before_what_was_never_sent() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.enable_idempotence = false;
        setup.producer.max_in_flight_requests_per_connection = 1;
    }));
    play.send(0, 1);
    play.run_until(20);
    play.send_in_new_batch(0, 2);
    play.send_in_new_batch(0, 3);
    play.produced();
    play.answer(1, Answer::Error(Error::NotEnoughReplicas));
    play.run_until(200);
    play.answer(1, Answer::Ok);
    play.answer(1, Answer::Ok);
    assert_eq!(play.produced(), ["b1: p0 x1", "b1: p0 x2", "b1: p0 x3"]);
}

#[test]
fn r_625_without_idempotence_a_later_batch_overtakes_a_retried_one() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.enable_idempotence = false;
        setup.producer.linger_ms = 0;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.send_in_new_batch(0, 2);
    assert_eq!(play.produced(), ["b1: p0 x1", "b1: p0 x2"]);
    play.answer(1, Answer::Error(Error::NotEnoughReplicas));
    play.answer(1, Answer::Ok);
    assert_eq!(play.acked(), 1);
    play.run_until(200);
    assert_eq!(play.produced(), ["b1: p0 x1"]);
}

#[test]
fn r_625_with_idempotence_retries_go_one_at_a_time_and_in_order() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(1);
    play.send(0, 1);
    play.send_in_new_batch(0, 2);
    play.send_in_new_batch(0, 3);
    assert_eq!(play.sequences(), ["1/0:0", "1/0:1", "1/0:3"]);
    play.produced();
    play.answer(1, Answer::Error(Error::LeaderNotAvailable));
    play.answer(1, Answer::Error(Error::OutOfOrderSequenceNumber));
    play.answer(1, Answer::Error(Error::OutOfOrderSequenceNumber));
    play.send_in_new_batch(0, 4);
    for expected in ["b1: p0 x1", "b1: p0 x2"] {
        play.run_until(play.now_ms() + 500);
        assert_eq!(play.produced(), [expected]);
        play.answer(1, Answer::Ok);
    }
    play.run_until(play.now_ms() + 500);
    assert_eq!(play.produced(), ["b1: p0 x3", "b1: p0 x4"], "after the last retry new batches follow again");
    play.answer_all(1, Answer::Ok);
    let order = play.sequences().split_off(3);
    assert_eq!(order, ["1/0:0", "1/0:1", "1/0:3", "1/0:6"], "no epoch was begun");
    assert_eq!((play.acked(), play.failed().len()), (4, 0));
}

#[test]
fn r_646_a_real_gap_begins_another_epoch_and_the_application_sees_nothing() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(1);
    play.send(0, 2);
    play.answer(1, Answer::Ok);
    play.send(0, 1);
    play.answer(1, Answer::Error(Error::OutOfOrderSequenceNumber));
    play.run_until(300);
    play.answer(1, Answer::Ok);
    play.send(0, 1);
    assert_eq!(play.sequences(), ["1/0:0", "1/0:2", "1/1:0", "1/1:1"]);
    assert_eq!(play.failed(), []);
}

#[test]
fn r_647_after_an_expired_retry_nothing_new_is_sent_under_the_old_epoch() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.delivery_timeout_ms = 1_000;
        setup.producer.request_timeout_ms = 1_000;
    }));
    play.run_until(1);
    play.send(0, 2);
    play.answer(1, Answer::Error(Error::NotEnoughReplicasAfterAppend));
    play.run_until(500);
    play.send_in_new_batch(0, 1);
    play.run_until(1_600);
    assert_eq!(play.failed(), [Error::DeliveryTimedOut, Error::DeliveryTimedOut]);
    play.send(0, 1);
    play.run_until(2_000);
    assert_eq!(play.sequences().last().map(String::as_str), Some("1/1:0"));
}

#[test]
fn r_647_while_the_fate_of_an_expired_retry_is_unknown_nothing_new_is_sent() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.delivery_timeout_ms = 1_000;
        setup.producer.request_timeout_ms = 1_000;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.run_until(500);
    play.send_in_new_batch(0, 2);
    play.run_until(950);
    play.answer(1, Answer::Error(Error::NotEnoughReplicasAfterAppend));
    play.run_until(1_050);
    assert_eq!(play.failed(), [Error::DeliveryTimedOut]);
    assert_eq!(play.produced(), ["b1: p0 x1", "b1: p0 x2"]);
    play.send(0, 3);
    assert_eq!(play.produced(), NOTHING);
    play.answer(1, Answer::Ok);
    assert_eq!(play.produced(), ["b1: p0 x3"], "the later batch is in the log, so nothing is missing");
    assert_eq!(play.sequences().last().map(String::as_str), Some("1/0:3"));
}

#[test]
fn r_641_nothing_is_sent_before_there_is_a_producer_id() {
    let mut play = Play::restarted(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(5);
    assert!(play.asked(|request| matches!(request, Request::InitProducerId(_))));
    play.send(0, 1);
    play.run_until(10);
    assert_eq!(play.produced(), NOTHING);
    for broker in 1..=3 {
        play.answer_all(broker, Answer::Ok);
    }
    assert_eq!(play.sequences(), ["77/0:0"]);
}

#[test]
fn r_106_with_acks_0_a_batch_is_done_when_it_is_handed_to_the_socket() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.acks = Acks::None;
        setup.producer.enable_idempotence = false;
    }));
    play.send(0, 3);
    play.run_until(20);
    assert_eq!(play.acked(), 1);
    play.lose(1);
    assert_eq!(play.failed(), []);
}

#[test]
fn r_113_one_request_that_times_out_fails_all_on_its_connection() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.request_timeout_ms = 1_000;
        setup.producer.retries = 0;
        setup.producer.enable_idempotence = false;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.run_until(600);
    play.send(3, 1);
    play.run_until(1_000);
    assert_eq!(play.failed(), []);
    play.run_until(1_001);
    assert_eq!(play.failed(), [Error::RequestTimedOut, Error::RequestTimedOut]);
    assert!(play.asked(|request| matches!(request, Request::Metadata)), "and metadata is asked for (R-551)");
}

#[test]
fn s_53_waiting_for_a_broker_uses_up_no_retry() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.retries = 0;
        setup.producer.enable_idempotence = false;
        setup.producer.max_in_flight_requests_per_connection = 1;
    }));
    play.run_until(1);
    play.send(0, 1);
    play.send_in_new_batch(0, 2);
    play.unreachable(1);
    assert_eq!(play.failed(), [Error::NetworkException], "what was in flight fails at once");
    play.run_until(8_000);
    assert_eq!(play.failed(), [Error::NetworkException], "what was queued waits");
    play.reachable(1);
    play.run_until(9_500);
    play.answer_all(1, Answer::Ok);
    assert_eq!(play.acked(), 1);
}

#[test]
fn s_55_a_batch_that_is_too_large_goes_on_in_parts() {
    let mut play = Play::new(setup(|setup| {
        setup.producer.linger_ms = 0;
        setup.producer.compression_type = Codec::Gzip;
        setup.workload.compression_ratio = 20;
    }));
    play.run_until(1);
    play.send(0, 100);
    let whole = play.produced();
    assert_eq!(whole, ["b1: p0 x100"]);
    play.answer(1, Answer::Error(Error::MessageTooLarge));
    let parts = play.count(|entry| matches!(entry, Entry::Split { .. }));
    assert!(3 <= parts, "16 kB take about 30 records of 500 bytes, reckoned uncompressed: {parts}");
    play.answer_all(1, Answer::Ok);
    assert_eq!(play.acked(), parts);
    assert_eq!(play.failed(), []);
    let sequences = play.sequences();
    let first: Vec<u32> =
        sequences[1..].iter().map(|sequence| sequence.rsplit(':').next().unwrap().parse().unwrap()).collect();
    assert_eq!(first[0], 0, "the parts have the numbers of the whole: {sequences:?}");
    assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
}

#[test]
fn s_55_a_part_that_is_still_too_large_goes_on_in_halves() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(1);
    play.send(0, 20);
    let mut sizes = Vec::new();
    // A part of a batch.size that the broker does not take would otherwise be sent again for ever.
    for _ in 0..4 {
        let count: u32 = play.produced()[0].rsplit('x').next().expect("a count").parse().expect("a number");
        sizes.push(count);
        play.answer(1, Answer::Error(Error::MessageTooLarge));
    }
    assert!(sizes[1] <= sizes[0] && sizes[2] < sizes[1] && sizes[3] < sizes[2], "{sizes:?}");
}

#[test]
fn r_551_a_partition_without_a_leader_makes_the_client_ask() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 0));
    play.run_until(1);
    play.send(0, 1);
    play.produced();
    play.answer(1, Answer::Error(Error::NotLeaderOrFollower));
    play.run_until(2);
    assert!(play.asked(|request| matches!(request, Request::Metadata)));
    play.answer_metadata(|partition| (partition != 0).then_some(partition as u8 % 3 + 1), 1);
    play.run_until(500);
    assert_eq!(play.produced(), NOTHING);
    assert!(play.asked(|request| matches!(request, Request::Metadata)), "it asks until there is one");
    play.answer_metadata(|_| Some(3), 2);
    play.run_until(510);
    assert_eq!(play.produced(), ["b3: p0 x1"]);
}

#[test]
fn r_627_a_crash_loses_what_is_in_the_accumulator() {
    let mut play = Play::new(setup(|setup| setup.producer.linger_ms = 100));
    play.send(0, 1);
    play.run_until(100);
    play.send_in_new_batch(0, 1);
    play.send(1, 1);
    play.crash();
    assert_eq!(play.failed(), [Error::ClientCrashed; 3]);
}
