//! In which settings the lanes differ; each leads to what it costs.

use crate::i18n::numbers;
use crate::page::Page;
use crate::shell::{LaneTag, PriceLink};
use crate::state::Part;
use crate::state::catalogue::Filter;
use highwater_model::{LaneId, SettingId};
use leptos::prelude::*;

/// The table.
#[component]
pub fn Differences() -> impl IntoView {
    let page = Page::here();
    let differing = page.memo(&[Part::Comparison], |state| state.listed(Filter::Differing, ""));
    view! {
        <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.settings.differing)>
            <table class="data">
                <caption>{page.say(|text| text.settings.differing)}</caption>
                <thead>
                    <tr>
                        <th scope="col">{page.say(|text| text.settings.heading)}</th>
                        {LaneId::ALL.map(|lane| view! {
                            <th scope="col"><LaneTag lane/>
                                <span class="hidden">{move || (page.text().shell.lane)(lane)}</span></th>
                        }).collect_view()}
                        <th scope="col"><span class="hidden">{page.say(|text| text.shell.what_does_it_cost)}</span></th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || differing.get() key=|setting| *setting let:setting>{row(page, setting)}</For>
                </tbody>
            </table>
        </div>
    }
}

fn row(page: Page, setting: SettingId) -> AnyView {
    let value = move |lane: LaneId| {
        page.read(&[Part::Comparison], |state| {
            numbers::setting(setting, setting.get(&state.comparison().lanes[lane.index()]))
        })
    };
    view! {
        <tr>
            <th scope="row"><code>{setting.name()}</code></th>
            {LaneId::ALL.map(|lane| view! { <td class="mono">{move || value(lane)}</td> }).collect_view()}
            <td><PriceLink setting/></td>
        </tr>
    }
    .into_any()
}
