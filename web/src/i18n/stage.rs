//! The stage, in words.

use highwater_model::trace::NodeState;

/// Words of this part.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
    /// Above the producers.
    pub producers: &'static str,
    /// Above the consumers.
    pub consumers: &'static str,
    /// A broker by its id.
    pub broker: fn(u8) -> String,
    /// A producer by its number.
    pub producer: fn(u8) -> String,
    /// A consumer by its number.
    pub consumer: fn(u8) -> String,
    /// A controller by its id.
    pub controller: fn(u8) -> String,
    /// A rack by its number.
    pub rack: fn(u8) -> String,
    /// Leads the partition, in this epoch.
    pub leads: fn(i32) -> String,
    /// Believes to lead the partition, and does not.
    pub believes_to_lead: &'static str,
    /// In the ISR.
    pub in_sync: &'static str,
    /// Not in the ISR.
    pub out_of_sync: &'static str,
    /// Has no replica of the partition.
    pub no_replica: &'static str,
    /// Fenced by the controller.
    pub fenced: &'static str,
    /// A process's state.
    pub state: fn(NodeState) -> &'static str,
    /// The active controller.
    pub active: &'static str,
    /// Records wait in the source.
    pub queued: fn(&str) -> String,
    /// The application is blocked in `send()`.
    pub blocked: &'static str,
    /// Requests without an answer.
    pub in_flight: fn(u32) -> String,
    /// Share of the buffer in use.
    pub buffer: fn(&str) -> String,
    /// Records behind.
    pub lag: fn(&str) -> String,
    /// Handed out and not processed.
    pub unprocessed: fn(&str) -> String,
    /// Waits for the group.
    pub no_member: &'static str,
    /// Records that the longest log has and this one has not.
    pub behind: fn(&str) -> String,
    /// Records that only this log has.
    pub only_here: fn(&str) -> String,
    /// Records of a cell.
    pub cell: fn(&str) -> String,
    /// Nothing to show yet.
    pub waiting: &'static str,
    /// Describes the picture for those who do not see it.
    pub picture: fn(&str) -> String,
    /// The table beside the picture.
    pub as_table: &'static str,
    /// Column: who.
    pub who: &'static str,
    /// Column: its state.
    pub what: &'static str,
    /// Opens what can be done to a broker.
    pub break_it: fn(&str) -> String,
    /// Title of that menu: whom and when.
    pub menu: fn(&str, &str) -> String,
    /// In both lanes.
    pub both_lanes: &'static str,
    /// In this lane only.
    pub this_lane: &'static str,
    /// kill -9.
    pub kill: &'static str,
    /// SIGTERM.
    pub stop: &'static str,
    /// The power goes.
    pub power_loss: &'static str,
    /// Stand still.
    pub pause: &'static str,
    /// Cut from the other brokers.
    pub cut_brokers: &'static str,
    /// Cut from the controllers.
    pub cut_controllers: &'static str,
    /// Cut from the clients.
    pub cut_clients: &'static str,
    /// A slow disk.
    pub slow_disk: &'static str,
    /// A disk that does not answer.
    pub hung_disk: &'static str,
    /// A full disk.
    pub full_disk: &'static str,
    /// A slow link.
    pub slow_link: &'static str,
    /// Start again.
    pub restart: &'static str,
    /// For how long: a span of time.
    pub lasting: fn(&str) -> String,
    /// Legend: committed.
    pub committed: &'static str,
    /// Legend: appended, not committed.
    pub appended: &'static str,
    /// Legend: not in the leader's log.
    pub diverging: &'static str,
    /// Legend: cut off.
    pub truncated: &'static str,
    /// Legend: high watermark.
    pub high_watermark: &'static str,
    /// Legend: on disk.
    pub flushed: &'static str,
    /// Legend: where the group reads.
    pub position: &'static str,
    /// Legend: the group's committed offset.
    pub group_committed: &'static str,
    /// A partition's state: leader, ISR, high watermark, log end.
    pub partition_line: fn(&str, &str, &str, &str) -> String,
    /// No leader.
    pub no_leader: &'static str,
}

/// English.
pub const EN: Text = Text {
    heading: "Stage",
    producers: "producers",
    consumers: "consumers",
    broker: |n| format!("broker {n}"),
    producer: |n| format!("producer {n}"),
    consumer: |n| format!("consumer {n}"),
    controller: |n| format!("controller {n}"),
    rack: |n| format!("rack {n}"),
    leads: |epoch| format!("leader, epoch {epoch}"),
    believes_to_lead: "believes to lead",
    in_sync: "in sync",
    out_of_sync: "out of sync",
    no_replica: "no replica",
    fenced: "fenced",
    state: |state| match state {
        NodeState::Running => "running",
        NodeState::Starting => "starting",
        NodeState::Recovering => "recovering logs",
        NodeState::Registering => "registering",
        NodeState::Stopping => "stopping",
        NodeState::Stopped => "stopped",
        NodeState::Crashed => "killed",
        NodeState::PoweredOff => "no power",
        NodeState::Paused => "paused",
        NodeState::Halted => "halted",
    },
    active: "active",
    queued: |n| format!("{n} queued"),
    blocked: "blocked in send()",
    in_flight: |n| format!("{n} in flight"),
    buffer: |share| format!("buffer {share}"),
    lag: |n| format!("lag {n}"),
    unprocessed: |n| format!("{n} unprocessed"),
    no_member: "not in the group",
    behind: |n| format!("{n} behind"),
    only_here: |n| format!("{n} only here"),
    cell: |n| format!("1 cell = {n}"),
    waiting: "The first picture comes with the first figures.",
    picture: |lane| {
        format!("Stage of lane {lane}: producers, brokers with their logs, consumers. A table with the same follows.")
    },
    as_table: "The stage as a table",
    who: "Who",
    what: "State",
    break_it: |who| format!("Break {who}"),
    menu: |who, when| format!("{who} at {when}"),
    both_lanes: "both lanes",
    this_lane: "this lane only",
    kill: "Kill (kill -9)",
    stop: "Stop in order (SIGTERM)",
    power_loss: "Power loss",
    pause: "Pause (GC)",
    cut_brokers: "Cut from other brokers",
    cut_controllers: "Cut from controllers",
    cut_clients: "Cut from producers",
    slow_disk: "Disk 100 times slower",
    hung_disk: "Disk hangs",
    full_disk: "Disk full",
    slow_link: "Network 200 ms slower",
    restart: "Start",
    lasting: |span| format!("for {span}"),
    committed: "committed",
    appended: "appended",
    diverging: "not in the leader’s log",
    truncated: "cut off",
    high_watermark: "high watermark",
    flushed: "on disk",
    position: "group reads here",
    group_committed: "group committed",
    partition_line: |leader, isr, high_watermark, end| {
        format!("leader {leader}, ISR {isr}, high watermark {high_watermark}, log end {end}")
    },
    no_leader: "none",
};

/// Korean.
pub const KO: Text = Text {
    heading: "무대",
    producers: "프로듀서",
    consumers: "컨슈머",
    broker: |n| format!("브로커 {n}"),
    producer: |n| format!("프로듀서 {n}"),
    consumer: |n| format!("컨슈머 {n}"),
    controller: |n| format!("컨트롤러 {n}"),
    rack: |n| format!("랙 {n}"),
    leads: |epoch| format!("리더, 에포크 {epoch}"),
    believes_to_lead: "스스로 리더로 앎",
    in_sync: "ISR 안",
    out_of_sync: "ISR 밖",
    no_replica: "레플리카 없음",
    fenced: "펜싱됨",
    state: |state| match state {
        NodeState::Running => "실행 중",
        NodeState::Starting => "시작 중",
        NodeState::Recovering => "로그 복구 중",
        NodeState::Registering => "등록 중",
        NodeState::Stopping => "종료 중",
        NodeState::Stopped => "종료됨",
        NodeState::Crashed => "강제 종료됨",
        NodeState::PoweredOff => "전원 꺼짐",
        NodeState::Paused => "멈춤",
        NodeState::Halted => "디스크 오류로 정지",
    },
    active: "활성",
    queued: |n| format!("대기 {n}"),
    blocked: "send()에서 블로킹",
    in_flight: |n| format!("전송 중 {n}"),
    buffer: |share| format!("버퍼 {share}"),
    lag: |n| format!("lag {n}"),
    unprocessed: |n| format!("미처리 {n}"),
    no_member: "그룹 밖",
    behind: |n| format!("{n}건 뒤처짐"),
    only_here: |n| format!("여기에만 {n}건"),
    cell: |n| format!("한 칸 = {n}건"),
    waiting: "첫 수치가 나오면 그림이 표시됩니다.",
    picture: |lane| format!("레인 {lane}의 무대: 프로듀서, 로그를 가진 브로커, 컨슈머. 같은 내용의 표가 뒤따릅니다."),
    as_table: "무대를 표로 보기",
    who: "대상",
    what: "상태",
    break_it: |who| format!("{who} 장애 일으키기"),
    menu: |who, when| format!("{when}, {who}"),
    both_lanes: "두 레인 모두",
    this_lane: "이 레인만",
    kill: "강제 종료 (kill -9)",
    stop: "정상 종료 (SIGTERM)",
    power_loss: "전원 차단",
    pause: "일시 정지 (GC)",
    cut_brokers: "다른 브로커와 단절",
    cut_controllers: "컨트롤러와 단절",
    cut_clients: "프로듀서와 단절",
    slow_disk: "디스크 100배 느리게",
    hung_disk: "디스크 응답 없음",
    full_disk: "디스크 가득 참",
    slow_link: "네트워크 200 ms 지연",
    restart: "시작",
    lasting: |span| format!("{span} 동안"),
    committed: "커밋됨",
    appended: "추가됨, 커밋 전",
    diverging: "리더 로그에 없음",
    truncated: "잘려 나감",
    high_watermark: "하이 워터마크",
    flushed: "디스크에 기록됨",
    position: "그룹이 읽는 위치",
    group_committed: "그룹이 커밋한 오프셋",
    partition_line: |leader, isr, high_watermark, end| {
        format!("리더 {leader}, ISR {isr}, 하이 워터마크 {high_watermark}, 로그 끝 {end}")
    },
    no_leader: "없음",
};
