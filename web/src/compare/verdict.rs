//! The verdict: A against B on five axes, as bars with the bounds of low, medium and high, and in words.

use super::bounds::Bounds;
use crate::drawn::{Drawing, Drawn, Plot, Rows, TakeAway};
use crate::i18n::{Text, axes, compare as words};
use crate::page::Page;
use crate::shell::LaneTag;
use crate::state::{PageState, Part};
use crate::tradeoffs::lane_names;
use highwater_charts as charts;
use highwater_experiments::axes::{Axis, Estimate, Figure, Thresholds};
use highwater_model::LaneId;
use leptos::prelude::*;

/// What of the state the verdict is drawn from.
const PARTS: &[Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];

/// The verdict.
#[component]
pub fn VerdictPanel() -> impl IntoView {
    let page = Page::here();
    let bounds = Bounds::here();
    let drawing = Drawing::new(move |width_px| {
        let (text, bounds) = (page.text(), bounds.now());
        Some(page.read(PARTS, |state| draw(text, state, bounds, width_px)))
    });
    view! {
        <section class="panel study" aria-labelledby="verdict-title" data-testid="verdict">
            <div class="panel-head"><h2 id="verdict-title">{page.say(|text| text.compare.verdict)}</h2></div>
            <Plot drawing id="verdict-chart" hint=|text| text.compare.cursor open=|_| ()/>
            <InWords/>
            <Rows drawing id="verdict-rows"/>
            <TakeAway drawing id="verdict" name=|| "verdict".to_owned() said=Vec::new/>
        </section>
    }
}

/// A figure of a lane, if it is known.
fn known(state: &PageState, lane: usize, figure: Figure) -> Option<Estimate> {
    state.inquiry()?.results().points.get(lane)?.figure(figure)
}

/// What is known of a figure of a lane, for a chart.
pub fn cell(state: &PageState, lane: usize, figure: Figure) -> charts::Cell {
    let point = state.inquiry().and_then(|inquiry| inquiry.results().points.get(lane));
    if point.is_some_and(|point| !point.problems.is_empty()) {
        return charts::Cell::Impossible;
    }
    known(state, lane, figure).map_or(charts::Cell::Waiting, |Estimate { value, low, high, .. }| {
        charts::Cell::Read(charts::Reading { value, low, high })
    })
}

fn draw(text: &Text, state: &PageState, bounds: Thresholds, width_px: f64) -> Drawn {
    let lanes = lane_names(text, state);
    let writers = Axis::ALL.map(|axis| move |number: f64| axes::value(bounds.of(axis).figure, number));
    let rows = Axis::ALL.into_iter().zip(&writers).map(|(axis, write)| {
        let threshold = bounds.of(axis);
        charts::Row {
            title: axes::axis(text.language, axis).to_owned(),
            unit: axes::figure(text.language, threshold.figure).to_owned(),
            write,
            cells: (0..lanes.len()).map(|lane| cell(state, lane, threshold.figure)).collect(),
            bounds: [threshold.low_medium, threshold.medium_high],
        }
    });
    let verdict = charts::Verdict {
        title: format!("{}: {}", text.compare.verdict, lanes.join(", ")),
        words: class_words(text),
        rows: rows.collect(),
        lanes,
    };
    let table = verdict.table(text.compare.axis);
    let said = table.clone();
    Drawn::new(verdict.draw(width_px), table, move |datum| {
        let charts::Datum::Bar { row, lane } = datum else { return String::new() };
        let (row, lane) = (&said.rows[row as usize], lane as usize);
        format!("{} \u{b7} {}: {}", said.columns[1 + lane].title, row[0].written(), row[1 + lane].written())
    })
}

/// Low, medium and high.
fn class_words(text: &Text) -> [String; 3] {
    use highwater_experiments::axes::Class;
    [Class::Low, Class::Medium, Class::High].map(|class| words::class(text.language, class).to_owned())
}

/// The same as a table: word by lane, and what is different.
#[component]
fn InWords() -> impl IntoView {
    let page = Page::here();
    let bounds = Bounds::here();
    let row = move |axis: Axis| {
        let line = move || {
            let (text, threshold) = (page.text(), bounds.now().of(axis));
            let estimates = page.read(PARTS, |state| [0, 1].map(|lane| known(state, lane, threshold.figure)));
            let cells = estimates.map(|estimate| match estimate {
                Some(estimate) => view! { <td>{super::chapter::badge(text, threshold, &estimate)}</td> }.into_any(),
                None => view! { <td class="mute">"\u{2026}"</td> }.into_any(),
            });
            let difference = match estimates {
                [Some(a), Some(b)] => axes::difference(text.language, threshold.figure, &b, &a),
                _ => String::new(),
            };
            view! {
                <th scope="row">{axes::axis(text.language, axis)}</th>
                {cells.collect_view()}
                <td>{difference}</td>
            }
        };
        view! { <tr data-testid=format!("verdict-{axis:?}").to_lowercase()>{line}</tr> }
    };
    view! {
        <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.compare.verdict)>
            <table class="data">
                <thead>
                    <tr>
                        <th scope="col">{page.say(|text| text.compare.axis)}</th>
                        {LaneId::ALL.map(|lane| view! {
                            <th scope="col"><LaneTag lane/>
                                <span class="hidden">{move || (page.text().shell.lane)(lane)}</span></th>
                        }).collect_view()}
                        <th scope="col">{page.say(|text| text.compare.difference)}</th>
                    </tr>
                </thead>
                <tbody>{Axis::ALL.map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}
