//! What a setting's value can be: a whole number, or one of a few words.

use super::UNLIMITED;

/// A value that a setting can hold: a whole number, or the index of a word.
pub trait Scalar: Copy {
    /// The words, in order, where the setting is a choice.
    const WORDS: &'static [&'static str] = &[];
    /// As a number.
    fn to_number(self) -> i64;
    /// From a number already checked against the setting's range.
    fn from_number(number: i64) -> Self;
}

macro_rules! integers {
    ($($integer:ty),*) => { $(
        impl Scalar for $integer {
            fn to_number(self) -> i64 { i64::try_from(self).unwrap_or(UNLIMITED) }
            fn from_number(number: i64) -> Self {
                <$integer>::try_from(number).expect("the catalogue's ranges fit their fields")
            }
        }
    )* };
}
integers!(u8, u16, u32, u64, i32, i64);

impl Scalar for bool {
    const WORDS: &'static [&'static str] = &["false", "true"];
    fn to_number(self) -> i64 {
        i64::from(self)
    }
    fn from_number(number: i64) -> Self {
        number != 0
    }
}
