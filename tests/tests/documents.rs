//! What the documents promise to list is listed: links lead somewhere, every number of the environment has its row, and
//! every rule that the code names is explained.
#![cfg(not(target_arch = "wasm32"))]

use highwater_model::SettingId;
use highwater_model::settings::Group;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Where code is that names rules.
const CODE: [&str; 3] = ["crates", "tests", "web/src"];

#[test]
fn links_between_documents_lead_to_files() {
    for document in files(&root(), "md") {
        let folder = document.parent().expect("a document is in a folder");
        let text = read(&document);
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for target in targets.filter(|target| !target.is_empty() && !target.contains(':')) {
            assert!(folder.join(target).exists(), "{} links to {target}", document.display());
        }
    }
}

#[test]
fn every_setting_of_the_environment_has_a_row_with_its_value() {
    let document = read(&root().join("docs/environment.md"));
    let environment = SettingId::ALL.iter().filter(|setting| setting.group() == Group::Environment);
    for setting in environment {
        let (name, value) = (setting.name(), grouped(setting.default_value()));
        let row = document.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/environment.md has no row for {name}"));
        let cell = row.split('|').nth(2).expect("a row has a value");
        assert!(cell.trim().starts_with(&value), "{name} is {value}, the row says{cell}");
    }
}

#[test]
fn every_rule_that_the_code_names_is_explained() {
    let document = read(&root().join("docs/rules.md"));
    let rows = document.lines().filter(|line| line.starts_with("| R-"));
    let explained: BTreeSet<String> = rows.flat_map(|row| numbers(&row[..8], &["R-"])).collect();
    for file in CODE.iter().flat_map(|folder| files(&root().join(folder), "rs")) {
        for rule in numbers(&read(&file), &["R-", "r_"]) {
            assert!(explained.contains(&rule), "{} names R-{rule}, which docs/rules.md lacks", file.display());
        }
    }
}

/// The three-digit numbers that follow one of the marks where a word begins.
fn numbers(text: &str, marks: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for mark in marks {
        for (at, _) in text.match_indices(mark) {
            let begins = text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
            let digits: String = text[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
            if digits.len() == 3 && begins {
                found.push(digits);
            }
        }
    }
    found
}

/// `1250` as the documents write it, `1 250`.
fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let group = |(index, digit): (usize, char)| {
        let gap = index != 0 && (digits.len() - index).is_multiple_of(3);
        [gap.then_some(' '), Some(digit)].into_iter().flatten()
    };
    digits.chars().enumerate().flat_map(group).collect()
}

/// All files below a folder that end so, but for what is built or fetched.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !["target", "dist", "node_modules"].contains(&name.as_str()) {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|ending| ending == extension) {
            found.push(path);
        }
    }
    found
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
