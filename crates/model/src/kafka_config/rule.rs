//! The validators of Kafka's `ConfigDef`, one of them a setting, as the tables spell them.

use super::{Refusal, Value, java};

/// What a parsed value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// Anything.
    Any,
    /// A number from one bound to another; the bounds are kept as Kafka prints them.
    Range { min: &'static str, max: Option<&'static str> },
    /// One of these words.
    OneOf(Vec<&'static str>),
    /// One of these words, in any case.
    AnyCaseOf(Vec<&'static str>),
    /// One of these words; the message differs.
    Either { words: Vec<&'static str>, case: Case },
    /// A list without duplicates, of these words where there are any.
    List { words: Vec<&'static str>, empty: Allowed, null: Allowed },
    /// A string that is not empty, if there is one.
    NotEmpty,
    /// Something.
    NotNull,
    /// 1 to 9, or -1.
    GzipLevel,
    /// `latest`, `earliest`, `by_duration:...`, and for a consumer `none`.
    OffsetReset { none: Allowed },
    /// `*`, or pairs of partition and broker.
    ThrottledReplicas,
    /// `id@host:port` each.
    Voters,
    /// `host:port` each.
    QuorumServers,
}

/// Is it allowed?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    Yes,
    No,
}

/// Do capitals matter?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    Matters,
    DoesNotMatter,
}

impl Case {
    fn equal(self, one: &str, other: &str) -> bool {
        match self {
            Case::Matters => one == other,
            Case::DoesNotMatter => one.eq_ignore_ascii_case(other),
        }
    }
}

impl Rule {
    /// From a table's words.
    pub fn read(text: &'static str) -> Self {
        let words = |text: &'static str| text.split(", ").collect::<Vec<_>>();
        match text {
            "" => Rule::Any,
            "not empty" => Rule::NotEmpty,
            "not null" => Rule::NotNull,
            "gzip level" => Rule::GzipLevel,
            "offset reset" => Rule::OffsetReset { none: Allowed::Yes },
            "share offset reset" => Rule::OffsetReset { none: Allowed::No },
            "throttled replicas" => Rule::ThrottledReplicas,
            "voters" => Rule::Voters,
            "quorum servers" => Rule::QuorumServers,
            _ => {
                if let Some(min) = text.strip_prefix("at least ") {
                    Rule::Range { min, max: None }
                } else if let Some(list) = text.strip_prefix("one of ") {
                    Rule::OneOf(words(list))
                } else if let Some(list) = text.strip_prefix("any case of ") {
                    Rule::AnyCaseOf(words(list))
                } else if let Some(list) = text.strip_prefix("either in any case ") {
                    Rule::Either { words: words(list), case: Case::DoesNotMatter }
                } else if let Some(list) = text.strip_prefix("either ") {
                    Rule::Either { words: words(list), case: Case::Matters }
                } else if let Some((min, max)) = text.split_once(" to ") {
                    Rule::Range { min, max: Some(max) }
                } else {
                    Self::read_list(text)
                }
            }
        }
    }

    fn read_list(text: &'static str) -> Self {
        let (text, empty) = match text.strip_prefix("filled ") {
            Some(rest) => (rest, Allowed::No),
            None => (text, Allowed::Yes),
        };
        let (text, null) = match text.strip_prefix("optional ") {
            Some(rest) => (rest, Allowed::Yes),
            None => (text, Allowed::No),
        };
        let words = match text.strip_prefix("list") {
            Some("") => Vec::new(),
            Some(of) => of.strip_prefix(" of ").expect("a list's words follow `of`").split(", ").collect(),
            None => panic!("the tables know no rule `{text}`"),
        };
        Rule::List { words, empty, null }
    }

    /// Are duplicates taken out of it before it is checked?
    pub const fn is_set(&self) -> bool {
        matches!(self, Rule::List { .. })
    }

    /// `Validator.ensureValid`.
    pub fn check(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        match self {
            Rule::Any => Ok(()),
            Rule::Range { min, max } => check_range(name, value, min, *max),
            Rule::OneOf(words) => match value {
                Value::Text(text) if words.contains(&text.as_str()) => Ok(()),
                _ => Err(Refusal::value(name, value, &format!("String must be one of: {}", words.join(", ")))),
            },
            Rule::AnyCaseOf(words) => match value {
                Value::Text(text) if words.contains(&text.to_uppercase().as_str()) => Ok(()),
                _ => {
                    let why = format!("String must be one of (case insensitive): {}", words.join(", "));
                    Err(Refusal::value(name, value, &why))
                }
            },
            Rule::Either { words, case } => match value {
                Value::Text(text) if words.iter().any(|word| case.equal(word, text)) => Ok(()),
                _ => {
                    let must = format!("The value must either be '{}'.", words.join("' or '"));
                    Err(Refusal::value(
                        name,
                        value,
                        &format!("Invalid value `{value}` for configuration {name}. {must}"),
                    ))
                }
            },
            Rule::List { words, empty, null } => check_list(name, value, words, *empty, *null),
            Rule::NotEmpty => match value {
                Value::Text(text) if text.is_empty() => Err(Refusal::value(name, "", "String must be non-empty")),
                _ => Ok(()),
            },
            Rule::NotNull => match value {
                Value::Null => Err(Refusal::value(name, "null", "entry must be non null")),
                _ => Ok(()),
            },
            Rule::GzipLevel => match value {
                Value::Integer(-1 | 1..=9) => Ok(()),
                _ => Err(Refusal::value(name, value, "Value must be between 1 and 9 or equal to -1")),
            },
            Rule::OffsetReset { none } => check_offset_reset(name, value, *none),
            Rule::ThrottledReplicas => check_throttled(name, value),
            Rule::Voters => items(value).try_for_each(check_voter),
            Rule::QuorumServers => items(value).try_for_each(check_quorum_server),
        }
    }
}

fn items(value: &Value) -> impl Iterator<Item = &str> {
    let list: &[String] = if let Value::List(list) = value { list } else { &[] };
    list.iter().map(String::as_str)
}

fn check_range(name: &str, value: &Value, min: &str, max: Option<&str>) -> Result<(), Refusal> {
    let number = match value {
        Value::Integer(number) => *number as f64,
        Value::Double(number) => *number,
        _ => return Err(Refusal::value(name, value, "Value must be non-null")),
    };
    let bound = |text: &str| text.parse::<f64>().expect("the tables' bounds are numbers");
    if number < bound(min) {
        return Err(Refusal::value(name, value, &format!("Value must be at least {min}")));
    }
    match max {
        Some(max) if bound(max) < number => {
            Err(Refusal::value(name, value, &format!("Value must be no more than {max}")))
        }
        _ => Ok(()),
    }
}

fn check_list(name: &str, value: &Value, words: &[&str], empty: Allowed, null: Allowed) -> Result<(), Refusal> {
    let Value::List(list) = value else {
        return match null {
            Allowed::Yes => Ok(()),
            Allowed::No => Err(Refusal::config(format!("Configuration '{name}' values must not be null."))),
        };
    };
    if list.is_empty() && empty == Allowed::No {
        let valid = if words.is_empty() { "any non-empty value".into() } else { format!("[{}]", words.join(", ")) };
        let message = format!("Configuration '{name}' must not be empty. Valid values include: {valid}");
        return Err(Refusal::config(message));
    }
    for item in list {
        if item.is_empty() {
            return Err(Refusal::config(format!("Configuration '{name}' values must not be empty.")));
        }
        if !words.is_empty() && !words.contains(&item.as_str()) {
            return Err(Refusal::value(name, item, &format!("String must be one of: {}", words.join(", "))));
        }
    }
    Ok(())
}

fn check_offset_reset(name: &str, value: &Value, none: Allowed) -> Result<(), Refusal> {
    let valid = match value {
        Value::Text(text) => match text.as_str() {
            "latest" | "earliest" => true,
            "none" => none == Allowed::Yes,
            _ => text.strip_prefix("by_duration:").is_some_and(java::is_duration),
        },
        _ => false,
    };
    if valid {
        return Ok(());
    }
    let must = match none {
        Allowed::Yes => {
            "The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."
        }
        Allowed::No => "The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
    };
    Err(Refusal::value(name, value, &format!("Invalid value `{value}` for configuration {name}. {must}")))
}

fn check_throttled(name: &str, value: &Value) -> Result<(), Refusal> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_pair = |item: &str| {
        let item = java::trim(item);
        item.is_empty()
            || item.split_once(':').is_some_and(|(partition, broker)| is_number(partition) && is_number(broker))
    };
    if items(value).all(is_pair) || items(value).map(java::trim).collect::<String>() == "*" {
        return Ok(());
    }
    let form = "[partitionId]:[brokerId],[partitionId]:[brokerId],...";
    let why = format!("{name} must be the literal '*' or a list of replicas in the following format: {form}");
    Err(Refusal::value(name, value, &why))
}

const VOTERS: &str = "controller.quorum.voters";
const VOTER_FORM: &str = "Each entry should be in the form `{id}@{host}:{port}`.";

fn check_voter(entry: &str) -> Result<(), Refusal> {
    let wrong = || Refusal::config(format!("Invalid configuration value for {VOTERS}. {VOTER_FORM}"));
    let (id, address) = entry.split_once('@').ok_or_else(wrong)?;
    if address.is_empty() || address.contains('@') {
        return Err(wrong());
    }
    if id.parse::<i32>().is_err() {
        return Err(Refusal::config(format!("Failed to parse voter ID as an integer from {id}")));
    }
    let Some((_, port)) = java::host_and_port(address) else {
        let entry =
            format!("Failed to parse host name from entry {entry} for the configuration {VOTERS}. {VOTER_FORM}");
        return Err(Refusal::config(entry));
    };
    match port {
        Some(_) => Ok(()),
        None => {
            let entry =
                format!("Failed to parse host port from entry {entry} for the configuration {VOTERS}. {VOTER_FORM}");
            Err(Refusal::config(entry))
        }
    }
}

fn check_quorum_server(entry: &str) -> Result<(), Refusal> {
    let wrong = |part: &str| {
        let name = "controller.quorum.bootstrap.servers";
        let form = "Each entry should be in the form \"{host}:{port}\"";
        Refusal::config(format!("Failed to parse host {part} from {entry} for the configuration {name}. {form}"))
    };
    match java::host_and_port(entry) {
        None => Err(wrong("name")),
        Some((_, None)) => Err(wrong("port")),
        Some((_, Some(_))) => Ok(()),
    }
}
