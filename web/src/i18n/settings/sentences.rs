//! What every setting of the catalogue does, in a sentence, in both languages. A setting without its sentence does not
//! compile.

use crate::state::Language;
use highwater_model::SettingId;

macro_rules! sentences {
    ($($id:ident $english:literal $korean:literal)*) => {
        /// What a setting does, in a sentence.
        pub fn sentence(language: Language, setting: SettingId) -> &'static str {
            let (english, korean) = match setting { $(SettingId::$id => ($english, $korean)),* };
            match language {
                Language::English => english,
                Language::Korean => korean,
            }
        }
    };
}

sentences! {
    Brokers
        "How many brokers the cluster has."
        "클러스터의 브로커 수입니다."
    Racks
        "Racks (zones) over which brokers, controllers and clients are spread evenly."
        "브로커, 컨트롤러, 클라이언트를 고르게 나누어 두는 랙(가용 영역) 수입니다."
    Controllers
        "KRaft controllers: a majority of them has to live for anything to be decided."
        "KRaft 컨트롤러 수입니다. 과반수가 살아 있어야 무엇이든 결정할 수 있습니다."
    RackAware
        "Brokers tell their rack, so that the replicas of a partition are spread over racks."
        "브로커가 자기 랙을 알려 주어 한 파티션의 복제본이 여러 랙에 흩어집니다."
    ReplicaLagTimeMax
        "A follower that has not caught up for this long leaves the ISR."
        "이 시간 동안 리더를 따라잡지 못한 팔로워는 ISR에서 빠집니다."
    ReplicaFetchWaitMax
        "How long a follower's fetch waits at the leader when there is nothing new."
        "새 레코드가 없을 때 팔로워의 fetch가 리더에서 기다리는 최대 시간입니다."
    ReplicaFetchMinBytes
        "A follower's fetch is answered once this many bytes are there."
        "이만큼의 바이트가 모이면 팔로워의 fetch에 응답합니다."
    ReplicaFetchMaxBytes
        "What a follower fetches of one partition at a time, at most."
        "팔로워가 한 번에 한 파티션에서 가져오는 최대 바이트입니다."
    ReplicaFetchResponseMaxBytes
        "What a follower fetches in one response, at most."
        "팔로워가 응답 하나로 가져오는 최대 바이트입니다."
    ReplicaFetchBackoff
        "A follower rests a partition for this long after an error."
        "오류가 난 파티션을 팔로워가 쉬게 하는 시간입니다."
    ReplicaSocketTimeout
        "A follower gives up on a leader that stays silent for this long."
        "리더가 이 시간 동안 응답하지 않으면 팔로워가 연결을 포기합니다."
    HighWatermarkCheckpoint
        "How often a broker writes its high watermarks to disk."
        "브로커가 하이 워터마크를 디스크에 기록하는 주기입니다."
    IoThreads
        "Threads of a broker that handle requests; when all are busy, requests queue."
        "요청을 처리하는 브로커 스레드 수입니다. 모두 바쁘면 요청이 줄을 섭니다."
    FlushSchedulerInterval
        "How often the background flusher looks for logs older than flush.ms."
        "백그라운드 플러시가 flush.ms보다 오래된 로그를 찾는 주기입니다."
    RecoveryPointCheckpoint
        "How often a broker writes down up to where its logs are safely on disk."
        "로그가 디스크에 어디까지 안전하게 기록되었는지 브로커가 적어 두는 주기입니다."
    RetentionCheckInterval
        "How often a broker looks for segments that retention lets it delete."
        "보존 정책에 따라 지울 세그먼트를 브로커가 찾는 주기입니다."
    RecoveryThreads
        "Threads that scan the logs when a broker starts after an unclean stop."
        "비정상 종료 후 브로커가 시작할 때 로그를 훑는 스레드 수입니다."
    BrokerHeartbeatInterval
        "How often a broker tells the controller that it lives."
        "브로커가 살아 있다고 컨트롤러에 알리는 주기입니다."
    BrokerSessionTimeout
        "A broker silent for this long is fenced, and its partitions get other leaders."
        "이 시간 동안 소식이 없는 브로커는 차단되고, 그 파티션은 다른 리더를 얻습니다."
    ZooKeeperSessionTimeout
        "Without KRaft: a broker that ZooKeeper has not heard for this long is dead."
        "KRaft가 아닐 때, 이 시간 동안 ZooKeeper에 소식이 없는 브로커는 죽은 것으로 봅니다."
    ControlledShutdown
        "A broker that is stopped first hands its partitions to other leaders."
        "브로커를 멈추면 먼저 맡은 파티션을 다른 리더에게 넘깁니다."
    AutoLeaderRebalance
        "The controller gives leadership back to the preferred replicas."
        "컨트롤러가 선호 복제본에게 리더를 되돌려 줍니다."
    LeaderImbalanceCheck
        "How often the controller looks whether leaders are where they should be."
        "리더가 제자리에 있는지 컨트롤러가 살피는 주기입니다."
    UncleanElectionInterval
        "How often a partition without a leader is tried again, where unclean election is on."
        "unclean 선출이 켜져 있을 때 리더 없는 파티션의 선출을 다시 시도하는 주기입니다."
    EligibleLeaderReplicas
        "1 remembers replicas that hold every committed record although they left the ISR (KIP-966)."
        "1이면 ISR에서 빠졌어도 커밋된 레코드를 모두 가진 복제본을 기억합니다(KIP-966)."
    QuorumFetchTimeout
        "A controller that hears nothing from the active one for this long stands for election."
        "활성 컨트롤러의 소식이 이 시간 동안 없으면 다른 컨트롤러가 선거에 나섭니다."
    QuorumElectionTimeout
        "How long a candidate waits for the controllers' votes, up to twice."
        "후보가 다른 컨트롤러의 표를 기다리는 시간이며, 최대 두 배까지 늘어납니다."
    QuorumElectionBackoffMax
        "The longest pause after a lost controller election."
        "컨트롤러 선거에서 진 뒤 쉬는 최대 시간입니다."
    QuorumAppendLinger
        "How long the controller gathers changes before it writes them to the metadata log."
        "컨트롤러가 변경 사항을 모았다가 메타데이터 로그에 쓰기까지의 시간입니다."
    OffsetsReplicationFactor
        "Replicas of the topic in which consumer groups keep their committed offsets."
        "컨슈머 그룹의 커밋된 오프셋을 담는 토픽의 복제본 수입니다."
    OffsetsPartitions
        "Partitions of the topic in which consumer groups keep their committed offsets."
        "컨슈머 그룹의 커밋된 오프셋을 담는 토픽의 파티션 수입니다."
    OffsetsMinIsr
        "In-sync replicas without which no offset can be committed."
        "오프셋을 커밋하는 데 필요한 최소 동기화 복제본 수입니다."
    OffsetsCommitTimeout
        "How long the group's coordinator waits for a commit to be replicated."
        "그룹 코디네이터가 커밋의 복제를 기다리는 시간입니다."
    LogDirs
        "Log directories of a broker, each on a disk of its own; when one fails, the others go on."
        "브로커의 로그 디렉터리 수입니다. 디렉터리마다 디스크가 따로 있고, 하나가 고장 나도 나머지는 계속 동작합니다."
    LogDirFailureTimeout
        "A broker that cannot tell the controller of a failed log directory for this long stops."
        "로그 디렉터리 고장을 이 시간 동안 컨트롤러에 알리지 못한 브로커는 스스로 멈춥니다."
    TransactionPartitions
        "Partitions of __transaction_state: each transactional id has its coordinator at the leader of one of them."
        "__transaction_state의 파티션 수입니다. 트랜잭션 ID마다 그중 한 파티션의 리더가 코디네이터가 됩니다."
    TransactionReplicationFactor
        "Replicas of __transaction_state."
        "__transaction_state의 복제본 수입니다."
    TransactionMinIsr
        "In-sync replicas without which the transaction coordinator cannot write, and no transaction begins or ends."
        "트랜잭션 코디네이터가 기록하는 데 필요한 ISR 수입니다. 모자라면 트랜잭션을 시작하거나 끝낼 수 없습니다."
    TransactionMaxTimeout
        "The longest transaction.timeout.ms that a broker accepts."
        "브로커가 받아들이는 transaction.timeout.ms의 최댓값입니다."
    TransactionCleanupInterval
        "How often the coordinator looks for transactions that have been open for longer than their timeout."
        "코디네이터가 타임아웃을 넘긴 트랜잭션을 찾는 주기입니다."
    ReplicaSelectorClass
        "Whether consumers are sent to an in-sync replica in their own rack, or always read from the leader."
        "컨슈머를 같은 랙의 동기화된 복제본으로 보낼지, 늘 리더에서 읽게 할지 정합니다."
    InitialRebalanceDelay
        "An empty group waits this long for more members before it deals out partitions."
        "빈 그룹이 파티션을 나누기 전에 멤버를 더 기다리는 시간입니다."
    GroupConsumerSessionTimeout
        "A member of the consumer protocol that is silent for this long is removed."
        "consumer 프로토콜의 멤버가 이 시간 동안 조용하면 그룹에서 빠집니다."
    GroupConsumerHeartbeatInterval
        "How often the coordinator has members of the consumer protocol send heartbeats."
        "코디네이터가 consumer 프로토콜의 멤버에게 지시하는 하트비트 주기입니다."
    OffsetsRetention
        "How long committed offsets outlive the last member of their group."
        "그룹의 마지막 멤버가 떠난 뒤 커밋된 오프셋을 보관하는 시간입니다."
    OffsetsRetentionCheck
        "How often the coordinator looks for committed offsets that have expired."
        "코디네이터가 만료된 커밋 오프셋을 찾는 주기입니다."

    Partitions
        "Partitions of the topic: each has its own leader and its own order."
        "토픽의 파티션 수입니다. 파티션마다 리더와 순서가 따로 있습니다."
    InitialPartitions
        "Of the topic's partitions so many exist at first; an administrator creates the others. 0: all exist."
        "처음부터 있는 파티션 수입니다. 나머지는 관리자가 만들 때 생깁니다. 0이면 모두 처음부터 있습니다."
    ReplicationFactor
        "How many brokers hold a copy of each partition."
        "각 파티션의 사본을 가진 브로커 수입니다."
    MinIsr
        "With fewer in-sync replicas, writes with acks=all are refused."
        "동기화된 복제본이 이보다 적으면 acks=all 쓰기를 거부합니다."
    UncleanElection
        "Lets a replica that may lack committed records lead: available sooner, at the price of records."
        "커밋된 레코드가 없을 수도 있는 복제본이 리더가 됩니다. 더 빨리 쓸 수 있지만 레코드를 잃습니다."
    FlushMessages
        "fsync after this many records, instead of leaving it to the operating system."
        "운영체제에 맡기지 않고 이 개수의 레코드마다 fsync를 합니다."
    FlushMs
        "fsync what is older than this, instead of leaving it to the operating system."
        "운영체제에 맡기지 않고 이보다 오래된 기록에 fsync를 합니다."
    RetentionBytes
        "How much of a partition is kept; \u{2212}1 keeps everything."
        "파티션마다 보존하는 크기입니다. \u{2212}1이면 모두 남깁니다."
    RetentionMs
        "Segments whose youngest record is older than this are deleted; -1 keeps them."
        "가장 최근 레코드가 이보다 오래된 세그먼트를 지웁니다. -1이면 지우지 않습니다."
    SegmentBytes
        "Size of a log segment; retention deletes whole segments only."
        "로그 세그먼트의 크기입니다. 보존 정책은 세그먼트 단위로만 지웁니다."
    MaxMessageBytes
        "The largest batch that a broker accepts."
        "브로커가 받아들이는 가장 큰 배치입니다."

    Acks
        "What a producer waits for: nothing, the leader, or every in-sync replica."
        "프로듀서가 기다리는 대상입니다. 없음, 리더, 또는 동기화된 모든 복제본입니다."
    Idempotence
        "Numbers the batches, so that a retry is written once and in order."
        "배치에 번호를 매겨 재시도해도 한 번만, 순서대로 기록됩니다."
    Retries
        "How often a failed batch is sent again; delivery.timeout.ms bounds it as well."
        "실패한 배치를 다시 보내는 횟수입니다. delivery.timeout.ms도 이를 제한합니다."
    MaxInFlight
        "Requests on one connection that may wait for an answer at a time."
        "한 연결에서 동시에 응답을 기다릴 수 있는 요청 수입니다."
    DeliveryTimeout
        "A record that is not acknowledged after this is reported as failed, retries included."
        "재시도를 포함해 이 시간 안에 확인되지 않은 레코드는 실패로 보고합니다."
    RequestTimeout
        "How long a producer waits for the answer to one request."
        "프로듀서가 요청 하나의 응답을 기다리는 시간입니다."
    RetryBackoff
        "The first pause before a retry; it doubles with each one."
        "재시도 전의 첫 대기 시간이며, 재시도마다 두 배가 됩니다."
    RetryBackoffMax
        "The longest pause before a retry."
        "재시도 전에 기다리는 최대 시간입니다."
    Linger
        "How long a batch waits for more records before it is sent."
        "배치를 보내기 전에 레코드를 더 기다리는 시간입니다."
    BatchSize
        "A batch this large is sent without waiting."
        "배치가 이 크기가 되면 기다리지 않고 보냅니다."
    BufferMemory
        "Memory for records that are not yet acknowledged; when it is full, send() blocks."
        "아직 확인되지 않은 레코드를 담는 메모리입니다. 가득 차면 send()가 멈춥니다."
    MaxBlock
        "How long send() may block before it fails."
        "send()가 실패하기 전까지 멈춰 있을 수 있는 시간입니다."
    MaxRequestSize
        "The largest request that a producer sends."
        "프로듀서가 보내는 가장 큰 요청입니다."
    Compression
        "How batches are compressed: less network and disk for some CPU."
        "배치를 압축하는 방식입니다. CPU를 쓰는 대신 네트워크와 디스크를 아낍니다."
    ProducerMetadataMaxAge
        "How often a producer asks who leads what, even without an error."
        "오류가 없어도 프로듀서가 리더 정보를 다시 묻는 주기입니다."
    TransactionalId
        "Do producers write in transactions? Each then has its own transactional id."
        "프로듀서가 트랜잭션으로 쓰는지 정합니다. 켜면 프로듀서마다 트랜잭션 ID를 가집니다."
    TransactionTimeout
        "A transaction that is open for longer is aborted by the coordinator, and its producer is fenced."
        "이보다 오래 열려 있는 트랜잭션은 코디네이터가 중단하고, 프로듀서는 펜싱됩니다."
    TransactionCommitInterval
        "The application ends its transaction this long after it began it."
        "애플리케이션이 트랜잭션을 시작한 뒤 끝낼 때까지의 시간입니다."
    TransactionAbortEvery
        "Of so many transactions the application aborts the last one; 0: it commits all of them."
        "트랜잭션 이만큼마다 마지막 하나를 애플리케이션이 중단합니다. 0이면 모두 커밋합니다."
    SendResult
        "What the application does with a send's result: ignores it, waits for it, or handles it in a callback."
        "send() 결과를 애플리케이션이 다루는 방식입니다. 무시하거나, 기다리거나, 콜백에서 처리합니다."

    AutoCommit
        "poll() commits what the poll before returned, whether it is processed or not."
        "poll()이 이전 poll의 위치를 커밋합니다. 처리가 끝났는지는 따지지 않습니다."
    AutoCommitInterval
        "Time between automatic commits: about this much is read twice after a crash."
        "자동 커밋 주기입니다. 장애가 나면 대략 이만큼을 다시 읽습니다."
    CommitPolicy
        "When the application commits by itself: after processing, before it, or never."
        "애플리케이션이 직접 커밋하는 시점입니다. 처리 후, 처리 전, 또는 하지 않음입니다."
    AutoOffsetReset
        "Where to start without a committed offset: at the end, at the beginning, with an error, or some time back."
        "커밋된 오프셋이 없을 때 시작할 곳입니다. 끝, 처음, 오류, 또는 일정 시간 전입니다."
    ResetDuration
        "How far back auto.offset.reset=by_duration goes."
        "auto.offset.reset=by_duration일 때 얼마나 전부터 읽는지입니다."
    Protocol
        "classic: the members assign, and all join again in a rebalance. consumer (KIP-848): the coordinator assigns, and partitions move one by one."
        "classic은 멤버가 할당하고 리밸런스마다 모두 다시 참여합니다. consumer(KIP-848)는 코디네이터가 할당하고 파티션이 하나씩 옮겨 갑니다."
    Strategy
        "How a classic group assigns: with cooperative-sticky members keep what does not move; with the others they give up everything first."
        "classic 그룹의 할당 방식입니다. cooperative-sticky는 옮기지 않는 파티션을 계속 갖고, 나머지는 먼저 모두 내려놓습니다."
    RemoteAssignment
        "How the coordinator assigns in the consumer protocol: uniform keeps what it can, range gives runs of partitions."
        "consumer 프로토콜에서 코디네이터의 할당 방식입니다. uniform은 되도록 그대로 두고, range는 이어진 파티션을 줍니다."
    StaticMembers
        "own: each consumer has a group.instance.id, so that a restart within the session is no rebalance."
        "own이면 컨슈머마다 group.instance.id가 있어 세션 안에 재시작해도 리밸런스가 없습니다."
    Isolation
        "read_committed hides records of open and aborted transactions."
        "read_committed는 끝나지 않았거나 중단된 트랜잭션의 레코드를 숨깁니다."
    MaxPollRecords
        "How many records one poll() returns at most."
        "poll() 한 번이 돌려주는 최대 레코드 수입니다."
    MaxPollInterval
        "A consumer that does not poll for this long loses its partitions."
        "이 시간 동안 poll()을 부르지 않은 컨슈머는 파티션을 잃습니다."
    SessionTimeout
        "A consumer silent for this long is taken for dead."
        "이 시간 동안 소식이 없는 컨슈머는 죽은 것으로 봅니다."
    HeartbeatInterval
        "How often a consumer tells its coordinator that it lives."
        "컨슈머가 살아 있다고 코디네이터에 알리는 주기입니다."
    FetchMinBytes
        "A fetch is answered once this many bytes are there."
        "이만큼의 바이트가 모이면 fetch에 응답합니다."
    FetchMaxWait
        "How long a fetch waits for fetch.min.bytes."
        "fetch.min.bytes가 모일 때까지 fetch가 기다리는 최대 시간입니다."
    MaxPartitionFetchBytes
        "What a consumer fetches of one partition at a time, at most."
        "컨슈머가 한 번에 한 파티션에서 가져오는 최대 바이트입니다."
    FetchMaxBytes
        "What a consumer fetches in one response, at most."
        "컨슈머가 응답 하나로 가져오는 최대 바이트입니다."
    ConsumerRequestTimeout
        "How long a consumer waits for the answer to one request."
        "컨슈머가 요청 하나의 응답을 기다리는 시간입니다."
    DefaultApiTimeout
        "How long a call such as commitSync() keeps trying."
        "commitSync() 같은 호출이 계속 시도하는 시간입니다."
    ConsumerMetadataMaxAge
        "How often a consumer asks who leads what, even without an error."
        "오류가 없어도 컨슈머가 리더 정보를 다시 묻는 주기입니다."
    ClientRack
        "Consumers tell their rack, so that a rack-aware cluster can send them to a replica near them."
        "컨슈머가 자기 랙을 알려, 랙을 아는 클러스터가 가까운 복제본으로 보낼 수 있게 합니다."

    Producers
        "Producer processes; the load is shared among them."
        "프로듀서 프로세스 수입니다. 부하를 나누어 맡습니다."
    Consumers
        "Consumer processes, members of one group; more than partitions stand idle."
        "한 그룹에 속한 컨슈머 프로세스 수입니다. 파티션보다 많으면 놀게 됩니다."
    RecordsPerSecond
        "Records that arrive a second, whether or not the cluster can take them."
        "클러스터가 받을 수 있든 없든 1초에 도착하는 레코드 수입니다."
    RecordBytes
        "Bytes of a record's value."
        "레코드 값의 바이트 수입니다."
    KeyBytes
        "Bytes of a record's key."
        "레코드 키의 바이트 수입니다."
    Keys
        "How many different keys there are; 0 sends records without a key."
        "서로 다른 키의 수입니다. 0이면 키 없이 보냅니다."
    KeySkew
        "How unequal the keys are (Zipf's exponent): 0 makes all equal, 100 is steep."
        "키가 얼마나 치우쳤는지(지프 지수)입니다. 0이면 모두 같고 100이면 크게 치우칩니다."
    CompressionRatio
        "What remains of a batch when it is compressed."
        "압축하고 남는 배치의 크기 비율입니다."
    SourceQueue
        "How long records wait for the producer; older ones are refused, and counted."
        "레코드가 프로듀서를 기다리는 시간입니다. 넘친 레코드는 거부되고 집계됩니다."
    Processing
        "Whether records are processed inside the poll loop or handed to worker threads."
        "레코드를 poll 루프 안에서 처리하는지, 작업자 스레드에 넘기는지입니다."
    ProcessingTime
        "Time to process one record."
        "레코드 하나를 처리하는 시간입니다."
    Workers
        "Worker threads of each consumer, where processing is handed over."
        "처리를 넘길 때 컨슈머마다 두는 작업자 스레드 수입니다."
    IdempotentEffect
        "Doing the side effect of a record twice has the effect of doing it once."
        "레코드의 부수 효과를 두 번 실행해도 한 번 실행한 것과 같습니다."
    RecordValue
        "What one record is worth, in cents: prices a loss."
        "레코드 하나의 가치(센트)입니다. 유실을 금액으로 보여 줍니다."

    LatencySameRack
        "One-way network latency inside a rack."
        "같은 랙 안의 편도 네트워크 지연입니다."
    LatencyCrossRack
        "One-way network latency between racks."
        "랙 사이의 편도 네트워크 지연입니다."
    LatencyJitter
        "The random part that is added to each packet's latency (its median)."
        "패킷마다 더해지는 무작위 지연의 중앙값입니다."
    NetworkBandwidth
        "Network card of every machine, each way."
        "모든 장비의 네트워크 카드 대역폭(방향별)입니다."
    DiskBandwidth
        "Sequential bandwidth of a broker's disk."
        "브로커 디스크의 순차 대역폭입니다."
    Fsync
        "Time of one fsync, beside writing its bytes."
        "바이트를 쓰는 시간 외에 fsync 한 번에 걸리는 시간입니다."
    WritebackInterval
        "How often the operating system wakes to write old pages to disk."
        "운영체제가 오래된 페이지를 디스크에 쓰려고 깨어나는 주기입니다."
    DirtyExpire
        "Age at which the operating system writes a page to disk."
        "운영체제가 페이지를 디스크에 쓰는 나이입니다."
    DirtyBackground
        "Megabytes of unwritten pages at which the operating system writes whatever their age."
        "나이와 상관없이 운영체제가 쓰기를 시작하는 미기록 페이지의 메가바이트입니다."
    RequestCpu
        "CPU time of a broker for one request, beside its bytes."
        "바이트 처리 외에 브로커가 요청 하나에 쓰는 CPU 시간입니다."
    AppendCpu
        "CPU time of a broker for a kilobyte that it appends."
        "브로커가 1킬로바이트를 추가할 때 쓰는 CPU 시간입니다."
    SendCpu
        "CPU time of a producer for one send()."
        "프로듀서가 send() 한 번에 쓰는 CPU 시간입니다."
    RequestSendCpu
        "CPU time of a producer's sender thread for one request. Records that come meanwhile go into the next."
        "프로듀서의 전송 스레드가 요청 하나에 쓰는 CPU 시간입니다. 그동안 온 레코드는 다음 요청에 실립니다."
    PollCpu
        "CPU time of a consumer to hand out one record."
        "컨슈머가 레코드 하나를 넘겨줄 때 쓰는 CPU 시간입니다."
    ProcessExit
        "From kill -9 until the operating system closes the process's connections; what arrives meanwhile is accepted and lost."
        "kill -9부터 운영체제가 프로세스의 연결을 닫기까지의 시간입니다. 그동안 도착한 데이터는 받아들여졌다가 사라집니다."
    ServerStart
        "From the start of a broker's or controller's process until it takes part."
        "브로커나 컨트롤러 프로세스가 시작해서 참여하기까지의 시간입니다."
    ClientStart
        "From the start of a client's process until it takes part."
        "클라이언트 프로세스가 시작해서 참여하기까지의 시간입니다."
    RecoveryBandwidth
        "Log bytes that one recovery thread scans a second."
        "복구 스레드 하나가 1초에 훑는 로그의 양입니다."

    EpochTrunc
        "Followers truncate by leader epoch, not to their own high watermark (KIP-101, since 0.11)."
        "팔로워가 자기 하이 워터마크가 아니라 리더 에포크를 기준으로 로그를 자릅니다(KIP-101, 0.11부터)."
    EpochTruncIter
        "The leader says which epoch ends where, and a follower asks until their logs agree (KIP-279, since 2.0)."
        "리더가 어느 에포크가 어디서 끝나는지 알려 주고, 팔로워는 로그가 일치할 때까지 묻습니다(KIP-279, 2.0부터)."
    TruncOnFetch
        "Where two logs divide is told in the answer to a fetch, not in an exchange before it (since 2.7)."
        "두 로그가 갈라지는 곳을 fetch 전의 별도 요청이 아니라 fetch 응답에서 알려 줍니다(2.7부터)."
    TruncEveryEpoch
        "A follower compares its log at each new epoch, also when the leader is the same broker (KAFKA-7164, since 2.1)."
        "리더가 같은 브로커여도 에포크가 바뀔 때마다 팔로워가 로그를 비교합니다(KAFKA-7164, 2.1부터)."
    EpochFenceFetch
        "Fetches say which leader epoch the reader knows, so that neither side is misled by an old one (KIP-320, since 2.1)."
        "fetch에 읽는 쪽이 아는 리더 에포크를 실어, 어느 쪽도 옛 리더에 속지 않게 합니다(KIP-320, 2.1부터)."
    ExpandFromEpochStart
        "A follower joins the ISR only once it has all that the leader had when it was elected (KAFKA-7128, since 2.1)."
        "리더가 선출될 때 갖고 있던 것을 모두 가진 팔로워만 ISR에 들어옵니다(KAFKA-7128, 2.1부터)."
    ConsumerValidate
        "A consumer asks a new leader whether the log below its position is still the one it has read (KIP-320, since 2.3)."
        "컨슈머가 새 리더에게 자기 위치 아래의 로그가 읽었던 그대로인지 묻습니다(KIP-320, 2.3부터)."
    ProducerStateKept
        "A leader remembers a producer's sequence numbers even when its records have been deleted (KIP-360, since 2.4)."
        "레코드가 지워져도 리더가 그 프로듀서의 시퀀스 번호를 기억합니다(KIP-360, 2.4부터)."
    HwPush
        "A leader answers a follower's waiting fetch just to hand over a new high watermark (2.4 and 2.5 only)."
        "새 하이 워터마크만 알리려고 기다리던 팔로워의 fetch에 바로 응답합니다(2.4와 2.5만)."
    KRaft
        "Controllers are a KRaft quorum; without it, ZooKeeper keeps sessions and state."
        "컨트롤러들이 KRaft 쿼럼을 이룹니다. 끄면 ZooKeeper가 세션과 상태를 맡습니다."
    AlterPartition
        "ISR changes are decided by the controller; without it, the leader writes them to ZooKeeper itself (KIP-497, since 2.7)."
        "ISR 변경을 컨트롤러가 결정합니다. 끄면 리더가 ZooKeeper에 직접 씁니다(KIP-497, 2.7부터)."
    IsrFencedCheck
        "Fenced and stopping brokers are not let into an ISR (KIP-841, since 3.3)."
        "차단되었거나 멈추는 중인 브로커는 ISR에 들어오지 못합니다(KIP-841, 3.3부터)."
    IsrBrokerEpoch
        "A broker that restarted meanwhile is not let into an ISR on the word of its former process (KIP-903, since 3.5)."
        "그사이 재시작한 브로커는 이전 프로세스의 상태로 ISR에 들어오지 못합니다(KIP-903, 3.5부터)."
    IsrShrinkBumpsEpoch
        "Each shrinking of an ISR begins a new leader epoch (KRaft before 3.6)."
        "ISR이 줄 때마다 새 리더 에포크가 시작됩니다(3.6 이전 KRaft)."
    HwMinIsrGate
        "The high watermark stands still while the ISR is below min ISR (since 3.7)."
        "ISR이 최소치보다 작으면 하이 워터마크가 멈춥니다(3.7부터)."
    EffMinIsr
        "min.insync.replicas never asks for more replicas than the partition has (since 3.7)."
        "min.insync.replicas가 파티션의 복제본 수보다 많이 요구하지 않습니다(3.7부터)."
    CleanFileEpoch
        "A broker proves a clean stop with its broker epoch, and so stays an eligible leader (since 3.7)."
        "브로커가 브로커 에포크로 정상 종료를 증명하고, 그래서 리더 자격을 지킵니다(3.7부터)."
    LklBug
        "The last known leader is elected even when it is dead (KAFKA-19522, until 4.0)."
        "마지막으로 알려진 리더가 죽어 있어도 선출됩니다(KAFKA-19522, 4.0까지)."
    PreVote
        "A controller asks whether it would win before it begins an election (KIP-996, since 4.0)."
        "컨트롤러가 선거를 시작하기 전에 이길 수 있는지 먼저 묻습니다(KIP-996, 4.0부터)."
    PreferredCleared
        "A consumer forgets the replica that it was sent to when that one refuses it (KAFKA-14379, since 3.4)."
        "컨슈머가 안내받은 복제본이 거부하면 그 복제본을 잊습니다(KAFKA-14379, 3.4부터)."
    LeaderHint
        "A broker that no longer leads tells the client who does (KIP-951, since 3.7)."
        "더는 리더가 아닌 브로커가 새 리더를 클라이언트에게 알려 줍니다(KIP-951, 3.7부터)."
    ExpBackoff
        "Clients wait longer after each failure in a row; without it, always retry.backoff.ms (KIP-580, since 3.7)."
        "연이은 실패마다 클라이언트가 더 오래 쉽니다. 끄면 늘 retry.backoff.ms만큼 쉽니다(KIP-580, 3.7부터)."
    TxnVerify
        "A leader asks the coordinator whether a partition is part of the transaction before the first append (KIP-890, since 3.6)."
        "리더가 첫 기록 전에 파티션이 트랜잭션에 속하는지 코디네이터에게 확인합니다(KIP-890, 3.6부터)."
    Tv2
        "Each transaction has a producer epoch of its own, so a late batch of the one before is refused (KIP-890, since 4.0)."
        "트랜잭션마다 프로듀서 에포크가 달라, 앞선 트랜잭션의 늦은 배치를 거부합니다(KIP-890, 4.0부터)."
}
