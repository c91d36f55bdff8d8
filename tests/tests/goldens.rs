//! What has to be the same to the last bit natively, in Node and in the browser. `cargo xtask test` runs this file
//! natively and as WASM. A golden that changes needs a line in CHANGELOG.md that says why the model changed.

use highwater_kernel::{Dice, Fingerprint, Seed, Stream};
use highwater_model::Duration;
use std::hash::Hasher as _;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Each draws one number; a distribution draws on every floating-point function that it uses.
const DRAWS: [(&str, fn(&mut Dice) -> u64, u64); 6] = [
    ("bits", Dice::bits, 0xba2c_878a_37ac_c30a),
    ("within", |dice| dice.within(3, 1_000_003), 0x75a2_b75f_7830_ad76),
    ("exponential", |dice| dice.exponential(1.0).to_bits(), 0xd7fa_d542_9a52_f033),
    ("log-normal", |dice| dice.log_normal(Duration(1_000_000_000), 0.7).0, 0x55a4_87b4_ff88_6f00),
    ("poisson", |dice| dice.poisson(12.5), 0x5f90_8f63_e01e_6bd1),
    ("erlang", |dice| dice.erlang(40).to_bits(), 0x1285_c89b_0e7f_1728),
];

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
