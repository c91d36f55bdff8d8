//! The values of figures: numbers, words, sets, and nothing.

use std::collections::BTreeSet;
use std::fmt;

/// A value of a figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// There is none: the first of no entries.
    None,
    /// True or false.
    Flag(bool),
    /// A number; moments and lengths of time are in milliseconds.
    Number(f64),
    /// A word: an error, a node, a state.
    Word(String),
    /// Words (or numbers as words) in no order.
    Set(BTreeSet<String>),
}

impl Value {
    /// A word.
    pub fn word(text: impl Into<String>) -> Self {
        Value::Word(text.into())
    }

    /// A set of one, or the set itself; nothing is the empty set.
    pub fn into_set(self) -> BTreeSet<String> {
        match self {
            Value::None => BTreeSet::new(),
            Value::Set(members) => members,
            one => BTreeSet::from([one.to_string()]),
        }
    }

    /// Its number, where it is one; a flag counts as 0 or 1.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Flag(flag) => Some(f64::from(u8::from(*flag))),
            Value::None | Value::Word(_) | Value::Set(_) => None,
        }
    }

    /// Is it the other, or one of the other's members?
    pub fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Set(own), Value::Set(others)) => own == others,
            (one, Value::Set(others)) => others.contains(&one.to_string()),
            (one, other) => one == other,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::None => f.write_str("none"),
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(number) => write_number(*number, f),
            Value::Word(word) => f.write_str(word),
            Value::Set(members) => {
                f.write_str("{")?;
                for (place, member) in members.iter().enumerate() {
                    f.write_str(if place == 0 { "" } else { ", " })?;
                    f.write_str(member)?;
                }
                f.write_str("}")
            }
        }
    }
}

/// Whole numbers without a fraction, small ones with three digits behind the point, large ones with one.
fn write_number(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if number.fract() == 0.0 {
        write!(f, "{number:.0}")
    } else if number.abs() < 100.0 {
        write!(f, "{number:.3}")
    } else {
        write!(f, "{number:.1}")
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Flag(flag)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::Number(number)
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Value::None, Value::Number)
    }
}
