//! What a node is to the world: it is given inputs, and says effects.

use crate::checks::Checks;
use crate::message::Message;
use crate::store::Store;
use highwater_kernel::Dice;
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, Layout, NodeId, Setup};

/// What a connection is used for; a pair of nodes has at most one connection of each kind and direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// A client's requests to a broker: produce, fetch, metadata.
    Client,
    /// A consumer's requests to its group coordinator.
    Coordinator,
    /// A follower's fetches from a leader.
    Replication,
    /// A broker's registration and heartbeats to the active controller.
    Control,
    /// A broker's AlterPartition to the active controller.
    Isr,
    /// The metadata log: brokers and voters fetch it from the quorum's leader.
    Metadata,
    /// Votes and announcements among controllers.
    Quorum,
    /// A leader's questions to a transaction coordinator.
    Verification,
    /// A transaction coordinator's markers for a leader.
    Markers,
}

/// A connection, named the same way at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection {
    /// Who opened it, and sends requests.
    pub client: NodeId,
    /// Who answers.
    pub server: NodeId,
    /// What for.
    pub channel: Channel,
}

/// What a node is told.
#[derive(Clone, Debug)]
pub enum Input {
    /// Its process starts (again), or the run begins.
    Start,
    /// A connection that it asked for is open: the handshake and ApiVersions are done.
    Opened(Connection),
    /// A connection is gone: refused, reset, closed by the other end. What was on its way is lost. Servers hear of it
    /// too.
    Lost(Connection),
    /// A message arrived.
    Message(Connection, Message),
    /// A timer that it set is due.
    Timer(Timer),
}

/// A timer of a node. Each node reads `kind` in its own way (a private enum's number).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Which of the node's timers.
    pub kind: u16,
    /// Its object: a partition, a member, a ticket.
    pub key: u32,
}

/// When a timer comes in the order of one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerClass {
    /// Clients' and servers' own timers.
    Protocol,
    /// What the application does: a record arrives, is processed, the loop comes round.
    Application,
}

/// What a node wants done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Open this connection; answered by `Opened` or `Lost`. The node is its client.
    Open(Connection),
    /// Close this connection; nothing more arrives from it. The other end hears `Lost`.
    Close(Connection),
    /// Send a message, `after` a time that the node's CPU takes for it.
    Send {
        /// Over this connection, which is open.
        connection: Connection,
        /// What.
        message: Message,
        /// Its size on the wire.
        bytes: u32,
        /// Time until it is handed to the network.
        after: Duration,
    },
    /// Give back this timer at that time.
    Timer {
        /// When.
        at: Instant,
        /// Which.
        timer: Timer,
        /// In which order.
        class: TimerClass,
    },
    /// The process ends by itself: stopped in order, or halted.
    Exit(highwater_model::trace::NodeState),
}

/// Effects, and what is told about what happened; reused between inputs.
#[derive(Clone, Debug, Default)]
pub struct Out {
    /// In the order in which they were said.
    pub effects: Vec<Effect>,
    /// In the order in which it happened.
    pub told: Vec<Entry>,
}

impl Out {
    /// Says that something happened.
    #[inline]
    pub fn tell(&mut self, entry: Entry) {
        self.told.push(entry);
    }

    /// Sends without using CPU time.
    pub fn send(&mut self, connection: Connection, message: Message) {
        let bytes = message.bytes();
        self.effects.push(Effect::Send { connection, message, bytes, after: Duration::ZERO });
    }

    /// Sends after some CPU time.
    pub fn send_after(&mut self, after: Duration, connection: Connection, message: Message) {
        let bytes = message.bytes();
        self.effects.push(Effect::Send { connection, message, bytes, after });
    }

    /// Asks for a protocol timer.
    pub fn timer(&mut self, at: Instant, kind: u16, key: u32) {
        self.effects.push(Effect::Timer { at, timer: Timer { kind, key }, class: TimerClass::Protocol });
    }

    /// Asks for an application timer.
    pub fn application_timer(&mut self, at: Instant, kind: u16, key: u32) {
        self.effects.push(Effect::Timer { at, timer: Timer { kind, key }, class: TimerClass::Application });
    }
}

/// All that a node may look at and write to while it handles an input.
pub struct Context<'a> {
    /// The time since the run began: the monotonic clock of all nodes.
    pub now: Instant,
    /// The node's own wall clock, which a fault can step. Kafka measures a follower's lag with it.
    pub wall: Instant,
    /// The settings of its cluster and clients.
    pub setup: &'a Setup,
    /// How partitions are numbered.
    pub layout: &'a Layout,
    /// The bytes of all logs.
    pub store: &'a mut Store,
    /// Its own dice.
    pub dice: &'a mut Dice,
    /// Which checks are on.
    pub checks: Checks,
    /// Where it says its effects.
    pub out: &'a mut Out,
}

/// A timer that is moved more often than it fires: it is asked for again only when it would otherwise come too late,
/// and a firing that comes too early is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alarm {
    due: Instant,
    /// The next firing that was asked for.
    asked: Instant,
    /// The one after it, where it is remembered: an alarm that swings between near and far asks for the far one once.
    later: Instant,
}

impl Default for Alarm {
    fn default() -> Self {
        Self::OFF
    }
}

impl Alarm {
    /// Not set.
    pub const OFF: Self = Self { due: Instant::NEVER, asked: Instant::NEVER, later: Instant::NEVER };

    /// Moves it.
    pub fn set(&mut self, at: Instant, kind: u16, key: u32, out: &mut Out) {
        self.due = at;
        self.ask(kind, key, out);
    }

    /// Asks for a firing when it is due, unless one comes by then.
    fn ask(&mut self, kind: u16, key: u32, out: &mut Out) {
        if self.due < self.asked {
            self.later = self.asked;
            self.asked = self.due;
            out.timer(self.due, kind, key);
        }
    }

    /// Moves it to `at` unless it is due before.
    pub fn set_earlier(&mut self, at: Instant, kind: u16, key: u32, out: &mut Out) {
        if at < self.due {
            self.set(at, kind, key, out);
        }
    }

    /// Turns it off.
    pub fn clear(&mut self) {
        self.due = Instant::NEVER;
    }

    /// Its timer fired: is it really due? If not yet, it is asked for again.
    pub fn fired(&mut self, now: Instant, kind: u16, key: u32, out: &mut Out) -> bool {
        if now < self.asked {
            return false; // a firing that was overtaken by an earlier one
        }
        self.asked = std::mem::replace(&mut self.later, Instant::NEVER);
        if self.due <= now {
            self.due = Instant::NEVER;
            return true;
        }
        self.ask(kind, key, out);
        false
    }

    /// When it is due.
    pub fn due(&self) -> Instant {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_swings_between_near_and_far_asks_for_the_far_one_once() {
        let (mut alarm, mut out) = (Alarm::OFF, Out::default());
        let far = Instant::from_millis(300_000);
        let mut asked = Vec::new();
        for round in 1..=5 {
            let near = Instant::from_millis(10 * round);
            alarm.set(far, 0, 0, &mut out);
            alarm.set(near, 0, 0, &mut out);
            asked.extend(out.effects.drain(..).map(|effect| match effect {
                Effect::Timer { at, .. } => at.as_millis(),
                other => panic!("an alarm only asks for timers, not {other:?}"),
            }));
            assert!(alarm.fired(near, 0, 0, &mut out));
        }
        assert_eq!(asked, [300_000, 10, 20, 30, 40, 50]);
        alarm.set(far, 0, 0, &mut out);
        assert!(alarm.fired(far, 0, 0, &mut out));
    }
}
