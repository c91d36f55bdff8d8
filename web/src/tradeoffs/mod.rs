//! What each setting costs: pick one, and see its values against the five axes, as far as they are known, narrowing while
//! the reader looks.

mod assumptions;
mod board;
mod card;
mod export;
mod head;
mod picker;
mod picture;

use crate::drawn::Rows;
use crate::page::Page;
use crate::state::study::{Sight, StudyAction};
use crate::state::{Action, Part};
pub use assumptions::Assumptions;
use board::Board;
pub use head::Doing;
use head::{Head, Sentences};
use highwater_model::SettingId;
use leptos::prelude::*;
use picker::Picker;
pub use picture::lane_names;

/// The place.
#[component]
pub fn Tradeoffs() -> impl IntoView {
    let page = Page::here();
    rest_when_hidden(page);
    // Another setting is another chart: what was chosen on the one before says nothing about it.
    let setting = page.memo(&[Part::Place], |state| state.place().chart().map(|chart| chart.setting));
    view! {
        <div class="place tradeoffs" data-testid="tradeoffs">
            <Picker/>
            <div class="studied">
                {move || setting.get().map(|setting| view! { <Studied setting/> })}
                <Assumptions/>
            </div>
        </div>
    }
}

/// One setting's chart and what belongs to it.
#[component]
fn Studied(setting: SettingId) -> impl IntoView {
    let page = Page::here();
    let board = Board::new(page);
    provide_context(board);
    view! {
        <section class="panel study" aria-labelledby="chart-title" data-testid="study" data-setting=setting.name()>
            <Head setting/>
            <Sentences/>
            <board::Figures/>
            <board::Picture/>
            <card::Card/>
            <Rows drawing=board.drawing id="rows"/>
            <export::Exports/>
        </section>
    }
}

/// A chart that nobody sees takes nobody's time.
pub fn rest_when_hidden(page: Page) {
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        let sight = if document().hidden() { Sight::Unseen } else { Sight::Seen };
        page.act(Action::Study(StudyAction::Sight(sight)));
    });
    on_cleanup(move || listener.remove());
}
