//! A look into a consumer, field by field.

use super::Consumer;
use super::calls::{CommitWaits, commit_exception, poll_exception};
use super::membership::State;
use super::positions::{Flow, Owned, Place, Trouble};
use highwater_model::inspect::Value;
use highwater_model::{Layout, inspection};

inspection! {
    /// A consumer's own fields.
    CONSUMER, fn own_field(consumer: &Consumer, layout: &Layout) {
        "member" => consumer.is_member(),
        "member_state" => match consumer.group.state {
            State::Unjoined => "unjoined",
            State::PreparingRebalance => "preparing",
            State::CompletingRebalance => "completing",
            State::Stable => "stable",
        },
        "generation" => consumer.generation(),
        "member_id" => consumer.group.member,
        "async_commit" => consumer.async_commit().map(|result| match result {
            Ok(()) => "ok",
            Err(error) => commit_exception(error, CommitWaits::Async),
        }),
        "assignment" => Value::set(consumer.owned.iter().map(|owned| layout.short_name(owned.partition))),
    }
}

inspection! {
    /// A partition that a consumer owns.
    POSITION, fn position_field(owned: &Owned) {
        "position" => owned.position,
        "position_epoch" => owned.position_epoch,
        "committed" => owned.committed,
        "place" => match owned.place {
            Place::Initializing => "initializing",
            Place::AwaitReset { .. } => "await reset",
            Place::AwaitValidation => "await validation",
            Place::Fetching => "fetching",
        },
        "paused" => owned.flow == Flow::Paused,
        "trouble" => owned.trouble.map(|trouble| poll_exception(trouble.error())),
        "diverging" => owned.trouble.and_then(Trouble::diverging),
        "leader" => owned.leader.broker,
        "leader_epoch" => owned.leader.epoch,
        "preferred_replica" => owned.preferred.map(|(replica, _)| replica),
    }
}

impl Consumer {
    /// A field of its state, by its path.
    pub fn inspect(&self, path: &[&str], layout: &Layout) -> Option<Value> {
        match *path {
            [field] => own_field(field, self, layout),
            [name, field] => {
                let partition = layout.by_short_name(name)?;
                match self.owned.iter().find(|owned| owned.partition == partition) {
                    Some(owned) => position_field(field, owned),
                    None => POSITION.contains(&field).then_some(Value::None),
                }
            }
            _ => None,
        }
    }
}
