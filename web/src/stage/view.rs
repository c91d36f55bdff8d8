//! The stage on the page: one canvas for what stands, one over it for what moves, and a button over each broker.

use super::alternative::Alternative;
use super::broker_menu::{BrokerMenu, Chosen};
use super::layout::{Cast, StageLayout};
use super::packets;
use super::scene::{Scene, partition_at};
use super::tail::{Ghost, Scale, ghosts};
use crate::canvas::screen::{NextFrame, measured, wants_little_motion};
use crate::canvas::surface::Surface;
use crate::canvas::{Mark, Point};
use crate::i18n::numbers;
use crate::page::Page;
use crate::state::{Action, Look, PageState, Part};
use highwater_model::{BrokerId, LaneId, NodeId, PartitionId, Setup};
use leptos::html::{Button, Canvas, Div};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::ResizeObserver;

/// A cell of a log's tail is about this wide.
const CELL: f64 = 11.0;

/// What the parts of a stage share.
#[derive(Clone, Copy)]
struct Stage {
    page: Page,
    lane: LaneId,
    layout: Memo<StageLayout>,
    /// The offsets that are shown; follows the last one, so that cells do not jump.
    scale: Memo<Option<FocusScale>>,
}

/// A scale, and the partition it belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct FocusScale {
    focus: PartitionId,
    scale: Scale,
}

/// The scale after `before`, as the lane's frame needs it.
fn next_scale(state: &PageState, lane: LaneId, layout: &StageLayout, before: Option<FocusScale>) -> Option<FocusScale> {
    let focus = state.focus(lane);
    let partition = state.lane(lane).frame()?.partitions.iter().find(|partition| partition.partition == focus)?;
    let cells = (layout.brokers.first()?.tail.width / CELL) as u64;
    let before = before.filter(|before| before.focus == focus).map(|before| before.scale);
    Some(FocusScale { focus, scale: Scale::new(partition, cells, before) })
}

/// The stage's place on the page.
#[component]
pub fn StagePanel(lane: LaneId) -> impl IntoView {
    let page = Page::here();
    let width = RwSignal::new(0.0);
    let cast = page.memo(parts_of(lane), move |state| cast(setup(state, lane)));
    let layout = Memo::new(move |_| StageLayout::new(cast.get(), width.get()));
    let scale = Memo::new(move |before: Option<&Option<FocusScale>>| {
        page.read(&[Part::View], |_| ());
        page.read(frame_parts(lane), |state| {
            layout.with(|layout| next_scale(state, lane, layout, before.copied().flatten()))
        })
    });
    let stage = Stage { page, lane, layout, scale };
    let (place, still, moving) = (NodeRef::<Div>::new(), NodeRef::<Canvas>::new(), NodeRef::<Canvas>::new());
    follow_width(place, width);
    stage.redraw_still(still, width);
    stage.redraw_moving(moving, width);
    let chosen = RwSignal::new(None::<Chosen>);
    let has_frame = page.memo(frame_parts(lane), move |state| state.lane(lane).frame().is_some());
    let unit = move || {
        let unit = scale.get().map_or(1, |scale| scale.scale.unit);
        (page.text().stage.cell)(&numbers::count(unit))
    };
    view! {
        <section class="stage" aria-label=move || format!("{} {lane:?}", page.text().stage.heading)>
            <div class="stage-picture" node_ref=place
                style:height=move || format!("{}px", layout.with(|layout| layout.height))
                on:click=move |event| stage.focus_at(Point::new(event.offset_x().into(), event.offset_y().into()))
            >
                <canvas node_ref=still role="img" data-testid=format!("stage-{lane:?}").to_lowercase()
                    aria-label=move || (page.text().stage.picture)(&format!("{lane:?}"))></canvas>
                <canvas node_ref=moving class="moving" aria-hidden="true"></canvas>
                <Show when=move || !has_frame.get()>
                    <p class="stage-waiting mute">{page.say(|text| text.stage.waiting)}</p>
                </Show>
                <BrokerButtons stage chosen/>
                <BrokerMenu lane chosen/>
            </div>
            <Legend unit/>
            <Alternative lane/>
        </section>
    }
}

const fn parts_of(lane: LaneId) -> &'static [Part] {
    match lane {
        LaneId::A => &[Part::Comparison, Part::Lane(LaneId::A)],
        LaneId::B => &[Part::Comparison, Part::Lane(LaneId::B)],
    }
}

pub(super) const fn frame_parts(lane: LaneId) -> &'static [Part] {
    match lane {
        LaneId::A => &[Part::Frame(LaneId::A)],
        LaneId::B => &[Part::Frame(LaneId::B)],
    }
}

/// The set-up that the lane's frames belong to.
pub(super) fn setup(state: &PageState, lane: LaneId) -> &Setup {
    state.lane(lane).started().map_or(&state.comparison().lanes[lane.index()], |scenario| &scenario.setup)
}

fn cast(setup: &Setup) -> Cast {
    Cast {
        brokers: setup.cluster.brokers,
        controllers: setup.cluster.controllers,
        producers: setup.workload.producers,
        consumers: setup.workload.consumers,
    }
}

fn follow_width(place: NodeRef<Div>, width: RwSignal<f64>) {
    Effect::new(move || {
        let Some(element) = place.get() else { return };
        let observed = element.clone();
        let on_size = Closure::<dyn FnMut()>::new(move || {
            let now = f64::from(observed.client_width());
            // What is hidden has no width: it keeps the one that it had.
            if now != 0.0 && now != width.get_untracked() {
                width.set(now);
            }
        });
        if let Ok(observer) = ResizeObserver::new(on_size.as_ref().unchecked_ref()) {
            observer.observe(&element);
        }
        // The stage lives as long as the page, and so does what watches it.
        on_size.forget();
    });
}

/// Draws on a canvas before the next frame of the screen, each time what `track` reads changes.
fn redraw(canvas: NodeRef<Canvas>, track: impl Fn() + 'static, draw: impl Fn(&mut Surface) + 'static) {
    let surface = StoredValue::new_local(None::<Surface>);
    let next_frame = NextFrame::new(move || {
        let Some(element) = canvas.get_untracked() else { return };
        surface.update_value(|surface| {
            if surface.is_none() {
                *surface = Surface::new(element);
            }
            if let Some(surface) = surface {
                draw(surface);
            }
        });
    });
    Effect::new(move || {
        track();
        canvas.track();
        next_frame.ask();
    });
}

impl Stage {
    fn redraw_still(self, canvas: NodeRef<Canvas>, width: RwSignal<f64>) {
        let track = move || {
            self.page.read(frame_parts(self.lane), |_| ());
            self.page.read(&[Part::Chrome], |_| ());
            self.page.text();
            self.layout.track();
            self.scale.track();
        };
        redraw(canvas, track, move |surface| {
            let (width, height) = (width.get_untracked(), self.layout.with_untracked(|layout| layout.height));
            if 0.0 < width {
                measured("stage-draw", || surface.draw(width, height, &self.page.peek(|state| self.picture(state))));
            }
        });
    }

    fn redraw_moving(self, canvas: NodeRef<Canvas>, width: RwSignal<f64>) {
        let track = move || {
            self.page.read(frame_parts(self.lane), |_| ());
            self.page.read(&[Part::Clock, Part::Playback, Part::Chrome], |_| ());
            self.layout.track();
        };
        redraw(canvas, track, move |surface| {
            let (width, height) = (width.get_untracked(), self.layout.with_untracked(|layout| layout.height));
            if 0.0 < width {
                measured("stage-draw", || surface.draw(width, height, &self.page.peek(|state| self.packets(state))));
            }
        });
    }

    fn picture(self, state: &PageState) -> Vec<Mark> {
        let Some(frame) = state.lane(self.lane).frame() else { return Vec::new() };
        let setup = setup(state, self.lane);
        let Some(FocusScale { focus, scale }) = self.scale.get_untracked() else { return Vec::new() };
        self.layout.with_untracked(|layout| {
            let ghosts = ghosts_of(state, self.lane, focus);
            let scene = Scene {
                frame,
                layout,
                focus,
                scale,
                ghosts: &ghosts,
                data_partitions: setup.topic.partitions,
                buffer_memory: setup.producer.buffer_memory,
                text: &state.chrome().language.text().stage,
            };
            scene.picture()
        })
    }

    fn packets(self, state: &PageState) -> Vec<Mark> {
        let Some(frame) = state.lane(self.lane).frame() else { return Vec::new() };
        let now = state.playback().now();
        if state.playback().is_playing() && wants_little_motion() {
            return Vec::new();
        }
        self.layout.with_untracked(|layout| packets::picture(frame, layout, now))
    }

    /// A click on a partition's cell brings that partition into focus.
    fn focus_at(self, at: Point) {
        let partitions = self.page.peek(|state| setup(state, self.lane).topic.partitions);
        if let Some(partition) = self.layout.with_untracked(|layout| partition_at(layout, partitions, at)) {
            self.page.act(Action::Look(Look::Focus(self.lane, Some(partition))));
        }
    }
}

fn ghosts_of(state: &PageState, lane: LaneId, focus: PartitionId) -> Vec<Ghost> {
    let until = state.playback().now();
    let summary = state.lane(lane).summary();
    summary.map_or_else(Vec::new, |summary| ghosts(&summary.timeline.happenings, focus, until))
}

/// A button over each broker's title: opens what can be done to it.
#[component]
fn BrokerButtons(stage: Stage, chosen: RwSignal<Option<Chosen>>) -> impl IntoView {
    let page = stage.page;
    let brokers = Memo::new(move |_| stage.layout.with(|layout| layout.brokers.len()));
    let button = move |index: usize| {
        let broker = BrokerId(index as u8 + 1);
        let area =
            move || stage.layout.with(|layout| layout.brokers.get(index).map(|place| place.title)).unwrap_or_default();
        let is_open = move || chosen.get().is_some_and(|chosen| chosen.node == NodeId::Broker(broker));
        let label = move || {
            let text = &page.text().stage;
            let state = page.read(frame_parts(stage.lane), |state| {
                let frame = state.lane(stage.lane).frame();
                frame.and_then(|frame| frame.brokers.get(index)).map(|broker| (text.state)(broker.state))
            });
            format!("{}: {}", (text.break_it)(&(text.broker)(broker.0)), state.unwrap_or_default())
        };
        let button = NodeRef::<Button>::new();
        view! {
            <button type="button" class="stage-broker" node_ref=button aria-haspopup="menu" aria-expanded=move || is_open().to_string()
                data-testid=format!("broker-{:?}-{}", stage.lane, broker.0).to_lowercase()
                aria-label=label
                style:left=move || format!("{}px", area().x - 4.0)
                style:top=move || format!("{}px", area().y + 3.0)
                style:width=move || format!("{}px", area().width + 4.0)
                style:height=move || format!("{}px", area().height - 6.0)
                on:click=move |event| {
                    event.stop_propagation();
                    let Some(element) = button.get_untracked() else { return };
                    let bounds = element.get_bounding_client_rect();
                    let open = Chosen { node: NodeId::Broker(broker), at: Point::new(bounds.left(), bounds.bottom() + 2.0) };
                    chosen.update(|chosen| *chosen = if chosen.is_some() { None } else { Some(open) });
                }
            ></button>
        }
    };
    view! { <For each=move || 0..brokers.get() key=|index| *index let:index>{button(index)}</For> }
}

/// What the log's colours and patterns mean.
#[component]
fn Legend(unit: impl Fn() -> String + Send + 'static) -> impl IntoView {
    let page = Page::here();
    let entry = move |class: &'static str, word: fn(&crate::i18n::Text) -> &'static str| {
        view! { <li><i class=class></i>{page.say(word)}</li> }
    };
    view! {
        <ul class="stage-legend" aria-hidden="true">
            {entry("committed", |text| text.stage.committed)}
            {entry("appended", |text| text.stage.appended)}
            {entry("diverging", |text| text.stage.diverging)}
            {entry("truncated", |text| text.stage.truncated)}
            {entry("watermark", |text| text.stage.high_watermark)}
            {entry("flushed", |text| text.stage.flushed)}
            {entry("position", |text| text.stage.position)}
            {entry("group-committed", |text| text.stage.group_committed)}
            <li class="unit">{unit}</li>
        </ul>
    }
}
