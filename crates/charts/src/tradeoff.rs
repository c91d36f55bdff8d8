//! The trade-off chart: the values of a setting along x, one small panel for each axis, both lanes with their intervals.

use crate::canvas::{Align, Canvas, Turn, gutter_px, labelled};
use crate::chart::{Cell, Chart, Datum, Mark, Reading, Write};
use crate::ink::{Fill, Ink, Side, Stroke};
use crate::measure::{self, Face};
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::table::{Column, Entry, Table};

/// What is drawn.
pub struct Tradeoff<'a> {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// The values of the setting, as they are written.
    pub slots: Vec<String>,
    /// One or two lanes.
    pub lanes: Vec<Lane>,
    /// The small multiples.
    pub panels: Vec<Panel<'a>>,
}

/// A configuration whose setting is varied.
pub struct Lane {
    /// Its name.
    pub name: String,
    /// The value that it has now.
    pub held: Option<u32>,
}

/// A small multiple.
pub struct Panel<'a> {
    /// The axis.
    pub title: String,
    /// The figure and its unit.
    pub unit: String,
    /// How its numbers are written.
    pub write: Write<'a>,
    /// By lane, by value of the setting.
    pub cells: Vec<Vec<Cell>>,
    /// Figures that somebody else published or measured.
    pub anchors: Vec<Anchor>,
}

/// A figure that somebody else published or measured.
pub struct Anchor {
    /// For which value of the setting.
    pub slot: u32,
    /// The figure.
    pub value: f64,
    /// Who says so.
    pub source: String,
}

/// Between panels.
const GAP_PX: f64 = 18.0;
/// A title, and what is above the first grid line.
const HEAD_PX: f64 = 28.0;
/// A line of the unit.
const UNIT_PX: f64 = 15.0;
/// Lines of the unit, at most.
const UNIT_LINES_MAX: usize = 2;
/// From the first to the last grid line.
const PLOT_PX: f64 = 150.0;
/// Letters of the lanes beneath the values that they hold.
const LETTERS_PX: f64 = 22.0;
/// The narrowest panel that can be read.
const PANEL_PX: f64 = 148.0;
/// The least distance of two values whose labels are written upwards.
const SLOT_PX: f64 = 15.0;
/// The longest label that is written upwards.
const UPRIGHT_PX: f64 = 84.0;

/// What all panels share.
struct Grid {
    columns: u32,
    panel_px: f64,
    labels_px: f64,
    turn: Turn,
}

impl Tradeoff<'_> {
    /// The chart at this width.
    pub fn draw(&self, width_px: f64) -> Chart {
        let axes: Vec<_> = self.panels.iter().map(Panel::axis).collect();
        let gutter = axes.iter().map(|(_, ticks)| gutter_px(ticks)).fold(0.0, f64::max) + 8.0;
        let grid = self.grid(width_px, gutter);
        let count = self.panels.len() as u32;
        let units = self.panels.iter().map(|panel| panel.unit_lines(grid.panel_px)).collect::<Vec<_>>();
        let head_px = HEAD_PX + UNIT_PX * units.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let row_px = head_px + PLOT_PX + LETTERS_PX + grid.labels_px + 14.0;
        let height_px = f64::from(count.div_ceil(grid.columns).max(1)) * row_px;
        let canvas = Canvas::new(width_px, height_px);
        let (mut marks, mut planes) = (Vec::new(), Vec::new());
        for ((index, panel), (scale, ticks)) in (0..).zip(&self.panels).zip(axes) {
            let (column, row) = (index % grid.columns, index / grid.columns);
            let left_px = f64::from(column) * (grid.panel_px + GAP_PX);
            let top_px = f64::from(row) * row_px;
            let frame = Frame {
                left_px: left_px + gutter_px(&ticks) + 8.0,
                top_px: top_px + head_px,
                right_px: left_px + grid.panel_px - 1.0,
                bottom_px: top_px + head_px + PLOT_PX,
            };
            let slots = Scale::Slots(self.slots.len() as u32);
            let plane = Plane::new(frame, (slots, Course::Onwards), (scale, Course::Onwards));
            let title = measure::fit(&panel.title, Face::Title, grid.panel_px);
            canvas.text(&title, at(left_px, top_px + 8.0), Face::Title, Ink::Text, Align::Start);
            for (line, unit) in units[index as usize].iter().enumerate() {
                let y_px = top_px + 24.0 + UNIT_PX * line as f64;
                canvas.text(unit, at(left_px, y_px), Face::Note, Ink::Mute, Align::Start);
            }
            canvas.grid(&plane, &ticks);
            self.draw_slots(&canvas, &plane, &grid);
            marks.extend(self.draw_panel(&canvas, &plane, panel, index));
            planes.push(plane);
        }
        let svg = canvas.finish(&self.title);
        Chart { title: self.title.clone(), svg, width_px, height_px, marks, planes }
    }

    fn grid(&self, width_px: f64, gutter: f64) -> Grid {
        let count = self.panels.len().max(1) as u32;
        let slots = self.slots.len().max(1) as f64;
        let narrowest = PANEL_PX.max(gutter + SLOT_PX * slots);
        let fit = ((width_px + GAP_PX) / (narrowest + GAP_PX)).floor().clamp(1.0, f64::from(count)) as u32;
        // Rows as equal as can be: five panels in three and two rather than in four and one.
        let columns = count.div_ceil(count.div_ceil(fit));
        let panel_px = (width_px - GAP_PX * f64::from(columns - 1)) / f64::from(columns);
        let slot_px = (panel_px - gutter) / slots;
        let widest = self.slots.iter().map(|slot| measure::width_px(slot, Face::Held)).fold(0.0, f64::max);
        if widest + 6.0 <= slot_px {
            Grid { columns, panel_px, labels_px: Face::Value.line_px(), turn: Turn::Level }
        } else {
            Grid { columns, panel_px, labels_px: widest.min(UPRIGHT_PX), turn: Turn::Up }
        }
    }

    /// The values of the setting, and beneath the axis the letters of the lanes that hold them.
    fn draw_slots(&self, canvas: &Canvas, plane: &Plane, grid: &Grid) {
        let bottom_px = plane.frame().bottom_px;
        for (index, slot) in (0..).zip(&self.slots) {
            let x_px = slot_px(plane, index);
            let holders: Vec<Side> = self.holders(index).collect();
            for (place, side) in holders.iter().enumerate() {
                let shift_px = (place as f64 - (holders.len() - 1) as f64 / 2.0) * 9.0;
                let point = at(x_px + shift_px, bottom_px + 16.0);
                canvas.text(side.letter(), point, Face::Held, side.ink(), Align::Middle);
            }
            let (face, ink) = if holders.is_empty() { (Face::Value, Ink::Mute) } else { (Face::Held, Ink::Text) };
            let top_px = bottom_px + LETTERS_PX;
            match grid.turn {
                Turn::Level => canvas.text(slot, at(x_px, top_px + 7.0), face, ink, Align::Middle),
                Turn::Up => {
                    let label = measure::fit(slot, Face::Held, UPRIGHT_PX);
                    canvas.upright(&label, at(x_px, top_px + 2.0), face, ink, Align::End);
                }
            }
        }
    }

    /// The lanes that hold this value.
    fn holders(&self, slot: u32) -> impl Iterator<Item = Side> {
        (0..).zip(&self.lanes).filter(move |(_, lane)| lane.held == Some(slot)).map(|(lane, _)| Side::of(lane))
    }

    fn draw_panel(&self, canvas: &Canvas, plane: &Plane, panel: &Panel<'_>, index: u32) -> Vec<Mark> {
        let mut marks = Vec::new();
        let lanes = (0..).zip(&panel.cells).zip(&self.lanes);
        let lanes: Vec<(u32, Curve)> =
            lanes.map(|((number, cells), lane)| (number, Curve::new(plane, cells, number, lane.held))).collect();
        for draw in [Curve::draw_band, Curve::draw_line, Curve::draw_marks] {
            lanes.iter().for_each(|(_, curve)| draw(curve, canvas, plane));
        }
        for (lane, curve) in &lanes {
            let points = (0..).zip(&curve.points).filter_map(|(slot, point)| Some((slot, point.as_ref()?)));
            marks.extend(points.map(|(slot, point)| Mark {
                datum: Datum::Reading { panel: index, lane: *lane, slot },
                at: point.value,
            }));
        }
        for (number, anchor) in (0..).zip(&panel.anchors).filter(|(_, anchor)| anchor.value.is_finite()) {
            let point =
                at(slot_px(plane, anchor.slot) + anchor_shift_px(plane), plane.to_pixel(0.0, anchor.value).y_px);
            canvas.ring(point, 4.0, Stroke::solid(Ink::Mute, 1.5));
            marks.push(Mark { datum: Datum::Anchor { panel: index, anchor: number }, at: point });
        }
        marks
    }

    /// All figures, as rows: a value of the setting of a lane in each.
    pub fn table(&self, setting: &str, lane: &str) -> Table {
        let names = self.panels.iter().map(|panel| Column::figure(format!("{}, {}", panel.title, panel.unit)));
        let columns = [setting, lane].into_iter().map(Column::words).chain(names).collect();
        let rows = (0..self.slots.len()).flat_map(|slot| (0..self.lanes.len()).map(move |lane| (slot, lane)));
        let rows = rows.map(|(slot, lane)| {
            let words = [self.slots[slot].clone(), self.lanes[lane].name.clone()].map(Entry::Words);
            let figures = self.panels.iter().map(|panel| {
                let cell = panel.cells.get(lane).and_then(|cells| cells.get(slot)).copied();
                Entry::of(cell.and_then(Cell::reading), panel.write)
            });
            words.into_iter().chain(figures).collect()
        });
        Table { columns, rows: rows.collect() }
    }
}

impl Panel<'_> {
    fn unit_lines(&self, room_px: f64) -> Vec<String> {
        measure::wrap(&self.unit, Face::Note, room_px, UNIT_LINES_MAX)
    }

    fn axis(&self) -> (Scale, Vec<(f64, String)>) {
        let readings = self.cells.iter().flatten().copied().filter_map(Cell::reading).flat_map(Reading::extent);
        let scale = Scale::of(readings.chain(self.anchors.iter().map(|anchor| anchor.value)));
        let ticks = labelled(&scale, self.write, PLOT_PX);
        (scale, ticks)
    }
}

/// A lane in a panel.
struct Curve {
    side: Side,
    held: Option<u32>,
    points: Vec<Option<Place>>,
    impossible: Vec<Point>,
}

/// A reading in a panel.
#[derive(Clone, Copy)]
struct Place {
    value: Point,
    low: Point,
    high: Point,
}

impl Curve {
    fn new(plane: &Plane, cells: &[Cell], lane: u32, held: Option<u32>) -> Self {
        let side = Side::of(lane);
        // Two lanes with the same figure stand beside each other instead of one behind the other.
        let dodge_px = (slot_width_px(plane) / 10.0).min(3.0);
        let shift_px = match side {
            Side::A => -dodge_px,
            Side::B => dodge_px,
        };
        let place = |slot, number| at(slot_px(plane, slot) + shift_px, plane.to_pixel(0.0, number).y_px);
        let points = (0..).zip(cells).map(|(slot, cell)| {
            let reading = cell.reading()?;
            let [value, low, high] = reading.extent().map(|number| place(slot, number));
            Some(Place { value, low, high })
        });
        let impossible = (0..).zip(cells).filter(|(_, cell)| **cell == Cell::Impossible);
        let foot_px = plane.frame().bottom_px - 7.0;
        let impossible = impossible.map(|(slot, _)| at(slot_px(plane, slot) + 2.0 * shift_px, foot_px));
        Self { side, held, points: points.collect(), impossible: impossible.collect() }
    }

    /// Stretches of neighbours that are all known.
    fn runs(&self) -> impl Iterator<Item = Vec<Place>> {
        self.points
            .split(Option::is_none)
            .filter(|run| !run.is_empty())
            .map(|run| run.iter().flatten().copied().collect())
    }

    fn draw_band(&self, canvas: &Canvas, _: &Plane) {
        for run in self.runs().filter(|run| run.len() > 1) {
            let upper = run.iter().map(|place| place.high);
            let lower = run.iter().rev().map(|place| place.low);
            let corners: Vec<Point> = upper.chain(lower).collect();
            canvas.surface(&corners, Fill { ink: self.side.ink(), opacity: 0.16 });
        }
    }

    fn draw_line(&self, canvas: &Canvas, _: &Plane) {
        for run in self.runs() {
            for place in &run {
                canvas.line(&[place.low, place.high], Stroke::solid(self.side.ink(), 1.0));
            }
            if run.len() > 1 {
                let line: Vec<Point> = run.iter().map(|place| place.value).collect();
                canvas.line(&line, self.side.stroke(2.0));
            }
        }
    }

    fn draw_marks(&self, canvas: &Canvas, _: &Plane) {
        for (slot, place) in (0..).zip(&self.points) {
            let Some(place) = place else { continue };
            let is_held = self.held == Some(slot);
            canvas.mark(self.side, place.value, if is_held { 4.5 } else { 2.8 });
            if is_held {
                canvas.held(self.side, place.value);
            }
        }
        self.impossible.iter().for_each(|point| canvas.cross(*point));
    }
}

fn slot_px(plane: &Plane, slot: u32) -> f64 {
    plane.to_pixel(f64::from(slot), 0.0).x_px
}

fn slot_width_px(plane: &Plane) -> f64 {
    slot_px(plane, 1) - slot_px(plane, 0)
}

fn anchor_shift_px(plane: &Plane) -> f64 {
    (0.3 * slot_width_px(plane)).min(14.0)
}
