//! Outsiders' scenarios, written in the conformance language: each holds, or says with its evidence why Kafka does
//! something else.
#![cfg(not(target_arch = "wasm32"))]

use highwater_conformance::{Outcome, play, read};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

#[test]
fn every_case_holds_or_is_disputed_with_evidence() {
    let files = Mutex::new(cases());
    let failed = Mutex::new(Vec::new());
    let work = || {
        while let Some(file) = { files.lock().expect("nobody panics with it").pop() } {
            if let Some(failure) = failure_of(&file) {
                failed.lock().expect("nobody panics with it").push(failure);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().expect("nobody panics with it");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Why a case does not hold.
fn failure_of(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).expect("a case can be read");
    let case = match read(&text) {
        Ok(case) => case,
        Err(problems) => return Some(format!("{}: {problems:#?}", file.display())),
    };
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if case.about.id != name {
        return Some(format!("{}: a case's file is named by its id, {}", file.display(), case.about.id));
    }
    let verdict = play(&case);
    (verdict.outcome == Outcome::Failed).then(|| format!("{name}: {:#?}", verdict.faults))
}

#[test]
fn a_case_opens_as_a_scenario() {
    for file in cases() {
        let opened = highwater_model::file::read(&fs::read_to_string(&file).expect("a case can be read"));
        assert_eq!(opened.problems, [], "{}", file.display());
    }
}

#[test]
fn the_document_that_teaches_the_language_has_every_word_of_it() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md"))
        .expect("the document is there");
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let has = |word: &str| {
        document.match_indices(word).any(|(at, _)| {
            let before = document[..at].chars().next_back();
            let after = document[at + word.len()..].chars().next();
            !before.is_some_and(is_part) && !after.is_some_and(is_part)
        })
    };
    let missing: Vec<String> =
        highwater_conformance::vocabulary::words().into_iter().filter(|word| !has(word)).collect();
    assert!(missing.is_empty(), "docs/conformance.md does not tell of {missing:?}");
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("there are cases").map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    files
}

/// A case of each family, and what is to be learnt from it.
const EXAMPLES: [(&str, &str); 11] = [
    ("P-TLA-11", "Specifications: two logs that divide, and a real follower."),
    ("P-REPL-06", "Replication: a scripted follower, and an answer of the controller that is held back."),
    ("P-LOG-05", "Logs: a follower's requests, overheard."),
    ("P-CTRL-03", "Controller: brokers that are all scripted, and an administrator's request."),
    ("P-PROD-10", "Producers: records sent by hand, and a broker's answers that are made up."),
    ("P-TXN-02", "Transactions: raw requests to the coordinator."),
    ("P-CONS-08", "Consumers."),
    ("P-SYS-12-c", "System tests: a running cluster, a setting that changes, the end of the run."),
    ("P-JEP-04", "Jepsen: an anomaly that is none."),
    ("P-INC-05", "Incidents: something that holds after every event, whatever the faults."),
    ("P-BOOK-04", "The book: faults at their times, and what clients feel."),
];

/// The document as it has to be: with the kinds of entries that there are, and with the examples as they are.
fn document_of_today(document: &str) -> String {
    let kinds: String = highwater_conformance::kinds::kinds()
        .iter()
        .map(|kind| {
            let fields: Vec<String> = kind.fields.iter().map(|field| format!("`{field}`")).collect();
            format!("| `{}` | {} |\n", kind.name, fields.join(", "))
        })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance");
    let example = |(id, about): &(&str, &str)| {
        let text = fs::read_to_string(folder.join(format!("{id}.toml"))).expect("an example is a case");
        format!("\n### {id}\n\n{about}\n\n```toml\n{}\n```\n", text.trim())
    };
    let examples: String = EXAMPLES.iter().map(example).collect();
    let document = between(document, "<!-- kinds -->\n| kind | fields |\n|---|---|\n", "<!-- end of kinds -->", &kinds);
    between(&document, "<!-- examples -->\n", "<!-- end of examples -->", &examples)
}

/// The text with something else between two marks.
fn between(text: &str, begin: &str, end: &str, middle: &str) -> String {
    let from = text.find(begin).expect("it has its place") + begin.len();
    let to = from + text[from..].find(end).expect("it has an end");
    format!("{}{middle}{}", &text[..from], &text[to..])
}

#[test]
fn the_document_has_every_kind_of_trace_entry_and_the_examples_as_they_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    let document = fs::read_to_string(&path).expect("the document is there");
    let today = document_of_today(&document);
    if std::env::var_os("HIGHWATER_BLESS").is_some() {
        fs::write(&path, today).expect("it can be written");
        return;
    }
    assert!(document == today, "HIGHWATER_BLESS=1 cargo test -p highwater-tests --test conformance the_document");
}
