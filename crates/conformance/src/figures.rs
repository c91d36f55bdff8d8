//! What the judges say, by name: the ledger, availability, latencies, invariants.

use highwater_model::inspect::Value;
use highwater_model::{Instant, NodeId, inspection};
use highwater_oracle::metrics::{Metric, Reading};
use highwater_oracle::report::{Category, Latency, Span};
use highwater_oracle::{Invariants, Judge, Metrics};
use highwater_sim::inspect::node_named;

inspection! {
    /// Records by what became of them, as the judge knows it by now.
    LEDGER, fn ledger_field(judge: &Judge) {
        "offered" => judge.ledger().count(Category::Offered),
        "refused" => judge.ledger().count(Category::Refused),
        "sent" => judge.ledger().count(Category::Sent),
        "acked" => judge.ledger().count(Category::Acked),
        "failed" => judge.ledger().count(Category::Failed),
        "failed_but_written" => judge.ledger().count(Category::FailedButWritten),
        "unresolved" => judge.ledger().count(Category::Unresolved),
        "committed" => judge.ledger().count(Category::Committed),
        "polled" => judge.ledger().count(Category::Polled),
        "processed" => judge.ledger().count(Category::Processed),
        "lost" => judge.ledger().count(Category::Lost),
        "duplicated" => judge.ledger().count(Category::Duplicated),
        "reordered" => judge.ledger().count(Category::Reordered),
        "processed_twice" => judge.ledger().count(Category::ProcessedTwice),
        "never_processed" => judge.ledger().count(Category::NeverProcessed),
        "effect_without_record" => judge.ledger().count(Category::EffectWithoutRecord),
        "aborted" => judge.ledger().count(Category::Aborted),
        "unclean_elections" => judge.unclean_elections(),
    }
}

inspection! {
    /// Times for which the topic could not be used.
    AVAILABILITY, fn availability_field(judge: &Judge, now: Instant) {
        "unwritable" => total(&judge.availability(now).unwritable),
        "unreadable" => total(&judge.availability(now).unreadable),
        "longest_ack_gap" => judge.availability(now).longest_ack_gap.map(|(_, span)| Value::Time(span.to.since(span.from).0)),
    }
}

inspection! {
    /// Latencies of records, from their arrival in the source.
    LATENCY, fn latency_field(latency: Latency) {
        "produce_p50" => micros(latency.produce.p50_us),
        "produce_p99" => micros(latency.produce.p99_us),
        "produce_max" => micros(latency.produce.max_us),
        "end_to_end_p50" => micros(latency.end_to_end.p50_us),
        "end_to_end_p99" => micros(latency.end_to_end.p99_us),
        "end_to_end_max" => micros(latency.end_to_end.max_us),
    }
}

inspection! {
    /// Invariants of Kafka's replication and clients that the run has broken.
    INVARIANTS, fn invariants_field(invariants: &Invariants) {
        "broken" => Value::set(invariants.violations().iter().map(|violation| violation.invariant.to_string())),
        "count" => invariants.count(),
    }
}

fn total(spans: &[Span]) -> Value {
    Value::Time(spans.iter().map(|span| span.to.since(span.from).0).sum())
}

fn micros(us: u64) -> Value {
    Value::Time(us * 1_000)
}

inspection! {
    /// A metric of Kafka's, beside its value.
    METRIC, fn metric_field(reading: Reading) {
        "value" => reading.value,
        "peak" => reading.peak,
        "peak_at" => reading.peak_at,
    }
}

/// `metric.LeaderCount.b1`, `metric.OfflinePartitionsCount.peak`.
fn look_metric(name: &str, of: Option<NodeId>, field: &str, metrics: &Metrics) -> Option<Value> {
    metric_field(field, metrics.reading(Metric::by_name(name)?, of)?)
}

/// A figure by its path; none where there is none of that name.
pub fn look(path: &[&str], now: Instant, judge: &Judge, invariants: &Invariants, metrics: &Metrics) -> Option<Value> {
    match *path {
        ["metric", name] => look_metric(name, None, "value", metrics),
        ["metric", name, of] => match node_named(of) {
            Some(node) => look_metric(name, Some(node), "value", metrics),
            None => look_metric(name, None, of, metrics),
        },
        ["metric", name, of, field] => look_metric(name, Some(node_named(of)?), field, metrics),
        ["ledger", field] => ledger_field(field, judge),
        ["availability", field] => availability_field(field, judge, now),
        ["latency", field] => latency_field(field, judge.latency()),
        ["invariants", field] => invariants_field(field, invariants),
        _ => None,
    }
}
