//! The marks of elections on the time axis: buttons in a row of their own, each leading to its moment.

use super::board::Board;
use super::elections::{Group, Kind, groups};
use super::labels::rows_are_drawn;
use super::rows::Row;
use crate::i18n::numbers;
use crate::state::{Action, Part, Play};
use highwater_model::LaneId;
use leptos::prelude::*;

/// All marks of both lanes.
#[component]
pub fn ElectionMarks() -> impl IntoView {
    let board = Board::here();
    view! {
        <Show when=move || rows_are_drawn(board)>
            {LaneId::ALL.map(|lane| marks_of(board, lane)).collect_view()}
        </Show>
    }
}

fn marks_of(board: Board, lane: LaneId) -> AnyView {
    let page = board.page;
    let groups = Memo::new(move |_| {
        board.data.track();
        let width = board.width.get();
        page.read(&[Part::View], |state| board.with_changes(lane, |changes| groups(changes, state.view().span, width)))
    });
    let top = Memo::new(move |_| {
        let places = |layout: &super::rows::RowLayout| {
            layout
                .places
                .iter()
                .find(|place| place.row == Row::Elections && place.lane == lane)
                .map(|place| place.area.y)
        };
        board.layout.with(places).unwrap_or_default()
    });
    let count = Memo::new(move |_| groups.with(Vec::len));
    view! {
        <For each=move || 0..count.get() key=|index| *index let:index>
            {
                let group = Memo::new(move |_| groups.with(|groups| groups.get(index).cloned()));
                mark(board, lane, group, top)
            }
        </For>
    }
    .into_any()
}

fn mark(board: Board, lane: LaneId, group: Memo<Option<Group>>, top: Memo<f64>) -> AnyView {
    let page = board.page;
    let x = move || group.with(|group| group.as_ref().map_or(0.0, |group| group.x));
    let kind = Memo::new(move |_| group.with(|group| group.as_ref().map_or(Kind::Elected, Group::kind)));
    let number = Memo::new(move |_| group.with(|group| group.as_ref().map_or(0, Group::count)));
    let label = move || group.with(|group| group.as_ref().map_or_else(String::new, |group| words(board, lane, group)));
    let class = if lane == LaneId::A { "election-mark a" } else { "election-mark b" };
    view! {
        <button type="button" class=class data-testid="election-mark"
            class:grave=move || kind.get() != Kind::Elected
            style:transform=move || format!("translate({}px, {}px)", x(), top.get())
            title=label
            aria-label=label
            on:pointerdown=|event| event.stop_propagation()
            on:dblclick=|event| event.stop_propagation()
            on:click=move |_| if let Some(at) = group.with_untracked(|group| group.as_ref().map(|group| group.from)) {
                page.act(Action::Play(Play::Seek(at)));
            }
        >
            <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=move || kind.get().icon().path()></path></svg>
            {move || (1 < number.get()).then(|| number.get())}
        </button>
    }
    .into_any()
}

/// `9 leaders elected, 1 without a leader at 18.402 s, lane A`.
fn words(board: Board, lane: LaneId, group: &Group) -> String {
    let text = &board.page.text().timeline;
    let kinds: Vec<String> = group.kinds().map(|(kind, count)| (text.leadership)(kind, count)).collect();
    (text.mark)(&kinds.join(", "), &numbers::moment(group.from), &(text.only_lane)(&format!("{lane:?}")))
}
