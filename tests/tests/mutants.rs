//! The judges can see: of each check of the protocol there is a conformance case that holds with it and not without it.
//! `highwater mutants --cases tests/conformance` says how each is caught.
#![cfg(not(target_arch = "wasm32"))]

use highwater_conformance::mutants::catch;
use highwater_conformance::{Outcome, play, read};
use highwater_sim::Check;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Checks that no case catches, and who does.
const LEFT_TO_OTHERS: [(Check, &str); 1] =
    [(Check::MoveInTwoSteps, "group/assignors.rs: without_move_in_two_steps_a_partition_has_two_owners_for_a_while")];

/// The cases that name checks, with them.
fn catchers() -> Vec<(PathBuf, Vec<Check>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let entries = fs::read_dir(folder).expect("there are cases");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.sort();
    let named = |file: PathBuf| {
        let case = read(&fs::read_to_string(&file).expect("a case can be read")).ok()?;
        (!case.about.mutants.is_empty()).then_some((file, case.about.mutants))
    };
    files.into_iter().filter_map(named).collect()
}

#[test]
fn every_check_has_a_case_that_catches_its_absence() {
    let named: BTreeSet<Check> = catchers().into_iter().flat_map(|(_, checks)| checks).collect();
    let others: BTreeSet<Check> = LEFT_TO_OTHERS.iter().map(|(check, _)| *check).collect();
    let missing: Vec<_> = Check::ALL.iter().filter(|check| !named.contains(check) && !others.contains(check)).collect();
    assert!(missing.is_empty(), "no case names {missing:?}");
    let both: Vec<_> = named.intersection(&others).collect();
    assert!(both.is_empty(), "a case catches what is left to others: {both:?}");
}

#[test]
fn a_case_that_names_a_check_holds_with_it_and_not_without_it() {
    let work = Mutex::new(catchers());
    let wrong = Mutex::new(Vec::new());
    let take = || work.lock().expect("nobody panics with it").pop();
    let run = || {
        while let Some((file, checks)) = take() {
            let case = read(&fs::read_to_string(&file).expect("a case can be read")).expect("it was just read");
            let id = &case.about.id;
            let mut found: Vec<String> = Vec::new();
            if play(&case).outcome != Outcome::Passed {
                found.push(format!("{id} does not hold"));
            }
            let escaped = checks.iter().filter(|check| catch(&case, **check).is_none());
            found.extend(escaped.map(|check| format!("{id} holds without {}", check.name())));
            wrong.lock().expect("nobody panics with it").append(&mut found);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(run);
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics with it");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
