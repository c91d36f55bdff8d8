//! The five axes in words: their names, their figures, and what changes between two values of a setting.

use super::numbers::{self, NARROW};
use crate::state::Language;
use crate::state::tradeoff::{differ, is_near};
use highwater_experiments::axes::{Axis, Bottleneck, Estimate, Figure, FigureUnit};

/// An axis' name.
pub fn axis(language: Language, axis: Axis) -> &'static str {
    match (language, axis) {
        (Language::English, Axis::Reliability) => "Reliability",
        (Language::English, Axis::Availability) => "Availability",
        (Language::English, Axis::Throughput) => "Throughput",
        (Language::English, Axis::Latency) => "Latency",
        (Language::English, Axis::Cost) => "Cost",
        (Language::Korean, Axis::Reliability) => "신뢰성",
        (Language::Korean, Axis::Availability) => "가용성",
        (Language::Korean, Axis::Throughput) => "처리량",
        (Language::Korean, Axis::Latency) => "지연 시간",
        (Language::Korean, Axis::Cost) => "비용",
    }
}

/// What a figure counts, as a line beneath its axis.
pub fn figure(language: Language, figure: Figure) -> &'static str {
    match language {
        Language::English => english(figure),
        Language::Korean => korean(figure),
    }
}

const fn english(figure: Figure) -> &'static str {
    match figure {
        Figure::AnyLossAYear => "chance of any loss in a year",
        Figure::LostAYear => "records lost a year",
        Figure::LostPerMillion => "lost of a million",
        Figure::DuplicatedPerMillion => "duplicated of a million",
        Figure::ReorderedPerMillion => "out of order of a million",
        Figure::NeverProcessedPerMillion => "never processed of a million",
        Figure::ProcessedTwicePerMillion => "processed twice of a million",
        Figure::NotInTimeMinutesAYear => "load not acked in 3 s, minutes a year",
        Figure::AckedInTime => "acked in 3 s",
        Figure::UnwritableMinutesAYear => "not writable, time a year",
        Figure::UnreadableMinutesAYear => "not readable, time a year",
        Figure::SustainedRecordsPerSecond => "sustained records a second",
        Figure::SustainedMegabytesPerSecond => "sustained bytes a second",
        Figure::ProduceP50 => "produce, p50",
        Figure::ProduceP99 => "produce, p99",
        Figure::ProduceP999 => "produce, p99.9",
        Figure::EndToEndP50 => "end to end, p50",
        Figure::EndToEndP99 => "end to end, p99",
        Figure::EndToEndP999 => "end to end, p99.9",
        Figure::ProduceP99Crash => "produce, p99, a leader killed",
        Figure::EndToEndP99Crash => "end to end, p99, a leader killed",
        Figure::DollarsAMonth => "a month",
        Figure::DollarsPerMillion => "for a million records",
    }
}

const fn korean(figure: Figure) -> &'static str {
    match figure {
        Figure::AnyLossAYear => "1년에 한 번이라도 유실될 확률",
        Figure::LostAYear => "1년에 유실되는 레코드",
        Figure::LostPerMillion => "100만 건당 유실",
        Figure::DuplicatedPerMillion => "100만 건당 중복",
        Figure::ReorderedPerMillion => "100만 건당 순서 뒤바뀜",
        Figure::NeverProcessedPerMillion => "100만 건당 처리 누락",
        Figure::ProcessedTwicePerMillion => "100만 건당 두 번 처리",
        Figure::NotInTimeMinutesAYear => "3초 안에 ack 못 받은 부하, 1년에",
        Figure::AckedInTime => "3초 안에 ack",
        Figure::UnwritableMinutesAYear => "쓸 수 없는 시간, 1년에",
        Figure::UnreadableMinutesAYear => "읽을 수 없는 시간, 1년에",
        Figure::SustainedRecordsPerSecond => "지속 가능한 초당 레코드",
        Figure::SustainedMegabytesPerSecond => "지속 가능한 초당 바이트",
        Figure::ProduceP50 => "쓰기 p50",
        Figure::ProduceP99 => "쓰기 p99",
        Figure::ProduceP999 => "쓰기 p99.9",
        Figure::EndToEndP50 => "종단 간 p50",
        Figure::EndToEndP99 => "종단 간 p99",
        Figure::EndToEndP999 => "종단 간 p99.9",
        Figure::ProduceP99Crash => "쓰기 p99, 리더가 죽을 때",
        Figure::EndToEndP99Crash => "종단 간 p99, 리더가 죽을 때",
        Figure::DollarsAMonth => "한 달에",
        Figure::DollarsPerMillion => "레코드 100만 건당",
    }
}

/// What keeps a configuration from carrying more.
pub fn bottleneck(language: Language, bottleneck: Bottleneck) -> &'static str {
    match (language, bottleneck) {
        (Language::English, Bottleneck::ProducerCpu) => "the producers' CPU",
        (Language::English, Bottleneck::Network) => "the network",
        (Language::English, Bottleneck::RequestHandlers) => "the brokers' request handlers",
        (Language::English, Bottleneck::Disk) => "the brokers' disks",
        (Language::English, Bottleneck::InFlightWindow) => "requests in flight",
        (Language::English, Bottleneck::Consumers) => "the consumers",
        (Language::English, Bottleneck::NoneFound) => "nothing that was tried",
        (Language::Korean, Bottleneck::ProducerCpu) => "프로듀서 CPU",
        (Language::Korean, Bottleneck::Network) => "네트워크",
        (Language::Korean, Bottleneck::RequestHandlers) => "브로커 요청 핸들러",
        (Language::Korean, Bottleneck::Disk) => "브로커 디스크",
        (Language::Korean, Bottleneck::InFlightWindow) => "전송 중인 요청 수",
        (Language::Korean, Bottleneck::Consumers) => "컨슈머",
        (Language::Korean, Bottleneck::NoneFound) => "시도한 부하에서는 없음",
    }
}

/// A figure's value with its unit.
pub fn value(figure: Figure, value: f64) -> String {
    if value.is_infinite() {
        return "\u{221e}".to_owned();
    }
    match figure.unit() {
        FigureUnit::Probability => numbers::chance(value),
        FigureUnit::Share => numbers::nines(value),
        FigureUnit::Records | FigureUnit::PerMillion => numbers::amount(value),
        FigureUnit::Minutes => numbers::minutes(value),
        FigureUnit::RecordsPerSecond => format!("{}{NARROW}/s", numbers::amount(value)),
        FigureUnit::MegabytesPerSecond => format!("{}{NARROW}MB/s", numbers::amount(value)),
        FigureUnit::Micros => numbers::micros(value.max(0.0).round() as u64),
        FigureUnit::Dollars => format!("${}", numbers::amount(value)),
    }
}

/// The same with its interval: `0.3 % (0.1 % – 0.9 %)`.
pub fn estimate(figure: Figure, estimate: &Estimate) -> String {
    let [middle, low, high] = [estimate.value, estimate.low, estimate.high].map(|end| value(figure, end));
    if low == middle && high == middle { middle } else { format!("{middle} ({low} \u{2013} {high})") }
}

/// How two estimates compare.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// They are so near that nobody would care.
    Same,
    /// Their intervals do not tell them apart.
    Unsure,
    /// The second is so many times the first.
    Times(f64),
    /// The first is zero.
    FromNothing,
    /// The second is zero.
    ToNothing,
}

fn change(from: &Estimate, to: &Estimate) -> Change {
    if is_near(from, to) {
        Change::Same
    } else if !differ(from, to) {
        Change::Unsure
    } else if to.value <= 0.0 {
        Change::ToNothing
    } else if from.value <= 0.0 {
        Change::FromNothing
    } else {
        Change::Times(to.value / from.value)
    }
}

/// What of a figure changes from one value of a setting to another: `940 times fewer records lost a year`.
pub fn difference(language: Language, of: Figure, from: &Estimate, to: &Estimate) -> String {
    let change = change(from, to);
    let both = || format!("{} \u{2192} {}", value(of, from.value), value(of, to.value));
    let noun = noun(language, of);
    match (language, change) {
        (Language::English, Change::Same) => format!("the same {noun}"),
        (Language::Korean, Change::Same) => format!("{noun} 같음"),
        (Language::English, Change::Unsure) => format!("{noun} {} (not told apart yet)", both()),
        (Language::Korean, Change::Unsure) => format!("{noun} {} (아직 구별되지 않음)", both()),
        (_, Change::FromNothing | Change::ToNothing) => format!("{noun} {}", both()),
        (language, Change::Times(times)) => match of.unit() {
            FigureUnit::Probability | FigureUnit::Share => format!("{noun} {}", both()),
            FigureUnit::Micros => {
                let sign = if from.value < to.value { '+' } else { '\u{2212}' };
                let step = numbers::micros((to.value - from.value).abs().round() as u64);
                match language {
                    Language::English => format!("{sign}{step} {noun}"),
                    Language::Korean => format!("{noun} {sign}{step}"),
                }
            }
            unit => how_many_times(language, times, is_counted(unit), noun),
        },
    }
}

/// Can it be counted, or only measured?
const fn is_counted(unit: FigureUnit) -> bool {
    matches!(unit, FigureUnit::Records | FigureUnit::PerMillion | FigureUnit::RecordsPerSecond)
}

fn how_many_times(language: Language, times: f64, is_counted: bool, noun: &str) -> String {
    let is_more = 1.0 < times;
    let factor = if is_more { times } else { 1.0 / times };
    // Below twice as much, percents are easier to read.
    let percent = numbers::percent((times - 1.0).abs());
    match language {
        Language::English => {
            let word = match (is_more, is_counted) {
                (true, _) => "more",
                (false, true) => "fewer",
                (false, false) => "less",
            };
            if factor < 2.0 {
                format!("{percent} {word} {noun}")
            } else {
                format!("{} times {word} {noun}", numbers::amount(factor))
            }
        }
        Language::Korean => match (is_more, factor < 2.0) {
            (true, true) => format!("{noun} {percent} 많음"),
            (false, true) => format!("{noun} {percent} 적음"),
            (true, false) => format!("{noun} {}배", numbers::amount(factor)),
            (false, false) => format!("{noun} 1/{}", numbers::amount(factor)),
        },
    }
}

/// What a figure counts, in the middle of a sentence.
const fn noun(language: Language, figure: Figure) -> &'static str {
    match (language, figure) {
        (Language::English, Figure::NotInTimeMinutesAYear) => "load not acknowledged in time",
        (Language::English, Figure::AckedInTime) => "share acknowledged in time",
        (Language::English, Figure::LostPerMillion) => "records lost of a million",
        (Language::English, Figure::DuplicatedPerMillion) => "duplicates",
        (Language::English, Figure::ReorderedPerMillion) => "records out of order",
        (Language::English, Figure::NeverProcessedPerMillion) => "records never processed",
        (Language::English, Figure::ProcessedTwicePerMillion) => "records processed twice",
        (Language::English, Figure::UnwritableMinutesAYear) => "time not writable",
        (Language::English, Figure::UnreadableMinutesAYear) => "time not readable",
        (Language::English, Figure::SustainedRecordsPerSecond) => "records a second",
        (Language::English, Figure::SustainedMegabytesPerSecond) => "bytes a second",
        (Language::English, Figure::DollarsAMonth | Figure::DollarsPerMillion) => "cost",
        (Language::Korean, Figure::DollarsAMonth | Figure::DollarsPerMillion) => "비용",
        (Language::Korean, Figure::NotInTimeMinutesAYear) => "제때 ack 못 받은 부하",
        (Language::Korean, Figure::AckedInTime) => "제때 ack 받은 비율",
        (Language::English, figure) => english(figure),
        (Language::Korean, figure) => korean(figure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(value: f64) -> Estimate {
        Estimate { value, low: value, high: value, runs: 9 }
    }

    fn plain(text: String) -> String {
        text.replace('\u{202f}', " ")
    }

    #[test]
    fn a_difference_is_said_as_people_would_say_it() {
        let say = |figure, from: f64, to: f64| plain(difference(Language::English, figure, &sure(from), &sure(to)));
        assert_eq!(say(Figure::LostAYear, 9_400.0, 10.0), "940 times fewer records lost a year");
        assert_eq!(say(Figure::LostAYear, 9_400.0, 0.0), "records lost a year 9 400 \u{2192} 0");
        assert_eq!(say(Figure::ProduceP99, 6_000.0, 8_100.0), "+2.1 ms produce, p99");
        assert_eq!(say(Figure::DollarsAMonth, 500.0, 501.0), "the same cost");
        assert_eq!(say(Figure::DollarsAMonth, 500.0, 700.0), "40 % more cost");
        assert_eq!(say(Figure::AnyLossAYear, 0.9, 0.004), "chance of any loss in a year 90 % \u{2192} 0.4 %");
    }

    #[test]
    fn what_intervals_do_not_tell_apart_is_not_called_a_change() {
        let wide = Estimate { value: 2.0, low: 0.5, high: 9.0, runs: 3 };
        let english = difference(Language::English, Figure::LostAYear, &wide, &sure(8.0));
        assert_eq!(english, "records lost a year 2 \u{2192} 8 (not told apart yet)");
        let korean = difference(Language::Korean, Figure::LostAYear, &wide, &sure(8.0));
        assert_eq!(korean, "1년에 유실되는 레코드 2 \u{2192} 8 (아직 구별되지 않음)");
    }
}
