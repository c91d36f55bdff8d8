//! What administrators ask the active controller for: other replicas, another leader, other configuration; and where
//! brokers put their replicas. After Kafka's ReplicationControlManager and ConfigurationControlManager.

use super::cluster::{Cluster, Rules};
use super::election::{Assignment, Change, Elr, Mode};
use crate::configs::Override;
use crate::message::AssignReplicasToDirsRequest;
use crate::metadata::{MetadataRecord, PartitionState, Replicas, by_rack};
use crate::placement::Placer;
use highwater_model::admin::{ConfigScope, ElectionKind, ReplicaList};
use highwater_model::trace::{ChangeCause, Election, Error};
use highwater_model::{AdminAction, BrokerId, BrokerSet, PartitionId, SettingId};

impl Cluster {
    /// Decides what an administrator asks for.
    pub fn administer(&mut self, action: AdminAction, rules: Rules) -> Result<(), Error> {
        match action {
            AdminAction::Reassign { partition, replicas } => self.reassign(partition, replicas, rules),
            AdminAction::CancelReassignment { partition } => self.cancel_reassignment(partition, rules),
            AdminAction::ElectLeaders { election, partition: Some(of) } => self.elect(of, election, rules),
            AdminAction::ElectLeaders { election, partition: None } => self.elect_all(election, rules),
            AdminAction::SetConfig { scope, setting, value } => {
                self.configure(Override { scope, setting, value }, rules)
            }
            AdminAction::CreatePartitions { count } => self.create_partitions(count, rules),
            AdminAction::DeleteRecords { .. } => Err(Error::InvalidRequest), // the leader's business
        }
    }

    fn known(&self, partition: PartitionId) -> Result<&PartitionState, Error> {
        self.image().partition(partition).ok_or(Error::UnknownTopicOrPartition)
    }

    /// Writes what a change comes to; false where it comes to nothing.
    fn apply(&mut self, partition: PartitionId, decided: Option<(PartitionState, Election)>) -> bool {
        let Some((state, election)) = decided else { return false };
        self.write(MetadataRecord::Partition { partition, state, election, cause: ChangeCause::Requested });
        true
    }

    /// Begins a reassignment; one that needs nobody new is complete at once.
    fn reassign(&mut self, partition: PartitionId, target: ReplicaList, rules: Rules) -> Result<(), Error> {
        let state = self.known(partition)?;
        let target_set = target.set();
        let count = target.iter().count() as u32;
        let registered = target.iter().all(|broker| self.image().broker(broker).is_some());
        if count == 0 || count != target_set.len() || !registered {
            return Err(Error::InvalidReplicaAssignment);
        }
        let current: BrokerSet = state.replicas.iter().copied().collect();
        let (adding, removing) = (target_set.minus(current), current.minus(target_set));
        let replicas: Replicas = target.iter().chain(removing.iter()).collect();
        // Kafka leaves what an earlier reassignment was about where the new one adds or removes nobody.
        let or_before = |new: BrokerSet, before: BrokerSet| if new.is_empty() { before } else { new };
        let (adding, removing) = (or_before(adding, state.adding), or_before(removing, state.removing));
        let assignment = Assignment { replicas, adding, removing };
        let unchanged = self.unchanged(partition, state, rules);
        let change = Change { assignment: Some(&assignment), mode: Mode::Online, ..unchanged };
        let decided = change.decide(rules.checks);
        self.apply(partition, decided);
        Ok(())
    }

    /// Back to the replicas before the reassignment. After PartitionReassignmentRevert.
    fn cancel_reassignment(&mut self, partition: PartitionId, rules: Rules) -> Result<(), Error> {
        let state = self.known(partition)?;
        if state.adding.is_empty() && state.removing.is_empty() {
            return Err(Error::NoReassignmentInProgress);
        }
        let replicas: Replicas =
            state.replicas.iter().copied().filter(|broker| !state.adding.contains(*broker)).collect();
        let unchanged = self.unchanged(partition, state, rules);
        let mut isr = state.isr.minus(state.adding);
        if isr.is_empty() && !state.isr.is_empty() {
            // All that is in sync is to go again: the first of the others takes over, whatever it has. (Kafka does the
            // same where nobody was in sync before, and puts a replica into the ISR that may be fenced.)
            let first = replicas.first().copied().ok_or(Error::InvalidReplicaAssignment)?;
            if unchanged.mode != Mode::Unclean {
                return Err(Error::InvalidReplicaAssignment);
            }
            isr = BrokerSet::only(first);
        }
        let assignment = Assignment { replicas, adding: BrokerSet::EMPTY, removing: BrokerSet::EMPTY };
        let decided = Change { isr, assignment: Some(&assignment), ..unchanged }.decide(rules.checks);
        self.apply(partition, decided);
        Ok(())
    }

    /// CreatePartitions: the new ones are placed as if the topic had had them from the beginning; who is not active is
    /// not in sync with them. (Kafka begins somewhere at random among the brokers.)
    fn create_partitions(&mut self, count: u16, rules: Rules) -> Result<(), Error> {
        let exists = |partition: &PartitionId| self.image().partition(*partition).is_some();
        let existing = rules.layout.data().filter(exists).count() as u16;
        if count <= existing || rules.layout.data_partitions < count {
            return Err(Error::InvalidPartitions);
        }
        let brokers: Vec<_> = self.image().brokers().map(|(broker, _)| broker).collect();
        let factor = rules.setup.topic.replication_factor;
        if brokers.len() < usize::from(factor) {
            return Err(Error::InvalidReplicationFactor);
        }
        let mut placer = Placer::new(by_rack(rules.setup, brokers.iter().copied()));
        let placed: Vec<Replicas> = (0..count).map(|_| placer.place(factor)).collect();
        let new: Vec<_> = rules.layout.data().zip(placed).skip(usize::from(existing)).collect();
        let is_active = |broker: &BrokerId| self.image().is_active(*broker);
        if !new.iter().all(|(_, replicas)| replicas.iter().any(is_active)) {
            return Err(Error::InvalidReplicationFactor); // all brokers that it could be on are fenced
        }
        for (partition, replicas) in new {
            let isr: BrokerSet = replicas.iter().copied().filter(|broker| self.image().is_active(*broker)).collect();
            let leader = replicas.iter().copied().find(|broker| isr.contains(*broker));
            let state = PartitionState { isr, leader, ..PartitionState::healthy(replicas) };
            let (election, cause) = (Election::Clean, ChangeCause::Created);
            self.write(MetadataRecord::Partition { partition, state, election, cause });
        }
        Ok(())
    }

    /// ElectLeaders for one partition. A preferred election never becomes unclean (P-CTRL-03); an unclean one needs no
    /// permission of the topic's.
    fn elect(&mut self, partition: PartitionId, kind: ElectionKind, rules: Rules) -> Result<(), Error> {
        let state = self.known(partition)?;
        let (mode, needless, unavailable) = match kind {
            ElectionKind::Preferred => {
                let leads = state.leader.is_some() && state.leader == state.replicas.first().copied();
                (Mode::Preferred, leads, Error::PreferredLeaderNotAvailable)
            }
            ElectionKind::Unclean => (Mode::Unclean, state.leader.is_some(), Error::EligibleLeadersNotAvailable),
        };
        if needless {
            return Err(Error::ElectionNotNeeded);
        }
        let decided = Change { mode, ..self.unchanged(partition, state, rules) }.decide(rules.checks);
        if self.apply(partition, decided) { Ok(()) } else { Err(unavailable) }
    }

    /// ElectLeaders for all partitions: those that need none are passed over; the first refusal is the answer.
    fn elect_all(&mut self, kind: ElectionKind, rules: Rules) -> Result<(), Error> {
        let mut answer = Ok(());
        for partition in rules.layout.partitions() {
            if self.image().partition(partition).is_none() {
                continue;
            }
            match self.elect(partition, kind, rules) {
                Err(error) if error != Error::ElectionNotNeeded => answer = answer.and(Err(error)),
                _ => (),
            }
        }
        answer
    }

    /// IncrementalAlterConfigs. With eligible leader replicas min.insync.replicas is no broker's own, and a change of it
    /// empties the ELRs.
    fn configure(&mut self, change: Override, rules: Rules) -> Result<(), Error> {
        let (min, max) = change.setting.range();
        let fits = change.value.is_none_or(|value| min <= value && value <= max);
        let is_min_isr = change.setting == SettingId::MinIsr;
        let elr = rules.elr() == Elr::On;
        let refused = is_min_isr && elr && matches!(change.scope, ConfigScope::Broker(_));
        if !change.setting.is_dynamic() || !fits || refused {
            return Err(Error::InvalidConfig);
        }
        if let ConfigScope::Broker(broker) = change.scope
            && self.image().broker(broker).is_none()
        {
            return Err(Error::InvalidRequest);
        }
        self.write(MetadataRecord::Config(change));
        if is_min_isr && elr {
            self.clear_elrs(change.scope, rules);
        }
        Ok(())
    }

    /// Members of an ELR were judged by the old min.insync.replicas.
    fn clear_elrs(&mut self, scope: ConfigScope, rules: Rules) {
        for partition in rules.layout.partitions() {
            let of_scope = scope != ConfigScope::Topic || rules.layout.is_data(partition);
            let Some(state) = self.image().partition(partition).filter(|_| of_scope) else { continue };
            if state.elr.is_empty() && state.last_known.is_none() {
                continue;
            }
            let partition_epoch = state.partition_epoch + 1;
            let state = PartitionState { elr: BrokerSet::EMPTY, last_known: None, partition_epoch, ..state.clone() };
            self.apply(partition, Some((state, Election::Unchanged)));
        }
    }

    /// A broker says in which log directory its replicas are. One in a directory that has failed meanwhile leaves
    /// the ISR.
    pub fn assign_directories(&mut self, request: &AssignReplicasToDirsRequest, rules: Rules) -> Result<(), Error> {
        let broker = request.broker;
        let Some(registered) = self.image().broker(broker).filter(|state| state.epoch == request.broker_epoch) else {
            return Err(Error::StaleBrokerEpoch);
        };
        let online = registered.online;
        for (partition, dir) in &request.replicas {
            let Some(state) = self.image().partition(*partition) else { continue };
            if !state.replicas.contains(&broker) || state.directories.of(broker) == Some(*dir) {
                continue;
            }
            let (directories, partition_epoch) = (state.directories.with(broker, *dir), state.partition_epoch + 1);
            let state = PartitionState { directories, partition_epoch, ..state.clone() };
            let (election, cause) = (Election::Unchanged, ChangeCause::Requested);
            self.write(MetadataRecord::Partition { partition: *partition, state, election, cause });
            if !online.contains(*dir) {
                self.leave_directory(broker, *dir, rules);
            }
        }
        Ok(())
    }
}
