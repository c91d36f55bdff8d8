//! "What does this cost?": from a setting to its trade-off chart.

use super::nav::{follow, fragment};
use crate::page::Page;
use crate::state::Part;
use highwater_model::SettingId;
use highwater_model::place::{Chart, Place};
use leptos::prelude::*;

/// The link.
#[component]
pub fn PriceLink(setting: SettingId) -> impl IntoView {
    let page = Page::here();
    let place = move || Place::Tradeoffs(Chart::of(setting));
    let href = move || page.read(&[Part::Comparison], |state| fragment(state, &place()));
    let label = move || format!("{}: {}", page.text().shell.what_does_it_cost, setting.name());
    view! {
        <a class="price" href=href aria-label=label data-testid=format!("price-{}", setting.name())
            on:click=move |event| follow(page, &event, |_| place())>{page.say(|text| text.shell.what_does_it_cost)}</a>
    }
}
