//! Makes a failing scenario shorter: fewer faults, a shorter storm, smaller clusters, settings back at their defaults,
//! as long as it fails in the same way.

use super::{Failure, FailureKind, draw, run};
use highwater_model::settings::SettingId;
use highwater_model::{Duration, Scenario};
use highwater_sim::Checks;

/// What shrinking came to.
#[derive(Clone, Debug)]
pub struct Shrink {
    /// The shortest scenario that was found.
    pub scenario: Scenario,
    /// How it fails.
    pub failure: Failure,
    /// How many scenarios were tried.
    pub tried: u32,
}

/// Shrinks a scenario that fails in this way, by so many runs at most.
pub fn shrink(scenario: &Scenario, failure: &Failure, checks: Checks, runs_max: u32) -> Shrink {
    let mut shrinker = Shrinker {
        kind: failure.kind(),
        checks,
        left: runs_max,
        droppable: draw::storm(scenario),
        best: Shrink { scenario: scenario.clone(), failure: failure.clone(), tried: 0 },
    };
    loop {
        let before = shrinker.best.scenario.clone();
        shrinker.drop_faults();
        shrinker.reset_settings();
        shrinker.shorten_faults();
        if shrinker.best.scenario == before || shrinker.left == 0 {
            return shrinker.best;
        }
    }
}

struct Shrinker {
    kind: FailureKind,
    checks: Checks,
    left: u32,
    /// How many of the best scenario's faults can go. The healing after them stays: without it nothing need come right.
    droppable: usize,
    best: Shrink,
}

impl Shrinker {
    /// Tries a smaller scenario; keeps it if it fails in the same way.
    fn attempt(&mut self, scenario: Scenario) -> bool {
        if self.left == 0 || scenario == self.best.scenario || !scenario.check().is_empty() {
            return false;
        }
        self.left -= 1;
        self.best.tried += 1;
        match run(&scenario, self.checks).failure {
            Some(failure) if failure.kind() == self.kind => {
                self.best.scenario = scenario;
                self.best.failure = failure;
                true
            }
            _ => false,
        }
    }

    /// Half of the faults at a time, then a quarter, down to single ones.
    fn drop_faults(&mut self) {
        let mut size = self.droppable.div_ceil(2);
        while 0 < size {
            let mut at = 0;
            while at < self.droppable {
                let mut scenario = self.best.scenario.clone();
                let end = (at + size).min(self.droppable);
                scenario.faults.drain(at..end);
                if self.attempt(scenario) {
                    self.droppable -= end - at;
                } else {
                    at += size;
                }
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }

    fn reset_settings(&mut self) {
        for (setting, small) in
            [(SettingId::Producers, 1), (SettingId::Consumers, 1), (SettingId::Partitions, 1), (SettingId::Brokers, 3)]
        {
            let mut scenario = self.best.scenario.clone();
            if small < setting.get(&scenario.setup) {
                setting.set(&mut scenario.setup, small);
                self.attempt(scenario);
            }
        }
        let changed: Vec<SettingId> = self.best.scenario.setup.changed().collect();
        let preset = self.best.scenario.setup.base();
        // A preset's load is no simplification: another thing fails under it.
        for setting in changed.into_iter().filter(|setting| *setting != SettingId::RecordsPerSecond) {
            let mut scenario = self.best.scenario.clone();
            setting.set(&mut scenario.setup, setting.get(&preset));
            self.attempt(scenario);
        }
    }

    /// A violation needs no calm after it; a fault need not last as long.
    fn shorten_faults(&mut self) {
        if let Failure::Violation(violation) = &self.best.failure {
            let mut scenario = self.best.scenario.clone();
            scenario.duration = Duration::from_secs(violation.at.as_millis() / 1_000 + 2);
            scenario.faults.retain(|fault| fault.at.0 < scenario.duration.0);
            self.attempt(scenario);
        }
        for index in 0..self.best.scenario.faults.len() {
            while let Some(fault) = self.best.scenario.faults.get(index) {
                let Some(duration) = fault.duration.filter(|duration| Duration::from_millis(100) < *duration) else {
                    break;
                };
                let mut scenario = self.best.scenario.clone();
                scenario.faults[index].duration = Some(Duration::from_millis(duration.as_millis() / 2));
                if !self.attempt(scenario) {
                    break;
                }
            }
        }
    }
}
