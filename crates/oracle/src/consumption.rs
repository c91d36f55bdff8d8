//! What the consumer group did with one partition's records.

use crate::coverage::{Coverage, Part, complement};

/// Consumption of one partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Consumption {
    /// Handed to the application.
    pub polled: Coverage,
    /// Processed at least once.
    pub processed: Coverage,
    /// Processed more than once.
    pub twice: Coverage,
    /// Handed to a consumer that lives, and not yet processed by it.
    in_hand: Vec<(u8, Coverage)>,
    /// The group's committed offset.
    pub committed: u64,
    /// Reused: records that were processed again.
    again: Vec<(u32, u32)>,
}

impl Consumption {
    /// `poll()` handed the records out.
    pub fn poll(&mut self, consumer: u8, part: Part) {
        self.polled.add(part, |_, _| ());
        match self.in_hand.iter_mut().find(|(owner, _)| *owner == consumer) {
            Some((_, records)) => records.add(part, |_, _| ()),
            None => {
                let mut records = Coverage::default();
                records.add(part, |_, _| ());
                self.in_hand.push((consumer, records));
            }
        }
    }

    /// The records were processed; calls `first` for those among them that never were before.
    pub fn process(&mut self, consumer: u8, part: Part, mut first: impl FnMut(u32, u32)) {
        if let Some((_, records)) = self.in_hand.iter_mut().find(|(owner, _)| *owner == consumer) {
            records.remove(part);
        }
        let again = &mut self.again;
        again.clear();
        self.processed.add(part, |from, to| again.push((from, to)));
        if again.is_empty() {
            first(part.from, part.to);
            return;
        }
        for &(from, to) in again.iter() {
            self.twice.add(Part { from, to, ..part }, |_, _| ());
        }
        let mut fresh = Vec::new();
        complement((part.from, part.to), again, &mut fresh);
        fresh.into_iter().for_each(|(from, to)| first(from, to));
    }

    /// A consumer died: what it had in hand is forgotten.
    pub fn forget(&mut self, consumer: u8) {
        self.in_hand.retain(|(owner, _)| *owner != consumer);
    }

    /// The records of the part that some living consumer still has in hand.
    pub fn in_hand(&self, part: Part) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.in_hand.iter().flat_map(move |(_, records)| records.within(part))
    }
}
