//! A look into a producer, field by field.

use super::Producer;
use super::accumulator::PartitionQueue;
use super::batch::{BatchRef, Batches};
use super::sequences::PartitionSequences;
use super::transactions::TransactionPhase;
use highwater_model::inspect::Value;
use highwater_model::trace::TransactionResult;
use highwater_model::{Layout, inspection};

inspection! {
    /// A producer's own fields.
    PRODUCER, fn own_field(producer: &Producer) {
        "producer_id" => producer.sequences.as_ref().and_then(|s| s.producer).map(|known| known.id),
        "producer_epoch" => producer.sequences.as_ref().and_then(|s| s.producer).map(|known| known.epoch),
        "transaction" => producer.transaction().map(transaction_text),
        "transaction_error" => producer.transaction().and_then(TransactionPhase::error),
        "in_flight" => producer.in_flight(),
        "buffer_bytes" => producer.buffer_bytes(),
    }
}

inspection! {
    /// A partition's queue of batches.
    QUEUE, fn queue_field(queue: &PartitionQueue, batches: &Batches) {
        "queued" => queue.batches.len(),
        "queued_sequences" => sequences(queue.batches.iter(), batches),
        "in_flight" => queue.in_flight.len(),
        "in_flight_sequences" => sequences(queue.in_flight.iter(), batches),
        "muted" => queue.muted,
    }
}

inspection! {
    /// A partition's sequence numbers; `none` without idempotence.
    SEQUENCES, fn sequence_field(sequences: &PartitionSequences) {
        "next_sequence" => sequences.next,
        "last_acked_sequence" => sequences.last_acked,
        "unanswered" => sequences.unanswered.len(),
        "unresolved" => sequences.unresolved.is_some(),
    }
}

/// Where a producer is with its transaction, in a word.
fn transaction_text(phase: TransactionPhase) -> &'static str {
    match phase {
        TransactionPhase::Initializing => "initializing",
        TransactionPhase::Ready => "ready",
        TransactionPhase::Open => "open",
        TransactionPhase::Ending(TransactionResult::Commit) => "committing",
        TransactionPhase::Ending(TransactionResult::Abort) => "aborting",
        TransactionPhase::Abortable(_) => "abortable error",
        TransactionPhase::Fatal(_) => "fatal error",
    }
}

/// The first sequence number of each batch.
fn sequences<'a>(of: impl Iterator<Item = &'a BatchRef>, batches: &Batches) -> Value {
    Value::list(of.map(|batch| batches.get(*batch).sequence.map(|sequence| sequence.first)))
}

impl Producer {
    /// A field of its state, by its path.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        match *path {
            [field] => own_field(field, self),
            [name, field] => {
                let partition = layout.by_short_name(name).filter(|partition| layout.is_data(*partition))?;
                let queue = queue_field(field, &self.accumulator.queues[partition.index()], &self.accumulator.batches);
                queue.or_else(|| match &self.sequences {
                    Some(sequences) => sequence_field(field, sequences.of(partition)),
                    None => SEQUENCES.contains(&field).then_some(Value::None),
                })
            }
            _ => None,
        }
    }
}
