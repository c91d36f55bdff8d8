//! The pictograms, as path data in a box of 16 by 16: one source for the canvas and for inline SVG.

/// A pictogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Icon {
    /// Leads.
    Star,
    /// Killed, lost.
    Cross,
    /// Lost power.
    Bolt,
    /// Stands still; also the button that pauses.
    Pause,
    /// Stopped in order.
    Stop,
    /// Starts, recovers, registers.
    Restart,
    /// Fenced.
    Fence,
    /// Up and well.
    Check,
    /// Plays.
    Play,
    /// To the next happening.
    StepForward,
    /// To the previous happening.
    StepBack,
    /// Again and again.
    Loop,
    /// Closer.
    ZoomIn,
    /// Further away.
    ZoomOut,
    /// The whole run.
    Whole,
    /// Help.
    Question,
    /// A cut link.
    Scissors,
    /// Slow.
    Clock,
    /// A disk.
    Disk,
    /// Blocked.
    Hand,
    /// Closes.
    Close,
}

impl Icon {
    /// Its outline, to be filled.
    pub const fn path(self) -> &'static str {
        match self {
            Icon::Star => "M8 1.2l2 4.4 4.8.5-3.6 3.2 1 4.7L8 11.6 3.8 14l1-4.7L1.2 6.1 6 5.6z",
            Icon::Cross => "M3.2 1.8L8 6.6l4.8-4.8 1.4 1.4L9.4 8l4.8 4.8-1.4 1.4L8 9.4l-4.8 4.8-1.4-1.4L6.6 8 1.8 3.2z",
            Icon::Bolt => "M9.6.8L2.8 9.2h4.1l-1 6 7.3-8.9H8.7z",
            Icon::Pause => "M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z",
            Icon::Stop => "M3 3h10v10H3z",
            Icon::Restart => {
                "M8 2.2a5.8 5.8 0 1 0 5.6 7.3l-1.9-.5A3.8 3.8 0 1 1 10.6 5L8.6 7h5.6V1.4L12 3.6A5.8 5.8 0 0 0 8 2.2z"
            }
            Icon::Fence => {
                "M2 4.2L3.5 2 5 4.2V5h1.5v-.8L8 2l1.5 2.2V5H11v-.8L12.5 2 14 4.2V14h-3v-2.6H9.5V14h-3v-2.6H5V14H2zM5 6.8v2.8h1.5V6.8zM9.5 6.8v2.8H11V6.8z"
            }
            Icon::Check => "M6.3 13.2L1.6 8.5l1.6-1.6 3.1 3.1 6.5-7.2 1.6 1.5z",
            Icon::Play => "M3.5 1.8l10 6.2-10 6.2z",
            Icon::StepForward => "M2.5 2.2L10 8l-7.5 5.8zM11 2.2h2.5v11.6H11z",
            Icon::StepBack => "M13.5 2.2L6 8l7.5 5.8zM2.5 2.2H5v11.6H2.5z",
            Icon::Loop => {
                "M4.5 3.5h6A3.5 3.5 0 0 1 14 7v1h-1.8V7c0-1-.7-1.7-1.7-1.7h-6v2L1 4.4 4.5 1.5zM11.5 12.5h-6A3.5 3.5 0 0 1 2 9V8h1.8v1c0 1 .7 1.7 1.7 1.7h6v-2l3.5 2.9-3.5 2.9z"
            }
            Icon::ZoomIn => "M7.1 2h1.8v5.1H14v1.8H8.9V14H7.1V8.9H2V7.1h5.1z",
            Icon::ZoomOut => "M2 7.1h12v1.8H2z",
            Icon::Whole => "M1 2h1.8v12H1zM13.2 2H15v12h-1.8zM3.4 8l3-2.8v1.9h3.2V5.2l3 2.8-3 2.8V8.9H6.4v1.9z",
            Icon::Question => {
                "M7 9.8V8.6c0-1.2.8-1.8 1.6-2.4.6-.4 1-.8 1-1.4 0-.8-.7-1.3-1.6-1.3-1 0-1.7.6-1.8 1.7H4.1C4.2 3 5.8 1.6 8 1.6c2.2 0 3.8 1.2 3.8 3.1 0 1.4-.9 2.1-1.7 2.7-.6.4-1 .8-1 1.4v1zM6.8 11.6h2.4V14H6.8z"
            }
            Icon::Scissors => {
                "M4 9.4a2.3 2.3 0 1 1 2.2-3.1L8 7.2l5.6-3.4.9 1.4-5 2.8 5 2.8-.9 1.4L8 8.8l-1.8.9A2.3 2.3 0 1 1 4 6.6zM4 5.9a1 1 0 1 0 0 2 1 1 0 0 0 0-2z"
            }
            Icon::Clock => {
                "M8 1.2a6.8 6.8 0 1 1 0 13.6A6.8 6.8 0 0 1 8 1.2zM8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3zm-.9 1.4h1.7v3.2l2.3 1.4-.9 1.5-3.1-1.9z"
            }
            Icon::Disk => {
                "M8 1.5c3.6 0 6 1 6 2.5v8c0 1.5-2.4 2.5-6 2.5S2 13.5 2 12V4c0-1.5 2.4-2.5 6-2.5zM3.6 6.2v1.5c.5.6 2.2 1.2 4.4 1.2s3.9-.6 4.4-1.2V6.2C11.400 6.700 9.900 7 8 7s-3.4-.3-4.4-.8z"
            }
            Icon::Hand => "M5 1h6l4 4v6l-4 4H5l-4-4V5zM4.5 7v2h7V7z",
            Icon::Close => {
                "M3.5 2.3L8 6.800l4.5-4.5 1.2 1.2L9.200 8l4.5 4.5-1.2 1.2L8 9.200l-4.5 4.5-1.2-1.2L6.800 8 2.3 3.5z"
            }
        }
    }
}
