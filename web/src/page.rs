//! The one door between components and the state: components read parts, and act; commands are carried out here.

use crate::address;
use crate::gauge::Gauge;
use crate::i18n::Text;
use crate::memory;
use crate::state::{Action, Command, Outcome, PageState, Part, Play, StudyAction};
use crate::workers::{Duty, Workers};
use highwater_model::{Duration, LaneId};
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;

/// The page, for components: `Copy`, and taken from the context by [`Page::here`].
#[derive(Clone, Copy)]
pub struct Page {
    state: StoredValue<PageState, LocalStorage>,
    workers: StoredValue<Rc<Workers>, LocalStorage>,
    gauge: StoredValue<Gauge, LocalStorage>,
    parts: [RwSignal<()>; Part::COUNT],
}

impl Page {
    /// Starts the page: its workers, its runs.
    pub fn start(state: PageState) -> Self {
        let workers = Rc::new(Workers::default());
        let page = Self {
            state: StoredValue::new_local(state),
            workers: StoredValue::new_local(workers.clone()),
            gauge: StoredValue::new_local(Gauge::default()),
            parts: std::array::from_fn(|_| RwSignal::new(())),
        };
        workers.listen(move |action| page.act(action));
        let outcome = page.state.try_update_value(PageState::start).unwrap_or_default();
        page.follow(outcome);
        page
    }

    /// The page of the component's context.
    pub fn here() -> Self {
        expect_context()
    }

    /// Does something. Not to be called while reading.
    pub fn act(self, action: Action) {
        if let Action::Heard(lane, answer) = &action {
            self.gauge.update_value(|gauge| gauge.hear(*lane, answer));
        }
        if let Some(outcome) = self.state.try_update_value(|state| state.apply(action)) {
            self.follow(outcome);
        }
    }

    /// Reads the state, and again whenever one of these parts changes.
    pub fn read<T>(self, parts: &[Part], read: impl FnOnce(&PageState) -> T) -> T {
        for part in parts {
            self.parts[part.index()].track();
        }
        self.state.with_value(read)
    }

    /// Reads the state once.
    pub fn peek<T>(self, read: impl FnOnce(&PageState) -> T) -> T {
        self.state.with_value(read)
    }

    /// All words in the reader's language, and again when it changes.
    pub fn text(self) -> &'static Text {
        self.read(&[Part::Language], |state| state.chrome().language).text()
    }

    /// A word in the reader's language, for use in a view: `{page.say(|text| text.shell.undo)}`.
    pub fn say(self, word: fn(&Text) -> &'static str) -> impl Fn() -> &'static str + Copy {
        move || word(self.text())
    }

    /// A value derived from parts of the state; readers are told only when it becomes another.
    pub fn memo<T: PartialEq + Send + Sync + 'static>(
        self,
        parts: &'static [Part],
        derive: impl Fn(&PageState) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.read(parts, &derive))
    }

    fn follow(self, outcome: Outcome) {
        for command in outcome.commands {
            self.gauge.update_value(|gauge| gauge.ask(&command));
            self.carry_out(command);
        }
        for (part, touched) in self.parts.iter().zip(outcome.touched) {
            if touched {
                part.notify();
            }
        }
    }

    fn carry_out(self, command: Command) {
        match command {
            Command::Send(lane, request) => self.workers.with_value(|all| all.send(Duty::Lane(lane), &request)),
            Command::StartWorker(lane) => self.workers.with_value(|all| all.start(Duty::Lane(lane))),
            Command::AskHelper(helper, request) => {
                self.workers.with_value(|all| all.send(Duty::Study(helper), &request))
            }
            Command::StartHelper(helper) => self.workers.with_value(|all| all.start(Duty::Study(helper))),
            Command::RedrawSoon => set_timeout(move || self.act(Action::Study(StudyAction::Redraw)), REDRAW),
            Command::UpdateAddress => self.peek(|state| address::show(state.place(), state.comparison())),
            Command::StepAddress => self.peek(|state| address::step(state.place(), state.comparison())),
            Command::Remember => self.peek(|state| memory::keep(state.chrome())),
            Command::StartTicking => tick_while_playing(self),
        }
    }
}

/// Between two pictures of a study under way: more often than anybody reads, and seldom enough to be cheap.
const REDRAW: std::time::Duration = std::time::Duration::from_millis(100);

/// Parts that concern both lanes' figures.
pub const BOTH_LANES: &[Part] = &[Part::Lane(LaneId::A), Part::Lane(LaneId::B)];

/// Lets virtual time pass, once a frame of the screen, until playback pauses.
fn tick_while_playing(page: Page) {
    next_frame(page, None);
}

fn next_frame(page: Page, last_ms: Option<f64>) {
    let tick = Closure::once_into_js(move |now_ms: f64| {
        let elapsed_ms = last_ms.map_or(0.0, |last| now_ms - last).max(0.0);
        page.act(Action::Play(Play::Tick(Duration::from_micros((elapsed_ms * 1_000.0) as u64))));
        if page.peek(|state| state.playback().is_playing()) {
            next_frame(page, Some(now_ms));
        }
    });
    let requested = window().request_animation_frame(tick.unchecked_ref());
    requested.expect("a window can always ask for its next frame");
}
