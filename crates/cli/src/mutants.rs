//! `highwater mutants`: removes one check of the protocol after the other, and says what notices: a conformance case, or
//! a script of the swarm.

use crate::cases::{files, read_file};
use crate::say::sayln;
use crate::swarm::{silence_panics, threads};
use highwater_conformance::{Case, mutants as cases};
use highwater_experiments::swarm::hunt;
use highwater_sim::Check;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// What is asked of the mutants.
#[derive(Clone, Debug)]
pub struct MutantsRequest {
    /// Which; all where none is named.
    pub checks: Vec<Check>,
    /// Files and folders of cases that may catch one before the swarm is asked.
    pub cases: Vec<String>,
    /// Scripts that each may take.
    pub scripts: u64,
}

/// Scripts that are enough to catch each mutant: the budget that is promised.
pub const BUDGET_SCRIPTS: u64 = 2_000;

/// Hunts them. True if all were caught; or says what is wrong with the cases.
pub fn mutants(request: &MutantsRequest) -> Result<bool, Vec<String>> {
    let found = files_of(&request.cases)?;
    silence_panics();
    let checks = if request.checks.is_empty() { Check::ALL.to_vec() } else { request.checks.clone() };
    let next = AtomicUsize::new(0);
    let escaped = Mutex::new(0_u32);
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                while let Some(check) = checks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let caught = by_case(*check, &found).or_else(|| by_script(*check, request.scripts));
                    *escaped.lock().expect("no thread panicked with the count") += u32::from(caught.is_none());
                    sayln!("{:28} {}", check.name(), caught.unwrap_or_else(|| "ESCAPED".to_owned()));
                }
            });
        }
    });
    let escaped = escaped.into_inner().expect("no thread panicked with the count");
    sayln!("{} mutants, {escaped} escaped", checks.len());
    Ok(escaped == 0)
}

/// The texts of all cases: a case cannot be handed from thread to thread, so that each reads those it plays.
fn files_of(paths: &[String]) -> Result<Vec<(std::path::PathBuf, Vec<Check>)>, Vec<String>> {
    let mut found = Vec::new();
    for file in paths.iter().flat_map(|path| files(Path::new(path))) {
        let case = read_file(&file)?;
        found.push((file, case.about.mutants));
    }
    Ok(found)
}

/// How a case that names the check catches its absence.
fn by_case(check: Check, found: &[(std::path::PathBuf, Vec<Check>)]) -> Option<String> {
    let naming = found.iter().filter(|(_, mutants)| mutants.contains(&check));
    let read = naming.filter_map(|(file, _)| read_file(file).ok());
    read.into_iter().find_map(|case: Case| Some(format!("{}: {}", case.about.id, cases::catch(&case, check)?)))
}

/// How a script of the swarm catches its absence.
fn by_script(check: Check, scripts: u64) -> Option<String> {
    let hunt = hunt(check, 0..scripts);
    let caught = hunt.caught?;
    Some(format!("swarm seed {} (after {} events): {}", caught.number, hunt.events, caught.failure))
}
