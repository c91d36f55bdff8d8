//! A slice of the swarm: random clusters under random storms of faults violate no invariant, and come right when the
//! storm is over. `highwater swarm` runs as many as there is time for.
#![cfg(not(target_arch = "wasm32"))]

use highwater_experiments::swarm::{self, Trial};
use highwater_oracle::sightings::Sighted;
use highwater_sim::Checks;
use std::sync::atomic::{AtomicU64, Ordering};

const SCRIPTS: u64 = 1_000;

fn run_slice() -> Vec<(u64, Trial)> {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if SCRIPTS <= number {
                    return done;
                }
                done.push((number, swarm::run(&swarm::scenario(number), Checks::default())));
            }
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a trial catches panics")).collect()
    })
}

#[test]
fn random_storms_violate_nothing_and_all_comes_right_after_them() {
    let (mut faults, mut events, mut sighted) = (0, 0, Sighted::default());
    let mut failures = Vec::new();
    for (number, trial) in run_slice() {
        faults += trial.faults;
        events += trial.events;
        sighted = sighted.union(trial.sighted);
        failures.extend(trial.failure.map(|failure| format!("seed {number}: {failure}")));
    }
    println!("{SCRIPTS} scripts, {faults} faults, {events} events, {} failed", failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let missing: Vec<_> = sighted.missing().filter(|sighting| !swarm::LEFT_TO_CASES.contains(sighting)).collect();
    assert!(missing.is_empty(), "no script got into: {missing:?}");
}

#[test]
fn a_script_has_its_calm_and_every_fault_is_over_by_then() {
    for number in 0..200 {
        let scenario = swarm::scenario(number);
        let calm = scenario.duration - swarm::CALM;
        let end = |fault: &highwater_model::Fault| fault.at.0 + fault.duration.map_or(0, |duration| duration.0);
        assert!(scenario.faults.iter().all(|fault| end(fault) <= calm.0), "script {number}");
    }
}
