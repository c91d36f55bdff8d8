//! `highwater anchors`: how near the model comes to published figures.

use crate::cases::files;
use crate::run::Form;
use crate::say::sayln;
use highwater_anchors::{Anchor, Finding, Report, Tests, check_all, read, shares};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Where anchors are kept, from the project's folder.
pub const FOLDER: &str = "tests/anchors";

/// What to compare.
pub struct AnchorsRequest {
    /// The folder of anchors.
    pub folder: PathBuf,
    /// Only these; all where none is named.
    pub ids: Vec<String>,
    pub form: Form,
}

/// Runs the anchors and prints how near they come; or says what keeps them from running.
pub fn anchors(request: &AnchorsRequest) -> Result<(), Vec<String>> {
    let mut anchors = Vec::new();
    let mut problems = Vec::new();
    for file in files(&request.folder) {
        match read_file(&file) {
            Ok(anchor) => anchors.push(anchor),
            Err(found) => problems.extend(found),
        }
    }
    if anchors.is_empty() && problems.is_empty() {
        problems.push(format!("there are no anchors in {}", request.folder.display()));
    }
    for id in &request.ids {
        if !anchors.iter().any(|anchor: &Anchor| anchor.about.id == *id) {
            problems.push(format!("there is no anchor `{id}`"));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if !request.ids.is_empty() {
        anchors.retain(|anchor| request.ids.contains(&anchor.about.id));
    }
    anchors.sort_by_key(|anchor| order(&anchor.about.id));
    let reports = check_all(&anchors);
    for (report, anchor) in reports.iter().zip(&anchors) {
        tell(report, anchor, request.form);
    }
    conclude(&reports, request.form);
    Ok(())
}

fn read_file(file: &Path) -> Result<Anchor, Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| vec![format!("{}: {error}", file.display())])?;
    read(&text).map_err(|problems| {
        let line = |line: Option<u32>| line.map(|line| format!("line {line}: ")).unwrap_or_default();
        problems.iter().map(|it| format!("{}: {}{}", file.display(), line(it.line), it.text)).collect()
    })
}

/// `T2` comes before `T10`.
fn order(id: &str) -> (String, u32) {
    let digits = id.find(|c: char| c.is_ascii_digit()).unwrap_or(id.len());
    (id[..digits].to_owned(), id[digits..].parse().unwrap_or(0))
}

fn tell(report: &Report, anchor: &Anchor, form: Form) {
    let about = &report.about;
    if form == Form::Json {
        sayln!("{}", as_json(report));
        return;
    }
    let head = format!("{:<4} tier {}  {:<13}", about.id, about.tier, about.tests.name());
    if let Some(reason) = &about.absent {
        sayln!("{head} {}: published {}; not expressed: {reason}", about.title, about.published);
        return;
    }
    sayln!("{head} {}: published {}", about.title, about.published);
    for (finding, check) in report.findings.iter().zip(&anchor.checks) {
        let tolerance = match check.bound {
            highwater_anchors::Bound::Within(low, high) => format!("{low}..{high}"),
            highwater_anchors::Bound::Holds => "must hold".to_owned(),
        };
        match finding {
            Finding::Within { name, computed } => {
                sayln!("       {name:<44} {tolerance:>14}  {computed:>18}  {}", word(about.tests));
            }
            Finding::Missed { name, computed, factor } => {
                let by = factor.map(|factor| format!(" by a factor of {factor:.2}")).unwrap_or_default();
                sayln!("       {name:<44} {tolerance:>14}  {computed:>18}  MISSED{by}");
            }
            Finding::Failed { name, why } => sayln!("       {name:<44} {tolerance:>14}  {why}  FAILED"),
        }
    }
    if let (Some(false), Some(lacks)) = (report.is_within(), &about.lacks) {
        sayln!("       lacks: {lacks}");
    }
}

fn word(tests: Tests) -> &'static str {
    if tests == Tests::Input { "as put in" } else { "within" }
}

fn as_json(report: &Report) -> serde_json::Value {
    let finding = |finding: &Finding| match finding {
        Finding::Within { name, computed } => json!({ "figure": name, "computed": computed, "verdict": "within" }),
        Finding::Missed { name, computed, factor } => {
            json!({ "figure": name, "computed": computed, "verdict": "missed", "factor": factor })
        }
        Finding::Failed { name, why } => json!({ "figure": name, "verdict": "failed", "why": why }),
    };
    let about = &report.about;
    json!({
        "id": about.id, "tier": about.tier, "tests": about.tests.name(), "title": about.title,
        "published": about.published, "source": about.source, "absent": about.absent, "lacks": about.lacks,
        "within": report.is_within(), "figures": report.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn conclude(reports: &[Report], form: Form) {
    let shares = shares(reports);
    let (within, compared) =
        shares.iter().fold((0, 0), |(within, compared), share| (within + share.within, compared + share.compared));
    if form == Form::Json {
        let by: Vec<_> = shares
            .iter()
            .map(|share| {
                json!({ "tests": share.tests.name(), "within": share.within, "compared": share.compared,
                        "absent": share.absent })
            })
            .collect();
        sayln!("{}", json!({ "within": within, "compared": compared, "shares": by }));
        return;
    }
    for share in &shares {
        let (name, within, compared) = (share.tests.name(), share.within, share.compared);
        sayln!("{name:<14} {within} of {compared} within tolerance, {} not expressed", share.absent);
    }
    let inputs = reports.iter().filter(|report| report.about.tests == Tests::Input).count();
    sayln!("all            {within} of {compared} within tolerance; {inputs} inputs, which are not counted");
}
