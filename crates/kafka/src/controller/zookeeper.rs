//! The controller of a cluster with ZooKeeper. The quorum stands for the ensemble: it keeps sessions and
//! state, and takes a leader's own writes of its ISR. The controller is who holds the ensemble's `/controller` node, and
//! that node outlives a controller that died by its session.

use super::active::Active;
use super::{Controller, Kind};
use crate::message::{Request, Response};
use crate::node::Context;
use highwater_model::trace::{Entry, Error};
use highwater_model::{Duration, Setup};

/// Does the active controller decide?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Office {
    /// It does.
    Held,
    /// Not yet: the controller before it still has its session.
    Awaited,
}

/// How the controller before this one ended, as far as a voter knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Predecessor {
    /// It fell silent.
    Silent,
    /// It said that it resigns; its session ended with it.
    Resigned,
}

/// From the election of the ensemble's new leader, which came a fetch timeout after the last sign of the old one, to the
/// end of the old controller's session.
fn session_left(setup: &Setup) -> Duration {
    let silent = setup.cluster.controller_quorum_fetch_timeout_ms;
    Duration::from_millis(u64::from(setup.broker_session_timeout_ms().saturating_sub(silent)))
}

impl Controller {
    /// A new leader of the quorum: does it decide at once?
    pub(super) fn enter_office(&mut self, context: &mut Context) -> Office {
        let predecessor = std::mem::replace(&mut self.predecessor, Predecessor::Silent);
        if context.setup.version.kraft || predecessor == Predecessor::Resigned {
            return Office::Held;
        }
        self.arm(Kind::TakeOver, context.now + session_left(context.setup), context);
        Office::Awaited
    }

    /// The old controller's session is over.
    pub(super) fn take_over(&mut self, context: &mut Context) {
        let (controller, epoch) = (self.id, self.epoch());
        let Some(active) = &mut self.active else { return };
        active.office = Office::Held;
        context.out.tell(Entry::ControllerElected { controller, epoch });
        self.decided(context);
    }
}

impl Active {
    /// What the ensemble does while there is no controller: it hears brokers, and takes what leaders write themselves.
    /// None where that is not all that is asked for.
    pub(super) fn ensemble_answer(&mut self, request: &Request, context: &Context) -> Option<Response> {
        match request {
            Request::BrokerHeartbeat(request) => {
                Some(Response::BrokerHeartbeat(self.cluster.hear(request, context.now)))
            }
            Request::AlterPartition(_) if !context.setup.version.alter_partition => None,
            Request::AlterPartition(_) => Some(Response::AlterPartition(Err(Error::NotController))),
            _ => Some(Response::BrokerRegistration(Err(Error::NotController))),
        }
    }
}
