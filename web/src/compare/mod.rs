//! Lane A against lane B on the five axes, every configuration that was tried, and the chapter's table, computed.

mod bounds;
mod chapter;
mod differences;
mod spread;
mod tried;
mod verdict;

use crate::i18n::Text;
use crate::page::Page;
use crate::shell::{LanesLine, follow_link, fragment};
use crate::state::Part;
use crate::tradeoffs::{Assumptions, Doing, rest_when_hidden};
use bounds::{Bounds, BoundsPanel};
use chapter::ChapterTable;
use differences::Differences;
use highwater_model::place::Place;
use leptos::prelude::*;
use spread::{LatencySpread, LossSpread};
use tried::TriedPanel;
use verdict::VerdictPanel;

/// The place.
#[component]
pub fn Compare() -> impl IntoView {
    let page = Page::here();
    rest_when_hidden(page);
    provide_context(Bounds::stated());
    let is_chapter = page.memo(&[Part::Place], |state| *state.place() == Place::Chapter);
    view! {
        <div class="place compare" data-testid="compare">
            <section class="panel study" aria-labelledby="compare-title">
                <div class="panel-head">
                    <h2 id="compare-title">{page.say(|text| text.shell.compare)}</h2>
                    <Views/>
                    <Doing/>
                </div>
                <Show when=move || !is_chapter.get()><LanesLine/></Show>
            </section>
            <Show when=move || is_chapter.get()><ChapterTable/></Show>
            <Show when=move || !is_chapter.get()><VerdictPanel/></Show>
            <BoundsPanel/>
            <div class="two">
                <TriedPanel/>
                <Show when=move || !is_chapter.get()><LatencySpread/></Show>
            </div>
            <Show when=move || !is_chapter.get()>
                <div class="two"><LossSpread/><section class="panel"><Differences/></section></div>
            </Show>
            <Assumptions/>
        </div>
    }
}

/// The way between the lanes and the chapter's table.
#[component]
fn Views() -> impl IntoView {
    let page = Page::here();
    let entry = move |place: Place, id: &'static str, word: fn(&Text) -> &'static str| {
        let (href_place, here_place, go_place) = (place.clone(), place.clone(), place);
        let href = move || page.read(&[Part::Place, Part::Comparison], |state| fragment(state, &href_place));
        let is_here = page.memo(&[Part::Place], move |state| *state.place() == here_place);
        view! {
            <a href=href data-testid=id aria-current=move || is_here.get().then_some("page")
                on:click=move |event| { let place = go_place.clone(); follow_link(page, &event, |_| place) }>
                {page.say(word)}</a>
        }
    };
    view! {
        <nav class="places" aria-label=page.say(|text| text.compare.views)>
            {entry(Place::Compare, "view-lanes", |text| text.compare.lanes)}
            {entry(Place::Chapter, "view-chapter", |text| text.compare.chapter)}
        </nav>
    }
}
