//! Steps of consumers that are played by hand: calls of their client, and the assignor's answer.

use super::{Act, Lines, Step, producers};
use crate::groups::{assignments, consumer_named, offsets, partition_of};
use crate::sheet::Fields;
use crate::stage::ANSWER;
use highwater_kafka::consumer::calls::{End, Pause};
use highwater_model::{Duration, NodeId};
use highwater_sim::Call;

pub(super) const STEPS: &[Step] =
    &[Step { word: "call", read: call }, Step { word: "plan_assignment", read: plan_assignment }];

const METHODS: &str = "poll, subscribe, assign, seek, seek_to_beginning, seek_to_end, seek_to_committed, pause, resume, \
                       commit_sync, commit_async, close";

/// How long a `poll()` waits that does not say it.
const POLL: Duration = Duration::from_secs(1);

/// The client of a producer or consumer by hand is called.
fn call(fields: &Fields, lines: Lines) -> Option<Act> {
    if fields.has("producer") {
        return producers::call(fields, lines);
    }
    let consumer = fields.need("consumer", fields.node("consumer"));
    let method = fields.need("method", fields.word("method", METHODS, |word| Some(word.to_owned())));
    let partition = fields.partition("partition");
    let offset = fields.number("offset");
    let partitions = fields.texts("partitions").unwrap_or_default();
    let offsets = offsets(fields, "offsets");
    let timeout = fields.time("timeout").unwrap_or(POLL);
    let name = fields.text("name").unwrap_or_else(|| ANSWER.to_owned());
    let waits = fields.flag("wait").unwrap_or(true);
    let on = || fields.need("partition", partition);
    let call = match method?.as_str() {
        "poll" => Call::Poll(timeout),
        "subscribe" => Call::Subscribe,
        "assign" => Call::Assign(partitions.iter().map(|text| partition_of(fields, text)).collect::<Option<_>>()?),
        "seek" => Call::Seek(on()?, fields.need("offset", offset)?),
        "seek_to_beginning" => Call::SeekTo(on()?, End::Beginning),
        "seek_to_end" => Call::SeekTo(on()?, End::End),
        "pause" => Call::Flow(on()?, Pause::Paused),
        "seek_to_committed" => Call::SeekToCommitted,
        "resume" => Call::Flow(on()?, Pause::Resumed),
        "commit_sync" => Call::CommitSync(offsets),
        "commit_async" => Call::CommitAsync(offsets),
        "close" => Call::Close,
        other => {
            fields.problem(format!("a consumer has no `{other}`; it has {METHODS}"));
            return None;
        }
    };
    let NodeId::Consumer(consumer) = consumer? else {
        fields.problem("`consumer` is one such as \"consumer-1\"".to_owned());
        return None;
    };
    Some(Box::new(move |stage| stage.call(consumer, call.clone(), &name, waits)))
}

/// The next assignment of a group of the new protocol is this, whatever its assignor says.
fn plan_assignment(fields: &Fields, _: Lines) -> Option<Act> {
    let plan = assignments(fields, "assignment", |text| consumer_named(fields, text));
    let plan = fields.need("assignment", plan)?;
    Some(Box::new(move |stage| {
        stage.world.plan_assignment(&plan);
        Ok(())
    }))
}
