//! A chart's figures as rows: for those who do not see it, for spreadsheets, and for study notes.

use crate::chart::{Reading, Write};

/// Rows of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What is in each column.
    pub columns: Vec<Column>,
    /// One entry for each column.
    pub rows: Vec<Vec<Entry>>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its head.
    pub title: String,
    /// Its kind.
    pub kind: Kind,
}

/// What the entries of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Words,
    /// Figures with their intervals: three columns of a spreadsheet.
    Figures,
}

impl Column {
    /// A column of words.
    pub fn words(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Words }
    }

    /// A column of figures.
    pub fn figure(title: impl Into<String>) -> Self {
        Self { title: title.into(), kind: Kind::Figures }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Words.
    Words(String),
    /// Not known, or impossible.
    Nothing,
    /// A figure.
    Figure {
        /// As it is.
        reading: Reading,
        /// As it is read: with unit, and with its interval where it has one.
        written: String,
    },
}

impl Entry {
    /// A figure, if there is one.
    pub fn of(reading: Option<Reading>, write: Write<'_>) -> Self {
        let Some(reading) = reading else { return Entry::Nothing };
        let [value, low, high] =
            reading.extent().map(|number| if number.is_finite() { write(number) } else { "∞".into() });
        let written = if low == value && high == value { value } else { format!("{value} ({low} – {high})") };
        Entry::Figure { reading, written }
    }

    /// As it is read.
    pub fn written(&self) -> &str {
        match self {
            Entry::Words(words) => words,
            Entry::Nothing => "–",
            Entry::Figure { written, .. } => written,
        }
    }
}

impl Table {
    /// For a spreadsheet (RFC 4180): numbers are plain, and a figure has a column for each end of its interval.
    pub fn csv(&self) -> String {
        let head = self.columns.iter().flat_map(|column| match column.kind {
            Kind::Words => vec![quoted(&column.title)],
            Kind::Figures => ["", " (low)", " (high)"].map(|end| quoted(&format!("{}{end}", column.title))).to_vec(),
        });
        let mut csv = head.collect::<Vec<_>>().join(",") + "\r\n";
        for row in &self.rows {
            let fields = row.iter().zip(&self.columns).flat_map(|(entry, column)| fields(entry, column.kind));
            csv += &(fields.collect::<Vec<_>>().join(",") + "\r\n");
        }
        csv
    }

    /// For study notes.
    pub fn markdown(&self) -> String {
        let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.columns.iter().map(|column| cell(&column.title)).collect());
        text += &line(self.columns.iter().map(|_| "---".to_owned()).collect());
        for row in &self.rows {
            text += &line(row.iter().map(|entry| cell(entry.written())).collect());
        }
        text
    }
}

fn fields(entry: &Entry, kind: Kind) -> Vec<String> {
    match (entry, kind) {
        (Entry::Figure { reading, .. }, Kind::Figures) => {
            reading.extent().map(|number| if number.is_finite() { number.to_string() } else { String::new() }).to_vec()
        }
        (_, Kind::Figures) => vec![String::new(); 3],
        (Entry::Nothing, Kind::Words) => vec![String::new()],
        (entry, Kind::Words) => vec![quoted(entry.written())],
    }
}

fn quoted(text: &str) -> String {
    // A spreadsheet takes a field that begins like a formula for one.
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    fn table() -> Table {
        let write = |number: f64| format!("{number} ms");
        let reading = |value, low, high| Entry::of(Some(Reading { value, low, high }), &write);
        Table {
            columns: vec![Column::words("acks"), Column::figure("Latency, p99")],
            rows: vec![
                vec![Entry::Words("1|all".into()), reading(2.0, 1.5, f64::INFINITY)],
                vec![Entry::Words("=\"x\"".into()), Entry::Nothing],
            ],
        }
    }

    #[test]
    fn a_spreadsheet_gets_plain_numbers_in_three_columns_and_no_formulas() {
        expect![[r#"
            acks,"Latency, p99","Latency, p99 (low)","Latency, p99 (high)"
            1|all,2,1.5,
            "'=""x""",,,
        "#]]
        .assert_eq(&table().csv().replace("\r\n", "\n"));
    }

    #[test]
    fn notes_get_figures_as_they_are_read() {
        expect![[r#"
            | acks | Latency, p99 |
            | --- | --- |
            | 1\|all | 2 ms (1.5 ms – ∞) |
            | ="x" | – |
        "#]]
        .assert_eq(&table().markdown());
    }
}
