//! The named starting points: the chapter's two cases, the case between them in its table, and the plain small cluster of
//! Kafka's defaults.

use crate::fault::{Fault, FaultKind, Target};
use crate::profile::Profile;
use crate::scenario::{Comparison, Lanes, PlacedFault, Setup};
use crate::settings::{
    Acks, Codec, CommitPolicy, ConsumerSettings, EnvironmentSettings, Isolation, OffsetReset, ProducerSettings,
    SendResult, TopicSettings, WorkloadSettings,
};
use crate::time::{Duration, Instant};
use serde::{Deserialize, Serialize};

/// A named set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Preset {
    /// Case 1 of the chapter: fintech payments.
    Payments,
    /// Case 2 of the chapter: clickstream.
    Clickstream,
    /// Kafka's defaults on three brokers.
    Defaults,
    /// What users do on a site, read by what recommends and personalises: between the two cases.
    Activity,
}

impl Preset {
    /// All presets.
    pub const ALL: [Preset; 4] = [Preset::Payments, Preset::Activity, Preset::Clickstream, Preset::Defaults];

    /// The preset's name in files and links.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Payments => "payments",
            Preset::Clickstream => "clickstream",
            Preset::Defaults => "defaults",
            Preset::Activity => "activity",
        }
    }

    /// The preset of this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The name of its topic.
    pub const fn topic(self) -> &'static str {
        match self {
            Preset::Payments => "payments",
            Preset::Clickstream => "clicks",
            Preset::Defaults => "records",
            Preset::Activity => "activity",
        }
    }

    /// Its settings, in today's Kafka.
    pub const fn setup(self) -> Setup {
        self.setup_in(Profile::CURRENT)
    }

    /// Its settings, in a release: what the preset does not ask for is that release's default.
    pub const fn setup_in(self, profile: Profile) -> Setup {
        match self {
            Preset::Payments => payments(profile),
            Preset::Clickstream => clickstream(profile),
            Preset::Defaults => defaults(profile),
            Preset::Activity => activity(profile),
        }
    }
}

const fn defaults(profile: Profile) -> Setup {
    Setup {
        preset: Preset::Defaults,
        profile,
        cluster: profile.cluster(),
        topic: profile.topic(),
        producer: profile.producer(),
        consumer: profile.consumer(),
        workload: WorkloadSettings::defaults(),
        environment: EnvironmentSettings::defaults(),
        version: profile.version(),
    }
}

/// Case 1: accuracy over speed, safety over cost, consistency over availability.
const fn payments(profile: Profile) -> Setup {
    let base = defaults(profile);
    Setup {
        preset: Preset::Payments,
        topic: TopicSettings { partitions: 12, min_insync_replicas: 2, ..base.topic },
        producer: ProducerSettings {
            acks: Acks::All,
            retries: i32::MAX,
            enable_idempotence: profile.has_idempotence(),
            max_in_flight_requests_per_connection: 1,
            ..base.producer
        },
        consumer: ConsumerSettings {
            enable_auto_commit: false,
            commit_policy: CommitPolicy::SyncAfter,
            isolation_level: Isolation::ReadCommitted,
            max_poll_records: 1,
            auto_offset_reset: OffsetReset::Earliest,
            ..base.consumer
        },
        workload: WorkloadSettings {
            producers: 6,
            consumers: 6,
            records_per_second: 1_000,
            record_bytes: 500,
            record_value_cents: 50_000,
            ..base.workload
        },
        ..base
    }
}

/// Case 2: speed over accuracy, cost over safety, availability over consistency.
const fn clickstream(profile: Profile) -> Setup {
    let base = defaults(profile);
    Setup {
        preset: Preset::Clickstream,
        topic: TopicSettings { partitions: 24, min_insync_replicas: 1, ..base.topic },
        producer: ProducerSettings {
            acks: Acks::Leader,
            enable_idempotence: false,
            batch_size: 65_536,
            linger_ms: 100,
            delivery_timeout_ms: profile.delivery_timeout_ms(100),
            compression_type: Codec::Snappy,
            send_result: SendResult::Ignore,
            ..base.producer
        },
        consumer: ConsumerSettings {
            enable_auto_commit: true,
            auto_commit_interval_ms: 5_000,
            fetch_min_bytes: 50_000,
            fetch_max_wait_ms: 500,
            ..base.consumer
        },
        workload: WorkloadSettings {
            producers: 10,
            consumers: 12,
            records_per_second: 1_000_000,
            record_bytes: 200,
            keys: 100_000,
            compression_ratio: 50,
            processing_time_us: 1,
            ..base.workload
        },
        ..base
    }
}

/// What the chapter's table calls user activity. The chapter names no settings for it; these were chosen before anything was
/// run. A lost event makes a recommendation slightly worse, and many lost ones make a model wrong: so records are
/// acknowledged by all in-sync replicas. To refuse a user's click helps nobody: so one in-sync replica is enough to go on
/// (min.insync.replicas 1). Profiles count, so retries may neither duplicate nor reorder: idempotence. Readers react within
/// a page view or two: batches wait for 20 ms, not for 100.
const fn activity(profile: Profile) -> Setup {
    let base = defaults(profile);
    Setup {
        preset: Preset::Activity,
        topic: TopicSettings { partitions: 24, min_insync_replicas: 1, ..base.topic },
        producer: ProducerSettings {
            acks: Acks::All,
            retries: i32::MAX,
            enable_idempotence: profile.has_idempotence(),
            batch_size: 32_768,
            linger_ms: 20,
            delivery_timeout_ms: profile.delivery_timeout_ms(20),
            compression_type: Codec::Lz4,
            ..base.producer
        },
        consumer: ConsumerSettings { enable_auto_commit: true, auto_commit_interval_ms: 5_000, ..base.consumer },
        workload: WorkloadSettings {
            producers: 8,
            consumers: 12,
            records_per_second: 100_000,
            record_bytes: 300,
            keys: 100_000,
            compression_ratio: 50,
            processing_time_us: 20,
            ..base.workload
        },
        ..base
    }
}

/// The first visit: both cases, and the leader of the busiest partition killed at 10 s.
pub fn first_visit() -> Comparison {
    Comparison {
        lanes: [Preset::Payments.setup(), Preset::Clickstream.setup()],
        faults: vec![PlacedFault {
            lanes: Lanes::Both,
            fault: Fault {
                at: Instant::from_millis(10_000),
                kind: FaultKind::ProcessCrash,
                target: Target::LeaderOfBusiest,
                duration: Some(Duration::from_secs(25)),
            },
        }],
        // Seed 142: the followers are a few batches behind when the leader dies, which they seldom are.
        seed: 142,
        duration: Duration::from_secs(60),
    }
}
