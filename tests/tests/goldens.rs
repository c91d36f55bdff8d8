//! What has to be the same to the last bit natively, in Node and in the browser. `cargo xtask test` runs this file
//! natively and as WASM. A golden that changes needs a line in CHANGELOG.md that says why the model changed.

use highwater_experiments::swarm;
use highwater_kernel::{Dice, Fingerprint, LogNormal, Seed, Stream};
use highwater_model::{Duration, Instant, LaneId, Scenario, presets};
use highwater_sim::World;
use std::hash::Hasher as _;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Draws one number; a distribution draws on every floating-point function that it uses.
type Draw = fn(&mut Dice) -> u64;

/// Each draw by its name, with its golden.
const DRAWS: [(&str, Draw, u64); 5] = [
    ("bits", Dice::bits, 0xba2c_878a_37ac_c30a),
    ("within", |dice| dice.within(3, 1_000_003), 0x75a2_b75f_7830_ad76),
    ("exponential", |dice| dice.exponential(1.0).to_bits(), 0xd7fa_d542_9a52_f033),
    ("poisson", |dice| dice.poisson(12.5), 0x5f90_8f63_e01e_6bd1),
    ("erlang", |dice| dice.erlang(40).to_bits(), 0x1285_c89b_0e7f_1728),
];

const LOG_NORMAL: u64 = 0x5fc6_5d03_9814_31d6;
const FIRST_VISIT: [u64; 2] = [0x859b_1e45_fd55_8b14, 0xa612_a5f1_e1f7_966d];
const RANDOM: u64 = 0x0b4f_b39a_7b7d_3629;

#[test]
fn every_distribution_has_its_fingerprint() {
    for (name, draw, golden) in DRAWS {
        let mut dice = Seed(17).dice(Stream::Search(0));
        let mut fingerprint = Fingerprint::new();
        for _ in 0..10_000 {
            fingerprint.write_u64(draw(&mut dice));
        }
        assert_eq!(fingerprint.finish(), golden, "{name}: {:#018x}", fingerprint.finish());
    }
}

#[test]
fn the_log_normal_law_has_its_fingerprint() {
    let (law, mut dice) = (LogNormal::new(0.7), Seed(17).dice(Stream::Search(0)));
    let mut fingerprint = Fingerprint::new();
    for _ in 0..10_000 {
        fingerprint.write_u64(law.draw(Duration(1_000_000_000), &mut dice).0);
    }
    assert_eq!(fingerprint.finish(), LOG_NORMAL, "{:#018x}", fingerprint.finish());
}

/// The fingerprint of a whole run.
fn run(scenario: &Scenario) -> u64 {
    let mut world = World::new(scenario);
    world.advance(Instant(scenario.duration.0), u64::MAX, &mut ());
    world.finish(&mut ());
    world.fingerprint()
}

#[test]
fn both_presets_of_the_first_visit_have_their_fingerprints() {
    let fingerprints = LaneId::ALL.map(|lane| run(&presets::first_visit().scenario(lane)));
    assert_eq!(fingerprints, FIRST_VISIT, "{fingerprints:#018x?}");
}

#[test]
fn two_hundred_random_scenarios_of_all_releases_have_their_fingerprint() {
    let mut all = Fingerprint::new();
    for number in 0..200 {
        all.write_u64(run(&swarm::scenario(number)));
    }
    assert_eq!(all.finish(), RANDOM, "{:#018x}", all.finish());
}
