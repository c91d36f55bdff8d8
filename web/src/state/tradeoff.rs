//! What a trade-off chart shows: which figures, at which values, and what moves.

use super::PageState;
use super::study::Inquiry;
use highwater_experiments::axes::{Axis, Estimate, Figure, PointResult};
use highwater_model::place::Chart;
use highwater_model::settings::Group;
use highwater_model::{LaneId, SettingId};

/// A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The lane, by its place in the question.
    pub lane: usize,
    /// The value, by its place along the chart.
    pub slot: usize,
}

/// Figures nearer to each other than this share of the larger one are the same to a reader.
pub const SAME: f64 = 0.02;

/// The figure that says most about a setting on an axis.
pub fn usual_figure(setting: SettingId, axis: Axis) -> Figure {
    match (axis, setting) {
        (Axis::Reliability, SettingId::Idempotence | SettingId::Retries) => Figure::DuplicatedPerMillion,
        (Axis::Reliability, SettingId::MaxInFlight) => Figure::ReorderedPerMillion,
        (Axis::Reliability, SettingId::AutoCommitInterval) => Figure::ProcessedTwicePerMillion,
        (Axis::Reliability, SettingId::AutoCommit | SettingId::CommitPolicy) => Figure::NeverProcessedPerMillion,
        (Axis::Reliability, setting) if setting.group() == Group::Consumer => Figure::ProcessedTwicePerMillion,
        (Axis::Reliability, _) => Figure::LostAYear,
        (Axis::Latency, setting) if setting.group() == Group::Consumer => Figure::EndToEndP99,
        (Axis::Latency, _) => Figure::ProduceP99,
        (Axis::Cost, _) => Figure::DollarsAMonth,
        (axis, _) => axis.headline(),
    }
}

/// The figures of an axis.
pub fn figures_of(axis: Axis) -> impl Iterator<Item = Figure> {
    Figure::ALL.iter().copied().filter(move |figure| figure.axis() == axis)
}

/// The figures that a chart shows, by axis: those that its link names, else the usual ones.
pub fn shown_figures(chart: &Chart) -> [Figure; Axis::ALL.len()] {
    Axis::ALL.map(|axis| {
        let named = figures_of(axis).find(|figure| chart.figures.iter().any(|name| name == figure.name()));
        named.unwrap_or(usual_figure(chart.setting, axis))
    })
}

/// The chart with another figure on that figure's axis.
pub fn with_figure(chart: &Chart, figure: Figure) -> Chart {
    let mut figures = shown_figures(chart);
    figures[figure.axis() as usize] = figure;
    let is_usual = |shown: &&Figure| **shown != usual_figure(chart.setting, shown.axis());
    let names = figures.iter().filter(is_usual).map(|figure| figure.name().to_owned());
    Chart { figures: names.collect(), ..chart.clone() }
}

/// Are two estimates so near to each other that nobody would care?
pub fn is_near(a: &Estimate, b: &Estimate) -> bool {
    (a.value - b.value).abs() <= SAME * a.value.abs().max(b.value.abs())
}

/// Are two estimates told apart, by their intervals and by anybody who looks?
pub fn differ(a: &Estimate, b: &Estimate) -> bool {
    let apart = a.high < b.low || b.high < a.low;
    apart && !is_near(a, b)
}

impl Inquiry {
    /// What is known at a spot.
    pub fn at(&self, spot: Spot) -> Option<&PointResult> {
        let values = self.question().vary.first()?;
        let value = *values.values.get(spot.slot)?;
        let here = |point: &&PointResult| usize::from(point.lane) == spot.lane && point.values == [value];
        self.results().points.iter().find(here)
    }

    /// The values along the chart.
    pub fn slots(&self) -> &[i64] {
        self.question().vary.first().map_or(&[], |variation| &variation.values)
    }

    /// A figure along the chart, in a lane.
    pub fn course(&self, lane: usize, figure: Figure) -> Vec<Option<Estimate>> {
        let at = |slot| self.at(Spot { lane, slot }).and_then(|point| point.figure(figure));
        (0..self.slots().len()).map(at).collect()
    }

    /// The axes that the setting moves in any lane, each with the figure that shows it: that of the chart where it does.
    pub fn moves(&self, shown: &[Figure]) -> Vec<Figure> {
        let is_moved = |figure: &Figure| {
            (0..self.question().lanes.len()).any(|lane| {
                let known: Vec<Estimate> = self.course(lane, *figure).into_iter().flatten().collect();
                known.iter().enumerate().any(|(index, a)| known[index + 1..].iter().any(|b| differ(a, b)))
            })
        };
        let of_axis =
            |axis: Axis| shown.iter().copied().filter(move |figure| figure.axis() == axis).chain(figures_of(axis));
        Axis::ALL.into_iter().filter_map(|axis| of_axis(axis).find(is_moved)).collect()
    }
}

impl PageState {
    /// The kept study of a setting's usual chart over today's lanes, where everything of it has been asked once.
    pub fn known_chart(&self, setting: SettingId) -> Option<&Inquiry> {
        let lanes: Vec<_> = self.lanes_asked().iter().map(|lane| &self.comparison().lanes[lane.index()]).collect();
        self.studies().kept().iter().rev().find(|inquiry| {
            let question = inquiry.question();
            let same_setting = question.vary.first().is_some_and(|variation| variation.setting == setting);
            same_setting && inquiry.moved().is_some() && question.lanes.iter().eq(lanes.iter().copied())
        })
    }

    /// The places along the chart of the values that lanes have, by lane of the question.
    pub fn held(&self, inquiry: &Inquiry) -> Vec<Option<usize>> {
        let Some(variation) = inquiry.question().vary.first() else { return Vec::new() };
        let place = |lane: LaneId| {
            let value = variation.setting.get(&self.comparison().lanes[lane.index()]);
            variation.values.iter().position(|known| *known == value)
        };
        self.lanes_asked().into_iter().map(place).collect()
    }

    /// Between which two values the sentence above a chart speaks, unless the reader chooses others: from B's to A's where
    /// they differ, else from what both have to the value that is furthest from it.
    pub fn usual_step(&self, inquiry: &Inquiry) -> Option<(usize, usize)> {
        let last = inquiry.slots().len().checked_sub(1)?;
        let held = self.held(inquiry);
        let (a, b) = (held.first().copied().flatten(), held.get(1).copied().flatten());
        match (b, a) {
            (Some(b), Some(a)) if a != b => Some((b, a)),
            (_, Some(a)) => Some(if a * 2 < last { (a, last) } else { (a, 0) }),
            _ => Some((0, last)),
        }
        .filter(|(from, to)| from != to)
    }
}
