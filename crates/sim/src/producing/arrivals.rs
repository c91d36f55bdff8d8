//! When the records of a stream arrive in the source: a Poisson process.
//!
//! Where all sources together offer little, records are drawn one by one. Where they offer more, a stream's records are
//! drawn in chunks of up to 10 ms: a chunk's length is Erlang distributed, as the sum of that many gaps is, and its
//! records lie evenly in it. So a million records a second cost no more than some ten thousand.

use highwater_kernel::Dice;
use highwater_model::{Duration, Instant};
use std::collections::VecDeque;

/// What a chunk spans at most, at the stream's rate.
const CHUNK_SECONDS: f64 = 0.010;
/// Chunks that all streams together draw a second, about.
const DRAWS_PER_SECOND: f64 = 25_000.0;
/// Chunks of fewer records than this save nothing: their lengths are drawn record by record.
const CHUNK_MIN: f64 = 17.0;

/// Records that are drawn at once at most, where all streams together have so many a second.
pub fn chunk_max(records_per_second_of_all: f64) -> u32 {
    match records_per_second_of_all / DRAWS_PER_SECOND {
        few if few <= 1.0 => 1,
        many => many.max(CHUNK_MIN) as u32,
    }
}

/// A few records in a row.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    /// When the record before its first arrived.
    from: Instant,
    /// From then to its last record.
    span: u64,
    count: u32,
    taken: u32,
}

impl Chunk {
    /// When the `n`-th record (from 1) arrives.
    fn at(&self, n: u32) -> Instant {
        Instant(self.from.0 + self.span * u64::from(n) / u64::from(self.count))
    }

    fn end(&self) -> Instant {
        Instant(self.from.0 + self.span)
    }

    /// Records that arrive by then, taken ones included.
    fn count_until(&self, until: Instant) -> u32 {
        if self.end() <= until {
            return self.count;
        }
        let Some(elapsed) = until.0.checked_sub(self.from.0) else { return 0 };
        // The n-th record arrives at floor(span * n / count); the largest n for which that is not after `elapsed`.
        (((elapsed + 1) * u64::from(self.count) - 1) / self.span) as u32
    }
}

/// Records taken from a stream: `count` in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Number of the first.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// When the first arrived.
    pub first_arrival: Instant,
    /// When the last arrived.
    pub last_arrival: Instant,
}

/// A stream's records, in the order of their arrival.
#[derive(Clone, Debug)]
pub struct Arrivals {
    dice: Dice,
    /// Records a nanosecond.
    rate: f64,
    /// Records of a chunk.
    chunk: u32,
    chunk_max: u32,
    drawn: VecDeque<Chunk>,
    /// Up to where records have been drawn.
    frontier: Instant,
    /// Records that are still to be drawn, where that is limited.
    left: Option<u64>,
    next: u64,
}

impl Arrivals {
    /// A stream of so many records a second, from the beginning of the run on.
    pub fn new(dice: Dice, records_per_second: f64, chunk_max: u32) -> Self {
        let frontier = Instant::ZERO;
        let (drawn, left) = (VecDeque::new(), None);
        let mut arrivals = Self { dice, rate: 0.0, chunk: 1, chunk_max, drawn, frontier, left, next: 0 };
        arrivals.set_rate(records_per_second);
        arrivals
    }

    /// Another rate, for all that is not yet drawn.
    pub fn set_rate(&mut self, records_per_second: f64) {
        self.rate = records_per_second / 1e9;
        self.chunk = ((records_per_second * CHUNK_SECONDS + 0.5) as u32).clamp(1, self.chunk_max);
    }

    /// Another rate from now on, also where there was none.
    pub fn go_on_with(&mut self, records_per_second: f64, now: Instant) {
        if self.rate <= 0.0 && self.drawn.is_empty() {
            self.frontier = now;
        }
        self.set_rate(records_per_second);
    }

    /// From now on another rate, and only so many records more; what had been drawn for later does not arrive.
    pub fn begin_anew(&mut self, records_per_second: f64, records: Option<u64>, now: Instant) {
        self.set_rate(records_per_second);
        self.left = records;
        while let Some(chunk) = self.drawn.pop_back() {
            let arrived = chunk.count_until(now);
            if chunk.taken < arrived {
                let span = chunk.at(arrived).since(chunk.from).0.max(1);
                self.drawn.push_back(Chunk { span, count: arrived, ..chunk });
                break;
            }
        }
        self.frontier = now;
    }

    /// Records that arrive now, in a stream that is silent otherwise; false where it is not.
    pub fn put(&mut self, count: u32, now: Instant) -> bool {
        if 0.0 < self.rate || count == 0 {
            return false;
        }
        let from = self.drawn.back().map_or(now, |last| last.end().max(now));
        self.drawn.push_back(Chunk { from, span: u64::from(count), count, taken: 0 });
        self.frontier = Instant::NEVER;
        true
    }

    /// Number of the next record.
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// When the next record arrives; never in a stream without records.
    pub fn next_at(&mut self) -> Instant {
        self.nth_at(1, Instant::NEVER).unwrap_or(Instant::NEVER)
    }

    /// When the `n`-th record from now (from 1) arrives, if that is not after `until`. Nothing is drawn beyond that.
    pub fn nth_at(&mut self, n: u32, until: Instant) -> Option<Instant> {
        let mut left = n;
        let mut index = 0;
        loop {
            if index == self.drawn.len() {
                if until <= self.frontier {
                    return None;
                }
                self.draw();
            }
            let chunk = self.drawn.get(index)?;
            let here = chunk.count - chunk.taken;
            if left <= here {
                let at = chunk.at(chunk.taken + left);
                return (at <= until).then_some(at);
            }
            left -= here;
            index += 1;
        }
    }

    /// Takes the records that have arrived by `until`, at most `max`.
    pub fn take(&mut self, until: Instant, max: u64) -> Option<Taken> {
        let mut taken: Option<Taken> = None;
        let mut left = max;
        while 0 < left {
            if self.drawn.is_empty() {
                if until <= self.frontier {
                    break;
                }
                self.draw();
            }
            let Some(chunk) = self.drawn.front_mut() else { break };
            let arrived = chunk.count_until(until).saturating_sub(chunk.taken);
            let count = u64::from(arrived).min(left);
            if count == 0 {
                break;
            }
            let first_arrival = chunk.at(chunk.taken + 1);
            chunk.taken += count as u32;
            let last_arrival = chunk.at(chunk.taken);
            if chunk.taken == chunk.count {
                self.drawn.pop_front();
            }
            left -= count;
            let so_far = taken.get_or_insert(Taken { first: self.next, count: 0, first_arrival, last_arrival });
            so_far.count += count;
            so_far.last_arrival = last_arrival;
            self.next += count;
        }
        taken
    }

    /// Records that have arrived by `until` and were not taken.
    pub fn count_until(&mut self, until: Instant) -> u64 {
        while self.frontier < until {
            self.draw();
        }
        self.drawn.iter().map(|chunk| u64::from(chunk.count_until(until).saturating_sub(chunk.taken))).sum()
    }

    /// The same without drawing: what lies beyond the frontier is reckoned from the rate.
    pub fn estimate_until(&self, until: Instant) -> u64 {
        let drawn = self.drawn.iter().map(|chunk| u64::from(chunk.count_until(until).saturating_sub(chunk.taken)));
        let beyond = (until.since(self.frontier).0 as f64 * self.rate) as u64;
        drawn.sum::<u64>() + self.left.map_or(beyond, |left| left.min(beyond))
    }

    fn draw(&mut self) {
        let count = self.left.map_or(self.chunk, |left| left.min(u64::from(self.chunk)) as u32);
        if self.rate <= 0.0 || count == 0 {
            self.frontier = Instant::NEVER;
            return;
        }
        self.left = self.left.map(|left| left - u64::from(count));
        let span = Duration((self.dice.erlang(u64::from(count)) / self.rate) as u64).0.max(1);
        self.drawn.push_back(Chunk { from: self.frontier, span, count, taken: 0 });
        self.frontier += Duration(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_kernel::{Seed, Stream};

    fn arrivals(rate: f64) -> Arrivals {
        Arrivals::new(Seed(3).dice(Stream::Arrivals(1, 0)), rate, chunk_max(rate * 10.0))
    }

    #[test]
    fn a_stream_has_its_rate() {
        for rate in [3.0, 150.0, 4_000.0, 1_000_000.0] {
            let mut stream = arrivals(rate);
            let seconds = 2_000_000.0 / rate;
            let taken = stream.take(Instant((seconds * 1e9) as u64), u64::MAX).expect("records");
            let expected = rate * seconds;
            assert!((taken.count as f64 - expected).abs() < 0.005 * expected, "{rate}: {}", taken.count);
            assert_eq!(taken.first, 0);
        }
    }

    #[test]
    fn a_stream_among_few_records_is_poisson() {
        let mut stream = arrivals(2_000.0);
        let mut gaps = Vec::new();
        let mut before = Instant::ZERO;
        for _ in 0..20_000 {
            let at = stream.next_at();
            gaps.push(at.since(before).as_secs_f64());
            before = at;
            stream.take(at, 1);
        }
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 0.0005).abs() < 0.00002);
        assert!((variance.sqrt() - 0.0005).abs() < 0.00002, "the gaps of a Poisson process vary by their mean");
    }

    #[test]
    fn looking_ahead_changes_nothing_and_agrees_with_taking() {
        let mut looked = arrivals(5_000.0);
        let mut plain = arrivals(5_000.0);
        for n in 1..400 {
            let at = looked.nth_at(n, Instant::NEVER).expect("no bound");
            assert_eq!(looked.clone().take(at, u64::MAX).expect("arrived").count, u64::from(n));
            assert_eq!(looked.count_until(at), u64::from(n));
            let before = Instant(at.0 - 1);
            assert!(looked.clone().take(before, u64::MAX).is_none_or(|taken| taken.count < u64::from(n)));
        }
        let until = Instant::from_millis(60);
        assert_eq!(looked.take(until, u64::MAX), plain.take(until, u64::MAX));
        assert_eq!(looked.next_number(), plain.next_number());
    }

    #[test]
    fn a_look_ahead_draws_no_further_than_its_bound() {
        let mut stream = arrivals(100.0);
        assert_eq!(stream.nth_at(50, Instant::from_millis(100)), None);
        stream.set_rate(10_000.0);
        let burst = stream.take(Instant::from_millis(1_100), u64::MAX).expect("records");
        assert!((9_000..11_000).contains(&burst.count), "the burst begins at once: {}", burst.count);
    }

    #[test]
    fn a_stream_without_rate_has_no_records() {
        let mut stream = arrivals(0.0);
        assert_eq!(stream.next_at(), Instant::NEVER);
        assert_eq!(stream.take(Instant::from_millis(1_000), 5), None);
        assert_eq!(stream.count_until(Instant::from_millis(1_000)), 0);
    }

    #[test]
    fn a_stream_that_begins_anew_keeps_what_has_arrived_and_ends_after_its_records() {
        let mut arrivals = arrivals(1_000.0);
        let now = Instant::from_millis(500);
        let arrived = arrivals.count_until(now);
        arrivals.nth_at(5_000, Instant::NEVER);
        arrivals.begin_anew(100.0, Some(300), now);
        assert_eq!(arrivals.count_until(now), arrived);
        assert!(arrivals.count_until(Instant::from_millis(1_500)).abs_diff(arrived + 100) < 40);
        assert_eq!(arrivals.count_until(Instant::from_millis(60_000)), arrived + 300);
        arrivals.begin_anew(0.0, None, Instant::from_millis(60_000));
        assert_eq!(arrivals.count_until(Instant::from_millis(90_000)), arrived + 300);
        arrivals.begin_anew(1_000.0, None, Instant::from_millis(90_000));
        assert!(arrivals.count_until(Instant::from_millis(91_000)) > arrived + 800);
    }
}
