//! The list behind a count: ranges of records that share a fate, a page at a time.

use super::story::setup;
use crate::canvas::Icon;
use crate::i18n::{happenings, numbers};
use crate::page::Page;
use crate::state::{Action, Ask, PageState, Part};
use highwater_model::LaneId;
use highwater_model::trace::RecordId;
use highwater_oracle::report::RecordRange;
use leptos::html::H3;
use leptos::prelude::*;

/// A range as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Line {
    record: RecordId,
    name: String,
    count: String,
    place: Option<String>,
    arrived: String,
    resolved: String,
}

fn line(range: &RecordRange, state: &PageState, lane: LaneId) -> Line {
    let layout = setup(state, lane).layout();
    let moment = |at: Option<highwater_model::Instant>| at.map_or_else(|| "\u{2013}".to_owned(), numbers::moment);
    let place = range.partition.zip(range.offset);
    Line {
        record: range.first,
        name: happenings::record(state.chrome().language, range.first, &layout),
        count: numbers::count(range.count),
        place: place.map(|(partition, offset)| format!("{}, {}", layout.name(partition), numbers::count(offset))),
        arrived: moment(range.arrived),
        resolved: moment(range.resolved),
    }
}

/// The open list of a lane.
#[component]
pub fn RecordTable(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let lines = Memo::new(move |_| {
        page.text();
        page.read(&[Part::Ledger], |state| {
            let list = state.ledger().records.as_ref();
            list.map_or_else(Vec::new, |list| list.ranges.iter().map(|range| line(range, state, lane)).collect())
        })
    });
    let total = page.memo(&[Part::Ledger], |state| state.ledger().records.as_ref().and_then(|list| list.total));
    let title = move || {
        let category = page.read(&[Part::Ledger], |state| state.ledger().records.as_ref().map(|list| list.category));
        let text = page.text();
        let category = category.map_or("", |category| happenings::category(text.language, category));
        (text.ledger.records)(category, &format!("{lane:?}"))
    };
    let shown = move || {
        let (here, all) = (lines.with(Vec::len) as u64, u64::from(total.get().unwrap_or(0)));
        (page.text().ledger.shown)(&numbers::count(here), &numbers::count(all))
    };
    let has_more = move || total.get().is_some_and(|total| lines.with(Vec::len) < total as usize);
    let heading = NodeRef::<H3>::new();
    take_focus(heading);
    view! {
        <div class="records" data-testid="records">
            <header>
                <h3 node_ref=heading tabindex="-1">{title}</h3>
                <span class="mute">{shown}</span>
                <CloseButton ask=Ask::CloseRecords/>
            </header>
            <Show when=move || total.get().is_none()><p class="mute" role="status">{page.say(|text| text.ledger.looking)}</p></Show>
            <Show when=move || total.get() == Some(0)><p class="mute">{page.say(|text| text.ledger.none)}</p></Show>
            <Show when=move || !lines.with(Vec::is_empty)>
                <div class="scroll" tabindex="0" role="group" aria-label=title>
                    <table>
                        <thead><tr>
                            <th scope="col">{page.say(|text| text.ledger.record)}</th>
                            <th scope="col" class="number">{page.say(|text| text.ledger.count)}</th>
                            <th scope="col">{page.say(|text| text.ledger.place)}</th>
                            <th scope="col" class="number">{page.say(|text| text.ledger.arrived)}</th>
                            <th scope="col" class="number">{page.say(|text| text.ledger.resolved)}</th>
                        </tr></thead>
                        <tbody>
                            <For each=move || lines.get() key=|line| line.clone() let:line><Row lane line/></For>
                        </tbody>
                    </table>
                </div>
            </Show>
            <Show when=has_more>
                <button type="button" class="button" data-testid="more-records"
                    on:click=move |_| page.act(Action::Ask(Ask::MoreRecords))>
                    {page.say(|text| text.ledger.more)}
                </button>
            </Show>
        </div>
    }
}

#[component]
fn Row(lane: LaneId, line: Line) -> impl IntoView {
    let page = Page::here();
    let record = line.record;
    let name = line.name.clone();
    view! {
        <tr>
            <td><button type="button" class="link" data-testid="story-of"
                aria-label=move || (page.text().ledger.story_of)(&name)
                on:click=move |_| page.act(Action::Ask(Ask::Story(lane, record)))>{line.name}</button></td>
            <td class="number">{line.count}</td>
            <td>{move || line.place.clone().unwrap_or_else(|| page.text().ledger.no_place.to_owned())}</td>
            <td class="number">{line.arrived}</td>
            <td class="number">{line.resolved}</td>
        </tr>
    }
}

/// Closes what lies beneath the counts.
#[component]
pub fn CloseButton(ask: Ask) -> impl IntoView {
    let page = Page::here();
    view! {
        <button type="button" class="button icon quiet" title=page.say(|text| text.ledger.close)
            aria-label=page.say(|text| text.ledger.close) data-testid="close-ledger"
            on:click=move |_| page.act(Action::Ask(ask.clone()))>
            <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Close.path()></path></svg>
        </button>
    }
}

/// What opens has the focus, so that a reader by keyboard or ear goes on there.
pub fn take_focus(heading: NodeRef<H3>) {
    Effect::new(move || {
        if let Some(heading) = heading.get() {
            // A heading that cannot take the focus leaves it where it was.
            let _ = heading.focus();
        }
    });
}
