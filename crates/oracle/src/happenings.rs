//! Which entries of a trace deserve a mark on the timeline, and which of them stay when there are too many.

use crate::recorder::Present;
use crate::report::Happening;
use highwater_model::Instant;
use highwater_model::trace::{Election, Entry, Error, ResetCause};

/// Marks that a stretch carries at most.
const HAPPENINGS_MAX: usize = 2_000;

/// How much a happening matters; what matters more stays when there are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Detail,
    Notable,
    Grave,
}

/// The happenings of a stretch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Happenings {
    list: Vec<(Weight, Happening)>,
    /// Failed sends are told once a column and error: the column, and the errors told in it.
    failed: (usize, Vec<Error>),
}

impl Happenings {
    /// Takes an entry in, before the present has changed with it.
    pub fn observe(&mut self, at: Instant, entry: &Entry, column: usize, present: &Present) {
        if at == Instant::ZERO && !matches!(entry, Entry::Fault { .. }) {
            return; // how things are when the run begins
        }
        let weight = match weight(entry, present) {
            Some(weight) => weight,
            None => match *entry {
                Entry::Failed { error, .. } if self.is_first_failure(column, error) => Weight::Notable,
                _ => return,
            },
        };
        self.list.push((weight, Happening { at, entry: *entry }));
        if 2 * HAPPENINGS_MAX <= self.list.len() {
            self.thin_out();
        }
    }

    /// The happenings, in order.
    pub fn into_list(mut self) -> Vec<Happening> {
        self.thin_out();
        self.list.into_iter().map(|(_, happening)| happening).collect()
    }

    fn is_first_failure(&mut self, column: usize, error: Error) -> bool {
        if self.failed.0 != column {
            self.failed = (column, Vec::new());
        }
        let first = !self.failed.1.contains(&error);
        if first {
            self.failed.1.push(error);
        }
        first
    }

    /// Drops the least weighty, and among equals the later ones, until few enough are left.
    fn thin_out(&mut self) {
        let mut excess = self.list.len().saturating_sub(HAPPENINGS_MAX);
        for weight in [Weight::Detail, Weight::Notable, Weight::Grave] {
            let of_weight = self.list.iter().filter(|(other, _)| *other == weight).count();
            let mut keep = of_weight.saturating_sub(excess);
            excess -= of_weight - keep;
            self.list.retain(|(other, _)| {
                let stays = *other != weight || 0 < keep;
                keep -= usize::from(*other == weight && stays);
                stays
            });
        }
    }
}

fn weight(entry: &Entry, present: &Present) -> Option<Weight> {
    let concerns_readers = |partition| present.cluster.is_data(partition) || present.group == Some(partition);
    match *entry {
        Entry::Fault { .. } => Some(Weight::Grave),
        Entry::Node { node, .. } => Some(if node.is_server() { Weight::Grave } else { Weight::Notable }),
        Entry::ControllerElected { .. } | Entry::ControllerResigned { .. } => Some(Weight::Notable),
        Entry::Fenced { .. } | Entry::Unfenced { .. } => Some(Weight::Grave),
        Entry::Administered { .. } | Entry::Configured { .. } => Some(Weight::Notable),
        Entry::Reassigned { partition, .. } if concerns_readers(partition) => Some(Weight::Notable),
        Entry::DirectoryFailed { .. } => Some(Weight::Grave),
        Entry::PartitionChanged { partition, election, leader, isr, .. } if concerns_readers(partition) => {
            let before = present.cluster.view(partition);
            match election {
                Election::LastKnown | Election::Unclean | Election::Leaderless => Some(Weight::Grave),
                _ if before.leader_epoch == -1 => None,
                _ if before.leader != leader => Some(Weight::Notable),
                _ if before.isr != isr => Some(Weight::Detail),
                _ => None,
            }
        }
        Entry::Truncated { partition, from, to, .. } if to < from && concerns_readers(partition) => {
            Some(Weight::Notable)
        }
        Entry::LostUnflushed { partition, from, to, .. } if to < from && concerns_readers(partition) => {
            Some(Weight::Grave)
        }
        Entry::PositionReset { partition, to, cause, .. } => {
            let before = &present.progress[partition.index()];
            match cause {
                ResetCause::OutOfRange | ResetCause::Truncated => Some(Weight::Grave),
                // A new owner that begins before the place to which records were handed out reads them again.
                ResetCause::Committed | ResetCause::NoOffset if before.reader != 0 && to != before.position => {
                    Some(Weight::Detail)
                }
                ResetCause::Sought => Some(Weight::Detail),
                ResetCause::Committed | ResetCause::NoOffset => None,
            }
        }
        Entry::RebalanceStarted { .. } | Entry::RebalanceCompleted { .. } => Some(Weight::Notable),
        Entry::OffsetExpired { .. } => Some(Weight::Grave),
        Entry::MemberMoved { .. } | Entry::Granted { .. } => Some(Weight::Detail),
        _ => None,
    }
}
