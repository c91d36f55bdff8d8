//! What a browser remembers of a reader: language and theme, nothing else. Where it refuses storage, nothing is
//! remembered and the page works on.

use crate::state::{Chrome, Language, Theme};
use leptos::prelude::window;
use web_sys::Storage;

const LANGUAGE: &str = "highwater.language";
const THEME: &str = "highwater.theme";

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps language and theme for the next visit.
pub fn keep(chrome: &Chrome) {
    let Some(storage) = storage() else { return };
    // A full or forbidden storage only means that the next visit starts in the browser's language.
    _ = storage.set_item(LANGUAGE, chrome.language.tag());
    _ = storage.set_item(THEME, theme_name(chrome.theme));
}

/// The frame as the reader left it; at first in the browser's language and theme.
pub fn recall() -> Chrome {
    let kept = |key| storage().and_then(|storage| storage.get_item(key).ok().flatten());
    let tag = kept(LANGUAGE).or_else(|| window().navigator().language()).unwrap_or_default();
    let language = if tag.starts_with("ko") { Language::Korean } else { Language::English };
    let theme = match kept(THEME).as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    };
    Chrome::new(language, theme)
}

/// The theme's name, as the stylesheet's `data-theme` has it.
pub const fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "system",
        Theme::Light => "light",
        Theme::Dark => "dark",
    }
}
