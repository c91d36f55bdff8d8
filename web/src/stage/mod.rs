//! The stage.

use crate::page::Page;
use highwater_model::LaneId;
use leptos::prelude::*;

/// The stage's place on the page.
#[component]
pub fn StagePanel(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    view! { <h2>{page.say(|text| text.stage.heading)}{format!(" {lane:?}")}</h2> }
}
