//! Committed offsets end.

use super::*;

/// A group whose only member leaves at 1 s; offsets live for two minutes, and are looked through every ten seconds.
fn left() -> Play {
    let mut play = Play::new(1);
    play.stage.setup.cluster.offsets_retention_minutes = 2;
    play.stage.setup.cluster.offsets_retention_check_interval_ms = 10_000;
    play.begin();
    assert_eq!(play.commit(1, 1, 10), Ok(()));
    play.ask_all(1, Request::LeaveGroup(MemberRef { member: 1, generation: 1, instance: None }));
    play
}

fn move_coordinator(play: &mut Play) {
    let partition = group_partition(&play.stage.layout);
    play.with(|coordinator, context| coordinator.unload(partition, context));
    play.coordinator = Coordinator::new(KIND);
    play.load();
    play.wait(10);
}

#[test]
fn r_718_offsets_outlive_their_group_for_their_retention() {
    let mut play = left();
    play.wait(115_000);
    assert_eq!(play.committed(), Some(10));
    play.wait(20_000);
    assert_eq!(play.committed(), None);
    assert!(play.told.contains(&Entry::OffsetExpired { partition: PartitionId(0) }));
    move_coordinator(&mut play);
    assert_eq!(play.committed(), None, "that is written down");
}

#[test]
fn r_718_offsets_of_a_living_group_stay() {
    let mut play = Play::new(1);
    play.stage.setup.cluster.offsets_retention_minutes = 1;
    play.stage.setup.cluster.offsets_retention_check_interval_ms = 1_000;
    play.begin();
    assert_eq!(play.commit(1, 1, 10), Ok(()));
    for _ in 0..20 {
        play.wait(10_000);
        let _ = play.heartbeat(1, 1, 1);
    }
    assert_eq!(play.committed(), Some(10));
}

#[test]
fn p_inc_08_a_coordinator_move_ends_no_offset_early() {
    let mut play = left();
    play.wait(60_000);
    move_coordinator(&mut play);
    play.wait(50_000);
    assert_eq!(play.committed(), Some(10));
    play.wait(30_000);
    assert_eq!(play.committed(), None);
}

#[cfg(feature = "mutants")]
#[test]
fn without_offset_expiry_offsets_vanish_after_a_coordinator_move() {
    let mut play = left();
    play.wait(60_000);
    play.stage.leave_out(crate::checks::Check::OffsetExpiry);
    play.stage.now = Instant::from_millis(125_000); // past the retention, counted from the beginning of time
    move_coordinator(&mut play);
    play.wait(11_000);
    assert_eq!(play.committed(), None, "KAFKA-8069");
}
