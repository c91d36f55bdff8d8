//! `highwater bench`: what the engine costs on this machine. The keys of the JSON are those of `cargo xtask bench`.

use crate::run::Form;
use crate::say::sayln;
use crate::sweep::{Shard, run};
use highwater_experiments::axes::{
    DEADLINE, FailureMix, Incident, Incidents, Prices, Probe, ProbeRun, Question, Study, Task, Variation, values,
};
use highwater_experiments::{Progress, Session, fingerprint};
use highwater_model::presets::{Preset, first_visit};
use highwater_model::{Duration, Instant, LaneId, Scenario, SettingId};
use serde_json::json;
use std::hint::black_box;
use std::time::Instant as WallTime;

/// Seeds that are measured; the budget is for a thousand.
const SEEDS: u64 = 20;

/// Moments that are sought in each run.
const SEEKS: u64 = 100;

struct PresetFigures {
    name: &'static str,
    events: u64,
    wall_s: f64,
    event_ns: f64,
    seek_max_ms: f64,
    seek_mean_ms: f64,
    memory_mb: Option<f64>,
}

/// Measures and prints.
pub fn bench(form: Form) {
    let presets = LaneId::ALL.map(|lane| measure(first_visit().scenario(lane)));
    let thousand_seeds_ms = measure_seeds(&first_visit().scenario(LaneId::A));
    let thousand_failures_ms = measure_failures();
    let chart = measure_chart();
    let worst = |figure: fn(&PresetFigures) -> f64| presets.iter().map(figure).fold(0.0, f64::max);
    match form {
        Form::Text => {
            print!("{}", table(&presets, thousand_seeds_ms));
            sayln!(
                "{:<12} {:>10.1} s for 1 000 seeds with one failure each, all cores",
                "payments",
                thousand_failures_ms / 1e3
            );
            let ChartFigures { first_ms, complete_ms } = chart;
            sayln!("{:<12} {first_ms:>10.0} ms to the first points, {complete_ms:.0} ms complete, all cores", "chart");
        }
        Form::Json => sayln!(
            "{}",
            json!({
                "event_native": worst(|preset| preset.event_ns),
                "seek_native": worst(|preset| preset.seek_max_ms),
                "thousand_seeds": thousand_seeds_ms,
                "thousand_failures": thousand_failures_ms,
                "tradeoff_first_native": chart.first_ms,
                "tradeoff_complete_native": chart.complete_ms,
            })
        ),
    }
}

/// One whole run with its judges, then seeks in it.
fn measure(scenario: Scenario) -> PresetFigures {
    let name = scenario.setup.preset.name();
    let length = scenario.duration;
    let memory_before = resident_mb();
    let start = WallTime::now();
    let mut session = Session::new(scenario);
    while session.advance(u64::MAX) == Progress::Running {}
    let events = black_box(session.summary()).events;
    let wall_s = start.elapsed().as_secs_f64();
    let memory_mb = resident_mb().zip(memory_before).map(|(after, before)| after - before);
    let mut seeks_ms = Vec::new();
    for n in 0..SEEKS {
        // Jumps all over the run, by the golden ratio.
        let at = Instant((u128::from(length.0) * u128::from(n * 618 % 1_000) / 1_000) as u64);
        let start = WallTime::now();
        black_box(session.frame(at));
        seeks_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    PresetFigures {
        name,
        events,
        wall_s,
        event_ns: wall_s * 1e9 / events.max(1) as f64,
        seek_max_ms: seeks_ms.iter().copied().fold(0.0, f64::max),
        seek_mean_ms: seeks_ms.iter().sum::<f64>() / seeks_ms.len() as f64,
        memory_mb,
    }
}

/// Milliseconds for a thousand seeds, on one core.
fn measure_seeds(scenario: &Scenario) -> f64 {
    assert_eq!(scenario.setup.preset, Preset::Payments, "the budget speaks of the payments");
    let start = WallTime::now();
    for seed in 0..SEEDS {
        black_box(fingerprint(&Scenario { seed, ..scenario.clone() }));
    }
    start.elapsed().as_secs_f64() * 1e3 * 1_000.0 / SEEDS as f64
}

/// Milliseconds for a thousand seeds of the payments with one crash each, in forks from runs under way, on all cores.
fn measure_failures() -> f64 {
    const PROBES: u32 = 8;
    const STRIKES: u32 = 10;
    let start = WallTime::now();
    std::thread::scope(|scope| {
        for core in 0..crate::swarm::threads() as u32 {
            scope.spawn(move || {
                for turn in (0..PROBES).filter(|turn| turn % crate::swarm::threads() as u32 == core) {
                    let incident = Incident::ProcessCrash;
                    let lasts = Duration::from_secs(10);
                    let probe = Probe {
                        number: turn,
                        lane: 0,
                        point: 0,
                        setup: Preset::Payments.setup(),
                        seed: u64::from(turn),
                        deadline: DEADLINE,
                        task: Task::Incidents(Incidents { incident, lasts, turn, strikes: STRIKES }),
                    };
                    black_box(ProbeRun::new(probe).finish());
                }
            });
        }
    });
    start.elapsed().as_secs_f64() * 1e3 * 1_000.0 / f64::from(PROBES * STRIKES)
}

struct ChartFigures {
    first_ms: f64,
    complete_ms: f64,
}

/// A trade-off chart: seven values of `linger.ms`, both lanes of the first visit, five axes, every interval.
fn measure_chart() -> ChartFigures {
    let lanes = first_visit().lanes.to_vec();
    let linger = Variation { setting: SettingId::Linger, values: values(SettingId::Linger, &lanes) };
    let mix = FailureMix::stated();
    let mut study = Study::new(Question { lanes, vary: vec![linger], seed: 1, mix, deadline: DEADLINE });
    let cores = crate::swarm::threads() as u32;
    let start = WallTime::now();
    let first = run(&study, cores, Shard { index: 0, of: 1 });
    let first_ms = start.elapsed().as_secs_f64() * 1e3;
    first.into_iter().for_each(|sample| study.take(sample));
    black_box(study.results(&Prices::STATED));
    let start = WallTime::now();
    let samples = run(&study, study.first_rounds() * study.round_len(), Shard { index: 0, of: 1 });
    samples.into_iter().for_each(|sample| study.take(sample));
    black_box(study.results(&Prices::STATED));
    ChartFigures { first_ms, complete_ms: start.elapsed().as_secs_f64() * 1e3 }
}

/// Memory of this process, where the system tells (Linux).
fn resident_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1_024.0 / 1e6)
}

fn table(presets: &[PresetFigures], thousand_seeds_ms: f64) -> String {
    let mut text = String::new();
    for preset in presets {
        let PresetFigures { name, events, wall_s, event_ns, seek_max_ms, seek_mean_ms, memory_mb } = preset;
        let memory = memory_mb.map_or("unknown".to_owned(), |mb| format!("{mb:.0} MB"));
        text += &format!(
            "{name:<12} {events:>10} events  {wall_s:>6.2} s  {event_ns:>5.0} ns an event  \
             seek {seek_mean_ms:.1} ms, at most {seek_max_ms:.1} ms  memory {memory}\n"
        );
    }
    text + &format!("{:<12} {:>10.1} s for 1 000 seeds on one core\n", "payments", thousand_seeds_ms / 1e3)
}
