//! Beside the rows: their names, and their values at the clock's moment. Where there is no room beside, above.

use super::board::Board;
use super::draw::value_at;
use super::rows::Row;
use crate::state::Part;
use highwater_model::LaneId;
use leptos::prelude::*;

/// Where a row's name stands over it, on a narrow page.
const ABOVE: f64 = 8.0;

/// Are the rows drawn (and not the messages)?
/// Are there rows, rather than messages?
pub fn rows_are_drawn(board: Board) -> bool {
    board.diagrams_changed.track();
    board.with_diagrams(<[_]>::is_empty)
}

/// The names, with the lanes' letters.
#[component]
pub fn Labels() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let label = move |row: Row| {
        let place = Memo::new(move |_| board.layout.with(|layout| layout.both_lanes(row)));
        let middle = move || place.get().map_or(0.0, |area| area.y + area.height / 2.0);
        let top = move || place.get().map_or(0.0, |area| area.y);
        let top = move || if board.is_narrow() { top() - ABOVE } else { middle() };
        view! {
            <div class="row-label" style:top=move || format!("{}px", top())
                title=move || (page.text().timeline.row_sentence)(row)>
                {move || (page.text().timeline.row)(row)}
            </div>
        }
    };
    let letters = move || {
        let places = board.layout.with(|layout| layout.places.clone());
        let letter = |place: super::rows::Place| {
            let class = if place.lane == LaneId::A { "row-lane a" } else { "row-lane b" };
            let middle = place.area.y + place.area.height / 2.0;
            view! { <span class=class style:top=format!("{middle}px")>{format!("{:?}", place.lane)}</span> }
        };
        places.into_iter().map(letter).collect_view()
    };
    view! {
        <div class="timeline-labels" aria-hidden="true">
            <Show when=move || rows_are_drawn(board)>
                {move || board.rows.get().rows().map(label).collect_view()}
                {letters}
            </Show>
        </div>
    }
}

/// The values at the clock's moment.
#[component]
pub fn Values() -> impl IntoView {
    let board = Board::here();
    let value = move |row: Row, lane: LaneId| {
        let place = Memo::new(move |_| {
            let found = |layout: &super::rows::RowLayout| {
                layout.places.iter().find(|place| place.row == row && place.lane == lane).map(|place| place.area)
            };
            board.layout.with(found)
        });
        let above = Memo::new(move |_| board.layout.with(|layout| layout.both_lanes(row)));
        let top = move || {
            let beside = place.get().map_or(0.0, |area| area.y + area.height / 2.0);
            let above = above.get().map_or(0.0, |area| area.y - ABOVE);
            if board.is_narrow() { above } else { beside }
        };
        let words = Memo::new(move |_| value_now(board, row, lane));
        let class = if lane == LaneId::A { "row-value a" } else { "row-value b" };
        view! { <div class=class style:top=move || format!("{}px", top())>{words}</div> }
    };
    let values = move || {
        let pairs = board.rows.get().rows().flat_map(|row| LaneId::ALL.map(|lane| (row, lane)));
        pairs.map(|(row, lane)| value(row, lane)).collect_view()
    };
    view! {
        <div class="timeline-values" aria-hidden="true">
            <Show when=move || rows_are_drawn(board)>{values}</Show>
        </div>
    }
}

/// A row's value at the clock's moment.
pub fn value_now(board: Board, row: Row, lane: LaneId) -> String {
    board.data.track();
    let now = board.page.read(&[Part::Clock], |state| state.playback().now());
    let text = &board.page.text().timeline;
    board.with_lanes(|_, lanes| value_at(row, lanes[lane.index()], now, text)).unwrap_or_default()
}
