//! The calm probe: normal life of the whole set-up, without its warm-up. Latencies, bytes by zone, punctuality.

use super::probe::{Probe, Watched, warm_up};
use super::question::moment;
use super::sample::{Calm, Findings, Part};
use highwater_model::{Duration, Instant};
use highwater_sim::{Advance, Leg, Usage};

/// Parts of the measured stretch.
const PARTS: u32 = 4;

/// A calm run.
pub(super) struct CalmRun {
    watched: Watched,
    deadline: Duration,
    /// Where the measured stretch begins.
    begin: Instant,
    /// How long each of its parts is.
    part: Duration,
    before: Usage,
    parts: Vec<Part>,
    /// Parts that are over, the warm-up among them.
    over: u32,
}

impl CalmRun {
    pub fn new(probe: &Probe) -> Self {
        let warm = warm_up(&probe.setup);
        // As long again as the longest wait, so that each part sees it whole.
        let part = Duration((warm.0 / 2).max(500_000_000));
        Self {
            watched: Watched::exposing(&probe.setup, probe.seed),
            deadline: probe.deadline,
            begin: moment(warm),
            part,
            before: Usage::default(),
            parts: Vec::new(),
            over: 0,
        }
    }

    /// Runs on; gives events taken, and the findings once they are there.
    pub fn advance(&mut self, events_max: u64) -> (u64, Option<Findings>) {
        let until = self.begin + self.part.times(u64::from(self.over));
        let (events, advance) = self.watched.run(until, events_max);
        if advance == Advance::Spent {
            return (events, None);
        }
        let (exposed, exposed_record_us) =
            self.watched.exposure.take(Instant(until.0 - self.part.0.min(until.0))..until);
        if self.over == 0 {
            self.before = self.watched.world.usage();
        } else {
            let [produce, end_to_end] = self.watched.judge.latency_counts();
            self.parts.push(Part { produce, end_to_end, exposed, exposed_record_us });
        }
        self.watched.judge.measure_from_now();
        self.over += 1;
        (events, (PARTS < self.over).then(|| self.findings()))
    }

    fn findings(&mut self) -> Findings {
        let span = self.part.times(u64::from(PARTS));
        // Who arrived in the first half has had its time, or is late.
        let arrivals = self.begin..self.begin + Duration(span.0 / 2);
        let deadline = Duration(self.deadline.0.min(span.0 / 2));
        let usage = self.watched.world.usage();
        let (now, before) = (usage.traffic, self.before.traffic);
        Findings::Calm(Box::new(Calm {
            span,
            exposing: self.watched.exposure.is_watching(),
            punctuality: self.watched.judge.punctuality(&arrivals, deadline),
            parts: std::mem::take(&mut self.parts),
            across: Leg::ALL.map(|leg| now.across(leg) - before.across(leg)),
            inside: Leg::ALL.map(|leg| now.inside(leg) - before.inside(leg)),
            appended: usage.appended - self.before.appended,
        }))
    }
}
