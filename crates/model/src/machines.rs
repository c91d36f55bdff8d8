//! Two named sets of machines: a small cluster on one computer, and a cluster in a cloud. Every number is derived from
//! published sources in `docs/calibration.md`, none from the anchors that it is checked against.

use crate::settings::EnvironmentSettings;

/// A named set of machines and their network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machines {
    /// Brokers and clients on one computer, in containers: two cores for all of them, one consumer drive.
    Laptop,
    /// Brokers and clients on instances of a cloud, in one to three zones, with a network volume each.
    Cloud,
}

impl Machines {
    /// All sets.
    pub const ALL: [Machines; 2] = [Machines::Laptop, Machines::Cloud];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Machines::Laptop => "laptop",
            Machines::Cloud => "cloud",
        }
    }

    /// The set of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|machines| machines.name() == name)
    }

    /// Its numbers.
    pub const fn environment(self) -> EnvironmentSettings {
        match self {
            Machines::Laptop => LAPTOP,
            Machines::Cloud => CLOUD,
        }
    }
}

const CLOUD: EnvironmentSettings = EnvironmentSettings {
    latency_same_rack_us: 100,
    latency_cross_rack_us: 450,
    latency_jitter_us: 30,
    network_mb_per_s: 1_250,
    disk_mb_per_s: 250,
    fsync_us: 1_000,
    writeback_interval_ms: 5_000,
    dirty_expire_ms: 30_000,
    dirty_background_mb: 1_600,
    request_cpu_us: 20,
    append_cpu_ns_per_kb: 600,
    send_cpu_ns: 1_000,
    request_send_cpu_us: 120,
    poll_cpu_ns: 400,
    process_exit_ms: 40,
    server_start_ms: 5_000,
    client_start_ms: 2_000,
    recovery_mb_per_s: 44,
};

const LAPTOP: EnvironmentSettings = EnvironmentSettings {
    latency_same_rack_us: 20,
    latency_cross_rack_us: 20,
    latency_jitter_us: 60,
    network_mb_per_s: 2_500,
    disk_mb_per_s: 200,
    fsync_us: 900,
    writeback_interval_ms: 5_000,
    dirty_expire_ms: 30_000,
    dirty_background_mb: 200,
    request_cpu_us: 50,
    append_cpu_ns_per_kb: 1_500,
    send_cpu_ns: 2_500,
    request_send_cpu_us: 300,
    poll_cpu_ns: 1_000,
    process_exit_ms: 140,
    server_start_ms: 11_000,
    client_start_ms: 5_000,
    recovery_mb_per_s: 200,
};
