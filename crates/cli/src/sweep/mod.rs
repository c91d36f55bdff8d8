//! `highwater sweep` and `highwater merge`: the five axes of a scenario at each value of its settings, on all cores, or as
//! shards on as many machines as there are. The plan is fixed beforehand: it does not matter who runs what.

mod report;
mod shard;

pub use shard::merge;

use crate::run::Form;
use crate::{source, swarm};
use highwater_experiments::axes::{
    DEADLINE, FailureMix, POINTS_MAX, Prices, ProbeRun, Question, Sample, Study, Variation,
};
use highwater_model::{Duration, LaneId, SettingId};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

pub use report::figure_text;

/// What is swept.
pub struct SweepRequest {
    /// A preset, a file or a link.
    pub scenario: String,
    /// Of a comparison, only this lane.
    pub lane: Option<LaneId>,
    /// `NAME=VALUE,VALUE...`, one each.
    pub set: Vec<String>,
    /// Rounds, each with a seed of its own.
    pub seeds: u32,
    /// Another seed of all seeds than the scenario's.
    pub seed: Option<u64>,
    /// Which records are late.
    pub deadline_ms: Option<u64>,
    /// How results are written.
    pub form: Form,
    /// Only a shard of the plan.
    pub shard: Option<Shard>,
}

/// A shard of a plan: the probes whose number leaves `index` when divided by `of`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    const WHOLE: Shard = Shard { index: 0, of: 1 };

    /// `i/n`, counted from 0 as batch systems do.
    pub fn read(text: &str) -> Option<Self> {
        let (index, of) = text.split_once('/')?;
        let shard = Shard { index: index.parse().ok()?, of: of.parse().ok()? };
        (shard.index < shard.of).then_some(shard)
    }
}

/// Sweeps; gives all reasons why it cannot.
pub fn sweep(request: &SweepRequest) -> Result<(), Vec<String>> {
    let study = Study::new(question(request)?);
    let plan = request.seeds * study.round_len();
    let samples = run(&study, plan, request.shard.unwrap_or(Shard::WHOLE));
    match request.shard {
        Some(shard) => shard::write(&study, plan, shard, &samples),
        None => print_results(study, samples, request.form),
    }
    Ok(())
}

/// Prints what has been found, in the order of the plan.
fn print_results(mut study: Study, samples: Vec<Sample>, form: Form) {
    samples.into_iter().for_each(|sample| study.take(sample));
    report::print(&study, &study.results(&Prices::STATED), form);
}

fn question(request: &SweepRequest) -> Result<Question, Vec<String>> {
    let sources = source::find(&request.scenario, request.lane)?;
    let (mut vary, mut problems) = (Vec::new(), Vec::new());
    for set in &request.set {
        match variation(set) {
            Ok(variation) => vary.push(variation),
            Err(problem) => problems.push(problem),
        }
    }
    let seed = request.seed.unwrap_or(sources[0].scenario.seed);
    let question = Question {
        lanes: sources.into_iter().map(|source| source.scenario.setup).collect(),
        vary,
        seed,
        mix: FailureMix::stated(),
        deadline: request.deadline_ms.map_or(DEADLINE, Duration::from_millis),
    };
    let points = question.points() * question.lanes.len();
    if POINTS_MAX < points {
        problems.push(format!("{points} points are more than {POINTS_MAX}"));
    }
    if problems.is_empty() { Ok(question) } else { Err(problems) }
}

fn variation(text: &str) -> Result<Variation, String> {
    let (name, list) = text.split_once('=').ok_or_else(|| format!("`--set {text}` has no `=`"))?;
    let setting = SettingId::by_name(name).ok_or_else(|| format!("there is no setting `{name}`"))?;
    let read = |word: &str| setting.read(word.trim()).ok_or_else(|| format!("`{name}` cannot be `{word}`"));
    let values = list.split(',').map(read).collect::<Result<Vec<i64>, String>>()?;
    Ok(Variation { setting, values })
}

/// Runs a shard of the plan on all cores; its samples in the order of the plan.
pub fn run(study: &Study, plan: u32, shard: Shard) -> Vec<Sample> {
    let (next, samples) = (AtomicU32::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed) * shard.of + shard.index;
            if plan <= number {
                return;
            }
            if let Some(probe) = study.probe(number) {
                let sample = ProbeRun::new(probe).finish();
                samples.lock().expect("no thread panicked with the samples").push(sample);
            }
        }
    };
    thread::scope(|scope| (0..swarm::threads()).for_each(|_| drop(scope.spawn(work))));
    let mut samples = samples.into_inner().expect("no thread panicked with the samples");
    samples.sort_by_key(|sample| sample.number);
    samples
}
