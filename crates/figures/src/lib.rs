//! Figures of a run: what a reader wants to know of it ("the longest time without an acknowledgement"), written as a
//! small expression over its trace and its ledger, and whether the figures of many runs agree with measured ones.
//!
//! A figure is data, not code: whoever writes a case writes its figures in the same file, from the vocabulary that
//! `docs/conformance.md` teaches. So there is nothing here about any one case.

mod agreement;
mod entries;
mod evaluate;
mod expression;
mod functions;
mod reader;
mod tape;
mod value;

pub use agreement::{Kind, Measured, MeasuredProblem, Samples, Verdict};
pub use evaluate::{FigureError, Run};
pub use expression::Expression;
pub use functions::functions;
pub use reader::SyntaxError;
pub use tape::{Mark, Tape};
pub use value::Value;
