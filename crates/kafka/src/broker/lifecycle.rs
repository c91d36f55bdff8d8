//! A broker's life: start, log recovery, registration, running, stopping in order.

use super::replica::Role;
use super::requests::Requests;
use super::{Broker, Kind, Parked};
use crate::checks::Check;
use crate::message::HeartbeatAnswer;
use crate::node::{Context, Effect};
use highwater_model::trace::{Entry, NodeState};
use highwater_model::{Duration, Setup};

/// A broker gives the controller this long to let it stop.
const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(300);
/// After the first heartbeat that asks to stop, the second follows soon.
const SHUTDOWN_HEARTBEAT: Duration = Duration::from_millis(50);

/// Where a broker is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its process starts.
    Starting,
    /// It scans its logs.
    Recovering,
    /// Its logs are loaded; it waits for the metadata log.
    Loaded,
    /// It has its roles and follows, and waits to be unfenced.
    Registering,
    /// It serves.
    Running,
    /// It asked to stop.
    Stopping,
    /// It flushes its logs.
    Flushing,
    /// Its process is not there.
    Down,
}

/// A broker's life.
#[derive(Clone, Debug)]
pub(super) struct Lifecycle {
    stage: Stage,
    /// Counts its processes.
    incarnation: u32,
    /// On disk: the broker epoch of a clean stop.
    clean_marker: Option<u64>,
    /// What this process found there.
    previous_epoch: Option<u64>,
    caught_up: bool,
    shutdown_asked: bool,
    begun: bool,
}

impl Lifecycle {
    /// In the middle of normal life, with this incarnation.
    pub fn steady(incarnation: u32) -> Self {
        Self {
            stage: Stage::Running,
            incarnation,
            clean_marker: None,
            previous_epoch: None,
            caught_up: true,
            shutdown_asked: false,
            begun: false,
        }
    }

    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    pub fn previous_epoch(&self) -> Option<u64> {
        self.previous_epoch
    }

    /// Does it take connections? The server socket opens when the broker is unfenced.
    pub fn serves(&self) -> bool {
        matches!(self.stage, Stage::Running | Stage::Stopping | Stage::Flushing)
    }

    /// Has it taken its roles?
    pub fn has_roles(&self) -> bool {
        self.serves() || self.stage == Stage::Registering
    }

    /// May it be unfenced?
    pub fn is_ready(&self) -> bool {
        self.has_roles()
    }

    pub fn wants_shutdown(&self) -> bool {
        self.stage == Stage::Stopping
    }

    pub fn state(&self) -> NodeState {
        match self.stage {
            Stage::Starting => NodeState::Starting,
            Stage::Recovering => NodeState::Recovering,
            Stage::Loaded | Stage::Registering => NodeState::Registering,
            Stage::Running => NodeState::Running,
            Stage::Stopping | Stage::Flushing => NodeState::Stopping,
            Stage::Down => NodeState::Stopped,
        }
    }
}

impl Broker {
    fn enter(&mut self, stage: Stage, context: &mut Context) {
        let before = self.lifecycle.state();
        self.lifecycle.stage = stage;
        if self.lifecycle.state() != before {
            context.out.tell(Entry::Node { node: self.node(), state: self.lifecycle.state() });
        }
    }

    /// The run begins in the middle of normal life; or the process is started again.
    pub(super) fn start(&mut self, context: &mut Context) {
        if !self.lifecycle.begun {
            self.lifecycle.begun = true;
            self.take_roles(context);
            self.start_disk_timers(context);
            let interval = Duration::from_millis(u64::from(context.setup.broker_heartbeat_interval_ms()));
            let phase = context.dice.duration(Duration::ZERO, interval);
            self.start_control(phase, context);
            return;
        }
        self.lifecycle.incarnation += 1;
        self.forget_transactions(context.setup.cluster.brokers);
        // The marker is taken away before anything is loaded: a crash while loading counts as unclean.
        self.lifecycle.previous_epoch = self.lifecycle.clean_marker.take();
        self.lifecycle.caught_up = false;
        self.lifecycle.shutdown_asked = false;
        self.enter(Stage::Starting, context);
        let start = Duration::from_millis(u64::from(context.setup.environment.server_start_ms));
        context.out.timer(context.now + start, Kind::Lifecycle as u16, 0);
    }

    /// The next step of starting or stopping.
    pub(super) fn lifecycle_due(&mut self, context: &mut Context) {
        match self.lifecycle.stage {
            Stage::Starting => self.load_logs(context),
            Stage::Recovering => self.logs_loaded(context),
            Stage::Stopping => self.flush_and_stop(context),
            Stage::Flushing => {
                self.flush_all(context);
                self.lifecycle.clean_marker = self.control.epoch();
                context.out.effects.push(Effect::Exit(NodeState::Stopped));
            }
            Stage::Loaded | Stage::Registering | Stage::Running | Stage::Down => (),
        }
    }

    /// Registers, and meanwhile loads the logs: trusted after a clean stop, else scanned.
    fn load_logs(&mut self, context: &mut Context) {
        if !self.open_directories(context) {
            return;
        }
        self.start_control(Duration::ZERO, context);
        let clean = self.lifecycle.previous_epoch.is_some();
        let mut scanned = 0;
        for replica in self.replicas.iter_mut().flatten().filter(|replica| !matches!(replica.role, Role::Offline)) {
            if !clean {
                let (broker, partition, from) = (self.id, replica.log.partition(), replica.log.end());
                scanned += replica.log.recover(context.store);
                if replica.log.end() < from {
                    context.out.tell(Entry::LostUnflushed { broker, partition, from, to: replica.log.end() });
                }
            }
            //
            let checkpointed = context.checks.on(Check::CheckpointedHighWatermark);
            let known = if checkpointed { replica.checkpointed_high_watermark } else { replica.log.end() };
            replica.high_watermark = known.clamp(replica.log.start(), replica.log.end());
        }
        if clean {
            self.logs_loaded(context);
            return;
        }
        let threads = u64::from(context.setup.cluster.num_recovery_threads_per_data_dir);
        let bandwidth = u64::from(context.setup.environment.recovery_mb_per_s) * 1_000_000 * threads;
        self.enter(Stage::Recovering, context);
        context.out.timer(context.now + Duration::of_bytes(scanned, bandwidth), Kind::Lifecycle as u16, 0);
    }

    fn logs_loaded(&mut self, context: &mut Context) {
        for replica in self.replicas.iter_mut().flatten() {
            replica.log.recovered();
        }
        self.enter(Stage::Loaded, context);
        self.publish_if_ready(context);
    }

    /// It has read the metadata log up to its end.
    pub(super) fn caught_up_with_metadata(&mut self, context: &mut Context) {
        self.lifecycle.caught_up = true;
        self.publish_if_ready(context);
    }

    /// With logs and metadata there, it takes its roles: it follows before it is registered (and serves nobody yet).
    fn publish_if_ready(&mut self, context: &mut Context) {
        if self.lifecycle.stage != Stage::Loaded || !self.lifecycle.caught_up {
            return;
        }
        self.enter(Stage::Registering, context);
        self.take_roles(context);
        self.start_disk_timers(context);
        self.heartbeat_if_registered(context);
    }

    fn heartbeat_if_registered(&mut self, context: &mut Context) {
        if self.control.epoch().is_some() {
            self.heartbeat_now(context);
        }
    }

    /// What the controller thinks; gives the time to the next heartbeat.
    pub(super) fn heartbeat_answered(
        &mut self,
        answer: HeartbeatAnswer,
        interval: Duration,
        context: &mut Context,
    ) -> Duration {
        match self.lifecycle.stage {
            Stage::Registering if !answer.fenced => {
                self.enter(Stage::Running, context);
                self.take_roles(context);
            }
            // Not caught up yet with its own registration: ask again soon, as Kafka does.
            Stage::Registering | Stage::Loaded | Stage::Recovering if !answer.caught_up => {
                return Duration::from_millis(10);
            }
            Stage::Stopping if answer.should_shutdown => self.flush_and_stop(context),
            Stage::Stopping if !self.lifecycle.shutdown_asked => {
                self.lifecycle.shutdown_asked = true;
                return SHUTDOWN_HEARTBEAT;
            }
            _ => (),
        }
        interval
    }

    /// SIGTERM: leaders are moved away first, if that is on.
    pub fn stop(&mut self, context: &mut Context) {
        match self.lifecycle.stage {
            Stage::Running | Stage::Registering if context.setup.cluster.controlled_shutdown_enable => {
                self.enter(Stage::Stopping, context);
                context.out.timer(context.now + SHUTDOWN_DEADLINE, Kind::Lifecycle as u16, 0);
                self.heartbeat_now(context);
            }
            Stage::Running | Stage::Registering => self.flush_and_stop(context),
            Stage::Starting | Stage::Recovering | Stage::Loaded => {
                context.out.effects.push(Effect::Exit(NodeState::Stopped));
            }
            Stage::Stopping | Stage::Flushing | Stage::Down => (),
        }
    }

    fn flush_and_stop(&mut self, context: &mut Context) {
        self.enter(Stage::Flushing, context);
        let time = self.flush_all_time(context);
        context.out.timer(context.now + time, Kind::Lifecycle as u16, 0);
    }

    /// The only log directory failed: the broker halts at once.
    pub(super) fn halt(&mut self, context: &mut Context) {
        context.out.effects.push(Effect::Exit(NodeState::Halted));
    }

    /// Its process is gone, however: memory is lost; disks, and in them the page cache's pages, stay. For the
    /// world, which also says why.
    pub fn ended(&mut self, setup: &Setup) {
        self.lifecycle.stage = Stage::Down;
        for replica in self.replicas.iter_mut().flatten() {
            replica.role = Role::Idle;
            replica.read_along = None;
            replica.followed = None;
            replica.readers.clear();
            replica.partition_epoch = -1;
        }
        self.requests = Requests::new(setup);
        self.sessions.fill(None);
        self.parked = Parked::default();
        self.forget_isr_changes();
        self.forget_fetchers();
        self.forget_control(setup);
        self.forget_flushes();
        self.forget_group();
        self.wakes = super::Wakes::default();
        self.forget_transactions(setup.cluster.brokers);
    }
}
