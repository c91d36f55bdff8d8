//! A session runs in slices, looks back and looks closer, and nothing of that changes the run.

use highwater_experiments::{Decision, desk};
use highwater_experiments::{Messages, Progress, Session, Stretch, Window, candidates, fingerprint};
use highwater_model::fault::{Fault, FaultKind, Target};
use highwater_model::presets::Preset;
use highwater_model::trace::Entry;
use highwater_model::{Duration, Instant, Scenario, SettingId};
use highwater_oracle::report::Category;

/// A small cluster whose busiest leader dies at 5 s.
fn small() -> Scenario {
    let mut setup = Preset::Defaults.setup();
    for (setting, value) in [
        (SettingId::RecordsPerSecond, 200),
        (SettingId::Producers, 2),
        (SettingId::Consumers, 2),
        (SettingId::OffsetsPartitions, 2),
    ] {
        setting.set(&mut setup, value);
    }
    let crash = fault(5_000, FaultKind::ProcessCrash, Target::LeaderOfBusiest, 3_000);
    Scenario { setup, faults: vec![crash], seed: 3, duration: Duration::from_secs(20) }
}

/// Both followers stand still while the leader acknowledges alone, and dies.
fn lossy() -> Scenario {
    let mut scenario = small();
    SettingId::Idempotence.set(&mut scenario.setup, 0);
    SettingId::Acks.set(&mut scenario.setup, 1);
    scenario.faults.extend([
        fault(4_000, FaultKind::Pause, Target::FollowerOfBusiest(1), 2_000),
        fault(4_000, FaultKind::Pause, Target::FollowerOfBusiest(2), 2_000),
    ]);
    scenario
}

fn fault(at_ms: u64, kind: FaultKind, target: Target, duration_ms: u64) -> Fault {
    Fault { at: Instant::from_millis(at_ms), kind, target, duration: Some(Duration::from_millis(duration_ms)) }
}

fn finished(scenario: Scenario) -> Session {
    let mut session = Session::new(scenario);
    while session.advance(10_000) == Progress::Running {}
    session
}

fn look(session: &mut Session, stretch: Stretch) -> Window {
    let mut window = session.window(stretch);
    loop {
        if let Some(found) = window.advance(session, 1_000) {
            return found;
        }
    }
}

fn stretch(session: &Session, from_ms: u64, to_ms: u64, columns: u32, messages: Messages) -> Stretch {
    let span = Instant::from_millis(from_ms)..Instant::from_millis(to_ms);
    Stretch { span, columns, focus: session.summary().busiest, messages }
}

#[test]
fn slices_of_any_size_make_the_same_run() {
    let whole = finished(small()).summary();
    let mut session = Session::new(small());
    let mut slice = 1;
    while session.advance(slice) == Progress::Running {
        slice = slice % 977 + 13;
    }
    assert_eq!(session.summary(), whole);
    assert_eq!(whole.fingerprint, fingerprint(&small()));
}

#[test]
fn an_earlier_moment_is_as_it_was() {
    let moments = [12_000, 3_000, 3_001, 9_500, 5_000, 0].map(Instant::from_millis);
    let mut session = finished(small());
    for at in moments {
        let mut fresh = Session::new(small());
        while fresh.frame(at).at < at {
            fresh.advance(1_000);
        }
        assert_eq!(session.frame(at), fresh.frame(at), "at {at:?}");
    }
}

#[test]
fn looking_around_does_not_change_the_run() {
    let mut session = Session::new(small());
    let mut at_ms = 0;
    while session.advance(3_000) == Progress::Running {
        at_ms = (at_ms + 7_919) % 20_000;
        session.frame(Instant::from_millis(at_ms));
        let near = stretch(&session, at_ms / 2, at_ms / 2 + 100, 10, Messages::All);
        look(&mut session, near);
    }
    assert_eq!(session.summary(), finished(small()).summary());
}

#[test]
fn a_closer_look_shows_the_same_rows() {
    let mut session = finished(lossy());
    let coarse = session.summary().timeline;
    let columns = coarse.columns.len() as u32;
    let all = stretch(&session, 0, 20_000, columns, Messages::Without);
    assert_eq!(look(&mut session, all).timeline, coarse);
}

#[test]
fn a_stretch_from_a_checkpoint_shows_what_the_whole_shows() {
    let mut session = finished(lossy());
    let all = stretch(&session, 0, 20_000, 8_000, Messages::Without);
    let whole = look(&mut session, all).timeline;
    let part = stretch(&session, 10_000, 15_000, 2_000, Messages::Without);
    let part = look(&mut session, part).timeline;
    for (index, column) in part.columns.iter().enumerate().skip(1) {
        // Of batches that were closed before the stretch, the arrivals are not told again.
        let mut expected = whole.columns[4_000 + index];
        expected.arrived = column.arrived;
        assert_eq!(*column, expected, "column {index}");
    }
}

#[test]
fn a_stretch_carries_its_messages_where_they_are_few() {
    let mut session = finished(small());
    let short = stretch(&session, 9_000, 9_050, 10, Messages::All);
    let messages = look(&mut session, short).messages;
    let sent = messages.iter().filter(|(_, entry)| matches!(entry, Entry::Sent { .. })).count();
    let received = messages.iter().filter(|(_, entry)| matches!(entry, Entry::Received { .. })).count();
    assert!(10 < sent && 10 < received, "{sent} sent, {received} received");
    let long = stretch(&session, 0, 20_000, 10, Messages::All);
    assert_eq!(look(&mut session, long).messages, []);
}

#[test]
fn a_lost_record_has_a_story_and_a_setting_that_keeps_it() {
    let mut session = finished(lossy());
    let (_, lost) = session.records(Category::Lost, 0, 1);
    let record = lost.first().expect("records are lost").first;
    let mut run = session.story(record);
    let story = loop {
        if let Some(story) = run.advance(&mut session, 5_000) {
            break story.expect("the record has a story");
        }
    };
    assert!(story.categories.contains(&Category::Lost));
    assert!(story.steps.iter().any(|step| step.decisive));

    let mut decide = session.decide(record);
    let mut keeping = Vec::new();
    loop {
        match decide.advance(5_000) {
            Decision::Running => (),
            Decision::Tried(tried) if tried.keeps => keeping.push(tried.setting),
            Decision::Tried(_) => (),
            Decision::Done => break,
        }
    }
    assert!(keeping.contains(&SettingId::Acks), "{keeping:?}");
    assert!(!keeping.contains(&SettingId::FlushMessages), "{keeping:?}");
}

#[test]
fn only_settings_that_can_be_changed_alone_are_tried() {
    let tried = candidates(&lossy(), &[Category::Lost, Category::Duplicated]);
    let settings: Vec<SettingId> = tried.iter().map(|(setting, _)| *setting).collect();
    assert!(settings.contains(&SettingId::Acks));
    // Idempotence needs acks=all; a fourth replica needs a fourth broker; unclean election is off already.
    for impossible in [SettingId::Idempotence, SettingId::ReplicationFactor, SettingId::UncleanElection] {
        assert!(!settings.contains(&impossible), "{impossible:?}");
    }
}

mod a_desk {
    use super::desk::{Desk, Load};
    use super::{Duration, Instant, Scenario, lossy, small};
    use highwater_experiments::protocol::{Answer, JobId, Request};
    use highwater_model::trace::{RecordId, UNKEYED};
    use highwater_model::{PartitionId, Problem};
    use highwater_oracle::report::Category;

    /// Hears the requests, and works until nothing is left.
    fn answers(desk: &mut Desk, requests: Vec<Request>) -> Vec<Answer> {
        let mut said = Vec::new();
        for request in requests {
            desk.hear(request, &mut |answer| said.push(answer));
        }
        while desk.load() != Load::Idle {
            desk.work(5_000, &mut |answer| said.push(answer));
        }
        said
    }

    fn run(job: u32, scenario: Scenario) -> Request {
        Request::Run { job: JobId(job), scenario: Box::new(scenario) }
    }

    #[test]
    fn an_impossible_scenario_leaves_the_last_run() {
        let mut desk = Desk::default();
        answers(&mut desk, vec![run(1, small())]);
        let endless = Scenario { duration: Duration::FOREVER, ..small() };
        let said = answers(&mut desk, vec![run(2, endless), frame(3, 4_000)]);
        let [Answer::Rejected { job: JobId(2), problems }, Answer::Frame { job: JobId(3), .. }] = &said[..] else {
            panic!("{said:?}");
        };
        assert!(problems.iter().any(|problem| matches!(problem, Problem::Duration { .. })));
    }

    fn frame(job: u32, at_ms: u64) -> Request {
        Request::Frame { job: JobId(job), at: Instant::from_millis(at_ms) }
    }

    #[test]
    fn a_frame_does_not_wait_for_the_run() {
        let mut desk = Desk::default();
        let said = answers(&mut desk, vec![run(1, small()), frame(2, 4_000)]);
        assert!(matches!(&said[..], [Answer::Frame { .. }, Answer::Finished { .. }]), "{said:?}");
    }

    #[test]
    fn a_cancelled_job_is_answered_no_more() {
        let mut desk = Desk::default();
        let said = answers(&mut desk, vec![run(1, small()), Request::Cancel { job: JobId(1) }]);
        assert_eq!(said, []);
        assert_eq!(desk.progress(), None);
    }

    #[test]
    fn a_new_run_replaces_the_one_before() {
        let mut desk = Desk::default();
        let said = answers(&mut desk, vec![run(1, small()), run(2, lossy())]);
        assert!(matches!(&said[..], [Answer::Finished { job: JobId(2), .. }]), "{said:?}");
    }

    #[test]
    fn a_story_and_a_decision_wait_for_the_end_of_the_run() {
        let mut desk = Desk::default();
        answers(&mut desk, vec![run(1, lossy())]);
        let page = Request::Records { job: JobId(2), category: Category::Lost, skip: 0, take: 5 };
        let said = answers(&mut desk, vec![page]);
        let [Answer::Records { ranges, .. }] = &said[..] else { panic!("{said:?}") };
        let record = ranges[0].first;
        let window = Request::Window {
            job: JobId(4),
            from: Instant::from_millis(1_000),
            to: Instant::from_millis(2_000),
            columns: 10,
            focus: PartitionId(999),
            messages: false,
        };
        let (decide, story) = (Request::Decide { job: JobId(6), record }, Request::Story { job: JobId(5), record });
        let said = answers(&mut desk, vec![run(3, lossy()), story, decide, window]);
        let kinds: Vec<&str> = said.iter().map(kind).collect();
        assert_eq!(kinds[..3], ["window", "finished", "story"]);
        assert_eq!(kinds.last(), Some(&"decided"));
        assert!(matches!(&said[2], Answer::Story { story: Some(_), .. }));
    }

    #[test]
    fn a_list_waits_for_the_end_of_the_run_and_for_nothing_else() {
        let mut desk = Desk::default();
        let list = |job| Request::Records { job: JobId(job), category: Category::Unresolved, skip: 0, take: 5 };
        let decide = Request::Decide { job: JobId(2), record: RecordId { producer: 1, stream: UNKEYED, number: 0 } };
        let said = answers(&mut desk, vec![run(1, lossy()), decide, list(3)]);
        let kinds: Vec<&str> = said.iter().map(kind).collect();
        assert_eq!(kinds[..2], ["finished", "records"], "what is on its way in the middle of a run is not unresolved");
        assert_eq!(said[1..2], answers(&mut desk, vec![list(3)]), "it is the list of the finished run");
    }

    fn kind(answer: &Answer) -> &'static str {
        match answer {
            Answer::Window { .. } => "window",
            Answer::Finished { .. } => "finished",
            Answer::Records { .. } => "records",
            Answer::Story { .. } => "story",
            Answer::Decision { .. } => "decision",
            Answer::Decided { .. } => "decided",
            _ => "other",
        }
    }
}
