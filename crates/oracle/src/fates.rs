//! What became of the records: the judge's counts and lists, by category.

use crate::coverage::{Coverage, Part, complement};
use crate::judge::Judge;
use crate::report::{Category, Ledger, RecordRange, Timeline};
use crate::sends::{Place, Status, Stream, Unsent};
use crate::transactions;
use highwater_model::Instant;
use highwater_model::settings::Isolation;
use highwater_model::trace::{Content, RecordId};
use std::collections::BTreeSet;

/// What became of the records of a send as a whole.
struct Fate {
    status: Status,
    resolved: Option<Instant>,
    /// Copies in the logs that decide.
    held: u32,
    /// One of them below the high watermark.
    committed: Option<Place>,
    /// Its transaction was aborted.
    aborted: bool,
    lost: bool,
}

/// Ranges of a send's records, by their place in it; reused from one to the next.
#[derive(Default)]
struct Scratch {
    ranges: Vec<(u32, u32)>,
    other: Vec<(u32, u32)>,
}

/// The categories of a record that went all the way, once.
const WELL: [Category; 6] =
    [Category::Offered, Category::Sent, Category::Acked, Category::Committed, Category::Polled, Category::Processed];

/// Sends whose first copy stands behind a later record of the same stream.
type Late = BTreeSet<u32>;

impl Judge {
    /// The ledger so far.
    pub fn ledger(&self) -> Ledger {
        let late = self.late();
        let mut scratch = Scratch::default();
        let (mut counts, mut well) = ([0; Category::ALL.len()], 0);
        for send in (0..self.sends.len()).filter(|send| self.sends.get(*send).is_whole()) {
            let fate = self.fate(send);
            if late.is_empty() && self.went_well(send, &fate) {
                well += u64::from(self.sends.get(send).count());
                continue;
            }
            for category in Category::ALL {
                counts[category as usize] += self.count(send, &fate, category, &late, &mut scratch);
            }
        }
        for category in WELL {
            counts[category as usize] += well;
        }
        counts[Category::Offered as usize] += self.totals.refused + self.totals.rejected + self.totals.waiting;
        counts[Category::Refused as usize] += self.totals.refused;
        counts[Category::Failed as usize] += self.totals.rejected;
        let mut ledger = Ledger::default();
        for category in Category::ALL {
            ledger.set(category, counts[category as usize]);
        }
        ledger
    }

    /// The records of a category, as ranges in the order of their names: how many ranges there are, and of those
    /// `take` after the first `skip`.
    pub fn records(&self, category: Category, skip: u32, take: u32) -> (u32, Vec<RecordRange>) {
        let late = if category == Category::Reordered { self.late() } else { Late::new() };
        let mut scratch = Scratch::default();
        let mut list = Vec::new();
        for stream in self.sends.streams() {
            for &send in stream.sends.iter().filter(|send| self.sends.get(**send).is_whole()) {
                let fate = self.fate(send);
                self.ranges(send, &fate, category, &late, &mut scratch);
                let copies = if category == Category::Duplicated { fate.held.saturating_sub(1) } else { 1 };
                for _ in 0..copies {
                    for &(from, to) in &scratch.ranges {
                        push(&mut list, self.describe(stream, send, &fate, from, to));
                    }
                }
            }
            unsent(stream, category).for_each(|range| push(&mut list, range));
        }
        list.sort_by_key(|range| range.first);
        let mut joined = Vec::with_capacity(list.len());
        list.into_iter().for_each(|range| push(&mut joined, range));
        let total = joined.len() as u32;
        (total, joined.into_iter().skip(skip as usize).take(take as usize).collect())
    }

    /// The categories that a record belongs to; none where the run has no such record.
    pub fn categories(&self, record: RecordId) -> Vec<Category> {
        let Some(stream) = self.sends.find_stream(record.producer, record.stream) else { return Vec::new() };
        let holds = |first: u64, count: u64| first <= record.number && record.number < first + count;
        let carrier = stream.sends.iter().copied().find(|send| {
            let place = self.sends.get(*send);
            place.is_whole() && holds(place.first(), u64::from(place.count()))
        });
        let Some(send) = carrier else {
            let is_in =
                |category: &Category| unsent(stream, *category).any(|range| holds(range.first.number, range.count));
            return Category::ALL.into_iter().filter(is_in).collect();
        };
        let index = (record.number - self.sends.get(send).first()) as u32;
        let (fate, late, mut scratch) = (self.fate(send), self.late(), Scratch::default());
        let is_in = |category: &Category| {
            self.ranges(send, &fate, *category, &late, &mut scratch);
            scratch.ranges.iter().any(|(from, to)| *from <= index && index < *to)
        };
        Category::ALL.into_iter().filter(is_in).collect()
    }

    /// Writes into a timeline when acked records were lost. Where records came back later, because a replica that has
    /// them returned, the latest losses are taken back.
    pub fn mark_losses(&self, timeline: &mut Timeline) {
        let mut losses: Vec<(Instant, i64)> = self.losses.iter().map(|loss| (loss.at, loss.records)).collect();
        // What was written is lost when its last copy goes, and was noted then.
        let never_written = |send: &u32| {
            let place = self.sends.get(*send);
            place.is_whole() && place.first_copy().is_none()
        };
        for send in (0..self.sends.len()).filter(never_written) {
            let fate = self.fate(send);
            if let (true, Some(resolved)) = (fate.lost, fate.resolved) {
                losses.push((resolved, i64::from(self.sends.get(send).count())));
            }
        }
        losses.sort_by_key(|loss| loss.0);
        for (at, records) in settled(&losses) {
            if let Some(column) = timeline.column_of(at) {
                timeline.columns[column].lost += records;
            }
        }
    }

    fn fate(&self, send: u32) -> Fate {
        let (status, resolved) = (self.sends.get(send).status(), self.sends.get(send).resolved());
        let held = self.held_copies(send);
        let committed = if held == 0 { None } else { self.committed_copy(send) };
        let aborted = self.is_aborted(send);
        let lost = status == Status::Acked && held == 0 && !aborted && self.is_gone(send, resolved);
        Fate { status, resolved, held, committed, aborted, lost }
    }

    /// Was the transaction of a send aborted?
    fn is_aborted(&self, send: u32) -> bool {
        let mut aborted = false;
        self.sends.each_copy(send, |copy| {
            aborted |= self.transactions.fate(copy.partition, copy.batch) == Some(transactions::Fate::Aborted);
        });
        aborted
    }

    /// Are all records of a send in the categories [`WELL`] and no other, provided they are not late? So are
    /// nearly all of a run, and this is quick to see.
    fn went_well(&self, send: u32, fate: &Fate) -> bool {
        let plain = fate.status == Status::Acked && !fate.aborted && self.sends.is_single(send);
        let Some(copy) = fate.committed.filter(|_| plain) else { return false };
        let consumption = &self.consumption[copy.partition.index()];
        let part = Part::whole(copy.batch, self.sends.get(send).count());
        let twice = consumption.twice.within(part).next().is_some();
        !twice && consumption.processed.contains(part) && consumption.polled.contains(part)
    }

    fn count(&self, send: u32, fate: &Fate, category: Category, late: &Late, scratch: &mut Scratch) -> u64 {
        let whole = u64::from(self.sends.get(send).count());
        if let Some(is_in) = self.whole(send, fate, category, late) {
            let copies = if category == Category::Duplicated { fate.held.saturating_sub(1) } else { u32::from(is_in) };
            return whole * u64::from(copies);
        }
        self.ranges(send, fate, category, late, scratch);
        scratch.ranges.iter().map(|(from, to)| u64::from(to - from)).sum()
    }

    /// Is a send in a category that takes a batch whole or not at all? None for those that divide batches.
    fn whole(&self, send: u32, fate: &Fate, category: Category, late: &Late) -> Option<bool> {
        Some(match category {
            Category::Offered | Category::Sent => true,
            Category::Refused => false,
            Category::Acked => fate.status == Status::Acked,
            Category::Failed => fate.status == Status::Failed && fate.held == 0,
            Category::FailedButWritten => fate.status == Status::Failed && 0 < fate.held,
            Category::Unresolved => fate.status == Status::Open,
            Category::Committed => fate.committed.is_some(),
            Category::Lost => fate.lost,
            Category::Duplicated => 1 < fate.held,
            Category::Reordered => late.contains(&send),
            Category::Aborted => fate.aborted,
            Category::Polled
            | Category::Processed
            | Category::ProcessedTwice
            | Category::NeverProcessed
            | Category::EffectWithoutRecord => return None,
        })
    }

    /// Puts the records of a send that are in the category into `scratch.ranges`.
    fn ranges(&self, send: u32, fate: &Fate, category: Category, late: &Late, scratch: &mut Scratch) {
        scratch.ranges.clear();
        let count = self.sends.get(send).count();
        if let Some(is_in) = self.whole(send, fate, category, late) {
            scratch.ranges.extend(is_in.then_some((0, count)));
            return;
        }
        let once = &mut scratch.ranges;
        match category {
            Category::Polled => self.consumed(send, Consumed::Polled, once),
            Category::Processed => self.consumed(send, Consumed::Processed, once),
            Category::ProcessedTwice => self.consumed(send, Consumed::Twice, once),
            Category::NeverProcessed => self.never_processed(send, fate, scratch),
            _ if fate.held == 0 && self.first_written(send).is_some() => self.consumed(send, Consumed::Processed, once),
            _ => (),
        }
    }

    /// The records of a send that the group passed over: in the log, committed, below its committed offset, and
    /// neither processed nor in the hands of a consumer that lives.
    fn never_processed(&self, send: u32, fate: &Fate, scratch: &mut Scratch) {
        let is_void = fate.aborted && self.isolation == Isolation::ReadCommitted;
        let Some(copy) = fate.committed.filter(|_| !is_void) else { return };
        let batch = self.histories[copy.partition.index()][copy.batch as usize];
        let consumption = &self.consumption[copy.partition.index()];
        let passed = consumption.committed.saturating_sub(batch.base).min(u64::from(batch.count)) as u32;
        let part = Part::whole(copy.batch, batch.count);
        if passed == 0 || self.sends.is_single(send) && consumption.processed.contains(part) {
            return;
        }
        scratch.other.clear();
        self.consumed(send, Consumed::Processed, &mut scratch.other);
        scratch.other.extend(consumption.in_hand(part));
        scratch.other.sort_unstable();
        complement((0, passed), &scratch.other, &mut scratch.ranges);
    }

    /// The records of a send that consumers had, whichever copy they read.
    fn consumed(&self, send: u32, what: Consumed, ranges: &mut Vec<(u32, u32)>) {
        if self.sends.is_single(send) {
            if let Some(copy) = self.sends.get(send).first_copy() {
                let consumption = &self.consumption[copy.partition.index()];
                let part = Part::whole(copy.batch, self.sends.get(send).count());
                match what {
                    Consumed::Polled => ranges.extend(consumption.polled.within(part)),
                    Consumed::Processed => ranges.extend(consumption.processed.within(part)),
                    Consumed::Twice if consumption.twice.is_empty() => (),
                    Consumed::Twice => ranges.extend(consumption.twice.within(part)),
                }
            }
            return;
        }
        // Several copies: what was read of one of them was read, what was read of two was read twice.
        let (mut once, mut twice) = (Coverage::default(), Coverage::default());
        let all = Part::whole(0, self.sends.get(send).count());
        self.sends.each_copy(send, |copy| {
            let consumption = &self.consumption[copy.partition.index()];
            let part = Part { batch: copy.batch, ..all };
            let read = if what == Consumed::Polled { &consumption.polled } else { &consumption.processed };
            for (from, to) in read.within(part) {
                once.add(Part { from, to, ..all }, |from, to| twice.add(Part { from, to, ..all }, |_, _| ()));
            }
            for (from, to) in consumption.twice.within(part) {
                twice.add(Part { from, to, ..all }, |_, _| ());
            }
        });
        let found = if what == Consumed::Twice { twice } else { once };
        ranges.extend(found.within(all));
    }

    /// A held copy below the high watermark, of a send that has a held copy.
    fn committed_copy(&self, send: u32) -> Option<Place> {
        let single = self.sends.is_single(send);
        let committed = |copy: Place| {
            let end = self.histories[copy.partition.index()][copy.batch as usize].end();
            end <= self.committed_up_to[copy.partition.index()] && (single || self.is_held(copy))
        };
        let mut found = None;
        self.sends.each_copy(send, |copy| found = found.or(Some(copy).filter(|copy| committed(*copy))));
        found
    }

    /// Finds the sends that stand in their log behind a later record of their stream.
    fn late(&self) -> Late {
        let mut late = Late::new();
        let mut seen = BTreeSet::new();
        for partition in self.cluster.data() {
            let mut highest = vec![0; self.sends.streams().len()];
            let authority = self.cluster.view(partition).authority();
            let Some(log) = authority.iter().map(|broker| self.log(partition, broker)).max_by_key(|log| log.end())
            else {
                continue;
            };
            for batch in log.batches() {
                let Content::Send(send) = self.histories[partition.index()][batch as usize].content else { continue };
                if !self.sends.is_single(send) && !seen.insert(send) {
                    continue;
                }
                let place = self.sends.get(send);
                let highest = &mut highest[place.stream()];
                if place.first() < *highest {
                    late.insert(send);
                } else {
                    *highest = place.first() + u64::from(place.count());
                }
            }
        }
        late
    }

    fn describe(&self, stream: &Stream, send: u32, fate: &Fate, from: u32, to: u32) -> RecordRange {
        let place = self.sends.get(send);
        let copy = fate.committed.or_else(|| self.first_written(send));
        let base = |copy: Place| self.histories[copy.partition.index()][copy.batch as usize].base;
        RecordRange {
            first: stream.record(place.first() + u64::from(from)),
            count: u64::from(to - from),
            partition: place.partition(),
            offset: copy.map(|copy| base(copy) + u64::from(from)),
            arrived: Some(place.arrival(from)),
            resolved: fate.resolved,
        }
    }
}

/// What consumers did with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consumed {
    Polled,
    Processed,
    Twice,
}

/// The records of a stream that never entered a batch, as far as they are in the category.
fn unsent(stream: &Stream, category: Category) -> impl Iterator<Item = RecordRange> + '_ {
    let (refused, rejected, waiting): (&[Unsent], &[Unsent], Option<(u64, u64)>) = match category {
        Category::Offered => (&stream.refused, &stream.rejected, stream.ended),
        Category::Refused => (&stream.refused, &[], None),
        Category::Failed => (&[], &stream.rejected, None),
        _ => (&[], &[], None),
    };
    let range = |first: u64, count: u64, at: Option<Instant>| RecordRange {
        first: stream.record(first),
        count,
        partition: None,
        offset: None,
        arrived: None,
        resolved: at,
    };
    let waiting = waiting.filter(|(_, waiting)| 0 < *waiting);
    let told = refused.iter().chain(rejected).map(move |unsent| range(unsent.first, unsent.count, Some(unsent.at)));
    told.chain(waiting.map(move |(offered, waiting)| range(offered - waiting, waiting, None)))
}

/// Adds a range behind the others; joins it to the last where they are neighbours.
fn push(list: &mut Vec<RecordRange>, range: RecordRange) {
    if let Some(last) = list.last_mut() {
        let next = RecordId { number: last.first.number + last.count, ..last.first };
        if next == range.first && last.partition == range.partition {
            last.count += range.count;
            return;
        }
    }
    list.push(range);
}

/// Losses without those that were taken back: a gain cancels the losses just before it.
fn settled(losses: &[(Instant, i64)]) -> Vec<(Instant, u64)> {
    let mut settled: Vec<(Instant, u64)> = Vec::new();
    for &(at, records) in losses {
        let mut gained = records.min(0).unsigned_abs();
        if let Ok(lost @ 1..) = u64::try_from(records) {
            settled.push((at, lost));
        }
        while 0 < gained
            && let Some(last) = settled.last_mut()
        {
            let cancelled = gained.min(last.1);
            last.1 -= cancelled;
            gained -= cancelled;
            if last.1 == 0 {
                settled.pop();
            }
        }
    }
    settled
}

impl Timeline {
    /// The column of a moment.
    pub fn column_of(&self, at: Instant) -> Option<usize> {
        let inside = self.from <= at && at < self.to && !self.columns.is_empty();
        inside.then(|| {
            let width = self.to.since(self.from).0;
            (u128::from(at.since(self.from).0) * self.columns.len() as u128 / u128::from(width)) as usize
        })
    }
}
