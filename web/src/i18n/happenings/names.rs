//! Names and short explanations of what sentences speak of: errors, states, causes, faults, categories. A variant
//! without its words in both languages does not compile.

use crate::i18n::numbers::{count, duration, signed};
use crate::state::Language;
use highwater_model::trace::{ChangeCause, Election, Error, NodeState, ResetCause};
use highwater_model::{Cut, Duration, FaultKind, Target};
use highwater_oracle::report::Category;

fn pick<T>(language: Language, words: (T, T)) -> T {
    match language {
        Language::English => words.0,
        Language::Korean => words.1,
    }
}

/// What a process does.
pub fn node_state(language: Language, state: NodeState) -> &'static str {
    let words = match state {
        NodeState::Running => ("runs", "실행 중"),
        NodeState::Starting => ("starts", "시작 중"),
        NodeState::Recovering => ("scans its logs after an unclean stop", "비정상 종료 후 로그 복구 중"),
        NodeState::Registering => ("waits to be registered", "등록 대기 중"),
        NodeState::Stopping => ("stops in order", "정상 종료 중"),
        NodeState::Stopped => ("has stopped in order", "정상 종료됨"),
        NodeState::Crashed => ("its process was killed", "프로세스가 죽음"),
        NodeState::PoweredOff => ("has no power", "전원이 꺼짐"),
        NodeState::Paused => ("stands still", "멈춰 있음"),
        NodeState::Halted => ("halted, its disk failed", "디스크 장애로 중단됨"),
    };
    pick(language, words)
}

/// Why the controller changed a partition.
pub fn cause(language: Language, cause: ChangeCause) -> &'static str {
    let words = match cause {
        ChangeCause::Created => ("it was created", "파티션 생성"),
        ChangeCause::AlterPartition => ("its leader proposed another ISR", "리더의 ISR 변경 제안"),
        ChangeCause::Fenced => ("a broker was fenced", "브로커 차단"),
        ChangeCause::Unfenced => ("a broker came back", "브로커 복귀"),
        ChangeCause::Shutdown => ("a broker is shutting down", "브로커 정상 종료"),
        ChangeCause::UncleanRegistration => {
            ("a broker registered again after an unclean stop", "비정상 종료한 브로커의 재등록")
        }
        ChangeCause::Preferred => ("leadership goes back to the preferred replica", "선호 복제본에게 리더 반환"),
        ChangeCause::UncleanSweep => ("unclean election is on", "unclean 선출 허용"),
        ChangeCause::Requested => ("it was asked for", "직접 요청"),
    };
    pick(language, words)
}

/// What is worth a note about how a leader was found; nothing for a clean election.
pub fn election_note(language: Language, election: Election) -> &'static str {
    let words = match election {
        Election::Unchanged | Election::Clean | Election::Leaderless => ("", ""),
        Election::Eligible => (", from the ELR", ", ELR에서 선출"),
        Election::LastKnown => (", the last known leader, unclean", ", 마지막 리더, unclean"),
        Election::Unclean => (", unclean", ", unclean"),
    };
    pick(language, words)
}

/// Why a consumer's position moved.
pub fn reset_cause(language: Language, cause: ResetCause) -> &'static str {
    let words = match cause {
        ResetCause::Committed => ("it is the committed offset", "커밋된 오프셋"),
        ResetCause::NoOffset => ("no offset was committed", "커밋된 오프셋 없음"),
        ResetCause::OutOfRange => ("its position is not in the log", "위치가 로그 범위 밖"),
        ResetCause::Truncated => ("the log was truncated below its position", "로그가 읽던 위치보다 앞에서 잘림"),
    };
    pick(language, words)
}

/// What an error means.
pub fn error(language: Language, error: Error) -> &'static str {
    let words = match error {
        Error::NotEnoughReplicas => {
            ("fewer in-sync replicas than min.insync.replicas", "동기화 복제본이 min.insync.replicas보다 적음")
        }
        Error::NotEnoughReplicasAfterAppend => (
            "written, but the ISR shrank below min.insync.replicas",
            "기록했지만 ISR이 min.insync.replicas 아래로 줄어듦",
        ),
        Error::NotLeaderOrFollower => ("the broker does not lead the partition", "이 브로커는 파티션의 리더가 아님"),
        Error::FencedLeaderEpoch => ("the leader epoch is old", "오래된 리더 에포크"),
        Error::UnknownLeaderEpoch => ("the leader epoch is newer than the broker's", "브로커가 모르는 새 리더 에포크"),
        Error::LeaderNotAvailable => ("the partition has no leader", "파티션에 리더가 없음"),
        Error::UnknownTopicOrPartition => ("the broker does not know the partition", "브로커가 모르는 파티션"),
        Error::RequestTimedOut => ("replication took too long", "복제가 제시간에 끝나지 않음"),
        Error::NetworkException => ("the connection was lost", "연결이 끊어짐"),
        Error::KafkaStorageError => ("the broker's disk failed", "브로커의 디스크 장애"),
        Error::MessageTooLarge => ("the batch is larger than max.message.bytes", "배치가 max.message.bytes보다 큼"),
        Error::OutOfOrderSequenceNumber => ("a batch before it is missing", "앞선 배치가 빠짐"),
        Error::InvalidProducerEpoch => ("the producer epoch is old", "오래된 프로듀서 에포크"),
        Error::OffsetOutOfRange => ("the offset is not in the log", "로그에 없는 오프셋"),
        Error::OffsetNotAvailable => {
            ("the new leader has no high watermark yet", "새 리더의 하이 워터마크가 아직 없음")
        }
        Error::NotCoordinator => ("the broker does not coordinate the group", "이 브로커는 그룹 코디네이터가 아님"),
        Error::CoordinatorNotAvailable => ("the coordinator cannot write", "코디네이터가 기록할 수 없음"),
        Error::CoordinatorLoadInProgress => ("the coordinator still reads its log", "코디네이터가 로그를 읽는 중"),
        Error::UnknownMemberId => ("the group does not know the member", "그룹이 모르는 멤버"),
        Error::IllegalGeneration => ("the member's generation is old", "오래된 그룹 세대"),
        Error::RebalanceInProgress => ("the group is rebalancing", "그룹 리밸런스 중"),
        Error::MemberIdRequired => ("the member has to join with its new id", "새 ID로 다시 참여해야 함"),
        Error::DuplicateBrokerRegistration => {
            ("another process with this id is still registered", "같은 ID의 프로세스가 아직 등록되어 있음")
        }
        Error::StaleBrokerEpoch => ("the broker has registered again since", "브로커가 그 뒤에 다시 등록됨"),
        Error::NotController => ("the controller is not the active one", "활성 컨트롤러가 아님"),
        Error::InvalidUpdateVersion => ("the partition has changed since", "파티션이 그 뒤에 바뀜"),
        Error::InvalidRequest => ("the request makes no sense to the controller", "컨트롤러가 받아들일 수 없는 요청"),
        Error::IneligibleReplica => ("a proposed member may not be in the ISR", "ISR에 들 수 없는 복제본이 제안됨"),
        Error::NewLeaderElected => ("the proposal led to another leader", "제안으로 다른 리더가 선출됨"),
        Error::NotRaftLeader => ("the quorum has another leader", "쿼럼의 리더가 다른 컨트롤러임"),
        Error::DeliveryTimedOut => ("delivery.timeout.ms has passed", "delivery.timeout.ms가 지남"),
        Error::BufferExhausted => {
            ("buffer.memory was full for max.block.ms", "max.block.ms 동안 buffer.memory가 가득 참")
        }
        Error::MetadataTimedOut => ("no metadata for max.block.ms", "max.block.ms 동안 메타데이터를 받지 못함"),
        Error::RecordTooLarge => ("the record is larger than max.request.size", "레코드가 max.request.size보다 큼"),
        Error::ClientCrashed => {
            ("its process died with the records in memory", "레코드를 메모리에 둔 채 프로세스가 죽음")
        }
    };
    pick(language, words)
}

/// A category's name.
pub fn category(language: Language, category: Category) -> &'static str {
    let words = match category {
        Category::Offered => ("offered", "발생"),
        Category::Refused => ("refused", "거부됨"),
        Category::Sent => ("sent", "전송"),
        Category::Acked => ("acknowledged", "확인됨"),
        Category::Failed => ("failed", "실패"),
        Category::FailedButWritten => ("failed, yet written", "실패했지만 기록됨"),
        Category::Unresolved => ("unknown", "결과 모름"),
        Category::Committed => ("committed", "커밋됨"),
        Category::Polled => ("read", "읽힘"),
        Category::Processed => ("processed", "처리됨"),
        Category::Lost => ("lost", "유실"),
        Category::Duplicated => ("duplicated", "중복 기록"),
        Category::Reordered => ("out of order", "순서 바뀜"),
        Category::ProcessedTwice => ("processed twice", "중복 처리"),
        Category::NeverProcessed => ("never processed", "처리 안 됨"),
        Category::EffectWithoutRecord => ("effect without record", "레코드 없는 처리"),
    };
    pick(language, words)
}

/// What a category means.
pub fn category_sentence(language: Language, category: Category) -> &'static str {
    let words = match category {
        Category::Offered => ("Records that arrived in the sources.", "애플리케이션에 도착한 레코드입니다."),
        Category::Refused => (
            "The queue before the producer was full: never given to Kafka.",
            "프로듀서 앞의 대기열이 가득 차 Kafka에 넘기지 못한 레코드입니다.",
        ),
        Category::Sent => ("Accepted by send() into a batch.", "send()가 배치에 받아들인 레코드입니다."),
        Category::Acked => {
            ("The producer was told that they are written.", "기록되었다고 프로듀서에 알려진 레코드입니다.")
        }
        Category::Failed => (
            "The producer was told that they failed, and they are in no log.",
            "실패했다고 알려졌고 로그에도 없는 레코드입니다.",
        ),
        Category::FailedButWritten => (
            "The producer was told that they failed, but they are in the log.",
            "실패했다고 알려졌지만 로그에는 있는 레코드입니다.",
        ),
        Category::Unresolved => (
            "When the run ended the producer did not know yet.",
            "실행이 끝날 때까지 프로듀서가 결과를 알지 못한 레코드입니다.",
        ),
        Category::Committed => (
            "On all in-sync replicas, below the high watermark.",
            "동기화된 모든 복제본에 있고 하이 워터마크 아래에 있는 레코드입니다.",
        ),
        Category::Polled => ("Handed to the application by poll().", "poll()이 애플리케이션에 넘긴 레코드입니다."),
        Category::Processed => ("Processed at least once.", "한 번 이상 처리된 레코드입니다."),
        Category::Lost => (
            "The producer was told that they are written, and no log has them any more.",
            "기록되었다고 알려졌지만 어느 로그에도 남지 않은 레코드입니다.",
        ),
        Category::Duplicated => ("In the log more than once.", "로그에 두 번 이상 있는 레코드입니다."),
        Category::Reordered => (
            "In the log before a record that was sent earlier.",
            "먼저 보낸 레코드보다 로그에서 앞에 있는 레코드입니다.",
        ),
        Category::ProcessedTwice => ("Processed more than once.", "두 번 이상 처리된 레코드입니다."),
        Category::NeverProcessed => (
            "The group has committed an offset behind them without processing them.",
            "처리하지 않은 채 그룹이 그 뒤의 오프셋을 커밋한 레코드입니다.",
        ),
        Category::EffectWithoutRecord => {
            ("Processed, and then lost from the log.", "처리되었지만 그 뒤 로그에서 사라진 레코드입니다.")
        }
    };
    pick(language, words)
}

/// A kind of fault, without its numbers.
pub fn fault_name(language: Language, kind: FaultKind) -> &'static str {
    let words = match kind {
        FaultKind::ProcessCrash => ("process crash (kill -9)", "프로세스 강제 종료(kill -9)"),
        FaultKind::ControlledStop => ("controlled stop", "정상 종료"),
        FaultKind::PowerLoss => ("power loss", "정전"),
        FaultKind::Restart => ("start", "시작"),
        FaultKind::Pause => ("pause (GC)", "일시 정지(GC)"),
        FaultKind::Cut { .. } => ("network cut", "네트워크 단절"),
        FaultKind::SlowLink { .. } => ("slow network", "느린 네트워크"),
        FaultKind::PacketLoss { .. } => ("packet loss", "패킷 손실"),
        FaultKind::SlowDisk { .. } => ("slow disk", "느린 디스크"),
        FaultKind::FullDisk => ("full disk", "디스크 가득 참"),
        FaultKind::HungDisk => ("hung disk", "디스크 멈춤"),
        FaultKind::ClientSlow { .. } => ("slow client", "느린 클라이언트"),
        FaultKind::LoadBurst { .. } => ("load burst", "부하 폭증"),
        FaultKind::ClockStep { .. } => ("clock step", "시계 이동"),
    };
    pick(language, words)
}

/// A kind of fault with its numbers.
pub fn fault_kind(language: Language, kind: FaultKind) -> String {
    let name = fault_name(language, kind);
    let detail = match kind {
        FaultKind::Cut { with, cut } => pick(language, cut_words(language, with, cut)),
        FaultKind::SlowLink { delay_ms } => format!("+{}", duration(Duration::from_millis(delay_ms.into()))),
        FaultKind::PacketLoss { per_mille } => format!("{}\u{202f}%", f64::from(per_mille) / 10.0),
        FaultKind::SlowDisk { factor } | FaultKind::ClientSlow { factor } => {
            format!("{}\u{d7}", count(factor.into()))
        }
        FaultKind::LoadBurst { percent } => format!("{}\u{202f}%", count(percent.into())),
        FaultKind::ClockStep { by_ms } => format!("{}\u{202f}ms", signed(by_ms)),
        FaultKind::ProcessCrash
        | FaultKind::ControlledStop
        | FaultKind::PowerLoss
        | FaultKind::Restart
        | FaultKind::Pause
        | FaultKind::FullDisk
        | FaultKind::HungDisk => return name.to_owned(),
    };
    format!("{name}, {detail}")
}

fn cut_words(language: Language, with: Target, cut: Cut) -> (String, String) {
    let with = target(language, with);
    match cut {
        Cut::BothWays => (format!("both ways with {with}"), format!("양방향, 상대: {with}")),
        Cut::Outbound => (format!("towards {with}"), format!("나가는 방향, 상대: {with}")),
        Cut::Inbound => (format!("from {with}"), format!("들어오는 방향, 상대: {with}")),
    }
}

/// Whom a fault strikes.
pub fn target(language: Language, target: Target) -> String {
    let words = match target {
        Target::Broker(broker) => (format!("broker {}", broker.0), format!("브로커 {}", broker.0)),
        Target::Controller(controller) => {
            (format!("controller {}", controller.0), format!("컨트롤러 {}", controller.0))
        }
        Target::Producer(n) => (format!("producer {n}"), format!("프로듀서 {n}")),
        Target::Consumer(n) => (format!("consumer {n}"), format!("컨슈머 {n}")),
        Target::Rack(n) => (format!("rack {n}"), format!("랙 {n}")),
        Target::LeaderOf(partition) => {
            (format!("leader of partition {}", partition.0), format!("파티션 {}의 리더", partition.0))
        }
        Target::FollowerOf(partition, n) => {
            (format!("follower {n} of partition {}", partition.0), format!("파티션 {}의 팔로워 {n}", partition.0))
        }
        Target::LeaderOfBusiest => ("leader of the busiest partition".to_owned(), "가장 바쁜 파티션의 리더".to_owned()),
        Target::FollowerOfBusiest(n) => {
            (format!("follower {n} of the busiest partition"), format!("가장 바쁜 파티션의 팔로워 {n}"))
        }
        Target::ActiveController => ("active controller".to_owned(), "활성 컨트롤러".to_owned()),
        Target::GroupCoordinator => ("group coordinator".to_owned(), "그룹 코디네이터".to_owned()),
        Target::AllBrokers => ("all brokers".to_owned(), "모든 브로커".to_owned()),
        Target::AllControllers => ("all controllers".to_owned(), "모든 컨트롤러".to_owned()),
        Target::AllProducers => ("all producers".to_owned(), "모든 프로듀서".to_owned()),
        Target::AllConsumers => ("all consumers".to_owned(), "모든 컨슈머".to_owned()),
    };
    pick(language, words)
}
