//! What a real cluster did, as cases: every file can be read, and its facts hold. `highwater agree tests/lab` compares
//! all figures, under more seeds.
#![cfg(not(target_arch = "wasm32"))]

use highwater_conformance::agree::figures_under;
use highwater_conformance::measured::Figure;
use highwater_conformance::{Case, read};
use highwater_figures::{Kind, Measured, Samples, Value, Verdict};
use std::fs;
use std::path::{Path, PathBuf};

const SEEDS: [u64; 2] = [1, 2];

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab");
    let entries = fs::read_dir(folder).expect("the folder of the lab is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

fn case_of(file: &Path) -> Case {
    let text = fs::read_to_string(file).expect("a case can be read");
    read(&text).unwrap_or_else(|problems| panic!("{}: {problems:?}", file.display()))
}

#[test]
fn every_case_is_named_after_its_file_and_measures_something() {
    for file in files() {
        let case = case_of(&file);
        assert_eq!(file.file_stem().and_then(|stem| stem.to_str()), Some(case.about.id.as_str()));
        assert!(!case.measures.figures.is_empty(), "{} measures nothing", case.about.id);
    }
}

#[test]
fn facts_hold_as_a_real_cluster_showed_them() {
    let mut wrong = Vec::new();
    let has_facts = |case: &Case| case.measures.figures.iter().any(|figure| figure.kind == Kind::Fact);
    for case in files().iter().map(|file| case_of(file)).filter(has_facts) {
        for seed in SEEDS {
            let values =
                figures_under(&case, seed).unwrap_or_else(|why| panic!("{}, seed {seed}: {why}", case.about.id));
            for (figure, value) in case.measures.figures.iter().zip(values) {
                let value = value.unwrap_or_else(|why| panic!("{}: {}: {why}", case.about.id, figure.name));
                if !holds(figure, &value) {
                    wrong.push(format!(
                        "{}, seed {seed}: {} is {value}, measured {}",
                        case.about.id, figure.name, figure.measured
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A single run shows some members of a set only.
fn holds(figure: &Figure, value: &Value) -> bool {
    match (&figure.measured, figure.kind) {
        (Measured::Union(members), Kind::Fact) => value.clone().into_set().is_subset(members),
        (measured, Kind::Fact) => {
            let mut samples = Samples::default();
            samples.add(value.clone());
            measured.judge(Kind::Fact, &samples) != Verdict::Differs
        }
        _ => true,
    }
}
