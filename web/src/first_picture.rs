//! The first picture: the first visit's runs, finished before the page was built, so that a reader sees them at once
//! while the workers run them again. A test of the workspace holds them against a fresh run.

use crate::state::Known;
use highwater_model::{Comparison, presets};

static KEPT: &[u8] = include_bytes!("../first_picture.postcard");

/// What is known of a comparison before anything has run.
pub fn known(comparison: &Comparison) -> Option<Known> {
    // A picture of another format would be that of another engine: the workers make their own in a second.
    (*comparison == presets::first_visit()).then(|| postcard::from_bytes(KEPT).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_visit_is_known_before_anything_has_run() {
        let known = known(&presets::first_visit()).expect("the picture is of today's format");
        assert!(known.iter().all(|(summary, _)| summary.finished));
    }

    #[test]
    fn another_comparison_is_not() {
        assert!(known(&Comparison { seed: 8, ..presets::first_visit() }).is_none());
    }
}
