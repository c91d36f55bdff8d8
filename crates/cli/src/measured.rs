//! Kafka's metrics of a run, in words and as JSON.

use highwater_oracle::Metrics;
use highwater_oracle::metrics::{Kind, Reading};
use serde_json::{Value, json};

fn owner(reading: &Reading) -> String {
    reading.of.map_or_else(|| "cluster".to_owned(), |node| node.to_string())
}

/// A table of all metrics that moved, by name.
pub fn text(metrics: &Metrics) -> String {
    let mut text = String::from("\nmetrics\n");
    let mut heading = "";
    for reading in metrics.readings().filter(|reading| 0 < reading.peak) {
        if heading != reading.metric.name() {
            heading = reading.metric.name();
            text += &format!("  {heading}\n");
        }
        let (of, value, peak) = (owner(&reading), reading.value, reading.peak);
        text += &match reading.metric.kind() {
            Kind::Gauge => format!("    {of:<12}{value:>12}  peak {peak} at {:.3} s\n", reading.peak_at.as_secs_f64()),
            Kind::Count => format!("    {of:<12}{value:>12}\n"),
        };
    }
    text
}

/// All metrics, those that did not move too.
pub fn json(metrics: &Metrics) -> Value {
    let one = |reading: Reading| {
        json!({
            "name": reading.metric.name(),
            "of": owner(&reading),
            "value": reading.value,
            "peak": reading.peak,
            "peak_at_s": reading.peak_at.as_secs_f64(),
        })
    };
    Value::Array(metrics.readings().map(one).collect())
}
