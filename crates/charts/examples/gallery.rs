//! Every chart in three widths and both themes, as a page to look at: `cargo run -p highwater-charts --example gallery`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use highwater_charts::{Chart, Theme};

fn main() {
    println!("<!doctype html><meta charset=utf-8><title>Charts</title><body>");
    for width_px in [330.0, 720.0, 1_100.0] {
        let charts: [Chart; 6] = [
            samples::acks().draw(width_px),
            samples::ladder().draw(width_px),
            samples::pareto().draw(f64::min(width_px, 560.0)),
            samples::verdict().draw(width_px),
            samples::histogram().draw(f64::min(width_px, 560.0)),
            samples::losses().draw(f64::min(width_px, 560.0)),
        ];
        for theme in [Theme::Light, Theme::Dark] {
            for chart in &charts {
                println!("{}", chart.stand_alone(theme));
            }
        }
    }
}
