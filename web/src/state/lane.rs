//! One lane's runs: the last good one, a newer one under way, and what was asked of its worker.

use super::{Command, Notice, PageState, Part};
use highwater_experiments::protocol::{Answer, JobId, Request};
use highwater_model::place::Place;
use highwater_model::trace::Entry;
use highwater_model::view::Frame;
use highwater_model::{ENGINE_VERSION, Instant, LaneId, Scenario};
use highwater_oracle::report::{Happening, Summary, Timeline};

/// How often in a row a worker may die over the same scenario before it is left alone.
const DEATHS_MAX: u32 = 2;

/// A question under way, and the next one that waits for its answer: at most one of a kind is ever outstanding, and of
/// those that wait only the latest counts.
#[derive(Clone, Debug)]
pub(super) struct Turn<Q> {
    asked: Option<JobId>,
    waiting: Option<Q>,
}

impl<Q> Default for Turn<Q> {
    fn default() -> Self {
        Self { asked: None, waiting: None }
    }
}

impl<Q> Turn<Q> {
    fn is_answer(&mut self, job: JobId) -> bool {
        let is_it = self.asked == Some(job);
        if is_it {
            self.asked = None;
        }
        is_it
    }
}

/// A stretch of the timeline, run again in detail.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its rows.
    pub timeline: Timeline,
    /// Its messages, where they were asked for and few enough.
    pub messages: Vec<(Instant, Entry)>,
}

/// What to ask of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowQuestion {
    /// From here.
    pub from: Instant,
    /// To here.
    pub to: Instant,
    /// In so many steps.
    pub columns: u32,
    /// With every message?
    pub messages: bool,
}

/// One lane's runs.
#[derive(Debug)]
pub struct LaneState {
    summary: Option<Summary>,
    /// The scenario that `summary` belongs to is the one that runs now.
    is_current: bool,
    running: Option<JobId>,
    progress: Option<Instant>,
    frame: Option<Frame>,
    /// The frame is of the run that was last started, and not of an older one.
    is_frame_current: bool,
    window: Option<Window>,
    frames: Turn<Instant>,
    windows: Turn<WindowQuestion>,
    started: Option<Scenario>,
    deaths: u32,
}

impl LaneState {
    /// `known`: a finished run of this scenario, and its stage at one moment.
    pub(super) fn new(known: Option<(Summary, Frame)>, scenario: Option<Scenario>) -> Self {
        let (summary, frame) = known.unzip();
        Self {
            is_current: summary.is_some(),
            summary,
            running: None,
            progress: None,
            is_frame_current: frame.is_some(),
            frame,
            window: None,
            frames: Turn::default(),
            windows: Turn::default(),
            started: scenario,
            deaths: 0,
        }
    }

    /// The run to show: the last good one, or the figures so far of the one under way.
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// Do the figures belong to the scenario that was last started (and not to an older one)?
    pub fn is_current(&self) -> bool {
        self.is_current
    }

    /// How far the run under way is, if one is.
    pub fn progress(&self) -> Option<Instant> {
        self.running.and(Some(self.progress.unwrap_or(Instant::ZERO)))
    }

    /// The scenario that was last started: names of partitions, racks and counts of what is shown belong to it.
    pub fn started(&self) -> Option<&Scenario> {
        self.started.as_ref()
    }

    /// The stage at (or near) the clock's moment.
    pub fn frame(&self) -> Option<&Frame> {
        self.frame.as_ref()
    }

    /// The stretch that was last run again in detail, if it belongs to the current run.
    pub fn window(&self) -> Option<&Window> {
        self.window.as_ref()
    }

    /// Happenings of the run, then those that only the window shows.
    pub(super) fn happenings(&self) -> impl Iterator<Item = Happening> + '_ {
        let coarse = self.summary.iter().flat_map(|summary| summary.timeline.happenings.iter().copied());
        let fine = self.window.iter().flat_map(|window| window.timeline.happenings.iter().copied());
        coarse.chain(fine)
    }
}

impl PageState {
    /// Runs a lane's scenario, unless it is impossible or already runs; then what is on screen stays.
    pub(super) fn run(&mut self, lane: LaneId) {
        let scenario = self.scenario(lane);
        self.touch(Part::Lane(lane));
        if self.place != Place::Playground {
            return;
        }
        let state = self.lane_mut(lane);
        if state.started.as_ref() == Some(&scenario) || !scenario.check().is_empty() {
            return;
        }
        if state.started.is_some() {
            state.is_current = false;
            state.is_frame_current = false;
        }
        if DEATHS_MAX < std::mem::take(&mut state.deaths) {
            self.command(Command::StartWorker(lane));
        }
        self.start_run(lane, scenario);
    }

    pub(super) fn start_run(&mut self, lane: LaneId, scenario: Scenario) {
        let job = self.next_job();
        let state = self.lane_mut(lane);
        let old = state.running.replace(job);
        state.started = Some(scenario.clone());
        state.progress = None;
        state.window = None;
        state.frames = Turn::default();
        state.windows = Turn::default();
        self.touch(Part::Lane(lane));
        self.touch(Part::Window(lane));
        if let Some(old) = old {
            self.command(Command::Send(lane, Request::Cancel { job: old }));
        }
        self.command(Command::Send(lane, Request::Run { job, scenario: Box::new(scenario) }));
        self.want_frame(lane);
        self.forget_records_of(lane);
    }

    /// Stops a long run; what is on screen stays.
    pub(super) fn cancel_run(&mut self, lane: LaneId) {
        if let Some(job) = self.lane_mut(lane).running.take() {
            self.command(Command::Send(lane, Request::Cancel { job }));
            self.touch(Part::Lane(lane));
        }
    }

    /// Asks for the stage at the clock's moment, now or when the question before is answered.
    pub(super) fn want_frame(&mut self, lane: LaneId) {
        let at = self.playback.now();
        let state = self.lane_mut(lane);
        if state.frames.asked.is_some() {
            state.frames.waiting = Some(at);
            return;
        }
        let job = self.next_job();
        self.lane_mut(lane).frames.asked = Some(job);
        self.command(Command::Send(lane, Request::Frame { job, at }));
    }

    /// Asks for the shown stretch in detail, where the whole run's coarse rows do not suffice.
    pub(super) fn want_window(&mut self, lane: LaneId) {
        let Some(question) = self.window_question(lane) else { return };
        let focus = self.focus(lane);
        let state = self.lane_mut(lane);
        if state.windows.asked.is_some() {
            state.windows.waiting = Some(question);
            return;
        }
        let job = self.next_job();
        self.lane_mut(lane).windows.asked = Some(job);
        let WindowQuestion { from, to, columns, messages } = question;
        self.command(Command::Send(lane, Request::Window { job, from, to, columns, focus, messages }));
    }

    pub(super) fn hear(&mut self, lane: LaneId, answer: Answer) {
        match answer {
            Answer::Ready { engine } => self.check_engine(engine),
            Answer::Rejected { job, .. } => self.hear_rejected(lane, job),
            Answer::Progress { job, summary } => self.hear_progress(lane, job, *summary),
            Answer::Finished { job, summary } => self.hear_finished(lane, job, *summary),
            Answer::Frame { job, frame } => self.hear_frame(lane, job, *frame),
            Answer::Window { job, timeline, messages } => {
                self.hear_window(lane, job, Window { timeline: *timeline, messages });
            }
            Answer::Records { job, total, ranges } => self.hear_records(job, total, ranges),
            Answer::Story { job, story } => self.hear_story(job, story.map(|story| *story)),
            Answer::Decision { job, tried, of, counterfactual } => self.hear_decision(job, tried, of, counterfactual),
            Answer::Decided { job } => self.hear_decided(job),
            // Studies have workers of their own.
            Answer::Sample { .. } => (),
        }
    }

    /// Are page and worker of one build?
    pub(super) fn check_engine(&mut self, worker: u32) {
        if worker != ENGINE_VERSION {
            self.notify(Notice::OtherEngine { page: ENGINE_VERSION, worker });
        }
    }

    /// The page checks before it starts, so this is a worker of another build; the last good run stays.
    fn hear_rejected(&mut self, lane: LaneId, job: JobId) {
        if self.lane(lane).running == Some(job) {
            self.lane_mut(lane).running = None;
            self.touch(Part::Lane(lane));
        }
    }

    fn hear_progress(&mut self, lane: LaneId, job: JobId, mut summary: Summary) {
        let state = self.lane_mut(lane);
        if state.running != Some(job) {
            return;
        }
        cut(&mut summary.timeline, summary.until);
        state.progress = Some(summary.until);
        let known = state.is_current && state.summary.as_ref().is_some_and(|shown| shown.finished);
        if !known {
            state.summary = Some(summary);
            state.is_current = true;
        }
        self.touch(Part::Lane(lane));
        if !self.shows_the_clock(lane) {
            self.want_frame(lane);
        }
    }

    /// Is the stage of the current run at the clock's moment?
    fn shows_the_clock(&self, lane: LaneId) -> bool {
        let state = self.lane(lane);
        state.is_frame_current && state.frame.as_ref().is_some_and(|frame| frame.at == self.playback.now())
    }

    fn hear_finished(&mut self, lane: LaneId, job: JobId, summary: Summary) {
        let state = self.lane_mut(lane);
        if state.running != Some(job) {
            return;
        }
        state.running = None;
        state.progress = None;
        state.deaths = 0;
        state.summary = Some(summary);
        state.is_current = true;
        self.touch(Part::Lane(lane));
        self.want_frame(lane);
        self.want_window(lane);
        self.compare_with_shared();
    }

    fn hear_frame(&mut self, lane: LaneId, job: JobId, frame: Frame) {
        let state = self.lane_mut(lane);
        if !state.frames.is_answer(job) {
            return;
        }
        let waiting = state.frames.waiting.take();
        // A run that has not come to the clock's moment yet answers with where it is: that is worse than what is there.
        if !self.shows_the_clock(lane) || frame.at == self.playback.now() {
            let state = self.lane_mut(lane);
            state.frame = Some(frame);
            state.is_frame_current = true;
            self.touch(Part::Frame(lane));
        }
        if waiting.is_some() {
            self.want_frame(lane);
        }
    }

    fn hear_window(&mut self, lane: LaneId, job: JobId, window: Window) {
        let state = self.lane_mut(lane);
        if !state.windows.is_answer(job) {
            return;
        }
        state.window = Some(window);
        let waiting = state.windows.waiting.take();
        self.touch(Part::Window(lane));
        if waiting.is_some() {
            self.want_window(lane);
        }
    }

    /// A dead worker is started again with the same scenario, and the page says so; one that keeps dying is left alone.
    pub(super) fn worker_died(&mut self, lane: LaneId) {
        let state = self.lane_mut(lane);
        state.running = None;
        state.deaths += 1;
        let gives_up = DEATHS_MAX < state.deaths;
        let scenario = state.started.clone();
        self.touch(Part::Lane(lane));
        if gives_up {
            self.notify(Notice::WorkerGaveUp(lane));
            return;
        }
        self.notify(Notice::WorkerRestarted(lane));
        self.command(Command::StartWorker(lane));
        if let Some(scenario) = scenario {
            self.start_run(lane, scenario);
        }
    }
}

/// A run under way has told only what lies behind it: the columns that are still empty go.
fn cut(timeline: &mut Timeline, until: Instant) {
    let (length, all) = (timeline.to.since(timeline.from).0, timeline.columns.len() as u64);
    if all == 0 || timeline.to <= until {
        return;
    }
    let step = (length / all).max(1);
    let told = (until.since(timeline.from).0 / step).clamp(1, all);
    timeline.columns.truncate(told as usize);
    timeline.to = timeline.from + highwater_model::Duration(length * told / all);
}
