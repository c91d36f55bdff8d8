//! The keys of the timeline, as a list.

use super::dialogs::DialogHead;
use crate::page::Page;
use crate::timeline::Deed;
use leptos::prelude::*;

/// The list that `?` shows.
#[component]
pub fn KeysDialog() -> impl IntoView {
    let page = Page::here();
    let rows = move || {
        let text = page.text();
        let row = |(deed, keys): (Deed, Vec<&'static str>)| {
            let keys = keys.into_iter().map(|key| view! { <kbd>{name(key)}</kbd> }).collect_view();
            view! { <dt>{keys}</dt><dd>{(text.timeline.deed)(deed)}</dd> }
        };
        Deed::list().into_iter().map(row).collect_view()
    };
    view! {
        <DialogHead title=Signal::derive(move || page.text().timeline.keys.to_owned())/>
        <dl class="keys">{rows}</dl>
    }
}

/// A key as it is printed on keyboards.
fn name(key: &'static str) -> &'static str {
    match key {
        " " => "Space",
        "ArrowLeft" => "\u{2190}",
        "ArrowRight" => "\u{2192}",
        other => other,
    }
}
