//! Sentences in Korean. No particle that depends on the word before it follows a value.

use super::{broker_or, set_or};
use crate::i18n::{numbers, stage};
use highwater_model::trace::{ChangeCause, Content, Election, Entry, Error, Phase, ResetCause, TransactionStep};
use highwater_model::{Layout, NodeId};
use highwater_oracle::report::Category;

pub(super) fn sentence(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Fault { .. } | Entry::Node { .. } => process(entry),
        Entry::ControllerElected { .. }
        | Entry::ControllerResigned { .. }
        | Entry::Registered { .. }
        | Entry::Fenced { .. }
        | Entry::Unfenced { .. }
        | Entry::PartitionChanged { .. }
        | Entry::MetadataApplied { .. } => controller(entry, layout),
        Entry::Leads { .. }
        | Entry::Follows { .. }
        | Entry::Appended { .. }
        | Entry::Replicated { .. }
        | Entry::HighWatermark { .. }
        | Entry::Truncated { .. }
        | Entry::LostUnflushed { .. }
        | Entry::Flushed { .. }
        | Entry::LogStart { .. }
        | Entry::IsrProposed { .. }
        | Entry::IsrCommitted { .. }
        | Entry::IsrRejected { .. } => replica(entry, layout),
        Entry::Refused { .. }
        | Entry::Rejected { .. }
        | Entry::Closed { .. }
        | Entry::Split { .. }
        | Entry::Attempted { .. }
        | Entry::Retried { .. }
        | Entry::Acked { .. }
        | Entry::Failed { .. }
        | Entry::SourceEnded { .. } => producer(entry, layout),
        Entry::Polled { .. }
        | Entry::Processed { .. }
        | Entry::OffsetCommitted { .. }
        | Entry::CommitFailed { .. }
        | Entry::PositionReset { .. }
        | Entry::Assigned { .. }
        | Entry::Revoked { .. }
        | Entry::RebalanceStarted { .. }
        | Entry::RebalanceCompleted { .. } => consumer(entry, layout),
        Entry::TransactionBatch { .. }
        | Entry::LastStableOffset { .. }
        | Entry::TransactionChanged { .. }
        | Entry::Transaction { .. }
        | Entry::TransactionFailed { .. } => transaction(entry, layout),
        Entry::MemberMoved { .. } | Entry::Granted { .. } | Entry::Released { .. } | Entry::OffsetExpired { .. } => {
            coordinator(entry, layout)
        }
        Entry::RequestFailed { .. } | Entry::Sent { .. } | Entry::Received { .. } | Entry::Dropped { .. } => {
            message(entry)
        }
        Entry::Administered { .. }
        | Entry::Reassigned { .. }
        | Entry::Configured { .. }
        | Entry::DirectoryFailed { .. }
        | Entry::LogRemoved { .. } => administration(entry, layout),
    }
}

fn node(node: NodeId) -> String {
    match node {
        NodeId::Broker(broker) => format!("브로커 {}", broker.0),
        NodeId::Controller(controller) => format!("컨트롤러 {}", controller.0),
        NodeId::Producer(n) => format!("프로듀서 {n}"),
        NodeId::Consumer(n) => format!("컨슈머 {n}"),
    }
}

fn records(n: impl Into<u64>) -> String {
    format!("레코드 {}건", numbers::count(n.into()))
}

fn process(entry: &Entry) -> String {
    match *entry {
        Entry::Fault { fault, phase: Phase::Strikes, node: whom } => {
            format!("{}: 장애 {} 발생.", node(whom), fault + 1)
        }
        Entry::Fault { fault, phase: Phase::Ends, node: whom } => format!("{}: 장애 {} 해소.", node(whom), fault + 1),
        Entry::Node { node: whom, state } => format!("{}: {}.", node(whom), (stage::KO.state)(state)),
        _ => unreachable!("told elsewhere"),
    }
}

fn controller(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::ControllerElected { controller, epoch } => {
            format!("컨트롤러 {}: 활성 컨트롤러가 됨 (에포크 {epoch}).", controller.0)
        }
        Entry::ControllerResigned { controller, epoch } => {
            format!("컨트롤러 {}: 더 이상 활성이 아님 (에포크 {epoch}).", controller.0)
        }
        Entry::Registered { broker, epoch, clean } => {
            let stop = if clean { "정상 종료 후" } else { "비정상 종료 후" };
            format!("브로커 {}: {stop} 컨트롤러에 등록됨 (브로커 에포크 {epoch}).", broker.0)
        }
        Entry::Fenced { broker } => format!("브로커 {}: 컨트롤러가 펜싱함. 어떤 파티션도 이끌 수 없음.", broker.0),
        Entry::Unfenced { broker } => format!("브로커 {}: 펜싱이 풀림.", broker.0),
        Entry::PartitionChanged { partition, leader, leader_epoch, isr, elr, election, cause, .. } => {
            let name = layout.name(partition);
            let why = change_cause(cause);
            let isr = set_or(isr, "비어 있음");
            let eligible = if elr.is_empty() { String::new() } else { format!(", ELR {elr}") };
            match election {
                Election::Unchanged => {
                    format!("{name}: ISR {isr}{eligible}, 리더 {} ({why}).", broker_or(leader, "없음"))
                }
                Election::Leaderless => format!("{name}: 리더가 없어짐, ISR {isr}{eligible} ({why})."),
                _ => format!(
                    "{name}: 새 리더 {}, 에포크 {leader_epoch}, ISR {isr}{eligible} ({}, {why}).",
                    broker_or(leader, "없음"),
                    self::election(election)
                ),
            }
        }
        Entry::MetadataApplied { broker, offset } => {
            format!("브로커 {}: 메타데이터를 오프셋 {}까지 적용.", broker.0, numbers::count(offset))
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn administration(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Administered { fault, error: None } => format!("요청 {} 처리됨.", fault + 1),
        Entry::Administered { fault, error: Some(error) } => format!("요청 {} 거부됨: {error}.", fault + 1),
        Entry::Reassigned { partition, replicas, adding, removing } => {
            let name = layout.name(partition);
            if adding.is_empty() && removing.is_empty() {
                return format!("{name}: 복제본 {}.", set_or(replicas, "없음"));
            }
            let (adding, removing) = (set_or(adding, "없음"), set_or(removing, "없음"));
            format!("{name} 재할당 중: 추가 {adding}, 제거 {removing}.")
        }
        Entry::Configured { scope, setting, value: Some(value) } => {
            format!("{} 값 변경: {} ({scope}).", setting.name(), setting.write(value))
        }
        Entry::Configured { scope, setting, value: None } => {
            format!("{} 값 해제 ({scope}).", setting.name())
        }
        Entry::DirectoryFailed { broker, dir } => {
            format!("브로커 {}: 로그 디렉터리 {dir} 고장, 다른 디렉터리는 계속 동작.", broker.0)
        }
        Entry::LogRemoved { broker, partition } => {
            format!("브로커 {}: {} 복제본 삭제.", broker.0, layout.name(partition))
        }
        _ => unreachable!("sentence() sorts the entries"),
    }
}

const fn change_cause(cause: ChangeCause) -> &'static str {
    match cause {
        ChangeCause::Created => "파티션 생성",
        ChangeCause::AlterPartition => "리더의 요청",
        ChangeCause::Fenced => "브로커 펜싱",
        ChangeCause::Unfenced => "브로커 복귀",
        ChangeCause::Shutdown => "브로커의 정상 종료",
        ChangeCause::UncleanRegistration => "비정상 종료한 브로커의 복귀",
        ChangeCause::Preferred => "선호 리더로 복귀",
        ChangeCause::UncleanSweep => "언클린 선출 허용",
        ChangeCause::Requested => "요청에 따라",
        ChangeCause::DirectoryOffline => "로그 디렉터리 고장",
    }
}

const fn election(election: Election) -> &'static str {
    match election {
        Election::Unchanged => "선출 없음",
        Election::Clean => "클린 선출",
        Election::Eligible => "ELR에서 선출",
        Election::LastKnown => "마지막 리더 선출, 언클린",
        Election::Unclean => "언클린 선출",
        Election::Leaderless => "선출 실패",
    }
}

fn replica(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Leads { broker, partition, leader_epoch, start, .. } => {
            let (name, start) = (layout.name(partition), numbers::count(start));
            format!("브로커 {}: 에포크 {leader_epoch}부터 {name}의 리더, 로그 끝 {start}.", broker.0)
        }
        Entry::Follows { broker, partition, leader_epoch, leader } => {
            let (name, leader) = (layout.name(partition), broker_or(leader, "없음"));
            format!("브로커 {}: {name}의 팔로워, 리더 {leader}, 에포크 {leader_epoch}.", broker.0)
        }
        Entry::Appended { broker, partition, base, count, leader_epoch, content, .. } => {
            let what = match content {
                Content::Send(_) | Content::Foreign => records(count),
                Content::Marker(result) => format!("트랜잭션 마커({result})"),
                Content::Transaction => "트랜잭션 상태".to_owned(),
                Content::Offsets => "커밋된 오프셋".to_owned(),
                Content::GroupMetadata => "그룹 멤버 정보".to_owned(),
            };
            let (name, base) = (layout.name(partition), numbers::count(base));
            format!("브로커 {}: {name}의 오프셋 {base} 위치에 {what} 추가, 에포크 {leader_epoch}.", broker.0)
        }
        Entry::Replicated { broker, partition, end, .. } => {
            let (name, end) = (layout.name(partition), numbers::count(end));
            format!("브로커 {}: {name} 복제, 오프셋 {end}까지.", broker.0)
        }
        Entry::HighWatermark { broker, partition, to, leading } => {
            let who = if leading { "리더" } else { "팔로워" };
            format!("{who} {broker}: {}의 하이 워터마크 {}.", layout.name(partition), numbers::count(to))
        }
        Entry::Truncated { broker, partition, from, to } => {
            let (name, cut) = (layout.name(partition), records(from - to));
            let to = numbers::count(to);
            format!("브로커 {}: {name}의 로그를 리더에 맞춰 {to}까지로 잘라 냄. {cut} 사라짐.", broker.0)
        }
        Entry::LostUnflushed { broker, partition, from, to } => {
            let (name, cut) = (layout.name(partition), records(from - to));
            format!("브로커 {}: 디스크에 쓰지 못한 {name}의 {cut}, 전원 차단으로 사라짐.", broker.0)
        }
        Entry::Flushed { broker, partition, to, fsync } => {
            let how = if fsync { "fsync" } else { "write-back" };
            let (name, to) = (layout.name(partition), numbers::count(to));
            format!("브로커 {}: {name}의 오프셋 {to}까지 디스크에 기록 ({how}).", broker.0)
        }
        Entry::LogStart { broker, partition, to } => {
            format!(
                "브로커 {}: 보존 정책에 따라 {}의 시작 오프셋 {}.",
                broker.0,
                layout.name(partition),
                numbers::count(to)
            )
        }
        Entry::IsrProposed { broker, partition, isr, .. } => {
            format!("리더 {broker}: {}의 ISR {isr} 제안.", layout.name(partition))
        }
        Entry::IsrCommitted { broker, partition, isr, .. } => {
            format!("리더 {broker}: {}의 ISR {isr} 확인.", layout.name(partition))
        }
        Entry::IsrRejected { broker, partition, error } => {
            format!("리더 {broker}: {}의 ISR 제안이 거절됨: {error}.", layout.name(partition))
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn producer(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Refused { producer, count, .. } => {
            format!("프로듀서 {producer}: 앞의 대기열이 가득 차 {} 거부.", records(count))
        }
        Entry::Rejected { producer, count, error, .. } => {
            format!("프로듀서 {producer}: send() 실패, {}: {error}.", records(count))
        }
        Entry::Closed { producer, count, .. } => format!("프로듀서 {producer}: 배치를 닫음, {}.", records(count)),
        Entry::Split { count, .. } => format!("배치가 너무 커서 나뉨: {} 함께 진행.", records(count)),
        Entry::Attempted { broker, partition, attempt, .. } => {
            format!("브로커 {}에 전송, {}, 시도 {attempt}.", broker.0, layout.name(partition))
        }
        Entry::Retried { error, .. } => format!("시도 실패: {error}. 다시 보냄."),
        Entry::Acked { offset: Some(offset), .. } => {
            format!("프로듀서가 성공 응답을 받음, 오프셋 {}.", numbers::count(offset))
        }
        Entry::Acked { offset: None, .. } => "프로듀서가 응답 없이 성공으로 처리함 (acks=0).".to_owned(),
        Entry::Failed { error, .. } => format!("프로듀서가 실패 응답을 받음: {error}."),
        Entry::SourceEnded { producer, offered, waiting, .. } => {
            format!("실행 끝. 프로듀서 {producer}: 들어온 {}, 대기 중 {}건.", records(offered), numbers::count(waiting))
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn consumer(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::Polled { consumer, records: slice } => {
            format!("컨슈머 {consumer}: poll()로 받음, 같은 배치의 {}.", records(slice.count))
        }
        Entry::Processed { consumer, .. } => format!("컨슈머 {consumer}: 처리 완료, 부수 효과가 일어남."),
        Entry::OffsetCommitted { consumer, partition, offset } => {
            let (name, offset) = (layout.name(partition), numbers::count(offset));
            format!("컨슈머 {consumer}: {name}의 오프셋 {offset} 커밋.")
        }
        Entry::CommitFailed { consumer, error } => format!("컨슈머 {consumer}: 커밋 실패: {error}."),
        Entry::PositionReset { consumer, partition, to, cause, .. } => {
            let (name, to) = (layout.name(partition), numbers::count(to));
            format!("컨슈머 {consumer}: {name}의 오프셋 {to}부터 읽음 ({}).", reset_cause(cause))
        }
        Entry::Assigned { consumer, partition, generation } => {
            format!("컨슈머 {consumer}: {} 할당받음 (세대 {generation}).", layout.name(partition))
        }
        Entry::Revoked { consumer, partition } => format!("컨슈머 {consumer}: {} 내려놓음.", layout.name(partition)),
        Entry::RebalanceStarted { generation } => format!("그룹 리밸런스 시작: 세대 {generation} 끝남."),
        Entry::RebalanceCompleted { generation, members } => {
            format!("그룹 리밸런스 완료: 세대 {generation}, 멤버 {members}개.")
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn coordinator(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::MemberMoved { consumer, epoch, state } => {
            format!("코디네이터: 컨슈머 {consumer}의 멤버 에포크 {epoch} ({state}).")
        }
        Entry::Granted { consumer, partition, epoch } => {
            let name = layout.name(partition);
            format!("코디네이터: {name} 파티션을 컨슈머 {consumer}에 배정 (멤버 에포크 {epoch}).")
        }
        Entry::Released { consumer, partition } => {
            format!("컨슈머 {consumer}: {} 반납 완료, 다른 멤버가 받을 수 있음.", layout.name(partition))
        }
        Entry::OffsetExpired { partition } => {
            format!("{}의 커밋된 오프셋 만료: 그룹이 너무 오래 비어 있었음.", layout.name(partition))
        }
        _ => unreachable!("told elsewhere"),
    }
}

const fn reset_cause(cause: ResetCause) -> &'static str {
    match cause {
        ResetCause::Committed => "커밋된 오프셋부터",
        ResetCause::NoOffset => "커밋된 오프셋 없음: auto.offset.reset",
        ResetCause::OutOfRange => "오프셋 범위 밖: auto.offset.reset",
        ResetCause::Truncated => "로그가 잘려 나감",
        ResetCause::Sought => "애플리케이션이 seek()",
    }
}

fn transaction(entry: &Entry, layout: &Layout) -> String {
    match *entry {
        Entry::TransactionBatch { partition, producer_id, epoch, .. } => {
            format!("{}: 프로듀서 ID {producer_id}, 에폭 {epoch}의 트랜잭션에 속함.", layout.name(partition))
        }
        Entry::LastStableOffset { broker, partition, to } => format!(
            "브로커 {}: {} 오프셋 {} 앞까지 결과가 정해짐. read_committed 컨슈머에게 보임.",
            broker.0,
            layout.name(partition),
            numbers::count(to)
        ),
        Entry::TransactionChanged { id, broker, state, epoch, .. } => {
            format!("브로커 {}: {id} 트랜잭션 상태 기록 {state}, 에폭 {epoch}.", broker.0)
        }
        Entry::Transaction { producer, step } => {
            let step = match step {
                TransactionStep::Begun => "트랜잭션 시작",
                TransactionStep::Committing => "트랜잭션 커밋 요청",
                TransactionStep::Committed => "트랜잭션 커밋 완료",
                TransactionStep::Aborting => "트랜잭션 중단 요청",
                TransactionStep::Aborted => "트랜잭션 중단 완료",
            };
            format!("프로듀서 {producer}: {step}.")
        }
        Entry::TransactionFailed { producer, error: Error::ProducerFenced } => {
            format!("프로듀서 {producer}: 펜싱됨. 같은 트랜잭션 ID의 다른 에폭이 유효함.")
        }
        Entry::TransactionFailed { producer, error } => {
            format!("프로듀서 {producer}: 트랜잭션을 중단하는 것만 가능함. {error}.")
        }
        _ => unreachable!("told elsewhere"),
    }
}

fn message(entry: &Entry) -> String {
    match *entry {
        Entry::RequestFailed { node: who, api, server, error } => {
            format!("{} → {}: {api} 실패, {error}.", node(who), node(server))
        }
        Entry::Sent { from, to, api, response, bytes, .. } => {
            let kind = if response { "응답" } else { "요청" };
            format!("{api} {kind}: {from} → {to}, {}.", numbers::bytes(bytes.into()))
        }
        Entry::Received { packet } => format!("패킷 {packet} 도착."),
        Entry::Dropped { packet } => format!("패킷 {packet} 손실."),
        _ => unreachable!("told elsewhere"),
    }
}

pub(super) const fn category(category: Category) -> &'static str {
    match category {
        Category::Offered => "발생",
        Category::Refused => "거부됨",
        Category::Sent => "전송됨",
        Category::Acked => "ack 받음",
        Category::Failed => "실패",
        Category::FailedButWritten => "실패했지만 기록됨",
        Category::Unresolved => "결과 모름",
        Category::Committed => "커밋됨",
        Category::Polled => "읽힘",
        Category::Processed => "처리됨",
        Category::Lost => "유실",
        Category::Duplicated => "중복",
        Category::Reordered => "순서 바뀜",
        Category::ProcessedTwice => "두 번 처리됨",
        Category::NeverProcessed => "처리되지 않음",
        Category::EffectWithoutRecord => "레코드 없는 효과",
        Category::Aborted => "중단됨",
    }
}

pub(super) const fn category_sentence(category: Category) -> &'static str {
    match category {
        Category::Offered => "소스에서 발생한 레코드.",
        Category::Refused => "소스의 대기열이 가득 차 프로듀서에 전달되지 못함.",
        Category::Sent => "send()가 받아 배치에 넣음.",
        Category::Acked => "애플리케이션에 기록되었다고 알려짐.",
        Category::Failed => "실패로 알려졌고 어느 로그에도 없음.",
        Category::FailedButWritten => "실패로 알려졌지만 로그에는 있음.",
        Category::Unresolved => "실행이 끝날 때까지 성공도 실패도 알려지지 않음.",
        Category::Committed => "마지막 리더 로그의 하이 워터마크 아래에 있음.",
        Category::Polled => "poll()로 한 번 이상 전달됨.",
        Category::Processed => "한 번 이상 처리됨.",
        Category::Lost => "기록되었다고 알려졌지만, 리더로 선출될 수 있는 어느 로그에도 없음.",
        Category::Duplicated => "마지막 로그에 두 번 이상 있음.",
        Category::Reordered => "먼저 보낸 레코드보다 마지막 로그에서 앞에 있음.",
        Category::ProcessedTwice => "두 번 이상 처리됨.",
        Category::NeverProcessed => "커밋되었고 그룹의 커밋 오프셋보다 앞인데 처리된 적 없음.",
        Category::EffectWithoutRecord => "처리된 뒤 로그에서 사라짐.",
        Category::Aborted => "중단된 트랜잭션의 레코드. read_uncommitted 컨슈머에게만 보임.",
    }
}
