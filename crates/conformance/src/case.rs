//! A case: a scenario, a start, steps and expectations in the order of its file.

use crate::expect::{self, Expectation, Look, Names};
use crate::measured::{self, Measures};
use crate::search::{self, Search};
use crate::sheet::{self, CaseProblem, Fields, Item, Table, time_of};
use crate::start::{self, Start};
use crate::steps::{self, Act};
use highwater_kafka::checks::Check;
use highwater_model::file::{self, Document};
use highwater_model::{Duration, Instant, Layout, NodeId, Scenario};
use std::collections::BTreeSet;

/// A case.
pub struct Case {
    /// What `[case]` says of it.
    pub about: About,
    /// The cluster, its clients and its faults.
    pub scenario: Scenario,
    /// Where it begins.
    pub start: Start,
    /// What is done and expected, in order.
    pub parts: Vec<Part>,
    /// Which figures of it are compared with those of a real cluster.
    pub measures: Measures,
    /// What is looked for under many schedules.
    pub searches: Vec<Search>,
    /// Do its expectations or figures name packets? Only then the trace has them.
    pub names_packets: bool,
}

/// `[case]`.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Its id, such as `P-REPL-04`.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// Where its outcome comes from.
    pub source: Option<String>,
    /// How sure that is: P (a test or a specification), D (a document), I (inferred).
    pub confidence: Option<String>,
    /// Why its outcome is not Kafka's: a disputed case is run, and reported as disputed whatever comes of it.
    pub disputed: Option<String>,
    /// The rules of Kafka that it shows, by their numbers in `docs/rules.md`: `R-201`.
    pub rules: Vec<String>,
    /// Checks of the protocol without which it does not hold: the mutants that it catches.
    pub mutants: Vec<Check>,
}

/// A step or an expectation.
pub struct Part {
    /// Where it stands in the file.
    pub line: u32,
    /// Time goes on to this moment first.
    pub at: Option<When>,
    /// What it is.
    pub kind: PartKind,
}

/// A moment of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the beginning.
    At(Instant),
    /// The end of the scenario's duration.
    End,
}

/// What a part is.
pub enum PartKind {
    /// Something is done, and then these hold.
    Step {
        /// Its word, for the report.
        word: String,
        /// The name of its moment.
        mark: Option<String>,
        /// What is done.
        act: Act,
        /// What is seen then, and kept for figures under a name.
        keep: Vec<(String, Look)>,
        /// What holds when it is done.
        expect: Vec<Expectation>,
    },
    /// These hold.
    Holds(Vec<Expectation>),
    /// These come to hold, all at once, within so long; time goes on until they do.
    Within(Duration, Vec<Expectation>),
    /// These hold at every step from here on.
    Always(Vec<Expectation>),
    /// None of these ever holds from here on.
    Never(Vec<Expectation>),
}

/// The names that `[case]` and `[[expect]]` take, and those of every step.
pub const WORDS: [&str; 16] = [
    "id",
    "title",
    "source",
    "confidence",
    "disputed",
    "rules",
    "mutants",
    "at",
    "within",
    "that",
    "always",
    "never",
    "do",
    "expect",
    "mark",
    "keep",
];

/// Reads a case; or names all that is wrong with it.
pub fn read(text: &str) -> Result<Case, Vec<CaseProblem>> {
    let (sheet, mut problems) = sheet::read(text);
    let scenario = read_scenario(text, !problems.is_empty(), &mut problems);
    if !scenario.check().is_empty() {
        return Err(problems); // there is no cluster in which the rest could mean something
    }
    let layout = scenario.setup.layout();
    let nodes = scenario.setup.nodes();
    let about = read_about(&sheet, &layout, &nodes, &mut problems);
    let start = start::read(sheet.table("start"), &scenario, &mut problems);
    let mut answers = BTreeSet::new();
    for step in sheet.tables("step") {
        if let Some(Item::Text(name)) = step.get("name") {
            answers.insert(name.clone());
        }
    }
    let names = Names { nodes: &nodes, answers: &answers };
    let mut parts = Vec::new();
    let steps = sheet.tables("step").into_iter().map(|table| (table, true));
    let expects = sheet.tables("expect").into_iter().map(|table| (table, false));
    let mut tables: Vec<(&Table, bool)> = steps.chain(expects).collect();
    tables.sort_by_key(|(table, _)| table.line);
    for (table, is_step) in tables {
        let fields = Fields::of(table, &layout, &nodes);
        let part = if is_step { read_step(&fields, &names) } else { read_expect(&fields, &names, parts.is_empty()) };
        parts.extend(part.map(|(at, kind)| Part { line: table.line, at, kind }));
        problems.extend(fields.finish(if is_step { "this step" } else { "an expectation" }));
    }
    let measures = measured::read(&sheet, (&layout, &nodes), &mut problems);
    let mut searches = Vec::new();
    for table in sheet.tables("search") {
        let fields = Fields::of(table, &layout, &nodes);
        searches.extend(search::read(&fields));
        problems.extend(fields.finish("a search"));
    }
    problems.sort();
    problems.dedup();
    let names_packets = ["(Sent", "(Received", "(Dropped"].iter().any(|word| text.contains(word));
    if problems.is_empty() {
        Ok(Case { about, scenario, start, parts, measures, searches, names_packets })
    } else {
        Err(problems)
    }
}

/// The scenario of the file. What its own reader finds wrong is left out where the file is damaged as a whole: the
/// problem has been named already.
fn read_scenario(text: &str, damaged: bool, problems: &mut Vec<CaseProblem>) -> Scenario {
    let opened = file::read(text);
    if !damaged {
        for problem in &opened.problems {
            problems.push(CaseProblem {
                line: problem.line,
                text: highwater_model::english::read_problem(&problem.problem),
            });
        }
    }
    let scenario = match opened.document {
        Document::Scenario(scenario) => *scenario,
        Document::Comparison(comparison) => {
            let text = "a case is one scenario, not a comparison of two".to_owned();
            problems.push(CaseProblem { line: None, text });
            comparison.scenario(highwater_model::LaneId::A)
        }
    };
    for problem in scenario.check() {
        problems.push(CaseProblem { line: None, text: highwater_model::english::problem(&problem) });
    }
    scenario
}

fn read_about(sheet: &Table, layout: &Layout, nodes: &[NodeId], problems: &mut Vec<CaseProblem>) -> About {
    let Some(table) = sheet.table("case") else {
        problems.push(CaseProblem { line: None, text: "there is no [case] with its `id` and `title`".to_owned() });
        return About::default();
    };
    let fields = Fields::of(table, layout, nodes);
    let about = About {
        id: fields.need("id", fields.text("id")).unwrap_or_default(),
        title: fields.need("title", fields.text("title")).unwrap_or_default(),
        source: fields.text("source"),
        confidence: fields.text("confidence"),
        disputed: fields.text("disputed"),
        rules: fields.lines("rules").into_iter().map(|(_, rule)| rule).collect(),
        mutants: fields.word_list("mutants", &search::check_names(), Check::by_name).unwrap_or_default(),
    };
    problems.extend(fields.finish("[case]"));
    about
}

fn read_when(fields: &Fields) -> Option<When> {
    fields.word("at", "\"end\", or a time such as \"150 ms\"", |text| match text {
        "end" => Some(When::End),
        _ => time_of(text).map(|time| When::At(Instant(time.0))),
    })
}

fn read_lines(fields: &Fields, name: &'static str, names: &Names) -> Vec<Expectation> {
    let mut read = Vec::new();
    for (line, text) in fields.lines(name) {
        match expect::read(line, &text, names) {
            Ok(expectation) => read.push(expectation),
            Err(problem) => fields.problem_at(line, problem),
        }
    }
    read
}

/// Reads `keep`: lines of `NAME = PATH`.
fn read_kept(fields: &Fields, names: &Names) -> Vec<(String, Look)> {
    let mut kept = Vec::new();
    for (line, text) in fields.lines("keep") {
        match text.split_once('=').map(|(name, path)| (name.trim(), expect::read_look(path.trim(), names))) {
            Some((name, Ok(look))) if !name.is_empty() => kept.push((name.to_owned(), look)),
            Some((_, Err(problem))) => fields.problem_at(line, problem),
            _ => fields.problem_at(line, format!("`{text}` is kept under no name; a line is NAME = PATH")),
        }
    }
    kept
}

fn read_step(fields: &Fields, names: &Names) -> Option<(Option<When>, PartKind)> {
    let at = read_when(fields);
    let expect = read_lines(fields, "expect", names);
    let mark = fields.text("mark");
    let keep = read_kept(fields, names);
    let word = fields.need("do", fields.text("do"))?;
    match steps::by_word(&word) {
        Some(step) => {
            let until = |name| read_lines(fields, name, names);
            let act = (step.read)(fields, &until)?;
            Some((at, PartKind::Step { word, mark, act, keep, expect }))
        }
        None => {
            fields.problem(format!("there is no step `{word}`; there are: {}", steps::words().join(", ")));
            None
        }
    }
}

fn read_expect(fields: &Fields, names: &Names, is_first: bool) -> Option<(Option<When>, PartKind)> {
    let at = read_when(fields);
    let within = fields.time("within");
    let [that, always, never] = ["that", "always", "never"].map(|name| read_lines(fields, name, names));
    let kinds = [&that, &always, &never].into_iter().filter(|lines| !lines.is_empty()).count();
    if kinds != 1 {
        fields.problem("an expectation says one of: that, always, never".to_owned());
        return None;
    }
    if is_first && at.is_none() && within.is_none() && !that.is_empty() {
        let text = "nothing has happened yet: say when, as in at = \"end\", or put it behind a step";
        fields.problem(text.to_owned());
    }
    if within.is_some() && that.is_empty() {
        fields.problem("`within` belongs to `that`".to_owned());
    }
    let kind = match within {
        _ if !always.is_empty() => PartKind::Always(always),
        _ if !never.is_empty() => PartKind::Never(never),
        Some(within) => PartKind::Within(within, that),
        None => PartKind::Holds(that),
    };
    Some((at, kind))
}
