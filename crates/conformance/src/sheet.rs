//! A case's file as tables with the lines they stand in, before it has a meaning; and the reading of a table's fields,
//! which names every problem and every field that nobody asked for.

use highwater_model::spelling::{read_duration, read_target};
use highwater_model::{BrokerId, BrokerSet, Duration, Layout, NodeId, PartitionId, Target};
use highwater_sim::inspect::node_named;
use std::cell::RefCell;
use std::collections::BTreeSet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something in a case that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaseProblem {
    /// In which line, from 1; none where it is the file as a whole.
    pub line: Option<u32>,
    /// What.
    pub text: String,
}

/// A value of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A string.
    Text(String),
    /// A whole number.
    Number(i64),
    /// `true` or `false`.
    Flag(bool),
    /// `[...]`.
    List(Vec<(u32, Item)>),
    /// A table.
    Table(Table),
    /// What cases have no use for: dates, fractions.
    Other(String),
}

/// A table: its line, and its fields with theirs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Where it begins.
    pub line: u32,
    /// Name, line, value.
    pub fields: Vec<(String, u32, Item)>,
}

impl Table {
    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Item> {
        self.fields.iter().find(|(own, _, _)| own == name).map(|(_, _, item)| item)
    }

    /// The tables of a `[[name]]`.
    pub fn tables(&self, name: &str) -> Vec<&Table> {
        match self.get(name) {
            Some(Item::List(items)) => items.iter().filter_map(|(_, item)| as_table(item)).collect(),
            Some(Item::Table(table)) => vec![table],
            _ => Vec::new(),
        }
    }

    /// The table of a `[name]`.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.get(name).and_then(as_table)
    }
}

fn as_table(item: &Item) -> Option<&Table> {
    match item {
        Item::Table(table) => Some(table),
        _ => None,
    }
}

/// Reads a file; what is damaged is left out and named.
pub fn read(text: &str) -> (Table, Vec<CaseProblem>) {
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line = |at: usize| starts.partition_point(|start| *start <= at) as u32;
    let (document, errors) = DeTable::parse_recoverable(text);
    let problems = errors
        .iter()
        .map(|error| CaseProblem {
            line: error.span().map(|span| line(span.start)),
            text: error.message().trim().replace('\n', "; "),
        })
        .collect();
    (table(1, document.get_ref(), &line), problems)
}

fn table(own: u32, fields: &DeTable<'_>, line: &impl Fn(usize) -> u32) -> Table {
    let mut read: Vec<(String, u32, Item)> = fields
        .iter()
        .map(|(name, value)| (name.get_ref().to_string(), line(name.span().start), item(value, line)))
        .collect();
    read.sort_by_key(|(_, line, _)| *line);
    let first = read.iter().map(|(_, line, _)| *line).min();
    Table { line: first.map_or(own, |first| own.min(first)), fields: read }
}

fn item(value: &Spanned<DeValue<'_>>, line: &impl Fn(usize) -> u32) -> Item {
    let own = line(value.span().start);
    match value.get_ref() {
        DeValue::String(text) => Item::Text(text.to_string()),
        DeValue::Boolean(flag) => Item::Flag(*flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Item::Number(number),
            Err(_) => Item::Other(number.as_str().to_owned()),
        },
        DeValue::Float(number) => Item::Other(number.as_str().to_owned()),
        DeValue::Datetime(moment) => Item::Other(moment.to_string()),
        DeValue::Array(items) => {
            Item::List(items.iter().map(|value| (line(value.span().start), item(value, line))).collect())
        }
        DeValue::Table(fields) => Item::Table(table(own, fields, line)),
    }
}

/// The fields of one table, being read. What is asked for and wrong, and what nobody asks for, is a problem.
pub struct Fields<'a> {
    table: &'a Table,
    /// How partitions are numbered, and which nodes there are.
    pub layout: &'a Layout,
    /// The nodes of the case.
    pub nodes: &'a [NodeId],
    asked: RefCell<BTreeSet<&'static str>>,
    problems: RefCell<Vec<CaseProblem>>,
}

impl<'a> Fields<'a> {
    /// Of this table.
    pub fn of(table: &'a Table, layout: &'a Layout, nodes: &'a [NodeId]) -> Self {
        Self { table, layout, nodes, asked: RefCell::default(), problems: RefCell::default() }
    }

    /// Where the table begins.
    pub fn line(&self) -> u32 {
        self.table.line
    }

    /// Is there such a field?
    pub fn has(&self, name: &'static str) -> bool {
        self.item(name).is_some()
    }

    /// Something is wrong with the table as a whole.
    pub fn problem(&self, text: String) {
        self.problems.borrow_mut().push(CaseProblem { line: Some(self.table.line), text });
    }

    /// Something is wrong with one of its lines.
    pub fn problem_at(&self, line: u32, text: String) {
        self.problems.borrow_mut().push(CaseProblem { line: Some(line), text });
    }

    /// The field as it stands in the file, with its line.
    pub fn item(&self, name: &'static str) -> Option<(u32, &'a Item)> {
        self.asked.borrow_mut().insert(name);
        self.table.fields.iter().find(|(own, _, _)| own == name).map(|(_, line, item)| (*line, item))
    }

    fn bad(&self, line: u32, name: &str, expected: &str) {
        let text = format!("`{name}` should be {expected}");
        self.problems.borrow_mut().push(CaseProblem { line: Some(line), text });
    }

    fn read<T>(&self, name: &'static str, expected: &str, read: impl Fn(&'a Item) -> Option<T>) -> Option<T> {
        let (line, item) = self.item(name)?;
        let value = read(item);
        if value.is_none() {
            self.bad(line, name, expected);
        }
        value
    }

    /// The field must be there.
    pub fn need<T>(&self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.has(name) {
            self.problem(format!("`{name}` is missing"));
        }
        value
    }

    /// A text.
    pub fn text(&self, name: &'static str) -> Option<String> {
        self.read(name, "a text in quotes", |item| text_of(item).map(str::to_owned))
    }

    /// A text, a number, `true` or `false`: as a text.
    pub fn any_text(&self, name: &'static str) -> Option<String> {
        self.read(name, "a text, a number, true or false", |item| match item {
            Item::Text(text) => Some(text.clone()),
            Item::Number(number) => Some(number.to_string()),
            Item::Flag(flag) => Some(flag.to_string()),
            _ => None,
        })
    }

    /// A whole number in the range of its type.
    pub fn number<N: TryFrom<i64>>(&self, name: &'static str) -> Option<N> {
        self.read(name, "a whole number, neither too small nor too large", number_of)
    }

    /// A whole number, or `"none"`. Outer none: the field is not there.
    pub fn number_or_none<N: TryFrom<i64>>(&self, name: &'static str) -> Option<Option<N>> {
        self.read(name, "a whole number or \"none\"", |item| match item {
            Item::Number(number) => N::try_from(*number).ok().map(Some),
            Item::Text(text) if text == "none" => Some(None),
            _ => None,
        })
    }

    /// A list of whole numbers.
    pub fn number_list<N: TryFrom<i64>>(&self, name: &'static str) -> Option<Vec<N>> {
        self.read(name, "a list of whole numbers", |item| match item {
            Item::List(items) => items.iter().map(|(_, item)| number_of(item)).collect(),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &'static str) -> Option<bool> {
        self.read(name, "true or false", |item| match item {
            Item::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    /// A length of time, such as `"150 ms"`.
    pub fn time(&self, name: &'static str) -> Option<Duration> {
        self.read(name, "a time such as \"150 ms\" or \"2.5 s\"", |item| text_of(item).and_then(time_of))
    }

    /// One of these words.
    pub fn word<T>(&self, name: &'static str, words: &str, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.read(name, &format!("one of: {words}"), |item| text_of(item).and_then(&find))
    }

    /// Some of these words.
    pub fn word_list<T>(&self, name: &'static str, words: &str, find: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
        self.read(name, &format!("a list of {words}"), |item| texts_of(item)?.into_iter().map(&find).collect())
    }

    /// A node of the case.
    pub fn node(&self, name: &'static str) -> Option<NodeId> {
        let node = |text: &str| node_named(text).filter(|node| self.nodes.contains(node));
        self.read(name, "a node of this case, such as \"b1\", \"c1\", \"producer-1\" or \"consumer-1\"", |item| {
            text_of(item).and_then(node)
        })
    }

    /// Nodes of the case.
    pub fn node_list(&self, name: &'static str) -> Option<Vec<NodeId>> {
        let node = |text: &str| node_named(text).filter(|node| self.nodes.contains(node));
        self.read(name, "a list of nodes of this case, such as [\"b1\", \"consumer-1\"]", |item| {
            texts_of(item)?.into_iter().map(node).collect()
        })
    }

    /// A broker of the case, or `"none"`. Outer none: the field is not there.
    pub fn broker_or_none(&self, name: &'static str) -> Option<Option<BrokerId>> {
        self.read(name, "a broker of this case such as \"b1\", or \"none\"", |item| match text_of(item)? {
            "none" => Some(None),
            text => self.broker_of(text).map(Some),
        })
    }

    /// A list of brokers of the case.
    pub fn broker_list(&self, name: &'static str) -> Option<Vec<BrokerId>> {
        self.read(name, "a list of brokers of this case, such as [\"b1\", \"b2\"]", |item| {
            texts_of(item)?.into_iter().map(|text| self.broker_of(text)).collect()
        })
    }

    /// A set of brokers of the case.
    pub fn brokers(&self, name: &'static str) -> Option<BrokerSet> {
        self.broker_list(name).map(|brokers| brokers.into_iter().collect())
    }

    /// A broker of the case, by its name.
    pub fn broker_of(&self, text: &str) -> Option<BrokerId> {
        match node_named(text).filter(|node| self.nodes.contains(node)) {
            Some(NodeId::Broker(broker)) => Some(broker),
            _ => None,
        }
    }

    /// Partitions, such as `["t-0", "t-1"]`.
    pub fn partition_list(&self, name: &'static str) -> Option<Vec<PartitionId>> {
        self.read(name, "a list of partitions such as [\"t-0\", \"__consumer_offsets-0\"]", |item| {
            texts_of(item)?.into_iter().map(|text| self.layout.by_short_name(text)).collect()
        })
    }

    /// A partition, such as `"t-0"`.
    pub fn partition(&self, name: &'static str) -> Option<PartitionId> {
        self.read(name, "a partition such as \"t-0\" or \"__consumer_offsets-0\"", |item| {
            self.layout.by_short_name(text_of(item)?)
        })
    }

    /// Whom a fault strikes.
    pub fn target(&self, name: &'static str) -> Option<Target> {
        self.read(name, "whom a fault strikes, such as \"b1\" or \"active-controller\"", |item| {
            read_target(text_of(item)?)
        })
    }

    /// Texts with their lines; a single text is a list of one.
    pub fn lines(&self, name: &'static str) -> Vec<(u32, String)> {
        let Some((line, item)) = self.item(name) else { return Vec::new() };
        match item {
            Item::Text(text) => return vec![(line, text.clone())],
            Item::List(items) => {
                let texts: Option<Vec<_>> =
                    items.iter().map(|(line, item)| Some((*line, text_of(item)?.to_owned()))).collect();
                if let Some(texts) = texts {
                    return texts;
                }
            }
            _ => (),
        }
        self.bad(line, name, "a text or a list of texts");
        Vec::new()
    }

    /// A list of texts.
    pub fn texts(&self, name: &'static str) -> Option<Vec<String>> {
        self.has(name).then(|| self.lines(name).into_iter().map(|(_, text)| text).collect())
    }

    /// The fields that were asked for so far.
    pub fn asked(&self) -> Vec<&'static str> {
        self.asked.borrow().iter().copied().collect()
    }

    /// The table is read: what nobody asked for is a problem too.
    pub fn finish(self, what: &str) -> Vec<CaseProblem> {
        let asked = self.asked.into_inner();
        let mut problems = self.problems.into_inner();
        for (name, line, _) in &self.table.fields {
            if !asked.contains(name.as_str()) {
                let known: Vec<&str> = asked.iter().copied().collect();
                let text = format!("{what} has no `{name}`; it has: {}", known.join(", "));
                problems.push(CaseProblem { line: Some(*line), text });
            }
        }
        problems
    }
}

/// A length of time; a blank before the unit is allowed.
pub fn time_of(text: &str) -> Option<Duration> {
    let packed: String = text.split_whitespace().collect();
    read_duration(&packed)
}

fn text_of(item: &Item) -> Option<&str> {
    match item {
        Item::Text(text) => Some(text),
        _ => None,
    }
}

fn texts_of(item: &Item) -> Option<Vec<&str>> {
    match item {
        Item::List(items) => items.iter().map(|(_, item)| text_of(item)).collect(),
        _ => None,
    }
}

fn number_of<N: TryFrom<i64>>(item: &Item) -> Option<N> {
    match item {
        Item::Number(number) => N::try_from(*number).ok(),
        _ => None,
    }
}
