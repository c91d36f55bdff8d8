use crate::play::{B1, B2, B3, P0, Play, scenario, set};
use crate::report::{Category, Ledger, Span};
use crate::{Judge, Recorder, RunState, summary};
use highwater_model::settings::Acks;
use highwater_model::trace::{Content, Election, Entry, Error, NodeState, RecordId};
use highwater_model::{BrokerSet, Duration, Instant, NodeId, Scenario};

fn judge(play: &Play) -> Judge {
    play.show(Judge::new(&scenario()))
}

/// The counts that are not zero, as text.
fn counts(ledger: &Ledger) -> String {
    let counted = Category::ALL.iter().filter(|category| 0 < ledger.count(**category));
    let texts: Vec<String> = counted.map(|category| format!("{category:?} {}", ledger.count(*category))).collect();
    texts.join(", ")
}

#[track_caller]
fn check(play: &Play, expected: &str) {
    let judge = judge(play);
    assert_eq!(counts(&judge.ledger()), expected);
    for category in Category::ALL {
        let listed: u64 = judge.records(category, 0, u32::MAX).1.iter().map(|range| range.count).sum();
        assert_eq!(listed, judge.ledger().count(category), "the list of {category:?} has all that are counted");
    }
}

#[test]
fn a_record_that_went_all_the_way_is_in_the_good_categories_only() {
    let mut play = Play::new();
    play.writes(0, 0, 10).starts_at(1, 0).polls(1, 0, 0, 10).processes(1, 0, 0, 10).commits_offset(1, 10);
    check(&play, "Offered 10, Sent 10, Acked 10, Committed 10, Polled 10, Processed 10");
}

#[test]
fn acked_records_that_the_next_leader_does_not_have_are_lost() {
    let mut play = Play::new();
    play.writes(0, 0, 10).sends(1, 10, 5).appends(B1, 1, 5).acks(1, 10);
    check(&play, "Offered 15, Sent 15, Acked 15, Committed 10");
    play.node(B1, NodeState::Crashed).fails_over(B2, set([B2, B3]), Election::Clean, 10);
    check(&play, "Offered 15, Sent 15, Acked 15, Committed 10, Lost 5");
    let (total, lost) = judge(&play).records(Category::Lost, 0, 10);
    assert_eq!((total, lost[0].first.number, lost[0].count, lost[0].offset), (1, 10, 5, Some(10)));
}

#[test]
fn a_zombie_s_acks_are_lost_the_moment_they_are_given() {
    let mut play = Play::new();
    play.fails_over(B2, set([B2, B3]), Election::Clean, 0).sends(0, 0, 3).appends_in(B1, 0, 3, 0).acks(0, 0);
    check(&play, "Offered 3, Sent 3, Acked 3, Lost 3");
    play.truncates(B1, 0);
    check(&play, "Offered 3, Sent 3, Acked 3, Lost 3");
}

#[test]
fn without_a_leader_records_live_on_the_disks_of_those_who_can_still_be_elected() {
    let mut play = Play::new();
    play.sends(0, 0, 3).appends(B1, 0, 3).acks(0, 0).node(B1, NodeState::Crashed);
    play.elects(None, BrokerSet::EMPTY, set([B1]), Election::Leaderless);
    check(&play, "Offered 3, Sent 3, Acked 3");
    play.loses_power(B1, 0);
    check(&play, "Offered 3, Sent 3, Acked 3, Lost 3");
}

#[test]
fn retention_loses_nothing() {
    let mut play = Play::new();
    play.writes(0, 0, 10).tell(Entry::LogStart { broker: B1, partition: P0, to: 10 });
    check(&play, "Offered 10, Sent 10, Acked 10, Committed 10");
}

#[test]
fn with_acks_0_what_reaches_no_log_is_lost_once_it_cannot_be_on_its_way() {
    let mut play = Play::new();
    play.sends(0, 0, 4).tell(Entry::Acked { send: 0, offset: None }).sends(1, 4, 1);
    check(&play, "Offered 5, Sent 5, Acked 4, Unresolved 1");
    play.wait(2_000).fails(1);
    check(&play, "Offered 5, Sent 5, Acked 4, Failed 1, Lost 4");
}

#[test]
fn a_retry_that_is_appended_again_is_a_duplicate_and_late_if_overtaken() {
    let mut play = Play::new();
    play.sends(0, 0, 2).sends(1, 2, 2).appends(B1, 1, 2).attempts(0, 2).appends(B1, 0, 2).appends(B1, 0, 2);
    play.acks(0, 2).acks(1, 0);
    check(&play, "Offered 4, Sent 4, Acked 4, Duplicated 2, Reordered 2");
}

#[test]
fn processing_both_copies_is_processing_twice() {
    let mut play = Play::new();
    play.sends(0, 0, 2).appends(B1, 0, 2).appends(B1, 0, 2).acks(0, 0);
    play.processes(1, 0, 0, 2);
    check(&play, "Offered 2, Sent 2, Acked 2, Processed 2, Duplicated 2");
    play.processes(1, 1, 0, 1);
    check(&play, "Offered 2, Sent 2, Acked 2, Processed 2, Duplicated 2, ProcessedTwice 1");
}

#[test]
fn failed_records_may_be_in_the_log_all_the_same() {
    let mut play = Play::new();
    play.sends(0, 0, 2).appends(B1, 0, 2).fails(0).sends(1, 2, 3).fails(1);
    check(&play, "Offered 5, Sent 5, Failed 3, FailedButWritten 2");
}

#[test]
fn a_split_batch_s_records_count_in_its_parts() {
    let mut play = Play::new();
    play.sends(0, 0, 4);
    play.tell(Entry::Split { send: 1, of: 0, skip: 0, count: 3 }).tell(Entry::Split {
        send: 2,
        of: 0,
        skip: 3,
        count: 1,
    });
    play.appends(B1, 1, 3).acks(1, 0).fails(2);
    check(&play, "Offered 4, Sent 4, Acked 3, Failed 1");
}

#[test]
fn refused_rejected_and_waiting_records_were_offered() {
    let mut play = Play::new();
    play.tell(Entry::Refused { producer: 1, stream: P0, first: 0, count: 5 });
    play.tell(Entry::Rejected { producer: 1, stream: P0, first: 5, count: 2, error: Error::BufferExhausted });
    play.tell(Entry::SourceEnded { producer: 1, stream: P0, offered: 10, waiting: 3 });
    check(&play, "Offered 10, Refused 5, Failed 2");
}

#[test]
fn a_committed_offset_passes_over_what_nobody_will_process() {
    let mut play = Play::new();
    play.writes(0, 0, 10).polls(1, 0, 0, 10).processes(1, 0, 0, 4).commits_offset(1, 8);
    let healthy = "Offered 10, Sent 10, Acked 10, Committed 10, Polled 10, Processed 4";
    // Four more are committed, and still in the hands of the consumer.
    check(&play, healthy);
    play.tell(Entry::Node { node: NodeId::Consumer(1), state: NodeState::Crashed });
    check(&play, &format!("{healthy}, NeverProcessed 4"));
}

#[test]
fn rewinding_processes_twice() {
    let mut play = Play::new();
    play.writes(0, 0, 10).polls(1, 0, 0, 10).processes(1, 0, 0, 6).polls(2, 0, 0, 10).processes(2, 0, 0, 10);
    check(&play, "Offered 10, Sent 10, Acked 10, Committed 10, Polled 10, Processed 10, ProcessedTwice 6");
}

#[test]
fn what_was_processed_and_then_lost_is_an_effect_without_a_record() {
    let mut play = Play::new();
    play.writes(0, 0, 2).processes(1, 0, 0, 2).node(B1, NodeState::PoweredOff);
    play.truncates(B2, 0).fails_over(B2, set([B2]), Election::Unclean, 0);
    check(&play, "Offered 2, Sent 2, Acked 2, Processed 2, Lost 2, EffectWithoutRecord 2");
    assert_eq!(judge(&play).unclean_elections(), 1);
}

#[test]
fn a_record_s_categories_are_those_of_the_ledger() {
    let mut play = Play::new();
    play.writes(0, 0, 10).polls(1, 0, 0, 10).processes(1, 0, 0, 4).processes(1, 0, 2, 1);
    let judge = judge(&play);
    let categories = |number| judge.categories(RecordId { producer: 1, stream: P0, number });
    let passed = [Category::Offered, Category::Sent, Category::Acked, Category::Committed, Category::Polled];
    assert_eq!(categories(9), passed);
    assert!(categories(2).contains(&Category::ProcessedTwice) && !categories(3).contains(&Category::ProcessedTwice));
    assert_eq!(categories(10), []);
}

#[test]
fn latencies_run_from_arrival_and_the_calm_ones_end_with_the_first_fault() {
    let mut scenario: Scenario = scenario();
    scenario.faults = highwater_model::presets::first_visit().scenario(highwater_model::LaneId::A).faults;
    scenario.faults[0].at = Instant::from_millis(1_150);
    let mut play = Play::new();
    let (first_arrival, arrival_span) = (Instant::from_millis(1_000), Duration::from_millis(99));
    for send in 0..2 {
        let first = u64::from(send) * 100;
        play.tell(Entry::Closed { send, producer: 1, stream: P0, first, count: 100, first_arrival, arrival_span });
    }
    play.now = Instant::from_millis(1_100);
    play.acks(0, 0).wait(100).acks(1, 100);
    let latency = play.show(Judge::new(&scenario)).latency();
    assert_eq!((latency.produce.count, latency.produce_calm.count), (200, 100));
    assert_eq!((latency.produce_calm.max_us, latency.produce_calm.mean_us), (101_000, 51_500));
    assert_eq!(latency.produce.max_us, 202_000);
}

#[test]
fn writable_needs_a_live_leader_that_knows_and_with_acks_all_a_live_isr() {
    let unwritable = |acks: Acks, play: &Play| {
        let mut scenario = scenario();
        scenario.setup.producer.acks = acks;
        scenario.setup.topic.min_insync_replicas = 2;
        play.show(Judge::new(&scenario)).availability(play.now)
    };
    let mut play = Play::new();
    let down = play.node(B2, NodeState::Crashed).now;
    let healed = play.isr(B1, set([B1, B3]), BrokerSet::EMPTY).now;
    assert_eq!(unwritable(Acks::All, &play).unwritable, [Span { from: down, to: healed }]);
    assert_eq!(unwritable(Acks::Leader, &play).unwritable, []);
    let crash = play.node(B1, NodeState::Crashed).now;
    let elected = play.elects(Some(B3), set([B3]), set([B1]), Election::Clean).now;
    let leads = Instant(play.leads(B3, 0).now.0 - 1_000_000); // its ISR is told after
    assert!(elected < leads);
    assert_eq!(unwritable(Acks::Leader, &play).unwritable, [Span { from: crash, to: leads }]);
    // One in-sync replica is too few for acks=all.
    let until = play.wait(10).now;
    assert_eq!(unwritable(Acks::All, &play).unwritable[1], Span { from: crash, to: until });
    assert_eq!(unwritable(Acks::Leader, &play).unreadable, [Span { from: crash, to: leads }]);
}

#[test]
fn the_longest_ack_gap_counts_only_while_sends_wait() {
    let mut play = Play::new();
    play.writes(0, 0, 1).wait(60_000).sends(1, 1, 1);
    let waits_since = Instant(play.now.0 - 1_000_000);
    play.wait(5_000).appends(B1, 1, 1).acks(1, 1);
    let longest = judge(&play).availability(play.now).longest_ack_gap;
    assert_eq!(longest, Some((P0, Span { from: waits_since, to: play.now })));
}

#[test]
fn a_summary_has_the_losses_where_they_happened() {
    let mut play = Play::new();
    let mut recorder = Recorder::new(&scenario());
    recorder.record(Instant::ZERO, Instant::from_millis(1_000), 10, P0);
    play.writes(0, 0, 10).sends(1, 10, 5).appends(B1, 1, 5).acks(1, 10).wait(500);
    play.fails_over(B2, set([B2, B3]), Election::Clean, 10);
    let (judge, recorder) = play.show((Judge::new(&scenario()), recorder));
    let run = RunState { fingerprint: 1, events: 2, until: play.now, finished: true, busiest: P0 };
    let summary = summary(&judge, &recorder, run);
    let lost: Vec<u64> = summary.timeline.columns.iter().map(|column| column.lost).collect();
    assert_eq!(lost, [0, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
    assert_eq!(summary.timeline.columns[0].acked, 15);
}

#[test]
fn content_of_others_is_nobody_s_record() {
    let mut play = Play::new();
    let (broker, partition, batch, base, count, leader_epoch) = (B1, P0, 0, 0, 7, 0);
    play.tell(Entry::Appended { broker, partition, batch, base, count, leader_epoch, content: Content::Foreign });
    check(&play, "");
}
