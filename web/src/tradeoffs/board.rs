//! The chart: the picture, the figures that it shows, and a mark that keyboard and pointer move over its points.

use super::picture;
use crate::drawn::{Drawing, Drawn, Plot};
use crate::i18n::axes;
use crate::page::Page;
use crate::state::tradeoff::{Spot, figures_of, shown_figures, with_figure};
use crate::state::{Action, Part};
use highwater_charts::Datum;
use highwater_experiments::axes::{Axis, Figure};
use highwater_model::place::{Chart, Place};
use leptos::prelude::*;

/// What of the state a picture is drawn from.
const DRAWN_FROM: &[Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];

/// What the parts of a chart share.
#[derive(Clone, Copy)]
pub struct Board {
    /// The chart.
    pub drawing: Drawing,
    /// The point that was opened.
    pub open: RwSignal<Option<Spot>>,
    /// Between which values the sentences speak, where the reader has chosen.
    pub step: RwSignal<Option<(usize, usize)>>,
}

impl Board {
    /// A chart of what is looked at.
    pub fn new(page: Page) -> Self {
        let drawing = Drawing::new(move |width_px| {
            let text = page.text();
            page.read(DRAWN_FROM, |state| {
                let (chart, inquiry) = (state.place().chart()?, state.inquiry()?);
                Some(picture::draw(text, state, chart, inquiry, width_px))
            })
        });
        Self { drawing, open: RwSignal::new(None), step: RwSignal::new(None) }
    }

    /// The board of the component's context.
    pub fn here() -> Self {
        expect_context()
    }
}

/// Which figure is shown on each axis.
#[component]
pub fn Figures() -> impl IntoView {
    let page = Page::here();
    let shown = page.memo(&[Part::Place], |state| state.place().chart().map(shown_figures));
    let of_axis = move |axis: Axis| {
        let chosen = move || shown.get().map_or("", |figures| figures[axis as usize].name());
        let choose = move |event| {
            let name: String = event_target_value(&event);
            let figure = Figure::ALL.iter().find(|figure| figure.name() == name);
            let chart = page.peek(|state| Some(with_figure(state.place().chart()?, *figure?)));
            if let Some(chart) = chart {
                page.act(Action::Go(Place::Tradeoffs(chart)));
            }
        };
        let options = move || {
            let language = page.text().language;
            let option =
                |figure: Figure| view! { <option value=figure.name()>{axes::figure(language, figure)}</option> };
            figures_of(axis).map(option).collect_view()
        };
        view! {
            <label class="field">
                <span>{move || axes::axis(page.text().language, axis)}</span>
                <select class="input" data-testid=format!("figure-{axis:?}").to_lowercase()
                    prop:value=move || { page.text(); chosen() } on:change=choose>{options}</select>
            </label>
        }
    };
    view! { <div class="figures">{Axis::ALL.map(of_axis).collect_view()}</div> }
}

/// The picture with its mark.
#[component]
pub fn Picture() -> impl IntoView {
    let board = Board::here();
    let open = move |datum| {
        if let Datum::Reading { lane, slot, .. } = datum {
            board.open.set(Some(Spot { lane: lane as usize, slot: slot as usize }));
        }
    };
    view! { <Plot drawing=board.drawing id="chart" hint=|text| text.tradeoffs.cursor way=along open/> }
}

/// Left and right go along the values, up and down to the other lane, Page Up and Page Down to another axis.
fn along(drawn: &Drawn, here: Datum, key: &str) -> Option<Datum> {
    let Datum::Reading { panel, lane, slot } = here else { return None };
    let readings = drawn.chart.marks.iter().filter_map(|mark| match mark.datum {
        Datum::Reading { panel, lane, slot } => Some([panel, lane, slot]),
        _ => None,
    });
    let most = readings.fold([0; 3], |most, reading| [0, 1, 2].map(|of| u32::max(most[of], reading[of])));
    let [next_panel, next_lane, next_slot] =
        [(panel, most[0]), (lane, most[1]), (slot, most[2])].map(|(at, last)| if at < last { at + 1 } else { 0 });
    let back = |at: u32, last: u32| at.checked_sub(1).unwrap_or(last);
    Some(match key {
        "ArrowRight" => Datum::Reading { panel, lane, slot: next_slot },
        "ArrowLeft" => Datum::Reading { panel, lane, slot: back(slot, most[2]) },
        "ArrowUp" | "ArrowDown" => Datum::Reading { panel, lane: next_lane, slot },
        "PageDown" => Datum::Reading { panel: next_panel, lane, slot },
        "PageUp" => Datum::Reading { panel: back(panel, most[0]), lane, slot },
        _ => return None,
    })
}

/// The chart that is looked at.
pub fn chart(page: Page) -> Option<Chart> {
    page.read(&[Part::Place], |state| state.place().chart().cloned())
}
