//! What a test puts around a single state machine: settings, logs, dice and time, as the world would.

use crate::checks::Checks;
use crate::node::{Context, Out};
use crate::store::Store;
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::{Instant, Layout, Setup};

/// All that a context is made of.
pub struct Stage {
    pub setup: Setup,
    pub layout: Layout,
    pub store: Store,
    pub dice: Dice,
    pub out: Out,
    pub now: Instant,
    pub checks: Checks,
}

impl Stage {
    /// At time zero, with empty logs and all checks on.
    pub fn of(setup: Setup) -> Self {
        let layout = setup.layout();
        Self {
            store: Store::new(layout.count()),
            setup,
            layout,
            dice: Seed(1).dice(Stream::Search(0)),
            out: Out::default(),
            now: Instant::ZERO,
            checks: Checks::default(),
        }
    }

    /// This check is off from now on.
    #[cfg(feature = "mutants")]
    pub fn leave_out(&mut self, check: crate::checks::Check) {
        self.checks = self.checks.without(check);
    }

    /// As it is now; the wall clock shows the time since the start.
    pub fn context(&mut self) -> Context<'_> {
        Context {
            now: self.now,
            wall: self.now,
            setup: &self.setup,
            layout: &self.layout,
            store: &mut self.store,
            dice: &mut self.dice,
            checks: self.checks,
            out: &mut self.out,
        }
    }
}
