//! Plays and scripts for the tests of the whole; the tests themselves are in `tests/`, those of the page in `page/`.

pub mod play;
pub mod small;
pub mod tape;
