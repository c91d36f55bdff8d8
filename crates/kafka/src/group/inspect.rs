//! A look into the group, as its coordinator knows it, field by field.

use super::classic::ClassicMember;
use super::offsets::Offset;
use super::{Coordinator, Loaded};
use crate::store::ConsumerMemberRecord;
use highwater_model::inspect::Value;
use highwater_model::{Layout, NodeId, inspection};

inspection! {
    /// The group.
    GROUP_FIELDS, fn group_field(loaded: &Loaded) {
        "protocol" => if loaded.modern.is_some() { "consumer" } else { "classic" },
        "group_state" => loaded.state_name(),
        "generation" => loaded.generation(),
        "members" => Value::set(loaded.consumers().map(|consumer| NodeId::Consumer(consumer).to_string())),
    }
}

inspection! {
    /// What the coordinator keeps of a partition's committed offset.
    COMMITTED, fn committed_field(offset: Option<&Offset>) {
        "committed" => offset.map(|offset| offset.committed.offset),
        "committed_epoch" => offset.map(|offset| offset.committed.leader_epoch),
    }
}

inspection! {
    /// A member of a classic group.
    CLASSIC_MEMBER, fn classic_field(member: &ClassicMember, layout: &Layout) {
        "member_id" => member.id,
        "joined" => member.joined,
        "assigned" => Value::set(member.assigned.iter().map(|partition| layout.short_name(*partition))),
    }
}

inspection! {
    /// A member of a group of the new protocol.
    MODERN_MEMBER, fn modern_field(member: &ConsumerMemberRecord, layout: &Layout) {
        "member_id" => member.id,
        "member_epoch" => member.epoch,
        "reconciliation" => member.state.name(),
        "assigned" => Value::set(member.assigned.iter().map(|partition| layout.short_name(*partition))),
        "revoking" => Value::set(member.revoking.iter().map(|partition| layout.short_name(*partition))),
        "target" => Value::set(member.target.iter().map(|partition| layout.short_name(*partition))),
    }
}

impl Coordinator {
    /// A field of the group, by its path; all are none where this coordinator has no group.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        let Some(loaded) = self.loaded.as_deref() else {
            let known = [GROUP_FIELDS, COMMITTED, CLASSIC_MEMBER, MODERN_MEMBER];
            return known
                .iter()
                .any(|names| path.last().is_some_and(|name| names.contains(name)))
                .then_some(Value::None);
        };
        match *path {
            [field] => group_field(field, loaded),
            [name, field] => match layout.by_short_name(name) {
                Some(partition) => committed_field(field, loaded.offsets.get(partition.index())?.as_ref()),
                None => loaded.member_field(name.strip_prefix("consumer-")?.parse().ok()?, field, layout),
            },
            [] => None,
            _ => None,
        }
    }
}

impl Loaded {
    fn member_field(&self, consumer: u8, field: &str, layout: &Layout) -> Option<Value> {
        let known = CLASSIC_MEMBER.contains(&field) || MODERN_MEMBER.contains(&field);
        let value = match self.modern.as_deref() {
            Some(modern) => {
                let member = modern.members().find(|member| member.consumer == consumer);
                member.and_then(|member| modern_field(field, member, layout))
            }
            None => {
                let member = self.group.members().find(|member| member.consumer == consumer);
                member.and_then(|member| classic_field(field, &member, layout))
            }
        };
        value.or_else(|| known.then_some(Value::None))
    }

    fn state_name(&self) -> &'static str {
        match self.modern.as_deref() {
            Some(modern) => modern.state_name(),
            None => self.group.state_name(),
        }
    }

    fn consumers(&self) -> impl Iterator<Item = u8> {
        let modern = self.modern.iter().flat_map(|modern| modern.members()).map(|member| member.consumer);
        self.group.members().map(|member| member.consumer).chain(modern)
    }
}
