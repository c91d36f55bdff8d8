//! What the parts of the timeline share: its size, its rows, the data made ready to draw.

use super::draw::LaneRows;
use super::elections::{Change, changes};
use super::marks::{self, Stand};
use super::messages::Diagram;
use super::rows::{AXIS_HEIGHT, RowLayout, RowSet};
use super::series::{Series, Sources};
use super::span;
use crate::canvas::Area;
use crate::page::Page;
use crate::state::{PageState, Part};
use highwater_model::presets::Preset;
use highwater_model::{Instant, LaneId};
use highwater_oracle::report::Happening;
use leptos::prelude::*;
use std::rc::Rc;

/// What is drawn where the shown stretch is short enough to have its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseUp {
    /// The messages.
    Messages,
    /// The rows all the same.
    Rows,
}

/// A timeline narrower than this has its rows' names above them instead of beside.
const NARROW: f64 = 700.0;
/// Room for a row's name above it.
const CAPTION: f64 = 15.0;
/// Between two lanes' diagrams.
const DIAGRAM_GAP: f64 = 12.0;

/// The timeline, for its parts: `Copy`, taken from the context by [`Board::here`].
#[derive(Clone, Copy)]
pub struct Board {
    /// The page.
    pub page: Page,
    /// Width of the plot; 0 until it is known.
    pub width: RwSignal<f64>,
    /// Width of the plot and what stands beside it: decides whether anything does.
    pub whole_width: RwSignal<f64>,
    /// Rows that are shown.
    pub rows: RwSignal<RowSet>,
    /// Messages or rows, close up.
    pub close_up: RwSignal<CloseUp>,
    /// A fault that is being dragged, and where to.
    pub dragged: RwSignal<Option<(usize, Instant)>>,
    /// What lies under the pointer, in words.
    pub under_pointer: RwSignal<Option<String>>,
    /// Where the faults' marks stand.
    pub stands: Memo<Vec<Stand>>,
    /// Where the rows lie.
    pub layout: Memo<RowLayout>,
    /// The data changed.
    pub data: RwSignal<()>,
    /// The diagrams changed.
    pub diagrams_changed: RwSignal<()>,
    sources: StoredValue<[Option<Sources>; 2], LocalStorage>,
    changes: StoredValue<[Vec<Change>; 2], LocalStorage>,
    diagrams: StoredValue<Vec<(LaneId, Diagram)>, LocalStorage>,
    finished: StoredValue<[Finished; 2], LocalStorage>,
}

impl Board {
    /// A board for the page, kept up to date as long as the calling component lives.
    pub fn new(page: Page) -> Self {
        let (width, whole_width) = (RwSignal::new(0.0), RwSignal::new(0.0));
        let rows = RwSignal::new(RowSet::Main);
        let dragged = RwSignal::new(None);
        let stands = Memo::new(move |_| {
            page.text();
            page.read(&[Part::View, Part::Comparison], |state| stands(state, width.get(), dragged.get()))
        });
        let levels = Memo::new(move |_| stands.with(|stands| marks::levels(stands)));
        let layout = Memo::new(move |_| {
            let caption = if whole_width.get() < NARROW { CAPTION } else { 0.0 };
            RowLayout::new(rows.get(), width.get(), levels.get() as f64 * marks::MARK_HEIGHT, caption)
        });
        let board = Self {
            page,
            width,
            whole_width,
            rows,
            close_up: RwSignal::new(CloseUp::Messages),
            dragged,
            under_pointer: RwSignal::new(None),
            stands,
            layout,
            data: RwSignal::new(()),
            diagrams_changed: RwSignal::new(()),
            sources: StoredValue::new_local([None, None]),
            changes: StoredValue::new_local(Default::default()),
            diagrams: StoredValue::new_local(Vec::new()),
            finished: StoredValue::new_local(Default::default()),
        };
        for lane in LaneId::ALL {
            Effect::new(move || board.take_run(lane));
            Effect::new(move || board.take_window(lane));
        }
        let has_messages = Memo::new(move |_| {
            page.read(&[Part::View, Part::Window(LaneId::A), Part::Window(LaneId::B)], |state| {
                LaneId::ALL.map(|lane| has_messages(state, lane))
            })
        });
        Effect::new(move || board.take_diagrams(has_messages.get()));
        board
    }

    /// The board of the component's context.
    pub fn here() -> Self {
        expect_context()
    }

    /// Are the rows' names above them?
    pub fn is_narrow(self) -> bool {
        self.whole_width.get() < NARROW
    }

    fn take_run(self, lane: LaneId) {
        let taken = self.page.read(&[Part::Lane(lane)], |state| {
            let state = state.lane(lane);
            let preset = state.started().map(|scenario| scenario.setup.preset);
            state.summary().map(|summary| Taken {
                coarse: Rc::new(Series::new(&summary.timeline)),
                fingerprint: summary.fingerprint,
                preset,
            })
        });
        let changes = self.page.peek(|state| {
            let lane_state = state.lane(lane);
            let happenings = lane_state.summary().map(|summary| summary.timeline.happenings.iter().copied());
            let scenario = lane_state.started();
            scenario.zip(happenings).map_or_else(Vec::new, |(scenario, all)| changes(all, &scenario.setup))
        });
        self.changes.update_value(|lanes| lanes[lane.index()] = changes);
        let ghost = self.finished.try_update_value(|finished| finished[lane.index()].follow(taken.as_ref())).flatten();
        self.sources.update_value(|sources| {
            let fine = sources[lane.index()].take().and_then(|sources| sources.fine);
            sources[lane.index()] = taken.map(|taken| Sources { coarse: taken.coarse, fine, ghost });
        });
        self.data.notify();
    }

    fn take_window(self, lane: LaneId) {
        let fine = self.page.read(&[Part::Window(lane)], |state| {
            state.lane(lane).window().map(|window| Rc::new(Series::new(&window.timeline)))
        });
        self.sources.update_value(|sources| {
            if let Some(sources) = &mut sources[lane.index()] {
                sources.fine = fine;
            }
        });
        self.data.notify();
    }

    /// Reads both lanes' data.
    pub fn with_lanes<T>(self, read: impl FnOnce(&PageState, [&LaneRows<'_>; 2]) -> T) -> T {
        self.sources.with_value(|sources| {
            let changes = self.changes.read_value();
            self.page.peek(|state| {
                let rows = LaneId::ALL.map(|lane| {
                    let setup = &state.comparison().lanes[lane.index()];
                    LaneRows {
                        sources: sources[lane.index()].as_ref(),
                        partitions: setup.topic.partitions,
                        replicas: setup.topic.replication_factor,
                        changes: &changes[lane.index()],
                    }
                });
                read(state, [&rows[0], &rows[1]])
            })
        })
    }

    /// Reads the changes of a lane's leadership.
    pub fn with_changes<T>(self, lane: LaneId, read: impl FnOnce(&[Change]) -> T) -> T {
        self.changes.with_value(|changes| read(&changes[lane.index()]))
    }

    /// Reads the lanes' diagrams of messages, from top to bottom; none where the shown stretch has no messages.
    pub fn with_diagrams<T>(self, read: impl FnOnce(&[(LaneId, Diagram)]) -> T) -> T {
        self.diagrams.with_value(|diagrams| read(diagrams))
    }

    fn take_diagrams(self, has_messages: [bool; 2]) {
        self.data.track();
        let wanted = self.close_up.get() == CloseUp::Messages;
        let width = self.width.get();
        let mut y = self.layout.with(first_row) + DIAGRAM_GAP;
        let mut diagrams = Vec::new();
        for lane in LaneId::ALL.into_iter().filter(|lane| wanted && has_messages[lane.index()]) {
            self.page.peek(|state| {
                let Some(window) = state.lane(lane).window() else { return };
                let height = Diagram::height(&window.messages);
                let area = Area::new(0.0, y, width, height);
                diagrams.push((lane, Diagram::new(&window.messages, &happenings(state, lane), area)));
                y += height + DIAGRAM_GAP;
            });
        }
        self.diagrams.set_value(diagrams);
        self.diagrams_changed.notify();
    }
}

/// A run's figures as they came.
#[derive(Clone)]
struct Taken {
    coarse: Rc<Series>,
    fingerprint: u64,
    preset: Option<Preset>,
}

/// The last two finished runs of a lane: the later one becomes the ghost of the next.
#[derive(Clone, Default)]
struct Finished {
    last: Option<Taken>,
    before: Option<Taken>,
}

impl Finished {
    /// Takes note of figures, and says which run's ghost lies behind them. Another preset has nothing to compare with.
    fn follow(&mut self, taken: Option<&Taken>) -> Option<Rc<Series>> {
        let taken = taken?;
        let is_last = |last: &Taken| last.fingerprint == taken.fingerprint;
        let is_final = taken.fingerprint != 0;
        if is_final && !self.last.as_ref().is_some_and(is_last) {
            self.before = self.last.replace(taken.clone());
        }
        let ghost = if is_final { &self.before } else { &self.last };
        ghost.as_ref().filter(|ghost| ghost.preset == taken.preset).map(|ghost| Rc::clone(&ghost.coarse))
    }
}

/// Where the marks end and the rows begin.
fn first_row(layout: &RowLayout) -> f64 {
    layout.places.first().map_or(AXIS_HEIGHT, |place| place.area.y)
}

/// Does a lane's window have the messages of most of the shown stretch?
fn has_messages(state: &PageState, lane: LaneId) -> bool {
    let shown = state.view().span;
    state.lane(lane).window().is_some_and(|window| {
        let (from, to) = (window.timeline.from.max(shown.from), window.timeline.to.min(shown.to));
        !window.messages.is_empty() && span::length(shown).0 / 2 <= to.since(from).0
    })
}

/// A lane's happenings, in order: the run's, and those that only its window has.
pub fn happenings(state: &PageState, lane: LaneId) -> Vec<Happening> {
    let both = state.happenings();
    both.into_iter().filter(|(of, _)| *of == lane).map(|(_, happening)| happening).collect()
}

/// How wide a fault's mark is, about: its words decide.
pub fn mark_width(words: &str) -> f64 {
    // Letters of Korean are twice as wide as Latin ones.
    let letters: f64 = words.chars().map(|letter| if letter.is_ascii() { 6.4 } else { 11.5 }).sum();
    letters + 34.0
}

fn stands(state: &PageState, width: f64, dragged: Option<(usize, Instant)>) -> Vec<Stand> {
    let text = state.chrome().language.text();
    let shown = state.view().span;
    let marks: Vec<(f64, f64)> = state
        .comparison()
        .faults
        .iter()
        .enumerate()
        .map(|(index, placed)| {
            let at = dragged.filter(|(which, _)| *which == index).map_or(placed.fault.at, |(_, to)| to);
            (span::x_of(shown, at, width), mark_width(&super::words::fault(&placed.fault, text)))
        })
        .collect();
    marks::stand(&marks, width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::PartitionId;
    use highwater_oracle::report::Timeline;

    fn taken(fingerprint: u64, preset: Preset) -> Taken {
        let (from, to) = (Instant::ZERO, Instant::from_millis(1));
        let timeline = Timeline { from, to, focus: PartitionId(0), columns: Vec::new(), happenings: Vec::new() };
        Taken { coarse: Rc::new(Series::new(&timeline)), fingerprint, preset: Some(preset) }
    }

    #[test]
    fn the_run_before_a_change_stays_as_a_ghost() {
        let mut finished = Finished::default();
        let first = taken(1, Preset::Payments);
        let follows = |finished: &mut Finished, fingerprint| {
            let ghost = finished.follow(Some(&taken(fingerprint, Preset::Payments)));
            ghost.is_some_and(|ghost| Rc::ptr_eq(&ghost, &first.coarse))
        };
        assert!(finished.follow(Some(&first)).is_none());
        assert!(follows(&mut finished, 0), "while the next run is under way");
        assert!(follows(&mut finished, 2), "and when it is done");
        assert!(!follows(&mut finished, 3), "until the next change");
    }

    #[test]
    fn another_preset_has_no_ghost() {
        let mut finished = Finished::default();
        finished.follow(Some(&taken(1, Preset::Payments)));
        assert!(finished.follow(Some(&taken(2, Preset::Clickstream))).is_none());
    }
}
