//! Writes to standard output. Who reads may close the pipe early, as `head` does: then there is nobody left to write for.

use std::fmt::Arguments;
use std::io::Write as _;

/// Writes this.
pub fn say(text: Arguments) {
    if std::io::stdout().write_fmt(text).is_err() {
        std::process::exit(0);
    }
}

/// `println!` for a reader who may have gone.
macro_rules! sayln {
    ($($text:tt)*) => { $crate::say::say(format_args!("{}\n", format_args!($($text)*))) };
}
pub(crate) use sayln;
