//! The page's first picture is made before it is built: both lanes of the first visit, finished, and their stages at the
//! moment at which the page opens. What is kept in the page's source must be what a fresh run gives.
#![cfg(not(target_arch = "wasm32"))]

use highwater_experiments::Session;
use highwater_model::view::Frame;
use highwater_model::{Instant, LaneId, presets};
use highwater_oracle::report::Summary;
use std::path::Path;

/// Two seconds after the leader's crash: nobody knows of it yet.
const OPENS_AT: Instant = Instant::from_millis(12_000);

fn fresh() -> Vec<u8> {
    let lanes: [(Summary, Frame); 2] = LaneId::ALL.map(|lane| {
        let mut session = Session::new(presets::first_visit().scenario(lane));
        session.advance(u64::MAX);
        (session.summary(), session.frame(OPENS_AT))
    });
    postcard::to_allocvec(&lanes).expect("a picture always fits in memory")
}

/// After a change of the engine: `HIGHWATER_BLESS=1 cargo test --package highwater-tests --test first_picture`.
#[test]
fn the_first_picture_kept_in_the_page_is_that_of_a_fresh_run() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../web/first_picture.postcard");
    let fresh = fresh();
    if std::env::var_os("HIGHWATER_BLESS").is_some() {
        std::fs::write(&kept, &fresh).expect("the page's source can be written");
    }
    let kept = std::fs::read(&kept).expect("the page keeps a first picture");
    assert!(kept == fresh, "the engine gives another first picture; see this test's comment for how to keep it");
}
