//! The document follows the reader's language and theme; the theme of the system is followed while the reader has not
//! chosen one.

use crate::page::Page;
use crate::state::{Action, ChromeAction, Part, Theme};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::MediaQueryList;

/// Keeps `lang` and `data-theme` of the document's element as the state has them.
pub fn follow(page: Page) {
    let system = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    if let Some(system) = &system {
        let on_change = Closure::<dyn FnMut()>::new(move || {
            let theme = page.peek(|state| state.chrome().theme);
            page.act(Action::Chrome(ChromeAction::Paint(theme)));
        });
        system.set_onchange(Some(on_change.as_ref().unchecked_ref()));
        // The page listens as long as it lives.
        on_change.forget();
    }
    let system = StoredValue::new_local(system);
    Effect::new(move |_| {
        let (language, theme) = page.read(&[Part::Language], |state| (state.chrome().language, state.chrome().theme));
        let shown = system.with_value(|system| shown(theme, system.as_ref()));
        if let Some(root) = document().document_element() {
            // A document's own element takes any attribute.
            _ = root.set_attribute("lang", language.tag());
            _ = root.set_attribute("data-theme", if shown == Theme::Dark { "dark" } else { "light" });
        }
    });
}

/// Light or dark.
fn shown(theme: Theme, system: Option<&MediaQueryList>) -> Theme {
    match theme {
        Theme::System if system.is_some_and(MediaQueryList::matches) => Theme::Dark,
        Theme::System => Theme::Light,
        chosen => chosen,
    }
}

/// What is on screen now.
pub fn is_dark(page: Page) -> bool {
    let theme = page.read(&[Part::Language], |state| state.chrome().theme);
    let system = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
    shown(theme, system.as_ref()) == Theme::Dark
}
