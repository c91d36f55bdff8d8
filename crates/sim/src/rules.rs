//! Rules on packets, for tests: hold, drop or delay those that match. The first rule that decides wins.

use highwater_model::trace::Api;
use highwater_model::{Duration, NodeId};

/// What happens to a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing special.
    Pass,
    /// It arrives so much later; what is sent after it may overtake it.
    Delay(Duration),
    /// It waits until it is released.
    Hold,
    /// It never arrives, and nobody is told.
    Drop,
}

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
    rules: Vec<Rule>,
    held: Vec<u32>,
}

impl Rules {
    /// Adds a rule, after those there are.
    pub fn add(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    /// No rules any more. What is held stays held.
    pub fn clear(&mut self) {
        self.rules.clear();
    }

    /// Packets that are held.
    pub fn held(&self) -> u32 {
        self.held.len() as u32
    }

    pub(crate) fn judge(&mut self, from: NodeId, to: NodeId, api: Api, response: bool) -> Verdict {
        let is = |rule: &Rule| {
            rule.from.is_none_or(|node| node == from)
                && rule.to.is_none_or(|node| node == to)
                && rule.api.is_none_or(|of| of == api)
                && rule.response.is_none_or(|of| of == response)
                && rule.times != Some(0)
        };
        let Some(rule) = self.rules.iter_mut().find(|rule| is(rule)) else { return Verdict::Pass };
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        rule.verdict
    }

    pub(crate) fn hold(&mut self, packet: u32) {
        self.held.push(packet);
    }

    pub(crate) fn release(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.held)
    }
}
