//! Finding the group coordinator, and losing it.

use super::membership::session_timeout;
use super::network::{RETRY, backoff};
use super::{Consumer, Purpose};
use crate::message::Request;
use crate::node::{Channel, Context};
use highwater_model::BrokerId;
use highwater_model::trace::Error;

impl Consumer {
    /// The coordinator, if it is known and its connection is not known to be down.
    pub(super) fn coordinator(&mut self, context: &mut Context) -> Option<BrokerId> {
        let coordinator = self.group.coordinator?;
        if !self.links.is_available(coordinator, Channel::Coordinator, context.now) {
            self.group.coordinator = None;
        }
        self.group.coordinator
    }

    /// The coordinator is another one, or cannot work; what waits for its answers has failed.
    pub(super) fn forget_coordinator(&mut self, context: &mut Context) {
        if let Some(coordinator) = self.group.coordinator.take() {
            let connection = self.links.coordinator(coordinator);
            let failed = self.links.close(connection, context);
            self.connection_gone(connection, failed, Error::NetworkException, context);
        }
    }

    /// The coordinator's connection is gone.
    pub(super) fn coordinator_lost(&mut self, broker: BrokerId) {
        if self.group.coordinator == Some(broker) {
            self.group.coordinator = None;
        }
    }

    /// Looks for the coordinator, if it is not known; true if it is.
    pub(super) fn ensure_coordinator(&mut self, context: &mut Context) -> bool {
        if self.coordinator(context).is_some() {
            return true;
        }
        if self.group.finding || context.now < self.group.find_at {
            return false;
        }
        if let Some(broker) = self.least_loaded(context) {
            self.group.finding = true;
            self.request(broker, Channel::Client, Request::FindCoordinator, Purpose::FindCoordinator, context);
        }
        false
    }

    pub(super) fn coordinator_found(&mut self, result: Result<BrokerId, Error>, context: &mut Context) {
        self.group.finding = false;
        if let Ok(broker) = result
            && self.links.is_available(broker, Channel::Coordinator, context.now)
        {
            self.group.coordinator = Some(broker);
            self.group.find_attempts = 0;
            if self.group.is_beating() {
                self.group.session_until = context.now + session_timeout(context.setup);
            }
            return;
        }
        // Not known, or known and just seen to be down: a retry after a pause, with fresh metadata.
        self.leaders.want();
        let pause = backoff(RETRY, self.group.find_attempts, context.dice);
        self.group.find_attempts += 1;
        self.group.find_at = context.now + pause;
        self.wake_at(self.group.find_at, context);
    }
}
