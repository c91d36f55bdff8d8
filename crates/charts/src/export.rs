//! A chart as a file of its own.

use crate::chart::Chart;
use crate::ink::{Ink, Theme};
use crate::svg::escape;

/// The page's fonts, for where its style sheet is not.
const SANS: &str = "system-ui, 'Noto Sans', 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif";
const MONO: &str = "ui-monospace, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace";

/// Around the chart.
const MARGIN_PX: f64 = 12.0;

/// The chart on a ground, with the colours of a theme instead of variables.
pub(crate) fn stand_alone(chart: &Chart, theme: Theme) -> String {
    let inks = Ink::ALL.iter().fold(chart.svg.clone(), |svg, ink| svg.replace(ink.variable(), ink.value(theme)));
    let svg = inks.replace("var(--mono)", MONO);
    let body = svg.split_once('>').map_or("", |(_, body)| body);
    let mut title = String::new();
    escape(&chart.title, &mut title);
    // A margin around: in a document there is no panel that has one.
    let (width, height) = (chart.width_px + 2.0 * MARGIN_PX, chart.height_px + 2.0 * MARGIN_PX);
    let frame = format!(r#"width="{width}" height="{height}""#);
    let ground = Ink::Panel.value(theme);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{MARGIN_PX} -{MARGIN_PX} {width} {height}" {frame} font-family="{SANS}"><title>{title}</title><rect x="-{MARGIN_PX}" y="-{MARGIN_PX}" {frame} fill="{ground}"/>{body}"#
    )
}
