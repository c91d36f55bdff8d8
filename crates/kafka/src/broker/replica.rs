//! A replica on a broker: its log, its high watermark, and, while it leads, what a leader knows of its followers and
//! of its producers.

use super::producers::{ProducerStates, ReadAlong};
use super::stability::Stability;
use crate::checks::{Check, Checks};
use crate::log::Log;
use crate::metadata::{Image, Replicas};
use highwater_model::settings::VersionSettings;
use highwater_model::trace::Error;
use highwater_model::{BrokerId, BrokerSet, Duration, Instant};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// A replica of one partition.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    pub log: Log,
    /// Everything below is committed, as far as this replica knows; lost with the process.
    pub high_watermark: u64,
    /// The high watermark's last checkpoint, on disk.
    pub checkpointed_high_watermark: u64,
    pub role: Role,
    pub leader_epoch: i32,
    pub partition_epoch: i32,
    /// All replicas, in order of preference.
    pub replicas: Replicas,
    /// In which log directory it is, from 1.
    pub dir: u8,
    /// Inbound connections whose fetch session has this partition.
    pub readers: SmallVec<[u16; 4]>,
    /// The leader whose log its own was last brought in line with; none while it leads, and in a new process.
    pub followed: Option<BrokerId>,
    /// What it knew of its followers when it last led; empty unless [`Check::ForgetFollowers`] is off.
    pub former_followers: Vec<Follower>,
    /// What it has read in its log of transactions, while it follows: read_committed consumers read from it up to its
    /// own last stable offset. None while nobody does.
    pub read_along: Option<Box<ReadAlong>>,
}

/// What a replica is at the moment.
#[derive(Clone, Debug)]
pub(super) enum Role {
    /// Neither: the process has not read any metadata yet.
    Idle,
    /// It follows this leader, or waits for one.
    Follower(Option<BrokerId>),
    /// It leads.
    Leader(Box<Leader>),
    /// Its log directory failed: it is out of reach as long as this process lives.
    Offline,
}

/// What a leader knows.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    /// The last committed ISR.
    pub isr: BrokerSet,
    /// A proposal that the controller has not answered.
    pub proposed: Option<Proposed>,
    /// The log end when this leadership began.
    pub epoch_start: u64,
    pub followers: SmallVec<[Follower; 3]>,
    /// acks=all requests: (offset that must be committed, ticket), in order of the offset.
    pub waiting: VecDeque<(u64, u32)>,
    pub producers: ProducerStates,
    /// Elected uncleanly and not confirmed yet.
    pub recovering: bool,
}

/// A proposed ISR and the maximal ISR while it is pending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proposed {
    pub isr: BrokerSet,
    pub maximal: BrokerSet,
    /// Not to be sent again: only new metadata settles it.
    pub waits_for_metadata: bool,
}

/// What a leader knows of a follower.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    pub broker: BrokerId,
    /// Its log end; none before its first fetch in this leadership.
    pub end: Option<u64>,
    pub last_fetch_leader_end: u64,
    pub last_fetch: Instant,
    pub last_caught_up: Instant,
    /// The broker epoch of its last fetch; none: not known (an unregistered broker's -1).
    pub broker_epoch: Option<u64>,
}

impl Follower {
    /// Never heard of.
    fn unknown(broker: BrokerId) -> Self {
        Self {
            broker,
            end: None,
            last_fetch_leader_end: 0,
            last_fetch: Instant::ZERO,
            last_caught_up: Instant::ZERO,
            broker_epoch: None,
        }
    }

    /// Takes note of a fetch at offset `end`, while the leader's log ended at `leader_end`.
    pub fn fetched(&mut self, end: u64, leader_end: u64, now: Instant, broker_epoch: Option<u64>) {
        if leader_end <= end {
            self.last_caught_up = self.last_caught_up.max(now);
        } else if self.last_fetch_leader_end <= end {
            self.last_caught_up = self.last_caught_up.max(self.last_fetch);
        }
        self.last_fetch_leader_end = self.last_fetch_leader_end.max(leader_end);
        self.last_fetch = now;
        self.end = Some(end);
        self.broker_epoch = broker_epoch;
    }

    /// Is it in sync, in time or in offset?
    pub fn is_caught_up(&self, leader_end: u64, now: Instant, lag_max: Duration) -> bool {
        self.end == Some(leader_end) || now.since(self.last_caught_up) <= lag_max
    }
}

impl Leader {
    /// A new leadership that begins at this log end.
    pub fn new(replicas: &Replicas, own: BrokerId, isr: BrokerSet, epoch_start: u64, recovering: bool) -> Self {
        Self {
            isr,
            proposed: None,
            epoch_start,
            followers: replicas.iter().filter(|broker| **broker != own).map(|b| Follower::unknown(*b)).collect(),
            waiting: VecDeque::new(),
            producers: ProducerStates::default(),
            recovering,
        }
    }

    /// Another assignment: replicas that are new have never fetched, those that are gone count no more.
    pub fn assign(&mut self, replicas: &Replicas, own: BrokerId) {
        self.followers.retain(|follower| replicas.contains(&follower.broker));
        for broker in replicas.iter().filter(|broker| **broker != own) {
            if self.follower(*broker).is_none() {
                self.followers.push(Follower::unknown(*broker));
            }
        }
    }

    /// The members that must have a record before it is committed.
    pub fn maximal_isr(&self) -> BrokerSet {
        self.proposed.map_or(self.isr, |proposed| proposed.maximal)
    }

    /// The follower of this id.
    pub fn follower(&mut self, broker: BrokerId) -> Option<&mut Follower> {
        self.followers.iter_mut().find(|follower| follower.broker == broker)
    }

    /// After an epoch change: ISR members have the full lag allowance from now on, others none.
    pub fn reset_followers(&mut self, now: Instant, forget: bool) {
        let isr = self.isr;
        for follower in &mut self.followers {
            if forget {
                *follower = Follower::unknown(follower.broker);
            }
            follower.last_caught_up = if isr.contains(follower.broker) { now } else { Instant::ZERO };
        }
    }

    /// How far the high watermark may go: the least log end of the maximal ISR, and of eligible followers that are
    /// nearly in sync.
    pub fn high_watermark_candidate(
        &self,
        end: u64,
        now: Instant,
        lag_max: Duration,
        image: &Image,
        version: &VersionSettings,
        checks: Checks,
    ) -> u64 {
        let counted = if checks.on(Check::MaximalIsr) { self.maximal_isr() } else { self.isr };
        let mut candidate = end;
        for follower in &self.followers {
            let counts = counted.contains(follower.broker)
                || checks.on(Check::WaitForCaughtUp)
                    && follower.is_caught_up(end, now, lag_max)
                    && is_eligible(follower, image, version);
            if counts {
                // Before its first fetch in this leadership a member holds everything back.
                candidate = candidate.min(follower.end.unwrap_or(0));
            }
        }
        candidate
    }
}

/// May the follower be in the ISR: neither fenced nor shutting down, and the same process as the image knows?
pub(super) fn is_eligible(follower: &Follower, image: &Image, version: &VersionSettings) -> bool {
    image.may_be_in_isr(follower.broker, version)
        && follower.broker_epoch.is_none_or(|epoch| image.broker(follower.broker).is_some_and(|b| b.epoch == epoch))
}

impl Replica {
    /// A replica with an empty log and no role.
    pub fn new(log: Log, replicas: Replicas, dir: u8) -> Self {
        Self {
            log,
            high_watermark: 0,
            checkpointed_high_watermark: 0,
            role: Role::Idle,
            leader_epoch: -1,
            partition_epoch: -1,
            replicas,
            dir,
            readers: SmallVec::new(),
            followed: None,
            former_followers: Vec::new(),
            read_along: None,
        }
    }

    /// Everything below is decided: committed, and of no transaction that may still be aborted.
    pub fn last_stable(&self) -> u64 {
        self.stability().map_or(self.high_watermark, |stability| stability.last_stable(self.high_watermark))
    }

    /// What it knows of transactions, if it leads, or follows and is read from.
    pub fn stability(&self) -> Option<&Stability> {
        match (&self.role, &self.read_along) {
            (Role::Leader(leader), _) => Some(&leader.producers.stability),
            (_, Some(along)) => Some(&along.states.stability),
            (_, None) => None,
        }
    }

    /// The same, to be changed.
    pub fn stability_mut(&mut self) -> Option<&mut Stability> {
        match (&mut self.role, &mut self.read_along) {
            (Role::Leader(leader), _) => Some(&mut leader.producers.stability),
            (_, Some(along)) => Some(&mut along.states.stability),
            (_, None) => None,
        }
    }

    /// What it knows as leader, if it leads.
    pub fn leader(&self) -> Option<&Leader> {
        match &self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }

    /// What it knows as leader, or why it does not lead.
    pub fn leading(&self) -> Result<&Leader, Error> {
        match &self.role {
            Role::Leader(leader) => Ok(leader),
            Role::Offline => Err(Error::KafkaStorageError),
            Role::Idle | Role::Follower(_) => Err(Error::NotLeaderOrFollower),
        }
    }

    /// What it knows as leader, or why it does not lead.
    pub fn leading_mut(&mut self) -> Result<&mut Leader, Error> {
        match &mut self.role {
            Role::Leader(leader) => Ok(leader),
            Role::Offline => Err(Error::KafkaStorageError),
            Role::Idle | Role::Follower(_) => Err(Error::NotLeaderOrFollower),
        }
    }

    /// What it knows as leader, if it leads.
    pub fn leader_mut(&mut self) -> Option<&mut Leader> {
        match &mut self.role {
            Role::Leader(leader) => Some(leader),
            _ => None,
        }
    }
}
