//! One timeline for both lanes: what can be decided without a browser (arithmetic of stretches, ticks, series, rows,
//! messages, keys, the picture as marks), and the components that show it.

mod board;
mod controls;
mod draw;
mod election_marks;
mod elections;
mod fault_marks;
mod keys;
mod labels;
mod marks;
pub mod messages;
mod plot;
mod pointer;
mod rows;
mod series;
mod span;
mod tables;
mod ticks;
mod words;

pub use elections::Kind as Leadership;
pub use keys::Deed;
pub use rows::Row;
pub use span::around;

use crate::page::Page;
use crate::state::{PageState, Part};
use board::Board;
use controls::Controls;
use highwater_model::Place;
use labels::{Labels, Values};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use plot::Plot;
use tables::Tables;
use wasm_bindgen::JsCast as _;

/// The timeline's place on the page.
#[component]
pub fn TimelinePanel() -> impl IntoView {
    let page = Page::here();
    let board = Board::new(page);
    provide_context(board);
    listen_for_keys(page);
    pause_when_hidden(page);
    view! {
        <section class="timeline panel" aria-label=page.say(|text| text.timeline.heading)>
            <Controls/>
            <div class="timeline-body" class:narrow=move || board.is_narrow()>
                <Labels/>
                <Plot/>
                <Values/>
            </div>
            <p class="timeline-foot">
                <output class="under-pointer">{move || board.under_pointer.get()}</output>
                <span class="mute">{page.say(|text| text.timeline.hint)}</span>
            </p>
            <Tables/>
        </section>
    }
}

/// The keys of a trace viewer work everywhere on the page but where one types or chooses.
fn listen_for_keys(page: Page) {
    let listener = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let Some(deed) = Deed::of_key(&event.key()) else { return };
        let is_elsewhere = |state: &PageState| state.chrome().dialog.is_some() || *state.place() != Place::Playground;
        if is_for_another(&event, deed) || page.peek(is_elsewhere) {
            return;
        }
        event.prevent_default();
        let action = page.peek(|state| deed.action(state));
        page.act(action);
    });
    on_cleanup(move || listener.remove());
}

/// Does the focused element use this key itself?
fn is_for_another(event: &KeyboardEvent, deed: Deed) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return false;
    };
    let types = "input, select, textarea, [contenteditable], dialog, [role=menu]";
    let presses = "button, a, summary";
    target.closest(types).ok().flatten().is_some()
        || (deed == Deed::Toggle && event.key() == " " && target.closest(presses).ok().flatten().is_some())
}

/// A page that nobody sees does not play.
fn pause_when_hidden(page: Page) {
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        if document().hidden() && page.peek(|state| state.playback().is_playing()) {
            page.act(crate::state::Action::Play(crate::state::Play::Pause));
        }
    });
    on_cleanup(move || listener.remove());
    // Playing follows the clock out of the shown stretch, as a reader does with paper.
    Effect::new(move || {
        let follow = page.read(&[Part::Clock], |state| {
            let (shown, now) = (state.view().span, state.playback().now());
            let run = state.end().since(highwater_model::Instant::ZERO);
            let outside = now < shown.from || shown.to < now;
            outside.then(|| span::revealing(shown, now, run))
        });
        if let Some(span) = follow {
            page.act(crate::state::Action::Look(crate::state::Look::Show(span)));
        }
    });
}
