//! The faults menu, in words: kinds of faults, targets, the form.

use super::numbers::{count, duration, signed};
use crate::state::Language;
use highwater_model::{Cut, Duration, FaultKind, LaneId, Target};

/// Words of the faults menu.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
    /// Opens the form for another fault.
    pub add: &'static str,
    /// Heading of the form for a new fault.
    pub adding: &'static str,
    /// Heading of the form for the n-th fault, from 1.
    pub changing: fn(usize) -> String,
    /// There are none.
    pub none: &'static str,
    /// What happens.
    pub kind: &'static str,
    /// To whom.
    pub target: &'static str,
    /// The other end of a cut.
    pub with: &'static str,
    /// When, in seconds.
    pub at: &'static str,
    /// For how long, in seconds.
    pub duration: &'static str,
    /// What an empty duration means.
    pub duration_hint: &'static str,
    /// In which lanes.
    pub lanes: &'static str,
    /// In both.
    pub both: &'static str,
    /// In one.
    pub only: fn(LaneId) -> &'static str,
    /// Which direction of a cut.
    pub direction: &'static str,
    /// The directions.
    pub cut: fn(Cut) -> &'static str,
    /// Of which partition.
    pub partition: &'static str,
    /// Label of a kind's number, with its unit; none where it has no number.
    pub number: fn(FaultKind) -> Option<&'static str>,
    /// A choice of target that asks for a partition.
    pub leader_of: &'static str,
    /// A choice of target that asks for a partition.
    pub follower_of: &'static str,
    /// Which follower.
    pub follower: &'static str,
    /// Puts the fault on the timeline.
    pub save_new: &'static str,
    /// Keeps the change.
    pub save: &'static str,
    /// Removes it.
    pub delete: &'static str,
    /// Opens it.
    pub edit: &'static str,
    /// Says that a field does not hold what belongs there.
    pub not_a_number: &'static str,
    /// A fault that ends, in the list: "for 25 s".
    pub lasting: fn(&str) -> String,
    /// A fault that lasts to the end of the run.
    pub to_the_end: &'static str,
}

/// English.
pub const EN: Text = Text {
    heading: "Faults",
    add: "Add a fault",
    adding: "Add a fault",
    changing: |n| format!("Fault {n}"),
    none: "Nothing goes wrong yet. Add a fault, or double-click the timeline.",
    kind: "What happens",
    target: "To whom",
    with: "Cut off from",
    at: "At (seconds)",
    duration: "For (seconds)",
    duration_hint: "Empty: to the end of the run.",
    lanes: "In which lanes",
    both: "Both lanes",
    only: |lane| match lane {
        LaneId::A => "Lane A only",
        LaneId::B => "Lane B only",
    },
    direction: "Direction",
    cut: |cut| match cut {
        Cut::BothWays => "both ways",
        Cut::Outbound => "what it sends is lost",
        Cut::Inbound => "what is sent to it is lost",
    },
    partition: "Partition",
    number: |kind| match kind {
        FaultKind::SlowLink { .. } => Some("Added delay each way (ms)"),
        FaultKind::PacketLoss { .. } => Some("Lost packets of a thousand"),
        FaultKind::SlowDisk { .. } | FaultKind::ClientSlow { .. } => Some("How many times slower"),
        FaultKind::LoadBurst { .. } => Some("Load, in percent of the usual"),
        FaultKind::ClockStep { .. } => Some("Step of the clock (ms)"),
        FaultKind::FailedDirectory { .. } | FaultKind::FullDirectory { .. } => Some("Which log directory"),
        FaultKind::Admin(_) => {
            Some("Request, such as reassign.0.3-1-2, elect.preferred.0 or config.topic.min.insync.replicas=2")
        }
        _ => None,
    },
    leader_of: "leader of a partition ...",
    follower_of: "follower of a partition ...",
    follower: "Which follower",
    save_new: "Add",
    save: "Save",
    delete: "Delete",
    edit: "Edit",
    not_a_number: "This does not fit here.",
    lasting: |span| format!("for {span}"),
    to_the_end: "to the end",
};

/// Korean.
pub const KO: Text = Text {
    heading: "장애",
    add: "장애 추가",
    adding: "장애 추가",
    changing: |n| format!("장애 {n}"),
    none: "아직 아무 장애도 없습니다. 장애를 추가하거나 타임라인을 두 번 누르세요.",
    kind: "무슨 일이",
    target: "누구에게",
    with: "끊어지는 상대",
    at: "시각(초)",
    duration: "지속 시간(초)",
    duration_hint: "비워 두면 실행이 끝날 때까지 이어집니다.",
    lanes: "어느 레인에",
    both: "두 레인 모두",
    only: |lane| match lane {
        LaneId::A => "레인 A만",
        LaneId::B => "레인 B만",
    },
    direction: "방향",
    cut: |cut| match cut {
        Cut::BothWays => "양방향",
        Cut::Outbound => "보내는 것이 사라짐",
        Cut::Inbound => "받을 것이 사라짐",
    },
    partition: "파티션",
    number: |kind| match kind {
        FaultKind::SlowLink { .. } => Some("방향마다 더해지는 지연(ms)"),
        FaultKind::PacketLoss { .. } => Some("패킷 1000개 중 손실"),
        FaultKind::SlowDisk { .. } | FaultKind::ClientSlow { .. } => Some("몇 배 느려지는지"),
        FaultKind::LoadBurst { .. } => Some("평소 대비 부하(%)"),
        FaultKind::ClockStep { .. } => Some("시계를 옮기는 양(ms)"),
        FaultKind::FailedDirectory { .. } | FaultKind::FullDirectory { .. } => Some("몇 번째 로그 디렉터리"),
        FaultKind::Admin(_) => {
            Some("요청(예: reassign.0.3-1-2, elect.preferred.0, config.topic.min.insync.replicas=2)")
        }
        _ => None,
    },
    leader_of: "파티션의 리더 ...",
    follower_of: "파티션의 팔로워 ...",
    follower: "몇 번째 팔로워",
    save_new: "추가",
    save: "저장",
    delete: "삭제",
    edit: "편집",
    not_a_number: "여기에 맞지 않는 값입니다.",
    lasting: |span| format!("{span} 동안"),
    to_the_end: "끝까지",
};

fn pick<T>(language: Language, words: (T, T)) -> T {
    match language {
        Language::English => words.0,
        Language::Korean => words.1,
    }
}

/// A kind of fault, without its numbers.
pub fn kind_name(language: Language, kind: FaultKind) -> &'static str {
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
        FaultKind::FailedDirectory { .. } => ("failed log directory", "로그 디렉터리 고장"),
        FaultKind::FullDirectory { .. } => ("full log directory", "로그 디렉터리 가득 참"),
        FaultKind::Admin(_) => ("administrator’s request", "관리자 요청"),
    };
    pick(language, words)
}

/// A kind of fault with its numbers.
pub fn kind(language: Language, kind: FaultKind) -> String {
    let name = kind_name(language, kind);
    let detail = match kind {
        FaultKind::Cut { with, cut } => pick(language, cut_words(language, with, cut)),
        FaultKind::SlowLink { delay_ms } => format!("+{}", duration(Duration::from_millis(delay_ms.into()))),
        FaultKind::PacketLoss { per_mille } => format!("{}\u{202f}%", f64::from(per_mille) / 10.0),
        FaultKind::SlowDisk { factor } | FaultKind::ClientSlow { factor } => {
            format!("{}\u{d7}", count(factor.into()))
        }
        FaultKind::LoadBurst { percent } => format!("{}\u{202f}%", count(percent.into())),
        FaultKind::ClockStep { by_ms } => format!("{}\u{202f}ms", signed(by_ms)),
        FaultKind::FailedDirectory { dir } | FaultKind::FullDirectory { dir } => count(dir.into()),
        FaultKind::Admin(action) => action.to_string(),
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
