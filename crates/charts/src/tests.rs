//! Promises that hold for every chart.

#[path = "../tests/samples/mod.rs"]
mod samples;

use crate::measure::{self, Face};
use crate::*;
use expect_test::expect_file;

const WIDTHS_PX: [f64; 6] = [320.0, 360.0, 560.0, 768.0, 1_000.0, 1_280.0];

/// Numbers that a chart must survive.
const HARD: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -7.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
    5e-324,
    1e-12,
    1e12,
];

fn samples(width_px: f64) -> [(&'static str, Chart); 6] {
    [
        ("acks", samples::acks().draw(width_px)),
        ("ladder", samples::ladder().draw(width_px)),
        ("pareto", samples::pareto().draw(width_px)),
        ("verdict", samples::verdict().draw(width_px)),
        ("histogram", samples::histogram().draw(width_px)),
        ("losses", samples::losses().draw(width_px)),
    ]
}

/// All charts, of these numbers in all places.
fn hard(numbers: &[f64], width_px: f64) -> Vec<Chart> {
    let write = |number: f64| format!("{number:e}");
    let cells = |shift: usize| {
        let of = |index: usize| numbers[(index + shift) % numbers.len()];
        (0..numbers.len()).map(|n| Cell::Read(Reading { value: of(n), low: of(n + 1), high: of(n + 2) })).collect()
    };
    let slots = vec!["unlimited".to_owned(); numbers.len()];
    let lane = || Lane { name: "<&\">".into(), held: Some(99) };
    let anchors = || numbers.iter().map(|value| Anchor { slot: 0, value: *value, source: String::new() }).collect();
    let panel = || Panel {
        title: "<&\">".into(),
        unit: String::new(),
        write: &write,
        cells: vec![cells(0), cells(1)],
        anchors: anchors(),
    };
    let dimension = |better| Dimension { title: "<&\">".into(), write: &write, better };
    let pairs = numbers.iter().flat_map(|x| numbers.iter().map(move |y| (*x, *y)));
    let tried = pairs.map(|(x, y)| Tried { name: "<&\">".into(), x, y, role: Role::Named }).collect();
    let bins: Vec<Bin> =
        numbers.windows(2).map(|pair| Bin { from: pair[0], to: pair[1], count: u64::MAX / 64 }).collect();
    let quantiles: Vec<(String, f64)> = numbers.iter().map(|number| ("p".to_owned(), *number)).collect();
    let rows = numbers.iter().map(|bound| Row {
        title: "<&\">".into(),
        unit: String::new(),
        write: &write,
        cells: cells(0),
        bounds: [*bound, numbers[0]],
    });
    vec![
        Tradeoff { title: String::new(), slots, lanes: vec![lane(), lane()], panels: vec![panel()] }.draw(width_px),
        Pareto { title: String::new(), x: dimension(Better::Less), y: dimension(Better::More), tried }.draw(width_px),
        Verdict {
            title: "\"".into(),
            words: ["a", "b", "c"].map(str::to_owned),
            lanes: vec!["A".into(); numbers.len()],
            rows: rows.collect(),
        }
        .draw(width_px),
        Histogram {
            title: String::new(),
            unit: String::new(),
            write: &write,
            lanes: vec![Distribution { name: String::new(), bins, quantiles }],
        }
        .draw(width_px),
        Losses {
            title: String::new(),
            runs: String::new(),
            unit: String::new(),
            write_share: &write,
            write: &write,
            lanes: vec![Seeds { name: String::new(), lost: numbers.to_vec() }],
        }
        .draw(width_px),
    ]
}

/// A text of a picture and the rectangle that it takes.
struct Label {
    words: String,
    area: Frame,
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn labels(svg: &str) -> Vec<Label> {
    let texts = svg.split("<text").skip(1).map(|text| text.split_once("</text>").expect("a text ends").0);
    texts.map(|text| label(text.split_once('>').expect("a tag ends"))).collect()
}

fn label((tag, words): (&str, &str)) -> Label {
    let number = |name| attribute(tag, name).and_then(|value| value.parse::<f64>().ok()).expect("a number");
    let size_px = number("font-size");
    let (is_mono, is_bold) = (tag.contains("var(--mono)"), tag.contains("font-weight"));
    let face = match (is_mono, is_bold) {
        (true, true) => Face::Held,
        (true, false) => Face::Value,
        (false, true) => Face::Title,
        (false, false) if size_px == Face::Note.size_px() => Face::Note,
        (false, false) => Face::Tick,
    };
    let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let (width_px, x_px, y_px) = (measure::width_px(&words, face), number("x"), number("y") - 0.35 * size_px);
    let half_px = 0.42 * size_px;
    let before_px = match attribute(tag, "text-anchor") {
        Some("middle") => width_px / 2.0,
        Some("end") => width_px,
        _ => 0.0,
    };
    let area = if tag.contains("rotate(-90") {
        Frame {
            left_px: x_px - half_px,
            right_px: x_px + half_px,
            top_px: y_px + before_px - width_px,
            bottom_px: y_px + before_px,
        }
    } else {
        Frame {
            left_px: x_px - before_px,
            right_px: x_px - before_px + width_px,
            top_px: y_px - half_px,
            bottom_px: y_px + half_px,
        }
    };
    Label { words, area }
}

fn meet(a: &Frame, b: &Frame) -> bool {
    let across = a.left_px < b.right_px && b.left_px < a.right_px;
    across && a.top_px < b.bottom_px && b.top_px < a.bottom_px
}

#[test]
fn no_label_touches_another_or_leaves_the_picture() {
    for width_px in WIDTHS_PX {
        for (name, chart) in samples(width_px) {
            let labels = labels(&chart.svg);
            assert!(labels.len() > 6, "{name}");
            for (index, label) in labels.iter().enumerate() {
                let Frame { left_px, top_px, right_px, bottom_px } = label.area;
                let inside = -1.0 <= left_px && -1.0 <= top_px;
                let inside = inside && right_px <= width_px + 1.0 && bottom_px <= chart.height_px + 1.0;
                assert!(inside, "{name} at {width_px}: {} leaves the picture: {:?}", label.words, label.area);
                for other in &labels[index + 1..] {
                    let (a, b) = (&label.words, &other.words);
                    assert!(!meet(&label.area, &other.area), "{name} at {width_px}: {a} touches {b}");
                }
            }
        }
    }
}

#[test]
fn what_lies_at_a_place_lies_there() {
    for width_px in WIDTHS_PX {
        for (name, chart) in samples(width_px) {
            for plane in &chart.planes {
                for (across, up) in [(0.0, 0.0), (0.31, 0.77), (0.5, 0.1), (1.0, 1.0)] {
                    let data = (plane.x().number(across), plane.y().number(up));
                    let pixel = plane.to_pixel(data.0, data.1);
                    let (x, y) = plane.to_data(pixel).expect("a plane has a size");
                    let back = plane.to_pixel(x, y);
                    let off_px = (back.x_px - pixel.x_px).abs().max((back.y_px - pixel.y_px).abs());
                    assert!(off_px <= 0.11, "{name}: {pixel:?} came back as {back:?}");
                }
            }
        }
    }
}

#[test]
fn every_figure_has_a_mark_in_the_picture_that_a_pointer_finds() {
    for (name, chart) in samples(360.0) {
        let picture = Frame { left_px: 0.0, top_px: 0.0, right_px: chart.width_px, bottom_px: chart.height_px };
        for mark in &chart.marks {
            assert!(picture.holds(mark.at), "{name}: {mark:?}");
            let nearest = chart.nearest(mark.at, 1.0).expect("there is a mark");
            assert_eq!(nearest.at, mark.at, "{name}");
            assert_eq!(chart.place(mark.datum), Some(mark.at), "{name}: a figure has one mark");
        }
    }
    let count = |chart: &Chart, is: fn(&Datum) -> bool| chart.marks.iter().filter(|mark| is(&mark.datum)).count();
    let acks = samples::acks().draw(360.0);
    assert_eq!(count(&acks, |datum| matches!(datum, Datum::Reading { .. })), 5 * 2 * 3);
    assert_eq!(count(&acks, |datum| matches!(datum, Datum::Anchor { .. })), 3);
    assert_eq!(samples::losses().draw(360.0).marks.len(), 2_000);
}

#[test]
fn no_number_breaks_a_chart() {
    let sets: [&[f64]; 8] = [&HARD, &[0.0], &[f64::NAN], &[5.0], &[5.0; 9], &[0.0, 1e9], &[1e-9, 1e9], &HARD[7..]];
    for numbers in sets {
        for width_px in [0.0, 1.0, 90.0, 360.0, 4_000.0] {
            for chart in hard(numbers, width_px) {
                for wrong in ["NaN", "inf\""] {
                    assert!(!chart.svg.contains(wrong), "{wrong} for {numbers:?}: {}", chart.svg);
                }
                assert!(chart.height_px.is_finite());
                assert!(chart.marks.iter().all(|mark| mark.at.x_px.is_finite() && mark.at.y_px.is_finite()));
                is_well_formed(&chart.stand_alone(Theme::Dark));
            }
        }
    }
}

/// Every tag that is opened is closed, and no attribute holds what would end it.
#[track_caller]
fn is_well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1).map(|tag| tag.split_once('>').expect("a tag ends").0) {
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        match (tag.strip_prefix('/'), tag.strip_suffix('/')) {
            (Some(closed), _) => assert_eq!(open.pop().as_deref(), Some(closed)),
            (None, Some(_)) => (),
            (None, None) => open.push(tag.split(' ').next().unwrap_or_default().to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_two_lanes_differ_without_colour() {
    let alone = |lane: usize| {
        let mut chart = samples::acks();
        for panel in &mut chart.panels {
            let same = panel.cells[0].clone();
            panel.cells = vec![Vec::new(), Vec::new()];
            panel.cells[lane] = same;
        }
        let svg = chart.draw(360.0).svg;
        Ink::ALL.iter().fold(svg, |svg, ink| svg.replace(ink.variable(), "ink"))
    };
    assert!(alone(1).contains("stroke-dasharray"));
    assert!(!alone(0).contains("stroke-dasharray"));
    assert!(alone(0).contains("<circle"));
}

#[test]
fn a_chart_that_leaves_the_page_takes_its_colours_along() {
    for theme in [Theme::Light, Theme::Dark] {
        for (name, chart) in samples(360.0) {
            assert!(!chart.stand_alone(theme).contains("var("), "{name}");
        }
    }
}

#[test]
fn colours_outside_of_the_page_are_those_of_its_style_sheet() {
    let css = include_str!("../../../web/style/base.css");
    let (light, dark) = css.split_once("[data-theme=\"dark\"]").expect("the page has two themes");
    for ink in Ink::ALL {
        let variable = ink.variable().trim_start_matches("var(").trim_end_matches(')');
        for (theme, css) in [(Theme::Light, light), (Theme::Dark, dark)] {
            let line = format!("{variable}: {};", ink.value(theme));
            assert!(css.contains(&line), "{theme:?}: {line}");
        }
    }
}

#[test]
fn the_front_is_what_nothing_beats() {
    let tried = |x, y| Tried { name: String::new(), x, y, role: Role::Other };
    let dimension = |better| Dimension { title: String::new(), write: &samples::short, better };
    let points = [(1.0, 9.0), (2.0, 4.0), (2.0, 3.0), (3.0, 3.0), (4.0, 1.0), (9.0, 9.0), (f64::NAN, 0.0)];
    let chart = |x, y| Pareto {
        title: String::new(),
        x: dimension(x),
        y: dimension(y),
        tried: points.map(|(x, y)| tried(x, y)).into(),
    };
    assert_eq!(chart(Better::Less, Better::Less).front(), [0, 2, 4]);
    assert_eq!(chart(Better::More, Better::More).front(), [5]);
    assert_eq!(chart(Better::Less, Better::More).front(), [0]);
}

#[test]
fn the_worst_run_is_the_one_that_lost_most() {
    let seeds = |lost: &[f64]| Seeds { name: String::new(), lost: lost.to_vec() };
    assert_eq!(seeds(&[0.0, 7.0, f64::NAN, 3.0]).worst(), Some(1));
    assert_eq!(seeds(&[]).worst(), None);
}

#[test]
fn a_chart_of_seven_values_and_two_lanes_stays_small() {
    // What is drawn is a few hundred shapes, so that it can be drawn anew ten times a second while figures come in.
    let chart = samples::ladder().draw(1_100.0);
    let shapes = chart.svg.matches('<').count();
    assert!(shapes < 700, "{shapes} shapes");
    assert!(chart.svg.len() < 80_000, "{} bytes", chart.svg.len());
}

#[test]
fn charts_look_as_they_did() {
    let mut acks = samples::acks();
    acks.panels.truncate(2);
    let mut pareto = samples::pareto();
    pareto.tried.drain(..120);
    let looks = [
        (acks.draw(360.0), expect_file!["../tests/svg/acks.svg"]),
        (pareto.draw(360.0), expect_file!["../tests/svg/pareto.svg"]),
        (samples::verdict().draw(360.0), expect_file!["../tests/svg/verdict.svg"]),
    ];
    for (chart, expected) in looks {
        // One shape a line, so that a difference can be read.
        expected.assert_eq(&(chart.stand_alone(Theme::Light).replace("><", ">\n<") + "\n"));
    }
}

#[test]
fn a_table_has_every_figure_of_the_chart() {
    let table = samples::acks().table("acks", "lane");
    expect_test::expect![[r#"
        | acks | lane | Reliability, records lost a year | Availability, minutes a year not in time | Throughput, records a second | Latency, end to end, p99 | Cost, $ for a million records |
        | --- | --- | --- | --- | --- | --- | --- |
        | 0 | payments | 41 k (24.6 k – 57.4 k) | 22 (17.6 – 26.4) | 260 k (247 k – 273 k) | 9 ms (8.1 ms – 9.9 ms) | $4.1 ($4.06 – $4.14) |
        | 0 | clickstream | 610 M (305 M – 915 M) | 5 (4.5 – 5.5) | 910 k (873.6 k – 946.4 k) | 151 ms (146.47 ms – 155.53 ms) | $0.02 |
    "#]]
    .assert_eq(&first_lines(&table.markdown(), 4));
    let csv = table.csv();
    assert_eq!(csv.lines().count(), 1 + 3 * 2);
    assert!(csv.lines().all(|line| line.matches(',').count() >= 2 + 3 * 5 - 1));
}

fn first_lines(text: &str, count: usize) -> String {
    let lines = text.lines().take(count).map(|line| line.replace('\u{202f}', " ") + "\n");
    lines.collect()
}
