//! Where on the page the reader is: playground, trade-offs, compare. The address says it, and the browser's own way
//! back leads there.

use super::{Command, Edit, PageState, Part, Play};
use highwater_model::LaneId;
use highwater_model::place::{Chart, Place};

impl PageState {
    /// Where the reader is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The chart that was last looked at.
    pub fn last_chart(&self) -> Option<&Chart> {
        self.last_chart.as_ref()
    }

    /// Goes to another place: a step of the browser's history where it is another view or another setting's chart.
    pub(super) fn go(&mut self, place: Place) {
        if self.place == place {
            return;
        }
        let is_step = is_another(&self.place, &place);
        self.settle_at(place);
        self.command(if is_step { Command::StepAddress } else { Command::UpdateAddress });
    }

    /// Changes the comparison and shows it in the playground.
    pub(super) fn open(&mut self, edit: Edit) {
        if self.place != Place::Playground {
            // First, so that what follows changes the new step's address and not that of the place left behind.
            self.command(Command::StepAddress);
        }
        self.edit(edit);
        self.settle_at(Place::Playground);
    }

    /// The place is this one now, by whatever way.
    pub(super) fn settle_at(&mut self, place: Place) {
        if self.place == place {
            return;
        }
        self.last_chart = place.chart().or(self.last_chart()).cloned();
        self.place = place;
        self.touch(Part::Place);
        if self.place == Place::Playground {
            self.open_playground();
        } else {
            self.play(Play::Pause);
        }
        self.inquire();
    }

    /// Has the reader been in the playground? Elsewhere its lanes neither start nor run: they would take their time
    /// from what is looked at.
    pub fn has_playground(&self) -> bool {
        self.has_playground
    }

    fn open_playground(&mut self) {
        if std::mem::replace(&mut self.has_playground, true) {
            LaneId::ALL.into_iter().for_each(|lane| self.run(lane));
        } else {
            self.start_lanes();
        }
    }
}

/// Is it another view, or the chart of another setting?
fn is_another(from: &Place, to: &Place) -> bool {
    match (from, to) {
        (Place::Tradeoffs(from), Place::Tradeoffs(to)) => from.setting != to.setting,
        _ => std::mem::discriminant(from) != std::mem::discriminant(to),
    }
}
