//! What was lost over many seeds: the runs in the order of their losses, from those that lost least. So many of a hundred
//! runs lose nothing, so many less than this; and the worst one has its figure beside it.

use crate::canvas::{Align, Canvas, gutter_px, labelled};
use crate::chart::{Chart, Datum, Mark, Reading, Write};
use crate::ink::{Ink, Side};
use crate::measure::{self, Face};
use crate::plane::{Course, Frame, Plane, Point, at};
use crate::scale::Scale;
use crate::table::{Column, Entry, Table};

/// What is drawn.
pub struct Losses<'a> {
    /// What the picture shows, for those who do not see it.
    pub title: String,
    /// The axis of runs: their share.
    pub runs: String,
    /// The axis of losses, and its unit.
    pub unit: String,
    /// How shares of runs are written.
    pub write_share: Write<'a>,
    /// How losses are written.
    pub write: Write<'a>,
    /// One or two lanes.
    pub lanes: Vec<Seeds>,
}

/// The runs of one lane.
pub struct Seeds {
    /// The lane's name.
    pub name: String,
    /// What each run lost, in the order of their numbers.
    pub lost: Vec<f64>,
}

/// From the first to the last grid line.
const PLOT_PX: f64 = 150.0;
/// The unit, above the plot, and the figures of the worst runs.
const HEAD_PX: f64 = 40.0;
/// Labels and title of the axis.
const FOOT_PX: f64 = 40.0;

impl Losses<'_> {
    /// The chart at this width.
    pub fn draw(&self, width_px: f64) -> Chart {
        let y = Scale::of(self.lanes.iter().flat_map(|lane| lane.lost.iter().copied()));
        let ticks = labelled(&y, self.write, PLOT_PX);
        let frame = Frame {
            left_px: gutter_px(&ticks) + 8.0,
            top_px: HEAD_PX,
            right_px: width_px - 14.0,
            bottom_px: HEAD_PX + PLOT_PX,
        };
        let x = Scale::Linear { low: 0.0, high: 1.0 };
        let plane = Plane::new(frame, (x, Course::Onwards), (y, Course::Onwards));
        let height_px = HEAD_PX + PLOT_PX + FOOT_PX;
        let canvas = Canvas::new(width_px, height_px);
        let unit = measure::fit(&self.unit, Face::Note, width_px);
        canvas.text(&unit, at(0.0, 8.0), Face::Note, Ink::Mute, Align::Start);
        canvas.grid(&plane, &ticks);
        canvas.ticks_below(&plane, self.write_share);
        let runs = measure::fit(&self.runs, Face::Note, frame.width_px());
        let middle_px = (frame.left_px + frame.right_px) / 2.0;
        canvas.text(&runs, at(middle_px, frame.bottom_px + 30.0), Face::Note, Ink::Mute, Align::Middle);
        let mut marks = Vec::new();
        for (number, lane) in (0..).zip(&self.lanes) {
            marks.extend(draw_lane(&canvas, &plane, lane, number));
        }
        self.draw_worst(&canvas, width_px);
        let svg = canvas.finish(&self.title);
        Chart { title: self.title.clone(), svg, width_px, height_px, marks, planes: vec![plane] }
    }

    /// The figures of the worst runs, above the plot at its right end, where their marks are.
    fn draw_worst(&self, canvas: &Canvas, width_px: f64) {
        let mut right_px = width_px - 2.0;
        for (number, lane) in (0..self.lanes.len() as u32).zip(&self.lanes).rev() {
            let Some(worst) = lane.worst() else { continue };
            let side = Side::of(number);
            let words = format!("{} {}", side.letter(), (self.write)(lane.lost[worst as usize]));
            canvas.text(&words, at(right_px, 26.0), Face::Held, side.ink(), Align::End);
            right_px -= measure::width_px(&words, Face::Held) + 14.0;
        }
    }

    /// The worst runs first, as rows.
    pub fn table(&self, lane: &str, run: &str) -> Table {
        let columns = vec![Column::words(lane), Column::words(run), Column::figure(self.unit.clone())];
        let rows = self.lanes.iter().flat_map(|lane| {
            lane.ranked().into_iter().rev().map(|run| {
                let value = lane.lost[run as usize];
                vec![
                    Entry::Words(lane.name.clone()),
                    Entry::Words(run.to_string()),
                    Entry::of(Some(Reading { value, low: value, high: value }), self.write),
                ]
            })
        });
        Table { columns, rows: rows.collect() }
    }
}

impl Seeds {
    /// The numbers of the runs, from the one that lost least.
    fn ranked(&self) -> Vec<u32> {
        let all = (0..).zip(&self.lost).filter(|(_, lost)| lost.is_finite()).map(|(run, _)| run);
        let mut all: Vec<u32> = all.collect();
        all.sort_by(|a, b| self.lost[*a as usize].total_cmp(&self.lost[*b as usize]).then(a.cmp(b)));
        all
    }

    /// The number of the run that lost most; of several, the last one.
    pub fn worst(&self) -> Option<u32> {
        self.ranked().last().copied()
    }
}

fn draw_lane(canvas: &Canvas, plane: &Plane, lane: &Seeds, number: u32) -> Vec<Mark> {
    let side = Side::of(number);
    let ranked = lane.ranked();
    let share = |rank: usize| rank as f64 / ranked.len() as f64;
    let steps = ranked.iter().enumerate().map(|(rank, run)| {
        let lost = lane.lost[*run as usize];
        (*run, plane.to_pixel(share(rank), lost), plane.to_pixel(share(rank + 1), lost))
    });
    let steps: Vec<(u32, Point, Point)> = steps.collect();
    // Equal losses in a row are one stroke.
    let mut line: Vec<Point> = Vec::new();
    for (_, from, to) in &steps {
        match line.last_mut() {
            Some(last) if last.y_px == from.y_px => *last = *to,
            _ => line.extend([*from, *to]),
        }
    }
    if !line.is_empty() {
        canvas.line(&line, side.stroke(2.0));
    }
    if let Some((_, _, end)) = steps.last() {
        canvas.mark(side, *end, 4.5);
    }
    let middle = |from: Point, to: Point| at((from.x_px + to.x_px) / 2.0, to.y_px);
    let place = |rank: usize, from, to| if rank + 1 == steps.len() { to } else { middle(from, to) };
    let marks = steps.iter().enumerate().map(|(rank, (run, from, to))| Mark {
        datum: Datum::Run { lane: number, run: *run },
        at: place(rank, *from, *to),
    });
    marks.collect()
}
