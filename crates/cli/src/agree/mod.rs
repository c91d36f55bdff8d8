//! `highwater agree`: runs cases that a real cluster was measured in, and prints measured beside simulated.

mod case;
mod play;
mod series;

use crate::run::Form;
use case::Case;
use highwater_figures::{Kind, Samples, Verdict};
use serde_json::json;
use series::Series;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to compare.
pub struct AgreeRequest {
    /// Files, or folders of files.
    pub paths: Vec<PathBuf>,
    /// Runs of each case.
    pub seeds: u64,
    pub form: Form,
}

/// How many of the figures agree.
#[derive(Clone, Copy, Default)]
pub struct Totals {
    facts: (u64, u64),
    figures: (u64, u64),
}

impl Totals {
    /// Do all facts agree?
    pub fn facts_agree(self) -> bool {
        self.facts.0 == self.facts.1
    }

    fn add(&mut self, kind: Kind, verdict: Verdict) {
        let (agreeing, all) = if kind == Kind::Fact { &mut self.facts } else { &mut self.figures };
        if verdict != Verdict::Open {
            *agreeing += u64::from(verdict == Verdict::Agrees);
            *all += 1;
        }
    }
}

/// A figure's runs, or why they have no value.
type Outcome = Result<Samples, String>;

/// Runs the cases and prints how they agree.
pub fn agree(request: &AgreeRequest) -> Result<Totals, Vec<String>> {
    let mut cases = Vec::new();
    let mut problems = Vec::new();
    for path in files(&request.paths).map_err(|error| vec![error])? {
        match case::read(&path) {
            Ok(case) => cases.push(case),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let outcomes = run_all(&cases, request.seeds);
    let mut totals = Totals::default();
    let mut series = Series::default();
    for (case, outcomes) in cases.iter().zip(&outcomes) {
        report(case, outcomes, request.form, &mut totals, &mut series);
    }
    for (name, agreeing, all) in series.judged() {
        totals.figures.0 += agreeing;
        totals.figures.1 += all;
        if request.form == Form::Text {
            println!("order   {name}: {agreeing} of {all} pairs as measured");
        }
    }
    let Totals { facts, figures } = totals;
    match request.form {
        Form::Text => {
            println!("facts: {} of {} agree; other figures: {} of {}", facts.0, facts.1, figures.0, figures.1);
        }
        Form::Json => println!("{}", json!({ "facts": facts, "figures": figures, "cases": cases.len() })),
    }
    Ok(totals)
}

/// The files of cases that the paths mean, in order.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let error = |error: std::io::Error| format!("{}: {error}", path.display());
        for entry in std::fs::read_dir(path).map_err(error)? {
            let file = entry.map_err(error)?.path();
            if file.extension() == Some(Path::new("toml").as_os_str()) {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Every case under every seed, on all cores.
fn run_all(cases: &[Case], seeds: u64) -> Vec<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Vec<Outcome>>> = cases.iter().map(|_| Mutex::new(Vec::new())).collect();
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let place = cases.iter().position(|other| std::ptr::eq(other, case)).unwrap_or_default();
            *outcomes[place].lock().expect("nobody panics with it") = run_case(case, seeds);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    outcomes.into_iter().map(|outcome| outcome.into_inner().expect("nobody panicked with it")).collect()
}

fn run_case(case: &Case, seeds: u64) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = case.figures.iter().map(|_| Ok(Samples::default())).collect();
    for seed in 1..=seeds {
        for (outcome, value) in outcomes.iter_mut().zip(play::play(case, seed)) {
            match (outcome.as_mut(), value) {
                (Ok(samples), Ok(value)) => samples.add(value),
                (Ok(_), Err(error)) => *outcome = Err(error.to_string()),
                (Err(_), _) => (),
            }
        }
    }
    outcomes
}

fn report(case: &Case, outcomes: &[Outcome], form: Form, totals: &mut Totals, series: &mut Series) {
    if form == Form::Text {
        println!("{}  {}", case.name, case.title);
    }
    let mut lines: Vec<_> = case.figures.iter().zip(outcomes).collect();
    lines.sort_by_key(|(figure, _)| figure.kind);
    for (figure, outcome) in lines {
        let (simulated, verdict) = match outcome {
            Ok(samples) => (samples.to_string(), figure.measured.judge(figure.kind, samples)),
            Err(error) => (error.clone(), Verdict::Differs),
        };
        totals.add(figure.kind, verdict);
        if let (Some(name), Ok(samples)) = (&figure.series, outcome) {
            series.add(name, &figure.measured, samples);
        }
        let word = match verdict {
            Verdict::Agrees => "agrees",
            Verdict::Differs => "DIFFERS",
            Verdict::Open => "",
        };
        let (kind, name, measured) = (figure.kind.name(), &figure.name, figure.measured.to_string());
        match form {
            Form::Text => println!("  {kind:<8}{name:<40} {measured:>18}  {simulated:>18}  {word}"),
            Form::Json => println!(
                "{}",
                json!({ "case": case.name, "figure": name, "kind": kind, "measured": measured,
                        "simulated": simulated, "verdict": format!("{verdict:?}").to_lowercase() })
            ),
        }
    }
}
