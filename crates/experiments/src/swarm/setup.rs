//! Random set-ups: small clusters of any release, with any settings that matter. Timeouts are short, so that a short storm
//! has room for what they lead to.

use super::draw::pick;
use highwater_kernel::Dice;
use highwater_model::Setup;
use highwater_model::presets::Preset;
use highwater_model::profile::Profile;
use highwater_model::settings::{Group, GroupProtocol, InstanceIds, SettingId};

/// A set-up of any release, with any settings that matter.
pub fn setup(dice: &mut Dice) -> Setup {
    let preset = pick(dice, &Preset::ALL);
    let mut setup = preset.setup_in(release(dice));
    switches(&mut setup, dice);
    cluster(&mut setup, dice);
    producers(&mut setup, dice);
    consumers(&mut setup, dice);
    workload(&mut setup, dice);
    if setup.profile.has_idempotence() && dice.chance(1, 4) {
        transactions(&mut setup, dice);
    }
    if !setup.version.eff_min_isr {
        attainable(&mut setup);
    }
    setup
}

/// A release that does not cap min ISR takes nothing where fewer replicas are.
fn attainable(setup: &mut Setup) {
    for (least, replicas) in [
        (SettingId::MinIsr, SettingId::ReplicationFactor),
        (SettingId::OffsetsMinIsr, SettingId::OffsetsReplicationFactor),
        (SettingId::TransactionMinIsr, SettingId::TransactionReplicationFactor),
    ] {
        least.set(setup, least.get(setup).min(replicas.get(setup)));
    }
}

/// Today's in half of all scripts, for it promises most.
fn release(dice: &mut Dice) -> Profile {
    if dice.chance(1, 2) { Profile::CURRENT } else { pick(dice, &Profile::ALL) }
}

/// Fixes of bugs that lost committed records. A release without one of them promises so little that its other mechanisms
/// are hardly judged.
const FIXES: [SettingId; 6] = [
    SettingId::EpochTrunc,
    SettingId::EpochTruncIter,
    SettingId::TruncEveryEpoch,
    SettingId::EpochFenceFetch,
    SettingId::ExpandFromEpochStart,
    SettingId::IsrBrokerEpoch,
];

/// Half of the old releases have the fixes that came later; now and then any switch is turned.
fn switches(setup: &mut Setup, dice: &mut Dice) {
    if dice.chance(1, 2) {
        FIXES.iter().for_each(|fix| fix.set(setup, 1));
    }
    if dice.chance(1, 8) {
        let switches: Vec<SettingId> =
            SettingId::ALL.iter().copied().filter(|setting| setting.group() == Group::Version).collect();
        let switch = pick(dice, &switches);
        switch.set(setup, 1 - switch.get(setup));
    }
}

fn cluster(setup: &mut Setup, dice: &mut Dice) {
    let mut set = |setting: SettingId, values: &[i64]| setting.set(setup, pick(dice, values));
    set(SettingId::Brokers, &[3, 3, 3, 4, 5]);
    set(SettingId::Racks, &[1, 2, 3]);
    set(SettingId::Controllers, &[1, 3, 3, 3, 5]);
    set(SettingId::Partitions, &[1, 1, 3, 6]);
    set(SettingId::ReplicationFactor, &[1, 2, 3, 3, 3]);
    set(SettingId::MinIsr, &[1, 2, 2, 3]);
    set(SettingId::OffsetsPartitions, &[3]);
    set(SettingId::OffsetsReplicationFactor, &[1, 3]);
    set(SettingId::OffsetsMinIsr, &[1, 2]);
    set(SettingId::UncleanElection, &[0, 0, 0, 1]);
    set(SettingId::EligibleLeaderReplicas, &[0, 1, 1]);
    set(SettingId::ReplicaLagTimeMax, &[1_000, 2_000, 10_000]);
    set(SettingId::BrokerSessionTimeout, &[1_500, 3_000, 9_000]);
    set(SettingId::BrokerHeartbeatInterval, &[300, 500]);
    set(SettingId::ZooKeeperSessionTimeout, &[1_500, 3_000, 9_000]);
    set(SettingId::SegmentBytes, &[1_048_576, 1_073_741_824]);
    set(SettingId::RetentionBytes, &[-1, -1, 1_048_576]);
    set(SettingId::RetentionCheckInterval, &[1_000]);
    set(SettingId::FlushMessages, &[1, 100, i64::MAX, i64::MAX]);
    set(SettingId::DirtyExpire, &[1_000, 30_000]);
    set(SettingId::WritebackInterval, &[500, 5_000]);
    set(SettingId::UncleanElectionInterval, &[1_000, 3_000]);
    set(SettingId::LeaderImbalanceCheck, &[5, 300]);
    set(SettingId::ControlledShutdown, &[0, 1, 1]);
    set(SettingId::ServerStart, &[100, 500, 2_000]);
    if !setup.version.hw_min_isr_gate {
        // No release has the one without the other: the high watermark would pass whom the controller may elect.
        SettingId::EligibleLeaderReplicas.set(setup, 0);
    }
}

fn producers(setup: &mut Setup, dice: &mut Dice) {
    let mut set = |setting: SettingId, values: &[i64]| setting.set(setup, pick(dice, values));
    set(SettingId::Acks, &[0, 1, 2, 2]);
    set(SettingId::MaxInFlight, &[1, 2, 5]);
    set(SettingId::Retries, &[0, 3, i64::from(i32::MAX), i64::from(i32::MAX)]);
    set(SettingId::RequestTimeout, &[1_000, 3_000, 8_000]);
    set(SettingId::DeliveryTimeout, &[9_000, 15_000, 30_000]);
    set(SettingId::Linger, &[0, 5, 50]);
    set(SettingId::BufferMemory, &[65_536, 33_554_432]);
    set(SettingId::MaxBlock, &[100, 2_000, 8_000]);
    set(SettingId::SendResult, &[0, 1, 2]);
    let idempotence: &[i64] = if setup.profile.has_idempotence() { &[0, 1, 1] } else { &[0] };
    SettingId::Idempotence.set(setup, pick(dice, idempotence));
}

fn consumers(setup: &mut Setup, dice: &mut Dice) {
    let mut set = |setting: SettingId, values: &[i64]| setting.set(setup, pick(dice, values));
    set(SettingId::AutoCommit, &[0, 1]);
    set(SettingId::AutoCommitInterval, &[100, 2_000]);
    set(SettingId::CommitPolicy, &[0, 1, 2, 3]);
    set(SettingId::AutoOffsetReset, &[0, 1, 2, 3]);
    set(SettingId::ResetDuration, &[1_000, 3_600_000]);
    set(SettingId::Protocol, &[0, 1]);
    set(SettingId::Strategy, &[0, 1, 2, 3, 4]);
    set(SettingId::RemoteAssignment, &[0, 1]);
    set(SettingId::StaticMembers, &[0, 0, 1]);
    set(SettingId::GroupConsumerSessionTimeout, &[6_000, 45_000]);
    set(SettingId::GroupConsumerHeartbeatInterval, &[500, 3_000]);
    set(SettingId::OffsetsRetention, &[1, 10_080]);
    set(SettingId::OffsetsRetentionCheck, &[5_000, 600_000]);
    set(SettingId::MaxPollRecords, &[1, 50, 500]);
    set(SettingId::MaxPollInterval, &[2_000, 10_000]);
    set(SettingId::SessionTimeout, &[6_000, 10_000]);
    set(SettingId::HeartbeatInterval, &[300, 1_000]);
    set(SettingId::ConsumerRequestTimeout, &[1_000, 3_000, 8_000]);
    set(SettingId::DefaultApiTimeout, &[9_000, 20_000]);
    set(SettingId::FetchMinBytes, &[1, 5_000]);
    set(SettingId::Isolation, &[0, 0, 1]);
    set(SettingId::ReplicaSelectorClass, &[0, 0, 1]);
    set(SettingId::ClientRack, &[0, 1, 1]);
    if setup.consumer.group_protocol == GroupProtocol::Consumer {
        // A killed static member that is back within its session is refused (UNRELEASED_INSTANCE_ID), and its
        // application ends: nobody is left who could read on.
        setup.consumer.group_instance_id = InstanceIds::None;
    }
}

fn workload(setup: &mut Setup, dice: &mut Dice) {
    let mut set = |setting: SettingId, values: &[i64]| setting.set(setup, pick(dice, values));
    set(SettingId::Producers, &[1, 2, 3]);
    set(SettingId::Consumers, &[1, 2, 3]);
    set(SettingId::RecordsPerSecond, &[20, 60, 150]);
    set(SettingId::Keys, &[0, 1, 100]);
    set(SettingId::Processing, &[0, 0, 1]);
    set(SettingId::ProcessingTime, &[10, 500, 2_000]);
}

/// Producers write in transactions: idempotent, and trying on.
fn transactions(setup: &mut Setup, dice: &mut Dice) {
    let mut set = |setting: SettingId, values: &[i64]| setting.set(setup, pick(dice, values));
    set(SettingId::TransactionalId, &[1]);
    set(SettingId::Idempotence, &[1]);
    set(SettingId::Acks, &[2]);
    set(SettingId::Retries, &[i64::from(i32::MAX)]);
    set(SettingId::TransactionPartitions, &[1, 3]);
    set(SettingId::TransactionReplicationFactor, &[1, 3]);
    set(SettingId::TransactionMinIsr, &[1, 2]);
    set(SettingId::TransactionTimeout, &[3_000, 10_000]);
    set(SettingId::TransactionCleanupInterval, &[1_000, 5_000]);
    set(SettingId::TransactionCommitInterval, &[50, 500, 2_000]);
    set(SettingId::TransactionAbortEvery, &[0, 2, 5]);
    set(SettingId::Isolation, &[0, 1, 1]);
}
