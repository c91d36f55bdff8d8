//! Pictures as values: what to draw is a list of [`Mark`]s, made and tested without a browser; [`surface`] puts such a
//! list on a canvas.

pub mod icon;
pub mod mark;
pub mod screen;
pub mod surface;

pub use icon::Icon;
pub use mark::{Align, Area, Dash, Fill, Ink, Map, Mark, Pattern, Point, Shape, Stroke, Weight};
