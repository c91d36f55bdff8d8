//! Random scenarios: small clusters, any settings that matter, a short storm dense with faults, and then calm, in which
//! everything is healed and must come right.

use super::setup::setup;
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::admin::{AdminAction, ConfigScope, ElectionKind, ReplicaList};
use highwater_model::settings::SettingId;
use highwater_model::{
    BrokerId, ControllerId, Cut, Duration, Fault, FaultKind, Instant, PartitionId, Scenario, Setup, Target, Topic,
};

/// How long the calm lasts: longer than every session, back-off and rebalance that a storm can leave behind.
pub const CALM: Duration = Duration::from_secs(75);

/// The scenario of this number: always the same one.
pub fn scenario(number: u64) -> Scenario {
    let mut dice = Seed(number).dice(Stream::Search(1));
    loop {
        let mut setup = setup(&mut dice);
        let storm = Duration::from_secs(dice.within(5, 25));
        let mut faults: Vec<Fault> = (0..dice.within(1, 12)).map(|_| fault(&mut dice, &setup, storm)).collect();
        if dice.chance(1, 3) {
            setup.cluster.log_dirs = pick(&mut dice, &[1, 2, 3]);
            faults.extend(administrations(&mut dice, &setup, storm));
        }
        faults.retain(|fault| fits(&setup, storm, *fault));
        faults.sort_by_key(|fault| fault.at);
        let scenario = healed(Scenario { setup, faults, seed: number, duration: storm + CALM });
        if scenario.check().is_empty() {
            return scenario;
        }
    }
}

/// When a scenario's storm ends: its calm is at its end.
pub fn end_of_storm(scenario: &Scenario) -> Instant {
    Instant((scenario.duration - CALM).0)
}

/// Is it possible in this cluster, and does it leave one in which all can come right?
fn fits(setup: &Setup, duration: Duration, fault: Fault) -> bool {
    let topics = [Topic::Data, Topic::Offsets, Topic::Transactions];
    let least = topics.map(|topic| setup.replication_factor(topic)).into_iter().min().unwrap_or(1);
    let attainable = match fault.kind {
        // Where min ISR is not capped at the number of replicas, acks=all is refused for ever.
        FaultKind::Admin(AdminAction::Reassign { replicas, .. }) => {
            usize::from(setup.topic.replication_factor) <= replicas.iter().count()
        }
        FaultKind::Admin(AdminAction::SetConfig { setting: SettingId::MinIsr, value, .. }) => {
            value.is_none_or(|value| value <= i64::from(least))
        }
        _ => true,
    };
    (attainable || setup.version.eff_min_isr)
        && Scenario { setup: setup.clone(), faults: vec![fault], seed: 0, duration }.check().is_empty()
}

/// How long brokers are away that are restarted at the end of a storm.
const RESTART: Duration = Duration::from_millis(100);

/// So long after all is healed everybody who comes back by himself is back, and an operator looks at what is left.
const OPERATOR: Duration = Duration::from_secs(15);

/// Everybody that can be started.
const EVERYBODY: [Target; 4] = [Target::AllControllers, Target::AllBrokers, Target::AllProducers, Target::AllConsumers];

/// The same with every fault undone by the end of its storm, and every process running again that has ended by itself.
fn healed(mut scenario: Scenario) -> Scenario {
    let end = end_of_storm(&scenario);
    // What an administrator has done stays done.
    let passes = |fault: &&mut Fault| !matches!(fault.kind, FaultKind::Admin(_));
    for fault in scenario.faults.iter_mut().filter(passes) {
        let left = end.since(fault.at);
        fault.duration = Some(fault.duration.map_or(left, |duration| duration.min(left)));
    }
    if 1 < scenario.setup.cluster.log_dirs {
        // A directory that failed comes back with the process.
        let (kind, duration) = (FaultKind::ProcessCrash, Some(RESTART));
        scenario.faults.push(Fault { at: Instant(end.0 - RESTART.0), kind, target: Target::AllBrokers, duration });
    }
    let start = |target| Fault { at: end, kind: FaultKind::Restart, target, duration: None };
    scenario.faults.extend(EVERYBODY.map(start));
    if scenario.faults.iter().any(forgets_eligible) {
        // Where nobody else was left, no one leads before an operator asks for it.
        let kind = FaultKind::Admin(AdminAction::ElectLeaders { election: ElectionKind::Unclean, partition: None });
        scenario.faults.push(Fault { at: end + OPERATOR, kind, target: Target::ActiveController, duration: None });
        scenario.duration += OPERATOR;
    }
    scenario
}

/// A change of min ISR clears the ELR and the last known leader.
fn forgets_eligible(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Admin(AdminAction::SetConfig { setting: SettingId::MinIsr, .. }))
}

/// How many of a scenario's faults are the storm; those after them heal it.
pub fn storm(scenario: &Scenario) -> usize {
    let operator = if scenario.faults.iter().any(forgets_eligible) { OPERATOR } else { Duration::ZERO };
    let heals = Instant(end_of_storm(scenario).0 - operator.0 - RESTART.0);
    scenario.faults.iter().take_while(|fault| fault.at < heals).count()
}

/// Administrators are at work: replicas move, leaders are elected on demand, settings change, log directories fail.
fn administrations(dice: &mut Dice, setup: &Setup, storm: Duration) -> Vec<Fault> {
    (0..dice.within(1, 6))
        .map(|_| {
            let at = Instant(dice.within(0, storm.0 * 7 / 8));
            let kind = administration(dice, setup);
            let target = match kind {
                FaultKind::Admin(_) => Target::ActiveController,
                _ => target(dice, setup),
            };
            Fault { at, kind, target, duration: None }
        })
        .collect()
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

pub(super) fn pick<T: Copy>(dice: &mut Dice, of: &[T]) -> T {
    of[dice.within(0, of.len() as u64 - 1) as usize]
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

fn fault(dice: &mut Dice, setup: &Setup, storm: Duration) -> Fault {
    let at = Instant(dice.within(0, storm.0 * 7 / 8));
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
            FaultKind::SlowDisk { factor: 20 },
            FaultKind::FullDisk,
            FaultKind::HungDisk,
            FaultKind::ClientSlow { factor: 50 },
            FaultKind::LoadBurst { percent: 400 },
            FaultKind::ClockStep { by_ms: 40_000 },
        ],
    );
    let lasts = Duration::from_millis(pick(dice, &[50, 300, 1_000, 2_000, 5_000, 10_000]));
    let duration = if dice.chance(4, 5) { Some(lasts) } else { None };
    Fault { at, kind, target: aim, duration }
}
