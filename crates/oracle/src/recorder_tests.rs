use crate::Recorder;
use crate::play::{B1, B2, B3, P0, Play, scenario, set};
use crate::report::{Column, Timeline};
use highwater_model::trace::{Api, Election, Entry, Error, NodeState, ResetCause};
use highwater_model::{BrokerSet, Duration, Instant, NodeId};

/// The play's first second in ten columns.
fn second(play: &Play) -> Timeline {
    let mut recorder = Recorder::new(&scenario());
    recorder.record(Instant::ZERO, Instant::from_millis(1_000), 10, P0);
    play.show(recorder).timeline(Instant::from_millis(1_000)).expect("it was told to record")
}

fn row<T>(timeline: &Timeline, of: impl Fn(&Column) -> T) -> Vec<T> {
    timeline.columns.iter().map(of).collect()
}

#[test]
fn records_arrive_before_their_batch_is_closed() {
    let mut play = Play::new();
    let (first_arrival, arrival_span) = (Instant::from_millis(150), Duration::from_millis(200));
    play.wait(500).tell(Entry::Closed {
        send: 0,
        producer: 1,
        stream: P0,
        first: 0,
        count: 8,
        first_arrival,
        arrival_span,
    });
    play.wait(100).acks(0, 0);
    let timeline = second(&play);
    assert_eq!(row(&timeline, |column| column.arrived), [0, 2, 4, 2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(row(&timeline, |column| column.acked), [0, 0, 0, 0, 0, 0, 8, 0, 0, 0]);
    assert_eq!(timeline.columns[6].latency_max_us, 453_000);
    assert!((340_000..=366_000).contains(&timeline.columns[6].latency_p50_us));
}

#[test]
fn states_are_those_at_the_end_and_outages_those_of_the_whole_column() {
    let mut play = Play::new();
    play.wait(110).node(B1, NodeState::Crashed).wait(100).elects(
        Some(B2),
        set([B2, B3]),
        BrokerSet::EMPTY,
        Election::Clean,
    );
    play.leads(B2, 0);
    let timeline = second(&play);
    assert_eq!(row(&timeline, |column| column.readable), [1, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(row(&timeline, |column| column.leader)[..4], [Some(B1), Some(B1), Some(B2), Some(B2)]);
    assert_eq!(row(&timeline, |column| column.isr_sum)[..4], [3, 3, 2, 2]);
    assert_eq!(timeline.columns[9].leader_epoch, 1);
}

#[test]
fn lag_is_what_the_group_was_not_handed_yet() {
    let mut play = Play::new();
    play.starts_at(1, 0).writes(0, 0, 10).wait(100).polls(1, 0, 0, 4).wait(100).polls(2, 0, 0, 4);
    let timeline = second(&play);
    assert_eq!(row(&timeline, |column| column.lag)[..3], [10, 6, 6]);
    assert_eq!(row(&timeline, |column| column.polled)[..3], [0, 4, 4]);
    assert_eq!((timeline.columns[0].high_watermark, timeline.columns[0].log_end), (10, 10));
}

#[test]
fn failed_requests_are_errors() {
    let mut play = Play::new();
    let (node, server) = (NodeId::Producer(1), NodeId::Broker(B1));
    play.wait(250).tell(Entry::RequestFailed { node, api: Api::Produce, server, error: Error::NotLeaderOrFollower });
    assert_eq!(row(&second(&play), |column| column.errors), [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
}

#[test]
fn a_stretch_recorded_from_a_checkpoint_equals_the_same_stretch_of_the_whole() {
    let mut before = Play::new();
    before.starts_at(1, 0).writes(0, 0, 10).polls(1, 0, 0, 3).sends(1, 10, 5);
    let mut after = before.clone();
    after.appends(B1, 1, 5).acks(1, 10).node(B1, NodeState::Crashed).fails_over(B2, set([B2, B3]), Election::Clean, 10);
    let checkpoint = before.show(Recorder::new(&scenario())).checkpoint();
    let (from, to) = (before.now + Duration::from_millis(1), after.now + Duration::from_millis(1));
    let whole = {
        let mut recorder = Recorder::new(&scenario());
        recorder.record(from, to, 4, P0);
        after.show(recorder).timeline(to)
    };
    let mut again = checkpoint;
    again.record(from, to, 4, P0);
    after.show_from(from, &mut again);
    assert_eq!(again.timeline(to), whole);
}

#[test]
fn happenings_are_what_matters_and_each_kind_of_failure_once_a_column() {
    let mut play = Play::new();
    play.starts_at(1, 0).writes(0, 0, 1).isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    play.sends(1, 1, 1).fails(1).sends(2, 2, 1).fails(2).wait(100).sends(3, 3, 1).fails(3);
    play.fails_over(B2, set([B2]), Election::Clean, 1).truncates(B1, 0);
    let reset = |to, cause| Entry::PositionReset { consumer: 1, partition: P0, from: Some(9), to, cause };
    play.tell(reset(0, ResetCause::OutOfRange));
    let told: Vec<&'static str> = second(&play).happenings.iter().map(|happening| name(&happening.entry)).collect();
    assert_eq!(told, ["changed", "failed", "failed", "changed", "truncated", "reset"]);
}

fn name(entry: &Entry) -> &'static str {
    match entry {
        Entry::PartitionChanged { .. } => "changed",
        Entry::Failed { .. } => "failed",
        Entry::Truncated { .. } => "truncated",
        Entry::PositionReset { .. } => "reset",
        _ => "other",
    }
}

#[test]
fn of_too_many_happenings_the_grave_ones_stay() {
    let mut play = Play::new();
    for _ in 0..3_000 {
        play.isr(B1, set([B1, B2]), BrokerSet::EMPTY).isr(B1, set([B1, B2, B3]), BrokerSet::EMPTY);
    }
    play.node(B1, NodeState::Crashed);
    let mut recorder = Recorder::new(&scenario());
    recorder.record(Instant::ZERO, Instant::from_millis(10_000), 10, P0);
    let timeline = play.show(recorder).timeline(play.now).expect("it was told to record");
    assert_eq!(timeline.happenings.len(), 2_000);
    assert!(matches!(timeline.happenings[1_999].entry, Entry::Node { .. }));
}
