//! Words in two languages. Each part of the page has a `Text` of its own with a constant in English and one in Korean,
//! so that a missing text does not compile. Kafka's own names stay English; in Korean no particle that depends on the
//! word before it follows a value.

pub mod axes;
pub mod compare;
pub mod faults;
pub mod happenings;
pub mod ledger;
pub mod numbers;
pub mod outcome;
pub mod settings;
pub mod shell;
pub mod situations;
pub mod stage;
pub mod timeline;
pub mod tradeoffs;
pub mod troubles;

use crate::state::Language;

/// All words of the page in one language.
pub struct Text {
    /// Which language this is.
    pub language: Language,
    /// Header, lanes, dialogs, notices.
    pub shell: shell::Text,
    /// The settings panel; the sentences of the settings are in [`settings::sentence`].
    pub settings: settings::Text,
    /// The faults menu.
    pub faults: faults::Text,
    /// The stage.
    pub stage: stage::Text,
    /// The timeline.
    pub timeline: timeline::Text,
    /// Ledger, record lists, stories.
    pub ledger: ledger::Text,
    /// The trade-offs.
    pub tradeoffs: tradeoffs::Text,
    /// The comparison.
    pub compare: compare::Text,
}

static EN: Text = Text {
    language: Language::English,
    shell: shell::EN,
    settings: settings::EN,
    faults: faults::EN,
    stage: stage::EN,
    timeline: timeline::EN,
    ledger: ledger::EN,
    tradeoffs: tradeoffs::EN,
    compare: compare::EN,
};

static KO: Text = Text {
    language: Language::Korean,
    shell: shell::KO,
    settings: settings::KO,
    faults: faults::KO,
    stage: stage::KO,
    timeline: timeline::KO,
    ledger: ledger::KO,
    tradeoffs: tradeoffs::KO,
    compare: compare::KO,
};

impl Language {
    /// Its words.
    pub fn text(self) -> &'static Text {
        match self {
            Language::English => &EN,
            Language::Korean => &KO,
        }
    }

    /// Its tag, as in `lang="ko"`.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}
