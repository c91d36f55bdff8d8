//! How latencies are spread over records, and losses over runs; the worst run is one click away.

use crate::drawn::{Drawing, Drawn, Plot, Rows, TakeAway};
use crate::i18n::tradeoffs as rates;
use crate::i18n::{Text, numbers};
use crate::page::Page;
use crate::state::{Action, Edit, PageState, Part};
use crate::tradeoffs::lane_names;
use highwater_charts as charts;
use highwater_experiments::axes::{Incident, PointResult};
use highwater_model::LaneId;
use highwater_oracle::report::LatencyCounts;
use leptos::prelude::*;

const PARTS: &[Part] = &[Part::Study, Part::Place, Part::Comparison, Part::Language];

/// Which latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latency {
    Produce,
    EndToEnd,
}

impl Latency {
    const ALL: [Latency; 2] = [Latency::EndToEnd, Latency::Produce];

    fn word(self) -> fn(&Text) -> &'static str {
        match self {
            Latency::Produce => |text| text.compare.produce,
            Latency::EndToEnd => |text| text.compare.end_to_end,
        }
    }

    fn of(self, point: &PointResult) -> &LatencyCounts {
        match self {
            Latency::Produce => &point.produce,
            Latency::EndToEnd => &point.end_to_end,
        }
    }
}

/// What is pointed at in a distribution of latencies.
const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)];

/// Latencies, as a histogram.
#[component]
pub fn LatencySpread() -> impl IntoView {
    let page = Page::here();
    let latency = RwSignal::new(Latency::EndToEnd);
    let drawing = Drawing::new(move |width_px| {
        let (text, latency) = (page.text(), latency.get());
        page.read(PARTS, |state| draw_latency(text, state, latency, width_px))
    });
    let choose = move |event| {
        let chosen: String = event_target_value(&event);
        latency.set(if chosen == "Produce" { Latency::Produce } else { Latency::EndToEnd });
    };
    let option =
        move |latency: Latency| view! { <option value=format!("{latency:?}")>{page.say(latency.word())}</option> };
    view! {
        <section class="panel study" aria-labelledby="latency-title" data-testid="latency">
            <div class="panel-head"><h2 id="latency-title">{page.say(|text| text.compare.spread)}</h2></div>
            <label class="field">
                <span>{page.say(|text| text.compare.latency)}</span>
                <select class="input" data-testid="latency-choice" on:change=choose>
                    {Latency::ALL.map(option).collect_view()}</select>
            </label>
            <Plot drawing id="latency-chart" hint=|text| text.compare.cursor open=|_| ()/>
            <Rows drawing id="latency-rows"/>
            <TakeAway drawing id="latency" name=|| "latency".to_owned() said=Vec::new/>
        </section>
    }
}

/// The points of the lanes, in their order.
fn points(state: &PageState) -> Option<&[PointResult]> {
    state.inquiry().map(|inquiry| inquiry.results().points.as_slice())
}

fn micros(number: f64) -> String {
    numbers::micros(number.max(0.0).round() as u64)
}

fn draw_latency(text: &Text, state: &PageState, latency: Latency, width_px: f64) -> Option<Drawn> {
    let lanes =
        points(state)?.iter().zip(lane_names(text, state)).map(|(point, name)| distribution(latency.of(point), name));
    let histogram = charts::Histogram {
        title: format!("{}: {}", text.compare.spread, latency.word()(text)),
        unit: latency.word()(text).to_owned(),
        write: &micros,
        lanes: lanes.collect(),
    };
    let words = &text.compare;
    let table = histogram.table(text.tradeoffs.lane, words.bin_from, words.bin_to, words.records);
    let lanes: Vec<_> = histogram.lanes.iter().map(|lane| (lane.name.clone(), lane.bins.clone())).collect();
    let in_bin = words.in_bin;
    Some(Drawn::new(histogram.draw(width_px), table, move |datum| {
        let charts::Datum::Bin { lane, bin } = datum else { return String::new() };
        let (name, bins) = &lanes[lane as usize];
        let charts::Bin { from, to, count } = bins[bin as usize];
        format!("{name} \u{b7} {}", in_bin(&micros(from), &micros(to), &numbers::count(count)))
    }))
}

fn distribution(counts: &LatencyCounts, name: String) -> charts::Distribution {
    let bins = counts.bars().map(|(from, to, count)| charts::Bin { from: from as f64, to: to as f64, count });
    let quantile = |(name, share): (&str, f64)| Some((name.to_owned(), counts.quantile_us(share)? as f64));
    charts::Distribution { name, bins: bins.collect(), quantiles: QUANTILES.into_iter().filter_map(quantile).collect() }
}

/// Losses, run by run.
#[component]
pub fn LossSpread() -> impl IntoView {
    let page = Page::here();
    let incident = RwSignal::new(None::<Incident>);
    let drawing = Drawing::new(move |width_px| {
        let (text, incident) = (page.text(), incident.get());
        page.read(PARTS, |state| draw_losses(text, state, incident, width_px))
    });
    let choose = move |event| {
        let chosen: String = event_target_value(&event);
        incident.set(Incident::ALL.iter().copied().find(|incident| incident.name() == chosen));
    };
    let option = move |incident: Incident| {
        view! { <option value=incident.name()>{move || rates::incident(page.text().language, incident)}</option> }
    };
    view! {
        <section class="panel study" aria-labelledby="losses-title" data-testid="losses">
            <div class="panel-head"><h2 id="losses-title">{page.say(|text| text.compare.losses)}</h2></div>
            <label class="field">
                <span>{page.say(|text| text.compare.incident)}</span>
                <select class="input" data-testid="losses-incident" on:change=choose>
                    <option value="">{page.say(|text| text.compare.all_incidents)}</option>
                    {Incident::ALL.iter().copied().map(option).collect_view()}
                </select>
            </label>
            <Plot drawing id="losses-chart" hint=|text| text.compare.cursor open=|_| ()/>
            <div class="line wrap">{LaneId::ALL.map(|lane| worst_button(page, lane)).collect_view()}</div>
            <Rows drawing id="losses-rows"/>
            <TakeAway drawing id="losses" name=|| "losses".to_owned() said=Vec::new/>
        </section>
    }
}

/// The run of a lane that did most harm, in the playground.
fn worst_button(page: Page, lane: LaneId) -> AnyView {
    let worst = move |state: &PageState| {
        let place = state.lanes_asked().iter().position(|asked| *asked == lane)?;
        points(state)?.get(place)?.worst.clone()
    };
    let has_one = page.memo(PARTS, move |state| worst(state).is_some());
    let open = move |_| {
        if let Some(scenario) = page.peek(worst) {
            page.act(Action::Open(Edit::LoadScenario(lane, Box::new(scenario))));
        }
    };
    let id = format!("losses-worst-{lane:?}").to_lowercase();
    view! {
        <button class="button" data-testid=id disabled=move || !has_one.get() on:click=open>
            {move || (page.text().compare.worst)(lane)}</button>
    }
    .into_any()
}

fn draw_losses(text: &Text, state: &PageState, incident: Option<Incident>, width_px: f64) -> Option<Drawn> {
    let write = |number: f64| numbers::amount(number);
    let runs: Vec<Vec<(u32, u64)>> = points(state)?.iter().map(|point| losses(point, incident)).collect();
    let lanes = runs.iter().zip(lane_names(text, state));
    let words = &text.compare;
    let chart = charts::Losses {
        title: words.losses.to_owned(),
        runs: words.runs.to_owned(),
        unit: words.lost.to_owned(),
        write_share: &numbers::percent,
        write: &write,
        lanes: lanes
            .map(|(runs, name)| charts::Seeds { name, lost: runs.iter().map(|(_, lost)| *lost as f64).collect() })
            .collect(),
    };
    let table = chart.table(text.tradeoffs.lane, words.run);
    let names: Vec<String> = chart.lanes.iter().map(|lane| lane.name.clone()).collect();
    let (run_word, lost_word) = (words.run, words.lost);
    Some(Drawn::new(chart.draw(width_px), table, move |datum| {
        let charts::Datum::Run { lane, run } = datum else { return String::new() };
        let (probe, lost) = runs[lane as usize][run as usize];
        format!("{} \u{b7} {run_word} {probe}: {} ({lost_word})", names[lane as usize], numbers::count(lost))
    }))
}

/// What each run of an incident lost, or of all of them.
fn losses(point: &PointResult, incident: Option<Incident>) -> Vec<(u32, u64)> {
    let wanted = point.incidents.iter().filter(|result| incident.is_none_or(|incident| incident == result.incident));
    wanted.flat_map(|result| result.losses.iter().copied()).collect()
}
