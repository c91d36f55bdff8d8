//! The page without a browser: what is compared, what runs, what is shown. Every decision of the page is made here, so
//! that it can be tested natively; components call [`PageState::apply`] and draw what they read.

pub mod catalogue;
pub mod chrome;
pub mod compare;
pub mod edit;
pub mod lane;
pub mod ledger;
pub mod look;
pub mod place;
pub mod play;
pub mod situations;
pub mod study;
#[cfg(test)]
mod study_tests;
#[cfg(test)]
mod tests;
pub mod tradeoff;

pub use chrome::{Chrome, ChromeAction, Dialog, Language, Notice, Theme};
pub use edit::{Edit, History, Trouble};
pub use lane::LaneState;
pub use ledger::{Ask, LedgerState};
pub use look::{Look, View};
pub use play::{Play, Playback, SPEEDS};
pub use study::{Studies, StudyAction};

use highwater_experiments::protocol::{Answer, JobId, Request};
use highwater_model::link::{self, Decoded};
use highwater_model::place::{Chart, Place};
use highwater_model::view::Frame;
use highwater_model::{Comparison, Instant, LaneId, Scenario};
use highwater_oracle::report::{Happening, Span, Summary};

/// What a reader or a worker can do to the page.
#[derive(Clone, Debug)]
pub enum Action {
    /// Change the comparison.
    Edit(Edit),
    /// Move in virtual time.
    Play(Play),
    /// Choose what is looked at.
    Look(Look),
    /// Ask about records.
    Ask(Ask),
    /// Go to another place of the page.
    Go(Place),
    /// Change the comparison so, and show it in the playground.
    Open(Edit),
    /// Studies and their helpers.
    Study(StudyAction),
    /// Language, theme, dialogs, notices.
    Chrome(ChromeAction),
    /// The address became another: a link was followed.
    Arrive(Box<Decoded>),
    /// A lane's worker answered.
    Heard(LaneId, Box<Answer>),
    /// A lane's worker stopped with an error.
    WorkerDied(LaneId),
    /// Stop a lane's run, which takes too long.
    CancelRun(LaneId),
}

/// What the page has to do for the state: the state itself never touches the browser.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Send this to a lane's worker (which may not be ready yet: then later, in order).
    Send(LaneId, Request),
    /// Start a lane's worker anew.
    StartWorker(LaneId),
    /// The address and what a reload finds have to follow the comparison.
    UpdateAddress,
    /// The same, as a step in the browser's history: its way back leads to where the reader was.
    StepAddress,
    /// Keep language and theme for the next visit.
    Remember,
    /// Start a helper of the studies anew.
    StartHelper(u8),
    /// Send this to a helper.
    AskHelper(u8, Request),
    /// Say [`StudyAction::Redraw`] in a tenth of a second.
    RedrawSoon,
    /// Begin calling [`Play::Tick`] once a frame of the screen, until playback pauses.
    StartTicking,
}

/// What of the state changed: readers track parts, so that playing does not redraw the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The comparison, its history, its troubles.
    Comparison,
    /// A lane's run: summary, progress.
    Lane(LaneId),
    /// A lane's frame of the stage.
    Frame(LaneId),
    /// A lane's detailed window of the timeline.
    Window(LaneId),
    /// The moment that is shown.
    Clock,
    /// Playing or not, speed, loop.
    Playback,
    /// The stretch of time that is shown, the focus.
    View,
    /// Record lists and stories.
    Ledger,
    /// Dialogs, notices.
    Chrome,
    /// Language and theme.
    Language,
    /// Where the reader is.
    Place,
    /// What is found on the five axes.
    Study,
}

impl Part {
    /// How many there are.
    pub const COUNT: usize = 15;

    /// From 0.
    pub const fn index(self) -> usize {
        match self {
            Part::Comparison => 0,
            Part::Lane(lane) => 1 + lane.index(),
            Part::Frame(lane) => 3 + lane.index(),
            Part::Window(lane) => 5 + lane.index(),
            Part::Clock => 7,
            Part::Playback => 8,
            Part::View => 9,
            Part::Ledger => 10,
            Part::Chrome => 11,
            Part::Language => 12,
            Part::Place => 13,
            Part::Study => 14,
        }
    }
}

/// What an action led to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To be done, in order.
    pub commands: Vec<Command>,
    /// Which parts changed, by [`Part::index`].
    pub touched: [bool; Part::COUNT],
}

/// The finished runs of both lanes, each with its stage at the moment at which the page opens.
pub type Known = [(Summary, Frame); 2];

/// Everything that the page shows.
#[derive(Debug)]
pub struct PageState {
    place: Place,
    has_playground: bool,
    last_chart: Option<Chart>,
    comparison: Comparison,
    history: History,
    lanes: [LaneState; 2],
    playback: Playback,
    view: View,
    ledger: LedgerState,
    studies: Studies,
    chrome: Chrome,
    troubles: [Vec<Trouble>; 2],
    shared: Option<link::Outcome>,
    last_job: JobId,
    pending: Outcome,
}

impl PageState {
    /// The page as a visitor finds it who followed a link (or none). `known` are finished runs of exactly the link's
    /// comparison, each with its stage at one moment, where they are at hand.
    pub fn new(link: Decoded, chrome: Chrome, known: Option<Known>) -> Self {
        let comparison = link.comparison;
        let opens_at = known.as_ref().map(|[(_, frame), _]| frame.at);
        let started = LaneId::ALL.map(|lane| known.is_some().then(|| comparison.scenario(lane)));
        let [known_a, known_b] = known.map_or([None, None], |known| known.map(Some));
        let [started_a, started_b] = started;
        let mut page = Self {
            has_playground: link.place == Place::Playground,
            last_chart: link.place.chart().cloned(),
            place: link.place,
            lanes: [LaneState::new(known_a, started_a), LaneState::new(known_b, started_b)],
            history: History::default(),
            playback: Playback::at_first(&comparison, opens_at),
            view: View::whole(comparison.duration),
            ledger: LedgerState::default(),
            studies: Studies::new(1),
            chrome,
            comparison,
            troubles: Default::default(),
            shared: link.outcome,
            last_job: JobId::default(),
            pending: Outcome::default(),
        };
        page.find_troubles();
        if !link.problems.is_empty() {
            page.notify(Notice::Link(link.problems));
        }
        page
    }

    /// The page with so many helpers for studies.
    pub fn with_helpers(self, helpers: usize) -> Self {
        Self { studies: Studies::new(helpers), ..self }
    }

    /// Starts what the reader sees.
    pub fn start(&mut self) -> Outcome {
        if self.place == Place::Playground {
            self.start_lanes();
        } else {
            self.inquire();
        }
        std::mem::take(&mut self.pending)
    }

    /// Starts both lanes' workers and runs.
    fn start_lanes(&mut self) {
        for lane in LaneId::ALL {
            self.command(Command::StartWorker(lane));
            let scenario = self.scenario(lane);
            if scenario.check().is_empty() {
                self.start_run(lane, scenario);
            }
        }
    }

    /// The only way to change anything.
    pub fn apply(&mut self, action: Action) -> Outcome {
        match action {
            Action::Edit(edit) => self.edit(edit),
            Action::Play(play) => self.play(play),
            Action::Look(look) => self.look(look),
            Action::Ask(ask) => self.ask(ask),
            Action::Go(place) => self.go(place),
            Action::Open(edit) => self.open(edit),
            Action::Study(action) => self.study(action),
            Action::Chrome(action) => self.change_chrome(action),
            Action::Arrive(link) => self.arrive(*link),
            Action::Heard(lane, answer) => self.hear(lane, *answer),
            Action::WorkerDied(lane) => self.worker_died(lane),
            Action::CancelRun(lane) => self.cancel_run(lane),
        }
        std::mem::take(&mut self.pending)
    }

    /// The comparison on the desk; it may have troubles, in which case what is shown are older runs.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// The scenario of a lane as it is on the desk.
    pub fn scenario(&self, lane: LaneId) -> Scenario {
        self.comparison.scenario(lane)
    }

    /// Undo and redo, drafts.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// A lane's runs.
    pub fn lane(&self, lane: LaneId) -> &LaneState {
        &self.lanes[lane.index()]
    }

    /// The clock.
    pub fn playback(&self) -> &Playback {
        &self.playback
    }

    /// What is looked at.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Records and stories.
    pub fn ledger(&self) -> &LedgerState {
        &self.ledger
    }

    /// Language, theme, dialogs, notices.
    pub fn chrome(&self) -> &Chrome {
        &self.chrome
    }

    /// The end of the run on screen.
    pub fn end(&self) -> Instant {
        Instant::ZERO + self.comparison.duration
    }

    /// The happenings of both lanes, in order of time; the lanes' own details of the shown window come with them.
    pub fn happenings(&self) -> Vec<(LaneId, Happening)> {
        let mut all: Vec<_> =
            LaneId::ALL.into_iter().flat_map(|lane| self.lane(lane).happenings().map(move |h| (lane, h))).collect();
        all.sort_by_key(|(lane, happening)| (happening.at, *lane));
        all.dedup();
        all
    }

    fn lane_mut(&mut self, lane: LaneId) -> &mut LaneState {
        &mut self.lanes[lane.index()]
    }

    fn touch(&mut self, part: Part) {
        self.pending.touched[part.index()] = true;
    }

    fn command(&mut self, command: Command) {
        self.pending.commands.push(command);
    }

    fn next_job(&mut self) -> JobId {
        self.last_job.0 += 1;
        self.last_job
    }

    /// The whole run as a span.
    pub fn whole(&self) -> Span {
        Span { from: Instant::ZERO, to: self.end() }
    }
}
