//! The one dialog over the page, and what is in it. The element stays in the document, so that the browser gives the
//! focus back to where it was.

use super::glyph::Glyph;
use super::keys::KeysDialog;
use crate::page::Page;
use crate::panels::{FaultDialog, FilesDialog, ShareDialog, SituationsDialog};
use crate::state::{Action, ChromeAction, Dialog, Part};
use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// The dialog's place.
#[component]
pub fn DialogHost() -> impl IntoView {
    let page = Page::here();
    let host = NodeRef::<html::Dialog>::new();
    let open = page.memo(&[Part::Chrome], |state| state.chrome().dialog);
    Effect::new(move |_| {
        let is_wanted = open.get().is_some();
        let Some(dialog) = host.get() else { return };
        // In the next frame the content is there, and the browser can focus its first control.
        request_animation_frame(move || match (is_wanted, dialog.open()) {
            // A browser without modal dialogs shows it in its place.
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => (),
        });
    });
    let close = move || page.act(Action::Chrome(ChromeAction::Close));
    let on_click = move |event: MouseEvent| {
        // A click on the element itself, and not on its content, is one on the backdrop.
        let is_backdrop = event.target().is_some_and(|target| target.has_type::<web_sys::HtmlDialogElement>());
        if is_backdrop {
            close();
        }
    };
    view! {
        <dialog class="dialog" node_ref=host aria-labelledby="dialog-title" data-testid="dialog"
            on:close=move |_| close() on:click=on_click>
            {move || open.get().map(content)}
        </dialog>
    }
}

fn content(dialog: Dialog) -> AnyView {
    let body = match dialog {
        Dialog::Share => view! { <ShareDialog/> }.into_any(),
        Dialog::Situations => view! { <SituationsDialog/> }.into_any(),
        Dialog::Keys => view! { <KeysDialog/> }.into_any(),
        Dialog::Files => view! { <FilesDialog/> }.into_any(),
        Dialog::Fault(index) => view! { <FaultDialog index/> }.into_any(),
    };
    view! { <div class="dialog-body">{body}</div> }.into_any()
}

/// A dialog's title, and the button that closes it.
#[component]
pub fn DialogHead(#[prop(into)] title: Signal<String>) -> impl IntoView {
    let page = Page::here();
    let word = page.say(|text| text.shell.close);
    view! {
        <div class="dialog-head">
            <h2 id="dialog-title">{move || title.get()}</h2>
            <button class="button quiet icon-only" data-testid="close" aria-label=word title=word
                on:click=move |_| page.act(Action::Chrome(ChromeAction::Close))>{Glyph::Close.view()}</button>
        </div>
    }
}
