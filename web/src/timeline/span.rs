//! Looking closer, further, left and right: arithmetic on the stretch of time that is shown. What comes out may lie
//! outside the run; the page's state cuts it.

use highwater_model::{Duration, Instant};
use highwater_oracle::report::Span;

/// Looking closer stops here: below it two events are no longer told apart.
pub const SPAN_MIN: Duration = Duration::from_micros(10);

/// The stretch's length.
pub const fn length(span: Span) -> Duration {
    span.to.since(span.from)
}

/// The stretch scaled by `factor` (below 1: closer), with `anchor` staying where it is on the screen.
pub fn zoomed(span: Span, factor: f64, anchor: Instant, run: Duration) -> Span {
    let old = length(span).0 as f64;
    let new = (old * factor).clamp(SPAN_MIN.0.min(run.0) as f64, run.0 as f64);
    let share = (anchor.0 as f64 - span.from.0 as f64) / old.max(1.0);
    let from = anchor.0 as f64 - share * new;
    within(from, new, run)
}

/// The stretch moved by `share` of its length, later where that is positive.
pub fn panned(span: Span, share: f64, run: Duration) -> Span {
    let length = length(span).0 as f64;
    within(span.from.0 as f64 + share * length, length, run)
}

/// A stretch of this length around a moment.
pub fn around(at: Instant, length: Duration, run: Duration) -> Span {
    let length = length.0.clamp(SPAN_MIN.0.min(run.0), run.0) as f64;
    within(at.0 as f64 - length / 2.0, length, run)
}

/// The stretch moved by the least that shows the moment, with some room before and after it.
pub fn revealing(span: Span, at: Instant, run: Duration) -> Span {
    if span.from <= at && at <= span.to { span } else { around(at, length(span), run) }
}

/// The pixel of a moment, in a plot of this width.
pub fn x_of(span: Span, at: Instant, width: f64) -> f64 {
    (at.0 as f64 - span.from.0 as f64) / length(span).0.max(1) as f64 * width
}

/// The moment of a pixel; moments before the run count as its start.
pub fn at_x(span: Span, x: f64, width: f64) -> Instant {
    let at = span.from.0 as f64 + x / width.max(1.0) * length(span).0 as f64;
    Instant(at.round().max(0.0) as u64)
}

fn within(from: f64, length: f64, run: Duration) -> Span {
    let length = length.round() as u64;
    let last = run.0.saturating_sub(length);
    let from = (from.round().max(0.0) as u64).min(last);
    Span { from: Instant(from), to: Instant(from + length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Duration = Duration::from_secs(60);
    const WHOLE: Span = Span { from: Instant(0), to: Instant(60_000_000_000) };

    #[test]
    fn zooming_keeps_the_anchor_where_it_is() {
        let anchor = Instant::from_millis(10_000);
        let before = x_of(WHOLE, anchor, 1_000.0);
        let closer = zoomed(WHOLE, 0.1, anchor, RUN);
        assert_eq!(length(closer), Duration::from_secs(6));
        assert!((x_of(closer, anchor, 1_000.0) - before).abs() < 0.001);
    }

    #[test]
    fn zooming_out_ends_at_the_whole_run() {
        let closer = zoomed(WHOLE, 0.01, Instant::from_millis(59_900), RUN);
        assert_eq!(zoomed(closer, 1_000.0, Instant::from_millis(59_900), RUN), WHOLE);
    }

    #[test]
    fn zooming_in_ends_at_the_shortest_stretch() {
        let mut span = WHOLE;
        for _ in 0..200 {
            span = zoomed(span, 0.8, Instant::from_millis(10_000), RUN);
        }
        assert_eq!(length(span), SPAN_MIN);
        assert!(span.from <= Instant::from_millis(10_000) && Instant::from_millis(10_000) <= span.to);
    }

    #[test]
    fn panning_stops_at_the_ends_of_the_run_and_keeps_the_length() {
        let closer = zoomed(WHOLE, 0.5, Instant::from_millis(30_000), RUN);
        let left = panned(closer, -10.0, RUN);
        let right = panned(closer, 10.0, RUN);
        assert_eq!((left.from, length(left)), (Instant::ZERO, Duration::from_secs(30)));
        assert_eq!((right.to, length(right)), (Instant::from_millis(60_000), Duration::from_secs(30)));
    }

    #[test]
    fn a_pixel_and_its_moment_are_one() {
        let span = Span { from: Instant::from_millis(10_400), to: Instant::from_millis(10_401) };
        for x in [0.0, 1.0, 333.0, 1_130.0] {
            assert!((x_of(span, at_x(span, x, 1_130.0), 1_130.0) - x).abs() < 0.002);
        }
    }

    #[test]
    fn a_moment_outside_is_brought_into_the_middle() {
        let span = around(Instant::from_millis(5_000), Duration::from_secs(1), RUN);
        let moved = revealing(span, Instant::from_millis(40_000), RUN);
        assert_eq!(moved, around(Instant::from_millis(40_000), Duration::from_secs(1), RUN));
        assert_eq!(revealing(span, Instant::from_millis(5_100), RUN), span);
    }
}
