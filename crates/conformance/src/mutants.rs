//! Mutants: the protocol with one check removed. A case catches one where it holds with all checks on, and does not
//! without this one.

use crate::case::Case;
use crate::play::play_parts;
use crate::search::{self, Expected};
use crate::stage::{Failure, Stage};
use highwater_kafka::checks::{Check, Checks};
use highwater_oracle::invariants::{Invariant, Violation};
use std::any::Any;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How a mutant was caught.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Catch {
    /// What the case expects does not hold.
    Expectation(Failure),
    /// An invariant breaks that holds with all checks on.
    Invariant(Violation),
    /// The schedule of this number breaks an invariant, in a search.
    Schedule(u32, Violation),
    /// An assertion of the engine fails.
    Panic(String),
    /// It goes in circles: it has more events than this, a multiple of what it has with all checks on.
    Endless(u64),
}

impl fmt::Display for Catch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Catch::Expectation(failure) => {
                write!(f, "line {}: expected {}, seen: {}", failure.line, failure.expected, failure.seen)
            }
            Catch::Invariant(violation) => write!(f, "{} {}", violation.invariant, violation.what),
            Catch::Schedule(run, violation) => write!(f, "schedule {run}: {} {}", violation.invariant, violation.what),
            Catch::Panic(words) => write!(f, "panic: {words}"),
            Catch::Endless(events) => write!(f, "more than {events} events"),
        }
    }
}

/// How this case catches the protocol without the check; nothing where it holds all the same.
pub fn catch(case: &Case, check: Check) -> Option<Catch> {
    let searches = case.searches.iter().filter(|search| search.without == Some(check));
    let found =
        searches.filter(|search| search.expected == Expected::Violation).find_map(|own| search::find(case, own));
    if let Some((run, violation)) = found {
        return Some(Catch::Schedule(run, violation));
    }
    let sound = attempt(case, Checks::default(), u64::MAX).ok()?;
    let events_max = sound.events.saturating_mul(4) + 100_000;
    let played = match attempt(case, Checks::default().without(check), events_max) {
        Ok(played) => played,
        Err(caught) => return Some(caught),
    };
    // A case that starts in the middle of things may break an invariant by itself.
    let broken: BTreeSet<Invariant> = sound.violations.iter().map(|violation| violation.invariant).collect();
    played.violations.into_iter().find(|violation| !broken.contains(&violation.invariant)).map(Catch::Invariant)
}

/// What a play came to in which all expectations held.
struct Played {
    violations: Vec<Violation>,
    events: u64,
}

/// Plays the case's steps and expectations; gives how it fails, if it does.
fn attempt(case: &Case, checks: Checks, events_max: u64) -> Result<Played, Catch> {
    let play = || {
        let mut stage = Stage::of(case, checks);
        stage.bound(events_max);
        play_parts(case, &mut stage);
        if stage.is_exhausted() {
            return Err(Catch::Endless(events_max));
        }
        let events = stage.world.events();
        match stage.first_failure() {
            Some(failure) => Err(Catch::Expectation(failure.clone())),
            None => Ok(Played { violations: stage.ears.invariants.violations().to_vec(), events }),
        }
    };
    // A failed assertion of the engine is a finding; nothing of its world is looked at afterwards.
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|panic| Err(Catch::Panic(words_of(&*panic))))
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}
