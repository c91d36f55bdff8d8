//! What all charts draw with: lines, surfaces, marks and texts at places of the page, put on plotters' drawing area.

use crate::chart::Write;
use crate::ink::{Fill, Ink, Side, Stroke};
use crate::measure::{self, Face};
use crate::plane::{Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::svg::{Ground, SvgBackend, fill_style, steps, stroke_style, text_color};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, FontStyle, FontTransform, TextStyle};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;

/// A picture that is being drawn.
pub(crate) struct Canvas {
    backend: Rc<RefCell<SvgBackend>>,
    area: DrawingArea<SvgBackend, Shift>,
    width_px: f64,
}

/// On which side of its point a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// To the right of it.
    Start,
    /// Around it.
    Middle,
    /// To the left of it.
    End,
}

/// In which direction a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As always.
    Level,
    /// Upwards.
    Up,
}

/// How a text looks.
struct Style {
    face: Face,
    ink: Ink,
    align: Align,
    turn: Turn,
    ground: Ground,
}

impl Canvas {
    /// An empty picture.
    pub fn new(width_px: f64, height_px: f64) -> Self {
        let backend = Rc::new(RefCell::new(SvgBackend::new(width_px, height_px)));
        let area = DrawingArea::from(&backend);
        Self { backend, area, width_px }
    }

    /// The picture as text.
    pub fn finish(self, title: &str) -> String {
        self.backend.borrow().finish(title)
    }

    /// A line through these places.
    pub fn line(&self, points: &[Point], stroke: Stroke) {
        drawn(self.area.draw(&PathElement::new(coordinates(points), stroke_style(stroke))));
    }

    /// The surface between these corners.
    pub fn surface(&self, corners: &[Point], fill: Fill) {
        drawn(self.area.draw(&Polygon::new(coordinates(corners), fill_style(fill))));
    }

    /// A filled rectangle.
    pub fn block(&self, frame: Frame, fill: Fill) {
        drawn(self.area.draw(&Rectangle::new(corners(frame), fill_style(fill))));
    }

    /// The edge of a rectangle.
    pub fn edge(&self, frame: Frame, stroke: Stroke) {
        drawn(self.area.draw(&Rectangle::new(corners(frame), stroke_style(stroke))));
    }

    /// A filled disc.
    pub fn disc(&self, center: Point, radius_px: f64, fill: Fill) {
        drawn(self.area.draw(&Circle::new(coordinate(center), steps(radius_px), fill_style(fill))));
    }

    /// A circle.
    pub fn ring(&self, center: Point, radius_px: f64, stroke: Stroke) {
        drawn(self.area.draw(&Circle::new(coordinate(center), steps(radius_px), stroke_style(stroke))));
    }

    /// The mark of a lane: a disc for A, a diamond for B, with a rim in the colour of the ground.
    pub fn mark(&self, side: Side, center: Point, radius_px: f64) {
        let (rim, body) = (Fill::opaque(Ink::Panel), Fill::opaque(side.ink()));
        match side {
            Side::A => {
                self.disc(center, radius_px + 1.5, rim);
                self.disc(center, radius_px, body);
            }
            Side::B => {
                self.surface(&diamond(center, 1.25 * radius_px + 2.0), rim);
                self.surface(&diamond(center, 1.25 * radius_px), body);
            }
        }
    }

    /// A circle around a mark: this is the value that holds.
    pub fn held(&self, side: Side, center: Point) {
        match side {
            Side::A => self.ring(center, 7.5, Stroke::solid(side.ink(), 1.5)),
            Side::B => {
                let corners = diamond(center, 9.5);
                let closed: Vec<Point> = corners.into_iter().chain([corners[0]]).collect();
                self.line(&closed, Stroke::solid(side.ink(), 1.5));
            }
        }
    }

    /// A text, centred on the height of its point.
    pub fn text(&self, text: &str, point: Point, face: Face, ink: Ink, align: Align) {
        self.write(text, point, Style { face, ink, align, turn: Turn::Level, ground: Ground::Clear });
    }

    /// A text over lines.
    pub fn text_over_lines(&self, text: &str, point: Point, face: Face, ink: Ink, align: Align) {
        self.write(text, point, Style { face, ink, align, turn: Turn::Level, ground: Ground::Lines });
    }

    /// A text that runs upwards.
    pub fn upright(&self, text: &str, point: Point, face: Face, ink: Ink, align: Align) {
        self.write(text, point, Style { face, ink, align, turn: Turn::Up, ground: Ground::Clear });
    }

    fn write(&self, text: &str, point: Point, style: Style) {
        if text.is_empty() {
            return;
        }
        let Style { face, ink, align, turn, ground } = style;
        let family = if face.is_mono() { FontFamily::Monospace } else { FontFamily::SansSerif };
        let weight = if face.is_bold() { FontStyle::Bold } else { FontStyle::Normal };
        let transform = match turn {
            Turn::Level => FontTransform::None,
            Turn::Up => FontTransform::Rotate270,
        };
        let font = FontDesc::new(family, f64::from(steps(face.size_px())), weight).transform(transform);
        let across = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let style = TextStyle { font, color: text_color(ink, ground), pos: Pos::new(across, VPos::Center) };
        drawn(self.area.draw(&Text::new(text, coordinate(point), style)));
    }

    /// Horizontal grid lines with their labels to the left, and the break of a logarithmic axis.
    pub fn grid(&self, plane: &Plane, ticks: &[(f64, String)]) {
        let frame = plane.frame();
        for (number, label) in ticks {
            let y_px = plane.to_pixel(0.0, *number).y_px;
            self.line(&[at(frame.left_px, y_px), at(frame.right_px, y_px)], Stroke::solid(Ink::Line, 1.0));
            self.text(label, at(frame.left_px - 6.0, y_px), Face::Tick, Ink::Mute, Align::End);
        }
        let base = [at(frame.left_px, frame.bottom_px), at(frame.right_px, frame.bottom_px)];
        self.line(&base, Stroke::solid(Ink::LineStrong, 1.0));
        if let Some(share) = plane.y().strip() {
            let y_px = plane.to_pixel(0.0, plane.y().number(share / 2.0)).y_px;
            self.break_at(frame.left_px, y_px);
        }
    }

    /// Upright grid lines with their labels beneath, as many as do not touch, and the break of a logarithmic axis.
    pub fn ticks_below(&self, plane: &Plane, write: Write<'_>) {
        let frame = plane.frame();
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for tick in plane.x().ticks(((frame.width_px() / 56.0) as u32).clamp(2, 8)) {
            let x_px = plane.to_pixel(tick, 0.0).x_px;
            self.line(&[at(x_px, frame.top_px), at(x_px, frame.bottom_px)], Stroke::solid(Ink::Line, 1.0));
            let label = write(tick);
            let half_px = measure::width_px(&label, Face::Tick) / 2.0;
            let center_px = x_px.min(self.width_px - half_px).max(half_px);
            let (from_px, to_px) = (center_px - half_px - 3.0, center_px + half_px + 3.0);
            if taken.iter().all(|(from, to)| to_px <= *from || *to <= from_px) {
                self.text(&label, at(center_px, frame.bottom_px + 12.0), Face::Tick, Ink::Mute, Align::Middle);
                taken.push((from_px, to_px));
            }
        }
        if let Some(share) = plane.x().strip() {
            let x_px = plane.to_pixel(plane.x().number(share / 2.0), 0.0).x_px;
            for x_px in [x_px - 2.0, x_px + 2.0] {
                let ends = [at(x_px - 2.0, frame.bottom_px + 4.0), at(x_px + 2.0, frame.bottom_px - 4.0)];
                self.line(&ends, Stroke::solid(Ink::LineStrong, 1.2));
            }
        }
    }

    /// Two short strokes across the axis: here it is not continued to scale.
    fn break_at(&self, x_px: f64, y_px: f64) {
        for y_px in [y_px - 2.0, y_px + 2.0] {
            self.line(&[at(x_px - 4.0, y_px + 2.0), at(x_px + 4.0, y_px - 2.0)], Stroke::solid(Ink::LineStrong, 1.2));
        }
    }

    /// A cross: this value is impossible.
    pub fn cross(&self, center: Point) {
        for slope in [1.0, -1.0] {
            let (from, to) =
                (at(center.x_px - 3.5, center.y_px - 3.5 * slope), at(center.x_px + 3.5, center.y_px + 3.5 * slope));
            self.line(&[from, to], Stroke::solid(Ink::Lost, 1.6));
        }
    }
}

/// The round numbers of an upright axis for which there is room, with their labels.
pub(crate) fn labelled(scale: &Scale, write: Write<'_>, height_px: f64) -> Vec<(f64, String)> {
    let room = ((height_px / (2.2 * Face::Tick.line_px())) as u32).clamp(2, 6);
    scale.ticks(room).into_iter().map(|tick| (tick, write(tick))).collect()
}

/// The width of the widest label.
pub(crate) fn gutter_px(ticks: &[(f64, String)]) -> f64 {
    ticks.iter().map(|(_, label)| measure::width_px(label, Face::Tick)).fold(0.0, f64::max)
}

fn diamond(center: Point, reach_px: f64) -> [Point; 4] {
    let Point { x_px, y_px } = center;
    [at(x_px, y_px - reach_px), at(x_px + reach_px, y_px), at(x_px, y_px + reach_px), at(x_px - reach_px, y_px)]
}

fn coordinate(point: Point) -> (i32, i32) {
    (steps(point.x_px), steps(point.y_px))
}

fn coordinates(points: &[Point]) -> Vec<(i32, i32)> {
    points.iter().copied().map(coordinate).collect()
}

fn corners(frame: Frame) -> [(i32, i32); 2] {
    [coordinate(at(frame.left_px, frame.top_px)), coordinate(at(frame.right_px, frame.bottom_px))]
}

fn drawn(result: Result<(), DrawingAreaErrorKind<Infallible>>) {
    result.expect("writing to a string does not fail, and nothing else holds the backend meanwhile");
}
