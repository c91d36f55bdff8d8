//! The page's frame: header, lanes, notices, dialogs.

mod dialogs;
mod glyph;
mod header;
mod keys;
mod lane;
mod notices;
mod theme;

pub use dialogs::{DialogHead, DialogHost};
pub use glyph::Glyph;
pub use header::Header;
pub use lane::{Lane, LaneTag};
pub use notices::Notices;
pub use theme::follow as follow_theme;
