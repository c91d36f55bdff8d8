//! `highwater swarm`: random clusters under random storms of faults, on all cores, until told to stop.

use crate::say::sayln;
use highwater_experiments::swarm::{self, Failure, Trial};
use highwater_model::file;
use highwater_oracle::sightings::Sighted;
use highwater_sim::{Check, Checks};
use std::fs;
use std::num::NonZero;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What the swarm is told to do.
#[derive(Clone, Debug)]
pub struct SwarmRequest {
    /// Which scripts.
    pub seeds: Range<u64>,
    /// Stop after so long.
    pub seconds: Option<u64>,
    /// Switch this check off.
    pub without: Option<Check>,
    /// Where shrunk scripts are written.
    pub out: String,
}

/// Runs that a shrinking may take.
const SHRINK_RUNS: u32 = 400;

/// So many scripts reach every interesting state that is not left to cases; with fewer a missing one says nothing.
const SCRIPTS_FOR_ALL_SIGHTINGS: u64 = 2_000;

/// A script that failed.
struct Found {
    seed: u64,
    failure: Failure,
}

/// What all threads have in common.
struct Shared {
    next: AtomicU64,
    totals: Mutex<Totals>,
}

#[derive(Default)]
struct Totals {
    scripts: u64,
    faults: u64,
    events: u64,
    sighted: Sighted,
    found: Vec<Found>,
}

impl Totals {
    fn add(&mut self, seed: u64, trial: Trial) {
        self.scripts += 1;
        self.faults += trial.faults;
        self.events += trial.events;
        self.sighted = self.sighted.union(trial.sighted);
        if let Some(failure) = trial.failure {
            sayln!("seed {seed}: {failure}");
            self.found.push(Found { seed, failure });
        }
    }
}

/// Threads that this machine runs at a time.
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// A run whose assertion fails is reported with its seed; the panic's own words on the terminal would be noise.
pub fn silence_panics() {
    std::panic::set_hook(Box::new(|_| ()));
}

/// Runs the swarm. True if nothing failed and everything interesting was seen.
pub fn swarm(request: &SwarmRequest) -> bool {
    silence_panics();
    let checks = checks_without(request.without);
    let shared = Shared { next: AtomicU64::new(request.seeds.start), totals: Mutex::new(Totals::default()) };
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| work(request, checks, began, &shared));
        }
    });
    let totals = shared.totals.into_inner().expect("no thread panicked with the totals");
    report(request, checks, began.elapsed(), totals)
}

fn checks_without(check: Option<Check>) -> Checks {
    check.map_or_else(Checks::default, |check| Checks::default().without(check))
}

fn work(request: &SwarmRequest, checks: Checks, began: Instant, shared: &Shared) {
    let limit = request.seconds.map(Duration::from_secs);
    loop {
        let seed = shared.next.fetch_add(1, Ordering::Relaxed);
        if request.seeds.end <= seed || limit.is_some_and(|limit| limit <= began.elapsed()) {
            return;
        }
        let trial = swarm::run(&swarm::scenario(seed), checks);
        shared.totals.lock().expect("no thread panicked with the totals").add(seed, trial);
    }
}

fn report(request: &SwarmRequest, checks: Checks, took: Duration, mut totals: Totals) -> bool {
    sayln!(
        "{} seeds, {} faults, {} events in {:.0} s; {} failed",
        totals.scripts,
        totals.faults,
        totals.events,
        took.as_secs_f64(),
        totals.found.len()
    );
    totals.found.sort_by_key(|found| found.seed);
    if let Some(first) = totals.found.first() {
        write_shrunk(request, checks, first);
    }
    let missing: Vec<_> =
        totals.sighted.missing().filter(|sighting| !swarm::LEFT_TO_CASES.contains(sighting)).collect();
    for sighting in &missing {
        sayln!("never seen: {sighting}");
    }
    totals.found.is_empty() && (missing.is_empty() || totals.scripts < SCRIPTS_FOR_ALL_SIGHTINGS)
}

/// Shrinks a failing script, writes it as a scenario file, and says how to run both again.
fn write_shrunk(request: &SwarmRequest, checks: Checks, found: &Found) {
    let Found { seed, failure } = found;
    let without = request.without.map_or_else(String::new, |check| format!(" --without {}", check.name()));
    sayln!("again: highwater swarm --seeds {seed}..{}{without}", seed + 1);
    let shrunk = swarm::shrink(&swarm::scenario(*seed), failure, checks, SHRINK_RUNS);
    let path = format!("{}/swarm-{seed}.toml", request.out);
    let faults = shrunk.scenario.faults.len();
    match fs::write(&path, file::write_scenario(&shrunk.scenario)) {
        Ok(()) => sayln!("shrunk to {faults} faults by {} runs: {path}", shrunk.tried),
        Err(error) => sayln!("shrunk to {faults} faults by {} runs, but {path}: {error}", shrunk.tried),
    }
    sayln!("  {}", shrunk.failure);
}
