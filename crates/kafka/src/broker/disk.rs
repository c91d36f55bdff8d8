//! The disk under the logs: the page cache takes appends, fsync and the kernel's write-back make them durable
//! checkpoints; retention; and what a power loss leaves.

use super::replica::{Replica, Role};
use super::{Broker, Kind};
use crate::log::Log;
use crate::node::Context;
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Instant, PartitionId, SettingId};
use std::collections::VecDeque;

/// The disk under one log directory.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    /// How many times slower than it should be.
    slower: u32,
    hung: bool,
    health: Health,
    /// When it is done with what it was given.
    free_at: Instant,
    /// Time that it has spent, or is going to spend, on what was asked of it.
    worked: Duration,
    /// Flushes under way, in order.
    flushes: VecDeque<Flush>,
}

/// Does it take what is written?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// Yes.
    Fine,
    /// It has no room: appends fail.
    Full,
    /// Nothing can be read or written.
    Failed,
}

#[derive(Clone, Copy, Debug)]
struct Flush {
    done: Instant,
    partition: PartitionId,
    to: u64,
    fsync: bool,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            slower: 1,
            hung: false,
            health: Health::Fine,
            free_at: Instant::ZERO,
            worked: Duration::ZERO,
            flushes: VecDeque::new(),
        }
    }
}

impl Disk {
    /// Does an append to it fail?
    pub fn is_broken(&self) -> bool {
        self.health != Health::Fine
    }

    /// Does everything fail?
    pub fn is_failed(&self) -> bool {
        self.health == Health::Failed
    }

    /// The process that waited for flushes is gone; the disk itself stays as it is.
    pub fn forget_flushes(&mut self) {
        self.flushes.clear();
        self.free_at = Instant::ZERO;
    }
}

impl Broker {
    /// Time that the busiest of its disks has worked.
    pub fn disk_worked(&self) -> Duration {
        self.disks.iter().map(|disk| disk.worked).max().unwrap_or(Duration::ZERO)
    }

    /// Its disks do everything `slower` times slower from now on.
    pub fn slow_disk(&mut self, slower: u32) {
        self.disks.iter_mut().for_each(|disk| disk.slower = slower.max(1));
    }

    /// Appends fail from now on, or no more: in one log directory (from 1), or in all.
    pub fn fill_disk(&mut self, full: bool, dir: Option<u8>) {
        self.set_health(if full { Health::Full } else { Health::Fine }, dir);
    }

    /// Everything fails from now on, or no more, in one log directory (from 1).
    pub fn fail_disk(&mut self, fails: bool, dir: u8) {
        self.set_health(if fails { Health::Failed } else { Health::Fine }, Some(dir));
    }

    fn set_health(&mut self, health: Health, dir: Option<u8>) {
        for (disk, number) in self.disks.iter_mut().zip(1..) {
            if dir.is_none_or(|dir| dir == number) {
                disk.health = health;
            }
        }
    }

    /// Does a write not return?
    pub(super) fn is_disk_hung(&self) -> bool {
        self.disks.iter().any(|disk| disk.hung)
    }

    /// Reads and writes do not return from now on, or do so again: what waited is done then.
    pub fn hang_disk(&mut self, hung: bool, context: &mut Context) {
        for (disk, key) in self.disks.iter_mut().zip(0..) {
            disk.hung = hung;
            if !hung && !disk.flushes.is_empty() {
                context.out.timer(context.now, Kind::Fsync as u16, key);
            }
        }
        if !hung {
            self.unstick_requests(context);
            self.unstick_fetchers(context);
            self.flush_wakes(context);
        }
    }

    /// The disk under a replica.
    fn disk_of(&mut self, partition: PartitionId) -> Option<(&mut Disk, u32)> {
        let dir = self.replicas[partition.index()].as_ref()?.dir - 1;
        Some((&mut self.disks[usize::from(dir)], u32::from(dir)))
    }

    /// Appends a batch of the history to the log; gives the time when the append returns: at once but for the copy
    /// into the page cache, or after an fsync where `flush.messages` asks for one.
    pub(super) fn written(&mut self, partition: PartitionId, place: u32, context: &mut Context) -> Instant {
        let setup = context.setup;
        let replica = self.replicas[partition.index()].as_mut().expect("it is written to");
        let before = replica.log.end();
        let configs = &self.image.configs;
        let segment_bytes = configs.topic(setup, SettingId::SegmentBytes, self.id) as u64;
        let flush_messages = configs.topic(setup, SettingId::FlushMessages, self.id) as u64;
        let rolled = replica.log.append(place, context.store, segment_bytes, context.now);
        let bytes = u64::from(context.store.batch(partition, place).bytes);
        let disk = &self.disks[usize::from(replica.dir) - 1];
        let copy = u64::from(setup.environment.append_cpu_ns_per_kb) * bytes / 1_024 * u64::from(disk.slower);
        let copied = context.now + Duration(copy);
        let (end, recovery_point) = (replica.log.end(), replica.log.recovery_point());
        if rolled {
            self.flush(partition, before, true, context); // the old segment, in the background
        }
        let disk = self.disk_of(partition).map(|(disk, _)| &*disk);
        let of_partition = |flush: &&Flush| flush.fsync && flush.partition == partition;
        let flushing = disk.and_then(|disk| disk.flushes.iter().rfind(of_partition));
        let synced = flushing.map_or(recovery_point, |flush| flush.to.max(recovery_point));
        if context.layout.is_data(partition) && flush_messages <= end.saturating_sub(synced) {
            return self.flush(partition, end, true, context).max(copied);
        }
        copied
    }

    /// Starts to write everything below `to`; gives the time when it is done. The disk does one thing at a time.
    fn flush(&mut self, partition: PartitionId, to: u64, fsync: bool, context: &mut Context) -> Instant {
        let environment = &context.setup.environment;
        let Some(replica) = &self.replicas[partition.index()] else { return context.now };
        let bytes = replica.log.dirty_bytes();
        let bandwidth = u64::from(environment.disk_mb_per_s) * 1_000_000;
        let sync = Duration::from_micros(u64::from(environment.fsync_us));
        let Some((disk, key)) = self.disk_of(partition) else { return context.now };
        let time = (sync + Duration::of_bytes(bytes, bandwidth)).times(u64::from(disk.slower));
        let done = disk.free_at.max(context.now) + time;
        disk.free_at = done;
        disk.worked += time;
        if disk.flushes.is_empty() {
            context.out.timer(done, Kind::Fsync as u16, key);
        }
        disk.flushes.push_back(Flush { done, partition, to, fsync });
        done
    }

    /// The flushes of a disk that are done make their bytes durable.
    pub(super) fn fsync_done(&mut self, key: u32, context: &mut Context) {
        loop {
            let disk = &mut self.disks[key as usize];
            if disk.hung {
                return; // it is asked again when the disk returns
            }
            let Some(flush) = disk.flushes.front().copied() else { return };
            if disk.is_failed() {
                self.directory_failed(key as u8 + 1, context);
                return;
            }
            if context.now < flush.done {
                context.out.timer(flush.done, Kind::Fsync as u16, key);
                return;
            }
            disk.flushes.pop_front();
            self.flushed(flush.partition, flush.to, flush.fsync, context);
        }
    }

    fn flushed(&mut self, partition: PartitionId, to: u64, fsync: bool, context: &mut Context) {
        let Some(replica) = &mut self.replicas[partition.index()] else { return };
        let before = replica.log.durable();
        replica.log.flushed(to, fsync, context.store);
        let to = replica.log.durable();
        if before < to {
            context.out.tell(Entry::Flushed { broker: self.id, partition, to, fsync });
        }
    }

    /// The kernel's flusher: it writes files whose first dirty page is old, and all of them when too much is dirty.
    pub(super) fn write_back(&mut self, context: &mut Context) {
        let environment = &context.setup.environment;
        let expire = Duration::from_millis(u64::from(environment.dirty_expire_ms));
        let much = u64::from(environment.dirty_background_mb) * 1_000_000 < self.dirty_bytes();
        let interval = Duration::from_millis(u64::from(environment.writeback_interval_ms));
        for partition in context.layout.partitions() {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            let old = replica.log.dirty_since().is_some_and(|since| since + expire <= context.now);
            if old || much && replica.log.dirty_bytes() != 0 {
                let end = replica.log.end();
                self.flush(partition, end, false, context);
            }
        }
        context.out.timer(context.now + interval, Kind::Writeback as u16, 0);
    }

    /// Kafka's own flusher by time, which runs only if its scheduler does.
    pub(super) fn flush_by_time(&mut self, context: &mut Context) {
        let flush_ms = self.image.configs.topic(context.setup, SettingId::FlushMs, self.id);
        let flush_ms = Duration::from_millis(flush_ms as u64);
        for partition in context.layout.data() {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            let end = replica.log.end();
            let unsynced = replica.log.recovery_point() < end;
            if unsynced && replica.log.dirty_since().is_some_and(|since| since + flush_ms <= context.now) {
                self.flush(partition, end, true, context);
            }
        }
        let interval = Duration::from_millis(context.setup.cluster.log_flush_scheduler_interval_ms);
        context.out.timer(context.now + interval, Kind::FlushScheduler as u16, 0);
    }

    /// Replicas whose directory works.
    fn online_replicas(&mut self) -> impl Iterator<Item = &mut Replica> {
        self.replicas.iter_mut().flatten().filter(|replica| !matches!(replica.role, Role::Offline))
    }

    pub(super) fn checkpoint_high_watermarks(&mut self, context: &mut Context) {
        self.look_for_failed_directories(context);
        for replica in self.online_replicas() {
            replica.checkpointed_high_watermark = replica.high_watermark;
        }
        let interval = Duration::from_millis(context.setup.cluster.replica_high_watermark_checkpoint_interval_ms);
        context.out.timer(context.now + interval, Kind::HighWatermarkCheckpoint as u16, 0);
    }

    pub(super) fn checkpoint_recovery_points(&mut self, context: &mut Context) {
        self.look_for_failed_directories(context);
        for replica in self.online_replicas() {
            replica.log.checkpoint_recovery_point();
        }
        let interval = Duration::from_millis(context.setup.cluster.log_flush_offset_checkpoint_interval_ms);
        context.out.timer(context.now + interval, Kind::RecoveryPointCheckpoint as u16, 0);
    }

    /// Deletes old segments, on leaders and followers alike, never above the high watermark (R-218, P-LOG-12).
    pub(super) fn retain(&mut self, context: &mut Context) {
        let setting = |setting| u64::try_from(self.image.configs.topic(context.setup, setting, self.id)).ok();
        let (bytes, millis) = (setting(SettingId::RetentionBytes), setting(SettingId::RetentionMs));
        let cutoff = millis.map(|ms| Instant(context.now.0.saturating_sub(ms.saturating_mul(1_000_000))));
        for partition in context.layout.data() {
            let Some(replica) = &mut self.replicas[partition.index()] else { continue };
            if matches!(replica.role, Role::Offline) {
                continue;
            }
            let (log, high_watermark) = (&mut replica.log, replica.high_watermark);
            let by_size = bytes.is_some_and(|bytes| log.retain(bytes, high_watermark, context.store));
            let by_time = cutoff.is_some_and(|cutoff| log.retain_since(cutoff, high_watermark, context.store));
            if by_size || by_time {
                self.log_start_moved(partition, context);
            }
        }
        let interval = Duration::from_millis(context.setup.cluster.log_retention_check_interval_ms);
        context.out.timer(context.now + interval, Kind::Retention as u16, 0);
    }

    /// DeleteRecords: the log that this broker leads begins at `before`, which lies no higher than the high watermark
    ///
    pub fn delete_records(&mut self, partition: PartitionId, before: u64, context: &mut Context) -> Result<(), Error> {
        let replica = self.replicas[partition.index()].as_mut().ok_or(Error::NotLeaderOrFollower)?;
        replica.leading()?;
        if replica.high_watermark < before {
            return Err(Error::OffsetOutOfRange);
        }
        if replica.log.start() < before {
            replica.log.advance_start(before, context.store);
            self.log_start_moved(partition, context);
        }
        Ok(())
    }

    /// The timers of a process that runs.
    pub(super) fn start_disk_timers(&mut self, context: &mut Context) {
        let cluster = &context.setup.cluster;
        let writeback = Duration::from_millis(u64::from(context.setup.environment.writeback_interval_ms));
        let timers = [
            (
                Kind::HighWatermarkCheckpoint,
                Duration::from_millis(cluster.replica_high_watermark_checkpoint_interval_ms),
            ),
            (Kind::RecoveryPointCheckpoint, Duration::from_millis(cluster.log_flush_offset_checkpoint_interval_ms)),
            (Kind::Retention, Duration::from_millis(cluster.log_retention_check_interval_ms)),
            (Kind::IsrCheck, Duration::from_millis(cluster.replica_lag_time_max_ms / 2)),
            (Kind::Writeback, writeback),
        ];
        for (kind, interval) in timers {
            // Each process began at some time of its own, so its timers are anywhere in their interval.
            let phase = context.dice.duration(Duration(1), interval);
            context.out.timer(context.now + phase, kind as u16, 0);
        }
        if cluster.log_flush_scheduler_interval_ms != u64::MAX {
            let interval = Duration::from_millis(cluster.log_flush_scheduler_interval_ms);
            context.out.timer(context.now + interval, Kind::FlushScheduler as u16, 0);
        }
    }

    /// The machine loses power: logs are what the disk has. The worst case: nothing beyond what was flushed.
    pub fn lose_power(&mut self, context: &mut Context) {
        for partition in context.layout.partitions() {
            let Some(replica) = &mut self.replicas[partition.index()] else { continue };
            let from = replica.log.end();
            replica.log.truncate(replica.log.durable(), context.store);
            let to = replica.log.end();
            if to < from {
                context.out.tell(Entry::LostUnflushed { broker: self.id, partition, from, to });
            }
        }
    }

    /// The time to flush everything, for a stop in order; disks work side by side.
    pub(super) fn flush_all_time(&self, context: &Context) -> Duration {
        let environment = &context.setup.environment;
        let bandwidth = u64::from(environment.disk_mb_per_s) * 1_000_000;
        let fsync = Duration::from_micros(u64::from(environment.fsync_us));
        let time = |(disk, dir): (&Disk, u8)| {
            let logs = self.replicas.iter().flatten().filter(|replica| replica.dir == dir).map(|replica| &replica.log);
            let dirty = logs.clone().filter(|log| log.dirty_bytes() != 0).count() as u64;
            let bytes = logs.map(Log::dirty_bytes).sum();
            (fsync.times(dirty) + Duration::of_bytes(bytes, bandwidth)).times(u64::from(disk.slower))
        };
        self.disks.iter().zip(1..).map(time).max().unwrap_or(Duration::ZERO)
    }

    /// A stop in order: all logs are flushed, all checkpoints written.
    pub(super) fn flush_all(&mut self, context: &mut Context) {
        for partition in context.layout.partitions() {
            let Some(replica) = &self.replicas[partition.index()] else { continue };
            if matches!(replica.role, Role::Offline) {
                continue;
            }
            let end = replica.log.end();
            self.flushed(partition, end, true, context);
            let replica = self.replicas[partition.index()].as_mut().expect("it was just there");
            replica.log.checkpoint_recovery_point();
            replica.checkpointed_high_watermark = replica.high_watermark;
        }
    }

    /// The process is gone: what it had asked of the disk is forgotten.
    pub(super) fn forget_flushes(&mut self) {
        self.disks.iter_mut().for_each(Disk::forget_flushes);
    }
}
