//! What can be done to a broker at the clock's moment: a menu over the stage. Each entry adds a fault.

use crate::canvas::{Icon, Point};
use crate::i18n::{numbers, stage::Text};
use crate::page::Page;
use crate::state::{Action, Edit, Part};
use highwater_model::scenario::{Lanes, PlacedFault};
use highwater_model::trace::NodeState;
use highwater_model::{Cut, Duration, Fault, FaultKind, LaneId, NodeId, Target};
use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

/// A menu's size, about: enough to keep it in the window.
const MENU_WIDTH: f64 = 290.0;
const ENTRY_HEIGHT: f64 = 30.0;
const HEAD_HEIGHT: f64 = 76.0;

/// Whose menu is open, and where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// The node.
    pub node: NodeId,
    /// The menu's upper left corner, in the window.
    pub at: Point,
}

/// Something that can be done to a broker.
#[derive(Clone, Copy, Debug)]
struct Deed {
    icon: Icon,
    word: fn(&Text) -> &'static str,
    kind: FaultKind,
    duration: Option<Duration>,
}

/// What can be done to a broker in this state.
fn deeds(state: NodeState) -> Vec<Deed> {
    let cut = |with| FaultKind::Cut { with, cut: Cut::BothWays };
    let long = Some(Duration::from_secs(25));
    let deed = |icon, word, kind, duration| Deed { icon, word, kind, duration };
    match state {
        NodeState::Stopped | NodeState::Crashed | NodeState::PoweredOff | NodeState::Halted => {
            vec![deed(Icon::Restart, |text| text.restart, FaultKind::Restart, None)]
        }
        _ => vec![
            deed(Icon::Cross, |text| text.kill, FaultKind::ProcessCrash, long),
            deed(Icon::Stop, |text| text.stop, FaultKind::ControlledStop, long),
            deed(Icon::Bolt, |text| text.power_loss, FaultKind::PowerLoss, long),
            deed(Icon::Pause, |text| text.pause, FaultKind::Pause, Some(Duration::from_secs(15))),
            deed(Icon::Scissors, |text| text.cut_brokers, cut(Target::AllBrokers), long),
            deed(Icon::Scissors, |text| text.cut_controllers, cut(Target::AllControllers), long),
            deed(Icon::Scissors, |text| text.cut_clients, cut(Target::AllProducers), long),
            deed(Icon::Clock, |text| text.slow_link, FaultKind::SlowLink { delay_ms: 200 }, long),
            deed(Icon::Disk, |text| text.slow_disk, FaultKind::SlowDisk { factor: 100 }, long),
            deed(Icon::Disk, |text| text.hung_disk, FaultKind::HungDisk, long),
            deed(Icon::Disk, |text| text.full_disk, FaultKind::FullDisk, None),
        ],
    }
}

/// The open menu, if one is.
#[component]
pub fn BrokerMenu(lane: LaneId, chosen: RwSignal<Option<Chosen>>) -> impl IntoView {
    view! {
        <Show when=move || chosen.get().is_some()>
            {move || chosen.get().map(|open| view! { <OpenMenu lane open chosen/> })}
        </Show>
    }
}

#[component]
fn OpenMenu(lane: LaneId, open: Chosen, chosen: RwSignal<Option<Chosen>>) -> impl IntoView {
    let page = Page::here();
    let NodeId::Broker(broker) = open.node else { return ().into_any() };
    let (state, now) = page.peek(|state| {
        let frame = state.lane(lane).frame();
        let broker = frame.and_then(|frame| frame.brokers.iter().find(|frame| frame.broker == broker));
        (broker.map_or(NodeState::Running, |broker| broker.state), state.playback().now())
    });
    let corner = inside_window(open.at, deeds(state).len());
    let both = RwSignal::new(true);
    let menu = NodeRef::<Div>::new();
    focus_first(menu);
    let strike = move |deed: Deed| {
        let lanes = if both.get_untracked() { Lanes::Both } else { Lanes::Only(lane) };
        let fault = Fault { at: now, kind: deed.kind, target: Target::Broker(broker), duration: deed.duration };
        chosen.set(None);
        page.act(Action::Edit(Edit::AddFault(PlacedFault { lanes, fault })));
    };
    let entry = move |deed: Deed| {
        let lasting = move || deed.duration.map(|span| (page.text().stage.lasting)(&numbers::duration(span)));
        view! {
            <button type="button" role="menuitem" class="menu-item" on:click=move |_| strike(deed)>
                <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=deed.icon.path()></path></svg>
                <span>{move || (deed.word)(&page.text().stage)}</span>
                <small class="mute">{lasting}</small>
            </button>
        }
    };
    let title = move || {
        let text = &page.text().stage;
        (text.menu)(&(text.broker)(broker.0), &numbers::moment(now))
    };
    // A click elsewhere, a page that scrolls away under it, or a clock that moves on, closes it.
    let elsewhere = window_event_listener(leptos::ev::pointerdown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let inside = menu.get_untracked().is_some_and(|menu| menu.contains(target.as_ref()));
        if !inside {
            chosen.set(None);
        }
    });
    let scrolled = window_event_listener_untyped("scroll", move |_| chosen.set(None));
    on_cleanup(move || {
        elsewhere.remove();
        scrolled.remove();
    });
    Effect::new(move || {
        if page.read(&[Part::Clock], |state| state.playback().now()) != now {
            chosen.set(None);
        }
    });
    view! {
        <div class="menu" role="menu" node_ref=menu aria-label=title data-testid="broker-menu"
            style:left=format!("{}px", corner.x) style:top=format!("{}px", corner.y)
            on:keydown=move |event| on_key(&event, menu, chosen)
            on:click=|event| event.stop_propagation()
        >
            <p class="menu-title">{title}</p>
            <div class="menu-lanes" role="group">
                <button type="button" role="menuitemradio" class="menu-lane" aria-checked=move || both.get().to_string()
                    on:click=move |_| both.set(true)>{page.say(|text| text.stage.both_lanes)}</button>
                <button type="button" role="menuitemradio" class="menu-lane" aria-checked=move || (!both.get()).to_string()
                    on:click=move |_| both.set(false)>{page.say(|text| text.stage.this_lane)}</button>
            </div>
            {deeds(state).into_iter().map(entry).collect_view()}
        </div>
    }
    .into_any()
}

/// The corner moved so that a menu of so many entries lies in the window.
fn inside_window(at: Point, entries: usize) -> Point {
    let side = |length: Result<wasm_bindgen::JsValue, _>| length.ok().and_then(|length| length.as_f64()).unwrap_or(0.0);
    let (width, height) = (side(window().inner_width()), side(window().inner_height()));
    let needed = (entries as f64 * ENTRY_HEIGHT + HEAD_HEIGHT).min(height * 0.9);
    Point::new(at.x.min(width - MENU_WIDTH).max(8.0), at.y.min(height - needed - 8.0).max(8.0))
}

/// A menu that opens has the focus.
fn focus_first(menu: NodeRef<Div>) {
    Effect::new(move || {
        if let Some(item) = menu.get().and_then(|menu| menu.query_selector(".menu-item").ok().flatten())
            && let Ok(item) = item.dyn_into::<web_sys::HtmlElement>()
        {
            // An element that cannot take the focus leaves it where it was.
            let _ = item.focus();
        }
    });
}

/// Arrow keys go through the entries, Escape closes and gives the focus back.
fn on_key(event: &KeyboardEvent, menu: NodeRef<Div>, chosen: RwSignal<Option<Chosen>>) {
    let step = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        "Escape" => {
            event.prevent_default();
            let opener = menu.get_untracked().and_then(|menu| menu.parent_element());
            let opener = opener.and_then(|picture| picture.query_selector("[aria-expanded=true]").ok().flatten());
            chosen.set(None);
            if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = opener.focus();
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    let Some(items) = menu.get_untracked().and_then(|menu| menu.query_selector_all("button").ok()) else { return };
    let items: Vec<web_sys::HtmlElement> =
        (0..items.length()).filter_map(|n| items.get(n)).filter_map(|node| node.dyn_into().ok()).collect();
    let active = document().active_element();
    let at = items.iter().position(|item| active.as_ref().is_some_and(|active| active.is_same_node(Some(item))));
    let next = (at.unwrap_or(0) as i64 + step).rem_euclid(items.len().max(1) as i64) as usize;
    if let Some(item) = items.get(next) {
        let _ = item.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::BrokerId;
    use highwater_model::Instant;
    use highwater_model::presets::first_visit;

    #[test]
    fn everything_the_menu_offers_can_be_run() {
        for state in NodeState::ALL {
            for deed in deeds(*state) {
                let mut scenario = first_visit().scenario(LaneId::A);
                let target = Target::Broker(BrokerId(2));
                let at = Instant::from_millis(12_345);
                scenario.faults.push(Fault { at, kind: deed.kind, target, duration: deed.duration });
                assert_eq!(scenario.check(), [], "{deed:?}");
            }
        }
    }

    #[test]
    fn a_broker_that_is_down_can_only_be_started() {
        let kinds: Vec<FaultKind> = deeds(NodeState::PoweredOff).into_iter().map(|deed| deed.kind).collect();
        assert_eq!(kinds, [FaultKind::Restart]);
    }
}
