//! `[let]` and `[[measured]]`: the figures of a case, and what a real cluster was measured to do.

use crate::kinds::kind_named;
use crate::sheet::{CaseProblem, Fields, Item, Table};
use highwater_figures::{Expression, Kind, Measured, Value};
use highwater_model::{Layout, NodeId};
use std::collections::BTreeMap;

/// The figures of a case.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Names for parts of expressions.
    pub definitions: BTreeMap<String, Expression>,
    /// What is compared, in the order of the file.
    pub figures: Vec<Figure>,
}

/// A figure, and what was measured of it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Where it stands in the file.
    pub line: u32,
    /// Its name.
    pub name: String,
    /// What sets it, and so how near is near enough.
    pub kind: Kind,
    /// How it is found.
    pub expression: Expression,
    /// What a real cluster did.
    pub measured: Measured,
    /// The series of cases within which its order counts.
    pub series: Option<String>,
}

/// The names that `[[measured]]` takes.
pub const WORDS: [&str; 8] = ["name", "kind", "figure", "range", "value", "values", "set", "series"];

/// Reads the figures of a file.
pub fn read(sheet: &Table, names: (&Layout, &[NodeId]), problems: &mut Vec<CaseProblem>) -> Measures {
    let mut measures = Measures::default();
    for (name, line, item) in sheet.table("let").map_or(&[][..], |table| &table.fields) {
        match item {
            Item::Text(text) => match expression(text) {
                Ok(expression) => {
                    measures.definitions.insert(name.clone(), expression);
                }
                Err(text) => problems.push(CaseProblem { line: Some(*line), text }),
            },
            _ => {
                let text = format!("`{name}` should be an expression in quotes");
                problems.push(CaseProblem { line: Some(*line), text });
            }
        }
    }
    for table in sheet.tables("measured") {
        let fields = Fields::of(table, names.0, names.1);
        measures.figures.extend(figure(&fields));
        problems.extend(fields.finish("a measured figure"));
    }
    measures
}

/// An expression whose kinds of entries exist.
fn expression(text: &str) -> Result<Expression, String> {
    let expression = Expression::read(text).map_err(|error| format!("`{text}`: {error}"))?;
    let unknown = expression.kinds().into_iter().find(|kind| kind_named(kind).is_none());
    match unknown {
        Some(kind) => Err(format!("`{text}`: there is no kind of entry `{kind}`")),
        None => Ok(expression),
    }
}

fn figure(fields: &Fields) -> Option<Figure> {
    let name = fields.need("name", fields.text("name"));
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let kind = fields.need("kind", fields.word("kind", &kinds.join(", "), Kind::by_name));
    let text = fields.need("figure", fields.text("figure"));
    let series = fields.text("series");
    let measured = measured(fields);
    let (name, kind, measured) = (name?, kind?, measured?);
    if let Some(problem) = measured.check(kind) {
        fields.problem(format!("{name}: {problem}"));
    }
    match expression(&text?) {
        Ok(expression) => Some(Figure { line: fields.line(), name, kind, expression, measured, series }),
        Err(problem) => {
            fields.problem(problem);
            None
        }
    }
}

/// What was measured: one of `range`, `value`, `values`, `set`; nothing yet where none is said.
fn measured(fields: &Fields) -> Option<Measured> {
    let [range, one, values, set] = ["range", "value", "values", "set"].map(|name| fields.item(name));
    let members = |item: &Item| match item {
        Item::List(items) => Some(items.iter().map(|(_, item)| value(item)).collect::<Vec<_>>()),
        _ => None,
    };
    let read = match (range, one, values, set) {
        (None, None, None, None) => Some(Measured::Unknown),
        (Some((_, item)), None, None, None) => {
            let numbers: Option<Vec<f64>> = members(item).and_then(|all| all.iter().map(Value::number).collect());
            match numbers.as_deref() {
                Some([low, high]) => Some(Measured::Range(*low, *high)),
                _ => None,
            }
        }
        (None, Some((_, item)), None, None) => Some(Measured::Values(vec![value(item)])),
        (None, None, Some((_, item)), None) => members(item).map(Measured::Values),
        (None, None, None, Some((_, item))) => {
            members(item).map(|all| Measured::Union(all.into_iter().flat_map(Value::into_set).collect()))
        }
        _ => {
            fields.problem("a figure has one of: range, value, values, set".to_owned());
            return None;
        }
    };
    if read.is_none() {
        let expected = "`range` should be two numbers, `values` and `set` lists";
        fields.problem(expected.to_owned());
    }
    read
}

fn value(item: &Item) -> Value {
    match item {
        Item::Text(text) if text == "none" => Value::None,
        Item::Text(text) => Value::word(text.as_str()),
        Item::Number(number) => Value::Number(*number as f64),
        Item::Flag(flag) => Value::Flag(*flag),
        Item::Other(text) => text.replace('_', "").parse().map_or_else(|_| Value::word(text.as_str()), Value::Number),
        Item::List(_) | Item::Table(_) => Value::None,
    }
}
