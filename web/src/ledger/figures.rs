//! The counts of a run, by category. Those that should be zero stand out where they are not.

use crate::canvas::Icon;
use crate::i18n::{happenings, numbers};
use crate::page::Page;
use crate::state::{Action, Ask, PageState, Part};
use highwater_model::{LaneId, SettingId};
use highwater_oracle::report::Category;
use leptos::prelude::*;

/// How a count is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Judgement {
    /// It says how much there was.
    Neutral,
    /// Each one is a broken promise, or a surprise to whoever relied on it.
    Bad,
}

const fn judgement(category: Category) -> Judgement {
    match category {
        Category::Offered
        | Category::Sent
        | Category::Acked
        | Category::Committed
        | Category::Polled
        | Category::Processed
        | Category::Unresolved
        | Category::Aborted => Judgement::Neutral,
        Category::Refused
        | Category::Failed
        | Category::FailedButWritten
        | Category::Lost
        | Category::Duplicated
        | Category::Reordered
        | Category::ProcessedTwice
        | Category::NeverProcessed
        | Category::EffectWithoutRecord => Judgement::Bad,
    }
}

/// Shown even at zero, before the reader asks for all.
const fn is_main(category: Category) -> bool {
    matches!(
        category,
        Category::Offered
            | Category::Acked
            | Category::Committed
            | Category::Processed
            | Category::Lost
            | Category::Duplicated
            | Category::Refused
            | Category::Failed
    )
}

/// A count as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figure {
    category: Category,
    count: u64,
}

impl Figure {
    const fn is_alarming(self) -> bool {
        matches!(judgement(self.category), Judgement::Bad) && self.count > 0
    }
}

fn figure(state: &PageState, lane: LaneId, category: Category) -> Figure {
    let count = state.lane(lane).summary().map_or(0, |summary| summary.ledger.count(category));
    Figure { category, count }
}

/// Which counts are shown: the main ones and what went wrong, or all.
fn shown(state: &PageState, lane: LaneId, all: bool) -> Vec<Category> {
    if state.lane(lane).summary().is_none() {
        return Vec::new();
    }
    let is_shown = |category: &Category| all || is_main(*category) || figure(state, lane, *category).is_alarming();
    Category::ALL.into_iter().filter(is_shown).collect()
}

/// What the lost records were worth, in whole units of money; none where records have no value.
fn worth(state: &PageState, lane: LaneId) -> Option<u64> {
    let cents = SettingId::RecordValue.get(super::story::setup(state, lane));
    let lost = state.lane(lane).summary()?.ledger.count(Category::Lost);
    let cents = u64::try_from(cents).ok().filter(|cents| *cents > 0)?;
    Some(lost.saturating_mul(cents) / 100)
}

const fn lane_parts(lane: LaneId) -> &'static [Part] {
    match lane {
        LaneId::A => &[Part::Lane(LaneId::A)],
        LaneId::B => &[Part::Lane(LaneId::B)],
    }
}

/// The counts of a lane's run.
#[component]
pub fn Figures(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let parts = lane_parts(lane);
    let all = RwSignal::new(false);
    let shown = Memo::new(move |_| page.read(parts, |state| shown(state, lane, all.get())));
    let worth = page.memo(parts, move |state| worth(state, lane));
    let open = Memo::new(move |_| {
        page.read(&[Part::Ledger], |state| {
            state.ledger().records.as_ref().filter(|list| list.lane == lane).map(|list| list.category)
        })
    });
    let money = move || worth.get().map(|amount| (page.text().ledger.money)(&numbers::count(amount)));
    view! {
        <div class="figures" data-testid=format!("ledger-{lane:?}").to_lowercase()>
            <For each=move || shown.get() key=|category| *category let:category>
                <FigureButton lane category open/>
            </For>
            <Show when=move || worth.get().is_some()>
                <div class="figure" class:alarming=move || worth.get() != Some(0)>
                    <small>{page.say(|text| text.ledger.worth)}</small>
                    <b>{money}</b>
                </div>
            </Show>
            <Show when=move || shown.with(Vec::is_empty)>
                <p class="mute figure">{page.say(|text| text.ledger.waiting)}</p>
            </Show>
            <button type="button" class="figure toggle" aria-pressed=move || all.get().to_string()
                data-testid=format!("ledger-all-{lane:?}").to_lowercase()
                on:click=move |_| all.update(|all| *all = !*all)>
                {page.say(|text| text.ledger.all)}
            </button>
        </div>
    }
}

#[component]
fn FigureButton(lane: LaneId, category: Category, open: Memo<Option<Category>>) -> impl IntoView {
    let page = Page::here();
    let figure = Memo::new(move |_| page.read(lane_parts(lane), |state| figure(state, lane, category)));
    let count = move || numbers::count(figure.get().count);
    let name = move || happenings::category(page.text().language, category);
    let opens = move || (page.text().ledger.open)(&format!("{lane:?}"));
    let is_open = move || open.get() == Some(category);
    let toggle = move |_| {
        let ask = if open.get_untracked() == Some(category) { Ask::CloseRecords } else { Ask::Records(lane, category) };
        page.act(Action::Ask(Ask::CloseStory));
        page.act(Action::Ask(ask));
    };
    view! {
        <button type="button" class="figure" class:alarming=move || figure.get().is_alarming() class:zero=move || figure.get().count == 0
            aria-expanded=move || is_open().to_string()
            title=move || happenings::category_sentence(page.text().language, category)
            data-testid=format!("count-{lane:?}-{category:?}").to_lowercase()
            on:click=toggle>
            <small>
                {move || figure.get().is_alarming().then(|| view! {
                    <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Cross.path()></path></svg>
                })}
                {name}
            </small>
            " "<b>{count}</b><span class="hidden">{opens}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_alarms_only_where_it_happened() {
        assert!(Figure { category: Category::Lost, count: 1 }.is_alarming());
        assert!(!Figure { category: Category::Lost, count: 0 }.is_alarming());
        assert!(!Figure { category: Category::Acked, count: 5 }.is_alarming());
    }
}
