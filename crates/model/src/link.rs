//! A comparison as a link: `#v1&a.acks=1&seed=9&sum=...`. Version first, then only what differs from the first visit's
//! comparison, a checksum last. Old links decode for ever: what a version's defaults are must not change, and a part
//! that is unknown or damaged is named, never dropped in silence.

use crate::place::{self, Place};
use crate::presets::{Preset, first_visit};
use crate::profile::Profile;
use crate::scenario::{Comparison, LaneId, Lanes, PlacedFault, Scenario, Setup};
use crate::settings::SettingId;
use crate::spelling::{
    Expected, ReadProblem, quote, read_duration, read_fault, read_setting, write_duration, write_fault,
};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The version that is written.
const VERSION: u32 = 1;

/// The longest link that is read: 200 faults and every setting of both lanes need less.
pub const LINK_BYTES_MAX: usize = 32_768;

/// What a lane's run came to when its link was made; the page says when a newer engine finds other figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headline {
    /// Records reported as sent.
    pub acked: u64,
    /// Acked records lost.
    pub lost: u64,
    /// Records duplicated.
    pub duplicated: u64,
    /// How long at least one partition was not writable.
    pub unwritable_ms: u64,
    /// The run's fingerprint.
    pub fingerprint: u64,
}

/// The figures that a link was shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The engine that found them.
    pub engine: u32,
    /// Those of A and of B.
    pub lanes: [Headline; 2],
}

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Where it leads.
    pub place: Place,
    /// The comparison; what could not be read is as on the first visit.
    pub comparison: Comparison,
    /// The figures it was shared with, if any.
    pub outcome: Option<Outcome>,
    /// All that could not be read.
    pub problems: Vec<ReadProblem>,
}

const LANE_KEYS: [(LaneId, &str); 2] = [(LaneId::A, "a"), (LaneId::B, "b")];

/// The comparison as a link's fragment, from its `#` on; with the figures of its runs where they are known.
pub fn encode(comparison: &Comparison, outcome: Option<&Outcome>) -> String {
    encode_at(&Place::Playground, comparison, outcome)
}

/// The same, leading to a place of the page.
pub fn encode_at(place: &Place, comparison: &Comparison, outcome: Option<&Outcome>) -> String {
    let mut items = place::write(place);
    let base = first_visit();
    for (lane, key) in LANE_KEYS {
        let setup = &comparison.lanes[lane.index()];
        if setup.preset != base.lanes[lane.index()].preset {
            items.push(format!("{key}={}", setup.preset.name()));
        }
        if setup.profile != base.lanes[lane.index()].profile {
            items.push(format!("{key}.profile={}", setup.profile.name()));
        }
        items.extend(setup.changed().map(|id| format!("{key}.{}={}", id.name(), id.write(id.get(setup)))));
    }
    // Always with the rest: the first visit's seed is one that shows something, and a new engine may need another.
    if *comparison != base || outcome.is_some() || *place != Place::Playground {
        items.push(format!("seed={}", comparison.seed));
    }
    if comparison.duration != base.duration {
        items.push(format!("for={}", write_duration(comparison.duration)));
    }
    if comparison.faults != base.faults {
        items.extend(comparison.faults.iter().map(|placed| format!("f={}", write_fault(placed))));
        if comparison.faults.is_empty() {
            items.push("f=none".to_owned());
        }
    }
    if let Some(outcome) = outcome {
        items.push(format!("engine={}", outcome.engine));
        items.extend(LANE_KEYS.map(|(lane, key)| format!("{key}.was={}", outcome.lanes[lane.index()].spelled())));
    }
    let mut link = format!("#v{VERSION}");
    if !items.is_empty() {
        let body = items.join("&");
        write!(link, "&{body}&sum={}", checksum(&body)).expect("a string takes all that is written");
    }
    link
}

/// One scenario as a link: both lanes run it.
pub fn encode_scenario(scenario: &Scenario) -> String {
    let faults = scenario.faults.iter().map(|fault| PlacedFault { lanes: Lanes::Both, fault: *fault }).collect();
    let lanes = [scenario.setup.clone(), scenario.setup.clone()];
    encode(&Comparison { lanes, faults, seed: scenario.seed, duration: scenario.duration }, None)
}

/// Reads a link, or its fragment; an empty one is the first visit.
pub fn decode(link: &str) -> Decoded {
    let mut reader = Reader {
        decoded: Decoded { place: Place::Playground, comparison: first_visit(), outcome: None, problems: Vec::new() },
        seen: BTreeSet::new(),
        engine: None,
        headlines: [None; 2],
    };
    let fragment = link.split_once('#').map_or(link, |(_, fragment)| fragment);
    if LINK_BYTES_MAX < fragment.len() {
        reader.problem(ReadProblem::TooLong { have: fragment.len() as u64, max: LINK_BYTES_MAX as u64 });
    } else if !fragment.is_empty() {
        reader.read(&percent_decoded(fragment));
    }
    reader.decoded
}

struct Reader {
    decoded: Decoded,
    seen: BTreeSet<String>,
    engine: Option<u32>,
    headlines: [Option<Headline>; 2],
}

impl Reader {
    fn problem(&mut self, problem: ReadProblem) {
        self.decoded.problems.push(problem);
    }

    fn read(&mut self, fragment: &str) {
        let (version, body) = fragment.split_once('&').unwrap_or((fragment, ""));
        match version.strip_prefix('v').and_then(|number| number.parse::<u32>().ok()) {
            Some(VERSION) => self.read_body(body),
            Some(version) if VERSION < version => self.problem(ReadProblem::NewerVersion { version }),
            _ => self.problem(ReadProblem::NotHighwater),
        }
    }

    fn read_body(&mut self, body: &str) {
        if body.is_empty() {
            return;
        }
        let items: Vec<&str> = body.split('&').collect();
        self.check_sum(&items);
        let pairs: Vec<(&str, &str)> = items.iter().map(|item| item.split_once('=').unwrap_or((item, ""))).collect();
        if pairs.iter().any(|(key, _)| *key == "f") {
            self.decoded.comparison.faults.clear();
        }
        // A lane's preset and its profile decide what its settings differ from, so they come first wherever they stand.
        let rank = |key: &str| match key {
            "a" | "b" => 0,
            "a.profile" | "b.profile" => 1,
            _ => 2,
        };
        for at in 0..=2 {
            for (key, value) in pairs.iter().filter(|(key, _)| rank(key) == at) {
                self.read_item(key, value);
            }
        }
        self.decoded.place = place::read(&pairs, &mut self.decoded.problems);
        self.gather_outcome();
    }

    fn check_sum(&mut self, items: &[&str]) {
        let Some(sum) = items.iter().find_map(|item| item.strip_prefix("sum=")) else {
            return self.problem(ReadProblem::ChecksumMissing);
        };
        let rest: Vec<&str> = items.iter().copied().filter(|item| !item.starts_with("sum=")).collect();
        if checksum(&rest.join("&")) != sum {
            self.problem(ReadProblem::ChecksumWrong);
        }
    }

    fn read_item(&mut self, key: &str, value: &str) {
        if key != "f" && !self.seen.insert(key.to_owned()) {
            return self.problem(ReadProblem::Repeated { key: quote(key) });
        }
        for (lane, prefix) in LANE_KEYS {
            if key == prefix {
                return self.read_preset(lane, key, value);
            }
            if let Some(name) = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')) {
                return self.read_of_lane(lane, key, name, value);
            }
        }
        let comparison = &mut self.decoded.comparison;
        let understood = match key {
            "seed" => value.parse().map(|seed| comparison.seed = seed).map_err(|_| Expected::Number),
            "for" => read_duration(value).map(|length| comparison.duration = length).ok_or(Expected::Duration),
            "f" if value == "none" => Ok(()),
            "f" => read_fault(value).map(|placed| comparison.faults.push(placed)).ok_or(Expected::Fault),
            "engine" => value.parse().map(|engine| self.engine = Some(engine)).map_err(|_| Expected::Number),
            // Looked at before everything else.
            "sum" => Ok(()),
            // Looked at together, after everything else.
            key if place::is_key(key) => Ok(()),
            _ => return self.problem(ReadProblem::UnknownKey { key: quote(key) }),
        };
        if let Err(expected) = understood {
            self.bad(key, value, expected);
        }
    }

    fn bad(&mut self, key: &str, value: &str, expected: Expected) {
        self.problem(ReadProblem::BadValue { key: quote(key), value: quote(value), expected });
    }

    fn lane(&mut self, lane: LaneId) -> &mut Setup {
        &mut self.decoded.comparison.lanes[lane.index()]
    }

    fn read_preset(&mut self, lane: LaneId, key: &str, value: &str) {
        match Preset::by_name(value) {
            Some(preset) => *self.lane(lane) = preset.setup(),
            None => self.bad(key, value, Expected::Preset),
        }
    }

    fn read_profile(&mut self, lane: LaneId, key: &str, value: &str) {
        match Profile::by_name(value) {
            Some(profile) => *self.lane(lane) = self.lane(lane).in_profile(profile),
            None => self.bad(key, value, Expected::Profile),
        }
    }

    fn read_of_lane(&mut self, lane: LaneId, key: &str, name: &str, value: &str) {
        if name == "profile" {
            return self.read_profile(lane, key, value);
        }
        if name == "was" {
            self.headlines[lane.index()] = Headline::read(value);
            if self.headlines[lane.index()].is_none() {
                self.bad(key, value, Expected::Figures);
            }
            return;
        }
        let Some(setting) = SettingId::by_name(name) else {
            return self.problem(ReadProblem::UnknownKey { key: quote(key) });
        };
        match read_setting(key, setting, value) {
            Ok(number) => setting.set(self.lane(lane), number),
            Err(problem) => self.problem(problem),
        }
    }

    /// An outcome needs the engine and both lanes.
    fn gather_outcome(&mut self) {
        const KEYS: [&str; 3] = ["engine", "a.was", "b.was"];
        if let (Some(engine), [Some(a), Some(b)]) = (self.engine, self.headlines) {
            self.decoded.outcome = Some(Outcome { engine, lanes: [a, b] });
        } else if KEYS.iter().any(|key| self.seen.contains(*key)) {
            for key in KEYS.into_iter().filter(|key| !self.seen.contains(*key)).collect::<Vec<_>>() {
                self.problem(ReadProblem::Missing { key: key.to_owned() });
            }
        }
    }
}

impl Headline {
    fn spelled(&self) -> String {
        let Headline { acked, lost, duplicated, unwritable_ms, fingerprint } = self;
        format!("{acked}:{lost}:{duplicated}:{unwritable_ms}:{fingerprint:016x}")
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let mut number = || parts.next()?.parse().ok();
        let (acked, lost, duplicated, unwritable_ms) = (number()?, number()?, number()?, number()?);
        let fingerprint = u64::from_str_radix(parts.next()?, 16).ok()?;
        parts.next().is_none().then_some(Headline { acked, lost, duplicated, unwritable_ms, fingerprint })
    }
}

/// 24 bits of FNV-1a: enough to notice what a chat or a mail does to a link.
fn checksum(text: &str) -> String {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{:06x}", (hash >> 24) ^ (hash & 0x00ff_ffff))
}

/// What chats and mails wrote as `%3A` and the like, written plainly again.
fn percent_decoded(text: &str) -> String {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| (high * 16 + low) as u8),
            _ => None,
        };
        plain.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}
