//! Charts with invented numbers of real sizes, for tests and for the gallery.

use highwater_charts::*;

fn cells(values: &[f64], spread: f64) -> Vec<Cell> {
    let reading = |value: f64| Reading { value, low: value * (1.0 - spread), high: value * (1.0 + spread) };
    values.iter().map(|value| Cell::Read(reading(*value))).collect()
}

/// `5.2 k`, as a page may write numbers.
pub fn short(number: f64) -> String {
    let (scaled, unit) = match number.abs() {
        1e9.. => (number / 1e9, "\u{202f}G"),
        1e6.. => (number / 1e6, "\u{202f}M"),
        1e3.. => (number / 1e3, "\u{202f}k"),
        _ => (number, ""),
    };
    if number != 0.0 && number.abs() < 0.01 {
        format!("{number:.0e}")
    } else {
        format!("{}{unit}", (scaled * 100.0).round() / 100.0)
    }
}

pub fn micros(number: f64) -> String {
    if number < 1e6 {
        format!("{}\u{202f}ms", short(number / 1e3))
    } else {
        format!("{}\u{202f}s", short(number / 1e6))
    }
}

pub fn dollars(number: f64) -> String {
    format!("${}", short(number))
}

pub fn percent(share: f64) -> String {
    format!("{}\u{202f}%", (share * 1e4).round() / 1e2)
}

fn lanes(held: [u32; 2]) -> Vec<Lane> {
    let names = ["payments", "clickstream"].into_iter().zip(held);
    names.map(|(name, held)| Lane { name: name.into(), held: Some(held) }).collect()
}

fn panel<'a>(title: &str, unit: &str, write: Write<'a>, cells: Vec<Vec<Cell>>, anchors: Vec<Anchor>) -> Panel<'a> {
    Panel { title: title.into(), unit: unit.into(), write, cells, anchors }
}

/// Three values, two lanes, zeros and orders of magnitude.
pub fn acks() -> Tradeoff<'static> {
    let anchor = |slot, value| Anchor { slot, value, source: "a bench of 2014".into() };
    let never = Cell::Read(Reading { value: 0.0, low: 0.0, high: 31.0 });
    let lost = vec![[cells(&[41_000.0, 880.0], 0.4), vec![never]].concat(), cells(&[6.1e8, 2.2e6, 900.0], 0.5)];
    Tradeoff {
        title: "What acks costs".into(),
        slots: ["0", "1", "all"].map(str::to_owned).to_vec(),
        lanes: lanes([2, 1]),
        panels: vec![
            panel("Reliability", "records lost a year", &short, lost, vec![anchor(1, 4.0e4)]),
            panel(
                "Availability",
                "minutes a year not in time",
                &short,
                vec![cells(&[22.0, 24.0, 61.0], 0.2), cells(&[5.0, 6.0, 12.0], 0.1)],
                vec![],
            ),
            panel(
                "Throughput",
                "records a second",
                &short,
                vec![cells(&[260e3, 240e3, 190e3], 0.05), cells(&[910e3, 870e3, 690e3], 0.04)],
                vec![anchor(2, 786e3), anchor(1, 821e3)],
            ),
            panel(
                "Latency",
                "end to end, p99",
                &micros,
                vec![cells(&[9e3, 10e3, 16e3], 0.1), cells(&[151e3, 153e3, 170e3], 0.03)],
                vec![],
            ),
            panel(
                "Cost",
                "$ for a million records",
                &dollars,
                vec![cells(&[4.1, 4.1, 4.12], 0.01), cells(&[0.02, 0.02, 0.021], 0.01)],
                vec![],
            ),
        ],
    }
}

/// Seven values with long words, one impossible, one unknown.
pub fn ladder() -> Tradeoff<'static> {
    let slots =
        ["1\u{202f}ms", "10\u{202f}ms", "100\u{202f}ms", "1\u{202f}s", "30\u{202f}s", "2\u{202f}min", "unlimited"];
    let mut broken = cells(&[3.0, 2.5, 2.0, 1.5, 1.0, 0.5, 0.1], 0.3);
    broken[0] = Cell::Impossible;
    broken[4] = Cell::Waiting;
    Tradeoff {
        title: "What delivery.timeout.ms costs".into(),
        slots: slots.map(str::to_owned).to_vec(),
        lanes: lanes([5, 5]),
        panels: vec![
            panel(
                "신뢰성",
                "1년 동안 유실된 레코드",
                &short,
                vec![broken.clone(), cells(&[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0], 0.3)],
                vec![],
            ),
            panel("가용성", "제때 확인되지 않은 시간(분/년)", &short, vec![broken.clone(), broken.clone()], vec![]),
            panel("처리량", "초당 레코드", &short, vec![cells(&[1e6; 7], 0.0), cells(&[1e6; 7], 0.0)], vec![]),
            panel(
                "지연",
                "종단 간 p99",
                &micros,
                vec![cells(&[5e3, 9e3, 2e4, 3e4, 3e6, 3e6, 3e6], 0.1), cells(&[1e3; 7], 0.1)],
                vec![],
            ),
            panel(
                "비용",
                "레코드 100만 건당 달러",
                &dollars,
                vec![cells(&[0.0; 7], 0.0), cells(&[0.0; 7], 0.0)],
                vec![],
            ),
        ],
    }
}

pub fn pareto() -> Pareto<'static> {
    // A few numbers that look drawn by lot.
    let lot = |n: u32, salt: u32| {
        let mixed = (n + 1).wrapping_mul(0x9e37_79b9).rotate_left(salt * 11).wrapping_mul(0x85eb_ca6b);
        f64::from(mixed >> 8) / f64::from(1 << 24)
    };
    let other = |n: u32| {
        let (t, u) = (lot(n, 1), lot(n, 2));
        let lost = if u > 0.8 && t > 0.4 { 0.0 } else { 10.0_f64.powf(8.0 * (1.0 - t) * (0.3 + 0.7 * u)) };
        Tried { name: format!("acks=1, linger.ms={n}"), x: 2e3 * 200.0_f64.powf(t), y: lost, role: Role::Other }
    };
    let named = |name: &str, x, y, role| Tried { name: name.into(), x, y, role };
    let told = [
        named("A payments", 14e3, 0.0, Role::Held(Side::A)),
        named("B clickstream", 153e3, 2.2e6, Role::Held(Side::B)),
        named("user activity", 34e3, 4_100.0, Role::Named),
    ];
    Pareto {
        title: "Reliability against latency".into(),
        x: Dimension { title: "end to end p99 (less is better)".into(), write: &micros, better: Better::Less },
        y: Dimension { title: "records lost a year (fewer is better)".into(), write: &short, better: Better::Less },
        tried: (0..130).map(other).chain(told).collect(),
    }
}

pub fn verdict() -> Verdict<'static> {
    let read = |value: f64, low: f64, high: f64| Cell::Read(Reading { value, low, high });
    let row = |title: &str, unit: &str, write, cells: [Cell; 2], bounds| Row {
        title: title.into(),
        unit: unit.into(),
        write,
        cells: cells.to_vec(),
        bounds,
    };
    Verdict {
        title: "Payments against clickstream".into(),
        words: ["low", "medium", "high"].map(str::to_owned),
        lanes: vec!["payments".into(), "clickstream".into()],
        rows: vec![
            row(
                "Reliability",
                "chance of any loss a year",
                &percent,
                [read(0.0, 0.0, 0.012), read(0.98, 0.9, 1.0)],
                [0.5, 0.01],
            ),
            row(
                "Availability",
                "minutes a year not in time",
                &short,
                [read(61.0, 40.0, 90.0), read(6.0, 5.0, 7.5)],
                [526.0, 52.6],
            ),
            row(
                "Throughput",
                "records a second",
                &short,
                [read(190e3, 180e3, 200e3), read(870e3, 850e3, 900e3)],
                [10e3, 100e3],
            ),
            row(
                "Latency",
                "end to end, p99",
                &micros,
                [read(14e3, 13e3, 16e3), read(153e3, 150e3, 160e3)],
                [10e3, 100e3],
            ),
            row("Cost", "$ for a million records", &dollars, [read(4.1, 4.1, 4.1), Cell::Waiting], [0.04, 0.40]),
        ],
    }
}

pub fn histogram() -> Histogram<'static> {
    let lane = |name: &str, middle: f64, width: f64| {
        let bins = (0..60_i32).map(|n| {
            let from = 500.0 * 1.12_f64.powi(n);
            let far = (from / middle).ln() / width;
            Bin { from, to: from * 1.12, count: (1e5 * (-far * far / 2.0).exp()) as u64 }
        });
        let quantile = |name: &str, z: f64| (name.to_owned(), middle * (z * width).exp());
        let quantiles = vec![quantile("p50", 0.0), quantile("p99", 2.33), quantile("p99.9", 3.09)];
        Distribution { name: name.into(), bins: bins.collect(), quantiles }
    };
    Histogram {
        title: "Latency, end to end".into(),
        unit: "end to end, calm".into(),
        write: &micros,
        lanes: vec![lane("payments", 5e3, 0.4), lane("clickstream", 8e4, 0.3)],
    }
}

pub fn losses() -> Losses<'static> {
    let lost =
        |n: u32, zeros: u32, factor: f64| if n % 10 < zeros { 0.0 } else { (f64::from(n % 97) * factor).powi(2) };
    let lane = |name: &str, zeros, factor| Seeds {
        name: name.into(),
        lost: (0..1_000).map(|n| lost(n, zeros, factor)).collect(),
    };
    Losses {
        title: "What was lost over 1000 seeds".into(),
        runs: "share of runs".into(),
        unit: "acknowledged records lost in a run".into(),
        write_share: &percent,
        write: &short,
        lanes: vec![lane("payments", 9, 0.3), lane("clickstream", 4, 3.0)],
    }
}
