//! Version profiles: what a release of Kafka did, as switches of one rule set, and the defaults that came with it.
//! A profile is where a set-up starts from; each of its switches and defaults can be changed alone.

use crate::presets::Preset;
use crate::scenario::Setup;
use crate::settings::{
    Acks, AssignmentStrategy, ClusterSettings, ConsumerSettings, ProducerSettings, SettingId, TopicSettings,
    VersionSettings,
};
use serde::{Deserialize, Serialize};

/// A release of Kafka, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Profile {
    /// 0.10: followers truncate to their high watermark; no idempotence.
    V0_10,
    /// 0.11: followers ask where their last epoch ends, once (KIP-101).
    V0_11,
    /// 2.0: they ask until the answer is of an epoch they know (KIP-279).
    V2_0,
    /// 2.4, of which the first printings of "Kafka: The Definitive Guide" speak: session 6 s, lag 10 s.
    Tdg2_4,
    /// 2.5: session 18 s, lag 30 s (KIP-537).
    Tdg2_5,
    /// 3.5 with ZooKeeper: ISR changes go through the controller (KIP-497), divergence is told by fetches (KIP-595).
    Zk3,
    /// 3.6 with KRaft.
    KRaft3_6,
    /// 3.9: the high watermark stands still below min ISR (since 3.7).
    KRaft3_9,
    /// 4.0: eligible leader replicas are there, but off.
    KRaft4_0,
    /// 4.1 to 4.3: eligible leader replicas are on in new clusters.
    KRaft4_3,
}

impl Profile {
    /// All profiles, oldest first.
    pub const ALL: [Profile; 10] = [
        Profile::V0_10,
        Profile::V0_11,
        Profile::V2_0,
        Profile::Tdg2_4,
        Profile::Tdg2_5,
        Profile::Zk3,
        Profile::KRaft3_6,
        Profile::KRaft3_9,
        Profile::KRaft4_0,
        Profile::KRaft4_3,
    ];

    /// The one that counts where none is named.
    pub const CURRENT: Profile = Profile::KRaft4_3;

    /// The profile's name in files, in links and on the page.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::V0_10 => "0.10",
            Profile::V0_11 => "0.11",
            Profile::V2_0 => "2.0",
            Profile::Tdg2_4 => "TDG-2.4",
            Profile::Tdg2_5 => "TDG-2.5",
            Profile::Zk3 => "ZK-3.x",
            Profile::KRaft3_6 => "KRaft-3.6",
            Profile::KRaft3_9 => "KRaft-3.9",
            Profile::KRaft4_0 => "KRaft-4.0",
            Profile::KRaft4_3 => "4.3",
        }
    }

    /// The profile of this name; the newest is also called `KRaft-4.1+`.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = if name == "KRaft-4.1+" { Profile::CURRENT.name() } else { name };
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    const fn since(self, first: Profile) -> bool {
        first as u8 <= self as u8
    }

    /// What this release did.
    pub const fn version(self) -> VersionSettings {
        let (at_2_4, at_3_5) = (self.since(Profile::Tdg2_4), self.since(Profile::Zk3));
        let (at_3_6, at_3_9) = (self.since(Profile::KRaft3_6), self.since(Profile::KRaft3_9));
        let at_4_0 = self.since(Profile::KRaft4_0);
        VersionSettings {
            epoch_trunc: self.since(Profile::V0_11),
            epoch_trunc_iter: self.since(Profile::V2_0),
            trunc_on_fetch: at_3_5,
            trunc_every_epoch: at_2_4,
            epoch_fence_fetch: at_2_4,
            expand_from_epoch_start: at_2_4,
            consumer_validate: at_2_4,
            producer_state_kept: at_2_4,
            hw_push: at_2_4 && !at_3_5,
            kraft: at_3_6,
            alter_partition: at_3_5,
            isr_fenced_check: at_3_5,
            isr_broker_epoch: at_3_6,
            isr_shrink_bumps_epoch: false,
            hw_min_isr_gate: at_3_9,
            eff_min_isr: at_3_9,
            clean_file_epoch: at_3_9,
            lkl_bug: !self.since(Profile::KRaft4_3),
            pre_vote: at_4_0,
            preferred_cleared: at_3_5,
            leader_hint: at_3_9,
            exp_backoff: at_3_9,
            txn_verify: at_3_6,
            tv2: at_4_0,
        }
    }

    /// Its defaults for brokers and controllers.
    pub const fn cluster(self) -> ClusterSettings {
        let at_2_5 = self.since(Profile::Tdg2_5);
        ClusterSettings {
            replica_lag_time_max_ms: if at_2_5 { 30_000 } else { 10_000 },
            zookeeper_session_timeout_ms: if at_2_5 { 18_000 } else { 6_000 },
            num_recovery_threads_per_data_dir: if self.since(Profile::KRaft4_0) { 2 } else { 1 },
            eligible_leader_replicas_version: self.since(Profile::KRaft4_3) as u8,
            offsets_retention_minutes: if self.since(Profile::V2_0) { 10_080 } else { 1_440 },
            ..ClusterSettings::defaults()
        }
    }

    /// Its defaults for a topic.
    pub const fn topic(self) -> TopicSettings {
        TopicSettings {
            unclean_leader_election_enable: !self.since(Profile::V0_11),
            max_message_bytes: if self.since(Profile::Tdg2_5) { 1_048_588 } else { 1_000_012 },
            ..TopicSettings::defaults()
        }
    }

    /// The default of `delivery.timeout.ms`. Before 2.1 there was none, and a queued batch expired after
    /// `request.timeout.ms` from the end of its linger on.
    pub const fn delivery_timeout_ms(self, linger_ms: u32) -> u32 {
        if self.since(Profile::Tdg2_4) { 120_000 } else { 30_000 + linger_ms }
    }

    /// Its defaults for a producer.
    pub const fn producer(self) -> ProducerSettings {
        let (at_2_1, at_3_0) = (self.since(Profile::Tdg2_4), self.since(Profile::Zk3));
        ProducerSettings {
            acks: if at_3_0 { Acks::All } else { Acks::Leader },
            enable_idempotence: at_3_0,
            retries: if at_2_1 { 2_147_483_647 } else { 0 },
            delivery_timeout_ms: self.delivery_timeout_ms(0),
            linger_ms: if self.since(Profile::KRaft4_0) { 5 } else { 0 },
            ..ProducerSettings::defaults()
        }
    }

    /// Its defaults for a consumer.
    pub const fn consumer(self) -> ConsumerSettings {
        ConsumerSettings {
            session_timeout_ms: if self.since(Profile::Zk3) { 45_000 } else { 10_000 },
            partition_assignment_strategy: if self.since(Profile::Zk3) {
                AssignmentStrategy::RangeOrCooperative
            } else {
                AssignmentStrategy::Range
            },
            ..ConsumerSettings::defaults()
        }
    }

    /// Is there idempotence?
    pub const fn has_idempotence(self) -> bool {
        self.since(Profile::V0_11)
    }

    /// A setting's default in this release.
    pub fn default_of(self, setting: SettingId) -> i64 {
        setting.get(&Preset::Defaults.setup_in(self))
    }
}

impl Setup {
    /// The same in another release: what differs from its preset stays, what does not becomes that release's default.
    #[must_use]
    pub fn in_profile(&self, profile: Profile) -> Setup {
        let mut setup = self.preset.setup_in(profile);
        for setting in self.changed() {
            setting.set(&mut setup, setting.get(self));
        }
        setup
    }

    /// Are eligible leader replicas kept? ZooKeeper's controller does not know them.
    pub fn keeps_elr(&self) -> bool {
        self.version.kraft && self.cluster.eligible_leader_replicas_version != 0
    }

    /// How long a broker may be silent before it counts as dead: its session at the controller, or at ZooKeeper
    ///
    pub fn broker_session_timeout_ms(&self) -> u32 {
        if self.version.kraft {
            self.cluster.broker_session_timeout_ms
        } else {
            self.cluster.zookeeper_session_timeout_ms
        }
    }

    /// How often it says that it lives; ZooKeeper's clients do so three times a session.
    pub fn broker_heartbeat_interval_ms(&self) -> u32 {
        if self.version.kraft {
            self.cluster.broker_heartbeat_interval_ms
        } else {
            self.cluster.zookeeper_session_timeout_ms / 3
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_profile_is_the_catalogue() {
        let setup = Preset::Defaults.setup();
        for setting in SettingId::ALL.iter().copied() {
            assert_eq!(setting.get(&setup), setting.default_value(), "{}", setting.name());
        }
        assert_eq!(Profile::by_name("KRaft-4.1+"), Some(Profile::CURRENT));
    }

    #[test]
    fn every_switch_is_turned_by_some_profile_but_those_of_releases_between_them() {
        let switches = SettingId::ALL.iter().filter(|id| id.group() == crate::settings::Group::Version);
        for switch in switches {
            let turned = Profile::ALL.iter().any(|profile| profile.default_of(*switch) != switch.default_value());
            // KRaft before 3.6, between two profiles.
            assert_eq!(turned, *switch != SettingId::IsrShrinkBumpsEpoch, "{}", switch.name());
        }
    }

    /// Section 8's history of defaults (8.1 to 8.4).
    #[test]
    fn defaults_follow_the_releases() {
        let of = |setting: SettingId| Profile::ALL.map(|profile| profile.default_of(setting));
        assert_eq!(of(SettingId::ReplicaLagTimeMax)[3..5], [10_000, 30_000]);
        assert_eq!(of(SettingId::ZooKeeperSessionTimeout)[3..5], [6_000, 18_000]);
        assert_eq!(of(SettingId::Acks), [1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
        assert_eq!(of(SettingId::Idempotence), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
        assert_eq!(of(SettingId::Linger), [0, 0, 0, 0, 0, 0, 0, 0, 5, 5]);
        assert_eq!(of(SettingId::Retries)[..4], [0, 0, 0, 2_147_483_647]);
        assert_eq!(of(SettingId::SessionTimeout)[4..6], [10_000, 45_000]);
        assert_eq!(of(SettingId::UncleanElection)[..2], [1, 0]);
        assert_eq!(of(SettingId::EligibleLeaderReplicas)[8..], [0, 1]);
        assert_eq!(of(SettingId::RecoveryThreads)[7..9], [1, 2]);
    }

    #[test]
    fn another_release_keeps_what_was_changed() {
        let mut setup = Preset::Payments.setup();
        SettingId::Linger.set(&mut setup, 20);
        let old = setup.in_profile(Profile::Tdg2_4);
        assert_eq!((old.producer.linger_ms, old.producer.acks), (20, Acks::All), "payments asks for acks=all itself");
        assert_eq!(old.cluster.replica_lag_time_max_ms, 10_000);
        assert_eq!(old.changed().collect::<Vec<_>>(), [SettingId::Linger]);
        assert_eq!(old.in_profile(Profile::CURRENT), setup);
    }

    #[test]
    fn every_profile_can_be_run() {
        for profile in Profile::ALL {
            for preset in Preset::ALL {
                let duration = crate::Duration::from_secs(10);
                let scenario = crate::Scenario { setup: preset.setup_in(profile), faults: vec![], seed: 1, duration };
                assert_eq!(scenario.check(), [], "{preset:?} in {}", profile.name());
            }
        }
    }
}
