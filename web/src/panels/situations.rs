//! The situations of the chapter, one click each.

use crate::i18n::situations::{section, words};
use crate::page::Page;
use crate::shell::DialogHead;
use crate::state::situations::{Section, Situation};
use crate::state::{Action, ChromeAction, Edit, Part};
use leptos::prelude::*;

/// The dialog's content.
#[component]
pub fn SituationsDialog() -> impl IntoView {
    let page = Page::here();
    let sections = move || Section::ALL.map(|of| one_section(page, of)).collect_view();
    view! {
        <DialogHead title=Signal::derive(move || page.text().shell.situations.to_owned())/>
        <p class="mute">{page.say(|text| text.shell.situations_sentence)}</p>
        <div class="situations">{sections}</div>
    }
}

/// What to look for in the situation that is on the desk, while it is unchanged.
#[component]
pub fn SituationLine() -> impl IntoView {
    let page = Page::here();
    let situation = page.memo(&[Part::Comparison], |state| Situation::of(state.comparison()));
    view! {
        <div class="situation" data-testid="situation">
            {move || {
                let text = page.text();
                let (title, sentence) = situation
                    .get()
                    .map_or(("", text.shell.own_comparison), |situation| words(text.language, situation));
                view! { <p><strong>{title}</strong>" "<span class="mute">{sentence}</span></p> }
            }}
        </div>
    }
}

fn one_section(page: Page, of: Section) -> AnyView {
    let language = page.text().language;
    let mine = Situation::ALL.into_iter().filter(|situation| situation.section() == of);
    let card = |situation: Situation| {
        let (title, sentence) = words(language, situation);
        let load = move |_| {
            page.act(Action::Edit(Edit::Load(Box::new(situation.comparison()))));
            page.act(Action::Chrome(ChromeAction::Close));
        };
        view! {
            <li>
                <button class="card" data-situation=format!("{situation:?}") on:click=load>
                    <strong>{title}</strong>
                    <span>{sentence}</span>
                </button>
            </li>
        }
    };
    view! {
        <section>
            <h3>{section(language, of)}</h3>
            <ul>{mine.map(card).collect_view()}</ul>
        </section>
    }
    .into_any()
}
