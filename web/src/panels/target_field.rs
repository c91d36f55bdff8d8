//! Whom a fault strikes: a choice, and for a partition's leader or follower which partition.

use super::fault_form::targets;
use crate::i18n::{Text, faults};
use crate::page::Page;
use highwater_model::{PartitionId, fault::Target};
use leptos::prelude::*;

/// The choice.
#[component]
pub fn TargetField(
    id: &'static str,
    label: fn(&Text) -> &'static str,
    target: Signal<Target>,
    choose: Callback<Target>,
) -> impl IntoView {
    let page = Page::here();
    let offered = StoredValue::new(page.peek(|state| targets(&state.comparison().lanes)));
    let on_change = move |event| {
        let index = event_target_value(&event).parse::<usize>().ok();
        if let Some(target) = index.and_then(|index| offered.with_value(|offered| offered.get(index).copied())) {
            choose.run(target);
        }
    };
    let options = move || {
        let (text, target) = (page.text(), target.get());
        let option = |(index, offered): (usize, Target)| {
            let name = match offered {
                Target::LeaderOf(_) => text.faults.leader_of.to_owned(),
                Target::FollowerOf(..) => text.faults.follower_of.to_owned(),
                other => faults::target(text.language, other),
            };
            view! { <option value=index.to_string() selected=without_partition(offered) == without_partition(target)>{name}</option> }
        };
        offered.get_value().into_iter().enumerate().map(option).collect_view()
    };
    let of_partition = Memo::new(move |_| match target.get() {
        Target::LeaderOf(partition) => Some((partition, None)),
        Target::FollowerOf(partition, n) => Some((partition, Some(n))),
        _ => None,
    });
    view! {
        <label class="field">
            <span>{page.say(label)}</span>
            <select class="input" data-testid=id on:change=on_change>{options}</select>
        </label>
        {move || of_partition.get().map(|(partition, follower)| which(page, partition, follower, choose))}
    }
}

/// Two targets that differ only in their partition are the same choice.
fn without_partition(target: Target) -> Target {
    match target {
        Target::LeaderOf(_) => Target::LeaderOf(PartitionId(0)),
        Target::FollowerOf(..) => Target::FollowerOf(PartitionId(0), 1),
        other => other,
    }
}

fn which(page: Page, partition: PartitionId, follower: Option<u8>, choose: Callback<Target>) -> AnyView {
    let text = page.text();
    let of = move |partition, follower| match follower {
        None => Target::LeaderOf(partition),
        Some(n) => Target::FollowerOf(partition, n),
    };
    let set_partition = move |event| {
        if let Ok(number) = event_target_value(&event).parse() {
            choose.run(of(PartitionId(number), follower));
        }
    };
    let set_follower = move |event| {
        if let Ok(number) = event_target_value(&event).parse() {
            choose.run(of(partition, Some(number)));
        }
    };
    view! {
        <div class="two">
            <label class="field">
                <span>{text.faults.partition}</span>
                <input class="input mono" type="number" min="0" value=partition.0.to_string() on:change=set_partition/>
            </label>
            {follower.map(|n| view! {
                <label class="field">
                    <span>{text.faults.follower}</span>
                    <input class="input mono" type="number" min="1" value=n.to_string() on:change=set_follower/>
                </label>
            })}
        </div>
    }
    .into_any()
}
