//! Evaluates figures over a run.

use crate::entries::snake;
use crate::expression::{Call, Expression, Filter, LEDGER, Node, Operator};
use crate::functions;
use crate::tape::{Tape, Told, millis};
use crate::value::Value;
use highwater_model::{BrokerId, Instant, PartitionId};
use highwater_oracle::Judge;
use highwater_oracle::report::{Category, RecordRange};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// Why a figure has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FigureError {
    /// Nothing has this name: no step, no fault, no definition.
    NoSuchName(String),
    /// There is no such function.
    NoSuchFunction(String),
    /// The ledger has no such category.
    NoSuchCategory(String),
    /// Entries of this kind have no such field.
    NoSuchField {
        /// The kind of entry.
        kind: String,
        /// The field.
        field: String,
    },
    /// A function was not given what it needs.
    Arguments {
        /// The function.
        function: String,
        /// What it needs.
        needs: &'static str,
    },
    /// A definition needs its own value.
    Circular(String),
    /// Two values that do not go together.
    Mismatch {
        /// The left one.
        left: String,
        /// The right one.
        right: String,
    },
}

impl fmt::Display for FigureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchName(name) => write!(f, "no step, fault or definition is called `{name}`"),
            Self::NoSuchFunction(name) => write!(f, "there is no function `{name}`"),
            Self::NoSuchCategory(name) => write!(f, "the ledger has no category `{name}`"),
            Self::NoSuchField { kind, field } => write!(f, "entries `{kind}` have no field `{field}`"),
            Self::Arguments { function, needs } => write!(f, "`{function}` needs {needs}"),
            Self::Circular(name) => write!(f, "`{name}` is defined by itself"),
            Self::Mismatch { left, right } => write!(f, "{left} and {right} do not go together"),
        }
    }
}

impl std::error::Error for FigureError {}

/// `by=partition` puts entries with the same value of a field together.
pub(crate) const BY: &str = "by";

/// A run of which figures are asked.
pub struct Run<'a> {
    tape: &'a Tape,
    judge: &'a Judge,
    /// Each partition's replicas, in the order of the assignment.
    replicas: &'a [Vec<BrokerId>],
    end: Instant,
    definitions: &'a BTreeMap<String, Expression>,
    /// Definitions that are being evaluated: none of them may need itself.
    open: RefCell<Vec<String>>,
    /// The records of the categories that were asked for.
    fates: RefCell<BTreeMap<Category, Fates>>,
}

/// The records of a category: of each producer's stream, first numbers and counts in order.
type Fates = BTreeMap<(u8, PartitionId), Vec<(u64, u64)>>;

/// Something that happened, as a figure sees it: an entry of the trace, or records that the ledger lists.
pub(crate) enum Item<'a> {
    Entry(Told<'a>),
    Records(RecordRange),
}

impl<'a> Run<'a> {
    /// A run, its ledger, its partitions' replicas, its end, and the definitions of the file.
    pub fn new(
        tape: &'a Tape,
        judge: &'a Judge,
        replicas: &'a [Vec<BrokerId>],
        end: Instant,
        definitions: &'a BTreeMap<String, Expression>,
    ) -> Self {
        Self { tape, judge, replicas, end, definitions, open: RefCell::default(), fates: RefCell::default() }
    }

    /// The value of a figure.
    pub fn evaluate(&self, expression: &Expression) -> Result<Value, FigureError> {
        self.value(&expression.0)
    }

    pub(crate) fn value(&self, node: &Node) -> Result<Value, FigureError> {
        match node {
            Node::Constant(value) => Ok(value.clone()),
            Node::Set(members) => {
                let members: Result<Vec<Value>, _> = members.iter().map(|member| self.value(member)).collect();
                Ok(Value::Set(members?.into_iter().flat_map(Value::into_set).collect()))
            }
            Node::Name(name) => self.named(name),
            Node::Ledger(name) => Ok(Value::Number(self.judge.ledger().count(category_of(name)?) as f64)),
            Node::Call(call) => functions::call(self, call),
            Node::Not(inner) => Ok(Value::Flag(!truth(&self.value(inner)?))),
            Node::Minus(inner) => Ok(self.value(inner)?.number().map(|number| -number).into()),
            Node::Pair(left, operator, right) => self.pair(left, *operator, right),
        }
    }

    fn named(&self, name: &str) -> Result<Value, FigureError> {
        if let Some(definition) = self.definitions.get(name) {
            if self.open.borrow().iter().any(|open| open == name) {
                return Err(FigureError::Circular(name.to_owned()));
            }
            self.open.borrow_mut().push(name.to_owned());
            let value = self.evaluate(definition);
            self.open.borrow_mut().pop();
            return value;
        }
        if let Some(mark) = self.tape.find_mark(name) {
            return Ok(Value::Number(millis(mark.at)));
        }
        if let Some(kept) = self.tape.find_kept(name) {
            return Ok(kept.clone());
        }
        match name {
            "start" => Ok(Value::Number(0.0)),
            "end" => Ok(Value::Number(millis(self.end))),
            "now" => Ok(Value::Number(millis(self.tape.now()))),
            _ if is_node_or_partition(name) => Ok(Value::word(name)),
            _ => Err(FigureError::NoSuchName(name.to_owned())),
        }
    }

    fn pair(&self, left: &Node, operator: Operator, right: &Node) -> Result<Value, FigureError> {
        let left = self.value(left)?;
        match operator {
            Operator::And if !truth(&left) => return Ok(Value::Flag(false)),
            Operator::Or if truth(&left) => return Ok(Value::Flag(true)),
            Operator::And | Operator::Or => return Ok(Value::Flag(truth(&self.value(right)?))),
            _ => (),
        }
        combine(&left, operator, &self.value(right)?)
    }

    /// What a call selects, in the order in which it happened.
    pub(crate) fn select(&self, kind: &str, filters: &[Filter]) -> Result<Vec<Item<'a>>, FigureError> {
        let mut bounds = Bounds { after: f64::NEG_INFINITY, before: f64::INFINITY, known: true };
        let mut conditions = Vec::new();
        for Filter { field, operator, value } in filters.iter().filter(|filter| filter.field != BY) {
            let value = self.value(value)?;
            match field.as_str() {
                "after" | "before" => bounds.narrow(field, &value),
                _ => conditions.push((field.as_str(), *operator, value)),
            }
        }
        let mut items = Vec::new();
        for item in self.all(kind)? {
            if bounds.has(item.at()) && self.fits(&item, kind, &conditions)? {
                items.push(item);
            }
        }
        Ok(items)
    }

    fn all(&self, kind: &str) -> Result<Vec<Item<'a>>, FigureError> {
        if kind.starts_with(LEDGER) {
            let (_, ranges) = self.judge.records(category_of(kind)?, 0, u32::MAX);
            let mut items: Vec<Item> = ranges.into_iter().map(Item::Records).collect();
            items.sort_by(|a, b| a.at().total_cmp(&b.at()));
            return Ok(items);
        }
        Ok(self.tape.of_kind(kind).map(Item::Entry).collect())
    }

    fn fits(&self, item: &Item, kind: &str, conditions: &[(&str, Operator, Value)]) -> Result<bool, FigureError> {
        for (field, operator, value) in conditions {
            let own = self.field(item, kind, field)?;
            let fits = match operator {
                Operator::Equal => own.is(value) || matches!(own, Value::Set(_)) && value.is(&own),
                Operator::Unequal => !own.is(value),
                _ => truth(&combine(&own, *operator, value)?),
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A field of an item: its own, or how many of its records are in a category of the ledger.
    pub(crate) fn field(&self, item: &Item, kind: &str, name: &str) -> Result<Value, FigureError> {
        let error = || FigureError::NoSuchField { kind: kind.to_owned(), field: name.to_owned() };
        let own = match (item, name) {
            (Item::Records(range), "partition") => {
                Some(range.partition.map_or(Value::None, |partition| self.tape.partition_name(partition.0)))
            }
            _ => item.field(name),
        };
        own.or_else(|| self.fate(item, category_of(name).ok()?)).ok_or_else(error)
    }

    fn fate(&self, item: &Item, category: Category) -> Option<Value> {
        let Item::Entry(told) = item else { return None };
        let (first, count) = told.records()?;
        let mut fates = self.fates.borrow_mut();
        let of_category = fates.entry(category).or_insert_with(|| {
            let mut fates = Fates::new();
            for range in self.judge.records(category, 0, u32::MAX).1 {
                let stream = fates.entry((range.first.producer, range.first.stream)).or_default();
                stream.push((range.first.number, range.count));
            }
            fates.values_mut().for_each(|ranges| ranges.sort_unstable());
            fates
        });
        let ranges = of_category.get(&(first.producer, first.stream)).map_or(&[][..], Vec::as_slice);
        let (from, to) = (first.number, first.number + count);
        let begin = ranges.partition_point(|(first, count)| first + count <= from);
        let shared = ranges[begin..].iter().take_while(|(first, _)| *first < to);
        let shared = shared.map(|(first, count)| (first + count).min(to) - (*first).max(from));
        Some(Value::Number(shared.sum::<u64>() as f64))
    }

    /// The place of a broker among a partition's replicas at the beginning; of partition 0 where none is named.
    pub(crate) fn role(&self, broker: &Value, partition: &Value) -> Value {
        let named = |place: &usize| self.tape.partition_name(*place as u16) == *partition;
        let place = (0..self.replicas.len()).find(named).unwrap_or_default();
        let replicas = self.replicas.get(place).map_or(&[][..], Vec::as_slice);
        let place = replicas.iter().position(|replica| Value::word(replica.to_string()) == *broker);
        const FOLLOWERS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
        match place {
            None => Value::None,
            Some(0) => Value::word("old leader"),
            Some(n) => FOLLOWERS.get(n - 1).map_or(Value::None, |nth| Value::word(format!("{nth} follower"))),
        }
    }

    /// Whom a named step or fault was done to.
    pub(crate) fn victim(&self, name: &str) -> Result<Value, FigureError> {
        if let Some(Expression(Node::Name(same))) = self.definitions.get(name)
            && same != name
        {
            return self.victim(same);
        }
        let mark = self.tape.find_mark(name).ok_or_else(|| FigureError::NoSuchName(name.to_owned()))?;
        Ok(mark.node.map_or(Value::None, |node| Value::word(node.to_string())))
    }

    pub(crate) fn argument(&self, call: &Call, place: usize, needs: &'static str) -> Result<Value, FigureError> {
        let error = || FigureError::Arguments { function: call.function.clone(), needs };
        self.value(call.arguments.get(place).ok_or_else(error)?)
    }
}

/// `b1`, `c1`; `producer-1`, `t-0`.
fn is_node_or_partition(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix(['b', 'c']).is_some_and(is_number)
        || name.rsplit_once('-').is_some_and(|(_, number)| is_number(number))
}

struct Bounds {
    after: f64,
    before: f64,
    /// A moment that never came has nothing after or before it.
    known: bool,
}

impl Bounds {
    fn narrow(&mut self, field: &str, value: &Value) {
        match (field, value.number()) {
            ("after", Some(at)) => self.after = self.after.max(at),
            (_, Some(at)) => self.before = self.before.min(at),
            (_, None) => self.known = false,
        }
    }

    fn has(&self, at: f64) -> bool {
        self.known && self.after <= at && at < self.before
    }
}

pub(crate) fn truth(value: &Value) -> bool {
    match value {
        Value::None => false,
        Value::Flag(flag) => *flag,
        Value::Number(number) => *number != 0.0,
        Value::Word(word) => !word.is_empty(),
        Value::Set(members) => !members.is_empty(),
    }
}

/// Nothing stays nothing in arithmetic, and is neither less nor more than anything.
fn combine(left: &Value, operator: Operator, right: &Value) -> Result<Value, FigureError> {
    match operator {
        Operator::Equal => return Ok(Value::Flag(left == right)),
        Operator::Unequal => return Ok(Value::Flag(left != right)),
        Operator::In => return Ok(Value::Flag(left.is(right))),
        _ => (),
    }
    let compares =
        matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual);
    let (Some(a), Some(b)) = (left.number(), right.number()) else {
        if matches!(left, Value::None) || matches!(right, Value::None) {
            return Ok(if compares { Value::Flag(false) } else { Value::None });
        }
        return Err(FigureError::Mismatch { left: left.to_string(), right: right.to_string() });
    };
    Ok(match operator {
        Operator::Less => Value::Flag(a < b),
        Operator::LessOrEqual => Value::Flag(a <= b),
        Operator::Greater => Value::Flag(a > b),
        Operator::GreaterOrEqual => Value::Flag(a >= b),
        Operator::Plus => Value::Number(a + b),
        Operator::Minus => Value::Number(a - b),
        Operator::Times => Value::Number(a * b),
        _ if b == 0.0 => Value::None,
        _ => Value::Number(a / b),
    })
}

/// A category of the ledger by its name: `ledger.failed_but_written`.
fn category_of(name: &str) -> Result<Category, FigureError> {
    let short = name.strip_prefix(LEDGER).unwrap_or(name);
    let is = |category: &Category| snake(&format!("{category:?}")) == short;
    Category::ALL.into_iter().find(is).ok_or_else(|| FigureError::NoSuchCategory(short.to_owned()))
}

impl Item<'_> {
    /// When it happened, in milliseconds; of records in the ledger: when they were reported, or else when they arrived.
    pub fn at(&self) -> f64 {
        match self {
            Item::Entry(told) => millis(told.at),
            Item::Records(range) => range.resolved.or(range.arrived).map_or(0.0, millis),
        }
    }

    /// A field.
    pub fn field(&self, name: &str) -> Option<Value> {
        let range = match self {
            Item::Entry(told) => return told.field(name),
            Item::Records(range) => range,
        };
        Some(match name {
            "at" => Value::Number(self.at()),
            "records" => Value::Number(range.count as f64),
            "producer" => Value::Number(f64::from(range.first.producer)),
            "offset" => range.offset.map(|offset| offset as f64).into(),
            "arrived" => range.arrived.map(millis).into(),
            "resolved" => range.resolved.map(millis).into(),
            _ => return None,
        })
    }

    /// Latencies of its records.
    pub fn latencies(&self) -> Vec<f64> {
        match self {
            Item::Entry(told) => told.latencies(),
            Item::Records(_) => Vec::new(),
        }
    }
}
