//! The static site: built by trunk, served by trunk, weighed.

use crate::chore::{Shop, run, step};
use crate::setup;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::process::Command;

/// Compressed bytes, which is what a visitor waits for.
pub struct Weights {
    pub page: u64,
    pub worker: u64,
    files: Vec<(String, u64)>,
}

pub fn serve(shop: &Shop, arguments: &[String]) -> Result<()> {
    setup::for_the_page(shop)?;
    println!("\n== build the release page and serve it (first time: minutes; Ctrl-C ends it)");
    run(trunk(shop, "serve").args(arguments))
}

pub fn site(shop: &Shop) -> Result<()> {
    setup::for_the_page(shop)?;
    step("build the page into dist/", || build(shop))
}

pub fn build(shop: &Shop) -> Result<()> {
    run(&mut trunk(shop, "build"))
}

fn trunk(shop: &Shop, verb: &str) -> Command {
    let mut trunk = shop.command("trunk");
    // Trunk reads NO_COLOR as a flag that wants `true` or `false`, and refuses the usual `1`.
    trunk.args([verb, "--offline"]).env_remove("NO_COLOR");
    // A page that does not compile is the compiler's to explain, not trunk's to unwind.
    trunk.env("RUST_BACKTRACE", "0");
    trunk
}

pub fn size(shop: &Shop) -> Result<()> {
    site(shop)?;
    let weights = weigh(shop)?;
    println!();
    for (file, bytes) in &weights.files {
        println!("{bytes:>9} B  {file}");
    }
    println!("{:>9} B  page, brotli\n{:>9} B  worker, brotli", weights.page, weights.worker);
    Ok(())
}

/// Every file of `dist/` that a first visit loads, compressed by brotli at its best. The worker's files are its own; the
/// images are for installing, and no visit loads them.
pub fn weigh(shop: &Shop) -> Result<Weights> {
    const COMPRESS: &str = "for (const file of process.argv.slice(1)) \
        console.log(require('zlib').brotliCompressSync(require('fs').readFileSync(file)).length)";
    let mut files: Vec<_> = fs::read_dir(shop.root.join("dist"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter(|path| path.is_file() && path.extension().is_none_or(|extension| extension != "png"))
        .collect();
    files.sort();
    let output = shop.command("node").args(["-e", COMPRESS]).args(&files).output()?;
    if !output.status.success() {
        bail!("node cannot compress dist/: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut weights = Weights { page: 0, worker: 0, files: Vec::new() };
    for (path, bytes) in files.iter().zip(String::from_utf8(output.stdout)?.lines()) {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        let bytes = bytes.parse()?;
        let part = if name.starts_with("sim_worker") { &mut weights.worker } else { &mut weights.page };
        *part += bytes;
        weights.files.push((name, bytes));
    }
    Ok(weights)
}
