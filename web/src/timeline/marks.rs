//! The faults' marks above the rows: stacked so that none hides another, moved by keys in steps of what is shown.

use super::span;
use highwater_model::{Duration, Instant};
use highwater_oracle::report::Span;

/// Height of a mark and the gap beneath it.
pub const MARK_HEIGHT: f64 = 20.0;
/// Levels at most; beyond, marks overlap in the last.
const LEVELS_MAX: usize = 4;

/// Where a mark stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stand {
    /// Pixels from the plot's left edge; may lie outside.
    pub x: f64,
    /// From the top, counted from 0.
    pub level: usize,
}

/// Gives each mark, by its place on the time axis and its width, the highest level on which it hides no other. `width`
/// is the plot's: marks at its right end stand to the left of their moment.
pub fn stand(marks: &[(f64, f64)], width: f64) -> Vec<Stand> {
    let mut order: Vec<usize> = (0..marks.len()).collect();
    order.sort_by(|a, b| marks[*a].0.total_cmp(&marks[*b].0));
    let mut ends = [f64::NEG_INFINITY; LEVELS_MAX];
    let mut stands = vec![Stand { x: 0.0, level: 0 }; marks.len()];
    for index in order {
        let (x, mark_width) = marks[index];
        let x = if (0.0..=width).contains(&x) { x.min((width - mark_width).max(0.0)) } else { x };
        let level = ends.iter().position(|end| *end <= x).unwrap_or(LEVELS_MAX - 1);
        ends[level] = x + mark_width + 3.0;
        stands[index] = Stand { x, level };
    }
    stands
}

/// The levels that are in use, at least one.
pub fn levels(stands: &[Stand]) -> usize {
    stands.iter().map(|stand| stand.level + 1).max().unwrap_or(1)
}

/// Where a key takes a fault; nothing where the key is not one of a slider's.
pub fn moved(at: Instant, key: &str, span: Span, end: Instant) -> Option<Instant> {
    let length = span::length(span);
    let (small, large) = (Duration((length.0 / 200).max(1)), Duration((length.0 / 20).max(1)));
    Some(match key {
        "ArrowLeft" | "ArrowDown" => at - small,
        "ArrowRight" | "ArrowUp" => at + small,
        "PageDown" => at - large,
        "PageUp" => at + large,
        "Home" => Instant::ZERO,
        "End" => end,
        _ => return None,
    })
    .map(|moved| moved.min(end))
}

/// A moment that the reader dragged to, on the grid of what can be told apart: no 9 digits where a pixel is a tenth of
/// a second.
pub fn snapped(at: Instant, span: Span, width: f64) -> Instant {
    let pixel = span::length(span).0 as f64 / width.max(1.0);
    let grid = 10f64.powf(pixel.max(1.0).log10().floor()) as u64;
    Instant((at.0 + grid / 2) / grid * grid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { from: Instant(0), to: Instant(60_000_000_000) };

    #[test]
    fn marks_that_would_hide_each_other_stand_on_two_levels() {
        let stands = stand(&[(100.0, 80.0), (150.0, 80.0), (300.0, 80.0)], 1_000.0);
        assert_eq!(stands.iter().map(|stand| stand.level).collect::<Vec<_>>(), [0, 1, 0]);
        assert_eq!(levels(&stands), 2);
    }

    #[test]
    fn a_mark_at_the_end_stays_inside() {
        assert_eq!(stand(&[(990.0, 80.0)], 1_000.0), [Stand { x: 920.0, level: 0 }]);
    }

    #[test]
    fn keys_move_a_fault_and_stop_at_the_ends() {
        let end = Instant::from_millis(60_000);
        let at = Instant::from_millis(10_000);
        assert_eq!(moved(at, "ArrowRight", SPAN, end), Some(Instant::from_millis(10_300)));
        assert_eq!(moved(at, "PageDown", SPAN, end), Some(Instant::from_millis(7_000)));
        assert_eq!(moved(Instant::from_millis(59_900), "ArrowUp", SPAN, end), Some(end));
        assert_eq!(moved(Instant(5), "ArrowDown", SPAN, end), Some(Instant::ZERO));
        assert_eq!(moved(at, "x", SPAN, end), None);
    }

    #[test]
    fn a_drag_lands_on_round_moments() {
        assert_eq!(snapped(Instant(10_012_345_678), SPAN, 1_000.0), Instant(10_010_000_000));
    }
}
