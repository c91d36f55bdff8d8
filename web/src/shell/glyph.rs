//! The frame's pictograms: lines in a box of 24 by 24, as inline SVG.

use leptos::prelude::*;

/// A pictogram; it is decoration, and its button has a name of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Undo.
    Undo,
    /// Redo, and start again.
    Redo,
    /// Share.
    Share,
    /// A file.
    File,
    /// Add.
    Plus,
    /// Close, dismiss.
    Close,
    /// Dark theme.
    Moon,
    /// Light theme.
    Sun,
    /// A problem.
    Warning,
    /// Situations.
    Book,
    /// Edit.
    Pen,
    /// Delete.
    Bin,
    /// Copy.
    Copy,
    /// Language.
    Globe,
}

impl Glyph {
    const fn path(self) -> &'static str {
        match self {
            Glyph::Undo => "M8 5 4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3",
            Glyph::Redo => "m16 5 4 4-4 4M20 9H10a6 6 0 0 0 0 12h3",
            Glyph::Share => "M12 15V3M8 7l4-4 4 4M5 12v8h14v-8",
            Glyph::File => "M14 3H6v18h12V7zM14 3v4h4M9 13h6M9 17h6",
            Glyph::Plus => "M12 5v14M5 12h14",
            Glyph::Close => "m6 6 12 12M18 6 6 18",
            Glyph::Moon => "M20 14.5A8.5 8.5 0 1 1 9.5 4 6.8 6.8 0 0 0 20 14.500z",
            Glyph::Sun => {
                "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.400M17.6 17.6 19 19M5 19l1.4-1.400M17.6 6.4 19 5"
            }
            Glyph::Warning => "M12 4 2.5 20h19zM12 10v5M12 17.500v.1",
            Glyph::Book => "M4 5c3-1 6-1 8 1 2-2 5-2 8-1v14c-3-1-6-1-8 1-2-2-5-2-8-1zM12 6v14",
            Glyph::Pen => "m4 20 1-5L16 4l4 4L9 19zM14 6l4 4",
            Glyph::Bin => "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
            Glyph::Copy => "M9 9h11v11H9zM15 9V4H4v11h5",
            Glyph::Globe => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c-5 5-5 13 0 18 5-5 5-13 0-18z",
        }
    }

    /// As inline SVG.
    pub fn view(self) -> AnyView {
        view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=self.path()></path></svg> }.into_any()
    }
}
