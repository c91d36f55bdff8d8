//! From samples to figures: what a year of the failure mix does to a point, with intervals.

use super::estimate::Interval;
use super::figure::{Estimate, Figure};
use super::mix::Incident;
use super::prices::{Bill, Prices};
use super::question::{PointSetup, Question};
use super::sample::{Aftermath, Bottleneck, Calm, Findings, Guarantee, Part, Sample, Saturation, Tolerance};
use highwater_model::{Duration, Problem, Scenario, SettingId, Setup};
use highwater_oracle::report::{LatencyCounts, Punctuality};
use serde::{Deserialize, Serialize};

/// What is known about a question's points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// By lane and point.
    pub points: Vec<PointResult>,
    /// Probes behind it.
    pub probes: u32,
    /// Events that they took.
    pub events: u64,
}

/// What is known about a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointResult {
    /// Its lane.
    pub lane: u8,
    /// The values of the varied settings.
    pub values: Vec<i64>,
    /// Why it cannot be run.
    pub problems: Vec<Problem>,
    /// Settings that had to follow the varied ones.
    pub followed: Vec<(SettingId, i64)>,
    /// The figures that are known so far.
    pub figures: Vec<(Figure, Estimate)>,
    /// The narrowest place.
    pub bottleneck: Option<Bottleneck>,
    /// What a month costs, part by part.
    pub bill: Option<Bill>,
    /// What each incident contributes.
    pub incidents: Vec<IncidentResult>,
    /// How many brokers may fail at once.
    pub guarantee: Option<Guarantee>,
    /// The run that did most harm to acknowledged records.
    pub worst: Option<Scenario>,
    /// Latencies without a failure, from arrival to acknowledgement.
    pub produce: LatencyCounts,
    /// From arrival to the end of processing.
    pub end_to_end: LatencyCounts,
}

/// What an incident contributes to a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentResult {
    /// Which.
    pub incident: Incident,
    /// How often a year it strikes this cluster.
    pub a_year: f64,
    /// Chance that one of it loses an acknowledged record, or lets the group pass one over.
    pub harm: Estimate,
    /// Acknowledged records that one of it loses.
    pub lost: Estimate,
    /// Seconds of the load that one of it keeps from being acknowledged in time.
    pub late_seconds: Estimate,
    /// Acknowledged records lost or never processed, run by run in the order of probes, with the number of the probe.
    pub losses: Vec<(u32, u64)>,
    /// Runs that were broken off before everything had come right.
    pub unsettled: u32,
}

impl PointResult {
    /// Of a point about which nothing is known yet.
    pub fn new(lane: u8, values: Vec<i64>, setup: &PointSetup) -> Self {
        Self {
            lane,
            values,
            problems: setup.problems.clone(),
            followed: setup.followed.clone(),
            figures: Vec::new(),
            bottleneck: None,
            bill: None,
            incidents: Vec::new(),
            guarantee: None,
            worst: None,
            produce: LatencyCounts::default(),
            end_to_end: LatencyCounts::default(),
        }
    }

    /// A figure, if it is known yet.
    pub fn figure(&self, figure: Figure) -> Option<Estimate> {
        self.figures.iter().find(|(known, _)| *known == figure).map(|(_, estimate)| *estimate)
    }
}

const YEAR_SECONDS: f64 = 31_557_600.0;
const MINUTE_SECONDS: f64 = 60.0;

/// A figure of a distribution.
type Quantile = (Figure, f64);

const PRODUCE: [Quantile; 3] = [(Figure::ProduceP50, 0.5), (Figure::ProduceP99, 0.99), (Figure::ProduceP999, 0.999)];
const END_TO_END: [Quantile; 3] =
    [(Figure::EndToEndP50, 0.5), (Figure::EndToEndP99, 0.99), (Figure::EndToEndP999, 0.999)];

/// A point's samples by kind.
struct Found<'a> {
    setup: &'a Setup,
    calm: Vec<&'a Calm>,
    saturation: Vec<&'a Saturation>,
    /// By incident of the mix, with the number of the probe.
    incidents: Vec<(Incident, Vec<(u32, &'a Aftermath)>)>,
}

pub(super) fn point_result(
    mut result: PointResult,
    setup: &Setup,
    samples: &[&Sample],
    question: &Question,
    prices: &Prices,
) -> PointResult {
    let mut found = Found { setup, calm: Vec::new(), saturation: Vec::new(), incidents: Vec::new() };
    found.incidents = question.mix.rates.iter().map(|rate| (rate.incident, Vec::new())).collect();
    for sample in samples {
        match &sample.findings {
            Findings::Calm(calm) => found.calm.push(calm),
            Findings::Saturation(saturation) => found.saturation.push(saturation),
            Findings::Guarantee(guarantee) => weaken(&mut result.guarantee, guarantee),
            Findings::Incidents(list) => {
                for aftermath in list {
                    let place = found.incidents.iter_mut().find(|(incident, _)| *incident == aftermath.incident);
                    place.into_iter().for_each(|(_, list)| list.push((sample.number, aftermath)));
                }
            }
        }
    }
    if !found.calm.is_empty() {
        latencies(&found, &mut result);
        cost(&found, prices, &mut result);
        if found.incidents.iter().any(|(_, list)| !list.is_empty()) {
            a_year(&found, question, &mut result);
        }
    }
    throughput(&found, &mut result);
    result.figures.sort_by_key(|(figure, _)| *figure);
    result
}

/// Another search may find what the first did not: the weaker guarantee holds.
fn weaken(known: &mut Option<Guarantee>, other: &Guarantee) {
    let Some(known) = known else { return *known = Some(other.clone()) };
    let weaken = |known: &mut Tolerance, other: &Tolerance| {
        let tried = known.tried + other.tried;
        if other.failures < known.failures {
            *known = other.clone();
        }
        known.tried = tried;
    };
    weaken(&mut known.crashes, &other.crashes);
    weaken(&mut known.power_losses, &other.power_losses);
}

fn estimate(interval: Interval, runs: usize) -> Estimate {
    Estimate { value: interval.value, low: interval.low, high: interval.high, runs: runs as u32 }
}

fn latencies(found: &Found, result: &mut PointResult) {
    let parts: Vec<&Part> = found.calm.iter().flat_map(|calm| &calm.parts).collect();
    let produce = parts.iter().map(|part| &part.produce);
    let end_to_end = parts.iter().map(|part| &part.end_to_end);
    result.produce = quantiles(produce, &PRODUCE, found.calm.len(), &mut result.figures);
    result.end_to_end = quantiles(end_to_end, &END_TO_END, found.calm.len(), &mut result.figures);
    let crashes = found.incidents.iter().find(|(incident, _)| *incident == Incident::ProcessCrash);
    let Some((_, crashes)) = crashes.filter(|(_, list)| !list.is_empty()) else { return };
    let of = |figure, counts: fn(&Aftermath) -> &LatencyCounts, calm: &LatencyCounts| {
        let minutes: Vec<f64> =
            crashes.iter().filter_map(|(_, crash)| minute(crash, counts(crash), calm, found)).collect();
        let mean = minutes.iter().sum::<f64>() / minutes.len().max(1) as f64;
        (!minutes.is_empty()).then(|| (figure, estimate(Interval::around(mean, &minutes), minutes.len())))
    };
    let produce = of(Figure::ProduceP99Crash, |crash| &crash.produce, &result.produce);
    let end_to_end = of(Figure::EndToEndP99Crash, |crash| &crash.end_to_end, &result.end_to_end);
    result.figures.extend(produce.into_iter().chain(end_to_end));
}

fn quantiles<'a>(
    parts: impl Iterator<Item = &'a LatencyCounts> + Clone,
    wanted: &[Quantile],
    runs: usize,
    figures: &mut Vec<(Figure, Estimate)>,
) -> LatencyCounts {
    let mut all = LatencyCounts::default();
    parts.clone().for_each(|part| all.add(part));
    for (figure, share) in wanted {
        if let Some(value) = all.quantile_us(*share) {
            let singles: Vec<f64> =
                parts.clone().filter_map(|part| part.quantile_us(*share)).map(|us| us as f64).collect();
            figures.push((*figure, estimate(Interval::around(value as f64, &singles), runs)));
        }
    }
    all
}

/// The 99th percentile of a minute that begins with the crash: what its run does not reach is like a calm stretch.
fn minute(crash: &Aftermath, counts: &LatencyCounts, calm: &LatencyCounts, found: &Found) -> Option<f64> {
    let measured: f64 = found.calm.iter().map(|calm| calm.span.as_secs_f64()).sum();
    let rest = (MINUTE_SECONDS - crash.span.as_secs_f64()).max(0.0);
    // In hundredths of a record, so that shares of calm stretches stay whole numbers.
    let mut minute = LatencyCounts::default();
    minute.add_times(counts, 100 * u64::from(crash.parts));
    minute.add_times(calm, (100.0 * rest / measured) as u64);
    minute.quantile_us(0.99).map(|us| us as f64)
}

fn cost(found: &Found, prices: &Prices, result: &mut PointResult) {
    let bills: Vec<Bill> = found.calm.iter().map(|calm| Bill::of(found.setup, calm, prices)).collect();
    result.bill = bills.first().copied();
    let totals: Vec<f64> = bills.iter().map(Bill::total).collect();
    let mean = totals.iter().sum::<f64>() / totals.len() as f64;
    let month = Interval::around(mean, &totals);
    let processed = result.end_to_end.count() as f64;
    let seconds: f64 = found.calm.iter().map(|calm| calm.span.as_secs_f64()).sum();
    result.figures.push((Figure::DollarsAMonth, estimate(month, totals.len())));
    if 0.0 < processed {
        let millions_a_month = processed / seconds * 2_592_000.0 / 1e6;
        let each = month.map(|dollars| dollars / millions_a_month);
        result.figures.push((Figure::DollarsPerMillion, estimate(each, totals.len())));
    }
}

fn throughput(found: &Found, result: &mut PointResult) {
    let parts: Vec<f64> = found.saturation.iter().flat_map(|run| &run.sustained).map(|rate| *rate as f64).collect();
    let Some(last) = found.saturation.last() else { return };
    result.bottleneck = last.bottleneck;
    let runs = found.saturation.len() as f64;
    let value = found.saturation.iter().map(|run| run.load()).sum::<f64>() / runs;
    let carried = found.saturation.iter().map(|run| run.verified as f64).sum::<f64>() / runs;
    let scatter = Interval::around(value, &parts);
    let interval = Interval { value, low: scatter.low.min(carried), high: scatter.high.max(value) };
    let runs = found.saturation.len();
    result.figures.push((Figure::SustainedRecordsPerSecond, estimate(interval, runs)));
    let bytes = f64::from(found.setup.workload.record_bytes + found.setup.workload.key_bytes);
    let megabytes = interval.map(|rate| rate * bytes / 1e6);
    result.figures.push((Figure::SustainedMegabytesPerSecond, estimate(megabytes, runs)));
}

/// What an incident's runs say about one of it.
struct Stratum<'a> {
    a_year: f64,
    lasts: Duration,
    runs: &'a [(u32, &'a Aftermath)],
    /// What a calm run says of it beforehand, where it is the end of one broker.
    exposed: Option<Exposed>,
}

/// What would be lost if some broker died now, read off calm runs.
#[derive(Clone, Copy)]
struct Exposed {
    /// Share of moments in which a broker has something that its heirs have not.
    share: Interval,
    /// Records of it, on average.
    records: Interval,
}

impl Exposed {
    fn of(calm: &[&Calm], brokers: u8) -> Option<Self> {
        let seen: Vec<&Calm> = calm.iter().copied().filter(|calm| calm.exposing).collect();
        let each = |count: &dyn Fn(&Part, f64) -> f64| {
            let part = |calm: &&Calm| {
                let micros = calm.span.0 as f64 / 1e3 / calm.parts.len() as f64 * f64::from(brokers);
                calm.parts.iter().map(|part| count(part, micros)).collect::<Vec<f64>>()
            };
            let parts: Vec<f64> = seen.iter().flat_map(part).collect();
            Interval::around(parts.iter().sum::<f64>() / parts.len() as f64, &parts)
        };
        (!seen.is_empty()).then(|| Self {
            share: each(&|part, micros| part.exposed.0 as f64 / 1e3 / micros).map(|share| share.min(1.0)),
            records: each(&|part, micros| part.exposed_record_us as f64 / micros),
        })
    }
}

impl Stratum<'_> {
    /// The mean of a count of one incident, in the whole.
    fn mean(&self, largest: f64, count: impl Fn(&Aftermath) -> f64) -> Interval {
        let values: Vec<f64> = self.runs.iter().map(|(_, run)| count(run)).collect();
        Interval::mean(&values, largest)
    }

    /// Chance that one of it does harm. What is exposed is lost; forks from moments in which nothing was exposed say what
    /// else there is.
    fn harm(&self) -> Interval {
        let parts = self.runs.first().map_or(1, |(_, run)| run.parts);
        let hidden = |run: &Aftermath| self.exposed.is_none() || run.exposed == Some(0);
        let looked_at: Vec<&Aftermath> = self.runs.iter().map(|(_, run)| *run).filter(|run| hidden(run)).collect();
        let hits = looked_at.iter().filter(|run| 0 < run.harmed()).count() as u32;
        let beside = Interval::share(hits, looked_at.len() as u32).of_any(parts);
        match self.exposed {
            Some(Exposed { share, .. }) => {
                Interval::sum([(1.0, share), (1.0 - share.value, beside)]).map(|p| p.min(1.0))
            }
            None => beside,
        }
    }

    /// Acknowledged records that one of it loses: what is exposed on average, and what forks lost beyond what was exposed
    /// when they were struck.
    fn lost(&self, largest: f64) -> Interval {
        let whole = |run: &Aftermath| (run.lost * u64::from(run.parts)) as f64;
        let Some(Exposed { records, .. }) = self.exposed else { return self.mean(largest, whole) };
        let exposed = |run: &Aftermath| (run.exposed.unwrap_or(0) * u64::from(run.parts)) as f64;
        let beyond = self.mean(largest, |run| (whole(run) - exposed(run)).max(0.0));
        Interval::sum([(1.0, records), (1.0, beyond)])
    }

    /// Seconds beyond what was run.
    fn beyond(&self, run: &Aftermath) -> f64 {
        Duration(self.lasts.0.saturating_sub(run.stood.0)).as_secs_f64()
    }

    /// Seconds of the load that were not acknowledged in time.
    fn late_seconds(&self, run: &Aftermath, calm_late: f64) -> f64 {
        let late = (late_share(&run.punctuality) - calm_late).max(0.0);
        let tail = (late_share(&run.tail) - calm_late).max(0.0);
        late * run.span.as_secs_f64() + tail * self.beyond(run)
    }

    fn unwritable_seconds(&self, run: &Aftermath) -> f64 {
        run.unwritable.as_secs_f64() + f64::from(run.tail_unwritable_per_mille) / 1e3 * self.beyond(run)
    }

    fn unreadable_seconds(&self, run: &Aftermath) -> f64 {
        run.unreadable.as_secs_f64() + f64::from(run.tail_unreadable_per_mille) / 1e3 * self.beyond(run)
    }
}

fn late_share(punctuality: &Punctuality) -> f64 {
    let Punctuality { arrived, in_time } = *punctuality;
    if arrived == 0 { 0.0 } else { (arrived - in_time.min(arrived)) as f64 / arrived as f64 }
}

/// A year: the sum over incidents of how often times how bad.
struct Year<'a> {
    strata: Vec<(Incident, Stratum<'a>)>,
    acked_a_second: f64,
    /// The share of a calm year's load that is not acknowledged in time.
    calm_late: f64,
}

/// A figure that is a count of records, of a million acknowledged ones.
type Counted = (Figure, fn(&Aftermath) -> u64);

const COUNTED: [Counted; 5] = [
    (Figure::LostPerMillion, |run| run.lost),
    (Figure::DuplicatedPerMillion, |run| run.duplicated),
    (Figure::ReorderedPerMillion, |run| run.reordered),
    (Figure::NeverProcessedPerMillion, |run| run.never_processed),
    (Figure::ProcessedTwicePerMillion, |run| run.processed_twice),
];

impl<'a> Year<'a> {
    fn of(found: &'a Found, question: &Question, acked: u64) -> Self {
        let exposed = Exposed::of(&found.calm, found.setup.cluster.brokers);
        let stratum = |(incident, runs): &'a (Incident, Vec<(u32, &'a Aftermath)>)| {
            let lasts = question.mix.rate(*incident).map_or(Duration::ZERO, |rate| rate.lasts);
            let a_year = question.mix.a_year(*incident, found.setup);
            let ends_a_broker = matches!(incident, Incident::ProcessCrash | Incident::HostLoss);
            let exposed = if ends_a_broker { exposed } else { None };
            (*incident, Stratum { a_year, lasts, runs, exposed })
        };
        let seconds: f64 = found.calm.iter().map(|calm| calm.span.as_secs_f64()).sum();
        Self {
            strata: found.incidents.iter().map(stratum).collect(),
            acked_a_second: acked as f64 / seconds,
            calm_late: calm_late(found),
        }
    }

    fn runs(&self) -> impl Iterator<Item = &'a Aftermath> + '_ {
        self.strata.iter().flat_map(|(_, stratum)| stratum.runs).map(|(_, run)| *run)
    }

    /// A year's sum of what one run of an incident counts. Where nothing was seen, what is unseen may be as large as
    /// `largest`.
    fn sum(&self, largest: f64, count: impl Fn(&Stratum, &Aftermath) -> f64) -> Interval {
        Interval::sum(self.strata.iter().map(|(_, stratum)| {
            let mean = stratum.mean(largest, |run| count(stratum, run));
            (stratum.a_year, mean)
        }))
    }

    fn reliability(&self) -> Vec<(Figure, Interval)> {
        let harm = self.strata.iter().map(|(_, stratum)| (stratum.a_year, stratum.harm()));
        let mut figures = vec![(Figure::AnyLossAYear, Interval::sum(harm).chance_of_any())];
        for (figure, count) in COUNTED {
            let whole = |run: &Aftermath| (count(run) * u64::from(run.parts)) as f64;
            let largest = self.runs().map(whole).fold(self.acked_a_second, f64::max);
            let year = match figure {
                Figure::LostPerMillion => {
                    Interval::sum(self.strata.iter().map(|(_, of)| (of.a_year, of.lost(largest))))
                }
                _ => self.sum(largest, |_, run| whole(run)),
            };
            if figure == Figure::LostPerMillion {
                figures.push((Figure::LostAYear, year));
            }
            if 0.0 < self.acked_a_second {
                let acked = self.acked_a_second * YEAR_SECONDS;
                figures.push((figure, year.map(|records| records / acked * 1e6)));
            }
        }
        figures
    }

    fn availability(&self) -> [(Figure, Interval); 4] {
        let longest = self.strata.iter().map(|(_, stratum)| stratum.lasts.as_secs_f64()).fold(MINUTE_SECONDS, f64::max);
        let late = self.sum(longest, |stratum, run| stratum.late_seconds(run, self.calm_late));
        let late = late.map(|seconds| (seconds + self.calm_late * YEAR_SECONDS).min(YEAR_SECONDS));
        let minutes = |interval: Interval| interval.map(|seconds| seconds.min(YEAR_SECONDS) / MINUTE_SECONDS);
        [
            (Figure::NotInTimeMinutesAYear, minutes(late)),
            (Figure::AckedInTime, late.flip(|seconds| 1.0 - seconds / YEAR_SECONDS)),
            (
                Figure::UnwritableMinutesAYear,
                minutes(self.sum(longest, |stratum, run| stratum.unwritable_seconds(run))),
            ),
            (
                Figure::UnreadableMinutesAYear,
                minutes(self.sum(longest, |stratum, run| stratum.unreadable_seconds(run))),
            ),
        ]
    }
}

/// Reliability and availability.
fn a_year(found: &Found, question: &Question, result: &mut PointResult) {
    let year = Year::of(found, question, result.produce.count());
    let runs = year.runs().count();
    let figures = year.reliability().into_iter().chain(year.availability());
    result.figures.extend(figures.map(|(figure, interval)| (figure, estimate(interval, runs))));
    result.worst = year.runs().max_by_key(|run| run.harmed()).and_then(|run| run.run.as_deref().cloned());
    result.incidents = year
        .strata
        .iter()
        .map(|(incident, stratum)| incident_result(*incident, stratum, year.acked_a_second, year.calm_late))
        .collect();
}

/// The share of a calm year's load that is not acknowledged in time.
fn calm_late(found: &Found) -> f64 {
    let mut sum = Punctuality::default();
    for calm in &found.calm {
        sum.arrived += calm.punctuality.arrived;
        sum.in_time += calm.punctuality.in_time;
    }
    late_share(&sum)
}

fn incident_result(incident: Incident, stratum: &Stratum, largest: f64, calm_late: f64) -> IncidentResult {
    let runs = stratum.runs.len();
    let lost = stratum.lost(largest);
    let late = stratum.mean(stratum.lasts.as_secs_f64(), |run| stratum.late_seconds(run, calm_late));
    IncidentResult {
        incident,
        a_year: stratum.a_year,
        harm: estimate(stratum.harm(), runs),
        lost: estimate(lost, runs),
        late_seconds: estimate(late, runs),
        losses: stratum.runs.iter().map(|(number, run)| (*number, run.harmed())).collect(),
        unsettled: stratum.runs.iter().filter(|(_, run)| !run.settled).count() as u32,
    }
}
