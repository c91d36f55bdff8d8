//! Plays a case under several seeds, for figures that are compared with those of a real cluster.

use crate::case::Case;
use crate::play::play_part;
use crate::stage::Stage;
use highwater_figures::{FigureError, Mark, Run, Tape, Value};
use highwater_kafka::checks::Checks;
use highwater_model::inspect::Value as Seen;
use highwater_model::trace::{Entry, Observer, Phase};
use highwater_model::{BrokerId, Duration, Instant, Scenario};

/// A cluster has rhythms of its own (heartbeats, looks at the ISRs, checkpoints). What a case does falls into another
/// part of them under each seed; the longest of Kafka's periods is covered.
const PHASES_MS: u64 = 15_000;
/// Neighbouring seeds are spread evenly over the phases.
const PHASE_STEP_MS: u64 = 9_271;

/// The values of the case's figures under a seed, in their order; or why the case could not be played.
pub fn figures_under(case: &Case, seed: u64) -> Result<Vec<Result<Value, FigureError>>, String> {
    let later = Duration::from_millis(seed * PHASE_STEP_MS % PHASES_MS);
    let scenario = delayed(&case.scenario, seed, later);
    let mut stage = Stage::under(case, &scenario, Checks::default());
    for part in &case.parts {
        if !play_part(part, later, &mut stage) {
            break;
        }
    }
    if let Some(failure) = stage.first_failure() {
        return Err(format!("line {}: expected {}; {}", failure.line, failure.expected, failure.seen));
    }
    stage.finish();
    let tape = tape_of(&stage, &scenario);
    let replicas: Vec<Vec<BrokerId>> =
        case.start.state.cluster.partitions.iter().map(|state| state.replicas.iter().copied().collect()).collect();
    let run = Run::new(&tape, &stage.ears.judge, &replicas, stage.now(), &case.measures.definitions);
    Ok(case.measures.figures.iter().map(|figure| run.evaluate(&figure.expression)).collect())
}

/// The scenario under another seed, with its faults so much later.
fn delayed(scenario: &Scenario, seed: u64, later: Duration) -> Scenario {
    let mut scenario = Scenario { seed, duration: scenario.duration + later, ..scenario.clone() };
    for fault in &mut scenario.faults {
        fault.at += later;
    }
    scenario
}

/// What the run told, with the file's faults and its named steps as moments.
fn tape_of(stage: &Stage, scenario: &Scenario) -> Tape {
    let mut tape = Tape::new(scenario.setup.layout());
    for (at, entry) in &stage.ears.tape {
        if let Entry::Fault { fault, phase, node } = *entry
            && usize::from(fault) < scenario.faults.len()
        {
            tape.mark(mark_of(fault, phase, *at, node));
        }
        tape.observe(*at, entry);
    }
    for mark in stage.marks() {
        tape.mark(mark.clone());
    }
    for (name, seen) in stage.kept() {
        tape.keep(name.clone(), figure_of(seen));
    }
    tape
}

/// What was seen, as a figure has it: times in milliseconds, lists as sets.
fn figure_of(seen: &Seen) -> Value {
    match seen {
        Seen::None | Seen::Fields(_) => Value::None,
        Seen::Flag(flag) => Value::Flag(*flag),
        Seen::Number(number) => Value::Number(*number as f64),
        Seen::Time(nanos) => Value::Number(*nanos as f64 / 1e6),
        Seen::Text(text) => Value::word(text.clone()),
        Seen::Set(members) => Value::Set(members.iter().map(ToString::to_string).collect()),
        Seen::List(items) => Value::Set(items.iter().map(ToString::to_string).collect()),
    }
}

/// `fault_1` is when the file's first fault struck, `fault_1_ends` when it was undone.
fn mark_of(fault: u16, phase: Phase, at: Instant, node: highwater_model::NodeId) -> Mark {
    let ends = match phase {
        Phase::Strikes => "",
        Phase::Ends => "_ends",
    };
    Mark { name: format!("fault_{}{ends}", fault + 1), at, node: Some(node) }
}
