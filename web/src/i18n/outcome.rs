//! What came of a run, in a sentence; the same on the page and in the text that is shared.

use super::numbers::{count, duration};
use crate::state::Language;
use highwater_model::presets::Preset;
use highwater_model::{Duration, Setup};
use highwater_oracle::report::{Category, Summary};

/// The sentence of a run's outcome.
pub fn sentence(language: Language, setup: &Setup, summary: &Summary) -> String {
    match language {
        Language::English => english(setup, summary),
        Language::Korean => korean(setup, summary),
    }
}

/// The name of a preset, as a lane is called after it.
pub fn preset(language: Language, preset: Preset) -> &'static str {
    match (language, preset) {
        (Language::English, Preset::Payments) => "Fintech payments",
        (Language::English, Preset::Clickstream) => "Clickstream",
        (Language::English, Preset::Defaults) => "Kafka's defaults",
        (Language::English, Preset::Activity) => "User activity",
        (Language::Korean, Preset::Payments) => "핀테크 결제",
        (Language::Korean, Preset::Clickstream) => "클릭스트림",
        (Language::Korean, Preset::Defaults) => "Kafka 기본값",
        (Language::Korean, Preset::Activity) => "사용자 활동",
    }
}

/// Damage beyond loss, in the order in which it is told.
const DAMAGE: [Category; 7] = [
    Category::Duplicated,
    Category::Reordered,
    Category::FailedButWritten,
    Category::Failed,
    Category::Refused,
    Category::ProcessedTwice,
    Category::NeverProcessed,
];

fn english(setup: &Setup, summary: &Summary) -> String {
    let ledger = &summary.ledger;
    let records = match setup.preset {
        Preset::Payments => "payments",
        Preset::Clickstream => "clicks",
        Preset::Defaults => "records",
        Preset::Activity => "events",
    };
    let lost = ledger.count(Category::Lost);
    let mut text = format!("{} {records} acknowledged, {} lost", count(ledger.count(Category::Acked)), count(lost));
    if let Some(price) = price(setup, lost) {
        text += &format!(" (worth {price})");
    }
    for category in DAMAGE {
        let n = ledger.count(category);
        if n > 0 {
            text += &format!(", {} {}", count(n), super::happenings::category(Language::English, category));
        }
    }
    text += &match standstill(summary) {
        None => "; writes never stood still.".to_owned(),
        Some(span) => format!("; writes stood still for {}.", duration(span)),
    };
    text
}

fn korean(setup: &Setup, summary: &Summary) -> String {
    let ledger = &summary.ledger;
    let records = match setup.preset {
        Preset::Payments => "결제",
        Preset::Clickstream => "클릭",
        Preset::Defaults => "레코드",
        Preset::Activity => "이벤트",
    };
    let lost = ledger.count(Category::Lost);
    let mut text = format!("{records} {}건 확인, 유실 {}건", count(ledger.count(Category::Acked)), count(lost));
    if let Some(price) = price(setup, lost) {
        text += &format!("({price} 상당)");
    }
    for category in DAMAGE {
        let n = ledger.count(category);
        if n > 0 {
            text += &format!(", {} {}건", super::happenings::category(Language::Korean, category), count(n));
        }
    }
    text += &match standstill(summary) {
        None => ". 쓰기는 멈추지 않았습니다.".to_owned(),
        Some(span) => format!(". 쓰기가 {} 동안 멈췄습니다.", duration(span)),
    };
    text
}

/// What the lost records were worth, where they have a price.
fn price(setup: &Setup, lost: u64) -> Option<String> {
    let cents = lost * u64::from(setup.workload.record_value_cents);
    (cents > 0).then(|| format!("${}", count(cents / 100)))
}

/// How long at least one partition could not be written, all spans together.
fn standstill(summary: &Summary) -> Option<Duration> {
    let spans = summary.availability.unwritable.iter().map(|span| span.to.since(span.from));
    let total = spans.fold(Duration::ZERO, |total, span| total + span);
    (total != Duration::ZERO).then_some(total)
}
