//! Studies: what is asked of the engine about a chart, the helpers that work on it, and what they have found. Helpers
//! are workers beside those of the lanes. They start when the first chart is looked at, take one probe after the other,
//! and rest where nobody looks.

use super::tradeoff::usual_figure;
use super::{Command, Notice, PageState, Part};
use highwater_experiments::axes::{
    self, Axis, DEADLINE, FailureMix, Figure, Incident, Prices, Probe, Question, Results, Sample, Source, Study,
    Variation,
};
use highwater_experiments::protocol::{Answer, JobId, Request};
use highwater_model::LaneId;
use highwater_model::place::{CHART_VALUES_MAX, Chart, Place};
use std::collections::BTreeMap;

/// Helpers at most.
pub const HELPERS_MAX: usize = 4;

/// Rounds after which no interval narrows enough to be seen.
const ROUNDS_MAX: u32 = 60;

/// Questions whose results are kept.
const KEPT_MAX: usize = 40;

/// How often a probe may end its helper before it is left out.
const DEATHS_MAX: u32 = 2;

/// Something that concerns studies.
#[derive(Clone, Debug)]
pub enum StudyAction {
    /// A helper answered.
    Heard(u8, Box<Answer>),
    /// A helper stopped with an error.
    Died(u8),
    /// It is time to show what has come in.
    Redraw,
    /// The reader has seen enough.
    Stop,
    /// Or wants more.
    GoOn,
    /// Does anybody see the page?
    Sight(Sight),
    /// An incident strikes so often a year.
    Rate(Incident, f64),
    /// Something costs so much.
    Price(Price, f64),
    /// Rates and prices as they are stated.
    AsStated,
}

/// A price of the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    /// A broker, an hour.
    BrokerHour,
    /// A controller, an hour.
    ControllerHour,
    /// A gigabyte of storage, a month.
    StorageMonth,
    /// A gigabyte from one zone to another.
    CrossZone,
}

impl Price {
    /// All of them, in the order of their sources.
    pub const ALL: [Price; 4] = [Price::BrokerHour, Price::ControllerHour, Price::StorageMonth, Price::CrossZone];

    fn field(self, prices: &mut Prices) -> &mut u64 {
        match self {
            Price::BrokerHour => &mut prices.broker_hour_micros,
            Price::ControllerHour => &mut prices.controller_hour_micros,
            Price::StorageMonth => &mut prices.storage_gb_month_micros,
            Price::CrossZone => &mut prices.cross_zone_gb_micros,
        }
    }

    /// In dollars.
    pub fn dollars(self, prices: &Prices) -> f64 {
        *self.field(&mut prices.clone()) as f64 / 1e6
    }

    /// Where the stated price comes from.
    pub fn source(self) -> Source {
        Prices::SOURCES[self as usize]
    }
}

/// Does anybody see the page?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Yes.
    Seen,
    /// It is in a tab behind others.
    Unseen,
}

/// What a reader hears of a study under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The first points are on their way: so many of so many probes are there.
    First(u32, u32),
    /// All points are there, and their intervals narrow: so many probes are there.
    Narrowing(u32),
    /// The reader stopped it.
    Stopped(u32),
    /// It does not get any better.
    Done(u32),
}

/// One question, and what is known of it.
#[derive(Debug)]
pub struct Inquiry {
    fingerprint: u64,
    study: Study,
    results: Results,
    /// The figures that the setting moves, one an axis, once everything has been asked.
    moved: Option<Vec<Figure>>,
    /// Probes until every point has been asked about everything.
    first: u32,
    /// Probes come in.
    taken: u32,
    /// The next probe of the plan.
    next: u32,
    /// Probes that were given to somebody and have not come back.
    missing: Vec<u32>,
    /// Probes that are under way.
    under_way: u32,
    is_stopped: bool,
    /// Something came in after the results were last computed.
    is_behind: bool,
}

impl Inquiry {
    fn new(question: Question, fingerprint: u64, prices: &Prices) -> Self {
        let study = Study::new(question);
        let can_run = (0..study.round_len()).filter(|number| study.probe(*number).is_some()).count() as u32;
        let first = can_run * study.first_rounds();
        let results = study.results(prices);
        Self {
            fingerprint,
            study,
            results,
            moved: None,
            first,
            taken: 0,
            next: 0,
            missing: Vec::new(),
            under_way: 0,
            is_stopped: false,
            is_behind: false,
        }
    }

    /// Computes the results again.
    fn refresh(&mut self, prices: &Prices) {
        self.results = self.study.results(prices);
        self.is_behind = false;
        if let Some(variation) = self.study.question().vary.first()
            && self.is_whole()
        {
            self.moved = Some(self.moves(&Axis::ALL.map(|axis| usual_figure(variation.setting, axis))));
        }
    }

    /// The figures that the setting moves, one an axis, once everything has been asked.
    pub fn moved(&self) -> Option<&[Figure]> {
        self.moved.as_deref()
    }

    /// The same where the same was asked.
    pub const fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// What was asked.
    pub fn question(&self) -> &Question {
        self.study.question()
    }

    /// What has been found so far.
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        if self.is_done() {
            Progress::Done(self.taken)
        } else if self.is_stopped {
            Progress::Stopped(self.taken)
        } else if self.taken < self.first {
            Progress::First(self.taken, self.first)
        } else {
            Progress::Narrowing(self.taken)
        }
    }

    /// Has every point been asked about everything?
    pub fn is_whole(&self) -> bool {
        self.first <= self.taken
    }

    fn is_done(&self) -> bool {
        self.plan_end() <= self.next && self.missing.is_empty() && self.under_way == 0
    }

    fn plan_end(&self) -> u32 {
        self.study.round_len().saturating_mul(ROUNDS_MAX)
    }

    /// The next probe to give away.
    fn give(&mut self) -> Option<(u32, Probe)> {
        loop {
            let number = match self.missing.pop() {
                Some(number) => number,
                None if self.next < self.plan_end() => {
                    self.next += 1;
                    self.next - 1
                }
                None => return None,
            };
            if let Some(probe) = self.study.probe(number) {
                self.under_way += 1;
                return Some((number, probe));
            }
        }
    }

    /// A probe that will not come back from where it was: somebody else has to do it.
    fn take_back(&mut self, number: u32) {
        self.under_way -= 1;
        self.missing.push(number);
    }

    fn take(&mut self, sample: Sample) {
        self.study.take(sample);
        self.under_way -= 1;
        self.taken += 1;
        self.is_behind = true;
    }
}

/// What a helper is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Helper {
    /// It has not been needed yet.
    #[default]
    Unborn,
    /// Nothing.
    Idle,
    /// A probe.
    Busy(Errand),
}

/// A probe that a helper works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Errand {
    job: JobId,
    /// Of which question.
    fingerprint: u64,
    number: u32,
}

/// When what has come in is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Showing {
    /// At once: the last time is long ago.
    #[default]
    AtOnce,
    /// When the clock says so.
    Later,
}

/// All studies, and who works on them.
#[derive(Debug)]
pub struct Studies {
    helpers: Vec<Helper>,
    /// The one looked at last is the last.
    kept: Vec<Inquiry>,
    mix: FailureMix,
    prices: Prices,
    showing: Showing,
    sight: Sight,
    deaths: BTreeMap<(u64, u32), u32>,
}

impl Studies {
    /// With so many helpers.
    pub fn new(helpers: usize) -> Self {
        Self {
            helpers: vec![Helper::default(); helpers.clamp(1, HELPERS_MAX)],
            kept: Vec::new(),
            mix: FailureMix::stated(),
            prices: Prices::STATED,
            showing: Showing::default(),
            sight: Sight::Seen,
            deaths: BTreeMap::new(),
        }
    }

    /// What a year brings.
    pub fn mix(&self) -> &FailureMix {
        &self.mix
    }

    /// What things cost.
    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Are rates and prices those that are stated?
    pub fn are_as_stated(&self) -> bool {
        self.mix == FailureMix::stated() && self.prices == Prices::STATED
    }

    /// Every question that has been worked on, the last one last.
    pub fn kept(&self) -> &[Inquiry] {
        &self.kept
    }

    fn find(&mut self, fingerprint: u64) -> Option<&mut Inquiry> {
        self.kept.iter_mut().find(|inquiry| inquiry.fingerprint == fingerprint)
    }
}

impl PageState {
    /// All studies.
    pub fn studies(&self) -> &Studies {
        &self.studies
    }

    /// The study of what is looked at.
    pub fn inquiry(&self) -> Option<&Inquiry> {
        self.studies.kept.last().filter(|_| self.place != Place::Playground)
    }

    /// The lanes that are asked about: two that are alike are one.
    pub fn lanes_asked(&self) -> Vec<LaneId> {
        let [a, b] = &self.comparison.lanes;
        if a == b { vec![LaneId::A] } else { LaneId::ALL.to_vec() }
    }

    /// The values along a chart: as chosen, or the usual ones; with those that the lanes have.
    pub fn values(&self, chart: &Chart) -> Vec<i64> {
        let lanes = &self.comparison.lanes;
        if chart.values.is_empty() {
            return axes::values(chart.setting, lanes);
        }
        let mut values = chart.values.clone();
        values.extend(lanes.iter().map(|setup| chart.setting.get(setup)));
        values.sort_unstable();
        values.dedup();
        values.truncate(CHART_VALUES_MAX + lanes.len());
        values
    }

    fn question(&self) -> Option<Question> {
        let vary = match &self.place {
            Place::Playground => return None,
            Place::Chapter => return Some(Question { mix: self.studies.mix.clone(), ..axes::chapter_question() }),
            Place::Compare => Vec::new(),
            Place::Tradeoffs(chart) => vec![Variation { setting: chart.setting, values: self.values(chart) }],
        };
        let lanes = self.lanes_asked().into_iter().map(|lane| self.comparison.lanes[lane.index()].clone()).collect();
        Some(Question { lanes, vary, seed: self.comparison.seed, mix: self.studies.mix.clone(), deadline: DEADLINE })
    }

    /// Takes up the question of what is looked at; what was worked on for another waits.
    pub(super) fn inquire(&mut self) {
        let Some(question) = self.question() else {
            return self.call_back(None);
        };
        let fingerprint = question.fingerprint();
        let studies = &mut self.studies;
        match studies.kept.iter().position(|inquiry| inquiry.fingerprint == fingerprint) {
            Some(index) => {
                let again = studies.kept.remove(index);
                studies.kept.push(again);
            }
            None => {
                studies.kept.push(Inquiry::new(question, fingerprint, &studies.prices));
                if KEPT_MAX < studies.kept.len() {
                    studies.kept.remove(0);
                }
            }
        }
        self.call_back(Some(fingerprint));
        self.touch(Part::Study);
        self.feed();
    }

    pub(super) fn study(&mut self, action: StudyAction) {
        match action {
            StudyAction::Heard(helper, answer) => self.hear_helper(helper, *answer),
            StudyAction::Died(helper) => self.helper_died(helper),
            StudyAction::Redraw => {
                self.studies.showing = Showing::AtOnce;
                self.show_study();
            }
            StudyAction::Stop => self.stop_study(),
            StudyAction::GoOn => {
                if let Some(inquiry) = self.studies.kept.last_mut() {
                    inquiry.is_stopped = false;
                }
                self.touch(Part::Study);
                self.feed();
            }
            StudyAction::Sight(sight) => {
                self.studies.sight = sight;
                self.feed();
            }
            StudyAction::Rate(incident, a_year) => {
                let rates = self.studies.mix.rates.iter_mut().filter(|rate| rate.incident == incident);
                rates.for_each(|rate| rate.a_year = a_year);
                self.touch(Part::Study);
                self.inquire();
            }
            StudyAction::Price(price, dollars) => {
                *price.field(&mut self.studies.prices) = (dollars * 1e6).round() as u64;
                self.price_anew();
            }
            StudyAction::AsStated => {
                self.studies.mix = FailureMix::stated();
                self.studies.prices = Prices::STATED;
                self.price_anew();
                self.inquire();
            }
        }
    }

    /// Other prices need no other runs.
    fn price_anew(&mut self) {
        let prices = &self.studies.prices;
        self.studies.kept.iter_mut().for_each(|inquiry| inquiry.refresh(prices));
        self.touch(Part::Study);
    }

    fn stop_study(&mut self) {
        if let Some(inquiry) = self.studies.kept.last_mut() {
            inquiry.is_stopped = true;
        }
        self.call_back(None);
        self.touch(Part::Study);
    }

    /// Gives every idle helper a probe.
    fn feed(&mut self) {
        if self.place == Place::Playground || self.studies.sight == Sight::Unseen {
            return;
        }
        for index in 0..self.studies.helpers.len() {
            if let Helper::Busy(_) = self.studies.helpers[index] {
                continue;
            }
            let Some(inquiry) = self.studies.kept.last_mut().filter(|inquiry| !inquiry.is_stopped) else { return };
            let fingerprint = inquiry.fingerprint;
            let Some((number, probe)) = inquiry.give() else { return };
            let helper = index as u8;
            if self.studies.helpers[index] == Helper::Unborn {
                self.command(Command::StartHelper(helper));
            }
            let job = self.next_job();
            self.studies.helpers[index] = Helper::Busy(Errand { job, fingerprint, number });
            self.command(Command::AskHelper(helper, Request::Probe { job, probe: Box::new(probe) }));
        }
    }

    /// Helpers that work for another question than this one stop.
    fn call_back(&mut self, but: Option<u64>) {
        for index in 0..self.studies.helpers.len() {
            let Helper::Busy(errand) = self.studies.helpers[index] else { continue };
            if but == Some(errand.fingerprint) {
                continue;
            }
            self.studies.helpers[index] = Helper::Idle;
            self.command(Command::AskHelper(index as u8, Request::Cancel { job: errand.job }));
            if let Some(inquiry) = self.studies.find(errand.fingerprint) {
                inquiry.take_back(errand.number);
            }
        }
    }

    fn hear_helper(&mut self, helper: u8, answer: Answer) {
        let Answer::Sample { job, sample } = answer else {
            if let Answer::Ready { engine } = answer {
                self.check_engine(engine);
            }
            return;
        };
        let Helper::Busy(errand) = self.studies.helpers[usize::from(helper)] else { return };
        if errand.job != job {
            return;
        }
        self.studies.helpers[usize::from(helper)] = Helper::Idle;
        if let Some(inquiry) = self.studies.find(errand.fingerprint) {
            inquiry.take(*sample);
        }
        self.feed();
        if self.studies.showing == Showing::AtOnce {
            self.show_study();
        }
    }

    /// Shows what has come in, if anything has, and not again before the clock says so.
    fn show_study(&mut self) {
        let prices = &self.studies.prices;
        let Some(inquiry) = self.studies.kept.last_mut().filter(|inquiry| inquiry.is_behind) else { return };
        inquiry.refresh(prices);
        self.studies.showing = Showing::Later;
        self.touch(Part::Study);
        self.command(Command::RedrawSoon);
    }

    /// A dead helper is started again, and the page says so; a probe that ends every helper is left out.
    fn helper_died(&mut self, helper: u8) {
        let died = std::mem::take(&mut self.studies.helpers[usize::from(helper)]);
        if let Helper::Busy(errand) = died {
            let deaths = self.studies.deaths.entry((errand.fingerprint, errand.number)).or_default();
            *deaths += 1;
            let is_hopeless = DEATHS_MAX <= *deaths;
            if let Some(inquiry) = self.studies.find(errand.fingerprint) {
                inquiry.take_back(errand.number);
                if is_hopeless {
                    inquiry.missing.retain(|number| *number != errand.number);
                    // What fails once more would fail for ever.
                    inquiry.is_stopped = true;
                }
            }
            self.notify(if is_hopeless { Notice::HelperGaveUp } else { Notice::HelperRestarted });
            self.touch(Part::Study);
        }
        self.feed();
    }
}
