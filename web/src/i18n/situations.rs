//! The situations, in words: a title and what to look for, in both languages.

use crate::state::Language;
use crate::state::situations::{Section, Situation};

/// A situation's title, and what to look for.
pub fn words(language: Language, situation: Situation) -> (&'static str, &'static str) {
    match language {
        Language::English => english(situation),
        Language::Korean => korean(situation),
    }
}

/// The section's number and title.
pub const fn section(language: Language, section: Section) -> &'static str {
    match (language, section) {
        (Language::English, Section::Guarantees) => "7.1 Guarantees",
        (Language::English, Section::Replication) => "7.2 Replication",
        (Language::English, Section::Brokers) => "7.3 Broker settings",
        (Language::English, Section::Producers) => "7.4 Producers",
        (Language::English, Section::Consumers) => "7.5 Consumers",
        (Language::Korean, Section::Guarantees) => "7.1 신뢰성 보장",
        (Language::Korean, Section::Replication) => "7.2 복제",
        (Language::Korean, Section::Brokers) => "7.3 브로커 설정",
        (Language::Korean, Section::Producers) => "7.4 프로듀서",
        (Language::Korean, Section::Consumers) => "7.5 컨슈머",
    }
}

const fn english(situation: Situation) -> (&'static str, &'static str) {
    match situation {
        Situation::TwoCases => (
            "Payments and clicks",
            "Two clusters with opposite aims live through the same leader crash: what did each lose, what did safety cost?",
        ),
        Situation::AcksAllOrOne => (
            "acks=all or acks=1",
            "The leader dies. With acks=1 it had acknowledged records that no follower had fetched yet.",
        ),
        Situation::SlowFollower => (
            "A slow follower",
            "acks=all waits for every in-sync replica, not for min.insync.replicas: one slow follower slows all writes.",
        ),
        Situation::ZombieLeader => (
            "A leader that slept",
            "It stands still for 15 s and wakes up believing it still leads. What it wrote alone is truncated.",
        ),
        Situation::OneReplica => (
            "Three replicas or one",
            "One broker dies. With a single replica its partitions are gone until it returns.",
        ),
        Situation::StopOrCrash => (
            "Controlled stop or crash",
            "A broker that is stopped hands its leadership over first; a crash is noticed only after the session timeout.",
        ),
        Situation::TwoBrokersDown => (
            "Two of three brokers down",
            "With min ISR 2 writes are refused (NOT_ENOUGH_REPLICAS) and reads go on; with min ISR 1 both go on.",
        ),
        Situation::BelowMinIsr => (
            "Below min ISR with acks=1",
            "acks=1 is accepted below min ISR all the same, but consumers see the records only when a follower is back.",
        ),
        Situation::UncleanElection => (
            "Unclean election",
            "The last in-sync replica dies. Off: wait for it, lose nothing. On: go on at once, lose what it had alone.",
        ),
        Situation::FollowerCut => (
            "A follower is cut off",
            "Until it leaves the ISR, writes with acks=all wait for it: replica.lag.time.max.ms of 30 s or 5 s.",
        ),
        Situation::GcPauses => (
            "Long GC pauses",
            "Two pauses of 12 s, under today's limits (18 s and 30 s) and those before Kafka 2.5 (6 s and 10 s).",
        ),
        Situation::RackOutage => (
            "A rack loses power",
            "Six brokers in three racks. With broker.rack every partition keeps replicas elsewhere; without, some do not.",
        ),
        Situation::AllCrashOrPower => (
            "All brokers at once",
            "A process crash leaves the page cache, so nothing committed is lost; a power loss takes what was not flushed.",
        ),
        Situation::FlushOrNot => (
            "Flush or trust replication",
            "All brokers lose power. flush.messages=1 keeps every acknowledged record: look what it costs before that.",
        ),
        Situation::ControllerCrash => (
            "The active controller dies",
            "Data flows on. But when a leader dies too, somebody has to elect another: three controllers or one.",
        ),
        Situation::LostAcks => (
            "Acknowledgements get lost",
            "The producer sends again what was already written. Idempotence recognises it; without, it is there twice.",
        ),
        Situation::LoopOrPool => (
            "Auto-commit: loop or worker pool",
            "A slow consumer dies. In the poll loop records are read again; from a pool some are never processed.",
        ),
    }
}

const fn korean(situation: Situation) -> (&'static str, &'static str) {
    match situation {
        Situation::TwoCases => (
            "결제와 클릭",
            "목표가 정반대인 두 클러스터가 같은 리더 장애를 겪습니다. 각각 무엇을 잃고, 안전에는 어떤 값을 치렀을까요?",
        ),
        Situation::AcksAllOrOne => (
            "acks=all 또는 acks=1",
            "리더가 죽습니다. acks=1 리더는 아직 어느 팔로워도 가져가지 않은 레코드를 이미 확인해 주었습니다.",
        ),
        Situation::SlowFollower => (
            "느린 팔로워",
            "acks=all은 min.insync.replicas가 아니라 ISR 전체를 기다립니다. 느린 팔로워 하나가 모든 쓰기를 늦춥니다.",
        ),
        Situation::ZombieLeader => (
            "잠들었던 리더",
            "15초 동안 멈췄다 깨어난 리더는 아직 자기가 리더라고 믿습니다. 혼자 쓴 것은 잘려 나갑니다.",
        ),
        Situation::OneReplica => (
            "복제본 셋 또는 하나",
            "브로커 하나가 죽습니다. 복제본이 하나뿐이면 돌아올 때까지 그 파티션을 쓸 수 없습니다.",
        ),
        Situation::StopOrCrash => (
            "정상 종료 또는 강제 종료",
            "정상 종료하는 브로커는 리더를 먼저 넘깁니다. 강제 종료는 세션 타임아웃이 지나야 알려집니다.",
        ),
        Situation::TwoBrokersDown => (
            "브로커 셋 중 둘이 멈춤",
            "min ISR 2에서는 쓰기가 거부되고(NOT_ENOUGH_REPLICAS) 읽기는 계속됩니다. min ISR 1에서는 둘 다 계속됩니다.",
        ),
        Situation::BelowMinIsr => (
            "min ISR 미만에서 acks=1",
            "acks=1은 min ISR보다 적어도 받아들여지지만, 팔로워가 돌아와야 컨슈머에게 보입니다.",
        ),
        Situation::UncleanElection => (
            "unclean 리더 선출",
            "마지막 동기화 복제본이 죽습니다. 끄면 기다리고 잃지 않습니다. 켜면 바로 이어 가고 혼자 가진 것을 잃습니다.",
        ),
        Situation::FollowerCut => (
            "끊어진 팔로워",
            "ISR에서 빠질 때까지 acks=all 쓰기는 그 팔로워를 기다립니다. replica.lag.time.max.ms 30초와 5초를 비교합니다.",
        ),
        Situation::GcPauses => (
            "긴 GC 정지",
            "12초 정지가 두 번 옵니다. 지금의 한도(18초, 30초)와 Kafka 2.5 이전의 한도(6초, 10초)를 비교합니다.",
        ),
        Situation::RackOutage => {
            ("랙 정전", "세 랙에 브로커 여섯 대. broker.rack이 있으면 모든 파티션의 복제본이 다른 랙에도 있습니다.")
        }
        Situation::AllCrashOrPower => (
            "모든 브로커가 한꺼번에",
            "프로세스만 죽으면 페이지 캐시가 남아 커밋된 것을 잃지 않습니다. 정전은 플러시하지 않은 것을 가져갑니다.",
        ),
        Situation::FlushOrNot => (
            "플러시할까, 복제를 믿을까",
            "모든 브로커가 정전됩니다. flush.messages=1은 확인된 레코드를 모두 지킵니다. 그 전의 비용을 보세요.",
        ),
        Situation::ControllerCrash => (
            "활성 컨트롤러가 죽음",
            "데이터는 계속 흐릅니다. 하지만 리더까지 죽으면 누군가 새 리더를 뽑아야 합니다. 컨트롤러 셋과 하나를 비교합니다.",
        ),
        Situation::LostAcks => (
            "사라진 확인 응답",
            "프로듀서는 이미 기록된 것을 다시 보냅니다. 멱등성이 있으면 알아보고, 없으면 두 번 기록됩니다.",
        ),
        Situation::LoopOrPool => (
            "자동 커밋: 루프 또는 작업자 풀",
            "느린 컨슈머가 죽습니다. poll 루프에서는 다시 읽지만, 풀에 있던 레코드는 끝내 처리되지 않습니다.",
        ),
    }
}
