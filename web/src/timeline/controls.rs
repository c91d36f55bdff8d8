//! Above the timeline: play, step, clock, speed, loop, zoom, the partitions in focus, which rows are shown.

use super::board::{Board, CloseUp};
use super::keys::Deed;
use super::rows::RowSet;
use super::span;
use crate::canvas::Icon;
use crate::i18n::{Text, numbers};
use crate::page::Page;
use crate::state::look::MESSAGES_SPAN_MAX;
use crate::state::{Action, ChromeAction, Dialog, Look, PageState, Part, Play, SPEEDS};
use highwater_model::{Instant, LaneId, PartitionId};
use leptos::prelude::*;

/// The bar of controls.
#[component]
pub fn Controls() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let is_playing = page.memo(&[Part::Playback], |state| state.playback().is_playing());
    let now = page.memo(&[Part::Clock], |state| state.playback().now());
    let is_looped = page.memo(&[Part::Playback], |state| state.playback().looped().is_some());
    let shown = page.memo(&[Part::View], |state| state.view().span);
    let end = page.memo(&[Part::Comparison], PageState::end);
    let shown_of = move || {
        let run = numbers::duration(end.get().since(Instant::ZERO));
        (page.text().timeline.shown)(&numbers::duration(span::length(shown.get())), &run)
    };
    let play_icon = move || if is_playing.get() { Icon::Pause.path() } else { Icon::Play.path() };
    let play_word = move || {
        let text = &page.text().timeline;
        if is_playing.get() { text.pause } else { text.play }
    };
    view! {
        <div class="timeline-controls">
            <div class="tools">
                <DeedButton deed=Deed::Previous icon=Icon::StepBack word=|text| text.timeline.previous/>
                <button type="button" class="button primary icon" data-testid="play" title=play_word aria-label=play_word
                    on:click=move |_| page.act(Action::Play(Play::Toggle))>
                    <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=play_icon></path></svg>
                </button>
                <DeedButton deed=Deed::Next icon=Icon::StepForward word=|text| text.timeline.next/>
            </div>
            <p class="clock" data-testid="clock">
                <b>{move || numbers::clock(now.get())}</b>
            </p>
            <Speed/>
            <button type="button" class="button icon" data-testid="loop" aria-pressed=move || is_looped.get().to_string()
                title=page.say(|text| text.timeline.repeat) aria-label=page.say(|text| text.timeline.repeat)
                on:click=move |_| do_deed(page, Deed::Loop)>
                <Glyph icon=Icon::Loop/>
            </button>
            <div class="tools">
                <DeedButton deed=Deed::ZoomOut icon=Icon::ZoomOut word=|text| text.timeline.zoom_out/>
                <DeedButton deed=Deed::ZoomIn icon=Icon::ZoomIn word=|text| text.timeline.zoom_in/>
                <DeedButton deed=Deed::Whole icon=Icon::Whole word=|text| text.timeline.whole/>
                <button type="button" class="button" data-testid="closest" on:click=move |_| do_deed(page, Deed::Closest)>
                    {page.say(|text| text.timeline.closest)}
                </button>
                <span class="shown mute" data-testid="shown">
                    {shown_of}
                </span>
            </div>
            <span class="space"></span>
            <Focus lane=LaneId::A/>
            <Focus lane=LaneId::B/>
            <Rows/>
            <button type="button" class="button" data-testid="timeline-add-fault" aria-haspopup="dialog"
                on:click=move |_| page.act(Action::Chrome(ChromeAction::Open(Dialog::Fault(None))))>
                <Glyph icon=Icon::Bolt/>
                {page.say(|text| text.timeline.add_fault)}
            </button>
            <DeedButton deed=Deed::Help icon=Icon::Question word=|text| text.timeline.keys/>
        </div>
    }
}

fn do_deed(page: Page, deed: Deed) {
    let action = page.peek(|state| deed.action(state));
    page.act(action);
}

/// A pictogram beside or instead of a word.
#[component]
fn Glyph(icon: Icon) -> impl IntoView {
    view! { <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=icon.path()></path></svg> }
}

#[component]
fn DeedButton(deed: Deed, icon: Icon, word: fn(&Text) -> &'static str) -> impl IntoView {
    let page = Page::here();
    view! {
        <button type="button" class="button icon" data-testid=format!("{deed:?}").to_lowercase()
            title=page.say(word) aria-label=page.say(word) on:click=move |_| do_deed(page, deed)>
            <Glyph icon/>
        </button>
    }
}

/// `1/10×`, `4×`.
fn speed_label((numerator, denominator): (u32, u32)) -> String {
    if denominator == 1 {
        format!("{numerator}\u{d7}")
    } else {
        format!("1/{}\u{d7}", numbers::count(denominator.into()))
    }
}

#[component]
fn Speed() -> impl IntoView {
    let page = Page::here();
    let speed = page.memo(&[Part::Playback], |state| state.playback().speed());
    let choose = move |event| {
        if let Ok(speed) = event_target_value(&event).parse() {
            page.act(Action::Play(Play::Speed(speed)));
        }
    };
    let options = SPEEDS.iter().enumerate().map(|(index, pair)| {
        view! { <option value=index.to_string() selected=move || speed.get() == index>{speed_label(*pair)}</option> }
    });
    view! {
        <select class="input" data-testid="speed" aria-label=page.say(|text| text.timeline.speed)
            title=page.say(|text| text.timeline.speed) prop:value=move || speed.get().to_string() on:change=choose>
            {options.collect_view()}
        </select>
    }
}

/// Chooses the partition whose rows and logs a lane shows.
#[component]
fn Focus(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let names = page.memo(&[Part::Comparison], names_in(lane));
    let chosen = Memo::new(move |_| page.read(&[Part::View], |state| state.view().focus[lane.index()]));
    let busiest = Memo::new(move |_| {
        page.read(&[Part::Lane(lane)], |state| state.lane(lane).summary().map(|summary| summary.busiest))
    });
    let choose = move |event| {
        let partition = event_target_value(&event).parse().ok().map(PartitionId);
        page.act(Action::Look(Look::Focus(lane, partition)));
    };
    let value = move || chosen.get().map_or_else(String::new, |partition| partition.0.to_string());
    let busiest_label = move || {
        let name = busiest.get().and_then(|partition| names.with(|names| names.get(partition.index()).cloned()));
        (page.text().timeline.busiest)(&name.unwrap_or_default())
    };
    let options = move || {
        let options = names.get().into_iter().enumerate();
        let option = |(index, name): (usize, String)| {
            let is_chosen = move || chosen.get().is_some_and(|partition| partition.index() == index);
            view! { <option value=index.to_string() selected=is_chosen>{name}</option> }
        };
        options.map(option).collect_view()
    };
    view! {
        <label class="focus-of">
            <span class=if lane == LaneId::A { "tag a" } else { "tag b" } aria-hidden="true">{format!("{lane:?}")}</span>
            <select class="input" data-testid=format!("focus-{lane:?}").to_lowercase()
                aria-label=move || (page.text().timeline.focus)(&format!("{lane:?}"))
                prop:value=value on:change=choose>
                <option value="" selected=move || chosen.get().is_none()>{busiest_label}</option>
                {options}
            </select>
        </label>
    }
}

fn names_in(lane: LaneId) -> impl Fn(&PageState) -> Vec<String> + Send + Sync + 'static {
    move |state| {
        let layout = state.comparison().lanes[lane.index()].layout();
        layout.data().map(|partition| layout.name(partition)).collect()
    }
}

/// Which rows are shown, and whether messages take their place close up.
#[component]
fn Rows() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    // The choice is offered where it changes something.
    let is_close = page.memo(&[Part::View], |state| span::length(state.view().span) <= MESSAGES_SPAN_MAX);
    let all = move || board.rows.get() == RowSet::All;
    let messages = move || board.close_up.get() == CloseUp::Messages;
    let toggle_rows = move |_| {
        board.rows.update(|rows| *rows = if *rows == RowSet::All { RowSet::Main } else { RowSet::All });
    };
    let toggle_messages = move |_| {
        board.close_up.update(|close_up| {
            *close_up = if *close_up == CloseUp::Rows { CloseUp::Messages } else { CloseUp::Rows };
        });
    };
    view! {
        <button type="button" class="button" class:hidden=move || is_close.get() && messages() data-testid="all-rows" aria-pressed=move || all().to_string()
            on:click=toggle_rows>{page.say(|text| text.timeline.more_rows)}</button>
        <button type="button" class="button" class:hidden=move || !is_close.get() data-testid="messages" aria-pressed=move || messages().to_string()
            on:click=toggle_messages>{page.say(|text| text.timeline.show_messages)}</button>
    }
}
