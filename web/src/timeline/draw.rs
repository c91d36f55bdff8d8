//! The timeline's picture: rows over the shown stretch of time, as marks.

use super::elections::Change;
use super::rows::{Place, Row, RowLayout};
use super::series::{Curve, Run, Series, Sources};
use super::span::x_of;
use super::ticks;
use crate::canvas::{Align, Area, Dash, Fill, Ink, Map, Mark, Pattern, Point, Stroke, Weight};
use crate::i18n::{numbers, timeline::Text};
use highwater_model::{BrokerId, BrokerSet, Duration, LaneId};
use highwater_oracle::report::Span;

/// Size of the rows' own text.
const TEXT: f64 = 10.0;
/// Room that one tick's label needs.
const TICK_WIDTH: f64 = 92.0;
/// A letter's width, about.
const LETTER: f64 = 6.0;

/// What a lane's rows are drawn from.
pub struct LaneRows<'a> {
    /// The data; none until the first figures are there.
    pub sources: Option<&'a Sources>,
    /// Data partitions.
    pub partitions: u16,
    /// Replicas of each.
    pub replicas: u8,
    /// Changes of the partitions' leadership.
    pub changes: &'a [Change],
}

/// The picture of a stretch of time.
pub fn picture(layout: &RowLayout, span: Span, lanes: [&LaneRows<'_>; 2], text: &Text) -> Vec<Mark> {
    let mut marks = Vec::with_capacity(512);
    axis(span, layout.width, layout.height, &mut marks);
    for place in &layout.places {
        let rows = lanes[place.lane.index()];
        let Some(sources) = rows.sources else { continue };
        let drawing = Drawing { span, place: *place, rows, text };
        if let Some(ghost) = &sources.ghost {
            drawing.ghost(ghost, sources, &mut marks);
        }
        for (series, part) in sources.cover(span) {
            drawing.stretch(&series, part, sources, &mut marks);
        }
        drawing.scale(sources, &mut marks);
    }
    marks
}

/// The time axis: ticks and their labels, lines down to `height`.
pub fn axis(span: Span, width: f64, height: f64, marks: &mut Vec<Mark>) {
    let count = (width / TICK_WIDTH).floor().max(1.0) as u32;
    let mut taken = f64::NEG_INFINITY;
    for tick in ticks::ticks(span, count) {
        let x = x_of(span, tick.at, width).round() + 0.5;
        let (from, to) = (Point::new(x, super::rows::AXIS_HEIGHT - 4.0), Point::new(x, height));
        marks.push(Mark::Line { from, to, stroke: Stroke::solid(Ink::Line, 1.0) });
        // The first and the last label stay inside; one that would lie over its neighbour is left out.
        let label_width = tick.label.chars().count() as f64 * LETTER;
        let left = (x - label_width / 2.0).clamp(0.0, (width - label_width).max(0.0));
        if left < taken {
            continue;
        }
        taken = left + label_width + LETTER;
        marks.push(Mark::text(tick.label, Point::new(left, 9.0), Ink::Mute, TEXT).weighted(Weight::Figures));
    }
}

struct Drawing<'a> {
    span: Span,
    place: Place,
    rows: &'a LaneRows<'a>,
    text: &'a Text,
}

impl Drawing<'_> {
    /// One row of one lane, from one series, over one part of the shown stretch.
    fn stretch(&self, series: &Series, part: Span, sources: &Sources, marks: &mut Vec<Mark>) {
        match self.place.row {
            Row::Writable => self.share(&series.writable, series, part, marks),
            Row::Readable => self.share(&series.readable, series, part, marks),
            Row::Isr => self.isr(series, part, marks),
            Row::Leader => self.leader(series, part, marks),
            // They are buttons, over the canvas.
            Row::Elections => (),
            Row::Errors => self.counts(&series.errors, series, part, Ink::Appended, marks),
            Row::Lost => self.counts(&series.lost, series, part, Ink::Lost, marks),
            Row::Log => {
                let scale = self.log_scale(sources);
                let promised = Fill::solid(Ink::Committed).faded(0.55);
                let appended = Fill::solid(Ink::Appended).faded(0.7);
                marks.push(self.curve(&series.log_end, series, part, scale, None, Some(appended)));
                marks.push(self.curve(&series.high_watermark, series, part, scale, None, Some(promised)));
            }
            Row::Rate => {
                let scale = self.rate_scale(sources);
                let soft = Fill::solid(Ink::Mute).faded(0.22);
                let polled = Stroke::solid(Ink::Duplicated, 1.2).dashed(Dash::Dotted);
                marks.push(self.curve(&series.arrived, series, part, scale, None, Some(soft)));
                marks.push(self.curve(&series.polled, series, part, scale, Some(polled), None));
                marks.push(self.curve(&series.acked, series, part, scale, Some(self.lane_stroke()), None));
            }
            Row::Latency => {
                let scale = self.latency_scale(sources);
                let worst = Fill::solid(self.lane_ink()).faded(0.14);
                let median = Stroke::solid(self.lane_ink(), 1.0).faded(0.55);
                marks.push(self.curve(&series.latency_max, series, part, scale, None, Some(worst)));
                marks.push(self.curve(&series.latency_p50, series, part, scale, Some(median), None));
                marks.push(self.curve(&series.latency_p99, series, part, scale, Some(self.lane_stroke()), None));
            }
            Row::Lag => {
                let scale = self.scale_of(sources, |series| vec![&series.lag]);
                let fill = Fill::solid(Ink::Duplicated).faded(0.4);
                let edge = Stroke::solid(Ink::Duplicated, 1.2);
                marks.push(self.curve(&series.lag, series, part, scale, None, Some(fill)));
                marks.push(self.curve(&series.lag, series, part, scale, Some(edge), None));
            }
        }
    }

    /// Where the run before the last change went, faintly.
    fn ghost(&self, ghost: &Series, sources: &Sources, marks: &mut Vec<Mark>) {
        let (curve, scale) = match self.place.row {
            Row::Rate => (&ghost.acked, self.rate_scale(sources)),
            Row::Latency => (&ghost.latency_p99, self.latency_scale(sources)),
            Row::Lag => (&ghost.lag, self.scale_of(sources, |series| vec![&series.lag])),
            _ => return,
        };
        let stroke = Stroke::solid(Ink::Mute, 1.1).dashed(Dash::Dotted);
        marks.push(self.curve(curve, ghost, self.span, scale, Some(stroke), None));
    }

    /// What the row's upper edge stands for.
    fn scale(&self, sources: &Sources, marks: &mut Vec<Mark>) {
        let label = match self.place.row {
            Row::Rate => {
                let high = 10f64.powf(self.rate_scale(sources).1).round();
                (self.text.a_second)(&numbers::short(high as u64))
            }
            Row::Latency => numbers::micros(10f64.powf(self.latency_scale(sources).1) as u64),
            Row::Lag => numbers::short(self.scale_of(sources, |series| vec![&series.lag]).1 as u64),
            _ => return,
        };
        let area = self.place.area;
        let at = Point::new(area.right() - 3.0, area.y + 5.5);
        marks.push(Mark::text(label, at, Ink::Mute, 9.0).weighted(Weight::Figures).aligned(Align::End));
    }

    fn lane_ink(&self) -> Ink {
        match self.place.lane {
            LaneId::A => Ink::LaneA,
            LaneId::B => Ink::LaneB,
        }
    }

    fn lane_stroke(&self) -> Stroke {
        Stroke::solid(self.lane_ink(), 1.4)
    }

    fn x(&self, series: &Series, column: u32) -> f64 {
        let ns = series.span.from.0 as f64 + f64::from(column) * series.step_ns() - self.span.from.0 as f64;
        ns / self.span.to.since(self.span.from).0.max(1) as f64 * self.place.area.width
    }

    /// Where a run lies on the screen, cut to the part; nothing where it lies outside.
    fn area_of<T>(&self, run: &Run<T>, series: &Series, part: Span) -> Option<Area> {
        let left = x_of(self.span, part.from, self.place.area.width).max(0.0);
        let right = x_of(self.span, part.to, self.place.area.width).min(self.place.area.width);
        let (from, to) = (self.x(series, run.from).max(left), self.x(series, run.to).min(right));
        (from < to).then(|| Area::new(from, self.place.area.y, to - from, self.place.area.height))
    }

    /// Of all partitions, how many can be used: full and green, or part of it missing and crossed out.
    fn share(&self, runs: &[Run<u16>], series: &Series, part: Span, marks: &mut Vec<Mark>) {
        let all = self.rows.partitions;
        for run in runs {
            let Some(area) = self.area_of(run, series, part) else { continue };
            if all <= run.value {
                marks.push(Mark::filled(area, Fill::solid(Ink::Done).faded(0.75)));
                continue;
            }
            // A single partition out of hundreds still shows.
            let missing = f64::from(all - run.value) / f64::from(all.max(1));
            let height = (area.height * missing).clamp(area.height.min(4.0), area.height);
            let at_least = Area { width: area.width.max(1.5), ..area };
            let upper = Area { height, ..at_least };
            let lower = Area { y: area.y + height, height: area.height - height, ..at_least };
            marks.push(Mark::filled(lower, Fill::solid(Ink::Done).faded(0.75)));
            marks.push(Mark::filled(upper, Fill::solid(Ink::Lost).patterned(Pattern::Crossed)));
            self.label_on_pattern((self.text.some_of)(run.value, all), area, marks);
        }
    }

    fn isr(&self, series: &Series, part: Span, marks: &mut Vec<Mark>) {
        let replicas = f64::from(self.rows.replicas.max(1));
        for run in &series.isr {
            let Some(area) = self.area_of(run, series, part) else { continue };
            let (isr, smallest) = run.value;
            let size = f64::from(isr.len());
            let height = (area.height * size / replicas).min(area.height);
            let bar = Area { y: area.bottom() - height, height, ..area };
            let opacity = if isr.len() >= u32::from(self.rows.replicas) { 0.7 } else { 0.4 };
            marks.push(Mark::filled(bar, Fill::solid(Ink::Committed).faded(opacity)));
            if isr.is_empty() {
                marks.push(Mark::filled(area, Fill::solid(Ink::Lost).patterned(Pattern::Crossed)));
            }
            if u32::from(smallest) < isr.len() {
                let y = area.bottom() - area.height * f64::from(smallest) / replicas + 0.5;
                let (from, to) = (Point::new(area.x, y), Point::new(area.right(), y));
                marks.push(Mark::Line { from, to, stroke: Stroke::solid(Ink::Lost, 1.0).dashed(Dash::Dotted) });
            }
            self.label(members(isr), area, marks);
        }
    }

    fn leader(&self, series: &Series, part: Span, marks: &mut Vec<Mark>) {
        for run in &series.leader {
            let Some(area) = self.area_of(run, series, part) else { continue };
            let (leader, epoch) = run.value;
            let (fill, words) = match leader {
                // Neighbouring leaders differ in shade, so that a change shows without its label.
                Some(BrokerId(id)) => {
                    let shade = 0.25 + 0.18 * f64::from(id % 3);
                    (Fill::solid(Ink::Epoch).faded(shade), (self.text.leader_run)(id, epoch))
                }
                None => (Fill::solid(Ink::Lost).patterned(Pattern::Crossed), self.text.no_leader.to_owned()),
            };
            marks.push(Mark::filled(area, fill));
            let edge = Point::new(area.x + 0.5, area.y);
            let stroke = Stroke::solid(Ink::Text, 1.0).faded(0.6);
            marks.push(Mark::Line { from: edge, to: Point::new(edge.x, area.bottom()), stroke });
            match leader {
                Some(_) => self.label(words, area, marks),
                None => self.label_on_pattern(words, area, marks),
            }
        }
    }

    /// Bars, as high as the count is long: counts reach from one to millions.
    fn counts<T>(&self, runs: &[Run<T>], series: &Series, part: Span, ink: Ink, marks: &mut Vec<Mark>)
    where
        T: Copy + Into<u64>,
    {
        let base = self.place.area;
        let line = Point::new(base.x, base.bottom() - 0.5);
        let stroke = Stroke::solid(Ink::Line, 1.0);
        marks.push(Mark::Line { from: line, to: Point::new(base.right(), line.y), stroke });
        for run in runs.iter().filter(|run| run.value.into() > 0) {
            let Some(area) = self.area_of(run, series, part) else { continue };
            let digits = (run.value.into() as f64).log10() + 1.0;
            let height = (area.height * digits / 6.0).clamp(3.0, area.height);
            let bar = Area { y: area.bottom() - height, height, width: area.width.max(2.0), ..area };
            marks.push(Mark::filled(bar, Fill::solid(ink)));
        }
    }

    /// A run's words, where it is wide enough for them.
    fn label(&self, words: String, area: Area, marks: &mut Vec<Mark>) {
        let width = width_of(&words);
        if width <= area.width {
            let at = Point::new(area.x + 4.0, area.middle().y + 0.5);
            marks.push(Mark::text(words, at, Ink::Text, TEXT.min(area.height - 1.5)));
        }
    }

    /// The same on a field of its own, so that it reads over a pattern.
    fn label_on_pattern(&self, words: String, area: Area, marks: &mut Vec<Mark>) {
        let width = width_of(&words);
        if width + 8.0 <= area.width {
            let area = Area { x: area.x + 4.0, ..area };
            let field = Area::new(area.x, area.y + 1.0, width, area.height - 2.0);
            let fill = Some(Fill::solid(Ink::Panel).faded(0.92));
            marks.push(Mark::Rect { area: field, radius: 3.0, fill, stroke: None });
            self.label(words, area, marks);
        }
    }

    fn curve(
        &self,
        curve: &Curve,
        series: &Series,
        part: Span,
        (low, high): (f64, f64),
        stroke: Option<Stroke>,
        fill: Option<Fill>,
    ) -> Mark {
        let area = self.place.area;
        let left = x_of(self.span, part.from, area.width).max(0.0);
        let right = x_of(self.span, part.to, area.width).min(area.width);
        let scale_y = -area.height / (high - low).max(1e-9);
        let origin = Point::new(self.x(series, 0), area.bottom() - low * scale_y);
        let scale_x = self.x(series, 1) - origin.x;
        let shape = curve.shape_of(series.place_of(part.from), series.place_of(part.to));
        let clip = Area::new(left, area.y - 1.0, right - left, area.height + 2.0);
        Mark::Curve { shape, map: Map { scale_x, scale_y, origin }, stroke, fill, clip }
    }

    /// From zero to a round number above everything that is shown.
    fn scale_of<'s>(&self, sources: &'s Sources, curves: impl Fn(&'s Series) -> Vec<&'s Curve>) -> (f64, f64) {
        let high = self.extremes(sources, curves).map_or(0.0, |(_, high)| high);
        (0.0, round_up(high.max(1.0)))
    }

    /// From none to a whole decade: a burst after an outage is a hundred times the usual rate.
    fn rate_scale(&self, sources: &Sources) -> (f64, f64) {
        let shown = self.extremes(sources, |series| vec![&series.arrived, &series.acked, &series.polled]);
        (0.0, shown.map_or(1.0, |(_, high)| high.ceil().max(1.0)))
    }

    /// Whole decades.
    fn latency_scale(&self, sources: &Sources) -> (f64, f64) {
        let shown = self.extremes(sources, |series| vec![&series.latency_p50, &series.latency_max]);
        let (low, high) = shown.unwrap_or((3.0, 4.0));
        (low.floor(), high.ceil().max(low.floor() + 1.0))
    }

    fn log_scale(&self, sources: &Sources) -> (f64, f64) {
        let shown = self.extremes(sources, |series| vec![&series.high_watermark, &series.log_end]);
        let (low, high) = shown.unwrap_or((0.0, 1.0));
        (low, high.max(low + 1.0))
    }

    fn extremes<'s>(&self, sources: &'s Sources, curves: impl Fn(&'s Series) -> Vec<&'s Curve>) -> Option<(f64, f64)> {
        let fine =
            sources.fine.as_deref().filter(|fine| fine.span.from < self.span.to && self.span.from < fine.span.to);
        let mut all = None;
        for series in [Some(&*sources.coarse), fine].into_iter().flatten() {
            let (from, to) = series.columns_in(self.span);
            for (low, high) in curves(series).into_iter().filter_map(|curve| curve.extremes(from, to)) {
                all = Some(all.map_or((low, high), |(l, h): (f64, f64)| (l.min(low), h.max(high))));
            }
        }
        all
    }
}

/// How wide a label is, about.
fn width_of(words: &str) -> f64 {
    let letters: f64 = words.chars().map(|letter| if letter.is_ascii() { LETTER } else { 1.7 * LETTER }).sum();
    letters + 8.0
}

/// The members of a set by number, as they stand in a narrow row.
fn members(set: BrokerSet) -> String {
    let ids: Vec<String> = set.iter().map(|broker| broker.0.to_string()).collect();
    ids.join(" ")
}

/// The next 1, 2 or 5 of a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| value <= *step).unwrap_or(value)
}

/// A row's value at a moment, in words.
pub fn value_at(row: Row, rows: &LaneRows<'_>, at: highwater_model::Instant, text: &Text) -> Option<String> {
    let sources = rows.sources?;
    let column = sources.column_at(at)?;
    let seconds = Duration(sources.step_ns_at(at) as u64).as_secs_f64().max(1e-9);
    let rate = |count: u64| numbers::short((count as f64 / seconds).round() as u64);
    Some(match row {
        Row::Writable => (text.some_of)(column.writable, rows.partitions),
        Row::Readable => (text.some_of)(column.readable, rows.partitions),
        Row::Isr => format!("{} [{}]", column.isr.len(), members(column.isr)),
        Row::Leader => match column.leader {
            Some(BrokerId(id)) => (text.leader_run)(id, column.leader_epoch),
            None => text.no_leader.to_owned(),
        },
        Row::Elections => {
            let until_now = rows.changes.partition_point(|change| change.at <= at);
            numbers::count(until_now as u64)
        }
        Row::Log => format!("{} / {}", numbers::short(column.high_watermark), numbers::short(column.log_end)),
        Row::Rate => format!("{} / {} / {}", rate(column.arrived), rate(column.acked), rate(column.polled)),
        Row::Latency if column.latency_max_us == 0 => "\u{2013}".to_owned(),
        Row::Latency => format!(
            "{} / {}",
            numbers::micros(column.latency_p50_us.into()),
            numbers::micros(column.latency_p99_us.into())
        ),
        Row::Lag => numbers::short(column.lag),
        Row::Errors => numbers::count(column.errors.into()),
        Row::Lost => numbers::count(column.lost),
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::RowSet;
    use super::*;
    use crate::i18n::timeline::EN;
    use highwater_model::{Instant, PartitionId};
    use highwater_oracle::report::{Column, Timeline};
    use std::rc::Rc;

    const SECOND: u64 = 1_000_000_000;

    /// Ten seconds, a column each: from 4 s to 7 s the leader is down.
    fn sources() -> Sources {
        let column = |second: u64| {
            let is_down = (4..7).contains(&second);
            Column {
                writable: if is_down { 8 } else { 12 },
                readable: 12,
                isr_min: 2,
                leader: (!is_down).then_some(BrokerId(1)),
                leader_epoch: 4,
                isr: [BrokerId(1), BrokerId(2), BrokerId(3)].into_iter().collect(),
                acked: if is_down { 0 } else { 900 },
                latency_p50_us: if is_down { 0 } else { 4_000 },
                latency_p99_us: if is_down { 0 } else { 9_000 },
                latency_max_us: if is_down { 0 } else { 12_000 },
                lost: if second == 6 { 118 } else { 0 },
                ..Column::default()
            }
        };
        let timeline = Timeline {
            from: Instant(0),
            to: Instant(10 * SECOND),
            focus: PartitionId(0),
            columns: (0..10).map(column).collect(),
            happenings: Vec::new(),
        };
        Sources { coarse: Rc::new(Series::new(&timeline)), fine: None, ghost: None }
    }

    fn picture_of(row: Row, span: Span) -> Vec<Mark> {
        let layout = RowLayout::new(RowSet::All, 1_000.0, 0.0, 0.0);
        let places = layout.places.iter().copied().filter(|place| place.row == row && place.lane == LaneId::A);
        let one = RowLayout { places: places.collect(), ..layout };
        let sources = sources();
        let lane = LaneRows { sources: Some(&sources), partitions: 12, replicas: 3, changes: &[] };
        let none = LaneRows { sources: None, partitions: 0, replicas: 0, changes: &[] };
        let marks = picture(&one, span, [&lane, &none], &EN);
        let mut axis_marks = Vec::new();
        axis(span, one.width, one.height, &mut axis_marks);
        marks.into_iter().skip(axis_marks.len()).collect()
    }

    fn seconds(from: u64, to: u64) -> Span {
        Span { from: Instant(from * SECOND), to: Instant(to * SECOND) }
    }

    fn crossed(marks: &[Mark]) -> Vec<(f64, f64)> {
        let crossed = marks.iter().filter_map(|mark| match mark {
            Mark::Rect { area, fill: Some(fill), .. } if fill.pattern == Pattern::Crossed => {
                Some((area.x, area.right()))
            }
            _ => None,
        });
        crossed.collect()
    }

    fn words(marks: &[Mark]) -> Vec<&str> {
        let texts = marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    #[test]
    fn a_time_in_which_partitions_were_not_writable_is_crossed_out_and_counted() {
        let marks = picture_of(Row::Writable, seconds(0, 10));
        assert_eq!(crossed(&marks), [(400.0, 700.0)]);
        assert_eq!(words(&marks), ["8 of 12"]);
    }

    #[test]
    fn labels_of_the_axis_do_not_touch() {
        for ns in [100, 7_000, 1_000_000, 30_000_000, 60 * SECOND] {
            let (from, mut marks) = (Instant(12 * SECOND - 555), Vec::new());
            axis(Span { from, to: Instant(from.0 + ns) }, 950.0, 100.0, &mut marks);
            let mut taken = f64::NEG_INFINITY;
            for mark in &marks {
                if let Mark::Text { text, at, .. } = mark {
                    assert!(taken < at.x, "{ns} ns: {text}");
                    taken = at.x + text.chars().count() as f64 * LETTER;
                }
            }
            assert!(taken <= 950.0);
        }
    }

    #[test]
    fn what_is_shown_is_cut_to_the_stretch() {
        let marks = picture_of(Row::Writable, seconds(5, 10));
        assert_eq!(crossed(&marks), [(0.0, 400.0)]);
    }

    #[test]
    fn a_leaderless_time_says_so_beside_the_leaders_epoch() {
        let marks = picture_of(Row::Leader, seconds(0, 10));
        assert_eq!(words(&marks), ["b1 e4", "no leader", "b1 e4"]);
        assert_eq!(crossed(&marks), [(400.0, 700.0)]);
    }

    #[test]
    fn the_smallest_isr_of_any_partition_is_dotted_under_the_focus() {
        let marks = picture_of(Row::Isr, seconds(0, 10));
        let dotted = |mark: &Mark| matches!(mark, Mark::Line { stroke, .. } if stroke.dash == Dash::Dotted);
        assert!(marks.iter().any(dotted));
        assert_eq!(words(&marks), ["1 2 3"]);
    }

    #[test]
    fn lost_records_stand_where_they_were_lost() {
        let marks = picture_of(Row::Lost, seconds(0, 10));
        let bars: Vec<f64> = marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Rect { area, fill: Some(Fill { ink: Ink::Lost, .. }), .. } => Some(area.x),
                _ => None,
            })
            .collect();
        assert_eq!(bars, [600.0]);
    }

    #[test]
    fn latency_is_logarithmic_in_whole_decades() {
        let marks = picture_of(Row::Latency, seconds(0, 10));
        let label = words(&marks)[0].replace('\u{202f}', " ");
        assert_eq!(label, "100 ms");
    }

    #[test]
    fn a_rows_value_at_a_moment_counts_a_second() {
        let sources = sources();
        let lane = LaneRows { sources: Some(&sources), partitions: 12, replicas: 3, changes: &[] };
        let value = |row, second| value_at(row, &lane, Instant(second * SECOND), &EN).expect("there is data");
        assert_eq!(value(Row::Rate, 1), "0 / 900 / 0");
        assert_eq!(value(Row::Leader, 5), "no leader");
        assert_eq!(value(Row::Latency, 5), "\u{2013}");
        assert_eq!(value(Row::Isr, 1), "3 [1 2 3]");
    }
}
