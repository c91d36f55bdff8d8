//! The coordinator alone: requests in, actions out.

mod expiry;
mod modern;
mod static_members;

use super::*;
use crate::message::{JoinGroupRequest, OffsetFetchRequest, SyncGroupRequest};
use crate::node::{Channel, Effect};
use crate::stage::Stage;
use crate::store::Batch;
use highwater_model::presets::Preset;
use highwater_model::trace::Entry;
use highwater_model::{BrokerId, NodeId};

const KIND: u16 = 9;

/// A coordinator, and its log.
struct Play {
    stage: Stage,
    coordinator: Coordinator,
    /// The group's partition, as places in its history.
    log: Vec<u32>,
    told: Vec<Entry>,
}

impl Play {
    fn new(consumers: u8) -> Self {
        let mut setup = Preset::Payments.setup();
        setup.workload.consumers = consumers;
        setup.topic.partitions = 4;
        Self { stage: Stage::of(setup), coordinator: Coordinator::new(KIND), log: Vec::new(), told: Vec::new() }
    }

    /// A coordinator of an empty group.
    fn empty() -> Self {
        let mut play = Self::new(2);
        play.load();
        play
    }

    /// A coordinator of a group in the middle of normal life.
    fn steady(consumers: u8) -> Self {
        let mut play = Self::new(consumers);
        play.begin();
        play
    }

    fn begin(&mut self) {
        for append in
            Beginning::steady(&self.stage.setup, &self.stage.layout).log(&self.stage.setup, &mut self.stage.store)
        {
            self.write(append);
        }
        self.load();
        self.stage.now = Instant::from_millis(1_000);
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Coordinator, &mut Context) -> T) -> T {
        let mut context = self.stage.context();
        let result = work(&mut self.coordinator, &mut context);
        self.told.append(&mut self.stage.out.told);
        result
    }

    fn write(&mut self, append: Append) {
        let partition = group_partition(&self.stage.layout);
        let base = self.log.last().map_or(0, |place| self.stage.store.batch(partition, *place).end());
        let batch = Batch {
            base,
            appended: self.stage.now,
            count: append.records,
            bytes: append.bytes,
            leader_epoch: 0,
            sequence: None,
            body: append.body,
        };
        self.log.push(self.stage.store.append(partition, batch));
    }

    fn load(&mut self) {
        self.coordinator.topic_has(self.stage.layout.data_partitions);
        let partition = group_partition(&self.stage.layout);
        let log = self.log.clone();
        self.with(|coordinator, context| coordinator.load(partition, log.into_iter(), context));
    }

    fn connection(consumer: u8) -> Connection {
        Connection {
            client: NodeId::Consumer(consumer),
            server: NodeId::Broker(BrokerId(1)),
            channel: Channel::Coordinator,
        }
    }

    fn ask(&mut self, consumer: u8, request: Request) -> Actions {
        self.with(|coordinator, context| coordinator.on_request(Self::connection(consumer), request, context))
    }

    /// Asks, and lets every append be committed at once.
    fn ask_all(&mut self, consumer: u8, request: Request) -> Vec<(u8, Response)> {
        let actions = self.ask(consumer, request);
        self.settle(actions)
    }

    fn settle(&mut self, actions: Actions) -> Vec<(u8, Response)> {
        let mut replies = Vec::new();
        for action in actions {
            match action {
                Action::Reply { connection, response } => {
                    let NodeId::Consumer(consumer) = connection.client else { panic!("only consumers ask") };
                    replies.push((consumer, response));
                }
                Action::Append { append, ticket, .. } => {
                    self.write(append);
                    let done = self.with(|coordinator, context| coordinator.appended(ticket, Ok(0), context));
                    replies.extend(self.settle(done));
                }
            }
        }
        replies
    }

    fn join(&mut self, consumer: u8, member: Option<u32>) -> Vec<(u8, Response)> {
        self.join_as(consumer, member, None)
    }

    fn join_as(&mut self, consumer: u8, member: Option<u32>, instance: Option<u8>) -> Vec<(u8, Response)> {
        let consumer_settings = &self.stage.setup.consumer;
        let assignors = offered(consumer_settings.partition_assignment_strategy);
        let request = JoinGroupRequest {
            member,
            instance: instance.map(InstanceId),
            subscription: Subscription { assignors, owned: Vec::new(), generation: -1 },
            consumer,
            session_timeout: Duration::from_millis(u64::from(consumer_settings.session_timeout_ms)),
            rebalance_timeout: Duration::from_millis(u64::from(consumer_settings.max_poll_interval_ms)),
        };
        self.ask_all(consumer, Request::JoinGroup(Box::new(request)))
    }

    /// Joins without an id, is given one, and joins with it.
    fn enter(&mut self, consumer: u8) -> (u32, Vec<(u8, Response)>) {
        let replies = self.join(consumer, None);
        let [(_, Response::JoinGroup(Err(JoinError { error: Error::MemberIdRequired, member: Some(id) })))] =
            replies[..]
        else {
            panic!("an id is given first: {replies:?}")
        };
        (id, self.join(consumer, Some(id)))
    }

    fn heartbeat(&mut self, consumer: u8, member: u32, generation: i32) -> Result<(), Error> {
        let replies = self.ask_all(consumer, Request::Heartbeat(MemberRef { member, generation, instance: None }));
        let [(_, Response::Heartbeat(result))] = replies[..] else { panic!("{replies:?}") };
        result
    }

    fn commit_request(member: u32, generation: i32, offset: u64) -> Request {
        let offset = CommittedOffset { partition: PartitionId(0), offset, leader_epoch: 3 };
        let member = MemberRef { member, generation, instance: None };
        Request::OffsetCommit(Box::new(OffsetCommitRequest {
            member: Some(member),
            offsets: [offset].into_iter().collect(),
        }))
    }

    fn commit(&mut self, member: u32, generation: i32, offset: u64) -> Result<(), Error> {
        let replies = self.ask_all(member as u8, Self::commit_request(member, generation, offset));
        let [(_, Response::OffsetCommit(result))] = replies[..] else { panic!("{replies:?}") };
        result
    }

    fn committed(&mut self) -> Option<u64> {
        let asked = [PartitionId(0)].into_iter().collect();
        let request = OffsetFetchRequest { member: None, partitions: asked };
        let replies = self.ask_all(1, Request::OffsetFetch(Box::new(request)));
        let [(_, Response::OffsetFetch(Ok(offsets)))] = &replies[..] else { panic!("{replies:?}") };
        offsets[0].map(|offset| offset.offset)
    }

    /// Time passes; the timer fires as often as it was asked for.
    fn wait(&mut self, ms: u64) -> Vec<(u8, Response)> {
        let end = self.stage.now + Duration::from_millis(ms);
        let mut replies = Vec::new();
        loop {
            let due = self.stage.out.effects.iter().filter_map(|effect| match effect {
                Effect::Timer { at, timer, .. } if timer.kind == KIND => Some(*at),
                _ => None,
            });
            let Some(at) = due.filter(|at| *at <= end).min() else { break };
            self.stage.out.effects.retain(|effect| !matches!(effect, Effect::Timer { at: other, .. } if *other == at));
            self.stage.now = self.stage.now.max(at);
            let actions = self.with(|coordinator, context| coordinator.on_timer(context));
            replies.extend(self.settle(actions));
        }
        self.stage.now = end;
        replies
    }

    fn sync(
        &mut self,
        consumer: u8,
        member: MemberRef,
        assignments: Vec<(u32, Vec<PartitionId>)>,
    ) -> Vec<(u8, Response)> {
        self.ask_all(consumer, Request::SyncGroup(Box::new(SyncGroupRequest { member, assignments })))
    }
}

/// Who was told about joining, in which generation, and how many members it was told of.
fn joined(replies: &[(u8, Response)]) -> Vec<(u8, i32, usize)> {
    let one = |(consumer, response): &(u8, Response)| match response {
        Response::JoinGroup(Ok(joined)) => Some((*consumer, joined.generation, joined.members.len())),
        _ => None,
    };
    replies.iter().filter_map(one).collect()
}

#[test]
fn r_739_the_group_lives_in_the_partition_of_its_hash() {
    let play = Play::new(1);
    // "app".hashCode() is 96801; modulo 50 partitions that is 1.
    assert_eq!(group_partition(&play.stage.layout), play.stage.layout.offsets_partition(1));
}

#[test]
fn r_733_an_empty_group_waits_for_more_members() {
    let mut play = Play::empty();
    let (first, replies) = play.enter(1);
    assert!(replies.is_empty(), "the first member waits for the initial delay");
    play.wait(1_000);
    let (_, replies) = play.enter(2);
    assert!(replies.is_empty());
    // A member arrived in the first 3 s: they are waited for once more, and then the generation begins.
    assert!(play.wait(2_500).is_empty());
    let replies = play.wait(3_000);
    assert_eq!(joined(&replies), [(1, 1, 2), (2, 1, 0)], "the first is the leader and learns of both");
    let member = MemberRef { member: first, generation: 1, instance: None };
    assert_eq!(play.heartbeat(1, member.member, 1), Ok(()));
}

#[test]
fn r_739_the_assignment_is_written_down_before_anybody_has_it() {
    let mut play = Play::empty();
    let (id, _) = play.enter(1);
    play.wait(3_100);
    let assignments = vec![(id, vec![PartitionId(0), PartitionId(1)])];
    let member = MemberRef { member: id, generation: 1, instance: None };
    let request = Request::SyncGroup(Box::new(SyncGroupRequest { member, assignments }));
    let actions = play.ask(1, request);
    let [Action::Append { append: Append { body: Body::Group(group), .. }, ticket, .. }] = actions[..] else {
        panic!("{actions:?}")
    };
    let GroupRecord::Classic(record) = play.stage.store.group(group) else { panic!("a classic group") };
    assert_eq!((record.members[0].id, record.members[0].assignment.len()), (id, 2));
    let actions = play.with(|coordinator, context| coordinator.appended(ticket, Ok(0), context));
    assert!(matches!(&actions[..], [Action::Reply { response: Response::SyncGroup(Ok(mine)), .. }] if mine.len() == 2));
    assert!(play.told.contains(&Entry::RebalanceCompleted { generation: 1, members: 1 }));
}

#[test]
fn r_733_a_newcomer_makes_all_members_join_again() {
    let mut play = Play::steady(2);
    let (_, replies) = play.enter(3);
    assert!(replies.is_empty());
    assert_eq!(play.heartbeat(1, 1, 1), Err(Error::RebalanceInProgress));
    assert!(play.join(1, Some(1)).is_empty());
    let replies = play.join(2, Some(2));
    assert_eq!(joined(&replies), [(1, 2, 3), (2, 2, 0), (3, 2, 0)]);

    // Whoever syncs waits for the leader's assignment, and then all have theirs.
    let member = |member| MemberRef { member, generation: 2, instance: None };
    assert!(play.sync(2, member(2), Vec::new()).is_empty());
    let assignments = vec![(1, vec![PartitionId(0)]), (2, vec![PartitionId(1)])];
    let replies = play.sync(1, member(1), assignments);
    let share = |(consumer, response): &(u8, Response)| match response {
        Response::SyncGroup(Ok(partitions)) => (*consumer, partitions[0].0),
        other => panic!("{other:?}"),
    };
    assert_eq!(replies.iter().map(share).collect::<Vec<_>>(), [(1, 0), (2, 1)]);
    assert_eq!(play.heartbeat(1, 1, 2), Ok(()), "stable again");
}

#[test]
fn r_733_who_waits_for_an_assignment_joins_again_when_another_comes() {
    let mut play = Play::steady(2);
    play.join(1, Some(1));
    play.enter(3);
    play.join(2, Some(2));
    let member = MemberRef { member: 2, generation: 2, instance: None };
    assert!(play.sync(2, member, Vec::new()).is_empty());
    let (_, replies) = play.enter(4);
    let again = |(consumer, response): &(u8, Response)| {
        *consumer == 2 && matches!(response, Response::SyncGroup(Err(Error::RebalanceInProgress)))
    };
    assert!(replies.iter().any(again), "{replies:?}");
}

#[test]
fn r_733_who_does_not_join_in_time_is_left_behind() {
    let mut play = Play::steady(2);
    play.enter(3);
    play.join(1, Some(1));
    // Member 2 lives, but its application does not poll for max.poll.interval.ms.
    let mut replies = Vec::new();
    for _ in 0..16 {
        let _ = play.heartbeat(2, 2, 1);
        replies.extend(play.wait(20_000));
    }
    assert_eq!(joined(&replies), [(1, 2, 2), (3, 2, 0)]);
    assert_eq!(play.heartbeat(2, 2, 1), Err(Error::UnknownMemberId));
}

#[test]
fn r_731_a_silent_member_is_removed_when_its_session_ends() {
    let mut play = Play::steady(2);
    for _ in 0..4 {
        play.wait(11_000);
        assert_eq!(play.heartbeat(1, 1, 1), Ok(()), "44 s after the start both sessions hold");
    }
    play.wait(2_000);
    assert_eq!(play.heartbeat(1, 1, 1), Err(Error::RebalanceInProgress), "member 2 was silent for 45 s");
    assert_eq!(joined(&play.join(1, Some(1))), [(1, 2, 1)]);
}

#[test]
fn r_732_leaving_is_noticed_at_once() {
    let mut play = Play::steady(2);
    let left = MemberRef { member: 2, generation: 1, instance: None };
    let replies = play.ask_all(2, Request::LeaveGroup(left));
    assert!(matches!(replies[..], [(2, Response::LeaveGroup(Ok(())))]));
    assert_eq!(play.heartbeat(1, 1, 1), Err(Error::RebalanceInProgress));
}

#[test]
fn the_last_member_leaves_an_empty_group_behind() {
    let mut play = Play::steady(1);
    play.ask_all(1, Request::LeaveGroup(MemberRef { member: 1, generation: 1, instance: None }));
    assert!(play.told.contains(&Entry::RebalanceCompleted { generation: 2, members: 0 }));
    let Body::Group(group) =
        play.stage.store.batch(group_partition(&play.stage.layout), *play.log.last().unwrap()).body
    else {
        panic!("the empty group is written down")
    };
    assert!(matches!(play.stage.store.group(group), GroupRecord::Classic(record) if record.members.is_empty()));
}

#[test]
fn r_719_commits_of_another_generation_are_refused() {
    let mut play = Play::steady(2);
    assert_eq!(play.commit(1, 1, 10), Ok(()));
    assert_eq!(play.commit(1, 0, 11), Err(Error::IllegalGeneration));
    assert_eq!(play.commit(77, 1, 11), Err(Error::UnknownMemberId));
    assert_eq!(play.committed(), Some(10));
    assert!(play.told.contains(&Entry::OffsetCommitted { consumer: 1, partition: PartitionId(0), offset: 10 }));
}

#[cfg(feature = "mutants")]
#[test]
fn without_commit_generation_a_zombie_moves_the_offset() {
    let mut play = Play::steady(2);
    play.stage.leave_out(crate::checks::Check::CommitGeneration);
    assert_eq!(play.commit(1, 0, 11), Ok(()));
    assert_eq!(play.committed(), Some(11));
}

#[test]
fn r_719_no_commit_between_joining_and_the_assignment() {
    let mut play = Play::steady(1);
    assert_eq!(joined(&play.join(1, Some(1))), [(1, 2, 1)], "the leader joins again");
    assert_eq!(play.commit(1, 2, 10), Err(Error::RebalanceInProgress));
}

#[test]
fn r_735_a_rebalance_that_begins_still_takes_commits() {
    let mut play = Play::steady(2);
    play.enter(3);
    assert_eq!(play.commit(1, 1, 10), Ok(()));
}

#[test]
fn r_717_a_commit_is_answered_when_it_is_committed() {
    let mut play = Play::steady(1);
    let actions = play.ask(1, Play::commit_request(1, 1, 10));
    let [Action::Append { ticket, .. }] = actions[..] else { panic!("{actions:?}") };
    assert_eq!(play.committed(), Some(0), "not replicated yet");
    let actions = play.with(|coordinator, context| coordinator.appended(ticket, Ok(2), context));
    assert!(matches!(actions[..], [Action::Reply { response: Response::OffsetCommit(Ok(())), .. }]));
    assert_eq!(play.committed(), Some(10));
}

#[test]
fn r_717_failed_appends_have_the_coordinators_names() {
    let answer = |error| {
        let mut play = Play::steady(1);
        let actions = play.ask(1, Play::commit_request(1, 1, 10));
        let [Action::Append { ticket, .. }] = actions[..] else { panic!("{actions:?}") };
        let actions = play.with(|coordinator, context| coordinator.appended(ticket, Err(error), context));
        let [Action::Reply { response: Response::OffsetCommit(result), .. }] = actions[..] else { panic!() };
        (result, play.committed())
    };
    assert_eq!(answer(Error::NotEnoughReplicas), (Err(Error::CoordinatorNotAvailable), Some(0)));
    assert_eq!(answer(Error::NotLeaderOrFollower), (Err(Error::NotCoordinator), Some(0)));
    // It is in the log: a client that gives up finds it there all the same.
    assert_eq!(answer(Error::RequestTimedOut), (Err(Error::CoordinatorNotAvailable), Some(10)));
}

#[test]
fn r_739_the_next_leader_knows_what_the_log_holds() {
    let mut play = Play::steady(2);
    assert_eq!(play.commit(1, 1, 10), Ok(()));
    let partition = group_partition(&play.stage.layout);
    play.with(|coordinator, context| coordinator.unload(partition, context));
    assert_eq!(play.heartbeat(1, 1, 1), Err(Error::NotCoordinator));

    play.coordinator = Coordinator::new(KIND);
    play.load();
    assert_eq!(play.heartbeat(1, 1, 1), Ok(()), "heartbeats are welcome while the log is read");
    assert_eq!(play.commit(1, 1, 11), Err(Error::CoordinatorLoadInProgress));
    play.wait(10);
    assert_eq!(play.commit(1, 1, 11), Ok(()), "members keep their generation");
    assert_eq!(play.committed(), Some(11));
}

#[test]
fn who_waits_is_sent_away_when_the_leadership_ends() {
    let mut play = Play::steady(2);
    play.join(1, Some(1));
    play.ask(2, Play::commit_request(2, 1, 5));
    let partition = group_partition(&play.stage.layout);
    let actions = play.with(|coordinator, context| coordinator.unload(partition, context));
    let replies = play.settle(actions);
    let refused = |response: &Response| {
        matches!(
            response,
            Response::OffsetCommit(Err(Error::NotCoordinator))
                | Response::JoinGroup(Err(JoinError { error: Error::NotCoordinator, .. }))
        )
    };
    assert_eq!(replies.len(), 2);
    assert!(replies.iter().all(|(_, response)| refused(response)));
}

#[test]
fn a_new_connection_does_not_hear_an_old_answer() {
    let mut play = Play::steady(2);
    play.join(1, Some(1));
    play.coordinator.on_lost(Play::connection(1));
    let replies = play.join(2, Some(2));
    assert_eq!(joined(&replies), [(2, 2, 0)], "member 1 counts as joined, but its answer has nowhere to go");
}
