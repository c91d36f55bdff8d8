use crate::play::{B1, B2, B3, P0, Play, scenario, set};
use crate::report::{Category, Story};
use crate::{Judge, Storyteller};
use highwater_model::trace::{Election, Entry, NodeState, RecordId};
use highwater_model::{BrokerSet, NodeId};

fn story(play: &Play, number: u64) -> Option<Story> {
    let record = RecordId { producer: 1, stream: P0, number };
    let (judge, storyteller) = play.show((Judge::new(&scenario()), Storyteller::new(record)));
    storyteller.story(&judge)
}

/// The steps as words; decisive ones in capitals.
fn told(play: &Play, number: u64) -> String {
    let story = story(play, number).expect("the run has this record");
    let steps = story.steps.iter().map(|step| {
        let name = format!("{:?}", step.entry);
        let word = name.split([' ', '{', '(']).next().unwrap_or_default().to_lowercase();
        if step.decisive { word.to_uppercase() } else { word }
    });
    steps.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_story_of_a_record_that_went_well_has_its_way_and_nothing_else() {
    let mut play = Play::new();
    play.writes(0, 0, 3).writes(1, 3, 2).starts_at(1, 0).polls(1, 0, 0, 3).polls(1, 1, 0, 2);
    play.processes(1, 0, 0, 3).processes(1, 1, 0, 2).commits_offset(1, 5).commits_offset(1, 5);
    play.node(B3, NodeState::Crashed).isr(B1, set([B1, B2]), BrokerSet::EMPTY);
    let way = "partitionchanged closed attempted appended replicated replicated highwatermark acked";
    assert_eq!(told(&play, 4), format!("{way} polled processed offsetcommitted node"));
}

#[test]
fn the_story_of_a_loss_has_the_ack_the_crash_the_election_and_the_truncation() {
    let mut play = Play::new();
    play.writes(0, 0, 3).sends(1, 3, 2).appends(B1, 1, 2).acks(1, 3).node(B1, NodeState::Crashed);
    play.fails_over(B2, set([B2, B3]), Election::Clean, 3).node(B1, NodeState::Running).truncates(B1, 3);
    let steps = "partitionchanged closed attempted appended ACKED NODE PARTITIONCHANGED node TRUNCATED";
    assert_eq!(told(&play, 4), steps);
    assert!(story(&play, 4).expect("it is there").categories.contains(&Category::Lost));
}

#[test]
fn the_story_of_a_duplicate_has_the_retry_and_the_second_append() {
    let mut play = Play::new();
    let retried = Entry::Retried { send: 0, error: highwater_model::trace::Error::NetworkException };
    play.sends(0, 0, 1).appends(B1, 0, 1).tell(retried).attempts(0, 2).appends(B1, 0, 1).acks(0, 1);
    assert_eq!(told(&play, 0), "partitionchanged closed attempted appended RETRIED attempted APPENDED acked");
}

#[test]
fn the_story_of_a_record_never_processed_has_the_commit_and_the_crash() {
    let mut play = Play::new();
    play.writes(0, 0, 1).polls(1, 0, 0, 1).commits_offset(1, 1);
    play.tell(Entry::Node { node: NodeId::Consumer(1), state: NodeState::Crashed });
    let way = "partitionchanged closed attempted appended replicated replicated highwatermark acked";
    assert_eq!(told(&play, 0), format!("{way} polled OFFSETCOMMITTED NODE"));
}

#[test]
fn a_refused_record_has_a_short_story_and_an_unknown_one_none() {
    let mut play = Play::new();
    play.tell(Entry::Refused { producer: 1, stream: P0, first: 0, count: 5 });
    assert_eq!(told(&play, 4), "REFUSED");
    assert_eq!(story(&play, 5), None);
}
