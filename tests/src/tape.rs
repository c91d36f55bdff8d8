//! Everything that a run told, to ask questions of.

use highwater_model::trace::{Entry, Error, Observer};
use highwater_model::{Instant, PartitionId, Scenario};
use highwater_sim::World;

/// All entries of a run, with their times.
#[derive(Clone, Debug, Default)]
pub struct Tape(pub Vec<(Instant, Entry)>);

impl Observer for Tape {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.0.push((at, *entry));
    }
}

impl Tape {
    /// Of a whole run of this scenario.
    pub fn of(scenario: &Scenario) -> Self {
        assert_eq!(scenario.check(), [], "only a possible scenario can be played");
        Self::in_world(scenario, World::new(scenario))
    }

    /// Of a whole run in a world of its own making.
    pub fn in_world(scenario: &Scenario, mut world: World) -> Self {
        let mut tape = Tape::default();
        world.advance(Instant(scenario.duration.0), u64::MAX, &mut tape);
        world.finish(&mut tape);
        tape
    }

    /// When such entries were told, in seconds.
    pub fn times(&self, is: impl Fn(&Entry) -> bool) -> Vec<f64> {
        self.0.iter().filter(|(_, entry)| is(entry)).map(|(at, _)| at.as_secs_f64()).collect()
    }

    /// When such an entry was first told from a moment on, in seconds.
    pub fn first_from(&self, from: f64, is: impl Fn(&Entry) -> bool) -> Option<f64> {
        self.times(is).into_iter().find(|at| from <= *at)
    }

    /// When a partition's sends were reported as sent, in seconds.
    pub fn acks_of(&self, partition: PartitionId) -> Vec<f64> {
        let mut sends = Vec::new();
        let mut acks = Vec::new();
        for (at, entry) in &self.0 {
            match *entry {
                Entry::Attempted { send, partition: of, .. } if of == partition => sends.push(send),
                Entry::Acked { send, .. } if sends.contains(&send) => {
                    sends.retain(|open| *open != send);
                    acks.push(at.as_secs_f64());
                }
                _ => (),
            }
        }
        acks
    }

    /// The errors with which sends failed in the end, each once.
    pub fn failures(&self) -> Vec<Error> {
        self.errors(|entry| match entry {
            Entry::Failed { error, .. } | Entry::Rejected { error, .. } => Some(*error),
            _ => None,
        })
    }

    /// The errors for which sends were tried again, each once.
    pub fn retries(&self) -> Vec<Error> {
        self.errors(|entry| match entry {
            Entry::Retried { error, .. } => Some(*error),
            _ => None,
        })
    }

    fn errors(&self, of: impl Fn(&Entry) -> Option<Error>) -> Vec<Error> {
        let mut errors: Vec<Error> = self.0.iter().filter_map(|(_, entry)| of(entry)).collect();
        errors.sort_unstable();
        errors.dedup();
        errors
    }
}

/// How many of these times are between two moments, in seconds.
pub fn count_between(times: &[f64], from: f64, to: f64) -> usize {
    times.iter().filter(|at| from < **at && **at < to).count()
}
