//! A pool of worker threads behind an unbounded queue: what many applications do, and what commits do not know of
//!

use super::backlog::{Backlog, Step};
use highwater_model::trace::Slice;
use highwater_model::{Duration, Instant};

/// What a worker does now.
#[derive(Clone, Copy, Debug)]
struct Job {
    slice: Slice,
    step: Step,
}

/// The workers; those that never had anything to do are not there yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    jobs: Vec<Option<Job>>,
    idle: Vec<u32>,
}

impl Pool {
    /// Records that workers have in hand and have not yet processed.
    pub(super) fn unprocessed(&self, now: Instant) -> u64 {
        self.jobs.iter().flatten().map(|job| job.step.records - job.step.done_by(now)).sum()
    }

    /// An idle worker, if there is one, takes the next records: a fair share of what waits, as workers that take one
    /// record at a time would get, but no more than a stretch. Gives the worker, and when it is done.
    pub(super) fn begin(
        &mut self,
        backlog: &mut Backlog,
        workers: u32,
        cost: Duration,
        now: Instant,
    ) -> Option<(u32, Instant)> {
        let waiting = backlog.records();
        let is_free = !self.idle.is_empty() || (self.jobs.len() as u32) < workers;
        if waiting == 0 || !is_free {
            return None;
        }
        let share = waiting.div_ceil(u64::from(workers));
        let slice = backlog.take_piece(Step::of(share, cost, now).records)?;
        let step = Step::of(u64::from(slice.count), cost, now);
        let worker = self.idle.pop().unwrap_or_else(|| {
            self.jobs.push(None);
            self.jobs.len() as u32 - 1
        });
        self.jobs[worker as usize] = Some(Job { slice, step });
        Some((worker, step.ends()))
    }

    /// A worker is done; gives what it processed. Nothing where it was halted since, and has other work.
    pub(super) fn finish(&mut self, worker: u32, now: Instant) -> Option<Slice> {
        let job = self.jobs.get_mut(worker as usize)?.take_if(|job| job.step.ends() <= now)?;
        self.idle.push(worker);
        Some(job.slice)
    }

    /// All workers stop where they are: `processed` is told what each has done; gives the rest.
    pub(super) fn halt(&mut self, now: Instant, mut processed: impl FnMut(Slice)) -> Vec<Slice> {
        let mut rest = Vec::new();
        for Job { slice, step } in self.jobs.drain(..).flatten() {
            let done = step.done_by(now) as u32;
            if 0 < done {
                processed(Slice { count: done, ..slice });
            }
            if done < slice.count {
                rest.push(Slice { skip: slice.skip + done, count: slice.count - done, ..slice });
            }
        }
        self.idle.clear();
        rest
    }
}
