//! `cargo xtask lab`: cases on a real Kafka cluster. It needs Java and Maven, and minutes.

use crate::chore::{Shop, run};
use anyhow::{Result, bail};
use std::process::{Command, Stdio};

/// The oldest Java that Kafka's brokers run on.
const JAVA_MIN: u32 = 17;
/// The case that shows, in a minute, that simulation and cluster are still compared.
const SMOKE: &str = "tests/lab/LAB-E04-01.toml";

/// Runs cases on a real cluster, and writes what was measured into them.
pub fn lab(shop: &Shop, arguments: &[String]) -> Result<()> {
    if let Some(missing) = missing(shop) {
        bail!("{missing}");
    }
    run(harness(shop).args(arguments))
}

/// One case, if the machine has what it takes; else says what it has not.
pub fn smoke(shop: &Shop) -> Result<()> {
    if let Some(missing) = missing(shop).or_else(|| without_jars(shop)) {
        println!("left out: {missing}");
        return Ok(());
    }
    run(harness(shop).args(["--compare", "--runs", "1", SMOKE]))
}

fn harness(shop: &Shop) -> Command {
    let mut cargo = shop.command("cargo");
    cargo.args(["run", "--quiet", "--offline", "--package", "highwater-lab", "--"]);
    cargo
}

/// What the machine does not have.
fn missing(shop: &Shop) -> Option<String> {
    let java = shop.ask("java", &["--version"]).unwrap_or_default();
    // `openjdk 17.0.15 2025-04-15`
    let version = java.split_whitespace().nth(1).and_then(|text| text.split('.').next()?.parse::<u32>().ok());
    match version {
        None => Some("a real cluster needs Java, which is not here".to_owned()),
        Some(version) if version < JAVA_MIN => Some(format!("Kafka needs Java {JAVA_MIN}; here is {version}")),
        Some(_) if shop.find("mvn").is_none() => Some("Kafka's jars come by Maven, which is not here".to_owned()),
        Some(_) => None,
    }
}

/// A test downloads nothing: are the jars here already?
fn without_jars(shop: &Shop) -> Option<String> {
    let mut maven = shop.command("mvn");
    maven.args(["--offline", "--batch-mode", "--quiet", "dependency:build-classpath"]);
    maven.current_dir(shop.root.join("crates/lab/driver")).stdout(Stdio::null()).stderr(Stdio::null());
    let found = maven.status().is_ok_and(|status| status.success());
    (!found).then(|| "Kafka's jars are not here; `cargo xtask lab` gets them".to_owned())
}
