//! The frame around the content: language, theme, dialogs, notices, the figures a link was shared with.

use super::{Command, PageState, Part};
use highwater_model::LaneId;

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
    /// A fault to add (none) or to change, from 0.
    Fault(Option<usize>),
}

/// Something the reader should know, until dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A lane's worker died and was started again.
    WorkerRestarted(LaneId),
    /// It keeps dying over this scenario.
    WorkerGaveUp(LaneId),
    /// Page and worker are of different builds.
    OtherEngine {
        /// The page's engine version.
        page: u32,
        /// The worker's.
        worker: u32,
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

    /// Says it once, however often it happens.
    pub(super) fn notify(&mut self, notice: Notice) {
        if !self.chrome.notices.contains(&notice) {
            self.chrome.notices.push(notice);
        }
        self.touch(Part::Chrome);
    }
}
