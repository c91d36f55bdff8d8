//! Which metrics there are, of whom, and how they are named.

use highwater_model::NodeId;

/// Whose metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Each broker's.
    Broker,
    /// Each controller's.
    Controller,
    /// The cluster's, as the active controller has it.
    Cluster,
    /// Each producer's.
    Producer,
    /// Each consumer's.
    Consumer,
}

impl Owner {
    /// Has this process metrics of the kind?
    pub const fn is(self, node: NodeId) -> bool {
        matches!(
            (self, node),
            (Owner::Broker, NodeId::Broker(_))
                | (Owner::Controller, NodeId::Controller(_))
                | (Owner::Producer, NodeId::Producer(_))
                | (Owner::Consumer, NodeId::Consumer(_))
        )
    }
}

/// How it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Up and down.
    Gauge,
    /// Up only: the count behind a rate.
    Count,
}

macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $kind:ident of $owner:ident = $jmx:literal),* $(,)?) => {
        /// A metric that a run moves.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Metric { $($(#[$doc])* $name),* }

        impl Metric {
            /// All of them.
            pub const ALL: &'static [Metric] = &[$(Metric::$name),*];

            /// Its object name in JMX; of a client's, the group and the attribute.
            pub const fn name(self) -> &'static str { match self { $(Metric::$name => $jmx),* } }

            /// The metric of this name; the part behind `name=` or `:` is enough.
            pub fn by_name(name: &str) -> Option<Self> {
                let short = |metric: Metric| metric.name().rsplit(['=', ':']).next() == Some(name);
                Self::ALL.iter().copied().find(|metric| metric.name() == name || short(*metric))
            }

            /// How it moves.
            pub const fn kind(self) -> Kind { match self { $(Metric::$name => Kind::$kind),* } }

            /// Whose it is.
            pub const fn owner(self) -> Owner { match self { $(Metric::$name => Owner::$owner),* } }
        }
    };
}

metrics! {
    /// M-01: partitions that the broker leads and whose ISR is smaller than their replicas.
    UnderReplicatedPartitions: Gauge of Broker = "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
    /// M-02: partitions that it leads and whose ISR is below min ISR.
    UnderMinIsrPartitionCount: Gauge of Broker = "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount",
    /// M-02: partitions that it leads and whose ISR is min ISR.
    AtMinIsrPartitionCount: Gauge of Broker = "kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount",
    /// M-03: its own proposals by which an ISR shrank; what the controller does by itself does not count.
    IsrShrinksPerSec: Count of Broker = "kafka.server:type=ReplicaManager,name=IsrShrinksPerSec",
    /// M-03: its own proposals by which an ISR grew.
    IsrExpandsPerSec: Count of Broker = "kafka.server:type=ReplicaManager,name=IsrExpandsPerSec",
    /// M-04: its proposals that were refused.
    FailedIsrUpdatesPerSec: Count of Broker = "kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec",
    /// M-05: partitions that it leads.
    LeaderCount: Gauge of Broker = "kafka.server:type=ReplicaManager,name=LeaderCount",
    /// M-08: records that it appended as a leader.
    MessagesInPerSec: Count of Broker = "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec",
    /// M-09: produce requests that it refused for other reasons than stale metadata, size or storage.
    FailedProduceRequestsPerSec: Count of Broker = "kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec",
    /// M-14: its answers with an error, of any request.
    ErrorsPerSec: Count of Broker = "kafka.network:type=RequestMetrics,name=ErrorsPerSec",
    /// M-16: fsyncs of its logs.
    LogFlushRateAndTimeMs: Count of Broker = "kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs",
    /// M-21: 1 while it is the active controller.
    ActiveControllerCount: Gauge of Controller = "kafka.controller:type=KafkaController,name=ActiveControllerCount",
    /// M-22: partitions without a leader.
    OfflinePartitionsCount: Gauge of Cluster = "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
    /// M-24: brokers that are not fenced.
    ActiveBrokerCount: Gauge of Cluster = "kafka.controller:type=KafkaController,name=ActiveBrokerCount",
    /// M-24: brokers that are fenced.
    FencedBrokerCount: Gauge of Cluster = "kafka.controller:type=KafkaController,name=FencedBrokerCount",
    /// M-25: leaders that were elected from outside the ISR, those from the ELR among them.
    UncleanLeaderElectionsPerSec: Count of Cluster = "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec",
    /// M-31: records of batches that were sent.
    RecordSendTotal: Count of Producer = "producer-metrics:record-send-total",
    /// M-32: records of batches that were put back to be sent again, at each time.
    RecordRetryTotal: Count of Producer = "producer-metrics:record-retry-total",
    /// M-33: records of batches that failed, and records that `send()` refused.
    RecordErrorTotal: Count of Producer = "producer-metrics:record-error-total",
    /// M-38: records that found no buffer memory.
    BufferExhaustedTotal: Count of Producer = "producer-metrics:buffer-exhausted-total",
    /// M-39: batches that were too large and were split.
    BatchSplitTotal: Count of Producer = "producer-metrics:batch-split-total",
    /// M-41: the largest distance, in records, of one of its partitions from the high watermark, at its last poll there.
    RecordsLagMax: Gauge of Consumer = "consumer-fetch-manager-metrics:records-lag-max",
    /// M-43: records that `poll()` returned.
    RecordsConsumedTotal: Count of Consumer = "consumer-fetch-manager-metrics:records-consumed-total",
    /// M-44: partitions of commits that succeeded and moved the committed offset.
    CommitTotal: Count of Consumer = "consumer-coordinator-metrics:commit-total",
    /// M-48: partitions that it owns.
    AssignedPartitions: Gauge of Consumer = "consumer-coordinator-metrics:assigned-partitions",
}
