//! The nouns of Highwater: ids, time, the settings catalogue, faults, scenarios, presets, files and links, and the
//! vocabulary in which a run tells what happened. No behaviour of Kafka lives here.

pub mod admin;
pub mod english;
pub mod fault;
pub mod file;
pub mod ids;
pub mod inspect;
pub mod kafka_config;
pub mod link;
pub mod machines;
pub mod place;
pub mod presets;
pub mod profile;
pub mod prose;
pub mod scenario;
pub mod settings;
pub mod spelling;
pub mod time;
pub mod trace;
pub mod view;

pub use admin::AdminAction;
pub use fault::{Cut, Fault, FaultKind, Target};
pub use ids::{BrokerId, BrokerSet, ControllerId, Layout, NodeId, PartitionId, Topic, TransactionalId};
pub use place::Place;
pub use profile::Profile;
pub use scenario::{Comparison, LaneId, Lanes, Problem, Scenario, Setup};
pub use settings::SettingId;
pub use time::{Duration, Instant};

/// The engine's version: two runs of one scenario are equal, bit for bit, where this is equal.
pub const ENGINE_VERSION: u32 = 1;
