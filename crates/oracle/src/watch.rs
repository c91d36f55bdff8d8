//! When partitions could not be written to or read, and how long their producers waited for an acknowledgement.

use crate::cluster::{Change, Cluster};
use crate::report::{Availability, Span};
use highwater_model::{Instant, PartitionId};

/// One partition's use.
#[derive(Clone, Copy, Debug)]
struct Use {
    writable: bool,
    readable: bool,
    /// Sends on their way to it.
    waiting: u32,
    /// Since when they wait without an acknowledgement.
    waiting_since: Instant,
}

/// A union of spans that grows at its end.
#[derive(Clone, Debug, Default)]
struct Outage {
    partitions: u32,
    since: Instant,
    spans: Vec<Span>,
}

impl Outage {
    fn begin(&mut self, at: Instant) {
        if self.partitions == 0 {
            self.since = at;
        }
        self.partitions += 1;
    }

    fn end(&mut self, at: Instant) {
        self.partitions -= 1;
        if self.partitions == 0 {
            extend(&mut self.spans, Span { from: self.since, to: at });
        }
    }

    fn so_far(&self, until: Instant) -> Vec<Span> {
        let mut spans = self.spans.clone();
        if 0 < self.partitions {
            extend(&mut spans, Span { from: self.since, to: until });
        }
        spans
    }
}

/// Adds a span behind all others; joins it to the last where they touch, drops it where it is empty.
fn extend(spans: &mut Vec<Span>, span: Span) {
    match spans.last_mut() {
        Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
        _ if span.from < span.to => spans.push(span),
        _ => (),
    }
}

/// Keeps [`Availability`].
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    uses: Vec<Use>,
    unwritable: Outage,
    unreadable: Outage,
    longest: Option<(PartitionId, Span)>,
}

impl Watch {
    pub fn new(cluster: &Cluster) -> Self {
        // A partition can be used until the trace says otherwise: a run begins when its topic is there.
        let fresh = Use { writable: true, readable: true, waiting: 0, waiting_since: Instant::ZERO };
        Self {
            uses: cluster.data().map(|_| fresh).collect(),
            unwritable: Outage::default(),
            unreadable: Outage::default(),
            longest: None,
        }
    }

    /// Can every partition be used?
    pub fn is_calm(&self) -> bool {
        self.unwritable.partitions == 0 && self.unreadable.partitions == 0
    }

    /// The cluster changed.
    pub fn look(&mut self, at: Instant, cluster: &Cluster, change: Change) {
        match change {
            Change::Nothing => (),
            Change::Partition(partition) if cluster.is_data(partition) => self.look_at(at, cluster, partition),
            Change::Partition(_) => (),
            Change::Broker(_) | Change::Everything => {
                cluster.data().for_each(|partition| self.look_at(at, cluster, partition))
            }
        }
    }

    fn look_at(&mut self, at: Instant, cluster: &Cluster, partition: PartitionId) {
        let known = cluster.view(partition).leader_epoch != -1;
        let (writable, readable) =
            if known { (cluster.writable(partition), cluster.readable(partition)) } else { (true, true) };
        let before = &mut self.uses[partition.index()];
        match (before.writable, writable) {
            (true, false) => self.unwritable.begin(at),
            (false, true) => self.unwritable.end(at),
            _ => (),
        }
        match (before.readable, readable) {
            (true, false) => self.unreadable.begin(at),
            (false, true) => self.unreadable.end(at),
            _ => (),
        }
        (before.writable, before.readable) = (writable, readable);
    }

    /// A send is on its way to the partition.
    pub fn begin_waiting(&mut self, at: Instant, partition: PartitionId) {
        let place = &mut self.uses[partition.index()];
        if place.waiting == 0 {
            place.waiting_since = at;
        }
        place.waiting += 1;
    }

    /// A send to the partition was acked.
    pub fn acked(&mut self, at: Instant, partition: PartitionId) {
        let place = &mut self.uses[partition.index()];
        let gap = Span { from: place.waiting_since, to: at };
        place.waiting = place.waiting.saturating_sub(1);
        place.waiting_since = at;
        self.longest = longer(self.longest, partition, gap);
    }

    /// A send to the partition failed, or goes on elsewhere.
    pub fn gave_up(&mut self, at: Instant, partition: PartitionId) {
        let place = &mut self.uses[partition.index()];
        place.waiting = place.waiting.saturating_sub(1);
        if place.waiting == 0 {
            let gap = Span { from: place.waiting_since, to: at };
            self.longest = longer(self.longest, partition, gap);
        }
    }

    /// What there is so far.
    pub fn report(&self, until: Instant) -> Availability {
        let open = self.uses.iter().enumerate().filter(|(_, place)| 0 < place.waiting);
        let longest = open.fold(self.longest, |longest, (partition, place)| {
            longer(longest, PartitionId(partition as u16), Span { from: place.waiting_since, to: until })
        });
        Availability {
            unwritable: self.unwritable.so_far(until),
            unreadable: self.unreadable.so_far(until),
            longest_ack_gap: longest,
        }
    }
}

fn longer(have: Option<(PartitionId, Span)>, partition: PartitionId, gap: Span) -> Option<(PartitionId, Span)> {
    let length = |span: &Span| span.to.since(span.from);
    match have {
        Some((_, longest)) if length(&gap) <= length(&longest) => have,
        _ => Some((partition, gap)),
    }
}
