//! The five axes on which configurations are compared, the figures of each, and when a figure counts as low, medium or
//! high. Every figure comes from runs and carries its interval.

mod figure;
mod thresholds;

pub use figure::{Axis, Better, Estimate, Figure, FigureUnit};
pub use thresholds::{Class, Threshold, Thresholds};
