//! The picture of a drawing, with a mark that pointer and keyboard move from figure to figure.

use super::{Drawing, Drawn};
use crate::i18n::Text;
use crate::page::Page;
use highwater_charts::{Datum, Point};
use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

/// How near a pointer has to come to a figure.
const REACH_PX: f64 = 26.0;

/// Figures that Page Up and Page Down leap over.
const LEAP: isize = 10;

/// Where a key leads from a figure: nowhere if it is no key of a chart's.
pub type Way = fn(&Drawn, Datum, &str) -> Option<Datum>;

/// The picture. A click or Enter opens the figure at the mark.
#[component]
pub fn Plot(
    /// What is shown.
    drawing: Drawing,
    /// Its name for tests.
    id: &'static str,
    /// What the keys do.
    hint: fn(&Text) -> &'static str,
    /// Where they lead.
    #[prop(default = in_order)]
    way: Way,
    /// What opening a figure does.
    open: impl Fn(Datum) + Copy + 'static,
) -> impl IntoView {
    let page = Page::here();
    let place = NodeRef::<html::Div>::new();
    follow_width(place, drawing.width_px);
    let svg = move || drawing.drawn().map(|drawn| drawn.chart.svg.clone()).unwrap_or_default();
    let height = move || format!("{}px", drawing.drawn().map_or(0.0, |drawn| drawn.chart.height_px));
    let mark = Memo::new(move |_| drawing.mark());
    let words = Memo::new(move |_| Some(drawing.drawn()?.words(mark.get()?.datum)));
    let style =
        move |of: fn(Point) -> f64| move || mark.get().map_or_else(String::new, |mark| format!("{}px", of(mark.at)));
    let is_right = move || mark.get().is_some_and(|mark| drawing.width_px.get() / 2.0 < mark.at.x_px);
    let press_at = move |event: MouseEvent| {
        // A finger points only by pressing; a key has pointed before.
        let is_key = event.detail() == 0;
        if !is_key {
            point_at(drawing, place, &event);
        }
        if let Some(mark) = untrack(|| drawing.mark()) {
            open(mark.datum);
        }
    };
    let label = move || {
        let hint = hint(page.text());
        words.get().map_or_else(|| hint.to_owned(), |words| format!("{words}. {hint}"))
    };
    view! {
        <div class="plot" node_ref=place style:height=height data-testid=id
            on:pointermove=move |event| point_at(drawing, place, &event)
            on:pointerleave=move |_| drawing.at.set(None)
            on:click=press_at>
            <div class="drawing" inner_html=svg></div>
            <button class="cursor" data-testid=format!("{id}-cursor") aria-label=label class:shown=move || mark.get().is_some()
                style:left=style(|at| at.x_px) style:top=style(|at| at.y_px)
                on:focus=move |_| drawing.at.update(|at| *at = at.or_else(|| first(drawing)))
                on:keydown=move |event| press(drawing, way, &event)></button>
            <output class="tip" class:right=is_right style:left=style(|at| at.x_px) style:top=style(|at| at.y_px)
                class:shown=move || words.with(Option::is_some)>{move || words.get()}</output>
        </div>
    }
}

fn first(drawing: Drawing) -> Option<Datum> {
    drawing.now()?.chart.marks.first().map(|mark| mark.datum)
}

fn point_at(drawing: Drawing, place: NodeRef<html::Div>, event: &MouseEvent) {
    let (Some(element), Some(drawn)) = (place.get_untracked(), drawing.now()) else { return };
    let bounds = element.get_bounding_client_rect();
    let point =
        Point { x_px: f64::from(event.client_x()) - bounds.left(), y_px: f64::from(event.client_y()) - bounds.top() };
    let near = drawn.chart.nearest(point, REACH_PX).map(|mark| mark.datum);
    if near != drawing.at.get_untracked() {
        drawing.at.set(near);
    }
}

fn press(drawing: Drawing, way: Way, event: &KeyboardEvent) {
    let Some(drawn) = drawing.now() else { return };
    let Some(here) = drawing.at.get_untracked().or_else(|| first(drawing)) else { return };
    if let Some(next) = way(&drawn, here, &event.key()) {
        event.prevent_default();
        // Where nothing is known yet there is no figure to be at.
        if drawn.chart.place(next).is_some() {
            drawing.at.set(Some(next));
        }
    }
}

/// Arrows go from figure to figure in the order in which they are read.
pub fn in_order(drawn: &Drawn, here: Datum, key: &str) -> Option<Datum> {
    let marks = &drawn.chart.marks;
    let last = marks.len().checked_sub(1)?;
    let here = marks.iter().position(|mark| mark.datum == here).unwrap_or(0);
    let next = match key {
        "ArrowRight" | "ArrowDown" => here + 1,
        "ArrowLeft" | "ArrowUp" => here.saturating_sub(1),
        "PageDown" => here.saturating_add_signed(LEAP),
        "PageUp" => here.saturating_add_signed(-LEAP),
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(marks[next.min(last)].datum)
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
