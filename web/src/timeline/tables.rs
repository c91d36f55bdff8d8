//! The timeline for those who read rather than see: the rows at the clock's moment as a table, and what happened in the
//! shown stretch as a list that leads to each moment.

use super::board::Board;
use super::labels::value_now;
use super::rows::Row;
use crate::i18n::{happenings, numbers};
use crate::state::{Action, PageState, Part, Play};
use highwater_model::{Instant, LaneId};
use leptos::prelude::*;

/// Happenings that are listed at most.
const LISTED_MAX: usize = 60;

/// Both tables, closed at first.
#[component]
pub fn Tables() -> impl IntoView {
    view! {
        <div class="timeline-tables">
            <RowTable/>
            <HappeningList/>
        </div>
    }
}

#[component]
fn RowTable() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let is_open = RwSignal::new(false);
    let now = page.memo(&[Part::Clock], |state| state.playback().now());
    let row = move |row: Row| {
        let cell = move |lane: LaneId| view! { <td class="mono">{move || value_now(board, row, lane)}</td> };
        view! {
            <tr>
                <th scope="row">{move || (page.text().timeline.row)(row)}</th>
                {LaneId::ALL.map(cell).collect_view()}
                <td class="mute">{move || (page.text().timeline.row_sentence)(row)}</td>
            </tr>
        }
    };
    view! {
        <details on:toggle=move |_| is_open.update(|open| *open = !*open)>
            <summary>{page.say(|text| text.timeline.as_table)}</summary>
            <Show when=move || is_open.get()>
                <div class="scroll" tabindex="0" role="group" aria-label=page.say(|text| text.timeline.as_table)>
                    <table>
                        <caption>{move || numbers::moment(now.get())}</caption>
                        <thead><tr>
                            <th scope="col">{page.say(|text| text.timeline.what)}</th>
                            <th scope="col">"A"</th><th scope="col">"B"</th><td></td>
                        </tr></thead>
                        <tbody>{Row::ALL.map(row).collect_view()}</tbody>
                    </table>
                </div>
            </Show>
        </details>
    }
}

/// A happening as it is listed.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    at: Instant,
    lane: LaneId,
    sentence: String,
}

/// What is listed, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    lines: Vec<Line>,
    more: u64,
}

#[component]
fn HappeningList() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let is_open = RwSignal::new(false);
    let parts: &[Part] =
        &[Part::View, Part::Lane(LaneId::A), Part::Lane(LaneId::B), Part::Window(LaneId::A), Part::Window(LaneId::B)];
    // Counted and told only while it is open: panning is not to pay for a list that nobody sees.
    let told = Memo::new(move |_| {
        page.text();
        if is_open.get() { page.read(parts, told) } else { Told::default() }
    });
    let line = move |line: Line| {
        let (at, lane) = (line.at, line.lane);
        view! {
            <tr>
                <td><button type="button" class="moment" aria-label=move || (page.text().timeline.go_to)(&numbers::clock(at))
                    on:click=move |_| page.act(Action::Play(Play::Seek(at)))>{numbers::clock(at)}</button></td>
                <td><span class=if lane == LaneId::A { "tag a" } else { "tag b" }>{format!("{lane:?}")}</span></td>
                <td>{line.sentence}</td>
            </tr>
        }
    };
    let more = move || told.with(|told| told.more);
    view! {
        <details on:toggle=move |_| is_open.update(|open| *open = !*open) data-testid="happenings">
            <summary>{page.say(|text| text.timeline.happenings)}</summary>
            <div class="scroll" tabindex="0" role="group" aria-label=page.say(|text| text.timeline.happenings)>
                <table>
                    <thead><tr>
                        <th scope="col">{page.say(|text| text.timeline.when)}</th>
                        <th scope="col">{page.say(|text| text.timeline.lane)}</th>
                        <th scope="col">{page.say(|text| text.timeline.what)}</th>
                    </tr></thead>
                    <tbody>{move || told.get().lines.into_iter().map(line).collect_view()}</tbody>
                </table>
                <Show when=move || more() != 0>
                    <p class="mute">{move || (page.text().timeline.not_listed)(&numbers::count(more()))}</p>
                </Show>
            </div>
        </details>
    }
}

fn told(state: &PageState) -> Told {
    let language = state.chrome().language;
    let shown = state.view().span;
    let layouts = LaneId::ALL.map(|lane| state.comparison().lanes[lane.index()].layout());
    let happenings = state.happenings();
    let in_view =
        happenings.into_iter().filter(|(_, happening)| shown.from <= happening.at && happening.at <= shown.to);
    let mut told = Told::default();
    for (lane, happening) in in_view {
        if told.lines.len() == LISTED_MAX {
            told.more += 1;
            continue;
        }
        let sentence = happenings::sentence(language, &happening.entry, &layouts[lane.index()]);
        told.lines.push(Line { at: happening.at, lane, sentence });
    }
    told
}
