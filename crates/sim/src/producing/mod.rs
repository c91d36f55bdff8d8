//! Producers: an application with its source, and the client it sends with.

mod application;
mod arrivals;
mod clock;
mod hand;
mod shares;
#[cfg(test)]
mod tests;
mod transacting;

pub use hand::ProducerCall;
pub use shares::{Shares, busiest_partition};

use crate::consuming::Returned;
use application::Application;
pub use application::{Offered, send_cpu};
use highwater_kafka::metadata::InitialCluster;
use highwater_kafka::node::{Context, Effect, Input, Timer};
use highwater_kafka::producer::Producer;
use highwater_kernel::Seed;
use highwater_model::inspect::Value;
use highwater_model::trace::{Entry, NodeState};
use highwater_model::view::ProducerFrame;
use highwater_model::{Instant, Layout, NodeId, PartitionId, Setup};

/// The application has something to do. The client's timers have smaller numbers.
const APPLICATION: u16 = 100;

/// A producer process.
#[derive(Clone, Debug)]
pub struct ProducerProcess {
    number: u8,
    rack: u8,
    state: NodeState,
    client: Producer,
    application: Application,
}

impl ProducerProcess {
    /// Producer `number` (from 1) in the middle of normal life: it knows the cluster as it is, and has a producer id.
    pub fn steady(number: u8, setup: &Setup, shares: &Shares, cluster: &InitialCluster, seed: Seed) -> Self {
        Self {
            number,
            rack: setup.rack(NodeId::Producer(number)),
            state: NodeState::Running,
            client: Producer::steady(number, setup, cluster),
            application: Application::new(number, setup, shares, seed),
        }
    }

    /// Its application does nothing by itself from now on: its client is called by hand.
    pub fn take_by_hand(&mut self) {
        self.application.hand = Some(Box::default());
    }

    /// Calls the client by hand; false where there is none, or where it has no such records to send.
    pub fn call(&mut self, call: ProducerCall, context: &mut Context) -> bool {
        let called = self.application.call(call, &mut self.client, context);
        self.proceed(context);
        called
    }

    /// What the last call came to, when it has returned.
    pub fn returned(&self) -> Option<&Returned> {
        self.application.returned()
    }

    /// Handles an input.
    pub fn on(&mut self, input: Input, context: &mut Context) {
        self.application.notice_pause(context.now);
        match input {
            Input::Start => self.start(context),
            Input::Timer(Timer { kind: APPLICATION, key: _ }) => {
                self.application.alarm.fired(context.now, APPLICATION, 0, context.out);
            }
            input if self.application.is_up() => self.client.on(input, &mut self.application, context),
            _ => unreachable!("a process that is down is told nothing but to start"),
        }
        self.proceed(context);
    }

    /// The process dies: everything in its accumulator is lost. Its source goes on.
    pub fn crash(&mut self, context: &mut Context) {
        self.client.crash(&mut self.application, context);
        self.application.crash(context);
        self.client = Producer::new(self.number, context.setup);
        self.state = NodeState::Crashed;
    }

    /// The process is asked to stop: it closes its client, which sends what it has, and ends when all of that is done
    ///
    pub fn stop(&mut self, context: &mut Context) {
        if self.application.is_up() {
            self.application.stop(&mut self.client, context);
            self.client.close_after_sending();
            self.proceed(context);
        }
    }

    /// `send()` takes so many times its usual CPU time; 1 is usual.
    pub fn set_slowness(&mut self, factor: u32, context: &mut Context) {
        self.application.set_slowness(factor, context.now);
        self.proceed(context);
    }

    /// The source offers so many hundredths of its usual rate.
    pub fn set_rate_percent(&mut self, percent: u32, context: &mut Context) {
        self.application.set_rate_percent(percent, context.now);
        self.proceed(context);
    }

    /// The source offers another load from now on: so many records a second, and only so many records where that is
    /// limited.
    pub fn offer(&mut self, offered: Offered, records: Option<u64>, context: &mut Context) {
        self.application.offer(offered, records, context);
        self.proceed(context);
    }

    /// The application has these records now, and sends them; false where its source is not silent otherwise, or has no
    /// such stream.
    pub fn put(&mut self, partition: Option<PartitionId>, count: u32, context: &mut Context) -> bool {
        let is_put = self.application.put(partition, count, context);
        self.proceed(context);
        is_put
    }

    /// The next random choice of its partitioner comes out so far up its range.
    pub fn fix_partitioner(&mut self, per_mille: u16) {
        self.application.fix_partitioner(per_mille);
    }

    /// The run ends.
    pub fn finish(&mut self, context: &mut Context) {
        self.application.finish(context);
    }

    /// How it looks at this moment.
    pub fn frame(&self, now: Instant) -> ProducerFrame {
        ProducerFrame {
            state: self.state,
            rack: self.rack,
            queued_records: self.application.queued(now),
            blocked: self.application.is_blocked(),
            buffer_bytes: self.client.buffer_bytes(),
            in_flight: self.client.in_flight(),
        }
    }

    /// A field of its client's state, by its path.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        self.client.inspect(path, layout)
    }

    fn start(&mut self, context: &mut Context) {
        if self.application.is_up() {
            // The run begins: it has been up for long.
            self.client.open_connections(context);
            return;
        }
        self.state = NodeState::Running;
        context.out.tell(Entry::Node { node: NodeId::Producer(self.number), state: NodeState::Running });
        self.application.refuse_old(None, context);
        self.application.start(context.now);
    }

    /// Application and sender take turns until neither can do more by now.
    fn proceed(&mut self, context: &mut Context) {
        if self.application.is_up() {
            loop {
                self.application.advance(&mut self.client, context);
                self.client.run(&mut self.application, context);
                if !self.application.can_go_on(&self.client, context.setup) {
                    break;
                }
            }
            self.application.set_alarm(APPLICATION, context);
            if self.application.is_closing() && self.client.is_done() && !self.client.is_ending_transaction() {
                context.out.effects.push(Effect::Exit(NodeState::Stopped));
            }
        }
    }
}
