//! The whole page: header, two lanes, the timeline beneath, faults, settings and records around them.

use crate::page::Page;
use crate::panels::{DropZone, FaultsPanel, SettingsPanel, SituationLine};
use crate::shell::{DialogHost, Header, Lane, Notices, follow_theme};
use crate::state::PageState;
use crate::timeline::TimelinePanel;
use crate::{address, first_picture, gauge, memory};
use highwater_model::LaneId;
use leptos::prelude::*;

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let link = address::read();
    let known = first_picture::known(&link.comparison);
    let page = Page::start(PageState::new(link, memory::recall(), known));
    gauge::first_picture();
    provide_context(page);
    follow_theme(page);
    address::follow(page);
    view! {
        <DropZone>
            <Header/>
            <Notices/>
            <main>
                <SituationLine/>
                <div class="lanes" id="lanes" tabindex="-1">
                    <Lane lane=LaneId::A/>
                    <Lane lane=LaneId::B/>
                </div>
                <TimelinePanel/>
                <FaultsPanel/>
                <SettingsPanel/>
            </main>
            <DialogHost/>
        </DropZone>
    }
}
