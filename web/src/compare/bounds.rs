//! The bounds between low, medium and high, which a reader may move.

use crate::i18n::{axes, compare as words};
use crate::page::Page;
use highwater_experiments::axes::{Axis, FigureUnit, Threshold, Thresholds};
use leptos::prelude::*;

/// The bounds that hold now.
#[derive(Clone, Copy)]
pub struct Bounds(RwSignal<Thresholds>);

impl Bounds {
    /// Those that were written down.
    pub fn stated() -> Self {
        Self(RwSignal::new(Thresholds::STATED))
    }

    /// The bounds of the component's context.
    pub fn here() -> Self {
        expect_context()
    }

    /// The bounds now, and again when they are moved.
    pub fn now(self) -> Thresholds {
        self.0.get()
    }

    fn of(self, axis: Axis) -> Threshold {
        self.0.with(|bounds| bounds.of(axis))
    }
}

/// Which of the two bounds of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    LowMedium,
    MediumHigh,
}

impl End {
    fn get(self, threshold: &Threshold) -> f64 {
        match self {
            End::LowMedium => threshold.low_medium,
            End::MediumHigh => threshold.medium_high,
        }
    }

    fn set(self, threshold: &mut Threshold, bound: f64) {
        match self {
            End::LowMedium => threshold.low_medium = bound,
            End::MediumHigh => threshold.medium_high = bound,
        }
    }
}

/// The unit in which a bound is typed, and how many of the figure's it is.
const fn typed_in(unit: FigureUnit) -> (&'static str, f64) {
    match unit {
        FigureUnit::Probability | FigureUnit::Share => ("%", 0.01),
        FigureUnit::Minutes => ("min", 1.0),
        FigureUnit::Micros => ("ms", 1_000.0),
        FigureUnit::RecordsPerSecond => ("/s", 1.0),
        FigureUnit::MegabytesPerSecond => ("MB/s", 1.0),
        FigureUnit::Dollars => ("$", 1.0),
        FigureUnit::Records | FigureUnit::PerMillion => ("", 1.0),
    }
}

/// The bounds, closed at first.
#[component]
pub fn BoundsPanel() -> impl IntoView {
    let page = Page::here();
    let bounds = Bounds::here();
    let are_stated = Memo::new(move |_| bounds.now() == Thresholds::STATED);
    let state = move || {
        let text = &page.text().tradeoffs;
        if are_stated.get() { text.as_stated } else { text.not_as_stated }
    };
    view! {
        <details class="panel group assumptions" data-testid="bounds">
            <summary>
                <h2>{page.say(|text| text.compare.bounds)}</h2>
                <span class="mute small" data-testid="bounds-state">{state}</span>
            </summary>
            <div class="assumed">
                <p>{page.say(|text| text.compare.bounds_sentence)}</p>
                <button class="button small" data-testid="bounds-stated" disabled=move || are_stated.get()
                    on:click=move |_| bounds.0.set(Thresholds::STATED)>{page.say(|text| text.tradeoffs.back_to_stated)}</button>
            </div>
            <div class="scrolled" tabindex="0" role="group" aria-label=page.say(|text| text.compare.bounds)>
                <table class="data">
                    <thead>
                        <tr>
                            <th scope="col">{page.say(|text| text.compare.axis)}</th>
                            <th scope="col">{page.say(|text| text.compare.figure)}</th>
                            <th scope="col">{page.say(|text| text.compare.low_medium)}</th>
                            <th scope="col">{page.say(|text| text.compare.medium_high)}</th>
                            <th scope="col">{page.say(|text| text.compare.why)}</th>
                        </tr>
                    </thead>
                    <tbody>{Axis::ALL.map(|axis| row(page, bounds, axis)).collect_view()}</tbody>
                </table>
            </div>
        </details>
    }
}

fn row(page: Page, bounds: Bounds, axis: Axis) -> AnyView {
    let figure = move || axes::figure(page.text().language, bounds.of(axis).figure);
    view! {
        <tr>
            <th scope="row">{move || axes::axis(page.text().language, axis)}</th>
            <td>{figure}</td>
            <td>{input(page, bounds, axis, End::LowMedium)}</td>
            <td>{input(page, bounds, axis, End::MediumHigh)}</td>
            <td class="small">{move || words::reason(page.text().language, axis)}</td>
        </tr>
    }
    .into_any()
}

fn input(page: Page, bounds: Bounds, axis: Axis, end: End) -> AnyView {
    let (unit, factor) = typed_in(bounds.0.with_untracked(|bounds| bounds.of(axis)).figure.unit());
    let wrong = RwSignal::new(false);
    let label = move || {
        let text = page.text();
        let words = match end {
            End::LowMedium => text.compare.low_medium,
            End::MediumHigh => text.compare.medium_high,
        };
        format!("{}: {words}", axes::axis(text.language, axis))
    };
    let change = move |event| {
        let typed = event_target_value(&event).trim().parse::<f64>().ok();
        let typed = typed.filter(|number| number.is_finite() && 0.0 <= *number);
        wrong.set(typed.is_none());
        if let Some(typed) = typed {
            bounds.0.update(|bounds| end.set(&mut bounds.axes[axis as usize], typed * factor));
        }
    };
    // To the digits that were typed: what a factor leaves behind them is not shown.
    let shown = move || format!("{}", (end.get(&bounds.of(axis)) / factor * 1e9).round() / 1e9);
    let id = format!("bound-{axis:?}-{end:?}").to_lowercase();
    view! {
        <span class="bound">
            <input class="input mono" inputmode="decimal" autocomplete="off" data-testid=id aria-label=label
                aria-invalid=move || wrong.get().to_string() prop:value=shown on:change=change/>
            <span class="mute small">{unit}</span>
        </span>
    }
    .into_any()
}
