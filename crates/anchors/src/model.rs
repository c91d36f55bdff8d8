//! What the model says without a run: bills of the cost formula and times to failure of the failure mix. Their figures
//! are called `model.NAME` in an anchor's checks.

use highwater_experiments::axes::{Bill, Calm, FailureMix, Incident, Prices};
use highwater_model::presets::Preset;
use highwater_model::{Duration, Setup};

/// The values for an anchor.
pub(crate) fn values(id: &str) -> Vec<(&'static str, f64)> {
    let of = |brokers| bill(100e6, brokers, Readers::Across(3), &Prices::STATED);
    match id {
        "C1" => vec![("snappy", 100.0 / f64::from(Preset::Defaults.setup().workload.compression_ratio))],
        "N2" => vec![("traffic", traffic(&of(3))), ("storage", of(3).storage)],
        "N4" => vec![("traffic", traffic(&bill(30.0 * MIB, 3, Readers::AtHome, &Prices::STATED)))],
        "N5" => vec![("gibibytes", kept_gib(500.0 * MIB))],
        "N6" => {
            let free = Prices { cross_zone_gb_micros: 0, ..Prices::STATED };
            vec![("traffic", traffic(&bill(100e6, 3, Readers::Across(3), &free)))]
        }
        "N7" => vec![("change", with_replicas(2).total() / with_replicas(3).total() - 1.0)],
        "N8" => vec![("share", traffic(&of(6)) / of(6).total())],
        "D1" => {
            let failures = Failures::of(&FailureMix::stated());
            let together = failures.days_to_none(3);
            vec![("overestimate", failures.alone().days_to_none(3) / together)]
        }
        "D3" => {
            let failures = Failures::of(&FailureMix::stated());
            let gain = |replicas| failures.days_to_none(replicas + 1) / failures.days_to_none(replicas);
            vec![("third", gain(2)), ("fourth", gain(3)), ("fifth", gain(4))]
        }
        "D4" => {
            let failures = Failures::of(&FailureMix::stated()).alone();
            let quick = Failures { repairs: failures.repairs * 4.0, ..failures };
            vec![("gain", quick.days_to_none(3) / failures.days_to_none(3))]
        }
        "D6" => vec![("a_year", Failures::of(&FailureMix::stated()).alone().single * 365.0)],
        _ => Vec::new(),
    }
}

const MIB: f64 = 1_048_576.0;

/// Who reads, and where from.
#[derive(Clone, Copy)]
enum Readers {
    /// Nobody from another zone.
    AtHome,
    /// So many groups, all over three zones.
    Across(u64),
}

/// A month of so many bytes a second with three replicas in three zones.
fn bill(bytes_a_second: f64, brokers: u8, readers: Readers, prices: &Prices) -> Bill {
    let mut setup = Preset::Defaults.setup();
    setup.cluster.brokers = brokers;
    Bill::of(&setup, &calm(&setup, bytes_a_second, readers), prices)
}

/// The same with so many replicas, kept for a day.
fn with_replicas(replicas: u8) -> Bill {
    let mut setup = Preset::Defaults.setup();
    setup.topic.replication_factor = replicas;
    setup.topic.retention_ms = 86_400_000;
    setup.cluster.brokers = 6;
    Bill::of(&setup, &calm(&setup, 100e6, Readers::Across(3)), &Prices::STATED)
}

/// A second, in which two of three bytes come from or go to another zone.
fn calm(setup: &Setup, bytes_a_second: f64, readers: Readers) -> Calm {
    let bytes = bytes_a_second as u64;
    let read = match readers {
        Readers::AtHome => 0,
        Readers::Across(groups) => bytes * groups * 2 / 3,
    };
    let copies = u64::from(setup.topic.replication_factor) - 1;
    Calm {
        span: Duration::from_secs(1),
        appended: bytes,
        across: [bytes * 2 / 3, bytes * copies, read, 0],
        ..Calm::default()
    }
}

fn traffic(bill: &Bill) -> f64 {
    bill.producers + bill.replication + bill.consumers
}

/// What a day of so many bytes a second takes on all replicas, by the bill for its storage.
fn kept_gib(bytes_a_second: f64) -> f64 {
    let mut setup = Preset::Defaults.setup();
    setup.topic.retention_ms = 86_400_000;
    let prices = Prices::STATED;
    let bill = Bill::of(&setup, &calm(&setup, bytes_a_second, Readers::AtHome), &prices);
    bill.storage / (prices.storage_gb_month_micros as f64 / 1e6) * 1e9 / (MIB * 1_024.0)
}

/// How machines go and come back, a day.
#[derive(Clone, Copy)]
struct Failures {
    /// One alone, for each.
    single: f64,
    /// Two together, for each pair.
    pair: f64,
    /// Repairs of each that is away.
    repairs: f64,
}

impl Failures {
    /// As the mix has them: machines that are lost alone, and in bursts of two. Its bursts are those of three brokers.
    fn of(mix: &FailureMix) -> Self {
        let a_day = |incident| mix.rate(incident).map_or(0.0, |rate| rate.a_year / 365.0);
        let lasts = mix.rate(Incident::HostLoss).map_or(Duration::from_secs(1), |rate| rate.lasts);
        const PAIRS_OF_THREE: f64 = 3.0;
        Self {
            single: a_day(Incident::HostLoss),
            pair: a_day(Incident::Burst) / PAIRS_OF_THREE,
            repairs: 86_400.0 / lasts.as_secs_f64(),
        }
    }

    /// The same number of losses of each machine, each by itself.
    fn alone(self) -> Self {
        const PARTNERS_OF_THREE: f64 = 2.0;
        Self { single: self.single + PARTNERS_OF_THREE * self.pair, pair: 0.0, ..self }
    }

    /// Days until none of so many replicas is there, from when all are: the mean first passage of a birth and death
    /// process with jumps of two.
    fn days_to_none(self, replicas: u32) -> f64 {
        // With `away` of them away: time(away) = (1 + sum of rate * time(next)) / sum of rates; all away is the end.
        // Gauss-Seidel would take as many steps as there are repairs to a loss, so it is solved: from the end, time(away)
        // is written as a(away) + b(away) * time(away - 1).
        let size = replicas as usize;
        let (mut a, mut b) = (vec![0.0; size + 2], vec![0.0; size + 2]);
        for away in (0..size).rev() {
            let up = (size - away) as f64;
            let (one, two) = (up * self.single, up * (up - 1.0) / 2.0 * self.pair);
            let back = away as f64 * self.repairs;
            // time(away + 1) = a1 + b1 * t, time(away + 2) = a2 + b2 * (a1 + b1 * t), where t = time(away).
            let (a1, b1) = (a[away + 1], b[away + 1]);
            let (a2, b2) = (a[away + 2] + b[away + 2] * a1, b[away + 2] * b1);
            let own = one + two + back - one * b1 - two * b2;
            a[away] = (1.0 + one * a1 + two * a2) / own;
            b[away] = back / own;
        }
        a[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_replicas_that_fail_alone_have_their_closed_form() {
        let failures = Failures { single: 0.01, pair: 0.0, repairs: 10.0 };
        let closed = (3.0 * 0.01 + 10.0) / (2.0 * 0.01 * 0.01);
        assert!((failures.days_to_none(2) / closed - 1.0).abs() < 1e-9);
    }
}
