//! A stretch of the timeline, run again from the checkpoint before it: its rows at another resolution, and its
//! messages.

use crate::protocol::MESSAGES_MAX;
use crate::rerun;
use crate::session::Session;
use highwater_model::trace::{Entry, Level, Observer};
use highwater_model::{Instant, PartitionId};
use highwater_oracle::report::Timeline;
use highwater_oracle::{Judge, Recorder};
use highwater_sim::{Advance, Checkpoint, World};
use std::collections::VecDeque;
use std::ops::Range;

/// The most columns of a stretch: more than any screen has.
const COLUMNS_MAX: u32 = 8_192;

/// Which messages a stretch carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// None.
    Without,
    /// All, if there are no more than [`MESSAGES_MAX`].
    All,
}

/// What to look at more closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From here to there.
    pub span: Range<Instant>,
    /// In this many steps.
    pub columns: u32,
    /// The partition that the rows of one partition show.
    pub focus: PartitionId,
    /// With its messages?
    pub messages: Messages,
}

/// A stretch that was run again.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Its rows.
    pub timeline: Timeline,
    /// Its messages: trace entries `Sent`, `Received` and `Dropped`.
    pub messages: Vec<(Instant, Entry)>,
}

/// A stretch that is being run again.
pub struct WindowRun {
    moment: Checkpoint,
    rerun: Rerun,
}

/// What listens while the stretch runs again.
struct Rerun {
    recorder: Recorder,
    stretch: Stretch,
    stage: Stage,
    list: MessageList,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// On the way from the checkpoint to the stretch.
    Before,
    /// In the stretch.
    Inside,
}

impl WindowRun {
    /// The stretch of a run, from a moment before it and the recorder of that moment.
    pub(crate) fn new(moment: Checkpoint, recorder: Recorder, mut stretch: Stretch) -> Self {
        stretch.columns = stretch.columns.clamp(1, COLUMNS_MAX);
        let rerun = Rerun { recorder, stretch, stage: Stage::Before, list: MessageList::default() };
        Self { moment, rerun }
    }

    /// Runs on for this many events at most. Once the stretch is done: its rows, and its messages where they were
    /// asked for and are few enough.
    pub fn advance(&mut self, session: &mut Session, events_max: u64) -> Option<Window> {
        let Self { moment, rerun } = self;
        session.elsewhere(moment, |world, judge| {
            if rerun.stretch.messages == Messages::All {
                world.tell(Level::Full);
            }
            let window = rerun.advance(world, judge, events_max);
            world.tell(Level::Check);
            window
        })
    }
}

impl Rerun {
    fn advance(&mut self, world: &mut World, judge: &Judge, events_max: u64) -> Option<Window> {
        let budget_end = world.events().saturating_add(events_max);
        loop {
            let until = match self.stage {
                Stage::Before => self.stretch.span.start,
                Stage::Inside => self.stretch.span.end,
            };
            let events = budget_end.saturating_sub(world.events());
            let mut listeners = (&mut self.recorder, &mut self.list);
            match (rerun(world, until, events, &mut listeners), self.stage) {
                (Advance::Spent, _) => return None,
                (Advance::Reached, Stage::Before) => self.enter(),
                (Advance::Reached, Stage::Inside) => {
                    let mut timeline = self.recorder.timeline(until).expect("enter() began to record");
                    // Only who has judged the whole run knows what was lost.
                    judge.mark_losses(&mut timeline);
                    return Some(Window { timeline, messages: std::mem::take(&mut self.list).into_entries() });
                }
            }
        }
    }

    fn enter(&mut self) {
        let Stretch { span, columns, focus, .. } = &self.stretch;
        self.recorder.record(span.start, span.end, *columns, *focus);
        self.list.inside = true;
        self.stage = Stage::Inside;
    }
}

/// The messages of a stretch, those included that are on their way when it begins.
#[derive(Default)]
struct MessageList {
    entries: VecDeque<(Instant, Entry)>,
    sent: usize,
    inside: bool,
}

impl MessageList {
    fn into_entries(self) -> Vec<(Instant, Entry)> {
        if MESSAGES_MAX < self.sent { Vec::new() } else { self.entries.into() }
    }

    /// Before the stretch, a message that is over is of no interest.
    fn forget(&mut self, over: u32) {
        let is_over = |entry: &Entry| matches!(entry, Entry::Sent { packet, .. } if *packet == over);
        if let Some(index) = self.entries.iter().position(|(_, entry)| is_over(entry)) {
            self.entries.remove(index);
            self.sent -= 1;
        }
    }
}

impl Observer for MessageList {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Received { packet } | Entry::Dropped { packet } if !self.inside => return self.forget(packet),
            Entry::Sent { .. } => self.sent += 1,
            Entry::Received { .. } | Entry::Dropped { .. } => (),
            _ => return,
        }
        if self.sent <= MESSAGES_MAX {
            self.entries.push_back((at, *entry));
        }
    }
}
