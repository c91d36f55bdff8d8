//! The settings panel, in words: one sentence for every setting of the catalogue, in both languages.

mod sentences;

pub use sentences::sentence;

use highwater_model::settings::Group;

/// Words of the settings panel.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
    /// Label of the search box.
    pub search: &'static str,
    /// The filter that leaves only changed settings.
    pub changed_only: &'static str,
    /// The filter that leaves only settings in which the lanes differ.
    pub differing: &'static str,
    /// No filter.
    pub all: &'static str,
    /// Label of the filters.
    pub filter: &'static str,
    /// So many settings differ from the preset.
    pub changed: fn(u64) -> String,
    /// Nothing fits the search.
    pub none_found: &'static str,
    /// Before a default value.
    pub default: &'static str,
    /// Before the preset's value, where it is another than the default.
    pub preset: &'static str,
    /// Before a range.
    pub range: &'static str,
    /// Of a value that differs from the preset.
    pub changed_mark: &'static str,
    /// Takes a setting back to the preset's value.
    pub reset_one: &'static str,
    /// Takes all settings of a lane back.
    pub reset_all: &'static str,
    /// Label of the choice of presets.
    pub preset_choice: &'static str,
    /// Label of the choice of releases.
    pub profile_choice: &'static str,
    /// Explains it.
    pub profile_sentence: &'static str,
    /// Copies A's settings to B.
    pub copy_a_to_b: &'static str,
    /// Copies B's settings to A.
    pub copy_b_to_a: &'static str,
    /// Label of the seed.
    pub seed: &'static str,
    /// Explains the seed.
    pub seed_sentence: &'static str,
    /// Label of the run's length.
    pub duration: &'static str,
    /// Explains it.
    pub duration_sentence: &'static str,
    /// Names of the groups.
    pub group: fn(Group) -> &'static str,
}

/// English.
pub const EN: Text = Text {
    heading: "Settings",
    search: "Find a setting",
    changed_only: "Changed",
    differing: "A differs from B",
    all: "All",
    filter: "Which settings",
    changed: |n| match n {
        0 => "as in the preset".to_owned(),
        1 => "1 changed from the preset".to_owned(),
        n => format!("{n} changed from the preset"),
    },
    none_found: "No setting fits.",
    default: "default",
    preset: "preset",
    range: "range",
    changed_mark: "changed",
    reset_one: "Back to the preset's value",
    reset_all: "Back to the preset",
    preset_choice: "Preset",
    profile_choice: "Release of Kafka",
    profile_sentence: "Its rules and its defaults. What you have changed stays as it is.",
    copy_a_to_b: "Copy A to B",
    copy_b_to_a: "Copy B to A",
    seed: "Seed",
    seed_sentence: "The same seed throws the same dice in both lanes; another one is another day.",
    duration: "Length of the run in seconds",
    duration_sentence: "How long both clusters are watched.",
    group: |group| match group {
        Group::Cluster => "Cluster and brokers",
        Group::Topic => "Topic",
        Group::Producer => "Producer",
        Group::Consumer => "Consumer",
        Group::Workload => "Load and applications",
        Group::Environment => "Machines and network",
        Group::Version => "What the release does",
    },
};

/// Korean.
pub const KO: Text = Text {
    heading: "설정",
    search: "설정 찾기",
    changed_only: "바뀐 것",
    differing: "A와 B가 다른 것",
    all: "전체",
    filter: "보여 줄 설정",
    changed: |n| match n {
        0 => "프리셋 그대로".to_owned(),
        n => format!("프리셋과 다른 설정 {n}개"),
    },
    none_found: "맞는 설정이 없습니다.",
    default: "기본값",
    preset: "프리셋",
    range: "범위",
    changed_mark: "바뀜",
    reset_one: "프리셋 값으로 되돌리기",
    reset_all: "프리셋으로 되돌리기",
    preset_choice: "프리셋",
    profile_choice: "Kafka 릴리스",
    profile_sentence: "그 릴리스의 규칙과 기본값을 씁니다. 직접 바꾼 설정은 그대로 둡니다.",
    copy_a_to_b: "A를 B로 복사",
    copy_b_to_a: "B를 A로 복사",
    seed: "시드",
    seed_sentence: "시드가 같으면 두 레인에서 같은 주사위가 나옵니다. 다른 시드는 다른 하루입니다.",
    duration: "실행 길이(초)",
    duration_sentence: "두 클러스터를 지켜보는 시간입니다.",
    group: |group| match group {
        Group::Cluster => "클러스터와 브로커",
        Group::Topic => "토픽",
        Group::Producer => "프로듀서",
        Group::Consumer => "컨슈머",
        Group::Workload => "부하와 애플리케이션",
        Group::Environment => "장비와 네트워크",
        Group::Version => "릴리스의 동작",
    },
};
