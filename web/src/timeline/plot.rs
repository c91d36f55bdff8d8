//! The plot: the rows' canvas, and over it the faults' marks and the clock's hand.

use super::board::Board;
use super::draw::{axis, picture};
use super::election_marks::ElectionMarks;
use super::fault_marks::FaultMarks;
use super::messages::Diagram;
use super::pointer::Pointers;
use super::span::{self, x_of};
use crate::canvas::screen::{NextFrame, measured};
use crate::canvas::surface::Surface;
use crate::canvas::{Align, Area, Dash, Fill, Ink, Mark, Point, Stroke, Weight};
use crate::i18n::{numbers, timeline::Text};
use crate::state::{Action, ChromeAction, Dialog, Look, PageState, Part, Play};
use highwater_model::{Instant, LaneId};
use highwater_oracle::report::Span;
use leptos::ev::KeyboardEvent;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

/// The plot.
#[component]
pub fn Plot() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let (plot, canvas) = (NodeRef::<Div>::new(), NodeRef::<Canvas>::new());
    let height = RwSignal::new(0.0);
    follow_width(board, plot);
    redraw(board, canvas, height);
    let pointers = Pointers::new(board, plot);
    view! {
        <div class="timeline-plot" node_ref=plot
            style:height=move || format!("{}px", height.get())
            on:pointerdown=move |event| pointers.down(&event)
            on:pointermove=move |event| pointers.moved(&event)
            on:pointerup=move |event| pointers.up(&event)
            on:pointercancel=move |event| pointers.up(&event)
            on:pointerleave=move |_| board.under_pointer.set(None)
            on:wheel=move |event| pointers.wheel(&event)
            on:dblclick=move |_| page.act(Action::Chrome(ChromeAction::Open(Dialog::Fault(None))))
        >
            <canvas node_ref=canvas role="img" data-testid="timeline-canvas"
                aria-label=page.say(|text| text.timeline.picture)></canvas>
            <FaultMarks/>
            <ElectionMarks/>
            <Playhead/>
        </div>
    }
}

/// The clock's hand: a slider over the whole run, drawn where the shown stretch has it.
#[component]
fn Playhead() -> impl IntoView {
    let board = Board::here();
    let page = board.page;
    let now = page.memo(&[Part::Clock], |state| state.playback().now());
    let end = page.memo(&[Part::Comparison], PageState::end);
    let x = move || {
        let shown = page.read(&[Part::View], |state| state.view().span);
        (shown.from <= now.get() && now.get() <= shown.to).then(|| x_of(shown, now.get(), board.width.get()))
    };
    let on_key = move |event: KeyboardEvent| {
        let (state_end, at) = (end.get_untracked(), now.get_untracked());
        let tenth = highwater_model::Duration(state_end.0 / 20);
        let to = match event.key().as_str() {
            "Home" => Instant::ZERO,
            "End" => state_end,
            "PageUp" => at + tenth,
            "PageDown" => at - tenth,
            _ => return,
        };
        event.prevent_default();
        page.act(Action::Play(Play::Seek(to)));
    };
    view! {
        <div class="playhead" role="slider" tabindex="0" data-testid="playhead"
            class:outside=move || x().is_none()
            style:transform=move || format!("translateX({}px)", x().unwrap_or(0.0))
            aria-label=page.say(|text| text.timeline.playhead)
            aria-valuemin="0"
            aria-valuemax=move || end.get().as_millis()
            aria-valuenow=move || now.get().as_millis()
            aria-valuetext=move || numbers::clock(now.get())
            on:keydown=on_key
        ><span class="playhead-handle"></span></div>
    }
}

/// Keeps the width known, and the state's number of columns with it.
fn follow_width(board: Board, plot: NodeRef<Div>) {
    let page = board.page;
    Effect::new(move || {
        let Some(element) = plot.get() else { return };
        let observed = element.clone();
        let on_size = Closure::<dyn FnMut()>::new(move || {
            if observed.client_width() == 0 {
                // What is hidden has no width: it keeps the one that it had.
                return;
            }
            let whole_width = observed.parent_element().map_or(0.0, |body| f64::from(body.client_width()));
            if whole_width != board.whole_width.get_untracked() {
                board.whole_width.set(whole_width);
            }
            let width = f64::from(observed.client_width());
            if width != board.width.get_untracked() {
                board.width.set(width);
                page.act(Action::Look(Look::Columns(width as u32)));
            }
        });
        if let Ok(observer) = ResizeObserver::new(on_size.as_ref().unchecked_ref()) {
            observer.observe(&element);
        }
        // The plot lives as long as the page, and so does what watches it.
        on_size.forget();
    });
}

/// Draws before the next frame whenever something that is drawn changed.
fn redraw(board: Board, canvas: NodeRef<Canvas>, height: RwSignal<f64>) {
    let surface = StoredValue::new_local(None::<Surface>);
    let draw = move || {
        let Some(element) = canvas.get_untracked() else { return };
        surface.update_value(|surface| {
            let surface = match surface {
                Some(surface) => surface,
                None => match Surface::new(element) {
                    Some(made) => surface.insert(made),
                    None => return,
                },
            };
            measured("timeline-draw", || draw_on(board, surface, height));
        });
    };
    let next_frame = StoredValue::new_local(NextFrame::new(draw));
    Effect::new(move || {
        board.page.read(&[Part::View, Part::Comparison, Part::Playback, Part::Chrome], |_| ());
        board.page.text();
        board.layout.track();
        board.data.track();
        board.diagrams_changed.track();
        board.dragged.track();
        canvas.track();
        next_frame.with_value(NextFrame::ask);
    });
}

fn draw_on(board: Board, surface: &mut Surface, height: RwSignal<f64>) {
    let width = board.width.get_untracked();
    if width <= 0.0 {
        return;
    }
    let layout = board.layout.get_untracked();
    let (marks, used) = board.with_diagrams(|diagrams| {
        board.with_lanes(|state, lanes| {
            let text = &state.chrome().language.text().timeline;
            let shown = state.view().span;
            let height = match diagrams.last() {
                Some((_, last)) => last.area().bottom() + 6.0,
                None => layout.height,
            };
            let mut marks = bands(state, board.dragged.get_untracked(), width, height);
            if diagrams.is_empty() {
                marks.extend(picture(&layout, shown, lanes, text));
            } else {
                axis(shown, width, height, &mut marks);
                diagrams.iter().for_each(|(lane, diagram)| diagram_of(*lane, diagram, shown, text, &mut marks));
            }
            (marks, height)
        })
    });
    if height.get_untracked() != used {
        height.set(used);
    }
    surface.draw(width, used, &marks);
}

fn diagram_of(lane: LaneId, diagram: &Diagram, shown: Span, text: &Text, marks: &mut Vec<Mark>) {
    let at = Point::new(diagram.area().right() - 6.0, diagram.area().y - 2.0);
    let ink = if lane == LaneId::A { Ink::LaneA } else { Ink::LaneB };
    let name = (text.only_lane)(&format!("{lane:?}"));
    marks.push(Mark::text(name, at, ink, 11.0).weighted(Weight::Strong).aligned(Align::End));
    marks.extend(diagram.picture(shown));
}

/// Behind the rows: while faults last, and the stretch that is played again and again.
fn bands(state: &PageState, dragged: Option<(usize, Instant)>, width: f64, height: f64) -> Vec<Mark> {
    let shown = state.view().span;
    let top = super::rows::AXIS_HEIGHT;
    let mut marks = Vec::new();
    let mut band = |from: Instant, to: Instant, ink: Ink, opacity: f64| {
        let cut = |at: Instant| x_of(shown, at, width).clamp(0.0, width);
        let area = Area::new(cut(from), top, cut(to) - cut(from), height - top);
        if area.width > 0.0 {
            marks.push(Mark::filled(area, Fill::solid(ink).faded(opacity)));
        }
    };
    if let Some(Span { from, to }) = state.playback().looped() {
        band(from, to, Ink::Committed, 0.08);
    }
    let mut lines = Vec::new();
    for (index, placed) in state.comparison().faults.iter().enumerate() {
        let from = dragged.filter(|(which, _)| *which == index).map_or(placed.fault.at, |(_, to)| to);
        if let Some(duration) = placed.fault.duration {
            band(from, from + duration, Ink::Lost, 0.06);
            lines.push((from + duration, Dash::Dotted));
        }
        lines.push((from, Dash::Dashed));
    }
    for (at, dash) in lines.into_iter().filter(|(at, _)| shown.from <= *at && *at <= shown.to) {
        let x = span::x_of(shown, at, width);
        let stroke = Stroke::solid(Ink::Lost, 1.0).dashed(dash);
        marks.push(Mark::Line { from: Point::new(x, top), to: Point::new(x, height), stroke });
    }
    marks
}
