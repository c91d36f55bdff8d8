//! What a case does, as data: the part of the language that a real cluster can be made to do.

use crate::Trouble;
use highwater_conformance::Case;
use highwater_conformance::expect::{self, Expectation, Names};
use highwater_conformance::sheet::{self, Fields, Item, Table, time_of};
use highwater_model::spelling::read_fault_kind;
use highwater_model::{Duration, FaultKind, SettingId, Target};
use std::collections::BTreeSet;

/// A step.
pub struct Step {
    /// So long after the beginning, if it has a time.
    pub at: Option<Duration>,
    /// The name of its moment.
    pub mark: Option<String>,
    /// What is done.
    pub act: Act,
}

/// What a step does.
pub enum Act {
    /// A fault strikes; after a time it ends.
    Fault(FaultKind, Target),
    /// It ends.
    Heal(FaultKind, Target),
    /// Time passes.
    Wait(Duration),
    /// Time passes until these hold.
    Until(Vec<Expectation>, Duration),
    /// Another load: records a second, and how many.
    Load(u32, Option<u64>),
    /// A setting that clients have from their next start on.
    Set(SettingId, String),
}

/// The steps of a case, or its faults; both together are not for a real cluster.
pub fn read(text: &str, case: &Case) -> Result<Vec<Step>, Trouble> {
    let (sheet, _) = sheet::read(text);
    let tables = sheet.tables("step");
    if tables.is_empty() {
        return Ok(of_faults(case));
    }
    if !case.scenario.faults.is_empty() {
        return Err("faults or steps, not both".to_owned());
    }
    tables.into_iter().map(|table| step(table, case)).collect()
}

fn of_faults(case: &Case) -> Vec<Step> {
    let mut steps = Vec::new();
    for (n, fault) in (1..).zip(&case.scenario.faults) {
        let at = Duration(fault.at.0);
        steps.push(Step { at: Some(at), mark: Some(format!("fault_{n}")), act: Act::Fault(fault.kind, fault.target) });
        if let Some(lasts) = fault.duration {
            let mark = Some(format!("fault_{n}_ends"));
            steps.push(Step { at: Some(at + lasts), mark, act: Act::Heal(fault.kind, fault.target) });
        }
    }
    steps.sort_by_key(|step| step.at);
    steps
}

fn step(table: &Table, case: &Case) -> Result<Step, Trouble> {
    let setup = &case.scenario.setup;
    let (layout, nodes) = (setup.layout(), setup.nodes());
    let fields = Fields::of(table, &layout, &nodes);
    let answers = BTreeSet::new();
    let names = Names { nodes: &nodes, answers: &answers };
    let text = |name| fields.text(name).ok_or_else(|| format!("line {}: `{name}` is missing", fields.line()));
    let word = text("do")?;
    let fault = || -> Result<(FaultKind, Target), Trouble> {
        let kind = read_fault_kind(&text("kind")?).ok_or("there is no such fault")?;
        Ok((kind, fields.target("target").ok_or("there is no such target")?))
    };
    let act = match word.as_str() {
        "fault" => fault().map(|(kind, target)| Act::Fault(kind, target))?,
        "heal" => fault().map(|(kind, target)| Act::Heal(kind, target))?,
        "load" => Act::Load(fields.number("records_per_second").unwrap_or_default(), fields.number("records")),
        "set" => {
            let setting = SettingId::by_name(&text("setting")?).ok_or("there is no such setting")?;
            Act::Set(setting, fields.any_text("value").unwrap_or_default())
        }
        "wait" => match fields.time("for") {
            Some(span) => Act::Wait(span),
            None => {
                let lines = fields.lines("until").into_iter();
                let lines: Result<Vec<_>, _> = lines.map(|(line, text)| expect::read(line, &text, &names)).collect();
                Act::Until(lines?, fields.time("within").unwrap_or(Duration::from_secs(60)))
            }
        },
        other => return Err(format!("line {}: a real cluster cannot be made to `{other}`", fields.line())),
    };
    let at = match table.get("at") {
        Some(Item::Text(text)) => Some(time_of(text).ok_or_else(|| format!("`{text}` is no time"))?),
        _ => None,
    };
    Ok(Step { at, mark: fields.text("mark"), act })
}
