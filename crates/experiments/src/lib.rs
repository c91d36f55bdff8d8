//! Runs worlds and asks questions of them: a session holds one lane's run and answers for the page; counterfactuals
//! find the setting that decided about a record. Here too: what the page and its workers say to each other.

pub mod axes;
mod decide;
pub mod desk;
pub mod protocol;
mod session;
mod story;
pub mod swarm;
mod window;

pub use decide::{Decide, Decision, candidates};
pub use session::{Progress, Session};
pub use story::StoryRun;
pub use window::{Messages, Stretch, Window, WindowRun};

use highwater_model::trace::Observer;
use highwater_model::{Instant, Scenario};
use highwater_sim::{Advance, World};

/// The fingerprint of a scenario's whole run. The scenario must have no problems.
pub fn fingerprint(scenario: &Scenario) -> u64 {
    let mut world = World::new(scenario);
    rerun(&mut world, end_of(scenario), u64::MAX, &mut ());
    world.finish(&mut (&mut () as &mut dyn Observer));
    world.fingerprint()
}

/// When a run of the scenario ends.
fn end_of(scenario: &Scenario) -> Instant {
    Instant::ZERO + scenario.duration
}

/// Runs a world on for whoever listens. Only a session's first run is compiled for its listeners; what runs again
/// shares one copy of the engine, or the page would load five.
fn rerun(world: &mut World, until: Instant, events_max: u64, mut listener: &mut dyn Observer) -> Advance {
    world.advance(until, events_max, &mut listener)
}
