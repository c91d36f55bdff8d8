//! Invariants of logs and high watermarks: INV-03 to 13, 19, 21, 23, 24, 40.

use super::partition::Marks;
use super::{Invariant, Invariants};
use crate::log::{Batch, Fit};
use highwater_model::trace::{Content, Entry};
use highwater_model::{BrokerId, BrokerSet, Instant, PartitionId};

impl Invariants {
    pub(super) fn replicas(&mut self, at: Instant, entry: &Entry) {
        match *entry {
            Entry::Appended { broker, partition, batch, base, count, leader_epoch, content } => {
                if content == Content::GroupMetadata {
                    self.group_log = Some(partition);
                }
                let appended = Batch { base, count, leader_epoch, content };
                self.appended(at, broker, partition, batch, appended);
            }
            Entry::Replicated { broker, partition, first, last, end } => {
                let (log, history) = self.partitions[partition.index()].log_mut(broker);
                let leaps = (first..=last).find(|batch| log.append(history, *batch) == Fit::Leaps);
                let have = log.end();
                self.check(leaps.is_none() && have == end, Invariant::OffsetsContiguous, at, || {
                    format!("{broker} takes batches {first} to {last} of p{}: log end {have}, told {end}", partition.0)
                });
            }
            Entry::HighWatermark { broker, partition, to, leading } => {
                self.high_watermark(at, broker, partition, to, leading);
            }
            Entry::Truncated { broker, partition, from, to } => self.cut(at, broker, partition, from, to),
            Entry::LostUnflushed { broker, partition, from, to } => {
                if to < from {
                    let state = &mut self.partitions[partition.index()];
                    state.lossy = state.lossy.with(broker);
                    state.returned = state.returned.without(broker);
                }
                self.cut(at, broker, partition, from, to);
            }
            Entry::LogStart { broker, partition, to } => {
                self.partitions[partition.index()].log_mut(broker).0.start_at(to);
            }
            Entry::LogRemoved { broker, partition } => self.partitions[partition.index()].remove(broker),
            _ => (),
        }
    }

    fn appended(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, batch: u32, appended: Batch) {
        let Batch { base, leader_epoch, content, .. } = appended;
        let state = &mut self.partitions[partition.index()];
        state.remember(batch, appended);
        let (log, history) = state.log_mut(broker);
        let before = log.end();
        let fit = log.append(history, batch);
        // What a run starts from is told of whichever replica has it, not of who once appended it.
        let begins = at == Instant::ZERO;
        let (leader, epoch_end) = state.epochs.get(&leader_epoch).copied().unwrap_or((broker, base));
        state.epochs.insert(leader_epoch, (leader, epoch_end.max(appended.end())));
        self.check(fit == Fit::Continues, Invariant::OffsetsContiguous, at, || {
            format!("{broker} appends to p{} at {base}, its log ends at {before}", partition.0)
        });
        self.check(begins || leader == broker, Invariant::OneLeaderAnEpoch, at, || {
            format!("{broker} appends to p{} in epoch {leader_epoch}, which {leader} leads", partition.0)
        });
        self.check(begins || epoch_end <= base, Invariant::OneBatchAnOffsetAndEpoch, at, || {
            format!("p{}: offset {base} of epoch {leader_epoch} is used again, it went to {epoch_end}", partition.0)
        });
        if let Content::Send(send) = content {
            self.send_appended(at, broker, partition, batch, send);
        }
    }

    fn high_watermark(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, to: u64, leading: bool) {
        let replica = self.partitions[partition.index()].replica_mut(broker);
        let before = std::mem::replace(&mut replica.high_watermark, to);
        let (start, end) = (replica.log.start(), replica.log.end());
        let in_order = start <= to && to <= end;
        let invariant = if leading { Invariant::OffsetsInOrder } else { Invariant::FollowerHighWatermarkInLog };
        self.check(in_order, invariant, at, || {
            format!("{broker} of p{}: log start {start}, high watermark {to}, log end {end}", partition.0)
        });
        if leading {
            self.check(before <= to, Invariant::LeaderHighWatermarkGrows, at, || {
                format!("{broker} leads p{}: its high watermark falls from {before} to {to}", partition.0)
            });
            self.check_frozen(at, broker, partition, before, to);
            self.partitions[partition.index()].reveal(broker, to);
            self.commit(broker, partition, to);
            self.check_isr_of(at, broker, partition, to);
            self.check_committed_everywhere(at, partition);
        } else if at == Instant::ZERO {
            let leads = self.cluster.view(partition).leader == Some(broker);
            self.partitions[partition.index()].begins_with(broker, to, leads);
        }
        self.check_logs_match(at, broker, partition);
    }

    /// INV-21.
    fn check_frozen(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, before: u64, to: u64) {
        let tenure = self.partitions[partition.index()].replica(broker).tenure.as_ref();
        let Some(isr) = tenure.and_then(|tenure| tenure.isr).filter(|_| self.promises.gated) else { return };
        let needed = self.cluster.min_isr_known(partition);
        self.check(to <= before || needed <= isr.len(), Invariant::FrozenBelowMinIsr, at, || {
            format!("{broker} moves p{}'s high watermark to {to} with isr {isr}, {needed} are needed", partition.0)
        });
    }

    /// A leader's high watermark commits, if its maximal ISR counts: if it has all whom the controller could elect.
    fn commit(&mut self, broker: BrokerId, partition: PartitionId, to: u64) {
        let view = self.cluster.view(partition);
        let electable = view.isr.union(view.elr);
        let state = &mut self.partitions[partition.index()];
        let maximal = state.replica(broker).tenure.as_ref().and_then(|tenure| tenure.maximal);
        let counts = maximal.map_or(view.leader == Some(broker), |maximal| electable.is_subset(maximal));
        if counts && state.committed.end() < to {
            state.commit(broker, to);
        }
    }

    /// INV-07 and INV-19: a leader and the ISR it believes in.
    fn check_isr_of(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, to: u64) {
        let state = &self.partitions[partition.index()];
        let Some(isr) = state.replica(broker).tenure.as_ref().and_then(|tenure| tenure.isr) else { return };
        let is_safe = self.is_safe(partition);
        let is_legitimate = self.legitimate_leader(partition) == Some(broker);
        let members = isr.without(broker).minus(state.lossy);
        for member in members.iter().filter(|member| self.cluster.serves(*member)).collect::<BrokerSet>().iter() {
            let state = &self.partitions[partition.index()];
            let (mine, theirs) = (&state.replica(broker).log, &state.replica(member).log);
            let (differs, end) = (mine.divergence(theirs, &state.history, to), theirs.end());
            if is_safe {
                self.check(differs.is_none(), Invariant::LeaderAgreesWithIsr, at, || {
                    format!("{broker} leads p{} to {to}, {member} differs from {differs:?} on", partition.0)
                });
            }
            if is_legitimate && self.promises.sound {
                self.check(to <= end, Invariant::IsrReachesHighWatermark, at, || {
                    format!("{broker} leads p{} to {to}, isr member {member} ends at {end}", partition.0)
                });
            }
        }
    }

    /// INV-08.
    fn check_logs_match(&mut self, at: Instant, broker: BrokerId, partition: PartitionId) {
        if !self.is_safe(partition) {
            return;
        }
        let state = &self.partitions[partition.index()];
        let own = state.replica(broker);
        let differing = state.others(broker).find_map(|(other, replica)| {
            let both = own.high_watermark.min(replica.high_watermark);
            own.log.divergence(&replica.log, &state.history, both).map(|offset| (other, offset))
        });
        self.check(differing.is_none(), Invariant::LogsMatch, at, || {
            format!("p{}: {broker} differs from {differing:?} below both high watermarks", partition.0)
        });
    }

    /// INV-03 and INV-06: everybody who must have what is committed has it.
    pub(super) fn check_committed_everywhere(&mut self, at: Instant, partition: PartitionId) {
        if !self.is_safe(partition) {
            return;
        }
        let view = *self.cluster.view(partition);
        let keepers = self.legitimate_leader(partition).map_or(view.isr, |leader| view.isr.with(leader));
        self.check_has_committed(at, partition, keepers, Invariant::CommittedKept);
        if self.promises.strict {
            self.check_has_committed(at, partition, view.elr, Invariant::EligibleComplete);
        }
    }

    fn check_has_committed(&mut self, at: Instant, partition: PartitionId, who: BrokerSet, invariant: Invariant) {
        let state = &self.partitions[partition.index()];
        let runs = |broker: &BrokerId| self.cluster.serves(*broker) && !state.lossy.contains(*broker);
        let missing = who.iter().filter(runs).find_map(|broker| state.missing(broker).map(|offset| (broker, offset)));
        let committed = state.committed.end();
        self.check(missing.is_none(), invariant, at, || {
            format!("p{}: committed to {committed}, missing from (broker, offset) {missing:?}", partition.0)
        });
    }

    /// INV-05 and INV-23: what was acked with acks=all, or read, is in the legitimate leader's log.
    pub(super) fn check_leader_kept(&mut self, at: Instant, partition: PartitionId) {
        let Some(leader) = self.legitimate_leader(partition).filter(|_| self.is_safe(partition)) else { return };
        let state = &self.partitions[partition.index()];
        let log = &state.replica(leader).log;
        let gone = |mark: u8| {
            let marked = |batch: &usize| state.marks[*batch].has(mark) && !log.holds(&state.history, *batch as u32);
            (0..state.history.len()).find(marked)
        };
        let (acked, read) = (gone(Marks::ACKED_ALL), gone(Marks::READ));
        self.check(acked.is_none(), Invariant::AckedKept, at, || {
            format!("{leader} leads p{} without batch {acked:?}, which acks=all reported as sent", partition.0)
        });
        self.check(read.is_none(), Invariant::ReadStays, at, || {
            format!("{leader} leads p{} without batch {read:?}, which was read", partition.0)
        });
    }

    fn cut(&mut self, at: Instant, broker: BrokerId, partition: PartitionId, from: u64, to: u64) {
        let state = &mut self.partitions[partition.index()];
        let before = state.replica(broker).log.end();
        let gone: Vec<u32> = {
            let log = &state.replica(broker).log;
            log.batches_backwards().take_while(|batch| to < state.history[*batch as usize].end()).collect()
        };
        let (log, history) = state.log_mut(broker);
        log.cut(history, to);
        let end = log.end();
        let replica = state.replica_mut(broker);
        replica.high_watermark = replica.high_watermark.min(end);
        self.check(before == from && end == to, Invariant::OffsetsContiguous, at, || {
            format!("{broker} cuts p{} from {from} to {to}: its log ended at {before}, and ends at {end}", partition.0)
        });
        if self.absorbs_lossy_restarts(partition) && !self.partitions[partition.index()].forgot {
            let state = &self.partitions[partition.index()];
            let acked = |batch: &&u32| {
                let elsewhere =
                    |(_, other): (BrokerId, &super::partition::Replica)| other.log.holds(&state.history, **batch);
                state.marks[**batch as usize].has(Marks::ACKED_ALL) && !state.others(broker).any(elsewhere)
            };
            let last_copy = gone.iter().find(acked).copied();
            self.check(last_copy.is_none(), Invariant::AckedSomewhere, at, || {
                format!(
                    "{broker} cuts the last copy of p{}'s batch {last_copy:?}, which acks=all reported as sent",
                    partition.0
                )
            });
        }
        self.check_committed_everywhere(at, partition);
        self.check_leader_kept(at, partition);
    }
}
