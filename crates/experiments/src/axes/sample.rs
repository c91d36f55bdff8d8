//! What one probe found: whole numbers only, so that samples add up to the same figures in whatever order they come.

use super::mix::Incident;
use highwater_model::{Duration, Instant, Scenario};
use highwater_oracle::report::{LatencyCounts, Punctuality};
use serde::{Deserialize, Serialize};

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The probe's number in its plan.
    pub number: u32,
    /// Its lane.
    pub lane: u8,
    /// Its point.
    pub point: u16,
    /// Events that it took.
    pub events: u64,
    /// What it found.
    pub findings: Findings,
}

/// What a probe found, by what it looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Findings {
    /// A calm stretch.
    Calm(Box<Calm>),
    /// The highest load.
    Saturation(Saturation),
    /// One incident, several times.
    Incidents(Vec<Aftermath>),
    /// How many failures at once.
    Guarantee(Box<Guarantee>),
}

/// A calm stretch of the whole set-up, without its warm-up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calm {
    /// How long it is.
    pub span: Duration,
    /// Could be read off what is exposed? Without a second replica there is nobody to inherit.
    pub exposing: bool,
    /// Who was acknowledged in time.
    pub punctuality: Punctuality,
    /// The same stretch in equal parts: how much a figure scatters shows between them.
    pub parts: Vec<Part>,
    /// Bytes that went from rack to rack, by [`highwater_sim::Leg`].
    pub across: [u64; 4],
    /// Bytes that went inside racks.
    pub inside: [u64; 4],
    /// Bytes that leaders appended.
    pub appended: u64,
}

/// A part of a calm stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From arrival to acknowledgement.
    pub produce: LatencyCounts,
    /// From arrival to the end of processing.
    pub end_to_end: LatencyCounts,
    /// Time in which a broker had acknowledged records that its heirs had not; all brokers together.
    pub exposed: Duration,
    /// Such records, times microseconds.
    pub exposed_record_us: u64,
}

/// What a set-up carries at most.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saturation {
    /// Records a second at the narrowest place under overload, by equal parts of the steady stretch; of the whole.
    pub sustained: Vec<u64>,
    /// The load at which a second run found no growing queue, records a second; of the whole. 0 where none was found.
    pub verified: u64,
    /// The narrowest place.
    pub bottleneck: Option<Bottleneck>,
}

impl Saturation {
    /// The load that is sustained, records a second: what came out under overload, unless a queue still grew well below
    /// that. Then what was verified.
    pub fn load(&self) -> f64 {
        let came_out = self.sustained.iter().sum::<u64>() as f64 / self.sustained.len().max(1) as f64;
        let verified = self.verified as f64;
        if verified < 0.9 * came_out { verified } else { came_out }
    }
}

/// How many brokers may fail at the same moment, from a healthy cluster, and nothing acknowledged is lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guarantee {
    /// Replicas of a partition: more than that cannot matter.
    pub replicas: u8,
    /// Processes that die at once.
    pub crashes: Tolerance,
    /// Machines that lose power at once.
    pub power_losses: Tolerance,
}

/// How many failures of a kind at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// So many lose nothing, whoever they are, at all moments that were tried.
    pub failures: u8,
    /// Runs behind it.
    pub tried: u32,
    /// A run in which one more loses something; none where all replicas may fail.
    pub counterexample: Option<Box<Scenario>>,
}

/// The narrowest place of a saturated set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Bottleneck {
    /// The producing applications' CPU.
    ProducerCpu,
    /// A network card.
    Network,
    /// A broker's request handler threads.
    RequestHandlers,
    /// A broker's disk.
    Disk,
    /// Producers wait for acknowledgements: `max.in.flight.requests.per.connection` times a batch a round trip.
    InFlightWindow,
    /// The consuming applications: processing, and waiting for commits.
    Consumers,
    /// None was found: the highest load that was tried is carried.
    NoneFound,
}

impl Bottleneck {
    /// All of them.
    pub const ALL: [Bottleneck; 7] = [
        Bottleneck::ProducerCpu,
        Bottleneck::Network,
        Bottleneck::RequestHandlers,
        Bottleneck::Disk,
        Bottleneck::InFlightWindow,
        Bottleneck::Consumers,
        Bottleneck::NoneFound,
    ];

    /// Its name in files and in the terminal.
    pub const fn name(self) -> &'static str {
        match self {
            Bottleneck::ProducerCpu => "producer-cpu",
            Bottleneck::Network => "network",
            Bottleneck::RequestHandlers => "request-handlers",
            Bottleneck::Disk => "disk",
            Bottleneck::InFlightWindow => "in-flight-window",
            Bottleneck::Consumers => "consumers",
            Bottleneck::NoneFound => "none-found",
        }
    }
}

/// What an incident left behind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aftermath {
    /// What struck.
    pub incident: Incident,
    /// When.
    pub at: Instant,
    /// How long the run of it stood.
    pub stood: Duration,
    /// So many of what ran are the whole. All counts are of what ran.
    pub parts: u32,
    /// Records that only the struck broker had when it was struck, where that is watched.
    pub exposed: Option<u64>,
    /// Records acknowledged from the strike to the end.
    pub acked: u64,
    /// Acknowledged and lost.
    pub lost: u64,
    /// Surplus copies.
    pub duplicated: u64,
    /// Out of order.
    pub reordered: u64,
    /// Passed over by the group.
    pub never_processed: u64,
    /// Processed more than once.
    pub processed_twice: u64,
    /// Who arrived after the strike, and who of them was acknowledged in time.
    pub punctuality: Punctuality,
    /// The same for the last seconds of what stood: of what would follow if it lasted longer.
    pub tail: Punctuality,
    /// Time with a partition that was not writable.
    pub unwritable: Duration,
    /// Time with a partition that was not readable.
    pub unreadable: Duration,
    /// The same shares for the last seconds of what stood, in thousandths.
    pub tail_unwritable_per_mille: u16,
    /// Not readable.
    pub tail_unreadable_per_mille: u16,
    /// From the strike to the end of the run.
    pub span: Duration,
    /// From arrival to acknowledgement, since the strike.
    pub produce: LatencyCounts,
    /// From arrival to the end of processing, since the strike.
    pub end_to_end: LatencyCounts,
    /// Did everything come right before the run was broken off?
    pub settled: bool,
    /// The run, where it did harm to acknowledged records: it opens in the playground and does the same.
    pub run: Option<Box<Scenario>>,
}

impl Aftermath {
    /// Acknowledged records that were lost or never processed, in the whole.
    pub fn harmed(&self) -> u64 {
        (self.lost + self.never_processed) * u64::from(self.parts)
    }
}
