//! What the controller says to an administrator who creates or alters topics, brokers' settings and groups' settings.

use super::definition::Update;
use super::{Definition, Exception, Given, Kind, Log, Refusal, Value, Values};

/// What a cluster has, as far as requests are judged by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Brokers that are registered.
    pub brokers: u8,
    /// `num.partitions`.
    pub default_partitions: i32,
    /// `default.replication.factor`.
    pub default_replication_factor: i16,
    /// Names of its topics.
    pub topics: Vec<String>,
}

/// A topic as it was created.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// Its partitions.
    pub partitions: i32,
    /// Replicas of each.
    pub replication_factor: i16,
    /// Its settings in force.
    pub values: Values,
}

/// The longest name of a topic.
const NAME_LENGTH_MAX: usize = 249;

/// What is wrong with the name of a topic (or of a static member), if anything.
pub(super) fn topic_name_problem(name: &str) -> Option<String> {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match name {
        "" => Some("the empty string is not allowed".to_owned()),
        "." | ".." => Some(format!("'{name}' is not allowed")),
        // Java counts UTF-16 units.
        _ if NAME_LENGTH_MAX < name.encode_utf16().count() => {
            Some(format!("the length of '{name}' is longer than the max allowed length {NAME_LENGTH_MAX}"))
        }
        _ if !name.bytes().all(valid) => {
            Some(format!("'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"))
        }
        _ => None,
    }
}

/// Dots and underscores are one character in the names of metrics.
fn collides(one: &str, other: &str) -> bool {
    one != other && one.replace('.', "_") == other.replace('.', "_")
}

fn check_topic_name(name: &str, cluster: &Cluster) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::new(Exception::InvalidTopic, why));
    if name.is_empty() {
        return refuse(format!("The given topic name '{name}' cannot be represented in a request."));
    }
    let mut wrong = topic_name_problem(name).map(|why| format!("Topic name is invalid: {why}"));
    if let Some(existing) = cluster.topics.iter().find(|existing| collides(name, existing)) {
        wrong = Some(format!("Topic '{name}' collides with existing topic: {existing}"));
    }
    if let Some(why) = wrong {
        return refuse(why);
    }
    if cluster.topics.iter().any(|existing| existing == name) {
        return Err(Refusal::new(Exception::TopicExists, format!("Topic '{name}' already exists.")));
    }
    Ok(())
}

/// Creates a topic: -1 partitions or replicas are the cluster's default.
///
/// # Errors
/// What the administrator's client throws.
pub fn create_topic(
    cluster: &Cluster,
    name: &str,
    partitions: i32,
    replication_factor: i16,
    settings: &Given,
) -> Result<Topic, Refusal> {
    check_topic_name(name, cluster)?;
    let values = alter_topic(settings)?;
    if replication_factor < -1 || replication_factor == 0 {
        let why = "Replication factor must be larger than 0, or -1 to use the default value.";
        return Err(Refusal::new(Exception::InvalidReplicationFactor, why));
    }
    if partitions < -1 || partitions == 0 {
        let why = "Number of partitions was set to an invalid non-positive value.";
        return Err(Refusal::new(Exception::InvalidPartitions, why));
    }
    let partitions = if partitions == -1 { cluster.default_partitions } else { partitions };
    let replication_factor =
        if replication_factor == -1 { cluster.default_replication_factor } else { replication_factor };
    if i16::from(cluster.brokers) < replication_factor {
        let why = format!(
            "Unable to replicate the partition {replication_factor} time(s): The target replication factor of \
             {replication_factor} cannot be reached because only {} broker(s) are registered or some brokers have all \
             their log directories cordoned.",
            cluster.brokers
        );
        return Err(Refusal::new(Exception::InvalidReplicationFactor, why));
    }
    Ok(Topic { partitions, replication_factor, values })
}

/// Gives a topic more partitions.
///
/// # Errors
/// Where they would not be more.
pub fn grow_topic(name: &str, have: i32, want: i32) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::new(Exception::InvalidPartitions, why));
    match want {
        _ if want == have => refuse(format!("Topic already has {have} partition(s).")),
        _ if want < have => {
            let now = format!("The topic {name} currently has {have} partition(s)");
            refuse(format!("{now}; {want} would not be an increase."))
        }
        _ => Ok(()),
    }
}

/// A topic's settings: all that it then has of its own.
///
/// # Errors
/// For an unknown name, a value that is wrong, and values that contradict each other.
pub fn alter_topic(settings: &Given) -> Result<Values, Refusal> {
    let definition = Definition::of(Kind::Topic);
    check_names(&definition, settings, "topic")?;
    let values = definition.parse(settings, &mut Log::default()).map_err(to_invalid_configuration)?;
    let lag = |name| values.number(name);
    let (min, max) = (lag("min.compaction.lag.ms"), lag("max.compaction.lag.ms"));
    if max < min {
        let why =
            format!("conflict topic config setting min.compaction.lag.ms ({min}) > max.compaction.lag.ms ({max})");
        return Err(Refusal::new(Exception::InvalidConfiguration, why));
    }
    if values.flag("remote.storage.enable") {
        let why = "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log \
                   storage.";
        return Err(Refusal::new(Exception::InvalidConfiguration, why));
    }
    Ok(values)
}

fn check_names(definition: &Definition, settings: &Given, whose: &str) -> Result<(), Refusal> {
    match settings.keys().find(|name| definition.entry(name).is_none()) {
        Some(name) => {
            let why = format!("Unknown {whose} config name: {name}");
            Err(Refusal::new(Exception::InvalidConfiguration, why))
        }
        None => Ok(()),
    }
}

/// The controller answers with INVALID_CONFIG, which the client turns into this exception.
fn to_invalid_configuration(refusal: Refusal) -> Refusal {
    Refusal { exception: Exception::InvalidConfiguration, ..refusal }
}

/// The cluster-wide defaults of brokers' settings, changed while they run.
///
/// # Errors
/// For what needs a restart, what belongs to one broker, and what no broker would take.
pub fn alter_broker_defaults(settings: &Given) -> Result<(), Refusal> {
    let definition = Definition::of(Kind::Broker);
    let refuse = |why: String| Err(Refusal::new(Exception::InvalidRequest, why));
    let named = |update: Update| -> Vec<&str> {
        let is_so = |name: &&&str| definition.entry(name).is_some_and(|entry| entry.update == update);
        settings.keys().filter(is_so).copied().collect()
    };
    let fixed = named(Update::ReadOnly);
    if !fixed.is_empty() {
        return refuse(format!("Cannot update these configs dynamically: [{}]", fixed.join(", ")));
    }
    if let Err(refusal) = definition.check_given(settings) {
        return refuse(refusal.message);
    }
    let single = named(Update::PerBroker);
    if !single.is_empty() {
        let why = "Cannot update these configs at default cluster level, broker id must be specified";
        return refuse(format!("{why}: [{}]", single.join(", ")));
    }
    Ok(())
}

/// The bounds within which a group's setting must lie: a broker's settings, with their defaults.
const GROUP_BOUNDS: [(&str, &str, &str); 13] = [
    (
        "consumer.heartbeat.interval.ms",
        "group.consumer.min.heartbeat.interval.ms",
        "group.consumer.max.heartbeat.interval.ms",
    ),
    ("consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms", "group.consumer.max.session.timeout.ms"),
    (
        "consumer.assignment.interval.ms",
        "group.consumer.min.assignment.interval.ms",
        "group.consumer.max.assignment.interval.ms",
    ),
    ("share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms"),
    ("share.session.timeout.ms", "group.share.min.session.timeout.ms", "group.share.max.session.timeout.ms"),
    (
        "share.record.lock.duration.ms",
        "group.share.min.record.lock.duration.ms",
        "group.share.max.record.lock.duration.ms",
    ),
    ("share.delivery.count.limit", "group.share.min.delivery.count.limit", "group.share.max.delivery.count.limit"),
    (
        "share.partition.max.record.locks",
        "group.share.min.partition.max.record.locks",
        "group.share.max.partition.max.record.locks",
    ),
    (
        "share.assignment.interval.ms",
        "group.share.min.assignment.interval.ms",
        "group.share.max.assignment.interval.ms",
    ),
    (
        "streams.heartbeat.interval.ms",
        "group.streams.min.heartbeat.interval.ms",
        "group.streams.max.heartbeat.interval.ms",
    ),
    ("streams.session.timeout.ms", "group.streams.min.session.timeout.ms", "group.streams.max.session.timeout.ms"),
    ("streams.num.standby.replicas", "", "group.streams.max.standby.replicas"),
    (
        "streams.assignment.interval.ms",
        "group.streams.min.assignment.interval.ms",
        "group.streams.max.assignment.interval.ms",
    ),
];

/// A group's settings, under a broker's bounds.
///
/// # Errors
/// For an unknown name, a value that is wrong or outside the broker's bounds, and values that contradict each other.
pub fn alter_group(settings: &Given, broker: &Values) -> Result<Values, Refusal> {
    let definition = Definition::of(Kind::Group);
    check_names(&definition, settings, "group")?;
    let values = definition.parse(settings, &mut Log::default()).map_err(to_invalid_configuration)?;
    let refuse = |why: String| Err(Refusal::new(Exception::InvalidConfiguration, why));
    for (name, min, max) in GROUP_BOUNDS {
        // What the group does not set, it has from the broker, whose bounds it then meets.
        let Value::Integer(value) = (if settings.contains_key(name) { values.get(name) } else { &Value::Null }) else {
            continue;
        };
        if !min.is_empty() && *value < broker.number(min) {
            return refuse(format!("{name} must be greater than or equal to {min}"));
        }
        if broker.number(max) < *value {
            return refuse(format!("{name} must be less than or equal to {max}"));
        }
    }
    for kind in ["consumer", "share", "streams"] {
        let (session, heartbeat) = (format!("{kind}.session.timeout.ms"), format!("{kind}.heartbeat.interval.ms"));
        if values.number(&session) <= values.number(&heartbeat) {
            return refuse(format!("{session} must be greater than {heartbeat}"));
        }
    }
    Ok(values)
}
