//! A histogram: how a figure is distributed over records, as surfaces of equal size for both lanes, with quantiles.

use crate::canvas::{Align, Canvas};
use crate::chart::{Chart, Datum, Mark, Reading, Write};
use crate::ink::{Fill, Ink, Side, Stroke};
use crate::measure::{self, Face};
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::table::{Column, Entry, Table};

/// What is drawn.
pub struct Histogram<'a> {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// The figure and its unit.
    pub unit: String,
    /// How its numbers are written.
    pub write: Write<'a>,
    /// One or two of them.
    pub lanes: Vec<Distribution>,
}

/// The figure's distribution in one lane.
pub struct Distribution {
    /// The lane's name.
    pub name: String,
    /// In ascending order.
    pub bins: Vec<Bin>,
    /// What is pointed at: a name as `p99`, and the figure.
    pub quantiles: Vec<(String, f64)>,
}

/// So many were between two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// From here, inclusive.
    pub from: f64,
    /// To here, exclusive.
    pub to: f64,
    /// How many.
    pub count: u64,
}

/// From the base line to the highest bin.
const PLOT_PX: f64 = 130.0;
/// A row of names of quantiles.
const NAME_PX: f64 = 16.0;
/// Labels and title of the axis.
const FOOT_PX: f64 = 40.0;
/// On both sides.
const MARGIN_PX: f64 = 10.0;

/// A name of a quantile, placed.
struct Name {
    side: Side,
    words: String,
    x_px: f64,
    from_px: f64,
    to_px: f64,
    row: u32,
}

impl Histogram<'_> {
    /// The chart at this width.
    pub fn draw(&self, width_px: f64) -> Chart {
        let bins = self.lanes.iter().flat_map(|lane| lane.filled()).flat_map(|(_, bin)| [bin.from, bin.to]);
        let quantiles = self.lanes.iter().flat_map(|lane| lane.quantiles.iter().map(|(_, number)| *number));
        let scale = Scale::of(bins.chain(quantiles));
        let across = Frame { left_px: MARGIN_PX, top_px: 0.0, right_px: width_px - MARGIN_PX, bottom_px: 1.0 };
        let flat = Plane::new(across, (scale, Course::Onwards), (Scale::of([1.0]), Course::Onwards));
        let names = self.names(&flat, width_px);
        let head_px = NAME_PX * f64::from(names.iter().map(|name| name.row + 1).max().unwrap_or(0)) + 4.0;
        let frame = Frame { top_px: head_px, bottom_px: head_px + PLOT_PX, ..across };
        let highest = self.lanes.iter().flat_map(|lane| lane.heights(&scale)).map(|(_, height)| height);
        let y = Scale::Linear { low: 0.0, high: highest.fold(f64::MIN_POSITIVE, f64::max) };
        let plane = Plane::new(frame, (scale, Course::Onwards), (y, Course::Onwards));
        let height_px = head_px + PLOT_PX + FOOT_PX;
        let canvas = Canvas::new(width_px, height_px);
        self.draw_axis(&canvas, &plane);
        let mut marks = Vec::new();
        for (number, lane) in (0..).zip(&self.lanes) {
            marks.extend(draw_outline(&canvas, &plane, lane, number));
        }
        for name in &names {
            let y_px = NAME_PX * (f64::from(name.row) + 0.5);
            let ends = [at(name.x_px, y_px + 7.0), at(name.x_px, frame.bottom_px)];
            canvas.line(&ends, name.side.stroke(1.2));
        }
        for name in &names {
            let place = at(name.from_px, NAME_PX * (f64::from(name.row) + 0.5));
            canvas.text_over_lines(&name.words, place, Face::Tick, name.side.ink(), Align::Start);
        }
        let svg = canvas.finish(&self.title);
        Chart { title: self.title.clone(), svg, width_px, height_px, marks, planes: vec![plane] }
    }

    fn draw_axis(&self, canvas: &Canvas, plane: &Plane) {
        let frame = plane.frame();
        let base = [at(frame.left_px, frame.bottom_px), at(frame.right_px, frame.bottom_px)];
        canvas.line(&base, Stroke::solid(Ink::LineStrong, 1.0));
        canvas.ticks_below(plane, self.write);
        let unit = measure::fit(&self.unit, Face::Note, frame.width_px());
        let middle_px = (frame.left_px + frame.right_px) / 2.0;
        canvas.text(&unit, at(middle_px, frame.bottom_px + 30.0), Face::Note, Ink::Mute, Align::Middle);
    }

    /// The names of all quantiles, to the right of their lines, in as many rows as they need in order not to touch, and
    /// so that no line runs through a name.
    fn names(&self, plane: &Plane, width_px: f64) -> Vec<Name> {
        let lanes = (0..).zip(&self.lanes);
        let all = lanes.flat_map(|(lane, distribution)| {
            distribution.quantiles.iter().map(move |quantile| (Side::of(lane), quantile))
        });
        let mut names: Vec<Name> = all
            .filter(|(_, (_, number))| number.is_finite())
            .map(|(side, (name, number))| {
                let words = format!("{} {name} {}", side.letter(), (self.write)(*number));
                let room_px = measure::width_px(&words, Face::Tick) + 6.0;
                let x_px = plane.to_pixel(*number, 0.0).x_px;
                let from_px = (x_px - 3.0).min(width_px - room_px).max(0.0);
                Name { side, words, x_px, from_px, to_px: from_px + room_px, row: 0 }
            })
            .collect();
        names.sort_by(|a, b| a.x_px.total_cmp(&b.x_px));
        for index in 0..names.len() {
            let (placed, rest) = names.split_at_mut(index);
            let free = |row: &u32| placed.iter().all(|other| !rest[0].disturbs(*row, other));
            rest[0].row = (0..).find(free).expect("below all others there is room");
        }
        names
    }

    /// All bins that hold something, as rows.
    pub fn table(&self, lane: &str, from: &str, to: &str, count: &str) -> Table {
        let columns = vec![Column::words(lane), Column::figure(from), Column::figure(to), Column::figure(count)];
        let exact = |value| Some(Reading { value, low: value, high: value });
        let rows = self.lanes.iter().flat_map(|lane| {
            lane.filled().map(|(_, bin)| {
                vec![
                    Entry::Words(lane.name.clone()),
                    Entry::of(exact(bin.from), self.write),
                    Entry::of(exact(bin.to), self.write),
                    Entry::of(exact(bin.count as f64), &|count: f64| count.to_string()),
                ]
            })
        });
        Table { columns, rows: rows.collect() }
    }
}

impl Name {
    /// Would it touch another name in this row, or would its line run through that name?
    fn disturbs(&self, row: u32, other: &Name) -> bool {
        let touches = self.from_px < other.to_px && other.from_px < self.to_px;
        let crosses = other.from_px <= self.x_px && self.x_px < other.to_px;
        (row == other.row && touches) || (row < other.row && crosses)
    }
}

impl Distribution {
    /// The bins that hold something and can be drawn.
    fn filled(&self) -> impl Iterator<Item = (u32, Bin)> {
        let bins = (0..).zip(self.bins.iter().copied());
        bins.filter(|(_, bin)| bin.count > 0 && bin.from.is_finite() && bin.to.is_finite() && bin.from < bin.to)
    }

    /// How high each bin stands: its surface, not its height, is its share.
    fn heights(&self, scale: &Scale) -> Vec<(u32, f64)> {
        let total: u64 = self.filled().map(|(_, bin)| bin.count).sum();
        let width = |bin: Bin| (scale.share(bin.to) - scale.share(bin.from)).max(1e-6);
        self.filled().map(|(index, bin)| (index, bin.count as f64 / total as f64 / width(bin))).collect()
    }
}

/// The bins' outline over a light surface.
fn draw_outline(canvas: &Canvas, plane: &Plane, lane: &Distribution, number: u32) -> Vec<Mark> {
    let side = Side::of(number);
    let bottom_px = plane.frame().bottom_px;
    let mut outline: Vec<Point> = Vec::new();
    let mut marks = Vec::new();
    for (index, height) in lane.heights(plane.x()) {
        let bin = lane.bins[index as usize];
        let (from, to) = (plane.to_pixel(bin.from, height), plane.to_pixel(bin.to, height));
        if outline.last().is_none_or(|last| 0.5 < from.x_px - last.x_px) {
            outline.extend(outline.last().copied().map(|last| at(last.x_px, bottom_px)));
            outline.push(at(from.x_px, bottom_px));
        }
        outline.extend([from, to]);
        let middle = at((from.x_px + to.x_px) / 2.0, from.y_px);
        marks.push(Mark { datum: Datum::Bin { lane: number, bin: index }, at: middle });
    }
    outline.extend(outline.last().copied().map(|last| at(last.x_px, bottom_px)));
    if outline.len() > 1 {
        canvas.surface(&outline, Fill { ink: side.ink(), opacity: 0.16 });
        canvas.line(&outline, side.stroke(1.6));
    }
    marks
}
