//! The projection of a chart: where each number lies, and what lies where. The page needs it to put focusable marks over a
//! chart, to answer a pointer, and to let a bound be dragged.

use crate::scale::{Scale, stretch};
use crate::svg::{STEPS_PER_PX, steps};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::{CoordTranslate as _, ReverseCoordTranslate as _};

/// A place in a chart, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x_px: f64,
    /// Down.
    pub y_px: f64,
}

/// A place, shorter.
pub(crate) const fn at(x_px: f64, y_px: f64) -> Point {
    Point { x_px, y_px }
}

/// A part of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Its left edge.
    pub left_px: f64,
    /// Its upper edge.
    pub top_px: f64,
    /// Its right edge.
    pub right_px: f64,
    /// Its lower edge.
    pub bottom_px: f64,
}

impl Frame {
    /// How wide it is.
    pub const fn width_px(&self) -> f64 {
        self.right_px - self.left_px
    }

    /// Does the place lie in it?
    pub fn holds(&self, point: Point) -> bool {
        let across = self.left_px <= point.x_px && point.x_px <= self.right_px;
        across && self.top_px <= point.y_px && point.y_px <= self.bottom_px
    }
}

/// In which direction the numbers of an axis grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// To the right, or upwards.
    Onwards,
    /// To the left, or downwards.
    Back,
}

/// A part of a chart with an axis in each direction.
#[derive(Clone)]
pub struct Plane {
    frame: Frame,
    coordinates: Cartesian2d<Scale, Scale>,
}

impl Plane {
    /// Axes along the frame, the first to the right and the second upwards, or the other way round.
    pub(crate) fn new(frame: Frame, (x, across): (Scale, Course), (y, up): (Scale, Course)) -> Self {
        let along = |course, from_px, to_px| match course {
            Course::Onwards => stretch(from_px, to_px),
            Course::Back => stretch(to_px, from_px),
        };
        let across = along(across, frame.left_px, frame.right_px);
        Self { frame, coordinates: Cartesian2d::new(x, y, (across, along(up, frame.bottom_px, frame.top_px))) }
    }

    /// The part of the chart that the axes span.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The first axis.
    pub fn x(&self) -> &Scale {
        self.coordinates.x_spec()
    }

    /// The second axis.
    pub fn y(&self) -> &Scale {
        self.coordinates.y_spec()
    }

    /// Where two numbers lie.
    pub fn to_pixel(&self, x: f64, y: f64) -> Point {
        let (x, y) = self.coordinates.translate(&(x, y));
        at(f64::from(x) / f64::from(STEPS_PER_PX), f64::from(y) / f64::from(STEPS_PER_PX))
    }

    /// Which two numbers lie there, if the plane has any width and height.
    pub fn to_data(&self, point: Point) -> Option<(f64, f64)> {
        self.coordinates.reverse_translate((steps(point.x_px), steps(point.y_px)))
    }
}
