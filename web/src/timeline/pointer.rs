//! Mouse, touch and wheel over the plot: one pointer moves the clock, with Shift or the middle button the shown stretch;
//! two pinch; the wheel zooms with Ctrl (as a touchpad's pinch says) or once the timeline has the focus.

use super::board::Board;
use super::span::{self, at_x, panned, zoomed};
use crate::canvas::Point;
use crate::i18n::numbers;
use crate::state::{Action, Look, Play};
use highwater_model::Instant;
use highwater_oracle::report::Span;
use leptos::html::Div;
use leptos::prelude::*;
use std::collections::BTreeMap;
use web_sys::{PointerEvent, WheelEvent};

/// A wheel's click zooms by about this.
const WHEEL_ZOOM: f64 = 0.0016;
/// Pixels of a wheel's line.
const LINE: f64 = 16.0;

/// What pointers over the plot do.
#[derive(Clone, Copy)]
pub struct Pointers {
    board: Board,
    plot: NodeRef<Div>,
    down: StoredValue<BTreeMap<i32, Held>>,
}

/// A pointer that is down.
#[derive(Clone, Copy, Debug)]
struct Held {
    x: f64,
    gesture: Gesture,
}

/// What one pointer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gesture {
    /// Moves the clock.
    Scrub,
    /// Moves the shown stretch.
    Pan,
}

impl Pointers {
    /// For this plot.
    pub fn new(board: Board, plot: NodeRef<Div>) -> Self {
        Self { board, plot, down: StoredValue::new(BTreeMap::new()) }
    }

    /// A pointer goes down.
    pub fn down(self, event: &PointerEvent) {
        let Some(plot) = self.plot.get_untracked() else { return };
        if event.default_prevented() {
            return;
        }
        let gesture = if event.shift_key() || event.button() == 1 { Gesture::Pan } else { Gesture::Scrub };
        let x = self.place(event.client_x(), event.client_y()).x;
        // Without capture a drag ends at the plot's edge, no worse.
        let _ = plot.set_pointer_capture(event.pointer_id());
        self.down.update_value(|down| {
            down.insert(event.pointer_id(), Held { x, gesture });
        });
        if gesture == Gesture::Scrub && self.down.with_value(BTreeMap::len) == 1 {
            self.seek(x);
        }
    }

    /// A pointer moves, down or not.
    pub fn moved(self, event: &PointerEvent) {
        let at = self.place(event.client_x(), event.client_y());
        self.name_what_is_there(at);
        let Some(held) = self.down.with_value(|down| down.get(&event.pointer_id()).copied()) else { return };
        if self.down.with_value(BTreeMap::len) == 2 {
            self.pinch(event.pointer_id(), at.x);
        } else if held.gesture == Gesture::Pan {
            let (shown, run) = self.shown();
            self.show(panned(shown, (held.x - at.x) / self.board.width.get_untracked().max(1.0), run));
        } else {
            self.seek(at.x);
        }
        self.down.update_value(|down| {
            down.insert(event.pointer_id(), Held { x: at.x, ..held });
        });
    }

    /// A pointer goes up.
    pub fn up(self, event: &PointerEvent) {
        self.down.update_value(|down| {
            down.remove(&event.pointer_id());
        });
    }

    /// The wheel turns.
    pub fn wheel(self, event: &WheelEvent) {
        let lines = if event.delta_mode() == WheelEvent::DOM_DELTA_LINE { LINE } else { 1.0 };
        let (dx, dy) = (event.delta_x() * lines, event.delta_y() * lines);
        let sideways = if event.shift_key() && dx == 0.0 { dy } else { dx };
        let (shown, run) = self.shown();
        let width = self.board.width.get_untracked().max(1.0);
        if event.ctrl_key() || event.meta_key() || (self.has_focus() && dx.abs() < dy.abs() && !event.shift_key()) {
            event.prevent_default();
            let x = self.place(event.client_x(), event.client_y()).x;
            // A pinch on a touchpad comes in much smaller steps than a wheel.
            let speed = if event.ctrl_key() && dy.abs() < 50.0 { 5.0 } else { 1.0 };
            self.show(zoomed(shown, (dy * WHEEL_ZOOM * speed).exp(), at_x(shown, x, width), run));
        } else if sideways != 0.0 && dy.abs() <= sideways.abs() {
            event.prevent_default();
            self.show(panned(shown, sideways / width, run));
        }
    }

    /// Two fingers: what was under each stays under it.
    fn pinch(self, moved: i32, x: f64) {
        let pair = self.down.with_value(|down| {
            let still = down.iter().find(|(id, _)| **id != moved).map(|(_, held)| held.x);
            still.zip(down.get(&moved).map(|held| held.x))
        });
        let Some((still, before)) = pair else { return };
        let (shown, run) = self.shown();
        let apart = (x - still).abs().max(8.0);
        let factor = (before - still).abs().max(8.0) / apart;
        let anchor = at_x(shown, still, self.board.width.get_untracked());
        self.show(zoomed(shown, factor, anchor, run));
    }

    /// Says what lies under the pointer: a message, or the moment.
    fn name_what_is_there(self, at: Point) {
        let page = self.board.page;
        let words = page.peek(|state| {
            let shown = state.view().span;
            let text = state.chrome().language.text();
            self.board.with_diagrams(|diagrams| {
                match diagrams.iter().find_map(|(_, diagram)| diagram.message_at(at, shown)) {
                    Some(message) => super::words::message(message, text),
                    None => numbers::clock(at_x(shown, at.x, self.board.width.get_untracked())),
                }
            })
        });
        if self.board.under_pointer.with_untracked(|before| before.as_ref() != Some(&words)) {
            self.board.under_pointer.set(Some(words));
        }
    }

    fn has_focus(self) -> bool {
        let active = document().active_element();
        self.plot.get_untracked().zip(active).is_some_and(|(plot, active)| plot.contains(Some(&active)))
    }

    fn place(self, client_x: i32, client_y: i32) -> Point {
        let Some(plot) = self.plot.get_untracked() else { return Point::default() };
        let bounds = plot.get_bounding_client_rect();
        Point::new(f64::from(client_x) - bounds.left(), f64::from(client_y) - bounds.top())
    }

    fn shown(self) -> (Span, highwater_model::Duration) {
        self.board.page.peek(|state| (state.view().span, state.end().since(Instant::ZERO)))
    }

    fn show(self, span: Span) {
        self.board.page.act(Action::Look(Look::Show(span)));
    }

    fn seek(self, x: f64) {
        let (shown, _) = self.shown();
        let width = self.board.width.get_untracked();
        self.board.page.act(Action::Play(Play::Seek(span::at_x(shown, x.clamp(0.0, width), width))));
    }
}
