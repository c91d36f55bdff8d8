//! What Kafka makes of a configuration: a client that is constructed, or a broker that is started, with given settings.

use super::{Act, Lines, Step};
use crate::sheet::Fields;
use crate::stage::ANSWER;
use highwater_model::inspect::Value;
use highwater_model::kafka_config::{Given, Level, Outcome, Refusal, Values, broker, consumer, producer};

pub(super) const STEPS: &[Step] = &[Step { word: "configure", read: configure }];

/// What is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Producer,
    Consumer,
    Broker,
}

/// What a client's application must give in any case.
const SERIALIZER: &str = "org.apache.kafka.common.serialization.StringSerializer";
const DESERIALIZER: &str = "org.apache.kafka.common.serialization.StringDeserializer";

/// A client is constructed, or a broker started.
fn configure(fields: &Fields, _: Lines) -> Option<Act> {
    let what = fields.word("what", "producer, consumer, broker", |word| match word {
        "producer" => Some(What::Producer),
        "consumer" => Some(What::Consumer),
        "broker" => Some(What::Broker),
        _ => None,
    });
    let name = fields.text("name").unwrap_or_else(|| ANSWER.to_owned());
    let pair = |text: &str| text.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()));
    let settings = fields.word_list("settings", "settings such as \"acks=1\"", pair).unwrap_or_default();
    let what = fields.need("what", what)?;
    Some(Box::new(move |stage| {
        let mut given: Given = match what {
            What::Producer => [("key.serializer", SERIALIZER), ("value.serializer", SERIALIZER)].into(),
            What::Consumer => [("key.deserializer", DESERIALIZER), ("value.deserializer", DESERIALIZER)].into(),
            What::Broker => Given::new(),
        };
        if what != What::Broker {
            given.insert("bootstrap.servers", "localhost:9092");
        }
        given.extend(settings.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let outcome = match what {
            What::Producer => {
                let constructed = producer::construct(&given);
                let timeout = constructed.result.as_ref().ok().map(|made| u64::from(made.delivery_timeout_ms));
                let timeout = timeout.map(highwater_model::Duration::from_millis);
                outcome(constructed, |made| &made.values).with("delivery_timeout", timeout)
            }
            What::Consumer => outcome(consumer::construct(&given), |made| &made.values),
            What::Broker => outcome(broker::start(&given), |made| made),
        };
        stage.note_answer(&name, outcome);
        Ok(())
    }))
}

fn outcome<T>(outcome: Outcome<T>, values: fn(&T) -> &Values) -> Value {
    let refusal = outcome.result.as_ref().err();
    let cause = refusal.and_then(|refusal| refusal.cause.as_ref());
    let in_force = |made: &T| values(made).iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let level = |level| match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    };
    Value::fields([
        ("accepted", refusal.is_none().into()),
        ("exception", refusal.map(|refusal| simple_name(refusal.exception.class())).into()),
        ("message", refusal.map(|Refusal { message, .. }| message.clone()).into()),
        ("cause", cause.map(|(exception, _)| simple_name(exception.class())).into()),
        ("cause_message", cause.map(|(_, message)| message.clone()).into()),
        ("values", Value::list(outcome.result.as_ref().map(in_force).unwrap_or_default())),
        ("log", Value::list(outcome.log.iter().map(|line| format!("{} {}", level(line.level), line.text)))),
    ])
}

fn simple_name(class: &'static str) -> &'static str {
    class.rsplit('.').next().unwrap_or(class)
}
