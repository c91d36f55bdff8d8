//! Numbers, spans of time and sizes as people read them; the same in both languages.

use highwater_model::settings::{UNLIMITED, Unit};
use highwater_model::{Duration, Instant, SettingId};

/// Between groups of three digits: narrow, and never at a line's end.
const THIN: char = '\u{202f}';
/// Between a number and its unit.
pub const NARROW: &str = "\u{202f}";

/// `12 431`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// `-12 431`.
pub fn signed(n: i64) -> String {
    let sign = if n < 0 { "\u{2212}" } else { "" };
    format!("{sign}{}", count(n.unsigned_abs()))
}

/// `59.8 M`, `41 k`, `612`: for places where every digit would be too much.
pub fn short(n: u64) -> String {
    match n {
        0..10_000 => count(n),
        10_000..1_000_000 => scaled(n as f64 / 1e3, "k"),
        1_000_000..1_000_000_000 => scaled(n as f64 / 1e6, "M"),
        _ => scaled(n as f64 / 1e9, "G"),
    }
}

/// `1.3 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n}{NARROW}B"),
        1_000..1_000_000 => scaled(n as f64 / 1e3, "kB"),
        1_000_000..1_000_000_000 => scaled(n as f64 / 1e6, "MB"),
        _ => scaled(n as f64 / 1e9, "GB"),
    }
}

/// `9.4 s`, `12 ms`, `130 µs`.
pub fn duration(span: Duration) -> String {
    match span.0 {
        0 => format!("0{NARROW}s"),
        1..1_000 => format!("{}{NARROW}ns", span.0),
        1_000..1_000_000 => scaled(span.0 as f64 / 1e3, "µs"),
        1_000_000..1_000_000_000 => scaled(span.0 as f64 / 1e6, "ms"),
        1_000_000_000..120_000_000_000 => scaled(span.as_secs_f64(), "s"),
        _ => scaled(span.as_secs_f64() / 60.0, "min"),
    }
}

/// Microseconds, as [`duration`].
pub fn micros(us: u64) -> String {
    duration(Duration::from_micros(us))
}

/// A moment as a clock shows it: `00:12.404 318`, to the microsecond.
pub fn clock(at: Instant) -> String {
    let us = at.0 / 1_000;
    let (seconds, us) = (us / 1_000_000, us % 1_000_000);
    format!("{:02}:{:02}.{:03}{THIN}{:03}", seconds / 60, seconds % 60, us / 1_000, us % 1_000)
}

/// A moment in seconds: `12.404 s`.
pub fn moment(at: Instant) -> String {
    format!("{:.3}{NARROW}s", at.as_secs_f64())
}

/// A share of one, in percent: `99.2 %`.
pub fn percent(share: f64) -> String {
    scaled(share * 100.0, "%")
}

/// A number of any size with about three digits: `0.004`, `1.3`, `9 400`, `41 k`.
pub fn amount(value: f64) -> String {
    match value {
        value if value < 0.0 => format!("\u{2212}{}", amount(-value)),
        0.0 => "0".to_owned(),
        value if value < 1e-6 => "< 0.000001".to_owned(),
        value if value < 0.1 => digits(value, 2),
        value if value < 100.0 => digits(value, 3),
        value if value < 1e12 => short(value.round() as u64),
        value => format!("{value:.1e}"),
    }
}

/// A probability, in percent: `0.4 %`, `< 0.0001 %`.
pub fn chance(share: f64) -> String {
    let percent = share * 100.0;
    if 0.0 < percent && percent < 1e-4 {
        return format!("< 0.0001{NARROW}%");
    }
    if 99.95 < percent && percent < 100.0 {
        return format!("> 99.9{NARROW}%");
    }
    format!("{}{NARROW}%", digits(percent, 2))
}

/// A share near one, in percent, with as many nines as it has: `99.9987 %`.
pub fn nines(share: f64) -> String {
    let missing = (1.0 - share) * 100.0;
    let places = if 0.0 < missing { (1.0 - missing.log10()).ceil().clamp(1.0, 9.0) as usize } else { 0 };
    format!("{:.places$}{NARROW}%", share * 100.0)
}

/// Minutes, in the unit that suits them: `12 s`, `52 min`, `8.8 h`.
pub fn minutes(minutes: f64) -> String {
    match minutes {
        minutes if minutes <= 0.0 => format!("0{NARROW}s"),
        minutes if minutes < 120.0 => duration(Duration((minutes * 60e9) as u64)),
        minutes if minutes < 2_880.0 => scaled(minutes / 60.0, "h"),
        minutes => scaled(minutes / 1_440.0, "d"),
    }
}

/// A number with so many significant digits, without trailing zeros.
fn digits(value: f64, significant: i32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let places = (significant - 1 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A setting's value with its unit, for reading: `30 s`, `16.4 kB`, `all`.
pub fn setting(setting: SettingId, value: i64) -> String {
    if value == UNLIMITED {
        return setting.write(value);
    }
    let unsigned = u64::try_from(value);
    match (setting.unit(), unsigned) {
        (Unit::Choice, _) => setting.write(value),
        (Unit::Millis, Ok(ms)) => duration(Duration::from_millis(ms)),
        (Unit::Seconds, Ok(s)) => duration(Duration::from_secs(s)),
        (Unit::Minutes, Ok(minutes)) => duration(Duration::from_secs(60).times(minutes)),
        (Unit::Micros, Ok(us)) => micros(us),
        (Unit::Nanos, Ok(ns)) => duration(Duration::from_nanos(ns)),
        (Unit::Bytes, Ok(n)) => bytes(n),
        (Unit::MegabytesPerSecond, Ok(mb)) => format!("{}{NARROW}MB/s", count(mb)),
        (Unit::RecordsPerSecond, Ok(records)) => format!("{}{NARROW}/s", count(records)),
        (Unit::Percent, Ok(hundredths)) => format!("{hundredths}{NARROW}%"),
        _ => signed(value),
    }
}

/// Three significant digits at most, and no trailing zeros.
fn scaled(value: f64, unit: &str) -> String {
    let digits = if value < 10.0 {
        2
    } else if value < 100.0 {
        1
    } else {
        0
    };
    let mut text = format!("{value:.digits$}");
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    format!("{text}{NARROW}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: String, expected: &str) {
        assert_eq!(text.replace([THIN, '\u{202f}'], " "), expected);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        check(count(7), "7");
        check(count(999), "999");
        check(count(12_431), "12 431");
        check(count(1_000_000), "1 000 000");
        check(signed(-1_500), "\u{2212}1 500");
    }

    #[test]
    fn large_numbers_have_a_short_form() {
        check(short(9_999), "9 999");
        check(short(41_000), "41 k");
        check(short(59_800_000), "59.8 M");
    }

    #[test]
    fn amounts_have_about_three_digits() {
        let all = [0.0, 0.00000001, 0.00412, 1.333, 22.0, 940.4, 9_400.0, 41_234.0].map(amount);
        assert_eq!(
            all.map(|text| text.replace(THIN, " ")),
            ["0", "< 0.000001", "0.0041", "1.33", "22", "940", "9 400", "41.2 k"]
        );
    }

    #[test]
    fn chances_and_shares_keep_the_digits_that_count() {
        check(chance(0.0), "0 %");
        check(chance(0.000_000_1), "< 0.0001 %");
        check(chance(0.004), "0.4 %");
        check(chance(0.999_9), "> 99.9 %");
        check(nines(0.999_987), "99.9987 %");
        check(nines(0.95), "95.0 %");
        check(nines(1.0), "100 %");
        check(minutes(0.2), "12 s");
        check(minutes(526.0), "8.77 h");
    }

    #[test]
    fn spans_take_the_unit_that_suits_them() {
        check(duration(Duration::ZERO), "0 s");
        check(duration(Duration::from_micros(130)), "130 µs");
        check(duration(Duration::from_millis(12)), "12 ms");
        check(duration(Duration::from_millis(9_400)), "9.4 s");
        check(duration(Duration::from_secs(300)), "5 min");
    }

    #[test]
    fn the_clock_shows_microseconds() {
        check(clock(Instant(72_404_318_000)), "01:12.404 318");
    }

    #[test]
    fn settings_are_read_with_their_unit() {
        check(setting(SettingId::ReplicaLagTimeMax, 30_000), "30 s");
        check(setting(SettingId::Acks, 2), "all");
        check(setting(SettingId::FlushMessages, UNLIMITED), "unlimited");
        check(setting(SettingId::RetentionBytes, -1), "\u{2212}1");
    }
}
