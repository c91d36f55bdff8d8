//! Packets on their way, as marks: redrawn on every frame of the screen, over the rest of the stage.

use super::layout::StageLayout;
use crate::canvas::{Fill, Mark, Point, Stroke};
use crate::timeline::messages::ink_of;
use highwater_model::view::{Frame, PacketFrame};
use highwater_model::{Duration, Instant};

/// A packet's radius.
const RADIUS: f64 = 3.2;
/// Requests and responses keep to their own side of the way.
const ASIDE: f64 = 2.5;
/// The clock may run ahead of the frame by this much: less than most packets live. Beyond, the frame's own moment is
/// shown, or all packets of a frame would have arrived before they are seen.
const AHEAD_MAX: Duration = Duration::from_micros(400);

/// The moment at which a frame's packets are shown while the clock shows `now`.
pub fn shown_at(frame: Instant, now: Instant) -> Instant {
    if frame <= now && now.since(frame) <= AHEAD_MAX { now } else { frame }
}

/// The packets that are on their way while the clock shows `now`.
pub fn picture(frame: &Frame, layout: &StageLayout, now: Instant) -> Vec<Mark> {
    let at = shown_at(frame.at, now);
    frame.packets.iter().filter_map(|packet| mark(packet, layout, at)).collect()
}

fn mark(packet: &PacketFrame, layout: &StageLayout, at: Instant) -> Option<Mark> {
    if at < packet.sent || packet.arrives < at {
        return None;
    }
    let way = packet.arrives.since(packet.sent).0.max(1) as f64;
    let share = at.since(packet.sent).0 as f64 / way;
    let place = layout.on_the_way(packet.from, packet.to, share)?;
    let aside = if packet.response { ASIDE } else { -ASIDE };
    let middle = Point::new(place.x, place.y + aside);
    let ink = ink_of(packet.api);
    // A request is a disc, a response a ring.
    Some(if packet.response {
        Mark::Dot { middle, radius: RADIUS - 0.5, fill: None, stroke: Some(Stroke::solid(ink, 1.6)) }
    } else {
        Mark::Dot { middle, radius: RADIUS, fill: Some(Fill::solid(ink)), stroke: None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::fixture;
    use crate::stage::layout::Cast;
    use highwater_model::trace::Api;
    use highwater_model::{BrokerId, NodeId};

    fn frame() -> Frame {
        let mut frame = fixture::frame(vec![fixture::partition(&[(1, 10, 10)])]);
        frame.packets.push(PacketFrame {
            packet: 1,
            from: NodeId::Producer(1),
            to: NodeId::Broker(BrokerId(1)),
            api: Api::Produce,
            response: false,
            sent: frame.at - Duration::from_micros(100),
            arrives: frame.at + Duration::from_micros(100),
        });
        frame
    }

    fn x_at(now: Instant) -> Option<f64> {
        let layout = StageLayout::new(Cast { brokers: 1, controllers: 1, producers: 1, consumers: 1 }, 610.0);
        match picture(&frame(), &layout, now).as_slice() {
            [Mark::Dot { middle, .. }] => Some(middle.x),
            _ => None,
        }
    }

    #[test]
    fn in_slow_motion_a_packet_moves_between_frames() {
        let at = frame().at;
        let (now, later) = (x_at(at), x_at(at + Duration::from_micros(50)));
        assert!(now < later, "{now:?} {later:?}");
        assert_eq!(x_at(at + Duration::from_micros(101)), None);
    }

    #[test]
    fn at_full_speed_the_frames_own_moment_is_shown() {
        let at = frame().at;
        assert_eq!(x_at(at + Duration::from_millis(16)), x_at(at));
        assert_eq!(x_at(at - Duration::from_millis(16)), x_at(at));
    }
}
