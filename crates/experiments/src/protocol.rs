//! What the page and a lane's worker say to each other: two enums, carried as postcard bytes. The worker's first word
//! is [`Answer::Ready`]; the page sends nothing before it.

use crate::axes::{Probe, Sample};
use highwater_model::trace::{Entry, RecordId};
use highwater_model::view::Frame;
use highwater_model::{Instant, PartitionId, Problem, Scenario};
use highwater_oracle::report::{Category, Counterfactual, RecordRange, Story, Summary, Timeline};
use serde::{Deserialize, Serialize};

/// Names a request, so that late answers to earlier ones can be told apart. The page counts up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId(pub u32);

/// What the page asks of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Run this scenario, and forget the one before. Answered by progress, then by `Finished`, or by `Rejected`.
    Run {
        /// The job.
        job: JobId,
        /// What to run.
        scenario: Box<Scenario>,
    },
    /// Stop the job as soon as possible; it is answered no more.
    Cancel {
        /// The job.
        job: JobId,
    },
    /// The stage at a moment of the run that was last started; also while it is still under way, up to where it is.
    Frame {
        /// The job.
        job: JobId,
        /// When.
        at: Instant,
    },
    /// A stretch of the timeline at a resolution: that window is run again.
    Window {
        /// The job.
        job: JobId,
        /// From here.
        from: Instant,
        /// To here.
        to: Instant,
        /// In this many steps.
        columns: u32,
        /// The partition that the rows of one partition show.
        focus: PartitionId,
        /// Also every message of the stretch, if there are no more than [`MESSAGES_MAX`].
        messages: bool,
    },
    /// A page of the records of a category; once the run is over, since what became of them is known only then.
    Records {
        /// The job.
        job: JobId,
        /// Which.
        category: Category,
        /// Ranges left out.
        skip: u32,
        /// Ranges at most.
        take: u32,
    },
    /// The story of a record.
    Story {
        /// The job.
        job: JobId,
        /// Which.
        record: RecordId,
    },
    /// Which setting, changed alone, would have kept the record: whole runs, so it takes seconds. Answered by
    /// `Decision`s, one a setting tried, then by `Decided`.
    Decide {
        /// The job.
        job: JobId,
        /// Which.
        record: RecordId,
    },
    /// Run a probe of a study; no run is needed before it. Probes are done in the order in which they were asked for.
    Probe {
        /// The job.
        job: JobId,
        /// What to run.
        probe: Box<Probe>,
    },
}

/// Messages that a window carries at most.
pub const MESSAGES_MAX: usize = 2_000;

/// What a worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The worker is there.
    Ready {
        /// The engine's version.
        engine: u32,
    },
    /// The scenario is impossible.
    Rejected {
        /// The job.
        job: JobId,
        /// Why.
        problems: Vec<Problem>,
    },
    /// A run is under way: the figures so far.
    Progress {
        /// The job.
        job: JobId,
        /// The run so far.
        summary: Box<Summary>,
    },
    /// A run is done.
    Finished {
        /// The job.
        job: JobId,
        /// The run.
        summary: Box<Summary>,
    },
    /// The stage at a moment.
    Frame {
        /// The job.
        job: JobId,
        /// The moment.
        frame: Box<Frame>,
    },
    /// A stretch of the timeline.
    Window {
        /// The job.
        job: JobId,
        /// Its rows.
        timeline: Box<Timeline>,
        /// Its messages, where asked for and few enough: each a trace entry `Sent`, `Received` or `Dropped`.
        messages: Vec<(Instant, Entry)>,
    },
    /// A page of records.
    Records {
        /// The job.
        job: JobId,
        /// All ranges of the category.
        total: u32,
        /// This page of them.
        ranges: Vec<RecordRange>,
    },
    /// A record's story; none where the run has no such record.
    Story {
        /// The job.
        job: JobId,
        /// The story.
        story: Option<Box<Story>>,
    },
    /// One setting was tried.
    Decision {
        /// The job.
        job: JobId,
        /// Settings tried so far.
        tried: u32,
        /// Settings to try.
        of: u32,
        /// What came out.
        counterfactual: Counterfactual,
    },
    /// All settings were tried.
    Decided {
        /// The job.
        job: JobId,
    },
    /// What a probe found.
    Sample {
        /// The job.
        job: JobId,
        /// Its findings.
        sample: Box<Sample>,
    },
}
