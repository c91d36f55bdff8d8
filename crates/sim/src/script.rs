//! The doors by which a play steers a world by hand: scripted nodes, rules on single packets, faults and settings of the
//! moment. Runs of the page use none of them.

use crate::consuming::{Call, Returned};
use crate::faults::Struck;
use crate::producing::ProducerCall;
use crate::rules::{Caught, RuleId, Rules, ToCatch};
use crate::world::{Event, Told, World};
use highwater_kafka::consumer::calls::GroupMetadata;
use highwater_kafka::controller::Controller;
use highwater_kafka::group::Plan;
use highwater_kafka::message::{ClusterMetadata, Message, Response};
use highwater_kafka::metadata::PartitionState;
use highwater_kafka::node::{Effect, Input};
use highwater_kafka::producer::ConsumedOffsets;
use highwater_kernel::Class;
use highwater_model::trace::{Entry, Observer, Slice, UNKEYED};
use highwater_model::{
    BrokerId, ControllerId, Duration, Fault, FaultKind, NodeId, PartitionId, Scenario, SettingId, Target,
};

impl World {
    /// The scenario as it is by now, with the faults and settings that were given on the way.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Plays a node by script from now on: its inputs are kept for [`World::heard`].
    pub fn script(&mut self, node: NodeId) {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].scripted = Some(Vec::new());
    }

    /// What a scripted node was told since it was last asked.
    pub fn heard(&mut self, node: NodeId) -> Vec<Input> {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].scripted.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// A node says this: a scripted one, or one in whose name a caught request is answered.
    pub fn say(&mut self, node: NodeId, effect: Effect, observer: &mut impl Observer) {
        let number = self.state.network.numbering.of(node);
        self.act(number, effect, observer);
    }

    /// A scripted node tells this.
    pub fn tell_of(&mut self, entry: Entry, observer: &mut impl Observer) {
        self.told(entry, observer);
    }

    /// A scripted producer has a batch of new records of its own: gives its name.
    pub fn new_send(&mut self, producer: u8, first: u64, count: u32, observer: &mut impl Observer) -> u32 {
        let send = self.store.next_send();
        let first_arrival = self.now();
        let arrival_span = Duration::ZERO;
        self.told(
            Entry::Closed { send, producer, stream: UNKEYED, first, count, first_arrival, arrival_span },
            observer,
        );
        send
    }

    /// Calls the client of a consumer that is played by hand; false where there is none.
    pub fn call(&mut self, consumer: u8, call: Call, observer: &mut impl Observer) -> bool {
        let number = self.state.network.numbering.of(NodeId::Consumer(consumer));
        let place = usize::from(consumer) - 1;
        let mut called = false;
        self.with_context(number, |nodes, context| called = nodes.consumers[place].call(call, context));
        self.settle(number, observer);
        called
    }

    /// Calls the client of a producer that is played by hand; false where there is none, where its call before has not
    /// returned, or where it has no such records to send.
    pub fn call_producer(&mut self, producer: u8, call: ProducerCall, observer: &mut impl Observer) -> bool {
        let number = self.state.network.numbering.of(NodeId::Producer(producer));
        let place = usize::from(producer) - 1;
        let mut called = false;
        self.with_context(number, |nodes, context| called = nodes.producers[place].call(call, context));
        self.settle(number, observer);
        called
    }

    /// What `sendOffsetsToTransaction()` is given of a consumer: its positions, and as which member it has read; none
    /// where it has no client.
    pub fn consumed(&self, consumer: u8, metadata: GroupMetadata) -> Option<ConsumedOffsets> {
        self.state.consumers[usize::from(consumer) - 1].to_send_in_transaction(metadata)
    }

    /// What the last call of a client came to, when it has returned.
    pub fn returned(&self, client: NodeId) -> Option<&Returned> {
        match client {
            NodeId::Producer(n) => self.state.producers[usize::from(n) - 1].returned(),
            NodeId::Consumer(n) => self.state.consumers[usize::from(n) - 1].returned(),
            NodeId::Broker(_) | NodeId::Controller(_) => None,
        }
    }

    /// The first offset of these records, and the one behind them.
    pub fn offsets_of(&self, records: Slice) -> (u64, u64) {
        let first = self.store.batch(records.partition, records.batch).base + u64::from(records.skip);
        (first, first + u64::from(records.count))
    }

    /// The next assignment of a group of the new protocol is this, whatever its assignor says.
    pub fn plan_assignment(&mut self, plan: &Plan) {
        for broker in &mut self.state.brokers {
            broker.plan_assignment(plan);
        }
    }

    /// The packets that rules hold go on their way: those of one rule, or all.
    pub fn release(&mut self, rule: Option<RuleId>) {
        let now = self.now();
        for packet in self.state.rules.release(rule) {
            self.state.queue.push(now, Class::Network, Event::Arrive { packet });
        }
    }

    /// Rules on single packets.
    pub fn rules(&mut self) -> &mut Rules {
        &mut self.state.rules
    }

    /// Notes a request that is caught or overheard; true where its receiver does not get it.
    pub(crate) fn catch(&mut self, caught: ToCatch, message: &Message, told: Told) -> bool {
        let ToCatch { rule, connection, ahead, keeps: kept, .. } = caught;
        let heard = !kept || told.is_none_or(|(wire, end, of)| self.state.network.take_for(wire, end, of));
        if let (true, Message::Request(request)) = (heard, message) {
            let ahead = if kept { ahead } else { 0 };
            self.state.rules.put_caught(Caught { rule, connection, request: request.clone(), kept }, ahead);
        }
        kept
    }

    /// A fault strikes at this moment.
    pub fn strike_now(&mut self, mut fault: Fault, observer: &mut impl Observer) {
        fault.at = self.now();
        let index = self.scenario.faults.len() as u16;
        if let Some(duration) = fault.duration {
            self.state.queue.push(fault.at + duration, Class::Fault, Event::Fault { fault: index, ends: true });
        }
        self.scenario.faults.push(fault);
        self.state.struck.push(Struck::default());
        self.fault(index, false, observer);
    }

    /// The latest fault of this kind that struck this target is undone; false where there is none.
    pub fn heal_now(&mut self, kind: FaultKind, target: Target, observer: &mut impl Observer) -> bool {
        let is = |fault: &Fault| fault.kind == kind && fault.target == target && fault.at <= self.now();
        let Some(index) = self.scenario.faults.iter().rposition(is) else { return false };
        self.fault(index as u16, true, observer);
        true
    }

    /// The active controller writes a partition's state as it is dictated; false where none is active.
    pub fn dictate(
        &mut self,
        partition: PartitionId,
        change: impl FnOnce(&mut PartitionState),
        observer: &mut impl Observer,
    ) -> bool {
        let Some(active) = self.state.controllers.iter().position(Controller::is_active) else { return false };
        let number = self.state.network.numbering.of(NodeId::Controller(ControllerId(active as u8 + 1)));
        let mut written = false;
        self.with_context(number, |nodes, context| {
            written = nodes.controllers[active].dictate(partition, change, context);
        });
        self.settle(number, observer);
        written
    }

    /// A broker's file of a partition holds garbage from this offset on.
    pub fn corrupt(&mut self, broker: BrokerId, partition: PartitionId, from: u64) {
        self.state.brokers[usize::from(broker.0) - 1].corrupt_log(partition, from);
    }

    /// What a broker that knows all that is committed answers to a request for metadata.
    pub fn metadata_answer(&self) -> Response {
        let image = self.best_image();
        let alive = |broker: &BrokerId| image.broker(*broker).is_some_and(|state| !state.fenced);
        let brokers = image.brokers().map(|(broker, _)| broker).filter(alive).collect();
        let of = |partition| match image.partition(partition) {
            Some(state) => (state.leader.filter(alive), state.leader_epoch),
            None => (None, -1),
        };
        let partitions = self.layout.data().map(of).collect();
        Response::Metadata(Box::new(ClusterMetadata { brokers, partitions }))
    }

    /// The next die of a node that is not fixed yet comes out so far up its range, in thousandths.
    pub fn fix_die(&mut self, node: NodeId, per_mille: u16) {
        let number = self.state.network.numbering.of(node);
        self.state.processes[usize::from(number)].dice.fix(per_mille);
    }

    /// The same for where a producer's next record without a key goes.
    pub fn fix_partitioner(&mut self, producer: u8, per_mille: u16) {
        self.state.producers[usize::from(producer) - 1].fix_partitioner(per_mille);
    }

    /// Gives a setting another value from now on, for nodes that look it up.
    pub fn set(&mut self, setting: SettingId, value: i64) {
        setting.set(&mut self.scenario.setup, value);
    }
}
