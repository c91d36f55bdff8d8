//! One setting of one lane: a choice or a number, marked where it differs from the preset or cannot be.

use crate::i18n::numbers;
use crate::page::Page;
use crate::shell::{Glyph, LaneTag};
use crate::state::{Action, Edit, PageState, Part, Trouble};
use highwater_model::{LaneId, SettingId};
use leptos::prelude::*;

/// What an input shows.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    /// As written in it.
    text: String,
    /// As read, with a unit; empty where that says nothing new.
    reading: String,
    is_changed: bool,
    is_wrong: bool,
    preset: String,
}

impl Shown {
    fn of(state: &PageState, lane: LaneId, setting: SettingId) -> Self {
        let setup = &state.comparison().lanes[lane.index()];
        let value = setting.get(setup);
        let written = setting.write(value);
        let text = state.history().draft(lane, setting).map_or_else(|| written.clone(), str::to_owned);
        let reading = numbers::setting(setting, value);
        let says_more = reading.chars().any(char::is_alphabetic) && setting.words().is_empty() && text == written;
        Self {
            reading: if says_more { reading } else { String::new() },
            is_changed: state.is_changed(lane, setting),
            is_wrong: state.troubles(lane).iter().filter_map(Trouble::setting).any(|wrong| wrong == setting),
            preset: numbers::setting(setting, setting.get(&setup.base())),
            text,
        }
    }
}

/// The input.
#[component]
pub fn SettingInput(lane: LaneId, setting: SettingId) -> impl IntoView {
    let page = Page::here();
    let shown = page.memo(&[Part::Comparison], move |state| Shown::of(state, lane, setting));
    let label = move || format!("{}, {}", setting.name(), (page.text().shell.lane)(lane));
    let id = match lane {
        LaneId::A => format!("{}-a", setting.name()),
        LaneId::B => format!("{}-b", setting.name()),
    };
    let change = move |event| {
        page.act(Action::Edit(Edit::Type { lane, setting, text: event_target_value(&event) }));
    };
    let text = move || shown.with(|shown| shown.text.clone());
    let is_wrong = move || shown.with(|shown| shown.is_wrong).to_string();
    let input = match setting.words() {
        [] => view! {
            <input class="input mono" type="text" inputmode="numeric" autocomplete="off" spellcheck="false"
                data-testid=id aria-label=label aria-invalid=is_wrong prop:value=text on:change=change/>
        }
        .into_any(),
        words => view! {
            <select class="input mono" data-testid=id aria-label=label aria-invalid=is_wrong prop:value=text
                on:change=change>
                {words.iter().map(|word| view! { <option value=*word>{*word}</option> }).collect_view()}
            </select>
        }
        .into_any(),
    };
    view! {
        <div class="value" class:changed=move || shown.with(|shown| shown.is_changed)>
            <div class="line"><LaneTag lane/>{input}</div>
            <p class="reading mute">{move || shown.with(|shown| shown.reading.clone())}</p>
            {move || shown.with(|shown| shown.is_changed.then(|| changed(page, lane, setting, &shown.preset)))}
        </div>
    }
}

/// The mark of a changed value, and the way back.
fn changed(page: Page, lane: LaneId, setting: SettingId, preset: &str) -> AnyView {
    let text = &page.text().settings;
    let label = format!("{}: {}, {}", text.reset_one, setting.name(), (page.text().shell.lane)(lane));
    view! {
        <p class="changed-mark">
            <span>{format!("{} · {} {preset}", text.changed_mark, text.preset)}</span>
            <button class="button quiet icon-only small" aria-label=label title=text.reset_one
                on:click=move |_| page.act(Action::Edit(Edit::ResetSetting(lane, setting)))>{Glyph::Undo.view()}</button>
        </p>
    }
    .into_any()
}
