//! `highwater run`: runs scenarios to their end and says what came of them.

use crate::say::say;
use crate::verdict::{Why, json, text};
use crate::{measured, source};
use highwater_experiments::{Decision, Progress, Session};
use highwater_model::english;
use highwater_model::prose::Prose;
use highwater_model::trace::{Entry, Observer};
use highwater_model::{Instant, LaneId};
use highwater_oracle::Metrics;
use highwater_oracle::report::Category;
use std::io::{BufWriter, StdoutLock, Write as _};

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Is everything that happens written down?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Yes.
    Told,
    /// No.
    Untold,
}

/// Are Kafka's metrics written down?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Yes, by their JMX names.
    Metrics,
    /// No.
    Nothing,
}

/// What to run.
pub struct RunRequest {
    /// A preset, a file or a link.
    pub scenario: String,
    /// Of a comparison, only this lane.
    pub lane: Option<LaneId>,
    /// Another seed than the scenario's.
    pub seed: Option<u64>,
    pub form: Form,
    pub trace: Trace,
    pub measure: Measure,
}

/// Runs what is asked for; gives how many acked records were lost, or all reasons why it cannot run.
pub fn run(request: &RunRequest) -> Result<u64, Vec<String>> {
    let mut sources = source::find(&request.scenario, request.lane)?;
    for source in &mut sources {
        source.scenario.seed = request.seed.unwrap_or(source.scenario.seed);
    }
    let problems: Vec<String> = sources
        .iter()
        .flat_map(|source| {
            let lane = source.lane.map(|lane| format!("lane {lane:?}: ")).unwrap_or_default();
            source.scenario.check().into_iter().map(move |problem| format!("{lane}{}", english::problem(&problem)))
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut lost = 0;
    for source in sources {
        let mut metrics = Metrics::new(&source.scenario);
        let mut session = Session::new(source.scenario);
        run_to_end(&mut session, request, &mut metrics);
        let summary = session.summary();
        let why = find_why(&mut session);
        lost += summary.ledger.count(Category::Lost);
        let metrics = (request.measure == Measure::Metrics).then_some(&metrics);
        let said = match request.form {
            Form::Text => {
                text(session.scenario(), source.lane, &summary, why.as_ref())
                    + &metrics.map(measured::text).unwrap_or_default()
            }
            Form::Json => {
                let mut said = json(session.scenario(), source.lane, &summary, why.as_ref());
                if let Some(metrics) = metrics {
                    said["metrics"] = measured::json(metrics);
                }
                format!("{said}\n")
            }
        };
        say(format_args!("{said}"));
    }
    Ok(lost)
}

fn run_to_end(session: &mut Session, request: &RunRequest, metrics: &mut Metrics) {
    match (request.trace, request.measure) {
        (Trace::Untold, Measure::Nothing) => while session.advance(u64::MAX) == Progress::Running {},
        (Trace::Untold, Measure::Metrics) => while session.advance_watched(u64::MAX, metrics) == Progress::Running {},
        (Trace::Told, _) => {
            let writer = Writer { prose: Prose::of(session.scenario()), out: BufWriter::new(std::io::stdout().lock()) };
            let mut watchers = (writer, metrics);
            while session.advance_watched(u64::MAX, &mut watchers) == Progress::Running {}
        }
    }
}

/// Writes what it hears as prose.
struct Writer {
    prose: Prose,
    out: BufWriter<StdoutLock<'static>>,
}

impl Observer for Writer {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        // As in `say`.
        if writeln!(self.out, "{}", self.prose.line(at, entry)).is_err() {
            std::process::exit(0);
        }
    }
}

/// The story of the first lost record, and what would have kept it.
fn find_why(session: &mut Session) -> Option<Why> {
    let (_, ranges) = session.records(Category::Lost, 0, 1);
    let record = ranges.first()?.first;
    let mut story_run = session.story(record);
    let story = loop {
        if let Some(story) = story_run.advance(session, u64::MAX) {
            break story?;
        }
    };
    let mut decide = session.decide(record);
    let mut tried = Vec::new();
    loop {
        match decide.advance(u64::MAX) {
            Decision::Running => (),
            Decision::Tried(counterfactual) => tried.push(counterfactual),
            Decision::Done => return Some(Why { story, tried }),
        }
    }
}
