//! The arrows between crates, as ARCHITECTURE.md draws them. A new arrow is a decision: it changes the table here, the
//! picture there, and adds a note to docs/decisions/.
#![cfg(not(target_arch = "wasm32"))]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that are built on one another: each uses exactly these of ours.
const CORE: [(&str, &[&str]); 11] = [
    ("model", &[]),
    ("kernel", &["model"]),
    ("kafka", &["kernel", "model"]),
    ("sim", &["kernel", "model", "kafka"]),
    ("oracle", &["model"]),
    ("figures", &["model", "oracle"]),
    ("experiments", &["model", "kernel", "sim", "oracle"]),
    ("conformance", &["model", "kernel", "kafka", "sim", "oracle", "figures"]),
    ("charts", &[]),
    ("anchors", &["model", "sim", "oracle", "experiments", "conformance", "figures"]),
    ("lessons", &["model", "oracle"]),
];

/// The programs on top: each may use these, and need not use all.
const PROGRAMS: [(&str, &[&str]); 6] = [
    ("sim-worker", &["experiments", "sim", "oracle", "model"]),
    ("cli", &["anchors", "conformance", "experiments", "figures", "sim", "oracle", "lessons", "model"]),
    ("web", &["model", "sim", "oracle", "experiments", "charts", "lessons"]),
    (
        "tests",
        &[
            "model",
            "kernel",
            "kafka",
            "sim",
            "oracle",
            "experiments",
            "conformance",
            "figures",
            "anchors",
            "charts",
            "lessons",
            "cli",
            "sim-worker",
            "web",
        ],
    ),
    ("lab", &["conformance", "figures", "oracle", "model"]),
    ("xtask", &[]),
];

/// What only the page and its worker may be built with: the rest does not know that a browser exists.
const BROWSER_CRATES: [&str; 4] = ["wasm-bindgen", "js-sys", "web-sys", "leptos"];

/// A dependency that has them, and whose branch is not looked into: what it does with them is replaced by code of ours.
const EXCUSED: [(&str, &str); 1] = [("charts", "plotters")];

/// Their runs are the same everywhere, so they know no clock, no thread and no order that is drawn by lot.
const DETERMINISTIC: [&str; 3] = ["kernel", "kafka", "sim"];
const FORBIDDEN_WORDS: [&str; 4] = ["std::time", "std::thread", "HashMap", "HashSet"];

#[test]
fn arrows_between_crates_are_those_of_the_picture() {
    let allowed: BTreeMap<_, _> = CORE.iter().chain(&PROGRAMS).copied().collect();
    for (from, uses) in arrows() {
        let allowed = allowed.get(from.as_str()).unwrap_or_else(|| panic!("{from} is not in the table of arrows"));
        for to in uses {
            assert!(allowed.contains(&to.as_str()), "{from} must not use {to}, see ARCHITECTURE.md");
        }
    }
}

#[test]
fn no_arrow_of_the_picture_is_stale() {
    let arrows = arrows();
    for (from, allowed) in CORE {
        let Some(uses) = arrows.get(from) else { continue };
        for to in allowed {
            assert!(uses.contains(*to), "{from} no longer uses {to}: take the arrow out of the table and the picture");
        }
    }
}

#[test]
fn nothing_below_the_page_knows_the_browser() {
    let exists = arrows();
    for (own, _) in CORE.iter().filter(|(own, _)| exists.contains_key(*own)) {
        // Of the crate alone: built with the whole workspace, its dependencies would have everybody's features.
        let package = format!("highwater-{own}");
        let tree = ["tree", "--package", &package, "--edges", "normal", "--prefix", "none", "--format", "{p}"];
        let tree = [&tree[..], &["--target", "wasm32-unknown-unknown"]].concat();
        let excused = EXCUSED.iter().find(|(excused, _)| excused == own).map(|(_, branch)| *branch);
        let rest = excused.map_or_else(|| tree.clone(), |branch| [&tree[..], &["--prune", branch]].concat());
        assert_eq!(browser_crates(&rest), [""; 0], "{own} ends up with crates of the browser");
        if let Some(branch) = excused {
            assert!(!browser_crates(&tree).is_empty(), "{branch} no longer needs to be excused");
        }
    }
}

/// Those of a tree that only the page and its worker may be built with.
fn browser_crates(tree: &[&str]) -> Vec<&'static str> {
    let shipped = cargo(tree);
    let names: BTreeSet<&str> = shipped.lines().filter_map(|line| line.split(' ').next()).collect();
    BROWSER_CRATES.into_iter().filter(|name| names.contains(name)).collect()
}

#[test]
fn the_page_is_built_without_switches_for_protocol_checks() {
    for own in ["sim-worker", "web"] {
        let package = format!("highwater-{own}");
        let tree = ["tree", "--package", &package, "--edges", "normal", "--prefix", "none", "--format", "{p} {f}"];
        let shipped = cargo(&[&tree[..], &["--target", "wasm32-unknown-unknown"]].concat());
        let kafka = shipped.lines().find(|line| line.starts_with("highwater-kafka ")).expect("it runs worlds");
        assert!(!kafka.contains("mutants"), "{own} ends up with {kafka}");
    }
}

#[test]
fn the_simulation_reads_no_clock_starts_no_thread_and_draws_no_order_by_lot() {
    for own in DETERMINISTIC {
        for file in rust_files(&root().join("crates").join(own).join("src")) {
            let source = fs::read_to_string(&file).expect("a source file can be read");
            for (index, line) in source.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                let found = FORBIDDEN_WORDS.iter().find(|word| code.contains(**word));
                assert!(found.is_none(), "{}:{}: {}", file.display(), index + 1, found.unwrap_or(&""));
            }
        }
    }
}

/// Which crate of ours uses which of ours directly, for any purpose, by names without `highwater-`.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    let own = |name: &str| name.strip_prefix("highwater-").map(str::to_owned);
    list(&metadata["packages"])
        .map(|package| {
            let uses = list(&package["dependencies"]).filter_map(|used| own(text(&used["name"]))).collect();
            (own(text(&package["name"])).expect("every crate of ours is called highwater-something"), uses)
        })
        .collect()
}

fn cargo(arguments: &[&str]) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).arg("--offline").current_dir(root()).output().expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes text")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).expect("a crate has sources").map(|entry| entry.expect("it can be listed").path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    own.chain(folders.iter().flat_map(|folder| rust_files(folder))).collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("cargo's metadata has a list here").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo's metadata has a text here")
}
