//! Questions on the five axes, asked as the page and the terminal ask them.

use highwater_experiments::axes::{
    Axis, Because, CHAPTER, DEADLINE, FailureMix, Figure, Findings, Guarantee, Incident, Prices, ProbeRun, Question,
    Results, Study, Task, Thresholds, Variation, cells, chapter_question,
};
use highwater_experiments::desk::{Desk, Load};
use highwater_experiments::protocol::{Answer, JobId, Request};
use highwater_experiments::{Progress, Session};
use highwater_model::presets::Preset;
use highwater_model::{Scenario, SettingId, Setup};
use highwater_oracle::report::Category;

fn question(lanes: Vec<Setup>, vary: Vec<Variation>) -> Question {
    Question { lanes, vary, seed: 1, mix: FailureMix::stated(), deadline: DEADLINE }
}

/// Runs the first rounds of a study, in any order.
fn answered(question: Question) -> (Study, Results) {
    let mut study = Study::new(question);
    let mut numbers: Vec<u32> = (0..study.first_rounds() * study.round_len()).collect();
    numbers.reverse();
    for number in numbers {
        if let Some(probe) = study.probe(number) {
            study.take(ProbeRun::new(probe).finish());
        }
    }
    let results = study.results(&Prices::STATED);
    (study, results)
}

/// A small and slow cluster: what is asked of it is answered soon.
fn small() -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.topic.partitions = 3;
    setup.workload.records_per_second = 100;
    setup.workload.producers = 2;
    setup.workload.consumers = 2;
    setup
}

#[test]
fn every_figure_comes_after_the_first_rounds_and_lies_in_its_interval() {
    let acks = Variation { setting: SettingId::Acks, values: vec![1, 2] };
    let (study, results) = answered(question(vec![small()], vec![acks]));
    assert_eq!(results.points.len(), 2);
    assert_eq!(results.probes, study.first_rounds() * study.round_len());
    for point in &results.points {
        let known: Vec<Figure> = point.figures.iter().map(|(figure, _)| *figure).collect();
        assert_eq!(known, Figure::ALL, "{:?}", point.values);
        for (figure, estimate) in &point.figures {
            let ordered = estimate.low <= estimate.value && estimate.value <= estimate.high;
            assert!(ordered && estimate.high.is_finite() && 0 < estimate.runs, "{}: {estimate:?}", figure.name());
        }
    }
}

#[test]
fn the_first_round_has_latency_and_cost() {
    let mut study = Study::new(question(vec![small()], Vec::new()));
    study.take(ProbeRun::new(study.probe(0).expect("it can be run")).finish());
    let results = study.results(&Prices::STATED);
    for figure in [Figure::ProduceP99, Figure::EndToEndP99, Figure::DollarsAMonth, Figure::DollarsPerMillion] {
        assert!(results.points[0].figure(figure).is_some(), "{}", figure.name());
    }
}

#[test]
fn a_fork_is_the_run_that_it_names() {
    let study = Study::new(question(vec![small()], Vec::new()));
    // All power lost: records are harmed, and the run is kept.
    let number = (0..study.first_rounds()).find(
        |round| matches!(study.task(*round), Task::Incidents(incidents) if incidents.incident == Incident::PowerLoss),
    );
    let sample = ProbeRun::new(study.probe(number.expect("it happens")).expect("it can be run")).finish();
    let Findings::Incidents(list) = sample.findings else { panic!("incidents were asked for") };
    let [aftermath] = &list[..] else { panic!("one was asked for: {list:?}") };
    let run = aftermath.run.clone().expect("all power was lost, and nothing had been flushed");
    assert_eq!(run.check(), []);
    let mut session = Session::new(*run);
    while session.advance(u64::MAX) == Progress::Running {}
    let ledger = session.summary().ledger;
    assert_eq!(ledger.count(Category::Lost), aftermath.lost);
    assert_eq!(ledger.count(Category::NeverProcessed), aftermath.never_processed);
    assert!(0 < aftermath.lost);
}

#[test]
fn a_desk_answers_probes_without_a_run() {
    let study = Study::new(question(vec![Preset::Payments.setup()], Vec::new()));
    let probe = study.probe(0).expect("the preset can be run");
    let direct = ProbeRun::new(probe.clone()).finish();
    let (mut desk, mut heard) = (Desk::default(), Vec::new());
    let job = JobId(7);
    desk.hear(Request::Probe { job, probe: Box::new(probe) }, &mut |answer| heard.push(answer));
    while desk.load() != Load::Idle {
        desk.work(4_000, &mut |answer| heard.push(answer));
    }
    assert_eq!(heard, [Answer::Sample { job, sample: Box::new(direct) }], "slices change nothing");
}

#[test]
fn a_cancelled_probe_is_not_answered() {
    let study = Study::new(question(vec![Preset::Payments.setup()], Vec::new()));
    let probe = Box::new(study.probe(0).expect("the preset can be run"));
    let (mut desk, mut heard) = (Desk::default(), Vec::new());
    desk.hear(Request::Probe { job: JobId(7), probe }, &mut |answer| heard.push(answer));
    desk.work(4_000, &mut |answer| heard.push(answer));
    desk.hear(Request::Cancel { job: JobId(7) }, &mut |answer| heard.push(answer));
    assert_eq!((desk.load(), heard.len()), (Load::Idle, 0));
}

/// The guarantee of a small cluster with these settings.
fn guarantee(acks: i64, min_isr: i64, flush_messages: i64) -> Guarantee {
    let mut setup = small();
    let settings = [(SettingId::Acks, acks), (SettingId::MinIsr, min_isr), (SettingId::FlushMessages, flush_messages)];
    settings.iter().for_each(|(setting, value)| setting.set(&mut setup, *value));
    let acks = Variation { setting: SettingId::Acks, values: vec![acks] };
    let study = Study::new(question(vec![setup], vec![acks]));
    let number = (0..study.first_rounds()).find(|round| study.task(*round) == Task::Guarantee).expect("it is asked");
    let sample = ProbeRun::new(study.probe(number).expect("it can be run")).finish();
    eprintln!("{} events", sample.events);
    let Findings::Guarantee(guarantee) = sample.findings else { panic!("the guarantee was asked for") };
    *guarantee
}

/// A counterexample loses what it says.
fn loses(run: &Scenario) -> bool {
    assert_eq!(run.check(), []);
    let mut session = Session::new(run.clone());
    while session.advance(u64::MAX) == Progress::Running {}
    0 < session.summary().ledger.count(Category::Lost)
}

#[test]
fn with_acks_1_one_crash_is_enough_to_lose() {
    let guarantee = guarantee(1, 1, i64::MAX);
    assert_eq!(guarantee.crashes.failures, 0);
    assert_eq!(guarantee.power_losses.failures, 0);
    assert!(loses(&guarantee.crashes.counterexample.expect("one crash loses something")));
}

#[test]
fn with_acks_all_any_crashes_are_survived_and_all_but_one_power_loss() {
    let guarantee = guarantee(2, 2, i64::MAX);
    assert_eq!(guarantee.crashes.failures, 3, "page caches survive");
    assert_eq!(guarantee.crashes.counterexample, None);
    assert_eq!(guarantee.power_losses.failures, 2);
    assert!(loses(&guarantee.power_losses.counterexample.expect("three power losses lose something")));
}

#[test]
fn with_a_flush_for_each_record_all_power_losses_are_survived() {
    assert_eq!(guarantee(2, 2, 1).power_losses.failures, 3);
}

#[test]
fn the_chapters_table_has_fifteen_cells_after_the_first_rounds() {
    let (_, results) = answered(chapter_question());
    let cells = cells(&results, &Thresholds::STATED);
    let places: Vec<_> = cells.iter().map(|cell| (cell.kind, cell.axis)).collect();
    let wanted: Vec<_> = CHAPTER.iter().flat_map(|row| Axis::ALL.map(|axis| (row.preset, axis))).collect();
    assert_eq!(places, wanted);
    for cell in &cells {
        assert_eq!(cell.class, Thresholds::STATED.of(cell.axis).class(cell.estimate.value));
        assert_ne!(cell.because, Because::Nothing, "{cell:?}");
    }
}
