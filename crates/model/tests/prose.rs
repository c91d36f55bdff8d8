//! How a run reads.

use expect_test::expect;
use highwater_model::presets::first_visit;
use highwater_model::prose::Prose;
use highwater_model::trace::{
    Api, ChangeCause, Content, Election, Entry, Error, MemberState, NodeState, Phase, ResetCause, Slice, UNKEYED,
};
use highwater_model::{BrokerId, BrokerSet, ControllerId, Duration, Instant, LaneId, NodeId, PartitionId};

const B1: BrokerId = BrokerId(1);
const B2: BrokerId = BrokerId(2);
const P0: PartitionId = PartitionId(0);
/// `__consumer_offsets-7`: the payments have 12 partitions.
const O7: PartitionId = PartitionId(19);

fn servers() -> Vec<Entry> {
    let c1 = ControllerId(1);
    let (isr, all) = (BrokerSet::only(B2), BrokerSet::only(B1).with(B2));
    let changed = |leader, last_known, election, cause| Entry::PartitionChanged {
        partition: P0,
        leader,
        leader_epoch: 4,
        partition_epoch: 9,
        isr,
        elr: BrokerSet::only(B1),
        last_known,
        election,
        cause,
    };
    vec![
        Entry::Fault { fault: 0, phase: Phase::Strikes, node: NodeId::Broker(B1) },
        Entry::Fault { fault: 0, phase: Phase::Ends, node: NodeId::Broker(B1) },
        Entry::Node { node: NodeId::Broker(B1), state: NodeState::Crashed },
        Entry::ControllerElected { controller: c1, epoch: 2 },
        Entry::ControllerResigned { controller: c1, epoch: 2 },
        Entry::Registered { broker: B1, epoch: 77, clean: false },
        Entry::Fenced { broker: B1 },
        Entry::Unfenced { broker: B1 },
        changed(Some(B2), None, Election::Clean, ChangeCause::Fenced),
        changed(None, Some(B2), Election::Leaderless, ChangeCause::UncleanRegistration),
        Entry::MetadataApplied { broker: B1, offset: 120 },
        Entry::Leads { broker: B2, partition: P0, leader_epoch: 4, start: 1_024, high_watermark: 1_020 },
        Entry::Follows { broker: B1, partition: P0, leader_epoch: 4, leader: Some(B2) },
        Entry::Appended {
            broker: B2,
            partition: P0,
            batch: 12,
            base: 1_024,
            count: 3,
            leader_epoch: 4,
            content: Content::Send(42),
        },
        Entry::Replicated { broker: B1, partition: P0, first: 11, last: 12, end: 1_027 },
        Entry::HighWatermark { broker: B2, partition: P0, to: 1_027, leading: true },
        Entry::Truncated { broker: B1, partition: P0, from: 1_030, to: 1_024 },
        Entry::LostUnflushed { broker: B1, partition: P0, from: 1_030, to: 1_000 },
        Entry::Flushed { broker: B1, partition: O7, to: 5, fsync: true },
        Entry::LogStart { broker: B1, partition: P0, to: 500 },
        Entry::IsrProposed { broker: B2, partition: P0, isr, maximal: all },
        Entry::IsrCommitted { broker: B2, partition: P0, isr: all, partition_epoch: 10 },
        Entry::IsrRejected { broker: B2, partition: P0, error: Error::InvalidUpdateVersion },
    ]
}

fn clients() -> Vec<Entry> {
    let records = Slice { partition: P0, batch: 12, skip: 0, count: 3 };
    vec![
        Entry::Refused { producer: 1, stream: P0, first: 17, count: 3 },
        Entry::Rejected { producer: 1, stream: UNKEYED, first: 17, count: 1, error: Error::BufferExhausted },
        Entry::Closed {
            send: 42,
            producer: 1,
            stream: P0,
            first: 17,
            count: 3,
            first_arrival: Instant::from_millis(2_100),
            arrival_span: Duration::from_millis(4),
        },
        Entry::Split { send: 43, of: 42, skip: 1, count: 2 },
        Entry::Attempted { send: 42, broker: B2, partition: P0, attempt: 1 },
        Entry::Retried { send: 42, error: Error::NotLeaderOrFollower },
        Entry::Acked { send: 42, offset: Some(1_024) },
        Entry::Failed { send: 42, error: Error::DeliveryTimedOut },
        Entry::SourceEnded { producer: 1, stream: P0, offered: 5_000, waiting: 12 },
        Entry::Polled { consumer: 2, records },
        Entry::Processed { consumer: 2, records },
        Entry::OffsetCommitted { consumer: 2, partition: P0, offset: 1_027 },
        Entry::CommitFailed { consumer: 2, error: Error::RebalanceInProgress },
        Entry::PositionReset { consumer: 2, partition: P0, from: Some(9), to: 0, cause: ResetCause::OutOfRange },
        Entry::Assigned { consumer: 2, partition: P0, generation: 3 },
        Entry::Revoked { consumer: 2, partition: P0 },
        Entry::RebalanceStarted { generation: 3 },
        Entry::RebalanceCompleted { generation: 4, members: 6 },
        Entry::MemberMoved { consumer: 2, epoch: 11, state: MemberState::UnreleasedPartitions },
        Entry::Granted { consumer: 2, partition: P0, epoch: 11 },
        Entry::Released { consumer: 2, partition: P0 },
        Entry::OffsetExpired { partition: P0 },
        Entry::RequestFailed {
            node: NodeId::Producer(1),
            api: Api::Produce,
            server: NodeId::Broker(B2),
            error: Error::NotEnoughReplicas,
        },
        Entry::Sent {
            packet: 900,
            from: NodeId::Broker(B1),
            to: NodeId::Broker(B2),
            api: Api::FetchFollower,
            response: false,
            bytes: 64,
        },
        Entry::Received { packet: 900 },
        Entry::Dropped { packet: 900 },
    ]
}

/// With a heading, because the golden's indentation is taken from its least indented line.
fn read(entries: Vec<Entry>) -> String {
    let prose = Prose::of(&first_visit().scenario(LaneId::A));
    let lines: String = entries.iter().map(|entry| prose.line(Instant(2_104_512_000), entry) + "\n").collect();
    format!("payments:\n{lines}")
}

#[test]
fn brokers_and_controllers_read_as_prose() {
    expect![[r#"
        payments:
           2.104 s  b1  struck by fault 1  crash
           2.104 s  b1  freed of fault 1  crash
           2.104 s  b1  crashed
           2.104 s  c1  is elected  epoch 2
           2.104 s  c1  resigns  epoch 2
           2.104 s  b1  is registered  broker epoch 77  after an unclean stop
           2.104 s  b1  is fenced
           2.104 s  b1  is unfenced
           2.104 s  payments-0  leader b2  epoch 4  partition epoch 9  isr [b2]  elr [b1]  election clean  by broker fenced
           2.104 s  payments-0  no leader  epoch 4  partition epoch 9  isr [b2]  elr [b1]  last known leader b2  election no leader  by unclean registration
           2.104 s  b1  applies metadata up to 120
           2.104 s  b2  leads payments-0  epoch 4  from 1024  hw 1020
           2.104 s  b1  follows payments-0  epoch 4  leader b2
           2.104 s  b2  appends payments-0  batch 12  offsets 1024..1026  epoch 4  send 42
           2.104 s  b1  replicates payments-0  batches 11..12  log end 1027
           2.104 s  b2  moves hw payments-0  to 1027  as leader
           2.104 s  b1  truncates payments-0  from 1030 to 1024
           2.104 s  b1  loses unflushed payments-0  from 1030 to 1000
           2.104 s  b1  flushes __consumer_offsets-7  to 5  by fsync
           2.104 s  b1  deletes payments-0  below 500
           2.104 s  b2  proposes isr payments-0  [b2]  maximal [b1 b2]
           2.104 s  b2  learns isr payments-0  [b1 b2]  partition epoch 10
           2.104 s  b2  is refused isr payments-0  INVALID_UPDATE_VERSION
    "#]].assert_eq(&read(servers()));
}

#[test]
fn clients_and_requests_read_as_prose() {
    expect![[r#"
        payments:
           2.104 s  producer-1  has no room in its source for payments-0 r17..r19
           2.104 s  producer-1  cannot send records without key r17  BufferExhaustedException
           2.104 s  producer-1  closes send 42  payments-0 r17..r19  arrived 2.100..2.104 s
           2.104 s  send 42  is split: its records 1..2 go on as send 43
           2.104 s  send 42  goes to b2  payments-0  attempt 1
           2.104 s  send 42  will be sent again  NOT_LEADER_OR_FOLLOWER
           2.104 s  send 42  is acked  offset 1024
           2.104 s  send 42  fails  TimeoutException
           2.104 s  producer-1  source of payments-0 ends  5000 offered  12 waiting
           2.104 s  consumer-2  polls payments-0  batch 12  records 0..2
           2.104 s  consumer-2  processes payments-0  batch 12  records 0..2
           2.104 s  consumer-2  commits payments-0  offset 1027
           2.104 s  consumer-2  cannot commit  REBALANCE_IN_PROGRESS
           2.104 s  consumer-2  is set payments-0  from 9 to 0  offset out of range
           2.104 s  consumer-2  owns payments-0  generation 3
           2.104 s  consumer-2  gives up payments-0
           2.104 s  group  rebalances  generation 3 ends
           2.104 s  group  is balanced  generation 4  members 6
           2.104 s  consumer-2  is at member epoch 11  UNRELEASED_PARTITIONS
           2.104 s  consumer-2  is given payments-0  member epoch 11
           2.104 s  consumer-2  has released payments-0
           2.104 s  group  forgets the committed offset of payments-0
           2.104 s  producer-1  is refused Produce by b2  NOT_ENOUGH_REPLICAS
           2.104 s  b1  sends FetchFollower request to b2  packet 900  64 B
           2.104 s  packet 900  arrives
           2.104 s  packet 900  is lost
    "#]]
    .assert_eq(&read(clients()));
}
