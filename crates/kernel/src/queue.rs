//! The event queue: ordered by (time, class, sequence), so that at one instant the network comes before timers, timers
//! before applications, and among equals the first in is the first out (`13.2` of the rule book).

use highwater_model::Instant;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What comes first at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Packets and connections.
    Network,
    /// Timers of brokers, controllers and clients; disks.
    Timer,
    /// Applications: sources, processing.
    Application,
    /// Faults, and whoever watches.
    Fault,
}

/// Events of type `E`, in order.
#[derive(Clone, Debug)]
pub struct Queue<E> {
    heap: BinaryHeap<Reverse<Slot<E>>>,
    next_seq: u64,
    now: Instant,
}

#[derive(Clone, Debug)]
struct Slot<E> {
    key: u128,
    event: E,
}

impl<E> PartialEq for Slot<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl<E> Eq for Slot<E> {}
impl<E> PartialOrd for Slot<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Slot<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

const SEQ_BITS: u32 = 60;

impl<E> Queue<E> {
    /// An empty queue at the run's beginning.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), next_seq: 0, now: Instant::ZERO }
    }

    /// The time of the event last taken.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Puts an event; it may not lie in the past.
    pub fn push(&mut self, at: Instant, class: Class, event: E) {
        assert!(self.now <= at, "an event may not be scheduled in the past");
        debug_assert!(self.next_seq < 1 << SEQ_BITS);
        let key = u128::from(at.0) << 64 | u128::from(class as u8) << SEQ_BITS | u128::from(self.next_seq);
        self.next_seq += 1;
        self.heap.push(Reverse(Slot { key, event }));
    }

    /// When the next event is due; none when the queue is empty.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(slot)| Instant((slot.key >> 64) as u64))
    }

    /// Takes the next event that is due before `until`, and moves time to it.
    pub fn pop_before(&mut self, until: Instant) -> Option<(Instant, E)> {
        if self.next_at()? >= until {
            return None;
        }
        let Reverse(slot) = self.heap.pop()?;
        self.now = Instant((slot.key >> 64) as u64);
        Some((self.now, slot.event))
    }

    /// Events that wait.
    pub fn len(&self) -> u64 {
        self.heap.len() as u64
    }

    /// Does nothing wait?
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_is_ordered_by_class_then_by_arrival() {
        let mut queue = Queue::new();
        let at = Instant::from_millis(1);
        queue.push(at, Class::Application, "source");
        queue.push(at, Class::Timer, "first timer");
        queue.push(at, Class::Timer, "second timer");
        queue.push(at, Class::Network, "packet");
        queue.push(Instant::ZERO, Class::Fault, "earlier");
        let mut order = Vec::new();
        while let Some((_, event)) = queue.pop_before(Instant::NEVER) {
            order.push(event);
        }
        assert_eq!(order, ["earlier", "packet", "first timer", "second timer", "source"]);
    }

    #[test]
    #[should_panic(expected = "in the past")]
    fn the_past_is_refused() {
        let mut queue = Queue::new();
        queue.push(Instant::from_millis(2), Class::Timer, ());
        queue.pop_before(Instant::NEVER);
        queue.push(Instant::from_millis(1), Class::Timer, ());
    }
}
