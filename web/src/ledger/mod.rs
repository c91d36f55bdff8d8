//! A lane's ledger: every count opens its list, every record opens its story, and a lost record's story says which
//! setting decided about it.

mod figures;
mod list;
mod story;
mod trials;

use crate::page::Page;
use crate::state::Part;
use figures::Figures;
use highwater_model::LaneId;
use leptos::prelude::*;
use list::RecordTable;
use story::StoryView;

/// What is open beneath a lane's counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    List,
    Story,
}

/// The ledger's place on the page.
#[component]
pub fn LedgerPanel(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    // A story lies over the list it was opened from.
    let open = Memo::new(move |_| {
        page.read(&[Part::Ledger], |state| {
            let ledger = state.ledger();
            if ledger.story.as_ref().is_some_and(|story| story.lane == lane) {
                Open::Story
            } else if ledger.records.as_ref().is_some_and(|list| list.lane == lane) {
                Open::List
            } else {
                Open::Nothing
            }
        })
    });
    view! {
        <section class="ledger" aria-label=move || format!("{} {lane:?}", page.text().ledger.heading)>
            <Figures lane/>
            {move || match open.get() {
                Open::Nothing => ().into_any(),
                Open::List => view! { <RecordTable lane/> }.into_any(),
                Open::Story => view! { <StoryView lane/> }.into_any(),
            }}
        </section>
    }
}
