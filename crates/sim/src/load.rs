//! What sources offer, changed on the way: the door by which a case begins, ends or limits its load.

use crate::world::World;
use highwater_model::NodeId;
use highwater_model::trace::Observer;

/// A load of all sources together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Records a second; 0 is silence.
    pub records_per_second: u32,
    /// So many records, and then silence; without a number it goes on.
    pub records: Option<u64>,
}

impl World {
    /// From now on the sources offer this load, shared evenly among the producers.
    pub fn offer(&mut self, load: Load, observer: &mut impl Observer) {
        let producers = self.state.producers.len() as u64;
        for n in 1..=producers {
            let number = self.state.network.numbering.of(NodeId::Producer(n as u8));
            let rate = f64::from(load.records_per_second) / producers as f64;
            let records = load.records.map(|records| records * n / producers - records * (n - 1) / producers);
            self.with_context(number, |nodes, context| {
                nodes.producers[n as usize - 1].offer(rate, records, context);
            });
            self.settle(number, observer);
        }
    }
}
