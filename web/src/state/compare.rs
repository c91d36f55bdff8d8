//! What the comparison shows: every configuration that was tried, and the words for figures.

use super::PageState;
use super::study::Inquiry;
use highwater_experiments::axes::{CHAPTER, Class, Estimate, Figure, PointResult, Threshold};
use highwater_model::presets::Preset;
use highwater_model::{LaneId, SettingId, Setup};

/// Where a configuration was tried: by question, and by its place among the points of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Which question.
    pub fingerprint: u64,
    /// Which lane of the question.
    pub lane: usize,
    /// Which of the lane's points.
    pub point: usize,
}

/// A configuration that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// Where.
    pub trial: Trial,
    /// What it began from.
    pub preset: Preset,
    /// What is different from the preset, the settings that were varied last.
    pub differing: Vec<(SettingId, i64)>,
    /// What it is to the reader.
    pub role: Role,
    /// Its two figures.
    pub figures: [Estimate; 2],
}

/// What a configuration that was tried is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A lane has it.
    Held(LaneId),
    /// It is a preset of the chapter's table.
    Preset,
    /// One of many.
    Other,
}

impl PageState {
    /// Every configuration of which both figures are known under today's rates, the ones that are told apart last.
    pub fn tried(&self, figures: [Figure; 2]) -> Vec<Tried> {
        let today = |inquiry: &&Inquiry| inquiry.question().mix == *self.studies().mix();
        let all = self.studies().kept().iter().filter(today);
        let mut tried: Vec<Tried> = all.flat_map(|inquiry| self.tried_of(inquiry, figures)).collect();
        tried.sort_by_key(|tried| tried.role != Role::Other);
        tried
    }

    fn tried_of(&self, inquiry: &Inquiry, figures: [Figure; 2]) -> Vec<Tried> {
        let question = inquiry.question();
        let roles: Vec<Role> = question.lanes.iter().map(|setup| self.role(setup)).collect();
        let points = question.points();
        let one = |(index, result): (usize, &PointResult)| {
            let [first, second] = figures.map(|figure| result.figure(figure));
            let (lane, point) = (index / points, index % points);
            let setup = &question.lanes[lane];
            let varied: Vec<(SettingId, i64)> =
                question.vary.iter().map(|variation| variation.setting).zip(result.values.iter().copied()).collect();
            // A chart has the lanes' own values among the others: there they are the configuration of that name again.
            let is_own = varied.iter().all(|(setting, value)| setting.get(setup) == *value);
            if is_own && !question.vary.is_empty() {
                return None;
            }
            let stays = |setting: &SettingId| varied.iter().all(|(other, _)| other != setting);
            let changed = setup.changed().filter(stays).map(|setting| (setting, setting.get(setup)));
            Some(Tried {
                trial: Trial { fingerprint: inquiry.fingerprint(), lane, point },
                preset: setup.preset,
                differing: changed.chain(varied.iter().copied()).collect(),
                role: if is_own { roles[lane] } else { Role::Other },
                figures: [first?, second?],
            })
        };
        inquiry.results().points.iter().enumerate().filter_map(one).collect()
    }

    fn role(&self, setup: &Setup) -> Role {
        let held = LaneId::ALL.into_iter().find(|lane| self.comparison().lanes[lane.index()] == *setup);
        let is_preset = CHAPTER.iter().any(|row| row.preset.setup() == *setup);
        match held {
            Some(lane) => Role::Held(lane),
            None if is_preset => Role::Preset,
            None => Role::Other,
        }
    }

    /// The settings of a configuration that was tried, if its question is still known.
    pub fn tried_setup(&self, trial: Trial) -> Option<Setup> {
        let inquiry = self.studies().kept().iter().find(|inquiry| inquiry.fingerprint() == trial.fingerprint)?;
        Some(inquiry.question().setup(trial.lane, trial.point).setup)
    }
}

/// A figure in a word, and the words into which its interval reaches besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worded {
    /// The word for the best guess.
    pub class: Class,
    /// The word at one end of the interval where it is another one.
    pub reaches: Option<Class>,
}

/// The word for a figure.
pub fn worded(threshold: Threshold, estimate: &Estimate) -> Worded {
    let class = threshold.class(estimate.value);
    let reaches = [estimate.low, estimate.high].map(|end| threshold.class(end)).into_iter().find(|end| *end != class);
    Worded { class, reaches }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Action, Chrome, Command, Language, Outcome, StudyAction, Theme};
    use highwater_experiments::axes::{Axis, ProbeRun, Thresholds};
    use highwater_experiments::protocol::{Answer, Request};
    use highwater_model::link;
    use highwater_model::place::{Chart, Place};
    use std::collections::VecDeque;

    /// Runs the first probes that the page gives away.
    fn run_probes(page: &mut PageState, outcome: Outcome, count: u32) {
        let mut waiting = VecDeque::from(outcome.commands);
        let mut left = count;
        while let Some(command) = waiting.pop_front().filter(|_| 0 < left) {
            let Command::AskHelper(helper, Request::Probe { job, probe }) = command else { continue };
            let sample = Box::new(ProbeRun::new(*probe).finish());
            let heard = StudyAction::Heard(helper, Box::new(Answer::Sample { job, sample }));
            waiting.extend(page.apply(Action::Study(heard)).commands);
            waiting.extend(page.apply(Action::Study(StudyAction::Redraw)).commands);
            left -= 1;
        }
    }

    #[test]
    fn lanes_are_told_apart_from_what_a_chart_tries_and_are_not_tried_twice() {
        let link = "#v1&view=compare&b.workload.records.per.second=2000&sum=";
        let mut page = PageState::new(link::decode(link), Chrome::new(Language::English, Theme::System), None);
        let figures = [Figure::ProduceP99, Figure::EndToEndP99];
        let outcome = page.start();
        run_probes(&mut page, outcome, 2);
        let roles = |page: &PageState| page.tried(figures).iter().map(|tried| tried.role).collect::<Vec<_>>();
        assert_eq!(roles(&page), [Role::Held(LaneId::A), Role::Held(LaneId::B)]);
        let chart = Chart { values: vec![0, 1], ..Chart::of(SettingId::Acks) };
        let outcome = page.apply(Action::Go(Place::Tradeoffs(chart)));
        run_probes(&mut page, outcome, 6);
        // Three values (0, 1, and all, which A has) in two lanes; all for A and 1 for B are the lanes themselves.
        let tried = page.tried(figures);
        assert_eq!(roles(&page)[..4], [Role::Other; 4]);
        assert_eq!(tried.len(), 6);
        assert_eq!(tried[0].differing, [(SettingId::Acks, 0)]);
        let setup = page.tried_setup(tried[0].trial).expect("its question is known");
        assert_eq!(SettingId::Acks.get(&setup), 0);
    }

    #[test]
    fn the_chapters_table_is_asked_whatever_the_lanes_have() {
        let link = "#v1&view=chapter&a.linger.ms=7&seed=99&sum=";
        let mut page = PageState::new(link::decode(link), Chrome::new(Language::English, Theme::System), None);
        page.start();
        let asked = page.inquiry().expect("something is asked").question();
        assert_eq!(*asked, highwater_experiments::axes::chapter_question());
    }

    #[test]
    fn an_interval_across_a_bound_reaches_into_two_words() {
        let threshold = Thresholds::STATED.of(Axis::Latency);
        let word = |value, low, high| worded(threshold, &Estimate { value, low, high, runs: 3 });
        assert_eq!(word(12e3, 11e3, 14e3), Worded { class: Class::Medium, reaches: None });
        assert_eq!(word(12e3, 9e3, 14e3), Worded { class: Class::Medium, reaches: Some(Class::Low) });
        assert_eq!(word(99e3, 98e3, 101e3), Worded { class: Class::Medium, reaches: Some(Class::High) });
    }
}
