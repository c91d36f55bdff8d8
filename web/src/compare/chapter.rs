//! The chapter's table: three kinds of use, five axes; in each cell the figure, its word, and whether the chapter says so
//! too.

use super::bounds::Bounds;
use crate::address;
use crate::download::save;
use crate::i18n::{Text, axes, compare as words, outcome};
use crate::page::Page;
use crate::shell::fragment;
use crate::state::compare::{Worded, worded};
use crate::state::{Action, Edit, PageState, Part};
use highwater_charts::{Column, Entry, Reading, Table};
use highwater_experiments::axes::{Axis, CHAPTER, ChapterRow, Class, Estimate, Threshold, Thresholds};
use highwater_model::LaneId;
use leptos::prelude::*;

const PARTS: &[Part] = &[Part::Study, Part::Place];

/// The table.
#[component]
pub fn ChapterTable() -> impl IntoView {
    let page = Page::here();
    let bounds = Bounds::here();
    let agreement = move || {
        let bounds = bounds.now();
        let (agreeing, known) = page.read(PARTS, |state| agreement(state, bounds));
        (page.text().compare.agreeing)(agreeing, known)
    };
    let csv = move |_| save("highwater-chapter.csv", "text/csv", &table(page, bounds).csv());
    let markdown = move |_| save("highwater-chapter.md", "text/markdown", &note(page, bounds));
    view! {
        <section class="panel study" aria-labelledby="chapter-title" data-testid="chapter">
            <div class="panel-head">
                <h2 id="chapter-title">{page.say(|text| text.compare.chapter)}</h2>
                <p class="mute" data-testid="agreeing">{agreement}</p>
            </div>
            <p>{page.say(|text| text.compare.chapter_sentence)}</p>
            <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.compare.chapter)>
                <table class="data chapter">
                    <thead>
                        <tr>
                            <th scope="col">{page.say(|text| text.compare.kind_of_use)}</th>
                            {Axis::ALL.map(|axis| view! {
                                <th scope="col">{move || axes::axis(page.text().language, axis)}
                                    <span class="mute small unit">{move || {
                                        axes::figure(page.text().language, bounds.now().of(axis).figure)
                                    }}</span></th>
                            }).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{(0..CHAPTER.len()).map(|row| line(page, bounds, row)).collect_view()}</tbody>
                </table>
            </div>
            <div class="line wrap exports" role="group" aria-label=page.say(|text| text.tradeoffs.take_away)>
                <span class="mute small">{page.say(|text| text.tradeoffs.take_away)}</span>
                <button class="button small" data-testid="chapter-csv" on:click=csv>"CSV"</button>
                <button class="button small" data-testid="chapter-md" on:click=markdown>"Markdown"</button>
            </div>
        </section>
    }
}

fn line(page: Page, bounds: Bounds, row: usize) -> AnyView {
    let ChapterRow { preset, words } = CHAPTER[row];
    let open = move |lane: LaneId| {
        let edit = Edit::Preset(lane, preset);
        let label = move || (page.text().tradeoffs.open_in)(lane);
        view! {
            <button class="button small" aria-label=label title=label
                on:click=move |_| page.act(Action::Open(edit.clone()))>{format!("{lane:?}")}</button>
        }
    };
    view! {
        <tr>
            <th scope="row">{move || outcome::preset(page.text().language, preset)}
                <span class="line">{LaneId::ALL.map(open).collect_view()}</span></th>
            {Axis::ALL.map(|axis| view! {
                <td data-testid=format!("cell-{}-{axis:?}", preset.name()).to_lowercase()>
                    {move || cell(page, bounds, row, axis, words[axis as usize])}
                </td>
            }).collect_view()}
        </tr>
    }
    .into_any()
}

fn cell(page: Page, bounds: Bounds, row: usize, axis: Axis, chapter: Class) -> AnyView {
    let (text, threshold) = (page.text(), bounds.now().of(axis));
    let Some(estimate) = page.read(PARTS, |state| known(state, row, threshold)) else {
        return view! { <span class="mute">"\u{2026}"</span> }.into_any();
    };
    let agrees = worded(threshold, &estimate).class == chapter;
    let says = if agrees {
        text.compare.agrees.to_owned()
    } else {
        (text.compare.differs)(words::class(text.language, chapter))
    };
    view! {
        <div class="worded" class:differs=!agrees>
            {badge(text, threshold, &estimate)}
            <span class="small mute">{says}</span>
        </div>
    }
    .into_any()
}

fn known(state: &PageState, row: usize, threshold: Threshold) -> Option<Estimate> {
    state.inquiry()?.results().points.get(row)?.figure(threshold.figure)
}

/// A figure with its word, and the word into which its interval reaches.
pub fn badge(text: &Text, threshold: Threshold, estimate: &Estimate) -> AnyView {
    let Worded { class, reaches } = worded(threshold, estimate);
    let reaches = reaches.map(|other| (text.compare.or)(words::class(text.language, other)));
    view! {
        <span class="class">{words::class(text.language, class)}</span>" "
        <span class="mono small">{axes::estimate(threshold.figure, estimate)}</span>
        {reaches.map(|reaches| view! { <span class="small mute">{reaches}</span> })}
    }
    .into_any()
}

/// How many of the known cells have the chapter's word.
fn agreement(state: &PageState, bounds: Thresholds) -> (usize, usize) {
    let cells = CHAPTER.iter().enumerate().flat_map(|(row, chapter)| Axis::ALL.map(|axis| (row, chapter, axis)));
    let known = cells.filter_map(|(row, chapter, axis)| {
        let estimate = known(state, row, bounds.of(axis))?;
        Some(worded(bounds.of(axis), &estimate).class == chapter.words[axis as usize])
    });
    let known: Vec<bool> = known.collect();
    (known.iter().filter(|agrees| **agrees).count(), known.len())
}

/// The table to take away: figure, word and the chapter's word of each cell.
fn table(page: Page, bounds: Bounds) -> Table {
    let (text, bounds) = (page.text(), bounds.now());
    let language = text.language;
    let columns = [text.compare.kind_of_use, text.compare.axis].map(Column::words);
    let figures = [Column::figure(text.compare.figure)];
    let rest = [text.compare.verdict, text.compare.chapter].map(Column::words);
    let row = |row: usize, axis: Axis, state: &PageState| {
        let threshold = bounds.of(axis);
        let estimate = known(state, row, threshold);
        let reading =
            estimate.map(|estimate| Reading { value: estimate.value, low: estimate.low, high: estimate.high });
        let word = estimate.map_or("", |estimate| words::class(language, worded(threshold, &estimate).class));
        vec![
            Entry::Words(outcome::preset(language, CHAPTER[row].preset).to_owned()),
            Entry::Words(format!("{}, {}", axes::axis(language, axis), axes::figure(language, threshold.figure))),
            Entry::of(reading, &|number| axes::value(threshold.figure, number)),
            Entry::Words(word.to_owned()),
            Entry::Words(words::class(language, CHAPTER[row].words[axis as usize]).to_owned()),
        ]
    };
    let rows = page.peek(|state| {
        let cells = (0..CHAPTER.len()).flat_map(|row| Axis::ALL.map(|axis| (row, axis)));
        cells.map(|(number, axis)| row(number, axis, state)).collect()
    });
    Table { columns: columns.into_iter().chain(figures).chain(rest).collect(), rows }
}

fn note(page: Page, bounds: Bounds) -> String {
    let text = page.text();
    let table = table(page, bounds).markdown();
    page.peek(|state| {
        let runs = state.inquiry().map_or_else(String::new, |inquiry| {
            (text.tradeoffs.note_runs)(inquiry.results().probes, inquiry.question().seed)
        });
        let link = address::with_fragment(&fragment(state, state.place()));
        format!("## {}\n\n{table}\n{runs}\n\n<{link}>\n", text.compare.chapter)
    })
}
