//! What the Java client calls its errors.

use super::Error;

impl Error {
    /// The class of the exception that Kafka's Java client gives the application for it.
    pub fn exception(self) -> String {
        match self {
            Error::DeliveryTimedOut | Error::MetadataTimedOut | Error::RequestTimedOut => "TimeoutException".to_owned(),
            Error::MessageTooLarge => "RecordTooLargeException".to_owned(),
            Error::InvalidProducerEpoch => "InvalidProducerEpochException".to_owned(),
            other => class_of(other.name()),
        }
    }
}

/// `NOT_ENOUGH_REPLICAS` as a class: `NotEnoughReplicasException`; a class stays as it is.
fn class_of(name: &str) -> String {
    if name.contains(|c: char| c.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let words = name.split('_').filter(|word| !word.is_empty());
    let mut class: String = words.map(|word| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase())).collect();
    if !class.ends_with("Exception") {
        class.push_str("Exception");
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_become_the_exceptions_of_the_java_client() {
        for (error, class) in [
            (Error::NotEnoughReplicas, "NotEnoughReplicasException"),
            (Error::NotEnoughReplicasAfterAppend, "NotEnoughReplicasAfterAppendException"),
            (Error::DeliveryTimedOut, "TimeoutException"),
            (Error::RequestTimedOut, "TimeoutException"),
            (Error::BufferExhausted, "BufferExhaustedException"),
            (Error::NetworkException, "NetworkException"),
        ] {
            assert_eq!(error.exception(), class);
        }
    }
}
