//! A lane: its name, what came of it in a sentence, what is wrong with it; stage and ledger below.

use super::glyph::Glyph;
use crate::i18n::outcome;
use crate::ledger::LedgerPanel;
use crate::page::Page;
use crate::stage::StagePanel;
use crate::state::{Action, PageState, Part};
use highwater_model::{Instant, LaneId, SettingId};
use leptos::prelude::*;

/// A lane's letter in its colour.
#[component]
pub fn LaneTag(lane: LaneId) -> impl IntoView {
    let class = match lane {
        LaneId::A => "tag a",
        LaneId::B => "tag b",
    };
    view! { <span class=class aria-hidden="true">{format!("{lane:?}")}</span> }
}

/// Both lanes in a line: their names and what says most about them.
#[component]
pub fn LanesLine() -> impl IntoView {
    let page = Page::here();
    let one = move |lane: LaneId| {
        let traits = page.memo(&[Part::Comparison], move |state| traits(state, lane));
        view! {
            <p class="lane-line">
                <LaneTag lane/>
                <span class="hidden">{move || (page.text().shell.lane)(lane)}": "</span>
                <strong>{move || name(page, lane)}</strong>
                <span class="traits mono mute">{move || traits.get()}</span>
            </p>
        }
    };
    view! { <div class="lanes-line">{LaneId::ALL.map(one).collect_view()}</div> }
}

/// A lane's preset, as it is called.
fn name(page: Page, lane: LaneId) -> &'static str {
    let preset = page.read(&[Part::Comparison], |state| state.comparison().lanes[lane.index()].preset);
    outcome::preset(page.text().language, preset)
}

/// A lane.
#[component]
pub fn Lane(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let parts: &'static [Part] = match lane {
        LaneId::A => &[Part::Comparison, Part::Lane(LaneId::A)],
        LaneId::B => &[Part::Comparison, Part::Lane(LaneId::B)],
    };
    let name = move || name(page, lane);
    let traits = page.memo(&[Part::Comparison], move |state| traits(state, lane));
    let id = match lane {
        LaneId::A => "lane-a",
        LaneId::B => "lane-b",
    };
    view! {
        <section class="panel lane" aria-labelledby=id data-testid=id>
            <div class="lane-head">
                <h2 id=id>
                    <LaneTag lane/>
                    <span class="hidden">{move || (page.text().shell.lane)(lane)}": "</span>
                    {name}
                </h2>
                <p class="traits mono mute">{move || traits.get()}</p>
            </div>
            <Headline lane parts/>
            <Troubles lane parts/>
            <StagePanel lane/>
            <LedgerPanel lane/>
        </section>
    }
}

/// The settings that say most about a lane, as `acks=all · RF 3`.
fn traits(state: &PageState, lane: LaneId) -> String {
    let setup = &state.comparison().lanes[lane.index()];
    let written = |setting: SettingId| setting.write(setting.get(setup));
    let mut traits = vec![
        format!("acks={}", written(SettingId::Acks)),
        format!("RF {}", written(SettingId::ReplicationFactor)),
        format!("min.insync {}", written(SettingId::MinIsr)),
    ];
    if setup.producer.enable_idempotence {
        traits.push("idempotent".to_owned());
    }
    if setup.topic.unclean_leader_election_enable {
        traits.push("unclean election".to_owned());
    }
    traits.join(" · ")
}

/// What came of the run, and how far a newer one is.
#[component]
fn Headline(lane: LaneId, parts: &'static [Part]) -> impl IntoView {
    let page = Page::here();
    let sentence = move || {
        let text = page.text();
        page.read(parts, |state| {
            let lane = state.lane(lane);
            let setup = lane.started().map(|scenario| &scenario.setup);
            match (lane.summary(), setup) {
                (Some(summary), Some(setup)) => outcome::sentence(text.language, setup, summary),
                _ => text.shell.first_run.to_owned(),
            }
        })
    };
    let is_final = page.memo(parts, move |state| {
        let lane = state.lane(lane);
        lane.is_current() && lane.summary().is_some_and(|summary| summary.finished)
    });
    let is_stale =
        page.memo(parts, move |state| state.lane(lane).summary().is_some() && !state.lane(lane).is_current());
    let fingerprint = move || {
        page.read(parts, |state| state.lane(lane).summary().map(|summary| format!("{:016x}", summary.fingerprint)))
    };
    // Said once when it is final: figures on their way would be noise to those who listen.
    let said = move || if is_final.get() { sentence() } else { String::new() };
    view! {
        <div class="headline" class:stale=move || is_stale.get() data-final=move || is_final.get().to_string()
            data-fingerprint=fingerprint data-testid="headline">
            <p>{sentence}</p>
            <p class="hidden" aria-live="polite">{said}</p>
            {move || is_stale.get().then(|| view! { <p class="note mute">{page.text().shell.stale}</p> })}
        </div>
        <Progress lane parts/>
    }
}

/// A run under way, from the moment on at which the reader would wonder.
#[component]
fn Progress(lane: LaneId, parts: &'static [Part]) -> impl IntoView {
    let page = Page::here();
    let is_running = page.memo(parts, move |state| state.lane(lane).progress().is_some());
    let ms = move || page.read(parts, |state| state.lane(lane).progress().unwrap_or_default().as_millis());
    let end_ms = move || page.read(parts, |state| state.end().as_millis());
    let label = move || {
        let (now, end) = page.read(parts, |state| (state.lane(lane).progress().unwrap_or_default(), state.end()));
        (page.text().shell.running)(now.since(Instant::ZERO), end.since(Instant::ZERO))
    };
    view! {
        <div class="progress" class:running=move || is_running.get() data-testid="progress">
            <progress max=end_ms value=ms aria-label=label></progress>
            <Show when=move || is_running.get()>
                <button class="button quiet small" data-testid="cancel" on:click=move |_| page.act(Action::CancelRun(lane))>
                    {page.say(|text| text.shell.cancel)}
                </button>
            </Show>
        </div>
    }
}

/// Everything that keeps the lane from running.
#[component]
fn Troubles(lane: LaneId, parts: &'static [Part]) -> impl IntoView {
    let page = Page::here();
    let lines = move || {
        let text = page.text();
        page.read(parts, |state| state.troubles(lane).iter().map(|trouble| text.trouble(trouble)).collect::<Vec<_>>())
    };
    view! {
        <div class="troubles" role="status" data-testid="troubles">
            {move || {
                let lines = lines();
                (!lines.is_empty()).then(|| view! {
                    <p class="bad">{Glyph::Warning.view()}{(page.text().shell.troubles)(lines.len())}</p>
                    <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
                })
            }}
        </div>
    }
}
