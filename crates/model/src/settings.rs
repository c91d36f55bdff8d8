//! The settings catalogue: every setting that the engine obeys, and no other. One table declares each setting's
//! field, name, unit, default and range; files, links, the page and the checks all read that table.

mod catalogue;
mod choices;
mod scalar;

pub use catalogue::{Group, Unit};
pub use choices::{
    Acks, AssignmentStrategy, Codec, CommitPolicy, GroupProtocol, InstanceIds, Isolation, OffsetReset, Processing,
    RemoteAssignor, ReplicaSelector, SendResult,
};
pub use scalar::Scalar;

use crate::scenario::Setup;
use catalogue::catalogue;
use serde::{Deserialize, Serialize};

/// Long.MAX in Kafka's settings: never, or unlimited.
pub const UNLIMITED: i64 = i64::MAX;

catalogue! {
    /// Brokers, controllers, and the settings they share.
    Cluster cluster: ClusterSettings {
        /// Brokers.
        Brokers brokers: u8 = 3, "cluster.brokers", Count, 1 => 12;
        /// Racks (zones) over which brokers, controllers and clients are spread evenly.
        Racks racks: u8 = 3, "cluster.racks", Count, 1 => 6;
        /// KRaft controllers.
        Controllers controllers: u8 = 3, "cluster.controllers", Count, 1 => 5;
        /// Do brokers tell their rack, so that replicas are spread over racks (R: broker.rack)?
        RackAware rack_aware: bool = true, "broker.rack", Choice, 0 => 1;
        /// How long a follower may lag before the leader drops it from the ISR.
        ReplicaLagTimeMax replica_lag_time_max_ms: u64 = 30_000, "replica.lag.time.max.ms", Millis, 100 => 3_600_000;
        /// Longest wait of a follower's fetch at the leader.
        ReplicaFetchWaitMax replica_fetch_wait_max_ms: u32 = 500, "replica.fetch.wait.max.ms", Millis, 1 => 60_000;
        /// Bytes a follower's fetch waits for.
        ReplicaFetchMinBytes replica_fetch_min_bytes: u32 = 1, "replica.fetch.min.bytes", Bytes, 1 => 10_485_760;
        /// Bytes a follower fetches of one partition at most.
        ReplicaFetchMaxBytes replica_fetch_max_bytes: u32 = 1_048_576, "replica.fetch.max.bytes", Bytes, 1 => 104_857_600;
        /// Bytes a follower fetches in one response at most.
        ReplicaFetchResponseMaxBytes replica_fetch_response_max_bytes: u32 = 10_485_760, "replica.fetch.response.max.bytes", Bytes, 1 => 104_857_600;
        /// Pause of a partition after a fetch error.
        ReplicaFetchBackoff replica_fetch_backoff_ms: u32 = 1_000, "replica.fetch.backoff.ms", Millis, 0 => 60_000;
        /// A follower gives up on a silent leader connection after this.
        ReplicaSocketTimeout replica_socket_timeout_ms: u32 = 30_000, "replica.socket.timeout.ms", Millis, 500 => 600_000;
        /// How often high watermarks are checkpointed.
        HighWatermarkCheckpoint replica_high_watermark_checkpoint_interval_ms: u64 = 5_000, "replica.high.watermark.checkpoint.interval.ms", Millis, 100 => 3_600_000;
        /// Request handler threads of a broker.
        IoThreads num_io_threads: u8 = 8, "num.io.threads", Count, 1 => 64;
        /// How often the background flusher looks at `flush.ms`.
        FlushSchedulerInterval log_flush_scheduler_interval_ms: u64 = u64::MAX, "log.flush.scheduler.interval.ms", Millis, 1 => UNLIMITED;
        /// How often recovery points are checkpointed.
        RecoveryPointCheckpoint log_flush_offset_checkpoint_interval_ms: u64 = 60_000, "log.flush.offset.checkpoint.interval.ms", Millis, 100 => 3_600_000;
        /// How often retention looks for segments to delete.
        RetentionCheckInterval log_retention_check_interval_ms: u64 = 300_000, "log.retention.check.interval.ms", Millis, 100 => 3_600_000;
        /// Threads that scan logs after an unclean stop.
        RecoveryThreads num_recovery_threads_per_data_dir: u8 = 2, "num.recovery.threads.per.data.dir", Count, 1 => 64;
        /// Time between a broker's heartbeats.
        BrokerHeartbeatInterval broker_heartbeat_interval_ms: u32 = 2_000, "broker.heartbeat.interval.ms", Millis, 50 => 60_000;
        /// A broker silent for this long is fenced.
        BrokerSessionTimeout broker_session_timeout_ms: u32 = 9_000, "broker.session.timeout.ms", Millis, 100 => 600_000;
        /// A broker that ZooKeeper has not heard for this long is dead; without KRaft only.
        ZooKeeperSessionTimeout zookeeper_session_timeout_ms: u32 = 18_000, "zookeeper.session.timeout.ms", Millis, 300 => 600_000;
        /// Does SIGTERM move leaders away before the broker stops?
        ControlledShutdown controlled_shutdown_enable: bool = true, "controlled.shutdown.enable", Choice, 0 => 1;
        /// Does the controller move leadership back to preferred replicas?
        AutoLeaderRebalance auto_leader_rebalance_enable: bool = true, "auto.leader.rebalance.enable", Choice, 0 => 1;
        /// How often it looks.
        LeaderImbalanceCheck leader_imbalance_check_interval_seconds: u32 = 300, "leader.imbalance.check.interval.seconds", Seconds, 1 => 86_400;
        /// How often leaderless partitions are tried again where unclean election is on.
        UncleanElectionInterval unclean_leader_election_interval_ms: u64 = 300_000, "unclean.leader.election.interval.ms", Millis, 100 => 86_400_000;
        /// Eligible leader replicas (KIP-966): 1 on, 0 off.
        EligibleLeaderReplicas eligible_leader_replicas_version: u8 = 1, "eligible.leader.replicas.version", Count, 0 => 1;
        /// A voter without a fetch from the quorum's leader stands for election after this.
        QuorumFetchTimeout controller_quorum_fetch_timeout_ms: u32 = 2_000, "controller.quorum.fetch.timeout.ms", Millis, 100 => 60_000;
        /// A candidate waits this long, up to twice, for votes.
        QuorumElectionTimeout controller_quorum_election_timeout_ms: u32 = 1_000, "controller.quorum.election.timeout.ms", Millis, 50 => 60_000;
        /// Longest pause after a lost election.
        QuorumElectionBackoffMax controller_quorum_election_backoff_max_ms: u32 = 1_000, "controller.quorum.election.backoff.max.ms", Millis, 0 => 60_000;
        /// How long the controller gathers metadata records before it writes them.
        QuorumAppendLinger controller_quorum_append_linger_ms: u32 = 25, "controller.quorum.append.linger.ms", Millis, 0 => 10_000;
        /// Replicas of `__consumer_offsets`.
        OffsetsReplicationFactor offsets_topic_replication_factor: u8 = 3, "offsets.topic.replication.factor", Count, 1 => 12;
        /// Partitions of `__consumer_offsets`.
        OffsetsPartitions offsets_topic_num_partitions: u16 = 50, "offsets.topic.num.partitions", Count, 1 => 200;
        /// `min.insync.replicas` of the cluster, which `__consumer_offsets` follows.
        OffsetsMinIsr offsets_min_insync_replicas: u8 = 1, "offsets.min.insync.replicas", Count, 1 => 12;
        /// The coordinator waits this long for a commit to be replicated.
        OffsetsCommitTimeout offsets_commit_timeout_ms: u32 = 5_000, "offsets.commit.timeout.ms", Millis, 1 => 60_000;
        /// Log directories of a broker, each a disk of its own (JBOD, R-451).
        LogDirs log_dirs: u8 = 1, "cluster.log.dirs", Count, 1 => 8;
        /// A broker whose failed log directory the controller does not hear of for this long stops.
        LogDirFailureTimeout log_dir_failure_timeout_ms: u32 = 30_000, "log.dir.failure.timeout.ms", Millis, 1_000 => 600_000;
        /// Whom a leader tells consumers to read from (KIP-392).
        ReplicaSelectorClass replica_selector: ReplicaSelector = ReplicaSelector::Leader, "replica.selector.class", Choice, 0 => 1;
        /// An empty group waits this long for more members before its first rebalance.
        InitialRebalanceDelay group_initial_rebalance_delay_ms: u32 = 3_000, "group.initial.rebalance.delay.ms", Millis, 0 => 60_000;
        /// Partitions of `__transaction_state`.
        TransactionPartitions transaction_state_log_num_partitions: u16 = 50, "transaction.state.log.num.partitions", Count, 1 => 100;
        /// Replicas of `__transaction_state`.
        TransactionReplicationFactor transaction_state_log_replication_factor: u8 = 3, "transaction.state.log.replication.factor", Count, 1 => 12;
        /// In-sync replicas without which the transaction coordinator cannot write.
        TransactionMinIsr transaction_state_log_min_isr: u8 = 2, "transaction.state.log.min.isr", Count, 1 => 12;
        /// The longest transaction.timeout.ms that a broker accepts.
        TransactionMaxTimeout transaction_max_timeout_ms: u32 = 900_000, "transaction.max.timeout.ms", Millis, 1 => 2_147_483_647;
        /// How often the coordinator looks for transactions that take too long.
        TransactionCleanupInterval transaction_abort_timed_out_transaction_cleanup_interval_ms: u32 = 10_000, "transaction.abort.timed.out.transaction.cleanup.interval.ms", Millis, 1 => 600_000;
        /// A member of the new protocol that is silent for this long is removed.
        GroupConsumerSessionTimeout group_consumer_session_timeout_ms: u32 = 45_000, "group.consumer.session.timeout.ms", Millis, 1_000 => 1_800_000;
        /// How often the coordinator tells members of the new protocol to send heartbeats.
        GroupConsumerHeartbeatInterval group_consumer_heartbeat_interval_ms: u32 = 5_000, "group.consumer.heartbeat.interval.ms", Millis, 100 => 600_000;
        /// How long committed offsets outlive the last member of their group.
        OffsetsRetention offsets_retention_minutes: u32 = 10_080, "offsets.retention.minutes", Minutes, 1 => 5_256_000;
        /// How often the coordinator looks for committed offsets that have expired.
        OffsetsRetentionCheck offsets_retention_check_interval_ms: u32 = 600_000, "offsets.retention.check.interval.ms", Millis, 100 => 86_400_000;
    }

    /// The scenario's topic.
    Topic topic: TopicSettings {
        /// Partitions.
        Partitions partitions: u16 = 6, "topic.partitions", Count, 1 => 200;
        /// Of these so many exist when the run begins, and the others when an administrator creates them; 0: all.
        InitialPartitions initial_partitions: u16 = 0, "topic.initial.partitions", Count, 0 => 200;
        /// Replicas of each partition.
        ReplicationFactor replication_factor: u8 = 3, "replication.factor", Count, 1 => 12;
        /// In-sync replicas without which acks=all is refused.
        MinIsr min_insync_replicas: u8 = 1, "min.insync.replicas", Count, 1 => 12;
        /// May a replica outside the ISR be elected?
        UncleanElection unclean_leader_election_enable: bool = false, "unclean.leader.election.enable", Choice, 0 => 1;
        /// Records after which an append waits for fsync.
        FlushMessages flush_messages: u64 = u64::MAX, "flush.messages", Count, 1 => UNLIMITED;
        /// Age after which the background flusher flushes a log.
        FlushMs flush_ms: u64 = u64::MAX, "flush.ms", Millis, 0 => UNLIMITED;
        /// Bytes of a partition that retention keeps; -1: all.
        RetentionBytes retention_bytes: i64 = -1, "retention.bytes", Bytes, -1 => UNLIMITED;
        /// Age at which retention deletes a segment, by its youngest record; -1: never.
        RetentionMs retention_ms: i64 = 604_800_000, "retention.ms", Millis, -1 => UNLIMITED;
        /// Bytes of a segment.
        SegmentBytes segment_bytes: u32 = 1_073_741_824, "segment.bytes", Bytes, 1_048_576 => 2_147_483_647;
        /// Largest batch that a broker accepts.
        MaxMessageBytes max_message_bytes: u32 = 1_048_588, "max.message.bytes", Bytes, 0 => 2_147_483_647;
    }

    /// The producer client.
    Producer producer: ProducerSettings {
        /// What a producer waits for.
        Acks acks: Acks = Acks::All, "acks", Choice, 0 => 2;
        /// Sequence numbers, so that the broker can tell a retry from a new record.
        Idempotence enable_idempotence: bool = true, "enable.idempotence", Choice, 0 => 1;
        /// How often a failed batch may be sent again.
        Retries retries: i32 = 2_147_483_647, "retries", Count, 0 => 2_147_483_647;
        /// Requests without an answer on one connection.
        MaxInFlight max_in_flight_requests_per_connection: u32 = 5, "max.in.flight.requests.per.connection", Count, 1 => 1_000;
        /// A record is reported failed this long after it entered its batch.
        DeliveryTimeout delivery_timeout_ms: u32 = 120_000, "delivery.timeout.ms", Millis, 0 => 2_147_483_647;
        /// A request without an answer is given up after this.
        RequestTimeout request_timeout_ms: u32 = 30_000, "request.timeout.ms", Millis, 1 => 2_147_483_647;
        /// First pause before a retry.
        RetryBackoff retry_backoff_ms: u32 = 100, "retry.backoff.ms", Millis, 0 => 600_000;
        /// Longest pause before a retry.
        RetryBackoffMax retry_backoff_max_ms: u32 = 1_000, "retry.backoff.max.ms", Millis, 0 => 600_000;
        /// How long a batch waits for more records.
        Linger linger_ms: u32 = 5, "linger.ms", Millis, 0 => 600_000;
        /// Bytes of a batch.
        BatchSize batch_size: u32 = 16_384, "batch.size", Bytes, 0 => 104_857_600;
        /// Bytes of all batches that are not yet done.
        BufferMemory buffer_memory: u64 = 33_554_432, "buffer.memory", Bytes, 16_384 => 17_179_869_184;
        /// How long `send()` may block on metadata and buffer memory.
        MaxBlock max_block_ms: u32 = 60_000, "max.block.ms", Millis, 0 => 2_147_483_647;
        /// Bytes of a request.
        MaxRequestSize max_request_size: u32 = 1_048_576, "max.request.size", Bytes, 1_024 => 104_857_600;
        /// Codec of the batches.
        Compression compression_type: Codec = Codec::None, "compression.type", Choice, 0 => 4;
        /// Metadata is asked for again after this.
        ProducerMetadataMaxAge metadata_max_age_ms: u32 = 300_000, "producer.metadata.max.age.ms", Millis, 100 => 2_147_483_647;
        /// What the application does with the result of `send()`.
        SendResult send_result: SendResult = SendResult::Callback, "producer.send.result", Choice, 0 => 2;
        /// Do producers write in transactions? Each has its own transactional id.
        TransactionalId transactional_id: bool = false, "transactional.id", Choice, 0 => 1;
        /// The coordinator aborts a transaction that takes longer.
        TransactionTimeout transaction_timeout_ms: u32 = 60_000, "transaction.timeout.ms", Millis, 1 => 2_147_483_647;
        /// The application ends its transaction this long after it began it.
        TransactionCommitInterval transaction_commit_interval_ms: u32 = 100, "producer.transaction.commit.interval.ms", Millis, 1 => 3_600_000;
        /// Of so many transactions the application aborts the last; 0: it commits all.
        TransactionAbortEvery transaction_abort_every: u32 = 0, "producer.transaction.abort.every", Count, 0 => 1_000_000;
    }

    /// The consumer client.
    Consumer consumer: ConsumerSettings {
        /// Does `poll()` commit by itself?
        AutoCommit enable_auto_commit: bool = true, "enable.auto.commit", Choice, 0 => 1;
        /// Time between automatic commits.
        AutoCommitInterval auto_commit_interval_ms: u32 = 5_000, "auto.commit.interval.ms", Millis, 0 => 2_147_483_647;
        /// How the application commits where auto-commit is off.
        CommitPolicy commit_policy: CommitPolicy = CommitPolicy::SyncAfter, "consumer.commit.policy", Choice, 0 => 3;
        /// Where to start without a committed offset.
        AutoOffsetReset auto_offset_reset: OffsetReset = OffsetReset::Latest, "auto.offset.reset", Choice, 0 => 3;
        /// How far back `by_duration` goes (KIP-1106).
        ResetDuration reset_duration_ms: u32 = 3_600_000, "consumer.reset.duration.ms", Millis, 0 => 2_147_483_647;
        /// Who assigns partitions, and how a rebalance goes.
        Protocol group_protocol: GroupProtocol = GroupProtocol::Classic, "group.protocol", Choice, 0 => 1;
        /// The assignors that members of a classic group offer.
        Strategy partition_assignment_strategy: AssignmentStrategy = AssignmentStrategy::RangeOrCooperative, "partition.assignment.strategy", Choice, 0 => 4;
        /// How the coordinator assigns in the new protocol.
        RemoteAssignment group_remote_assignor: RemoteAssignor = RemoteAssignor::Uniform, "group.remote.assignor", Choice, 0 => 1;
        /// Do the consumers have a group.instance.id, so that a restart is no rebalance?
        StaticMembers group_instance_id: InstanceIds = InstanceIds::None, "group.instance.id", Choice, 0 => 1;
        /// Which records are visible.
        Isolation isolation_level: Isolation = Isolation::ReadUncommitted, "isolation.level", Choice, 0 => 1;
        /// Records that one `poll()` returns at most.
        MaxPollRecords max_poll_records: u32 = 500, "max.poll.records", Count, 1 => 2_147_483_647;
        /// A member that does not poll for this long leaves the group.
        MaxPollInterval max_poll_interval_ms: u32 = 300_000, "max.poll.interval.ms", Millis, 1 => 2_147_483_647;
        /// A member silent for this long is removed.
        SessionTimeout session_timeout_ms: u32 = 45_000, "session.timeout.ms", Millis, 6_000 => 1_800_000;
        /// Time between a member's heartbeats.
        HeartbeatInterval heartbeat_interval_ms: u32 = 3_000, "heartbeat.interval.ms", Millis, 100 => 600_000;
        /// Bytes a fetch waits for.
        FetchMinBytes fetch_min_bytes: u32 = 1, "fetch.min.bytes", Bytes, 0 => 104_857_600;
        /// Longest wait of a fetch at the broker.
        FetchMaxWait fetch_max_wait_ms: u32 = 500, "fetch.max.wait.ms", Millis, 0 => 60_000;
        /// Bytes of one partition in a fetch.
        MaxPartitionFetchBytes max_partition_fetch_bytes: u32 = 1_048_576, "max.partition.fetch.bytes", Bytes, 1 => 104_857_600;
        /// Bytes of a fetch.
        FetchMaxBytes fetch_max_bytes: u32 = 52_428_800, "fetch.max.bytes", Bytes, 1 => 1_073_741_824;
        /// A request without an answer is given up after this.
        ConsumerRequestTimeout request_timeout_ms: u32 = 30_000, "consumer.request.timeout.ms", Millis, 1 => 2_147_483_647;
        /// How long a synchronous call such as `commitSync()` tries.
        DefaultApiTimeout default_api_timeout_ms: u32 = 60_000, "default.api.timeout.ms", Millis, 1 => 2_147_483_647;
        /// Metadata is asked for again after this.
        ConsumerMetadataMaxAge metadata_max_age_ms: u32 = 300_000, "consumer.metadata.max.age.ms", Millis, 100 => 2_147_483_647;
        /// Do consumers tell their rack, so that they may read from a replica in it (KIP-392)?
        ClientRack client_rack: bool = false, "client.rack", Choice, 0 => 1;
    }

    /// What the applications do.
    Workload workload: WorkloadSettings {
        /// Producer processes.
        Producers producers: u8 = 3, "workload.producers", Count, 1 => 40;
        /// Consumer processes, members of one group.
        Consumers consumers: u8 = 3, "workload.consumers", Count, 1 => 40;
        /// Records that the sources offer a second, all producers together.
        RecordsPerSecond records_per_second: u32 = 1_000, "workload.records.per.second", RecordsPerSecond, 0 => 5_000_000;
        /// Bytes of a record's value.
        RecordBytes record_bytes: u32 = 500, "workload.record.bytes", Bytes, 0 => 1_000_000;
        /// Bytes of a record's key.
        KeyBytes key_bytes: u32 = 8, "workload.key.bytes", Bytes, 1 => 1_024;
        /// Different keys; 0 sends records without a key, which the sticky partitioner places.
        Keys keys: u32 = 10_000, "workload.keys", Count, 0 => 1_000_000;
        /// Exponent of the keys' Zipf law, in hundredths; 0 makes all keys equal.
        KeySkew key_skew: u32 = 80, "workload.key.skew", Percent, 0 => 300;
        /// A compressed batch's share of its plain size, in hundredths.
        CompressionRatio compression_ratio: u32 = 50, "workload.compression.ratio", Percent, 1 => 110;
        /// Records wait in the source for this long at most when the producer does not take them; then they are refused.
        SourceQueue source_queue_ms: u32 = 10_000, "workload.source.queue.ms", Millis, 0 => 600_000;
        /// Where records are processed.
        Processing processing: Processing = Processing::InLoop, "workload.processing", Choice, 0 => 1;
        /// Time to process one record.
        ProcessingTime processing_time_us: u32 = 500, "workload.processing.time.us", Micros, 0 => 60_000_000;
        /// Worker threads of a consumer's pool.
        Workers workers: u32 = 8, "workload.workers", Count, 1 => 1_024;
        /// Does the side effect carry an idempotency key, so that doing it twice has one effect?
        IdempotentEffect idempotent_effect: bool = false, "workload.idempotent.effect", Choice, 0 => 1;
        /// What one record is worth, in cents: prices a loss (claim 1.20).
        RecordValue record_value_cents: u32 = 0, "workload.record.value.cents", Count, 0 => 1_000_000_000;
    }

    /// The machines and the network. Sources of the values: `docs/environment.md`.
    Environment environment: EnvironmentSettings {
        /// One-way latency inside a rack.
        LatencySameRack latency_same_rack_us: u32 = 130, "environment.latency.same.rack.us", Micros, 1 => 1_000_000;
        /// One-way latency between racks.
        LatencyCrossRack latency_cross_rack_us: u32 = 500, "environment.latency.cross.rack.us", Micros, 1 => 1_000_000;
        /// Median of the random part added to each packet's latency.
        LatencyJitter latency_jitter_us: u32 = 30, "environment.latency.jitter.us", Micros, 0 => 1_000_000;
        /// Network card of every machine, each way.
        NetworkBandwidth network_mb_per_s: u32 = 1_250, "environment.network.mb.per.s", MegabytesPerSecond, 1 => 100_000;
        /// Sequential disk bandwidth of a broker.
        DiskBandwidth disk_mb_per_s: u32 = 250, "environment.disk.mb.per.s", MegabytesPerSecond, 1 => 100_000;
        /// Time of one fsync beside its bytes.
        Fsync fsync_us: u32 = 1_000, "environment.fsync.us", Micros, 1 => 10_000_000;
        /// How often the kernel's flusher wakes (Linux: dirty_writeback_centisecs).
        WritebackInterval writeback_interval_ms: u32 = 5_000, "environment.writeback.interval.ms", Millis, 10 => 600_000;
        /// Age at which it writes a file's dirty pages (Linux: dirty_expire_centisecs).
        DirtyExpire dirty_expire_ms: u32 = 30_000, "environment.dirty.expire.ms", Millis, 0 => 600_000;
        /// Dirty bytes at which it writes whatever their age (Linux: dirty_background_bytes).
        DirtyBackground dirty_background_mb: u32 = 1_600, "environment.dirty.background.mb", Count, 1 => 1_000_000;
        /// CPU time of a broker's request handler for one request, beside its bytes.
        RequestCpu request_cpu_us: u32 = 20, "environment.request.cpu.us", Micros, 0 => 1_000_000;
        /// CPU time of a broker's request handler for a kilobyte that it appends.
        AppendCpu append_cpu_ns_per_kb: u32 = 600, "environment.append.cpu.ns.per.kb", Nanos, 0 => 10_000_000;
        /// CPU time of a producer for one `send()`.
        SendCpu send_cpu_ns: u32 = 1_000, "environment.send.cpu.ns", Nanos, 0 => 100_000_000;
        /// CPU time of a producer's sender thread for one produce request.
        RequestSendCpu request_send_cpu_us: u32 = 0, "environment.request.send.cpu.us", Micros, 0 => 1_000_000;
        /// CPU time of a consumer to hand out one record.
        PollCpu poll_cpu_ns: u32 = 500, "environment.poll.cpu.ns", Nanos, 0 => 100_000_000;
        /// From kill -9 until the kernel closes the process's sockets: it frees its memory first.
        ProcessExit process_exit_ms: u32 = 0, "environment.process.exit.ms", Millis, 0 => 60_000;
        /// From the start of a broker's or controller's process until it takes part.
        ServerStart server_start_ms: u32 = 5_000, "environment.server.start.ms", Millis, 0 => 600_000;
        /// From the start of a client's process until it takes part.
        ClientStart client_start_ms: u32 = 2_000, "environment.client.start.ms", Millis, 0 => 600_000;
        /// Log bytes that one recovery thread scans a second.
        RecoveryBandwidth recovery_mb_per_s: u32 = 200, "environment.recovery.mb.per.s", MegabytesPerSecond, 1 => 100_000;
    }

    /// What a release does, switch by switch; profiles are sets of them.
    Version version: VersionSettings {
        /// Followers truncate by leader epoch, not to their own high watermark (KIP-101, 0.11; R-412).
        EpochTrunc epoch_trunc: bool = true, "EPOCH_TRUNC", Choice, 0 => 1;
        /// The leader says which epoch ends where, and the follower may ask again (KIP-279, 2.0; R-406).
        EpochTruncIter epoch_trunc_iter: bool = true, "EPOCH_TRUNC_ITER", Choice, 0 => 1;
        /// Divergence is told in the answer to a fetch (KIP-595, 2.7; R-407).
        TruncOnFetch trunc_on_fetch: bool = true, "TRUNC_ON_FETCH", Choice, 0 => 1;
        /// Followers look for divergence at each new epoch, also of the same leader (KAFKA-7164, 2.1).
        TruncEveryEpoch trunc_every_epoch: bool = true, "TRUNC_EVERY_EPOCH", Choice, 0 => 1;
        /// Fetches carry the leader epoch that the reader knows (KIP-320, 2.1; R-303).
        EpochFenceFetch epoch_fence_fetch: bool = true, "EPOCH_FENCE_FETCH", Choice, 0 => 1;
        /// A follower joins the ISR only from the epoch's start offset on (KAFKA-7128, 2.1; R-308).
        ExpandFromEpochStart expand_from_epoch_start: bool = true, "EXPAND_FROM_EPOCH_START", Choice, 0 => 1;
        /// Consumers ask a new leader whether their position still holds (KIP-320, 2.3; R-705).
        ConsumerValidate consumer_validate: bool = true, "CONSUMER_VALIDATE", Choice, 0 => 1;
        /// A producer's state outlives its records (KIP-360, 2.4; R-641).
        ProducerStateKept producer_state_kept: bool = true, "PRODUCER_STATE_KEPT", Choice, 0 => 1;
        /// A parked fetch of a follower is answered for a new high watermark alone (2.4 and 2.5; R-208).
        HwPush hw_push: bool = false, "HW_PUSH", Choice, 0 => 1;
        /// Controllers are a KRaft quorum; else ZooKeeper holds sessions and state.
        KRaft kraft: bool = true, "KRAFT", Choice, 0 => 1;
        /// ISR changes go through the controller (KIP-497, 2.7); else the leader writes them itself.
        AlterPartition alter_partition: bool = true, "ALTER_PARTITION", Choice, 0 => 1;
        /// Fenced and stopping brokers may not be in an ISR (KIP-841, 3.3; R-309).
        IsrFencedCheck isr_fenced_check: bool = true, "ISR_FENCED_CHECK", Choice, 0 => 1;
        /// Candidates for an ISR carry their broker epoch (KIP-903, 3.5; R-312).
        IsrBrokerEpoch isr_broker_epoch: bool = true, "ISR_BROKER_EPOCH", Choice, 0 => 1;
        /// The leader epoch grows whenever an ISR shrinks (KRaft before 3.6; R-313).
        IsrShrinkBumpsEpoch isr_shrink_bumps_epoch: bool = false, "ISR_SHRINK_BUMPS_EPOCH", Choice, 0 => 1;
        /// The high watermark stands still below min ISR (3.7; R-202).
        HwMinIsrGate hw_min_isr_gate: bool = true, "HW_MIN_ISR_GATE", Choice, 0 => 1;
        /// Min ISR counts no more replicas than there are (3.7; R-105).
        EffMinIsr eff_min_isr: bool = true, "EFF_MIN_ISR", Choice, 0 => 1;
        /// A clean stop is proved by the broker epoch in its marker (3.7; R-508).
        CleanFileEpoch clean_file_epoch: bool = true, "CLEAN_FILE_EPOCH", Choice, 0 => 1;
        /// The last known leader is elected even when it is dead (KAFKA-19522, until 4.0; R-511).
        LklBug lkl_bug: bool = false, "LKL_BUG", Choice, 0 => 1;
        /// Controllers ask before they stand for election (KIP-996, 4.0; R-541).
        PreVote pre_vote: bool = true, "PRE_VOTE", Choice, 0 => 1;
        /// A consumer forgets the replica it was sent to when that one refuses it (KAFKA-14379, 3.4).
        PreferredCleared preferred_cleared: bool = true, "PREFERRED_CLEARED", Choice, 0 => 1;
        /// Answers name the new leader (KIP-951, 3.7; R-553).
        LeaderHint leader_hint: bool = true, "LEADER_HINT", Choice, 0 => 1;
        /// Clients' pauses grow with each failure (KIP-580, 3.7; R-623).
        ExpBackoff exp_backoff: bool = true, "EXP_BACKOFF", Choice, 0 => 1;
        /// A leader asks the coordinator before a transaction's first append (KIP-890, 3.6; R-665).
        TxnVerify txn_verify: bool = true, "TXN_VERIFY", Choice, 0 => 1;
        /// Each transaction has its own producer epoch (KIP-890, 4.0; R-664).
        Tv2 tv2: bool = true, "TV2", Choice, 0 => 1;
    }
}

impl SettingId {
    /// The setting of this name. `ELR` is the switch `eligible.leader.replicas.version` among the others.
    pub fn by_name(name: &str) -> Option<Self> {
        if name == "ELR" {
            return Some(SettingId::EligibleLeaderReplicas);
        }
        Self::ALL.iter().copied().find(|setting| setting.name() == name)
    }

    /// May it change while the cluster runs, by topic, broker or cluster? Brokers read the new value in the metadata log.
    pub const fn is_dynamic(self) -> bool {
        matches!(
            self,
            SettingId::MinIsr
                | SettingId::UncleanElection
                | SettingId::FlushMessages
                | SettingId::FlushMs
                | SettingId::RetentionBytes
                | SettingId::RetentionMs
                | SettingId::SegmentBytes
                | SettingId::MaxMessageBytes
        )
    }

    /// A value as it is written in files and links: a number, a word, or `unlimited`.
    pub fn write(self, value: i64) -> String {
        match self.words() {
            [] if value == UNLIMITED => "unlimited".to_owned(),
            [] => value.to_string(),
            words => words[value as usize].to_owned(),
        }
    }

    /// Reads what `write` wrote; none where it is neither a number nor one of the words. The range is not checked.
    /// What is 0 or 1 may also be called false or true.
    pub fn read(self, text: &str) -> Option<i64> {
        match self.words() {
            [] if text == "unlimited" => Some(UNLIMITED),
            [] if self.range() == (0, 1) && bool::WORDS.contains(&text) => Some(i64::from(text == "true")),
            [] => text.parse().ok(),
            words => words.iter().position(|word| *word == text).map(|index| index as i64),
        }
    }
}
