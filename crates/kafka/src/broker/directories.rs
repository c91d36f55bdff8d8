//! Log directories, each on a disk of its own (JBOD): where replicas are, what happens when a directory fails (R-451 to
//! R-455), and how the controller hears of both.

use super::replica::{Replica, Role};
use super::{Broker, Kind};
use crate::log::Log;
use crate::message::{AssignReplicasToDirsRequest, Message, Request};
use crate::metadata::{DirectorySet, PartitionState};
use crate::node::{Alarm, Context};
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Instant, PartitionId};

/// What the controller is to hear of directories.
#[derive(Clone, Debug, Default)]
pub(super) struct Directories {
    /// Failed in this process's life, or before it began.
    pub offline: DirectorySet,
    /// Replicas whose directory the controller does not know.
    unassigned: Vec<PartitionId>,
    /// On their way to it.
    in_flight: Vec<PartitionId>,
    /// Until then it must have heard of a failure.
    patience: Alarm,
}

impl Broker {
    /// Gives a new replica to the working directory with the fewest (LogManager.nextLogDir).
    pub(super) fn place_replica(&mut self, partition: PartitionId, state: &PartitionState) {
        let held = |dir: u8| self.replicas.iter().flatten().filter(|replica| replica.dir == dir).count();
        let works = |dir: &u8| !self.directories.offline.contains(*dir);
        let dirs = 1..=self.disks.len() as u8;
        let dir = match state.directories.of(self.id) {
            Some(dir) => dir,
            None => dirs.filter(works).min_by_key(|dir| held(*dir)).unwrap_or(1),
        };
        let mut replica = Replica::new(Log::new(partition), state.replicas.clone(), dir);
        if self.directories.offline.contains(dir) {
            replica.role = Role::Offline;
        }
        // Whoever has read an earlier replica of it here has it in its session still.
        replica.readers = self.readers_of(partition);
        if state.directories.of(self.id).is_none() {
            self.directories.unassigned.push(partition);
        }
        self.replicas[partition.index()] = Some(replica);
    }

    /// Can the replica's directory be written to? If not, the directory fails with the attempt.
    pub(super) fn takes_writes(&mut self, partition: PartitionId, context: &mut Context) -> bool {
        let Some(dir) = self.replicas[partition.index()].as_ref().map(|replica| replica.dir) else { return false };
        if !self.disks[usize::from(dir) - 1].is_broken() {
            return true;
        }
        self.directory_failed(dir, context);
        false
    }

    /// Is no directory left? Then the process halts.
    pub(super) fn has_lost_all_directories(&self) -> bool {
        DirectorySet::first(self.disks.len() as u8).minus(self.directories.offline).is_empty()
    }

    /// A read or write of the directory failed: all of it is offline. The last one takes the broker with it.
    pub(super) fn directory_failed(&mut self, dir: u8, context: &mut Context) {
        if self.directories.offline.contains(dir) {
            return;
        }
        self.directories.offline = self.directories.offline.with(dir);
        self.disks[usize::from(dir) - 1].forget_flushes();
        if self.has_lost_all_directories() {
            self.halt(context);
            return;
        }
        context.out.tell(Entry::DirectoryFailed { broker: self.id, dir });
        for partition in context.layout.partitions() {
            if self.replicas[partition.index()].as_ref().is_some_and(|replica| replica.dir == dir) {
                self.end_role(partition, Role::Offline, Error::KafkaStorageError, context);
            }
        }
        let patience = Duration::from_millis(u64::from(context.setup.cluster.log_dir_failure_timeout_ms));
        let due = context.now + patience;
        self.directories.patience.set_earlier(due, Kind::DirectoryTimeout as u16, 0, context.out);
        self.heartbeat_now(context);
    }

    /// Directories whose disk does not work are noticed by whoever writes checkpoints there.
    pub(super) fn look_for_failed_directories(&mut self, context: &mut Context) {
        for dir in 1..=self.disks.len() as u8 {
            if self.disks[usize::from(dir) - 1].is_failed() {
                self.directory_failed(dir, context);
            }
        }
    }

    /// A process begins: directories that do not work are offline from its start; without any it halts.
    pub(super) fn open_directories(&mut self, context: &mut Context) -> bool {
        self.directories = Directories::default();
        for dir in 1..=self.disks.len() as u8 {
            if self.disks[usize::from(dir) - 1].is_failed() {
                self.directories.offline = self.directories.offline.with(dir);
                context.out.tell(Entry::DirectoryFailed { broker: self.id, dir });
            }
        }
        for replica in self.replicas.iter_mut().flatten() {
            if self.directories.offline.contains(replica.dir) {
                replica.role = Role::Offline;
            }
        }
        if self.has_lost_all_directories() {
            self.halt(context);
            return false;
        }
        true
    }

    /// The directories that failed.
    pub(super) fn offline_directories(&self) -> DirectorySet {
        self.directories.offline
    }

    /// The directories that work, for a registration.
    pub(super) fn online_directories(&self) -> DirectorySet {
        DirectorySet::first(self.disks.len() as u8).minus(self.directories.offline)
    }

    /// The controller has heard of every failed directory.
    pub(super) fn directories_heard_of(&mut self) {
        self.directories.patience.clear();
    }

    /// The controller did not hear of a failed directory in time: the broker stops, so that it is heard of.
    pub(super) fn directory_overdue(&mut self, context: &mut Context) {
        if self.directories.patience.fired(context.now, Kind::DirectoryTimeout as u16, 0, context.out) {
            self.stop(context);
        }
    }

    /// Tells the controller where new replicas are, if it can be reached and none of that is on its way.
    pub(super) fn send_assignments(&mut self, context: &mut Context) {
        let directories = &mut self.directories;
        let news = |partition: &PartitionId| {
            self.image.partition(*partition).is_some_and(|state| state.directories.of(self.id).is_none())
        };
        directories.unassigned.retain(news);
        if !directories.in_flight.is_empty() || directories.unassigned.is_empty() {
            return;
        }
        let Some(broker_epoch) = self.control.epoch() else { return };
        let Some(connection) = self.control.isr_connection(self.id, context) else { return };
        self.directories.in_flight = std::mem::take(&mut self.directories.unassigned);
        let place = |partition: &PartitionId| Some((*partition, self.replicas[partition.index()].as_ref()?.dir));
        let replicas = self.directories.in_flight.iter().filter_map(place).collect();
        let request = AssignReplicasToDirsRequest { broker: self.id, broker_epoch, replicas };
        context.out.send(connection, Message::Request(Request::AssignReplicasToDirs(Box::new(request))));
    }

    /// The controller knows them, or is to be told again.
    pub(super) fn assignments_answered(&mut self, known: bool, retry_at: Instant, context: &mut Context) {
        let sent = std::mem::take(&mut self.directories.in_flight);
        if !known && !sent.is_empty() {
            self.directories.unassigned.extend(sent);
            context.out.timer(retry_at, Kind::IsrRetry as u16, 0);
        }
    }
}
