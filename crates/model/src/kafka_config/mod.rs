//! What Kafka 4.3 makes of a configuration: the outcome of constructing a producer or a consumer, of starting a broker,
//! of creating or altering a topic, from nothing but names and values. Accepted, with the values that are then in
//! force; or the exception, word for word.
//!
//! The tables list every setting in the order in which Kafka defines it, because the first one that is wrong is the one
//! that Kafka complains about. What needs files, certificates or a login (the `ssl.` and `sasl.` settings) is read and
//! checked as values, and then not tried. Host names are not resolved: all but those under `.invalid` are taken to exist.

pub mod admin;
pub mod broker;
mod classes;
pub mod consumer;
mod definition;
mod java;
pub mod producer;
mod rule;

pub use definition::{Definition, Entry, Kind};

use std::collections::BTreeMap;
use std::fmt;

/// Names and values as somebody wrote them. A later line replaces an earlier one with the same name, as in a
/// `.properties` file.
pub type Given<'a> = BTreeMap<&'a str, &'a str>;

/// A value as Kafka has parsed it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Not set, and without a default.
    Null,
    /// A boolean.
    Boolean(bool),
    /// An int, a long or a short.
    Integer(i64),
    /// A double.
    Double(f64),
    /// A string or the name of a class.
    Text(String),
    /// A secret; Kafka never prints it.
    Password(String),
    /// A list of strings.
    List(Vec<String>),
}

impl fmt::Display for Value {
    /// As Java prints it in a message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Boolean(value) => value.fmt(f),
            Value::Integer(value) => value.fmt(f),
            Value::Double(value) => f.write_str(&java::double_text(*value)),
            Value::Text(value) => f.write_str(value),
            Value::Password(_) => f.write_str("[hidden]"),
            Value::List(values) => write!(f, "[{}]", values.join(", ")),
        }
    }
}

/// The values in force, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// The value of a setting; `Null` where there is no such setting.
    pub fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.0.insert(name, value);
    }

    /// A number. The tables say which settings are numbers.
    fn number(&self, name: &str) -> i64 {
        match self.get(name) {
            Value::Integer(value) => *value,
            other => panic!("{name} is not a number but {other}"),
        }
    }

    fn flag(&self, name: &str) -> bool {
        *self.get(name) == Value::Boolean(true)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> &[String] {
        match self.get(name) {
            Value::List(values) => values,
            _ => &[],
        }
    }
}

/// The exceptions that a configuration can end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A value or a combination that Kafka refuses.
    Config,
    /// What a client's constructor throws; its cause says why.
    Kafka,
    /// A precondition of the broker, or of the consumer's heartbeat.
    IllegalArgument,
    /// A class that is not what it should be.
    ClassCast,
    /// A topic's or a group's setting.
    InvalidConfiguration,
    /// A request that cannot be granted as it stands.
    InvalidRequest,
    /// A group id that is empty or missing.
    InvalidGroupId,
    /// A session timeout outside the coordinator's bounds.
    InvalidSessionTimeout,
    /// An assignor that the coordinator does not have.
    UnsupportedAssignor,
    /// A topic's name.
    InvalidTopic,
    /// A number of partitions.
    InvalidPartitions,
    /// A number of replicas.
    InvalidReplicationFactor,
    /// A topic of this name exists.
    TopicExists,
    /// A record that is too large for the client or the topic.
    RecordTooLarge,
    /// Something took too long.
    Timeout,
    /// Nobody knows the topic.
    UnknownTopicOrPartition,
}

impl Exception {
    /// The class, with its package.
    pub const fn class(self) -> &'static str {
        match self {
            Exception::Config => "org.apache.kafka.common.config.ConfigException",
            Exception::Kafka => "org.apache.kafka.common.KafkaException",
            Exception::IllegalArgument => "java.lang.IllegalArgumentException",
            Exception::ClassCast => "java.lang.ClassCastException",
            Exception::InvalidConfiguration => "org.apache.kafka.common.errors.InvalidConfigurationException",
            Exception::InvalidRequest => "org.apache.kafka.common.errors.InvalidRequestException",
            Exception::InvalidGroupId => "org.apache.kafka.common.errors.InvalidGroupIdException",
            Exception::InvalidSessionTimeout => "org.apache.kafka.common.errors.InvalidSessionTimeoutException",
            Exception::UnsupportedAssignor => "org.apache.kafka.common.errors.UnsupportedAssignorException",
            Exception::InvalidTopic => "org.apache.kafka.common.errors.InvalidTopicException",
            Exception::InvalidPartitions => "org.apache.kafka.common.errors.InvalidPartitionsException",
            Exception::InvalidReplicationFactor => "org.apache.kafka.common.errors.InvalidReplicationFactorException",
            Exception::TopicExists => "org.apache.kafka.common.errors.TopicExistsException",
            Exception::RecordTooLarge => "org.apache.kafka.common.errors.RecordTooLargeException",
            Exception::Timeout => "org.apache.kafka.common.errors.TimeoutException",
            Exception::UnknownTopicOrPartition => "org.apache.kafka.common.errors.UnknownTopicOrPartitionException",
        }
    }
}

/// Why Kafka refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The exception that the caller sees.
    pub exception: Exception,
    /// Its message.
    pub message: String,
    /// The exception within it, where a constructor wraps one, with its message.
    pub cause: Option<(Exception, String)>,
}

impl Refusal {
    pub(crate) fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self { exception, message: message.into(), cause: None }
    }

    fn config(message: impl Into<String>) -> Self {
        Self::new(Exception::Config, message)
    }

    /// `ConfigException(name, value, message)`.
    fn value(name: &str, value: impl fmt::Display, why: &str) -> Self {
        Self::config(format!("Invalid value {value} for configuration {name}: {why}"))
    }

    /// As a client's constructor passes it on.
    fn within(self, message: &str) -> Self {
        Self { exception: Exception::Kafka, message: message.to_owned(), cause: Some((self.exception, self.message)) }
    }
}

/// What Kafka writes into its log about a configuration that it accepts or refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How loud.
    pub level: Level,
    /// The words, without logger and client id.
    pub text: String,
}

/// A log line's level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// INFO.
    Info,
    /// WARN.
    Warn,
    /// ERROR.
    Error,
}

/// What comes of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<T> {
    /// What was made, or why not.
    pub result: Result<T, Refusal>,
    /// What Kafka logs on the way.
    pub log: Vec<LogLine>,
}

/// The log that is written while a configuration is looked at.
#[derive(Debug, Default)]
struct Log(Vec<LogLine>);

impl Log {
    fn say(&mut self, level: Level, text: String) {
        self.0.push(LogLine { level, text });
    }
}

/// Runs an attempt and gathers what it logs.
fn attempt<T>(make: impl FnOnce(&mut Log) -> Result<T, Refusal>) -> Outcome<T> {
    let mut log = Log::default();
    let result = make(&mut log);
    Outcome { result, log: log.0 }
}

/// `CommonClientConfigs.postValidateSaslMechanismConfig`.
fn check_sasl_mechanism(values: &Values) -> Result<(), Refusal> {
    let uses_sasl =
        values.text("security.protocol").is_some_and(|protocol| protocol.to_uppercase().starts_with("SASL"));
    if uses_sasl && values.text("sasl.mechanism").is_none_or(str::is_empty) {
        let why =
            "When the security.protocol configuration enables SASL, mechanism must be non-null and non-empty string.";
        return Err(Refusal::value("sasl.mechanism", "null", why));
    }
    Ok(())
}

/// `CommonClientConfigs.warnDisablingExponentialBackoff` and `postProcessReconnectBackoffConfigs`: a first pause longer
/// than the longest, and a first pause alone.
fn check_backoffs(given: &Given, values: &mut Values, log: &mut Log) {
    for (first, longest, what) in [
        ("retry.backoff.ms", "retry.backoff.max.ms", "backoff"),
        ("socket.connection.setup.timeout.ms", "socket.connection.setup.timeout.max.ms", "connection setup timeout"),
    ] {
        let (least, most) = (values.number(first), values.number(longest));
        if most < least {
            log.say(
                Level::Warn,
                format!(
                    "Configuration '{first}' with value '{least}' is greater than configuration '{longest}' with value \
                     '{most}'. A static {what} with value '{most}' will be applied."
                ),
            );
        }
    }
    let (first, longest) = ("reconnect.backoff.ms", "reconnect.backoff.max.ms");
    if given.contains_key(first) && !given.contains_key(longest) {
        let why = format!("Disabling exponential reconnect backoff because {first} is set, but {longest} is not.");
        log.say(Level::Warn, why);
        values.set(longest, values.get(first).clone());
    }
}

/// `ClientUtils.parseAndValidateAddresses`.
fn check_bootstrap_servers(values: &Values, log: &mut Log) -> Result<(), Refusal> {
    let name = "bootstrap.servers";
    let mut resolved = 0;
    for url in values.list(name) {
        let Some((host, port)) = java::host_and_port(url) else {
            return Err(Refusal::config(format!("Invalid url in {name}: {url}")));
        };
        if port.is_none_or(|port| 65_535 < port) {
            return Err(Refusal::config(format!("Invalid port in {name}: {url}")));
        }
        // RFC 6761: a name under `.invalid` is guaranteed not to resolve.
        if host.ends_with(".invalid") {
            let why = format!("DNS resolution failed for {host}");
            log.say(Level::Warn, format!("Couldn't resolve server {url} from {name} as {why}"));
        } else {
            resolved += 1;
        }
    }
    if resolved == 0 {
        return Err(Refusal::config(format!("No resolvable bootstrap urls given in {name}")));
    }
    Ok(())
}
