//! What happened, as sentences: trace entries, categories, causes in the reader's language. Names of Kafka's errors and
//! APIs stay as they are.

mod english;
mod korean;

use crate::state::Language;
use highwater_model::trace::{Entry, RecordId, UNKEYED};
use highwater_model::{BrokerId, BrokerSet, Layout};
use highwater_oracle::report::Category;

/// What an entry of the trace says.
pub fn sentence(language: Language, entry: &Entry, layout: &Layout) -> String {
    match language {
        Language::English => english::sentence(entry, layout),
        Language::Korean => korean::sentence(entry, layout),
    }
}

/// A category's name, as short as a column's heading.
pub const fn category(language: Language, category: Category) -> &'static str {
    match language {
        Language::English => english::category(category),
        Language::Korean => korean::category(category),
    }
}

/// What a category counts.
pub const fn category_sentence(language: Language, category: Category) -> &'static str {
    match language {
        Language::English => english::category_sentence(category),
        Language::Korean => korean::category_sentence(category),
    }
}

/// A record's name: `producer-3, payments-0, record 12 403`.
pub fn record(language: Language, record: RecordId, layout: &Layout) -> String {
    let number = super::numbers::count(record.number + 1);
    let stream = if record.stream == UNKEYED { layout.topic.clone() } else { layout.name(record.stream) };
    match language {
        Language::English => format!("record {number} of producer {} for {stream}", record.producer),
        Language::Korean => format!("프로듀서 {}, {stream}, {number}번째 레코드", record.producer),
    }
}

fn broker_or(broker: Option<BrokerId>, none: &str) -> String {
    broker.map_or_else(|| none.to_owned(), |broker| broker.to_string())
}

fn set_or(set: BrokerSet, none: &str) -> String {
    if set.is_empty() { none.to_owned() } else { set.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::trace::{ChangeCause, Content, Election, Error, NodeState};
    use highwater_model::{NodeId, PartitionId};

    fn layout() -> Layout {
        Layout { topic: "payments".to_owned(), data_partitions: 12, offsets_partitions: 50, transaction_partitions: 0 }
    }

    fn entries() -> Vec<Entry> {
        let (broker, partition) = (BrokerId(1), PartitionId(0));
        vec![
            Entry::Node { node: NodeId::Broker(broker), state: NodeState::Crashed },
            Entry::PartitionChanged {
                partition,
                leader: Some(BrokerId(2)),
                leader_epoch: 5,
                partition_epoch: 9,
                isr: [BrokerId(2), BrokerId(3)].into_iter().collect(),
                elr: BrokerSet::EMPTY,
                last_known: None,
                election: Election::Clean,
                cause: ChangeCause::Fenced,
            },
            Entry::Appended {
                broker,
                partition,
                batch: 7,
                base: 12_403,
                count: 1,
                leader_epoch: 4,
                content: Content::Send(3),
            },
            Entry::Failed { send: 3, error: Error::DeliveryTimedOut },
            Entry::Truncated { broker, partition, from: 12_521, to: 12_403 },
        ]
    }

    #[test]
    fn each_language_tells_the_same_with_kafkas_own_names() {
        for language in [Language::English, Language::Korean] {
            let told: Vec<String> = entries().iter().map(|entry| sentence(language, entry, &layout())).collect();
            assert!(told[1].contains("payments-0") && told[1].contains("b2") && told[1].contains('5'), "{}", told[1]);
            assert!(told[3].contains("TimeoutException"), "{}", told[3]);
            assert!(told[4].contains("12\u{202f}403") && told[4].contains("118"), "{}", told[4]);
        }
    }

    #[test]
    fn no_korean_particle_follows_a_value_that_decides_its_form() {
        let told = entries().iter().map(|entry| sentence(Language::Korean, entry, &layout())).collect::<Vec<_>>();
        for sentence in told {
            for word in sentence.split_whitespace() {
                let Some((digit, rest)) = word
                    .char_indices()
                    .rev()
                    .find(|(_, c)| c.is_ascii_alphanumeric())
                    .map(|(at, c)| (c, &word[at + c.len_utf8()..]))
                else {
                    continue;
                };
                let forms = ["은", "는", "이", "가", "을", "를", "과", "와", "로", "으로"];
                assert!(!forms.contains(&rest), "{digit}{rest} in {sentence}");
            }
        }
    }

    #[test]
    fn a_record_is_counted_from_one() {
        let record = RecordId { producer: 3, stream: PartitionId(0), number: 0 };
        assert_eq!(super::record(Language::English, record, &layout()), "record 1 of producer 3 for payments-0");
    }
}
