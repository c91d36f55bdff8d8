//! `[[search]]`: the case is played again and again, under another schedule each time: other dice, faults at random,
//! packets held up at random. It says whether some schedule breaks an invariant, with a check of the protocol switched
//! off or with all of them on.

use crate::case::{Case, PartKind, When};
use crate::sheet::Fields;
use crate::stage::{Disturbance, Failure, Stage};
use highwater_kafka::checks::{Check, Checks};
use highwater_kernel::{Dice, Seed, Stream};
use highwater_model::spelling::read_fault_kind;
use highwater_model::trace::Api;
use highwater_model::{Duration, Fault, FaultKind, Instant, NodeId};
use highwater_oracle::invariants::{Invariant, Violation};
use highwater_sim::rules::{Rule, Verdict};

/// What a search looks for, and how.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where it stands in the file.
    pub line: u32,
    /// Schedules that are tried.
    pub runs: u32,
    /// A check that is switched off.
    pub without: Option<Check>,
    /// Is a violation expected, or none?
    pub expected: Expected,
    /// Violations of these count; all, if it is empty.
    pub invariants: Vec<Invariant>,
    /// Kinds of faults that strike brokers at random.
    pub faults: Vec<FaultKind>,
    /// So many of them in a run at most.
    pub faults_max: u32,
    /// So many times in a run at most a kind of packet on one way is held.
    pub holds_max: u32,
    /// For so long at most.
    pub hold_max: Duration,
}

/// What a search expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Some schedule breaks an invariant.
    Violation,
    /// None does.
    None,
}

/// Reads a search.
pub fn read(fields: &Fields) -> Option<Search> {
    let without = fields.word("without", &check_names(), Check::by_name);
    let expected = fields.word("expect", "violation, none", |word| match word {
        "violation" => Some(Expected::Violation),
        "none" => Some(Expected::None),
        _ => None,
    });
    let by_name = |name: &str| Invariant::ALL.iter().copied().find(|own| own.to_string() == name);
    let search = Search {
        line: fields.line(),
        runs: fields.number("runs").unwrap_or(100),
        without,
        expected: fields.need("expect", expected)?,
        invariants: fields.word_list("invariants", "invariants such as INV-03", by_name).unwrap_or_default(),
        faults: fields.word_list("faults", "kinds of faults such as crash", read_fault_kind).unwrap_or_default(),
        faults_max: fields.number("faults_max").unwrap_or(3),
        holds_max: fields.number("holds_max").unwrap_or(3),
        hold_max: fields.time("hold_max").unwrap_or(Duration::from_secs(2)),
    };
    Some(search)
}

/// The checks that can be switched off, by their names.
pub fn check_names() -> String {
    Check::ALL.iter().map(|check| check.name()).collect::<Vec<_>>().join(", ")
}

/// Searches; gives what is not as expected.
pub fn run(case: &Case, search: &Search) -> Option<Failure> {
    let seen = match (search.expected, find(case, search)) {
        (Expected::Violation, Some(_)) | (Expected::None, None) => return None,
        (Expected::Violation, None) => format!("{} schedules broke nothing", search.runs),
        (Expected::None, Some((run, violation))) => format!("schedule {run} broke: {violation}"),
    };
    let expected = match search.expected {
        Expected::Violation => "a violation under some schedule",
        Expected::None => "no violation under any schedule",
    };
    Some(Failure { line: search.line, expected: expected.to_owned(), seen, at: Instant::ZERO })
}

/// The first schedule that breaks an invariant that counts.
pub fn find(case: &Case, search: &Search) -> Option<(u32, Violation)> {
    (0..search.runs).find_map(|run| Some((run, try_schedule(case, search, run)?)))
}

/// Plays the case's steps under one schedule; gives the first violation that counts.
fn try_schedule(case: &Case, search: &Search, run: u32) -> Option<Violation> {
    let mut dice = Seed(case.scenario.seed).dice(Stream::Search(u64::from(run)));
    let mut scenario = case.scenario.clone();
    scenario.seed = dice.bits();
    let checks = search.without.map_or(Checks::default(), |check| Checks::default().without(check));
    let mut stage = Stage::under(case, &scenario, checks);
    stage.disturb(schedule(search, &scenario, &mut dice));
    for part in &case.parts {
        match part.at {
            Some(When::At(at)) => stage.run_until(at),
            Some(When::End) => stage.finish(),
            None => (),
        }
        // A step that cannot be done under this schedule ends the script, not the run.
        if let PartKind::Step { act, .. } = &part.kind
            && act(&mut stage).is_err()
        {
            break;
        }
    }
    stage.finish();
    let counts =
        |violation: &&Violation| search.invariants.is_empty() || search.invariants.contains(&violation.invariant);
    stage.ears.invariants.violations().iter().find(counts).cloned()
}

/// What disturbs a run, in order of time.
fn schedule(search: &Search, scenario: &highwater_model::Scenario, dice: &mut Dice) -> Vec<(Instant, Disturbance)> {
    let length = scenario.duration;
    let brokers = u64::from(scenario.setup.cluster.brokers);
    let mut schedule = Vec::new();
    if !search.faults.is_empty() {
        for _ in 0..dice.within(0, u64::from(search.faults_max)) {
            let at = Instant(dice.within(0, length.0));
            let kind = search.faults[dice.within(0, search.faults.len() as u64 - 1) as usize];
            let target = highwater_model::Target::Broker(highwater_model::BrokerId(dice.within(1, brokers) as u8));
            let duration = Some(Duration(dice.within(Duration::from_millis(100).0, length.0 / 2)));
            schedule.push((at, Disturbance::Fault(Fault { at, kind, target, duration })));
        }
    }
    let nodes = scenario.setup.nodes();
    let any = |dice: &mut Dice| -> Option<NodeId> {
        let place = dice.within(0, nodes.len() as u64) as usize;
        nodes.get(place).copied()
    };
    for hold in 0..dice.within(0, u64::from(search.holds_max)) {
        let at = Instant(dice.within(0, length.0));
        let rule = Rule {
            from: any(dice),
            to: any(dice),
            api: Some(Api::ALL[dice.within(0, Api::ALL.len() as u64 - 1) as usize]),
            response: Some(dice.chance(1, 2)),
            times: None,
            verdict: Verdict::Hold,
        };
        let name = format!("search {hold}");
        schedule.push((at, Disturbance::Hold(name.clone(), rule)));
        schedule.push((at + Duration(dice.within(0, search.hold_max.0)), Disturbance::Release(name)));
    }
    schedule.sort_by_key(|(at, _)| *at);
    schedule
}
