//! A symmetric share of a set-up: fewer partitions, with their share of the load and of the machines. Batches fill as
//! fast as in the whole, a request finds the same handlers and the same wires; there is less of everything.
//!
//! What is shared and why: producers stay as many, or each of their batches would fill faster. So each producer has a
//! share of its load, and its CPU, its buffer and its card are that much smaller. A broker answers as many requests as
//! in the whole, each with fewer partitions in it: time for a request stays, time for a byte grows. Consumers become
//! fewer, each with about as many partitions as before; their card is too small by the share, which no preset notices.

use highwater_model::Setup;

/// A share of a set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What runs.
    pub setup: Setup,
    /// So many of it are the whole.
    pub parts: u32,
}

/// Loads below this are run whole: there is little to spare.
const WHOLE_BELOW: u32 = 500;

/// With one producer alone there would be nobody beside the one whose request is lost.
const PRODUCERS_MIN: u32 = 2;

impl Share {
    /// The whole.
    pub fn whole(setup: &Setup) -> Self {
        Self { setup: setup.clone(), parts: 1 }
    }

    /// The smallest share in which every broker leads as many partitions as any other, if it did so in the whole.
    pub fn smallest(setup: &Setup) -> Self {
        let (partitions, brokers) = (u32::from(setup.topic.partitions), u32::from(setup.cluster.brokers));
        let even = partitions.is_multiple_of(brokers);
        let fits = |parts: &u32| {
            let left = partitions / parts;
            partitions.is_multiple_of(*parts) && brokers <= left && (!even || left.is_multiple_of(brokers))
        };
        if setup.workload.records_per_second < WHOLE_BELOW || setup.workload.keys == 0 {
            return Self::whole(setup);
        }
        Self::of(setup, (1..=partitions).rev().find(fits).unwrap_or(1))
    }

    /// The smallest share of the smallest share, in which there are fewer producers as well: for what an incident does,
    /// not for what is carried at most. Each producer stays as it is; brokers have fewer requests, and that many fewer
    /// threads. Cards and disks are as fast as before, which is too fast where they are nearly full.
    pub fn lightest(setup: &Setup) -> Self {
        let mut share = Self::smallest(setup);
        let producers = u32::from(setup.workload.producers);
        let fewest = (PRODUCERS_MIN..=producers).find(|few| producers.is_multiple_of(*few)).unwrap_or(producers);
        let times = producers / fewest;
        if setup.workload.records_per_second < WHOLE_BELOW || setup.workload.keys == 0 || times == 1 {
            return share;
        }
        let workload = &mut share.setup.workload;
        workload.producers = fewest as u8;
        workload.records_per_second = workload.records_per_second.div_ceil(times);
        // Consumers have that much less to read, and should be as busy as before.
        workload.processing_time_us = workload.processing_time_us.saturating_mul(times).min(60_000_000);
        let poll = &mut share.setup.environment.poll_cpu_ns;
        *poll = poll.saturating_mul(times).min(100_000_000);
        let threads = &mut share.setup.cluster.num_io_threads;
        *threads = u32::from(*threads).div_ceil(times) as u8;
        share.parts *= times;
        share
    }

    fn of(setup: &Setup, parts: u32) -> Self {
        let mut share = setup.clone();
        let workload = &mut share.workload;
        share.topic.partitions /= parts as u16;
        workload.records_per_second = workload.records_per_second.div_ceil(parts);
        workload.consumers = u32::from(workload.consumers).div_ceil(parts) as u8;
        workload.keys = workload.keys.div_ceil(parts);
        share.producer.buffer_memory =
            (share.producer.buffer_memory / u64::from(parts)).max(u64::from(share.producer.batch_size)).max(16_384);
        let environment = &mut share.environment;
        environment.network_mb_per_s = environment.network_mb_per_s.div_ceil(parts);
        environment.disk_mb_per_s = environment.disk_mb_per_s.div_ceil(parts);
        environment.append_cpu_ns_per_kb = environment.append_cpu_ns_per_kb.saturating_mul(parts).min(10_000_000);
        environment.send_cpu_ns = environment.send_cpu_ns.saturating_mul(parts).min(100_000_000);
        environment.dirty_background_mb = environment.dirty_background_mb.div_ceil(parts);
        environment.recovery_mb_per_s = environment.recovery_mb_per_s.div_ceil(parts);
        Self { setup: share, parts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;
    use highwater_model::{Duration, Scenario};

    #[test]
    fn every_broker_leads_as_many_partitions_of_a_share() {
        for (preset, parts) in [(Preset::Payments, 4), (Preset::Clickstream, 8), (Preset::Activity, 8)] {
            let share = Share::smallest(&preset.setup());
            assert_eq!((share.setup.topic.partitions, share.parts), (3, parts), "{}", preset.name());
            let light = Share::lightest(&preset.setup());
            assert_eq!(light.setup.workload.producers, 2, "{}", preset.name());
            let run = Scenario { setup: light.setup, faults: Vec::new(), seed: 1, duration: Duration::from_secs(1) };
            assert_eq!(run.check(), []);
        }
    }
}
