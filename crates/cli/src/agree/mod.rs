//! `highwater agree`: runs cases that a real cluster was measured in, and prints measured beside simulated.

mod series;

use crate::cases::{files, read_file};
use crate::run::Form;
use crate::say::sayln;
use highwater_conformance::Case;
use highwater_conformance::agree::figures_under;
use highwater_conformance::measured::Figure;
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

/// A case that was run.
struct Compared {
    id: String,
    title: String,
    figures: Vec<(Figure, Outcome)>,
}

/// Runs the cases and prints how they agree.
pub fn agree(request: &AgreeRequest) -> Result<Totals, Vec<String>> {
    let files: Vec<PathBuf> = request.paths.iter().flat_map(|path| files(path)).collect();
    let (compared, problems): (Vec<_>, Vec<_>) =
        compare_all(&files, request.seeds).into_iter().partition(Result::is_ok);
    let problems: Vec<String> = problems.into_iter().filter_map(Result::err).flatten().collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut totals = Totals::default();
    let mut series = Series::default();
    let mut cases = 0;
    for case in compared.into_iter().flatten() {
        cases += 1;
        report(&case, request.form, &mut totals, &mut series);
    }
    for (name, agreeing, all) in series.judged() {
        totals.figures.0 += agreeing;
        totals.figures.1 += all;
        if request.form == Form::Text {
            sayln!("order   {name}: {agreeing} of {all} pairs as measured");
        }
    }
    let Totals { facts, figures } = totals;
    match request.form {
        Form::Text => {
            sayln!(
                "{cases} cases; facts: {} of {} agree; other figures: {} of {}",
                facts.0,
                facts.1,
                figures.0,
                figures.1
            );
        }
        Form::Json => sayln!("{}", json!({ "cases": cases, "facts": facts, "figures": figures })),
    }
    Ok(totals)
}

/// Every case under every seed, on all cores.
fn compare_all(files: &[PathBuf], seeds: u64) -> Vec<Result<Compared, Vec<String>>> {
    let next = AtomicUsize::new(0);
    let compared = Mutex::new(Vec::new());
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(place) else { break };
            let one = compare(file, seeds);
            compared.lock().expect("nobody panics with it").push((place, one));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let mut compared = compared.into_inner().expect("nobody panicked with it");
    compared.sort_by_key(|(place, _)| *place);
    compared.into_iter().map(|(_, one)| one).collect()
}

fn compare(file: &Path, seeds: u64) -> Result<Compared, Vec<String>> {
    let named =
        |problems: Vec<String>| problems.iter().map(|it| format!("{}: {it}", file.display())).collect::<Vec<_>>();
    let case = read_file(file).map_err(named)?;
    let outcomes = outcomes(&case, seeds);
    let Case { about, measures, .. } = case;
    Ok(Compared { id: about.id, title: about.title, figures: measures.figures.into_iter().zip(outcomes).collect() })
}

fn outcomes(case: &Case, seeds: u64) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = case.measures.figures.iter().map(|_| Ok(Samples::default())).collect();
    for seed in 1..=seeds {
        let values = match figures_under(case, seed) {
            Ok(values) => values.into_iter().map(|value| value.map_err(|error| error.to_string())).collect(),
            Err(error) => vec![Err(format!("seed {seed}: {error}")); outcomes.len()],
        };
        for (outcome, value) in outcomes.iter_mut().zip(values) {
            match (outcome.as_mut(), value) {
                (Ok(samples), Ok(value)) => samples.add(value),
                (Ok(_), Err(error)) => *outcome = Err(error),
                (Err(_), _) => (),
            }
        }
    }
    outcomes
}

fn report(case: &Compared, form: Form, totals: &mut Totals, series: &mut Series) {
    if form == Form::Text {
        sayln!("{}  {}", case.id, case.title);
    }
    let mut lines: Vec<_> = case.figures.iter().collect();
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
            Form::Text => sayln!("  {kind:<8}{name:<40} {measured:>18}  {simulated:>18}  {word}"),
            Form::Json => sayln!(
                "{}",
                json!({ "case": case.id, "figure": name, "kind": kind, "measured": measured,
                        "simulated": simulated, "verdict": format!("{verdict:?}").to_lowercase() })
            ),
        }
    }
}
