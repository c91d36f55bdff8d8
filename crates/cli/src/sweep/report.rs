//! What a sweep found, for people and for programs.

use crate::run::Form;
use crate::say::sayln;
use highwater_experiments::axes::{
    Axis, Estimate, Figure, FigureUnit, IncidentResult, PointResult, Question, Results, Study,
};
use highwater_model::english;
use highwater_model::{ENGINE_VERSION, link};
use serde_json::{Map, Value, json};

/// Prints results, point by point.
pub fn print(study: &Study, results: &Results, form: Form) {
    let question = study.question();
    for point in &results.points {
        match form {
            Form::Text => sayln!("{}", text(question, point)),
            Form::Json => sayln!("{}", json_of(question, point)),
        }
    }
    if form == Form::Text {
        let Results { probes, events, .. } = results;
        sayln!("{probes} probes, {events} events, seed {}, engine {ENGINE_VERSION}; 95 % intervals", question.seed);
    }
}

/// A point's lane and values, as they were asked for.
fn name(question: &Question, point: &PointResult) -> String {
    let lane = if question.lanes.len() == 1 { String::new() } else { format!("lane {}  ", lane(point)) };
    let set = question.vary.iter().zip(&point.values);
    let values: Vec<String> =
        set.map(|(of, value)| format!("{}={}", of.setting.name(), of.setting.write(*value))).collect();
    let preset = question.lanes[usize::from(point.lane)].preset.name();
    format!("{lane}{preset}  {}", values.join(" "))
}

fn lane(point: &PointResult) -> char {
    char::from(b'A' + point.lane)
}

fn text(question: &Question, point: &PointResult) -> String {
    let mut text = format!("{}\n", name(question, point).trim_end());
    for problem in &point.problems {
        text += &format!("  cannot be run: {}\n", english::problem(problem));
    }
    for (setting, value) in &point.followed {
        text += &format!("  with it: {} {}\n", setting.name(), english::valued(*setting, *value));
    }
    for axis in Axis::ALL {
        for (figure, estimate) in point.figures.iter().filter(|(figure, _)| figure.axis() == axis) {
            text += &format!("  {:<32} {}\n", figure.name(), figure_text(*figure, estimate));
        }
    }
    if let Some(bottleneck) = point.bottleneck {
        text += &format!("  {:<32} {}\n", "narrowest place", bottleneck.name());
    }
    if let Some(worst) = &point.worst {
        text += &format!("  {:<32} {}\n", "the run that did most harm", link::encode_scenario(worst));
    }
    text
}

/// A figure with its interval and its unit.
pub fn figure_text(figure: Figure, estimate: &Estimate) -> String {
    let unit = match figure.unit() {
        FigureUnit::PerMillion => "a million",
        FigureUnit::Probability | FigureUnit::Share => "",
        FigureUnit::Records => "records",
        FigureUnit::Minutes => "min",
        FigureUnit::RecordsPerSecond => "records/s",
        FigureUnit::MegabytesPerSecond => "MB/s",
        FigureUnit::Micros => "ms",
        FigureUnit::Dollars => "$",
    };
    let scale = if figure.unit() == FigureUnit::Micros { 1e-3 } else { 1.0 };
    let [value, low, high] = [estimate.value, estimate.low, estimate.high].map(|number| short(number * scale));
    format!("{value:>12} {unit:<10} {low} to {high}")
}

/// Four digits that count.
fn short(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        ..1e-4 => format!("{number:.2e}"),
        ..1.0 => format!("{number:.5}"),
        ..100.0 => format!("{number:.2}"),
        ..1e7 => format!("{number:.0}"),
        _ => format!("{number:.3e}"),
    }
}

fn json_of(question: &Question, point: &PointResult) -> Value {
    let set = question.vary.iter().zip(&point.values);
    let values: Map<String, Value> =
        set.map(|(of, value)| (of.setting.name().to_owned(), of.setting.write(*value).into())).collect();
    let followed: Map<String, Value> =
        point.followed.iter().map(|(of, value)| (of.name().to_owned(), of.write(*value).into())).collect();
    let figures: Map<String, Value> =
        point.figures.iter().map(|(figure, of)| (figure.name().to_owned(), json!(of))).collect();
    let problems: Vec<String> = point.problems.iter().map(english::problem).collect();
    json!({
        "lane": lane(point).to_string(),
        "preset": question.lanes[usize::from(point.lane)].preset.name(),
        "values": values,
        "followed": followed,
        "problems": problems,
        "figures": figures,
        "bottleneck": point.bottleneck.map(|place| place.name()),
        "bill": point.bill,
        "incidents": point.incidents.iter().map(incident).collect::<Vec<Value>>(),
        "worst": point.worst.as_ref().map(link::encode_scenario),
        "seed": question.seed.to_string(),
        "deadline_ms": question.deadline.as_millis(),
        "engine": ENGINE_VERSION,
    })
}

fn incident(of: &IncidentResult) -> Value {
    json!({
        "incident": of.incident.name(),
        "a_year": of.a_year,
        "harm": of.harm,
        "lost": of.lost,
        "late_seconds": of.late_seconds,
        "unsettled": of.unsettled,
    })
}
