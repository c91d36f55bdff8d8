//! Asking about records: lists of a category, the story of one, and which setting decided about it.

use super::{Command, PageState, Part};
use highwater_experiments::protocol::{JobId, Request};
use highwater_model::LaneId;
use highwater_model::trace::RecordId;
use highwater_oracle::report::{Category, Counterfactual, RecordRange, Story};

/// A question about records.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// The records of a category.
    Records(LaneId, Category),
    /// More of the open list.
    MoreRecords,
    /// The story of one.
    Story(LaneId, RecordId),
    /// Which setting, changed alone, would have kept the record of the open story.
    Decide,
    /// Stop trying settings; what came out so far stays.
    CancelDecide,
    /// Close the list.
    CloseRecords,
    /// Close the story.
    CloseStory,
}

/// Ranges asked for at once.
pub const RANGES_PAGE: u32 = 50;

/// A list of records.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordList {
    /// In which lane.
    pub lane: LaneId,
    /// Of what.
    pub category: Category,
    /// All ranges there are; none until the first answer.
    pub total: Option<u32>,
    /// Those that are here.
    pub ranges: Vec<RecordRange>,
    asked: Option<JobId>,
}

/// The story of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenStory {
    /// In which lane.
    pub lane: LaneId,
    /// Of which record.
    pub record: RecordId,
    /// What is known of it.
    pub told: Told,
    /// What other settings would have done, as far as tried.
    pub trials: Option<Trials>,
    asked: Option<JobId>,
}

/// What is known of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The worker is looking.
    NotYet,
    /// The run has no such record.
    Nothing,
    /// Its story.
    Story(Story),
}

/// Settings that were tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trials {
    /// So far.
    pub tried: u32,
    /// Of so many; 0 until the first is done.
    pub of: u32,
    /// Are all done, or was it stopped?
    pub finished: bool,
    /// What came out.
    pub outcomes: Vec<Counterfactual>,
    asked: JobId,
}

/// The open list and the open story.
#[derive(Debug, Default)]
pub struct LedgerState {
    /// A list of records, if one is open.
    pub records: Option<RecordList>,
    /// A story, if one is open.
    pub story: Option<OpenStory>,
}

impl PageState {
    pub(super) fn ask(&mut self, ask: Ask) {
        self.touch(Part::Ledger);
        match ask {
            Ask::Records(lane, category) => {
                self.ledger.records = Some(RecordList { lane, category, total: None, ranges: Vec::new(), asked: None });
                self.ask_for_ranges();
            }
            Ask::MoreRecords => self.ask_for_ranges(),
            Ask::Story(lane, record) => self.ask_for_story(lane, record),
            Ask::Decide => self.ask_to_decide(),
            Ask::CloseRecords => self.ledger.records = None,
            Ask::CancelDecide => self.cancel_trials(),
            Ask::CloseStory => {
                self.cancel_trials();
                self.ledger.story = None;
            }
        }
    }

    /// A lane runs anew: lists and stories of its last run no longer hold.
    pub(super) fn forget_records_of(&mut self, lane: LaneId) {
        self.ledger.records.take_if(|list| list.lane == lane);
        self.ledger.story.take_if(|story| story.lane == lane);
        self.touch(Part::Ledger);
    }

    fn ask_for_ranges(&mut self) {
        let job = self.next_job();
        let Some(list) = &mut self.ledger.records else { return };
        let skip = list.ranges.len() as u32;
        if list.asked.is_some() || list.total.is_some_and(|total| total <= skip) {
            return;
        }
        list.asked = Some(job);
        let (lane, category) = (list.lane, list.category);
        self.command(Command::Send(lane, Request::Records { job, category, skip, take: RANGES_PAGE }));
    }

    /// Trials are whole runs: nobody waits for them once the story is closed.
    fn cancel_trials(&mut self) {
        let Some(story) = &mut self.ledger.story else { return };
        let lane = story.lane;
        let Some(trials) = story.trials.as_mut().filter(|trials| !trials.finished) else { return };
        trials.finished = true;
        let job = trials.asked;
        self.command(Command::Send(lane, Request::Cancel { job }));
    }

    fn ask_for_story(&mut self, lane: LaneId, record: RecordId) {
        self.cancel_trials();
        let job = self.next_job();
        self.ledger.story = Some(OpenStory { lane, record, told: Told::NotYet, trials: None, asked: Some(job) });
        self.command(Command::Send(lane, Request::Story { job, record }));
    }

    fn ask_to_decide(&mut self) {
        let job = self.next_job();
        let Some(story) = &mut self.ledger.story else { return };
        story.trials = Some(Trials { asked: job, ..Trials::default() });
        let (lane, record) = (story.lane, story.record);
        self.command(Command::Send(lane, Request::Decide { job, record }));
    }

    pub(super) fn hear_records(&mut self, job: JobId, total: u32, ranges: Vec<RecordRange>) {
        let Some(list) = self.ledger.records.as_mut().filter(|list| list.asked == Some(job)) else { return };
        list.asked = None;
        list.total = Some(total);
        list.ranges.extend(ranges);
        self.touch(Part::Ledger);
    }

    pub(super) fn hear_story(&mut self, job: JobId, story: Option<Story>) {
        let Some(open) = self.ledger.story.as_mut().filter(|open| open.asked == Some(job)) else { return };
        open.asked = None;
        open.told = story.map_or(Told::Nothing, Told::Story);
        self.touch(Part::Ledger);
    }

    pub(super) fn hear_decision(&mut self, job: JobId, tried: u32, of: u32, outcome: Counterfactual) {
        let Some(trials) = self.trials_of(job) else { return };
        trials.tried = tried;
        trials.of = of;
        trials.outcomes.push(outcome);
        self.touch(Part::Ledger);
    }

    pub(super) fn hear_decided(&mut self, job: JobId) {
        let Some(trials) = self.trials_of(job) else { return };
        trials.finished = true;
        self.touch(Part::Ledger);
    }

    fn trials_of(&mut self, job: JobId) -> Option<&mut Trials> {
        self.ledger.story.as_mut()?.trials.as_mut().filter(|trials| trials.asked == job)
    }
}
