//! The active controller's side towards brokers: requests become records, and answers wait until those are committed.
//! After Kafka's QuorumController.

use super::cluster::{Cluster, Rules};
use super::quorum::Role;
use super::zookeeper::Office;
use super::{Controller, Kind};
use crate::message::{Message, Request, Response, administered};
use crate::metadata::{MetadataRecord, PartitionState};
use crate::node::{Connection, Context};
use highwater_model::trace::{Entry, Error, NodeState};
use highwater_model::{AdminAction, Duration, Instant, PartitionId};
use std::collections::VecDeque;

/// metadata.max.idle.interval.ms: time between NoOp records.
const IDLE_INTERVAL: Duration = Duration::from_millis(500);

/// What only the active controller has.
#[derive(Clone, Debug)]
pub(super) struct Active {
    pub cluster: Cluster,
    /// Does it decide yet?
    pub office: Office,
    /// Records that are gathered before they are written.
    batch: Vec<MetadataRecord>,
    /// Answers that wait until everything below an offset is committed, in the order of the offsets.
    answers: VecDeque<(u64, Asker, Response)>,
    /// Requests behind an answer of their own connection.
    backlog: VecDeque<(Connection, Request)>,
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asker {
    /// A node, on this connection.
    Connection(Connection),
    /// An administrator, with this action of the scenario's.
    Administrator(u16),
}

impl Active {
    /// A connection is gone: nobody waits for its answers.
    pub fn forget(&mut self, gone: Connection) {
        self.answers.retain(|(_, asker, _)| *asker != Asker::Connection(gone));
        self.backlog.retain(|(connection, _)| *connection != gone);
    }
}

fn rules<'a>(context: &Context<'a>) -> Rules<'a> {
    Rules { setup: context.setup, layout: context.layout, checks: context.checks }
}

impl Controller {
    /// The run begins in the middle of normal life.
    pub(super) fn start_steady(&mut self, context: &mut Context) {
        context.store.is_news(self.disk.epoch, self.high_watermark.saturating_sub(1));
        if matches!(self.role, Role::Leader(_)) {
            self.arm_check_quorum(context);
            self.announce_again(context);
            self.activate(Office::Held, context);
        } else {
            self.arm_fetch_timeout(context);
        }
    }

    /// Its own epoch has reached a majority, so all earlier records are committed and known: it decides from now on.
    fn activate(&mut self, office: Office, context: &mut Context) {
        let cluster = Cluster::activate(self.image.clone(), self.size.1, rules(context), context.now);
        let active = Active { cluster, office, batch: Vec::new(), answers: VecDeque::new(), backlog: VecDeque::new() };
        self.active = Some(Box::new(active));
        if office == Office::Held {
            context.out.tell(Entry::ControllerElected { controller: self.id, epoch: self.epoch() });
        }
        self.arm(Kind::Idle, context.now + IDLE_INTERVAL, context);
        self.arm_balance(context);
        self.arm_unclean_sweep(context);
        self.decided(context);
    }

    /// It leads the quorum no more. What was not committed may or may not come to be: brokers ask the next one.
    pub(super) fn step_down(&mut self, context: &mut Context) {
        self.release_all(context);
        let Some(active) = self.active.take() else { return };
        if active.office == Office::Held {
            context.out.tell(Entry::ControllerResigned { controller: self.id, epoch: self.disk.epoch });
        }
        for kind in [Kind::Linger, Kind::Idle, Kind::Session, Kind::Balance, Kind::UncleanSweep, Kind::TakeOver] {
            self.alarms[kind as usize].clear();
        }
        for (_, asker, answer) in active.answers {
            answer_to(asker, not_controller(&answer), context);
        }
        for (connection, request) in active.backlog {
            self.serve_control(connection, request, context);
        }
    }

    /// A broker's request to the active controller. One of a connection is served at a time.
    pub(super) fn serve_control(&mut self, connection: Connection, request: Request, context: &mut Context) {
        let Some(active) = &mut self.active else {
            send(connection, refuse(&request), context);
            return;
        };
        if active.answers.iter().any(|(_, waiting, _)| *waiting == Asker::Connection(connection)) {
            active.backlog.push_back((connection, request));
            return;
        }
        if active.office == Office::Awaited
            && let Some(answer) = active.ensemble_answer(&request, context)
        {
            send(connection, answer, context);
            return;
        }
        let cluster = &mut active.cluster;
        let (rules, now) = (rules(context), context.now);
        let answer = match &request {
            Request::BrokerRegistration(request) => Response::BrokerRegistration(cluster.register(request, rules, now)),
            Request::BrokerHeartbeat(request) => Response::BrokerHeartbeat(cluster.heartbeat(request, rules, now)),
            Request::AlterPartition(request) => Response::AlterPartition(cluster.alter_partitions(request, rules)),
            Request::Administer(action) => {
                Response::Administer(administered(*action), cluster.administer(*action, rules))
            }
            Request::AssignReplicasToDirs(request) => {
                Response::AssignReplicasToDirs(cluster.assign_directories(request, rules))
            }
            other => unreachable!("no broker sends {:?} to a controller", other.api()),
        };
        self.answer_when_committed(Asker::Connection(connection), answer, context);
    }

    /// An administrator asks, with the scenario's action of this number; false where this controller is not active.
    /// [`Entry::Administered`] tells the answer.
    pub fn administer(&mut self, number: u16, action: AdminAction, context: &mut Context) -> bool {
        let Some(active) = self.active.as_mut().filter(|_| self.state == NodeState::Running) else { return false };
        let answer = active.cluster.administer(action, rules(context));
        let answer = Response::Administer(administered(action), answer);
        self.answer_when_committed(Asker::Administrator(number), answer, context);
        true
    }

    fn answer_when_committed(&mut self, asker: Asker, answer: Response, context: &mut Context) {
        let end = self.decided(context);
        if end <= self.high_watermark {
            answer_to(asker, answer, context);
        } else if let Some(active) = &mut self.active {
            active.answers.push_back((end, asker, answer));
        }
    }

    /// An event is handled: its records are gathered for the log. Gives the offset up to which what it saw and wrote
    /// must be committed.
    pub(super) fn decided(&mut self, context: &mut Context) -> u64 {
        let Some(active) = &mut self.active else { return self.disk.log.end() };
        let written = active.cluster.take_written();
        let first = active.batch.is_empty() && !written.is_empty();
        active.batch.extend(written);
        let end = self.disk.log.end() + active.batch.len() as u64;
        assert_eq!(active.cluster.end(), end, "broker epochs are offsets in the log");
        if active.office == Office::Held {
            let check = active.cluster.next_session_check();
            self.arm(Kind::Session, check.max(context.now), context);
        }
        if first {
            let linger = u64::from(context.setup.cluster.controller_quorum_append_linger_ms);
            self.arm(Kind::Linger, context.now + Duration::from_millis(linger), context);
        }
        end
    }

    /// Writes the gathered records.
    pub(super) fn write_batch(&mut self, context: &mut Context) {
        if let Some(active) = &mut self.active {
            let batch = std::mem::take(&mut active.batch);
            self.append(batch, context);
        }
    }

    /// More is committed: answers go out, and what waited behind them is served. The first commit of its epoch makes
    /// the leader the active controller.
    pub(super) fn committed(&mut self, context: &mut Context) {
        if self.active.is_none() {
            let office = self.enter_office(context);
            self.activate(office, context);
        }
        loop {
            let Some(active) = &mut self.active else { return };
            let Some((end, ..)) = active.answers.front() else { return };
            if self.high_watermark < *end {
                return;
            }
            let Some((_, asker, answer)) = active.answers.pop_front() else { return };
            answer_to(asker, answer, context);
            if let Asker::Connection(connection) = asker {
                self.serve_next(connection, context);
            }
        }
    }

    fn serve_next(&mut self, connection: Connection, context: &mut Context) {
        let Some(active) = &mut self.active else { return };
        let next = active.backlog.iter().position(|(waiting, _)| *waiting == connection);
        if let Some((connection, request)) = next.and_then(|next| active.backlog.remove(next)) {
            self.serve_control(connection, request, context);
        }
    }

    /// A record that shows that the quorum lives.
    pub(super) fn write_no_op(&mut self, context: &mut Context) {
        self.decide(|cluster, _, _| cluster.write(MetadataRecord::NoOp), context);
        self.arm(Kind::Idle, context.now + IDLE_INTERVAL, context);
    }

    /// Fences one stale broker; the next one is the next event's.
    pub(super) fn fence_stale(&mut self, context: &mut Context) {
        self.decide(Cluster::fence_one_stale, context);
    }

    /// Moves leadership back to preferred replicas.
    pub(super) fn balance_leaders(&mut self, context: &mut Context) {
        self.decide(|cluster, rules, _| cluster.balance(rules), context);
        self.arm_balance(context);
    }

    /// Tries leaderless partitions again.
    pub(super) fn sweep_leaderless(&mut self, context: &mut Context) {
        self.decide(|cluster, rules, _| cluster.elect_uncleanly(rules), context);
        self.arm_unclean_sweep(context);
    }

    /// Writes a partition's state as somebody else says it, whatever would have been decided; true where it is active. For
    /// plays that need a certain leader, ISR or epoch.
    pub fn dictate(
        &mut self,
        partition: PartitionId,
        change: impl FnOnce(&mut PartitionState),
        context: &mut Context,
    ) -> bool {
        self.decide(|cluster, _, _| cluster.dictate(partition, change), context);
        self.active.is_some()
    }

    fn decide(&mut self, event: impl FnOnce(&mut Cluster, Rules, Instant), context: &mut Context) {
        if let Some(active) = &mut self.active
            && active.office == Office::Held
        {
            event(&mut active.cluster, rules(context), context.now);
            self.decided(context);
        }
    }

    fn arm_balance(&mut self, context: &mut Context) {
        let cluster = &context.setup.cluster;
        if cluster.auto_leader_rebalance_enable {
            let interval = Duration::from_secs(u64::from(cluster.leader_imbalance_check_interval_seconds));
            self.arm(Kind::Balance, context.now + interval, context);
        }
    }

    fn arm_unclean_sweep(&mut self, context: &mut Context) {
        let interval = Duration::from_millis(context.setup.cluster.unclean_leader_election_interval_ms);
        self.arm(Kind::UncleanSweep, context.now + interval, context);
    }
}

fn send(connection: Connection, answer: Response, context: &mut Context) {
    context.out.send(connection, Message::Response(answer));
}

fn answer_to(asker: Asker, answer: Response, context: &mut Context) {
    match (asker, answer) {
        (Asker::Connection(connection), answer) => send(connection, answer, context),
        (Asker::Administrator(fault), Response::Administer(_, result)) => {
            context.out.tell(Entry::Administered { fault, error: result.err() });
        }
        (Asker::Administrator(_), other) => unreachable!("no administrator asks for {:?}", other.api()),
    }
}

fn refuse(request: &Request) -> Response {
    match request {
        Request::Administer(action) => Response::Administer(administered(*action), Err(Error::NotController)),
        Request::AssignReplicasToDirs(_) => Response::AssignReplicasToDirs(Err(Error::NotController)),
        Request::BrokerRegistration(_) => Response::BrokerRegistration(Err(Error::NotController)),
        Request::BrokerHeartbeat(_) => Response::BrokerHeartbeat(Err(Error::NotController)),
        Request::AlterPartition(_) => Response::AlterPartition(Err(Error::NotController)),
        other => unreachable!("no broker sends {:?} to a controller", other.api()),
    }
}

fn not_controller(answer: &Response) -> Response {
    match answer {
        Response::BrokerRegistration(_) => Response::BrokerRegistration(Err(Error::NotController)),
        Response::BrokerHeartbeat(_) => Response::BrokerHeartbeat(Err(Error::NotController)),
        Response::Administer(api, _) => Response::Administer(*api, Err(Error::NotController)),
        Response::AssignReplicasToDirs(_) => Response::AssignReplicasToDirs(Err(Error::NotController)),
        other => {
            assert!(matches!(other, Response::AlterPartition(_)), "the controller answers five requests");
            Response::AlterPartition(Err(Error::NotController))
        }
    }
}
