//! `highwater mutants`: removes one check of the protocol after the other, and says what notices.

use crate::say::sayln;
use crate::swarm::{silence_panics, threads};
use highwater_experiments::swarm::{Hunt, hunt};
use highwater_sim::Check;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What is asked of the mutants.
#[derive(Clone, Debug)]
pub struct MutantsRequest {
    /// Which; all where none is named.
    pub checks: Vec<Check>,
    /// Scripts that each may take.
    pub scripts: u64,
}

/// Scripts that are enough to catch each mutant: the budget that is promised.
pub const BUDGET_SCRIPTS: u64 = 2_000;

/// Hunts them. True if all were caught.
pub fn mutants(request: &MutantsRequest) -> bool {
    silence_panics();
    let checks = if request.checks.is_empty() { Check::ALL.to_vec() } else { request.checks.clone() };
    let next = AtomicUsize::new(0);
    let escaped = Mutex::new(0_u32);
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(check) = checks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let hunt = hunt(*check, 0..request.scripts);
                    *escaped.lock().expect("no thread panicked with the count") += u32::from(hunt.caught.is_none());
                    say(*check, &hunt);
                }
            });
        }
    });
    let escaped = escaped.into_inner().expect("no thread panicked with the count");
    sayln!("{} mutants, {escaped} escaped", checks.len());
    escaped == 0
}

fn say(check: Check, hunt: &Hunt) {
    let (name, scripts, events) = (check.name(), hunt.scripts, hunt.events);
    match &hunt.caught {
        Some(caught) => {
            sayln!("{name:32} {scripts:5} scripts {events:10} events  seed {}: {}", caught.number, caught.failure);
        }
        None => sayln!("{name:32} {scripts:5} scripts {events:10} events  ESCAPED"),
    }
}
