//! How the controller changes one partition: who leads, who is in sync, who may still be elected. After Kafka's
//! PartitionChangeBuilder; a pure function of what is known.

use crate::checks::{Check, Checks};
use crate::metadata::{PartitionState, Replicas};
use highwater_model::settings::VersionSettings;
use highwater_model::trace::Election;
use highwater_model::{BrokerId, BrokerSet};

/// How far an election may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Back to the preferred replica, if it is in sync. Never unclean (P-CTRL-03).
    Preferred,
    /// Whoever is in sync; the leader stays while it can.
    Online,
    /// As online, and any live replica where nobody is in sync.
    Unclean,
}

/// Are eligible leader replicas kept?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elr {
    /// eligible.leader.replicas.version 1.
    On,
    /// eligible.leader.replicas.version 0.
    Off,
}

/// A change asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    /// The partition as it is.
    pub state: &'a PartitionState,
    /// The ISR that is wanted.
    pub isr: BrokerSet,
    /// Is its leader still recovering from an unclean election?
    pub recovering: bool,
    /// Who may lead.
    pub acceptable: BrokerSet,
    /// Who has just shown an unclean stop.
    pub unclean: BrokerSet,
    /// How far the election may go.
    pub mode: Mode,
    /// The effective min.insync.replicas.
    pub min_isr: u32,
    /// Are eligible leader replicas kept?
    pub elr: Elr,
    /// What the release does.
    pub version: &'a VersionSettings,
    /// The assignment that is wanted, where it is another one.
    pub assignment: Option<&'a Assignment>,
}

/// A partition's replicas, and which of them a reassignment adds and takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Assignment {
    /// All, in order of preference.
    pub replicas: Replicas,
    /// To come.
    pub adding: BrokerSet,
    /// To go.
    pub removing: BrokerSet,
}

impl Assignment {
    fn of(state: &PartitionState) -> Self {
        Self { replicas: state.replicas.clone(), adding: state.adding, removing: state.removing }
    }

    /// A reassignment is complete when, without those that go, somebody is left in the ISR and every replica is in it.
    /// Gives the ISR then. After PartitionReassignmentReplicas.maybeCompleteReassignment.
    fn complete(&mut self, isr: BrokerSet) -> BrokerSet {
        if self.adding.is_empty() && self.removing.is_empty() {
            return isr;
        }
        let kept: BrokerSet = self.replicas.iter().copied().collect::<BrokerSet>().minus(self.removing);
        let left = isr.minus(self.removing);
        if left.is_empty() || kept.is_empty() || !kept.is_subset(left) {
            return isr;
        }
        let removing = self.removing;
        self.replicas.retain(|broker| !removing.contains(*broker));
        (self.adding, self.removing) = (BrokerSet::EMPTY, BrokerSet::EMPTY);
        left
    }
}

/// Who was elected, and how.
struct Elected {
    leader: Option<BrokerId>,
    election: Election,
}

impl Change<'_> {
    /// The partition as it will be, or none if nothing changes.
    pub fn decide(&self, checks: Checks) -> Option<(PartitionState, Election)> {
        let mut assignment = self.assignment.cloned().unwrap_or_else(|| Assignment::of(self.state));
        let isr = assignment.complete(self.isr);
        let change = Change { isr, ..*self };
        let elr = change.target_elr(&assignment.replicas, checks);
        let Elected { leader, election } = change.elect(elr, &assignment.replicas, checks);
        let mut next = PartitionState { leader, isr, elr, recovering: self.recovering, ..self.state.clone() };
        match (election, leader) {
            (Election::LastKnown | Election::Unclean, Some(leader)) => {
                next.isr = if checks.on(Check::UncleanAlone) { BrokerSet::only(leader) } else { self.state.isr };
                next.elr = BrokerSet::EMPTY;
                next.recovering = true;
            }
            (Election::Eligible, Some(leader)) => {
                next.isr = BrokerSet::only(leader);
                next.elr = elr.without(leader);
            }
            _ if isr.is_empty() && self.elr == Elr::Off => next.isr = self.state.isr,
            _ => (),
        }
        self.remember_last_known(&mut next);
        let removed = |broker: &BrokerId| !assignment.replicas.contains(broker);
        let loses_replica = self.state.replicas.iter().any(removed);
        for broker in self.state.replicas.iter().filter(|broker| removed(broker)) {
            next.directories = next.directories.with(*broker, 0);
        }
        next.replicas = assignment.replicas;
        (next.adding, next.removing) = (assignment.adding, assignment.removing);
        if next == *self.state {
            return None;
        }
        if checks.on(Check::PartitionEpochBump) {
            next.partition_epoch += 1;
        }
        let shrinks = !self.state.isr.is_subset(next.isr) && self.version.isr_shrink_bumps_epoch;
        // A replica that goes must not be taken for one of this epoch.
        let replaced = next.leader != self.state.leader && checks.on(Check::LeaderEpochBump);
        if replaced || loses_replica || shrinks {
            next.leader_epoch += 1;
        }
        Some((next, election))
    }

    /// Who may be elected although not in sync: everybody who left the ISR while it was below min ISR. Who is no
    /// replica any more is not among them; Kafka leaves such a one in the list, where no election finds it.
    fn target_elr(&self, replicas: &Replicas, checks: Checks) -> BrokerSet {
        let enough = self.min_isr <= self.isr.len() && checks.on(Check::ElrBelowMinIsr);
        if self.elr == Elr::Off || enough {
            return BrokerSet::EMPTY;
        }
        let left = self.state.elr.union(self.state.isr).minus(self.isr).minus(self.unclean);
        left.intersection(replicas.iter().copied().collect())
    }

    ///
    fn elect(&self, elr: BrokerSet, replicas: &Replicas, checks: Checks) -> Elected {
        let mut valid = if self.isr.is_empty() { elr } else { self.isr }.intersection(self.acceptable);
        if !checks.on(Check::ElectFromIsr) {
            valid = self.acceptable;
        }
        let current = self.state.leader.filter(|leader| valid.contains(*leader));
        let first = || replicas.iter().copied().find(|replica| valid.contains(*replica));
        let preferred = replicas.first().copied().filter(|replica| valid.contains(*replica));
        let clean = match self.mode {
            Mode::Preferred => preferred.or(current),
            Mode::Online | Mode::Unclean => current,
        };
        if let Some(leader) = clean.or_else(first) {
            let election = if self.state.leader == Some(leader) {
                Election::Unchanged
            } else if elr.contains(leader) {
                Election::Eligible
            } else {
                Election::Clean
            };
            return Elected { leader: Some(leader), election };
        }
        self.elect_uncleanly(elr, replicas)
    }

    /// Nobody is in sync. The last known leader comes back even where unclean election is off; before KAFKA-19522 was
    /// fixed, dead or alive (R-511, lab fact 9).
    fn elect_uncleanly(&self, elr: BrokerSet, replicas: &Replicas) -> Elected {
        if self.elr == Elr::On
            && self.isr.is_empty()
            && elr.is_empty()
            && let Some(leader) =
                self.state.last_known.filter(|leader| self.acceptable.contains(*leader) || self.version.lkl_bug)
        {
            return Elected { leader: Some(leader), election: Election::LastKnown };
        }
        let alive = || replicas.iter().copied().find(|replica| self.acceptable.contains(*replica));
        if self.mode == Mode::Unclean
            && let Some(leader) = alive()
        {
            return Elected { leader: Some(leader), election: Election::Unclean };
        }
        let election = if self.state.leader.is_none() { Election::Unchanged } else { Election::Leaderless };
        Elected { leader: None, election }
    }

    /// Who led last is remembered from the moment the ISR is empty until there is a leader again.
    fn remember_last_known(&self, next: &mut PartitionState) {
        if self.elr == Elr::Off {
            return;
        }
        if next.isr.is_empty() && !self.state.isr.is_empty() {
            next.last_known = self.state.leader.or(next.last_known);
        } else if next.leader.is_some() {
            next.last_known = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::Profile;

    fn set(brokers: &[u8]) -> BrokerSet {
        brokers.iter().copied().map(BrokerId).collect()
    }

    fn partition(replicas: &[u8], isr: &[u8], leader: Option<u8>) -> PartitionState {
        PartitionState {
            isr: set(isr),
            leader: leader.map(BrokerId),
            leader_epoch: 10,
            partition_epoch: 20,
            ..PartitionState::healthy(replicas.iter().copied().map(BrokerId).collect())
        }
    }

    fn change<'a>(state: &'a PartitionState, isr: &[u8], acceptable: &[u8]) -> Change<'a> {
        Change {
            state,
            isr: set(isr),
            recovering: state.recovering,
            acceptable: set(acceptable),
            unclean: BrokerSet::EMPTY,
            mode: Mode::Online,
            min_isr: 2,
            elr: Elr::On,
            version: const { &Profile::CURRENT.version() },
            assignment: None,
        }
    }

    /// Leader, epochs, ISR, ELR, last known leader, and how, in one line.
    fn outcome(change: Change) -> String {
        let Some((state, election)) = change.decide(Checks::default()) else { return "nothing".to_owned() };
        let name = |broker: Option<BrokerId>| broker.map_or("none".to_owned(), |broker| broker.to_string());
        format!(
            "{} e{} p{} isr {} elr {} last {}{} ({election})",
            name(state.leader),
            state.leader_epoch,
            state.partition_epoch,
            state.isr,
            state.elr,
            name(state.last_known),
            if state.recovering { " recovering" } else { "" },
        )
    }

    #[test]
    fn r_511_a_leader_that_can_stay_stays() {
        let state = partition(&[2, 1, 3], &[1, 2, 3], Some(1));
        assert_eq!(outcome(change(&state, &[1, 2, 3], &[1, 2])), "nothing");
        assert_eq!(outcome(change(&state, &[1, 3], &[1, 2])), "b1 e10 p21 isr [b1 b3] elr [] last none (unchanged)");
    }

    #[test]
    fn r_511_the_first_valid_replica_in_assignment_order_leads() {
        let state = partition(&[1, 3, 2], &[1, 2, 3], Some(1));
        assert_eq!(outcome(change(&state, &[2, 3], &[2, 3])), "b3 e11 p21 isr [b2 b3] elr [] last none (clean)");
    }

    #[test]
    fn p_ctrl_04_which_replica_is_chosen() {
        let state = partition(&[2, 1, 3], &[1, 2, 3], Some(1));
        let preferred = Change { mode: Mode::Preferred, ..change(&state, &[1, 2, 3], &[1, 2]) };
        assert_eq!(outcome(preferred), "b2 e11 p21 isr [b1 b2 b3] elr [] last none (clean)");
        let online = Change { elr: Elr::Off, ..change(&state, &[3], &[1, 2]) };
        assert_eq!(outcome(online), "none e11 p21 isr [b3] elr [] last none (no leader)");
        let unclean = Change { mode: Mode::Unclean, ..online };
        assert_eq!(outcome(unclean), "b2 e11 p21 isr [b2] elr [] last none recovering (unclean)");
    }

    #[test]
    fn p_ctrl_03_a_preferred_election_never_becomes_unclean() {
        let state = partition(&[1, 2, 3], &[1], None);
        assert_eq!(outcome(Change { mode: Mode::Preferred, ..change(&state, &[1], &[2]) }), "nothing");
    }

    #[test]
    fn r_513_without_elr_the_last_isr_member_stays_in_the_isr() {
        let state = partition(&[1, 2, 3], &[1], Some(1));
        let lost = Change { elr: Elr::Off, ..change(&state, &[], &[2, 3]) };
        assert_eq!(outcome(lost), "none e11 p21 isr [b1] elr [] last none (no leader)");
    }

    #[test]
    fn r_513_with_elr_the_last_isr_member_moves_to_the_elr() {
        let state = partition(&[1, 2, 3], &[1], Some(1));
        let lost = Change { min_isr: 1, ..change(&state, &[], &[2, 3]) };
        assert_eq!(outcome(lost), "none e11 p21 isr [] elr [b1] last b1 (no leader)");
    }

    /// Lab fact 10: with min ISR 1 the ELR stays empty until the last ISR member is gone.
    #[test]
    fn r_521_the_elr_fills_only_below_min_isr() {
        let state = partition(&[1, 2, 3], &[1, 2, 3], Some(1));
        let to_one = Change { min_isr: 1, ..change(&state, &[1], &[1]) };
        assert_eq!(outcome(to_one), "b1 e10 p21 isr [b1] elr [] last none (unchanged)");
        assert_eq!(outcome(change(&state, &[1, 2], &[1, 2])), "b1 e10 p21 isr [b1 b2] elr [] last none (unchanged)");
    }

    #[test]
    fn p_ctrl_05_a_one_shot_shrink_keeps_all_in_the_elr_until_min_isr_is_reached() {
        let state = partition(&[1, 2, 3], &[1, 2, 3], Some(1));
        let shrunk = change(&state, &[1], &[1, 2, 3]).decide(Checks::default()).unwrap().0;
        assert_eq!(shrunk.elr, set(&[2, 3]));
        assert_eq!(
            outcome(change(&shrunk, &[1, 2], &[1, 2, 3])),
            "b1 e10 p22 isr [b1 b2] elr [] last none (unchanged)"
        );

        let four = partition(&[1, 2, 3, 4], &[1, 2, 3, 4], Some(1));
        let below_three = Change { min_isr: 3, ..change(&four, &[1, 2], &[1, 2]) };
        assert_eq!(outcome(below_three), "b1 e10 p21 isr [b1 b2] elr [b3 b4] last none (unchanged)");
    }

    #[test]
    fn r_512_a_leader_from_the_elr_is_alone_in_the_isr() {
        let mut state = partition(&[1, 2, 3], &[], None);
        state.elr = set(&[2, 3]);
        state.last_known = Some(BrokerId(1));
        assert_eq!(
            outcome(change(&state, &[], &[3])),
            "b3 e11 p21 isr [b3] elr [b2] last none (eligible leader replica)"
        );
    }

    #[test]
    fn r_508_an_unclean_stop_empties_the_elr_and_the_last_known_leader_returns() {
        let mut state = partition(&[1, 2, 3], &[], None);
        state.elr = set(&[1]);
        state.last_known = Some(BrokerId(1));
        let registered = Change { unclean: set(&[1]), ..change(&state, &[], &[]) };
        let emptied = registered.decide(Checks::default()).unwrap().0;
        assert_eq!(emptied.elr, BrokerSet::EMPTY);
        assert_eq!(emptied.last_known, Some(BrokerId(1)));
        assert_eq!(
            outcome(change(&emptied, &[], &[1])),
            "b1 e11 p22 isr [b1] elr [] last none recovering (last known leader)"
        );
        assert_eq!(outcome(change(&emptied, &[], &[2, 3])), "nothing");
    }

    #[test]
    fn r_313_a_pure_isr_change_keeps_the_leader_epoch() {
        let state = partition(&[1, 2, 3], &[1], Some(1));
        assert_eq!(outcome(change(&state, &[1, 2], &[1, 2])), "b1 e10 p21 isr [b1 b2] elr [] last none (unchanged)");
    }

    /// KRaft before 3.6.
    #[test]
    fn r_313_isr_shrink_bumps_epoch_begins_an_epoch_with_each_shrinking() {
        let version = VersionSettings { isr_shrink_bumps_epoch: true, ..Profile::CURRENT.version() };
        let full = partition(&[1, 2, 3], &[1, 2, 3], Some(1));
        let shrunk = Change { version: &version, ..change(&full, &[1, 2], &[1, 2]) };
        assert_eq!(outcome(shrunk), "b1 e11 p21 isr [b1 b2] elr [] last none (unchanged)");
        let small = partition(&[1, 2, 3], &[1], Some(1));
        let grown = Change { version: &version, ..change(&small, &[1, 2], &[1, 2]) };
        assert_eq!(outcome(grown), "b1 e10 p21 isr [b1 b2] elr [] last none (unchanged)");
    }

    /// KAFKA-19522.
    #[test]
    fn r_511_lkl_bug_elects_the_last_known_leader_although_it_is_dead() {
        let mut state = partition(&[1, 2, 3], &[], None);
        state.last_known = Some(BrokerId(1));
        let version = VersionSettings { lkl_bug: true, ..Profile::CURRENT.version() };
        let dead = Change { version: &version, ..change(&state, &[], &[2, 3]) };
        assert_eq!(outcome(dead), "b1 e11 p21 isr [b1] elr [] last none recovering (last known leader)");
        assert_eq!(outcome(change(&state, &[], &[2, 3])), "nothing");
    }

    fn moving(replicas: &[u8], adding: &[u8], removing: &[u8]) -> Assignment {
        let replicas = replicas.iter().copied().map(BrokerId).collect();
        Assignment { replicas, adding: set(adding), removing: set(removing) }
    }

    /// What a change makes of the assignment, beside its outcome.
    fn assigned(change: Change) -> String {
        let (state, _) = change.decide(Checks::default()).expect("it changes something");
        let replicas: Vec<u8> = state.replicas.iter().map(|broker| broker.0).collect();
        format!("{replicas:?} adding {} removing {}; {}", state.adding, state.removing, outcome(change))
    }

    #[test]
    fn p_tla_14_a_replica_is_replaced_and_its_removal_begins_an_epoch() {
        let state = PartitionState { isr: set(&[1, 2]), ..partition(&[1, 2, 3], &[1, 2], Some(1)) };
        let wanted = moving(&[1, 2, 4, 3], &[4], &[3]);
        let begun = Change { assignment: Some(&wanted), ..change(&state, &[1, 2], &[1, 2, 3, 4]) };
        assert_eq!(
            assigned(begun),
            "[1, 2, 4, 3] adding [b4] removing [b3]; b1 e10 p21 isr [b1 b2] elr [] last none (unchanged)"
        );
        let begun = begun.decide(Checks::default()).unwrap().0;
        assert_eq!(
            assigned(change(&begun, &[1, 2, 4], &[1, 2, 3, 4])),
            "[1, 2, 4] adding [] removing []; b1 e11 p22 isr [b1 b2 b4] elr [] last none (unchanged)"
        );
    }

    #[test]
    fn r_534_a_leader_that_goes_hands_over_when_the_reassignment_completes() {
        let mut state = partition(&[4, 2, 3, 1], &[1, 2, 3], Some(1));
        (state.adding, state.removing) = (set(&[4]), set(&[1]));
        let done = change(&state, &[1, 2, 3, 4], &[1, 2, 3, 4]);
        assert_eq!(
            assigned(done),
            "[4, 2, 3] adding [] removing []; b4 e11 p21 isr [b2 b3 b4] elr [] last none (clean)"
        );
    }

    #[test]
    fn r_534_a_replica_outside_the_isr_keeps_a_reassignment_open() {
        let mut state = partition(&[4, 2, 3, 1], &[1, 2], Some(1));
        (state.adding, state.removing) = (set(&[4]), set(&[1]));
        assert_eq!(
            assigned(change(&state, &[1, 2, 4], &[1, 2, 3, 4])),
            "[4, 2, 3, 1] adding [b4] removing [b1]; b1 e10 p21 isr [b1 b2 b4] elr [] last none (unchanged)"
        );
    }

    #[test]
    fn r_512_the_leader_ends_its_recovery_with_its_first_change() {
        let mut state = partition(&[1, 2, 3], &[2], Some(2));
        state.recovering = true;
        let recovered = Change { recovering: false, ..change(&state, &[2], &[2]) };
        assert_eq!(outcome(recovered), "b2 e10 p21 isr [b2] elr [] last none (unchanged)");
    }
}
