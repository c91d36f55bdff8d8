//! Which view of the page a link opens, and what it shows there. Links write it beside the comparison:
//! `view=tradeoffs&set=acks&values=0:1:all&figures=lost-a-year`.

use crate::settings::SettingId;
use crate::spelling::{Expected, ReadProblem, quote, read_setting};

/// A view of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Both lanes, their timeline, their settings.
    #[default]
    Playground,
    /// What a setting costs.
    Tradeoffs(Chart),
    /// Lane A against lane B.
    Compare,
    /// The chapter's table, computed.
    Chapter,
}

impl Place {
    /// The chart that is shown there, if one is.
    pub const fn chart(&self) -> Option<&Chart> {
        match self {
            Place::Tradeoffs(chart) => Some(chart),
            Place::Playground | Place::Compare | Place::Chapter => None,
        }
    }
}

/// A trade-off chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// The setting that is varied.
    pub setting: SettingId,
    /// Its values along the chart; none: those that the page thinks telling.
    pub values: Vec<i64>,
    /// Names of the figures that are shown instead of the usual ones, at most one an axis.
    pub figures: Vec<String>,
}

/// The most values of a setting that one chart shows.
pub const CHART_VALUES_MAX: usize = 12;

/// The most figures that a link names.
const FIGURES_MAX: usize = 8;

impl Chart {
    /// The usual values and figures of a setting.
    pub const fn of(setting: SettingId) -> Self {
        Self { setting, values: Vec::new(), figures: Vec::new() }
    }
}

/// The keys that say where a link leads.
const KEYS: [&str; 4] = ["view", "set", "values", "figures"];

/// Is it one of the keys that say where a link leads?
pub(crate) fn is_key(key: &str) -> bool {
    KEYS.contains(&key)
}

/// The link's items for a place; the playground needs none.
pub(crate) fn write(place: &Place) -> Vec<String> {
    let chart = match place {
        Place::Playground => return Vec::new(),
        Place::Compare => return vec!["view=compare".to_owned()],
        Place::Chapter => return vec!["view=chapter".to_owned()],
        Place::Tradeoffs(chart) => chart,
    };
    let mut items = vec!["view=tradeoffs".to_owned(), format!("set={}", chart.setting.name())];
    if !chart.values.is_empty() {
        let values: Vec<String> = chart.values.iter().map(|value| chart.setting.write(*value)).collect();
        // Not by commas: some words have commas in them.
        items.push(format!("values={}", values.join(":")));
    }
    if !chart.figures.is_empty() {
        items.push(format!("figures={}", chart.figures.join(",")));
    }
    items
}

/// The place that a link's items name; problems are for what of them could not be read.
pub(crate) fn read(pairs: &[(&str, &str)], problems: &mut Vec<ReadProblem>) -> Place {
    let item = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let place = match item("view") {
        Some("tradeoffs") => return Place::Tradeoffs(read_chart(item, problems)),
        Some("compare") => Place::Compare,
        Some("chapter") => Place::Chapter,
        Some("playground") | None => Place::Playground,
        Some(other) => {
            problems.push(bad("view", other, Expected::Place));
            return Place::Playground;
        }
    };
    // A chart's items say nothing where there is no chart.
    let of_chart = KEYS[1..].iter().filter(|key| item(key).is_some());
    problems.extend(of_chart.map(|key| ReadProblem::UnknownKey { key: quote(key) }));
    place
}

fn bad(key: &str, value: &str, expected: Expected) -> ReadProblem {
    ReadProblem::BadValue { key: quote(key), value: quote(value), expected }
}

fn read_chart<'a>(item: impl Fn(&str) -> Option<&'a str>, problems: &mut Vec<ReadProblem>) -> Chart {
    let named = item("set").unwrap_or_default();
    let Some(setting) = SettingId::by_name(named) else {
        problems.push(match item("set") {
            Some(name) => bad("set", name, Expected::SettingName),
            None => ReadProblem::Missing { key: "set".to_owned() },
        });
        return Chart::of(SettingId::Acks);
    };
    let mut chart = Chart::of(setting);
    for value in item("values").unwrap_or_default().split(':').filter(|value| !value.is_empty()) {
        match read_setting("values", setting, value) {
            Ok(_) if CHART_VALUES_MAX <= chart.values.len() => {
                problems.push(bad("values", value, Expected::FewerValues));
                break;
            }
            Ok(value) if chart.values.contains(&value) => (),
            Ok(value) => chart.values.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    for name in item("figures").unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_name && name.len() <= 40 && chart.figures.len() < FIGURES_MAX {
            chart.figures.push(name.to_owned());
        } else {
            problems.push(bad("figures", name, Expected::FigureName));
        }
    }
    chart
}
