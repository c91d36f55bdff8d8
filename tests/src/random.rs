//! Random scenarios: small clusters, any settings that matter, scripts dense with faults.

use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::admin::{AdminAction, ConfigScope, ElectionKind, ReplicaList};
use highwater_model::presets::Preset;
use highwater_model::settings::SettingId;
use highwater_model::{
    BrokerId, ControllerId, Cut, Duration, Fault, FaultKind, Instant, PartitionId, Scenario, Setup, Target,
};

/// The scenario of this number: always the same one.
pub fn scenario(number: u64) -> Scenario {
    let mut dice = Seed(number).dice(Stream::Search(1));
    let duration = Duration::from_secs(dice.within(20, 60));
    loop {
        let setup = setup(&mut dice);
        let faults = (0..dice.within(1, 8)).map(|_| fault(&mut dice, &setup, duration)).collect();
        let scenario = Scenario { setup, faults, seed: number, duration };
        if scenario.check().is_empty() {
            return scenario;
        }
    }
}

/// The scenario of this number with administrators at work in it: replicas move, leaders are elected on demand, settings
/// change, log directories fail.
pub fn administered(number: u64) -> Scenario {
    let mut scenario = scenario(number);
    let mut dice = Seed(number).dice(Stream::Search(2));
    scenario.setup.cluster.log_dirs = pick(&mut dice, &[1, 2, 3]);
    let actions = dice.within(2, 8);
    for _ in 0..actions {
        let at = Instant(dice.within(0, scenario.duration.0 * 3 / 4));
        let kind = administration(&mut dice, &scenario.setup);
        let target = match kind {
            FaultKind::Admin(_) => Target::ActiveController,
            _ => target(&mut dice, &scenario.setup),
        };
        let lasts = Duration::from_millis(pick(&mut dice, &[200, 2_000, 10_000]));
        let duration = if dice.chance(1, 2) { Some(lasts) } else { None };
        scenario.faults.push(Fault { at, kind, target, duration });
    }
    scenario.faults.retain(|fault| fits(&scenario.setup, scenario.duration, *fault));
    scenario
}

fn fits(setup: &Setup, duration: Duration, fault: Fault) -> bool {
    Scenario { setup: setup.clone(), faults: vec![fault], seed: 0, duration }.check().is_empty()
}

fn administration(dice: &mut Dice, setup: &Setup) -> FaultKind {
    let brokers = u64::from(setup.cluster.brokers);
    let partition = PartitionId(dice.within(0, u64::from(setup.topic.partitions) - 1) as u16);
    let mut order: Vec<BrokerId> = (1..=setup.cluster.brokers).map(BrokerId).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, dice.within(0, last as u64) as usize);
    }
    order.truncate(dice.within(1, brokers.min(4)) as usize);
    let replicas = ReplicaList::of(order).expect("a cluster's brokers fit");
    let dir = dice.within(1, u64::from(setup.cluster.log_dirs)) as u8;
    let scope = pick(dice, &[ConfigScope::Topic, ConfigScope::Cluster]);
    let config = |setting, value| AdminAction::SetConfig { scope, setting, value };
    let election = pick(dice, &[ElectionKind::Preferred, ElectionKind::Preferred, ElectionKind::Unclean]);
    let before = dice.within(1, 2_000);
    let min_isr = i64::from(dice.within(1, 3) as u8);
    let actions = [
        AdminAction::Reassign { partition, replicas },
        AdminAction::Reassign { partition, replicas },
        AdminAction::Reassign { partition, replicas },
        AdminAction::CancelReassignment { partition },
        AdminAction::ElectLeaders { election, partition: None },
        AdminAction::ElectLeaders { election, partition: Some(partition) },
        config(SettingId::MinIsr, Some(min_isr)),
        config(SettingId::UncleanElection, Some(1)),
        config(SettingId::FlushMessages, Some(1)),
        config(SettingId::MaxMessageBytes, Some(2_000)),
        AdminAction::DeleteRecords { partition, before },
    ];
    let action = FaultKind::Admin(pick(dice, &actions));
    pick(dice, &[action, action, action, FaultKind::FailedDirectory { dir }, FaultKind::FullDirectory { dir }])
}

fn pick<T: Copy>(dice: &mut Dice, of: &[T]) -> T {
    of[dice.within(0, of.len() as u64 - 1) as usize]
}

fn setup(dice: &mut Dice) -> Setup {
    let preset = pick(dice, &[Preset::Payments, Preset::Clickstream, Preset::Defaults]);
    let mut setup = preset.setup();
    let mut set = |setting: SettingId, values: &[i64]| setting.set(&mut setup, pick(dice, values));
    set(SettingId::Brokers, &[3, 3, 3, 4, 5]);
    set(SettingId::Racks, &[1, 2, 3]);
    set(SettingId::Partitions, &[1, 3, 6]);
    set(SettingId::ReplicationFactor, &[1, 2, 3, 3, 3]);
    set(SettingId::MinIsr, &[1, 2, 2, 3]);
    set(SettingId::OffsetsPartitions, &[3]);
    set(SettingId::OffsetsReplicationFactor, &[1, 3]);
    set(SettingId::OffsetsMinIsr, &[1, 2]);
    set(SettingId::UncleanElection, &[0, 0, 0, 1]);
    set(SettingId::EligibleLeaderReplicas, &[0, 1, 1]);
    set(SettingId::ReplicaLagTimeMax, &[2_000, 10_000, 30_000]);
    set(SettingId::BrokerSessionTimeout, &[3_000, 9_000]);
    set(SettingId::BrokerHeartbeatInterval, &[500, 2_000]);
    set(SettingId::FlushMessages, &[1, 100, i64::MAX, i64::MAX]);
    set(SettingId::DirtyExpire, &[1_000, 30_000]);
    set(SettingId::WritebackInterval, &[500, 5_000]);
    set(SettingId::UncleanElectionInterval, &[3_000, 300_000]);
    set(SettingId::LeaderImbalanceCheck, &[5, 300]);
    set(SettingId::ControlledShutdown, &[0, 1, 1]);
    set(SettingId::ServerStart, &[100, 1_000, 5_000]);
    set(SettingId::Acks, &[0, 1, 2, 2]);
    set(SettingId::Idempotence, &[0, 1]);
    set(SettingId::MaxInFlight, &[1, 2, 5]);
    set(SettingId::Retries, &[0, 3, i64::from(i32::MAX), i64::from(i32::MAX)]);
    set(SettingId::RequestTimeout, &[1_000, 5_000, 30_000]);
    set(SettingId::DeliveryTimeout, &[6_000, 31_000, 120_000]);
    set(SettingId::Linger, &[0, 5, 50]);
    set(SettingId::BufferMemory, &[65_536, 33_554_432]);
    set(SettingId::MaxBlock, &[100, 5_000, 60_000]);
    set(SettingId::SendResult, &[0, 1, 2]);
    set(SettingId::AutoCommit, &[0, 1]);
    set(SettingId::AutoCommitInterval, &[100, 5_000]);
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
    set(SettingId::MaxPollInterval, &[2_000, 300_000]);
    set(SettingId::SessionTimeout, &[6_000, 45_000]);
    set(SettingId::HeartbeatInterval, &[500, 3_000]);
    set(SettingId::FetchMinBytes, &[1, 5_000]);
    set(SettingId::Producers, &[1, 2, 3]);
    set(SettingId::Consumers, &[1, 2, 3]);
    set(SettingId::RecordsPerSecond, &[20, 100, 300]);
    set(SettingId::Keys, &[0, 1, 100]);
    set(SettingId::Processing, &[0, 0, 1]);
    set(SettingId::ProcessingTime, &[10, 500, 3_000]);
    setup
}

fn target(dice: &mut Dice, setup: &Setup) -> Target {
    let broker = BrokerId(dice.within(1, u64::from(setup.cluster.brokers)) as u8);
    pick(
        dice,
        &[
            Target::Broker(broker),
            Target::Broker(broker),
            Target::LeaderOfBusiest,
            Target::LeaderOfBusiest,
            Target::FollowerOfBusiest(1),
            Target::Controller(ControllerId(1)),
            Target::ActiveController,
            Target::GroupCoordinator,
            Target::AllBrokers,
            Target::AllControllers,
            Target::Rack(1),
            Target::Producer(1),
            Target::Consumer(1),
            Target::AllConsumers,
        ],
    )
}

fn fault(dice: &mut Dice, setup: &Setup, duration: Duration) -> Fault {
    let at = Instant(dice.within(0, duration.0 * 3 / 4));
    let (aim, with) = (target(dice, setup), target(dice, setup));
    let cut = pick(dice, &[Cut::BothWays, Cut::BothWays, Cut::Inbound, Cut::Outbound]);
    let kind = pick(
        dice,
        &[
            FaultKind::ProcessCrash,
            FaultKind::ProcessCrash,
            FaultKind::PowerLoss,
            FaultKind::PowerLoss,
            FaultKind::ControlledStop,
            FaultKind::Restart,
            FaultKind::Pause,
            FaultKind::Cut { with, cut },
            FaultKind::Cut { with, cut },
            FaultKind::SlowLink { delay_ms: 40 },
            FaultKind::PacketLoss { per_mille: 200 },
            FaultKind::SlowDisk { factor: 100 },
            FaultKind::FullDisk,
            FaultKind::HungDisk,
            FaultKind::ClientSlow { factor: 50 },
            FaultKind::LoadBurst { percent: 400 },
            FaultKind::ClockStep { by_ms: 40_000 },
        ],
    );
    let lasts = Duration::from_millis(pick(dice, &[50, 500, 2_000, 5_000, 10_000, 15_000]));
    let duration = if dice.chance(4, 5) { Some(lasts) } else { None };
    Fault { at, kind, target: aim, duration }
}
