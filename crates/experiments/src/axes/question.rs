//! What is asked: set-ups, settings to vary, which failures a year brings, and how soon an acknowledgement must come.

use super::mix::FailureMix;
use highwater_model::settings::{Acks, Scalar as _, UNLIMITED};
use highwater_model::{Duration, Instant, Problem, Scenario, SettingId, Setup};
use serde::{Deserialize, Serialize};

/// A setting, and the values that it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variation {
    /// Which.
    pub setting: SettingId,
    /// Its values, in the order in which they are shown.
    pub values: Vec<i64>,
}

/// A question to the engine: the five axes of one or two set-ups, at each of the values of up to two settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The set-ups: one, or the two of a comparison.
    pub lanes: Vec<Setup>,
    /// What is varied; of two settings every pair of values is a point. Without any, each lane is one point.
    pub vary: Vec<Variation>,
    /// Seed of all runs.
    pub seed: u64,
    /// What a year brings.
    pub mix: FailureMix,
    /// A record that is acknowledged later than this after its arrival is not in time.
    pub deadline: Duration,
}

/// A lane's set-up at a point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointSetup {
    /// The set-up.
    pub setup: Setup,
    /// Settings that had to follow the varied ones, with their values now.
    pub followed: Vec<(SettingId, i64)>,
    /// Why it cannot be run.
    pub problems: Vec<Problem>,
}

/// In which time a record must be acknowledged, unless a question says otherwise.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// The most points of a question: enough for two settings of seven values in two lanes.
pub const POINTS_MAX: usize = 200;

impl Question {
    /// How many combinations of values there are.
    pub fn points(&self) -> usize {
        self.vary.iter().map(|variation| variation.values.len()).product()
    }

    /// The values at a point, one for each varied setting. The last setting varies fastest.
    pub fn values(&self, mut point: usize) -> Vec<i64> {
        let mut values = Vec::with_capacity(self.vary.len());
        for variation in self.vary.iter().rev() {
            values.push(variation.values[point % variation.values.len()]);
            point /= variation.values.len();
        }
        values.reverse();
        values
    }

    /// A lane's set-up at a point.
    pub fn setup(&self, lane: usize, point: usize) -> PointSetup {
        let mut setup = self.lanes[lane].clone();
        let mut problems = Vec::new();
        for (variation, value) in self.vary.iter().zip(self.values(point)) {
            let (setting, range) = (variation.setting, variation.setting.range());
            if value < range.0 || range.1 < value {
                problems.push(Problem::OutOfRange { setting, value, range });
            } else {
                setting.set(&mut setup, value);
            }
        }
        let varied: Vec<SettingId> = self.vary.iter().map(|variation| variation.setting).collect();
        let followed = follow(&mut setup, &varied);
        let run = Scenario { setup, faults: Vec::new(), seed: self.seed, duration: Duration::from_secs(1) };
        problems.extend(run.check());
        PointSetup { setup: run.setup, followed, problems }
    }

    /// As bytes: two questions are the same where these are.
    pub fn encode(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("a question always fits in memory")
    }

    /// What `encode` wrote; none where it was not by this build.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }

    /// A key for what is known about it.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = highwater_kernel::Fingerprint::new();
        std::hash::Hasher::write(&mut hash, &self.encode());
        std::hash::Hasher::finish(&hash)
    }
}

/// Settings that must follow others or the set-up could not run: as an administrator would change them in the same
/// breath. What is varied itself stays.
fn follow(setup: &mut Setup, varied: &[SettingId]) -> Vec<(SettingId, i64)> {
    let mut followed = Vec::new();
    let mut give = |setup: &mut Setup, setting: SettingId, value: i64| {
        let (min, max) = setting.range();
        if !varied.contains(&setting) && setting.get(setup) != value && (min..=max).contains(&value) {
            setting.set(setup, value);
            followed.push((setting, value));
        }
    };
    // Kafka turns idempotence off by itself where a conflicting setting is given and idempotence is not.
    if setup.producer.enable_idempotence {
        if varied.contains(&SettingId::Idempotence) {
            give(setup, SettingId::Acks, Acks::All.to_number());
            give(setup, SettingId::MaxInFlight, i64::from(setup.producer.max_in_flight_requests_per_connection.min(5)));
            give(setup, SettingId::Retries, i64::from(setup.producer.retries.max(1)));
        } else if setup.producer.acks != Acks::All
            || setup.producer.retries == 0
            || 5 < setup.producer.max_in_flight_requests_per_connection
        {
            give(setup, SettingId::Idempotence, false.to_number());
        }
    }
    if setup.producer.transactional_id && !setup.producer.enable_idempotence {
        give(setup, SettingId::TransactionalId, false.to_number());
    }
    let factor = i64::from(setup.topic.replication_factor);
    give(setup, SettingId::Brokers, factor.max(i64::from(setup.cluster.brokers)));
    let brokers = i64::from(setup.cluster.brokers);
    for internal in [SettingId::OffsetsReplicationFactor, SettingId::TransactionReplicationFactor] {
        let value = internal.get(setup).min(brokers);
        give(setup, internal, value);
    }
    let min_isr = i64::from(setup.topic.min_insync_replicas).min(i64::from(setup.topic.replication_factor));
    give(setup, SettingId::MinIsr, min_isr);
    let patience = i64::from(setup.producer.linger_ms) + i64::from(setup.producer.request_timeout_ms);
    let delivery = i64::from(setup.producer.delivery_timeout_ms);
    if delivery < patience {
        let room = delivery - i64::from(setup.producer.linger_ms);
        match varied.contains(&SettingId::DeliveryTimeout) && 0 < room {
            true => give(setup, SettingId::RequestTimeout, room),
            false => give(setup, SettingId::DeliveryTimeout, patience),
        }
    }
    let heartbeat =
        i64::from(setup.consumer.session_timeout_ms / 3).min(i64::from(setup.consumer.heartbeat_interval_ms));
    give(setup, SettingId::HeartbeatInterval, heartbeat);
    let heartbeat = i64::from(setup.cluster.broker_session_timeout_ms / 3);
    give(
        setup,
        SettingId::BrokerHeartbeatInterval,
        heartbeat.min(i64::from(setup.cluster.broker_heartbeat_interval_ms)),
    );
    let batch = i64::from(setup.producer.batch_size);
    give(setup, SettingId::BufferMemory, batch.max(setup.producer.buffer_memory as i64));
    followed
}

/// Values of a setting worth a chart: every word of a choice; of a number a ladder around the lanes' values and
/// Kafka's default, at most [`VALUES_MAX`] with the lanes' own among them.
pub fn values(setting: SettingId, lanes: &[Setup]) -> Vec<i64> {
    let (min, max) = setting.range();
    if !setting.words().is_empty() || max.saturating_sub(min) < VALUES_MAX as i64 {
        return (min..=max).collect();
    }
    let own: Vec<i64> = lanes.iter().map(|setup| setting.get(setup)).collect();
    let mut values = own.clone();
    values.push(setting.default_value());
    // Twenty times up and down, in steps of 1, 2, 5.
    let largest = |value: &i64| *value != UNLIMITED && *value != i64::from(i32::MAX);
    let (low, high) = values
        .iter()
        .filter(|value| largest(value))
        .fold((i64::MAX, 0), |(low, high), value| (low.min(*value), high.max(*value)));
    let (low, high) = if high == 0 { (1, 1_000) } else { ((low / 20).max(1), high.saturating_mul(20)) };
    let mut ladder = Vec::new();
    let mut decade: i64 = 1;
    while decade <= high.min(i64::MAX / 10) {
        ladder.extend([1, 2, 5].map(|step| step * decade).into_iter().filter(|value| low <= *value && *value <= high));
        decade *= 10;
    }
    ladder.retain(|value| min <= *value && *value <= max);
    values.sort_unstable();
    values.dedup();
    let room = VALUES_MAX.saturating_sub(values.len());
    if !ladder.is_empty() && 0 < room {
        let steps = room.max(2) - 1;
        values.extend((0..room).map(|index| ladder[index * (ladder.len() - 1) / steps]));
    }
    values.sort_unstable();
    values.dedup();
    values
}

/// Values of a chart, at most.
pub const VALUES_MAX: usize = 7;

/// The moment at which a stretch of this length, begun at the start of a run, ends.
pub(crate) const fn moment(span: Duration) -> Instant {
    Instant(span.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;

    fn question(vary: Vec<Variation>) -> Question {
        let lanes = [Preset::Payments, Preset::Clickstream].map(Preset::setup).to_vec();
        Question { lanes, vary, seed: 1, mix: FailureMix::stated(), deadline: DEADLINE }
    }

    #[test]
    fn of_two_settings_every_pair_of_values_is_a_point() {
        let acks = Variation { setting: SettingId::Acks, values: vec![0, 1, 2] };
        let linger = Variation { setting: SettingId::Linger, values: vec![0, 5] };
        let question = question(vec![acks, linger]);
        assert_eq!(question.points(), 6);
        let pairs: Vec<_> = (0..6).map(|point| question.values(point)).collect();
        assert_eq!(pairs, [[0, 0], [0, 5], [1, 0], [1, 5], [2, 0], [2, 5]]);
    }

    #[test]
    fn a_question_is_read_as_it_was_written() {
        let asked = question(vec![Variation { setting: SettingId::Linger, values: vec![0, 5] }]);
        assert_eq!(Question::decode(&asked.encode()), Some(asked.clone()));
        let other = Question { seed: 2, ..asked.clone() };
        assert_ne!(other.fingerprint(), asked.fingerprint());
    }

    #[test]
    fn idempotence_follows_acks_as_in_kafka() {
        let question = question(vec![Variation { setting: SettingId::Acks, values: vec![1] }]);
        let point = question.setup(0, 0);
        assert_eq!((point.problems, point.followed), (Vec::new(), vec![(SettingId::Idempotence, 0)]));
    }

    #[test]
    fn a_value_out_of_range_is_a_problem_of_its_point() {
        let question = question(vec![Variation { setting: SettingId::ReplicationFactor, values: vec![3, 99] }]);
        assert!(question.setup(0, 0).problems.is_empty());
        assert_eq!(question.setup(0, 1).problems.len(), 1);
    }

    #[test]
    fn every_setting_has_values_among_them_the_lanes_own() {
        let lanes = [Preset::Payments, Preset::Clickstream].map(Preset::setup);
        for setting in SettingId::ALL.iter().copied() {
            let values = values(setting, &lanes);
            assert!((1..=VALUES_MAX).contains(&values.len()), "{}: {values:?}", setting.name());
            assert!(values.is_sorted(), "{}: {values:?}", setting.name());
            assert!(lanes.iter().all(|lane| values.contains(&setting.get(lane))), "{}: {values:?}", setting.name());
        }
        assert_eq!(values(SettingId::Acks, &lanes), [0, 1, 2]);
    }
}
