//! Fetch on the serving side: sessions, long polls, what a follower's fetch tells a leader, and what
//! a consumer may read. A session remembers what has changed since its last answer, so idle partitions cost
//! nothing.

use super::partition_set::PartitionSet;
use super::replica::{Replica, is_eligible};
use super::requests::Served;
use super::selector::check_epoch;
use super::stability::{Stability, end_of};
use super::{Broker, Kind};
use crate::checks::Check;
use crate::message::{FetchPartition, FetchRequest, FetchResponse, FetchedPartition, Response};
use crate::node::{Alarm, Context};
use highwater_model::settings::Isolation;
use highwater_model::trace::{Entry, Error};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, PartitionId};
use smallvec::SmallVec;

/// A fetch session of an inbound connection.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The follower and its broker epoch; none for a consumer.
    replica: Option<(BrokerId, Option<u64>)>,
    /// The consumer's rack, where it told it.
    rack: Option<u8>,
    partitions: Vec<Wanted>,
    /// Partition to its place in `partitions`, plus one.
    places: Vec<u16>,
    /// Where something may have changed since the last answer.
    dirty: PartitionSet,
    isolation: Isolation,
    wait_max: Duration,
    bytes_min: u32,
    bytes_max: u32,
    partition_bytes_max: u32,
    parked: Option<ParkedFetch>,
    alarm: Alarm,
}

/// No high watermark has been sent yet.
const NEVER_SENT: u64 = u64::MAX;

#[derive(Clone, Copy, Debug)]
struct Wanted {
    at: FetchPartition,
    /// The high watermark last sent.
    sent_high_watermark: u64,
    /// The log start last sent.
    sent_log_start: u64,
}

impl Wanted {
    /// Is this high watermark news to the reader?
    fn knows_less_than(&self, high_watermark: u64) -> bool {
        let sent = if self.sent_high_watermark == NEVER_SENT { 0 } else { self.sent_high_watermark };
        sent < high_watermark
    }
}

#[derive(Clone, Copy, Debug)]
struct ParkedFetch {
    generation: u32,
    deadline: Instant,
    /// Bytes that could be read now.
    bytes: u32,
}

/// Sessions to be looked at when the current input has been handled (Kafka's action queue): appends and commits of one
/// request wake a reader once.
#[derive(Clone, Debug, Default)]
pub(super) struct Wakes {
    appended: SmallVec<[(PartitionId, u32); 8]>,
    due: SmallVec<[u16; 8]>,
}

impl Wakes {
    /// So many bytes were appended.
    pub fn appended(&mut self, partition: PartitionId, bytes: u32) {
        self.appended.push((partition, bytes));
    }
}

impl Session {
    fn new(request: &FetchRequest, partitions: usize) -> Self {
        Self {
            replica: None,
            rack: None,
            partitions: Vec::new(),
            places: vec![0; partitions],
            dirty: PartitionSet::default(),
            isolation: request.isolation,
            wait_max: request.wait_max,
            bytes_min: request.bytes_min,
            bytes_max: request.bytes_max,
            partition_bytes_max: request.partition_bytes_max,
            parked: None,
            alarm: Alarm::OFF,
        }
    }

    fn wanted(&self, partition: PartitionId) -> Option<&Wanted> {
        let place = usize::from(self.places[partition.index()]);
        place.checked_sub(1).map(|place| &self.partitions[place])
    }

    fn wanted_mut(&mut self, partition: PartitionId) -> Option<&mut Wanted> {
        let place = usize::from(self.places[partition.index()]);
        place.checked_sub(1).map(|place| &mut self.partitions[place])
    }

    /// True where the partition is new to the session.
    fn want(&mut self, at: FetchPartition) -> bool {
        self.dirty.insert(at.partition);
        if let Some(wanted) = self.wanted_mut(at.partition) {
            wanted.at = at;
            return false;
        }
        self.partitions.push(Wanted { at, sent_high_watermark: NEVER_SENT, sent_log_start: 0 });
        self.places[at.partition.index()] = self.partitions.len() as u16;
        true
    }

    fn forget(&mut self, partition: PartitionId) {
        let Some(place) = usize::from(self.places[partition.index()]).checked_sub(1) else { return };
        self.dirty.remove(partition);
        self.partitions.swap_remove(place);
        self.places[partition.index()] = 0;
        if let Some(moved) = self.partitions.get(place) {
            self.places[moved.at.partition.index()] = place as u16 + 1;
        }
    }
}

/// What reading a partition for a session came to.
struct Reading {
    fetched: FetchedPartition,
    /// Nothing more to say about it until something changes.
    settled: bool,
}

impl Broker {
    /// Serves a fetch: at once where there is something to say, else parked.
    pub(super) fn serve_fetch(&mut self, inbound: u16, request: &FetchRequest, context: &mut Context) -> Served {
        self.update_session(inbound, request);
        if let Some((follower, _)) = request.replica {
            self.follower_fetches[usize::from(follower.0)] = context.wall;
        }
        let response = self.read_session(inbound, true, context);
        if let Some((follower, _)) = request.replica {
            self.propose_for_idle(inbound, follower, context);
        }
        let session = self.sessions[usize::from(inbound)].as_mut().expect("it was just updated");
        let bytes: u32 = response.partitions.iter().map(|partition| partition.bytes).sum();
        let urgent =
            response.partitions.iter().any(|p| p.error.is_some() || p.diverging.is_some() || p.preferred.is_some());
        if session.bytes_min <= bytes || urgent || session.wait_max == Duration::ZERO {
            return Served::Answer(Response::Fetch(Box::new(self.answer_session(inbound, response))), Duration::ZERO);
        }
        let generation = self.requests.generation(inbound);
        let deadline = context.now + session.wait_max;
        session.parked = Some(ParkedFetch { generation, deadline, bytes });
        session.alarm.set(deadline, Kind::FetchWait as u16, u32::from(inbound), context.out);
        if context.setup.version.hw_push && request.replica.is_some() && self.owes_high_watermark(inbound) {
            self.wake_now(inbound);
        }
        Served::Parked(Duration::ZERO)
    }

    /// Does the session's reader know of an older high watermark than this leader?
    fn owes_high_watermark(&self, inbound: u16) -> bool {
        let Some(session) = &self.sessions[usize::from(inbound)] else { return false };
        session.dirty.iter().filter_map(|partition| session.wanted(partition)).any(|wanted| {
            let replica = self.replicas[wanted.at.partition.index()].as_ref();
            replica.is_some_and(|replica| wanted.knows_less_than(replica.high_watermark))
        })
    }

    /// The session's parked fetch is answered once the current input has been handled, whatever there is to say.
    fn wake_now(&mut self, inbound: u16) {
        if let Some(parked) = self.sessions[usize::from(inbound)].as_mut().and_then(|session| session.parked.as_mut()) {
            parked.bytes = u32::MAX;
            self.wakes.due.push(inbound);
        }
    }

    fn update_session(&mut self, inbound: u16, request: &FetchRequest) {
        let partitions = self.replicas.len();
        let session = self.sessions[usize::from(inbound)].get_or_insert_with(|| Session::new(request, partitions));
        (session.replica, session.rack, session.isolation) = (request.replica, request.rack, request.isolation);
        (session.wait_max, session.bytes_min) = (request.wait_max, request.bytes_min);
        (session.bytes_max, session.partition_bytes_max) = (request.bytes_max, request.partition_bytes_max);
        for partition in &request.forget {
            session.forget(*partition);
            if let Some(replica) = &mut self.replicas[partition.index()] {
                replica.readers.retain(|reader| *reader != inbound);
            }
        }
        for at in &request.partitions {
            if session.want(*at)
                && let Some(replica) = &mut self.replicas[at.partition.index()]
                && !replica.readers.contains(&inbound)
            {
                replica.readers.push(inbound);
            }
        }
    }

    /// Reads everything that may have changed for a session. A first read tells the leader where its follower is; the
    /// read of a parked fetch does not.
    fn read_session(&mut self, inbound: u16, first: bool, context: &mut Context) -> FetchResponse {
        let session = self.sessions[usize::from(inbound)].as_ref().expect("a session is read while it lives");
        let (dirty, replica, mut left) = (session.dirty, session.replica, session.bytes_max);
        let (rack, isolation) = (session.rack, session.isolation);
        let mut response = FetchResponse { partitions: SmallVec::new() };
        for partition in dirty.iter() {
            let session = self.sessions[usize::from(inbound)].as_ref().expect("it lives");
            let Some(wanted) = session.wanted(partition).copied() else { continue };
            if left == 0 {
                break; // the answer is full; the rest comes with the next
            }
            let bytes_max = session.partition_bytes_max.min(left);
            if replica.is_none() && isolation == Isolation::ReadCommitted {
                self.read_along(partition, context);
            }
            let reading = self.read_partition(&wanted, replica, (rack, isolation), bytes_max, context);
            if reading.settled {
                // Before the leader learns where its follower is: that may commit what is news to this session too.
                let session = self.sessions[usize::from(inbound)].as_mut().expect("it lives");
                session.dirty.remove(partition);
            }
            if first
                && reading.fetched.error.is_none()
                && reading.fetched.diverging.is_none()
                && let Some((follower, epoch)) = replica
            {
                self.follower_fetched(partition, follower, wanted.at.offset, epoch, context);
            }
            if reading.settled {
                continue;
            }
            left = left.saturating_sub(reading.fetched.bytes);
            response.partitions.push(reading.fetched);
        }
        response
    }

    /// A read_committed consumer is about to read: a follower has to know what is stable in its log, from now on.
    fn read_along(&mut self, partition: PartitionId, context: &mut Context) {
        let Some(replica) = self.replicas[partition.index()].as_mut() else { return };
        if replica.leader().is_none() && replica.read_along.is_none() {
            replica.read_along = Some(Box::default());
            self.stabilize(partition, context);
        }
    }

    /// Remembers what an answer says, and hands it over.
    fn answer_session(&mut self, inbound: u16, response: FetchResponse) -> FetchResponse {
        let session = self.sessions[usize::from(inbound)].as_mut().expect("a session is answered while it lives");
        session.parked = None;
        session.alarm.clear();
        for fetched in &response.partitions {
            if let Some(wanted) = session.wanted_mut(fetched.partition) {
                wanted.sent_high_watermark = fetched.high_watermark;
                wanted.sent_log_start = fetched.log_start;
            }
        }
        response
    }

    fn read_partition(
        &self,
        wanted: &Wanted,
        follower: Option<(BrokerId, Option<u64>)>,
        (rack, isolation): (Option<u8>, Isolation),
        bytes_max: u32,
        context: &Context,
    ) -> Reading {
        let at = wanted.at;
        let mut fetched = FetchedPartition {
            partition: at.partition,
            offset: at.offset,
            error: None,
            batches: SmallVec::new(),
            bytes: 0,
            high_watermark: 0,
            log_start: 0,
            diverging: None,
            last_stable: 0,
            aborted: Vec::new(),
            preferred: None,
        };
        let found = match follower {
            Some(_) => self.readable(at.partition, at.leader_epoch, context),
            None => self.readable_by_consumer(at.partition, at.leader_epoch, rack, context),
        };
        let replica = match found {
            Ok(replica) => replica,
            Err(error) => {
                return Reading { fetched: FetchedPartition { error: Some(error), ..fetched }, settled: false };
            }
        };
        let log = &replica.log;
        fetched.high_watermark = replica.high_watermark;
        fetched.last_stable = replica.last_stable();
        fetched.log_start = log.start();
        if let Some((broker, epoch)) = follower
            && let Err(error) = self.check_follower(replica, broker, epoch, context)
        {
            return Reading { fetched: FetchedPartition { error: Some(error), ..fetched }, settled: false };
        }
        if let Some(rack) = rack {
            fetched.preferred = self.preferred_replica(replica, at.offset, rack, context);
            if fetched.preferred.is_some() {
                return Reading { fetched, settled: false };
            }
        }
        if let (Some(last), true) = (at.last_fetched_epoch, context.checks.on(Check::Divergence)) {
            match log.end_of_epoch(last) {
                None => fetched.error = Some(Error::OffsetOutOfRange),
                Some((epoch, end)) if epoch < last || end < at.offset => fetched.diverging = Some((epoch, end)),
                Some(_) => (),
            }
        }
        if at.offset < log.start() || log.end() < at.offset && fetched.diverging.is_none() {
            fetched.error = Some(Error::OffsetOutOfRange);
        }
        if fetched.error.is_some() || fetched.diverging.is_some() {
            return Reading { fetched, settled: false };
        }
        let to_end = follower.is_some() || !context.checks.on(Check::ReadBelowHighWatermark);
        let committed = isolation == Isolation::ReadCommitted;
        let bound = if to_end {
            log.end()
        } else if committed && context.checks.on(Check::ReadBelowLastStable) {
            fetched.last_stable
        } else {
            replica.high_watermark
        };
        if at.offset < bound {
            let read = log.read(at.offset, bound, bytes_max, context.store);
            (fetched.batches, fetched.bytes) = (read.runs, read.bytes);
            if let (true, Some(stability), Some(end)) =
                (committed, replica.stability(), end_of(&fetched.batches, at.partition, context.store))
            {
                fetched.aborted = stability.aborted(at.offset, end);
            }
        }
        let told = (wanted.sent_high_watermark, wanted.sent_log_start);
        let settled = fetched.bytes == 0 && (fetched.high_watermark, fetched.log_start) == told;
        Reading { fetched, settled }
    }

    /// The replica that serves a reader: its leader, in the epoch the reader knows.
    pub(super) fn readable(
        &self,
        partition: PartitionId,
        epoch: Option<i32>,
        context: &Context,
    ) -> Result<&Replica, Error> {
        let Some(replica) = &self.replicas[partition.index()] else {
            let known = self.image.partition(partition).is_some();
            return Err(if known { Error::NotLeaderOrFollower } else { Error::UnknownTopicOrPartition });
        };
        check_epoch(replica, epoch, context)?;
        replica.leading()?;
        Ok(replica)
    }

    /// May this broker, as this process, follow?
    fn check_follower(
        &self,
        replica: &Replica,
        broker: BrokerId,
        epoch: Option<u64>,
        context: &Context,
    ) -> Result<(), Error> {
        if !replica.replicas.contains(&broker) {
            return Err(Error::UnknownLeaderEpoch);
        }
        let known = self.image.broker(broker).map(|state| state.epoch);
        if context.checks.on(Check::FetchBrokerEpoch) && epoch.is_some() && epoch < known {
            return Err(Error::NotLeaderOrFollower);
        }
        Ok(())
    }

    /// A follower's fetch tells how far it is: it may join the ISR, and the high watermark may move.
    fn follower_fetched(
        &mut self,
        partition: PartitionId,
        broker: BrokerId,
        offset: u64,
        epoch: Option<u64>,
        context: &mut Context,
    ) {
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let end = replica.log.end();
        let Some(leader) = replica.leader_mut() else { return };
        let Some(follower) = leader.follower(broker) else { return };
        let before = follower.end;
        follower.fetched(offset, end, context.wall, epoch);
        self.propose_expansion(partition, broker, context);
        if before != Some(offset) {
            self.advance_high_watermark(partition, context);
        }
    }

    /// A follower that is outside the ISR of idle partitions is looked at on each of its fetches too.
    fn propose_for_idle(&mut self, inbound: u16, broker: BrokerId, context: &mut Context) {
        if self.incomplete.is_empty() {
            return;
        }
        for partition in self.incomplete.iter() {
            let session = self.sessions[usize::from(inbound)].as_ref().expect("it is being served");
            let Some(epoch) = session.replica.filter(|_| session.wanted(partition).is_some()).map(|(_, epoch)| epoch)
            else {
                continue;
            };
            if let Some(replica) = &mut self.replicas[partition.index()] {
                let end = replica.log.end();
                if let Some(follower) = replica.leader_mut().and_then(|leader| leader.follower(broker))
                    && follower.end == Some(end)
                {
                    follower.fetched(end, end, context.wall, epoch);
                    self.propose_expansion(partition, broker, context);
                }
            }
        }
    }

    /// Proposes a follower for the ISR if it is in sync.
    fn propose_expansion(&mut self, partition: PartitionId, broker: BrokerId, context: &mut Context) {
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let high_watermark = replica.high_watermark;
        let Some(leader) = replica.leader_mut() else { return };
        if leader.isr.contains(broker) || leader.proposed.is_some() {
            return;
        }
        let (start, isr) = (leader.epoch_start, leader.isr);
        let Some(follower) = leader.follower(broker) else { return };
        let Some(end) = follower.end else { return };
        let version = &context.setup.version;
        let from_start = version.expand_from_epoch_start && context.checks.on(Check::ExpandFromEpochStart);
        let reached = (high_watermark <= end || !context.checks.on(Check::ExpandFromHighWatermark))
            && (start <= end || !from_start);
        if reached && context.checks.on(Check::ProposeExpansion) && is_eligible(follower, &self.image, version) {
            let isr = isr.with(broker);
            self.propose_isr(partition, isr, isr, context);
        }
    }

    /// Offsets `from` to `to` are committed now: consumers may read them, followers hear of it with their next answer.
    pub(super) fn committed(&mut self, partition: PartitionId, from: u64, to: u64, context: &mut Context) {
        let Some(replica) = &self.replicas[partition.index()] else { return };
        let is_transactional = replica.stability().is_some_and(Stability::is_used);
        let mut visible = None;
        for reader in &replica.readers {
            let Some(session) = &mut self.sessions[usize::from(*reader)] else { continue };
            session.dirty.insert(partition);
            if session.replica.is_some() {
                // A follower's fetch waits for data, and takes the high watermark along; 2.4 and 2.5 send it at once.
                if context.setup.version.hw_push
                    && let Some(parked) = &mut session.parked
                {
                    parked.bytes = u32::MAX;
                    self.wakes.due.push(*reader);
                }
                continue;
            }
            if is_transactional && session.isolation == Isolation::ReadCommitted {
                continue; // it waits for what is stable
            }
            if let Some(parked) = &mut session.parked {
                let bytes = *visible.get_or_insert_with(|| replica.log.read(from, to, u32::MAX, context.store).bytes);
                parked.bytes = parked.bytes.saturating_add(bytes);
                self.wakes.due.push(*reader);
            }
        }
    }

    /// The log begins later now: followers hear of it with their next answer.
    pub(super) fn log_start_moved(&mut self, partition: PartitionId, context: &mut Context) {
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let start = replica.log.start();
        if let (false, Some(leader)) = (context.setup.version.producer_state_kept, replica.leader_mut()) {
            leader.producers.forget_below(start);
        }
        context.out.tell(Entry::LogStart { broker: self.id, partition, to: start });
        for reader in &replica.readers {
            if let Some(session) = &mut self.sessions[usize::from(*reader)] {
                session.dirty.insert(partition);
            }
        }
    }

    /// Offsets `from` to `to` are stable now: read_committed consumers may read them.
    pub(super) fn stable_up_to(&mut self, partition: PartitionId, from: u64, to: u64, context: &mut Context) {
        let Some(replica) = &self.replicas[partition.index()] else { return };
        let bytes = replica.log.read(from, to, u32::MAX, context.store).bytes;
        for reader in &replica.readers {
            let Some(session) = &mut self.sessions[usize::from(*reader)] else { continue };
            if session.replica.is_some() || session.isolation != Isolation::ReadCommitted {
                continue;
            }
            session.dirty.insert(partition);
            if let Some(parked) = &mut session.parked {
                parked.bytes = parked.bytes.saturating_add(bytes);
                self.wakes.due.push(*reader);
            }
        }
    }

    /// A partition's leadership changed here: all its readers must hear of it.
    pub(super) fn wake_readers(&mut self, partition: PartitionId) {
        let Some(replica) = &self.replicas[partition.index()] else { return };
        for reader in &replica.readers {
            if let Some(session) = &mut self.sessions[usize::from(*reader)] {
                session.dirty.insert(partition);
                if let Some(parked) = &mut session.parked {
                    parked.bytes = u32::MAX;
                    self.wakes.due.push(*reader);
                }
            }
        }
    }

    /// When an input has been handled: parked fetches that now have enough are answered.
    pub(super) fn flush_wakes(&mut self, context: &mut Context) {
        for (partition, bytes) in std::mem::take(&mut self.wakes.appended) {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            for reader in &replica.readers {
                let Some(session) = &mut self.sessions[usize::from(*reader)] else { continue };
                if session.replica.is_none() && context.checks.on(Check::ReadBelowHighWatermark) {
                    continue;
                }
                session.dirty.insert(partition);
                if let Some(parked) = &mut session.parked {
                    parked.bytes = parked.bytes.saturating_add(bytes);
                    self.wakes.due.push(*reader);
                }
            }
        }
        for reader in std::mem::take(&mut self.wakes.due) {
            let Some(session) = &self.sessions[usize::from(reader)] else { continue };
            if session.parked.is_some_and(|parked| session.bytes_min.max(1) <= parked.bytes) {
                self.complete_fetch(reader, context);
            }
        }
    }

    /// A parked fetch is answered with what is there now.
    fn complete_fetch(&mut self, inbound: u16, context: &mut Context) {
        let Some(parked) = self.sessions[usize::from(inbound)].as_ref().and_then(|session| session.parked) else {
            return;
        };
        let response = self.read_session(inbound, false, context);
        let response = self.answer_session(inbound, response);
        self.answer(inbound, parked.generation, Response::Fetch(Box::new(response)), Duration::ZERO, context);
    }

    /// A parked fetch has waited long enough.
    pub(super) fn fetch_wait_over(&mut self, inbound: u16, context: &mut Context) {
        let Some(session) = &mut self.sessions[usize::from(inbound)] else { return };
        if session.alarm.fired(context.now, Kind::FetchWait as u16, u32::from(inbound), context.out)
            && session.parked.is_some_and(|parked| parked.deadline <= context.now)
        {
            self.complete_fetch(inbound, context);
        }
    }

    /// Inbound connections whose fetch session has the partition.
    pub(super) fn readers_of(&self, partition: PartitionId) -> SmallVec<[u16; 4]> {
        let wants = |session: &Option<Session>| session.as_ref().is_some_and(|own| own.wanted(partition).is_some());
        let inbound = self.sessions.iter().enumerate().filter(|(_, session)| wants(session));
        inbound.map(|(inbound, _)| inbound as u16).collect()
    }

    /// The connection is gone, and its session with it.
    pub(super) fn end_session(&mut self, inbound: u16) {
        let Some(session) = self.sessions[usize::from(inbound)].take() else { return };
        for wanted in &session.partitions {
            if let Some(replica) = &mut self.replicas[wanted.at.partition.index()] {
                replica.readers.retain(|reader| *reader != inbound);
            }
        }
    }

    /// The broker epochs that a leader puts beside a proposal's members.
    pub(super) fn with_epochs(&self, partition: PartitionId, isr: BrokerSet) -> SmallVec<[(BrokerId, Option<u64>); 4]> {
        let leader = self.replicas[partition.index()].as_ref().and_then(Replica::leader);
        let of = |broker: BrokerId| {
            if broker == self.id {
                return self.control.epoch();
            }
            leader?.followers.iter().find(|follower| follower.broker == broker)?.broker_epoch
        };
        isr.iter().map(|broker| (broker, of(broker))).collect()
    }
}
