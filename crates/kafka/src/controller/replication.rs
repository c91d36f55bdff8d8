//! How the metadata log is replicated: voters and brokers fetch it from the leader, voters repair what divides from it,
//! and what a majority has on disk is committed.

use super::quorum::{Role, fsync};
use super::{Controller, Kind};
use crate::checks::Check;
use crate::configs::Override;
use crate::message::{FetchMetadataRequest, FetchMetadataResponse, Message, Response};
use crate::metadata::{Image, MetadataRecord};
use crate::node::{Channel, Connection, Context};
use highwater_model::trace::{Entry, Error};
use highwater_model::{ControllerId, Duration, Instant};

/// The longest wait of a fetch at the leader.
const FETCH_WAIT: Duration = Duration::from_millis(500);

/// A fetch that waits for records.
#[derive(Clone, Copy, Debug)]
pub(super) struct ParkedFetch {
    /// Where it came from.
    pub connection: Connection,
    request: FetchMetadataRequest,
    until: Instant,
}

impl Controller {
    /// A voter or a broker reads the log.
    pub(super) fn serve_fetch(&mut self, connection: Connection, request: FetchMetadataRequest, context: &mut Context) {
        let stale = request.voter.is_some() && request.epoch != self.disk.epoch;
        if stale || !matches!(self.role, Role::Leader(_)) {
            let refusal = FetchMetadataResponse { error: Some(Error::NotRaftLeader), ..self.empty_response(&request) };
            send(connection, refusal, context);
            return;
        }
        if request.voter.is_some() {
            let (epoch, end) = self.disk.log.end_of_epoch(request.last_epoch);
            if request.offset > 0 && (epoch != request.last_epoch || end < request.offset) {
                let diverging =
                    FetchMetadataResponse { diverging: Some((epoch, end)), ..self.empty_response(&request) };
                send(connection, diverging, context);
                return;
            }
        }
        if let Some(voter) = request.voter {
            self.record_fetch(voter, request.offset, context);
        }
        if request.offset < self.readable_end(&request) {
            self.send_records(connection, &request, context);
        } else {
            self.parked.retain(|fetch| fetch.connection != connection); // what its last process may have left
            let until = context.now + FETCH_WAIT;
            self.parked.push_back(ParkedFetch { connection, request, until });
            self.alarms[Kind::Parked as usize].set_earlier(until, Kind::Parked as u16, 0, context.out);
        }
    }

    /// A voter's fetch says how much of the log is on its disk.
    fn record_fetch(&mut self, voter: ControllerId, end: u64, context: &mut Context) {
        let Role::Leader(leading) = &mut self.role else { return };
        let progress = &mut leading.progress[usize::from(voter.0) - 1];
        progress.fetched = context.now;
        progress.end = end;
        leading.informed.insert(voter);
        leading.fetched.insert(voter);
        let with_own = leading.fetched.len() + 1;
        if self.is_majority(with_own) {
            if let Role::Leader(leading) = &mut self.role {
                leading.fetched = Default::default();
            }
            self.arm_check_quorum(context);
        }
        self.commit(context);
    }

    /// Voters read all of the log, brokers what is committed.
    fn readable_end(&self, request: &FetchMetadataRequest) -> u64 {
        if request.voter.is_some() { self.disk.log.end() } else { self.high_watermark }
    }

    fn empty_response(&self, request: &FetchMetadataRequest) -> FetchMetadataResponse {
        FetchMetadataResponse {
            epoch: self.disk.epoch,
            leader: self.leader(),
            error: None,
            diverging: None,
            offset: request.offset,
            records: Vec::new(),
            high_watermark: self.high_watermark,
        }
    }

    fn send_records(&self, connection: Connection, request: &FetchMetadataRequest, context: &mut Context) {
        let end = self.readable_end(request).max(request.offset);
        let records = self.disk.log.range(request.offset, end);
        send(connection, FetchMetadataResponse { records, ..self.empty_response(request) }, context);
    }

    /// Answers parked fetches for which there are records now.
    fn release_ready(&mut self, context: &mut Context) {
        let mut parked = std::mem::take(&mut self.parked);
        parked.retain(|fetch| {
            let ready = fetch.request.offset < self.readable_end(&fetch.request);
            if ready {
                self.send_records(fetch.connection, &fetch.request, context);
            }
            !ready
        });
        self.parked = parked;
    }

    /// Answers parked fetches that have waited long enough.
    pub(super) fn release_waited(&mut self, context: &mut Context) {
        while let Some(fetch) = self.parked.front().copied() {
            if context.now < fetch.until {
                self.arm(Kind::Parked, fetch.until, context);
                return;
            }
            self.parked.pop_front();
            self.send_records(fetch.connection, &fetch.request, context);
        }
    }

    /// It leads no more: nobody is to wait for it.
    pub(super) fn release_all(&mut self, context: &mut Context) {
        for fetch in std::mem::take(&mut self.parked) {
            let refusal = self.empty_response(&fetch.request);
            send(fetch.connection, FetchMetadataResponse { error: Some(Error::NotRaftLeader), ..refusal }, context);
        }
    }

    /// The leader answered this follower's fetch.
    pub(super) fn fetched(&mut self, peer: ControllerId, response: FetchMetadataResponse, context: &mut Context) {
        if response.error.is_some() {
            self.links.back_off(peer, Channel::Metadata, context.now);
        }
        self.learn(response.epoch, response.leader, context);
        let current = response.epoch == self.disk.epoch && response.error.is_none();
        match &mut self.role {
            Role::Follower { leader, fetched } if current && *leader == peer => *fetched = true,
            _ => return,
        }
        self.arm_fetch_timeout(context);
        if let Some((epoch, end)) = response.diverging {
            let (_, own_end) = self.disk.log.end_of_epoch(epoch);
            if context.checks.on(Check::QuorumDivergence) {
                self.truncate(own_end.min(end));
            }
        } else if response.offset == self.disk.log.end() {
            self.take_records(response, context);
        }
    }

    fn take_records(&mut self, response: FetchMetadataResponse, context: &mut Context) {
        if !response.records.is_empty() {
            for (epoch, record) in response.records {
                self.disk.log.push(epoch, record);
            }
            self.flush(context);
        }
        self.apply_up_to(response.high_watermark.min(self.disk.log.end()), context);
    }

    /// The log divides from the leader's: what lies beyond is not the quorum's.
    fn truncate(&mut self, end: u64) {
        self.disk.log.truncate(end);
        self.disk.flushed = self.disk.flushed.min(end);
        if end < self.high_watermark {
            // Only without the quorum's commit rule: what was taken for committed is not, and the image is wrong.
            self.high_watermark = 0;
            self.image = Image::new(self.size.1, self.size.2);
        }
    }

    /// The leader writes records: voters may have them at once, its own disk needs its time.
    pub(super) fn append(&mut self, records: Vec<MetadataRecord>, context: &mut Context) {
        for record in records {
            self.disk.log.push(self.disk.epoch, record);
        }
        self.release_ready(context);
        self.flush(context);
    }

    fn flush(&mut self, context: &mut Context) {
        if self.flushing.is_none() {
            self.flushing = Some(self.disk.log.end());
            self.arm(Kind::Flush, context.now + fsync(context), context);
        }
    }

    /// An fsync is done; what was written meanwhile needs the next.
    pub(super) fn flush_done(&mut self, context: &mut Context) {
        let end = self.disk.log.end();
        self.disk.flushed = self.flushing.take().map_or(self.disk.flushed, |flushed| flushed.min(end));
        if self.disk.flushed < end {
            self.flush(context);
        }
        self.commit(context);
    }

    /// The leader's high watermark: what a majority has on disk, once that reaches into the leader's own epoch.
    fn commit(&mut self, context: &mut Context) {
        let Role::Leader(leading) = &self.role else { return };
        let own = usize::from(self.id.0) - 1;
        let mut ends: Vec<u64> = leading.progress.iter().map(|progress| progress.end).collect();
        ends[own] = self.disk.flushed;
        ends.sort_unstable();
        let mut committed = ends[(ends.len() - 1) / 2];
        if !context.checks.on(Check::QuorumCommit) {
            committed = self.disk.flushed;
        }
        if leading.epoch_start < committed && self.high_watermark < committed {
            self.apply_up_to(committed, context);
            self.release_ready(context);
            self.committed(context);
        }
    }

    /// Takes over what is newly committed. The leader tells of it, once in a run: a record that an earlier leader told
    /// of before it died is committed for its successor again.
    fn apply_up_to(&mut self, end: u64, context: &mut Context) {
        let leads = matches!(self.role, Role::Leader(_));
        while self.high_watermark < end {
            let (epoch, record) = self.disk.log.get(self.high_watermark);
            if leads && context.store.is_news(*epoch, self.high_watermark) {
                tell(record, &self.image, context);
            }
            self.image.apply(record);
            self.high_watermark += 1;
        }
    }
}

fn send(connection: Connection, response: FetchMetadataResponse, context: &mut Context) {
    context.out.send(connection, Message::Response(Response::FetchMetadata(Box::new(response))));
}

/// What the trace says of a record that is committed now; the image is as it was before.
fn tell(record: &MetadataRecord, image: &Image, context: &mut Context) {
    let entry = match record {
        MetadataRecord::Registered { broker, epoch, clean, .. } => {
            Entry::Registered { broker: *broker, epoch: *epoch, clean: *clean }
        }
        MetadataRecord::Fenced(broker) => Entry::Fenced { broker: *broker },
        MetadataRecord::Unfenced(broker) => Entry::Unfenced { broker: *broker },
        MetadataRecord::Partition { partition, state, election, cause } => {
            if let Some(entry) = state.reassigned(*partition, image.partition(*partition)) {
                context.out.tell(entry);
            }
            state.changed(*partition, *election, *cause)
        }
        MetadataRecord::Config(Override { scope, setting, value }) => {
            Entry::Configured { scope: *scope, setting: *setting, value: *value }
        }
        MetadataRecord::DirectoriesOffline { .. }
        | MetadataRecord::ShuttingDown(_)
        | MetadataRecord::LeaderChange(_)
        | MetadataRecord::NoOp => return,
    };
    context.out.tell(entry);
}
