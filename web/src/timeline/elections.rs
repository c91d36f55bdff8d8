//! What happened to the partitions' leadership: elections, leaders lost, ISRs below min ISR. Those that would lie over
//! each other at the shown resolution are one mark.

use super::span::x_of;
use crate::canvas::Icon;
use highwater_model::trace::{Election, Entry};
use highwater_model::{Instant, PartitionId, Setup};
use highwater_oracle::report::{Happening, Span};
use std::collections::BTreeSet;

/// What a mark stands for; the later, the graver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Another replica in sync leads.
    Elected,
    /// The ISR has become smaller than min ISR.
    BelowMinIsr,
    /// Nobody leads.
    Leaderless,
    /// A replica leads that may lack committed records.
    ElectedUncleanly,
}

impl Kind {
    /// All, in order.
    pub const ALL: [Kind; 4] = [Kind::Elected, Kind::BelowMinIsr, Kind::Leaderless, Kind::ElectedUncleanly];

    /// Its shape.
    pub const fn icon(self) -> Icon {
        match self {
            Kind::Elected => Icon::Star,
            Kind::BelowMinIsr => Icon::Fence,
            Kind::Leaderless => Icon::Hand,
            Kind::ElectedUncleanly => Icon::Cross,
        }
    }
}

/// A change of one partition's leadership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: Kind,
}

/// The changes among a lane's happenings, in their order.
pub fn changes(happenings: impl IntoIterator<Item = Happening>, setup: &Setup) -> Vec<Change> {
    let layout = setup.layout();
    let min_isr = u32::from(setup.topic.min_insync_replicas.min(setup.topic.replication_factor));
    let mut below: BTreeSet<PartitionId> = BTreeSet::new();
    let mut changes = Vec::new();
    for Happening { at, entry } in happenings {
        let Entry::PartitionChanged { partition, election, isr, .. } = entry else { continue };
        if !layout.is_data(partition) {
            continue;
        }
        let elected = match election {
            Election::Unchanged => None,
            Election::Clean | Election::Eligible => Some(Kind::Elected),
            Election::LastKnown | Election::Unclean => Some(Kind::ElectedUncleanly),
            Election::Leaderless => Some(Kind::Leaderless),
        };
        let is_below = isr.len() < min_isr;
        let fell = is_below && below.insert(partition);
        if !is_below {
            below.remove(&partition);
        }
        changes.extend(elected.into_iter().chain(fell.then_some(Kind::BelowMinIsr)).map(|kind| Change { at, kind }));
    }
    changes
}

/// Changes near each other on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The first of them.
    pub from: Instant,
    /// Pixels from the plot's left edge, of the first.
    pub x: f64,
    /// How many there are of each kind.
    counts: [u32; Kind::ALL.len()],
}

impl Group {
    /// The gravest that it holds.
    pub fn kind(&self) -> Kind {
        self.kinds().last().map_or(Kind::Elected, |(kind, _)| kind)
    }

    /// The kinds that it holds, each with how many there are.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, u32)> + '_ {
        Kind::ALL.into_iter().zip(self.counts).filter(|(_, count)| 0 < *count)
    }

    /// How many changes it holds.
    pub fn count(&self) -> u32 {
        self.counts.iter().sum()
    }
}

/// Room that a mark needs.
const MARK_WIDTH: f64 = 30.0;

/// The groups of the shown stretch, on a plot of this width.
pub fn groups(changes: &[Change], shown: Span, width: f64) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for change in changes.iter().filter(|change| shown.from <= change.at && change.at <= shown.to) {
        let x = x_of(shown, change.at, width);
        if groups.last().is_none_or(|last| last.x + MARK_WIDTH < x) {
            groups.push(Group { from: change.at, x, counts: [0; Kind::ALL.len()] });
        }
        if let Some(last) = groups.last_mut() {
            last.counts[change.kind as usize] += 1;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use highwater_model::presets::Preset;
    use highwater_model::trace::ChangeCause;
    use highwater_model::{BrokerId, BrokerSet};

    const SHOWN: Span = Span { from: Instant(0), to: Instant(60_000_000_000) };

    fn happening(at_ms: u64, election: Election, isr: &[u8]) -> Happening {
        let isr: BrokerSet = isr.iter().map(|id| BrokerId(*id)).collect();
        let entry = Entry::PartitionChanged {
            partition: PartitionId(0),
            leader: Some(BrokerId(1)),
            leader_epoch: 1,
            partition_epoch: 1,
            isr,
            elr: BrokerSet::EMPTY,
            last_known: None,
            election,
            cause: ChangeCause::Fenced,
        };
        Happening { at: Instant::from_millis(at_ms), entry }
    }

    fn kinds(happenings: Vec<Happening>) -> Vec<Kind> {
        let mut setup = Preset::Payments.setup();
        setup.topic.min_insync_replicas = 2;
        changes(happenings, &setup).into_iter().map(|change| change.kind).collect()
    }

    #[test]
    fn an_isr_that_shrinks_is_told_once_it_is_below_the_minimum() {
        let shrinks = vec![
            happening(1, Election::Unchanged, &[1, 2]),
            happening(2, Election::Unchanged, &[1]),
            happening(3, Election::Clean, &[1]),
            happening(4, Election::Unchanged, &[1, 2]),
            happening(5, Election::Unchanged, &[1]),
        ];
        assert_eq!(kinds(shrinks), [Kind::BelowMinIsr, Kind::Elected, Kind::BelowMinIsr]);
    }

    #[test]
    fn changes_that_would_lie_over_each_other_are_one_mark_of_the_gravest() {
        let at = |ms, kind| Change { at: Instant::from_millis(ms), kind };
        let all = [at(10_000, Kind::Elected), at(10_010, Kind::ElectedUncleanly), at(40_000, Kind::Elected)];
        let groups = groups(&all, SHOWN, 600.0);
        assert_eq!(groups.iter().map(Group::kind).collect::<Vec<_>>(), [Kind::ElectedUncleanly, Kind::Elected]);
        assert_eq!(groups.iter().map(Group::count).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(groups[0].x, 100.0);
    }
}
