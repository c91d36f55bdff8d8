//! A worker without its browser: requests in, slices of work, answers out. It reads no clock; who gives it the slices
//! decides how long they are and when the page hears of progress.

use crate::axes::ProbeRun;
use crate::decide::{Decide, Decision};
use crate::protocol::{Answer, JobId, Request};
use crate::session::{Progress, Session};
use crate::story::StoryRun;
use crate::window::{Messages, Stretch, Window, WindowRun};
use highwater_model::Scenario;
use highwater_model::trace::RecordId;
use highwater_oracle::report::Category;
use std::collections::VecDeque;

/// Ranges of records that one answer carries at most.
const RANGES_MAX: u32 = 1_000;

/// Is there something to do?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing, until the next request.
    Idle,
    /// A run is under way, and perhaps more.
    Running,
    /// The run is finished or stopped; other jobs are under way.
    Answering,
}

/// One lane's desk.
#[derive(Default)]
pub struct Desk {
    run: Option<Run>,
    /// In the order in which they were asked for.
    queue: Vec<(JobId, Work)>,
    /// Probes of studies, which need no run.
    probes: VecDeque<(JobId, Box<ProbeRun>)>,
}

/// The run that was last started.
struct Run {
    job: JobId,
    session: Session,
    stopped: bool,
}

/// A job that takes longer than a moment.
enum Work {
    Window(Box<WindowRun>),
    Records { category: Category, skip: u32, take: u32 },
    Story(RecordId, Option<Box<StoryRun>>),
    Decide(RecordId, Option<Box<Decide>>),
}

impl Desk {
    /// Takes a request; what can be answered at once is.
    pub fn hear(&mut self, request: Request, answer: &mut impl FnMut(Answer)) {
        match request {
            Request::Run { job, scenario } => self.start(job, *scenario, answer),
            Request::Cancel { job } => self.cancel(job),
            Request::Frame { job, at } => {
                if let Some(run) = &mut self.run {
                    answer(Answer::Frame { job, frame: Box::new(run.session.frame(at)) });
                }
            }
            Request::Window { job, from, to, columns, focus, messages } => {
                let messages = if messages { Messages::All } else { Messages::Without };
                if let Some(run) = &self.run {
                    let window = run.session.window(Stretch { span: from..to, columns, focus, messages });
                    self.queue.push((job, Work::Window(Box::new(window))));
                }
            }
            Request::Records { job, category, skip, take } => {
                self.queue.push((job, Work::Records { category, skip, take: take.min(RANGES_MAX) }));
            }
            Request::Story { job, record } => self.queue.push((job, Work::Story(record, None))),
            Request::Decide { job, record } => self.queue.push((job, Work::Decide(record, None))),
            Request::Probe { job, probe } => self.probes.push_back((job, Box::new(ProbeRun::new(*probe)))),
        }
    }

    fn start(&mut self, job: JobId, scenario: Scenario, answer: &mut impl FnMut(Answer)) {
        let problems = scenario.check();
        if !problems.is_empty() {
            // The last good run stays, so that the page can go on showing it.
            return answer(Answer::Rejected { job, problems });
        }
        self.queue.clear();
        // Its memory is free before the next run asks for any.
        self.run = None;
        self.run = Some(Run { job, session: Session::new(scenario), stopped: false });
    }

    fn cancel(&mut self, job: JobId) {
        self.queue.retain(|(queued, _)| *queued != job);
        self.probes.retain(|(queued, _)| *queued != job);
        if let Some(run) = self.run.as_mut().filter(|run| run.job == job) {
            run.stopped = true;
        }
    }

    /// Is there something to do?
    pub fn load(&self) -> Load {
        match &self.run {
            Some(run) if run.is_under_way() => Load::Running,
            Some(_) if !self.queue.is_empty() => Load::Answering,
            _ if !self.probes.is_empty() => Load::Answering,
            _ => Load::Idle,
        }
    }

    /// The figures so far of a run that is under way.
    pub fn progress(&self) -> Option<Answer> {
        let run = self.run.as_ref().filter(|run| run.is_under_way())?;
        Some(Answer::Progress { job: run.job, summary: Box::new(run.session.summary()) })
    }

    /// Works for this many events at most: first what somebody looks at, then the run, then what asks about
    /// it: lists, which take a moment, before stories and decisions. Probes of studies come last.
    pub fn work(&mut self, events_max: u64, answer: &mut impl FnMut(Answer)) {
        let Some(run) = &mut self.run else {
            self.queue.clear();
            return self.probe(events_max, answer);
        };
        let is_window = |(_, work): &(JobId, Work)| matches!(work, Work::Window(_));
        let is_list = |(_, work): &(JobId, Work)| matches!(work, Work::Records { .. });
        if let Some(index) = self.queue.iter().position(is_window) {
            self.work_on(index, events_max, answer);
        } else if run.is_under_way() {
            if run.session.advance(events_max) == Progress::Finished {
                answer(Answer::Finished { job: run.job, summary: Box::new(run.session.summary()) });
            }
        } else if !self.queue.is_empty() {
            let list = self.queue.iter().position(is_list);
            self.work_on(list.unwrap_or(0), events_max, answer);
        } else {
            self.probe(events_max, answer);
        }
    }

    /// Runs the oldest probe on.
    fn probe(&mut self, events_max: u64, answer: &mut impl FnMut(Answer)) {
        let Some((job, probe)) = self.probes.front_mut() else { return };
        if let Some(sample) = probe.advance(events_max) {
            answer(Answer::Sample { job: *job, sample: Box::new(sample) });
            self.probes.pop_front();
        }
    }

    /// Works on a job of the queue, and takes it out when it is done.
    fn work_on(&mut self, index: usize, events_max: u64, answer: &mut impl FnMut(Answer)) {
        let Some(session) = self.run.as_mut().map(|run| &mut run.session) else { return };
        let (job, work) = &mut self.queue[index];
        let job = *job;
        let done = match work {
            Work::Window(window) => window
                .advance(session, events_max)
                .map(|Window { timeline, messages }| Answer::Window { job, timeline: Box::new(timeline), messages }),
            Work::Records { category, skip, take } => {
                let (total, ranges) = session.records(*category, *skip, *take);
                Some(Answer::Records { job, total, ranges })
            }
            Work::Story(record, run) => run
                .get_or_insert_with(|| Box::new(session.story(*record)))
                .advance(session, events_max)
                .map(|story| Answer::Story { job, story: story.map(Box::new) }),
            Work::Decide(record, run) => {
                let decide = run.get_or_insert_with(|| Box::new(session.decide(*record)));
                match decide.advance(events_max) {
                    Decision::Running => None,
                    Decision::Tried(counterfactual) => {
                        let (tried, of) = (decide.tried() as u32, decide.len() as u32);
                        answer(Answer::Decision { job, tried, of, counterfactual });
                        None
                    }
                    Decision::Done => Some(Answer::Decided { job }),
                }
            }
        };
        if let Some(done) = done {
            self.queue.remove(index);
            answer(done);
        }
    }
}

impl Run {
    fn is_under_way(&self) -> bool {
        !self.stopped && self.session.progress() == Progress::Running
    }
}
