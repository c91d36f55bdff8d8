//! The saturation probe: more load than a share of the set-up can carry, and what comes out at its narrowest place; then
//! a run just below that, which must find no growing queue.

use super::probe::{Probe, Watched, warm_up};
use super::question::moment;
use super::sample::{Bottleneck, Findings, Saturation};
use super::share::Share;
use highwater_kernel::math::sqrt;
use highwater_model::trace::Observer;
use highwater_model::{Duration, Instant, Setup};
use highwater_sim::load::Load;
use highwater_sim::{Advance, Usage};

/// A step of the load's climb.
const STEP: Duration = Duration::from_millis(500);
/// A load is carried where so much of it comes out.
const CARRIED: f64 = 0.97;
/// The highest load of a share that is tried.
const LOAD_MAX: u32 = 5_000_000;
/// Parts of the measured stretch.
const PARTS: u32 = 4;
/// Where a queue still grows just below, the load is taken down this often at most.
const TRIES: u32 = 4;

/// A saturation probe under way.
pub(super) struct SaturationRun {
    share: Share,
    seed: u64,
    watched: Watched,
    load: u32,
    stage: Stage,
    /// When the stage's present stretch ends.
    until: Instant,
    usage: Usage,
    /// Records acked and processed in each part.
    parts: Vec<(u64, u64)>,
    found: Saturation,
}

/// Where the probe is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The run begins.
    Warming,
    /// The load has been doubled: what is on its way must come through first.
    Rising,
    /// Is all of it carried?
    Climbing,
    /// It is not: queues fill.
    Filling,
    /// What comes out is counted.
    Measuring,
    /// Another run begins at a load just below.
    Settling { tries: u32 },
    /// Does all of it come out?
    Verifying { tries: u32 },
}

impl SaturationRun {
    pub fn new(probe: &Probe) -> Self {
        let mut share = Share::smallest(&probe.setup);
        let load = share.setup.workload.records_per_second.max(100);
        share.setup.workload.records_per_second = load;
        Self {
            seed: probe.seed,
            watched: Watched::new(&share.setup, probe.seed),
            load,
            stage: Stage::Warming,
            until: moment(warm_up(&share.setup)),
            usage: Usage::default(),
            parts: Vec::new(),
            found: Saturation::default(),
            share,
        }
    }

    /// Runs on; gives events taken, and the findings once they are there.
    pub fn advance(&mut self, events_max: u64) -> (u64, Option<Findings>) {
        let (events, advance) = self.watched.run(self.until, events_max);
        if advance == Advance::Spent {
            return (events, None);
        }
        let passed = self.watched.judge.acked_and_processed();
        self.watched.judge.measure_from_now();
        (events, self.stretch_over(passed).then(|| Findings::Saturation(std::mem::take(&mut self.found))))
    }

    /// A stretch of the stage is over, in which so many records were acked and processed. True at the end of all.
    fn stretch_over(&mut self, (acked, processed): (u64, u64)) -> bool {
        let came_out = acked.min(processed);
        match self.stage {
            Stage::Warming | Stage::Rising => self.go_on(Stage::Climbing, self.step()),
            Stage::Climbing if self.load < LOAD_MAX && carries(came_out, self.load, self.step()) => {
                self.double();
            }
            Stage::Climbing => self.go_on(Stage::Filling, self.step().times(2)),
            Stage::Filling => {
                self.usage = self.watched.world.usage();
                self.go_on(Stage::Measuring, self.step());
            }
            Stage::Measuring => {
                self.parts.push((acked, processed));
                self.go_on(Stage::Measuring, self.step());
                if self.parts.len() == PARTS as usize {
                    self.measured();
                }
            }
            Stage::Settling { tries } => self.go_on(Stage::Verifying { tries }, self.step().times(u64::from(PARTS))),
            Stage::Verifying { tries } => {
                let carried = carries(came_out, self.load, self.step().times(u64::from(PARTS)));
                if carried {
                    self.found.verified = u64::from(self.load) * u64::from(self.share.parts);
                }
                if carried || tries == TRIES {
                    return true;
                }
                self.verify_at((u64::from(self.load) * 85 / 100).max(1) as u32, tries + 1);
            }
        }
        false
    }

    /// Long enough that batches fill and fetches return several times.
    fn step(&self) -> Duration {
        let setup = &self.share.setup;
        let waits = u64::from(setup.producer.linger_ms) + u64::from(setup.consumer.fetch_max_wait_ms) / 2;
        Duration(STEP.0.max(waits.min(10_000) * 1_500_000))
    }

    fn go_on(&mut self, stage: Stage, span: Duration) {
        (self.stage, self.until) = (stage, self.until + span);
    }

    fn double(&mut self) {
        self.load = self.load.saturating_mul(2).min(LOAD_MAX);
        let load = Load { records_per_second: self.load, records: None, partition: None };
        self.watched.world.offer(load, &mut (&mut self.watched.judge as &mut dyn Observer));
        self.go_on(Stage::Rising, self.step());
    }

    fn measured(&mut self) {
        let bottleneck = self.bottleneck();
        if bottleneck == Bottleneck::NoneFound && self.load < LOAD_MAX {
            self.parts.clear();
            return self.double();
        }
        let (parts, step) = (u64::from(self.share.parts), self.step());
        let rate = |records: u64| (u128::from(records * parts) * 1_000_000_000 / u128::from(step.0)) as u64;
        self.found.sustained = self.parts.iter().map(|(acked, processed)| rate(*acked.min(processed))).collect();
        self.found.bottleneck = Some(bottleneck);
        let mean = self.found.sustained.iter().sum::<u64>() / u64::from(PARTS) / parts;
        self.verify_at((mean * 95 / 100).max(1).min(u64::from(LOAD_MAX)) as u32, 1);
    }

    /// Begins a run at a load, to see whether it is carried.
    fn verify_at(&mut self, load: u32, tries: u32) {
        self.load = load;
        self.share.setup.workload.records_per_second = load;
        self.watched = Watched::new(&self.share.setup, self.seed);
        self.stage = Stage::Settling { tries };
        self.until = moment(warm_up(&self.share.setup));
    }

    /// The place that had the most to do while the set-up was overloaded.
    fn bottleneck(&self) -> Bottleneck {
        let (acked, processed) = self.parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        let span = self.step().times(u64::from(PARTS));
        let seconds = span.as_secs_f64();
        if carries(acked.min(processed), self.load, span) {
            return Bottleneck::NoneFound;
        }
        // Behind what is acknowledged too, the queue grows at the consumers.
        if (processed as f64) < 0.95 * acked as f64 {
            return Bottleneck::Consumers;
        }
        let (setup, now, before) = (&self.share.setup, self.watched.world.usage(), self.usage);
        let card = (setup.environment.network_mb_per_s as f64) * 1e6 * seconds;
        let network = (now.broker_card - before.broker_card).max(now.client_card - before.client_card) as f64 / card;
        let threads = f64::from(setup.cluster.num_io_threads);
        let handlers = Duration(now.handlers.0.saturating_sub(before.handlers.0)).as_secs_f64() / threads / seconds;
        // Without an fsync to wait for, writers are never slowed down by their disk, however busy write-back keeps it.
        let waits_for_disk = setup.topic.flush_messages != u64::MAX;
        let disk_time = if waits_for_disk { now.disk.0.saturating_sub(before.disk.0) } else { 0 };
        let disk = Duration(disk_time).as_secs_f64() / seconds;
        let producer = acked as f64 / f64::from(setup.workload.producers) * send_seconds(setup) / seconds;
        let uses = [
            (Bottleneck::Disk, disk),
            (Bottleneck::Network, network),
            (Bottleneck::RequestHandlers, handlers),
            (Bottleneck::ProducerCpu, producer),
        ];
        let busiest = uses.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, used)| BUSY <= *used);
        busiest.map_or(Bottleneck::InFlightWindow, |(place, _)| place)
    }
}

/// A place that is busy this much of the time is the narrowest; where none is, producers wait for answers.
const BUSY: f64 = 0.85;

/// Is a load carried, of which so many records came out in this time? Arrivals scatter: few records more or less say
/// nothing.
fn carries(came_out: u64, load: u32, span: Duration) -> bool {
    let offered = f64::from(load) * span.as_secs_f64();
    CARRIED * offered - 2.0 * sqrt(offered) <= came_out as f64
}

/// A producer's CPU time for one record, in seconds: sending, and compressing it.
fn send_seconds(setup: &Setup) -> f64 {
    highwater_sim::producing::send_cpu(setup).as_secs_f64()
}
