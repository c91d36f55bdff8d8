//! The marks a picture is made of. Colours are named by their meaning and resolved against the theme when they are put
//! on a canvas, so that a change of theme needs no new picture.

use super::icon::Icon;
use std::rc::Rc;

/// A place, in CSS pixels from the canvas's left upper corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

impl Point {
    /// The place at `x`, `y`.
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    /// The place `share` of the way to `other`.
    pub fn towards(self, other: Point, share: f64) -> Point {
        Point::new(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// The rectangle with this corner and this size.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// Right edge.
    pub fn right(self) -> f64 {
        self.x + self.width
    }

    /// Lower edge.
    pub fn bottom(self) -> f64 {
        self.y + self.height
    }

    /// Its middle.
    pub fn middle(self) -> Point {
        Point::new(self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Is the place inside? Left and upper edges are, right and lower edges are not.
    pub fn contains(self, at: Point) -> bool {
        self.x <= at.x && at.x < self.right() && self.y <= at.y && at.y < self.bottom()
    }
}

/// A colour by what it means. Each has a variable of this name in the page's style sheet, in both themes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ink {
    /// Text.
    Text,
    /// Text of less weight.
    Mute,
    /// Rules and borders.
    Line,
    /// A quiet surface.
    Soft,
    /// The surface that everything lies on.
    Panel,
    /// Committed; Kafka's promise.
    Committed,
    /// Appended and not committed.
    Appended,
    /// Lost, down, failed.
    Lost,
    /// Twice, or behind.
    Duplicated,
    /// Done, up, well.
    Done,
    /// Leadership and replication.
    Epoch,
    /// Lane A.
    LaneA,
    /// Lane B.
    LaneB,
}

impl Ink {
    /// All of them.
    pub const ALL: [Ink; 13] = [
        Ink::Text,
        Ink::Mute,
        Ink::Line,
        Ink::Soft,
        Ink::Panel,
        Ink::Committed,
        Ink::Appended,
        Ink::Lost,
        Ink::Duplicated,
        Ink::Done,
        Ink::Epoch,
        Ink::LaneA,
        Ink::LaneB,
    ];

    /// Its variable in the style sheet.
    pub const fn variable(self) -> &'static str {
        match self {
            Ink::Text => "--ink",
            Ink::Mute => "--mute",
            Ink::Line => "--line",
            Ink::Soft => "--soft",
            Ink::Panel => "--panel",
            Ink::Committed => "--committed",
            Ink::Appended => "--appended-fill",
            Ink::Lost => "--lost",
            Ink::Duplicated => "--dup",
            Ink::Done => "--done",
            Ink::Epoch => "--epoch",
            Ink::LaneA => "--a",
            Ink::LaneB => "--b",
        }
    }
}

/// How a surface is filled, so that colour is never the only sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Evenly.
    Solid,
    /// Stripes rising to the right: under way.
    Striped,
    /// Stripes both ways: gone wrong.
    Crossed,
}

/// The inside of a mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Colour.
    pub ink: Ink,
    /// 0 to 1.
    pub opacity: f64,
    /// Pattern.
    pub pattern: Pattern,
}

impl Fill {
    /// An even fill.
    pub const fn solid(ink: Ink) -> Self {
        Self { ink, opacity: 1.0, pattern: Pattern::Solid }
    }

    /// The same, this opaque.
    #[must_use]
    pub const fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }

    /// The same, with a pattern.
    #[must_use]
    pub const fn patterned(self, pattern: Pattern) -> Self {
        Self { pattern, ..self }
    }
}

/// Whether a line is drawn through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dash {
    /// Through.
    Through,
    /// In dashes.
    Dashed,
    /// In dots.
    Dotted,
}

/// A line's look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub ink: Ink,
    /// Width.
    pub width: f64,
    /// Dashes.
    pub dash: Dash,
    /// 0 to 1.
    pub opacity: f64,
}

impl Stroke {
    /// A line drawn through.
    pub const fn solid(ink: Ink, width: f64) -> Self {
        Self { ink, width, dash: Dash::Through, opacity: 1.0 }
    }

    /// The same, in dashes or dots.
    #[must_use]
    pub const fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    /// The same, this opaque.
    #[must_use]
    pub const fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Where a text's anchor lies in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At its start.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// A text's weight and kind of face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Running text.
    Plain,
    /// Stands out.
    Strong,
    /// Figures, which stand in columns.
    Figures,
}

/// A curve in its own coordinates: made once for a stretch of data, then drawn wherever the reader looks.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Pieces without a gap.
    pub pieces: Vec<Vec<Point>>,
}

/// From a shape's coordinates to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Map {
    /// Pixels a unit, to the right.
    pub scale_x: f64,
    /// Pixels a unit, downwards; negative where values grow upwards.
    pub scale_y: f64,
    /// Where the shape's origin lies.
    pub origin: Point,
}

#[cfg(test)]
impl Map {
    /// The pixel of a point of the shape.
    pub fn apply(self, point: Point) -> Point {
        Point::new(self.origin.x + point.x * self.scale_x, self.origin.y + point.y * self.scale_y)
    }
}

/// One thing to draw. Later marks lie over earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A rectangle.
    Rect {
        /// Where.
        area: Area,
        /// Of its corners.
        radius: f64,
        /// Inside.
        fill: Option<Fill>,
        /// Edge.
        stroke: Option<Stroke>,
    },
    /// A straight line.
    Line {
        /// From here.
        from: Point,
        /// To here.
        to: Point,
        /// Look.
        stroke: Stroke,
    },
    /// The line of a curve, or the surface under it.
    Curve {
        /// Which.
        shape: Rc<Shape>,
        /// Where.
        map: Map,
        /// The line.
        stroke: Option<Stroke>,
        /// The surface between the line and the shape's zero.
        fill: Option<Fill>,
        /// Nothing is drawn outside.
        clip: Area,
    },
    /// A disc or a ring.
    Dot {
        /// Its middle.
        middle: Point,
        /// Radius.
        radius: f64,
        /// Inside.
        fill: Option<Fill>,
        /// Edge.
        stroke: Option<Stroke>,
    },
    /// A pictogram.
    Icon {
        /// Which.
        icon: Icon,
        /// Its middle.
        middle: Point,
        /// Width and height.
        size: f64,
        /// Colour.
        ink: Ink,
    },
    /// A line of text, centred on `at.y`.
    Text {
        /// The words.
        text: String,
        /// The anchor.
        at: Point,
        /// Colour.
        ink: Ink,
        /// Height of the letters.
        size: f64,
        /// Face.
        weight: Weight,
        /// Where the anchor lies in the text.
        align: Align,
        /// Wider text is set narrower; none where there is room.
        width_max: Option<f64>,
    },
}

impl Mark {
    /// A rectangle without an edge.
    pub const fn filled(area: Area, fill: Fill) -> Mark {
        Mark::Rect { area, radius: 0.0, fill: Some(fill), stroke: None }
    }

    /// A line of running text that starts at `at`.
    pub fn text(text: impl Into<String>, at: Point, ink: Ink, size: f64) -> Mark {
        Mark::Text { text: text.into(), at, ink, size, weight: Weight::Plain, align: Align::Start, width_max: None }
    }

    /// The same text, with another face; other marks stay as they are.
    #[must_use]
    pub fn weighted(mut self, new: Weight) -> Mark {
        if let Mark::Text { weight, .. } = &mut self {
            *weight = new;
        }
        self
    }

    /// The same text, anchored elsewhere; other marks stay as they are.
    #[must_use]
    pub fn aligned(mut self, new: Align) -> Mark {
        if let Mark::Text { align, .. } = &mut self {
            *align = new;
        }
        self
    }

    /// The same text, never wider; other marks stay as they are.
    #[must_use]
    pub fn within(mut self, width: f64) -> Mark {
        if let Mark::Text { width_max, .. } = &mut self {
            *width_max = Some(width);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_on_the_right_edge_is_outside() {
        let area = Area::new(10.0, 10.0, 20.0, 5.0);
        assert!(area.contains(Point::new(10.0, 10.0)));
        assert!(!area.contains(Point::new(30.0, 12.0)));
        assert!(!area.contains(Point::new(12.0, 15.0)));
    }

    #[test]
    fn a_map_turns_values_upwards() {
        let map = Map { scale_x: 2.0, scale_y: -10.0, origin: Point::new(100.0, 50.0) };
        assert_eq!(map.apply(Point::new(3.0, 1.0)), Point::new(106.0, 40.0));
    }
}
