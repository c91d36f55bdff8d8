//! The time axis: round moments, written with as many digits as their distance needs.

use highwater_model::{Duration, Instant};
use highwater_oracle::report::Span;

/// A labelled moment of the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When.
    pub at: Instant,
    /// How it is written.
    pub label: String,
}

/// Steps that read well, in nanoseconds: 1, 2 and 5 of each power of ten below a second, then Babylon's.
const STEPS: [u64; 36] = {
    let mut steps = [0; 36];
    let mut power = 1;
    let mut at = 0;
    while at < 27 {
        steps[at] = power;
        steps[at + 1] = 2 * power;
        steps[at + 2] = 5 * power;
        power *= 10;
        at += 3;
    }
    let seconds = [1, 2, 5, 10, 30, 60, 120, 300, 600];
    while at < 36 {
        steps[at] = seconds[at - 27] * 1_000_000_000;
        at += 1;
    }
    steps
};

/// The smallest round step of which at most `count` fit into the stretch.
pub fn step(span: Span, count: u32) -> Duration {
    let wanted = span.to.since(span.from).0 / u64::from(count.max(1));
    Duration(STEPS.into_iter().find(|step| wanted <= *step).unwrap_or(STEPS[STEPS.len() - 1]))
}

/// The round moments of the stretch, at most about `count`.
pub fn ticks(span: Span, count: u32) -> Vec<Tick> {
    let step = step(span, count);
    let first = span.from.0.div_ceil(step.0);
    let last = span.to.0 / step.0;
    (first..=last).map(|n| Instant(n * step.0)).map(|at| Tick { at, label: label(at, step) }).collect()
}

/// A moment with as many digits as a step of this size needs: `12 s`, `1:30`, `10.412 s`, `10.412 318 s`.
pub fn label(at: Instant, step: Duration) -> String {
    let (seconds, fraction) = (at.0 / 1_000_000_000, at.0 % 1_000_000_000);
    let digits = match step.0 {
        1_000_000_000.. => 0,
        100_000_000.. => 1,
        10_000_000.. => 2,
        1_000_000.. => 3,
        1_000.. => 6,
        _ => 9,
    };
    if digits == 0 {
        return if seconds < 120 {
            format!("{seconds}\u{202f}s")
        } else {
            format!("{}:{:02}", seconds / 60, seconds % 60)
        };
    }
    format!("{seconds}.{}\u{202f}s", grouped(fraction, digits))
}

/// The first `digits` digits of a fraction of nine, in groups of three.
fn grouped(fraction: u64, digits: usize) -> String {
    let all = format!("{fraction:09}");
    let kept = &all[..digits];
    let groups: Vec<&str> = (0..digits).step_by(3).map(|from| &kept[from..digits.min(from + 3)]).collect();
    groups.join("\u{202f}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ns: u64, to_ns: u64) -> Span {
        Span { from: Instant(from_ns), to: Instant(to_ns) }
    }

    fn check(from_ns: u64, to_ns: u64, count: u32, expected: &[&str]) {
        let labels: Vec<String> = ticks(span(from_ns, to_ns), count).into_iter().map(|tick| tick.label).collect();
        let plain: Vec<String> = labels.iter().map(|label| label.replace('\u{202f}', " ")).collect();
        assert_eq!(plain, expected);
    }

    #[test]
    fn a_minute_has_ticks_at_round_seconds() {
        check(0, 60_000_000_000, 6, &["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]);
    }

    #[test]
    fn a_long_run_is_told_in_minutes() {
        check(0, 600_000_000_000, 5, &["0 s", "2:00", "4:00", "6:00", "8:00", "10:00"]);
    }

    #[test]
    fn a_millisecond_is_told_in_microseconds() {
        let expected = ["10.404 000 s", "10.404 500 s", "10.405 000 s"];
        check(10_404_000_000, 10_405_000_000, 3, &expected);
    }

    #[test]
    fn tenths_get_one_digit() {
        check(9_700_000_000, 10_200_000_000, 5, &["9.7 s", "9.8 s", "9.9 s", "10.0 s", "10.1 s", "10.2 s"]);
    }

    #[test]
    fn never_more_ticks_than_there_is_room_for() {
        for length in [10_000, 77_777, 1_000_000, 123_456_789, 60_000_000_000, 3_600_000_000_000] {
            let count = ticks(span(5, 5 + length), 8).len();
            assert!((2..=9).contains(&count), "{count} ticks for {length} ns");
        }
    }
}
