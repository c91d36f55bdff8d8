//! A probe: one short question to the engine, with all that it depends on. Workers of the page and threads of the
//! terminal run probes; a probe's findings depend on nothing else.

use super::calm::CalmRun;
use super::exposure::Exposure;
use super::guarantee::GuaranteeRun;
use super::incidents::IncidentsRun;
use super::mix::Incident;
use super::sample::Sample;
use super::saturation::SaturationRun;
use crate::rerun;
use highwater_model::trace::Observer;
use highwater_model::{Duration, Instant, Scenario, Setup};
use highwater_oracle::Judge;
use highwater_sim::{Advance, World};
use serde::{Deserialize, Serialize};

/// A short question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Its number in its plan.
    pub number: u32,
    /// Its lane.
    pub lane: u8,
    /// Its point.
    pub point: u16,
    /// The set-up.
    pub setup: Setup,
    /// Seed of its run; the same for all values and lanes of a round.
    pub seed: u64,
    /// Later than this after its arrival a record is not in time.
    pub deadline: Duration,
    /// What it looks for.
    pub task: Task,
}

/// What a probe looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Latencies, bytes, punctuality of normal life.
    Calm,
    /// The highest load that is carried.
    Saturation,
    /// What an incident does, at several moments of one run.
    Incidents(Incidents),
    /// How many brokers may fail at once before anything acknowledged is lost.
    Guarantee,
}

/// Several of one incident, each from another moment of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incidents {
    /// Which.
    pub incident: Incident,
    /// How long it lasts.
    pub lasts: Duration,
    /// Which turn it is: decides whom it strikes.
    pub turn: u32,
    /// How often.
    pub strikes: u32,
}

/// A probe under way.
pub struct ProbeRun {
    probe: Probe,
    work: Work,
    events: u64,
}

enum Work {
    Calm(Box<CalmRun>),
    Saturation(Box<SaturationRun>),
    Incidents(Box<IncidentsRun>),
    Guarantee(Box<GuaranteeRun>),
}

impl ProbeRun {
    /// A probe at its beginning.
    pub fn new(probe: Probe) -> Self {
        let work = match probe.task {
            Task::Calm => Work::Calm(Box::new(CalmRun::new(&probe))),
            Task::Saturation => Work::Saturation(Box::new(SaturationRun::new(&probe))),
            Task::Guarantee => Work::Guarantee(Box::new(GuaranteeRun::new(&probe))),
            Task::Incidents(incidents) => Work::Incidents(Box::new(IncidentsRun::new(&probe, incidents))),
        };
        Self { probe, work, events: 0 }
    }

    /// Runs on for about this many events; gives the sample once it is there.
    pub fn advance(&mut self, events_max: u64) -> Option<Sample> {
        let (events, findings) = match &mut self.work {
            Work::Calm(run) => run.advance(events_max),
            Work::Saturation(run) => run.advance(events_max),
            Work::Incidents(run) => run.advance(events_max),
            Work::Guarantee(run) => run.advance(events_max),
        };
        self.events += events;
        let Probe { number, lane, point, .. } = self.probe;
        findings.map(|findings| Sample { number, lane, point, events: self.events, findings })
    }

    /// Runs to the end.
    pub fn finish(mut self) -> Sample {
        loop {
            if let Some(sample) = self.advance(u64::MAX) {
                return sample;
            }
        }
    }
}

/// A world, its judge, and who reads off what is exposed.
pub(super) struct Watched {
    pub world: World,
    pub judge: Judge,
    pub exposure: Exposure,
}

/// Longer than any probe runs.
const LONGEST: Duration = Duration::from_secs(3_000);

impl Watched {
    /// A run of a set-up, at its beginning.
    pub fn new(setup: &Setup, seed: u64) -> Self {
        let scenario = Scenario { setup: setup.clone(), faults: Vec::new(), seed, duration: LONGEST };
        Self { world: World::new(&scenario), judge: Judge::new(&scenario), exposure: Exposure::default() }
    }

    /// The same, with a watch over what is exposed.
    pub fn exposing(setup: &Setup, seed: u64) -> Self {
        let mut watched = Self::new(setup, seed);
        watched.exposure = Exposure::of(&watched.world);
        watched
    }

    /// Runs on to a moment, for so many events at most; gives how many it took, and whether it is there.
    pub fn run(&mut self, until: Instant, events_max: u64) -> (u64, Advance) {
        let before = self.world.events();
        let mut listeners = (&mut self.judge, &mut self.exposure);
        let advance = rerun(&mut self.world, until, events_max, &mut listeners);
        (self.world.events() - before, advance)
    }

    /// The run is over.
    pub fn finish(&mut self) {
        self.world.finish(&mut (&mut self.judge as &mut dyn Observer));
    }
}

/// The time until a run is in the middle of normal life: a second, and the longest that a batch or a fetch waits.
pub(super) fn warm_up(setup: &Setup) -> Duration {
    let waits = u64::from(setup.producer.linger_ms) + u64::from(setup.consumer.fetch_max_wait_ms);
    let transactions = if setup.producer.transactional_id { setup.producer.transaction_commit_interval_ms } else { 0 };
    Duration::from_millis(1_000 + (waits + u64::from(transactions)).min(20_000))
}
