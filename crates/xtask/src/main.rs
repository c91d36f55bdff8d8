//! Named chores, so that nobody has to remember commands:
//! `cargo xtask setup|serve|test|site|bench|goldens|size|host|lab`.

mod bench;
mod chore;
mod host;
mod lab;
mod setup;
mod site;
mod test;

use anyhow::{Result, bail};
use chore::Shop;
use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask CHORE

  serve [ARGS]  get what is missing, build the release page, serve it (ARGS go to `trunk serve`: --port 9000, --open)
  test          get what is missing, then format, lints, native tests, the goldens in WASM, the page in Chromium
  site          write the static site to dist/
  bench         the budgets beside what this machine measures
  goldens       the goldens in WASM, in Node and in Chromium, nothing else
  size          brotli sizes of the page and of the worker
  lab FILE...   runs cases (tests/lab) on a real Kafka cluster and writes what was measured into them (Java, Maven)
  setup         get what is missing for `serve` and `site`, nothing else
  host          serve dist/ from a sub-path, as a plain static host would
";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((chore, rest)) = arguments.split_first() else {
        print!("{USAGE}");
        return Ok(ExitCode::FAILURE);
    };
    let shop = Shop::open()?;
    match chore.as_str() {
        "serve" => site::serve(&shop, rest)?,
        "lab" => lab::lab(&shop, rest)?,
        _ if !rest.is_empty() => bail!("`{chore}` takes no arguments\n\n{USAGE}"),
        "test" => return test::test(&shop),
        "site" => site::site(&shop)?,
        "bench" => bench::bench(&shop)?,
        "size" => site::size(&shop)?,
        "goldens" => test::goldens(&shop)?,
        "setup" => setup::for_the_page(&shop)?,
        "host" => host::host_in_the_foreground(&shop.root.join("dist"))?,
        "help" | "--help" | "-h" => print!("{USAGE}"),
        _ => bail!("no such chore: {chore}\n\n{USAGE}"),
    }
    Ok(ExitCode::SUCCESS)
}
