//! A broker's ties to the controllers: it reads the metadata log from the active one, as an observer, and sends its
//! registration, heartbeats and ISR changes there.

use super::{Broker, Kind};
use crate::checks::Check;
use crate::message::{
    BrokerHeartbeatRequest, BrokerRegistrationRequest, FetchMetadataRequest, FetchMetadataResponse, Message, Request,
    Response,
};
use crate::metadata::MetadataRecord;
use crate::node::{Alarm, Channel, Connection, Context, Effect};
use highwater_model::trace::{ChangeCause, Entry, Error};
use highwater_model::{BrokerId, BrokerSet, ControllerId, Duration, Instant, NodeId, Setup};

/// Pause before another controller is tried (controller.quorum.retry.backoff.ms).
const QUORUM_RETRY: Duration = Duration::from_millis(20);
/// An answer of the quorum is overdue after this (controller.quorum.request.timeout.ms).
const QUORUM_TIMEOUT: Duration = Duration::from_millis(2_000);
/// An answer to AlterPartition is overdue after this (controller.socket.timeout.ms).
const ISR_TIMEOUT: Duration = Duration::from_secs(30);
/// First pause after a registration or heartbeat failed.
const HEARTBEAT_RETRY: Duration = Duration::from_millis(100);

/// Connections to controllers.
#[derive(Clone, Debug)]
pub(super) struct Control {
    /// The broker epoch; none while the process is not registered.
    epoch: Option<u64>,
    /// The active controller, as the quorum told.
    active: Option<ControllerId>,
    /// Whom the metadata log is read from.
    source: ControllerId,
    metadata: Line,
    /// The epoch of the last record read.
    last_epoch: i32,
    control: Line,
    isr: Line,
    metadata_timeout: Alarm,
    control_timeout: Alarm,
    isr_timeout: Alarm,
    heartbeat: Alarm,
    retry: Alarm,
    /// Registrations or heartbeats that failed in a row.
    failures: u32,
}

/// One connection to a controller.
#[derive(Clone, Copy, Debug)]
struct Line {
    to: Option<ControllerId>,
    open: bool,
    awaited: bool,
}

impl Line {
    const DOWN: Self = Self { to: None, open: false, awaited: false };
}

impl Control {
    pub fn new(epoch: Option<u64>) -> Self {
        Self {
            epoch,
            active: Some(ControllerId(1)),
            source: ControllerId(1),
            metadata: Line::DOWN,
            last_epoch: 1,
            control: Line::DOWN,
            isr: Line::DOWN,
            metadata_timeout: Alarm::OFF,
            control_timeout: Alarm::OFF,
            isr_timeout: Alarm::OFF,
            heartbeat: Alarm::OFF,
            retry: Alarm::OFF,
            failures: 0,
        }
    }

    /// A process that was just started knows nobody.
    pub fn restarted(&self, setup: &Setup, own: BrokerId) -> Self {
        let source = ControllerId((own.0 - 1) % setup.cluster.controllers + 1);
        Self { active: None, source, last_epoch: self.last_epoch, ..Self::new(None) }
    }

    /// The broker epoch; none while the process is not registered.
    pub fn epoch(&self) -> Option<u64> {
        self.epoch
    }

    fn connection(own: BrokerId, controller: ControllerId, channel: Channel) -> Connection {
        Connection { client: NodeId::Broker(own), server: NodeId::Controller(controller), channel }
    }

    /// The connection for AlterPartition, if it is open; else it is asked for.
    pub fn isr_connection(&mut self, own: BrokerId, context: &mut Context) -> Option<Connection> {
        Self::line_to(&mut self.isr, self.active?, own, Channel::Isr, context)
    }

    /// A request with ISR changes is on its way.
    pub fn await_isr(&mut self, context: &mut Context) {
        self.isr_timeout.set(context.now + ISR_TIMEOUT, Kind::IsrTimeout as u16, 0, context.out);
    }

    /// It was answered, or is given up.
    pub fn isr_answered(&mut self) {
        self.isr_timeout.clear();
    }

    /// The line to this controller, if it is open; else it is opened (and one to another closed).
    fn line_to(
        line: &mut Line,
        to: ControllerId,
        own: BrokerId,
        channel: Channel,
        context: &mut Context,
    ) -> Option<Connection> {
        if line.to != Some(to) {
            if let Some(old) = line.to {
                context.out.effects.push(Effect::Close(Self::connection(own, old, channel)));
            }
            *line = Line { to: Some(to), ..Line::DOWN };
            context.out.effects.push(Effect::Open(Self::connection(own, to, channel)));
        }
        line.open.then(|| Self::connection(own, to, channel))
    }
}

impl Broker {
    /// Begins to read metadata and to send heartbeats.
    pub(super) fn start_control(&mut self, first_heartbeat: Duration, context: &mut Context) {
        self.fetch_metadata(context);
        let at = context.now + first_heartbeat;
        self.control.heartbeat.set(at, Kind::Heartbeat as u16, 0, context.out);
    }

    fn fetch_metadata(&mut self, context: &mut Context) {
        let own = self.id;
        let control = &mut self.control;
        if control.metadata.awaited && control.metadata.to == Some(control.source) {
            return;
        }
        control.metadata_timeout.set(context.now + QUORUM_TIMEOUT, Kind::MetadataTimeout as u16, 0, context.out);
        let Some(connection) = Control::line_to(&mut control.metadata, control.source, own, Channel::Metadata, context)
        else {
            return;
        };
        control.metadata.awaited = true;
        let request = FetchMetadataRequest {
            voter: None,
            epoch: control.last_epoch,
            offset: self.image.offset,
            last_epoch: control.last_epoch,
        };
        context.out.send(connection, Message::Request(Request::FetchMetadata(request)));
    }

    /// Reads on from the next controller.
    fn try_next_controller(&mut self, context: &mut Context) {
        let controllers = context.setup.cluster.controllers;
        let next = ControllerId(self.control.source.0 % controllers + 1);
        self.read_from(next, context);
    }

    fn read_from(&mut self, controller: ControllerId, context: &mut Context) {
        self.control.source = controller;
        self.control.retry.set_earlier(context.now + QUORUM_RETRY, Kind::ControlRetry as u16, 0, context.out);
    }

    pub(super) fn control_retry(&mut self, context: &mut Context) {
        if self.control.retry.fired(context.now, Kind::ControlRetry as u16, 0, context.out) {
            self.fetch_metadata(context);
        }
    }

    pub(super) fn metadata_overdue(&mut self, context: &mut Context) {
        if !self.control.metadata_timeout.fired(context.now, Kind::MetadataTimeout as u16, 0, context.out) {
            return;
        }
        if let Some(to) = self.control.metadata.to.take() {
            Self::close(Control::connection(self.id, to, Channel::Metadata), context);
        }
        self.control.metadata = Line::DOWN;
        self.try_next_controller(context);
    }

    pub(super) fn control_opened(&mut self, connection: Connection, context: &mut Context) {
        match connection.channel {
            Channel::Metadata => {
                self.control.metadata.open = true;
                self.fetch_metadata(context);
            }
            Channel::Isr => {
                self.control.isr.open = true;
                self.send_isr_changes(context);
                self.send_assignments(context);
            }
            _ => {
                self.control.control.open = true;
                self.send_heartbeat(context);
            }
        }
    }

    pub(super) fn control_lost(&mut self, connection: Connection, context: &mut Context) {
        match connection.channel {
            Channel::Metadata => {
                self.control.metadata = Line::DOWN;
                self.try_next_controller(context);
            }
            Channel::Isr => {
                self.control.isr = Line::DOWN;
                self.isr_changes_failed(Error::NetworkException, connection.server, context);
                self.assignments_answered(false, context.now + HEARTBEAT_RETRY, context);
                context.out.timer(context.now + HEARTBEAT_RETRY, Kind::IsrRetry as u16, 0);
            }
            _ => {
                self.control.control = Line::DOWN;
                self.heartbeat_failed(context);
            }
        }
    }

    pub(super) fn control_answered(&mut self, connection: Connection, response: Response, context: &mut Context) {
        match response {
            Response::FetchMetadata(response) => {
                self.control.metadata.awaited = false;
                self.metadata_read(*response, context);
            }
            Response::AlterPartition(Ok(altered)) => self.isr_changes_decided(*altered, context),
            Response::AlterPartition(Err(error)) => {
                self.isr_changes_failed(error, connection.server, context);
            }
            Response::AssignReplicasToDirs(result) => {
                self.assignments_answered(result.is_ok(), context.now + HEARTBEAT_RETRY, context);
                self.send_assignments(context);
            }
            Response::BrokerRegistration(result) => {
                self.control.control.awaited = false;
                self.control.control_timeout.clear();
                match result {
                    Ok(epoch) => {
                        self.control.epoch = Some(epoch);
                        self.heartbeat_after(Duration::ZERO, context);
                        self.send_isr_changes(context);
                    }
                    Err(_) => self.heartbeat_failed(context),
                }
            }
            Response::BrokerHeartbeat(result) => {
                self.control.control.awaited = false;
                self.control.control_timeout.clear();
                match result {
                    Ok(answer) => {
                        let interval = u64::from(context.setup.broker_heartbeat_interval_ms());
                        self.control.failures = 0;
                        self.directories_heard_of();
                        let next = self.heartbeat_answered(answer, Duration::from_millis(interval), context);
                        self.heartbeat_after(next, context);
                    }
                    Err(_) => self.heartbeat_failed(context),
                }
            }
            other => unreachable!("a controller does not answer {:?}", other.api()),
        }
    }

    fn heartbeat_after(&mut self, after: Duration, context: &mut Context) {
        self.control.heartbeat.set(context.now + after, Kind::Heartbeat as u16, 0, context.out);
    }

    /// The next heartbeat at once.
    pub(super) fn heartbeat_now(&mut self, context: &mut Context) {
        self.heartbeat_after(Duration::ZERO, context);
    }

    /// Again after a pause that doubles up to the session timeout.
    fn heartbeat_failed(&mut self, context: &mut Context) {
        let longest = Duration::from_millis(u64::from(context.setup.broker_session_timeout_ms()));
        let pause = HEARTBEAT_RETRY.times(1 << self.control.failures.min(10)).0.min(longest.0);
        self.control.failures += 1;
        let jittered = context.dice.duration(Duration(pause / 100 * 98), Duration(pause / 100 * 102));
        self.heartbeat_after(jittered, context);
    }

    pub(super) fn heartbeat_due(&mut self, context: &mut Context) {
        if self.control.heartbeat.fired(context.now, Kind::Heartbeat as u16, 0, context.out) {
            self.send_heartbeat(context);
        }
    }

    /// Sends a heartbeat, or a registration where the process has none yet.
    fn send_heartbeat(&mut self, context: &mut Context) {
        let own = self.id;
        let control = &mut self.control;
        let Some(active) = control.active else {
            self.heartbeat_failed(context);
            return;
        };
        if control.control.awaited && control.control.to == Some(active) {
            return;
        }
        let timeout = Duration::from_millis(u64::from(context.setup.broker_session_timeout_ms()) / 2);
        control.control_timeout.set(context.now + timeout, Kind::ControlTimeout as u16, 0, context.out);
        let Some(connection) = Control::line_to(&mut control.control, active, own, Channel::Control, context) else {
            return;
        };
        control.control.awaited = true;
        let request = match control.epoch {
            Some(epoch) => Request::BrokerHeartbeat(BrokerHeartbeatRequest {
                broker: own,
                epoch,
                metadata_offset: self.image.offset,
                want_fence: !self.lifecycle.is_ready(),
                want_shutdown: self.lifecycle.wants_shutdown(),
                offline: self.directories.offline,
            }),
            None => Request::BrokerRegistration(BrokerRegistrationRequest {
                broker: own,
                incarnation: self.lifecycle.incarnation(),
                previous_epoch: self.lifecycle.previous_epoch().filter(|_| context.setup.version.clean_file_epoch),
                online: self.online_directories(),
            }),
        };
        context.out.send(connection, Message::Request(request));
    }

    pub(super) fn control_overdue(&mut self, context: &mut Context) {
        if !self.control.control_timeout.fired(context.now, Kind::ControlTimeout as u16, 0, context.out) {
            return;
        }
        if let Some(to) = self.control.control.to.take() {
            Self::close(Control::connection(self.id, to, Channel::Control), context);
        }
        self.control.control = Line::DOWN;
        self.heartbeat_failed(context);
    }

    /// A controller that restarted, or fell silent, never answers: its successor is asked.
    pub(super) fn isr_overdue(&mut self, context: &mut Context) {
        let fired = self.control.isr_timeout.fired(context.now, Kind::IsrTimeout as u16, 0, context.out);
        if !fired || !context.checks.on(Check::IsrOverdue) {
            return;
        }
        if let Some(to) = std::mem::replace(&mut self.control.isr, Line::DOWN).to {
            let connection = Control::connection(self.id, to, Channel::Isr);
            Self::close(connection, context);
            self.isr_changes_failed(Error::RequestTimedOut, connection.server, context);
        }
    }

    /// A stretch of the metadata log, or who has it.
    fn metadata_read(&mut self, response: FetchMetadataResponse, context: &mut Context) {
        if response.leader.is_some() && response.leader != self.control.active {
            self.control.active = response.leader;
            if self.control.heartbeat.due() != Instant::NEVER || self.control.control.awaited {
                self.control.failures = 0;
                self.heartbeat_now(context);
            }
            if !self.isr_changes_idle() {
                context.out.timer(context.now, Kind::IsrRetry as u16, 0);
            }
        }
        if response.error.is_some() {
            match response.leader {
                Some(leader) if leader != self.control.source => self.read_from(leader, context),
                _ => self.try_next_controller(context),
            }
            return;
        }
        if response.offset == self.image.offset {
            self.control.last_epoch = self.control.last_epoch.max(response.epoch);
            if let Some((epoch, _)) = response.records.last() {
                self.control.last_epoch = *epoch;
                self.apply_metadata(&response.records, context);
                context.out.tell(Entry::MetadataApplied { broker: self.id, offset: self.image.offset });
            }
        }
        if response.high_watermark <= self.image.offset {
            self.caught_up_with_metadata(context);
        }
        self.fetch_metadata(context);
    }

    /// Applies a stretch of the metadata log at once: roles are taken with the whole of it known, as Kafka publishes a
    /// delta together with the image after it. (A leader whose dead follower is dropped from the ISR by one record and
    /// fenced by the next would otherwise wait for it.)
    fn apply_metadata(&mut self, records: &[(i32, MetadataRecord)], context: &mut Context) {
        let alive_before = self.alive();
        for (_, record) in records {
            self.image.apply(record);
        }
        if !self.lifecycle.has_roles() {
            return;
        }
        let created = |(_, record): &(i32, MetadataRecord)| {
            matches!(record, MetadataRecord::Partition { cause: ChangeCause::Created, .. })
        };
        if records.iter().any(created) {
            self.count_partitions(context);
        }
        for (_, record) in records {
            if let MetadataRecord::Partition { partition, state, .. } = record {
                self.take_role(*partition, state, context);
            }
        }
        self.send_assignments(context);
        let alive = self.alive();
        for broker in alive.minus(alive_before).union(alive_before.minus(alive)).iter() {
            self.leader_liveness_changed(broker, context);
        }
    }

    fn alive(&self) -> BrokerSet {
        self.image.brokers().filter(|(_, state)| !state.fenced).map(|(broker, _)| broker).collect()
    }

    /// The process is gone: it knows nobody and has no session.
    pub(super) fn forget_control(&mut self, setup: &Setup) {
        self.control = self.control.restarted(setup, self.id);
    }
}
