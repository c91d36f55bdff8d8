//! Steps on single packets: hold them, drop them, delay them, let them go, answer requests in a node's name.

use super::{Act, Lines, Step};
use crate::apis;
use crate::sheet::Fields;
use highwater_model::Duration;
use highwater_model::trace::Api;
use highwater_sim::rules::{Rule, Verdict};

pub(super) const STEPS: &[Step] = &[
    Step { word: "hold", read: |fields, _| rule(fields, |_| Some(Verdict::Hold)) },
    Step { word: "drop", read: |fields, _| rule(fields, |_| Some(Verdict::Drop)) },
    Step {
        word: "delay",
        read: |fields, _| rule(fields, |fields| fields.need("by", fields.time("by")).map(Verdict::Delay)),
    },
    Step { word: "overhear", read: |fields, _| rule(fields, |_| Some(Verdict::Overhear)) },
    Step { word: "release", read: release },
    Step { word: "answer", read: answer },
];

/// The name of a rule that is given none.
const UNNAMED: &str = "";

/// Which packets a step is about.
fn packets(fields: &Fields, verdict: Verdict) -> Rule {
    let response = fields.word("message", "request, response", |word| match word {
        "request" => Some(false),
        "response" => Some(true),
        _ => None,
    });
    let (from, to, api, times) = (fields.node("from"), fields.node("to"), api(fields), fields.number("times"));
    Rule { from, to, api, response, times, verdict }
}

fn api(fields: &Fields) -> Option<Api> {
    let names: Vec<&str> = Api::ALL.iter().map(|api| api.name()).collect();
    let find = |name: &str| Api::ALL.iter().copied().find(|api| api.name() == name);
    fields.word("api", &names.join(", "), find)
}

/// Packets of a kind are held, dropped or delayed from now on.
fn rule(fields: &Fields, verdict: fn(&Fields) -> Option<Verdict>) -> Option<Act> {
    let name = fields.text("name").unwrap_or_else(|| UNNAMED.to_owned());
    let verdict = verdict(fields);
    let rule = packets(fields, verdict.unwrap_or(Verdict::Pass));
    verdict?;
    Some(Box::new(move |stage| {
        stage.add_rule(&name, rule);
        Ok(())
    }))
}

/// Rules end, and what they hold goes on its way: those of one name, or all.
fn release(fields: &Fields, _: Lines) -> Option<Act> {
    let name = fields.text("name");
    Some(Box::new(move |stage| {
        stage.release(name.as_deref());
        Ok(())
    }))
}

/// Requests are answered in the name of their receiver, with given fields.
fn answer(fields: &Fields, _: Lines) -> Option<Act> {
    let rule = packets(fields, Verdict::Catch);
    let name = fields.text("name");
    let to = fields.need("to", fields.node("to"));
    let api = fields.need("api", api(fields))?;
    let after = fields.time("after").unwrap_or(Duration::ZERO);
    let reply = apis::reply(api, fields);
    let (to, reply) = (to?, reply?);
    Some(Box::new(move |stage| {
        let rule = Rule { response: Some(false), ..rule };
        stage.answer(name.as_deref(), (to, api), rule, after, reply.clone());
        Ok(())
    }))
}
