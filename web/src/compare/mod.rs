//! Lane A against lane B.

mod differences;

use crate::page::Page;
use crate::shell::LanesLine;
use differences::Differences;
use leptos::prelude::*;

/// The place.
#[component]
pub fn Compare() -> impl IntoView {
    let page = Page::here();
    view! {
        <div class="place" data-testid="compare">
            <section class="panel" aria-labelledby="compare-title">
                <div class="panel-head">
                    <h2 id="compare-title">{page.say(|text| text.shell.compare)}</h2>
                    <LanesLine/>
                </div>
                <Differences/>
            </section>
        </div>
    }
}
