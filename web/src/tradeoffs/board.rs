//! The chart: the picture, the figures that it shows, and a mark that keyboard and pointer move over its points.

use super::picture::{self, Picture};
use crate::canvas::screen::measured;
use crate::i18n::axes;
use crate::page::Page;
use crate::state::tradeoff::{Spot, figures_of, shown_figures, with_figure};
use crate::state::{Action, Part};
use highwater_charts::{Datum, Point};
use highwater_experiments::axes::{Axis, Figure};
use highwater_model::place::{Chart, Place};
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

/// What of the state a picture is drawn from.
const DRAWN_FROM: &[Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];

/// How near a pointer has to come to a point.
const REACH_PX: f64 = 26.0;

/// What the parts of a chart share.
#[derive(Clone, Copy)]
pub struct Board {
    page: Page,
    width_px: RwSignal<f64>,
    picture: RwSignal<Option<Rc<Picture>>, LocalStorage>,
    /// The point under the pointer, or the one that the keyboard is at.
    pub at: RwSignal<Option<Datum>>,
    /// The point that was opened.
    pub open: RwSignal<Option<Spot>>,
    /// Between which values the sentences speak, where the reader has chosen.
    pub step: RwSignal<Option<(usize, usize)>>,
}

impl Board {
    /// A chart of what is looked at.
    pub fn new(page: Page) -> Self {
        let board = Self {
            page,
            width_px: RwSignal::new(0.0),
            picture: RwSignal::new_local(None),
            at: RwSignal::new(None),
            open: RwSignal::new(None),
            step: RwSignal::new(None),
        };
        Effect::new(move || board.draw());
        board
    }

    /// The board of the component's context.
    pub fn here() -> Self {
        expect_context()
    }

    /// The picture, and again whenever it becomes another.
    pub fn picture(self) -> Option<Rc<Picture>> {
        self.picture.get()
    }

    /// The picture now.
    pub fn picture_now(self) -> Option<Rc<Picture>> {
        self.picture.get_untracked()
    }

    fn draw(self) {
        let (text, width_px) = (self.page.text(), self.width_px.get());
        if width_px <= 0.0 {
            return;
        }
        let mut drawn = None;
        measured("highwater:draw_chart", || {
            drawn = self.page.read(DRAWN_FROM, |state| {
                let (chart, inquiry) = (state.place().chart()?, state.inquiry()?);
                Some(Rc::new(picture::draw(text, state, chart, inquiry, width_px)))
            });
        });
        self.picture.set(drawn);
    }
}

/// Which figure is shown on each axis.
#[component]
pub fn Figures() -> impl IntoView {
    let page = Page::here();
    let shown = page.memo(&[Part::Place], |state| state.place().chart().map(shown_figures));
    let of_axis = move |axis: Axis| {
        let chosen = move || shown.get().map_or("", |figures| figures[axis as usize].name());
        let choose = move |event| {
            let name: String = event_target_value(&event);
            let figure = Figure::ALL.iter().find(|figure| figure.name() == name);
            let chart = page.peek(|state| Some(with_figure(state.place().chart()?, *figure?)));
            if let Some(chart) = chart {
                page.act(Action::Go(Place::Tradeoffs(chart)));
            }
        };
        let options = move || {
            let language = page.text().language;
            let option =
                |figure: Figure| view! { <option value=figure.name()>{axes::figure(language, figure)}</option> };
            figures_of(axis).map(option).collect_view()
        };
        view! {
            <label class="field">
                <span>{move || axes::axis(page.text().language, axis)}</span>
                <select class="input" data-testid=format!("figure-{axis:?}").to_lowercase()
                    prop:value=move || { page.text(); chosen() } on:change=choose>{options}</select>
            </label>
        }
    };
    view! { <div class="figures">{Axis::ALL.map(of_axis).collect_view()}</div> }
}

/// The picture with its mark.
#[component]
pub fn Plot() -> impl IntoView {
    let page = Page::here();
    let board = Board::here();
    let place = NodeRef::<html::Div>::new();
    follow_width(place, board.width_px);
    let svg = move || board.picture().map(|picture| picture.chart.svg.clone()).unwrap_or_default();
    let height = move || format!("{}px", board.picture().map_or(0.0, |picture| picture.chart.height_px));
    let words = Memo::new(move |_| Some(described(&*board.picture()?, board.at.get()?)));
    let mark = move || board.picture().and_then(|picture| picture.chart.place(board.at.get()?));
    let style = move |of: fn(Point) -> f64| move || mark().map_or_else(String::new, |at| format!("{}px", of(at)));
    let is_right = move || mark().is_some_and(|at| board.width_px.get() / 2.0 < at.x_px);
    view! {
        <div class="plot" node_ref=place style:height=height data-testid="chart"
            on:pointermove=move |event| point_at(board, place, &event)
            on:pointerleave=move |_| board.at.set(None)
            on:click=move |event| press_at(board, place, &event)>
            <div class="drawing" inner_html=svg></div>
            <button class="cursor" data-testid="cursor" aria-label=move || cursor_label(page, words.get())
                class:shown=move || mark().is_some() style:left=style(|at| at.x_px) style:top=style(|at| at.y_px)
                on:focus=move |_| board.at.update(|at| *at = at.or_else(|| first(board)))
                on:keydown=move |event| press(board, &event)></button>
            <output class="tip" class:right=is_right style:left=style(|at| at.x_px) style:top=style(|at| at.y_px)
                class:shown=move || words.with(Option::is_some)>{move || words.get()}</output>
        </div>
    }
}

fn cursor_label(page: Page, words: Option<String>) -> String {
    let hint = page.text().tradeoffs.cursor;
    words.map_or_else(|| hint.to_owned(), |words| format!("{words}. {hint}"))
}

/// A point in words: value, lane, figure.
fn described(picture: &Picture, datum: Datum) -> String {
    let Datum::Reading { panel, lane, slot } = datum else { return String::new() };
    let (panel, lane, slot) = (panel as usize, lane as usize, slot as usize);
    // Each value has a row a lane; before the figures come the value and the lane.
    let row = picture.table.rows.get(slot * picture.lanes.len() + lane);
    let figure = row.and_then(|row| row.get(2 + panel)).map_or("", |entry| entry.written());
    let column = picture.table.columns.get(2 + panel).map_or("", |column| &column.title);
    format!("{} \u{b7} {}: {figure} ({column})", picture.slots[slot], picture.lanes[lane])
}

fn first(board: Board) -> Option<Datum> {
    board.picture_now()?.chart.marks.first().map(|mark| mark.datum)
}

/// A finger points only by pressing; a key has pointed before.
fn press_at(board: Board, place: NodeRef<html::Div>, event: &MouseEvent) {
    let is_key = event.detail() == 0;
    if !is_key {
        point_at(board, place, event);
    }
    open(board);
}

fn point_at(board: Board, place: NodeRef<html::Div>, event: &MouseEvent) {
    let (Some(element), Some(picture)) = (place.get_untracked(), board.picture_now()) else { return };
    let bounds = element.get_bounding_client_rect();
    let point =
        Point { x_px: f64::from(event.client_x()) - bounds.left(), y_px: f64::from(event.client_y()) - bounds.top() };
    let near = picture.chart.nearest(point, REACH_PX).map(|mark| mark.datum);
    if near != board.at.get_untracked() {
        board.at.set(near);
    }
}

/// Opens the point that the mark is at.
fn open(board: Board) {
    if let Some(Datum::Reading { lane, slot, .. }) = board.at.get_untracked() {
        board.open.set(Some(Spot { lane: lane as usize, slot: slot as usize }));
    }
}

/// Left and right go along the values, up and down to the other lane, Page Up and Page Down to another axis.
fn press(board: Board, event: &KeyboardEvent) {
    let Some(picture) = board.picture_now() else { return };
    let Some(Datum::Reading { panel, lane, slot }) = board.at.get_untracked().or_else(|| first(board)) else { return };
    let step = |n: u32, by: i64, count: usize| (i64::from(n) + by).rem_euclid(count.max(1) as i64) as u32;
    let (panels, lanes, slots) = (picture.figures.len(), picture.lanes.len(), picture.slots.len());
    let next = match event.key().as_str() {
        "ArrowRight" => Datum::Reading { panel, lane, slot: step(slot, 1, slots) },
        "ArrowLeft" => Datum::Reading { panel, lane, slot: step(slot, -1, slots) },
        "ArrowUp" | "ArrowDown" => Datum::Reading { panel, lane: step(lane, 1, lanes), slot },
        "PageDown" => Datum::Reading { panel: step(panel, 1, panels), lane, slot },
        "PageUp" => Datum::Reading { panel: step(panel, -1, panels), lane, slot },
        _ => return,
    };
    event.prevent_default();
    // Where nothing is known yet there is no point to be at.
    if picture.chart.place(next).is_some() {
        board.at.set(Some(next));
    }
}

fn follow_width(place: NodeRef<html::Div>, width_px: RwSignal<f64>) {
    let watching = StoredValue::new_local(None::<(ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move || {
        let Some(element) = place.get() else { return };
        let observed = element.clone();
        let on_size = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(observed.client_width());
            if now != 0.0 && now != width_px.get_untracked() {
                width_px.set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(on_size.as_ref().unchecked_ref()) {
            observer.observe(&element);
            watching.set_value(Some((observer, on_size)));
        }
    });
    on_cleanup(move || watching.with_value(|watching| watching.iter().for_each(|(observer, _)| observer.disconnect())));
}

/// The chart that is looked at.
pub fn chart(page: Page) -> Option<Chart> {
    page.read(&[Part::Place], |state| state.place().chart().cloned())
}
