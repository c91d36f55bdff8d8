//! The sweep: random clusters under random fault scripts, with the protocol's invariants checked at every step.

use highwater_model::Scenario;
use highwater_tests::play::Play;
use highwater_tests::random;
use std::sync::atomic::{AtomicU64, Ordering};

#[test]
fn a_thousand_random_fault_scripts_violate_no_invariant() {
    sweep(random::scenario, 1_000);
}

#[test]
fn administrators_at_work_among_faults_violate_no_invariant() {
    sweep(random::administered, 300);
}

fn sweep(script: fn(u64) -> Scenario, scripts: u64) {
    let next = AtomicU64::new(0);
    let (faults, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let violations = std::thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if scripts <= number {
                    return found;
                }
                let scenario = script(number);
                faults.fetch_add(scenario.faults.len() as u64, Ordering::Relaxed);
                let play = Play::of(scenario);
                events.fetch_add(play.world.events(), Ordering::Relaxed);
                found.extend(play.invariants.violations().iter().map(|violation| (number, violation.clone())));
            }
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a run does not panic")).collect::<Vec<_>>()
    });
    println!("{scripts} scripts, {faults:?} faults, {events:?} events, {} violations", violations.len());
    assert!(violations.is_empty(), "script, violation: {:#?}", &violations[..violations.len().min(5)]);
}
