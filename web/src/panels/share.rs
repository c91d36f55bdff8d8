//! Sharing: a link that holds everything, and a text with the outcome to paste beside it.

use crate::address;
use crate::i18n::{Text, outcome};
use crate::page::{BOTH_LANES, Page};
use crate::promise::settle;
use crate::shell::{DialogHead, Glyph};
use crate::state::PageState;
use highwater_model::{ENGINE_VERSION, LaneId, SettingId, link};
use leptos::html;
use leptos::prelude::*;

/// The dialog's content.
#[component]
pub fn ShareDialog() -> impl IntoView {
    let page = Page::here();
    let link = move || {
        let fragment =
            page.read(BOTH_LANES, |state| link::encode_at(state.place(), state.comparison(), state.outcome().as_ref()));
        address::with_fragment(&fragment)
    };
    let text = move || {
        let text = page.text();
        let told = page.read(BOTH_LANES, |state| told(text, state));
        format!("{told}\n{}", link())
    };
    let waits = page.memo(BOTH_LANES, |state| state.outcome().is_none());
    view! {
        <DialogHead title=Signal::derive(move || page.text().shell.share.to_owned())/>
        <Copied label=|text| text.shell.link id="share-link" rows=2 content=Signal::derive(link)/>
        <p class="mute small">{page.say(|text| text.shell.link_sentence)}</p>
        <Copied label=|text| text.shell.share_text id="share-text" rows=7 content=Signal::derive(text)/>
        <Show when=move || waits.get()>
            <p class="mute small">{page.say(|text| text.shell.share_waits)}</p>
        </Show>
    }
}

/// What was run and what came of it, a line a lane.
fn told(text: &Text, state: &PageState) -> String {
    let mut told = (text.shell.share_title)(&state.comparison().releases(), ENGINE_VERSION, state.comparison().seed);
    for lane in LaneId::ALL {
        told += "\n";
        told += &configuration(text, state, lane);
        let setup = &state.comparison().lanes[lane.index()];
        if let Some(summary) = state.lane(lane).summary().filter(|_| state.outcome().is_some()) {
            told += &format!(" \u{2013} {}", outcome::sentence(text.language, setup, summary));
        }
    }
    told
}

/// A lane's preset and what differs from it.
pub fn configuration(text: &Text, state: &PageState, lane: LaneId) -> String {
    let setup = &state.comparison().lanes[lane.index()];
    let written = |setting: SettingId| format!("{}={}", setting.name(), setting.write(setting.get(setup)));
    let changes: Vec<String> = setup.changed().map(written).collect();
    let name = outcome::preset(text.language, setup.preset);
    if changes.is_empty() { format!("{lane:?}: {name}") } else { format!("{lane:?}: {name} ({})", changes.join(", ")) }
}

/// A text with a button that copies it; where the browser does not allow that, it is selected.
#[component]
fn Copied(label: fn(&Text) -> &'static str, id: &'static str, rows: u32, content: Signal<String>) -> impl IntoView {
    let page = Page::here();
    let area = NodeRef::<html::Textarea>::new();
    let came_of_it = RwSignal::new(None::<Copy>);
    let copy = move |_| {
        let Some(area) = area.get() else { return };
        area.select();
        copy_to_clipboard(&area.value(), move |came| came_of_it.set(Some(came)));
    };
    let said = move || match came_of_it.get() {
        None => "",
        Some(Copy::Done) => page.text().shell.copied,
        Some(Copy::Refused) => page.text().shell.selected,
    };
    view! {
        <div class="copied">
            <label for=id>{page.say(label)}</label>
            <textarea class="input mono" node_ref=area id=id data-testid=id rows=rows readonly=true
                prop:value=move || content.get()></textarea>
            <div class="line">
                <button class="button" on:click=copy>{Glyph::Copy.view()}{page.say(|text| text.shell.copy)}</button>
                <span class="small" role="status">{said}</span>
            </div>
        </div>
    }
}

/// What came of an attempt to copy.
#[derive(Clone, Copy)]
enum Copy {
    Done,
    Refused,
}

/// Some browsers have no clipboard for pages without TLS, and any may refuse.
fn copy_to_clipboard(text: &str, then: impl Fn(Copy) + std::marker::Copy + 'static) {
    let navigator = window().navigator();
    let has_clipboard = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|value| value.is_object());
    if !has_clipboard {
        return then(Copy::Refused);
    }
    let copying = navigator.clipboard().write_text(text);
    settle(&copying, move |_| then(Copy::Done), move |_| then(Copy::Refused));
}
