//! What the page decides, one promise a test.

use super::chrome::headline;
use super::*;
use highwater_model::fault::{Fault, FaultKind, Target};
use highwater_model::link::Headline;
use highwater_model::place::Chart;
use highwater_model::scenario::{Lanes, PlacedFault};
use highwater_model::view::Frame;
use highwater_model::{Duration, ENGINE_VERSION, Profile, SettingId};
use highwater_oracle::report::Timeline;

fn page() -> PageState {
    let chrome = Chrome::new(Language::English, Theme::System);
    PageState::new(link::decode(""), chrome, None)
}

fn started() -> PageState {
    let mut page = page();
    page.start();
    page
}

fn type_in(page: &mut PageState, lane: LaneId, setting: SettingId, text: &str) -> Outcome {
    page.apply(Action::Edit(Edit::Type { lane, setting, text: text.to_owned() }))
}

fn runs(outcome: &Outcome) -> Vec<(LaneId, JobId)> {
    let run = |command: &Command| match command {
        Command::Send(lane, Request::Run { job, .. }) => Some((*lane, *job)),
        _ => None,
    };
    outcome.commands.iter().filter_map(run).collect()
}

fn frames(outcome: &Outcome) -> Vec<(LaneId, JobId, Instant)> {
    let frame = |command: &Command| match command {
        Command::Send(lane, Request::Frame { job, at }) => Some((*lane, *job, *at)),
        _ => None,
    };
    outcome.commands.iter().filter_map(frame).collect()
}

fn summary(acked: u64, finished: bool) -> Summary {
    Summary {
        fingerprint: acked,
        events: acked,
        until: Instant::from_millis(1_000),
        finished,
        ledger: Default::default(),
        availability: Default::default(),
        latency: Default::default(),
        unclean_elections: 0,
        busiest: highwater_model::PartitionId(3),
        timeline: Timeline {
            from: Instant::ZERO,
            to: Instant::from_millis(60_000),
            focus: highwater_model::PartitionId(3),
            columns: Vec::new(),
            happenings: Vec::new(),
        },
    }
}

fn frame(at: Instant) -> Box<Frame> {
    Box::new(Frame {
        at,
        events: 0,
        brokers: Vec::new(),
        controllers: Vec::new(),
        producers: Vec::new(),
        consumers: Vec::new(),
        partitions: Vec::new(),
        packets: Vec::new(),
    })
}

fn finish(page: &mut PageState, lane: LaneId, job: JobId, acked: u64) {
    page.apply(Action::Heard(lane, Box::new(Answer::Finished { job, summary: Box::new(summary(acked, true)) })));
}

#[test]
fn a_first_visit_starts_both_lanes() {
    let outcome = page().start();
    assert_eq!(runs(&outcome).len(), 2);
}

#[test]
fn a_change_of_one_lane_runs_only_that_lane() {
    let mut page = started();
    let outcome = type_in(&mut page, LaneId::B, SettingId::MinIsr, "2");
    assert_eq!(runs(&outcome).iter().map(|(lane, _)| *lane).collect::<Vec<_>>(), [LaneId::B]);
}

#[test]
fn an_answer_to_an_earlier_run_is_dropped() {
    let mut page = page();
    let first = runs(&page.start());
    let second = runs(&type_in(&mut page, LaneId::A, SettingId::Acks, "1"));
    assert_eq!(second, []);
    let second = runs(&type_in(&mut page, LaneId::A, SettingId::Idempotence, "false"));
    finish(&mut page, LaneId::A, first[0].1, 1);
    assert!(page.lane(LaneId::A).summary().is_none());
    finish(&mut page, LaneId::A, second[0].1, 2);
    assert_eq!(page.lane(LaneId::A).summary().map(|summary| summary.fingerprint), Some(2));
}

#[test]
fn an_impossible_scenario_lists_its_problems_and_keeps_the_last_good_run() {
    let mut page = page();
    let jobs = runs(&page.start());
    finish(&mut page, LaneId::A, jobs[0].1, 7);
    let outcome = type_in(&mut page, LaneId::A, SettingId::ReplicationFactor, "5");
    assert_eq!(runs(&outcome), []);
    let outcome = type_in(&mut page, LaneId::A, SettingId::MinIsr, "many");
    assert_eq!(runs(&outcome), []);
    let outcome = type_in(&mut page, LaneId::A, SettingId::Linger, "9999999");
    assert_eq!(runs(&outcome), []);
    let settings: Vec<_> = page.troubles(LaneId::A).iter().filter_map(Trouble::setting).collect();
    for setting in [SettingId::ReplicationFactor, SettingId::MinIsr, SettingId::Linger] {
        assert!(settings.contains(&setting), "{} is missing", setting.name());
    }
    assert_eq!(page.lane(LaneId::A).summary().map(|summary| summary.fingerprint), Some(7));
    assert!(page.troubles(LaneId::B).is_empty());
}

#[test]
fn undo_and_redo_walk_through_the_comparisons() {
    let mut page = started();
    let original = page.comparison().clone();
    type_in(&mut page, LaneId::A, SettingId::MinIsr, "1");
    let changed = page.comparison().clone();
    page.apply(Action::Edit(Edit::Undo));
    assert_eq!(page.comparison(), &original);
    assert!(!page.history().can_undo());
    page.apply(Action::Edit(Edit::Redo));
    assert_eq!(page.comparison(), &changed);
    assert!(!page.history().can_redo());
}

#[test]
fn dragging_a_fault_is_undone_as_one_step() {
    let mut page = started();
    let original = page.comparison().clone();
    for ms in [11_000, 12_000, 13_000] {
        page.apply(Action::Edit(Edit::MoveFault(0, Instant::from_millis(ms))));
    }
    assert_eq!(page.comparison().faults[0].fault.at, Instant::from_millis(13_000));
    page.apply(Action::Edit(Edit::Undo));
    assert_eq!(page.comparison(), &original);
}

#[test]
fn a_fault_stays_inside_the_run() {
    let mut page = started();
    page.apply(Action::Edit(Edit::MoveFault(0, Instant::NEVER)));
    assert!(page.troubles(LaneId::A).is_empty());
}

#[test]
fn a_fault_of_one_lane_leaves_the_other_alone() {
    let mut page = started();
    let fault = Fault {
        at: Instant::from_millis(20_000),
        kind: FaultKind::Pause,
        target: Target::LeaderOfBusiest,
        duration: None,
    };
    let outcome = page.apply(Action::Edit(Edit::AddFault(PlacedFault { lanes: Lanes::Only(LaneId::A), fault })));
    assert_eq!(runs(&outcome).len(), 1);
    assert_eq!(page.placed_fault(LaneId::A, 1), Some(1));
    assert_eq!(page.placed_fault(LaneId::B, 1), None);
}

#[test]
fn copying_a_lane_gives_both_the_same_settings() {
    let mut page = started();
    page.apply(Action::Edit(Edit::CopyFrom(LaneId::B)));
    assert_eq!(page.comparison().lanes[0], page.comparison().lanes[1]);
}

#[test]
fn at_most_one_frame_is_asked_for_at_a_time() {
    let mut page = page();
    let asked = frames(&page.start());
    assert_eq!(asked.len(), 2);
    for ms in [1_000, 2_000, 3_000] {
        let outcome = page.apply(Action::Play(Play::Seek(Instant::from_millis(ms))));
        assert_eq!(frames(&outcome), []);
    }
    let (lane, job, at) = asked[0];
    let outcome = page.apply(Action::Heard(lane, Box::new(Answer::Frame { job, frame: frame(at) })));
    assert_eq!(frames(&outcome).iter().map(|(_, _, at)| at.as_millis()).collect::<Vec<_>>(), [3_000]);
}

#[test]
fn a_dead_worker_is_started_again_with_its_scenario_and_the_page_says_so() {
    let mut page = started();
    let outcome = page.apply(Action::WorkerDied(LaneId::B));
    assert!(outcome.commands.contains(&Command::StartWorker(LaneId::B)));
    assert_eq!(runs(&outcome).len(), 1);
    assert_eq!(page.chrome().notices, [Notice::WorkerRestarted(LaneId::B)]);
}

#[test]
fn a_worker_that_keeps_dying_is_left_alone_until_the_scenario_changes() {
    let mut page = started();
    let mut last = Outcome::default();
    for _ in 0..3 {
        last = page.apply(Action::WorkerDied(LaneId::A));
    }
    assert_eq!(last.commands, []);
    assert!(page.chrome().notices.contains(&Notice::WorkerGaveUp(LaneId::A)));
    let outcome = type_in(&mut page, LaneId::A, SettingId::MinIsr, "1");
    assert!(outcome.commands.contains(&Command::StartWorker(LaneId::A)), "nobody would hear the request");
}

#[test]
fn a_known_result_stays_until_the_fresh_run_is_finished() {
    let chrome = Chrome::new(Language::English, Theme::System);
    let known = [0, 1].map(|_| (summary(9, true), *frame(Instant::from_millis(12_000))));
    let mut page = PageState::new(link::decode(""), chrome, Some(known));
    assert_eq!(page.playback().now(), Instant::from_millis(12_000));
    let jobs = runs(&page.start());
    let progress = Answer::Progress { job: jobs[0].1, summary: Box::new(summary(1, false)) };
    page.apply(Action::Heard(LaneId::A, Box::new(progress)));
    assert_eq!(page.lane(LaneId::A).summary().map(|summary| summary.fingerprint), Some(9));
}

#[test]
fn playback_stops_at_the_end_and_starts_over() {
    let mut page = started();
    page.apply(Action::Play(Play::Seek(page.end() - Duration::from_millis(5))));
    page.apply(Action::Play(Play::Toggle));
    page.apply(Action::Play(Play::Tick(Duration::from_millis(16))));
    assert_eq!((page.playback().now(), page.playback().is_playing()), (page.end(), false));
    page.apply(Action::Play(Play::Toggle));
    assert_eq!(page.playback().now(), Instant::ZERO);
}

#[test]
fn the_view_never_leaves_the_run() {
    let mut page = started();
    let beyond = Span { from: Instant::from_millis(59_000), to: Instant::from_millis(69_000) };
    page.apply(Action::Look(Look::Show(beyond)));
    assert_eq!(page.view().span, Span { from: Instant::from_millis(50_000), to: Instant::from_millis(60_000) });
}

const OTHER: Headline = Headline { acked: 0, lost: 3, duplicated: 0, unwritable_ms: 0, fingerprint: 1 };

#[test]
fn figures_that_differ_from_those_a_link_was_shared_with_are_named() {
    let mut link = link::decode("");
    link.outcome = Some(link::Outcome { engine: ENGINE_VERSION - 1, lanes: [OTHER, headline(&summary(5, true))] });
    let mut page = PageState::new(link, Chrome::new(Language::English, Theme::System), None);
    let jobs = runs(&page.start());
    finish(&mut page, LaneId::A, jobs[0].1, 5);
    assert_eq!(page.chrome().notices, [], "lane B is still to come");
    finish(&mut page, LaneId::B, jobs[1].1, 5);
    let now = headline(&summary(5, true));
    let notice = Notice::OtherFigures { lane: LaneId::A, engine: ENGINE_VERSION - 1, then: OTHER, now };
    assert_eq!(page.chrome().notices, [notice]);
}

#[test]
fn a_damaged_link_is_named_and_the_rest_of_it_counts() {
    let link = link::decode("#v1&seed=9&nonsense=1");
    let problems = link.problems.clone();
    assert!(!problems.is_empty());
    let page = PageState::new(link, Chrome::new(Language::English, Theme::System), None);
    assert_eq!(page.comparison().seed, 9);
    assert_eq!(page.chrome().notices, [Notice::Link(problems)]);
}

#[test]
fn a_scenario_loaded_into_one_lane_leaves_the_other_lane_its_faults() {
    let mut page = started();
    let other = page.scenario(LaneId::B);
    let scenario = Scenario { faults: Vec::new(), ..page.scenario(LaneId::A) };
    page.apply(Action::Edit(Edit::LoadScenario(LaneId::A, Box::new(scenario.clone()))));
    assert_eq!(page.scenario(LaneId::A), scenario);
    assert_eq!(page.scenario(LaneId::B), other);
}

#[test]
fn a_known_stage_is_not_replaced_by_one_of_an_earlier_moment() {
    let known = [0, 1].map(|_| (summary(9, true), *frame(Instant::from_millis(12_000))));
    let mut page = PageState::new(link::decode(""), Chrome::new(Language::English, Theme::System), Some(known));
    let (lane, job, _) = frames(&page.start())[0];
    let early = Answer::Frame { job, frame: frame(Instant::from_millis(300)) };
    page.apply(Action::Heard(lane, Box::new(early)));
    assert_eq!(page.lane(lane).frame().map(|frame| frame.at.as_millis()), Some(12_000));
}

#[test]
fn the_stage_follows_a_run_that_has_not_come_to_the_clocks_moment() {
    let mut page = page();
    let outcome = page.start();
    let (run, (lane, job, _)) = (runs(&outcome)[0].1, frames(&outcome)[0]);
    let early = Answer::Frame { job, frame: frame(Instant::from_millis(300)) };
    page.apply(Action::Heard(lane, Box::new(early)));
    let progress = Answer::Progress { job: run, summary: Box::new(summary(1, false)) };
    assert_eq!(frames(&page.apply(Action::Heard(lane, Box::new(progress)))).len(), 1);
}

#[test]
fn a_run_under_way_shows_only_what_it_has_told() {
    let mut page = page();
    let jobs = runs(&page.start());
    let mut so_far = summary(1, false);
    so_far.until = Instant::from_millis(15_000);
    so_far.timeline.columns = vec![Default::default(); 600];
    let progress = Answer::Progress { job: jobs[0].1, summary: Box::new(so_far) };
    page.apply(Action::Heard(LaneId::A, Box::new(progress)));
    let timeline = &page.lane(LaneId::A).summary().expect("figures so far").timeline;
    assert_eq!((timeline.columns.len(), timeline.to), (150, Instant::from_millis(15_000)));
}

#[test]
fn a_link_followed_on_the_open_page_can_be_undone() {
    let mut page = started();
    let before = page.comparison().clone();
    let outcome = page.apply(Action::Arrive(Box::new(link::decode("#v1&seed=9&nonsense=1"))));
    assert_eq!(runs(&outcome).len(), 2);
    assert!(matches!(page.chrome().notices[..], [Notice::Link(_)]));
    page.apply(Action::Edit(Edit::Undo));
    assert_eq!(page.comparison(), &before);
}

#[test]
fn another_release_changes_defaults_and_keeps_what_the_reader_changed() {
    let mut page = started();
    type_in(&mut page, LaneId::A, SettingId::ReplicaFetchBackoff, "700");
    let outcome = page.apply(Action::Edit(Edit::Profile(LaneId::A, Profile::Tdg2_4)));
    assert_eq!(runs(&outcome).iter().map(|(lane, _)| *lane).collect::<Vec<_>>(), [LaneId::A]);
    let setup = &page.comparison().lanes[0];
    assert_eq!(SettingId::ReplicaLagTimeMax.get(setup), 10_000);
    assert_eq!(SettingId::ReplicaFetchBackoff.get(setup), 700);
    assert_eq!(page.changed_count(LaneId::A), 1, "defaults of the release are no changes");
    assert_eq!(page.comparison().releases(), "TDG-2.4 / 4.3");
    page.apply(Action::Edit(Edit::ResetSetting(LaneId::A, SettingId::ReplicaFetchBackoff)));
    let preset = page.comparison().lanes[0].preset;
    page.apply(Action::Edit(Edit::Preset(LaneId::A, preset)));
    assert_eq!(page.comparison().lanes[0], preset.setup_in(Profile::Tdg2_4), "a preset is of the lane's release");
}

fn at(link: &str) -> PageState {
    PageState::new(link::decode(link), Chrome::new(Language::English, Theme::System), None)
}

#[test]
fn lanes_run_only_in_the_playground() {
    let mut page = at("#v1&view=tradeoffs&set=acks&sum=");
    let outcome = page.start();
    let is_of_lane = |command: &Command| matches!(command, Command::Send(..) | Command::StartWorker(_));
    assert!(!outcome.commands.iter().any(is_of_lane), "a chart needs no lanes");
    type_in(&mut page, LaneId::A, SettingId::Linger, "4");
    let outcome = page.apply(Action::Go(Place::Playground));
    assert_eq!(runs(&outcome).len(), 2);
    assert!(outcome.commands.contains(&Command::StartWorker(LaneId::A)));
    page.apply(Action::Go(Place::Compare));
    assert_eq!(runs(&type_in(&mut page, LaneId::A, SettingId::Linger, "3")), []);
    let outcome = page.apply(Action::Go(Place::Playground));
    let again: Vec<LaneId> = runs(&outcome).into_iter().map(|(lane, _)| lane).collect();
    assert_eq!(again, [LaneId::A], "B is as it was");
}

#[test]
fn another_place_is_a_step_of_the_browsers_history_and_another_figure_is_none() {
    let mut page = started();
    let chart = Chart::of(SettingId::Acks);
    let mut go = |chart: Chart| page.apply(Action::Go(Place::Tradeoffs(chart))).commands;
    assert!(go(chart.clone()).contains(&Command::StepAddress));
    let other = go(Chart { values: vec![0, 1], ..chart });
    assert!(other.contains(&Command::UpdateAddress) && !other.contains(&Command::StepAddress));
    assert!(go(Chart::of(SettingId::Linger)).contains(&Command::StepAddress));
}

#[test]
fn playback_stops_where_nobody_sees_it() {
    let mut page = started();
    page.apply(Action::Play(Play::Toggle));
    page.apply(Action::Go(Place::Compare));
    assert!(!page.playback().is_playing());
}

#[test]
fn the_way_back_brings_place_and_comparison_as_they_were() {
    let mut page = at("#v1&view=tradeoffs&set=acks&seed=9&sum=");
    page.start();
    let outcome = page.apply(Action::Arrive(Box::new(link::decode("#v1&seed=11&sum="))));
    assert_eq!((page.place(), page.comparison().seed), (&Place::Playground, 11));
    assert_eq!(runs(&outcome).len(), 2, "each lane runs once");
    assert!(!outcome.commands.contains(&Command::StepAddress), "the browser has made the step");
}
