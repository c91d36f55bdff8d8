//! What the active controller decides: who is registered and fenced, who leads, who is in sync. After Kafka's
//! ReplicationControlManager and ClusterControlManager.
//!
//! It works on committed and just written records alike, as Kafka's QuorumController does: decisions build on each
//! other at once, and what they answer is held back until the records they wrote are committed.

use super::election::{Change, Elr, Mode};
use super::sessions::Sessions;
use crate::checks::{Check, Checks};
use crate::configs::Configs;
use crate::message::IsrProposal;
use crate::message::{AlterPartitionRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest, HeartbeatAnswer};
use crate::metadata::{BrokerState, DirectorySet, Image, MetadataRecord, PartitionState};
use highwater_model::trace::{ChangeCause, Election, Error};
use highwater_model::{BrokerId, BrokerSet, Duration, Instant, Layout, PartitionId, Setup};

/// What decides beside the cluster's own state.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    /// Settings.
    pub setup: &'a Setup,
    /// Which partitions are whose.
    pub layout: &'a Layout,
    /// Which checks are on.
    pub checks: Checks,
}

impl Rules<'_> {
    /// Does a partition without an in-sync replica take any live one?
    fn mode(&self, partition: PartitionId, configs: &Configs) -> Mode {
        if configs.unclean_election(self.setup, self.layout, partition) { Mode::Unclean } else { Mode::Online }
    }

    pub(super) fn elr(&self) -> Elr {
        if self.setup.keeps_elr() { Elr::On } else { Elr::Off }
    }
}

/// Which partitions an event touches, and how it treats its broker.
#[derive(Clone, Copy, Debug)]
enum Touch {
    /// Those without a leader.
    Leaderless,
    /// Those with the broker in the ISR: it leaves, and leads nothing.
    InSync(BrokerId),
    /// Those with the broker in ISR or ELR: it leaves both, and leads nothing.
    InSyncOrEligible(BrokerId),
    /// Those with the broker's replica in this log directory: it leaves the ISR, and leads nothing.
    InDirectory(BrokerId, u8),
}

/// What a heartbeat leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Stay,
    Fence,
    Unfence,
    ShutDownInOrder,
    ShutDownNow,
}

/// The cluster as the active controller has it.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    image: Image,
    sessions: Sessions,
    /// Records of the event at hand, not yet taken.
    written: Vec<MetadataRecord>,
}

impl Cluster {
    /// As the committed log has it; every unfenced broker's session begins now.
    pub fn activate(image: Image, brokers: u8, rules: Rules, now: Instant) -> Self {
        let timeout = Duration::from_millis(u64::from(rules.setup.broker_session_timeout_ms()));
        let mut sessions = Sessions::new(brokers, timeout);
        for (broker, state) in image.brokers() {
            if !state.fenced {
                sessions.touch(broker, now, 0);
            }
            if state.shutting_down {
                sessions.shut_down(broker, image.offset);
            }
        }
        Self { image, sessions, written: Vec::new() }
    }

    /// The records written since they were last taken.
    pub fn take_written(&mut self) -> Vec<MetadataRecord> {
        std::mem::take(&mut self.written)
    }

    /// What it decides on.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// A record of the quorum itself, a NoOp, or what was decided.
    pub fn write(&mut self, mut record: MetadataRecord) {
        if let MetadataRecord::Partition { state, .. } = &mut record {
            self.know_directories(state);
        }
        self.image.apply(&record);
        self.written.push(record);
    }

    /// Writes a partition's state as it is dictated.
    pub fn dictate(&mut self, partition: PartitionId, change: impl FnOnce(&mut PartitionState)) {
        let Some(before) = self.image.partition(partition).cloned() else { return };
        let mut state = before.clone();
        change(&mut state);
        let election = match state.leader {
            leader if leader == before.leader => Election::Unchanged,
            Some(leader) if before.isr.contains(leader) => Election::Clean,
            Some(leader) if before.elr.contains(leader) => Election::Eligible,
            Some(_) => Election::Unclean,
            None => Election::Leaderless,
        };
        let cause = ChangeCause::Requested;
        self.write(MetadataRecord::Partition { partition, state, election, cause });
    }

    /// A replica of a broker that has one log directory can only be there; others say where they put it.
    fn know_directories(&self, state: &mut PartitionState) {
        for broker in &state.replicas {
            let online = self.image.broker(*broker).map_or(DirectorySet::EMPTY, |broker| broker.online);
            if state.directories.of(*broker).is_none() && online == DirectorySet::first(1) {
                state.directories = state.directories.with(*broker, 1);
            }
        }
    }

    /// The offset of the next record.
    pub fn end(&self) -> u64 {
        self.image.offset
    }

    /// When to look for stale brokers.
    pub fn next_session_check(&self) -> Instant {
        self.sessions.next_check()
    }

    /// A broker wants to be known. Gives its epoch.
    pub fn register(&mut self, request: &BrokerRegistrationRequest, rules: Rules, now: Instant) -> Result<u64, Error> {
        let broker = request.broker;
        let existing = self.image.broker(broker).copied();
        if let Some(existing) = existing.filter(|existing| existing.incarnation == request.incarnation) {
            return Ok(existing.epoch); // a repeated request: the registration stands
        }
        if self.sessions.is_valid(broker, now) && rules.checks.on(Check::DuplicateRegistration) {
            return Err(Error::DuplicateBrokerRegistration);
        }
        let clean = existing.is_some_and(|existing| request.previous_epoch == Some(existing.epoch));
        if clean || !rules.checks.on(Check::UncleanRegistration) {
            self.change_partitions(Touch::InSync(broker), ChangeCause::Fenced, rules);
        } else {
            self.change_partitions(Touch::InSyncOrEligible(broker), ChangeCause::UncleanRegistration, rules);
        }
        let epoch = self.image.offset;
        let (incarnation, online) = (request.incarnation, request.online);
        self.write(MetadataRecord::Registered { broker, epoch, incarnation, clean, online });
        self.sessions.end(broker);
        Ok(epoch)
    }

    /// A broker lives, and says what it wants.
    pub fn heartbeat(
        &mut self,
        request: &BrokerHeartbeatRequest,
        rules: Rules,
        now: Instant,
    ) -> Result<HeartbeatAnswer, Error> {
        let broker = request.broker;
        let Some(state) = self.image.broker(broker).copied().filter(|state| state.epoch == request.epoch) else {
            return Err(Error::StaleBrokerEpoch);
        };
        let caught_up = state.epoch < request.metadata_offset;
        let next = self.next(request, state, caught_up);
        match next {
            Next::Stay => (),
            Next::Fence | Next::ShutDownNow => self.fence(broker, rules),
            Next::Unfence => {
                self.write(MetadataRecord::Unfenced(broker));
                self.change_partitions(Touch::Leaderless, ChangeCause::Unfenced, rules);
            }
            Next::ShutDownInOrder => {
                self.write(MetadataRecord::ShuttingDown(broker));
                self.change_partitions(Touch::InSync(broker), ChangeCause::Shutdown, rules);
                self.sessions.shut_down(broker, self.image.offset);
            }
        }
        let fenced = self.image.broker(broker).is_none_or(|state| state.fenced);
        if !fenced {
            self.sessions.touch(broker, now, request.metadata_offset);
        }
        self.directories_offline(broker, request.offline, rules);
        Ok(HeartbeatAnswer { caught_up, fenced, should_shutdown: next == Next::ShutDownNow })
    }

    /// A broker lives, and nothing is decided about it.
    pub fn hear(&mut self, request: &BrokerHeartbeatRequest, now: Instant) -> Result<HeartbeatAnswer, Error> {
        let state = self.image.broker(request.broker).copied().filter(|state| state.epoch == request.epoch);
        let BrokerState { epoch, fenced, .. } = state.ok_or(Error::StaleBrokerEpoch)?;
        if !fenced {
            self.sessions.touch(request.broker, now, request.metadata_offset);
        }
        Ok(HeartbeatAnswer { caught_up: epoch < request.metadata_offset, fenced, should_shutdown: false })
    }

    /// A replica turned out to be in a directory that has failed.
    pub(super) fn leave_directory(&mut self, broker: BrokerId, dir: u8, rules: Rules) {
        self.change_partitions(Touch::InDirectory(broker, dir), ChangeCause::DirectoryOffline, rules);
    }

    /// Log directories failed: their replicas leave the ISRs, the broker stays.
    fn directories_offline(&mut self, broker: BrokerId, offline: DirectorySet, rules: Rules) {
        let online = self.image.broker(broker).map_or(DirectorySet::EMPTY, |state| state.online);
        let failed = online.intersection(offline);
        if failed.is_empty() {
            return;
        }
        for dir in failed.iter() {
            self.leave_directory(broker, dir, rules);
        }
        self.write(MetadataRecord::DirectoriesOffline { broker, online: online.minus(failed) });
    }

    /// After BrokerHeartbeatManager.calculateNextBrokerState.
    fn next(&self, request: &BrokerHeartbeatRequest, state: BrokerState, caught_up: bool) -> Next {
        let leads = || self.image.partitions().any(|(_, partition)| partition.leader == Some(request.broker));
        if state.fenced {
            return match (request.want_shutdown, request.want_fence) {
                (true, _) => Next::ShutDownNow,
                (false, false) if caught_up => Next::Unfence,
                (false, _) => Next::Stay,
            };
        }
        if state.shutting_down {
            let done = !leads() && self.sessions.may_stop(request.broker);
            return if done { Next::ShutDownNow } else { Next::Stay };
        }
        match (request.want_shutdown, request.want_fence) {
            (true, false) if leads() => Next::ShutDownInOrder,
            (true, _) => Next::ShutDownNow,
            (false, true) => Next::Fence,
            (false, false) => Next::Stay,
        }
    }

    /// Fences the one broker whose session ended first, if any did.
    pub fn fence_one_stale(&mut self, rules: Rules, now: Instant) {
        if let Some(broker) = self.sessions.stale(now).filter(|_| rules.checks.on(Check::FenceSilent)) {
            self.fence(broker, rules);
        }
    }

    /// A broker that is fenced already (it asked to stop again) is left alone.
    fn fence(&mut self, broker: BrokerId, rules: Rules) {
        self.sessions.end(broker);
        if self.image.broker(broker).is_some_and(|state| state.fenced) {
            return;
        }
        if rules.checks.on(Check::FenceLeavesIsr) {
            self.change_partitions(Touch::InSync(broker), ChangeCause::Fenced, rules);
        }
        self.write(MetadataRecord::Fenced(broker));
    }

    /// A leader proposes other ISRs.
    #[expect(clippy::type_complexity, reason = "it is the response's own type")]
    pub fn alter_partitions(
        &mut self,
        request: &AlterPartitionRequest,
        rules: Rules,
    ) -> Result<Box<Vec<(PartitionId, Result<PartitionState, Error>)>>, Error> {
        if self.image.broker(request.broker).is_none_or(|state| state.epoch != request.broker_epoch) {
            return Err(Error::StaleBrokerEpoch);
        }
        let alter =
            |proposal: &IsrProposal| (proposal.partition, self.alter_partition(request.broker, proposal, rules));
        Ok(Box::new(request.partitions.iter().map(alter).collect()))
    }

    fn alter_partition(
        &mut self,
        broker: BrokerId,
        proposal: &IsrProposal,
        rules: Rules,
    ) -> Result<PartitionState, Error> {
        let state = self.image.partition(proposal.partition).ok_or(Error::UnknownTopicOrPartition)?;
        self.validate(broker, state, proposal, rules)?;
        let change = Change {
            isr: proposal.isr.iter().map(|(member, _)| *member).collect(),
            recovering: proposal.recovering,
            ..self.unchanged(proposal.partition, state, rules)
        };
        if let Some((state, election)) = change.decide(rules.checks) {
            let partition = proposal.partition;
            let replaced = state.leader != Some(broker);
            self.write(MetadataRecord::Partition { partition, state, election, cause: ChangeCause::AlterPartition });
            if replaced {
                return Err(Error::NewLeaderElected);
            }
        }
        Ok(self.image.partition(proposal.partition).expect("it was there").clone())
    }

    /// R-312, in Kafka's order.
    fn validate(
        &self,
        broker: BrokerId,
        state: &PartitionState,
        proposal: &IsrProposal,
        rules: Rules,
    ) -> Result<(), Error> {
        let (leader_epoch, partition_epoch) = (proposal.leader_epoch, proposal.partition_epoch);
        let (version, checks) = (&rules.setup.version, rules.checks);
        if !version.alter_partition {
            // The leader writes to ZooKeeper itself, which looks at the version that it builds on, and at nothing else
            //
            let current = partition_epoch == state.partition_epoch || !checks.on(Check::AlterPartitionEpoch);
            return if current { Ok(()) } else { Err(Error::InvalidUpdateVersion) };
        }
        let epoch_checked = checks.on(Check::AlterLeaderEpoch);
        let version_checked = checks.on(Check::AlterPartitionEpoch);
        // A leader that knows more than this controller: there must be a newer one.
        if epoch_checked && state.leader_epoch < leader_epoch
            || version_checked && state.partition_epoch < partition_epoch
        {
            return Err(Error::NotController);
        }
        if epoch_checked && leader_epoch < state.leader_epoch {
            return Err(Error::FencedLeaderEpoch);
        }
        if epoch_checked && state.leader != Some(broker) {
            return Err(Error::InvalidRequest);
        }
        if version_checked && partition_epoch < state.partition_epoch {
            return Err(Error::InvalidUpdateVersion);
        }
        let isr: BrokerSet = proposal.isr.iter().map(|(member, _)| *member).collect();
        let replicas: BrokerSet = state.replicas.iter().copied().collect();
        let sensible = isr.is_subset(replicas)
            && isr.contains(broker)
            && (!proposal.recovering || isr.len() == 1)
            && (!proposal.recovering || state.recovering);
        if !sensible {
            return Err(Error::InvalidRequest);
        }
        let eligible = |(member, epoch): &(BrokerId, Option<u64>)| {
            self.image.may_be_in_isr(*member, version)
                && self.image.broker(*member).is_some_and(|state| epoch.is_none_or(|epoch| epoch == state.epoch))
        };
        if checks.on(Check::AlterEligible) && !proposal.isr.iter().all(eligible) {
            return Err(Error::IneligibleReplica);
        }
        Ok(())
    }

    /// Moves leadership back to preferred replicas.
    pub fn balance(&mut self, rules: Rules) {
        let imbalanced = |state: &PartitionState| state.leader != state.replicas.first().copied();
        self.elect_where(imbalanced, |_| Some(Mode::Preferred), ChangeCause::Preferred, rules);
    }

    /// Tries leaderless partitions again where any live replica will do.
    pub fn elect_uncleanly(&mut self, rules: Rules) {
        let configs = self.image.configs.clone();
        let mode = |partition| Some(rules.mode(partition, &configs)).filter(|mode| *mode == Mode::Unclean);
        self.elect_where(|state| state.leader.is_none(), mode, ChangeCause::UncleanSweep, rules);
    }

    fn elect_where(
        &mut self,
        wanted: impl Fn(&PartitionState) -> bool,
        mode: impl Fn(PartitionId) -> Option<Mode>,
        cause: ChangeCause,
        rules: Rules,
    ) {
        for partition in rules.layout.partitions() {
            let Some(state) = self.image.partition(partition).filter(|state| wanted(state)) else { continue };
            let Some(mode) = mode(partition) else { continue };
            let change = Change { mode, ..self.unchanged(partition, state, rules) };
            if let Some((state, election)) = change.decide(rules.checks) {
                self.write(MetadataRecord::Partition { partition, state, election, cause });
            }
        }
    }

    /// After ReplicationControlManager.generateLeaderAndIsrUpdates: every partition that the event touches is changed,
    /// and elects if it must.
    fn change_partitions(&mut self, touch: Touch, cause: ChangeCause, rules: Rules) {
        let (leaving, unclean) = match touch {
            Touch::Leaderless => (BrokerSet::EMPTY, BrokerSet::EMPTY),
            Touch::InSync(broker) | Touch::InDirectory(broker, _) => (BrokerSet::only(broker), BrokerSet::EMPTY),
            Touch::InSyncOrEligible(broker) => (BrokerSet::only(broker), BrokerSet::only(broker)),
        };
        let touched = |state: &PartitionState| match touch {
            Touch::Leaderless => state.leader.is_none(),
            Touch::InSync(broker) => state.isr.contains(broker),
            Touch::InSyncOrEligible(broker) => state.isr.contains(broker) || state.elr.contains(broker),
            Touch::InDirectory(broker, dir) => state.directories.of(broker) == Some(dir),
        };
        for partition in rules.layout.partitions() {
            let Some(state) = self.image.partition(partition).filter(|state| touched(state)) else { continue };
            let (isr, unchanged) = (state.isr.minus(leaving), self.unchanged(partition, state, rules));
            let acceptable = unchanged.acceptable.minus(leaving);
            let change = Change { isr, acceptable, unclean, ..unchanged };
            if let Some((state, election)) = change.decide(rules.checks) {
                self.write(MetadataRecord::Partition { partition, state, election, cause });
            }
        }
    }

    /// A change that asks for nothing.
    pub(super) fn unchanged<'a>(
        &self,
        partition: PartitionId,
        state: &'a PartitionState,
        rules: Rules<'a>,
    ) -> Change<'a> {
        Change {
            state,
            isr: state.isr,
            recovering: state.recovering,
            acceptable: self.acceptable(state),
            unclean: BrokerSet::EMPTY,
            mode: rules.mode(partition, &self.image.configs),
            min_isr: self.min_isr(partition, rules),
            elr: rules.elr(),
            version: &rules.setup.version,
            assignment: None,
        }
    }

    /// The effective min.insync.replicas: since 3.7 no more than the topic's first partition has replicas.
    fn min_isr(&self, partition: PartitionId, rules: Rules) -> u32 {
        let topic = rules.layout.topic_of(partition);
        let wanted = self.image.configs.min_isr(rules.setup, topic, None);
        if !rules.setup.version.eff_min_isr {
            return wanted;
        }
        let replicas =
            self.image.partition(rules.layout.first_of(topic)).map_or(u32::MAX, |state| state.replicas.len() as u32);
        wanted.min(replicas)
    }

    /// Who may lead the partition.
    fn acceptable(&self, state: &PartitionState) -> BrokerSet {
        let fits = |broker: &BrokerId| self.image.is_active(*broker) && self.image.is_within_reach(state, *broker);
        self.image.brokers().map(|(broker, _)| broker).filter(fits).collect()
    }
}
