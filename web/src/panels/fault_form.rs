//! The form of a fault without a browser: what is typed and chosen, and the fault that it makes.

use highwater_model::admin::{AdminAction, ElectionKind, read_action};
use highwater_model::fault::{Cut, Fault, FaultKind, Target};
use highwater_model::scenario::{Lanes, PlacedFault, Setup};
use highwater_model::{BrokerId, ControllerId, Duration, Instant, PartitionId};

/// Every kind of fault, with the numbers that a new one starts with.
pub const KINDS: [FaultKind; 17] = [
    FaultKind::ProcessCrash,
    FaultKind::ControlledStop,
    FaultKind::PowerLoss,
    FaultKind::Restart,
    FaultKind::Pause,
    FaultKind::Cut { with: Target::AllBrokers, cut: Cut::BothWays },
    FaultKind::SlowLink { delay_ms: 200 },
    FaultKind::PacketLoss { per_mille: 50 },
    FaultKind::SlowDisk { factor: 10 },
    FaultKind::FullDisk,
    FaultKind::HungDisk,
    FaultKind::ClientSlow { factor: 10 },
    FaultKind::LoadBurst { percent: 300 },
    FaultKind::ClockStep { by_ms: 60_000 },
    FaultKind::FailedDirectory { dir: 1 },
    FaultKind::FullDirectory { dir: 1 },
    FaultKind::Admin(AdminAction::ElectLeaders { election: ElectionKind::Preferred, partition: None }),
];

/// What is typed and chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultForm {
    /// Seconds.
    pub at: String,
    /// Place in [`KINDS`].
    pub kind: usize,
    /// The kind's number, where it has one; of an administrator's action, how it is written.
    pub number: String,
    /// Whom.
    pub target: Target,
    /// The other end of a cut.
    pub with: Target,
    /// The direction of a cut.
    pub cut: Cut,
    /// Seconds; empty: to the end.
    pub duration: String,
    /// In which lanes.
    pub lanes: Lanes,
}

/// A field that does not hold what belongs there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The time.
    At,
    /// The kind's number.
    Number,
    /// The duration.
    Duration,
}

impl FaultForm {
    /// For a fault there is.
    pub fn of(placed: PlacedFault) -> Self {
        let PlacedFault { lanes, fault } = placed;
        let same_kind = |kind: &FaultKind| std::mem::discriminant(kind) == std::mem::discriminant(&fault.kind);
        let (with, cut) = match fault.kind {
            FaultKind::Cut { with, cut } => (with, cut),
            _ => (Target::AllBrokers, Cut::BothWays),
        };
        Self {
            at: seconds(fault.at.since(Instant::ZERO)),
            kind: KINDS.iter().position(same_kind).expect("all kinds are listed"),
            number: number_of(fault.kind),
            target: fault.target,
            with,
            cut,
            duration: fault.duration.map(seconds).unwrap_or_default(),
            lanes,
        }
    }

    /// For a new one.
    pub fn new(at: Instant) -> Self {
        let at = Instant::from_millis(at.as_millis());
        let duration = Some(Duration::from_secs(10));
        let fault = Fault { at, kind: FaultKind::ProcessCrash, target: Target::LeaderOfBusiest, duration };
        Self::of(PlacedFault { lanes: Lanes::Both, fault })
    }

    /// Another kind, with the number that kind starts with, and a target that it can strike.
    pub fn choose_kind(&mut self, kind: usize) {
        self.kind = kind.min(KINDS.len() - 1);
        self.number = number_of(KINDS[self.kind]);
        self.target = match KINDS[self.kind] {
            FaultKind::LoadBurst { .. } if !matches!(self.target, Target::AllProducers | Target::Producer(_)) => {
                Target::AllProducers
            }
            FaultKind::ClientSlow { .. } if !matches!(self.target, Target::AllConsumers | Target::Consumer(_)) => {
                Target::Consumer(1)
            }
            FaultKind::Cut { .. } if self.target == Target::LeaderOfBusiest => Target::FollowerOfBusiest(1),
            FaultKind::Admin(_) => Target::ActiveController,
            _ => self.target,
        };
    }

    /// The fault, or the fields that are no numbers.
    pub fn fault(&self) -> Result<PlacedFault, Vec<Field>> {
        let mut wrong = Vec::new();
        let at = read_seconds(&self.at).or_else(|| flag(&mut wrong, Field::At));
        let duration = match self.duration.trim() {
            "" => None,
            text => read_seconds(text).or_else(|| flag(&mut wrong, Field::Duration)),
        };
        let kind = self.typed_kind().or_else(|| flag(&mut wrong, Field::Number));
        match (at, kind) {
            (Some(at), Some(kind)) if wrong.is_empty() => {
                let fault = Fault { at: Instant::ZERO + at, kind, target: self.target, duration };
                Ok(PlacedFault { lanes: self.lanes, fault })
            }
            _ => Err(wrong),
        }
    }

    fn typed_kind(&self) -> Option<FaultKind> {
        let text = self.number.trim();
        Some(match KINDS[self.kind] {
            FaultKind::Cut { .. } => FaultKind::Cut { with: self.with, cut: self.cut },
            FaultKind::SlowLink { .. } => FaultKind::SlowLink { delay_ms: text.parse().ok()? },
            FaultKind::PacketLoss { .. } => FaultKind::PacketLoss { per_mille: text.parse().ok()? },
            FaultKind::SlowDisk { .. } => FaultKind::SlowDisk { factor: text.parse().ok()? },
            FaultKind::ClientSlow { .. } => FaultKind::ClientSlow { factor: text.parse().ok()? },
            FaultKind::LoadBurst { .. } => FaultKind::LoadBurst { percent: text.parse().ok()? },
            FaultKind::ClockStep { .. } => FaultKind::ClockStep { by_ms: text.parse().ok()? },
            FaultKind::FailedDirectory { .. } => FaultKind::FailedDirectory { dir: text.parse().ok()? },
            FaultKind::FullDirectory { .. } => FaultKind::FullDirectory { dir: text.parse().ok()? },
            FaultKind::Admin(_) => FaultKind::Admin(read_action(text)?),
            plain => plain,
        })
    }
}

/// Every target that both set-ups know, symbolic ones first; partitions are asked for apart.
pub fn targets(lanes: &[Setup; 2]) -> Vec<Target> {
    let least = |count: fn(&Setup) -> u8| count(&lanes[0]).min(count(&lanes[1]));
    let numbered = |count: u8| 1..=count;
    let mut targets = vec![Target::LeaderOfBusiest];
    targets.extend(numbered(least(|s| s.topic.replication_factor).saturating_sub(1)).map(Target::FollowerOfBusiest));
    targets.extend([Target::ActiveController, Target::GroupCoordinator]);
    targets.extend([Target::AllBrokers, Target::AllControllers, Target::AllProducers, Target::AllConsumers]);
    targets.extend(numbered(least(|s| s.cluster.racks)).map(Target::Rack));
    targets.extend(numbered(least(|s| s.cluster.brokers)).map(|n| Target::Broker(BrokerId(n))));
    targets.extend(numbered(least(|s| s.cluster.controllers)).map(|n| Target::Controller(ControllerId(n))));
    targets.extend(numbered(least(|s| s.workload.producers)).map(Target::Producer));
    targets.extend(numbered(least(|s| s.workload.consumers)).map(Target::Consumer));
    targets.extend([Target::LeaderOf(PartitionId(0)), Target::FollowerOf(PartitionId(0), 1)]);
    targets
}

fn flag<T>(wrong: &mut Vec<Field>, field: Field) -> Option<T> {
    wrong.push(field);
    None
}

fn seconds(span: Duration) -> String {
    span.as_secs_f64().to_string()
}

/// Seconds with a fraction, no more than a day.
fn read_seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().replace(',', ".").parse().ok()?;
    let is_possible = (0.0..=86_400.0).contains(&seconds);
    is_possible.then(|| Duration((seconds * 1e9).round() as u64))
}

fn number_of(kind: FaultKind) -> String {
    match kind {
        FaultKind::SlowLink { delay_ms } => delay_ms.to_string(),
        FaultKind::PacketLoss { per_mille } => per_mille.to_string(),
        FaultKind::SlowDisk { factor } | FaultKind::ClientSlow { factor } => factor.to_string(),
        FaultKind::LoadBurst { percent } => percent.to_string(),
        FaultKind::ClockStep { by_ms } => by_ms.to_string(),
        FaultKind::FailedDirectory { dir } | FaultKind::FullDirectory { dir } => dir.to_string(),
        FaultKind::Admin(action) => action.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::{Preset, first_visit};
    use highwater_model::{LaneId, SettingId};

    #[test]
    fn a_form_gives_back_the_fault_it_was_made_of() {
        for kind in KINDS {
            let fault = Fault {
                at: Instant::from_millis(12_404),
                kind,
                target: Target::Rack(2),
                duration: Some(Duration::from_millis(500)),
            };
            let placed = PlacedFault { lanes: Lanes::Only(LaneId::B), fault };
            assert_eq!(FaultForm::of(placed).fault(), Ok(placed));
        }
    }

    #[test]
    fn every_kind_starts_with_a_fault_that_can_be_run() {
        for (index, kind) in KINDS.iter().enumerate() {
            let mut form = FaultForm::new(Instant::from_millis(10_000));
            form.choose_kind(index);
            let mut comparison = first_visit();
            comparison.faults = vec![form.fault().expect("a new form is complete")];
            assert_eq!(comparison.scenario(LaneId::A).check(), [], "{kind:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_named_by_its_field() {
        let mut form = FaultForm::new(Instant::ZERO);
        form.choose_kind(6);
        form.at = "soon".to_owned();
        form.number = "-1".to_owned();
        form.duration = "1e99".to_owned();
        assert_eq!(form.fault(), Err(vec![Field::At, Field::Duration, Field::Number]));
    }

    #[test]
    fn the_targets_offered_exist_in_both_lanes() {
        let mut lanes = [Preset::Payments.setup(), Preset::Clickstream.setup()];
        SettingId::Brokers.set(&mut lanes[1], 5);
        let targets = targets(&lanes);
        assert!(targets.iter().all(|target| lanes.iter().all(|setup| setup.has(*target))));
        assert!(!targets.contains(&Target::Broker(BrokerId(4))));
    }
}
