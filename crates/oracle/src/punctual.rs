//! What is asked of a run afterwards, for any stretch of it: who was acked in time, and how latencies are distributed.

use crate::judge::Judge;
use crate::report::{LatencyCounts, Punctuality};
use crate::sends::{Send, Status};
use highwater_model::{Duration, Instant};
use std::ops::Range;

impl Judge {
    /// How many records arrived in this stretch, and how many of them were acked no later than `deadline` after. What a
    /// source refused counts as arrived when it was refused.
    pub fn punctuality(&self, arrivals: &Range<Instant>, deadline: Duration) -> Punctuality {
        let mut sum = Punctuality::default();
        for send in (0..self.sends.len()).map(|send| self.sends.get(send)).filter(|send| send.is_whole()) {
            let here = arrived_before(send, arrivals.end) - arrived_before(send, arrivals.start);
            sum.arrived += here;
            if send.status() == Status::Acked
                && let Some(acked) = send.resolved()
            {
                // Those that arrived earlier than this were acked too late.
                let late_before = Instant(acked.0.saturating_sub(deadline.0)).max(arrivals.start);
                let on_time = arrived_before(send, arrivals.end).saturating_sub(arrived_before(send, late_before));
                sum.in_time += on_time;
            }
        }
        for stream in self.sends.streams() {
            let unsent = stream.refused.iter().chain(&stream.rejected).filter(|unsent| arrivals.contains(&unsent.at));
            sum.arrived += unsent.map(|unsent| unsent.count).sum::<u64>();
        }
        sum
    }

    /// Has everything come right? Every partition can be used, no send of records that arrived before `sent` is open, and
    /// the group has committed past those that arrived before `read`, as far as they are in the log.
    pub fn is_settled(&self, sent: Instant, read: Instant) -> bool {
        if !self.watch.is_calm() {
            return false;
        }
        let mut ends = vec![0; self.histories.len()];
        for send in (0..self.sends.len()).map(|send| self.sends.get(send)).filter(|send| send.is_whole()) {
            if send.first_arrival() < sent && send.status() == Status::Open {
                return false;
            }
            if let (Status::Acked, Some(copy)) = (send.status(), send.first_copy())
                && send.first_arrival() < read
            {
                let end = self.histories[copy.partition.index()][copy.batch as usize].end();
                ends[copy.partition.index()] = end.max(ends[copy.partition.index()]);
            }
        }
        let reached = |(partition, end): (usize, u64)| {
            end.min(self.committed_up_to[partition]) <= self.consumption[partition].committed
        };
        ends.into_iter().enumerate().all(reached)
    }

    /// Forgets the latencies so far: what is measured begins now.
    pub fn measure_from_now(&mut self) {
        self.latencies.produce.clear();
        self.latencies.end_to_end.clear();
    }

    /// Produce and end-to-end latencies since [`Judge::measure_from_now`], or since the run began.
    pub fn latency_counts(&self) -> [LatencyCounts; 2] {
        [self.latencies.produce.counts(), self.latencies.end_to_end.counts()]
    }

    /// Records acked, and records processed for the first time, since [`Judge::measure_from_now`].
    pub fn acked_and_processed(&self) -> (u64, u64) {
        (self.latencies.produce.count(), self.latencies.end_to_end.count())
    }
}

/// How many of a send's records arrived before the moment. They arrive evenly.
fn arrived_before(send: &Send, moment: Instant) -> u64 {
    let (count, first) = (u64::from(send.count()), send.first_arrival());
    if moment <= first {
        return 0;
    }
    let span = send.arrival_span().0;
    if first.0 + span < moment.0 {
        return count;
    }
    let steps = count.max(2) - 1;
    // The n-th arrives at `first + span * n / steps`.
    let into = u128::from(moment.0 - first.0 - 1) * u128::from(steps);
    count.min((into / u128::from(span.max(1))) as u64 + 1)
}

#[cfg(test)]
mod tests {
    use crate::Judge;
    use crate::play::{P0, Play, scenario};
    use crate::report::Punctuality;
    use highwater_model::trace::Entry;
    use highwater_model::{Duration, Instant};

    /// Eleven records arrive from 100 ms to 200 ms and are acked at 250 ms.
    fn eleven_in_a_batch() -> Judge {
        let (first_arrival, arrival_span) = (Instant::from_millis(100), Duration::from_millis(100));
        let mut play = Play::new();
        play.wait(200).tell(Entry::Closed {
            send: 0,
            producer: 1,
            stream: P0,
            first: 0,
            count: 11,
            first_arrival,
            arrival_span,
        });
        play.now = Instant::from_millis(249);
        play.tell(Entry::Acked { send: 0, offset: Some(0) });
        play.show(Judge::new(&scenario()))
    }

    fn check(arrivals: [u64; 2], deadline_ms: u64, arrived: u64, in_time: u64) {
        let arrivals = Instant::from_millis(arrivals[0])..Instant::from_millis(arrivals[1]);
        let found = eleven_in_a_batch().punctuality(&arrivals, Duration::from_millis(deadline_ms));
        assert_eq!(found, Punctuality { arrived, in_time }, "{arrivals:?} {deadline_ms}");
    }

    #[test]
    fn a_batch_is_late_record_by_record() {
        check([0, 300], 150, 11, 11);
        check([0, 300], 149, 11, 10);
        check([0, 300], 50, 11, 1);
        check([0, 300], 49, 11, 0);
    }

    #[test]
    fn only_what_arrived_in_the_stretch_counts() {
        check([0, 100], 1_000, 0, 0);
        check([100, 200], 1_000, 10, 10);
        check([150, 151], 100, 1, 1);
        check([160, 200], 60, 4, 1);
    }
}
