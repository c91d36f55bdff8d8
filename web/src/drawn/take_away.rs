//! A chart to take away: as a picture, as a table, as a note with settings and link.

use super::{Drawing, Drawn};
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
pub fn TakeAway(
    /// Of what.
    drawing: Drawing,
    /// The buttons' name for tests.
    id: &'static str,
    /// How files are called.
    name: impl Fn() -> String + Copy + 'static,
    /// What a note says besides figures, settings and link.
    said: impl Fn() -> Vec<String> + Copy + 'static,
) -> impl IntoView {
    let page = Page::here();
    let file = move |end: &str| format!("highwater-{}.{end}", name());
    let picture = move || {
        let theme = if untrack(|| is_dark(page)) { Theme::Dark } else { Theme::Light };
        drawing.now().map(|drawn| (drawn.chart.stand_alone(theme), drawn))
    };
    let svg = move |_| _ = picture().map(|(svg, _)| save(&file("svg"), "image/svg+xml", &svg));
    let png = move |_| {
        _ = picture().map(|(svg, drawn)| save_png(file("png"), &svg, (drawn.chart.width_px, drawn.chart.height_px)));
    };
    let csv = move |_| _ = drawing.now().map(|drawn| save(&file("csv"), "text/csv", &drawn.table.csv()));
    let markdown =
        move |_| _ = drawing.now().map(|drawn| save(&file("md"), "text/markdown", &note(page, &drawn, &said())));
    view! {
        <div class="line wrap exports" role="group" aria-label=page.say(|text| text.tradeoffs.take_away)>
            <span class="mute small">{page.say(|text| text.tradeoffs.take_away)}</span>
            <button class="button small" data-testid=format!("{id}-svg") on:click=svg>"SVG"</button>
            <button class="button small" data-testid=format!("{id}-png") on:click=png>"PNG"</button>
            <button class="button small" data-testid=format!("{id}-csv") on:click=csv>"CSV"</button>
            <button class="button small" data-testid=format!("{id}-md") on:click=markdown>"Markdown"</button>
        </div>
    }
}

/// What it is, the figures, the settings, and the link that computes it again.
fn note(page: Page, drawn: &Drawn, said: &[String]) -> String {
    let text = page.text();
    page.peek(|state| {
        let settings = LaneId::ALL.map(|lane| format!("- {}\n", configuration(text, state, lane))).concat();
        let link = address::with_fragment(&fragment(state, state.place()));
        let runs = state.inquiry().map_or_else(String::new, |inquiry| {
            (text.tradeoffs.note_runs)(inquiry.results().probes, inquiry.question().seed)
        });
        let (title, table) = (&drawn.chart.title, drawn.table.markdown());
        let said: String = said.iter().map(|line| format!("{line}\n\n")).collect();
        format!("## {title}\n\n{said}{table}\n{settings}\n{runs}\n\n<{link}>\n")
    })
}
