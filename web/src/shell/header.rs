//! The header: name, profile, what can be done with the whole comparison, language and theme.

use super::glyph::Glyph;
use super::nav::Nav;
use super::theme;
use crate::i18n::Text;
use crate::page::Page;
use crate::state::{Action, ChromeAction, Dialog, Edit, Language, Part, Theme};
use highwater_model::ENGINE_VERSION;
use leptos::prelude::*;

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let page = Page::here();
    let releases = page.memo(&[Part::Comparison], |state| state.comparison().releases());
    let badge = move || releases.with(|releases| (page.text().shell.badge)(releases, ENGINE_VERSION));
    view! {
        <a class="skip" href="#content" on:click=skip_to_content>{page.say(|text| text.shell.skip)}</a>
        <header class="top">
            <h1 class="logo">"high"<span>"water"</span></h1>
            <Nav/>
            <span class="badge" data-testid="badge" title=page.say(|text| text.shell.badge_sentence)>{badge}</span>
            <p class="tagline mute">{page.say(|text| text.shell.tagline)}</p>
            <div class="doing">
                {opener(page, Dialog::Situations, Glyph::Book, |text| text.shell.situations, "situations")}
                {opener(page, Dialog::Files, Glyph::File, |text| text.shell.files, "files")}
                {opener(page, Dialog::Share, Glyph::Share, |text| text.shell.share, "share")}
                <div class="pair">{history_buttons(page)}</div>
                <div class="pair">{language_button(page)}{theme_button(page)}</div>
            </div>
        </header>
    }
}

/// The target of an in-page link is the address's fragment, and that is the comparison's: so the focus is moved by hand.
fn skip_to_content(event: leptos::ev::MouseEvent) {
    event.prevent_default();
    if let Some(content) = document().get_element_by_id("content") {
        content.scroll_into_view();
        let content: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(content);
        // An element that cannot be focused leaves the focus where it is.
        _ = content.focus();
    }
}

fn opener(page: Page, dialog: Dialog, glyph: Glyph, word: fn(&Text) -> &'static str, id: &'static str) -> AnyView {
    let open = move |_| page.act(Action::Chrome(ChromeAction::Open(dialog)));
    view! {
        <button class="button" aria-haspopup="dialog" data-testid=id on:click=open>
            {glyph.view()}<span class="word">{page.say(word)}</span>
        </button>
    }
    .into_any()
}

fn history_buttons(page: Page) -> AnyView {
    let can_undo = page.memo(&[Part::Comparison], |state| state.history().can_undo());
    let can_redo = page.memo(&[Part::Comparison], |state| state.history().can_redo());
    view! {
        <button class="button icon-only" data-testid="undo" disabled=move || !can_undo.get()
            aria-label=page.say(|text| text.shell.undo) title=page.say(|text| text.shell.undo)
            on:click=move |_| page.act(Action::Edit(Edit::Undo))>{Glyph::Undo.view()}</button>
        <button class="button icon-only" data-testid="redo" disabled=move || !can_redo.get()
            aria-label=page.say(|text| text.shell.redo) title=page.say(|text| text.shell.redo)
            on:click=move |_| page.act(Action::Edit(Edit::Redo))>{Glyph::Redo.view()}</button>
    }
    .into_any()
}

fn language_button(page: Page) -> AnyView {
    let language = move || page.text().language;
    let other = move || match language() {
        Language::English => Language::Korean,
        Language::Korean => Language::English,
    };
    view! {
        <button class="button" data-testid="language" lang=move || other().tag()
            on:click=move |_| page.act(Action::Chrome(ChromeAction::Speak(other())))>
            {Glyph::Globe.view()}<span>{page.say(|text| text.shell.other_language)}</span>
        </button>
    }
    .into_any()
}

fn theme_button(page: Page) -> AnyView {
    let is_dark = move || theme::is_dark(page);
    let word = move || if is_dark() { page.text().shell.light } else { page.text().shell.dark };
    let paint = move |_| {
        let theme = if is_dark() { Theme::Light } else { Theme::Dark };
        page.act(Action::Chrome(ChromeAction::Paint(theme)));
    };
    view! {
        <button class="button icon-only" data-testid="theme" aria-label=word title=word on:click=paint>
            {move || if is_dark() { Glyph::Sun.view() } else { Glyph::Moon.view() }}
        </button>
    }
    .into_any()
}
