//! Ledger, record lists, stories, in words. The categories themselves are in [`super::happenings`].

/// Words of this part.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
    /// Shows all categories.
    pub all: &'static str,
    /// After a count and its name, for those who hear it: in which lane, and that it opens.
    pub open: fn(&str) -> String,
    /// What lost records were worth.
    pub worth: &'static str,
    /// Money, from a grouped whole number.
    pub money: fn(&str) -> String,
    /// Nothing yet.
    pub waiting: &'static str,
    /// A list's heading: category, lane.
    pub records: fn(&str, &str) -> String,
    /// The worker is looking.
    pub looking: &'static str,
    /// The list is empty.
    pub none: &'static str,
    /// Column: which records.
    pub record: &'static str,
    /// Column: how many.
    pub count: &'static str,
    /// Column: partition and offset.
    pub place: &'static str,
    /// Column: when the first arrived.
    pub arrived: &'static str,
    /// Column: when the producer was told.
    pub resolved: &'static str,
    /// Never in a log.
    pub no_place: &'static str,
    /// Opens the story of a record.
    pub story_of: fn(&str) -> String,
    /// So many ranges of all are shown.
    pub shown: fn(&str, &str) -> String,
    /// More of the list.
    pub more: &'static str,
    /// Closes list or story.
    pub close: &'static str,
    /// From the story to the list.
    pub back: &'static str,
    /// The run has no such record.
    pub no_story: &'static str,
    /// The record before it in its stream.
    pub previous: &'static str,
    /// The record after it.
    pub next: &'static str,
    /// Leads to a moment on stage and timeline.
    pub go_to: fn(&str) -> String,
    /// Without this step the record would have fared otherwise.
    pub decisive: &'static str,
    /// So much later than the step before.
    pub later: fn(&str) -> String,
    /// Asks which setting decided.
    pub decide: &'static str,
    /// What that does, in a sentence.
    pub decide_sentence: &'static str,
    /// Settings tried, of all.
    pub tried: fn(&str, &str) -> String,
    /// Stops it.
    pub cancel: &'static str,
    /// It was stopped.
    pub stopped: &'static str,
    /// This value alone keeps the record: setting with value, value in the run, acked records lost then.
    pub keeps: fn(&str, &str, &str) -> String,
    /// No setting alone keeps it.
    pub nothing_keeps: &'static str,
    /// These do not: how many.
    pub others: fn(&str) -> String,
    /// One of them: setting with value.
    pub does_not_keep: fn(&str) -> String,
    /// When it arrived.
    pub arrival: &'static str,
}

/// English.
pub const EN: Text = Text {
    heading: "Ledger",
    all: "All counts",
    open: |lane| format!(" in lane {lane}. List them."),
    worth: "value lost",
    money: |n| format!("$\u{202f}{n}"),
    waiting: "Counting begins with the run.",
    records: |category, lane| format!("{category} in {lane}"),
    looking: "Looking through the run.",
    none: "There are none.",
    record: "Record",
    count: "Records",
    place: "Partition, offset",
    arrived: "Arrived",
    resolved: "Told",
    no_place: "in no log",
    story_of: |record| format!("Story of {record}"),
    shown: |shown, all| format!("{shown} of {all} ranges"),
    more: "Show more",
    close: "Close",
    back: "Back to the list",
    no_story: "The run has no such record.",
    previous: "Previous record",
    next: "Next record",
    go_to: |when| format!("Show {when} on stage and timeline"),
    decisive: "decisive",
    later: |span| format!("+{span}"),
    decide: "Which setting decided it?",
    decide_sentence: "Runs the scenario again with each setting changed alone, same seed, same faults.",
    tried: |tried, of| format!("{tried} of {of} settings tried"),
    cancel: "Stop",
    stopped: "Stopped before all settings were tried.",
    keeps: |setting, from, lost| {
        format!("With {setting} instead of {from} this record is kept. Acknowledged records lost then: {lost}.")
    },
    nothing_keeps: "No setting alone keeps this record.",
    others: |n| format!("Tried without effect: {n}"),
    does_not_keep: |setting| format!("{setting}: lost all the same"),
    arrival: "It arrives in the source.",
};

/// Korean.
pub const KO: Text = Text {
    heading: "원장",
    all: "모든 수치",
    open: |lane| format!(", 레인 {lane}. 목록 열기."),
    worth: "유실 금액",
    money: |n| format!("$\u{202f}{n}"),
    waiting: "실행이 시작되면 집계합니다.",
    records: |category, lane| format!("레인 {lane}: {category}"),
    looking: "실행 기록을 찾는 중입니다.",
    none: "해당하는 레코드가 없습니다.",
    record: "레코드",
    count: "건수",
    place: "파티션, 오프셋",
    arrived: "도착",
    resolved: "결과 통보",
    no_place: "로그에 없음",
    story_of: |record| format!("이야기 열기: {record}"),
    shown: |shown, all| format!("구간 {all}개 중 {shown}개"),
    more: "더 보기",
    close: "닫기",
    back: "목록으로",
    no_story: "이 실행에는 그런 레코드가 없습니다.",
    previous: "이전 레코드",
    next: "다음 레코드",
    go_to: |when| format!("{when} 시점을 무대와 타임라인에서 보기"),
    decisive: "결정적",
    later: |span| format!("+{span}"),
    decide: "어떤 설정이 결정했나?",
    decide_sentence: "같은 시드, 같은 장애에서 설정을 하나씩만 바꾸어 다시 실행합니다.",
    tried: |tried, of| format!("설정 {of}개 중 {tried}개 시도"),
    cancel: "중단",
    stopped: "모든 설정을 시도하기 전에 중단했습니다.",
    keeps: |setting, from, lost| {
        format!("{setting} (현재 {from}): 이 레코드는 지켜집니다. 그 실행에서 유실된 ack 레코드: {lost}건.")
    },
    nothing_keeps: "설정 하나만 바꾸어서는 이 레코드를 지킬 수 없습니다.",
    others: |n| format!("효과 없는 설정: {n}개"),
    does_not_keep: |setting| format!("{setting}: 그래도 유실"),
    arrival: "소스에 도착.",
};
