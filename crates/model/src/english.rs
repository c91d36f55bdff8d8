//! Plain English words for what is wrong with a scenario, a file or a link. (The page has its own, in two languages.)

use crate::file::FileProblem;
use crate::machines::Machines;
use crate::place::CHART_VALUES_MAX;
use crate::settings::Unit;
use crate::spelling::{Expected, ReadProblem, write_duration};
use crate::{Duration, Problem, Profile, SettingId};

/// A problem of a scenario: field, value, bound.
pub fn problem(problem: &Problem) -> String {
    match problem {
        Problem::OutOfRange { setting, value, range } => {
            format!("{} is {}, but must lie {}", setting.name(), valued(*setting, *value), between(*setting, *range))
        }
        Problem::TooFewBrokers { setting, have, need } => {
            format!("{} is {need}, but cluster.brokers is only {have}", setting.name())
        }
        Problem::IdempotenceNeeds { setting, value } => {
            let need = match setting {
                SettingId::Acks => "acks=all",
                SettingId::Retries => "retries of at least 1",
                _ => "max.in.flight.requests.per.connection of at most 5",
            };
            format!("{} is {}, but enable.idempotence needs {need}", setting.name(), valued(*setting, *value))
        }
        Problem::TransactionsNeedIdempotence => "transactional.id needs enable.idempotence=true".to_owned(),
        Problem::DeliveryTimeoutTooShort { have_ms, need_ms } => format!(
            "delivery.timeout.ms is {have_ms} ms, but must be at least linger.ms + request.timeout.ms, {need_ms} ms"
        ),
        Problem::LargerThan { setting, value, bound, limit } => format!(
            "{} is {}, but must not be larger than {}, {}",
            setting.name(),
            valued(*setting, *value),
            bound.name(),
            valued(*bound, *limit)
        ),
        Problem::Duration { have, max } => {
            format!("the run is {} long, but must be longer than 0s, at most {}", span(*have), span(*max))
        }
        Problem::TooManyRecords { have, max } => {
            format!("the sources offer {have} records in the whole run, but at most {max} fit")
        }
        Problem::TooManyFaults { have, max } => format!("there are {have} faults, but at most {max} are allowed"),
        Problem::FaultTooLate { fault, at, end } => {
            format!("fault {} strikes at {}, but the run ends at {}", fault + 1, span(Duration(at.0)), span(*end))
        }
        Problem::NoSuchTarget { fault, target } => {
            format!("fault {} strikes {target}, which this cluster does not have", fault + 1)
        }
        Problem::WrongTarget { fault } => format!("fault {} does nothing to a target of its kind", fault + 1),
        Problem::FaultOutOfRange { fault, value, range } => {
            format!("fault {} has the number {value}, but it must lie between {} and {}", fault + 1, range.0, range.1)
        }
    }
}

/// A problem of a file, with its line.
pub fn file_problem(found: &FileProblem) -> String {
    let line = found.line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{line}{}", read_problem(&found.problem))
}

/// A problem of a file or a link.
pub fn read_problem(problem: &ReadProblem) -> String {
    match problem {
        ReadProblem::NotHighwater => {
            "this is nothing of Highwater's: a link begins with `#v1`, a file says `highwater = 1`".to_owned()
        }
        ReadProblem::NewerVersion { version } => {
            format!("this was made by a newer Highwater (version {version} of links and files)")
        }
        ReadProblem::TooLong { have, max } => format!("this has {have} bytes; at most {max} are read"),
        ReadProblem::ChecksumMissing => "the end of the link is missing, or it was changed by hand".to_owned(),
        ReadProblem::ChecksumWrong => "a part of the link was changed on its way, or by hand".to_owned(),
        ReadProblem::UnknownKey { key } => format!("nothing is called `{key}`"),
        ReadProblem::Repeated { key } => format!("`{key}` is said more than once"),
        ReadProblem::Missing { key } => format!("`{key}` is missing"),
        ReadProblem::BadValue { key, value, expected } => {
            format!("`{key}` is `{value}`, but must be {}", expectation(*expected))
        }
        ReadProblem::OutOfRange { key, setting, value, range } => {
            format!("`{key}` is {}, but must lie {}", valued(*setting, *value), between(*setting, *range))
        }
        ReadProblem::Syntax { text } => format!("`{text}` is not understood"),
    }
}

fn expectation(expected: Expected) -> String {
    match expected {
        Expected::Setting(setting) => match setting.words() {
            [] => format!("a number {}", between(setting, setting.range())),
            words => format!("one of {}", words.join(", ")),
        },
        Expected::Preset => "one of payments, clickstream, defaults".to_owned(),
        Expected::Profile => format!("one of {}", Profile::ALL.map(Profile::name).join(", ")),
        Expected::Machines => format!("one of {}", Machines::ALL.map(Machines::name).join(", ")),
        Expected::Number => "a whole number".to_owned(),
        Expected::Duration => "a length of time such as 25s or 300ms".to_owned(),
        Expected::Fault => "a fault such as ab:10s:crash:busiest:25s".to_owned(),
        Expected::FaultKind => "what a fault does, such as crash, power-loss or loss.5".to_owned(),
        Expected::Target => "whom a fault strikes, such as busiest, b2 or rack-1".to_owned(),
        Expected::Lanes => "a, b or ab".to_owned(),
        Expected::Figures => "the figures of a run".to_owned(),
        Expected::Place => "one of playground, tradeoffs, compare".to_owned(),
        Expected::SettingName => "the name of a setting".to_owned(),
        Expected::FigureName => "the name of a figure, one an axis".to_owned(),
        Expected::FewerValues => format!("one of {CHART_VALUES_MAX} values at most"),
    }
}

fn between(setting: SettingId, range: (i64, i64)) -> String {
    format!("between {} and {}", valued(setting, range.0), valued(setting, range.1))
}

/// A setting's value with its unit.
pub fn valued(setting: SettingId, value: i64) -> String {
    let is_word = !setting.words().is_empty() && (0..setting.words().len() as i64).contains(&value);
    let text = if is_word || setting.words().is_empty() { setting.write(value) } else { value.to_string() };
    let unit = match setting.unit() {
        Unit::Count | Unit::Choice => "",
        Unit::Millis => " ms",
        Unit::Seconds => " s",
        Unit::Minutes => " min",
        Unit::Micros => " us",
        Unit::Nanos => " ns",
        Unit::Bytes => " B",
        Unit::MegabytesPerSecond => " MB/s",
        Unit::RecordsPerSecond => " records/s",
        Unit::Percent => " %",
    };
    format!("{text}{unit}")
}

fn span(duration: Duration) -> String {
    write_duration(duration)
}

#[cfg(test)]
mod tests {
    use super::{file_problem, problem};
    use crate::presets::first_visit;
    use crate::{BrokerId, Duration, FaultKind, Instant, LaneId, SettingId, Target};
    use expect_test::expect;

    #[test]
    fn every_problem_of_a_scenario_names_field_value_and_bound() {
        let mut scenario = first_visit().scenario(LaneId::A);
        for (setting, value) in [
            (SettingId::Acks, 1),
            (SettingId::Retries, 0),
            (SettingId::MaxInFlight, 6),
            (SettingId::DeliveryTimeout, 10),
            (SettingId::ReplicationFactor, 5),
            (SettingId::BatchSize, 100_000_000),
        ] {
            setting.set(&mut scenario.setup, value);
        }
        scenario.setup.topic.min_insync_replicas = 200;
        scenario.duration = Duration::from_secs(5_000);
        scenario.setup.workload.records_per_second = 1_000_000;
        let crash = scenario.faults[0];
        scenario.faults[0].at = Instant::from_millis(9_999_000);
        scenario.faults.push(crate::Fault { target: Target::Broker(BrokerId(9)), ..crash });
        scenario.faults.push(crate::Fault { kind: FaultKind::LoadBurst { percent: 0 }, ..crash });
        let lines: String = scenario.check().iter().map(|found| problem(found) + "\n").collect();
        expect![[r#"
            min.insync.replicas is 200, but must lie between 1 and 12
            replication.factor is 5, but cluster.brokers is only 3
            acks is 1, but enable.idempotence needs acks=all
            retries is 0, but enable.idempotence needs retries of at least 1
            max.in.flight.requests.per.connection is 6, but enable.idempotence needs max.in.flight.requests.per.connection of at most 5
            delivery.timeout.ms is 10 ms, but must be at least linger.ms + request.timeout.ms, 30005 ms
            batch.size is 100000000 B, but must not be larger than buffer.memory, 33554432 B
            the run is 5000s long, but must be longer than 0s, at most 3600s
            the sources offer 5000000000 records in the whole run, but at most 400000000 fit
            fault 1 strikes at 9999s, but the run ends at 5000s
            fault 2 strikes b9, which this cluster does not have
            fault 3 does nothing to a target of its kind
            fault 3 has the number 0, but it must lie between 1 and 10000
        "#]].assert_eq(&lines);
    }

    #[test]
    fn every_problem_of_a_file_says_what_would_be_right() {
        let opened = crate::file::read(
            "highwater = 1\npreset = \"bank\"\nseed = -1\n[settings]\nacks = \"two\"\nnum.io.threads = 99\n\
             [[faults]]\nat = \"soon\"\nkind = \"fire\"\ntarget = \"all\"\ncolor = \"red\"\n",
        );
        let lines: String = opened.problems.iter().map(|found| file_problem(found) + "\n").collect();
        expect![[r#"
            line 2: `preset` is `bank`, but must be one of payments, clickstream, defaults
            line 3: `seed` is `-1`, but must be a whole number
            line 5: `settings.acks` is `two`, but must be one of 0, 1, all
            line 6: `settings.num.io.threads` is 99, but must lie between 1 and 64
            line 8: `at` is `soon`, but must be a length of time such as 25s or 300ms
            line 9: `kind` is `fire`, but must be what a fault does, such as crash, power-loss or loss.5
            line 10: `target` is `all`, but must be whom a fault strikes, such as busiest, b2 or rack-1
            line 11: nothing is called `color`
        "#]]
        .assert_eq(&lines);
    }
}
