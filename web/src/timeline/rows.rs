//! Which rows there are, and where each lies: rows stand one under the other, in each lane A over lane B, so that the
//! lanes can be compared.

use crate::canvas::Area;
use highwater_model::LaneId;

/// A row of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// Writable partitions.
    Writable,
    /// Readable partitions.
    Readable,
    /// In-sync replicas of the focus partition.
    Isr,
    /// Its leader and leader epoch.
    Leader,
    /// Elections, leaders lost, ISRs below min ISR, of all partitions.
    Elections,
    /// Its log end and high watermark.
    Log,
    /// Records a second that arrive, are acked, are polled.
    Rate,
    /// Produce latency.
    Latency,
    /// Records that consumers are behind.
    Lag,
    /// Failed requests.
    Errors,
    /// Acked records that were lost.
    Lost,
}

/// Which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowSet {
    /// Those that tell most.
    Main,
    /// All.
    All,
}

impl Row {
    /// All rows, in the order in which they are shown.
    pub const ALL: [Row; 11] = [
        Row::Writable,
        Row::Readable,
        Row::Isr,
        Row::Leader,
        Row::Elections,
        Row::Log,
        Row::Rate,
        Row::Latency,
        Row::Lag,
        Row::Errors,
        Row::Lost,
    ];

    /// Its height in one lane, in pixels.
    pub const fn height(self) -> f64 {
        match self {
            Row::Writable | Row::Readable | Row::Errors | Row::Lost => 12.0,
            Row::Isr | Row::Leader | Row::Elections => 15.0,
            Row::Log | Row::Lag => 20.0,
            Row::Rate | Row::Latency => 26.0,
        }
    }

    const fn is_main(self) -> bool {
        !matches!(self, Row::Readable | Row::Log | Row::Errors)
    }
}

impl RowSet {
    /// Its rows.
    pub fn rows(self) -> impl Iterator<Item = Row> {
        Row::ALL.into_iter().filter(move |row| self == RowSet::All || row.is_main())
    }
}

/// Room for the time axis above the rows.
pub const AXIS_HEIGHT: f64 = 22.0;
/// Between the two lanes of a row.
const LANE_GAP: f64 = 2.0;
/// Between two rows.
const ROW_GAP: f64 = 9.0;

/// Where a row of a lane lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Which row.
    pub row: Row,
    /// Of which lane.
    pub lane: LaneId,
    /// Where: all over the plot's width.
    pub area: Area,
}

/// Where everything lies in a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct RowLayout {
    /// The rows, from top to bottom.
    pub places: Vec<Place>,
    /// Height of all.
    pub height: f64,
    /// Width of the plot.
    pub width: f64,
}

impl RowLayout {
    /// Lays the rows out in a plot of this width, `marks` pixels under the axis left free for the faults' marks. Where
    /// `caption` is not zero, each row has so much room above it for its name.
    pub fn new(rows: RowSet, width: f64, marks: f64, caption: f64) -> Self {
        let mut places = Vec::new();
        let mut y = AXIS_HEIGHT + marks + 4.0;
        for row in rows.rows() {
            y += caption;
            for lane in LaneId::ALL {
                places.push(Place { row, lane, area: Area::new(0.0, y, width, row.height()) });
                y += row.height() + LANE_GAP;
            }
            y += ROW_GAP - LANE_GAP;
        }
        Self { places, height: y, width }
    }

    /// A row's place over both lanes.
    pub fn both_lanes(&self, row: Row) -> Option<Area> {
        let mut areas = self.places.iter().filter(|place| place.row == row).map(|place| place.area);
        let first = areas.next()?;
        let last = areas.next_back().unwrap_or(first);
        Some(Area::new(first.x, first.y, first.width, last.bottom() - first.y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_do_not_overlap() {
        for rows in [RowSet::Main, RowSet::All] {
            let layout = RowLayout::new(rows, 1_000.0, 20.0, 0.0);
            for pair in layout.places.windows(2) {
                assert!(pair[0].area.bottom() <= pair[1].area.y);
            }
            assert!(layout.places.last().expect("there are rows").area.bottom() <= layout.height);
        }
    }

    #[test]
    fn each_row_has_lane_a_over_lane_b() {
        let layout = RowLayout::new(RowSet::All, 1_000.0, 0.0, 0.0);
        for (pair, row) in layout.places.chunks(2).zip(Row::ALL) {
            assert_eq!((pair[0].row, pair[0].lane), (row, LaneId::A));
            assert_eq!((pair[1].row, pair[1].lane), (row, LaneId::B));
        }
    }
}
