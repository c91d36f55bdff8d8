//! Inbound connections and request handler threads: a connection has one request in work at a time, and there
//! are so many threads.

use super::{Broker, Kind};
use crate::message::{Message, Request, Response};
use crate::node::{Alarm, Channel, Connection, Context, Effect};
use highwater_model::{BrokerId, Duration, Instant, NodeId, Setup};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What serving a request came to.
pub(super) enum Served {
    /// Answer it after the thread's time.
    Answer(Response, Duration),
    /// It is parked; the thread's time.
    Parked(Duration),
    /// It has no answer (acks=0); the thread's time.
    Silent(Duration),
    /// The connection is closed instead (acks=0 that failed, R-106).
    Closed(Duration),
    /// The disk does not return: the thread is stuck with the request until it does.
    Stuck(Request),
}

impl Served {
    /// The thread's time, beside the fixed time of any request.
    const fn busy(&self) -> Duration {
        match self {
            Served::Answer(_, busy) | Served::Parked(busy) | Served::Silent(busy) | Served::Closed(busy) => *busy,
            Served::Stuck(_) => Duration::ZERO,
        }
    }
}

/// All inbound connections and the handler threads.
#[derive(Clone, Debug)]
pub(super) struct Requests {
    inbound: Vec<Inbound>,
    /// Until when each thread is busy.
    threads: SmallVec<[Instant; 8]>,
    /// Requests that wait for a thread.
    queue: VecDeque<(u16, u32, Request)>,
    /// Requests whose thread is stuck in the disk.
    stuck: Vec<(u16, u32, Request)>,
    handler: Alarm,
    /// Time that threads have spent on requests.
    worked: Duration,
    brokers: u8,
    producers: u8,
    consumers: u8,
}

#[derive(Clone, Debug)]
struct Inbound {
    /// The next request is taken from here on; never, while one is in work.
    free_at: Instant,
    backlog: VecDeque<Request>,
    /// Counts the connections that came and went, so that late answers go nowhere.
    generation: u32,
}

impl Requests {
    /// How many connections there can be: one of each broker and producer, two of each consumer; with transactions two
    /// more of each broker.
    pub fn connections(setup: &Setup) -> usize {
        let brokers = usize::from(setup.cluster.brokers);
        let for_transactions = if setup.producer.transactional_id { 2 * brokers } else { 0 };
        brokers + usize::from(setup.workload.producers) + 2 * usize::from(setup.workload.consumers) + for_transactions
    }

    pub fn new(setup: &Setup) -> Self {
        let fresh = Inbound { free_at: Instant::ZERO, backlog: VecDeque::new(), generation: 0 };
        Self {
            inbound: vec![fresh; Self::connections(setup)],
            threads: smallvec::smallvec![Instant::ZERO; usize::from(setup.cluster.num_io_threads)],
            queue: VecDeque::new(),
            stuck: Vec::new(),
            handler: Alarm::OFF,
            worked: Duration::ZERO,
            brokers: setup.cluster.brokers,
            producers: setup.workload.producers,
            consumers: setup.workload.consumers,
        }
    }

    /// The number of an inbound connection.
    pub fn index(&self, connection: Connection) -> u16 {
        let (brokers, producers) = (u16::from(self.brokers), u16::from(self.producers));
        match connection.client {
            NodeId::Broker(broker) => {
                let number = u16::from(broker.0) - 1;
                let for_transactions = brokers + producers + 2 * u16::from(self.consumers);
                match connection.channel {
                    Channel::Verification => for_transactions + 2 * number,
                    Channel::Markers => for_transactions + 2 * number + 1,
                    _ => number,
                }
            }
            NodeId::Producer(n) => brokers + u16::from(n) - 1,
            NodeId::Consumer(n) => {
                let second = u16::from(connection.channel == Channel::Coordinator);
                brokers + producers + 2 * (u16::from(n) - 1) + second
            }
            NodeId::Controller(_) => unreachable!("controllers open no connections to brokers"),
        }
    }

    /// The connection of a number.
    pub fn connection(&self, inbound: u16, server: NodeId) -> Connection {
        let (brokers, producers) = (u16::from(self.brokers), u16::from(self.producers));
        if inbound < brokers {
            let client = NodeId::Broker(BrokerId(inbound as u8 + 1));
            return Connection { client, server, channel: Channel::Replication };
        }
        if inbound < brokers + producers {
            let client = NodeId::Producer((inbound - brokers) as u8 + 1);
            return Connection { client, server, channel: Channel::Client };
        }
        let at = inbound - brokers - producers;
        if let Some(at) = at.checked_sub(2 * u16::from(self.consumers)) {
            let channel = if at.is_multiple_of(2) { Channel::Verification } else { Channel::Markers };
            return Connection { client: NodeId::Broker(BrokerId((at / 2) as u8 + 1)), server, channel };
        }
        let channel = if at.is_multiple_of(2) { Channel::Client } else { Channel::Coordinator };
        Connection { client: NodeId::Consumer((at / 2) as u8 + 1), server, channel }
    }

    /// Requests in the queue or in a thread.
    pub fn waiting(&self, now: Instant) -> u32 {
        let busy = self.threads.iter().filter(|until| now < **until).count();
        (self.queue.len() + busy) as u32
    }

    /// Which of the connections of this number it is now.
    pub fn generation(&self, inbound: u16) -> u32 {
        self.inbound[usize::from(inbound)].generation
    }

    /// Slow or fast: a thread that is free now, if there is one.
    fn free_thread(&mut self, now: Instant) -> Option<&mut Instant> {
        self.threads.iter_mut().find(|until| **until <= now)
    }
}

impl Broker {
    /// A request arrived.
    pub(super) fn requested(&mut self, connection: Connection, request: Request, context: &mut Context) {
        let inbound = self.requests.index(connection);
        let entry = &mut self.requests.inbound[usize::from(inbound)];
        if context.now < entry.free_at || !entry.backlog.is_empty() {
            if entry.backlog.is_empty() && entry.free_at != Instant::NEVER {
                context.out.timer(entry.free_at, Kind::Backlog as u16, u32::from(inbound));
            }
            entry.backlog.push_back(request);
            return;
        }
        self.admit(inbound, request, context);
    }

    /// Gives a request to a thread, or queues it for one.
    fn admit(&mut self, inbound: u16, request: Request, context: &mut Context) {
        let entry = &mut self.requests.inbound[usize::from(inbound)];
        entry.free_at = Instant::NEVER;
        let generation = entry.generation;
        if self.requests.free_thread(context.now).is_none() {
            self.requests.queue.push_back((inbound, generation, request));
            self.wake_handler(context);
            return;
        }
        self.work(inbound, generation, request, context);
    }

    fn wake_handler(&mut self, context: &mut Context) {
        let free = self.requests.threads.iter().copied().min().unwrap_or(Instant::NEVER);
        if free != Instant::NEVER {
            self.requests.handler.set_earlier(free, Kind::Handler as u16, 0, context.out);
        }
    }

    /// A free thread takes the request.
    fn work(&mut self, inbound: u16, generation: u32, request: Request, context: &mut Context) {
        let served = self.serve(inbound, generation, request, context);
        let gone = self.requests.generation(inbound) != generation;
        let cpu = Duration::from_micros(u64::from(context.setup.environment.request_cpu_us));
        let now = context.now;
        self.requests.worked += cpu + served.busy();
        let thread = self.requests.free_thread(now).expect("a thread is free");
        match served {
            Served::Stuck(request) => {
                *thread = Instant::NEVER;
                self.requests.stuck.push((inbound, generation, request));
            }
            Served::Answer(response, busy) => {
                *thread = now + cpu + busy;
                self.answer(inbound, generation, response, cpu + busy, context);
            }
            Served::Parked(busy) => *thread = now + cpu + busy,
            Served::Silent(busy) => {
                *thread = now + cpu + busy;
                self.release(inbound, generation, cpu + busy, context);
            }
            Served::Closed(busy) if gone => *thread = now + cpu + busy,
            Served::Closed(busy) => {
                *thread = now + cpu + busy;
                let connection = self.requests.connection(inbound, self.node());
                context.out.effects.push(Effect::Close(connection));
                self.inbound_lost(connection, context);
            }
        }
    }

    /// Answers a request, `after` a time, and lets the connection's next one in.
    pub(super) fn answer(
        &mut self,
        inbound: u16,
        generation: u32,
        response: Response,
        after: Duration,
        context: &mut Context,
    ) {
        if self.requests.generation(inbound) != generation {
            return; // the client is gone
        }
        let connection = self.requests.connection(inbound, self.node());
        context.out.send_after(after, connection, Message::Response(response));
        self.release(inbound, generation, after, context);
    }

    /// Lets the connection's next request in, `after` a time.
    fn release(&mut self, inbound: u16, generation: u32, after: Duration, context: &mut Context) {
        let entry = &mut self.requests.inbound[usize::from(inbound)];
        if entry.generation != generation {
            return;
        }
        entry.free_at = context.now + after;
        if !entry.backlog.is_empty() {
            context.out.timer(entry.free_at, Kind::Backlog as u16, u32::from(inbound));
        }
    }

    /// Time that its request handler threads have spent on requests, all of them together.
    pub fn handlers_worked(&self) -> Duration {
        self.requests.worked
    }

    /// A connection's next request may be taken.
    pub(super) fn backlog_due(&mut self, inbound: u16, context: &mut Context) {
        let entry = &mut self.requests.inbound[usize::from(inbound)];
        if context.now < entry.free_at {
            return; // another connection of this number has begun since
        }
        if let Some(request) = entry.backlog.pop_front() {
            self.admit(inbound, request, context);
        }
    }

    /// A thread is free: it takes the oldest request that waits.
    pub(super) fn handler_free(&mut self, context: &mut Context) {
        if !self.requests.handler.fired(context.now, Kind::Handler as u16, 0, context.out) {
            return;
        }
        while self.requests.free_thread(context.now).is_some() {
            let Some((inbound, generation, request)) = self.requests.queue.pop_front() else { return };
            if self.requests.generation(inbound) == generation {
                self.work(inbound, generation, request, context);
            }
        }
        self.wake_handler(context);
    }

    /// A request that no thread holds is served when one is free.
    pub(super) fn serve_later(&mut self, inbound: u16, generation: u32, request: Request, context: &mut Context) {
        self.requests.queue.push_back((inbound, generation, request));
        self.wake_handler(context);
    }

    /// The disk returns: the threads that were stuck in it go on.
    pub(super) fn unstick_requests(&mut self, context: &mut Context) {
        for thread in &mut self.requests.threads {
            if *thread == Instant::NEVER {
                *thread = context.now;
            }
        }
        for (inbound, generation, request) in std::mem::take(&mut self.requests.stuck) {
            self.work(inbound, generation, request, context);
        }
        self.wake_handler(context);
    }

    /// An inbound connection is gone.
    pub(super) fn inbound_lost(&mut self, connection: Connection, context: &mut Context) {
        let inbound = self.requests.index(connection);
        let entry = &mut self.requests.inbound[usize::from(inbound)];
        entry.generation += 1;
        entry.free_at = context.now;
        entry.backlog.clear();
        self.end_session(inbound);
        self.group_connection_lost(connection);
        self.transactions_connection_lost(connection);
    }
}
