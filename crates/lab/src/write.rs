//! Writes what was measured into a case's file, and leaves everything else as it is.

use highwater_conformance::measured::Figure;
use highwater_figures::{Measured, Samples, Value};

/// The lines that say what was measured.
const MEASURED: [&str; 4] = ["range", "value", "values", "set"];

/// The file with other measures.
pub fn with_measures(text: &str, figures: &[Figure], samples: &[Samples]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // From the last to the first, so that lines above stay where they are.
    for (figure, samples) in figures.iter().zip(samples).rev() {
        let begin = figure.line as usize - 1;
        let length = lines[begin..]
            .iter()
            .skip(1)
            .position(|line| line.starts_with('['))
            .map_or(lines.len() - begin, |at| at + 1);
        let key = |line: &str| line.split('=').next().unwrap_or_default().trim().to_owned();
        let place = (begin..begin + length).find(|place| MEASURED.contains(&key(&lines[*place]).as_str()));
        let line = line_of(&samples.measured());
        match place {
            Some(place) => lines[place] = line,
            None => {
                let last =
                    (begin..begin + length).rev().find(|place| !lines[*place].trim().is_empty()).unwrap_or(begin);
                lines.insert(last + 1, line);
            }
        }
    }
    lines.join("\n") + "\n"
}

fn line_of(measured: &Measured) -> String {
    let list = |values: &mut dyn Iterator<Item = String>| values.collect::<Vec<_>>().join(", ");
    match measured {
        Measured::Range(low, high) => format!("range = [{}, {}]", number(*low), number(*high)),
        Measured::Values(values) if values.len() == 1 => format!("value = {}", word(&values[0])),
        Measured::Values(values) => format!("values = [{}]", list(&mut values.iter().map(word))),
        Measured::Union(members) => {
            format!("set = [{}]", list(&mut members.iter().map(|member| format!("\"{member}\""))))
        }
        Measured::Unknown => String::new(),
    }
}

/// Milliseconds and counts need no more than a thousandth.
fn number(number: f64) -> String {
    let rounded = (number * 1_000.0).round() / 1_000.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { rounded.to_string() }
}

fn word(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Number(value) => number(*value),
        other => format!("\"{other}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lines_that_say_what_was_measured_change() {
        let text = "highwater = 1\n[case]\nid = \"x\"\ntitle = \"x\" # kept\n\n[[measured]]\nname = \"gap_ms\"\n\
                    kind = \"timer\"\nfigure = \"longest_gap(Acked)\"\nrange = [1, 2]\n\n[[measured]]\nname = \"lost\"\n\
                    kind = \"count\"\nfigure = \"ledger.lost\"\n";
        let case = highwater_conformance::read(text).expect("it is a case");
        let mut samples = vec![Samples::default(); 2];
        for (gap, lost) in [(7_500.25, 0.0), (9_100.0, 3.0)] {
            samples[0].add(Value::Number(gap));
            samples[1].add(Value::Number(lost));
        }
        let written = with_measures(text, &case.measures.figures, &samples);
        let expected = text
            .replace("range = [1, 2]", "range = [7500.25, 9100]")
            .replace("figure = \"ledger.lost\"\n", "figure = \"ledger.lost\"\nrange = [0, 3]\n");
        assert_eq!(written, expected);
    }
}
