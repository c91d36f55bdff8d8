//! The incident probe: one run of a share of the set-up up to a moment, then a fork in which the incident strikes, until
//! what came of it is settled; then back to the run, on to the next moment.

use super::exposure::Exposure;
use super::mix::{Incident, Strike, stands};
use super::probe::{Incidents, Probe, Watched, warm_up};
use super::question::moment;
use super::sample::{Aftermath, Findings};
use super::share::Share;
use highwater_kernel::{Seed, Stream};
use highwater_model::{Duration, Instant, Scenario, Setup};
use highwater_oracle::Judge;
use highwater_oracle::report::{Category, Span};
use highwater_sim::{Advance, Checkpoint};
use std::ops::Range;

/// Between two looks whether everything has come right.
const LOOK: Duration = Duration::from_secs(1);

/// How far is looked ahead: replication is seldom that slow.
const PEEK: Duration = Duration::from_millis(100);

/// A run that has not come right so long after the incident is over is broken off.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stretch of what stands from which is told what would follow.
const TAIL: Duration = Duration::from_secs(3);

/// An incident probe under way.
pub(super) struct IncidentsRun {
    share: Share,
    seed: u64,
    deadline: Duration,
    watched: Watched,
    /// What is still to strike, the last first.
    strikes: Vec<Strike>,
    /// A look ahead, while one is under way: what is exposed at the strike shows only a little later.
    peek: Option<(Strike, Trunk)>,
    /// The run that is forked from, while a fork is under way.
    fork: Option<Fork>,
    found: Vec<Aftermath>,
}

/// The run that is gone back to.
type Trunk = (Checkpoint, Judge, Exposure);

struct Fork {
    strike: Strike,
    trunk: Trunk,
    /// What only the struck broker has.
    exposed: Option<u64>,
    /// When the incident is over.
    ends: Instant,
    /// When it is looked at next.
    look: Instant,
}

impl IncidentsRun {
    pub fn new(probe: &Probe, incidents: Incidents) -> Self {
        Self::of(Share::lightest(&probe.setup), probe, incidents)
    }

    /// The same, of a share that is given.
    pub fn of(share: Share, probe: &Probe, Incidents { incident, lasts, turn, strikes }: Incidents) -> Self {
        let mut list: Vec<Strike> = (0..strikes)
            .map(|n| Strike {
                incident,
                at: moment_of(incident, &share.setup, probe.seed, n, strikes),
                turn: turn * strikes + n,
                stands: stands(lasts, &share.setup),
            })
            .collect();
        list.sort_by_key(|strike| std::cmp::Reverse(strike.at));
        Self {
            watched: match incident {
                Incident::ProcessCrash | Incident::HostLoss => Watched::exposing(&share.setup, probe.seed),
                _ => Watched::new(&share.setup, probe.seed),
            },
            seed: probe.seed,
            deadline: probe.deadline,
            strikes: list,
            peek: None,
            fork: None,
            found: Vec::new(),
            share,
        }
    }

    /// Runs on; gives events taken, and the findings once they are there.
    pub fn advance(&mut self, events_max: u64) -> (u64, Option<Findings>) {
        let Some(fork) = &mut self.fork else { return self.next_strike(events_max) };
        let (events, advance) = self.watched.run(fork.look, events_max);
        if advance == Advance::Spent {
            return (events, None);
        }
        let (look, over) = (fork.look, fork.ends + PATIENCE);
        fork.look = look + LOOK;
        let settled = fork.ends + LOOK < look && self.watched.judge.is_settled(fork.ends, fork.strike.at + LOOK);
        if settled || over <= look {
            self.end_fork(settled);
        }
        let done = self.fork.is_none() && self.strikes.is_empty();
        (events, done.then(|| Findings::Incidents(std::mem::take(&mut self.found))))
    }

    fn next_strike(&mut self, events_max: u64) -> (u64, Option<Findings>) {
        if let Some((strike, trunk)) = self.peek.take() {
            let (events, advance) = self.watched.run(strike.at + PEEK, events_max);
            match advance {
                Advance::Spent => self.peek = Some((strike, trunk)),
                Advance::Reached => {
                    let exposed = self.watched.exposure.records_at(strike.broker(&self.share.setup), strike.at);
                    self.go_back(trunk);
                    self.begin_fork(strike, Some(exposed));
                }
            }
            return (events, None);
        }
        let Some(strike) = self.strikes.last().copied() else { return (0, Some(Findings::Incidents(Vec::new()))) };
        let (events, advance) = self.watched.run(strike.at, events_max);
        if advance == Advance::Reached {
            self.strikes.pop();
            if self.watched.exposure.is_watching() {
                let Watched { world, judge, exposure } = &self.watched;
                self.peek = Some((strike, (world.checkpoint(), judge.clone(), exposure.clone())));
            } else {
                self.begin_fork(strike, None);
            }
        }
        (events, None)
    }

    fn begin_fork(&mut self, strike: Strike, exposed: Option<u64>) {
        let Watched { world, judge, exposure } = &mut self.watched;
        // What happens in the fork is no business of the trunk's.
        let trunk = (world.checkpoint(), judge.clone(), std::mem::take(exposure));
        judge.measure_from_now();
        for fault in strike.faults(&self.share.setup) {
            world.add_fault(fault);
        }
        let ends = strike.ends(&self.share.setup);
        self.fork = Some(Fork { strike, trunk, exposed, ends, look: ends + LOOK });
    }

    fn end_fork(&mut self, settled: bool) {
        let Some(Fork { strike, trunk, exposed, ends, look }) = self.fork.take() else { return };
        let end = Instant(look.0 - LOOK.0);
        self.watched.finish();
        let aftermath = self.aftermath(&strike, ends, end, settled);
        self.found.push(Aftermath { exposed, ..aftermath });
        self.go_back(trunk);
    }

    fn go_back(&mut self, (checkpoint, judge, exposure): Trunk) {
        self.watched.world.restore(&checkpoint);
        (self.watched.judge, self.watched.exposure) = (judge, exposure);
    }

    /// The last stretch of what stands whose arrivals have their deadline before it is over.
    fn tail(&self, strike: &Strike, ends: Instant) -> Range<Instant> {
        let patience = Duration(self.deadline.0.min(strike.stands.0 / 3));
        let to = Instant(ends.0 - patience.0);
        Instant(to.0.saturating_sub(TAIL.0)).max(strike.at)..to
    }

    fn aftermath(&self, strike: &Strike, ends: Instant, end: Instant, settled: bool) -> Aftermath {
        let judge = &self.watched.judge;
        let ledger = judge.ledger();
        let availability = judge.availability(end);
        let tail = self.tail(strike, ends);
        let tail_share = |spans: &[Span]| (1_000 * inside(spans, &tail).0 / tail.end.since(tail.start).0.max(1)) as u16;
        let waited = Instant(end.0.saturating_sub(self.deadline.0)).max(strike.at);
        let [produce, end_to_end] = judge.latency_counts();
        let stretch = strike.at..end;
        let mut aftermath = Aftermath {
            incident: strike.incident,
            at: strike.at,
            stood: strike.stands,
            parts: self.share.parts,
            exposed: None,
            acked: judge.acked_and_processed().0,
            lost: ledger.count(Category::Lost),
            duplicated: ledger.count(Category::Duplicated),
            reordered: ledger.count(Category::Reordered),
            never_processed: ledger.count(Category::NeverProcessed),
            processed_twice: ledger.count(Category::ProcessedTwice),
            punctuality: judge.punctuality(&(strike.at..waited), self.deadline),
            tail: judge.punctuality(&tail, self.deadline),
            unwritable: inside(&availability.unwritable, &stretch),
            unreadable: inside(&availability.unreadable, &stretch),
            tail_unwritable_per_mille: tail_share(&availability.unwritable),
            tail_unreadable_per_mille: tail_share(&availability.unreadable),
            span: end.since(strike.at),
            produce,
            end_to_end,
            settled,
            run: None,
        };
        if 0 < aftermath.harmed() {
            aftermath.run = Some(Box::new(Scenario {
                setup: self.share.setup.clone(),
                faults: strike.faults(&self.share.setup),
                seed: self.seed,
                duration: end.since(Instant::ZERO),
            }));
        }
        aftermath
    }
}

/// How much of a stretch lies in the spans.
fn inside(spans: &[Span], stretch: &Range<Instant>) -> Duration {
    let within = |span: &Span| span.to.min(stretch.end).since(span.from.max(stretch.start));
    spans.iter().map(within).fold(Duration::ZERO, |sum, span| sum + span)
}

/// When the `n`-th of so many strikes comes: one in each of as many equal parts of the time in which moments differ,
/// anywhere in it.
fn moment_of(incident: Incident, setup: &Setup, seed: u64, n: u32, strikes: u32) -> Instant {
    let mut dice = Seed(seed).dice(Stream::Search(u64::from(n) << 8 | incident as u64));
    let into = (f64::from(n) + dice.unit()) / f64::from(strikes);
    let period = period(incident, setup);
    moment(warm_up(setup)) + Duration((period.0 as f64 * into) as u64)
}

/// After how long everything an incident could find is as it was: what is not yet written back, what is not yet
/// committed.
fn period(incident: Incident, setup: &Setup) -> Duration {
    let environment = &setup.environment;
    let dirty_ms = u64::from(environment.dirty_expire_ms) + u64::from(environment.writeback_interval_ms) / 2;
    let commit_ms = if setup.consumer.enable_auto_commit { setup.consumer.auto_commit_interval_ms } else { 0 };
    let millis = match incident {
        Incident::PowerLoss | Incident::Burst | Incident::ZoneOutage => dirty_ms,
        Incident::ConsumerCrash => u64::from(commit_ms),
        _ => 0,
    };
    Duration::from_millis(millis.clamp(1_000, 60_000))
}
