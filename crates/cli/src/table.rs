//! `highwater table`: the chapter's table, computed; each word beside the chapter's.

use crate::run::Form;
use crate::say::sayln;
use crate::sweep::{Shard, figure_text, run};
use highwater_experiments::axes::{Axis, Because, Cell, Class, Prices, Study, Thresholds, cells, chapter_question};
use serde_json::json;

/// Computes and prints the table.
pub fn table(rounds: u32, form: Form) {
    let mut study = Study::new(chapter_question());
    let samples = run(&study, rounds * study.round_len(), Shard { index: 0, of: 1 });
    samples.into_iter().for_each(|sample| study.take(sample));
    let results = study.results(&Prices::STATED);
    let cells = cells(&results, &Thresholds::STATED);
    match form {
        Form::Text => print(&cells),
        Form::Json => cells.iter().for_each(|cell| {
            sayln!(
                "{}",
                json!({
                    "kind": cell.kind.name(),
                    "axis": axis_name(cell.axis),
                    "figure": cell.axis.headline().name(),
                    "estimate": cell.estimate,
                    "class": class_name(cell.class),
                    "chapter": class_name(cell.chapter),
                    "agrees": cell.agrees(),
                    "because": because(&cell.because),
                })
            );
        }),
    }
}

fn print(cells: &[Cell]) {
    for cell in cells {
        let agrees = if cell.agrees() { "as the chapter" } else { "unlike the chapter" };
        let [low, high] = cell.classes;
        let open = if low == high { "" } else { " (the interval leaves other words open)" };
        sayln!(
            "{:<12} {:<13} {:<7} {agrees}: {}{open}",
            cell.kind.name(),
            axis_name(cell.axis),
            class_name(cell.class),
            class_name(cell.chapter)
        );
        sayln!("    {} {}", cell.axis.headline().name(), figure_text(cell.axis.headline(), &cell.estimate));
        sayln!("    {}", because(&cell.because));
    }
    let agreeing = cells.iter().filter(|cell| cell.agrees()).count();
    sayln!("{agreeing} of {} cells have the chapter's word; bounds and reasons: docs/table.md", cells.len());
}

fn because(because: &Because) -> String {
    match because {
        Because::Incident(incident, part) => format!("mostly of {}: {:.0} %", incident.name(), part * 100.0),
        Because::Nothing => "nothing that was seen adds to it".to_owned(),
        Because::Bottleneck(place) => format!("narrowest place: {}", place.name()),
        Because::Consuming => "mostly of waiting for the consumer to come around".to_owned(),
        Because::Linger => "mostly of linger.ms".to_owned(),
        Because::RoundTrips => "mostly of the way through the cluster and its queues".to_owned(),
        Because::Machines(part) => format!("mostly of machines: {:.0} % of the bill", part * 100.0),
        Because::Bytes(part) => format!("mostly of storage and traffic: {:.0} % of the bill", part * 100.0),
    }
}

const fn axis_name(axis: Axis) -> &'static str {
    match axis {
        Axis::Reliability => "reliability",
        Axis::Availability => "availability",
        Axis::Throughput => "throughput",
        Axis::Latency => "latency",
        Axis::Cost => "cost",
    }
}

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Low => "low",
        Class::Medium => "medium",
        Class::High => "high",
    }
}
