//! Metrics of traces written by hand.

use super::{Metric, Metrics};
use crate::play::{B1, B2, B3, P0, Play, scenario, set};
use highwater_model::trace::{Api, Election, Entry, Error, NodeState};
use highwater_model::{BrokerId, BrokerSet, NodeId};

const P1: NodeId = NodeId::Producer(1);

fn broker(metrics: &Metrics, metric: Metric, broker: BrokerId) -> (u64, u64) {
    let reading = metrics.reading(metric, Some(NodeId::Broker(broker))).expect("a broker has it");
    (reading.value, reading.peak)
}

fn value(metrics: &Metrics, metric: Metric, of: Option<NodeId>) -> u64 {
    metrics.reading(metric, of).expect("it is kept").value
}

#[test]
fn r_320_the_leader_alone_counts_partitions_under_replicated_and_at_min_isr() {
    let mut play = Play::new();
    play.leads(B1, 0).isr(B1, set([B1]), BrokerSet::EMPTY);
    play.tell(Entry::IsrCommitted { broker: B1, partition: P0, isr: set([B1]), partition_epoch: 2 });
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(broker(&metrics, Metric::UnderReplicatedPartitions, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::UnderReplicatedPartitions, B2), (0, 0));
    // Its min ISR is 1.
    assert_eq!(broker(&metrics, Metric::AtMinIsrPartitionCount, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::UnderMinIsrPartitionCount, B1), (0, 0));
    assert_eq!(broker(&metrics, Metric::IsrShrinksPerSec, B1), (0, 0), "the controller's own doing");
}

#[test]
fn a_leaders_own_proposals_count_as_shrinks_and_expansions() {
    let mut play = Play::new();
    play.leads(B1, 0);
    for (isr, partition_epoch) in [(set([B1, B2]), 2), (set([B1, B2, B3]), 3)] {
        play.tell(Entry::IsrProposed { broker: B1, partition: P0, isr, maximal: set([B1, B2, B3]) });
        play.isr(B1, isr, BrokerSet::EMPTY);
        play.tell(Entry::IsrCommitted { broker: B1, partition: P0, isr, partition_epoch });
    }
    play.tell(Entry::IsrRejected { broker: B1, partition: P0, error: Error::IneligibleReplica });
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(broker(&metrics, Metric::IsrShrinksPerSec, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::IsrExpandsPerSec, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::FailedIsrUpdatesPerSec, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::UnderReplicatedPartitions, B1), (0, 1), "for a while");
}

#[test]
fn a_partition_without_a_leader_is_offline_and_not_under_replicated() {
    let mut play = Play::new();
    play.leads(B1, 0).node(B1, NodeState::Crashed);
    play.tell(Entry::Fenced { broker: B1 });
    play.elects(None, set([B1]), BrokerSet::EMPTY, Election::Leaderless);
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(value(&metrics, Metric::OfflinePartitionsCount, None), 1);
    assert_eq!(value(&metrics, Metric::FencedBrokerCount, None), 1);
    assert_eq!(value(&metrics, Metric::ActiveBrokerCount, None), 2);
    let all: u64 = [B1, B2, B3].map(|of| broker(&metrics, Metric::UnderReplicatedPartitions, of).0).iter().sum();
    assert_eq!(all, 0);
    assert_eq!(broker(&metrics, Metric::LeaderCount, B1), (0, 1));
}

#[test]
fn elections_from_outside_the_isr_count_as_unclean_the_elrs_too() {
    let mut play = Play::new();
    for election in [Election::Clean, Election::Eligible, Election::LastKnown, Election::Unclean] {
        play.elects(Some(B2), set([B2]), BrokerSet::EMPTY, election);
    }
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(value(&metrics, Metric::UncleanLeaderElectionsPerSec, None), 3);
}

#[test]
fn r_116_only_some_refusals_count_as_failed_produce_requests() {
    let mut play = Play::new();
    let (node, api, server) = (P1, Api::Produce, NodeId::Broker(B1));
    for error in [Error::NotEnoughReplicas, Error::NotLeaderOrFollower, Error::MessageTooLarge, Error::NetworkException]
    {
        play.tell(Entry::RequestFailed { node, api, server, error });
    }
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(broker(&metrics, Metric::FailedProduceRequestsPerSec, B1), (1, 1));
    assert_eq!(broker(&metrics, Metric::ErrorsPerSec, B1), (3, 3), "a lost connection is no answer");
}

#[test]
fn a_producer_counts_records_sent_sent_again_and_failed() {
    let mut play = Play::new();
    play.leads(B1, 0).sends(0, 0, 10);
    play.tell(Entry::Retried { send: 0, error: Error::NotEnoughReplicas }).attempts(0, 2).fails(0);
    let metrics = play.show(Metrics::new(&scenario()));
    assert_eq!(value(&metrics, Metric::RecordSendTotal, Some(P1)), 20);
    assert_eq!(value(&metrics, Metric::RecordRetryTotal, Some(P1)), 10);
    assert_eq!(value(&metrics, Metric::RecordErrorTotal, Some(P1)), 10);
}

#[test]
fn a_consumer_counts_what_poll_returned_and_how_far_behind_it_is() {
    let mut play = Play::new();
    play.leads(B1, 0).writes(0, 0, 10);
    play.tell(Entry::Assigned { consumer: 1, partition: P0, generation: 1 });
    play.polls(1, 0, 0, 4).commits_offset(1, 4);
    let metrics = play.show(Metrics::new(&scenario()));
    let of = Some(NodeId::Consumer(1));
    assert_eq!(value(&metrics, Metric::RecordsConsumedTotal, of), 4);
    assert_eq!(value(&metrics, Metric::RecordsLagMax, of), 6);
    assert_eq!(value(&metrics, Metric::AssignedPartitions, of), 1);
    assert_eq!(value(&metrics, Metric::CommitTotal, of), 1);
}

#[test]
fn a_metric_is_found_by_its_whole_name_and_by_its_last_part() {
    for metric in Metric::ALL.iter().copied() {
        let short = metric.name().rsplit(['=', ':']).next().unwrap_or_default();
        assert_eq!(Metric::by_name(metric.name()), Some(metric));
        assert_eq!(Metric::by_name(short), Some(metric), "{short} is ambiguous");
    }
}
