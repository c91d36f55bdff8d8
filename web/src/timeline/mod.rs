//! The timeline.

use crate::page::Page;

use leptos::prelude::*;

/// The timeline's place on the page.
#[component]
pub fn TimelinePanel() -> impl IntoView {
    let page = Page::here();
    view! { <h2>{page.say(|text| text.timeline.heading)}</h2> }
}
