//! One partition as the invariants see it: its history, its replicas, and what is committed.

use crate::cluster::BROKER_SLOTS;
use crate::coverage::Coverage;
use crate::log::{self, Batch, Log};
use highwater_model::trace::Content;
use highwater_model::{BrokerId, BrokerSet, PartitionId};
use std::collections::BTreeMap;

/// A broker's time as a leader.
#[derive(Clone, Debug)]
pub(super) struct Tenure {
    pub epoch: i32,
    /// The ISR that counts, and the maximal ISR, once the leader told.
    pub isr: Option<BrokerSet>,
    pub maximal: Option<BrokerSet>,
    /// Records below this offset of its log are marked as visible.
    pub visible_to: u64,
}

/// A replica.
#[derive(Clone, Debug, Default)]
pub(super) struct Replica {
    pub log: Log,
    pub high_watermark: u64,
    pub tenure: Option<Tenure>,
}

/// Facts about a batch of the history, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    /// Some leader's high watermark passed it.
    pub const VISIBLE: u8 = 1;
    /// It was committed: below the highest high watermark.
    pub const COMMITTED: u8 = 2;
    /// A consumer got it.
    pub const READ: u8 = 4;
    /// acks=all reported it as sent.
    pub const ACKED_ALL: u8 = 8;

    pub fn set(&mut self, mark: u8) {
        self.0 |= mark;
    }

    pub fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }
}

/// An acked send, and where the producer was told that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct AckedSend {
    pub first: u64,
    pub offset: u64,
    pub batch: u32,
}

/// A partition.
#[derive(Clone, Debug)]
pub(super) struct Partition {
    pub history: Vec<Batch>,
    pub marks: Vec<Marks>,
    replicas: Vec<Replica>,
    /// All brokers that may have a replica; empty while unknown.
    pub assigned: BrokerSet,
    /// What is committed: the records below the highest high watermark of a leader whose maximal ISR counted.
    pub committed: Log,
    /// Who led in an epoch, and where its appends of that epoch end.
    pub epochs: BTreeMap<i32, (BrokerId, u64)>,
    /// Replicas that lost records in a power loss since they were last taken into the ISR.
    pub lossy: BrokerSet,
    /// Those of them that have registered again since.
    pub returned: BrokerSet,
    /// An election may have given up committed records; from then on old and new leaders may both go on.
    pub forgot: bool,
    /// Put into the ISR although fenced, because everybody in sync went with a cancelled reassignment.
    pub reinstated: BrokerSet,
    /// The batch of each stream (producer and stream) that was appended last.
    pub last_of_stream: BTreeMap<(u8, PartitionId), u32>,
    /// Of each stream the acked send with the highest number.
    pub last_acked: BTreeMap<(u8, PartitionId), AckedSend>,
    pub processed: Coverage,
    /// All below was processed, or skipped by a reset.
    pub processed_to: u64,
    /// The highest offset that the group has committed.
    pub group_committed: u64,
    /// Each leader's last stable offset, as far as it was told.
    pub last_stable: BTreeMap<BrokerId, u64>,
    /// The highest of them.
    pub stable_to: u64,
    /// The last assignment: generation and owner.
    pub owner: Option<(i32, u8)>,
    /// To whom a coordinator of the new protocol has given it.
    pub holder: Option<u8>,
}

impl Default for Partition {
    fn default() -> Self {
        Self {
            history: Vec::new(),
            marks: Vec::new(),
            replicas: vec![Replica::default(); BROKER_SLOTS],
            assigned: BrokerSet::EMPTY,
            committed: Log::default(),
            epochs: BTreeMap::new(),
            lossy: BrokerSet::EMPTY,
            returned: BrokerSet::EMPTY,
            forgot: false,
            reinstated: BrokerSet::EMPTY,
            last_of_stream: BTreeMap::new(),
            last_acked: BTreeMap::new(),
            processed: Coverage::default(),
            processed_to: 0,
            group_committed: 0,
            last_stable: BTreeMap::new(),
            stable_to: 0,
            owner: None,
            holder: None,
        }
    }
}

impl Partition {
    pub fn replica(&self, broker: BrokerId) -> &Replica {
        &self.replicas[usize::from(broker.0)]
    }

    pub fn replica_mut(&mut self, broker: BrokerId) -> &mut Replica {
        &mut self.replicas[usize::from(broker.0)]
    }

    /// All replicas that have, or had, records.
    pub fn others(&self, broker: BrokerId) -> impl Iterator<Item = (BrokerId, &Replica)> {
        let numbered = self.replicas.iter().enumerate().map(|(number, replica)| (BrokerId(number as u8), replica));
        numbered.filter(move |(other, replica)| *other != broker && 0 < replica.log.end())
    }

    /// A log that holds the batch.
    pub fn holder_of(&self, batch: u32) -> Option<&Log> {
        self.replicas.iter().map(|replica| &replica.log).find(|log| log.holds(&self.history, batch))
    }

    /// A replica's log and the history, for changes of the log.
    pub fn log_mut(&mut self, broker: BrokerId) -> (&mut Log, &[Batch]) {
        (&mut self.replicas[usize::from(broker.0)].log, &self.history)
    }

    /// Adds a batch to the history, at its place.
    pub fn remember(&mut self, batch: u32, appended: Batch) {
        log::place(&mut self.history, batch, appended);
        self.marks.resize(self.history.len(), Marks::default());
    }

    /// The first committed offset that the broker's log does not hold as it was committed.
    pub fn missing(&self, broker: BrokerId) -> Option<u64> {
        let log = &self.replica(broker).log;
        log.divergence(&self.committed, &self.history, self.committed.end())
            .or_else(|| (log.end() < self.committed.end()).then(|| log.end()))
    }

    /// Extends what is committed to `to`, as the broker's log has it.
    pub fn commit(&mut self, broker: BrokerId, to: u64) {
        let log = &self.replicas[usize::from(broker.0)].log;
        if self.committed.end() < log.start() {
            self.committed.start_at(log.start()); // retention, or the state the run started from
        }
        for batch in log.batches_from(&self.history, self.committed.end()) {
            if to < self.history[batch as usize].end() {
                break;
            }
            self.committed.append(&self.history, batch);
            self.marks[batch as usize].set(Marks::COMMITTED);
        }
    }

    /// An election may have given up committed records: what the new leader's log does not hold is committed no more.
    pub fn give_up(&mut self, leader: BrokerId) {
        self.forgot = true;
        if let Some(from) = self.missing(leader) {
            self.committed.cut(&self.history, from);
        }
    }

    /// Before the run begins: what is below the high watermark of a replica is visible, and committed if it leads.
    pub fn begins_with(&mut self, broker: BrokerId, to: u64, leads: bool) {
        for batch in self.replica(broker).log.batches().collect::<Vec<_>>() {
            if self.history[batch as usize].end() <= to {
                self.marks[batch as usize].set(Marks::VISIBLE);
            }
        }
        if leads {
            self.commit(broker, to);
        }
    }

    /// Marks what a leader's high watermark has passed as visible.
    pub fn reveal(&mut self, broker: BrokerId, to: u64) {
        let replica = &mut self.replicas[usize::from(broker.0)];
        let Some(tenure) = &mut replica.tenure else { return };
        for batch in replica.log.batches_from(&self.history, tenure.visible_to) {
            if to < self.history[batch as usize].end() {
                break;
            }
            self.marks[batch as usize].set(Marks::VISIBLE);
        }
        tenure.visible_to = tenure.visible_to.max(to);
    }

    /// The copies of a send in the broker's log.
    pub fn copies_in_log(&self, broker: BrokerId, batches: &[u32]) -> u32 {
        let log = &self.replica(broker).log;
        batches.iter().filter(|batch| log.holds(&self.history, **batch)).count() as u32
    }

    /// Is a batch a send's?
    pub fn send_of(&self, batch: u32) -> Option<u32> {
        match self.history[batch as usize].content {
            Content::Send(send) => Some(send),
            _ => None,
        }
    }

    /// The broker holds no replica any more.
    pub fn remove(&mut self, broker: BrokerId) {
        *self.replica_mut(broker) = Replica::default();
        (self.lossy, self.returned) = (self.lossy.without(broker), self.returned.without(broker));
    }

    /// The broker's process ended: it leads no more, and forgets its high watermark.
    pub fn process_ended(&mut self, broker: BrokerId) {
        let replica = self.replica_mut(broker);
        replica.tenure = None;
        replica.high_watermark = 0;
    }
}
