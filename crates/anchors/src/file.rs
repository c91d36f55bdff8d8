//! The file of an anchor: a scenario's file with `[anchor]`, `[[variant]]`, `[let]` and `[[check]]`.

use highwater_conformance::sheet::{self, CaseProblem, Fields, Item, Table};
use highwater_figures::Expression;
use highwater_model::file::{self, Document};
use highwater_model::spelling::{read_duration, read_fault_kind, read_target};
use highwater_model::{Duration, Fault, Instant, LaneId, Scenario, SettingId, english};
use std::collections::BTreeMap;

/// What an anchor tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tests {
    /// The simulation, through an ordinary scenario.
    Engine,
    /// How failures come: their rates, their bursts.
    FailureModel,
    /// Arithmetic: costs, counts of bytes.
    Formula,
    /// Nothing: it is a number that we put in.
    Input,
}

impl Tests {
    /// All of them.
    pub const ALL: [Tests; 4] = [Tests::Engine, Tests::FailureModel, Tests::Formula, Tests::Input];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Tests::Engine => "engine",
            Tests::FailureModel => "failure model",
            Tests::Formula => "formula",
            Tests::Input => "input",
        }
    }
}

/// `[anchor]`.
#[derive(Clone, Debug)]
pub struct About {
    /// Its id, such as `T4`.
    pub id: String,
    /// What was looked at.
    pub title: String,
    /// 1: should hold before a release; 2: should; 3: good to know.
    pub tier: u8,
    /// What it tests.
    pub tests: Tests,
    /// What was published, in words.
    pub published: String,
    /// By whom.
    pub source: String,
    /// Seeds under which it is run.
    pub seeds: u64,
    /// Why the model cannot say anything about it.
    pub absent: Option<String>,
    /// Where it is missed: what the mechanism lacks.
    pub lacks: Option<String>,
}

/// One of an anchor's runs.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its name: `all.rate` is the figure `rate` of the variant `all`.
    pub name: String,
    /// What is run.
    pub scenario: Scenario,
}

/// How near is near enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A number between these, both included.
    Within(f64, f64),
    /// A condition that must hold: an order, a shape.
    Holds,
}

/// One figure of an anchor.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// How it follows from the variants' figures.
    pub figure: Expression,
    /// How near is near enough.
    pub bound: Bound,
}

/// An anchor.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// What it is about.
    pub about: About,
    /// Its runs.
    pub variants: Vec<Variant>,
    /// Figures of each run, by name.
    pub definitions: BTreeMap<String, Expression>,
    /// What is compared.
    pub checks: Vec<Check>,
    /// Do figures name packets? Only then the trace has them.
    pub names_packets: bool,
}

/// Reads the file of an anchor, or names all that is wrong with it.
pub fn read(text: &str) -> Result<Anchor, Vec<CaseProblem>> {
    let (sheet, mut problems) = sheet::read(text);
    let base = read_scenario(text, &mut problems);
    let about = read_about(&sheet, &base, &mut problems);
    let variants = read_variants(&sheet, &base, &mut problems);
    let definitions = read_definitions(&sheet, &mut problems);
    let checks = read_checks(&sheet, &base, &mut problems);
    let names_packets = ["(Sent", "(Received", "(Dropped"].iter().any(|word| text.contains(word));
    match about {
        Some(about) if problems.is_empty() => Ok(Anchor { about, variants, definitions, checks, names_packets }),
        _ => Err(problems),
    }
}

fn problem(line: u32, text: String) -> CaseProblem {
    CaseProblem { line: Some(line), text }
}

fn read_scenario(text: &str, problems: &mut Vec<CaseProblem>) -> Scenario {
    let opened = file::read(text);
    for found in &opened.problems {
        problems.push(CaseProblem { line: found.line, text: english::read_problem(&found.problem) });
    }
    match opened.document {
        Document::Scenario(scenario) => *scenario,
        Document::Comparison(comparison) => {
            problems.push(problem(1, "an anchor is one scenario with variants, not a comparison".to_owned()));
            comparison.scenario(LaneId::A)
        }
    }
}

fn read_about(sheet: &Table, base: &Scenario, problems: &mut Vec<CaseProblem>) -> Option<About> {
    let Some(table) = sheet.table("anchor") else {
        problems.push(problem(1, "there is no [anchor]".to_owned()));
        return None;
    };
    let (layout, nodes) = (base.setup.layout(), base.setup.nodes());
    let fields = Fields::of(table, &layout, &nodes);
    let words = Tests::ALL.map(Tests::name).join(", ");
    let by_name = |name: &str| Tests::ALL.into_iter().find(|tests| tests.name() == name);
    let about = (|| {
        Some(About {
            id: fields.need("id", fields.text("id"))?,
            title: fields.need("title", fields.text("title"))?,
            tier: fields.need("tier", fields.number("tier"))?,
            tests: fields.need("tests", fields.word("tests", &words, by_name))?,
            published: fields.need("published", fields.text("published"))?,
            source: fields.need("source", fields.text("source"))?,
            seeds: fields.number("seeds").unwrap_or(1),
            absent: fields.text("absent"),
            lacks: fields.text("lacks"),
        })
    })();
    problems.extend(fields.finish("[anchor]"));
    about
}

/// The runs; a file without variants has one, of no name.
fn read_variants(sheet: &Table, base: &Scenario, problems: &mut Vec<CaseProblem>) -> Vec<Variant> {
    let tables = sheet.tables("variant");
    let mut variants: Vec<Variant> = tables.iter().filter_map(|table| read_variant(table, base, problems)).collect();
    if tables.is_empty() {
        variants.push(Variant { name: "run".to_owned(), scenario: base.clone() });
    }
    for variant in &variants {
        for found in variant.scenario.check() {
            problems.push(CaseProblem { line: None, text: format!("{}: {}", variant.name, english::problem(&found)) });
        }
    }
    variants
}

fn read_variant(table: &Table, base: &Scenario, problems: &mut Vec<CaseProblem>) -> Option<Variant> {
    let (layout, nodes) = (base.setup.layout(), base.setup.nodes());
    let fields = Fields::of(table, &layout, &nodes);
    let name = fields.need("name", fields.text("name"));
    let mut scenario = base.clone();
    if let Some(duration) = fields.time("duration") {
        scenario.duration = duration;
    }
    for (line, text) in fields.lines("settings") {
        match read_setting(&text) {
            Some((setting, value)) => setting.set(&mut scenario.setup, value),
            None => fields.problem_at(line, format!("`{text}` should be a setting and its value, as in `acks=all`")),
        }
    }
    for (line, text) in fields.lines("faults") {
        match read_fault(&text) {
            Some(fault) => scenario.faults.push(fault),
            None => {
                let expected = "a time, a kind, a target and perhaps a length, as in `5s crash leader.0 10s`";
                fields.problem_at(line, format!("`{text}` should be {expected}"));
            }
        }
    }
    problems.extend(fields.finish("a variant"));
    Some(Variant { name: name?, scenario })
}

fn read_setting(text: &str) -> Option<(SettingId, i64)> {
    let (name, value) = text.split_once('=')?;
    let setting = SettingId::by_name(name.trim())?;
    Some((setting, setting.read(value.trim())?))
}

fn read_fault(text: &str) -> Option<Fault> {
    let mut words = text.split_whitespace();
    let at = Instant(read_duration(words.next()?)?.0);
    let kind = read_fault_kind(words.next()?)?;
    let target = read_target(words.next()?)?;
    let duration: Option<Duration> = match words.next() {
        None => None,
        Some(text) => Some(read_duration(text)?),
    };
    Some(Fault { at, kind, target, duration })
}

fn read_definitions(sheet: &Table, problems: &mut Vec<CaseProblem>) -> BTreeMap<String, Expression> {
    let mut definitions = BTreeMap::new();
    for (name, line, item) in sheet.table("let").map_or(&[][..], |table| &table.fields) {
        let Item::Text(text) = item else {
            problems.push(problem(*line, format!("`{name}` should be an expression in quotes")));
            continue;
        };
        match Expression::read(text) {
            Ok(expression) => {
                definitions.insert(name.clone(), expression);
            }
            Err(error) => problems.push(problem(*line, format!("`{text}`: {error}"))),
        }
    }
    definitions
}

fn read_checks(sheet: &Table, base: &Scenario, problems: &mut Vec<CaseProblem>) -> Vec<Check> {
    let (layout, nodes) = (base.setup.layout(), base.setup.nodes());
    let mut checks = Vec::new();
    for table in sheet.tables("check") {
        let fields = Fields::of(table, &layout, &nodes);
        let name = fields.need("name", fields.text("name"));
        let figure = match fields.need("figure", fields.text("figure")).map(|text| Expression::read(&text)) {
            Some(Err(error)) => {
                fields.problem(error.to_string());
                None
            }
            read => read.and_then(Result::ok),
        };
        let bound = match fields.item("within") {
            None => Some(Bound::Holds),
            Some((line, item)) => {
                let bound = read_within(item);
                if bound.is_none() {
                    fields.problem_at(line, "`within` should be two numbers, the smaller first".to_owned());
                }
                bound
            }
        };
        problems.extend(fields.finish("a check"));
        if let (Some(name), Some(figure), Some(bound)) = (name, figure, bound) {
            checks.push(Check { name, figure, bound });
        }
    }
    checks
}

fn read_within(item: &Item) -> Option<Bound> {
    let number = |item: &Item| match item {
        Item::Number(number) => Some(*number as f64),
        Item::Other(text) => text.replace('_', "").parse().ok(),
        _ => None,
    };
    match item {
        Item::List(items) => match items.as_slice() {
            [(_, low), (_, high)] => {
                let (low, high) = (number(low)?, number(high)?);
                (low <= high).then_some(Bound::Within(low, high))
            }
            _ => None,
        },
        _ => None,
    }
}
