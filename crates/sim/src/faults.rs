//! Faults: whom they strike, what they do, and how they are undone.

use crate::world::{Held, Stop, World};
use highwater_kafka::group::group_partition;
use highwater_kafka::metadata::Image;
use highwater_model::trace::{Entry, NodeState, Observer, Phase};
use highwater_model::{BrokerId, ControllerId, Cut, Duration, Fault, FaultKind, NodeId, PartitionId, Target};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Faults together are not stronger than one may be.
const SLOWNESS_MAX: u64 = 100_000;
const LOAD_PERCENT_MAX: u64 = 10_000;

/// Whom a fault struck, so that the same nodes are healed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Struck {
    nodes: SmallVec<[NodeId; 2]>,
    /// A cut's other side.
    others: SmallVec<[NodeId; 2]>,
}

impl World {
    /// A fault strikes, or ends.
    pub(crate) fn fault(&mut self, index: u16, ends: bool, observer: &mut impl Observer) {
        let fault = self.scenario.faults[usize::from(index)];
        if let FaultKind::Admin(action) = fault.kind {
            return self.administer(index, &fault, action, ends, observer);
        }
        if !ends {
            let nodes = self.resolve(fault.target);
            let others = match fault.kind {
                FaultKind::Cut { with, .. } => self.resolve(with),
                _ => SmallVec::new(),
            };
            self.state.struck[usize::from(index)] = Struck { nodes, others };
        }
        let at = &mut self.state.struck[usize::from(index)];
        // What has ended strikes nobody any more.
        let struck = if ends { std::mem::take(at) } else { at.clone() };
        let phase = if ends { Phase::Ends } else { Phase::Strikes };
        for node in struck.nodes {
            self.tell_fault(Entry::Fault { fault: index, phase, node }, observer);
            if ends {
                self.heal(&fault, node, &struck.others, observer);
            } else {
                self.strike(&fault, node, &struck.others, observer);
            }
        }
    }

    pub(crate) fn tell_fault(&mut self, entry: Entry, observer: &mut impl Observer) {
        self.out.told.push(entry);
        // Whoever the entry is about: nothing else has been said yet.
        self.settle(0, observer);
    }

    fn strike(&mut self, fault: &Fault, node: NodeId, others: &[NodeId], observer: &mut impl Observer) {
        match fault.kind {
            FaultKind::ProcessCrash => self.end_process(node, NodeState::Crashed, observer),
            FaultKind::PowerLoss => self.end_process(node, NodeState::PoweredOff, observer),
            FaultKind::ControlledStop => self.stop_process(node, observer),
            FaultKind::Restart => self.start_process(node, observer),
            FaultKind::Pause => self.pause(node, observer),
            FaultKind::Cut { cut, .. } => self.cut(node, others, cut, true),
            FaultKind::FullDisk => self.with_broker(node, |broker, _| broker.fill_disk(true, None), observer),
            FaultKind::FullDirectory { dir } => {
                self.with_broker(node, |broker, _| broker.fill_disk(true, Some(dir)), observer);
            }
            FaultKind::FailedDirectory { dir } => {
                self.with_broker(node, |broker, _| broker.fail_disk(true, dir), observer);
            }
            FaultKind::Admin(_) => unreachable!("it is not a node that an administrator's action strikes"),
            FaultKind::HungDisk => {
                self.with_broker(node, |broker, context| broker.hang_disk(true, context), observer);
            }
            FaultKind::ClockStep { by_ms } => self.step_clock(node, by_ms),
            kind => self.reckon(kind, node, observer),
        }
    }

    fn heal(&mut self, fault: &Fault, node: NodeId, others: &[NodeId], observer: &mut impl Observer) {
        let goes_on = self.strikes(node).any(|kind| kind == fault.kind);
        match fault.kind {
            FaultKind::Pause
            | FaultKind::FullDisk
            | FaultKind::FullDirectory { .. }
            | FaultKind::FailedDirectory { .. }
            | FaultKind::HungDisk
                if goes_on => {}
            FaultKind::ProcessCrash | FaultKind::PowerLoss | FaultKind::ControlledStop => {
                self.start_process(node, observer);
            }
            FaultKind::Restart => (),
            FaultKind::Pause => {
                self.unpause(node, observer);
            }
            FaultKind::Cut { cut, .. } => self.cut(node, others, cut, false),
            FaultKind::FullDisk => {
                self.with_broker(node, |broker, _| broker.fill_disk(false, None), observer);
                self.start_process(node, observer); // it halted at its first write
            }
            FaultKind::FullDirectory { dir } => {
                self.with_broker(node, |broker, _| broker.fill_disk(false, Some(dir)), observer);
                self.start_process(node, observer); // if it was the last one
            }
            FaultKind::FailedDirectory { dir } => {
                self.with_broker(node, |broker, _| broker.fail_disk(false, dir), observer);
                self.start_process(node, observer); // if it was the last one
            }
            FaultKind::Admin(_) => unreachable!("it is not a node that an administrator's action strikes"),
            FaultKind::HungDisk => {
                self.with_broker(node, |broker, context| broker.hang_disk(false, context), observer);
            }
            FaultKind::ClockStep { by_ms } => self.step_clock(node, -by_ms),
            kind => self.reckon(kind, node, observer),
        }
    }

    /// The faults under way that strike a node.
    fn strikes(&self, node: NodeId) -> impl Iterator<Item = FaultKind> {
        let faults = self.scenario.faults.iter().zip(&self.state.struck);
        faults.filter(move |(_, struck)| struck.nodes.contains(&node)).map(|(fault, _)| fault.kind)
    }

    /// Of faults that have a strength, those of one kind under way add up: delays are added, what slows down or speeds
    /// up is multiplied, and a packet has to survive every loss.
    fn reckon(&mut self, kind: FaultKind, node: NodeId, observer: &mut impl Observer) {
        let fold = |usual: u64, combine: fn(u64, FaultKind) -> Option<u64>| {
            self.strikes(node).fold(usual, |sum, kind| combine(sum, kind).unwrap_or(sum))
        };
        match kind {
            FaultKind::SlowLink { .. } => {
                let delay_ms = fold(0, |sum, kind| match kind {
                    FaultKind::SlowLink { delay_ms } => Some(sum + u64::from(delay_ms)),
                    _ => None,
                });
                self.state.network.set_delay(node, Duration::from_millis(delay_ms));
            }
            FaultKind::PacketLoss { .. } => {
                let kept = fold(1_000, |kept, kind| match kind {
                    FaultKind::PacketLoss { per_mille } => Some(kept * (1_000 - u64::from(per_mille)) / 1_000),
                    _ => None,
                });
                self.state.network.set_loss(node, 1_000 - kept as u16);
            }
            FaultKind::SlowDisk { .. } => {
                let slower = fold(1, |times, kind| match kind {
                    FaultKind::SlowDisk { factor } => Some(SLOWNESS_MAX.min(times * u64::from(factor))),
                    _ => None,
                });
                self.with_broker(node, |broker, _| broker.slow_disk(slower as u32), observer);
            }
            FaultKind::ClientSlow { .. } => {
                let slower = fold(1, |times, kind| match kind {
                    FaultKind::ClientSlow { factor } => Some(SLOWNESS_MAX.min(times * u64::from(factor))),
                    _ => None,
                });
                self.slow_client(node, slower as u32, observer);
            }
            FaultKind::LoadBurst { .. } => {
                let load = fold(100, |load, kind| match kind {
                    FaultKind::LoadBurst { percent } => Some(LOAD_PERCENT_MAX.min(load * u64::from(percent) / 100)),
                    _ => None,
                });
                self.load(node, load as u32, observer);
            }
            _ => unreachable!("a fault of this kind has no strength"),
        }
    }

    /// Whom a target means at this moment.
    fn resolve(&self, target: Target) -> SmallVec<[NodeId; 2]> {
        let setup = &self.scenario.setup;
        let broker = |broker: Option<BrokerId>| broker.map(NodeId::Broker).into_iter().collect();
        let all = |kind: fn(&NodeId) -> bool| setup.nodes().into_iter().filter(kind).collect();
        match target {
            Target::Broker(id) => broker(Some(id)),
            Target::Controller(id) => SmallVec::from_slice(&[NodeId::Controller(id)]),
            Target::Producer(n) => SmallVec::from_slice(&[NodeId::Producer(n)]),
            Target::Consumer(n) => SmallVec::from_slice(&[NodeId::Consumer(n)]),
            Target::Rack(rack) => setup.nodes().into_iter().filter(|node| setup.rack(*node) == rack).collect(),
            Target::LeaderOf(partition) => broker(self.leader_of(partition)),
            Target::FollowerOf(partition, n) => broker(self.follower_of(partition, n)),
            Target::LeaderOfBusiest => broker(self.leader_of(self.busiest())),
            Target::FollowerOfBusiest(n) => broker(self.follower_of(self.busiest(), n)),
            Target::ActiveController => self.active_controller().map(NodeId::Controller).into_iter().collect(),
            Target::GroupCoordinator => broker(self.leader_of(group_partition(&self.layout))),
            Target::AllBrokers => all(|node| matches!(node, NodeId::Broker(_))),
            Target::AllControllers => all(|node| matches!(node, NodeId::Controller(_))),
            Target::AllProducers => all(|node| matches!(node, NodeId::Producer(_))),
            Target::AllConsumers => all(|node| matches!(node, NodeId::Consumer(_))),
        }
    }

    /// What the controllers know best: of the active one, or else of the one that knows most.
    pub fn best_image(&self) -> &Image {
        let controllers = &self.state.controllers;
        let active = controllers.iter().filter(|controller| controller.is_active());
        let best = active.max_by_key(|controller| controller.frame_state().1);
        let most = || controllers.iter().max_by_key(|controller| controller.image().offset);
        best.or_else(most).expect("a cluster has a controller").image()
    }

    /// The controller that decides, if one does.
    pub(crate) fn active_controller(&self) -> Option<ControllerId> {
        let active = self.state.controllers.iter().position(|controller| controller.is_active());
        active.map(|index| ControllerId(index as u8 + 1))
    }

    pub(crate) fn leader_of(&self, partition: PartitionId) -> Option<BrokerId> {
        self.best_image().partition(partition)?.leader
    }

    fn follower_of(&self, partition: PartitionId, n: u8) -> Option<BrokerId> {
        let state = self.best_image().partition(partition)?;
        state.replicas.iter().copied().filter(|broker| Some(*broker) != state.leader).nth(usize::from(n) - 1)
    }

    /// A process is asked to stop (SIGTERM). A paused one finds the signal when it goes on.
    pub(crate) fn stop_process(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &mut self.state.processes[usize::from(number)];
        if !process.is_up() {
            return;
        }
        if process.stop == Stop::NotAsked {
            process.stop = Stop::Asked;
        }
        if let Some(held) = &mut process.held {
            held.push_back(Held::Stop);
            return;
        }
        match node {
            NodeId::Broker(broker) => {
                self.with_context(number, |nodes, context| nodes.brokers[usize::from(broker.0) - 1].stop(context));
                self.settle(number, observer);
            }
            NodeId::Consumer(n) => {
                self.with_context(number, |nodes, context| nodes.consumers[usize::from(n) - 1].stop(context));
                self.settle(number, observer);
            }
            NodeId::Controller(controller) => {
                self.with_context(number, |nodes, context| {
                    nodes.controllers[usize::from(controller.0) - 1].stop(context);
                });
                self.settle(number, observer);
            }
            NodeId::Producer(n) => {
                self.with_context(number, |nodes, context| nodes.producers[usize::from(n) - 1].stop(context));
                self.settle(number, observer);
            }
        }
    }

    fn pause(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &mut self.state.processes[usize::from(number)];
        if process.is_up() && process.held.is_none() {
            process.held = Some(VecDeque::new());
            process.before_pause = process.state;
            self.tell_fault(Entry::Node { node, state: NodeState::Paused }, observer);
        }
    }

    fn unpause(&mut self, node: NodeId, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        let process = &self.state.processes[usize::from(number)];
        if process.held.is_some() {
            let state = process.before_pause;
            self.tell_fault(Entry::Node { node, state }, observer);
            self.resume(node, observer);
        }
    }

    fn cut(&mut self, node: NodeId, others: &[NodeId], cut: Cut, begins: bool) {
        for other in others.iter().copied().filter(|other| *other != node) {
            if cut != Cut::Inbound {
                self.state.network.cut(node, other, begins);
            }
            if cut != Cut::Outbound {
                self.state.network.cut(other, node, begins);
            }
        }
    }

    fn with_broker(
        &mut self,
        node: NodeId,
        work: impl FnOnce(&mut highwater_kafka::broker::Broker, &mut highwater_kafka::node::Context),
        observer: &mut impl Observer,
    ) {
        if let NodeId::Broker(broker) = node {
            let number = self.state.network.numbering.of(node);
            self.with_context(number, |nodes, context| work(&mut nodes.brokers[usize::from(broker.0) - 1], context));
            self.settle(number, observer);
        }
    }

    fn slow_client(&mut self, node: NodeId, factor: u32, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.with_context(number, |nodes, context| match node {
            NodeId::Producer(n) => nodes.producers[usize::from(n) - 1].set_slowness(factor, context),
            NodeId::Consumer(n) => nodes.consumers[usize::from(n) - 1].set_slowness(factor, context),
            NodeId::Broker(_) | NodeId::Controller(_) => (),
        });
        self.settle(number, observer);
    }

    fn load(&mut self, node: NodeId, percent: u32, observer: &mut impl Observer) {
        if let NodeId::Producer(n) = node {
            let number = self.state.network.numbering.of(node);
            self.with_context(number, |nodes, context| {
                nodes.producers[usize::from(n) - 1].set_rate_percent(percent, context);
            });
            self.settle(number, observer);
        }
    }

    fn step_clock(&mut self, node: NodeId, by_ms: i64) {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].clock_offset += by_ms * 1_000_000;
    }
}
