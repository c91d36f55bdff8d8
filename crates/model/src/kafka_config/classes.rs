//! The classes that a setting may name. We know those that come with Kafka's client; a class of somebody's own is to us
//! what it is to a JVM without it on the class path.

use super::{Exception, Refusal};

/// What a setting's class must implement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    Serializer,
    Deserializer,
    Partitioner,
    PartitionAssignor,
    MetricsReporter,
    ProducerInterceptor,
    ConsumerInterceptor,
    /// Something of a broker's or of the security layer.
    Other,
}

impl Interface {
    const fn class(self) -> &'static str {
        match self {
            Interface::Serializer => "org.apache.kafka.common.serialization.Serializer",
            Interface::Deserializer => "org.apache.kafka.common.serialization.Deserializer",
            Interface::Partitioner => "org.apache.kafka.clients.producer.Partitioner",
            Interface::PartitionAssignor => "org.apache.kafka.clients.consumer.ConsumerPartitionAssignor",
            Interface::MetricsReporter => "org.apache.kafka.common.metrics.MetricsReporter",
            Interface::ProducerInterceptor => "org.apache.kafka.clients.producer.ProducerInterceptor",
            Interface::ConsumerInterceptor => "org.apache.kafka.clients.consumer.ConsumerInterceptor",
            Interface::Other => "java.lang.Object",
        }
    }
}

/// Types with a serializer and a deserializer.
const SERIALIZED: [&str; 13] = [
    "Boolean",
    "ByteArray",
    "ByteBuffer",
    "Bytes",
    "Double",
    "Float",
    "Integer",
    "List",
    "Long",
    "Short",
    "String",
    "UUID",
    "Void",
];

const OTHERS: [(&str, Interface); 9] = [
    ("org.apache.kafka.clients.consumer.RangeAssignor", Interface::PartitionAssignor),
    ("org.apache.kafka.clients.consumer.RoundRobinAssignor", Interface::PartitionAssignor),
    ("org.apache.kafka.clients.consumer.StickyAssignor", Interface::PartitionAssignor),
    ("org.apache.kafka.clients.consumer.CooperativeStickyAssignor", Interface::PartitionAssignor),
    ("org.apache.kafka.clients.producer.RoundRobinPartitioner", Interface::Partitioner),
    ("org.apache.kafka.common.metrics.JmxReporter", Interface::MetricsReporter),
    ("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", Interface::Other),
    ("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", Interface::Other),
    ("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", Interface::Other),
];

/// What the class of this name implements, if there is such a class.
fn interface_of(class: &str) -> Option<Interface> {
    if let Some((_, interface)) = OTHERS.iter().find(|(name, _)| *name == class) {
        return Some(*interface);
    }
    let name = class.strip_prefix("org.apache.kafka.common.serialization.")?;
    // The longer ending first: each deserializer's name ends in "serializer", in lower case.
    let (of, interface) = match name.strip_suffix("Deserializer") {
        Some(of) => (of, Interface::Deserializer),
        None => (name.strip_suffix("Serializer")?, Interface::Serializer),
    };
    SERIALIZED.contains(&of).then_some(interface)
}

/// Is there a class of this name?
pub fn exists(class: &str) -> bool {
    interface_of(class).is_some()
}

/// An instance of a class that is known to exist: does it implement what is needed?
pub fn instance(class: &str, needed: Interface) -> Result<(), Refusal> {
    if interface_of(class) == Some(needed) {
        return Ok(());
    }
    let message = format!("class {class} is not an instance of {}", needed.class());
    Err(Refusal::new(Exception::Kafka, message))
}

/// `AbstractConfig.getConfiguredInstances`: instances of classes that are found by name only now.
pub fn instances(classes: &[String], needed: Interface) -> Result<(), Refusal> {
    classes.iter().try_for_each(|class| match interface_of(class) {
        Some(interface) if interface == needed => Ok(()),
        Some(_) => Err(Refusal::new(Exception::ClassCast, format!("class {class}"))),
        None => Err(Refusal::new(Exception::Kafka, format!("Class {class} cannot be found"))),
    })
}
