//! A lane's timeline made ready to draw: equal neighbours joined into runs, numbers turned into curves. Made once for
//! each answer of a worker; panning and zooming only map it anew.

use crate::canvas::{Point, Shape};
use highwater_model::{BrokerId, BrokerSet, Instant};
use highwater_oracle::report::{Column, Span, Timeline};
use std::rc::Rc;

/// Columns `from` to `to` (exclusive) that hold the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<T> {
    /// First column.
    pub from: u32,
    /// The column after the last.
    pub to: u32,
    /// What they hold.
    pub value: T,
}

/// A number over the columns.
#[derive(Clone, Debug)]
pub struct Curve {
    /// Its line: x in columns, y in the number's own unit.
    pub shape: Rc<Shape>,
    /// One a column; NaN where there is none.
    values: Vec<f64>,
}

impl Curve {
    fn new(columns: &[Column], value: impl Fn(&Column) -> Option<f64>) -> Self {
        let values: Vec<f64> = columns.iter().map(|column| value(column).unwrap_or(f64::NAN)).collect();
        let mut pieces = vec![Vec::new()];
        for (index, value) in values.iter().enumerate() {
            let last = pieces.len() - 1;
            if !value.is_nan() {
                pieces[last].push(Point::new(index as f64 + 0.5, *value));
            } else if !pieces[last].is_empty() {
                pieces.push(Vec::new());
            }
        }
        pieces.retain(|piece| !piece.is_empty());
        Self { shape: Rc::new(Shape { pieces }), values }
    }

    /// The line to draw where columns `from` to `to` are shown: the whole one while most of it is, so that its path is
    /// made once; else what is shown of it. A dashed line drawn a million times wider than the screen takes seconds.
    pub fn shape_of(&self, from: f64, to: f64) -> Rc<Shape> {
        if self.values.len() as f64 / 2.0 <= to - from {
            return Rc::clone(&self.shape);
        }
        let cut = |piece: &Vec<Point>| cut(piece, from, to);
        let pieces = self.shape.pieces.iter().map(cut).filter(|piece| !piece.is_empty()).collect();
        Rc::new(Shape { pieces })
    }

    /// The smallest and the largest value of columns `from` to `to` (exclusive), if there is any.
    pub fn extremes(&self, from: usize, to: usize) -> Option<(f64, f64)> {
        let to = to.min(self.values.len());
        let values = self.values.get(from.min(to)..to)?.iter().filter(|value| !value.is_nan());
        values.fold(None, |so_far, value| match so_far {
            None => Some((*value, *value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        })
    }
}

/// The part of a line between two places, with points of its own at both.
fn cut(piece: &[Point], from: f64, to: f64) -> Vec<Point> {
    let first = piece.partition_point(|point| point.x < from);
    let last = piece.partition_point(|point| point.x <= to);
    let at = |x: f64, before: usize| {
        let (left, right) = (piece.get(before.checked_sub(1)?)?, piece.get(before)?);
        Some(left.towards(*right, (x - left.x) / (right.x - left.x)))
    };
    let inside = piece[first..last.max(first)].iter().copied();
    at(from, first).into_iter().chain(inside).chain(at(to, last)).collect()
}

/// A stretch of a lane's timeline, ready to draw.
#[derive(Clone, Debug)]
pub struct Series {
    /// From where to where.
    pub span: Span,
    /// The columns as they came.
    pub columns: Vec<Column>,
    /// Writable partitions.
    pub writable: Vec<Run<u16>>,
    /// Readable partitions.
    pub readable: Vec<Run<u16>>,
    /// The focus partition's ISR, and the smallest ISR of any.
    pub isr: Vec<Run<(BrokerSet, u8)>>,
    /// The focus partition's leader and epoch.
    pub leader: Vec<Run<(Option<BrokerId>, i32)>>,
    /// The focus partition's log end, above its high watermark in the first column.
    pub log_end: Curve,
    /// Its high watermark, above the same.
    pub high_watermark: Curve,
    /// Decimal logarithm of the records a second that arrived, plus one: none is zero.
    pub arrived: Curve,
    /// The same of those acked.
    pub acked: Curve,
    /// The same of those polled.
    pub polled: Curve,
    /// Decimal logarithm of the median produce latency in microseconds.
    pub latency_p50: Curve,
    /// The same of its p99.
    pub latency_p99: Curve,
    /// The same of its maximum.
    pub latency_max: Curve,
    /// Records behind.
    pub lag: Curve,
    /// Failed requests.
    pub errors: Vec<Run<u32>>,
    /// Lost records.
    pub lost: Vec<Run<u64>>,
}

impl Series {
    /// Makes a worker's answer ready.
    pub fn new(timeline: &Timeline) -> Self {
        let columns = timeline.columns.clone();
        let seconds = timeline.to.since(timeline.from).as_secs_f64() / columns.len().max(1) as f64;
        let rate = |count: u64| Some((1.0 + count as f64 / seconds.max(1e-9)).log10());
        let log = |micros: u32| (micros > 0).then(|| f64::from(micros).log10());
        // Canvas paths hold 32-bit floats: offsets of millions are told from a base near them.
        let base = columns.first().map_or(0.0, |column| column.high_watermark as f64);
        Self {
            span: Span { from: timeline.from, to: timeline.to },
            writable: runs(&columns, |column| column.writable),
            readable: runs(&columns, |column| column.readable),
            isr: runs(&columns, |column| (column.isr, column.isr_min)),
            leader: runs(&columns, |column| (column.leader, column.leader_epoch)),
            log_end: Curve::new(&columns, |column| Some(column.log_end as f64 - base)),
            high_watermark: Curve::new(&columns, |column| Some(column.high_watermark as f64 - base)),
            arrived: Curve::new(&columns, |column| rate(column.arrived)),
            acked: Curve::new(&columns, |column| rate(column.acked)),
            polled: Curve::new(&columns, |column| rate(column.polled)),
            latency_p50: Curve::new(&columns, |column| log(column.latency_p50_us)),
            latency_p99: Curve::new(&columns, |column| log(column.latency_p99_us)),
            latency_max: Curve::new(&columns, |column| log(column.latency_max_us)),
            lag: Curve::new(&columns, |column| Some(column.lag as f64)),
            errors: runs(&columns, |column| column.errors),
            lost: runs(&columns, |column| column.lost),
            columns,
        }
    }

    /// Nanoseconds of a column.
    pub fn step_ns(&self) -> f64 {
        self.span.to.since(self.span.from).0 as f64 / self.columns.len().max(1) as f64
    }

    /// A moment in columns from the start.
    pub fn place_of(&self, at: Instant) -> f64 {
        (at.0 as f64 - self.span.from.0 as f64) / self.step_ns()
    }

    /// The column of a moment, if the stretch has it.
    pub fn column_at(&self, at: Instant) -> Option<&Column> {
        if at < self.span.from || self.span.to < at {
            return None;
        }
        let index = (at.since(self.span.from).0 as f64 / self.step_ns()) as usize;
        self.columns.get(index.min(self.columns.len().saturating_sub(1)))
    }

    /// The columns that a stretch touches.
    pub fn columns_in(&self, span: Span) -> (usize, usize) {
        let (from, to) = (self.place_of(span.from).max(0.0), self.place_of(span.to).max(0.0));
        (from.floor() as usize, (to.ceil() as usize).min(self.columns.len()))
    }
}

fn runs<T: PartialEq + Copy>(columns: &[Column], value: impl Fn(&Column) -> T) -> Vec<Run<T>> {
    let mut runs: Vec<Run<T>> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let (index, value) = (index as u32, value(column));
        match runs.last_mut() {
            Some(run) if run.value == value => run.to = index + 1,
            _ => runs.push(Run { from: index, to: index + 1, value }),
        }
    }
    runs
}

/// What there is of a lane to draw: the whole run, coarse, and perhaps a stretch of it, fine.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The whole run.
    pub coarse: Rc<Series>,
    /// A stretch of it, run again in detail.
    pub fine: Option<Rc<Series>>,
    /// The run before the reader's last change: the future that is no longer.
    pub ghost: Option<Rc<Series>>,
}

impl Sources {
    /// Which series to draw where, so that together they cover the stretch: the fine one where it is finer and there,
    /// the coarse one elsewhere, stretched.
    pub fn cover(&self, span: Span) -> Vec<(Rc<Series>, Span)> {
        let overlap = |fine: &Rc<Series>| {
            let (from, to) = (fine.span.from.max(span.from), fine.span.to.min(span.to));
            (from < to && fine.step_ns() < self.coarse.step_ns()).then(|| (Rc::clone(fine), Span { from, to }))
        };
        let Some((fine, middle)) = self.fine.as_ref().and_then(overlap) else {
            return vec![(Rc::clone(&self.coarse), span)];
        };
        let mut cover = vec![(fine, middle)];
        if span.from < middle.from {
            cover.push((Rc::clone(&self.coarse), Span { from: span.from, to: middle.from }));
        }
        if middle.to < span.to {
            cover.push((Rc::clone(&self.coarse), Span { from: middle.to, to: span.to }));
        }
        cover
    }

    /// The finest column of a moment.
    pub fn column_at(&self, at: Instant) -> Option<&Column> {
        let fine = self.fine.as_ref().filter(|fine| fine.step_ns() < self.coarse.step_ns());
        fine.and_then(|fine| fine.column_at(at)).or_else(|| self.coarse.column_at(at))
    }

    /// Nanoseconds of the column that [`Sources::column_at`] finds: what its counts are counts over.
    pub fn step_ns_at(&self, at: Instant) -> f64 {
        let fine = self.fine.as_ref().filter(|fine| fine.step_ns() < self.coarse.step_ns());
        fine.filter(|fine| fine.column_at(at).is_some()).unwrap_or(&self.coarse).step_ns()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::PartitionId;

    fn timeline(from_ms: u64, to_ms: u64, columns: Vec<Column>) -> Timeline {
        Timeline {
            from: Instant::from_millis(from_ms),
            to: Instant::from_millis(to_ms),
            focus: PartitionId(0),
            columns,
            happenings: Vec::new(),
        }
    }

    fn span(from_ms: u64, to_ms: u64) -> Span {
        Span { from: Instant::from_millis(from_ms), to: Instant::from_millis(to_ms) }
    }

    #[test]
    fn equal_neighbours_are_one_run() {
        let columns = [12, 12, 8, 8, 8, 12].map(|writable| Column { writable, ..Column::default() });
        let series = Series::new(&timeline(0, 6_000, columns.to_vec()));
        let expected = [(0, 2, 12), (2, 5, 8), (5, 6, 12)].map(|(from, to, value)| Run { from, to, value });
        assert_eq!(series.writable, expected);
    }

    #[test]
    fn a_step_without_acknowledgements_breaks_the_latency_curve() {
        let columns = [100, 100, 0, 0, 1_000].map(|us| Column { latency_p99_us: us, ..Column::default() });
        let series = Series::new(&timeline(0, 5_000, columns.to_vec()));
        let pieces: Vec<usize> = series.latency_p99.shape.pieces.iter().map(Vec::len).collect();
        assert_eq!(pieces, [2, 1]);
        assert_eq!(series.latency_p99.extremes(0, 5), Some((2.0, 3.0)));
        assert_eq!(series.latency_p99.extremes(2, 4), None);
    }

    #[test]
    fn close_up_only_what_is_shown_of_a_curve_is_drawn() {
        let columns = (0..100).map(|lag| Column { lag, ..Column::default() }).collect();
        let series = Series::new(&timeline(0, 100_000, columns));
        assert!(Rc::ptr_eq(&series.lag.shape_of(0.0, 60.0), &series.lag.shape));
        let few = series.lag.shape_of(10.0, 12.0);
        let x: Vec<f64> = few.pieces[0].iter().map(|point| point.x).collect();
        assert_eq!(x, [10.0, 10.5, 11.5, 12.0]);
        assert_eq!(few.pieces[0][0].y, 9.5);
        let between = series.lag.shape_of(10.6, 10.7);
        assert_eq!(between.pieces[0].len(), 2);
    }

    #[test]
    fn counts_are_turned_into_rates() {
        let columns = vec![Column { acked: 999, ..Column::default() }; 4];
        let series = Series::new(&timeline(0, 4_000, columns));
        assert_eq!(series.acked.extremes(0, 4), Some((3.0, 3.0)));
        assert_eq!(series.polled.extremes(0, 4), Some((0.0, 0.0)));
    }

    #[test]
    fn the_fine_stretch_is_drawn_where_it_is_and_the_coarse_one_around_it() {
        let coarse = Rc::new(Series::new(&timeline(0, 60_000, vec![Column::default(); 600])));
        let fine = Rc::new(Series::new(&timeline(10_000, 12_000, vec![Column::default(); 600])));
        let sources = Sources { coarse, fine: Some(fine), ghost: None };
        let cover: Vec<Span> = sources.cover(span(9_000, 12_500)).into_iter().map(|(_, span)| span).collect();
        assert_eq!(cover, [span(10_000, 12_000), span(9_000, 10_000), span(12_000, 12_500)]);
        let elsewhere: Vec<Span> = sources.cover(span(20_000, 30_000)).into_iter().map(|(_, span)| span).collect();
        assert_eq!(elsewhere, [span(20_000, 30_000)]);
    }

    #[test]
    fn the_end_of_the_run_has_a_column() {
        let series = Series::new(&timeline(0, 1_000, vec![Column { lag: 7, ..Column::default() }; 10]));
        assert_eq!(series.column_at(Instant::from_millis(1_000)).map(|column| column.lag), Some(7));
        assert!(series.column_at(Instant::from_millis(1_001)).is_none());
    }
}
