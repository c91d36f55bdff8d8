//! Transactions from end to end: producers that commit or abort, readers of both isolation levels.

use highwater_kafka::checks::{Check, Checks};
use highwater_model::presets::Preset;
use highwater_model::settings::Isolation;
use highwater_model::{BrokerId, FaultKind, Setup, Target};
use highwater_oracle::report::Category;
use highwater_sim::World;
use highwater_tests::play::{Play, fault, passing, scenario};
use std::collections::BTreeSet;

/// The plain small cluster, whose producers write in transactions of 100 ms.
fn transactional() -> Setup {
    let mut setup = Preset::Defaults.setup();
    setup.producer.transactional_id = true;
    setup.consumer.isolation_level = Isolation::ReadCommitted;
    setup
}

#[test]
fn what_is_committed_is_read() {
    for tv2 in [false, true] {
        let mut setup = transactional();
        setup.version.tv2 = tv2;
        let play = Play::of(scenario(setup, 10));
        assert_eq!(play.invariants.violations(), []);
        let ledger = play.ledger();
        let (acked, processed) = (ledger.count(Category::Acked), ledger.count(Category::Processed));
        assert!(9_000 < acked, "tv2 {tv2}: {acked} of 10 000 are acked");
        assert!(acked - 600 < processed, "tv2 {tv2}: {processed} of {acked} are processed");
    }
}

/// Claim 1.29: which records a reader may see is a matter of transactions, not of replication.
#[test]
fn r_215_aborted_records_are_for_read_uncommitted_readers_alone() {
    let aborting = |isolation| {
        let mut setup = transactional();
        setup.producer.transaction_abort_every = 3;
        setup.consumer.isolation_level = isolation;
        let play = Play::of(scenario(setup, 10));
        assert_eq!(play.invariants.violations(), []);
        play.ledger()
    };
    let committed = aborting(Isolation::ReadCommitted);
    let aborted = committed.count(Category::Aborted);
    assert!(2_000 < aborted, "{aborted} of 10 000 are aborted");
    let readable = committed.count(Category::Acked) - aborted;
    let polled = committed.count(Category::Polled);
    assert!(polled <= readable && readable - 600 < polled, "{polled} of {readable} are polled");
    let uncommitted = aborting(Isolation::ReadUncommitted);
    let (acked, polled) = (uncommitted.count(Category::Acked), uncommitted.count(Category::Polled));
    assert!(acked - 600 < polled, "{polled} of {acked} are polled");
}

/// S-61, lab fact 19: whoever dies in a transaction holds up read_committed readers of its partitions for
/// transaction.timeout.ms and up to ten seconds more, and nobody else.
#[test]
fn r_667_a_transaction_left_open_holds_read_committed_readers_until_it_times_out() {
    let mut setup = transactional();
    setup.producer.transaction_timeout_ms = 10_000;
    setup.producer.transaction_commit_interval_ms = 2_000;
    setup.workload.producers = 1;
    let mut left_open = scenario(setup, 40);
    left_open.faults = vec![fault(5_000, FaultKind::ProcessCrash, Target::Producer(1))];
    let play = Play::of(left_open);
    assert_eq!(play.invariants.violations(), []);
    let aborted = play.count(Category::Aborted);
    assert!(0 < aborted && aborted < 2_100, "{aborted} records of the open transaction are aborted");
}

/// coordinators and leaders come and go; transactions stay whole.
#[test]
fn transactions_survive_crashes_of_coordinators_and_leaders() {
    for tv2 in [false, true] {
        for broker in 1..=3 {
            let mut setup = transactional();
            setup.version.tv2 = tv2;
            setup.topic.min_insync_replicas = 2;
            setup.producer.transaction_abort_every = 5;
            let mut crash = scenario(setup, 60);
            let target = Target::Broker(BrokerId(broker));
            crash.faults = vec![passing(5_000, FaultKind::ProcessCrash, target, 10_000)];
            let play = Play::of(crash);
            assert_eq!(play.invariants.violations(), [], "tv2 {tv2}, broker {broker}");
            assert_eq!(play.count(Category::Lost), 0);
            assert_eq!(play.count(Category::Duplicated), 0);
            let read = play.count(Category::Polled) + play.count(Category::Aborted);
            let acked = play.count(Category::Acked);
            assert!(acked - 1_000 < read, "tv2 {tv2}, broker {broker}: {read} of {acked} are read or void");
        }
    }
}

/// The invariants that a run breaks without one check of the protocol.
fn broken_without(check: Check, setup: Setup) -> BTreeSet<u8> {
    let scenario = scenario(setup, 10);
    let world = World::new(&scenario).with_checks(Checks::default().without(check));
    let play = Play::in_world(scenario, world);
    play.invariants.violations().iter().map(|violation| violation.invariant.number()).collect()
}

/// P-TLA-07: each check of transactions that readers depend on is missed when it is not there.
#[test]
fn without_a_check_readers_see_what_is_void_or_not_decided() {
    let mut setup = transactional();
    setup.producer.transaction_abort_every = 2;
    for (check, invariant) in [(Check::SkipAborted, 31), (Check::ReadBelowLastStable, 31), (Check::MarkerCommitted, 33)]
    {
        let broken = broken_without(check, setup.clone());
        assert!(broken.contains(&invariant), "{} breaks {broken:?}", check.name());
    }
}
