//! All words of the language, so that the document that teaches it can be held against them.

use crate::apis;
use crate::case;
use crate::expect::{Of, Op, ROOTS};
use crate::figures;
use crate::groups;
use crate::measured;
use crate::search;
use crate::sheet::{Fields, Table};
use crate::start;
use crate::steps;
use highwater_figures::Kind;
use highwater_kafka::{broker, consumer, controller, group, inspect, producer};
use highwater_model::presets::Preset;
use highwater_model::trace::Api;
use std::collections::BTreeSet;

/// Every step, every field of a section, step or request, every beginning and every end of a path.
pub fn words() -> BTreeSet<String> {
    let setup = Preset::Defaults.setup();
    let (layout, nodes) = (setup.layout(), setup.nodes());
    let nothing = Table::default();
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for step in steps::all() {
        let fields = Fields::of(&nothing, &layout, &nodes);
        (step.read)(&fields, &|_| Vec::new());
        words.insert(step.word);
        words.extend(fields.asked());
    }
    for api in Api::ALL {
        let fields = Fields::of(&nothing, &layout, &nodes);
        apis::reply(*api, &fields);
        words.extend(fields.asked());
    }
    let fields = Fields::of(&nothing, &layout, &nodes);
    search::read(&fields);
    words.extend(fields.asked());
    words.extend(start::words(&layout, &nodes));
    words.extend(case::WORDS);
    words.extend(measured::WORDS);
    words.extend(highwater_figures::functions());
    words.extend(Kind::ALL.map(Kind::name));
    words.extend(groups::WORDS);
    words.extend(ROOTS);
    words.extend(Op::WORDS.map(|(word, _)| word));
    words.extend(Of::WORDS.map(|(word, _)| word));
    words.extend(paths());
    words.into_iter().map(str::to_owned).collect()
}

/// The names of all fields that can be seen.
fn paths() -> Vec<&'static str> {
    let tables = [
        inspect::PARTITION,
        inspect::BROKER,
        inspect::RECORD,
        broker::BROKER_OWN,
        broker::REPLICA,
        broker::LEADER,
        broker::FOLLOWER,
        broker::PRODUCER,
        broker::TRANSACTION,
        controller::CONTROLLER,
        producer::PRODUCER,
        producer::QUEUE,
        producer::SEQUENCES,
        consumer::CONSUMER,
        consumer::POSITION,
        group::GROUP_FIELDS,
        group::COMMITTED,
        group::CLASSIC_MEMBER,
        group::MODERN_MEMBER,
        highwater_sim::inspect::PROCESS,
        figures::LEDGER,
        figures::AVAILABILITY,
        figures::LATENCY,
        figures::INVARIANTS,
        figures::METRIC,
    ];
    tables.concat()
}
