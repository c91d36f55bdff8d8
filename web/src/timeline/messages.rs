//! Close up, the timeline is a space-time diagram: a line for each node, an arrow for each message.

use super::span::x_of;
use crate::canvas::{Align, Area, Dash, Fill, Icon, Ink, Mark, Point, Stroke, Weight};
use highwater_model::trace::{Api, Entry, NodeState};
use highwater_model::{Instant, NodeId};
use highwater_oracle::report::{Happening, Span};
use std::collections::BTreeMap;

/// Between two nodes' lines, at least.
const LINE_GAP: f64 = 22.0;
/// A message whose end is not in the window is drawn so far.
const STUB: f64 = 12.0;
/// A letter's width in a message's name, about.
const NAME_LETTER: f64 = 5.2;
/// The pointer finds messages this near.
const REACH: f64 = 6.0;

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It arrived.
    Received(Instant),
    /// It was lost with its connection, or dropped.
    Dropped(Instant),
    /// Later than the window shows.
    Later,
}

/// A message of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was sent.
    pub sent: Instant,
    /// How it ended.
    pub end: End,
    /// By whom.
    pub from: NodeId,
    /// For whom.
    pub to: NodeId,
    /// What.
    pub api: Api,
    /// Request or response?
    pub response: bool,
    /// Its bytes.
    pub bytes: u32,
}

/// Joins what was told of each packet. Packets sent before the window are left out: their start is unknown.
pub fn messages(entries: &[(Instant, Entry)]) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    for (at, entry) in entries {
        match *entry {
            Entry::Sent { packet, from, to, api, response, bytes } => {
                places.insert(packet, messages.len());
                messages.push(Message { sent: *at, end: End::Later, from, to, api, response, bytes });
            }
            Entry::Received { packet } => {
                if let Some(place) = places.get(&packet) {
                    messages[*place].end = End::Received(*at);
                }
            }
            Entry::Dropped { packet } => {
                if let Some(place) = places.get(&packet) {
                    messages[*place].end = End::Dropped(*at);
                }
            }
            _ => (),
        }
    }
    messages
}

/// What a kind of message is about: its colour on stage and in the diagram.
pub const fn ink_of(api: Api) -> Ink {
    match api {
        Api::Produce => Ink::Appended,
        Api::FetchFollower | Api::OffsetForLeaderEpoch => Ink::Epoch,
        Api::FetchConsumer | Api::OffsetCommit | Api::OffsetFetch => Ink::Done,
        _ => Ink::Mute,
    }
}

/// The diagram of one lane: which nodes it has, and where their lines lie.
#[derive(Clone, Debug)]
pub struct Diagram {
    messages: Vec<Message>,
    nodes: Vec<NodeId>,
    states: Vec<(Instant, NodeId, NodeState)>,
    area: Area,
}

impl Diagram {
    /// A diagram of these messages in this place; `happenings` say which node was down when.
    pub fn new(entries: &[(Instant, Entry)], happenings: &[Happening], area: Area) -> Self {
        let messages = messages(entries);
        let mut nodes: Vec<NodeId> = messages.iter().flat_map(|message| [message.from, message.to]).collect();
        // From the source of a record to where it is read, with the controllers beneath.
        let rank = |node: &NodeId| match *node {
            NodeId::Producer(n) => (0, n),
            NodeId::Broker(broker) => (1, broker.0),
            NodeId::Consumer(n) => (2, n),
            NodeId::Controller(controller) => (3, controller.0),
        };
        nodes.sort_by_key(rank);
        nodes.dedup();
        let states = happenings.iter().filter_map(|happening| match happening.entry {
            Entry::Node { node, state } => Some((happening.at, node, state)),
            _ => None,
        });
        Self { states: states.collect(), messages, nodes, area }
    }

    /// The height that a diagram of so many messages needs.
    pub fn height(entries: &[(Instant, Entry)]) -> f64 {
        let diagram = Self::new(entries, &[], Area::default());
        (diagram.nodes.len() as f64 + 0.5) * LINE_GAP
    }

    /// Where it lies.
    pub fn area(&self) -> Area {
        self.area
    }

    fn y(&self, node: NodeId) -> f64 {
        let place = self.nodes.iter().position(|other| *other == node).unwrap_or(0);
        self.area.y + (place as f64 + 0.75) * (self.area.height / (self.nodes.len() as f64 + 0.5))
    }

    /// A message's line on the screen.
    fn line(&self, message: &Message, span: Span) -> (Point, Point) {
        let x = |at: Instant| self.area.x + x_of(span, at, self.area.width);
        let from = Point::new(x(message.sent), self.y(message.from));
        let goal = self.y(message.to);
        match message.end {
            End::Received(at) => (from, Point::new(x(at), goal)),
            End::Dropped(at) => (from, Point::new(x(at), (from.y + goal) / 2.0)),
            End::Later => (from, Point::new(from.x + STUB, from.y + (goal - from.y).signum() * STUB)),
        }
    }

    /// The diagram's picture.
    pub fn picture(&self, span: Span) -> Vec<Mark> {
        let mut marks = Vec::with_capacity(self.messages.len() * 2 + self.nodes.len() * 3);
        for node in &self.nodes {
            self.node_line(*node, span, &mut marks);
        }
        let mut names = Vec::new();
        for message in &self.messages {
            self.message(message, span, &mut marks);
            self.name(message, span, &mut names, &mut marks);
        }
        for node in &self.nodes {
            let at = Point::new(self.area.x + 4.0, self.y(*node) - 6.5);
            marks.push(Mark::text(node.to_string(), at, Ink::Text, 10.0).weighted(Weight::Strong));
        }
        marks
    }

    fn node_line(&self, node: NodeId, span: Span, marks: &mut Vec<Mark>) {
        let y = self.y(node);
        let mut from = self.area.x;
        let mut is_up = true;
        let changes = self.states.iter().filter(|(_, whose, _)| *whose == node);
        let up = Stroke::solid(Ink::Line, 1.5);
        let down = Stroke::solid(Ink::Lost, 1.5).dashed(Dash::Dashed);
        for (at, _, state) in changes {
            let x = (self.area.x + x_of(span, *at, self.area.width)).clamp(self.area.x, self.area.right());
            let stroke = if is_up { up } else { down };
            marks.push(Mark::Line { from: Point::new(from, y), to: Point::new(x, y), stroke });
            is_up = *state == NodeState::Running;
            from = x;
            if span.from <= *at && *at <= span.to {
                let (icon, ink) = if is_up { (Icon::Check, Ink::Done) } else { (Icon::Cross, Ink::Lost) };
                marks.push(Mark::Icon { icon, middle: Point::new(x, y), size: 11.0, ink });
                let words = Mark::text(state.name(), Point::new(x + 8.0, y - 7.0), ink, 10.0);
                marks.push(words);
            }
        }
        let stroke = if is_up { up } else { down };
        marks.push(Mark::Line { from: Point::new(from, y), to: Point::new(self.area.right(), y), stroke });
    }

    fn message(&self, message: &Message, span: Span, marks: &mut Vec<Mark>) {
        let (from, to) = self.line(message, span);
        if to.x < self.area.x || self.area.right() < from.x {
            return;
        }
        let dropped = matches!(message.end, End::Dropped(_));
        let ink = if dropped { Ink::Lost } else { ink_of(message.api) };
        let dash = if message.response { Dash::Dashed } else { Dash::Through };
        marks.push(Mark::Line { from, to, stroke: Stroke::solid(ink, 1.3).dashed(dash) });
        match message.end {
            End::Received(_) => {
                marks.push(Mark::Dot { middle: to, radius: 2.4, fill: Some(Fill::solid(ink)), stroke: None });
            }
            End::Dropped(_) => marks.push(Mark::Icon { icon: Icon::Cross, middle: to, size: 10.0, ink }),
            End::Later => (),
        }
    }

    /// A message's name, where its arrow is long enough to carry one, no other name stands, and no message of the same
    /// kind between the same two nodes has one.
    fn name(&self, message: &Message, span: Span, names: &mut Vec<(Kind, Area)>, marks: &mut Vec<Mark>) {
        let (from, to) = self.line(message, span);
        let (left, right) = (from.x.max(self.area.x), to.x.min(self.area.right()));
        let name = message.api.name();
        let width = name.len() as f64 * NAME_LETTER;
        if right - left < width + 30.0 {
            return;
        }
        let share = ((left + right) / 2.0 - from.x) / (to.x - from.x);
        let middle = from.towards(to, share);
        let place = Area::new(middle.x - width / 2.0, middle.y - 11.0, width, 10.0);
        let kind = (message.from, message.to, message.api);
        let is_free = |(of, taken): &(Kind, Area)| {
            let apart = place.right() < taken.x
                || taken.right() < place.x
                || place.bottom() < taken.y
                || taken.bottom() < place.y;
            *of != kind && apart
        };
        if names.iter().all(is_free) {
            names.push((kind, place));
            under_text(place, marks);
            let at = Point::new(middle.x, middle.y - 6.0);
            marks.push(Mark::text(name, at, Ink::Mute, 9.0).aligned(Align::Middle));
        }
    }

    /// The message whose line is nearest to a place, if one is near.
    pub fn message_at(&self, at: Point, span: Span) -> Option<&Message> {
        let distance = |message: &&Message| {
            let (from, to) = self.line(message, span);
            distance(at, from, to)
        };
        let nearest = self.messages.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        (distance(&nearest) <= REACH).then_some(nearest)
    }
}

/// Who sends what to whom.
type Kind = (NodeId, NodeId, Api);

/// A field on which text reads over lines.
fn under_text(area: Area, marks: &mut Vec<Mark>) {
    let fill = Some(Fill::solid(Ink::Panel).faded(0.85));
    marks.push(Mark::Rect { area, radius: 2.0, fill, stroke: None });
}

/// From a place to a line.
fn distance(at: Point, from: Point, to: Point) -> f64 {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length_squared = dx * dx + dy * dy;
    let share = if length_squared == 0.0 {
        0.0
    } else {
        (((at.x - from.x) * dx + (at.y - from.y) * dy) / length_squared).clamp(0.0, 1.0)
    };
    let nearest = from.towards(to, share);
    ((at.x - nearest.x).powi(2) + (at.y - nearest.y).powi(2)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::BrokerId;

    const AREA: Area = Area::new(0.0, 0.0, 1_000.0, 100.0);

    fn sent(packet: u32, to: NodeId) -> Entry {
        Entry::Sent { packet, from: NodeId::Producer(1), to, api: Api::Produce, response: false, bytes: 1_000 }
    }

    fn entries() -> Vec<(Instant, Entry)> {
        let (b1, b2) = (NodeId::Broker(BrokerId(1)), NodeId::Broker(BrokerId(2)));
        vec![
            (Instant(100), sent(1, b1)),
            (Instant(200), sent(2, b2)),
            (Instant(500), Entry::Received { packet: 1 }),
            (Instant(600), Entry::Dropped { packet: 2 }),
            (Instant(700), Entry::Received { packet: 99 }),
            (Instant(900), sent(3, b1)),
        ]
    }

    fn span() -> Span {
        Span { from: Instant(0), to: Instant(1_000) }
    }

    #[test]
    fn each_message_knows_how_it_ended() {
        let ends: Vec<End> = messages(&entries()).into_iter().map(|message| message.end).collect();
        assert_eq!(ends, [End::Received(Instant(500)), End::Dropped(Instant(600)), End::Later]);
    }

    #[test]
    fn the_pointer_finds_the_message_under_it() {
        let diagram = Diagram::new(&entries(), &[], AREA);
        let (from, to) = diagram.line(&diagram.messages[0], span());
        let found = diagram.message_at(from.towards(to, 0.5), span());
        assert_eq!(found.map(|message| message.sent), Some(Instant(100)));
        assert!(diagram.message_at(Point::new(5.0, 95.0), span()).is_none());
    }

    #[test]
    fn a_dropped_message_ends_in_a_cross_half_way() {
        let diagram = Diagram::new(&entries(), &[], AREA);
        let crosses = diagram.picture(span()).into_iter().filter_map(|mark| match mark {
            Mark::Icon { icon: Icon::Cross, middle, .. } => Some(middle),
            _ => None,
        });
        let crosses: Vec<Point> = crosses.collect();
        let middle = (diagram.y(NodeId::Producer(1)) + diagram.y(NodeId::Broker(BrokerId(2)))) / 2.0;
        assert_eq!(crosses, [Point::new(600.0, middle)]);
    }

    #[test]
    fn names_do_not_cover_each_other() {
        let twice = [entries(), entries()].concat();
        let diagram = Diagram::new(&twice, &[], AREA);
        let names = diagram.picture(span()).into_iter().filter(|mark| matches!(mark, Mark::Text { size: 9.0, .. }));
        assert_eq!(names.count(), 2);
    }

    #[test]
    fn a_node_that_is_down_has_a_dashed_line() {
        let node = NodeId::Broker(BrokerId(1));
        let crash = Happening { at: Instant(500), entry: Entry::Node { node, state: NodeState::Crashed } };
        let diagram = Diagram::new(&entries(), &[crash], AREA);
        let dashed = diagram.picture(span()).into_iter().any(|mark| match mark {
            Mark::Line { from, to, stroke } => {
                stroke.dash == Dash::Dashed && from == Point::new(500.0, diagram.y(node)) && to.x == AREA.right()
            }
            _ => false,
        });
        assert!(dashed);
    }
}
