//! The list of faults: what goes wrong when, to whom, in which lanes.

use crate::i18n::faults;
use crate::i18n::numbers;
use crate::page::Page;
use crate::shell::{Glyph, LaneTag};
use crate::state::{Action, ChromeAction, Dialog, Edit, Part};
use highwater_model::scenario::PlacedFault;
use highwater_model::{Instant, LaneId};
use leptos::prelude::*;

/// The panel.
#[component]
pub fn FaultsPanel() -> impl IntoView {
    let page = Page::here();
    let placed = page.memo(&[Part::Comparison], |state| {
        let mut placed: Vec<(usize, PlacedFault)> = state.comparison().faults.iter().copied().enumerate().collect();
        placed.sort_by_key(|(_, placed)| placed.fault.at);
        placed
    });
    let add = move |_| page.act(Action::Chrome(ChromeAction::Open(Dialog::Fault(None))));
    view! {
        <section class="panel faults" aria-labelledby="faults-title" data-testid="faults">
            <div class="panel-head">
                <h2 id="faults-title">{page.say(|text| text.faults.heading)}</h2>
                <button class="button" data-testid="add-fault" aria-haspopup="dialog" on:click=add>
                    {Glyph::Plus.view()}{page.say(|text| text.faults.add)}
                </button>
            </div>
            <Show when=move || placed.with(Vec::is_empty)>
                <p class="mute none">{page.say(|text| text.faults.none)}</p>
            </Show>
            <ul>{move || {
                page.text();
                placed.get().into_iter().map(|(index, placed)| item(page, index, placed)).collect_view()
            }}</ul>
        </section>
    }
}

fn item(page: Page, index: usize, placed: PlacedFault) -> AnyView {
    let text = page.text();
    let fault = placed.fault;
    let what =
        format!("{} \u{2192} {}", faults::kind(text.language, fault.kind), faults::target(text.language, fault.target));
    let lasting = match fault.duration {
        Some(duration) => (text.faults.lasting)(&numbers::duration(duration)),
        None => text.faults.to_the_end.to_owned(),
    };
    let at = numbers::duration(fault.at.since(Instant::ZERO));
    let tags = LaneId::ALL.into_iter().filter(|lane| placed.lanes.include(*lane)).map(|lane| view! { <LaneTag lane/> });
    let (edit, delete) = (format!("{}: {what}", text.faults.edit), format!("{}: {what}", text.faults.delete));
    view! {
        <li data-testid="fault">
            <span class="mono at">{at}</span>
            <span class="what">{what}<span class="mute">{format!(" {lasting}")}</span></span>
            <span class="tags">{tags.collect_view()}</span>
            <button class="button quiet icon-only small" aria-label=edit title=text.faults.edit aria-haspopup="dialog"
                on:click=move |_| page.act(Action::Chrome(ChromeAction::Open(Dialog::Fault(Some(index)))))>
                {Glyph::Pen.view()}</button>
            <button class="button quiet icon-only small" aria-label=delete title=text.faults.delete
                on:click=move |_| page.act(Action::Edit(Edit::DeleteFault(index)))>{Glyph::Bin.view()}</button>
        </li>
    }
    .into_any()
}
