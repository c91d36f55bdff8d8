//! The faults on the time axis, as focusable marks: dragged with the pointer, moved with the keys of a slider, opened
//! with Enter or a click, removed with Delete.

use super::board::Board;
use super::marks::{MARK_HEIGHT, moved, snapped};
use super::rows::AXIS_HEIGHT;
use super::span::{length, x_of};
use super::words;
use crate::canvas::Icon;
use crate::i18n::{faults, numbers};
use crate::state::{Action, ChromeAction, Dialog, Edit, Part};
use highwater_model::scenario::Lanes;
use highwater_model::{Duration, Fault, Instant};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Button;
use leptos::prelude::*;

/// A pointer that moved less than this clicked.
const CLICK_MAX: f64 = 4.0;

/// All faults' marks.
#[component]
pub fn FaultMarks() -> impl IntoView {
    let board = Board::here();
    let count = board.page.memo(&[Part::Comparison], |state| state.comparison().faults.len());
    view! {
        <For each=move || 0..count.get() key=|index| *index let:index>
            <FaultMark index/>
        </For>
    }
}

#[component]
fn FaultMark(index: usize) -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let placed = page.memo(&[Part::Comparison], move |state| state.comparison().faults.get(index).copied());
    // While it is dragged, its own place; else the scenario's.
    let at = Memo::new(move |_| match board.dragged.get() {
        Some((dragged, to)) if dragged == index => to,
        _ => placed.get().map_or(Instant::ZERO, |placed| placed.fault.at),
    });
    let words =
        Memo::new(move |_| placed.get().map_or_else(String::new, |placed| words::fault(&placed.fault, page.text())));
    let whole_words = Memo::new(move |_| {
        let language = page.text().language;
        let in_full = |fault: Fault| {
            format!("{}, {}", faults::kind(language, fault.kind), faults::target(language, fault.target))
        };
        placed.get().map_or_else(String::new, |placed| in_full(placed.fault))
    });
    let lanes = Memo::new(move |_| {
        let text = &page.text().timeline;
        match placed.get().map(|placed| placed.lanes) {
            Some(Lanes::Only(lane)) => (text.only_lane)(&format!("{lane:?}")),
            _ => text.both_lanes.to_owned(),
        }
    });
    let tag = move || match placed.get().map(|placed| placed.lanes) {
        Some(Lanes::Only(lane)) => format!("{lane:?}"),
        _ => String::new(),
    };
    let stand = Memo::new(move |_| board.stands.with(|stands| stands.get(index).copied()));
    let is_outside = move || {
        let shown = page.read(&[Part::View], |state| state.view().span);
        at.get() < shown.from || shown.to < at.get()
    };
    let end = page.memo(&[Part::Comparison], crate::state::PageState::end);
    let mark = NodeRef::<Button>::new();
    let drag = StoredValue::new(None::<Drag>);
    view! {
        <button type="button" class="fault-mark" role="slider" node_ref=mark data-testid=format!("fault-mark-{index}")
            class:outside=is_outside
            style:left=move || format!("{}px", stand.get().map_or(0.0, |stand| stand.x))
            style:top=move || format!("{}px", AXIS_HEIGHT + stand.get().map_or(0.0, |stand| stand.level as f64) * MARK_HEIGHT)
            aria-label=move || (page.text().timeline.mark)(&whole_words.get(), &numbers::moment(at.get()), &lanes.get())
            title=whole_words
            aria-description=page.say(|text| text.timeline.mark_hint)
            aria-valuemin="0"
            aria-valuemax=move || end.get().as_millis()
            aria-valuenow=move || at.get().as_millis()
            aria-valuetext=move || numbers::moment(at.get())
            on:dblclick=|event| event.stop_propagation()
            on:keydown=move |event| on_key(board, index, at.get_untracked(), &event)
            on:pointerdown=move |event| {
                if let Some(element) = mark.get_untracked() {
                    // Without capture a drag ends at the mark's edge, no worse.
                    let _ = element.set_pointer_capture(event.pointer_id());
                    let _ = element.focus();
                }
                let (from_x, from) = (f64::from(event.client_x()), at.get_untracked());
                drag.set_value(Some(Drag { from_x, from, is_moving: false }));
                // The plot under it does not move the clock.
                event.stop_propagation();
                event.prevent_default();
            }
            on:pointermove=move |event| {
                let to = drag.try_update_value(|drag| drag.as_mut().and_then(|drag| drag.moved(board, &event))).flatten();
                if let Some(to) = to {
                    board.dragged.set(Some((index, to)));
                }
            }
            on:pointerup=move |_| {
                let was_moving = drag.with_value(|drag| drag.is_some_and(|drag| drag.is_moving));
                drag.set_value(None);
                let to = board.dragged.get_untracked();
                board.dragged.set(None);
                match to {
                    Some((_, to)) if was_moving => page.act(Action::Edit(Edit::MoveFault(index, to))),
                    _ => page.act(Action::Chrome(ChromeAction::Open(Dialog::Fault(Some(index))))),
                }
            }
            on:pointercancel=move |_| {
                drag.set_value(None);
                board.dragged.set(None);
            }
        >
            <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Bolt.path()></path></svg>
            <span>{words}</span>
            <Show when=move || !tag().is_empty()><b>{tag}</b></Show>
        </button>
    }
}

#[derive(Clone, Copy)]
struct Drag {
    from_x: f64,
    from: Instant,
    is_moving: bool,
}

impl Drag {
    fn moved(&mut self, board: Board, event: &PointerEvent) -> Option<Instant> {
        let by = f64::from(event.client_x()) - self.from_x;
        self.is_moving |= CLICK_MAX < by.abs();
        if !self.is_moving {
            return None;
        }
        let width = board.width.get_untracked().max(1.0);
        let (shown, end) = board.page.peek(|state| (state.view().span, state.end()));
        let x = x_of(shown, self.from, width) + by;
        let to = snapped(super::span::at_x(shown, x, width), shown, width);
        Some(to.min(end - Duration::from_millis(1)))
    }
}

fn on_key(board: Board, index: usize, at: Instant, event: &KeyboardEvent) {
    let page = board.page;
    let key = event.key();
    let (shown, end) = page.peek(|state| (state.view().span, state.end()));
    let action = match key.as_str() {
        "Delete" | "Backspace" => Action::Edit(Edit::DeleteFault(index)),
        "Enter" | " " => Action::Chrome(ChromeAction::Open(Dialog::Fault(Some(index)))),
        other => match moved(at, other, shown, end) {
            Some(to) if length(shown) > Duration::ZERO => Action::Edit(Edit::MoveFault(index, to)),
            _ => return,
        },
    };
    event.prevent_default();
    event.stop_propagation();
    page.act(action);
}
