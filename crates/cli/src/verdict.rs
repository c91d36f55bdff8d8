//! What came of a run, in words and as JSON: the verdict, the ledger, the story of a lost record.

use highwater_model::english::valued;
use highwater_model::prose::Prose;
use highwater_model::trace::RecordId;
use highwater_model::{Duration, ENGINE_VERSION, LaneId, Scenario, link};
use highwater_oracle::report::{Category, Counterfactual, Latency, Quantiles, Span, Story, Summary};
use serde_json::{Value, json};

/// Why the first lost record was lost.
pub struct Why {
    /// What happened to it.
    pub story: Story,
    /// What single settings would have done.
    pub tried: Vec<Counterfactual>,
}

/// A category in the ledger.
const fn word(category: Category) -> &'static str {
    match category {
        Category::Offered => "offered",
        Category::Refused => "refused by the source",
        Category::Sent => "sent",
        Category::Acked => "acked",
        Category::Failed => "failed",
        Category::FailedButWritten => "failed, but written",
        Category::Unresolved => "unresolved",
        Category::Committed => "committed",
        Category::Polled => "polled",
        Category::Processed => "processed",
        Category::Lost => "lost",
        Category::Duplicated => "duplicated",
        Category::Reordered => "reordered",
        Category::ProcessedTwice => "processed twice",
        Category::NeverProcessed => "never processed",
        Category::EffectWithoutRecord => "effect without record",
        Category::Aborted => "aborted",
    }
}

/// How long the spans are together.
fn total(spans: &[Span]) -> Duration {
    spans.iter().fold(Duration::ZERO, |sum, span| sum + span.to.since(span.from))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

/// `1234567` as `1 234 567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn record(record: RecordId, prose: &Prose) -> String {
    format!("record {} of producer-{} for {}", record.number, record.producer, prose.stream(record.stream))
}

/// The run for people.
pub fn text(scenario: &Scenario, lane: Option<LaneId>, summary: &Summary, why: Option<&Why>) -> String {
    let mut text = format!("{}\n\n", verdict(scenario, lane, summary));
    for category in Category::ALL {
        text += &format!("{:>15}  {}\n", grouped(summary.ledger.count(category)), word(category));
    }
    text += &format!(
        "\n{:>15}  not writable\n{:>15}  not readable\n",
        seconds(total(&summary.availability.unwritable)),
        seconds(total(&summary.availability.unreadable))
    );
    let Latency { produce_calm, produce, end_to_end_calm, end_to_end } = &summary.latency;
    for (name, quantiles) in [
        ("produce latency before the first fault", produce_calm),
        ("produce latency", produce),
        ("end-to-end latency before the first fault", end_to_end_calm),
        ("end-to-end latency", end_to_end),
    ] {
        text += &latency_line(name, quantiles);
    }
    if let Some(why) = why {
        text += &story(scenario, why);
    }
    text += &format!(
        "\nKafka {}, engine {ENGINE_VERSION}, seed {}, {} events, fingerprint {:016x}\n{}\n",
        scenario.setup.profile.name(),
        scenario.seed,
        grouped(summary.events),
        summary.fingerprint,
        link::encode_scenario(scenario)
    );
    text
}

/// The run in a sentence.
fn verdict(scenario: &Scenario, lane: Option<LaneId>, summary: &Summary) -> String {
    let count = |category| grouped(summary.ledger.count(category));
    let lane = lane.map(|lane| format!("lane {lane:?}, ")).unwrap_or_default();
    format!(
        "{lane}{}: {} records acked, {} lost, {} duplicated; writes stood still for {}.",
        scenario.setup.preset.name(),
        count(Category::Acked),
        count(Category::Lost),
        count(Category::Duplicated),
        seconds(total(&summary.availability.unwritable))
    )
}

fn latency_line(name: &str, quantiles: &Quantiles) -> String {
    let ms = |us: u64| format!("{}.{:03}", us / 1_000, us % 1_000);
    let Quantiles { p50_us, p99_us, p999_us, .. } = quantiles;
    format!("{:>12} ms  p50  p99 {} ms  p99.9 {} ms  {name}\n", ms(*p50_us), ms(*p99_us), ms(*p999_us))
}

fn story(scenario: &Scenario, Why { story, tried }: &Why) -> String {
    let prose = Prose::of(scenario);
    let mut text = format!("\nThe first lost record, {}:\n", record(story.record, &prose));
    for step in &story.steps {
        let mark = if step.decisive { '*' } else { ' ' };
        text += &format!("{mark}{}\n", prose.line(step.at, &step.entry));
    }
    text += "\nOne setting changed alone, same seed and faults:\n";
    for Counterfactual { setting, from, to, keeps, lost } in tried {
        let fate = if *keeps { "keeps it" } else { "does not keep it" };
        text += &format!(
            "  {} {} instead of {}  {fate}, {} lost in all\n",
            setting.name(),
            valued(*setting, *to),
            valued(*setting, *from),
            grouped(*lost)
        );
    }
    text
}

/// The run for programs, in one line.
pub fn json(scenario: &Scenario, lane: Option<LaneId>, summary: &Summary, why: Option<&Why>) -> Value {
    let ledger: serde_json::Map<String, Value> = Category::ALL
        .into_iter()
        .map(|category| (format!("{category:?}"), summary.ledger.count(category).into()))
        .collect();
    json!({
        "verdict": verdict(scenario, lane, summary),
        "lane": lane,
        "preset": scenario.setup.preset.name(),
        "kafka": scenario.setup.profile.name(),
        "engine": ENGINE_VERSION,
        "seed": scenario.seed.to_string(),
        "fingerprint": format!("{:016x}", summary.fingerprint),
        "events": summary.events,
        "link": link::encode_scenario(scenario),
        "ledger": ledger,
        "unwritable_ms": total(&summary.availability.unwritable).as_millis(),
        "unreadable_ms": total(&summary.availability.unreadable).as_millis(),
        "unclean_elections": summary.unclean_elections,
        "latency_us": summary.latency,
        "first_lost": why.map(|why| first_lost(scenario, why)),
    })
}

fn first_lost(scenario: &Scenario, Why { story, tried }: &Why) -> Value {
    let prose = Prose::of(scenario);
    let steps: Vec<Value> = story
        .steps
        .iter()
        .map(|step| json!({ "at_ns": step.at.0, "says": prose.sentence(&step.entry), "decisive": step.decisive }))
        .collect();
    let tried: Vec<Value> = tried
        .iter()
        .map(|tried| {
            let (from, to) = (tried.setting.write(tried.from), tried.setting.write(tried.to));
            json!({ "setting": tried.setting.name(), "from": from, "to": to, "keeps": tried.keeps, "lost": tried.lost })
        })
        .collect();
    json!({ "record": record(story.record, &prose), "steps": steps, "tried": tried })
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1 000", "1 234 567"]);
    }
}
