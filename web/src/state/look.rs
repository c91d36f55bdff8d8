//! What is looked at: a stretch of time, a partition a lane.

use super::lane::WindowQuestion;
use super::{PageState, Part};
use highwater_model::{Duration, Instant, LaneId, PartitionId};
use highwater_oracle::report::Span;

/// Look elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    /// Show this stretch of time.
    Show(Span),
    /// Show the whole run.
    ShowAll,
    /// The timeline has so many columns to fill.
    Columns(u32),
    /// Show this partition's rows and logs in a lane; none: the busiest.
    Focus(LaneId, Option<PartitionId>),
}

/// The shortest stretch that is shown.
pub const SPAN_MIN: Duration = Duration::from_micros(10);

/// Stretches no longer than this come with every message.
pub const MESSAGES_SPAN_MAX: Duration = Duration::from_millis(100);

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The stretch of time that the timeline shows.
    pub span: Span,
    /// The end of the run: nothing lies beyond.
    pub end: Instant,
    /// Columns that the timeline has to fill.
    pub columns: u32,
    /// The partition in focus, where it is not the busiest.
    pub focus: [Option<PartitionId>; 2],
}

impl View {
    /// A whole run of this length.
    pub fn whole(duration: Duration) -> Self {
        let end = Instant::ZERO + duration;
        Self { span: Span { from: Instant::ZERO, to: end }, end, columns: 600, focus: [None; 2] }
    }

    /// Does it show the whole run?
    pub fn is_whole(&self) -> bool {
        self.span.from == Instant::ZERO && self.span.to == self.end
    }
}

impl PageState {
    pub(super) fn look(&mut self, look: Look) {
        let before = self.view;
        match look {
            Look::Show(span) => self.view.span = self.within_run(span),
            Look::ShowAll => self.view.span = self.whole(),
            Look::Columns(columns) => self.view.columns = columns.clamp(1, 4_000),
            Look::Focus(lane, partition) => {
                self.view.focus[lane.index()] = partition;
                self.touch(Part::Lane(lane));
            }
        }
        if self.view == before {
            return;
        }
        self.touch(Part::View);
        for lane in LaneId::ALL {
            self.want_window(lane);
        }
    }

    /// The partition whose rows and logs a lane shows.
    pub fn focus(&self, lane: LaneId) -> PartitionId {
        let partitions = self.comparison.lanes[lane.index()].topic.partitions;
        let chosen = self.view.focus[lane.index()].filter(|partition| partition.0 < partitions);
        let busiest = self.lane(lane).summary().map(|summary| summary.busiest);
        chosen.or(busiest).unwrap_or(PartitionId(0))
    }

    /// What has to be run again to show the view; nothing where the run's own coarse rows do.
    pub(super) fn window_question(&self, lane: LaneId) -> Option<WindowQuestion> {
        let summary = self.lane(lane).summary()?;
        if self.view.is_whole() && summary.timeline.focus == self.focus(lane) {
            return None;
        }
        let Span { from, to } = self.view.span;
        let messages = to.since(from) <= MESSAGES_SPAN_MAX;
        Some(WindowQuestion { from, to, columns: self.view.columns, messages })
    }

    /// The stretch, pushed and cut so that it lies in the run and is not too short to mean anything.
    fn within_run(&self, span: Span) -> Span {
        let end = self.end();
        let length = span.to.since(span.from).max(SPAN_MIN).min(end.since(Instant::ZERO));
        let from = span.from.min(end - length);
        Span { from, to: from + length }
    }
}
