//! A KRaft controller: a voter of the quorum that replicates the metadata log, and, while it leads the quorum, the one
//! that decides about brokers and partitions.
//!
//! # What a broker sends
//!
//! - On [`Metadata`](crate::node::Channel::Metadata): [`Request::FetchMetadata`] with `voter: None`, `offset` where it reads next. Any
//!   controller answers. The leader answers as soon as committed records are there, or after 500 ms with none; another
//!   one answers at once with `NotRaftLeader` and the leader that it knows, if any: fetch from that one, or try
//!   the next after a pause. This is also how a broker finds the active controller: the leader of its last good fetch.
//! - On [`Control`](crate::node::Channel::Control): [`Request::BrokerRegistration`], then [`Request::BrokerHeartbeat`]; on [`Isr`](crate::node::Channel::Isr):
//!   [`Request::AlterPartition`]. A controller that is not active answers `NotController`; so does one that
//!   ceases to be while the answer waits for its records to be committed. Repeat at the leader after a pause. One
//!   request of a connection is served at a time; others wait behind it. A registration that repeats the incarnation
//!   gets the epoch that it has.
//! - `metadata_offset` of heartbeats is the exclusive end of what it has read ([`Image::offset`]).

mod active;
mod administration;
mod cluster;
mod election;
mod inspect;
mod links;
mod log;
mod quorum;
mod replication;
mod sessions;
#[cfg(test)]
mod tests;
mod zookeeper;

pub use inspect::CONTROLLER;

use crate::message::{Message, Request, Response};
use crate::metadata::{Image, InitialCluster};
use crate::node::{Alarm, Connection, Context, Effect, Input, Timer};
use active::Active;
use highwater_model::trace::{Entry, NodeState};
use highwater_model::{ControllerId, Duration, Instant, Layout, NodeId, Setup};
use links::Links;
use log::MetadataLog;
use quorum::Role;
use replication::ParkedFetch;
use std::collections::VecDeque;
use zookeeper::Predecessor;

/// A controller's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
enum Kind {
    /// The role has lasted too long: fetch, election or check-quorum timeout.
    Role,
    /// Records have been gathered long enough.
    Linger,
    /// The log is on disk.
    Flush,
    /// A parked fetch has waited long enough.
    Parked,
    /// Something about a connection to a peer is due.
    Links,
    /// Voters that do not fetch are told again who leads.
    Announce,
    /// A NoOp record is due.
    Idle,
    /// A broker's session may have ended.
    Session,
    /// Leadership goes back to preferred replicas.
    Balance,
    /// Leaderless partitions are tried again.
    UncleanSweep,
    /// The next step of starting or stopping.
    Lifecycle,
    /// With ZooKeeper: the session of the controller before this one has ended.
    TakeOver,
}

impl Kind {
    const ALL: [Kind; 12] = [
        Kind::Role,
        Kind::Linger,
        Kind::Flush,
        Kind::Parked,
        Kind::Links,
        Kind::Announce,
        Kind::Idle,
        Kind::Session,
        Kind::Balance,
        Kind::UncleanSweep,
        Kind::Lifecycle,
        Kind::TakeOver,
    ];
}

/// How long a controller that stops in order waits for a successor: its raft client's graceful shutdown.
const STOP_PATIENCE: Duration = Duration::from_millis(5_000);

/// What survives the end of the process: it is on disk, fsynced.
#[derive(Clone, Debug)]
struct Disk {
    /// The metadata log.
    log: MetadataLog,
    /// Exclusive end of what an fsync has reached; what lies beyond is lost with the process.
    flushed: u64,
    /// The quorum-state file: the epoch.
    epoch: i32,
    /// Whom it voted for in the epoch.
    voted: Option<ControllerId>,
    /// Who leads the epoch, if it ever knew.
    leader: Option<ControllerId>,
}

/// A controller.
#[derive(Clone, Debug)]
pub struct Controller {
    id: ControllerId,
    /// How many controllers, brokers and partitions there are.
    size: (u8, u8, u16),
    state: NodeState,
    disk: Disk,
    role: Role,
    /// Everything below is committed, as far as it knows.
    high_watermark: u64,
    /// What the committed log says.
    image: Image,
    links: Links,
    /// Fetches that wait for records; the oldest first.
    parked: VecDeque<ParkedFetch>,
    /// How far the fsync under way reaches.
    flushing: Option<u64>,
    /// Set while it is the active controller.
    active: Option<Box<Active>>,
    /// How the one before it ended.
    predecessor: Predecessor,
    alarms: [Alarm; Kind::ALL.len()],
}

impl Controller {
    /// A controller in the middle of normal life: the first one leads epoch 1, all have the same committed log. The
    /// first input must be [`Input::Start`].
    pub fn steady(id: ControllerId, setup: &Setup, layout: &Layout, initial: &InitialCluster) -> Self {
        let mut log = MetadataLog::default();
        for record in initial.records() {
            log.push(1, record);
        }
        let (end, leader) = (log.end(), ControllerId(1));
        let controllers = setup.cluster.controllers;
        let partitions = layout.count();
        Self {
            id,
            size: (controllers, setup.cluster.brokers, partitions),
            state: NodeState::Running,
            disk: Disk { log, flushed: end, epoch: 1, voted: None, leader: Some(leader) },
            role: Role::steady(id, leader, controllers, end),
            high_watermark: end,
            image: initial.image(),
            links: Links::new(id, controllers),
            parked: VecDeque::new(),
            flushing: None,
            active: None,
            predecessor: Predecessor::Silent,
            alarms: [Alarm::OFF; Kind::ALL.len()],
        }
    }

    /// Handles an input.
    pub fn on(&mut self, input: Input, context: &mut Context) {
        match input {
            Input::Start => self.start(context),
            Input::Timer(timer) => self.fired(timer, context),
            _ if !self.accepts() => return, // late words to a process that is not up
            Input::Opened(connection) => self.opened(connection),
            Input::Lost(connection) => self.lost(connection, context),
            Input::Message(connection, Message::Request(request)) => self.serve(connection, request, context),
            Input::Message(connection, Message::Response(response)) => self.answered(connection, response, context),
        }
        if self.accepts() {
            self.ask_peers(context);
            self.exit_if_done(context);
        }
    }

    /// The process ends at once: what is not on disk is lost. Its timers and connections are gone with it.
    pub fn crash(&mut self) {
        let (controllers, brokers, partitions) = self.size;
        self.state = NodeState::Crashed;
        self.disk.log.truncate(self.disk.flushed);
        self.role = Role::Unattached;
        self.high_watermark = 0;
        self.image = Image::new(brokers, partitions);
        self.links = Links::new(self.id, controllers);
        self.parked.clear();
        self.flushing = None;
        self.active = None;
        self.predecessor = Predecessor::Silent;
        self.alarms = [Alarm::OFF; Kind::ALL.len()];
    }

    /// Asks it to stop in order: a leader gives up its leadership first. It ends with [`Effect::Exit`].
    pub fn stop(&mut self, context: &mut Context) {
        if self.state != NodeState::Running {
            return;
        }
        self.set_state(NodeState::Stopping, context);
        if matches!(self.role, Role::Leader(_)) {
            self.resign(context);
        }
        self.arm(Kind::Lifecycle, context.now + STOP_PATIENCE, context);
        self.ask_peers(context);
        self.exit_if_done(context);
    }

    /// The node it is.
    pub fn node(&self) -> NodeId {
        NodeId::Controller(self.id)
    }

    /// Does its server socket take connections?
    pub fn accepts(&self) -> bool {
        matches!(self.state, NodeState::Running | NodeState::Stopping)
    }

    /// Where its process is.
    pub fn state(&self) -> NodeState {
        self.state
    }

    /// Is it the active controller, as far as it knows?
    pub fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// The committed cluster, as far as it knows.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// For the stage: is it active, the quorum's epoch, and the end of its log.
    pub fn frame_state(&self) -> (bool, i32, u64) {
        (self.is_active(), self.disk.epoch, self.disk.log.end())
    }

    /// The quorum's epoch.
    fn epoch(&self) -> i32 {
        self.disk.epoch
    }

    fn start(&mut self, context: &mut Context) {
        if self.state == NodeState::Running {
            self.start_steady(context);
        } else {
            self.set_state(NodeState::Starting, context);
            let time = Duration::from_millis(u64::from(context.setup.environment.server_start_ms));
            self.arm(Kind::Lifecycle, context.now + time, context);
        }
    }

    fn lifecycle_due(&mut self, context: &mut Context) {
        match self.state {
            NodeState::Starting => {
                self.set_state(NodeState::Running, context);
                self.rejoin(context);
            }
            NodeState::Stopping => self.exit(context),
            _ => (),
        }
    }

    /// A controller that stops waits until its peers know that it leads no more.
    fn exit_if_done(&mut self, context: &mut Context) {
        let waits = matches!(self.role, Role::Resigned { told } if told.len() < u32::from(self.size.0));
        if self.state == NodeState::Stopping && !waits {
            self.exit(context);
        }
    }

    /// Its disk is in order: it ends as in a crash, but by itself.
    fn exit(&mut self, context: &mut Context) {
        self.crash();
        self.state = NodeState::Stopped;
        context.out.effects.push(Effect::Exit(NodeState::Stopped));
    }

    fn set_state(&mut self, state: NodeState, context: &mut Context) {
        self.state = state;
        context.out.tell(Entry::Node { node: self.node(), state });
    }

    fn opened(&mut self, connection: Connection) {
        if let NodeId::Controller(peer) = connection.server {
            self.links.opened(peer, connection.channel);
        }
    }

    fn lost(&mut self, connection: Connection, context: &mut Context) {
        if connection.server == self.node() {
            self.parked.retain(|fetch| fetch.connection != connection);
            if let Some(active) = &mut self.active {
                active.forget(connection);
            }
        } else if let NodeId::Controller(peer) = connection.server {
            self.links.lost(peer, connection.channel, context.now);
        }
    }

    fn serve(&mut self, connection: Connection, request: Request, context: &mut Context) {
        match request {
            Request::FetchMetadata(request) => self.serve_fetch(connection, request, context),
            Request::Vote(request) => self.serve_vote(connection, request, context),
            Request::BeginQuorumEpoch(begin) => self.serve_begin(connection, begin, context),
            Request::EndQuorumEpoch(end) => self.serve_end(connection, end, context),
            other => self.serve_control(connection, other, context),
        }
    }

    fn answered(&mut self, connection: Connection, response: Response, context: &mut Context) {
        let NodeId::Controller(peer) = connection.server else { return };
        if !self.links.answered(peer, connection.channel) {
            return;
        }
        match response {
            Response::FetchMetadata(response) => self.fetched(peer, *response, context),
            Response::Vote(answer) => self.voted(peer, answer, context),
            Response::QuorumEpoch(epoch) => self.acknowledged(peer, epoch, context),
            _ => (),
        }
    }

    fn fired(&mut self, timer: Timer, context: &mut Context) {
        let kind = Kind::ALL[usize::from(timer.kind)];
        if !self.alarms[kind as usize].fired(context.now, timer.kind, timer.key, context.out) {
            return;
        }
        match kind {
            Kind::Role => self.role_overdue(context),
            Kind::Linger => self.write_batch(context),
            Kind::Flush => self.flush_done(context),
            Kind::Parked => self.release_waited(context),
            Kind::Links => self.links.expire(context),
            Kind::Announce => self.announce_again(context),
            Kind::Idle => self.write_no_op(context),
            Kind::Session => self.fence_stale(context),
            Kind::Balance => self.balance_leaders(context),
            Kind::UncleanSweep => self.sweep_leaderless(context),
            Kind::Lifecycle => self.lifecycle_due(context),
            Kind::TakeOver => self.take_over(context),
        }
    }

    fn arm(&mut self, kind: Kind, at: Instant, context: &mut Context) {
        self.alarms[kind as usize].set(at, kind as u16, 0, context.out);
    }
}
