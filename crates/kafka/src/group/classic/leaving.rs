//! A member leaves, or is removed because it was silent for too long.

use super::{Member, State};
use crate::checks::Check;
use crate::group::{Connection, Error, JoinError, Loaded, MemberRef, Response, Work};

impl Loaded {
    /// A member leaves in order; a static one only when an operator says so, by its instance id.
    pub(in crate::group) fn leave(&mut self, connection: Connection, member: MemberRef, work: &mut Work) {
        let promised = self.group.promised.len();
        self.group.promised.retain(|(id, _)| *id != member.member);
        let answer = if self.group.promised.len() < promised {
            self.complete_if_joined(work);
            Ok(())
        } else {
            let checked = self.group.check_member(member.member, member.instance, work.context.checks);
            if checked.is_ok() {
                self.remove(member.member, work);
            }
            checked
        };
        work.reply(Some(connection), Response::LeaveGroup(answer));
    }

    fn remove(&mut self, id: u32, work: &mut Work) {
        let Some(place) = self.group.members.iter().position(|member| member.id == id) else { return };
        let mut member = self.group.members.remove(place);
        let gone = JoinError { error: Error::UnknownMemberId, member: None };
        work.reply(member.join.take(), Response::JoinGroup(Err(gone)));
        self.rebalance_or_complete(work);
    }

    /// Whatever has come to its end.
    pub(in crate::group) fn expire(&mut self, work: &mut Work) {
        let now = work.context.now;
        self.group.promised.retain(|(_, until)| now < *until);
        self.complete_if_joined(work);
        let expels = work.context.checks.on(Check::ExpelSilent);
        let silent = |member: &Member| expels && !member.is_waiting() && member.deadline <= now;
        while let Some(id) = self.group.members.iter().find(|member| silent(member)).map(|member| member.id) {
            self.remove(id, work);
        }
        if let State::Preparing { until, first } = self.group.state
            && until <= now
        {
            self.join_time_is_over(first, work);
        }
        if self.group.sync_until <= now {
            self.group.members.retain(|member| member.synced);
            self.prepare(work);
        }
    }
}
