//! The whole page: header, and one of its places: the playground with two lanes, the timeline beneath, faults, settings
//! and records around them; trade-offs; compare.

use crate::compare::Compare;
use crate::page::Page;
use crate::panels::{DropZone, FaultsPanel, SettingsPanel, SituationLine};
use crate::shell::{DialogHost, Header, Lane, Notices, follow_theme};
use crate::state::{PageState, Part};
use crate::timeline::TimelinePanel;
use crate::tradeoffs::Tradeoffs;
use crate::{address, first_picture, gauge, memory};
use highwater_model::LaneId;
use highwater_model::place::Place;
use leptos::prelude::*;

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let link = address::read();
    let known = first_picture::known(&link.comparison);
    // One core stays for the page itself; where there are only two, it needs so little that both help.
    let helpers = (window().navigator().hardware_concurrency() as usize).saturating_sub(1).max(2);
    let page = Page::start(PageState::new(link, memory::recall(), known).with_helpers(helpers));
    gauge::first_picture();
    provide_context(page);
    follow_theme(page);
    address::follow(page);
    let has_playground = page.memo(&[Part::Place], PageState::has_playground);
    let is_playground = page.memo(&[Part::Place], |state| *state.place() == Place::Playground);
    let is_tradeoffs = page.memo(&[Part::Place], |state| matches!(state.place(), Place::Tradeoffs(_)));
    let is_compare = page.memo(&[Part::Place], |state| matches!(state.place(), Place::Compare | Place::Chapter));
    view! {
        <DropZone>
            <Header/>
            <Notices/>
            <main id="content" tabindex="-1">
                // Kept while the reader is elsewhere: what was opened, searched and scrolled to stays as it was.
                <Show when=move || has_playground.get()>
                    <div class="place" hidden=move || !is_playground.get()><Playground/></div>
                </Show>
                <Show when=move || is_tradeoffs.get()><Tradeoffs/></Show>
                <Show when=move || is_compare.get()><Compare/></Show>
            </main>
            <DialogHost/>
        </DropZone>
    }
}

/// Both lanes, their timeline, their settings.
#[component]
fn Playground() -> impl IntoView {
    view! {
        <SituationLine/>
        <div class="lanes">
            <Lane lane=LaneId::A/>
            <Lane lane=LaneId::B/>
        </div>
        <TimelinePanel/>
        <FaultsPanel/>
        <SettingsPanel/>
    }
}
