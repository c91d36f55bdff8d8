//! Mutants: the protocol with one check removed. Each must be caught, or the judges are blind to what the check is for.

use super::{Failure, run, scenario};
use highwater_sim::{Check, Checks};
use std::ops::Range;

/// A mutant that was caught.
#[derive(Clone, Debug)]
pub struct Caught {
    /// By the script of this number.
    pub number: u64,
    /// How.
    pub failure: Failure,
}

/// A search for a script that catches a mutant.
#[derive(Clone, Debug)]
pub struct Hunt {
    /// What caught it, if anything did.
    pub caught: Option<Caught>,
    /// Scripts that were run, the catching one included.
    pub scripts: u64,
    /// Events of all of them.
    pub events: u64,
}

/// Runs scripts of these numbers without the check, until one fails that does not fail with it.
pub fn hunt(check: Check, numbers: Range<u64>) -> Hunt {
    let mut hunt = Hunt { caught: None, scripts: 0, events: 0 };
    let off = Checks::default().without(check);
    for number in numbers {
        let scenario = scenario(number);
        let trial = run(&scenario, off);
        hunt.scripts += 1;
        hunt.events += trial.events;
        if let Some(failure) = trial.failure
            && run(&scenario, Checks::default()).failure.is_none()
        {
            hunt.caught = Some(Caught { number, failure });
            break;
        }
    }
    hunt
}
