//! The comparison, in words.

use crate::state::Language;
use highwater_experiments::axes::{Axis, Class};
use highwater_model::LaneId;

/// Words of the comparison.
pub struct Text {
    /// Label of the way between its two views.
    pub views: &'static str,
    /// Lane A against lane B.
    pub lanes: &'static str,
    /// The chapter's table.
    pub chapter: &'static str,
    /// Heading of the verdict.
    pub verdict: &'static str,
    /// Head of the column of axes.
    pub axis: &'static str,
    /// Head of the column of differences.
    pub difference: &'static str,
    /// What the keys do at a chart's mark.
    pub cursor: &'static str,
    /// Heading of the bounds.
    pub bounds: &'static str,
    /// What they are.
    pub bounds_sentence: &'static str,
    /// Head of the column of figures.
    pub figure: &'static str,
    /// Between low and medium.
    pub low_medium: &'static str,
    /// Between medium and high.
    pub medium_high: &'static str,
    /// Why a bound is where it is.
    pub why: &'static str,
    /// Heading of the Pareto view.
    pub tried: &'static str,
    /// What its line is.
    pub tried_sentence: &'static str,
    /// Label of its first figure.
    pub across: &'static str,
    /// Label of its second figure.
    pub up: &'static str,
    /// Less of the figure is better.
    pub less: fn(&str) -> String,
    /// More of the figure is better.
    pub more: fn(&str) -> String,
    /// Head of the column of configurations.
    pub configuration: &'static str,
    /// It is on the front.
    pub front: &'static str,
    /// Heading of latencies and losses.
    pub spread: &'static str,
    /// From arrival to acknowledgement.
    pub produce: &'static str,
    /// From arrival to the end of processing.
    pub end_to_end: &'static str,
    /// Label of the choice between the two.
    pub latency: &'static str,
    /// Head of the lower ends of a histogram's bins.
    pub bin_from: &'static str,
    /// Head of their upper ends.
    pub bin_to: &'static str,
    /// Head of the records in them.
    pub records: &'static str,
    /// So many records in a bin.
    pub in_bin: fn(&str, &str, &str) -> String,
    /// Heading of the losses.
    pub losses: &'static str,
    /// Which incident's runs.
    pub incident: &'static str,
    /// Those of all incidents.
    pub all_incidents: &'static str,
    /// The axis of runs.
    pub runs: &'static str,
    /// What a run lost.
    pub lost: &'static str,
    /// Head of the column of runs.
    pub run: &'static str,
    /// Opens the run of a lane that did most harm.
    pub worst: fn(LaneId) -> String,
    /// Head of the column of kinds of use.
    pub kind_of_use: &'static str,
    /// What the table is.
    pub chapter_sentence: &'static str,
    /// The chapter says the same.
    pub agrees: &'static str,
    /// The chapter says this.
    pub differs: fn(&str) -> String,
    /// The interval reaches into this word too.
    pub or: fn(&str) -> String,
    /// So many cells agree of those that are known.
    pub agreeing: fn(usize, usize) -> String,
}

/// English.
pub const EN: Text = Text {
    views: "Comparisons",
    lanes: "A against B",
    chapter: "The chapter's table",
    verdict: "Verdict",
    axis: "axis",
    difference: "from B to A",
    cursor: "Arrow keys go from figure to figure, Enter opens one",
    bounds: "Bounds of low, medium and high",
    bounds_sentence: "They were written down with their reasons before the first figure was computed. Move one, and the \
                      words follow; links do not carry it.",
    figure: "figure",
    low_medium: "low / medium",
    medium_high: "medium / high",
    why: "why there",
    tried: "Every configuration tried",
    tried_sentence: "The line is the front: nothing that was tried is better in one figure without being worse in the other. \
                     Every value that a chart of the trade-offs has tried is a point here. A point opens its configuration.",
    across: "To the right",
    up: "Upwards",
    less: |figure| format!("{figure} (less is better)"),
    more: |figure| format!("{figure} (more is better)"),
    configuration: "configuration",
    front: "on the front",
    spread: "Latency, record by record",
    produce: "arrival to acknowledgement",
    end_to_end: "arrival to processed",
    latency: "From when to when",
    bin_from: "from",
    bin_to: "to",
    records: "records",
    in_bin: |from, to, records| format!("{from} to {to}: {records} records"),
    losses: "Losses, run by run",
    incident: "Runs in which",
    all_incidents: "anything of a year happens",
    runs: "share of runs, from the one that lost least",
    lost: "acknowledged records lost or never processed in a run",
    run: "probe",
    worst: |lane| format!("Open the worst run of {lane:?}"),
    kind_of_use: "kind of use",
    chapter_sentence: "Three kinds of use, five axes: the figures come from runs, the words from the bounds below. Dashed: \
                       the chapter has another word.",
    agrees: "as in the chapter",
    differs: |word| format!("chapter: {word}"),
    or: |word| format!("perhaps {word}"),
    agreeing: |agreeing, known| format!("{agreeing} of {known} cells have the chapter's word"),
};

/// Korean.
pub const KO: Text = Text {
    views: "비교 화면",
    lanes: "A 대 B",
    chapter: "책의 표",
    verdict: "판정",
    axis: "축",
    difference: "B에서 A로",
    cursor: "화살표 키로 수치 사이를 오가고 Enter로 엽니다",
    bounds: "낮음·중간·높음의 경계",
    bounds_sentence: "첫 수치를 계산하기 전에 이유와 함께 적어 둔 값입니다. 옮기면 등급도 따라 바뀌며 링크에는 들어가지 않습니다.",
    figure: "수치",
    low_medium: "낮음 / 중간",
    medium_high: "중간 / 높음",
    why: "이유",
    tried: "시도한 모든 구성",
    tried_sentence: "선은 경계선입니다. 시도한 구성 가운데 한 수치가 더 좋으면서 다른 수치가 나쁘지 않은 것은 없습니다. \
                     트레이드오프 차트에서 시도한 값이 모두 점으로 나옵니다. 점을 누르면 그 구성이 열립니다.",
    across: "가로",
    up: "세로",
    less: |figure| format!("{figure} (적을수록 좋음)"),
    more: |figure| format!("{figure} (많을수록 좋음)"),
    configuration: "구성",
    front: "경계선",
    spread: "레코드별 지연 시간",
    produce: "도착부터 ack까지",
    end_to_end: "도착부터 처리까지",
    latency: "구간",
    bin_from: "이상",
    bin_to: "미만",
    records: "레코드",
    in_bin: |from, to, records| format!("{from} – {to}: 레코드 {records}건"),
    losses: "실행별 유실",
    incident: "사건",
    all_incidents: "한 해의 모든 사건",
    runs: "유실이 적은 실행부터의 비율",
    lost: "한 실행에서 유실되거나 처리되지 않은, ack 받은 레코드",
    run: "시행",
    worst: |lane| format!("{lane:?}의 최악 실행 열기"),
    kind_of_use: "용도",
    chapter_sentence: "세 가지 용도와 다섯 축: 수치는 실행에서, 등급은 아래 경계에서 나옵니다. 점선은 책과 다른 칸입니다.",
    agrees: "책과 같음",
    differs: |word| format!("책: {word}"),
    or: |word| format!("어쩌면 {word}"),
    agreeing: |agreeing, known| format!("{known}칸 가운데 {agreeing}칸이 책과 같음"),
};

/// A word of the table.
pub const fn class(language: Language, class: Class) -> &'static str {
    match (language, class) {
        (Language::English, Class::Low) => "low",
        (Language::English, Class::Medium) => "medium",
        (Language::English, Class::High) => "high",
        (Language::Korean, Class::Low) => "낮음",
        (Language::Korean, Class::Medium) => "중간",
        (Language::Korean, Class::High) => "높음",
    }
}

/// Why the bounds of an axis are where they are: `docs/table.md`, in a sentence.
pub const fn reason(language: Language, axis: Axis) -> &'static str {
    match (language, axis) {
        (Language::English, Axis::Reliability) => {
            "losing something more likely than not every year is low; once in a hundred years is high"
        }
        (Language::English, Axis::Availability) => {
            "99.9 % and 99.99 %: what a managed Kafka promises in one zone and in three"
        }
        (Language::English, Axis::Throughput) => {
            "below ten thousand a database table would do; from a hundred thousand on it is a reason to choose Kafka"
        }
        (Language::English, Axis::Latency) => {
            "below 10 ms no service along a chain notices; from 100 ms on, a person does"
        }
        (Language::English, Axis::Cost) => "a managed queue asks 0.40 for a million requests; a tenth of it is low",
        (Language::Korean, Axis::Reliability) => "해마다 잃을 가능성이 더 크면 낮음, 백 년에 한 번이면 높음",
        (Language::Korean, Axis::Availability) => "99.9 %와 99.99 %: 관리형 Kafka가 존 하나와 셋에서 약속하는 값",
        (Language::Korean, Axis::Throughput) => {
            "초당 1만 건 아래면 데이터베이스 테이블로 충분하고, 10만 건부터는 Kafka를 쓸 이유가 됨"
        }
        (Language::Korean, Axis::Latency) => "10 ms 아래는 서비스 사슬에서 아무도 모르고, 100 ms부터는 사람이 느낌",
        (Language::Korean, Axis::Cost) => "관리형 큐가 요청 100만 건에 받는 값이 0.40달러이고, 그 10분의 1이 낮음",
    }
}
