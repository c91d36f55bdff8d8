//! Holds no code: the tests of the whole are in `tests/`, those of the page in `page/`.
