//! The lives of processes: they end, start again, and find what happened while they were paused.

use super::{Event, Nodes, Told, World};
use highwater_kafka::node::{Context, Input};
use highwater_kernel::{Class, Dice};
use highwater_model::trace::{Entry, NodeState, Observer};
use highwater_model::{Duration, Instant, NodeId};
use std::collections::VecDeque;

/// A node's process and machine, as the world keeps them.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub state: NodeState,
    /// The machine still takes what comes for the process, which was killed and is not quite gone.
    pub gone_at: Instant,
    /// Counts its lives: timers of an earlier one are nothing.
    pub life: u16,
    /// While it is paused: what waits for it.
    pub held: Option<VecDeque<Held>>,
    /// Played by a script: what it was told, for the script to read.
    pub scripted: Option<Vec<Input>>,
    pub dice: Dice,
    /// How far its wall clock is off, in nanoseconds.
    pub clock_offset: i64,
    /// Its state before it was paused.
    pub before_pause: NodeState,
    pub stop: Stop,
}

/// What waits for a paused process.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    /// It would have been told this.
    Input(Input, Told),
    /// It was asked to stop (SIGTERM): the signal waits until it goes on.
    Stop,
}

/// Was a process asked to stop?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// No.
    NotAsked,
    /// Yes; it ends when it has put its things in order.
    Asked,
    /// Yes, and it is to be started again when it has ended.
    ThenStart,
}

impl Process {
    /// One that has been running for a while.
    pub fn new(dice: Dice) -> Self {
        Self {
            state: NodeState::Running,
            gone_at: Instant::ZERO,
            life: 0,
            held: None,
            scripted: None,
            dice,
            clock_offset: 0,
            before_pause: NodeState::Running,
            stop: Stop::NotAsked,
        }
    }

    /// Is there a process (running, starting, paused)?
    pub fn is_up(&self) -> bool {
        !matches!(self.state, NodeState::Stopped | NodeState::Crashed | NodeState::PoweredOff | NodeState::Halted)
    }
}

impl World {
    /// A node's process is gone: its connections with it (the other ends hear of it, if its machine lives), its memory,
    /// and its timers.
    pub(crate) fn end_process(&mut self, node: NodeId, state: NodeState, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &mut self.state.processes[usize::from(number)];
        if !process.is_up() {
            return;
        }
        process.life = process.life.wrapping_add(1);
        process.held = None;
        process.stop = Stop::NotAsked;
        let loses_power = state == NodeState::PoweredOff;
        let exit_ms = if state == NodeState::Crashed { self.scenario.setup.environment.process_exit_ms } else { 0 };
        let exit = Duration::from_millis(u64::from(exit_ms));
        process.gone_at = self.state.now + exit;
        if loses_power {
            self.state.network.power(node, false);
        }
        self.told(Entry::Node { node, state }, observer);
        for (wire, end) in self.state.network.wires_of(node) {
            if loses_power {
                self.state.network.lose_silently(wire, end);
            } else {
                self.close_after(wire, end, exit);
            }
        }
        self.with_context(number, |nodes, context| nodes.ended(node, loses_power, context));
        let said = std::mem::take(&mut self.out.told);
        for entry in said {
            self.told(entry, observer);
        }
        self.out.effects.clear();
        self.state.processes[usize::from(number)].state = state;
    }

    /// A process has put its things in order and ends.
    pub(crate) fn exit_process(&mut self, node: NodeId, state: NodeState, observer: &mut impl Observer) {
        let stop = self.state.processes[usize::from(self.state.network.numbering.of(node))].stop;
        self.end_process(node, state, observer);
        if stop == Stop::ThenStart {
            self.start_process(node, observer);
        }
    }

    /// A process that is down is started; one that is about to stop, when it has.
    pub(crate) fn start_process(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.state.network.power(node, true);
        let process = &mut self.state.processes[usize::from(number)];
        if process.is_up() {
            if process.stop == Stop::Asked {
                process.stop = Stop::ThenStart;
            }
            return;
        }
        process.life = process.life.wrapping_add(1);
        process.state = NodeState::Starting;
        let life = process.life;
        // Servers say themselves how long their start takes; clients are there when they are there.
        let delay = if node.is_server() { 0 } else { self.scenario.setup.environment.client_start_ms };
        if !node.is_server() {
            self.told(Entry::Node { node, state: NodeState::Starting }, observer);
        }
        let at = self.state.now + Duration::from_millis(u64::from(delay));
        self.state.queue.push(at, Class::Timer, Event::Start { node: number, life });
    }

    /// Lets a paused process run again: it finds all that happened meanwhile at once, in order. What is left when it ends
    /// goes with it.
    pub(crate) fn resume(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &mut self.state.processes[usize::from(number)];
        let Some(held) = process.held.take() else { return };
        let life = process.life;
        for held in held {
            if self.state.processes[usize::from(number)].life != life {
                return;
            }
            match held {
                Held::Input(input, told) => self.input(number, input, told, observer),
                Held::Stop => self.stop_process(node, observer),
            }
        }
    }
}

impl Nodes<'_> {
    /// A process has ended: its node forgets what memory held.
    fn ended(&mut self, node: NodeId, loses_power: bool, context: &mut Context) {
        match node {
            NodeId::Broker(broker) => {
                let broker = &mut self.brokers[usize::from(broker.0) - 1];
                if loses_power {
                    broker.lose_power(context);
                }
                broker.ended(context.setup);
            }
            NodeId::Controller(controller) => self.controllers[usize::from(controller.0) - 1].crash(),
            NodeId::Producer(n) => self.producers[usize::from(n) - 1].crash(context),
            NodeId::Consumer(n) => self.consumers[usize::from(n) - 1].crash(context),
        }
    }
}
