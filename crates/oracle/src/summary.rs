//! Puts together what the page shows of a run without asking further.

use crate::judge::Judge;
use crate::recorder::Recorder;
use crate::report::Summary;
use highwater_model::{Instant, PartitionId};

/// What only the one who runs the world knows about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunState {
    /// Equal for equal runs; 0 until the run is finished.
    pub fingerprint: u64,
    /// Events handled.
    pub events: u64,
    /// How far the run is.
    pub until: Instant,
    /// Is it finished?
    pub finished: bool,
    /// The partition with the largest share of the load.
    pub busiest: PartitionId,
}

/// The summary of a run, whole or so far.
///
/// # Panics
/// If the recorder was never told to [`Recorder::record`].
pub fn summary(judge: &Judge, recorder: &Recorder, run: RunState) -> Summary {
    let mut timeline = recorder.timeline(run.until).expect("the recorder of a run's summary records the whole run");
    judge.mark_losses(&mut timeline);
    Summary {
        fingerprint: run.fingerprint,
        events: run.events,
        until: run.until,
        finished: run.finished,
        ledger: judge.ledger(),
        availability: judge.availability(run.until),
        latency: judge.latency(),
        unclean_elections: judge.unclean_elections(),
        busiest: run.busiest,
        timeline,
    }
}
