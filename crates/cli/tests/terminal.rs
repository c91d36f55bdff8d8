//! The program as the terminal sees it: what it prints, and with which code it exits.

use std::path::PathBuf;
use std::process::{Command, Output};

fn highwater(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_highwater")).args(arguments).output().expect("the program starts")
}

/// A file that only this test writes.
fn file(name: &str, text: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the tests' folder can be written");
    path.to_str().expect("its name is text").to_owned()
}

const SMALL: &str = "highwater = 1\nduration = \"6s\"\n[settings]\nworkload.records.per.second = 100\n";

#[track_caller]
fn check(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = highwater(arguments);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is missing in:\n{said}");
    }
}

#[test]
fn a_run_prints_verdict_ledger_and_link() {
    let small = file("small.toml", SMALL);
    check(&["run", &small], 0, &["defaults: ", " 0 lost", "  acked\n", "fingerprint ", "\n#v1&a=defaults"]);
}

#[test]
fn a_link_runs_what_the_file_ran() {
    let small = file("linked.toml", SMALL);
    let printed = String::from_utf8(highwater(&["run", &small]).stdout).expect("it prints text");
    let link = printed.lines().last().expect("the link is the last line");
    let again = String::from_utf8(highwater(&["run", link, "--lane", "b"]).stdout).expect("it prints text");
    assert_eq!(again, printed.replacen("defaults", "lane B, defaults", 1));
}

#[test]
fn json_is_one_object_in_one_line() {
    let small = file("json.toml", SMALL);
    let output = highwater(&["run", &small, "--json", "--seed", "5"]);
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let run: serde_json::Value = serde_json::from_str(text.trim_end()).expect("it is JSON");
    assert_eq!((text.lines().count(), run["seed"].as_str()), (1, Some("5")));
    assert!(run["ledger"]["Acked"].as_u64().is_some_and(|acked| 400 < acked), "{run}");
}

#[test]
fn the_trace_reads_as_prose() {
    let small = file("trace.toml", SMALL);
    check(
        &["run", &small, "--trace"],
        0,
        &["   0.000 s  b1  is unfenced\n", "  is acked  offset 0\n", "  polls records-"],
    );
}

#[test]
fn metrics_are_named_as_jmx_names_them() {
    let small = file("metrics.toml", SMALL);
    check(
        &["run", &small, "--metrics"],
        0,
        &["  kafka.server:type=ReplicaManager,name=LeaderCount\n    b1  ", "  producer-metrics:record-send-total\n"],
    );
    let output = highwater(&["run", &small, "--metrics", "--json"]);
    let run: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let metrics = run["metrics"].as_array().expect("they are a list");
    let name = "kafka.controller:type=KafkaController,name=OfflinePartitionsCount";
    assert!(metrics.iter().any(|metric| metric["name"] == name && metric["value"] == 0), "{run}");
}

#[test]
fn an_impossible_scenario_lists_all_its_problems() {
    let impossible = file(
        "impossible.toml",
        "highwater = 1\n[settings]\nacks = 1\nreplication.factor = 4\nworkload.records.per.second = 5000000\n\
         [[faults]]\nat = \"90s\"\nkind = \"crash\"\ntarget = \"b1\"\n",
    );
    let problems = ["acks is 1", "replication.factor is 4", "fault 1 strikes at 90s", "the run ends at 60s"];
    check(&["run", &impossible], 2, &problems);
}

#[test]
fn damaged_and_missing_input_is_named() {
    check(&["run", "#v1&a.acks=two&zzz=1"], 2, &["`a.acks` is `two`", "one of 0, 1, all", "nothing is called `zzz`"]);
    let damaged = file("damaged.toml", "highwater = 1\nseed = \"x\"\nthis is nothing\n");
    check(&["run", &damaged], 2, &["line 2: `seed` is `x`", "line 3: `this is nothing`"]);
    check(&["run", "no/such/file.toml"], 2, &["no/such/file.toml is no preset, no link"]);
    check(&["run"], 2, &["`run` needs a scenario"]);
    check(&["walk"], 2, &["there is no command `walk`"]);
    check(&["run", "payments", "--lane", "a"], 2, &["it has no lanes to choose from"]);
}

#[test]
fn a_reader_who_has_seen_enough_may_go() {
    let case = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/T-06.toml");
    let mut child = Command::new(env!("CARGO_BIN_EXE_highwater"))
        .args(["check", case])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it does not complain");
}

#[test]
fn shards_merged_are_the_whole_sweep_to_the_last_bit() {
    let small = file("sweep.toml", "highwater = 1\nduration = \"6s\"\n[settings]\nworkload.records.per.second = 20\n");
    let sweep = ["sweep", &small, "--set", "acks=1,all", "--seeds", "4"];
    let shard = |index: u32| {
        let shard = format!("{index}/3");
        let output = highwater(&[&sweep[..], &["--shard", &shard]].concat());
        file(&format!("shard-{index}.jsonl"), &String::from_utf8(output.stdout).expect("it prints text"))
    };
    let shards = [2, 0, 1].map(shard);
    for form in [&[][..], &["--json"]] {
        let whole = highwater(&[&sweep[..], form].concat());
        let files: Vec<&str> = shards.iter().map(String::as_str).collect();
        let merged = highwater(&[&["merge"], &files[..], form].concat());
        assert_eq!(String::from_utf8_lossy(&merged.stdout), String::from_utf8_lossy(&whole.stdout));
        assert!(String::from_utf8_lossy(&whole.stdout).contains("produce-p99"));
    }
    check(&["merge", &shards[0], &shards[2]], 2, &["shard 0/3 is missing"]);
}

#[test]
fn a_sweep_that_cannot_be_is_told_why() {
    check(&["sweep", "payments", "--set", "ack=1"], 2, &["there is no setting `ack`"]);
    check(&["sweep", "payments", "--set", "acks=3"], 2, &["`acks` cannot be `3`"]);
    check(&["sweep", "payments", "--shard", "3/3"], 2, &["`--shard` takes I/N"]);
    let small = file("no-shard.toml", SMALL);
    check(&["merge", &small], 2, &["it is not a shard of a sweep"]);
}
