//! The load: what the source offers from now on, and how much of the application's time that takes.

use super::{Application, Keying, Shares, State};
use highwater_kafka::node::Context;
use highwater_kafka::producer::Producer;
use highwater_model::trace::UNKEYED;
use highwater_model::{Instant, PartitionId};

/// What a source is told to offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offered {
    /// So many records a second; 0 is silence.
    pub records_per_second: f64,
    /// All of them for one partition; without it shared as usual.
    pub only: Option<PartitionId>,
}

impl Application {
    /// `send()` takes so many times its usual CPU time.
    pub fn set_slowness(&mut self, factor: u32, now: Instant) {
        self.slowness = factor;
        self.reckon_load(now);
    }

    /// The source offers so many hundredths of its usual rate.
    pub fn set_rate_percent(&mut self, percent: u32, now: Instant) {
        self.rate_percent = percent;
        for stream in &mut self.streams {
            stream.arrivals.set_rate(self.usual_rate * stream.share * f64::from(percent) / 100.0);
        }
        self.reckon_load(now);
    }

    /// From now on the source offers another load: so many records a second, and where it is limited only so many
    /// records, shared among its streams as usual.
    pub fn offer(&mut self, offered: Offered, records: Option<u64>, context: &Context) {
        let now = context.now;
        let Offered { records_per_second, only } = offered;
        self.offered = Some(offered);
        let (mut share_before, mut given) = (0.0, 0);
        for index in 0..self.streams.len() {
            let stream = &mut self.streams[index];
            let share = match only {
                Some(partition) => f64::from(u8::from(stream.id == partition)),
                None => stream.share,
            };
            share_before += share;
            // Rounded so that the streams' records add up.
            let up_to = records.map(|records| (records as f64 * share_before + 0.5) as u64);
            stream.arrivals.begin_anew(records_per_second * share, up_to.map(|up_to| up_to - given), now);
            given = up_to.unwrap_or(given);
            self.look_anew(index, context);
        }
    }

    /// The application has these records now, beside its load, which must be silence: of the stream of this partition, or
    /// of the one stream of records without a key. False where there is no such stream, or no silence.
    pub fn put(&mut self, partition: Option<PartitionId>, count: u32, context: &Context) -> bool {
        let id = partition.unwrap_or(UNKEYED);
        let Some(index) = self.streams.iter().position(|stream| stream.id == id) else { return false };
        let is_put = self.streams[index].arrivals.put(count, context.now);
        self.look_anew(index, context);
        is_put
    }

    /// The client knows of other partitions than before: keys have other partitions from now on.
    pub(super) fn look_at_topic(&mut self, client: &Producer, context: &Context) {
        let known = client.partitions();
        if known == self.partitions || known == 0 {
            return;
        }
        self.partitions = known;
        if let Keying::Sticky { .. } = self.keying {
            return; // the partitioner looks at what there is each time
        }
        let (rate, only) = match self.offered {
            Some(Offered { records_per_second, only }) => (records_per_second, only),
            None => (self.usual_rate * f64::from(self.rate_percent) / 100.0, None),
        };
        let shares = Shares::over(context.setup, known);
        for index in 0..self.streams.len() {
            let stream = &mut self.streams[index];
            stream.share = shares.share(stream.id);
            if only.is_none() {
                stream.arrivals.go_on_with(rate * stream.share, context.now);
                self.look_anew(index, context);
            }
        }
    }

    /// The next random choice of the built-in partitioner is given.
    pub fn fix_partitioner(&mut self, per_mille: u16) {
        if let Keying::Sticky { dice, .. } = &mut self.keying {
            dice.fix(per_mille);
        }
    }

    /// Are all records that arrived by then in batches?
    pub(in crate::producing) fn has_sent(&mut self, by: Instant, now: Instant) -> bool {
        if !matches!(self.state, State::Sending) || self.clock.reached(now) < by {
            return false;
        }
        for index in 0..self.streams.len() {
            self.count(index, by);
        }
        self.streams.iter_mut().all(|stream| stream.arrivals.count_until(by) == 0)
    }

    /// The stream's records come otherwise than they did: its next moment is another.
    fn look_anew(&mut self, index: usize, context: &Context) {
        match (self.state, self.streams[index].open) {
            // Nothing is added while the application waits for a result.
            (State::Waiting(_), _) => (),
            (_, Some(_)) => self.look_ahead(index, context),
            (_, None) => self.find_next(index),
        }
    }

    pub(super) fn reckon_load(&mut self, now: Instant) {
        let usual: f64 = self.streams.iter().map(|stream| self.usual_rate * stream.share).sum();
        let rate = usual * f64::from(self.rate_percent) / 100.0;
        let cpu = self.send_cpu.times(u64::from(self.slowness)).as_secs_f64();
        self.clock.set_load(rate * cpu, now);
    }
}
