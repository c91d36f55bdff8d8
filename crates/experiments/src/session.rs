//! One lane's run, kept small: one world, the judges of its furthest moment, a checkpoint now and then, and the coarse
//! timeline. Whatever is asked about an earlier moment is found by running on from the checkpoint before it.

use crate::decide::Decide;
use crate::story::StoryRun;
use crate::window::{Stretch, WindowRun};
use crate::{end_of, rerun};
use highwater_model::trace::{Observer, RecordId};
use highwater_model::view::Frame;
use highwater_model::{Instant, Scenario};
use highwater_oracle::report::{Category, RecordRange, Summary};
use highwater_oracle::{Judge, Recorder, RunState, summary};
use highwater_sim::{Advance, Checkpoint, World};

/// Events between two checkpoints: what a seek runs again at most.
const CHECKPOINT_EVENTS: u64 = 16_000;

/// Columns of the coarse timeline.
const COLUMNS: u32 = 600;

/// Is a run at its end?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// There is more to run.
    Running,
    /// Everything is final.
    Finished,
}

/// A moment that can be returned to.
struct Kept {
    at: Instant,
    world: Checkpoint,
    recorder: Recorder,
}

/// One lane's run.
pub struct Session {
    scenario: Scenario,
    /// Stands at the furthest moment, except while somebody looks at another.
    world: World,
    judge: Judge,
    recorder: Recorder,
    /// In order, the first at the run's beginning.
    kept: Vec<Kept>,
    /// When faults strike, in order: a checkpoint just before each makes forks cheap.
    strikes: Vec<Instant>,
    progress: Progress,
    /// The earlier moment that was looked at last.
    viewed: Option<Checkpoint>,
}

impl Session {
    /// The run of a scenario, at its beginning. The scenario must have no problems.
    pub fn new(scenario: Scenario) -> Self {
        let world = World::new(&scenario);
        let mut recorder = Recorder::new(&scenario);
        let first = Kept { at: Instant::ZERO, world: world.checkpoint(), recorder: recorder.checkpoint() };
        recorder.record(Instant::ZERO, end_of(&scenario), COLUMNS, world.busiest());
        let mut strikes: Vec<Instant> = scenario.faults.iter().map(|fault| fault.at).collect();
        strikes.sort();
        Self {
            judge: Judge::new(&scenario),
            recorder,
            kept: vec![first],
            strikes,
            progress: Progress::Running,
            viewed: None,
            world,
            scenario,
        }
    }

    /// What runs.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Is it finished?
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Who judges the run.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Runs on for this many events at most.
    pub fn advance(&mut self, events_max: u64) -> Progress {
        self.advance_watched(events_max, &mut ())
    }

    /// Runs on for this many events at most, while somebody else listens as well.
    pub fn advance_watched(&mut self, events_max: u64, observer: &mut impl Observer) -> Progress {
        let budget_end = self.world.events().saturating_add(events_max);
        while self.progress == Progress::Running && self.world.events() < budget_end {
            let end = end_of(&self.scenario);
            let next_strike = self.strikes.iter().copied().find(|strike| self.world.now() < *strike);
            let until = next_strike.map_or(end, |strike| strike.min(end));
            let next_kept = self.kept.last().map_or(0, |kept| kept.world.events()) + CHECKPOINT_EVENTS;
            let events = budget_end.min(next_kept).saturating_sub(self.world.events()).max(1);
            let mut listeners = ((&mut self.judge, &mut self.recorder), &mut *observer);
            match self.world.advance(until, events, &mut listeners) {
                Advance::Reached if until == end => {
                    self.world.finish(&mut listeners);
                    self.progress = Progress::Finished;
                }
                Advance::Reached => self.keep(),
                Advance::Spent if next_kept <= self.world.events() => self.keep(),
                Advance::Spent => (),
            }
        }
        self.progress
    }

    fn keep(&mut self) {
        let (world, recorder) = (self.world.checkpoint(), self.recorder.checkpoint());
        self.kept.push(Kept { at: self.world.now(), world, recorder });
    }

    /// The last kept moment before `at`.
    fn kept_before(&self, at: Instant) -> &Kept {
        // At one instant there may be events on both sides of a checkpoint.
        let before = self.kept.partition_point(|kept| kept.at < at);
        &self.kept[before.max(1) - 1]
    }

    /// Up to when everything has happened.
    fn until(&self) -> Instant {
        match self.progress {
            Progress::Running => self.world.now(),
            Progress::Finished => end_of(&self.scenario),
        }
    }

    /// The run so far.
    pub fn summary(&self) -> Summary {
        let finished = self.progress == Progress::Finished;
        let run = RunState {
            fingerprint: if finished { self.world.fingerprint() } else { 0 },
            events: self.world.events(),
            until: self.until(),
            finished,
            busiest: self.world.busiest(),
        };
        summary(&self.judge, &self.recorder, run)
    }

    /// Lets somebody run on from a moment; the session stays where it is.
    pub(crate) fn elsewhere<R>(&mut self, moment: &mut Checkpoint, visit: impl FnOnce(&mut World, &Judge) -> R) -> R {
        self.world.exchange(moment);
        let result = visit(&mut self.world, &self.judge);
        self.world.exchange(moment);
        result
    }

    /// The stage at a moment, just before what happens then; at the furthest moment where it lies ahead of it.
    pub fn frame(&mut self, at: Instant) -> Frame {
        if self.until() <= at {
            return self.world.frame();
        }
        let viewed = self.viewed.take();
        let kept = self.kept_before(at);
        // What was looked at last may be nearer: when playing, and when scrubbing onwards, it is.
        let viewed = viewed.filter(|viewed| kept.world.events() <= viewed.events() && viewed.at() <= at);
        let mut moment = viewed.unwrap_or_else(|| kept.world.clone());
        let frame = self.elsewhere(&mut moment, |world, _| {
            while rerun(world, at, u64::MAX, &mut ()) == Advance::Spent {}
            world.frame()
        });
        self.viewed = Some(moment);
        frame
    }

    /// A stretch of the timeline, to be run again; at most up to the furthest moment.
    pub fn window(&self, mut stretch: Stretch) -> WindowRun {
        let to = stretch.span.end.min(self.until());
        stretch.span = stretch.span.start.min(to)..to;
        if !self.scenario.setup.layout().is_data(stretch.focus) {
            stretch.focus = self.world.busiest();
        }
        let kept = self.kept_before(stretch.span.start);
        WindowRun::new(kept.world.clone(), kept.recorder.clone(), stretch)
    }

    /// The records of a category: how many ranges there are, and `take` of them after the first `skip`.
    pub fn records(&self, category: Category, skip: u32, take: u32) -> (u32, Vec<RecordRange>) {
        self.judge.records(category, skip, take)
    }

    /// The story of a record, to be run again.
    pub fn story(&self, record: RecordId) -> StoryRun {
        StoryRun::new(self.kept[0].world.clone(), record, self.until(), self.progress)
    }

    /// Which setting, changed alone, would have spared the record its fate; to be found by other runs.
    pub fn decide(&self, record: RecordId) -> Decide {
        Decide::new(&self.scenario, record, &self.judge.categories(record))
    }
}
