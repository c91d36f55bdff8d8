//! Dynamic configuration: values that an administrator sets while the cluster runs, as the metadata log has them. A
//! topic's own value is the strongest; then comes a broker's, then the cluster's (KIP-226).

use highwater_model::admin::ConfigScope;
use highwater_model::{BrokerId, Layout, PartitionId, SettingId, Setup, Topic};

/// A dynamic value, or that there is none any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Override {
    /// Of what.
    pub scope: ConfigScope,
    /// Which setting.
    pub setting: SettingId,
    /// Its value.
    pub value: Option<i64>,
}

/// All dynamic values; most clusters have none, and then a look-up is one comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configs(Vec<(ConfigScope, SettingId, i64)>);

impl Configs {
    /// Takes a change in.
    pub fn set(&mut self, change: Override) {
        self.0.retain(|(scope, setting, _)| (*scope, *setting) != (change.scope, change.setting));
        if let Some(value) = change.value {
            self.0.push((change.scope, change.setting, value));
        }
    }

    /// A dynamic value, if there is one.
    pub fn get(&self, scope: ConfigScope, setting: SettingId) -> Option<i64> {
        self.0.iter().find(|(of, which, _)| (*of, *which) == (scope, setting)).map(|(.., value)| *value)
    }

    /// A setting of the scenario's topic as it is in force at a broker (none: at the controller). What the scenario
    /// says of its topic is the topic's own where it is not Kafka's default; else a broker's or the cluster's dynamic
    /// value comes before it.
    fn of_topic(&self, setup: &Setup, setting: SettingId, at: Option<BrokerId>) -> i64 {
        let said = setting.get(setup);
        let own = (said != setting.default_value()).then_some(said);
        self.get(ConfigScope::Topic, setting).or(own).unwrap_or_else(|| self.of_cluster(setting, at, said))
    }

    fn of_cluster(&self, setting: SettingId, at: Option<BrokerId>, otherwise: i64) -> i64 {
        let broker = at.and_then(|broker| self.get(ConfigScope::Broker(broker), setting));
        broker.or_else(|| self.get(ConfigScope::Cluster, setting)).unwrap_or(otherwise)
    }

    /// `min.insync.replicas` of a partition's topic, not yet capped.
    #[inline]
    pub fn min_isr(&self, setup: &Setup, topic: Topic, at: Option<BrokerId>) -> u32 {
        let plain = setup.min_insync_replicas(topic);
        if self.0.is_empty() {
            return u32::from(plain);
        }
        let value = match topic {
            Topic::Data => self.of_topic(setup, SettingId::MinIsr, at),
            Topic::Offsets => self.of_cluster(SettingId::MinIsr, at, i64::from(plain)),
            Topic::Transactions => i64::from(plain), // it was created with a value of its own
        };
        value as u32
    }

    /// May a replica outside the ISR be elected? `__consumer_offsets` has no value of its own.
    pub fn unclean_election(&self, setup: &Setup, layout: &Layout, partition: PartitionId) -> bool {
        let value = match layout.is_data(partition) {
            true => self.of_topic(setup, SettingId::UncleanElection, None),
            false => self.of_cluster(SettingId::UncleanElection, None, 0),
        };
        value != 0
    }

    /// Another setting of the scenario's topic, at a broker.
    #[inline]
    pub fn topic(&self, setup: &Setup, setting: SettingId, at: BrokerId) -> i64 {
        if self.0.is_empty() { setting.get(setup) } else { self.of_topic(setup, setting, Some(at)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;

    #[test]
    fn p_sys_12_a_topics_value_beats_a_brokers_and_that_the_clusters() {
        let mut setup = Preset::Defaults.setup();
        let layout = setup.layout();
        let mut configs = Configs::default();
        let set = |configs: &mut Configs, scope, value| {
            configs.set(Override { scope, setting: SettingId::MinIsr, value });
        };
        let b2 = Some(BrokerId(2));
        setup.topic.min_insync_replicas = 1;
        set(&mut configs, ConfigScope::Cluster, Some(2));
        assert_eq!(configs.min_isr(&setup, Topic::Data, b2), 2);
        assert_eq!(configs.min_isr(&setup, Topic::Offsets, b2), 2);
        set(&mut configs, ConfigScope::Broker(BrokerId(2)), Some(3));
        assert_eq!((configs.min_isr(&setup, Topic::Data, b2), configs.min_isr(&setup, Topic::Data, None)), (3, 2));
        set(&mut configs, ConfigScope::Topic, Some(1));
        assert_eq!(configs.min_isr(&setup, Topic::Data, b2), 1);
        set(&mut configs, ConfigScope::Topic, None);
        setup.topic.min_insync_replicas = 4;
        assert_eq!(configs.min_isr(&setup, Topic::Data, b2), 4, "what the scenario gave the topic is the topic's own");
        assert!(!configs.unclean_election(&setup, &layout, PartitionId(0)));
    }
}
