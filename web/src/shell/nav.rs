//! The way between the page's places: links, so that each can be opened beside the others, kept and passed on.

use crate::i18n::Text;
use crate::page::Page;
use crate::state::{Action, PageState, Part};
use highwater_model::SettingId;
use highwater_model::link;
use highwater_model::place::{Chart, Place};
use leptos::ev::MouseEvent;
use leptos::prelude::*;

/// A view, whatever it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Playground,
    Tradeoffs,
    Compare,
}

impl View {
    const ALL: [View; 3] = [View::Playground, View::Tradeoffs, View::Compare];

    fn of(place: &Place) -> Self {
        match place {
            Place::Playground => View::Playground,
            Place::Tradeoffs(_) => View::Tradeoffs,
            Place::Compare | Place::Chapter => View::Compare,
        }
    }

    /// Where its link leads: to the chart that was last looked at, or to where most begin.
    fn place(self, state: &PageState) -> Place {
        match self {
            View::Playground => Place::Playground,
            View::Tradeoffs => Place::Tradeoffs(state.last_chart().cloned().unwrap_or(Chart::of(SettingId::Acks))),
            View::Compare => Place::Compare,
        }
    }

    fn id(self) -> &'static str {
        match self {
            View::Playground => "go-playground",
            View::Tradeoffs => "go-tradeoffs",
            View::Compare => "go-compare",
        }
    }

    fn word(self) -> fn(&Text) -> &'static str {
        match self {
            View::Playground => |text| text.shell.playground,
            View::Tradeoffs => |text| text.shell.tradeoffs,
            View::Compare => |text| text.shell.compare,
        }
    }
}

/// The places, the reader's own marked.
#[component]
pub fn Nav() -> impl IntoView {
    let page = Page::here();
    let here = page.memo(&[Part::Place], |state| View::of(state.place()));
    let entry = move |view: View| {
        let href = move || page.read(&[Part::Place, Part::Comparison], |state| fragment(state, &view.place(state)));
        view! {
            <a href=href data-testid=view.id() aria-current=move || (here.get() == view).then_some("page")
                on:click=move |event| follow(page, &event, |state| view.place(state))>{page.say(view.word())}</a>
        }
    };
    view! {
        <nav class="places" aria-label=page.say(|text| text.shell.places)>
            {View::ALL.map(entry).collect_view()}
        </nav>
    }
}

/// The address of a place with the comparison on the desk.
pub fn fragment(state: &PageState, place: &Place) -> String {
    link::encode_at(place, state.comparison(), None)
}

/// A plain click goes there at once; one that asks for another tab or window is the browser's.
pub fn follow(page: Page, event: &MouseEvent, place: impl FnOnce(&PageState) -> Place) {
    let wants_another = event.ctrl_key() || event.meta_key() || event.shift_key() || event.button() != 0;
    if !wants_another {
        event.prevent_default();
        let place = page.peek(place);
        page.act(Action::Go(place));
    }
}
