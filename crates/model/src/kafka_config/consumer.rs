//! `new KafkaConsumer(properties)`, and what a group's coordinator says to it.

use super::admin::topic_name_problem;
use super::classes::{self, Interface};
use super::{
    Definition, Exception, Given, Kind, Log, Outcome, Refusal, Value, Values, attempt, check_backoffs,
    check_bootstrap_servers, check_sasl_mechanism, java,
};

/// A consumer that could be constructed.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Its settings as they are in force.
    pub values: Values,
    /// Which of the two consumers it is.
    pub delegate: Delegate,
}

/// The consumer behind `KafkaConsumer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delegate {
    /// The one that speaks the classic group protocol.
    Classic,
    /// The one of KIP-848.
    Async,
}

impl Delegate {
    /// The name of its class.
    pub const fn class(self) -> &'static str {
        match self {
            Delegate::Classic => "ClassicKafkaConsumer",
            Delegate::Async => "AsyncKafkaConsumer",
        }
    }

    /// The group protocol, as messages name it.
    const fn protocol(self) -> &'static str {
        match self {
            Delegate::Classic => "CLASSIC",
            Delegate::Async => "CONSUMER",
        }
    }

    /// Settings that this protocol refuses, in the order in which they are complained of.
    const fn unsupported(self) -> &'static [&'static str] {
        match self {
            Delegate::Classic => &["group.remote.assignor", "share.acknowledgement.mode", "share.acquire.mode"],
            Delegate::Async => &[
                "partition.assignment.strategy",
                "heartbeat.interval.ms",
                "session.timeout.ms",
                "share.acknowledgement.mode",
                "share.acquire.mode",
            ],
        }
    }
}

/// A broker's bounds for the members of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinator {
    /// `group.min.session.timeout.ms` and `group.max.session.timeout.ms`.
    pub session_timeout_ms: (i64, i64),
    /// Names of `group.consumer.assignors`.
    pub assignors: Vec<String>,
}

impl Coordinator {
    /// With Kafka's defaults.
    pub fn defaults() -> Self {
        Self { session_timeout_ms: (6_000, 1_800_000), assignors: ["uniform", "range"].map(str::to_owned).into() }
    }
}

const FAILED: &str = "Failed to construct kafka consumer";

/// Constructs a consumer.
pub fn construct(given: &Given) -> Outcome<Consumer> {
    attempt(|log| {
        for name in ["key.deserializer", "value.deserializer"] {
            if !given.contains_key(name) {
                return Err(Refusal::value(name, "null", "must be non-null."));
            }
        }
        let mut values = Definition::of(Kind::Consumer).parse(given, log)?;
        check_sasl_mechanism(&values)?;
        check_backoffs(given, &mut values, log);
        if values.text("client.id").is_none_or(str::is_empty) {
            // The instance id becomes part of the client id, and is looked at for that.
            check_instance_id(&values)?;
        }
        settle_auto_commit(given, &mut values)?;
        let delegate = delegate(&values);
        check_protocol(given, delegate)?;
        build(values, delegate, log).map_err(|refusal| refusal.within(FAILED))
    })
}

fn delegate(values: &Values) -> Delegate {
    let protocol = values.text("group.protocol").expect("group.protocol has a value");
    if protocol.eq_ignore_ascii_case("consumer") { Delegate::Async } else { Delegate::Classic }
}

fn check_instance_id(values: &Values) -> Result<(), Refusal> {
    match values.text("group.instance.id").and_then(topic_name_problem) {
        Some(why) => Err(Refusal::new(Exception::InvalidConfiguration, format!("Group instance id is invalid: {why}"))),
        None => Ok(()),
    }
}

/// `ConsumerConfig.maybeOverrideEnableAutoCommit`: without a group there is nothing to commit.
fn settle_auto_commit(given: &Given, values: &mut Values) -> Result<(), Refusal> {
    let name = "enable.auto.commit";
    if values.text("group.id").is_some() {
        return Ok(());
    }
    if !given.contains_key(name) {
        values.set(name, Value::Boolean(false));
    } else if values.flag(name) {
        let why = format!("{name} cannot be set to true when default group id (null) is used.");
        return Err(Refusal::new(Exception::InvalidConfiguration, why));
    }
    Ok(())
}

/// `ConsumerConfig.checkUnsupportedConfigsPostProcess`.
fn check_protocol(given: &Given, delegate: Delegate) -> Result<(), Refusal> {
    let is_set = |name: &&&str| given.get(**name).is_some_and(|value| !java::trim(value).is_empty());
    let wrong: Vec<&str> = delegate.unsupported().iter().filter(is_set).copied().collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let protocol = delegate.protocol();
    Err(Refusal::config(format!("{} cannot be set when group.protocol={protocol}", wrong.join(", "))))
}

/// What the two constructors do with the values, in their orders.
fn build(values: Values, delegate: Delegate, log: &mut Log) -> Result<Consumer, Refusal> {
    check_instance_id(&values)?;
    let group = values.text("group.id");
    let empty_group = || match group {
        Some("") => {
            let why = "The configured group.id should not be an empty string or whitespace.";
            Err(Refusal::new(Exception::InvalidGroupId, why))
        }
        _ => Ok(()),
    };
    if delegate == Delegate::Classic {
        empty_group()?;
    }
    classes::instances(values.list("metric.reporters"), Interface::MetricsReporter)?;
    classes::instances(values.list("interceptor.classes"), Interface::ConsumerInterceptor)?;
    for name in ["key.deserializer", "value.deserializer"] {
        classes::instance(values.text(name).expect("deserializers are given"), Interface::Deserializer)?;
    }
    check_bootstrap_servers(&values, log)?;
    match delegate {
        Delegate::Async => empty_group()?,
        Delegate::Classic => {
            check_assignors(values.list("partition.assignment.strategy"))?;
            if group.is_some() {
                check_heartbeat(values.number("heartbeat.interval.ms"), values.number("session.timeout.ms"))?;
            }
        }
    }
    Ok(Consumer { values, delegate })
}

/// The classic consumer's `Heartbeat`.
fn check_heartbeat(interval_ms: i64, session_ms: i64) -> Result<(), Refusal> {
    let why = if session_ms <= interval_ms {
        "Heartbeat must be set lower than the session timeout".to_owned()
    } else if interval_ms < 0 {
        format!("Invalid negative timeout {interval_ms}")
    } else {
        return Ok(());
    };
    Err(Refusal::new(Exception::IllegalArgument, why))
}

/// `ConsumerPartitionAssignor.getAssignorInstances`.
fn check_assignors(assignors: &[String]) -> Result<(), Refusal> {
    assignors.iter().try_for_each(|class| {
        if classes::exists(class) {
            classes::instance(class, Interface::PartitionAssignor)
        } else {
            let why = format!("{class} ClassNotFoundException exception occurred");
            Err(Refusal::new(Exception::Kafka, why))
        }
    })
}

impl Consumer {
    fn check_group(&self) -> Result<(), Refusal> {
        if self.values.text("group.id").is_some() {
            return Ok(());
        }
        let why = "To use the group management or offset commit APIs, you must provide a valid group.id in the consumer \
                   configuration.";
        Err(Refusal::new(Exception::InvalidGroupId, why))
    }

    /// `commitSync()` with partitions that were assigned by hand.
    ///
    /// # Errors
    /// Without a group.
    pub fn commit(&self) -> Result<(), Refusal> {
        self.check_group()
    }

    /// `subscribe()` and the first `poll()`: does the coordinator take it in?
    ///
    /// # Errors
    /// Without a group, and where the coordinator refuses.
    pub fn subscribe(&self, coordinator: &Coordinator) -> Result<(), Refusal> {
        self.check_group()?;
        match self.delegate {
            Delegate::Classic => {
                let (min, max) = coordinator.session_timeout_ms;
                let timeout = self.values.number("session.timeout.ms");
                if min <= timeout && timeout <= max {
                    return Ok(());
                }
                let why = "The session timeout is not within the range allowed by the broker (as configured by \
                           group.min.session.timeout.ms and group.max.session.timeout.ms).";
                Err(Refusal::new(Exception::InvalidSessionTimeout, why))
            }
            Delegate::Async => match self.values.text("group.remote.assignor") {
                Some(assignor) if !coordinator.assignors.iter().any(|known| known == assignor) => {
                    let known = coordinator.assignors.join(", ");
                    let why = format!("ServerAssignor {assignor} is not supported. Supported assignors: {known}.");
                    Err(Refusal::new(Exception::UnsupportedAssignor, why))
                }
                _ => Ok(()),
            },
        }
    }
}
