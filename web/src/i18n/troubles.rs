//! What is wrong with a scenario, a link or a file, in sentences with field, value and bound.

use super::Text;
use super::faults::target;
use super::numbers::{count, duration, moment, signed};
use crate::state::{Language, Trouble};
use highwater_model::machines::Machines;
use highwater_model::place::CHART_VALUES_MAX;
use highwater_model::settings::UNLIMITED;
use highwater_model::spelling::{Expected, ReadProblem};
use highwater_model::{Problem, Profile, SettingId};

impl Text {
    /// What keeps a lane from running.
    pub fn trouble(&self, trouble: &Trouble) -> String {
        match (trouble, self.language) {
            (Trouble::NotANumber { setting, text }, Language::English) => {
                format!("{}: \u{201c}{text}\u{201d} is not a number. {}", setting.name(), self.range_of(*setting))
            }
            (Trouble::NotANumber { setting, text }, Language::Korean) => {
                format!("{}: 숫자가 아닌 값입니다(\u{201c}{text}\u{201d}). {}", setting.name(), self.range_of(*setting))
            }
            (Trouble::Impossible(problem), Language::English) => english(problem),
            (Trouble::Impossible(problem), Language::Korean) => korean(problem),
        }
    }

    /// What could not be read.
    pub fn read_problem(&self, problem: &ReadProblem) -> String {
        match self.language {
            Language::English => english_reading(problem),
            Language::Korean => korean_reading(problem),
        }
    }

    /// The values that a setting takes.
    pub fn range_of(&self, setting: SettingId) -> String {
        let (min, max) = setting.range();
        match self.language {
            Language::English => format!("It takes {}.", span(setting, min, max)),
            Language::Korean => format!("가능한 값: {}.", span(setting, min, max)),
        }
    }
}

/// `1 – 12`, or the words of a choice.
pub fn span(setting: SettingId, min: i64, max: i64) -> String {
    match setting.words() {
        [] => format!("{} \u{2013} {}", plain(min), plain(max)),
        words => words.join(", "),
    }
}

fn plain(value: i64) -> String {
    if value == UNLIMITED { "unlimited".to_owned() } else { signed(value) }
}

fn english(problem: &Problem) -> String {
    match problem {
        Problem::OutOfRange { setting, value, range } => format!(
            "{}: {} is out of range. It takes {}.",
            setting.name(),
            plain(*value),
            span(*setting, range.0, range.1)
        ),
        Problem::TooFewBrokers { setting, have, need } => {
            format!("{} = {need} needs {need} brokers; {} is {have}.", setting.name(), SettingId::Brokers.name())
        }
        Problem::IdempotenceNeeds { setting, value } => format!(
            "enable.idempotence = true does not go with {} = {}: {}. Kafka refuses it (ConfigException).",
            setting.name(),
            setting.write(*value),
            match setting {
                SettingId::Acks => "it needs acks = all",
                SettingId::Retries => "it needs at least 1",
                _ => "it allows at most 5",
            }
        ),
        Problem::TransactionsNeedIdempotence => {
            "transactional.id needs enable.idempotence = true. Kafka refuses it (ConfigException).".to_owned()
        }
        Problem::DeliveryTimeoutTooShort { have_ms, need_ms } => format!(
            "delivery.timeout.ms = {} is less than linger.ms + request.timeout.ms = {}. Kafka refuses it \
             (ConfigException).",
            count((*have_ms).into()),
            count(*need_ms)
        ),
        Problem::LargerThan { setting, value, bound, limit } => {
            format!("{} = {} is more than {} = {}.", setting.name(), plain(*value), bound.name(), plain(*limit))
        }
        Problem::Duration { have, max } => {
            format!("The run lasts {}; it can last from 1 ms to {}.", duration(*have), duration(*max))
        }
        Problem::TooManyRecords { have, max } => format!(
            "{} times the run's length offers {} records; a browser can hold {}.",
            SettingId::RecordsPerSecond.name(),
            count(*have),
            count(*max)
        ),
        Problem::TooManyFaults { have, max } => format!("There are {have} faults; at most {max} are possible."),
        Problem::FaultTooLate { fault, at, end } => {
            format!("Fault {} strikes at {}, after the run's end at {}.", fault + 1, moment(*at), duration(*end))
        }
        Problem::NoSuchTarget { fault, target: whom } => {
            format!(
                "Fault {} strikes \u{201c}{}\u{201d}, which this lane does not have.",
                fault + 1,
                target(Language::English, *whom)
            )
        }
        Problem::WrongTarget { fault } => format!("Fault {} does nothing to that target.", fault + 1),
        Problem::FaultOutOfRange { fault, value, range } => format!(
            "Fault {}: {} is out of range. It takes {} \u{2013} {}.",
            fault + 1,
            signed(*value),
            signed(range.0),
            signed(range.1)
        ),
    }
}

fn korean(problem: &Problem) -> String {
    match problem {
        Problem::OutOfRange { setting, value, range } => format!(
            "{}: 범위를 벗어난 값입니다({}). 가능한 값: {}.",
            setting.name(),
            plain(*value),
            span(*setting, range.0, range.1)
        ),
        Problem::TooFewBrokers { setting, have, need } => {
            format!(
                "{} = {need}: 브로커가 {need}대 필요합니다. 지금 {}: {have}.",
                setting.name(),
                SettingId::Brokers.name()
            )
        }
        Problem::IdempotenceNeeds { setting, value } => format!(
            "enable.idempotence = true: 함께 쓸 수 없는 설정이 있습니다({} = {}). {}. Kafka가 거부합니다(ConfigException).",
            setting.name(),
            setting.write(*value),
            match setting {
                SettingId::Acks => "acks = all이어야 합니다",
                SettingId::Retries => "1 이상이어야 합니다",
                _ => "5 이하여야 합니다",
            }
        ),
        Problem::TransactionsNeedIdempotence => {
            "transactional.id: enable.idempotence = true가 필요합니다. Kafka가 거부합니다(ConfigException).".to_owned()
        }
        Problem::DeliveryTimeoutTooShort { have_ms, need_ms } => format!(
            "delivery.timeout.ms = {}: linger.ms + request.timeout.ms = {} 이상이어야 합니다. Kafka가 거부합니다\
             (ConfigException).",
            count((*have_ms).into()),
            count(*need_ms)
        ),
        Problem::LargerThan { setting, value, bound, limit } => {
            format!("{} = {}: 상한을 넘습니다({} = {}).", setting.name(), plain(*value), bound.name(), plain(*limit))
        }
        Problem::Duration { have, max } => {
            format!("실행 길이: {}. 1 ms부터 {}까지 가능합니다.", duration(*have), duration(*max))
        }
        Problem::TooManyRecords { have, max } => format!(
            "{}에 실행 길이를 곱하면 레코드 {}건입니다. 브라우저가 담을 수 있는 것은 {}건입니다.",
            SettingId::RecordsPerSecond.name(),
            count(*have),
            count(*max)
        ),
        Problem::TooManyFaults { have, max } => format!("장애 {have}개: 최대 {max}개까지 가능합니다."),
        Problem::FaultTooLate { fault, at, end } => {
            format!("장애 {}: 시각 {}, 실행의 끝({}) 이후입니다.", fault + 1, moment(*at), duration(*end))
        }
        Problem::NoSuchTarget { fault, target: whom } => {
            format!(
                "장애 {}: 이 레인에 없는 대상입니다(\u{201c}{}\u{201d}).",
                fault + 1,
                target(Language::Korean, *whom)
            )
        }
        Problem::WrongTarget { fault } => format!("장애 {}: 그 대상에는 아무 영향이 없습니다.", fault + 1),
        Problem::FaultOutOfRange { fault, value, range } => format!(
            "장애 {}: 범위를 벗어난 값입니다({}). 가능한 값: {} \u{2013} {}.",
            fault + 1,
            signed(*value),
            signed(range.0),
            signed(range.1)
        ),
    }
}

fn english_reading(problem: &ReadProblem) -> String {
    match problem {
        ReadProblem::NotHighwater => "It does not begin as Highwater's links and files do.".to_owned(),
        ReadProblem::NewerVersion { version } => {
            format!("It was made by a newer Highwater (version {version}); nothing of it was read.")
        }
        ReadProblem::TooLong { have, max } => {
            format!("It is {} bytes long; at most {} are read. Nothing of it was read.", count(*have), count(*max))
        }
        ReadProblem::ChecksumMissing => "Its end is missing: something was cut off.".to_owned(),
        ReadProblem::ChecksumWrong => "Its checksum is wrong: something was changed on its way, or by hand.".to_owned(),
        ReadProblem::UnknownKey { key } => format!("Nothing is called \u{201c}{key}\u{201d}."),
        ReadProblem::Repeated { key } => format!("\u{201c}{key}\u{201d} is there more than once; the first counts."),
        ReadProblem::Missing { key } => format!("\u{201c}{key}\u{201d} is missing."),
        ReadProblem::BadValue { key, value, expected } => {
            format!("{key}: \u{201c}{value}\u{201d} is not {}.", english_expected(*expected))
        }
        ReadProblem::OutOfRange { key, setting, value, range } => {
            format!("{key}: {} is out of range. It takes {}.", plain(*value), span(*setting, range.0, range.1))
        }
        ReadProblem::Syntax { text } => format!("\u{201c}{text}\u{201d} cannot be read."),
    }
}

fn english_expected(expected: Expected) -> String {
    match expected {
        Expected::Setting(setting) => match setting.words() {
            [] => "a number".to_owned(),
            words => format!("one of {}", words.join(", ")),
        },
        Expected::Preset => "the name of a preset".to_owned(),
        Expected::Profile => format!("one of {}", Profile::ALL.map(Profile::name).join(", ")),
        Expected::Machines => format!("one of {}", Machines::ALL.map(Machines::name).join(", ")),
        Expected::Number => "a whole number".to_owned(),
        Expected::Duration => "a length of time such as 25s or 300ms".to_owned(),
        Expected::Fault => "a fault such as ab:10s:crash:busiest:25s".to_owned(),
        Expected::FaultKind => "a kind of fault such as crash or loss.5".to_owned(),
        Expected::Target => "a target such as busiest or b2".to_owned(),
        Expected::Lanes => "a, b or ab".to_owned(),
        Expected::Figures => "the figures of a lane".to_owned(),
        Expected::Place => "a view: playground, tradeoffs or compare".to_owned(),
        Expected::SettingName => "the name of a setting".to_owned(),
        Expected::FigureName => "the name of a figure, one an axis".to_owned(),
        Expected::FewerValues => format!("one of {CHART_VALUES_MAX} values at most"),
    }
}

fn korean_reading(problem: &ReadProblem) -> String {
    match problem {
        ReadProblem::NotHighwater => "Highwater의 링크나 파일이 아닙니다.".to_owned(),
        ReadProblem::NewerVersion { version } => {
            format!("더 새로운 Highwater(버전 {version})에서 만든 것이라 읽지 않았습니다.")
        }
        ReadProblem::TooLong { have, max } => {
            format!(
                "너무 깁니다: {} 바이트. 최대 {} 바이트까지 읽습니다. 아무것도 읽지 않았습니다.",
                count(*have),
                count(*max)
            )
        }
        ReadProblem::ChecksumMissing => "끝부분이 없습니다. 일부가 잘려 나갔습니다.".to_owned(),
        ReadProblem::ChecksumWrong => "체크섬이 맞지 않습니다. 옮기는 중에, 또는 손으로 바뀌었습니다.".to_owned(),
        ReadProblem::UnknownKey { key } => format!("알 수 없는 이름입니다: \u{201c}{key}\u{201d}."),
        ReadProblem::Repeated { key } => format!("두 번 이상 나옵니다: \u{201c}{key}\u{201d}. 처음 것만 씁니다."),
        ReadProblem::Missing { key } => format!("빠져 있습니다: \u{201c}{key}\u{201d}."),
        ReadProblem::BadValue { key, value, expected } => {
            format!("{key}: \u{201c}{value}\u{201d} 대신 필요한 것: {}.", korean_expected(*expected))
        }
        ReadProblem::OutOfRange { key, setting, value, range } => format!(
            "{key}: 범위를 벗어난 값입니다({}). 가능한 값: {}.",
            plain(*value),
            span(*setting, range.0, range.1)
        ),
        ReadProblem::Syntax { text } => format!("읽을 수 없습니다: \u{201c}{text}\u{201d}."),
    }
}

fn korean_expected(expected: Expected) -> String {
    match expected {
        Expected::Setting(setting) => match setting.words() {
            [] => "숫자".to_owned(),
            words => format!("다음 중 하나({})", words.join(", ")),
        },
        Expected::Preset => "프리셋 이름".to_owned(),
        Expected::Profile => format!("{} 중 하나", Profile::ALL.map(Profile::name).join(", ")),
        Expected::Machines => format!("{} 중 하나", Machines::ALL.map(Machines::name).join(", ")),
        Expected::Number => "정수".to_owned(),
        Expected::Duration => "25s나 300ms 같은 시간".to_owned(),
        Expected::Fault => "ab:10s:crash:busiest:25s 같은 장애".to_owned(),
        Expected::FaultKind => "crash나 loss.5 같은 장애 종류".to_owned(),
        Expected::Target => "busiest나 b2 같은 대상".to_owned(),
        Expected::Lanes => "a, b 또는 ab".to_owned(),
        Expected::Figures => "레인의 수치".to_owned(),
        Expected::Place => "playground, tradeoffs, compare 중 하나인 화면".to_owned(),
        Expected::SettingName => "설정 이름".to_owned(),
        Expected::FigureName => "축마다 하나씩인 수치 이름".to_owned(),
        Expected::FewerValues => format!("{CHART_VALUES_MAX}개 이하의 값"),
    }
}
