//! The stage's picture at a moment, as marks: everything but the packets.

use super::layout::{BrokerPlace, Direction, HEADING, StageLayout};
use super::tail::{Ghost, Kind, Scale, Tail, tail};
use crate::canvas::{Align, Area, Dash, Fill, Icon, Ink, Mark, Pattern, Point, Stroke, Weight};
use crate::i18n::{numbers, stage::Text};
use highwater_model::trace::NodeState;
use highwater_model::view::{BrokerFrame, ConsumerFrame, Frame, PartitionFrame, ProducerFrame, ReplicaFrame};
use highwater_model::{BrokerId, PartitionId};

/// Running text.
const SMALL: f64 = 10.0;
/// Clients lower than this show bars only.
const TEXT_ROW: f64 = 11.0;

/// What the picture is made of.
pub struct Scene<'a> {
    /// The moment.
    pub frame: &'a Frame,
    /// Where everything stands.
    pub layout: &'a StageLayout,
    /// The partition whose logs are shown.
    pub focus: PartitionId,
    /// The offsets that are shown.
    pub scale: Scale,
    /// What was cut from its logs.
    pub ghosts: &'a [Ghost],
    /// Partitions of the topic.
    pub data_partitions: u16,
    /// Bytes of a producer's buffer.
    pub buffer_memory: u64,
    /// Words.
    pub text: &'a Text,
}

/// A process's state as a pictogram and a colour.
pub const fn sign(state: NodeState) -> (Icon, Ink) {
    match state {
        NodeState::Running => (Icon::Check, Ink::Done),
        NodeState::Starting | NodeState::Recovering | NodeState::Registering => (Icon::Restart, Ink::Appended),
        NodeState::Stopping | NodeState::Stopped => (Icon::Stop, Ink::Mute),
        NodeState::Crashed => (Icon::Cross, Ink::Lost),
        NodeState::PoweredOff => (Icon::Bolt, Ink::Lost),
        NodeState::Paused => (Icon::Pause, Ink::Appended),
        NodeState::Halted => (Icon::Disk, Ink::Lost),
    }
}

impl Scene<'_> {
    /// The picture.
    pub fn picture(&self) -> Vec<Mark> {
        let mut marks = Vec::with_capacity(600);
        self.wires(&mut marks);
        self.clients(&mut marks);
        for (place, broker) in self.layout.brokers.iter().zip(&self.frame.brokers) {
            self.broker(place, broker, &mut marks);
        }
        for (area, controller) in self.layout.controllers.iter().zip(&self.frame.controllers) {
            let (icon, ink) = match controller.state {
                NodeState::Running if controller.active => (Icon::Star, Ink::Committed),
                state => sign(state),
            };
            let edge = if controller.active { Ink::Committed } else { Ink::Line };
            frame_of(*area, 6.0, Ink::Soft, Stroke::solid(edge, 1.0), &mut marks);
            let words = match controller.state {
                NodeState::Running if controller.active => self.text.active,
                state => (self.text.state)(state),
            };
            let name = format!("{} {words}", controller.controller);
            marks.push(Mark::Icon { icon, middle: Point::new(area.x + 11.0, area.middle().y), size: 10.0, ink });
            let at = Point::new(area.x + 20.0, area.middle().y + 0.5);
            marks.push(Mark::text(name, at, Ink::Text, SMALL).within(area.width - 24.0));
        }
        marks
    }

    fn partition(&self) -> Option<&PartitionFrame> {
        self.frame.partitions.iter().find(|partition| partition.partition == self.focus)
    }

    /// The ways that records take, quietly under everything.
    fn wires(&self, marks: &mut Vec<Mark>) {
        let Some(leader) = self.partition().and_then(|partition| partition.leader) else { return };
        let Some(place) = self.layout.brokers.iter().find(|place| place.broker == leader) else { return };
        let stroke = Stroke::solid(Ink::Line, 1.0);
        let mut wire = |from: Point, to: Point| marks.push(Mark::Line { from, to, stroke });
        for area in &self.layout.producers {
            match self.layout.direction {
                Direction::Across => {
                    wire(Point::new(area.right(), area.middle().y), Point::new(place.area.x, place.area.middle().y));
                }
                Direction::Down => {
                    wire(Point::new(area.middle().x, area.bottom()), Point::new(place.area.middle().x, place.area.y))
                }
            }
        }
        for area in &self.layout.consumers {
            match self.layout.direction {
                Direction::Across => {
                    wire(Point::new(place.area.right(), place.area.middle().y), Point::new(area.x, area.middle().y));
                }
                Direction::Down => {
                    wire(Point::new(place.area.middle().x, place.area.bottom()), Point::new(area.middle().x, area.y))
                }
            }
        }
    }

    fn clients(&self, marks: &mut Vec<Mark>) {
        for (areas, words) in
            [(&self.layout.producers, self.text.producers), (&self.layout.consumers, self.text.consumers)]
        {
            if let Some(first) = areas.first() {
                let at = Point::new(first.x, first.y - HEADING / 2.0);
                marks.push(Mark::text(words, at, Ink::Mute, SMALL));
            }
        }
        for (index, (area, producer)) in self.layout.producers.iter().zip(&self.frame.producers).enumerate() {
            self.producer(index + 1, *area, producer, marks);
        }
        for (index, (area, consumer)) in self.layout.consumers.iter().zip(&self.frame.consumers).enumerate() {
            self.consumer(index + 1, *area, consumer, marks);
        }
    }

    fn producer(&self, number: usize, area: Area, producer: &ProducerFrame, marks: &mut Vec<Mark>) {
        let is_up = producer.state == NodeState::Running;
        client_box(area, is_up, producer.blocked, marks);
        let share = producer.buffer_bytes as f64 / self.buffer_memory.max(1) as f64;
        let bar = Area::new(area.x + 2.0, area.bottom() - 4.0, (area.width - 4.0) * share.min(1.0), 2.5);
        marks.push(Mark::filled(bar, Fill::solid(if producer.blocked { Ink::Lost } else { Ink::Appended })));
        if area.height < TEXT_ROW {
            return;
        }
        let (icon, ink, words) = if !is_up {
            let (icon, ink) = sign(producer.state);
            (Some(icon), ink, (self.text.state)(producer.state).to_owned())
        } else if producer.blocked {
            (Some(Icon::Hand), Ink::Lost, (self.text.queued)(&numbers::short(producer.queued_records)))
        } else if producer.queued_records > 0 && producer.in_flight == 0 {
            (None, Ink::Mute, (self.text.queued)(&numbers::short(producer.queued_records)))
        } else {
            (None, Ink::Mute, (self.text.in_flight)(producer.in_flight))
        };
        client_text(area, number, icon, ink, words, marks);
    }

    fn consumer(&self, number: usize, area: Area, consumer: &ConsumerFrame, marks: &mut Vec<Mark>) {
        let is_up = consumer.state == NodeState::Running;
        client_box(area, is_up, false, marks);
        if area.height < TEXT_ROW {
            return;
        }
        let lag: u64 = consumer.owned.iter().map(|owned| self.lag_of(owned.partition, owned.position)).sum();
        let (icon, ink, words) = if !is_up {
            let (icon, ink) = sign(consumer.state);
            (Some(icon), ink, (self.text.state)(consumer.state).to_owned())
        } else if !consumer.member {
            (Some(Icon::Clock), Ink::Mute, self.text.no_member.to_owned())
        } else {
            (None, Ink::Mute, (self.text.lag)(&numbers::short(lag)))
        };
        client_text(area, number, icon, ink, words, marks);
    }

    /// Records of a partition that are committed and lie at or behind a position.
    pub fn lag_of(&self, partition: PartitionId, position: u64) -> u64 {
        let found = self.frame.partitions.iter().find(|frame| frame.partition == partition);
        found.map_or(0, |frame| super::tail::committed(frame).saturating_sub(position))
    }

    fn broker(&self, place: &BrokerPlace, broker: &BrokerFrame, marks: &mut Vec<Mark>) {
        let partition = self.partition();
        let replica =
            partition.and_then(|partition| partition.replicas.iter().find(|replica| replica.broker == broker.broker));
        let leads = partition.is_some_and(|partition| partition.leader == Some(broker.broker));
        let (surface, stroke) = match broker.state {
            NodeState::Running if broker.fenced => (Ink::Panel, Stroke::solid(Ink::Appended, 1.4).dashed(Dash::Dotted)),
            NodeState::Running if leads => (Ink::Panel, Stroke::solid(Ink::Committed, 2.0)),
            NodeState::Running => (Ink::Panel, Stroke::solid(Ink::Line, 1.2)),
            NodeState::Paused => (Ink::Soft, Stroke::solid(Ink::Appended, 1.4).dashed(Dash::Dashed)),
            NodeState::Crashed | NodeState::PoweredOff | NodeState::Halted => {
                (Ink::Soft, Stroke::solid(Ink::Lost, 1.4).dashed(Dash::Dashed))
            }
            _ => (Ink::Soft, Stroke::solid(Ink::Mute, 1.2).dashed(Dash::Dashed)),
        };
        frame_of(place.area, 8.0, surface, stroke, marks);
        self.title(place, broker, replica, leads, marks);
        if let (Some(partition), Some(replica)) = (partition, replica) {
            let tail = tail(partition, replica, self.scale, self.ghosts);
            self.tail(place.tail, replica, &tail, leads, marks);
        }
        self.strip(place.strip, broker.broker, marks);
    }

    fn title(
        &self,
        place: &BrokerPlace,
        broker: &BrokerFrame,
        replica: Option<&ReplicaFrame>,
        leads: bool,
        marks: &mut Vec<Mark>,
    ) {
        let area = place.title;
        let (icon, ink) = match broker.state {
            NodeState::Running if leads => (Icon::Star, Ink::Committed),
            NodeState::Running if broker.fenced => (Icon::Fence, Ink::Appended),
            state => sign(state),
        };
        let upper = Point::new(area.x + 6.0, area.y + area.height * 0.32);
        marks.push(Mark::Icon { icon, middle: upper, size: 12.0, ink });
        let name = match broker.state {
            NodeState::Running => (self.text.broker)(broker.broker.0),
            state => format!("{} {}", (self.text.broker)(broker.broker.0), (self.text.state)(state)),
        };
        let at = Point::new(area.x + 16.0, upper.y);
        let ink = if broker.state == NodeState::Running { Ink::Text } else { ink };
        marks.push(Mark::text(name, at, ink, 11.5).weighted(Weight::Strong).within(area.width - 16.0));
        let in_isr = self.partition().is_some_and(|partition| partition.isr.contains(broker.broker));
        let role = match replica {
            None => self.text.no_replica.to_owned(),
            Some(replica) if leads => {
                (self.text.leads)(self.partition().map_or(replica.leader_epoch, |p| p.leader_epoch))
            }
            Some(replica) if replica.leading => self.text.believes_to_lead.to_owned(),
            Some(_) if broker.fenced => self.text.fenced.to_owned(),
            Some(_) if in_isr => self.text.in_sync.to_owned(),
            Some(_) => self.text.out_of_sync.to_owned(),
        };
        let words = format!("{} · {role}", (self.text.rack)(broker.rack));
        let at = Point::new(area.x, area.y + area.height * 0.72);
        marks.push(Mark::text(words, at, Ink::Mute, SMALL).within(area.width));
    }

    fn tail(&self, area: Area, replica: &ReplicaFrame, tail: &Tail, leads: bool, marks: &mut Vec<Mark>) {
        let x = |offset: u64| area.x + self.scale.share(offset) * area.width;
        marks.push(Mark::Rect { area, radius: 2.0, fill: Some(Fill::solid(Ink::Soft)), stroke: None });
        for segment in &tail.segments {
            let fill = match segment.kind {
                Kind::Committed => Fill::solid(Ink::Committed),
                Kind::Appended => Fill::solid(Ink::Appended).patterned(Pattern::Striped),
                Kind::Diverging => Fill::solid(Ink::Lost).patterned(Pattern::Crossed),
            };
            // One diverging record among thousands still shows.
            let width = (x(segment.to) - x(segment.from)).max(if segment.kind == Kind::Diverging { 4.0 } else { 0.0 });
            marks.push(Mark::filled(Area::new(x(segment.from), area.y, width, area.height), fill));
        }
        let grid = Stroke::solid(if replica.end == 0 { Ink::Line } else { Ink::Panel }, 1.0);
        for cell in 1..self.scale.cells {
            let at = (area.x + area.width * cell as f64 / self.scale.cells as f64).round() + 0.5;
            let (from, to) = (Point::new(at, area.y), Point::new(at, area.bottom()));
            marks.push(Mark::Line { from, to, stroke: grid });
        }
        for (from, to) in &tail.ghosts {
            let ghost = Area::new(x(*from), area.y - 4.0, (x(*to) - x(*from)).max(4.0), 3.0);
            let stroke = Stroke::solid(Ink::Lost, 1.0).dashed(Dash::Dotted);
            marks.push(Mark::Rect { area: ghost, radius: 0.0, fill: None, stroke: Some(stroke) });
        }
        let disk = Area::new(area.x, area.bottom() + 1.0, x(tail.flushed) - area.x, 2.0);
        marks.push(Mark::filled(disk, Fill::solid(Ink::Mute)));
        for (epoch, start) in &tail.epochs {
            let (from, to) = (Point::new(x(*start), area.y - 4.0), Point::new(x(*start), area.bottom()));
            marks.push(Mark::Line { from, to, stroke: Stroke::solid(Ink::Epoch, 1.5) });
            let at = Point::new(x(*start) + 2.0, area.y - 2.0);
            marks.push(Mark::text(format!("e{epoch}"), at, Ink::Mute, 8.5));
        }
        let line = x(tail.high_watermark);
        let (from, to) = (Point::new(line, area.y - 4.0), Point::new(line, area.bottom() + 3.0));
        marks.push(Mark::Line { from, to, stroke: Stroke::solid(Ink::Text, 1.6) });
        if leads {
            let at = Point::new(line - 3.0, area.y - 2.5);
            marks.push(Mark::text("HW", at, Ink::Text, 8.5).weighted(Weight::Strong).aligned(Align::End));
            self.group(area, marks);
        }
        self.notes(area, tail, marks);
    }

    /// Where the group stands in the leader's log.
    fn group(&self, area: Area, marks: &mut Vec<Mark>) {
        let owned = self.frame.consumers.iter().flat_map(|consumer| &consumer.owned);
        let y = area.bottom() + 2.0;
        for owned in owned.filter(|owned| owned.partition == self.focus) {
            let x = |offset: u64| area.x + self.scale.share(offset) * area.width;
            let stroke = Stroke::solid(Ink::Done, 1.4);
            if let Some(committed) = owned.committed {
                let middle = Point::new(x(committed), y);
                marks.push(Mark::Dot {
                    middle,
                    radius: 3.0,
                    fill: Some(Fill::solid(Ink::Panel)),
                    stroke: Some(stroke),
                });
            }
            let middle = Point::new(x(owned.position), y);
            marks.push(Mark::Dot { middle, radius: 2.6, fill: Some(Fill::solid(Ink::Done)), stroke: None });
        }
    }

    /// What the range does not show.
    fn notes(&self, area: Area, tail: &Tail, marks: &mut Vec<Mark>) {
        let mut notes = Vec::new();
        if tail.diverging > 0 {
            notes.push((self.text.only_here)(&numbers::short(tail.diverging)));
        }
        if tail.behind > self.scale.unit * self.scale.cells / 2 {
            notes.push((self.text.behind)(&numbers::short(tail.behind)));
        }
        if notes.is_empty() {
            return;
        }
        let words = notes.join(" · ");
        // A field of its own, so that it reads over any cell.
        let width = (words.chars().count() as f64 * 6.2 + 10.0).min(area.width);
        let field = Area::new(area.x + 2.0, area.y + 1.0, width, area.height - 2.0);
        let fill = Some(Fill::solid(Ink::Panel).faded(0.92));
        marks.push(Mark::Rect { area: field, radius: 3.0, fill, stroke: None });
        let at = Point::new(field.x + 5.0, field.middle().y + 0.5);
        marks.push(Mark::text(words, at, Ink::Lost, SMALL).weighted(Weight::Strong).within(width - 8.0));
    }

    /// All partitions: leads, follows in sync, follows behind.
    fn strip(&self, area: Area, broker: BrokerId, marks: &mut Vec<Mark>) {
        for partition in self.frame.partitions.iter().filter(|frame| frame.partition.0 < self.data_partitions) {
            let Some(replica) = partition.replicas.iter().find(|replica| replica.broker == broker) else { continue };
            let cell = strip_cell(area, partition.partition, self.data_partitions);
            let lower = |share: f64| {
                let height = cell.height * share;
                Area { y: cell.bottom() - height, height, ..cell }
            };
            let (area, fill) = if partition.leader == Some(broker) {
                (cell, Fill::solid(Ink::Committed))
            } else if replica.leading {
                (cell, Fill::solid(Ink::Lost).patterned(Pattern::Crossed))
            } else if partition.leader.is_none() {
                (lower(0.5), Fill::solid(Ink::Lost).patterned(Pattern::Crossed))
            } else if partition.isr.contains(broker) {
                (lower(0.5), Fill::solid(Ink::Committed).faded(0.45))
            } else {
                (lower(0.2), Fill::solid(Ink::Lost))
            };
            marks.push(Mark::filled(area, fill));
            if partition.partition == self.focus {
                let under = Area { y: cell.bottom() + 1.0, height: 2.0, ..cell };
                marks.push(Mark::filled(under, Fill::solid(Ink::Text)));
            }
        }
    }
}

/// A partition's cell in a broker's strip.
pub fn strip_cell(area: Area, partition: PartitionId, partitions: u16) -> Area {
    let each = (area.width / f64::from(partitions.max(1))).min(28.0);
    let gap = if each < 4.0 { 0.5 } else { 1.5 };
    Area::new(area.x + f64::from(partition.0) * each, area.y, each - gap, area.height)
}

/// The partition whose cell lies under a place.
pub fn partition_at(layout: &StageLayout, partitions: u16, at: Point) -> Option<PartitionId> {
    let strips = layout.brokers.iter().map(|place| place.strip);
    let mut cells = strips.flat_map(|strip| (0..partitions).map(move |n| (strip, PartitionId(n))));
    let reach = |area: Area| Area { y: area.y - 4.0, height: area.height + 8.0, width: area.width + 1.5, ..area };
    cells.find(|(strip, partition)| reach(strip_cell(*strip, *partition, partitions)).contains(at)).map(|(_, p)| p)
}

fn frame_of(area: Area, radius: f64, surface: Ink, stroke: Stroke, marks: &mut Vec<Mark>) {
    marks.push(Mark::Rect { area, radius, fill: Some(Fill::solid(surface)), stroke: Some(stroke) });
}

fn client_box(area: Area, is_up: bool, blocked: bool, marks: &mut Vec<Mark>) {
    let stroke = match (is_up, blocked) {
        (false, _) => Stroke::solid(Ink::Lost, 1.2).dashed(Dash::Dashed),
        (true, true) => Stroke::solid(Ink::Lost, 1.4),
        (true, false) => Stroke::solid(Ink::Line, 1.0),
    };
    let radius = if area.height < TEXT_ROW { 2.0 } else { 5.0 };
    frame_of(area, radius, Ink::Soft, stroke, marks);
}

fn client_text(area: Area, number: usize, icon: Option<Icon>, ink: Ink, words: String, marks: &mut Vec<Mark>) {
    let y = area.middle().y - 0.5;
    let size = SMALL.min(area.height - 2.5);
    let number = Mark::text(number.to_string(), Point::new(area.x + 5.0, y), Ink::Text, size);
    marks.push(number.weighted(Weight::Strong));
    let mut right = area.right() - 5.0;
    if let Some(icon) = icon {
        marks.push(Mark::Icon { icon, middle: Point::new(right - 5.0, y), size: 10.0, ink });
        right -= 13.0;
    }
    let words = Mark::text(words, Point::new(right, y), ink, size).aligned(Align::End);
    marks.push(words.within(right - area.x - 20.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::stage::EN;
    use crate::stage::fixture;
    use crate::stage::layout::Cast;

    const CAST: Cast = Cast { brokers: 3, controllers: 3, producers: 1, consumers: 1 };

    fn picture(change: impl FnOnce(&mut Frame)) -> Vec<Mark> {
        let mut frame = fixture::frame(vec![fixture::partition(&[(1, 104, 101), (2, 103, 101), (3, 101, 101)])]);
        change(&mut frame);
        let layout = StageLayout::new(CAST, 610.0);
        let scale = Scale::new(&frame.partitions[0], 24, None);
        let scene = Scene {
            frame: &frame,
            layout: &layout,
            focus: PartitionId(0),
            scale,
            ghosts: &[],
            data_partitions: 1,
            buffer_memory: 33_554_432,
            text: &EN,
        };
        scene.picture()
    }

    fn words(marks: &[Mark]) -> Vec<&str> {
        let texts = marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    fn patterns(marks: &[Mark]) -> Vec<(Ink, Pattern)> {
        let fills = marks.iter().filter_map(|mark| match mark {
            Mark::Rect { fill: Some(fill), .. } if fill.pattern != Pattern::Solid => Some((fill.ink, fill.pattern)),
            _ => None,
        });
        fills.collect()
    }

    #[test]
    fn a_killed_broker_says_so_in_words_icon_and_line() {
        let marks = picture(|frame| frame.brokers[0].state = NodeState::Crashed);
        assert!(words(&marks).contains(&"broker 1 killed"));
        assert!(marks.iter().any(|mark| matches!(mark, Mark::Icon { icon: Icon::Cross, .. })));
        let dashed =
            |mark: &Mark| matches!(mark, Mark::Rect { stroke: Some(stroke), .. } if stroke.dash == Dash::Dashed);
        assert!(marks.iter().any(dashed));
    }

    #[test]
    fn the_leader_has_a_star_and_its_epoch() {
        let marks = picture(|_| ());
        assert!(words(&marks).contains(&"rack 1 · leader, epoch 4"));
        assert!(marks.iter().any(|mark| matches!(mark, Mark::Icon { icon: Icon::Star, ink: Ink::Committed, .. })));
    }

    #[test]
    fn uncommitted_records_are_striped_and_diverging_ones_crossed_out() {
        let marks = picture(|frame| {
            frame.partitions[0].leader = Some(BrokerId(2));
            frame.partitions[0].replicas[0].agrees = 103;
        });
        assert!(patterns(&marks).contains(&(Ink::Appended, Pattern::Striped)));
        assert!(patterns(&marks).contains(&(Ink::Lost, Pattern::Crossed)));
        assert!(words(&marks).contains(&"1 only here"));
    }

    #[test]
    fn a_blocked_producer_shows_a_hand_and_its_queue() {
        let marks = picture(|_| ());
        assert!(marks.iter().any(|mark| matches!(mark, Mark::Icon { icon: Icon::Hand, .. })));
        assert!(words(&marks).contains(&"12 queued"));
    }

    #[test]
    fn a_consumers_lag_counts_committed_records_only() {
        let marks = picture(|_| ());
        assert!(words(&marks).contains(&"lag 6"), "{:?}", words(&marks));
    }

    #[test]
    fn a_broker_that_only_believes_to_lead_is_named_so() {
        let marks = picture(|frame| frame.partitions[0].leader = Some(BrokerId(2)));
        assert!(words(&marks).contains(&"rack 1 · believes to lead"));
    }

    #[test]
    fn a_strips_cell_is_found_under_the_pointer() {
        let layout = StageLayout::new(CAST, 610.0);
        let cell = strip_cell(layout.brokers[1].strip, PartitionId(7), 12);
        assert_eq!(partition_at(&layout, 12, cell.middle()), Some(PartitionId(7)));
        assert_eq!(partition_at(&layout, 12, Point::new(1.0, 1.0)), None);
    }
}
