//! What the network carried, by who spoke with whom: zones charge for what leaves them. Counted, never told: a run's
//! trace does not know of it.

use highwater_model::NodeId;

/// Who spoke with whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// Producers and brokers.
    Producers,
    /// Brokers among themselves: replication, nearly all of it.
    Replication,
    /// Consumers and brokers.
    Consumers,
    /// Controllers and whoever asks them.
    Control,
}

impl Leg {
    /// All of them.
    pub const ALL: [Leg; 4] = [Leg::Producers, Leg::Replication, Leg::Consumers, Leg::Control];

    const fn of(from: NodeId, to: NodeId) -> Self {
        match (from, to) {
            (NodeId::Controller(_), _) | (_, NodeId::Controller(_)) => Leg::Control,
            (NodeId::Producer(_), _) | (_, NodeId::Producer(_)) => Leg::Producers,
            (NodeId::Consumer(_), _) | (_, NodeId::Consumer(_)) => Leg::Consumers,
            (NodeId::Broker(_), NodeId::Broker(_)) => Leg::Replication,
        }
    }
}

/// Bytes carried since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    inside: [u64; Leg::ALL.len()],
    across: [u64; Leg::ALL.len()],
}

impl Traffic {
    pub(super) fn count(&mut self, from: NodeId, to: NodeId, crosses: bool, bytes: u32) {
        let bytes_by_leg = if crosses { &mut self.across } else { &mut self.inside };
        bytes_by_leg[Leg::of(from, to) as usize] += u64::from(bytes);
    }

    /// Bytes between machines of one rack.
    pub const fn inside(&self, leg: Leg) -> u64 {
        self.inside[leg as usize]
    }

    /// Bytes from one rack to another.
    pub const fn across(&self, leg: Leg) -> u64 {
        self.across[leg as usize]
    }
}
