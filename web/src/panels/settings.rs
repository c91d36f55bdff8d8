//! The settings of both lanes beside each other: searched, filtered, changed, copied.

use super::setting_input::SettingInput;
use crate::i18n::settings::sentence;
use crate::i18n::{numbers, outcome, troubles};
use crate::page::Page;
use crate::shell::{LaneTag, PriceLink};
use crate::state::catalogue::{Filter, GROUPS};
use crate::state::{Action, Edit, Part};
use highwater_model::presets::Preset;
use highwater_model::settings::Group;
use highwater_model::{Duration, LaneId, Profile, SettingId};
use leptos::prelude::*;

/// The panel.
#[component]
pub fn SettingsPanel() -> impl IntoView {
    let page = Page::here();
    let filter = RwSignal::new(Filter::Differing);
    let search = RwSignal::new(String::new());
    let listed = listed(page, filter, search);
    view! {
        <section class="panel settings" aria-labelledby="settings-title" data-testid="settings">
            <div class="panel-head">
                <h2 id="settings-title">{page.say(|text| text.settings.heading)}</h2>
                {filters(page, filter)}
                <input class="input search" type="search" data-testid="search"
                    placeholder=page.say(|text| text.settings.search) aria-label=page.say(|text| text.settings.search)
                    prop:value=move || search.get() on:input=move |event| search.set(event_target_value(&event))/>
            </div>
            <div class="lanes-head">
                {LaneId::ALL.map(|lane| lane_head(page, lane)).collect_view()}
                {shared(page)}
            </div>
            {GROUPS.map(|group| view! { <SettingGroup group listed/> }).collect_view()}
            <Show when=move || listed.with(Vec::is_empty)>
                <p class="mute none">{page.say(|text| text.settings.none_found)}</p>
            </Show>
        </section>
    }
}

/// A setting that was listed stays while the reader works on it, although it no longer differs; another filter, another
/// search or another comparison starts afresh.
fn listed(page: Page, filter: RwSignal<Filter>, search: RwSignal<String>) -> Memo<Vec<SettingId>> {
    let loads = page.memo(&[Part::Comparison], |state| state.history().loads());
    let question = Memo::new(move |_| (filter.get(), search.get(), loads.get()));
    let stays = StoredValue::new((question.get_untracked(), Vec::<SettingId>::new()));
    Memo::new(move |_| {
        let question = question.get();
        let mut listed = page.read(&[Part::Comparison], |state| state.listed(question.0, &question.1));
        stays.update_value(|(of, kept)| {
            if *of != question {
                (*of, *kept) = (question, Vec::new());
            }
            listed.extend(kept.iter().copied().filter(|setting| !listed.contains(setting)).collect::<Vec<_>>());
            listed.sort_by_key(|setting| GROUPS.iter().position(|group| *group == setting.group()));
            kept.clone_from(&listed);
        });
        listed
    })
}

fn filters(page: Page, filter: RwSignal<Filter>) -> AnyView {
    let button = move |of: Filter, id: &'static str| {
        let word = move || match of {
            Filter::Differing => page.text().settings.differing,
            Filter::Changed => page.text().settings.changed_only,
            Filter::All => page.text().settings.all,
        };
        view! {
            <button class="button" data-testid=id aria-pressed=move || (filter.get() == of).to_string()
                on:click=move |_| filter.set(of)>{word}</button>
        }
    };
    view! {
        <div class="segmented" role="group" aria-label=page.say(|text| text.settings.filter)>
            {button(Filter::Differing, "filter-differing")}
            {button(Filter::Changed, "filter-changed")}
            {button(Filter::All, "filter-all")}
        </div>
    }
    .into_any()
}

/// A lane's preset, how many settings differ from it, and what can be done with all of them.
fn lane_head(page: Page, lane: LaneId) -> AnyView {
    let preset = page.memo(&[Part::Comparison], move |state| state.comparison().lanes[lane.index()].preset);
    let changed = page.memo(&[Part::Comparison], move |state| state.changed_count(lane));
    let choose = move |event| {
        if let Some(preset) = Preset::by_name(&event_target_value(&event)) {
            page.act(Action::Edit(Edit::Preset(lane, preset)));
        }
    };
    let label = move || format!("{}: {}", (page.text().shell.lane)(lane), page.text().settings.preset_choice);
    let options = move || {
        let language = page.text().language;
        let option =
            |preset: Preset| view! { <option value=preset.name()>{outcome::preset(language, preset)}</option> };
        Preset::ALL.map(option).collect_view()
    };
    let copy = move || match lane {
        LaneId::A => page.text().settings.copy_a_to_b,
        LaneId::B => page.text().settings.copy_b_to_a,
    };
    let (copy_id, reset_id, preset_id) = match lane {
        LaneId::A => ("copy-a", "reset-a", "preset-a"),
        LaneId::B => ("copy-b", "reset-b", "preset-b"),
    };
    view! {
        <div class="lane-setup">
            <LaneTag lane/>
            <select class="input" data-testid=preset_id aria-label=label
                prop:value=move || { page.text(); preset.get().name() } on:change=choose>{options}</select>
            {profile_choice(page, lane)}
            <span class="mute small">{move || (page.text().settings.changed)(changed.get())}</span>
            <button class="button small" data-testid=reset_id disabled=move || changed.get() == 0
                on:click=move |_| page.act(Action::Edit(Edit::Preset(lane, preset.get_untracked())))>
                {page.say(|text| text.settings.reset_all)}</button>
            <button class="button small" data-testid=copy_id
                on:click=move |_| page.act(Action::Edit(Edit::CopyFrom(lane)))>{copy}</button>
        </div>
    }
    .into_any()
}

/// The release that a lane is of.
fn profile_choice(page: Page, lane: LaneId) -> AnyView {
    let profile = page.memo(&[Part::Comparison], move |state| state.comparison().lanes[lane.index()].profile);
    let choose = move |event| {
        if let Some(profile) = Profile::by_name(&event_target_value(&event)) {
            page.act(Action::Edit(Edit::Profile(lane, profile)));
        }
    };
    let label = move || format!("{}: {}", (page.text().shell.lane)(lane), page.text().settings.profile_choice);
    let option =
        |profile: Profile| view! { <option value=profile.name()>{format!("Kafka {}", profile.name())}</option> };
    let id = match lane {
        LaneId::A => "profile-a",
        LaneId::B => "profile-b",
    };
    view! {
        <select class="input" data-testid=id aria-label=label title=page.say(|text| text.settings.profile_sentence)
            prop:value=move || profile.get().name() on:change=choose>
            {Profile::ALL.into_iter().rev().map(option).collect_view()}
        </select>
    }
    .into_any()
}

/// Seed and length, which both lanes share.
fn shared(page: Page) -> AnyView {
    let seed = page.memo(&[Part::Comparison], |state| state.comparison().seed);
    let seconds = page.memo(&[Part::Comparison], |state| state.comparison().duration.as_secs_f64());
    let set_seed = move |event| {
        if let Ok(seed) = event_target_value(&event).trim().parse() {
            page.act(Action::Edit(Edit::Seed(seed)));
        }
    };
    let set_seconds = move |event| {
        let typed = event_target_value(&event).trim().parse::<f64>();
        let ms = typed.ok().filter(|seconds| seconds.is_finite() && 0.0 < *seconds).map(|seconds| seconds * 1_000.0);
        if let Some(ms) = ms {
            page.act(Action::Edit(Edit::Duration(Duration::from_millis(ms as u64))));
        }
    };
    view! {
        <div class="shared">
            <label>
                <span>{page.say(|text| text.settings.seed)}</span>
                <input class="input" inputmode="numeric" data-testid="seed" title=page.say(|text| text.settings.seed_sentence)
                    prop:value=move || seed.get().to_string() on:change=set_seed/>
            </label>
            <label>
                <span>{page.say(|text| text.settings.duration)}</span>
                <input class="input" inputmode="decimal" data-testid="duration"
                    title=page.say(|text| text.settings.duration_sentence)
                    prop:value=move || seconds.get().to_string() on:change=set_seconds/>
            </label>
        </div>
    }
    .into_any()
}

/// The listed settings of a group.
#[component]
fn SettingGroup(group: Group, listed: Memo<Vec<SettingId>>) -> impl IntoView {
    let page = Page::here();
    let mine = Memo::new(move |_| {
        listed.with(|listed| listed.iter().copied().filter(|id| id.group() == group).collect::<Vec<_>>())
    });
    view! {
        <Show when=move || !mine.with(Vec::is_empty)>
            <details class="group" open>
                <summary>
                    <h3>{move || (page.text().settings.group)(group)}</h3>
                    <span class="mute">{move || mine.with(Vec::len)}</span>
                </summary>
                <div class="rows">
                    <For each=move || mine.get() key=|setting| *setting let:setting>
                        {row(page, setting)}
                    </For>
                </div>
            </details>
        </Show>
    }
}

fn row(page: Page, setting: SettingId) -> AnyView {
    let name = setting.name();
    let sentence = move || sentence(page.text().language, setting);
    let defaults = page.memo(&[Part::Comparison], move |state| {
        state.comparison().lanes.each_ref().map(|setup| setup.profile.default_of(setting))
    });
    let facts = move || {
        let text = &page.text().settings;
        let (min, max) = setting.range();
        let [a, b] = defaults.get().map(|default| numbers::setting(setting, default));
        let default = if a == b { a } else { format!("A {a}, B {b}") };
        format!("{} {default} · {} {}", text.default, text.range, troubles::span(setting, min, max))
    };
    view! {
        <fieldset class="setting" data-setting=name>
            <legend class="hidden">{name}</legend>
            <div class="about">
                <code>{name}</code>
                <p>{sentence}</p>
                <p class="facts mute">{facts}" \u{b7} "<PriceLink setting/></p>
            </div>
            {LaneId::ALL.map(|lane| view! { <SettingInput lane setting/> }).collect_view()}
        </fieldset>
    }
    .into_any()
}
