//! For each invariant a trace that breaks it, and a legal one that comes close.

use super::Invariants;
use crate::play::{B1, B2, B3, P0, Play, scenario, set};
use highwater_model::settings::Acks;
use highwater_model::trace::{ChangeCause, Election, Entry, Error, NodeState};
use highwater_model::{BrokerSet, Duration, NodeId, PartitionId, Scenario};

/// Numbers of the invariants that a play breaks, with these settings.
fn broken_with(change: impl FnOnce(&mut Scenario), play: &Play) -> Vec<u8> {
    let mut scenario = scenario();
    scenario.setup.topic.min_insync_replicas = 2;
    change(&mut scenario);
    let mut invariants = play.show(Invariants::new(&scenario));
    invariants.finish(play.now);
    let mut numbers: Vec<u8> = invariants.violations().iter().map(|violation| violation.invariant.number()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn broken(play: &Play) -> Vec<u8> {
    broken_with(|_| (), play)
}

fn without_elr(scenario: &mut Scenario) {
    scenario.setup.cluster.eligible_leader_replicas_version = 0;
}

fn acks_leader(scenario: &mut Scenario) {
    scenario.setup.producer.acks = Acks::Leader;
    scenario.setup.producer.enable_idempotence = false;
}

const NONE: [u8; 0] = [];

/// A life with a crash: broker 1 dies with records that nobody else has, broker 2 takes over, broker 1 returns,
/// truncates, catches up and joins again.
fn eventful() -> Play {
    let mut play = Play::new();
    play.writes(0, 0, 10).hears(B2, 10).hears(B3, 10).starts_at(1, 0).polls(1, 0, 0, 10).processes(1, 0, 0, 10);
    play.commits_offset(1, 10).sends(1, 10, 5).appends(B1, 1, 5).node(B1, NodeState::Crashed);
    play.tell(Entry::Fenced { broker: B1 }).at_once().fails_over(B2, set([B2, B3]), Election::Clean, 10);
    play.attempts(1, 2).appends(B2, 1, 5).replicates([B3], 2).commits(B2, 15).acks(1, 10).hears(B3, 15);
    play.tell(Entry::Registered { broker: B1, epoch: 9, clean: false }).tell(Entry::Unfenced { broker: B1 });
    play.node(B1, NodeState::Running).tell(Entry::Follows {
        broker: B1,
        partition: P0,
        leader_epoch: 1,
        leader: Some(B2),
    });
    play.truncates(B1, 10).replicates([B1], 2).hears(B1, 15);
    let (isr, maximal) = (set([B1, B2, B3]), set([B1, B2, B3]));
    play.tell(Entry::IsrProposed { broker: B2, partition: P0, isr, maximal }).isr(B2, isr, BrokerSet::EMPTY);
    play.tell(Entry::IsrCommitted { broker: B2, partition: P0, isr, partition_epoch: 3 });
    play
}

#[test]
fn a_legal_life_breaks_nothing() {
    assert_eq!(broken(&eventful()), NONE);
    assert_eq!(broken_with(without_elr, &eventful()), NONE);
}

#[test]
fn inv_01_two_leaders_in_one_epoch() {
    let mut play = Play::new();
    play.leads(B1, 0);
    assert_eq!(broken(&play), NONE);
    play.leads(B2, 0);
    assert_eq!(broken(&play), [1]);
}

#[test]
fn inv_02_a_new_leader_without_a_new_epoch() {
    let mut play = Play::new();
    play.isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    assert_eq!(broken(&play), NONE);
    play.isr(B2, set([B1, B2]), BrokerSet::EMPTY);
    assert_eq!(broken(&play), [2]);
}

#[test]
fn inv_03_05_12_a_leader_elected_cleanly_without_committed_records() {
    let mut play = Play::new();
    play.sends(0, 0, 3).appends(B1, 0, 3).replicates([B2], 0);
    let behind = play.clone();
    play.replicates([B3], 0).commits(B1, 3).acks(0, 0).fails_over(B3, set([B2, B3]), Election::Clean, 3);
    assert_eq!(broken(&play), NONE);
    // The leader commits without broker 3, which is elected all the same.
    let mut play = behind;
    play.commits(B1, 3).acks(0, 0).fails_over(B3, set([B2, B3]), Election::Clean, 0);
    assert_eq!(broken(&play), [3, 5, 12, 19]);
}

#[test]
fn inv_03_tolerates_what_an_unclean_election_gives_up() {
    let mut play = Play::new();
    play.writes(0, 0, 3).isr(B1, set([B1]), set([B2])).node(B1, NodeState::Crashed).truncates(B3, 0);
    play.fails_over(B3, set([B3]), Election::Unclean, 0);
    assert_eq!(broken(&play), NONE);
}

#[test]
fn inv_03_a_lossy_restart_of_one_replica_is_absorbed_and_two_are_tolerated() {
    let mut play = Play::new();
    play.writes(0, 0, 3).loses_power(B2, 0);
    assert_eq!(broken(&play), NONE);
    // With one lossy replica, broker 3 must have it all; with two it may be elected without.
    play.loses_power(B3, 0).elects(Some(B3), set([B3]), BrokerSet::EMPTY, Election::Clean).leads(B3, 0);
    assert_eq!(broken(&play), NONE);
    let mut play = Play::new();
    play.writes(0, 0, 3).loses_power(B2, 0).truncates(B3, 0);
    assert!(broken(&play).contains(&3));
}

#[test]
fn inv_04_acks_all_before_it_is_committed() {
    let mut play = Play::new();
    play.sends(0, 0, 3).appends(B1, 0, 3).replicates([B2, B3], 0);
    let early = play.clone();
    assert_eq!(broken(play.commits(B1, 3).acks(0, 0)), NONE);
    let mut play = early;
    assert_eq!(broken(play.acks(0, 0)), [4]);
    assert_eq!(broken_with(acks_leader, &play), NONE);
}

#[test]
fn inv_04_an_answer_with_an_offset_that_the_record_does_not_have() {
    let mut play = Play::new();
    play.sends(0, 0, 3).appends(B1, 0, 3).replicates([B2, B3], 0).commits(B1, 3).acks(0, 7);
    assert_eq!(broken(&play), [4]);
}

#[test]
fn inv_06_an_eligible_leader_replica_without_committed_records() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1).replicates([B2], 0).isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    let (isr, partition_epoch) = (set([B1, B2]), 2);
    play.tell(Entry::IsrCommitted { broker: B1, partition: P0, isr, partition_epoch }).commits(B1, 1);
    let committed = play.clone();
    assert_eq!(broken(play.isr(B1, set([B1]), set([B2]))), NONE);
    let mut play = committed;
    assert_eq!(broken(play.isr(B1, set([B1]), set([B3]))), [6, 14]);
}

#[test]
fn inv_07_08_logs_that_differ_below_the_high_watermark() {
    let mut play = Play::new();
    // Broker 2 keeps what it got from a zombie, and follows on with another history.
    play.sends(0, 0, 1).appends(B1, 0, 1).replicates([B2], 0).fails_over(B3, set([B2, B3]), Election::Clean, 0);
    let zombie = play.clone();
    play.truncates(B2, 0).sends(1, 1, 1).appends(B3, 1, 1).replicates([B2], 1).commits(B3, 1).hears(B2, 1);
    assert_eq!(broken(&play), NONE);
    let mut play = zombie;
    play.sends(1, 1, 1).appends(B3, 1, 1).commits(B3, 1).hears(B2, 1);
    assert_eq!(broken(&play), [3, 7, 8]);
}

#[test]
fn inv_09_an_offset_used_twice_in_one_epoch() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1);
    assert_eq!(broken(&play), NONE);
    // It restarts, has lost the record, and goes on in the same epoch.
    play.loses_power(B1, 0).node(B1, NodeState::Running).sends(1, 1, 1).appends(B1, 1, 1);
    assert_eq!(broken(&play), [9]);
}

#[test]
fn inv_10_13_a_high_watermark_beyond_the_log() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1).replicates([B2, B3], 0).commits(B1, 1).hears(B2, 1);
    let legal = play.clone();
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.hears(B3, 2)), [13]);
    let mut play = legal;
    assert!(broken(play.commits(B1, 2)).contains(&10));
}

#[test]
fn inv_11_a_leader_s_high_watermark_falls() {
    let mut play = Play::new();
    play.writes(0, 0, 2).hears(B2, 2).hears(B2, 0);
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.commits(B1, 1)), [11]);
}

#[test]
fn inv_14_15_a_maximal_isr_that_lacks_members() {
    let propose = |isr, maximal| Entry::IsrProposed { broker: B1, partition: P0, isr, maximal };
    let mut play = Play::new();
    play.tell(propose(set([B1, B2]), set([B1, B2, B3])));
    assert_eq!(broken(&play), NONE);
    let mut play = Play::new();
    play.tell(propose(set([B1, B2]), set([B1, B2])));
    assert_eq!(broken(&play), [14, 15]);
}

#[test]
fn inv_14_a_refused_proposal_is_rolled_back() {
    let mut play = Play::new();
    let (isr, maximal) = (set([B1, B2]), set([B1, B2, B3]));
    let reject = Entry::IsrRejected { broker: B1, partition: P0, error: Error::IneligibleReplica };
    play.tell(Entry::IsrProposed { broker: B1, partition: P0, isr, maximal }).tell(reject);
    assert_eq!(broken(&play), NONE);
}

#[test]
fn inv_16_isr_and_elr_overlap_or_are_not_needed() {
    let mut play = Play::new();
    play.isr(B1, set([B1]), set([B2]));
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.clone().isr(B1, set([B1]), set([B1, B2]))), [16]);
    assert_eq!(broken(play.isr(B1, set([B1, B2]), set([B3]))), [16]);
}

#[test]
fn inv_17_a_leader_outside_the_isr() {
    let mut play = Play::new();
    play.elects(None, BrokerSet::EMPTY, set([B1]), Election::Leaderless);
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken_with(without_elr, &play), [17]);
    assert!(broken(Play::new().isr(B1, set([B2, B3]), BrokerSet::EMPTY)).contains(&17));
}

#[test]
fn inv_18_a_fenced_broker_in_the_isr() {
    let mut play = Play::new();
    play.tell(Entry::Fenced { broker: B3 });
    assert_eq!(broken(&play), [18]);
    let mut play = Play::new();
    play.tell(Entry::Fenced { broker: B3 }).at_once().isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    assert_eq!(broken(&play), NONE);
}

#[test]
fn inv_18_allows_a_fenced_broker_that_a_cancelled_reassignment_put_back_until_it_is_unfenced() {
    let mut play = Play::new();
    play.tell(Entry::Fenced { broker: B3 }).at_once().isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    let back = Entry::PartitionChanged {
        partition: P0,
        leader: None,
        leader_epoch: 9,
        partition_epoch: 9,
        isr: set([B3]),
        elr: BrokerSet::EMPTY,
        last_known: None,
        election: Election::Clean,
        cause: ChangeCause::Requested,
    };
    play.tell(back);
    assert_eq!(broken(&play), NONE);
    play.tell(Entry::Unfenced { broker: B3 }).tell(Entry::Fenced { broker: B3 });
    assert_eq!(broken(&play), [18]);
}

#[test]
fn inv_20_joining_the_isr_with_a_short_log() {
    let mut play = Play::new();
    let (isr, partition_epoch) = (set([B1, B2]), 2);
    play.isr(B1, isr, BrokerSet::EMPTY).tell(Entry::IsrCommitted { broker: B1, partition: P0, isr, partition_epoch });
    play.sends(0, 0, 2).appends(B1, 0, 2).replicates([B2], 0).commits(B1, 2);
    let short = play.clone();
    let (isr, maximal) = (set([B1, B2, B3]), set([B1, B2, B3]));
    let proposal = Entry::IsrProposed { broker: B1, partition: P0, isr, maximal };
    play.replicates([B3], 0).tell(proposal).isr(B1, isr, BrokerSet::EMPTY);
    assert_eq!(broken(&play), NONE);
    let mut play = short;
    play.tell(proposal).isr(B1, isr, BrokerSet::EMPTY);
    assert_eq!(broken(&play), [3, 20]);
}

#[test]
fn inv_20_is_not_about_a_member_that_lost_power_after_it_was_proposed() {
    let mut play = Play::new();
    let (isr, partition_epoch) = (set([B1, B2]), 2);
    play.isr(B1, isr, BrokerSet::EMPTY).tell(Entry::IsrCommitted { broker: B1, partition: P0, isr, partition_epoch });
    play.sends(0, 0, 2).appends(B1, 0, 2).replicates([B2, B3], 0).commits(B1, 2).loses_power(B3, 0);
    let (isr, maximal) = (set([B1, B2, B3]), set([B1, B2, B3]));
    play.tell(Entry::IsrProposed { broker: B1, partition: P0, isr, maximal }).isr(B1, isr, BrokerSet::EMPTY);
    assert_eq!(broken(&play), NONE);
    // It is still one that lost records: once it has registered again, it must be out.
    play.tell(Entry::Registered { broker: B3, epoch: 9, clean: false }).wait(1).node(B3, NodeState::Registering);
    assert_eq!(broken(&play), [18, 37]);
}

#[test]
fn inv_21_the_high_watermark_moves_below_min_isr() {
    let mut play = Play::new();
    let (isr, partition_epoch) = (set([B1]), 2);
    play.isr(B1, isr, set([B2])).tell(Entry::IsrCommitted { broker: B1, partition: P0, isr, partition_epoch });
    play.sends(0, 0, 1).appends(B1, 0, 1).replicates([B2], 0);
    assert_eq!(broken_with(acks_leader, play.clone().acks(0, 0)), NONE);
    assert_eq!(broken(play.commits(B1, 1)), [21]);
}

#[test]
fn inv_22_a_consumer_gets_what_is_not_committed() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1).replicates([B2, B3], 0);
    let early = play.clone();
    assert_eq!(broken(play.commits(B1, 1).polls(1, 0, 0, 1)), NONE);
    let mut play = early;
    assert_eq!(broken(play.polls(1, 0, 0, 1)), [22]);
}

#[test]
fn inv_23_a_record_that_was_read_disappears() {
    let mut play = Play::new();
    play.writes(0, 0, 1).polls(1, 0, 0, 1);
    assert_eq!(broken(play.clone().fails_over(B2, set([B2, B3]), Election::Clean, 1)), NONE);
    play.truncates(B2, 0).fails_over(B2, set([B2, B3]), Election::Clean, 0);
    assert!(broken(&play).contains(&23));
}

#[test]
fn inv_24_a_gap_in_a_log() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1).sends(1, 1, 1).appends(B1, 1, 1);
    assert_eq!(broken(play.clone().replicates([B2], 0).replicates([B2], 1)), NONE);
    assert_eq!(broken(play.replicates([B2], 1)), [24]);
}

#[test]
fn inv_25_27_28_sequences_out_of_order_and_repeated() {
    let mut play = Play::new();
    play.sends(0, 0, 1).sends(1, 1, 1).appends(B1, 1, 1);
    let legal = Play::new().sends(0, 0, 1).sends(1, 1, 1).appends(B1, 0, 1).appends(B1, 1, 1).clone();
    assert_eq!(broken(&legal), NONE);
    assert_eq!(broken(play.clone().appends(B1, 0, 1)), [25]);
    assert_eq!(broken_with(acks_leader, play.clone().appends(B1, 0, 1)), NONE);
    let twice = legal.clone().attempts(1, 2).appends(B1, 1, 1).clone();
    assert_eq!(broken(&twice), [25, 27]);
    assert_eq!(broken_with(acks_leader, &twice), NONE);
    assert_eq!(broken_with(acks_leader, legal.clone().appends(B1, 1, 1)), [28]);
}

#[test]
fn inv_25_is_about_one_log_not_about_all_histories() {
    let mut play = Play::new();
    play.sends(0, 0, 1).appends(B1, 0, 1).sends(1, 1, 1).appends(B1, 1, 1);
    play.fails_over(B2, set([B2, B3]), Election::Clean, 0)
        .attempts(0, 2)
        .appends(B2, 0, 1)
        .attempts(1, 2)
        .appends(B2, 1, 1);
    assert_eq!(broken(&play), NONE);
}

#[test]
fn inv_25_26_allow_a_new_start_where_records_were_forgotten() {
    let mut play = Play::new();
    play.writes(0, 0, 1).sends(1, 1, 1).sends(2, 2, 1).fails_over(B1, set([B1]), Election::LastKnown, 0);
    play.appends(B1, 2, 1).appends(B1, 1, 1);
    assert_eq!(broken(&play), NONE);
}

#[test]
fn inv_26_acked_records_out_of_order() {
    let mut play = Play::new();
    play.sends(0, 0, 1).sends(1, 1, 1).appends(B1, 1, 1).appends(B1, 0, 1).acks(1, 0).acks(0, 1);
    assert_eq!(broken_with(acks_leader, &play), NONE);
    let one_in_flight = |scenario: &mut Scenario| {
        acks_leader(scenario);
        scenario.setup.producer.max_in_flight_requests_per_connection = 1;
    };
    assert_eq!(broken_with(one_in_flight, &play), [26]);
}

/// Send 0, of partition 0, is split into 1 and 2; the second part is written first.
fn parts_out_of_order() -> Play {
    let part = |send, skip| Entry::Split { send, of: 0, skip, count: 1 };
    let mut play = Play::new();
    play.sends(0, 0, 2).tell(part(1, 0)).tell(part(2, 1)).attempts(1, 1).attempts(2, 1);
    play.appends(B1, 2, 1).appends(B1, 1, 1).replicates([B2, B3], 0).replicates([B2, B3], 1).commits(B1, 2);
    play.acks(2, 0).acks(1, 1);
    play
}

#[test]
fn inv_25_26_allow_what_a_split_does_to_its_own_stream_only() {
    let split = parts_out_of_order();
    assert_eq!(broken(&split), NONE);
    let one_in_flight = |scenario: &mut Scenario| scenario.setup.producer.max_in_flight_requests_per_connection = 1;
    assert_eq!(broken_with(one_in_flight, &split), [26]);
    let (stream, at_once) = (PartitionId(1), Duration::ZERO);
    let mut play = split;
    for (send, first) in [(3, 0), (4, 1)] {
        let (first_arrival, arrival_span) = (play.now, at_once);
        play.tell(Entry::Closed { send, producer: 1, stream, first, count: 1, first_arrival, arrival_span });
        play.attempts(send, 1);
    }
    assert_eq!(broken(play.appends(B1, 4, 1).appends(B1, 3, 1)), [25]);
}

#[test]
fn inv_29_a_send_completes_late_twice_or_never() {
    let mut play = Play::new();
    play.writes(0, 0, 1).sends(1, 1, 1).wait(100_000).fails(1);
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.clone().fails(1)), [29]);
    assert_eq!(broken(Play::new().sends(0, 0, 1).wait(200_000).fails(0)), [29]);
    assert_eq!(broken(Play::new().sends(0, 0, 1).wait(200_000)), [29]);
    let down = Entry::Node { node: NodeId::Producer(1), state: NodeState::Paused };
    assert_eq!(broken(Play::new().sends(0, 0, 1).tell(down).wait(200_000)), NONE);
}

#[test]
fn inv_30_an_ack_for_what_nobody_wrote() {
    let mut play = Play::new();
    play.sends(0, 0, 1).tell(Entry::Acked { send: 0, offset: None });
    assert_eq!(broken_with(acks_leader, &play), [30]);
    let acks_none = |scenario: &mut Scenario| {
        acks_leader(scenario);
        scenario.setup.producer.acks = Acks::None;
    };
    assert_eq!(broken_with(acks_none, &play), NONE);
}

#[test]
fn inv_34_a_commit_beyond_the_position() {
    let mut play = Play::new();
    play.writes(0, 0, 4).starts_at(1, 0).polls(1, 0, 0, 2).processes(1, 0, 0, 2);
    assert_eq!(broken(play.clone().commits_offset(1, 2)), NONE);
    assert!(broken(play.commits_offset(1, 4)).contains(&34));
}

#[test]
fn inv_35_two_owners_in_a_generation() {
    let assigned = |consumer, generation| Entry::Assigned { consumer, partition: P0, generation };
    let mut play = Play::new();
    play.tell(assigned(1, 1)).tell(assigned(2, 2));
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.tell(assigned(1, 2))), [35]);
}

#[test]
fn inv_36_a_commit_that_passes_unprocessed_records() {
    let mut play = Play::new();
    play.writes(0, 0, 4).writes(1, 4, 4).starts_at(1, 0).polls(1, 0, 0, 4).polls(1, 1, 0, 4);
    play.processes(1, 0, 0, 4).processes(1, 1, 0, 1);
    assert_eq!(broken(play.clone().commits_offset(1, 5)), NONE);
    assert_eq!(broken(play.commits_offset(1, 6)), [36]);
    let pool = |scenario: &mut Scenario| {
        scenario.setup.workload.processing = highwater_model::settings::Processing::WorkerPool;
    };
    assert_eq!(broken_with(pool, &play), NONE);
}

#[test]
fn inv_37_a_lossy_replica_stays_in_the_isr() {
    let registered = Entry::Registered { broker: B2, epoch: 9, clean: false };
    let mut play = Play::new();
    play.writes(0, 0, 1).loses_power(B2, 0).isr(B1, set([B1, B3]), BrokerSet::EMPTY).tell(registered);
    assert_eq!(broken(&play), NONE);
    let mut play = Play::new();
    play.writes(0, 0, 1).loses_power(B2, 0).tell(registered).wait(1).tell(Entry::Unfenced { broker: B2 });
    assert_eq!(broken(&play), [18, 37]);
}

#[test]
fn inv_38_metadata_goes_back() {
    let applied = |offset| Entry::MetadataApplied { broker: B2, offset };
    let mut play = Play::new();
    play.tell(applied(5)).node(B2, NodeState::Crashed).tell(applied(3)).tell(applied(4));
    assert_eq!(broken(&play), NONE);
    assert_eq!(broken(play.tell(applied(3))), [38]);
}

#[test]
fn inv_40_the_last_copy_of_an_acked_record_goes() {
    let mut play = Play::new();
    play.writes(0, 0, 1).truncates(B3, 0).truncates(B2, 0);
    assert!(!broken(&play).contains(&40));
    play.truncates(B1, 0);
    assert!(broken(&play).contains(&40));
}
