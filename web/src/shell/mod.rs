//! The page's frame: header, lanes, notices, dialogs.

mod dialogs;
mod glyph;
mod header;
mod keys;
mod lane;
mod nav;
mod notices;
mod price_link;
mod theme;

pub use dialogs::{DialogHead, DialogHost};
pub use glyph::Glyph;
pub use header::Header;
pub use lane::{Lane, LaneTag, LanesLine};
pub use nav::{follow as follow_link, fragment};
pub use notices::Notices;
pub use price_link::PriceLink;
pub use theme::{follow as follow_theme, is_dark};
