//! A study: the plan of probes that answers a question, and what has been found. The plan is a pure function of the
//! question, so it does not matter who runs which probe, or when.
//!
//! Probes come in rounds: in each, every point of every lane gets one of the same task and the same seed. The first
//! round asks for what costs least and shows most; each further one adds an incident or narrows intervals.

use super::mix::Incident;
use super::prices::Prices;
use super::probe::{Incidents, Probe, Task};
use super::question::{PointSetup, Question};
use super::results::{PointResult, Results, point_result};
use super::sample::Sample;
use highwater_kernel::{Seed, Stream};
use highwater_model::Duration;
use std::collections::BTreeMap;

/// A study under way.
#[derive(Clone, Debug)]
pub struct Study {
    question: Question,
    /// By lane and point.
    setups: Vec<PointSetup>,
    points: usize,
    /// Incidents that the mix has, in the order in which they are run.
    incidents: Vec<Incident>,
    samples: BTreeMap<u32, Sample>,
}

/// Incidents by how much they usually say: what strikes often before what strikes once in a century.
const ORDER: [Incident; 9] = [
    Incident::ProcessCrash,
    Incident::HostLoss,
    Incident::ConsumerCrash,
    Incident::PowerLoss,
    Incident::Isolation,
    Incident::Restart,
    Incident::Burst,
    Incident::Pause,
    Incident::ZoneOutage,
];

/// The round of the first saturation probes: once a first incident has been seen.
const SATURATION_ROUND: u32 = 2;
/// The round of the first search for the guarantee.
const GUARANTEE_ROUND: u32 = 7;
/// Every so many rounds calm and saturation get another seed.
const AGAIN: u32 = 40;
/// Strikes of one probe, after the first time around.
const STRIKES: u32 = 4;

impl Study {
    /// A study of a question, with nothing found.
    pub fn new(question: Question) -> Self {
        let points = question.points();
        let setups = (0..question.lanes.len() * points).map(|at| question.setup(at / points, at % points)).collect();
        let happens = |incident: &Incident| question.mix.rate(*incident).is_some_and(|rate| 0.0 < rate.a_year);
        let incidents = ORDER.into_iter().filter(happens).collect();
        Self { setups, points, incidents, samples: BTreeMap::new(), question }
    }

    /// The question.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Probes of a round.
    pub fn round_len(&self) -> u32 {
        self.setups.len() as u32
    }

    /// Rounds until everything has been asked once: then every figure has an interval that means something.
    pub fn first_rounds(&self) -> u32 {
        let incidents = self.incidents.len() as u32;
        if GUARANTEE_ROUND <= incidents + 2 { 3 + incidents } else { GUARANTEE_ROUND + 1 }
    }

    /// The probe of this number; none where its point's set-up cannot be run.
    pub fn probe(&self, number: u32) -> Option<Probe> {
        let (round, at) = (number / self.round_len(), (number % self.round_len()) as usize);
        let PointSetup { setup, problems, .. } = &self.setups[at];
        if !problems.is_empty() {
            return None;
        }
        let seed = Seed(self.question.seed).dice(Stream::Search(u64::from(round))).bits();
        Some(Probe {
            number,
            lane: (at / self.points) as u8,
            point: (at % self.points) as u16,
            setup: setup.clone(),
            // A seed that a reader can type.
            seed: seed % 1_000_000_000,
            deadline: self.question.deadline,
            task: self.task(round),
        })
    }

    /// What the probes of a round look for.
    pub fn task(&self, round: u32) -> Task {
        match round % AGAIN {
            0 => return Task::Calm,
            SATURATION_ROUND => return Task::Saturation,
            GUARANTEE_ROUND => return Task::Guarantee,
            _ if self.incidents.is_empty() => return Task::Calm,
            _ => (),
        }
        // How many rounds of incidents there were before.
        let in_cycle = round % AGAIN;
        let others = 1 + u32::from(SATURATION_ROUND < in_cycle) + u32::from(GUARANTEE_ROUND < in_cycle);
        let before = round / AGAIN * (AGAIN - 3) + in_cycle - others;
        let kinds = self.incidents.len() as u32;
        let turn = before / kinds;
        let strikes = if turn == 0 { 1 } else { STRIKES };
        let incident = self.incidents[(before % kinds) as usize];
        let lasts = self.question.mix.rate(incident).map_or(Duration::ZERO, |rate| rate.lasts);
        Task::Incidents(Incidents { incident, lasts, turn, strikes })
    }

    /// Takes what a probe found; what it has already is not taken twice.
    pub fn take(&mut self, sample: Sample) {
        self.samples.entry(sample.number).or_insert(sample);
    }

    /// Has it the sample of this probe?
    pub fn has(&self, number: u32) -> bool {
        self.samples.contains_key(&number)
    }

    /// The five axes of every point, from what has been found so far.
    pub fn results(&self, prices: &Prices) -> Results {
        let points = self.setups.iter().enumerate().map(|(at, setup)| {
            let (lane, point) = (at / self.points, at % self.points);
            let here = |sample: &&Sample| usize::from(sample.lane) == lane && usize::from(sample.point) == point;
            let samples: Vec<&Sample> = self.samples.values().filter(here).collect();
            let values = self.question.values(point);
            let empty = PointResult::new(lane as u8, values, setup);
            point_result(empty, &setup.setup, &samples, &self.question, prices)
        });
        let events = self.samples.values().map(|sample| sample.events).sum();
        Results { points: points.collect(), probes: self.samples.len() as u32, events }
    }
}
