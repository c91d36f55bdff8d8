//! From a study to a picture: which numbers go where, and how they are written.

use crate::drawn::Drawn;
use crate::i18n::{Text, axes, numbers, outcome};
use crate::state::PageState;
use crate::state::study::Inquiry;
use crate::state::tradeoff::{Spot, shown_figures};
use highwater_charts as charts;
use highwater_experiments::axes::{Estimate, Figure, PointResult};
use highwater_model::LaneId;
use highwater_model::place::Chart;

/// Draws what is known at this width.
pub fn draw(text: &Text, state: &PageState, shown: &Chart, inquiry: &Inquiry, width_px: f64) -> Drawn {
    let figures = shown_figures(shown);
    let lanes = lane_names(text, state);
    let slots: Vec<String> = inquiry.slots().iter().map(|value| numbers::setting(shown.setting, *value)).collect();
    let writers = figures.map(|figure| move |number: f64| axes::value(figure, number));
    let held = state.held(inquiry);
    let tradeoff = charts::Tradeoff {
        title: title(text, shown),
        slots: slots.clone(),
        lanes: lanes
            .iter()
            .zip(held)
            .map(|(name, held)| charts::Lane { name: name.clone(), held: held.map(|slot| slot as u32) })
            .collect(),
        panels: figures
            .iter()
            .zip(&writers)
            .map(|(figure, write)| charts::Panel {
                title: axes::axis(text.language, figure.axis()).to_owned(),
                unit: axes::figure(text.language, *figure).to_owned(),
                write,
                cells: cells(inquiry, *figure, lanes.len()),
                anchors: Vec::new(),
            })
            .collect(),
    };
    let table = tradeoff.table(shown.setting.name(), text.tradeoffs.lane);
    let said = table.clone();
    Drawn::new(tradeoff.draw(width_px), table, move |datum| described(&said, lanes.len(), datum))
}

/// A point in words: value, lane, figure.
fn described(table: &charts::Table, lanes: usize, datum: charts::Datum) -> String {
    let charts::Datum::Reading { panel, lane, slot } = datum else { return String::new() };
    // Each value has a row a lane; before the figures come the value and the lane.
    let column = 2 + panel as usize;
    let Some(row) = table.rows.get(slot as usize * lanes + lane as usize) else { return String::new() };
    let title = table.columns.get(column).map_or("", |column| &column.title);
    let figure = row.get(column).map_or("", |entry| entry.written());
    format!("{} \u{b7} {}: {figure} ({title})", row[0].written(), row[1].written())
}

/// What the picture shows.
pub fn title(text: &Text, shown: &Chart) -> String {
    (text.tradeoffs.title)(shown.setting.name())
}

/// The lanes of the question, as they are called.
pub fn lane_names(text: &Text, state: &PageState) -> Vec<String> {
    let lanes = state.lanes_asked();
    let letters = |lane: LaneId| if lanes.len() == 1 { "A = B".to_owned() } else { format!("{lane:?}") };
    let preset = |lane: LaneId| outcome::preset(text.language, state.comparison().lanes[lane.index()].preset);
    lanes.iter().map(|lane| format!("{} {}", letters(*lane), preset(*lane))).collect()
}

fn cells(inquiry: &Inquiry, figure: Figure, lanes: usize) -> Vec<Vec<charts::Cell>> {
    let cell = |lane, slot| match inquiry.at(Spot { lane, slot }) {
        Some(point) if !point.problems.is_empty() => charts::Cell::Impossible,
        point => known(point, figure),
    };
    (0..lanes).map(|lane| (0..inquiry.slots().len()).map(|slot| cell(lane, slot)).collect()).collect()
}

fn known(point: Option<&PointResult>, figure: Figure) -> charts::Cell {
    match point.and_then(|point| point.figure(figure)) {
        Some(Estimate { value, low, high, .. }) => charts::Cell::Read(charts::Reading { value, low, high }),
        None => charts::Cell::Waiting,
    }
}

/// The sentence about a step from one value to another, a lane each: what of each shown figure changes.
pub fn sentences(
    text: &Text,
    state: &PageState,
    shown: &Chart,
    inquiry: &Inquiry,
    (from, to): (usize, usize),
) -> Vec<String> {
    let figures = shown_figures(shown);
    let names = lane_names(text, state);
    let one = |(lane, name): (usize, &String)| {
        let [before, after] = [from, to].map(|slot| inquiry.at(Spot { lane, slot }));
        let (before, after) = (before?, after?);
        let changes: Vec<String> = figures
            .iter()
            .filter_map(|figure| Some((figure, before.figure(*figure)?, after.figure(*figure)?)))
            .map(|(figure, before, after)| axes::difference(text.language, *figure, &before, &after))
            .collect();
        (!changes.is_empty()).then(|| format!("{name}: {}", changes.join(", ")))
    };
    names.iter().enumerate().filter_map(one).collect()
}
