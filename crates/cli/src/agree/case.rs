//! A file of `[[measured]]` figures: a scenario, what is measured of it, and what a real cluster was measured to do.

use highwater_figures::{Expression, Kind, Measured, Value};
use highwater_model::Scenario;
use highwater_model::file::{self, Document};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value as Item};

/// A case: a scenario and its figures.
pub struct Case {
    /// Its name: that of the file.
    pub name: String,
    pub title: String,
    pub scenario: Scenario,
    pub definitions: BTreeMap<String, Expression>,
    pub figures: Vec<Figure>,
}

/// A figure and what was measured of it.
pub struct Figure {
    pub name: String,
    pub kind: Kind,
    pub expression: Expression,
    pub measured: Measured,
    /// Among which cases its order counts.
    pub series: Option<String>,
}

/// Reads a case; or says all that is wrong with it.
pub fn read(path: &Path) -> Result<Case, Vec<String>> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let text = std::fs::read_to_string(path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let table: Table = text.parse().map_err(|error| vec![format!("{name}: {error}")])?;
    let mut problems = Vec::new();
    let scenario = scenario_of(&text, &mut problems);
    let definitions = definitions(&table, &mut problems);
    let figures = table.get("measured").and_then(Item::as_array).map_or(&[][..], Vec::as_slice);
    let figures = figures.iter().filter_map(|figure| figure_of(figure, &mut problems)).collect();
    let title = text_at(&table, "case", "title");
    if problems.is_empty() {
        return Ok(Case { name, title, scenario, definitions, figures });
    }
    Err(problems.into_iter().map(|problem| format!("{name}: {problem}")).collect())
}

fn text_at(table: &Table, part: &str, key: &str) -> String {
    let part = table.get(part).and_then(Item::as_table);
    part.and_then(|part| part.get(key)).and_then(Item::as_str).unwrap_or_default().to_owned()
}

/// The scenario, which ends where the parts of a case begin.
fn scenario_of(text: &str, problems: &mut Vec<String>) -> Scenario {
    let end = ["\n[case]", "\n[let]", "\n[[measured]]"].iter().filter_map(|part| text.find(part)).min();
    let opened = file::read(&text[..end.unwrap_or(text.len())]);
    problems.extend(opened.problems.iter().map(crate::english::file_problem));
    match opened.document {
        Document::Scenario(scenario) => *scenario,
        Document::Comparison(comparison) => comparison.scenario(highwater_model::LaneId::A),
    }
}

fn definitions(table: &Table, problems: &mut Vec<String>) -> BTreeMap<String, Expression> {
    let mut definitions = BTreeMap::new();
    for (name, value) in table.get("let").and_then(Item::as_table).into_iter().flatten() {
        match Expression::read(value.as_str().unwrap_or_default()) {
            Ok(expression) => {
                definitions.insert(name.clone(), expression);
            }
            Err(error) => problems.push(format!("{name}: {error}")),
        }
    }
    definitions
}

fn figure_of(item: &Item, problems: &mut Vec<String>) -> Option<Figure> {
    let table = item.as_table()?;
    let text = |key: &str| table.get(key).and_then(Item::as_str);
    let name = text("name").unwrap_or("a figure without a name").to_owned();
    let mut problem = |text: String| problems.push(format!("{name}: {text}"));
    let kind = Kind::by_name(text("kind").unwrap_or("fact"));
    let expression = Expression::read(text("figure").unwrap_or_default());
    let measured = measured_of(table);
    let series = text("series").map(str::to_owned);
    match (kind, expression, measured) {
        (Some(kind), Ok(expression), Some(measured)) => {
            if let Some(wrong) = measured.check(kind) {
                problem(wrong.to_string());
            }
            return Some(Figure { name, kind, expression, measured, series });
        }
        (None, ..) => problem("there is no such kind".to_owned()),
        (_, Err(error), _) => problem(error.to_string()),
        (.., None) => problem("`range`, `value`, `values` or `set` is damaged".to_owned()),
    }
    None
}

fn measured_of(table: &Table) -> Option<Measured> {
    if let Some(range) = table.get("range") {
        let numbers: Option<Vec<f64>> = range.as_array()?.iter().map(number).collect();
        return match numbers?[..] {
            [low, high] => Some(Measured::Range(low, high)),
            _ => None,
        };
    }
    if let Some(members) = table.get("set") {
        let words: Option<_> = members.as_array()?.iter().map(|word| Some(word.as_str()?.to_owned())).collect();
        return Some(Measured::Union(words?));
    }
    if let Some(values) = table.get("values") {
        return Some(Measured::Values(values.as_array()?.iter().map(value).collect::<Option<_>>()?));
    }
    match table.get("value") {
        Some(one) => Some(Measured::Values(vec![value(one)?])),
        None => Some(Measured::Unknown),
    }
}

fn number(item: &Item) -> Option<f64> {
    item.as_float().or_else(|| item.as_integer().map(|number| number as f64))
}

fn value(item: &Item) -> Option<Value> {
    match item {
        Item::Boolean(flag) => Some(Value::Flag(*flag)),
        Item::String(word) if word == "none" => Some(Value::None),
        Item::String(word) => Some(Value::word(word.as_str())),
        item => number(item).map(Value::Number),
    }
}
