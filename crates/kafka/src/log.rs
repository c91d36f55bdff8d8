//! A replica log.
