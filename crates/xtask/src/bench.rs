//! `cargo xtask bench`: the budgets beside what this machine measures. Nothing fails here: a benchmark informs.
//!
//! Figures come from three places, each a map from a budget's key to a number in that budget's unit: the weighed site,
//! `highwater bench --json` (native), and tests/page/measure.mjs (the page in Chromium, WASM).

use crate::chore::{Shop, run_listening, step};
use crate::{host, setup, site};
use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::process::Command;

struct Budget {
    key: &'static str,
    what: &'static str,
    budget: f64,
    unit: &'static str,
}

/// Milliseconds, nanoseconds an event, and decimal kilobytes and megabytes.
const BUDGETS: [Budget; 14] = [
    Budget { key: "event_native", what: "one event, native", budget: 250.0, unit: "ns" },
    Budget { key: "event_wasm", what: "one event, WASM", budget: 350.0, unit: "ns" },
    Budget { key: "first_figures", what: "both presets, first figures", budget: 150.0, unit: "ms" },
    Budget { key: "both_presets", what: "both presets, every figure final", budget: 2_000.0, unit: "ms" },
    Budget { key: "seek_native", what: "seek to any moment, native", budget: 16.0, unit: "ms" },
    Budget { key: "seek", what: "seek to any moment, in the page", budget: 16.0, unit: "ms" },
    Budget { key: "frame_p95", what: "timeline, p95 main-thread work a frame", budget: 8.0, unit: "ms" },
    Budget { key: "thousand_seeds", what: "1 000 seeds of payments, one failure each", budget: 10_000.0, unit: "ms" },
    Budget { key: "tradeoff_first", what: "a trade-off chart, first points", budget: 300.0, unit: "ms" },
    Budget { key: "tradeoff_complete", what: "a trade-off chart, complete", budget: 2_000.0, unit: "ms" },
    Budget { key: "page_size", what: "page, brotli", budget: 220.0, unit: "kB" },
    Budget { key: "worker_size", what: "worker, brotli", budget: 180.0, unit: "kB" },
    Budget { key: "memory", what: "memory, both lanes run", budget: 150.0, unit: "MB" },
    Budget { key: "cold_load", what: "cold load to a finished first picture", budget: 1_000.0, unit: "ms" },
];

type Figures = BTreeMap<String, f64>;

pub fn bench(shop: &Shop) -> Result<()> {
    setup::for_the_browser(shop)?;
    site::site(shop)?;
    let mut figures = Figures::new();
    let weights = site::weigh(shop)?;
    figures.insert("page_size".to_owned(), weights.page as f64 / 1e3);
    figures.insert("worker_size".to_owned(), weights.worker as f64 / 1e3);
    if shop.root.join("crates/cli").is_dir() {
        let mut highwater = shop.command("cargo");
        highwater.args(["run", "--release", "--offline", "--package", "highwater-cli", "--", "bench", "--json"]);
        gather(&mut figures, step("measure the engine natively", || read(&mut highwater)));
    }
    let url = host::host(&shop.root.join("dist"))?;
    let mut page = shop.command("node");
    page.arg("measure.mjs").arg(url).current_dir(shop.root.join("tests/page"));
    page.env("CHROMIUM", setup::browser(shop)?);
    gather(&mut figures, step("measure the page in Chromium", || read(&mut page)));
    print!("\n{}", table(&figures));
    Ok(())
}

/// One source that fails leaves its rows unmeasured, and says why.
fn gather(figures: &mut Figures, measured: Result<Figures>) {
    match measured {
        Ok(measured) => figures.extend(measured),
        Err(error) => eprintln!("{error:#}"),
    }
}

/// The figures that a program prints as its last line, a JSON object.
fn read(program: &mut Command) -> Result<Figures> {
    let mut last = String::new();
    run_listening(program, |line| last = line.to_owned())?;
    let object: serde_json::Value = serde_json::from_str(&last).context("the last line is not JSON")?;
    let object = object.as_object().context("the last line is not a JSON object")?;
    Ok(object.iter().filter_map(|(key, value)| Some((key.clone(), value.as_f64()?))).collect())
}

fn table(figures: &Figures) -> String {
    let mut text = format!("{:<42} {:>10} {:>14} {:>8}\n", "what", "budget", "measured", "ratio");
    for Budget { key, what, budget, unit } in &BUDGETS {
        let (measured, ratio) = match figures.get(*key) {
            Some(measured) => (format!("{} {unit}", short(*measured)), format!("{:.2}", measured / budget)),
            None => ("not measured".to_owned(), String::new()),
        };
        let over = if figures.get(*key).is_some_and(|measured| budget < measured) { "  over" } else { "" };
        let line = format!("{what:<42} {:>10} {measured:>14} {ratio:>8}{over}", format!("{} {unit}", short(*budget)));
        text += line.trim_end();
        text += "\n";
    }
    text
}

fn short(number: f64) -> String {
    if number < 100.0 && 0.0 < number.fract() { format!("{number:.1}") } else { format!("{number:.0}") }
}

#[cfg(test)]
mod tests {
    use super::{Figures, table};

    #[test]
    fn the_table_sets_what_was_measured_beside_the_budget() {
        let figures = Figures::from([("seek".to_owned(), 32.0), ("memory".to_owned(), 75.25)]);
        let table = table(&figures);
        assert!(
            table.contains("seek to any moment, in the page                 16 ms          32 ms     2.00  over\n")
        );
        assert!(table.contains("memory, both lanes run                         150 MB        75.2 MB     0.50\n"));
        assert!(table.contains("page, brotli                                   220 kB   not measured\n"));
    }
}
