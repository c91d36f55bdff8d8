//! The timeline, in words.

/// Words of this part.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
}

/// English.
pub const EN: Text = Text { heading: "Timeline" };

/// Korean.
pub const KO: Text = Text { heading: "타임라인" };
