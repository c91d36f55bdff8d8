//! What every chart takes and gives.

use crate::export;
use crate::ink::Theme;
use crate::plane::{Plane, Point};

/// How the numbers of an axis are written, in the reader's language and with their unit.
pub type Write<'a> = &'a dyn Fn(f64) -> String;

/// A figure and the interval in which it lies. An end that is infinite is drawn to the end of the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// The best guess.
    pub value: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Reading {
    /// What an axis has to show of it.
    pub(crate) fn extent(self) -> [f64; 3] {
        [self.value, self.low, self.high]
    }
}

/// What is known for one value of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// Nothing yet.
    Waiting,
    /// That there can be no such configuration.
    Impossible,
    /// This.
    Read(Reading),
}

impl Cell {
    /// The figure, if it is one that can be drawn.
    pub fn reading(self) -> Option<Reading> {
        match self {
            Cell::Read(reading) if reading.value.is_finite() => {
                let end = |end: f64| if end.is_nan() { reading.value } else { end };
                let (low, high) = (end(reading.low).min(reading.value), end(reading.high).max(reading.value));
                Some(Reading { value: reading.value, low, high })
            }
            _ => None,
        }
    }
}

/// Which direction is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Less,
    /// More is better.
    More,
}

/// Something drawn that stands for a figure, by its place in what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Datum {
    /// A value of the setting, in a panel, of a lane.
    Reading {
        /// Which panel.
        panel: u32,
        /// Which lane.
        lane: u32,
        /// Which value of the setting.
        slot: u32,
    },
    /// A figure that somebody else measured.
    Anchor {
        /// Which panel.
        panel: u32,
        /// Which of its anchors.
        anchor: u32,
    },
    /// A configuration that was tried.
    Tried(u32),
    /// A bar.
    Bar {
        /// Which row.
        row: u32,
        /// Which lane.
        lane: u32,
    },
    /// A bin of a histogram.
    Bin {
        /// Which lane.
        lane: u32,
        /// Which bin.
        bin: u32,
    },
    /// A run.
    Run {
        /// Which lane.
        lane: u32,
        /// Which of its runs.
        run: u32,
    },
}

/// Where a figure lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Which figure.
    pub datum: Datum,
    /// Where.
    pub at: Point,
}

/// A chart.
#[derive(Clone)]
pub struct Chart {
    /// What it shows, for those who do not see it.
    pub title: String,
    /// SVG text whose colours are the page's CSS variables.
    pub svg: String,
    /// How wide it is.
    pub width_px: f64,
    /// How high it is.
    pub height_px: f64,
    /// Every figure that is drawn, in the order in which they are read.
    pub marks: Vec<Mark>,
    /// Its parts with axes: one for each panel or row.
    pub planes: Vec<Plane>,
}

impl Chart {
    /// The mark nearest to a place, if one is within reach.
    pub fn nearest(&self, point: Point, reach_px: f64) -> Option<Mark> {
        let distance = |mark: &Mark| (mark.at.x_px - point.x_px).hypot(mark.at.y_px - point.y_px);
        let nearest = self.marks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(nearest) <= reach_px).then_some(*nearest)
    }

    /// Where a figure lies.
    pub fn place(&self, datum: Datum) -> Option<Point> {
        self.marks.iter().find(|mark| mark.datum == datum).map(|mark| mark.at)
    }

    /// The picture as a file of its own: no style sheet says its colours, so they are those of one theme.
    pub fn stand_alone(&self, theme: Theme) -> String {
        export::stand_alone(self, theme)
    }
}
