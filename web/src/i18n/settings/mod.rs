//! Settings, in words.

/// Words of this part.
pub struct Text {
    /// Its heading.
    pub heading: &'static str,
}

/// English.
pub const EN: Text = Text { heading: "Settings" };

/// Korean.
pub const KO: Text = Text { heading: "설정" };
