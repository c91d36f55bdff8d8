//! The swarm: random clusters under random storms of faults. Safety is checked at every step; then everything is healed,
//! and the cluster and its clients must come right.

mod calm;
mod draw;
#[cfg(feature = "mutants")]
mod mutants;
mod setup;
mod shrink;

pub use calm::{Demand, Stuck};
pub use draw::{CALM, scenario};
#[cfg(feature = "mutants")]
pub use mutants::{Caught, Hunt, hunt};
pub use shrink::{Shrink, shrink};

use calm::{Memory, Pulse};
use highwater_model::{Duration, Instant, Scenario};
use highwater_oracle::Invariants;
use highwater_oracle::invariants::{Invariant, Violation};
use highwater_oracle::sightings::{Lookout, Sighted, Sighting};
use highwater_sim::{Advance, Checks, World};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Interesting states that thousands of scripts hardly get into. Cases do: P-LOG-05-b, S-07 and P-CONS-03.
pub const LEFT_TO_CASES: [Sighting; 3] =
    [Sighting::ForkHealedInRounds, Sighting::OffsetNotAvailable, Sighting::CommitRefused];

/// Events between two looks at the invariants' verdict.
const SLICE_EVENTS: u64 = 4_000;

/// No run has as many events: one that has goes in circles.
const EVENTS_MAX: u64 = 20_000_000;

/// This long before the end of the calm we look for the first time.
const LAST_LOOK: Duration = Duration::from_secs(15);

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Faults that it had.
    pub faults: u64,
    /// Events that it had, up to its first failure.
    pub events: u64,
    /// What interesting states it got into.
    pub sighted: Sighted,
    /// What went wrong first, if anything.
    pub failure: Option<Failure>,
}

/// What can go wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something that may never happen.
    Violation(Violation),
    /// Something that did not come right in the calm: the first of what was found.
    Stuck(Stuck),
    /// The engine stopped itself: an assertion failed.
    Panic(String),
    /// It did not end.
    Endless,
}

/// The kind of a failure, by which a shorter script counts as failing in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// This invariant.
    Violation(Invariant),
    /// This demand.
    Stuck(Demand),
    /// Any assertion.
    Panic,
    /// Too many events.
    Endless,
}

impl Failure {
    /// Its kind.
    pub fn kind(&self) -> FailureKind {
        match self {
            Failure::Violation(violation) => FailureKind::Violation(violation.invariant),
            Failure::Stuck(stuck) => FailureKind::Stuck(stuck.demand),
            Failure::Panic(_) => FailureKind::Panic,
            Failure::Endless => FailureKind::Endless,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Violation(violation) => violation.fmt(f),
            Failure::Stuck(stuck) => write!(f, "not met: {}: {}", stuck.demand, stuck.what),
            Failure::Panic(message) => write!(f, "panic: {message}"),
            Failure::Endless => write!(f, "more than {EVENTS_MAX} events"),
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureKind::Violation(invariant) => invariant.fmt(f),
            FailureKind::Stuck(demand) => write!(f, "not met: {demand}"),
            FailureKind::Panic => f.write_str("panic"),
            FailureKind::Endless => f.write_str("endless"),
        }
    }
}

/// Runs a scenario whose last [`CALM`] is calm, with these checks on. Stops at the first failure.
pub fn run(scenario: &Scenario, checks: Checks) -> Trial {
    let mut events = 0;
    let mut observer = ((Invariants::new(scenario), Lookout::new(scenario)), Pulse::new(scenario));
    let attempt = || {
        let mut world = World::new(scenario).with_checks(checks);
        follow(scenario, &mut world, &mut observer, &mut events)
    };
    // A failed assertion of the engine is a finding; nothing of its world is looked at afterwards.
    let failure = match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(failure) => failure,
        Err(panic) => Some(Failure::Panic(words_of(&*panic))),
    };
    let faults = scenario.faults.len() as u64;
    Trial { faults, events, sighted: observer.0.1.sighted(), failure }
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}

type Observers = ((Invariants, Lookout), Pulse);

fn follow(scenario: &Scenario, world: &mut World, observer: &mut Observers, events: &mut u64) -> Option<Failure> {
    let end = Instant(scenario.duration.0);
    let first_look = Instant(scenario.duration.0.saturating_sub(LAST_LOOK.0));
    if let Some(failure) = follow_until(first_look, world, observer, events) {
        return Some(failure);
    }
    let before = world.frame();
    if let Some(failure) = follow_until(end, world, observer, events) {
        return Some(failure);
    }
    world.finish(observer);
    let ((invariants, _), pulse) = observer;
    invariants.finish(world.now());
    if let Some(violation) = invariants.violations().first() {
        return Some(Failure::Violation(violation.clone()));
    }
    let memory = match (invariants.heals_forks(), invariants.may_have_forgotten()) {
        (false, _) => Memory::Forks,
        (true, true) => Memory::Gaps,
        (true, false) => Memory::Whole,
    };
    let stuck = calm::demands_not_met(scenario, memory, &before, &world.frame(), pulse);
    stuck.into_iter().next().map(Failure::Stuck)
}

fn follow_until(until: Instant, world: &mut World, observer: &mut Observers, events: &mut u64) -> Option<Failure> {
    loop {
        let reached = world.advance(until, SLICE_EVENTS, observer);
        *events = world.events();
        if let Some(violation) = observer.0.0.violations().first() {
            return Some(Failure::Violation(violation.clone()));
        }
        if reached == Advance::Reached {
            return None;
        }
        if EVENTS_MAX < *events {
            return Some(Failure::Endless);
        }
    }
}
