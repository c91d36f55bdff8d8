//! The chart as a table, for those who do not see it and for those who want the numbers.

use super::board::Board;
use crate::page::Page;
use leptos::prelude::*;

/// The table.
#[component]
pub fn Rows() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let is_open = RwSignal::new(false);
    let label = page.say(|text| text.tradeoffs.as_table);
    let content = move || {
        let picture = board.picture().filter(|_| is_open.get())?;
        let head = picture.table.columns.iter().map(|column| view! { <th scope="col">{column.title.clone()}</th> });
        let row = |entries: &Vec<highwater_charts::Entry>| {
            let cells = entries.iter().map(|entry| view! { <td>{entry.written().to_owned()}</td> });
            view! { <tr>{cells.collect_view()}</tr> }
        };
        let rows = picture.table.rows.iter().map(row);
        Some(view! {
            <table class="data" data-testid="rows">
                <thead><tr>{head.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        })
    };
    view! {
        <details class="group" on:toggle=move |event| is_open.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())>
            <summary data-testid="as-table">{label}</summary>
            <div class="scrolled" tabindex="0" role="group" aria-label=label>{content}</div>
        </details>
    }
}
