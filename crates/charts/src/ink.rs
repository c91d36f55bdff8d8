//! The colours of charts. They are names of the page's CSS variables, so that one SVG reads well in both themes; a chart
//! that leaves the page gets the values of one theme in their place.

/// A colour by its duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// What is to be read first.
    Text,
    /// What explains it.
    Mute,
    /// Grid lines.
    Line,
    /// Axes, and what has to be seen at a glance.
    LineStrong,
    /// The ground of a bar.
    Soft,
    /// The ground of the chart.
    Panel,
    /// Lane A.
    A,
    /// Lane B.
    B,
    /// What has been tried.
    Tried,
    /// The front of what has been tried.
    Front,
    /// What is impossible, or lost.
    Lost,
}

/// The page's two themes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on white.
    Light,
    /// Light ink on black.
    Dark,
}

impl Ink {
    /// All of them; their numbers are their places.
    pub const ALL: [Ink; 11] = [
        Ink::Text,
        Ink::Mute,
        Ink::Line,
        Ink::LineStrong,
        Ink::Soft,
        Ink::Panel,
        Ink::A,
        Ink::B,
        Ink::Tried,
        Ink::Front,
        Ink::Lost,
    ];

    /// How an attribute of the SVG names it.
    pub const fn variable(self) -> &'static str {
        match self {
            Ink::Text => "var(--ink)",
            Ink::Mute => "var(--mute)",
            Ink::Line => "var(--line)",
            Ink::LineStrong => "var(--line-strong)",
            Ink::Soft => "var(--soft)",
            Ink::Panel => "var(--panel)",
            Ink::A => "var(--a)",
            Ink::B => "var(--b)",
            Ink::Tried => "var(--committed)",
            Ink::Front => "var(--done)",
            Ink::Lost => "var(--lost)",
        }
    }

    /// Its value where no style sheet says it: those of `web/style/base.css`.
    pub const fn value(self, theme: Theme) -> &'static str {
        let (light, dark) = match self {
            Ink::Text => ("#14202b", "#e6edf3"),
            Ink::Mute => ("#556472", "#9aabbc"),
            Ink::Line => ("#dde3e9", "#263341"),
            Ink::LineStrong => ("#8593a1", "#62748a"),
            Ink::Soft => ("#eef2f5", "#1d2834"),
            Ink::Panel => ("#fff", "#151d26"),
            Ink::A => ("#0b5fa5", "#6db8f2"),
            Ink::B => ("#7a4a00", "#e0a458"),
            Ink::Tried => ("#0068a3", "#4aa8e0"),
            Ink::Front => ("#00754f", "#3ccfa0"),
            Ink::Lost => ("#bf4e00", "#ff8a55"),
        };
        match theme {
            Theme::Light => light,
            Theme::Dark => dark,
        }
    }
}

/// How a line is broken: colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Into dashes.
    Dashed,
    /// Into dots.
    Dotted,
}

impl Dash {
    /// All of them; their numbers are their places.
    pub const ALL: [Dash; 3] = [Dash::Solid, Dash::Dashed, Dash::Dotted];

    /// The lengths of strokes and gaps, as SVG writes them.
    pub const fn pattern(self) -> Option<&'static str> {
        match self {
            Dash::Solid => None,
            Dash::Dashed => Some("6 3"),
            Dash::Dotted => Some("1.5 3"),
        }
    }
}

/// A line's look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stroke {
    pub ink: Ink,
    pub width_px: f64,
    pub dash: Dash,
}

impl Stroke {
    /// An unbroken line.
    pub const fn solid(ink: Ink, width_px: f64) -> Self {
        Self { ink, width_px, dash: Dash::Solid }
    }

    /// A line of dots.
    pub const fn dotted(ink: Ink, width_px: f64) -> Self {
        Self { ink, width_px, dash: Dash::Dotted }
    }
}

/// A surface's look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fill {
    pub ink: Ink,
    pub opacity: f64,
}

impl Fill {
    /// Nothing shines through.
    pub const fn opaque(ink: Ink) -> Self {
        Self { ink, opacity: 1.0 }
    }
}

/// The two configurations that are compared. They differ in colour, in dash and in mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Lane A: solid lines, discs.
    A,
    /// Lane B: dashed lines, diamonds.
    B,
}

impl Side {
    /// Both.
    pub const BOTH: [Side; 2] = [Side::A, Side::B];

    /// The lane with this number, of those that there can be.
    pub const fn of(lane: u32) -> Self {
        if lane == 0 { Side::A } else { Side::B }
    }

    /// Its letter.
    pub const fn letter(self) -> &'static str {
        match self {
            Side::A => "A",
            Side::B => "B",
        }
    }

    /// Its colour.
    pub const fn ink(self) -> Ink {
        match self {
            Side::A => Ink::A,
            Side::B => Ink::B,
        }
    }

    /// Its line.
    pub(crate) const fn stroke(self, width_px: f64) -> Stroke {
        let dash = match self {
            Side::A => Dash::Solid,
            Side::B => Dash::Dashed,
        };
        Stroke { ink: self.ink(), width_px, dash }
    }
}
