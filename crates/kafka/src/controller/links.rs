//! A controller's connections to the other controllers: opened when needed, one request at a time each, given up when
//! an answer is overdue.

use crate::message::{Message, Request};
use crate::node::{Channel, Connection, Context, Effect};
use highwater_model::{ControllerId, Duration, Instant, NodeId};

/// controller.quorum.request.timeout.ms: an answer that takes longer costs the connection.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(2_000);
/// reconnect.backoff.ms: pause before a lost connection is opened again.
const RECONNECT_BACKOFF: Duration = Duration::from_millis(50);
/// controller.quorum.retry.backoff.ms: pause after an answer that was an error.
const RETRY_BACKOFF: Duration = Duration::from_millis(20);

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Closed { retry: Instant },
    Opening,
    Idle { ready: Instant },
    Waiting { since: Instant },
}

/// The connections that a controller opens: to each other controller one for votes, one for the log.
#[derive(Clone, Debug)]
pub(super) struct Links {
    own: ControllerId,
    /// By peer (index 0 is controller 1) and channel.
    links: Vec<[Link; 2]>,
}

const CHANNELS: [Channel; 2] = [Channel::Quorum, Channel::Metadata];

fn index(channel: Channel) -> usize {
    usize::from(channel == Channel::Metadata)
}

impl Links {
    /// None is open.
    pub fn new(own: ControllerId, controllers: u8) -> Self {
        Self { own, links: vec![[Link::Closed { retry: Instant::ZERO }; 2]; usize::from(controllers)] }
    }

    /// Sends a request if the connection is free; else sees to it that it will be, and the caller asks again then.
    pub fn send(&mut self, peer: ControllerId, channel: Channel, context: &mut Context, request: Request) {
        let connection = self.connection(peer, channel);
        let link = self.link(peer, channel);
        match *link {
            Link::Closed { retry } if retry <= context.now => {
                *link = Link::Opening;
                context.out.effects.push(Effect::Open(connection));
            }
            Link::Idle { ready } if ready <= context.now => {
                *link = Link::Waiting { since: context.now };
                context.out.send(connection, Message::Request(request));
            }
            Link::Closed { .. } | Link::Opening | Link::Idle { .. } | Link::Waiting { .. } => (),
        }
    }

    /// A connection is open.
    pub fn opened(&mut self, peer: ControllerId, channel: Channel) {
        *self.link(peer, channel) = Link::Idle { ready: Instant::ZERO };
    }

    /// A connection is gone.
    pub fn lost(&mut self, peer: ControllerId, channel: Channel, now: Instant) {
        *self.link(peer, channel) = Link::Closed { retry: now + RECONNECT_BACKOFF };
    }

    /// An answer came; was one awaited?
    pub fn answered(&mut self, peer: ControllerId, channel: Channel) -> bool {
        let link = self.link(peer, channel);
        let awaited = matches!(link, Link::Waiting { .. });
        if awaited {
            *link = Link::Idle { ready: Instant::ZERO };
        }
        awaited
    }

    /// The answer was an error: the next request waits a little.
    pub fn back_off(&mut self, peer: ControllerId, channel: Channel, now: Instant) {
        *self.link(peer, channel) = Link::Idle { ready: now + RETRY_BACKOFF };
    }

    /// Closes connections whose answers are overdue.
    pub fn expire(&mut self, context: &mut Context) {
        for peer in (1..=self.links.len() as u8).map(ControllerId) {
            for channel in CHANNELS {
                let connection = self.connection(peer, channel);
                let link = self.link(peer, channel);
                if matches!(*link, Link::Waiting { since } if since + REQUEST_TIMEOUT <= context.now) {
                    *link = Link::Closed { retry: context.now + RECONNECT_BACKOFF };
                    context.out.effects.push(Effect::Close(connection));
                }
            }
        }
    }

    /// When next something about a connection is due.
    pub fn next_due(&self, now: Instant) -> Instant {
        let due = |link: &Link| match *link {
            Link::Closed { retry: at } | Link::Idle { ready: at } => Some(at).filter(|at| now < *at),
            Link::Waiting { since } => Some(since + REQUEST_TIMEOUT),
            Link::Opening => None,
        };
        self.links.iter().flatten().filter_map(due).min().unwrap_or(Instant::NEVER)
    }

    fn connection(&self, peer: ControllerId, channel: Channel) -> Connection {
        Connection { client: NodeId::Controller(self.own), server: NodeId::Controller(peer), channel }
    }

    fn link(&mut self, peer: ControllerId, channel: Channel) -> &mut Link {
        &mut self.links[usize::from(peer.0) - 1][index(channel)]
    }
}
