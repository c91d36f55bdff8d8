//! The administrator: asks the active controller, or a partition's leader, at the scenario's times; asks again while
//! nobody answers.

use crate::world::{Event, World};
use highwater_kernel::Class;
use highwater_model::trace::{Entry, Error, Observer, Phase};
use highwater_model::{AdminAction, Duration, Fault, Instant, NodeId};

/// Between two attempts to find somebody to ask.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How long the administrator's client tries (its default.api.timeout.ms).
const PATIENCE: Duration = Duration::from_secs(60);

impl World {
    /// Something is asked for, or what was asked for is undone.
    pub(crate) fn administer(
        &mut self,
        index: u16,
        fault: &Fault,
        action: AdminAction,
        ends: bool,
        observer: &mut impl Observer,
    ) {
        let Some(action) = (if ends { undone(action) } else { Some(action) }) else { return };
        let node = match action {
            AdminAction::DeleteRecords { partition, .. } => self.leader_of(partition).map(NodeId::Broker),
            _ => self.active_controller().map(NodeId::Controller),
        };
        let listens = |node: &NodeId| {
            let process = &self.state.processes[usize::from(self.state.network.numbering.of(*node))];
            process.is_up() && process.held.is_none()
        };
        let Some(node) = node.filter(listens) else {
            return self.ask_again(index, fault, ends, observer);
        };
        let phase = if ends { Phase::Ends } else { Phase::Strikes };
        self.tell_fault(Entry::Fault { fault: index, phase, node }, observer);
        self.ask(index, node, action, observer);
    }

    fn ask(&mut self, index: u16, node: NodeId, action: AdminAction, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.with_context(number, |nodes, context| match (node, action) {
            (NodeId::Controller(controller), _) => {
                nodes.controllers[usize::from(controller.0) - 1].administer(index, action, context);
            }
            (NodeId::Broker(broker), AdminAction::DeleteRecords { partition, before }) => {
                let result = nodes.brokers[usize::from(broker.0) - 1].delete_records(partition, before, context);
                context.out.tell(Entry::Administered { fault: index, error: result.err() });
            }
            _ => unreachable!("an administrator asks a controller, or a leader to delete records"),
        });
        self.settle(number, observer);
    }

    fn ask_again(&mut self, index: u16, fault: &Fault, ends: bool, observer: &mut impl Observer) {
        let first = if ends { fault.at + fault.duration.unwrap_or(Duration::ZERO) } else { fault.at };
        let at: Instant = self.now() + ASK_AGAIN;
        if at < first + PATIENCE {
            self.state.queue.push(at, Class::Fault, Event::Fault { fault: index, ends });
        } else {
            self.tell_fault(Entry::Administered { fault: index, error: Some(Error::RequestTimedOut) }, observer);
        }
    }
}

/// What takes an action back, where something can.
fn undone(action: AdminAction) -> Option<AdminAction> {
    match action {
        AdminAction::Reassign { partition, .. } => Some(AdminAction::CancelReassignment { partition }),
        AdminAction::SetConfig { scope, setting, value: Some(_) } => {
            Some(AdminAction::SetConfig { scope, setting, value: None })
        }
        AdminAction::SetConfig { value: None, .. }
        | AdminAction::CancelReassignment { .. }
        | AdminAction::ElectLeaders { .. }
        | AdminAction::CreatePartitions { .. }
        | AdminAction::DeleteRecords { .. } => None,
    }
}
