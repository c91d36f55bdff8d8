//! Plays a case, and says what came of it.

use crate::case::{Case, Part, PartKind, When};
use crate::search;
use crate::stage::{Failure, Stage};
use highwater_kafka::checks::Checks;
use highwater_model::prose::Prose;
use highwater_model::{Duration, Instant};

/// Entries of the trace that are told around a failure.
const AROUND: usize = 12;

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All holds.
    Passed,
    /// Something does not.
    Failed,
    /// The case says itself that its outcome is not Kafka's.
    Disputed,
}

/// An expectation that did not hold, and what was going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What failed.
    pub failure: Failure,
    /// The trace up to that moment, as prose.
    pub around: Vec<String>,
}

/// What came of a case, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What.
    pub outcome: Outcome,
    /// What did not hold; of a disputed case it is told all the same.
    pub faults: Vec<Fault>,
    /// Events that were handled.
    pub events: u64,
}

/// Plays a case.
pub fn play(case: &Case) -> Verdict {
    let mut stage = Stage::of(case, Checks::default());
    play_parts(case, &mut stage);
    let (failures, world, ears) = stage.into_failures();
    let prose = Prose::of(world.scenario());
    let around = |at: Instant| {
        let before = ears.tape.partition_point(|(told, _)| *told <= at);
        let from = before.saturating_sub(AROUND);
        ears.tape[from..before].iter().map(|(at, entry)| prose.line(*at, entry)).collect()
    };
    let mut faults: Vec<Fault> =
        failures.into_iter().map(|failure| Fault { around: around(failure.at), failure }).collect();
    let searched = case.searches.iter().filter_map(|search| search::run(case, search));
    faults.extend(searched.map(|failure| Fault { failure, around: Vec::new() }));
    let outcome = match (&case.about.disputed, faults.is_empty()) {
        (Some(_), _) => Outcome::Disputed,
        (None, true) => Outcome::Passed,
        (None, false) => Outcome::Failed,
    };
    Verdict { outcome, faults, events: world.events() }
}

/// Plays the steps and expectations of a case.
pub(crate) fn play_parts(case: &Case, stage: &mut Stage) {
    let done = case.parts.iter().all(|part| play_part(part, Duration::ZERO, stage));
    // What nothing follows holds to the end of the run.
    let is_watch = |part: &Part| matches!(part.kind, PartKind::Always(_) | PartKind::Never(_));
    if done && case.parts.last().is_some_and(is_watch) {
        stage.finish();
    }
}

/// Plays a part, at its moment or so much later; false where a step could not be done, so that what follows has no
/// meaning.
pub(crate) fn play_part(part: &Part, later: Duration, stage: &mut Stage) -> bool {
    let moment = part.at.map(|moment| match moment {
        When::At(at) => When::At(at + later),
        When::End => When::End,
    });
    match moment {
        Some(When::End) => stage.finish(),
        Some(When::At(at)) if at < stage.now() => {
            let seen = format!("{} of virtual time have passed already", crate::play::time(stage.now()));
            stage.fail(part.line, format!("a part at {}", time(at)), seen);
            return false;
        }
        Some(When::At(at)) => stage.run_until(at),
        None => (),
    }
    match &part.kind {
        PartKind::Step { word, mark, act, keep, expect } => {
            let told_before = stage.ears.tape.len();
            if let Err(why) = act(stage) {
                stage.fail(part.line, format!("the step `{word}`"), why);
                return false;
            }
            if let Some(name) = mark {
                stage.mark(name, told_before);
            }
            stage.keep(keep);
            stage.expect(expect);
        }
        PartKind::Holds(that) => stage.expect(that),
        PartKind::Within(within, that) => {
            if let Err(why) = stage.run_until_holds(that, *within) {
                stage.fail(part.line, "what is expected within its time".to_owned(), why);
            }
        }
        PartKind::Always(always) => stage.watch(always, true),
        PartKind::Never(never) => stage.watch(never, false),
    }
    true
}

fn time(at: Instant) -> String {
    highwater_model::spelling::write_duration(Duration(at.0))
}
