//! What the page decides about studies, one promise a test.

use super::study::{Progress, Sight, StudyAction};
use super::*;
use highwater_experiments::axes::{Findings, Incident, Sample, Saturation};
use highwater_model::place::Chart;
use highwater_model::{ENGINE_VERSION, SettingId};

fn at(link: &str) -> PageState {
    let mut link = link::decode(link);
    // Links by hand have no checksum.
    link.problems.clear();
    PageState::new(link, Chrome::new(Language::English, Theme::System), None).with_helpers(2)
}

fn looking_at_acks() -> (PageState, Outcome) {
    let mut page = at("#v1&view=tradeoffs&set=acks&sum=");
    let outcome = page.start();
    (page, outcome)
}

/// The probes that were given to helpers: helper, job, number.
fn probes(outcome: &Outcome) -> Vec<(u8, JobId, u32)> {
    let probe = |command: &Command| match command {
        Command::AskHelper(helper, Request::Probe { job, probe }) => Some((*helper, *job, probe.number)),
        _ => None,
    };
    outcome.commands.iter().filter_map(probe).collect()
}

fn answer(page: &mut PageState, (helper, job, number): (u8, JobId, u32)) -> Outcome {
    let saturation = Saturation { sustained: vec![1_000, 1_100], verified: 1_000, bottleneck: None };
    let round_len = page.inquiry().expect("a chart").question().points() as u32 * 2;
    let (at, points) = (number % round_len, round_len / 2);
    let (lane, point) = ((at / points) as u8, (at % points) as u16);
    let sample = Sample { number, lane, point, events: 1, findings: Findings::Saturation(saturation) };
    page.apply(Action::Study(StudyAction::Heard(helper, Box::new(Answer::Sample { job, sample: Box::new(sample) }))))
}

#[test]
fn helpers_start_with_the_first_chart_and_take_one_probe_after_the_other() {
    let mut page = at("");
    assert_eq!(probes(&page.start()), [], "the playground needs none");
    let outcome = page.apply(Action::Go(Place::Tradeoffs(Chart::of(SettingId::Acks))));
    let given = probes(&outcome);
    assert_eq!(given.iter().map(|(helper, _, number)| (*helper, *number)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
    assert!(outcome.commands.contains(&Command::StartHelper(1)));
    let next = answer(&mut page, given[1]);
    assert_eq!(probes(&next).iter().map(|(helper, _, number)| (*helper, *number)).collect::<Vec<_>>(), [(1, 2)]);
    assert!(!next.commands.contains(&Command::StartHelper(1)));
}

#[test]
fn what_comes_in_is_shown_at_once_and_then_no_more_until_the_clock_says_so() {
    let (mut page, outcome) = looking_at_acks();
    let given = probes(&outcome);
    let first = answer(&mut page, given[0]);
    assert!(first.touched[Part::Study.index()]);
    assert!(first.commands.contains(&Command::RedrawSoon));
    let second = answer(&mut page, given[1]);
    assert!(!second.touched[Part::Study.index()], "a tenth of a second has not passed");
    let later = page.apply(Action::Study(StudyAction::Redraw));
    assert!(later.touched[Part::Study.index()]);
    let again = page.apply(Action::Study(StudyAction::Redraw));
    assert!(!again.touched[Part::Study.index()], "nothing has come in since");
}

#[test]
fn a_study_stops_and_goes_on_without_losing_a_probe() {
    let (mut page, outcome) = looking_at_acks();
    let given = probes(&outcome);
    answer(&mut page, given[0]);
    let stopped = page.apply(Action::Study(StudyAction::Stop));
    assert!(stopped.commands.iter().any(|command| matches!(command, Command::AskHelper(1, Request::Cancel { .. }))));
    assert_eq!(page.inquiry().map(|inquiry| inquiry.progress()), Some(Progress::Stopped(1)));
    let resumed = page.apply(Action::Study(StudyAction::GoOn));
    let mut numbers: Vec<u32> = probes(&resumed).iter().map(|(_, _, number)| *number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2], "what was under way is given again");
}

#[test]
fn answers_to_what_was_called_back_count_for_nothing() {
    let (mut page, outcome) = looking_at_acks();
    let given = probes(&outcome);
    page.apply(Action::Study(StudyAction::Stop));
    answer(&mut page, given[0]);
    assert_eq!(page.inquiry().map(|inquiry| inquiry.progress()), Some(Progress::Stopped(0)));
}

#[test]
fn results_are_kept_while_the_reader_looks_at_another_chart() {
    let (mut page, outcome) = looking_at_acks();
    answer(&mut page, probes(&outcome)[0]);
    let other = page.apply(Action::Go(Place::Tradeoffs(Chart::of(SettingId::Linger))));
    assert_eq!(probes(&other).len(), 2, "helpers work for what is looked at");
    let back = page.apply(Action::Go(Place::Tradeoffs(Chart::of(SettingId::Acks))));
    let progress = page.inquiry().map(|inquiry| inquiry.progress());
    assert!(matches!(progress, Some(Progress::First(1, _))), "{progress:?}");
    assert!(probes(&back).iter().all(|(_, _, number)| *number != 0), "and nothing is asked twice");
}

#[test]
fn a_dead_helper_is_started_again_and_its_probe_is_given_again() {
    let (mut page, outcome) = looking_at_acks();
    let (helper, _, number) = probes(&outcome)[1];
    let again = page.apply(Action::Study(StudyAction::Died(helper)));
    assert!(again.commands.contains(&Command::StartHelper(helper)));
    assert_eq!(probes(&again).iter().map(|(_, _, number)| *number).collect::<Vec<_>>(), [number]);
    assert_eq!(page.chrome().notices, [Notice::HelperRestarted]);
}

#[test]
fn a_probe_that_ends_every_helper_is_left_out() {
    let (mut page, outcome) = looking_at_acks();
    let (helper, _, number) = probes(&outcome)[1];
    page.apply(Action::Study(StudyAction::Died(helper)));
    page.apply(Action::Study(StudyAction::Died(helper)));
    assert!(page.chrome().notices.contains(&Notice::HelperGaveUp));
    let on = page.apply(Action::Study(StudyAction::GoOn));
    assert!(probes(&on).iter().all(|(_, _, given)| *given != number));
}

#[test]
fn a_page_that_nobody_sees_gives_nobody_work() {
    let (mut page, outcome) = looking_at_acks();
    page.apply(Action::Study(StudyAction::Sight(Sight::Unseen)));
    assert_eq!(probes(&answer(&mut page, probes(&outcome)[0])), []);
    assert_eq!(probes(&page.apply(Action::Study(StudyAction::Sight(Sight::Seen)))).len(), 1);
}

#[test]
fn another_rate_is_another_question_and_another_price_is_none() {
    let (mut page, outcome) = looking_at_acks();
    answer(&mut page, probes(&outcome)[0]);
    let priced = page.apply(Action::Study(StudyAction::Price(study::Price::CrossZone, 0.5)));
    assert!(priced.touched[Part::Study.index()]);
    assert!(matches!(page.inquiry().map(|inquiry| inquiry.progress()), Some(Progress::First(1, _))));
    page.apply(Action::Study(StudyAction::Rate(Incident::PowerLoss, 3.0)));
    assert!(matches!(page.inquiry().map(|inquiry| inquiry.progress()), Some(Progress::First(0, _))));
    assert!(!page.studies().are_as_stated());
    page.apply(Action::Study(StudyAction::AsStated));
    assert!(page.studies().are_as_stated());
}

#[test]
fn lanes_that_are_alike_are_asked_about_once() {
    let (mut page, _) = looking_at_acks();
    page.apply(Action::Edit(Edit::CopyFrom(LaneId::A)));
    assert_eq!(page.inquiry().map(|inquiry| inquiry.question().lanes.len()), Some(1));
}

#[test]
fn a_point_opens_in_the_playground_as_a_step_of_the_browsers_history() {
    let (mut page, _) = looking_at_acks();
    let mut comparison = page.comparison().clone();
    SettingId::Acks.set(&mut comparison.lanes[1], 0);
    let outcome = page.apply(Action::Open(Edit::Load(Box::new(comparison.clone()))));
    assert_eq!((page.place(), page.comparison()), (&Place::Playground, &comparison));
    assert_eq!(outcome.commands[0], Command::StepAddress, "before the address follows the comparison");
    let runs = |command: &&Command| matches!(command, Command::Send(_, Request::Run { .. }));
    assert_eq!(outcome.commands.iter().filter(runs).count(), 2);
}

#[test]
fn a_helper_of_another_build_is_named() {
    let (mut page, _) = looking_at_acks();
    let ready = Answer::Ready { engine: ENGINE_VERSION + 1 };
    page.apply(Action::Study(StudyAction::Heard(0, Box::new(ready))));
    assert!(matches!(page.chrome().notices[..], [Notice::OtherEngine { .. }]));
}
