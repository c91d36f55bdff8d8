//! What a broker makes of its `server.properties`: the values themselves and what they must be to each other. Listeners,
//! voters and roles beyond those of a plain broker are read as values only.

use super::{Definition, Exception, Given, Kind, Level, Log, Outcome, Refusal, Value, Values, attempt};

/// What one number must be to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    AtLeast,
    AtMost,
    Below,
}

impl Order {
    const fn words(self) -> &'static str {
        match self {
            Order::AtLeast => "must be greater than or equal to",
            Order::AtMost => "must be less than or equal to",
            Order::Below => "must be less than",
        }
    }

    const fn holds(self, one: i64, other: i64) -> bool {
        match self {
            Order::AtLeast => other <= one,
            Order::AtMost => one <= other,
            Order::Below => one < other,
        }
    }
}

/// For each new kind of group, in this order (`GroupCoordinatorConfig`): a setting under `group.KIND.`, its relation,
/// another one.
const GROUP_RULES: [(&str, Order, &str); 10] = [
    ("max.heartbeat.interval.ms", Order::AtLeast, "min.heartbeat.interval.ms"),
    ("heartbeat.interval.ms", Order::AtLeast, "min.heartbeat.interval.ms"),
    ("heartbeat.interval.ms", Order::AtMost, "max.heartbeat.interval.ms"),
    ("max.session.timeout.ms", Order::AtLeast, "min.session.timeout.ms"),
    ("session.timeout.ms", Order::AtLeast, "min.session.timeout.ms"),
    ("session.timeout.ms", Order::AtMost, "max.session.timeout.ms"),
    ("heartbeat.interval.ms", Order::Below, "session.timeout.ms"),
    ("max.assignment.interval.ms", Order::AtLeast, "min.assignment.interval.ms"),
    ("assignment.interval.ms", Order::AtLeast, "min.assignment.interval.ms"),
    ("assignment.interval.ms", Order::AtMost, "max.assignment.interval.ms"),
];

/// For share groups (`ShareGroupConfig`), under `group.share.`.
const SHARE_RULES: [(&str, Order, &str); 7] = [
    ("max.delivery.count.limit", Order::AtLeast, "delivery.count.limit"),
    ("delivery.count.limit", Order::AtLeast, "min.delivery.count.limit"),
    ("max.partition.max.record.locks", Order::AtLeast, "partition.max.record.locks"),
    ("partition.max.record.locks", Order::AtLeast, "min.partition.max.record.locks"),
    ("record.lock.duration.ms", Order::AtLeast, "min.record.lock.duration.ms"),
    ("max.record.lock.duration.ms", Order::AtLeast, "record.lock.duration.ms"),
    ("max.share.sessions", Order::AtLeast, "max.size"),
];

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// Starts a broker: its values, or why it would not start.
pub fn start(given: &Given) -> Outcome<Values> {
    attempt(|log| {
        let values = Definition::of(Kind::Broker).parse(given, log)?;
        check_compression_codecs(&values)?;
        check_assignors(&values)?;
        check_groups(&values)?;
        check_rebalance_protocols(given, &values, log)?;
        check_values(&values, log)?;
        warn_of_controller_settings(given, log);
        Ok(values)
    })
}

/// Scala's `require` puts words of its own before the message.
fn require(holds: bool, message: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(Exception::IllegalArgument, format!("requirement failed: {message}"))) }
}

fn check_orders(values: &Values, prefix: &str, rules: &[(&str, Order, &str)]) -> Result<(), Refusal> {
    for (one, order, other) in rules {
        let (one, other) = (format!("{prefix}{one}"), format!("{prefix}{other}"));
        if !order.holds(values.number(&one), values.number(&other)) {
            let why = format!("{one} {} {other}", order.words());
            return Err(Refusal::new(Exception::IllegalArgument, why));
        }
    }
    Ok(())
}

/// Codecs of the internal topics have numbers, 0 to 4.
fn check_compression_codecs(values: &Values) -> Result<(), Refusal> {
    for name in ["offsets.topic.compression.codec", "share.coordinator.state.topic.compression.codec"] {
        let codec = values.number(name);
        if !(0..=4).contains(&codec) {
            return Err(Refusal::new(Exception::IllegalArgument, format!("Unknown compression type id: {codec}")));
        }
    }
    Ok(())
}

/// The assignors of the new group protocols: those that come with the broker, by name, and no classes of others.
fn check_assignors(values: &Values) -> Result<(), Refusal> {
    for (name, known) in
        [("group.consumer.assignors", &["uniform", "range"][..]), ("group.share.assignors", &["simple"])]
    {
        if let Some(unknown) = values.list(name).iter().find(|assignor| !known.contains(&assignor.as_str())) {
            return Err(Refusal::new(Exception::Kafka, format!("Class {unknown} cannot be found")));
        }
    }
    Ok(())
}

fn check_groups(values: &Values) -> Result<(), Refusal> {
    // Sessions and heartbeats, then what only one kind has, then assignments.
    let (sessions, assignments) = GROUP_RULES.split_at(7);
    for kind in ["group.consumer.", "group.share.", "group.streams."] {
        check_orders(values, kind, sessions)?;
        let assignors = values.list("group.share.assignors").len();
        if kind == "group.share." && assignors != 1 {
            let why = format!("group.share.assignors must contain exactly one assignor, but found {assignors}");
            return Err(Refusal::new(Exception::IllegalArgument, why));
        }
        check_orders(values, kind, assignments)?;
    }
    check_orders(values, "group.streams.", &[("num.standby.replicas", Order::AtMost, "max.standby.replicas")])?;
    check_orders(values, "group.share.", &SHARE_RULES)
}

/// `group.coordinator.rebalance.protocols`: classic stays, and whoever sets it is told that it will go.
fn check_rebalance_protocols(given: &Given, values: &Values, log: &mut Log) -> Result<(), Refusal> {
    let name = "group.coordinator.rebalance.protocols";
    let has = |protocol: &str| values.list(name).iter().any(|item| item == protocol);
    if !has("classic") {
        return Err(Refusal::config("Disabling the 'classic' protocol is not supported."));
    }
    if has("share") {
        let why =
            "Share groups are controlled by the 'share.version' feature. This config will be removed in Kafka 5.0.";
        log.say(Level::Warn, format!("'share' in `{name}` is deprecated. {why}"));
    }
    if given.contains_key(name) {
        let missing: Vec<&str> = ["consumer", "streams"].into_iter().filter(|protocol| !has(protocol)).collect();
        let deprecated = format!("The config `{name}` is deprecated and will be removed in Kafka 5.0. ");
        let rest = if missing.is_empty() {
            "Please remove the configuration to prepare for the upgrade.".to_owned()
        } else {
            format!(
                "The following protocol(s) are currently disabled: {}. In Kafka 5.0, all protocols will always be \
                 enabled and controlled solely by feature versions (group.version, streams.version, share.version) via \
                 kafka-features.sh. Please remove the configuration, which will restore all protocols to the default \
                 enabled state, to prepare for the upgrade.",
                missing.join(", ")
            )
        };
        log.say(Level::Warn, deprecated + &rest);
    }
    Ok(())
}

/// A time given in milliseconds, or else in a larger unit.
fn millis(values: &Values, millis: &str, coarser: &[(&str, i64)]) -> i64 {
    let first = std::iter::once((millis, 1)).chain(coarser.iter().copied());
    let mut found = first.filter_map(|(name, unit)| match values.get(name) {
        Value::Integer(value) => Some(value.saturating_mul(unit)),
        _ => None,
    });
    found.next().expect("the coarsest unit has a default")
}

/// `KafkaConfig.validateValues`.
fn check_values(values: &Values, log: &mut Log) -> Result<(), Refusal> {
    let number = |name| values.number(name);
    if let Value::Integer(broker_id) = values.get("broker.id")
        && values.get("node.id") != &Value::Integer(*broker_id)
        && *broker_id != -1
    {
        return Err(Refusal::config("You must set `node.id` to the same value as `broker.id`."));
    }
    let roll = millis(values, "log.roll.ms", &[("log.roll.hours", HOUR_MS)]);
    require(1 <= roll, "log.roll.ms must be greater than or equal to 1")?;
    let jitter = millis(values, "log.roll.jitter.ms", &[("log.roll.jitter.hours", HOUR_MS)]);
    require(0 <= jitter, "log.roll.jitter.ms must be greater than or equal to 0")?;
    let coarser = [("log.retention.minutes", MINUTE_MS), ("log.retention.hours", HOUR_MS)];
    let retention = millis(values, "log.retention.ms", &coarser);
    // Any negative time is unlimited.
    let why = "log.retention.ms must be unlimited (-1) or, greater than or equal to 1";
    require(retention != 0, why)?;
    let per_cleaner = number("log.cleaner.dedupe.buffer.size") / number("log.cleaner.threads").max(1);
    let why = "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.";
    require(1_048_576 < per_cleaner, why)?;
    let wait = number("replica.fetch.wait.max.ms");
    require(
        wait <= number("replica.socket.timeout.ms"),
        "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket \
         timeouts",
    )?;
    require(
        wait <= number("replica.lag.time.max.ms"),
        "replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent \
         changes in ISR",
    )?;
    warn_of_short_sessions(values, log);
    check_connections(values)
}

/// The broker starts all the same.
fn warn_of_short_sessions(values: &Values, log: &mut Log) {
    let (heartbeat, session) = ("broker.heartbeat.interval.ms", "broker.session.timeout.ms");
    let (heartbeat_ms, session_ms) = (values.number(heartbeat), values.number(session));
    if session_ms < heartbeat_ms * 2 {
        log.say(
            Level::Error,
            format!(
                "{heartbeat} ({heartbeat_ms} ms) must be less than or equal to half of the {session} ({session_ms} ms). \
                 The {session} is configured on controller. The {heartbeat} is configured on broker. If a broker doesn't \
                 send heartbeat request within {session}, it loses broker lease. Please increase {session} or decrease \
                 {heartbeat}."
            ),
        );
    }
}

fn check_connections(values: &Values) -> Result<(), Refusal> {
    let number = |name| values.number(name);
    let queued = number("queued.max.request.bytes");
    require(
        queued <= 0 || number("socket.request.max.bytes") <= queued,
        "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
    )?;
    if number("max.connections.per.ip") == 0 {
        require(
            values.text("max.connections.per.ip.overrides").is_some_and(|overrides| !overrides.is_empty()),
            "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.",
        )?;
    }
    let (delay, idle) = (number("connection.failed.authentication.delay.ms"), number("connections.max.idle.ms"));
    let why = format!(
        "connection.failed.authentication.delay.ms={delay} should always be less than connections.max.idle.ms={idle} to \
         prevent failed authentication responses from timing out"
    );
    require(idle < 0 || delay < idle, &why)
}

/// Settings that belong to the controller from 5.0 on.
fn warn_of_controller_settings(given: &Given, log: &mut Log) {
    for name in ["num.partitions", "default.replication.factor"] {
        if given.contains_key(name) {
            log.say(
                Level::Warn,
                format!(
                    "{name} is defined in the broker role. This configuration will be ignored in 5.0. Please set {name} \
                     in the controller role instead."
                ),
            );
        }
    }
}
