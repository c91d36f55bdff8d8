//! The verdict: a row for each axis, a bar for each lane, and the bounds of the words low, medium and high. A longer bar
//! is more of what the axis is named after: more reliability, more latency, more cost.

use crate::canvas::{Align, Canvas};
use crate::chart::{Cell, Chart, Datum, Mark, Reading, Write};
use crate::ink::{Fill, Ink, Side, Stroke};
use crate::measure::{self, Face};
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::table::{Column, Entry, Table};

/// What is drawn.
pub struct Verdict<'a> {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// Low, medium and high.
    pub words: [String; 3],
    /// The names of the lanes.
    pub lanes: Vec<String>,
    /// One for each axis.
    pub rows: Vec<Row<'a>>,
}

/// An axis.
pub struct Row<'a> {
    /// Its name.
    pub title: String,
    /// The figure and its unit.
    pub unit: String,
    /// How its numbers are written.
    pub write: Write<'a>,
    /// By lane.
    pub cells: Vec<Cell>,
    /// Between low and medium, and between medium and high. Where they descend, less of the figure is more of the axis.
    pub bounds: [f64; 2],
}

/// Below this width a row's title stands above its bars.
const BESIDE_PX: f64 = 560.0;
/// The column of titles, where there is one.
const TITLES_PX: f64 = 190.0;
/// A bar.
const BAR_PX: f64 = 12.0;
/// From one bar to the next.
const LANE_PX: f64 = 18.0;
/// The words of the bounds above the bars.
const WORDS_PX: f64 = 17.0;
/// The figures of the bounds beneath them.
const BOUNDS_PX: f64 = 16.0;
/// Between rows.
const GAP_PX: f64 = 14.0;

impl Verdict<'_> {
    /// The chart at this width.
    pub fn draw(&self, width_px: f64) -> Chart {
        let is_beside = BESIDE_PX <= width_px;
        let head_px = if is_beside { 0.0 } else { 22.0 };
        let bars_px = LANE_PX * self.lanes.len() as f64;
        let row_px = head_px + WORDS_PX + bars_px + BOUNDS_PX + GAP_PX;
        let height_px = row_px * self.rows.len() as f64;
        let canvas = Canvas::new(width_px, height_px);
        let figures_px = self.figures_px();
        let (mut marks, mut planes) = (Vec::new(), Vec::new());
        for (index, row) in (0..).zip(&self.rows) {
            let top_px = row_px * f64::from(index);
            let frame = Frame {
                left_px: 16.0 + if is_beside { TITLES_PX } else { 0.0 },
                top_px: top_px + head_px + WORDS_PX,
                right_px: width_px - figures_px,
                bottom_px: top_px + head_px + WORDS_PX + bars_px,
            };
            draw_title(&canvas, row, at(0.0, if is_beside { frame.top_px } else { top_px }), is_beside, width_px);
            let plane = row.plane(frame);
            self.draw_bounds(&canvas, &plane, row, width_px);
            marks.extend(draw_bars(&canvas, &plane, row, index, width_px));
            planes.push(plane);
        }
        let svg = canvas.finish(&self.title);
        Chart { title: self.title.clone(), svg, width_px, height_px, marks, planes }
    }

    /// The column of figures to the right of the bars.
    fn figures_px(&self) -> f64 {
        let figures = self.rows.iter().flat_map(|row| row.cells.iter().map(|cell| row.figure(*cell)));
        figures.map(|text| measure::width_px(&text, Face::Value)).fold(40.0, f64::max) + 10.0
    }

    /// Three zones with their words, and the two bounds with their figures.
    fn draw_bounds(&self, canvas: &Canvas, plane: &Plane, row: &Row<'_>, width_px: f64) {
        let frame = plane.frame();
        canvas.block(frame, Fill::opaque(Ink::Soft));
        if !row.bounds.iter().all(|bound| bound.is_finite()) {
            return;
        }
        let bounds = row.bounds.map(|bound| plane.to_pixel(bound, 0.0).x_px);
        let edges = [frame.left_px, bounds[0], bounds[1], frame.right_px];
        for (word, zone) in self.words.iter().zip(edges.windows(2)) {
            let (middle_px, room_px) = ((zone[0] + zone[1]) / 2.0, zone[1] - zone[0] - 6.0);
            if measure::width_px(word, Face::Tick) <= room_px {
                canvas.text(word, at(middle_px, frame.top_px - 8.0), Face::Tick, Ink::Mute, Align::Middle);
            }
        }
        for x_px in bounds {
            let ends = [at(x_px, frame.top_px - 12.0), at(x_px, frame.bottom_px + 4.0)];
            canvas.line(&ends, Stroke::dotted(Ink::LineStrong, 1.2));
        }
        // One to the left of its bound, the other to the right: they never meet, however close the bounds are.
        let [low, high] = row.bounds.map(row.write);
        let y_px = frame.bottom_px + 9.0;
        let low_px = bounds[0].max(measure::width_px(&low, Face::Tick));
        canvas.text(&low, at(low_px - 2.0, y_px), Face::Tick, Ink::Mute, Align::End);
        let high_px = bounds[1].min(width_px - measure::width_px(&high, Face::Tick) - 4.0).max(low_px + 4.0);
        canvas.text(&high, at(high_px + 2.0, y_px), Face::Tick, Ink::Mute, Align::Start);
    }

    /// All figures, as rows.
    pub fn table(&self, axis: &str) -> Table {
        let lanes = self.lanes.iter().map(|lane| Column::figure(lane.clone()));
        let words = self.words.windows(2).map(|pair| Column::figure(format!("{} / {}", pair[0], pair[1])));
        let columns = std::iter::once(Column::words(axis)).chain(lanes).chain(words).collect();
        let rows = self.rows.iter().map(|row| {
            let title = Entry::Words(format!("{}, {}", row.title, row.unit));
            let figures = row.cells.iter().map(|cell| Entry::of(cell.reading(), row.write));
            let exact = |value| Some(Reading { value, low: value, high: value });
            let bounds = row.bounds.iter().map(|bound| Entry::of(exact(*bound), row.write));
            std::iter::once(title).chain(figures).chain(bounds).collect()
        });
        Table { columns, rows: rows.collect() }
    }
}

impl Row<'_> {
    fn plane(&self, frame: Frame) -> Plane {
        let readings = self.cells.iter().copied().filter_map(Cell::reading).flat_map(Reading::extent);
        // Some of the outer words' zones is always seen.
        let [least, most] = [self.bounds[0].min(self.bounds[1]), self.bounds[0].max(self.bounds[1])];
        let scale = Scale::of(readings.chain([least / 4.0, 1.6 * most]));
        let course = if self.bounds[1] < self.bounds[0] { Course::Back } else { Course::Onwards };
        Plane::new(frame, (scale, course), (Scale::Slots(self.cells.len() as u32), Course::Back))
    }

    fn figure(&self, cell: Cell) -> String {
        match cell {
            Cell::Impossible => "×".to_owned(),
            cell => cell.reading().map_or_else(|| "…".to_owned(), |reading| (self.write)(reading.value)),
        }
    }
}

fn draw_title(canvas: &Canvas, row: &Row<'_>, corner: Point, is_beside: bool, width_px: f64) {
    let (x_px, y_px) = (corner.x_px, corner.y_px + 8.0);
    if is_beside {
        let title = measure::fit(&row.title, Face::Title, TITLES_PX - 8.0);
        canvas.text(&title, at(x_px, y_px), Face::Title, Ink::Text, Align::Start);
        let unit = measure::fit(&row.unit, Face::Note, TITLES_PX - 8.0);
        canvas.text(&unit, at(x_px, y_px + 17.0), Face::Note, Ink::Mute, Align::Start);
    } else {
        canvas.text(&row.title, at(x_px, y_px), Face::Title, Ink::Text, Align::Start);
        let used_px = measure::width_px(&row.title, Face::Title) + 8.0;
        let unit = measure::fit(&row.unit, Face::Note, width_px - used_px);
        canvas.text(&unit, at(x_px + used_px, y_px), Face::Note, Ink::Mute, Align::Start);
    }
}

fn draw_bars(canvas: &Canvas, plane: &Plane, row: &Row<'_>, index: u32, width_px: f64) -> Vec<Mark> {
    let frame = plane.frame();
    let mut marks = Vec::new();
    for (lane, cell) in (0..).zip(&row.cells) {
        let side = Side::of(lane);
        let y_px = plane.to_pixel(0.0, f64::from(lane)).y_px;
        let letter = at(frame.left_px - 5.0, y_px);
        canvas.text(side.letter(), letter, Face::Held, side.ink(), Align::End);
        let figure = at(width_px - 1.0, y_px);
        canvas.text(&row.figure(*cell), figure, Face::Value, Ink::Text, Align::End);
        let Some(reading) = cell.reading() else { continue };
        let [end_px, low_px, high_px] = reading.extent().map(|number| plane.to_pixel(number, 0.0).x_px);
        // A bar of no length is still there.
        let end_px = end_px.max(frame.left_px + 2.0);
        let bar = Frame {
            left_px: frame.left_px,
            top_px: y_px - BAR_PX / 2.0,
            right_px: end_px,
            bottom_px: y_px + BAR_PX / 2.0,
        };
        match side {
            Side::A => canvas.block(bar, Fill::opaque(side.ink())),
            Side::B => {
                canvas.block(bar, Fill { ink: side.ink(), opacity: 0.35 });
                canvas.edge(bar, side.stroke(1.4));
            }
        }
        draw_interval(canvas, [low_px.min(high_px), low_px.max(high_px)], y_px);
        marks.push(Mark { datum: Datum::Bar { row: index, lane }, at: at(end_px, y_px) });
    }
    marks
}

/// An interval over a bar, where it has a visible length.
fn draw_interval(canvas: &Canvas, [from_px, to_px]: [f64; 2], y_px: f64) {
    if to_px - from_px < 2.0 {
        return;
    }
    // A rim in the colour of the panel keeps it apart from a dark bar.
    for (stroke, reach_px) in [(Stroke::solid(Ink::Panel, 3.6), 4.5), (Stroke::solid(Ink::Text, 1.4), 3.5)] {
        canvas.line(&[at(from_px, y_px), at(to_px, y_px)], stroke);
        for x_px in [from_px, to_px] {
            canvas.line(&[at(x_px, y_px - reach_px), at(x_px, y_px + reach_px)], stroke);
        }
    }
}
