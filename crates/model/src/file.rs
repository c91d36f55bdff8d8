//! A scenario or a comparison as a file that people read and write: TOML, in which only what differs from the named
//! preset is said. Reading never fails: what cannot be read keeps its default and is named with its line.

mod toml;

use crate::fault::{Fault, FaultKind, Target};
use crate::machines::Machines;
use crate::presets::{Preset, first_visit};
use crate::profile::Profile;
use crate::scenario::{Comparison, LaneId, Lanes, PlacedFault, Scenario, Setup};
use crate::settings::SettingId;
use crate::spelling::{
    Expected, ReadProblem, quote, read_duration, read_fault_kind, read_lanes, read_setting, read_target, toml_value,
    write_duration,
};
use crate::time::{Duration, Instant};
use std::collections::BTreeSet;
use toml::{Line, read_line};

/// The version that is written.
const VERSION: u32 = 1;

/// The largest file that is read: 200 faults and every setting of both lanes need less.
pub const FILE_BYTES_MAX: usize = 65_536;

/// The sections that make a scenario a case of the conformance language, or an anchor. A scenario's reader passes over
/// them.
pub const CASE_SECTIONS: [&str; 10] =
    ["case", "start", "step", "expect", "search", "let", "measured", "anchor", "variant", "check"];

/// Is the table a section of a case, or a part of one?
fn is_of_case(table: &str) -> bool {
    CASE_SECTIONS.contains(&table.split('.').next().unwrap_or(table))
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// One cluster.
    Scenario(Box<Scenario>),
    /// Two.
    Comparison(Box<Comparison>),
}

/// Something in a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblem {
    /// In which line, from 1; none where it is the file as a whole.
    pub line: Option<u32>,
    /// What.
    pub problem: ReadProblem,
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its content. What is not said, or could not be read: the preset `defaults` (in a comparison those of the first
    /// visit), its seed and duration, no fault.
    pub document: Document,
    /// All that could not be read.
    pub problems: Vec<FileProblem>,
}

/// The scenario as a file.
pub fn write_scenario(scenario: &Scenario) -> String {
    let mut text = format!(
        "# A scenario of Highwater: one cluster with its clients, its faults and its seed.\n\
         # A setting that is not here has the preset's value; behind those that differ stands that value.\n\
         highwater = {VERSION}\n\n{}",
        origin(&scenario.setup)
    );
    text += &shared(scenario.seed, scenario.duration);
    text += &settings("settings", &scenario.setup);
    for fault in &scenario.faults {
        text += &fault_table(fault, None);
    }
    text
}

/// The comparison as a file.
pub fn write_comparison(comparison: &Comparison) -> String {
    let mut text = format!(
        "# A comparison of Highwater: two clusters, A and B, and the faults and the seed they share.\n\
         # A setting that is not here has the preset's value; behind those that differ stands that value.\n\
         highwater = {VERSION}\n\n"
    );
    text += &shared(comparison.seed, comparison.duration);
    for (lane, name) in LANES {
        let setup = &comparison.lanes[lane.index()];
        text += &format!("\n[{name}]\n{}", origin(setup));
        text += &settings(&format!("{name}.settings"), setup);
    }
    for placed in &comparison.faults {
        text += &fault_table(&placed.fault, Some(placed.lanes));
    }
    text
}

const LANES: [(LaneId, &str); 2] = [(LaneId::A, "a"), (LaneId::B, "b")];

fn shared(seed: u64, duration: Duration) -> String {
    // TOML's whole numbers are signed.
    let seed = if i64::try_from(seed).is_ok() { seed.to_string() } else { format!("\"{seed}\"") };
    format!("seed = {seed}\nduration = \"{}\"\n", write_duration(duration))
}

/// Its preset and, where it is not today's, its release.
fn origin(setup: &Setup) -> String {
    let preset = format!("preset = \"{}\"\n", setup.preset.name());
    match setup.profile {
        Profile::CURRENT => preset,
        profile => format!("{preset}profile = \"{}\"\n", profile.name()),
    }
}

fn settings(table: &str, setup: &Setup) -> String {
    let preset = setup.base();
    let lines: String = setup
        .changed()
        .map(|id| {
            let (value, of_preset) = (toml_value(id, id.get(setup)), id.write(id.get(&preset)));
            // A bare dot would make tables of the names, and some names begin with another.
            let name = if id.name().contains('.') { format!("\"{}\"", id.name()) } else { id.name().to_owned() };
            format!("{name} = {value} # {of_preset}\n")
        })
        .collect();
    if lines.is_empty() { lines } else { format!("\n[{table}]\n{lines}") }
}

fn fault_table(fault: &Fault, lanes: Option<Lanes>) -> String {
    let Fault { at, kind, target, duration } = fault;
    let mut text = "\n[[faults]]\n".to_owned();
    if let Some(lanes) = lanes {
        text += &format!("lanes = \"{lanes}\"\n");
    }
    text += &format!("at = \"{}\"\nkind = \"{kind}\"\ntarget = \"{target}\"\n", write_duration(Duration(at.0)));
    if let Some(duration) = duration {
        text += &format!("duration = \"{}\"\n", write_duration(*duration));
    }
    text
}

/// Reads a file.
pub fn read(text: &str) -> Opened {
    if FILE_BYTES_MAX < text.len() {
        return refused(ReadProblem::TooLong { have: text.len() as u64, max: FILE_BYTES_MAX as u64 });
    }
    let sheet = Sheet::of(text.trim_start_matches('\u{feff}'));
    match sheet.pairs.iter().find(|pair| pair.key == "highwater").and_then(|pair| pair.value.parse::<u32>().ok()) {
        Some(VERSION) => Reader::new(&sheet).opened(sheet),
        Some(version) if VERSION < version => refused(ReadProblem::NewerVersion { version }),
        _ => refused(ReadProblem::NotHighwater),
    }
}

/// Nothing of the file was read.
fn refused(problem: ReadProblem) -> Opened {
    let document = Document::Comparison(Box::new(first_visit()));
    Opened { document, problems: vec![FileProblem { line: None, problem }] }
}

/// `key = value`; the key with the names of its tables before it.
struct Pair {
    line: u32,
    key: String,
    value: String,
}

/// What the lines say, before it has a meaning.
struct Sheet {
    pairs: Vec<Pair>,
    /// Each `[[faults]]`: its line, its pairs.
    faults: Vec<(u32, Vec<Pair>)>,
    problems: Vec<FileProblem>,
}

impl Sheet {
    fn of(text: &str) -> Self {
        let mut sheet = Self { pairs: Vec::new(), faults: Vec::new(), problems: Vec::new() };
        let mut table = Some(String::new());
        let mut in_case = false;
        for (line, text) in (1..).zip(text.lines()) {
            let read = read_line(text);
            if let Some(Line::Table(name) | Line::Element(name)) = &read {
                in_case = is_of_case(name);
            }
            if in_case {
                continue;
            }
            match read {
                Some(Line::Blank) => (),
                Some(Line::Table(name)) => table = Some(format!("{name}.")),
                Some(Line::Element(name)) if name == "faults" => {
                    table = None;
                    sheet.faults.push((line, Vec::new()));
                }
                Some(Line::Element(name)) => {
                    table = Some(format!("{name}."));
                    sheet.problem(line, ReadProblem::UnknownKey { key: quote(&name) });
                }
                Some(Line::Pair(key, value)) => match (&table, sheet.faults.last_mut()) {
                    (None, Some((_, pairs))) => pairs.push(Pair { line, key, value }),
                    (prefix, _) => {
                        let key = format!("{}{key}", prefix.as_deref().unwrap_or_default());
                        sheet.pairs.push(Pair { line, key, value });
                    }
                },
                None => sheet.problem(line, ReadProblem::Syntax { text: quote(text.trim()) }),
            }
        }
        sheet
    }

    fn problem(&mut self, line: u32, problem: ReadProblem) {
        self.problems.push(FileProblem { line: Some(line), problem });
    }
}

struct Reader {
    /// Of a scenario, lane A is the one that counts.
    comparison: Comparison,
    kind: Kind,
    problems: Vec<FileProblem>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scenario,
    Comparison,
}

/// A key's place in a document.
enum Meaning {
    Version,
    Seed,
    Duration,
    Preset(LaneId),
    Profile(LaneId),
    Machines(LaneId),
    Setting(LaneId, SettingId),
}

impl Reader {
    fn new(sheet: &Sheet) -> Self {
        let of_lane = |pair: &Pair| pair.key.starts_with("a.") || pair.key.starts_with("b.");
        let kind = if sheet.pairs.iter().any(of_lane) { Kind::Comparison } else { Kind::Scenario };
        let mut comparison = Comparison { faults: Vec::new(), ..first_visit() };
        if kind == Kind::Scenario {
            comparison.lanes[LaneId::A.index()] = Preset::Defaults.setup();
        }
        Self { comparison, kind, problems: Vec::new() }
    }

    fn opened(mut self, sheet: Sheet) -> Opened {
        self.problems = sheet.problems;
        // A preset and its profile decide what its settings differ from, and machines are many settings at once: so they
        // come first wherever they stand.
        let (presets, rest): (Vec<Pair>, Vec<Pair>) =
            sheet.pairs.into_iter().partition(|pair| pair.key.ends_with("preset"));
        let (profiles, rest): (Vec<Pair>, Vec<Pair>) = rest.into_iter().partition(|pair| pair.key.ends_with("profile"));
        self.read_pairs(&presets);
        let (machines, rest): (Vec<Pair>, Vec<Pair>) =
            rest.into_iter().partition(|pair| pair.key.ends_with("machines"));
        self.read_pairs(&profiles);
        self.read_pairs(&machines);
        self.read_pairs(&rest);
        for (line, pairs) in &sheet.faults {
            self.read_fault(*line, pairs);
        }
        self.problems.sort_by_key(|problem| problem.line);
        let document = match self.kind {
            Kind::Scenario => Document::Scenario(Box::new(self.comparison.scenario(LaneId::A))),
            Kind::Comparison => Document::Comparison(Box::new(self.comparison)),
        };
        Opened { document, problems: self.problems }
    }

    fn problem(&mut self, line: u32, problem: ReadProblem) {
        self.problems.push(FileProblem { line: Some(line), problem });
    }

    fn meaning(&self, key: &str) -> Option<Meaning> {
        let (lane, key) = match (self.kind, key) {
            (_, "highwater") => return Some(Meaning::Version),
            (_, "seed") => return Some(Meaning::Seed),
            (_, "duration") => return Some(Meaning::Duration),
            (Kind::Scenario, key) => (LaneId::A, key),
            (Kind::Comparison, key) => {
                LANES.into_iter().find_map(|(lane, name)| Some((lane, key.strip_prefix(name)?.strip_prefix('.')?)))?
            }
        };
        match key {
            "preset" => Some(Meaning::Preset(lane)),
            "profile" => Some(Meaning::Profile(lane)),
            "machines" => Some(Meaning::Machines(lane)),
            _ => SettingId::by_name(key.strip_prefix("settings.")?).map(|setting| Meaning::Setting(lane, setting)),
        }
    }

    fn read_pairs(&mut self, pairs: &[Pair]) {
        let mut seen = BTreeSet::new();
        for Pair { line, key, value } in pairs {
            let result = match self.meaning(key) {
                None => Err(ReadProblem::UnknownKey { key: quote(key) }),
                Some(_) if !seen.insert(key) => Err(ReadProblem::Repeated { key: quote(key) }),
                Some(meaning) => self.read_pair(&meaning, key, value),
            };
            if let Err(problem) = result {
                self.problem(*line, problem);
            }
        }
    }

    fn read_pair(&mut self, meaning: &Meaning, key: &str, value: &str) -> Result<(), ReadProblem> {
        let comparison = &mut self.comparison;
        match *meaning {
            Meaning::Version => (),
            Meaning::Seed => comparison.seed = value.parse().map_err(|_| bad(key, value, Expected::Number))?,
            Meaning::Duration => comparison.duration = expect(read_duration, key, value, Expected::Duration)?,
            Meaning::Preset(lane) => {
                comparison.lanes[lane.index()] = expect(Preset::by_name, key, value, Expected::Preset)?.setup();
            }
            Meaning::Profile(lane) => {
                let profile = expect(Profile::by_name, key, value, Expected::Profile)?;
                comparison.lanes[lane.index()] = comparison.lanes[lane.index()].in_profile(profile);
            }
            Meaning::Machines(lane) => {
                let machines = expect(Machines::by_name, key, value, Expected::Machines)?;
                comparison.lanes[lane.index()].environment = machines.environment();
            }
            Meaning::Setting(lane, setting) => {
                setting.set(&mut comparison.lanes[lane.index()], read_setting(key, setting, value)?);
            }
        }
        Ok(())
    }

    /// A fault with a damaged or missing part is left out; each such part is named.
    fn read_fault(&mut self, line: u32, pairs: &[Pair]) {
        let mut draft = Draft::default();
        let mut seen = BTreeSet::new();
        let mut damaged = false;
        for pair in pairs {
            let result = match pair.key.as_str() {
                "lanes" if self.kind == Kind::Scenario => Err(ReadProblem::UnknownKey { key: pair.key.clone() }),
                key if !seen.insert(key) => Err(ReadProblem::Repeated { key: quote(key) }),
                key => draft.read(key, &pair.value),
            };
            if let Err(problem) = result {
                damaged |= !matches!(problem, ReadProblem::UnknownKey { .. } | ReadProblem::Repeated { .. });
                self.problem(pair.line, problem);
            }
        }
        for key in ["at", "kind", "target"].into_iter().filter(|key| !seen.contains(key)) {
            self.problem(line, ReadProblem::Missing { key: key.to_owned() });
        }
        if let (false, Some(at), Some(kind), Some(target)) = (damaged, draft.at, draft.kind, draft.target) {
            let fault = Fault { at, kind, target, duration: draft.duration };
            self.comparison.faults.push(PlacedFault { lanes: draft.lanes.unwrap_or(Lanes::Both), fault });
        }
    }
}

/// A fault whose parts are being gathered.
#[derive(Default)]
struct Draft {
    lanes: Option<Lanes>,
    at: Option<Instant>,
    kind: Option<FaultKind>,
    target: Option<Target>,
    duration: Option<Duration>,
}

impl Draft {
    fn read(&mut self, key: &str, value: &str) -> Result<(), ReadProblem> {
        match key {
            "lanes" => self.lanes = Some(expect(read_lanes, key, value, Expected::Lanes)?),
            "at" => self.at = Some(Instant(expect(read_duration, key, value, Expected::Duration)?.0)),
            "kind" => self.kind = Some(expect(read_fault_kind, key, value, Expected::FaultKind)?),
            "target" => self.target = Some(expect(read_target, key, value, Expected::Target)?),
            "duration" => self.duration = Some(expect(read_duration, key, value, Expected::Duration)?),
            _ => return Err(ReadProblem::UnknownKey { key: quote(key) }),
        }
        Ok(())
    }
}

fn expect<T>(read: impl Fn(&str) -> Option<T>, key: &str, value: &str, expected: Expected) -> Result<T, ReadProblem> {
    read(value).ok_or_else(|| bad(key, value, expected))
}

fn bad(key: &str, value: &str, expected: Expected) -> ReadProblem {
    ReadProblem::BadValue { key: quote(key), value: quote(value), expected }
}
