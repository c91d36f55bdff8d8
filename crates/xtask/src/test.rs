//! `cargo xtask test`: the whole truth about a change. Every step runs, even after one has failed, so that one look
//! shows all that is wrong.

use crate::chore::{Shop, run, run_listening, step};
use crate::{host, lab, setup, site};
use anyhow::Result;
use std::process::{Command, ExitCode};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u32,
    failed: u32,
}

pub fn test(shop: &Shop) -> Result<ExitCode> {
    setup::for_the_page(shop)?;
    setup::for_the_browser(shop)?;
    let mut report = Report::default();
    report.check("format", || run(cargo(shop, "fmt").args(["--all", "--check"])));
    report.check("lints", || {
        run(cargo(shop, "clippy").args(["--workspace", "--all-targets", "--offline", "--", "--deny", "warnings"]))
    });
    report.tests("native tests", cargo(shop, "test").args(["--workspace", "--no-fail-fast", "--offline"]));
    report.tests("the same goldens in WASM, in Node", &mut goldens_in(shop, Home::Node)?);
    report.tests("the same goldens in WASM, in Chromium", &mut goldens_in(shop, Home::Chromium)?);
    report.check("a case on a real cluster", || lab::smoke(shop));
    if report.check("build the page", || site::build(shop)) {
        let url = host::host(&shop.root.join("dist"))?;
        report.tests("the page in Chromium", &mut page_tests(shop, &url)?);
    }
    Ok(report.close())
}

/// The goldens alone, as WASM in Node and in Chromium.
pub fn goldens(shop: &Shop) -> Result<()> {
    setup::for_the_page(shop)?;
    setup::for_the_browser(shop)?;
    run(&mut goldens_in(shop, Home::Node)?)?;
    run(&mut goldens_in(shop, Home::Chromium)?)
}

fn cargo(shop: &Shop, verb: &str) -> Command {
    let mut cargo = shop.command("cargo");
    cargo.arg(verb);
    cargo
}

/// Where WASM runs.
enum Home {
    Node,
    Chromium,
}

fn goldens_in(shop: &Shop, home: Home) -> Result<Command> {
    let mut cargo = cargo(shop, "test");
    // Optimised: what is compared has to be what the page runs.
    cargo.args(["--package", "highwater-tests", "--test", "goldens", "--release", "--offline"]);
    cargo.args(["--target", "wasm32-unknown-unknown"]);
    cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    // The runner would give up on a test after 20 seconds.
    cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "600");
    // What failed is the golden; where the runner gave up is of no use.
    cargo.env("RUST_BACKTRACE", "0");
    if let Home::Chromium = home {
        // In a worker, as on the page: its thread is busy for seconds, and the runner asks the page how far it is.
        cargo.env("WASM_BINDGEN_USE_DEDICATED_WORKER", "1").env("CHROMEDRIVER", setup::driver(shop)?);
    }
    Ok(cargo)
}

fn page_tests(shop: &Shop, url: &str) -> Result<Command> {
    let mut playwright = shop.command("node");
    playwright.args(["node_modules/.bin/playwright", "test"]).current_dir(shop.root.join("tests/page"));
    playwright.env("HIGHWATER_URL", url).env("CHROMIUM", setup::browser(shop)?);
    Ok(playwright)
}

#[derive(Default)]
struct Report {
    count: Count,
    failed_steps: Vec<String>,
}

impl Report {
    /// A step that holds or fails as one.
    fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        let holds = self.finish(name, step(name, work));
        self.count.failed += u32::from(!holds);
        holds
    }

    /// A step whose runner counts tests.
    fn tests(&mut self, name: &str, command: &mut Command) {
        let mut count = Count::default();
        let result = step(name, || {
            run_listening(command, |line| {
                let heard = heard_in(line).unwrap_or_default();
                count.passed += heard.passed;
                count.failed += heard.failed;
            })
        });
        if !self.finish(name, result) {
            // A test binary that does not compile, or dies, counts nothing.
            count.failed = count.failed.max(1);
        }
        self.count.passed += count.passed;
        self.count.failed += count.failed;
    }

    fn finish(&mut self, name: &str, result: Result<()>) -> bool {
        if let Err(error) = &result {
            eprintln!("{error:#}");
            self.failed_steps.push(name.to_owned());
        }
        result.is_ok()
    }

    fn close(self) -> ExitCode {
        println!();
        if !self.failed_steps.is_empty() {
            println!("Failed: {}.", self.failed_steps.join(", "));
        }
        println!("{} passed, {} failed", self.count.passed, self.count.failed);
        if self.failed_steps.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// What a line counts: cargo's `test result: ok. 3 passed; 1 failed; ...`, or Playwright's `  3 passed (2.1s)`.
fn heard_in(line: &str) -> Option<Count> {
    if let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) {
        let number = |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
        return Some(Count { passed: number("passed")?, failed: number("failed")? });
    }
    let mut words = line.strip_prefix("  ")?.split_whitespace();
    let number = words.next()?.parse().ok()?;
    match (words.next()?, words.next().is_none_or(|word| word.starts_with('('))) {
        ("passed" | "flaky", true) => Some(Count { passed: number, failed: 0 }),
        ("failed", true) => Some(Count { passed: 0, failed: number }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, heard_in};

    #[test]
    fn the_runners_own_lines_are_counted() {
        let count = |passed, failed| Some(Count { passed, failed });
        let cargo = "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out; finished in 0.2s";
        assert_eq!(heard_in(cargo), count(3, 1));
        assert_eq!(heard_in("test result: ok. 2 passed; 0 failed; 0 ignored; 0 filtered out"), count(2, 0));
        assert_eq!(heard_in("  7 passed (12.3s)"), count(7, 0));
        assert_eq!(heard_in("  1 failed"), count(0, 1));
        assert_eq!(heard_in("  4 did not run"), None);
        assert_eq!(heard_in("running 3 tests"), None);
        assert_eq!(heard_in("  3 passed through the whole ISR"), None);
    }
}
