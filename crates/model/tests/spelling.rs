//! Links and files: what is written is read back, old links keep their meaning, and every damage is named.

use expect_test::{Expect, expect, expect_file};
use highwater_model::fault::{Cut, Fault, FaultKind, Target};
use highwater_model::file::{self, Document, FILE_BYTES_MAX};
use highwater_model::link::{self, Headline, LINK_BYTES_MAX, Outcome};
use highwater_model::place::{CHART_VALUES_MAX, Chart, Place};
use highwater_model::presets::{Preset, first_visit};
use highwater_model::scenario::PlacedFault;
use highwater_model::spelling::ReadProblem;
use highwater_model::{
    BrokerId, Comparison, ControllerId, Duration, Instant, LaneId, Lanes, PartitionId, Profile, Scenario, SettingId,
    Setup,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn any_setup() -> impl Strategy<Value = Setup> {
    let changes = vec((select(SettingId::ALL), any::<i64>()), 0..8);
    let (presets, profiles) = (select(Preset::ALL.as_slice()), select(Profile::ALL.as_slice()));
    (presets, profiles, changes).prop_map(|(preset, profile, changes)| {
        let mut setup = preset.setup_in(profile);
        for (setting, draw) in changes {
            let (min, max) = setting.range();
            let width = (i128::from(max) - i128::from(min) + 1) as u128;
            let value = i128::from(min) + (u128::from(draw as u64) % width) as i128;
            setting.set(&mut setup, value as i64);
        }
        setup
    })
}

fn any_target() -> impl Strategy<Value = Target> {
    prop_oneof![
        any::<u8>().prop_map(|n| Target::Broker(BrokerId(n))),
        any::<u8>().prop_map(|n| Target::Controller(ControllerId(n))),
        any::<u8>().prop_map(Target::Producer),
        any::<u8>().prop_map(Target::Consumer),
        any::<u8>().prop_map(Target::Rack),
        any::<u16>().prop_map(|n| Target::LeaderOf(PartitionId(n))),
        (any::<u16>(), any::<u8>()).prop_map(|(p, n)| Target::FollowerOf(PartitionId(p), n)),
        any::<u8>().prop_map(Target::FollowerOfBusiest),
        select(
            [
                Target::LeaderOfBusiest,
                Target::ActiveController,
                Target::GroupCoordinator,
                Target::AllBrokers,
                Target::AllControllers,
                Target::AllProducers,
                Target::AllConsumers,
            ]
            .as_slice()
        ),
    ]
}

fn any_kind() -> impl Strategy<Value = FaultKind> {
    let cuts = select([Cut::BothWays, Cut::Outbound, Cut::Inbound].as_slice());
    prop_oneof![
        select(
            [
                FaultKind::ProcessCrash,
                FaultKind::ControlledStop,
                FaultKind::PowerLoss,
                FaultKind::Restart,
                FaultKind::Pause,
                FaultKind::FullDisk,
                FaultKind::HungDisk,
            ]
            .as_slice()
        ),
        (any_target(), cuts).prop_map(|(with, cut)| FaultKind::Cut { with, cut }),
        any::<u32>().prop_map(|delay_ms| FaultKind::SlowLink { delay_ms }),
        any::<u16>().prop_map(|per_mille| FaultKind::PacketLoss { per_mille }),
        any::<u32>().prop_map(|factor| FaultKind::SlowDisk { factor }),
        any::<u32>().prop_map(|factor| FaultKind::ClientSlow { factor }),
        any::<u32>().prop_map(|percent| FaultKind::LoadBurst { percent }),
        any::<i64>().prop_map(|by_ms| FaultKind::ClockStep { by_ms }),
    ]
}

fn any_fault() -> impl Strategy<Value = PlacedFault> {
    let lanes = select([Lanes::Both, Lanes::Only(LaneId::A), Lanes::Only(LaneId::B)].as_slice());
    (lanes, any::<u64>(), any_kind(), any_target(), proptest::option::of(any::<u64>())).prop_map(
        |(lanes, at, kind, target, duration)| PlacedFault {
            lanes,
            fault: Fault { at: Instant(at), kind, target, duration: duration.map(Duration) },
        },
    )
}

prop_compose! {
    fn any_comparison()(
        a in any_setup(), b in any_setup(), faults in vec(any_fault(), 0..5), seed in any::<u64>(), length in any::<u64>(),
    ) -> Comparison {
        Comparison { lanes: [a, b], faults, seed, duration: Duration(length) }
    }
}

prop_compose! {
    fn any_chart()(
        which in any::<prop::sample::Index>(), picks in vec(any::<u64>(), 0..CHART_VALUES_MAX), figures in vec("[a-z0-9-]{1,20}", 0..6),
    ) -> Chart {
        let setting = SettingId::ALL[which.index(SettingId::ALL.len())];
        let (min, max) = setting.range();
        let wide = (i128::from(max) - i128::from(min) + 1) as u128;
        let mut values: Vec<i64> = Vec::new();
        for value in picks.into_iter().map(|pick| (i128::from(min) + (u128::from(pick) % wide) as i128) as i64) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Chart { setting, values, figures }
    }
}

fn any_place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::Playground),
        Just(Place::Compare),
        Just(Place::Chapter),
        any_chart().prop_map(Place::Tradeoffs)
    ]
}

prop_compose! {
    fn any_headline()(numbers in any::<[u64; 5]>()) -> Headline {
        let [acked, lost, duplicated, unwritable_ms, fingerprint] = numbers;
        Headline { acked, lost, duplicated, unwritable_ms, fingerprint }
    }
}

prop_compose! {
    fn any_outcome()(engine in any::<u32>(), a in any_headline(), b in any_headline()) -> Outcome {
        Outcome { engine, lanes: [a, b] }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_link_is_read_back(
        place in any_place(), comparison in any_comparison(), outcome in proptest::option::of(any_outcome()),
    ) {
        let decoded = link::decode(&link::encode_at(&place, &comparison, outcome.as_ref()));
        prop_assert_eq!(decoded.problems, []);
        prop_assert_eq!(decoded.place, place);
        prop_assert_eq!(decoded.comparison, comparison);
        prop_assert_eq!(decoded.outcome, outcome);
    }

    #[test]
    fn a_percent_encoded_link_is_read_back(comparison in any_comparison()) {
        let link = link::encode(&comparison, None).replace(':', "%3A").replace('&', "%26").replace('=', "%3d");
        prop_assert_eq!(link::decode(&link).comparison, comparison);
    }

    #[test]
    fn a_comparison_file_is_read_back(comparison in any_comparison()) {
        let opened = file::read(&file::write_comparison(&comparison));
        prop_assert_eq!(opened.problems, []);
        prop_assert_eq!(opened.document, Document::Comparison(Box::new(comparison)));
    }

    #[test]
    fn a_scenario_file_is_read_back(comparison in any_comparison()) {
        let scenario = comparison.scenario(LaneId::B);
        let opened = file::read(&file::write_scenario(&scenario));
        prop_assert_eq!(opened.problems, []);
        prop_assert_eq!(opened.document, Document::Scenario(Box::new(scenario)));
    }

    #[test]
    fn every_file_is_toml(comparison in any_comparison()) {
        let text = file::write_comparison(&comparison);
        prop_assert!(toml::de::DeTable::parse(&text).is_ok(), "{}", text);
    }

    /// Any change of one character is noticed: by the checksum, or because something cannot be read.
    #[test]
    fn a_damaged_link_says_so(
        leads_to in any_place(), comparison in any_comparison(), place in any::<prop::sample::Index>(), with in any::<char>(),
    ) {
        let link = link::encode_at(&leads_to, &comparison, None);
        let place = place.index(link.len());
        let mut damaged = link.clone();
        damaged.replace_range(place..=place, &with.to_string());
        let decoded = link::decode(&damaged);
        let same = (&decoded.place, &decoded.comparison) == (&leads_to, &comparison);
        prop_assert!(same || !decoded.problems.is_empty(), "{} {}", link, damaged);
    }

    #[test]
    fn a_truncated_link_says_so(comparison in any_comparison(), place in any::<prop::sample::Index>()) {
        let link = link::encode(&comparison, None);
        let decoded = link::decode(&link[..place.index(link.len())]);
        // What is cut to nothing, or to `#v1`, is the whole link of the first visit.
        prop_assert!(decoded.comparison == first_visit() || !decoded.problems.is_empty());
    }

    #[test]
    fn nothing_makes_reading_panic(text in ".{0,300}", lines in vec("[a-f.\\[\\]=\"' #0-9_]{0,30}", 0..20)) {
        link::decode(&text);
        link::decode(&format!("#v1&{text}"));
        file::read(&text);
        file::read(&format!("highwater = 1\n{}", lines.join("\n")));
    }

    #[test]
    fn a_damaged_file_is_read_as_far_as_it_can_be(comparison in any_comparison(), place in any::<prop::sample::Index>()) {
        let text = file::write_comparison(&comparison);
        let place = place.index(text.len());
        let mut damaged = text.clone();
        damaged.replace_range(place..=place, "\u{7f}");
        let opened = file::read(&damaged);
        let same = opened.document == Document::Comparison(Box::new(comparison));
        prop_assert!(same || !opened.problems.is_empty(), "damaged at {}:\n{}", place, damaged);
    }
}

#[test]
fn the_first_visit_needs_no_words() {
    assert_eq!(link::encode(&first_visit(), None), "#v1");
    for link in ["", "#", "#v1", "v1", "https://example.org/highwater/#v1", "https://example.org/"] {
        let decoded = link::decode(if link.ends_with('/') { "#" } else { link });
        assert_eq!((decoded.comparison, decoded.problems), (first_visit(), vec![]), "{link}");
    }
}

#[track_caller]
fn check_link(link: &str, expected: Expect) {
    let mut decoded = link::decode(link);
    if decoded.comparison.seed == first_visit().seed {
        // The first visit's seed is chosen anew when the engine changes.
        decoded.comparison.seed = 0;
    }
    let problems: String = decoded.problems.iter().map(|problem| format!("\n{problem:?}")).collect();
    let again = link::encode_at(&decoded.place, &decoded.comparison, decoded.outcome.as_ref());
    expected.assert_eq(&format!("{again}{problems}"));
}

/// Links that were given away: their meaning must never change.
#[test]
fn links_of_version_1_are_read_for_ever() {
    check_link(
        "#v1&a.acks=1&b.linger.ms=20&seed=9&for=90s&f=ab:10s:crash:busiest:25s&f=b:12500ms:cut.out.b2:leader.3&sum=1836ad",
        expect![
            "#v1&a.acks=1&b.linger.ms=20&seed=9&for=90s&f=ab:10s:crash:busiest:25s&f=b:12500ms:cut.out.b2:leader.3&sum=1836ad"
        ],
    );
}

#[test]
fn a_link_leads_to_a_view_of_the_page() {
    check_link(
        "#v1&view=tradeoffs&set=acks&seed=9&sum=",
        expect![[r#"
        #v1&view=tradeoffs&set=acks&seed=9&sum=0f5b0f
        ChecksumWrong"#]],
    );
    check_link(
        "#v1&b.acks=1&values=5:unlimited:1&view=tradeoffs&figures=lost-a-year&set=flush.messages&seed=9&sum=",
        expect![[r#"
            #v1&view=tradeoffs&set=flush.messages&values=5:unlimited:1&figures=lost-a-year&seed=9&sum=97e7ec
            ChecksumWrong"#]],
    );
    check_link(
        "#v1&view=compare&seed=9&sum=",
        expect![[r#"
        #v1&view=compare&seed=9&sum=a3f883
        ChecksumWrong"#]],
    );
}

#[test]
fn what_is_wrong_with_a_view_is_named() {
    check_link(
        "#v1&view=map&seed=9&sum=",
        expect![[r##"
        #v1&seed=9&sum=99c850
        ChecksumWrong
        BadValue { key: "view", value: "map", expected: Place }"##]],
    );
    check_link(
        "#v1&view=tradeoffs&seed=9&sum=",
        expect![[r##"
        #v1&view=tradeoffs&set=acks&seed=9&sum=0f5b0f
        ChecksumWrong
        Missing { key: "set" }"##]],
    );
    check_link(
        "#v1&set=acks&seed=9&sum=",
        expect![[r##"
        #v1&seed=9&sum=99c850
        ChecksumWrong
        UnknownKey { key: "set" }"##]],
    );
    check_link(
        "#v1&view=tradeoffs&set=colour&values=1&seed=9&sum=",
        expect![[r##"
        #v1&view=tradeoffs&set=acks&seed=9&sum=0f5b0f
        ChecksumWrong
        BadValue { key: "set", value: "colour", expected: SettingName }"##]],
    );
    check_link(
        "#v1&view=tradeoffs&set=acks&values=all:2:all&figures=lost<b>,&seed=9&sum=",
        expect![[r##"
        #v1&view=tradeoffs&set=acks&values=all&seed=9&sum=b9bde8
        ChecksumWrong
        BadValue { key: "values", value: "2", expected: Setting(Acks) }
        BadValue { key: "figures", value: "lost<b>", expected: FigureName }"##]],
    );
    check_link(
        "#v1&view=tradeoffs&set=linger.ms&values=0:1:2:3:4:5:6:7:8:9:10:11:12:13&seed=9&sum=",
        expect![[r##"
            #v1&view=tradeoffs&set=linger.ms&values=0:1:2:3:4:5:6:7:8:9:10:11&seed=9&sum=6f7dff
            ChecksumWrong
            BadValue { key: "values", value: "12", expected: FewerValues }"##]],
    );
}

#[test]
fn every_damage_of_a_link_is_named() {
    check_link(
        "#v1&a.acks=1",
        expect![[r#"
            #v1&a.acks=1&seed=0&sum=322475
            ChecksumMissing"#]],
    );
    check_link(
        "#v1&a.acks=1&seed=9&sum=abcdef",
        expect![[r#"
        #v1&a.acks=1&seed=9&sum=323235
        ChecksumWrong"#]],
    );
    check_link(
        "#v1&a=bank&a.acks=two&b.min.insync.replicas=99&zzz=1&a.color=red&seed=x&for=9&f=ab:1s:crash",
        expect![[r##"
            #v1&seed=0&f=none&sum=36f0d6
            ChecksumMissing
            BadValue { key: "a", value: "bank", expected: Preset }
            BadValue { key: "a.acks", value: "two", expected: Setting(Acks) }
            OutOfRange { key: "b.min.insync.replicas", setting: MinIsr, value: 99, range: (1, 12) }
            UnknownKey { key: "zzz" }
            UnknownKey { key: "a.color" }
            BadValue { key: "seed", value: "x", expected: Number }
            BadValue { key: "for", value: "9", expected: Duration }
            BadValue { key: "f", value: "ab:1s:crash", expected: Fault }"##]],
    );
    check_link(
        "#v1&seed=1&seed=2&engine=1&a.was=1:2:3",
        expect![[r##"
        #v1&seed=1&sum=99bb20
        ChecksumMissing
        Repeated { key: "seed" }
        BadValue { key: "a.was", value: "1:2:3", expected: Figures }
        Missing { key: "b.was" }"##]],
    );
    check_link(
        "#v2&new=1",
        expect![[r#"
            #v1&seed=0&sum=99bd5e
            NewerVersion { version: 2 }"#]],
    );
    check_link(
        "#settings",
        expect![[r#"
            #v1&seed=0&sum=99bd5e
            NotHighwater"#]],
    );
    check_link(
        &format!("#v1&seed={}", "9".repeat(LINK_BYTES_MAX)),
        expect![[r#"
            #v1&seed=0&sum=99bd5e
            TooLong { have: 32776, max: 32768 }"#]],
    );
}

#[test]
fn an_outcome_travels_with_its_link() {
    let of = |lost| Headline { acked: 58_012, lost, duplicated: 1, unwritable_ms: 9_400, fingerprint: 0xabc };
    let outcome = Outcome { engine: 1, lanes: [of(0), of(412)] };
    let comparison = Comparison { seed: 9, ..first_visit() };
    let link = link::encode(&comparison, Some(&outcome));
    expect![
        "#v1&seed=9&engine=1&a.was=58012:0:1:9400:0000000000000abc&b.was=58012:412:1:9400:0000000000000abc&sum=c49019"
    ]
    .assert_eq(&link);
    assert_eq!(link::decode(&link).outcome, Some(outcome));
}

#[test]
fn one_scenario_is_both_lanes_of_its_link() {
    let scenario = first_visit().scenario(LaneId::B);
    let decoded = link::decode(&link::encode_scenario(&scenario));
    assert_eq!(LaneId::ALL.map(|lane| decoded.comparison.scenario(lane)), [scenario.clone(), scenario]);
}

fn changed_scenario() -> Scenario {
    let mut scenario = Scenario { seed: 9, ..first_visit().scenario(LaneId::A) };
    SettingId::Acks.set(&mut scenario.setup, 1);
    SettingId::Idempotence.set(&mut scenario.setup, 0);
    SettingId::FlushMessages.set(&mut scenario.setup, 1);
    scenario
}

#[test]
fn a_scenario_file_reads_well() {
    expect![[r##"
        # A scenario of Highwater: one cluster with its clients, its faults and its seed.
        # A setting that is not here has the preset's value; behind those that differ stands that value.
        highwater = 1

        preset = "payments"
        seed = 9
        duration = "60s"

        [settings]
        "flush.messages" = 1 # unlimited
        acks = "1" # all
        "enable.idempotence" = false # true

        [[faults]]
        at = "10s"
        kind = "crash"
        target = "busiest"
        duration = "25s"
    "##]]
    .assert_eq(&file::write_scenario(&changed_scenario()));
}

#[test]
fn a_comparison_file_reads_well() {
    let mut comparison = Comparison { seed: 9, ..first_visit() };
    comparison.lanes[0] = changed_scenario().setup;
    expect![[r##"
        # A comparison of Highwater: two clusters, A and B, and the faults and the seed they share.
        # A setting that is not here has the preset's value; behind those that differ stands that value.
        highwater = 1

        seed = 9
        duration = "60s"

        [a]
        preset = "payments"

        [a.settings]
        "flush.messages" = 1 # unlimited
        acks = "1" # all
        "enable.idempotence" = false # true

        [b]
        preset = "clickstream"

        [[faults]]
        lanes = "ab"
        at = "10s"
        kind = "crash"
        target = "busiest"
        duration = "25s"
    "##]]
    .assert_eq(&file::write_comparison(&comparison));
}

#[track_caller]
fn check_file(text: &str, expected: Expect) {
    let problems = file::read(text).problems;
    let lines: String = problems
        .iter()
        .map(|found| format!("{}: {:?}\n", found.line.map_or("-".to_owned(), |n| n.to_string()), found.problem))
        .collect();
    expected.assert_eq(&lines);
}

#[test]
fn every_damage_of_a_file_is_named_with_its_line() {
    check_file(
        "highwater = 1\npreset = \"bank\"\nseed = -1\nduration = \"long\"\nacks = \"1\"\nwhat is this\n\
         [settings]\nacks = \"two\"\nlinger.ms = 5\nlinger.ms = 6\nnum.io.threads = 1000\n\
         [[faults]]\nat = \"10\"\nkind = \"fire\"\nlanes = \"a\"\n[[others]]\nx = 1\n",
        expect![[r#"
            2: BadValue { key: "preset", value: "bank", expected: Preset }
            3: BadValue { key: "seed", value: "-1", expected: Number }
            4: BadValue { key: "duration", value: "long", expected: Duration }
            5: UnknownKey { key: "acks" }
            6: Syntax { text: "what is this" }
            8: BadValue { key: "settings.acks", value: "two", expected: Setting(Acks) }
            10: Repeated { key: "settings.linger.ms" }
            11: OutOfRange { key: "settings.num.io.threads", setting: IoThreads, value: 1000, range: (1, 64) }
            12: Missing { key: "target" }
            13: BadValue { key: "at", value: "10", expected: Duration }
            14: BadValue { key: "kind", value: "fire", expected: FaultKind }
            15: UnknownKey { key: "lanes" }
            16: UnknownKey { key: "others" }
            17: UnknownKey { key: "others.x" }
        "#]],
    );
    check_file(
        "[package]\nname = \"x\"\n",
        expect![[r#"
        -: NotHighwater
    "#]],
    );
    check_file(
        "highwater = 2\nwhat = 1\n",
        expect![[r#"
        -: NewerVersion { version: 2 }
    "#]],
    );
    check_file(
        &"#".repeat(FILE_BYTES_MAX + 1),
        expect![[r#"
        -: TooLong { have: 65537, max: 65536 }
    "#]],
    );
}

#[test]
fn a_file_by_hand_needs_little() {
    let opened = file::read("highwater = 1\r\nsettings.acks = 1\r\n\"settings\".\"enable.idempotence\" = false");
    assert_eq!(opened.problems, []);
    let Document::Scenario(scenario) = opened.document else { panic!("a file without lanes is a scenario") };
    assert_eq!(scenario.setup.changed().collect::<Vec<_>>(), [SettingId::Acks, SettingId::Idempotence]);
}

#[test]
fn what_is_quoted_from_a_huge_value_is_short() {
    let decoded = link::decode(&format!("#v1&{}=1", "x".repeat(10_000)));
    let quoted = decoded.problems.iter().find_map(|problem| match problem {
        ReadProblem::UnknownKey { key } => Some(key.len()),
        _ => None,
    });
    assert_eq!(quoted, Some(83));
}

/// What version 1 of links and files leaves unsaid. A line that changes changes the meaning of every link given away:
/// then version 2 must begin, and version 1 keep these values. New lines are harmless; the seed is always said.
#[test]
fn the_defaults_of_version_1_stay() {
    let mut text = String::new();
    for setting in SettingId::ALL {
        text += &format!("{} = {}\n", setting.name(), setting.write(setting.default_value()));
    }
    let defaults = Preset::Defaults.setup();
    for preset in Preset::ALL {
        let setup = preset.setup();
        for setting in SettingId::ALL.iter().filter(|id| id.get(&setup) != id.get(&defaults)) {
            text += &format!("{}: {} = {}\n", preset.name(), setting.name(), setting.write(setting.get(&setup)));
        }
    }
    text += &file::write_comparison(&Comparison { seed: 0, ..first_visit() });
    expect_file!["v1-defaults.txt"].assert_eq(&text);
}

#[test]
fn a_release_and_single_switches_are_said_by_name() {
    let mut comparison = first_visit();
    comparison.lanes[0] = Preset::Payments.setup_in(Profile::Tdg2_4);
    comparison.lanes[0].version.hw_push = false;
    comparison.lanes[1].cluster.eligible_leader_replicas_version = 0;
    let written = link::encode(&comparison, None);
    assert!(written.starts_with("#v1&a.profile=TDG-2.4&a.HW_PUSH=false&b.eligible.leader.replicas.version=0&"));
    assert_eq!(link::decode(&written).comparison, comparison);
    assert_eq!(link::decode("#v1&b.ELR=0&sum=").comparison.lanes[1], comparison.lanes[1]);

    let text = "highwater = 1\n[settings]\nEPOCH_TRUNC = false\nELR = false\nprofile = 1\n";
    let opened = file::read(&format!("{text}# last\n"));
    assert_eq!(opened.problems.len(), 1, "a profile is no setting: {:?}", opened.problems);
    let scenario =
        file::read("highwater = 1\nprofile = \"KRaft-4.1+\"\n[settings]\nEPOCH_TRUNC = false\nELR = false\n");
    let Document::Scenario(scenario) = scenario.document else { panic!("it has no lanes") };
    assert_eq!(scenario.setup.changed().count(), 2);
}

/// What a link or a file made before there were releases says has not changed.
#[test]
fn a_release_that_is_not_named_is_the_current_one() {
    let decoded = link::decode("#v1&a.linger.ms=4&seed=142&sum=");
    assert_eq!(decoded.comparison.lanes.map(|setup| setup.profile), [Profile::CURRENT; 2]);
    let unknown = link::decode("#v1&a.profile=5.0&sum=");
    assert_eq!(unknown.comparison.lanes[0].profile, Profile::CURRENT);
    assert!(unknown.problems.iter().any(|problem| matches!(problem, ReadProblem::BadValue { .. })));
}
