//! `highwater bench`: what the engine costs on this machine. The keys of the JSON are those of `cargo xtask bench`.

use crate::run::Form;
use crate::say::sayln;
use highwater_experiments::{Progress, Session, fingerprint};
use highwater_model::presets::{Preset, first_visit};
use highwater_model::{Instant, LaneId, Scenario};
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
    let worst = |figure: fn(&PresetFigures) -> f64| presets.iter().map(figure).fold(0.0, f64::max);
    match form {
        Form::Text => print!("{}", table(&presets, thousand_seeds_ms)),
        Form::Json => sayln!(
            "{}",
            json!({
                "event_native": worst(|preset| preset.event_ns),
                "seek_native": worst(|preset| preset.seek_max_ms),
                "thousand_seeds": thousand_seeds_ms,
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
