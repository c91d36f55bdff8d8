//! How far into its source an application has come. It takes records in the order of their arrival, so one moment says
//! it all: every record that arrived up to then has been sent.

use highwater_model::{Duration, Instant};

/// The application's place in its source.
///
/// An application that keeps up has come to now. One that stood still has its backlog before it, and goes through it at
/// the speed of its CPU: source time passes `1 / load` times as fast as real time, where the load is the CPU time that
/// a second's records take. With a load above 1 it falls behind.
#[derive(Clone, Copy, Debug)]
pub struct SourceClock {
    /// At this moment...
    at: Instant,
    /// ...it had come so far.
    reached: Instant,
    load: f64,
    running: bool,
}

impl SourceClock {
    /// An application that has nothing before it.
    pub const fn new(load: f64) -> Self {
        Self { at: Instant::ZERO, reached: Instant::ZERO, load, running: true }
    }

    /// How far it has come.
    pub fn reached(&self, now: Instant) -> Instant {
        if !self.running {
            return self.reached;
        }
        if self.load <= 0.0 {
            return now; // what takes no time is done at once, however much it is
        }
        let passed = now.since(self.at).0 as f64 / self.load;
        now.min(self.reached + Duration(passed as u64))
    }

    /// When it comes to this moment of its source; never while it stands still.
    pub fn when(&self, source: Instant) -> Instant {
        if !self.running || source == Instant::NEVER {
            return Instant::NEVER;
        }
        let takes = source.since(self.reached).0 as f64 * self.load;
        source.max(self.at + Duration(takes as u64))
    }

    /// Is there a backlog before it, or may one grow?
    pub fn is_behind(&self, now: Instant) -> bool {
        !self.running || 1.0 <= self.load || self.reached(now) < now
    }

    /// It stands still, at this moment of its source.
    pub const fn stop(&mut self, source: Instant) {
        self.reached = source;
        self.running = false;
    }

    /// It goes on.
    pub const fn go_on(&mut self, now: Instant) {
        self.at = now;
        self.running = true;
    }

    /// Its CPU or its load is another from now on.
    pub fn set_load(&mut self, load: f64, now: Instant) {
        self.reached = self.reached(now);
        self.at = now;
        self.load = load;
    }

    /// The process did not run between these moments.
    pub fn skip(&mut self, from: Instant, to: Instant) {
        self.reached = self.reached(from);
        self.at = to;
    }

    /// What arrived before this moment is no longer in the source.
    pub fn pass_over(&mut self, source: Instant, now: Instant) {
        self.reached = self.reached(now).max(source);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn an_application_that_keeps_up_is_at_now() {
        let clock = SourceClock::new(0.1);
        assert_eq!(clock.reached(ms(500)), ms(500));
        assert_eq!(clock.when(ms(700)), ms(700));
        assert!(!clock.is_behind(ms(500)));
    }

    #[test]
    fn a_backlog_is_worked_off_at_the_speed_of_the_cpu() {
        let mut clock = SourceClock::new(0.1);
        clock.stop(ms(1_000));
        assert_eq!(clock.reached(ms(1_900)), ms(1_000));
        assert_eq!(clock.when(ms(1_001)), Instant::NEVER);
        clock.go_on(ms(1_900));
        assert_eq!(clock.reached(ms(1_950)), ms(1_500));
        assert_eq!(clock.when(ms(1_500)), ms(1_950));
        assert!(clock.is_behind(ms(1_950)));
        // 900 ms of backlog take 90 ms, and what arrives meanwhile a tenth of that again, and so on.
        assert_eq!(clock.reached(ms(2_000)), ms(2_000));
        assert!(!clock.is_behind(ms(2_000)));
    }

    #[test]
    fn too_much_load_makes_it_fall_behind() {
        let mut clock = SourceClock::new(0.5);
        clock.set_load(2.0, ms(1_000));
        assert_eq!(clock.reached(ms(3_000)), ms(2_000));
        clock.pass_over(ms(2_500), ms(3_000));
        assert_eq!(clock.reached(ms(3_000)), ms(2_500));
    }
}
