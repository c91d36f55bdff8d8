//! Who listens to a run, and how much it is told.

use super::Entry;
use crate::time::Instant;

/// Who listens to a run.
pub trait Observer {
    /// Called for each entry, in the order in which things happen.
    fn observe(&mut self, at: Instant, entry: &Entry);
}

/// Listens to nothing.
impl Observer for () {
    fn observe(&mut self, _at: Instant, _entry: &Entry) {}
}

impl<A: Observer, B: Observer> Observer for (A, B) {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.0.observe(at, entry);
        self.1.observe(at, entry);
    }
}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        (**self).observe(at, entry);
    }
}

/// How much a run tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All that judges need: every change of a log, a high watermark, an ISR, a client's outcome.
    Check,
    /// Also each packet.
    Full,
}
