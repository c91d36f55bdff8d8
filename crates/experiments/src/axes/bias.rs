//! Each shortcut against brute force on the same question. What is found here is in docs/axes.md; bounds are a little
//! wider than that, so that a change that makes a shortcut worse is noticed.

use super::calm::CalmRun;
use super::incidents::IncidentsRun;
use super::mix::Incident;
use super::probe::{Incidents, Probe, Task, Watched, warm_up};
use super::question::{DEADLINE, moment};
use super::sample::{Aftermath, Findings, Saturation};
use super::saturation::SaturationRun;
use super::share::Share;
use highwater_model::presets::Preset;
use highwater_model::settings::Acks;
use highwater_model::{Duration, Setup};
use highwater_sim::Advance;

fn probe(setup: &Setup, seed: u64) -> Probe {
    Probe { number: 0, lane: 0, point: 0, setup: setup.clone(), seed, deadline: DEADLINE, task: Task::Calm }
}

/// Three partitions under acks=1, with elections that come soon.
fn hasty() -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.topic.partitions = 3;
    setup.workload.records_per_second = 2_000;
    setup.workload.processing_time_us = 10;
    (setup.producer.acks, setup.producer.enable_idempotence) = (Acks::Leader, false);
    (setup.cluster.broker_session_timeout_ms, setup.cluster.broker_heartbeat_interval_ms) = (600, 200);
    setup
}

fn strike(share: Share, setup: &Setup, incidents: Incidents, deadline: Duration) -> Vec<Aftermath> {
    let mut run = IncidentsRun::of(share, &Probe { deadline, ..probe(setup, 3) }, incidents);
    loop {
        if let (_, Some(Findings::Incidents(list))) = run.advance(u64::MAX) {
            return list;
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// Forks of crashes lose what was exposed when they were struck.
#[test]
fn what_is_exposed_is_what_a_crash_loses() {
    let setup = hasty();
    let crashes = Incidents { incident: Incident::ProcessCrash, lasts: Duration::from_secs(1), turn: 0, strikes: 60 };
    let list = strike(Share::whole(&setup), &setup, crashes, DEADLINE);
    let lost = mean(list.iter().map(|crash| crash.lost as f64));
    let exposed = mean(list.iter().map(|crash| crash.exposed.expect("it is watched") as f64));
    let agree = list.iter().filter(|crash| (0 < crash.lost) == (crash.exposed != Some(0))).count();
    let mut calm_run = CalmRun::new(&probe(&setup, 4));
    let calm = loop {
        if let (_, Some(Findings::Calm(calm))) = calm_run.advance(u64::MAX) {
            break calm;
        }
    };
    let micros = calm.span.0 as f64 / 1e3 * 3.0;
    let read_off = calm.parts.iter().map(|part| part.exposed_record_us as f64).sum::<f64>() / micros;
    let share = calm.parts.iter().map(|part| part.exposed.0 as f64 / 1e3).sum::<f64>() / micros;
    let hit = mean(list.iter().map(|crash| f64::from(u8::from(0 < crash.lost))));
    eprintln!("a crash loses {lost:.3} records, {exposed:.3} were exposed, a calm run says {read_off:.3}");
    eprintln!("it loses something in {hit:.3}, a calm run says {share:.3}; crash by crash {agree} of 60 agree");
    assert!(54 <= agree, "{agree} of 60 crashes lose just where something was exposed");
    assert!((lost - exposed).abs() <= 0.25 * lost.max(0.5), "{lost} {exposed}");
    assert!((hit - share).abs() <= 0.15, "{hit} {share}");
}

/// A share's crash is a crash of the whole, in small.
#[test]
fn a_share_shows_what_the_whole_does() {
    let mut setup = hasty();
    setup.topic.partitions = 12;
    setup.workload.records_per_second = 8_000;
    setup.workload.producers = 4;
    setup.workload.consumers = 4;
    let crashes = Incidents { incident: Incident::ProcessCrash, lasts: Duration::from_secs(4), turn: 0, strikes: 12 };
    let part = Share::lightest(&setup);
    assert_eq!(part.parts, 8);
    let [part, whole] =
        [part, Share::whole(&setup)].map(|share| strike(share, &setup, crashes, Duration::from_millis(200)));
    let late = |list: &[Aftermath]| {
        let share = |run: &Aftermath| 1.0 - run.punctuality.in_time as f64 / run.punctuality.arrived.max(1) as f64;
        mean(list.iter().map(|run| share(run) * run.span.as_secs_f64()))
    };
    let unwritable = |list: &[Aftermath]| mean(list.iter().map(|run| run.unwritable.as_secs_f64()));
    let p99 =
        |list: &[Aftermath]| mean(list.iter().filter_map(|run| run.produce.quantile_us(0.99)).map(|us| us as f64));
    let lost = |list: &[Aftermath]| mean(list.iter().map(|run| (run.lost * u64::from(run.parts)) as f64));
    for (what, of, bound) in [
        ("late seconds", &late as &dyn Fn(&[Aftermath]) -> f64, 0.2),
        ("unwritable seconds", &unwritable, 0.1),
        ("p99 after the crash", &p99, 0.2),
        ("records lost", &lost, 3.0),
    ] {
        let (part, whole) = (of(&part), of(&whole));
        eprintln!("{what}: the share says {part:.3}, the whole {whole:.3}");
        assert!((part - whole).abs() <= bound * whole.max(0.2), "{what}: {part} {whole}");
    }
}

/// What an outage's last seconds show goes on.
#[test]
fn the_tail_of_an_outage_goes_on() {
    let mut setup = hasty();
    setup.topic.replication_factor = 1;
    setup.workload.records_per_second = 100;
    setup.producer.request_timeout_ms = 2_000;
    setup.producer.delivery_timeout_ms = 5_000;
    let lasts = Duration::from_secs(90);
    let losses = Incidents { incident: Incident::HostLoss, lasts, turn: 0, strikes: 3 };
    let short = strike(Share::whole(&setup), &setup, losses, DEADLINE);
    let beyond = (lasts.0 - short[0].stood.0) as f64 / 1e9;
    assert!(40.0 < beyond, "most of it is not run");
    let late_share = |of: &highwater_oracle::report::Punctuality| 1.0 - of.in_time as f64 / of.arrived.max(1) as f64;
    let reckoned = mean(
        short.iter().map(|run| late_share(&run.punctuality) * run.span.as_secs_f64() + late_share(&run.tail) * beyond),
    );
    // As if it took as long as it lasts to declare a broker dead.
    setup.cluster.broker_session_timeout_ms = 600;
    let whole = whole_outage(&setup, lasts);
    eprintln!("late seconds: {reckoned:.2} reckoned, {whole:.2} run");
    assert!((reckoned - whole).abs() <= 0.1 * whole, "{reckoned} {whole}");
}

/// The late seconds of host losses that are run as long as they last.
fn whole_outage(setup: &Setup, lasts: Duration) -> f64 {
    mean((0..3).map(|broker| {
        let mut watched = Watched::new(setup, 3);
        let at = moment(warm_up(setup)) + Duration::from_millis(300 * (u64::from(broker) + 1));
        let strike = super::mix::Strike { incident: Incident::HostLoss, at, turn: broker, stands: lasts };
        strike.faults(setup).into_iter().for_each(|fault| watched.world.add_fault(fault));
        let end = at + lasts + Duration::from_secs(10);
        while watched.run(end, u64::MAX).1 == Advance::Spent {}
        watched.finish();
        let punctuality = watched.judge.punctuality(&(at..at + lasts + Duration::from_secs(5)), DEADLINE);
        let late = punctuality.arrived - punctuality.in_time;
        late as f64 / f64::from(setup.workload.records_per_second)
    }))
}

/// The sustained load against a search by halves.
#[test]
fn what_comes_out_under_overload_is_what_a_search_finds() {
    for preset in [Preset::Payments, Preset::Defaults] {
        let share = Share::smallest(&preset.setup());
        let mut run = SaturationRun::new(&probe(&preset.setup(), 5));
        let found: Saturation = loop {
            if let (_, Some(Findings::Saturation(found))) = run.advance(u64::MAX) {
                break found;
            }
        };
        let said = found.load();
        let (mut low, mut high) = (100_u32, (2.0 * said) as u32 / share.parts);
        for _ in 0..6 {
            let middle = (low + high) / 2;
            if is_carried(&share.setup, middle) { low = middle } else { high = middle }
        }
        let searched = f64::from(low * share.parts);
        let name = preset.name();
        eprintln!("{name}: {said:.0} said, {:?} under overload, {searched:.0} by search", found.sustained);
        assert!((said - searched).abs() <= 0.2 * searched, "{}: {said} {searched}", preset.name());
    }
}

/// Does as much come out as goes in, over several seconds?
fn is_carried(setup: &Setup, load: u32) -> bool {
    let mut setup = setup.clone();
    setup.workload.records_per_second = load;
    let mut watched = Watched::new(&setup, 6);
    let begin = moment(warm_up(&setup)) + Duration::from_secs(2);
    while watched.run(begin, u64::MAX).1 == Advance::Spent {}
    watched.judge.measure_from_now();
    let seconds = 8;
    while watched.run(begin + Duration::from_secs(seconds), u64::MAX).1 == Advance::Spent {}
    let (acked, processed) = watched.judge.acked_and_processed();
    let offered = u64::from(load) * seconds;
    offered * 98 / 100 <= acked.min(processed) + (2.0 * (offered as f64).sqrt()) as u64
}
