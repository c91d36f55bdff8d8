//! What the figures assume: how often a year brings what, and what things cost; with sources, and to be changed.

use crate::i18n::tradeoffs as words;
use crate::page::Page;
use crate::state::study::{Price, StudyAction};
use crate::state::{Action, Part};
use highwater_experiments::axes::{Incident, Source};
use highwater_model::Duration;
use leptos::prelude::*;

/// Both lists.
#[component]
pub fn Assumptions() -> impl IntoView {
    let page = Page::here();
    let is_as_stated = page.memo(&[Part::Study], |state| state.studies().are_as_stated());
    view! {
        <details class="panel group assumptions" data-testid="assumptions">
            <summary data-testid="assumptions-open">
                <h2>{page.say(|text| text.tradeoffs.assumptions)}</h2>
                <span class="mute small">{move || {
                    let text = &page.text().tradeoffs;
                    if is_as_stated.get() { text.as_stated } else { text.not_as_stated }
                }}</span>
            </summary>
            <div class="assumed">
                <p>{page.say(|text| text.tradeoffs.assumptions_sentence)}</p>
                <button class="button small" data-testid="as-stated" disabled=move || is_as_stated.get()
                    on:click=move |_| page.act(Action::Study(StudyAction::AsStated))>
                    {page.say(|text| text.tradeoffs.back_to_stated)}</button>
            </div>
            <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.tradeoffs.rates)>{rates(page)}</div>
            <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.tradeoffs.prices)>{prices(page)}</div>
        </details>
    }
}

fn rates(page: Page) -> AnyView {
    view! {
        <table class="data">
            <caption>{page.say(|text| text.tradeoffs.rates)}</caption>
            <thead>
                <tr>
                    <th scope="col">{page.say(|text| text.tradeoffs.incident)}</th>
                    <th scope="col">{page.say(|text| text.tradeoffs.a_year)}</th>
                    <th scope="col">{page.say(|text| text.tradeoffs.lasts)}</th>
                    <th scope="col">{page.say(|text| text.tradeoffs.source)}</th>
                </tr>
            </thead>
            <tbody>{Incident::ALL.iter().map(|incident| rate(page, *incident)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn rate(page: Page, incident: Incident) -> AnyView {
    let now = page.memo(&[Part::Study], move |state| {
        let rate = state.studies().mix().rate(incident);
        rate.map_or((0.0, Duration::ZERO), |rate| (rate.a_year, rate.lasts))
    });
    let name = move || words::incident(page.text().language, incident);
    let per = move || words::per(page.text().language, incident.per());
    let set = move |a_year| page.act(Action::Study(StudyAction::Rate(incident, a_year)));
    let id = format!("rate-{}", incident.name());
    view! {
        <tr>
            <th scope="row">{name}<span class="mute small">{move || format!(" \u{b7} {}", per())}</span></th>
            <td>{number(id, Signal::derive(move || name().to_owned()), Signal::derive(move || now.get().0), 10_000.0, set)}</td>
            <td class="mono">{move || crate::i18n::numbers::duration(now.get().1)}</td>
            <td>{source(incident.source())}</td>
        </tr>
    }
    .into_any()
}

fn prices(page: Page) -> AnyView {
    view! {
        <table class="data">
            <caption>{page.say(|text| text.tradeoffs.prices)}</caption>
            <thead>
                <tr>
                    <th scope="col">{page.say(|text| text.tradeoffs.price)}</th>
                    <th scope="col">{page.say(|text| text.tradeoffs.dollars)}</th>
                    <th scope="col">{page.say(|text| text.tradeoffs.source)}</th>
                </tr>
            </thead>
            <tbody>{Price::ALL.map(|price| one_price(page, price)).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

fn one_price(page: Page, price: Price) -> AnyView {
    let now = page.memo(&[Part::Study], move |state| price.dollars(state.studies().prices()));
    let name = move || words::price(page.text().language, price);
    let set = move |dollars| page.act(Action::Study(StudyAction::Price(price, dollars)));
    let id = format!("price-{price:?}").to_lowercase();
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{number(id, Signal::derive(move || name().to_owned()), Signal::derive(move || now.get()), 1e6, set)}</td>
            <td>{source(price.source())}</td>
        </tr>
    }
    .into_any()
}

/// A number that may be another, not below zero.
fn number(
    id: String,
    label: Signal<String>,
    now: Signal<f64>,
    max: f64,
    set: impl Fn(f64) + Copy + 'static,
) -> AnyView {
    let wrong = RwSignal::new(false);
    let change = move |event| {
        let typed = event_target_value(&event).trim().parse::<f64>().ok();
        let number = typed.filter(|number| (0.0..=max).contains(number));
        wrong.set(number.is_none());
        number.into_iter().for_each(set);
    };
    view! {
        <input class="input mono" inputmode="decimal" data-testid=id aria-label=move || label.get()
            aria-invalid=move || wrong.get().to_string() prop:value=move || now.get().to_string() on:change=change/>
    }
    .into_any()
}

/// Who says so, how much that is worth, and when it was read. Sources are quoted in their own language.
fn source(source: Source) -> AnyView {
    view! {
        <span lang="en">{source.says}</span>
        <span class="mute small">{format!(" ({}, {})", source.grade.name(), source.read)}</span>
    }
    .into_any()
}
