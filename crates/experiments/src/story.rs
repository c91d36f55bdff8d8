//! The story of a record: the run once more, with a storyteller listening.

use crate::rerun;
use crate::session::{Progress, Session};
use highwater_model::Instant;
use highwater_model::trace::{Observer, RecordId};
use highwater_oracle::Storyteller;
use highwater_oracle::report::Story;
use highwater_sim::{Advance, Checkpoint};

/// A story that is being gathered.
pub struct StoryRun {
    moment: Checkpoint,
    teller: Storyteller,
    until: Instant,
    /// Is that the run's end?
    progress: Progress,
}

impl StoryRun {
    /// `beginning` is that of the run, whose furthest moment is `until`.
    pub(crate) fn new(beginning: Checkpoint, record: RecordId, until: Instant, progress: Progress) -> Self {
        Self { moment: beginning, teller: Storyteller::new(record), until, progress }
    }

    /// Runs on for this many events at most. Once the run is through: the story, if there is such a record.
    pub fn advance(&mut self, session: &mut Session, events_max: u64) -> Option<Option<Story>> {
        let Self { moment, teller, until, progress } = self;
        session.elsewhere(moment, |world, judge| {
            if rerun(world, *until, events_max, teller) == Advance::Spent {
                return None;
            }
            if *progress == Progress::Finished {
                world.finish(&mut (teller as &mut dyn Observer));
            }
            Some(teller.story(judge))
        })
    }
}
