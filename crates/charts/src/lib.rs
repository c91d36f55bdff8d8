//! Numbers to SVG text, and where each of them lies in it.
//!
//! Every chart is a function: plain numbers and words in the reader's language in, a [`Chart`] out. A chart has SVG text,
//! whose colours are the page's CSS variables, and a projection: the marks of all figures and the axes, so that a page can
//! put something focusable over them and answer a pointer. Charts know neither Kafka nor a browser.

mod canvas;
mod chart;
mod export;
mod histogram;
mod ink;
mod losses;
mod measure;
mod pareto;
mod plane;
mod scale;
mod sparkline;
mod svg;
mod table;
mod tradeoff;
mod verdict;

pub use chart::{Better, Cell, Chart, Datum, Mark, Reading, Write};
pub use histogram::{Bin, Distribution, Histogram};
pub use ink::{Dash, Ink, Side, Theme};
pub use losses::{Losses, Seeds};
pub use pareto::{Dimension, Pareto, Role, Tried};
pub use plane::{Frame, Plane, Point};
pub use scale::{Foot, Scale};
pub use sparkline::{sparkline, swatch};
pub use table::{Column, Entry, Kind, Table};
pub use tradeoff::{Anchor, Lane, Panel, Tradeoff};
pub use verdict::{Row, Verdict};

#[cfg(test)]
mod tests;
// The samples are shared with the gallery, which sees this crate from outside.
#[cfg(test)]
extern crate self as highwater_charts;
