//! The timeline, in words.

use crate::timeline::{Deed, Leadership, Row};
use highwater_model::{Cut, FaultKind, Target};

/// Words of this part.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
    /// Starts the clock.
    pub play: &'static str,
    /// Stops it.
    pub pause: &'static str,
    /// Goes to the happening before.
    pub previous: &'static str,
    /// Goes to the next happening.
    pub next: &'static str,
    /// Virtual time for real time.
    pub speed: &'static str,
    /// Plays the shown stretch again and again.
    pub repeat: &'static str,
    /// Looks closer.
    pub zoom_in: &'static str,
    /// Looks further.
    pub zoom_out: &'static str,
    /// Shows the whole run.
    pub whole: &'static str,
    /// Shows a millisecond around the clock's moment.
    pub closest: &'static str,
    /// Which keys there are.
    pub keys: &'static str,
    /// Adds a fault.
    pub add_fault: &'static str,
    /// Shows all rows.
    pub more_rows: &'static str,
    /// Shows messages where they are few enough.
    pub show_messages: &'static str,
    /// Chooses the partition in focus of a lane.
    pub focus: fn(&str) -> String,
    /// The partition with the largest share of the load.
    pub busiest: fn(&str) -> String,
    /// How long the shown stretch is, and how long the run.
    pub shown: fn(&str, &str) -> String,
    /// The clock's hand.
    pub playhead: &'static str,
    /// How to use it, in a sentence.
    pub hint: &'static str,
    /// A fault's mark, for those who do not see it: what, when, in which lanes.
    pub mark: fn(&str, &str, &str) -> String,
    /// What a mark's keys do.
    pub mark_hint: &'static str,
    /// In both lanes.
    pub both_lanes: &'static str,
    /// In one lane.
    pub only_lane: fn(&str) -> String,
    /// What a fault does, in a word or two.
    pub fault: fn(FaultKind) -> String,
    /// Whom a fault strikes.
    pub target: fn(Target) -> String,
    /// What a fault does to whom, in the language's order.
    pub fault_of: fn(&str, &str) -> String,
    /// A row's name.
    pub row: fn(Row) -> &'static str,
    /// What a row shows.
    pub row_sentence: fn(Row) -> &'static str,
    /// So many a second.
    pub a_second: fn(&str) -> String,
    /// So many of all.
    pub some_of: fn(u16, u16) -> String,
    /// A leader and its epoch, briefly.
    pub leader_run: fn(u8, i32) -> String,
    /// Nobody leads.
    pub no_leader: &'static str,
    /// What became of so many partitions' leadership.
    pub leadership: fn(Leadership, u32) -> String,
    /// What a key does.
    pub deed: fn(Deed) -> &'static str,
    /// A message: what, from, to, bytes, how long it took.
    pub message: fn(&str, &str, &str, &str, &str) -> String,
    /// It is a response.
    pub response: &'static str,
    /// It was lost.
    pub dropped: &'static str,
    /// It was still on its way.
    pub on_the_way: &'static str,
    /// The rows as a table.
    pub as_table: &'static str,
    /// What happened, as a list.
    pub happenings: &'static str,
    /// Column: when.
    pub when: &'static str,
    /// Column: lane.
    pub lane: &'static str,
    /// Column: what.
    pub what: &'static str,
    /// Goes to a moment.
    pub go_to: fn(&str) -> String,
    /// More happenings than are listed.
    pub not_listed: fn(&str) -> String,
    /// Describes the picture.
    pub picture: &'static str,
}

/// English.
pub const EN: Text = Text {
    heading: "Timeline",
    play: "Play",
    pause: "Pause",
    previous: "Previous happening",
    next: "Next happening",
    speed: "Speed",
    repeat: "Loop over the shown stretch",
    zoom_in: "Zoom in",
    zoom_out: "Zoom out",
    whole: "Whole run",
    closest: "1 ms",
    keys: "Keys",
    add_fault: "Fault",
    more_rows: "All rows",
    show_messages: "Messages",
    focus: |lane| format!("Partition in {lane}"),
    busiest: |name| format!("{name} (busiest)"),
    shown: |span, run| format!("{span} of {run}"),
    playhead: "Moment that the stage shows",
    hint: "Drag to move through time, drag a fault to move it. Zoom with W and S, Ctrl and the wheel, or two fingers; pan with A and D.",
    mark: |what, when, lanes| format!("{what} at {when}, {lanes}"),
    mark_hint: "Arrow keys move it, Enter changes it, Delete removes it.",
    both_lanes: "both lanes",
    only_lane: |lane| format!("lane {lane}"),
    fault: |kind| match kind {
        FaultKind::ProcessCrash => "kill".to_owned(),
        FaultKind::ControlledStop => "stop".to_owned(),
        FaultKind::PowerLoss => "power loss".to_owned(),
        FaultKind::Restart => "start".to_owned(),
        FaultKind::Pause => "pause".to_owned(),
        FaultKind::Cut { cut: Cut::BothWays, .. } => "cut".to_owned(),
        FaultKind::Cut { cut: Cut::Outbound, .. } => "cut outbound".to_owned(),
        FaultKind::Cut { cut: Cut::Inbound, .. } => "cut inbound".to_owned(),
        FaultKind::SlowLink { delay_ms } => format!("+{delay_ms} ms"),
        FaultKind::PacketLoss { per_mille } => format!("{} % loss", f64::from(per_mille) / 10.0),
        FaultKind::SlowDisk { factor } => format!("disk {factor}x slower"),
        FaultKind::FullDisk => "disk full".to_owned(),
        FaultKind::HungDisk => "disk hangs".to_owned(),
        FaultKind::ClientSlow { factor } => format!("{factor}x slower"),
        FaultKind::LoadBurst { percent } => format!("load {percent} %"),
        FaultKind::ClockStep { by_ms } => format!("clock {by_ms:+} ms"),
        FaultKind::FailedDirectory { dir } => format!("directory {dir} fails"),
        FaultKind::FullDirectory { dir } => format!("directory {dir} full"),
        FaultKind::Admin(action) => action.to_string(),
    },
    target: |target| match target {
        Target::Broker(broker) => broker.to_string(),
        Target::Controller(controller) => controller.to_string(),
        Target::Producer(n) => format!("producer {n}"),
        Target::Consumer(n) => format!("consumer {n}"),
        Target::Rack(n) => format!("rack {n}"),
        Target::LeaderOf(partition) => format!("leader of p{}", partition.0),
        Target::FollowerOf(partition, n) => format!("follower {n} of p{}", partition.0),
        Target::LeaderOfBusiest => "leader".to_owned(),
        Target::FollowerOfBusiest(n) => format!("follower {n}"),
        Target::ActiveController => "controller".to_owned(),
        Target::GroupCoordinator => "coordinator".to_owned(),
        Target::AllBrokers => "all brokers".to_owned(),
        Target::AllControllers => "all controllers".to_owned(),
        Target::AllProducers => "all producers".to_owned(),
        Target::AllConsumers => "all consumers".to_owned(),
    },
    fault_of: |what, whom| format!("{what} {whom}"),
    row: |row| match row {
        Row::Writable => "writable",
        Row::Readable => "readable",
        Row::Isr => "in-sync replicas",
        Row::Leader => "leader, epoch",
        Row::Elections => "elections",
        Row::Log => "high watermark",
        Row::Rate => "records/s",
        Row::Latency => "produce latency",
        Row::Lag => "consumer lag",
        Row::Errors => "errors",
        Row::Lost => "lost",
    },
    row_sentence: |row| match row {
        Row::Writable => "Partitions that take writes with the producers’ settings.",
        Row::Readable => "Partitions whose leader lives.",
        Row::Isr => "ISR of the partition in focus; dotted: the smallest of any partition.",
        Row::Leader => "Leader and leader epoch of the partition in focus.",
        Row::Elections => "Leaders elected, leaders lost and ISRs below min ISR, of all partitions: so many until now.",
        Row::Log => "High watermark and log end of the partition in focus.",
        Row::Rate => {
            "Records a second: surface arrived, line acked, dotted polled; logarithmic. Dotted grey: the run before the last change."
        }
        Row::Latency => "Until the producer is told: p50 thin, p99 strong, maximum as surface; logarithmic.",
        Row::Lag => "Committed records that the group has not been handed yet.",
        Row::Errors => "Requests that failed.",
        Row::Lost => "Acknowledged records whose last copy went.",
    },
    a_second: |n| format!("{n}/s"),
    some_of: |n, all| format!("{n} of {all}"),
    leader_run: |id, epoch| format!("b{id} e{epoch}"),
    no_leader: "no leader",
    leadership: |what, count| {
        let s = if count == 1 { "" } else { "s" };
        match what {
            Leadership::Elected => format!("{count} leader{s} elected"),
            Leadership::BelowMinIsr => format!("{count} ISR{s} below min ISR"),
            Leadership::Leaderless => format!("{count} partition{s} without a leader"),
            Leadership::ElectedUncleanly => format!("{count} leader{s} elected uncleanly"),
        }
    },
    deed: |deed| match deed {
        Deed::ZoomIn => "zoom in",
        Deed::ZoomOut => "zoom out",
        Deed::PanLeft => "earlier",
        Deed::PanRight => "later",
        Deed::Toggle => "play or pause",
        Deed::Previous => "previous happening",
        Deed::Next => "next happening",
        Deed::NudgeBack => "a little earlier",
        Deed::NudgeForward => "a little later",
        Deed::Whole => "whole run",
        Deed::Closest => "one millisecond",
        Deed::Slower => "slower",
        Deed::Faster => "faster",
        Deed::Loop => "loop",
        Deed::Help => "this list",
    },
    message: |what, from, to, bytes, time| format!("{what}, {from} to {to}, {bytes}, {time}"),
    response: "response",
    dropped: "lost",
    on_the_way: "on its way",
    as_table: "The rows as a table",
    happenings: "What happened in this stretch",
    when: "When",
    lane: "Lane",
    what: "What",
    go_to: |when| format!("Go to {when}"),
    not_listed: |n| format!("{n} more: zoom in to list them."),
    picture: "Rows over time for both lanes. A table with the same follows.",
};

/// Korean.
pub const KO: Text = Text {
    heading: "타임라인",
    play: "재생",
    pause: "일시 정지",
    previous: "이전 사건",
    next: "다음 사건",
    speed: "속도",
    repeat: "보이는 구간 반복",
    zoom_in: "확대",
    zoom_out: "축소",
    whole: "전체 실행",
    closest: "1 ms",
    keys: "단축키",
    add_fault: "장애",
    more_rows: "모든 행",
    show_messages: "메시지",
    focus: |lane| format!("레인 {lane}의 파티션"),
    busiest: |name| format!("{name} (가장 바쁨)"),
    shown: |span, run| format!("{run} 중 {span}"),
    playhead: "무대에 보이는 시점",
    hint: "끌어서 시간을 이동하고, 장애 표시를 끌어 옮깁니다. W와 S, Ctrl과 휠, 또는 두 손가락으로 확대·축소하고, A와 D로 이동합니다.",
    mark: |what, when, lanes| format!("{what}, {when}, {lanes}"),
    mark_hint: "화살표 키로 옮기고, Enter로 바꾸고, Delete로 지웁니다.",
    both_lanes: "두 레인",
    only_lane: |lane| format!("레인 {lane}"),
    fault: |kind| match kind {
        FaultKind::ProcessCrash => "강제 종료".to_owned(),
        FaultKind::ControlledStop => "정상 종료".to_owned(),
        FaultKind::PowerLoss => "전원 차단".to_owned(),
        FaultKind::Restart => "시작".to_owned(),
        FaultKind::Pause => "일시 정지".to_owned(),
        FaultKind::Cut { cut: Cut::BothWays, .. } => "단절".to_owned(),
        FaultKind::Cut { cut: Cut::Outbound, .. } => "송신 단절".to_owned(),
        FaultKind::Cut { cut: Cut::Inbound, .. } => "수신 단절".to_owned(),
        FaultKind::SlowLink { delay_ms } => format!("+{delay_ms} ms"),
        FaultKind::PacketLoss { per_mille } => format!("패킷 손실 {} %", f64::from(per_mille) / 10.0),
        FaultKind::SlowDisk { factor } => format!("디스크 {factor}배 느림"),
        FaultKind::FullDisk => "디스크 가득 참".to_owned(),
        FaultKind::HungDisk => "디스크 응답 없음".to_owned(),
        FaultKind::ClientSlow { factor } => format!("{factor}배 느림"),
        FaultKind::LoadBurst { percent } => format!("부하 {percent} %"),
        FaultKind::ClockStep { by_ms } => format!("시계 {by_ms:+} ms"),
        FaultKind::FailedDirectory { dir } => format!("디렉터리 {dir} 고장"),
        FaultKind::FullDirectory { dir } => format!("디렉터리 {dir} 가득 참"),
        FaultKind::Admin(action) => action.to_string(),
    },
    target: |target| match target {
        Target::Broker(broker) => broker.to_string(),
        Target::Controller(controller) => controller.to_string(),
        Target::Producer(n) => format!("프로듀서 {n}"),
        Target::Consumer(n) => format!("컨슈머 {n}"),
        Target::Rack(n) => format!("랙 {n}"),
        Target::LeaderOf(partition) => format!("p{} 리더", partition.0),
        Target::FollowerOf(partition, n) => format!("p{} 팔로워 {n}", partition.0),
        Target::LeaderOfBusiest => "리더".to_owned(),
        Target::FollowerOfBusiest(n) => format!("팔로워 {n}"),
        Target::ActiveController => "컨트롤러".to_owned(),
        Target::GroupCoordinator => "코디네이터".to_owned(),
        Target::AllBrokers => "모든 브로커".to_owned(),
        Target::AllControllers => "모든 컨트롤러".to_owned(),
        Target::AllProducers => "모든 프로듀서".to_owned(),
        Target::AllConsumers => "모든 컨슈머".to_owned(),
    },
    fault_of: |what, whom| format!("{whom} {what}"),
    row: |row| match row {
        Row::Writable => "쓰기 가능",
        Row::Readable => "읽기 가능",
        Row::Isr => "ISR",
        Row::Leader => "리더, 에포크",
        Row::Elections => "리더 선출",
        Row::Log => "하이 워터마크",
        Row::Rate => "레코드/초",
        Row::Latency => "프로듀스 지연",
        Row::Lag => "컨슈머 lag",
        Row::Errors => "오류",
        Row::Lost => "유실",
    },
    row_sentence: |row| match row {
        Row::Writable => "프로듀서 설정대로 쓰기가 성공할 수 있는 파티션 수.",
        Row::Readable => "리더가 살아 있는 파티션 수.",
        Row::Isr => "선택한 파티션의 ISR. 점선은 모든 파티션 중 가장 작은 ISR.",
        Row::Leader => "선택한 파티션의 리더와 리더 에포크.",
        Row::Elections => "모든 파티션의 리더 선출, 리더 상실, 최소 ISR 미달. 값은 지금까지의 수.",
        Row::Log => "선택한 파티션의 하이 워터마크와 로그 끝.",
        Row::Rate => "초당 레코드: 면은 도착, 실선은 ack, 점선은 poll. 로그 눈금. 회색 점선은 마지막 변경 전의 실행.",
        Row::Latency => "프로듀서가 결과를 받기까지: 가는 선 p50, 굵은 선 p99, 면은 최댓값. 로그 눈금.",
        Row::Lag => "커밋되었지만 그룹이 아직 받지 못한 레코드.",
        Row::Errors => "실패한 요청.",
        Row::Lost => "ack를 받았지만 마지막 사본이 사라진 레코드.",
    },
    a_second: |n| format!("{n}/초"),
    some_of: |n, all| format!("{n} / {all}"),
    leader_run: |id, epoch| format!("b{id} e{epoch}"),
    no_leader: "리더 없음",
    leadership: |what, count| match what {
        Leadership::Elected => format!("리더 선출 {count}건"),
        Leadership::BelowMinIsr => format!("최소 ISR 미달 {count}건"),
        Leadership::Leaderless => format!("리더 없음 {count}건"),
        Leadership::ElectedUncleanly => format!("언클린 리더 선출 {count}건"),
    },
    deed: |deed| match deed {
        Deed::ZoomIn => "확대",
        Deed::ZoomOut => "축소",
        Deed::PanLeft => "앞 시간으로",
        Deed::PanRight => "뒤 시간으로",
        Deed::Toggle => "재생 또는 일시 정지",
        Deed::Previous => "이전 사건",
        Deed::Next => "다음 사건",
        Deed::NudgeBack => "조금 앞으로",
        Deed::NudgeForward => "조금 뒤로",
        Deed::Whole => "전체 실행",
        Deed::Closest => "1밀리초 구간",
        Deed::Slower => "느리게",
        Deed::Faster => "빠르게",
        Deed::Loop => "반복",
        Deed::Help => "이 목록",
    },
    message: |what, from, to, bytes, time| format!("{what}, {from} → {to}, {bytes}, {time}"),
    response: "응답",
    dropped: "손실됨",
    on_the_way: "전송 중",
    as_table: "행을 표로 보기",
    happenings: "이 구간에서 일어난 일",
    when: "시각",
    lane: "레인",
    what: "내용",
    go_to: |when| format!("{when} 시점으로"),
    not_listed: |n| format!("그 밖에 {n}건은 확대하면 나열됩니다."),
    picture: "두 레인의 시간별 행. 같은 내용의 표가 뒤따릅니다.",
};
