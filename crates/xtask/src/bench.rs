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
    from: Source,
}

/// Who measures.
#[derive(Clone, Copy)]
enum Source {
    Site,
    Native,
    Page,
}

/// Milliseconds, nanoseconds an event, and decimal kilobytes and megabytes.
const BUDGETS: [Budget; 17] = [
    budget("event_native", "one event, native", 250.0, "ns", Source::Native),
    budget("event_wasm", "one event, WASM", 350.0, "ns", Source::Page),
    budget("first_figures", "both presets, first figures", 150.0, "ms", Source::Page),
    budget("both_presets", "both presets, every figure final", 2_000.0, "ms", Source::Page),
    budget("seek_native", "seek to any moment, native", 16.0, "ms", Source::Native),
    budget("seek", "seek to any moment, in the page", 16.0, "ms", Source::Page),
    budget("frame_p95", "timeline, p95 main-thread work a frame", 8.0, "ms", Source::Page),
    budget("thousand_seeds", "1 000 seeds of payments, native, one core", 10_000.0, "ms", Source::Native),
    budget("thousand_failures", "1 000 seeds with a crash each, native", 10_000.0, "ms", Source::Native),
    budget("tradeoff_first_native", "a trade-off chart, first points, native", 300.0, "ms", Source::Native),
    budget("tradeoff_complete_native", "a trade-off chart, complete, native", 2_000.0, "ms", Source::Native),
    budget("tradeoff_first", "a trade-off chart, first points", 300.0, "ms", Source::Page),
    budget("tradeoff_complete", "a trade-off chart, complete", 2_000.0, "ms", Source::Page),
    budget("page_size", "page, brotli", 220.0, "kB", Source::Site),
    budget("worker_size", "worker, brotli", 180.0, "kB", Source::Site),
    budget("memory", "memory, both lanes run", 150.0, "MB", Source::Page),
    budget("cold_load", "cold load to a finished first picture", 1_000.0, "ms", Source::Page),
];

const fn budget(key: &'static str, what: &'static str, budget: f64, unit: &'static str, from: Source) -> Budget {
    Budget { key, what, budget, unit, from }
}

type Figures = BTreeMap<String, f64>;

pub fn bench(shop: &Shop) -> Result<()> {
    setup::for_the_browser(shop)?;
    site::site(shop)?;
    let mut figures = Figures::new();
    let weights = site::weigh(shop)?;
    figures.insert("page_size".to_owned(), weights.page as f64 / 1e3);
    figures.insert("worker_size".to_owned(), weights.worker as f64 / 1e3);
    let mut highwater = shop.command("cargo");
    highwater.args(["run", "--release", "--offline", "--package", "highwater-cli", "--", "bench", "--json"]);
    gather(&mut figures, step("measure the engine natively", || read(&mut highwater)));
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
    for Budget { key, what, budget, unit, from } in &BUDGETS {
        let limit = format!("{} {unit}", short(*budget));
        let verdict = match figures.get(*key) {
            Some(measured) => {
                let over = if budget < measured { "  over" } else { "" };
                format!("{:>14} {:>8.2}{over}", format!("{} {unit}", short(*measured)), measured / budget)
            }
            None => format!("  not measured: {}", from.excuse()),
        };
        text += &format!("{what:<42} {limit:>10} {verdict}\n");
    }
    text
}

impl Source {
    /// Why a row has no figure.
    fn excuse(self) -> &'static str {
        match self {
            Self::Site => "the site was not weighed",
            Self::Native => "`highwater bench` failed, see above",
            Self::Page => "the page did not mark it, see above",
        }
    }
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
        assert!(table.contains(
            "page, brotli                                   220 kB   not measured: the site was not weighed\n"
        ));
    }
}
