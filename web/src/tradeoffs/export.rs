//! A chart to take away: as a picture, as a table, as a note with its link.

use super::board::{Board, chart};
use super::picture;
use crate::address;
use crate::download::{save, save_png};
use crate::page::Page;
use crate::panels::configuration;
use crate::shell::{fragment, is_dark};
use highwater_charts::Theme;
use highwater_model::LaneId;
use leptos::prelude::*;

/// The buttons.
#[component]
pub fn Exports() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let name = move |end: &str| {
        let setting = chart(page).map_or("chart", |chart| chart.setting.name());
        format!("highwater-{setting}.{end}")
    };
    let picture = move || {
        let theme = if untrack(|| is_dark(page)) { Theme::Dark } else { Theme::Light };
        board.picture_now().map(|picture| (picture.chart.stand_alone(theme), picture))
    };
    let svg = move |_| _ = picture().map(|(svg, _)| save(&name("svg"), "image/svg+xml", &svg));
    let png = move |_| {
        _ = picture().map(|(svg, drawn)| save_png(name("png"), &svg, (drawn.chart.width_px, drawn.chart.height_px)));
    };
    let csv = move |_| _ = board.picture_now().map(|drawn| save(&name("csv"), "text/csv", &drawn.table.csv()));
    let markdown = move |_| _ = note(page, board).map(|note| save(&name("md"), "text/markdown", &note));
    view! {
        <div class="line wrap exports" role="group" aria-label=page.say(|text| text.tradeoffs.take_away)>
            <span class="mute small">{page.say(|text| text.tradeoffs.take_away)}</span>
            <button class="button small" data-testid="export-svg" on:click=svg>"SVG"</button>
            <button class="button small" data-testid="export-png" on:click=png>"PNG"</button>
            <button class="button small" data-testid="export-csv" on:click=csv>"CSV"</button>
            <button class="button small" data-testid="export-md" on:click=markdown>"Markdown"</button>
        </div>
    }
}

/// A note: what it is, what it comes to, the figures, the settings, and the link that computes it again.
fn note(page: Page, board: Board) -> Option<String> {
    let text = page.text();
    let drawn = board.picture_now()?;
    page.peek(|state| {
        let (shown, inquiry) = (state.place().chart()?, state.inquiry()?);
        let step = board.step.get_untracked().or_else(|| state.usual_step(inquiry));
        let sentences = step.map_or_else(Vec::new, |step| picture::sentences(text, state, shown, inquiry, step));
        let settings = LaneId::ALL.map(|lane| configuration(text, state, lane));
        let link = address::with_fragment(&fragment(state, state.place()));
        let runs = (text.tradeoffs.note_runs)(inquiry.results().probes, inquiry.question().seed);
        let title = picture::title(text, shown);
        let said: String = sentences.iter().map(|line| format!("{line}\n\n")).collect();
        let table = drawn.table.markdown();
        let settings: String = settings.iter().map(|line| format!("- {line}\n")).collect();
        Some(format!("## {title}\n\n{said}{table}\n{settings}\n{runs}\n\n<{link}>\n"))
    })
}
