//! Charts as small as a word: which way a figure goes over the values of a setting, and how a lane is drawn.

use crate::canvas::Canvas;
use crate::ink::Side;
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;

/// How wide a sparkline is.
const WIDTH_PX: f64 = 52.0;
/// How wide a lane's line in a legend is.
const SWATCH_PX: f64 = 30.0;
/// How high both are.
const HEIGHT_PX: f64 = 16.0;

/// The lines of one or two lanes, as SVG text.
pub fn sparkline(title: &str, lanes: &[Vec<Option<f64>>]) -> String {
    let known = || lanes.iter().flatten().flatten().copied();
    let count = lanes.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let frame = Frame { left_px: 0.0, top_px: 2.0, right_px: WIDTH_PX, bottom_px: HEIGHT_PX - 2.0 };
    let plane = Plane::new(frame, (Scale::Slots(count), Course::Onwards), (Scale::of(known()), Course::Onwards));
    let canvas = Canvas::new(WIDTH_PX, HEIGHT_PX);
    for (number, lane) in (0..).zip(lanes) {
        let places = (0..).zip(lane).filter_map(|(slot, value): (u32, _)| {
            value.filter(|value| value.is_finite()).map(|value| plane.to_pixel(f64::from(slot), value))
        });
        let line: Vec<Point> = places.collect();
        if line.len() > 1 {
            canvas.line(&line, Side::of(number).stroke(1.5));
        }
    }
    canvas.finish(title)
}

/// How a lane is drawn, for a legend.
pub fn swatch(title: &str, side: Side) -> String {
    let canvas = Canvas::new(SWATCH_PX, HEIGHT_PX);
    let y_px = HEIGHT_PX / 2.0;
    canvas.line(&[at(0.0, y_px), at(SWATCH_PX, y_px)], side.stroke(2.0));
    canvas.mark(side, at(SWATCH_PX / 2.0, y_px), 3.5);
    canvas.finish(title)
}
