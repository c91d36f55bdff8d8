//! The trade-offs, in words.

use super::numbers::count;
use crate::state::Language;
use crate::state::study::Price;
use highwater_experiments::axes::{Incident, Per};
use highwater_model::{LaneId, SettingId};

/// Words of the trade-offs.
pub struct Text {
    /// Heading of the list of settings.
    pub pick: &'static str,
    /// Opens the list where it is closed.
    pub all_settings: &'static str,
    /// Heading of the settings that are asked about most.
    pub asked_most: &'static str,
    /// Of a setting that moves no axis.
    pub still: &'static str,
    /// What a chart of this setting shows.
    pub title: fn(&str) -> String,
    /// Head of a column of lanes.
    pub lane: &'static str,
    /// Label of the values along the chart.
    pub values: &'static str,
    /// Takes the usual values again.
    pub usual_values: &'static str,
    /// What was typed are no values of the setting, or too many.
    pub wrong_values: fn(SettingId, usize) -> String,
    /// The first points are on their way.
    pub first: fn(u32, u32) -> String,
    /// The intervals narrow.
    pub narrowing: fn(u32) -> String,
    /// It was stopped.
    pub stopped: fn(u32) -> String,
    /// It is as narrow as it gets.
    pub done: fn(u32) -> String,
    /// Stops it.
    pub stop: &'static str,
    /// Goes on.
    pub go_on: &'static str,
    /// Before the value from which the sentence goes.
    pub from: &'static str,
    /// Label of the value to which it goes.
    pub to: &'static str,
    /// After both values.
    pub to_end: &'static str,
    /// The axes that the setting moves.
    pub moves: fn(&str) -> String,
    /// It moves none.
    pub moves_none: &'static str,
    /// What the keys do at the chart's mark.
    pub cursor: &'static str,
    /// What keeps a configuration from carrying more.
    pub bottleneck: fn(&str) -> String,
    /// Settings that had to follow.
    pub followed: fn(&str) -> String,
    /// Loads the point's configuration into a lane.
    pub open_in: fn(LaneId) -> String,
    /// Shows the run that did most harm.
    pub open_worst: &'static str,
    /// Label of the table.
    pub as_table: &'static str,
    /// Label of the exports.
    pub take_away: &'static str,
    /// How many runs are behind a note, and their seed.
    pub note_runs: fn(u32, u64) -> String,
    /// Heading of rates and prices.
    pub assumptions: &'static str,
    /// What they are.
    pub assumptions_sentence: &'static str,
    /// They are as stated.
    pub as_stated: &'static str,
    /// They are not.
    pub not_as_stated: &'static str,
    /// Makes them so again.
    pub back_to_stated: &'static str,
    /// Caption of the rates.
    pub rates: &'static str,
    /// Head of a column.
    pub incident: &'static str,
    /// Head of a column.
    pub a_year: &'static str,
    /// Head of a column.
    pub lasts: &'static str,
    /// Head of a column.
    pub source: &'static str,
    /// Caption of the prices.
    pub prices: &'static str,
    /// Head of a column.
    pub price: &'static str,
    /// Head of a column.
    pub dollars: &'static str,
}

/// English.
pub const EN: Text = Text {
    pick: "A setting",
    all_settings: "Choose another",
    asked_most: "Asked about most",
    still: "moves none",
    title: |setting| format!("What {setting} costs"),
    lane: "lane",
    values: "Values",
    usual_values: "The usual ones",
    wrong_values: |setting, max| {
        let (low, high) = setting.range();
        format!("At most {max} values, separated by commas, each {}.", super::troubles::span(setting, low, high))
    },
    first: |done, of| format!("{} of {} runs", count(done.into()), count(of.into())),
    narrowing: |done| format!("narrowing: {} runs", count(done.into())),
    stopped: |done| format!("stopped after {} runs", count(done.into())),
    done: |done| format!("{} runs", count(done.into())),
    stop: "Stop",
    go_on: "Go on",
    from: "From",
    to: "To",
    to_end: "",
    moves: |axes| format!("Moves: {axes}."),
    moves_none: "Moves none of the five axes of these lanes, as far as the intervals tell.",
    cursor: "Arrow keys go along the values and to the other lane, Page Up and Page Down to another axis, Enter opens",
    bottleneck: |narrow| format!("What keeps it from carrying more: {narrow}."),
    followed: |settings| format!("Had to follow: {settings}."),
    open_in: |lane| format!("Open in lane {lane:?}"),
    open_worst: "Open its worst run",
    as_table: "As a table",
    take_away: "Take away",
    note_runs: |runs, seed| format!("{} runs, seed {seed}; intervals of 95 %.", count(runs.into())),
    assumptions: "What the figures assume",
    assumptions_sentence: "Change a rate and the year is computed again; change a price and the bill is.",
    as_stated: "as stated",
    not_as_stated: "not as stated: changed by you, and not part of the link",
    back_to_stated: "Back to the stated ones",
    rates: "What a year brings",
    incident: "incident",
    a_year: "a year",
    lasts: "lasts",
    source: "source",
    prices: "What things cost",
    price: "price",
    dollars: "US dollars",
};

/// Korean.
pub const KO: Text = Text {
    pick: "설정",
    all_settings: "다른 설정 고르기",
    asked_most: "자주 묻는 설정",
    still: "변화 없음",
    title: |setting| format!("{setting}: 무엇을 얻고 무엇을 치르나"),
    lane: "레인",
    values: "값",
    usual_values: "기본 값들로",
    wrong_values: |setting, max| {
        let (low, high) = setting.range();
        format!("쉼표로 구분해 {max}개까지 씁니다. 가능한 값: {}.", super::troubles::span(setting, low, high))
    },
    first: |done, of| format!("실행 {} / {}", count(done.into()), count(of.into())),
    narrowing: |done| format!("구간을 좁히는 중: 실행 {}번", count(done.into())),
    stopped: |done| format!("멈춤: 실행 {}번", count(done.into())),
    done: |done| format!("실행 {}번", count(done.into())),
    stop: "멈춤",
    go_on: "계속",
    from: "처음 값",
    to: "바꾼 값",
    to_end: "",
    moves: |axes| format!("움직이는 축: {axes}."),
    moves_none: "이 레인들에서는 다섯 축 가운데 구간으로 구별되게 움직이는 것이 없습니다.",
    cursor: "화살표 키로 값과 레인을, Page Up과 Page Down으로 축을 옮기고, Enter로 엽니다",
    bottleneck: |narrow| format!("더 나르지 못하게 막는 것: {narrow}."),
    followed: |settings| format!("함께 바뀐 설정: {settings}."),
    open_in: |lane| format!("레인 {lane:?}에 열기"),
    open_worst: "가장 나쁜 실행 열기",
    as_table: "표로 보기",
    take_away: "가져가기",
    note_runs: |runs, seed| format!("실행 {}번, 시드 {seed}. 구간은 95 %입니다.", count(runs.into())),
    assumptions: "수치의 가정",
    assumptions_sentence: "빈도를 바꾸면 한 해를 다시 계산하고, 가격을 바꾸면 비용을 다시 계산합니다.",
    as_stated: "제시한 그대로",
    not_as_stated: "직접 바꾼 값이며 링크에는 들어가지 않습니다",
    back_to_stated: "제시한 값으로",
    rates: "한 해에 일어나는 일",
    incident: "사건",
    a_year: "한 해 횟수",
    lasts: "지속 시간",
    source: "출처",
    prices: "가격",
    price: "항목",
    dollars: "미국 달러",
};

/// What may happen in a year.
pub const fn incident(language: Language, incident: Incident) -> &'static str {
    match (language, incident) {
        (Language::English, Incident::Restart) => "broker restarted in order",
        (Language::English, Incident::ProcessCrash) => "broker process killed",
        (Language::English, Incident::HostLoss) => "machine lost with its page cache",
        (Language::English, Incident::Burst) => "two machines lost shortly after each other",
        (Language::English, Incident::ZoneOutage) => "zone without power",
        (Language::English, Incident::PowerLoss) => "whole cluster without power",
        (Language::English, Incident::Pause) => "broker frozen",
        (Language::English, Incident::Isolation) => "broker cut off from the network",
        (Language::English, Incident::ConsumerCrash) => "consumer process killed",
        (Language::Korean, Incident::Restart) => "브로커의 순차 재시작",
        (Language::Korean, Incident::ProcessCrash) => "브로커 프로세스 강제 종료",
        (Language::Korean, Incident::HostLoss) => "장비를 페이지 캐시째 잃음",
        (Language::Korean, Incident::Burst) => "장비 두 대를 잇달아 잃음",
        (Language::Korean, Incident::ZoneOutage) => "존 정전",
        (Language::Korean, Incident::PowerLoss) => "클러스터 전체 정전",
        (Language::Korean, Incident::Pause) => "브로커 멈춤",
        (Language::Korean, Incident::Isolation) => "브로커 네트워크 단절",
        (Language::Korean, Incident::ConsumerCrash) => "컨슈머 프로세스 강제 종료",
    }
}

/// For whom a rate counts.
pub const fn per(language: Language, per: Per) -> &'static str {
    match (language, per) {
        (Language::English, Per::Broker) => "each broker",
        (Language::English, Per::Consumer) => "each consumer",
        (Language::English, Per::Rack) => "each rack",
        (Language::English, Per::Cluster) => "the cluster",
        (Language::Korean, Per::Broker) => "브로커마다",
        (Language::Korean, Per::Consumer) => "컨슈머마다",
        (Language::Korean, Per::Rack) => "랙마다",
        (Language::Korean, Per::Cluster) => "클러스터 전체",
    }
}

/// What is paid for.
pub const fn price(language: Language, price: Price) -> &'static str {
    match (language, price) {
        (Language::English, Price::BrokerHour) => "a broker, an hour",
        (Language::English, Price::ControllerHour) => "a controller, an hour",
        (Language::English, Price::StorageMonth) => "a GB of storage, a month",
        (Language::English, Price::CrossZone) => "a GB between zones",
        (Language::Korean, Price::BrokerHour) => "브로커 1대, 1시간",
        (Language::Korean, Price::ControllerHour) => "컨트롤러 1대, 1시간",
        (Language::Korean, Price::StorageMonth) => "저장 공간 1 GB, 한 달",
        (Language::Korean, Price::CrossZone) => "존 사이 전송 1 GB",
    }
}
