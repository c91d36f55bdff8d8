//! Which setting is looked at: all of the catalogue, those that are asked about most at the top.

use crate::i18n::Text;
use crate::page::Page;
use crate::shell::{follow_link, fragment};
use crate::state::Part;
use crate::state::catalogue::{ASKED_MOST, Filter, GROUPS};
use highwater_charts::sparkline;
use highwater_model::SettingId;
use highwater_model::place::{Chart, Place};
use highwater_model::settings::Group;
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// The list, and the box that searches it.
#[component]
pub fn Picker() -> impl IntoView {
    let page = Page::here();
    let search = RwSignal::new(String::new());
    // On a narrow screen the list would push the chart away: it opens on demand.
    let is_open = RwSignal::new(false);
    let list = NodeRef::<html::Div>::new();
    let found = Memo::new(move |_| page.peek(|state| state.listed(Filter::All, &search.get())));
    view! {
        <section class="panel picker" class:open=move || is_open.get() aria-labelledby="picker-title" data-testid="picker">
            <div class="panel-head">
                <h2 id="picker-title">{page.say(|text| text.tradeoffs.pick)}</h2>
                <button class="button small picker-toggle" data-testid="picker-toggle"
                    aria-expanded=move || is_open.get().to_string() on:click=move |_| is_open.update(|open| *open = !*open)>
                    {page.say(|text| text.tradeoffs.all_settings)}</button>
                <input class="input search" type="search" data-testid="pick-search"
                    placeholder=page.say(|text| text.settings.search) aria-label=page.say(|text| text.settings.search)
                    prop:value=move || search.get()
                    on:input=move |event| { search.set(event_target_value(&event)); is_open.set(true); }/>
            </div>
            <div class="picker-list" node_ref=list on:keydown=move |event| move_focus(list, &event)>
                <Show when=move || search.with(|words| words.trim().is_empty())>
                    {group(page, |text| text.tradeoffs.asked_most, Signal::stored(ASKED_MOST.to_vec()), is_open)}
                </Show>
                {GROUPS.map(|of| {
                    let mine = move || found.with(|found| of_group(found, of));
                    group(page, group_word(of), Signal::derive(mine), is_open)
                }).collect_view()}
                <Show when=move || found.with(Vec::is_empty)>
                    <p class="mute none">{page.say(|text| text.settings.none_found)}</p>
                </Show>
            </div>
        </section>
    }
}

fn of_group(found: &[SettingId], group: Group) -> Vec<SettingId> {
    found.iter().copied().filter(|setting| setting.group() == group).collect()
}

fn group_word(group: Group) -> impl Fn(&Text) -> &'static str + Copy + Send + Sync + 'static {
    move |text| (text.settings.group)(group)
}

fn group(
    page: Page,
    word: impl Fn(&Text) -> &'static str + Copy + Send + Sync + 'static,
    settings: Signal<Vec<SettingId>>,
    is_open: RwSignal<bool>,
) -> AnyView {
    view! {
        <Show when=move || settings.with(|settings| !settings.is_empty())>
            <h3>{move || word(page.text())}</h3>
            <ul>
                <For each=move || settings.get() key=|setting| *setting let:setting>
                    <li>{entry(page, setting, is_open)}</li>
                </For>
            </ul>
        </Show>
    }
    .into_any()
}

fn entry(page: Page, setting: SettingId, is_open: RwSignal<bool>) -> AnyView {
    let place = move || Place::Tradeoffs(Chart::of(setting));
    let href = move || page.read(&[Part::Comparison], |state| fragment(state, &place()));
    let is_here =
        page.memo(&[Part::Place], move |state| state.place().chart().is_some_and(|chart| chart.setting == setting));
    let go = move |event| {
        is_open.set(false);
        follow_link(page, &event, |_| place());
    };
    view! {
        <a href=href data-pick=setting.name() aria-current=move || is_here.get().then_some("true") on:click=go>
            <span>{setting.name()}</span>
            {known(page, setting)}
        </a>
    }
    .into_any()
}

/// What is known of a setting already: how its first axis goes, or that it moves none.
#[derive(Clone, PartialEq)]
enum Known {
    Nothing,
    Still,
    Course(String),
}

fn known(page: Page, setting: SettingId) -> AnyView {
    let known = page.memo(&[Part::Study, Part::Comparison], move |state| {
        let inquiry = state.known_chart(setting);
        match inquiry.and_then(|inquiry| Some((inquiry, inquiry.moved()?))) {
            None => Known::Nothing,
            Some((_, [])) => Known::Still,
            Some((inquiry, [figure, ..])) => {
                let course = |lane| inquiry.course(lane, *figure).into_iter().map(|known| Some(known?.value)).collect();
                let lanes: Vec<Vec<Option<f64>>> = (0..inquiry.question().lanes.len()).map(course).collect();
                Known::Course(sparkline("", &lanes))
            }
        }
    });
    let view = move || match known.get() {
        Known::Nothing => ().into_any(),
        Known::Still => view! { <span class="still">{page.text().tradeoffs.still}</span> }.into_any(),
        Known::Course(svg) => view! { <span class="sparkline" aria-hidden="true" inner_html=svg></span> }.into_any(),
    };
    view.into_any()
}

/// Arrows move along the list: there are more settings than anybody wants to press Tab for.
fn move_focus(list: NodeRef<html::Div>, event: &KeyboardEvent) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Some(links) = list.get().and_then(|list| list.query_selector_all("a").ok()) else { return };
    let focused = document().active_element();
    let at = (0..links.length()).find(|index| {
        let link = links.item(*index).and_then(|node| node.dyn_into::<web_sys::Element>().ok());
        link.is_some() && link == focused
    });
    let Some(at) = at else { return };
    let next = links.item((i64::from(at) + step).clamp(0, i64::from(links.length()) - 1) as u32);
    if let Some(next) = next.and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok()) {
        event.prevent_default();
        // A link can always be focused.
        _ = next.focus();
    }
}
