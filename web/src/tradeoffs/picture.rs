//! From a study to a picture: which numbers go where, and how they are written.

use crate::i18n::{Text, axes, numbers, outcome};
use crate::state::PageState;
use crate::state::study::Inquiry;
use crate::state::tradeoff::{Spot, shown_figures};
use highwater_charts as charts;
use highwater_experiments::axes::{Axis, Estimate, Figure, PointResult};
use highwater_model::LaneId;
use highwater_model::place::Chart;

/// A chart as it is drawn, and what it was drawn from.
pub struct Picture {
    /// The drawing, and where each figure lies.
    pub chart: charts::Chart,
    /// The same as rows.
    pub table: charts::Table,
    /// By panel.
    pub figures: [Figure; Axis::ALL.len()],
    /// By lane of the question.
    pub lanes: Vec<String>,
    /// By value.
    pub slots: Vec<String>,
}

/// Draws what is known at this width.
pub fn draw(text: &Text, state: &PageState, shown: &Chart, inquiry: &Inquiry, width_px: f64) -> Picture {
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
    let chart = tradeoff.draw(width_px);
    let table = tradeoff.table(shown.setting.name(), text.tradeoffs.lane);
    Picture { chart, table, figures, lanes, slots }
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
