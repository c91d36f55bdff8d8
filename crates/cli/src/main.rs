//! `highwater`: Highwater for the terminal.

mod agree;
mod anchors;
mod bench;
mod cases;
mod check;
mod measured;
mod mutants;
mod run;
mod say;
mod source;
mod swarm;
mod sweep;
mod table;
mod verdict;

use agree::AgreeRequest;
use anchors::AnchorsRequest;
use highwater_experiments::axes::CHAPTER_ROUNDS;
use highwater_model::LaneId;
use highwater_sim::Check;
use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use mutants::MutantsRequest;
use run::{Form, RunRequest};
use std::process::ExitCode;
use swarm::SwarmRequest;
use sweep::{Shard, SweepRequest};

const HELP: &str = "\
Highwater: run a Kafka cluster through a failure, and see what it loses and why.

  highwater run SCENARIO [--lane a|b] [--seed N] [--json] [--trace] [--metrics]
      SCENARIO is a preset (payments, clickstream, defaults), a scenario or comparison file (TOML), or a link.
      A comparison runs both lanes, or the one asked for.
      --seed N   another seed than the scenario's
      --json     one JSON object a run, in one line
      --trace    first everything that happened, one line an entry
      --metrics  also Kafka's metrics, by their JMX names
  highwater check FILE|FOLDER... [--json]
      Plays conformance cases (docs/conformance.md), those of a folder in the order of their names, and says of each
      whether it holds; what does not is told with what was seen.
  highwater agree FILE|FOLDER... [--seeds N] [--json]
      Runs cases in which a real cluster was measured, each under N seeds (50 unless said otherwise), and prints what
      was measured beside what was simulated, a line a figure.
  highwater anchors [ID...] [--from FOLDER] [--json]
      Compares the model with published figures (docs/calibration.md): a line an anchor with its tier, what it tests,
      what was published, the tolerance, what was computed, and whether that is near enough or by which factor not; at
      the end the share within tolerance. --from FOLDER: where the anchors are (tests/anchors).
  highwater sweep SCENARIO [--set NAME=VALUE,VALUE...]... [--lane a|b] [--seeds N] [--seed N] [--deadline MS] [--json]
      The five axes of a scenario (both lanes of a comparison) at each value of one setting or each pair of two, from
      runs on all cores: every figure with its 95 % interval. Faults of the scenario do not count: a year's are thrown.
      --set NAME=...   a setting and its values; without any, the scenario as it is
      --seeds N        rounds of probes, each with its own seed (40)
      --deadline MS    what is acknowledged later is not in time (3000)
      --json           one JSON object a point, in one line
      --shard I/N      runs only a part of the plan and prints its samples, for `merge`
  highwater merge FILE... [--json]
      The results of a whole sweep from the files of all its shards, to the last bit (docs/scale.md).
  highwater table [--seeds N] [--json]
      The chapter's table: three presets, five axes; figure, word, and whether the chapter says the same (docs/table.md).
  highwater bench [--json]
      Measures the engine on this machine.
  highwater swarm [--seeds A..B] [--seconds N] [--without CHECK] [--out FOLDER]
      Random clusters under random storms of faults, on all cores: no invariant may break, and when the storm is over
      and everything is healed, all must come right. Says seeds, faults and events; the first seed that fails is
      shrunk to a short scenario file.
      --seeds A..B     scripts from A up to, not including, B (0..1000)
      --seconds N      no new script after so long
      --without CHECK  with this check of the protocol removed
      --out FOLDER     where a shrunk script is written (.)
  highwater mutants [--cases FILE|FOLDER]... [--scripts N] [--check CHECK]...
      Removes each check of the protocol in turn (or those named), plays the conformance cases that name it, and then
      runs the swarm, until something notices.
      --cases FILE     cases that may catch one
      --scripts N      scripts of the swarm that each may take (2000)
      --check CHECK    only this one

Exit codes: 0 ran, and no acknowledged record was lost (every case holds; nothing failed, no mutant escaped);
1 acknowledged records were lost (a case does not hold; something failed, a mutant escaped); 2 could not run.
";

/// What the terminal is told to do.
enum Command {
    Help,
    Run(RunRequest),
    Check(Vec<String>, Form),
    Agree(AgreeRequest),
    Anchors(AnchorsRequest),
    Sweep(SweepRequest),
    Merge(Vec<String>, Form),
    Table(u32, Form),
    Bench(Form),
    Swarm(SwarmRequest),
    Mutants(MutantsRequest),
}

/// The exit code of what could not run.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let command = match read_arguments(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    match command {
        Command::Help => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Command::Bench(form) => {
            bench::bench(form);
            ExitCode::SUCCESS
        }
        Command::Check(paths, form) => match check::check(&paths, form) {
            check::Came::AllHold => ExitCode::SUCCESS,
            check::Came::SomeDoNot => ExitCode::from(1),
            check::Came::SomeUnreadable => ExitCode::from(COULD_NOT_RUN),
        },
        Command::Agree(request) => match agree::agree(&request) {
            Ok(totals) if totals.facts_agree() => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(1),
            Err(problems) => could_not_run(&problems),
        },
        Command::Anchors(request) => match anchors::anchors(&request) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problems) => could_not_run(&problems),
        },
        Command::Sweep(request) => done(sweep::sweep(&request)),
        Command::Merge(paths, form) => done(sweep::merge(&paths, form)),
        Command::Table(rounds, form) => {
            table::table(rounds, form);
            ExitCode::SUCCESS
        }
        Command::Swarm(request) => success_if(swarm::swarm(&request)),
        Command::Mutants(request) => match mutants::mutants(&request) {
            Ok(all_caught) => success_if(all_caught),
            Err(problems) => could_not_run(&problems),
        },
        Command::Run(request) => match run::run(&request) {
            Ok(0) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::from(1),
            Err(problems) => could_not_run(&problems),
        },
    }
}

fn could_not_run(problems: &[String]) -> ExitCode {
    problems.iter().for_each(|problem| eprintln!("{problem}"));
    ExitCode::from(COULD_NOT_RUN)
}

fn done(result: Result<(), Vec<String>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => could_not_run(&problems),
    }
}

fn success_if(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn read_arguments(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let verb = match parser.next()? {
        None | Some(Short('h') | Long("help")) => return Ok(Command::Help),
        Some(Value(verb)) => verb.string()?,
        Some(other) => return Err(other.unexpected()),
    };
    match verb.as_str() {
        "run" => read_run(&mut parser),
        "check" => read_check(&mut parser),
        "agree" => read_agree(&mut parser),
        "anchors" => read_anchors(&mut parser),
        "sweep" => read_sweep(&mut parser),
        "merge" => read_merge(&mut parser),
        "table" => read_table(&mut parser),
        "swarm" => read_swarm(&mut parser),
        "mutants" => read_mutants(&mut parser),
        "bench" => {
            let mut form = Form::Text;
            while let Some(argument) = parser.next()? {
                match argument {
                    Long("json") => form = Form::Json,
                    other => return Err(other.unexpected()),
                }
            }
            Ok(Command::Bench(form))
        }
        "help" => Ok(Command::Help),
        _ => Err(format!("there is no command `{verb}`").into()),
    }
}

fn read_check(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut paths, mut form) = (Vec::new(), Form::Text);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => form = Form::Json,
            Value(path) => paths.push(path.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if paths.is_empty() {
        return Err("`check` needs a case's file, or a folder of them".into());
    }
    Ok(Command::Check(paths, form))
}

fn read_agree(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut request = AgreeRequest { paths: Vec::new(), seeds: 50, form: Form::Text };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => request.seeds = parser.value()?.parse()?,
            Long("json") => request.form = Form::Json,
            Value(path) => request.paths.push(path.into()),
            other => return Err(other.unexpected()),
        }
    }
    if request.paths.is_empty() {
        return Err("`agree` needs files or folders of cases".into());
    }
    Ok(Command::Agree(request))
}

fn read_anchors(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut request = AnchorsRequest { folder: anchors::FOLDER.into(), ids: Vec::new(), form: Form::Text };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("from") => request.folder = parser.value()?.into(),
            Long("json") => request.form = Form::Json,
            Value(id) => request.ids.push(id.string()?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Anchors(request))
}

fn read_lane(parser: &mut lexopt::Parser) -> Result<LaneId, lexopt::Error> {
    match parser.value()?.string()?.as_str() {
        "a" | "A" => Ok(LaneId::A),
        "b" | "B" => Ok(LaneId::B),
        other => Err(format!("there is no lane `{other}`; there are a and b").into()),
    }
}

/// Rounds of a sweep: twice around all incidents and more.
const SWEEP_ROUNDS: u32 = 40;

fn read_sweep(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut scenario, mut set, mut lane, mut seeds) = (None, Vec::new(), None, SWEEP_ROUNDS);
    let (mut seed, mut deadline_ms, mut form, mut shard) = (None, None, Form::Text, None);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("set") => set.push(parser.value()?.string()?),
            Long("lane") => lane = Some(read_lane(parser)?),
            Long("seeds") => seeds = parser.value()?.parse()?,
            Long("seed") => seed = Some(parser.value()?.parse()?),
            Long("deadline") => deadline_ms = Some(parser.value()?.parse()?),
            Long("json") => form = Form::Json,
            Long("shard") => {
                let text = parser.value()?.string()?;
                shard = Some(Shard::read(&text).ok_or("`--shard` takes I/N with I from 0 below N, such as 0/8")?);
            }
            Value(value) if scenario.is_none() => scenario = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if 2 < set.len() {
        return Err("`sweep` varies two settings at most".into());
    }
    let scenario = scenario.ok_or("`sweep` needs a scenario: a preset, a file or a link")?;
    Ok(Command::Sweep(SweepRequest { scenario, lane, set, seeds, seed, deadline_ms, form, shard }))
}

fn read_merge(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut paths, mut form) = (Vec::new(), Form::Text);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("json") => form = Form::Json,
            Value(path) => paths.push(path.string()?),
            other => return Err(other.unexpected()),
        }
    }
    if paths.is_empty() {
        return Err("`merge` needs the files of all shards of a sweep".into());
    }
    Ok(Command::Merge(paths, form))
}

fn read_table(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut rounds, mut form) = (CHAPTER_ROUNDS, Form::Text);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => rounds = parser.value()?.parse()?,
            Long("json") => form = Form::Json,
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Table(rounds, form))
}

fn read_run(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut scenario = None;
    let (mut lane, mut seed, mut form) = (None, None, Form::Text);
    let (mut trace, mut measure) = (run::Trace::Untold, run::Measure::Nothing);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("lane") => lane = Some(read_lane(parser)?),
            Long("seed") => seed = Some(parser.value()?.parse()?),
            Long("json") => form = Form::Json,
            Long("trace") => trace = run::Trace::Told,
            Long("metrics") => measure = run::Measure::Metrics,
            Value(value) if scenario.is_none() => scenario = Some(value.string()?),
            other => return Err(other.unexpected()),
        }
    }
    let scenario = scenario.ok_or("`run` needs a scenario: a preset, a file or a link")?;
    Ok(Command::Run(RunRequest { scenario, lane, seed, form, trace, measure }))
}

fn check_named(name: &str) -> Result<Check, lexopt::Error> {
    Check::by_name(name).ok_or_else(|| format!("there is no check `{name}`").into())
}

fn read_swarm(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut seeds, mut seconds, mut without, mut out) = (None, None, None, ".".to_owned());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seeds") => {
                let text = parser.value()?.string()?;
                let (from, to) = text.split_once("..").ok_or("`--seeds` takes a range such as 0..1000")?;
                seeds = Some(from.parse().map_err(|_| "not a number")?..to.parse().map_err(|_| "not a number")?);
            }
            Long("seconds") => seconds = Some(parser.value()?.parse()?),
            Long("without") => without = Some(check_named(&parser.value()?.string()?)?),
            Long("out") => out = parser.value()?.string()?,
            other => return Err(other.unexpected()),
        }
    }
    // By time alone it goes on for as long as there is time.
    let all = if seconds.is_some() { 0..u64::MAX } else { 0..1_000 };
    Ok(Command::Swarm(SwarmRequest { seeds: seeds.unwrap_or(all), seconds, without, out }))
}

fn read_mutants(parser: &mut lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut request = MutantsRequest { checks: Vec::new(), cases: Vec::new(), scripts: mutants::BUDGET_SCRIPTS };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("scripts") => request.scripts = parser.value()?.parse()?,
            Long("cases") => request.cases.push(parser.value()?.string()?),
            Long("check") => request.checks.push(check_named(&parser.value()?.string()?)?),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Command::Mutants(request))
}
