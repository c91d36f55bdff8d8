//! What sources offer, changed on the way: the door by which a case begins, ends or limits its load.

use crate::producing::Offered;
use crate::world::World;
use highwater_model::trace::Observer;
use highwater_model::{NodeId, PartitionId};

/// A load of all sources together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Records a second; 0 is silence.
    pub records_per_second: u32,
    /// So many records, and then silence; without a number it goes on.
    pub records: Option<u64>,
    /// For one partition only; without it shared as usual.
    pub partition: Option<PartitionId>,
}

impl World {
    /// A producer's application has these records now, and sends them: for a partition, or without a key. False where its
    /// source is not silent otherwise, or has no such records.
    pub fn put_records(
        &mut self,
        producer: u8,
        partition: Option<PartitionId>,
        count: u32,
        observer: &mut impl Observer,
    ) -> bool {
        let number = self.state.network.numbering.of(NodeId::Producer(producer));
        let mut is_put = false;
        self.with_context(number, |nodes, context| {
            is_put = nodes.producers[usize::from(producer) - 1].put(partition, count, context);
        });
        self.settle(number, observer);
        is_put
    }

    /// From now on the sources offer this load, shared evenly among the producers.
    pub fn offer(&mut self, load: Load, observer: &mut impl Observer) {
        let producers = self.state.producers.len() as u64;
        for n in 1..=producers {
            let number = self.state.network.numbering.of(NodeId::Producer(n as u8));
            let records_per_second = f64::from(load.records_per_second) / producers as f64;
            let offered = Offered { records_per_second, only: load.partition };
            let records = load.records.map(|records| records * n / producers - records * (n - 1) / producers);
            self.with_context(number, |nodes, context| {
                nodes.producers[n as usize - 1].offer(offered, records, context);
            });
            self.settle(number, observer);
        }
    }
}
