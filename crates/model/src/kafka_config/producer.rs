//! `new KafkaProducer(properties)`.

use super::classes::{self, Interface};
use super::{
    Definition, Exception, Given, Kind, Level, Log, Outcome, Refusal, Value, Values, attempt, check_backoffs,
    check_bootstrap_servers, check_sasl_mechanism,
};

/// A producer that could be constructed.
#[derive(Clone, Debug, PartialEq)]
pub struct Producer {
    /// Its settings as they are in force.
    pub values: Values,
    /// How long a record has to be delivered: `delivery.timeout.ms`, or more where the default is too short.
    pub delivery_timeout_ms: u32,
    /// The size of its buffers: `batch.size`, at least 1.
    pub batch_size: u32,
}

const FAILED: &str = "Failed to construct kafka producer";

/// Constructs a producer.
pub fn construct(given: &Given) -> Outcome<Producer> {
    attempt(|log| {
        for name in ["key.serializer", "value.serializer"] {
            if !given.contains_key(name) {
                return Err(Refusal::value(name, "null", "must be non-null."));
            }
        }
        let mut values = Definition::of(Kind::Producer).parse(given, log)?;
        check_sasl_mechanism(&values)?;
        check_backoffs(given, &mut values, log);
        settle_idempotence(given, &mut values, log)?;
        build(given, values, log).map_err(|refusal| refusal.within(FAILED))
    })
}

/// `ProducerConfig.postProcessAndValidateIdempotenceConfigs`.
fn settle_idempotence(given: &Given, values: &mut Values, log: &mut Log) -> Result<(), Refusal> {
    let acks = if values.text("acks") == Some("all") { "-1" } else { values.text("acks").expect("acks has a value") };
    let acks = acks.to_owned();
    let asked = given.contains_key("enable.idempotence");
    let mut idempotent = values.flag("enable.idempotence");
    let in_flight = values.number("max.in.flight.requests.per.connection");
    if idempotent {
        if values.number("retries") == 0 {
            if asked {
                return Err(Refusal::config("Must set retries to non-zero when using the idempotent producer."));
            }
            log.say(Level::Info, "Idempotence will be disabled because retries is set to 0.".to_owned());
            idempotent = false;
        }
        if acks != "-1" {
            if asked {
                return Err(Refusal::config(
                    "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee \
                     idempotence.",
                ));
            }
            let why = format!("Idempotence will be disabled because acks is set to {acks}, not set to 'all'.");
            log.say(Level::Info, why);
            idempotent = false;
        }
        // Even where idempotence has just been given up: only an explicit `false` allows more.
        if 5 < in_flight {
            return Err(Refusal::config(format!(
                "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. \
                 Current value is {in_flight}."
            )));
        }
    }
    values.set("acks", Value::Text(acks));
    values.set("enable.idempotence", Value::Boolean(idempotent));
    if !idempotent && given.contains_key("transactional.id") {
        return Err(Refusal::config("Cannot set a transactional.id without also enabling idempotence."));
    }
    if values.flag("transaction.two.phase.commit.enable") && given.contains_key("transaction.timeout.ms") {
        return Err(Refusal::config(
            "Cannot set transaction.timeout.ms when transaction.two.phase.commit.enable is set to true. Transactions \
             will not expire with two-phase commit enabled.",
        ));
    }
    Ok(())
}

/// What the constructor does with the values.
fn build(given: &Given, values: Values, log: &mut Log) -> Result<Producer, Refusal> {
    classes::instances(values.list("metric.reporters"), Interface::MetricsReporter)?;
    if let Some(class) = values.text("partitioner.class") {
        classes::instance(class, Interface::Partitioner)?;
    }
    for name in ["key.serializer", "value.serializer"] {
        classes::instance(values.text(name).expect("serializers are given"), Interface::Serializer)?;
    }
    classes::instances(values.list("interceptor.classes"), Interface::ProducerInterceptor)?;
    let delivery_timeout_ms = settle_delivery_timeout(given, &values, log)?;
    check_bootstrap_servers(&values, log)?;
    let batch_size = values.number("batch.size").max(1) as u32;
    Ok(Producer { values, delivery_timeout_ms, batch_size })
}

/// `KafkaProducer.configureDeliveryTimeout`: a default that is too short grows, a given one is refused.
fn settle_delivery_timeout(given: &Given, values: &Values, log: &mut Log) -> Result<u32, Refusal> {
    let int_max = i64::from(i32::MAX);
    let timeout = values.number("delivery.timeout.ms");
    let least = (values.number("linger.ms").min(int_max) + values.number("request.timeout.ms")).min(int_max);
    if least <= timeout {
        return Ok(timeout as u32);
    }
    let rule = "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms";
    if given.contains_key("delivery.timeout.ms") {
        return Err(Refusal::config(rule));
    }
    log.say(Level::Warn, format!("{rule}. Setting it to {least}."));
    Ok(least as u32)
}

impl Producer {
    /// Has it sequence numbers?
    pub fn is_idempotent(&self) -> bool {
        self.values.flag("enable.idempotence")
    }

    /// Has it transactions?
    pub fn is_transactional(&self) -> bool {
        self.is_idempotent() && self.values.text("transactional.id").is_some()
    }

    /// Does it keep the order without sequence numbers, because only one request is in flight?
    pub fn guarantees_message_order(&self) -> bool {
        self.values.number("max.in.flight.requests.per.connection") == 1
    }

    /// `KafkaProducer.ensureValidRecordSize`, then the broker's own check: a record that needs so many bytes in
    /// a batch of its own, for a topic with this `max.message.bytes`. `batch_bytes` is what it then really takes.
    ///
    /// # Errors
    /// Where the record is too large for the client, its buffer, or the topic.
    pub fn send(&self, upper_bound: u64, batch_bytes: u64, max_message_bytes: u64) -> Result<(), Refusal> {
        let limit = self.values.number("max.request.size") as u64;
        let buffer = self.values.number("buffer.memory") as u64;
        let too_large = |than: String| {
            let message = format!("The message is {upper_bound} bytes when serialized which is larger than {than}");
            Err(Refusal::new(Exception::RecordTooLarge, message))
        };
        if limit < upper_bound {
            return too_large(format!("{limit}, which is the value of the max.request.size configuration."));
        }
        if buffer < upper_bound {
            return too_large(
                "the total memory buffer you have configured with the buffer.memory configuration.".to_owned(),
            );
        }
        if max_message_bytes < batch_bytes {
            return Err(Refusal::new(
                Exception::RecordTooLarge,
                "The request included a message larger than the max message size the server will accept.",
            ));
        }
        Ok(())
    }

    /// A record for a topic that does not exist (and is not made): `max.block.ms` passes.
    pub fn send_to_unknown_topic(&self, topic: &str) -> Refusal {
        let max_block_ms = self.values.number("max.block.ms");
        Refusal {
            exception: Exception::Timeout,
            message: format!("Topic {topic} not present in metadata after {max_block_ms} ms."),
            cause: Some((
                Exception::UnknownTopicOrPartition,
                "This server does not host this topic-partition.".to_owned(),
            )),
        }
    }
}
