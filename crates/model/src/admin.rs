//! What an administrator asks a cluster for: other replicas, another leader, other configuration.

use crate::ids::{BrokerId, BrokerSet, PartitionId};
use crate::settings::SettingId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A request of an administrator. A scenario has it as a fault of kind `Admin`: something done at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AdminAction {
    /// AlterPartitionReassignments: the partition is to have these replicas.
    Reassign {
        /// Which.
        partition: PartitionId,
        /// Its replicas at the end, the preferred leader first.
        replicas: ReplicaList,
    },
    /// AlterPartitionReassignments without replicas: a reassignment under way is undone.
    CancelReassignment {
        /// Of which partition.
        partition: PartitionId,
    },
    /// ElectLeaders.
    ElectLeaders {
        /// How far it may go.
        election: ElectionKind,
        /// Of one partition; none: of all.
        partition: Option<PartitionId>,
    },
    /// IncrementalAlterConfigs: a dynamic value, or none any more.
    SetConfig {
        /// Of what.
        scope: ConfigScope,
        /// Which setting, one of [`SettingId::is_dynamic`].
        setting: SettingId,
        /// The value; none takes a dynamic value away.
        value: Option<i64>,
    },
    /// CreatePartitions: the topic is to have so many.
    CreatePartitions {
        /// All of them, those that there are included.
        count: u16,
    },
    /// DeleteRecords: the log of a partition begins at this offset.
    DeleteRecords {
        /// Of which partition.
        partition: PartitionId,
        /// The first offset that stays.
        before: u64,
    },
}

/// How far an election that is asked for may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ElectionKind {
    /// To the preferred replica, if it is in sync.
    Preferred,
    /// To any live replica, where nobody leads.
    Unclean,
}

/// Whose configuration a dynamic value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConfigScope {
    /// The scenario's topic: stronger than every other.
    Topic,
    /// One broker's.
    Broker(BrokerId),
    /// All brokers', where they have none of their own.
    Cluster,
}

/// Up to twelve brokers in order, as one number: four bits a broker, the first lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReplicaList(u64);

/// The longest list.
const REPLICAS_MAX: u32 = 12;

impl ReplicaList {
    /// The list of these brokers; none where it is longer than a cluster has brokers.
    pub fn of(brokers: impl IntoIterator<Item = BrokerId>) -> Option<Self> {
        let mut packed = 0;
        for (place, broker) in (0..).zip(brokers) {
            if place == REPLICAS_MAX || 15 < broker.0 {
                return None;
            }
            packed |= u64::from(broker.0) << (4 * place);
        }
        Some(Self(packed))
    }

    /// The brokers, in order.
    pub fn iter(self) -> impl Iterator<Item = BrokerId> {
        (0..REPLICAS_MAX).map(move |place| BrokerId((self.0 >> (4 * place) & 15) as u8)).take_while(|id| id.0 != 0)
    }

    /// The brokers, without order.
    pub fn set(self) -> BrokerSet {
        self.iter().collect()
    }
}

impl fmt::Display for ReplicaList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, broker) in self.iter().enumerate() {
            let dash = if place == 0 { "" } else { "-" };
            write!(f, "{dash}{}", broker.0)?;
        }
        Ok(())
    }
}

impl fmt::Display for ElectionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ElectionKind::Preferred => "preferred",
            ElectionKind::Unclean => "unclean",
        })
    }
}

impl fmt::Display for ConfigScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigScope::Topic => f.write_str("topic"),
            ConfigScope::Broker(broker) => broker.fmt(f),
            ConfigScope::Cluster => f.write_str("cluster"),
        }
    }
}

/// As links and files spell it; [`read_action`] reads it.
impl fmt::Display for AdminAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdminAction::Reassign { partition, replicas } => write!(f, "reassign.{}.{replicas}", partition.0),
            AdminAction::CancelReassignment { partition } => write!(f, "cancel-reassignment.{}", partition.0),
            AdminAction::ElectLeaders { election, partition: None } => write!(f, "elect.{election}"),
            AdminAction::ElectLeaders { election, partition: Some(of) } => write!(f, "elect.{election}.{}", of.0),
            AdminAction::SetConfig { scope, setting, value } => {
                let value = value.map_or_else(|| "unset".to_owned(), |value| setting.write(value));
                write!(f, "config.{scope}.{}={value}", setting.name())
            }
            AdminAction::CreatePartitions { count } => write!(f, "create-partitions.{count}"),
            AdminAction::DeleteRecords { partition, before } => write!(f, "delete-records.{}.{before}", partition.0),
        }
    }
}

/// Reads an action as its `Display` writes it.
pub fn read_action(text: &str) -> Option<AdminAction> {
    let (word, rest) = text.split_once('.')?;
    Some(match word {
        "reassign" => {
            let (partition, brokers) = rest.split_once('.')?;
            let brokers: Option<Vec<BrokerId>> =
                brokers.split('-').map(|id| digits(id).filter(|id| *id != 0).map(BrokerId)).collect();
            let replicas = ReplicaList::of(brokers?)?;
            AdminAction::Reassign { partition: PartitionId(digits(partition)?), replicas }
        }
        "cancel-reassignment" => AdminAction::CancelReassignment { partition: PartitionId(digits(rest)?) },
        "elect" => {
            let (election, partition) = rest.split_once('.').map_or((rest, None), |(kind, of)| (kind, Some(of)));
            let kinds = [ElectionKind::Preferred, ElectionKind::Unclean];
            let election = kinds.into_iter().find(|kind| kind.to_string() == election)?;
            let partition = match partition {
                Some(of) => Some(PartitionId(digits(of)?)),
                None => None,
            };
            AdminAction::ElectLeaders { election, partition }
        }
        "config" => read_config(rest)?,
        "create-partitions" => AdminAction::CreatePartitions { count: digits(rest)? },
        "delete-records" => {
            let (partition, before) = rest.split_once('.')?;
            AdminAction::DeleteRecords { partition: PartitionId(digits(partition)?), before: digits(before)? }
        }
        _ => return None,
    })
}

fn read_config(text: &str) -> Option<AdminAction> {
    let (scope, rest) = text.split_once('.')?;
    let (name, value) = rest.split_once('=')?;
    let scope = match scope {
        "topic" => ConfigScope::Topic,
        "cluster" => ConfigScope::Cluster,
        broker => ConfigScope::Broker(BrokerId(digits(broker.strip_prefix('b')?)?)),
    };
    let setting = SettingId::by_name(name)?;
    let value = match value {
        "unset" => None,
        value => Some(setting.read(value)?),
    };
    Some(AdminAction::SetConfig { scope, setting, value })
}

/// A number without sign or blanks.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_read_as_it_was_written() {
        for text in [
            "reassign.3.2-1-12",
            "cancel-reassignment.0",
            "elect.preferred",
            "elect.unclean.7",
            "config.topic.min.insync.replicas=2",
            "config.b3.unclean.leader.election.enable=true",
            "config.cluster.retention.bytes=unset",
            "create-partitions.12",
            "delete-records.1.60",
        ] {
            let action = read_action(text).unwrap_or_else(|| panic!("{text} is an action"));
            assert_eq!(action.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_action_is_not_read() {
        for text in [
            "reassign",
            "reassign.0",
            "reassign.0.1-x",
            "reassign.0.1-2-3-4-5-6-7-8-9-10-11-12-13",
            "elect.any",
            "elect.unclean.",
            "elect.unclean.x",
            "config.topic.acks",
            "config.x1.acks=all",
            "config.topic.nothing=1",
            "delete-records.0.-1",
        ] {
            assert!(read_action(text).is_none_or(|action| action.to_string() != text), "{text}");
        }
    }
}
