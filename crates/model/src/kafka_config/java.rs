//! How Java reads and prints numbers, and other small habits of its library.

/// `String.trim()`: cuts blanks and control characters.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| letter <= ' ')
}

/// `Double.parseDouble`, without hexadecimal numbers.
pub fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, "NaN" | "Infinity") {
        return text.parse().ok();
    }
    let number = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    // Rust knows further words for infinity, Java does not.
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if plain { number.parse().ok() } else { None }
}

/// `Double.toString`: plain between a thousandth and ten million, else with an exponent; always with a fraction.
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if 0.0 < value { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let text = format!("{value:E}");
    let (digits, exponent) = text.split_once('E').expect("this format has an exponent");
    let fraction = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{fraction}E{exponent}")
}

/// Would `Duration.parse` take this, and is it not negative?
pub fn is_duration(text: &str) -> bool {
    parse_duration_seconds(text).is_some_and(|seconds| 0.0 <= seconds)
}

/// The length of an ISO 8601 duration (`PnDTnHnMn.nS`), every part signed and optional, but at least one there.
fn parse_duration_seconds(text: &str) -> Option<f64> {
    let upper = text.to_ascii_uppercase();
    let (sign, rest) = match upper.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, upper.strip_prefix('+').unwrap_or(&upper)),
    };
    let rest = rest.strip_prefix('P')?;
    let (date, time) = match rest.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (rest, None),
    };
    let mut parts = 0;
    let mut total = parse_parts(date, &[('D', 86_400.0)], &mut parts)?;
    if let Some(time) = time {
        let before = parts;
        total += parse_parts(time, &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)], &mut parts)?;
        if parts == before {
            return None;
        }
    }
    (0 < parts).then_some(sign * total)
}

/// Numbers with these letters behind them, in this order; only seconds have a fraction, of nine digits at most.
fn parse_parts(mut text: &str, letters: &[(char, f64)], parts: &mut u32) -> Option<f64> {
    let mut total = 0.0;
    for (letter, seconds) in letters {
        let Some((number, rest)) = text.split_once(*letter) else { continue };
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some(_) if *letter != 'S' => return None,
            Some((whole, fraction)) => (whole, fraction),
            None => (number, ""),
        };
        whole.parse::<i64>().ok()?;
        if 9 < fraction.len() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        total += format!("{whole}.{fraction}0").parse::<f64>().ok()? * seconds;
        *parts += 1;
        text = rest;
    }
    text.is_empty().then_some(total)
}

/// Host and port of `scheme://host:port` or `host:port`, as Kafka's `Utils.getHost` and `getPort` find them. The port
/// is missing where it is too large for an int, and `None` altogether where the text has another form.
pub fn host_and_port(url: &str) -> Option<(&str, Option<i32>)> {
    let allowed = |text: &str, more: &[u8]| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-%._".contains(&byte) || more.contains(&byte))
    };
    let address = match url.split_once("://") {
        Some((scheme, address)) if allowed(scheme, b"*") => address,
        Some(_) => return None,
        None => url,
    };
    let (host, port) = address.rsplit_once(':')?;
    if port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let host = host.strip_prefix('[').unwrap_or(host);
    let host = host.strip_suffix(']').unwrap_or(host);
    allowed(host, b":").then(|| (host, port.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        let printed = [1.5, 1.0, 0.0, 1e7, 0.001, 0.0005, -2.25].map(double_text);
        assert_eq!(printed, ["1.5", "1.0", "0.0", "1.0E7", "0.001", "5.0E-4", "-2.25"]);
    }

    #[test]
    fn durations_are_those_that_java_takes() {
        for good in ["PT1H", "P1D", "p1dt2h", "PT0.5S", "PT-1H2H", "P2DT3H4M5.123456789S"] {
            let expected = good != "PT-1H2H";
            assert_eq!(is_duration(good), expected, "{good}");
        }
        for bad in ["", "1h", "P", "PT", "P1DT", "PT1", "PT1.5H", "P1H", "-PT1H", "PT0.1234567890S", "P1W"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(host_and_port("127.0.0.1"), None);
        assert_eq!(host_and_port("b1:9092"), Some(("b1", Some(9_092))));
        assert_eq!(host_and_port("PLAINTEXT://[::1]:1"), Some(("::1", Some(1))));
        assert_eq!(host_and_port("b1:"), None);
    }
}
