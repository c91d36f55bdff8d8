//! A chart as a table, for those who do not see it and for those who want the numbers.

use super::Drawing;
use crate::page::Page;
use highwater_charts::Entry;
use leptos::prelude::*;

/// The table, closed at first.
#[component]
pub fn Rows(
    /// Of what.
    drawing: Drawing,
    /// Its name for tests.
    id: &'static str,
) -> impl IntoView {
    let page = Page::here();
    let is_open = RwSignal::new(false);
    let label = page.say(|text| text.tradeoffs.as_table);
    let content = move || {
        let drawn = is_open.get().then(|| drawing.drawn())??;
        let head = drawn.table.columns.iter().map(|column| view! { <th scope="col">{column.title.clone()}</th> });
        let row = |entries: &Vec<Entry>| {
            let cells = entries.iter().map(|entry| view! { <td>{entry.written().to_owned()}</td> });
            view! { <tr>{cells.collect_view()}</tr> }
        };
        let rows = drawn.table.rows.iter().map(row);
        Some(view! {
            <table class="data" data-testid=format!("{id}-table")>
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        })
    };
    view! {
        <details class="group" data-testid=id
            on:toggle=move |event| is_open.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())>
            <summary data-testid=format!("{id}-open")>{label}</summary>
            <div class="scrolled" tabindex="0" role="group" aria-label=label>{content}</div>
        </details>
    }
}
