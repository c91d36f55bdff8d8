//! Changing the comparison: settings, faults, whole comparisons; undo and redo; and what is wrong with it.

use super::{Command, Notice, PageState, Part, View};
use highwater_model::link::Decoded;
use highwater_model::place::Place;
use highwater_model::presets::Preset;
use highwater_model::scenario::{Lanes, PlacedFault};
use highwater_model::{Comparison, Duration, Instant, LaneId, Problem, Profile, Scenario, SettingId};
use std::collections::BTreeMap;

/// A change of the comparison.
#[derive(Clone, Debug)]
pub enum Edit {
    /// Another comparison: a situation, a file, a link.
    Load(Box<Comparison>),
    /// One scenario in one lane: its settings and faults; seed and length become those of both.
    LoadScenario(LaneId, Box<Scenario>),
    /// A setting's value, as typed or chosen.
    Type {
        /// In which lane.
        lane: LaneId,
        /// Which setting.
        setting: SettingId,
        /// As the catalogue writes it ([`SettingId::write`]); what cannot be read is kept as a draft, with a trouble.
        text: String,
    },
    /// The setting's value in the preset.
    ResetSetting(LaneId, SettingId),
    /// All settings of the lane as in this preset, in the lane's release.
    Preset(LaneId, Preset),
    /// The lane in another release: what was changed stays changed.
    Profile(LaneId, Profile),
    /// The other lane's settings become those of this one.
    CopyFrom(LaneId),
    /// One fault more.
    AddFault(PlacedFault),
    /// Another fault in place of this one (from 0).
    ChangeFault(usize, PlacedFault),
    /// The fault strikes at another time. Moves of one fault in a row are undone as one.
    MoveFault(usize, Instant),
    /// One fault less.
    DeleteFault(usize),
    /// Another seed.
    Seed(u64),
    /// Another length of the runs.
    Duration(Duration),
    /// Back to the comparison before the last change.
    Undo,
    /// Forward again.
    Redo,
}

/// Something that keeps a lane from running.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// What was typed is not a number.
    NotANumber {
        /// For which setting.
        setting: SettingId,
        /// What was typed.
        text: String,
    },
    /// The scenario is impossible.
    Impossible(Problem),
}

impl Trouble {
    /// The setting whose input shows it.
    pub fn setting(&self) -> Option<SettingId> {
        match self {
            Trouble::NotANumber { setting, .. } => Some(*setting),
            Trouble::Impossible(problem) => match problem {
                Problem::OutOfRange { setting, .. }
                | Problem::TooFewBrokers { setting, .. }
                | Problem::IdempotenceNeeds { setting, .. }
                | Problem::LargerThan { setting, .. } => Some(*setting),
                Problem::TransactionsNeedIdempotence => Some(SettingId::TransactionalId),
                Problem::DeliveryTimeoutTooShort { .. } => Some(SettingId::DeliveryTimeout),
                Problem::TooManyRecords { .. } => Some(SettingId::RecordsPerSecond),
                _ => None,
            },
        }
    }
}

/// Comparisons before and after this one, and what was typed and could not be taken.
#[derive(Debug, Default)]
pub struct History {
    before: Vec<Comparison>,
    after: Vec<Comparison>,
    moving: Option<usize>,
    loads: u32,
    drafts: [BTreeMap<SettingId, String>; 2],
}

/// Steps back at most.
const HISTORY_MAX: usize = 200;

impl History {
    /// Is there a step back?
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Is there a step forward?
    pub fn can_redo(&self) -> bool {
        !self.after.is_empty()
    }

    /// Grows whenever more than a single value became another at once.
    pub fn loads(&self) -> u32 {
        self.loads
    }

    /// What was typed for a setting and could not be taken.
    pub fn draft(&self, lane: LaneId, setting: SettingId) -> Option<&str> {
        self.drafts[lane.index()].get(&setting).map(String::as_str)
    }
}

impl PageState {
    pub(super) fn edit(&mut self, edit: Edit) {
        self.touch(Part::Comparison);
        match edit {
            Edit::Undo => self.step_back(),
            Edit::Redo => self.step_forward(),
            Edit::Type { lane, setting, text } => self.type_setting(lane, setting, text),
            Edit::MoveFault(index, at) => self.move_fault(index, at),
            other => {
                let mut comparison = self.comparison.clone();
                change(&mut comparison, other);
                self.forget_drafts_unless_kept(&comparison);
                self.history.loads += 1;
                self.replace(comparison);
            }
        }
        self.find_troubles();
    }

    /// A link was followed while the page was open: it can be undone like any change.
    pub(super) fn arrive(&mut self, link: Decoded) {
        let stays_away = link.place != Place::Playground;
        if stays_away {
            self.settle_at(link.place.clone());
        }
        if link.comparison != self.comparison {
            self.edit(Edit::Load(Box::new(link.comparison)));
        }
        // Into the playground last: its lanes run the link's comparison only.
        self.settle_at(link.place);
        self.shared = link.outcome;
        if !link.problems.is_empty() {
            self.notify(Notice::Link(link.problems));
        }
        self.compare_with_shared();
    }

    /// Everything that keeps a lane from running as it is on the desk.
    pub fn troubles(&self, lane: LaneId) -> &[Trouble] {
        &self.troubles[lane.index()]
    }

    pub(super) fn find_troubles(&mut self) {
        self.troubles = LaneId::ALL.map(|lane| {
            let drafts = &self.history.drafts[lane.index()];
            let typed = drafts.iter().map(|(setting, text)| match setting.read(text) {
                Some(value) => {
                    Trouble::Impossible(Problem::OutOfRange { setting: *setting, value, range: setting.range() })
                }
                None => Trouble::NotANumber { setting: *setting, text: text.clone() },
            });
            let mut problems = self.scenario(lane).check();
            problems.iter_mut().for_each(|problem| self.count_fault_by_comparison(lane, problem));
            typed.chain(problems.into_iter().map(Trouble::Impossible)).collect()
        });
    }

    fn count_fault_by_comparison(&self, lane: LaneId, problem: &mut Problem) {
        if let Problem::FaultTooLate { fault, .. }
        | Problem::NoSuchTarget { fault, .. }
        | Problem::WrongTarget { fault }
        | Problem::FaultOutOfRange { fault, .. } = problem
        {
            *fault = self.placed_fault(lane, *fault).unwrap_or(*fault);
        }
    }

    /// The place in the comparison's list of a lane's n-th fault (problems and trace entries count by lane).
    pub fn placed_fault(&self, lane: LaneId, n: usize) -> Option<usize> {
        let placed = self.comparison.faults.iter().enumerate();
        placed.filter(|(_, fault)| fault.lanes.include(lane)).map(|(index, _)| index).nth(n)
    }

    fn type_setting(&mut self, lane: LaneId, setting: SettingId, text: String) {
        let text = text.trim().to_owned();
        let (min, max) = setting.range();
        let drafts = &mut self.history.drafts[lane.index()];
        match setting.read(&text) {
            Some(value) if min <= value && value <= max => {
                drafts.remove(&setting);
                let mut comparison = self.comparison.clone();
                setting.set(&mut comparison.lanes[lane.index()], value);
                self.replace(comparison);
            }
            _ => {
                drafts.insert(setting, text);
                self.touch(Part::Lane(lane));
            }
        }
    }

    fn move_fault(&mut self, index: usize, at: Instant) {
        let mut comparison = self.comparison.clone();
        let last = Instant(self.end().0.saturating_sub(1_000_000));
        let Some(placed) = comparison.faults.get_mut(index) else { return };
        placed.fault.at = at.min(last);
        if comparison == self.comparison {
            return;
        }
        if self.history.moving == Some(index) {
            self.comparison = comparison;
            self.follow();
        } else {
            self.replace(comparison);
        }
        // What follows from a change ends a row of moves; this one goes on.
        self.history.moving = Some(index);
    }

    fn replace(&mut self, comparison: Comparison) {
        if comparison == self.comparison {
            return;
        }
        let old = std::mem::replace(&mut self.comparison, comparison);
        self.history.before.push(old);
        if HISTORY_MAX < self.history.before.len() {
            self.history.before.remove(0);
        }
        self.history.after.clear();
        self.follow();
    }

    fn step_back(&mut self) {
        self.history.drafts = Default::default();
        self.history.loads += 1;
        if let Some(earlier) = self.history.before.pop() {
            self.history.after.push(std::mem::replace(&mut self.comparison, earlier));
            self.follow();
        }
    }

    fn step_forward(&mut self) {
        self.history.drafts = Default::default();
        self.history.loads += 1;
        if let Some(later) = self.history.after.pop() {
            self.history.before.push(std::mem::replace(&mut self.comparison, later));
            self.follow();
        }
    }

    /// Whole set-ups replace what was typed into them.
    fn forget_drafts_unless_kept(&mut self, comparison: &Comparison) {
        for lane in LaneId::ALL {
            if comparison.lanes[lane.index()] != self.comparison.lanes[lane.index()] {
                self.history.drafts[lane.index()].clear();
            }
        }
    }

    /// What follows from another comparison: runs, view, clock, address.
    fn follow(&mut self) {
        self.history.moving = None;
        if self.view.end != self.end() {
            self.view = View { columns: self.view.columns, ..View::whole(self.comparison.duration) };
            self.touch(Part::View);
        }
        self.clamp_clock();
        self.shared = None;
        for lane in LaneId::ALL {
            self.run(lane);
        }
        self.inquire();
        self.touch(Part::Comparison);
        self.command(Command::UpdateAddress);
    }
}

fn change(comparison: &mut Comparison, edit: Edit) {
    match edit {
        Edit::Load(other) => *comparison = *other,
        Edit::LoadScenario(lane, scenario) => load_scenario(comparison, lane, *scenario),
        Edit::ResetSetting(lane, setting) => {
            let setup = &mut comparison.lanes[lane.index()];
            let value = setting.get(&setup.base());
            setting.set(setup, value);
        }
        Edit::Preset(lane, preset) => {
            let setup = &mut comparison.lanes[lane.index()];
            *setup = preset.setup_in(setup.profile);
        }
        Edit::Profile(lane, profile) => {
            let setup = &mut comparison.lanes[lane.index()];
            *setup = setup.in_profile(profile);
        }
        Edit::CopyFrom(lane) => comparison.lanes = [0, 1].map(|_| comparison.lanes[lane.index()].clone()),
        Edit::AddFault(fault) => comparison.faults.push(fault),
        Edit::ChangeFault(index, fault) => {
            if let Some(placed) = comparison.faults.get_mut(index) {
                *placed = fault;
            }
        }
        Edit::DeleteFault(index) => {
            if index < comparison.faults.len() {
                comparison.faults.remove(index);
            }
        }
        Edit::Seed(seed) => comparison.seed = seed,
        Edit::Duration(duration) => comparison.duration = duration,
        Edit::Type { .. } | Edit::MoveFault(..) | Edit::Undo | Edit::Redo => {
            unreachable!("these need the history")
        }
    }
}

/// The other lane keeps its own faults; the scenario's strike its lane alone.
fn load_scenario(comparison: &mut Comparison, lane: LaneId, scenario: Scenario) {
    let other = if lane == LaneId::A { LaneId::B } else { LaneId::A };
    comparison.lanes[lane.index()] = scenario.setup;
    comparison.faults.retain(|placed| placed.lanes.include(other));
    for placed in &mut comparison.faults {
        placed.lanes = Lanes::Only(other);
    }
    comparison.faults.extend(scenario.faults.into_iter().map(|fault| PlacedFault { lanes: Lanes::Only(lane), fault }));
    comparison.seed = scenario.seed;
    comparison.duration = scenario.duration;
}
