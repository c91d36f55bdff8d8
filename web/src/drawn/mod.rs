//! Charts on the page: a drawing follows the width of its place and what it is drawn from; it has a mark for pointer and
//! keyboard, a table, and ways to take it away.

mod plot;
mod rows;
mod take_away;

pub use plot::Plot;
pub use rows::Rows;
pub use take_away::TakeAway;

use crate::canvas::screen::measured;
use highwater_charts::{Chart, Datum, Mark, Table};
use leptos::prelude::*;
use std::rc::Rc;

/// A chart as it is drawn.
pub struct Drawn {
    /// The picture, and where each figure lies.
    pub chart: Chart,
    /// The same as rows.
    pub table: Table,
    words: Box<dyn Fn(Datum) -> String>,
}

impl Drawn {
    /// A chart; `words` says a figure of it.
    pub fn new(chart: Chart, table: Table, words: impl Fn(Datum) -> String + 'static) -> Self {
        Self { chart, table, words: Box::new(words) }
    }

    /// A figure in words.
    pub fn words(&self, datum: Datum) -> String {
        (self.words)(datum)
    }
}

/// A place for a chart; `Copy`, for the components around it.
#[derive(Clone, Copy)]
pub struct Drawing {
    width_px: RwSignal<f64>,
    drawn: RwSignal<Option<Rc<Drawn>>, LocalStorage>,
    at: RwSignal<Option<Datum>>,
}

impl Drawing {
    /// Draws at the place's width, and again whenever that or something that `draw` reads becomes another.
    pub fn new(draw: impl Fn(f64) -> Option<Drawn> + 'static) -> Self {
        let drawing = Self { width_px: RwSignal::new(0.0), drawn: RwSignal::new_local(None), at: RwSignal::new(None) };
        Effect::new(move || {
            let width_px = drawing.width_px.get();
            if 0.0 < width_px {
                measured("highwater:draw_chart", || drawing.drawn.set(draw(width_px).map(Rc::new)));
            }
        });
        drawing
    }

    /// The chart, and again whenever it becomes another.
    pub fn drawn(self) -> Option<Rc<Drawn>> {
        self.drawn.get()
    }

    /// The chart now.
    pub fn now(self) -> Option<Rc<Drawn>> {
        self.drawn.get_untracked()
    }

    /// The figure under the pointer, or the one that the keyboard is at.
    fn mark(self) -> Option<Mark> {
        let (drawn, datum) = (self.drawn()?, self.at.get()?);
        drawn.chart.marks.iter().find(|mark| mark.datum == datum).copied()
    }
}
