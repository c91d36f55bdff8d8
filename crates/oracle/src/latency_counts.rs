//! Latencies as whole records by step: they can be sent, kept, and added to others without loss, in any order.

use crate::histogram::floor_of;
use serde::{Deserialize, Serialize};

/// A distribution of latencies, as whole records by step of 3 %.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatencyCounts {
    /// Step and records, by rising step.
    steps: Vec<(u16, u64)>,
}

impl LatencyCounts {
    pub(crate) fn of(steps: Vec<(u16, u64)>) -> Self {
        Self { steps }
    }

    /// Records measured.
    pub fn count(&self) -> u64 {
        self.steps.iter().map(|(_, records)| records).sum()
    }

    /// Adds what was measured elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.add_times(other, 1);
    }

    /// Adds what was measured elsewhere, each record this many times.
    pub fn add_times(&mut self, other: &Self, times: u64) {
        let mut sum = Vec::with_capacity(self.steps.len().max(other.steps.len()));
        let (mut mine, mut theirs) = (self.steps.iter().peekable(), other.steps.iter().peekable());
        loop {
            let (here, there) = (mine.peek().map(|step| step.0), theirs.peek().map(|step| step.0));
            let Some(step) = here.into_iter().chain(there).min() else { break };
            let mut records = 0;
            if here == Some(step) {
                records += mine.next().map_or(0, |step| step.1);
            }
            if there == Some(step) {
                records += theirs.next().map_or(0, |step| step.1 * times);
            }
            sum.push((step, records));
        }
        self.steps = sum;
    }

    /// The latency in microseconds below which this share of the records lies: the middle of its step. None without
    /// records.
    pub fn quantile_us(&self, share: f64) -> Option<u64> {
        let count = self.count();
        let wanted = share * count as f64;
        let mut below = 0;
        for &(step, records) in &self.steps {
            below += records;
            if wanted <= below as f64 {
                let (low, high) = range_of(step);
                return Some((low + high) / 2);
            }
        }
        None
    }

    /// From, to (in microseconds) and records of each step that has any, by rising latency: for a chart.
    pub fn bars(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.steps.iter().map(|&(step, records)| {
            let (low, high) = range_of(step);
            (low, high, records)
        })
    }
}

fn range_of(step: u16) -> (u64, u64) {
    (floor_of(usize::from(step)), floor_of(usize::from(step) + 1))
}
