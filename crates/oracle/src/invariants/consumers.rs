//! Invariants of consumers and their group: INV-22, 34 to 36.

use super::partition::Marks;
use super::{Invariant, Invariants};
use crate::coverage::Part;
use highwater_model::trace::{Entry, ResetCause, Slice};
use highwater_model::{Instant, PartitionId, Topic};

impl Invariants {
    pub(super) fn consumers(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Polled { consumer, records } => {
                self.polled(at, consumer, records);
                self.polled_in_transaction(at, consumer, records);
            }
            Entry::Processed { records, .. } => {
                let state = &mut self.partitions[records.partition.index()];
                let count = state.history[records.batch as usize].count;
                state.processed.add(Part::of_slice(&records, count), |_, _| ());
            }
            Entry::OffsetCommitted { consumer, partition, offset } => {
                self.offset_committed(at, consumer, partition, offset);
            }
            Entry::PositionReset { consumer, partition, to, cause, .. } => {
                self.moves_to(consumer, partition, to);
                if matches!(cause, ResetCause::NoOffset | ResetCause::OutOfRange | ResetCause::Sought) {
                    let state = &mut self.partitions[partition.index()];
                    state.processed_to = state.processed_to.max(to);
                }
            }
            Entry::Assigned { consumer, partition, generation } => {
                let before = self.partitions[partition.index()].owner.replace((generation, consumer));
                let shared = before.is_some_and(|(other, owner)| other == generation && owner != consumer);
                // A coordinator whose log lost records counts its generations anew.
                self.check(!shared || !self.remembers(Topic::Offsets), Invariant::OneOwnerAGeneration, at, || {
                    format!(
                        "p{} belongs to consumer {consumer} and to {before:?} in generation {generation}",
                        partition.0
                    )
                });
            }
            Entry::Granted { consumer, partition, epoch } => self.granted(at, consumer, partition, epoch),
            Entry::Released { consumer, partition } => {
                let holder = &mut self.partitions[partition.index()].holder;
                if *holder == Some(consumer) {
                    *holder = None;
                }
            }
            Entry::OffsetExpired { partition } => {
                let state = &mut self.partitions[partition.index()];
                state.group_committed = 0;
            }
            _ => (),
        }
    }

    /// INV-35 for the new protocol: whom the coordinator has given the partition, holds it until it says otherwise.
    fn granted(&mut self, at: Instant, consumer: u8, partition: PartitionId, epoch: i32) {
        let before = self.partitions[partition.index()].holder.replace(consumer);
        let shared = before.is_some_and(|holder| holder != consumer);
        self.check(!shared, Invariant::OneOwnerAGeneration, at, || {
            format!("p{} is given to consumer {consumer} at epoch {epoch}, and {before:?} holds it", partition.0)
        });
    }

    /// The next coordinator says anew who holds what, as it has read it in its log.
    pub(super) fn forget_holders(&mut self) {
        for partition in &mut self.partitions {
            partition.holder = None;
        }
    }

    fn moves_to(&mut self, consumer: u8, partition: PartitionId, offset: u64) {
        let position = self.positions.entry((consumer, partition)).or_default();
        *position = offset.max(*position);
    }

    fn polled(&mut self, at: Instant, consumer: u8, records: Slice) {
        let state = &mut self.partitions[records.partition.index()];
        let marks = &mut state.marks[records.batch as usize];
        let visible = marks.has(Marks::VISIBLE);
        marks.set(Marks::READ);
        let next = state.history[records.batch as usize].base + u64::from(records.skip + records.count);
        self.moves_to(consumer, records.partition, next);
        self.check(visible, Invariant::ReadsCommitted, at, || {
            let (partition, batch) = (records.partition.0, records.batch);
            format!("consumer {consumer} gets batch {batch} of p{partition}, which no high watermark has passed")
        });
    }

    fn offset_committed(&mut self, at: Instant, consumer: u8, partition: PartitionId, offset: u64) {
        let state = &mut self.partitions[partition.index()];
        let before = state.group_committed;
        state.group_committed = offset.max(before);
        // A new coordinator tells again what was committed before.
        if let Some(&position) = self.positions.get(&(consumer, partition)) {
            // What readers pass over is known of a log that has forgotten nothing.
            let unknown = self.promises.transactional && !self.is_safe(partition);
            let passed = |position: u64| unknown || offset <= self.position_past(partition, position);
            let reached = offset <= position || offset <= before || passed(position);
            self.check(reached, Invariant::CommitsWithinPosition, at, || {
                format!("consumer {consumer} commits {offset} of p{}, its position is {position}", partition.0)
            });
        }
        if self.promises.at_least_once && self.is_safe(partition) {
            self.check_processed(at, partition, offset);
        }
    }

    /// INV-36: all that the leader's log holds below the committed offset was processed.
    fn check_processed(&mut self, at: Instant, partition: PartitionId, offset: u64) {
        let Some(leader) = self.legitimate_leader(partition) else { return };
        let state = &self.partitions[partition.index()];
        let from = state.processed_to.max(state.replica(leader).log.start());
        if offset <= from {
            return; // it goes back, or stays: nothing new is said to be processed
        }
        let missed = state.replica(leader).log.batches_from(&state.history, from).find(|batch| {
            let place = state.history[*batch as usize];
            let within = |offset: u64| offset.saturating_sub(place.base).min(u64::from(place.count)) as u32;
            let (first, end) = (within(from), within(offset));
            let part = Part { batch: *batch, from: first, to: end, of: place.count };
            // The batches are in order: the first that begins behind the committed offset ends the search.
            offset <= place.base || !state.processed.contains(part) && !self.is_passed_over(partition, *batch)
        });
        let missed = missed.filter(|batch| state.history[*batch as usize].base < offset);
        self.check(missed.is_none(), Invariant::AtLeastOnce, at, || {
            format!("{offset} is committed in p{}, batch {missed:?} was not processed", partition.0)
        });
        let state = &mut self.partitions[partition.index()];
        state.processed_to = state.processed_to.max(offset);
    }
}
