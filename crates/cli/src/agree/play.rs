//! Runs a case under one seed and asks its figures.

use super::case::Case;
use highwater_figures::{FigureError, Mark, Run, Tape, Value};
use highwater_model::trace::{Entry, Level, Observer, Phase};
use highwater_model::{Duration, Instant, Scenario};
use highwater_oracle::Judge;
use highwater_sim::World;
use highwater_sim::start::StartState;

/// The periods of a cluster's own rhythms (heartbeats, looks at the ISRs, checkpoints) that a fault may fall into.
const PHASES_MS: u64 = 15_000;
/// Consecutive seeds spread evenly over them.
const PHASE_STEP_MS: u64 = 9_271;

/// The scenario under a seed: the faults strike at another moment of the cluster's rhythms.
fn under(scenario: &Scenario, seed: u64) -> Scenario {
    let later = Duration::from_millis(seed * PHASE_STEP_MS % PHASES_MS);
    let mut scenario = Scenario { seed, duration: Duration(scenario.duration.0 + later.0), ..scenario.clone() };
    for fault in &mut scenario.faults {
        fault.at += later;
    }
    scenario
}

/// Notes the faults as moments with names.
struct Listener {
    tape: Tape,
    judge: Judge,
}

impl Observer for Listener {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        if let Entry::Fault { fault, phase, node } = *entry {
            let ends = if phase == Phase::Ends { "_ends" } else { "" };
            self.tape.mark(Mark { name: format!("fault_{}{ends}", fault + 1), at, node: Some(node) });
        }
        self.tape.observe(at, entry);
        self.judge.observe(at, entry);
    }
}

/// The figures of a case under a seed, in their order.
pub fn play(case: &Case, seed: u64) -> Vec<Result<Value, FigureError>> {
    let scenario = under(&case.scenario, seed);
    let start = StartState::steady(&scenario.setup);
    let replicas: Vec<_> =
        start.cluster.partitions.iter().map(|partition| partition.replicas.iter().copied().collect()).collect();
    let mut world = World::started_from(&scenario, &start);
    if case.figures.iter().any(|figure| figure.expression.needs_packets()) {
        world.tell(Level::Full);
    }
    let mut listener = Listener { tape: Tape::default(), judge: Judge::new(&scenario) };
    let end = Instant(scenario.duration.0);
    world.advance(end, u64::MAX, &mut listener);
    world.finish(&mut listener);
    let run = Run::new(&listener.tape, &listener.judge, &replicas, end, &case.definitions);
    case.figures.iter().map(|figure| run.evaluate(&figure.expression)).collect()
}
