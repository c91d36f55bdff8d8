//! Brokers come and go: sessions, registration, shutdown (R-501..R-509, R-531, R-543).

use super::network::{Network, broker, controller};
use highwater_model::presets::Preset;
use highwater_model::trace::{ChangeCause, Entry, Error};
use highwater_model::{BrokerId, Setup};

fn setup() -> Setup {
    Preset::Payments.setup()
}

fn fenced(n: u8) -> impl Fn(&Entry) -> bool {
    move |entry| matches!(entry, Entry::Fenced { broker } if broker.0 == n)
}

fn unfenced(n: u8) -> impl Fn(&Entry) -> bool {
    move |entry| matches!(entry, Entry::Unfenced { broker } if broker.0 == n)
}

fn registered(n: u8) -> impl Fn(&Entry) -> bool {
    move |entry| matches!(entry, Entry::Registered { broker, .. } if broker.0 == n)
}

/// Lab fact 1: 7.2 to 9.1 s after a kill.
#[test]
fn r_503_a_dead_broker_is_fenced_seven_to_nine_seconds_later() {
    for seed in 0..20 {
        let mut network = Network::new(&setup(), seed);
        network.run_until(20_000);
        network.crash_broker(2);
        network.run_until(32_000);
        let after = network.when(20_000, fenced(2)).expect("it is fenced") - 20_000;
        assert!((6_950..=9_100).contains(&after), "seed {seed}: {after} ms");
        let led = network.told.iter().filter(|(_, entry)| {
            matches!(entry, Entry::PartitionChanged { leader: Some(leader), cause: ChangeCause::Fenced, .. } if leader.0 == 2)
        });
        assert_eq!(led.count(), 0, "it leads nothing any more (R-505)");
        assert!(network.controllers[0].image().partitions().all(|(_, state)| !state.isr.contains(BrokerId(2))));
    }
}

#[test]
fn r_503_brokers_that_died_together_are_fenced_one_after_another_oldest_contact_first() {
    let mut network = Network::new(&setup(), 4);
    network.run_until(20_000);
    network.crash_broker(1);
    network.crash_broker(2);
    network.crash_broker(3);
    network.run_until(40_000);
    let times: Vec<_> = (1..=3).map(|n| network.when(20_000, fenced(n)).expect("fenced")).collect();
    let image = network.controllers[0].image();
    assert!(image.partitions().all(|(_, state)| state.leader.is_none()));
    let last = (1..=3).max_by_key(|n| times[usize::from(*n) - 1]).unwrap();
    let lead_last = network.told.iter().rev().find_map(|(_, entry)| match entry {
        Entry::PartitionChanged { last_known, .. } => *last_known,
        _ => None,
    });
    assert_eq!(lead_last, Some(BrokerId(last)), "whose session ended last led last");
}

/// Lab fact 2.
#[test]
fn r_507_a_restarted_broker_cannot_register_until_its_old_session_ends() {
    let mut network = Network::new(&setup(), 6);
    network.run_until(20_000);
    network.crash_broker(2);
    network.start_broker(2);
    network.run_until(35_000);
    assert!(network.broker(2).registration_errors.contains(&Error::DuplicateBrokerRegistration));
    let fenced = network.when(20_000, fenced(2)).expect("the old process is fenced");
    let registered = network.when(20_000, registered(2)).expect("the new one registers");
    let unfenced = network.when(20_000, unfenced(2)).expect("and is unfenced");
    assert!(26_950 <= fenced && fenced <= registered && registered <= unfenced, "{fenced} {registered} {unfenced}");
    assert!(unfenced < 30_000, "soon: {unfenced}");
}

#[test]
fn r_507_a_broker_that_stopped_in_order_registers_at_once() {
    let mut network = Network::new(&setup(), 6);
    network.run_until(20_000);
    network.stop_broker(2);
    network.run_until(25_000);
    assert!(!network.broker(2).up);
    network.start_broker(2);
    network.run_until(26_000);
    assert!(network.broker(2).registration_errors.is_empty());
    assert!(network.when(25_000, unfenced(2)).is_some());
    let clean = network.told.iter().find_map(|(_, entry)| match entry {
        Entry::Registered { clean, .. } => Some(*clean),
        _ => None,
    });
    assert_eq!(clean, Some(true));
}

#[test]
fn r_531_controlled_shutdown_moves_leaders_before_the_broker_stops() {
    let mut network = Network::new(&setup(), 7);
    network.run_until(20_000);
    network.stop_broker(1);
    while network.broker(1).up {
        let next = network.now.as_millis() + 10;
        network.run_until(next);
        assert!(next < 24_500, "it waits for a heartbeat of each other broker, and for its own next");
    }
    let last_move = network
        .told
        .iter()
        .filter(|(_, entry)| matches!(entry, Entry::PartitionChanged { cause: ChangeCause::Shutdown, .. }));
    let last_move = last_move.map(|(at, _)| *at).max().expect("leaders move");
    assert!(last_move.as_millis() < 20_100, "leaders move at once");
    assert!(last_move < network.now);
    for broker in [2, 3] {
        let image = &network.broker(broker).image;
        assert!(image.partitions().all(|(_, state)| state.leader != Some(BrokerId(1))), "all others have read it");
    }
    assert!(network.when(20_000, fenced(1)).is_some());
}

/// A broker that cannot read the metadata log would not know the new leaders; the one that stops waits for it.
#[test]
fn r_531_a_stopping_broker_waits_for_readers_that_lag() {
    let mut network = Network::new(&setup(), 7);
    network.run_until(20_000);
    network.cut(broker(3), controller(1));
    network.stop_broker(1);
    network.run_until(24_000);
    assert!(network.broker(1).up);
    network.run_until(40_000);
    assert!(!network.broker(1).up, "until that broker is fenced");
}

#[test]
fn r_543_after_a_failover_every_broker_has_a_fresh_session() {
    let mut network = Network::new(&setup(), 8);
    network.run_until(20_000);
    network.crash_broker(2);
    network.crash(1);
    network.run_until(40_000);
    let elected = network.when(20_000, |entry| matches!(entry, Entry::ControllerElected { .. })).expect("elected");
    let fenced = network.when(20_000, fenced(2)).expect("fenced");
    assert!((8_990..=9_100).contains(&(fenced - elected)), "{}", fenced - elected);
    assert_eq!(network.when(20_000, unfenced(1)), None);
}

#[test]
fn r_516_an_answer_waits_until_its_records_are_committed() {
    let mut network = Network::new(&setup(), 8);
    network.run_until(20_000);
    network.propose(1, 0, &[1, 2]);
    network.run_until(20_020);
    assert!(network.broker(1).altered.is_empty(), "the linger alone takes 25 ms");
    network.run_until(20_050);
    assert_eq!(network.broker(1).altered, [Ok(vec!["p1 [b1 b2]".to_owned()])]);
}

#[test]
fn a_controller_that_does_not_lead_names_the_leader() {
    let mut network = Network::new(&setup(), 8);
    network.run_until(20_000);
    network.cut(broker(1), controller(1));
    network.run_until(23_000);
    network.heal();
    network.run_until(26_000);
    let end = network.controllers[0].image().offset;
    assert!(end <= network.broker(1).image.offset + 2, "it tried another controller and was sent back to the leader");
}
