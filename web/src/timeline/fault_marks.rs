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
use highwater_model::scenario::{Lanes, PlacedFault};
use highwater_model::{Duration, Fault, Instant, LaneId};
use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html::Button;
use leptos::prelude::*;
use web_sys::HtmlButtonElement;

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

/// A mark's own view of the page.
#[derive(Clone, Copy)]
struct Mark {
    board: Board,
    index: usize,
    placed: Memo<Option<PlacedFault>>,
    /// While it is dragged, its own place; else the scenario's.
    at: Memo<Instant>,
    drag: StoredValue<Option<Drag>>,
}

impl Mark {
    fn new(board: Board, index: usize) -> Self {
        let placed = board.page.memo(&[Part::Comparison], move |state| state.comparison().faults.get(index).copied());
        let at = Memo::new(move |_| match board.dragged.get() {
            Some((dragged, to)) if dragged == index => to,
            _ => placed.get().map_or(Instant::ZERO, |placed| placed.fault.at),
        });
        Self { board, index, placed, at, drag: StoredValue::new(None) }
    }

    /// The fault in full, for those who do not see where it stands.
    fn whole_words(self) -> String {
        let language = self.board.page.text().language;
        let in_full = |fault: Fault| {
            format!("{}, {}", faults::kind(language, fault.kind), faults::target(language, fault.target))
        };
        self.placed.get().map_or_else(String::new, |placed| in_full(placed.fault))
    }

    fn label(self) -> String {
        let text = &self.board.page.text().timeline;
        let lanes = match self.lane() {
            Some(lane) => (text.only_lane)(&format!("{lane:?}")),
            None => text.both_lanes.to_owned(),
        };
        (text.mark)(&self.whole_words(), &numbers::moment(self.at.get()), &lanes)
    }

    /// The lane it strikes, where it is not both.
    fn lane(self) -> Option<LaneId> {
        match self.placed.get()?.lanes {
            Lanes::Only(lane) => Some(lane),
            Lanes::Both => None,
        }
    }

    fn is_outside(self) -> bool {
        let shown = self.board.page.read(&[Part::View], |state| state.view().span);
        self.at.get() < shown.from || shown.to < self.at.get()
    }

    fn pressed(self, element: Option<HtmlButtonElement>, event: &PointerEvent) {
        if let Some(element) = element {
            // Without capture a drag ends at the mark's edge, no worse.
            let _ = element.set_pointer_capture(event.pointer_id());
            let _ = element.focus();
        }
        let (from_x, from) = (f64::from(event.client_x()), self.at.get_untracked());
        self.drag.set_value(Some(Drag { from_x, from, is_moving: false }));
        // The plot under it does not move the clock.
        event.stop_propagation();
        event.prevent_default();
    }

    fn dragged(self, event: &PointerEvent) {
        let moved = |drag: &mut Option<Drag>| drag.as_mut().and_then(|drag| drag.moved(self.board, event));
        if let Some(to) = self.drag.try_update_value(moved).flatten() {
            self.board.dragged.set(Some((self.index, to)));
        }
    }

    /// A drag moves the fault, a click opens it.
    fn released(self) {
        let was_moving = self.drag.with_value(|drag| drag.is_some_and(|drag| drag.is_moving));
        let to = self.board.dragged.get_untracked();
        self.let_go();
        self.board.page.act(match to {
            Some((_, to)) if was_moving => Action::Edit(Edit::MoveFault(self.index, to)),
            _ => Action::Chrome(ChromeAction::Open(Dialog::Fault(Some(self.index)))),
        });
    }

    fn let_go(self) {
        self.drag.set_value(None);
        self.board.dragged.set(None);
    }
}

#[component]
fn FaultMark(index: usize) -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let mark = Mark::new(board, index);
    let words = move || mark.placed.get().map_or_else(String::new, |placed| words::fault(&placed.fault, page.text()));
    let stand = Memo::new(move |_| board.stands.with(|stands| stands.get(index).copied()));
    let left = move || stand.get().map_or(0.0, |stand| stand.x);
    let top = move || AXIS_HEIGHT + stand.get().map_or(0.0, |stand| stand.level as f64) * MARK_HEIGHT;
    let end = page.memo(&[Part::Comparison], crate::state::PageState::end);
    let element = NodeRef::<Button>::new();
    view! {
        <button type="button" class="fault-mark" role="slider" node_ref=element data-testid=format!("fault-mark-{index}")
            class:outside=move || mark.is_outside()
            style:transform=move || format!("translate({}px, {}px)", left(), top())
            title=move || mark.whole_words()
            aria-label=move || mark.label()
            aria-description=page.say(|text| text.timeline.mark_hint)
            aria-valuemin="0"
            aria-valuemax=move || end.get().as_millis()
            aria-valuenow=move || mark.at.get().as_millis()
            aria-valuetext=move || numbers::moment(mark.at.get())
            on:dblclick=|event| event.stop_propagation()
            on:keydown=move |event| on_key(board, index, mark.at.get_untracked(), &event)
            on:pointerdown=move |event| mark.pressed(element.get_untracked(), &event)
            on:pointermove=move |event| mark.dragged(&event)
            on:pointerup=move |_| mark.released()
            on:pointercancel=move |_| mark.let_go()
        >
            <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=Icon::Bolt.path()></path></svg>
            <span>{words}</span>
            {move || mark.lane().map(|lane| view! { <b>{format!("{lane:?}")}</b> })}
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
