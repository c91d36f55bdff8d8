//! The ledger.

use crate::page::Page;
use highwater_model::LaneId;
use leptos::prelude::*;

/// The ledger's place on the page.
#[component]
pub fn LedgerPanel(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    view! { <h2>{page.say(|text| text.ledger.heading)}{format!(" {lane:?}")}</h2> }
}
