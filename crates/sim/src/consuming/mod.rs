//! Consuming applications: the poll loop, in which records are processed or handed to a pool of worker threads, and
//! offsets are committed as the settings say. What an application promises by the order of these is claim for claim
//!

mod backlog;
mod hand;
mod pool;
#[cfg(test)]
mod tests;

use crate::start::StartState;
use backlog::{Backlog, Step};
use hand::Hand;
pub use hand::{Call, Returned};
use highwater_kafka::consumer::{Consumer, Poll, WAKE};
use highwater_kafka::message::InstanceId;
use highwater_kafka::node::{Context, Effect, Input, Timer};
use highwater_model::inspect::Value;
use highwater_model::settings::{CommitPolicy, Processing};
use highwater_model::trace::{Entry, Error, NodeState, Slice};
use highwater_model::view::ConsumerFrame;
use highwater_model::{Duration, Instant, Layout, NodeId, Setup};
use pool::Pool;

/// The application's timers; the client's is [`WAKE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The process has started.
    Started = WAKE as isize + 1,
    /// The loop has processed some records.
    Processed,
    /// The loop has handed all records of a poll to the pool.
    HandedOver,
    /// A worker has finished; the key is the worker.
    Worker,
    /// A call by hand has lasted as long as it may.
    CallEnds,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Started, Kind::Processed, Kind::HandedOver, Kind::Worker, Kind::CallEnds];

    fn of(timer: Timer) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u16 == timer.kind)
    }
}

/// Where the loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loop {
    /// There is no process, or it is not up yet.
    Down,
    /// In `poll()`.
    Polls,
    /// In `commitSync()`.
    Commits(Then),
    /// It processes records, or hands them to the pool.
    Works,
    /// In `close()`.
    Closes,
}

/// What follows a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The records are processed, if the commit succeeded: it comes before.
    Process,
    /// The next poll.
    Poll,
    /// The end.
    Close,
}

/// A consuming process: its application and its client.
#[derive(Clone, Debug)]
pub struct ConsumerProcess {
    number: u8,
    rack: u8,
    state: NodeState,
    client: Option<Box<Consumer>>,
    /// The group.instance.id of its clients.
    instance: Option<InstanceId>,
    /// Where there is no loop: what the client is called for.
    hand: Option<Box<Hand>>,
    at: Loop,
    /// Asked to stop.
    stopping: bool,
    /// Processing takes so many times as long as it should.
    slowness: u32,
    /// Handed out by `poll()`, to be processed in the loop, or by the pool.
    backlog: Backlog,
    /// What the loop processes now.
    step: Option<Step>,
    pool: Pool,
    /// What the last `poll()` returned, until it is taken on; reused between polls.
    polled: Vec<Slice>,
}

impl ConsumerProcess {
    /// As a run finds it: a member in the middle of normal life, or about to join.
    pub fn begin(number: u8, setup: &Setup, layout: &Layout, start: &StartState) -> Self {
        let instance = start.group.instance(number);
        let client = match start.group.owned(number) {
            Some(_) => Consumer::member(number, setup, layout, &start.cluster, &start.group),
            None => Consumer::new(number, instance, setup),
        };
        Self {
            instance,
            hand: start.by_hand.contains(&NodeId::Consumer(number)).then(Box::default),
            number,
            rack: setup.rack(NodeId::Consumer(number)),
            state: NodeState::Running,
            client: Some(Box::new(client)),
            at: Loop::Polls,
            stopping: false,
            slowness: 1,
            backlog: Backlog::default(),
            step: None,
            pool: Pool::default(),
            polled: Vec::new(),
        }
    }

    /// An input of the process.
    pub fn on(&mut self, input: Input, context: &mut Context) {
        match input {
            Input::Start => self.start(context),
            Input::Timer(timer) if timer.kind != WAKE => self.timer(timer, context),
            other => {
                if let Some(client) = &mut self.client {
                    client.on(other, context);
                }
            }
        }
        self.run(context);
    }

    /// The process is gone, and with it what it had in hand; what it had processed by now, it had processed.
    pub fn crash(&mut self, context: &mut Context) {
        self.abandon(context);
        self.client = None;
        if let Some(hand) = &mut self.hand {
            **hand = Hand::default(); // nobody waits for the call any more
        }
        self.at = Loop::Down;
        self.state = NodeState::Crashed;
    }

    /// Asks it to stop in order: the loop ends with the records in hand, then `close()`. A pool is not
    /// waited for. It ends with [`Effect::Exit`].
    pub fn stop(&mut self, context: &mut Context) {
        if self.stopping {
            return;
        }
        self.stopping = true;
        if self.at == Loop::Down {
            context.out.effects.push(Effect::Exit(NodeState::Stopped));
            return;
        }
        self.set_state(NodeState::Stopping, context);
        if self.at == Loop::Polls {
            self.end(context); // wakeup()
            self.run(context);
        }
    }

    /// From now on processing takes `factor` times as long, and a record that is being processed is begun anew.
    pub fn set_slowness(&mut self, factor: u32, context: &mut Context) {
        self.slowness = factor;
        if let Some(step) = self.step.take() {
            self.backlog.take(step.done_by(context.now), |slice| tell_processed(self.number, slice, context));
            self.process(context);
        }
        for slice in self.pool.halt(context.now, |slice| tell_processed(self.number, slice, context)) {
            self.backlog.push_front(slice);
        }
        if self.client.is_some() && context.setup.workload.processing == Processing::WorkerPool {
            self.feed_pool(context);
        }
        self.run(context);
    }

    /// A field of its client's state, by its path; none where there is no client.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        self.client.as_ref().map_or(Some(Value::None), |client| client.inspect(path, layout))
    }

    /// For the stage.
    pub fn frame(&self, now: Instant) -> ConsumerFrame {
        let client = self.client.as_deref();
        let done = self.step.map_or(0, |step| step.done_by(now));
        let in_commit: u64 = self.polled.iter().map(|slice| u64::from(slice.count)).sum();
        ConsumerFrame {
            state: self.state,
            rack: self.rack,
            member: client.is_some_and(Consumer::is_member),
            generation: client.map_or(-1, Consumer::generation),
            owned: client.map(|client| client.owned().collect()).unwrap_or_default(),
            unprocessed: in_commit + self.backlog.records() - done + self.pool.unprocessed(now),
        }
    }

    /// The run begins, or the process is started again: then it joins the group as a new member.
    fn start(&mut self, context: &mut Context) {
        if let Some(client) = &mut self.client {
            return client.start(context);
        }
        self.stopping = false;
        self.set_state(NodeState::Starting, context);
        let time = Duration::from_millis(u64::from(context.setup.environment.client_start_ms));
        context.out.application_timer(context.now + time, Kind::Started as u16, 0);
    }

    fn timer(&mut self, timer: Timer, context: &mut Context) {
        match Kind::of(timer).expect("only timers that it set come back") {
            Kind::Started => {
                let mut client = Box::new(Consumer::new(self.number, self.instance, context.setup));
                client.start(context);
                self.client = Some(client);
                self.at = Loop::Polls;
                self.set_state(NodeState::Running, context);
            }
            Kind::Processed => {
                // A step that was begun anew has another end.
                if let Some(step) = self.step.take_if(|step| step.ends() <= context.now) {
                    self.backlog.take(step.records, |slice| tell_processed(self.number, slice, context));
                    self.process(context);
                }
            }
            Kind::HandedOver => self.loop_done(context),
            Kind::CallEnds => (), // whoever waits for it looks at the time
            Kind::Worker => {
                if let Some(slice) = self.pool.finish(timer.key, context.now) {
                    tell_processed(self.number, slice, context);
                    self.feed_pool(context);
                }
            }
        }
    }

    /// Goes on with whatever the loop waits for, until it waits again.
    fn run(&mut self, context: &mut Context) {
        if self.hand.is_some() && !self.stopping {
            return self.run_call(context);
        }
        loop {
            let Some(client) = &mut self.client else { return };
            match self.at {
                Loop::Polls => match client.poll(&mut self.polled, context) {
                    Poll::Waiting => return,
                    Poll::Records => self.polled(context),
                    Poll::Failed(_) => self.end(context), // the exception ends the loop, and close() follows
                },
                Loop::Commits(then) => match client.take_commit() {
                    None => return,
                    Some(result) => self.committed(then, result, context),
                },
                Loop::Closes => {
                    if client.is_closed() {
                        self.exit(context);
                    }
                    return;
                }
                Loop::Works | Loop::Down => return,
            }
        }
    }

    /// `poll()` returned records.
    fn polled(&mut self, context: &mut Context) {
        let consumer = &context.setup.consumer;
        if !consumer.enable_auto_commit && consumer.commit_policy == CommitPolicy::SyncBefore {
            self.commit(Then::Process, context);
        } else {
            self.take_on(context);
        }
    }

    /// The records of the last poll are processed, or handed to the pool.
    fn take_on(&mut self, context: &mut Context) {
        let mut records = 0;
        for slice in self.polled.drain(..) {
            records += u64::from(slice.count);
            self.backlog.push(slice);
        }
        match context.setup.workload.processing {
            Processing::InLoop => self.process(context),
            Processing::WorkerPool => {
                self.at = Loop::Works;
                let poll_cpu = Duration::from_nanos(u64::from(context.setup.environment.poll_cpu_ns));
                let done_at = context.now + poll_cpu.times(records);
                context.out.application_timer(done_at, Kind::HandedOver as u16, 0);
                self.feed_pool(context);
            }
        }
    }

    /// Time to process one record.
    fn processing_time(&self, setup: &Setup) -> Duration {
        Duration::from_micros(u64::from(setup.workload.processing_time_us)).times(u64::from(self.slowness))
    }

    /// In the loop: the next records, or, when all are done, what follows.
    fn process(&mut self, context: &mut Context) {
        if self.backlog.records() == 0 {
            return self.loop_done(context);
        }
        self.at = Loop::Works;
        let poll_cpu = Duration::from_nanos(u64::from(context.setup.environment.poll_cpu_ns));
        let step = Step::of(self.backlog.records(), self.processing_time(context.setup) + poll_cpu, context.now);
        context.out.application_timer(step.ends(), Kind::Processed as u16, 0);
        self.step = Some(step);
    }

    fn feed_pool(&mut self, context: &mut Context) {
        let cost = self.processing_time(context.setup);
        let workers = context.setup.workload.workers;
        while let Some((worker, ends)) = self.pool.begin(&mut self.backlog, workers, cost, context.now) {
            context.out.application_timer(ends, Kind::Worker as u16, worker);
        }
    }

    /// The loop is done with a poll's records: it commits, as far as that is its part, and polls again.
    fn loop_done(&mut self, context: &mut Context) {
        let client = self.client.as_mut().expect("the loop runs in a process");
        let consumer = &context.setup.consumer;
        match consumer.commit_policy {
            CommitPolicy::SyncAfter if !consumer.enable_auto_commit => return self.commit(Then::Poll, context),
            CommitPolicy::AsyncAfter if !consumer.enable_auto_commit => client.commit_async(context),
            _ => (),
        }
        self.next_poll(context);
    }

    fn next_poll(&mut self, context: &mut Context) {
        if self.stopping {
            self.end(context);
        } else {
            self.at = Loop::Polls;
        }
    }

    fn commit(&mut self, then: Then, context: &mut Context) {
        self.client.as_mut().expect("the loop runs in a process").commit_sync(context);
        self.at = Loop::Commits(then);
    }

    fn committed(&mut self, then: Then, result: Result<(), Error>, context: &mut Context) {
        match (then, result) {
            (Then::Process, Ok(())) => self.take_on(context),
            // The time is up, but the group may still be its own: nothing is processed uncommitted, so it tries again.
            (Then::Process, Err(Error::RequestTimedOut)) if !self.stopping => self.commit(then, context),
            (Then::Process, Err(_)) => {
                self.polled.clear(); // whoever owns the partitions next reads these from the committed offset
                self.next_poll(context);
            }
            (Then::Poll, _) => self.next_poll(context),
            (Then::Close, _) => self.close(context),
        }
    }

    /// The loop ends: an application that commits asynchronously commits once more, and waits for it.
    fn end(&mut self, context: &mut Context) {
        let consumer = &context.setup.consumer;
        if !consumer.enable_auto_commit && consumer.commit_policy == CommitPolicy::AsyncAfter {
            self.commit(Then::Close, context);
        } else {
            self.close(context);
        }
    }

    fn close(&mut self, context: &mut Context) {
        self.client.as_mut().expect("the loop runs in a process").close(context);
        self.at = Loop::Closes;
    }

    fn exit(&mut self, context: &mut Context) {
        self.abandon(context);
        self.client = None;
        self.at = Loop::Down;
        self.state = NodeState::Stopped;
        context.out.effects.push(Effect::Exit(NodeState::Stopped));
    }

    /// The process ends in the middle of its work: what was done by now is done, the rest is gone.
    fn abandon(&mut self, context: &mut Context) {
        if let Some(step) = self.step.take() {
            self.backlog.take(step.done_by(context.now), |slice| tell_processed(self.number, slice, context));
        }
        self.pool.halt(context.now, |slice| tell_processed(self.number, slice, context));
        self.backlog = Backlog::default();
        self.polled.clear();
    }

    fn set_state(&mut self, state: NodeState, context: &mut Context) {
        self.state = state;
        context.out.tell(Entry::Node { node: NodeId::Consumer(self.number), state });
    }
}

fn tell_processed(consumer: u8, records: Slice, context: &mut Context) {
    context.out.tell(Entry::Processed { consumer, records });
}
