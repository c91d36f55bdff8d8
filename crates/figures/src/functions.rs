//! The functions of figures. Those about entries have a selection first (`Acked`, `Acked.records`), then conditions on
//! fields and on time (`partition=t-0`, `after=kill`).

use crate::evaluate::{BY, FigureError, Item, Run, truth};
use crate::expression::{Call, Node};
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The functions that select entries.
const ABOUT_ENTRIES: [&str; 16] = [
    "count",
    "first",
    "last",
    "sum",
    "min",
    "max",
    "mean",
    "percentile",
    "values",
    "longest_gap",
    "gap_begins",
    "gap_ends",
    "longest_run",
    "mean_run",
    "share_max",
    "share_min",
];

/// The functions of values.
const ABOUT_VALUES: [&str; 8] = ["least", "most", "abs", "size", "union", "if", "role", "victim"];

/// Does the function select entries?
pub(crate) fn is_about_entries(function: &str) -> bool {
    ABOUT_ENTRIES.contains(&function)
}

/// All functions.
pub fn functions() -> impl Iterator<Item = &'static str> {
    ABOUT_ENTRIES.into_iter().chain(ABOUT_VALUES)
}

/// Calls a function.
pub(crate) fn call(run: &Run, call: &Call) -> Result<Value, FigureError> {
    match call.function.as_str() {
        "count" => Ok(Value::Number(selected(run, call)?.0.len() as f64)),
        "first" => pick(run, call, |items| items.first()),
        "last" => pick(run, call, |items| items.last()),
        // The empty sum of floating-point numbers is a negative zero.
        "sum" => Ok(Value::Number(numbers(run, call)?.iter().sum::<f64>() + 0.0)),
        "min" => Ok(numbers(run, call)?.into_iter().reduce(f64::min).into()),
        "max" => Ok(numbers(run, call)?.into_iter().reduce(f64::max).into()),
        "mean" => {
            let numbers = numbers(run, call)?;
            Ok(Value::from((!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)))
        }
        "percentile" => percentile(run, call),
        "values" => values(run, call),
        "longest_gap" => Ok(longest_gap(run, call)?.map(|(from, to)| to - from).into()),
        "gap_begins" => Ok(longest_gap(run, call)?.map(|(from, _)| from).into()),
        "gap_ends" => Ok(longest_gap(run, call)?.map(|(_, to)| to).into()),
        "longest_run" => longest_run(run, call).map(|(longest, _)| longest),
        "mean_run" => longest_run(run, call).map(|(_, mean)| mean),
        "share_max" => shares(run, call).map(|shares| shares.into_iter().reduce(f64::max).into()),
        "share_min" => shares(run, call).map(|shares| shares.into_iter().reduce(f64::min).into()),
        _ => plain(run, call),
    }
}

/// Functions of values.
fn plain(run: &Run, call: &Call) -> Result<Value, FigureError> {
    let value = |place| run.argument(call, place, "a value");
    let smaller = |a: &Value, b: &Value| match (a.number(), b.number()) {
        (Some(a), Some(b)) => Value::Number(a.min(b)),
        (Some(one), None) | (None, Some(one)) => Value::Number(one),
        (None, None) => Value::None,
    };
    let negated = |value: Value| Value::from(value.number().map(|number| -number));
    match call.function.as_str() {
        "least" => Ok(smaller(&value(0)?, &value(1)?)),
        "most" => Ok(negated(smaller(&negated(value(0)?), &negated(value(1)?)))),
        "abs" => Ok(value(0)?.number().map(f64::abs).into()),
        "size" => Ok(Value::Number(value(0)?.into_set().len() as f64)),
        "union" => {
            let sets: Result<Vec<BTreeSet<String>>, _> =
                (0..call.arguments.len()).map(|place| value(place).map(Value::into_set)).collect();
            Ok(Value::Set(sets?.into_iter().flatten().collect()))
        }
        "if" => {
            let place = if truth(&value(0)?) { 1 } else { 2 };
            value(place)
        }
        "role" => {
            let partition = if call.arguments.len() < 2 { Value::None } else { value(1)? };
            Ok(run.role(&value(0)?, &partition))
        }
        "victim" => match call.arguments.first() {
            Some(Node::Name(name)) => run.victim(name),
            _ => Err(arguments(call, "the name of a step or a fault")),
        },
        name => Err(FigureError::NoSuchFunction(name.to_owned())),
    }
}

fn arguments(call: &Call, needs: &'static str) -> FigureError {
    FigureError::Arguments { function: call.function.clone(), needs }
}

/// What a call is about: the items, and the field that it asks for.
fn selected<'a, 'c>(run: &Run<'a>, call: &'c Call) -> Result<(Vec<Item<'a>>, Option<&'c str>), FigureError> {
    let needs = "a kind of entry, such as `Acked`";
    let (kind, field) = call.arguments.first().and_then(Node::selection).ok_or_else(|| arguments(call, needs))?;
    Ok((run.select(kind, &call.filters)?, field))
}

fn field(run: &Run, item: &Item, name: &str, call: &Call) -> Result<Value, FigureError> {
    let kind = call.arguments.first().and_then(Node::selection).map_or("", |(kind, _)| kind);
    run.field(item, kind, name)
}

/// One item's field, or else its moment.
fn pick(
    run: &Run,
    call: &Call,
    which: impl for<'i, 'a> Fn(&'i [Item<'a>]) -> Option<&'i Item<'a>>,
) -> Result<Value, FigureError> {
    let (items, name) = selected(run, call)?;
    match which(&items) {
        None => Ok(Value::None),
        Some(item) => field(run, item, name.unwrap_or("at"), call),
    }
}

/// The numbers of a field over the items; latencies are those of each record.
fn numbers(run: &Run, call: &Call) -> Result<Vec<f64>, FigureError> {
    let (items, name) = selected(run, call)?;
    let name = name.ok_or_else(|| arguments(call, "a field, as in `Acked.records`"))?;
    let mut numbers = Vec::with_capacity(items.len());
    for item in &items {
        if name == "latency" {
            numbers.extend(item.latencies());
        } else {
            numbers.extend(field(run, item, name, call)?.number());
        }
    }
    Ok(numbers)
}

fn percentile(run: &Run, call: &Call) -> Result<Value, FigureError> {
    let share = run.argument(call, 1, "a field and a number from 0 to 100")?.number();
    let share = share.filter(|share| (0.0..=100.0).contains(share));
    let share = share.ok_or_else(|| arguments(call, "a field and a number from 0 to 100"))?;
    let mut numbers = numbers(run, call)?;
    numbers.sort_by(f64::total_cmp);
    let place = (share / 100.0 * numbers.len() as f64).ceil() as usize;
    Ok(numbers.get(place.max(1) - 1).copied().into())
}

/// The different values of a field, or of several selections' fields.
fn values(run: &Run, call: &Call) -> Result<Value, FigureError> {
    let mut values = BTreeSet::new();
    for argument in &call.arguments {
        let needs = "fields, as in `Failed.exception`";
        let Some((kind, Some(name))) = argument.selection() else { return Err(arguments(call, needs)) };
        for item in run.select(kind, &call.filters)? {
            values.extend(field(run, &item, name, call)?.into_set());
        }
    }
    Ok(Value::Set(values))
}

/// The longest time between two neighbours: from and to. With `by=partition`, between neighbours of one partition.
fn longest_gap(run: &Run, call: &Call) -> Result<Option<(f64, f64)>, FigureError> {
    let by = call.filters.iter().find(|filter| filter.field == BY).map(|filter| &filter.value);
    let by = match by {
        None => None,
        Some(Node::Name(name)) => Some(name.as_str()),
        Some(_) => return Err(arguments(call, "the name of a field behind `by=`")),
    };
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for item in selected(run, call)?.0 {
        let group = by.map(|name| field(run, &item, name, call)).transpose()?;
        times.entry(group.unwrap_or(Value::None).to_string()).or_default().push(item.at());
    }
    let gaps = times.values().flat_map(|times| times.windows(2).map(|pair| (pair[0], pair[1])));
    Ok(gaps.reduce(|longest, gap| if longest.1 - longest.0 < gap.1 - gap.0 { gap } else { longest }))
}

/// Records of each item, or 1 where it has none.
fn weight(item: &Item) -> f64 {
    item.field("records").and_then(|records| records.number()).unwrap_or(1.0)
}

/// How many records in a row have the same value of a field: the most, and the mean.
fn longest_run(run: &Run, call: &Call) -> Result<(Value, Value), FigureError> {
    let (items, name) = selected(run, call)?;
    let name = name.ok_or_else(|| arguments(call, "a field, as in `Closed.partition`"))?;
    let mut runs: Vec<(Value, f64)> = Vec::new();
    for item in &items {
        let own = field(run, item, name, call)?;
        match runs.last_mut() {
            Some((value, length)) if *value == own => *length += weight(item),
            _ => runs.push((own, weight(item))),
        }
    }
    let total: f64 = runs.iter().map(|(_, length)| length).sum();
    let mean = (!runs.is_empty()).then(|| total / runs.len() as f64);
    Ok((runs.into_iter().map(|(_, length)| length).reduce(f64::max).into(), mean.into()))
}

/// Each value's share of the records.
fn shares(run: &Run, call: &Call) -> Result<Vec<f64>, FigureError> {
    let (items, name) = selected(run, call)?;
    let name = name.ok_or_else(|| arguments(call, "a field, as in `Acked.partition`"))?;
    let mut shares = BTreeMap::new();
    let mut total = 0.0;
    for item in &items {
        *shares.entry(field(run, item, name, call)?.to_string()).or_insert(0.0) += weight(item);
        total += weight(item);
    }
    Ok(shares.into_values().map(|share: f64| share / total).collect())
}
