//! An opened point: all its figures, what keeps it from more, and the way into the playground.

use super::board::Board;
use super::picture::lane_names;
use crate::i18n::{Text, axes, numbers};
use crate::page::Page;
use crate::shell::Glyph;
use crate::state::tradeoff::{Spot, figures_of};
use crate::state::{Action, Edit, PageState, Part, Trouble};
use highwater_experiments::axes::{Axis, PointResult};
use highwater_model::LaneId;
use leptos::prelude::*;

/// The card, where a point is open.
#[component]
pub fn Card() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let point = move || {
        let spot = board.open.get()?;
        let point = page.read(&[Part::Study, Part::Place], |state| state.inquiry()?.at(spot).cloned())?;
        Some(card(page, board, spot, &point))
    };
    view! { <div aria-live="polite">{point}</div> }
}

fn card(page: Page, board: Board, spot: Spot, point: &PointResult) -> AnyView {
    let text = page.text();
    let title = page.read(&[Part::Place, Part::Comparison], |state| {
        let setting = state.place().chart().map(|chart| chart.setting);
        let value = setting.zip(point.values.first()).map(|(setting, value)| numbers::setting(setting, *value));
        let lane = lane_names(text, state).get(spot.lane).cloned();
        format!("{} \u{b7} {}", lane.unwrap_or_default(), value.unwrap_or_default())
    });
    let lines = Axis::ALL.map(|axis| axis_lines(text, point, axis)).collect_view();
    view! {
        <section class="point-card" aria-labelledby="point-title" data-testid="point">
            <div class="line">
                <h3 id="point-title" class="mono">{title}</h3>
                <button class="button quiet icon-only small" aria-label=text.shell.close title=text.shell.close
                    on:click=move |_| board.open.set(None)>{Glyph::Close.view()}</button>
            </div>
            {problems(text, point)}
            <dl>{lines}</dl>
            {notes(text, point)}
            <div class="line wrap">
                {LaneId::ALL.map(|lane| open_button(page, lane, spot)).collect_view()}
                {point.worst.is_some().then(|| worst_button(page, spot))}
            </div>
        </section>
    }
    .into_any()
}

fn axis_lines(text: &'static Text, point: &PointResult, axis: Axis) -> AnyView {
    let known = figures_of(axis).filter_map(|figure| Some((figure, point.figure(figure)?)));
    let line = |(figure, estimate)| {
        view! {
            <p><span class="mute">{axes::figure(text.language, figure)}": "</span>
                <span class="mono">{axes::estimate(figure, &estimate)}</span></p>
        }
    };
    view! { <div><dt>{axes::axis(text.language, axis)}</dt><dd>{known.map(line).collect_view()}</dd></div> }.into_any()
}

fn problems(text: &'static Text, point: &PointResult) -> AnyView {
    let lines =
        point.problems.iter().map(|problem| view! { <li>{text.trouble(&Trouble::Impossible(problem.clone()))}</li> });
    view! { <ul class="troubles-list">{lines.collect_view()}</ul> }.into_any()
}

/// The narrowest place, and what had to follow.
fn notes(text: &'static Text, point: &PointResult) -> AnyView {
    let words = &text.tradeoffs;
    let narrow = point.bottleneck.map(|narrow| (words.bottleneck)(axes::bottleneck(text.language, narrow)));
    let followed: Vec<String> = point
        .followed
        .iter()
        .map(|(setting, value)| format!("{}={}", setting.name(), numbers::setting(*setting, *value)))
        .collect();
    let followed = (!followed.is_empty()).then(|| (words.followed)(&followed.join(", ")));
    let lines = narrow.into_iter().chain(followed).map(|line| view! { <p class="small">{line}</p> });
    lines.collect_view().into_any()
}

fn open_button(page: Page, lane: LaneId, spot: Spot) -> AnyView {
    let open = move |_| {
        if let Some(edit) = page.peek(|state| with_point(state, lane, spot)) {
            page.act(Action::Open(edit));
        }
    };
    let id = format!("open-{lane:?}").to_lowercase();
    view! {
        <button class="button" data-testid=id on:click=open>{(page.text().tradeoffs.open_in)(lane)}</button>
    }
    .into_any()
}

/// The comparison with the point's set-up in a lane.
fn with_point(state: &PageState, lane: LaneId, spot: Spot) -> Option<Edit> {
    let question = state.inquiry()?.question();
    let mut comparison = state.comparison().clone();
    comparison.lanes[lane.index()] = question.setup(spot.lane, spot.slot).setup;
    Some(Edit::Load(Box::new(comparison)))
}

/// The run that did most harm, in the lane that it is of.
fn worst_button(page: Page, spot: Spot) -> AnyView {
    let open = move |_| {
        let edit = page.peek(|state| {
            let worst = state.inquiry()?.at(spot)?.worst.clone()?;
            let lane = *state.lanes_asked().get(spot.lane)?;
            Some(Edit::LoadScenario(lane, Box::new(worst)))
        });
        if let Some(edit) = edit {
            page.act(Action::Open(edit));
        }
    };
    view! {
        <button class="button" data-testid="open-worst" on:click=open>{page.text().tradeoffs.open_worst}</button>
    }
    .into_any()
}
