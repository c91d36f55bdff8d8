//! How wide a text will be, without a font at hand. The widths are those of common system fonts, rounded up: a label may
//! get a little more room than it needs, and never less.

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// The name of a panel.
    Title,
    /// What a title or an axis means.
    Note,
    /// A number on an axis.
    Tick,
    /// A value of a setting, a figure.
    Value,
    /// The same, where it is the one that holds.
    Held,
}

impl Face {
    /// Its size.
    pub const fn size_px(self) -> f64 {
        match self {
            Face::Title => 13.0,
            Face::Note => 11.5,
            Face::Tick => 11.0,
            Face::Value | Face::Held => 11.5,
        }
    }

    /// Is it bold?
    pub const fn is_bold(self) -> bool {
        matches!(self, Face::Title | Face::Held)
    }

    /// Are all its letters equally wide?
    pub const fn is_mono(self) -> bool {
        matches!(self, Face::Value | Face::Held)
    }

    /// The height of a line of it.
    pub const fn line_px(self) -> f64 {
        self.size_px() * 1.25
    }
}

/// The width of a text.
pub(crate) fn width_px(text: &str, face: Face) -> f64 {
    let ems: f64 = text.chars().map(|letter| if face.is_mono() { mono_em(letter) } else { em(letter) }).sum();
    let stretch = if face.is_bold() && !face.is_mono() { 1.06 } else { 1.0 };
    ems * face.size_px() * stretch
}

/// The text, or as much of its beginning as there is room for.
pub(crate) fn fit(text: &str, face: Face, room_px: f64) -> String {
    if width_px(text, face) <= room_px {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while let Some(_cut) = kept.pop() {
        let short: String = kept.iter().collect::<String>().trim_end().to_owned() + "…";
        if width_px(&short, face) <= room_px {
            return short;
        }
    }
    String::new()
}

/// The text in lines, broken at spaces; what is too much for the last one is cut off.
pub(crate) fn wrap(text: &str, face: Face, room_px: f64, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer {
            Some(longer) if lines.len() == lines_max || width_px(&longer, face) <= room_px => {
                lines.pop();
                lines.push(longer);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| fit(&line, face, room_px)).collect()
}

/// Widths of a proportional font, in sizes of the font.
fn em(letter: char) -> f64 {
    match letter {
        '\u{202f}' | '\u{2009}' | '\u{200a}' => 0.22,
        ' ' | '\u{a0}' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | 'i' | 'j' | 'l' | 'I' => 0.30,
        'f' | 'r' | 't' | '(' | ')' | '-' | '/' | '\u{b7}' => 0.42,
        '\u{2070}'..='\u{209f}' | '\u{b2}' | '\u{b3}' | '\u{b9}' => 0.40,
        'm' | 'w' | 'M' | 'W' | '%' | '\u{2030}' | '@' | '\u{2026}' => 0.94,
        'A'..='Z' => 0.70,
        '0'..='9' | 'a'..='z' | '$' | '\u{2212}' | '\u{2013}' | '+' | '<' | '>' | '=' => 0.60,
        letter if is_wide(letter) => 1.0,
        _ => 0.66,
    }
}

fn mono_em(letter: char) -> f64 {
    if is_wide(letter) { 1.0 } else { 0.62 }
}

/// Hangul, kana and ideographs fill a square.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}')
}
