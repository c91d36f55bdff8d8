//! What the lists say of a record, its story says too: of every category, over runs that have such records.
#![cfg(not(target_arch = "wasm32"))]

use highwater_experiments::swarm;
use highwater_model::presets::{Preset, first_visit};
use highwater_model::settings::{Acks, Processing};
use highwater_model::trace::{Content, Entry, Observer, RecordId};
use highwater_model::{FaultKind, Instant, LaneId, Scenario, Target};
use highwater_oracle::Storyteller;
use highwater_oracle::report::{Category, RecordRange, Story};
use highwater_sim::World;
use highwater_tests::play::{Play, fault, passing, scenario};

/// Ranges of each list that are looked at, spread over it.
const RANGES: usize = 12;

/// A record of the list of each of its categories, and what the story says.
fn stories(scenario: &Scenario) -> Vec<(Category, Story)> {
    let Play { judge, .. } = Play::of(scenario.clone());
    let asked: Vec<(Category, RecordId)> = Category::ALL
        .into_iter()
        .flat_map(|category| {
            let (_, ranges) = judge.records(category, 0, u32::MAX);
            let step = ranges.len().div_ceil(RANGES).max(1);
            let ends = |range: &RecordRange| {
                let last = RecordId { number: range.first.number + range.count - 1, ..range.first };
                [range.first, last]
            };
            let records: Vec<RecordId> = ranges.iter().step_by(step).flat_map(ends).collect();
            records.into_iter().map(move |record| (category, record))
        })
        .collect();
    let mut tellers: Vec<Storyteller> = asked.iter().map(|(_, record)| Storyteller::new(*record)).collect();
    let mut world = World::new(scenario);
    let mut listen = Listeners(&mut tellers);
    world.advance(Instant(scenario.duration.0), u64::MAX, &mut listen);
    world.finish(&mut listen);
    let story = |(&(category, _), teller): (&(Category, RecordId), &Storyteller)| {
        (category, teller.story(&judge).expect("a listed record has a story"))
    };
    asked.iter().zip(&tellers).map(story).collect()
}

struct Listeners<'a>(&'a mut [Storyteller]);

impl Observer for Listeners<'_> {
    fn observe(&mut self, at: Instant, entry: &Entry) {
        self.0.iter_mut().for_each(|teller| teller.observe(at, entry));
    }
}

/// Does a story say that its record is in the category?
fn says(story: &Story, category: Category) -> bool {
    let count = |is: fn(&Entry) -> bool| story.steps.iter().filter(|step| is(&step.entry)).count();
    let closed = count(|entry| matches!(entry, Entry::Closed { .. }));
    let acked = count(|entry| matches!(entry, Entry::Acked { .. }));
    let failed = count(|entry| matches!(entry, Entry::Failed { .. } | Entry::Rejected { .. }));
    let appended = count(|entry| matches!(entry, Entry::Appended { content: Content::Send(_), .. }));
    let ended = count(|entry| matches!(entry, Entry::Appended { content: Content::Marker(_), .. }));
    let committed = count(|entry| matches!(entry, Entry::HighWatermark { .. }));
    let polled = count(|entry| matches!(entry, Entry::Polled { .. }));
    let processed = count(|entry| matches!(entry, Entry::Processed { .. }));
    let passed = count(|entry| matches!(entry, Entry::OffsetCommitted { .. }));
    let retried = count(|entry| matches!(entry, Entry::Retried { .. }));
    let gone = count(|entry| {
        matches!(entry, Entry::Truncated { .. } | Entry::LostUnflushed { .. } | Entry::PartitionChanged { .. })
    });
    match category {
        Category::Offered => !story.steps.is_empty(),
        Category::Refused => count(|entry| matches!(entry, Entry::Refused { .. })) == 1 && closed == 0,
        Category::Sent => closed == 1,
        Category::Acked => 0 < acked,
        Category::Failed => 0 < failed && acked == 0,
        Category::FailedButWritten => 0 < failed && 0 < appended && acked == 0,
        Category::Unresolved => closed == 1 && acked == 0,
        Category::Committed => 0 < appended && 0 < committed,
        Category::Polled => 0 < polled,
        Category::Processed => 0 < processed,
        Category::Lost => 0 < acked && (appended == 0 || 0 < gone),
        Category::Duplicated => 1 < appended,
        Category::Reordered => 0 < appended && 0 < retried,
        Category::ProcessedTwice => 1 < processed,
        Category::NeverProcessed => 0 < committed && 0 < passed && processed == 0,
        Category::EffectWithoutRecord => 0 < processed && 0 < gone,
        Category::Aborted => 0 < appended && 0 < ended,
    }
}

/// Looks at a scenario's lists, and ticks off the categories that were seen.
#[track_caller]
fn check(scenario: &Scenario, seen: &mut Vec<Category>) {
    for (category, story) in stories(scenario) {
        assert!(story.categories.contains(&category), "seed {}: {category:?}: {story:#?}", scenario.seed);
        for category in &story.categories {
            assert!(says(&story, *category), "seed {}: {category:?}: {story:#?}", scenario.seed);
        }
        seen.push(category);
    }
}

/// Requests in flight fail together when the leader dies, and go back to the front of the queue one by one.
fn reordering() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    setup.producer.acks = Acks::Leader;
    setup.producer.enable_idempotence = false;
    setup.topic.min_insync_replicas = 1;
    setup.workload.producers = 1;
    setup.workload.records_per_second = 500;
    let mut play = scenario(setup, 20);
    play.faults = vec![
        fault(4_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest),
        fault(1_000, FaultKind::SlowLink { delay_ms: 10 }, Target::Producer(1)),
    ];
    play
}

/// A follower stands still until the client gives up waiting, and sends again without saying that it is the same.
fn duplicating() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    setup.producer.enable_idempotence = false;
    setup.producer.request_timeout_ms = 3_000;
    setup.workload.records_per_second = 50;
    let mut play = scenario(setup, 30);
    play.faults = vec![passing(10_000, FaultKind::Pause, Target::FollowerOfBusiest(1), 7_000)];
    play
}

/// Producers that abort every third of their transactions.
fn aborting() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    setup.producer.transactional_id = true;
    setup.producer.transaction_abort_every = 3;
    scenario(setup, 5)
}

/// A consumer falls behind and dies, whose pool holds records with offsets that are already committed.
fn never_processing() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    setup.workload.records_per_second = 300;
    setup.workload.processing_time_us = 5_000;
    setup.workload.workers = 1;
    setup.workload.processing = Processing::WorkerPool;
    setup.consumer.session_timeout_ms = 6_000;
    setup.consumer.heartbeat_interval_ms = 2_000;
    let mut play = scenario(setup, 60);
    play.faults = vec![
        passing(12_000, FaultKind::ClientSlow { factor: 5 }, Target::Consumer(1), 20_000),
        passing(25_000, FaultKind::ProcessCrash, Target::Consumer(1), 15_000),
    ];
    play
}

#[test]
fn every_record_of_a_list_has_a_story_that_says_so() {
    let mut seen = Vec::new();
    for lane in LaneId::ALL {
        check(&first_visit().scenario(lane), &mut seen);
    }
    check(&reordering(), &mut seen);
    check(&duplicating(), &mut seen);
    check(&never_processing(), &mut seen);
    check(&aborting(), &mut seen);
    for number in 0..40 {
        check(&swarm::scenario(number), &mut seen);
    }
    for category in Category::ALL {
        assert!(seen.contains(&category), "no run has such records: {category:?}");
    }
}
