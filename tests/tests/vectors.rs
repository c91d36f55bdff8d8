//! Kafka 4.3.1's own outcomes for hundreds of configurations and requests, and its defaults; recorded from its code, a
//! line each. A line's `settings` are what differs from a plain client, broker or topic.

use highwater_kafka::batch_bytes::{BATCH_HEADER_BYTES, Headers, RecordShape};
use highwater_model::SettingId;
use highwater_model::kafka_config::{Definition, Given, Kind, LogLine, Refusal, Value, Values};
use highwater_model::kafka_config::{admin, broker, consumer, producer};
use serde_json::Value as Json;

const CONFIGURATIONS: &str = include_str!("../vectors/configuration.jsonl");
const DEFAULTS: &str = include_str!("../vectors/defaults.jsonl");

fn lines(text: &'static str) -> impl Iterator<Item = Json> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line is a JSON object"))
}

/// Settings of a line over what every client, or every broker, was given.
fn given<'a>(base: &[(&'a str, &'a str)], settings: &'a Json) -> Given<'a> {
    let settings = settings.as_object().expect("settings are an object");
    let own = settings.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("values are strings")));
    base.iter().copied().chain(own).collect()
}

const PRODUCER: [(&str, &str); 3] = [
    ("bootstrap.servers", "127.0.0.1:9092"),
    ("key.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer"),
    ("value.serializer", "org.apache.kafka.common.serialization.ByteArraySerializer"),
];
const CONSUMER: [(&str, &str); 3] = [
    ("bootstrap.servers", "127.0.0.1:9092"),
    ("key.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer"),
    ("value.deserializer", "org.apache.kafka.common.serialization.ByteArrayDeserializer"),
];
const BROKER: [(&str, &str); 5] = [
    ("process.roles", "broker"),
    ("node.id", "1"),
    ("controller.quorum.voters", "101@127.0.0.1:9093"),
    ("controller.listener.names", "CONTROLLER"),
    ("listeners", "PLAINTEXT://127.0.0.1:9092"),
];

/// What a line is about, in its own words.
fn title(line: &Json) -> &str {
    line["title"].as_str().unwrap_or("")
}

/// The text after this word, up to the next blank.
fn word_after<'a>(title: &'a str, word: &str) -> &'a str {
    let (_, rest) = title.split_once(word).unwrap_or_else(|| panic!("`{title}` has no `{word}`"));
    rest.split(' ').next().expect("a split has a first part")
}

/// Is the value what the line says? Java's numbers are JSON's.
fn same(value: &Value, expected: &Json) -> bool {
    match (value, expected) {
        (Value::Null, Json::Null) => true,
        (Value::Boolean(value), Json::Bool(expected)) => value == expected,
        (Value::Integer(value), Json::Number(expected)) => expected.as_i64() == Some(*value),
        (Value::Double(value), Json::Number(expected)) => expected.as_f64() == Some(*value),
        (Value::Text(value), Json::String(expected)) => value == expected,
        (Value::List(values), Json::Array(expected)) => values.iter().eq(expected.iter().filter_map(Json::as_str)),
        _ => false,
    }
}

/// Differences between an outcome and a line.
fn differences(line: &Json, result: &Result<(), Refusal>, values: Option<&Values>, log: &[LogLine]) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: &str, ours: String, theirs: &Json| {
        if theirs.as_str() != Some(ours.as_str()) {
            found.push(format!("{what}: {ours:?}, Kafka says {theirs}"));
        }
    };
    match result {
        Ok(()) if line["accepted"] == true => {}
        Ok(()) => compare("accepted", "yes".to_owned(), &line["message"]),
        Err(refusal) => {
            compare("exception", refusal.exception.class().to_owned(), &line["exception"]);
            compare("message", refusal.message.clone(), &line["message"]);
            if let Some((class, message)) = &refusal.cause {
                compare("cause", class.class().to_owned(), &line["cause"]);
                compare("cause's message", message.clone(), &line["cause_message"]);
            }
        }
    }
    if let (Some(values), Some(effective)) = (values, line["effective"].as_object()) {
        for (name, expected) in effective {
            if !same(values.get(name), expected) {
                found.push(format!("{name}: {}, Kafka says {expected}", values.get(name)));
            }
        }
    }
    let mut logged = line["logs"].as_array().cloned().unwrap_or_default();
    // The recorder constructed some configurations twice, to read their values.
    logged.dedup();
    let said = logged.iter().filter_map(Json::as_str);
    if logged.len() != log.len() || said.zip(log).any(|(said, line)| !said.ends_with(&line.text)) {
        found.push(format!("log: {log:?}, Kafka says {logged:?}"));
    }
    found
}

fn construct_producer(line: &Json) -> Vec<String> {
    let outcome = producer::construct(&given(&PRODUCER, &line["settings"]));
    let made = outcome.result.as_ref().ok();
    let mut found = differences(line, &unit(&outcome.result), made.map(|made| &made.values), &outcome.log);
    let Some(made) = made else { return found };
    let mut compare = |name: &str, ours: Json| {
        if line.get(name).is_some_and(|theirs| *theirs != ours) {
            found.push(format!("{name}: {ours}, Kafka says {}", line[name]));
        }
    };
    compare("accumulator_delivery_timeout_ms", made.delivery_timeout_ms.into());
    compare("accumulator_batch_size", made.batch_size.into());
    compare("has_transaction_manager", made.is_idempotent().into());
    compare("is_transactional", made.is_transactional().into());
    compare("guarantee_message_order", made.guarantees_message_order().into());
    found
}

fn unit<T>(result: &Result<T, Refusal>) -> Result<(), Refusal> {
    result.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// A record of one value without a key, sent to a topic with default settings.
fn send(line: &Json) -> Vec<String> {
    let title = title(line);
    if title.contains("nosuchtopic") {
        return send_to_unknown_topic(line);
    }
    let value_bytes: u32 = word_after(title, "a value of ").parse().expect("a size");
    let shape = RecordShape { key_bytes: None, value_bytes: Some(value_bytes), headers: Headers::NONE };
    let made = producer::construct(&given(&PRODUCER, &line["settings"])).result.expect("it can be constructed");
    let batch = u64::from(BATCH_HEADER_BYTES) + shape.plain_bytes(1, 0);
    let max = admin::alter_topic(&Given::new()).expect("a topic needs no settings");
    let Value::Integer(max) = max.get("max.message.bytes") else { panic!("max.message.bytes is a number") };
    let result = made.send(shape.single_bytes_max().into(), batch, *max as u64);
    differences(line, &result, None, &[])
}

fn send_to_unknown_topic(line: &Json) -> Vec<String> {
    let made = producer::construct(&given(&PRODUCER, &line["settings"])).result.expect("it can be constructed");
    let refusal = made.send_to_unknown_topic(word_after(title(line), "to '").trim_end_matches('\''));
    differences(&without_log(line), &Err(refusal), None, &[])
}

/// What the network client logs while it asks for metadata is not the configuration's.
fn without_log(line: &Json) -> Json {
    let mut line = line.clone();
    line["logs"] = Json::Null;
    line
}

fn use_consumer(line: &Json) -> Vec<String> {
    let base: Vec<_> = if title(line).contains("without group.id") {
        CONSUMER.into()
    } else {
        CONSUMER.into_iter().chain([("group.id", "g")]).collect()
    };
    let made = consumer::construct(&given(&base, &line["settings"])).result.expect("it can be constructed");
    let result = if title(line).starts_with("commitSync") {
        made.commit()
    } else {
        made.subscribe(&consumer::Coordinator::defaults())
    };
    differences(&without_log(line), &result, None, &[])
}

fn construct_consumer(line: &Json) -> Vec<String> {
    let outcome = consumer::construct(&given(&CONSUMER, &line["settings"]));
    let made = outcome.result.as_ref().ok();
    let mut found = differences(line, &unit(&outcome.result), made.map(|made| &made.values), &outcome.log);
    if let Some(made) = made
        && line["delegate"] != made.delegate.class()
    {
        found.push(format!("delegate: {:?}, Kafka says {}", made.delegate, line["delegate"]));
    }
    found
}

/// The name and value of `... config name=value ...`.
fn setting_in(title: &str) -> Given<'_> {
    let setting = title.split(' ').find(|word| word.contains('=')).expect("the title has a setting");
    setting.split_once('=').into_iter().collect()
}

fn administrate(line: &Json) -> Vec<String> {
    let title = title(line);
    let cluster = admin::Cluster {
        brokers: 3,
        default_partitions: 1,
        default_replication_factor: 1,
        topics: if title.contains("'a_b'") { vec!["a.b".to_owned()] } else { Vec::new() },
    };
    let result = if title.starts_with("create topic") {
        let settings = &line["settings"];
        let name = settings["name"].as_str().unwrap_or("t");
        let number = |name: &str| settings[name].as_i64().expect("a number");
        let own = given(&[], &settings["settings"]);
        let made = admin::create_topic(&cluster, name, number("partitions") as i32, number("rf") as i16, &own);
        if let (Ok(topic), Some(partitions)) = (&made, line["partitions"].as_i64()) {
            assert_eq!(i64::from(topic.partitions), partitions, "{line}");
            assert_eq!(Some(i64::from(topic.replication_factor)), line["replication_factor"].as_i64(), "{line}");
        }
        unit(&made)
    } else if title.starts_with("existing topic") {
        // The first of these lines makes 12 partitions of 6; the others find 12.
        let have = if title.ends_with("partitions 12") { 6 } else { 12 };
        let want = word_after(title, "partitions): partitions ").parse().expect("a number");
        admin::grow_topic("e16-x", have, want)
    } else if title.starts_with("alter topic") {
        unit(&admin::alter_topic(&setting_in(title)))
    } else if title.starts_with("alter cluster-wide") {
        admin::alter_broker_defaults(&setting_in(title))
    } else {
        let bounds =
            [("group.consumer.min.session.timeout.ms", "6000"), ("group.consumer.min.heartbeat.interval.ms", "1000")];
        let values = broker::start(&BROKER.into_iter().chain(bounds).collect()).result;
        unit(&admin::alter_group(&setting_in(title), &values.expect("such a broker starts")))
    };
    differences(line, &result, None, &[])
}

fn judge(line: &Json) -> Vec<String> {
    // A client that could be constructed is then used.
    let used = ["send ", "subscribe ", "commitSync "].iter().any(|verb| title(line).starts_with(verb));
    match (line["kind"].as_str().expect("a kind"), used) {
        ("producer", false) => construct_producer(line),
        ("producer", true) => send(line),
        ("consumer", false) => construct_consumer(line),
        ("consumer", true) => use_consumer(line),
        ("broker", _) => {
            let outcome = broker::start(&given(&BROKER, &line["settings"]));
            differences(line, &unit(&outcome.result), None, &outcome.log)
        }
        ("topic", _) => administrate(line),
        (kind, _) => panic!("an unknown kind of line: {kind}"),
    }
}

#[test]
fn every_recorded_configuration_ends_as_kafka_ends_it() {
    let mut wrong = Vec::new();
    let mut total = 0;
    for line in lines(CONFIGURATIONS) {
        total += 1;
        let found = judge(&line);
        if !found.is_empty() {
            wrong.push(format!("{} {} {}\n    {}", line["id"], title(&line), line["settings"], found.join("\n    ")));
        }
    }
    assert_eq!(total, 557);
    assert!(wrong.is_empty(), "{} of {total} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_setting_has_kafkas_default() {
    for line in lines(DEFAULTS) {
        let kind = match line["kind"].as_str() {
            Some("producer") => Kind::Producer,
            Some("consumer") => Kind::Consumer,
            Some("broker") => Kind::Broker,
            Some("topic") => Kind::Topic,
            other => panic!("an unknown kind of line: {other:?}"),
        };
        let name = line["name"].as_str().expect("a name");
        let definition = Definition::of(kind);
        let entry = definition.entry(name).unwrap_or_else(|| panic!("{name} is missing"));
        match entry.default_value() {
            Some(value) => assert!(same(&value, &line["default"]), "{name}: {value}, Kafka says {}", line["default"]),
            None => assert_eq!(line["required"], true, "{name}"),
        }
    }
}

/// Settings of the simulation with Kafka's names whose default is not Kafka's, and why.
const OWN_DEFAULTS: [(&str, &str); 7] = [
    ("group.instance.id", "Kafka's is a name, ours says how members get one"),
    ("group.remote.assignor", "without a name Kafka's coordinator takes its first, uniform"),
    ("partition.assignment.strategy", "Kafka's is a list of classes, ours their short names"),
    ("broker.rack", "Kafka's is a rack's name, ours says whether brokers tell it"),
    ("client.rack", "Kafka's is a rack's name, ours says whether consumers tell it"),
    ("transactional.id", "Kafka's is a name, ours says whether producers have one"),
    ("replica.selector.class", "Kafka's is a class, ours one of two words"),
];

#[test]
fn the_settings_of_the_simulation_have_kafkas_defaults() {
    let kinds = [Kind::Producer, Kind::Consumer, Kind::Topic, Kind::Broker].map(Definition::of);
    for setting in SettingId::ALL.iter().copied() {
        let entry = kinds.iter().find_map(|definition| definition.entry(setting.name()));
        let Some(default) = entry.and_then(|entry| entry.default_value()) else { continue };
        if OWN_DEFAULTS.iter().any(|(name, _)| *name == setting.name()) {
            continue;
        }
        let ours = match setting.words() {
            [] => setting.default_value().to_string(),
            words => words[setting.default_value() as usize].to_owned(),
        };
        assert_eq!(ours, default.to_string(), "{}", setting.name());
    }
}
