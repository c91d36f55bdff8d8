//! Runs cases on a real cluster and measures their figures there, by the same expressions as in a simulated run. What was
//! measured is written into the case's file. `cargo xtask lab FILE...` calls this.

mod cluster;
mod driver;
mod play;
mod record;
mod script;
mod write;

use highwater_figures::{Kind, Samples, Value, Verdict};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Why something cannot be done, for people.
pub type Trouble = String;

/// What to do.
struct Request {
    files: Vec<PathBuf>,
    /// Runs of each case.
    runs: u32,
    keep: Keep,
}

/// What becomes of what was measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// It is written into the file.
    Written,
    /// It is compared with what the file says: facts must agree.
    Compared,
}

const USAGE: &str = "\
Usage: cargo xtask lab [--runs N] [--compare] FILE...
  Runs cases (tests/lab/*.toml) on a real Apache Kafka cluster, N times each (3), and writes what was measured into them.
  --compare   writes nothing, and fails where a fact differs from what the file says
";

fn main() -> ExitCode {
    let request = match read_arguments(std::env::args().skip(1)) {
        Ok(request) => request,
        Err(trouble) => {
            eprintln!("{trouble}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match run(&request) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Request, Trouble> {
    let mut request = Request { files: Vec::new(), runs: 3, keep: Keep::Written };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--runs" => {
                let number = arguments.next().and_then(|text| text.parse().ok());
                request.runs = number.ok_or("`--runs` needs a number")?;
            }
            "--compare" => request.keep = Keep::Compared,
            file if file.starts_with('-') => return Err(format!("there is no `{file}`")),
            file => request.files.push(file.into()),
        }
    }
    if request.files.is_empty() { Err("which cases?".to_owned()) } else { Ok(request) }
}

/// Do all facts agree?
fn run(request: &Request) -> Result<bool, Trouble> {
    let mut agree = true;
    for file in &request.files {
        agree &= run_case(file, request)?;
    }
    Ok(agree)
}

fn run_case(file: &Path, request: &Request) -> Result<bool, Trouble> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let case = highwater_conformance::read(&text).map_err(|problems| format!("{}: {problems:?}", file.display()))?;
    let script = script::read(&text, &case)?;
    println!("{}  {}", case.about.id, case.about.title);
    let mut samples = vec![Samples::default(); case.measures.figures.len()];
    for n in 1..=request.runs {
        println!("  run {n} of {}", request.runs);
        let folder = std::env::temp_dir().join(format!("highwater-lab-{}-{n}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let values = play::play(&case, &script, &folder);
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
        for (samples, value) in samples.iter_mut().zip(values?) {
            samples.add(value.unwrap_or(Value::None));
        }
    }
    let mut agree = true;
    for (figure, samples) in case.measures.figures.iter().zip(&samples) {
        let verdict = figure.measured.judge(figure.kind, samples);
        agree &= figure.kind != Kind::Fact || verdict != Verdict::Differs;
        println!(
            "  {:<8}{:<40} {:>18}  {:>18}",
            figure.kind.name(),
            figure.name,
            figure.measured.to_string(),
            samples.to_string()
        );
    }
    if request.keep == Keep::Written {
        let written = write::with_measures(&text, &case.measures.figures, &samples);
        fs::write(file, written).map_err(|error| error.to_string())?;
    }
    Ok(request.keep == Keep::Written || agree)
}
