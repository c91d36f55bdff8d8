//! Where everything stands on a stage of a given width: producers at the left, brokers in the middle, consumers at the
//! right, controllers beneath; on a narrow stage from top to bottom.

use crate::canvas::{Area, Point};
use highwater_model::{BrokerId, ControllerId, NodeId};

/// How many of each there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Brokers.
    pub brokers: u8,
    /// Controllers.
    pub controllers: u8,
    /// Producers.
    pub producers: u8,
    /// Consumers.
    pub consumers: u8,
}

/// A broker's box and what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BrokerPlace {
    /// Which.
    pub broker: BrokerId,
    /// The box.
    pub area: Area,
    /// Its name and state.
    pub title: Area,
    /// The tail of its log.
    pub tail: Area,
    /// All partitions.
    pub strip: Area,
}

/// From left to right, or from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Left to right.
    Across,
    /// Top to bottom.
    Down,
}

/// Where everything stands.
#[derive(Clone, Debug, PartialEq)]
pub struct StageLayout {
    /// The stage's size.
    pub width: f64,
    /// Height that is needed.
    pub height: f64,
    /// How it runs.
    pub direction: Direction,
    /// Producers, in order.
    pub producers: Vec<Area>,
    /// Brokers, in order.
    pub brokers: Vec<BrokerPlace>,
    /// Consumers, in order.
    pub consumers: Vec<Area>,
    /// Controllers, in order.
    pub controllers: Vec<Area>,
}

/// A stage at least this wide runs from left to right.
const ACROSS_MIN: f64 = 520.0;
const MARGIN: f64 = 10.0;
const BROKER_GAP: f64 = 8.0;
/// Above clients: what they are.
pub const HEADING: f64 = 18.0;
/// Beneath the brokers.
const CONTROLLER: f64 = 20.0;
/// A client's row at most.
const CLIENT_MAX: f64 = 26.0;
/// A title's width: "broker 12" and its state.
const TITLE: f64 = 128.0;

impl StageLayout {
    /// Lays the cast out.
    pub fn new(cast: Cast, width: f64) -> Self {
        if width < ACROSS_MIN { Self::down(cast, width) } else { Self::across(cast, width) }
    }

    fn across(cast: Cast, width: f64) -> Self {
        let client = (width * 0.17).clamp(88.0, 170.0);
        let wires = (width * 0.065).clamp(30.0, 90.0);
        let left = MARGIN + client + wires;
        let inner = width - 2.0 * left;
        let brokers = broker_column(cast.brokers, Area::new(left, MARGIN, inner, 0.0));
        let bottom = brokers.last().map_or(MARGIN, |last| last.area.bottom());
        let controllers_y = bottom + BROKER_GAP + 2.0;
        let controllers = row(cast.controllers, Area::new(left, controllers_y, inner, CONTROLLER), 8.0);
        let height = controllers_y + CONTROLLER + MARGIN;
        let column = |x: f64| Area::new(x, MARGIN + HEADING, client, height - 2.0 * MARGIN - HEADING);
        Self {
            width,
            height,
            direction: Direction::Across,
            producers: client_column(cast.producers, column(MARGIN)),
            brokers,
            consumers: client_column(cast.consumers, column(width - MARGIN - client)),
            controllers,
        }
    }

    fn down(cast: Cast, width: f64) -> Self {
        let inner = width - 2.0 * MARGIN;
        let producers = client_grid(cast.producers, Area::new(MARGIN, MARGIN + HEADING, inner, 0.0));
        let bottom = producers.last().map_or(MARGIN, |last| last.bottom());
        let brokers = broker_column(cast.brokers, Area::new(MARGIN, bottom + 26.0, inner, 0.0));
        let bottom = brokers.last().map_or(bottom, |last| last.area.bottom());
        let controllers = row(cast.controllers, Area::new(MARGIN, bottom + BROKER_GAP, inner, CONTROLLER), 6.0);
        let bottom = bottom + BROKER_GAP + CONTROLLER;
        let consumers = client_grid(cast.consumers, Area::new(MARGIN, bottom + 18.0 + HEADING, inner, 0.0));
        let bottom = consumers.last().map_or(bottom, |last| last.bottom());
        let direction = Direction::Down;
        Self { width, height: bottom + MARGIN, direction, producers, brokers, consumers, controllers }
    }

    /// A node's place, if the stage has the node.
    pub fn area(&self, node: NodeId) -> Option<Area> {
        let nth = |areas: &[Area], n: u8| areas.get(usize::from(n).checked_sub(1)?).copied();
        match node {
            NodeId::Broker(BrokerId(n)) => {
                self.brokers.iter().find(|place| place.broker.0 == n).map(|place| place.area)
            }
            NodeId::Controller(ControllerId(n)) => nth(&self.controllers, n),
            NodeId::Producer(n) => nth(&self.producers, n),
            NodeId::Consumer(n) => nth(&self.consumers, n),
        }
    }

    /// The place where a message between two nodes is after `share` of its way.
    pub fn on_the_way(&self, from: NodeId, to: NodeId, share: f64) -> Option<Point> {
        let (start, end) = (self.anchor(from, to)?, self.anchor(to, from)?);
        let Some(bend) = self.bend(from, to, start, end) else { return Some(start.towards(end, share)) };
        // A quadratic curve.
        Some(start.towards(bend, share).towards(bend.towards(end, share), share))
    }

    /// Where a node's messages to and from `other` leave and enter.
    fn anchor(&self, node: NodeId, other: NodeId) -> Option<Point> {
        let area = self.area(node)?;
        let middle = area.middle();
        let (left, right) = (Point::new(area.x, middle.y), Point::new(area.right(), middle.y));
        let (top, bottom) = (Point::new(middle.x, area.y), Point::new(middle.x, area.bottom()));
        Some(match (self.direction, node, other) {
            (Direction::Across, NodeId::Producer(_), _) => right,
            (Direction::Across, NodeId::Consumer(_), _) => left,
            (Direction::Across, NodeId::Broker(_), NodeId::Producer(_) | NodeId::Broker(_)) => left,
            (Direction::Across, NodeId::Broker(_), _) => right,
            (Direction::Down, NodeId::Producer(_), _) => bottom,
            (Direction::Down, NodeId::Consumer(_), _) => top,
            (Direction::Down, NodeId::Broker(_), NodeId::Broker(_)) => Point::new(area.x + 6.0, middle.y),
            (Direction::Down, NodeId::Broker(_), NodeId::Producer(_)) => top,
            (Direction::Down, NodeId::Broker(_), _) => bottom,
            (_, NodeId::Controller(_), NodeId::Controller(_)) => bottom,
            (_, NodeId::Controller(_), _) => top,
        })
    }

    /// Messages between brokers pass beside the boxes, those between controllers beneath.
    fn bend(&self, from: NodeId, to: NodeId, start: Point, end: Point) -> Option<Point> {
        let middle = start.towards(end, 0.5);
        match (from, to) {
            (NodeId::Broker(_), NodeId::Broker(_)) => Some(Point::new(start.x.min(end.x) - 30.0, middle.y)),
            (NodeId::Controller(_), NodeId::Controller(_)) => Some(Point::new(middle.x, middle.y + 14.0)),
            (NodeId::Broker(_), NodeId::Controller(_)) | (NodeId::Controller(_), NodeId::Broker(_))
                if self.direction == Direction::Across =>
            {
                let side = start.x.max(end.x) + 20.0;
                Some(Point::new(side, middle.y))
            }
            _ => None,
        }
    }
}

fn broker_column(count: u8, column: Area) -> Vec<BrokerPlace> {
    let height = match count {
        0..=4 => 54.0,
        5..=7 => 46.0,
        _ => 40.0,
    };
    let title_width = TITLE.min(column.width * 0.42);
    (0..count)
        .map(|n| {
            let y = column.y + f64::from(n) * (height + BROKER_GAP);
            let area = Area::new(column.x, y, column.width, height);
            let right = column.width - title_width - 20.0;
            let strip_height = if height < 50.0 { 8.0 } else { 10.0 };
            let strip = Area::new(area.x + title_width + 10.0, area.bottom() - 6.0 - strip_height, right, strip_height);
            let tail_y = y + 11.0;
            let tail = Area::new(strip.x, tail_y, right, strip.y - tail_y - 7.0);
            let title = Area::new(area.x + 8.0, y, title_width, height);
            BrokerPlace { broker: BrokerId(n + 1), area, title, tail, strip }
        })
        .collect()
}

fn client_column(count: u8, column: Area) -> Vec<Area> {
    let each = (column.height / f64::from(count.max(1))).min(CLIENT_MAX);
    let gap = match each {
        ..10.0 => 1.0,
        10.0..18.0 => 2.0,
        _ => 3.0,
    };
    let used = each * f64::from(count);
    let top = column.y + ((column.height - used) / 2.0).max(0.0);
    (0..count).map(|n| Area::new(column.x, top + f64::from(n) * each, column.width, each - gap)).collect()
}

fn client_grid(count: u8, place: Area) -> Vec<Area> {
    let columns = (place.width / 80.0).floor().max(1.0);
    let columns = f64::from(count.max(1)).min(columns);
    let (width, height) = (place.width / columns, 23.0);
    (0..count)
        .map(|n| {
            let (column, line) = (f64::from(n) % columns, (f64::from(n) / columns).floor());
            Area::new(place.x + column * width, place.y + line * height, width - 4.0, height - 3.0)
        })
        .collect()
}

fn row(count: u8, place: Area, gap: f64) -> Vec<Area> {
    let each = place.width / f64::from(count.max(1));
    (0..count).map(|n| Area::new(place.x + f64::from(n) * each, place.y, each - gap, place.height)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYMENTS: Cast = Cast { brokers: 3, controllers: 3, producers: 6, consumers: 6 };
    const CROWD: Cast = Cast { brokers: 12, controllers: 5, producers: 40, consumers: 40 };

    fn all(layout: &StageLayout) -> Vec<Area> {
        let brokers = layout.brokers.iter().map(|place| place.area);
        let clients = layout.producers.iter().chain(&layout.consumers).chain(&layout.controllers).copied();
        brokers.chain(clients).collect()
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_stage() {
        for (cast, width) in [(PAYMENTS, 340.0), (PAYMENTS, 610.0), (PAYMENTS, 930.0), (CROWD, 340.0), (CROWD, 610.0)] {
            let layout = StageLayout::new(cast, width);
            let areas = all(&layout);
            for (index, area) in areas.iter().enumerate() {
                assert!(0.0 <= area.x && area.right() <= width, "{cast:?} {width}: {area:?}");
                assert!(0.0 <= area.y && area.bottom() <= layout.height, "{cast:?} {width}: {area:?}");
                for other in &areas[index + 1..] {
                    let apart = area.right() <= other.x + 0.01
                        || other.right() <= area.x + 0.01
                        || area.bottom() <= other.y + 0.01
                        || other.bottom() <= area.y + 0.01;
                    assert!(apart, "{cast:?} {width}: {area:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn a_brokers_parts_lie_in_its_box() {
        for width in [340.0, 610.0] {
            for place in StageLayout::new(CROWD, width).brokers {
                for part in [place.title, place.tail, place.strip] {
                    assert!(part.height > 5.0 && part.width > 80.0, "{part:?}");
                    assert!(place.area.contains(Point::new(part.x, part.y)));
                    assert!(part.right() <= place.area.right() && part.bottom() <= place.area.bottom());
                }
            }
        }
    }

    #[test]
    fn a_message_begins_at_its_sender_and_ends_at_its_receiver() {
        let layout = StageLayout::new(PAYMENTS, 610.0);
        let (producer, broker) = (NodeId::Producer(2), NodeId::Broker(BrokerId(1)));
        let start = layout.on_the_way(producer, broker, 0.0).expect("both are on stage");
        let end = layout.on_the_way(producer, broker, 1.0).expect("both are on stage");
        assert_eq!(start.x, layout.producers[1].right());
        assert_eq!(end.x, layout.brokers[0].area.x);
    }

    #[test]
    fn messages_between_brokers_pass_beside_the_boxes() {
        let layout = StageLayout::new(PAYMENTS, 610.0);
        let (one, three) = (NodeId::Broker(BrokerId(1)), NodeId::Broker(BrokerId(3)));
        let middle = layout.on_the_way(one, three, 0.5).expect("both are on stage");
        assert!(middle.x < layout.brokers[0].area.x - 10.0);
    }

    #[test]
    fn a_node_that_is_not_there_has_no_place() {
        let layout = StageLayout::new(PAYMENTS, 610.0);
        assert_eq!(layout.area(NodeId::Producer(7)), None);
        assert_eq!(layout.area(NodeId::Producer(0)), None);
    }
}
