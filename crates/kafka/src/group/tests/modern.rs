//! Groups of the new protocol (R-737, KIP-848).

use super::*;
use crate::message::{ConsumerGroupHeartbeatAnswer, ConsumerGroupHeartbeatRequest, LEAVE_EPOCH, LEAVE_STATIC_EPOCH};
use highwater_model::trace::MemberState;

type Answer = Result<ConsumerGroupHeartbeatAnswer, Error>;

fn group(consumers: u8, change: impl FnOnce(&mut Setup)) -> Play {
    let mut play = Play::new(consumers);
    play.stage.setup.consumer.group_protocol = GroupProtocol::Consumer;
    play.stage.setup.topic.partitions = 9;
    change(&mut play.stage.setup);
    play.stage = Stage::of(play.stage.setup);
    play.begin();
    play
}

/// Partitions by number.
fn list(partitions: &[u16]) -> Vec<PartitionId> {
    partitions.iter().copied().map(PartitionId).collect()
}

impl Play {
    fn beat(&mut self, consumer: u8, epoch: i32, owned: Option<&[u16]>) -> Answer {
        self.beat_as((consumer, u32::from(consumer), None), epoch, owned)
    }

    fn beat_as(
        &mut self,
        (consumer, member, instance): (u8, u32, Option<u8>),
        epoch: i32,
        owned: Option<&[u16]>,
    ) -> Answer {
        let request = ConsumerGroupHeartbeatRequest {
            member,
            epoch,
            instance: instance.map(InstanceId),
            consumer,
            terms: (epoch == 0).then(|| member_terms(&self.stage.setup)),
            owned: owned.map(list),
        };
        let replies = self.ask_all(consumer, Request::ConsumerGroupHeartbeat(Box::new(request)));
        let [(_, Response::ConsumerGroupHeartbeat(answer))] = &replies[..] else { panic!("{replies:?}") };
        answer.clone().map(|answer| *answer)
    }

    fn state(&self, consumer: u8) -> (i32, MemberState, Vec<PartitionId>) {
        let member = self.coordinator.modern_members().find(|member| member.consumer == consumer).expect("a member");
        (member.epoch, member.state, member.assigned.to_vec())
    }
}

/// What a heartbeat is told: an epoch, and partitions where they are news.
#[track_caller]
fn check(answer: Answer, epoch: i32, assignment: Option<&[u16]>) {
    let answer = answer.expect("a good heartbeat");
    assert_eq!((answer.epoch, answer.assignment), (epoch, assignment.map(list)));
}

#[test]
fn r_737_p_cons_09_partitions_move_one_member_at_a_time() {
    use MemberState::{Stable, UnreleasedPartitions, UnrevokedPartitions};
    // Partitions 0 to 5 are foo-0 to foo-5, 6 to 8 are bar-0 to bar-2; the epoch before is 1 rather than 10.
    let mut play = group(2, |_| ());
    play.coordinator.plan(vec![(1, list(&[0, 1, 2, 6, 7])), (2, list(&[3, 4, 5, 8]))]);
    play.beat(3, 0, Some(&[])).unwrap(); // brings that about: the group is at epoch 2 with a third member
    play.beat(3, LEAVE_EPOCH, None).unwrap();
    play.coordinator.plan(vec![(1, list(&[0, 1, 2, 6, 7])), (2, list(&[3, 4, 5, 8]))]);
    for _ in 0..3 {
        for consumer in [1, 2] {
            let (epoch, _, assigned) = play.state(consumer);
            let owned: Vec<u16> = assigned.iter().map(|partition| partition.0).collect();
            play.beat(consumer, epoch, Some(&owned)).unwrap();
        }
    }
    let base = 3;
    assert_eq!(play.state(1), (base, Stable, list(&[0, 1, 2, 6, 7])));
    assert_eq!(play.state(2), (base, Stable, list(&[3, 4, 5, 8])));

    play.coordinator.plan(vec![(1, list(&[0, 1, 6])), (2, list(&[2, 3, 8])), (3, list(&[4, 5, 7]))]);
    check(play.beat(3, 0, Some(&[])), base + 1, Some(&[]));
    assert_eq!(play.state(3), (base + 1, UnreleasedPartitions, list(&[])));
    check(play.beat(1, base, None), base, Some(&[0, 1, 6]));
    assert_eq!(play.state(1).1, UnrevokedPartitions);
    check(play.beat(2, base, None), base, Some(&[3, 8]));
    check(play.beat(3, base + 1, None), base + 1, None);
    check(play.beat(1, base, Some(&[0, 1, 6])), base + 1, None);
    assert_eq!(play.state(1), (base + 1, Stable, list(&[0, 1, 6])));
    check(play.beat(3, base + 1, None), base + 1, Some(&[7]));
    assert_eq!(play.state(3).1, UnreleasedPartitions);
    check(play.beat(2, base, None), base, None);
    check(play.beat(2, base, Some(&[3, 8])), base + 1, Some(&[2, 3, 8]));
    assert_eq!(play.state(2).1, Stable);
    check(play.beat(3, base + 1, None), base + 1, Some(&[4, 5, 7]));
    assert_eq!(play.state(3), (base + 1, Stable, list(&[4, 5, 7])));
}

#[test]
fn r_737_p_cons_10_a_silent_member_is_removed_when_its_session_ends() {
    let mut play = group(1, |_| ());
    play.beat(1, LEAVE_EPOCH, None).unwrap();
    check(play.beat(1, 0, Some(&[])), 3, Some(&[0, 1, 2, 3, 4, 5, 6, 7, 8]));
    play.wait(44_999);
    assert_eq!(play.coordinator.modern_members().count(), 1);
    play.wait(1);
    assert_eq!(play.coordinator.modern_members().count(), 0);
    assert_eq!(play.coordinator.generation(), Some(4), "the group epoch");
    assert_eq!(play.beat(1, 3, None), Err(Error::UnknownMemberId));
}

#[test]
fn r_737_who_does_not_give_up_in_time_is_removed() {
    let mut play = group(1, |setup| setup.consumer.max_poll_interval_ms = 20_000);
    check(play.beat(2, 0, Some(&[])), 2, Some(&[]));
    check(play.beat(1, 1, None), 1, Some(&[0, 1, 2, 3, 4]));
    for _ in 0..3 {
        play.wait(6_000);
        check(play.beat(1, 1, None), 1, None);
        play.beat(2, 2, None).unwrap();
    }
    play.wait(3_000);
    assert_eq!(play.beat(1, 1, None), Err(Error::UnknownMemberId), "it lives, but keeps what it should not");
    check(play.beat(2, 2, None), 3, Some(&[0, 1, 2, 3, 4, 5, 6, 7, 8]));
}

#[test]
fn r_719_commits_and_reads_need_the_member_epoch() {
    let mut play = group(2, |_| ());
    assert_eq!(play.commit(1, 1, 10), Ok(()));
    assert_eq!(play.commit(1, 0, 11), Err(Error::StaleMemberEpoch));
    assert_eq!(play.commit(7, 1, 11), Err(Error::UnknownMemberId));
    let stale = MemberRef { member: 1, generation: 0, instance: None };
    let request = OffsetFetchRequest { member: Some(stale), partitions: [PartitionId(0)].into_iter().collect() };
    let replies = play.ask_all(1, Request::OffsetFetch(Box::new(request)));
    assert!(matches!(replies[..], [(1, Response::OffsetFetch(Err(Error::StaleMemberEpoch)))]));
    assert_eq!(play.committed(), Some(10));
}

#[test]
fn lab_fact_16_a_commit_without_an_epoch_is_taken_while_the_group_is_empty() {
    let mut play = group(2, |_| ());
    play.beat(1, LEAVE_EPOCH, None).unwrap();
    assert_eq!(play.commit(1, -1, 10), Err(Error::UnknownMemberId), "another member is there");
    play.beat(2, LEAVE_EPOCH, None).unwrap();
    assert_eq!(play.commit(1, -1, 10), Ok(()));
}

#[test]
fn r_737_an_old_epoch_is_fenced_unless_it_is_the_one_before() {
    let mut play = group(1, |_| ());
    let all: Vec<u16> = (0..9).collect();
    check(play.beat(2, 0, Some(&[])), 2, Some(&[]));
    check(play.beat(1, 1, None), 1, Some(&[0, 1, 2, 3, 4]));
    check(play.beat(1, 1, Some(&[0, 1, 2, 3, 4])), 2, None);
    // The answer with the new epoch was lost.
    check(play.beat(1, 1, Some(&[0, 1, 2, 3, 4])), 2, None);
    assert_eq!(play.beat(1, 1, Some(&all)), Err(Error::FencedMemberEpoch));
    assert_eq!(play.beat(1, 1, None), Err(Error::FencedMemberEpoch));
    assert_eq!(play.beat(1, 7, None), Err(Error::FencedMemberEpoch));
}

#[test]
fn r_736_a_static_member_that_left_for_a_while_comes_back_to_its_partitions() {
    let mut play = group(2, |setup| setup.consumer.group_instance_id = InstanceIds::Own);
    assert_eq!(play.beat_as((3, 77, Some(1)), 0, Some(&[])), Err(Error::UnreleasedInstanceId), "it has not left");
    play.beat_as((1, 1, Some(1)), LEAVE_STATIC_EPOCH, None).unwrap();
    assert_eq!(play.coordinator.generation(), Some(1), "nobody else has to move");
    check(play.beat_as((3, 77, Some(1)), 0, Some(&[])), 1, Some(&[0, 1, 2, 3, 4]));
    assert_eq!(play.beat_as((1, 1, Some(1)), 1, None), Err(Error::FencedInstanceId));
    play.wait(46_000);
    assert_eq!(play.coordinator.modern_members().count(), 0);
}

#[test]
fn r_739_the_next_coordinator_knows_where_everybody_is() {
    let mut play = group(1, |_| ());
    check(play.beat(2, 0, Some(&[])), 2, Some(&[]));
    check(play.beat(1, 1, None), 1, Some(&[0, 1, 2, 3, 4]));
    let partition = group_partition(&play.stage.layout);
    play.with(|coordinator, context| coordinator.unload(partition, context));
    assert_eq!(play.beat(1, 1, None), Err(Error::NotCoordinator));
    play.coordinator = Coordinator::new(KIND);
    play.load();
    assert_eq!(play.beat(1, 1, None), Err(Error::CoordinatorLoadInProgress));
    play.wait(10);
    check(play.beat(1, 1, Some(&[0, 1, 2, 3, 4])), 2, None);
    check(play.beat(2, 2, None), 2, Some(&[5, 6, 7, 8]));
}

#[test]
fn a_change_that_cannot_be_written_has_not_happened() {
    let mut play = group(1, |_| ());
    let request = ConsumerGroupHeartbeatRequest {
        member: 2,
        epoch: 0,
        instance: None,
        consumer: 2,
        terms: Some(member_terms(&play.stage.setup)),
        owned: Some(Vec::new()),
    };
    let actions = play.ask(2, Request::ConsumerGroupHeartbeat(Box::new(request)));
    let [Action::Append { ticket, .. }] = actions[..] else { panic!("{actions:?}") };
    let refused = Err(Error::NotEnoughReplicas);
    let actions = play.with(|coordinator, context| coordinator.appended(ticket, refused, context));
    let [Action::Reply { response: Response::ConsumerGroupHeartbeat(Err(error)), .. }] = &actions[..] else { panic!() };
    assert_eq!(*error, Error::CoordinatorNotAvailable);
    assert_eq!(play.coordinator.modern_members().count(), 1);
    assert_eq!(play.coordinator.generation(), Some(1));
}

#[test]
fn an_empty_group_takes_up_the_protocol_of_who_joins() {
    let mut play = group(1, |_| ());
    let replies = play.join(2, None);
    let [(2, Response::JoinGroup(Err(refused)))] = replies[..] else { panic!("{replies:?}") };
    assert_eq!(refused.error, Error::InconsistentGroupProtocol);
    play.beat(1, LEAVE_EPOCH, None).unwrap();
    play.enter(2);
    assert_eq!(play.beat(1, 0, Some(&[])), Err(Error::GroupIdNotFound), "a classic group now");
}

#[cfg(feature = "mutants")]
#[test]
fn without_partition_released_a_partition_is_given_to_two() {
    let mut play = group(1, |_| ());
    play.stage.leave_out(crate::checks::Check::PartitionReleased);
    let answer = play.beat(2, 0, Some(&[])).unwrap();
    assert_eq!(answer.assignment.map(|given| given.len()), Some(4), "member 1 still reads them");
}
