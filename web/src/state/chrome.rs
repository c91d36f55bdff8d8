//! The frame around the content: language, theme, dialogs, notices, the figures a link was shared with.

use super::{Command, PageState, Part};
use highwater_model::file::FileProblem;
use highwater_model::link::{self, Headline};
use highwater_model::spelling::ReadProblem;
use highwater_model::{ENGINE_VERSION, LaneId};
use highwater_oracle::report::{Category, Span, Summary};

/// The reader's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Korean.
    Korean,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// As the reader's system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A dialog over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Link and text to pass on.
    Share,
    /// Situations to load.
    Situations,
    /// The keys.
    Keys,
    /// A fault to add at the clock's moment (none), or to change, from 0.
    Fault(Option<usize>),
    /// Files to save and open.
    Files,
}

/// Something the reader should know, until dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A lane's worker died and was started again.
    WorkerRestarted(LaneId),
    /// It keeps dying over this scenario.
    WorkerGaveUp(LaneId),
    /// A helper of the studies died and was started again.
    HelperRestarted,
    /// It keeps dying over one probe.
    HelperGaveUp,
    /// Page and worker are of different builds.
    OtherEngine {
        /// The page's engine version.
        page: u32,
        /// The worker's.
        worker: u32,
    },
    /// Parts of a link could not be read.
    Link(Vec<ReadProblem>),
    /// Parts of a file could not be read.
    File {
        /// Its name.
        name: String,
        /// What.
        problems: Vec<FileProblem>,
    },
    /// A file is no text.
    NotText {
        /// Its name.
        name: String,
    },
    /// The figures that the link carries are not those that this engine finds.
    OtherFigures {
        /// In which lane.
        lane: LaneId,
        /// The engine that found the link's.
        engine: u32,
        /// The link's.
        then: Headline,
        /// This engine's.
        now: Headline,
    },
}

/// Change the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChromeAction {
    /// Speak this language.
    Speak(Language),
    /// Show this theme.
    Paint(Theme),
    /// Open a dialog.
    Open(Dialog),
    /// Close it.
    Close,
    /// Say something.
    Notify(Notice),
    /// Dismiss the n-th notice.
    Dismiss(usize),
}

/// The frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chrome {
    /// Language.
    pub language: Language,
    /// Theme.
    pub theme: Theme,
    /// The open dialog.
    pub dialog: Option<Dialog>,
    /// What was not yet dismissed, oldest first.
    pub notices: Vec<Notice>,
}

impl Chrome {
    /// Nothing open, nothing said.
    pub fn new(language: Language, theme: Theme) -> Self {
        Self { language, theme, dialog: None, notices: Vec::new() }
    }
}

impl PageState {
    pub(super) fn change_chrome(&mut self, action: ChromeAction) {
        self.touch(Part::Chrome);
        match action {
            ChromeAction::Speak(language) => {
                self.chrome.language = language;
                self.touch(Part::Language);
                self.command(Command::Remember);
            }
            ChromeAction::Paint(theme) => {
                self.chrome.theme = theme;
                self.touch(Part::Language);
                self.command(Command::Remember);
            }
            ChromeAction::Open(dialog) => self.chrome.dialog = Some(dialog),
            ChromeAction::Close => self.chrome.dialog = None,
            ChromeAction::Notify(notice) => self.notify(notice),
            ChromeAction::Dismiss(index) => {
                if index < self.chrome.notices.len() {
                    self.chrome.notices.remove(index);
                }
            }
        }
    }

    /// Once both lanes are done: were the figures others when the link was made?
    pub(super) fn compare_with_shared(&mut self) {
        let (Some(shared), Some(found)) = (self.shared, self.outcome()) else { return };
        self.shared = None;
        for lane in LaneId::ALL {
            let (then, now) = (shared.lanes[lane.index()], found.lanes[lane.index()]);
            if then != now {
                self.notify(Notice::OtherFigures { lane, engine: shared.engine, then, now });
            }
        }
    }

    /// The figures of both lanes, to be carried by a link; none while a run is under way or the scenario is impossible.
    pub fn outcome(&self) -> Option<link::Outcome> {
        let figures = |lane: LaneId| {
            let state = self.lane(lane);
            let is_final = state.is_current() && state.started() == Some(&self.scenario(lane));
            state.summary().filter(|summary| is_final && summary.finished).map(headline)
        };
        Some(link::Outcome { engine: ENGINE_VERSION, lanes: [figures(LaneId::A)?, figures(LaneId::B)?] })
    }

    /// Says it once, however often it happens.
    pub(super) fn notify(&mut self, notice: Notice) {
        if !self.chrome.notices.contains(&notice) {
            self.chrome.notices.push(notice);
        }
        self.touch(Part::Chrome);
    }
}

/// The figures of a run that a link carries.
pub fn headline(summary: &Summary) -> Headline {
    Headline {
        acked: summary.ledger.count(Category::Acked),
        lost: summary.ledger.count(Category::Lost),
        duplicated: summary.ledger.count(Category::Duplicated),
        unwritable_ms: total(&summary.availability.unwritable),
        fingerprint: summary.fingerprint,
    }
}

/// Milliseconds of spans that do not overlap.
fn total(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.to.since(span.from).as_millis()).sum()
}
