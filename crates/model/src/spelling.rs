//! How links and files spell what is neither a number nor a setting's word: lengths of time, faults, targets; and what
//! can be wrong with what somebody wrote. Reading never fails: it leaves the damaged part out and says so.

use crate::admin::read_action;
use crate::fault::{Cut, Fault, FaultKind, Target};
use crate::ids::{BrokerId, ControllerId, PartitionId};
use crate::scenario::{LaneId, Lanes, PlacedFault};
use crate::settings::{SettingId, UNLIMITED};
use crate::time::{Duration, Instant};
use std::fmt;

/// Something in a link or a file that could not be understood; what it would have said keeps its default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadProblem {
    /// It does not begin as a link or a file of Highwater does.
    NotHighwater,
    /// It was made by a newer Highwater; nothing of it was read.
    NewerVersion {
        /// Its version.
        version: u32,
    },
    /// It is longer than anything that Highwater writes; nothing of it was read.
    TooLong {
        /// Bytes it has.
        have: u64,
        /// The most that are read.
        max: u64,
    },
    /// Its end is missing: a part was cut off, or it was changed by hand.
    ChecksumMissing,
    /// A part of it was changed on its way, or by hand.
    ChecksumWrong,
    /// Nothing is called that.
    UnknownKey {
        /// The name.
        key: String,
    },
    /// It is said more than once; the first counts.
    Repeated {
        /// The name.
        key: String,
    },
    /// A part that belongs to the others is not there.
    Missing {
        /// Its name.
        key: String,
    },
    /// The value is not of the kind that is expected.
    BadValue {
        /// The name.
        key: String,
        /// The value, as it is written.
        value: String,
        /// What is expected.
        expected: Expected,
    },
    /// The setting cannot have this value.
    OutOfRange {
        /// The name, with its lane.
        key: String,
        /// The setting.
        setting: SettingId,
        /// The value.
        value: i64,
        /// The smallest and the largest.
        range: (i64, i64),
    },
    /// The line of a file has none of the forms that are read.
    Syntax {
        /// What it says.
        text: String,
    },
}

/// What would have been understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// A value of this setting: a number, or one of its words.
    Setting(SettingId),
    /// The name of a preset.
    Preset,
    /// The name of a version profile.
    Profile,
    /// The name of a set of machines.
    Machines,
    /// A whole number.
    Number,
    /// A length of time, such as `25s` or `300ms`.
    Duration,
    /// A fault, such as `ab:10s:crash:busiest:25s`.
    Fault,
    /// What a fault does, such as `crash` or `loss.5`.
    FaultKind,
    /// Whom a fault strikes, such as `busiest` or `b2`.
    Target,
    /// `a`, `b` or `ab`.
    Lanes,
    /// The figures of a lane: acknowledged, lost, duplicated, milliseconds not writable, fingerprint.
    Figures,
    /// A view of the page.
    Place,
    /// The name of a setting.
    SettingName,
    /// The name of a figure, at most one an axis.
    FigureName,
    /// No more values than a chart shows.
    FewerValues,
}

/// Longest piece of foreign text that a problem repeats.
const QUOTE_CHARS_MAX: usize = 80;

/// The text as a problem repeats it: cut where it is long.
pub(crate) fn quote(text: &str) -> String {
    if text.chars().count() <= QUOTE_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(QUOTE_CHARS_MAX).chain("...".chars()).collect()
}

/// The value of a setting, if it is one and in range.
pub(crate) fn read_setting(key: &str, setting: SettingId, value: &str) -> Result<i64, ReadProblem> {
    let Some(number) = setting.read(value) else {
        let expected = Expected::Setting(setting);
        return Err(ReadProblem::BadValue { key: quote(key), value: quote(value), expected });
    };
    let range = setting.range();
    if number < range.0 || range.1 < number {
        return Err(ReadProblem::OutOfRange { key: quote(key), setting, value: number, range });
    }
    Ok(number)
}

const UNITS: [(&str, u64); 4] = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1)];

/// A length of time in the largest unit that needs no fraction: `25s`, `2104ms`, `1500us`.
pub fn write_duration(duration: Duration) -> String {
    let (unit, nanos) = UNITS.into_iter().find(|(_, nanos)| duration.0.is_multiple_of(*nanos)).unwrap_or(("ns", 1));
    format!("{}{unit}", duration.0 / nanos)
}

/// Reads what `write_duration` wrote, and fractions: `2.5s`.
pub fn read_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(unit_at);
    let number = number.strip_suffix(' ').unwrap_or(number); // `40 s` is as good as `40s`
    let (_, nanos) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut total = read_digits::<u64>(whole)?.checked_mul(nanos)?;
    let mut place = nanos;
    for digit in fraction.bytes() {
        place /= 10;
        total = total.checked_add(u64::from(char::from(digit).to_digit(10)?) * place)?;
    }
    Some(Duration(total))
}

/// A number without sign or blanks.
fn read_digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Broker(broker) => broker.fmt(f),
            Target::Controller(controller) => controller.fmt(f),
            Target::Producer(n) => write!(f, "producer-{n}"),
            Target::Consumer(n) => write!(f, "consumer-{n}"),
            Target::Rack(n) => write!(f, "rack-{n}"),
            Target::LeaderOf(partition) => write!(f, "leader.{}", partition.0),
            Target::FollowerOf(partition, n) => write!(f, "follower.{}.{n}", partition.0),
            Target::LeaderOfBusiest => f.write_str("busiest"),
            Target::FollowerOfBusiest(n) => write!(f, "busiest-follower.{n}"),
            Target::ActiveController => f.write_str("active-controller"),
            Target::GroupCoordinator => f.write_str("coordinator"),
            Target::AllBrokers => f.write_str("brokers"),
            Target::AllControllers => f.write_str("controllers"),
            Target::AllProducers => f.write_str("producers"),
            Target::AllConsumers => f.write_str("consumers"),
        }
    }
}

/// Reads a target as its `Display` writes it.
pub fn read_target(text: &str) -> Option<Target> {
    let simple = match text {
        "busiest" => Some(Target::LeaderOfBusiest),
        "active-controller" => Some(Target::ActiveController),
        "coordinator" => Some(Target::GroupCoordinator),
        "brokers" => Some(Target::AllBrokers),
        "controllers" => Some(Target::AllControllers),
        "producers" => Some(Target::AllProducers),
        "consumers" => Some(Target::AllConsumers),
        _ => None,
    };
    if simple.is_some() {
        return simple;
    }
    if let Some(numbers) = text.strip_prefix("follower.") {
        let (partition, n) = numbers.split_once('.')?;
        return Some(Target::FollowerOf(PartitionId(read_digits(partition)?), read_digits(n)?));
    }
    let name_end = text.find(|c: char| c.is_ascii_digit())?;
    let (name, number) = text.split_at(name_end);
    Some(match name {
        "b" => Target::Broker(BrokerId(read_digits(number)?)),
        "c" => Target::Controller(ControllerId(read_digits(number)?)),
        "producer-" => Target::Producer(read_digits(number)?),
        "consumer-" => Target::Consumer(read_digits(number)?),
        "rack-" => Target::Rack(read_digits(number)?),
        "leader." => Target::LeaderOf(PartitionId(read_digits(number)?)),
        "busiest-follower." => Target::FollowerOfBusiest(read_digits(number)?),
        _ => return None,
    })
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FaultKind::ProcessCrash => f.write_str("crash"),
            FaultKind::ControlledStop => f.write_str("stop"),
            FaultKind::PowerLoss => f.write_str("power-loss"),
            FaultKind::Restart => f.write_str("restart"),
            FaultKind::Pause => f.write_str("pause"),
            FaultKind::Cut { with, cut: Cut::BothWays } => write!(f, "cut.both.{with}"),
            FaultKind::Cut { with, cut: Cut::Outbound } => write!(f, "cut.out.{with}"),
            FaultKind::Cut { with, cut: Cut::Inbound } => write!(f, "cut.in.{with}"),
            FaultKind::SlowLink { delay_ms } => write!(f, "slow-link.{delay_ms}"),
            FaultKind::PacketLoss { per_mille } => write!(f, "loss.{per_mille}"),
            FaultKind::SlowDisk { factor } => write!(f, "slow-disk.{factor}"),
            FaultKind::FullDisk => f.write_str("full-disk"),
            FaultKind::HungDisk => f.write_str("hung-disk"),
            FaultKind::ClientSlow { factor } => write!(f, "slow-client.{factor}"),
            FaultKind::LoadBurst { percent } => write!(f, "burst.{percent}"),
            FaultKind::ClockStep { by_ms } => write!(f, "clock.{by_ms}"),
            FaultKind::FailedDirectory { dir } => write!(f, "failed-dir.{dir}"),
            FaultKind::FullDirectory { dir } => write!(f, "full-dir.{dir}"),
            FaultKind::Admin(action) => action.fmt(f),
        }
    }
}

/// Reads a kind of fault as its `Display` writes it.
pub fn read_fault_kind(text: &str) -> Option<FaultKind> {
    let (word, rest) = text.split_once('.').unwrap_or((text, ""));
    Some(match word {
        "cut" => return read_cut(rest),
        "slow-link" => FaultKind::SlowLink { delay_ms: read_digits(rest)? },
        "loss" => FaultKind::PacketLoss { per_mille: read_digits(rest)? },
        "slow-disk" => FaultKind::SlowDisk { factor: read_digits(rest)? },
        "slow-client" => FaultKind::ClientSlow { factor: read_digits(rest)? },
        "burst" => FaultKind::LoadBurst { percent: read_digits(rest)? },
        "clock" => FaultKind::ClockStep { by_ms: rest.parse().ok()? },
        "failed-dir" => FaultKind::FailedDirectory { dir: read_digits(rest)? },
        "full-dir" => FaultKind::FullDirectory { dir: read_digits(rest)? },
        "reassign" | "cancel-reassignment" | "elect" | "config" | "create-partitions" | "delete-records" => {
            FaultKind::Admin(read_action(text)?)
        }
        _ if word != text => return None,
        "crash" => FaultKind::ProcessCrash,
        "stop" => FaultKind::ControlledStop,
        "power-loss" => FaultKind::PowerLoss,
        "restart" => FaultKind::Restart,
        "pause" => FaultKind::Pause,
        "full-disk" => FaultKind::FullDisk,
        "hung-disk" => FaultKind::HungDisk,
        _ => return None,
    })
}

fn read_cut(text: &str) -> Option<FaultKind> {
    let (way, with) = text.split_once('.')?;
    let cut = match way {
        "both" => Cut::BothWays,
        "out" => Cut::Outbound,
        "in" => Cut::Inbound,
        _ => return None,
    };
    Some(FaultKind::Cut { with: read_target(with)?, cut })
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lanes::Both => "ab",
            Lanes::Only(LaneId::A) => "a",
            Lanes::Only(LaneId::B) => "b",
        })
    }
}

/// Reads which lanes a fault strikes, as its `Display` writes it.
pub fn read_lanes(text: &str) -> Option<Lanes> {
    [Lanes::Both, Lanes::Only(LaneId::A), Lanes::Only(LaneId::B)].into_iter().find(|lanes| lanes.to_string() == text)
}

/// A fault as links spell it: lanes, time, kind, target and, if it ends, its length.
pub(crate) fn write_fault(placed: &PlacedFault) -> String {
    let Fault { at, kind, target, duration } = placed.fault;
    let length = duration.map(|duration| format!(":{}", write_duration(duration))).unwrap_or_default();
    format!("{}:{}:{kind}:{target}{length}", placed.lanes, write_duration(Duration(at.0)))
}

/// Reads what `write_fault` wrote.
pub(crate) fn read_fault(text: &str) -> Option<PlacedFault> {
    let mut parts = text.split(':');
    let lanes = read_lanes(parts.next()?)?;
    let at = Instant(read_duration(parts.next()?)?.0);
    let kind = read_fault_kind(parts.next()?)?;
    let target = read_target(parts.next()?)?;
    let duration = match parts.next() {
        Some(length) => Some(read_duration(length)?),
        None => None,
    };
    if parts.next().is_some() {
        return None;
    }
    Some(PlacedFault { lanes, fault: Fault { at, kind, target, duration } })
}

/// A setting's value as a file writes it: words in quotes, numbers and `true` or `false` without.
pub(crate) fn toml_value(setting: SettingId, value: i64) -> String {
    let text = setting.write(value);
    let bare = match setting.words() {
        [] => value != UNLIMITED,
        words => words == ["false", "true"],
    };
    if bare { text } else { format!("\"{text}\"") }
}
