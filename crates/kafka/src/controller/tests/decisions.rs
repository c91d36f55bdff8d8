//! What the active controller decides, event by event, without a network (R-312, R-505..R-525).

use super::super::cluster::{Cluster, Rules};
use crate::checks::Checks;
use crate::message::{AlterPartitionRequest, BrokerHeartbeatRequest, BrokerRegistrationRequest, IsrProposal};
use crate::metadata::{BrokerState, DirectorySet, InitialCluster, MetadataRecord, PartitionState};
use highwater_model::presets::Preset;
use highwater_model::trace::{ChangeCause, Election, Error};
use highwater_model::{BrokerId, Duration, Instant, Layout, PartitionId, Setup};

/// A cluster on which events are tried.
pub struct Play {
    pub checks: Checks,
    setup: Setup,
    layout: Layout,
    cluster: Cluster,
    pub image: crate::metadata::Image,
    now: Instant,
    last: Vec<(Election, ChangeCause)>,
    /// Log directories that brokers report as failed, by id.
    pub offline: [DirectorySet; 8],
}

impl Play {
    /// Partitions with these replicas, all in sync, the first leading.
    pub fn new(change: impl FnOnce(&mut Setup), brokers: u8, partitions: &[&[u8]]) -> Self {
        let mut setup = Preset::Defaults.setup();
        setup.cluster.brokers = brokers;
        setup.topic.partitions = partitions.len() as u16;
        setup.cluster.offsets_topic_num_partitions = 1;
        change(&mut setup);
        let layout = setup.layout();
        let offsets: &[u8] = &[1];
        let replicas = partitions.iter().copied().chain([offsets]);
        let online = DirectorySet::first(setup.cluster.log_dirs);
        let registered =
            |n: u8| BrokerState { epoch: u64::from(n), incarnation: 1, fenced: false, shutting_down: false, online };
        let initial = InitialCluster {
            brokers: (1..=brokers).map(registered).collect(),
            partitions: replicas
                .map(|ids| PartitionState::healthy(ids.iter().copied().map(BrokerId).collect()))
                .collect(),
        };
        let rules = Rules { setup: &setup, layout: &layout, checks: Checks::default() };
        let cluster = Cluster::activate(initial.image(), brokers, rules, Instant::ZERO);
        Self {
            checks: Checks::default(),
            cluster,
            image: initial.image(),
            now: Instant::ZERO,
            last: Vec::new(),
            offline: [DirectorySet::EMPTY; 8],
            setup,
            layout,
        }
    }

    pub fn act<T>(&mut self, event: impl FnOnce(&mut Cluster, Rules, Instant) -> T) -> T {
        let rules = Rules { setup: &self.setup, layout: &self.layout, checks: self.checks };
        let result = event(&mut self.cluster, rules, self.now);
        self.last.clear();
        for record in self.cluster.take_written() {
            if let MetadataRecord::Partition { election, cause, .. } = &record {
                self.last.push((*election, *cause));
            }
            self.image.apply(&record);
        }
        result
    }

    /// The broker's session ends, all others stay in touch.
    pub fn fence(&mut self, n: u8) {
        self.now += Duration::from_secs(20);
        for broker in (1..=self.setup.cluster.brokers).filter(|broker| *broker != n) {
            if self.image.broker(BrokerId(broker)).is_some_and(|state| !state.fenced) {
                self.beat(broker, false).expect("it is known");
            }
        }
        self.act(Cluster::fence_one_stale);
        assert!(self.image.broker(BrokerId(n)).expect("it is known").fenced, "b{n} is fenced");
    }

    pub fn beat(&mut self, n: u8, want_shutdown: bool) -> Result<crate::message::HeartbeatAnswer, Error> {
        let broker = BrokerId(n);
        let epoch = self.image.broker(broker).expect("it is known").epoch;
        let request = BrokerHeartbeatRequest {
            broker,
            epoch,
            metadata_offset: self.image.offset,
            want_fence: false,
            want_shutdown,
            offline: self.offline[usize::from(n)],
        };
        self.act(|cluster, rules, now| cluster.heartbeat(&request, rules, now))
    }

    /// The fenced process asks to be unfenced.
    pub fn unfence(&mut self, n: u8) {
        assert!(!self.beat(n, false).expect("it is known").fenced);
    }

    /// A new process registers and is unfenced.
    pub fn register(&mut self, n: u8, clean: bool) {
        let broker = BrokerId(n);
        let known = *self.image.broker(broker).expect("it is known");
        let request = BrokerRegistrationRequest {
            broker,
            incarnation: known.incarnation + 1,
            previous_epoch: clean.then_some(known.epoch),
            online: DirectorySet::first(self.setup.cluster.log_dirs).minus(self.offline[usize::from(n)]),
        };
        let epoch = self.act(|cluster, rules, now| cluster.register(&request, rules, now)).expect("no session");
        assert_eq!(self.image.broker(broker).unwrap().epoch, epoch);
        assert!(epoch < self.image.offset, "the epoch is the offset of the registration");
    }

    pub fn proposal(&self, partition: u16, isr: &[u8]) -> IsrProposal {
        let partition = PartitionId(partition);
        let state = self.image.partition(partition).expect("it exists");
        IsrProposal {
            partition,
            leader_epoch: state.leader_epoch,
            partition_epoch: state.partition_epoch,
            isr: isr.iter().map(|n| (BrokerId(*n), Some(self.image.broker(BrokerId(*n)).unwrap().epoch))).collect(),
            recovering: false,
        }
    }

    pub fn alter(&mut self, n: u8, proposal: IsrProposal) -> Result<String, Error> {
        let broker = BrokerId(n);
        let broker_epoch = self.image.broker(broker).unwrap().epoch;
        let request = AlterPartitionRequest { broker, broker_epoch, partitions: vec![proposal] };
        let mut results = self.act(|cluster, rules, _| cluster.alter_partitions(&request, rules))?;
        results.remove(0).1.map(|state| state.isr.to_string())
    }

    pub fn shrink(&mut self, partition: u16, isr: &[u8]) {
        let leader = self.image.partition(PartitionId(partition)).unwrap().leader.unwrap();
        self.alter(leader.0, self.proposal(partition, isr)).expect("the proposal is in order");
    }

    /// Leader, ISR, ELR.
    pub fn partition(&self, partition: u16) -> String {
        let state = self.image.partition(PartitionId(partition)).expect("it exists");
        let leader = state.leader.map_or("none".to_owned(), |leader| leader.to_string());
        format!("{leader} isr {} elr {}", state.isr, state.elr)
    }
}

fn without_elr(setup: &mut Setup) {
    setup.cluster.eligible_leader_replicas_version = 0;
}

pub fn min_isr(n: u8) -> impl FnOnce(&mut Setup) {
    move |setup| setup.topic.min_insync_replicas = n
}

#[test]
fn p_ctrl_01_fencing_two_brokers() {
    let mut play = Play::new(without_elr, 5, &[&[1, 2, 3], &[2, 3, 4], &[5, 2, 1]]);
    play.fence(2);
    play.fence(3);
    assert_eq!(play.partition(0), "b1 isr [b1] elr []");
    assert_eq!(play.partition(1), "b4 isr [b4] elr []");
    assert_eq!(play.partition(2), "b5 isr [b1 b5] elr []");
    play.fence(1);
    assert_eq!(play.partition(0), "none isr [b1] elr []");
}

#[test]
fn p_ctrl_02_unclean_election_by_configuration() {
    for unclean in [false, true] {
        let change = |setup: &mut Setup| {
            without_elr(setup);
            setup.topic.unclean_leader_election_enable = false;
        };
        let mut play = Play::new(change, 5, &[&[1, 2, 4], &[1, 3, 4], &[5, 2, 4]]);
        for n in [5, 1, 2, 3, 4] {
            play.fence(n);
        }
        play.setup.topic.unclean_leader_election_enable = unclean;
        play.unfence(2);
        let expected = if unclean { "b2 isr [b2] elr []" } else { "none isr [b4] elr []" };
        assert_eq!(play.partition(0), expected);
        assert_eq!(play.partition(1), "none isr [b4] elr []");
        assert_eq!(play.partition(2), expected);
    }
}

#[test]
fn r_514_the_sweep_finds_leaderless_partitions_whose_setting_changed() {
    let mut play = Play::new(without_elr, 3, &[&[1, 2, 3]]);
    for n in [1, 2, 3] {
        play.fence(n);
    }
    play.unfence(2);
    assert_eq!(play.partition(0), "none isr [b3] elr []");
    play.act(|cluster, rules, _| cluster.elect_uncleanly(rules));
    assert_eq!(play.partition(0), "none isr [b3] elr []");
    play.setup.topic.unclean_leader_election_enable = true;
    play.act(|cluster, rules, _| cluster.elect_uncleanly(rules));
    assert_eq!(play.partition(0), "b2 isr [b2] elr []");
    assert_eq!(play.last, [(Election::Unclean, ChangeCause::UncleanSweep)]);
}

#[test]
fn p_ctrl_06_clean_election_from_the_elr() {
    let mut play = Play::new(min_isr(3), 4, &[&[1, 2, 3, 4]]);
    for n in [2, 3, 4] {
        play.fence(n);
    }
    assert_eq!(play.partition(0), "b1 isr [b1] elr [b3 b4]");
    play.unfence(3);
    play.fence(1);
    assert_eq!(play.partition(0), "b3 isr [b3] elr [b1 b4]");
    assert_eq!(play.image.partition(PartitionId(0)).unwrap().last_known, None);
}

#[test]
fn p_tla_09_elr_clean_recovery() {
    let mut play = Play::new(min_isr(2), 3, &[&[1, 2, 3]]);
    play.shrink(0, &[1, 3]);
    assert_eq!(play.partition(0), "b1 isr [b1 b3] elr []");
    play.shrink(0, &[1]);
    assert_eq!(play.partition(0), "b1 isr [b1] elr [b3]");
    play.fence(1);
    assert_eq!(play.partition(0), "b3 isr [b3] elr [b1]");
    play.register(1, false);
    assert_eq!(play.partition(0), "b3 isr [b3] elr []");
    play.unfence(1);
    play.shrink(0, &[1, 3]);
    assert_eq!(play.partition(0), "b3 isr [b1 b3] elr []");
}

/// Lab fact 9: killed -9, it is dropped from ISR and ELR when it registers; if that empties both, the last known leader
/// is elected, as unclean, with unclean election off. Stopped cleanly, it stays eligible.
#[test]
fn r_508_the_last_member_comes_back_as_last_known_leader_or_from_the_elr() {
    for (clean, election) in [(false, Election::LastKnown), (true, Election::Eligible)] {
        let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
        play.shrink(0, &[1]);
        play.fence(1);
        assert_eq!(play.partition(0), "none isr [] elr [b1]");
        play.register(1, clean);
        assert_eq!(play.partition(0), if clean { "none isr [] elr [b1]" } else { "none isr [] elr []" });
        play.unfence(1);
        assert_eq!(play.partition(0), "b1 isr [b1] elr []");
        assert_eq!(play.last[0], (election, ChangeCause::Unfenced));
    }
}

/// Lab fact 10.
#[test]
fn r_521_with_min_isr_one_the_elr_is_empty_until_the_last_member_is_gone() {
    let mut one = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    let mut two = Play::new(min_isr(2), 3, &[&[1, 2, 3]]);
    for play in [&mut one, &mut two] {
        play.fence(3);
        play.fence(2);
    }
    assert_eq!(one.partition(0), "b1 isr [b1] elr []");
    assert_eq!(two.partition(0), "b1 isr [b1] elr [b2]");
    one.fence(1);
    assert_eq!(one.partition(0), "none isr [] elr [b1]");
}

/// Lab fact 24: followers that stopped cleanly, while the last ISR member is away.
#[test]
fn r_513_only_with_elr_a_cleanly_stopped_follower_leads_while_the_last_member_is_away() {
    for elr in [0, 1] {
        let change = |setup: &mut Setup| {
            setup.topic.min_insync_replicas = 2;
            setup.cluster.eligible_leader_replicas_version = elr;
        };
        let mut play = Play::new(change, 3, &[&[1, 2, 3]]);
        play.fence(3);
        play.fence(2);
        play.fence(1);
        play.register(2, true);
        play.unfence(2);
        let expected = if elr == 1 { "b2 isr [b2] elr [b1]" } else { "none isr [b1] elr []" };
        assert_eq!(play.partition(0), expected);
    }
}

/// Lab fact 24: with ELR off the last ISR member that lost power comes back as leader, and nothing is logged unclean.
#[test]
fn r_508_without_elr_an_unclean_stop_makes_no_difference() {
    let mut play = Play::new(without_elr, 3, &[&[1, 2, 3]]);
    play.shrink(0, &[1]);
    play.fence(1);
    play.register(1, false);
    assert_eq!(play.partition(0), "none isr [b1] elr []");
    play.unfence(1);
    assert_eq!(play.partition(0), "b1 isr [b1] elr []");
    assert_eq!(play.last[0], (Election::Clean, ChangeCause::Unfenced));
}

/// Lab fact 26.
#[test]
fn r_503_leadership_passes_from_dead_broker_to_dead_broker() {
    let mut play = Play::new(without_elr, 3, &[&[1, 2, 3]]);
    for n in 1..=3 {
        play.now = Instant::from_millis(u64::from(n));
        play.beat(n, false).unwrap();
    }
    let leaders = [1, 2, 3].map(|n| {
        play.now = Instant::from_millis(9_001 + n);
        play.act(Cluster::fence_one_stale);
        play.partition(0)
    });
    assert_eq!(leaders, ["b2 isr [b2 b3] elr []", "b3 isr [b3] elr []", "none isr [b3] elr []"]);
}

#[test]
fn r_105_min_isr_counts_no_more_than_the_replicas() {
    let mut play = Play::new(min_isr(5), 3, &[&[1, 2, 3]]);
    play.shrink(0, &[1, 2]);
    assert_eq!(play.partition(0), "b1 isr [b1 b2] elr [b3]");
    play.shrink(0, &[1, 2, 3]);
    assert_eq!(play.partition(0), "b1 isr [b1 b2 b3] elr []");
}

#[test]
fn r_312_proposals_are_validated_in_kafkas_order() {
    let play = || Play::new(min_isr(1), 4, &[&[1, 2, 3]]);
    let refused = |change: &dyn Fn(&mut Play, &mut IsrProposal) -> u8| {
        let mut play = play();
        let mut proposal = play.proposal(0, &[1, 2]);
        let by = change(&mut play, &mut proposal);
        play.alter(by, proposal).expect_err("it is refused")
    };
    assert_eq!(play().alter(1, play().proposal(0, &[1, 2])), Ok("[b1 b2]".to_owned()));
    assert_eq!(
        refused(&|_, p| {
            p.leader_epoch += 1;
            1
        }),
        Error::NotController
    );
    assert_eq!(
        refused(&|_, p| {
            p.partition_epoch += 1;
            1
        }),
        Error::NotController
    );
    assert_eq!(
        refused(&|_, p| {
            p.leader_epoch -= 1;
            1
        }),
        Error::FencedLeaderEpoch
    );
    assert_eq!(refused(&|_, _| 2), Error::InvalidRequest);
    assert_eq!(
        refused(&|_, p| {
            p.partition_epoch -= 1;
            1
        }),
        Error::InvalidUpdateVersion
    );
    assert_eq!(
        refused(&|play, p| {
            p.isr = play.proposal(0, &[1, 4]).isr;
            1
        }),
        Error::InvalidRequest
    );
    assert_eq!(
        refused(&|play, p| {
            p.isr = play.proposal(0, &[2]).isr;
            1
        }),
        Error::InvalidRequest
    );
    assert_eq!(
        refused(&|_, p| {
            p.recovering = true;
            1
        }),
        Error::InvalidRequest
    );
    assert_eq!(
        refused(&|play, _| {
            play.fence(2);
            1
        }),
        Error::InvalidUpdateVersion
    );
    assert_eq!(
        refused(&|play, p| {
            play.fence(2);
            *p = play.proposal(0, &[1, 2]);
            1
        }),
        Error::IneligibleReplica
    );
}

#[test]
fn r_312_a_stale_broker_epoch_is_refused_first() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    let request =
        AlterPartitionRequest { broker: BrokerId(1), broker_epoch: 77, partitions: vec![play.proposal(0, &[1, 2])] };
    let result = play.act(|cluster, rules, _| cluster.alter_partitions(&request, rules));
    assert_eq!(result, Err(Error::StaleBrokerEpoch));
}

/// P-CTRL-11 is the same, seen from the follower that lost its log.
#[test]
fn p_ctrl_08_a_proposal_that_names_a_restarted_broker_is_refused() {
    let mut play = Play::new(min_isr(1), 4, &[&[1, 2, 3, 4]]);
    play.shrink(0, &[1, 2, 3]);
    let proposal = play.proposal(0, &[1, 2, 3, 4]);
    play.fence(4);
    play.register(4, false);
    play.unfence(4);
    assert_eq!(play.alter(1, proposal), Err(Error::IneligibleReplica));
    assert_eq!(play.partition(0), "b1 isr [b1 b2 b3] elr []");
}

#[test]
fn p_ctrl_09_controlled_shutdown_by_heartbeat() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    let answer = play.beat(1, true).unwrap();
    assert!(!answer.should_shutdown && !answer.fenced);
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr []");
    assert_eq!(play.last[0], (Election::Clean, ChangeCause::Shutdown));
    assert!(play.image.broker(BrokerId(1)).unwrap().shutting_down);
    assert!(!play.beat(1, true).unwrap().should_shutdown, "the others have not read it yet");
    play.beat(2, false).unwrap();
    assert!(!play.beat(1, true).unwrap().should_shutdown, "one has not");
    play.beat(3, false).unwrap();
    let answer = play.beat(1, true).unwrap();
    assert!(answer.should_shutdown && answer.fenced);
    assert!(play.image.broker(BrokerId(1)).unwrap().fenced);
}

#[test]
fn r_531_a_partition_that_only_the_stopping_broker_has_becomes_leaderless() {
    for elr in [0, 1] {
        let change = |setup: &mut Setup| setup.cluster.eligible_leader_replicas_version = elr;
        let mut play = Play::new(change, 3, &[&[1, 2, 3]]);
        play.shrink(0, &[1]);
        play.beat(1, true).unwrap();
        assert_eq!(play.partition(0), if elr == 1 { "none isr [] elr [b1]" } else { "none isr [b1] elr []" });
    }
}

#[test]
fn r_533_leadership_goes_back_to_the_preferred_replica_once_it_is_in_sync() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    play.fence(1);
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr []");
    play.register(1, true);
    play.unfence(1);
    play.act(|cluster, rules, _| cluster.balance(rules));
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr []");
    play.shrink(0, &[1, 2, 3]);
    play.act(|cluster, rules, _| cluster.balance(rules));
    assert_eq!(play.partition(0), "b1 isr [b1 b2 b3] elr []");
    assert_eq!(play.last, [(Election::Clean, ChangeCause::Preferred)]);
}

#[test]
fn r_717_the_offsets_topic_follows_the_clusters_own_settings() {
    let change = |setup: &mut Setup| {
        setup.topic.unclean_leader_election_enable = true;
        setup.topic.min_insync_replicas = 3;
    };
    let mut play = Play::new(change, 3, &[&[1, 2, 3]]);
    play.fence(1);
    assert_eq!(play.partition(1), "none isr [] elr [b1]", "its only replica is broker 1's");
    assert_eq!(play.partition(0), "b2 isr [b2 b3] elr [b1]");
}

#[test]
fn r_507_a_session_refuses_another_process_and_a_repeated_request_keeps_its_epoch() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    let request = |incarnation| BrokerRegistrationRequest {
        broker: BrokerId(2),
        incarnation,
        previous_epoch: None,
        online: DirectorySet::first(1),
    };
    let register = |play: &mut Play, incarnation| {
        play.act(|cluster, rules, now| cluster.register(&request(incarnation), rules, now))
    };
    assert_eq!(register(&mut play, 2), Err(Error::DuplicateBrokerRegistration));
    assert_eq!(register(&mut play, 1), Ok(2));
    play.fence(2);
    let epoch = register(&mut play, 2).unwrap();
    assert_eq!(register(&mut play, 2), Ok(epoch));
}

#[test]
fn r_501_a_broker_is_unfenced_once_it_has_read_its_registration() {
    let mut play = Play::new(min_isr(1), 3, &[&[1, 2, 3]]);
    play.fence(2);
    play.register(2, false);
    let epoch = play.image.broker(BrokerId(2)).unwrap().epoch;
    let heartbeat = |metadata_offset| BrokerHeartbeatRequest {
        broker: BrokerId(2),
        epoch,
        metadata_offset,
        want_fence: false,
        want_shutdown: false,
        offline: DirectorySet::EMPTY,
    };
    let lagging = play.act(|cluster, rules, now| cluster.heartbeat(&heartbeat(epoch), rules, now)).unwrap();
    assert!(lagging.fenced && !lagging.caught_up);
    let read = play.act(|cluster, rules, now| cluster.heartbeat(&heartbeat(epoch + 1), rules, now)).unwrap();
    assert!(!read.fenced && read.caught_up);
    let stale = BrokerHeartbeatRequest { epoch: 2, ..heartbeat(epoch + 1) };
    let stale = play.act(|cluster, rules, now| cluster.heartbeat(&stale, rules, now));
    assert_eq!(stale, Err(Error::StaleBrokerEpoch));
}
