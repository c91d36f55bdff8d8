//! The following side: one fetcher a leader, one request in flight, truncation where logs divide, append, and
//! the leader's high watermark.

use super::partition_set::PartitionSet;
use super::replica::{Replica, Role};
use super::truncation::Reconciliation;
use super::{Broker, Kind};
use crate::checks::Check;
use crate::message::{
    FetchPartition, FetchRequest, FetchResponse, FetchedPartition, ListAt, ListOffsetsRequest, ListedOffset, Message,
    Request, Response,
};
use crate::node::{Alarm, Channel, Connection, Context, Effect};
use highwater_model::settings::Isolation;
use highwater_model::trace::{Api, Entry, Error};
use highwater_model::{BrokerId, Duration, Instant, NodeId, PartitionId};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Fetches from one leader.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    leader: BrokerId,
    link: Link,
    partitions: PartitionSet,
    /// To be named in the next request.
    pub changed: PartitionSet,
    /// Not fetched before the leader has told where their epochs end.
    pub truncating: PartitionSet,
    /// To be forgotten with the next request.
    forget: PartitionSet,
    /// Partitions that pause, and until when.
    paused: SmallVec<[(PartitionId, Instant); 2]>,
    /// What answers are still to come, in order.
    awaited: VecDeque<Awaited>,
    /// An answer that a hung disk does not let in.
    stuck: Option<FetchResponse>,
    retry: Alarm,
    timeout: Alarm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Closed,
    Opening,
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Fetch,
    /// Where epochs end in the leader's log.
    EpochEnds,
    /// The leader's log end, for a follower that is out of its range.
    Latest(PartitionId),
    /// The leader's log start.
    Earliest(PartitionId),
}

impl Fetcher {
    pub fn new(leader: BrokerId) -> Self {
        Self {
            leader,
            link: Link::Closed,
            partitions: PartitionSet::default(),
            changed: PartitionSet::default(),
            truncating: PartitionSet::default(),
            forget: PartitionSet::default(),
            paused: SmallVec::new(),
            awaited: VecDeque::new(),
            stuck: None,
            retry: Alarm::OFF,
            timeout: Alarm::OFF,
        }
    }

    fn connection(&self, own: BrokerId) -> Connection {
        Connection { client: NodeId::Broker(own), server: NodeId::Broker(self.leader), channel: Channel::Replication }
    }

    /// Neither paused nor about to be truncated?
    fn may_fetch(&self, partition: PartitionId) -> bool {
        !self.is_paused(partition) && !self.truncating.contains(partition)
    }

    pub fn is_paused(&self, partition: PartitionId) -> bool {
        self.paused.iter().any(|(paused, _)| *paused == partition)
    }

    pub fn pause(&mut self, partition: PartitionId, until: Instant, context: &mut Context) {
        self.paused.push((partition, until));
        self.retry.set_earlier(until, Kind::FetcherRetry as u16, u32::from(self.leader.0), context.out);
    }
}

impl Broker {
    pub(super) fn fetcher(&mut self, leader: BrokerId) -> &mut Fetcher {
        &mut self.fetchers[usize::from(leader.0)]
    }

    /// Follows a partition of this leader from its own log end on.
    pub(super) fn start_fetching(&mut self, partition: PartitionId, leader: BrokerId, context: &mut Context) {
        let fetcher = self.fetcher(leader);
        fetcher.partitions.insert(partition);
        fetcher.changed.insert(partition);
        fetcher.forget.remove(partition);
        fetcher.paused.retain(|(paused, _)| *paused != partition);
        self.fetch(leader, context);
    }

    /// Follows a partition no more.
    pub(super) fn stop_fetching(&mut self, partition: PartitionId, context: &mut Context) {
        let leaders = self.fetchers.iter().filter(|fetcher| fetcher.partitions.contains(partition));
        let leaders: SmallVec<[BrokerId; 2]> = leaders.map(|fetcher| fetcher.leader).collect();
        for leader in leaders {
            self.abandon(leader, partition);
            self.fetch(leader, context);
        }
    }

    /// Takes a partition from the fetcher of this leader.
    pub(super) fn abandon(&mut self, leader: BrokerId, partition: PartitionId) {
        let fetcher = self.fetcher(leader);
        fetcher.partitions.remove(partition);
        fetcher.changed.remove(partition);
        fetcher.truncating.remove(partition);
        fetcher.forget.insert(partition);
        fetcher.paused.retain(|(paused, _)| *paused != partition);
    }

    /// The process is gone: all fetchers with it.
    pub(super) fn forget_fetchers(&mut self) {
        for fetcher in &mut self.fetchers {
            *fetcher = Fetcher::new(fetcher.leader);
        }
    }

    /// Sends the next fetch if none is in flight and there is something to follow.
    pub(super) fn fetch(&mut self, leader: BrokerId, context: &mut Context) {
        self.fetch_after(leader, Duration::ZERO, context);
    }

    fn fetch_after(&mut self, leader: BrokerId, after: Duration, context: &mut Context) {
        let own = self.id;
        let fetcher = &mut self.fetchers[usize::from(leader.0)];
        if !fetcher.awaited.is_empty() || fetcher.stuck.is_some() || fetcher.partitions.is_empty() {
            return;
        }
        let all_rest = || fetcher.partitions.iter().all(|partition| fetcher.is_paused(partition));
        if !fetcher.paused.is_empty() && all_rest() {
            return; // all of them rest; the first to go on wakes it
        }
        match fetcher.link {
            Link::Open => (),
            Link::Opening => return,
            Link::Closed if fetcher.retry.due() != Instant::NEVER => return, // it pauses after a failure
            Link::Closed => {
                fetcher.link = Link::Opening;
                context.out.effects.push(Effect::Open(fetcher.connection(own)));
                return;
            }
        }
        if self.ask_epoch_ends(leader, after, context) {
            return;
        }
        let (cluster, version) = (&context.setup.cluster, &context.setup.version);
        let tells_epoch = Reconciliation::of(version) == Reconciliation::OnFetch;
        let fetcher = &mut self.fetchers[usize::from(leader.0)];
        let mut partitions: SmallVec<[FetchPartition; 4]> = SmallVec::new();
        let changed = fetcher.changed;
        for partition in changed.iter().filter(|partition| fetcher.may_fetch(*partition)) {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            partitions.push(FetchPartition {
                partition,
                offset: replica.log.end(),
                leader_epoch: Self::epoch_to_leader(replica.leader_epoch, context),
                last_fetched_epoch: replica.log.latest_epoch().filter(|_| tells_epoch),
            });
        }
        for named in &partitions {
            fetcher.changed.remove(named.partition);
        }
        // A partition that pauses or must not fetch yet is out of the session until it goes on.
        let paused = fetcher.paused.iter().map(|(partition, _)| *partition);
        let forget = fetcher.forget.iter().chain(paused).chain(fetcher.truncating.iter()).collect();
        fetcher.forget = PartitionSet::default();
        let request = FetchRequest {
            replica: Some((own, self.control.epoch().filter(|_| version.isr_broker_epoch))),
            rack: None,
            wait_max: Duration::from_millis(u64::from(cluster.replica_fetch_wait_max_ms)),
            bytes_min: cluster.replica_fetch_min_bytes,
            bytes_max: cluster.replica_fetch_response_max_bytes,
            partition_bytes_max: cluster.replica_fetch_max_bytes,
            isolation: Isolation::ReadUncommitted,
            partitions,
            forget,
        };
        self.send_to_leader(leader, Request::Fetch(Box::new(request)), Awaited::Fetch, after, context);
    }

    pub(super) fn send_to_leader(
        &mut self,
        leader: BrokerId,
        request: Request,
        awaited: Awaited,
        after: Duration,
        context: &mut Context,
    ) {
        let own = self.id;
        let fetcher = self.fetcher(leader);
        fetcher.awaited.push_back(awaited);
        let timeout = Duration::from_millis(u64::from(context.setup.cluster.replica_socket_timeout_ms));
        fetcher.timeout.set(context.now + timeout, Kind::FetcherTimeout as u16, u32::from(leader.0), context.out);
        context.out.send_after(after, fetcher.connection(own), Message::Request(request));
    }

    pub(super) fn fetcher_opened(&mut self, leader: BrokerId, context: &mut Context) {
        let fetcher = self.fetcher(leader);
        fetcher.link = Link::Open;
        fetcher.changed = fetcher.partitions; // a new connection is a new session
        fetcher.forget = PartitionSet::default();
        self.fetch(leader, context);
    }

    pub(super) fn fetcher_lost(&mut self, leader: BrokerId, context: &mut Context) {
        let pause = Duration::from_millis(u64::from(context.setup.cluster.replica_fetch_backoff_ms));
        let node = self.node();
        let fetcher = self.fetcher(leader);
        if !fetcher.awaited.is_empty() {
            let (api, error) = (Api::FetchFollower, Error::NetworkException);
            context.out.tell(Entry::RequestFailed { node, api, server: NodeId::Broker(leader), error });
        }
        fetcher.link = Link::Closed;
        fetcher.awaited.clear();
        fetcher.timeout.clear();
        fetcher.retry.set_earlier(context.now + pause, Kind::FetcherRetry as u16, u32::from(leader.0), context.out);
    }

    pub(super) fn fetcher_overdue(&mut self, leader: BrokerId, context: &mut Context) {
        let own = self.id;
        let fetcher = self.fetcher(leader);
        if fetcher.timeout.fired(context.now, Kind::FetcherTimeout as u16, u32::from(leader.0), context.out)
            && context.checks.on(Check::FetchOverdue)
        {
            Self::close(self.fetchers[usize::from(leader.0)].connection(own), context);
            self.fetcher_lost(leader, context);
        }
    }

    pub(super) fn fetcher_retry(&mut self, leader: BrokerId, context: &mut Context) {
        let own = self.id;
        let fetcher = self.fetcher(leader);
        if !fetcher.retry.fired(context.now, Kind::FetcherRetry as u16, u32::from(leader.0), context.out) {
            return;
        }
        let due = |(_, until): &(PartitionId, Instant)| *until <= context.now;
        let resumed: SmallVec<[PartitionId; 4]> = fetcher.paused.iter().filter(|p| due(p)).map(|(p, _)| *p).collect();
        fetcher.paused.retain(|paused| !due(paused));
        for partition in resumed {
            fetcher.changed.insert(partition);
        }
        if let Some(next) = fetcher.paused.iter().map(|(_, until)| *until).min() {
            fetcher.retry.set_earlier(next, Kind::FetcherRetry as u16, u32::from(leader.0), context.out);
            if fetcher.link == Link::Closed {
                fetcher.link = Link::Opening;
                context.out.effects.push(Effect::Open(fetcher.connection(own)));
            }
        }
        self.fetch(leader, context);
    }

    pub(super) fn fetcher_answered(&mut self, leader: BrokerId, response: Response, context: &mut Context) {
        let fetcher = self.fetcher(leader);
        let Some(awaited) = fetcher.awaited.pop_front() else { return };
        if fetcher.awaited.is_empty() {
            fetcher.timeout.clear();
        }
        match (awaited, response) {
            (Awaited::Fetch, Response::Fetch(response)) => self.replicate(leader, *response, context),
            (Awaited::EpochEnds, Response::OffsetForLeaderEpoch(answers)) => {
                self.epochs_ended(leader, &answers, context);
            }
            (Awaited::Latest(partition), Response::ListOffsets(listed)) => {
                self.out_of_range_latest(leader, partition, &listed[0], context);
            }
            (Awaited::Earliest(partition), Response::ListOffsets(listed)) => {
                self.out_of_range_earliest(leader, partition, &listed[0], context);
            }
            (awaited, response) => unreachable!("{awaited:?} was answered with {:?}", response.api()),
        }
    }

    /// The disk returns: answers that waited for it are written.
    pub(super) fn unstick_fetchers(&mut self, context: &mut Context) {
        for leader in 0..self.fetchers.len() {
            if let Some(response) = self.fetchers[leader].stuck.take() {
                self.replicate(BrokerId(leader as u8), response, context);
            }
        }
    }

    /// Appends what was fetched, truncates where logs divide, and fetches on.
    fn replicate(&mut self, leader: BrokerId, response: FetchResponse, context: &mut Context) {
        let has_data = response.partitions.iter().any(|partition| partition.bytes != 0);
        if has_data && self.is_disk_hung() {
            self.fetcher(leader).stuck = Some(response);
            return;
        }
        let mut done = context.now;
        for fetched in &response.partitions {
            let fetcher = self.fetcher(leader);
            if !fetcher.partitions.contains(fetched.partition) || fetcher.truncating.contains(fetched.partition) {
                continue;
            }
            if fetched.error.is_some() || fetched.diverging.is_some() {
                self.fetch_failed(leader, fetched, context);
                continue;
            }
            if fetched.bytes != 0 && !self.takes_writes(fetched.partition, context) {
                if self.has_lost_all_directories() {
                    return; // it halts
                }
                continue;
            }
            done = done.max(self.append_fetched(leader, fetched, context));
        }
        self.fetch_after(leader, done.since(context.now), context);
    }

    /// Appends a partition's batches; gives the time when they are written.
    fn append_fetched(&mut self, leader: BrokerId, fetched: &FetchedPartition, context: &mut Context) -> Instant {
        let partition = fetched.partition;
        let broker = self.id;
        let mut done = context.now;
        let replica = self.replicas[partition.index()].as_mut().expect("it follows with a replica");
        if replica.log.end() != fetched.offset && context.checks.on(Check::AppendAtEnd) {
            return done; // the log was cut since it was asked for
        }
        let first = fetched.batches.first().map(|(first, _)| *context.store.batch(partition, *first));
        match first {
            // The leader's log starts inside this batch, and so does ours, which is empty: it begins with the batch.
            Some(first) if first.base < fetched.offset && replica.log.start() == replica.log.end() => {
                replica.log.restart_at(first.base);
                replica.read_along = None;
                context.out.tell(Entry::LogStart { broker, partition, to: first.base });
            }
            // Our end lies inside one of the leader's batches: the log is another one's, which only releases without
            // epochs find out like this. Kafka marks the partition as failed until there is newer metadata.
            Some(first) if first.base < fetched.offset => {
                self.abandon(leader, partition);
                return done;
            }
            _ => (),
        }
        for (first, end) in fetched.batches.iter().copied() {
            for place in first..end {
                done = self.written(partition, place, context);
            }
            let log_end = self.replicas[partition.index()].as_ref().map_or(0, |replica| replica.log.end());
            context.out.tell(Entry::Replicated { broker, partition, first, last: end - 1, end: log_end });
        }
        let replica = self.replicas[partition.index()].as_mut().expect("it follows with a replica");
        if replica.log.start() < fetched.log_start {
            replica.log.advance_start(fetched.log_start, context.store);
            context.out.tell(Entry::LogStart { broker, partition, to: replica.log.start() });
        }
        let clamped = fetched.high_watermark.clamp(replica.log.start(), replica.log.end());
        let to = if context.checks.on(Check::ClampHighWatermark) { clamped } else { fetched.high_watermark };
        if to != replica.high_watermark {
            let from = std::mem::replace(&mut replica.high_watermark, to);
            context.out.tell(Entry::HighWatermark { broker, partition, to, leading: false });
            self.committed_at_follower(partition, from, to, context);
        }
        if !fetched.batches.is_empty() {
            self.fetcher(leader).changed.insert(partition);
        }
        done
    }

    /// A partition could not be read, or its log divides from the leader's.
    fn fetch_failed(&mut self, leader: BrokerId, fetched: &FetchedPartition, context: &mut Context) {
        let partition = fetched.partition;
        let Some(error) = fetched.error else {
            let (epoch, end) = fetched.diverging.expect("it failed for one of the two");
            if context.checks.on(Check::TruncateDivergence) {
                self.truncate_to_leader(partition, epoch, end, context);
            }
            self.fetcher(leader).changed.insert(partition);
            return;
        };
        let (node, server) = (self.node(), NodeId::Broker(leader));
        context.out.tell(Entry::RequestFailed { node, api: Api::FetchFollower, server, error });
        match error {
            // Newer metadata was here while the answer was on its way: it is asked again as it is now.
            Error::FencedLeaderEpoch
                if self.fetcher(leader).changed.contains(partition) && context.checks.on(Check::FencedAnswerOfNow) => {}
            // Ours is old: nothing to do until newer metadata is here.
            Error::FencedLeaderEpoch => {
                let fetcher = self.fetcher(leader);
                fetcher.partitions.remove(partition);
                fetcher.forget.insert(partition);
            }
            Error::OffsetOutOfRange => self.list_leader(leader, partition, ListAt::Latest, context),
            _ => {
                let pause = Duration::from_millis(u64::from(context.setup.cluster.replica_fetch_backoff_ms));
                self.fetcher(leader).pause(partition, context.now + pause, context);
            }
        }
    }

    fn list_leader(&mut self, leader: BrokerId, partition: PartitionId, at: ListAt, context: &mut Context) {
        let Some(Replica { leader_epoch, role: Role::Follower(_), .. }) = &self.replicas[partition.index()] else {
            return;
        };
        let request = ListOffsetsRequest {
            partitions: smallvec::smallvec![(partition, Self::epoch_to_leader(*leader_epoch, context))],
            at,
            isolation: Isolation::ReadUncommitted,
            replica: true,
        };
        let awaited = if at == ListAt::Latest { Awaited::Latest(partition) } else { Awaited::Earliest(partition) };
        self.send_to_leader(leader, Request::ListOffsets(Box::new(request)), awaited, Duration::ZERO, context);
    }

    /// The leader's log is shorter: cut to its end. Else its start decides.
    fn out_of_range_latest(
        &mut self,
        leader: BrokerId,
        partition: PartitionId,
        listed: &ListedOffset,
        context: &mut Context,
    ) {
        let own_end = self.replicas[partition.index()].as_ref().map_or(0, |replica| replica.log.end());
        match listed.result {
            Ok(Some((end, _))) if end < own_end => {
                self.truncate(partition, end, context);
                self.fetcher(leader).changed.insert(partition);
                self.fetch(leader, context);
            }
            Ok(_) => self.list_leader(leader, partition, ListAt::Earliest, context),
            Err(_) => self.pause_and_fetch(leader, partition, context),
        }
    }

    /// The leader's log starts above ours: drop everything and begin there.
    fn out_of_range_earliest(
        &mut self,
        leader: BrokerId,
        partition: PartitionId,
        listed: &ListedOffset,
        context: &mut Context,
    ) {
        let broker = self.id;
        let Ok(Some((start, _))) = listed.result else {
            self.pause_and_fetch(leader, partition, context);
            return;
        };
        if let Some(replica) = &mut self.replicas[partition.index()]
            && replica.log.end() < start
        {
            replica.log.restart_at(start);
            replica.read_along = None;
            replica.high_watermark = start;
            context.out.tell(Entry::LogStart { broker, partition, to: start });
        }
        self.fetcher(leader).changed.insert(partition);
        self.fetch(leader, context);
    }

    fn pause_and_fetch(&mut self, leader: BrokerId, partition: PartitionId, context: &mut Context) {
        let pause = Duration::from_millis(u64::from(context.setup.cluster.replica_fetch_backoff_ms));
        self.fetcher(leader).pause(partition, context.now + pause, context);
        self.fetch(leader, context);
    }
}
