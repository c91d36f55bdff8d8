//! A play: a scenario acted by the world, judged by the oracle.

use highwater_model::{Duration, Fault, FaultKind, Instant, Scenario, Setup, Target};
use highwater_oracle::report::{Category, Ledger};
use highwater_oracle::{Invariants, Judge};
use highwater_sim::World;

/// A run of a scenario and what the judges say of it.
pub struct Play {
    /// What was run.
    pub scenario: Scenario,
    /// Its world, at the end of the run.
    pub world: World,
    /// The judge of its records.
    pub judge: Judge,
    /// The judge of the protocol.
    pub invariants: Invariants,
}

impl Play {
    /// Runs a scenario to its end.
    pub fn of(scenario: Scenario) -> Self {
        assert_eq!(scenario.check(), [], "only a possible scenario can be played");
        let world = World::new(&scenario);
        Self::in_world(scenario, world)
    }

    /// Runs a scenario in a world of its own making.
    pub fn in_world(scenario: Scenario, mut world: World) -> Self {
        let mut observer = (Judge::new(&scenario), Invariants::new(&scenario));
        world.advance(Instant(scenario.duration.0), u64::MAX, &mut observer);
        world.finish(&mut observer);
        let (judge, mut invariants) = observer;
        invariants.finish(world.now());
        Self { scenario, world, judge, invariants }
    }

    /// The ledger of its records.
    pub fn ledger(&self) -> Ledger {
        self.judge.ledger()
    }

    /// Records of a category.
    pub fn count(&self, category: Category) -> u64 {
        self.ledger().count(category)
    }
}

/// A scenario of these settings, without faults, with seed 1.
pub fn scenario(setup: Setup, seconds: u64) -> Scenario {
    Scenario { setup, faults: Vec::new(), seed: 1, duration: Duration::from_secs(seconds) }
}

/// A fault that lasts to the end of the run.
pub fn fault(at_ms: u64, kind: FaultKind, target: Target) -> Fault {
    Fault { at: Instant::from_millis(at_ms), kind, target, duration: None }
}

/// A fault that is undone after a time.
pub fn passing(at_ms: u64, kind: FaultKind, target: Target, ms: u64) -> Fault {
    Fault { duration: Some(Duration::from_millis(ms)), ..fault(at_ms, kind, target) }
}
