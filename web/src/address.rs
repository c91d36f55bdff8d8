//! The page's address follows the comparison, so that a reload and a copied address keep it; and an address that is
//! typed or pasted is followed.

use crate::page::Page;
use crate::state::Action;
use highwater_model::Comparison;
use highwater_model::link::{self, Decoded};
use highwater_model::place::Place;
use leptos::prelude::{window, window_event_listener_untyped};
use wasm_bindgen::JsValue;

/// What the address says.
pub fn read() -> Decoded {
    link::decode(&fragment())
}

/// Puts place and comparison into the address, without a step in the browser's history: undo is the page's own.
pub fn show(place: &Place, comparison: &Comparison) {
    let fragment = link::encode_at(place, comparison, None);
    // Where the browser keeps no history for the page (a sandboxed frame), the address stays as it is.
    _ = window().history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&fragment)));
}

/// The same as a step in the browser's history, so that its way back leads to the place before.
pub fn step(place: &Place, comparison: &Comparison) {
    let fragment = link::encode_at(place, comparison, None);
    // As above.
    _ = window().history().and_then(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&fragment)));
    // A new place is looked at from its beginning.
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

/// The address with this fragment.
pub fn with_fragment(fragment: &str) -> String {
    let href = window().location().href().unwrap_or_default();
    let base = href.split_once('#').map_or(href.as_str(), |(base, _)| base);
    format!("{base}{fragment}")
}

/// Follows every link that is typed or pasted over the page's own address, and the browser's own ways back and forth.
pub fn follow(page: Page) {
    let listener = window_event_listener_untyped("hashchange", move |_| page.act(Action::Arrive(Box::new(read()))));
    // The page listens as long as it lives.
    std::mem::forget(listener);
}

fn fragment() -> String {
    window().location().hash().unwrap_or_default()
}
