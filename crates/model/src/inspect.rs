//! A look into a node: any field of its state as a plain value, found by its name. Tests and conformance cases look;
//! judges and the page do not.

use crate::ids::{BrokerId, BrokerSet, ControllerId, NodeId};
use crate::spelling::{read_duration, write_duration};
use crate::time::{Duration, Instant};
use crate::trace::{Election, Error, NodeState};
use std::collections::BTreeSet;
use std::fmt;

/// A value of a node's state, of an answer, of a trace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Nothing is there.
    None,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i128),
    /// A moment of the run, or a length of time, in nanoseconds.
    Time(u64),
    /// A name, a word, an error.
    Text(String),
    /// Members in no order.
    Set(BTreeSet<Value>),
    /// Items in order.
    List(Vec<Value>),
    /// Named fields.
    Fields(Vec<(String, Value)>),
}

impl Value {
    /// The value as it is written: `none`, `true`, `7`, `150ms`, a word, `{b1, b2}`, `[4, 13]`.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let inside = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        if let Some(members) = inside('{', '}') {
            return Value::Set(split(members).map(Value::read).collect());
        }
        if let Some(items) = inside('[', ']') {
            return Value::List(split(items).map(Value::read).collect());
        }
        match text {
            "none" => return Value::None,
            "true" => return Value::Flag(true),
            "false" => return Value::Flag(false),
            _ => (),
        }
        if let Ok(number) = text.parse() {
            return Value::Number(number);
        }
        let packed: String = text.split_whitespace().collect();
        match read_duration(&packed) {
            Some(duration) => Value::Time(duration.0),
            None => Value::Text(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        }
    }

    /// The value of a field, a member by its place, or how many there are (`count`).
    pub fn field(&self, name: &str) -> Option<Value> {
        match self {
            Value::Fields(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()),
            Value::List(items) if name == "count" => Some(Value::from(items.len())),
            Value::Set(members) if name == "count" => Some(Value::from(members.len())),
            Value::List(items) => name.parse::<usize>().ok().and_then(|place| items.get(place).cloned()),
            Value::None => Some(Value::None),
            _ => None,
        }
    }

    /// Is the other a member, an item, or a part of the text?
    pub fn contains(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Set(members), Value::Set(others)) => others.is_subset(members),
            (Value::Set(members), other) => members.contains(other),
            (Value::List(items), other) => items.contains(other),
            (Value::Text(text), Value::Text(part)) => text.contains(part.as_str()),
            _ => false,
        }
    }

    /// These fields and one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Value::Fields(fields) = &mut self {
            fields.push((name.to_owned(), value.into()));
        }
        self
    }

    /// What is left when the other is taken away: of a number, a time (never less than none), a set.
    pub fn minus(&self, other: &Value) -> Option<Value> {
        Some(match (self, other) {
            (Value::Number(left), Value::Number(right)) => Value::Number(left - right),
            (Value::Time(left), Value::Time(right)) => Value::Time(left.saturating_sub(*right)),
            (Value::Set(left), Value::Set(right)) => Value::Set(left.difference(right).cloned().collect()),
            _ => return None,
        })
    }

    /// A set of anything.
    pub fn set<T: Into<Value>>(members: impl IntoIterator<Item = T>) -> Self {
        Value::Set(members.into_iter().map(Into::into).collect())
    }

    /// A list of anything.
    pub fn list<T: Into<Value>>(items: impl IntoIterator<Item = T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }

    /// Named fields.
    pub fn fields<const N: usize>(fields: [(&str, Value); N]) -> Self {
        Value::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// The parts between commas that are in no brackets.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |c| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ => (),
        }
        c == ',' && depth == 0
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined =
            |values: &mut dyn Iterator<Item = &Value>| values.map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Value::None => f.write_str("none"),
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Time(nanos) => f.write_str(&write_duration(Duration(*nanos))),
            Value::Text(text) => f.write_str(text),
            Value::Set(members) => write!(f, "{{{}}}", joined(&mut members.iter())),
            Value::List(items) => write!(f, "[{}]", joined(&mut items.iter())),
            Value::Fields(fields) => {
                let named: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                write!(f, "({})", named.join(", "))
            }
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => { $(
        impl From<$number> for Value {
            fn from(number: $number) -> Self { Value::Number(number as i128) }
        }
    )* };
}
numbers!(u8, u16, u32, u64, usize, i16, i32, i64);

macro_rules! words {
    ($($word:ty),*) => { $(
        impl From<$word> for Value {
            fn from(word: $word) -> Self { Value::Text(word.to_string()) }
        }
    )* };
}
words!(&str, String, BrokerId, ControllerId, NodeId, Error, NodeState, Election);

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<Instant> for Value {
    fn from(at: Instant) -> Self {
        if at == Instant::NEVER { Value::None } else { Value::Time(at.0) }
    }
}

impl From<Duration> for Value {
    fn from(span: Duration) -> Self {
        Value::Time(span.0)
    }
}

impl From<BrokerSet> for Value {
    fn from(brokers: BrokerSet) -> Self {
        Value::set(brokers.iter())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::None, Into::into)
    }
}

impl From<(i32, u64)> for Value {
    /// An epoch and an offset.
    fn from((epoch, offset): (i32, u64)) -> Self {
        Value::List(vec![epoch.into(), offset.into()])
    }
}

/// Gives the fields of a state names: `NAMES` lists them, the function finds one.
#[macro_export]
macro_rules! inspection {
    ($(#[$doc:meta])* $names:ident, $vis:vis fn $find:ident($($argument:ident: $type:ty),* $(,)?) {
        $($name:literal => $value:expr),* $(,)?
    }) => {
        $(#[$doc])*
        pub const $names: &[&str] = &[$($name),*];

        $vis fn $find(name: &str, $($argument: $type),*) -> Option<$crate::inspect::Value> {
            match name {
                $($name => Some($crate::inspect::Value::from($value)),)*
                _ => None,
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_are_written() {
        for text in
            ["none", "true", "7", "-1", "150ms", "NOT_LEADER_OR_FOLLOWER", "{b1, b2}", "[4, 13]", "e0:0-1 e3:2-7"]
        {
            assert_eq!(Value::read(text).to_string(), text);
        }
        assert_eq!(Value::read("150 ms"), Value::Time(150_000_000));
        assert_eq!(Value::read("{b2,b1}"), Value::read("{b1, b2}"), "a set has no order");
        assert_eq!(Value::read("[[0, 1], [2, 3]]").field("1"), Some(Value::read("[2, 3]")));
    }

    #[test]
    fn membership_is_of_sets_lists_and_texts() {
        assert!(Value::read("{b1, b2, b3}").contains(&Value::read("{b1, b3}")));
        assert!(Value::read("[1, 2]").contains(&Value::read("2")));
        assert!(Value::read("e0:0-1 e3:2").contains(&Value::read("e3:2")));
        assert!(!Value::read("7").contains(&Value::read("7")));
    }
}
