//! Runs the anchors' scenarios, on all cores.

use crate::file::{Anchor, Variant};
use crate::report::{Outcome, Report};
use crate::{laws, model};
use highwater_figures::{Expression, Mark, Run, Tape, Value};
use highwater_model::trace::{Entry, Level, Observer, Phase};
use highwater_model::{BrokerId, Duration, Instant, NodeId, Scenario};
use highwater_oracle::Judge;
use highwater_sim::World;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A cluster has rhythms of its own: what strikes it does so in another part of them under each seed.
const PHASE_STEP_MS: u64 = 9_271;
const PHASES_MS: u64 = 15_000;

/// A variant's figures, by name; or why they have no value.
type Figures = BTreeMap<String, Result<Value, String>>;

/// What each anchor comes to, in their order.
pub fn check_all(anchors: &[Anchor]) -> Vec<Report> {
    let jobs: Vec<(usize, usize, u64)> = anchors
        .iter()
        .enumerate()
        .filter(|(_, anchor)| anchor.about.absent.is_none())
        .flat_map(|(place, anchor)| {
            let variants = if anchor.definitions.is_empty() { 0 } else { anchor.variants.len() };
            (0..variants).flat_map(move |variant| (1..=anchor.about.seeds).map(move |seed| (place, variant, seed)))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (place, variant, seed) = *job;
            let figures = figures_of(&anchors[place], &anchors[place].variants[variant], seed);
            done.lock().expect("nobody panics with it").insert(*job, figures);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let done = done.into_inner().expect("nobody panicked with it");
    anchors.iter().enumerate().map(|(place, anchor)| report(place, anchor, &done)).collect()
}

fn report(place: usize, anchor: &Anchor, done: &BTreeMap<(usize, usize, u64), Figures>) -> Report {
    let mut report = Report::of(&anchor.about);
    if anchor.about.absent.is_some() {
        return report;
    }
    for check in &anchor.checks {
        let mut outcome = Outcome::of(check);
        for seed in 1..=anchor.about.seeds {
            let of_variant = |(variant, of): (usize, &Variant)| {
                let figures = done.get(&(place, variant, seed))?;
                Some((of.name.clone(), figures))
            };
            let figures: Vec<(String, &Figures)> = anchor.variants.iter().enumerate().filter_map(of_variant).collect();
            outcome.add(value_of(&check.figure, &anchor.about.id, &figures, &anchor.variants[0].scenario));
        }
        report.findings.push(outcome.finding());
    }
    report
}

/// A check's value, from its variants' figures and from what the model says without a run.
fn value_of(
    figure: &Expression,
    id: &str,
    figures: &[(String, &Figures)],
    scenario: &Scenario,
) -> Result<Value, String> {
    let mut definitions = BTreeMap::new();
    for (variant, figures) in figures {
        for (name, value) in *figures {
            let value = value.clone().map_err(|why| format!("{variant}.{name}: {why}"))?;
            definitions.insert(format!("{variant}.{name}"), Expression::constant(value));
        }
    }
    for (name, value) in model::values(id) {
        definitions.insert(format!("model.{name}"), Expression::constant(Value::Number(value)));
    }
    let (tape, judge) = (Tape::new(scenario.setup.layout()), Judge::new(scenario));
    let run = Run::new(&tape, &judge, &[], Instant::ZERO, &definitions);
    run.evaluate(figure).map_err(|error| error.to_string())
}

/// Runs a variant to its end; the values of the file's figures.
fn figures_of(anchor: &Anchor, variant: &Variant, seed: u64) -> Figures {
    let scenario = under(&variant.scenario, seed);
    let mut world = World::new(&scenario);
    if anchor.names_packets {
        world.tell(Level::Full);
    }
    let mut heard =
        Heard { judge: Judge::new(&scenario), tape: Tape::new(scenario.setup.layout()), faults: scenario.faults.len() };
    world.advance(Instant(scenario.duration.0), u64::MAX, &mut heard);
    world.finish(&mut heard);
    let replicas: Vec<Vec<BrokerId>> = Vec::new();
    let run = Run::new(&heard.tape, &heard.judge, &replicas, Instant(scenario.duration.0), &anchor.definitions);
    let of_trace = anchor
        .definitions
        .iter()
        .map(|(name, expression)| (name.clone(), run.evaluate(expression).map_err(|error| error.to_string())));
    let batches = laws::batch_size_law(&scenario, &anchor.about.id, &run);
    of_trace.chain(batches.into_iter().map(|(name, value)| (name.to_owned(), value.map(Value::Number)))).collect()
}

/// The scenario under a seed; the first is the file's own.
fn under(scenario: &Scenario, seed: u64) -> Scenario {
    let later = Duration::from_millis((seed - 1) * PHASE_STEP_MS % PHASES_MS);
    let mut scenario = Scenario { seed: scenario.seed + seed - 1, ..scenario.clone() };
    for fault in scenario.faults.iter_mut().filter(|fault| fault.at != Instant::ZERO) {
        fault.at += later;
        scenario.duration = scenario.duration.max(Duration(fault.at.0));
    }
    if scenario.faults.iter().any(|fault| fault.at != Instant::ZERO) {
        scenario.duration += later;
    }
    scenario
}

/// Listens to a run: the judge, the tape, and the moments of the faults.
struct Heard {
    judge: Judge,
    tape: Tape,
    faults: usize,
}

impl Observer for Heard {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        if let Entry::Fault { fault, phase, node } = *entry
            && usize::from(fault) < self.faults
        {
            self.tape.mark(mark_of(fault, phase, at, node));
        }
        self.judge.observe(at, entry);
        self.tape.observe(at, entry);
    }
}

/// `fault_1` is when the first fault struck, `fault_1_ends` when it was undone.
fn mark_of(fault: u16, phase: Phase, at: Instant, node: NodeId) -> Mark {
    let ends = match phase {
        Phase::Strikes => "",
        Phase::Ends => "_ends",
    };
    Mark { name: format!("fault_{}{ends}", fault + 1), at, node: Some(node) }
}
