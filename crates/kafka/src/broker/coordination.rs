//! The group coordinator inside a broker: requests go in, and its actions are done here.

use super::produce::{NewBatch, Waiter};
use super::requests::Served;
use super::{Broker, Kind};
use crate::group::{Action, Actions, Append, Coordinator, Plan, Ticket, group_partition};
use crate::message::{Request, Response};
use crate::node::{Connection, Context};
use crate::store::ProducerId;
use highwater_model::trace::{Error, TransactionResult};
use highwater_model::{BrokerId, Duration, PartitionId};

impl Broker {
    /// A request for the coordinator; it answers now or later.
    pub(super) fn serve_group(&mut self, inbound: u16, request: Request, context: &mut Context) -> Served {
        let connection = self.requests.connection(inbound, self.node());
        let actions = self.group.on_request(connection, request, context);
        self.act(actions, Duration::ZERO, context);
        Served::Parked(Duration::ZERO)
    }

    /// Does what the coordinator wants, its replies `after` a time.
    fn act(&mut self, actions: Actions, after: Duration, context: &mut Context) {
        for action in actions {
            match action {
                Action::Reply { connection, response } => self.reply(connection, response, after, context),
                Action::Append { partition, append, ticket } => {
                    let Append { records: count, bytes, writer: sequence, body } = append;
                    let new = NewBatch { count, bytes, sequence, body };
                    let timeout = Duration::from_millis(u64::from(context.setup.cluster.offsets_commit_timeout_ms));
                    let who = Waiter::Coordinator(ticket.0);
                    self.append_internal(partition, new, who, context.now + timeout, context);
                }
            }
        }
    }

    pub(super) fn reply(&mut self, connection: Connection, response: Response, after: Duration, context: &mut Context) {
        let inbound = self.requests.index(connection);
        let generation = self.requests.generation(inbound);
        self.answer(inbound, generation, response, after, context);
    }

    /// An append of the coordinator's is committed, or is not.
    pub(super) fn group_appended(
        &mut self,
        ticket: u32,
        result: Result<u64, Error>,
        after: Duration,
        context: &mut Context,
    ) {
        let actions = self.group.appended(Ticket(ticket), result, context);
        self.act(actions, after, context);
    }

    /// A producer's transaction, in which offsets of the group were committed, has ended.
    pub(super) fn group_transaction_ended(
        &mut self,
        producer: ProducerId,
        result: TransactionResult,
        context: &mut Context,
    ) {
        self.group.transaction_ended(producer, result, context);
    }

    pub(super) fn group_timer(&mut self, context: &mut Context) {
        let actions = self.group.on_timer(context);
        self.act(actions, Duration::ZERO, context);
    }

    pub(super) fn group_connection_lost(&mut self, connection: Connection) {
        self.group.on_lost(connection);
    }

    /// This broker leads a partition from now on: if it is the group's, the coordinator reads its log.
    pub(super) fn group_elected(&mut self, partition: PartitionId, context: &mut Context) {
        if partition != group_partition(context.layout) {
            return;
        }
        let Some(replica) = &self.replicas[partition.index()] else { return };
        self.group.load(partition, replica.log.places(), context);
    }

    /// This broker leads a partition no more.
    pub(super) fn group_resigned(&mut self, partition: PartitionId, context: &mut Context) {
        let actions = self.group.unload(partition, context);
        self.act(actions, Duration::ZERO, context);
    }

    /// Its name.
    pub const fn id(&self) -> BrokerId {
        self.id
    }

    /// Its group coordinator.
    pub fn coordinator(&self) -> &Coordinator {
        &self.group
    }

    /// If it coordinates a group of the new protocol, that group's next assignment is this.
    pub fn plan_assignment(&mut self, plan: &Plan) {
        self.group.plan(plan.clone());
    }

    pub(super) fn forget_group(&mut self) {
        self.group = Coordinator::new(Kind::Group as u16);
    }
}
