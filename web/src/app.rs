//! The page's frame: header, lanes, timeline, panels.

use crate::ledger::LedgerPanel;
use crate::memory;
use crate::page::Page;
use crate::stage::StagePanel;
use crate::state::{Action, ChromeAction, Edit, Language, PageState, Part};
use crate::timeline::TimelinePanel;
use highwater_model::{LaneId, presets};
use leptos::prelude::*;

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let page = Page::start(PageState::new(presets::first_visit(), memory::recall(), [None, None]));
    provide_context(page);
    view! {
        <Header/>
        <main>
            <div class="lanes">
                <Lane lane=LaneId::A/>
                <Lane lane=LaneId::B/>
            </div>
            <TimelinePanel/>
        </main>
    }
}

#[component]
fn Header() -> impl IntoView {
    let page = Page::here();
    let speak = move |_| {
        let other = match page.peek(|state| state.chrome().language) {
            Language::English => Language::Korean,
            Language::Korean => Language::English,
        };
        page.act(Action::Chrome(ChromeAction::Speak(other)));
    };
    view! {
        <header class="top">
            <h1>"highwater"</h1>
            <button on:click=move |_| page.act(Action::Edit(Edit::Undo))
                disabled=move || !page.read(&[Part::Comparison], |state| state.history().can_undo())>
                {page.say(|text| text.shell.undo)}
            </button>
            <button data-testid="language" on:click=speak>{page.say(|text| text.shell.other_language)}</button>
        </header>
    }
}

#[component]
fn Lane(lane: LaneId) -> impl IntoView {
    view! {
        <section class="lane" data-lane=move || format!("{lane:?}")>
            <StagePanel lane/>
            <LedgerPanel lane/>
        </section>
    }
}
