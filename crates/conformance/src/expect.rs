//! Expectations: short lines `PATH OP VALUE`, such as `b1.t-0.high_watermark = 10` or `count(IsrProposed broker=b1) < 2`.

use crate::kinds::kind_named;
use crate::sheet::time_of;
use highwater_model::inspect::Value;
use highwater_model::{Instant, NodeId};
use highwater_sim::inspect::node_named;
use std::collections::BTreeSet;
use std::fmt;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// The same.
    Equal,
    /// Not the same.
    NotEqual,
    /// Smaller.
    Less,
    /// Smaller or the same.
    AtMost,
    /// Larger.
    More,
    /// Larger or the same.
    AtLeast,
    /// A set with these members, a list with this item, a text with this part.
    Contains,
}

impl Op {
    /// All operators, as they are written; longer ones first.
    pub const WORDS: [(&'static str, Op); 7] = [
        ("!=", Op::NotEqual),
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        ("=", Op::Equal),
        ("<", Op::Less),
        (">", Op::More),
        ("contains", Op::Contains),
    ];

    /// Does it hold between these?
    pub fn holds(self, seen: &Value, expected: &Value) -> bool {
        let comparable = matches!(
            (seen, expected),
            (Value::Number(_), Value::Number(_)) | (Value::Time(_), Value::Time(_)) | (Value::Text(_), Value::Text(_))
        );
        match self {
            Op::Equal => seen == expected,
            Op::NotEqual => seen != expected,
            Op::Less => comparable && seen < expected,
            Op::AtMost => comparable && seen <= expected,
            Op::More => comparable && seen > expected,
            Op::AtLeast => comparable && seen >= expected,
            Op::Contains => seen.contains(expected),
        }
    }
}

/// Which entries of the trace are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// Their kind, such as `IsrProposed`.
    pub kind: String,
    /// Fields that must have these values.
    pub filters: Vec<(String, Value)>,
    /// Told at this moment or later.
    pub since: Instant,
    /// Told before this moment.
    pub until: Instant,
}

/// What is asked of a trace's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// How many.
    Count,
    /// The first.
    First,
    /// The last.
    Last,
    /// All, as a list.
    All,
}

impl Of {
    /// All of them, as they are written.
    pub const WORDS: [(&'static str, Of); 4] =
        [("count", Of::Count), ("first", Of::First), ("last", Of::Last), ("all", Of::All)];
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// At a field of a node, an answer, the ledger: its path.
    At(Vec<String>),
    /// The difference of two times, numbers or sets.
    Minus(Box<Look>, Box<Look>),
    /// At entries of the trace; of one of them, at a field.
    Trace(Of, Entries, Vec<String>),
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// A given value.
    Value(Value),
    /// What is seen elsewhere.
    Look(Look),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Where it stands in the file.
    pub line: u32,
    /// As it is written.
    pub text: String,
    /// Where to look.
    pub left: Look,
    /// How to compare.
    pub op: Op,
    /// With what.
    pub right: Right,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Roots of paths that are neither nodes nor names of answers.
pub const ROOTS: [&str; 10] =
    ["answer", "c", "group", "heard", "invariants", "latency", "ledger", "metric", "now", "availability"];

/// What paths may begin with.
pub struct Names<'a> {
    /// The nodes of the case.
    pub nodes: &'a [NodeId],
    /// The names that steps give to answers.
    pub answers: &'a BTreeSet<String>,
}

impl Names<'_> {
    fn is_root(&self, name: &str) -> bool {
        ROOTS.contains(&name)
            || self.answers.contains(name)
            || node_named(name).is_some_and(|node| self.nodes.contains(&node))
    }
}

/// Reads a line; or says what is wrong with it.
pub fn read(line: u32, text: &str, names: &Names) -> Result<Expectation, String> {
    let (left, op, right) = split(text).ok_or_else(|| {
        format!("`{text}` has no operator; a line is PATH OP VALUE, with one of = != < <= > >= contains")
    })?;
    let look = read_look(left, names)?;
    let right = match read_look(right, names) {
        Ok(look) if right.contains(['.', '(']) || right == "now" => Right::Look(look),
        Err(problem) if is_call(right) => return Err(problem),
        _ if right.is_empty() => return Err(format!("`{text}` has nothing behind the operator")),
        _ => Right::Value(Value::read(right)),
    };
    Ok(Expectation { line, text: text.to_owned(), left: look, op, right })
}

/// The parts before and behind the first operator that is in no brackets.
fn split(text: &str) -> Option<(&str, Op, &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ if depth != 0 => (),
            _ => {
                let rest = &text[at..];
                let is = |word: &str| {
                    let spaced =
                        word != "contains" || (text[..at].ends_with(' ') && rest[word.len()..].starts_with(' '));
                    rest.starts_with(word) && spaced
                };
                let found = Op::WORDS.iter().find(|(word, _)| rest.starts_with(word) && is(word));
                if let Some((word, op)) = found {
                    return Some((text[..at].trim(), *op, rest[word.len()..].trim()));
                }
            }
        }
    }
    None
}

/// The parts before and behind the last ` - ` that is in no brackets.
fn minus(text: &str) -> Option<(&str, &str)> {
    let depth = |at: usize| {
        text[..at].chars().fold(0, |depth, c| match c {
            '(' | '{' | '[' => depth + 1,
            ')' | '}' | ']' => depth - 1,
            _ => depth,
        })
    };
    let at = text.rmatch_indices(" - ").map(|(at, _)| at).find(|at| depth(*at) == 0)?;
    Some((text[..at].trim(), text[at + 3..].trim()))
}

fn is_call(text: &str) -> bool {
    Of::WORDS.iter().any(|(word, _)| text.strip_prefix(word).is_some_and(|rest| rest.starts_with('(')))
}

/// Reads a path, or a question to the trace.
pub fn read_look(text: &str, names: &Names) -> Result<Look, String> {
    if let Some((left, right)) = minus(text) {
        return Ok(Look::Minus(Box::new(read_look(left, names)?), Box::new(read_look(right, names)?)));
    }
    for (word, of) in Of::WORDS {
        if let Some(inside) = text.strip_prefix(word).and_then(|rest| rest.strip_prefix('(')) {
            let (inside, rest) = inside.split_once(')').ok_or_else(|| format!("`{text}` has no closing bracket"))?;
            let rest = rest.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            return Ok(Look::Trace(of, read_entries(inside)?, rest));
        }
    }
    if text.contains(char::is_whitespace) {
        return Err(format!("`{text}` is no path: it has blanks"));
    }
    let path: Vec<String> = text.split('.').map(str::to_owned).collect();
    if names.is_root(&path[0]) {
        return Ok(Look::At(path));
    }
    Err(format!(
        "`{text}` begins with `{}`, which is neither a node of this case, nor the name of an answer, nor one of: {}",
        path[0],
        ROOTS.join(", ")
    ))
}

/// `IsrProposed broker=b1 isr={b1, b2} since=2s`.
fn read_entries(text: &str) -> Result<Entries, String> {
    let (kind, mut rest) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
    let known = kind_named(kind).ok_or_else(|| format!("`{kind}` is no kind of trace entry"))?;
    let mut entries =
        Entries { kind: kind.to_owned(), filters: Vec::new(), since: Instant::ZERO, until: Instant::NEVER };
    while !rest.trim().is_empty() {
        let (name, value) = rest.split_once('=').ok_or_else(|| format!("`{}` should be NAME=VALUE", rest.trim()))?;
        let end = value_end(value);
        let (name, value) = (name.trim(), (&value[..end], &value[end..]));
        rest = value.1;
        match name {
            "since" | "until" => {
                let time = time_of(value.0).ok_or_else(|| format!("`{name}` needs a time such as 2s or 150ms"))?;
                let bound = if name == "since" { &mut entries.since } else { &mut entries.until };
                *bound = Instant(time.0);
            }
            _ if !known.fields.contains(&name) => {
                let fields = known.fields.join(", ");
                return Err(format!("`{kind}` has no field `{name}`; it has: {fields}, and since and until"));
            }
            _ => entries.filters.push((name.to_owned(), Value::read(value.0))),
        }
    }
    Ok(entries)
}

/// Where a filter's value ends: before the blank that precedes the next `NAME=`.
fn value_end(text: &str) -> usize {
    match text.find('=') {
        None => text.len(),
        Some(next) => text[..next].trim_end().rfind(char::is_whitespace).unwrap_or(text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::BrokerId;

    fn reads(text: &str) -> Result<Expectation, String> {
        let nodes = [NodeId::Broker(BrokerId(1)), NodeId::Broker(BrokerId(2))];
        let answers = ["first".to_owned()].into_iter().collect();
        read(1, text, &Names { nodes: &nodes, answers: &answers })
    }

    #[test]
    fn a_line_is_a_path_an_operator_and_a_value() {
        let line = reads("b1.t-0.isr = {b1, b2}").expect("it is one");
        assert_eq!(line.left, Look::At(vec!["b1".to_owned(), "t-0".to_owned(), "isr".to_owned()]));
        assert_eq!((line.op, line.right), (Op::Equal, Right::Value(Value::read("{b1, b2}"))));
        let line = reads("b1.t-0.log = b2.t-0.log").expect("it is one");
        assert!(matches!(line.right, Right::Look(_)), "the same field of another node");
        let line = reads("first.error contains OFFSET").expect("it is one");
        assert_eq!(line.op, Op::Contains);
    }

    #[test]
    fn entries_are_found_by_their_fields_and_times() {
        let line = reads("count(IsrProposed broker=b1 isr={b1, b2} since=2 s) >= 1").expect("it is one");
        let Look::Trace(Of::Count, entries, rest) = line.left else { panic!("it counts entries") };
        assert_eq!((entries.kind.as_str(), rest.len()), ("IsrProposed", 0));
        assert_eq!(entries.filters[1], ("isr".to_owned(), Value::read("{b1, b2}")));
        assert_eq!((entries.since, entries.until), (Instant::from_millis(2_000), Instant::NEVER));
    }

    #[test]
    fn differences_are_of_paths_and_entries() {
        let line = reads("last(Attempted).at - first(Retried).at >= 80 ms").expect("it is one");
        assert!(matches!(line.left, Look::Minus(..)));
        assert_eq!(Value::Time(5).minus(&Value::Time(3)), Some(Value::Time(2)));
        assert_eq!(Value::Number(3).minus(&Value::Number(5)), Some(Value::Number(-2)));
        assert_eq!(Value::read("{b1, b2}").minus(&Value::read("{b2}")), Some(Value::read("{b1}")));
    }

    #[test]
    fn what_is_no_line_is_told() {
        for (text, part) in [
            ("b1.t-0.isr", "no operator"),
            ("b9.t-0.isr = {b1}", "neither a node"),
            ("count(IsrProposd) = 1", "no kind"),
            ("count(IsrProposed broker=b1 isr=b1 isrs=b2) = 1", "no field `isrs`"),
            ("b1.t-0.log_end =", "nothing behind"),
        ] {
            assert!(reads(text).is_err_and(|problem| problem.contains(part)), "{text}");
        }
    }
}
