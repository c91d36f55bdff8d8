//! The story of a record: what happened to it and what decided about it, each step leading to its moment on stage and
//! timeline.

use super::list::{CloseButton, take_focus};
use super::trials::TrialsView;
use crate::canvas::Icon;
use crate::i18n::{happenings, numbers};
use crate::page::Page;
use crate::state::ledger::{OpenStory, Told};
use crate::state::{Action, Ask, Look, PageState, Part, Play};
use crate::timeline::around;
use highwater_model::scenario::Setup;
use highwater_model::trace::RecordId;
use highwater_model::{Duration, Instant, LaneId};
use highwater_oracle::report::Category;
use leptos::html::H3;
use leptos::prelude::*;

/// How much of the run is shown around a step: short enough for its messages.
const AROUND_STEP: Duration = Duration::from_millis(10);

/// The set-up that a lane's records belong to.
pub fn setup(state: &PageState, lane: LaneId) -> &Setup {
    state.lane(lane).started().map_or(&state.comparison().lanes[lane.index()], |scenario| &scenario.setup)
}

/// A step as it is told.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    at: Instant,
    /// Since the step before.
    after: Option<Duration>,
    sentence: String,
    decisive: bool,
}

/// What is told of the open story.
#[derive(Clone, Debug, PartialEq)]
enum Telling {
    Looking,
    Nothing,
    Lines(Vec<Line>),
}

fn telling(open: &OpenStory, state: &PageState) -> Telling {
    let story = match &open.told {
        Told::NotYet => return Telling::Looking,
        Told::Nothing => return Telling::Nothing,
        Told::Story(story) => story,
    };
    let language = state.chrome().language;
    let layout = setup(state, open.lane).layout();
    let arrival = story.arrived.map(|at| (at, language.text().ledger.arrival.to_owned(), false));
    let steps =
        story.steps.iter().map(|step| (step.at, happenings::sentence(language, &step.entry, &layout), step.decisive));
    let mut told: Vec<(Instant, String, bool)> = arrival.into_iter().chain(steps).collect();
    // Stable: steps of one moment stay in their order.
    told.sort_by_key(|(at, ..)| *at);
    let mut before = None;
    let line = |(at, sentence, decisive): (Instant, String, bool)| {
        let after = before.map(|before| at.since(before));
        before = Some(at);
        Line { at, after, sentence, decisive }
    };
    Telling::Lines(told.into_iter().map(line).collect())
}

/// The open story of a lane.
#[component]
pub fn StoryView(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let telling = Memo::new(move |_| {
        page.text();
        page.read(&[Part::Ledger], |state| state.ledger().story.as_ref().map(|open| telling(open, state)))
    });
    let record = page.memo(&[Part::Ledger], |state| state.ledger().story.as_ref().map(|open| open.record));
    let categories = page.memo(&[Part::Ledger], |state| match state.ledger().story.as_ref().map(|open| &open.told) {
        Some(Told::Story(story)) => story.categories.clone(),
        _ => Vec::new(),
    });
    let has_list = page.memo(&[Part::Ledger], |state| state.ledger().records.is_some());
    let title = move || {
        let language = page.text().language;
        let name = |record| page.peek(|state| happenings::record(language, record, &setup(state, lane).layout()));
        record.get().map(name)
    };
    let heading = NodeRef::<H3>::new();
    take_focus(heading);
    let tags = move || {
        let language = page.text().language;
        let tag = |category: Category| view! { <li>{happenings::category(language, category)}</li> };
        categories.get().into_iter().map(tag).collect_view()
    };
    let can_be_decided = move || {
        categories.with(|categories| {
            let undone = [Category::Lost, Category::NeverProcessed, Category::EffectWithoutRecord];
            undone.iter().any(|category| categories.contains(category))
        })
    };
    view! {
        <div class="story" data-testid="story">
            <header>
                <h3 node_ref=heading tabindex="-1">{title}</h3>
                <ul class="categories">{tags}</ul>
                <Show when=move || has_list.get()>
                    <button type="button" class="button quiet" on:click=move |_| page.act(Action::Ask(Ask::CloseStory))>
                        {page.say(|text| text.ledger.back)}
                    </button>
                </Show>
                <CloseButton ask=Ask::CloseStory/>
            </header>
            {move || match telling.get() {
                None => ().into_any(),
                Some(Telling::Looking) => {
                    view! { <p class="mute" role="status">{page.say(|text| text.ledger.looking)}</p> }.into_any()
                }
                Some(Telling::Nothing) => view! { <p>{page.say(|text| text.ledger.no_story)}</p> }.into_any(),
                Some(Telling::Lines(lines)) => view! { <Steps lines/> }.into_any(),
            }}
            <nav class="neighbours">
                <Neighbour lane record by=-1/>
                <Neighbour lane record by=1/>
            </nav>
            <Show when=can_be_decided><TrialsView/></Show>
        </div>
    }
}

#[component]
fn Steps(lines: Vec<Line>) -> impl IntoView {
    let page = Page::here();
    let line = move |line: Line| {
        let at = line.at;
        let after = line.after.filter(|after| *after > Duration::ZERO);
        view! {
            <li class:decisive=line.decisive>
                <button type="button" class="moment" aria-label=move || (page.text().ledger.go_to)(&numbers::clock(at))
                    title=move || (page.text().ledger.go_to)(&numbers::clock(at))
                    on:click=move |_| go_to(page, at)>
                    {numbers::clock(at)}
                </button>
                <span class="after mute">{move || after.map(|after| (page.text().ledger.later)(&numbers::duration(after)))}</span>
                <span class="sentence">
                    {line.sentence}
                    {line.decisive.then(|| view! {
                        <b class="decisive-mark">
                            <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Star.path()></path></svg>
                            {page.say(|text| text.ledger.decisive)}
                        </b>
                    })}
                </span>
            </li>
        }
    };
    view! { <ol class="steps" data-testid="steps">{lines.into_iter().map(line).collect_view()}</ol> }
}

/// Shows a moment on stage and timeline, close enough for its messages.
fn go_to(page: Page, at: Instant) {
    let run = page.peek(|state| state.end().since(Instant::ZERO));
    page.act(Action::Play(Play::Seek(at)));
    page.act(Action::Look(Look::Show(around(at, AROUND_STEP, run))));
}

/// The record before or after in the same stream.
#[component]
fn Neighbour(lane: LaneId, record: Memo<Option<RecordId>>, by: i64) -> impl IntoView {
    let page = Page::here();
    let other = move || {
        let record = record.get()?;
        record.number.checked_add_signed(by).map(|number| RecordId { number, ..record })
    };
    let word = if by < 0 { page.say(|text| text.ledger.previous) } else { page.say(|text| text.ledger.next) };
    view! {
        <button type="button" class="button quiet" disabled=move || other().is_none()
            on:click=move |_| if let Some(record) = other() {
                page.act(Action::Ask(Ask::Story(lane, record)));
            }>
            {word}
        </button>
    }
}
