//! Above a chart: the setting, how far its study is, and what the figures come to in sentences.

use super::board::{Board, chart};
use super::picture;
use crate::gauge::ChartGauge;
use crate::i18n::settings::sentence;
use crate::i18n::{axes, numbers};
use crate::page::Page;
use crate::shell::LanesLine;
use crate::state::study::{Progress, StudyAction};
use crate::state::tradeoff::shown_figures;
use crate::state::{Action, PageState, Part};
use highwater_experiments::axes::Figure;
use highwater_model::SettingId;
use highwater_model::place::{CHART_VALUES_MAX, Chart, Place};
use leptos::prelude::*;

/// The heading, the values, progress.
#[component]
pub fn Head(setting: SettingId) -> impl IntoView {
    let page = Page::here();
    view! {
        <div class="panel-head">
            <h2 id="chart-title"><code>{setting.name()}</code></h2>
            <Doing/>
        </div>
        <div class="study-facts">
            <p>{move || sentence(page.text().language, setting)}</p>
            <LanesLine/>
            {values(page, setting)}
        </div>
    }
}

/// How far the study is, and the way to stop it or to go on.
#[component]
pub fn Doing() -> impl IntoView {
    let page = Page::here();
    let progress = page.memo(&[Part::Study, Part::Place], |state| state.inquiry().map(|inquiry| inquiry.progress()));
    let gauge = StoredValue::new(ChartGauge::default());
    Effect::new(move || progress.get().into_iter().for_each(|now| gauge.update_value(|gauge| gauge.hear(now))));
    let words = move || {
        let text = &page.text().tradeoffs;
        match progress.get() {
            None => String::new(),
            Some(Progress::First(done, of)) => (text.first)(done, of),
            Some(Progress::Narrowing(done)) => (text.narrowing)(done),
            Some(Progress::Stopped(done)) => (text.stopped)(done),
            Some(Progress::Done(done)) => (text.done)(done),
        }
    };
    let phase = move || match progress.get() {
        None => "none",
        Some(Progress::First(..)) => "first",
        Some(Progress::Narrowing(_)) => "narrowing",
        Some(Progress::Stopped(_)) => "stopped",
        Some(Progress::Done(_)) => "done",
    };
    let share = move || match progress.get() {
        Some(Progress::First(done, of)) => (done, of.max(1)),
        _ => (1, 1),
    };
    let is_under_way = move || matches!(progress.get(), Some(Progress::First(..) | Progress::Narrowing(_)));
    let is_stopped = move || matches!(progress.get(), Some(Progress::Stopped(_)));
    view! {
        <div class="doing-study" data-testid="study-progress" data-phase=phase>
            <progress max=move || share().1 value=move || share().0 aria-label=words></progress>
            <span class="small mute">{words}</span>
            <Show when=is_under_way>
                <button class="button small" data-testid="study-stop"
                    on:click=move |_| page.act(Action::Study(StudyAction::Stop))>{page.say(|text| text.tradeoffs.stop)}</button>
            </Show>
            <Show when=is_stopped>
                <button class="button small" data-testid="study-go-on"
                    on:click=move |_| page.act(Action::Study(StudyAction::GoOn))>{page.say(|text| text.tradeoffs.go_on)}</button>
            </Show>
        </div>
    }
}

/// The values along the chart, which may be others.
fn values(page: Page, setting: SettingId) -> AnyView {
    let shown = page.memo(&[Part::Place, Part::Comparison], |state| {
        let Some(chart) = state.place().chart() else { return String::new() };
        let written = state.values(chart).into_iter().map(|value| chart.setting.write(value));
        written.collect::<Vec<_>>().join(", ")
    });
    let is_own = page.memo(&[Part::Place], |state| state.place().chart().is_some_and(|chart| !chart.values.is_empty()));
    let wrong = RwSignal::new(false);
    let go = move |values: Vec<i64>| {
        wrong.set(false);
        if let Some(chart) = chart(page) {
            page.act(Action::Go(Place::Tradeoffs(Chart { values, ..chart })));
        }
    };
    let choose = move |event| match read(setting, &event_target_value(&event)) {
        Some(values) => go(values),
        None => wrong.set(true),
    };
    view! {
        <label class="chart-values">
            <span>{page.say(|text| text.tradeoffs.values)}</span>
            <input class="input mono" autocomplete="off" spellcheck="false" data-testid="values"
                aria-invalid=move || wrong.get().to_string() prop:value=move || shown.get() on:change=choose/>
            <Show when=move || is_own.get()>
                <button class="button small" data-testid="usual-values" on:click=move |_| go(Vec::new())>
                    {page.say(|text| text.tradeoffs.usual_values)}</button>
            </Show>
        </label>
        <p class="small bad" role="status">{move || wrong.get().then(|| (page.text().tradeoffs.wrong_values)(
            setting, CHART_VALUES_MAX))}</p>
    }
    .into_any()
}

/// Values as they are typed, if each is one of the setting and there are not too many.
fn read(setting: SettingId, typed: &str) -> Option<Vec<i64>> {
    let (min, max) = setting.range();
    let read = |word: &str| setting.read(word).filter(|value| min <= *value && *value <= max);
    // A word may have a comma in it, but no blank.
    let words = typed.split_whitespace().map(|word| word.trim_matches(',')).filter(|word| !word.is_empty());
    let apart = |word: &str| word.split(',').map(read).collect::<Option<Vec<i64>>>();
    let read = |word: &str| read(word).map(|value| vec![value]).or_else(|| apart(word));
    let mut values: Vec<i64> = words.map(read).collect::<Option<Vec<_>>>()?.concat();
    values.sort_unstable();
    values.dedup();
    (values.len() <= CHART_VALUES_MAX).then_some(values)
}

/// What the figures come to.
#[component]
pub fn Sentences() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let parts: &'static [Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];
    let step = move || page.read(parts, |state| board.step.get().or_else(|| state.usual_step(state.inquiry()?)));
    let told = move || {
        let text = page.text();
        page.read(parts, |state| {
            let (chart, inquiry) = (state.place().chart()?, state.inquiry()?);
            Some(picture::sentences(text, state, chart, inquiry, step()?))
        })
    };
    let moves = page.memo(parts, moved);
    let verdict = move || {
        let text = page.text();
        moves.get().map(|figures| match figures.as_slice() {
            [] => text.tradeoffs.moves_none.to_owned(),
            figures => {
                let names = figures.iter().map(|figure| axes::axis(text.language, figure.axis()));
                (text.tradeoffs.moves)(&names.collect::<Vec<_>>().join(", "))
            }
        })
    };
    view! {
        <div class="sentences" data-testid="sentence">
            {move || step().map(|step| step_choice(page, board, step))}
            {move || told().map(|lines| lines.into_iter().map(|line| view! { <p class="say">{line}</p> }).collect_view())}
            <p class="mute" data-testid="moves">{verdict}</p>
        </div>
    }
}

/// The axes that the setting moves, once everything has been asked.
fn moved(state: &PageState) -> Option<Vec<Figure>> {
    let (chart, inquiry) = (state.place().chart()?, state.inquiry()?);
    inquiry.is_whole().then(|| inquiry.moves(&shown_figures(chart)))
}

/// Between which values the sentences speak.
fn step_choice(page: Page, board: Board, (from, to): (usize, usize)) -> AnyView {
    let text = &page.text().tradeoffs;
    let slots = page.peek(|state| {
        let setting = state.place().chart().map(|chart| chart.setting);
        let written = |value: &i64| setting.map_or_else(String::new, |setting| numbers::setting(setting, *value));
        state.inquiry().map_or_else(Vec::new, |inquiry| inquiry.slots().iter().map(written).collect::<Vec<_>>())
    });
    let select = |label: &'static str,
                  id: &'static str,
                  now: usize,
                  set: fn((usize, usize), usize) -> (usize, usize)| {
        let choose = move |event| {
            if let Ok(chosen) = event_target_value(&event).parse() {
                board.step.set(Some(set((from, to), chosen)));
            }
        };
        let options = slots.iter().enumerate().map(|(slot, word)| {
            view! { <option value=slot.to_string() selected=slot == now>{word.clone()}</option> }
        });
        view! { <select class="input step" aria-label=label data-testid=id on:change=choose>{options.collect_view()}</select> }
    };
    view! {
        <p class="step-line">
            <span>{text.from}</span>{select(text.from, "step-from", from, |(_, to), chosen| (chosen, to))}
            <span aria-hidden="true">"\u{2192}"</span>{select(text.to, "step-to", to, |(from, _), chosen| (from, chosen))}
            <span>{text.to_end}</span>
        </p>
    }
    .into_any()
}
