//! The Pareto view: two figures against each other, every configuration that was tried a point, and the front: those of
//! which none is better in one figure without being worse in the other. The better corner is always the upper left one.

use crate::canvas::{Align, Canvas, gutter_px, labelled};
use crate::chart::{Better, Chart, Datum, Mark, Reading, Write};
use crate::ink::{Fill, Ink, Side, Stroke};
use crate::measure::{self, Face};
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::table::{Column, Entry, Table};

/// What is drawn.
pub struct Pareto<'a> {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// The figure that grows or falls to the right.
    pub x: Dimension<'a>,
    /// The other one.
    pub y: Dimension<'a>,
    /// Every configuration that was tried.
    pub tried: Vec<Tried>,
}

/// One of the two figures.
pub struct Dimension<'a> {
    /// Its name and unit.
    pub title: String,
    /// How its numbers are written.
    pub write: Write<'a>,
    /// Which direction is the better one.
    pub better: Better,
}

/// A configuration.
pub struct Tried {
    /// How it is called in the table.
    pub name: String,
    /// Its first figure.
    pub x: f64,
    /// Its second one.
    pub y: f64,
    /// Is it one of those that are told apart?
    pub role: Role,
}

/// What a configuration is in the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of many.
    Other,
    /// It has its name beside it.
    Named,
    /// It is in a lane.
    Held(Side),
}

/// From the first to the last grid line.
const PLOT_PX: f64 = 260.0;
/// Labels and title of the first axis.
const FOOT_PX: f64 = 44.0;
/// Above the plot.
const HEAD_PX: f64 = 10.0;
/// The title of the second axis.
const SIDE_PX: f64 = 20.0;

impl Pareto<'_> {
    /// The chart at this width.
    pub fn draw(&self, width_px: f64) -> Chart {
        let height_px = HEAD_PX + PLOT_PX + FOOT_PX;
        let canvas = Canvas::new(width_px, height_px);
        let plane = self.plane(&canvas, width_px);
        let places: Vec<(u32, Point)> =
            self.known().map(|(index, tried)| (index, plane.to_pixel(tried.x, tried.y))).collect();
        for (index, place) in &places {
            if self.tried[*index as usize].role == Role::Other {
                canvas.disc(*place, 3.2, Fill { ink: Ink::Tried, opacity: 0.3 });
            }
        }
        self.draw_front(&canvas, &plane);
        self.draw_names(&canvas, &plane, &places);
        let marks = places.iter().map(|(index, at)| Mark { datum: Datum::Tried(*index), at: *at }).collect();
        let svg = canvas.finish(&self.title);
        Chart { title: self.title.clone(), svg, width_px, height_px, marks, planes: vec![plane] }
    }

    /// The configurations whose two figures are numbers.
    fn known(&self) -> impl Iterator<Item = (u32, &Tried)> {
        (0..).zip(&self.tried).filter(|(_, tried)| tried.x.is_finite() && tried.y.is_finite())
    }

    /// The two axes with their grid, drawn.
    fn plane(&self, canvas: &Canvas, width_px: f64) -> Plane {
        let y = Scale::of(self.known().map(|(_, tried)| tried.y));
        let x = Scale::of(self.known().map(|(_, tried)| tried.x));
        let ticks = labelled(&y, self.y.write, PLOT_PX);
        let left_px = SIDE_PX + gutter_px(&ticks) + 8.0;
        let frame = Frame { left_px, top_px: HEAD_PX, right_px: width_px - 14.0, bottom_px: HEAD_PX + PLOT_PX };
        // What is better lies above, and to the left.
        let up = if self.y.better == Better::More { Course::Onwards } else { Course::Back };
        let across = if self.x.better == Better::Less { Course::Onwards } else { Course::Back };
        let plane = Plane::new(frame, (x, across), (y, up));
        canvas.grid(&plane, &ticks);
        self.draw_foot(canvas, &plane);
        let (room_px, middle_px) = (PLOT_PX, HEAD_PX + PLOT_PX / 2.0);
        let title = measure::fit(&self.y.title, Face::Note, room_px);
        canvas.upright(&title, at(8.0, middle_px), Face::Note, Ink::Mute, Align::Middle);
        plane
    }

    /// The first axis and its title.
    fn draw_foot(&self, canvas: &Canvas, plane: &Plane) {
        let frame = plane.frame();
        canvas.ticks_below(plane, self.x.write);
        let title = measure::fit(&self.x.title, Face::Note, frame.width_px());
        let middle_px = (frame.left_px + frame.right_px) / 2.0;
        canvas.text(&title, at(middle_px, frame.bottom_px + 31.0), Face::Note, Ink::Mute, Align::Middle);
    }

    /// Steps rather than slopes: between two configurations of the front nothing has been tried.
    fn draw_front(&self, canvas: &Canvas, plane: &Plane) {
        let places = self.front().into_iter().map(|index| {
            let tried = &self.tried[index as usize];
            plane.to_pixel(tried.x, tried.y)
        });
        let places: Vec<Point> = places.collect();
        let steps = places.windows(2).flat_map(|pair| [at(pair[1].x_px, pair[0].y_px), pair[1]]);
        let line: Vec<Point> = places.first().copied().into_iter().chain(steps).collect();
        if line.len() > 1 {
            canvas.line(&line, Stroke::solid(Ink::Front, 2.0));
        }
        places.iter().for_each(|place| canvas.ring(*place, 4.0, Stroke::solid(Ink::Front, 1.6)));
    }

    /// The configurations of the front, from the best first figure to the best second one.
    pub fn front(&self) -> Vec<u32> {
        let gain = |better, value: f64| if better == Better::More { value } else { -value };
        let mut all: Vec<(f64, f64, u32)> = self
            .known()
            .map(|(index, tried)| (gain(self.x.better, tried.x), gain(self.y.better, tried.y), index))
            .collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        let mut best = f64::NEG_INFINITY;
        let rises = |(_, gain, _): &(f64, f64, u32)| {
            let rises = best < *gain;
            best = best.max(*gain);
            rises
        };
        all.into_iter().filter(rises).map(|(_, _, index)| index).collect()
    }

    /// Marks and names of those that are told apart.
    fn draw_names(&self, canvas: &Canvas, plane: &Plane, places: &[(u32, Point)]) {
        let mut taken: Vec<Frame> = Vec::new();
        // Anywhere in the picture above the labels of the first axis.
        let room = at(plane.frame().right_px + 12.0, plane.frame().bottom_px);
        let told = |(index, _): &&(u32, Point)| self.tried[*index as usize].role != Role::Other;
        for (_, place) in places.iter().filter(told) {
            taken.push(around(*place, 9.0, 9.0));
        }
        for (index, place) in places.iter().filter(told) {
            let tried = &self.tried[*index as usize];
            match tried.role {
                Role::Held(side) => canvas.mark(side, *place, 6.5),
                Role::Named | Role::Other => {
                    canvas.disc(*place, 6.0, Fill::opaque(Ink::Panel));
                    canvas.ring(*place, 5.5, Stroke::solid(Ink::Text, 2.0));
                }
            }
            let room_px = plane.frame().width_px() / 2.0;
            let name = measure::fit(&tried.name, Face::Note, room_px);
            let spots = spots(*place, measure::width_px(&name, Face::Note));
            let free = |spot: &&Spot| {
                let inside = 0.0 <= spot.frame.left_px && spot.frame.right_px <= room.x_px;
                let inside = inside && 0.0 <= spot.frame.top_px && spot.frame.bottom_px <= room.y_px;
                inside && taken.iter().all(|other| !meet(other, &spot.frame))
            };
            // Where there is no room, the table and the mark's own words have the name.
            if let Some(spot) = spots.iter().find(free) {
                taken.push(spot.frame);
                canvas.text_over_lines(&name, spot.at, Face::Note, Ink::Text, spot.align);
            }
        }
    }

    /// All configurations, as rows; those of the front are marked with this word.
    pub fn table(&self, name: &str, front: &str) -> Table {
        let on_front = self.front();
        let columns = vec![
            Column::words(name),
            Column::figure(self.x.title.clone()),
            Column::figure(self.y.title.clone()),
            Column::words(front),
        ];
        let rows = self.known().map(|(index, tried)| {
            let exact = |value| Some(Reading { value, low: value, high: value });
            let sign = if on_front.contains(&index) { "✓" } else { "" };
            vec![
                Entry::Words(tried.name.clone()),
                Entry::of(exact(tried.x), self.x.write),
                Entry::of(exact(tried.y), self.y.write),
                Entry::Words(sign.to_owned()),
            ]
        });
        Table { columns, rows: rows.collect() }
    }
}

/// Where a name may be written.
struct Spot {
    at: Point,
    align: Align,
    frame: Frame,
}

/// Beside, above and below a mark, the best place first.
fn spots(place: Point, width_px: f64) -> [Spot; 4] {
    let Point { x_px, y_px } = place;
    let half_px = Face::Note.line_px() / 2.0;
    let beside = |from_px: f64, align, point_px| Spot {
        at: at(point_px, y_px),
        align,
        frame: Frame {
            left_px: from_px,
            top_px: y_px - half_px,
            right_px: from_px + width_px,
            bottom_px: y_px + half_px,
        },
    };
    let over = |center_px: f64| Spot {
        at: at(x_px, center_px),
        align: Align::Middle,
        frame: around(at(x_px, center_px), width_px / 2.0, half_px),
    };
    let (right_px, left_px) = (x_px + 12.0, x_px - 12.0);
    [
        beside(right_px, Align::Start, right_px),
        beside(left_px - width_px, Align::End, left_px),
        over(y_px - 18.0),
        over(y_px + 18.0),
    ]
}

fn around(center: Point, across_px: f64, down_px: f64) -> Frame {
    Frame {
        left_px: center.x_px - across_px,
        top_px: center.y_px - down_px,
        right_px: center.x_px + across_px,
        bottom_px: center.y_px + down_px,
    }
}

fn meet(a: &Frame, b: &Frame) -> bool {
    let across = a.left_px < b.right_px && b.left_px < a.right_px;
    across && a.top_px < b.bottom_px && b.top_px < a.bottom_px
}
