//! Faults and messages in words, put together from the page's texts.

use super::messages::{End, Message};
use crate::i18n::{Text, numbers};
use highwater_model::Fault;

/// A fault as briefly as its mark needs it.
pub fn fault(fault: &Fault, text: &Text) -> String {
    let text = &text.timeline;
    (text.fault_of)(&(text.fault)(fault.kind), &(text.target)(fault.target))
}

/// A message: `Produce, producer-1 to b2, 1.2 kB, 410 µs`.
pub fn message(message: &Message, text: &Text) -> String {
    let text = &text.timeline;
    let what = match message.response {
        true => format!("{} {}", message.api, text.response),
        false => message.api.to_string(),
    };
    let end = match message.end {
        End::Received(at) => numbers::duration(at.since(message.sent)),
        End::Dropped(_) => text.dropped.to_owned(),
        End::Later => text.on_the_way.to_owned(),
    };
    let (from, to) = (message.from.to_string(), message.to.to_string());
    (text.message)(&what, &from, &to, &numbers::bytes(message.bytes.into()), &end)
}
