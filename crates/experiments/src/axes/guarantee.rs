//! The guarantee: how many brokers may fail at the same moment before an acknowledged record is lost. Not sampled from a
//! year but searched: in a small scope (one partition, few producers, one consumer, a light load) every set of replicas
//! of a size fails, at each of several moments; every second one is chosen as the worst of its stretch, with something
//! acknowledged that its heir has not. What was tried shows nothing lost, or a run that loses something.
//!
//! The small scope is enough because partitions do not help one another: what loses a record is where its replicas are
//! and what they have. It starts from a healthy cluster; a replica that is out of sync already is one failure more.

use super::exposure::Exposure;
use super::probe::{Probe, Watched, warm_up};
use super::question::moment;
use super::sample::{Findings, Guarantee, Tolerance};
use highwater_kernel::{Seed, Stream};
use highwater_model::{BrokerId, Duration, Fault, FaultKind, Instant, Scenario, Setup, Target};
use highwater_oracle::Judge;
use highwater_oracle::report::Category;
use highwater_sim::{Advance, Checkpoint};

/// Moments tried of each set.
const MOMENTS: u64 = 4;

/// Each moment comes from a stretch of its own.
const STRETCH: Duration = Duration::from_secs(5);

/// How long failed brokers are away: until others have taken over.
const AWAY: Duration = Duration::from_secs(4);
/// From their return until all is settled.
const RETURN: Duration = Duration::from_secs(12);

/// A load at which records are written all the time, and a run costs next to nothing.
const RECORDS_PER_SECOND: u32 = 60;
/// With one producer alone no batch would follow so closely on another that followers have not asked for it yet.
const PRODUCERS_MAX: u8 = 3;

/// A search under way.
pub(super) struct GuaranteeRun {
    setup: Setup,
    seed: u64,
    watched: Watched,
    replicas: Vec<BrokerId>,
    /// Moments that are over.
    moments: u64,
    /// The moment from which sets of replicas are let fail, and what is still to be tried there, the smallest sets last.
    trunk: Option<(Checkpoint, Judge)>,
    to_try: Vec<(Kind, u32)>,
    /// What fails in the run under way, and when it ends.
    run: Option<(Kind, u32, Instant)>,
    found: Vec<(Kind, Tolerance)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Crash,
    PowerLoss,
}

impl Kind {
    const ALL: [Kind; 2] = [Kind::Crash, Kind::PowerLoss];

    const fn fault(self) -> FaultKind {
        match self {
            Kind::Crash => FaultKind::ProcessCrash,
            Kind::PowerLoss => FaultKind::PowerLoss,
        }
    }
}

/// One partition, few producers, one consumer, a light load; everything else as it is.
fn scope(setup: &Setup) -> Setup {
    let mut small = setup.clone();
    small.topic.partitions = 1;
    let workload = &mut small.workload;
    workload.producers = workload.producers.min(PRODUCERS_MAX);
    (workload.consumers, workload.keys) = (1, workload.keys.min(1));
    workload.records_per_second = workload.records_per_second.clamp(1, RECORDS_PER_SECOND);
    small.cluster.offsets_topic_num_partitions = 1;
    small.cluster.transaction_state_log_num_partitions = 1;
    small
}

impl GuaranteeRun {
    pub fn new(probe: &Probe) -> Self {
        let setup = scope(&probe.setup);
        let watched = Watched::new(&setup, probe.seed);
        let partition = setup.layout().data().next().expect("there is one");
        let state = watched.world.best_image().partition(partition);
        let replicas: Vec<BrokerId> = state.map(|state| state.replicas.iter().copied().collect()).unwrap_or_default();
        let all = Tolerance { failures: replicas.len() as u8, tried: 0, counterexample: None };
        Self {
            setup,
            seed: probe.seed,
            watched,
            replicas,
            moments: 0,
            trunk: None,
            to_try: Vec::new(),
            run: None,
            found: Kind::ALL.map(|kind| (kind, all.clone())).to_vec(),
        }
    }

    /// Runs on; gives events taken, and the findings once they are there.
    pub fn advance(&mut self, events_max: u64) -> (u64, Option<Findings>) {
        if let Some((kind, set, end)) = self.run {
            let (events, advance) = self.watched.run(end, events_max);
            if advance == Advance::Reached {
                self.run = None;
                self.end_run(kind, set, end);
            }
            return (events, None);
        }
        if let Some((kind, set)) = self.to_try.pop() {
            if set.count_ones() <= u32::from(self.tolerance(kind).failures) {
                self.begin_run(kind, set);
            }
            return (0, None);
        }
        if let Some((checkpoint, judge)) = self.trunk.take() {
            self.watched.world.restore(&checkpoint);
            self.watched.judge = judge;
        }
        if self.moments == MOMENTS {
            return (0, Some(Findings::Guarantee(Box::new(self.guarantee()))));
        }
        (self.next_moment(), None)
    }

    /// Runs to the next moment: every second one is the worst of a stretch, in which something acknowledged is not yet with
    /// its heir, the others come anywhere.
    fn next_moment(&mut self) -> u64 {
        let before = self.watched.world.events();
        let begin = moment(warm_up(&self.setup)) + STRETCH.times(self.moments);
        self.run_to(begin);
        let drawn = || Seed(self.seed).dice(Stream::Search(self.moments)).duration(Duration::ZERO, STRETCH);
        let at = match self.moments.is_multiple_of(2) {
            true => self.worst_moment(begin).unwrap_or(begin),
            false => begin + drawn(),
        };
        self.run_to(at);
        self.trunk = Some((self.watched.world.checkpoint(), self.watched.judge.clone()));
        self.moments += 1;
        let mut sets: Vec<u32> = (1..1_u32 << self.replicas.len()).collect();
        sets.sort_by_key(|set| std::cmp::Reverse(set.count_ones()));
        self.to_try = sets.into_iter().flat_map(|set| Kind::ALL.map(|kind| (kind, set))).collect();
        self.watched.world.events() - before
    }

    fn run_to(&mut self, at: Instant) {
        while self.watched.run(at, u64::MAX).1 == Advance::Spent {}
    }

    /// Looks ahead for a moment at which something is exposed.
    fn worst_moment(&mut self, begin: Instant) -> Option<Instant> {
        let (checkpoint, judge) = (self.watched.world.checkpoint(), self.watched.judge.clone());
        self.watched.exposure = Exposure::of(&self.watched.world);
        self.run_to(begin + STRETCH);
        let exposure = std::mem::take(&mut self.watched.exposure);
        self.watched.world.restore(&checkpoint);
        self.watched.judge = judge;
        exposure.worst_moment(begin)
    }

    /// Lets these replicas fail, from the present moment.
    fn begin_run(&mut self, kind: Kind, set: u32) {
        let Some((checkpoint, judge)) = &self.trunk else { return };
        self.watched.world.restore(checkpoint);
        self.watched.judge = judge.clone();
        let (at, away) = (checkpoint.at(), self.away());
        let failed = self.replicas.iter().enumerate().filter(|(n, _)| set >> n & 1 == 1);
        for (_, broker) in failed {
            let target = Target::Broker(*broker);
            self.watched.world.add_fault(Fault { at, kind: kind.fault(), target, duration: Some(away) });
        }
        self.run = Some((kind, set, at + away + RETURN));
    }

    fn end_run(&mut self, kind: Kind, set: u32, end: Instant) {
        self.watched.finish();
        let loses = 0 < self.watched.judge.ledger().count(Category::Lost);
        let scenario = Scenario {
            setup: self.setup.clone(),
            faults: self.watched.world.scenario().faults.clone(),
            seed: self.seed,
            duration: end.since(Instant::ZERO),
        };
        let known = self.tolerance(kind);
        known.tried += 1;
        if loses {
            known.failures = (set.count_ones() - 1) as u8;
            known.counterexample = Some(Box::new(scenario));
        }
    }

    fn tolerance(&mut self, kind: Kind) -> &mut Tolerance {
        &mut self.found[kind as usize].1
    }

    /// Until a silent broker is declared dead, and a while longer.
    fn away(&self) -> Duration {
        let cluster = &self.setup.cluster;
        let session_ms = match self.setup.version.kraft {
            true => cluster.broker_session_timeout_ms,
            false => cluster.zookeeper_session_timeout_ms,
        };
        Duration::from_millis(u64::from(session_ms.min(60_000))) + AWAY
    }

    fn guarantee(&mut self) -> Guarantee {
        let [crashes, power_losses] = Kind::ALL.map(|kind| self.tolerance(kind).clone());
        Guarantee { replicas: self.replicas.len() as u8, crashes, power_losses }
    }
}
