//! Published figures of Kafka clusters, as far as the model comes near them. `highwater anchors` prints all of them.
#![cfg(not(target_arch = "wasm32"))]

use highwater_anchors::{Anchor, Report, Tests, check_all, read};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Anchors of the first tier that are missed. What the mechanism lacks stands in their files; none of them was bent.
const MISSED: [&str; 13] = ["T4", "T11", "B1", "B3", "P1", "F2", "D3", "D9", "W1", "W2", "W4", "W8", "N4"];

/// All anchors that `docs/calibration.md` speaks of.
const ALL: [&str; 56] = [
    "T1", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T14", "T15", "T16", "T18", "T19", "B1", "B3",
    "B5", "B6", "B7", "C1", "C2", "C3", "P1", "P2", "F1", "F2", "F4", "F5", "F6", "D1", "D3", "D4", "D6", "D7", "D8",
    "D9", "D10", "W1", "W2", "W4", "W5", "W8", "W9", "N1", "N2", "N4", "N5", "N6", "N7", "N8", "A1", "A2", "G1", "G2",
];

fn anchors() -> Vec<Anchor> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("anchors");
    let entries = fs::read_dir(folder).expect("the folder of the anchors is there");
    let mut anchors = Vec::new();
    for entry in entries {
        let file = entry.expect("it can be read").path();
        let text = fs::read_to_string(&file).expect("an anchor can be read");
        let anchor = read(&text).unwrap_or_else(|problems| panic!("{}: {problems:?}", file.display()));
        assert_eq!(file.file_stem().and_then(|stem| stem.to_str()), Some(anchor.about.id.as_str()));
        anchors.push(anchor);
    }
    anchors
}

#[test]
fn every_published_figure_is_compared_or_says_why_not() {
    let anchors = anchors();
    let ids: BTreeSet<&str> = anchors.iter().map(|anchor| anchor.about.id.as_str()).collect();
    assert_eq!(ids, ALL.into_iter().collect());
    for anchor in &anchors {
        let about = &anchor.about;
        assert_ne!(anchor.checks.is_empty(), about.absent.is_none(), "{}: it is compared, or absent", about.id);
    }
}

#[test]
fn the_first_tier_comes_near_enough_but_for_the_misses_that_are_listed() {
    let first: Vec<Anchor> = anchors().into_iter().filter(|anchor| anchor.about.tier == 1).collect();
    for id in MISSED {
        let anchor = first.iter().find(|anchor| anchor.about.id == id);
        assert!(
            anchor.is_some_and(|anchor| anchor.about.lacks.is_some()),
            "{id}: what the mechanism lacks is not said"
        );
    }
    let asserted: Vec<Anchor> =
        first.into_iter().filter(|anchor| !MISSED.contains(&anchor.about.id.as_str())).collect();
    let wrong: Vec<Report> = check_all(&asserted)
        .into_iter()
        .filter(|report| report.about.tests != Tests::Input && report.is_within() == Some(false))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
