//! The frame of the page, in words: header, lanes, dialogs, notices.

use super::numbers::{count, duration};
use highwater_model::link::Headline;
use highwater_model::{Duration, LaneId};

/// Words of the header, the lanes, dialogs and notices.
pub struct Text {
    /// What the page is, in a line.
    pub tagline: &'static str,
    /// Label of the way between the places.
    pub places: &'static str,
    /// The playground.
    pub playground: &'static str,
    /// Trade-offs.
    pub tradeoffs: &'static str,
    /// Compare.
    pub compare: &'static str,
    /// Leads from a setting to its trade-off chart.
    pub what_does_it_cost: &'static str,
    /// Takes the keyboard past the header.
    pub skip: &'static str,
    /// Undo.
    pub undo: &'static str,
    /// Redo.
    pub redo: &'static str,
    /// Switches to the other language, in that language.
    pub other_language: &'static str,
    /// Switches to the dark theme.
    pub dark: &'static str,
    /// Switches to the light theme.
    pub light: &'static str,
    /// Opens the situations.
    pub situations: &'static str,
    /// What situations are.
    pub situations_sentence: &'static str,
    /// The comparison is no situation, or no longer.
    pub own_comparison: &'static str,
    /// Opens the sharing dialog.
    pub share: &'static str,
    /// Opens the files dialog.
    pub files: &'static str,
    /// Closes a dialog.
    pub close: &'static str,
    /// The Kafka profile and the engine's version.
    pub badge: fn(&str, u32) -> String,
    /// What the badge means.
    pub badge_sentence: &'static str,
    /// A lane's name.
    pub lane: fn(LaneId) -> &'static str,
    /// The first run is under way.
    pub first_run: &'static str,
    /// A run is under way: at so much of so much.
    pub running: fn(Duration, Duration) -> String,
    /// What is on screen is an older run.
    pub stale: &'static str,
    /// Stops a run.
    pub cancel: &'static str,
    /// The lane cannot run.
    pub troubles: fn(usize) -> String,
    /// Label of the link.
    pub link: &'static str,
    /// What the link holds.
    pub link_sentence: &'static str,
    /// Label of the text beside it.
    pub share_text: &'static str,
    /// Before the figures are final.
    pub share_waits: &'static str,
    /// Copies.
    pub copy: &'static str,
    /// It was copied.
    pub copied: &'static str,
    /// It could not be copied, and is selected instead.
    pub selected: &'static str,
    /// First line of the text to share.
    pub share_title: fn(&str, u32, u64) -> String,
    /// Label of the save buttons.
    pub save_files: &'static str,
    /// Saves the comparison.
    pub save_comparison: &'static str,
    /// Saves one lane.
    pub save_scenario: fn(LaneId) -> String,
    /// Label of the file input.
    pub open_file: &'static str,
    /// What can be opened.
    pub open_sentence: &'static str,
    /// Into which lane a scenario goes.
    pub open_into: &'static str,
    /// While a file is held over the page.
    pub drop_here: &'static str,
    /// Dismisses a notice.
    pub dismiss: &'static str,
    /// Heading of the notices, for those who hear it.
    pub notices: &'static str,
    /// A lane's worker was started again.
    pub worker_restarted: fn(LaneId) -> String,
    /// It keeps stopping.
    pub worker_gave_up: fn(LaneId) -> String,
    /// A helper of the studies was started again.
    pub helper_restarted: &'static str,
    /// It keeps stopping.
    pub helper_gave_up: &'static str,
    /// Page and worker are of different builds.
    pub other_engine: &'static str,
    /// Before the list of what a link says and cannot be read.
    pub link_problems: &'static str,
    /// Before the list of what a file says and cannot be read.
    pub file_problems: fn(&str) -> String,
    /// A file is no text.
    pub not_text: fn(&str) -> String,
    /// Before a line's number.
    pub line: fn(u32) -> String,
    /// The figures that a link carries are not those found now.
    pub other_figures: fn(LaneId, u32, &Headline, &Headline) -> String,
}

/// English.
pub const EN: Text = Text {
    tagline: "A playground for Kafka reliability: change a setting, break the cluster, see what is lost and why.",
    places: "Places",
    playground: "Playground",
    tradeoffs: "Trade-offs",
    compare: "Compare",
    what_does_it_cost: "What does this cost?",
    skip: "Skip to the content",
    undo: "Undo",
    redo: "Redo",
    other_language: "한국어",
    dark: "Dark theme",
    light: "Light theme",
    situations: "Situations",
    situations_sentence: "Each loads both lanes and runs them. Undo brings back what was there.",
    own_comparison: "Your own comparison: change it, break it, share it.",
    share: "Share",
    files: "Files",
    close: "Close",
    badge: |profile, engine| format!("Kafka {profile} · engine {engine}"),
    badge_sentence: "The Kafka release whose rules and defaults the engine follows, and the engine's own version.",
    lane: |lane| match lane {
        LaneId::A => "Lane A",
        LaneId::B => "Lane B",
    },
    first_run: "The cluster is starting ...",
    running: |until, end| format!("Running: {} of {}", duration(until), duration(end)),
    stale: "These figures belong to the settings before the last change.",
    cancel: "Cancel",
    troubles: |n| match n {
        1 => "This lane cannot run: 1 problem. The last good run stays on screen.".to_owned(),
        n => format!("This lane cannot run: {n} problems. The last good run stays on screen."),
    },
    link: "Link",
    link_sentence: "Everything is in the link: both lanes, all faults, the seed. Nothing is stored anywhere.",
    share_text: "Text to paste beside it",
    share_waits: "The outcome joins the text when both lanes are done.",
    copy: "Copy",
    copied: "Copied.",
    selected: "The browser does not let the page copy: the text is selected, copy it with your keyboard.",
    share_title: |profile, engine, seed| format!("Highwater: Kafka {profile}, engine {engine}, seed {seed}"),
    save_files: "Save as a file",
    save_comparison: "Both lanes",
    save_scenario: |lane| format!("Lane {lane:?} alone"),
    open_file: "Open a file",
    open_sentence: "A scenario or a comparison as TOML; it can also be dropped anywhere on the page.",
    open_into: "A scenario goes into",
    drop_here: "Drop the file to open it",
    dismiss: "Dismiss",
    notices: "Notices",
    worker_restarted: |lane| {
        format!("The engine of lane {lane:?} stopped with an error. It was started again, and runs the same scenario.")
    },
    worker_gave_up: |lane| {
        format!(
            "The engine of lane {lane:?} keeps stopping over this scenario. Change something, and it is tried again."
        )
    },
    helper_restarted: "A helper that computes the chart stopped with an error. It was started again, and goes on.",
    helper_gave_up: "Helpers keep stopping over one part of this chart. It was left out, and the chart stopped.",
    other_engine: "The page and its engine are of different versions. Reload the page.",
    link_problems: "Parts of the link could not be read; there the first visit's values count:",
    file_problems: |name| format!("Parts of {name} could not be read:"),
    not_text: |name| format!("{name} is not a text file; nothing was changed."),
    line: |n| format!("line {n}"),
    other_figures: |lane, engine, then, now| {
        format!(
            "Lane {lane:?} was shared with other figures (engine {engine}: {}). This engine finds {}.",
            english_figures(then),
            english_figures(now)
        )
    },
};

fn english_figures(figures: &Headline) -> String {
    format!(
        "{} acknowledged, {} lost, {} duplicated, writes stood still for {}",
        count(figures.acked),
        count(figures.lost),
        count(figures.duplicated),
        duration(Duration::from_millis(figures.unwritable_ms))
    )
}

/// Korean.
pub const KO: Text = Text {
    tagline: "Kafka 신뢰성 놀이터: 설정을 바꾸고, 클러스터를 망가뜨리고, 무엇을 왜 잃는지 봅니다.",
    places: "화면",
    playground: "놀이터",
    tradeoffs: "트레이드오프",
    compare: "비교",
    what_does_it_cost: "대가는 얼마일까?",
    skip: "본문으로 건너뛰기",
    undo: "실행 취소",
    redo: "다시 실행",
    other_language: "English",
    dark: "어두운 테마",
    light: "밝은 테마",
    situations: "상황",
    situations_sentence: "누르면 두 레인에 불러와 바로 실행합니다. 실행 취소를 누르면 이전으로 돌아갑니다.",
    own_comparison: "직접 만든 비교입니다. 바꾸고, 망가뜨리고, 공유해 보세요.",
    share: "공유",
    files: "파일",
    close: "닫기",
    badge: |profile, engine| format!("Kafka {profile} · 엔진 {engine}"),
    badge_sentence: "엔진이 따르는 Kafka 릴리스의 규칙과 기본값, 그리고 엔진의 버전입니다.",
    lane: |lane| match lane {
        LaneId::A => "레인 A",
        LaneId::B => "레인 B",
    },
    first_run: "클러스터를 시작하는 중 ...",
    running: |until, end| format!("실행 중: {} / {}", duration(until), duration(end)),
    stale: "이 수치는 마지막 변경 전의 설정에서 나온 것입니다.",
    cancel: "취소",
    troubles: |n| format!("이 레인은 실행할 수 없습니다. 문제 {n}개. 마지막으로 성공한 실행이 화면에 남아 있습니다."),
    link: "링크",
    link_sentence: "두 레인, 모든 장애, 시드가 전부 링크에 들어 있습니다. 어디에도 저장하지 않습니다.",
    share_text: "함께 붙여 넣을 글",
    share_waits: "두 레인이 모두 끝나면 결과가 글에 들어갑니다.",
    copy: "복사",
    copied: "복사했습니다.",
    selected: "브라우저가 복사를 허용하지 않습니다. 글을 선택해 두었으니 키보드로 복사하세요.",
    share_title: |profile, engine, seed| format!("Highwater: Kafka {profile}, 엔진 {engine}, 시드 {seed}"),
    save_files: "파일로 저장",
    save_comparison: "두 레인 모두",
    save_scenario: |lane| format!("레인 {lane:?}만"),
    open_file: "파일 열기",
    open_sentence: "TOML로 된 시나리오나 비교를 엽니다. 페이지 어디에든 끌어다 놓아도 됩니다.",
    open_into: "시나리오를 넣을 곳",
    drop_here: "놓으면 파일을 엽니다",
    dismiss: "닫기",
    notices: "알림",
    worker_restarted: |lane| {
        format!("레인 {lane:?}의 엔진이 오류로 멈췄습니다. 다시 시작해 같은 시나리오를 실행합니다.")
    },
    worker_gave_up: |lane| {
        format!("레인 {lane:?}의 엔진이 이 시나리오에서 계속 멈춥니다. 무언가를 바꾸면 다시 시도합니다.")
    },
    helper_restarted: "차트를 계산하던 일꾼이 오류로 멈췄습니다. 다시 시작해 계속합니다.",
    helper_gave_up: "이 차트의 한 부분에서 일꾼이 계속 멈춥니다. 그 부분을 빼고 차트를 멈췄습니다.",
    other_engine: "페이지와 엔진의 버전이 다릅니다. 페이지를 새로 고치세요.",
    link_problems: "링크에서 읽지 못한 부분이 있습니다. 그 부분은 첫 화면의 값을 씁니다:",
    file_problems: |name| format!("파일에서 읽지 못한 부분이 있습니다({name}):"),
    not_text: |name| format!("텍스트 파일이 아닙니다({name}). 아무것도 바꾸지 않았습니다."),
    line: |n| format!("{n}번째 줄"),
    other_figures: |lane, engine, then, now| {
        format!(
            "레인 {lane:?}: 공유할 때와 수치가 다릅니다. 그때(엔진 {engine}): {}. 지금: {}.",
            korean_figures(then),
            korean_figures(now)
        )
    },
};

fn korean_figures(figures: &Headline) -> String {
    format!(
        "확인 {}건, 유실 {}건, 중복 {}건, 쓰기 멈춤 {}",
        count(figures.acked),
        count(figures.lost),
        count(figures.duplicated),
        duration(Duration::from_millis(figures.unwritable_ms))
    )
}
