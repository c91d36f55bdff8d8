//! What it costs to run a set-up: prices as data, each dated and with its source, and the formula over measured bytes.

use super::mix::{Grade, Source};
use super::sample::Calm;
use highwater_model::Setup;
use highwater_sim::Leg;
use serde::{Deserialize, Serialize};

/// Prices, in millionths of a dollar. Every one may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prices {
    /// A broker, an hour.
    pub broker_hour_micros: u64,
    /// A controller, an hour.
    pub controller_hour_micros: u64,
    /// A gigabyte (10^9 bytes) of storage, a month.
    pub storage_gb_month_micros: u64,
    /// A gigabyte from one zone to another, both sides together.
    pub cross_zone_gb_micros: u64,
}

/// Hours of a month, as clouds bill it.
const HOURS_A_MONTH: u64 = 730;
/// Seconds of a month of 30 days, as traffic is reckoned.
const SECONDS_A_MONTH: f64 = 2_592_000.0;
/// Where retention keeps everything, a year's records are paid for.
const FOREVER_DAYS: f64 = 365.0;

impl Prices {
    /// List prices of AWS in us-east-1.
    pub const STATED: Prices = Prices {
        broker_hour_micros: 192_000,
        controller_hour_micros: 96_000,
        storage_gb_month_micros: 80_000,
        cross_zone_gb_micros: 20_000,
    };

    /// Where the stated prices come from, in the order of the fields.
    pub const SOURCES: [Source; 4] = [
        Source { grade: Grade::A, read: "2026-08", says: "m5.xlarge, on demand (Infracost's price snapshot 95ba4f4)" },
        Source { grade: Grade::A, read: "2026-08", says: "m5.large, on demand (Infracost's price snapshot 95ba4f4)" },
        Source { grade: Grade::A, read: "2026-08", says: "EBS gp3 (Infracost's price snapshot 95ba4f4)" },
        Source {
            grade: Grade::A,
            read: "2026-08",
            says: "0.01 a GB on each side (Infracost's snapshot; billing test by Duckbill)",
        },
    ];
}

/// What a month costs, in dollars, part by part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Brokers and controllers.
    pub machines: f64,
    /// The logs of all replicas, as long as retention keeps them.
    pub storage: f64,
    /// Traffic of producers between zones.
    pub producers: f64,
    /// Traffic of replication between zones.
    pub replication: f64,
    /// Traffic of consumers between zones.
    pub consumers: f64,
}

impl Bill {
    /// A month of the set-up, by the bytes of a calm stretch. Zones are racks; what stays in a rack is free.
    pub fn of(setup: &Setup, calm: &Calm, prices: &Prices) -> Self {
        let dollars = |micros: u64| micros as f64 / 1e6;
        let seconds = calm.span.as_secs_f64();
        let (brokers, controllers) = (u64::from(setup.cluster.brokers), u64::from(setup.cluster.controllers));
        let hourly = brokers * prices.broker_hour_micros + controllers * prices.controller_hour_micros;
        let gigabytes_a_second = |bytes: u64| bytes as f64 / 1e9 / seconds;
        let crossing = |leg: Leg| {
            let a_month = gigabytes_a_second(calm.across[leg as usize]) * SECONDS_A_MONTH;
            a_month * dollars(prices.cross_zone_gb_micros)
        };
        let replicas = f64::from(setup.topic.replication_factor);
        let kept = gigabytes_a_second(calm.appended) * 86_400.0 * retention_days(setup);
        let kept = match setup.topic.retention_bytes {
            ..0 => kept,
            limit => kept.min(limit as f64 * f64::from(setup.topic.partitions) / 1e9),
        };
        Self {
            machines: dollars(hourly * HOURS_A_MONTH),
            storage: kept * replicas * dollars(prices.storage_gb_month_micros),
            producers: crossing(Leg::Producers),
            replication: crossing(Leg::Replication) + crossing(Leg::Control),
            consumers: crossing(Leg::Consumers),
        }
    }

    /// The whole bill.
    pub fn total(&self) -> f64 {
        self.machines + self.storage + self.producers + self.replication + self.consumers
    }
}

fn retention_days(setup: &Setup) -> f64 {
    match setup.topic.retention_ms {
        ..0 => FOREVER_DAYS,
        millis => (millis as f64 / 86_400_000.0).min(FOREVER_DAYS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::Duration;
    use highwater_model::presets::Preset;

    /// The published example of 100 MB/s, replication factor 3, 7 days, three groups of readers: 14 515.2 $ of storage
    /// and 24 192 $ of traffic between zones, at their prices (calibration sources, 4.2).
    #[test]
    fn the_published_example_comes_out_to_the_dollar() {
        let mut setup = Preset::Defaults.setup();
        setup.topic.replication_factor = 3;
        let second = Duration::from_secs(1);
        let third = 100_000_000 / 3;
        let across = [2 * third, 200_000_000, 6 * third, 0];
        let calm = Calm { span: second, appended: 100_000_000, across, ..Calm::default() };
        let bill = Bill::of(&setup, &calm, &Prices::STATED);
        assert!((bill.storage - 14_515.2).abs() < 0.1, "{bill:?}");
        let traffic = bill.producers + bill.replication + bill.consumers;
        assert!((traffic - 24_192.0).abs() < 0.1, "{bill:?}");
    }
}
