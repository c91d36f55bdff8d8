//! A broker: replicas it leads and follows, requests it serves, its ties to the controllers, its disk, and the group
//! coordinator it may host.

mod control;
mod coordination;
mod directories;
mod disk;
mod fetch;
mod fetcher;
mod inspect;
mod isr;
mod lifecycle;
mod lines;
mod partition_set;
mod produce;
mod producers;
mod queries;
mod replica;
mod requests;
mod roles;
mod selector;
mod stability;
#[cfg(test)]
mod tests;
mod transactions;
mod truncation;

pub use inspect::{BROKER_OWN, FOLLOWER, LEADER, PRODUCER, REPLICA, TRANSACTION};

use crate::group::Coordinator;
use crate::log::Log;
use crate::message::{Message, Request, Response};
use crate::metadata::{Image, InitialCluster};
use crate::node::{Channel, Connection, Context, Input, Timer};
use crate::store::Store;
use control::Control;
use directories::Directories;
use disk::Disk;
use fetch::{Session, Wakes};
use fetcher::Fetcher;
use highwater_model::trace::{Error, NodeState};
use highwater_model::{BrokerId, Instant, Layout, NodeId, PartitionId, Setup};
use isr::IsrChanges;
use lifecycle::Lifecycle;
use partition_set::PartitionSet;
use produce::Parked;
use replica::Replica;
use requests::Requests;
use smallvec::SmallVec;
use transactions::Transactions;

/// A broker's timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
enum Kind {
    /// A connection's next request can be taken; key: the connection.
    Backlog,
    /// A request handler thread is free.
    Handler,
    /// A parked fetch has waited long enough; key: the connection.
    FetchWait,
    /// The oldest parked acks=all request has waited long enough.
    ProduceWait,
    /// Followers that lag are looked for.
    IsrCheck,
    /// High watermarks are checkpointed.
    HighWatermarkCheckpoint,
    /// Recovery points are checkpointed.
    RecoveryPointCheckpoint,
    /// The kernel's flusher wakes.
    Writeback,
    /// Kafka's flusher wakes.
    FlushScheduler,
    /// An fsync is done.
    Fsync,
    /// Retention is looked after.
    Retention,
    /// The next registration or heartbeat is due.
    Heartbeat,
    /// The answer to a registration or heartbeat is overdue.
    ControlTimeout,
    /// A connection to the controllers is tried again.
    ControlRetry,
    /// The answer to a fetch of metadata is overdue.
    MetadataTimeout,
    /// AlterPartition is sent again.
    IsrRetry,
    /// The answer to AlterPartition is overdue.
    IsrTimeout,
    /// A follower's connection or partitions are tried again; key: the leader.
    FetcherRetry,
    /// The answer to a follower's fetch is overdue; key: the leader.
    FetcherTimeout,
    /// The next step of starting or stopping.
    Lifecycle,
    /// The group coordinator's timer.
    Group,
    /// The controller should have heard of a failed log directory by now.
    DirectoryTimeout,
    /// The transaction coordinator's timer.
    Transactions,
    /// Markers that could not be written are tried again.
    MarkerRetry,
    /// A line for transactions is overdue or has rested; key: the line.
    Line,
}

impl Kind {
    const ALL: [Kind; 25] = [
        Kind::Backlog,
        Kind::Handler,
        Kind::FetchWait,
        Kind::ProduceWait,
        Kind::IsrCheck,
        Kind::HighWatermarkCheckpoint,
        Kind::RecoveryPointCheckpoint,
        Kind::Writeback,
        Kind::FlushScheduler,
        Kind::Fsync,
        Kind::Retention,
        Kind::Heartbeat,
        Kind::ControlTimeout,
        Kind::ControlRetry,
        Kind::MetadataTimeout,
        Kind::IsrRetry,
        Kind::IsrTimeout,
        Kind::FetcherRetry,
        Kind::FetcherTimeout,
        Kind::Lifecycle,
        Kind::Group,
        Kind::DirectoryTimeout,
        Kind::Transactions,
        Kind::MarkerRetry,
        Kind::Line,
    ];
}

/// A broker.
#[derive(Clone, Debug)]
pub struct Broker {
    id: BrokerId,
    /// What it has read of the metadata log.
    image: Image,
    /// By partition; none where it holds no replica.
    replicas: Vec<Option<Replica>>,
    lifecycle: Lifecycle,
    control: Control,
    isr_changes: IsrChanges,
    requests: Requests,
    /// Fetch sessions, by inbound connection.
    sessions: Vec<Option<Session>>,
    /// When each broker's follower session last fetched, by broker id: its idle partitions were caught up then.
    follower_fetches: Vec<Instant>,
    parked: Parked,
    /// Readers to be looked at when the current input has been handled.
    wakes: Wakes,
    /// Partitions it leads whose ISR lacks a replica.
    incomplete: PartitionSet,
    /// By leader's id.
    fetchers: Vec<Fetcher>,
    /// By log directory; the first is directory 1.
    disks: SmallVec<[Disk; 1]>,
    directories: Directories,
    group: Coordinator,
    transactions: Transactions,
}

/// What the stage shows of a replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaView<'a> {
    /// Its log.
    pub log: &'a Log,
    /// Everything below is committed, as far as it knows.
    pub high_watermark: u64,
    /// Does it believe to lead?
    pub leading: bool,
    /// The epoch in which it last led or followed.
    pub leader_epoch: i32,
}

impl Broker {
    /// A broker in the middle of normal life: registered, unfenced, its replicas led and followed as the cluster says.
    /// The first input must be [`Input::Start`].
    pub fn steady(id: BrokerId, setup: &Setup, layout: &Layout, initial: &InitialCluster) -> Self {
        let partitions = layout.count();
        let brokers = usize::from(setup.cluster.brokers) + 1;
        let inbound = Requests::connections(setup);
        let mut replicas = vec![None; usize::from(partitions)];
        for (partition, state) in initial.partitions() {
            if state.replicas.contains(&id) {
                let dir = state.directories.of(id).unwrap_or(1);
                replicas[partition.index()] = Some(Replica::new(Log::new(partition), state.replicas.clone(), dir));
            }
        }
        let mut group = Coordinator::new(Kind::Group as u16);
        group.topic_has(setup.first_partitions());
        Self {
            id,
            image: initial.image(),
            replicas,
            lifecycle: Lifecycle::steady(initial.broker_incarnation(id)),
            control: Control::new(Some(initial.broker_epoch(id))),
            isr_changes: IsrChanges::default(),
            requests: Requests::new(setup),
            sessions: vec![None; inbound],
            follower_fetches: vec![Instant::ZERO; brokers],
            parked: Parked::default(),
            wakes: Wakes::default(),
            incomplete: PartitionSet::default(),
            fetchers: (0..brokers).map(|leader| Fetcher::new(BrokerId(leader as u8))).collect(),
            disks: smallvec::smallvec![Disk::default(); usize::from(setup.cluster.log_dirs)],
            directories: Directories::default(),
            group,
            transactions: Transactions::new(id, setup.cluster.brokers, initial.broker_incarnation(id)),
        }
    }

    /// Gives a replica batches of the history, for a run that starts in a given state.
    pub fn give_log(
        &mut self,
        partition: PartitionId,
        places: &[u32],
        (high_watermark, flushed): (u64, u64),
        segment_bytes_max: u64,
        store: &Store,
    ) {
        let replica = self.replicas[partition.index()].as_mut().expect("a replica is placed before it is filled");
        if let Some(first) = places.first() {
            replica.log.restart_at(store.batch(partition, *first).base);
        }
        for place in places {
            replica.log.append(*place, store, segment_bytes_max, Instant::ZERO);
        }
        replica.log.flushed(flushed, true, store);
        replica.log.checkpoint_recovery_point();
        replica.high_watermark = high_watermark.min(replica.log.end());
        replica.checkpointed_high_watermark = replica.high_watermark;
    }

    /// A replica's file holds garbage from this offset on; where it does not reach so far, behind its end. Recovery after
    /// an unclean stop finds it.
    pub fn corrupt_log(&mut self, partition: PartitionId, from: u64) {
        if let Some(replica) = &mut self.replicas[partition.index()] {
            replica.log.corrupt(from);
        }
    }

    /// Gives a replica another epoch cache than its batches have, for a run that starts in a given state.
    pub fn give_epoch_cache(&mut self, partition: PartitionId, epochs: &[(i32, u64)]) {
        let replica = self.replicas[partition.index()].as_mut().expect("a replica is placed before it is filled");
        replica.log.replace_epochs(epochs);
    }

    /// Handles an input.
    pub fn on(&mut self, input: Input, context: &mut Context) {
        match input {
            Input::Start => self.start(context),
            Input::Opened(connection) => self.opened(connection, context),
            Input::Lost(connection) => self.lost(connection, context),
            Input::Message(connection, Message::Request(request)) => self.requested(connection, request, context),
            Input::Message(connection, Message::Response(response)) => self.answered(connection, response, context),
            Input::Timer(timer) => self.fired(timer, context),
        }
        self.flush_wakes(context);
    }

    /// The node it is.
    pub fn node(&self) -> NodeId {
        NodeId::Broker(self.id)
    }

    /// Does its server socket take connections?
    pub fn accepts(&self) -> bool {
        self.lifecycle.serves()
    }

    /// Where its process is.
    pub fn state(&self) -> NodeState {
        self.lifecycle.state()
    }

    /// What it knows of the cluster.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// Its replica of a partition.
    pub fn replica(&self, partition: PartitionId) -> Option<ReplicaView<'_>> {
        let replica = self.replicas[partition.index()].as_ref()?;
        Some(ReplicaView {
            log: &replica.log,
            high_watermark: replica.high_watermark,
            leading: replica.leader().is_some(),
            leader_epoch: replica.leader_epoch,
        })
    }

    /// Requests in its queue or in a handler thread.
    pub fn requests_waiting(&self, now: Instant) -> u32 {
        self.requests.waiting(now)
    }

    /// acks=all requests that wait for replication.
    pub fn parked_produces(&self) -> u32 {
        self.parked.len()
    }

    /// Bytes in the page cache that are not on disk.
    pub fn dirty_bytes(&self) -> u64 {
        self.replicas.iter().flatten().map(|replica| replica.log.dirty_bytes()).sum()
    }

    fn opened(&mut self, connection: Connection, context: &mut Context) {
        match (connection.channel, connection.server) {
            (Channel::Replication, NodeId::Broker(leader)) => self.fetcher_opened(leader, context),
            (Channel::Verification | Channel::Markers, _) => self.line_opened(connection, context),
            _ => self.control_opened(connection, context),
        }
    }

    fn lost(&mut self, connection: Connection, context: &mut Context) {
        if connection.server == self.node() {
            self.inbound_lost(connection, context);
        } else if let (Channel::Replication, NodeId::Broker(leader)) = (connection.channel, connection.server) {
            self.fetcher_lost(leader, context);
        } else if let Channel::Verification | Channel::Markers = connection.channel {
            self.line_lost(connection, Error::NetworkException, context);
        } else {
            self.control_lost(connection, context);
        }
    }

    fn answered(&mut self, connection: Connection, response: Response, context: &mut Context) {
        match (connection.channel, connection.server) {
            (Channel::Replication, NodeId::Broker(leader)) => self.fetcher_answered(leader, response, context),
            (Channel::Verification | Channel::Markers, _) => self.line_answered(connection, response, context),
            _ => self.control_answered(connection, response, context),
        }
    }

    fn fired(&mut self, timer: Timer, context: &mut Context) {
        match Kind::ALL[usize::from(timer.kind)] {
            Kind::Backlog => self.backlog_due(timer.key as u16, context),
            Kind::Handler => self.handler_free(context),
            Kind::FetchWait => self.fetch_wait_over(timer.key as u16, context),
            Kind::ProduceWait => self.produce_wait_over(context),
            Kind::IsrCheck => self.check_isrs(context),
            Kind::HighWatermarkCheckpoint => self.checkpoint_high_watermarks(context),
            Kind::RecoveryPointCheckpoint => self.checkpoint_recovery_points(context),
            Kind::Writeback => self.write_back(context),
            Kind::FlushScheduler => self.flush_by_time(context),
            Kind::Fsync => self.fsync_done(timer.key, context),
            Kind::Retention => self.retain(context),
            Kind::Heartbeat => self.heartbeat_due(context),
            Kind::ControlTimeout => self.control_overdue(context),
            Kind::ControlRetry => self.control_retry(context),
            Kind::MetadataTimeout => self.metadata_overdue(context),
            Kind::IsrRetry => {
                self.send_isr_changes(context);
                self.send_assignments(context);
            }
            Kind::IsrTimeout => self.isr_overdue(context),
            Kind::FetcherRetry => self.fetcher_retry(BrokerId(timer.key as u8), context),
            Kind::FetcherTimeout => self.fetcher_overdue(BrokerId(timer.key as u8), context),
            Kind::Lifecycle => self.lifecycle_due(context),
            Kind::Group => self.group_timer(context),
            Kind::DirectoryTimeout => self.directory_overdue(context),
            Kind::Transactions => self.transaction_timer(context),
            Kind::MarkerRetry => self.marker_retry(context),
            Kind::Line => self.line_due(timer.key, context),
        }
    }

    /// Serves a request that a handler thread has taken. Gives the thread's time; the answer, if any, goes out after
    /// it, or later, when what the request waits for is there.
    fn serve(&mut self, inbound: u16, generation: u32, request: Request, context: &mut Context) -> requests::Served {
        match request {
            Request::Produce(request) => self.serve_produce(inbound, generation, request, context),
            Request::Fetch(request) => self.serve_fetch(inbound, &request, context),
            Request::ListOffsets(request) => self.serve_list_offsets(&request, context),
            Request::OffsetForLeaderEpoch(queries) => self.serve_epoch_ends(&queries, context),
            Request::Metadata => self.serve_metadata(context),
            Request::InitProducerId(request) if request.transactional_id.is_none() => self.serve_init_producer_id(),
            Request::FindCoordinator => self.serve_find_coordinator(context),
            Request::FindTransactionCoordinator(id) => self.serve_find_transaction_coordinator(id, context),
            Request::InitProducerId(_)
            | Request::AddPartitionsToTxn(_)
            | Request::AddOffsetsToTxn(_)
            | Request::EndTxn(_) => self.serve_coordinator(inbound, &request, context),
            Request::WriteTxnMarkers(markers) => self.serve_markers(inbound, generation, *markers, context),
            Request::TxnOffsetCommit(request) => {
                self.serve_transactional_offsets(inbound, generation, request, context)
            }
            other => self.serve_group(inbound, other, context),
        }
    }
}
