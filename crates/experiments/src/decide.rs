//! Which setting decided about a record? Each candidate setting is changed alone, to a safer value, and the whole run
//! is done again under the same seed and faults.

use crate::{end_of, rerun};
use highwater_model::settings::{Acks, CommitPolicy, OffsetReset, Processing, Scalar as _};
use highwater_model::trace::{Observer, RecordId};
use highwater_model::{Scenario, SettingId};
use highwater_oracle::Judge;
use highwater_oracle::report::{Category, Counterfactual};
use highwater_sim::{Advance, World};

/// Fates that nobody wishes a record.
const HARM: [Category; 9] = [
    Category::Refused,
    Category::Failed,
    Category::FailedButWritten,
    Category::Lost,
    Category::Duplicated,
    Category::Reordered,
    Category::ProcessedTwice,
    Category::NeverProcessed,
    Category::EffectWithoutRecord,
];

/// A setting, and a value that could spare the record.
type Candidate = (SettingId, i64);

/// Values of single settings, safer than the scenario's, that could spare a record these fates. Only such as make a
/// scenario that can be run.
pub fn candidates(scenario: &Scenario, fates: &[Category]) -> Vec<Candidate> {
    let mut list: Vec<Candidate> = Vec::new();
    let mut add = |candidates: &[Candidate]| {
        for candidate in candidates {
            if !list.contains(candidate) {
                list.push(*candidate);
            }
        }
    };
    for fate in fates {
        match fate {
            Category::Lost | Category::EffectWithoutRecord => add(&against_loss(scenario)),
            Category::Failed | Category::FailedButWritten | Category::Refused => add(&against_failure(scenario)),
            Category::Duplicated | Category::Reordered => add(&[
                (SettingId::Idempotence, true.to_number()),
                (SettingId::MaxInFlight, 1),
                (SettingId::RequestTimeout, 2 * SettingId::RequestTimeout.get(&scenario.setup)),
            ]),
            Category::NeverProcessed => add(&[
                (SettingId::AutoCommit, false.to_number()),
                (SettingId::Processing, Processing::InLoop.to_number()),
                (SettingId::CommitPolicy, CommitPolicy::SyncAfter.to_number()),
                (SettingId::AutoOffsetReset, OffsetReset::Earliest.to_number()),
                (SettingId::OffsetsMinIsr, 2),
            ]),
            Category::ProcessedTwice => add(&[
                (SettingId::IdempotentEffect, true.to_number()),
                (SettingId::AutoCommit, false.to_number()),
                (SettingId::CommitPolicy, CommitPolicy::SyncAfter.to_number()),
                (SettingId::MaxPollRecords, 1),
                (SettingId::AutoCommitInterval, 100),
            ]),
            _ => (),
        }
    }
    list.retain(|candidate| variant(scenario, *candidate).is_some());
    list
}

/// What later releases of Kafka mended, each because of records that were lost.
const MENDED: [SettingId; 7] = [
    SettingId::EpochTrunc,
    SettingId::EpochTruncIter,
    SettingId::TruncEveryEpoch,
    SettingId::EpochFenceFetch,
    SettingId::ExpandFromEpochStart,
    SettingId::IsrBrokerEpoch,
    SettingId::HwMinIsrGate,
];

fn against_loss(scenario: &Scenario) -> Vec<Candidate> {
    let replicas = SettingId::ReplicationFactor.get(&scenario.setup);
    let min_isr = SettingId::MinIsr.get(&scenario.setup);
    let mut candidates = vec![
        (SettingId::Acks, Acks::All.to_number()),
        (SettingId::MinIsr, min_isr + 1),
        (SettingId::UncleanElection, false.to_number()),
        (SettingId::EligibleLeaderReplicas, 1),
        (SettingId::FlushMessages, 1),
        (SettingId::ReplicationFactor, replicas + 1),
    ];
    candidates.extend(MENDED.map(|switch| (switch, true.to_number())));
    candidates
}

fn against_failure(scenario: &Scenario) -> Vec<Candidate> {
    let times_four = |setting: SettingId| (setting, setting.get(&scenario.setup).saturating_mul(4));
    vec![
        (SettingId::Retries, i64::from(i32::MAX)),
        (SettingId::DeliveryTimeout, 120_000),
        times_four(SettingId::DeliveryTimeout),
        times_four(SettingId::BufferMemory),
        times_four(SettingId::MaxBlock),
        times_four(SettingId::SourceQueue),
        (SettingId::MinIsr, SettingId::MinIsr.get(&scenario.setup) - 1),
        (SettingId::UncleanElection, true.to_number()),
    ]
}

/// The scenario with one setting changed; none where that is no change, or makes it impossible.
fn variant(scenario: &Scenario, (setting, value): Candidate) -> Option<Scenario> {
    let (min, max) = setting.range();
    if value < min || max < value || setting.get(&scenario.setup) == value {
        return None;
    }
    let mut other = scenario.clone();
    setting.set(&mut other.setup, value);
    other.check().is_empty().then_some(other)
}

/// What the next step of a decision brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// There is more to run.
    Running,
    /// One setting was tried.
    Tried(Counterfactual),
    /// All were.
    Done,
}

/// A decision that is being found.
pub struct Decide {
    scenario: Scenario,
    record: RecordId,
    /// The fates the record should be spared.
    unwanted: Vec<Category>,
    candidates: Vec<Candidate>,
    tried: usize,
    run: Option<(World, Judge)>,
}

impl Decide {
    pub(crate) fn new(scenario: &Scenario, record: RecordId, fates: &[Category]) -> Self {
        let mut unwanted: Vec<Category> = HARM.into_iter().filter(|fate| fates.contains(fate)).collect();
        let candidates = candidates(scenario, &unwanted);
        if unwanted.contains(&Category::Lost) {
            // To be told that it failed saves the producer's honour, but not the record.
            unwanted.extend([Category::Failed, Category::Refused]);
        }
        Self { scenario: scenario.clone(), record, unwanted, candidates, tried: 0, run: None }
    }

    /// Settings to try.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Is there nothing to try?
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// Settings tried so far.
    pub fn tried(&self) -> usize {
        self.tried
    }

    /// Runs on for this many events at most.
    pub fn advance(&mut self, events_max: u64) -> Decision {
        let Some(candidate) = self.candidates.get(self.tried).copied() else { return Decision::Done };
        let (world, judge) = self.run.get_or_insert_with(|| {
            let other = variant(&self.scenario, candidate).expect("candidates() keeps only possible variants");
            (World::new(&other), Judge::new(&other))
        });
        if rerun(world, end_of(&self.scenario), events_max, judge) == Advance::Spent {
            return Decision::Running;
        }
        world.finish(&mut (judge as &mut dyn Observer));
        let fates = judge.categories(self.record);
        let (setting, to) = candidate;
        let counterfactual = Counterfactual {
            setting,
            from: setting.get(&self.scenario.setup),
            to,
            keeps: fates.contains(&Category::Offered) && !self.unwanted.iter().any(|fate| fates.contains(fate)),
            lost: judge.ledger().count(Category::Lost),
        };
        self.run = None;
        self.tried += 1;
        Decision::Tried(counterfactual)
    }
}
