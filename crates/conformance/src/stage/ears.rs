//! Who listens to a case's run: the judges, and a tape of all that is told.

use crate::entries;
use highwater_model::trace::{Entry, Observer};
use highwater_model::{Instant, Scenario};
use highwater_oracle::{Invariants, Judge, Metrics};
use std::mem::Discriminant;

/// Who listens to the run.
pub struct Ears {
    /// The judge of its records.
    pub judge: Judge,
    /// The judge of the protocol.
    pub invariants: Invariants,
    /// Kafka's metrics.
    pub metrics: Metrics,
    /// All that was told.
    pub tape: Vec<(Instant, Entry)>,
    /// Where on the tape the entries of each kind are.
    kinds: Vec<(Discriminant<Entry>, String, Vec<u32>)>,
}

impl Ears {
    /// Those who listen to a run of this scenario, before its beginning.
    pub(super) fn of(scenario: &Scenario) -> Self {
        Self {
            judge: Judge::new(scenario),
            invariants: Invariants::new(scenario),
            metrics: Metrics::new(scenario),
            tape: Vec::new(),
            kinds: Vec::new(),
        }
    }

    /// Where on the tape the entries of a kind are.
    pub(super) fn places(&self, kind: &str) -> &[u32] {
        self.kinds.iter().find(|(_, name, _)| name == kind).map_or(&[], |(.., places)| places)
    }
}

impl Observer for Ears {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.judge.observe(at, entry);
        self.invariants.observe(at, entry);
        self.metrics.observe(at, entry);
        let place = self.tape.len() as u32;
        self.tape.push((at, *entry));
        let kind = std::mem::discriminant(entry);
        match self.kinds.iter_mut().find(|(own, ..)| *own == kind) {
            Some((.., places)) => places.push(place),
            None => self.kinds.push((kind, entries::kind(entry), vec![place])),
        }
    }
}
