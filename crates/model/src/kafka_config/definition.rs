//! Kafka's `ConfigDef`: the settings of each kind of configuration, their types and defaults, and how a text becomes a
//! value.

use super::rule::Rule;
use super::{Given, Level, Log, Refusal, Value, Values, classes, java};

/// Whose configuration it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ProducerConfig`.
    Producer,
    /// `ConsumerConfig`.
    Consumer,
    /// `KafkaConfig`.
    Broker,
    /// `LogConfig`.
    Topic,
    /// `GroupConfig`.
    Group,
}

/// A setting's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Boolean,
    Class,
    Double,
    Int,
    List,
    Long,
    Password,
    Short,
    String,
}

/// How a broker's setting can be changed while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    /// By a restart only.
    ReadOnly,
    /// For all brokers at once, or one.
    ClusterWide,
    /// For one broker only.
    PerBroker,
}

/// A setting of Kafka's.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    kind: Type,
    /// Its default as text; `None` where it must be given.
    default: Option<&'static str>,
    rule: Rule,
    /// Can it be changed while a broker runs?
    pub update: Update,
}

/// The settings of one kind, in the order in which Kafka defines and checks them.
#[derive(Clone, Debug)]
pub struct Definition(Vec<Entry>);

impl Definition {
    /// Of a kind. Each line of a table: name, type, default, rule, and for brokers how it can be updated.
    pub fn of(kind: Kind) -> Self {
        let table = match kind {
            Kind::Producer => include_str!("tables/producer.txt"),
            Kind::Consumer => include_str!("tables/consumer.txt"),
            Kind::Broker => include_str!("tables/broker.txt"),
            Kind::Topic => include_str!("tables/topic.txt"),
            Kind::Group => include_str!("tables/group.txt"),
        };
        Self(table.lines().map(Entry::read).collect())
    }

    /// The settings.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The setting of this name.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.name == name)
    }

    /// `ConfigDef.parse`: every setting, given or by default; the first that is wrong ends it. Unknown names are left
    /// alone.
    pub(super) fn parse(&self, given: &Given, log: &mut Log) -> Result<Values, Refusal> {
        let mut values = Values::default();
        for entry in &self.0 {
            values.set(entry.name, entry.parse(given.get(entry.name).copied(), log)?);
        }
        Ok(values)
    }

    /// Only what is given: the first value that is wrong.
    pub(super) fn check_given(&self, given: &Given) -> Result<(), Refusal> {
        let mut log = Log::default();
        self.0
            .iter()
            .filter_map(|entry| given.get(entry.name).map(|text| (entry, *text)))
            .try_for_each(|(entry, text)| entry.parse(Some(text), &mut log).map(|_| ()))
    }
}

impl Entry {
    fn read(line: &'static str) -> Self {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or("");
        let (name, kind, default, rule, update) = (next(), next(), next(), next(), next());
        Self {
            name,
            kind: match kind {
                "boolean" => Type::Boolean,
                "class" => Type::Class,
                "double" => Type::Double,
                "int" => Type::Int,
                "list" => Type::List,
                "long" => Type::Long,
                "password" => Type::Password,
                "short" => Type::Short,
                "string" => Type::String,
                other => panic!("the tables know no type `{other}`"),
            },
            default: (default != "(required)").then_some(default),
            rule: Rule::read(rule),
            update: match update {
                "" => Update::ReadOnly,
                "dynamic" => Update::ClusterWide,
                "per broker" => Update::PerBroker,
                other => panic!("the tables know no way `{other}` to update a setting"),
            },
        }
    }

    /// Kafka's default; `None` where there is none and the setting must be given.
    pub fn default_value(&self) -> Option<Value> {
        self.default.map(|text| match text {
            "(null)" => Value::Null,
            // A default is right by definition, and its classes exist.
            text if self.kind == Type::Class => Value::Text(text.to_owned()),
            text => self.read_value(text).expect("the tables' defaults are of their types"),
        })
    }

    fn parse(&self, given: Option<&str>, log: &mut Log) -> Result<Value, Refusal> {
        let mut value = match given {
            Some(text) => self.read_value(text)?,
            None => self.default_value().ok_or_else(|| {
                let name = self.name;
                Refusal::config(format!("Missing required configuration \"{name}\" which has no default value."))
            })?,
        };
        if self.rule.is_set()
            && let Value::List(list) = &value
        {
            let mut distinct: Vec<String> = Vec::new();
            for item in list {
                if !distinct.contains(item) {
                    distinct.push(item.clone());
                }
            }
            if distinct.len() < list.len() {
                let updated = Value::List(distinct.clone());
                log.say(
                    Level::Warn,
                    format!(
                        "Configuration key \"{}\" contains duplicate values. Duplicates will be removed. The original \
                         value is: {value}, the updated value is: {updated}",
                        self.name
                    ),
                );
            }
            value = Value::List(distinct);
        }
        self.rule.check(self.name, &value)?;
        Ok(value)
    }

    /// `ConfigDef.parseType`.
    fn read_value(&self, text: &str) -> Result<Value, Refusal> {
        let trimmed = java::trim(text);
        let no_number = |name: &str| Refusal::value(self.name, text, &format!("Not a number of type {name}"));
        match self.kind {
            Type::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" => Ok(Value::Boolean(true)),
                "false" => Ok(Value::Boolean(false)),
                _ => Err(Refusal::value(self.name, text, "Expected value to be either true or false")),
            },
            Type::Int => trimmed.parse::<i32>().map(|n| Value::Integer(n.into())).map_err(|_| no_number("INT")),
            Type::Short => trimmed.parse::<i16>().map(|n| Value::Integer(n.into())).map_err(|_| no_number("SHORT")),
            Type::Long => trimmed.parse::<i64>().map(Value::Integer).map_err(|_| no_number("LONG")),
            Type::Double => java::parse_double(trimmed).map(Value::Double).ok_or_else(|| no_number("DOUBLE")),
            Type::String => Ok(Value::Text(trimmed.to_owned())),
            Type::Password => Ok(Value::Password(trimmed.to_owned())),
            Type::List if trimmed.is_empty() => Ok(Value::List(Vec::new())),
            Type::List => Ok(Value::List(split(trimmed))),
            Type::Class if classes::exists(trimmed) => Ok(Value::Text(trimmed.to_owned())),
            Type::Class => Err(Refusal::value(self.name, text, &format!("Class {text} could not be found."))),
        }
    }
}

/// At commas, without the white space around them; the ends are trimmed already.
fn split(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim_matches([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']).to_owned()).collect()
}
