//! Dice with names: one stream for each purpose and entity, so that changing `acks` does not change the network's
//! luck. All randomness of a run comes from here.

use crate::math;
use highwater_model::{Duration, NodeId};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use std::collections::VecDeque;

/// The seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

/// What a stream of dice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The arrivals of one stream of records: producer and partition.
    Arrivals(u8, u16),
    /// The delays of one link.
    Link(NodeId, NodeId),
    /// A process's own timers: election timeouts, back-offs, heartbeat phases.
    Node(NodeId),
    /// What a power loss leaves on a broker's disk.
    Disk(NodeId),
    /// Which partition a producer without keys takes next.
    Partitioner(u8),
    /// A test's or a search's own.
    Search(u64),
}

impl Stream {
    fn number(self) -> u64 {
        let node = |node: NodeId| match node {
            NodeId::Broker(broker) => 0x100 + u64::from(broker.0),
            NodeId::Controller(controller) => 0x200 + u64::from(controller.0),
            NodeId::Producer(n) => 0x300 + u64::from(n),
            NodeId::Consumer(n) => 0x400 + u64::from(n),
        };
        match self {
            Stream::Arrivals(producer, partition) => 1 << 56 | u64::from(producer) << 16 | u64::from(partition),
            Stream::Link(from, to) => 2 << 56 | node(from) << 16 | node(to),
            Stream::Node(of) => 3 << 56 | node(of),
            Stream::Disk(of) => 4 << 56 | node(of),
            Stream::Partitioner(producer) => 5 << 56 | u64::from(producer),
            Stream::Search(n) => 6 << 56 ^ n,
        }
    }
}

impl Seed {
    /// The dice of this name.
    pub fn dice(self, stream: Stream) -> Dice {
        // Two rounds of the splitmix64 finisher keep neighbouring seeds and streams apart.
        let mixed = finish(finish(self.0 ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(stream.number()));
        Dice { random: Xoshiro256PlusPlus::seed_from_u64(mixed), fixed: None }
    }
}

fn finish(mut word: u64) -> u64 {
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Dice {
    random: Xoshiro256PlusPlus,
    /// What comes before the random ones; nothing, but in plays that fix a die.
    #[expect(clippy::box_collection, reason = "hardly any dice are fixed, and all are cloned with every checkpoint")]
    fixed: Option<Box<VecDeque<u64>>>,
}

impl Dice {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        if self.fixed.is_some() { self.fixed_bits() } else { self.random.next_u64() }
    }

    #[cold]
    fn fixed_bits(&mut self) -> u64 {
        let fixed = self.fixed.as_mut().expect("there is one");
        match fixed.pop_front() {
            Some(bits) => bits,
            None => {
                self.fixed = None;
                self.random.next_u64()
            }
        }
    }

    /// The next number that is not fixed yet comes out so far up its range: `per_mille` 0 is the lowest, 999 the highest.
    pub fn fix(&mut self, per_mille: u16) {
        assert!(per_mille < 1_000, "it lies in its range");
        let bits = ((u128::from(per_mille) << 64) / 1_000) as u64;
        self.fixed.get_or_insert_default().push_back(bits);
    }

    /// A whole number from `low` to `high`, both included.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        assert!(low <= high, "a range has a smallest and a largest number");
        let span = u128::from(high - low) + 1;
        low + ((u128::from(self.bits()) * span) >> 64) as u64
    }

    /// True in `numerator` of `denominator` cases.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        assert!(numerator <= denominator && denominator != 0);
        self.within(1, denominator) <= numerator
    }

    /// A number from 0 (included) to 1 (excluded).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A span from `low` to `high`, both included.
    pub fn duration(&mut self, low: Duration, high: Duration) -> Duration {
        Duration(self.within(low.0, high.0))
    }

    /// Exponential with this mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -math::ln(1.0 - self.unit()) * mean
    }

    /// Standard normal, by Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = math::sqrt(-2.0 * math::ln(1.0 - self.unit()));
        radius * math::cos(std::f64::consts::TAU * self.unit())
    }

    /// Poisson with this mean: exact by Knuth below 30, beyond by the normal approximation rounded to a whole number,
    /// which is off by less than the sampling noise of any run.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if mean >= 30.0 {
            return (mean + math::sqrt(mean) * self.normal() + 0.5).max(0.0) as u64;
        }
        let limit = math::exp(-mean);
        let mut product = 1.0;
        let mut count = 0;
        loop {
            product *= 1.0 - self.unit();
            if product <= limit {
                return count;
            }
            count += 1;
        }
    }

    /// The time until the `n`-th event of a Poisson process of rate 1: Erlang. Exact up to 32 (the logarithm of a
    /// product of uniform numbers), beyond by the Wilson-Hilferty cube, whose error is far below a percent there.
    pub fn erlang(&mut self, n: u64) -> f64 {
        if n <= 32 {
            let product = (0..n).fold(1.0, |product, _| product * (1.0 - self.unit()));
            return -math::ln(product);
        }
        let n = n as f64;
        let cube = 1.0 - 1.0 / (9.0 * n) + self.normal() / (3.0 * math::sqrt(n));
        (n * cube * cube * cube).max(0.0)
    }
}

/// Draws of a log-normal law of median 1, from a table of its quantiles: one number and one look-up a draw, where the
/// formula needs four transcendental functions.
#[derive(Clone, Debug)]
pub struct LogNormal(Vec<u32>);

/// Quantiles of the table.
const QUANTILES: u32 = 1_024;
/// The table's unit: so many parts are 1.
const PARTS: u64 = 1 << 16;

impl LogNormal {
    /// The law whose logarithm has this standard deviation.
    pub fn new(sigma: f64) -> Self {
        let at = |index| (f64::from(index) + 0.5) / f64::from(QUANTILES);
        let factor = |index| math::exp(sigma * normal_quantile(at(index))) * PARTS as f64;
        Self((0..QUANTILES).map(|index| factor(index) as u32).collect())
    }

    /// A draw, times this median.
    pub fn draw(&self, median: Duration, dice: &mut Dice) -> Duration {
        let factor = self.0[(dice.bits() >> (64 - QUANTILES.ilog2())) as usize];
        Duration(median.0 * u64::from(factor) / PARTS)
    }
}

/// The standard normal value below which this share lies: Abramowitz and Stegun 26.2.23, off by less than 0.00045.
fn normal_quantile(share: f64) -> f64 {
    let tail = share.min(1.0 - share);
    let t = math::sqrt(-2.0 * math::ln(tail));
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let value = t - numerator / denominator;
    if share < 0.5 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_die_comes_first_and_leaves_the_others_as_they_were() {
        let mut dice = Seed(1).dice(Stream::Search(0));
        let mut loaded = dice.clone();
        loaded.fix(0);
        loaded.fix(500);
        loaded.fix(999);
        assert_eq!([(); 3].map(|()| loaded.within(10, 19)), [10, 15, 19]);
        assert_eq!([(); 3].map(|()| loaded.bits()), [(); 3].map(|()| dice.bits()));
    }

    #[test]
    fn each_stream_has_its_own_luck() {
        let seed = Seed(7);
        let first = |stream| seed.dice(stream).bits();
        assert_eq!(first(Stream::Arrivals(1, 0)), first(Stream::Arrivals(1, 0)));
        assert_ne!(first(Stream::Arrivals(1, 0)), first(Stream::Arrivals(1, 1)));
        assert_ne!(first(Stream::Arrivals(1, 0)), Seed(8).dice(Stream::Arrivals(1, 0)).bits());
    }

    #[test]
    fn distributions_have_their_means() {
        let mut dice = Seed(1).dice(Stream::Search(0));
        let draws = 20_000;
        let mean = |draw: &mut dyn FnMut() -> f64| (0..draws).map(|_| draw()).sum::<f64>() / f64::from(draws);
        let near =
            |value: f64, expected: f64| assert!((value - expected).abs() < 0.03 * expected, "{value} {expected}");
        near(mean(&mut || dice.exponential(5.0)), 5.0);
        near(mean(&mut || dice.poisson(4.0) as f64), 4.0);
        near(mean(&mut || dice.poisson(400.0) as f64), 400.0);
        near(mean(&mut || dice.erlang(3)), 3.0);
        near(mean(&mut || dice.erlang(300)), 300.0);
        near(mean(&mut || dice.within(1, 9) as f64), 5.0);
        let law = LogNormal::new(0.6);
        let median = Duration::from_micros(100);
        // The mean of a log-normal law is its median times e to the half of sigma squared.
        near(mean(&mut || law.draw(median, &mut dice).0 as f64), 100_000.0 * 1.197_217);
    }
}
