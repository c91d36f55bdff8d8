//! The clock: playing, stepping, speed, loop.

use super::{Command, PageState, Part};
use highwater_model::{Comparison, Duration, Instant, LaneId};
use highwater_oracle::report::Span;

/// Move in virtual time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Play {
    /// Play or pause.
    Toggle,
    /// Pause.
    Pause,
    /// Go to a moment.
    Seek(Instant),
    /// So much real time has passed on screen.
    Tick(Duration),
    /// To the next happening after the clock (skipping those at its very moment).
    NextHappening,
    /// To the happening before.
    PreviousHappening,
    /// One of [`SPEEDS`], by its place.
    Speed(usize),
    /// Play this stretch again and again; none: to the end and stop.
    Loop(Option<Span>),
}

/// Speeds: virtual time for real time, as numerator and denominator.
pub const SPEEDS: [(u32, u32); 10] =
    [(1, 100_000), (1, 10_000), (1, 1_000), (1, 100), (1, 10), (1, 4), (1, 1), (2, 1), (4, 1), (10, 1)];

/// Real time.
const SPEED_AT_FIRST: usize = 6;

/// A tick after a pause of the page (a hidden tab) counts as no more than this.
const TICK_MAX: Duration = Duration::from_millis(100);

/// How long after the first fault the page opens.
const OPENS_AFTER_FAULT: Duration = Duration::from_millis(2_000);

/// The clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Playback {
    now: Instant,
    is_playing: bool,
    speed: usize,
    looped: Option<Span>,
}

impl Playback {
    /// Where the picture at hand was taken, else shortly after the first fault: where there is something to see at once.
    pub(super) fn at_first(comparison: &Comparison, pictured: Option<Instant>) -> Self {
        let first = comparison.faults.iter().map(|placed| placed.fault.at).min();
        let after_first = first.map_or(Instant::ZERO, |at| at + OPENS_AFTER_FAULT);
        let now = pictured.unwrap_or(after_first).min(Instant::ZERO + comparison.duration);
        Self { now, is_playing: false, speed: SPEED_AT_FIRST, looped: None }
    }

    /// The moment that is shown.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Does time pass?
    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Place in [`SPEEDS`].
    pub fn speed(&self) -> usize {
        self.speed
    }

    /// The stretch that is played again and again.
    pub fn looped(&self) -> Option<Span> {
        self.looped
    }
}

impl PageState {
    pub(super) fn play(&mut self, play: Play) {
        match play {
            Play::Toggle if self.playback.is_playing => self.pause(),
            Play::Toggle => self.resume(),
            Play::Pause => self.pause(),
            Play::Seek(at) => self.seek(at),
            Play::Tick(elapsed) => self.tick(elapsed.min(TICK_MAX)),
            Play::NextHappening => self.step(|at, now| now < at, |a, b| a.min(b)),
            Play::PreviousHappening => self.step(|at, now| at < now, |a, b| a.max(b)),
            Play::Speed(speed) => {
                self.playback.speed = speed.min(SPEEDS.len() - 1);
                self.touch(Part::Playback);
            }
            Play::Loop(span) => {
                self.playback.looped = span;
                self.touch(Part::Playback);
            }
        }
    }

    /// The clock never stands behind the end of the run.
    pub(super) fn clamp_clock(&mut self) {
        if self.end() < self.playback.now {
            self.seek(self.end());
        }
    }

    fn resume(&mut self) {
        if self.end() <= self.playback.now {
            self.seek(self.playback.looped.map_or(Instant::ZERO, |span| span.from));
        }
        self.playback.is_playing = true;
        self.touch(Part::Playback);
        self.command(Command::StartTicking);
    }

    fn pause(&mut self) {
        self.playback.is_playing = false;
        self.touch(Part::Playback);
    }

    fn seek(&mut self, at: Instant) {
        self.playback.now = at.min(self.end());
        self.touch(Part::Clock);
        for lane in LaneId::ALL {
            self.want_frame(lane);
        }
    }

    fn tick(&mut self, elapsed: Duration) {
        if !self.playback.is_playing {
            return;
        }
        let (numerator, denominator) = SPEEDS[self.playback.speed];
        let virtual_ns = (elapsed.0 * u64::from(numerator) / u64::from(denominator)).max(1);
        let mut next = self.playback.now + Duration(virtual_ns);
        if let Some(span) = self.playback.looped
            && span.to <= next
        {
            next = span.from;
        }
        self.seek(next);
        if self.end() <= next {
            self.pause();
        }
    }

    fn step(&mut self, lies_that_way: fn(Instant, Instant) -> bool, nearer: fn(Instant, Instant) -> Instant) {
        self.pause();
        let now = self.playback.now;
        let times = self.happenings().into_iter().map(|(_, happening)| happening.at);
        if let Some(at) = times.filter(|at| lies_that_way(*at, now)).reduce(nearer) {
            self.seek(at);
        }
    }
}
