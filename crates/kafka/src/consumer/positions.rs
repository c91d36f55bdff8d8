//! Positions: where the consumer reads next in each partition that it owns, how it finds that out, and
//! how it notices that the log under it has changed. After Kafka's `SubscriptionState`.

use super::calls::End;
use super::leaders::Leader;
use super::network::RETRY;
use super::{Consumer, Purpose};
use crate::message::{EpochAnswer, EpochQuery, ListAt, ListOffsetsRequest, ListedOffset, Request};
use crate::node::{Channel, Context};
use crate::store::CommittedOffset;
use highwater_model::settings::{OffsetReset, VersionSettings};
use highwater_model::trace::{Api, Entry, Error, ResetCause};
use highwater_model::{BrokerId, Duration, Instant, PartitionId};
use smallvec::SmallVec;

/// What the consumer knows of its place in a partition (`FetchStates`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// It must ask for the committed offset.
    Initializing,
    /// It must ask the leader for an offset: the one that the application wants, or that of auto.offset.reset.
    AwaitReset { from: Option<u64>, cause: ResetCause, to: Option<End> },
    /// It must ask a new leader whether the log is still the one it has read.
    AwaitValidation,
    /// It reads.
    Fetching,
}

/// Does `poll()` read on in a partition?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// It does.
    Reads,
    /// The application has paused it.
    Paused,
    /// It is about to be given up.
    GivenUp,
}

/// What `poll()` throws about a partition where `auto.offset.reset` is `none`, until the application seeks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no committed offset: NoOffsetForPartitionException.
    NoOffset,
    /// The position is not in the log: OffsetOutOfRangeException.
    OutOfRange,
    /// The log was truncated below the position: LogTruncationException.
    Truncated {
        /// Where the logs divide, if the leader could tell: the last common epoch and its end.
        diverging: Option<(i32, u64)>,
    },
}

impl Trouble {
    /// Where the logs divide, if the log was truncated: the last common epoch and its end.
    pub const fn diverging(self) -> Option<(i32, u64)> {
        match self {
            Self::Truncated { diverging } => diverging,
            Self::NoOffset | Self::OutOfRange => None,
        }
    }

    /// Is it thrown by each `poll()`?
    pub const fn comes_again(self) -> bool {
        matches!(self, Self::NoOffset | Self::OutOfRange)
    }

    /// The exception.
    pub const fn error(self) -> Error {
        match self {
            Self::NoOffset => Error::NoOffsetForPartition,
            Self::OutOfRange => Error::OffsetOutOfRange,
            Self::Truncated { .. } => Error::LogTruncation,
        }
    }
}

/// A partition that the consumer owns.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) partition: PartitionId,
    pub(super) place: Place,
    /// The next record that `poll()` returns; without meaning while initializing or waiting for a reset.
    pub(super) position: u64,
    /// The epoch of the last batch consumed; -1 without one.
    pub(super) position_epoch: i32,
    /// The leader for which the position holds.
    pub(super) leader: Leader,
    pub(super) committed: Option<u64>,
    /// The broker that was asked about the position and has not answered.
    pub(super) asked: Option<BrokerId>,
    /// After an error: not asked or fetched again before.
    pub(super) retry_at: Instant,
    /// Runs of fetched batches that wait to be returned.
    pub(super) buffered: u32,
    /// Where a broker's fetch session has it, and what that broker was last told.
    pub(super) session: Option<(BrokerId, u64, Option<i32>)>,
    /// The replica that the leader sent it to, and until when it reads there (KIP-392).
    pub(super) preferred: Option<(BrokerId, Instant)>,
    pub(super) flow: Flow,
    pub(super) trouble: Option<Trouble>,
}

impl Owned {
    pub(super) fn new(partition: PartitionId, leader: Leader) -> Self {
        Self {
            partition,
            place: Place::Initializing,
            position: 0,
            position_epoch: -1,
            leader,
            committed: None,
            asked: None,
            retry_at: Instant::ZERO,
            buffered: 0,
            session: None,
            preferred: None,
            flow: Flow::Reads,
            trouble: None,
        }
    }

    /// Whom it reads from: the preferred replica for its time, else the leader.
    pub(super) fn source(&self, now: Instant) -> Option<BrokerId> {
        match self.preferred {
            Some((replica, until)) if now < until => Some(replica),
            _ => self.leader.broker,
        }
    }

    /// May it be fetched, as far as its state goes?
    pub(super) fn is_fetchable(&self) -> bool {
        self.place == Place::Fetching && self.flow == Flow::Reads && self.trouble.is_none()
    }

    /// In the middle of normal life: it has read up to what is committed.
    pub(super) fn steady(committed: CommittedOffset, leader: Leader) -> Self {
        Self {
            place: Place::Fetching,
            position: committed.offset,
            position_epoch: committed.leader_epoch,
            committed: Some(committed.offset),
            ..Self::new(committed.partition, leader)
        }
    }

    /// Reads on from here; since 2.3 first asks the leader whether its log is the same, where the epoch is known
    ///
    pub(super) fn seek(&mut self, position: u64, epoch: i32, version: &VersionSettings) {
        self.position = position;
        self.position_epoch = epoch;
        self.asked = None;
        let validate = version.consumer_validate && 0 <= epoch && self.leader.epoch.is_some();
        self.place = if validate { Place::AwaitValidation } else { Place::Fetching };
    }

    fn offset(&self) -> CommittedOffset {
        CommittedOffset { partition: self.partition, offset: self.position, leader_epoch: self.position_epoch }
    }
}

/// Is the error one that newer metadata will heal?
pub(super) const fn is_stale_metadata(error: Error) -> bool {
    matches!(
        error,
        Error::NotLeaderOrFollower
            | Error::FencedLeaderEpoch
            | Error::OffsetNotAvailable
            | Error::KafkaStorageError
            | Error::LeaderNotAvailable
            | Error::UnknownTopicOrPartition
    )
}

/// The partitions to ask a broker about, by the broker and whatever else makes it one request.
type Asked<K, T> = SmallVec<[(K, SmallVec<[T; 4]>); 4]>;

fn group_by<K: PartialEq, T>(groups: &mut Asked<K, T>, key: K, item: T) {
    match groups.iter_mut().find(|(known, _)| *known == key) {
        Some((_, items)) => items.push(item),
        None => groups.push((key, SmallVec::from_iter([item]))),
    }
}

/// Where auto.offset.reset wants to go.
fn reset_to(context: &Context) -> ListAt {
    match context.setup.consumer.auto_offset_reset {
        OffsetReset::Earliest => ListAt::Earliest,
        OffsetReset::Latest | OffsetReset::None => ListAt::Latest,
        OffsetReset::ByDuration => {
            let back = Duration::from_millis(u64::from(context.setup.consumer.reset_duration_ms));
            ListAt::Time(Instant(context.now.0.saturating_sub(back.0)))
        }
    }
}

impl Consumer {
    pub(super) fn owned_mut(&mut self, partition: PartitionId) -> Option<&mut Owned> {
        let place = self.owned.binary_search_by_key(&partition, |owned| owned.partition).ok()?;
        Some(&mut self.owned[place])
    }

    /// The positions of all partitions: what a commit without arguments commits (`allConsumed`).
    pub(super) fn consumed(&self) -> SmallVec<[CommittedOffset; 2]> {
        self.owned.iter().filter(|owned| owned.place == Place::Fetching).map(Owned::offset).collect()
    }

    /// New metadata: a position that was good for another leader must be validated.
    pub(super) fn follow_leaders(&mut self, version: &VersionSettings) {
        for owned in &mut self.owned {
            let leader = self.leaders.leader(owned.partition);
            if leader.broker.is_none() || leader == owned.leader {
                continue;
            }
            owned.leader = leader;
            owned.asked = None;
            if matches!(owned.place, Place::Fetching | Place::AwaitValidation) {
                owned.seek(owned.position, owned.position_epoch, version);
            }
            if owned.place != Place::Fetching {
                self.fetcher.drop_buffered(owned);
            }
            self.fetcher.due = self.fetcher.due.union(leader.broker.into_iter().collect());
        }
        self.unsettled = self.owned.iter().any(|owned| owned.place != Place::Fetching);
    }

    /// Asks whatever must be asked before all partitions can be read.
    pub(super) fn update_positions(&mut self, context: &mut Context) {
        if !self.unsettled {
            return;
        }
        let mut resets = Asked::new();
        let mut queries = Asked::new();
        let mut lost = false;
        let now = context.now;
        for owned in &self.owned {
            if owned.asked.is_some() || now < owned.retry_at || owned.trouble.is_some() {
                continue;
            }
            let ask = matches!(owned.place, Place::AwaitReset { .. } | Place::AwaitValidation);
            let leader = self.leaders.leader(owned.partition);
            let Some(broker) = leader.broker else {
                lost |= ask;
                continue;
            };
            if !ask || !self.links.is_available(broker, Channel::Client, now) {
                continue;
            }
            let leader_epoch = leader.epoch.filter(|_| context.setup.version.epoch_fence_fetch);
            let partition = owned.partition;
            if owned.place == Place::AwaitValidation {
                let query = EpochQuery { partition, leader_epoch, epoch: owned.position_epoch };
                group_by(&mut queries, broker, query);
            } else {
                let at = match owned.place {
                    Place::AwaitReset { to: Some(End::Beginning), .. } => ListAt::Earliest,
                    Place::AwaitReset { to: Some(End::End), .. } => ListAt::Latest,
                    _ => reset_to(context),
                };
                group_by(&mut resets, (broker, at), (partition, leader_epoch));
            }
        }
        if lost {
            self.leaders.want();
        }
        self.ask_offsets(resets, context);
        self.ask_epochs(queries, context);
        self.fetch_committed(context);
    }

    fn ask_offsets(&mut self, groups: Asked<(BrokerId, ListAt), (PartitionId, Option<i32>)>, context: &mut Context) {
        for ((broker, at), partitions) in groups {
            for (partition, _) in &partitions {
                self.owned_mut(*partition).expect("it was just found").asked = Some(broker);
            }
            let isolation = context.setup.consumer.isolation_level;
            let request = ListOffsetsRequest { partitions, at, isolation, replica: false };
            self.request(broker, Channel::Client, Request::ListOffsets(Box::new(request)), Purpose::Offsets, context);
        }
    }

    fn ask_epochs(&mut self, groups: Asked<BrokerId, EpochQuery>, context: &mut Context) {
        for (broker, queries) in groups {
            for query in &queries {
                self.owned_mut(query.partition).expect("it was just found").asked = Some(broker);
            }
            let request = Request::OffsetForLeaderEpoch(Box::new(queries));
            self.request(broker, Channel::Client, request, Purpose::Epochs, context);
        }
    }

    /// Nothing was heard from this broker about positions.
    pub(super) fn positions_failed(&mut self, broker: BrokerId, context: &mut Context) {
        let retry_at = context.now + RETRY.0;
        for owned in self.owned.iter_mut().filter(|owned| owned.asked == Some(broker)) {
            owned.asked = None;
            owned.retry_at = retry_at;
        }
        self.wake_at(retry_at, context);
    }

    /// A leader's answer about one partition, if it is still wanted; an error is dealt with here.
    fn answered<T>(
        &mut self,
        (broker, api): (BrokerId, Api),
        partition: PartitionId,
        result: Result<T, Error>,
        context: &mut Context,
    ) -> Option<T> {
        let owned = self.owned_mut(partition)?;
        if owned.asked != Some(broker) {
            return None;
        }
        owned.asked = None;
        match result {
            Ok(answer) => Some(answer),
            Err(error) => {
                let retry_at = context.now + RETRY.0;
                owned.retry_at = retry_at;
                self.tell_failed(broker, api, error, context);
                self.leaders.want();
                self.wake_at(retry_at, context);
                None
            }
        }
    }

    pub(super) fn offsets_listed(&mut self, broker: BrokerId, answers: &[ListedOffset], context: &mut Context) {
        for answer in answers {
            let asked = (broker, Api::ListOffsets);
            let Some(listed) = self.answered(asked, answer.partition, answer.result, context) else { continue };
            let Some((offset, epoch)) = listed else {
                // No record is young enough: on at the end.
                if let Some(Owned { place: Place::AwaitReset { to, .. }, .. }) = self.owned_mut(answer.partition) {
                    *to = Some(End::End);
                }
                continue;
            };
            self.leaders.saw_epoch(answer.partition, epoch);
            let owned = self.owned_mut(answer.partition).expect("it was just answered");
            if let Place::AwaitReset { from, cause, .. } = owned.place {
                owned.seek(offset, -1, &context.setup.version);
                self.tell_reset(answer.partition, from, offset, cause, context);
            }
        }
        self.settle();
    }

    /// the epoch of the last record read ends before the position: the log was truncated below it.
    pub(super) fn epochs_ended(&mut self, broker: BrokerId, answers: &[EpochAnswer], context: &mut Context) {
        for answer in answers {
            let asked = (broker, Api::OffsetForLeaderEpoch);
            let Some(end) = self.answered(asked, answer.partition, answer.result, context) else { continue };
            let owned = self.owned_mut(answer.partition).expect("it was just answered");
            if owned.place != Place::AwaitValidation {
                continue;
            }
            let from = owned.position;
            match end {
                Some((_, end)) if from <= end => owned.place = Place::Fetching,
                diverging if context.setup.consumer.auto_offset_reset == OffsetReset::None => {
                    self.trouble_with(answer.partition, Trouble::Truncated { diverging });
                }
                Some((epoch, end)) => {
                    (owned.position, owned.position_epoch, owned.place) = (end, epoch, Place::Fetching);
                    self.tell_reset(answer.partition, Some(from), end, ResetCause::Truncated, context);
                }
                None => owned.place = Place::AwaitReset { from: Some(from), cause: ResetCause::OutOfRange, to: None },
            }
        }
        self.settle();
    }

    /// from the committed offset, or where auto.offset.reset says.
    pub(super) fn committed_fetched(
        &mut self,
        partitions: &[PartitionId],
        offsets: &[Option<CommittedOffset>],
        context: &mut Context,
    ) {
        for (partition, committed) in partitions.iter().copied().zip(offsets) {
            if let Some(committed) = committed
                && 0 <= committed.leader_epoch
            {
                self.leaders.saw_epoch(partition, committed.leader_epoch);
            }
            let leader = self.leaders.leader(partition);
            let Some(owned) = self.owned_mut(partition) else { continue };
            if owned.place != Place::Initializing {
                continue;
            }
            owned.leader = leader;
            match committed {
                Some(committed) => {
                    owned.committed = Some(committed.offset);
                    owned.seek(committed.offset, committed.leader_epoch, &context.setup.version);
                    self.tell_reset(partition, None, committed.offset, ResetCause::Committed, context);
                }
                None => self.reset(partition, None, ResetCause::NoOffset, context),
            }
        }
        self.settle();
    }

    /// auto.offset.reset decides.
    pub(super) fn reset(&mut self, partition: PartitionId, from: Option<u64>, cause: ResetCause, context: &Context) {
        if context.setup.consumer.auto_offset_reset == OffsetReset::None {
            let trouble = if from.is_none() { Trouble::NoOffset } else { Trouble::OutOfRange };
            return self.trouble_with(partition, trouble);
        }
        if let Some(owned) = self.owned_mut(partition) {
            owned.place = Place::AwaitReset { from, cause, to: None };
            owned.asked = None;
        }
        self.unsettled = true;
    }

    fn trouble_with(&mut self, partition: PartitionId, trouble: Trouble) {
        if let Some(owned) = self.owned_mut(partition) {
            owned.trouble = Some(trouble);
            self.troubled = true;
        }
    }

    pub(super) fn settle(&mut self) {
        self.unsettled = self.owned.iter().any(|owned| owned.place != Place::Fetching);
        let preferred = self.owned.iter().filter_map(|owned| owned.preferred.map(|(replica, _)| replica));
        let sources = self.owned.iter().filter_map(|owned| owned.leader.broker).chain(preferred);
        self.fetcher.due = self.fetcher.due.union(sources.collect());
    }

    pub(super) fn tell_reset(
        &self,
        partition: PartitionId,
        from: Option<u64>,
        to: u64,
        cause: ResetCause,
        context: &mut Context,
    ) {
        context.out.tell(Entry::PositionReset { consumer: self.number, partition, from, to, cause });
    }
}
