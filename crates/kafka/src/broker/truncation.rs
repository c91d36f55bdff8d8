//! How a follower finds out what in its log is not its leader's, and cuts it. Kafka has done it in
//! four ways, each for what the one before it lost.

use super::Broker;
use super::fetcher::Awaited;
use crate::checks::Check;
use crate::message::{EpochAnswer, EpochQuery, Request};
use crate::node::Context;
use highwater_model::settings::VersionSettings;
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{BrokerId, Duration, NodeId, PartitionId};
use smallvec::SmallVec;

/// How a follower's log is brought in line with its leader's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reconciliation {
    /// It cuts all above its own high watermark, and asks nobody (before 0.11).
    ToHighWatermark,
    /// It asks once where its last epoch ends, and is told an offset only (KIP-101).
    OneRound,
    /// It is told an epoch too, and asks again until that is one of its own (KIP-279).
    Rounds,
    /// It fetches, and is told instead of data where the logs divide (KIP-595).
    OnFetch,
}

impl Reconciliation {
    /// What a release does.
    pub fn of(version: &VersionSettings) -> Self {
        match (version.epoch_trunc, version.epoch_trunc_iter, version.trunc_on_fetch) {
            (false, _, _) => Reconciliation::ToHighWatermark,
            (true, false, _) => Reconciliation::OneRound,
            (true, true, false) => Reconciliation::Rounds,
            (true, true, true) => Reconciliation::OnFetch,
        }
    }
}

/// Is a follower's log in line with its leader's now?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// As far as an answer can tell.
    Last,
    /// The leader's epoch was not one of ours: we ask again for an older one.
    AskAgain,
}

impl Broker {
    /// A leader is to be followed: its log decides, or is asked before anything is fetched.
    pub(super) fn reconcile(&mut self, partition: PartitionId, leader: BrokerId, context: &mut Context) {
        match Reconciliation::of(&context.setup.version) {
            Reconciliation::OnFetch => (),
            Reconciliation::ToHighWatermark => self.truncate_to_high_watermark(partition, context),
            Reconciliation::OneRound | Reconciliation::Rounds => self.fetcher(leader).truncating.insert(partition),
        }
    }

    /// The leader epoch that goes with a question to a leader (KIP-320).
    pub(super) fn epoch_to_leader(epoch: i32, context: &Context) -> Option<i32> {
        context.setup.version.epoch_fence_fetch.then_some(epoch)
    }

    /// Asks the leader where epochs end, for the partitions that must know before they fetch. True where it was asked.
    pub(super) fn ask_epoch_ends(&mut self, leader: BrokerId, after: Duration, context: &mut Context) -> bool {
        let fetcher = self.fetcher(leader);
        if fetcher.truncating.is_empty() {
            return false;
        }
        let truncating = fetcher.truncating.iter().filter(|partition| !fetcher.is_paused(*partition));
        let truncating: SmallVec<[PartitionId; 4]> = truncating.collect();
        let mut queries: SmallVec<[EpochQuery; 4]> = SmallVec::new();
        for partition in truncating {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            let leader_epoch = Self::epoch_to_leader(replica.leader_epoch, context);
            match replica.log.latest_epoch() {
                Some(epoch) => queries.push(EpochQuery { partition, leader_epoch, epoch }),
                None => {
                    self.truncate_to_high_watermark(partition, context);
                    self.reconciled(partition, leader);
                }
            }
        }
        if queries.is_empty() {
            return false;
        }
        let request = Request::OffsetForLeaderEpoch(Box::new(queries));
        self.send_to_leader(leader, request, Awaited::EpochEnds, after, context);
        true
    }

    /// The leader says where the epochs end.
    pub(super) fn epochs_ended(&mut self, leader: BrokerId, answers: &[EpochAnswer], context: &mut Context) {
        for answer in answers {
            let partition = answer.partition;
            if !self.fetcher(leader).truncating.contains(partition) {
                continue; // it is not followed any more
            }
            match answer.result {
                Ok(end) => {
                    if self.truncate_as_told(partition, end, context) == Round::Last {
                        self.reconciled(partition, leader);
                    }
                }
                Err(error) => self.epoch_end_refused(partition, leader, error, context),
            }
        }
        self.fetch(leader, context);
    }

    fn epoch_end_refused(&mut self, partition: PartitionId, leader: BrokerId, error: Error, context: &mut Context) {
        let (node, server) = (self.node(), NodeId::Broker(leader));
        context.out.tell(Entry::RequestFailed { node, api: Api::OffsetForLeaderEpoch, server, error });
        if error == Error::FencedLeaderEpoch {
            self.abandon(leader, partition); // until newer metadata is here
            return;
        }
        let pause = Duration::from_millis(u64::from(context.setup.cluster.replica_fetch_backoff_ms));
        self.fetcher(leader).pause(partition, context.now + pause, context);
    }

    fn reconciled(&mut self, partition: PartitionId, leader: BrokerId) {
        let fetcher = self.fetcher(leader);
        fetcher.truncating.remove(partition);
        fetcher.changed.insert(partition);
    }

    fn truncate_as_told(&mut self, partition: PartitionId, end: Option<(i32, u64)>, context: &mut Context) -> Round {
        let Some((epoch, end)) = end else {
            // The leader knows nothing of our epoch: what we know to be committed is all that is sure.
            self.truncate_to_high_watermark(partition, context);
            return Round::Last;
        };
        if Reconciliation::of(&context.setup.version) == Reconciliation::OneRound {
            self.truncate(partition, end, context);
            return Round::Last;
        }
        self.truncate_to_leader(partition, epoch, end, context)
    }

    /// The leader's epoch `epoch`, the largest not above the one that we named, ends at `end`: cut what is ours alone
    ///
    pub(super) fn truncate_to_leader(
        &mut self,
        partition: PartitionId,
        epoch: i32,
        end: u64,
        context: &mut Context,
    ) -> Round {
        let Some(replica) = &self.replicas[partition.index()] else { return Round::Last };
        let (to, round) = match replica.log.end_of_epoch(epoch) {
            None => (end, Round::Last),
            Some((own, ends)) if own != epoch => (ends, Round::AskAgain),
            Some((_, ends)) => (ends.min(end), Round::Last),
        };
        self.truncate(partition, to, context);
        round
    }

    fn truncate_to_high_watermark(&mut self, partition: PartitionId, context: &mut Context) {
        if let Some(replica) = &self.replicas[partition.index()] {
            let high_watermark = replica.high_watermark;
            self.truncate(partition, high_watermark, context);
        }
    }

    pub(super) fn truncate(&mut self, partition: PartitionId, to: u64, context: &mut Context) {
        let broker = self.id;
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let from = replica.log.end();
        replica.log.truncate(to.min(from), context.store);
        let to = replica.log.end();
        if to < from {
            replica.read_along = None; // it may have read what is gone
            context.out.tell(Entry::Truncated { broker, partition, from, to });
        }
        if to < replica.high_watermark && context.checks.on(Check::TruncateHighWatermark) {
            replica.high_watermark = to;
            context.out.tell(Entry::HighWatermark { broker, partition, to, leading: false });
        }
    }
}
