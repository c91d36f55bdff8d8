//! Rules on packets, for tests: hold, drop, delay or catch those that match. The first rule that decides wins.

use crate::network::End;
use highwater_kafka::message::Request;
use highwater_kafka::node::Connection;
use highwater_model::trace::Api;
use highwater_model::{Duration, NodeId};

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing special.
    Pass,
    /// It arrives so much later, and what is sent after it on its connection later still.
    Delay(Duration),
    /// It waits until it is released, and what is sent after it on its connection waits behind it.
    Hold,
    /// It never arrives, nor does what is sent after it on its connection, and nobody is told.
    Drop,
    /// A request arrives, but its receiver is not given it: whoever made the rule answers in its name.
    Catch,
    /// A request arrives as usual, and whoever made the rule is told what it asks.
    Overhear,
}

/// Names a rule, as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId(u32);

/// A request that a rule caught, to be answered by [`crate::World::say`] in the name of its receiver; or overheard.
#[derive(Clone, Debug)]
pub struct Caught {
    /// By which rule.
    pub rule: RuleId,
    /// On which connection it came.
    pub connection: Connection,
    /// What it asks.
    pub request: Request,
    /// Does its receiver not get it?
    pub kept: bool,
}

/// A request on its way that is caught, or overheard, where it arrives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToCatch {
    pub rule: RuleId,
    pub packet: u32,
    pub connection: Connection,
    /// Answers on its connection that come before its own.
    pub ahead: u32,
    /// Does its receiver not get it?
    pub keeps: bool,
}

/// A direction of a connection: its wire, the receiving end, the connection's generation.
pub(crate) type Way = (u32, End, u32);

/// Which packets, and what happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Sent by whom; none: anybody.
    pub from: Option<NodeId>,
    /// For whom; none: anybody.
    pub to: Option<NodeId>,
    /// Which request's; none: any.
    pub api: Option<Api>,
    /// A response (true), a request (false); none: either.
    pub response: Option<bool>,
    /// How many packets it still decides about; none: all.
    pub times: Option<u32>,
    /// What happens.
    pub verdict: Verdict,
}

/// All rules, and the packets they hold.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    rules: Vec<(RuleId, Rule)>,
    made: u32,
    held: Vec<(RuleId, u32)>,
    /// Directions of connections in which something is held or was lost.
    stuck: Vec<(Way, RuleId, Verdict)>,
    to_catch: Vec<ToCatch>,
    /// Each with the answers on its connection that come before its own.
    caught: Vec<(Caught, u32)>,
}

impl Rules {
    /// Adds a rule, after those there are.
    pub fn add(&mut self, rule: Rule) -> RuleId {
        let id = RuleId(self.made);
        self.made += 1;
        self.rules.push((id, rule));
        id
    }

    /// Takes a rule away. What it holds stays held.
    pub fn remove(&mut self, id: RuleId) {
        self.rules.retain(|(own, _)| *own != id);
    }

    /// The requests that were caught since this was last asked, and whose turn it is: a client takes the answers of a
    /// connection in the order of its requests.
    pub fn take_caught(&mut self) -> Vec<Caught> {
        let (due, later) = std::mem::take(&mut self.caught).into_iter().partition(|(_, ahead)| *ahead == 0);
        self.caught = later;
        let due: Vec<(Caught, u32)> = due;
        due.into_iter().map(|(caught, _)| caught).collect()
    }

    /// An answer is sent on this connection.
    pub(crate) fn note_answer(&mut self, connection: Connection) {
        let coming = self.to_catch.iter_mut().filter(|own| own.connection == connection).map(|own| &mut own.ahead);
        let there = self.caught.iter_mut().filter(|(own, _)| own.connection == connection).map(|(_, ahead)| ahead);
        coming.chain(there).for_each(|ahead| *ahead = ahead.saturating_sub(1));
    }

    /// No rules any more. What is held stays held.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// Packets that are held.
    pub fn held(&self) -> u32 {
        self.held.len() as u32
    }

    pub(crate) fn judge(&mut self, from: NodeId, to: NodeId, api: Api, response: bool) -> (RuleId, Verdict) {
        let is = |rule: &Rule| {
            rule.from.is_none_or(|node| node == from)
                && rule.to.is_none_or(|node| node == to)
                && rule.api.is_none_or(|of| of == api)
                && rule.response.is_none_or(|of| of == response)
                && rule.times != Some(0)
        };
        let Some((id, rule)) = self.rules.iter_mut().find(|(_, rule)| is(rule)) else {
            return (RuleId(0), Verdict::Pass);
        };
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        (*id, rule.verdict)
    }

    /// What becomes of a packet because of one that was sent before it on this way: nothing overtakes in a connection
    /// (decision 10).
    pub(crate) fn behind(&self, way: Way) -> Option<(RuleId, Verdict)> {
        self.stuck.iter().find(|(own, ..)| *own == way).map(|(_, rule, verdict)| (*rule, *verdict))
    }

    pub(crate) fn hold(&mut self, rule: RuleId, packet: u32, way: Way) {
        self.held.push((rule, packet));
        self.note_stuck(rule, Verdict::Hold, way);
    }

    /// A packet is lost: what is sent behind it on its connection does not get through either, until that is given up.
    pub(crate) fn note_drop(&mut self, rule: RuleId, way: Way) {
        self.note_stuck(rule, Verdict::Drop, way);
    }

    fn note_stuck(&mut self, rule: RuleId, verdict: Verdict, way: Way) {
        if self.behind(way).is_none() {
            let (wire, to, _) = way;
            self.stuck.retain(|((own, end, _), ..)| (*own, *end) != (wire, to));
            self.stuck.push((way, rule, verdict));
        }
    }

    /// The packets that a rule holds, or all that are held.
    pub(crate) fn release(&mut self, rule: Option<RuleId>) -> Vec<u32> {
        let goes = |own: &RuleId| rule.is_none_or(|rule| rule == *own);
        self.stuck.retain(|(_, own, verdict)| *verdict != Verdict::Hold || !goes(own));
        let (go, stay) = std::mem::take(&mut self.held).into_iter().partition(|(own, _)| goes(own));
        self.held = stay;
        let go: Vec<(RuleId, u32)> = go;
        go.into_iter().map(|(_, packet)| packet).collect()
    }

    pub(crate) fn catch_on_arrival(&mut self, request: ToCatch) {
        self.to_catch.push(request);
    }

    /// Is this packet, which arrives, caught or overheard?
    pub(crate) fn catches(&mut self, packet: u32) -> Option<ToCatch> {
        let place = self.to_catch.iter().position(|own| own.packet == packet)?;
        Some(self.to_catch.swap_remove(place))
    }

    /// The connection is another: requests that were caught on it are gone with it.
    pub(crate) fn forget(&mut self, connection: Connection) {
        self.to_catch.retain(|own| own.connection != connection);
        self.caught.retain(|(own, _)| own.connection != connection);
    }

    pub(crate) fn put_caught(&mut self, caught: Caught, ahead: u32) {
        self.caught.push((caught, ahead));
    }
}
