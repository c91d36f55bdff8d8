//! Who leads the quorum: Kafka's Raft with pre-vote (KIP-996) and check quorum. After
//! org.apache.kafka.raft.{KafkaRaftClient, QuorumState} and the states beside them.

use super::zookeeper::Predecessor;
use super::{Controller, Kind};
use crate::checks::Check;
use crate::message::{FetchMetadataRequest, Message, QuorumEpoch, Request, Response, VoteAnswer, VoteRequest};
use crate::metadata::MetadataRecord;
use crate::node::{Channel, Connection, Context};
use highwater_model::{ControllerId, Duration, Instant};

/// A set of voters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Voters(u8);

impl Voters {
    /// One voter.
    pub fn only(voter: ControllerId) -> Self {
        Self(1 << voter.0)
    }

    /// All of so many.
    fn all(controllers: u8) -> Self {
        Self(((1u16 << (controllers + 1)) - 2) as u8)
    }

    /// Adds one.
    pub fn insert(&mut self, voter: ControllerId) {
        self.0 |= 1 << voter.0;
    }

    /// Takes one out.
    fn remove(&mut self, voter: ControllerId) {
        self.0 &= !(1 << voter.0);
    }

    /// Is it in the set?
    pub fn contains(self, voter: ControllerId) -> bool {
        self.0 & 1 << voter.0 != 0
    }

    /// How many.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }
}

/// What came in of an election.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ballot {
    granted: Voters,
    rejected: Voters,
}

impl Ballot {
    fn own(voter: ControllerId) -> Self {
        Self { granted: Voters::only(voter), rejected: Voters::default() }
    }

    fn record(&mut self, voter: ControllerId, granted: bool) {
        if granted {
            self.granted.insert(voter);
        } else {
            self.rejected.insert(voter);
        }
    }

    fn heard(&self, voter: ControllerId) -> bool {
        self.granted.contains(voter) || self.rejected.contains(voter)
    }
}

/// What a leader knows of a voter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The end of its log, as its last fetch said: it is on its disk.
    pub end: u64,
    /// When it last fetched.
    pub fetched: Instant,
}

/// A leader's state.
#[derive(Clone, Debug)]
pub(super) struct Leading {
    /// The offset of the epoch's first record: only from there on a majority commits.
    pub epoch_start: u64,
    /// By voter; index 0 is controller 1.
    pub progress: Vec<Progress>,
    /// Who fetched since the check-quorum timeout was last set.
    pub fetched: Voters,
    /// Who knows of the leader.
    pub informed: Voters,
}

impl Leading {
    fn new(controllers: u8, epoch_start: u64, now: Instant, informed: Voters) -> Self {
        Self {
            epoch_start,
            progress: vec![Progress { end: 0, fetched: now }; usize::from(controllers)],
            fetched: Voters::default(),
            informed,
        }
    }
}

/// A voter's role.
#[derive(Clone, Debug)]
pub(super) enum Role {
    /// It knows no leader of the epoch.
    Unattached,
    /// It follows; `fetched`: this leader answered it at least once.
    Follower { leader: ControllerId, fetched: bool },
    /// It asks whether it would be elected, without a new epoch (KIP-996).
    Prospective { leader: Option<ControllerId>, ballot: Ballot },
    /// It stands in a new epoch.
    Candidate { ballot: Ballot },
    /// It leads.
    Leader(Leading),
    /// It led, and tells the others that it no longer does.
    Resigned { told: Voters },
}

impl Role {
    /// In the middle of normal life.
    pub fn steady(id: ControllerId, leader: ControllerId, controllers: u8, end: u64) -> Self {
        if id != leader {
            return Role::Follower { leader, fetched: true };
        }
        let mut leading = Leading::new(controllers, 0, Instant::ZERO, Voters::all(controllers));
        leading.progress.iter_mut().for_each(|progress| progress.end = end);
        Role::Leader(leading)
    }

    /// A leader whose epoch begins there, and that has heard of nobody yet.
    #[cfg(test)]
    pub fn leading_since(epoch_start: u64, controllers: u8) -> Self {
        Role::Leader(Leading::new(controllers, epoch_start, Instant::ZERO, Voters::all(controllers)))
    }
}

/// A voter's raft thread notices a timeout when it comes round: timers tick in milliseconds, and scheduling and garbage
/// collection come between. Without this all voters, whose fetches a leader answers at the same moment, would stand at
/// the same microsecond, and every election would be split; real ones mostly are not (lab fact 11: 2 to 3.4 s).
const NOTICE_MAX: Duration = Duration::from_millis(5);

/// Between the voters that stand one after another when a leader has resigned.
const SUCCESSOR_STEP: Duration = Duration::from_millis(100);

impl Controller {
    /// The leader it knows.
    pub(super) fn leader(&self) -> Option<ControllerId> {
        match &self.role {
            Role::Follower { leader, .. } => Some(*leader),
            Role::Prospective { leader, .. } => *leader,
            Role::Leader(_) => Some(self.id),
            Role::Unattached | Role::Candidate { .. } | Role::Resigned { .. } => None,
        }
    }

    /// Is this more than half of all voters?
    pub(super) fn is_majority(&self, voters: u32) -> bool {
        u32::from(self.size.0) < 2 * voters
    }

    /// It comes back with what is on its disk. A leader may not lead its epoch again: it may have told of records that
    /// did not reach the disk.
    pub(super) fn rejoin(&mut self, context: &mut Context) {
        match self.disk.leader {
            Some(leader) if leader == self.id => {
                self.role = Role::Resigned { told: Voters::only(self.id) };
                self.arm_election_timeout(context);
            }
            Some(leader) => self.become_follower(self.disk.epoch, leader, context),
            None => self.arm_election_timeout(context),
        }
    }

    /// The role has lasted too long.
    pub(super) fn role_overdue(&mut self, context: &mut Context) {
        match self.role {
            Role::Unattached | Role::Follower { .. } | Role::Candidate { .. } => self.become_prospective(context),
            Role::Prospective { .. } => self.lose_pre_vote(context),
            Role::Leader(_) => self.resign(context), // no majority fetched for 1.5 fetch timeouts (P-TLA-13)
            Role::Resigned { .. } => self.become_unattached(self.disk.epoch + 1, context),
        }
    }

    /// Before 4.0 a voter stands without asking first.
    fn become_prospective(&mut self, context: &mut Context) {
        if !context.setup.version.pre_vote {
            self.become_candidate(context);
            return;
        }
        self.role = Role::Prospective { leader: self.leader(), ballot: Ballot::own(self.id) };
        self.arm_election_timeout(context);
        self.count_votes(context);
    }

    /// Too few would elect it: it goes back to the leader that it knew.
    fn lose_pre_vote(&mut self, context: &mut Context) {
        match self.leader() {
            Some(leader) => self.become_follower(self.disk.epoch, leader, context),
            None => {
                self.role = Role::Unattached;
                self.arm_election_timeout(context);
            }
        }
    }

    fn become_candidate(&mut self, context: &mut Context) {
        self.disk.epoch += 1;
        self.disk.voted = Some(self.id);
        self.disk.leader = None;
        self.role = Role::Candidate { ballot: Ballot::own(self.id) };
        self.arm_election_timeout(context);
        self.count_votes(context);
    }

    fn become_leader(&mut self, context: &mut Context) {
        let epoch_start = self.disk.log.end();
        self.disk.leader = Some(self.id);
        self.role = Role::Leader(Leading::new(self.size.0, epoch_start, context.now, Voters::only(self.id)));
        self.arm_check_quorum(context);
        self.arm(Kind::Announce, context.now + announce_interval(context), context);
        self.append(vec![MetadataRecord::LeaderChange(self.id)], context);
    }

    pub(super) fn become_follower(&mut self, epoch: i32, leader: ControllerId, context: &mut Context) {
        self.enter_epoch(epoch);
        self.disk.leader = Some(leader);
        self.predecessor = Predecessor::Silent;
        self.take_role(Role::Follower { leader, fetched: false }, context);
        self.arm_fetch_timeout(context);
    }

    /// A newer epoch without a leader. What was left of a timeout goes on, so that a voter that cannot win does not
    /// keep others from standing.
    fn become_unattached(&mut self, epoch: i32, context: &mut Context) {
        self.enter_epoch(epoch);
        let fresh = matches!(self.role, Role::Leader(_) | Role::Resigned { .. });
        self.take_role(Role::Unattached, context);
        if fresh {
            self.arm_election_timeout(context);
        }
    }

    /// It leads no more, and says so.
    pub(super) fn resign(&mut self, context: &mut Context) {
        self.take_role(Role::Resigned { told: Voters::only(self.id) }, context);
        self.arm_election_timeout(context);
    }

    fn take_role(&mut self, role: Role, context: &mut Context) {
        let led = matches!(self.role, Role::Leader(_));
        self.role = role;
        if led {
            self.step_down(context);
        }
    }

    fn enter_epoch(&mut self, epoch: i32) {
        assert!(self.disk.epoch <= epoch, "epochs never go back");
        if self.disk.epoch < epoch {
            self.disk.epoch = epoch;
            self.disk.voted = None;
            self.disk.leader = None;
        }
    }

    /// Somebody spoke of an epoch and its leader; takes over what is newer.
    pub(super) fn learn(&mut self, epoch: i32, leader: Option<ControllerId>, context: &mut Context) {
        let leader = leader.filter(|leader| *leader != self.id);
        let newer = self.disk.epoch < epoch;
        match leader {
            Some(leader) if newer || self.disk.epoch == epoch && self.lacks_leader() => {
                self.become_follower(epoch, leader, context);
            }
            None if newer => self.become_unattached(epoch, context),
            _ => (),
        }
    }

    fn lacks_leader(&self) -> bool {
        !matches!(self.role, Role::Resigned { .. }) && self.leader().is_none()
    }

    /// A candidate, or one that would be, asks for a vote.
    pub(super) fn serve_vote(&mut self, connection: Connection, request: VoteRequest, context: &mut Context) {
        if self.disk.epoch < request.epoch {
            self.become_unattached(request.epoch, context);
        }
        let granted = request.epoch == self.disk.epoch && self.grants(&request, context);
        if granted && !request.pre_vote {
            self.disk.voted = Some(request.candidate);
        }
        let answer = VoteAnswer { epoch: self.disk.epoch, leader: self.leader(), granted, pre_vote: request.pre_vote };
        let time = if granted && !request.pre_vote { fsync(context) } else { Duration::ZERO };
        context.out.send_after(time, connection, Message::Response(Response::Vote(answer)));
    }

    fn grants(&self, request: &VoteRequest, context: &Context) -> bool {
        let own = (self.disk.log.last_epoch(), self.disk.log.end());
        let checked = context.checks.on(Check::VoteOnce);
        if !checked && !request.pre_vote {
            return true;
        }
        let up_to_date = own <= request.log || !checked || !context.checks.on(Check::VoteForLongLog);
        if !request.pre_vote {
            let free = self.leader().is_none() && matches!(self.role, Role::Unattached | Role::Prospective { .. });
            return match self.disk.voted {
                Some(voted) => voted == request.candidate,
                None => free && up_to_date,
            };
        }
        match self.role {
            // A follower that hears its leader lets nobody disturb it (P-TLA-12).
            Role::Follower { fetched, .. } => !fetched && up_to_date,
            Role::Leader(_) => false,
            Role::Unattached | Role::Prospective { .. } | Role::Candidate { .. } | Role::Resigned { .. } => up_to_date,
        }
    }

    /// A vote came.
    pub(super) fn voted(&mut self, peer: ControllerId, answer: VoteAnswer, context: &mut Context) {
        self.learn(answer.epoch, answer.leader, context);
        if answer.epoch != self.disk.epoch {
            return;
        }
        match &mut self.role {
            Role::Prospective { ballot, .. } if answer.pre_vote => ballot.record(peer, answer.granted),
            Role::Candidate { ballot } if !answer.pre_vote => ballot.record(peer, answer.granted),
            _ => return,
        }
        self.count_votes(context);
    }

    fn count_votes(&mut self, context: &mut Context) {
        match self.role {
            Role::Prospective { ballot, .. } if self.is_majority(ballot.granted.len()) => {
                self.become_candidate(context);
            }
            Role::Prospective { ballot, .. } if self.is_majority(ballot.rejected.len()) => self.lose_pre_vote(context),
            Role::Candidate { ballot } if self.is_majority(ballot.granted.len()) => self.become_leader(context),
            Role::Candidate { ballot } if self.is_majority(ballot.rejected.len()) => {
                // It need not wait for the rest of its timeout; a random pause keeps losers apart.
                let pause = context.dice.duration(Duration::ZERO, backoff_max(context));
                let due = self.alarms[Kind::Role as usize].due().min(context.now + pause);
                self.arm(Kind::Role, due, context);
            }
            _ => (),
        }
    }

    /// A leader announces itself.
    pub(super) fn serve_begin(&mut self, connection: Connection, begin: QuorumEpoch, context: &mut Context) {
        self.learn(begin.epoch, Some(begin.leader), context);
        context.out.send(connection, Message::Response(Response::QuorumEpoch(self.disk.epoch)));
    }

    /// A leader gives up: voters stand one after another, in the order of their numbers, not all at once.
    pub(super) fn serve_end(&mut self, connection: Connection, end: QuorumEpoch, context: &mut Context) {
        self.learn(end.epoch, Some(end.leader), context);
        if self.disk.epoch == end.epoch && self.leader() == Some(end.leader) {
            self.predecessor = Predecessor::Resigned;
            let before = u64::from(self.id.0 - 1) - u64::from(end.leader < self.id);
            let pause = SUCCESSOR_STEP.times(before).min(backoff_max(context));
            self.arm(Kind::Role, context.now + pause, context);
        }
        context.out.send(connection, Message::Response(Response::QuorumEpoch(self.disk.epoch)));
    }

    /// A voter heard of the leader's beginning or end.
    pub(super) fn acknowledged(&mut self, peer: ControllerId, epoch: i32, context: &mut Context) {
        self.learn(epoch, None, context);
        match &mut self.role {
            Role::Leader(leading) => leading.informed.insert(peer),
            Role::Resigned { told } => told.insert(peer),
            _ => (),
        }
    }

    /// Voters that have not fetched for a while may not know who leads: they may have been away.
    pub(super) fn announce_again(&mut self, context: &mut Context) {
        let (interval, now) = (announce_interval(context), context.now);
        let Role::Leader(leading) = &mut self.role else { return };
        for (peer, progress) in (1..).map(ControllerId).zip(&leading.progress) {
            if progress.fetched + interval < now && peer != self.id {
                leading.informed.remove(peer);
            }
        }
        self.arm(Kind::Announce, now + interval, context);
    }

    /// Sends to each peer what the role has to say to it, where the connection is free.
    pub(super) fn ask_peers(&mut self, context: &mut Context) {
        let (own, epoch) = (self.id, self.disk.epoch);
        let log = (self.disk.log.last_epoch(), self.disk.log.end());
        for peer in (1..=self.size.0).map(ControllerId).filter(|peer| *peer != own) {
            let (channel, request) = match &self.role {
                Role::Follower { leader, .. } if *leader == peer && self.flushing.is_none() => {
                    let (last_epoch, offset) = log;
                    let fetch = FetchMetadataRequest { voter: Some(own), epoch, offset, last_epoch };
                    (Channel::Metadata, Request::FetchMetadata(fetch))
                }
                Role::Prospective { ballot, .. } if !ballot.heard(peer) => {
                    (Channel::Quorum, Request::Vote(VoteRequest { candidate: own, epoch, log, pre_vote: true }))
                }
                Role::Candidate { ballot } if !ballot.heard(peer) => {
                    (Channel::Quorum, Request::Vote(VoteRequest { candidate: own, epoch, log, pre_vote: false }))
                }
                Role::Leader(leading) if !leading.informed.contains(peer) => {
                    (Channel::Quorum, Request::BeginQuorumEpoch(QuorumEpoch { leader: own, epoch }))
                }
                Role::Resigned { told } if !told.contains(peer) => {
                    (Channel::Quorum, Request::EndQuorumEpoch(QuorumEpoch { leader: own, epoch }))
                }
                _ => continue,
            };
            self.links.send(peer, channel, context, request);
        }
        let due = self.links.next_due(context.now);
        self.arm(Kind::Links, due, context);
    }

    fn arm_election_timeout(&mut self, context: &mut Context) {
        let timeout = Duration::from_millis(u64::from(context.setup.cluster.controller_quorum_election_timeout_ms));
        let wait = context.dice.duration(timeout, timeout.times(2));
        self.arm(Kind::Role, context.now + wait, context);
    }

    pub(super) fn arm_fetch_timeout(&mut self, context: &mut Context) {
        let notice = context.dice.duration(Duration::ZERO, NOTICE_MAX);
        let due = context.now + fetch_timeout(context) + notice;
        self.arm(Kind::Role, due, context);
    }

    /// A leader without a majority of fetches for 1.5 fetch timeouts resigns; alone, it needs nobody.
    pub(super) fn arm_check_quorum(&mut self, context: &mut Context) {
        let due =
            if self.size.0 == 1 { Instant::NEVER } else { context.now + Duration(fetch_timeout(context).0 / 2 * 3) };
        self.arm(Kind::Role, due, context);
    }
}

fn fetch_timeout(context: &Context) -> Duration {
    Duration::from_millis(u64::from(context.setup.cluster.controller_quorum_fetch_timeout_ms))
}

fn backoff_max(context: &Context) -> Duration {
    Duration::from_millis(u64::from(context.setup.cluster.controller_quorum_election_backoff_max_ms))
}

/// How often voters that do not fetch are told who leads: half a fetch timeout.
fn announce_interval(context: &Context) -> Duration {
    Duration(fetch_timeout(context).0 / 2)
}

/// How long an fsync of the log or of the vote takes.
pub(super) fn fsync(context: &Context) -> Duration {
    Duration::from_micros(u64::from(context.setup.environment.fsync_us))
}
