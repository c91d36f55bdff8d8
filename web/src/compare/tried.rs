//! The Pareto view: two figures against each other, every configuration that was tried a point, and the front.

use crate::drawn::{Drawing, Drawn, Plot, Rows, TakeAway};
use crate::i18n::{Text, axes, numbers, outcome};
use crate::page::Page;
use crate::state::compare::{Role, Tried};
use crate::state::{Action, Edit, PageState, Part};
use highwater_charts as charts;
use highwater_experiments::axes::{Axis, Better, Figure};
use highwater_model::{LaneId, SettingId};
use leptos::prelude::*;

const PARTS: &[Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];

/// The view.
#[component]
pub fn TriedPanel() -> impl IntoView {
    let page = Page::here();
    let across = RwSignal::new(Axis::Latency.headline());
    let up = RwSignal::new(Figure::LostAYear);
    let opened = RwSignal::new(None::<Tried>);
    let drawing = Drawing::new(move |width_px| {
        let (text, figures) = (page.text(), [across.get(), up.get()]);
        Some(page.read(PARTS, |state| draw(text, state, figures, width_px)))
    });
    let open = move |datum| {
        if let charts::Datum::Tried(index) = datum {
            let figures = [across.get_untracked(), up.get_untracked()];
            opened.set(page.peek(|state| state.tried(figures).get(index as usize).cloned()));
        }
    };
    view! {
        <section class="panel study" aria-labelledby="tried-title" data-testid="tried">
            <div class="panel-head"><h2 id="tried-title">{page.say(|text| text.compare.tried)}</h2></div>
            <p class="small">{page.say(|text| text.compare.tried_sentence)}</p>
            <div class="figures">
                {choice(page, across, "tried-across", |text| text.compare.across)}
                {choice(page, up, "tried-up", |text| text.compare.up)}
            </div>
            <Plot drawing id="tried-chart" hint=|text| text.compare.cursor open/>
            <div aria-live="polite">{move || opened.get().map(|tried| card(page, opened, tried))}</div>
            <Rows drawing id="tried-rows"/>
            <TakeAway drawing id="pareto" name=|| "pareto".to_owned() said=Vec::new/>
        </section>
    }
}

fn choice(page: Page, chosen: RwSignal<Figure>, id: &'static str, label: fn(&Text) -> &'static str) -> AnyView {
    let choose = move |event| {
        let name: String = event_target_value(&event);
        if let Some(figure) = Figure::ALL.iter().find(|figure| figure.name() == name) {
            chosen.set(*figure);
        }
    };
    let options = move || {
        let language = page.text().language;
        let group = |axis: Axis| {
            let figures = Figure::ALL.iter().copied().filter(move |figure| figure.axis() == axis);
            let option = |figure: Figure| {
                let selected = figure == chosen.get_untracked();
                view! { <option value=figure.name() selected=selected>{axes::figure(language, figure)}</option> }
            };
            view! { <optgroup label=axes::axis(language, axis)>{figures.map(option).collect_view()}</optgroup> }
        };
        Axis::ALL.map(group).collect_view()
    };
    view! {
        <label class="field">
            <span>{page.say(label)}</span>
            <select class="input" data-testid=id on:change=choose>{options}</select>
        </label>
    }
    .into_any()
}

fn draw(text: &Text, state: &PageState, figures: [Figure; 2], width_px: f64) -> Drawn {
    let tried = state.tried(figures);
    let writers = figures.map(|figure| move |number: f64| axes::value(figure, number));
    let dimension = |index: usize| {
        let figure: Figure = figures[index];
        let name = axes::figure(text.language, figure);
        let (title, better) = match figure.better() {
            Better::Less => ((text.compare.less)(name), charts::Better::Less),
            Better::More => ((text.compare.more)(name), charts::Better::More),
        };
        (title, better)
    };
    let [x, y] = [0, 1].map(dimension);
    let pareto = charts::Pareto {
        title: format!("{}: {}, {}", text.compare.tried, y.0, x.0),
        x: charts::Dimension { title: x.0, write: &writers[0], better: x.1 },
        y: charts::Dimension { title: y.0, write: &writers[1], better: y.1 },
        tried: tried.iter().map(|tried| point(text, tried)).collect(),
    };
    let table = pareto.table(text.compare.configuration, text.compare.front);
    let names: Vec<String> = tried.iter().map(|tried| said(text, tried, figures)).collect();
    Drawn::new(pareto.draw(width_px), table, move |datum| match datum {
        charts::Datum::Tried(index) => names.get(index as usize).cloned().unwrap_or_default(),
        _ => String::new(),
    })
}

fn point(text: &Text, tried: &Tried) -> charts::Tried {
    let role = match tried.role {
        Role::Held(LaneId::A) => charts::Role::Held(charts::Side::A),
        Role::Held(LaneId::B) => charts::Role::Held(charts::Side::B),
        Role::Preset => charts::Role::Named,
        Role::Other => charts::Role::Other,
    };
    charts::Tried { name: name(text, tried), x: tried.figures[0].value, y: tried.figures[1].value, role }
}

/// The preset it began from, and what is different from it; a lane's own is known by its letter.
fn name(text: &Text, tried: &Tried) -> String {
    let preset = outcome::preset(text.language, tried.preset);
    if let Role::Held(lane) = tried.role {
        return format!("{lane:?} {preset}");
    }
    let written =
        |(setting, value): &(SettingId, i64)| format!(", {}={}", setting.name(), numbers::setting(*setting, *value));
    format!("{preset}{}", tried.differing.iter().map(written).collect::<String>())
}

fn said(text: &Text, tried: &Tried, figures: [Figure; 2]) -> String {
    let figures = figures.iter().zip(&tried.figures).map(|(figure, estimate)| {
        format!("{}: {}", axes::figure(text.language, *figure), axes::estimate(*figure, estimate))
    });
    format!("{}. {}", name(text, tried), figures.collect::<Vec<_>>().join("; "))
}

/// What was opened: its name and figures, and the way into a lane.
fn card(page: Page, opened: RwSignal<Option<Tried>>, tried: Tried) -> AnyView {
    let text = page.text();
    let button = |lane: LaneId| {
        let trial = tried.trial;
        let open = move |_| {
            let edit = page.peek(|state| {
                let mut comparison = state.comparison().clone();
                comparison.lanes[lane.index()] = state.tried_setup(trial)?;
                Some(Edit::Load(Box::new(comparison)))
            });
            if let Some(edit) = edit {
                page.act(Action::Open(edit));
            }
        };
        let id = format!("tried-open-{lane:?}").to_lowercase();
        view! { <button class="button" data-testid=id on:click=open>{(text.tradeoffs.open_in)(lane)}</button> }
    };
    view! {
        <section class="point-card" data-testid="tried-card">
            <h3 class="mono">{name(text, &tried)}</h3>
            <div class="line wrap">
                {LaneId::ALL.map(button).collect_view()}
                <button class="button" on:click=move |_| opened.set(None)>{text.shell.close}</button>
            </div>
        </section>
    }
    .into_any()
}
