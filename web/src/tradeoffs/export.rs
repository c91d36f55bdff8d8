//! A chart to take away; a note says what it comes to, too.

use super::board::{Board, chart};
use super::picture;
use crate::drawn::TakeAway;
use crate::page::Page;
use leptos::prelude::*;

/// The buttons.
#[component]
pub fn Exports() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let name = move || untrack(|| chart(page)).map_or("chart", |chart| chart.setting.name()).to_owned();
    let said = move || sentences(page, board).unwrap_or_default();
    view! { <TakeAway drawing=board.drawing id="export" name said/> }
}

fn sentences(page: Page, board: Board) -> Option<Vec<String>> {
    let text = page.text();
    page.peek(|state| {
        let (shown, inquiry) = (state.place().chart()?, state.inquiry()?);
        let step = board.step.get_untracked().or_else(|| state.usual_step(inquiry))?;
        Some(picture::sentences(text, state, shown, inquiry, step))
    })
}
