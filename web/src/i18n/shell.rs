//! The frame of the page, in words.

/// Words of the header, the lanes, dialogs and notices.
pub struct Text {
    /// What the page is, in a line.
    pub tagline: &'static str,
    /// Undo.
    pub undo: &'static str,
    /// Redo.
    pub redo: &'static str,
    /// Switches to the other language, in that language.
    pub other_language: &'static str,
}

/// English.
pub const EN: Text =
    Text { tagline: "A playground for Kafka reliability", undo: "Undo", redo: "Redo", other_language: "한국어" };

/// Korean.
pub const KO: Text =
    Text {
        tagline: "Kafka 신뢰성 놀이터", undo: "실행 취소", redo: "다시 실행", other_language: "English"
    };
