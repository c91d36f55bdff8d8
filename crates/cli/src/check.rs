//! `highwater check`: plays conformance cases and says which hold.

use crate::cases::{files, read_file};
use crate::run::Form;
use crate::say::sayln;
use highwater_conformance::{Case, Outcome, Verdict, play};
use serde_json::{Value, json};
use std::path::Path;

/// What came of all cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Came {
    /// Each holds, or is disputed.
    AllHold,
    /// One does not.
    SomeDoNot,
    /// One cannot be read.
    SomeUnreadable,
}

/// Plays the cases of these files and folders.
pub fn check(paths: &[String], form: Form) -> Came {
    let mut came = Came::AllHold;
    let (mut passed, mut failed, mut disputed, mut unreadable) = (0, 0, 0, 0);
    for file in paths.iter().flat_map(|path| files(Path::new(path))) {
        match read_file(&file) {
            Err(problems) => {
                came = came.max(Came::SomeUnreadable);
                unreadable += 1;
                say(
                    form,
                    &unreadable_text(&file, &problems),
                    &json!({
                        "file": file.display().to_string(), "outcome": "unreadable", "problems": problems,
                    }),
                );
            }
            Ok(case) => {
                let verdict = play(&case);
                match verdict.outcome {
                    Outcome::Passed => passed += 1,
                    Outcome::Disputed => disputed += 1,
                    Outcome::Failed => {
                        failed += 1;
                        came = came.max(Came::SomeDoNot);
                    }
                }
                say(form, &text(&file, &case, &verdict), &as_json(&file, &case, &verdict));
            }
        }
    }
    if form == Form::Text {
        sayln!("{passed} passed, {failed} failed, {disputed} disputed, {unreadable} unreadable");
    }
    came
}

fn say(form: Form, text: &str, json: &Value) {
    match form {
        Form::Text => sayln!("{text}"),
        Form::Json => sayln!("{json}"),
    }
}

fn unreadable_text(file: &Path, problems: &[String]) -> String {
    let lines: String = problems.iter().map(|problem| format!("\n    {problem}")).collect();
    format!("UNREADABLE  {}{lines}", file.display())
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "pass",
        Outcome::Failed => "FAIL",
        Outcome::Disputed => "disputed",
    }
}

fn text(file: &Path, case: &Case, verdict: &Verdict) -> String {
    let about = &case.about;
    let mut text = format!("{:<10}  {:<12}  {}", word(verdict.outcome), about.id, about.title);
    if let Some(evidence) = &about.disputed {
        text += &format!("\n    because: {evidence}");
    }
    for fault in &verdict.faults {
        let failure = &fault.failure;
        let at = highwater_model::spelling::write_duration(highwater_model::Duration(failure.at.0));
        text += &format!("\n    {}:{}: at {at}", file.display(), failure.line);
        text += &format!("\n      expected  {}\n      seen      {}", failure.expected, failure.seen);
    }
    // The trace once: failures of one case are mostly one failure.
    if let Some(first) = verdict.faults.first() {
        text += "\n      before that:";
        for line in &first.around {
            text += &format!("\n        {line}");
        }
    }
    text
}

fn as_json(file: &Path, case: &Case, verdict: &Verdict) -> Value {
    let fault = |fault: &highwater_conformance::play::Fault| {
        json!({
            "line": fault.failure.line,
            "at_ns": fault.failure.at.0,
            "expected": fault.failure.expected,
            "seen": fault.failure.seen,
            "trace": fault.around,
        })
    };
    json!({
        "file": file.display().to_string(),
        "id": case.about.id,
        "title": case.about.title,
        "outcome": word(verdict.outcome).to_lowercase(),
        "disputed": case.about.disputed,
        "rules": case.about.rules,
        "failures": verdict.faults.iter().map(fault).collect::<Vec<_>>(),
        "events": verdict.events,
    })
}
